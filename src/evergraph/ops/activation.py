"""Activations of neural networks, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import FLOATING, REAL_NUMERIC
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops import array_shape, fills
from evergraph.ops.cast import cast
from evergraph.ops.math_functions import exp
from evergraph.ops.sigmoid import sigmoid
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merged, unchanged

# Klambauer et al. 2017: with these, activations keep mean 0 and variance 1.
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_SCALE_ALPHA = 1.7580993408473768599402175208123

RELU = register_op(
    "Relu",
    inputs="features: T",
    outputs="activations: T",
    attrs={"T": (*REAL_NUMERIC, dtypes.qint8)},
    shape=unchanged,
)


@RELU.kernel
def _relu(xp: Namespace, features: Array) -> Array:
    return xp.maximum(features, 0)


@RELU.gradient
def _relu_gradient(op: Operation, d_activations: Tensor) -> Tensor:
    d_features: Tensor = RELU_GRAD(d_activations, op.outputs[0])
    return d_features


def relu(features: Any, name: str | None = None) -> Tensor:
    """Compute max(x, 0), element by element.

    Args:
        features: real numbers, any shape.
        name: name of the operation; "Relu" when None.

    Returns:
        Tensor of the shape and dtype of `features`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/relu_op_functor.h.
    """
    result: Tensor = RELU(features, name=name)
    return result


RELU_GRAD = register_op(
    "ReluGrad",
    inputs="gradients: T, features: T",
    outputs="backprops: T",
    attrs={"T": REAL_NUMERIC},
    shape=merged,
)


@RELU_GRAD.kernel
def _relu_grad(xp: Namespace, gradients: Array, features: Array) -> Array:
    return xp.multiply(gradients, xp.cast(xp.greater(features, 0), gradients.dtype))


@RELU_GRAD.gradient
def _relu_grad_gradient(op: Operation, d_backprops: Tensor) -> tuple[Tensor, Tensor]:
    features = op.inputs[1]
    d_gradients = RELU_GRAD(d_backprops, features)
    return d_gradients, fills.zeros(shape=array_shape.shape(features), dtype=features.dtype)


RELU6 = register_op(
    "Relu6",
    inputs="features: T",
    outputs="activations: T",
    attrs={"T": REAL_NUMERIC},
    shape=unchanged,
)


@RELU6.kernel
def _relu6(xp: Namespace, features: Array) -> Array:
    return xp.minimum(xp.maximum(features, 0), 6)


@RELU6.gradient
def _relu6_gradient(op: Operation, d_activations: Tensor) -> Tensor:
    d_features: Tensor = RELU6_GRAD(d_activations, op.outputs[0])
    return d_features


def relu6(features: Any, name: str | None = None) -> Tensor:
    """Compute min(max(x, 0), 6), element by element.

    Args:
        features: real numbers, any shape.
        name: name of the operation; "Relu6" when None.

    Returns:
        Tensor of the shape and dtype of `features`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/relu_op_functor.h.
    """
    with name_scope(name, "Relu6", [features]) as scope:
        result: Tensor = RELU6(convert_to_tensor(features, name="features"), name=scope)
        return result


RELU6_GRAD = register_op(
    "Relu6Grad",
    inputs="gradients: T, features: T",
    outputs="backprops: T",
    attrs={"T": REAL_NUMERIC},
    shape=merged,
)


@RELU6_GRAD.kernel
def _relu6_grad(xp: Namespace, gradients: Array, features: Array) -> Array:
    is_between = xp.logical_and(xp.greater(features, 0), xp.less(features, 6))
    return xp.multiply(gradients, xp.cast(is_between, gradients.dtype))


@RELU6_GRAD.gradient
def _relu6_grad_gradient(op: Operation, d_backprops: Tensor) -> tuple[Tensor, Tensor]:
    features = op.inputs[1]
    d_gradients = RELU6_GRAD(d_backprops, features)
    return d_gradients, fills.zeros(shape=array_shape.shape(features), dtype=features.dtype)


LEAKY_RELU = register_op(
    "LeakyRelu",
    inputs="features: T",
    outputs="activations: T",
    attrs={"alpha": "float = 0.2", "T": (FLOATING, dtypes.float32)},
    shape=unchanged,
)


@LEAKY_RELU.kernel
def _leaky_relu(xp: Namespace, features: Array, *, alpha: float) -> Array:
    return xp.where(xp.greater(features, 0), features, xp.multiply(features, alpha))


@LEAKY_RELU.gradient
def _leaky_relu_gradient(op: Operation, d_activations: Tensor) -> Tensor:
    alpha = op.get_attr("alpha")
    d_features: Tensor = LEAKY_RELU_GRAD(d_activations, op.inputs[0], alpha=alpha)
    return d_features


def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Tensor:
    """Compute max(x, alpha x), element by element.

    Args:
        features: real numbers, any shape; integers become float32.
        alpha: slope below 0, at most 1.
        name: name of the operation; "LeakyRelu" when None.

    Returns:
        Tensor of the shape of `features`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/relu_op_functor.h.
    """
    with name_scope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = cast(features, dtypes.float32)
        if isinstance(alpha, np.ndarray):
            alpha = alpha.item()
        result: Tensor = LEAKY_RELU(features, alpha=alpha, name=scope)
        return result


LEAKY_RELU_GRAD = register_op(
    "LeakyReluGrad",
    inputs="gradients: T, features: T",
    outputs="backprops: T",
    attrs={"alpha": "float = 0.2", "T": (FLOATING, dtypes.float32)},
    shape=merged,
)


@LEAKY_RELU_GRAD.kernel
def _leaky_relu_grad(xp: Namespace, gradients: Array, features: Array, *, alpha: float) -> Array:
    return xp.where(xp.greater(features, 0), gradients, xp.multiply(gradients, alpha))


@LEAKY_RELU_GRAD.gradient
def _leaky_relu_grad_gradient(op: Operation, d_backprops: Tensor) -> tuple[Tensor, Tensor]:
    features = op.inputs[1]
    d_gradients = LEAKY_RELU_GRAD(d_backprops, features, alpha=op.get_attr("alpha"))
    return d_gradients, fills.zeros(shape=array_shape.shape(features), dtype=features.dtype)


ELU = register_op(
    "Elu",
    inputs="features: T",
    outputs="activations: T",
    attrs={"T": FLOATING},
    shape=unchanged,
)


@ELU.kernel
def _elu(xp: Namespace, features: Array) -> Array:
    return xp.where(xp.less(features, 0), xp.expm1(features), features)


@ELU.gradient
def _elu_gradient(op: Operation, d_activations: Tensor) -> Tensor:
    d_features: Tensor = ELU_GRAD(d_activations, op.outputs[0])
    return d_features


def elu(features: Any, name: str | None = None) -> Tensor:
    """Compute x above 0 and e^x - 1 below, element by element.

    Args:
        features: floating, any shape.
        name: name of the operation; "Elu" when None.

    Returns:
        Tensor of the shape and dtype of `features`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/relu_op_functor.h.
    """
    result: Tensor = ELU(features, name=name)
    return result


ELU_GRAD = register_op(
    "EluGrad",
    inputs="gradients: T, outputs: T",
    outputs="backprops: T",
    attrs={"T": FLOATING},
    shape=merged,
)


@ELU_GRAD.kernel
def _elu_grad(xp: Namespace, gradients: Array, outputs: Array) -> Array:
    return xp.where(xp.less(outputs, 0), xp.multiply(xp.add(outputs, 1), gradients), gradients)


@ELU_GRAD.gradient
def _elu_grad_gradient(op: Operation, d_backprops: Tensor) -> tuple[Tensor, Tensor]:
    from evergraph.ops.select import where

    gradients, outputs = op.inputs
    d_gradients = ELU_GRAD(d_backprops, outputs)
    is_below = outputs < 0
    d_below = d_backprops * gradients
    return d_gradients, where(is_below, d_below, fills.zeros_like(outputs))


SELU = register_op(
    "Selu",
    inputs="features: T",
    outputs="activations: T",
    attrs={"T": FLOATING},
    shape=unchanged,
)


@SELU.kernel
def _selu(xp: Namespace, features: Array) -> Array:
    below = xp.multiply(xp.expm1(features), _SELU_SCALE_ALPHA)
    return xp.where(xp.less(features, 0), below, xp.multiply(features, _SELU_SCALE))


@SELU.gradient
def _selu_gradient(op: Operation, d_activations: Tensor) -> Tensor:
    d_features: Tensor = SELU_GRAD(d_activations, op.outputs[0])
    return d_features


def selu(features: Any, name: str | None = None) -> Tensor:
    """Compute the scaled `elu`: 1.0507 x above 0 and 1.7581 (e^x - 1) below.

    Args:
        features: floating, any shape.
        name: name of the operation; "Selu" when None.

    Returns:
        Tensor of the shape and dtype of `features`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/relu_op_functor.h.
    """
    result: Tensor = SELU(features, name=name)
    return result


SELU_GRAD = register_op(
    "SeluGrad",
    inputs="gradients: T, outputs: T",
    outputs="backprops: T",
    attrs={"T": FLOATING},
    shape=merged,
)


@SELU_GRAD.kernel
def _selu_grad(xp: Namespace, gradients: Array, outputs: Array) -> Array:
    below = xp.multiply(gradients, xp.add(outputs, _SELU_SCALE_ALPHA))
    return xp.where(xp.less(outputs, 0), below, xp.multiply(gradients, _SELU_SCALE))


@SELU_GRAD.gradient
def _selu_grad_gradient(op: Operation, d_backprops: Tensor) -> tuple[Tensor, Tensor]:
    from evergraph.ops.select import where

    gradients, outputs = op.inputs
    d_gradients = SELU_GRAD(d_backprops, outputs)
    is_below = outputs < 0.0
    d_below = d_backprops * gradients
    return d_gradients, where(is_below, d_below, fills.zeros_like(outputs))


SOFTPLUS = register_op(
    "Softplus",
    inputs="features: T",
    outputs="activations: T",
    attrs={"T": FLOATING},
    shape=unchanged,
)


@SOFTPLUS.kernel
def _softplus(xp: Namespace, features: Array) -> Array:
    # log(e^x + e^0): the direct log(1 + e^x) is inf above x = 88.7 and 0 below x = -17 in float32.
    return xp.logaddexp(features, 0)


@SOFTPLUS.gradient
def _softplus_gradient(op: Operation, d_activations: Tensor) -> Tensor:
    return d_activations * sigmoid(op.inputs[0])


def softplus(features: Any, name: str | None = None) -> Tensor:
    """Compute log(1 + e^x), a smooth maximum of x and 0, element by element.

    Args:
        features: floating, any shape.
        name: name of the operation; "Softplus" when None.

    Returns:
        Tensor of the shape and dtype of `features`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/softplus_op.h.
    """
    result: Tensor = SOFTPLUS(features, name=name)
    return result


SOFTPLUS_GRAD = register_op(
    "SoftplusGrad",
    inputs="gradients: T, features: T",
    outputs="backprops: T",
    attrs={"T": FLOATING},
    shape=merged,
)


@SOFTPLUS_GRAD.kernel
def _softplus_grad(xp: Namespace, gradients: Array, features: Array) -> Array:
    return xp.multiply(gradients, xp.sigmoid(features))


@SOFTPLUS_GRAD.gradient
def _softplus_grad_gradient(op: Operation, d_backprops: Tensor) -> tuple[Tensor, Tensor]:
    gradients, features = op.inputs
    with control_dependencies([d_backprops]):
        d_gradients = SOFTPLUS_GRAD(d_backprops, features)
        d_features = d_backprops * gradients / (exp(-features) + 2.0 + exp(features))
        return d_gradients, d_features


SOFTSIGN = register_op(
    "Softsign",
    inputs="features: T",
    outputs="activations: T",
    attrs={"T": FLOATING},
    shape=unchanged,
)


@SOFTSIGN.kernel
def _softsign(xp: Namespace, features: Array) -> Array:
    return xp.true_divide(features, xp.add(xp.absolute(features), 1))


@SOFTSIGN.gradient
def _softsign_gradient(op: Operation, d_activations: Tensor) -> Tensor:
    d_features: Tensor = SOFTSIGN_GRAD(d_activations, op.inputs[0])
    return d_features


def softsign(features: Any, name: str | None = None) -> Tensor:
    """Compute x / (1 + |x|), element by element.

    Args:
        features: floating, any shape.
        name: name of the operation; "Softsign" when None.

    Returns:
        Tensor of the shape and dtype of `features`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/softsign_op.h.
    """
    result: Tensor = SOFTSIGN(features, name=name)
    return result


SOFTSIGN_GRAD = register_op(
    "SoftsignGrad",
    inputs="gradients: T, features: T",
    outputs="backprops: T",
    attrs={"T": FLOATING},
    shape=merged,
)


@SOFTSIGN_GRAD.kernel
def _softsign_grad(xp: Namespace, gradients: Array, features: Array) -> Array:
    return xp.true_divide(gradients, xp.square(xp.add(xp.absolute(features), 1)))
