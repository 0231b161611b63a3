"""tf.app.run: parse the flags, call `main`, exit with what it returns."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

from absl import app as _app
from absl import flags as _flags


def run(main: Callable[[list[str]], Any] | None = None, argv: Sequence[str] | None = None) -> None:
    """Run the program: `main(argv)` with what the flags left over, then exit.

    Args:
        main: function of the remaining arguments; `main` of the program's `__main__` when None.
        argv: the command line; `sys.argv` when None.
    """
    program = main or sys.modules["__main__"].main
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def start(arguments: list[str]) -> Any:
        # absl has given the root logger a handler of its own, which would show each line of
        # tf.logging a second time, and today's absl (not that of 1.15's time) shows INFO unasked.
        for handler in list(root.handlers):
            if handler not in handlers:
                root.removeHandler(handler)
        root.setLevel(level)
        return program(arguments)

    _app.run(start, None if argv is None else list(argv), flags_parser=_parse_known_flags)


def _parse_known_flags(arguments: list[str]) -> Any:
    return _flags.FLAGS(arguments, known_only=True)
