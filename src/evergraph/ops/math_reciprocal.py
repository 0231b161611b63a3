"""Reciprocals, and quotients and products with a value where one side is zero."""

from __future__ import annotations

from typing import Any

from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops.broadcast_gradient import broadcast_args, sum_to_shape
from evergraph.ops.cast import cast
from evergraph.ops.complex import conj
from evergraph.ops.constants import constant
from evergraph.ops.math_division import check_same_type, quotient_gradient
from evergraph.ops.math_elementwise import negative
from evergraph.ops.type_lists import CWISE_ANALYTIC, CWISE_NO_NAN, CWISE_SIGNED
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, unchanged

DIV_NO_NAN = register_op(
    "DivNoNan",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_NO_NAN},
    shape=broadcast,
)


@DIV_NO_NAN.kernel
def _div_no_nan(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.div_no_nan(x, y)


@DIV_NO_NAN.gradient
def _div_no_nan_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    return quotient_gradient(op, d_z, div_no_nan)


def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x / y, and 0 where y is 0, element by element, with broadcasting.

    Args:
        x: floating or complex, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "div_no_nan" when None.

    Returns:
        Tensor of the broadcast shape.

    Raises:
        TypeError: the dtypes differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_div.cc.
    """
    with name_scope(name, "div_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        check_same_type(x, y)
        result: Tensor = DIV_NO_NAN(x, y, name=scope)
        return result


def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """Compute 1 / x, and 0 where x is 0.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "reciprocal_no_nan" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        one = constant(1, dtype=x.dtype.base_dtype, name="one")
        result: Tensor = DIV_NO_NAN(one, x, name=scope)
        return result


RECIPROCAL = register_op(
    "Reciprocal",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@RECIPROCAL.kernel
def _reciprocal(xp: Namespace, x: Array) -> Array:
    return xp.reciprocal(x)


@RECIPROCAL.gradient
def _reciprocal_gradient(op: Operation, d_y: Tensor) -> Tensor:
    d_x: Tensor = RECIPROCAL_GRAD(op.outputs[0], d_y)
    return d_x


def reciprocal(x: Any, name: str | None = None) -> Tensor:
    """Compute 1 / x, element by element.

    Args:
        x: numeric, any shape.
        name: name of the operation; "Reciprocal" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_reciprocal.cc.
    """
    result: Tensor = RECIPROCAL(x, name=name)
    return result


INV = register_op(
    "Inv",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@INV.kernel
def _inv(xp: Namespace, x: Array) -> Array:
    return xp.reciprocal(x)


INV.gradient(_reciprocal_gradient)


RECIPROCAL_GRAD = register_op(
    "ReciprocalGrad",
    inputs="y: T, dy: T",
    outputs="z: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@RECIPROCAL_GRAD.kernel
def _reciprocal_grad(xp: Namespace, y: Array, dy: Array) -> Array:
    conjugate = xp.conjugate(y)
    d_x = xp.multiply(xp.negative(dy), xp.multiply(conjugate, conjugate))
    # What doesn't reach the loss stays out of it, even where the derivative is infinite.
    return xp.where(xp.equal(dy, 0), 0, d_x)


@RECIPROCAL_GRAD.gradient
def _reciprocal_grad_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    y, dy = op.inputs
    with control_dependencies([d_z]):
        conjugate = conj(y)
        d_conjugate = conj(d_z)
        d_y = d_conjugate * -2.0 * dy * conjugate
        return d_y, RECIPROCAL_GRAD(conjugate, d_z)


INV_GRAD = register_op(
    "InvGrad",
    inputs="y: T, dy: T",
    outputs="z: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


INV_GRAD.kernel(_reciprocal_grad)


INV_GRAD.gradient(_reciprocal_grad_gradient)


XLOGY = register_op(
    "Xlogy",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_NO_NAN},
    shape=broadcast,
)


@XLOGY.kernel
def _xlogy(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.xlogy(x, y)


def _is_not_zero(x: Tensor) -> Tensor:
    """1 where `x` isn't 0, in the dtype of `x`."""
    from evergraph.ops.math_comparison import not_equal

    result: Tensor = cast(not_equal(x, cast(0.0, dtype=x.dtype)), dtype=x.dtype)
    return result


@XLOGY.gradient
def _xlogy_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    x, y = op.inputs
    sx, sy, rx, ry = broadcast_args(x, y)
    with control_dependencies([d_z]):
        partial_x = XLOGY(_is_not_zero(x), y)
        partial_y = XDIVY(x, y)
        d_x = sum_to_shape(partial_x * d_z, rx, sx)
        return d_x, sum_to_shape(partial_y * d_z, ry, sy)


def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x log(y), and 0 where x is 0, element by element, with broadcasting.

    Args:
        x: floating or complex, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Xlogy" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_xlogy.cc.
    """
    result: Tensor = XLOGY(x, y, name=name)
    return result


XDIVY = register_op(
    "Xdivy",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": CWISE_NO_NAN},
    shape=broadcast,
)


@XDIVY.kernel
def _xdivy(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.xdivy(x, y)


@XDIVY.gradient
def _xdivy_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    x, y = op.inputs
    sx, sy, rx, ry = broadcast_args(x, y)
    with control_dependencies([d_z]):
        partial_x = XDIVY(_is_not_zero(x), y)
        partial_y = XDIVY(negative(x), y**2)
        d_x = sum_to_shape(partial_x * d_z, rx, sx)
        return d_x, sum_to_shape(partial_y * d_z, ry, sy)


def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x / y, and 0 where x is 0, element by element, with broadcasting.

    Args:
        x: floating or complex, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Xdivy" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_xdivy.cc.
    """
    result: Tensor = XDIVY(x, y, name=name)
    return result
