"""Embedding lookup of sparse ids that forgives: bad ids are left out, empty rows are filled.

Reference: TensorFlow 1.15, tensorflow/python/ops/embedding_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import tile
from evergraph.ops.array_shape import reshape, size
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.cast import cast
from evergraph.ops.embedding import embedding_lookup_sparse, is_resource
from evergraph.ops.fills import ones_like, zeros_like
from evergraph.ops.math_comparison import greater, greater_equal, logical_and
from evergraph.ops.math_reduction import reduce_prod
from evergraph.ops.select import where
from evergraph.ops.sparse_elements import sparse_retain
from evergraph.ops.sparse_layout import sparse_reshape
from evergraph.ops.sparse_rows import sparse_fill_empty_rows


def tables_of(embedding_weights: Any) -> list[Any]:
    """The parts of a table as a list.

    Raises:
        ValueError: there is none.
    """
    if embedding_weights is None:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    if hasattr(embedding_weights, "_get_variable_list"):  # a PartitionedVariable
        embedding_weights = list(embedding_weights)
    if not isinstance(embedding_weights, list):
        embedding_weights = [embedding_weights]
    if not embedding_weights:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    tables: list[Any] = embedding_weights
    return tables


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
) -> Tensor:
    """Combined rows of a table for sparse ids; bad ids are left out, empty rows are filled.

    Args:
        embedding_weights: `[rows, ...]`, a list of such parts, or a partitioned variable.
        sparse_ids: SparseTensor `[d_0, ..., d_n]` of ids; negative ones are left out.
        sparse_weights: SparseTensor of weights at the same places; ids of a weight that isn't
            positive are left out, unless the combiner is "sum".
        combiner: "sum", "mean" or "sqrtn"; see `embedding_lookup_sparse`.
        default_id: the id that rows without ids get; when None they give zeros.
        name: prefix of the operations' names; "embedding_lookup" when None.
        partition_strategy: see `embedding_lookup`.
        max_norm: see `embedding_lookup`.

    Returns:
        Tensor `[d_0, ..., d_n-1, ...]`.

    Raises:
        ValueError: no table.

    Reference: TensorFlow 1.15, tensorflow/python/ops/embedding_ops.py.
    """
    tables = tables_of(embedding_weights)
    dtype = sparse_weights.dtype if sparse_weights is not None else None
    tables = [
        table
        if is_resource(table) and dtype in (None, table.dtype)
        else convert_to_tensor(table, dtype=dtype)
        for table in tables
    ]
    return combined_rows(
        tables,
        sparse_ids,
        sparse_weights,
        combiner,
        default_id,
        name,
        partition_strategy,
        max_norm,
    )


def combined_rows(
    tables: Sequence[Any],
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None,
    combiner: str,
    default_id: int | None,
    name: str | None,
    partition_strategy: str,
    max_norm: Any,
) -> Tensor:
    """The operations of `safe_embedding_lookup_sparse`, for tables that are tensors."""
    with name_scope(name, "embedding_lookup", [*tables, sparse_ids, sparse_weights]) as scope:
        shape = sparse_ids.dense_shape
        known_rank = dimension_value(sparse_ids.dense_shape.get_shape()[0])
        rank: Any = size(shape) if known_rank is None else known_rank
        rows = reduce_prod(slice_of(shape, [0], [rank - 1]))
        sparse_ids = sparse_reshape(sparse_ids, [rows, gather(shape, rank - 1)])
        if sparse_weights is not None:
            sparse_weights = SparseTensor(
                sparse_ids.indices, sparse_weights.values, sparse_ids.dense_shape
            )
        sparse_ids, sparse_weights = _without_bad_ids(sparse_ids, sparse_weights)
        if combiner != "sum" and sparse_weights is not None:
            is_good = greater(sparse_weights.values, 0)
            sparse_ids = sparse_retain(sparse_ids, is_good)
            sparse_weights = sparse_retain(sparse_weights, is_good)
        sparse_ids, is_empty = sparse_fill_empty_rows(sparse_ids, default_id or 0)
        if sparse_weights is not None:
            sparse_weights, _ = sparse_fill_empty_rows(sparse_weights, 1.0)
        result = embedding_lookup_sparse(
            list(tables),
            sparse_ids,
            sparse_weights,
            combiner=combiner,
            partition_strategy=partition_strategy,
            name=None if default_id is None else scope,
            max_norm=max_norm,
        )
        if default_id is None:
            column = reshape(is_empty, [-1, 1])
            sizes: Any = shape_of(result)
            is_empty = tile(column, stack([1, sizes[1]]))
            result = where(is_empty, zeros_like(result), result, name=scope)
        outer = slice_of(cast(shape, dtypes.int32), [0], [rank - 1])
        final = reshape(result, concat([outer, slice_of(shape_of(result), [1], [-1])], 0))
        known = TensorShape(None if known_rank is None else [None] * (known_rank - 1))
        final.set_shape(known.concatenate(result.get_shape()[1:]))
        return final


def _without_bad_ids(
    sparse_ids: SparseTensor, sparse_weights: SparseTensor | None
) -> tuple[SparseTensor, SparseTensor | None]:
    is_good = greater_equal(sparse_ids.values, 0)
    if sparse_weights is not None:
        is_good = logical_and(is_good, ones_like(sparse_weights.values, dtype=dtypes.bool))
    sparse_ids = sparse_retain(sparse_ids, is_good)
    if sparse_weights is not None:
        sparse_weights = sparse_retain(sparse_weights, is_good)
    return sparse_ids, sparse_weights


def safe_embedding_lookup_sparse_v2(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str = "mean",
    default_id: int | None = None,
    max_norm: Any = None,
    name: str | None = None,
) -> Tensor:
    """As `safe_embedding_lookup_sparse` with the "div" strategy, arguments in 2.x's order."""
    return safe_embedding_lookup_sparse(
        embedding_weights,
        sparse_ids,
        sparse_weights,
        combiner=combiner,
        default_id=default_id,
        name=name,
        partition_strategy="div",
        max_norm=max_norm,
    )
