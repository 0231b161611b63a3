"""The gradient checker for a function of arrays: tensorflow.python.ops.gradient_checker_v2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.graph.composite import IndexedSlicesValue
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_default_graph, get_default_session
from evergraph.ops.placeholders import placeholder
from evergraph.platform import gradient_checker
from evergraph.runtime.session import Session


def compute_gradient(
    f: Callable[..., Any], x: Sequence[Any], delta: float = 1.0 / 1024
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(theoretical, numeric): a Jacobian of `f` for each of its arguments `x`.

    Raises:
        ValueError: `x` isn't a list.
    """
    if not isinstance(x, list | tuple):
        raise ValueError(
            "`x` must be a list or tuple of values convertible to a Tensor (arguments to `f`), "
            f"not a {type(x)}"
        )
    session = get_default_session()
    if session is None:
        with Session(graph=get_default_graph()) as session, session.as_default():
            return compute_gradient(f, x, delta)
    values = [v if isinstance(v, np.ndarray) else session.run(convert_to_tensor(v)) for v in x]
    inputs = [placeholder(dtypes.as_dtype(v.dtype), v.shape) for v in values]
    y = f(*inputs)
    feeds = dict(zip(inputs, values, strict=True))
    y_shape = session.run(y, feeds).shape
    pairs = [
        gradient_checker.compute_gradient(
            one, value.shape, y, y_shape, value, delta, extra_feed_dict=feeds
        )
        for one, value in zip(inputs, values, strict=True)
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def max_error(grad1: Sequence[np.ndarray], grad2: Sequence[np.ndarray]) -> float:
    """The greatest difference between two lists of Jacobians."""
    return gradient_checker.largest_difference(list(zip(grad1, grad2, strict=True)))


def _to_numpy(value: Any) -> Any:
    """The array of a tensor in the default session, or that IndexedSlices' parts add up to."""
    if isinstance(value, Tensor):
        return get_default_session().run(value)
    if isinstance(value, IndexedSlicesValue):
        dense = np.zeros(value.dense_shape)
        np.add.at(dense, value.indices, value.values)
        return dense
    return value
