"""Softmax and its logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.dtypes import FLOATING
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops import array_concat, array_shape
from evergraph.ops.array_shape import one_of
from evergraph.ops.constants import constant_value
from evergraph.ops.math_comparison import less
from evergraph.ops.math_elementwise import subtract
from evergraph.ops.math_functions import exp
from evergraph.ops.math_reduction import reduce_sum
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _at_least_vector(c: ShapeContext) -> TensorShape:
    return with_rank_at_least(c.inputs[0], 1)


def widened(xp: Namespace, x: Array) -> Array:
    """16-bit numbers as float32: differences of exponentials would lose most of their digits."""
    return xp.cast(x, np.float32) if x.dtype.itemsize == 2 else x


def stable_softmax(xp: Namespace, x: Array) -> Array:
    """Softmax over the last axis; its largest element is taken off, so that none overflows."""
    wide = widened(xp, x)
    powers = xp.exp(xp.subtract(wide, xp.max(wide, -1, True)))
    return xp.cast(xp.true_divide(powers, xp.sum(powers, -1, True)), x.dtype)


def stable_log_softmax(xp: Namespace, x: Array) -> Array:
    """The logarithm of `stable_softmax`."""
    wide = widened(xp, x)
    shifted = xp.subtract(wide, xp.max(wide, -1, True))
    return xp.cast(xp.subtract(shifted, xp.log(xp.sum(xp.exp(shifted), -1, True))), x.dtype)


SOFTMAX = register_op(
    "Softmax",
    inputs="logits: T",
    outputs="softmax: T",
    attrs={"T": FLOATING},
    shape=_at_least_vector,
)


@SOFTMAX.kernel
def _softmax(xp: Namespace, logits: Array) -> Array:
    return stable_softmax(xp, logits)


@SOFTMAX.gradient
def _softmax_gradient(op: Operation, d_softmax: Tensor) -> Tensor:
    y = op.outputs[0]
    total = reduce_sum(d_softmax * y, -1, keepdims=True)
    return (d_softmax - total) * y


def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Compute e^x / sum(e^x) along an axis.

    Args:
        logits: floating, rank 1 or more.
        axis: the last axis when None.
        name: name of the operation; "Softmax" when None.
        dim: old name of `axis`.

    Returns:
        Tensor of the shape and dtype of `logits`; sums along the axis are 1.

    Raises:
        tf.errors.InvalidArgumentError: the axis is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/softmax_op_functor.h.
    """
    axis = one_of("axis", axis, "dim", dim)
    return _along_axis(SOFTMAX, logits, -1 if axis is None else axis, name)


def _along_axis(op_def: OpDef, logits: Any, axis: Any, name: str | None) -> Tensor:
    """Apply an op of the last axis along another one: exchange both before and after."""
    from evergraph.ops.select import where

    logits = convert_to_tensor(logits)
    shape = logits.shape
    result: Tensor
    last = None if shape.ndims is None else shape.ndims - 1
    if not isinstance(axis, Tensor) and axis in (-1, last):
        result = op_def(logits, name=name)
        return result
    known: Any = constant_value(axis) if isinstance(axis, Tensor) else axis
    rank = shape.ndims
    if known is not None and not -rank <= known < rank:
        raise InvalidArgumentError(
            None,
            None,
            f"Dimension ({int(known)}) must be in the range [{-rank}, {rank}) where {rank} is the "
            "number of dimensions in the input.",
        )
    rank_tensor = array_shape.rank(logits)
    if isinstance(axis, Tensor):
        axis = where(less(axis, 0), axis + rank_tensor, axis)
    elif axis < 0:
        axis += rank_tensor
    input_rank = array_shape.rank(logits)
    axis = axis % rank
    swapped = _swap_axes(logits, axis, subtract(input_rank, 1))
    output = _swap_axes(op_def(swapped), axis, subtract(input_rank, 1), name)
    output.set_shape(shape)
    return output


def _swap_axes(x: Tensor, axis: Any, last: Tensor, name: str | None = None) -> Tensor:
    from evergraph.ops.array_layout import transpose
    from evergraph.ops.sequences import range

    order = array_concat.concat([range(axis), [last], range(axis + 1, last), [axis]], 0)
    result: Tensor = transpose(x, order, name=name)
    return result


LOG_SOFTMAX = register_op(
    "LogSoftmax",
    inputs="logits: T",
    outputs="logsoftmax: T",
    attrs={"T": FLOATING},
    shape=_at_least_vector,
)


@LOG_SOFTMAX.kernel
def _log_softmax(xp: Namespace, logits: Array) -> Array:
    return stable_log_softmax(xp, logits)


@LOG_SOFTMAX.gradient
def _log_softmax_gradient(op: Operation, d_logsoftmax: Tensor) -> Tensor:
    y = exp(op.outputs[0])
    return d_logsoftmax - reduce_sum(d_logsoftmax, -1, keepdims=True) * y


def log_softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Compute x - log(sum(e^x)) along an axis, without overflow.

    Args:
        logits: floating, rank 1 or more.
        axis: the last axis when None.
        name: name of the operation; "LogSoftmax" when None.
        dim: old name of `axis`.

    Returns:
        Tensor of the shape and dtype of `logits`.

    Raises:
        tf.errors.InvalidArgumentError: the axis is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/softmax_op_functor.h.
    """
    axis = one_of("axis", axis, "dim", dim)
    return _along_axis(LOG_SOFTMAX, logits, -1 if axis is None else axis, name)
