"""The tutorial's seven programs, as they stand, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[1] / "seed"
ENVIRONMENT = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))}


def run(number, folder):
    """What program `number` prints."""
    (program,) = PROGRAMS.glob(f"{number:02d}_*.py")
    done = subprocess.run(
        [sys.executable, "-m", "evergraph", "run", str(program)],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]


def test_01_regression(tmp_path):
    losses = numbers(run(1, tmp_path))
    assert len(losses) == 20
    assert losses[-1] < 0.01 and losses[-1] < losses[0] / 5


def test_01_with_a_plain_import(tmp_path):
    (source,) = PROGRAMS.glob("01_*.py")
    text = source.read_text().replace("import tensorflow as tf", "import evergraph as tf")
    (tmp_path / "program.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    losses = numbers(done.stdout)
    assert losses[-1] < 0.01 and losses[-1] < losses[0] / 5


def test_02_linear_fit(tmp_path):
    step, weight, bias = numbers(run(2, tmp_path).splitlines()[-1])
    assert step == 200
    assert weight == pytest.approx(0.1, abs=1e-3) and bias == pytest.approx(0.3, abs=1e-3)


def test_03_basics(tmp_path):
    assert run(3, tmp_path).split() == ["[[12]]", "1", "2", "3", "[14.]"]


def test_04_classification_with_dropout_and_summaries(tmp_path):
    assert numbers(run(4, tmp_path))[-1] > 0.85
    for part in ("train", "test"):
        (events,) = (tmp_path / "logs" / part).iterdir()
        assert events.stat().st_size > 1000


def test_05_the_graph_for_tensorboard(tmp_path):
    run(5, tmp_path)
    (events,) = (tmp_path / "logs").iterdir()
    assert b"layer/Wx_plus_b" in events.read_bytes()


def test_06_saves_what_07_restores(tmp_path):
    assert "my_net/save_net.ckpt" in run(6, tmp_path)
    text = " ".join(run(7, tmp_path).split())
    assert text == "weights: [[1. 2. 3.] [3. 4. 5.]] biases: [[1. 2. 3.]]"
