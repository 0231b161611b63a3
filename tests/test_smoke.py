"""The quickest checks of all: does it import, and stay light."""

import subprocess
import sys

ENVIRONMENT_OF_A_NEW_PROCESS = {"PYTHONPATH": ":".join(filter(None, sys.path))}


def run_python(program: str) -> str:
    """What a fresh interpreter prints for `program`."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=ENVIRONMENT_OF_A_NEW_PROCESS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_evergraph_does_not_load_jax():
    program = """
import sys
import evergraph
heavy = {"jax", "jaxlib", "absl", "google.protobuf", "tensorflow", "PIL"}
print(sorted(heavy & set(sys.modules)))
"""
    assert run_python(program) == "[]\n"
