"""tf.switch_case: one of several functions by number, as one Case operation.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py and cond_v2.py.
Differs from TensorFlow: conds and loops in a branch are Switch and Merge, not If and While; the
number at the end of a branch's name in the library.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.functions.func_graph import FuncGraph, copy_of
from evergraph.graph.composite import CompositeTensor, IndexedSlices
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, get_default_graph, name_scope
from evergraph.ops.cast import cast
from evergraph.ops.control_contexts import flow_of, is_tensor_array, with_flows
from evergraph.ops.functional import CASE
from evergraph.ops.identity import identity
from evergraph.ops.placeholders import placeholder
from evergraph.serialize.function_def import to_function_def
from evergraph.serialize.function_library import LibraryFunction
from evergraph.variables.variable_scope import variable_scope

_numbers = itertools.count()


def switch_case(
    branch_index: Any,
    branch_fns: Any,
    default: Callable[[], Any] | None = None,
    name: str = "switch_case",
) -> Any:
    """Compute the function whose number is `branch_index`.

    Args:
        branch_index: int32 scalar tensor.
        branch_fns: the functions, without arguments: a list of them, or a dict or list of pairs
            (number, function); the numbers are those from 0 up, in any order.
        default: function for every other `branch_index`; the last of `branch_fns` when None.
        name: name scope.

    Returns:
        The structure that the functions return. What they take from outside is computed either way.

    Raises:
        TypeError: wrong kinds of arguments, or functions that return different structures or types.
        ValueError: no functions, a number is missing or doubled, or a function takes a tensor that
            another one made.

    Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
    """
    functions = _in_order(branch_index, branch_fns)
    if default is not None:
        functions.append(default)
    with name_scope(name, "case", [branch_index]), name_scope("indexed_case") as scope:
        prefix = scope.replace("/", "_")
        names = [f"{prefix}branch{i}_{next(_numbers)}" for i in range(len(functions))]
        graphs: list[_BranchGraph] = []
        for branch_name, function in zip(names, functions, strict=True):
            graphs.append(_BranchGraph(branch_name))
            graphs[-1].build(function, branch_index)
        _check_captures(graphs)
        _give_indices_one_dtype(graphs)
        _check_results(graphs)
        return _add_case(branch_index, graphs, scope)


def _in_order(branch_index: Any, branch_fns: Any) -> list[Callable[[], Any]]:
    """The functions by their numbers."""
    if not isinstance(branch_index, Tensor):
        raise TypeError(f"branch_index must a Tensor, got {type(branch_index)}")
    if not branch_index.dtype.is_integer:
        raise TypeError(f"branch_index must an integer Tensor, got {branch_index.dtype}")
    if not branch_fns:
        raise ValueError("Must provide at least one item in branch_fns")
    if not isinstance(branch_fns, list | tuple | dict):
        raise TypeError("branch_fns must be a list, tuple, or dict")
    pairs = list(branch_fns.items() if isinstance(branch_fns, dict) else branch_fns)
    if all(callable(function) for function in pairs):
        pairs = list(enumerate(pairs))
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in branch_fns must be a 2-tuple")
        key, function = pair
        if not isinstance(key, int):
            raise TypeError(f"key must be a Python `int`, got {type(key)}")
        if not callable(function):
            raise TypeError(f"fn for key {key} must be callable.")
    keys = sorted(key for key, _ in pairs)
    if keys != list(range(len(keys))):
        found = ",".join(map(str, keys))
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(keys)}) but found "
            f"{{{found}}}"
        )
    by_key = dict(pairs)
    return [by_key[key] for key in keys]


class _BranchGraph(FuncGraph):
    """The graph of one branch; shares collections, seed and devices with the graph outside.

    Attributes:
        result: the structure that the function returned.
        outer_controls: operations outside that the branch waits for.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, capture_resource_var_by_value=False)
        self.result: Any = None
        self.outer_controls: list[Operation] = []
        outer = self._outer_graph
        self.seed = outer.seed
        self._collections = outer._collections
        self._device_stack = list(outer._device_stack)

    def build(self, function: Callable[[], Any], branch_index: Tensor) -> None:
        """Call `function`; for an operation that it returns `branch_index` is computed after it."""

        def converted(value: Any) -> Any:
            if value is None or is_tensor_array(value):
                return value
            if isinstance(value, Operation):
                with control_dependencies([value]):
                    return identity(branch_index)
            if isinstance(value, CompositeTensor):
                return value
            try:
                return convert_to_tensor(value)
            except (ValueError, TypeError):
                raise TypeError(
                    "To be compatible with tf.contrib.eager.defun, Python functions must return "
                    f"zero or more Tensors; in compilation of {function}, found return value of "
                    f"type {type(value)}, which is not a Tensor."
                ) from None

        with self.as_default():
            with variable_scope("", custom_getter=self.get_variable, use_resource=True):
                result = function()
            self.result = nest.map_structure(converted, result, expand_composites=True)
            leaves = nest.flatten(self.result, expand_composites=True)
            tensors = [flow_of(leaf) for leaf in leaves if leaf is not None]
            self.outputs = [t if t.graph is self else self.capture(t) for t in tensors]

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """What stands for an outer `tensor`: an argument with its name."""
        return super().capture(tensor, name or tensor.op.name)

    def control_dependencies(self, control_inputs: Any) -> Any:
        """As in every graph; the branch as a whole waits for operations outside of it."""
        if control_inputs is None or callable(control_inputs):
            return super().control_dependencies(control_inputs)
        inside = []
        for item in control_inputs:
            op = item if isinstance(item, Operation) else getattr(item, "op", None)
            if isinstance(op, Operation) and op.graph is not self:
                self.outer_controls.append(op)
            else:
                inside.append(item)
        return super().control_dependencies(inside)

    def take(self, outside: Sequence[Tensor]) -> None:
        """Let the arguments be these tensors, whether the branch looks at them or not."""
        with self.as_default():
            self.inputs = [
                self._captured[t] if t in self._captured else placeholder(t.dtype, shape=t.shape)
                for t in outside
            ]

    def as_library_function(self) -> _Branch:
        """The branch in the library of the graph outside, with the functions that it calls."""
        function = _Branch(self)
        function.add_to_graph(self._outer_graph)
        for called in list(self._functions.values()):
            if called.name not in self._outer_graph._functions:
                called.add_to_graph(self._outer_graph)
        return function


