"""tf.contrib.layers' initializers: a scale that keeps the variance of what a layer lets through.

Reference: TensorFlow 1.15, tensorflow/contrib/layers/python/layers/initializers.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.operation import Tensor
from evergraph.ops.random import random_uniform, truncated_normal

_MODES = ("FAN_IN", "FAN_OUT", "FAN_AVG")

Initializer = Callable[..., Tensor]


def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: Any = dtypes.float32
) -> Initializer:
    """An initializer for weights whose inputs and outputs should have one variance.

    Numbers have variance 2 / (fan_in + fan_out); see `variance_scaling_initializer`.

    Args:
        uniform: whether they are uniform; else normal, truncated at two standard deviations.
        seed: of the random numbers.
        dtype: floating dtype of the weights where a variable asks for none.

    Returns:
        A function `(shape, dtype, partition_info) -> Tensor`.

    Reference: X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward
        neural networks, 2010.
    """
    return variance_scaling_initializer(
        factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype
    )


xavier_initializer_conv2d = xavier_initializer


def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: Any = dtypes.float32,
) -> Initializer:
    """An initializer of numbers with variance factor / n, n being a number of units.

    For weights of shape `[..., in, out]` with r = the product of all sizes but the last two,
    fan_in = r * in and fan_out = r * out. Uniform numbers lie within sqrt(3 factor / n); normal
    ones have standard deviation sqrt(1.3 factor / n), which truncation brings down to the wanted
    one.

    Args:
        factor: multiplies the variance.
        mode: n is the fan_in ("FAN_IN"), the fan_out ("FAN_OUT") or their mean ("FAN_AVG").
        uniform: whether the numbers are uniform; else truncated normal.
        seed: of the random numbers.
        dtype: floating dtype of the weights where a variable asks for none.

    Returns:
        A function `(shape, dtype, partition_info) -> Tensor`.

    Raises:
        TypeError: `dtype` isn't floating, or an unknown `mode`.
    """
    if not dtype.is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    if mode not in _MODES:
        raise TypeError(f"Unknown mode {mode} [{', '.join(_MODES)}]")

    def initializer(shape: Any, dtype: Any = dtype, partition_info: Any = None) -> Tensor:
        if not dtype.is_floating:
            raise TypeError("Cannot create initializer for non-floating point type.")
        count = _units([float(size) for size in shape], mode)
        if uniform:
            limit = math.sqrt(3.0 * factor / count)
            return random_uniform(shape, -limit, limit, dtype, seed=seed)
        return truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / count), dtype, seed=seed)

    return initializer


def _units(sizes: list[float], mode: str) -> float:
    """The number of units that `mode` means, for weights of these sizes."""
    around = math.prod(sizes[:-2])
    fan_in = around * (sizes[-2] if len(sizes) > 1 else sizes[-1]) if sizes else 1.0
    fan_out = around * sizes[-1] if sizes else 1.0
    return {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]


__all__ = ["variance_scaling_initializer", "xavier_initializer", "xavier_initializer_conv2d"]
