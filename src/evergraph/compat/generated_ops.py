"""`tensorflow.python.ops.gen_*_ops`: a function for each registered op, in snake case."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from evergraph.registry.op_def import find_op_def, registered_ops
from evergraph.registry.op_functions import positional_function, raw_function


def snake_case(op_type: str) -> str:
    """`MatMul` -> `mat_mul`, `Conv2DBackpropInput` -> `conv2d_backprop_input`."""
    split = re.sub(r"([0-9])D(?=[A-Z]|$)", r"\1d", op_type)
    split = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", split)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", split).lower()


@cache
def _op_types(count: int) -> dict[str, str]:
    """Function name -> op type, for the `count` ops that are registered now."""
    return {snake_case(op_type): op_type for op_type in registered_ops()}


def __getattr__(name: str) -> Any:
    if find_op_def(name) is not None:  # as in tf.raw_ops
        return raw_function(name)
    op_types = _op_types(len(registered_ops()))
    op_type = op_types.get(name) or op_types.get(name.lstrip("_"))
    if op_type is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return positional_function(op_type, name)


def __dir__() -> list[str]:
    return sorted(_op_types(len(registered_ops())))
