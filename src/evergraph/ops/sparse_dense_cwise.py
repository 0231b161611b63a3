"""Element-wise operations of a sparse tensor and a dense one that is broadcast to it.

Only the places that the sparse tensor has are computed; the result has its indices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather_nd
from evergraph.ops.array_shape import expand_dims, size
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.cast import cast
from evergraph.ops.fills import ones, zeros_like
from evergraph.ops.math_functions import square
from evergraph.ops.sparse_indices import INVALID, all_in_bounds, demand, joined, strides_of
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_SCHEMA: dict[str, Any] = {
    "inputs": "sp_indices: int64, sp_values: T, sp_shape: int64, dense: T",
    "outputs": "output: T",
    "attrs": {"T": NUMERIC},
}


def _values_shape(c: ShapeContext) -> TensorShape:
    return TensorShape([with_rank(c.inputs[0], 2).as_list()[0]])


def _at_indices(
    xp: Namespace, indices: Array, values: Array, shape: np.ndarray, dense: Array
) -> Array:
    """The elements of `dense`, broadcast to `shape`, at `indices`: a vector, or a single one.

    All arguments are checked.
    """
    given, own = xp.shape(indices), xp.shape(dense)
    demand(
        xp,
        len(given) == 2,
        f"Input sp_indices should be a matrix but received shape: [{joined(given)}]",
    )
    demand(
        xp,
        len(xp.shape(values)) == 1 and shape.ndim == 1,
        "Inputs sp_values and sp_shape should be vectors but received shapes: "
        f"[{joined(xp.shape(values))}] and [{joined(shape.shape)}]",
    )
    demand(
        xp,
        xp.shape(values)[0] == given[0],
        f"The first dimension of values and indices should match. ({xp.shape(values)[0]} vs. "
        f"{given[0]})",
    )
    demand(
        xp,
        shape.size == given[1],
        f"Number of dimensions must match second dimension of indices. Got {shape.size} "
        f"dimensions, indices shape: [{joined(given)}]",
    )
    demand(xp, shape.size > 0, "The shape argument requires at least one element.")
    sizes = [int(n) for n in shape]
    fits = len(own) <= len(sizes) and all(
        mine in (1, theirs) and mine <= theirs
        for mine, theirs in zip(own, sizes[len(sizes) - len(own) :], strict=True)
    )
    demand(
        xp,
        fits,
        "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
        f"[{joined(sizes)}] vs. [{joined(own)}]",
    )
    xp.check(
        all_in_bounds(xp, indices, sizes),
        INVALID,
        "Provided indices are out-of-bounds w.r.t. dense side with broadcasted shape",
    )
    total = int(np.prod(own, dtype=np.int64))
    if not given[0] or not total:
        return xp.zeros((given[0],), dense.dtype)
    if total == 1:
        return xp.reshape(dense, (1,))
    places = xp.zeros((given[0],), np.int64)
    first = len(sizes) - len(own)
    for axis, (length, stride) in enumerate(zip(own, strides_of(own), strict=True)):
        if length > 1:
            places = xp.add(places, xp.multiply(indices[:, first + axis], stride))
    return xp.gather(xp.reshape(dense, (total,)), places, 0)


SPARSE_DENSE_CWISE_ADD = register_op(
    "SparseDenseCwiseAdd", **_SCHEMA, shape=_values_shape, static_inputs=("sp_shape",)
)


@SPARSE_DENSE_CWISE_ADD.kernel
def _sparse_dense_cwise_add(
    xp: Namespace, sp_indices: Array, sp_values: Array, sp_shape: np.ndarray, dense: Array
) -> Array:
    return xp.add(sp_values, _at_indices(xp, sp_indices, sp_values, sp_shape, dense))


@SPARSE_DENSE_CWISE_ADD.gradient
def _sparse_dense_cwise_add_gradient(op: Operation, d_output: Tensor) -> Any:
    raise NotImplementedError("Gradient for SparseDenseCwiseAdd is currently not implemented yet.")


def sparse_dense_cwise_add(sp_t: SparseTensor, dense_t: Any) -> SparseTensor:
    """A sparse tensor plus, at its places, a dense tensor that is broadcast to it.

    Args:
        sp_t: SparseTensor of numbers.
        dense_t: Tensor of the same type; its shape broadcasts to that of `sp_t`.

    Returns:
        SparseTensor with the indices of `sp_t`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_dense_binary_op_shared.cc.
    """
    values = SPARSE_DENSE_CWISE_ADD(sp_t.indices, sp_t.values, sp_t.dense_shape, dense_t)
    return SparseTensor(sp_t.indices, values, sp_t.dense_shape)


SPARSE_DENSE_CWISE_MUL = register_op(
    "SparseDenseCwiseMul", **_SCHEMA, shape=_values_shape, static_inputs=("sp_shape",)
)


@SPARSE_DENSE_CWISE_MUL.kernel
def _sparse_dense_cwise_mul(
    xp: Namespace, sp_indices: Array, sp_values: Array, sp_shape: np.ndarray, dense: Array
) -> Array:
    return xp.multiply(sp_values, _at_indices(xp, sp_indices, sp_values, sp_shape, dense))


@SPARSE_DENSE_CWISE_MUL.gradient
def _sparse_dense_cwise_mul_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    return _product_gradient(op, d_output, is_quotient=False)


SPARSE_DENSE_CWISE_DIV = register_op(
    "SparseDenseCwiseDiv", **_SCHEMA, shape=_values_shape, static_inputs=("sp_shape",)
)


@SPARSE_DENSE_CWISE_DIV.kernel
def _sparse_dense_cwise_div(
    xp: Namespace, sp_indices: Array, sp_values: Array, sp_shape: np.ndarray, dense: Array
) -> Array:
    divisors = _at_indices(xp, sp_indices, sp_values, sp_shape, dense)
    return xp.divide(sp_values, divisors)


@SPARSE_DENSE_CWISE_DIV.gradient
def _sparse_dense_cwise_div_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    return _product_gradient(op, d_output, is_quotient=True)


def _product_gradient(op: Operation, d_output: Any, is_quotient: bool) -> tuple[Any, ...]:
    from evergraph.ops.sparse_arithmetic import sparse_add

    indices, values, sizes, dense = op.inputs
    dense_sizes = cast(shape_of(dense), dtypes.int64)
    missing: Any = size(sizes) - size(dense_sizes)
    missing = expand_dims(missing, 0)
    wide = concat([ones(missing, dtypes.int64), dense_sizes], 0)
    scaling: Any = sizes // wide
    places: Any = indices // scaling
    places = slice_of(places, concat([[0], missing], 0), [-1, -1])
    at_places = gather_nd(dense, places)
    own: Any = values
    if is_quotient:
        d_values = d_output / at_places
        d_dense_values = d_output * (-own / square(at_places))
    else:
        d_values = d_output * at_places
        d_dense_values = d_output * own
    d_dense = sparse_add(zeros_like(dense), SparseTensor(places, d_dense_values, dense_sizes))
    return None, d_values, None, d_dense
