"""Learning rates that fall with the global step.

Reference: TensorFlow 1.15, tensorflow/python/training/learning_rate_decay.py.
"""

from __future__ import annotations

import math
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_n_to_tensor, convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.cast import cast
from evergraph.ops.cond import case, cond
from evergraph.ops.constants import constant
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_division import divide
from evergraph.ops.math_elementwise import add, minimum, multiply, negative
from evergraph.ops.math_functions import exp, log, sqrt
from evergraph.ops.math_functions import pow as power
from evergraph.ops.math_rounding import ceil, floor
from evergraph.ops.math_trigonometry import cos
from evergraph.ops.random import random_normal


def _check_step(global_step: Any, what: str) -> None:
    if global_step is None:
        raise ValueError(f"global_step is required for {what}.")


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate decay_rate^(global_step / decay_steps).

    Args:
        learning_rate: first rate, float or scalar tensor.
        global_step: steps so far.
        decay_steps: steps after which the rate is multiplied by `decay_rate`.
        decay_rate: the factor.
        staircase: fall at whole multiples of `decay_steps` only.
        name: name of the operation.

    Returns:
        A scalar of the dtype of `learning_rate`.

    Raises:
        ValueError: `global_step` is None.
    """
    _check_step(global_step, "exponential_decay")
    with name_scope(name or "ExponentialDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = cast(decay_steps, rate.dtype)
        factor = cast(decay_rate, rate.dtype)
        fraction = cast(global_step, rate.dtype) / steps
        if staircase:
            fraction = floor(fraction)
        return multiply(rate, power(factor, fraction), name=scope)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate exp(-decay_rate global_step / decay_steps); see `exponential_decay`."""
    factor = exp(negative(decay_rate))
    return exponential_decay(learning_rate, global_step, decay_steps, factor, staircase, name)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """learning_rate / (1 + decay_rate global_step / decay_steps); see `exponential_decay`."""
    _check_step(global_step, "inverse_time_decay")
    with name_scope(name or "InverseTimeDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = cast(decay_steps, rate.dtype)
        factor = cast(decay_rate, rate.dtype)
        fraction = cast(global_step, rate.dtype) / steps
        if staircase:
            fraction = floor(fraction)
        one = cast(constant(1), rate.dtype)
        return divide(rate, add(one, multiply(factor, fraction)), name=scope)


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """(learning_rate - end) (1 - step / decay_steps)^power + end, with step at most decay_steps.

    Args:
        learning_rate: first rate, float or scalar tensor.
        global_step: steps so far.
        decay_steps: steps until the end.
        end_learning_rate: last rate.
        power: exponent; 1 is linear.
        cycle: begin again, over the next multiple of `decay_steps`, in place of staying at the end.
        name: name of the operation.

    Raises:
        ValueError: `global_step` is None.
    """
    _check_step(global_step, "polynomial_decay")
    with name_scope(name or "PolynomialDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        end = cast(end_learning_rate, rate.dtype)
        exponent = cast(power, rate.dtype)
        step = cast(global_step, rate.dtype)
        steps = cast(decay_steps, rate.dtype)
        if cycle:
            multiple = cond(equal(step, 0), lambda: 1.0, lambda: ceil(step / decay_steps))
            steps = multiply(steps, multiple)
        else:
            step = minimum(step, decay_steps)
        fraction = divide(step, steps)
        return add(multiply(rate - end, _power(1 - fraction, exponent)), end, name=scope)


_power = power


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Tensor:
    """values[0] up to boundaries[0], then values[1] up to boundaries[1], and so on.

    Args:
        x: scalar, usually the global step.
        boundaries: rising numbers of the dtype of `x` (int32 ones go with an int64 `x`).
        values: one more than there are boundaries, of one dtype.
        name: name scope.

    Raises:
        ValueError: dtypes or numbers don't fit.
    """
    boundaries = convert_n_to_tensor(boundaries)
    values = convert_n_to_tensor(values)
    step = convert_to_tensor(x)
    for i, boundary in enumerate(boundaries):
        if boundary.dtype.base_dtype != step.dtype.base_dtype:
            if boundary.dtype.base_dtype != dtypes.int32 or step.dtype.base_dtype != dtypes.int64:
                raise ValueError(
                    f"Boundaries ({boundary.dtype.base_dtype}) must have the same dtype as x "
                    f"({step.dtype.base_dtype})."
                )
            boundaries[i] = cast(boundary, step.dtype.base_dtype)
    for value in values[1:]:
        if value.dtype.base_dtype != values[0].dtype.base_dtype:
            raise ValueError(
                "Values must have elements all with the same dtype "
                f"({values[0].dtype.base_dtype} vs {value.dtype.base_dtype})."
            )
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    with name_scope(name or "PiecewiseConstant"):
        boundaries = convert_n_to_tensor(boundaries)
        values = convert_n_to_tensor(values)
        step = convert_to_tensor(x)
        pairs: list[Any] = [
            (step <= boundaries[0], lambda: values[0]),
            (step > boundaries[-1], lambda: values[-1]),
        ]
        for low, high, value in zip(boundaries[:-1], boundaries[1:], values[1:-1], strict=True):
            inside = (step > low) & (step <= high)
            pairs.append((inside, lambda value=value: value))
        result: Tensor = case(pairs, lambda: values[0], exclusive=True)
        return result


def _cosine(fraction: Any) -> Any:
    """(1 + cos(pi fraction)) / 2."""
    return 0.5 * (1.0 + cos(constant(math.pi) * fraction))


def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """learning_rate ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha).

    Args:
        learning_rate: first rate.
        global_step: steps so far, at most `decay_steps` counted.
        decay_steps: steps until the end.
        alpha: last rate as a part of the first.
        name: name scope.

    Raises:
        ValueError: `global_step` is None.
    """
    _check_step(global_step, "cosine_decay")
    with name_scope(name or "CosineDecay"):
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = cast(decay_steps, rate.dtype)
        step = minimum(cast(global_step, rate.dtype), steps)
        decayed = (1 - alpha) * _cosine(step / steps) + alpha
        return multiply(rate, decayed)


def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Cosine decay that starts again: each period `t_mul` times longer, `m_mul` times the rate.

    Args:
        learning_rate: first rate.
        global_step: steps so far.
        first_decay_steps: length of the first period.
        t_mul: growth of the periods.
        m_mul: growth of the rate at each restart.
        alpha: last rate of a period as a part of its first.
        name: name of the operation.

    Raises:
        ValueError: `global_step` is None.
    """
    _check_step(global_step, "cosine_decay_restarts")
    with name_scope(name or "SGDRDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        dtype = rate.dtype
        first = cast(first_decay_steps, dtype)
        floor_part = cast(alpha, dtype)
        growth = cast(t_mul, dtype)
        rate_growth = cast(m_mul, dtype)
        fraction = cast(global_step, dtype) / first

        def within(fraction: Any, geometric: bool) -> tuple[Any, Any]:
            if geometric:
                restart = floor(log(1.0 - fraction * (1.0 - growth)) / log(growth))
                passed = (1.0 - growth**restart) / (1.0 - growth)
                return restart, (fraction - passed) / growth**restart
            restart = floor(fraction)
            return restart, fraction - restart

        restart, inside = cond(
            equal(growth, 1.0), lambda: within(fraction, False), lambda: within(fraction, True)
        )
        factor = rate_growth**restart
        cosine = 0.5 * factor * (1.0 + cos(constant(math.pi) * inside))
        return multiply(rate, (1 - floor_part) * cosine + floor_part, name=scope)


def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """learning_rate ((alpha + 1 - p) (1 + cos(2 pi num_periods p)) / 2 + beta).

    p is step / decay_steps.

    Args:
        learning_rate: first rate.
        global_step: steps so far, at most `decay_steps` counted.
        decay_steps: steps until the end.
        num_periods: periods of the cosine.
        alpha: see the formula.
        beta: see the formula.
        name: name of the operation.

    Raises:
        ValueError: `global_step` is None.
    """
    _check_step(global_step, "linear_cosine_decay")
    with name_scope(name or "LinearCosineDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps, periods, alpha, beta = (
            cast(v, rate.dtype) for v in (decay_steps, num_periods, alpha, beta)
        )
        step = minimum(cast(global_step, rate.dtype), steps)
        linear = (steps - step) / steps
        completed = step / steps
        fraction = 2.0 * periods * completed
        cosine = _cosine(fraction)
        return multiply(rate, (alpha + linear) * cosine + beta, name=scope)


def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """`linear_cosine_decay` with normal noise on its linear part.

    The noise has variance initial_variance / (1 + step)^variance_decay.

    Raises:
        ValueError: `global_step` is None.
    """
    _check_step(global_step, "noisy_linear_cosine_decay")
    with name_scope(name or "NoisyLinearCosineDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps, variance, fall, periods, alpha, beta = (
            cast(v, rate.dtype)
            for v in (decay_steps, initial_variance, variance_decay, num_periods, alpha, beta)
        )
        step = minimum(cast(global_step, rate.dtype), steps)
        linear = (steps - step) / steps
        deviation = sqrt(variance / power(1.0 + step, fall))
        noisy = linear + random_normal(linear.shape, stddev=deviation)
        completed = step / steps
        fraction = 2.0 * periods * completed
        cosine = _cosine(fraction)
        return multiply(rate, (alpha + noisy) * cosine + beta, name=scope)
