"""Gradient functions: those of the ops' own blocks, and those that users register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.graph.operation import Operation
from evergraph.registry.op_def import find_op_def

GradientFunction = Callable[..., Any]

_registered: dict[str, GradientFunction | None] = {}


class RegisterGradient:
    """Decorator: use a function `f(op, *d_outputs)` as the gradient of an op type or override name.

    Raises:
        KeyError: the name already has a gradient.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, function: GradientFunction) -> GradientFunction:
        """Register `function` and return it."""
        op_def = find_op_def(self._op_type)
        taken = self._op_type in _registered or (
            op_def is not None and op_def.gradient_function is not None
        )
        if taken:
            raise KeyError(f"Registering two gradient with name '{self._op_type}'!")
        _registered[self._op_type] = function
        return function


def not_differentiable(op_type: str) -> None:
    """Declare that ops of type `op_type` have no gradient.

    Raises:
        TypeError: `op_type` isn't text.
    """
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    if op_type in _registered:
        raise KeyError(f"Registering two gradient with name '{op_type}'!")
    _registered[op_type] = None


def get_gradient_function(op: Operation) -> GradientFunction | None:
    """The gradient function of `op`; None when it is declared not differentiable.

    Raises:
        LookupError: nothing is known of the gradient of its type.
    """
    if not op.inputs:
        return None
    mapped = op.attrs.get("_gradient_op_type")
    op_type = mapped.decode() if mapped else op.type
    if op_type in _registered:
        return _registered[op_type]
    op_def = find_op_def(op_type)
    if op_def is not None:
        if op_def.gradient_function is not None:
            return op_def.gradient_function
        if not op_def.is_differentiable:
            return None
    raise LookupError(f"gradient registry has no entry for: {op_type}")
