"""Tensors as serialized TensorProtos whose elements are one run of bytes.

Numbers are raw and row-major; strings are all lengths (varints), then all elements end to end.

Reference: TensorFlow 1.15, tensorflow/core/framework/tensor.cc (AsProtoTensorContent).
"""

from __future__ import annotations

import numpy as np

from evergraph import protos
from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.formats.tensor_bytes import as_bytes, storage_dtype
from evergraph.formats.tensor_slices import from_list, values_list
from evergraph.formats.wire import read_varint, varint


def to_message(array: np.ndarray, dtype: DType) -> bytes:
    """`array` as a serialized TensorProto."""
    proto = protos.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if dtype is dtypes.string:
        elements = [as_bytes(element) for element in array.ravel().tolist()]
        proto.tensor_content = b"".join([*(varint(len(e)) for e in elements), *elements])
    else:
        proto.tensor_content = np.ascontiguousarray(array, storage_dtype(dtype)).tobytes()
    message: bytes = proto.SerializeToString()
    return message


def from_message(message: bytes) -> tuple[np.ndarray, DType]:
    """The array that a serialized TensorProto holds, and its type.

    Raises:
        ValueError: it is no TensorProto, or its content doesn't fit its shape.
    """
    from google.protobuf.message import DecodeError

    try:
        proto = protos.TensorProto.FromString(message)
    except DecodeError:
        raise ValueError("Could not parse serialized proto") from None
    wrong = ValueError("Could not construct tensor from proto")
    try:
        dtype = dtypes.as_dtype(proto.dtype).base_dtype
        shape = [dim.size for dim in proto.tensor_shape.dim]
        count = int(np.prod(shape, dtype=np.int64))
        if dtype is dtypes.string and proto.tensor_content:
            return _strings(proto.tensor_content, count).reshape(shape), dtype
        if proto.tensor_content:
            stored = np.frombuffer(proto.tensor_content, storage_dtype(dtype))
            return stored.astype(dtype.as_numpy_dtype).reshape(shape), dtype
        values = from_list(getattr(proto, values_list(dtype)), dtype)
    except (KeyError, IndexError, TypeError, ValueError):
        raise wrong from None
    if values.size == 0:
        values = np.zeros(1, dtype.as_numpy_dtype)
    # A list that is too short repeats its last element.
    places = np.minimum(np.arange(count), values.size - 1)
    return values[places].reshape(shape), dtype


def _strings(content: bytes, count: int) -> np.ndarray:
    sizes, position = [], 0
    for _ in range(count):
        size, position = read_varint(content, position)
        sizes.append(size)
    result = np.empty(count, object)
    for i, size in enumerate(sizes):
        result[i] = content[position : position + size]
        position += size
    return result
