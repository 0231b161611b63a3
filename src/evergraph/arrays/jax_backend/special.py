"""Special functions of JAX's side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.operands import constant, same_shape, through_float32, typed
from evergraph.core.typing import Array


def _special(function: Callable[..., Array], *operands: Array) -> Array:
    return through_float32(function, *operands)


def _or_nan(is_defined: Array, x: Array) -> Array:
    return lax.select(is_defined, x, lax.full_like(x, np.nan))


def _and(*conditions: Array) -> Array:
    result = conditions[0]
    for condition in conditions[1:]:
        result = lax.bitwise_and(result, condition)
    return result


def _is_whole(x: Array) -> Array:
    return lax.eq(lax.floor(x), x)


def erf(x: Array) -> Array:
    """Error function."""
    return _special(lax.erf, x)


def erfc(x: Array) -> Array:
    """1 - erf(x), exact for large x."""
    return _special(lax.erfc, x)


def erfinv(x: Array) -> Array:
    """Inverse of `erf`."""
    return _special(lax.erf_inv, x)


def lgamma(x: Array) -> Array:
    """Log |gamma(x)|; inf at 0 and the negative whole numbers, and at both infinities."""
    value = _special(lax.lgamma, x)
    is_pole = _and(lax.le(x, constant(x, 0)), _is_whole(x))
    return lax.select(is_pole, lax.full_like(x, np.inf), value)


def digamma(x: Array) -> Array:
    """Derivative of `lgamma`; inf at 0, the negative whole numbers and -inf."""
    is_pole = _and(lax.le(x, constant(x, 0)), _is_whole(x))
    return lax.select(is_pole, lax.full_like(x, np.inf), _special(lax.digamma, x))


def polygamma(a: Array, x: Array) -> Array:
    """The derivative of order a + 1 of `lgamma`; NaN unless a is a whole number >= 0."""
    a, x = same_shape(*typed(a, x))
    zero, one = constant(x, 0), constant(x, 1)
    order = lax.select(_and(lax.gt(a, zero), _is_whole(a)), a, lax.full_like(a, 1))
    is_even = lax.eq(lax.rem(order, constant(x, 2)), zero)
    factor = lax.select(is_even, lax.full_like(x, -1), lax.full_like(x, 1))
    size = _special(lambda n: lax.exp(lax.lgamma(n)), lax.add(order, one))
    value = lax.mul(lax.mul(factor, size), zeta(lax.add(order, one), x))
    value = lax.select(lax.eq(a, zero), digamma(x), value)
    return _or_nan(_and(lax.ge(a, zero), _is_whole(a)), value)


def zeta(x: Array, q: Array) -> Array:
    """Hurwitz's zeta: the sum over k >= 0 of (k + q)^-x.

    inf at x = 1 and at the poles q = 0, -1, ...; NaN below x = 1, and for q < 0 unless x is whole.
    """
    x, q = same_shape(*typed(x, q))
    zero, one = constant(x, 0), constant(x, 1)
    is_whole_q = _and(lax.le(q, zero), _is_whole(q))
    is_pole = lax.bitwise_or(lax.eq(x, one), _and(lax.gt(x, one), is_whole_q))
    is_undefined = lax.bitwise_or(
        lax.lt(x, one),
        _and(lax.lt(q, zero), lax.bitwise_not(is_whole_q), lax.bitwise_not(_is_whole(x))),
    )
    value = _special(lax.zeta, x, q)
    value = _or_nan(lax.bitwise_not(is_undefined), value)
    return lax.select(is_pole, lax.full_like(x, np.inf), value)


def igamma(a: Array, x: Array) -> Array:
    """Lower regularised incomplete gamma function; 0 at x = 0, NaN for x < 0 or a <= 0."""
    return _zero_at_zero(lax.igamma, a, x)


def _zero_at_zero(function: Callable[..., Array], a: Array, x: Array) -> Array:
    a, x = same_shape(*typed(a, x))
    value = _incomplete_gamma(function, a, x)
    return lax.select(lax.eq(x, constant(x, 0)), lax.full_like(value, 0), value)


def igammac(a: Array, x: Array) -> Array:
    """1 - igamma(a, x)."""
    return _incomplete_gamma(lax.igammac, a, x)


def _incomplete_gamma(function: Callable[..., Array], a: Array, x: Array) -> Array:
    a, x = same_shape(*typed(a, x))
    zero = constant(x, 0)
    is_defined = _and(lax.ge(x, zero), lax.gt(a, zero), lax.is_finite(a))
    return _or_nan(is_defined, _special(function, a, x))


def betainc(a: Array, b: Array, x: Array) -> Array:
    """Regularised incomplete beta function; NaN outside of a > 0, b > 0, 0 <= x <= 1."""
    a, b = typed(a, b)
    a, b, x = same_shape(a, b, typed(x, a)[0])
    zero, one = constant(x, 0), constant(x, 1)
    is_defined = _and(lax.gt(a, zero), lax.gt(b, zero), lax.ge(x, zero), lax.le(x, one))
    return _or_nan(is_defined, _special(lax.betainc, a, b, x))


def bessel_i0e(x: Array) -> Array:
    """e^-|x| times the modified Bessel function of order 0."""
    return _special(lax.bessel_i0e, x)


def bessel_i1e(x: Array) -> Array:
    """e^-|x| times the modified Bessel function of order 1."""
    return _special(lax.bessel_i1e, x)


def igamma_grad_a(a: Array, x: Array) -> Array:
    """Derivative of `igamma` by a, NaN where that is.

    igamma = e^(a log x - x - lgamma(a + 1)) * sum of t_n, t_n = x^n / ((a + 1) ... (a + n)).
    """
    return _zero_at_zero(lax.igamma_grad_a, a, x)


def random_gamma_grad(a: Array, x: Array) -> Array:
    """The slope dx / da of gamma numbers x at a fixed lower incomplete gamma function P(a, x)."""
    a, x = same_shape(*typed(a, x))
    # In float32 XLA's series loses four digits for x far below a.
    wide = (lax.convert_element_type(v, np.float64) for v in (a, x))
    return lax.convert_element_type(lax.random_gamma_grad(*wide), x.dtype)
