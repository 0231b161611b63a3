"""Reading at indices on JAX's side: gathers and slices; what is out of bounds is an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.checks import CheckFailure, HostOnly
from evergraph.arrays.jax_backend.operands import (
    broadcast,
    check,
    check_indices,
    constant,
    is_concrete,
    normalize_axis,
)
from evergraph.arrays.slicing import (
    SliceMasks,
    SlicePlan,
    UnknownSliceError,
    out_of_bounds,
    plan_slice,
)
from evergraph.core.typing import Array

NdMessage = Callable[[str, list[int], tuple[int, ...]], str]
"""Makes the text for a bad row of indices of (its position such as "[0,1]", the row, the shape)."""

_CLIP = lax.GatherScatterMode.CLIP


def gather(
    x: Array,
    indices: Array,
    axis: int = 0,
    batch_dims: int = 0,
    message: Callable[[str, int, int], str] | None = None,
) -> Array:
    """Slices of `x` at `indices` along `axis`.

    Shape: x.shape[:axis] + indices.shape[batch_dims:] + x.shape[axis + 1:]; the first
    `batch_dims` axes of `x` and `indices` go together. The message is that of `check_indices`.
    """
    rank, index_rank = len(x.shape), len(indices.shape)
    axis = normalize_axis(axis, rank)
    batch_dims = batch_dims + index_rank if batch_dims < 0 else batch_dims
    check_indices(indices, x.shape[axis], message)
    extra = index_rank - batch_dims
    shape = (*x.shape[:axis], *indices.shape[batch_dims:], *x.shape[axis + 1 :])
    if x.shape[axis] == 0:
        return lax.full(shape, 0, x.dtype)
    sizes = [1 if d < batch_dims or d == axis else n for d, n in enumerate(x.shape)]
    offsets = [*range(batch_dims, axis), *range(axis + extra, len(shape))]
    batch = tuple(range(batch_dims))
    numbers = lax.GatherDimensionNumbers(
        offset_dims=tuple(offsets),
        collapsed_slice_dims=(axis,),
        start_index_map=(axis,),
        operand_batching_dims=batch,
        start_indices_batching_dims=batch,
    )
    return lax.gather(x, lax.expand_dims(indices, (index_rank,)), numbers, tuple(sizes), mode=_CLIP)


def gather_nd(
    x: Array, indices: Array, batch_dims: int = 0, message: NdMessage | None = None
) -> Array:
    """Slices of `x` at the rows (last axis) of `indices`; a row indexes the first axes of `x`."""
    depth = indices.shape[-1]
    limits = x.shape[batch_dims : batch_dims + depth]
    check_nd_indices(indices, limits, message)
    rest = x.shape[batch_dims + depth :]
    outer = indices.shape[:-1]
    if 0 in limits:
        return lax.full((*outer, *rest), 0, x.dtype)
    batch = tuple(range(batch_dims))
    indexed = tuple(range(batch_dims, batch_dims + depth))
    numbers = lax.GatherDimensionNumbers(
        offset_dims=tuple(range(len(outer), len(outer) + len(rest))),
        collapsed_slice_dims=indexed,
        start_index_map=indexed,
        operand_batching_dims=batch,
        start_indices_batching_dims=batch,
    )
    return lax.gather(x, indices, numbers, (1,) * (batch_dims + depth) + rest, mode=_CLIP)


def check_nd_indices(
    indices: Array, limits: Sequence[int], message: NdMessage | None = None
) -> None:
    """Demand that every row (last axis) of `indices` lies in [0, limits).

    The message is made of (position, row, limits): "indices[1] = [0, 7] does not index into shape
    [3,2]" when None.
    """
    largest = np.iinfo(indices.dtype).max
    bounds = np.minimum(np.asarray(limits, np.int64), largest).astype(indices.dtype)
    ends = broadcast(bounds, indices.shape)
    ok = lax.bitwise_and(lax.ge(indices, constant(indices, 0)), lax.lt(indices, ends))
    check(ok, "InvalidArgumentError", "indices do not index into the shape")


def take_along_axis(x: Array, indices: Array, axis: int) -> Array:
    """Elements of `x` at indices along one axis, of equal rank; not checked.

    The kernel made them.
    """
    rank = len(x.shape)
    axis = normalize_axis(axis, rank)
    others = tuple(d for d in range(rank) if d != axis)
    numbers = lax.GatherDimensionNumbers(
        offset_dims=(),
        collapsed_slice_dims=(axis,),
        start_index_map=(axis,),
        operand_batching_dims=others,
        start_indices_batching_dims=others,
    )
    return lax.gather(x, lax.expand_dims(indices, (rank,)), numbers, (1,) * rank, mode=_CLIP)


def _elements(begin: Array, count: int) -> list[Any]:
    """The elements of a vector, known or not, as int64 scalars."""
    if is_concrete(begin):
        return [int(v) for v in np.asarray(begin)]
    wide = lax.convert_element_type(begin, np.int64)
    return [lax.index_in_dim(wide, i, 0, False) for i in range(count)]


def _check_block(x: Array, begin: Array, size: Sequence[int]) -> list[Any]:
    starts = _elements(begin, len(x.shape))
    sizes = [int(n) for n in size]
    for axis, (first, count, limit) in enumerate(zip(starts, sizes, x.shape, strict=True)):
        is_known = is_concrete(first)
        if is_known and not 0 <= first <= limit:
            raise CheckFailure(
                "InvalidArgumentError", f"Expected begin[{axis}] in [0, {limit}], but got {first}"
            )
        room = limit - first if is_known else limit
        if not 0 <= count <= room:
            raise CheckFailure(
                "InvalidArgumentError", f"Expected size[{axis}] in [0, {room}], but got {count}"
            )
        if not is_known:
            ok = lax.bitwise_and(lax.ge(first, np.int64(0)), lax.le(first, np.int64(limit - count)))
            check(ok, "InvalidArgumentError", "a slice is out of bounds")
    return starts


def dynamic_slice(x: Array, begin: Array, size: Sequence[int]) -> Array:
    """The block of `size` that starts at `begin`, which may be traced.

    Out of bounds is an error.
    """
    starts = _check_block(x, begin, size)
    if is_concrete(begin):
        return lax.slice(x, starts, [b + int(n) for b, n in zip(starts, size, strict=True)])
    return lax.dynamic_slice(x, starts, [int(n) for n in size])


def dynamic_update_slice(x: Array, update: Array, begin: Array) -> Array:
    """`x` with the block that starts at `begin` replaced; out of bounds is an error."""
    starts = _check_block(x, begin, update.shape)
    return lax.dynamic_update_slice(
        x, update, [np.int64(s) if is_concrete(s) else s for s in starts]
    )


def strided_slice(x: Array, begin: Array, end: Array, strides: Array, masks: SliceMasks) -> Array:
    """TensorFlow's StridedSlice.

    In JAX `begin` and `end` may be traced where single elements are taken.
    """
    plan = _plan(x.shape, begin, end, strides, masks)
    x = _take_dynamic(x, plan, begin)
    for axis, taken in enumerate(plan.axes):
        if taken is None or (taken.start, taken.size, taken.step) == (0, x.shape[axis], 1):
            continue
        x = _slice_axis(x, axis, taken.start, taken.size, taken.step)
    return x if x.shape == plan.shape else lax.reshape(x, plan.shape)


def _slice_axis(x: Array, axis: int, start: int, size: int, step: int) -> Array:
    if size == 0:
        return lax.slice_in_dim(x, 0, 0, axis=axis)
    last = start + (size - 1) * step
    if step > 0:
        return lax.slice_in_dim(x, start, last + 1, step, axis)
    return lax.rev(lax.slice_in_dim(x, last, start + 1, -step, axis), (axis,))


def _starts(plan: SlicePlan, shape: Sequence[int], begin: Array) -> dict[int, Array]:
    """The place, from the front, for each axis where one element at an unknown place is taken."""
    starts = {}
    for axis, entry in plan.dynamic.items():
        size = np.int64(shape[axis])
        first = lax.convert_element_type(lax.index_in_dim(begin, entry, 0, False), np.int64)
        ok = lax.bitwise_and(lax.ge(first, -size), lax.lt(first, size))
        check(ok, "InvalidArgumentError", out_of_bounds(0, axis))
        starts[axis] = lax.select(lax.lt(first, np.int64(0)), lax.add(first, size), first)
    return starts


def _take_dynamic(x: Array, plan: SlicePlan, begin: Array) -> Array:
    for axis, start in _starts(plan, x.shape, begin).items():
        if x.shape[axis] == 0:
            x = lax.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), 0, x.dtype)
        else:
            x = lax.dynamic_slice_in_dim(x, start, 1, axis)
    return x


def strided_slice_gradient(
    shape: Sequence[int], begin: Array, end: Array, strides: Array, d_y: Array, masks: SliceMasks
) -> Array:
    """Zeros of `shape` with `d_y` where `strided_slice` took its elements."""
    sizes = tuple(int(n) for n in shape)
    plan = _plan(sizes, begin, end, strides, masks)
    d_x = _spread(lax.reshape(d_y, plan.kept), plan, sizes)
    starts = _starts(plan, sizes, begin)
    if not starts:
        return d_x
    places = [starts.get(axis, np.int64(0)) for axis in range(len(sizes))]
    return lax.dynamic_update_slice(lax.full(sizes, 0, d_x.dtype), d_x, places)


def _spread(value: Array, plan: SlicePlan, sizes: tuple[int, ...]) -> Array:
    """`value` with zeros between and around its elements, but along axes of unknown places."""
    widths = []
    for axis, taken in enumerate(plan.axes):
        if taken is None:
            widths.append((0, 0, 0))
            continue
        if taken.size == 0:
            widths.append((sizes[axis], 0, 0))
            continue
        start, step = taken.start, taken.step
        if step < 0:
            value = lax.rev(value, (axis,))
            start, step = start + (taken.size - 1) * step, -step
        reach = start + (taken.size - 1) * step + 1
        widths.append((start, sizes[axis] - reach, step - 1))
    return lax.pad(value, constant(value, 0), widths)


def strided_slice_assign(
    x: Array, begin: Array, end: Array, strides: Array, value: Array, masks: SliceMasks
) -> Array:
    """`x` with the elements that `strided_slice` takes replaced; `value` broadcasts."""
    plan = _plan(x.shape, begin, end, strides, masks)
    value = lax.reshape(broadcast(value, plan.shape), plan.kept)
    starts = _starts(plan, x.shape, begin)
    is_block = all(taken is None or taken.step == 1 for taken in plan.axes)
    if is_block and 0 not in plan.kept:
        places = [
            starts[axis] if taken is None else np.int64(taken.start)
            for axis, taken in enumerate(plan.axes)
        ]
        return lax.dynamic_update_slice(x, value, places)
    if 0 in plan.kept:
        return x
    is_taken = _spread(lax.full(plan.kept, True, np.dtype(np.bool_)), plan, x.shape)
    spread = _spread(value, plan, x.shape)
    if starts:
        places = [starts.get(axis, np.int64(0)) for axis in range(len(x.shape))]
        is_taken = lax.dynamic_update_slice(
            lax.full(x.shape, False, np.dtype(np.bool_)), is_taken, places
        )
        spread = lax.dynamic_update_slice(lax.full_like(x, 0), spread, places)
    return lax.select(is_taken, spread, x)


def _plan(
    shape: tuple[int, ...], begin: Array, end: Array, strides: Array, masks: SliceMasks
) -> SlicePlan:
    def known(values: Array) -> list[int | None]:
        if is_concrete(values):
            return [int(v) for v in np.asarray(values)]
        return [None] * values.shape[0]

    try:
        return plan_slice(shape, known(begin), known(end), known(strides), masks)
    except UnknownSliceError as error:
        raise HostOnly(str(error)) from error
