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
from evergraph.ops.random import blocks_of_elements, checked_shape, shape_tensor
from evergraph.ops.type_lists import HALF_TO_DOUBLE, POISSON_TYPES, SINGLE_OR_DOUBLE
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import broadcast, from_input
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


@RANDOM_GAMMA.gradient
def _random_gamma_gradient(op: Operation, d_output: Tensor) -> tuple[None, Tensor]:
    shape, alpha = op.inputs
    samples = op.outputs[0]
    with control_dependencies([d_output]):
        rank = array_shape.shape(shape)[0]
        ones = fills.ones([rank], dtype=dtypes.int32)
        alpha_shape = array_concat.concat([ones, array_shape.shape(alpha)], axis=0)
        alpha = array_shape.reshape(alpha, alpha_shape)
        partial = RANDOM_GAMMA_GRAD(alpha, samples)
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
    """d(sample) / d(alpha), where P(alpha, sample) stays: minus dP/d(alpha) by the density."""
    a, x = xp.cast(alpha, np.float64), xp.cast(sample, np.float64)
    log_density = xp.subtract(
        xp.subtract(xp.multiply(xp.subtract(a, 1.0), xp.log(x)), x), xp.lgamma(a)
    )
    slope = xp.negative(xp.true_divide(xp.igamma_grad_a(a, x), xp.exp(log_density)))
    return xp.cast(slope, alpha.dtype)


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


PARAMETERIZED_TRUNCATED_NORMAL = register_op(
    "ParameterizedTruncatedNormal",
    inputs="shape: T, means: dtype, stdevs: dtype, minvals: dtype, maxvals: dtype",
    outputs="output: dtype",
    attrs={"seed": "int = 0", "seed2": "int = 0", "dtype": FLOATING, "T": INDEX},
    shape=from_input(0),
    static_inputs=("shape",),
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
    """The distribution function inverted, in float64.

    Differs from TensorFlow: its distribution, but not the numbers of its rejection loop.
    """
    sizes = checked_shape(xp, shape)
    xp.check(len(sizes) > 0, "InvalidArgumentError", "Shape tensor must not be empty, got []")
    columns = []
    for values in (means, stdevs, minvals, maxvals):
        wide = xp.cast(values, np.float64)
        is_scalar = len(xp.shape(values)) == 0 or xp.shape(values)[0] == 1
        columns.append(xp.reshape(wide, (1 if is_scalar else sizes[0],) + (1,) * (len(sizes) - 1)))
    mean, deviation, low, high = columns
    xp.check(xp.greater(deviation, 0.0), "InvalidArgumentError", "Invalid parameters")
    xp.check(xp.less(low, high), "InvalidArgumentError", "Invalid parameters")

    def below(bound: Array) -> Array:
        scaled = xp.true_divide(xp.subtract(bound, mean), xp.multiply(deviation, math.sqrt(2.0)))
        return xp.erf(scaled)

    drawn = xp.philox_uniform(stream, sizes, dtypes.float64)
    start, limit = below(low), below(high)
    place = xp.add(start, xp.multiply(drawn, xp.subtract(limit, start)))
    scaled = xp.multiply(xp.erfinv(place), math.sqrt(2.0))
    value = xp.add(mean, xp.multiply(deviation, scaled))
    return xp.cast(xp.minimum(xp.maximum(value, low), high), dtype.as_numpy_dtype)


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
