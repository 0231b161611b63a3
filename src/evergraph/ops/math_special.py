"""Special functions, element by element: erf, gamma, zeta, beta and Bessel functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops import fills
from evergraph.ops.broadcast_gradient import broadcast_args, sum_to_shape
from evergraph.ops.complex import conj
from evergraph.ops.constants import constant
from evergraph.ops.math_functions import abs, exp, log, sign, square
from evergraph.ops.math_reciprocal import reciprocal
from evergraph.ops.sparse_values import maps_sparse_values
from evergraph.ops.type_lists import CWISE_FLOATING, SINGLE_OR_DOUBLE
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, merge, unchanged
from evergraph.registry.shape_inference import ShapeContext

ERF = register_op(
    "Erf",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@ERF.kernel
def _erf(xp: Namespace, x: Array) -> Array:
    return xp.erf(x)


@ERF.gradient
def _erf_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    slope = constant(2 / math.sqrt(math.pi), dtype=d_y.dtype)
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * slope * exp(-square(x))


@maps_sparse_values("Erf")
def erf(x: Any, name: str | None = None) -> Any:
    """Compute the error function, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "Erf" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_erf.cc.
    """
    return ERF(x, name=name)


ERFC = register_op(
    "Erfc",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@ERFC.kernel
def _erfc(xp: Namespace, x: Array) -> Array:
    return xp.erfc(x)


@ERFC.gradient
def _erfc_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    slope = constant(-2 / math.sqrt(math.pi), dtype=d_y.dtype)
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * slope * exp(-square(x))


def erfc(x: Any, name: str | None = None) -> Tensor:
    """Compute 1 - erf(x), element by element, exact for large x.

    Args:
        x: floating, any shape.
        name: name of the operation; "Erfc" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_erfc.cc.
    """
    result: Tensor = ERFC(x, name=name)
    return result


LGAMMA = register_op(
    "Lgamma",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@LGAMMA.kernel
def _lgamma(xp: Namespace, x: Array) -> Array:
    return xp.lgamma(x)


@LGAMMA.gradient
def _lgamma_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        return d_y * digamma(x)


def lgamma(x: Any, name: str | None = None) -> Tensor:
    """Compute log |gamma(x)|, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "Lgamma" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_lgamma.cc.
    """
    result: Tensor = LGAMMA(x, name=name)
    return result


DIGAMMA = register_op(
    "Digamma",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@DIGAMMA.kernel
def _digamma(xp: Namespace, x: Array) -> Array:
    return xp.digamma(x)


@DIGAMMA.gradient
def _digamma_gradient(op: Operation, d_y: Tensor) -> Tensor:
    (x,) = op.inputs
    with control_dependencies([d_y]):
        x = conj(x)
        partial = polygamma(constant(1, dtype=x.dtype), x)
        return d_y * partial


def digamma(x: Any, name: str | None = None) -> Tensor:
    """Compute the derivative of `lgamma`, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "Digamma" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_digamma.cc.
    """
    result: Tensor = DIGAMMA(x, name=name)
    return result


BESSEL_I0E = register_op(
    "BesselI0e",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@BESSEL_I0E.kernel
def _bessel_i0e(xp: Namespace, x: Array) -> Array:
    return xp.bessel_i0e(x)


@BESSEL_I0E.gradient
def _bessel_i0e_gradient(op: Operation, d_y: Tensor) -> Any:
    (x,), (y,) = op.inputs, op.outputs
    with control_dependencies([d_y]):
        partial = bessel_i1e(x) - sign(x) * y
        return d_y * partial


@maps_sparse_values("BesselI0e")
def bessel_i0e(x: Any, name: str | None = None) -> Any:
    """Compute e^-|x| I0(x), element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "BesselI0e" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_bessel.cc.
    """
    return BESSEL_I0E(x, name=name)


BESSEL_I1E = register_op(
    "BesselI1e",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@BESSEL_I1E.kernel
def _bessel_i1e(xp: Namespace, x: Array) -> Array:
    return xp.bessel_i1e(x)


@BESSEL_I1E.gradient
def _bessel_i1e_gradient(op: Operation, d_y: Tensor) -> Tensor:
    from evergraph.ops.select import where

    (x,), (y,) = op.inputs, op.outputs
    with control_dependencies([d_y]):
        epsilon = np.finfo(x.dtype.as_numpy_dtype).eps
        zeros = fills.zeros_like(x)
        # The general form divides by x; at 0 the derivative is 1/2.
        is_large = abs(x) > epsilon
        safe_x = where(is_large, x, epsilon + zeros)
        partial = bessel_i0e(safe_x) - y * (sign(safe_x) + reciprocal(safe_x))
        partial = where(is_large, partial, 0.5 + zeros)
        return d_y * partial


@maps_sparse_values("BesselI1e")
def bessel_i1e(x: Any, name: str | None = None) -> Any:
    """Compute e^-|x| I1(x), element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "BesselI1e" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_bessel.cc.
    """
    return BESSEL_I1E(x, name=name)


POLYGAMMA = register_op(
    "Polygamma",
    inputs="a: T, x: T",
    outputs="z: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=broadcast,
)


@POLYGAMMA.kernel
def _polygamma(xp: Namespace, a: Array, x: Array) -> Array:
    return xp.polygamma(a, x)


@POLYGAMMA.gradient
def _polygamma_gradient(op: Operation, d_z: Tensor) -> tuple[None, Tensor]:
    a, x = op.inputs
    _, sx, _, rx = broadcast_args(a, x)
    with control_dependencies([d_z]):
        a, x = conj(a), conj(x)
        partial = polygamma(a + 1, x)
        return None, sum_to_shape(partial * d_z, rx, sx)


def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the derivative of order a + 1 of `lgamma` at x, element by element.

    Args:
        a: float32 or float64, any shape.
        x: of the dtype of `a`, a shape that broadcasts with it.
        name: name of the operation; "Polygamma" when None.

    Returns:
        Tensor of the broadcast shape; NaN where `a` is no whole number >= 0.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_polygamma.cc.
    """
    result: Tensor = POLYGAMMA(a, x, name=name)
    return result


