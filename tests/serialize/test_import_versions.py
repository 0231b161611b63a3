"""Versions and names of imported graph definitions."""

import pytest

import evergraph as tf
from evergraph import protos


def _graph_def(*names, producer=26):
    graph_def = protos.GraphDef(versions=protos.VersionDef(producer=producer))
    for name in names:
        graph_def.node.add(name=name, op="NoOp")
    return graph_def


def test_graph_takes_the_older_version():
    with tf.Graph().as_default() as graph:
        assert graph.graph_def_versions.producer == 134
        tf.import_graph_def(_graph_def("a"), name="")
        assert graph.graph_def_versions.producer == 26
        assert graph.as_graph_def().versions.producer == 26


def test_negative_version_is_refused():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="version -1 below min producer"):
        tf.import_graph_def(_graph_def(producer=-1))


def test_imported_names_avoid_scopes_that_hold_operations():
    with tf.Graph().as_default() as graph:
        tf.no_op(name="foo/inner")
        tf.import_graph_def(_graph_def("foo"), name="")
        assert [op.name for op in graph.get_operations()] == ["foo/inner", "foo_1"]


def test_unknown_inputs_are_named_as_written():
    graph_def = _graph_def("b")
    graph_def.node[0].input.append("^a")
    with tf.Graph().as_default(), pytest.raises(ValueError, match=r"Unknown input node '\^a'"):
        tf.import_graph_def(graph_def)


def test_operation_is_no_tensor():
    with tf.Graph().as_default(), pytest.raises(TypeError, match="Can't convert Operation 'n' to"):
        tf.convert_to_tensor(tf.no_op(name="n"))
