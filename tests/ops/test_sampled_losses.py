"""nce_loss and sampled_softmax_loss over given samples."""

import numpy as np
import pytest

import evergraph as tf
from evergraph.core.errors import UnsupportedError
from evergraph.ops.sampled_losses import compute_sampled_logits

R = np.random.RandomState(0)
WEIGHTS = R.randn(5, 3).astype(np.float32)
BIASES = R.randn(5).astype(np.float32)
INPUTS = R.randn(2, 3).astype(np.float32)
LABELS = np.array([[0], [3]], np.int64)
SAMPLED = np.array([1, 2, 4], np.int64)
VALUES = (SAMPLED, np.full([2, 1], 0.5, np.float32), np.full([3], 0.25, np.float32))


@pytest.fixture(autouse=True)
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def expected_logits():
    true = np.sum(INPUTS * WEIGHTS[LABELS[:, 0]], axis=1) + BIASES[LABELS[:, 0]]
    others = INPUTS @ WEIGHTS[SAMPLED].T + BIASES[SAMPLED]
    return np.concatenate([true[:, None] - np.log(0.5), others - np.log(0.25)], axis=1)


def test_logits_and_labels(session):
    arguments = (tf.constant(WEIGHTS), tf.constant(BIASES), tf.constant(LABELS))
    logits, labels = session.run(
        compute_sampled_logits(*arguments, tf.constant(INPUTS), 3, 5, sampled_values=VALUES)
    )
    np.testing.assert_allclose(logits, expected_logits(), rtol=1e-5)
    np.testing.assert_array_equal(labels, [[1, 0, 0, 0], [1, 0, 0, 0]])


def test_losses(session):
    arguments = (tf.constant(WEIGHTS), tf.constant(BIASES), tf.constant(LABELS))
    logits = expected_logits()
    nce = tf.nn.nce_loss(*arguments, tf.constant(INPUTS), 3, 5, sampled_values=VALUES)
    signs = np.where([[True, False, False, False]] * 2, -1, 1)
    want = np.log1p(np.exp(signs * logits)).sum(axis=1)
    np.testing.assert_allclose(session.run(nce), want, rtol=1e-5)
    softmax = tf.nn.sampled_softmax_loss(
        *arguments, tf.constant(INPUTS), 3, 5, sampled_values=VALUES, remove_accidental_hits=False
    )
    want = np.log(np.exp(logits).sum(axis=1)) - logits[:, 0]
    np.testing.assert_allclose(session.run(softmax), want, rtol=1e-5)


def test_sampling_itself_is_refused():
    with pytest.raises(UnsupportedError, match="Candidate sampling is not supported"):
        tf.nn.nce_loss(WEIGHTS, BIASES, LABELS, INPUTS, 3, 5)
