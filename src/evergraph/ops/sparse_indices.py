"""Index matrices of sparse tensors: their order, their groups, and what is wrong with them.

Row n of an index matrix `[n, rank]` says where value n lies. The order is that of the rows read as
words: the first column counts most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor, is_sparse
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

INVALID = "InvalidArgumentError"


def as_sparse(value: Any) -> SparseTensor:
    """`value`, a SparseTensor or SparseTensorValue, as a SparseTensor.

    Raises:
        TypeError: it is neither.
    """
    if not is_sparse(value):
        raise TypeError("Input must be a SparseTensor.")
    return SparseTensor.from_value(value)


def size_text(x: Any) -> str:
    """The shape of an array as TensorFlow's run-time messages have it: `[2,3]`."""
    return "[" + ",".join(str(int(n)) for n in np.shape(x)) + "]"


def joined(sizes: Any) -> str:
    """Numbers of a vector as TensorFlow's run-time messages have them: `2,3`."""
    return ",".join(str(int(n)) for n in np.ravel(sizes))


def demand(xp: Namespace, ok: Any, message: str, error: str = INVALID) -> None:
    """Stop with `message` unless `ok`, which is known when a kernel is traced."""
    xp.check(bool(ok), error, message)


def demand_parts(xp: Namespace, indices: Array, values: Array, shape: Array) -> None:
    """Indices must be a matrix, values and shape vectors, and the three of one sparse tensor."""
    for value, rank, word, kind in (
        (indices, 2, "indices", "matrix"),
        (values, 1, "values", "vector"),
        (shape, 1, "shape", "vector"),
    ):
        demand(
            xp,
            len(xp.shape(value)) == rank,
            f"Input {word} should be a {kind} but received shape {_text(xp, value)}",
        )
    demand_sizes(xp, indices, values, shape)


def demand_sizes(xp: Namespace, indices: Array, values: Array, shape: Array) -> None:
    """A row of indices for each value, a column for each size."""
    count, rank = xp.shape(indices)
    demand(
        xp,
        count == xp.shape(values)[0],
        "indices and values rows (indexing dimension) must match. (indices = "
        f"{count}, values = {xp.shape(values)[0]})",
    )
    demand(xp, rank == xp.shape(shape)[0], "Shape rank must be SparseTensor rank.")


def _text(xp: Namespace, value: Array) -> str:
    return "[" + ",".join(str(int(n)) for n in xp.shape(value)) + "]"


def sparse_inputs(c: ShapeContext, first: int = 0) -> tuple[list[int | None], int | None]:
    """The static sizes of an index matrix, and of the vector of sizes two inputs further on."""
    indices = with_rank(c.inputs[first], 2)
    with_rank(c.inputs[first + 1], 1)
    return indices.as_list(), with_rank(c.inputs[first + 2], 1).as_list()[0]


def sorted_order(indices: np.ndarray, columns: Sequence[int] | None = None) -> np.ndarray:
    """The permutation that sorts rows by `columns` (all, when None); equal rows stay in order."""
    chosen = range(indices.shape[1]) if columns is None else columns
    keys = [indices[:, column] for column in chosen]
    if not keys:
        return np.arange(indices.shape[0])
    return np.lexsort(keys[::-1])


