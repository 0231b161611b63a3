"""Elementwise functions of NumPy's side; operands broadcast, and dtypes never change."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import pair, quiet
from evergraph.core.typing import Array


@quiet
def add(x: Array, y: Array) -> Array:
    """X + y; strings are joined."""
    return np.add(*pair(x, y))


@quiet
def subtract(x: Array, y: Array) -> Array:
    """X - y."""
    return np.subtract(*pair(x, y))


@quiet
def multiply(x: Array, y: Array) -> Array:
    """X * y."""
    return np.multiply(*pair(x, y))


@quiet
def negative(x: Array) -> Array:
    """-x."""
    return np.negative(x)


@quiet
def absolute(x: Array) -> Array:
    """|x|; a complex number gives a real one."""
    return np.absolute(x)


@quiet
def sign(x: Array) -> Array:
    """-1, 0 or 1; 0 for NaN; x / |x| for complex numbers."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        size = np.absolute(x)
        return np.where(size == 0, np.zeros((), x.dtype), x / np.where(size == 0, 1, size)).astype(
            x.dtype
        )
    return (x > x.dtype.type(0)).astype(x.dtype) - (x < x.dtype.type(0)).astype(x.dtype)


@quiet
def square(x: Array) -> Array:
    """X * x."""
    return np.multiply(x, x)


@quiet
def squared_difference(x: Array, y: Array) -> Array:
    """(x - y) * conj(x - y)."""
    difference = np.subtract(*pair(x, y))
    return np.multiply(
        difference, np.conjugate(difference) if difference.dtype.kind == "c" else difference
    )


@quiet
def reciprocal(x: Array) -> Array:
    """1 / x."""
    x = np.asarray(x)
    return np.divide(x.dtype.type(1), x)


@quiet
def maximum(x: Array, y: Array) -> Array:
    """Y where x < y, else x; so NaN is taken from x only."""
    x, y = pair(x, y)
    return np.where(x < y, y, x)


@quiet
def minimum(x: Array, y: Array) -> Array:
    """Y where y < x, else x; so NaN is taken from x only."""
    x, y = pair(x, y)
    return np.where(y < x, y, x)


def clip(x: Array, low: Any, high: Any) -> Array:
    """minimum(maximum(x, low), high)."""
    return minimum(maximum(x, low), high)


@quiet
def where(condition: Array, x: Array, y: Array) -> Array:
    """X where `condition`, else y; all three broadcast."""
    return np.where(condition, *pair(x, y))


# Exponentials, roots, trigonometry.


@quiet
def exp(x: Array) -> Array:
    """e^x."""
    return np.exp(x)


@quiet
def expm1(x: Array) -> Array:
    """e^x - 1, exact near 0."""
    return np.expm1(x)


@quiet
def log(x: Array) -> Array:
    """Natural logarithm."""
    return np.log(x)


@quiet
def log1p(x: Array) -> Array:
    """log(1 + x), exact near 0."""
    return np.log1p(x)


@quiet
def logaddexp(x: Array, y: Array) -> Array:
    """log(e^x + e^y) without overflow."""
    return np.logaddexp(*pair(x, y))


@quiet
def sqrt(x: Array) -> Array:
    """Square root; NaN below 0."""
    return np.sqrt(x)


@quiet
def rsqrt(x: Array) -> Array:
    """1 / sqrt(x)."""
    x = np.asarray(x)
    return np.divide(x.dtype.type(1), np.sqrt(x))


@quiet
def sin(x: Array) -> Array:
    """Sine."""
    return np.sin(x)


@quiet
def cos(x: Array) -> Array:
    """Cosine."""
    return np.cos(x)


@quiet
def tan(x: Array) -> Array:
    """Tangent."""
    return np.tan(x)


@quiet
def asin(x: Array) -> Array:
    """Inverse sine."""
    return np.arcsin(x)


@quiet
def acos(x: Array) -> Array:
    """Inverse cosine."""
    return np.arccos(x)


@quiet
def atan(x: Array) -> Array:
    """Inverse tangent."""
    return np.arctan(x)


@quiet
def atan2(y: Array, x: Array) -> Array:
    """Angle of the point (x, y), in [-pi, pi]."""
    return np.arctan2(*pair(y, x))


@quiet
def sinh(x: Array) -> Array:
    """Hyperbolic sine."""
    return np.sinh(x)


@quiet
def cosh(x: Array) -> Array:
    """Hyperbolic cosine."""
    return np.cosh(x)


@quiet
def tanh(x: Array) -> Array:
    """Hyperbolic tangent."""
    return np.tanh(x)


@quiet
def asinh(x: Array) -> Array:
    """Inverse hyperbolic sine."""
    return np.arcsinh(x)


@quiet
def acosh(x: Array) -> Array:
    """Inverse hyperbolic cosine; NaN below 1."""
    return np.arccosh(x)


@quiet
def atanh(x: Array) -> Array:
    """Inverse hyperbolic tangent."""
    return np.arctanh(x)


