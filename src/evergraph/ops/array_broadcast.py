"""Broadcasting: BroadcastTo, BroadcastArgs."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_shape import reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.broadcast_gradient import BROADCAST_GRADIENT_ARGS
from evergraph.ops.fills import checked_sizes
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast_shapes
from evergraph.registry.shape_inference import ShapeContext


def _broadcast_to_shape(c: ShapeContext) -> TensorShape:
    if c.inputs[1].ndims not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {c.inputs[1].ndims}")
    source, length = c.inputs[0], c.inputs[1].num_elements()
    if source.ndims is not None and length is not None and source.ndims > length:
        raise ValueError(f"Shape must be at most rank {length} but is rank {source.ndims}")
    wanted = c.constant_as_shape(1)
    if wanted.sizes is None or source.sizes is None:
        return wanted
    sizes = list(wanted.sizes)
    for i in range(1, min(len(source.sizes), len(sizes)) + 1):
        have, want = source.sizes[-i], sizes[-i]
        if have is None:
            continue
        if want is not None and have not in (1, want):
            raise ValueError(f"Dimensions must be equal, but are {have} and {want}")
        if have > 1:
            sizes[-i] = have
    return TensorShape(sizes)


BROADCAST_TO = register_op(
    "BroadcastTo",
    inputs="input: T, shape: Tidx",
    outputs="output: T",
    attrs={"T": "type", "Tidx": (INDEX, dtypes.int32)},
    shape=_broadcast_to_shape,
    static_inputs=("shape",),
)


@BROADCAST_TO.kernel
def _broadcast_to(xp: Namespace, x: Array, shape: np.ndarray) -> Array:
    wanted, have = checked_sizes(shape, "BroadcastTo"), tuple(xp.shape(x))
    if len(have) > len(wanted):
        raise InvalidArgumentError(
            None,
            None,
            f"Rank of input ({len(have)}) must be no greater than rank of output shape "
            f"({len(wanted)}).",
        )
    for a, b in zip(reversed(have), reversed(wanted), strict=False):
        if a not in (1, b):
            raise InvalidArgumentError(
                None, None, f"Incompatible shapes: {_text(wanted)} vs. {_text(have)}"
            )
    return xp.broadcast_to(x, wanted)


def _text(sizes: Any) -> str:
    return "[" + ",".join(str(int(s)) for s in sizes) + "]"


@BROADCAST_TO.gradient
def _broadcast_to_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    from evergraph.ops.math_reduction import reduce_sum

    input_shape = shape_of(op.inputs[0])
    _, axes = BROADCAST_GRADIENT_ARGS(op.inputs[1], input_shape)
    summed = reduce_sum(d_output, axis=axes, keepdims=True)
    return [reshape(summed, input_shape), None]


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """Repeat dimensions of size 1 until `input` has `shape`.

    Args:
        input: any tensor.
        shape: int32 or int64 vector, of no smaller rank.
        name: name of the operation; "BroadcastTo" when None.

    Raises:
        ValueError: a size of `input` is neither 1 nor the wanted one.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/broadcast_to_op.cc.
    """
    result: Tensor = BROADCAST_TO(input, shape, name=name)
    return result


def _broadcast_args_shape(c: ShapeContext) -> TensorShape:
    lengths = []
    for shape in c.inputs:
        if shape.ndims not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {shape.ndims}")
        lengths.append(shape.num_elements())
    if None in lengths:
        return TensorShape([None])
    return TensorShape([max(lengths)])  # type: ignore[type-var]  # none is None


BROADCAST_ARGS = register_op(
    "BroadcastArgs",
    inputs="s0: T, s1: T",
    outputs="r0: T",
    attrs={"T": (INDEX, dtypes.int32)},
    shape=_broadcast_args_shape,
    static_inputs=("s0", "s1"),
)


@BROADCAST_ARGS.kernel
def _broadcast_args(xp: Namespace, s0: np.ndarray, s1: np.ndarray) -> np.ndarray:
    x, y = _aligned(s0, s1)
    return np.array([b if a == 1 else a for a, b in zip(x, y, strict=True)], dtype=s0.dtype)


def _aligned(s0: np.ndarray, s1: np.ndarray) -> tuple[list[int], list[int]]:
    """Two shapes with ones in front until they have one rank.

    Raises:
        InvalidArgumentError: they don't broadcast.
    """
    x, y = [int(d) for d in s0], [int(d) for d in s1]
    count = max(len(x), len(y))
    x, y = [1] * (count - len(x)) + x, [1] * (count - len(y)) + y
    if any(a != b and 1 not in (a, b) for a, b in zip(x, y, strict=True)):
        raise InvalidArgumentError(None, None, f"Incompatible shapes: {_text(s0)} vs. {_text(s1)}")
    return x, y


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape of the result of an element-wise op of two shapes, as vectors.

    Args:
        shape_x: int32 or int64 vector.
        shape_y: the same.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/bcast_ops.cc.
    """
    result: Tensor = BROADCAST_ARGS(shape_x, shape_y)
    return result


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape of the result of an element-wise op of two shapes.

    Args:
        shape_x: TensorShape.
        shape_y: TensorShape.

    Raises:
        ValueError: they don't broadcast.

    Reference: TensorFlow 1.15, tensorflow/python/framework/common_shapes.py.
    """
    x, y = as_shape(shape_x), as_shape(shape_y)
    try:
        return broadcast_shapes(x, y)
    except ValueError:
        raise ValueError(f"Incompatible shapes for broadcasting: {x} and {y}") from None
