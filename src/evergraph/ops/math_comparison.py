"""Comparisons, logic, and tests for NaN and infinity, element by element."""

from __future__ import annotations

from typing import Any

from evergraph.core.dtypes import NUMERIC, REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Tensor
from evergraph.ops.type_lists import CWISE_FLOATING, EQUALITY
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import broadcast, broadcast_shapes, merge, unchanged
from evergraph.registry.shape_inference import ShapeContext


def _equality_shape(c: ShapeContext) -> TensorShape:
    if c.attr("incompatible_shape_error"):
        return broadcast_shapes(*c.inputs)
    x, y = c.inputs
    if x.ndims is None or y.ndims is None:
        return TensorShape(None)
    sizes, others = x.as_list(), y.as_list()
    ones: list[int | None] = [1]
    sizes = ones * (len(others) - len(sizes)) + sizes
    others = ones * (len(sizes) - len(others)) + others
    pairs = zip(sizes, others, strict=True)
    for size, other in pairs:
        if size is None or other is None:
            if (size or other or 1) > 1:  # they may not fit: the result may be a scalar
                return TensorShape(None)
        elif size != other and 1 not in (size, other):
            return TensorShape([])
    return broadcast_shapes(x, y)


def _broadcast_together(x: Array, y: Array) -> bool:
    sizes = zip(reversed(x.shape), reversed(y.shape), strict=False)
    return all(a == b or 1 in (a, b) for a, b in sizes)


EQUAL = register_op(
    "Equal",
    inputs="x: T, y: T",
    outputs="z: bool",
    attrs={"T": EQUALITY, "incompatible_shape_error": "bool = true"},
    shape=_equality_shape,
    commutative=True,
    static_value=True,
).no_gradient()


@EQUAL.kernel
def _equal(xp: Namespace, x: Array, y: Array, *, incompatible_shape_error: bool) -> Array:
    if not incompatible_shape_error and not _broadcast_together(x, y):
        return xp.asarray(False)
    return xp.equal(x, y)


def equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether x == y, element by element, with broadcasting.

    Args:
        x: numbers, bools or text, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Equal" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_equal_to_1.cc.
    """
    result: Tensor = EQUAL(x, y, name=name)
    return result


NOT_EQUAL = register_op(
    "NotEqual",
    inputs="x: T, y: T",
    outputs="z: bool",
    attrs={"T": EQUALITY, "incompatible_shape_error": "bool = true"},
    shape=_equality_shape,
    commutative=True,
    static_value=True,
).no_gradient()


@NOT_EQUAL.kernel
def _not_equal(xp: Namespace, x: Array, y: Array, *, incompatible_shape_error: bool) -> Array:
    if not incompatible_shape_error and not _broadcast_together(x, y):
        return xp.asarray(True)
    return xp.not_equal(x, y)


def not_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether x != y, element by element, with broadcasting.

    Args:
        x: numbers, bools or text, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "NotEqual" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_not_equal_to_1.cc.
    """
    result: Tensor = NOT_EQUAL(x, y, name=name)
    return result


def _ordering(name: str) -> OpDef:
    """An op that compares real numbers, element by element."""
    return register_op(
        name,
        inputs="x: T, y: T",
        outputs="z: bool",
        attrs={"T": REAL_NUMERIC},
        shape=broadcast,
    ).no_gradient()


LESS = _ordering("Less")


