"""Elementwise functions of JAX's side; operands broadcast, and dtypes never change."""

from __future__ import annotations

from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.operands import (
    constant,
    is_floating,
    pair,
    same_shape,
    typed,
)
from evergraph.core.typing import Array


def add(x: Array, y: Array) -> Array:
    """X + y; strings are joined."""
    return lax.add(*pair(x, y))


def subtract(x: Array, y: Array) -> Array:
    """X - y."""
    return lax.sub(*pair(x, y))


def multiply(x: Array, y: Array) -> Array:
    """X * y."""
    return _product(*pair(x, y))


def _product(x: Array, y: Array) -> Array:
    """X * y, rounded also where a sum follows.

    XLA's code generator contracts a product and the sum that takes it into one instruction, which
    rounds once; TensorFlow rounds each operation, and near zero the two are 8 units in the last
    place apart. None of XLA's options turns that off. A select in between does, where LLVM cannot
    tell which side it takes (a test for NaN falls away when it knows the operands' bits); memory
    hides its cost. For inf and NaN, p + p is p.
    """
    p = lax.mul(x, y)
    if p.dtype not in (np.float32, np.float64):
        return p
    return lax.select(lax.lt(p, lax.full_like(p, np.inf)), p, lax.add(p, p))


def negative(x: Array) -> Array:
    """-x."""
    return lax.neg(x)


def absolute(x: Array) -> Array:
    """|x|; a complex number gives a real one."""
    return x if x.dtype.kind in "ub" else lax.abs(x)


def sign(x: Array) -> Array:
    """-1, 0 or 1; 0 for NaN; x / |x| for complex numbers."""
    if is_floating(x.dtype):
        return lax.select(lax.ne(x, x), lax.full_like(x, 0), lax.sign(x))
    return lax.sign(x)


def square(x: Array) -> Array:
    """X * x."""
    return _product(x, x)


def squared_difference(x: Array, y: Array) -> Array:
    """(x - y) * conj(x - y)."""
    difference = lax.sub(*pair(x, y))
    conjugate = lax.conj(difference) if difference.dtype.kind == "c" else difference
    return _product(difference, conjugate)


def reciprocal(x: Array) -> Array:
    """1 / x."""
    return lax.div(lax.full_like(x, 1), x)


def maximum(x: Array, y: Array) -> Array:
    """Y where x < y, else x; so NaN is taken from x only."""
    x, y = same_shape(*typed(x, y))
    return lax.select(lax.lt(x, y), y, x) if is_floating(x.dtype) else lax.max(x, y)


def minimum(x: Array, y: Array) -> Array:
    """Y where y < x, else x; so NaN is taken from x only."""
    x, y = same_shape(*typed(x, y))
    return lax.select(lax.lt(y, x), y, x) if is_floating(x.dtype) else lax.min(x, y)


def clip(x: Array, low: Any, high: Any) -> Array:
    """minimum(maximum(x, low), high)."""
    return minimum(maximum(x, low), high)


def where(condition: Array, x: Array, y: Array) -> Array:
    """X where `condition`, else y; all three broadcast."""
    x, y = typed(x, y)
    condition, x, y = same_shape(condition, x, y)
    return lax.select(condition, x, y)


# Exponentials, roots, trigonometry.


def exp(x: Array) -> Array:
    """e^x."""
    return lax.exp(x)


def expm1(x: Array) -> Array:
    """e^x - 1, exact near 0."""
    return lax.expm1(x)


def log(x: Array) -> Array:
    """Natural logarithm."""
    return lax.log(x)


def log1p(x: Array) -> Array:
    """log(1 + x), exact near 0."""
    return lax.log1p(x)


def logaddexp(x: Array, y: Array) -> Array:
    """log(e^x + e^y) without overflow."""
    x, y = same_shape(*typed(x, y))
    top, difference = lax.max(x, y), lax.sub(x, y)
    near = lax.add(top, lax.log1p(lax.exp(lax.neg(lax.abs(difference)))))
    return lax.select(lax.ne(difference, difference), lax.add(x, y), near)


def sqrt(x: Array) -> Array:
    """Square root; NaN below 0."""
    return lax.sqrt(x)


def rsqrt(x: Array) -> Array:
    """1 / sqrt(x)."""
    return lax.rsqrt(x)


def sin(x: Array) -> Array:
    """Sine."""
    return lax.sin(x)


def cos(x: Array) -> Array:
    """Cosine."""
    return lax.cos(x)


def tan(x: Array) -> Array:
    """Tangent."""
    return lax.tan(x)


def asin(x: Array) -> Array:
    """Inverse sine."""
    return lax.asin(x)


def acos(x: Array) -> Array:
    """Inverse cosine."""
    return lax.acos(x)


def atan(x: Array) -> Array:
    """Inverse tangent."""
    return lax.atan(x)


def atan2(y: Array, x: Array) -> Array:
    """Angle of the point (x, y), in [-pi, pi]."""
    return lax.atan2(*pair(y, x))


def sinh(x: Array) -> Array:
    """Hyperbolic sine."""
    return lax.sinh(x)


def cosh(x: Array) -> Array:
    """Hyperbolic cosine."""
    return lax.cosh(x)


def tanh(x: Array) -> Array:
    """Hyperbolic tangent."""
    return lax.tanh(x)


