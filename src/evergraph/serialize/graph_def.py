"""A graph and its operations as GraphDef and NodeDef.

Reference: TensorFlow 1.15, tensorflow/core/graph/graph.cc (Graph::ToGraphDefSubRange).
"""

from __future__ import annotations

import itertools
from typing import Any, Final

from evergraph import protos
from evergraph.core.source import user_frame
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.graph import VALID_OP_NAME, Graph, complete_definition
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.attrs import REQUIRED
from evergraph.registry.op_def import OpDef, find_op_def
from evergraph.serialize.attr_value import from_attr_value, to_attr_value
from evergraph.serialize.op_def_proto import to_op_def_proto
from evergraph.serialize.tensor_proto import shape_to_proto, to_tensor_proto

PRODUCER: Final = 134  # GraphDef's version in 1.15.5
MIN_CONSUMER_OF_FUNCTIONS: Final = 12
_MAX_BYTES: Final = 1 << 31


def to_node_def(op: Operation, add_shapes: bool = False, is_sorted: bool = False) -> Any:
    """The NodeDef of `op`.

    Args:
        op: the operation.
        add_shapes: put the static shapes of the outputs into the attr `_output_shapes`.
        is_sorted: control inputs by name, as a GraphDef has them, not in the order of adding.
    """
    node = protos.NodeDef(name=op.name, op=op.type, device=op.device)
    node.input.extend(tensor._as_node_def_input() for tensor in op.inputs)
    controls = [f"^{control.name}" for control in op.control_inputs]
    node.input.extend(sorted(controls) if is_sorted else controls)
    schema = op.op_def.attrs if op.op_def is not None else {}
    for key, value in op.attrs.items():
        if value is None:
            continue
        kind = schema[key].kind if key in schema else None
        if kind == "tensor":
            # The attr beside it says the type: an array can't tell qint8 from its integers.
            node.attr[key].tensor.CopyFrom(to_tensor_proto(value, op.attrs.get("dtype")))
        else:
            node.attr[key].CopyFrom(to_attr_value(value, kind))
    if add_shapes and op.outputs:
        shapes = [shape_to_proto(tensor.shape.sizes) for tensor in op.outputs]
        node.attr["_output_shapes"].list.shape.extend(shapes)
    return node


def graph_def_versions(graph: Graph) -> Any:
    """The VersionDef of `graph`, as TensorFlow 1.15 would state it."""
    producer, min_consumer = graph._imported_versions or (PRODUCER, 0)
    versions = protos.VersionDef(producer=producer)
    if graph._functions:
        min_consumer = max(min_consumer, MIN_CONSUMER_OF_FUNCTIONS)
    if min_consumer:
        versions.min_consumer = min_consumer
    return versions


def merge_versions(graph: Graph, versions: Any) -> None:
    """Note that `graph` holds nodes of a GraphDef of these versions."""
    producer, min_consumer = graph._imported_versions or (PRODUCER, 0)
    graph._imported_versions = (
        min(producer, versions.producer),
        max(min_consumer, versions.min_consumer),
    )


def as_graph_def(graph: Graph, from_version: int | None = None, add_shapes: bool = False) -> Any:
    """The GraphDef of `graph`.

    Args:
        graph: the graph.
        from_version: ignored, as in TensorFlow 1.15.
        add_shapes: put the static shapes of outputs into the attr `_output_shapes`.

    Raises:
        ValueError: it would be larger than 2 GB.

    Reference: TensorFlow 1.15, tensorflow/python/framework/ops.py (Graph.as_graph_def).
    """
    return _as_graph_def(graph, from_version, add_shapes)[0]


def _as_graph_def(
    graph: Graph, from_version: int | None = None, add_shapes: bool = False
) -> tuple[Any, int]:
    """The GraphDef and the version of the graph that it shows."""
    with graph._lock:
        ops = graph.get_operations()
        version = graph.version
    graph_def = protos.GraphDef()
    graph_def.versions.CopyFrom(graph_def_versions(graph))
    size = 0
    for op in ops:
        node = to_node_def(op, add_shapes, is_sorted=True)
        size += node.ByteSize()
        if size >= _MAX_BYTES:
            raise ValueError("GraphDef cannot be larger than 2GB.")
        graph_def.node.append(node)
    copy_functions(graph, graph_def)
    return graph_def, version


