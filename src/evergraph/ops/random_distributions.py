"""Random numbers by rejection: gamma, Poisson, and normal numbers within any bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import FLOATING, INDEX, DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, get_seed, name_scope
from evergraph.ops import array_concat, array_shape, fills, sequences
from evergraph.ops.math_elementwise import maximum
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.random import (
    blocks_of_elements,
    checked_shape,
    drawn_shape,
    shape_tensor,
)
from evergraph.ops.type_lists import HALF_TO_DOUBLE, POISSON_TYPES, SINGLE_OR_DOUBLE
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, with_rank_at_most
from evergraph.registry.shape_inference import ShapeContext


def _samples_shape(c: ShapeContext) -> TensorShape:
    """The shape that input 0 asks for, for each of the parameters in input 1."""
    return c.constant_as_shape(0).concatenate(c.inputs[1])


RANDOM_GAMMA = register_op(
    "RandomGamma",
    inputs="shape: S, alpha: T",
    outputs="output: T",
    attrs={"seed": "int = 0", "seed2": "int = 0", "S": INDEX, "T": HALF_TO_DOUBLE},
    shape=_samples_shape,
    host_only=True,
    random_blocks=blocks_of_elements,
    stateful=True,
)


@RANDOM_GAMMA.kernel
def _random_gamma(xp: Namespace, shape: np.ndarray, alpha: np.ndarray, *, stream: Any) -> Array:
    return xp.philox_gamma(stream, checked_shape(xp, shape), alpha)


def add_leading_unit_dimensions(x: Any, num_dimensions: Any) -> Tensor:
    """`x` with so many axes of size 1 in front."""
    ones = fills.ones([num_dimensions], dtype=dtypes.int32)
    shape = array_concat.concat([ones, array_shape.shape(x)], axis=0)
    result: Tensor = array_shape.reshape(x, shape)
    return result


@RANDOM_GAMMA.gradient
def _random_gamma_gradient(op: Operation, d_output: Tensor) -> tuple[None, Tensor]:
    shape, alpha = op.inputs
    samples = op.outputs[0]
    with control_dependencies([d_output]):
        rank = array_shape.shape(shape)[0]
        partial = RANDOM_GAMMA_GRAD(add_leading_unit_dimensions(alpha, rank), samples)
        return None, reduce_sum(d_output * partial, axis=sequences.range(rank))


def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw numbers from gamma distributions.

    Args:
        shape: sizes of the samples of each distribution.
        alpha: shape parameters, above 0.
        beta: inverse scales, which broadcast with `alpha`; 1 when None.
        dtype: float16, float32 or float64.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the operations' scope; "random_gamma" when None.

    Returns:
        Tensor of `dtype`, of the shape `shape + (alpha + beta).shape`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/random_op.cc.
    """
    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        alphas = alpha + fills.zeros_like(beta)
        seed1, seed2 = get_seed(seed)
        # The least positive number: its logarithm is finite.
        tiny = np.finfo(alpha.dtype.as_numpy_dtype).tiny
        drawn = RANDOM_GAMMA(shape, alphas, seed=seed1, seed2=seed2)
        return maximum(tiny, drawn / beta)


RANDOM_GAMMA_GRAD = register_op(
    "RandomGammaGrad",
    inputs="alpha: T, sample: T",
    outputs="output: T",
    attrs={"T": SINGLE_OR_DOUBLE},
    shape=broadcast,
)


@RANDOM_GAMMA_GRAD.kernel
def _random_gamma_grad(xp: Namespace, alpha: Array, sample: Array) -> Array:
    return xp.random_gamma_grad(alpha, sample)


RANDOM_POISSON = register_op(
    "RandomPoisson",
    inputs="shape: S, rate: dtype",
    outputs="output: dtype",
    attrs={"seed": "int = 0", "seed2": "int = 0", "S": INDEX, "dtype": HALF_TO_DOUBLE},
    shape=_samples_shape,
    host_only=True,
    random_blocks=blocks_of_elements,
    stateful=True,
)


@RANDOM_POISSON.kernel
def _random_poisson(xp: Namespace, shape: np.ndarray, rate: np.ndarray, *, stream: Any) -> Array:
    return xp.philox_poisson(stream, checked_shape(xp, shape), rate, rate.dtype)


RANDOM_POISSON_V2 = register_op(
    "RandomPoissonV2",
    inputs="shape: S, rate: R",
    outputs="output: dtype",
    attrs={
        "seed": "int = 0",
        "seed2": "int = 0",
        "S": INDEX,
        "R": (POISSON_TYPES, dtypes.float64),
        "dtype": (POISSON_TYPES, dtypes.int64),
    },
    shape=_samples_shape,
    host_only=True,
    random_blocks=blocks_of_elements,
    stateful=True,
)


@RANDOM_POISSON_V2.kernel
def _random_poisson_v2(
    xp: Namespace, shape: np.ndarray, rate: np.ndarray, *, dtype: DType, stream: Any
) -> Array:
    return xp.philox_poisson(stream, checked_shape(xp, shape), rate, dtype)


