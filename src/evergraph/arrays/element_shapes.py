"""Shapes and types of the elements of tensor arrays, in the words of TensorFlow's messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from evergraph.arrays.checks import CheckFailure
from evergraph.core.dtypes import DType

ElementShape: TypeAlias = tuple[int | None, ...] | None
"""Sizes, None where one isn't known; None when the rank isn't known either."""

_WORDS = {"float32": "float", "float64": "double", "float16": "half"}


def dtype_text(dtype: DType) -> str:
    """The C++ name of a type: "float", "int32"."""
    return _WORDS.get(dtype.name, dtype.name)


def shape_text(shape: ElementShape) -> str:
    """A shape as "[2,?]"; "<unknown>" for an unknown rank."""
    if shape is None:
        return "<unknown>"
    return f"[{','.join('?' if n is None else str(n) for n in shape)}]"


def element_shape(dims: Sequence[int | None] | None) -> ElementShape:
    """Sizes as a tuple."""
    return None if dims is None else tuple(None if n is None else int(n) for n in dims)


def is_full(shape: ElementShape) -> bool:
    """Whether every size is known."""
    return shape is not None and None not in shape


def is_compatible(shape: ElementShape, other: ElementShape) -> bool:
    """Whether both may describe one shape."""
    if shape is None or other is None:
        return True
    return len(shape) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(shape, other, strict=True)
    )


def merged(shape: ElementShape, other: ElementShape) -> ElementShape:
    """What both say together.

    Raises:
        CheckFailure: they contradict each other.
    """
    if shape is None or other is None:
        return other if shape is None else shape
    start = "PartialTensorShape: Incompatible"
    if len(shape) != len(other):
        message = f"{start} ranks during merge: {len(shape)} vs. {len(other)}"
        raise CheckFailure("InvalidArgumentError", message)
    if not is_compatible(shape, other):
        message = f"{start} shapes during merge: {shape_text(shape)} vs. {shape_text(other)}"
        raise CheckFailure("InvalidArgumentError", message)
    return tuple(b if a is None else a for a, b in zip(shape, other, strict=True))
