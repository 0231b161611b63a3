"""Sums, products, means and extremes of slices that share a segment number, in any order."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, NUMERIC, REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_shape, fills
from evergraph.ops.cast import cast
from evergraph.ops.math_comparison import equal, greater, greater_equal, logical_and
from evergraph.ops.math_division import divide
from evergraph.ops.math_elementwise import MAXIMUM, maximum
from evergraph.ops.math_functions import sqrt
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import (
    merge_dims,
    size_of_input,
    with_rank,
    with_rank_at_least,
)
from evergraph.registry.shape_inference import ShapeContext


def _unsorted_shape(c: ShapeContext) -> TensorShape:
    data, ids = c.inputs[0], c.inputs[1]
    if data.ndims is None or ids.ndims is None:
        return TensorShape(None)
    merge_prefix(data, ids)
    with_rank(c.inputs[2], 0)
    return TensorShape([size_of_input(c, 2), *data.as_list()[ids.ndims :]])


def merge_prefix(data: TensorShape, prefix: TensorShape) -> None:
    """Demand that the shape `data` begins with `prefix`."""
    with_rank_at_least(data, prefix.ndims or 0)
    for a, b in zip(data.as_list(), prefix.as_list(), strict=False):
        merge_dims(a, b)


def _check_prefix(xp: Namespace, data: Array, segment_ids: Array, num_segments: np.ndarray) -> int:
    ids_shape = tuple(xp.shape(segment_ids))
    xp.check(
        tuple(xp.shape(data))[: len(ids_shape)] == ids_shape,
        "InvalidArgumentError",
        f"data.shape = {_text(xp.shape(data))} does not start with segment_ids.shape = "
        f"{_text(ids_shape)}",
    )
    xp.check(
        np.ndim(num_segments) == 0,
        "InvalidArgumentError",
        f"num_segments should be a scalar, not shape {_text(np.shape(num_segments))}",
    )
    count = int(num_segments)
    xp.check(
        count >= 0,
        "InvalidArgumentError",
        f"Input num_segments == {count} must not be negative.",
    )
    return count


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _known_rank(x: Tensor) -> int:
    if x.shape.ndims is None:
        raise ValueError(f"{x.name} must have a known rank for this use of unsorted segments")
    return int(x.shape.ndims)


def _gather_drop_negatives(
    params: Tensor,
    ids: Tensor | None,
    clipped_ids: Tensor | None = None,
    is_positive: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gather rows, zeros where the number is negative; also what a second gather can use again."""
    from evergraph.ops.array_gather import gather
    from evergraph.ops.select import where

    if clipped_ids is None:
        clipped_ids = maximum(ids, fills.zeros_like(ids))
    gathered = gather(params, clipped_ids)
    if is_positive is None:
        is_positive = greater_equal(ids, 0)
        for _ in range(_known_rank(gathered) - _known_rank(is_positive)):
            is_positive = array_shape.expand_dims(is_positive, -1)
        is_positive = is_positive & fills.ones_like(gathered, dtype=dtypes.bool)
    zeros = fills.zeros_like(gathered)
    return where(is_positive, gathered, zeros), clipped_ids, is_positive


UNSORTED_SEGMENT_SUM = register_op(
    "UnsortedSegmentSum",
    inputs="data: T, segment_ids: Tindices, num_segments: Tnumsegments",
    outputs="output: T",
    attrs={"T": NUMERIC, "Tindices": INDEX, "Tnumsegments": (INDEX, dtypes.int32)},
    shape=_unsorted_shape,
    static_inputs=("num_segments",),
)


@UNSORTED_SEGMENT_SUM.kernel
def _unsorted_segment_sum(
    xp: Namespace, data: Array, segment_ids: Array, num_segments: np.ndarray
) -> Array:
    count = _check_prefix(xp, data, segment_ids, num_segments)
    return xp.unsorted_segment_sum(data, segment_ids, count)


@UNSORTED_SEGMENT_SUM.gradient
def _unsorted_segment_sum_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None, None]:
    return _gather_drop_negatives(d_output, op.inputs[1])[0], None, None


