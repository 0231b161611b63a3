"""The shapes that loop variables keep in every iteration.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.operation import Tensor
from evergraph.graph.tensor_spec import (
    IndexedSlicesSpec,
    SparseTensorSpec,
    TensorSpec,
    TypeSpec,
    type_spec_from_value,
)


def shape_invariant(value: Any, shape: Any = None) -> Any:
    """The shape that a loop variable keeps: a list of shapes for a value made of tensors.

    Args:
        value: a tensor, or a value made of tensors.
        shape: what the user says of it: a TensorShape or a TypeSpec; the value's own when None.

    Raises:
        TypeError: the spec doesn't fit the value.
    """
    if nest.is_sequence_or_composite(value) and not nest.is_nested(value):
        spec: Any = type_spec_from_value(value) if shape is None else _spec_of(value, shape)
        return [part.shape for part in spec._component_specs]
    if shape is None:
        return value.shape
    if isinstance(shape, TensorSpec):
        if value.dtype != shape.dtype:
            raise TypeError(f"TensorSpec {shape!r} is not compatible with {value!r}")
        return shape.shape
    if isinstance(shape, TypeSpec):
        raise TypeError(f"TypeSpec {shape!r} is not compatible with {value!r}")
    return shape


def _spec_of(value: Any, shape: Any) -> Any:
    """The spec of IndexedSlices or a SparseTensor whose shape invariant is `shape`.

    Of IndexedSlices it is the shape of the values, of a SparseTensor that of its dense shape.
    """
    if isinstance(shape, TypeSpec):
        if not shape.is_compatible_with(value):
            raise TypeError(f"TypeSpec {shape!r} is not compatible with {value!r}")
        return shape
    if not isinstance(shape, TensorShape):
        raise TypeError(f"Expected shape to be a TypeSpec or TensorShape, got {shape!r}")
    if isinstance(value, IndexedSlices):
        dense = value.dense_shape
        return IndexedSlicesSpec(
            TensorShape([None]).concatenate(shape[1:]),
            value.dtype,
            value.indices.dtype,
            None if dense is None else dense.dtype,
            shape[:1],
        )
    if shape.ndims is not None and shape.ndims != 1:
        raise ValueError("Expected a shape with 1 dimension")
    rank = None if shape.ndims is None else shape.as_list()[0]
    return SparseTensorSpec(TensorShape(None if rank is None else [None] * rank), value.dtype)


def _is_within(shape: TensorShape, invariant: TensorShape) -> bool:
    """Whether every tensor of `shape` has the shape `invariant`."""
    if invariant.ndims is None:
        return True
    if shape.ndims != invariant.ndims:
        return False
    sizes = zip(shape.as_list(), invariant.as_list(), strict=True)
    return all(asked is None or size == asked for size, asked in sizes)


def set_shape_invariants(
    inputs: Sequence[Tensor], enters: Sequence[Tensor], shape_invariants: Any
) -> None:
    """Give Enters the shapes that loop variables keep.

    Raises:
        ValueError: an input can't have its shape.
    """
    shapes = nest.flatten(shape_invariants)
    if not all(isinstance(shape, TensorShape) for shape in shapes):
        raise ValueError("`shapes` must be a (possibly nested) list of shapes.")
    for tensor, inside, shape in zip(inputs, enters, shapes, strict=False):
        if not _is_within(tensor.get_shape(), shape):
            raise ValueError(
                f"The shape invariant specified for {tensor.name} is not compatible with the "
                f"initial shape of the loop variable. It enters the loop with shape "
                f"{tensor.get_shape()}, but the specified shape invariant is {shape}."
            )
        inside.set_shape(shape)


def check_shape_invariant(merged: Tensor, value: Tensor) -> None:
    """Raise ValueError unless `value` has the shape of `merged`, a loop variable's Merge."""
    if _is_within(value.get_shape(), merged.get_shape()):
        return
    source = merged.op.inputs[0].op.inputs[0]
    raise ValueError(
        f"Input tensor '{source.name}' enters the loop with shape {source.shape}, but has shape "
        f"{value.get_shape()} after one iteration. To allow the shape to vary across iterations, "
        "use the `shape_invariants` argument of tf.while_loop to specify a less-specific shape."
    )
