"""GraphDefs for inference: the part that some nodes need, with constants for variables.

Reference: TensorFlow 1.15, tensorflow/python/framework/graph_util_impl.py.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import numpy as np

from evergraph import protos
from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation
from evergraph.serialize.graph_def import to_node_def
from evergraph.serialize.tensor_proto import to_tensor_proto

_log = logging.getLogger("tensorflow")

_VARIABLES: Final = ("Variable", "VariableV2", "VarHandleOp")
_PINNED: Final = frozenset(
    {
        *("Assign", "AssignAdd", "AssignSub", "Queue", "ScatterAdd", "ScatterSub"),
        *("ScatterUpdate", "TruncatedNormal", "Variable", "VariableV2"),
    }
)
# What a handle may go through between its variable and a read.
_ON_THE_WAY: Final = ("Switch", "Enter", "Exit", "Identity", "Merge", "NextIteration")


def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Whether an operation or NodeDef has no kernel for GPUs.

    Args:
        node: Operation or NodeDef.
        pin_variables_on_cpu: say so of variables and what changes them, too.
    """
    node_def = to_node_def(node) if isinstance(node, Operation) else node
    if pin_variables_on_cpu and node_def.op in _PINNED:
        return True
    match node_def.op:
        case "Const":
            kind = dtypes.as_dtype(node_def.attr["dtype"].type)
            return kind in (dtypes.string, dtypes.int32)
        case "DynamicStitch" | "ParallelDynamicStitch":
            return dtypes.as_dtype(node_def.attr["T"].type) == dtypes.int32
        case "Cast":
            return dtypes.as_dtype(node_def.attr["SrcT"].type) == dtypes.int32
    return False


def tensor_shape_from_node_def_name(graph: Graph, input_name: str) -> TensorShape:
    """The static shape of the tensor that a NodeDef's input names ("op", "op:1")."""
    name = input_name if ":" in input_name else f"{input_name}:0"
    return graph.get_tensor_by_name(name).get_shape()


def _source(text: str) -> str:
    """The node that an input of a NodeDef comes from."""
    return text[1:] if text.startswith("^") else text.partition(":")[0]


def _needed(node: Any) -> Iterator[str]:
    yield from map(_source, node.input)
    if "_class" in node.attr:
        for group in node.attr["_class"].list.s:
            if group.startswith(b"loc:@"):
                yield group[5:].decode()


def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> Any:
    """The part of a GraphDef that some nodes need, in its order.

    Args:
        graph_def: a GraphDef.
        dest_nodes: names of nodes.

    Raises:
        TypeError: wrong kinds of arguments.
        AssertionError: a name isn't in the graph.
    """
    if not hasattr(graph_def, "SerializeToString") or not hasattr(graph_def, "library"):
        raise TypeError("graph_def must be a graph_pb2.GraphDef proto.")
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    graph_def = protos.convert(graph_def, protos.GraphDef)
    by_name = {node.name: node for node in graph_def.node}
    for name in dest_nodes:
        if name not in by_name:
            raise AssertionError(f"{name} is not in graph")
    kept: set[str] = set()
    pending = list(dest_nodes)
    while pending:
        name = pending.pop()
        if name not in kept:
            kept.add(name)
            pending.extend(_needed(by_name[name]) if name in by_name else ())
    result = protos.GraphDef(library=graph_def.library, versions=graph_def.versions)
    result.node.extend(node for node in graph_def.node if node.name in kept)
    return result


def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Sequence[str],
    variable_names_whitelist: Collection[str] | None = None,
    variable_names_blacklist: Collection[str] | None = None,
) -> Any:
    """What some nodes need of a GraphDef, with the values of a session in place of variables.

    Args:
        sess: session that holds the variables.
        input_graph_def: GraphDef of the session's graph.
        output_node_names: names of the nodes to keep.
        variable_names_whitelist: names of the variables to convert; all when None.
        variable_names_blacklist: names of variables to leave.

    Returns:
        A GraphDef: variables are Const, reads of resource variables Identity, gathers from them
        GatherV2.

    Raises:
        ValueError: a read leads to no variable, or a gather has batch dimensions.
    """
    graph_def = extract_sub_graph(input_graph_def, output_node_names)
    by_name = {node.name: node for node in graph_def.node}
    names = [
        node.name
        for node in graph_def.node
        if node.op in _VARIABLES
        and (variable_names_whitelist is None or node.name in variable_names_whitelist)
        and (variable_names_blacklist is None or node.name not in variable_names_blacklist)
    ]
    types: dict[str, Any] = {}
    for node in graph_def.node:
        if node.op in ("ReadVariableOp", "ResourceGather"):
            _follow_handle(node, by_name, types)
    fetched = [
        f"{name}/Read/ReadVariableOp:0" if by_name[name].op == "VarHandleOp" else f"{name}:0"
        for name in names
    ]
    values = dict(zip(names, sess.run(fetched) if fetched else [], strict=True))
    _log.info("Froze %d variables.", len(values))
    result = protos.GraphDef(library=graph_def.library)
    for node in graph_def.node:
        result.node.extend(_frozen(node, values, types))
    _log.info("Converted %d variables to const ops.", len(values))
    return result


