"""One function for two eras: calls in 0.x's manner are recognised and rewritten."""

from __future__ import annotations

import functools
import inspect
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core.shapes import TensorShape

Adapter = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]] | None]


def with_old_calls(adapt: Adapter) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a function take 0.x's calls too; its signature stays 1.15's.

    Args:
        adapt: gives 1.15's (args, kwargs) for a call in 0.x's manner, None for any other call.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def both(*args: Any, **kwargs: Any) -> Any:
            adapted = adapt(args, kwargs)
            if adapted is not None:
                args, kwargs = adapted
            return function(*args, **kwargs)

        return both

    return decorate


def renamed(function: Callable[..., Any], old_name: str, **keywords: str) -> Callable[..., Any]:
    """`function` under an old name, with 0.x's keywords: `old="new"`."""
    signature = inspect.signature(function)
    back = {new: old for old, new in keywords.items()}

    @functools.wraps(function)
    def old(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{keywords.get(name, name): v for name, v in kwargs.items()})

    old.__name__ = old.__qualname__ = old_name
    parameters = [p.replace(name=back.get(p.name, p.name)) for p in signature.parameters.values()]
    old.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return old


def bind_old(
    parameters: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any] | None:
    """The arguments by 0.x's parameter names, or None when the call doesn't fit them."""
    names = parameters.split()
    if len(args) > len(names) or not set(kwargs) <= set(names[len(args) :]):
        return None
    return {**dict(zip(names, args, strict=False)), **kwargs}


def is_integer(value: Any) -> bool:
    """Whether `value` is a whole number, or a tensor or array of rank 0."""
    if isinstance(value, bool | np.bool_):
        return False
    if isinstance(value, numbers.Integral):
        return True
    shape = getattr(value, "shape", None)
    if isinstance(shape, TensorShape):
        return shape.ndims == 0
    return shape == ()


def is_shape(value: Any) -> bool:
    """Whether `value` is a shape: a list of sizes, or a TensorShape."""
    if isinstance(value, TensorShape):
        return True
    return isinstance(value, list | tuple) and all(
        size is None or is_integer(getattr(size, "value", size)) for size in value
    )
