"""Where operations lie in conds and loops: questions about contexts and the nodes of control flow.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_util.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core.errors import explain
from evergraph.graph.operation import Operation, Tensor


def role(op: Operation) -> str:
    """What `op` is in version 1 control flow; see `control` of OpDef."""
    op_def = op.op_def
    return "" if op_def is None else op_def.control


def is_switch(op: Operation) -> bool:
    """Whether `op` is a Switch or RefSwitch."""
    return role(op) == "switch"


def is_merge(op: Operation) -> bool:
    """Whether `op` is a Merge or RefMerge."""
    return role(op) == "merge"


def is_loop_enter(op: Operation) -> bool:
    """Whether `op` is an Enter or RefEnter."""
    return role(op) == "enter"


def is_loop_exit(op: Operation) -> bool:
    """Whether `op` is an Exit or RefExit."""
    return role(op) == "exit"


def is_loop_constant_enter(op: Operation) -> bool:
    """Whether `op` brings the same value into every iteration of a loop."""
    return is_loop_enter(op) and bool(op.attrs["is_constant"])


def loop_constant_enter(value: Tensor) -> Operation | None:
    """The Enter that `value` comes from unchanged, when it is the same in every iteration."""
    op = value.op
    while op.type in ("Switch", "RefSwitch", "Identity", "RefIdentity"):
        op = op.inputs[0].op
    return op if is_loop_constant_enter(op) else None


def is_cond_switch(op: Operation) -> bool:
    """Whether `op` is a Switch all of whose consumers lie on branches of conds."""
    if not is_switch(op):
        return False
    for tensor in op.outputs:
        for consumer in tensor.consumers():
            context = consumer._control_flow_context
            if is_loop_enter(consumer):
                context = context.outer_context
            if context is None or not context.IsCondContext():
                return False
    return True


def is_cond_merge(op: Operation) -> bool:
    """Whether `op` is a Merge all of whose inputs come from branches of conds."""
    if not is_merge(op) or not op.inputs:
        return False
    contexts = [output_context(tensor.op) for tensor in op.inputs]
    return all(context is not None and context.IsCondContext() for context in contexts)


def is_loop_switch(op: Operation) -> bool:
    """Whether `op` is the Switch of a loop variable."""
    if not is_switch(op):
        return False
    context = op._control_flow_context
    return context is not None and context.IsWhileContext() and not is_cond_switch(op)


def is_loop_merge(op: Operation) -> bool:
    """Whether `op` is the Merge of a loop variable."""
    if not is_merge(op):
        return False
    context = op._control_flow_context
    return context is not None and context.IsWhileContext() and not is_cond_merge(op)


def output_context(op: Operation) -> Any:
    """The context that the outputs of `op` belong to: an Exit's lie outside its loop."""
    context = op._control_flow_context
    if context is not None and is_loop_exit(op):
        context = context.outer_context
    return context


def while_context(op: Operation) -> Any:
    """The context of the innermost loop that `op` lies in, or None."""
    context = op._control_flow_context
    return None if context is None else context.GetWhileContext()


def containing_while_context(context: Any, stop_context: Any = None) -> Any:
    """The first loop context of `context` and those around it; `stop_context` ends the search."""
    while context is not None:
        if context.IsWhileContext() or context is stop_context:
            return context
        context = context.outer_context
    return None


def containing_cond_context(context: Any) -> Any:
    """The first cond context of `context` and those around it, or None."""
    while context is not None:
        if context.IsCondContext():
            return context
        context = context.outer_context
    return None


def containing_xla_context(context: Any) -> Any:
    """The first context of XLA of `context` and those around it: programs may bring their own."""
    while context is not None:
        if context.IsXLAContext():
            return context
        context = context.outer_context
    return None


def is_in_xla_context(graph: Any) -> bool:
    """Whether operations are being made in a context of XLA."""
    return containing_xla_context(graph._get_control_flow_context()) is not None


def is_op_in_xla_context(op: Operation) -> bool:
    """Whether `op` lies in a context of XLA, or is marked as compiled by it."""
    return bool(op.attrs.get("_XlaCompile")) or (
        containing_xla_context(op._control_flow_context) is not None
    )


def is_in_while_loop(op: Operation) -> bool:
    """Whether `op` lies in a loop."""
    return containing_while_context(op._control_flow_context) is not None


def is_in_cond(op: Operation) -> bool:
    """Whether `op` lies on a branch of a cond."""
    return containing_cond_context(op._control_flow_context) is not None


def is_containing_context(context: Any, maybe_containing: Any) -> bool:
    """Whether `maybe_containing` is `context` or lies around it."""
    while context is not maybe_containing:
        if context is None:
            return False
        context = context.outer_context
    return True


def op_in_context(op: Operation, context: Any) -> bool:
    """Whether `op` lies in `context` or in one inside it."""
    return is_containing_context(op._control_flow_context, context)


def tensor_in_context(tensor: Tensor, context: Any) -> bool:
    """Whether the operation of `tensor` lies in `context` or in one inside it."""
    return op_in_context(tensor.op, context)


def check_input_from_valid_context(op: Operation, input_op: Operation) -> None:
    """Raise unless `op` may use an output of `input_op`.

    A value may be used in the loop where it is made and in loops inside that one. A loop's gradient
    may use the values of its loop and of conds and loops inside, whose history is kept.

    Raises:
        ValueError: `input_op` lies in a loop that `op` doesn't lie in.
    """
    source = output_context(input_op)
    if source is None or op._control_flow_context is source:
        return
    inside = containing_while_context(op._control_flow_context)
    source_loop = containing_while_context(source)
    if inside is None:
        # An Enter or a Switch gets its context only after it is made.
        if source_loop is None or is_loop_enter(op) or is_switch(op):
            return
    elif is_containing_context(inside, source_loop) or _is_gradient_use(
        inside, source, source_loop
    ):
        return
    if inside is not None:
        message = (
            f"Cannot use '{input_op.name}' as input to '{op.name}' because they are in different "
            "while loops."
        )
    else:
        message = (
            f"Cannot use '{input_op.name}' as input to '{op.name}' because '{input_op.name}' is in "
            "a while loop."
        )
    raise ValueError(
        explain(
            f"{message} See info log for more details.",
            given=f"'{input_op.name}' in the loop {source_loop.name!r}",
            created=op.created_at,
            fix="return the value from the loop's body, as a loop variable",
        )
    )


def _is_gradient_use(inside: Any, source: Any, source_loop: Any) -> bool:
    state = inside.grad_state
    if state is not None and (
        is_containing_context(state.forward_context, source_loop)
        or state.forward_context is source_loop.outer_context
    ):
        return True
    # A gradient of a loop's gradient; what can't be built of it fails later.
    state = source_loop.grad_state
    if state is None:
        return False
    if state.forward_context is inside:
        return True
    before = source.grad_state.forward_context.grad_state
    return before is not None and before.forward_context is inside


__all__ = [
    "check_input_from_valid_context",
    "containing_cond_context",
    "containing_while_context",
    "containing_xla_context",
    "is_cond_merge",
    "is_cond_switch",
    "is_containing_context",
    "is_in_cond",
    "is_in_while_loop",
    "is_in_xla_context",
    "is_loop_constant_enter",
    "is_loop_enter",
    "is_loop_exit",
    "is_loop_merge",
    "is_loop_switch",
    "is_merge",
    "is_op_in_xla_context",
    "is_switch",
    "loop_constant_enter",
    "op_in_context",
    "output_context",
    "role",
    "tensor_in_context",
    "while_context",
]
