"""Stacking and unstacking: Pack, Unpack, ParallelConcat."""

from __future__ import annotations

from typing import Any

from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge, merged
from evergraph.registry.shape_inference import ShapeContext


def positive_axis(axis: int, rank: int) -> int:
    """`axis` counted from the front.

    Raises:
        ValueError: `axis` isn't in [-rank, rank).
    """
    if not -rank <= axis < rank:
        raise ValueError(f"axis = {axis} not in [{-rank}, {rank})")
    return axis % rank


def _pack_shape(c: ShapeContext) -> TensorShape:
    shape = TensorShape(None)
    for i in reversed(range(len(c.inputs))):
        try:
            shape = merge(c.inputs[i], shape)
        except ValueError as error:
            raise ValueError(f"{error}\n\tFrom merging shape {i} with other shapes.") from None
    if shape.ndims is None:
        return shape
    axis: int = c.attr("axis")
    rank = shape.ndims + 1
    if not -rank <= axis < rank:
        raise ValueError(f"Invalid axis: {axis}; must be in [{-rank},{rank})")
    dims = shape.as_list()
    dims.insert(axis % rank, len(c.inputs))
    return TensorShape(dims)


def _pack_partial(c: ShapeContext) -> Any:
    if c.op.outputs[0].shape.ndims != 1 or not c.dtype(0).is_integer:
        return None
    values = [c.constant(i) for i in range(len(c.inputs))]
    return tuple(None if value is None else int(value) for value in values)


PACK = register_op(
    "Pack",
    inputs="values: N * T",
    outputs="output: T",
    attrs={"N": "int >= 1", "T": "type", "axis": "int = 0"},
    shape=_pack_shape,
    partial_value=_pack_partial,
    static_value=True,
)


@PACK.kernel
def _pack(xp: Namespace, values: tuple[Array, ...], *, axis: int) -> Array:
    return xp.stack(values, axis)


@PACK.gradient
def _pack_gradient(op: Operation, d_output: Tensor) -> list[Tensor]:
    return unstack(d_output, num=op.get_attr("N"), axis=op.get_attr("axis"))


def stack(values: Any, axis: int = 0, name: str | None = "stack") -> Tensor:
    """Stack tensors of one shape into one with a new dimension.

    Args:
        values: n values, each `[...]`.
        axis: where the new dimension of size n stands in the result.
        name: name of the operation.

    Raises:
        ValueError: `axis` is out of range, or the shapes differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/pack_op.cc.
    """
    if axis == 0:
        try:
            # Constants become one constant.
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass
    first = convert_to_tensor(values[0], name=name).get_shape()
    if first.ndims is not None:
        rank = first.ndims + 1
        if not -rank <= axis < rank:
            raise ValueError(f"axis = {axis} not in [{-rank}, {rank})")
    result: Tensor = PACK(values, axis=axis, name=name)
    return result


def _unpack_shape(c: ShapeContext) -> list[TensorShape]:
    shape, num = c.inputs[0], c.attr("num")
    if shape.ndims is None:
        return [shape] * num
    rank, axis = shape.ndims, c.attr("axis")
    if rank < 1:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if not -rank <= axis < rank:
        raise ValueError(f"Invalid axis: {axis}; must be in [{-rank},{rank})")
    dims = shape.as_list()
    size = dims.pop(axis)
    if size is not None and size != num:
        raise ValueError(f"Dimension must be {num} but is {size}")
    return [TensorShape(dims)] * num


UNPACK = register_op(
    "Unpack",
    inputs="value: T",
    outputs="output: num * T",
    attrs={"num": "int >= 0", "T": "type", "axis": "int = 0"},
    shape=_unpack_shape,
)


@UNPACK.kernel
def _unpack(xp: Namespace, value: Array, *, num: int, axis: int) -> list[Array]:
    sizes = xp.shape(value)
    if not -len(sizes) <= axis < len(sizes):
        raise InvalidArgumentError(
            None, None, f"axis = {axis} not in [{-len(sizes)}, {len(sizes)})"
        )
    if sizes[axis] != num:
        raise InvalidArgumentError(
            None,
            None,
            f"Input shape axis {axis} must equal {num}, got shape [{','.join(map(str, sizes))}]",
        )
    before = (slice(None),) * (axis % len(sizes))
    return [value[(*before, i)] for i in range(num)]


@UNPACK.gradient
def _unpack_gradient(op: Operation, *d_outputs: Tensor) -> Tensor:
    return stack(d_outputs, axis=op.get_attr("axis"))


def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str | None = "unstack"
) -> list[Tensor]:
    """Take a tensor apart along one dimension.

    Args:
        value: `[..., n, ...]`, with n at `axis`.
        num: n; taken from the static shape when None.
        axis: the dimension to take apart, negative from the end.
        name: name of the operation.

    Returns:
        n tensors without that dimension.

    Raises:
        ValueError: `axis` is out of range, or n isn't known.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/unpack_op.cc.
    """
    if num is None:
        value = convert_to_tensor(value)
        shape = value.get_shape()
        if shape.ndims is not None:
            if not -shape.ndims <= axis < shape.ndims:
                raise ValueError(f"axis = {axis} not in [{-shape.ndims}, {shape.ndims})")
            num = shape.as_list()[axis]
        if num is None:
            raise ValueError(f"Cannot infer num from shape {shape}")
    result: list[Tensor] = UNPACK(value, num=num, axis=axis, name=name)
    return result


def _parallel_concat_shape(c: ShapeContext) -> TensorShape:
    shape: TensorShape = c.attr("shape")
    if not shape.is_fully_defined():
        raise ValueError("shape attr must be fully defined.")
    if not all(one.is_fully_defined() for one in c.inputs):
        raise ValueError("All input shapes must be fully defined.")
    first = merged(c)[0]
    if first.ndims is not None and (first.ndims == 0 or first.as_list()[0] != 1):
        raise ValueError(
            "Size of first dimension must be 1."
            if first.ndims
            else "Rank of shape must be at least 1."
        )
    merge(first, TensorShape([1, *shape.as_list()[1:]]))
    return shape


PARALLEL_CONCAT = register_op(
    "ParallelConcat",
    inputs="values: N * T",
    outputs="output: T",
    attrs={"N": "int >= 1", "T": "type", "shape": "shape"},
    shape=_parallel_concat_shape,
)


@PARALLEL_CONCAT.kernel
def _parallel_concat(xp: Namespace, values: tuple[Array, ...]) -> Array:
    return xp.concatenate(values, 0)


def parallel_stack(values: Any, name: str = "parallel_stack") -> Tensor:
    """As `stack` along a new first dimension, for values of known shapes.

    Args:
        values: n values, each `[...]`, fully known.
        name: name of the operation.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    from evergraph.ops.array_shape import expand_dims

    with name_scope(name):
        shape = convert_to_tensor(values[0]).get_shape()
        whole = TensorShape([len(values)]).concatenate(shape)
        result: Tensor = PARALLEL_CONCAT([expand_dims(value, 0) for value in values], shape=whole)
        return result
