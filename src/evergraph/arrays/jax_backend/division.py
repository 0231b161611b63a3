"""Division, remainders and powers of JAX's side: where integers may fail."""

from __future__ import annotations

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.elementwise import where
from evergraph.arrays.jax_backend.operands import check, constant, pair, same_shape, typed
from evergraph.core.typing import Array

DIVISION_BY_ZERO = "Integer division by zero"
# What TensorFlow 1.15 says for TruncateDiv and TruncateMod; the class is InternalError.
TRUNCATED_DIVISION_BY_ZERO = (
    "Unexpected error in binary operator (only integer div and mod should have errors)"
)
NEGATIVE_POWER = "Integers to negative integer powers are not allowed"


def _nonzero(x: Array, y: Array, error: str, message: str) -> Array:
    """`y` with 1 in place of 0, which is an error unless there is no x to divide."""
    zero = constant(y, 0)
    if x.size:
        check(lax.ne(y, zero), error, message)
    return where(lax.eq(y, zero), constant(y, 1), y)


def true_divide(x: Array, y: Array) -> Array:
    """X / y of floating or complex numbers (integers are cast before)."""
    return lax.div(*pair(x, y))


def divide(x: Array, y: Array) -> Array:
    """TensorFlow's `Div`: x / y, and for integers the quotient without its fraction.

    Integer division by zero is an InvalidArgumentError.
    """
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        y = _nonzero(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
    return lax.div(x, y)


def truncatediv(x: Array, y: Array) -> Array:
    """The quotient without its fraction for integers, x / y for others.

    Zero is an InternalError.
    """
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        y = _nonzero(x, y, "InternalError", TRUNCATED_DIVISION_BY_ZERO)
    return lax.div(x, y)


def floordiv(x: Array, y: Array) -> Array:
    """floor(x / y); integer division by zero is an InvalidArgumentError."""
    x, y = same_shape(*typed(x, y))
    if x.dtype.kind not in "iu":
        return lax.floor(lax.div(x, y))
    y = _nonzero(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
    quotient = lax.div(x, y)
    if x.dtype.kind == "u":
        return quotient
    zero = constant(x, 0)
    rest = lax.rem(x, y)
    is_below = lax.bitwise_and(lax.ne(rest, zero), lax.ne(lax.lt(rest, zero), lax.lt(y, zero)))
    return lax.sub(quotient, lax.convert_element_type(is_below, x.dtype))


def floormod(x: Array, y: Array) -> Array:
    """X - y * floor(x / y): the sign of y; integer division by zero is an InvalidArgumentError."""
    x, y = same_shape(*typed(x, y))
    if x.dtype.kind in "iu":
        y = _nonzero(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
    rest = lax.rem(x, y)
    if x.dtype.kind == "u":
        return rest
    zero = constant(x, 0)
    is_other = lax.bitwise_and(lax.ne(rest, zero), lax.ne(lax.lt(rest, zero), lax.lt(y, zero)))
    return lax.select(is_other, lax.add(rest, y), rest)


def truncatemod(x: Array, y: Array) -> Array:
    """The remainder with the sign of x; integer division by zero is an InternalError."""
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        y = _nonzero(x, y, "InternalError", TRUNCATED_DIVISION_BY_ZERO)
    return lax.rem(x, y)


def mod(x: Array, y: Array) -> Array:
    """TensorFlow's `Mod`: the remainder with the sign of x; zero is an InvalidArgumentError."""
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        y = _nonzero(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
    return lax.rem(x, y)


def div_no_nan(x: Array, y: Array) -> Array:
    """X / y, and 0 where y is 0."""
    x, y = same_shape(*typed(x, y))
    return lax.select(lax.eq(y, constant(y, 0)), lax.full_like(x, 0), lax.div(x, y))


def xlogy(x: Array, y: Array) -> Array:
    """X * log(y), and 0 where x is 0."""
    x, y = same_shape(*typed(x, y))
    return lax.select(lax.eq(x, constant(x, 0)), lax.full_like(x, 0), lax.mul(x, lax.log(y)))


def xdivy(x: Array, y: Array) -> Array:
    """X / y, and 0 where x is 0."""
    x, y = same_shape(*typed(x, y))
    return lax.select(lax.eq(x, constant(x, 0)), lax.full_like(x, 0), lax.div(x, y))


def power(x: Array, y: Array) -> Array:
    """x^y; an integer to a negative power is an InvalidArgumentError."""
    x, y = typed(x, y)
    if x.dtype.kind in "iu":
        check(lax.ge(y, constant(y, 0)), "InvalidArgumentError", NEGATIVE_POWER)
        return _integer_power(*same_shape(x, y))
    return lax.pow(*pair(x, y))


def _integer_power(x: Array, y: Array) -> Array:
    """By squaring: one round for each bit of the exponent."""
    result = lax.full_like(x, 1)

    def has_bits(state: tuple[Array, Array, Array]) -> Array:
        rest = state[2]
        return lax.reduce_or(lax.gt(rest, constant(rest, 0)), tuple(range(rest.ndim)))

    def one_bit(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        result, base, rest = state
        is_odd = lax.eq(lax.bitwise_and(rest, constant(rest, 1)), constant(rest, 1))
        result = lax.select(is_odd, lax.mul(result, base), result)
        return result, lax.mul(base, base), lax.shift_right_arithmetic(rest, lax.full_like(rest, 1))

    y = lax.max(y, lax.full_like(y, 0)) if y.dtype.kind == "i" else y
    if y.dtype.kind == "u":
        y = lax.convert_element_type(y, np.int64)
    result, _, _ = lax.while_loop(has_bits, one_bit, (result, lax.add(x, constant(x, 0)), y))
    return result
