"""The order and shape of sparse tensors: SparseReorder, SparseReshape, SparseConcat, transpose."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather, gather_nd
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import invert_permutation, transpose
from evergraph.ops.array_shape import one_of, rank, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant, constant_value, constant_value_as_shape
from evergraph.ops.fills import ones, zeros
from evergraph.ops.identity import identity
from evergraph.ops.math_comparison import not_equal
from evergraph.ops.math_elementwise import minimum
from evergraph.ops.math_reduction import reduce_max
from evergraph.ops.select import where_v2
from evergraph.ops.sequences import range as range_of
from evergraph.ops.sparse_indices import (
    as_sparse,
    demand,
    demand_parts,
    flat_places,
    joined,
    size_text,
    strides_of,
)
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge, merge_dims, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _sorted(xp: Namespace, indices: Array, values: Array) -> list[Array]:
    count, depth = xp.shape(indices)
    if count < 2 or not depth:
        return [indices, values]
    order = xp.lexsort([indices[:, d] for d in range(depth)])
    return [xp.gather(indices, order, 0), xp.gather(values, order, 0)]


def _reorder_shape(c: ShapeContext) -> list[TensorShape]:
    indices, values = with_rank(c.inputs[0], 2), with_rank(c.inputs[1], 1)
    with_rank(c.inputs[2], 1)
    return [indices, values]


SPARSE_REORDER = register_op(
    "SparseReorder",
    inputs="input_indices: int64, input_values: T, input_shape: int64",
    outputs="output_indices: int64, output_values: T",
    attrs={"T": "type"},
    shape=_reorder_shape,
)


@SPARSE_REORDER.kernel
def _sparse_reorder(
    xp: Namespace, input_indices: Array, input_values: Array, input_shape: Array
) -> list[Array]:
    demand_parts(xp, input_indices, input_values, input_shape)
    return _sorted(xp, input_indices, input_values)


@SPARSE_REORDER.gradient
def _sparse_reorder_gradient(op: Operation, _: Tensor, d_values: Tensor) -> tuple[Any, ...]:
    indices, shape = op.inputs[0], op.inputs[2]
    sizes: Any = shape_of(indices)
    numbered = SparseTensor(indices, range_of(sizes[0]), shape)
    back = invert_permutation(sparse_reorder(numbered).values)
    return None, gather(d_values, back), None


def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The same sparse tensor, its indices in order.

    Args:
        sp_input: SparseTensor of any type.
        name: name of the operation; "SparseReorder" when None.

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_reorder_op.cc.
    """
    sp_input = as_sparse(sp_input)
    indices, values = SPARSE_REORDER(
        sp_input.indices, sp_input.values, sp_input.dense_shape, name=name
    )
    if sp_input.get_shape().is_fully_defined():
        return SparseTensor(indices, values, sp_input.get_shape().as_list())
    return SparseTensor(indices, values, identity(sp_input.dense_shape))


def _reshaped_shape(c: ShapeContext) -> list[TensorShape]:
    indices = with_rank(c.inputs[0], 2)
    with_rank(c.inputs[1], 1)
    new_shape = with_rank(c.inputs[2], 1)
    return [TensorShape([indices.as_list()[0], new_shape.as_list()[0]]), new_shape]


SPARSE_RESHAPE = register_op(
    "SparseReshape",
    inputs="input_indices: int64, input_shape: int64, new_shape: int64",
    outputs="output_indices: int64, output_shape: int64",
    shape=_reshaped_shape,
    static_inputs=("input_shape", "new_shape"),
).no_gradient()


@SPARSE_RESHAPE.kernel
def _sparse_reshape(
    xp: Namespace, input_indices: Array, input_shape: np.ndarray, new_shape: np.ndarray
) -> list[Array]:
    demand(
        xp,
        len(xp.shape(input_indices)) == 2,
        f"Input indices should be a matrix but received shape [{joined(xp.shape(input_indices))}]",
    )
    for word, vector in (("Input", input_shape), ("Target", new_shape)):
        demand(
            xp,
            vector.ndim == 1,
            f"{word} shape should be a vector but received shape {size_text(vector)}",
        )
    sizes, product = _wanted_sizes(xp, input_shape, new_shape)
    if tuple(sizes) == tuple(input_shape.tolist()):
        return [input_indices, np.asarray(input_shape, np.int64)]
    count = xp.shape(input_indices)[0]
    shape = np.asarray(sizes, np.int64)
    if not count:
        return [xp.zeros((0, len(sizes)), np.int64), shape]
    demand(
        xp,
        int(np.prod(input_shape)) > 0 and product > 0,
        f"Input tensor has {count} non zero elements but input shape ([{joined(input_shape)}]) or "
        f"output shape ([{joined(sizes)}]) is empty",
    )
    rest = flat_places(xp, input_indices, input_shape)
    columns = []
    for stride in strides_of(sizes):
        column = xp.truncatediv(rest, stride) if stride != 1 else rest
        columns.append(column)
        rest = xp.subtract(rest, xp.multiply(column, stride))
    if not columns:
        return [xp.zeros((count, 0), np.int64), shape]
    return [xp.stack(columns, 1), shape]


