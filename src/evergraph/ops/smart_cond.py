"""`cond` that builds one branch only where the predicate is known while the graph is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.graph.operation import Tensor
from evergraph.ops.cond import cond
from evergraph.ops.constants import constant_value
from evergraph.registry import constant_value as known_values


def smart_constant_value(pred: Any) -> bool | None:
    """The value of a predicate, or None when it isn't known while the graph is built.

    Args:
        pred: a bool, 0, 1, or a boolean scalar tensor.

    Raises:
        TypeError: it is something else.

    Reference: TensorFlow 1.15, tensorflow/python/framework/smart_cond.py.
    """
    if isinstance(pred, Tensor):
        value = constant_value(pred)
        if value is None:
            value = known_values.constant_value(pred)
        return None if value is None else bool(value)
    if isinstance(pred, int | float) and pred in {0, 1}:
        return bool(pred)
    raise TypeError(
        f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: {type(pred)}"
    )


def smart_cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """What the branch that `pred` chooses returns; a `cond` of both when that isn't known yet.

    Args:
        pred: a bool, 0, 1, or a boolean scalar tensor.
        true_fn: makes the result where `pred` holds.
        false_fn: makes it elsewhere.
        name: name of the `cond`.

    Raises:
        TypeError: a branch can't be called, or `pred` is no predicate.

    Reference: TensorFlow 1.15, tensorflow/python/framework/smart_cond.py.
    """
    for word, branch in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(branch):
            raise TypeError(f"`{word}` must be callable.")
    value = smart_constant_value(pred)
    if value is None:
        return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return true_fn() if value else false_fn()  # type: ignore[misc]  # both can be called
