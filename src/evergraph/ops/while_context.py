"""The context of a loop: how its nodes are made, and how values from outside get in.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evergraph.core import nest
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import (
    convert_n_to_tensor_or_indexed_slices,
    convert_to_tensor,
    internal_convert_to_tensor,
)
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    control_dependencies,
    get_collection,
    get_collection_ref,
    get_default_graph,
    prepend_name_scope,
    strip_name_scope,
)
from evergraph.ops.control_contexts import (
    ControlFlowContext,
    element_named,
    flow_of,
    is_tensor_array,
    new_message,
    with_flows,
)
from evergraph.ops.control_flow import (
    as_indexed_slices,
    enter,
    exit,
    identity_of,
    loop_cond,
    merge_branches,
    next_iteration,
    switch_ref_or_tensor,
)
from evergraph.ops.control_places import (
    is_loop_constant_enter,
    is_loop_enter,
    is_loop_exit,
    is_op_in_xla_context,
    output_context,
    while_context,
)
from evergraph.ops.identity import identity
from evergraph.ops.shape_invariants import (
    check_shape_invariant,
    set_shape_invariants,
    shape_invariant,
)

# What of a loop's gradient reads only shapes is moved into the loop itself: the shape is kept for
# each iteration instead of the value.
_SHAPE_READERS = frozenset({"Shape", "Size", "Rank"})


class WhileContext(ControlFlowContext):
    """A loop, or the loop that computes the gradient of another.

    Args:
        maximum_iterations: int scalar tensor that bounds the number of iterations, or None.
        parallel_iterations: how many iterations may be under way.
        back_prop: whether gradients flow through the loop.
        swap_memory: whether what the gradient needs may be kept in host memory.
        name: name of the context and of the loop's frame, made unique.
        grad_state: what the gradient that this loop is knows; None for other loops.
        context_def: a WhileContextDef to read.
        import_scope: scope that its operations were imported into.

    Raises:
        ValueError: `parallel_iterations` isn't a positive integer.
    """

    _field = "while_ctxt"

    def __init__(
        self,
        maximum_iterations: Tensor | None = None,
        parallel_iterations: int = 10,
        back_prop: bool = True,
        swap_memory: bool = False,
        name: str = "while_context",
        grad_state: Any = None,
        context_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        self._graph = get_default_graph()
        self._grad_state = grad_state
        if context_def is not None:
            self._init_from_proto(context_def, import_scope)
            return
        super().__init__()
        if not isinstance(parallel_iterations, int) or parallel_iterations <= 0:
            raise ValueError(
                f"`parallel_iterations` must be a positive integer: {parallel_iterations}"
            )
        self._name = self._graph.unique_name(name)
        self._maximum_iterations: Any = maximum_iterations
        self._parallel_iterations = parallel_iterations
        self._back_prop = back_prop
        self._swap_memory = swap_memory
        # What constants of the condition and of the body hang on.
        self._pivot_for_pred: Any = None
        self._pivot_for_body: Any = None
        # Whether the loop goes on.
        self._pivot: Any = None
        self._loop_exits: list[Tensor] = []
        self._loop_enters: list[Tensor] = []

    @property
    def maximum_iterations(self) -> Any:
        """The bound of the number of iterations, or None."""
        return self._maximum_iterations

    @property
    def parallel_iterations(self) -> int:
        """How many iterations may be under way."""
        return self._parallel_iterations

    @property
    def back_prop(self) -> bool:
        """Whether gradients flow through the loop."""
        return self._back_prop

    @property
    def swap_memory(self) -> bool:
        """Whether what the gradient needs may be kept in host memory."""
        return self._swap_memory

    @property
    def pivot(self) -> Tensor:
        """The bool scalar that decides whether the loop goes on."""
        result: Tensor = self._pivot
        return result

    @property
    def loop_enters(self) -> list[Tensor]:
        """The Enters of the loop variables."""
        return self._loop_enters

    @property
    def loop_exits(self) -> list[Tensor]:
        """The Exits of the loop variables."""
        return self._loop_exits

    @property
    def grad_state(self) -> Any:
        """What the gradient that this loop is knows; None for other loops."""
        return self._grad_state

    def GetWhileContext(self) -> WhileContext:
        """This context."""
        return self

    def GetControlPivot(self) -> Any:
        """The pivot of the body, or of the condition as long as there is no body."""
        return self._pivot_for_pred if self._pivot_for_body is None else self._pivot_for_body

    def IsWhileContext(self) -> bool:
        """True."""
        return True

    # Values and operations.

    def AddValue(self, val: Tensor) -> Tensor:
        """What stands for `val` inside: itself, a new Enter, or its history in a gradient."""
        is_known = val.name in self._values or val.op._control_flow_context is self
        if is_known:
            return self._external_values.get(val.name, val)
        self._values.add(val.name)
        state = _gradient_state()
        if state is not None and _context_of_value(val) is state.forward_context:
            history: Tensor = state.GetRealValue(val)
            self._external_values[val.name] = history
            return history
        outside = val
        if self._outer_context is not None:
            outside = self._outer_context.AddValue(val)
        with control_dependencies(None):
            inside: Tensor = enter(
                outside,
                self._name,
                is_constant=True,
                parallel_iterations=self._parallel_iterations,
            )
            inside.graph.prevent_feeding(inside)
            if self._outer_context is not None:
                self._outer_context.AddInnerOp(inside.op)
        self._fix_control_inputs_and_context([inside])
        self._values.add(inside.name)
        self._external_values[val.name] = inside
        return inside

    def AddOp(self, op: Operation) -> None:
        """Take in an operation made in the loop: its inputs come through Enters."""
        if op.type in _SHAPE_READERS and not is_op_in_xla_context(op):
            state = _gradient_state()
            if state is not None and while_context(op.inputs[0].op) is state.forward_context:
                context = op.inputs[0].op._control_flow_context
                op._set_control_flow_context(context)
                context._AddOpInternal(op)
                return
        self._AddOpInternal(op)

    def _AddOpInternal(self, op: Operation) -> None:
        if not op.inputs:
            inner, outer = self._split_control_edges(op)
            if not inner:
                op._add_control_input(self.GetControlPivot().op)
        else:
            for index, tensor in enumerate(op.inputs):
                inside = self.AddValue(tensor)
                if inside is not tensor:
                    op._update_input(index, inside)
            _, outer = self._split_control_edges(op)
            if self._is_free(op):
                op._add_control_input(self.GetControlPivot().op)
        self._values.update(tensor.name for tensor in op.outputs)
        if outer:
            self._wait_inside_for(op, outer)
        if self._outer_context is not None or not is_loop_exit(op):
            op.graph.prevent_fetching(op)
            for tensor in op.outputs:
                op.graph.prevent_feeding(tensor)
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def _is_free(self, op: Operation) -> bool:
        """Whether nothing would keep `op` from running when the loop doesn't."""
        if op.control_inputs:
            return False
        if op.graph._is_function(op.type) or op.type == "SymbolicGradient":
            return True
        return all(is_loop_constant_enter(tensor.op) for tensor in op.inputs)

    def _wait_inside_for(self, op: Operation, controls: Sequence[Operation]) -> None:
        """Let `op` wait for operations outside: their first outputs come in as values."""
        with control_dependencies(None):
            self.Enter()
            inside = [identity(control.outputs[0]).op for control in controls if control.outputs]
            self.Exit()
        op._add_control_inputs(inside)

    def _fix_control_inputs_and_context(self, enters: Sequence[Tensor]) -> None:
        """Put Enters into this context, with those control inputs that lie around it."""
        graph = get_default_graph()
        for tensor in enters:
            op = tensor.op
            controls = graph._control_inputs_for(op.inputs)
            op._set_control_flow_context(self)
            op._add_control_inputs([c for c in controls if self._is_around(output_context(c))])
            graph._record_op_seen_by_control_dependencies(op)

    def _is_around(self, context: Any) -> bool:
        """Whether `context` lies around this one, and not around the loop around it."""
        outer = self._outer_context
        outer_loop = None if outer is None else outer.GetWhileContext()
        while outer is not context:
            if outer is None or outer is outer_loop:
                return False
            outer = outer.outer_context
        return True

    # The loop.

    def BuildLoop(
        self,
        pred: Callable[..., Any],
        body: Callable[..., Any],
        loop_vars: Any,
        shape_invariants: Any,
        return_same_structure: bool,
    ) -> Any:
        """Make the loop's operations; see `while_loop`."""
        original = loop_vars
        values = convert_n_to_tensor_or_indexed_slices(
            [flow_of(value) for value in nest.flatten(loop_vars)]
        )
        if shape_invariants is None:
            shape_invariants = [shape_invariant(value) for value in values]
        tensors = nest.flatten(values, expand_composites=True)
        self.Enter()
        try:
            body_result, exits = self._build(pred, body, original, tensors, shape_invariants)
        finally:
            self.Exit()
        flat_result = nest.flatten(body_result, expand_composites=True)
        packed = nest.pack_sequence_as(
            body_result, with_flows(flat_result, exits), expand_composites=True
        )
        return packed[0] if len(exits) == 1 and not return_same_structure else packed

    def _build(
        self,
        pred: Callable[..., Any],
        body: Callable[..., Any],
        original: Any,
        tensors: list[Tensor],
        shape_invariants: Any,
    ) -> tuple[Any, list[Tensor]]:
        leaves = nest.flatten(original, expand_composites=True)

        def packed(values: Sequence[Tensor]) -> Any:
            return nest.pack_sequence_as(
                original, with_flows(leaves, values), expand_composites=True
            )

        enters = self._enter_variables(tensors, shape_invariants)
        merges = [merge_branches([x, x])[0] for x in enters]
        self._pivot_for_pred = merges[0]
        self._pivot = loop_cond(convert_to_tensor(pred(*packed(merges))), name="LoopCond")
        switches = [switch_ref_or_tensor(x, self._pivot) for x in merges]
        in_body = [identity_of(on_true) for _, on_true in switches]
        self._pivot_for_body = in_body[0]
        arguments = packed(in_body)
        result = _with_summaries(body, arguments)
        nest.assert_same_structure(list(arguments), list(result), expand_composites=True)
        values = convert_n_to_tensor_or_indexed_slices(
            [flow_of(value) for value in nest.flatten(result, expand_composites=True)]
        )
        if len(merges) != len(values):
            raise ValueError(
                "Number of inputs and outputs of body must match loop_vars: "
                f"{len(merges)}, {len(values)}"
            )
        for merged, value in zip(merges, values, strict=True):
            add_back_edge(merged, value)
        exits = [exit(on_false) for on_false, _ in switches]
        self._loop_exits = exits
        self.ExitResult(exits)
        return result, exits

    def _enter_variables(self, tensors: list[Tensor], shape_invariants: Any) -> list[Tensor]:
        self._values = {tensor.name for tensor in tensors}
        outside = tensors
        if self._outer_context is not None:
            outside = [self._outer_context.AddValue(tensor) for tensor in tensors]
        with control_dependencies(None):
            enters: list[Tensor] = [
                enter(
                    tensor,
                    self._name,
                    is_constant=False,
                    parallel_iterations=self._parallel_iterations,
                    use_input_shape=False,
                )
                for tensor in outside
            ]
            for tensor in enters:
                tensor.graph.prevent_feeding(tensor)
                if self._outer_context is not None:
                    self._outer_context.AddInnerOp(tensor.op)
        pivot = self._pivot_around()
        if pivot is not None:
            for tensor in enters:
                if is_loop_constant_enter(tensor.op.inputs[0].op):
                    tensor.op._add_control_input(pivot.op)
        set_shape_invariants(outside, enters, shape_invariants)
        self._fix_control_inputs_and_context(enters)
        self._values = {tensor.name for tensor in enters}
        self._loop_enters = enters
        return enters

    def _pivot_around(self) -> Any:
        """The pivot of the nearest context around that has one."""
        context = self._outer_context
        while context is not None:
            pivot = context.GetControlPivot()
            if pivot is not None:
                return pivot
            context = context.outer_context
        return None

    # Messages.

    def _init_from_proto(self, context_def: Any, import_scope: str | None) -> None:
        self._name = prepend_name_scope(context_def.context_name, import_scope)
        bound = context_def.maximum_iterations_name
        self._maximum_iterations = element_named(bound, import_scope) if bound else None
        self._parallel_iterations = context_def.parallel_iterations
        self._back_prop = context_def.back_prop
        self._swap_memory = context_def.swap_memory
        self._pivot_for_pred = element_named(context_def.pivot_for_pred_name, import_scope)
        self._pivot_for_body = element_named(context_def.pivot_for_body_name, import_scope)
        self._pivot = element_named(context_def.pivot_name, import_scope)
        self._loop_exits = [element_named(n, import_scope) for n in context_def.loop_exit_names]
        self._loop_enters = [element_named(n, import_scope) for n in context_def.loop_enter_names]
        name = self._name
        super().__init__(context_def.values_def, import_scope)
        self._name = name
        if import_scope:
            # The frame is called as the context, whose name the scope has changed.
            for value in self._values:
                element: Any = self._graph.as_graph_element(value)
                op = element.op if isinstance(element, Tensor) else element
                if is_loop_enter(op):
                    op._set_attr("frame_name", self._name.encode())

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This loop as a WhileContextDef; None when it lies outside `export_scope`."""
        if export_scope is not None and not self._name.startswith(export_scope):
            return None

        def stripped(tensor: Tensor) -> Any:
            return strip_name_scope(tensor.name, export_scope)

        message = new_message("WhileContextDef")
        message.context_name = strip_name_scope(self._name, export_scope)
        message.parallel_iterations = self._parallel_iterations
        if self._maximum_iterations is not None:
            message.maximum_iterations_name = stripped(self._maximum_iterations)
        message.back_prop = self._back_prop
        message.swap_memory = self._swap_memory
        message.pivot_for_pred_name = stripped(self._pivot_for_pred)
        message.pivot_for_body_name = stripped(self._pivot_for_body)
        message.pivot_name = stripped(self._pivot)
        message.loop_exit_names.extend(map(stripped, self._loop_exits))
        message.loop_enter_names.extend(map(stripped, self._loop_enters))
        message.values_def.CopyFrom(self._to_values_def(export_scope))
        for nested in self._nested_contexts:
            nested.to_control_flow_context_def(message.nested_contexts.add())
        return message


def _gradient_state() -> Any:
    """What the gradient knows whose loop is being built; None outside of gradients."""
    context = get_default_graph()._get_control_flow_context()
    loop = None if context is None else context.GetWhileContext()
    return None if loop is None else loop.grad_state


def _context_of_value(value: Tensor) -> Any:
    """The loop that `value` belongs to: of an Exit the one around its own."""
    context = while_context(value.op)
    if is_loop_exit(value.op) and context is not None:
        context = context.outer_context
        return None if context is None else context.GetWhileContext()
    return context


def _with_summaries(body: Callable[..., Any], arguments: Any) -> Any:
    """What `body` returns, waiting for the summaries that it made."""
    before = get_collection(GraphKeys._SUMMARY_COLLECTION)
    result = body(*arguments)
    if not nest.is_sequence_or_composite(result):
        result = [result]
    added = get_collection(GraphKeys._SUMMARY_COLLECTION)[len(before) :]
    if not added:
        return result
    get_collection_ref(GraphKeys._SUMMARY_COLLECTION)[:] = before
    with control_dependencies(added):
        return nest.map_structure(
            lambda x: x if is_tensor_array(x) else identity(x), result, expand_composites=True
        )


def add_back_edge(merged: Any, value: Any, enforce_shape_invariant: bool = True) -> Any:
    """Let `merged`, the Merge of a loop variable, have `value` in the next iteration.

    Args:
        merged: a tensor, or a value made of tensors.
        value: the variable's value after an iteration.
        enforce_shape_invariant: refuse a value whose shape the variable can't have.

    Returns:
        The value that the NextIteration gives.
    """
    if isinstance(merged, Tensor):
        value = next_iteration(internal_convert_to_tensor(value))
        if enforce_shape_invariant:
            check_shape_invariant(merged, value)
        merged.op._update_input(1, value)
        return value
    if isinstance(merged, IndexedSlices):
        value = as_indexed_slices(value)
    value = next_iteration(value)

    def update(part: Tensor, new: Tensor) -> Tensor:
        part.op._update_input(1, new)
        return new

    return nest.map_structure(update, merged, value, expand_composites=True)


__all__ = ["WhileContext"]