def _follow_handle(read: Any, by_name: dict[str, Any], types: dict[str, Any]) -> None:
    """Walk from a read to its variable; note the type for the nodes on the way."""
    pending = [_source(read.input[0])]
    while pending:
        node = by_name[pending.pop()]
        if node.op == "VarHandleOp":
            continue
        if node.op not in _ON_THE_WAY:
            raise ValueError("Cannot find the variable that is an input to the ReadVariableOp.")
        if node.name not in types:
            types[node.name] = read.attr["dtype"]
            count = len(node.input) if node.op == "Merge" else 1
            pending += [_source(text) for text in node.input[:count] if not text.startswith("^")]


def _constant(name: str, dtype: Any, value: Any) -> Any:
    node = protos.NodeDef(name=name, op="Const")
    node.attr["dtype"].CopyFrom(dtype)
    node.attr["value"].tensor.CopyFrom(
        to_tensor_proto(np.asarray(value), dtypes.as_dtype(dtype.type))
    )
    return node


def _frozen(node: Any, values: dict[str, Any], types: dict[str, Any]) -> Iterator[Any]:
    """The nodes in place of `node`."""
    if node.name in values:
        yield _constant(node.name, node.attr["dtype"], values[node.name])
        return
    result = protos.NodeDef()
    if node.name in types:
        result.CopyFrom(node)
        result.device = ""
        result.attr.pop("_output_shapes", None)
        result.attr["T"].CopyFrom(types[node.name])
    elif node.op == "ReadVariableOp":
        result = protos.NodeDef(name=node.name, op="Identity", input=[node.input[0]])
        result.attr["T"].CopyFrom(node.attr["dtype"])
    elif node.op == "ResourceGather":
        if node.attr["batch_dims"].i != 0:
            raise ValueError("batch_dims != 0 is not supported by freeze_graph.")
        axis = _constant(f"{node.name}/axis", node.attr["Tindices"], np.int32(0))
        yield axis
        inputs = [*node.input[:2], axis.name]
        result = protos.NodeDef(name=node.name, op="GatherV2", input=inputs)
        result.attr["Tparams"].CopyFrom(node.attr["dtype"])
        result.attr["Tindices"].CopyFrom(node.attr["Tindices"])
        result.attr["Taxis"].CopyFrom(node.attr["Tindices"])
    else:
        result.CopyFrom(node)
    if result.op != node.op and "_class" in node.attr:
        result.attr["_class"].CopyFrom(node.attr["_class"])
    yield result


def remove_training_nodes(input_graph: Any, protected_nodes: Collection[str] | None = None) -> Any:
    """A GraphDef without nodes that only training needs.

    CheckNumerics are removed, and each Identity that no control edge touches: who takes it takes
    its input.

    Args:
        input_graph: a GraphDef.
        protected_nodes: names of nodes that stay.
    """
    protected = set(protected_nodes or ())
    removed = {
        node.name
        for node in input_graph.node
        if node.op == "CheckNumerics" and node.name not in protected
    }
    nodes = []
    for node in input_graph.node:
        if node.name not in removed:
            nodes.append(
                _with_inputs(node, [t for t in node.input if t.lstrip("^") not in removed])
            )
    waited_for = {text[1:] for node in nodes for text in node.input if text.startswith("^")}
    stays = protected | waited_for
    spliced = {
        node.name: node.input[0]
        for node in nodes
        if node.op == "Identity"
        and node.name not in stays
        and not any(text.startswith("^") for text in node.input)
    }
    result = protos.GraphDef()
    for node in nodes:
        if node.name in spliced:
            continue
        inputs = []
        for text in node.input:
            while text.lstrip("^") in spliced:
                text = spliced[text.lstrip("^")]
            inputs.append(text)
        result.node.append(_with_inputs(node, inputs))
    return result


def _with_inputs(node: Any, inputs: Sequence[str]) -> Any:
    result = protos.NodeDef()
    result.MergeFromString(node.SerializeToString())
    result.ClearField("input")
    result.input.extend(inputs)
    return result
