"""Gradients of concatenation where the incoming gradient is IndexedSlices stay sparse."""

import numpy as np
import pytest

import evergraph as tf


@pytest.mark.parametrize(
    ("axis", "rows", "expected"),
    [
        (0, [0, 4, 3], [[[1, 1, 1, 1]], [[1, 1, 1, 1], [1, 1, 1, 1]]]),
        (-1, [0, 2], [[[1] * 4] * 2, [[1] * 2] * 2]),
    ],
)
def test_sparse_parts(axis, rows, expected):
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [3, 4])
        y = tf.placeholder(tf.float32, [2, 4] if axis == 0 else [3, 2])
        parts = tf.gradients(tf.gather(tf.concat([x, y], axis), rows), [x, y])
        assert all(isinstance(part, tf.IndexedSlices) for part in parts)
        feeds = {x: np.zeros((3, 4)), y: np.zeros(y.shape.as_list())}
        with tf.Session() as sess:
            got = sess.run([part.values for part in parts], feeds)
    for one, two in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, two)
