"""The text of a graph, and the invariants that check_graph holds."""

import pytest

import evergraph as tf
from evergraph.core.errors import InternalError
from evergraph.graph.check import check_graph
from evergraph.graph.text import graph_text

TEXT = """\
x = Placeholder() {dtype=float32, shape=(?, 2)} -> float32[?,2]
w = Const() {value=float32[2, 1] [1.0, 1.0], dtype=float32} -> float32[2,1]
y = MatMul(x, w) {transpose_a=False, transpose_b=False, T=float32} -> float32[?,1]
Const = Const() {value=int32[] [1], dtype=int32} -> int32[] ^y @/device:CPU:0
z/split_dim = Const() {value=int32[] [1], dtype=int32} -> int32[] ^y @/device:CPU:0
z = Split(z/split_dim, y) {num_split=1, T=float32} -> float32[?,1] @/device:CPU:0
"""


def small_graph():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        y = tf.matmul(x, tf.ones([2, 1], name="w"), name="y")
        with tf.control_dependencies([y]), tf.device("/cpu:0"):
            tf.split(y, 1, axis=1, name="z")
    return graph


def test_a_line_says_what_an_operation_is():
    assert graph_text(small_graph().get_operations()) == TEXT


def test_a_sound_graph_passes():
    check_graph(small_graph())


def test_a_wrong_edge_is_found():
    graph, other = small_graph(), small_graph()
    graph.get_operation_by_name("y")._inputs[0] = other.get_tensor_by_name("x:0")
    with pytest.raises(InternalError, match="of another graph"):
        check_graph(graph)


def test_an_input_that_does_not_know_its_consumer_is_found():
    graph = small_graph()
    graph.get_tensor_by_name("x:0")._consumers.clear()
    with pytest.raises(InternalError, match="consumers"):
        check_graph(graph)
