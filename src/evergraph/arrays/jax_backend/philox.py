"""TensorFlow's random streams on JAX's side; see NumPy's.

Every element of a result computes its own block and picks its word: no concatenation, so that XLA
fuses the numbers into what consumes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.checks import HostOnly
from evergraph.arrays.jax_backend.operands import asarray
from evergraph.arrays.numpy_backend.operands import BFLOAT16, FLOAT16, as_dtype
from evergraph.arrays.numpy_backend.philox import _Stream
from evergraph.core.typing import Array

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_SMALLEST = 1e-7
_BLOCKS_PER_GROUP = {4: 256, 2: 128}
_STATELESS_KEY = 0x3EC8F720 | 0x02461E29 << 32


def _u64(value: Any, like: Array) -> Array:
    """`value` as uint64 of the shape of `like`."""
    if isinstance(value, int):
        value = np.uint64(value)
    value = lax.convert_element_type(asarray(value), np.uint64)
    return lax.broadcast_in_dim(value, like.shape, ()) if value.ndim == 0 else value


def _low(x: Array) -> Array:
    return lax.bitwise_and(x, _u64(0xFFFFFFFF, x))


def _high(x: Array) -> Array:
    return lax.shift_right_logical(x, _u64(32, x))


def _cipher(stream: Any, blocks: Array) -> list[Array]:
    """The four words, as uint64 arrays below 2**32, of each of `blocks` (uint64)."""
    key, base = _u64(stream.key, blocks), _u64(stream.base, blocks)
    counter = lax.add(blocks, _u64(stream.position, blocks))
    k0, k1 = _low(key), _high(key)
    c0, c1, c2, c3 = _low(counter), _high(counter), _low(base), _high(base)
    for _ in range(10):
        p = lax.mul(c0, _u64(_MULTIPLIERS[0], c0))
        q = lax.mul(c2, _u64(_MULTIPLIERS[1], c2))
        c0, c1, c2, c3 = (
            lax.bitwise_xor(lax.bitwise_xor(_high(q), c1), k0),
            _low(q),
            lax.bitwise_xor(lax.bitwise_xor(_high(p), c3), k1),
            _low(p),
        )
        k0 = _low(lax.add(k0, _u64(_WEYL[0], k0)))
        k1 = _low(lax.add(k1, _u64(_WEYL[1], k1)))
    return [c0, c1, c2, c3]


def _positions(count: int) -> Array:
    return lax.iota(np.uint64, count)


def _pick(condition: Array, yes: Array, no: Array) -> Array:
    return lax.select(condition, yes, no)


def _bit(x: Array, bit: int) -> Array:
    return lax.ne(lax.bitwise_and(x, _u64(1 << bit, x)), _u64(0, x))


def philox_words(stream: Any, count: int) -> Array:
    """The next `count` words of `stream`, uint32."""
    return lax.convert_element_type(_words(stream, _positions(count)), np.uint32)


def _words(stream: Any, indices: Array) -> Array:
    """Words number `indices` of the stream, as uint64."""
    words = _cipher(stream, lax.shift_right_logical(indices, _u64(2, indices)))
    odd, upper = _bit(indices, 0), _bit(indices, 1)
    return _pick(upper, _pick(odd, words[3], words[2]), _pick(odd, words[1], words[0]))


def _unit32(words: Array) -> Array:
    bits = lax.convert_element_type(words, np.uint32)
    bits = lax.bitwise_or(
        lax.bitwise_and(bits, lax.full_like(bits, 0x7FFFFF)), lax.full_like(bits, 0x3F800000)
    )
    floats = lax.bitcast_convert_type(bits, np.float32)
    return lax.sub(floats, lax.full_like(floats, 1))


def _unit64(low: Array, high: Array) -> Array:
    upper = lax.shift_left(lax.bitwise_and(low, _u64(0xFFFFF, low)), _u64(32, low))
    bits = lax.bitwise_or(lax.bitwise_or(upper, high), _u64(0x3FF << 52, low))
    floats = lax.bitcast_convert_type(bits, np.float64)
    return lax.sub(floats, lax.full_like(floats, 1))


def _size(shape: Sequence[int]) -> tuple[tuple[int, ...], int]:
    sizes = tuple(int(n) for n in shape)
    return sizes, math.prod(sizes)


def _pairs(stream: Any, count: int) -> tuple[Array, Array]:
    """Words 2e and 2e + 1 for each e below `count`."""
    e = _positions(count)
    words = _cipher(stream, lax.shift_right_logical(e, _u64(1, e)))
    upper = _bit(e, 0)
    return _pick(upper, words[2], words[0]), _pick(upper, words[3], words[1])


def philox_uniform(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Uniform numbers in [0, 1) of a floating dtype."""
    kind = as_dtype(dtype)
    sizes, count = _size(shape)
    if kind == np.float64:
        return lax.reshape(_unit64(*_pairs(stream, count)), sizes)
    words = _words(stream, _positions(count))
    if kind in (FLOAT16, BFLOAT16):
        mask, one = (0x3FF, 0x3C00) if kind == FLOAT16 else (0x7F, 0x3F80)
        bits = lax.convert_element_type(words, np.uint16)
        bits = lax.bitwise_or(
            lax.bitwise_and(bits, lax.full_like(bits, mask)), lax.full_like(bits, one)
        )
        floats = lax.bitcast_convert_type(bits, kind)
        return lax.reshape(lax.sub(floats, lax.full_like(floats, 1)), sizes)
    return lax.reshape(_unit32(words), sizes)


