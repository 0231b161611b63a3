"""Contexts of version 1 control flow: what lies on which branch of a cond, and how values get in.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    control_dependencies,
    get_collection,
    get_collection_ref,
    get_default_graph,
)
from evergraph.ops.array_shape import shape_internal
from evergraph.ops.control_flow import switch, switch_ref_or_tensor
from evergraph.ops.fills import zeros
from evergraph.ops.grouping import with_dependencies
from evergraph.ops.identity import identity, no_op


class ControlFlowContext:
    """What cond and loop contexts share: the values known inside, and the context around."""

    def __init__(self) -> None:
        self._outer_context: Any = get_default_graph()._get_control_flow_context()
        self._entered: list[Any] = []
        # Names of tensors that may be used inside as they are.
        self._values: set[str] = set()
        # Name of an outer tensor -> what stands for it inside.
        self._external_values: dict[str, Tensor] = {}
        self._name = ""

    @property
    def name(self) -> str:
        """The context's name, unique in its graph."""
        return self._name

    @property
    def outer_context(self) -> Any:
        """The context that this one lies in, or None."""
        return self._outer_context

    @property
    def grad_state(self) -> Any:
        """The state of a loop's gradient; None for conds."""
        return None

    def Enter(self) -> None:
        """Make this the context of operations made from now on."""
        graph = get_default_graph()
        self._entered.append(graph._get_control_flow_context())
        graph._set_control_flow_context(self)

    def Exit(self) -> None:
        """Go back to the context before `Enter`."""
        get_default_graph()._set_control_flow_context(self._entered.pop())

    def AddName(self, name: str) -> None:
        """Let the tensor called `name` be used inside as it is."""
        self._values.add(name)

    def AddInnerOp(self, op: Operation) -> None:
        """Take note of an operation made in a context inside this one."""
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def ExitResult(self, result: Any) -> None:
        """Let the context around use the tensors of `result`."""
        if self._outer_context is not None:
            for tensor in nest.flatten(result, expand_composites=True):
                self._outer_context.AddName(tensor.name)

    def GetWhileContext(self) -> Any:
        """The innermost loop context, this one included, or None."""
        return self._outer_context.GetWhileContext() if self._outer_context is not None else None

    def IsWhileContext(self) -> bool:
        """Whether this is the context of a loop."""
        return False

    def IsCondContext(self) -> bool:
        """Whether this is a branch of a cond."""
        return False

    def _mark_outputs(self, op: Operation) -> None:
        names = [tensor.name for tensor in op.outputs]
        context: Any = self
        while context is not None:
            context._values.update(names)
            context = context._outer_context

    def _remove_external_control_edges(self, op: Operation) -> None:
        """Drop control inputs that come from outside the loop around."""
        loop = self.GetWhileContext()
        if loop is None:
            return
        kept = []
        for control in op.control_inputs:
            context = output_context(control)
            if context is not None and context.GetWhileContext() is loop:
                kept.append(control)
        if len(kept) != len(op.control_inputs):
            op._remove_all_control_inputs()
            op._add_control_inputs(kept)


def output_context(op: Operation) -> Any:
    """The context that the outputs of `op` belong to: an Exit's lie outside its loop."""
    context = op._control_flow_context
    if context is not None and op.op_def is not None and op.op_def.control == "exit":
        context = context.outer_context
    return context


