"""Making arrays, and their shapes and order, on JAX's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.operands import (
    as_dtype,
    broadcast,
    is_concrete,
    normalize_axes,
    same_shape,
)
from evergraph.core.typing import Array


def shape(x: Array) -> tuple[int, ...]:
    """Its shape; always plain integers."""
    return tuple(np.shape(x))


def full(shape: Sequence[int], value: Any, dtype: Any) -> Array:
    """An array of one value."""
    want = as_dtype(dtype)
    if is_concrete(value):
        value = np.asarray(value).astype(want)
    return broadcast(value, _sizes(shape))


def zeros(shape: Sequence[int], dtype: Any) -> Array:
    """An array of zeros, False or empty byte strings."""
    return full(shape, 0, dtype)


def ones(shape: Sequence[int], dtype: Any) -> Array:
    """An array of ones."""
    return full(shape, 1, dtype)


def zeros_like(x: Array, dtype: Any = None) -> Array:
    """Zeros of the shape of `x`, and of its dtype unless another is given."""
    return full(np.shape(x), 0, x.dtype if dtype is None else dtype)


def ones_like(x: Array, dtype: Any = None) -> Array:
    """Ones of the shape of `x`, and of its dtype unless another is given."""
    return full(np.shape(x), 1, x.dtype if dtype is None else dtype)


def full_like(x: Array, value: Any) -> Array:
    """One value, in the shape and dtype of `x`."""
    return full(np.shape(x), value, x.dtype)


def arange(start: Any, limit: Any, delta: Any, dtype: Any) -> Array:
    """start, start + delta, ... before `limit`; all three known numbers.

    The elements are start + i * delta, made in `dtype` (16-bit types in float32).
    """
    want = as_dtype(dtype)
    if want.kind in "iu":
        count = len(range(int(start), int(limit), int(delta)))
        line = lax.iota(want, count)
        return lax.add(lax.mul(line, want.type(delta)), want.type(start))
    first, last, step = (np.float64(v) for v in (start, limit, delta))
    count = max(int(np.ceil(np.abs((last - first) / step))), 0) if (last - first) * step > 0 else 0
    work = want if want in (np.float32, np.float64) else np.dtype(np.float32)
    line = lax.add(lax.mul(lax.iota(work, count), work.type(step)), work.type(first))
    return lax.convert_element_type(line, want)


def iota(shape: Sequence[int], axis: int, dtype: Any) -> Array:
    """Each element is its own index along `axis`."""
    sizes = _sizes(shape)
    return lax.broadcasted_iota(as_dtype(dtype), sizes, axis % len(sizes))


def eye(rows: int, columns: int | None = None, dtype: Any = np.float32) -> Array:
    """Ones on the diagonal, zeros elsewhere."""
    sizes = (int(rows), int(rows if columns is None else columns))
    lines = [lax.broadcasted_iota(np.dtype(np.int32), sizes, axis) for axis in (0, 1)]
    return lax.convert_element_type(lax.eq(*lines), as_dtype(dtype))


def one_hot(indices: Array, depth: int, on: Any, off: Any, axis: int = -1) -> Array:
    """`on` at position indices[...] of a new axis of size `depth`, `off` elsewhere.

    Indices outside of [0, depth) give only `off`. The dtype is that of `on`.
    """
    depth, rank = int(depth), len(indices.shape)
    axis = axis + rank + 1 if axis < 0 else axis
    sizes = (*indices.shape[:axis], depth, *indices.shape[axis:])
    places = lax.broadcasted_iota(indices.dtype, sizes, axis)
    is_there = lax.eq(places, broadcast(lax.expand_dims(indices, (axis,)), sizes))
    on = on if hasattr(on, "dtype") else np.asarray(on)
    off = off if hasattr(off, "dtype") else np.asarray(off, on.dtype)
    return lax.select(*same_shape(is_there, on, off))


def reshape(x: Array, shape: Sequence[int]) -> Array:
    """The same elements in another shape; one size may be -1."""
    sizes = list(_sizes(shape))
    if -1 in sizes:
        place = sizes.index(-1)
        rest = int(np.prod([n for n in sizes if n != -1], dtype=np.int64))
        sizes[place] = int(np.prod(np.shape(x), dtype=np.int64)) // rest if rest else 0
    return lax.reshape(x, tuple(sizes))


def transpose(x: Array, axes: Sequence[int] | None = None) -> Array:
    """Axis i of the result is axis axes[i] of `x`; reversed when None."""
    rank = len(np.shape(x))
    order = range(rank)[::-1] if axes is None else _sizes(axes)
    order = tuple(a + rank if a < 0 else a for a in order)
    return x if order == tuple(range(rank)) else lax.transpose(x, order)


def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Two axes exchanged."""
    order = list(range(len(np.shape(x))))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return lax.transpose(x, tuple(order))


