"""Special functions of NumPy's side, by SciPy, which JAX brings along; loaded on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import pair, quiet, through_float32
from evergraph.core.typing import Array


@cache
def _scipy() -> Any:
    import scipy.special

    return scipy.special


@quiet
def _special(name: str, *operands: Array) -> Array:
    function: Callable[..., Array] = getattr(_scipy(), name)
    arrays = [np.asarray(x) for x in operands]
    return np.asarray(through_float32(function, *arrays), arrays[0].dtype)


def erf(x: Array) -> Array:
    """Error function."""
    return _special("erf", x)


def erfc(x: Array) -> Array:
    """1 - erf(x), exact for large x."""
    return _special("erfc", x)


def erfinv(x: Array) -> Array:
    """Inverse of `erf`."""
    return _special("erfinv", x)


def lgamma(x: Array) -> Array:
    """Log |gamma(x)|; inf at 0 and the negative whole numbers, and at both infinities."""
    x = np.asarray(x)
    return np.where(np.isinf(x), x.dtype.type(np.inf), _special("gammaln", x))


@quiet
def digamma(x: Array) -> Array:
    """Derivative of `lgamma`; inf at 0, the negative whole numbers and -inf."""
    x = np.asarray(x)
    is_pole = (x <= x.dtype.type(0)) & (np.floor(x) == x)
    return np.where(is_pole, x.dtype.type(np.inf), _special("psi", x))


@quiet
def polygamma(a: Array, x: Array) -> Array:
    """The derivative of order a + 1 of `lgamma`; NaN unless a is a whole number >= 0."""
    a, x = pair(a, x)
    zero, one = x.dtype.type(0), x.dtype.type(1)
    is_digamma = np.broadcast_to(a == zero, np.broadcast_shapes(a.shape, x.shape))
    order = np.where((a > zero) & (np.floor(a) == a), a, one)
    factor = np.where(np.fmod(order, x.dtype.type(2)) == zero, -one, one)
    value = factor * np.exp(_special("gammaln", order + one)) * zeta(order + one, x)
    value = np.where(is_digamma, digamma(x), value)
    return np.where((a >= zero) & (np.floor(a) == a), value, x.dtype.type(np.nan))


@quiet
def zeta(x: Array, q: Array) -> Array:
    """Hurwitz's zeta: the sum over k >= 0 of (k + q)^-x.

    inf at x = 1 and at the poles q = 0, -1, ...; NaN below x = 1, and for q < 0 unless x is whole.
    """
    x, q = pair(x, q)
    zero, one = x.dtype.type(0), x.dtype.type(1)
    x, q = np.broadcast_arrays(x, q)
    is_pole = (x == one) | ((x > one) & (q <= zero) & (np.floor(q) == q))
    is_undefined = (x < one) | ((q < zero) & (np.floor(q) != q) & (np.floor(x) != x))
    # The series from the first positive term on, and the terms before it: SciPy has none below 0.
    shift = np.where(q < zero, np.ceil(-q), zero)
    shift = np.where(np.isfinite(shift), shift, zero)
    value = _special("zeta", x, q + shift)
    for k in range(int(min(shift.max(initial=0), 10_000))):
        term = np.power(q + x.dtype.type(k), -x)
        value = np.where(shift > x.dtype.type(k), value + term, value)
    value = np.where(is_undefined, x.dtype.type(np.nan), value)
    return np.where(is_pole, x.dtype.type(np.inf), value)


@quiet
def igamma(a: Array, x: Array) -> Array:
    """Lower regularised incomplete gamma function; 0 at x = 0, NaN for x < 0 or a <= 0."""
    value = _incomplete_gamma("gammainc", a, x)
    return np.where(np.equal(x, 0), value.dtype.type(0), value)


@quiet
def igammac(a: Array, x: Array) -> Array:
    """1 - igamma(a, x)."""
    return _incomplete_gamma("gammaincc", a, x)


def _incomplete_gamma(name: str, a: Array, x: Array) -> Array:
    a, x = pair(a, x)
    zero = x.dtype.type(0)
    is_undefined = ~((x >= zero) & (a > zero) & np.isfinite(a))
    return np.where(is_undefined, x.dtype.type(np.nan), _special(name, a, x))


@quiet
def betainc(a: Array, b: Array, x: Array) -> Array:
    """Regularised incomplete beta function; NaN outside of a > 0, b > 0, 0 <= x <= 1."""
    a, b = pair(a, b)
    x = pair(x, a)[0]
    zero = x.dtype.type(0)
    is_undefined = ~((a > zero) & (b > zero) & (x >= zero) & (x <= x.dtype.type(1)))
    return np.where(is_undefined, x.dtype.type(np.nan), _special("betainc", a, b, x))


def bessel_i0e(x: Array) -> Array:
    """e^-|x| times the modified Bessel function of order 0."""
    x = np.asarray(x)
    return np.where(np.isinf(x), x.dtype.type(0), _special("i0e", x))


def bessel_i1e(x: Array) -> Array:
    """e^-|x| times the modified Bessel function of order 1."""
    x = np.asarray(x)
    return np.where(np.isinf(x), x.dtype.type(0), _special("i1e", x))


@quiet
def igamma_grad_a(a: Array, x: Array) -> Array:
    """Derivative of `igamma` by a, NaN where that is.

    igamma = e^(a log x - x - lgamma(a + 1)) * sum of t_n, t_n = x^n / ((a + 1) ... (a + n)).
    """
    a, x = pair(a, x)
    dtype = x.dtype
    a, x = np.broadcast_arrays(a.astype(np.float64), x.astype(np.float64))
    is_known = (x >= 0) & (a > 0) & np.isfinite(a)
    at_zero = x == 0
    is_flat = ~is_known | (x == 0) | np.isinf(x)
    a, x = np.where(is_flat, 1.0, a), np.where(is_flat, 1.0, x)
    term, total, harmonic = np.ones_like(a), np.ones_like(a), np.zeros_like(a)
    slope = np.zeros_like(a)
    for n in range(1, 20_000):
        term = term * x / (a + n)
        harmonic = harmonic + 1 / (a + n)
        total, slope = total + term, slope - term * harmonic
        if np.all((term * (harmonic + 1) <= 1e-17 * total) & (a + n > x)):
            break
    factor = np.exp(a * np.log(x) - x - _scipy().gammaln(a + 1))
    value = factor * (total * (np.log(x) - _scipy().psi(a + 1)) + slope)
    value = np.where(is_known, np.where(is_flat, 0.0, value), np.nan)
    value = np.where(at_zero, 0.0, value)
    return value.astype(dtype)
