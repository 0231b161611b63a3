"""The gradient of one loop: a second loop that runs as often, and stacks that bring it values.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_state.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.autodiff.stack_sizes import stack_size
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import colocate_with, control_dependencies, get_default_graph
from evergraph.ops.constants import constant, constant_value, is_constant
from evergraph.ops.control_contexts import CondContext
from evergraph.ops.control_flow import (
    control_trigger,
    enter,
    exit,
    loop_cond,
    merge_branches,
    next_iteration,
    switch,
    switch_ref_or_tensor,
)
from evergraph.ops.control_places import loop_constant_enter, output_context
from evergraph.ops.loop_accumulators import entered
from evergraph.ops.math_comparison import greater_equal
from evergraph.ops.math_elementwise import add, subtract
from evergraph.ops.stacks import STACK_POP_V2, STACK_PUSH_V2, STACK_V2
from evergraph.ops.while_context import WhileContext


class GradLoopState:
    """A loop and the loop that computes its gradient.

    Attributes:
        outer_grad_state: the state of the loop around, or None.
        forward_context: the loop.
        forward_index: its counter, as the next iteration has it.
        grad_context: the loop of the gradient.
        grad_index: its counter, which goes down.
        history_map: name of a value of the loop -> that value in the gradient's loop.
        switch_map: Switch of a loop variable -> the Merge of its gradient.
        forward_loop_exits: the exits that the loop had before.
        unused_exits: those of them whose values the ys don't depend on.
        deferred_exits: those that wait for the others.
        pending_exits_count: how many the walk hasn't met.
    """

    def __init__(
        self, forward_context: WhileContext, outer_grad_state: GradLoopState | None
    ) -> None:
        self.outer_grad_state = outer_grad_state
        self.forward_context = forward_context
        self.history_map: dict[str, Tensor] = {}
        self.switch_map: dict[Operation, Any] = {}
        self.unused_exits: list[Tensor] = []
        self.deferred_exits: list[Tensor] = []
        self.forward_loop_exits = list(forward_context.loop_exits)
        self.pending_exits_count = len(forward_context.loop_exits)
        self._forward_sync: Operation | None = None
        self._grad_sync: Operation | None = None
        around: Any = forward_context.outer_context
        if outer_grad_state is not None:
            around = outer_grad_state.forward_context
        with entered(around):
            count, self.forward_index = _add_forward_counter(forward_context, outer_grad_state)
        if outer_grad_state is None:
            with entered(around):
                self.grad_context = self._new_grad_context()
                self.grad_index = _add_backprop_counter(self.grad_context, count, None)
            return
        around.AddName(count.name)
        history = outer_grad_state.AddForwardAccumulator(count)
        with entered(outer_grad_state.grad_context):
            self.grad_context = self._new_grad_context()
            count = outer_grad_state.AddBackpropAccumulatedValue(history, count)
            self.grad_index = _add_backprop_counter(self.grad_context, count, outer_grad_state)

    def _new_grad_context(self) -> WhileContext:
        forward = self.forward_context
        return WhileContext(
            maximum_iterations=forward.maximum_iterations,
            parallel_iterations=forward.parallel_iterations,
            back_prop=forward.back_prop,
            swap_memory=forward.swap_memory,
            name=forward.name,
            grad_state=self,
        )

    @property
    def forward_sync(self) -> Operation:
        """What an iteration of the loop waits for besides its counter: pushes on branches."""
        if self._forward_sync is None:
            with control_dependencies(None):
                self._forward_sync = control_trigger(name="f_sync")
            self._forward_sync._set_control_flow_context(self.forward_context)
            self.forward_index.op._add_control_input(self._forward_sync)
        return self._forward_sync

    @property
    def grad_sync(self) -> Operation:
        """What an iteration of the gradient's loop waits for: all pops."""
        if self._grad_sync is None:
            with control_dependencies(None):
                self._grad_sync = control_trigger(name="b_sync")
            self._grad_sync._set_control_flow_context(self.grad_context)
            self.grad_index.op._add_control_input(self._grad_sync)
            if self.grad_context.outer_context is not None:
                self.grad_context.outer_context.AddInnerOp(self._grad_sync)
        return self._grad_sync

    def AddForwardAccumulator(self, value: Tensor, dead_branch: bool = False) -> Tensor:
        """Push `value` on a new stack in every iteration of the loop.

        Called in the context in which the gradients are asked for.

        Args:
            value: a tensor of the loop, or of a branch in it.
            dead_branch: the value is made when the branch that its context is isn't taken.

        Returns:
            The stack's handle.

        Raises:
            TypeError: the value lies in a context that is no branch of a cond.
        """
        current = get_default_graph()._get_control_flow_context()
        with control_dependencies(None):
            with entered(current), colocate_with(value):
                size = stack_size(value, self.forward_context)
                stack: Tensor = STACK_V2(size, elem_type=value.dtype.base_dtype, name="f_acc")
            handle = self.forward_context.AddValue(stack)
            context = output_context(value.op)
            if context is self.forward_context:
                with entered(context):
                    push = self._push(handle, value)
                self.forward_index.op._add_control_input(push)
            else:
                if not isinstance(context, CondContext):
                    raise TypeError(f"value_ctxt is not a CondContext: {context}")
                with entered(context.outer_context if dead_branch else context):
                    push = self._push(handle, value)
                if dead_branch:
                    push._set_control_flow_context(context)
                self.forward_sync._add_control_input(push)
            # Pushes of one iteration wait for those of the iterations before.
            push._add_control_input(self.forward_index.op.inputs[0].op)
        return stack

    def _push(self, handle: Tensor, value: Tensor) -> Operation:
        pushed: Tensor = STACK_PUSH_V2(handle, value, swap_memory=self.forward_context.swap_memory)
        return pushed.op

    def AddBackpropAccumulatedValue(
        self, history_value: Tensor, value: Tensor, dead_branch: bool = False
    ) -> Tensor:
        """Pop in every iteration of the gradient's loop what `AddForwardAccumulator` pushed.

        Args:
            history_value: the stack's handle.
            value: what is pushed.
            dead_branch: as for the push.
        """
        cond = _branch_between(value.op._control_flow_context, history_value.op)
        with control_dependencies(None), entered(self.grad_context):
            if cond is not None:
                pred = self._history_of_predicate(cond)
                side = 1 - cond.branch if dead_branch else cond.branch
                history_value = switch_ref_or_tensor(history_value, pred)[side]
            pop: Tensor = STACK_POP_V2(history_value, elem_type=value.dtype.base_dtype)
            pop.set_shape(value.get_shape())
        if self.grad_context.parallel_iterations > 1:
            self.grad_sync._add_control_input(pop.op)
        return pop

    def _history_of_predicate(self, cond: CondContext) -> Tensor:
        state: GradLoopState | None = self
        while state is not None:
            pred = state.history_map.get(cond.pred.name)
            if pred is not None:
                return pred
            state = state.outer_grad_state
        return cond.pred

    def GetRealValue(self, value: Tensor) -> Tensor:
        """What stands for `value`, a tensor of the loop, in the gradient's loop.

        Called inside the gradient's loop. A value that is the same in every iteration comes in from
        outside, a constant is made anew, any other value is popped from a stack.
        """
        found = self.history_map.get(value.name)
        if found is not None:
            return found
        state: GradLoopState = self
        current = value
        real: Tensor
        while True:
            source = loop_constant_enter(current)
            if source is None:
                break
            current = source.inputs[0]
            if state.outer_grad_state is None:
                real = self.history_map[value.name] = self.grad_context.AddValue(current)
                return real
            state = state.outer_grad_state
        if is_constant(current):
            real = constant(constant_value(current), dtype=current.dtype)
        else:
            self.grad_context.Exit()
            history = state.AddForwardAccumulator(current)
            self.grad_context.Enter()
            real = state.AddBackpropAccumulatedValue(history, current)
            if state is not self:
                real = self.grad_context.AddValue(real)
        self.history_map[value.name] = real
        return real


