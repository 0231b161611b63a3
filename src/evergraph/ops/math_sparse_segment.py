"""Sums and means of chosen rows that share a segment number; sparse segments.

Each is the segment reduction of data[indices], in one operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops import array_shape
from evergraph.ops.math_segment import unsorted_segment_sum
from evergraph.ops.type_lists import SINGLE_OR_DOUBLE
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import merge, with_rank, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _rows_shape(c: ShapeContext) -> TensorShape:
    data = with_rank_at_least(c.inputs[0], 1)
    indices, segment_ids = with_rank(c.inputs[1], 1), with_rank(c.inputs[2], 1)
    merge(indices, segment_ids)
    rows: int | None = None
    if len(c.inputs) == 4:
        with_rank(c.inputs[3], 0)
        count = c.constant(3)
        rows = None if count is None else int(count)
        if rows is not None and rows < 0:
            raise ValueError("Cannot specify a negative value for num_segments")
    return data if data.ndims is None else TensorShape([rows, *data.as_list()[1:]])


def _reduced(
    xp: Namespace,
    data: Array,
    indices: Array,
    segment_ids: Array,
    num_segments: np.ndarray | None,
    power: float,
) -> Array:
    """The sum of data[indices] in each segment, divided by count^power."""
    xp.check(
        xp.shape(indices) == xp.shape(segment_ids),
        "InvalidArgumentError",
        "segment_ids and indices should have same size.",
    )
    rows = None if num_segments is None else int(num_segments)
    if rows is not None:
        largest = xp.max(segment_ids, 0) if xp.shape(segment_ids)[0] else -1
        xp.check(
            xp.less(largest, rows),
            "InvalidArgumentError",
            "segment ids must be < num_segments",
        )
    gathered = xp.gather(data, indices, 0, message=_index_message)
    total = xp.segment_sum(gathered, segment_ids, rows)
    if not power:
        return total
    return xp.true_divide(total, _divisors(xp, segment_ids, total, power))


def _divisors(xp: Namespace, segment_ids: Array, total: Array, power: float) -> Array:
    """count^power of each segment, 1 for an empty one, in a shape that broadcasts with `total`."""
    rows = int(xp.shape(total)[0])
    counts = xp.maximum(xp.bincount(segment_ids, rows, None, total.dtype), 1)
    counts = xp.sqrt(counts) if power == 0.5 else counts
    return xp.reshape(counts, (rows, *(1,) * (total.ndim - 1)))


def _index_message(place: str, index: int, limit: int) -> str:
    return f"Bad: indices{place} == {index} out of range [0, {limit})"


Gradient = Callable[[Operation, Tensor], Tensor]


def _of_rows(name: str, allowed: Any, power: float, d_data: Gradient) -> OpDef:
    """The op that reduces chosen rows of `data`, as many segments as there are."""
    op_def = register_op(
        name,
        inputs="data: T, indices: Tidx, segment_ids: int32",
        outputs="output: T",
        attrs={"T": allowed, "Tidx": (INDEX, dtypes.int32)},
        shape=_rows_shape,
        numpy_only=True,
    )

    @op_def.kernel
    def kernel(xp: Namespace, data: Array, indices: Array, segment_ids: Array) -> Array:
        return _reduced(xp, data, indices, segment_ids, None, power)

    @op_def.gradient
    def gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
        return d_data(op, d_output), None, None

    return op_def


def _of_rows_counted(name: str, allowed: Any, power: float, d_data: Gradient) -> OpDef:
    """As `_of_rows`, with the number of segments as a last input."""
    op_def = register_op(
        name,
        inputs="data: T, indices: Tidx, segment_ids: int32, num_segments: Tnumsegments",
        outputs="output: T",
        attrs={"T": allowed, "Tidx": (INDEX, dtypes.int32), "Tnumsegments": (INDEX, dtypes.int32)},
        shape=_rows_shape,
        static_inputs=("num_segments",),
    )

    @op_def.kernel
    def kernel(
        xp: Namespace, data: Array, indices: Array, segment_ids: Array, num_segments: np.ndarray
    ) -> Array:
        return _reduced(xp, data, indices, segment_ids, num_segments, power)

    @op_def.gradient
    def gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
        return d_data(op, d_output), None, None, None

    return op_def


def _reduce_rows(
    ops: tuple[OpDef, OpDef],
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any,
    name: str | None,
) -> Tensor:
    plain, counted = ops
    result: Tensor
    if num_segments is None:
        result = plain(data, indices, segment_ids, name=name)
    else:
        result = counted(data, indices, segment_ids, num_segments, name=name)
    return result


def _d_data_of_sum(op: Operation, d_output: Tensor) -> Tensor:
    from evergraph.ops.array_gather import gather

    rows = array_shape.shape(op.inputs[0])[0]
    return unsorted_segment_sum(gather(d_output, op.inputs[2]), op.inputs[1], rows)


_SUMS = (
    _of_rows("SparseSegmentSum", REAL_NUMERIC, 0, _d_data_of_sum),
    _of_rows_counted("SparseSegmentSumWithNumSegments", REAL_NUMERIC, 0, _d_data_of_sum),
)


def sparse_segment_sum(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
) -> Tensor:
    """Compute the sum of chosen rows in each segment.

    Args:
        data: real numbers, `[rows, ...]`.
        indices: int32 or int64, `[n]`: which rows.
        segment_ids: int32, `[n]`, ascending: where each belongs.
        name: name of the operation; "SparseSegmentSum" when None.
        num_segments: how many rows the result has; the last number + 1 when None.

    Returns:
        Tensor `[num_segments, ...]`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, an index or a number is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    return _reduce_rows(_SUMS, data, indices, segment_ids, num_segments, name)


