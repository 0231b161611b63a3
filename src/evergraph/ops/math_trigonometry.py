"""Trigonometric and hyperbolic functions and their inverses, element by element."""

from __future__ import annotations

from typing import Any

from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies
from evergraph.ops.complex import conj
from evergraph.ops.constants import constant
from evergraph.ops.math_elementwise import add, subtract
from evergraph.ops.math_functions import sqrt, square
from evergraph.ops.math_reciprocal import reciprocal
from evergraph.ops.sparse_values import maps_sparse_values
from evergraph.ops.type_lists import CWISE_ANALYTIC, CWISE_FLOATING, CWISE_SIGNED
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, unchanged

SIN = register_op(
    "Sin",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@SIN.kernel
def _sin(xp: Namespace, x: Array) -> Array:
    return xp.sin(x)


@SIN.gradient
def _sin_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * cos(x)


def sin(x: Any, name: str | None = None) -> Tensor:
    """Compute the sine, element by element.

    Args:
        x: angles in radians, floating or complex, any shape.
        name: name of the operation; "Sin" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_sin.cc.
    """
    result: Tensor = SIN(x, name=name)
    return result


COS = register_op(
    "Cos",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@COS.kernel
def _cos(xp: Namespace, x: Array) -> Array:
    return xp.cos(x)


@COS.gradient
def _cos_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return -d_y * sin(x)


def cos(x: Any, name: str | None = None) -> Tensor:
    """Compute the cosine, element by element.

    Args:
        x: angles in radians, floating or complex, any shape.
        name: name of the operation; "Cos" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_cos.cc.
    """
    result: Tensor = COS(x, name=name)
    return result


TAN = register_op(
    "Tan",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@TAN.kernel
def _tan(xp: Namespace, x: Array) -> Array:
    return xp.tan(x)


@TAN.gradient
def _tan_gradient(op: Operation, d_y: Tensor) -> Any:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        secant = reciprocal(cos(x))
        return square(secant) * d_y


def tan(x: Any, name: str | None = None) -> Tensor:
    """Compute the tangent, element by element.

    Args:
        x: angles in radians, floating or complex, any shape.
        name: name of the operation; "Tan" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_tan.cc.
    """
    result: Tensor = TAN(x, name=name)
    return result


ASIN = register_op(
    "Asin",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@ASIN.kernel
def _asin(xp: Namespace, x: Array) -> Array:
    return xp.asin(x)


@ASIN.gradient
def _asin_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        x2 = square(x)
        one = constant(1, dtype=d_y.dtype)
        inverse = reciprocal(sqrt(subtract(one, x2)))
        return d_y * inverse


def asin(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse sine, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Asin" when None.

    Returns:
        Tensor of the shape and dtype of `x`; NaN outside of [-1, 1].

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_asin.cc.
    """
    result: Tensor = ASIN(x, name=name)
    return result


ACOS = register_op(
    "Acos",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@ACOS.kernel
def _acos(xp: Namespace, x: Array) -> Array:
    return xp.acos(x)


@ACOS.gradient
def _acos_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        x2 = square(x)
        one = constant(1, dtype=d_y.dtype)
        inverse = reciprocal(sqrt(subtract(one, x2)))
        return -d_y * inverse


def acos(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse cosine, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Acos" when None.

    Returns:
        Tensor of the shape and dtype of `x`; NaN outside of [-1, 1].

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_acos.cc.
    """
    result: Tensor = ACOS(x, name=name)
    return result


ATAN = register_op(
    "Atan",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@ATAN.kernel
def _atan(xp: Namespace, x: Array) -> Array:
    return xp.atan(x)


@ATAN.gradient
def _atan_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        x2 = square(x)
        one = constant(1, dtype=d_y.dtype)
        inverse = reciprocal(add(one, x2))
        return d_y * inverse


def atan(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse tangent, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Atan" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_atan.cc.
    """
    result: Tensor = ATAN(x, name=name)
    return result


ATAN2 = register_op(
    "Atan2",
    inputs="y: T, x: T",
    outputs="z: T",
    attrs={"T": CWISE_FLOATING},
    shape=broadcast,
)


@ATAN2.kernel
def _atan2(xp: Namespace, y: Array, x: Array) -> Array:
    return xp.atan2(y, x)


@ATAN2.gradient
def _atan2_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    y, x = op.inputs
    with control_dependencies([d_z]):
        inverse = d_z / (square(x) + square(y))
        return x * inverse, -y * inverse


def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the angle of the point (x, y), in radians from -pi to pi, with broadcasting.

    Args:
        y: floating, any shape.
        x: of the dtype of `y`, a shape that broadcasts with it.
        name: name of the operation; "Atan2" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_atan2.cc.
    """
    result: Tensor = ATAN2(y, x, name=name)
    return result


SINH = register_op(
    "Sinh",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@SINH.kernel
def _sinh(xp: Namespace, x: Array) -> Array:
    return xp.sinh(x)


@SINH.gradient
def _sinh_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * cosh(x)


def sinh(x: Any, name: str | None = None) -> Tensor:
    """Compute the hyperbolic sine, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Sinh" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_sinh.cc.
    """
    result: Tensor = SINH(x, name=name)
    return result


COSH = register_op(
    "Cosh",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@COSH.kernel
def _cosh(xp: Namespace, x: Array) -> Array:
    return xp.cosh(x)


@COSH.gradient
def _cosh_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * sinh(x)


def cosh(x: Any, name: str | None = None) -> Tensor:
    """Compute the hyperbolic cosine, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Cosh" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_cosh.cc.
    """
    result: Tensor = COSH(x, name=name)
    return result


TANH = register_op(
    "Tanh",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@TANH.kernel
def _tanh(xp: Namespace, x: Array) -> Array:
    return xp.tanh(x)


@TANH.gradient
def _tanh_gradient(op: Operation, d_y: Tensor) -> Tensor:
    with control_dependencies([d_y]):
        d_x: Tensor = TANH_GRAD(conj(op.outputs[0]), d_y)
        return d_x


@maps_sparse_values("Tanh")
def tanh(x: Any, name: str | None = None) -> Any:
    """Compute the hyperbolic tangent, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Tanh" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_tanh.cc.
    """
    return TANH(x, name=name)


TANH_GRAD = register_op(
    "TanhGrad",
    inputs="y: T, dy: T",
    outputs="z: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@TANH_GRAD.kernel
def _tanh_grad(xp: Namespace, y: Array, dy: Array) -> Array:
    return xp.multiply(dy, xp.subtract(1, xp.multiply(y, y)))


@TANH_GRAD.gradient
def _tanh_grad_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    with control_dependencies([d_z]):
        y, dy = (conj(item) for item in op.inputs)
        return d_z * -2.0 * dy * y, TANH_GRAD(y, d_z)


ASINH = register_op(
    "Asinh",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@ASINH.kernel
def _asinh(xp: Namespace, x: Array) -> Array:
    return xp.asinh(x)


@ASINH.gradient
def _asinh_gradient(op: Operation, d_y: Tensor) -> Tensor:
    with control_dependencies([d_y]):
        y = conj(op.outputs[0])
        return d_y / cosh(y)


def asinh(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse hyperbolic sine, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Asinh" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_asinh.cc.
    """
    result: Tensor = ASINH(x, name=name)
    return result


ACOSH = register_op(
    "Acosh",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@ACOSH.kernel
def _acosh(xp: Namespace, x: Array) -> Array:
    return xp.acosh(x)


@ACOSH.gradient
def _acosh_gradient(op: Operation, d_y: Tensor) -> Tensor:
    with control_dependencies([d_y]):
        y = conj(op.outputs[0])
        return d_y / sinh(y)


def acosh(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse hyperbolic cosine, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Acosh" when None.

    Returns:
        Tensor of the shape and dtype of `x`; NaN below 1.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_acosh.cc.
    """
    result: Tensor = ACOSH(x, name=name)
    return result


ATANH = register_op(
    "Atanh",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@ATANH.kernel
def _atanh(xp: Namespace, x: Array) -> Array:
    return xp.atanh(x)


@ATANH.gradient
def _atanh_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        x2 = square(x)
        one = constant(1, dtype=d_y.dtype)
        inverse = reciprocal(subtract(one, x2))
        return d_y * inverse


def atanh(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse hyperbolic tangent, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Atanh" when None.

    Returns:
        Tensor of the shape and dtype of `x`; NaN outside of [-1, 1].

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_atanh.cc.
    """
    result: Tensor = ATANH(x, name=name)
    return result
