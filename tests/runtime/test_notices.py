"""The two things that are said once and not raised."""

import logging

import numpy as np
import pytest

import evergraph as tf
from evergraph.runtime import notices, plan


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(notices, "_said", set())


def test_a_missing_device_is_named_once(caplog):
    with tf.Graph().as_default(), tf.Session() as session, caplog.at_level(logging.WARNING):
        with tf.device("/gpu:0"):
            x = tf.placeholder(tf.float32, [])
            a = x + 1.0
            b = a * 2.0
        assert session.run(a, {x: 1.0}) == 2.0
        assert session.run(b, {x: 1.0}) == 4.0
    (record,) = caplog.records
    assert "There is no GPU here" in record.message
    assert "test_notices.py" in record.message


def test_a_device_that_is_here_is_not_mentioned(caplog):
    with tf.Graph().as_default(), tf.Session() as session, tf.device("/cpu:0"):
        session.run(tf.constant(1.0) + 1.0)
    assert not caplog.records


def test_ever_new_shapes_are_mentioned_once(caplog):
    with tf.Graph().as_default(), tf.Session() as session, caplog.at_level(logging.WARNING):
        x = tf.placeholder(tf.float32, [None])
        y = tf.reduce_sum(x * 2.0, name="total")
        for size in range(3 * plan.MAX_VARIANTS):
            assert session.run(y, {x: np.ones(size)}) == 2.0 * size
    (record,) = caplog.records
    assert "keep changing" in record.message and "'total'" in record.message
