"""The elements of sparse tensors: which stay, in what sizes, under which ids."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import dimension_at_index
from evergraph.graph.composite import SparseTensor, is_sparse
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_shape import expand_dims, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.checks import assert_equal, assert_less_equal
from evergraph.ops.constants import constant, constant_value
from evergraph.ops.fills import fill, ones_like
from evergraph.ops.grouping import with_dependencies
from evergraph.ops.identity import identity
from evergraph.ops.math_elementwise import add, maximum
from evergraph.ops.math_reduction import reduce_max
from evergraph.ops.select import where_v2
from evergraph.ops.sparse_dense import sparse_tensor_to_dense
from evergraph.ops.sparse_indices import as_sparse
from evergraph.ops.sparse_layout import sparse_reorder


def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Some of the elements of a sparse tensor.

    Args:
        sp_input: SparseTensor with n elements.
        to_retain: bool vector `[n]`: which elements stay.

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.
        ValueError: another number of bools.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    sp_input = as_sparse(sp_input)
    to_retain = convert_to_tensor(to_retain)
    shape = to_retain.get_shape()
    shape.assert_has_rank(1)
    if sp_input.values.get_shape().dims is not None:
        sp_input.values.get_shape()[0].merge_with(dimension_at_index(shape, 0))
    kept = reshape(where_v2(to_retain), [-1])
    indices = gather(sp_input.indices, kept)
    values = gather(sp_input.values, kept)
    return SparseTensor(indices, values, identity(sp_input.dense_shape))


def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """A sparse tensor with larger sizes, or the smallest that hold its elements.

    Args:
        sp_input: SparseTensor of any type.
        new_shape: vector of sizes; the smallest possible ones when None.

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.
        ValueError: static sizes that are too small.
        tf.errors.InvalidArgumentError: while running, sizes that are too small.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    sp_input = as_sparse(sp_input)
    indices, values = identity(sp_input.indices), identity(sp_input.values)
    old_shape = identity(sp_input.dense_shape)
    if new_shape is None:
        last = reduce_max(indices, axis=0)
        shape: Any = maximum(constant(0, dtype=dtypes.int64), add(last, ones_like(old_shape)))
        return SparseTensor(indices, values, shape)
    shape = convert_to_tensor(new_shape)
    shape.get_shape().assert_has_rank(1)
    shape = cast(shape, dtypes.int64)
    if shape.get_shape().ndims is not None:
        shape.get_shape()[0].merge_with(old_shape.get_shape()[0])
    known = constant_value(shape)
    if known is not None and sp_input.get_shape().is_fully_defined():
        static = np.array(sp_input.get_shape().as_list())
        if not np.all(static <= known):
            raise ValueError(
                "Requested new_shape should have dimension sizes >= sp_input.shape.  Found "
                f"new_shape ({static}), sp_input.shape ({known})."
            )
        return SparseTensor(indices, values, known)
    # Checked before anything reads the new shape.
    shape = with_dependencies([assert_equal(shape_of(old_shape), shape_of(shape))], shape)
    shape = with_dependencies([assert_less_equal(old_shape, shape)], shape)
    return SparseTensor(indices, values, shape)


def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Tensor:
    """A dense bool tensor that is true at the ids a sparse tensor holds.

    Args:
        sp_input: SparseTensor `[..., any]` of int32 or int64 ids.
        vocab_size: how many ids there are.
        name: name of the operations; "SparseToIndicator" when None.

    Returns:
        bool Tensor `[..., vocab_size]`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    sp_input = as_sparse(sp_input)
    with name_scope(name, "SparseToIndicator", [sp_input]) as scope:
        sizes: Any = shape_of(sp_input.indices)
        true = fill(expand_dims(sizes[0], 0), True)
        marked = SparseTensor(sp_input.indices, true, sp_input.dense_shape)
        merged = sparse_merge(sp_input, marked, vocab_size, scope)
        return sparse_tensor_to_dense(
            merged, default_value=False, validate_indices=False, name=scope
        )


def sparse_merge(
    sp_ids: Any,
    sp_values: Any,
    vocab_size: Any,
    name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """Values placed at ids: the last dimension becomes the id.

    Args:
        sp_ids: SparseTensor `[..., any]` of integer ids, or a list of these.
        sp_values: SparseTensor of the same indices: the value of each id.
        vocab_size: how many ids there are; a list for a list of ids.
        name: prefix of the operations' names; "SparseMerge" when None.
        already_sorted: whether the ids of each row ascend.

    Returns:
        SparseTensor `[..., vocab_size]`.

    Raises:
        TypeError: an argument of a wrong kind.
        ValueError: lists of different lengths.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    sp_ids, vocab_size = _id_lists(sp_ids, vocab_size)
    with name_scope(name, "SparseMerge", [sp_ids, sp_values]):
        sp_ids = [as_sparse(part) for part in sp_ids]
        sp_values = as_sparse(sp_values)
        columns = []
        for part in sp_ids:
            ids = part.values if part.dtype == dtypes.int64 else cast(part.values, dtypes.int64)
            columns.append(expand_dims(ids, axis=1))
        vocab_size = [cast(count, dtypes.int64) for count in vocab_size]
        rows: Any = sp_ids[0].indices[:, :-1]
        indices = concat([rows, *columns], 1)
        shape = concat([sp_ids[0].dense_shape[:-1], vocab_size], 0)
        result = SparseTensor(indices, sp_values.values, shape)
        if already_sorted:
            return result
        result = sparse_reorder(result)
        return SparseTensor(result.indices, result.values, shape)


def _id_lists(sp_ids: Any, vocab_size: Any) -> tuple[Any, Any]:
    def is_size(value: Any) -> bool:
        return isinstance(value, Tensor | numbers.Integral)

    if is_sparse(sp_ids):
        if not is_size(vocab_size):
            raise TypeError(
                f"vocab_size has to be a Tensor or Python int. Found {type(vocab_size)}"
            )
        return [sp_ids], [vocab_size]
    if not isinstance(sp_ids, Iterable):
        raise TypeError(f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}")
    words = "vocab_size has to be a list of Tensors or Python ints. Found"
    if not isinstance(vocab_size, Iterable):
        raise TypeError(f"{words} {type(vocab_size)}")
    sp_ids, vocab_size = list(sp_ids), list(vocab_size)
    for count in vocab_size:
        if not is_size(count):
            raise TypeError(f"{words} {type(count)}")
    if len(sp_ids) != len(vocab_size):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    return sp_ids, vocab_size
