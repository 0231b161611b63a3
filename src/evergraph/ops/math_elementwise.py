"""Sums, differences, products and signs of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import NUMERIC
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops import array_shape, fills, identity
from evergraph.ops.broadcast_gradient import (
    BROADCAST_GRADIENT_ARGS,
    are_equal_and_known,
    broadcast_args,
    smart_broadcast_args,
    sum_to_shape,
)
from evergraph.ops.complex import conj
from evergraph.ops.sparse_values import maps_sparse_values
from evergraph.ops.type_lists import (
    ADDITIVE,
    CWISE_ARITHMETIC,
    CWISE_NO_NAN,
    CWISE_REAL,
    CWISE_SIGNED,
)
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, merge, unchanged
from evergraph.registry.shape_inference import ShapeContext


def _add_gradient(op: Operation, d_z: Any) -> tuple[Any, Any]:
    x, y = op.inputs
    if are_equal_and_known(x, y, d_z):
        return d_z, d_z
    (sx, rx, reduce_x), (sy, ry, reduce_y) = smart_broadcast_args(x, y, d_z)
    d_x = sum_to_shape(d_z, rx, sx) if reduce_x else d_z
    d_y = sum_to_shape(d_z, ry, sy) if reduce_y else d_z
    return d_x, d_y


ADD = register_op(
    "Add",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": (*ADDITIVE, dtypes.string)},
    shape=broadcast,
)


@ADD.kernel
def _add(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.add(x, y)


ADD.gradient(_add_gradient)


def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x + y, element by element, with broadcasting; text is joined.

    Args:
        x: numeric or string, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Add" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_add_1.cc.
    """
    result: Tensor = ADD(x, y, name=name)
    return result


ADD_V2 = register_op(
    "AddV2",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": ADDITIVE},
    shape=broadcast,
    commutative=True,
    aggregate=True,
)


