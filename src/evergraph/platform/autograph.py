"""AutoGraph's switches: nothing rewrites a function here, and programs may ask."""

from __future__ import annotations

import enum
import threading
from typing import Any


class Status(enum.Enum):
    """Whether functions called from here on are rewritten."""

    UNSPECIFIED = 0
    ENABLED = 1
    DISABLED = 2


class _Stack(threading.local):
    def __init__(self) -> None:
        self.contexts: list[Any] = []


_stack = _Stack()


class ControlStatusCtx:
    """Within it, `control_status_ctx()` tells `status`."""

    def __init__(self, status: Status, options: Any = None) -> None:
        self.status = status
        self.options = options

    def __enter__(self) -> ControlStatusCtx:
        _stack.contexts.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _stack.contexts.pop()


class NullCtx:
    """A context without effect."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


def control_status_ctx() -> ControlStatusCtx:
    """The innermost `ControlStatusCtx`."""
    if not _stack.contexts:
        _stack.contexts.append(ControlStatusCtx(Status.UNSPECIFIED))
    context: ControlStatusCtx = _stack.contexts[-1]
    return context


def do_not_convert(func: Any = None) -> Any:
    """A decorator: the function itself, which isn't rewritten anyway."""
    return (lambda function: function) if func is None else func


def convert(recursive: bool = False, optional_features: Any = None) -> Any:
    """A decorator: the function itself; Python's control flow in it stays Python's."""
    return do_not_convert()
