"""`tensorflow.python.framework.subscribe`: side effects that happen whenever a tensor is computed.

Reference: TensorFlow 1.15, tensorflow/python/framework/subscribe.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies, device, name_scope
from evergraph.ops.identity import identity
from evergraph.ops.loop_accumulators import entered
from evergraph.variables.variable import Variable


def subscribe(tensors: Any, side_effects: Any) -> Any:
    """Let what consumes `tensors` wait for side effects on their values.

    Args:
        tensors: tensor or variable, or lists, tuples, namedtuples and dicts of these.
        side_effects: function, or list of functions, from a tensor to a list of operations or
            tensors that must run before the tensor is used.

    Returns:
        Identities of the tensors, in the same structure; who consumed a tensor consumes its
        identity from now on. A tensor subscribed before keeps its identity.

    Raises:
        TypeError: the structure holds something else.
    """
    effects = list(side_effects) if hasattr(side_effects, "__iter__") else [side_effects]
    return _map(tensors, lambda tensor: _subscribed(tensor, effects))


def _map(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Variable):
        return function(value.value())
    if isinstance(value, list | tuple):
        items = [_map(item, function) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: _map(item, function) for key, item in value.items()}
    raise TypeError(f"subscribe argument {value!r} has invalid type {type(value)!r}")


def _subscribed(tensor: Tensor, effects: list[Any]) -> Tensor:
    if not tensor.dtype.is_numpy_compatible:
        return tensor
    with device(tensor.device), entered(tensor.op._get_control_flow_context()):
        if _is_subscribed_identity(tensor):
            return _extend(tensor, effects)
        prefix = f"{tensor.op.name}/subscription/Identity"
        for op in tensor.consumers():
            if op.name.startswith(prefix) and _is_subscribed_identity(op.outputs[0]):
                return _extend(op.outputs[0], effects)
        return _begin(tensor, effects)


def _run_effects(source: Tensor, effects: list[Any]) -> list[Any]:
    return [result for effect in effects for result in effect(source)]


def _begin(tensor: Tensor, effects: list[Any]) -> Tensor:
    """Put an identity between `tensor` and those that use it or wait for it."""
    uses = [
        (op, index)
        for op in dict.fromkeys(tensor.consumers())
        for index, source in enumerate(op.inputs)
        if source is tensor
    ]
    waiting = [op for op in tensor.graph.get_operations() if tensor.op in op.control_inputs]
    with (
        name_scope(f"{tensor.op.name}/subscription/"),
        control_dependencies(_run_effects(tensor, effects)),
    ):
        result = identity(tensor)
    for op, index in uses:
        op._update_input(index, result)
    for op in waiting:
        others = [source for source in op.control_inputs if source is not tensor.op]
        op._remove_all_control_inputs()
        op._add_control_inputs([*others, result.op])
    return result


def _extend(subscribed: Tensor, effects: list[Any]) -> Tensor:
    """Let a subscribed identity wait for more side effects."""
    (source,) = subscribed.op.inputs
    with name_scope(f"{source.op.name}/subscription/"):
        results = _run_effects(source, effects)
    subscribed.op._add_control_inputs(
        [result.op if isinstance(result, Tensor) else result for result in results]
    )
    return subscribed


def _is_subscribed_identity(tensor: Tensor) -> bool:
    """Whether `subscribe` made this tensor."""
    if tensor.op.type != "Identity":
        return False
    prefix, found, _ = tensor.name.partition("/subscription/Identity")
    return bool(found) and prefix == tensor.op.inputs[0].op.name
