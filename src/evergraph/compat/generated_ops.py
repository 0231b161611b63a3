"""`tensorflow.python.ops.gen_*_ops`: a function for each registered op, in snake case."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

from evergraph.registry.attrs import REQUIRED
from evergraph.registry.op_def import OpDef, get_op_def, registered_ops


def snake_case(op_type: str) -> str:
    """`MatMul` -> `mat_mul`, `Conv2DBackpropInput` -> `conv2d_backprop_input`."""
    split = re.sub(r"([0-9])D(?=[A-Z]|$)", r"\1d", op_type)
    split = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", split)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", split).lower()


@cache
def _op_types(count: int) -> dict[str, str]:
    """Function name -> op type, for the `count` ops that are registered now."""
    return {snake_case(op_type): op_type for op_type in registered_ops()}


def signature_of(op_def: OpDef) -> inspect.Signature:
    """The parameters of the op's function: inputs, attrs that no input tells, `name`."""
    inferred = {
        attr
        for arg in op_def.inputs
        for attr in (arg.type_attr, arg.type_list_attr, arg.number_attr)
    }
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    attrs = [attr for attr in op_def.attrs.values() if attr.name not in inferred]
    parameters = [inspect.Parameter(arg.name, kind) for arg in op_def.inputs]
    parameters += [inspect.Parameter(a.name, kind) for a in attrs if a.default is REQUIRED]
    parameters += [
        inspect.Parameter(a.name, kind, default=a.default)
        for a in attrs
        if a.default is not REQUIRED
    ]
    parameters.append(inspect.Parameter("name", kind, default=None))
    return inspect.Signature(parameters)


@cache
def function_of(op_type: str) -> Any:
    """A function that adds an operation of `op_type`; its parameters are inputs and attrs."""
    op_def = get_op_def(op_type)
    signature = signature_of(op_def)
    inputs = [arg.name for arg in op_def.inputs]

    def function(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        name = given.pop("name", None)
        values = [given.pop(key) for key in inputs]
        return op_def(*values, name=name, **{k: v for k, v in given.items() if v is not None})

    function.__name__ = function.__qualname__ = snake_case(op_type)
    function.__doc__ = f"Add an operation of type {op_type} to the graph."
    function.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect.signature
    return function


def __getattr__(name: str) -> Any:
    op_types = _op_types(len(registered_ops()))
    op_type = op_types.get(name) or op_types.get(name.lstrip("_"))
    if op_type is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return function_of(op_type)


def __dir__() -> list[str]:
    return sorted(_op_types(len(registered_ops())))
