"""Gradients of what is the same in every iteration of a loop: sums over the iterations.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import shape_internal
from evergraph.ops.constants import constant
from evergraph.ops.control_flow import enter, exit, merge_branches, next_iteration, switch
from evergraph.ops.fills import zeros, zeros_like
from evergraph.ops.math_elementwise import add, maximum
from evergraph.ops.while_context import WhileContext


@contextmanager
def entered(context: Any) -> Iterator[None]:
    """A block inside `context`; None changes nothing."""
    if context is None:
        yield
        return
    context.Enter()
    try:
        yield
    finally:
        context.Exit()


def _sum_loop(
    context: WhileContext, starts: Sequence[Tensor], shapes: Sequence[Any] | None = None
) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
    """The Merges and Switches of variables that a gradient's loop gets besides its own."""
    for start in starts:
        context.AddName(start.name)
    enters: list[Tensor] = [
        enter(
            start,
            context.name,
            is_constant=False,
            parallel_iterations=context.parallel_iterations,
            use_input_shape=shapes is None,
            name="b_acc",
        )
        for start in starts
    ]
    for tensor, shape in zip(enters, shapes or [], strict=False):
        if shape is not None:
            tensor.set_shape(shape)
    context.loop_enters.extend(enters)
    merges = [merge_branches([x, x], name="b_acc")[0] for x in enters]
    return merges, [switch(x, context.pivot) for x in merges]


def _close_loop(
    context: WhileContext,
    merges: Sequence[Tensor],
    switches: Sequence[tuple[Tensor, Tensor]],
    sums: Sequence[Tensor],
) -> list[Tensor]:
    following = [next_iteration(x) for x in sums]
    for merged, value in zip(merges, following, strict=True):
        merged.op._update_input(1, value)
    exits = [exit(on_false, name="b_acc") for on_false, _ in switches]
    context.loop_exits.extend(exits)
    context.ExitResult(exits)
    return exits


def accumulate(context: WhileContext, op: Operation, d_output: Tensor) -> Tensor:
    """The sum of `d_output` over the iterations of a gradient's loop.

    Args:
        context: the gradient's loop, which is entered.
        op: the Enter of the value that is the same in every iteration.
        d_output: its gradient of one iteration.
    """
    context.Exit()
    start = _zeros_for_sum(context, op, d_output)
    context.Enter()
    merges, switches = _sum_loop(context, [start])
    total = add(switches[0][1], d_output)
    return _close_loop(context, merges, switches, [total])[0]


def _zeros_for_sum(context: WhileContext, op: Operation, d_output: Tensor) -> Tensor:
    """Zeros of the shape of `d_output`, outside the gradient's loop."""
    outer = context.outer_context
    shape = d_output.get_shape()
    if shape.is_fully_defined():
        with entered(outer):
            return constant(0, d_output.dtype, shape=shape, name="b_acc")
    value = op.inputs[0]
    if not isinstance(outer, WhileContext) or outer.grad_state is None:
        with entered(outer):
            return zeros(shape_internal(value, optimize=False), d_output.dtype)
    # The loop around is a gradient too: the shape is one of an iteration of its forward loop.
    state = context.grad_state
    with entered(state.forward_context.outer_context):
        size = shape_internal(value, optimize=False)
    history = state.outer_grad_state.AddForwardAccumulator(size)
    with entered(outer):
        real_size = state.outer_grad_state.AddBackpropAccumulatedValue(history, size)
        return zeros(real_size, d_output.dtype)


def accumulate_slices(
    context: WhileContext, op: Operation, d_output: IndexedSlices
) -> IndexedSlices:
    """The sum of `d_output` over the iterations: the rows of all of them, one after another.

    Args:
        context: the gradient's loop, which is entered.
        op: the Enter of the value that is the same in every iteration.
        d_output: its gradient of one iteration.
    """
    values, indices, dense_shape = d_output.values, d_output.indices, d_output.dense_shape
    context.Exit()
    with entered(context.outer_context):
        starts = _empty_slices(op, values, indices, dense_shape)
    context.Enter()
    row_shape = starts[1].shape
    shapes: list[Any] = [[None], None, None]
    if row_shape.ndims is not None:
        shapes[1] = [None, *row_shape.as_list()[1:]]
    merges, switches = _sum_loop(context, starts, shapes)
    sums = [
        concat([before[1], new], 0)
        for before, new in zip(switches[:2], [indices, values], strict=True)
    ]
    if dense_shape is not None:
        sums.append(maximum(dense_shape, switches[2][1]))
    exits = _close_loop(context, merges, switches, sums)
    return IndexedSlices(exits[1], exits[0], exits[2] if dense_shape is not None else None)


def _empty_slices(
    op: Operation, values: Tensor, indices: Tensor, dense_shape: Tensor | None
) -> list[Tensor]:
    """Indices, values and dense shape of IndexedSlices of one row of zeros."""
    known = values.get_shape()
    if known.is_fully_defined():
        row = constant(0, values.dtype, shape=TensorShape([1]).concatenate(known[1:]), name="b_acc")
    else:
        rest = _shape_behind(op.inputs[0])[1:]
        row = zeros(concat([[1], rest], 0), dtype=values.dtype)
    starts = [constant([0], indices.dtype), row]
    if dense_shape is None:
        return starts
    size = dense_shape.get_shape()
    if size.is_fully_defined():
        starts.append(constant(0, dense_shape.dtype, shape=size))
    else:
        whole = shape_internal(op.inputs[0], optimize=False, out_type=dense_shape.dtype)
        starts.append(zeros_like(whole, optimize=False))
    return starts


def _shape_behind(value: Tensor) -> Any:
    """The shape of `value`, or of the variable that it is the handle of."""
    if value.dtype != dtypes.resource:
        return shape_internal(value, optimize=False)
    while value.op.inputs:
        value = value.op.inputs[0]
    return TensorShape(value.op.get_attr("shape"))
