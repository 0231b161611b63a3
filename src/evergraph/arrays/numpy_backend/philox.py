"""Philox4x32-10 on NumPy's side: TensorFlow's random words, uniform and normal numbers.

A stream has `key` (the op's seed), `base` (its second seed, the high half of the 128-bit counter)
and `position` (the block that this run starts at, the low half), all uint64 scalars.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from evergraph.arrays.numpy_backend.operands import BFLOAT16, FLOAT16, as_dtype, quiet
from evergraph.arrays.sampling import (
    KEY_STEPS,
    LEAST_UNIFORM,
    MULTIPLIERS,
    ROUNDS,
    STATELESS_KEY,
)
from evergraph.core.typing import Array

_MULTIPLIERS = tuple(map(np.uint64, MULTIPLIERS))
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
# Blocks at a time, so that the eight vectors of a round stay in the second-level cache.
_CHUNK = 1 << 13


class Stream(NamedTuple):
    """A place in a random stream: uint64 scalars."""

    key: Any
    base: Any
    position: Any


def philox_blocks(key: Any, base: Any, blocks: Array) -> Array:
    """The four words of each block number (uint64): uint32, blocks.shape + (4,)."""
    blocks = np.asarray(blocks, np.uint64)
    flat = blocks.reshape(-1)
    words = np.empty((flat.size, 4), np.uint32)
    for first in range(0, flat.size, _CHUNK):
        _rounds(int(key), int(base), flat[first : first + _CHUNK], words[first : first + _CHUNK])
    return words.reshape((*blocks.shape, 4))


@quiet
def _rounds(key: int, base: int, blocks: Array, words: Array) -> None:
    c0, c1 = blocks & _LOW, blocks >> _HALF
    c2 = np.full(blocks.shape, base & 0xFFFFFFFF, np.uint64)
    c3 = np.full(blocks.shape, base >> 32, np.uint64)
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(ROUNDS):
        p, q = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c1 ^= np.uint64(k0)
        c3 ^= np.uint64(k1)
        np.right_shift(q, _HALF, out=c0)
        np.right_shift(p, _HALF, out=c2)
        c0 ^= c1
        c2 ^= c3
        c1, c3 = np.bitwise_and(q, _LOW, out=q), np.bitwise_and(p, _LOW, out=p)
        k0, k1 = (k0 + KEY_STEPS[0]) & 0xFFFFFFFF, (k1 + KEY_STEPS[1]) & 0xFFFFFFFF
    words[:, 0], words[:, 1], words[:, 2], words[:, 3] = c0, c1, c2, c3


def philox_words(stream: Any, count: int) -> Array:
    """The next `count` words of the stream, as uint32."""
    blocks = np.uint64(stream.position) + np.arange(-(-count // 4), dtype=np.uint64)
    return philox_blocks(stream.key, stream.base, blocks).reshape(-1)[:count]


def stateless_stream(seed: Array) -> Stream:
    """The stream of the stateless ops for a seed of two integers."""
    low, high = (np.uint64(int(s) & (2**64 - 1)) for s in seed)
    words = philox_blocks(STATELESS_KEY, high, low).astype(np.uint64)
    return Stream(words[0] | words[1] << _HALF, words[2] | words[3] << _HALF, np.uint64(0))


def philox_uniform(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Numbers in [0, 1): one word each, two for float64."""
    want = as_dtype(dtype)
    sizes = tuple(int(n) for n in shape)
    count = int(np.prod(sizes, dtype=np.int64))
    if want == np.float64:
        return uniform_double(philox_words(stream, 2 * count).reshape(-1, 2)).reshape(sizes)
    words = philox_words(stream, count)
    if want == np.float32:
        return uniform_single(words).reshape(sizes)
    if want == FLOAT16:
        bits = (words & np.uint32(0x3FF)).astype(np.uint16) | np.uint16(0x3C00)
    elif want == BFLOAT16:
        bits = (words & np.uint32(0x7F)).astype(np.uint16) | np.uint16(0x3F80)
    else:
        raise TypeError(f"no uniform numbers of dtype {want}")
    return np.subtract(bits.view(want), want.type(1)).reshape(sizes)


def uniform_single(words: Array) -> Array:
    """Words as float32 numbers in [0, 1)."""
    bits = words & np.uint32(0x7FFFFF) | np.uint32(0x3F800000)
    return bits.view(np.float32) - np.float32(1)


def uniform_double(words: Array) -> Array:
    """Pairs of words (the last axis) as float64 numbers in [0, 1)."""
    high = words[..., 0].astype(np.uint64) & np.uint64(0xFFFFF)
    bits = np.uint64(0x3FF << 52) | high << _HALF | words[..., 1]
    return bits.view(np.float64) - 1.0


