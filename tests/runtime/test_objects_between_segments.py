"""Stacks and tensor arrays that go from one segment of a plan to another."""

import importlib

import numpy as np

import evergraph as tf


def test_an_array_keeps_its_gradient_where_a_segment_is_left_to_numpy(monkeypatch):
    monkeypatch.setattr(importlib.import_module("evergraph.runtime.plan"), "COLD_RUNS", 0)
    with tf.Graph().as_default():
        v = tf.Variable(np.float32([1.0, 2.0]))
        array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[2])
        steps, array, _ = tf.while_loop(
            lambda i, *_: i < 3,
            lambda i, array, x: (i + 1, array.write(i, x * v), x * v),
            (0, array, tf.ones([2])),
        )
        # A shape that depends on data: the backward loop is in another segment.
        count = tf.shape(tf.where(tf.range(steps) >= 0))[:1]
        loss = tf.reduce_sum(array.stack() * tf.ones(count)[:, None])
        gradient = tf.gradients(loss, v)[0]
        with tf.Session() as session:
            session.run(v.initializer)
            found = session.run([loss, gradient])
    np.testing.assert_allclose(found[0], 17.0)
    np.testing.assert_allclose(found[1], [6.0, 17.0])
