"""tf.app.flags: absl's flags with TensorFlow's habits.

Reading a flag before `tf.app.run` parses the command line; `DEFINE_*` take 0.x's keyword names too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from absl import flags as _flags
from absl.flags import *  # noqa: F403 - tf.app.flags has all of absl's names

from evergraph.platform import logging

# 0.x's names of the first three parameters -> today's.
_OLD_NAMES = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _with_old_names(define: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(define)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if any(name in kwargs for name in _OLD_NAMES):
            logging.warning(
                "Use of the keyword argument names (flag_name, default_value, docstring) is "
                "deprecated, please use (name, default, help) instead."
            )
            kwargs = {_OLD_NAMES.get(name, name): value for name, value in kwargs.items()}
        if "help" not in kwargs and len(args) < 3:
            kwargs["help"] = ""
        return define(*args, **kwargs)

    return wrapper


class _FlagValuesWrapper:
    """absl's FLAGS, parsed at the first look at a flag."""

    def __init__(self, values: _flags.FlagValues) -> None:
        self.__dict__["__wrapped"] = values

    def __getattribute__(self, name: str) -> Any:
        if name in ("__dict__", "_parse_flags", "__class__"):
            return super().__getattribute__(name)
        return self.__dict__["__wrapped"].__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        wrapped = self.__dict__["__wrapped"]
        if not wrapped.is_parsed():
            wrapped(sys.argv)
        return wrapped.__getattr__(name)

    def _parse_flags(self, args: Any = None) -> None:
        """0.x's way to parse: nothing more to do once it was done."""
        wrapped = self.__dict__["__wrapped"]
        if args is not None:
            wrapped([sys.argv[0], *args], known_only=True)
        elif not wrapped.is_parsed():
            wrapped(sys.argv, known_only=True)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["__wrapped"].__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__["__wrapped"].__delattr__(name)

    def __dir__(self) -> list[str]:
        return list(self.__dict__["__wrapped"].__dir__())

    def __getitem__(self, name: str) -> Any:
        return self.__dict__["__wrapped"][name]

    def __setitem__(self, name: str, flag: Any) -> None:
        self.__dict__["__wrapped"][name] = flag

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__["__wrapped"]

    def __len__(self) -> int:
        return len(self.__dict__["__wrapped"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__["__wrapped"])

    def __str__(self) -> str:
        return str(self.__dict__["__wrapped"])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__dict__["__wrapped"](*args, **kwargs)


DEFINE_string = _with_old_names(_flags.DEFINE_string)
DEFINE_boolean = _with_old_names(_flags.DEFINE_boolean)
DEFINE_bool = DEFINE_boolean
DEFINE_float = _with_old_names(_flags.DEFINE_float)
DEFINE_integer = _with_old_names(_flags.DEFINE_integer)

FLAGS = _FlagValuesWrapper(_flags.FLAGS)  # type: ignore[assignment]  # takes the place of absl's

# A flag belongs to the module that defines it: absl must look past this one for the caller.
_flags.disclaim_key_flags()
