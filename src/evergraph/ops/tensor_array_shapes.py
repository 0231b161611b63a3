"""Shape functions of the ops of tensor arrays.

A handle tells the shape of its elements where its array was made so: it is looked up there.

Reference: TensorFlow 1.15, tensorflow/core/ops/data_flow_ops.cc.
"""

from __future__ import annotations

from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Tensor
from evergraph.registry.shape_functions import merge, merge_dims, with_rank, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _check_handle(c: ShapeContext) -> None:
    merge_dims(with_rank(c.inputs[0], 1).as_list()[0], 2)


def known_element(handle: Tensor) -> TensorShape | None:
    """The shape of each element where the array promises one for all of them, else None."""
    op = handle.op
    while op.op_def is not None and op.op_def.forwards:
        op = op._inputs[0].op
    if "identical_element_shapes" in op.attrs:
        shape: TensorShape = op.attrs["element_shape"]
        is_one = shape.is_fully_defined() or op.attrs["identical_element_shapes"]
        return shape if is_one else None
    if op.op_def is None or not op.op_def.makes_object or "source" not in op.attrs:
        return None
    if len(op._inputs) == 2:
        return known_element(op._inputs[0])
    shape = known_element(op._inputs[0]) or TensorShape(None)
    count = with_rank(op._inputs[2].shape, 1).as_list()[0]  # of the sizes before those of elements
    if shape.ndims is None or count is None:
        return TensorShape(None)
    return TensorShape([None] * count).concatenate(shape)


def can_grow(handle: Tensor) -> bool:
    """Whether the array of `handle` is known to be one that writes may make longer."""
    op = handle.op
    while op.op_def is not None and op.op_def.forwards:
        op = op._inputs[0].op
    return bool(op.attrs.get("dynamic_size", False))


def creation_shape(c: ShapeContext) -> list[TensorShape]:
    """Of a new array."""
    with_rank(c.inputs[0], 0)
    return [TensorShape([2]), TensorShape([])][: c.output_count]


def grad_shape(c: ShapeContext) -> list[TensorShape]:
    """Of a gradient array."""
    _check_handle(c)
    return [TensorShape([2]), TensorShape([])][: c.output_count]


def write_shape(c: ShapeContext) -> TensorShape:
    """The written value has the shape of the elements."""
    _check_handle(c)
    with_rank(c.inputs[1], 0)
    with_rank(c.inputs[3], 0)
    element = known_element(c.tensor(0))
    if element is not None:
        merge(element, c.inputs[2])
    return TensorShape([])


def read_shape(c: ShapeContext) -> TensorShape:
    """The shape of the elements."""
    _check_handle(c)
    with_rank(c.inputs[1], 0)
    with_rank(c.inputs[2], 0)
    return known_element(c.tensor(0)) or TensorShape(None)


def gather_shape(c: ShapeContext) -> TensorShape:
    """[n, ...] for n indices."""
    gather_v2_shape(c)
    element = known_element(c.tensor(0))
    indices = with_rank(c.inputs[1], 1)
    return indices.concatenate(c.attr("element_shape") if element is None else element)


def gather_v2_shape(c: ShapeContext) -> TensorShape:
    """Unknown; the inputs are checked."""
    with_rank(c.inputs[0], 1)
    with_rank(c.inputs[1], 1)
    _check_handle(c)
    with_rank(c.inputs[2], 0)
    return TensorShape(None)


def scatter_v2_shape(c: ShapeContext) -> TensorShape:
    """Without a look at the elements."""
    with_rank(c.inputs[0], 1)
    with_rank(c.inputs[1], 1)
    _check_handle(c)
    with_rank(c.inputs[3], 0)
    return TensorShape([])


def scatter_shape(c: ShapeContext) -> TensorShape:
    """As many rows as indices, of the shape of the elements."""
    scatter_v2_shape(c)
    value = with_rank_at_least(c.inputs[2], 1)
    if value.ndims is not None:
        merge_dims(value.as_list()[0], with_rank(c.inputs[1], 1).as_list()[0])
    element = known_element(c.tensor(0))
    if element is not None:
        merge(element, value[1:])
    return TensorShape([])


def concat_shape(c: ShapeContext) -> list[TensorShape]:
    """Unknown, and a vector of lengths."""
    _check_handle(c)
    with_rank(c.inputs[1], 0)
    return [TensorShape(None), TensorShape([None])]


def split_shape(c: ShapeContext) -> TensorShape:
    """The lengths are a vector."""
    _check_handle(c)
    with_rank(c.inputs[2], 1)
    with_rank(c.inputs[3], 0)
    return TensorShape([])


def size_shape(c: ShapeContext) -> TensorShape:
    """A scalar."""
    _check_handle(c)
    return TensorShape([])


def close_shape(c: ShapeContext) -> list[TensorShape]:
    """Nothing."""
    _check_handle(c)
    return []
