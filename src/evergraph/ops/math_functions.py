"""Absolute values, powers, exponentials and logarithms, element by element."""

from __future__ import annotations

from typing import Any

from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops import array_shape, fills
from evergraph.ops.broadcast_gradient import smart_broadcast_args, sum_to_shape
from evergraph.ops.complex import COMPLEX_ABS, conj
from evergraph.ops.constants import constant
from evergraph.ops.math_elementwise import multiply
from evergraph.ops.math_reciprocal import reciprocal
from evergraph.ops.sparse_values import maps_sparse_values
from evergraph.ops.type_lists import CWISE_ANALYTIC, CWISE_SIGNED
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, unchanged

ABS = register_op(
    "Abs",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": "{bfloat16, half, float, double, int8, int16, int32, int64}"},
    shape=unchanged,
)


@ABS.kernel
def _abs(xp: Namespace, x: Array) -> Array:
    return xp.absolute(x)


@ABS.gradient
def _abs_gradient(op: Operation, d_y: Tensor) -> Any:
    (x,) = op.inputs
    return d_y * sign(x)


@maps_sparse_values("Abs")
def abs(x: Any, name: str | None = None) -> Any:
    """Compute |x|, element by element; of complex numbers sqrt(real^2 + imag^2).

    Args:
        x: signed or complex, any shape; of a SparseTensor the values are mapped.
        name: name of the operation; "Abs" when None.

    Returns:
        Real numbers, of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_abs.cc.
    """
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return COMPLEX_ABS(x, Tout=x.dtype.real_dtype, name=scope)
        return ABS(x, name=scope)


