"""Biases, the L2 loss, and small layers."""

from __future__ import annotations

from typing import Any

from evergraph.core.dtypes import FLOATING, NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_concat, array_shape, fills
from evergraph.ops.activation import RELU, relu
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.matmul import matmul
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import (
    merge_dims,
    scalar,
    with_rank,
    with_rank_at_least,
)
from evergraph.registry.shape_inference import ShapeContext


def _bias_axis(data_format: bytes) -> int:
    """The axis of the channels: -3 counts from the end in "NCHW", whatever the rank."""
    return 1 if data_format == b"NCHW" else -1


def _bias_add_shape(c: ShapeContext) -> TensorShape:
    axis = _bias_axis(c.attr("data_format") or b"NHWC")
    value = with_rank_at_least(c.inputs[0], 2 if axis == -1 else 3)
    bias = with_rank(c.inputs[1], 1)
    if value.ndims is None:
        return value
    dims = value.as_list()
    dims[axis] = merge_dims(dims[axis], bias.as_list()[0])
    return TensorShape(dims)


BIAS_ADD = register_op(
    "BiasAdd",
    inputs="value: T, bias: T",
    outputs="output: T",
    attrs={"T": NUMERIC, "data_format": "{'NHWC', 'NCHW'} = 'NHWC'"},
    shape=_bias_add_shape,
)


@BIAS_ADD.kernel
def _bias_add(xp: Namespace, value: Array, bias: Array, *, data_format: bytes) -> Array:
    return _added(xp, value, bias, _bias_axis(data_format))


def _added(xp: Namespace, value: Array, bias: Array, axis: int) -> Array:
    shape, count = tuple(xp.shape(value)), tuple(xp.shape(bias))
    _check_matrix(xp, value)
    xp.check(len(count) == 1, "InvalidArgumentError", f"Biases must be 1D: {_text(count)}")
    place = "last dimension" if axis == -1 else "channel dimension"
    xp.check(
        count[0] == shape[axis],
        "InvalidArgumentError",
        f"Must provide as many biases as the {place} of the input tensor: "
        f"{_text(count)} vs. {_text(shape)}",
    )
    spread = [1] * len(shape)
    spread[axis] = count[0]
    return xp.add(value, xp.reshape(bias, spread))


def _check_matrix(xp: Namespace, value: Array) -> None:
    xp.check(
        value.ndim >= 2,
        "InvalidArgumentError",
        f"Input tensor must be at least 2D: {_text(xp.shape(value))}",
    )


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


@BIAS_ADD.gradient
def _bias_add_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, Tensor]:
    data_format = op.attrs.get("data_format")
    return d_output, BIAS_ADD_GRAD(d_output, data_format=data_format)


def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """Add a bias to each channel.

    Args:
        value: numeric, `[..., channels]`, or `[batch, channels, ...]` with "NC...".
        bias: of the dtype of `value`, `[channels]`.
        data_format: "N...C" or "NC..."; the first when None.
        name: name of the operation; "BiasAdd" when None.

    Returns:
        Tensor of the shape and dtype of `value`.

    Raises:
        ValueError: sizes don't fit, or an unknown format.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/bias_op.cc.
    """
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        if data_format is not None:
            if data_format.startswith("NC"):
                data_format = "NCHW"
            elif data_format.startswith("N") and data_format.endswith("C"):
                data_format = "NHWC"
            else:
                raise ValueError("data_format must be of the form `N...C` or `NC...`")
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        result: Tensor = BIAS_ADD(value, bias, data_format=data_format, name=scope)
        return result


BIAS_ADD_V1 = register_op(
    "BiasAddV1",
    inputs="value: T, bias: T",
    outputs="output: T",
    attrs={"T": NUMERIC},
    shape=_bias_add_shape,
)


@BIAS_ADD_V1.kernel
def _bias_add_v1(xp: Namespace, value: Array, bias: Array) -> Array:
    return _added(xp, value, bias, -1)


@BIAS_ADD_V1.gradient
def _bias_add_v1_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, Tensor]:
    from evergraph.ops.sequences import range

    axes = range(array_shape.rank(d_output) - 1)
    return d_output, reduce_sum(d_output, axes)


