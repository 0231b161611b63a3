"""Bits of integers: and, or, xor, shifts, counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.dtypes import INTEGER
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import (
    broadcast,
    unchanged,
    with_rank,
    with_rank_at_least,
)
from evergraph.registry.shape_inference import ShapeContext

BITWISE_AND = register_op(
    "BitwiseAnd",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": INTEGER},
    shape=broadcast,
    commutative=True,
).no_gradient()


@BITWISE_AND.kernel
def _bitwise_and(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.bitwise_and(x, y)


def bitwise_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Set the bits that are set in both, element by element.

    Args:
        x: integers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "BitwiseAnd" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_bitwise_and.cc.
    """
    result: Tensor = BITWISE_AND(x, y, name=name)
    return result


BITWISE_OR = register_op(
    "BitwiseOr",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": INTEGER},
    shape=broadcast,
    commutative=True,
).no_gradient()


@BITWISE_OR.kernel
def _bitwise_or(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.bitwise_or(x, y)


def bitwise_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Set the bits that are set in either, element by element.

    Args:
        x: integers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "BitwiseOr" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_bitwise_or.cc.
    """
    result: Tensor = BITWISE_OR(x, y, name=name)
    return result


BITWISE_XOR = register_op(
    "BitwiseXor",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": INTEGER},
    shape=broadcast,
    commutative=True,
).no_gradient()


@BITWISE_XOR.kernel
def _bitwise_xor(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.bitwise_xor(x, y)


def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Set the bits that are set in exactly one, element by element.

    Args:
        x: integers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "BitwiseXor" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_bitwise_xor.cc.
    """
    result: Tensor = BITWISE_XOR(x, y, name=name)
    return result


LEFT_SHIFT = register_op(
    "LeftShift",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": INTEGER},
    shape=broadcast,
).no_gradient()


@LEFT_SHIFT.kernel
def _left_shift(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.left_shift(x, y)


def left_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Move the bits of x up by y, element by element.

    Args:
        x: integers, any shape.
        y: number of bits, of the dtype of `x`; counts as 0 below 0, as the highest bit above it.
        name: name of the operation; "LeftShift" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_left_shift.cc.
    """
    result: Tensor = LEFT_SHIFT(x, y, name=name)
    return result


RIGHT_SHIFT = register_op(
    "RightShift",
    inputs="x: T, y: T",
    outputs="z: T",
    attrs={"T": INTEGER},
    shape=broadcast,
).no_gradient()


@RIGHT_SHIFT.kernel
def _right_shift(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.right_shift(x, y)


def right_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Move the bits of x down by y, element by element; the sign stays.

    Args:
        x: integers, any shape.
        y: number of bits, of the dtype of `x`; counts as 0 below 0, as the highest bit above it.
        name: name of the operation; "RightShift" when None.

    Returns:
        Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_right_shift.cc.
    """
    result: Tensor = RIGHT_SHIFT(x, y, name=name)
    return result


INVERT = register_op(
    "Invert",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": INTEGER},
    shape=unchanged,
).no_gradient()


@INVERT.kernel
def _invert(xp: Namespace, x: Array) -> Array:
    return xp.invert(x)


def invert(x: Any, name: str | None = None) -> Tensor:
    """Turn every bit around, element by element.

    Args:
        x: integers, any shape.
        name: name of the operation; "Invert" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_invert.cc.
    """
    result: Tensor = INVERT(x, name=name)
    return result


POPULATION_COUNT = register_op(
    "PopulationCount",
    inputs="x: T",
    outputs="y: uint8",
    attrs={"T": INTEGER},
    shape=unchanged,
).no_gradient()


@POPULATION_COUNT.kernel
def _population_count(xp: Namespace, x: Array) -> Array:
    return xp.population_count(x)


def population_count(x: Any, name: str | None = None) -> Tensor:
    """Count the bits that are set, element by element.

    Args:
        x: integers, any shape.
        name: name of the operation; "PopulationCount" when None.

    Returns:
        uint8 Tensor of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/population_count_op.cc.
    """
    result: Tensor = POPULATION_COUNT(x, name=name)
    return result


def _packed_shape(c: ShapeContext) -> TensorShape:
    shape = with_rank_at_least(c.inputs[0], 1)
    with_rank(c.inputs[1], 0)
    if shape.ndims is None:
        return shape
    *outer, size = shape.as_list()
    if size is not None and size % 8:
        raise ValueError(f"Dimension size must be evenly divisible by 8 but is {size}")
    return TensorShape([*outer, None if size is None else size // 8])


COMPARE_AND_BITPACK = register_op(
    "CompareAndBitpack",
    inputs="input: T, threshold: T",
    outputs="output: uint8",
    attrs={"T": "{bool, half, float, double, int8, int16, int32, int64}"},
    shape=_packed_shape,
)


@COMPARE_AND_BITPACK.kernel
def _compare_and_bitpack(xp: Namespace, x: Array, threshold: Array) -> Array:
    shape = tuple(xp.shape(x))
    xp.check(
        bool(shape) and shape[-1] % 8 == 0,
        "InvalidArgumentError",
        "Inner dimension of input should be divisible by 8",
    )
    xp.check(
        not xp.shape(threshold),
        "InvalidArgumentError",
        f"Compare must be a scalar, but saw shape: [{','.join(map(str, xp.shape(threshold)))}]",
    )
    # TensorFlow takes bools as they are, whatever the threshold.
    is_above = x if x.dtype.kind == "b" else xp.greater(x, threshold)
    bits = xp.reshape(xp.cast(is_above, np.uint8), (*shape[:-1], shape[-1] // 8, 8))
    # The first of eight elements is the highest bit.
    return xp.sum(xp.left_shift(bits, np.arange(7, -1, -1, dtype=np.uint8)), -1)
