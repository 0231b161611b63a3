"""Stacks of arrays in the JAX backend: an array with room for a fixed number of elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.operands import asarray, check
from evergraph.arrays.numpy_backend import stacks as numpy_stacks
from evergraph.arrays.run_objects import (
    NeedsHost,
    RunObject,
    is_rehearsing,
    rehearsed_times,
)
from evergraph.core.dtypes import DType


class Stack(RunObject):
    """A stack of arrays of one shape.

    Attributes:
        dtype: the dtype of the elements.
        max_size: how many elements it may hold; no bound when negative.
        name: what messages call it.
        capacity: how many elements there is room for; None before it is known.
        is_bounded: whether no more than `capacity` elements can ever be pushed. Else the deepest
            level reached is compared with the capacity after the run.
        pushes: how many elements a rehearsal has pushed; None when it can't tell.
        is_sealed: whether it came from another segment, with room for what it holds and no more.
        kept: for a stack of handles, the object that each of them stands for.
        constant: the value of all elements, where it was known while what pushes it was traced
            (sizes, mostly): it is known again when it is taken.
        varies: whether the elements may differ.
        state: (elements [capacity, ...], depth, deepest level so far); None before the first push.
    """

    __slots__ = (
        "capacity",
        "constant",
        "dtype",
        "is_bounded",
        "is_sealed",
        "kept",
        "max_size",
        "name",
        "pushes",
        "varies",
    )

    def __init__(self, dtype: DType, max_size: int = -1, name: str = "") -> None:
        super().__init__()
        self.dtype = dtype
        self.max_size = max_size
        self.name = name
        self.capacity: int | None = None
        self.is_bounded = False
        self.is_sealed = False
        self.pushes: int | None = 0
        self.kept: RunObject | None = None
        self.constant: np.ndarray | None = None
        self.varies = False

    @property
    def layout(self) -> tuple[Any, ...]:
        """All that isn't in `state`."""
        constant = None if self.constant is None or self.varies else self.constant.tolist()
        return ("stack", self.dtype, self.max_size, self.capacity, self.is_bounded, repr(constant))

    def settle(self, guess: int) -> None:
        """Fix the room after a rehearsal: what was pushed then, `guess` when that isn't known."""
        if self.capacity is None:
            self.is_bounded = self.pushes is not None
            self.capacity = max(1, guess if self.pushes is None else self.pushes)

    def prepared(self, rehearsed: Any) -> Any:
        """An empty state for elements of the shape that a rehearsal has pushed."""
        assert self.capacity is not None
        elements = rehearsed[0]
        start = np.zeros((), np.int32)
        return lax.full((self.capacity, *elements.shape[1:]), 0, elements.dtype), start, start

    def push(self, value: Any) -> None:
        """Put `value` on top."""
        if self.max_size >= 0 or self.is_sealed:
            raise NeedsHost  # the error of a full stack is NumPy's, and so is its growth
        if is_rehearsing() and self.pushes is not None:
            times = rehearsed_times()
            self.pushes = None if times is None else self.pushes + times
        if isinstance(value, RunObject):
            self.kept = value
            value = np.zeros((), np.int8)
        self._take_constant(value)
        value = asarray(value)
        if self.state is None:
            room = 1 if is_rehearsing() else self.capacity
            if room is None:
                raise NeedsHost
            start = np.zeros((), np.int32)
            self.state = (lax.full((room, *value.shape), 0, value.dtype), start, start)
        elements, depth, deepest = self.state
        if elements.shape[1:] != value.shape:
            raise NeedsHost
        elements = lax.dynamic_update_index_in_dim(elements, value, depth, 0)
        depth = lax.add(asarray(depth), np.int32(1))
        self.state = (elements, depth, lax.max(asarray(deepest), depth))

    def pop(self) -> Any:
        """Take the value on top."""
        if self.state is None:
            raise NeedsHost  # the error of an empty stack
        elements, depth, deepest = self.state
        if not self.is_bounded:
            check(
                lax.gt(asarray(depth), np.int32(0)),
                "InvalidArgumentError",
                f"Stack[{self.name}] is empty when calling Pop().",
            )
        depth = lax.sub(asarray(depth), np.int32(1))
        self.state = (elements, depth, deepest)
        if self.kept is not None:
            return self.kept.detached()  # type: ignore[attr-defined]  # tensor arrays have it
        if self.constant is not None and not self.varies:
            return self.constant
        return lax.dynamic_index_in_dim(elements, depth, 0, keepdims=False)

    def _take_constant(self, value: Any) -> None:
        is_known = isinstance(value, np.ndarray | np.generic)
        if self.constant is None and is_known:
            self.constant = np.asarray(value)
        elif self.constant is None or not is_known or not np.array_equal(self.constant, value):
            self.varies = True

    def close(self) -> None:
        """Drop all elements."""
        self.state = None

    def to_host(self) -> numpy_stacks.Stack:
        """The same stack for NumPy; its state holds NumPy arrays."""
        stack = numpy_stacks.new_stack(self.dtype, self.max_size, self.name)
        assert self.kept is None  # such a stack leaves no segment
        if self.state is not None:
            elements, depth, _ = self.state
            stack.state.extend(np.array(e) for e in elements[: int(depth)])
        return stack


def new_stack(dtype: DType, max_size: int = -1, name: str = "") -> Stack:
    """An empty stack for elements of `dtype`, unbounded when `max_size` is negative."""
    return Stack(dtype, max_size, name)


def stack_from_host(given: numpy_stacks.Stack) -> Stack:
    """The stack `given` of the NumPy backend, with room for what it holds."""
    if any(isinstance(element, RunObject) for element in given.state):
        raise NeedsHost("a stack of tensor arrays goes into a segment")
    stack = Stack(given.dtype, given.max_size, given.name)
    stack.capacity = max(len(given.state), 1)
    stack.varies = bool(given.state)
    if given.state:
        if len({np.shape(v) for v in given.state}) > 1:
            raise NeedsHost
        first = np.asarray(given.state[0])
        elements = np.zeros((stack.capacity, *first.shape), first.dtype)
        elements[: len(given.state)] = given.state
        depth = np.asarray(len(given.state), np.int32)
        stack.state = (elements, depth, depth)
    return stack