def _gradient_shape(c: ShapeContext) -> TensorShape:
    d_output = with_rank_at_least(c.inputs[0], 1)
    merge(with_rank(c.inputs[1], 1), with_rank(c.inputs[2], 1))
    with_rank(c.inputs[3], 0)
    rows = c.constant(3)
    if d_output.ndims is None:
        return d_output
    return TensorShape([None if rows is None else int(rows), *d_output.as_list()[1:]])


def _spread(
    xp: Namespace,
    grad: Array,
    indices: Array,
    segment_ids: Array,
    output_dim0: np.ndarray,
    power: float,
) -> Array:
    """The gradient of rows: each row's share of its segments' gradients."""
    rows = int(output_dim0)
    xp.check_indices(segment_ids, xp.shape(grad)[0], lambda *_: "Invalid number of segments")
    xp.check_indices(
        indices, rows, lambda _, index, limit: f"Index {index} out of range [0, {limit})."
    )
    scaled = xp.true_divide(grad, _divisors(xp, segment_ids, grad, power))
    return xp.unsorted_segment_sum(xp.gather(scaled, segment_ids, 0), indices, rows)


def _gradient_op(name: str, power: float) -> OpDef:
    """The op that gives each row its share of its segments' gradients."""
    op_def = register_op(
        name,
        inputs="grad: T, indices: Tidx, segment_ids: int32, output_dim0: int32",
        outputs="output: T",
        attrs={"T": SINGLE_OR_DOUBLE, "Tidx": (INDEX, dtypes.int32)},
        shape=_gradient_shape,
        static_inputs=("output_dim0",),
    )

    @op_def.kernel
    def kernel(
        xp: Namespace, grad: Array, indices: Array, segment_ids: Array, output_dim0: np.ndarray
    ) -> Array:
        return _spread(xp, grad, indices, segment_ids, output_dim0, power)

    return op_def


def _by(gradient_op: OpDef) -> Gradient:
    """The gradient of `data`, made by one operation."""

    def d_data(op: Operation, d_output: Tensor) -> Tensor:
        rows = array_shape.shape(op.inputs[0])[0]
        result: Tensor = gradient_op(d_output, op.inputs[1], op.inputs[2], rows)
        return result

    return d_data


_D_MEAN = _by(_gradient_op("SparseSegmentMeanGrad", 1))
_MEANS = (
    _of_rows("SparseSegmentMean", SINGLE_OR_DOUBLE, 1, _D_MEAN),
    _of_rows_counted("SparseSegmentMeanWithNumSegments", SINGLE_OR_DOUBLE, 1, _D_MEAN),
)


def sparse_segment_mean(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
) -> Tensor:
    """Compute the mean of chosen rows in each segment.

    Args:
        data: floating, `[rows, ...]`.
        indices: int32 or int64, `[n]`: which rows.
        segment_ids: int32, `[n]`, ascending: where each belongs.
        name: name of the operation; "SparseSegmentMean" when None.
        num_segments: how many rows the result has; the last number + 1 when None.

    Returns:
        Tensor `[num_segments, ...]`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, an index or a number is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    return _reduce_rows(_MEANS, data, indices, segment_ids, num_segments, name)


_D_ROOT_MEAN = _by(_gradient_op("SparseSegmentSqrtNGrad", 0.5))
_ROOT_MEANS = (
    _of_rows("SparseSegmentSqrtN", SINGLE_OR_DOUBLE, 0.5, _D_ROOT_MEAN),
    _of_rows_counted("SparseSegmentSqrtNWithNumSegments", SINGLE_OR_DOUBLE, 0.5, _D_ROOT_MEAN),
)


def sparse_segment_sqrt_n(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
) -> Tensor:
    """Compute the sum, divided by the root of the count, of chosen rows in each segment.

    Args:
        data: floating, `[rows, ...]`.
        indices: int32 or int64, `[n]`: which rows.
        segment_ids: int32, `[n]`, ascending: where each belongs.
        name: name of the operation; "SparseSegmentSqrtN" when None.
        num_segments: how many rows the result has; the last number + 1 when None.

    Returns:
        Tensor `[num_segments, ...]`; 0 where a number doesn't occur.

    Raises:
        tf.errors.InvalidArgumentError: while running, an index or a number is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/segment_reduction_ops.cc.
    """
    return _reduce_rows(_ROOT_MEANS, data, indices, segment_ids, num_segments, name)