def _wanted_sizes(
    xp: Namespace, input_shape: np.ndarray, new_shape: np.ndarray
) -> tuple[list[int], int]:
    """The sizes that `new_shape` asks for, -1 resolved; and the product of those given."""
    total = int(np.prod(input_shape, dtype=np.int64))
    sizes, open_at, product = [], -1, 1
    for d, wanted in enumerate(new_shape.tolist()):
        if wanted == -1:
            demand(
                xp,
                open_at < 0,
                f"only one output dimension may be -1, not both {open_at} and {d}",
            )
            open_at = d
            sizes.append(1)
        else:
            demand(xp, wanted >= 0, f"size {d} must be non-negative, not {wanted}")
            product *= wanted
            sizes.append(wanted)
    where = f" input_shape=[{joined(input_shape)}] output_shape=[{joined(sizes)}]"
    if open_at >= 0:
        demand(
            xp,
            product > 0,
            "reshape cannot infer the missing input size for an empty tensor unless all specified "
            "input sizes are non-zero",
        )
        demand(
            xp,
            total % product == 0,
            f"Input to reshape is a SparseTensor with {total} dense values, but the requested "
            f"shape requires a multiple of {product}.{where}",
        )
        sizes[open_at] = total // product
    made = int(np.prod(sizes, dtype=np.int64))
    demand(
        xp,
        made == total,
        f"Input to reshape is a tensor with {total} dense values, but the requested shape has "
        f"{made}.{where}",
    )
    return sizes, product


def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """The same elements, in the same order, in another shape.

    Args:
        sp_input: SparseTensor of any type.
        shape: vector of sizes; one may be -1.
        name: name of the operation; "SparseReshape" when None.

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.
        ValueError: static shapes that don't fit, or two sizes of -1.
        tf.errors.InvalidArgumentError: the same, while running.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reshape_util.cc.
    """
    sp_input = as_sparse(sp_input)
    shape = cast(shape, dtypes.int64)
    with name_scope(name, "SparseReshape", [sp_input]) as scope:
        indices, sizes = SPARSE_RESHAPE(sp_input.indices, sp_input.dense_shape, shape, name=scope)
        wanted = constant_value_as_shape(shape)
        if wanted.ndims is not None and sp_input.shape.is_fully_defined():
            known = _static_sizes(sp_input.shape.as_list(), wanted.as_list(), constant_value(shape))
            if known is not None:
                sizes = constant(known, dtype=dtypes.int64)
        return SparseTensor(indices, identity(sp_input.values), sizes)


def _static_sizes(
    given: list[int], wanted: list[int | None], by_user: np.ndarray | None
) -> list[int | None] | None:
    """`wanted` with one unknown size resolved, or None when more are unknown."""
    if by_user is not None and int(np.sum(by_user == -1)) > 1:
        raise ValueError(f"At most one dimension can be inferred (-1). Found: {by_user}")
    total = int(np.prod(given))
    result = list(wanted)
    open_at = [i for i, n in enumerate(wanted) if n is None]
    if len(open_at) > 1:
        return None
    if open_at:
        others = int(np.prod([n for n in wanted if n is not None]))
        result[open_at[0]] = total // others
    made = int(np.prod([n for n in result if n is not None]))
    if made != total:
        raise ValueError(
            f"Cannot reshape a tensor with {total} elements to shape {wanted} ({made} elements)."
        )
    return result


def _concat_shape(c: ShapeContext) -> list[TensorShape]:
    count = c.attr("N")
    rows: int | None = 0
    columns: int | None = None
    sizes = TensorShape(None)
    for i in range(count):
        indices = with_rank(c.inputs[i], 2).as_list()
        values = with_rank(c.inputs[i + count], 1).as_list()
        shape = with_rank(c.inputs[i + 2 * count], 1)
        own = merge_dims(indices[0], values[0])
        rows = None if rows is None or own is None else rows + own
        columns = merge_dims(columns, indices[1])
        sizes = merge(sizes, shape)
    return [TensorShape([rows, columns]), TensorShape([rows]), sizes]


