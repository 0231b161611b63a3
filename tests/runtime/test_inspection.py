"""The debug switches, the invariants of programs, and what a plan says of itself."""

import importlib
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import evergraph as tf
from evergraph.core.errors import InternalError
from evergraph.runtime import plan
from evergraph.runtime.inspection import check_program
from evergraph.runtime.program import Program, Step

TESTS = Path(__file__).resolve().parents[1]
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))


@pytest.mark.parametrize(
    "theme", ["cond", "effects", "while_loops", "while_gradients", "functions"]
)
def test_programs_keep_every_invariant(theme, monkeypatch):
    monkeypatch.setenv("EVERGRAPH_CHECK", "1")
    checked = []
    monkeypatch.setattr(
        "evergraph.runtime.inspection.check_program",
        lambda program: checked.append(check_program(program)),
    )
    for program in importlib.import_module(f"programs.{theme}").THEME.programs.values():
        with warnings.catch_warnings(), tf.Graph().as_default():
            warnings.simplefilter("ignore")
            try:
                program.body(tf, np)
            except InternalError:
                raise
            except Exception:  # some programs are about errors
                continue
    assert len(checked) > 10


def loop(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2.0), [0, x])[1]
    return x, y


def test_every_pass_writes_its_text(tmp_path, monkeypatch):
    monkeypatch.setenv("EVERGRAPH_DUMP", str(tmp_path))
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = loop(tf)
        session.run(y, {x: [1.0, 2.0]})
    names = [path.stem.split("-", 1)[1] for path in sorted(tmp_path.iterdir())]
    assert names[0] == "00-prune" and names[-1] == "05-fold_constants"
    assert "while/Enter = Enter(while/Const)" in next(tmp_path.glob("*prune.txt")).read_text()
    assert "  while %" in next(tmp_path.glob("*build_program.txt")).read_text()


def test_a_report_names_loops_and_where_they_run(monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", 1)
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = loop(tf)
        feeds = {x: [1.0, 2.0]}
        assert "loop while: 3 steps inside, host-stepped" in session.plan_report(y, feeds)
        session.run(y, feeds)
        session.run(y, feeds)
        assert "loop while: 3 steps inside, compiled, 1 executable" in session.plan_report(y, feeds)


def test_a_slot_that_nothing_writes_is_found():
    with tf.Graph().as_default():
        op = tf.identity(tf.constant(1.0)).op
    program = Program(steps=[Step(op, (0,), (1,), lambda xp, values: values)], slot_count=2)
    with pytest.raises(InternalError, match="reads slot 0 before it is written"):
        check_program(program)


def test_the_words_of_an_assertion_do_not_keep_a_plan_from_being_compiled(monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", 1)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None], name="x")

        def body(i, v):
            with tf.control_dependencies([tf.assert_less(v, 100.0, message="too large")]):
                return i + 1, v * 2.0

        y = tf.while_loop(lambda i, v: i < 3, body, [0, x])[1]
        with tf.control_dependencies([tf.assert_positive(x, data=["x is", x])]):
            z = tf.identity(y)
        for _ in range(3):
            np.testing.assert_array_equal(session.run(z, {x: [1.0, 2.0]}), [8.0, 16.0])
            with pytest.raises(tf.errors.InvalidArgumentError, match="too large"):
                session.run(z, {x: [1.0, 60.0]})
            with pytest.raises(tf.errors.InvalidArgumentError, match="x is"):
                session.run(z, {x: [-1.0, 2.0]})
        report = session.plan_report(z, {x: [1.0, 2.0]})
    assert report.count("segment") == report.count("compiled, 1 executable") - 1 == 1
