"""The structure of what a run fetches: flattened to unique elements, rebuilt from their values.

Reference: TensorFlow 1.15, tensorflow/python/client/session.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from evergraph.core.errors import InaccessibleTensorError, explain
from evergraph.graph.composite import (
    IndexedSlices,
    IndexedSlicesValue,
    SparseTensor,
    SparseTensorValue,
)
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor

# Given the values of the unique fetched tensors, one node's value.
Build = Callable[[Sequence[Any]], Any]

# (type, fetch function, feed functions): see register_session_run_conversion_functions.
_expansions: list[tuple[type, Any, Any, Any]] = []


def register_session_run_conversion_functions(
    tensor_type: type,
    fetch_function: Any,
    feed_function: Any = None,
    feed_function_for_partial_run: Any = None,
) -> None:
    """Let values of `tensor_type` be fetched and fed.

    Args:
        tensor_type: a class.
        fetch_function: value -> (list of tensors, function from their values to the result).
        feed_function: (value, fed value) -> list of (tensor, value).
        feed_function_for_partial_run: value -> list of tensors.

    Raises:
        ValueError: the class is registered already.
    """
    if any(issubclass(tensor_type, kind) for kind, *_ in _expansions):
        raise ValueError(f"{tensor_type} has already been registered so ignore it.")
    _expansions.insert(
        0, (tensor_type, fetch_function, feed_function, feed_function_for_partial_run)
    )


def expand_feed(key: Any, value: Any) -> list[tuple[Any, Any]]:
    """The (graph element, value) pairs that feeding `key` with `value` stands for."""
    if isinstance(key, SparseTensor):
        parts = [key.indices, key.values, key.dense_shape]
        return list(zip(parts, value, strict=False))  # a part that is missing isn't fed
    if isinstance(key, IndexedSlices):
        parts = [key.values, key.indices]
        if key.dense_shape is not None:
            parts.append(key.dense_shape)
        return list(zip(parts, tuple(value), strict=False))
    for kind, _, feed, _ in _expansions:
        if isinstance(key, kind):
            if feed is None:
                raise TypeError(f"Cannot feed a {kind.__name__}")
            return [(element, item) for element, item in feed(key, value)]
    return [(key, value)]


class Fetches:
    """The flattened form of a fetch structure.

    Attributes:
        tensors: the unique tensors to compute.
        targets: the operations to run.
        build: from the tensors' values, in their order, to the user's structure.
    """

    def __init__(self, graph: Graph, fetches: Any) -> None:
        self.graph = graph
        self.tensors: list[Tensor] = []
        self.targets: list[Operation] = []
        self._index: dict[Tensor, int] = {}
        self.build = self._node(fetches)

    def _node(self, fetch: Any) -> Build:
        if fetch is None:
            raise TypeError(f"Fetch argument {fetch!r} has invalid type {type(fetch)!r}")
        if isinstance(fetch, list | tuple) and not isinstance(
            fetch, SparseTensorValue | IndexedSlicesValue
        ):
            return self._sequence(fetch)
        if isinstance(fetch, Mapping):
            keys, builds = list(fetch), [self._node(v) for v in fetch.values()]
            kind = type(fetch)
            return lambda values: _mapping(kind, keys, [b(values) for b in builds])
        if hasattr(type(fetch), "__attrs_attrs__"):
            names = [a.name for a in type(fetch).__attrs_attrs__]
            builds = [self._node(getattr(fetch, n)) for n in names]
            kind = type(fetch)
            return lambda values: kind(*(b(values) for b in builds))
        return self._leaf(fetch)

    def _sequence(self, fetch: Any) -> Build:
        builds = [self._node(item) for item in fetch]
        if isinstance(fetch, list):
            return lambda values: [b(values) for b in builds]
        kind = type(fetch)
        if hasattr(fetch, "_fields"):
            return lambda values: kind(*(b(values) for b in builds))
        return lambda values: kind(b(values) for b in builds)

    def _leaf(self, fetch: Any) -> Build:
        if isinstance(fetch, SparseTensor):
            parts = [
                self._element(t, fetch) for t in (fetch.indices, fetch.values, fetch.dense_shape)
            ]
            return lambda values: SparseTensorValue(*(p(values) for p in parts))
        if isinstance(fetch, IndexedSlices):
            tensors = [fetch.values, fetch.indices]
            if fetch.dense_shape is not None:
                tensors.append(fetch.dense_shape)
            parts = [self._element(t, fetch) for t in tensors]
            return lambda values: IndexedSlicesValue(
                *(p(values) for p in parts), *((None,) if len(parts) == 2 else ())
            )
        for kind, expand, _, _ in _expansions:
            if isinstance(fetch, kind):
                elements, contract = expand(fetch)
                parts = [self._element(t, fetch) for t in elements]
                return lambda values: contract([p(values) for p in parts])
        return self._element(fetch, fetch)

    def _element(self, item: Any, fetch: Any) -> Build:
        try:
            element = self.graph.as_graph_element(item)
        except TypeError as error:
            raise TypeError(
                f"Fetch argument {fetch!r} has invalid type {type(fetch)!r}, must be a string or "
                f"Tensor. ({error})"
            ) from None
        except (ValueError, KeyError) as error:
            first = str(error).partition("\n")[0]
            near = ", ".join(map(repr, getattr(error, "near", ())))
            raise ValueError(
                explain(
                    f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({first})",
                    expected="tensors and operations of this session's graph",
                    given=repr(fetch),
                    created=getattr(getattr(item, "op", item), "created_at", None),
                    fix=f"near names: {near}" if near else "fetch from a session of its graph",
                )
            ) from None
        if not self.graph.is_fetchable(element):
            raise InaccessibleTensorError(
                f"Operation {getattr(element, 'op', element).name!r} has been marked as not "
                "fetchable. Typically this happens when it is defined in another function or code "
                "block. Use return values,explicit Python locals or TensorFlow collections to "
                "access it."
            )
        if isinstance(element, Operation):
            if element not in self.targets:
                self.targets.append(element)
            return lambda values: None
        index = self._index.get(element)
        if index is None:
            index = self._index[element] = len(self.tensors)
            self.tensors.append(element)
        return lambda values: values[index]


def _mapping(kind: type, keys: list[Any], values: list[Any]) -> Any:
    pairs = zip(keys, values, strict=True)
    if kind is dict:
        return dict(pairs)
    try:
        return kind(pairs)
    except TypeError:
        return dict(pairs)


def fetch_key(fetches: Any) -> Any:
    """A hashable key equal for equal fetches; None when there is none."""
    kind = type(fetches)
    if kind is list:
        parts = tuple(
            [x if type(x) is Tensor or type(x) is Operation else fetch_key(x) for x in fetches]
        )
        return None if None in parts else (list, *parts)
    if kind is tuple:
        parts = tuple(
            [x if type(x) is Tensor or type(x) is Operation else fetch_key(x) for x in fetches]
        )
        return None if None in parts else (tuple, *parts)
    if isinstance(fetches, dict):
        items = tuple((k, fetch_key(v)) for k, v in fetches.items())
        return (kind, *items)
    try:
        hash(fetches)
    except TypeError:
        return None
    return fetches


def owned(value: Any, is_fed: bool = False) -> Any:
    """A fetched value as the user's own array; a NumPy scalar for rank 0.

    What is fed and fetched comes back as the array it was made, also of rank 0.
    """
    array = np.array(value, order="C")
    return array if array.ndim or is_fed else array[()]
