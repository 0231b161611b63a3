"""Embedding lookups of tf.contrib.layers: safe, scattered (hashed values), of unique ids.

Reference: TensorFlow 1.15, tensorflow/contrib/layers/python/layers/embedding_ops.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import dimension_value
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_layout import tile
from evergraph.ops.array_shape import expand_dims, rank, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.assertions import Assert
from evergraph.ops.cast import cast
from evergraph.ops.checks import assert_same_float_dtype
from evergraph.ops.constants import constant
from evergraph.ops.embedding import embedding_lookup
from evergraph.ops.embedding_safe import combined_rows, tables_of
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_elementwise import multiply, subtract
from evergraph.ops.math_reduction import reduce_prod
from evergraph.ops.math_segment import unsorted_segment_sum
from evergraph.ops.math_sparse_segment import (
    sparse_segment_mean,
    sparse_segment_sqrt_n,
    sparse_segment_sum,
)
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.sequences import range as range_of
from evergraph.ops.sparse_dense import sparse_tensor_to_dense
from evergraph.ops.sparse_feature_cross import sparse_feature_cross
from evergraph.ops.sparse_rows import sparse_fill_empty_rows
from evergraph.ops.unique import unique

_COMBINERS = {
    "sum": sparse_segment_sum,
    "mean": sparse_segment_mean,
    "sqrtn": sparse_segment_sqrt_n,
}


def as_parts(params: Any) -> list[Any]:
    """The parts of a table: a list, the variables of a partitioned one, or the only one."""
    if hasattr(params, "_get_variable_list"):  # a PartitionedVariable
        params = list(params)
    return params if isinstance(params, list) else [params]


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str | None = None,
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
) -> Tensor:
    """As `tf.nn.safe_embedding_lookup_sparse`; weights must have the type of the table.

    Args:
        embedding_weights: `[rows, ...]`, a list of such parts, or a partitioned variable.
        sparse_ids: SparseTensor of ids.
        sparse_weights: SparseTensor of weights at the same places.
        combiner: "sum", "mean" or "sqrtn"; "mean" when None.
        default_id: the id that rows without ids get; when None they give zeros.
        name: prefix of the operations' names; "embedding_lookup" when None.
        partition_strategy: "div" or "mod".
        max_norm: rows of a larger L2 norm are scaled to it.

    Raises:
        ValueError: no table, or types that differ.
    """
    tables = tables_of(embedding_weights)
    dtype = sparse_weights.dtype if sparse_weights is not None else None
    tables = [convert_to_tensor(table, dtype=dtype) for table in tables]
    assert_same_float_dtype([*tables, *([] if sparse_weights is None else [sparse_weights])])
    return combined_rows(
        tables,
        sparse_ids,
        sparse_weights,
        combiner or "mean",
        default_id,
        name,
        partition_strategy,
        max_norm,
    )


def scattered_embedding_lookup(
    params: Any, values: Any, dimension: int, name: str | None = None, hash_key: int | None = None
) -> Tensor:
    """Embeddings whose elements lie at hashed places of a vector of parameters.

    Element i of the embedding of v is the parameter number hash(i, v).

    Args:
        params: vector, a list of its parts (the first ones longer by one), or a partitioned
            variable.
        values: integers or strings of any shape.
        dimension: length of an embedding.
        name: prefix of the operations' names; "scattered_embedding_lookup" when None.
        hash_key: start of the fingerprints; an older hash when None.

    Returns:
        Tensor `[values..., dimension]`.

    Raises:
        ValueError: no dimension, or parts of other sizes.
    """
    if dimension is None:
        raise ValueError("You must specify dimension.")
    return _sampled_scattered_embedding_lookup(params, values, dimension, None, hash_key, name)


def _sampled_scattered_embedding_lookup(
    params: Any,
    values: Any,
    dimension: Any = None,
    sampled_candidates: Any = None,
    hash_key: int | None = None,
    name: str | None = None,
) -> Tensor:
    """As `scattered_embedding_lookup`; with `sampled_candidates` only these of the elements."""
    params = as_parts(params)
    with name_scope(name, "scattered_embedding_lookup", [*params, dimension, values]):
        values_shape = shape_of(values)
        values = reshape(values, [-1, 1])
        if sampled_candidates is None:
            if dimension is None:
                raise ValueError("You must specify either dimension or sampled_candidates.")
            if dimension <= 0:
                raise ValueError(f"Dimension must be >0. Given is {dimension}")
            numbers = expand_dims(range_of(0, dimension), 0)
            sampled_candidates = tile(numbers, shape_of(values))
        else:
            sizes: Any = shape_of(sampled_candidates)
            dimension = sizes[subtract(rank(sampled_candidates), 1)]
            sampled_candidates = _checked(sampled_candidates, values_shape, dimension)
        total = _total_size(params)
        ids = sparse_feature_cross(
            [sampled_candidates, values],
            hashed_output=True,
            num_buckets=total,
            hash_key=hash_key,
        )
        rows = embedding_lookup(params, sparse_tensor_to_dense(ids), partition_strategy="div")
        return reshape(rows, concat([values_shape, [dimension]], 0))


def _checked(candidates: Any, values_shape: Any, dimension: Any) -> Tensor:
    """`candidates` as a matrix, once their shape has been compared with that of the values."""
    given = shape_of(candidates)
    wanted = concat([values_shape, reshape(dimension, shape=[1])], 0)
    words = [
        "The shape of sampled_candidates: ",
        given,
        " does not match the shape of values: ",
        values_shape,
    ]
    with control_dependencies([Assert(reduce_all(equal(given, wanted)), words)]):
        return reshape(candidates, [-1, dimension])


def _total_size(params: list[Any]) -> int:
    sizes = []
    for part in params:
        shape = part.get_shape()
        shape.assert_has_rank(1)
        shape.assert_is_fully_defined()
        sizes.append(dimension_value(shape[0]))
    total = sum(sizes)
    for i, size in enumerate(sizes):
        expected = (total - i - 1) // len(sizes) + 1
        if size != expected:
            raise ValueError(f"Tensor {i} in params has size {size}, expected {expected}.")
    return int(total)


def scattered_embedding_lookup_sparse(
    params: Any,
    sparse_values: SparseTensor,
    dimension: int,
    combiner: str | None = None,
    default_value: Any = None,
    name: str | None = None,
    hash_key: int | None = None,
) -> Tensor:
    """The scattered embeddings of the values of each row, combined.

    Args:
        params: see `scattered_embedding_lookup`.
        sparse_values: SparseTensor `[batch, any]` of integers or strings.
        dimension: length of an embedding.
        combiner: "sum", "mean" or "sqrtn"; "mean" when None.
        default_value: what rows without values get.
        name: prefix of the operations' names; "scattered_embedding_lookup_sparse" when None.
        hash_key: see `scattered_embedding_lookup`.

    Returns:
        Tensor `[batch, dimension]`.

    Raises:
        TypeError: `sparse_values` isn't a SparseTensor.
        ValueError: another combiner.
    """
    params = as_parts(params)
    if not isinstance(sparse_values, SparseTensor):
        raise TypeError("sparse_values must be SparseTensor")
    with name_scope(name, "scattered_embedding_lookup_sparse", [*params, sparse_values]) as scope:
        if default_value is None:
            # Unlikely as a value of the user's.
            is_text = sparse_values.dtype == dtypes.string
            default_value = "6ZxWzWOHxZ" if is_text else 1288896567
        sparse_values, _ = sparse_fill_empty_rows(sparse_values, default_value)
        indices: Any = sparse_values.indices
        segment_ids = indices[:, 0]
        if segment_ids.dtype != dtypes.int32:
            segment_ids = cast(segment_ids, dtypes.int32)
        values, places = unique(sparse_values.values)
        rows = scattered_embedding_lookup(params, values, dimension, hash_key=hash_key)
        combine = _COMBINERS.get(combiner or "mean")
        if combine is None:
            raise ValueError("Combiner must be one of 'mean', 'sqrtn' or 'sum'.")
        return combine(rows, places, segment_ids, name=scope)


def _sampled_scattered_embedding_lookup_sparse(
    params: Any,
    sp_values: SparseTensor,
    dimension: Any = None,
    sampled_candidates: Any = None,
    hash_key: int | None = None,
    with_sign_hash: bool = False,
    name: str | None = None,
) -> Tensor:
    """Sums of the scattered embeddings of each row, optionally with hashed signs."""
    if not isinstance(sp_values, SparseTensor):
        raise TypeError("sp_values must be SparseTensor")
    with name_scope(
        name,
        "sampled_scattered_embedding_lookup_sparse",
        [sp_values, params, dimension, sampled_candidates],
    ) as scope:
        indices: Any = sp_values.indices
        segment_ids = indices[:, 0]
        if sampled_candidates is not None:
            sampled_candidates = gather(sampled_candidates, segment_ids)
        arguments = (dimension, sampled_candidates, hash_key)
        rows = _sampled_scattered_embedding_lookup(
            params, sp_values.values, *arguments, name="values_lookup"
        )
        if with_sign_hash:
            signs = _sampled_scattered_embedding_lookup(
                constant([-1.0, 1.0]), sp_values.values, *arguments, name="signs_lookup"
            )
            rows = multiply(signs, rows, name="signs_hash")
        if segment_ids.dtype != dtypes.int32:
            segment_ids = cast(segment_ids, dtypes.int32)
        sizes: Any = shape_of(sp_values)
        return unsorted_segment_sum(rows, segment_ids, num_segments=sizes[0], name=scope)


def embedding_lookup_unique(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None
) -> Tensor:
    """As `tf.nn.embedding_lookup`, but each different id is looked up once.

    Args:
        params: see `tf.nn.embedding_lookup`.
        ids: int32 or int64, any shape.
        partition_strategy: "mod" or "div".
        name: prefix of the operations' names; "EmbeddingLookupUnique" when None.

    Returns:
        Tensor `[ids..., ...]`.
    """
    with name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = convert_to_tensor(ids)
        shape = shape_of(ids)
        flat = reshape(ids, reduce_prod(shape, keepdims=True))
        different, places = unique(flat)
        rows = embedding_lookup(params, different, partition_strategy)
        spread = gather(rows, places)
        rest: Any = shape_of(rows)
        result = reshape(spread, concat([shape, rest[1:]], 0))
        result.set_shape(ids.get_shape().concatenate(rows.get_shape()[1:]))
        return result
