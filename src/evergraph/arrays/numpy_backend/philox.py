"""TensorFlow's random streams on NumPy's side: Philox4x32-10, and numbers made of its words.

A stream has a key, a base (the upper half of the 128-bit counter) and a position (the block that
comes next). Block i is the cipher of counter base + position + i and gives four 32-bit words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from evergraph.arrays.numpy_backend.operands import BFLOAT16, FLOAT16, as_dtype, quiet
from evergraph.core.typing import Array

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
# Normals are made of uniforms no smaller than this, so that the logarithm stays finite.
_SMALLEST = 1e-7
# Truncated normals: blocks set aside for each group of outputs.
_BLOCKS_PER_GROUP = {4: 256, 2: 128}
# What scrambles the seed of a stateless op.
_STATELESS_KEY = 0x3EC8F720 | 0x02461E29 << 32


class _Stream(NamedTuple):
    key: Any
    base: Any
    position: Any


def _cipher(key: Any, base: Any, blocks: Array) -> list[Array]:
    """The four words, as uint64 arrays below 2**32, of each of `blocks` (uint64)."""
    key, base = int(key), int(base)
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    c0, c1 = blocks & _LOW, blocks >> _SHIFT
    c2 = np.full_like(blocks, base & 0xFFFFFFFF)
    c3 = np.full_like(blocks, base >> 32)
    for _ in range(10):
        p, q = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (q >> _SHIFT) ^ c1 ^ np.uint64(k0),
            q & _LOW,
            (p >> _SHIFT) ^ c3 ^ np.uint64(k1),
            p & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return [c0, c1, c2, c3]


def philox_words(stream: Any, count: int) -> Array:
    """The next `count` words of `stream`, uint32."""
    blocks = np.uint64(stream.position) + np.arange(-(-count // 4), dtype=np.uint64)
    words = np.stack(_cipher(stream.key, stream.base, blocks), axis=1)
    return words.astype(np.uint32).ravel()[:count]


def _unit32(words: Array) -> Array:
    """float32 in [0, 1) of 32-bit words."""
    bits = (words.astype(np.uint32) & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)
    return bits.view(np.float32) - np.float32(1)


def _unit64(low: Array, high: Array) -> Array:
    """float64 in [0, 1) of two words each: `low` gives the upper bits of the fraction."""
    bits = ((low.astype(np.uint64) & np.uint64(0xFFFFF)) << _SHIFT) | high.astype(np.uint64)
    return (bits | np.uint64(0x3FF << 52)).view(np.float64) - 1.0


def _count(shape: Sequence[int]) -> int:
    return math.prod(int(n) for n in shape)


def philox_uniform(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Uniform numbers in [0, 1) of a floating dtype."""
    kind, count = as_dtype(dtype), _count(shape)
    if kind == np.float64:
        words = philox_words(stream, 2 * count)
        values = _unit64(words[0::2], words[1::2])
    else:
        words = philox_words(stream, count)
        if kind == FLOAT16:
            bits = (words.astype(np.uint16) & np.uint16(0x3FF)) | np.uint16(0x3C00)
            values = bits.view(np.float16) - np.float16(1)
        elif kind == BFLOAT16:
            bits = (words.astype(np.uint16) & np.uint16(0x7F)) | np.uint16(0x3F80)
            values = (bits.view(BFLOAT16).astype(np.float32) - 1).astype(BFLOAT16)
        else:
            values = _unit32(words)
    return values.reshape(tuple(int(n) for n in shape))


@quiet
def philox_integers(stream: Any, shape: Sequence[int], minval: Array, maxval: Array) -> Array:
    """Integers in [minval, maxval) of the dtype (int32 or int64) of the limits."""
    minval, maxval = np.asarray(minval), np.asarray(maxval)
    count = _count(shape)
    if minval.dtype == np.int32:
        words = philox_words(stream, count)
        span = maxval.astype(np.uint32) - minval.astype(np.uint32)
        values = (words % span + minval.astype(np.uint32)).view(np.int32)
    else:
        pairs = philox_words(stream, 2 * count).astype(np.uint64)
        words = pairs[0::2] | pairs[1::2] << _SHIFT
        span = maxval.astype(np.uint64) - minval.astype(np.uint64)
        values = (words % span + minval.astype(np.uint64)).view(np.int64)
    return values.reshape(tuple(int(n) for n in shape))


