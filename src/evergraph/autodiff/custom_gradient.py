"""tf.custom_gradient.

Reference: TensorFlow 1.15, tensorflow/python/ops/custom_gradient.py.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

from evergraph.core import nest
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.ops.identity import IDENTITY, identity_n
from evergraph.registry.gradients import RegisterGradient

_numbers = itertools.count()


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: give a function of tensors its own gradient.

    `f(*tensors)` returns (result, grad_fn), and `grad_fn(*d_results)` returns one gradient for each
    tensor. A `grad_fn` that takes the keyword `variables` also returns a list with one gradient for
    each resource variable that `f` used.

    Raises:
        ValueError: the decorated function is called with keywords.
        TypeError: `f` uses variables and `grad_fn` doesn't take them.
    """

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when "
                "eager execution is enabled."
            )
        return _with_gradient(f, [convert_to_tensor(x) for x in args])

    return decorated


def _with_gradient(f: Callable[..., Any], args: list[Tensor]) -> Any:
    graph = get_default_graph()
    first_new = graph._last_id
    result, grad_fn = f(*args)
    flat = [convert_to_tensor(x) for x in nest.flatten(result)]
    for x in flat:
        IDENTITY(x)  # of no use; TensorFlow makes them while it looks for variables
    used = _variables_used(graph, first_new)
    signature = inspect.signature(grad_fn).parameters
    takes_variables = "variables" in signature or any(
        p.kind is p.VAR_KEYWORD for p in signature.values()
    )
    if used and not takes_variables:
        raise TypeError(
            "If using @custom_gradient with a function that uses variables, then grad_fn must "
            "accept a keyword argument 'variables'."
        )
    name = f"CustomGradient-{next(_numbers)}"

    @RegisterGradient(name)
    def gradient(op: Operation, *d_results: Any) -> list[Any]:
        d_results = d_results[: len(flat)]
        d_variables: list[Any] = []
        if used:
            d_args, d_variables = grad_fn(*d_results, variables=used)
            if len(d_variables) != len(used):
                raise ValueError(
                    "Must return gradient for each variable from @custom_gradient grad_fn."
                )
        else:
            d_args = grad_fn(*d_results)
        return [None] * len(flat) + nest.flatten(d_args) + list(d_variables)

    with graph.gradient_override_map({"IdentityN": name}):
        outputs = identity_n([*flat, *args, *(v.handle for v in used)])
    return nest.pack_sequence_as(result, outputs[: len(flat)])


def _variables_used(graph: Any, first_new: int) -> list[Any]:
    """Resource variables that operations made after `first_new` take."""
    handles: dict[Tensor, None] = {}
    for op in graph.get_operations()[::-1]:
        if op._id <= first_new:
            break
        handles.update(
            (t, None) for t in op.inputs if t.op.op_def is not None and t.op.op_def.location
        )
    found = []
    for key in graph.collections:
        for item in graph.get_collection(key):
            if getattr(item, "handle", None) in handles and item not in found:
                found.append(item)
    return found


__all__ = ["custom_gradient"]
