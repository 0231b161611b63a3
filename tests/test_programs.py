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
# The themes whose programs hang on how a plan is run.
ABOUT_RUNNING = ["cond", "effects", "effects_cond", "errors_running", "fetches_feeds", "state_ops"]
ABOUT_RUNNING += ["clip_ema", "functional_ops", "functions", "gradients", "variables"]
ABOUT_RUNNING += ["tensor_arrays", "tensor_array_gradients", "functional"]
ABOUT_RUNNING += ["while_loops", "while_gradients", "stacks", "control_effects"]
ABOUT_RUNNING += ["control_random", "loop_references", "switch_case"]
ABOUT_RUNNING += ["crf", "ctc", "legacy_seq2seq", "seq2seq"]
ABOUT_RUNNING += ["control_idioms", "recurrent_idioms", "rnn_cells", "rnn_loops", "contrib_rnn"]


def recorded_programs(themes="*"):
    paths = (TESTS / "golden" / "programs").glob("*.json")
    for path in sorted(p for p in paths if themes == "*" or p.stem in themes):
        theme = importlib.import_module(f"programs.{path.stem}").THEME
        golden = json.loads(path.read_text(encoding="utf-8"))
        for program in theme.programs.values():
            if program.name in golden["racy"]:
                continue
            want = golden.get(program.name)
            marks = [pytest.mark.slow] if program.slow else []
            yield pytest.param(program, want, id=f"{path.stem}-{program.name}", marks=marks)


@pytest.mark.parametrize(("program", "want"), list(recorded_programs()))
def test_program_does_what_it_does_on_tensorflow(program, want):
    check(program, want)


@pytest.mark.slow
@pytest.mark.parametrize(("program", "want"), list(recorded_programs(ABOUT_RUNNING)))
def test_program_compiled_from_its_first_run_does_the_same(program, want, monkeypatch):
    monkeypatch.setattr(importlib.import_module("evergraph.runtime.plan"), "COLD_RUNS", 0)
    check(program, want)


def check(program, want):
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
