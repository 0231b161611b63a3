"""Partitioners: into how many slices a variable of some shape is cut."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.variables.variable_scope import _get_partitioned_variable, variable_scope

Partitioner = Callable[..., list[int]]


def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Partitioner:
    """A partitioner that makes slices of at most `max_shard_bytes` bytes along one axis.

    Args:
        max_shard_bytes: bytes of a slice.
        axis: axis to cut.
        bytes_per_string_element: what an element counts for when it is a string.
        max_shards: most slices to make; no limit when None.

    Raises:
        ValueError: an argument isn't positive.

    Reference: TensorFlow 1.15, tensorflow/python/ops/partitioned_variables.py.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        if not isinstance(shape, TensorShape):
            raise ValueError(f"shape is not a TensorShape: {shape}")
        if not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        if not isinstance(dtype, dtypes.DType):
            raise ValueError(f"dtype is not a DType: {dtype}")
        sizes: list[Any] = shape.as_list()
        element_bytes = _element_bytes(dtype, bytes_per_string_element)
        slice_bytes = math.prod(sizes) / sizes[axis] * element_bytes
        slices_per_shard = max(1, math.floor(max_shard_bytes / slice_bytes))
        count = math.ceil(sizes[axis] / slices_per_shard)
        return _cut(len(sizes), axis, min(max_shards, count) if max_shards else count)

    return partitioner


def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Partitioner:
    """A partitioner that makes at most `max_partitions` slices, of at least `min_slice_size` bytes.

    Args:
        max_partitions: most slices to make.
        axis: axis to cut.
        min_slice_size: bytes of a slice.
        bytes_per_string_element: what an element counts for when it is a string.

    Reference: TensorFlow 1.15, tensorflow/python/ops/partitioned_variables.py.
    """

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        if axis >= len(shape):
            raise ValueError(
                f"Can not partition variable along axis {axis} when shape is only {shape}"
            )
        sizes = shape.as_list()
        total = math.prod(sizes) * _element_bytes(dtype, bytes_per_string_element)
        count = min(sizes[axis], max_partitions, math.ceil(total / min_slice_size))
        return _cut(len(sizes), axis, max(1, count))

    return partitioner


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """A partitioner that makes `num_shards` slices along one axis.

    Args:
        num_shards: number of slices; fewer when the axis is shorter.
        axis: axis to cut.

    Reference: TensorFlow 1.15, tensorflow/python/ops/partitioned_variables.py.
    """

    def partitioner(shape: Any, **unused: Any) -> list[int]:
        return _cut(len(shape), axis, min(num_shards, shape.as_list()[axis]))

    return partitioner


def _element_bytes(dtype: Any, string_bytes: int) -> int:
    return string_bytes if dtype.base_dtype == dtypes.string else int(dtype.size)


def _cut(rank: int, axis: int, count: int) -> list[int]:
    partitions = [1] * rank
    partitions[axis] = count
    return partitions


def create_partitioned_variables(
    shape: Any,
    slicing: Sequence[int],
    initializer: Any,
    dtype: Any = dtypes.float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> list[Any]:
    """Variables that are the slices of one, `slicing[i]` along axis i.

    Args:
        shape: shape of the whole.
        slicing: number of slices along each axis; at most one isn't 1.
        initializer: as for `tf.get_variable`.
        dtype: type of the elements.
        trainable: whether they join the trainable variables.
        collections: names of collections to join.
        name: variable scope; "PartitionedVariable", made unique, when None.
        reuse: as for `tf.variable_scope`.

    Raises:
        ValueError: `shape` and `slicing` don't fit.

    Reference: TensorFlow 1.15, tensorflow/python/ops/partitioned_variables.py.
    """
    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: "
            f"shape: {shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse):
        whole = _get_partitioned_variable(
            name=None,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable,
            partitioner=lambda **unused: slicing,
            collections=collections,
        )
        return list(whole)
