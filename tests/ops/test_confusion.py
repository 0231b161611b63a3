"""Confusion matrices and weights that broadcast."""

import numpy as np
import pytest

import evergraph as tf
from evergraph.ops.confusion import assert_broadcastable, broadcast_weights
from evergraph.ops.confusion import remove_squeezable_dimensions as squeezed


def test_confusion_matrix_counts_pairs():
    with tf.Graph().as_default(), tf.Session() as session:
        counts = tf.confusion_matrix([1, 2, 0], [[2], [2], [0]])
        weighted = tf.math.confusion_matrix([1, 1], [0, 0], 2, tf.float32, weights=[0.5, 2])
        assert weighted.shape == [2, 2]
        assert session.run(counts).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
        assert session.run(weighted).tolist() == [[0, 0], [2.5, 0]]


@pytest.mark.parametrize(
    ("labels", "message"), [([-1], "`labels` contains negative values"), ([3], "`labels` out of")]
)
def test_confusion_matrix_refuses_foreign_classes(labels, message):
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.placeholder(tf.int64, [1])
        counts = tf.confusion_matrix(given, [0], num_classes=2)
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(counts, {given: labels})


def test_ranks_known_at_run_time_only():
    with tf.Graph().as_default(), tf.Session() as session:
        labels, predictions = tf.placeholder(tf.int32), tf.placeholder(tf.int32)
        found = squeezed(labels, predictions)
        values = {labels: [1, 2], predictions: [[1], [2]]}
        assert [x.shape for x in session.run(found, values)] == [(2,), (2,)]


def test_weights_broadcast_by_whole_sizes_only():
    values = np.ones([2, 3], np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        weights = tf.placeholder(tf.float32)
        found = broadcast_weights(weights, values)
        assert session.run(found, {weights: [[1], [2]]}).tolist() == [[1, 1, 1], [2, 2, 2]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="weights can not be broadcast"):
            session.run(found, {weights: [1, 2, 3]})
        with pytest.raises(ValueError, match="Mismatch at dim 1"):
            assert_broadcastable(np.ones([2, 2]), values)
