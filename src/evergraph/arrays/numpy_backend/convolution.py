"""Convolutions on NumPy's side: a sum over the places of the kernel, each a matrix product."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from evergraph.arrays.numpy_backend.operands import quiet
from evergraph.core.typing import Array

Pairs = Sequence[tuple[int, int]]


def _wide(x: Array) -> Array:
    """16-bit floats as float32, in which they are multiplied and summed."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 else x


def _places(
    sizes: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """(place in the kernel, what it meets of the padded input) for an output of `sizes`."""
    for place in itertools.product(*map(range, kernel)):
        cuts = [slice(None)]
        for at, size, stride, dilation in zip(place, sizes, strides, dilations, strict=True):
            first = at * dilation
            cuts.append(slice(first, first + (size - 1) * stride + 1 if size else first, stride))
        yield place, (*cuts, slice(None))


def _padded(x: Array, paddings: Pairs) -> Array:
    return np.pad(x, [(0, 0), *paddings, (0, 0)])


@quiet
def conv(
    x: Array, kernel: Array, strides: Sequence[int], paddings: Pairs, dilations: Sequence[int]
) -> Array:
    """Correlation of `x` [batch, ..., in] with `kernel` [..., in, out]."""
    x, kernel = np.asarray(x), np.asarray(kernel)
    wide, weights = _padded(_wide(x), paddings), _wide(kernel)
    sizes = [
        (size - (count - 1) * dilation - 1) // stride + 1
        for size, count, stride, dilation in zip(
            wide.shape[1:-1], kernel.shape[:-2], strides, dilations, strict=True
        )
    ]
    result = np.zeros((x.shape[0], *sizes, kernel.shape[-1]), wide.dtype)
    for place, cut in _places(sizes, kernel.shape[:-2], strides, dilations):
        result += wide[cut] @ weights[place]
    return result.astype(x.dtype, copy=False)


@quiet
def conv_input_gradient(
    shape: Sequence[int],
    kernel: Array,
    d_y: Array,
    strides: Sequence[int],
    paddings: Pairs,
    dilations: Sequence[int],
) -> Array:
    """The gradient of `conv` by its input of `shape`."""
    kernel, d_y = np.asarray(kernel), np.asarray(d_y)
    weights, wide = _wide(kernel), _wide(d_y)
    sizes = [n + sum(pair) for n, pair in zip(shape[1:-1], paddings, strict=True)]
    result = np.zeros((shape[0], *sizes, shape[-1]), wide.dtype)
    for place, cut in _places(d_y.shape[1:-1], kernel.shape[:-2], strides, dilations):
        result[cut] += wide @ weights[place].T
    inner = [
        slice(before, before + n) for n, (before, _) in zip(shape[1:-1], paddings, strict=True)
    ]
    return result[(slice(None), *inner)].astype(d_y.dtype)


@quiet
def conv_kernel_gradient(
    x: Array,
    shape: Sequence[int],
    d_y: Array,
    strides: Sequence[int],
    paddings: Pairs,
    dilations: Sequence[int],
) -> Array:
    """The gradient of `conv` by its kernel of `shape`."""
    x, d_y = np.asarray(x), np.asarray(d_y)
    wide, wide_d_y = _padded(_wide(x), paddings), _wide(d_y)
    result = np.zeros(tuple(shape), wide.dtype)
    rows = wide_d_y.reshape(-1, wide_d_y.shape[-1])
    for place, cut in _places(d_y.shape[1:-1], shape[:-2], strides, dilations):
        result[place] = wide[cut].reshape(-1, x.shape[-1]).T @ rows
    return result.astype(d_y.dtype, copy=False)
