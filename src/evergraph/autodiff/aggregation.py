"""Summing the gradients that reach one tensor on several paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import colocate_with, name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.cast import cast
from evergraph.ops.math_elementwise import accumulate_n, add_n


class AggregationMethod:
    """How gradients of several paths are summed: by one AddN, or pair by pair."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


_PAIRWISE = (AggregationMethod.EXPERIMENTAL_TREE, AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)
_METHODS = (AggregationMethod.ADD_N, *_PAIRWISE)


def aggregate(gradients: Sequence[Any], op: Operation, method: int | None) -> Any:
    """The sum of `gradients` of one output of `op`; None for none.

    Raises:
        TypeError: something that is neither a Tensor nor IndexedSlices.
        ValueError: an unknown method.
    """
    if method is None:
        method = AggregationMethod.DEFAULT
    if method not in _METHODS:
        raise ValueError(f"Invalid aggregation_method specified {method}.")
    for gradient in gradients:
        if gradient is not None and not isinstance(gradient, Tensor | IndexedSlices):
            raise TypeError("gradients have to be either all Tensors or all IndexedSlices")
    if not gradients:
        return None
    if len(gradients) < 2:
        return gradients[0]
    if not all(isinstance(g, Tensor) for g in gradients if g is not None):
        return sum_indexed_slices(gradients)
    if (
        method == AggregationMethod.EXPERIMENTAL_ACCUMULATE_N
        and len(gradients) > 2
        and all(g.shape.is_fully_defined() for g in gradients)
    ):
        return accumulate_n(gradients)
    if method in _PAIRWISE:
        with name_scope(op.name + "_gradient_sum"):
            total = gradients[0]
            for gradient in gradients[1:]:
                total = add_n([total, gradient])
            return total
    return _add_by_device(gradients)


def _add_by_device(tensors: Sequence[Tensor]) -> Tensor:
    """One AddN for each device, and one of their results."""
    by_device: dict[str, list[Tensor]] = {}
    for tensor in tensors:
        by_device.setdefault(tensor.device, []).append(tensor)
    summands = []
    for device in sorted(by_device):
        with colocate_with(by_device[device][0].op, ignore_existing=True):
            summands.append(add_n(by_device[device]))
    return summands[0] if len(summands) == 1 else add_n(summands)


def sum_indexed_slices(gradients: Sequence[Any]) -> Any:
    """The sum of IndexedSlices, kept sparse unless one of `gradients` is dense."""
    known = [g for g in gradients if g is not None]
    if not known:
        return None
    if len(known) == 1:
        return known[0]
    if any(isinstance(g, Tensor) for g in known):
        return add_n(known)
    if any(g.indices.dtype == dtypes.int64 for g in known):
        known = [
            g
            if g.indices.dtype == dtypes.int64
            else IndexedSlices(g.values, cast(g.indices, dtypes.int64), g.dense_shape)
            for g in known
        ]
    flat = [_flattened(g) for g in known]
    return IndexedSlices(
        concat([g.values for g in flat], axis=0),
        concat([g.indices for g in flat], axis=0),
        flat[0].dense_shape,
    )


def _flattened(slices: IndexedSlices) -> IndexedSlices:
    """`slices` whose values are themselves IndexedSlices, as one level."""
    values: Any = slices.values
    if isinstance(values, Tensor):
        return slices
    from evergraph.ops.array_gather import gather

    inner = _flattened(values)
    return IndexedSlices(inner.values, gather(slices.indices, inner.indices), slices.dense_shape)
