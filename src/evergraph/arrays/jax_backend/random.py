"""Permutations, choices, gamma and Poisson numbers from Philox streams, on JAX's side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.operands import as_dtype
from evergraph.arrays.jax_backend.philox import (
    four_words,
    normal_double,
    philox_uniform,
    philox_words,
    uniform_double,
)
from evergraph.arrays.jax_backend.sorting import searchsorted
from evergraph.arrays.jax_backend.special import lgamma
from evergraph.arrays.sampling import (
    BLOCKS_PER_OUTPUT,
    LEAST_REJECTION_MEAN,
    NEAR_INSIDE,
    NEAR_THIN,
    SHIFT,
    SQUEEZE,
    poisson_hat,
)
from evergraph.core.typing import Array

_STRIDE = np.uint64(BLOCKS_PER_OUTPUT)


def philox_permutation(stream: Any, count: int) -> Array:
    """The numbers below `count` in random order, int64; takes count - 1 words."""
    places = lax.iota(np.dtype(np.int64), count)
    if count < 2:
        return places
    rest = lax.sub(np.uint32(count), lax.iota(np.dtype(np.uint32), count - 1))
    steps = lax.convert_element_type(lax.rem(philox_words(stream, count - 1), rest), np.int64)

    def swap(i: Array, places: Array) -> Array:
        i = lax.convert_element_type(i, np.int64)
        j = lax.add(i, lax.dynamic_index_in_dim(steps, i, 0, False))
        one, other = (lax.dynamic_index_in_dim(places, k, 0, False) for k in (i, j))
        places = lax.dynamic_update_index_in_dim(places, other, i, 0)
        return lax.dynamic_update_index_in_dim(places, one, j, 0)

    return lax.fori_loop(0, count - 1, swap, places)


def philox_multinomial(stream: Any, logits: Array, samples: int, dtype: Any = np.int64) -> Array:
    """[batch, samples] of class numbers drawn by unnormalised log probabilities [batch, classes].

    Logits that are not finite have probability 0.
    """
    rows, classes = logits.shape
    want, shape = as_dtype(dtype), (rows, int(samples))
    if rows == 0 or classes == 0 or samples == 0:
        return lax.full(shape, 0, want)
    wide = lax.convert_element_type(logits, np.float64)
    is_finite = lax.is_finite(wide)
    top = lax.reduce_max(lax.select(is_finite, wide, lax.full_like(wide, -np.inf)), (1,))
    shifted = lax.sub(wide, lax.broadcast_in_dim(top, wide.shape, (0,)))
    terms = lax.select(is_finite, lax.exp(shifted), lax.full_like(wide, 0))

    def add_class(total: Array, term: Array) -> tuple[Array, Array]:
        total = lax.add(total, term)
        return total, total

    # One class after the other, as TensorFlow adds them: a tree would round otherwise.
    total, columns = lax.scan(add_class, lax.full((rows,), 0.0, np.float64), terms.T)
    uniform = philox_uniform(stream, shape, np.float64)
    wanted = lax.mul(uniform, lax.broadcast_in_dim(total, shape, (0,)))
    return searchsorted(lax.transpose(columns, (1, 0)), wanted, "right", want)


class _Source(NamedTuple):
    """What is left of the last pair of one kind of number, and whether something is."""

    left: Array
    has_left: Array


class _Draws(NamedTuple):
    """For each output its own place in the stream: pairs of numbers, the second used first."""

    block: Array
    normal: _Source
    uniform: _Source

    @staticmethod
    def start(stream: Any, count: int) -> _Draws:
        steps = lax.mul(lax.iota(np.dtype(np.uint64), count), _STRIDE)
        block = lax.add(steps, lax.convert_element_type(stream.position, np.uint64))
        zeros = lax.full((count,), 0.0, np.dtype(np.float64))
        nothing = lax.full((count,), False, np.dtype(np.bool_))
        return _Draws(block, _Source(zeros, nothing), _Source(zeros, nothing))

    def take(self, stream: Any, kind: str, wanted: Array) -> tuple[Array, _Draws]:
        """A number for each output that `wanted` marks (others' mean nothing), and what is left."""
        source: _Source = getattr(self, kind)
        is_new = lax.bitwise_and(wanted, lax.bitwise_not(source.has_left))
        words = four_words(stream.key, stream.base, self.block)
        if kind == "normal":
            first, second = (
                normal_double(*words, lax.full(wanted.shape, is_cosine, np.dtype(np.bool_)))
                for is_cosine in (False, True)
            )
        else:
            first, second = uniform_double(*words[:2]), uniform_double(*words[2:])
        value = lax.select(source.has_left, source.left, second)
        left = lax.select(is_new, first, source.left)
        has_left = lax.bitwise_xor(source.has_left, wanted)
        block = lax.add(self.block, lax.convert_element_type(is_new, np.uint64))
        source = _Source(left, has_left)
        if kind == "normal":
            return value, self._replace(block=block, normal=source)
        return value, self._replace(block=block, uniform=source)


def _both(*conditions: Array) -> Array:
    result = conditions[0]
    for condition in conditions[1:]:
        result = lax.bitwise_and(result, condition)
    return result


def _repeat(parameters: Array, shape: Sequence[int]) -> Array:
    """Each parameter once for each sample, in one line, float64."""
    count = math.prod(int(n) for n in shape)
    wide = lax.convert_element_type(parameters, np.float64)
    wide = lax.reshape(wide, (parameters.size,))
    table = lax.broadcast_in_dim(wide, (parameters.size, count), (0,))
    return lax.reshape(table, (parameters.size * count,))


def _any(x: Array) -> Array:
    return lax.reduce_or(x, (0,))


def philox_gamma(stream: Any, shape: Sequence[int], alpha: Array) -> Array:
    """[*shape, *alpha.shape] of gamma numbers of rate 1 for each element of `alpha`.

    Marsaglia and Tsang's method (2000), in float64; the result has the dtype of `alpha`.
    """
    one, zero = np.float64(1), np.float64(0)
    k = _repeat(alpha, shape)
    if 0 in k.shape:
        return _by_sample(k, shape, alpha, alpha.dtype)
    is_one, is_small = lax.eq(k, one), lax.lt(k, one)
    draws = _Draws.start(stream, k.shape[0])
    u, draws = draws.take(stream, "uniform", is_one)
    result = lax.select(is_one, lax.neg(lax.log1p(lax.neg(u))), lax.full_like(k, 0))
    shift = lax.select(is_small, lax.full_like(k, 2 / 3), lax.full_like(k, -1 / 3))
    d = lax.add(k, shift)
    c = lax.div(np.float64(1.0 / 3), lax.sqrt(d))

    def attempt(state: tuple[Array, Array, _Draws]) -> tuple[Array, Array, _Draws]:
        waiting, result, draws = state
        x, draws = draws.take(stream, "normal", waiting)
        v = lax.add(lax.mul(c, x), one)
        tried = _both(waiting, lax.gt(v, zero))
        u, draws = draws.take(stream, "uniform", tried)
        v = lax.mul(lax.mul(v, v), v)
        square = lax.mul(x, x)
        bound = lax.sub(one, lax.mul(lax.mul(square, square), np.float64(SQUEEZE)))
        slack = lax.mul(d, lax.add(lax.sub(one, v), lax.log(v)))
        limit = lax.add(lax.mul(square, np.float64(0.5)), slack)
        is_good = lax.bitwise_or(lax.lt(u, bound), lax.lt(lax.log(u), limit))
        taken = _both(tried, is_good)
        result = lax.select(taken, lax.mul(d, v), result)
        return _both(waiting, lax.bitwise_not(taken)), result, draws

    state = (lax.bitwise_not(is_one), result, draws)
    _, result, draws = lax.while_loop(lambda s: _any(s[0]), attempt, state)
    u, draws = draws.take(stream, "uniform", is_small)
    factor = lax.pow(u, lax.div(one, k))
    result = lax.select(is_small, lax.mul(result, factor), result)
    return _by_sample(result, shape, alpha, alpha.dtype)


def _by_sample(flat: Array, shape: Sequence[int], parameters: Array, dtype: Any) -> Array:
    """[parameter, sample] in one line -> [*shape, *parameters.shape]."""
    sizes = (*(int(n) for n in shape), *parameters.shape)
    if 0 in flat.shape:
        return lax.full(sizes, 0, dtype)
    table = lax.reshape(flat, (parameters.size, flat.shape[0] // parameters.size))
    return lax.convert_element_type(lax.reshape(lax.transpose(table, (1, 0)), sizes), dtype)


def philox_poisson(stream: Any, shape: Sequence[int], rate: Array, dtype: Any) -> Array:
    """[*shape, *rate.shape] of Poisson numbers for each element of `rate`."""
    want = as_dtype(dtype)
    mean = _repeat(rate, shape)
    if 0 in mean.shape:
        return _by_sample(mean, shape, rate, want)
    zero, least = np.float64(0), np.float64(LEAST_REJECTION_MEAN)
    is_known = _both(lax.ge(mean, zero), lax.is_finite(mean))
    is_low = _both(is_known, lax.lt(mean, least))
    steps = lax.mul(lax.iota(np.dtype(np.uint64), mean.shape[0]), _STRIDE)
    first = lax.add(steps, lax.convert_element_type(stream.position, np.uint64))

    def pair(turn: Array) -> tuple[Array, Array]:
        """The two uniform numbers of each output's block number `turn`, the second first."""
        block = lax.add(first, lax.convert_element_type(turn, np.uint64))
        words = four_words(stream.key, stream.base, block)
        return uniform_double(*words[2:]), uniform_double(*words[:2])

    result = lax.select(is_known, lax.full_like(mean, 0), lax.full_like(mean, np.nan))
    result = _poisson_by_product(pair, mean, is_low, result)
    is_high = _both(is_known, lax.ge(mean, least))
    result = _poisson_by_rejection(pair, mean, is_high, result)
    return _by_sample(result, shape, rate, want)


Pair = Callable[[Array], tuple[Array, Array]]


def _poisson_by_product(pair: Pair, mean: Array, waiting: Array, result: Array) -> Array:
    limit = lax.exp(lax.neg(mean))

    def two_factors(state: tuple[Any, ...]) -> tuple[Any, ...]:
        turn, waiting, product, count = state
        for u in pair(turn):
            product = lax.select(waiting, lax.mul(product, u), product)
            waiting = _both(waiting, lax.gt(product, limit))
            count = lax.add(count, lax.convert_element_type(waiting, np.float64))
        return lax.add(turn, np.int32(1)), waiting, product, count

    state = (np.int32(0), waiting, lax.full_like(mean, 1), lax.full_like(mean, 0))
    _, _, _, count = lax.while_loop(lambda s: _any(s[1]), two_factors, state)
    return lax.select(waiting, count, result)


def _poisson_by_rejection(pair: Pair, mean: Array, waiting: Array, result: Array) -> Array:
    """Hörmann's transformed rejection."""

    def number(value: float) -> np.float64:
        return np.float64(value)

    mean = lax.select(waiting, mean, lax.full_like(mean, LEAST_REJECTION_MEAN))
    a, b, inverse_alpha, inside = poisson_hat(lax.sqrt(mean))

    def attempt(state: tuple[Any, ...]) -> tuple[Any, ...]:
        turn, waiting, result = state
        u, v = pair(turn)
        u = lax.sub(u, number(0.5))
        near = lax.sub(number(0.5), lax.abs(u))
        slope = lax.add(lax.div(lax.mul(a, number(2)), near), b)
        k = lax.floor(lax.add(lax.add(lax.mul(slope, u), mean), number(SHIFT)))
        is_inside = _both(lax.ge(near, number(NEAR_INSIDE)), lax.le(v, inside))
        is_thin = _both(lax.lt(near, number(NEAR_THIN)), lax.gt(v, near))
        is_refused = lax.bitwise_or(lax.lt(k, number(0)), is_thin)
        width = lax.add(lax.div(a, lax.mul(near, near)), b)
        left = lax.log(lax.div(lax.mul(v, inverse_alpha), width))
        weight = lax.sub(lax.mul(k, lax.log(mean)), lgamma(lax.add(k, number(1))))
        is_below = lax.le(left, lax.sub(weight, mean))
        is_good = lax.bitwise_or(is_inside, _both(lax.bitwise_not(is_refused), is_below))
        taken = _both(waiting, is_good)
        result = lax.select(taken, k, result)
        return lax.add(turn, np.int32(1)), _both(waiting, lax.bitwise_not(taken)), result

    state = (np.int32(0), waiting, result)
    _, _, result = lax.while_loop(lambda s: _any(s[1]), attempt, state)
    return result
