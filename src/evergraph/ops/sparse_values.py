"""Element-wise functions of SparseTensors: the function of their values."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from evergraph.graph.composite import SparseTensor
from evergraph.graph.scopes import name_scope


def maps_sparse_values(default_name: str) -> Callable[[Any], Any]:
    """Decorator for `f(x, name=None)`, f(0) = 0: of a SparseTensor, map the values.

    TensorFlow tries `x` as a tensor first, so that the name is taken when the values' turn comes;
    `default_name` is the name that is taken then.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def mapped(x: Any, name: str | None = None) -> Any:
            if not isinstance(x, SparseTensor):
                return function(x, name=name)
            with name_scope(name, default_name):
                pass
            return SparseTensor(x.indices, function(x.values, name=name), x.dense_shape)

        return mapped

    return decorate
