"""`tf.repeat`: each element several times.

Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_broadcast import broadcast_to
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import tile
from evergraph.ops.array_shape import expand_dims, rank, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import CAST
from evergraph.ops.fills import ones
from evergraph.ops.select import boolean_mask
from evergraph.ops.sequences import all_dimensions, sequence_mask
from evergraph.registry.op_def import get_op_def


def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """Repeat elements along a dimension.

    Args:
        input: any tensor.
        repeats: integer scalar, or one for each element along `axis`.
        axis: the dimension; `input` is flattened when None.
        name: name of the operations; "Repeat" when None.

    Raises:
        TypeError: `axis` isn't an int, or `repeats` aren't integers.
        ValueError: `axis` is out of range.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    if axis is None:
        input = reshape(input, [-1])
        axis = 0
    if not isinstance(axis, int):
        raise TypeError(f"axis must be an int; got {type(axis).__name__}")
    with name_scope(name, "Repeat", [input, repeats]):
        return _repeat(input, repeats, axis)


def _repeat(data: Any, repeats: Any, axis: int) -> Tensor:
    data = convert_to_tensor(data, name="data")
    repeats = _as_int32(repeats)
    repeats.shape.with_rank_at_most(1)
    data = _with_a_dimension(data)
    data_shape: Any = shape_of(data)
    axis = _positive(axis, data.shape.ndims)
    if repeats.shape.ndims == 1:
        data.shape.dims[axis].assert_is_compatible_with(repeats.shape[0])
    if repeats.shape.ndims == 0:
        tiled = _tile_one(expand_dims(data, axis + 1), axis + 1, repeats)
        return reshape(tiled, concat([data_shape[:axis], [-1], data_shape[axis + 1 :]], axis=0))
    if repeats.shape.ndims != axis + 1:
        repeats_shape, repeats_rank = shape_of(repeats), rank(repeats)
        whole = concat([data_shape[: axis + 1 - repeats_rank], repeats_shape], axis=0)
        repeats = broadcast_to(repeats, whole)
        repeats.set_shape([None] * (axis + 1))
    most = get_op_def("Maximum")(0, get_op_def("Max")(repeats, all_dimensions(repeats)))
    mask = sequence_mask(repeats, most)
    tiled = _tile_one(expand_dims(data, axis + 1), axis + 1, most)
    result = boolean_mask(tiled, mask)
    if axis != 0:
        result = reshape(result, concat([data_shape[:axis], [-1], data_shape[axis + 1 :]], axis=0))
    if data.shape.ndims is not None:
        size = 0 if repeats.shape[0] == 0 else None
        result.set_shape(data.shape[:axis].concatenate([size]).concatenate(data.shape[axis + 1 :]))
    return result


def _as_int32(repeats: Any) -> Tensor:
    tensor = convert_to_tensor(repeats, name="repeats", preferred_dtype=dtypes.int32)
    if not tensor.dtype.is_integer:
        raise TypeError(f"repeats must be an integer tensor; dtype={tensor.dtype}")
    result: Tensor = CAST(tensor, DstT=dtypes.int32)
    return result


def _positive(axis: int, count: int | None) -> int:
    if count is not None:
        if not -count <= axis < count:
            raise ValueError(f"axis={axis} out of bounds: expected {-count}<=axis<{count}")
        return axis % count
    if axis < 0:
        raise ValueError("axis may only be negative if ndims is statically known.")
    return axis


def _with_a_dimension(data: Tensor) -> Tensor:
    if data.shape.ndims == 0:
        return stack([data])
    if data.shape.ndims is not None:
        return data
    data_shape = shape_of(data)
    count: Any = rank(data)
    whole: Any = concat([[1], data_shape], axis=0)
    return reshape(data, whole[-count:])


def _tile_one(data: Tensor, axis: int, multiple: Any) -> Tensor:
    if data.shape.ndims is not None:
        multiples: Any = [1] * data.shape.ndims
        multiples[axis] = multiple
    else:
        single: Any = ones(rank(data), dtypes.int32)
        multiples = concat([single[:axis], [multiple], single[axis + 1 :]], axis=0)
    return tile(data, multiples)
