"""Specs of TensorArrays, and what the recorded programs of TensorArrays leave out."""

import numpy as np
import pytest

import evergraph as tf


def test_specs_describe_arrays():
    array = tf.TensorArray(tf.int32, 3, element_shape=[2])
    spec = tf.TensorArraySpec.from_value(array)
    assert spec == tf.TensorArraySpec([2], tf.int32)
    assert spec.is_compatible_with(array) and spec.value_type is tf.TensorArray
    assert not spec.is_compatible_with(tf.TensorArraySpec([3], tf.int32))
    with pytest.raises(TypeError, match="Expected value to be a TensorArray"):
        tf.TensorArraySpec.from_value(1)


def test_specs_merge():
    loose, close = tf.TensorArraySpec([None, 2]), tf.TensorArraySpec([3, 2], infer_shape=False)
    merged = tf.TensorArraySpec([None, 2], infer_shape=False)
    assert loose.most_specific_compatible_type(close) == merged
    with pytest.raises(ValueError, match="Types are not compatible"):
        loose.most_specific_compatible_type(tf.TensorArraySpec([1, 3]))


def test_old_names_of_methods():
    array = tf.TensorArray(tf.float32, 2).unpack([[1.0], [2.0]])
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(array.pack()), [[1.0], [2.0]])


def test_a_dynamic_array_has_the_size_that_each_run_gives_it():
    n = tf.placeholder(tf.int32, [])
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    _, array = tf.while_loop(
        lambda i, a: i < n, lambda i, a: (i + 1, a.write(i, tf.to_float(i) * 2.0)), [0, array]
    )
    result = array.stack()
    with tf.Session() as session:
        for count in (3, 3, 3, 3, 5):
            np.testing.assert_array_equal(session.run(result, {n: count}), np.arange(count) * 2.0)


def test_an_array_goes_through_host_segments_under_two_handles():
    x, n = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.int32, [])
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False)
    other = tf.identity(array.handle)
    _, array = tf.while_loop(
        lambda i, a: i < n, lambda i, a: (i + 1, a.write(i, x[i] * 2.0)), [0, array]
    )
    seen = tf.py_func(lambda v: v + np.float32(1), [array.stack()], tf.float32)
    flow = array.flow + 0.0 * tf.reduce_sum(seen)
    again = tf.TensorArray(tf.float32, handle=other, flow=flow).stack() + seen
    with tf.Session() as session:
        for count in (2, 2, 3, 2, 3, 40, 40):
            got = session.run(again, {x: np.arange(50), n: count})
            np.testing.assert_array_equal(got, 4.0 * np.arange(count) + 1.0)
