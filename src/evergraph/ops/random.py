"""Random uniform and normal numbers from streams that the seeds name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import FLOATING, INDEX, DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_seed, name_scope
from evergraph.ops.math_elementwise import add
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

# How many blocks a run takes for each output element: TensorFlow reserves for the worst case.
BLOCKS_PER_ELEMENT = 256
_UNIFORM_TYPES = (*FLOATING, dtypes.int32, dtypes.int64)


def blocks_of_elements(shapes: Any, attrs: dict[str, Any]) -> int:
    """The blocks that a run reserves for an output of shape `shapes[0]`."""
    return int(BLOCKS_PER_ELEMENT * math.prod(shapes[0]))


def drawn_shape(c: ShapeContext) -> TensorShape:
    """The shape that input 0, a vector of sizes, asks for."""
    with_rank(c.inputs[0], 1)
    return c.constant_as_shape(0)


def _bounded_shape(c: ShapeContext) -> TensorShape:
    for bound in c.inputs[1:3]:
        with_rank(bound, 0)
    return drawn_shape(c)


def shape_tensor(shape: Any) -> Tensor:
    """`shape` as a vector of sizes; an empty list is int32."""
    dtype = None
    if isinstance(shape, list | tuple):
        if not shape:
            dtype = dtypes.int32
        shape = tuple(getattr(size, "value", size) for size in shape)
    return convert_to_tensor(shape, dtype=dtype, name="shape")


def checked_shape(xp: Namespace, shape: np.ndarray) -> tuple[int, ...]:
    """The sizes that a random op is asked for.

    Raises:
        InvalidArgumentError: it is no vector of sizes.
    """
    xp.check(
        np.ndim(shape) == 1,
        "InvalidArgumentError",
        "shape must be a vector of {int32,int64}, got shape "
        f"[{','.join(map(str, np.shape(shape)))}]",
    )
    sizes = tuple(int(size) for size in np.ravel(shape))
    place = next((i for i, size in enumerate(sizes) if size < 0), 0)
    xp.check(
        all(size >= 0 for size in sizes),
        "InvalidArgumentError",
        lambda: f"Dimension {sizes[place]} must be >= 0",
    )
    return sizes


RANDOM_UNIFORM = register_op(
    "RandomUniform",
    inputs="shape: T",
    outputs="output: dtype",
    attrs={"seed": "int = 0", "seed2": "int = 0", "dtype": FLOATING, "T": INDEX},
    shape=drawn_shape,
    static_inputs=("shape",),
    random_blocks=blocks_of_elements,
    stateful=True,
).no_gradient()


@RANDOM_UNIFORM.kernel
def _random_uniform(xp: Namespace, shape: np.ndarray, *, dtype: DType, stream: Any) -> Array:
    sizes = checked_shape(xp, shape)
    return xp.philox_uniform(stream, sizes, dtype)


RANDOM_UNIFORM_INT = register_op(
    "RandomUniformInt",
    inputs="shape: T, minval: Tout, maxval: Tout",
    outputs="output: Tout",
    attrs={"seed": "int = 0", "seed2": "int = 0", "Tout": INDEX, "T": INDEX},
    shape=_bounded_shape,
    static_inputs=("shape",),
    random_blocks=blocks_of_elements,
    stateful=True,
)


@RANDOM_UNIFORM_INT.kernel
def _random_uniform_int(
    xp: Namespace, shape: np.ndarray, minval: Array, maxval: Array, *, stream: Any
) -> Array:
    sizes = checked_shape(xp, shape)
    check_bounds(xp, minval, maxval, math.prod(sizes))
    return xp.philox_integers(stream, sizes, minval, maxval)


def check_bounds(xp: Namespace, minval: Array, maxval: Array, count: int) -> None:
    """Demand scalars with minval < maxval, unless no number is drawn."""
    for name, bound in (("minval", minval), ("maxval", maxval)):
        xp.check(
            len(xp.shape(bound)) == 0,
            "InvalidArgumentError",
            f"{name} must be 0-D, got shape [{','.join(map(str, xp.shape(bound)))}]",
        )
    if count:
        xp.check(
            xp.less(minval, maxval),
            "InvalidArgumentError",
            lambda: f"Need minval < maxval, got {minval} >= {maxval}",
        )


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw numbers evenly from [minval, maxval).

    Args:
        shape: sizes of the result.
        minval: scalar of `dtype`.
        maxval: scalar of `dtype`; 1 when None, which integers don't allow.
        dtype: floating, int32 or int64.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the last operation; "random_uniform" when None.

    Returns:
        Tensor of `shape` and `dtype`.

    Raises:
        ValueError: another dtype, or integers without `maxval`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/random_op.cc.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype not in _UNIFORM_TYPES:
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        low = convert_to_tensor(minval, dtype=dtype, name="min")
        high = convert_to_tensor(maxval, dtype=dtype, name="max")
        seed1, seed2 = get_seed(seed)
        if dtype.is_integer:
            result: Tensor = RANDOM_UNIFORM_INT(
                shape, low, high, seed=seed1, seed2=seed2, name=scope
            )
            return result
        drawn = RANDOM_UNIFORM(shape, dtype=dtype, seed=seed1, seed2=seed2)
        return add(drawn * (high - low), low, name=scope)


RANDOM_STANDARD_NORMAL = register_op(
    "RandomStandardNormal",
    inputs="shape: T",
    outputs="output: dtype",
    attrs={"seed": "int = 0", "seed2": "int = 0", "dtype": FLOATING, "T": INDEX},
    shape=drawn_shape,
    static_inputs=("shape",),
    random_blocks=blocks_of_elements,
    stateful=True,
).no_gradient()


@RANDOM_STANDARD_NORMAL.kernel
def _random_standard_normal(
    xp: Namespace, shape: np.ndarray, *, dtype: DType, stream: Any
) -> Array:
    sizes = checked_shape(xp, shape)
    return xp.philox_normal(stream, sizes, dtype)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw numbers from a normal distribution.

    Args:
        shape: sizes of the result.
        mean: scalar, or a shape that broadcasts.
        stddev: scalar, or a shape that broadcasts.
        dtype: floating.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the last operation; "random_normal" when None.

    Returns:
        Tensor of `shape` and `dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/random_op.cc.
    """
    with name_scope(name, "random_normal", [shape, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        seed1, seed2 = get_seed(seed)
        drawn = RANDOM_STANDARD_NORMAL(shape, dtype=dtype, seed=seed1, seed2=seed2)
        return add(drawn * stddev, mean, name=scope)


TRUNCATED_NORMAL = register_op(
    "TruncatedNormal",
    inputs="shape: T",
    outputs="output: dtype",
    attrs={"seed": "int = 0", "seed2": "int = 0", "dtype": FLOATING, "T": INDEX},
    shape=drawn_shape,
    static_inputs=("shape",),
    random_blocks=blocks_of_elements,
    stateful=True,
).no_gradient()


@TRUNCATED_NORMAL.kernel
def _truncated_normal(xp: Namespace, shape: np.ndarray, *, dtype: DType, stream: Any) -> Array:
    sizes = checked_shape(xp, shape)
    return xp.philox_truncated_normal(stream, sizes, dtype)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw numbers from a normal distribution, none further than two deviations from the mean.

    Args:
        shape: sizes of the result.
        mean: scalar, or a shape that broadcasts.
        stddev: scalar, or a shape that broadcasts; that before truncation.
        dtype: floating.
        seed: seed of the operation; see `set_random_seed`.
        name: name of the last operation; "truncated_normal" when None.

    Returns:
        Tensor of `shape` and `dtype`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/random_op.cc.
    """
    with name_scope(name, "truncated_normal", [shape, mean, stddev]) as scope:
        shape = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        seed1, seed2 = get_seed(seed)
        drawn = TRUNCATED_NORMAL(shape, dtype=dtype, seed=seed1, seed2=seed2)
        return add(drawn * stddev, mean, name=scope)
