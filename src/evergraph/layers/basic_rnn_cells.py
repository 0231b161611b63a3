"""BasicRNNCell and GRUCell.

Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.graph.operation import Tensor
from evergraph.layers.input_spec import InputSpec
from evergraph.layers.named_objects import get_activation, get_initializer, serialize
from evergraph.layers.rnn_cell import (
    BIAS,
    KERNEL,
    LayerRNNCell,
    OneState,
    check_input_dtypes,
    check_supported_dtypes,
    input_depth,
)
from evergraph.ops.array_concat import concat, split
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Constant, Zeros


class BasicRNNCell(OneState, LayerRNNCell):
    """output = new state = activation([inputs, state] . kernel + bias).

    Args:
        num_units: size of state and output.
        activation: function or its name; tanh when None.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_supported_dtypes(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = get_activation(activation) if activation else tanh

    def build(self, input_shape: Any) -> None:
        """Make kernel [depth + num_units, num_units] and bias."""
        depth = input_depth(input_shape)
        check_supported_dtypes(self.dtype)
        self._kernel = self.add_variable(KERNEL, shape=[depth + self._num_units, self._num_units])
        self._bias = self.add_variable(
            BIAS, shape=[self._num_units], initializer=Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Tensor, state: Tensor) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        check_input_dtypes([inputs, state])
        gate_inputs = matmul(concat([inputs, state], 1), self._kernel)
        output = self._activation(bias_add(gate_inputs, self._bias))
        return output, output

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal cell."""
        return {
            **super().get_config(),
            "num_units": self._num_units,
            "activation": serialize(self._activation),
            "reuse": self._reuse,
        }


class GRUCell(OneState, LayerRNNCell):
    """Gated recurrent unit.

        r, u = sigmoid([inputs, state] . gates/kernel + gates/bias)
        c = activation([inputs, r * state] . candidate/kernel + candidate/bias)
        output = new state = u * state + (1 - u) * c

    Args:
        num_units: size of state and output.
        activation: function or its name; tanh when None.
        reuse: whether the variables must exist.
        kernel_initializer: initializer of both kernels; the scope's when None.
        bias_initializer: initializer of both biases; when None, ones for the gates, else zeros.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py; Cho et al.,
    https://arxiv.org/abs/1406.1078.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_supported_dtypes(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = get_activation(activation) if activation else tanh
        self._kernel_initializer = get_initializer(kernel_initializer)
        self._bias_initializer = get_initializer(bias_initializer)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias of the gates and of the candidate."""
        depth = input_depth(input_shape)
        check_supported_dtypes(self.dtype)
        units = self._num_units

        def pair(part: str, size: int, default_bias: Any) -> tuple[Any, Any]:
            kernel = self.add_variable(
                f"{part}/{KERNEL}",
                shape=[depth + units, size],
                initializer=self._kernel_initializer,
            )
            given = self._bias_initializer
            bias = self.add_variable(
                f"{part}/{BIAS}",
                shape=[size],
                initializer=default_bias if given is None else given,
            )
            return kernel, bias

        self._gate_kernel, self._gate_bias = pair(
            "gates", 2 * units, Constant(1.0, dtype=self.dtype)
        )
        self._candidate_kernel, self._candidate_bias = pair(
            "candidate", units, Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Tensor, state: Tensor) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        check_input_dtypes([inputs, state])
        gate_inputs = matmul(concat([inputs, state], 1), self._gate_kernel)
        gates = sigmoid(bias_add(gate_inputs, self._gate_bias))
        r, u = split(value=gates, num_or_size_splits=2, axis=1)
        candidate = matmul(concat([inputs, r * state], 1), self._candidate_kernel)
        c = self._activation(bias_add(candidate, self._candidate_bias))
        output = u * state + (1 - u) * c
        return output, output

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal cell."""
        return {
            **super().get_config(),
            "num_units": self._num_units,
            "kernel_initializer": serialize(self._kernel_initializer),
            "bias_initializer": serialize(self._bias_initializer),
            "activation": serialize(self._activation),
            "reuse": self._reuse,
        }
