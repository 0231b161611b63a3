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


@quiet
def random_gamma_grad(a: Array, x: Array) -> Array:
    """The slope dx / da of gamma numbers x at a fixed lower incomplete gamma function P(a, x).

    By the derivatives, term by term, of the series of P and of the continued fraction of 1 - P.
    """
    a, x = pair(a, x)
    dtype = x.dtype
    a, x = np.broadcast_arrays(a.astype(np.float64), x.astype(np.float64))
    is_defined = (x >= 0) & (a > 0)
    is_far = (x > 1) & (x > a)
    series = _gamma_series_slope(np.where(is_far, 1.0, a), np.where(is_far, 0.5, x))
    fraction = _gamma_fraction_slope(np.where(is_far, a, 1.0), np.where(is_far, x, 2.0))
    slope = np.where(is_far, fraction, np.where(x == 0, 0.0, series))
    return np.where(is_defined, slope, np.nan).astype(dtype)


_MOST_TERMS = 2000


def _gamma_series_slope(a: Array, x: Array) -> Array:
    r, term, total = a.copy(), np.ones_like(x), np.ones_like(x)
    d_term, d_total = np.zeros_like(x), np.zeros_like(x)
    for _ in range(_MOST_TERMS):
        r = r + 1.0
        d_term = (x / r) * d_term - (x / (r * r)) * term
        d_total = d_total + d_term
        term = term * (x / r)
        total = total + term
        if not (np.abs(d_term) > 1e-17 * np.abs(d_total)).any():
            break
    return -(d_total + total * (np.log(x) - digamma(a + 1.0))) * x / a


def _gamma_fraction_slope(a: Array, x: Array) -> Array:
    y, z, count = 1.0 - a, x + 2.0 - a, 0.0
    p2, q2, p1, q1 = np.ones_like(x), x, x + 1.0, (x + 2.0 - a) * x
    d_p2, d_q2, d_p1, d_q1 = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x), -x
    value = p1 / q1
    slope = (d_p1 - value * d_q1) / q1
    for _ in range(_MOST_TERMS):
        count, y, z = count + 1.0, y + 1.0, z + 2.0
        p, q = p1 * z - p2 * y * count, q1 * z - q2 * y * count
        d_p = d_p1 * z - p1 - d_p2 * y * count + p2 * count
        d_q = d_q1 * z - q1 - d_q2 * y * count + q2 * count
        before, value = slope, p / q
        slope = (d_p - value * d_q) / q
        # The terms grow without bound; only their ratios count.
        scale = np.where(np.abs(p) > 1e15, 1e-15, 1.0)
        p2, q2, p1, q1 = p1 * scale, q1 * scale, p * scale, q * scale
        d_p2, d_q2, d_p1, d_q1 = d_p1 * scale, d_q1 * scale, d_p * scale, d_q * scale
        if not (np.abs(slope - before) > 1e-16).any():
            break
    return (slope + value * (np.log(x) - digamma(a))) * x
