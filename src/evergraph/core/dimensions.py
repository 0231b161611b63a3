"""Dimension: one size that may be unknown, and its arithmetic.

Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_shape.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias, cast

from evergraph.core.dtypes import DType

Size: TypeAlias = int | None
"""A dimension's size; None when it is unknown."""


def as_size(value: Any) -> Size:
    """The size that `value` stands for, checked as `Dimension` says."""
    if value is None:
        return None
    if type(value) is int:
        size = value
    elif isinstance(value, Dimension):
        return value._value
    elif isinstance(value, DType):
        raise TypeError(f"Cannot convert {value} to Dimension")
    else:
        size = int(value)
        if not isinstance(value, str | bytes) and size != value:
            raise ValueError(f"Ambiguous dimension: {value}")
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


def _size_or_not_implemented(value: Any) -> Any:
    """The size that `value` stands for; NotImplemented when it stands for none."""
    try:
        return as_size(value)
    except (TypeError, ValueError):
        return NotImplemented


_NO_DIMENSION = cast("Dimension", NotImplemented)  # what an operator returns for a foreign operand


class Dimension:
    """The size of one dimension, known or not.

    Arithmetic with an unknown size gives an unknown size, a comparison with one gives None. Every
    Dimension is true, even `Dimension(0)`.

    Args:
        value: an int, something whose `int()` equals it, a string of digits, a Dimension, or None.

    Raises:
        ValueError: it is negative or not whole.
        TypeError: it is no number.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # as in TensorFlow: equality is not a bool

    def __init__(self, value: Any) -> None:
        """Take the size."""
        self._value = as_size(value)

    @property
    def value(self) -> Size:
        """The size, or None."""
        return self._value

    def __repr__(self) -> str:
        """Such as Dimension(3) or Dimension(None)."""
        return f"Dimension({self._value!r})"

    def __str__(self) -> str:
        """The size, or ?."""
        return "?" if self._value is None else str(self._value)

    def __int__(self) -> int:
        """The size; TypeError when it is unknown."""
        return self._known("__int__")

    def __index__(self) -> int:
        """The size, wherever Python wants an integer; TypeError when it is unknown."""
        return self._known("__index__")

    __long__ = __int__

    def _known(self, method: str) -> int:
        if self._value is None:
            raise TypeError(f"{method} returned non-int (type NoneType)")
        return self._value

    def __reduce__(self) -> tuple[type[Dimension], tuple[Size]]:
        """Copy and pickle by the size."""
        return Dimension, (self._value,)

    def is_compatible_with(self, other: Any) -> Any:
        """Whether both sizes are equal or one is unknown; NotImplemented for what is no size."""
        size = _size_or_not_implemented(other)
        if size is NotImplemented:
            return NotImplemented
        return self._value is None or size is None or self._value == size

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless `is_compatible_with(other)`."""
        # `is False`: what stands for no size passes, as it does in TensorFlow.
        if self.is_compatible_with(other) is False:
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """The Dimension that is known where either is; ValueError when they differ."""
        size = _size_or_not_implemented(other)
        if size is NotImplemented:
            return _NO_DIMENSION
        self.assert_is_compatible_with(Dimension(size))
        return Dimension(size if self._value is None else self._value)

    def _compare(self, other: Any, compare: Callable[[int, int], bool]) -> Any:
        size = as_size(other)
        return None if self._value is None or size is None else compare(self._value, size)

    def __eq__(self, other: object) -> Any:
        """Whether both sizes are the same; None when one is unknown."""
        size = _size_or_not_implemented(other)
        if size is NotImplemented:
            return NotImplemented
        return None if self._value is None or size is None else self._value == size

    def __ne__(self, other: object) -> Any:
        """Whether the sizes differ; None when one is unknown."""
        size = _size_or_not_implemented(other)
        if size is NotImplemented:
            return NotImplemented
        return None if self._value is None or size is None else self._value != size

    def __lt__(self, other: Any) -> Any:
        """Whether this size is smaller; None when one is unknown."""
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        """Whether this size is smaller or the same; None when one is unknown."""
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        """Whether this size is larger; None when one is unknown."""
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        """Whether this size is larger or the same; None when one is unknown."""
        return self._compare(other, operator.ge)

    def _combine(self, other: Any, combine: Callable[[int, int], int]) -> Dimension:
        size = _size_or_not_implemented(other)
        if size is NotImplemented:
            return _NO_DIMENSION
        if self._value is None or size is None:
            return Dimension(None)
        return Dimension(combine(self._value, size))

    def __add__(self, other: Any) -> Dimension:
        """The sum."""
        return self._combine(other, operator.add)

    def __radd__(self, other: Any) -> Any:
        """The sum."""
        return self + other  # through the operator: its error names the operands in this order

    def __sub__(self, other: Any) -> Dimension:
        """The difference; ValueError when it is negative."""
        return self._combine(other, operator.sub)

    def __rsub__(self, other: Any) -> Dimension:
        """The difference; ValueError when it is negative."""
        return Dimension(other) - self

    def __mul__(self, other: Any) -> Dimension:
        """The product."""
        return self._combine(other, operator.mul)

    def __rmul__(self, other: Any) -> Any:
        """The product."""
        return self * other

    def __floordiv__(self, other: Any) -> Dimension:
        """The quotient, rounded down."""
        return self._combine(other, operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Dimension:
        """The quotient, rounded down."""
        return Dimension(other) // self

    def __mod__(self, other: Any) -> Dimension:
        """The remainder."""
        return self._combine(other, operator.mod)

    def __rmod__(self, other: Any) -> Dimension:
        """The remainder."""
        return Dimension(other) % self

    def __div__(self, other: Any) -> Any:
        """Python 2's `/`: the quotient, rounded down."""
        return self // other

    def __truediv__(self, other: Any) -> NoReturn:
        """Refuse: a size is not a fraction."""
        _refuse_division("Dimension", type(other).__name__)

    def __rtruediv__(self, other: Any) -> NoReturn:
        """Refuse: a size is not a fraction."""
        _refuse_division(type(other).__name__, "Dimension")

    __rdiv__ = __rtruediv__


def _refuse_division(left: str, right: str) -> NoReturn:
    raise TypeError(
        f"unsupported operand type(s) for /: {left!r} and {right!r}, please use // instead"
    )


def as_dimension(value: Any) -> Dimension:
    """Return `value` if it is a Dimension, else `Dimension(value)`."""
    return value if isinstance(value, Dimension) else Dimension(value)
