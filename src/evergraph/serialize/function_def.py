"""Graphs as FunctionDefs, and FunctionDefs as graphs.

Reference: TensorFlow 1.15, tensorflow/c/c_api_function.cc and
tensorflow/python/framework/function_def_to_graph.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evergraph import protos
from evergraph.core import errors
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import OpDef, find_op_def
from evergraph.serialize.function_hash import name_suffix
from evergraph.serialize.graph_def import PRODUCER, to_node_def
from evergraph.serialize.op_def_proto import type_text


def to_function_def(
    body: FunctionBody,
    name: str,
    ops: Sequence[Operation] | None = None,
    out_names: Sequence[str] | None = None,
    description: str | None = None,
    is_name_hashed: bool = False,
) -> Any:
    """The FunctionDef of `body`.

    Args:
        body: graph, inputs and outputs.
        name: name of the function.
        ops: operations of the body; all but the inputs when None.
        out_names: names of the results; made from the operations' when empty.
        description: text for the signature.
        is_name_hashed: append the hash of the definition to the name.

    Raises:
        InvalidArgumentError: names, inputs or outputs that don't go together.
    """
    _check(body, name, out_names)
    inputs = set(body.inputs)
    if ops is None:
        sources = {tensor.op for tensor in inputs}
        ops = [op for op in body.graph.get_operations() if op not in sources]
    definition = protos.FunctionDef()
    signature = definition.signature
    if description:
        signature.description = description
    names = _Names()
    for i, tensor in enumerate(body.outputs):
        given = out_names[i] if out_names else names.argument(tensor.op.name)
        if out_names:
            names.take_output(given)
        signature.output_arg.add(name=given, type=tensor.dtype.as_datatype_enum)
    renamed: dict[Tensor, str] = {}
    for i, tensor in enumerate(body.inputs):
        renamed[tensor] = names.argument(tensor.op.name)
        names.known[tensor.op] = renamed[tensor]
        signature.input_arg.add(name=renamed[tensor], type=tensor.dtype.as_datatype_enum)
        arg_attrs = definition.arg_attr[i]
        arg_attrs.SetInParent()
        node = to_node_def(tensor.op)
        for key in node.attr:
            if key.startswith("_"):
                arg_attrs.attr[key].CopyFrom(node.attr[key])
    for op in ops:
        new_name = names.unique(op)
        for tensor, path in _output_paths(op):
            renamed.setdefault(tensor, f"{new_name}:{path}")
    for op in ops:
        _add_node(definition, op, names, renamed)
    for arg, tensor in zip(signature.output_arg, body.outputs, strict=True):
        if tensor not in renamed:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"TF_Output {tensor.name} is neither in the function body nor among function "
                f"inputs. Encountered while creating function '{name}'",
            )
        definition.ret[arg.name] = renamed[tensor]
    for op in body.control_outputs:
        definition.control_ret[op.name] = names.known[op]
        signature.control_output.append(op.name)
    signature.name = f"{name}_{name_suffix(definition)}" if is_name_hashed else name
    return definition


def _check(body: FunctionBody, name: str, out_names: Sequence[str] | None) -> None:
    if out_names and len(out_names) != len(body.outputs):
        raise errors.InvalidArgumentError(
            None,
            None,
            "output names must be either empty or equal in size to outputs. output names size = "
            f"{len(out_names)} outputs size = {len(body.outputs)}",
        )
    for what, article, tensors in (
        ("input", "into", body.inputs),
        ("output", "from", body.outputs),
    ):
        for i, tensor in enumerate(tensors):
            if tensor.dtype._is_ref_dtype:
                where = (
                    f"Encountered while processing {what} {i} {article} function"
                    if what == "input"
                    else "Encountered while creating function"
                )
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Output {tensor.value_index} of node '{tensor.op.name}' has a reference type "
                    f"{type_text(tensor.dtype)}_ref\n\t{where} '{name}'",
                )


class _Names:
    """Names of arguments, results and nodes of a function, none of them twice."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.known: dict[Operation, str] = {}

    def _fresh(self, wanted: str) -> str:
        name, number = wanted, 0
        while name in self.used:
            name = f"{wanted}_{number}"
            number += 1
        self.used.add(name)
        return name

    def argument(self, name: str) -> str:
        """A name for an argument or a result: small letters, digits and underscores."""
        plain = "".join(c.lower() if c.isascii() and c.isalnum() else "_" for c in name)
        start = next((i for i, c in enumerate(plain) if c.isalpha()), None)
        return self._fresh("unknown" if start is None else plain[start:])

    def take_output(self, name: str) -> None:
        """Use `name` as it stands."""
        if name in self.used:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Cannot have duplicate output names. Name '{name}' appears more than once in "
                "'output_names' array.",
            )
        self.used.add(name)

    def unique(self, op: Operation) -> str:
        """The name of the node of `op`."""
        name = self.known[op] = self._fresh(op.name)
        return name