def starts_of_groups(rows: np.ndarray) -> np.ndarray:
    """For sorted rows `[n, columns]`: whether each differs from the one before it."""
    is_start = np.ones(rows.shape[0], bool)
    if rows.shape[0] > 1:
        is_start[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return is_start


def strides_of(sizes: Any) -> list[int]:
    """How far apart neighbours of each dimension lie in a dense tensor of these sizes."""
    strides, product = [], 1
    for size in reversed([int(n) for n in np.ravel(sizes)]):
        strides.append(product)
        product *= size
    return strides[::-1]


def flat_places(xp: Namespace, indices: Array, sizes: Any) -> Array:
    """Where each row of `indices` lies in a dense tensor of these sizes, flattened; int64."""
    strides = strides_of(sizes)
    count = xp.shape(indices)[0]
    flat = xp.zeros((count,), np.int64)
    for column, stride in enumerate(strides):
        step = xp.cast(indices[:, column], np.int64)
        flat = xp.add(flat, step if stride == 1 else xp.multiply(step, stride))
    return flat


def check_valid(xp: Namespace, indices: Array, sizes: np.ndarray) -> None:
    """Demand rows within `sizes`, in order, none twice."""
    inside = in_bounds(xp, indices, sizes)
    if not xp.is_concrete(indices):
        # In bounds the order of rows is the order of their places.
        places = flat_places(xp, indices, sizes)
        rises = xp.greater(places[1:], places[:-1])
        xp.check(xp.all(inside), INVALID, "indices are out of bounds")
        xp.check(xp.all(rises), INVALID, "indices are out of order or repeated")
        return
    indices = np.asarray(indices)
    step = np.zeros(indices.shape[0], np.int64)
    if indices.shape[0] > 1 and indices.shape[1]:
        change = np.sign(indices[1:] - indices[:-1])
        first = np.argmax(change != 0, axis=1)
        step[1:] = np.take_along_axis(change, first[:, np.newaxis], 1)[:, 0]
    step[:1] = 1
    wrong = ~np.asarray(inside) | (step <= 0)
    if not wrong.any():
        return
    n = int(np.argmax(wrong))
    row = f"indices[{n}] = [{joined(indices[n])}]"
    if not inside[n]:
        words = f" is out of bounds: need 0 <= index < [{joined(sizes)}]"
    elif step[n] < 0:
        words = (
            " is out of order. Many sparse ops require sorted indices.\n"
            "    Use `tf.sparse.reorder` to create a correctly ordered copy.\n\n"
        )
    else:
        words = " is repeated"
    xp.check(False, INVALID, row + words)


def in_bounds(xp: Namespace, indices: Array, sizes: Any) -> Array:
    """For each row whether all of its indices lie within `sizes`."""
    count = xp.shape(indices)[0]
    inside = xp.full((count,), True, np.bool_)
    for column, size in enumerate(np.ravel(sizes).tolist()):
        index = indices[:, column]
        within = xp.logical_and(xp.greater_equal(index, 0), xp.less(index, int(size)))
        inside = xp.logical_and(inside, within)
    return inside


def all_in_bounds(xp: Namespace, indices: Array, sizes: Any) -> Array:
    """Whether every index lies within `sizes`."""
    if not xp.shape(indices)[0]:
        return np.True_
    inside = np.True_
    for column, size in enumerate(np.ravel(sizes).tolist()):
        index = indices[:, column]
        low, high = xp.min(index, 0), xp.max(index, 0)
        within = xp.logical_and(xp.greater_equal(low, 0), xp.less(high, int(size)))
        inside = xp.logical_and(inside, within)
    return inside


def merged_rows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The union of the rows of two sorted index matrices.

    Returns:
        (rows, place of each row of `a`, place of each row of `b`). A row that comes twice in one
        matrix stays two rows: the k-th in `a` meets the k-th in `b`.
    """
    both = np.concatenate([a, b])
    order = sorted_order(both)
    ordered = both[order]
    is_start = starts_of_groups(ordered)
    from_b = order >= a.shape[0]
    # Within a group the rows of `a` come first; number those of each matrix.
    group = np.cumsum(is_start) - 1
    first = np.flatnonzero(is_start)
    count_a = np.bincount(group[~from_b], minlength=len(first))
    turn = np.arange(len(order)) - first[group] if len(order) else np.zeros(0, np.int64)
    turn = np.where(from_b, turn - count_a[group], turn)
    width = np.maximum(count_a, np.bincount(group[from_b], minlength=len(first)))
    offset = np.cumsum(width) - width
    places = np.empty(len(order), np.int64)
    places[order] = offset[group] + turn
    rows = np.empty((int(width.sum()), both.shape[1]), both.dtype)
    rows[places] = both
    return rows, places[: a.shape[0]], places[a.shape[0] :]


def values_at(rows: np.ndarray, table: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The value of each of `rows` in the index matrix `table`, zero for one that isn't there."""
    union, own, theirs = merged_rows(rows, table)
    spread: np.ndarray = np.zeros(union.shape[0], values.dtype)
    spread[theirs] = values
    found: np.ndarray = spread[own]
    return found
