"""Sparse tensors and dense ones: SparseToDense, products, sums.

Kernels see indices `[n, rank]`, values `[n]` and the sizes `[rank]` of the whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_gather import gather, gather_nd
from evergraph.ops.array_layout import transpose
from evergraph.ops.fills import zeros, zeros_like
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.sparse_indices import (
    INVALID,
    all_in_bounds,
    as_sparse,
    check_valid,
    demand,
    flat_places,
    in_bounds,
    joined,
    size_text,
)
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge_dims, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _to_dense_shape(c: ShapeContext) -> TensorShape:
    if c.inputs[1].ndims != 0:
        with_rank(c.inputs[1], 1)
    return c.constant_as_shape(1)


SPARSE_TO_DENSE = register_op(
    "SparseToDense",
    inputs="sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T",
    outputs="dense: T",
    attrs={"validate_indices": "bool = true", "T": "type", "Tindices": INDEX},
    shape=_to_dense_shape,
    static_inputs=("output_shape",),
)


@SPARSE_TO_DENSE.kernel
def _sparse_to_dense(
    xp: Namespace,
    sparse_indices: Array,
    output_shape: np.ndarray,
    sparse_values: Array,
    default_value: Array,
    *,
    validate_indices: bool,
) -> Array:
    given = xp.shape(sparse_indices)
    count = given[0] if given else 1
    rank = given[1] if len(given) > 1 else 1
    _check_to_dense(xp, given, output_shape, xp.shape(sparse_values), xp.shape(default_value))
    sizes = tuple(int(n) for n in output_shape)
    for length in sizes:
        demand(xp, length >= 0, f"Dimension {length} must be >= 0")
    indices = xp.reshape(sparse_indices, (count, rank))
    if validate_indices:
        check_valid(xp, indices, output_shape)
    else:
        xp.check(
            all_in_bounds(xp, indices, sizes),
            INVALID,
            f"Indices are not valid (out of bounds).  Shape: [{joined(output_shape)}]",
        )
    total = int(np.prod(sizes, dtype=np.int64))
    flat = xp.broadcast_to(xp.reshape(default_value, (1,)), (total,))
    if count and total:
        values = xp.broadcast_to(sparse_values, (count,))
        flat = xp.scatter(flat, flat_places(xp, indices, sizes), values)
    return xp.reshape(flat, sizes)


def _check_to_dense(
    xp: Namespace,
    indices: tuple[int, ...],
    output_shape: np.ndarray,
    values: tuple[int, ...],
    default: tuple[int, ...],
) -> None:
    def text(shape: tuple[int, ...]) -> str:
        return f"[{joined(shape)}]"

    demand(
        xp,
        len(indices) <= 2,
        f"sparse_indices should be a scalar, vector, or matrix, got shape {text(indices)}",
    )
    count = indices[0] if indices else 1
    rank = indices[1] if len(indices) > 1 else 1
    demand(
        xp,
        output_shape.ndim == 1,
        f"output_shape should be a vector, got shape {size_text(output_shape)}",
    )
    demand(
        xp,
        output_shape.size == rank,
        f"output_shape has incorrect number of elements: {output_shape.size} should be: {rank}",
    )
    demand(
        xp,
        values in ((), (count,)),
        f"sparse_values has incorrect shape {text(values)}, should be [] or [{count}]",
    )
    demand(xp, default == (), "default_value should be a scalar.")


@SPARSE_TO_DENSE.gradient
def _sparse_to_dense_gradient(op: Operation, d_dense: Tensor) -> list[Any]:
    indices, output_shape = op.inputs[:2]
    d_values = gather_nd(d_dense, indices)
    d_default: Any = reduce_sum(d_dense) - reduce_sum(d_values)
    return [zeros_like(indices), zeros_like(output_shape), d_values, d_default]


def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """Write values at indices of a dense tensor.

    Args:
        sparse_indices: int32 or int64: a matrix `[n, rank]`, a vector `[n]`, or one index.
        output_shape: vector of the type of the indices.
        sparse_values: `[n]`, or a scalar for all places.
        default_value: what the other places hold.
        validate_indices: whether indices must be in order, without repetitions.
        name: name of the operation; "SparseToDense" when None.

    Returns:
        Tensor of shape `output_shape`.

    Raises:
        tf.errors.InvalidArgumentError: while running, indices out of bounds or, when they are
            validated, out of order or repeated.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_to_dense_op.cc.
    """
    result: Tensor = SPARSE_TO_DENSE(
        sparse_indices,
        output_shape,
        sparse_values,
        default_value,
        validate_indices=validate_indices,
        name=name,
    )
    return result


def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Tensor:
    """A SparseTensor as a dense tensor.

    Args:
        sp_input: SparseTensor of any type.
        default_value: what the places without a value hold; zero (False, "") when None.
        validate_indices: whether indices must be in order, without repetitions.
        name: name of the operation; "SparseToDense" when None.

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    sp_input = as_sparse(sp_input)
    if default_value is None:
        default_value = zeros([], dtype=sp_input.dtype)
    return sparse_to_dense(
        sp_input.indices,
        sp_input.dense_shape,
        sp_input.values,
        default_value,
        validate_indices,
        name,
    )


