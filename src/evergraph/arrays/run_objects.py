"""Values with an identity: stacks and tensor arrays, which live for one run and are changed by kernels."""

from __future__ import annotations

from typing import Any


class RunObject:
    """What the handle of a stack or tensor array is while a program runs.

    A kernel receives the object as the value of its handle input and calls its methods. The order of
    these calls is the order of the steps, which the graph's data edges (flows) and control edges
    give. Each backend has its own classes, with the same methods.

    Attributes:
        state: all that changes. With JAX a pytree of arrays, or None before the first use; a method
            puts a new tuple in its place and never changes what is there, so that a loop or a
            branch can carry it.
    """

    __slots__ = ("state",)

    def __init__(self, state: Any = None) -> None:
        self.state = state
