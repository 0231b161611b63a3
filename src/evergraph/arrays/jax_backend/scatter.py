"""Writing at indices on JAX's side: scatters and segment reductions, duplicates in order.

`mode` is "set", "add", "subtract", "multiply", "divide", "minimum" or "maximum".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.checks import HostOnly
from evergraph.arrays.jax_backend.division import divide
from evergraph.arrays.jax_backend.indexing import NdMessage, check_nd_indices
from evergraph.arrays.jax_backend.operands import (
    broadcast,
    check,
    check_indices,
    constant,
    finfo,
    typed,
)
from evergraph.core.typing import Array

_DROP = lax.GatherScatterMode.FILL_OR_DROP
_SCATTERS: dict[str, Callable[..., Array]] = {
    "set": lax.scatter,
    "add": lax.scatter_add,
    "multiply": lax.scatter_mul,
    "minimum": lax.scatter_min,
    "maximum": lax.scatter_max,
}


def scatter(
    x: Array,
    indices: Array,
    updates: Array,
    mode: str = "set",
    message: Callable[[str, int, int], str] | None = None,
) -> Array:
    """`x` with its rows x[indices] changed by `updates`.

    Args:
        x: [rows, ...].
        indices: integers of any shape, in [0, rows): else an error with `check_indices`'s message.
        updates: indices.shape + x.shape[1:], or a scalar for all.
        mode: what to do with a row and its update; see the head of this module.
        message: see `check_indices`.
    """
    updates, _ = typed(updates, x)
    check_indices(indices, x.shape[0], message)
    updates = broadcast(updates, (*indices.shape, *x.shape[1:]))
    return _apply(x, lax.expand_dims(indices, (len(indices.shape),)), updates, mode)


def scatter_nd(
    indices: Array, updates: Array, shape: Sequence[int], message: NdMessage | None = None
) -> Array:
    """Zeros of `shape` with `updates` added at the rows of `indices`."""
    base = lax.full(tuple(int(n) for n in shape), 0, updates.dtype)
    return scatter_nd_update(base, indices, updates, "add", message)


def scatter_nd_update(
    x: Array, indices: Array, updates: Array, mode: str = "set", message: NdMessage | None = None
) -> Array:
    """`x` with its slices at the rows (last axis) of `indices` changed by `updates`.

    `updates` has the shape indices.shape[:-1] + x.shape[indices.shape[-1]:], or is a scalar.
    """
    updates, _ = typed(updates, x)
    depth = indices.shape[-1]
    check_nd_indices(indices, x.shape[:depth], message)
    updates = broadcast(updates, (*indices.shape[:-1], *x.shape[depth:]))
    return _apply(x, indices, updates, mode)


def _apply(x: Array, indices: Array, updates: Array, mode: str) -> Array:
    """Change the slices of `x` at the rows of `indices`.

    Rows out of range, negative too, are dropped.
    """
    depth, outer = indices.shape[-1], len(indices.shape) - 1
    if 0 in updates.shape or 0 in x.shape:
        return x
    if mode == "subtract":
        return _apply(x, indices, lax.neg(updates), "add")
    if mode == "divide":
        ones = lax.full_like(x, 1)
        return divide(x, _apply(ones, indices, updates, "multiply"))
    if x.dtype.kind == "b":
        wide = _apply(_byte(x), indices, _byte(updates), mode)
        return lax.ne(wide, constant(wide, 0))
    indexed = tuple(range(depth))
    numbers = lax.ScatterDimensionNumbers(
        update_window_dims=tuple(range(outer, len(updates.shape))),
        inserted_window_dims=indexed,
        scatter_dims_to_operand_dims=indexed,
    )
    return _SCATTERS[mode](x, indices, updates, numbers, mode=_DROP)


def _byte(x: Array) -> Array:
    return lax.convert_element_type(x, np.uint8)


# Segments: elements of one id are reduced to one row.


def segment_sum(data: Array, segment_ids: Array, num_segments: int | None = None) -> Array:
    """Sums of the rows of equal id; ids ascend. Rows without elements are 0.

    `num_segments` is the last id + 1 when None, which only the NumPy backend can know.
    """
    return _sorted("add", 0, 0, data, segment_ids, num_segments)


def segment_prod(data: Array, segment_ids: Array, num_segments: int | None = None) -> Array:
    """Products; see `segment_sum`. Rows without elements are 1."""
    return _sorted("multiply", 1, 1, data, segment_ids, num_segments)


def segment_max(data: Array, segment_ids: Array, num_segments: int | None = None) -> Array:
    """Largest elements; see `segment_sum`."""
    return _sorted("maximum", -1, 0, data, segment_ids, num_segments)


def segment_min(data: Array, segment_ids: Array, num_segments: int | None = None) -> Array:
    """Least elements; see `segment_sum`."""
    return _sorted("minimum", 1, 0, data, segment_ids, num_segments)


def segment_mean(data: Array, segment_ids: Array, num_segments: int | None = None) -> Array:
    """Means; see `segment_sum`."""
    total = segment_sum(data, segment_ids, num_segments)
    counts = _counts(segment_ids, total.shape[0])
    counts = lax.convert_element_type(lax.max(counts, lax.full_like(counts, 1)), total.dtype)
    counts = lax.broadcast_in_dim(counts, total.shape, (0,))
    return lax.div(total, counts)


def _counts(ids: Array, rows: int) -> Array:
    ones = lax.full(ids.shape, 1, np.dtype(np.int32))
    zeros = lax.full((rows,), 0, np.dtype(np.int32))
    return _apply(zeros, lax.expand_dims(ids, (1,)), ones, "add")


def _sorted(mode: str, start: int, empty: int, data: Array, ids: Array, count: int | None) -> Array:
    if count is None:
        if not isinstance(ids, np.ndarray):
            raise HostOnly("the number of segments depends on data")
        count = int(ids[-1]) + 1 if ids.size else 0
    rows = int(count)
    if ids.shape[0]:
        ordered = lax.ge(lax.slice_in_dim(ids, 1, None), lax.slice_in_dim(ids, 0, -1))
        check(ordered, "InvalidArgumentError", "segment ids are not increasing")
    check_indices(ids, rows, _segment_message)
    base = lax.full((rows, *data.shape[1:]), _start(mode, start, data.dtype), data.dtype)
    result = _apply(base, lax.expand_dims(ids, (1,)), data, mode)
    if start == empty:
        return result
    is_empty = lax.eq(_counts(ids, rows), np.int32(0))
    is_empty = lax.broadcast_in_dim(is_empty, result.shape, (0,))
    return lax.select(is_empty, lax.full_like(result, empty), result)


def _start(mode: str, start: int, dtype: np.dtype[Any]) -> Any:
    if mode not in ("maximum", "minimum"):
        return start
    info: Any = np.iinfo(dtype) if dtype.kind in "iu" else finfo(dtype)
    return info.min if mode == "maximum" else info.max


def _segment_message(place: str, index: int, limit: int) -> str:
    return f"segment_ids{place} = {index} is out of range [0, {limit})"


def unsorted_segment_sum(data: Array, segment_ids: Array, num_segments: int) -> Array:
    """Sums of the slices of equal id; ids in any order, negative ones drop their slice.

    Ids from `num_segments` on are an error; rows without elements are 0.
    """
    return _unsorted("add", 0, data, segment_ids, num_segments)


def unsorted_segment_prod(data: Array, segment_ids: Array, num_segments: int) -> Array:
    """Products; see `unsorted_segment_sum`. Rows without elements are 1."""
    return _unsorted("multiply", 1, data, segment_ids, num_segments)


def unsorted_segment_max(data: Array, segment_ids: Array, num_segments: int) -> Array:
    """Largest elements; see `unsorted_segment_sum`.

    Rows without elements hold the least finite value.
    """
    return _unsorted("maximum", 0, data, segment_ids, num_segments)


def unsorted_segment_min(data: Array, segment_ids: Array, num_segments: int) -> Array:
    """Least elements; see `unsorted_segment_sum`.

    Rows without elements hold the largest finite value.
    """
    return _unsorted("minimum", 0, data, segment_ids, num_segments)


def _unsorted(mode: str, start: int, data: Array, ids: Array, count: int) -> Array:
    rest = data.shape[len(ids.shape) :]
    check_indices(lax.max(ids, lax.full_like(ids, 0)), int(count), _segment_message)
    base = lax.full((int(count), *rest), _start(mode, start, data.dtype), data.dtype)
    return _apply(base, lax.expand_dims(ids, (len(ids.shape),)), data, mode)