ZETA = register_op(
    "Zeta",
    inputs="x: T, q: T",
    outputs="z: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=broadcast,
)


@ZETA.kernel
def _zeta(xp: Namespace, x: Array, q: Array) -> Array:
    return xp.zeta(x, q)


@ZETA.gradient
def _zeta_gradient(op: Operation, d_z: Tensor) -> tuple[None, Tensor]:
    x, q = op.inputs
    _, sq, _, rq = broadcast_args(x, q)
    with control_dependencies([d_z]):
        x, q = conj(x), conj(q)
        partial = -x * zeta(x + 1, q)
        return None, sum_to_shape(partial * d_z, rq, sq)


def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """Compute Hurwitz's zeta function: the sum over k >= 0 of (q + k)^-x.

    Args:
        x: float32 or float64, any shape.
        q: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Zeta" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_zeta.cc.
    """
    result: Tensor = ZETA(x, q, name=name)
    return result


IGAMMA = register_op(
    "Igamma",
    inputs="a: T, x: T",
    outputs="z: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=broadcast,
)


@IGAMMA.kernel
def _igamma(xp: Namespace, a: Array, x: Array) -> Array:
    return xp.igamma(a, x)


@IGAMMA.gradient
def _igamma_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    a, x = op.inputs
    sa, sx, ra, rx = broadcast_args(a, x)
    with control_dependencies([d_z]):
        partial_a = IGAMMA_GRAD_A(a, x)
        partial_x = exp(-x + (a - 1) * log(x) - lgamma(a))
        d_a = sum_to_shape(partial_a * d_z, ra, sa)
        return d_a, sum_to_shape(partial_x * d_z, rx, sx)


def igamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the lower regularised incomplete gamma function P(a, x).

    Args:
        a: float32 or float64, any shape.
        x: of the dtype of `a`, a shape that broadcasts with it.
        name: name of the operation; "Igamma" when None.

    Returns:
        Tensor of the broadcast shape; NaN for x < 0 or a <= 0.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_igammas.cc.
    """
    result: Tensor = IGAMMA(a, x, name=name)
    return result


IGAMMA_GRAD_A = register_op(
    "IgammaGradA",
    inputs="a: T, x: T",
    outputs="z: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=broadcast,
)


@IGAMMA_GRAD_A.kernel
def _igamma_grad_a(xp: Namespace, a: Array, x: Array) -> Array:
    return xp.igamma_grad_a(a, x)


IGAMMAC = register_op(
    "Igammac",
    inputs="a: T, x: T",
    outputs="z: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=broadcast,
)


@IGAMMAC.kernel
def _igammac(xp: Namespace, a: Array, x: Array) -> Array:
    return xp.igammac(a, x)


@IGAMMAC.gradient
def _igammac_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    d_a, d_x = _igamma_gradient(op, d_z)
    return -d_a, -d_x


def igammac(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the upper regularised incomplete gamma function 1 - P(a, x).

    Args:
        a: float32 or float64, any shape.
        x: of the dtype of `a`, a shape that broadcasts with it.
        name: name of the operation; "Igammac" when None.

    Returns:
        Tensor of the broadcast shape; NaN for x < 0 or a <= 0.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_igammas.cc.
    """
    result: Tensor = IGAMMAC(a, x, name=name)
    return result


