"""Quotients and remainders."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.broadcast_gradient import broadcast_args, sum_to_shape
from evergraph.ops.cast import cast
from evergraph.ops.complex import conj
from evergraph.ops.math_elementwise import negative
from evergraph.ops.type_lists import (
    CWISE_ANALYTIC,
    CWISE_ARITHMETIC,
)
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import broadcast


def quotient_gradient(op: Operation, d_z: Tensor, divide_by: Any) -> tuple[Tensor, Tensor]:
    """d(x / y) = d_z / y and d_z * ((-x / y) / y), with the division that made the quotient."""
    x, y = op.inputs
    sx, sy, rx, ry = broadcast_args(x, y)
    x, y = conj(x), conj(y)
    d_x = sum_to_shape(divide_by(d_z, y), rx, sx)
    # TensorFlow makes the second quotient before the product: the names depend on it.
    return d_x, sum_to_shape(d_z * divide_by(divide_by(-x, y), y), ry, sy)


DIV = register_op(
    "Div",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_ARITHMETIC},
    shape=broadcast,
)


@DIV.kernel
def _div(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.divide(x, y)


@DIV.gradient
def _div_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    return quotient_gradient(op, d_z, divide)


REAL_DIV = register_op(
    "RealDiv",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_ARITHMETIC},
    shape=broadcast,
)


@REAL_DIV.kernel
def _real_div(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.true_divide(x, y)


@REAL_DIV.gradient
def _real_div_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    return quotient_gradient(op, d_z, REAL_DIV)


def realdiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x / y of real or complex numbers, element by element, with broadcasting.

    Args:
        x: floating or complex, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "RealDiv" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_div.cc.
    """
    result: Tensor = REAL_DIV(x, y, name=name)
    return result


# What integers are divided as by `/`; None: as they are.
TRUEDIV_TYPES: dict[DType, DType | None] = {
    **dict.fromkeys((dtypes.uint8, dtypes.int8, dtypes.uint16, dtypes.int16), dtypes.float32),
    **dict.fromkeys((dtypes.int32, dtypes.int64), dtypes.float64),
    **dict.fromkeys(CWISE_ANALYTIC),
}


def check_same_type(x: Tensor, y: Tensor) -> DType:
    """The dtype of both.

    Raises:
        TypeError: they differ.
    """
    x_type, y_type = x.dtype.base_dtype, y.dtype.base_dtype
    if x_type != y_type:
        raise TypeError(f"x and y must have the same dtype, got {x_type!r} != {y_type!r}")
    return x_type


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x / y, element by element, with broadcasting; integers become floats first.

    Args:
        x: numeric, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "truediv" when None.

    Returns:
        Tensor of the broadcast shape; of integers float32 (8 and 16 bits) or float64.

    Raises:
        TypeError: the dtypes differ, or cannot be divided.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        x_type = check_same_type(x, y)
        if x_type not in TRUEDIV_TYPES:
            raise TypeError(f"Invalid dtype {x_type!r} in __truediv__")
        as_type = TRUEDIV_TYPES[x_type]
        if as_type is not None:
            x, y = cast(x, as_type), cast(y, as_type)
        result: Tensor = REAL_DIV(x, y, name=scope)
        return result


def divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x / y as Python's operator does; see `truediv`.

    Args:
        x: numeric, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "truediv" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    if name is not None:
        return truediv(x, y, name)
    result: Tensor = x / y
    return result


def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x / y as Python 2 does: the quotient of floats, the floor of it for integers.

    Args:
        x: numeric, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "div" when None.

    Returns:
        Tensor of the broadcast shape and the dtype of `x`.

    Raises:
        TypeError: the dtypes differ.
        tf.errors.InvalidArgumentError: while running, an integer is divided by zero.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        x_type = check_same_type(x, y)
        divides: OpDef = REAL_DIV if x_type.is_floating or x_type.is_complex else FLOOR_DIV
        result: Tensor = divides(x, y, name=scope)
        return result


FLOOR_DIV = register_op(
    "FloorDiv",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_ARITHMETIC},
    shape=broadcast,
)


@FLOOR_DIV.kernel
def _floor_div(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.floordiv(x, y)


@FLOOR_DIV.gradient
def _floor_div_gradient(op: Operation, d_z: Tensor) -> tuple[None, None]:
    return None, None


def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute the largest integer not above x / y, element by element, with broadcasting.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "floordiv" when None.

    Returns:
        Tensor of the broadcast shape and the dtype of `x`.

    Raises:
        tf.errors.InvalidArgumentError: while running, an integer is divided by zero.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_floor_div.cc.
    """
    with name_scope(name, "floordiv", [x, y]) as scope:
        result: Tensor = FLOOR_DIV(x, y, name=scope)
        return result


def floor_div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """As `floordiv`, with "FloorDiv" as the name of the operation when None."""
    result: Tensor = FLOOR_DIV(x, y, name=name)
    return result


TRUNCATE_DIV = register_op(
    "TruncateDiv",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_ARITHMETIC},
    shape=broadcast,
)


@TRUNCATE_DIV.kernel
def _truncate_div(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.truncatediv(x, y)


@TRUNCATE_DIV.gradient
def _truncate_div_gradient(op: Operation, d_z: Tensor) -> tuple[None, None]:
    return None, None


def truncatediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x / y of integers without its fraction, element by element, with broadcasting.

    Args:
        x: integers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "TruncateDiv" when None.

    Returns:
        Tensor of the broadcast shape; -7 / 3 is -2.

    Raises:
        tf.errors.InvalidArgumentError: while running, division by zero.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_div.cc.
    """
    result: Tensor = TRUNCATE_DIV(x, y, name=name)
    return result


FLOOR_MOD = register_op(
    "FloorMod",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": "{int32, int64, bfloat16, half, float, double}"},
    shape=broadcast,
)


@FLOOR_MOD.kernel
def _floor_mod(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.floormod(x, y)


@FLOOR_MOD.gradient
def _floor_mod_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    x, y = (conj(item) for item in op.inputs)
    sx, sy, rx, ry = broadcast_args(x, y)
    quotient = floor_div(x, y)
    d_x = sum_to_shape(d_z, rx, sx)
    return d_x, sum_to_shape(d_z * negative(quotient), ry, sy)


def floormod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute the remainder of `floordiv`, which has the sign of `y`.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "FloorMod" when None.

    Returns:
        x - y floor(x / y), of the broadcast shape.

    Raises:
        tf.errors.InvalidArgumentError: while running, an integer is divided by zero.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_floor_mod.cc.
    """
    result: Tensor = FLOOR_MOD(x, y, name=name)
    return result


TRUNCATE_MOD = register_op(
    "TruncateMod",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": "{int32, int64, bfloat16, half, float, double}"},
    shape=broadcast,
)


@TRUNCATE_MOD.kernel
def _truncate_mod(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.truncatemod(x, y)


def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute the remainder of `truncatediv`, which has the sign of `x`.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "TruncateMod" when None.

    Returns:
        C's fmod(x, y), of the broadcast shape.

    Raises:
        tf.errors.InvalidArgumentError: while running, an integer is divided by zero.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_mod.cc.
    """
    result: Tensor = TRUNCATE_MOD(x, y, name=name)
    return result


MOD = register_op(
    "Mod",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": "{int32, int64, half, half, bfloat16, float, double}"},
    shape=broadcast,
)


@MOD.kernel
def _mod(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.mod(x, y)
