"""Decorators that say, once, that a function or an argument is old."""

from __future__ import annotations

import functools
import inspect
import re
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from evergraph.platform import logging, tf_decorator

_PRINT_DEPRECATION_WARNINGS = True
_warned: set[Any] = set()

DeprecatedArgSpec = namedtuple("DeprecatedArgSpec", ["position", "has_ok_value", "ok_value"])


class DeprecatedNamesAlreadySet(Exception):
    """A name was marked as deprecated twice."""


def _check(date: str | None, instructions: str) -> None:
    if date is not None and not re.match(r"20\d\d-[01]\d-[0123]\d", date):
        raise ValueError("Date must be YYYY-MM-DD.")
    if not instructions:
        raise ValueError("Don't deprecate things without conversion instructions!")


def _when(date: str | None) -> str:
    return "in a future version" if date is None else f"after {date}"


def _call_location(depth: int = 2) -> str:
    """File and line of the code that called the deprecated function, `depth` frames up."""
    frame = inspect.currentframe()
    for _ in range(depth):
        frame = frame.f_back if frame is not None else None
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "UNKNOWN"


def _warn(key: Any, warn_once: bool, text: str, *values: Any) -> None:
    if not _PRINT_DEPRECATION_WARNINGS or (warn_once and key in _warned):
        return
    if warn_once:
        _warned.add(key)
    logging.warning(text, *values)


def _wrap(target: Any, wrapper: Any, what: str, instructions: str, notice: str) -> Any:
    """`wrapper` as a decoration of `target`, the notice in its docstring."""
    decorated = tf_decorator.make_decorator(target, wrapper, "deprecated")
    decorated.__doc__ = tf_decorator.add_notice_to_docstring(
        target.__doc__,
        instructions,
        f"DEPRECATED FUNCTION{what.upper()}",
        f"(deprecated{what.lower()})",
        [notice],
    )
    return decorated


def deprecated(date: str | None, instructions: str, warn_once: bool = True) -> Any:
    """Decorate a function (or a class) that is old.

    Args:
        date: "YYYY-MM-DD" on which it goes, or None.
        instructions: what to use instead.
        warn_once: whether only the first call is told.
    """
    _check(date, instructions)

    def wrap(func_or_class: Any) -> Any:
        is_class = isinstance(func_or_class, type)
        func = func_or_class.__init__ if is_class else func_or_class
        tf_decorator.validate_callable(func, "deprecated")

        @functools.wraps(func)
        def new_func(*args: Any, **kwargs: Any) -> Any:
            _warn(
                func,
                warn_once,
                "From %s: %s (from %s) is deprecated and will be removed %s.\n"
                "Instructions for updating:\n%s",
                _call_location(),
                tf_decorator.get_qualified_name(func_or_class),
                func_or_class.__module__,
                _when(date),
                instructions,
            )
            return func(*args, **kwargs)

        notice = (
            f"THIS FUNCTION IS DEPRECATED. It will be removed {_when(date)}.\n"
            "Instructions for updating:"
        )
        decorated = _wrap(func, new_func, "", instructions, notice)
        if is_class:
            func_or_class.__init__ = decorated
            return func_or_class
        return decorated

    return wrap


def deprecated_alias(
    deprecated_name: str, name: str, func_or_class: Any, warn_once: bool = True
) -> Any:
    """`func_or_class` under an old name, which says so when it is used."""

    def tell(key: Any) -> None:
        _warn(
            key,
            warn_once,
            "From %s: The name %s is deprecated. Please use %s instead.\n",
            _call_location(3),
            deprecated_name,
            name,
        )

    if isinstance(func_or_class, type):

        class Alias(func_or_class):  # type: ignore[misc]  # the base is only known here
            __doc__ = func_or_class.__doc__
            __name__ = func_or_class.__name__
            __module__ = func_or_class.__module__

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                tell(Alias)
                super().__init__(*args, **kwargs)

        Alias.__name__ = func_or_class.__name__
        return Alias

    @functools.wraps(func_or_class)
    def new_func(*args: Any, **kwargs: Any) -> Any:
        tell(new_func)
        return func_or_class(*args, **kwargs)

    return tf_decorator.make_decorator(func_or_class, new_func, "deprecated")


def deprecated_endpoints(*args: str) -> Callable[[Any], Any]:
    """Note old names on a function."""

    def wrap(func: Any) -> Any:
        if "_tf_deprecated_api_names" in func.__dict__:
            raise DeprecatedNamesAlreadySet(
                f"Cannot set deprecated names for {func.__name__} to {args}. Deprecated names are "
                f"already set to {func._tf_deprecated_api_names}."
            )
        func._tf_deprecated_api_names = args
        return func

    return wrap


