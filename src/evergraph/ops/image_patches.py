"""Patches of images and volumes: ExtractImagePatches, ExtractVolumePatches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError, UnimplementedError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_concat import concat
from evergraph.ops.array_layout import transpose
from evergraph.ops.array_shape import expand_dims, one_of, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.fills import ones
from evergraph.ops.sequences import range as range_of
from evergraph.ops.sparse_dense import sparse_tensor_dense_matmul
from evergraph.ops.sparse_rows import sparse_slice
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_TYPES = "{float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"


def _window(
    size: int | None, width: int, stride: int, rate: int, padding: bytes
) -> tuple[int | None, int, int]:
    """Number of windows along a dimension, and the zeros before and after it."""
    reach = width + (width - 1) * (rate - 1)
    if size is None:
        return None, 0, 0
    if padding == b"VALID":
        count = (size - reach + stride) // stride
        if count < 0:
            raise ValueError(
                f"Computed output size would be negative: {count} [input_size: {size}, "
                f"effective_filter_size: {reach}, stride: {stride}]"
            )
        return count, 0, 0
    count = -(-size // stride)
    missing = max(0, (count - 1) * stride + reach - size)
    return count, missing // 2, missing - missing // 2


def _patches_shape(c: ShapeContext, rates: Sequence[int]) -> TensorShape:
    ksizes, strides = c.attr("ksizes"), c.attr("strides")
    rank = len(rates)
    source = with_rank(c.inputs[0], rank)
    for word, values in (("ksizes", ksizes), ("strides", strides), ("rates", rates)):
        if len(values) != rank:
            raise ValueError(
                f"The attribute '{word}' must contain {rank} values, but got: {len(values)}"
            )
    dims = source.as_list()
    counts = [
        _window(dims[i], ksizes[i], strides[i], rates[i], c.attr("padding"))[0]
        for i in range(1, rank - 1)
    ]
    volume = int(np.prod(ksizes[1:-1]))
    depth = None if dims[-1] is None else dims[-1] * volume
    if None in counts:
        # Whatever the others are; and for volumes a dimension short, as TensorFlow 1.15 has it.
        return TensorShape([dims[0], None, None, depth])
    return TensorShape([dims[0], *counts, depth])


def _patches(
    xp: Namespace,
    x: Array,
    ksizes: Sequence[int],
    strides: Sequence[int],
    rates: Sequence[int],
    padding: bytes,
) -> Array:
    """The elements of each window of the padded input, joined in the depth."""
    sizes = [int(s) for s in xp.shape(x)]
    if len(sizes) != len(ksizes):
        found = ",".join(map(str, sizes))
        raise InvalidArgumentError(None, None, f"input must be {len(ksizes)}-dimensional[{found}]")
    for word, values in (("ksizes", ksizes), ("strides", strides), ("rates", rates)):
        if values[0] != 1 or values[-1] != 1:
            raise UnimplementedError(None, None, f"Only support {word} across space.")
    inner = range(1, len(sizes) - 1)
    windows = [_window(sizes[i], ksizes[i], strides[i], rates[i], padding) for i in inner]
    x = xp.pad(x, [(0, 0), *((before, after) for _, before, after in windows), (0, 0)])
    padded = [int(s) for s in xp.shape(x)]
    counts = [int(count or 0) for count, _, _ in windows]
    places = _places(padded[1:-1], counts, ksizes[1:-1], strides[1:-1], rates[1:-1])
    flat = xp.reshape(x, (padded[0], int(np.prod(padded[1:-1])), padded[-1]))
    depth = padded[-1] * int(np.prod(ksizes[1:-1]))
    return xp.reshape(xp.gather(flat, places, 1), (padded[0], *counts, depth))


def _places(
    sizes: Sequence[int],
    counts: Sequence[int],
    ksizes: Sequence[int],
    strides: Sequence[int],
    rates: Sequence[int],
) -> np.ndarray:
    """Where the elements of all windows lie in the flattened input, window after window.

    They are known values on purpose: an executable that computes them takes four times as long.
    """
    rank = len(sizes)
    total: np.ndarray = np.zeros((1,) * (2 * rank), np.int32)
    for axis, (count, width) in enumerate(zip(counts, ksizes, strict=True)):
        along = np.arange(count)[:, np.newaxis] * strides[axis] + np.arange(width) * rates[axis]
        shape = [1] * (2 * rank)
        shape[axis], shape[rank + axis] = count, width
        pitch = int(np.prod(sizes[axis + 1 :]))
        total = total + (along * pitch).astype(np.int32).reshape(shape)
    return total.ravel()


EXTRACT_IMAGE_PATCHES = register_op(
    "ExtractImagePatches",
    inputs="images: T",
    outputs="patches: T",
    attrs={
        "ksizes": "list(int) >= 4",
        "strides": "list(int) >= 4",
        "rates": "list(int) >= 4",
        "T": _TYPES,
        "padding": "{'SAME', 'VALID'}",
    },
    shape=lambda c: _patches_shape(c, c.attr("rates")),
)


@EXTRACT_IMAGE_PATCHES.kernel
def _extract_image_patches(
    xp: Namespace,
    images: Array,
    *,
    ksizes: list[int],
    strides: list[int],
    rates: list[int],
    padding: bytes,
) -> Array:
    return _patches(xp, images, ksizes, strides, rates, padding)


@EXTRACT_IMAGE_PATCHES.gradient
def _extract_image_patches_gradient(op: Operation, d_patches: Tensor) -> list[Tensor]:
    attrs = {key: op.get_attr(key) for key in ("ksizes", "strides", "rates", "padding")}
    sizes: Any = shape_of(op.inputs[0], out_type=dtypes.int64)
    batch, rows_in, columns_in, channels = sizes[0], sizes[1], sizes[2], sizes[3]
    # Number the places of the input from 1 (0 is padding) and see where each patch took them.
    input_count = 1 + rows_in * columns_in
    numbers = range_of(1, input_count, dtype=dtypes.int64)
    numbers = reshape(numbers, (1, rows_in, columns_in, 1))
    taken = EXTRACT_IMAGE_PATCHES(numbers, **attrs)
    output_sizes: Any = shape_of(op.outputs[0], out_type=dtypes.int64)
    rows_out, columns_out = output_sizes[1], output_sizes[2]
    _, height, width, _ = attrs["ksizes"]
    output_count = rows_out * columns_out * height * width
    places = range_of(output_count, dtype=dtypes.int64)
    places = reshape(places, (1, rows_out, columns_out, height * width))
    jacobian = _jacobian(taken, places, (input_count, output_count), d_patches)
    split = (batch, rows_out, columns_out, height, width, channels)
    d_patches = transpose(reshape(d_patches, split), (1, 2, 3, 4, 0, 5))
    d_flat = sparse_tensor_dense_matmul(jacobian, reshape(d_patches, (-1, batch * channels)))
    d_images = reshape(d_flat, (rows_in, columns_in, batch, channels))
    return [transpose(d_images, (2, 0, 1, 3))]


def _jacobian(taken: Any, places: Any, sizes: tuple[Any, Any], d_patches: Tensor) -> SparseTensor:
    """The sparse matrix with a one where an output element was taken from an input element."""
    pairs = concat([expand_dims(taken, axis=-1), expand_dims(places, axis=-1)], axis=-1)
    input_count, output_count = sizes
    pairs = reshape(pairs, (-1, 2))
    whole = SparseTensor(pairs, ones([output_count], dtype=d_patches.dtype), sizes)
    return sparse_slice(whole, (1, 0), (input_count - 1, output_count))


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """Patches of images, each flattened into the depth.

    Args:
        images: `[batch, height, width, depth]`.
        ksizes: `[1, height, width, 1]` of a patch.
        strides: `[1, rows, columns, 1]` from patch to patch.
        rates: `[1, rows, columns, 1]` from element to element within a patch.
        padding: "SAME" or "VALID".
        name: name of the operation; "ExtractImagePatches" when None.
        sizes: newer name of `ksizes`.

    Returns:
        `[batch, rows, columns, height * width * depth]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/extract_image_patches_op.cc.
    """
    ksizes = one_of("sizes", sizes, "ksizes", ksizes)
    result: Tensor = EXTRACT_IMAGE_PATCHES(
        images, ksizes=ksizes, strides=strides, rates=rates, padding=padding, name=name
    )
    return result


EXTRACT_VOLUME_PATCHES = register_op(
    "ExtractVolumePatches",
    inputs="input: T",
    outputs="patches: T",
    attrs={
        "ksizes": "list(int) >= 5",
        "strides": "list(int) >= 5",
        "T": _TYPES,
        "padding": "{'SAME', 'VALID'}",
    },
    shape=lambda c: _patches_shape(c, [1] * 5),
)


@EXTRACT_VOLUME_PATCHES.kernel
def _extract_volume_patches(
    xp: Namespace, x: Array, *, ksizes: list[int], strides: list[int], padding: bytes
) -> Array:
    return _patches(xp, x, ksizes, strides, [1] * 5, padding)


@EXTRACT_VOLUME_PATCHES.gradient
def _extract_volume_patches_gradient(op: Operation, d_patches: Tensor) -> list[Tensor]:
    attrs = {key: op.get_attr(key) for key in ("ksizes", "strides", "padding")}
    _, planes_in, rows_in, columns_in, _ = op.inputs[0].shape.as_list()
    sizes: Any = shape_of(op.inputs[0])
    batch, channels = sizes[0], sizes[4]
    input_count = 1 + planes_in * rows_in * columns_in  # type: ignore[operator]  # known, as in TensorFlow
    numbers = range_of(1, input_count, dtype=dtypes.int64)
    numbers = reshape(numbers, (1, planes_in, rows_in, columns_in, 1))
    taken = EXTRACT_VOLUME_PATCHES(numbers, **attrs)
    _, planes_out, rows_out, columns_out, _ = op.outputs[0].shape.as_list()
    _, depth, height, width, _ = attrs["ksizes"]
    volume = depth * height * width
    output_count = planes_out * rows_out * columns_out * volume  # type: ignore[operator]  # known
    places = range_of(output_count, dtype=dtypes.int64)
    places = reshape(places, (1, planes_out, rows_out, columns_out, volume))
    jacobian = _jacobian(taken, places, (input_count, output_count), d_patches)
    split = (batch, planes_out, rows_out, columns_out, depth, height, width, channels)
    d_patches = transpose(reshape(d_patches, split), (1, 2, 3, 4, 5, 6, 0, 7))
    d_flat = sparse_tensor_dense_matmul(jacobian, reshape(d_patches, (-1, batch * channels)))
    d_input = reshape(d_flat, (planes_in, rows_in, columns_in, batch, channels))
    return [transpose(d_input, (3, 0, 1, 2, 4))]


def extract_volume_patches(
    input: Any,
    ksizes: Any,
    strides: Any,
    padding: Any,
    name: str | None = None,
) -> Tensor:
    """Patches of volumes, each flattened into the depth.

    Args:
        input: `[batch, planes, height, width, depth]`.
        ksizes: `[1, planes, height, width, 1]` of a patch.
        strides: `[1, planes, rows, columns, 1]` from patch to patch.
        padding: "SAME" or "VALID".
        name: name of the operation; "ExtractVolumePatches" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/extract_volume_patches_op.cc.
    """
    result: Tensor = EXTRACT_VOLUME_PATCHES(
        input, ksizes=ksizes, strides=strides, padding=padding, name=name
    )
    return result