def philox_integers(stream: Any, shape: Sequence[int], minval: Array, maxval: Array) -> Array:
    """Integers in [minval, maxval) of the dtype (int32 or int64) of the limits."""
    minval, maxval = asarray(minval), asarray(maxval)
    sizes, count = _size(shape)
    is_narrow = minval.dtype == np.int32
    kind = np.uint32 if is_narrow else np.uint64
    if is_narrow:
        words = philox_words(stream, count)
    else:
        low, high = _pairs(stream, count)
        words = lax.bitwise_or(low, lax.shift_left(high, _u64(32, high)))
    low_limit = lax.convert_element_type(minval, kind)
    span = lax.sub(lax.convert_element_type(maxval, kind), low_limit)
    spans = lax.broadcast_in_dim(span, (count,), ())
    values = lax.add(lax.rem(words, spans), lax.broadcast_in_dim(low_limit, (count,), ()))
    return lax.reshape(lax.convert_element_type(values, minval.dtype), sizes)


def _radius_and_angle32(a: Array, b: Array) -> tuple[Array, Array]:
    u = lax.max(_unit32(a), lax.full_like(_unit32(a), _SMALLEST))
    turns = lax.convert_element_type(_unit32(b), np.float64)
    v = lax.convert_element_type(lax.mul(turns, lax.full_like(turns, 2 * math.pi)), np.float32)
    log = lax.convert_element_type(lax.log(lax.convert_element_type(u, np.float64)), np.float32)
    return lax.sqrt(lax.mul(log, lax.full_like(log, -2))), lax.convert_element_type(v, np.float64)


def _normal_pair32(a: Array, b: Array) -> tuple[Array, Array]:
    radius, angle = _radius_and_angle32(a, b)
    sin = lax.convert_element_type(lax.sin(angle), np.float32)
    cos = lax.convert_element_type(lax.cos(angle), np.float32)
    return lax.mul(sin, radius), lax.mul(cos, radius)


def _normal_pair64(words: Sequence[Array]) -> tuple[Array, Array]:
    u = _unit64(words[0], words[1])
    u = lax.max(u, lax.full_like(u, _SMALLEST))
    v = _unit64(words[2], words[3])
    angle = lax.mul(v, lax.full_like(v, 2 * math.pi))
    radius = lax.sqrt(lax.mul(lax.log(u), lax.full_like(u, -2)))
    return lax.mul(lax.sin(angle), radius), lax.mul(lax.cos(angle), radius)


