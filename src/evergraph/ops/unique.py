"""Different elements: Unique, UniqueWithCounts, their V2 forms with an axis, ListDiff."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, DType
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_OUT_IDX = (INDEX, dtypes.int32)


def _unique_shape(c: ShapeContext) -> list[TensorShape]:
    with_rank(c.inputs[0], 1)
    shapes = [TensorShape([None]), c.inputs[0], TensorShape([None])]
    return shapes[: c.output_count]


UNIQUE = register_op(
    "Unique",
    inputs="x: T",
    outputs="y: T, idx: out_idx",
    attrs={"T": "type", "out_idx": _OUT_IDX},
    shape=_unique_shape,
    numpy_only=True,
)


@UNIQUE.kernel
def _unique(xp: Namespace, x: Array, *, out_idx: DType) -> list[Array]:
    values, places, _ = _of_vector(xp, x)
    return [values, places.astype(out_idx.as_numpy_dtype)]


def _of_vector(xp: Namespace, x: Array) -> tuple[Array, Array, Array]:
    if np.ndim(x) != 1:
        raise InvalidArgumentError(None, None, "unique expects a 1D vector.")
    return xp.unique(x)  # type: ignore[no-any-return]  # an array namespace is Any


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The different elements of a vector, in order of first appearance.

    Args:
        x: vector of any type.
        out_idx: int32 or int64.
        name: name of the operation; "Unique" when None.

    Returns:
        (y, idx): the elements, and where each element of `x` is in `y`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/unique_op.cc.
    """
    result: tuple[Tensor, Tensor] = UNIQUE(x, out_idx=out_idx, name=name)
    return result


UNIQUE_WITH_COUNTS = register_op(
    "UniqueWithCounts",
    inputs="x: T",
    outputs="y: T, idx: out_idx, count: out_idx",
    attrs={"T": "type", "out_idx": _OUT_IDX},
    shape=_unique_shape,
    numpy_only=True,
)


@UNIQUE_WITH_COUNTS.kernel
def _unique_with_counts(xp: Namespace, x: Array, *, out_idx: DType) -> list[Array]:
    values, places, counts = _of_vector(xp, x)
    kind = out_idx.as_numpy_dtype
    return [values, places.astype(kind), counts.astype(kind)]


