"""Cells whose units see only their own past: IndRNN, IndyGRU, IndyLSTM.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.contrib.rnn.cell_sizes import second_size
from evergraph.core import dtypes
from evergraph.graph.operation import Tensor
from evergraph.layers.input_spec import InputSpec
from evergraph.layers.lstm_cells import LSTMState, LSTMStateTuple, basic_lstm_step
from evergraph.layers.rnn_cell import BIAS, KERNEL, LayerRNNCell, OneState
from evergraph.ops.array_concat import split
from evergraph.ops.array_layout import tile
from evergraph.ops.constants import constant
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Constant, RandomUniform, Zeros


class _IndependentCell(LayerRNNCell):
    """Has a kernel for the inputs, and one factor per unit for the state."""

    _num_units: int
    _kernel_initializer: Any = None
    _bias_initializer: Any = None

    def _weights(
        self, prefix: str, depth: int, size: int, default_bias: Any, kernel: str = f"{KERNEL}_w"
    ) -> tuple[Any, ...]:
        kernel_w = self.add_variable(
            f"{prefix}{kernel}", shape=[depth, size], initializer=self._kernel_initializer
        )
        kernel_u = self.add_variable(
            f"{prefix}{KERNEL}_u",
            shape=[1, size],
            initializer=RandomUniform(minval=-1, maxval=1, dtype=self.dtype),
        )
        given = self._bias_initializer
        bias = self.add_variable(
            f"{prefix}{BIAS}", shape=[size], initializer=default_bias if given is None else given
        )
        return kernel_w, kernel_u, bias


class IndRNNCell(OneState, _IndependentCell):
    """output = new state = activation(inputs . w + state * u + bias).

    Args:
        num_units: size of state and output.
        activation: tanh when None.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Li et al.,
    https://arxiv.org/abs/1803.04831.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation or tanh

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the bias."""
        self._kernel_w, self._kernel_u, self._bias = self._weights(
            "", second_size(input_shape), self._num_units, Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        gate_inputs: Any = matmul(inputs, self._kernel_w) + state * self._kernel_u
        output = self._activation(bias_add(gate_inputs, self._bias))
        return output, output


class IndyGRUCell(OneState, _IndependentCell):
    """A GRU whose recurrent kernels are diagonal.

    Args:
        num_units: size of state and output.
        activation: tanh when None.
        reuse: whether the variables must exist.
        kernel_initializer: initializer of the inputs' kernels; the scope's when None.
        bias_initializer: initializer of both biases; when None, ones for the gates, else zeros.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
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
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation or tanh
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape: Any) -> None:
        """Make kernels and bias of the gates and of the candidate."""
        depth, units = second_size(input_shape), self._num_units
        self._gates = self._weights("gates/", depth, 2 * units, Constant(1.0, dtype=self.dtype))
        # TensorFlow's own name lacks the "_w" here.
        self._candidate = self._weights(
            "candidate/", depth, units, Zeros(dtype=self.dtype), kernel=KERNEL
        )
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        kernel_w, kernel_u, bias = self._gates
        gate_inputs: Any = matmul(inputs, kernel_w) + tile(state, [1, 2]) * kernel_u
        gates = sigmoid(bias_add(gate_inputs, bias))
        r, u = split(value=gates, num_or_size_splits=2, axis=1)
        r_state = r * state
        kernel_w, kernel_u, bias = self._candidate
        candidate: Any = matmul(inputs, kernel_w) + r_state * kernel_u
        c = self._activation(bias_add(candidate, bias))
        output = u * state + (1 - u) * c
        return output, output


class IndyLSTMCell(LSTMState, _IndependentCell):
    """A BasicLSTMCell whose recurrent kernel is diagonal.

    Args:
        num_units: size of c, h and the output.
        forget_bias: added to the forget gate.
        activation: tanh when None.
        reuse: whether the variables must exist.
        kernel_initializer: initializer of the inputs' kernel; the scope's when None.
        bias_initializer: initializer of the bias; zeros when None.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Gonnet and
    Deselaers, https://arxiv.org/abs/1903.08023.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._activation = activation or tanh
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the bias."""
        self._kernel_w, self._kernel_u, self._bias = self._weights(
            "", second_size(input_shape), 4 * self._num_units, Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        axis = constant(1, dtype=dtypes.int32)
        c, h = state
        gate_inputs: Any = matmul(inputs, self._kernel_w)
        gate_inputs += tile(h, [1, 4]) * self._kernel_u
        gate_inputs = bias_add(gate_inputs, self._bias)
        c, h = basic_lstm_step(gate_inputs, axis, c, self._forget_bias, self._activation)
        return h, LSTMStateTuple(c, h)
