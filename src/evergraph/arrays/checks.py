"""Runtime checks of kernels: what a failed one raises in NumPy, and who collects them in JAX.

A kernel says `xp.check(ok, "InvalidArgumentError", message)`. The NumPy backend raises
`CheckFailure` at once; the JAX backend adds a `Check` to the innermost `collect_checks()` of this
thread, and goes on with harmless values.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from evergraph.core.typing import Array

Message: TypeAlias = str | Callable[[], str]
"""The words of an error, or what computes them; only the NumPy backend calls it."""


class CheckFailure(Exception):
    """A check of a kernel failed: `error` names a class of `tf.errors`, `message` is its text."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(f"{error}: {message}")
        self.error = error
        self.message = message


class CompiledOnly(NotImplementedError):
    """A function of the namespace that exists only where JAX compiles (`vjp`)."""


class HostOnly(NotImplementedError):
    """A function of the namespace whose result has a size that depends on data: NumPy only."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check under way in JAX: `ok` is a boolean scalar, true where nothing is wrong."""

    ok: Array
    error: str
    message: Message


class _Collectors(threading.local):
    def __init__(self) -> None:
        self.stack: list[list[Check]] = []


_collectors = _Collectors()


@contextmanager
def collect_checks() -> Iterator[list[Check]]:
    """Collect the checks that the JAX backend makes in this thread inside the `with` block.

    Contexts nest: a check goes to the innermost only, so that the body of a loop or branch has
    its own list, whose conjunction leaves the body as one of its outputs.
    """
    checks: list[Check] = []
    _collectors.stack.append(checks)
    try:
        yield checks
    finally:
        _collectors.stack.pop()


def innermost() -> list[Check] | None:
    """The list of the innermost `collect_checks()` of this thread; None outside of any."""
    return _collectors.stack[-1] if _collectors.stack else None


def text_of(message: Message) -> str:
    """The words of a message."""
    return message() if callable(message) else message