def _box_muller32(a: Array, b: Array) -> tuple[Array, Array]:
    """Two float32 normals of each pair of words; log, sin and cos in float64, rounded once."""
    u = np.maximum(_unit32(a), np.float32(_SMALLEST))
    v = (2 * math.pi * _unit32(b).astype(np.float64)).astype(np.float32).astype(np.float64)
    log = np.log(u.astype(np.float64)).astype(np.float32)
    radius = np.sqrt(np.float32(-2) * log)
    return np.sin(v).astype(np.float32) * radius, np.cos(v).astype(np.float32) * radius


def _box_muller64(words: Sequence[Array]) -> tuple[Array, Array]:
    """Two float64 normals of each four words."""
    u = np.maximum(_unit64(words[0], words[1]), _SMALLEST)
    v = 2 * math.pi * _unit64(words[2], words[3])
    radius = np.sqrt(-2.0 * np.log(u))
    return np.sin(v) * radius, np.cos(v) * radius


def _normals_of_blocks(stream: Any, blocks: Array, is_double: bool) -> list[Array]:
    """The normals that each block gives, in order: four float32 or two float64."""
    words = _cipher(stream.key, stream.base, np.uint64(stream.position) + blocks)
    if is_double:
        return list(_box_muller64(words))
    return [*_box_muller32(words[0], words[1]), *_box_muller32(words[2], words[3])]


