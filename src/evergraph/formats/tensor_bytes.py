"""Tensors as the bytes of a V2 checkpoint: raw row-major numbers, or lengths and strings.

A string tensor is the length of each element (varint), the masked CRC of the lengths (each counted
as a uint32, or as a uint64 above 2^32 - 1), then all elements end to end. The checksum of the whole
covers the lengths in that fixed form too.

Reference: TensorFlow 1.15, tensorflow/core/util/tensor_bundle/tensor_bundle.cc.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np

from evergraph.core import dtypes, errors
from evergraph.core.dtypes import DType
from evergraph.formats.crc32c import crc32c, mask, unmask
from evergraph.formats.wire import read_varint, varint

_UINT32 = struct.Struct("<I")


def storage_dtype(dtype: DType) -> np.dtype[np.generic]:
    """NumPy's dtype for the stored elements of `dtype`, little-endian.

    Raises:
        UnimplementedError: resources and variants aren't stored.
    """
    base = dtype.base_dtype
    if not base.is_numpy_compatible:
        raise errors.UnimplementedError(None, None, f"Checkpoints cannot hold {base.name} tensors")
    numpy_dtype: np.dtype[np.generic] = np.dtype(base.as_numpy_dtype)
    return numpy_dtype.newbyteorder("<") if numpy_dtype.kind in "iufc" else numpy_dtype


def encode(array: np.ndarray, dtype: DType) -> tuple[bytes, int]:
    """The stored form of `array` and its CRC (unmasked)."""
    if dtype.base_dtype is dtypes.string:
        return _encode_strings(array)
    data = np.ascontiguousarray(array, storage_dtype(dtype)).tobytes()
    return data, crc32c(data)


def decode(data: bytes, dtype: DType, shape: tuple[int, ...], masked_crc: int) -> np.ndarray:
    """The array, its own copy, of which `data` is the stored form.

    Raises:
        DataLossError: a checksum or a size doesn't match.
    """
    if dtype.base_dtype is dtypes.string:
        return _decode_strings(data, shape, masked_crc)
    stored = storage_dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    if len(data) != count * stored.itemsize:
        message = (
            f"Invalid size in bundle entry: stored size {len(data)}; "
            f"expected size {count * stored.itemsize}"
        )
        raise errors.DataLossError(None, None, message)
    _check(crc32c(data), masked_crc)
    array = np.frombuffer(data, stored).reshape(shape)
    return array.astype(dtype.base_dtype.as_numpy_dtype, copy=True)


def _encode_strings(array: np.ndarray) -> tuple[bytes, int]:
    elements = [as_bytes(element) for element in np.asarray(array, object).reshape(-1)]
    lengths = _fixed_lengths(map(len, elements))
    lengths_crc = crc32c(lengths)
    stored_crc = _UINT32.pack(mask(lengths_crc))
    joined = b"".join(elements)
    data = b"".join([*(varint(len(element)) for element in elements), stored_crc, joined])
    return data, crc32c(joined, crc32c(stored_crc, lengths_crc))


def _decode_strings(data: bytes, shape: tuple[int, ...], masked_crc: int) -> np.ndarray:
    count = int(np.prod(shape, dtype=np.int64))
    sizes = []
    position = 0
    try:
        for _ in range(count):
            size, position = read_varint(data, position)
            sizes.append(size)
        stored_crc = data[position : position + 4]
        (expected,) = _UINT32.unpack(stored_crc)
    except (IndexError, struct.error):
        raise errors.DataLossError(None, None, "truncated string tensor") from None
    lengths_crc = crc32c(_fixed_lengths(sizes))
    if mask(lengths_crc) != expected:
        message = (
            f"The length checksum does not match: expected {unmask(expected)} "
            f"but actual is {lengths_crc}"
        )
        raise errors.DataLossError(None, None, message)
    position += 4
    _check(crc32c(data[position:], crc32c(stored_crc, lengths_crc)), masked_crc)
    array = np.empty(count, object)
    for i, size in enumerate(sizes):
        array[i] = data[position : position + size]
        position += size
    return array.reshape(shape)


def as_bytes(element: object) -> bytes:
    """`element` of a string tensor as bytes: text in UTF-8."""
    return element.encode() if isinstance(element, str) else bytes(element)  # type: ignore[call-overload]  # np.bytes_ and bytes


def _fixed_lengths(lengths: Iterable[int]) -> bytes:
    return b"".join(struct.pack("<I" if length < 1 << 32 else "<Q", length) for length in lengths)


def _check(crc: int, masked_crc: int) -> None:
    if mask(crc) != masked_crc:
        message = (
            f"Checksum does not match: stored {unmask(masked_crc)} "
            f"vs. calculated on the restored bytes {crc}"
        )
        raise errors.DataLossError(None, None, message)
