"""Sorting, searching and counting on NumPy's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import as_dtype, check, quiet
from evergraph.core.typing import Array


@quiet
def argsort(x: Array, axis: int = -1, descending: bool = False, dtype: Any = np.int32) -> Array:
    """Indices that sort along an axis; equal elements keep their order; NaN counts as largest."""
    x = np.asarray(x)
    if not descending:
        return np.argsort(x, axis, kind="stable").astype(as_dtype(dtype))
    back = np.argsort(np.flip(x, axis), axis, kind="stable")
    return (x.shape[axis] - 1 - np.flip(back, axis)).astype(as_dtype(dtype))


@quiet
def lexsort(columns: Sequence[Array]) -> Array:
    """The order (int64) of rows that are given by columns, the first of which counts most.

    Equal rows keep their order. There is at least one column.
    """
    return np.lexsort(tuple(np.asarray(column) for column in reversed(columns)))


def sort(x: Array, axis: int = -1, descending: bool = False) -> Array:
    """Elements in order along an axis; NaN counts as largest."""
    x = np.asarray(x)
    ordered = np.sort(x, axis, kind="stable")
    return np.flip(ordered, axis) if descending else ordered


def top_k(x: Array, k: int) -> tuple[Array, Array]:
    """The k largest elements of the last axis in descending order, and their indices (int32).

    Of equal elements the first comes first.
    """
    x = np.asarray(x)
    order = argsort(x, -1, True)[..., : int(k)]
    return np.take_along_axis(x, order.astype(np.int64), -1), order


def bincount(values: Array, size: int, weights: Array | None, dtype: Any) -> Array:
    """How often each number in [0, size) occurs, or the sum of the weights where it does.

    Numbers from `size` on are left out; a negative one is an error.
    """
    values = np.asarray(values).ravel()
    want = as_dtype(dtype)
    check(values >= 0, "InvalidArgumentError", "Input arr must be non-negative!")
    is_kept = values < size
    result = np.zeros(int(size), want)
    added = (
        np.ones(1, want) if weights is None else np.asarray(weights).astype(want).ravel()[is_kept]
    )
    np.add.at(result, values[is_kept], added)
    return result


def searchsorted(
    sorted_values: Array, values: Array, side: str = "left", dtype: Any = np.int32
) -> Array:
    """Where each value [..., m] belongs in the ascending last axis of `sorted_values` [..., n]."""
    rows, wanted = np.asarray(sorted_values), np.asarray(values)
    flat_rows = rows.reshape(-1, rows.shape[-1]) if rows.size else np.zeros((0, 0), rows.dtype)
    if flat_rows.shape[0] == 0:
        return np.zeros(wanted.shape, as_dtype(dtype))
    flat_wanted = wanted.reshape(flat_rows.shape[0], -1)
    found = [
        np.searchsorted(row, want, "left" if side == "left" else "right")
        for row, want in zip(flat_rows, flat_wanted, strict=True)
    ]
    return np.asarray(found).astype(as_dtype(dtype)).reshape(wanted.shape)


def unique(x: Array) -> tuple[Array, Array, Array]:
    """(the different elements in order of first appearance, index of each element's, counts).

    NumPy only.
    """
    x = np.asarray(x).ravel()
    if x.dtype.kind == "O":
        seen: dict[Any, int] = {}
        places = np.asarray([seen.setdefault(v, len(seen)) for v in x.tolist()], np.int64)
        values = np.empty(len(seen), object)
        values[:] = list(seen)
        return values, places, np.bincount(places, minlength=len(seen))
    values, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return values[order], rank[inverse], counts[order]


def nonzero(x: Array) -> Array:
    """Indices of the elements that are not zero, [count, rank] int64, in row-major order.

    NumPy only.
    """
    return np.argwhere(np.asarray(x)).astype(np.int64)
