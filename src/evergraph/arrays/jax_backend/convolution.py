"""Convolutions on JAX's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax import lax

from evergraph.core.typing import Array

Pairs = Sequence[tuple[int, int]]


def _wide(x: Array) -> Array:
    """16-bit floats as float32, in which they are multiplied and summed."""
    return lax.convert_element_type(x, np.float32) if x.dtype.itemsize == 2 else x


def _conv(
    x: Array, kernel: Array, strides: Sequence[int], paddings: Pairs, dilations: Sequence[int]
) -> Array:
    axes = "DHW"[-len(strides) :]
    return lax.conv_general_dilated(
        x,
        kernel,
        tuple(strides),
        tuple(paddings),
        rhs_dilation=tuple(dilations),
        dimension_numbers=(f"N{axes}C", f"{axes}IO", f"N{axes}C"),
    )


def _like(shape: Sequence[int], x: Array) -> Any:
    """What stands for an array of `shape` and the dtype of `x`."""
    return jax.eval_shape(lambda: lax.full(tuple(map(int, shape)), 0, x.dtype))


def conv(
    x: Array, kernel: Array, strides: Sequence[int], paddings: Pairs, dilations: Sequence[int]
) -> Array:
    """Correlation of `x` [batch, ..., in] with `kernel` [..., in, out]."""
    result = _conv(_wide(x), _wide(kernel), strides, paddings, dilations)
    return lax.convert_element_type(result, x.dtype)


def conv_input_gradient(
    shape: Sequence[int],
    kernel: Array,
    d_y: Array,
    strides: Sequence[int],
    paddings: Pairs,
    dilations: Sequence[int],
) -> Array:
    """The gradient of `conv` by its input of `shape`."""
    weights, wide = _wide(kernel), _wide(d_y)
    primal = _like(shape, wide)
    (result,) = jax.linear_transpose(
        lambda x: _conv(x, weights, strides, paddings, dilations), primal
    )(wide)
    return lax.convert_element_type(result, d_y.dtype)


def conv_kernel_gradient(
    x: Array,
    shape: Sequence[int],
    d_y: Array,
    strides: Sequence[int],
    paddings: Pairs,
    dilations: Sequence[int],
) -> Array:
    """The gradient of `conv` by its kernel of `shape`."""
    wide_x, wide = _wide(x), _wide(d_y)
    primal = _like(shape, wide)
    (result,) = jax.linear_transpose(
        lambda kernel: _conv(wide_x, kernel, strides, paddings, dilations), primal
    )(wide)
    return lax.convert_element_type(result, d_y.dtype)