def philox_integers(stream: Any, shape: Sequence[int], minval: Array, maxval: Array) -> Array:
    """Integers in [minval, maxval), of the dtype of the bounds: int32 or int64 scalars."""
    low, high = np.asarray(minval), np.asarray(maxval)
    sizes = tuple(int(n) for n in shape)
    count = int(np.prod(sizes, dtype=np.int64))
    wide = low.dtype.itemsize == 8
    if wide:
        words = philox_words(stream, 2 * count).reshape(-1, 2).astype(np.uint64)
        numbers = words[:, 0] | words[:, 1] << _HALF
    else:
        numbers = philox_words(stream, count)
    unsigned = np.uint64 if wide else np.uint32
    mask = 2 ** (64 if wide else 32) - 1
    spread = unsigned((int(high) - int(low)) & mask)
    shifted = numbers % spread + unsigned(int(low) & mask)
    return shifted.view(low.dtype).reshape(sizes)


def philox_normal(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Numbers of mean 0 and deviation 1, by Box and Muller's method: sine first, then cosine.

    Logarithm and sines are made in float64 and rounded, which is within 2 units in the last place
    of TensorFlow's; 16-bit types are rounded from float32.
    """
    want = as_dtype(dtype)
    sizes = tuple(int(n) for n in shape)
    count = int(np.prod(sizes, dtype=np.int64))
    width = 2 if want == np.float64 else 4
    groups = -(-count // width)
    numbers = np.empty((groups, width), np.float64 if width == 2 else np.float32)
    blocks = np.uint64(stream.position) + np.arange(groups, dtype=np.uint64)
    for first in range(0, groups, _CHUNK):
        part = blocks[first : first + _CHUNK]
        numbers[first : first + _CHUNK] = normal_blocks(stream, part, width)
    return numbers.reshape(-1)[:count].astype(want, copy=False).reshape(sizes)


def normal_blocks(stream: Any, blocks: Array, width: int) -> Array:
    """The normal numbers of each block, [blocks, width]: four as float32 or two as float64."""
    words = philox_blocks(stream.key, stream.base, blocks)
    return normal_pairs(words.reshape(-1, 8 // width)).reshape(-1, width)


@quiet
def normal_pairs(words: Array) -> Array:
    """Two normal numbers (the last axis) of two words as float32, or of four as float64."""
    if words.shape[-1] == 4:
        u = np.maximum(uniform_double(words[..., :2]), LEAST_UNIFORM)
        angle = 2 * np.pi * uniform_double(words[..., 2:])
        radius = np.sqrt(-2 * np.log(u))
        return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], -1)
    u = np.maximum(uniform_single(words[..., 0]), np.float32(LEAST_UNIFORM))
    turn = (2 * np.pi * uniform_single(words[..., 1]).astype(np.float64)).astype(np.float32)
    angle = turn.astype(np.float64)
    radius = np.sqrt(np.float32(-2) * np.log(u.astype(np.float64)).astype(np.float32))
    result = np.empty((*u.shape, 2), np.float32)
    result[..., 0] = np.sin(angle).astype(np.float32) * radius
    result[..., 1] = np.cos(angle).astype(np.float32) * radius
    return result


def philox_truncated_normal(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """As `philox_normal`, numbers of size 2 and more drawn again.

    They are made in groups of four (two for float64), each from its own place of the stream.
    """
    want = as_dtype(dtype)
    sizes = tuple(int(n) for n in shape)
    count = int(np.prod(sizes, dtype=np.int64))
    width = 2 if want == np.float64 else 4
    groups = -(-count // width)
    values = np.empty((groups, width), np.float64 if width == 2 else np.float32)
    first = np.uint64(stream.position) + np.arange(groups, dtype=np.uint64) * np.uint64(64 * width)
    for start in range(0, groups, _CHUNK):
        part = first[start : start + _CHUNK]
        values[start : start + _CHUNK] = normal_blocks(stream, part, width)
    is_kept = np.abs(values) < 2
    # Most groups are full by now; the others are filled block by block.
    left = np.flatnonzero(~is_kept.all(-1))
    drawn, is_kept, turn = values[left], is_kept[left], 0
    filled = np.zeros(left.size, np.int64)
    while left.size:
        place = filled[:, np.newaxis] + np.cumsum(is_kept, -1) - 1
        is_kept &= place < width
        row, column = np.nonzero(is_kept)
        values[left[row], place[row, column]] = drawn[row, column]
        filled += is_kept.sum(-1)
        is_open = filled < width
        left, filled, turn = left[is_open], filled[is_open], turn + 1
        drawn = normal_blocks(stream, first[left] + np.uint64(turn), width)
        is_kept = np.abs(drawn) < 2
    return values.reshape(-1)[:count].astype(want, copy=False).reshape(sizes)
