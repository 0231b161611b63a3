"""Python functions as operations."""

import numpy as np
import pytest

import evergraph as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(function, inputs, types):
    with tf.Session() as sess:
        return sess.run(tf.py_func(function, inputs, types))


def test_arguments_have_tensorflows_types():
    seen = []

    def look(*args):
        seen.extend(type(a) for a in args)
        return args[0]

    run(look, [1.0, [1, 2], "ab", True], tf.float32)
    assert seen == [np.float32, np.ndarray, bytes, np.bool_]


def test_text_comes_back_as_bytes():
    assert run(lambda: "abc", [], tf.string) == b"abc"


@pytest.mark.parametrize(
    ("function", "types", "error", "text"),
    [
        (lambda: 1 / 0, tf.float32, tf.errors.UnknownError, "ZeroDivisionError: division by zero"),
        (lambda: int("x"), tf.float32, tf.errors.InvalidArgumentError, "ValueError: invalid"),
        (lambda: 3.0, tf.float32, tf.errors.InvalidArgumentError, "is double, but expects float"),
        (
            lambda: (np.float32(1), np.float32(1)),
            tf.float32,
            tf.errors.InvalidArgumentError,
            "returns 2 values, but expects to see 1 values.",
        ),
    ],
)
def test_errors(function, types, error, text):
    with pytest.raises(error, match=text):
        run(function, [], types)


def test_what_a_function_keeps_of_its_result_changes_nothing():
    kept = np.zeros(2, np.float32)
    y = tf.py_func(lambda: kept, [], tf.float32) + 0.0
    with tf.Session() as sess:
        got = sess.run(y)
        kept[0] = 1
        np.testing.assert_array_equal(got, [0, 0])


def test_what_is_no_function_is_refused():
    with pytest.raises(ValueError, match="Expected func to be callable"):
        tf.py_func(5, [], tf.float32)


def test_a_py_function_gets_arrays_with_a_method_numpy():
    y = tf.py_function(lambda x: x.numpy() + 1, [[1.0, 2.0]], tf.float32)
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(y), [2, 3])