def _output_paths(op: Operation) -> Iterator[tuple[Tensor, str]]:
    """Each output of `op`, and what stands for it behind the node's name: "argument:index"."""
    op_def: OpDef = op.op_def
    flat = iter(op.outputs)
    for arg, group in zip(
        op_def.outputs, op_def.group(op_def.outputs, op.attrs, op.outputs), strict=True
    ):
        for i in range(len(group) if isinstance(group, tuple) else 1):
            yield next(flat), f"{arg.name}:{i}"


def _add_node(definition: Any, op: Operation, names: _Names, renamed: Mapping[Tensor, str]) -> None:
    node = definition.node_def.add()
    node.CopyFrom(to_node_def(op))
    node.name = names.known[op]
    del node.input[:]
    for i, tensor in enumerate(op.inputs):
        if tensor not in renamed:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Input {i}, '{tensor.name}', of node '{op.name}' in function "
                f"'{definition.signature.name}' is not available. You might need to include it in "
                "inputs or include its source node in the body",
            )
        node.input.append(renamed[tensor])
    for control in sorted(op.control_inputs, key=lambda control: control.name):
        if control not in names.known:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"The source of control edge from '{control.name}' to '{op.name}' is not in the "
                f"body. Encountered while creating function '{definition.signature.name}'",
            )
        node.input.append(f"^{names.known[control]}")
    if op.op_def.stateful:
        definition.signature.is_stateful = True


def forget_unknown_places(graph_def: Any) -> None:
    """Drop colocation with nodes that aren't there: an argument had another name as a node."""
    known = {f"loc:@{node.name}".encode() for node in graph_def.node}
    for node in graph_def.node:
        if "_class" in node.attr:
            groups = list(node.attr["_class"].list.s)
            kept = [g for g in groups if g in known or not g.startswith(b"loc:@")]
            if len(kept) < len(groups):
                del node.attr["_class"]
            if kept and len(kept) < len(groups):
                node.attr["_class"].list.s.extend(kept)


