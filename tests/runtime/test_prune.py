"""Pruning: what gradients merely wait for isn't computed, unless it has an effect."""

import numpy as np

import evergraph as tf
from evergraph.runtime.prune import prune


def step_on(table, loss):
    return tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[table])


def test_gradients_that_nothing_uses_are_left_out():
    with tf.Graph().as_default():
        x = tf.sparse_placeholder(tf.float32)
        table = tf.Variable(tf.ones([3, 2]))
        loss = tf.reduce_sum(tf.sparse_tensor_dense_matmul(x, table))
        step = step_on(table, loss)
        types = [op.type for op in prune([step], set())]
        assert "GatherV2" not in types  # nor the gradient of x.values, which the other waits for
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run(step, {x: ([[0, 1]], [2.0], [2, 3])})
            np.testing.assert_allclose(sess.run(table), [[1, 1], [0.8, 0.8], [1, 1]], rtol=1e-6)


def test_gradients_that_nothing_uses_run_for_their_effects():
    calls = []

    def note(d_y):
        calls.append(1)
        return d_y

    @tf.RegisterGradient("NotedProduct")
    def gradient(op, d_y):
        noted = tf.py_func(note, [d_y * op.inputs[1]], tf.float32)
        noted.set_shape(d_y.shape)
        return noted, d_y * op.inputs[0]

    with tf.Graph().as_default() as graph:
        table = tf.Variable([1.0, 2.0])
        other = tf.constant([3.0, 4.0])
        with graph.gradient_override_map({"Mul": "NotedProduct"}):
            loss = tf.reduce_sum(tf.multiply(other, table))
        step = step_on(table, loss)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run(step)
            np.testing.assert_allclose(sess.run(table), [0.7, 1.6], rtol=1e-6)
    assert calls == [1]
