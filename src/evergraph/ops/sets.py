"""Sets: the values in the last dimension of a dense or sparse tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor, convert_to_tensor_or_sparse_tensor
from evergraph.graph.operation import Tensor
from evergraph.ops.sparse_indices import (
    check_valid,
    demand,
    demand_sizes,
    flat_places,
    joined,
    strides_of,
)
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge, unknown, with_rank, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext

_MEMBERS = (
    dtypes.int8,
    dtypes.int16,
    dtypes.int32,
    dtypes.int64,
    dtypes.uint8,
    dtypes.uint16,
    dtypes.string,
)
_ATTRS = {"set_operation": "string", "validate_indices": "bool = true", "T": _MEMBERS}
_RESULT = "result_indices: int64, result_values: T, result_shape: int64"

# The members of sets: the group (a flat index over all dimensions but the last) and value of each.
Members = tuple[Array, Array]


def _sparse_members(
    xp: Namespace, indices: Array, values: Array, shape: Array, is_checked: bool = True
) -> Members:
    demand(xp, shape.size >= 2, f"Invalid rank {shape.size}.")
    demand(xp, indices.ndim == 2, f"indices must be a matrix, but got: [{joined(indices.shape)}]")
    demand(xp, values.ndim == 1, f"vals must be a vec, but got: [{joined(values.shape)}]")
    demand_sizes(xp, indices, values, shape)
    if is_checked:
        check_valid(xp, indices, shape)
    return flat_places(xp, indices[:, :-1], shape[:-1]), values


def _dense_members(xp: Namespace, values: Array) -> Members:
    demand(xp, values.ndim >= 2, f"Shape [{joined(values.shape)}] has rank {values.ndim} < 2")
    width = values.shape[-1]
    groups = np.arange(values.size // width if width else 0)
    return np.repeat(groups, width), values.ravel()


def _codes(*parts: Array) -> tuple[list[Array], Array]:
    """A number for each value, in the order of the values; and the value of each number."""
    table, codes = np.unique(np.concatenate(parts), return_inverse=True)
    ends = np.cumsum([part.size for part in parts])
    return np.split(codes.ravel(), ends[:-1]), table


def _operated(
    xp: Namespace, a: Members, b: Members, sizes: Array, set_operation: bytes
) -> list[Array]:
    """The members of each group of `a`, of `b` and of both, chosen by the operation."""
    word = set_operation.decode().lower()
    demand(
        xp,
        word in ("a-b", "b-a", "intersection", "union"),
        f"Invalid set_operation {word}.",
    )
    (a_codes, b_codes), table = _codes(a[1], b[1])
    count = max(table.size, 1)
    keys_a = np.unique(a[0] * count + a_codes)
    keys_b = np.unique(b[0] * count + b_codes)
    keys = {
        "a-b": lambda: np.setdiff1d(keys_a, keys_b, assume_unique=True),
        "b-a": lambda: np.setdiff1d(keys_b, keys_a, assume_unique=True),
        "intersection": lambda: np.intersect1d(keys_a, keys_b, assume_unique=True),
        "union": lambda: np.union1d(keys_a, keys_b),
    }[word]()
    groups, codes = np.divmod(keys.astype(np.int64), count)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]][: groups.size])
    lengths = np.diff(np.r_[starts, groups.size])
    inner = np.arange(groups.size) - np.repeat(starts, lengths)
    columns = []
    for size, stride in zip(np.ravel(sizes).tolist(), strides_of(sizes), strict=True):
        columns.append(groups // stride % max(int(size), 1))
    indices = np.stack([*columns, inner], 1).astype(np.int64)
    whole = np.array([*np.ravel(sizes).tolist(), int(lengths.max(initial=0))], np.int64)
    values = table[codes] if keys.size else a[1][:0]
    return [indices, values, whole]


def _same_groups(xp: Namespace, a: Any, b: Any) -> Array:
    demand(xp, tuple(a) == tuple(b), f"Mismatched shapes [{joined(a)}] vs [{joined(b)}]")
    return np.asarray(a, np.int64)


def _result_shapes(rank: int | None) -> list[TensorShape]:
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


def _sparse_rank(c: ShapeContext, first: int) -> int | None:
    indices = with_rank(c.inputs[first], 2).as_list()
    values = with_rank(c.inputs[first + 1], 1).as_list()
    sizes = with_rank(c.inputs[first + 2], 1).as_list()
    if None not in (indices[0], values[0]) and indices[0] != values[0]:
        raise ValueError(
            f"Number of elements in index ({indices[0]}) and values ({values[0]}) do not match."
        )
    if None not in (indices[1], sizes[0]) and indices[1] != sizes[0]:
        raise ValueError(f"Index rank ({indices[1]}) and shape rank ({sizes[0]}) do not match.")
    return sizes[0]


def _must_be(rank: int | None, wanted: int) -> None:
    if rank is not None and rank != wanted:
        raise ValueError(f"Dimension must be {wanted} but is {rank}")


SET_SIZE = register_op(
    "SetSize",
    inputs="set_indices: int64, set_values: T, set_shape: int64",
    outputs="size: int32",
    attrs={"validate_indices": "bool = true", "T": _MEMBERS},
    shape=unknown,
    numpy_only=True,
).no_gradient()


@SET_SIZE.kernel
def _set_size(xp: Namespace, set_indices: Array, set_values: Array, set_shape: Array) -> Array:
    groups, values = _sparse_members(xp, set_indices, set_values, set_shape)
    (codes,), table = _codes(values)
    sizes = tuple(int(n) for n in set_shape[:-1])
    total = int(np.prod(sizes, dtype=np.int64))
    keys = np.unique(groups * max(table.size, 1) + codes)
    counts = np.bincount((keys // max(table.size, 1)).astype(np.int64), minlength=total)
    return counts.astype(np.int32).reshape(sizes)


def set_size(a: Any, validate_indices: bool = True) -> Tensor:
    """How many different values there are along the last dimension.

    Args:
        a: SparseTensor of integers or strings, rank 2 or more, its indices in order.
        validate_indices: has no effect; indices are always validated.

    Returns:
        int32 Tensor of the shape of `a` without its last dimension.

    Raises:
        TypeError: `a` isn't sparse, or of another type.
        tf.errors.InvalidArgumentError: while running, indices out of order or out of bounds.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/set_kernels.cc.
    """
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a}.")
    if a.values.dtype.base_dtype not in _MEMBERS:
        raise TypeError(f"Invalid dtype {a.values.dtype}.")
    result: Tensor = SET_SIZE(a.indices, a.values, a.dense_shape, validate_indices=validate_indices)
    return result


def _dense_dense_shape(c: ShapeContext) -> list[TensorShape]:
    a = with_rank_at_least(c.inputs[0], 2)
    if a.ndims is None:
        b = with_rank_at_least(c.inputs[1], 2)
        return _result_shapes(b.ndims)
    b = with_rank(c.inputs[1], a.ndims)
    if c.inputs[1].ndims is not None:
        merge(TensorShape(a.as_list()[:-1]), TensorShape(b.as_list()[:-1]))
    return _result_shapes(a.ndims)


DENSE_TO_DENSE_SET_OPERATION = register_op(
    "DenseToDenseSetOperation",
    inputs="set1: T, set2: T",
    outputs=_RESULT,
    attrs=_ATTRS,
    shape=_dense_dense_shape,
    numpy_only=True,
).no_gradient()


@DENSE_TO_DENSE_SET_OPERATION.kernel
def _dense_to_dense_set_operation(
    xp: Namespace, set1: Array, set2: Array, *, set_operation: bytes
) -> list[Array]:
    a, b = _dense_members(xp, set1), _dense_members(xp, set2)
    sizes = _same_groups(xp, set1.shape[:-1], set2.shape[:-1])
    return _operated(xp, a, b, sizes, set_operation)


def _dense_sparse_shape(c: ShapeContext) -> list[TensorShape]:
    b_rank = _sparse_rank(c, 1)
    a = with_rank_at_least(c.inputs[0], 2)
    if a.ndims is None:
        return _result_shapes(b_rank)
    _must_be(b_rank, a.ndims)
    return _result_shapes(a.ndims)


DENSE_TO_SPARSE_SET_OPERATION = register_op(
    "DenseToSparseSetOperation",
    inputs="set1: T, set2_indices: int64, set2_values: T, set2_shape: int64",
    outputs=_RESULT,
    attrs=_ATTRS,
    shape=_dense_sparse_shape,
    numpy_only=True,
).no_gradient()


@DENSE_TO_SPARSE_SET_OPERATION.kernel
def _dense_to_sparse_set_operation(
    xp: Namespace,
    set1: Array,
    set2_indices: Array,
    set2_values: Array,
    set2_shape: Array,
    *,
    set_operation: bytes,
) -> list[Array]:
    b = _sparse_members(xp, set2_indices, set2_values, set2_shape)
    a = _dense_members(xp, set1)
    sizes = _same_groups(xp, set1.shape[:-1], set2_shape[:-1].tolist())
    return _operated(xp, a, b, sizes, set_operation)


def _sparse_sparse_shape(c: ShapeContext) -> list[TensorShape]:
    a_rank, b_rank = _sparse_rank(c, 0), _sparse_rank(c, 3)
    if a_rank is not None:
        if a_rank < 2:
            raise ValueError(f"Input 0, expected rank >= 2, got {a_rank}.")
        _must_be(b_rank, a_rank)
        return _result_shapes(a_rank)
    if b_rank is not None and b_rank < 2:
        raise ValueError(f"Input 1, expected rank >= 2, got {b_rank}.")
    return _result_shapes(b_rank)


SPARSE_TO_SPARSE_SET_OPERATION = register_op(
    "SparseToSparseSetOperation",
    inputs="set1_indices: int64, set1_values: T, set1_shape: int64, set2_indices: int64, "
    "set2_values: T, set2_shape: int64",
    outputs=_RESULT,
    attrs=_ATTRS,
    shape=_sparse_sparse_shape,
    numpy_only=True,
).no_gradient()


@SPARSE_TO_SPARSE_SET_OPERATION.kernel
def _sparse_to_sparse_set_operation(
    xp: Namespace,
    set1_indices: Array,
    set1_values: Array,
    set1_shape: Array,
    set2_indices: Array,
    set2_values: Array,
    set2_shape: Array,
    *,
    set_operation: bytes,
) -> list[Array]:
    a = _sparse_members(xp, set1_indices, set1_values, set1_shape)
    # TensorFlow validates the first set only.
    b = _sparse_members(xp, set2_indices, set2_values, set2_shape, is_checked=False)
    sizes = _same_groups(xp, set1_shape[:-1].tolist(), set2_shape[:-1].tolist())
    return _operated(xp, a, b, sizes, set_operation)


def _two_sets(a: Any, b: Any) -> tuple[Any, Any, bool]:
    """`a` and `b` as tensors, a dense one first; and whether they changed places."""
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if a.dtype.base_dtype not in _MEMBERS:
        raise TypeError(f"'a' invalid dtype {a.dtype}.")
    b = convert_to_tensor_or_sparse_tensor(b, name="b")
    if b.dtype.base_dtype != a.dtype.base_dtype:
        raise TypeError(f"Types don't match, {a.dtype} vs {b.dtype}.")
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        return b, a, True
    return a, b, False


def _set_operation(a: Any, b: Any, word: str, validate_indices: bool) -> SparseTensor:
    attrs: dict[str, Any] = {"set_operation": word, "validate_indices": validate_indices}
    if isinstance(a, SparseTensor):
        parts = SPARSE_TO_SPARSE_SET_OPERATION(
            a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape, **attrs
        )
    elif isinstance(b, SparseTensor):
        parts = DENSE_TO_SPARSE_SET_OPERATION(a, b.indices, b.values, b.dense_shape, **attrs)
    else:
        parts = DENSE_TO_DENSE_SET_OPERATION(a, b, **attrs)
    return SparseTensor(*parts)


def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The values that both `a` and `b` have along the last dimension.

    Args:
        a: Tensor or SparseTensor of integers or strings, the indices of a sparse one in order.
        b: the same; like `a` in all dimensions but the last.
        validate_indices: has no effect; indices are always validated.

    Returns:
        SparseTensor, each set sorted.

    Raises:
        TypeError: types that differ, or aren't allowed.
        tf.errors.InvalidArgumentError: while running, shapes that don't fit, wrong indices.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/set_kernels.cc.
    """
    a, b, _ = _two_sets(a, b)
    return _set_operation(a, b, "intersection", validate_indices)


def set_difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """The values of one of `a` and `b` that the other doesn't have; see `set_intersection`.

    Args:
        a: see `set_intersection`.
        b: see `set_intersection`.
        aminusb: whether those of `a`; else those of `b`.
        validate_indices: has no effect.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/set_kernels.cc.
    """
    a, b, is_flipped = _two_sets(a, b)
    word = "a-b" if aminusb != is_flipped else "b-a"
    return _set_operation(a, b, word, validate_indices)


def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The values that `a` or `b` has along the last dimension; see `set_intersection`.

    Args:
        a: see `set_intersection`.
        b: see `set_intersection`.
        validate_indices: has no effect.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/set_kernels.cc.
    """
    a, b, _ = _two_sets(a, b)
    return _set_operation(a, b, "union", validate_indices)
