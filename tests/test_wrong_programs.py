"""Ten mistakes: each error names the user's line, what was expected, what was given and a repair.

Those of a run leave the variables as they were, in both tiers, also with a host operation in the
middle and with a sparse update.
"""

from __future__ import annotations

import numpy as np
import pytest

import evergraph as tf
from evergraph.runtime import plan


@pytest.fixture(params=[1 << 30, 0], ids=["numpy", "xla"])
def tier(request, monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", request.param)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def explained(caught) -> str:
    """The text of the error; fails unless it has all that a user needs."""
    text = str(caught.value)
    for label in ("expected:", "given:", "created:", "fix:"):
        assert label in text, f"{label} is missing in:\n{text}"
    assert "test_wrong_programs.py:" in text
    return text


def test_shapes_that_do_not_fit():
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    w = tf.get_variable("W", [128, 10])
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 784 and 128") as caught:
        tf.matmul(x, w)
    assert "W/read" in explained(caught)


def test_a_wrong_dtype():
    x = tf.placeholder(tf.int32, [2], name="counts")
    with pytest.raises(TypeError) as caught:
        tf.nn.relu(tf.constant([1.0, 2.0])) + x
    assert "int32" in explained(caught)


def test_an_unfed_placeholder(tier):
    x = tf.placeholder(tf.float32, [2], name="x")
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value") as caught:
        tf.Session().run(x + 1.0)
    assert "'x'" in explained(caught)


def test_an_uninitialised_variable(tier):
    v = tf.Variable([1.0], name="v")
    with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value v") as caught:
        tf.Session().run(v + 1.0)
    explained(caught)


def test_a_tensor_of_another_graph():
    with tf.Graph().as_default():
        foreign = tf.constant(1.0)
    own = tf.constant(2.0)
    with pytest.raises(ValueError, match="must be from the same graph") as caught:
        tf.add(own, foreign)
    explained(caught)


def test_an_unknown_fetch():
    tf.constant(1.0, name="output")
    with pytest.raises(ValueError, match="cannot be interpreted as a Tensor") as caught:
        tf.Session().run("outptu:0")
    text = str(caught.value)
    assert "output" in text
    assert "expected:" in text
    assert "given:" in text
    assert "fix:" in text


def test_a_feed_of_a_wrong_shape():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with pytest.raises(ValueError, match="Cannot feed value of shape") as caught:
        tf.Session().run(x * 2.0, {x: np.ones((2, 4))})
    explained(caught)


def _session_with(v):
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    session.run(v)
    return session


@pytest.mark.parametrize("middle", ["plain", "host", "sparse"])
@pytest.mark.parametrize("mistake", ["nan", "assert", "gather"])
def test_a_failed_run_keeps_the_variables(tier, middle, mistake):
    v = tf.Variable(np.ones((4, 2), np.float32), name="v")
    x = tf.placeholder(tf.float32, [2], name="x")
    rows = tf.placeholder(tf.int32, [2], name="rows")
    good = {x: [1.0, 2.0], rows: [0, 3]}
    bad = dict(good)
    if mistake == "nan":
        checked, bad[x] = tf.check_numerics(tf.log(x), "log of x"), [-1.0, 1.0]
        first_line = "log of x : Tensor had NaN"
    elif mistake == "assert":
        with tf.control_dependencies([tf.Assert(tf.reduce_all(x > 0), [x])]):
            checked = tf.identity(x)
        bad[x] = [-1.0, 1.0]
        first_line = "assertion failed"
    else:
        checked = tf.gather(v, rows)[0]
        bad[rows] = [1, 4]
        first_line = r"indices\[1\] = 4 is not in \[0, 4\)"
    if middle == "host":
        checked = tf.py_func(lambda a: a * 2, [checked], tf.float32)
        checked.set_shape([2])
    if middle == "sparse":
        step = tf.scatter_add(v, rows, tf.stack([checked, checked]))
    else:
        step = v.assign_add(tf.zeros([4, 2]) + checked)
    session = _session_with(v)
    for _ in range(2):
        session.run(step.op, good)
        before = session.run(v)
        with pytest.raises(tf.errors.InvalidArgumentError, match=first_line) as caught:
            session.run(step.op, bad)
        explained(caught)
        np.testing.assert_array_equal(session.run(v), before)
