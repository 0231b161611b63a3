"""A function for each registered op: tf.raw_ops, and TensorFlow's generated modules."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from evergraph.registry.attrs import REQUIRED
from evergraph.registry.op_def import OpDef, find_op_def, get_op_def, registered_ops

# Where the functions' parameters are called otherwise than the schema's inputs and attrs.
_REDUCTIONS = ("All", "Any", "EuclideanNorm", "Max", "Mean", "Min", "Prod", "Sum")
_PARAMETERS: dict[str, dict[str, str]] = {
    **{op_type: {"reduction_indices": "axis"} for op_type in _REDUCTIONS},
    "ExpandDims": {"dim": "axis"},
    "Select": {"t": "x", "e": "y"},
    "Split": {"split_dim": "axis"},
    "SplitV": {"split_dim": "axis"},
    "Squeeze": {"squeeze_dims": "axis"},
    "Where": {"input": "condition"},
}


def signature_of(op_def: OpDef) -> inspect.Signature:
    """The parameters of the op's function: inputs, attrs that no input tells, `name`."""
    inferred = {
        attr
        for arg in op_def.inputs
        for attr in (arg.type_attr, arg.type_list_attr, arg.number_attr)
    }
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    attrs = [attr for attr in op_def.attrs.values() if attr.name not in inferred]
    shown = _PARAMETERS.get(op_def.name, {})
    parameters = [inspect.Parameter(shown.get(a.name, a.name), kind) for a in op_def.inputs]
    parameters += [inspect.Parameter(a.name, kind) for a in attrs if a.default is REQUIRED]
    parameters += [
        inspect.Parameter(shown.get(a.name, a.name), kind, default=_shown(a.default))
        for a in attrs
        if a.default is not REQUIRED
    ]
    parameters.append(inspect.Parameter("name", kind, default=None))
    return inspect.Signature(parameters)


def _shown(default: Any) -> Any:
    return default.decode() if isinstance(default, bytes) else default


def _call(op_def: OpDef, signature: inspect.Signature, args: Any, kwargs: Any) -> Any:
    schema_names = {new: old for old, new in _PARAMETERS.get(op_def.name, {}).items()}
    bound = signature.bind(*args, **kwargs).arguments
    given = {schema_names.get(key, key): value for key, value in bound.items()}
    name = given.pop("name", None)
    values = [given.pop(arg.name) for arg in op_def.inputs]
    return op_def(*values, name=name, **{k: v for k, v in given.items() if v is not None})


def _named(function: Any, name: str, op_type: str, signature: inspect.Signature) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Add an operation of type {op_type} to the graph."
    function.__signature__ = signature
    return function


@cache
def positional_function(op_type: str, name: str) -> Any:
    """A function called `name` that adds an operation of `op_type`."""
    op_def = get_op_def(op_type)
    signature = signature_of(op_def)

    def function(*args: Any, **kwargs: Any) -> Any:
        return _call(op_def, signature, args, kwargs)

    return _named(function, name, op_type, signature)


@cache
def raw_function(op_type: str) -> Any:
    """tf.raw_ops's function for `op_type`, which takes keywords only."""
    op_def = get_op_def(op_type)
    signature = signature_of(op_def)

    def function(**kwargs: Any) -> Any:
        return _call(op_def, signature, (), kwargs)

    return _named(function, op_type, op_type, signature)


def raw_ops_getattr(name: str) -> Any:
    """What tf.raw_ops has under `name`.

    Raises:
        AttributeError: no op of that type is registered.
    """
    if name.startswith("_") or find_op_def(name) is None:
        raise AttributeError(f"module 'tf.raw_ops' has no attribute {name!r}")
    return raw_function(name)


def raw_ops_dir() -> list[str]:
    """The names of tf.raw_ops: the registered ops that aren't internal."""
    return sorted(name for name in registered_ops() if not name.startswith("_"))
