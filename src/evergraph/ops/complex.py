"""Complex numbers: their parts, and how they are made of them."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import COMPLEX
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops import fills
from evergraph.ops.broadcast_gradient import broadcast_args, sum_to_shape
from evergraph.ops.constants import constant
from evergraph.ops.type_lists import SINGLE_OR_DOUBLE
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, unchanged

COMPLEX_OP = register_op(
    "Complex",
    inputs="real: T, imag: T",
    outputs="out: Tout",
    attrs={"T": (SINGLE_OR_DOUBLE, dtypes.float32), "Tout": (COMPLEX, dtypes.complex64)},
    shape=broadcast,
)


@COMPLEX_OP.kernel
def _complex(xp: Namespace, real: Array, imag: Array) -> Array:
    return xp.complex(real, imag)


@COMPLEX_OP.gradient
def _complex_gradient(op: Operation, d_out: Tensor) -> tuple[Tensor, Tensor]:
    sx, sy, rx, ry = broadcast_args(*op.inputs)
    return sum_to_shape(real(d_out), rx, sx), sum_to_shape(imag(d_out), ry, sy)


def complex(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """Make complex numbers of their parts: real + i imag.

    Args:
        real: float32 or float64, any shape.
        imag: of the dtype of `real`, a shape that broadcasts with it.
        name: name of the operation; "Complex" when None.

    Returns:
        complex64 or complex128, of the broadcast shape.

    Raises:
        TypeError: the parts are of other dtypes.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_complex.cc.
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as scope:
        types = {
            (dtypes.float64, dtypes.float64): dtypes.complex128,
            (dtypes.float32, dtypes.float32): dtypes.complex64,
        }
        found = types.get((real.dtype.base_dtype, imag.dtype.base_dtype))
        if found is None:
            raise TypeError(
                f"real and imag have incorrect types: {real.dtype.name} {imag.dtype.name}"
            )
        result: Tensor = COMPLEX_OP(real, imag, Tout=found, name=scope)
        return result


REAL = register_op(
    "Real",
    inputs="input: T",
    outputs="output: Tout",
    attrs={"T": (COMPLEX, dtypes.complex64), "Tout": (SINGLE_OR_DOUBLE, dtypes.float32)},
    shape=unchanged,
)


@REAL.kernel
def _real(xp: Namespace, input: Array) -> Array:
    return xp.real(input)


@REAL.gradient
def _real_gradient(op: Operation, d_output: Tensor) -> Tensor:
    return complex(d_output, constant(0, dtype=d_output.dtype))


def real(input: Any, name: str | None = None) -> Tensor:
    """The real part of each element.

    Args:
        input: numeric, any shape.
        name: name of the operation; "Real" when None.

    Returns:
        Real numbers, of the shape of `input`; `input` itself when it isn't complex.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_real.cc.
    """
    with name_scope(name, "Real", [input]) as scope:
        x = convert_to_tensor(input, name="input")
        if not x.dtype.is_complex:
            return x
        result: Tensor = REAL(x, Tout=x.dtype.real_dtype, name=scope)
        return result


IMAG = register_op(
    "Imag",
    inputs="input: T",
    outputs="output: Tout",
    attrs={"T": (COMPLEX, dtypes.complex64), "Tout": (SINGLE_OR_DOUBLE, dtypes.float32)},
    shape=unchanged,
)


@IMAG.kernel
def _imag(xp: Namespace, input: Array) -> Array:
    return xp.imag(input)


@IMAG.gradient
def _imag_gradient(op: Operation, d_output: Tensor) -> Tensor:
    return complex(constant(0, dtype=d_output.dtype), d_output)


def imag(input: Any, name: str | None = None) -> Tensor:
    """The imaginary part of each element.

    Args:
        input: numeric, any shape.
        name: name of the operation; "Imag" when None.

    Returns:
        Real numbers, of the shape of `input`; zeros when it isn't complex.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_imag.cc.
    """
    with name_scope(name, "Imag", [input]) as scope:
        x = convert_to_tensor(input, name="input")
        if not x.dtype.is_complex:
            return fills.zeros_like(x)
        result: Tensor = IMAG(x, Tout=x.dtype.real_dtype, name=scope)
        return result


