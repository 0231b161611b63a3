"""Fingerprints of bytes: FarmHash's Fingerprint64, and putting two of them together.

Files, hash buckets and crossed features hang on these numbers; they never change.

Reference: TensorFlow 1.15, tensorflow/core/platform/fingerprint.h (FarmHash, `farmhashna::Hash64`).
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_MASK = (1 << 64) - 1
_K0 = 0xC3A5C85C97CB3127
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F
_CAT = 0xC6A4A7935BD1E995
_WORD = struct.Struct("<Q").unpack_from
_HALF = struct.Struct("<I").unpack_from


def fingerprint64(data: bytes) -> int:
    """The 64-bit fingerprint of `data`, unsigned."""
    size = len(data)
    if size <= 16:
        return _up_to_16(data, size)
    if size <= 32:
        return _up_to_32(data, size)
    return _up_to_64(data, size) if size <= 64 else _long(data, size)


def fingerprint_cat64(first: Any, second: Any) -> Any:
    """One fingerprint of two, in this order: arrays of uint64, element by element."""
    with np.errstate(over="ignore"):
        factor = np.uint64(_CAT)
        result = first ^ factor
        result = result ^ (_shifted(second * factor) * factor)
        result = result * factor
        result = _shifted(result) * factor
        return _shifted(result)


def _shifted(x: Any) -> Any:
    return x ^ (x >> np.uint64(47))


def _word(data: bytes, at: int) -> int:
    value: int = _WORD(data, at)[0]
    return value


def _mix(x: int) -> int:
    return x ^ (x >> 47)


def _rotated(x: int, by: int) -> int:
    x &= _MASK
    return ((x >> by) | (x << (64 - by))) & _MASK


def _of_two(u: int, v: int, factor: int) -> int:
    a = ((u ^ v) & _MASK) * factor & _MASK
    a ^= a >> 47
    b = ((v & _MASK) ^ a) * factor & _MASK
    b ^= b >> 47
    return b * factor & _MASK


def _up_to_16(data: bytes, size: int) -> int:
    factor = _K2 + size * 2
    if size >= 8:
        a, b = _word(data, 0) + _K2, _word(data, size - 8)
        c = _rotated(b, 37) * factor + a
        return _of_two(c, (_rotated(a, 25) + b) * factor, factor)
    if size >= 4:
        a = _HALF(data, 0)[0]
        return _of_two(size + (a << 3), _HALF(data, size - 4)[0], factor)
    if size:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[-1] << 2)
        return _mix((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _up_to_32(data: bytes, size: int) -> int:
    factor = _K2 + size * 2
    a, b = _word(data, 0) * _K1, _word(data, 8)
    c, d = _word(data, size - 8) * factor, _word(data, size - 16) * _K2
    u = _rotated(a + b, 43) + _rotated(c, 30) + d
    return _of_two(u, a + _rotated(b + _K2, 18) + c, factor)


def _up_to_64(data: bytes, size: int) -> int:
    factor = _K2 + size * 2
    a, b = _word(data, 0) * _K2, _word(data, 8)
    c, d = _word(data, size - 8) * factor, _word(data, size - 16) * _K2
    y = _rotated(a + b, 43) + _rotated(c, 30) + d
    z = _of_two(y, a + _rotated(b + _K2, 18) + c, factor)
    e, f = _word(data, 16) * factor, _word(data, 24)
    g, h = (y + _word(data, size - 32)) * factor, (z + _word(data, size - 24)) * factor
    u = _rotated(e + f, 43) + _rotated(g, 30) + h
    return _of_two(u, e + _rotated(f + a, 18) + g, factor)


def _of_32(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """A weak hash of 32 bytes with two seeds."""
    w, x, y, z = (_word(data, at + 8 * i) for i in range(4))
    a += w
    b = _rotated(b + a + z, 21)
    start = a
    a += x + y
    b += _rotated(a, 44)
    return (a + z) & _MASK, (b + start) & _MASK


def _long(data: bytes, size: int) -> int:
    x, y = 81, (81 * _K1 + 113) & _MASK
    z = _mix((y * _K2 + 113) & _MASK) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(data, 0)) & _MASK
    for at in range(0, (size - 1) // 64 * 64, 64):
        x = _rotated(x + y + v[0] + _word(data, at + 8), 37) * _K1 & _MASK
        y = _rotated(y + v[1] + _word(data, at + 48), 42) * _K1 & _MASK
        x ^= w[1]
        y += v[0] + _word(data, at + 40)
        z = _rotated(z + w[0], 33) * _K1 & _MASK
        v = _of_32(data, at, v[1] * _K1, x + w[0])
        w = _of_32(data, at + 32, z + w[1], y + _word(data, at + 16))
        z, x = x, z
    factor, at = _K1 + ((z & 0xFF) << 1), size - 64
    w = (w[0] + ((size - 1) & 63), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x = _rotated(x + y + v[0] + _word(data, at + 8), 37) * factor & _MASK
    y = _rotated(y + v[1] + _word(data, at + 48), 42) * factor & _MASK
    x ^= w[1] * 9 & _MASK
    y = (y + v[0] * 9 + _word(data, at + 40)) & _MASK
    z = _rotated(z + w[0], 33) * factor & _MASK
    v = _of_32(data, at, v[1] * factor, x + w[0])
    w = _of_32(data, at + 32, z + w[1], y + _word(data, at + 16))
    z, x = x, z
    first = _of_two(v[0], w[0], factor) + _mix(y) * _K0 + z
    return _of_two(first, _of_two(v[1], w[1], factor) + x, factor)