SIGN = register_op(
    "Sign",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@SIGN.kernel
def _sign(xp: Namespace, x: Array) -> Array:
    return xp.sign(x)


@SIGN.gradient
def _sign_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    return fills.zeros(array_shape.shape(x), dtype=x.dtype)


@maps_sparse_values("Sign")
def sign(x: Any, name: str | None = None) -> Any:
    """Compute the sign of x, element by element.

    Args:
        x: numeric, any shape.
        name: name of the operation; "Sign" when None.

    Returns:
        -1, 0 or 1, and 0 for NaN; of complex numbers x / |x|, and 0 for 0.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_sign.cc.
    """
    return SIGN(x, name=name)


SQUARE = register_op(
    "Square",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@SQUARE.kernel
def _square(xp: Namespace, x: Array) -> Array:
    return xp.square(x)


@SQUARE.gradient
def _square_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return multiply(d_y, multiply(x, constant(2.0, dtype=x.dtype)))


@maps_sparse_values("Square")
def square(x: Any, name: str | None = None) -> Any:
    """Compute x * x, element by element.

    Args:
        x: numeric, any shape.
        name: name of the operation; "Square" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_square.cc.
    """
    return SQUARE(x, name=name)


SQRT = register_op(
    "Sqrt",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@SQRT.kernel
def _sqrt(xp: Namespace, x: Array) -> Array:
    return xp.sqrt(x)


@SQRT.gradient
def _sqrt_gradient(op: Operation, d_y: Tensor) -> Tensor:
    d_x: Tensor = SQRT_GRAD(op.outputs[0], d_y)
    return d_x


@maps_sparse_values("Sqrt")
def sqrt(x: Any, name: str | None = None) -> Any:
    """Compute the square root, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Sqrt" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_sqrt.cc.
    """
    return SQRT(x, name=name)


SQRT_GRAD = register_op(
    "SqrtGrad",
    inputs="y: T, dy: T",
    outputs="z: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


def _unless_zero(xp: Namespace, dy: Array, d_x: Array) -> Array:
    # What doesn't reach the loss stays out of it, even where the derivative is infinite.
    return xp.where(xp.equal(dy, 0), 0, d_x)


@SQRT_GRAD.kernel
def _sqrt_grad(xp: Namespace, y: Array, dy: Array) -> Array:
    return _unless_zero(xp, dy, xp.true_divide(xp.multiply(dy, 0.5), xp.conjugate(y)))


@SQRT_GRAD.gradient
def _sqrt_grad_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    y = op.inputs[0]
    with control_dependencies([d_z]):
        quotient = d_z / y
        d_y = -conj(quotient) * op.outputs[0]
        return d_y, 0.5 * quotient


RSQRT = register_op(
    "Rsqrt",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@RSQRT.kernel
def _rsqrt(xp: Namespace, x: Array) -> Array:
    return xp.rsqrt(x)


@RSQRT.gradient
def _rsqrt_gradient(op: Operation, d_y: Tensor) -> Tensor:
    d_x: Tensor = RSQRT_GRAD(op.outputs[0], d_y)
    return d_x


def rsqrt(x: Any, name: str | None = None) -> Tensor:
    """Compute 1 / sqrt(x), element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Rsqrt" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_rsqrt.cc.
    """
    result: Tensor = RSQRT(x, name=name)
    return result


RSQRT_GRAD = register_op(
    "RsqrtGrad",
    inputs="y: T, dy: T",
    outputs="z: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@RSQRT_GRAD.kernel
def _rsqrt_grad(xp: Namespace, y: Array, dy: Array) -> Array:
    conjugate = xp.conjugate(y)
    cube = xp.multiply(xp.multiply(conjugate, conjugate), conjugate)
    return _unless_zero(xp, dy, xp.multiply(xp.multiply(dy, -0.5), cube))


@RSQRT_GRAD.gradient
def _rsqrt_grad_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    y, dy = op.inputs
    with control_dependencies([d_z]):
        conjugate = conj(y)
        d_conjugate = conj(d_z)
        d_y = -1.5 * d_conjugate * dy * square(conjugate)
        return d_y, RSQRT_GRAD(conjugate, d_z)


EXP = register_op(
    "Exp",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@EXP.kernel
def _exp(xp: Namespace, x: Array) -> Array:
    return xp.exp(x)


@EXP.gradient
def _exp_gradient(op: Operation, d_y: Tensor) -> Tensor:
    with control_dependencies([d_y]):
        y = conj(op.outputs[0])
        return d_y * y


def exp(x: Any, name: str | None = None) -> Tensor:
    """Compute e^x, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Exp" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_exp.cc.
    """
    result: Tensor = EXP(x, name=name)
    return result


EXPM1 = register_op(
    "Expm1",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@EXPM1.kernel
def _expm1(xp: Namespace, x: Array) -> Array:
    return xp.expm1(x)


@EXPM1.gradient
def _expm1_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        y = exp(x)
        return d_y * y


def expm1(x: Any, name: str | None = None) -> Tensor:
    """Compute e^x - 1, element by element, exact near 0.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Expm1" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_expm1.cc.
    """
    result: Tensor = EXPM1(x, name=name)
    return result


LOG = register_op(
    "Log",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@LOG.kernel
def _log(xp: Namespace, x: Array) -> Array:
    return xp.log(x)


@LOG.gradient
def _log_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * reciprocal(x)


def log(x: Any, name: str | None = None) -> Tensor:
    """Compute the natural logarithm, element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Log" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_log.cc.
    """
    result: Tensor = LOG(x, name=name)
    return result


LOG1P = register_op(
    "Log1p",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@LOG1P.kernel
def _log1p(xp: Namespace, x: Array) -> Array:
    return xp.log1p(x)


@LOG1P.gradient
def _log1p_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * reciprocal(1 + x)


def log1p(x: Any, name: str | None = None) -> Tensor:
    """Compute log(1 + x), element by element, exact near 0.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Log1p" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_log1p.cc.
    """
    result: Tensor = LOG1P(x, name=name)
    return result


POW = register_op(
    "Pow",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": "{bfloat16, float, half, double, int32, int64, complex64, complex128}"},
    shape=broadcast,
)


@POW.kernel
def _pow(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.power(x, y)


@POW.gradient
def _pow_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    from evergraph.ops.math_comparison import not_equal
    from evergraph.ops.select import where

    x, y = op.inputs
    (sx, rx, reduce_x), (sy, ry, reduce_y) = smart_broadcast_args(x, y, d_z)
    x, y = conj(x), conj(y)
    d_x = d_z * y * pow(x, y - 1)
    if reduce_x:
        d_x = sum_to_shape(d_x, rx, sx)
    z = conj(op.outputs[0])
    # log(x) has no value for x <= 0; there the gradient of y is 0.
    mask = not_equal(x, 0) if x.dtype.is_complex else x > 0
    safe_x = where(mask, x, fills.ones_like(x))
    log_x = where(mask, log(safe_x), fills.zeros_like(x))
    d_y = d_z * z * log_x
    if reduce_y:
        d_y = sum_to_shape(d_y, ry, sy)
    return d_x, d_y


def pow(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute x to the power of y, element by element, with broadcasting.

    Args:
        x: numeric, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Pow" when None.

    Returns:
        Tensor of the broadcast shape.

    Raises:
        tf.errors.InvalidArgumentError: while running, an integer to a negative power.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_pow.cc.
    """
    with name_scope(name, "Pow", [x]) as scope:
        result: Tensor = POW(x, y, name=scope)
        return result