ANGLE = register_op(
    "Angle",
    inputs="input: T",
    outputs="output: Tout",
    attrs={"T": (COMPLEX, dtypes.complex64), "Tout": (SINGLE_OR_DOUBLE, dtypes.float32)},
    shape=unchanged,
)


@ANGLE.kernel
def _angle(xp: Namespace, input: Array) -> Array:
    return xp.angle(input)


@ANGLE.gradient
def _angle_gradient(op: Operation, d_output: Tensor) -> Tensor:
    from evergraph.ops.math_reciprocal import reciprocal

    (x,) = op.inputs
    with control_dependencies([d_output]):
        real_part, imag_part = real(x), imag(x)
        inverse = reciprocal(complex(imag_part, real_part))
        d_complex = complex(d_output, constant(0, dtype=d_output.dtype))
        return -d_complex * inverse


def angle(input: Any, name: str | None = None) -> Tensor:
    """The argument of each element, in radians from -pi to pi.

    Args:
        input: numeric, any shape.
        name: name of the operation; "Angle" when None.

    Returns:
        atan2(imag, real), of the shape of `input`; zeros when it isn't complex.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_arg.cc.
    """
    with name_scope(name, "Angle", [input]) as scope:
        x = convert_to_tensor(input, name="input")
        if not x.dtype.is_complex:
            return fills.zeros_like(x)
        result: Tensor = ANGLE(x, Tout=x.dtype.real_dtype, name=scope)
        return result


CONJ = register_op(
    "Conj",
    inputs="input: T",
    outputs="output: T",
    attrs={"T": ((*COMPLEX, dtypes.variant), dtypes.complex64)},
    shape=unchanged,
)


@CONJ.kernel
def _conj(xp: Namespace, input: Array) -> Array:
    return xp.conjugate(input)


@CONJ.gradient
def _conj_gradient(op: Operation, d_output: Tensor) -> Tensor:
    return conj(d_output)


def conj(x: Any, name: str | None = None) -> Tensor:
    """The complex conjugate of each element.

    Args:
        x: numeric or variant, any shape.
        name: name of the operation; "Conj" when None.

    Returns:
        Tensor of the shape and dtype of `x`; `x` itself when it isn't complex.

    Raises:
        TypeError: `x` isn't numeric.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_conj.cc.
    """
    if isinstance(x, Tensor) and (x.dtype.is_floating or x.dtype.is_integer):
        return x
    with name_scope(name, "Conj", [x]) as scope:
        tensor = convert_to_tensor(x, name="x")
        if tensor.dtype.is_complex or tensor.dtype == dtypes.variant:
            result: Tensor = CONJ(tensor, name=scope)
            return result
        if tensor.dtype.is_floating or tensor.dtype.is_integer:
            return tensor
        raise TypeError(f"Expected numeric or variant tensor, got dtype {tensor.dtype!r}")


COMPLEX_ABS = register_op(
    "ComplexAbs",
    inputs="x: T",
    outputs="y: Tout",
    attrs={"T": (COMPLEX, dtypes.complex64), "Tout": (SINGLE_OR_DOUBLE, dtypes.float32)},
    shape=unchanged,
)


@COMPLEX_ABS.kernel
def _complex_abs(xp: Namespace, x: Array) -> Array:
    return xp.absolute(x)


@COMPLEX_ABS.gradient
def _complex_abs_gradient(op: Operation, d_y: Tensor) -> Tensor:
    from evergraph.ops.math_reciprocal import div_no_nan

    d_complex = complex(d_y, fills.zeros_like(d_y))
    (x,), (y,) = op.inputs, op.outputs
    return div_no_nan(d_complex * x, complex(y, fills.zeros_like(y)))


def complex_abs(x: Any, name: str | None = None) -> Tensor:
    """The absolute value of complex numbers, as `abs`; a 0.x name.

    Args:
        x: complex64 or complex128, any shape.
        name: name of the operation; "ComplexAbs" when None.

    Returns:
        sqrt(real^2 + imag^2), of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_abs.cc.
    """
    x = convert_to_tensor(x, name="x")
    result: Tensor = COMPLEX_ABS(x, Tout=x.dtype.real_dtype, name=name)
    return result
