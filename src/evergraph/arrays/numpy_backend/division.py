"""Division, remainders and powers of NumPy's side: where integers may fail."""

from __future__ import annotations

import numpy as np

from evergraph.arrays.numpy_backend.operands import check, pair, quiet
from evergraph.core.typing import Array

DIVISION_BY_ZERO = "Integer division by zero"
# What TensorFlow 1.15 says for TruncateDiv and TruncateMod; the class is InternalError.
TRUNCATED_DIVISION_BY_ZERO = (
    "Unexpected error in binary operator (only integer div and mod should have errors)"
)
NEGATIVE_POWER = "Integers to negative integer powers are not allowed"


def _check_divisor(x: Array, y: Array, error: str, message: str) -> None:
    """Demand that nothing is divided by 0; where there is no x, nothing is divided."""
    check((y != 0) | (np.size(x) == 0), error, message)


@quiet
def true_divide(x: Array, y: Array) -> Array:
    """X / y of floating or complex numbers (integers are cast before)."""
    return np.true_divide(*pair(x, y))


@quiet
def divide(x: Array, y: Array) -> Array:
    """TensorFlow's `Div`: x / y, and for integers the quotient without its fraction.

    Integer division by zero is an InvalidArgumentError.
    """
    x, y = pair(x, y)
    if x.dtype.kind not in "iu":
        return np.true_divide(x, y)
    _check_divisor(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
    return _truncated_quotient(x, y)


@quiet
def truncatediv(x: Array, y: Array) -> Array:
    """The quotient without its fraction for integers, x / y for others.

    Zero is an InternalError.
    """
    x, y = pair(x, y)
    if x.dtype.kind not in "iu":
        return np.true_divide(x, y)
    _check_divisor(x, y, "InternalError", TRUNCATED_DIVISION_BY_ZERO)
    return _truncated_quotient(x, y)


@quiet
def floordiv(x: Array, y: Array) -> Array:
    """floor(x / y); integer division by zero is an InvalidArgumentError."""
    x, y = pair(x, y)
    if x.dtype.kind not in "iu":
        return np.floor(np.true_divide(x, y))
    _check_divisor(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
    return np.floor_divide(x, y)


@quiet
def floormod(x: Array, y: Array) -> Array:
    """X - y * floor(x / y): the sign of y; integer division by zero is an InvalidArgumentError."""
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        _check_divisor(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
        return np.remainder(x, y)
    rest = np.fmod(x, y)
    zero = x.dtype.type(0)
    return np.where((rest != zero) & ((rest < zero) != (y < zero)), rest + y, rest)


@quiet
def truncatemod(x: Array, y: Array) -> Array:
    """The remainder with the sign of x; integer division by zero is an InternalError."""
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        _check_divisor(x, y, "InternalError", TRUNCATED_DIVISION_BY_ZERO)
    return np.fmod(x, y)


@quiet
def mod(x: Array, y: Array) -> Array:
    """TensorFlow's `Mod`: the remainder with the sign of x; zero is an InvalidArgumentError."""
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        _check_divisor(x, y, "InvalidArgumentError", DIVISION_BY_ZERO)
    return np.fmod(x, y)


@quiet
def div_no_nan(x: Array, y: Array) -> Array:
    """X / y, and 0 where y is 0."""
    x, y = pair(x, y)
    zero = x.dtype.type(0)
    return np.where(y == zero, zero, np.true_divide(x, y))


@quiet
def xlogy(x: Array, y: Array) -> Array:
    """X * log(y), and 0 where x is 0."""
    x, y = pair(x, y)
    zero = x.dtype.type(0)
    return np.where(x == zero, zero, x * np.log(y))


@quiet
def xdivy(x: Array, y: Array) -> Array:
    """X / y, and 0 where x is 0."""
    x, y = pair(x, y)
    zero = x.dtype.type(0)
    return np.where(x == zero, zero, np.true_divide(x, y))


@quiet
def power(x: Array, y: Array) -> Array:
    """x^y; an integer to a negative power is an InvalidArgumentError."""
    x, y = pair(x, y)
    if x.dtype.kind in "iu":
        check(y >= 0, "InvalidArgumentError", NEGATIVE_POWER)
    return np.power(x, y)


def _truncated_quotient(x: Array, y: Array) -> Array:
    if x.dtype.kind == "u":
        return np.floor_divide(x, y)
    return np.floor_divide(x - np.fmod(x, y), y)
