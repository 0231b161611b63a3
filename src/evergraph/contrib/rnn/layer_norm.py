"""Layer normalisation inside a cell: gain and shift are variables of a named scope.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.operation import Tensor
from evergraph.ops.normalization import batch_normalization, moments
from evergraph.variables.initializers import Constant
from evergraph.variables.variable_scope import get_variable, variable_scope


def layer_normalized(
    inputs: Tensor, gain: float, shift: float, scope: str, dtype: Any = dtypes.float32
) -> Any:
    """Normalise rows: gamma * (inputs - mean) / sqrt(variance + epsilon) + beta.

    Args:
        inputs: [batch, depth].
        gain: initial value of gamma [depth].
        shift: initial value of beta [depth].
        scope: name of the variables' scope.
        dtype: type of the variables.
    """
    depth = inputs.get_shape()[-1:]
    with variable_scope(scope):
        get_variable("gamma", shape=depth, initializer=Constant(gain), dtype=dtype)
        get_variable("beta", shape=depth, initializer=Constant(shift), dtype=dtype)
    with variable_scope(scope, "LayerNorm", [inputs], reuse=True):
        kind = inputs.dtype.base_dtype
        beta = get_variable("beta", shape=depth, dtype=kind)
        gamma = get_variable("gamma", shape=depth, dtype=kind)
        mean, variance = moments(inputs, [1], keep_dims=True)
        epsilon = 1e-3 if kind == dtypes.float16 else 1e-12
        outputs = batch_normalization(
            inputs, mean, variance, offset=beta, scale=gamma, variance_epsilon=epsilon
        )
        outputs.set_shape(inputs.shape)
    return outputs
