"""Sparse tensors with sparse tensors: sums, larger and smaller elements; softmax of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.dtypes import NUMERIC, REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor, is_sparse
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_broadcast import broadcast_static_shape
from evergraph.ops.array_shape import one_of
from evergraph.ops.sparse_dense import SPARSE_TENSOR_DENSE_ADD
from evergraph.ops.sparse_dense_cwise import sparse_dense_cwise_add
from evergraph.ops.sparse_indices import (
    as_sparse,
    demand,
    joined,
    merged_rows,
    size_text,
    values_at,
)
from evergraph.ops.type_lists import SINGLE_OR_DOUBLE
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_TWO = (
    "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64"
)


def _check_two(
    xp: Namespace, a: tuple[Array, Array, Array], b: tuple[Array, Array, Array], noun: str = "Input"
) -> None:
    """Two sparse tensors of one shape."""
    (a_indices, a_values, a_shape), (b_indices, b_values, b_shape) = a, b
    demand(
        xp,
        a_indices.ndim == b_indices.ndim == 2,
        f"{noun} indices should be matrices but received shapes: {size_text(a_indices)} and "
        f"{size_text(b_indices)}",
    )
    demand(
        xp,
        a_values.ndim == b_values.ndim == 1,
        f"{noun} values should be vectors but received shapes: {size_text(a_values)} and "
        f"{size_text(b_values)}",
    )
    counts = a_indices.shape[0], b_indices.shape[0]
    demand(
        xp,
        counts == (a_values.size, b_values.size),
        f"Expected {counts[0]} and {counts[1]} non-empty input values, got {a_values.size} and "
        f"{b_values.size}",
    )
    demand(
        xp,
        a_shape.ndim == b_shape.ndim == 1,
        f"Input shapes should be a vector but received shapes {size_text(a_shape)} and "
        f"{size_text(b_shape)}",
    )
    demand(
        xp,
        a_shape.size == b_shape.size,
        f"Operands do not have the same ranks; got shapes: [{joined(a_shape).replace(',', ' ')}] "
        f"and [{joined(b_shape).replace(',', ' ')}]",
    )
    demand(
        xp,
        a_indices.shape[1] == b_indices.shape[1],
        f"Input indices must have the same dimension, got {a_indices.shape[1]} and "
        f"{b_indices.shape[1]}",
    )
    for i, (own, other) in enumerate(zip(a_shape.tolist(), b_shape.tolist(), strict=True)):
        demand(
            xp,
            own == other,
            f"Operands' shapes do not match: got {own} and {other} for dimension {i}",
        )


def _spread(places: Array, values: Array, count: int) -> Array:
    result = np.zeros(count, values.dtype)
    result[places] = values
    return result


def _sum_shape(c: ShapeContext) -> list[TensorShape]:
    sizes = with_rank(c.inputs[2], 1)
    return [TensorShape([None, sizes.as_list()[0]]), TensorShape([None]), sizes]


SPARSE_ADD = register_op(
    "SparseAdd",
    inputs=f"{_TWO}, thresh: Treal",
    outputs="sum_indices: int64, sum_values: T, sum_shape: int64",
    attrs={"T": NUMERIC, "Treal": REAL_NUMERIC},
    shape=_sum_shape,
    numpy_only=True,
)


@SPARSE_ADD.kernel
def _sparse_add(
    xp: Namespace,
    a_indices: Array,
    a_values: Array,
    a_shape: Array,
    b_indices: Array,
    b_values: Array,
    b_shape: Array,
    thresh: Array,
) -> list[Array]:
    _check_two(xp, (a_indices, a_values, a_shape), (b_indices, b_values, b_shape))
    rank = a_indices.shape[1]
    demand(
        xp,
        a_shape.size == rank,
        "Second dimension of a_indices and length of a_shape must match, got "
        f"{rank} and {a_shape.size}",
    )
    demand(
        xp,
        thresh.ndim == 0,
        f"The magnitude threshold must be a scalar: got shape {size_text(thresh)}",
    )
    rows, a_places, b_places = merged_rows(a_indices, b_indices)
    count = rows.shape[0]
    total = xp.add(_spread(a_places, a_values, count), _spread(b_places, b_values, count))
    met = np.zeros(count, np.int8)
    met[a_places] += 1
    met[b_places] += 1
    # Only where both have an element can the sum vanish.
    kept = (met < 2) | (thresh <= np.absolute(total))
    return [rows[kept], total[kept], a_shape]


@SPARSE_ADD.gradient
def _sparse_add_gradient(op: Operation, *d_outputs: Tensor) -> tuple[Any, ...]:
    d_a, d_b = SPARSE_ADD_GRAD(d_outputs[1], op.inputs[0], op.inputs[3], op.outputs[0])
    d_a.set_shape(op.inputs[1].get_shape())
    d_b.set_shape(op.inputs[4].get_shape())
    return None, d_a, None, None, d_b, None, None


def _sum_gradient_shape(c: ShapeContext) -> list[TensorShape]:
    a, b = with_rank(c.inputs[1], 2), with_rank(c.inputs[2], 2)
    return [TensorShape([a.as_list()[0]]), TensorShape([b.as_list()[0]])]


SPARSE_ADD_GRAD = register_op(
    "SparseAddGrad",
    inputs="backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64",
    outputs="a_val_grad: T, b_val_grad: T",
    attrs={"T": NUMERIC},
    shape=_sum_gradient_shape,
    numpy_only=True,
).no_gradient()


@SPARSE_ADD_GRAD.kernel
def _sparse_add_grad(
    xp: Namespace, backprop_val_grad: Array, a_indices: Array, b_indices: Array, sum_indices: Array
) -> list[Array]:
    matrices = (a_indices, b_indices, sum_indices)
    demand(
        xp,
        all(m.ndim == 2 for m in matrices),
        "Input indices should be matrices but received shapes: "
        f"{' and '.join(size_text(m) for m in matrices)}",
    )
    demand(
        xp,
        backprop_val_grad.ndim == 1,
        "Input backprop_val_grad should be a vector but received shape: "
        f"{size_text(backprop_val_grad)}",
    )
    demand(
        xp,
        len({m.shape[1] for m in matrices}) == 1,
        "The densified operands should have the same ndims; for A, B, sum got: "
        f"{a_indices.shape[1]}, {b_indices.shape[1]}, {sum_indices.shape[1]}",
    )
    demand(
        xp,
        backprop_val_grad.size == sum_indices.shape[0],
        "# elements of backprop_val_grad and # rows of sum_indices should match (#nnz of sum): got "
        f"{backprop_val_grad.size} and {sum_indices.shape[0]}",
    )
    return [values_at(part, sum_indices, backprop_val_grad) for part in (a_indices, b_indices)]


def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """The sum of two tensors, at least one of them sparse.

    Args:
        a: SparseTensor or Tensor of numbers.
        b: the same, of the type and shape of `a`.
        threshold: of two sparse tensors, sums of two elements that are smaller in magnitude are
            dropped; 0 when None.
        thresh: older name of `threshold`.

    Returns:
        SparseTensor when both are sparse, else Tensor.

    Raises:
        TypeError: neither is sparse.
        ValueError: static shapes that differ, or both names of the threshold.
        tf.errors.InvalidArgumentError: while running, shapes that differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_add_op.cc.
    """
    threshold = one_of("threshold", threshold, "thresh", thresh)
    return sparse_add_v2(a, b, 0 if threshold is None else threshold)


def sparse_add_v2(a: Any, b: Any, threshold: Any = 0) -> Any:
    """As `sparse_add`, without its older name of the threshold."""
    if not (is_sparse(a) or is_sparse(b)):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if not (is_sparse(a) and is_sparse(b)):
        if is_sparse(b):
            a, b = b, a
        return SPARSE_TENSOR_DENSE_ADD(a.indices, a.values, a.dense_shape, b)
    a, b = as_sparse(a), as_sparse(b)
    threshold = convert_to_tensor(
        threshold, dtype=a.values.dtype.real_dtype.base_dtype, name="threshold"
    )
    indices, values, shape = SPARSE_ADD(
        a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape, threshold
    )
    a.get_shape().assert_is_compatible_with(b.get_shape())
    static = broadcast_static_shape(a.get_shape(), b.get_shape())
    return SparseTensor(indices, values, static.as_list() if static.is_fully_defined() else shape)


def _extreme_shape(c: ShapeContext) -> list[TensorShape]:
    for first in (0, 3):
        with_rank(c.inputs[first], 2)
        with_rank(c.inputs[first + 1], 1)
        with_rank(c.inputs[first + 2], 1)
    return [TensorShape([None, None]), TensorShape([None])]


def _extremes(xp: Namespace, inputs: tuple[Array, ...], function: Any) -> list[Array]:
    """`function` of the elements, where one that is missing is zero."""
    a_indices, a_values, a_shape, b_indices, b_values, b_shape = inputs
    a, b = (a_indices, a_values, a_shape), (b_indices, b_values, b_shape)
    _check_two(xp, a, b, "Inputs a and b")
    rows, a_places, b_places = merged_rows(a_indices, b_indices)
    count = rows.shape[0]
    return [rows, function(_spread(a_places, a_values, count), _spread(b_places, b_values, count))]


SPARSE_SPARSE_MAXIMUM = register_op(
    "SparseSparseMaximum",
    inputs=_TWO,
    outputs="output_indices: int64, output_values: T",
    attrs={"T": REAL_NUMERIC},
    shape=_extreme_shape,
    numpy_only=True,
)


@SPARSE_SPARSE_MAXIMUM.kernel
def _sparse_sparse_maximum(xp: Namespace, *inputs: Array) -> list[Array]:
    return _extremes(xp, inputs, xp.maximum)


@SPARSE_SPARSE_MAXIMUM.gradient
def _sparse_sparse_maximum_gradient(op: Operation, *d_outputs: Tensor) -> Any:
    raise NotImplementedError("Gradient for SparseSparseMaximum is currently not implemented yet.")


SPARSE_SPARSE_MINIMUM = register_op(
    "SparseSparseMinimum",
    inputs=_TWO,
    outputs="output_indices: int64, output_values: T",
    attrs={"T": NUMERIC},
    shape=_extreme_shape,
    numpy_only=True,
)


@SPARSE_SPARSE_MINIMUM.kernel
def _sparse_sparse_minimum(xp: Namespace, *inputs: Array) -> list[Array]:
    return _extremes(xp, inputs, xp.minimum)


@SPARSE_SPARSE_MINIMUM.gradient
def _sparse_sparse_minimum_gradient(op: Operation, *d_outputs: Tensor) -> Any:
    raise NotImplementedError("Gradient for SparseSparseMinimum is currently not implemented yet.")


def sparse_maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The larger elements of two sparse tensors; a missing one is zero.

    Args:
        sp_a: SparseTensor of real numbers.
        sp_b: SparseTensor of the type and shape of `sp_a`.
        name: name of the operation; "SparseSparseMaximum" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_sparse_binary_op_shared.cc.
    """
    return _extreme(SPARSE_SPARSE_MAXIMUM, sp_a, sp_b, name)


