"""import_graph_def: the operations of a GraphDef, added to the default graph.

Reference: TensorFlow 1.15, tensorflow/core/graph/graph_constructor.cc and
tensorflow/python/framework/importer.py.
"""

from __future__ import annotations

import heapq
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evergraph import protos
from evergraph.core import dtypes, errors, shapes
from evergraph.core.dtypes import type_word
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.operation import contradiction as _contradiction
from evergraph.graph.scopes import device, get_default_graph, name_scope
from evergraph.registry.attrs import REQUIRED
from evergraph.registry.op_def import OpDef, find_op_def
from evergraph.serialize.attr_value import from_attr_value
from evergraph.serialize.function_library import from_library
from evergraph.serialize.graph_def import PRODUCER, merge_versions
from evergraph.serialize.op_def_proto import from_op_def_proto, signature_text

_VALID_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\-/]*$")
_LOCATION = b"loc:@"
_RANK_0_IS_KNOWN = 24  # GraphDefs before this version wrote an unknown shape as a scalar's


def import_graph_def(
    graph_def: Any,
    input_map: Mapping[Any, Any] | None = None,
    return_elements: Sequence[Any] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Add the operations of `graph_def` to the default graph.

    Args:
        graph_def: a GraphDef message, ours or another library's.
        input_map: names of tensors in `graph_def` ("x:0", "x"; "^x" for control inputs) -> tensors
            to use in their place; other values are converted.
        return_elements: names of operations and tensors in `graph_def` to return.
        name: scope of the new operations; "import" when None, none when "".
        op_dict: ignored, as in TensorFlow 1.15.
        producer_op_list: OpList of the program that wrote `graph_def`; it describes op types that
            aren't registered here. Attrs that a schema doesn't know are dropped.

    Returns:
        The operations and tensors of `return_elements`; None when that is None.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: a name isn't found, or `graph_def` is malformed.
        NotFoundError: an op type is neither registered nor described.

    Reference: TensorFlow 1.15, tensorflow/python/framework/importer.py.
    Differs from TensorFlow: unknown attrs are dropped also without `producer_op_list`.
    """
    if not hasattr(graph_def, "SerializeToString") or not hasattr(graph_def, "node"):
        raise TypeError("graph_def must be a GraphDef proto.")
    graph_def = protos.convert(graph_def, protos.GraphDef)
    if input_map is None:
        input_map = {}
    elif not isinstance(input_map, dict) or not all(
        isinstance(key, str | bytes) for key in input_map
    ):
        raise TypeError("input_map must be a dictionary mapping strings to Tensor objects.")
    if return_elements is not None:
        if not all(isinstance(element, str | bytes) for element in return_elements):
            raise TypeError("return_elements must be a list of strings.")
        return_elements = tuple(map(_as_text, return_elements))
    if graph_def.versions.min_consumer > PRODUCER:
        raise ValueError(
            f"GraphDef min consumer version {graph_def.versions.min_consumer} above current "
            f"version {PRODUCER} for TensorFlow 1.15.5.  Please upgrade TensorFlow."
        )
    if graph_def.versions.producer < 0:
        raise ValueError(
            f"GraphDef producer version {graph_def.versions.producer} below min producer 0 "
            "supported by TensorFlow 1.15.5.  Please regenerate your graph."
        )
    graph = get_default_graph()
    with name_scope(name, "import", input_map.values()) as scope:
        mapped = _mapped_tensors(name, input_map)
    for function in from_library(graph_def.library):
        known = graph._functions.get(function.name)
        if known is None or known.definition != function.definition:
            function.add_to_graph(graph)
    importer = _Importer(graph, graph_def, scope, mapped, producer_op_list)
    importer.check_map()
    importer.run()
    merge_versions(graph, graph_def.versions)
    if return_elements is None:
        return None
    return [importer.element(element) for element in return_elements]


def _as_text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _mapped_tensors(name: str | None, input_map: Mapping[Any, Any]) -> dict[str, Any]:
    """The values of `input_map`, made tensors within the scope of the import."""
    result: dict[str, Any] = {_as_text(key): value for key, value in input_map.items()}
    if all(isinstance(value, Tensor) for value in result.values()):
        return result
    if name == "":
        raise ValueError(
            "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor "
            "values. Try calling tf.convert_to_tensor() on `input_map` values before calling "
            "tf.import_graph_def()."
        )
    with name_scope("_inputs"):
        return {key: convert_to_tensor(value) for key, value in result.items()}


def parse_tensor_name(name: str) -> tuple[str, int]:
    """The operation and the output that `name` ("op" or "op:1") stands for."""
    op_name, colon, index = name.partition(":")
    if not colon:
        return op_name, 0
    if not index.isdecimal():
        raise ValueError(f"Cannot convert {name!r} to a tensor name.")
    return op_name, int(index)


def _scopes_of(graph: Graph) -> set[str]:
    """The names that stand before a slash in an operation's name."""
    found: set[str] = set()
    for name in graph._nodes_by_name:
        scope = name.rpartition("/")[0]
        while scope and scope not in found:
            found.add(scope)
            scope = scope.rpartition("/")[0]
    return found


class _Importer:
    """One import: node names of the GraphDef -> operations of the graph."""

    def __init__(
        self,
        graph: Graph,
        graph_def: Any,
        scope: str,
        input_map: dict[str, Any],
        producer_op_list: Any,
    ) -> None:
        self.graph = graph
        self.scope = scope
        self.scopes_in_use: set[str] = set()
        self.producer = graph_def.versions.producer
        self.nodes = list(graph_def.node)
        self.by_name = {node.name: node for node in self.nodes}
        self.ops: dict[str, Operation] = {}
        self.new_names: dict[str, str] = {}
        self.inputs: dict[tuple[str, int], Tensor] = {}
        self.controls: dict[str, Operation] = {}
        for key, value in input_map.items():
            if key.startswith("^"):
                self.controls[key[1:]] = value.op
            else:
                self.inputs[parse_tensor_name(key)] = value
        self.back_edges: list[tuple[Operation, int, str, int]] = []
        self.colocated: dict[Operation, list[str]] = {}
        self.described = {op.name: op for op in getattr(producer_op_list, "op", ())}
        self.op_defs: dict[str, OpDef] = {}

    def run(self) -> None:
        """Add all nodes, inputs before their consumers, else in the order of the GraphDef."""
        if len(self.by_name) < len(self.nodes):
            seen: set[str] = set()
            for node in self.nodes:
                if node.name in seen:
                    raise ValueError(f"Node '{node.name}' is not unique")
                seen.add(node.name)
        self.scopes_in_use = _scopes_of(self.graph)
        for node in self.nodes:
            if not _VALID_NAME.match(node.name):
                raise ValueError(f"Node '{node.name}': Node name contains invalid characters")
            self.new_names[node.name] = self._unique_name(node.name)
        with self.graph.taken_into_context_together():
            for node in self._ordered():
                self._add(node)
            for op, index, source, output in self.back_edges:
                op._replace_input(index, self._output(op.name, source, output))
        self._place()

    def _unique_name(self, name: str) -> str:
        wanted = name = self.scope + name
        number = 0
        taken = self.graph._nodes_by_name
        while name in taken or name in self.scopes_in_use:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def _ordered(self) -> Iterable[Any]:
        position = {node.name: i for i, node in enumerate(self.nodes)}
        consumers: dict[str, list[int]] = {}
        missing = [0] * len(self.nodes)
        for i, node in enumerate(self.nodes):
            sources = {source: text for text, source in self._forward_inputs(node)}
            for source, text in sources.items():
                if source not in position:
                    raise ValueError(f"Node '{node.name}': Unknown input node '{text}'")
                consumers.setdefault(source, []).append(i)
            missing[i] = len(sources)
        ready = [i for i, count in enumerate(missing) if not count]
        done = 0
        while ready:
            i = heapq.heappop(ready)
            done += 1
            yield self.nodes[i]
            for consumer in consumers.get(self.nodes[i].name, ()):
                missing[consumer] -= 1
                if not missing[consumer]:
                    heapq.heappush(ready, consumer)
        if done < len(self.nodes):
            raise ValueError(f"{len(self.nodes) - done} nodes in a cycle")

    def _forward_inputs(self, node: Any) -> Iterable[tuple[str, str]]:
        """The inputs that must precede `node` (not mapped, no back edges), and their nodes."""
        is_merge = self._role(node) == "merge"
        is_control = False
        for text in node.input:
            if text.startswith("^"):
                is_control = True
                if text[1:] not in self.controls:
                    yield text, text[1:]
                continue
            if is_control:
                raise ValueError(
                    f"Node '{node.name}': Control dependencies must come after regular dependencies"
                )
            name, colon, index = text.partition(":")
            if colon and not index.isdecimal():
                raise ValueError(f"Node '{node.name}': Unknown input node '{text}'")
            source, output = name, int(index or 0)
            if (source, output) in self.inputs:
                continue
            if is_merge and self._is_next_iteration(source):
                continue
            yield text, source

    def _is_next_iteration(self, name: str) -> bool:
        return name in self.by_name and self._role(self.by_name[name]) == "next_iteration"

    def _role(self, node: Any) -> str:
        op_def = find_op_def(node.op)
        if op_def is not None and op_def.control:
            return op_def.control
        return _ROLES.get(node.op, "")

    def _op_def(self, node: Any) -> OpDef:
        function = self.graph._functions.get(node.op)
        if function is not None:
            found: OpDef = function.op_def
            return found
        op_def = find_op_def(node.op) or self.op_defs.get(node.op)
        if op_def is None:
            if node.op not in self.described:
                raise errors.NotFoundError(
                    None,
                    None,
                    f"Op type not registered '{node.op}' in binary running on this machine. Make "
                    "sure the Op and Kernel are registered in the binary running in this process. "
                    "Note that if you are loading a saved graph which used ops from tf.contrib, "
                    "accessing (e.g.) `tf.contrib.resampler` should be done before importing the "
                    "graph, as contrib ops are lazily registered when the module is first "
                    "accessed.",
                )
            op_def = self.op_defs[node.op] = from_op_def_proto(self.described[node.op])
        return op_def

    def _add(self, node: Any) -> None:
        op_def = self._op_def(node)
        attrs = self._attrs(node, op_def)
        inputs, back_edges = self._inputs(node)
        expected = self._input_types(op_def, attrs)
        if len(expected) != len(inputs):
            words = ", ".join(map(type_word, expected))
            raise ValueError(
                f"NodeDef expected inputs '{words}' do not match {len(inputs)} inputs specified; "
                f"{signature_text(op_def)}; NodeDef: {{{{node {self.new_names[node.name]}}}}}"
            )
        for i, (tensor, dtype) in enumerate(zip(inputs, expected, strict=True)):
            if tensor.dtype.base_dtype is not dtype.base_dtype or (
                dtype._is_ref_dtype and not tensor.dtype._is_ref_dtype
            ):
                raise ValueError(
                    f"Input {i} of node {self.new_names[node.name]} was passed "
                    f"{type_word(tensor.dtype)} from {tensor.name} incompatible with expected "
                    f"{type_word(dtype)}."
                )
        op = self._create(node, op_def, attrs, inputs)
        if back_edges:
            op.outputs[0]._shape = shapes.TensorShape(None)
        self.back_edges += [(op, *edge) for edge in back_edges]
        self._use_saved_shapes(node, op)

    def _create(
        self, node: Any, op_def: OpDef, attrs: dict[str, Any], inputs: list[Tensor]
    ) -> Operation:
        name = self.new_names[node.name]
        self.graph._names_in_use.setdefault(name.lower(), 1)
        places = [
            group[len(_LOCATION) :].decode()
            for group in attrs.get("_class", ())
            if group.startswith(_LOCATION)
        ]
        places = [place for place in places if place != name]
        try:
            op = self.graph.create_op(
                node.op,
                inputs,
                op_def.output_types(attrs),
                name=f"{name}/",
                attrs=attrs,
                op_def=op_def,
                compute_device=False,
            )
        except ValueError as error:
            raise ValueError(str(error)) from None
        if places:
            # Where its group is decides; see `_place`.
            self.colocated[op] = places
        elif node.device:
            with device(node.device):
                self.graph._apply_devices(op)
        else:
            self.graph._apply_devices(op)
        controls = [self._control(text[1:]) for text in node.input if text.startswith("^")]
        # Every operation waits for what the scopes around the import say, whatever its inputs do.
        controls += [c for scope in self.graph._control_stack for c in scope.control_inputs]
        controls = [c for c in dict.fromkeys(controls) if c not in op._control_inputs]
        if controls:
            op._add_control_inputs(controls)
        self.ops[node.name] = op
        return op

    def _attrs(self, node: Any, op_def: OpDef) -> dict[str, Any]:
        """Plain attr values in schema order: given or default; then those that begin with "_"."""
        attrs: dict[str, Any] = {}
        for key, attr in op_def.attrs.items():
            value = from_attr_value(node.attr[key]) if key in node.attr else None
            if value is None:
                if attr.default is REQUIRED:
                    raise ValueError(
                        f"NodeDef missing attr '{key}' from {signature_text(op_def)}; "
                        f"NodeDef: {{{{node {self.new_names[node.name]}}}}}"
                    )
                value = attr.default
            attrs[key] = value
        if self.producer < _RANK_0_IS_KNOWN and op_def.name == "Placeholder":
            shape = attrs["shape"]
            attrs["shape"] = shapes.TensorShape(None) if shape.ndims == 0 else shape
        for key in sorted(node.attr):
            if key.startswith("_") and key not in ("_output_shapes", "_class"):
                attrs[key] = from_attr_value(node.attr[key])
        if "_class" in node.attr:
            groups = node.attr["_class"].list.s
            attrs["_class"] = [self._new_group(node, group) for group in groups]
        return attrs

    def _new_group(self, node: Any, group: bytes) -> bytes:
        if not group.startswith(_LOCATION):
            return group
        place = group[len(_LOCATION) :].decode()
        if place in self.new_names:
            return _LOCATION + self.new_names[place].encode()
        if place in self.graph._nodes_by_name:
            return group
        raise ValueError(f"Node '{node.name}' expects to be colocated with unknown node '{place}'")

    def _inputs(self, node: Any) -> tuple[list[Tensor], list[tuple[int, str, int]]]:
        """The input tensors of `node`, and those that stand in for a back edge."""
        tensors: list[Tensor | None] = []
        back_edges = []
        for i, text in enumerate(node.input):
            if text.startswith("^"):
                break
            source, output = parse_tensor_name(text)
            if (source, output) in self.inputs:
                tensors.append(self.inputs[source, output])
            elif source in self.ops:
                tensors.append(self._output(node.name, source, output))
            else:
                back_edges.append((i, source, output))
                tensors.append(None)
        stand_in = next((tensor for tensor in tensors if tensor is not None), None)
        if back_edges and stand_in is None:
            raise ValueError(f"{len(self.nodes) - len(self.ops)} nodes in a cycle")
        filled = [stand_in if tensor is None else tensor for tensor in tensors]
        return filled, back_edges  # type: ignore[return-value]  # there is one to stand in

    def _output(self, consumer: str, source: str, output: int) -> Tensor:
        outputs = self.ops[source].outputs
        if output >= len(outputs):
            raise ValueError(
                f"Node '{consumer}': Connecting to invalid output {output} of source node "
                f"{source} which has {len(outputs)} outputs."
            )
        return outputs[output]

    def _control(self, name: str) -> Operation:
        if name in self.controls:
            return self.controls[name]
        return self.ops[name]

    def _input_types(self, op_def: OpDef, attrs: dict[str, Any]) -> list[dtypes.DType]:
        result: list[dtypes.DType] = []
        for arg in op_def.inputs:
            if arg.type_list_attr:
                types = list(attrs[arg.type_list_attr])
            else:
                count = int(attrs[arg.number_attr]) if arg.number_attr else 1
                types = [arg.dtype or attrs[arg.type_attr]] * count
            result += [dtype._as_ref if arg.is_ref else dtype for dtype in types]
        return result

    def _use_saved_shapes(self, node: Any, op: Operation) -> None:
        """Learn from the attr `_output_shapes`, which must not contradict what is known."""
        if "_output_shapes" not in node.attr:
            return
        saved = node.attr["_output_shapes"].list.shape
        if len(saved) < len(op.outputs):
            raise ValueError(
                f"Node '{op.name}' has {len(op.outputs)} outputs but the _output_shapes attribute "
                f"specifies shapes for {len(saved)} outputs"
            )
        for i, (tensor, proto) in enumerate(zip(op.outputs, saved, strict=False)):
            shape = shapes.TensorShape(proto)
            if tensor.shape.is_compatible_with(shape):
                tensor.set_shape(shape)
            elif op.type not in _MAY_CONTRADICT:
                raise ValueError(
                    f"Node '{op.name}' has an _output_shapes attribute inconsistent with the "
                    f"GraphDef for output #{i}: {_contradiction(tensor.shape, shape)}"
                )

    def _place(self) -> None:
        """Give colocated operations the device of their group."""
        for op, places in self.colocated.items():
            for place in places:
                asked = self.graph._nodes_by_name[place].device
                if asked:
                    op._set_device(asked)
                    break

    def check_map(self) -> None:
        """Raise ValueError if a name of the input map is neither a node nor an input there."""
        known = {text.partition(":")[0].lstrip("^") for node in self.nodes for text in node.input}
        known |= set(self.by_name)
        missing = [
            f"{name}:{output}"
            for name, output in self.inputs
            if name not in known or output >= self._output_count(name)
        ]
        missing += [f"^{name}" for name in self.controls if name not in known]
        if missing:
            raise ValueError(
                f"Attempted to map inputs that were not found in graph_def: [{', '.join(missing)}]"
            )

    def _output_count(self, name: str) -> int:
        """How many outputs node `name` has; without end where that can't be told."""
        node = self.by_name.get(name)
        if node is None:
            return sys.maxsize
        op_def = self._op_def(node)
        self.new_names.setdefault(name, name)
        return len(op_def.output_types(self._attrs(node, op_def)))

    def element(self, name: str) -> Operation | Tensor:
        """The operation or tensor that was `name` in the GraphDef."""
        op_name, output = parse_tensor_name(name)
        if ":" in name and (op_name, output) in self.inputs:
            return self.inputs[op_name, output]
        op = self.ops.get(op_name)
        if op is None:
            what = f"tensor '{name}'" if ":" in name else f"node '{name}'"
            raise ValueError(f"Requested return {what} not found in graph def")
        if ":" not in name:
            return op
        if output >= len(op.outputs):
            raise ValueError(
                f"Invalid return output {output} of node '{op_name}', which has "
                f"{len(op.outputs)} output(s)"
            )
        return op.outputs[output]


# Ops whose shapes TensorFlow once told wrongly: files of then may contradict.
_MAY_CONTRADICT = frozenset(
    {
        *("RandomShuffleQueue", "PaddingFIFOQueue", "FIFOQueue", "PriorityQueue", "QueueSize"),
        *("Stack", "Barrier", "BarrierReadySize", "BarrierIncompleteSize", "HashTable"),
        *("MutableHashTable", "MutableHashTableOfTensors", "Mutex", "CuckooTable", "IndexTable"),
        *("WholeFileReader", "TextLineReader", "FixedLengthRecordReader", "TFRecordReader"),
        *("IdentityReader", "RefSwitch", "RefEnter", "RefNextIteration", "RefMerge"),
        *("RefIdentity", "LMDBReader", "ConditionalAccumulator", "SparseConditionalAccumulator"),
        "Table",
    }
)

# Of ops that only a description in the GraphDef knows.
_ROLES = {
    "Merge": "merge",
    "RefMerge": "merge",
    "NextIteration": "next_iteration",
    "RefNextIteration": "next_iteration",
}