def _matmul_shape(c: ShapeContext) -> TensorShape:
    with_rank(c.inputs[0], 2)
    with_rank(c.inputs[1], 1)
    a = with_rank(c.constant_as_shape(2), 2).as_list()
    b = with_rank(c.inputs[3], 2).as_list()
    if c.attr("adjoint_a"):
        a.reverse()
    if c.attr("adjoint_b"):
        b.reverse()
    merge_dims(a[1], b[0])
    return TensorShape([a[0], b[1]])


SPARSE_TENSOR_DENSE_MAT_MUL = register_op(
    "SparseTensorDenseMatMul",
    inputs="a_indices: Tindices, a_values: T, a_shape: int64, b: T",
    outputs="product: T",
    attrs={
        "T": "type",
        "Tindices": (INDEX, dtypes.int64),
        "adjoint_a": "bool = false",
        "adjoint_b": "bool = false",
    },
    shape=_matmul_shape,
    static_inputs=("a_shape",),
)


@SPARSE_TENSOR_DENSE_MAT_MUL.kernel
def _sparse_tensor_dense_mat_mul(
    xp: Namespace,
    a_indices: Array,
    a_values: Array,
    a_shape: np.ndarray,
    b: Array,
    *,
    adjoint_a: bool,
    adjoint_b: bool,
) -> Array:
    demand(xp, len(xp.shape(b)) == 2, "Tensor 'b' is not a matrix")
    demand(xp, a_shape.ndim == 1, "Tensor 'a_shape' is not a vector")
    demand(xp, a_shape.size == 2, "Tensor 'a_shape' must have 2 elements")
    demand(xp, len(xp.shape(a_values)) == 1, "Tensor 'a_values' is not a vector")
    demand(xp, len(xp.shape(a_indices)) == 2, "Tensor 'a_indices' is not a matrix")
    demand(
        xp,
        xp.shape(a_indices)[0] == xp.shape(a_values)[0],
        "Number of rows of a_indices does not match number of entries in a_values",
    )
    demand(
        xp,
        xp.shape(a_indices)[1] == a_shape.size,
        "Number of columns of a_indices does not match number of entries in a_shape",
    )
    outer, inner = (int(n) for n in (a_shape[::-1] if adjoint_a else a_shape))
    given = xp.shape(b)[1 if adjoint_b else 0]
    demand(
        xp,
        inner == given,
        f"Cannot multiply A and B because inner dimension does not match: {inner} vs. {given}.  "
        f"Did you forget a transpose?  Dimensions of A: [{int(a_shape[0])}, {int(a_shape[1])}"
        f").  Dimensions of B: [{joined(xp.shape(b))}]",
    )
    rows, columns = a_indices[:, 1 if adjoint_a else 0], a_indices[:, 0 if adjoint_a else 1]
    _check_places(xp, columns, inner, "k", 0 if adjoint_a else 1)
    _check_places(xp, rows, outer, "m", 1 if adjoint_a else 0)
    if adjoint_b:
        b = xp.transpose(xp.conjugate(b) if b.dtype.kind == "c" else b)
    # `a` is transposed only: TensorFlow doesn't conjugate it.
    return xp.sparse_matmul(rows, columns, a_values, outer, b)


def _check_places(xp: Namespace, places: Array, limit: int, name: str, column: int) -> None:
    def words(place: str, index: int, limit: int) -> str:
        row = place.strip("[]")
        return f"{name} ({index}) from index[{row},{column}] out of bounds (>={limit})"

    xp.check_indices(places, limit, words)


