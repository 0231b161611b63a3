"""Rows of tables by their ids: `tf.nn.embedding_lookup` and its sparse form.

Reference: TensorFlow 1.15, tensorflow/python/ops/embedding_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import Dimension
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import colocate_with, name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import expand_dims, rank, reshape, size
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant_v2
from evergraph.ops.fills import fill
from evergraph.ops.identity import identity
from evergraph.ops.select import where
from evergraph.ops.sequences import range as range_of
from evergraph.ops.unique import unique
from evergraph.registry.op_def import get_op_def

Transform = Callable[[Tensor], Tensor]


def _clipped(params: Any, ids: Any, max_norm: Any) -> Any:
    """`params` with rows of at most the norm `max_norm`."""
    if max_norm is None:
        return params
    from evergraph.ops.clip import clip_by_norm

    (ids_rank, ids_known), (params_rank, params_known) = _rank_of(ids), _rank_of(params)
    axes: Any = (
        list(range(ids_rank, params_rank))
        if ids_known and params_known
        else range_of(ids_rank, params_rank)
    )
    return clip_by_norm(params, max_norm, axes=axes)


def _rank_of(x: Any) -> tuple[Any, bool]:
    known = convert_to_tensor(x).get_shape().ndims
    return (known, True) if known else (rank(x), False)


def as_table_list(params: Any) -> list[Any]:
    """The parts of a table: a list, the variables of a partitioned one, or the only one.

    Raises:
        ValueError: there is none.
    """
    if params is None:
        raise ValueError("params must be specified")
    if isinstance(params, list | tuple) and not params:
        raise ValueError("Need at least one param")
    if hasattr(params, "_get_variable_list"):  # a PartitionedVariable
        params = list(params)
    return params if isinstance(params, list) else [params]


def is_resource(table: Any) -> bool:
    """Whether a table is a resource variable, which reads its rows itself."""
    return not isinstance(table, Tensor) and getattr(table, "handle", None) is not None


def lookup_and_transform(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    max_norm: Any = None,
    transform_fn: Transform | None = None,
) -> Tensor:
    """`embedding_lookup` whose rows go through `transform_fn` where each part of the table lies."""
    transform = transform_fn
    params = as_table_list(params)
    with name_scope(name, "embedding_lookup", [*params, ids]) as scope:
        count = len(params)
        if not any(is_resource(p) for p in params):
            params = convert_n_to_tensor_or_indexed_slices(params, name="params")
        ids = convert_to_tensor(ids, name="ids")
        if count == 1 and (not transform or ids.get_shape().ndims == 1):
            with colocate_with(params[0]):
                result = _clipped(gather(params[0], ids, name=scope), ids, max_norm)
                if transform:
                    result = transform(result)
            # Outside of the placement: the table's device may be another.
            return identity(result)
        return _lookup_in_parts(params, ids, partition_strategy, scope, max_norm, transform)


def _lookup_in_parts(
    params: list[Any],
    ids: Tensor,
    strategy: str,
    scope: str,
    max_norm: Any,
    transform: Transform | None,
) -> Tensor:
    from evergraph.ops.dynamic_partition import dynamic_partition, parallel_dynamic_stitch

    count = len(params)
    flat_ids: Any = reshape(ids, [-1])
    original = range_of(size(flat_ids))
    if strategy == "mod":
        parts = flat_ids % count
        new_ids = flat_ids // count
    elif strategy == "div":
        parts, new_ids = _contiguous(params, flat_ids)
    else:
        raise ValueError(f"Unrecognized partition strategy: {strategy}")
    parts = cast(parts, dtypes.int32)
    gather_ids = dynamic_partition(new_ids, parts, count)
    places = dynamic_partition(original, parts, count)
    rows = []
    for i in range(count):
        with colocate_with(params[i]):
            result = gather(params[i], gather_ids[i])
            if transform:
                result = transform(_clipped(result, gather_ids[i], max_norm))
        rows.append(result)
    merged: Any = parallel_dynamic_stitch(places, rows, name=scope)
    known = params[0].get_shape()[1:] if transform is None else merged.get_shape()[1:]
    if transform is None:
        for p in params[1:]:
            known = known.merge_with(p.get_shape()[1:])
    if known.is_fully_defined():
        row_shape: Any = known
    elif transform is None:
        with colocate_with(params[0]):
            whole: Any = shape_of(params[0])
        row_shape = whole[1:]
    else:
        whole = shape_of(merged)
        row_shape = whole[1:]
    merged = reshape(merged, concat([shape_of(ids), row_shape], 0))
    merged.set_shape(ids.get_shape().concatenate(known))
    return merged if transform else _clipped(merged, ids, max_norm)  # type: ignore[no-any-return]  # injected


def _contiguous(params: list[Any], flat_ids: Any) -> tuple[Any, Any]:
    """Part and row of each id when the table is cut into runs of rows."""
    from evergraph.ops.math_elementwise import maximum

    count = len(params)
    total = Dimension(0)
    for p in params:
        total = total + p.get_shape()[0]
    if total.value:
        all_ids: Any = constant_v2(total.value, flat_ids.dtype)
    else:
        from evergraph.ops.math_reduction import reduce_sum

        lengths = []
        for p in params:
            known = p.get_shape()[0].value
            if known is not None:
                lengths.append(known)
            else:
                with colocate_with(p):
                    whole: Any = shape_of(p)
                    lengths.append(whole[0])
        all_ids = reduce_sum(cast(stack(lengths), flat_ids.dtype))
    per_part = all_ids // count
    extras = all_ids % count
    parts: Any = maximum(flat_ids // (per_part + 1), (flat_ids - extras) // per_part)
    new_ids = where(parts < extras, flat_ids % (per_part + 1), (flat_ids - extras) % per_part)
    return parts, new_ids


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Tensor:
    """Rows of a table, or of a table in parts.

    Args:
        params: `[rows, ...]`, a list of such parts, or a partitioned variable.
        ids: int32 or int64, any shape.
        partition_strategy: where row id is among n parts: "mod", part id % n, row id // n; or
            "div", parts are runs of rows, the first ones longer by one where they don't divide.
        name: name of the operations; "embedding_lookup" when None.
        validate_indices: has no effect.
        max_norm: rows of a larger L2 norm are scaled to it.

    Returns:
        `[ids..., ...]`.

    Raises:
        ValueError: no params, or another strategy.

    Reference: TensorFlow 1.15, tensorflow/python/ops/embedding_ops.py.
    """
    return lookup_and_transform(params, ids, partition_strategy, name, max_norm)


def embedding_lookup_v2(
    params: Any, ids: Any, max_norm: Any = None, name: str | None = None
) -> Tensor:
    """As `embedding_lookup` with the "div" strategy."""
    return embedding_lookup(params, ids, "div", name, max_norm=max_norm)


def checked_combiner(combiner: str | None) -> str:
    """How rows are combined, "mean" when None.

    Raises:
        ValueError: another word than "mean", "sqrtn" and "sum".
    """
    combiner = "mean" if combiner is None else combiner
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    return combiner


def check_places(sp_ids: Any, sp_weights: Any) -> None:
    """Demand ids and weights that are sparse, and seem to be at the same places.

    Raises:
        TypeError: they aren't SparseTensors.
        ValueError: places differ.
    """
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None:
        if not isinstance(sp_weights, SparseTensor):
            raise TypeError("sp_weights must be either None or SparseTensor")
        for part in ("values", "indices", "dense_shape"):
            ids_shape = getattr(sp_ids, part).get_shape()
            ids_shape.assert_is_compatible_with(getattr(sp_weights, part).get_shape())


def rows_of(sp_ids: SparseTensor) -> Tensor:
    """The row that each id is in, int32."""
    indices: Any = sp_ids.indices
    segment_ids: Tensor = indices[:, 0]
    if segment_ids.dtype != dtypes.int32:
        segment_ids = cast(segment_ids, dtypes.int32)
    return segment_ids


def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: Any = None,
) -> Tensor:
    """For each row of `sp_ids`, the table's rows of its ids, combined.

    Args:
        params: see `embedding_lookup`.
        sp_ids: SparseTensor `[batch, any]` of ids.
        sp_weights: SparseTensor of weights at the same places; ones when None.
        partition_strategy: see `embedding_lookup`.
        name: name of the operations; "embedding_lookup_sparse" when None.
        combiner: "sum", "mean" (divided by the sum of weights) or "sqrtn" (by the root of the sum
            of their squares); "mean" when None.
        max_norm: see `embedding_lookup`.

    Raises:
        TypeError: `sp_ids` or `sp_weights` aren't SparseTensors.
        ValueError: another combiner, or places that differ.

    Reference: TensorFlow 1.15, tensorflow/python/ops/embedding_ops.py.
    """
    combiner = checked_combiner(combiner)
    params = as_table_list(params)
    check_places(sp_ids, sp_weights)
    with name_scope(name, "embedding_lookup_sparse", [*params, sp_ids]) as scope:
        segment_ids = rows_of(sp_ids)
        ids, places = unique(sp_ids.values)
        rows = embedding_lookup(params, ids, partition_strategy, max_norm=max_norm)
        if rows.dtype in (dtypes.float16, dtypes.bfloat16):
            rows = cast(rows, dtypes.float32)
        if sp_weights is None:
            op_type = {"sum": "Sum", "mean": "Mean", "sqrtn": "SqrtN"}[combiner]
            result: Tensor = get_op_def(f"SparseSegment{op_type}")(
                rows, places, segment_ids, name=scope
            )
            return result
        weights = sp_weights.values
        if weights.dtype != rows.dtype:
            weights = cast(weights, rows.dtype)
        return _combined(gather(rows, places), weights, segment_ids, combiner, scope)


def _combined(rows: Any, weights: Any, segment_ids: Any, combiner: str, scope: str) -> Tensor:
    from evergraph.ops.math_division import div
    from evergraph.ops.math_functions import pow as power
    from evergraph.ops.math_functions import sqrt

    segment_sum = get_op_def("SegmentSum")
    row_rank: Any = rank(rows)
    single = fill(expand_dims(row_rank - 1, 0), 1)
    wide = concat([shape_of(weights), single], 0)
    original = weights.get_shape()
    weights = reshape(weights, wide)
    if rows.get_shape().ndims is not None:
        weights.set_shape(original.concatenate([1] * (rows.get_shape().ndims - 1)))
    rows = rows * weights
    if combiner == "sum":
        total: Tensor = segment_sum(rows, segment_ids, name=scope)
        return total
    total = segment_sum(rows, segment_ids)
    if combiner == "mean":
        return div(total, segment_sum(weights, segment_ids), name=scope)
    squares = segment_sum(power(weights, 2), segment_ids)
    return div(total, sqrt(squares), name=scope)


_embedding_lookup_and_transform = lookup_and_transform  # as code of TensorFlow's own calls it
