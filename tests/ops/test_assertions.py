"""Assert and the checks made of it: texts, and that a failed one keeps variables as they were."""

import numpy as np
import pytest

import evergraph as tf
from evergraph.ops.assertions import summarize_value


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.mark.parametrize(
    ("value", "count", "text"),
    [
        (np.float32(3.14159265), 3, "3.14159274"),
        (np.float64(123456789.123456789), 3, "123456789.12345679"),
        (np.float32(1e10), 3, "1e+10"),
        (np.float32(-0.0), 3, "-0"),
        (np.array([1, 2, 3, 4, 5]), 3, "1 2 3..."),
        (np.array([1, 2, 3, 4, 5]), -1, "1 2 3 4 5"),
        (np.array([[1, 2], [3, 4]]), 3, "[1 2][3...]..."),
        (np.array([[1, 2], [3, 4]]), 2, "[1 2]..."),
        (np.zeros((2, 2, 2), np.int32), 2, "[[0 0]]..."),
        (np.array([True, False]), 3, "1 0"),
        (np.array([b"a", b"\xff\n"], object), 3, "a \\377\\n"),
        (np.zeros((0, 2)), 3, ""),
    ],
)
def test_values_in_messages_are_tensorflows(value, count, text):
    assert summarize_value(value, count) == text


def test_a_failed_assert_keeps_the_variable():
    x = tf.placeholder(tf.float32, [None])
    v = tf.Variable([1.0, 2.0])
    y = v * x
    with tf.control_dependencies([tf.Assert(tf.reduce_all(y > 0), [y, "msg"])]):
        update = tf.assign_add(v, y)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(4):
            sess.run(update, {x: [1.0, 1.0]})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"assertion failed: \[16 -32\]"):
            sess.run(update, {x: [1.0, -1.0]})
        np.testing.assert_array_equal(sess.run(v), [16, 32])


def test_what_is_known_fails_at_once():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Condition x == y did not hold"):
        tf.assert_equal([1], [2])
    with pytest.raises(ValueError, match=r"must have rank 3.  Received rank 2, shape \(\?, 4\)"):
        tf.assert_rank(tf.placeholder(tf.float32, [None, 4]), 3)
    with pytest.raises(TypeError, match="must be of type"):
        tf.assert_type(1, tf.float32)
