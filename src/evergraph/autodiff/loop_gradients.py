"""Loops on the way of gradients: which loop's gradient the walk is in, and when a loop is complete.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_state.py and gradients_util.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

from evergraph.autodiff.loop_state import GradLoopState
from evergraph.autodiff.reachability import is_trainable
from evergraph.core.errors import explain
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import colocate_with
from evergraph.ops.array_shape import shape_internal
from evergraph.ops.constants import constant
from evergraph.ops.control_contexts import CondContext
from evergraph.ops.control_flow import next_iteration, switch_ref_or_tensor
from evergraph.ops.control_places import is_loop_exit, is_loop_switch, is_switch, while_context
from evergraph.ops.fills import zeros, zeros_like
from evergraph.ops.loop_accumulators import entered


def _loop_around(context: Any) -> Any:
    outer = context.outer_context
    return None if outer is None else outer.GetWhileContext()


class LoopGradients:
    """The loops between ys and xs, each with the loop that computes its gradient.

    Attributes:
        states: context of a loop -> its state.
    """

    def __init__(self) -> None:
        self.states: dict[Any, GradLoopState] = {}

    def state_of(self, op: Operation, before: bool) -> GradLoopState | None:
        """The state of the loop that `op` lies in; with `before`, an Exit lies outside its loop."""
        context = while_context(op)
        if before and is_loop_exit(op):
            context = _loop_around(op._control_flow_context)
        return None if context is None else self.states.get(context)

    def enter(self, op: Operation, before: bool) -> None:
        """Enter the gradient's loop of the loop that `op` lies in."""
        state = self.state_of(op, before)
        if state is not None:
            state.grad_context.Enter()

    def leave(self, op: Operation, before: bool) -> None:
        """Leave what `enter` entered."""
        state = self.state_of(op, before)
        if state is not None:
            state.grad_context.Exit()

    def add_loop(self, op: Operation, ops: list[Operation], members: set[Operation]) -> None:
        """Make the state of the loop that the Exit `op` leaves; all its exits lie between."""
        context = while_context(op)
        if context is None:
            raise AttributeError(
                explain(
                    "'NoneType' object has no attribute 'outer_context'",
                    expected=f"the loop of the Exit '{op.name}', which its gradient extends",
                    given="an operation imported without its loop, which no GraphDef tells",
                    created=op.created_at,
                    fix="import a MetaGraphDef (tf.train.import_meta_graph)",
                )
            )
        if context in self.states:
            return
        around = _loop_around(context)
        outer = None if around is None else self.states.get(around)
        state = self.states[context] = GradLoopState(context, outer)
        for tensor in state.forward_loop_exits:
            if tensor.op not in members:
                members.add(tensor.op)
                ops.append(tensor.op)

    def enqueue_unused_exits(
        self, walk: Any, pending: Any, queue: deque[Operation], to_ops: Collection[Operation]
    ) -> None:
        """Begin with zeros at exits that ys don't depend on, where other exits are ys."""
        unused: list[Tensor] = []
        for state in self.states.values():
            for tensor in state.forward_loop_exits:
                if pending[tensor.op] == 0:
                    state.pending_exits_count -= 1
                    if tensor.op not in to_ops:
                        state.unused_exits.append(tensor)
                    if state.pending_exits_count == 0:
                        unused.extend(state.unused_exits)
            for tensor in state.forward_context.loop_enters:
                if pending[tensor.op] == 0:
                    pending[tensor.op] = 1
        for tensor in unused:
            if is_trainable(tensor):
                walk.add(tensor, self._zeros_for_exit(tensor))
                queue.append(tensor.op)

    def enqueue(
        self, walk: Any, op: Operation, ready: bool, pending: Any, queue: deque[Operation]
    ) -> None:
        """Take `op`, one of whose consumers has given its gradient, into the queue when it's time.

        The Switch of a loop variable comes up twice: for the loop's exit and for its body. The
        exits of a loop come up together.
        """
        if not ready:
            ready = pending[op] > 0 and is_loop_switch(op)
        if not ready:
            return
        if not is_loop_exit(op):
            queue.append(op)
            return
        state = self.state_of(op, before=False)
        assert state is not None, "the loop of an Exit between ys and xs has a state"
        state.deferred_exits.append(op.outputs[0])
        state.pending_exits_count -= 1
        if state.pending_exits_count:
            return
        has_gradient = False
        for tensor in state.deferred_exits:
            if walk.has_gradient(tensor.op):
                has_gradient = True
                queue.append(tensor.op)
            else:
                state.unused_exits.append(tensor)
        for tensor in state.unused_exits:
            if has_gradient and is_trainable(tensor):
                walk.add(tensor, self._zeros_for_exit(tensor))
            queue.append(tensor.op)

    def _zeros_for_exit(self, tensor: Tensor) -> Tensor:
        """Zeros for an exit, in the context in which the gradients are asked for."""
        known = tensor.get_shape()
        context = tensor.op._control_flow_context
        around = _loop_around(context)
        outer = None if around is None else self.states.get(around)
        if outer is None:
            if known.is_fully_defined():
                return zeros(known, tensor.dtype)
            return zeros_like(tensor, optimize=False)
        if known.is_fully_defined():
            with entered(outer.grad_context):
                return zeros(known, tensor.dtype)
        with entered(context.outer_context):
            size = shape_internal(tensor, optimize=False)
        history = outer.AddForwardAccumulator(size)
        with entered(outer.grad_context):
            real_size = outer.AddBackpropAccumulatedValue(history, size)
            return zeros(real_size, tensor.dtype)

    def zeros_like(self, op: Operation, index: int) -> Any:
        """Zeros like output `index` of `op`, in the gradient's loop; None for a loop's Switch."""
        from evergraph.autodiff.gradients import zeros_outside_loop

        if is_loop_switch(op):
            return None
        value = op.outputs[index]
        if op.graph.building_function:
            return zeros_like(value)
        context = while_context(op)
        state = None if context is None else self.states.get(context)
        if state is None:
            return zeros_outside_loop(op, index)
        if value.get_shape().is_fully_defined():
            return _known_zeros(op, value, state)
        return _zeros_by_history(op, value, state)

    def finish(self) -> None:
        """Close the loops of gradients that don't depend on those of the iteration before."""
        for state in self.states.values():
            for merged in state.switch_map.values():
                if merged.op.inputs[0] is merged.op.inputs[1]:
                    merged.op._update_input(1, _next_zeros(state, merged.op.inputs[0]))


