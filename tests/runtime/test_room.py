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


def test_what_a_compiled_segment_wrote_is_an_array_for_a_later_one_by_numpy(monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", 0)
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(np.arange(3.0), name="variable")
        written = tf.assign_add(variable, [1.0, 1.0, 1.0])
        doubled = tf.py_func(lambda x: 2.0 * x, [written], tf.float64)
        doubled.set_shape([3])
        _, grown = tf.while_loop(
            lambda i, rows: i < 2,
            lambda i, rows: (i + 1, tf.concat([rows, rows + tf.reduce_sum(written)], 0)),
            [0, doubled],
            [tf.TensorShape([]), tf.TensorShape([None])],
        )
        total = tf.reduce_sum(written, keepdims=True) + grown
        session.run(variable.initializer)
        for turn in range(1, 4):
            got = session.run(total)
            values = np.arange(3.0) + turn
            want = 2.0 * values
            for _ in range(2):
                want = np.concatenate([want, want + values.sum()])
            assert got.dtype == np.float64
            np.testing.assert_array_equal(got, want + values.sum())
        assert "host-stepped" in session.plan_report(total)