def philox_normal(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Normal numbers with mean 0 and deviation 1."""
    kind = as_dtype(dtype)
    sizes, count = _size(shape)
    e = _positions(count)
    is_cos = _bit(e, 0)
    if kind == np.float64:
        sin, cos = _normal_pair64(_cipher(stream, lax.shift_right_logical(e, _u64(1, e))))
        return lax.reshape(_pick(is_cos, cos, sin), sizes)
    words = _cipher(stream, lax.shift_right_logical(e, _u64(2, e)))
    upper = _bit(e, 1)
    a, b = _pick(upper, words[2], words[0]), _pick(upper, words[3], words[1])
    radius, angle = _radius_and_angle32(a, b)
    wave = lax.convert_element_type(_pick(is_cos, lax.cos(angle), lax.sin(angle)), np.float32)
    return lax.reshape(lax.convert_element_type(lax.mul(wave, radius), kind), sizes)


def philox_truncated_normal(stream: Any, shape: Sequence[int], dtype: Any) -> Array:
    """Normal numbers, drawn again where they are 2 or more away from 0."""
    kind = as_dtype(dtype)
    sizes, count = _size(shape)
    each = 2 if kind == np.float64 else 4
    groups = -(-count // each)
    if groups == 0:
        return lax.full(sizes, 0, kind)
    starts = lax.mul(_positions(groups), _u64(_BLOCKS_PER_GROUP[each], _positions(groups)))
    place = lax.broadcasted_iota(np.int32, (groups, each), 1)

    def draw(step: Array) -> list[Array]:
        words = _cipher(stream, lax.add(starts, _u64(step, starts)))
        if each == 2:
            return list(_normal_pair64(words))
        return [*_normal_pair32(words[0], words[1]), *_normal_pair32(words[2], words[3])]

    def body(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        step, filled, values = state
        for candidate in draw(step):
            keep = lax.lt(lax.abs(candidate), lax.full_like(candidate, 2))
            here = lax.eq(place, lax.broadcast_in_dim(filled, place.shape, (0,)))
            here = lax.bitwise_and(here, lax.broadcast_in_dim(keep, place.shape, (0,)))
            values = lax.select(here, lax.broadcast_in_dim(candidate, place.shape, (0,)), values)
            filled = lax.add(filled, lax.convert_element_type(keep, np.int32))
        return lax.add(step, np.uint64(1)), filled, values

    def unfinished(state: tuple[Array, Array, Array]) -> Array:
        return lax.lt(lax.reduce_min(state[1], (0,)), np.int32(each))

    start = (
        lax.full((), 0, np.uint64),
        lax.full((groups,), 0, np.int32),
        lax.full((groups, each), 0, np.float64 if each == 2 else np.float32),
    )
    _, _, values = lax.while_loop(unfinished, body, start)
    flat = lax.slice(lax.reshape(values, (groups * each,)), (0,), (count,))
    return lax.reshape(lax.convert_element_type(flat, kind), sizes)


def philox_permutation(stream: Any, count: int) -> Array:
    """A random order of 0 ... count - 1, int32: element i is swapped with one at or after it."""
    order = lax.iota(np.int32, count)
    if count < 2:
        return order
    words = philox_words(stream, count - 1)
    left = lax.convert_element_type(
        lax.sub(lax.full((count - 1,), count, np.int32), lax.iota(np.int32, count - 1)), np.uint32
    )
    offsets = lax.convert_element_type(lax.rem(words, left), np.int32)

    def swap(i: Array, order: Array) -> Array:
        i = lax.convert_element_type(i, np.int32)  # known bounds become int64
        j = lax.add(i, lax.dynamic_index_in_dim(offsets, i, keepdims=False))
        at_i = lax.dynamic_slice(order, (i,), (1,))
        at_j = lax.dynamic_slice(order, (j,), (1,))
        order = lax.dynamic_update_slice(order, at_j, (i,))
        return lax.dynamic_update_slice(order, at_i, (j,))

    result: Array = lax.fori_loop(np.int32(0), np.int32(count - 1), swap, order)
    return result


def philox_multinomial(stream: Any, logits: Array, samples: int, dtype: Any) -> Array:
    """`samples` indices for each row of `logits` [batch, classes], with odds exp(logits)."""
    logits = lax.convert_element_type(asarray(logits), np.float64)
    batch, classes = logits.shape
    is_finite = lax.is_finite(logits)
    known = lax.select(is_finite, logits, lax.full_like(logits, -np.inf))
    largest = lax.reduce_max(known, (1,))
    odds = lax.exp(lax.sub(logits, lax.broadcast_in_dim(largest, logits.shape, (0,))))
    total = lax.cumsum(lax.select(is_finite, odds, lax.full_like(odds, 0)), axis=1)
    low, high = _pairs(stream, batch * samples)
    unit = lax.reshape(_unit64(low, high), (batch, samples))
    last = lax.slice(total, (0, classes - 1), (batch, classes))
    wanted = lax.mul(unit, lax.broadcast_in_dim(last, (batch, samples), (0, 1)))
    shape = (batch, samples, classes)
    below = lax.le(
        lax.broadcast_in_dim(total, shape, (0, 2)), lax.broadcast_in_dim(wanted, shape, (0, 1))
    )
    return lax.reduce_sum(lax.convert_element_type(below, as_dtype(dtype)), (2,))


def philox_gamma(stream: Any, shape: Sequence[int], alpha: Array) -> Array:
    """NumPy only: each output rejects as often as it must."""
    raise HostOnly("philox_gamma runs in NumPy only")


def philox_poisson(stream: Any, shape: Sequence[int], rate: Array, dtype: Any) -> Array:
    """NumPy only: each output rejects as often as it must."""
    raise HostOnly("philox_poisson runs in NumPy only")


def stateless_stream(seed: Array) -> Any:
    """The stream of a stateless op: its two seeds, scrambled by one block."""
    seed = lax.convert_element_type(asarray(seed), np.uint64)
    first = lax.slice(seed, (0,), (1,))
    second = lax.reshape(lax.slice(seed, (1,), (2,)), ())
    words = _cipher(_Stream(_STATELESS_KEY, second, np.uint64(0)), first)
    flat = [lax.reshape(w, ()) for w in words]
    key = lax.bitwise_or(flat[0], lax.shift_left(flat[1], np.uint64(32)))
    base = lax.bitwise_or(flat[2], lax.shift_left(flat[3], np.uint64(32)))
    return _Stream(key, base, np.uint64(0))
