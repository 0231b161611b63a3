"""Python values as arrays: TensorFlow's inference of types and shapes for `tf.constant`.

Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import Dimension, TensorShape
from evergraph.graph.operation import Tensor

_KINDS: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (numbers.Integral, np.integer, Dimension),
    "float": (numbers.Real, np.integer, np.floating),
    "complex": (numbers.Complex, np.number),
    "string": (bytes, str),
}


def as_bytes(value: Any) -> bytes:
    """`value` as bytes, text in UTF-8.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    raise TypeError(f"Expected binary or unicode string, got {value!r}")


def leaves(values: Any) -> Iterator[Any]:
    """The elements of nested lists, tuples, ranges and dicts, in order."""
    if isinstance(values, list | tuple | range):
        for item in values:
            yield from leaves(item)
    elif isinstance(values, dict):
        for key in sorted(values):
            yield from leaves(values[key])
    else:
        yield values


def _string_leaves(values: Any) -> Iterator[Any]:
    if isinstance(values, list | tuple):
        for item in values:
            yield from _string_leaves(item)
    else:
        yield values


def _dense_dimensions(values: Any) -> list[int]:
    dims = []
    while isinstance(values, list | tuple):
        dims.append(len(values))
        if not values:
            break
        values = values[0]
    return dims


def check_compatible(values: Any, dtype: dtypes.DType | None) -> None:
    """Raise TypeError when an element of the nested lists `values` can't be of type `dtype`.

    Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py.
    """
    if dtype is None:
        if any(isinstance(leaf, Tensor) for leaf in leaves(values)):
            raise TypeError("List of Tensors when single Tensor expected")
        return
    if dtype.is_quantized:
        bad = _not_quantized(values)
    elif dtype is dtypes.bfloat16:
        bad = next((x for x in leaves(values) if not isinstance(x, _KINDS["float"])), _NOTHING)
    else:
        kind = _kind_of(dtype)
        if kind is None:
            bad = next((x for x in leaves(values) if isinstance(x, Tensor)), _NOTHING)
        else:
            allowed = _KINDS[kind]
            bad = next((x for x in leaves(values) if not isinstance(x, allowed)), _NOTHING)
    if bad is not _NOTHING:
        raise TypeError(
            f"Expected {dtype.name}, got {bad!r} of type '{type(bad).__name__}' instead."
        )


_NOTHING = object()


def _kind_of(dtype: dtypes.DType) -> str | None:
    if dtype == dtypes.bool:
        return "bool"
    if dtype == dtypes.string:
        return "string"
    if dtype.is_integer:
        return "int"
    if dtype.is_floating:
        return "float"
    return "complex" if dtype.is_complex else None


def _not_quantized(values: Any) -> Any:
    """The first element of nested lists that isn't a tuple of one integer, or _NOTHING."""
    if isinstance(values, tuple):
        return next((x for x in leaves(values) if not isinstance(x, _KINDS["int"])), _NOTHING)
    if not isinstance(values, list):
        return values
    return next((b for b in map(_not_quantized, values) if b is not _NOTHING), _NOTHING)


def is_array_like(value: Any) -> bool:
    """Whether NumPy takes `value` as an array of its own type (arrays, scalars, buffers)."""
    if isinstance(value, np.ndarray | np.generic):
        return True
    if isinstance(value, Tensor | bool | int | float | complex | str | bytes | list | tuple):
        return False
    if callable(getattr(value, "__array__", None)) or isinstance(
        getattr(value, "__array_interface__", None), dict
    ):
        return True
    try:
        memoryview(value)
    except TypeError:
        return False
    return True


