"""The user's line: where in the program an operation was created.

Finding it happens once per operation, so it stores two references and formats late.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType


class _OurModules(dict[object, bool]):
    """Module name -> whether its frames are passed over, worked out once per name."""

    def __missing__(self, module: object) -> bool:
        is_ours = isinstance(module, str) and module.partition(".")[0] == "evergraph"
        self[module] = is_ours
        return is_ours


# Standard modules that stand between a program and us without being either: decorators,
# context managers, and what starts a script.
_IS_PASSED_OVER = _OurModules(dict.fromkeys(("contextlib", "functools", "runpy"), True))


class UserFrame:
    """A place in a program: unpacks as (file, line, function), prints as one line.

    `str()` gives `train.py:23 in build_model: h = tf.matmul(x, w)`; the source text is left out
    when it cannot be read.
    """

    __slots__ = ("_code", "_instruction")

    def __init__(self, code: CodeType, instruction: int) -> None:
        """Take a code object and the offset of an instruction in it."""
        self._code = code
        self._instruction = instruction

    @property
    def file(self) -> str:
        """The file as Python names it in a traceback."""
        return self._code.co_filename

    @property
    def line(self) -> int:
        """The line, from 1."""
        for start, end, line in self._code.co_lines():
            if start <= self._instruction < end and line is not None:
                return line
        return self._code.co_firstlineno

    @property
    def function(self) -> str:
        """The function's name; "<module>" at the top level of a file."""
        return self._code.co_name

    @property
    def text(self) -> str:
        """The line of source, stripped; empty when it cannot be read."""
        import linecache

        return linecache.getline(self.file, self.line).strip()

    def as_traceback_entry(self) -> tuple[str, int, str, str]:
        """(file, line, function, text), as the entries of `Operation.traceback`."""
        return self.file, self.line, self.function, self.text

    def __iter__(self) -> Iterator[str | int]:
        """File, line, function."""
        return iter((self.file, self.line, self.function))

    def __eq__(self, other: object) -> bool:
        """Whether both are the same line of the same function."""
        return isinstance(other, UserFrame) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """Hash of file, line and function."""
        return hash(tuple(self))

    def __str__(self) -> str:
        """Such as `train.py:23 in build_model: h = tf.matmul(x, w)`."""
        text = self.text
        place = f"{self.file}:{self.line} in {self.function}"
        return f"{place}: {text}" if text else place

    def __repr__(self) -> str:
        """Such as `<UserFrame train.py:23 in build_model>`."""
        return f"<UserFrame {self.file}:{self.line} in {self.function}>"


def user_frame() -> UserFrame | None:
    """The innermost frame of the running thread whose module is not in `evergraph`.

    Modules are told by name, not by path: a path filter breaks when a package is renamed or
    installed elsewhere. None when there is no such frame.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not _IS_PASSED_OVER[frame.f_globals.get("__name__")]:
            return UserFrame(frame.f_code, frame.f_lasti)
        frame = frame.f_back
    return None
