"""Tensor values and TensorProto, in both directions.

Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph import protos
from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.formats import tensor_bytes
from evergraph.formats.tensor_slices import from_list, to_list, values_list

# Types whose values are written as bytes when there are several of them; the rest are listed.
_AS_BYTES = frozenset(
    {
        *(dtypes.float32, dtypes.float64, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64),
        *(dtypes.uint8, dtypes.uint32, dtypes.uint64, *dtypes.QUANTIZED),
    }
)
_MAX_BYTES = 1 << 31


def shape_to_proto(sizes: tuple[int | None, ...] | None) -> Any:
    """`TensorShape.sizes` as a TensorShapeProto: -1 for an unknown size."""
    proto = protos.TensorShapeProto()
    if sizes is None:
        proto.unknown_rank = True
    else:
        for size in sizes:
            proto.dim.add(size=-1 if size is None else size)
    return proto


def to_tensor_proto(array: np.ndarray, dtype: DType | None = None) -> Any:
    """The TensorProto of `array`, written as TensorFlow 1.15 writes constants.

    Several numbers become `tensor_content`; one element, or one that's spread over a shape (an
    array made by `np.broadcast_to`), becomes a list of one value; bool, text, 16-bit and complex
    values are always listed.

    Args:
        array: the value.
        dtype: its type, by default that of `array`.

    Raises:
        ValueError: it's larger than 2 GB.
    """
    dtype = (dtype or dtypes.as_dtype(array.dtype)).base_dtype
    proto = protos.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if array.size == 0:
        return proto
    if array.size > 1 and not any(array.strides) and array.dtype.itemsize:
        array = array.reshape(-1)[:1]
    if array.size > 1 and dtype in _AS_BYTES:
        if array.nbytes >= _MAX_BYTES:
            raise ValueError("Cannot create a tensor proto whose content is larger than 2GB.")
        stored = tensor_bytes.storage_dtype(dtype)
        proto.tensor_content = np.ascontiguousarray(array, stored).tobytes()
    else:
        getattr(proto, values_list(dtype)).extend(to_list(array, dtype))
    return proto


def from_tensor_proto(tensor: Any) -> np.ndarray:
    """The array that a TensorProto holds; read-only, and of one element where one is repeated.

    A list of fewer values than the shape has elements repeats its last one; an empty list is
    zeros.

    Raises:
        TypeError: the type has no NumPy form.
        ValueError: the content doesn't fit the shape.
    """
    dtype = dtypes.as_dtype(tensor.dtype).base_dtype
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if not dtype.is_numpy_compatible:
        raise TypeError(f"Unsupported tensor type: {tensor.dtype}")
    if tensor.tensor_content and dtype is not dtypes.string:
        stored = np.frombuffer(tensor.tensor_content, tensor_bytes.storage_dtype(dtype))
        array = stored.astype(dtype.as_numpy_dtype, copy=False).reshape(shape)
    else:
        values = from_list(getattr(tensor, values_list(dtype)), dtype)
        array = _fill(values, dtype, shape)
    array.flags.writeable = False
    return array


def _fill(values: np.ndarray, dtype: DType, shape: list[int]) -> np.ndarray:
    count = int(np.prod(shape, dtype=np.int64))
    if values.size == count:
        return values.reshape(shape)
    if values.size == 0:
        values = np.zeros(1, dtype.as_numpy_dtype)
        if dtype is dtypes.string:
            values[0] = b""
    if values.size == 1:
        return np.broadcast_to(values[0], shape)
    if values.size > count:
        raise ValueError(f"{values.size} values in a TensorProto of shape {shape}")
    array = np.empty(count, values.dtype)
    array[: values.size] = values
    array[values.size :] = values[-1]
    return array.reshape(shape)


def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> Any:
    """The TensorProto that holds `values`, as `tf.constant` would take them.

    Args:
        values: number, text, nested lists of these, an array, or a TensorProto (returned as is).
        dtype: type of the elements; inferred when None.
        shape: shape of the tensor; missing elements repeat the last one.
        verify_shape: refuse `values` of another shape.
        allow_broadcast: accept a single element for any shape, and no other mismatch.

    Raises:
        TypeError: an element isn't of `dtype`.
        ValueError: `values` is None, ragged, or has more elements than `shape`.

    Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py.
    """
    from evergraph.ops.python_values import make_array

    if isinstance(values, protos.TensorProto):
        return values
    array, found = make_array(values, dtype, shape, verify_shape, allow_broadcast)
    return to_tensor_proto(array, found)


def make_ndarray(tensor: Any) -> np.ndarray:
    """The array that a TensorProto holds, the caller's own.

    Args:
        tensor: a TensorProto, ours or another library's.

    Raises:
        TypeError: the type has no NumPy form.

    Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py (MakeNdarray).
    """
    return np.array(from_tensor_proto(protos.convert(tensor, protos.TensorProto)))
