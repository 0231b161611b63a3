"""The logistic function and its logarithm, element by element."""

from __future__ import annotations

from typing import Any

from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops.complex import conj
from evergraph.ops.math_elementwise import NEG
from evergraph.ops.type_lists import CWISE_ANALYTIC
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import unchanged

SIGMOID = register_op(
    "Sigmoid",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@SIGMOID.kernel
def _sigmoid(xp: Namespace, x: Array) -> Array:
    return xp.sigmoid(x)


@SIGMOID.gradient
def _sigmoid_gradient(op: Operation, d_y: Tensor) -> Tensor:
    with control_dependencies([d_y]):
        d_x: Tensor = SIGMOID_GRAD(conj(op.outputs[0]), d_y)
        return d_x


def sigmoid(x: Any, name: str | None = None) -> Tensor:
    """Compute 1 / (1 + e^-x), element by element.

    Args:
        x: floating or complex, any shape.
        name: name of the operation; "Sigmoid" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cwise_op_sigmoid.cc.
    """
    with name_scope(name, "Sigmoid", [x]) as scope:
        result: Tensor = SIGMOID(convert_to_tensor(x, name="x"), name=scope)
        return result


SIGMOID_GRAD = register_op(
    "SigmoidGrad",
    inputs="y: T, dy: T",
    outputs="z: T",
    attrs={"T": CWISE_ANALYTIC},
    shape=unchanged,
)


@SIGMOID_GRAD.kernel
def _sigmoid_grad(xp: Namespace, y: Array, dy: Array) -> Array:
    return xp.multiply(xp.multiply(dy, y), xp.subtract(1, y))


@SIGMOID_GRAD.gradient
def _sigmoid_grad_gradient(op: Operation, d_z: Tensor) -> tuple[Tensor, Tensor]:
    with control_dependencies([d_z]):
        y, dy = (conj(item) for item in op.inputs)
        product = d_z * dy
        return product - 2.0 * product * y, SIGMOID_GRAD(y, d_z)


def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """Compute log(sigmoid(x)) as -softplus(-x), element by element.

    Args:
        x: floating, any shape.
        name: name of the operation; "LogSigmoid" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    from evergraph.ops.activation import SOFTPLUS

    with name_scope(name, "LogSigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor = NEG(SOFTPLUS(-x), name=scope)
        return result
