"""Shapes as values."""

import numpy as np
import pytest

import evergraph as tf
from evergraph.runtime.kernels import evaluate_kernel


def test_a_size_beyond_int32_asks_for_int64():
    vast = np.broadcast_to(np.int8(0), (1 << 16, 1 << 15))  # without memory of its own
    with tf.Graph().as_default():
        x = tf.placeholder(tf.int8)
        small, wide = (tf.size(x, out_type=dtype) for dtype in (tf.int32, tf.int64))
    assert evaluate_kernel(wide.op, [vast])[0] == 1 << 31
    with pytest.raises(tf.errors.InvalidArgumentError, match="Number of elements was larger"):
        evaluate_kernel(small.op, [vast])