def function_def_to_graph_def(
    definition: Any, library: Mapping[str, Any], input_shapes: Sequence[Any] | None = None
) -> tuple[Any, dict[str, str]]:
    """A FunctionDef as a GraphDef with a placeholder for each argument.

    Args:
        definition: the FunctionDef.
        library: the functions that the body may call, by name.
        input_shapes: shapes (or None) of the arguments.

    Returns:
        The GraphDef, and the tensor in it for each name of a tensor in the definition.

    Raises:
        ValueError: wrong number of shapes, or a function that the body calls is missing.
    """
    signature = definition.signature
    if input_shapes and len(input_shapes) != len(signature.input_arg):
        raise ValueError(
            "Length of input_shapes must match the number of input_args. len(input_shapes): "
            f"{len(input_shapes)} len(input_arg): {len(signature.input_arg)}"
        )
    graph_def = protos.GraphDef()
    graph_def.versions.producer = PRODUCER
    flat_name: dict[str, str] = {}
    for i, arg in enumerate(signature.input_arg):
        node = graph_def.node.add(name=arg.name, op="Placeholder")
        node.attr["dtype"].type = arg.type
        if input_shapes and input_shapes[i] is not None:
            shape = input_shapes[i]
            node.attr["shape"].shape.CopyFrom(
                shape if hasattr(shape, "SerializeToString") else shape.as_proto()
            )
        for key, value in definition.arg_attr[i].attr.items() if i in definition.arg_attr else ():
            if key.startswith("_"):
                node.attr[key].CopyFrom(value)
        flat_name[arg.name] = f"{arg.name}:0"
        flat_name[f"^{arg.name}"] = f"^{arg.name}"
    graph_def.node.extend(definition.node_def)
    for node in definition.node_def:
        _check_functions(node, library)
        for index, path in enumerate(_flat_paths(node, library)):
            flat_name[f"{node.name}:{path}"] = f"{node.name}:{index}"
        flat_name[f"^{node.name}"] = f"^{node.name}"
    for node in graph_def.node:
        for i, text in enumerate(node.input):
            node.input[i] = flat_name[text]
    return graph_def, flat_name


def _check_functions(node: Any, library: Mapping[str, Any]) -> None:
    for attr in node.attr.values():
        called = [attr.func] if attr.HasField("func") else attr.list.func
        for function in called:
            if function.name not in library and node.op != "SymbolicGradient":
                raise ValueError(f"{function.name} function not found.")


def _flat_paths(node: Any, library: Mapping[str, Any]) -> Iterator[str]:
    """What stands for each output tensor of `node` behind its name: "argument:index"."""
    function = library.get(node.op)
    op_def = function.op_def if function is not None else find_op_def(node.op)
    if op_def is None:
        raise errors.NotFoundError(
            None, None, f"Op type not registered '{node.op}' in binary running on this machine."
        )
    for arg in op_def.outputs:
        count = 1
        if arg.number_attr:
            count = node.attr[arg.number_attr].i
        elif arg.type_list_attr:
            count = len(node.attr[arg.type_list_attr].list.type)
        for i in range(count):
            yield f"{arg.name}:{i}"


def to_function_body(
    definition: Any,
    library: Mapping[str, Any],
    input_shapes: Sequence[Any] | None = None,
    graph: Graph | None = None,
) -> FunctionBody:
    """The body of a FunctionDef in a new graph that has the functions of `library`.

    Args:
        definition: the FunctionDef.
        library: the functions that the body may call, by name.
        input_shapes: shapes of the arguments; attr `_input_shapes` of the definition when None.
        graph: an empty graph to use.
    """
    from evergraph.serialize.import_graph import import_graph_def

    if input_shapes is None and "_input_shapes" in definition.attr:
        input_shapes = definition.attr["_input_shapes"].list.shape
    graph_def, flat_name = function_def_to_graph_def(definition, library, input_shapes)
    forget_unknown_places(graph_def)
    graph = Graph() if graph is None else graph
    graph._functions.update(library)
    with graph.as_default():
        import_graph_def(graph_def, name="")
    signature = definition.signature
    for node in graph_def.node:
        if "_output_shapes" in node.attr:
            op = graph.get_operation_by_name(node.name)
            for tensor, shape in zip(
                op.outputs, node.attr["_output_shapes"].list.shape, strict=False
            ):
                tensor.set_shape(shape)
    return FunctionBody(
        graph,
        [graph.get_tensor_by_name(flat_name[arg.name]) for arg in signature.input_arg],
        [graph.get_tensor_by_name(flat_name[definition.ret[a.name]]) for a in signature.output_arg],
        [
            graph.get_operation_by_name(definition.control_ret[name])
            for name in signature.control_output
        ],
    )
