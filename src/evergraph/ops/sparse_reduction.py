"""Sums and largest elements of sparse tensors over chosen axes, dense or sparse."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import NUMERIC, REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_gather import gather_nd
from evergraph.ops.array_shape import one_of, reshape
from evergraph.ops.cast import cast
from evergraph.ops.math_reduction import reduced_shape, reduction_dims
from evergraph.ops.sparse_indices import (
    all_in_bounds,
    demand,
    flat_places,
    size_text,
    sorted_order,
    starts_of_groups,
)
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import unknown
from evergraph.registry.shape_inference import ShapeContext

_INPUTS = "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32"


def _dense_shape(c: ShapeContext) -> TensorShape:
    sizes, axes = c.constant(2), c.constant(3)
    if sizes is None or axes is None:
        return TensorShape(None)
    flat = np.ravel(sizes).tolist()
    if not flat:
        raise ValueError("Number of dims in shape tensor must not be 0")
    reduced = {int(axis) % len(flat) for axis in np.ravel(axes)}
    if c.attr("keep_dims"):
        return TensorShape([1 if d in reduced else n for d, n in enumerate(flat)])
    return TensorShape([n for d, n in enumerate(flat) if d not in reduced])


def _kept_axes(
    xp: Namespace, indices: Array, values: Array, sizes: np.ndarray, axes: np.ndarray
) -> list[int]:
    """The axes that stay, in order."""
    demand(
        xp,
        sizes.ndim == 1,
        f"Expected input_shape to be a vector; got shape: {size_text(sizes)}",
    )
    demand(
        xp,
        axes.ndim <= 1,
        f"Expected reduction_axes to be a scalar or a vector; got shape: {size_text(axes)}",
    )
    rank = sizes.size
    for axis in np.ravel(axes).tolist():
        demand(
            xp,
            -rank <= axis < rank,
            f"Invalid reduction dimension {axis}, for input with {rank} dimensions.",
        )
    demand(
        xp,
        len(xp.shape(values)) == 1,
        f"vals must be a vec, but got: {list(xp.shape(values))}",
    )
    demand(
        xp,
        len(xp.shape(indices)) == 2,
        f"indices must be a matrix, but got: {list(xp.shape(indices))}",
    )
    demand(
        xp,
        xp.shape(indices)[0] == xp.shape(values)[0],
        "indices and values rows (indexing dimension) must match. (indices = "
        f"{xp.shape(indices)[0]}, values = {xp.shape(values)[0]})",
    )
    demand(xp, xp.shape(indices)[1] == rank, "Order length must be SparseTensor rank.")
    reduced = {axis % rank for axis in np.ravel(axes).tolist()}
    return [axis for axis in range(rank) if axis not in reduced]


def _sizes(sizes: np.ndarray, kept: list[int], keep_dims: bool) -> tuple[int, ...]:
    if keep_dims:
        return tuple(int(n) if d in kept else 1 for d, n in enumerate(sizes))
    return tuple(int(sizes[d]) for d in kept)


def _places(xp: Namespace, indices: Array, sizes: np.ndarray, kept: list[int]) -> Array:
    """Where each element goes in the flattened result."""
    columns = xp.stack([indices[:, d] for d in kept], 1) if kept else indices[:, :0]
    lengths = [int(sizes[d]) for d in kept]
    places = flat_places(xp, columns, lengths)
    xp.check(
        all_in_bounds(xp, columns, lengths),
        "InternalError",
        "Obtained a write index which is outside of bounds of the result",
    )
    return places


def _reduced(xp: Namespace, reduce: Any, inputs: tuple[Array, ...], keep_dims: bool) -> Array:
    """The result, dense: `reduce(values, places, their number)`, zeros where there is nothing."""
    indices, values, shape, axes = inputs
    kept = _kept_axes(xp, indices, values, shape, axes)
    sizes = _sizes(shape, kept, keep_dims)
    total = int(np.prod(sizes, dtype=np.int64))
    places = _places(xp, indices, shape, kept)
    if not xp.shape(values)[0] or not total:
        return xp.zeros(sizes, values.dtype)
    return xp.reshape(reduce(values, places, total), sizes)


SPARSE_REDUCE_SUM = register_op(
    "SparseReduceSum",
    inputs=_INPUTS,
    outputs="output: T",
    attrs={"keep_dims": "bool = false", "T": NUMERIC},
    shape=_dense_shape,
    static_inputs=("input_shape", "reduction_axes"),
)


@SPARSE_REDUCE_SUM.kernel
def _sparse_reduce_sum(xp: Namespace, *inputs: Array, keep_dims: bool) -> Array:
    return _reduced(xp, xp.unsorted_segment_sum, inputs, keep_dims)


@SPARSE_REDUCE_SUM.gradient
def _sparse_reduce_sum_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    indices, _, sizes, axes = op.inputs
    kept = reduced_shape(sizes, axes)
    d_kept = reshape(d_output, kept)
    scale: Any = sizes // cast(kept, dtypes.int64)
    return None, gather_nd(d_kept, indices // scale), None, None


SPARSE_REDUCE_MAX = register_op(
    "SparseReduceMax",
    inputs=_INPUTS,
    outputs="output: T",
    attrs={"keep_dims": "bool = false", "T": REAL_NUMERIC},
    shape=_dense_shape,
    static_inputs=("input_shape", "reduction_axes"),
)


@SPARSE_REDUCE_MAX.kernel
def _sparse_reduce_max(xp: Namespace, *inputs: Array, keep_dims: bool) -> Array:
    def largest(values: Array, places: Array, total: int) -> Array:
        found = xp.unsorted_segment_max(values, places, total)
        ones = xp.ones(xp.shape(values), np.int32)
        counts = xp.unsorted_segment_sum(ones, places, total)
        # Where there is no element the result is zero, as everywhere in a sparse tensor.
        return xp.where(xp.greater(counts, 0), found, xp.zeros((total,), found.dtype))

    return _reduced(xp, largest, inputs, keep_dims)


def _sparse_reduced(
    xp: Namespace, ufunc: Any, inputs: tuple[Array, ...], keep_dims: bool
) -> list[Array]:
    indices, values, sizes, axes = inputs
    kept = _kept_axes(xp, indices, values, sizes, axes)
    shape = np.asarray(_sizes(sizes, kept, keep_dims), np.int64)
    order = sorted_order(indices, kept)
    rows = indices[order][:, kept]
    starts = np.flatnonzero(starts_of_groups(rows))
    columns = kept if keep_dims else list(range(len(kept)))
    result = np.zeros((starts.size, shape.size), np.int64)
    result[:, columns] = rows[starts]
    if not starts.size:
        return [result, values[:0], shape]
    reduced = ufunc.reduceat(values[order], starts).astype(values.dtype)
    return [result, reduced, shape]


SPARSE_REDUCE_SUM_SPARSE = register_op(
    "SparseReduceSumSparse",
    inputs=_INPUTS,
    outputs="output_indices: int64, output_values: T, output_shape: int64",
    attrs={"keep_dims": "bool = false", "T": NUMERIC},
    shape=unknown,
    numpy_only=True,
)


@SPARSE_REDUCE_SUM_SPARSE.kernel
def _sparse_reduce_sum_sparse(xp: Namespace, *inputs: Array, keep_dims: bool) -> list[Array]:
    return _sparse_reduced(xp, np.add, inputs, keep_dims)


SPARSE_REDUCE_MAX_SPARSE = register_op(
    "SparseReduceMaxSparse",
    inputs=_INPUTS,
    outputs="output_indices: int64, output_values: T, output_shape: int64",
    attrs={"keep_dims": "bool = false", "T": REAL_NUMERIC},
    shape=unknown,
    numpy_only=True,
)


@SPARSE_REDUCE_MAX_SPARSE.kernel
def _sparse_reduce_max_sparse(xp: Namespace, *inputs: Array, keep_dims: bool) -> list[Array]:
    return _sparse_reduced(xp, np.maximum, inputs, keep_dims)


def _reduce(
    op_def: OpDef,
    sp_input: SparseTensor,
    axis: Any,
    keepdims: bool | None,
    reduction_axes: Any,
    keep_dims: bool | None,
) -> Any:
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    if reduction_axes is not None:
        if axis is not None:
            raise ValueError("Can't specify both axis' and 'reduction_indices'.")
        axis = reduction_axes
    axes = reduction_dims(sp_input, axis)
    return op_def(
        sp_input.indices, sp_input.values, sp_input.dense_shape, axes, keep_dims=bool(keepdims)
    )


def sparse_reduce_sum(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The sum of elements over axes, dense.

    Args:
        sp_input: SparseTensor of numbers.
        axis: the axes; all when None.
        keepdims: whether reduced axes stay, with size 1.
        reduction_axes: older name of `axis`.
        keep_dims: older name of `keepdims`.

    Returns:
        Tensor; zero where there is no element.

    Raises:
        tf.errors.InvalidArgumentError: while running, an axis out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_reduce_op.cc.
    """
    result: Tensor = _reduce(SPARSE_REDUCE_SUM, sp_input, axis, keepdims, reduction_axes, keep_dims)
    return result


def sparse_reduce_max(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The largest of the elements that there are over axes, dense.

    Args:
        sp_input: SparseTensor of real numbers.
        axis: the axes; all when None.
        keepdims: whether reduced axes stay, with size 1.
        reduction_axes: older name of `axis`.
        keep_dims: older name of `keepdims`.

    Returns:
        Tensor; zero where there is no element.

    Raises:
        tf.errors.InvalidArgumentError: while running, an axis out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_reduce_op.cc.
    """
    result: Tensor = _reduce(SPARSE_REDUCE_MAX, sp_input, axis, keepdims, reduction_axes, keep_dims)
    return result


def sparse_reduce_sum_sparse(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> SparseTensor:
    """As `sparse_reduce_sum`, with a SparseTensor for a result."""
    return SparseTensor(
        *_reduce(SPARSE_REDUCE_SUM_SPARSE, sp_input, axis, keepdims, reduction_axes, keep_dims)
    )


def sparse_reduce_max_sparse(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> SparseTensor:
    """As `sparse_reduce_max`, with a SparseTensor for a result."""
    return SparseTensor(
        *_reduce(SPARSE_REDUCE_MAX_SPARSE, sp_input, axis, keepdims, reduction_axes, keep_dims)
    )