def _branch_between(context: Any, stop: Operation) -> CondContext | None:
    """The innermost cond among `context` and those around it, up to the context of `stop`."""
    end = stop._control_flow_context
    while context is not None and context is not end:
        if isinstance(context, CondContext):
            return context
        context = context.outer_context
    return None


def _add_forward_counter(
    context: WhileContext, outer_grad_state: GradLoopState | None
) -> tuple[Tensor, Tensor]:
    """Count the iterations of a loop that is already built.

    Returns:
        (how many there were, the counter as the next iteration has it).
    """
    start = constant(0, name="f_count")
    if outer_grad_state is not None:
        # The pushes of this run of the loop come after those of its run before.
        start.op._add_control_input(outer_grad_state.forward_index.op.inputs[0].op)
    with entered(context):
        merged = _counter(context, start, "f_count")
        on_false, on_true = switch(merged, context.pivot)
        following: Tensor = next_iteration(add(on_true, 1))
        merged.op._update_input(1, following)
        total: Tensor = exit(on_false, name="f_count")
        context.loop_exits.append(total)
        context.ExitResult([total])
    return total, following


def _counter(context: WhileContext, start: Tensor, name: str) -> Tensor:
    """The Merge of a counter that a loop gets besides its variables."""
    context.AddName(start.name)
    begin: Tensor = enter(
        start,
        context.name,
        is_constant=False,
        parallel_iterations=context.parallel_iterations,
        name=name,
    )
    context.loop_enters.append(begin)
    merged: Tensor = merge_branches([begin, begin])[0]
    return merged


def _add_backprop_counter(
    context: WhileContext, count: Tensor, outer_grad_state: GradLoopState | None
) -> Tensor:
    """Let a gradient's loop run `count` times; return its counter as the next iteration has it."""
    one = constant(1, name="b_count")
    with entered(context):
        merged = _counter(context, count, "b_count")
        context._pivot_for_pred = merged
        context._pivot = loop_cond(greater_equal(merged, one), name="b_count")
        on_false, on_true = switch(merged, context._pivot)
        index = subtract(on_true, one)
        context._pivot_for_body = index
        following: Tensor = next_iteration(index)
        merged.op._update_input(1, following)
        last: Tensor = exit(on_false, name="b_count")
        context.loop_exits.append(last)
        if outer_grad_state is not None:
            # The pops of this run of the loop come before those of its run after.
            outer_grad_state.grad_sync._add_control_input(last.op)
        context.ExitResult([last])
    return following