def asinh(x: Array) -> Array:
    """Inverse hyperbolic sine."""
    return lax.asinh(x)


def acosh(x: Array) -> Array:
    """Inverse hyperbolic cosine; NaN below 1."""
    return lax.acosh(x)


def atanh(x: Array) -> Array:
    """Inverse hyperbolic tangent."""
    return lax.atanh(x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), without overflow."""
    return lax.logistic(x)


# Rounding and tests.


def floor(x: Array) -> Array:
    """Largest whole number not above x."""
    return lax.floor(x)


def ceil(x: Array) -> Array:
    """Least whole number not below x."""
    return lax.ceil(x)


def trunc(x: Array) -> Array:
    """X without its fraction."""
    return lax.select(lax.lt(x, constant(x, 0)), lax.ceil(x), lax.floor(x))


def rint(x: Array) -> Array:
    """Nearest whole number, halves to the even one; integers stay."""
    return x if x.dtype.kind in "iub" else lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)


def isnan(x: Array) -> Array:
    """Whether it is NaN."""
    return lax.ne(x, x)


def isinf(x: Array) -> Array:
    """Whether it is inf or -inf."""
    if x.dtype.kind == "c":
        return lax.bitwise_or(isinf(lax.real(x)), isinf(lax.imag(x)))
    return lax.eq(lax.abs(x), constant(x, np.inf))


def isfinite(x: Array) -> Array:
    """Whether it is neither inf nor NaN."""
    if x.dtype.kind == "c":
        return lax.bitwise_and(lax.is_finite(lax.real(x)), lax.is_finite(lax.imag(x)))
    return lax.is_finite(x)


def nextafter(x: Array, y: Array) -> Array:
    """The number next to x on the way to y."""
    return lax.nextafter(*pair(x, y))


# Comparisons and logic.


def equal(x: Array, y: Array) -> Array:
    """X == y."""
    return lax.eq(*pair(x, y))


def not_equal(x: Array, y: Array) -> Array:
    """X != y; NaN differs from itself."""
    return lax.ne(*pair(x, y))


def less(x: Array, y: Array) -> Array:
    """X < y."""
    return lax.lt(*pair(x, y))


def less_equal(x: Array, y: Array) -> Array:
    """X <= y."""
    return lax.le(*pair(x, y))


def greater(x: Array, y: Array) -> Array:
    """X > y."""
    return lax.gt(*pair(x, y))


def greater_equal(x: Array, y: Array) -> Array:
    """X >= y."""
    return lax.ge(*pair(x, y))


def logical_and(x: Array, y: Array) -> Array:
    """Both, of booleans."""
    return lax.bitwise_and(*pair(x, y))


def logical_or(x: Array, y: Array) -> Array:
    """Either, of booleans."""
    return lax.bitwise_or(*pair(x, y))


def logical_xor(x: Array, y: Array) -> Array:
    """Exactly one, of booleans."""
    return lax.bitwise_xor(*pair(x, y))


def logical_not(x: Array) -> Array:
    """Not, of booleans."""
    return lax.bitwise_not(x)


# Bits.


def bitwise_and(x: Array, y: Array) -> Array:
    """Bits set in both."""
    return lax.bitwise_and(*pair(x, y))


def bitwise_or(x: Array, y: Array) -> Array:
    """Bits set in either."""
    return lax.bitwise_or(*pair(x, y))


def bitwise_xor(x: Array, y: Array) -> Array:
    """Bits set in exactly one."""
    return lax.bitwise_xor(*pair(x, y))


def invert(x: Array) -> Array:
    """Every bit the other way."""
    return lax.bitwise_not(x)


def left_shift(x: Array, y: Array) -> Array:
    """X * 2^y; y below 0 counts as 0, above the highest bit as the highest bit."""
    x, y = pair(x, y)
    return lax.shift_left(x, _shift(x, y))


def right_shift(x: Array, y: Array) -> Array:
    """floor(x / 2^y), with the limits of `left_shift`."""
    x, y = pair(x, y)
    shift = lax.shift_right_logical if x.dtype.kind == "u" else lax.shift_right_arithmetic
    return shift(x, _shift(x, y))


def _shift(x: Array, y: Array) -> Array:
    return lax.clamp(constant(y, 0), y, constant(y, x.dtype.itemsize * 8 - 1))


def population_count(x: Array) -> Array:
    """Number of set bits, as uint8."""
    return lax.convert_element_type(lax.population_count(x), np.uint8)


# Complex numbers.


def complex(real: Array, imag: Array) -> Array:
    """Real + i imag: complex64 of float32, complex128 of float64."""
    return lax.complex(*same_shape(*typed(real, imag)))


def real(x: Array) -> Array:
    """Real part."""
    return lax.real(x) if x.dtype.kind == "c" else x


def imag(x: Array) -> Array:
    """Imaginary part."""
    return lax.imag(x) if x.dtype.kind == "c" else lax.full_like(x, 0)


def conjugate(x: Array) -> Array:
    """Real part minus i times imaginary part; real numbers stay."""
    return lax.conj(x) if x.dtype.kind == "c" else x


def angle(x: Array) -> Array:
    """atan2(imag, real)."""
    return lax.atan2(imag(x), real(x))