def random_poisson(
    lam: Any,
    shape: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw counts from Poisson distributions.

    Args:
        lam: rates, not negative.
        shape: sizes of the samples of each distribution.
        dtype: float16, float32, float64, int32 or int64.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the operations' scope; "random_poisson" when None.

    Returns:
        Tensor of `dtype`, of the shape `shape + lam.shape`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/random_poisson_op.cc.
    """
    return random_poisson_v2(shape, lam, dtype, seed, name)


def random_poisson_v2(
    shape: Any,
    lam: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """As `random_poisson`, with the shape first."""
    with name_scope(name, "random_poisson", [lam, shape]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        seed1, seed2 = get_seed(seed)
        result: Tensor = RANDOM_POISSON_V2(shape, lam, dtype=dtype, seed=seed1, seed2=seed2)
        return result


def _parameters_shape(c: ShapeContext) -> TensorShape:
    for parameter in c.inputs[1:]:
        with_rank_at_most(parameter, 1)
    return drawn_shape(c)


PARAMETERIZED_TRUNCATED_NORMAL = register_op(
    "ParameterizedTruncatedNormal",
    inputs="shape: T, means: dtype, stdevs: dtype, minvals: dtype, maxvals: dtype",
    outputs="output: dtype",
    attrs={"seed": "int = 0", "seed2": "int = 0", "dtype": FLOATING, "T": INDEX},
    shape=_parameters_shape,
    host_only=True,
    random_blocks=blocks_of_elements,
    stateful=True,
).no_gradient()


@PARAMETERIZED_TRUNCATED_NORMAL.kernel
def _parameterized_truncated_normal(
    xp: Namespace,
    shape: np.ndarray,
    means: Array,
    stdevs: Array,
    minvals: Array,
    maxvals: Array,
    *,
    dtype: DType,
    stream: Any,
) -> Array:
    """Normal numbers by rejection.

    Differs from TensorFlow: its distribution, but not its numbers.
    """
    sizes = checked_shape(xp, shape)
    xp.check(len(sizes) > 0, "InvalidArgumentError", "Shape tensor must not be empty, got []")
    count, rows = math.prod(sizes), sizes[0]
    columns = []
    names = ("means", "stdevs", "minvals", "maxvals")
    for name, values in zip(names, (means, stdevs, minvals, maxvals), strict=True):
        got = f"got shape: [{','.join(map(str, np.shape(values)))}]"
        xp.check(
            np.ndim(values) <= 1,
            "InvalidArgumentError",
            f"Input {name} should be a scalar or vector, {got}",
        )
        xp.check(
            np.size(values) in (1, rows),
            "InvalidArgumentError",
            f"Input {name} should have length 1 or shape[0], {got}",
        )
        each = np.broadcast_to(np.ravel(values).astype(np.float64), (rows,))
        columns.append(np.repeat(each, count // rows if rows else 0))
    mean, deviation, low, high = columns
    xp.check(
        bool((deviation > 0.0).all() and (low < high).all()),
        "InvalidArgumentError",
        "Invalid parameters",
    )
    scaled = _truncated_normal(xp, stream, (low - mean) / deviation, (high - mean) / deviation)
    values = np.clip(mean + deviation * scaled, low, high)
    return xp.cast(values.reshape(sizes), dtype.as_numpy_dtype)


@np.errstate(all="ignore")
def _truncated_normal(xp: Namespace, stream: Any, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Standard normal numbers in [low, high], one for each pair of bounds.

    In a tail by Robert's exponential proposals (1995), in a narrow range by uniform ones, else by
    normal ones.
    """
    is_mirrored = high <= 0.0
    low, high = np.where(is_mirrored, -high, low), np.where(is_mirrored, -low, high)
    is_tail, is_narrow = low > 0.0, high - low < math.sqrt(2.0 * math.pi)
    rate = (low + np.sqrt(low * low + 4.0)) / 2.0
    result = np.zeros(low.size)
    waiting = np.arange(low.size)
    position = stream.position
    while waiting.size:
        part = stream._replace(position=position)
        u, v = xp.philox_uniform(part, (2, waiting.size), dtypes.float64)
        position = position + np.uint64(waiting.size)
        a, b, r = low[waiting], high[waiting], rate[waiting]
        exponential = a - np.log1p(u * np.expm1(-r * (b - a))) / r
        flat = a + u * (b - a)
        normal = np.sqrt(-2.0 * np.log1p(-u)) * np.cos(2.0 * math.pi * v)
        tail, narrow = is_tail[waiting], is_narrow[waiting]
        x = np.where(tail, exponential, np.where(narrow, flat, normal))
        limit = np.where(tail, np.exp(-((x - r) ** 2) / 2.0), np.exp(-x * x / 2.0))
        is_kept = np.where(tail | narrow, v <= limit, (a <= x) & (x <= b))
        result[waiting[is_kept]] = x[is_kept]
        waiting = waiting[~is_kept]
    return np.where(is_mirrored, -result, result)


def parameterized_truncated_normal(
    shape: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw normal numbers within bounds, each row with its own parameters.

    Args:
        shape: sizes of the result, `[rows, ...]`.
        means: `[rows]` or scalar.
        stddevs: `[rows]` or scalar, those before truncation.
        minvals: `[rows]` or scalar.
        maxvals: `[rows]` or scalar.
        dtype: floating.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the operation; "parameterized_truncated_normal" when None.

    Returns:
        Tensor of `shape` and `dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/parameterized_truncated_normal_op.cc.
    """
    values = [shape, means, stddevs, minvals, maxvals]
    with name_scope(name, "parameterized_truncated_normal", values):
        shape = shape_tensor(shape)
        means = convert_to_tensor(means, dtype=dtype, name="means")
        stddevs = convert_to_tensor(stddevs, dtype=dtype, name="stddevs")
        minvals = convert_to_tensor(minvals, dtype=dtype, name="minvals")
        maxvals = convert_to_tensor(maxvals, dtype=dtype, name="maxvals")
        seed1, seed2 = get_seed(seed)
        result: Tensor = PARAMETERIZED_TRUNCATED_NORMAL(
            shape, means, stddevs, minvals, maxvals, seed=seed1, seed2=seed2
        )
        return result
