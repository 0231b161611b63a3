"""What only a compiled program meets: positions and shapes that are checked while it runs."""

import importlib

import numpy as np
import pytest

import evergraph as tf


@pytest.fixture(autouse=True)
def graph(monkeypatch):
    """A graph whose plans are compiled from their first run."""
    monkeypatch.setattr(importlib.import_module("evergraph.runtime.plan"), "COLD_RUNS", 0)
    with tf.Graph().as_default() as graph:
        yield graph


ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)
WRITES = {
    "Assign": lambda v, x: tf.assign(v, x),
    "AssignAdd": lambda v, x: tf.assign_add(v, x),
    "AssignAddVariableOp": lambda v, x: v.assign_add(x),
    "ScatterAdd": lambda v, x: tf.scatter_add(v, [0, 1], x),
    "ScatterNdAdd": lambda v, x: tf.scatter_nd_add(v, [[0], [1]], x),
    "StridedSliceAssign": lambda v, x: v[0:2].assign(x),
    "ResourceStridedSliceAssign": lambda v, x: v[0:2].assign(x),
}


@pytest.mark.parametrize("op_type", WRITES)
def test_a_write_of_another_shape_fails_and_leaves_the_variable(op_type, graph):
    is_resource = op_type in ("AssignAddVariableOp", "ResourceStridedSliceAssign")
    variable = tf.get_variable("v", initializer=ROWS, use_resource=is_resource)
    x = tf.placeholder(tf.float32)
    write = WRITES[op_type](variable, x + 1.0)
    assert op_type in {op.type for op in graph.get_operations()}
    with tf.Session() as session:
        session.run(variable.initializer)
        with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.UnimplementedError)):
            session.run(write, {x: np.ones([2, 2], np.float32)})
        np.testing.assert_array_equal(session.run(variable), ROWS)


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_computed_row_is_read_written_and_differentiated(use_resource):
    x, i = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [])
    y, row = x * 2.0, i + 1
    variable = tf.get_variable("v", initializer=ROWS, use_resource=use_resource)
    (slope,) = tf.gradients(y[row], x)
    write = variable[row].assign(y[0])
    with tf.Session() as session:
        session.run(variable.initializer)
        feeds = {x: ROWS, i: 0}
        np.testing.assert_array_equal(session.run(y[row], feeds), ROWS[1] * 2)
        np.testing.assert_array_equal(session.run(slope, feeds), [[0, 0, 0], [2, 2, 2]])
        session.run(write, feeds)
        np.testing.assert_array_equal(session.run(variable), [ROWS[0], ROWS[0] * 2])


def test_what_xla_can_not_have_runs_all_the_same():
    x, i = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [])
    y, first = x * 2.0, i + 1
    variable = tf.get_variable("v", initializer=ROWS)
    parts = [y[first:], tf.slice(y, [first, 0], [-1, 2])]
    block = tf.slice(y, [first, 0], [1, 2])
    write = variable[first::-1].assign(y)
    with tf.Session() as session:
        session.run(variable.initializer)
        got = session.run(parts, {x: ROWS, i: 0})
        for one, two in zip(got, (ROWS[1:], ROWS[1:, :2]), strict=True):
            np.testing.assert_array_equal(one, two * 2)
        np.testing.assert_array_equal(session.run(block, {x: ROWS, i: 0}), ROWS[1:, :2] * 2)
        session.run(write, {x: ROWS, i: 0})
        np.testing.assert_array_equal(session.run(variable), ROWS[::-1] * 2)


@pytest.mark.parametrize("row", [1, -1, -2])
@pytest.mark.parametrize("rest", [np.s_[:], np.s_[::2], np.s_[::-1], np.s_[1:2]])
def test_parts_of_a_computed_row_are_written(row, rest):
    i = tf.placeholder(tf.int32, [])
    variable = tf.get_variable("v", initializer=ROWS)
    expected = ROWS.copy()
    expected[row, rest] = np.arange(10, 10 + len(ROWS[0, rest]))
    write = variable[i + 0, rest].assign(expected[row, rest])
    with tf.Session() as session:
        session.run(variable.initializer)
        for wrong in (2, -3):
            with pytest.raises(
                tf.errors.InvalidArgumentError, match="of dimension 0 out of bounds"
            ):
                session.run(write, {i: wrong})
        np.testing.assert_array_equal(session.run(variable), ROWS)
        np.testing.assert_array_equal(session.run(write, {i: row}), expected)


def test_a_ranged_uniform_number_is_rounded_as_by_numpy(monkeypatch):
    """XLA would contract `uniform * range + min` into one instruction, which rounds once."""
    numbers = []
    for cold_runs in (1000, 0):
        monkeypatch.setattr(
            importlib.import_module("evergraph.runtime.plan"), "COLD_RUNS", cold_runs
        )
        with tf.Graph().as_default(), tf.Session() as session:
            ranged = [tf.random_uniform([501], -0.1, high, seed=1) for high in (0.1, 7.3)]
            normal = tf.random_normal([501], 0.3, 0.7, tf.float64, seed=1)
            numbers.append(session.run([*ranged, normal]))
    for by_numpy, compiled in zip(*numbers, strict=True):
        if by_numpy.dtype == np.float32:
            np.testing.assert_array_equal(by_numpy, compiled)
        else:  # XLA's logarithm and sine differ from NumPy's in their last places
            np.testing.assert_allclose(compiled, by_numpy, rtol=1e-14, atol=1e-15)
