"""0.x's ways to call the functions of sparse tensors."""

import numpy as np
import pytest

import evergraph as tf


@pytest.fixture
def sparse():
    with tf.Graph().as_default():
        yield tf.SparseTensor(
            indices=[[0, 1], [1, 0], [1, 3]], values=[1.0, 2.0, 3.0], shape=[2, 4]
        )


def run(fetches, feeds=None):
    return tf.Session().run(fetches, feeds)


def test_a_split_by_position(sparse):
    left, right = run(tf.sparse_split(1, 2, sparse))
    assert left.indices.tolist() == [[0, 1], [1, 0]]
    assert right.indices.tolist() == [[1, 1]]
    named = tf.sparse_split(split_dim=1, num_split=2, sp_input=sparse)
    assert run(named)[1].values.tolist() == [3.0]


def test_a_sum_by_old_keywords(sparse):
    total = run(tf.sparse_add(sp_a=sparse, sp_b=sparse, thresh=5.0))
    assert total.values.tolist() == [6.0]


def test_old_names_of_axes(sparse):
    assert run(tf.sparse_concat(concat_dim=0, sp_inputs=[sparse, sparse])).dense_shape[0] == 4
    sums = tf.sparse_reduce_sum(sparse, reduction_axes=[1], keep_dims=True)
    np.testing.assert_array_equal(run(sums), [[1.0], [5.0]])


def test_a_value_whose_shape_is_called_shape(sparse):
    fed = tf.sparse_placeholder(tf.float32)
    value = tf.SparseTensorValue(indices=[[0]], values=[5.0], shape=[3])
    found = run(fed, {fed: value})
    assert found.shape.tolist() == found.dense_shape.tolist() == [3]
