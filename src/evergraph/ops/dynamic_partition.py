"""Rows sent to parts by number, and parts put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops import array_shape
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge
from evergraph.registry.shape_inference import ShapeContext


def _prefix_rest(data: TensorShape, prefix: TensorShape) -> TensorShape:
    """What remains of `data`'s shape, which must begin with `prefix`."""
    if data.ndims is None or prefix.ndims is None:
        return TensorShape(None)
    merge(TensorShape(data.as_list()[: prefix.ndims]), prefix)
    return TensorShape(data.as_list()[prefix.ndims :])


def _partition_shape(c: ShapeContext) -> list[TensorShape]:
    rest = _prefix_rest(c.inputs[0], c.inputs[1])
    part = TensorShape(None) if rest.ndims is None else TensorShape([None, *rest.as_list()])
    return [part] * c.output_count


DYNAMIC_PARTITION = register_op(
    "DynamicPartition",
    inputs="data: T, partitions: int32",
    outputs="outputs: num_partitions * T",
    attrs={"num_partitions": "int >= 1", "T": "type"},
    shape=_partition_shape,
    numpy_only=True,
)


@DYNAMIC_PARTITION.kernel
def _dynamic_partition(
    xp: Namespace, data: np.ndarray, partitions: np.ndarray, *, num_partitions: int
) -> list[np.ndarray]:
    xp.check_indices(partitions, num_partitions, _partition_message)
    return [data[partitions == part] for part in range(num_partitions)]


def _partition_message(place: str, index: int, limit: int) -> str:
    return f"partitions{place} = {index} is not in [0, {limit})"


@DYNAMIC_PARTITION.gradient
def _dynamic_partition_gradient(op: Operation, *d_outputs: Tensor) -> list[Tensor | None]:
    from evergraph.ops.math_reduction import reduce_prod
    from evergraph.ops.sequences import range

    data, partitions = op.inputs
    count = op.get_attr("num_partitions")
    prefix_shape = array_shape.shape(partitions)
    places = array_shape.reshape(range(reduce_prod(prefix_shape)), prefix_shape)
    indices = dynamic_partition(places, partitions, count)
    d_rows = dynamic_stitch(indices, list(d_outputs))
    return [array_shape.reshape(d_rows, array_shape.shape(data)), None]


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """Send each slice data[i] to the part partitions[i].

    Args:
        data: any dtype, shape `partitions.shape + rest`.
        partitions: int32, any shape, from 0 to num_partitions - 1.
        num_partitions: how many parts.
        name: name of the operation; "DynamicPartition" when None.

    Returns:
        List of num_partitions tensors `[n] + rest`, the slices in their order.

    Raises:
        tf.errors.InvalidArgumentError: while running, a number is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/dynamic_partition_op.cc.
    """
    result: list[Tensor] = DYNAMIC_PARTITION(
        data, partitions, num_partitions=num_partitions, name=name
    )
    return result


def _stitch_shape(c: ShapeContext) -> TensorShape:
    count = c.attr("N")
    rest = TensorShape(None)
    largest: int | None = -1
    for i in range(count):
        indices, data = c.inputs[i], c.inputs[count + i]
        extra = _prefix_rest(data, indices)
        rest = merge(extra, rest)
        value = c.constant(i)
        if value is None:
            largest = None
        elif largest is not None and value.size:
            largest = max(largest, int(value.max()))
    if rest.ndims is None:
        return TensorShape(None)
    return TensorShape([None if largest is None else largest + 1, *rest.as_list()])


DYNAMIC_STITCH = register_op(
    "DynamicStitch",
    inputs="indices: N * int32, data: N * T",
    outputs="merged: T",
    attrs={"N": "int >= 1", "T": "type"},
    shape=_stitch_shape,
    static_inputs=("indices",),
)


@DYNAMIC_STITCH.kernel
def _dynamic_stitch(xp: Namespace, indices: Sequence[np.ndarray], data: Sequence[Array]) -> Array:
    return _stitched(xp, indices, data)


def _stitched(xp: Namespace, indices: Sequence[np.ndarray], data: Sequence[Array]) -> Array:
    """Row `i` of the result is the last slice of `data` whose index is `i`."""
    flat = np.concatenate([np.ravel(part) for part in indices]) if indices else np.zeros(0, int)
    xp.check(bool((flat >= 0).all()), "InvalidArgumentError", lambda: _negative_text(flat))
    rows = []
    for part, values in zip(indices, data, strict=True):
        rest = tuple(xp.shape(values))[np.ndim(part) :]
        rows.append(xp.reshape(values, (int(np.size(part)), *rest)))
    joined = xp.concatenate(rows, 0)
    size = int(flat.max()) + 1 if flat.size else 0
    # Where an index has no slice TensorFlow leaves memory as it is; here it is the first slice.
    source = np.zeros(size, np.int64)
    source[flat] = np.arange(flat.size)  # of equal indices the last counts
    return xp.gather(joined, source, 0)


def _negative_text(flat: np.ndarray) -> str:
    return f"indices[{int(np.argmax(flat < 0))}] is out of range"


@DYNAMIC_STITCH.gradient
def _stitch_gradient(op: Operation, d_merged: Any) -> list[Any]:
    from evergraph.ops.array_gather import gather
    from evergraph.ops.math_segment import unsorted_segment_sum

    count = len(op.inputs) // 2
    indices = op.inputs[:count]
    if isinstance(d_merged, IndexedSlices):
        shape = array_shape.shape(op.outputs[0])
        d_merged = unsorted_segment_sum(d_merged.values, d_merged.indices, shape[0])
    return [None] * count + [gather(d_merged, index) for index in indices]


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """Put slices together: merged[indices[m][i]] = data[m][i].

    Args:
        indices: list of int32 tensors.
        data: list of as many tensors; each shape begins with that of its indices.
        name: name of the operation; "DynamicStitch" when None.

    Returns:
        Tensor with max(indices) + 1 rows; where an index comes twice the last one counts.

    Raises:
        tf.errors.InvalidArgumentError: while running, a negative index.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/dynamic_stitch_op.cc.
    """
    result: Tensor = DYNAMIC_STITCH(indices, data, name=name)
    return result


PARALLEL_DYNAMIC_STITCH = register_op(
    "ParallelDynamicStitch",
    inputs="indices: N * int32, data: N * T",
    outputs="merged: T",
    attrs={"N": "int >= 1", "T": "type"},
    shape=_stitch_shape,
    static_inputs=("indices",),
)


@PARALLEL_DYNAMIC_STITCH.kernel
def _parallel_dynamic_stitch(
    xp: Namespace, indices: Sequence[np.ndarray], data: Sequence[Array]
) -> Array:
    return _stitched(xp, indices, data)


PARALLEL_DYNAMIC_STITCH.gradient(_stitch_gradient)


def parallel_dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """Put slices together as `dynamic_stitch`; which of two with one index counts is open.

    Args:
        indices: list of int32 tensors.
        data: list of as many tensors; each shape begins with that of its indices.
        name: name of the operation; "ParallelDynamicStitch" when None.

    Returns:
        Tensor with max(indices) + 1 rows.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/dynamic_stitch_op.cc.
    """
    result: Tensor = PARALLEL_DYNAMIC_STITCH(indices, data, name=name)
    return result