SPARSE_CONCAT = register_op(
    "SparseConcat",
    inputs="indices: N * int64, values: N * T, shapes: N * int64",
    outputs="output_indices: int64, output_values: T, output_shape: int64",
    attrs={"concat_dim": "int", "N": "int >= 2", "T": "type"},
    shape=_concat_shape,
    static_inputs=("shapes",),
).no_gradient()


@SPARSE_CONCAT.kernel
def _sparse_concat(
    xp: Namespace,
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[np.ndarray],
    *,
    concat_dim: int,
) -> list[Array]:
    for word, parts, wanted, kind in (
        ("indices", indices, 2, "matrix"),
        ("values", values, 1, "vector"),
        ("shapes", shapes, 1, "vector"),
    ):
        for i, part in enumerate(parts):
            demand(
                xp,
                len(xp.shape(part)) == wanted,
                f"Input {word} should be a {kind} but received shape [{joined(xp.shape(part))}] at "
                f"position {i}",
            )
    first = shapes[0].tolist()
    depth = len(first)
    demand(
        xp,
        -depth <= concat_dim < depth,
        f"Concat dimension must be in range [{-depth}, {depth}), got {concat_dim}",
    )
    axis = concat_dim % depth
    for i, shape in enumerate(shapes):
        own = shape.tolist()
        demand(
            xp,
            len(own) == depth,
            f"Ranks of all input tensors must match: expected {depth} but got {len(own)} at "
            f"position {i}",
        )
        for d in range(depth):
            demand(
                xp,
                d == axis or first[d] == own[d],
                f"Input shapes must match: expected {first[d]} for dimension {d} but got {own[d]} "
                f"at position {i}",
            )
        demand(
            xp,
            xp.shape(indices[i]) == (xp.shape(values[i])[0], depth),
            "indices, values and shape must be those of one SparseTensor.",
        )
    moved, offset = [], 0
    for part, shape in zip(indices, shapes, strict=True):
        step = np.zeros(depth, np.int64)
        step[axis] = offset
        moved.append(xp.add(part, step) if offset else part)
        offset += int(shape[axis])
    whole = np.asarray(first, np.int64)
    whole[axis] = offset
    return [*_sorted(xp, xp.concatenate(moved, 0), xp.concatenate(list(values), 0)), whole]


def sparse_concat(
    axis: Any,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: bool | None = None,
) -> SparseTensor:
    """Sparse tensors joined along an axis.

    Args:
        axis: the axis; negative ones count from the last.
        sp_inputs: list of SparseTensors of one type and rank.
        name: name of the operation; "SparseConcat" when None.
        expand_nonconcat_dim: whether the other sizes may differ; the largest counts.
        concat_dim: older name of `axis`.
        expand_nonconcat_dims: refused, as in TensorFlow, where the older name has a default.

    Raises:
        TypeError: `sp_inputs` is no list of SparseTensors.
        ValueError: `expand_nonconcat_dims` is given.
        tf.errors.InvalidArgumentError: while running, shapes that don't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_concat_op.cc.
    """
    one_of(
        "expand_nonconcat_dims",
        expand_nonconcat_dims,
        "expand_nonconcat_dim",
        expand_nonconcat_dim,
    )
    axis = one_of("axis", axis, "concat_dim", concat_dim)
    return sparse_concat_v2(axis, sp_inputs, expand_nonconcat_dim, name)


def sparse_concat_v2(
    axis: Any, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: str | None = None
) -> SparseTensor:
    """As `sparse_concat`, without its older names."""
    if not isinstance(sp_inputs, list | tuple):
        raise TypeError("Inputs must be a list or tuple.")
    parts = [as_sparse(part) for part in sp_inputs]
    if len(parts) == 1:
        return parts[0]
    shapes: list[Any] = [part.dense_shape for part in parts]
    if expand_nonconcat_dims:
        shapes = _expanded_shapes(shapes, axis)
    indices, values, shape = SPARSE_CONCAT(
        [p.indices for p in parts], [p.values for p in parts], shapes, concat_dim=axis, name=name
    )
    known = [constant_value(one) for one in shapes]
    if all(one is not None for one in known):
        whole = np.array(known[0])
        whole[axis] = sum(one[axis] for one in known)
        shape = convert_to_tensor(whole)
    return SparseTensor(indices, values, shape)


