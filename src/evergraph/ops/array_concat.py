"""Joining and cutting along a dimension: Concat, ConcatV2, ConcatOffset, Split, SplitV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import Dimension, TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import expand_dims, rank, shape_n, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant, constant_value, is_constant
from evergraph.ops.fills import fill
from evergraph.ops.identity import identity
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge, with_rank
from evergraph.registry.shape_inference import ShapeContext

# A gradient of more parts than this is cut by one Split, else by one Slice for each part.
_MAX_SLICES = 16


def _concat_shape(c: ShapeContext, shapes: Sequence[TensorShape], axis_at: int) -> TensorShape:
    known = [shape for shape in shapes if shape.ndims is not None]
    rank = known[0].ndims if known else None
    for shape in known:
        if shape.ndims != rank:
            raise ValueError(f"Shape must be rank {rank} but is rank {shape.ndims}")
    axis = _axis_value(c, axis_at)
    if rank is None or axis is None:
        return TensorShape(None if not rank else [None] * rank)
    least = axis + 1 if axis >= 0 else -axis
    if rank < least:
        raise ValueError(f"Shape must be at least rank {least} but is rank {rank}")
    axis %= rank
    before, after = TensorShape(None), TensorShape(None)
    total: int | None = 0 if len(known) == len(shapes) else None
    for shape in known:
        dims = shape.as_list()
        before = merge(before, TensorShape(dims[:axis]))
        after = merge(after, TensorShape(dims[axis + 1 :]))
        size = dims[axis]
        total = None if total is None or size is None else total + size
    return TensorShape([*before.as_list(), total, *after.as_list()])


def _axis_value(c: ShapeContext, index: int) -> int | None:
    if c.inputs[index].ndims not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.inputs[index].ndims}")
    value = c.constant(index)
    return None if value is None else int(value)


def _concat_partial(c: ShapeContext, values: range) -> Any:
    joined: list[int | None] = []
    for i in values:
        part = c.partial(i) if c.inputs[i].ndims == 1 else None
        if part is None:
            return None
        joined.extend(part)
    return tuple(joined)


CONCAT = register_op(
    "Concat",
    inputs="concat_dim: int32, values: N * T",
    outputs="output: T",
    attrs={"N": "int >= 2", "T": "type"},
    shape=lambda c: _concat_shape(c, c.inputs[1:], 0),
    static_inputs=("concat_dim",),
    partial_value=lambda c: _concat_partial(c, range(1, len(c.inputs))),
    static_value=True,
)


@CONCAT.kernel
def _concat(xp: Namespace, concat_dim: np.ndarray, values: tuple[Array, ...]) -> Array:
    return _join(xp, values, int(concat_dim))


def _join(xp: Namespace, values: tuple[Array, ...], axis: int) -> Array:
    first = values[0].shape
    if first and not -len(first) <= axis < len(first):
        raise InvalidArgumentError(
            None,
            None,
            f"ConcatOp : Expected concatenating dimensions in the range [{-len(first)}, "
            f"{len(first)}), but got {axis}",
        )
    for i, value in enumerate(values):
        same = [a == b for a, b in zip(first, value.shape, strict=False)]
        if len(first) != len(value.shape):
            raise InvalidArgumentError(
                None,
                None,
                f"ConcatOp : Ranks of all input tensors should match: shape[0] = "
                f"{_text(first)} vs. shape[{i}] = {_text(value.shape)}",
            )
        if first and not all(ok or j == axis % len(first) for j, ok in enumerate(same)):
            raise InvalidArgumentError(
                None,
                None,
                f"ConcatOp : Dimensions of inputs should match: shape[0] = {_text(first)} "
                f"vs. shape[{i}] = {_text(value.shape)}",
            )
    return xp.concatenate(values, axis)


def _text(shape: Sequence[int]) -> str:
    return "[" + ",".join(map(str, shape)) + "]"


@CONCAT.gradient
def _concat_gradient(op: Operation, d_output: Any) -> list[Any]:
    return [None, *_concat_parts(op, d_output, op.inputs[1:], op.inputs[0])]


CONCAT_V2 = register_op(
    "ConcatV2",
    inputs="values: N * T, axis: Tidx",
    outputs="output: T",
    attrs={"N": "int >= 2", "T": "type", "Tidx": (INDEX, dtypes.int32)},
    shape=lambda c: _concat_shape(c, c.inputs[:-1], len(c.inputs) - 1),
    static_inputs=("axis",),
    partial_value=lambda c: _concat_partial(c, range(len(c.inputs) - 1)),
    static_value=True,
    joins=True,
)


@CONCAT_V2.kernel
def _concat_v2(xp: Namespace, values: tuple[Array, ...], axis: np.ndarray) -> Array:
    return _join(xp, values, int(axis))


@CONCAT_V2.gradient
def _concat_v2_gradient(op: Operation, d_output: Any) -> list[Any]:
    return [*_concat_parts(op, d_output, op.inputs[:-1], op.inputs[-1]), None]


def _output_context(op: Operation) -> Any:
    """The control flow context that the outputs of `op` are in."""
    context = op._get_control_flow_context()
    if context is not None and getattr(op.op_def, "control", "") == "exit":
        return context.outer_context
    return context


def _concat_parts(
    op: Operation, d_output: Any, values: Sequence[Tensor], axis: Tensor
) -> list[Any]:
    """The parts of `d_output` that belong to each of `values`."""
    if len(values) == 1:
        return [d_output]
    if isinstance(d_output, IndexedSlices):
        return _sparse_concat_parts(d_output, values, axis)
    if not isinstance(d_output, Tensor):
        raise TypeError(f"Expected Tensor or IndexedSlices, got {type(d_output)}")
    if is_constant(axis) and _output_context(axis.op) is not _output_context(d_output.op):
        axis = constant(constant_value(axis), dtype=axis.dtype)
    positive: Any = axis % rank(values[0])
    sizes = _input_shapes(values)
    if len(sizes) > _MAX_SLICES:
        from evergraph.ops.array_slice import slice as slice_of

        lengths = squeeze(slice_of(stack(sizes, axis=1), [positive, 0], [1, -1]))
        return list(split(d_output, lengths, positive))
    from evergraph.ops.array_slice import slice as slice_of

    offsets = CONCAT_OFFSET(positive, sizes)
    return [slice_of(d_output, begin, size) for begin, size in zip(offsets, sizes, strict=True)]


def _input_shapes(values: Sequence[Tensor]) -> list[Tensor]:
    """The shape of each value: constants when all are known, else the outputs of one ShapeN."""
    sizes = []
    for value in values:
        size = shape_of(value)
        if not is_constant(size):
            return shape_n(list(values))
        sizes.append(size)
    return sizes


def _sparse_concat_parts(
    d_output: IndexedSlices, values: Sequence[Tensor], axis: Tensor
) -> list[IndexedSlices]:
    from evergraph.ops.array_gather import gather
    from evergraph.ops.array_slice import slice as slice_of
    from evergraph.ops.math_comparison import logical_and
    from evergraph.ops.math_elementwise import add
    from evergraph.ops.select import where

    positive: Any = axis % rank(values[0])
    known = constant_value(axis)
    if known is None:
        raise ValueError("Can only compute IndexedSlices gradient with statically-known concat_dim")
    if known < 0:
        count = constant_value(rank(values[0]))
        if count is None:
            raise ValueError(
                "Can only compute IndexedSlices gradient with negative concat_dim when first "
                "value rank is statically-known."
            )
        known = int(known) % int(count)
    sizes: list[Any] = [shape_of(value) for value in values]
    parts = []
    if known > 0:
        length = shape_of(sizes[0])
        mask = concat(
            [fill(expand_dims(positive, 0), 0), [1], fill(length - positive - 1, 0)],
            0,
        )
        begin: Any = fill(length, 0)
        for size in sizes:
            rest = concat([[-1], slice_of(size, [1], [-1])], 0)
            parts.append(
                IndexedSlices(slice_of(d_output.values, begin, rest), d_output.indices, size)
            )
            begin = add(begin, size * mask)
        return parts
    indices: Any = d_output.indices
    start: Any = constant(0, dtype=indices.dtype)
    for size in sizes:
        rows: Any = gather(size, positive)
        if rows.dtype != indices.dtype:
            rows = cast(rows, dtype=indices.dtype)
        end = start + rows
        chosen = squeeze(where(logical_and(indices >= start, indices < end)), axis=[1])
        new_indices = gather(indices, chosen) - start
        parts.append(IndexedSlices(gather(d_output.values, chosen), new_indices, size))
        start = end
    return parts


def concat(values: Any, axis: Any, name: str | None = "concat") -> Tensor:
    """Join tensors along a dimension they have.

    Args:
        values: tensors that agree in rank and in all sizes but the one at `axis`.
        axis: int32 or int64 scalar, negative from the end.
        name: name of the operation.

    Raises:
        ValueError: shapes differ elsewhere.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/concat_op.cc.
    """
    if not isinstance(values, list | tuple):
        values = [values]
    if len(values) == 1:
        with name_scope(name):
            convert_to_tensor(
                axis, name="concat_dim", dtype=dtypes.int32
            ).get_shape().assert_has_rank(0)
            return identity(values[0], name=name)
    result: Tensor = CONCAT_V2(values, axis, name=name)
    return result


def _concat_offset_shape(c: ShapeContext) -> list[TensorShape]:
    for shape in c.inputs[1:]:
        with_rank(shape, 1)
    return list(c.inputs[1:])


CONCAT_OFFSET = register_op(
    "ConcatOffset",
    inputs="concat_dim: int32, shape: N * int32",
    outputs="offset: N * int32",
    attrs={"N": "int >= 2"},
    shape=_concat_offset_shape,
    static_inputs=("concat_dim", "shape"),
    static_value=True,
).no_gradient()


@CONCAT_OFFSET.kernel
def _concat_offset(
    xp: Namespace, concat_dim: np.ndarray, shape: tuple[np.ndarray, ...]
) -> list[np.ndarray]:
    rank = len(shape[0])
    axis = int(concat_dim)
    if not -rank <= axis < rank:
        raise InvalidArgumentError(None, None, f"Concat dim is out of range: {axis} vs. {rank}")
    offsets, total = [], 0
    for i, sizes in enumerate(shape):
        if len(sizes) != rank:
            raise InvalidArgumentError(
                None,
                None,
                f"input {i} should contain {rank} elements, but got {len(sizes)}",
            )
        for j in range(rank):
            if j != axis % rank and sizes[j] != shape[0][j]:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"All dimensions except {axis % rank} must match. Input {i} has shape "
                    f"[{' '.join(map(str, sizes))}] and doesn't match input 0 with shape "
                    f"[{' '.join(map(str, shape[0]))}].",
                )
        offset = np.zeros(rank, np.int32)
        offset[axis] = total
        total += int(sizes[axis])
        offsets.append(offset)
    return offsets


def _split_shape(c: ShapeContext) -> list[TensorShape]:
    axis, count, shape = _axis_value(c, 0), c.attr("num_split"), c.inputs[1]
    if shape.ndims is None:
        return [shape] * count
    if axis is None:
        return [TensorShape([None] * shape.ndims)] * count
    dims = _checked_dims(shape, axis)
    size = dims[axis]
    if size is not None and size % count:
        raise ValueError(
            f"Dimension size must be evenly divisible by {count} but is {size}\n\t"
            "Number of ways to split should evenly divide the split dimension"
        )
    dims[axis] = None if size is None else size // count
    return [TensorShape(dims)] * count


def _checked_dims(shape: TensorShape, axis: int) -> list[int | None]:
    assert shape.ndims is not None
    least = axis + 1 if axis >= 0 else -axis
    if shape.ndims < least:
        raise ValueError(f"Shape must be at least rank {least} but is rank {shape.ndims}")
    return shape.as_list()


SPLIT = register_op(
    "Split",
    inputs="split_dim: int32, value: T",
    outputs="output: num_split * T",
    attrs={"num_split": "int >= 1", "T": "type"},
    shape=_split_shape,
    static_inputs=("split_dim",),
)


@SPLIT.kernel
def _split(xp: Namespace, split_dim: np.ndarray, value: Array, *, num_split: int) -> list[Array]:
    axis = _checked_axis(split_dim, value.ndim)
    size = value.shape[axis]
    if size % num_split:
        raise InvalidArgumentError(
            None,
            None,
            "Number of ways to split should evenly divide the split dimension, but got split_dim "
            f"{axis} (size = {size}) and num_split {num_split}",
        )
    return _cut(value, axis, [size // num_split] * num_split)


def _checked_axis(split_dim: np.ndarray, rank: int) -> int:
    if np.size(split_dim) != 1:
        raise InvalidArgumentError(None, None, "split_dim_tensor must have exactly one element.")
    axis = int(np.ravel(split_dim)[0])
    if not -rank <= axis < rank:
        raise InvalidArgumentError(
            None,
            None,
            f"-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {axis}",
        )
    return axis % rank


def _cut(value: Array, axis: int, sizes: Sequence[int]) -> list[Array]:
    parts, start = [], 0
    before = (slice(None),) * axis
    for size in sizes:
        parts.append(value[(*before, slice(start, start + size))])
        start += size
    return parts


@SPLIT.gradient
def _split_gradient(op: Operation, *d_outputs: Tensor) -> tuple[None, Tensor]:
    return None, concat(list(d_outputs), op.inputs[0])


def _split_v_shape(c: ShapeContext) -> list[TensorShape]:
    shape, count = c.inputs[0], c.attr("num_split")
    sizes, axis = c.constant(1), _axis_value(c, 2)
    if c.inputs[1].ndims not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {c.inputs[1].ndims}")
    if shape.ndims is None:
        return [shape] * count
    if axis is None:
        if sizes is None:
            return [TensorShape([None] * shape.ndims)] * count
        axis = -1  # what TensorFlow 1.15 takes an unknown axis for
    dims = _checked_dims(shape, axis)
    if sizes is None:
        dims[axis] = None
        return [TensorShape(dims)] * count
    return [
        TensorShape([size if i == axis % len(dims) else d for i, d in enumerate(dims)])
        for size in _resolved_sizes([int(s) for s in sizes], dims[axis], count)
    ]


def _resolved_sizes(sizes: list[int], whole: int | None, count: int) -> list[int | None]:
    """`sizes` with the one -1 among them replaced by what the others leave of `whole`."""
    if len(sizes) != count:
        raise ValueError("Length of size_splits should be equal to num_outputs")
    open_slots = [i for i, size in enumerate(sizes) if size == -1]
    if len(open_slots) > 1:
        raise ValueError("size_splits can only have one -1")
    total = sum(size for size in sizes if size != -1)
    result: list[int | None] = list(sizes)
    if whole is None:
        for i in open_slots:
            result[i] = None
        return result
    if (total != whole and not open_slots) or total > whole:
        raise ValueError(
            f"can't split axis of size {whole} into pieces of size [{','.join(map(str, sizes))}]"
        )
    for i in open_slots:
        result[i] = whole - total
    return result


SPLIT_V = register_op(
    "SplitV",
    inputs="value: T, size_splits: Tlen, split_dim: int32",
    outputs="output: num_split * T",
    attrs={"num_split": "int >= 1", "T": "type", "Tlen": (INDEX, dtypes.int64)},
    shape=_split_v_shape,
    static_inputs=("size_splits", "split_dim"),
)


@SPLIT_V.kernel
def _split_v(
    xp: Namespace,
    value: Array,
    size_splits: np.ndarray,
    split_dim: np.ndarray,
    *,
    num_split: int,
) -> list[Array]:
    axis = _checked_axis(split_dim, value.ndim)
    whole = int(value.shape[axis])
    try:
        sizes = _resolved_sizes([int(s) for s in size_splits], whole, num_split)
    except ValueError:
        raise InvalidArgumentError(
            None,
            None,
            "Determined shape must either match input shape along split_dim exactly if fully "
            "specified, or be less than the size of the input along split_dim if not fully "
            f"specified.  Got: {int(np.sum(size_splits[size_splits != -1]))}",
        ) from None
    return _cut(value, axis, [int(s) for s in sizes if s is not None])


@SPLIT_V.gradient
def _split_v_gradient(op: Operation, *d_outputs: Tensor) -> list[Tensor | None]:
    return [concat(list(d_outputs), op.inputs[2]), None, None]


def split(
    value: Any,
    num_or_size_splits: Any,
    axis: Any = 0,
    num: int | None = None,
    name: str | None = "split",
) -> list[Tensor]:
    """Cut a tensor into parts along a dimension.

    Args:
        value: tensor to cut.
        num_or_size_splits: an int n for n equal parts, or a vector with the size of each part, of
            which one may be -1 for what is left.
        axis: int32 scalar, negative from the end.
        num: number of parts, where the length of `num_or_size_splits` isn't known.
        name: name of the operation.

    Returns:
        A list of tensors.

    Raises:
        ValueError: the number of parts isn't known, or the sizes don't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/split_op.cc and split_v_op.cc.
    """
    sizes = convert_to_tensor(num_or_size_splits)
    if isinstance(num_or_size_splits, int | Dimension):
        parts: list[Tensor] = SPLIT(axis, value, num_split=int(num_or_size_splits), name=name)
        return parts
    if sizes.shape.ndims == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. "
            f"Argument provided: {num_or_size_splits}"
        )
    if num is None:
        dims = None if sizes.shape.ndims is None else sizes.shape.as_list()
        num = dims[0] if dims else None
        if num is None:
            raise ValueError(f"Cannot infer num from shape {num_or_size_splits}")
    parts = SPLIT_V(value, sizes, axis, num_split=num, name=name)
    return parts