class CondContext(ControlFlowContext):
    """One branch of a cond.

    Attributes:
        pred: the bool scalar that decides.
        pivot: a tensor that has a value exactly when the branch is taken.
        branch: 1 for the true branch, 0 for the false one.
    """

    def __init__(self, pred: Tensor, pivot: Tensor, branch: int, name: str = "cond_text") -> None:
        super().__init__()
        self._name = get_default_graph().unique_name(name)
        self._pred = pred
        self._pivot = pivot
        self._branch = branch
        self._values.add(pred.name)
        self._external_values[pred.name] = pred
        self._values.add(pivot.name)
        pivot.op._set_control_flow_context(self)

    @property
    def pred(self) -> Tensor:
        """The predicate."""
        return self._pred

    @property
    def pivot(self) -> Tensor:
        """The tensor that is alive with the branch."""
        return self._pivot

    @property
    def branch(self) -> int:
        """1 for the true branch, 0 for the false one."""
        return self._branch

    def IsCondContext(self) -> bool:
        """True."""
        return True

    def AddValue(self, value: Tensor) -> Tensor:
        """What stands for `value` on this branch: itself, or an output of a new Switch."""
        if value.name in self._values:
            return self._external_values.get(value.name, value)
        result = value
        self._values.add(value.name)
        if self._outer_context is not None:
            result = self._outer_context.AddValue(value)
            self._values.add(result.name)
            self._external_values[result.name] = result
        with control_dependencies(None):
            result = switch_ref_or_tensor(result, self._pred)[self._branch]
            if self._outer_context is not None:
                self._outer_context.AddInnerOp(result.op)
        result.op.graph.prevent_fetching(result.op)
        result.op._set_control_flow_context(self)
        context: Any = self
        while context is not None:
            context._values.add(result.name)
            context = context._outer_context
        self._external_values[value.name] = result
        return result

    def AddOp(self, op: Operation) -> None:
        """Take in an operation made on this branch: its inputs come through Switches."""
        if not op.inputs:
            self._remove_external_control_edges(op)
            if not any(_in_context(control, self) for control in op.control_inputs):
                op._add_control_input(self._pivot.op)
        else:
            is_merge = op.op_def is not None and op.op_def.control == "merge"
            for index, tensor in enumerate(op.inputs):
                source = tensor.op.op_def
                if is_merge and source is not None and source.control == "next_iteration":
                    continue
                inner = self.AddValue(tensor)
                if inner is not tensor:
                    op._update_input(index, inner)
            self._remove_external_control_edges(op)
        self._mark_outputs(op)
        is_exit = op.op_def is not None and op.op_def.control == "exit"
        if self._outer_context is not None or not is_exit:
            op.graph.prevent_fetching(op)
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def build_branch(self, function: Callable[[], Any]) -> tuple[Any, Any]:
        """Call `function` on this branch.

        Returns:
            (what it returned, the tensors that leave the branch); (None, None) when it returned None.
        """
        summaries = get_collection(GraphKeys._SUMMARY_COLLECTION)
        original = function()
        added = get_collection(GraphKeys._SUMMARY_COLLECTION)[len(summaries) :]
        if added:
            get_collection_ref(GraphKeys._SUMMARY_COLLECTION)[:] = summaries
            with control_dependencies(added):
                if original is None:
                    return no_op(), None
                original = nest.map_structure(identity, original)
        if original is None:
            return None, None
        result = nest.map_structure(self._leaving, original, expand_composites=True)
        return original, result if isinstance(result, list | tuple) else [result]

    BuildCondBranch = build_branch

    def _leaving(self, value: Any) -> Tensor:
        """The tensor that carries a result out of the branch."""
        if isinstance(value, Operation):
            # An operation has no value; the pivot, ordered after it, stands for it.
            stand_in: Tensor = with_dependencies([value], self._pivot)
            return stand_in
        flow = getattr(value, "flow", None)
        tensor = flow if isinstance(flow, Tensor) else convert_to_tensor(value)
        if tensor.name in self._values:
            return self._external_values.get(tensor.name, tensor)
        self._values.add(tensor.name)
        real = tensor
        if self._outer_context is not None:
            real = self._outer_context.AddValue(tensor)
            self._values.add(real.name)
            self._external_values[real.name] = real
        real = switch_ref_or_tensor(real, self._pred)[self._branch]
        self._external_values[tensor.name] = real
        return real

    def zeros_of_other_branch(self, op: Operation, value: Tensor) -> Tensor:
        """Zeros like `value`, an output of Switch `op`, made only when the other branch is taken."""
        other = switch(op.inputs[0], self._pred)[1 - self._branch]
        pivot = identity(other)
        if value.dtype == dtypes.resource:
            from evergraph.ops.resource import handle_dtype, variable_shape

            with control_dependencies([pivot]):
                return zeros(variable_shape(other), dtype=handle_dtype(value))
        size = shape_internal(other, optimize=False)
        with control_dependencies([pivot]):
            return zeros(size, dtype=value.dtype)


def _in_context(op: Operation, context: ControlFlowContext) -> bool:
    """Whether `op` lies in `context` or in one inside it."""
    inner = op._control_flow_context
    while inner is not None:
        if inner is context:
            return True
        inner = inner.outer_context
    return False