def _expanded_shapes(shapes: list[Any], axis: int) -> list[Any]:
    """The shapes with the largest of all sizes, but for `axis`."""
    largest: Any = reduce_max(concat([reshape(shape, [1, -1]) for shape in shapes], 0), 0)
    if axis == -1:
        return [concat([largest[:axis], shape[-1:], []], 0) for shape in shapes]
    return [
        concat([largest[:axis], shape[axis : axis + 1], largest[axis + 1 :]], 0) for shape in shapes
    ]


def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with its dimensions in another order.

    Args:
        sp_input: SparseTensor of any type.
        perm: the old dimension of each new one; reversed when None.
        name: prefix of the operations' names; "SparseTranspose" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    with name_scope(name, "SparseTranspose", [sp_input]):
        if perm is None:
            depth: Any = rank(sp_input)
            perm = (depth - 1) - range_of(0, depth, 1)
        indices = transpose(gather(transpose(sp_input.indices), perm))
        known = constant_value(convert_to_tensor(perm))
        shape: Any
        if known is not None and sp_input.get_shape().is_fully_defined():
            old = sp_input.get_shape().as_list()
            shape = [old[p] for p in known]
        else:
            shape = gather(sp_input.dense_shape, perm)
        return sparse_reorder(SparseTensor(indices, sp_input.values, shape))


def sparse_expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with a further dimension of size 1.

    Args:
        sp_input: SparseTensor of any type and known rank.
        axis: where the new dimension is; last when None.
        name: prefix of the operations' names; "expand_dims" when None.

    Raises:
        TypeError: `axis` is no integer and no tensor.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    depth = sp_input.dense_shape.get_shape()[0]
    place: Any = -1 if axis is None else axis
    with name_scope(name, "expand_dims", [sp_input]):
        if isinstance(place, numbers.Integral):
            place = convert_to_tensor(place, name="axis", dtype=dtypes.int32)
        elif not isinstance(place, Tensor):
            raise TypeError(
                "axis must be an integer value in range [-rank(sp_input) - 1, rank(sp_input)]"
            )
        place = where_v2(place >= 0, place, place + depth + 1)
        sizes: Any = shape_of(sp_input.indices)
        added = zeros([sizes[0], 1], dtype=dtypes.int64)
        before = slice_of(sp_input.indices, [0, 0], [-1, place])
        after = slice_of(sp_input.indices, [0, place], [-1, -1])
        indices = concat([before, added, after], axis=1)
        before = slice_of(sp_input.dense_shape, [0], [place])
        after = slice_of(sp_input.dense_shape, [place], [-1])
        single = convert_to_tensor([1], name="new_shape", dtype=dtypes.int64)
        shape = concat([before, single, after], axis=0)
        return SparseTensor(indices=indices, values=sp_input.values, dense_shape=shape)


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The non-zero elements of a dense tensor.

    Args:
        tensor: Tensor of numbers, or of strings, where "" counts as zero.
        name: prefix of the operations' names; "dense_to_sparse" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    with name_scope(name, "dense_to_sparse"):
        tensor = convert_to_tensor(tensor)
        indices = where_v2(not_equal(tensor, constant(0, tensor.dtype)))
        values = gather_nd(tensor, indices)
        return SparseTensor(indices, values, shape_of(tensor, out_type=dtypes.int64))


def sparse_eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> SparseTensor:
    """A sparse matrix with ones in its diagonal.

    Args:
        num_rows: how many rows, an integer or a tensor.
        num_columns: how many columns; as many as rows when None.
        dtype: type of the values.
        name: prefix of the operations' names; "eye" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/sparse_ops.py.
    """
    with name_scope(name, "eye", [num_rows, num_columns]):
        num_rows = _as_int64(num_rows, "num_rows")
        num_columns = num_rows if num_columns is None else _as_int64(num_columns, "num_columns")
        count = minimum(num_rows, num_columns)
        diagonal = range_of(count, dtype=dtypes.int64)
        return SparseTensor(
            indices=stack([diagonal, diagonal], axis=1),
            values=ones(count, dtype=dtype),
            dense_shape=[num_rows, num_columns],
        )


def _as_int64(value: Any, name: str) -> Tensor:
    if isinstance(value, numbers.Integral):
        return convert_to_tensor(value, name=name, dtype=dtypes.int64)
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be an integer value")
    result: Tensor = value if value.dtype == dtypes.int64 else cast(value, dtypes.int64)
    return result
