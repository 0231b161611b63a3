"""tensorflow.python.framework.common_shapes: static broadcasting, 0.x's shape functions."""

from __future__ import annotations

from typing import Any

from evergraph.core.shapes import TensorShape
from evergraph.core.shapes import unknown_shape as _unknown
from evergraph.registry.shape_functions import broadcast_shapes


def broadcast_shape(shape_x: TensorShape, shape_y: TensorShape) -> TensorShape:
    """The shape of an element-wise result.

    Raises:
        ValueError: the shapes can't be broadcast to one.
    """
    try:
        return broadcast_shapes(shape_x, shape_y)
    except ValueError:
        raise ValueError(f"Incompatible shapes for broadcasting: {shape_x} and {shape_y}") from None


def is_broadcast_compatible(shape_x: TensorShape, shape_y: TensorShape) -> bool:
    """Whether `broadcast_shape` finds one; False when a rank is unknown."""
    if shape_x.ndims is None or shape_y.ndims is None:
        return False
    try:
        broadcast_shape(shape_x, shape_y)
    except ValueError:
        return False
    return True


def scalar_shape(op: Any) -> list[TensorShape]:
    """0.x's shape function of an op with one scalar output."""
    return [TensorShape([])]


def unknown_shape(op: Any) -> list[TensorShape]:
    """0.x's shape function of an op whose shapes aren't known."""
    return [_unknown() for _ in op.outputs]


def no_outputs(op: Any) -> list[TensorShape]:
    """0.x's shape function of an op without outputs."""
    return []


def unchanged_shape(op: Any) -> list[TensorShape]:
    """0.x's shape function of an op whose output has the shape of its input."""
    return [op.inputs[0].get_shape()]


def call_cpp_shape_fn(op: Any, require_shape_fn: bool = True) -> Any:
    """The shapes of the op's outputs, which it has from its schema."""
    return {"shapes": [output.get_shape() for output in op.outputs]}