def _nested_to_array(values: Any, numpy_type: Any) -> np.ndarray:
    """`np.array(values, numpy_type)` with the leniency of the NumPy that TensorFlow 1.15 ran on."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.array(values, dtype=numpy_type)
    except OverflowError:
        # Too large for the type but not for int64: wraps around.
        if numpy_type is None or not np.issubdtype(numpy_type, np.integer):
            raise
        try:
            return np.array(values, dtype=np.int64).astype(numpy_type)
        except OverflowError:
            raise OverflowError("Python int too large to convert to C long") from None
    except ValueError:
        if numpy_type is not None and numpy_type is not object:
            raise ValueError("setting an array element with a sequence.") from None
        # Lists of different lengths: an array of as many leading dimensions as agree.
        array = np.empty(_common_dimensions(values), dtype=object)
        for index in np.ndindex(array.shape):
            item = values
            for i in index:
                item = item[i]
            array[index] = item
        return array


def _common_dimensions(values: Any) -> list[int]:
    if not isinstance(values, list | tuple):
        return []
    inner = [_common_dimensions(item) for item in values]
    common: list[int] = []
    for sizes in zip(*inner, strict=False):
        if len(set(sizes)) != 1:
            break
        common.append(sizes[0])
    return [len(values), *common]


def _cast(array: np.ndarray, dtype: dtypes.DType) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        if array.dtype.kind in "SU" and dtype == dtypes.string:
            return array
        return np.asarray(array).astype(dtype.as_numpy_dtype)


def _infer(values: Any, dtype: dtypes.DType | None, shape: Any) -> np.ndarray:
    """The array of a Python value that isn't one."""
    numpy_type = dtype.as_numpy_dtype if dtype is not None and dtype.is_numpy_compatible else None
    if shape is not None and np.prod(shape, dtype=np.int64) == 0:
        array = np.empty([int(d) for d in shape], dtype=numpy_type)
    else:
        check_compatible(values, dtype)
        array = _nested_to_array(values, numpy_type)
        wanted = _dense_dimensions(values)
        if list(array.shape) != wanted and not (dtype is not None and dtype.is_quantized):
            raise ValueError(
                f"Argument must be a dense tensor: {values} - got shape {list(array.shape)}, "
                f"but wanted {wanted}."
            )
    if dtype is None and array.dtype == np.float64:
        with np.errstate(over="ignore", invalid="ignore"):
            return array.astype(np.float32)
    if dtype is None and array.dtype == np.int64:
        narrow = array.astype(np.int32)
        if np.array_equal(narrow, array):
            return narrow
    return array


def make_array(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> tuple[np.ndarray, dtypes.DType]:
    """The array, and its dtype, of the constant that holds `values`.

    Args:
        values: Python value, nested lists, or array. Arrays keep their type; Python floats become
            float32 and Python ints int32, or int64 when too large.
        dtype: required type.
        shape: required shape; missing elements repeat the last one.
        verify_shape: refuse when `values` have another shape.
        allow_broadcast: accept a single element for any shape, and no other mismatch.

    Raises:
        TypeError: elements that aren't of `dtype`, or of no type TensorFlow has.
        ValueError: `values` is None or ragged, or has more elements than `shape`.

    Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py (make_tensor_proto).
    """
    if allow_broadcast and verify_shape:
        raise ValueError("allow_broadcast and verify_shape are not both allowed.")
    dtype = dtypes.as_dtype(dtype) if dtype else None
    if is_array_like(values):
        values = np.asarray(values)
        array = _cast(values, dtype) if dtype and dtype.is_numpy_compatible else values
    elif values is None:
        raise ValueError("None values not supported.")
    else:
        array = _infer(values, dtype, shape)
    found = dtypes.as_dtype(array.dtype)
    if dtype is not None and dtype.is_quantized:
        found = dtype
    if dtype is not None and dtype.base_dtype != found.base_dtype:
        raise TypeError(f"Incompatible types: {dtype} vs. {array.dtype}. Value is {values}")
    if found == dtypes.string:
        array = _string_array(values, array)
    array = np.array(array, order="C", copy=True)
    if shape is not None:
        array = _fit(array, [int(dim) for dim in shape], verify_shape, allow_broadcast)
    return array, found


def _fit(
    array: np.ndarray, shape: list[int], verify_shape: bool, allow_broadcast: bool
) -> np.ndarray:
    """`array` in `shape`, missing elements taken from the last one."""
    TensorShape(shape)  # refuses negative sizes
    count = int(np.prod(shape, dtype=np.int64))
    if allow_broadcast:
        if array.shape not in ((1,), ()) and array.size != count:
            raise TypeError(f"Expected Tensor's shape: {tuple(shape)}, got {array.shape}.")
    elif verify_shape and array.shape != tuple(shape):
        raise TypeError(f"Expected Tensor's shape: {tuple(shape)}, got {array.shape}.")
    elif array.size > count:
        raise ValueError(
            f"Too many elements provided. Needed at most {count}, but received {array.size}"
        )
    if array.size == count:
        return array.reshape(shape)
    flat = array.ravel()
    if count < flat.size:
        return flat[:count].reshape(shape)
    if flat.size == 1 and count:
        # No memory for the copies; and files then hold the one value, as TensorFlow writes it.
        return np.broadcast_to(flat, shape)
    filled = np.empty(count, dtype=array.dtype)
    filled[: flat.size] = flat
    filled[flat.size :] = flat[-1] if flat.size else (b"" if array.dtype == object else 0)
    return filled.reshape(shape)


def _string_array(values: Any, array: np.ndarray) -> np.ndarray:
    """An object array of bytes."""
    result = np.empty(array.shape, dtype=object)
    if isinstance(values, np.ndarray):
        result.ravel()[:] = [as_bytes(x) for x in array.ravel().tolist()]
        return result
    try:
        items = [as_bytes(x) for x in _string_leaves(values)]
    except TypeError:
        raise TypeError(
            f"Failed to convert object of type {type(values)} to Tensor. Contents: {values}. "
            "Consider casting elements to a supported type."
        ) from None
    result.ravel()[:] = items if array.size else []
    return result
