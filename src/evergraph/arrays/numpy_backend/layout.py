"""Making arrays, and their shapes and order, on NumPy's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import as_dtype, normalize_axes
from evergraph.core.typing import Array


def shape(x: Array) -> tuple[int, ...]:
    """Its shape; always plain integers."""
    return x.shape if isinstance(x, np.ndarray) else tuple(np.shape(x))


def full(shape: Sequence[int], value: Any, dtype: Any) -> Array:
    """An array of one value."""
    return np.full(_sizes(shape), value, as_dtype(dtype))


def zeros(shape: Sequence[int], dtype: Any) -> Array:
    """An array of zeros, False or empty byte strings."""
    want = as_dtype(dtype)
    return (
        np.full(_sizes(shape), b"", object) if want.kind == "O" else np.zeros(_sizes(shape), want)
    )


def ones(shape: Sequence[int], dtype: Any) -> Array:
    """An array of ones."""
    return np.ones(_sizes(shape), as_dtype(dtype))


def zeros_like(x: Array, dtype: Any = None) -> Array:
    """Zeros of the shape of `x`, and of its dtype unless another is given."""
    return zeros(np.shape(x), np.asarray(x).dtype if dtype is None else dtype)


def ones_like(x: Array, dtype: Any = None) -> Array:
    """Ones of the shape of `x`, and of its dtype unless another is given."""
    return ones(np.shape(x), np.asarray(x).dtype if dtype is None else dtype)


def full_like(x: Array, value: Any) -> Array:
    """One value, in the shape and dtype of `x`."""
    return np.full(np.shape(x), value, np.asarray(x).dtype)


def arange(start: Any, limit: Any, delta: Any, dtype: Any) -> Array:
    """start, start + delta, ... before `limit`; all three known numbers.

    The elements are start + i * delta, made in `dtype` (16-bit types in float32).
    """
    want = as_dtype(dtype)
    if want.kind in "iu":
        return np.arange(int(start), int(limit), int(delta), dtype=want)
    first, last, step = (np.float64(v) for v in (start, limit, delta))
    count = max(int(np.ceil(np.abs((last - first) / step))), 0) if (last - first) * step > 0 else 0
    work = want if want in (np.float32, np.float64) else np.dtype(np.float32)
    # TensorFlow adds delta again and again; its error grows with the count.
    return (work.type(first) + np.arange(count).astype(work) * work.type(step)).astype(want)


def iota(shape: Sequence[int], axis: int, dtype: Any) -> Array:
    """Each element is its own index along `axis`."""
    sizes = _sizes(shape)
    line = np.arange(sizes[axis]).astype(as_dtype(dtype))
    return np.broadcast_to(
        line.reshape([-1 if d == axis % len(sizes) else 1 for d in range(len(sizes))]), sizes
    )


def eye(rows: int, columns: int | None = None, dtype: Any = np.float32) -> Array:
    """Ones on the diagonal, zeros elsewhere."""
    return np.eye(rows, columns).astype(as_dtype(dtype))


def one_hot(indices: Array, depth: int, on: Any, off: Any, axis: int = -1) -> Array:
    """`on` at position indices[...] of a new axis of size `depth`, `off` elsewhere.

    Indices outside of [0, depth) give only `off`. The dtype is that of `on`.
    """
    indices, on = np.asarray(indices), np.asarray(on)
    axis = axis + indices.ndim + 1 if axis < 0 else axis
    places = np.arange(depth).reshape([-1 if d == axis else 1 for d in range(indices.ndim + 1)])
    return np.where(np.expand_dims(indices, axis) == places, on, np.asarray(off, on.dtype))


def reshape(x: Array, shape: Sequence[int]) -> Array:
    """The same elements in another shape; one size may be -1."""
    return np.reshape(x, _sizes(shape))


def transpose(x: Array, axes: Sequence[int] | None = None) -> Array:
    """Axis i of the result is axis axes[i] of `x`; reversed when None."""
    return np.transpose(x, None if axes is None else _sizes(axes))


def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Two axes exchanged."""
    return np.swapaxes(x, axis1, axis2)


def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    """`x` repeated to `shape`."""
    return np.broadcast_to(x, _sizes(shape))