def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    """`x` repeated to `shape`."""
    return broadcast(x, _sizes(shape))


def expand_dims(x: Array, axis: int | Sequence[int]) -> Array:
    """New axes of size 1 at these places of the result."""
    return lax.expand_dims(x, _sizes(np.atleast_1d(axis)))


def squeeze(x: Array, axis: int | Sequence[int] | None = None) -> Array:
    """Without these axes of size 1; without all of them when None or empty."""
    sizes = np.shape(x)
    if axis is None or np.size(axis) == 0:
        return lax.squeeze(x, tuple(d for d, n in enumerate(sizes) if n == 1))
    return lax.squeeze(x, normalize_axes(axis, len(sizes)))


def concatenate(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Arrays joined along an axis that they have."""
    axis = int(axis)
    axis = axis + len(np.shape(arrays[0])) if axis < 0 else axis
    return arrays[0] if len(arrays) == 1 else lax.concatenate(list(arrays), axis)


def stack(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Arrays joined along a new axis."""
    axis = int(axis)
    axis = axis + len(np.shape(arrays[0])) + 1 if axis < 0 else axis
    return concatenate([lax.expand_dims(x, (axis,)) for x in arrays], axis)


def unstack(x: Array, axis: int = 0) -> tuple[Array, ...]:
    """The parts of `x` along an axis, which they lose."""
    axis = axis + len(x.shape) if axis < 0 else axis
    return tuple(lax.index_in_dim(x, i, axis, False) for i in range(x.shape[axis]))


def split(x: Array, sizes: int | Sequence[int], axis: int = 0) -> tuple[Array, ...]:
    """Parts of these sizes along an axis (not NumPy's places to cut at); a number.

    So many equal parts.
    """
    axis = axis + len(x.shape) if axis < 0 else axis
    if isinstance(sizes, int):
        sizes = [x.shape[axis] // sizes] * sizes
    return tuple(lax.split(x, _sizes(sizes), axis))


def pad(x: Array, paddings: Sequence[Sequence[int]], value: Any = 0) -> Array:
    """`x` with (before, after) elements of one value added on each axis."""
    widths = [(int(before), int(after), 0) for before, after in np.asarray(paddings).reshape(-1, 2)]
    filler = np.asarray(value).astype(x.dtype) if is_concrete(value) else value
    return lax.pad(x, filler, widths)


def mirror_pad(x: Array, paddings: Sequence[Sequence[int]], mode: str) -> Array:
    """`x` with its mirror image added on each axis.

    "REFLECT" leaves out the border element, "SYMMETRIC" not.
    """
    skip = 1 if mode.upper() == "REFLECT" else 0
    for axis, (before, after) in enumerate(np.asarray(paddings).reshape(-1, 2).tolist()):
        size = x.shape[axis]
        head = lax.rev(lax.slice_in_dim(x, skip, skip + before, axis=axis), (axis,))
        tail = lax.rev(lax.slice_in_dim(x, size - skip - after, size - skip, axis=axis), (axis,))
        x = lax.concatenate([head, x, tail], axis)
    return x


def mirror_pad_gradient(x: Array, paddings: Sequence[Sequence[int]], mode: str) -> Array:
    """The gradient of `mirror_pad`: the images folded back onto what they mirror."""
    skip = 1 if mode.upper() == "REFLECT" else 0
    for axis, (before, after) in enumerate(np.asarray(paddings).reshape(-1, 2).tolist()):
        size = x.shape[axis] - before - after
        body = lax.slice_in_dim(x, before, before + size, axis=axis)
        head = lax.rev(lax.slice_in_dim(x, 0, before, axis=axis), (axis,))
        tail = lax.rev(lax.slice_in_dim(x, before + size, x.shape[axis], axis=axis), (axis,))
        for part, first in ((head, skip), (tail, size - skip - after)):
            widths = [(0, 0)] * x.ndim
            widths[axis] = (first, size - first - part.shape[axis])
            body = lax.add(body, pad(part, widths))
        x = body
    return x


def tile(x: Array, multiples: Sequence[int]) -> Array:
    """`x` repeated so many times along each axis."""
    counts, sizes = _sizes(multiples), np.shape(x)
    spread = tuple(n for pair in zip(counts, sizes, strict=True) for n in pair)
    places = tuple(range(1, 2 * len(sizes), 2))
    repeated = lax.broadcast_in_dim(x, spread, places)
    return lax.reshape(repeated, tuple(c * n for c, n in zip(counts, sizes, strict=True)))


def repeat(x: Array, count: int, axis: int) -> Array:
    """Each element repeated `count` times along an axis."""
    sizes = list(np.shape(x))
    axis = axis + len(sizes) if axis < 0 else axis
    spread = (*sizes[: axis + 1], int(count), *sizes[axis + 1 :])
    places = tuple(d for d in range(len(spread)) if d != axis + 1)
    sizes[axis] *= int(count)
    return lax.reshape(lax.broadcast_in_dim(x, spread, places), tuple(sizes))


def flip(x: Array, axis: int | Sequence[int]) -> Array:
    """Axes in reverse order; an empty sequence changes nothing."""
    return lax.rev(x, normalize_axes(axis, len(np.shape(x))))


def roll(x: Array, shift: Any, axis: int | Sequence[int]) -> Array:
    """Elements moved on along axes, those that fall off at one end coming back at the other.

    Several shifts of one axis add up.
    """
    axes = _sizes(np.atleast_1d(axis))
    if is_concrete(shift):
        shifts: list[Any] = np.broadcast_to(np.atleast_1d(shift), (len(axes),)).tolist()
    else:
        flat = lax.reshape(shift, (max(int(np.prod(shift.shape)), 1),))
        shifts = [
            lax.index_in_dim(flat, i if flat.shape[0] > 1 else 0, 0, False)
            for i in range(len(axes))
        ]
    for one, place in zip(shifts, axes, strict=True):
        place = place + x.ndim if place < 0 else place
        size = x.shape[place]
        if size == 0:
            continue
        if is_concrete(one):
            first: Any = -int(one) % size
            head = lax.slice_in_dim(x, first, size, axis=place)
            x = lax.concatenate([head, lax.slice_in_dim(x, 0, first, axis=place)], place)
        else:
            wide = lax.convert_element_type(one, np.int64)
            first = lax.rem(
                lax.add(lax.rem(lax.neg(wide), np.int64(size)), np.int64(size)), np.int64(size)
            )
            x = lax.dynamic_slice_in_dim(lax.concatenate([x, x], place), first, size, place)
    return x


def _sizes(shape: Any) -> tuple[int, ...]:
    if isinstance(shape, tuple):
        return shape
    if isinstance(shape, int):
        return (shape,)
    return tuple(int(n) for n in shape)
