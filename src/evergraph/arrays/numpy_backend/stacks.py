"""Stacks of arrays in the NumPy backend."""

from __future__ import annotations

from evergraph.arrays.checks import CheckFailure
from evergraph.arrays.run_objects import RunObject
from evergraph.core.dtypes import DType
from evergraph.core.typing import Array


class Stack(RunObject):
    """A stack of arrays, each of any shape.

    Attributes:
        dtype: the dtype of the elements.
        max_size: how many elements it may hold; no bound when negative.
        name: what messages call it.
        deepest: the most elements it has held.
        state: the list of elements, the first pushed first; None once closed.
    """

    __slots__ = ("deepest", "dtype", "max_size", "name")

    def __init__(self, dtype: DType, max_size: int, name: str) -> None:
        super().__init__([])
        self.dtype = dtype
        self.max_size = max_size
        self.name = name
        self.deepest = 0

    def _elements(self) -> list[Array]:
        if self.state is None:
            raise CheckFailure(
                "InvalidArgumentError", f"Stack[{self.name}] has already been closed."
            )
        elements: list[Array] = self.state
        return elements

    def push(self, value: Array) -> None:
        """Put `value` on top; an InvalidArgumentError when the stack is full."""
        elements = self._elements()
        if 0 <= self.max_size <= len(elements):
            raise CheckFailure(
                "InvalidArgumentError",
                f"Stack[{self.name}] overflowed its max_size ({self.max_size})",
            )
        elements.append(value)
        self.deepest = max(self.deepest, len(elements))

    def pop(self) -> Array:
        """Take the value on top; an InvalidArgumentError when there is none."""
        elements = self._elements()
        if not elements:
            raise CheckFailure(
                "InvalidArgumentError", f"Stack[{self.name}] is empty when calling Pop()."
            )
        return elements.pop()

    def close(self) -> None:
        """Drop all elements and refuse further use."""
        self.state = None


def new_stack(dtype: DType, max_size: int = -1, name: str = "") -> Stack:
    """An empty stack for elements of `dtype`, unbounded when `max_size` is negative."""
    return Stack(dtype, max_size, name)
