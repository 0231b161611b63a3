"""Rounding to whole numbers, element by element."""

from __future__ import annotations

from typing import Any

from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.type_lists import CWISE_FLOATING, CWISE_SIGNED
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import unchanged

FLOOR = register_op(
    "Floor",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@FLOOR.kernel
def _floor(xp: Namespace, x: Array) -> Array:
    return xp.floor(x)


@FLOOR.gradient
def _floor_gradient(op: Operation, d_y: Tensor) -> list[None]:
    return [None]


def floor(x: Any, name: str | None = None) -> Tensor:
    """Compute the largest whole number not above x, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "Floor" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_floor.cc.
    """
    result: Tensor = FLOOR(x, name=name)
    return result


CEIL = register_op(
    "Ceil",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@CEIL.kernel
def _ceil(xp: Namespace, x: Array) -> Array:
    return xp.ceil(x)


@CEIL.gradient
def _ceil_gradient(op: Operation, d_y: Tensor) -> list[None]:
    return [None]


def ceil(x: Any, name: str | None = None) -> Tensor:
    """Compute the least whole number not below x, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "Ceil" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_ceil.cc.
    """
    result: Tensor = CEIL(x, name=name)
    return result


RINT = register_op(
    "Rint",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_FLOATING},
    shape=unchanged,
)


@RINT.kernel
def _rint(xp: Namespace, x: Array) -> Array:
    return xp.rint(x)


@RINT.gradient
def _rint_gradient(op: Operation, d_y: Tensor) -> list[None]:
    return [None]


def rint(x: Any, name: str | None = None) -> Tensor:
    """Compute the nearest whole number, halves to the even one, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "Rint" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_rint.cc.
    """
    result: Tensor = RINT(x, name=name)
    return result


ROUND = register_op(
    "Round",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_SIGNED},
    shape=unchanged,
)


@ROUND.kernel
def _round(xp: Namespace, x: Array) -> Array:
    return xp.rint(x)


@ROUND.gradient
def _round_gradient(op: Operation, d_y: Tensor) -> list[None]:
    return [None]


def round(x: Any, name: str | None = None) -> Tensor:
    """Compute the nearest whole number, halves to the even one, element by element.

    Args:
        x: numeric, any shape.
        name: name of the operation; "Round" when None.

    Returns:
        Tensor of the shape and dtype of `x`; integers themselves.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_round.cc.
    """
    x = convert_to_tensor(x, name="x")
    result: Tensor = x if x.dtype.is_integer else ROUND(x, name=name)
    return result
