"""What a feed dict gives: tensors found, values converted and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import explain
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Tensor
from evergraph.runtime.fetches import expand_feed


def flatten_feeds(graph: Graph, feed_dict: Any) -> list[tuple[Tensor, Any]]:
    """The fed tensors of `feed_dict` and their values, as given.

    Raises:
        TypeError: not a dict, or a key that is no tensor.
        ValueError: a tensor that may not be fed, or one that is fed twice by different keys.
    """
    if not isinstance(feed_dict, Mapping):
        raise TypeError(
            explain(
                "input must be a dictionary",
                expected="a dict of tensors and values as feed_dict",
                given=f"{type(feed_dict).__name__} {_short(feed_dict)}",
            )
        )
    result: list[tuple[Tensor, Any]] = []
    for key, value in feed_dict.items():
        for one_key, one_value in _nested(key, value):
            for element, item in expand_feed(one_key, one_value):
                result.append((_tensor(graph, element), item))
    return result


def _nested(key: Any, value: Any) -> list[tuple[Any, Any]]:
    if isinstance(key, tuple | list) and not hasattr(key, "dense_shape"):
        if not isinstance(value, tuple | list) or len(key) != len(value):
            count = len(value) if hasattr(value, "__len__") else 1
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(key)} elements, but value had "
                f"{count} elements. Key: {key!r}, value: {value!r}."
            )
        return [pair for k, v in zip(key, value, strict=True) for pair in _nested(k, v)]
    return [(key, value)]


def _tensor(graph: Graph, key: Any) -> Tensor:
    try:
        element = graph.as_graph_element(key, allow_operation=False)
    except Exception as error:
        text = error.args[0] if error.args else str(error)
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {text}") from None
    assert isinstance(element, Tensor)
    if not graph.is_feedable(element):
        raise ValueError(f"Tensor {element} may not be fed.")
    return element


def as_array(tensor: Tensor, value: Any) -> np.ndarray:
    """`value` as an array of the tensor's dtype, its shape checked.

    Raises:
        TypeError: the value is a tensor, or doesn't fit the dtype.
        ValueError: its shape contradicts the tensor's static shape.
    """
    if isinstance(value, Tensor) or hasattr(value, "_as_graph_element"):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
            "Python scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the "
            f"tensor object was {value} which was passed to the feed with key {tensor}."
        )
    dtype = tensor.dtype.base_dtype
    kind = np.dtype(dtype.as_numpy_dtype)
    if isinstance(value, int) and not isinstance(value, bool) and not _fits(value, kind):
        raise TypeError(
            f"Type of feed value {value} with type {type(value)} is not compatible with Tensor "
            f"type {dtype.as_numpy_dtype}. Try explicitly setting the type of the feed tensor to a "
            "larger type (e.g. int64)."
        )
    array = _string_array(value) if dtype == dtypes.string else _numeric_array(tensor, value, kind)
    shape = tensor.shape
    if shape.ndims is not None and not shape.is_compatible_with(array.shape):
        raise ValueError(
            explain(
                f"Cannot feed value of shape {array.shape!r} for Tensor {tensor.name!r}, which has "
                f"shape {str(shape)!r}",
                expected=f"shape {shape}",
                given=f"shape {array.shape}",
                created=tensor.op.created_at,
                fix="reshape the value, or give the placeholder that shape",
            )
        )
    return array


def _fits(value: int, kind: np.dtype[Any]) -> bool:
    if kind.kind not in "iu":
        return True
    info = np.iinfo(kind)
    return bool(info.min <= value <= info.max)


def _numeric_array(tensor: Tensor, value: Any, kind: np.dtype[Any]) -> np.ndarray:
    try:
        return np.asarray(value, dtype=kind)
    except (ValueError, TypeError) as error:
        raise type(error)(
            explain(
                str(error),
                expected=f"values of {tensor.dtype.base_dtype.name} for '{tensor.name}'",
                given=f"{type(value).__name__} {_short(value)}",
                created=tensor.op.created_at,
                fix="convert the value before it is fed",
            )
        ) from None


def _string_array(value: Any) -> np.ndarray:
    array = np.asarray(value, dtype=object) if not isinstance(value, np.ndarray) else value
    flat = [
        x.encode() if isinstance(x, str) else (x if isinstance(x, bytes) else str(x).encode())
        for x in array.ravel().tolist()
    ]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(array.shape)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
