"""Sorting along an axis, by `top_k`."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_concat, array_layout, array_shape, sequences
from evergraph.ops.constants import constant, constant_value
from evergraph.ops.top_k import top_k

_DIRECTIONS = ("ASCENDING", "DESCENDING")


def sort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """Sort along an axis.

    Args:
        values: real numbers, rank 1 or more.
        axis: where to sort along, known while the graph is built.
        direction: "ASCENDING" or "DESCENDING".
        name: name of the operations' scope; "sort" when None.

    Returns:
        Tensor of the shape and dtype of `values`.

    Raises:
        ValueError: another direction, or the axis isn't known.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sort_ops.py.
    """
    with name_scope(name, "sort"):
        return _sorted(values, axis, direction, wants_indices=False)


def argsort(
    values: Any,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """Find the indices that sort along an axis; of equal elements the first comes first.

    Args:
        values: real numbers, rank 1 or more.
        axis: where to sort along, known while the graph is built.
        direction: "ASCENDING" or "DESCENDING".
        stable: nothing: the order is always stable.
        name: name of the operations' scope; "argsort" when None.

    Returns:
        int32 Tensor of the shape of `values`.

    Raises:
        ValueError: another direction, or the axis isn't known.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sort_ops.py.
    """
    with name_scope(name, "argsort"):
        return _sorted(values, axis, direction, wants_indices=True)


def _sorted(values: Any, axis: Any, direction: str, wants_indices: bool) -> Tensor:
    if direction not in _DIRECTIONS:
        raise ValueError(f"{direction} should be one of {', '.join(_DIRECTIONS)}")
    axis_tensor = convert_to_tensor(axis, name="axis")
    known = constant_value(axis_tensor)
    if known is None or known.ndim:
        raise ValueError("axis must be a constant scalar")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), wants_indices)
    result = _descending(-values, int(known), wants_indices)
    return result if wants_indices else -result


def _descending(values: Tensor, axis: int, wants_indices: bool) -> Tensor:
    count = array_shape.shape(values)[axis]
    rank = array_shape.rank(values)
    static_rank = values.shape.ndims
    order: Tensor | None = None
    if axis != -1 and axis + 1 != static_rank:
        order = _axis_to_end(axis, rank, static_rank)
        values = array_layout.transpose(values, order)
    sorted_values, indices = top_k(values, count)
    result = indices if wants_indices else sorted_values
    return result if order is None else array_layout.transpose(result, order)


def _axis_to_end(axis: Any, rank: Tensor, static_rank: int | None) -> Tensor:
    """The permutation that exchanges `axis` and the last axis."""
    if axis < 0:
        axis += static_rank or rank
    if static_rank is not None:
        order = np.arange(static_rank)
        order[[axis, -1]] = order[[-1, axis]]
        return constant(order, name="transposition")
    parts = [sequences.range(axis), [rank - 1], sequences.range(axis + 1, rank - 1), [axis]]
    return array_concat.concat(parts, axis=0)
