"""`cast` and `bitcast` with TensorFlow's results on x86-64, whatever the machine does."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import (
    BFLOAT16,
    FLOAT16,
    as_dtype,
    is_floating,
    is_low_precision,
    quiet,
)
from evergraph.core.typing import Array

_MANTISSA_BITS = {np.dtype(np.float64): 52, np.dtype(np.float32): 23, FLOAT16: 10, BFLOAT16: 7}
_UINT_OF_SIZE = {2: np.uint16, 4: np.uint32, 8: np.uint64}


@quiet
def cast(x: Array, dtype: Any, truncate: bool = False) -> Array:
    """`x` in another dtype, as TensorFlow's `Cast` on the CPU.

    Floats drop their fraction on the way to integers. What does not fit, and NaN, becomes the
    least int32 (or int64, for 64 bits and uint32), whose low bits narrow types keep: 0 for int8
    or uint32. Complex numbers lose their imaginary part; anything but zero is True. To 16 bits
    all goes through float32.

    Args:
        x: any array.
        dtype: a DType or a NumPy dtype.
        truncate: floats to narrower floats: round towards zero.
    """
    x = np.asarray(x)
    want = as_dtype(dtype)
    have = x.dtype
    if have == want:
        return x
    if have.kind == "O" or want.kind == "O" or want.kind == "b":
        return x.astype(want) if want.kind != "b" or have.kind == "O" else x != np.zeros((), have)
    if have.kind == "c" and want.kind != "c":
        return cast(x.real, want, truncate)
    if truncate and is_floating(have) and is_floating(want):
        x = _toward_zero(x, want)
    if is_low_precision(want) and have != np.float32:
        return x.astype(np.float32).astype(want)
    if is_floating(have) and want.kind in "iu":
        return _to_integer(x, want)
    if is_low_precision(have) and want.kind == "c":
        return x.astype(np.float32).astype(want)
    return x.astype(want)


def _to_integer(x: Array, want: np.dtype[Any]) -> Array:
    if is_low_precision(x.dtype):
        x = x.astype(np.float32)
    if want == np.uint64:
        is_low = ~(x >= 2.0**63)  # NaN counts as low
        high = _to_signed(np.where(is_low, 0, x - x.dtype.type(2.0**63)), np.int64)
        return np.where(is_low, _to_signed(x, np.int64), high ^ np.int64(-(2**63))).astype(want)
    is_wide = want == np.int64 or want == np.uint32
    return _to_signed(x, np.int64 if is_wide else np.int32).astype(want)


def _to_signed(x: Array, want: Any) -> Array:
    info = np.iinfo(want)
    x = np.trunc(x)
    fits = (x >= x.dtype.type(info.min)) & (x < x.dtype.type(2.0 ** (info.bits - 1)))
    return np.where(fits, np.where(fits, x, 0).astype(want), want(info.min))


def _toward_zero(x: Array, want: np.dtype[Any]) -> Array:
    surplus = _MANTISSA_BITS[x.dtype] - _MANTISSA_BITS[want]
    if surplus <= 0:
        return x
    bits = np.ascontiguousarray(x).view(_UINT_OF_SIZE[x.dtype.itemsize])
    kept = (bits >> bits.dtype.type(surplus) << bits.dtype.type(surplus)).view(x.dtype)
    return np.where(np.isnan(x), x, kept).reshape(x.shape)


def bitcast(x: Array, dtype: Any) -> Array:
    """The bytes of `x` as `dtype`.

    A last axis is added for narrower types, taken away for wider.
    """
    want = as_dtype(dtype)
    x = np.ascontiguousarray(x).reshape(np.shape(x))
    if x.dtype.itemsize == want.itemsize:
        return x.view(want)
    if x.dtype.itemsize > want.itemsize:
        return x[..., np.newaxis].view(want)
    return x.view(want).reshape(x.shape[:-1])
