"""Sparse embedding lookup that sums where the parts of the table lie.

Each part of the table sums its own rows of each segment, so that one row a segment and part
travels, in place of one for each id.

Reference: TensorFlow 1.15, tensorflow/contrib/layers/python/layers/embedding_ops.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.contrib.layers.embeddings import as_parts
from evergraph.core import dtypes
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import colocate_with, name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import expand_dims, rank, reshape, size
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.cast import cast
from evergraph.ops.clip import clip_by_norm
from evergraph.ops.constants import constant_v2
from evergraph.ops.dynamic_partition import dynamic_partition
from evergraph.ops.embedding import check_places, checked_combiner, is_resource, rows_of
from evergraph.ops.fills import fill
from evergraph.ops.math_division import div
from evergraph.ops.math_elementwise import maximum
from evergraph.ops.math_functions import pow as power
from evergraph.ops.math_functions import sqrt
from evergraph.ops.math_reduction import reduce_max, reduce_sum
from evergraph.ops.math_segment import unsorted_segment_sum
from evergraph.ops.math_sorted_segment import segment_sum
from evergraph.ops.math_sparse_segment import sparse_segment_sum
from evergraph.ops.sequences import range as range_of
from evergraph.ops.unique import setdiff1d, unique


def embedding_lookup_sparse_with_distributed_aggregation(
    params: Any,
    sp_ids: SparseTensor,
    sp_weights: SparseTensor | None,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: Any = None,
) -> Tensor:
    """As `tf.nn.embedding_lookup_sparse`; each part of the table sums its own rows.

    Args:
        params: `[rows, ...]`, a list of such parts, or a partitioned variable.
        sp_ids: SparseTensor `[batch, any]` of ids.
        sp_weights: SparseTensor of weights at the same places; ones when None.
        partition_strategy: "mod" or "div"; see `tf.nn.embedding_lookup`.
        name: prefix of the operations' names; "embedding_lookup_sparse" when None.
        combiner: "sum", "mean" or "sqrtn"; "mean" when None.
        max_norm: rows of a larger L2 norm are scaled to it.

    Raises:
        TypeError: `sp_ids` or `sp_weights` aren't SparseTensors.
        ValueError: another combiner or strategy, or places that differ.
    """
    combiner = checked_combiner(combiner)
    params = as_parts(params)
    check_places(sp_ids, sp_weights)
    with name_scope(name, "embedding_lookup_sparse", [*params, sp_ids]):
        segment_ids = rows_of(sp_ids)
        ids, places = sp_ids.values, None
        weights: Any = None if sp_weights is None else sp_weights.values
        if weights is None:
            ids, places = unique(ids)
        rows = _lookup(params, ids, partition_strategy, max_norm, weights, places, segment_ids)
        if weights is None:
            sizes: Any = shape_of(segment_ids)
            weights = fill([sizes[0]], 1)
        weights = _beside(weights, rows)
        if combiner == "mean":
            return div(rows, segment_sum(weights, segment_ids))
        if combiner == "sqrtn":
            return div(rows, sqrt(segment_sum(power(weights, 2), segment_ids)))
        return rows


def _beside(weights: Any, rows: Any) -> Any:
    """`weights` with the type of `rows`, and as many dimensions."""
    if weights.dtype != rows.dtype:
        weights = cast(weights, rows.dtype)
    depth: Any = rank(rows)
    single = fill(expand_dims(depth - 1, 0), 1)
    wide = concat([shape_of(weights), single], 0)
    original = weights.get_shape()
    weights = reshape(weights, wide)
    if rows.get_shape().ndims is not None:
        weights.set_shape(original.concatenate([1] * (rows.get_shape().ndims - 1)))
    return weights


def _lookup(
    params: list[Any],
    ids: Any,
    strategy: str,
    max_norm: Any,
    weights: Any,
    places: Any,
    segment_ids: Any,
) -> Tensor:
    name = "embedding_lookup_with_distributed_aggregation"
    with name_scope(None, name, [*params, ids]) as scope:
        if not any(is_resource(part) for part in params):
            params = convert_n_to_tensor_or_indexed_slices(params, name="params")
        if len(params) > 1:
            ids = convert_to_tensor(ids, name="ids")
            parts = _Parts(params, ids, strategy)
            return parts.summed(max_norm, weights, places, segment_ids, scope)
        with colocate_with(params[0]):
            rows: Any = _clipped(gather(params[0], ids), max_norm)
            if weights is None:
                return sparse_segment_sum(rows, places, segment_ids, name=scope)
            return segment_sum(rows * _beside(weights, rows), segment_ids, name=scope)


def _clipped(rows: Any, max_norm: Any) -> Any:
    if max_norm is None:
        return rows
    depth = rows.get_shape().ndims
    return clip_by_norm(rows, max_norm, axes=list(range(1, depth)))


class _Parts:
    """A table in parts, and which ids each part has."""

    def __init__(self, params: list[Any], ids: Any, strategy: str) -> None:
        self.params = params
        count = len(params)
        flat_ids: Any = reshape(ids, [-1])
        original = range_of(size(flat_ids))
        if strategy == "mod":
            which, new_ids = flat_ids % count, flat_ids // count
        elif strategy == "div":
            which, new_ids = self._runs(flat_ids)
        else:
            raise ValueError(f"Unrecognized partition strategy: {strategy}")
        which = cast(which, dtypes.int32)
        self.ids = dynamic_partition(new_ids, which, count)
        self.places: list[Any] = dynamic_partition(original, which, count)

    def _runs(self, flat_ids: Any) -> tuple[Any, Any]:
        """Part and row of each id when the table is cut into runs of rows."""
        count = len(self.params)
        rows = self.params[0].get_shape()[0]
        for part in self.params[1:]:
            rows += part.get_shape()[0]
        if rows.value:
            total: Any = constant_v2(rows.value, flat_ids.dtype)
        else:
            lengths = []
            for part in self.params:
                known = part.get_shape()[0].value
                if known is None:
                    with colocate_with(part):
                        whole: Any = shape_of(part)
                        known = whole[0]
                lengths.append(known)
            total = reduce_sum(cast(stack(lengths), flat_ids.dtype))
        per_part = total // count
        extras = total % count
        which: Any = maximum(flat_ids // (per_part + 1), (flat_ids - extras) // per_part)
        is_longer: Any = cast(which < extras, flat_ids.dtype)
        new_ids = is_longer * (flat_ids % (per_part + 1)) + (1 - is_longer) * (
            (flat_ids - extras) % per_part
        )
        return which, new_ids

    def summed(
        self, max_norm: Any, weights: Any, places: Any, segment_ids: Any, scope: str
    ) -> Tensor:
        """One row for each segment."""
        params = self.params
        rows: list[Any] = []
        for part, ids in zip(params, self.ids, strict=True):
            with colocate_with(part):
                rows.append(gather(part, ids))
        part_weights = [gather(weights, own) for own in self.places] if weights is not None else []
        rows = self._shaped(rows)
        for p, part in enumerate(params):
            with colocate_with(part):
                rows[p] = _clipped(rows[p], max_norm)
        for p, own in enumerate(part_weights):
            with colocate_with(params[p]):
                rows[p] = rows[p] * _beside(own, rows[p])
        segments = []
        for p, part in enumerate(params):
            if weights is not None:
                own_segments, turn = unique(gather(segment_ids, self.places[p]))
                with colocate_with(part):
                    rows[p] = segment_sum(rows[p], turn)
            else:
                own_segments, turn, own_rows = self._without_weights(p, places, segment_ids)
                with colocate_with(part):
                    rows[p] = sparse_segment_sum(rows[p], own_rows, turn)
            segments.append(own_segments)
        all_segments, all_rows = concat(segments, 0), concat(rows, 0)
        largest: Any = reduce_max(all_segments)
        return unsorted_segment_sum(all_rows, all_segments, largest + 1, name=scope)

    def _without_weights(self, p: int, places: Any, segment_ids: Any) -> tuple[Any, Any, Any]:
        """Segments of part p, and segment and row of each of its ids."""
        _, excluded = setdiff1d(places, self.places[p])
        sizes: Any = shape_of(places)
        _, included = setdiff1d(range_of(sizes[0]), excluded)
        own = gather(segment_ids, included)
        own_places = gather(places, included)
        own_segments, turn = unique(own)
        _, own_rows = unique(own_places)
        return own_segments, turn, own_rows

    def _shaped(self, rows: list[Any]) -> list[Any]:
        """`rows` with the shape of the table's rows."""
        params = self.params
        known = params[0].get_shape()[1:]
        for part in params[1:]:
            known = known.merge_with(part.get_shape()[1:])
        rest: Any = known
        if not known.is_fully_defined():
            with colocate_with(params[0]):
                whole = shape_of(params[0])
        shaped = []
        for p, part in enumerate(params):
            with colocate_with(part):
                count = shape_of(self.places[p])
                if not known.is_fully_defined():
                    rest = slice_of(whole, [1], [-1])
                shaped.append(reshape(rows[p], concat([count, rest], 0)))
        return shaped