@ADD_V2.kernel
def _add_v2(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.add(x, y)


ADD_V2.gradient(_add_gradient)


def _merged_inputs(c: ShapeContext) -> TensorShape:
    shape = TensorShape(None)
    for other in reversed(c.inputs):
        shape = merge(other, shape)
    return shape


ADD_N = register_op(
    "AddN",
    inputs="inputs: N * T",
    outputs="sum: T",
    attrs={"N": "int >= 1", "T": (*NUMERIC, dtypes.variant)},
    shape=_merged_inputs,
    commutative=True,
    aggregate=True,
)


@ADD_N.kernel
def _add_n(xp: Namespace, inputs: tuple[Array, ...]) -> Array:
    return _total(xp, inputs)


def _total(xp: Namespace, inputs: tuple[Array, ...]) -> Array:
    """The inputs' sum, from the first to the last."""
    total = inputs[0]
    for item in inputs[1:]:
        total = xp.add(total, item)
    return total


@ADD_N.gradient
def _add_n_gradient(op: Operation, d_sum: Any) -> list[Any]:
    return [d_sum] * len(op.inputs)


def add_n(inputs: Sequence[Any], name: str | None = None) -> Tensor:
    """Compute the sum of tensors of one shape.

    Args:
        inputs: tensors or IndexedSlices of one dtype and shape, at least one.
        name: name of the operation; "AddN" when None.

    Returns:
        Tensor of their shape; a single input itself when no name is given.

    Raises:
        ValueError: `inputs` is empty or isn't a list, or shapes differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/aggregate_ops.cc.
    """
    message = (
        "inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape"
    )
    if not isinstance(inputs, list | tuple) or not inputs:
        raise ValueError(message)
    tensors = convert_n_to_tensor_or_indexed_slices(inputs)
    if not all(isinstance(item, Tensor | IndexedSlices) for item in tensors):
        raise ValueError(message)
    result: Tensor
    if len(tensors) == 1:
        result = convert_to_tensor(tensors[0])
        return identity.identity(result, name=name) if name else result
    result = ADD_N(tensors, name=name)
    return result


def _accumulated_shape(c: ShapeContext) -> TensorShape:
    shape: TensorShape = c.attr("shape")
    for other in c.inputs:
        shape = merge(shape, other)
    return shape


ACCUMULATE_N_V2 = register_op(
    "AccumulateNV2",
    inputs="inputs: N * T",
    outputs="sum: T",
    attrs={"N": "int >= 1", "T": NUMERIC, "shape": "shape"},
    shape=_accumulated_shape,
    commutative=True,
    aggregate=True,
)


@ACCUMULATE_N_V2.kernel
def _accumulate_n_v2(xp: Namespace, inputs: tuple[Array, ...]) -> Array:
    return _total(xp, inputs)


ACCUMULATE_N_V2.gradient(_add_n_gradient)


def accumulate_n(
    inputs: Sequence[Any], shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """Compute the sum of tensors of one shape, as `add_n`.

    Args:
        inputs: tensors of one dtype and shape, at least one.
        shape: their shape, to be merged with what is known of it.
        tensor_dtype: their dtype, to be checked.
        name: name of the operation; "AccumulateNV2" when None.

    Returns:
        Tensor of their shape.

    Raises:
        ValueError: `inputs` is no list of tensors that fit.
        TypeError: `tensor_dtype` isn't the dtype of the inputs.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    message = "inputs must be a list of at least one Tensor with the same dtype and shape"
    if not isinstance(inputs, list | tuple) or not inputs:
        raise ValueError(message)
    tensors = convert_n_to_tensor_or_indexed_slices(inputs)
    if not all(isinstance(x, Tensor) and x.dtype == tensors[0].dtype for x in tensors):
        raise ValueError(message)
    merged = TensorShape(None) if shape is None else as_shape(shape)
    for tensor in tensors:
        merged = merged.merge_with(tensor.shape)
    if tensor_dtype is not None and tensor_dtype != tensors[0].dtype:
        raise TypeError(f"tensor_dtype is {tensor_dtype}, but input is of type {tensors[0].dtype}")
    result: Tensor
    if len(tensors) == 1:
        result = tensors[0]
        return result if name is None else identity.identity(result, name=name)
    result = ACCUMULATE_N_V2(tensors, shape=merged, name=name)
    return result


SUB = register_op(
    "Sub",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_ARITHMETIC},
    shape=broadcast,
)


@SUB.kernel
def _sub(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.subtract(x, y)


@SUB.gradient
def _sub_gradient(op: Operation, d_z: Any) -> tuple[Any, Any]:
    x, y = op.inputs
    if are_equal_and_known(x, y, d_z):
        return d_z, -d_z
    (sx, rx, reduce_x), (sy, ry, reduce_y) = smart_broadcast_args(x, y, d_z)
    d_x = sum_to_shape(d_z, rx, sx) if reduce_x else d_z
    d_y = sum_to_shape(-d_z, ry, sy) if reduce_y else -d_z
    return d_x, d_y


def subtract(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x - y, element by element, with broadcasting.

    Args:
        x: numeric, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Sub" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_sub.cc.
    """
    result: Tensor = SUB(x, y, name=name)
    return result


MUL = register_op(
    "Mul",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_ARITHMETIC},
    shape=broadcast,
    commutative=True,
)


@MUL.kernel
def _mul(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.multiply(x, y)


@MUL.gradient
def _mul_gradient(op: Operation, d_z: Any) -> tuple[Any, Any]:
    x, y = op.inputs
    if are_equal_and_known(x, y, d_z) and d_z.dtype in (dtypes.int32, dtypes.float32):
        return MUL(d_z, y), MUL(d_z, x)
    (sx, rx, reduce_x), (sy, ry, reduce_y) = smart_broadcast_args(x, y, d_z)
    x, y = conj(x), conj(y)
    d_x = MUL(d_z, y)
    if reduce_x:
        d_x = sum_to_shape(d_x, rx, sx)
    d_y = MUL(x, d_z)
    if reduce_y:
        d_y = sum_to_shape(d_y, ry, sy)
    return d_x, d_y


def multiply(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x * y, element by element, with broadcasting.

    Args:
        x: numeric, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Mul" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_mul_1.cc.
    """
    result: Tensor = MUL(x, y, name=name)
    return result


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Multiply a tensor or IndexedSlices by one number.

    Args:
        scalar: a number, or a tensor of shape [].
        x: Tensor or IndexedSlices.
        name: name of the operation; "Mul" when None.

    Returns:
        The product, of the kind of `x`.

    Raises:
        ValueError: `scalar` isn't a scalar.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    scalar = convert_to_tensor(scalar, dtype=x.dtype.base_dtype, name="scalar")
    if scalar.shape.ndims != 0:
        raise ValueError(f"Only scalar multiply works, got shape {scalar.shape}")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(MUL(scalar, x.values, name=name), x.indices, x.dense_shape)
    return MUL(scalar, x, name=name)


MUL_NO_NAN = register_op(
    "MulNoNan",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_NO_NAN},
    shape=broadcast,
)


@MUL_NO_NAN.kernel
def _mul_no_nan(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.where(xp.equal(y, 0), 0, xp.multiply(x, y))


@MUL_NO_NAN.gradient
def _mul_no_nan_gradient(op: Operation, d_z: Any) -> tuple[Any, Any]:
    x, y = op.inputs
    if are_equal_and_known(x, y, d_z):
        return MUL_NO_NAN(d_z, y), MUL_NO_NAN(x, d_z)
    sx, sy, rx, ry = broadcast_args(x, y)
    d_x = sum_to_shape(MUL_NO_NAN(d_z, y), rx, sx)
    return d_x, sum_to_shape(MUL_NO_NAN(x, d_z), ry, sy)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x * y, and 0 where y is 0, even if x is infinite or NaN.

    Args:
        x: floating or complex, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "multiply_no_nan" when None.

    Returns:
        Tensor of the broadcast shape.

    Raises:
        TypeError: the dtypes differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_ops.h.
    """
    with name_scope(name, "multiply_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        result: Tensor = MUL_NO_NAN(x, y, name=scope)
        return result


NEG = register_op(
    "Neg",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@NEG.kernel
def _neg(xp: Namespace, x: Array) -> Array:
    return xp.negative(x)


@NEG.gradient
def _neg_gradient(op: Operation, d_y: Any) -> Any:
    return -d_y


@maps_sparse_values("Neg")
def negative(x: Any, name: str | None = None) -> Any:
    """Compute -x, element by element.

    Args:
        x: signed number, any shape; of a SparseTensor the values are negated.
        name: name of the operation; "Neg" when None.

    Returns:
        The negated numbers, of the kind of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_neg.cc.
    """
    return NEG(x, name=name)


SQUARED_DIFFERENCE = register_op(
    "SquaredDifference",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_SIGNED},
    shape=broadcast,
    commutative=True,
)


@SQUARED_DIFFERENCE.kernel
def _squared_difference(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.squared_difference(x, y)


@SQUARED_DIFFERENCE.gradient
def _squared_difference_gradient(op: Operation, d_z: Any) -> tuple[Any, Any]:
    x, y = op.inputs
    with control_dependencies([d_z]):
        d_whole = scalar_mul(2.0, d_z) * (x - y)
    if are_equal_and_known(x, y, d_z):
        return d_whole, -d_whole
    (sx, rx, reduce_x), (sy, ry, reduce_y) = smart_broadcast_args(x, y, d_z)
    d_x = sum_to_shape(d_whole, rx, sx) if reduce_x else d_whole
    d_y = -sum_to_shape(d_whole, ry, sy) if reduce_y else -d_whole
    return d_x, d_y


def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute (x - y)^2, element by element, with broadcasting; |x - y|^2 of complex numbers.

    Args:
        x: numeric, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "SquaredDifference" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_squared_difference.cc.
    """
    result: Tensor = SQUARED_DIFFERENCE(x, y, name=name)
    return result


def _select_gradient(op: Operation, d_z: Tensor, takes_x: Any) -> tuple[Tensor, Tensor]:
    """The gradient goes to `x` where `takes_x(x, y)`, else to `y`."""
    from evergraph.ops.select import where

    x, y = op.inputs
    sx, sy = array_shape.shape(x), array_shape.shape(y)
    zeros = fills.zeros(array_shape.shape(d_z), d_z.dtype)
    mask = takes_x(x, y)
    rx, ry = BROADCAST_GRADIENT_ARGS(sx, sy)
    d_x = sum_to_shape(where(mask, d_z, zeros), rx, sx)
    return d_x, sum_to_shape(where(mask, zeros, d_z), ry, sy)


MAXIMUM = register_op(
    "Maximum",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_REAL},
    shape=broadcast,
)


@MAXIMUM.kernel
def _maximum(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.maximum(x, y)


@MAXIMUM.gradient
def _maximum_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    from evergraph.ops.math_comparison import GREATER_EQUAL

    return _select_gradient(op, d_z, GREATER_EQUAL)


def maximum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute the larger of x and y, element by element, with broadcasting.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Maximum" when None.

    Returns:
        Tensor of the broadcast shape. Where they don't compare (NaN) it is `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_maximum.cc.
    """
    result: Tensor = MAXIMUM(x, y, name=name)
    return result


MINIMUM = register_op(
    "Minimum",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_REAL},
    shape=broadcast,
)


@MINIMUM.kernel
def _minimum(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.minimum(x, y)


@MINIMUM.gradient
def _minimum_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    from evergraph.ops.math_comparison import LESS_EQUAL

    return _select_gradient(op, d_z, LESS_EQUAL)


def minimum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute the smaller of x and y, element by element, with broadcasting.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Minimum" when None.

    Returns:
        Tensor of the broadcast shape. Where they don't compare (NaN) it is `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_minimum.cc.
    """
    result: Tensor = MINIMUM(x, y, name=name)
    return result