@quiet
def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), without overflow."""
    x = np.asarray(x)
    one = x.dtype.type(1)
    if x.dtype.kind == "c":
        return one / (one + np.exp(-x))
    small = np.exp(-np.absolute(x))
    return np.where(x >= x.dtype.type(0), one, small) / (one + small)


# Rounding and tests.


@quiet
def floor(x: Array) -> Array:
    """Largest whole number not above x."""
    return np.floor(x).astype(x.dtype, copy=False)


@quiet
def ceil(x: Array) -> Array:
    """Least whole number not below x."""
    return np.ceil(x).astype(x.dtype, copy=False)


@quiet
def trunc(x: Array) -> Array:
    """X without its fraction."""
    return np.trunc(x).astype(x.dtype, copy=False)


@quiet
def rint(x: Array) -> Array:
    """Nearest whole number, halves to the even one; integers stay."""
    x = np.asarray(x)
    return x if x.dtype.kind in "iub" else np.rint(x)


@quiet
def isnan(x: Array) -> Array:
    """Whether it is NaN."""
    return np.isnan(x)


@quiet
def isinf(x: Array) -> Array:
    """Whether it is inf or -inf."""
    return np.isinf(x)


@quiet
def isfinite(x: Array) -> Array:
    """Whether it is neither inf nor NaN."""
    return np.isfinite(x)


@quiet
def nextafter(x: Array, y: Array) -> Array:
    """The number next to x on the way to y."""
    return np.nextafter(*pair(x, y))


# Comparisons and logic.


@quiet
def equal(x: Array, y: Array) -> Array:
    """X == y."""
    return np.asarray(np.equal(*pair(x, y)), np.bool_)


@quiet
def not_equal(x: Array, y: Array) -> Array:
    """X != y; NaN differs from itself."""
    return np.asarray(np.not_equal(*pair(x, y)), np.bool_)


@quiet
def less(x: Array, y: Array) -> Array:
    """X < y."""
    return np.less(*pair(x, y))


@quiet
def less_equal(x: Array, y: Array) -> Array:
    """X <= y."""
    return np.less_equal(*pair(x, y))


@quiet
def greater(x: Array, y: Array) -> Array:
    """X > y."""
    return np.greater(*pair(x, y))


@quiet
def greater_equal(x: Array, y: Array) -> Array:
    """X >= y."""
    return np.greater_equal(*pair(x, y))


def logical_and(x: Array, y: Array) -> Array:
    """Both, of booleans."""
    return np.logical_and(x, y)


def logical_or(x: Array, y: Array) -> Array:
    """Either, of booleans."""
    return np.logical_or(x, y)


def logical_xor(x: Array, y: Array) -> Array:
    """Exactly one, of booleans."""
    return np.logical_xor(x, y)


def logical_not(x: Array) -> Array:
    """Not, of booleans."""
    return np.logical_not(x)


# Bits.


def bitwise_and(x: Array, y: Array) -> Array:
    """Bits set in both."""
    return np.bitwise_and(*pair(x, y))


def bitwise_or(x: Array, y: Array) -> Array:
    """Bits set in either."""
    return np.bitwise_or(*pair(x, y))


def bitwise_xor(x: Array, y: Array) -> Array:
    """Bits set in exactly one."""
    return np.bitwise_xor(*pair(x, y))


def invert(x: Array) -> Array:
    """Every bit the other way."""
    return np.invert(x)


def left_shift(x: Array, y: Array) -> Array:
    """X * 2^y; y below 0 counts as 0, above the highest bit as the highest bit."""
    x, y = pair(x, y)
    return np.left_shift(x, _shift(x, y))


def right_shift(x: Array, y: Array) -> Array:
    """floor(x / 2^y), with the limits of `left_shift`."""
    x, y = pair(x, y)
    return np.right_shift(x, _shift(x, y))


def _shift(x: Array, y: Array) -> Array:
    return np.clip(y, y.dtype.type(0), y.dtype.type(x.dtype.itemsize * 8 - 1))


def population_count(x: Array) -> Array:
    """Number of set bits, as uint8."""
    x = np.asarray(x)
    return np.bitwise_count(x.view(np.dtype(f"u{x.dtype.itemsize}"))).astype(np.uint8)


# Complex numbers.


def complex(real: Array, imag: Array) -> Array:
    """Real + i imag: complex64 of float32, complex128 of float64."""
    real, imag = np.broadcast_arrays(*pair(real, imag))
    result = np.empty(real.shape, np.complex64 if real.dtype == np.float32 else np.complex128)
    result.real, result.imag = real, imag
    return result


def real(x: Array) -> Array:
    """Real part."""
    return np.real(x)


def imag(x: Array) -> Array:
    """Imaginary part."""
    return np.imag(x)


def conjugate(x: Array) -> Array:
    """Real part minus i times imaginary part; real numbers stay."""
    return np.conjugate(x)


@quiet
def angle(x: Array) -> Array:
    """atan2(imag, real)."""
    x = np.asarray(x)
    return np.arctan2(x.imag, x.real)
