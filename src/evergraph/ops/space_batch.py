"""Blocks of space as batch: SpaceToBatch(ND) and BatchToSpace(ND)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import one_of
from evergraph.ops.constants import constant_value
from evergraph.ops.fills import zeros
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _blocks_to_batch(
    source: TensorShape, block: Sequence[int] | None, paddings: np.ndarray | None, count: int
) -> TensorShape:
    """The shape of space_to_batch_nd over `count` block dimensions."""
    source = with_rank_at_least(source, count + 1)
    if source.sizes is None:
        return source
    dims = list(source.sizes)
    if block is None:
        return TensorShape([None] * (count + 1) + dims[count + 1 :])
    if any(b < 1 for b in block):
        raise ValueError("block_shape must be positive")
    dims[0] = None if dims[0] is None else dims[0] * math.prod(block)
    for i, b in enumerate(block):
        size = dims[i + 1]
        if size is None or paddings is None:
            dims[i + 1] = None
            continue
        if (paddings[i] < 0).any():
            raise ValueError("paddings cannot be negative")
        dims[i + 1] = _divided(size + int(paddings[i].sum()), b)
    return TensorShape(dims)


def _divided(whole: int, parts: int) -> int:
    if whole % parts:
        raise ValueError(f"Dimension size must be evenly divisible by {parts} but is {whole}")
    return whole // parts


def _batch_to_blocks(
    source: TensorShape, block: Sequence[int] | None, crops: np.ndarray | None, count: int
) -> TensorShape:
    """The shape of batch_to_space_nd over `count` block dimensions."""
    source = with_rank_at_least(source, count + 1)
    if source.sizes is None:
        return source
    dims = list(source.sizes)
    if block is None:
        return TensorShape([None] * (count + 1) + dims[count + 1 :])
    if any(b < 1 for b in block):
        raise ValueError("block_shape must be positive")
    for b in block:
        dims[0] = None if dims[0] is None else _divided(dims[0], b)
    for i, b in enumerate(block):
        size = dims[i + 1]
        if size is None or crops is None:
            dims[i + 1] = None
            continue
        if (crops[i] < 0).any():
            raise ValueError("crops cannot be negative")
        kept = size * b - int(crops[i].sum())
        if kept < 0:
            raise ValueError(
                f"Negative dimension size caused by subtracting {int(crops[i].sum())} from "
                f"{size * b}"
            )
        dims[i + 1] = kept
    return TensorShape(dims)


def _nd_arguments(c: ShapeContext) -> tuple[int, list[int] | None, np.ndarray | None]:
    """Number of block dimensions, block shape, paddings."""
    if c.inputs[1].ndims != 1:
        raise ValueError("block_shape must have rank 1.")
    count = c.inputs[1].num_elements()
    if count is None:
        raise ValueError("block_shape must have known size.")
    rows, pair = with_rank(c.inputs[2], 2).as_list()
    if rows not in (None, count) or pair not in (None, 2):
        raise ValueError(f"Shape must be [{count},2] but is {c.inputs[2]}")
    block = c.constant(1)
    if count == 0:
        return 0, [], None
    return count, None if block is None else block.tolist(), c.constant(2)


def _space_to_batch_nd_shape(c: ShapeContext) -> TensorShape:
    count, block, paddings = _nd_arguments(c)
    return _blocks_to_batch(c.inputs[0], block, paddings, count)


SPACE_TO_BATCH_ND = register_op(
    "SpaceToBatchND",
    inputs="input: T, block_shape: Tblock_shape, paddings: Tpaddings",
    outputs="output: T",
    attrs={
        "T": "type",
        "Tblock_shape": (INDEX, dtypes.int32),
        "Tpaddings": (INDEX, dtypes.int32),
    },
    shape=_space_to_batch_nd_shape,
    static_inputs=("block_shape", "paddings"),
)


@SPACE_TO_BATCH_ND.kernel
def _space_to_batch_nd(
    xp: Namespace, x: Array, block_shape: np.ndarray, paddings: np.ndarray
) -> Array:
    return _to_batch(xp, x, [int(b) for b in block_shape], paddings)


def _to_batch(xp: Namespace, x: Array, block: list[int], paddings: np.ndarray) -> Array:
    count = len(block)
    _check_blocks(xp.shape(x), block, paddings, "paddings")
    rest = len(xp.shape(x)) - count - 1
    x = xp.pad(x, [(0, 0), *((int(b), int(a)) for b, a in paddings), *[(0, 0)] * rest])
    sizes = [int(s) for s in xp.shape(x)]
    split = [sizes[0]]
    for size, b in zip(sizes[1 : count + 1], block, strict=True):
        if size % b:
            raise InvalidArgumentError(
                None,
                None,
                f"padded_shape[{len(split) // 2}]={size} is not divisible by "
                f"block_shape[{len(split) // 2}]={b}",
            )
        split += [size // b, b]
    x = xp.reshape(x, (*split, *sizes[count + 1 :]))
    inner = [2 * i + 2 for i in range(count)]
    outer = [2 * i + 1 for i in range(count)]
    x = xp.transpose(x, (*inner, 0, *outer, *range(2 * count + 1, 2 * count + 1 + rest)))
    spaces = [size // b for size, b in zip(sizes[1 : count + 1], block, strict=True)]
    return xp.reshape(x, (sizes[0] * math.prod(block), *spaces, *sizes[count + 1 :]))


def _check_blocks(
    sizes: Sequence[int], block: Sequence[int], margins: np.ndarray, word: str
) -> None:
    if len(sizes) < len(block) + 1:
        raise InvalidArgumentError(
            None, None, f"input rank should be >= {len(block) + 1} instead of {len(sizes)}"
        )
    if np.shape(margins) != (len(block), 2):
        shape = ",".join(map(str, np.shape(margins)))
        raise InvalidArgumentError(
            None, None, f"{word} should have shape [{len(block)}, 2] instead of [{shape}]"
        )
    if any(b < 1 for b in block):
        raise InvalidArgumentError(None, None, "All values in block_shape must be positive")
    if (np.asarray(margins) < 0).any():
        raise InvalidArgumentError(None, None, f"All {word} must be non-negative")


@SPACE_TO_BATCH_ND.gradient
def _space_to_batch_nd_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    return [batch_to_space_nd(d_output, op.inputs[1], op.inputs[2]), None, None]


def space_to_batch_nd(
    input: Any,
    block_shape: Any,
    paddings: Any,
    name: str | None = None,
) -> Tensor:
    """Move blocks of the spatial dimensions into the batch.

    Args:
        input: `[batch, space..., ...]` with n spatial dimensions.
        block_shape: `[n]` sizes of the blocks.
        paddings: `[n, 2]` zeros before and after each spatial dimension.
        name: name of the operation; "SpaceToBatchND" when None.

    Returns:
        `[batch * prod(block_shape), padded space / block_shape ..., ...]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/spacetobatch_op.cc.
    """
    result: Tensor = SPACE_TO_BATCH_ND(input, block_shape, paddings, name=name)
    return result


def _batch_to_space_nd_shape(c: ShapeContext) -> TensorShape:
    count, block, crops = _nd_arguments(c)
    return _batch_to_blocks(c.inputs[0], block, crops, count)


BATCH_TO_SPACE_ND = register_op(
    "BatchToSpaceND",
    inputs="input: T, block_shape: Tblock_shape, crops: Tcrops",
    outputs="output: T",
    attrs={"T": "type", "Tblock_shape": (INDEX, dtypes.int32), "Tcrops": (INDEX, dtypes.int32)},
    shape=_batch_to_space_nd_shape,
    static_inputs=("block_shape", "crops"),
)


@BATCH_TO_SPACE_ND.kernel
def _batch_to_space_nd(
    xp: Namespace, x: Array, block_shape: np.ndarray, crops: np.ndarray
) -> Array:
    return _to_space(xp, x, [int(b) for b in block_shape], crops)


def _to_space(xp: Namespace, x: Array, block: list[int], crops: np.ndarray) -> Array:
    count, sizes = len(block), [int(s) for s in xp.shape(x)]
    _check_blocks(sizes, block, crops, "crops")
    if sizes[0] % math.prod(block):
        raise InvalidArgumentError(
            None,
            None,
            f"Input batch dimension ({sizes[0]}) is not divisible by product of block sizes "
            f"({math.prod(block)})",
        )
    batch, spaces, rest = sizes[0] // math.prod(block), sizes[1 : count + 1], sizes[count + 1 :]
    x = xp.reshape(x, (*block, batch, *spaces, *rest))
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += range(2 * count + 1, 2 * count + 1 + len(rest))
    whole = [size * b for size, b in zip(spaces, block, strict=True)]
    x = xp.reshape(xp.transpose(x, order), (batch, *whole, *rest))
    cuts = [slice(None)]
    for size, (before, after) in zip(whole, np.asarray(crops).tolist(), strict=True):
        if before + after > size:
            raise InvalidArgumentError(
                None, None, f"cropped_shape must be non-negative: {size} - {before} - {after}"
            )
        cuts.append(slice(before, size - after))
    return x[tuple(cuts)]


@BATCH_TO_SPACE_ND.gradient
def _batch_to_space_nd_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    return [space_to_batch_nd(d_output, op.inputs[1], op.inputs[2]), None, None]


def batch_to_space_nd(
    input: Any,
    block_shape: Any,
    crops: Any,
    name: str | None = None,
) -> Tensor:
    """Move the batch back into blocks of the spatial dimensions: undoes `space_to_batch_nd`.

    Args:
        input: `[batch * prod(block_shape), space..., ...]` with n spatial dimensions.
        block_shape: `[n]` sizes of the blocks.
        crops: `[n, 2]` how much to cut off before and after each spatial dimension.
        name: name of the operation; "BatchToSpaceND" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/batchtospace_op.cc.
    """
    result: Tensor = BATCH_TO_SPACE_ND(input, block_shape, crops, name=name)
    return result


def _space_to_batch_shape(c: ShapeContext) -> TensorShape:
    size = c.attr("block_size")
    return _blocks_to_batch(with_rank(c.inputs[0], 4), [size, size], c.constant(1), 2)


SPACE_TO_BATCH = register_op(
    "SpaceToBatch",
    inputs="input: T, paddings: Tpaddings",
    outputs="output: T",
    attrs={"T": "type", "Tpaddings": (INDEX, dtypes.int32), "block_size": "int >= 2"},
    shape=_space_to_batch_shape,
    static_inputs=("paddings",),
)


@SPACE_TO_BATCH.kernel
def _space_to_batch(xp: Namespace, x: Array, paddings: np.ndarray, *, block_size: int) -> Array:
    return _to_batch(xp, x, [block_size, block_size], paddings)


@SPACE_TO_BATCH.gradient
def _space_to_batch_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    block_size = op.get_attr("block_size")
    return [batch_to_space(d_output, op.inputs[1], block_size=block_size), None]


def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """As `space_to_batch_nd` for images, with square blocks.

    Args:
        input: `[batch, height, width, depth]`.
        paddings: `[2, 2]`.
        block_size: side of a block.
        name: name of the operation; "SpaceToBatchND" when None.
        block_shape: newer name of `block_size`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    block_size = one_of("block_shape", block_shape, "block_size", block_size)
    block = np.array([block_size, block_size], dtype=np.int64)
    result = space_to_batch_nd(input, paddings=paddings, block_shape=block, name=name)
    result.set_shape(result.get_shape().with_rank(4))
    return result


def _batch_to_space_shape(c: ShapeContext) -> TensorShape:
    size = c.attr("block_size")
    return _batch_to_blocks(with_rank(c.inputs[0], 4), [size, size], c.constant(1), 2)


BATCH_TO_SPACE = register_op(
    "BatchToSpace",
    inputs="input: T, crops: Tidx",
    outputs="output: T",
    attrs={"T": "type", "block_size": "int >= 2", "Tidx": (INDEX, dtypes.int32)},
    shape=_batch_to_space_shape,
    static_inputs=("crops",),
)


@BATCH_TO_SPACE.kernel
def _batch_to_space(xp: Namespace, x: Array, crops: np.ndarray, *, block_size: int) -> Array:
    return _to_space(xp, x, [block_size, block_size], crops)


@BATCH_TO_SPACE.gradient
def _batch_to_space_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    block_size = op.get_attr("block_size")
    return [space_to_batch(d_output, op.inputs[1], block_size=block_size), None]


def batch_to_space(
    input: Any,
    crops: Any,
    block_size: Any,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """As `batch_to_space_nd` for images, with square blocks.

    Args:
        input: `[batch * block_size^2, height, width, depth]`.
        crops: `[2, 2]`.
        block_size: side of a block.
        name: name of the operation; "BatchToSpaceND" when None.
        block_shape: newer name of `block_size`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    block_size = one_of("block_shape", block_shape, "block_size", block_size)
    block = np.array([block_size, block_size], dtype=np.int64)
    result = batch_to_space_nd(input, crops=crops, block_shape=block, name=name)
    result.set_shape(result.get_shape().with_rank(4))
    return result


def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Paddings and crops for `space_to_batch_nd` that make a shape divisible by blocks.

    Args:
        input_shape: `[n]` spatial sizes.
        block_shape: `[n]`, fully known length.
        base_paddings: `[n, 2]` least paddings; zeros when None.
        name: name of the operations.

    Returns:
        (paddings, crops), each `[n, 2]`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        block_shape.get_shape().assert_is_fully_defined()
        block_shape.get_shape().assert_has_rank(1)
        count = block_shape.get_shape().as_list()[0]
        if count == 0:
            return zeros([0, 2], dtypes.int32), zeros([0, 2], dtypes.int32)
        input_shape.get_shape().assert_is_compatible_with([count])
        if base_paddings is None:
            base_paddings = zeros([count, 2], dtypes.int32)
        else:
            base_paddings = convert_to_tensor(
                base_paddings, dtype=dtypes.int32, name="base_paddings"
            )
            base_paddings.get_shape().assert_is_compatible_with([count, 2])
        known = [constant_value(x) for x in (block_shape, input_shape, base_paddings)]
        if all(value is not None for value in known):
            block_shape, input_shape, base_paddings = known
        start = base_paddings[:, 0]
        end = base_paddings[:, 1]
        full = input_shape + start + end
        extra = (block_shape - full % block_shape) % block_shape
        end = end + extra
        paddings = stack([[start[i], end[i]] for i in range(count)], name="paddings")
        crops = stack([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops
