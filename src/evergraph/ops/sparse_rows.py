"""Parts of sparse tensors: SparseSplit, SparseSlice, SparseFillEmptyRows."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_shape import one_of
from evergraph.ops.sparse_indices import (
    as_sparse,
    demand,
    demand_parts,
    joined,
    size_text,
    values_at,
)
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge_dims, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _split_shape(c: ShapeContext) -> list[TensorShape]:
    sizes, count = c.inputs[3], c.attr("num_split")
    indices = TensorShape([None, sizes.num_elements()])
    return [indices] * count + [TensorShape([None])] * count + [sizes] * count


SPARSE_SPLIT = register_op(
    "SparseSplit",
    inputs="split_dim: int64, indices: int64, values: T, shape: int64",
    outputs="output_indices: num_split * int64, output_values: num_split * T, "
    "output_shape: num_split * int64",
    attrs={"num_split": "int >= 1", "T": "type"},
    shape=_split_shape,
    numpy_only=True,
)


@SPARSE_SPLIT.kernel
def _sparse_split(
    xp: Namespace, split_dim: Array, indices: Array, values: Array, shape: Array, *, num_split: int
) -> list[Any]:
    demand_parts(xp, indices, values, shape)
    axis = int(split_dim.item())
    demand(
        xp,
        0 <= axis < shape.size,
        f"Input split_dim should be between 0 and rank ({shape.size}), got {axis}",
    )
    length = int(shape[axis])
    demand(
        xp,
        num_split <= length,
        "Input num_split should be between 1 and the splitting dimension size "
        f"({length}), got {num_split}",
    )
    # The first `extra` parts are longer by one.
    width, extra = divmod(length, num_split)
    starts = np.arange(num_split + 1) * width + np.minimum(np.arange(num_split + 1), extra)
    part = np.searchsorted(starts, indices[:, axis], side="right") - 1
    found: list[list[Array]] = [[], [], []]
    for k in range(num_split):
        chosen = part == k
        rows = indices[chosen]
        rows[:, axis] -= starts[k]
        sizes = np.array(shape)
        sizes[axis] = starts[k + 1] - starts[k]
        for group, value in zip(found, (rows, values[chosen], sizes), strict=True):
            group.append(value)
    return [value for group in found for value in group]


class KeywordRequired:
    """The default of a parameter that only shows that all others must be named."""

    def __repr__(self) -> str:
        return "KeywordRequired()"


_KEYWORD_REQUIRED = KeywordRequired()


def sparse_split(
    keyword_required: Any = _KEYWORD_REQUIRED,
    sp_input: Any = None,
    num_split: int | None = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """A sparse tensor cut into parts along an axis.

    Args:
        keyword_required: nothing; all arguments must be named.
        sp_input: SparseTensor of any type.
        num_split: how many parts; the first ones are longer by one where it doesn't divide.
        axis: the axis, an integer or a tensor.
        name: name of the operation; "SparseSplit" when None.
        split_dim: older name of `axis`.

    Raises:
        ValueError: an argument that is missing or not named.
        tf.errors.InvalidArgumentError: while running, more parts than the axis is long.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_split_op.cc.
    """
    if not isinstance(keyword_required, KeywordRequired):
        raise ValueError("Keyword arguments are required for this function.")
    if sp_input is None:
        raise ValueError("sp_input is required")
    if num_split is None:
        raise ValueError("num_split is required")
    axis = one_of("axis", axis, "split_dim", split_dim)
    if axis is None:
        raise ValueError("axis is required")
    sp_input = as_sparse(sp_input)
    parts = SPARSE_SPLIT(
        axis,
        sp_input.indices,
        sp_input.values,
        sp_input.dense_shape,
        num_split=num_split,
        name=name,
    )
    return [SparseTensor(*part) for part in zip(*parts, strict=True)]


def _slice_shape(c: ShapeContext) -> list[TensorShape]:
    sizes = c.inputs[2]
    return [TensorShape([None, sizes.num_elements()]), TensorShape([None]), sizes]


SPARSE_SLICE = register_op(
    "SparseSlice",
    inputs="indices: int64, values: T, shape: int64, start: int64, size: int64",
    outputs="output_indices: int64, output_values: T, output_shape: int64",
    attrs={"T": "type"},
    shape=_slice_shape,
    numpy_only=True,
)


@SPARSE_SLICE.kernel
def _sparse_slice(
    xp: Namespace, indices: Array, values: Array, shape: Array, start: Array, size: Array
) -> list[Array]:
    demand_parts(xp, indices, values, shape)
    for word, vector in (("start", start), ("size", size)):
        demand(
            xp,
            vector.ndim == 1,
            f"Input {word} should be a vector but received shape {size_text(vector)}",
        )
        demand(
            xp,
            vector.size == shape.size,
            f"Expected {word} to be a vector of length {shape.size} but got length {vector.size}",
        )
    kept = ((indices >= start) & (indices < start + size)).all(axis=1)
    sizes = np.where(start + size < shape, size, shape - start)
    for length in sizes.tolist():
        demand(xp, length >= 0, f"Expected a non-negative size, got {length}", "InternalError")
    return [indices[kept] - start, values[kept], sizes]


@SPARSE_SLICE.gradient
def _sparse_slice_gradient(op: Operation, *d_outputs: Tensor) -> tuple[Any, ...]:
    d_values = SPARSE_SLICE_GRAD(d_outputs[1], op.inputs[0], op.inputs[3], op.outputs[0])
    d_values.set_shape(op.inputs[1].get_shape())
    return None, d_values, None, None, None


def _slice_gradient_shape(c: ShapeContext) -> TensorShape:
    return TensorShape([with_rank(c.inputs[1], 2).as_list()[0]])


SPARSE_SLICE_GRAD = register_op(
    "SparseSliceGrad",
    inputs="backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64",
    outputs="val_grad: T",
    attrs={"T": NUMERIC},
    shape=_slice_gradient_shape,
    numpy_only=True,
)


@SPARSE_SLICE_GRAD.kernel
def _sparse_slice_grad(
    xp: Namespace,
    backprop_val_grad: Array,
    input_indices: Array,
    input_start: Array,
    output_indices: Array,
) -> Array:
    demand(
        xp,
        input_indices.ndim == output_indices.ndim == 2,
        "Input and output indices should be matrices but received shapes: "
        f"{size_text(input_indices)} and {size_text(output_indices)}",
    )
    demand(
        xp,
        backprop_val_grad.ndim == 1,
        "Input backprop_val_grad should be a vector but received shape: "
        f"{size_text(backprop_val_grad)}",
    )
    depth = input_indices.shape[1]
    demand(
        xp,
        depth == output_indices.shape[1],
        "The input and output should have the same ndims: got: "
        f"{depth} and {output_indices.shape[1]}",
    )
    given, made = input_indices.shape[0], output_indices.shape[0]
    demand(
        xp,
        made <= given,
        f"# rows of output_indices should be not greater than of input_indices, got {made} and "
        f"{given}",
    )
    demand(
        xp,
        backprop_val_grad.size == made,
        "# elements of backprop_val_grad and # rows of output_indices should match (#nnz of sum): "
        f"got {backprop_val_grad.size} and {made}",
    )
    demand(
        xp,
        input_start.ndim == 1,
        f"The input_start should be a vector but received shape {size_text(input_start)}",
    )
    demand(
        xp,
        input_start.size == depth,
        f"Expected input_start to be a vector of length {depth} but got length {input_start.size}",
    )
    moved = output_indices + input_start
    used = int(values_at(moved, input_indices, np.ones(given, np.int64)).sum())
    demand(
        xp,
        used == made,
        f"Elements of backprop_val_grad aren't all propagated. Num elements:{made}, used: {used}",
        "InternalError",
    )
    return values_at(input_indices, moved, backprop_val_grad)


def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """A rectangular part of a sparse tensor.

    Args:
        sp_input: SparseTensor of any type.
        start: vector: where the part begins.
        size: vector: how long it is; cut off where the tensor ends.
        name: name of the operation; "SparseSlice" when None.

    Raises:
        tf.errors.InvalidArgumentError: while running, vectors of a wrong length.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_slice_op.cc.
    """
    sp_input = as_sparse(sp_input)
    start = convert_to_tensor(start, dtypes.int64)
    size = convert_to_tensor(size, dtypes.int64)
    with name_scope(name, "SparseSlice", [sp_input]) as scope:
        return SparseTensor(
            *SPARSE_SLICE(
                sp_input.indices, sp_input.values, sp_input.dense_shape, start, size, name=scope
            )
        )


def _filled_shape(c: ShapeContext) -> list[TensorShape]:
    indices, values = with_rank(c.inputs[0], 2), with_rank(c.inputs[1], 1)
    sizes = with_rank(c.inputs[2], 1)
    with_rank(c.inputs[3], 0)
    count = merge_dims(indices.as_list()[0], values.as_list()[0])
    merge_dims(indices.as_list()[1], sizes.as_list()[0])
    if sizes.as_list()[0] == 0:
        raise ValueError("dense_shape must not be empty")
    dense = c.constant_as_shape(2)
    rows = None if dense.ndims is None else dense.as_list()[0]
    return [
        TensorShape([None, sizes.as_list()[0]]),
        TensorShape([None]),
        TensorShape([rows]),
        TensorShape([count]),
    ]


SPARSE_FILL_EMPTY_ROWS = register_op(
    "SparseFillEmptyRows",
    inputs="indices: int64, values: T, dense_shape: int64, default_value: T",
    outputs="output_indices: int64, output_values: T, empty_row_indicator: bool, "
    "reverse_index_map: int64",
    attrs={"T": "type"},
    shape=_filled_shape,
    numpy_only=True,
)


@SPARSE_FILL_EMPTY_ROWS.kernel
def _sparse_fill_empty_rows(
    xp: Namespace, indices: Array, values: Array, dense_shape: Array, default_value: Array
) -> list[Array]:
    demand(
        xp, dense_shape.ndim == 1, f"dense_shape must be a vector, saw: {size_text(dense_shape)}"
    )
    demand(xp, indices.ndim == 2, f"indices must be a matrix, saw: {size_text(indices)}")
    demand(xp, values.ndim == 1, f"values must be a vector, saw: {size_text(values)}")
    count = indices.shape[0]
    demand(
        xp,
        count == values.size,
        f"The length of `values` ({values.size}) must match the first dimension of `indices` "
        f"({count}).",
    )
    demand(
        xp,
        default_value.ndim == 0,
        f"default_value must be a scalar, saw: {size_text(default_value)}",
    )
    rows = int(dense_shape[0])
    if rows == 0:
        demand(
            xp,
            count == 0,
            f"Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = {count}",
        )
    row = indices[:, 0]
    wrong = (row < 0) | (row >= rows)
    if wrong.any():
        i = int(np.argmax(wrong))
        demand(xp, False, f"indices({i}, 0) is invalid: {int(row[i])} >= {rows}")
    counts = np.bincount(row, minlength=rows)
    ends = np.cumsum(np.maximum(counts, 1))
    # Elements of a row stay in their order, wherever they stood.
    order = np.argsort(row, kind="stable")
    places = np.empty(count, np.int64)
    before = np.cumsum(counts) - counts
    starts = ends - np.maximum(counts, 1)
    places[order] = np.arange(count) - before[row[order]] + starts[row[order]]
    total = int(ends[-1]) if rows else 0
    new_indices = np.zeros((total, indices.shape[1]), np.int64)
    new_values = np.empty(total, values.dtype)
    new_values[...] = default_value
    empty = counts == 0
    new_indices[starts[empty], 0] = np.flatnonzero(empty)
    new_indices[places] = indices
    new_values[places] = values
    return [new_indices, new_values, empty, places]


@SPARSE_FILL_EMPTY_ROWS.gradient
def _sparse_fill_empty_rows_gradient(op: Operation, *d_outputs: Tensor) -> list[Any]:
    d_values, d_default = SPARSE_FILL_EMPTY_ROWS_GRAD(op.outputs[3], d_outputs[1])
    return [None, d_values, None, d_default]


def _filled_gradient_shape(c: ShapeContext) -> list[TensorShape]:
    with_rank(c.inputs[1], 1)
    return [with_rank(c.inputs[0], 1), TensorShape([])]


SPARSE_FILL_EMPTY_ROWS_GRAD = register_op(
    "SparseFillEmptyRowsGrad",
    inputs="reverse_index_map: int64, grad_values: T",
    outputs="d_values: T, d_default_value: T",
    attrs={"T": "type"},
    shape=_filled_gradient_shape,
)


@SPARSE_FILL_EMPTY_ROWS_GRAD.kernel
def _sparse_fill_empty_rows_grad(
    xp: Namespace, reverse_index_map: Array, grad_values: Array
) -> list[Array]:
    for word, vector in (("reverse_index_map", reverse_index_map), ("grad_values", grad_values)):
        demand(
            xp,
            len(xp.shape(vector)) == 1,
            f"{word} must be a vector, saw: [{joined(xp.shape(vector))}]",
        )
    total = xp.shape(grad_values)[0]
    if not xp.shape(reverse_index_map)[0]:
        d_default = xp.sum(grad_values, 0)
        return [xp.zeros((0,), grad_values.dtype), d_default]
    d_values = xp.gather(
        grad_values,
        reverse_index_map,
        0,
        message=lambda _, index, limit: (
            f"Elements in reverse index must be in [0, {limit}) but got {index}"
        ),
    )
    rest = xp.scatter(grad_values, reverse_index_map, xp.zeros_like(d_values))
    return [d_values, xp.sum(rest, 0) if total else xp.zeros((), grad_values.dtype)]


def sparse_fill_empty_rows(
    sp_input: Any, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Tensor]:
    """A sparse tensor with an element in every row.

    Args:
        sp_input: SparseTensor of rank 1 or more.
        default_value: scalar that rows without elements get, at column 0.
        name: prefix of the operation's name; "SparseFillEmptyRows" when None.

    Returns:
        (SparseTensor with its rows in order, bool vector that is true for rows that were empty).

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.
        tf.errors.InvalidArgumentError: while running, a row out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_fill_empty_rows_op.cc.
    """
    sp_input = as_sparse(sp_input)
    with name_scope(name, "SparseFillEmptyRows", [sp_input]):
        default_value = convert_to_tensor(default_value, dtype=sp_input.values.dtype)
        indices, values, empty, _ = SPARSE_FILL_EMPTY_ROWS(
            sp_input.indices, sp_input.values, sp_input.dense_shape, default_value
        )
        return SparseTensor(indices, values, sp_input.dense_shape), empty
