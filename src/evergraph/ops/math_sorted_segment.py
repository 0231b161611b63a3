"""Sums, products, means and extremes of slices that share an ascending segment number."""

from __future__ import annotations

from typing import Any

from evergraph.core.dtypes import INDEX, NUMERIC, REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops import array_concat, array_shape, fills
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_division import divide
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _segment_shape(c: ShapeContext) -> TensorShape:
    data = with_rank_at_least(c.inputs[0], 1)
    with_rank(c.inputs[1], 1)
    return data if data.ndims is None else TensorShape([None, *data.as_list()[1:]])


def _check_ids(xp: Namespace, data: Array, segment_ids: Array) -> None:
    xp.check(
        data.ndim >= 1 and xp.shape(segment_ids) == (xp.shape(data)[0],),
        "InvalidArgumentError",
        "segment_ids should be the same size as dimension 0 of input.",
    )


SEGMENT_SUM = register_op(
    "SegmentSum",
    inputs="data: T, segment_ids: Tindices",
    outputs="output: T",
    attrs={"T": NUMERIC, "Tindices": INDEX},
    shape=_segment_shape,
    numpy_only=True,
)


@SEGMENT_SUM.kernel
def _segment_sum(xp: Namespace, data: Array, segment_ids: Array) -> Array:
    _check_ids(xp, data, segment_ids)
    return xp.segment_sum(data, segment_ids)


@SEGMENT_SUM.gradient
def _segment_sum_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None]:
    from evergraph.ops.array_gather import gather

    return gather(d_output, op.inputs[1]), None


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Compute the sum of the slices of each number.

    Args:
        data: numeric, `[n, ...]`.
        segment_ids: int32 or int64, `[n]`, ascending.
        name: name of the operation; "SegmentSum" when None.

    Returns:
        Tensor `[last id + 1, ...]`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, the numbers don't ascend.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = SEGMENT_SUM(data, segment_ids, name=name)
    return result


SEGMENT_MEAN = register_op(
    "SegmentMean",
    inputs="data: T, segment_ids: Tindices",
    outputs="output: T",
    attrs={"T": NUMERIC, "Tindices": INDEX},
    shape=_segment_shape,
    numpy_only=True,
)


@SEGMENT_MEAN.kernel
def _segment_mean(xp: Namespace, data: Array, segment_ids: Array) -> Array:
    _check_ids(xp, data, segment_ids)
    return xp.segment_mean(data, segment_ids)


@SEGMENT_MEAN.gradient
def _segment_mean_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None]:
    from evergraph.ops.array_gather import gather

    data, segment_ids = op.inputs
    rank = array_shape.rank(data)
    ones_shape = array_concat.concat(
        [array_shape.shape(segment_ids), fills.fill(array_shape.expand_dims(rank - 1, 0), 1)], 0
    )
    ones = fills.fill(ones_shape, constant(1, dtype=d_output.dtype))
    scaled = divide(d_output, segment_sum(ones, segment_ids))
    return gather(scaled, segment_ids), None


def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Compute the mean of the slices of each number.

    Args:
        data: numeric, `[n, ...]`.
        segment_ids: int32 or int64, `[n]`, ascending.
        name: name of the operation; "SegmentMean" when None.

    Returns:
        Tensor `[last id + 1, ...]`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, the numbers don't ascend.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = SEGMENT_MEAN(data, segment_ids, name=name)
    return result


SEGMENT_PROD = register_op(
    "SegmentProd",
    inputs="data: T, segment_ids: Tindices",
    outputs="output: T",
    attrs={"T": NUMERIC, "Tindices": INDEX},
    shape=_segment_shape,
    numpy_only=True,
)


@SEGMENT_PROD.kernel
def _segment_prod(xp: Namespace, data: Array, segment_ids: Array) -> Array:
    _check_ids(xp, data, segment_ids)
    return xp.segment_prod(data, segment_ids)


def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Compute the product of the slices of each number.

    Args:
        data: numeric, `[n, ...]`.
        segment_ids: int32 or int64, `[n]`, ascending.
        name: name of the operation; "SegmentProd" when None.

    Returns:
        Tensor `[last id + 1, ...]`; 1 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, the numbers don't ascend.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = SEGMENT_PROD(data, segment_ids, name=name)
    return result


def _segment_extreme_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None]:
    """Share the gradient evenly among the elements that are equal to the extreme."""
    from evergraph.ops.array_gather import gather
    from evergraph.ops.select import where

    data, segment_ids = op.inputs
    zeros = fills.zeros_like(data, dtype=data.dtype)
    gathered = gather(op.outputs[0], segment_ids)
    is_selected = equal(data, gathered)
    count = segment_sum(cast(is_selected, d_output.dtype), segment_ids)
    weighted = divide(d_output, count)
    return where(is_selected, gather(weighted, segment_ids), zeros), None


SEGMENT_MAX = register_op(
    "SegmentMax",
    inputs="data: T, segment_ids: Tindices",
    outputs="output: T",
    attrs={"T": REAL_NUMERIC, "Tindices": INDEX},
    shape=_segment_shape,
    numpy_only=True,
)


@SEGMENT_MAX.kernel
def _segment_max(xp: Namespace, data: Array, segment_ids: Array) -> Array:
    _check_ids(xp, data, segment_ids)
    return xp.segment_max(data, segment_ids)


SEGMENT_MAX.gradient(_segment_extreme_gradient)


def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Find the largest elements of the slices of each number.

    Args:
        data: real numbers, `[n, ...]`.
        segment_ids: int32 or int64, `[n]`, ascending.
        name: name of the operation; "SegmentMax" when None.

    Returns:
        Tensor `[last id + 1, ...]`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, the numbers don't ascend.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = SEGMENT_MAX(data, segment_ids, name=name)
    return result


SEGMENT_MIN = register_op(
    "SegmentMin",
    inputs="data: T, segment_ids: Tindices",
    outputs="output: T",
    attrs={"T": REAL_NUMERIC, "Tindices": INDEX},
    shape=_segment_shape,
    numpy_only=True,
)


@SEGMENT_MIN.kernel
def _segment_min(xp: Namespace, data: Array, segment_ids: Array) -> Array:
    _check_ids(xp, data, segment_ids)
    return xp.segment_min(data, segment_ids)


SEGMENT_MIN.gradient(_segment_extreme_gradient)


def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Find the least elements of the slices of each number.

    Args:
        data: real numbers, `[n, ...]`.
        segment_ids: int32 or int64, `[n]`, ascending.
        name: name of the operation; "SegmentMin" when None.

    Returns:
        Tensor `[last id + 1, ...]`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, the numbers don't ascend.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = SEGMENT_MIN(data, segment_ids, name=name)
    return result
