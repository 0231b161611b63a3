"""Writing at indices on NumPy's side: scatters and segment reductions, duplicates in order.

`mode` is "set", "add", "subtract", "multiply", "divide", "minimum" or "maximum".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.indexing import NdMessage, check_nd_indices
from evergraph.arrays.numpy_backend.operands import check, check_indices, finfo, pair, quiet
from evergraph.core.typing import Array

_UFUNCS: dict[str, Any] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
    "minimum": np.fmin,
    "maximum": np.fmax,
}
# Scatters, unlike segments, give NaN for the least or largest of NaN and a number, as XLA's do.
_TO_NAN = {**_UFUNCS, "minimum": np.minimum, "maximum": np.maximum}


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
    result, updates = np.array(x), pair(updates, x)[0]
    indices = np.asarray(indices)
    check_indices(indices, result.shape[0], message)
    if updates.ndim == 0:
        updates = np.broadcast_to(updates, indices.shape + result.shape[1:])
    _apply(result, (indices,), updates, mode, _TO_NAN)
    return result


def scatter_nd(
    indices: Array, updates: Array, shape: Sequence[int], message: NdMessage | None = None
) -> Array:
    """Zeros of `shape` with `updates` added at the rows of `indices`."""
    updates = np.asarray(updates)
    base = np.zeros(tuple(int(n) for n in shape), updates.dtype)
    return scatter_nd_update(base, indices, updates, "add", message)


def scatter_nd_update(
    x: Array, indices: Array, updates: Array, mode: str = "set", message: NdMessage | None = None
) -> Array:
    """`x` with its slices at the rows (last axis) of `indices` changed by `updates`.

    `updates` has the shape indices.shape[:-1] + x.shape[indices.shape[-1]:], or is a scalar.
    """
    result, updates = np.array(x), pair(updates, x)[0]
    indices = np.asarray(indices)
    depth = indices.shape[-1]
    check_nd_indices(indices, result.shape[:depth], message)
    updates = np.broadcast_to(updates, indices.shape[:-1] + result.shape[depth:])
    if depth == 0:
        flat = np.zeros(updates.shape[: updates.ndim - result.ndim], np.int64)
        held = result[np.newaxis]
        _apply(held, (flat,), updates, mode, _TO_NAN)
        return held[0]
    _apply(result, tuple(np.moveaxis(indices, -1, 0)), updates, mode, _TO_NAN)
    return result


@quiet
def _apply(
    result: Array,
    index: tuple[Array, ...],
    updates: Array,
    mode: str,
    ufuncs: dict[str, Any] = _UFUNCS,
) -> None:
    if mode == "set":
        result[index] = updates
    elif mode == "divide" and result.dtype.kind in "iu":
        check(updates != 0, "InvalidArgumentError", "Integer division by zero")
        for place in np.ndindex(index[0].shape):
            at = tuple(i[place] for i in index)
            result[at] = np.trunc(result[at] / updates[place]).astype(result.dtype)
    elif mode == "add" and len(index) == 1 and result.ndim > 1 and _is_unique(index[0]):
        result[index] += updates  # several times faster than `add.at`
    else:
        ufuncs[mode].at(result, index, updates)


def _is_unique(indices: Array) -> bool:
    flat = np.sort(indices, None)
    return bool((flat[1:] != flat[:-1]).all())


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


@quiet
def segment_mean(data: Array, segment_ids: Array, num_segments: int | None = None) -> Array:
    """Means; see `segment_sum`."""
    total = segment_sum(data, segment_ids, num_segments)
    counts = np.bincount(np.asarray(segment_ids), minlength=total.shape[0])
    counts = np.maximum(counts, 1).reshape((-1,) + (1,) * (total.ndim - 1)).astype(total.dtype)
    if total.dtype.kind in "iu":
        return np.floor_divide(total - np.fmod(total, counts), counts)
    return np.true_divide(total, counts)


def _sorted(mode: str, start: int, empty: int, data: Array, ids: Array, count: int | None) -> Array:
    data, ids = np.asarray(data), np.asarray(ids)
    if ids.size and (ids[0] < 0):
        rows = int(ids[-1]) + 1 if count is None else int(count)
        check(
            False,
            "InvalidArgumentError",
            f"Segment id {int(ids[0])} out of range [0, {rows}), possibly because 'segment_ids' "
            "input is not sorted.",
        )
    check(ids[1:] >= ids[:-1], "InvalidArgumentError", "segment ids are not increasing")
    rows = int(count) if count is not None else int(ids[-1]) + 1 if ids.size else 0
    check_indices(ids, rows, _segment_message)
    result = np.full((rows, *data.shape[1:]), _start(mode, start, data.dtype), data.dtype)
    _apply(result, (ids,), data, mode)
    if start != empty:
        result[np.bincount(ids, minlength=rows) == 0] = empty
    return result


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
    data, ids = np.asarray(data), np.asarray(ids)
    check_indices(np.maximum(ids, 0), count, _segment_message)
    rest = data.shape[ids.ndim :]
    result = np.full((int(count), *rest), _start(mode, start, data.dtype), data.dtype)
    is_kept = ids >= 0
    _apply(result, (ids[is_kept],), data[is_kept], mode)
    return result
