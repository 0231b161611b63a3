"""Stacks of loops whose number of turns only the run knows: their room grows, and stays fast."""

import numpy as np

import evergraph as tf
from evergraph.runtime import plan


def test_a_longer_run_makes_room_and_keeps_variables_right(monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", 1)
    with tf.Graph().as_default(), tf.Session() as session:
        n = tf.placeholder(tf.int32, [])
        w = tf.Variable(0.5, name="w")
        y = tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, v * w + 1.0), [0, 1.0])[1]
        (gradient,) = tf.gradients(y, w)
        count = tf.Variable(0, name="count")
        with tf.control_dependencies([gradient]):
            counted = tf.assign_add(count, 1)
        session.run(tf.global_variables_initializer())
        for turn, turns in enumerate([3, 5, 5, 40, 40, 200, 3, 200], start=1):
            got, _ = session.run([gradient, counted], {n: turns})
            value, slope = 1.0, 0.0
            for _ in range(turns):
                value, slope = value * 0.5 + 1.0, slope * 0.5 + value
            np.testing.assert_allclose(got, slope, rtol=1e-5)
            assert session.run(count) == turn
        entries = [e.plan for e in session._plans.values() if e.plan.compiled]
    longest = max(entries, key=lambda p: len(p.compiled))
    assert len(longest.compiled) >= 2
    assert longest.fast
