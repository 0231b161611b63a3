"""Random numbers that depend on a seed tensor alone: the same seed gives the same numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import FLOATING, INDEX, REAL_NUMERIC, DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.math_elementwise import add
from evergraph.ops.random import check_bounds, checked_shape, drawn_shape, shape_tensor
from evergraph.ops.random_choice import multinomial_shape, sampled_classes
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext


def _stream(xp: Namespace, seed: Array) -> Any:
    """The stream that two integers name."""
    xp.check(
        tuple(xp.shape(seed)) == (2,),
        "InvalidArgumentError",
        f"seed must have shape [2], not [{','.join(map(str, xp.shape(seed)))}]",
    )
    return xp.stateless_stream(seed)


def _check_seed(shape: TensorShape) -> None:
    if shape.ndims is not None:
        size = with_rank(shape, 1).as_list()[0]
        if size not in (None, 2):
            raise ValueError(f"Dimension must be 2 but is {size}")


def _seeded_shape(c: ShapeContext) -> TensorShape:
    _check_seed(c.inputs[1])
    for bound in c.inputs[2:]:
        with_rank(bound, 0)
    return drawn_shape(c)


def _seeded_multinomial_shape(c: ShapeContext) -> TensorShape:
    _check_seed(c.inputs[2])
    return multinomial_shape(c)


STATELESS_RANDOM_UNIFORM = register_op(
    "StatelessRandomUniform",
    inputs="shape: T, seed: Tseed",
    outputs="output: dtype",
    attrs={
        "dtype": (FLOATING, dtypes.float32),
        "T": (INDEX, dtypes.int32),
        "Tseed": (INDEX, dtypes.int64),
    },
    shape=_seeded_shape,
    static_inputs=("shape",),
).no_gradient()


@STATELESS_RANDOM_UNIFORM.kernel
def _stateless_random_uniform(
    xp: Namespace, shape: np.ndarray, seed: Array, *, dtype: DType
) -> Array:
    sizes = checked_shape(xp, shape)
    return xp.philox_uniform(_stream(xp, seed), sizes, dtype)


STATELESS_RANDOM_UNIFORM_INT = register_op(
    "StatelessRandomUniformInt",
    inputs="shape: T, seed: Tseed, minval: dtype, maxval: dtype",
    outputs="output: dtype",
    attrs={"dtype": INDEX, "T": INDEX, "Tseed": (INDEX, dtypes.int64)},
    shape=_seeded_shape,
    static_inputs=("shape",),
).no_gradient()


@STATELESS_RANDOM_UNIFORM_INT.kernel
def _stateless_random_uniform_int(
    xp: Namespace, shape: np.ndarray, seed: Array, minval: Array, maxval: Array
) -> Array:
    sizes = checked_shape(xp, shape)
    check_bounds(xp, minval, maxval, math.prod(sizes))
    return xp.philox_integers(_stream(xp, seed), sizes, minval, maxval)


def stateless_random_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Draw numbers evenly from [minval, maxval).

    Args:
        shape: sizes of the result.
        seed: two integers.
        minval: scalar of `dtype`.
        maxval: scalar of `dtype`; 1 when None, which integers don't allow.
        dtype: floating, int32 or int64.
        name: name of the last operation; "stateless_random_uniform" when None.

    Returns:
        Tensor of `shape` and `dtype`.

    Raises:
        ValueError: another dtype, or integers without `maxval`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/stateless_random_ops.cc.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype not in (*FLOATING, *INDEX):
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        low = convert_to_tensor(minval, dtype=dtype, name="min")
        high = convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            result: Tensor = STATELESS_RANDOM_UNIFORM_INT(shape, seed, low, high, name=scope)
            return result
        drawn = STATELESS_RANDOM_UNIFORM(shape, seed, dtype=dtype)
        return add(drawn * (high - low), low, name=scope)


STATELESS_RANDOM_NORMAL = register_op(
    "StatelessRandomNormal",
    inputs="shape: T, seed: Tseed",
    outputs="output: dtype",
    attrs={
        "dtype": (FLOATING, dtypes.float32),
        "T": (INDEX, dtypes.int32),
        "Tseed": (INDEX, dtypes.int64),
    },
    shape=_seeded_shape,
    static_inputs=("shape",),
).no_gradient()


@STATELESS_RANDOM_NORMAL.kernel
def _stateless_random_normal(
    xp: Namespace, shape: np.ndarray, seed: Array, *, dtype: DType
) -> Array:
    sizes = checked_shape(xp, shape)
    return xp.philox_normal(_stream(xp, seed), sizes, dtype)


def stateless_random_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Draw numbers from a normal distribution.

    Args:
        shape: sizes of the result.
        seed: two integers.
        mean: scalar, or a shape that broadcasts.
        stddev: scalar, or a shape that broadcasts.
        dtype: floating.
        name: name of the last operation; "stateless_random_normal" when None.

    Returns:
        Tensor of `shape` and `dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/stateless_random_ops.cc.
    """
    with name_scope(name, "stateless_random_normal", [shape, seed, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = STATELESS_RANDOM_NORMAL(shape, seed, dtype=dtype)
        return add(drawn * stddev, mean, name=scope)


STATELESS_TRUNCATED_NORMAL = register_op(
    "StatelessTruncatedNormal",
    inputs="shape: T, seed: Tseed",
    outputs="output: dtype",
    attrs={
        "dtype": (FLOATING, dtypes.float32),
        "T": (INDEX, dtypes.int32),
        "Tseed": (INDEX, dtypes.int64),
    },
    shape=_seeded_shape,
    static_inputs=("shape",),
).no_gradient()


@STATELESS_TRUNCATED_NORMAL.kernel
def _stateless_truncated_normal(
    xp: Namespace, shape: np.ndarray, seed: Array, *, dtype: DType
) -> Array:
    sizes = checked_shape(xp, shape)
    return xp.philox_truncated_normal(_stream(xp, seed), sizes, dtype)


def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Draw numbers from a normal distribution, none further than two deviations from the mean.

    Args:
        shape: sizes of the result.
        seed: two integers.
        mean: scalar, or a shape that broadcasts.
        stddev: scalar, or a shape that broadcasts; that before truncation.
        dtype: floating.
        name: name of the last operation; "stateless_truncated_normal" when None.

    Returns:
        Tensor of `shape` and `dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/stateless_random_ops.cc.
    """
    with name_scope(name, "stateless_truncated_normal", [shape, seed, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = STATELESS_TRUNCATED_NORMAL(shape, seed, dtype=dtype)
        return add(drawn * stddev, mean, name=scope)


STATELESS_MULTINOMIAL = register_op(
    "StatelessMultinomial",
    inputs="logits: T, num_samples: int32, seed: Tseed",
    outputs="output: output_dtype",
    attrs={
        "T": REAL_NUMERIC,
        "Tseed": (INDEX, dtypes.int64),
        "output_dtype": (INDEX, dtypes.int64),
    },
    shape=_seeded_multinomial_shape,
    static_inputs=("num_samples",),
).no_gradient()


@STATELESS_MULTINOMIAL.kernel
def _stateless_multinomial(
    xp: Namespace, logits: Array, num_samples: np.ndarray, seed: Array, *, output_dtype: DType
) -> Array:
    return sampled_classes(xp, _stream(xp, seed), logits, num_samples, output_dtype)


def stateless_multinomial(
    logits: Any,
    num_samples: Any,
    seed: Any,
    output_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Draw classes with the probabilities softmax(logits).

    Args:
        logits: real numbers, `[batch, classes]`.
        num_samples: scalar, how many for each row.
        seed: two integers.
        output_dtype: int32 or int64.
        name: name of the operations' scope; "stateless_multinomial" when None.

    Returns:
        Tensor `[batch, num_samples]` of `output_dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/multinomial_op.cc.
    """
    with name_scope(name, "stateless_multinomial", [logits, seed]):
        logits = convert_to_tensor(logits, name="logits")
        result: Tensor = STATELESS_MULTINOMIAL(logits, num_samples, seed, output_dtype=output_dtype)
        return result


def stateless_categorical(
    logits: Any,
    num_samples: Any,
    seed: Any,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Draw classes with the probabilities softmax(logits); see `stateless_multinomial`.

    Args:
        logits: real numbers, `[batch, classes]`.
        num_samples: scalar, how many for each row.
        seed: two integers.
        dtype: int32 or int64.
        name: name of the operations' scope; "stateless_categorical" when None.

    Returns:
        Tensor `[batch, num_samples]` of `dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/multinomial_op.cc.
    """
    with name_scope(name, "stateless_categorical", [logits, seed]):
        logits = convert_to_tensor(logits, name="logits")
        result: Tensor = STATELESS_MULTINOMIAL(logits, num_samples, seed, output_dtype=dtype)
        return result
