"""`cast` and `bitcast` with TensorFlow's results on x86-64, whatever the device does."""

from __future__ import annotations

from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.operands import (
    BFLOAT16,
    FLOAT16,
    as_dtype,
    constant,
    is_floating,
    is_low_precision,
)
from evergraph.core.typing import Array

_MANTISSA_BITS = {np.dtype(np.float64): 52, np.dtype(np.float32): 23, FLOAT16: 10, BFLOAT16: 7}
_UINT_OF_SIZE = {2: np.uint16, 4: np.uint32, 8: np.uint64}


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
    want = as_dtype(dtype)
    have = np.dtype(x.dtype)
    if have == want:
        return x
    if want.kind == "b":
        return lax.ne(x, constant(x, 0))
    if have.kind == "c" and want.kind != "c":
        return cast(lax.real(x), want, truncate)
    if truncate and is_floating(have) and is_floating(want):
        x = _toward_zero(x, want)
    if is_low_precision(want) and have != np.float32:
        x = lax.convert_element_type(x, np.float32)
    if is_floating(have) and want.kind in "iu":
        return _to_integer(x, want)
    if is_low_precision(have) and want.kind == "c":
        x = lax.convert_element_type(x, np.float32)
    return lax.convert_element_type(x, want)


def _to_integer(x: Array, want: np.dtype[Any]) -> Array:
    if is_low_precision(np.dtype(x.dtype)):
        x = lax.convert_element_type(x, np.float32)
    if want == np.uint64:
        half = constant(x, 2.0**63)
        is_high = lax.ge(x, half)  # NaN counts as low
        high = lax.bitwise_xor(_to_signed(lax.sub(x, half), np.int64), np.int64(-(2**63)))
        return lax.convert_element_type(lax.select(is_high, high, _to_signed(x, np.int64)), want)
    is_wide = want == np.int64 or want == np.uint32
    return lax.convert_element_type(_to_signed(x, np.int64 if is_wide else np.int32), want)


def _to_signed(x: Array, want: Any) -> Array:
    info = np.iinfo(want)
    # float32 has no number between -2^31 - 1 and -2^31; float64 has.
    low = (
        lax.gt(x, constant(x, -(2.0**31) - 1))
        if info.bits == 32 and x.dtype == np.float64
        else lax.ge(x, constant(x, float(info.min)))
    )
    fits = lax.bitwise_and(low, lax.lt(x, constant(x, 2.0 ** (info.bits - 1))))
    whole = lax.convert_element_type(x, want)
    return lax.select(fits, whole, lax.full_like(whole, info.min))


def _toward_zero(x: Array, want: np.dtype[Any]) -> Array:
    surplus = _MANTISSA_BITS[np.dtype(x.dtype)] - _MANTISSA_BITS[want]
    if surplus <= 0:
        return x
    bits = lax.bitcast_convert_type(x, _UINT_OF_SIZE[x.dtype.itemsize])
    mask = constant(bits, (2 ** (8 * x.dtype.itemsize) - 1) >> surplus << surplus)
    kept = lax.bitcast_convert_type(lax.bitwise_and(bits, mask), x.dtype)
    return lax.select(lax.ne(x, x), x, kept)


def bitcast(x: Array, dtype: Any) -> Array:
    """The bytes of `x` as `dtype`.

    A last axis is added for narrower types, taken away for wider.
    """
    want = as_dtype(dtype)
    if x.dtype.kind == "b" or want.kind == "b":
        x = lax.convert_element_type(x, np.uint8) if x.dtype.kind == "b" else x
        if want.kind != "b":
            return bitcast(x, want)
        return lax.ne(bitcast(x, np.uint8), np.uint8(0))
    if x.dtype.kind == "c":
        part = np.float32 if x.dtype == np.complex64 else np.float64
        parts = lax.concatenate(
            [lax.expand_dims(lax.real(x), (x.ndim,)), lax.expand_dims(lax.imag(x), (x.ndim,))],
            x.ndim,
        )
        if want.itemsize == x.dtype.itemsize and want.kind == "c":
            return x
        bits = lax.bitcast_convert_type(parts, np.uint32 if part is np.float32 else np.uint64)
        if want.itemsize < bits.dtype.itemsize:
            narrow = lax.bitcast_convert_type(bits, want)
            return lax.reshape(narrow, (*x.shape, x.dtype.itemsize // want.itemsize))
        return lax.bitcast_convert_type(bits, want)
    if want.kind == "c":
        part_type = np.float32 if want == np.complex64 else np.float64
        count = want.itemsize // x.dtype.itemsize
        if count == 1:
            x, count = lax.bitcast_convert_type(x, part_type), 2
        elif count > 2:
            x = lax.reshape(x, (*x.shape[:-1], 2, count // 2))
            x = lax.bitcast_convert_type(x, part_type)
        else:
            x = lax.bitcast_convert_type(x, part_type)
        axis = x.ndim - 1
        real, imag = lax.index_in_dim(x, 0, axis, False), lax.index_in_dim(x, 1, axis, False)
        return lax.complex(real, imag)
    return lax.bitcast_convert_type(x, want)