def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Compute the sum of the slices of each number.

    Args:
        data: numeric, `ids.shape + rest`.
        segment_ids: int32 or int64, any shape and order; negative ones drop their slices.
        num_segments: scalar, how many rows the result has.
        name: name of the operation; "UnsortedSegmentSum" when None.

    Returns:
        Tensor `[num_segments] + rest`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, a number isn't below `num_segments`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = UNSORTED_SEGMENT_SUM(data, segment_ids, num_segments, name=name)
    return result


def _unsorted_extreme_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None, None]:
    from evergraph.ops.select import where

    data, segment_ids, num_segments = op.inputs
    gathered, clipped, is_positive = _gather_drop_negatives(op.outputs[0], segment_ids)
    is_selected = logical_and(equal(data, gathered), is_positive)
    count = unsorted_segment_sum(cast(is_selected, d_output.dtype), segment_ids, num_segments)
    weighted = divide(d_output, count)
    d_gathered, _, _ = _gather_drop_negatives(weighted, None, clipped, is_positive)
    return where(is_selected, d_gathered, fills.zeros_like(d_gathered)), None, None


UNSORTED_SEGMENT_MAX = register_op(
    "UnsortedSegmentMax",
    inputs="data: T, segment_ids: Tindices, num_segments: Tnumsegments",
    outputs="output: T",
    attrs={"T": REAL_NUMERIC, "Tindices": INDEX, "Tnumsegments": (INDEX, dtypes.int32)},
    shape=_unsorted_shape,
    static_inputs=("num_segments",),
)


@UNSORTED_SEGMENT_MAX.kernel
def _unsorted_segment_max(
    xp: Namespace, data: Array, segment_ids: Array, num_segments: np.ndarray
) -> Array:
    count = _check_prefix(xp, data, segment_ids, num_segments)
    return xp.unsorted_segment_max(data, segment_ids, count)


UNSORTED_SEGMENT_MAX.gradient(_unsorted_extreme_gradient)


def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Find the largest elements of the slices of each number.

    Args:
        data: real numbers, `ids.shape + rest`.
        segment_ids: int32 or int64, any shape and order; negative ones drop their slices.
        num_segments: scalar, how many rows the result has.
        name: name of the operation; "UnsortedSegmentMax" when None.

    Returns:
        Tensor `[num_segments] + rest`; the dtype's minimum where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, a number isn't below `num_segments`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = UNSORTED_SEGMENT_MAX(data, segment_ids, num_segments, name=name)
    return result


UNSORTED_SEGMENT_MIN = register_op(
    "UnsortedSegmentMin",
    inputs="data: T, segment_ids: Tindices, num_segments: Tnumsegments",
    outputs="output: T",
    attrs={"T": REAL_NUMERIC, "Tindices": INDEX, "Tnumsegments": (INDEX, dtypes.int32)},
    shape=_unsorted_shape,
    static_inputs=("num_segments",),
)


@UNSORTED_SEGMENT_MIN.kernel
def _unsorted_segment_min(
    xp: Namespace, data: Array, segment_ids: Array, num_segments: np.ndarray
) -> Array:
    count = _check_prefix(xp, data, segment_ids, num_segments)
    return xp.unsorted_segment_min(data, segment_ids, count)


UNSORTED_SEGMENT_MIN.gradient(_unsorted_extreme_gradient)


def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Find the least elements of the slices of each number.

    Args:
        data: real numbers, `ids.shape + rest`.
        segment_ids: int32 or int64, any shape and order; negative ones drop their slices.
        num_segments: scalar, how many rows the result has.
        name: name of the operation; "UnsortedSegmentMin" when None.

    Returns:
        Tensor `[num_segments] + rest`; the dtype's maximum where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, a number isn't below `num_segments`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = UNSORTED_SEGMENT_MIN(data, segment_ids, num_segments, name=name)
    return result


UNSORTED_SEGMENT_PROD = register_op(
    "UnsortedSegmentProd",
    inputs="data: T, segment_ids: Tindices, num_segments: Tnumsegments",
    outputs="output: T",
    attrs={"T": NUMERIC, "Tindices": INDEX, "Tnumsegments": (INDEX, dtypes.int32)},
    shape=_unsorted_shape,
    static_inputs=("num_segments",),
)


