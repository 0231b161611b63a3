"""0.x's cross entropies: the same operations as 1.x's."""

import numpy as np
import pytest

import evergraph as tf

LOGITS = np.array([[1.0, 2.0, 0.5], [0.1, -1.0, 3.0]], np.float32)
LABELS = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], np.float32)
CLASSES = np.array([1, 2], np.int32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default(), tf.Session().as_default():
        yield


def same(old, new):
    np.testing.assert_array_equal(old.eval(), new.eval())


def test_softmax():
    function = tf.nn.softmax_cross_entropy_with_logits
    new = function(labels=LABELS, logits=LOGITS)
    same(function(LOGITS, LABELS), new)
    same(function(LOGITS, labels=LABELS, name="x"), new)


def test_sparse_softmax():
    function = tf.nn.sparse_softmax_cross_entropy_with_logits
    new = function(labels=CLASSES, logits=LOGITS)
    same(function(LOGITS, CLASSES), new)
    same(function(LOGITS, labels=CLASSES), new)


def test_sigmoid():
    function = tf.nn.sigmoid_cross_entropy_with_logits
    new = function(labels=LABELS, logits=LOGITS)
    same(function(LOGITS, LABELS), new)
    same(function(LOGITS, targets=LABELS), new)
    same(function(logits=LOGITS, targets=LABELS), new)


def test_weighted():
    function = tf.nn.weighted_cross_entropy_with_logits
    new = function(labels=LABELS, logits=LOGITS, pos_weight=2.0)
    same(function(LOGITS, targets=LABELS, pos_weight=2.0), new)
    same(function(targets=LABELS, logits=LOGITS, pos_weight=2.0), new)
    same(function(LABELS, LOGITS, 2.0), new)


def test_what_neither_era_takes_is_refused_as_by_1_15():
    with pytest.raises(ValueError, match="Both labels and logits must be provided"):
        tf.nn.softmax_cross_entropy_with_logits(labels=LABELS)


@pytest.mark.parametrize("function", ["nce_loss", "sampled_softmax_loss"])
def test_inputs_before_labels(function):
    loss = getattr(tf.nn, function)
    weights, biases = np.ones([5, 3], np.float32), np.zeros(5, np.float32)
    labels, inputs = np.array([[0], [3]], np.int64), np.ones([2, 3], np.float32)
    values = (np.array([1, 2]), np.ones([2, 1], np.float32), np.ones(2, np.float32))
    rest = {"sampled_values": values, "remove_accidental_hits": False}
    parts = tf.constant(weights), tf.constant(biases)
    new = loss(*parts, tf.constant(labels), tf.constant(inputs), 2, 5, **rest)
    same(loss(*parts, tf.constant(inputs), tf.constant(labels), 2, 5, **rest), new)
