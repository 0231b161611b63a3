"""Every program of examples/ runs, and learns what it should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))}


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda p: p.stem)
def test_it_runs(program, tmp_path):
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if program.stem == "regression":
        losses = [float(loss) for loss in re.findall(r"loss (\S+)", done.stdout)]
        assert len(losses) == 20 and losses[-1] < 0.01 and losses[-1] < losses[0] / 5
    if program.stem == "sequences":
        assert "decoded 1 2 3 4 5 6 7 8 9 10\n" in done.stdout
