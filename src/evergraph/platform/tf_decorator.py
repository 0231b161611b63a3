"""Decorators that keep hold of what they decorate, and small ones that programs import."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import Any


class TFDecorator:
    """A decorated function that knows its target.

    Args:
        decorator_name: the decorator's name.
        target: what is decorated.
        decorator_doc: what the decorator does.
        decorator_argspec: the argspec of the result, when it isn't the target's.
    """

    def __init__(
        self,
        decorator_name: str,
        target: Any,
        decorator_doc: str = "",
        decorator_argspec: Any = None,
    ) -> None:
        self._decorated_target = target
        self._decorator_name = decorator_name
        self._decorator_doc = decorator_doc
        self._decorator_argspec = decorator_argspec
        if hasattr(target, "__name__"):
            self.__name__ = target.__name__
        if hasattr(target, "__qualname__"):
            self.__qualname__ = target.__qualname__
        self.__doc__ = _joined_docs(target, decorator_doc)
        if callable(target):
            self.__wrapped__ = target

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self._decorated_target.__get__(instance, owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what is decorated."""
        return self._decorated_target(*args, **kwargs)

    @property
    def decorated_target(self) -> Any:
        """What is decorated."""
        return self._decorated_target

    @decorated_target.setter
    def decorated_target(self, target: Any) -> None:
        """Put another target in its place."""
        self._decorated_target = target

    @property
    def decorator_name(self) -> str:
        """The decorator's name."""
        return self._decorator_name

    @property
    def decorator_doc(self) -> str:
        """What the decorator does."""
        return self._decorator_doc

    @property
    def decorator_argspec(self) -> Any:
        """The argspec of the result, or None for the target's."""
        return self._decorator_argspec


def _joined_docs(target: Any, decorator_doc: str) -> str:
    own = getattr(target, "__doc__", None)
    if own:
        return str(own)
    return decorator_doc or ""


def make_decorator(
    target: Any,
    decorator_func: Any,
    decorator_name: str | None = None,
    decorator_doc: str = "",
    decorator_argspec: Any = None,
) -> Any:
    """`decorator_func`, marked as a decoration of `target`.

    Args:
        target: the function that is decorated.
        decorator_func: the function that takes its place.
        decorator_name: the decorator's name; the caller's when None.
        decorator_doc: what the decorator does.
        decorator_argspec: the argspec of the result; the target's when None.
    """
    if decorator_name is None:
        caller = inspect.currentframe()
        caller = caller.f_back if caller is not None else None
        decorator_name = caller.f_code.co_name if caller is not None else ""
    decorator = TFDecorator(decorator_name, target, decorator_doc, decorator_argspec)
    decorator_func._tf_decorator = decorator
    for name in ("__name__", "__qualname__", "__module__"):
        if hasattr(target, name):
            with contextlib.suppress(AttributeError, TypeError):
                setattr(decorator_func, name, getattr(target, name))
    for name, value in getattr(target, "__dict__", {}).items():
        if name not in decorator_func.__dict__:
            decorator_func.__dict__[name] = value
    decorator_func.__doc__ = decorator.__doc__
    decorator_func.__wrapped__ = target
    # decorator_func may use the target under another name; these two hold on to it.
    decorator_func.__original_wrapped__ = target
    return decorator_func


def unwrap(maybe_tf_decorator: Any) -> tuple[list[TFDecorator], Any]:
    """(the decorators around it, outermost first; what is inside them all)."""
    decorators: list[TFDecorator] = []
    current = maybe_tf_decorator
    while True:
        if isinstance(current, TFDecorator):
            decorators.append(current)
        elif isinstance(getattr(current, "_tf_decorator", None), TFDecorator):
            decorators.append(current._tf_decorator)
        else:
            return decorators, current
        current = decorators[-1].decorated_target


def rewrap(decorator_func: Any, previous_target: Any, new_target: Any) -> Any:
    """Put `new_target` in the place of `previous_target` inside `decorator_func`; return it."""
    innermost: Any = None
    current, inner_function = decorator_func, None
    while current is not previous_target and hasattr(current, "_tf_decorator"):
        innermost, inner_function = current._tf_decorator, current
        current = innermost.decorated_target
    if innermost is None:
        return new_target
    assert inner_function is not None
    inner_function.__wrapped__ = new_target
    innermost.decorated_target = new_target
    return decorator_func


def keyword_args_only(func: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse positional arguments."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if args:
            raise ValueError(f"Must use keyword args to call {func.__name__}.")
        return func(**kwargs)

    return wrapper


def contextmanager(target: Callable[..., Any]) -> Any:
    """As contextlib's, marked as a decorator."""
    return make_decorator(target, contextlib.contextmanager(target), "contextmanager")


def should_use_result(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself: nobody is told of a result that isn't used."""
    return fn


must_use_result_or_fatal = should_use_result


def validate_callable(func: Any, decorator_name: str) -> None:
    """Refuse what can't be called.

    Raises:
        ValueError: `func` isn't callable.
    """
    if not hasattr(func, "__call__"):  # noqa: B004 - a property is named too
        raise ValueError(
            f"{func} is not a function. If this is a property, make sure @property appears "
            f"before @{decorator_name} in your source code:\n\n"
            f"@property\n@{decorator_name}\ndef method(...)"
        )


def add_notice_to_docstring(
    doc: str | None, instructions: str, no_doc_str: str, suffix_str: str, notice: list[str]
) -> str:
    """A docstring with a notice below its first line.

    Args:
        doc: the docstring, or None.
        instructions: the notice's last lines.
        no_doc_str: the first line when there is no docstring.
        suffix_str: what to put behind the first line.
        notice: the notice's first lines.
    """
    if doc:
        first, *rest = inspect.cleandoc(doc).splitlines() or [""]
        lines = [f"{first} {suffix_str}"]
    else:
        lines, rest = [no_doc_str], []
    while rest and not rest[0].strip():
        rest = rest[1:]
    lines += ["", f"Warning: {notice[0]}", *notice[1:], instructions]
    return "\n".join([*lines, "", *rest] if rest else lines)


def get_qualified_name(function: Any) -> str:
    """The function's name, with its class."""
    if hasattr(function, "__qualname__"):
        return str(function.__qualname__)
    if hasattr(function, "im_class"):
        return f"{function.im_class.__name__}.{function.__name__}"
    return str(function.__name__)
