"""Blocks between batch and space."""

import numpy as np
import pytest

import evergraph as tf


def test_crops_larger_than_what_is_there_are_refused_while_running():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32)
        y = tf.batch_to_space_nd(x, [2], [[1, 2]])
        np.testing.assert_array_equal(session.run(y, {x: np.arange(4.0).reshape(2, 2)}), [[2.0]])
        with pytest.raises(tf.errors.InvalidArgumentError, match="cropped_shape must be non-neg"):
            session.run(y, {x: np.ones([2, 1])})