@LESS.kernel
def _less(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.less(x, y)


def less(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether x < y, element by element, with broadcasting.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Less" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_less.cc.
    """
    result: Tensor = LESS(x, y, name=name)
    return result


LESS_EQUAL = _ordering("LessEqual")


@LESS_EQUAL.kernel
def _less_equal(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.less_equal(x, y)


def less_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether x <= y, element by element, with broadcasting.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "LessEqual" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_less_equal.cc.
    """
    result: Tensor = LESS_EQUAL(x, y, name=name)
    return result


GREATER = _ordering("Greater")


@GREATER.kernel
def _greater(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.greater(x, y)


def greater(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether x > y, element by element, with broadcasting.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "Greater" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_greater.cc.
    """
    result: Tensor = GREATER(x, y, name=name)
    return result


GREATER_EQUAL = _ordering("GreaterEqual")


@GREATER_EQUAL.kernel
def _greater_equal(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.greater_equal(x, y)


def greater_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether x >= y, element by element, with broadcasting.

    Args:
        x: real numbers, any shape.
        y: of the dtype of `x`, a shape that broadcasts with it.
        name: name of the operation; "GreaterEqual" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_greater_equal.cc.
    """
    result: Tensor = GREATER_EQUAL(x, y, name=name)
    return result


def _one_shape(c: ShapeContext) -> TensorShape:
    merge(*c.inputs)
    return c.inputs[0]


APPROXIMATE_EQUAL = register_op(
    "ApproximateEqual",
    inputs="x: T, y: T",
    outputs="z: bool",
    attrs={"T": NUMERIC, "tolerance": "float = 1e-05"},
    shape=_one_shape,
    commutative=True,
).no_gradient()


@APPROXIMATE_EQUAL.kernel
def _approximate_equal(xp: Namespace, x: Array, y: Array, *, tolerance: float) -> Array:
    distance = xp.absolute(xp.subtract(x, y))
    return xp.less_equal(distance, tolerance)


def approximate_equal(x: Any, y: Any, tolerance: float = 1e-05, name: str | None = None) -> Tensor:
    """Whether |x - y| <= tolerance, element by element.

    Args:
        x: numeric, any shape.
        y: of the dtype and shape of `x`.
        tolerance: how far apart they may be.
        name: name of the operation; "ApproximateEqual" when None.

    Returns:
        bool Tensor of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_approximate_equal.cc.
    """
    result: Tensor = APPROXIMATE_EQUAL(x, y, tolerance=tolerance, name=name)
    return result


LOGICAL_AND = register_op(
    "LogicalAnd",
    inputs="x: bool, y: bool",
    outputs="z: bool",
    shape=broadcast,
    commutative=True,
).no_gradient()


@LOGICAL_AND.kernel
def _logical_and(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.logical_and(x, y)


def logical_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether both are true, element by element, with broadcasting.

    Args:
        x: bools, any shape.
        y: bools, a shape that broadcasts with that of `x`.
        name: name of the operation; "LogicalAnd" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_logical_and.cc.
    """
    result: Tensor = LOGICAL_AND(x, y, name=name)
    return result


LOGICAL_OR = register_op(
    "LogicalOr",
    inputs="x: bool, y: bool",
    outputs="z: bool",
    shape=broadcast,
    commutative=True,
).no_gradient()


@LOGICAL_OR.kernel
def _logical_or(xp: Namespace, x: Array, y: Array) -> Array:
    return xp.logical_or(x, y)


def logical_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Whether either is true, element by element, with broadcasting.

    Args:
        x: bools, any shape.
        y: bools, a shape that broadcasts with that of `x`.
        name: name of the operation; "LogicalOr" when None.

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_logical_or.cc.
    """
    result: Tensor = LOGICAL_OR(x, y, name=name)
    return result


LOGICAL_NOT = register_op(
    "LogicalNot",
    inputs="x: bool",
    outputs="y: bool",
    shape=unchanged,
).no_gradient()


@LOGICAL_NOT.kernel
def _logical_not(xp: Namespace, x: Array) -> Array:
    return xp.logical_not(x)


def logical_not(x: Any, name: str | None = None) -> Tensor:
    """Whether x is false, element by element.

    Args:
        x: bools, any shape.
        name: name of the operation; "LogicalNot" when None.

    Returns:
        bool Tensor of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_logical_not.cc.
    """
    result: Tensor = LOGICAL_NOT(x, name=name)
    return result


def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Tensor:
    """Whether exactly one is true, element by element, with broadcasting.

    Args:
        x: bools, any shape.
        y: bools, a shape that broadcasts with that of `x`.
        name: name of the last of the four operations: (x or y) and not (x and y).

    Returns:
        bool Tensor of the broadcast shape.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    either = LOGICAL_OR(x, y)
    not_both = LOGICAL_NOT(LOGICAL_AND(x, y))
    result: Tensor = LOGICAL_AND(either, not_both, name=name)
    return result


def _kind_of_number(name: str) -> OpDef:
    """An op that tells something of each floating number."""
    return register_op(
        name,
        inputs="x: T",
        outputs="y: bool",
        attrs={"T": CWISE_FLOATING},
        shape=unchanged,
    )


IS_NAN = _kind_of_number("IsNan")


@IS_NAN.kernel
def _is_nan(xp: Namespace, x: Array) -> Array:
    return xp.isnan(x)


def is_nan(x: Any, name: str | None = None) -> Tensor:
    """Whether it is no number, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "IsNan" when None.

    Returns:
        bool Tensor of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_isnan.cc.
    """
    result: Tensor = IS_NAN(x, name=name)
    return result


IS_INF = _kind_of_number("IsInf")


@IS_INF.kernel
def _is_inf(xp: Namespace, x: Array) -> Array:
    return xp.isinf(x)


def is_inf(x: Any, name: str | None = None) -> Tensor:
    """Whether it is infinite, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "IsInf" when None.

    Returns:
        bool Tensor of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_isinf.cc.
    """
    result: Tensor = IS_INF(x, name=name)
    return result


IS_FINITE = _kind_of_number("IsFinite")


@IS_FINITE.kernel
def _is_finite(xp: Namespace, x: Array) -> Array:
    return xp.isfinite(x)


def is_finite(x: Any, name: str | None = None) -> Tensor:
    """Whether it is neither infinite nor NaN, element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "IsFinite" when None.

    Returns:
        bool Tensor of the shape of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_isfinite.cc.
    """
    result: Tensor = IS_FINITE(x, name=name)
    return result
