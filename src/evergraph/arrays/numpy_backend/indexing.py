"""Reading at indices on NumPy's side: gathers and slices; what is out of bounds is an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evergraph.arrays.checks import CheckFailure
from evergraph.arrays.numpy_backend.operands import (
    check_indices,
    first_bad,
    normalize_axis,
)
from evergraph.arrays.slicing import SliceMasks, SlicePlan, plan_slice
from evergraph.core.typing import Array

NdMessage = Callable[[str, list[int], tuple[int, ...]], str]
"""Makes the text for a bad row of indices of (its position such as "[0,1]", the row, the shape)."""


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
    x, indices = np.asarray(x), np.asarray(indices)
    axis = normalize_axis(axis, x.ndim)
    batch_dims = batch_dims + indices.ndim if batch_dims < 0 else batch_dims
    check_indices(indices, x.shape[axis], message)
    if batch_dims == 0:
        return np.asarray(np.take(x, indices, axis), x.dtype)  # of strings an element is bytes
    # Batch axes to the front: they, then what lies between them and `axis`, then indices,
    # then the rest.
    between = axis - batch_dims
    moved = np.moveaxis(x, axis, batch_dims)
    grid = np.ix_(*(np.arange(n) for n in x.shape[:batch_dims]))
    extra = indices.ndim - batch_dims
    heads = tuple(g.reshape(g.shape + (1,) * extra) for g in grid)
    taken = moved[(*heads, indices)]
    order = [
        *range(batch_dims),
        *range(indices.ndim, indices.ndim + between),
        *range(batch_dims, indices.ndim),
        *range(indices.ndim + between, taken.ndim),
    ]
    return np.transpose(taken, order)


def gather_nd(
    x: Array, indices: Array, batch_dims: int = 0, message: NdMessage | None = None
) -> Array:
    """Slices of `x` at the rows (last axis) of `indices`; a row indexes the first axes of `x`."""
    x, indices = np.asarray(x), np.asarray(indices)
    depth = indices.shape[-1]
    limits = x.shape[batch_dims : batch_dims + depth]
    if message is None:
        shape = "[" + ",".join(str(n) for n in x.shape) + "]"
        check_nd_indices(
            indices,
            limits,
            lambda at, row, _: f"indices{at} = {row} does not index into param shape {shape}",
        )
    else:
        check_nd_indices(indices, limits, message)
    if batch_dims == 0:
        return x[tuple(np.moveaxis(indices, -1, 0))] if depth else _repeated(x, indices.shape[:-1])
    grid = np.ix_(*(np.arange(n) for n in x.shape[:batch_dims]))
    extra = indices.ndim - 1 - batch_dims
    heads = tuple(g.reshape(g.shape + (1,) * extra) for g in grid)
    return x[(*heads, *np.moveaxis(indices, -1, 0))]


def _repeated(x: Array, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(x, shape + x.shape).copy()


def check_nd_indices(
    indices: Array, limits: Sequence[int], message: NdMessage | None = None
) -> None:
    """Demand that every row (last axis) of `indices` lies in [0, limits).

    The message is made of (position, row, limits): "indices[1] = [0, 7] does not index into shape
    [3,2]" when None.
    """
    indices = np.asarray(indices)
    is_bad = ((indices < 0) | (indices >= np.asarray(limits, np.int64))).any(-1)
    if is_bad.any():
        place, _ = first_bad(is_bad, is_bad)
        row = [int(i) for i in indices[np.unravel_index(int(np.argmax(is_bad)), is_bad.shape)]]
        shape = tuple(int(n) for n in limits)
        if message is None:
            sizes = ",".join(str(n) for n in shape)
            text = f"indices{place} = {row} does not index into shape [{sizes}]"
        else:
            text = message(place, row, shape)
        raise CheckFailure("InvalidArgumentError", text)


def take_along_axis(x: Array, indices: Array, axis: int) -> Array:
    """Elements of `x` at indices along one axis, of equal rank; not checked.

    The kernel made them.
    """
    return np.take_along_axis(x, indices, axis)


def dynamic_slice(x: Array, begin: Array, size: Sequence[int]) -> Array:
    """The block of `size` that starts at `begin`, which may be traced.

    Out of bounds is an error.
    """
    x = np.asarray(x)
    starts = [int(b) for b in begin]
    for axis, (first, count, limit) in enumerate(zip(starts, size, x.shape, strict=True)):
        if not 0 <= first <= limit:
            raise CheckFailure(
                "InvalidArgumentError", f"Expected begin[{axis}] in [0, {limit}], but got {first}"
            )
        if not 0 <= count <= limit - first:
            raise CheckFailure(
                "InvalidArgumentError",
                f"Expected size[{axis}] in [0, {limit - first}], but got {count}",
            )
    return x[tuple(slice(b, b + int(n)) for b, n in zip(starts, size, strict=True))]


def dynamic_update_slice(x: Array, update: Array, begin: Array) -> Array:
    """`x` with the block that starts at `begin` replaced; out of bounds is an error."""
    result, update = np.array(x), np.asarray(update)
    block = dynamic_slice(result, begin, update.shape)
    block[...] = update
    return result


def strided_slice(x: Array, begin: Array, end: Array, strides: Array, masks: SliceMasks) -> Array:
    """TensorFlow's StridedSlice.

    In JAX `begin` and `end` may be traced where single elements are taken.
    """
    x = np.asarray(x)
    plan = _plan(x.shape, begin, end, strides, masks)
    return x[_index(plan)].reshape(plan.shape)


def strided_slice_gradient(
    shape: Sequence[int], begin: Array, end: Array, strides: Array, d_y: Array, masks: SliceMasks
) -> Array:
    """Zeros of `shape` with `d_y` where `strided_slice` took its elements."""
    d_y = np.asarray(d_y)
    plan = _plan(tuple(int(n) for n in shape), begin, end, strides, masks)
    result = np.zeros(tuple(int(n) for n in shape), d_y.dtype)
    result[_index(plan)] = d_y.reshape(plan.kept)
    return result


def strided_slice_assign(
    x: Array, begin: Array, end: Array, strides: Array, value: Array, masks: SliceMasks
) -> Array:
    """`x` with the elements that `strided_slice` takes replaced; `value` broadcasts."""
    result = np.array(x)
    plan = _plan(result.shape, begin, end, strides, masks)
    result[_index(plan)] = np.broadcast_to(value, plan.shape).reshape(plan.kept)
    return result


def _plan(
    shape: tuple[int, ...], begin: Array, end: Array, strides: Array, masks: SliceMasks
) -> SlicePlan:
    return plan_slice(
        shape, [int(v) for v in begin], [int(v) for v in end], [int(v) for v in strides], masks
    )


def _index(plan: SlicePlan) -> tuple[Any, ...]:
    return tuple(axis.as_slice() for axis in plan.axes if axis is not None)
