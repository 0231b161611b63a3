"""Permutations, choices, gamma and Poisson numbers from Philox streams, on NumPy's side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import as_dtype, quiet
from evergraph.arrays.numpy_backend.philox import (
    normal_pairs,
    philox_blocks,
    philox_uniform,
    philox_words,
    uniform_double,
)
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
    places = list(range(count))
    if count > 1:
        rest = np.arange(count, 1, -1, dtype=np.uint32)
        steps = (philox_words(stream, count - 1) % rest).tolist()
        for i, step in enumerate(steps):
            j = i + step
            places[i], places[j] = places[j], places[i]
    return np.asarray(places, np.int64)


@quiet
def philox_multinomial(stream: Any, logits: Array, samples: int, dtype: Any = np.int64) -> Array:
    """[batch, samples] of class numbers drawn by unnormalised log probabilities [batch, classes].

    Logits that are not finite have probability 0.
    """
    logits = np.asarray(logits)
    rows, classes = logits.shape
    wide = logits.astype(np.float64)
    is_finite = np.isfinite(wide)
    top = np.max(np.where(is_finite, wide, -np.inf), -1, keepdims=True, initial=-np.inf)
    weights = np.cumsum(np.where(is_finite, np.exp(wide - top), 0.0), -1)
    uniform = philox_uniform(stream, (rows, int(samples)), np.float64)
    result = np.zeros((rows, int(samples)), np.int64)
    for row in range(rows if classes else 0):
        wanted = uniform[row] * weights[row, -1]
        result[row] = np.searchsorted(weights[row], wanted, "right")
    return result.astype(as_dtype(dtype))


class _Draws:
    """For each output its own place in the stream: pairs of numbers, the second used first."""

    def __init__(self, stream: Any, count: int) -> None:
        self.stream = stream
        self.block = np.uint64(stream.position) + np.arange(count, dtype=np.uint64) * _STRIDE
        self.left: dict[str, Array] = {}
        self.has_left: dict[str, Array] = {}
        for kind in ("normal", "uniform"):
            self.left[kind] = np.zeros(count)
            self.has_left[kind] = np.zeros(count, np.bool_)

    def take(self, kind: str, outputs: Array) -> Array:
        """One number for each of these outputs."""
        left, has_left = self.left[kind], self.has_left[kind]
        values = left[outputs]
        is_new = ~has_left[outputs]
        fresh = outputs[is_new]
        if fresh.size:
            words = philox_blocks(self.stream.key, self.stream.base, self.block[fresh])
            self.block[fresh] += np.uint64(1)
            if kind == "normal":
                pairs = normal_pairs(words)
            else:
                pairs = uniform_double(words.reshape(-1, 2, 2))
            left[fresh] = pairs[:, 0]
            values[is_new] = pairs[:, 1]
        has_left[outputs] = is_new
        return values


@quiet
def philox_gamma(stream: Any, shape: Sequence[int], alpha: Array) -> Array:
    """[*shape, *alpha.shape] of gamma numbers of rate 1 for each element of `alpha`.

    Marsaglia and Tsang's method (2000), in float64; the result has the dtype of `alpha`.
    """
    alpha = np.asarray(alpha)
    samples = math.prod(int(n) for n in shape)
    k = np.repeat(alpha.ravel().astype(np.float64), samples)
    draws = _Draws(stream, k.size)
    result = np.zeros(k.size)
    is_one = k == 1
    ones = np.flatnonzero(is_one)
    result[ones] = -np.log1p(-draws.take("uniform", ones))
    is_small = k < 1
    d = k + np.where(is_small, 2 / 3, -1 / 3)
    c = 1.0 / 3 / np.sqrt(d)
    waiting = np.flatnonzero(~is_one)
    while waiting.size:
        x = draws.take("normal", waiting)
        v = 1 + c[waiting] * x
        is_positive = v > 0
        tried, x, v = waiting[is_positive], x[is_positive], v[is_positive]
        v = v * v * v  # not a power, which rounds otherwise
        u = draws.take("uniform", tried)
        is_taken = (u < 1 - SQUEEZE * (x * x) * (x * x)) | (
            np.log(u) < 0.5 * x * x + d[tried] * (1 - v + np.log(v))
        )
        taken = tried[is_taken]
        result[taken] = d[taken] * v[is_taken]
        waiting = np.setdiff1d(waiting, taken, assume_unique=True)
    small = np.flatnonzero(is_small)
    if small.size:
        result[small] *= np.power(draws.take("uniform", small), 1 / k[small])
    return _by_sample(result, shape, alpha).astype(alpha.dtype)


@quiet
def philox_poisson(stream: Any, shape: Sequence[int], rate: Array, dtype: Any) -> Array:
    """[*shape, *rate.shape] of Poisson numbers for each element of `rate`."""
    rate = np.asarray(rate)
    samples = math.prod(int(n) for n in shape)
    mean = np.repeat(rate.ravel().astype(np.float64), samples)
    draws = _Draws(stream, mean.size)
    result = np.zeros(mean.size)
    result[~(mean >= 0) | np.isinf(mean)] = np.nan
    _poisson_by_product(draws, mean, result)
    _poisson_by_rejection(draws, mean, result)
    return _by_sample(result, shape, rate).astype(as_dtype(dtype))


def _by_sample(result: Array, shape: Sequence[int], parameters: Array) -> Array:
    """[parameter, sample] in one line -> [*shape, *parameters.shape]."""
    sizes = (*(int(n) for n in shape), *parameters.shape)
    return (
        result.reshape(parameters.size, -1).T.reshape(sizes)
        if result.size
        else result.reshape(sizes)
    )


def _poisson_by_product(draws: _Draws, mean: Array, result: Array) -> None:
    waiting = np.flatnonzero((mean >= 0) & (mean < LEAST_REJECTION_MEAN))
    limit = np.exp(-mean)
    product = np.ones(mean.size)
    count = np.zeros(mean.size)
    while waiting.size:
        product[waiting] *= draws.take("uniform", waiting)
        is_done = product[waiting] <= limit[waiting]
        result[waiting[is_done]] = count[waiting[is_done]]
        waiting = waiting[~is_done]
        count[waiting] += 1


def _poisson_by_rejection(draws: _Draws, mean: Array, result: Array) -> None:
    """Hörmann's transformed rejection."""
    from evergraph.arrays.numpy_backend.special import lgamma

    waiting = np.flatnonzero((mean >= LEAST_REJECTION_MEAN) & np.isfinite(mean))
    while waiting.size:
        rate = mean[waiting]
        a, b, inverse_alpha, inside = poisson_hat(np.sqrt(rate))
        u = draws.take("uniform", waiting) - 0.5
        v = draws.take("uniform", waiting)
        near = 0.5 - np.abs(u)
        k = np.floor((2 * a / near + b) * u + rate + SHIFT)
        is_taken = (near >= NEAR_INSIDE) & (v <= inside)
        is_refused = ~is_taken & ((k < 0) | ((near < NEAR_THIN) & (v > near)))
        left = np.log(v * inverse_alpha / (a / (near * near) + b))
        right = -rate + k * np.log(rate) - lgamma(k + 1)
        is_taken |= ~is_refused & (left <= right)
        result[waiting[is_taken]] = k[is_taken]
        waiting = waiting[~is_taken]