@SPARSE_TENSOR_DENSE_MAT_MUL.gradient
def _sparse_tensor_dense_mat_mul_gradient(op: Operation, d_product: Tensor) -> tuple[Any, ...]:
    a_indices, a_values, a_shape, b = op.inputs
    adjoint_a, adjoint_b = op.get_attr("adjoint_a"), op.get_attr("adjoint_b")
    if a_values.dtype.base_dtype.is_complex:
        raise NotImplementedError("SparseTensorDenseMatMul op does not support complex gradients.")
    d_b = SPARSE_TENSOR_DENSE_MAT_MUL(
        a_indices, a_values, a_shape, d_product, adjoint_a=not adjoint_a
    )
    if adjoint_b:
        d_b = transpose(d_b)
    rows: Any = a_indices[:, 0]
    columns: Any = a_indices[:, 1]
    d_rows: Any = gather(d_product, columns if adjoint_a else rows)
    b_rows: Any = gather(transpose(b) if adjoint_b else b, rows if adjoint_a else columns)
    return None, reduce_sum(d_rows * b_rows, axis=1), None, d_b


def sparse_tensor_dense_matmul(
    sp_a: Any,
    b: Any,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of a sparse matrix and a dense one.

    Args:
        sp_a: SparseTensor `[rows, inner]`.
        b: matrix `[inner, columns]` of the same type.
        adjoint_a: whether `sp_a` is given transposed; it isn't conjugated.
        adjoint_b: whether `b` is given transposed and conjugated.
        name: prefix of the operation's name; "SparseTensorDenseMatMul" when None.

    Returns:
        Matrix `[rows, columns]`.

    Raises:
        tf.errors.InvalidArgumentError: while running, sizes that don't fit, indices out of bounds.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_tensor_dense_matmul_op.cc.
    """
    sp_a = as_sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sp_a.indices, sp_a.values, b]):
        b = convert_to_tensor(b, name="b")
        result: Tensor = SPARSE_TENSOR_DENSE_MAT_MUL(
            sp_a.indices,
            sp_a.values,
            sp_a.dense_shape,
            b,
            adjoint_a=adjoint_a,
            adjoint_b=adjoint_b,
        )
        return result


def _dense_add_shape(c: ShapeContext) -> TensorShape:
    return c.inputs[3]


SPARSE_TENSOR_DENSE_ADD = register_op(
    "SparseTensorDenseAdd",
    inputs="a_indices: Tindices, a_values: T, a_shape: Tindices, b: T",
    outputs="output: T",
    attrs={"T": NUMERIC, "Tindices": INDEX},
    shape=_dense_add_shape,
    static_inputs=("a_shape",),
)


@SPARSE_TENSOR_DENSE_ADD.kernel
def _sparse_tensor_dense_add(
    xp: Namespace, a_indices: Array, a_values: Array, a_shape: np.ndarray, b: Array
) -> Array:
    indices, values, sizes = xp.shape(a_indices), xp.shape(a_values), xp.shape(b)
    demand(
        xp,
        len(indices) == 2,
        f"Input a_indices should be a matrix but received shape: [{joined(indices)}]",
    )
    demand(
        xp,
        len(values) == 1 and a_shape.ndim == 1,
        "Inputs a_values and a_shape should be vectors but received shapes: "
        f"[{joined(values)}] and {size_text(a_shape)}",
    )
    demand(
        xp,
        a_shape.size == len(sizes),
        f"Two operands have different ranks; received: {a_shape.size} and {len(sizes)}",
    )
    for i, (own, other) in enumerate(zip(a_shape.tolist(), sizes, strict=True)):
        demand(
            xp,
            own == other,
            f"Dimension {i} does not equal (no broadcasting is supported): sparse side {own} vs "
            f"dense side {other}",
        )
    demand(
        xp,
        1 <= indices[1] <= 5,
        "Only tensors with ranks between 1 and 5 are currently supported.  Tensor rank: "
        f"{indices[1]}",
    )

    def words(row: np.ndarray, shape: tuple[int, ...]) -> str:
        bad = int(np.argmax((row < 0) | (row >= np.asarray(shape))))
        return (
            f"Sparse tensor has some invalid index on dimension {bad}; dense tensor shape: "
            f"[{joined(shape)}]"
        )

    xp.check(
        all_in_bounds(xp, a_indices, sizes),
        INVALID,
        lambda: words(a_indices[~in_bounds(xp, a_indices, sizes)][0], sizes),
    )
    if not values[0] or not np.prod(sizes):
        return b
    flat = xp.reshape(b, (int(np.prod(sizes)),))
    return xp.reshape(xp.scatter(flat, flat_places(xp, a_indices, sizes), a_values, "add"), sizes)


@SPARSE_TENSOR_DENSE_ADD.gradient
def _sparse_tensor_dense_add_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    return None, gather_nd(d_output, op.inputs[0]), None, d_output