def _known_zeros(op: Operation, value: Tensor, state: GradLoopState) -> Tensor:
    result = constant(0, shape=value.get_shape().as_list(), dtype=value.dtype)
    if not is_switch(op):
        return result
    context: CondContext = op._control_flow_context
    pred = state.history_map[context.pred.name]
    guarded: Tensor = switch_ref_or_tensor(result, pred)[1 - context.branch]
    return guarded


def _zeros_by_history(op: Operation, value: Tensor, state: GradLoopState) -> Tensor:
    """Zeros whose shape each iteration of the loop has pushed on a stack."""
    context: Any = op._control_flow_context
    is_dead = is_switch(op)
    if is_dead:
        with entered(context.outer_context):
            sides = switch_ref_or_tensor(op.inputs[0], context.pred)
            other: Tensor = sides[1 - context.branch]
            size = shape_internal(other, optimize=False)
        other.op._set_control_flow_context(context)
        size.op._set_control_flow_context(context)
    else:
        with entered(context):
            size = shape_internal(value, optimize=False)
    state.grad_context.Exit()
    history = state.AddForwardAccumulator(size, dead_branch=is_dead)
    state.grad_context.Enter()
    real_size = state.AddBackpropAccumulatedValue(history, size, is_dead)
    return zeros(real_size, value.dtype)


def _next_zeros(state: GradLoopState, start: Tensor) -> Tensor:
    """Zeros for all iterations after the first, like `start`."""
    known = start.get_shape()
    if known.is_fully_defined():
        with entered(state.grad_context):
            following: Tensor = next_iteration(constant(0, dtype=start.dtype, shape=known))
            return following
    with entered(state.grad_context.outer_context):
        size = shape_internal(start.op.inputs[0], optimize=False)
        value = zeros(size, start.dtype)
    with entered(state.grad_context):
        following = next_iteration(value)
        return following


def find_loops(
    ops: list[Operation], members: set[Operation], colocate: bool
) -> LoopGradients | None:
    """The loops that `ops`, all operations between ys and xs, lead through; None for none.

    Args:
        ops: extended by exits of these loops.
        members: the same operations; extended too.
        colocate: whether gradients are placed with their operations.
    """
    loops: LoopGradients | None = None
    for op in ops:  # grows meanwhile
        if is_loop_exit(op):
            if loops is None:
                loops = LoopGradients()
            with colocate_with(op) if colocate else nullcontext():
                loops.add_loop(op, ops, members)
    return loops
