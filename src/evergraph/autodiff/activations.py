"""Activations that bring their own gradient."""

from __future__ import annotations

from typing import Any

from evergraph.autodiff.custom_gradient import custom_gradient
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies
from evergraph.ops.sigmoid import sigmoid


@custom_gradient
def _swish(features: Any) -> Any:
    features = convert_to_tensor(features, name="features")

    def gradient(d_activations: Tensor) -> Any:
        # The sigmoid is made anew, so that the forward one needn't be kept until here.
        with control_dependencies([d_activations]):
            weights = sigmoid(features)
        slope = weights * (1.0 + features * (1.0 - weights))
        return d_activations * slope

    return features * sigmoid(features), gradient


def swish(features: Any) -> Tensor:
    """Compute x sigmoid(x), element by element.

    Args:
        features: floating, any shape.

    Returns:
        Tensor of the shape and dtype of `features`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    result: Tensor = _swish(features)
    return result
