"""Programs recorded from the real TensorFlow give the same answers here."""

import importlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))
encoding = importlib.import_module("programs.encoding")


def recorded_programs():
    for path in sorted((TESTS / "golden" / "programs").glob("*.json")):
        theme = importlib.import_module(f"programs.{path.stem}").THEME
        golden = json.loads(path.read_text(encoding="utf-8"))
        for program in theme.programs.values():
            want = golden.get(program.name)
            yield pytest.param(program, want, id=f"{path.stem}-{program.name}")


@pytest.mark.parametrize(("program", "want"), list(recorded_programs()))
def test_program_does_what_it_does_on_tensorflow(program, want):
    import evergraph as tf

    with warnings.catch_warnings(), tf.Graph().as_default():
        warnings.simplefilter("ignore")  # programs use what 1.15 deprecates, NumPy's corners too
        try:
            got = encoding.encode(program.body(tf, np), tf)
        except Exception as error:
            got = encoding.encode(error, tf)
            if not (isinstance(want, dict) and "error" in want):
                raise
    found = encoding.differences(want, got, program)
    assert not found, "\n".join([program.doc, *found[:20]])
