"""Reductions and running sums of NumPy's side. `axis`: an integer, several, or None for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import (
    as_dtype,
    check,
    finfo,
    is_floating,
    is_low_precision,
    normalize_axes,
    normalize_axis,
    quiet,
    through_float32,
)
from evergraph.core.typing import Array


@quiet
def sum(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Sum, in the dtype of `x` (integers wrap around; 16-bit floats are summed in float32)."""
    x = np.asarray(x)
    axes = normalize_axes(axis, x.ndim)
    reduce: Any = np.add.reduce
    return through_float32(lambda v: reduce(v, axes, v.dtype, keepdims=keepdims), x)


@quiet
def prod(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Product, in the dtype of `x`."""
    x = np.asarray(x)
    axes = normalize_axes(axis, x.ndim)
    return through_float32(lambda v: np.prod(v, axes, v.dtype, keepdims=keepdims), x)


@quiet
def max(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Largest; NaN is passed over; of nothing: -inf or the least integer."""
    x = np.asarray(x)
    axes = normalize_axes(axis, x.ndim)
    reduce: Any = np.fmax.reduce if is_floating(x.dtype) else np.maximum.reduce
    return reduce(x, axes, initial=_bound(x.dtype, -1), keepdims=keepdims)


@quiet
def min(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Least; NaN is passed over; of nothing: inf or the largest integer."""
    x = np.asarray(x)
    axes = normalize_axes(axis, x.ndim)
    reduce: Any = np.fmin.reduce if is_floating(x.dtype) else np.minimum.reduce
    return reduce(x, axes, initial=_bound(x.dtype, 1), keepdims=keepdims)


def _bound(dtype: np.dtype[Any], side: int) -> Any:
    if dtype.kind == "b":
        return side > 0
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return dtype.type(info.max if side > 0 else info.min)
    return dtype.type(side * np.inf)


@quiet
def mean(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Sum by count: of integers the sum (wrapped around) divided without fraction.

    Of nothing NaN or 0.
    """
    x = np.asarray(x)
    axes = normalize_axes(axis, x.ndim)
    count = int(np.prod([x.shape[a] for a in axes], dtype=np.int64))
    if x.dtype.kind not in "iu":
        work = x.astype(np.float32) if is_low_precision(x.dtype) else x
        total = np.sum(work, axes, work.dtype, keepdims=keepdims)
        return np.asarray(np.true_divide(total, work.dtype.type(count))).astype(x.dtype)
    total = np.asarray(np.sum(x, axes, x.dtype, keepdims=keepdims))
    if count == 0:
        return total
    divisor = np.asarray(count).astype(x.dtype)
    check(divisor != 0, "InvalidArgumentError", "Integer division by zero")
    return np.floor_divide(total - np.fmod(total, divisor), divisor)


def any(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Whether one holds."""
    return np.any(x, normalize_axes(axis, np.ndim(x)), keepdims=keepdims)


def all(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Whether each holds."""
    return np.all(x, normalize_axes(axis, np.ndim(x)), keepdims=keepdims)


def argmax(x: Array, axis: int, dtype: Any = np.int64) -> Array:
    """Index of the first largest element; NaN is passed over; an empty axis is an error."""
    return _arg(np.argmax, x, axis, dtype, -1)


def argmin(x: Array, axis: int, dtype: Any = np.int64) -> Array:
    """Index of the first least element; NaN is passed over; an empty axis is an error."""
    return _arg(np.argmin, x, axis, dtype, 1)


@quiet
def _arg(find: Any, x: Array, axis: int, dtype: Any, side: int) -> Array:
    x = np.asarray(x)
    axis = normalize_axis(axis, x.ndim)
    check_not_empty(x.shape, axis)
    if x.shape[axis] == 0:
        return np.zeros(x.shape[:axis] + x.shape[axis + 1 :], as_dtype(dtype))
    if is_floating(x.dtype):
        x = np.where(np.isnan(x), _bound(x.dtype, side), x)
    return np.asarray(find(x, axis)).astype(as_dtype(dtype))


def check_not_empty(shape: tuple[int, ...], axis: int) -> None:
    """Demand an element along `axis` for each element of the result."""
    sizes = ",".join(str(n) for n in shape)
    rest = shape[:axis] + shape[axis + 1 :]
    check(
        shape[axis] > 0 or 0 in rest,
        "InvalidArgumentError",
        f"Reduction axis {axis} is empty in shape [{sizes}]",
    )


@quiet
def logsumexp(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """log(sum(e^x)) without overflow."""
    x = np.asarray(x)
    top = max(x, axis, True)
    top = np.where(np.isfinite(top), top, x.dtype.type(0))
    total = np.log(sum(np.exp(x - top), axis, True)) + top
    return total if keepdims else np.squeeze(total, normalize_axes(axis, x.ndim))


def cumsum(x: Array, axis: int, exclusive: bool = False, reverse: bool = False) -> Array:
    """Running sum; `exclusive` leaves each element's own term out, `reverse` runs from the end."""
    return _running(np.add, 0, x, axis, exclusive, reverse)


def cumprod(x: Array, axis: int, exclusive: bool = False, reverse: bool = False) -> Array:
    """Running product; see `cumsum`."""
    return _running(np.multiply, 1, x, axis, exclusive, reverse)


def cumulative_logsumexp(
    x: Array, axis: int, exclusive: bool = False, reverse: bool = False
) -> Array:
    """Running `logsumexp`; see `cumsum`. No sum is below the least number."""
    least = float(finfo(np.asarray(x).dtype).min)
    result = _running(np.logaddexp, least, x, axis, exclusive, reverse)
    return np.where(result < least, result.dtype.type(least), result)


@quiet
def _running(
    function: np.ufunc, empty: float, x: Array, axis: int, exclusive: bool, reverse: bool
) -> Array:
    x = np.asarray(x)
    line = np.moveaxis(x, normalize_axis(axis, x.ndim), 0)
    if reverse:
        line = line[::-1]
    result = np.empty(line.shape, x.dtype)
    if exclusive and line.shape[0]:
        result[0] = empty
        if line.shape[0] > 1:
            result[1:] = function.accumulate(line[:-1], 0, x.dtype)
    elif line.shape[0]:
        result[...] = function.accumulate(line, 0, x.dtype)
    return np.moveaxis(result[::-1] if reverse else result, 0, normalize_axis(axis, x.ndim))