def deprecated_args(
    date: str | None, instructions: str, *deprecated_arg_names_or_tuples: Any, **kwargs: Any
) -> Any:
    """Decorate a function some of whose arguments are old.

    Args:
        date: "YYYY-MM-DD" on which they go, or None.
        instructions: what to use instead.
        *deprecated_arg_names_or_tuples: names, or (name, value that is still fine).
        **kwargs: `warn_once`, True unless given.
    """
    _check(date, instructions)
    if not deprecated_arg_names_or_tuples:
        raise ValueError("Specify which argument is deprecated.")
    unknown = set(kwargs) - {"warn_once"}
    if unknown:
        raise ValueError(f"Illegal argument to deprecated_args: {sorted(unknown)}")
    warn_once = kwargs.get("warn_once", True)
    names = [n if isinstance(n, tuple) else (n,) for n in deprecated_arg_names_or_tuples]

    def wrap(func: Any) -> Any:
        tf_decorator.validate_callable(func, "deprecated_args")
        signature = inspect.signature(func)
        specs = _specs(signature, names)

        @functools.wraps(func)
        def new_func(*args: Any, **given: Any) -> Any:
            bound = signature.bind_partial(*args, **given).arguments
            for name, spec in specs.items():
                found = name in bound and bound[name] not in ((), {})
                if not found or (spec.has_ok_value and _is_same(bound[name], spec.ok_value)):
                    continue
                _warn(
                    (func, name),
                    warn_once,
                    "From %s: calling %s (from %s) with %s is deprecated and will be removed %s.\n"
                    "Instructions for updating:\n%s",
                    _call_location(),
                    tf_decorator.get_qualified_name(func),
                    func.__module__,
                    name,
                    _when(date),
                    instructions,
                )
            return func(*args, **given)

        notice = (
            f"SOME ARGUMENTS ARE DEPRECATED: `({', '.join(specs)})`. They will be removed "
            f"{_when(date)}.\nInstructions for updating:"
        )
        return _wrap(func, new_func, " arguments", instructions, notice)

    return wrap


def _is_same(value: Any, ok_value: Any) -> bool:
    return value is ok_value or (type(value) is type(ok_value) and value == ok_value)


def _specs(
    signature: inspect.Signature, names: list[tuple[Any, ...]]
) -> dict[str, DeprecatedArgSpec]:
    parameters = list(signature.parameters)
    missing = [name[0] for name in names if name[0] not in parameters]
    if missing:
        raise ValueError(
            "The following deprecated arguments are not present in the function signature: "
            f"{missing}. Found next arguments: {parameters}."
        )
    return {
        name[0]: DeprecatedArgSpec(
            parameters.index(name[0]), len(name) > 1, name[1] if len(name) > 1 else None
        )
        for name in names
    }


def deprecated_arg_values(
    date: str | None, instructions: str, warn_once: bool = True, **deprecated_kwargs: Any
) -> Any:
    """Decorate a function for which some values of arguments are old: `argument=value`."""
    _check(date, instructions)
    if not deprecated_kwargs:
        raise ValueError("Specify which argument values are deprecated.")

    def wrap(func: Any) -> Any:
        tf_decorator.validate_callable(func, "deprecated_arg_values")
        signature = inspect.signature(func)

        @functools.wraps(func)
        def new_func(*args: Any, **given: Any) -> Any:
            call = signature.bind_partial(*args, **given)
            call.apply_defaults()
            bound = call.arguments
            for name, value in deprecated_kwargs.items():
                if name in bound and bound[name] == value:
                    _warn(
                        (func, name),
                        warn_once,
                        "From %s: calling %s (from %s) with %s=%s is deprecated and will be "
                        "removed %s.\nInstructions for updating:\n%s",
                        _call_location(),
                        tf_decorator.get_qualified_name(func),
                        func.__module__,
                        name,
                        value,
                        _when(date),
                        instructions,
                    )
            return func(*args, **given)

        pairs = ", ".join(f"{name}={value!r}" for name, value in deprecated_kwargs.items())
        notice = (
            f"SOME ARGUMENT VALUES ARE DEPRECATED: `({pairs})`. They will be removed "
            f"{_when(date)}.\nInstructions for updating:"
        )
        return _wrap(func, new_func, " argument values", instructions, notice)

    return wrap


def deprecated_argument_lookup(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """The value of an argument with two names, of which at most one may be given.

    Raises:
        ValueError: both are given.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
    return old_value


def rewrite_argument_docstring(old_doc: str, old_argument: str, new_argument: str) -> str:
    """The docstring with one argument's name replaced."""
    return old_doc.replace(f"`{old_argument}`", f"`{new_argument}`").replace(
        f"{old_argument}:", f"{new_argument}:"
    )


@contextmanager
def silence() -> Iterator[None]:
    """Within the context nothing is said of old names."""
    global _PRINT_DEPRECATION_WARNINGS
    before = _PRINT_DEPRECATION_WARNINGS
    _PRINT_DEPRECATION_WARNINGS = False
    try:
        yield
    finally:
        _PRINT_DEPRECATION_WARNINGS = before
