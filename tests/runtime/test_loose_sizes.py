"""Sizes that hang on data: once they are known, only what touches them stays with NumPy."""

import numpy as np
import pytest

import evergraph as tf
from evergraph.runtime import loose_sizes


def a_net_of_kept_elements():
    """A sparse layer whose elements are kept or not, two dense ones, and a step of training."""
    x = tf.sparse_placeholder(tf.float32, name="x")
    keep = tf.placeholder(tf.bool, [None], name="keep")
    random = np.random.RandomState(3)
    w = tf.Variable(random.randn(5, 4).astype(np.float32))
    u = tf.Variable(random.randn(4, 3).astype(np.float32))
    h = tf.tanh(tf.sparse_tensor_dense_matmul(tf.sparse_retain(x, keep), w))
    y = tf.nn.softmax(tf.matmul(tf.tanh(h * 2.0 - 0.5), u))
    loss = -tf.reduce_mean(tf.log(y[:, 0] + 0.1))
    return x, keep, loss, tf.train.AdamOptimizer(0.05).minimize(loss), [w, u]


def losses(looks, monkeypatch, runs=40):
    """Losses and variables after training on ever other elements, and plans that were cut."""
    monkeypatch.setattr(loose_sizes, "_LOOKS", looks)
    random = np.random.RandomState(5)
    places = np.array([[i, j] for i in range(6) for j in range(5)])
    value = (places, random.randn(30).astype(np.float32), [6, 5])
    with tf.Graph().as_default(), tf.Session() as sess:
        x, keep, loss, step, variables = a_net_of_kept_elements()
        sess.run(tf.global_variables_initializer())
        found = [
            sess.run([loss, step], {x: value, keep: random.rand(30) < random.rand()})[0]
            for _ in range(runs)
        ]
        cut = [entry.plan.sizes.successor for entry in sess._plans.values()]
        return found, sess.run(variables), [plan for plan in cut if plan is not None]


def test_what_has_one_size_is_compiled_again(monkeypatch):
    want, wanted_variables, plans = losses(10**9, monkeypatch)
    assert not plans
    got, variables, plans = losses(4, monkeypatch)
    cut = plans[0]
    on_host = {step.op.type for s in cut.segments if not s.is_device for step in s.steps}
    on_device = {step.op.type for s in cut.segments if s.is_device for step in s.steps}
    assert {"Where", "GatherV2", "SparseTensorDenseMatMul"} <= on_host
    assert {"Softmax", "MatMul", "ApplyAdam"} <= on_device - on_host
    assert cut.compiled
    np.testing.assert_allclose(got, want, rtol=1e-4)
    for one, other in zip(variables, wanted_variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_a_failed_check_is_still_an_error_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(loose_sizes, "_LOOKS", 4)
    random = np.random.RandomState(5)
    good = (np.array([[i, 0] for i in range(6)]), np.ones(6, np.float32), [6, 5])
    bad = (np.array([[i, 7] for i in range(6)]), np.ones(6, np.float32), [6, 5])
    with tf.Graph().as_default(), tf.Session() as sess:
        x, keep, _, step, variables = a_net_of_kept_elements()
        sess.run(tf.global_variables_initializer())
        masks = [np.arange(6) < n % 7 for n in random.permutation(30)]
        for mask in masks:
            sess.run(step, {x: good, keep: mask})
        before = sess.run(variables)
        with pytest.raises(tf.errors.InvalidArgumentError, match="out of bounds"):
            sess.run(step, {x: bad, keep: [True] * 6})
        for one, other in zip(sess.run(variables), before, strict=True):
            np.testing.assert_array_equal(one, other)