def expand_dims(x: Array, axis: int | Sequence[int]) -> Array:
    """New axes of size 1 at these places of the result."""
    return np.expand_dims(x, axis if isinstance(axis, int) else _sizes(np.atleast_1d(axis)))


def squeeze(x: Array, axis: int | Sequence[int] | None = None) -> Array:
    """Without these axes of size 1; without all of them when None or empty."""
    if axis is None or np.size(axis) == 0:
        return np.squeeze(x)
    return np.squeeze(x, normalize_axes(axis, np.ndim(x)))


def concatenate(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Arrays joined along an axis that they have."""
    _same_dtype(arrays)
    return np.concatenate(arrays, int(axis))


def stack(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Arrays joined along a new axis."""
    _same_dtype(arrays)
    return np.stack(arrays, int(axis))


def unstack(x: Array, axis: int = 0) -> tuple[Array, ...]:
    """The parts of `x` along an axis, which they lose."""
    return tuple(np.moveaxis(np.asarray(x), axis, 0))


def split(x: Array, sizes: int | Sequence[int], axis: int = 0) -> tuple[Array, ...]:
    """Parts of these sizes along an axis (not NumPy's places to cut at); a number.

    So many equal parts.
    """
    if isinstance(sizes, int):
        return tuple(np.split(x, sizes, axis))
    return tuple(np.split(x, np.cumsum(_sizes(sizes))[:-1], axis))


def pad(x: Array, paddings: Sequence[Sequence[int]], value: Any = 0) -> Array:
    """`x` with (before, after) elements of one value added on each axis."""
    x = np.asarray(x)
    widths = [(int(before), int(after)) for before, after in np.asarray(paddings).reshape(-1, 2)]
    result = np.empty([n + b + a for n, (b, a) in zip(x.shape, widths, strict=True)], x.dtype)
    result[...] = value
    result[tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, widths, strict=True))] = x
    return result


def mirror_pad(x: Array, paddings: Sequence[Sequence[int]], mode: str) -> Array:
    """`x` with its mirror image added on each axis.

    "REFLECT" leaves out the border element, "SYMMETRIC" not.
    """
    widths = [(int(before), int(after)) for before, after in np.asarray(paddings).reshape(-1, 2)]
    return (
        np.pad(x, widths, "reflect" if mode.upper() == "REFLECT" else "symmetric") if widths else x
    )


def mirror_pad_gradient(x: Array, paddings: Sequence[Sequence[int]], mode: str) -> Array:
    """The gradient of `mirror_pad`: the images folded back onto what they mirror."""
    x = np.asarray(x)
    skip = 1 if mode.upper() == "REFLECT" else 0
    for axis, (before, after) in enumerate(np.asarray(paddings).reshape(-1, 2).tolist()):
        line = np.moveaxis(x, axis, 0)
        size = line.shape[0] - before - after
        body = line[before : before + size].copy()
        body[skip : skip + before] += line[:before][::-1]
        body[size - skip - after : size - skip] += line[before + size :][::-1]
        x = np.moveaxis(body, 0, axis)
    return x


def tile(x: Array, multiples: Sequence[int]) -> Array:
    """`x` repeated so many times along each axis."""
    return np.tile(x, _sizes(multiples))


def repeat(x: Array, count: int, axis: int) -> Array:
    """Each element repeated `count` times along an axis."""
    return np.repeat(x, count, axis)


def flip(x: Array, axis: int | Sequence[int]) -> Array:
    """Axes in reverse order; an empty sequence changes nothing."""
    return np.flip(x, normalize_axes(axis, np.ndim(x)))


def roll(x: Array, shift: Any, axis: int | Sequence[int]) -> Array:
    """Elements moved on along axes, those that fall off at one end coming back at the other.

    Several shifts of one axis add up.
    """
    return np.roll(x, tuple(np.atleast_1d(shift).tolist()), _sizes(np.atleast_1d(axis)))


def _sizes(shape: Any) -> tuple[int, ...]:
    if isinstance(shape, tuple):
        return shape
    if isinstance(shape, int):
        return (shape,)
    return tuple(int(n) for n in shape)


def _same_dtype(arrays: Sequence[Array]) -> None:
    dtypes = {np.asarray(x).dtype for x in arrays}
    if len(dtypes) > 1:
        raise TypeError(f"arrays to join have dtypes {sorted(map(str, dtypes))}")