def _betainc_shape(c: ShapeContext) -> TensorShape:
    known = [shape for shape in c.inputs if shape.ndims not in (None, 0)]
    if not known:
        return TensorShape([] if all(s.ndims == 0 for s in c.inputs) else None)
    result = TensorShape(None)
    for shape in known:
        result = merge(shape, result)
    return result


BETAINC = register_op(
    "Betainc",
    inputs="a: T, b: T, x: T",
    outputs="z: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=_betainc_shape,
)


@BETAINC.kernel
def _betainc(xp: Namespace, a: Array, b: Array, x: Array) -> Array:
    return xp.betainc(a, b, x)


@BETAINC.gradient
def _betainc_gradient(op: Operation, d_z: Tensor) -> tuple[None, None, Tensor]:
    a, b, x = op.inputs
    _, sx, _, rx = broadcast_args(a, x)
    log_beta = LGAMMA(a) + LGAMMA(b) - LGAMMA(a + b)
    partial = exp((b - 1) * log(1 - x) + (a - 1) * log(x) - log_beta)
    return None, None, sum_to_shape(partial * d_z, rx, sx)


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the regularised incomplete beta function I_x(a, b), element by element.

    Args:
        a: float32 or float64, any shape.
        b: of the dtype and shape of `a`, or a scalar.
        x: of the dtype and shape of `a`, or a scalar; from 0 to 1.
        name: name of the operation; "Betainc" when None.

    Returns:
        Tensor of the shape that isn't scalar; NaN outside of a > 0, b > 0, 0 <= x <= 1.

    Raises:
        ValueError: two shapes differ and neither is a scalar.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/betainc_op.cc.
    """
    result: Tensor = BETAINC(a, b, x, name=name)
    return result


NEXT_AFTER = register_op(
    "NextAfter",
    inputs="x1: T, x2: T",
    outputs="output: T",
    attrs={"T": "{double, float} = DT_FLOAT"},
    shape=broadcast,
)


@NEXT_AFTER.kernel
def _next_after(xp: Namespace, x1: Array, x2: Array) -> Array:
    return xp.nextafter(x1, x2)


@NEXT_AFTER.gradient
def _next_after_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    x1, x2 = op.inputs
    s1, s2, r1, r2 = broadcast_args(x1, x2)
    with control_dependencies([d_z]):
        ones = fills.ones(s1, dtype=x1.dtype)
        zeros = fills.zeros(s2, dtype=x2.dtype)
        d_x1 = sum_to_shape(ones * d_z, r1, s1)
        return d_x1, sum_to_shape(zeros * d_z, r2, s2)


def nextafter(x1: Any, x2: Any, name: str | None = None) -> Tensor:
    """Compute the number next to x1 on the way to x2, element by element.

    Args:
        x1: float32 or float64, any shape.
        x2: of the dtype of `x1`, a shape that broadcasts with it.
        name: name of the operation; "NextAfter" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_nextafter.cc.
    """
    result: Tensor = NEXT_AFTER(x1, x2, name=name)
    return result


def bessel_i0(x: Any, name: str | None = None) -> Tensor:
    """Compute the modified Bessel function of order 0, element by element.

    Args:
        x: floating, any shape.
        name: name of the operations' scope; "bessel_i0" when None.

    Returns:
        Tensor of the shape and dtype of `x`; inf where `bessel_i0e` should be taken.

    Reference: TensorFlow 1.15, tensorflow/python/ops/special_math_ops.py.
    """
    with name_scope(name, "bessel_i0", [x]):
        result: Tensor = exp(abs(x)) * bessel_i0e(x)
        return result


def bessel_i1(x: Any, name: str | None = None) -> Tensor:
    """Compute the modified Bessel function of order 1, element by element.

    Args:
        x: floating, any shape.
        name: name of the operations' scope; "bessel_i1" when None.

    Returns:
        Tensor of the shape and dtype of `x`; inf where `bessel_i1e` should be taken.

    Reference: TensorFlow 1.15, tensorflow/python/ops/special_math_ops.py.
    """
    with name_scope(name, "bessel_i1", [x]):
        result: Tensor = exp(abs(x)) * bessel_i1e(x)
        return result