def philox_normal(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Normal numbers with mean 0 and deviation 1."""
    kind, count = as_dtype(dtype), _count(shape)
    each = 2 if kind == np.float64 else 4
    blocks = np.arange(-(-count // each), dtype=np.uint64)
    values = np.stack(_normals_of_blocks(stream, blocks, each == 2), axis=1).ravel()[:count]
    return values.astype(kind).reshape(tuple(int(n) for n in shape))


def philox_truncated_normal(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Normal numbers, drawn again where they are 2 or more away from 0."""
    kind, count = as_dtype(dtype), _count(shape)
    each = 2 if kind == np.float64 else 4
    groups = -(-count // each)
    values = np.zeros((groups, each), np.float64 if each == 2 else np.float32)
    filled = np.zeros(groups, np.int64)
    active = np.arange(groups)
    step = 0
    while active.size:
        blocks = active.astype(np.uint64) * np.uint64(_BLOCKS_PER_GROUP[each]) + np.uint64(step)
        for candidates in _normals_of_blocks(stream, blocks, each == 2):
            keep = (np.abs(candidates) < 2) & (filled[active] < each)
            rows = active[keep]
            values[rows, filled[rows]] = candidates[keep]
            filled[rows] += 1
        active = active[filled[active] < each]
        step += 1
    return values.ravel()[:count].astype(kind).reshape(tuple(int(n) for n in shape))


def philox_permutation(stream: Any, count: int) -> Array:
    """A random order of 0 ... count - 1, int32: element i is swapped with one at or after it."""
    order = np.arange(count, dtype=np.int32)
    words = philox_words(stream, max(count - 1, 0))
    for i in range(count - 1):
        j = i + int(words[i]) % (count - i)
        order[i], order[j] = order[j], order[i]
    return order


@quiet
def philox_multinomial(stream: Any, logits: Array, samples: int, dtype: Any) -> Array:
    """`samples` indices for each row of `logits` [batch, classes], with odds exp(logits)."""
    logits = np.asarray(logits).astype(np.float64)
    words = philox_words(stream, 2 * logits.shape[0] * samples).reshape(logits.shape[0], samples, 2)
    is_finite = np.isfinite(logits)
    largest = np.max(np.where(is_finite, logits, -np.inf), axis=1, keepdims=True)
    total = np.cumsum(np.where(is_finite, np.exp(logits - largest), 0.0), axis=1)
    wanted = _unit64(words[..., 0], words[..., 1]) * total[:, -1:]
    rows = [np.searchsorted(t, w, side="right") for t, w in zip(total, wanted, strict=True)]
    result = np.stack(rows) if rows else np.zeros((0, samples))
    return result.astype(as_dtype(dtype))


class _Draws:
    """Normals and uniforms of one output of gamma or Poisson, each pair used from the back."""

    def __init__(self, stream: Any, first_block: int) -> None:
        self._stream = stream
        self._block = first_block
        self._normals: list[float] = []
        self._uniforms: list[float] = []

    def _next(self) -> list[Array]:
        blocks = np.asarray([self._block], np.uint64) + np.uint64(self._stream.position)
        self._block += 1
        return _cipher(self._stream.key, self._stream.base, blocks)

    def normal(self) -> float:
        if not self._normals:
            self._normals = [float(x[0]) for x in _box_muller64(self._next())]
        return self._normals.pop()

    def uniform(self) -> float:
        if not self._uniforms:
            words = self._next()
            first, second = _unit64(words[0], words[1]), _unit64(words[2], words[3])
            self._uniforms = [float(first[0]), float(second[0])]
        return self._uniforms.pop()


# Blocks set aside for each output of gamma and Poisson.
_BLOCKS_PER_OUTPUT = 256


def philox_gamma(stream: Any, shape: Sequence[int], alpha: Array) -> Array:
    """Gamma numbers with rate 1: `shape` samples for each element of `alpha`, [*shape, *alpha.shape].

    Marsaglia and Tsang's method (2000), in float64.
    """
    alpha = np.asarray(alpha)
    samples = _count(shape)
    result = np.empty((samples, alpha.size), np.float64)
    for a, value in enumerate(alpha.ravel().astype(np.float64)):
        for s in range(samples):
            draws = _Draws(stream, _BLOCKS_PER_OUTPUT * (a * samples + s))
            result[s, a] = _one_gamma(draws, float(value))
    return result.astype(alpha.dtype).reshape((*(int(n) for n in shape), *alpha.shape))


def _one_gamma(draws: _Draws, alpha: float) -> float:
    if alpha == 1.0:
        return -math.log1p(-draws.uniform())
    is_small = alpha < 1
    d = alpha + (2.0 / 3.0 if is_small else -1.0 / 3.0)
    c = 1.0 / 3 / math.sqrt(d)
    while True:
        x = draws.normal()
        v = 1 + c * x
        if v <= 0:
            continue
        v = v * v * v
        u = draws.uniform()
        if u < 1 - 0.0331 * (x * x) * (x * x) or math.log(u) < 0.5 * x * x + d * (
            1 - v + math.log(v)
        ):
            result = d * v
            return result * math.pow(draws.uniform(), 1 / alpha) if is_small else result


def philox_poisson(stream: Any, shape: Sequence[int], rate: Array, dtype: Any) -> Array:
    """Poisson numbers: `shape` samples for each element of `rate`, [*shape, *rate.shape]."""
    rate = np.asarray(rate)
    samples = _count(shape)
    result = np.empty((samples, rate.size), np.float64)
    for a, value in enumerate(rate.ravel().astype(np.float64)):
        for s in range(samples):
            draws = _Draws(stream, _BLOCKS_PER_OUTPUT * (a * samples + s))
            result[s, a] = _one_poisson(draws, float(value))
    return result.astype(as_dtype(dtype)).reshape((*(int(n) for n in shape), *rate.shape))


def _one_poisson(draws: _Draws, rate: float) -> float:
    """Products of uniforms for small rates, else Hormann's transformed rejection (1993)."""
    if not math.isfinite(rate) or rate < 0:
        return math.nan
    if rate < 10:
        limit, product, count = math.exp(-rate), 1.0, 0
        while True:
            product *= draws.uniform()
            if product <= limit:
                return float(count)
            count += 1
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    while True:
        u = draws.uniform() - 0.5
        v = draws.uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        s = math.log(v * inverse_alpha / (a / (us * us) + b))
        if s <= -rate + k * log_rate - math.lgamma(k + 1):
            return float(k)


def stateless_stream(seed: Array) -> Any:
    """The stream of a stateless op: its two seeds, scrambled by one block."""
    s0, s1 = (int(x) & 0xFFFFFFFFFFFFFFFF for x in np.asarray(seed).astype(np.int64))
    words = [int(w[0]) for w in _cipher(_STATELESS_KEY, s1, np.asarray([s0], np.uint64))]
    return _Stream(words[0] | words[1] << 32, words[2] | words[3] << 32, 0)
