"""tf.custom_gradient, and second derivatives.

Reference: TensorFlow 1.15, tensorflow/python/ops/custom_gradient.py.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

from evergraph.autodiff.gradients import gradients
from evergraph.core import nest
from evergraph.core.errors import UnsupportedError, explain
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import reshape, shape
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


def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """The second derivatives of the sum of `ys` with respect to each of `xs` by itself.

    Differs from TensorFlow: rows are unrolled rather than looped over, so the size of each x must
    be known while the graph is built.

    Args:
        ys: a tensor or a list of tensors.
        xs: a tensor, a variable, or a list of these.
        name: accepted, as in TensorFlow.
        colocate_gradients_with_ops: as for `gradients`.
        gate_gradients: as for `gradients`.
        aggregation_method: as for `gradients`.

    Returns:
        For each x a tensor of shape `x.shape + x.shape`.

    Raises:
        UnsupportedError: the size of an x isn't known.
    """
    xs = list(xs) if isinstance(xs, list | tuple) else [xs]
    options: dict[str, Any] = {
        "colocate_gradients_with_ops": colocate_gradients_with_ops,
        "gate_gradients": gate_gradients,
        "aggregation_method": aggregation_method,
    }
    result = []
    for first, x in zip(gradients(ys, xs, **options), xs, strict=True):
        count = x.get_shape().num_elements()
        if count is None:
            raise UnsupportedError(
                explain(
                    "hessians needs to know the size of x.",
                    given=f"'{x.name}' of shape {x.get_shape()}",
                    fix="give x a static shape",
                )
            )
        flat = reshape(first, [-1])
        rows = [gradients(flat[i], x, **options)[0] for i in range(count)]
        size = shape(x)
        result.append(reshape(stack(rows), concat((size, size), 0)))
    return result


__all__ = ["custom_gradient", "hessians"]