def unique_with_counts(
    x: Any, out_idx: Any = dtypes.int32, name: str | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """As `unique`, and how often each element occurs.

    Args:
        x: vector of any type.
        out_idx: int32 or int64.
        name: name of the operation; "UniqueWithCounts" when None.

    Returns:
        (y, idx, count).

    Reference: TensorFlow 1.15, tensorflow/core/kernels/unique_op.cc.
    """
    result: tuple[Tensor, Tensor, Tensor] = UNIQUE_WITH_COUNTS(x, out_idx=out_idx, name=name)
    return result


def _unique_v2_shape(c: ShapeContext) -> list[TensorShape]:
    # What TensorFlow says, which is true for vectors.
    return [TensorShape([None]), c.inputs[0], TensorShape([None])][: c.output_count]


UNIQUE_V2 = register_op(
    "UniqueV2",
    inputs="x: T, axis: Taxis",
    outputs="y: T, idx: out_idx",
    attrs={"T": "type", "Taxis": (INDEX, dtypes.int64), "out_idx": _OUT_IDX},
    shape=_unique_v2_shape,
    numpy_only=True,
)


@UNIQUE_V2.kernel
def _unique_v2(xp: Namespace, x: Array, axis: Array, *, out_idx: DType) -> list[Array]:
    return _along_axis(xp, x, axis, out_idx)[:2]


UNIQUE_WITH_COUNTS_V2 = register_op(
    "UniqueWithCountsV2",
    inputs="x: T, axis: Taxis",
    outputs="y: T, idx: out_idx, count: out_idx",
    attrs={"T": "type", "Taxis": (INDEX, dtypes.int64), "out_idx": _OUT_IDX},
    shape=_unique_v2_shape,
    numpy_only=True,
)


@UNIQUE_WITH_COUNTS_V2.kernel
def _unique_with_counts_v2(xp: Namespace, x: Array, axis: Array, *, out_idx: DType) -> list[Array]:
    return _along_axis(xp, x, axis, out_idx)


def _along_axis(xp: Namespace, x: Array, axis: Array, out_idx: DType) -> list[Array]:
    """Different slices along `axis`; different elements of a vector when it is empty."""
    kind = out_idx.as_numpy_dtype
    if np.size(axis) == 0:
        values, places, counts = _of_vector(xp, x)
        return [values, places.astype(kind), counts.astype(kind)]
    at = int(np.ravel(axis)[0])
    if np.ndim(axis) != 1 or np.size(axis) != 1:
        raise InvalidArgumentError(None, None, "axis expects a 1D vector.")
    if not -x.ndim <= at < x.ndim:
        raise InvalidArgumentError(None, None, f"axis has to be between {-x.ndim} and {x.ndim - 1}")
    rows = np.moveaxis(x, at, 0)
    # Each element as a number first, so that rows of text are compared like any others.
    width = int(np.prod(rows.shape[1:], dtype=np.int64))
    codes = xp.unique(rows)[1].reshape(rows.shape[0], width)
    if not width:  # all rows are alike
        codes = np.zeros((rows.shape[0], 1), np.int64)
    _, first, found, counts = np.unique(
        codes, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first, kind="stable")  # as they first appear
    turn = np.empty_like(order)
    turn[order] = np.arange(order.size)
    values = np.moveaxis(rows[first[order]], 0, at)
    return [values, turn[found.ravel()].astype(kind), counts[order].astype(kind)]


def _list_diff_shape(c: ShapeContext) -> list[TensorShape]:
    for shape in c.inputs:
        with_rank(shape, 1)
    return [TensorShape([None])] * 2


LIST_DIFF = register_op(
    "ListDiff",
    inputs="x: T, y: T",
    outputs="out: T, idx: out_idx",
    attrs={"T": "type", "out_idx": _OUT_IDX},
    shape=_list_diff_shape,
    numpy_only=True,
)


@LIST_DIFF.kernel
def _list_diff(xp: Namespace, x: Array, y: Array, *, out_idx: DType) -> list[Array]:
    for value, word in ((x, "x"), (y, "y")):
        if np.ndim(value) != 1:
            raise InvalidArgumentError(None, None, f"{word} should be a 1D vector.")
    # Elements as numbers: text can't be compared otherwise without a loop.
    codes = xp.unique(np.concatenate([x, y]))[1]
    kept = np.flatnonzero(~np.isin(codes[: x.size], codes[x.size :]))
    return [x[kept], kept.astype(out_idx.as_numpy_dtype)]


def setdiff1d(
    x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The elements of `x` that aren't in `y`, in order.

    Args:
        x: vector.
        y: vector of the same type.
        index_dtype: int32 or int64.
        name: name of the operation; "ListDiff" when None.

    Returns:
        (out, idx): the elements, and where they are in `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/listdiff_op.cc.
    """
    result: tuple[Tensor, Tensor] = LIST_DIFF(x, y, out_idx=index_dtype, name=name)
    return result


def listdiff(x: Any, y: Any, out_idx: Any = None, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Older name of `setdiff1d`."""
    result: tuple[Tensor, Tensor] = LIST_DIFF(x, y, out_idx=out_idx, name=name)
    return result


def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """The rows of `a` whose index isn't in `mask_indices`.

    Args:
        a: IndexedSlices.
        mask_indices: vector of the type of `a.indices`.
        name: name of the operations; "sparse_mask" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    from evergraph.ops.array_gather import gather

    with name_scope(name, "sparse_mask", [a, mask_indices]) as scope:
        kept, places = LIST_DIFF(a.indices, mask_indices, out_idx=dtypes.int32)
        return IndexedSlices(gather(a.values, places, name=scope), kept, a.dense_shape)
