"""Dropout."""

from __future__ import annotations

import logging
import numbers
from typing import Any

from evergraph.core.shapes import TensorShape, as_shape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_shape
from evergraph.ops.array_shape import one_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant_value
from evergraph.ops.random import random_uniform


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """Set elements to 0 at random, and divide the others by the probability that they stay.

    Args:
        x: floating, any shape.
        keep_prob: the probability that an element stays, in (0, 1]; or give `rate`.
        noise_shape: shape of the choices, broadcast to that of `x`; that of `x` when None.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the operations' scope; "dropout" when None.
        rate: the probability that an element becomes 0: 1 - keep_prob.

    Returns:
        Tensor of the shape and dtype of `x`.

    Raises:
        ValueError: `x` isn't floating, or the probability is missing or out of range.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_ops.py.
    """
    try:
        dropped = None if keep_prob is None else 1.0 - keep_prob
    except TypeError:
        raise ValueError(
            f"keep_prob must be a floating point number or Tensor (got {keep_prob!r})"
        ) from None
    rate = one_of("rate", rate, "keep_prob", dropped)
    if rate is None:
        raise ValueError("You must provide a rate to dropout.")
    return dropout_v2(x, rate, noise_shape=noise_shape, seed=seed, name=name)


def dropout_v2(
    x: Any,
    rate: Any,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """As `dropout`, with the probability that an element becomes 0."""
    with name_scope(name, "dropout", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(
                "x has to be a floating point tensor since it's going to be scaled. Got a "
                f"{x.dtype} tensor instead."
            )
        is_number = isinstance(rate, numbers.Real)
        if is_number:
            if not 0 <= rate < 1:
                raise ValueError(
                    f"rate must be a scalar tensor or a float in the range [0, 1), got {rate:g}"
                )
            if rate == 0:
                return x  # type: ignore[no-any-return]  # convert_to_tensor gave it
            if rate > 0.5:
                logging.getLogger("tensorflow").warning(
                    "Large dropout rate: %g (>0.5). In TensorFlow 2.x, dropout() uses dropout rate "
                    "instead of keep_prob. Please ensure that this is intended.",
                    rate,
                )
        rate = convert_to_tensor(rate, dtype=x.dtype, name="rate")
        rate.shape.assert_has_rank(0)
        known = constant_value(rate)
        if known is not None and known == 0:
            return x  # type: ignore[no-any-return]  # convert_to_tensor gave it
        drawn = random_uniform(_noise_shape(x, noise_shape), seed=seed, dtype=x.dtype)
        scale = 1 / (1 - rate)
        is_kept = drawn >= rate
        result: Tensor = x * scale * cast(is_kept, x.dtype)
        result.set_shape(x.shape)
        return result


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    """The shape of the choices; what it leaves open is taken from `x`."""
    if noise_shape is None:
        return array_shape.shape(x)
    try:
        wanted = as_shape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.shape.ndims is None or x.shape.ndims != wanted.ndims:
        return noise_shape
    sizes = zip(wanted.as_list(), x.shape.as_list(), strict=True)
    return TensorShape([mine if size is None else size for size, mine in sizes])
