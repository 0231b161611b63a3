"""Sorting, searching and counting on JAX's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.checks import HostOnly
from evergraph.arrays.jax_backend.indexing import take_along_axis
from evergraph.arrays.jax_backend.operands import as_dtype, check, constant, normalize_axis
from evergraph.arrays.jax_backend.scatter import _apply
from evergraph.core.typing import Array


def argsort(x: Array, axis: int = -1, descending: bool = False, dtype: Any = np.int32) -> Array:
    """Indices that sort along an axis; equal elements keep their order; NaN counts as largest."""
    axis = normalize_axis(axis, len(x.shape))
    want = as_dtype(dtype)
    places = lax.broadcasted_iota(want, x.shape, axis)
    if not descending:
        return lax.sort((x, places), dimension=axis, is_stable=True, num_keys=1)[1]
    line = lax.rev(x, (axis,))
    back = lax.sort((line, places), dimension=axis, is_stable=True, num_keys=1)[1]
    return lax.sub(constant(back, x.shape[axis] - 1), lax.rev(back, (axis,)))


def lexsort(columns: Sequence[Array]) -> Array:
    """The order (int64) of rows that are given by columns, the first of which counts most."""
    places = lax.iota(np.int64, columns[0].shape[0])
    operands = (*columns, places)
    return lax.sort(operands, is_stable=True, num_keys=len(columns))[-1]


def sort(x: Array, axis: int = -1, descending: bool = False) -> Array:
    """Elements in order along an axis; NaN counts as largest."""
    axis = normalize_axis(axis, len(x.shape))
    ordered = lax.sort(x, dimension=axis)
    return lax.rev(ordered, (axis,)) if descending else ordered


def top_k(x: Array, k: int) -> tuple[Array, Array]:
    """The k largest elements of the last axis in descending order, and their indices (int32).

    Of equal elements the first comes first.
    """
    if x.dtype.kind not in "iu":  # XLA puts -0.0 after 0.0
        zero = constant(x, 0)
        x = lax.select(lax.eq(x, zero), lax.full_like(x, 0), x)
    values, places = lax.top_k(x, int(k))
    return values, lax.convert_element_type(places, np.int32)


def bincount(values: Array, size: int, weights: Array | None, dtype: Any) -> Array:
    """How often each number in [0, size) occurs, or the sum of the weights where it does.

    Numbers from `size` on are left out; a negative one is an error.
    """
    want = as_dtype(dtype)
    count = int(np.prod(values.shape))
    flat = lax.reshape(values, (count,))
    check(
        lax.ge(flat, constant(flat, 0)), "InvalidArgumentError", "Input arr must be non-negative!"
    )
    if weights is None:
        added = lax.full((count,), 1, want)
    else:
        added = lax.convert_element_type(lax.reshape(weights, (count,)), want)
    return _apply(lax.full((int(size),), 0, want), lax.expand_dims(flat, (1,)), added, "add")


def searchsorted(
    sorted_values: Array, values: Array, side: str = "left", dtype: Any = np.int32
) -> Array:
    """Where each value [..., m] belongs in the ascending last axis of `sorted_values` [..., n]."""
    want = as_dtype(dtype)
    rank, size = len(values.shape), sorted_values.shape[-1]
    if size == 0 or 0 in values.shape:
        return lax.full(values.shape, 0, want)
    low, high = (
        lax.full(values.shape, 0, np.dtype(np.int32)),
        lax.full(values.shape, size, np.dtype(np.int32)),
    )

    def halve(_: Any, state: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = state
        middle = lax.div(lax.add(low, high), np.int32(2))
        found = take_along_axis(sorted_values, middle, rank - 1)
        if side == "left":
            goes_right = lax.lt(found, values)
        else:  # NaN goes to the end
            goes_right = lax.bitwise_not(lax.lt(values, found))
        is_open = lax.lt(low, high)
        low_next = lax.select(
            lax.bitwise_and(is_open, goes_right), lax.add(middle, np.int32(1)), low
        )
        high_next = lax.select(lax.bitwise_and(is_open, lax.bitwise_not(goes_right)), middle, high)
        return low_next, high_next

    low, _ = lax.fori_loop(0, int(size).bit_length(), halve, (low, high))
    return lax.convert_element_type(low, want)


def unique(x: Array) -> tuple[Array, Array, Array]:
    """(the different elements in order of first appearance, index of each element's, counts).

    NumPy only.
    """
    raise HostOnly("the number of different elements depends on data")


def nonzero(x: Array) -> Array:
    """Indices of the elements that are not zero, [count, rank] int64, in row-major order.

    NumPy only.
    """
    raise HostOnly("the number of non-zero elements depends on data")
