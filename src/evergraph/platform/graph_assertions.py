"""Functions of tests that compare graphs."""

from __future__ import annotations

from typing import Any

from evergraph import protos
from evergraph.serialize.graph_def import merge_versions


def assert_ops_in_graph(expected_ops: dict[str, str], graph: Any) -> dict[str, Any]:
    """The nodes of `graph` named in `expected_ops` (name -> op type).

    Raises:
        ValueError: one is missing, or of another type.
    """
    found: dict[str, Any] = {}
    graph_def = graph if hasattr(graph, "node") else graph.as_graph_def()
    for node in graph_def.node:
        if node.name in expected_ops:
            if expected_ops[node.name] != node.op:
                raise ValueError(
                    f"Expected op for node {node.name} is different. {expected_ops[node.name]} vs "
                    f"{node.op}"
                )
            found[node.name] = node
    if set(expected_ops) != set(found):
        raise ValueError(
            f"Not all expected ops are present. Expected {expected_ops.keys()}, found "
            f"{found.keys()}"
        )
    return found


def get_node_def_from_graph(node_name: str, graph_def: Any) -> Any:
    """The NodeDef of that name, or None."""
    return next((node for node in graph_def.node if node.name == node_name), None)


def assert_equal_graph_def(
    actual: Any,
    expected: Any,
    checkpoint_v2: bool = False,
    hash_table_shared_name: bool = False,
) -> None:
    """Two GraphDefs have the same nodes, in whatever order.

    Raises:
        AssertionError: they differ; names the node.
        TypeError: one of them isn't a GraphDef.
    """
    for what, value in (("actual", actual), ("expected", expected)):
        if not hasattr(value, "node"):
            raise TypeError(f"Expected tf.GraphDef for {what}, got {type(value).__name__}")
    one = {node.name: _comparable(node, hash_table_shared_name) for node in actual.node}
    two = {node.name: _comparable(node, hash_table_shared_name) for node in expected.node}
    for name in two:
        if name not in one:
            raise AssertionError(f"Did not find expected node '{{{{node {name}}}}}'")
    for name in reversed(list(one)):
        if name not in two:
            raise AssertionError(f"Found unexpected node '{{{{node {name}}}}}'")
        if not (one[name] == two[name] or (checkpoint_v2 and _is_random_name(two[name]))):
            raise AssertionError(
                f"Node named '{name}' differs:\n{protos.to_text(one[name])}\nexpected:\n"
                f"{protos.to_text(two[name])}"
            )


assert_equal_graph_def_v1 = assert_equal_graph_def


def assert_equal_graph_def_v2(expected: Any, actual: Any) -> None:
    """As `assert_equal_graph_def`, parameters the other way round."""
    assert_equal_graph_def(actual, expected, True, True)


def _comparable(node: Any, hash_table_shared_name: bool) -> Any:
    copy = type(node)()
    copy.CopyFrom(node)
    # Internal attributes are no part of what the node computes; empty lists equal absent ones.
    for name in [key for key in copy.attr if key.startswith("_") and key != "_class"]:
        del copy.attr[name]
    if hash_table_shared_name and node.op == "HashTableV2" and "shared_name" in copy.attr:
        del copy.attr["shared_name"]
    controls = sorted(name for name in copy.input if name.startswith("^"))
    data = [name for name in copy.input if not name.startswith("^")]
    del copy.input[:]
    copy.input.extend(data + controls)
    return copy


def _is_random_name(node: Any) -> bool:
    text = node.attr["value"].tensor.string_val
    return any(b"_temp_" in value for value in text)


def assert_meta_graph_protos_equal(tester: Any, a: Any, b: Any) -> None:
    """Two MetaGraphDefs agree, collections of serialized messages compared as messages."""
    tester.assertEqual(set(a.collection_def), set(b.collection_def))
    for key in a.collection_def:
        tester.assertEqual(a.collection_def[key], b.collection_def[key])
    one, two = type(a)(), type(b)()
    one.CopyFrom(a)
    two.CopyFrom(b)
    one.ClearField("collection_def")
    two.ClearField("collection_def")
    assert_equal_graph_def(one.graph_def, two.graph_def)
    one.ClearField("graph_def")
    two.ClearField("graph_def")
    tester.assertProtoEquals(one, two)


def set_producer_version(graph: Any, producer_version: int) -> None:
    """Let `graph` count as written by the program of that GraphDef version."""
    merge_versions(graph, protos.VersionDef(producer=producer_version))