@UNSORTED_SEGMENT_PROD.kernel
def _unsorted_segment_prod(
    xp: Namespace, data: Array, segment_ids: Array, num_segments: np.ndarray
) -> Array:
    count = _check_prefix(xp, data, segment_ids, num_segments)
    return xp.unsorted_segment_prod(data, segment_ids, count)


@UNSORTED_SEGMENT_PROD.gradient
def _unsorted_segment_prod_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None, None]:
    from evergraph.ops.array_gather import gather
    from evergraph.ops.select import where

    # The product divided by the element, but for zeros: a lone one gets the product of the others,
    # and with two in a segment every gradient is 0.
    data, segment_ids, num_segments = op.inputs
    is_zero = equal(data, 0)
    zero_count = UNSORTED_SEGMENT_SUM(cast(is_zero, dtype=dtypes.int32), segment_ids, num_segments)
    d_output = where(greater(zero_count, 1), fills.zeros_like(d_output), d_output)
    non_zero_data = where(is_zero, fills.ones_like(data), data)
    non_zero_product = UNSORTED_SEGMENT_PROD(non_zero_data, segment_ids, num_segments)
    clipped = maximum(segment_ids, fills.zeros_like(segment_ids))
    product = gather(op.outputs[0], clipped)
    product_of_others = gather(non_zero_product, clipped)
    partial = where(is_zero, product_of_others, product / data)
    d_gathered = _gather_drop_negatives(d_output, segment_ids, clipped)[0]
    return d_gathered * partial, None, None


def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Compute the product of the slices of each number.

    Args:
        data: numeric, `ids.shape + rest`.
        segment_ids: int32 or int64, any shape and order; negative ones drop their slices.
        num_segments: scalar, how many rows the result has.
        name: name of the operation; "UnsortedSegmentProd" when None.

    Returns:
        Tensor `[num_segments] + rest`; 1 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, a number isn't below `num_segments`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    result: Tensor = UNSORTED_SEGMENT_PROD(data, segment_ids, num_segments, name=name)
    return result


def _slice_counts(data: Tensor, segment_ids: Tensor, num_segments: Any) -> Tensor:
    """How many slices each number has, at least 1, in a shape that broadcasts with the result."""
    ones = fills.ones(array_shape.shape_internal(segment_ids), dtype=data.dtype)
    counts = UNSORTED_SEGMENT_SUM(ones, segment_ids, num_segments)
    rest = _known_rank(data) - _known_rank(segment_ids)
    counts = array_shape.reshape(counts, [num_segments] + [1] * rest)
    result: Tensor = MAXIMUM(counts, 1)
    return result


def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Compute the mean of the slices of each number.

    Args:
        data: numeric, `ids.shape + rest`.
        segment_ids: int32 or int64, any shape and order; negative ones drop their slices.
        num_segments: scalar, how many rows the result has.
        name: name of the operations' scope; "UnsortedSegmentMean" when None.

    Returns:
        Tensor `[num_segments] + rest`; 0 where a number doesn't occur.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "UnsortedSegmentMean"):
        data = convert_to_tensor(data)
        segment_ids = convert_to_tensor(segment_ids)
        counts = _slice_counts(data, segment_ids, num_segments)
        result: Tensor = UNSORTED_SEGMENT_SUM(data, segment_ids, num_segments) / counts
        return result


def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Compute the sum of the slices of each number, divided by the root of their count.

    Args:
        data: numeric, `ids.shape + rest`.
        segment_ids: int32 or int64, any shape and order; negative ones drop their slices.
        num_segments: scalar, how many rows the result has.
        name: name of the operations' scope; "UnsortedSegmentSqrtN" when None.

    Returns:
        Tensor `[num_segments] + rest`; 0 where a number doesn't occur.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "UnsortedSegmentSqrtN"):
        data = convert_to_tensor(data)
        segment_ids = convert_to_tensor(segment_ids)
        counts = _slice_counts(data, segment_ids, num_segments)
        total = UNSORTED_SEGMENT_SUM(data, segment_ids, num_segments)
        result: Tensor = total / sqrt(counts)
        return result
