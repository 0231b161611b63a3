"""Loss functions that users hand in, whatever the release they were written for.

0.x called f(inputs, labels), 1.0 f(labels, inputs), 1.2 and later f(labels=, logits=).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def called_in_any_era(function: Callable[..., Any], labels: Any, logits: Any) -> Any:
    """`function` of labels and logits, in the order that its parameters' names tell."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return function(labels=labels, logits=logits)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    if takes_any or {"labels", "logits"} <= set(parameters):
        return function(labels=labels, logits=logits)
    first = next(iter(parameters), "").lower()
    if "label" in first or "target" in first:
        return function(labels, logits)
    return function(logits, labels)
