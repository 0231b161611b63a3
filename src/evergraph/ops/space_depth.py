"""Blocks of space as depth: SpaceToDepth and DepthToSpace."""

from __future__ import annotations

from typing import Any

from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_ATTRS = {
    "T": "type",
    "block_size": "int >= 2",
    "data_format": "{'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
}


def _axes(data_format: bytes) -> tuple[int, int, int]:
    """Where height, width and depth are."""
    return (1, 2, 3) if data_format == b"NHWC" else (2, 3, 1)


def _divided(whole: int | None, parts: int) -> int | None:
    if whole is None:
        return None
    if whole % parts:
        raise ValueError(f"Dimension size must be evenly divisible by {parts} but is {whole}")
    return whole // parts


def _times(size: int | None, factor: int) -> int | None:
    return None if size is None else size * factor


def _checked_input(c: ShapeContext) -> list[int | None]:
    is_packed = c.attr("data_format") == b"NCHW_VECT_C"
    return with_rank(c.inputs[0], 5 if is_packed else 4).as_list()


def _space_to_depth_shape(c: ShapeContext) -> TensorShape:
    dims, block = _checked_input(c), c.attr("block_size")
    height, width, depth = _axes(c.attr("data_format"))
    dims[height], dims[width] = _divided(dims[height], block), _divided(dims[width], block)
    dims[depth] = _times(dims[depth], block * block)
    return TensorShape(dims)


SPACE_TO_DEPTH = register_op(
    "SpaceToDepth",
    inputs="input: T",
    outputs="output: T",
    attrs=_ATTRS,
    shape=_space_to_depth_shape,
)


def _refuse_other_formats(data_format: bytes, op_type: str) -> None:
    if data_format != b"NHWC":
        raise InvalidArgumentError(
            None,
            None,
            f"Only NHWC data_format supported on CPU. Got {data_format.decode()} ({op_type})",
        )


@SPACE_TO_DEPTH.kernel
def _space_to_depth(xp: Namespace, x: Array, *, block_size: int, data_format: bytes) -> Array:
    _refuse_other_formats(data_format, "SpaceToDepth")
    batch, height, width, depth = (int(s) for s in xp.shape(x))
    if height % block_size or width % block_size:
        raise InvalidArgumentError(
            None,
            None,
            f"Image width {width} and height {height} should be divisible by block_size: "
            f"{block_size}",
        )
    rows, columns = height // block_size, width // block_size
    x = xp.reshape(x, (batch, rows, block_size, columns, block_size, depth))
    x = xp.transpose(x, (0, 1, 3, 2, 4, 5))
    return xp.reshape(x, (batch, rows, columns, depth * block_size * block_size))


@SPACE_TO_DEPTH.gradient
def _space_to_depth_gradient(op: Operation, d_output: Tensor) -> Tensor:
    data_format = op.get_attr("data_format").decode()
    if data_format == "NCHW_VECT_C":
        raise ValueError(
            "Cannot compute SpaceToDepth gradient with NCHW_VECT_C. NCHW_VECT_C requires qint8 "
            "data type."
        )
    return depth_to_space(d_output, op.get_attr("block_size"), data_format=data_format)


def space_to_depth(
    input: Any,
    block_size: int,
    name: str | None = None,
    data_format: str = "NHWC",
) -> Tensor:
    """Move square blocks of an image into its depth.

    Args:
        input: `[batch, height, width, depth]`, both sizes divisible by `block_size`.
        block_size: side of a block, at least 2.
        name: name of the operation; "SpaceToDepth" when None.
        data_format: "NHWC"; others can be kept in a graph only.

    Returns:
        `[batch, height / block_size, width / block_size, depth * block_size^2]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/spacetodepth_op.cc.
    """
    result: Tensor = SPACE_TO_DEPTH(
        input, block_size=block_size, data_format=data_format, name=name
    )
    return result


def _depth_to_space_shape(c: ShapeContext) -> TensorShape:
    dims, block = _checked_input(c), c.attr("block_size")
    height, width, depth = _axes(c.attr("data_format"))
    dims[height], dims[width] = _times(dims[height], block), _times(dims[width], block)
    dims[depth] = _divided(dims[depth], block * block)
    return TensorShape(dims)


DEPTH_TO_SPACE = register_op(
    "DepthToSpace",
    inputs="input: T",
    outputs="output: T",
    attrs=_ATTRS,
    shape=_depth_to_space_shape,
)


@DEPTH_TO_SPACE.kernel
def _depth_to_space(xp: Namespace, x: Array, *, block_size: int, data_format: bytes) -> Array:
    _refuse_other_formats(data_format, "DepthToSpace")
    batch, height, width, depth = (int(s) for s in xp.shape(x))
    if depth % (block_size * block_size):
        raise InvalidArgumentError(
            None,
            None,
            f"Input depth dimension {depth} should be divisible by: {block_size * block_size}",
        )
    rest = depth // (block_size * block_size)
    x = xp.reshape(x, (batch, height, width, block_size, block_size, rest))
    x = xp.transpose(x, (0, 1, 3, 2, 4, 5))
    return xp.reshape(x, (batch, height * block_size, width * block_size, rest))


@DEPTH_TO_SPACE.gradient
def _depth_to_space_gradient(op: Operation, d_output: Tensor) -> Tensor:
    data_format = op.get_attr("data_format").decode()
    if data_format == "NCHW_VECT_C":
        raise ValueError(
            "Cannot compute DepthToSpace gradient with NCHW_VECT_C. NCHW_VECT_C requires qint8 "
            "data type."
        )
    return space_to_depth(d_output, op.get_attr("block_size"), data_format=data_format)


def depth_to_space(
    input: Any,
    block_size: int,
    name: str | None = None,
    data_format: str = "NHWC",
) -> Tensor:
    """Move depth into square blocks of an image: undoes `space_to_depth`.

    Args:
        input: `[batch, height, width, depth]`, the depth divisible by `block_size`^2.
        block_size: side of a block, at least 2.
        name: name of the operation; "DepthToSpace" when None.
        data_format: "NHWC"; others can be kept in a graph only.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/depthtospace_op.cc.
    """
    result: Tensor = DEPTH_TO_SPACE(
        input, block_size=block_size, data_format=data_format, name=name
    )
    return result