def copy_functions(graph: Graph, graph_def: Any) -> None:
    """Add the function library of `graph` to `graph_def`."""
    for function in graph._functions.values():
        graph_def.library.function.append(function.definition)
        if function.grad_func_name:
            graph_def.library.gradient.add(
                function_name=function.name, gradient_func=function.grad_func_name
            )


def _add_function(graph: Graph, function: Any) -> None:
    from evergraph.serialize.function_library import add_function

    add_function(graph, function)


def _node_def(op: Operation) -> Any:
    return to_node_def(op)


def _add_described(
    op: Operation,
    node_def: Any,
    graph: Any,
    inputs: Any,
    output_types: Any,
    control_inputs: Any,
    input_types: Any,
    op_def: Any,
) -> None:
    """What the constructor of Operation does."""
    if not isinstance(node_def, protos.NodeDef):
        raise TypeError(f"node_def needs to be a NodeDef: {node_def}")
    if not VALID_OP_NAME.match(node_def.name):
        raise ValueError(f"'{node_def.name}' is not a valid node name")
    if not isinstance(graph, Graph):
        raise TypeError(f"g needs to be a Graph: {graph}")
    inputs = [] if inputs is None else inputs
    if not isinstance(inputs, list):
        raise TypeError(f"inputs needs to be a list of Tensors: {inputs}")
    for tensor in inputs:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"input needs to be a Tensor: {tensor}")
    found = [tensor.dtype for tensor in inputs]
    wanted = [dtype.base_dtype for dtype in found] if input_types is None else input_types
    if not all(a.is_compatible_with(b) for a, b in zip(wanted, found, strict=True)):
        raise TypeError(
            f"In op '{node_def.name}', input types ({found}) are not compatible with expected "
            f"types ({wanted})"
        )
    controls = [_as_control_input(control) for control in control_inputs or ()]
    attrs = {key: from_attr_value(value) for key, value in node_def.attr.items()}
    op_def = op_def or find_op_def(node_def.op)
    if op_def is not None:
        attrs = _completed(op_def, attrs, inputs)
    op_def, types = complete_definition(node_def.op, op_def, attrs, output_types)
    op._begin(
        graph, node_def.name, node_def.op, inputs, controls, attrs, types, op_def, user_frame()
    )
    graph._install(op, compute_device=False)
    graph._names_in_use.setdefault(node_def.name.lower(), 1)
    op._set_device(node_def.device)


def _field_of_op_def_proto(name: str) -> Any:
    """What `op.op_def.<name>` is in TensorFlow, where an OpDef is a message."""
    return lambda op_def: getattr(to_op_def_proto(op_def), name)


def _as_control_input(control: Any) -> Operation:
    if isinstance(control, Operation):
        return control
    if isinstance(control, Tensor | IndexedSlices):
        return control.op
    raise TypeError(f"Control input must be an Operation, a Tensor, or IndexedSlices: {control}")


def _completed(op_def: Any, attrs: dict[str, Any], inputs: list[Tensor]) -> dict[str, Any]:
    """`attrs` with the types that single inputs tell, and with the defaults of the others."""
    known = {
        key: attr.default for key, attr in op_def.attrs.items() if attr.default is not REQUIRED
    }
    singles = zip(op_def.inputs, inputs, strict=False)
    for arg, tensor in itertools.takewhile(lambda pair: not pair[0].is_list, singles):
        if arg.type_attr:
            known[arg.type_attr] = tensor.dtype.base_dtype
    return {**known, **attrs}


def install() -> None:
    """Give `Graph`, `Operation` and `TensorShape` the members that speak of protos.

    The IR itself knows no message, as it knows no operator.
    """
    from evergraph.core import shapes

    members: dict[str, Any] = {
        "as_graph_def": as_graph_def,
        "_as_graph_def": _as_graph_def,
        "graph_def_versions": property(graph_def_versions),
        "_add_function": _add_function,
        "_copy_functions_to_graph_def": lambda graph, graph_def, *_: copy_functions(
            graph, graph_def
        ),
    }
    for name, member in members.items():
        setattr(Graph, name, member)
    for name in ("input_arg", "output_arg", "attr"):
        setattr(OpDef, name, property(_field_of_op_def_proto(name)))
    Operation._add_described = staticmethod(_add_described)
    setattr(Operation, "node_def", property(_node_def, doc="The NodeDef of this operation."))  # noqa: B010
    shapes.set_proto_maker(shape_to_proto)