def bias_add_v1(value: Any, bias: Any, name: str | None = None) -> Tensor:
    """Add a bias to each channel; the first form of `bias_add`.

    Args:
        value: numeric, `[..., channels]`.
        bias: of the dtype of `value`, `[channels]`.
        name: name of the operation; "BiasAddV1" when None.

    Returns:
        Tensor of the shape and dtype of `value`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/bias_op.cc.
    """
    with name_scope(name, "BiasAddV1", [value, bias]) as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        result: Tensor = BIAS_ADD_V1(value, bias, name=scope)
        return result


def _bias_gradient_shape(c: ShapeContext) -> TensorShape:
    axis = _bias_axis(c.attr("data_format") or b"NHWC")
    value = with_rank_at_least(c.inputs[0], 2 if axis == -1 else 3)
    return TensorShape([None if value.ndims is None else value.as_list()[axis]])


BIAS_ADD_GRAD = register_op(
    "BiasAddGrad",
    inputs="out_backprop: T",
    outputs="output: T",
    attrs={"T": NUMERIC, "data_format": "{'NHWC', 'NCHW'} = 'NHWC'"},
    shape=_bias_gradient_shape,
)


@BIAS_ADD_GRAD.kernel
def _bias_add_grad(xp: Namespace, out_backprop: Array, *, data_format: bytes) -> Array:
    _check_matrix(xp, out_backprop)
    axis = _bias_axis(data_format) % out_backprop.ndim
    return xp.sum(out_backprop, [i for i in range(out_backprop.ndim) if i != axis])


@BIAS_ADD_GRAD.gradient
def _bias_add_grad_gradient(op: Operation, d_bias: Tensor) -> Tensor:
    from evergraph.ops.array_layout import tile

    shape = array_shape.shape(op.inputs[0])
    bias_shape = array_shape.shape(d_bias)
    if op.attrs.get("data_format") == b"NCHW":
        ones_before, ones_after = fills.ones_like(shape[:1]), fills.ones_like(shape[2:])
        expanded_shape = array_concat.concat([ones_before, bias_shape, ones_after], 0)
        multiples = array_concat.concat([shape[:1], [1], shape[2:]], 0)
    else:
        expanded_shape = array_concat.concat([fills.ones_like(shape[:-1]), bias_shape], 0)
        multiples = array_concat.concat([shape[:-1], [1]], 0)
    result: Tensor = tile(array_shape.reshape(d_bias, expanded_shape), multiples)
    return result


L2_LOSS = register_op(
    "L2Loss",
    inputs="t: T",
    outputs="output: T",
    attrs={"T": FLOATING},
    shape=scalar,
)


@L2_LOSS.kernel
def _l2_loss(xp: Namespace, t: Array) -> Array:
    return xp.multiply(xp.sum(xp.square(t)), 0.5)


@L2_LOSS.gradient
def _l2_loss_gradient(op: Operation, d_output: Tensor) -> Tensor:
    d_t: Tensor = op.inputs[0] * d_output
    return d_t


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Compute half the sum of squares: sum(t^2) / 2.

    Args:
        t: floating, any shape.
        name: name of the operation; "L2Loss" when None.

    Returns:
        Scalar of the dtype of `t`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/l2loss_op.h.
    """
    result: Tensor = L2_LOSS(t, name=name)
    return result


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """Compute matmul(x, weights) + biases.

    Args:
        x: `[batch, in]`, numeric.
        weights: `[in, out]`.
        biases: `[out]`.
        name: name of the last operation; "xw_plus_b" when None.

    Returns:
        Tensor `[batch, out]`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_ops.py.
    """
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add(matmul(x, weights), biases, name=scope)


def xw_plus_b_v1(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """As `xw_plus_b`, with the op "BiasAddV1"."""
    with name_scope(name, "xw_plus_b_v1", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add_v1(matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """Compute relu(matmul(x, weights) + biases).

    Args:
        x: `[batch, in]`, floating.
        weights: `[in, out]`.
        biases: `[out]`.
        name: name of the last operation; "relu_layer" when None.

    Returns:
        Tensor `[batch, out]`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return relu(bias_add(matmul(x, weights), biases), name=scope)


def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """Compute relu(concat([x, -x])), which doubles the size of an axis.

    Args:
        features: real numbers, rank 1 or more.
        name: name of the concatenation; "CRelu" when None.
        axis: where the two are joined.

    Returns:
        Tensor of the dtype of `features`, twice as long along `axis`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_ops.py.
    """
    with name_scope(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        both = array_concat.concat([features, -features], axis, name=scope)
        result: Tensor = RELU(both)
        return result
