"""Choosing elements: Where, Select, SelectV2, `tf.where`, `tf.boolean_mask`."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_shape import reshape, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.broadcast_gradient import BROADCAST_GRADIENT_ARGS
from evergraph.ops.fills import zeros, zeros_like
from evergraph.registry.op_def import get_op_def, register_op
from evergraph.registry.shape_functions import broadcast_shapes, merge
from evergraph.registry.shape_inference import ShapeContext

WHERE = register_op(
    "Where",
    inputs="input: T",
    outputs="index: int64",
    attrs={
        "T": "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
        "bfloat16, uint16, complex128, half, uint32, uint64, bool} = DT_BOOL"
    },
    shape=lambda c: TensorShape([None, c.inputs[0].ndims]),
    numpy_only=True,
)


@WHERE.kernel
def _where(xp: Namespace, x: Array) -> Array:
    if len(xp.shape(x)) == 0:
        raise InvalidArgumentError(None, None, "WhereOp : Unhandled input dimensions: 0")
    return xp.nonzero(x)


def _select_shape(c: ShapeContext) -> TensorShape:
    condition, then, otherwise = c.inputs
    data = merge(then, otherwise)
    if data.ndims is None or condition.ndims is None or condition.ndims == 0:
        return data
    if data.ndims == 0 and condition.ndims != 0:
        raise ValueError(f"Shapes must be equal rank, but are {condition.ndims} and 0")
    if condition.ndims == 1 and data.ndims > 1:
        merge(condition, TensorShape(data.as_list()[:1]))
        return data
    return merge(data, condition)


SELECT = register_op(
    "Select",
    inputs="condition: bool, t: T, e: T",
    outputs="output: T",
    attrs={"T": "type"},
    shape=_select_shape,
)


@SELECT.kernel
def _select(xp: Namespace, condition: Array, t: Array, e: Array) -> Array:
    wanted, found = tuple(xp.shape(t)), tuple(xp.shape(condition))
    if tuple(xp.shape(e)) != wanted:
        raise InvalidArgumentError(
            None,
            None,
            f"'then' and 'else' must have the same size.  but received: {_text(wanted)} vs. "
            f"{_text(xp.shape(e))}",
        )
    if len(found) == 1 and len(wanted) > 1:
        if found[0] != wanted[0]:
            raise InvalidArgumentError(
                None,
                None,
                "Number of batches of 'then' must match size of 'cond', but saw: "
                f"{wanted[0]} vs. {found[0]}",
            )
        condition = xp.reshape(condition, (-1,) + (1,) * (len(wanted) - 1))
    elif found not in ((), wanted):
        raise InvalidArgumentError(
            None,
            None,
            f"Inputs to operation of type Select must have the same size and shape. "
            f"Input 0: {_text(found)} != input 1: {_text(wanted)}",
        )
    return xp.where(condition, t, e)


def _text(sizes: Any) -> str:
    return "[" + ",".join(str(int(s)) for s in sizes) + "]"


@SELECT.gradient
def _select_gradient(op: Operation, d_output: Tensor) -> tuple[None, Tensor, Tensor]:
    condition, then, _ = op.inputs
    nothing = zeros_like(then)
    return None, where(condition, d_output, nothing), where(condition, nothing, d_output)


def _select_v2_shape(c: ShapeContext) -> TensorShape:
    return broadcast_shapes(broadcast_shapes(c.inputs[1], c.inputs[2]), c.inputs[0])


SELECT_V2 = register_op(
    "SelectV2",
    inputs="condition: bool, t: T, e: T",
    outputs="output: T",
    attrs={"T": "type"},
    shape=_select_v2_shape,
)


@SELECT_V2.kernel
def _select_v2(xp: Namespace, condition: Array, t: Array, e: Array) -> Array:
    return xp.where(condition, t, e)


@SELECT_V2.gradient
def _select_v2_gradient(op: Operation, d_output: Tensor) -> tuple[None, Tensor, Tensor]:
    from evergraph.ops.math_reduction import reduce_sum

    condition, then, otherwise = op.inputs
    nothing = zeros([], dtype=d_output.dtype.base_dtype)
    d_then = where_v2(condition, d_output, nothing)
    then_shape = shape_of(then)
    output_shape = shape_of(op.outputs[0])
    axes, _ = BROADCAST_GRADIENT_ARGS(then_shape, output_shape)
    d_then = reshape(reduce_sum(d_then, keepdims=True, axis=axes), then_shape)
    d_otherwise = where_v2(condition, nothing, d_output)
    otherwise_shape = shape_of(otherwise)
    axes, _ = BROADCAST_GRADIENT_ARGS(otherwise_shape, output_shape)
    d_otherwise = reduce_sum(d_otherwise, keepdims=True, axis=axes)
    return None, d_then, reshape(d_otherwise, otherwise_shape)


def _indices_of_true(condition: Any, name: str | None) -> Tensor:
    with name_scope(name, "Where", [condition]) as scope:
        condition = convert_to_tensor(condition, preferred_dtype=dtypes.bool, name="condition")
        result: Tensor = WHERE(condition, name=scope)
        return result


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Elements of `x` where `condition` is true, of `y` elsewhere; or where it is true.

    Args:
        condition: bools: of the shape of `x`, a vector for its first dimension, or a scalar.
        x: any tensor.
        y: of the shape and type of `x`.
        name: name of the operation; "Select" or "Where" when None.

    Returns:
        A tensor of the shape of `x`; without `x` and `y` the indices `[count, rank]` int64 of the
        elements that are true (or not zero), in row-major order.

    Raises:
        ValueError: one of `x` and `y` is missing, or shapes differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_select.cc and where_op.cc.
    """
    if x is None and y is None:
        return _indices_of_true(condition, name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    result: Tensor = SELECT(condition, x, y, name=name)
    return result


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """As `where`, but `condition`, `x` and `y` broadcast together."""
    if x is None and y is None:
        return _indices_of_true(condition, name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    result: Tensor = SELECT_V2(condition, x, y, name=name)
    return result


def boolean_mask(
    tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: int | None = None
) -> Tensor:
    """The elements of `tensor` whose place in `mask` is true.

    Args:
        tensor: any tensor.
        mask: bools of known rank k: the shape of dimensions axis ... axis + k - 1 of `tensor`.
        name: name of the operations.
        axis: first dimension that is masked; 0 when None.

    Returns:
        `tensor` with these k dimensions in one, as long as `mask` has true elements.

    Raises:
        ValueError: the rank of `mask` is 0 or not known, or shapes don't fit.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, values=[tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        mask_shape, tensor_shape = mask.get_shape(), tensor.get_shape()
        count = mask_shape.ndims
        if count == 0:
            raise ValueError("mask cannot be scalar.")
        if count is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  "
                "E.g. shape=[None] is ok, but shape=None is not."
            )
        axis = 0 if axis is None else axis
        end = axis + count
        tensor_shape[axis:end].assert_is_compatible_with(mask_shape)
        whole: Any = shape_of(tensor)
        leading = get_op_def("Prod")(whole[axis:end], [0])
        whole = shape_of(tensor)
        before = whole[:axis]
        whole = shape_of(tensor)
        flat_shape = concat([before, [leading], whole[end:]], 0)
        tensor = reshape(tensor, flat_shape)
        first = tensor_shape[axis:end].num_elements()
        tensor.set_shape(
            as_shape(tensor_shape[:axis]).concatenate([first]).concatenate(tensor_shape[end:])
        )
        mask = reshape(mask, [-1])
        indices = squeeze(where(mask), axis=[1])
        return gather(tensor, indices, axis=axis)


def boolean_mask_v2(
    tensor: Any, mask: Any, axis: int | None = None, name: str | None = "boolean_mask"
) -> Tensor:
    """As `boolean_mask`, with 2.x's order of arguments."""
    return boolean_mask(tensor, mask, name, axis)
