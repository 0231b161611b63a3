"""Values with an identity: stacks and tensor arrays, which live for a run; kernels change them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class RunObject:
    """What the handle of a stack or tensor array is while a program runs.

    A kernel receives the object as the value of its handle input and calls its methods. The order
    of these calls is the order of the steps, which the graph's data edges (flows) and control
    edges give. Each backend has its own classes, with the same methods.

    Attributes:
        state: all that changes. With JAX a pytree of arrays, or None before the first use; a method
            puts a new tuple in its place and never changes what is there, so that a loop or a
            branch can carry it. A state of zeros means empty.
        children: objects that belong to this one, by name: the gradients of a tensor array.
        origin: the object of an iteration that this one stands for in the loop's gradient, or None.
    """

    __slots__ = ("children", "origin", "state")

    def __init__(self, state: Any = None) -> None:
        self.state = state
        self.children: dict[Any, RunObject] = {}
        self.origin: RunObject | None = None

    def family(self) -> Iterator[RunObject]:
        """This object, its children, and theirs."""
        yield self
        for child in list(self.children.values()):
            yield from child.family()


class NeedsHost(Exception):
    """What can't be done with sizes known before the run: the runtime goes on with NumPy."""


class _Rehearsal(threading.local):
    times: list[int | None]

    def __init__(self) -> None:
        self.times = []


_rehearsal = _Rehearsal()


@contextmanager
def rehearsing(times: int | None) -> Iterator[None]:
    """Inside, a loop's body is traced only to learn shapes and how much it pushes.

    Args:
        times: how often the body will run, or None when that isn't known; loops inside multiply.
    """
    outer = _rehearsal.times[-1] if _rehearsal.times else 1
    _rehearsal.times.append(None if outer is None or times is None else outer * times)
    try:
        yield
    finally:
        _rehearsal.times.pop()


def is_rehearsing() -> bool:
    """Whether this thread is inside `rehearsing`."""
    return bool(_rehearsal.times)


def rehearsed_times() -> int | None:
    """How often what is traced now will run; None when that isn't known."""
    return _rehearsal.times[-1]
