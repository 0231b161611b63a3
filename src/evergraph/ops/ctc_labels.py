"""Labels of connectionist temporal classification: without repeats, sparse, unique."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_pad import pad
from evergraph.ops.array_scatter import scatter_nd
from evergraph.ops.array_shape import expand_dims, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.fills import ones_like
from evergraph.ops.math_comparison import logical_and, not_equal
from evergraph.ops.math_reduction import reduce_max, reduce_sum
from evergraph.ops.select import boolean_mask
from evergraph.ops.sequences import range as range_of
from evergraph.ops.sequences import sequence_mask
from evergraph.ops.unique import unique


def size_along(tensor: Any, axis: int) -> Any:
    """The size of a dimension: a number when it is known and not 0, else a tensor."""
    return tensor.shape[axis].value or shape_of(tensor)[axis]


def collapse_repeated(
    labels: Any, seq_length: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Each run of equal labels as one: [[a, a, b, b, a]] becomes [[a, b, a]].

    Args:
        labels: `[batch, longest]`.
        seq_length: integers `[batch]`, how many labels of each item count.
        name: name of the operations' scope; "collapse_repeated_labels" when None.

    Returns:
        (labels, seq_length): `[batch, longest]`, padded with zeros, and the new lengths.

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    with name_scope(name, "collapse_repeated_labels", [labels, seq_length]):
        labels = convert_to_tensor(labels, name="labels")
        seq_length = convert_to_tensor(seq_length, name="seq_length")
        is_first = concat(
            [ones_like(labels[:, :1], dtypes.bool), not_equal(labels[:, 1:], labels[:, :-1])],
            axis=1,
        )
        is_in = sequence_mask(seq_length, maxlen=size_along(labels, 1))
        is_kept = logical_and(is_first, is_in)
        lengths = reduce_sum(cast(is_kept, dtypes.int32), axis=1)
        longest = reduce_max(lengths)
        is_place = sequence_mask(lengths, maxlen=longest)
        flat_labels = reshape(labels, [-1])
        flat_kept = reshape(is_kept, [-1])
        flat_places = reshape(is_place, [-1])
        places = range_of(size_along(flat_places, 0))
        flat = scatter_nd(
            indices=expand_dims(boolean_mask(places, flat_places), axis=1),
            updates=boolean_mask(flat_labels, flat_kept),
            shape=shape_of(flat_places),
        )
        batch = size_along(labels, 0)
        return reshape(flat, [batch, longest]), cast(lengths, seq_length.dtype)


def dense_labels_to_sparse(dense: Any, length: Any) -> SparseTensor:
    """The first `length[i]` elements of each row i, as int32.

    Args:
        dense: `[batch, longest]`.
        length: integers `[batch]`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    from evergraph.ops.sparse_layout import sparse_reshape

    flat_values = reshape(dense, [-1])
    flat_indices = range_of(shape_of(flat_values, out_type=dtypes.int64)[0])
    is_in = sequence_mask(length, maxlen=shape_of(dense)[1])
    flat_in = reshape(is_in, [-1])
    indices = expand_dims(boolean_mask(flat_indices, flat_in), 1)
    values = boolean_mask(flat_values, flat_in)
    flat = SparseTensor(
        indices=indices,
        values=cast(values, dtypes.int32),
        dense_shape=shape_of(flat_values, out_type=dtypes.int64),
    )
    rows: Any = sparse_reshape(flat, shape_of(dense))
    longest = reduce_max(length)
    sizes = [cast(rows.dense_shape[0], dtypes.int64), cast(longest, dtypes.int64)]
    return SparseTensor(indices=rows.indices, values=rows.values, dense_shape=sizes)


def ctc_unique_labels(labels: Any, name: str | None = None) -> list[Tensor]:
    """The different labels of each row, and where each label is among them.

    [[3, 4, 4, 3]] gives [[3, 4, 0, 0]] and [[0, 1, 1, 0]].

    Args:
        labels: `[batch, longest]`, padded with zeros.
        name: name of the operations' scope; "ctc_unique_labels" when None.

    Returns:
        [labels, places]: int64 and int32, `[batch, longest]`; what `ctc_loss_v2` takes as `unique`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    from evergraph.ops.higher_order import map_fn

    with name_scope(name, "ctc_unique_labels", [labels]):
        labels = convert_to_tensor(labels, name="labels")

        def of_row(row: Tensor) -> list[Tensor]:
            different, places = unique(row)
            padded = pad(different, [[0, size_along(places, 0) - size_along(different, 0)]])
            return [cast(padded, dtypes.int64), places]

        result: list[Tensor] = map_fn(of_row, labels, dtype=[dtypes.int64, dtypes.int32])
        return result