class _Branch(LibraryFunction):
    """A branch as a function of a graph's library."""

    def __init__(self, graph: _BranchGraph) -> None:
        super().__init__(to_function_def(graph.as_body(), graph.name))
        self._graph = graph

    def fresh_body(
        self, library: Mapping[str, Any], input_shapes: Sequence[TensorShape] | None = None
    ) -> FunctionBody:
        """What the branch computes, in a graph of its own, with its conds and loops."""
        return copy_of(self._graph, library)


def _check_captures(graphs: Sequence[_BranchGraph]) -> None:
    numbers = {graph: i for i, graph in enumerate(graphs)}
    for i, graph in enumerate(graphs):
        for tensor in graph.extra_inputs:
            if tensor.graph in numbers:
                raise ValueError(
                    f"Tensor {tensor.name} in branch {numbers[tensor.graph]} is accessed from "
                    f"branch {i}."
                )


def _give_indices_one_dtype(graphs: Sequence[_BranchGraph]) -> None:
    """Cast the indices of IndexedSlices to int64 where the branches' dtypes differ."""
    flat = [nest.flatten(graph.result) for graph in graphs]
    if len({len(leaves) for leaves in flat}) > 1:
        return
    for position, leaves in enumerate(zip(*flat, strict=True)):
        are_slices = {isinstance(leaf, IndexedSlices) for leaf in leaves}
        if len(are_slices) > 1:
            raise TypeError(
                f"Cannot reconcile tf.switch_case {position}-th outputs:\n"
                f"  branches returned: {leaves}"
            )
        if are_slices == {True} and len({leaf.indices.dtype for leaf in leaves}) > 1:
            for graph, leaf in zip(graphs, leaves, strict=True):
                if leaf.indices.dtype == dtypes.int32:
                    at = next(i for i, t in enumerate(graph.outputs) if t is leaf.indices)
                    with graph.as_default():
                        leaf._indices = graph.outputs[at] = cast(leaf.indices, dtypes.int64)


def _check_results(graphs: Sequence[_BranchGraph]) -> None:
    first = graphs[0]
    for i, graph in enumerate(graphs[1:], 1):
        detail = None
        try:
            nest.assert_same_structure(first.result, graph.result, expand_composites=True)
        except (ValueError, TypeError) as error:
            detail = str(error)
        if detail is None and len(first.outputs) != len(graph.outputs):
            raise ValueError(
                "Lengths of branch outputs of case must match.\n"
                f"len(graphs[0].outputs): {len(first.outputs)}\n"
                f"len(graphs[{i}].outputs): {len(graph.outputs)}\n"
            )
        if detail is None:
            for x, y in zip(first.outputs, graph.outputs, strict=True):
                if x.dtype != y.dtype:
                    detail = f"{x} and {y} have different types"
                    break
        if detail is not None:
            raise TypeError(
                f"branches[0] and branches[{i}] arguments to tf.switch_case must have the same "
                "number, type, and overall structure of return values.\n\n"
                f"branches[0] output: {first.result}\nbranches[{i}] output: {graph.result}\n\n"
                f"Error details:\n{detail}"
            )


def _add_case(branch_index: Tensor, graphs: Sequence[_BranchGraph], scope: str) -> Any:
    outside = list(dict.fromkeys(t for graph in graphs for t in graph.extra_inputs))
    for graph in graphs:
        graph.take(outside)
    shapes = [
        reduce(TensorShape.most_specific_compatible_shape, (t.shape for t in tensors))
        for tensors in zip(*(graph.outputs for graph in graphs), strict=True)
    ]
    if not shapes:
        raise TypeError("The functions of tf.switch_case must return at least one tensor.")
    controls = [op for graph in graphs for op in graph.outer_controls]
    with control_dependencies(controls):
        results = CASE(
            branch_index,
            outside,
            Tout=[t.dtype for t in graphs[0].outputs],
            branches=[graph.as_library_function() for graph in graphs],
            output_shapes=shapes,
            name=scope,
        )
    op = results[0].op
    op._set_attr("_lower_using_switch_merge", True)
    tensors = [identity(result) for result in results]
    get_default_graph().prevent_fetching(op)
    leaves = nest.flatten(graphs[0].result, expand_composites=True)
    if len(leaves) > len(tensors):
        raise ValueError("Mismatch in element count")
    return nest.pack_sequence_as(
        graphs[0].result, with_flows(leaves, tensors), expand_composites=True
    )