def sparse_minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The smaller elements of two sparse tensors; a missing one is zero.

    Args:
        sp_a: SparseTensor of real numbers.
        sp_b: SparseTensor of the type and shape of `sp_a`.
        name: name of the operation; "SparseSparseMinimum" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_sparse_binary_op_shared.cc.
    """
    return _extreme(SPARSE_SPARSE_MINIMUM, sp_a, sp_b, name)


def _extreme(op_def: OpDef, sp_a: Any, sp_b: Any, name: str | None) -> SparseTensor:
    parts = [sp_a.indices, sp_a.values, sp_b.indices, sp_b.values]
    with name_scope(name, op_def.name, parts) as scope:
        indices, values = op_def(
            sp_a.indices,
            sp_a.values,
            sp_a.dense_shape,
            sp_b.indices,
            sp_b.values,
            sp_b.dense_shape,
            name=scope,
        )
    return SparseTensor(indices, values, sp_a.dense_shape)


def _softmax_shape(c: ShapeContext) -> TensorShape:
    with_rank(c.inputs[0], 2)
    with_rank(c.inputs[2], 1)
    return with_rank(c.inputs[1], 1)


SPARSE_SOFTMAX = register_op(
    "SparseSoftmax",
    inputs="sp_indices: int64, sp_values: T, sp_shape: int64",
    outputs="output: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=_softmax_shape,
)


@SPARSE_SOFTMAX.kernel
def _sparse_softmax(xp: Namespace, sp_indices: Array, sp_values: Array, sp_shape: Array) -> Array:
    given, values_shape, shape_shape = (xp.shape(x) for x in (sp_indices, sp_values, sp_shape))
    demand(
        xp,
        len(given) == 2,
        f"Input sp_indices should be a matrix but received shape: [{joined(given)}]",
    )
    demand(
        xp,
        len(values_shape) == len(shape_shape) == 1,
        "Inputs sp_values and sp_shape should be vectors but received shapes: "
        f"[{joined(values_shape)}] and [{joined(shape_shape)}]",
    )
    demand(
        xp,
        shape_shape[0] >= 2,
        f"Input should have rank >= 2, but received shape: [{joined(shape_shape)}]",
    )
    demand(
        xp,
        given == (values_shape[0], shape_shape[0]),
        "indices, values and shape must be those of one SparseTensor.",
    )
    count = given[0]
    if not count:
        return sp_values
    # The result is in the order of sorted indices, whatever the order of the input.
    order = xp.lexsort([sp_indices[:, d] for d in range(given[1])])
    rows = xp.gather(sp_indices, order, 0)
    is_new = xp.any(xp.not_equal(rows[1:, :-1], rows[:-1, :-1]), 1)
    groups = xp.concatenate([xp.zeros((1,), np.int64), xp.cumsum(xp.cast(is_new, np.int64), 0)], 0)
    values = xp.gather(sp_values, order, 0)
    largest = xp.gather(xp.unsorted_segment_max(values, groups, count), groups, 0)
    powers = xp.exp(xp.subtract(values, largest))
    totals = xp.gather(xp.unsorted_segment_sum(powers, groups, count), groups, 0)
    return xp.true_divide(powers, totals)


@SPARSE_SOFTMAX.gradient
def _sparse_softmax_gradient(op: Operation, d_output: Any) -> list[Any]:
    from evergraph.ops.sparse_reduction import sparse_reduce_sum

    indices, shape = op.inputs[0], op.inputs[2]
    output = SparseTensor(indices, op.outputs[0], shape)
    gradient = SparseTensor(indices, d_output, shape)
    weighted: Any = output.values * gradient.values
    product = SparseTensor(indices, weighted, shape)
    total: Any = sparse_reduce_sum(product, [-1], keepdims=True)
    difference: Any = sparse_dense_cwise_add(gradient, -total).values
    return [None, difference * output.values, None]


def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Softmax over the elements that the last dimension has: exp(x) / sum(exp(x)).

    Missing elements count as minus infinity, not as zero.

    Args:
        sp_input: SparseTensor of float32 or float64 and rank 2 or more.
        name: prefix of the operation's name; "SparseSoftmax" when None.

    Returns:
        SparseTensor with the indices of `sp_input`.

    Raises:
        tf.errors.InvalidArgumentError: while running, a rank below 2.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_softmax_op.cc.
    """
    with name_scope(name, "SparseSoftmax", [sp_input.indices, sp_input.values]):
        values = SPARSE_SOFTMAX(sp_input.indices, sp_input.values, sp_input.dense_shape)
        return SparseTensor(sp_input.indices, values, sp_input.dense_shape)
