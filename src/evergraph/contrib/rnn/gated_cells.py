"""Cells with gates of their own kinds: UGRNN, Intersection, NAS, SRU, Minimal, CFN.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.contrib.rnn.cell_sizes import known_depth, second_size
from evergraph.contrib.rnn.linear import Linear
from evergraph.graph.operation import Tensor
from evergraph.layers.input_spec import InputSpec
from evergraph.layers.lstm_cells import LSTMState, LSTMStateTuple
from evergraph.layers.named_objects import get_activation, get_initializer
from evergraph.layers.rnn_cell import BIAS, KERNEL, LayerRNNCell, OneState, RNNCell, input_depth
from evergraph.ops.activation import relu
from evergraph.ops.array_concat import concat, split
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Zeros
from evergraph.variables.variable_scope import get_variable_scope, variable_scope


class UGRNNCell(OneState, RNNCell):
    """Update gate network: g * state + (1 - g) * c, with g and c from one map of [inputs, state].

    Args:
        num_units: size of state and output.
        initializer: initializer of the weights; the scope's when None.
        forget_bias: added to the gate.
        activation: function of the candidate.
        reuse: whether the variables must exist.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Collins et al.,
    https://arxiv.org/abs/1611.09913.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: float = 1.0,
        activation: Any = tanh,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._activation = activation
        self._linear: Linear | None = None

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        known_depth(inputs)
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            joined = concat([inputs, state], 1)
            if self._linear is None:
                self._linear = Linear(joined, 2 * self._num_units, True)
            g, c = split(axis=1, num_or_size_splits=2, value=self._linear(joined))
            c = self._activation(c)
            g = sigmoid(g + self._forget_bias)
            output = g * state + (1.0 - g) * c
        return output, output


class IntersectionRNNCell(OneState, RNNCell):
    """Gates in depth and in time: one pair for the state, one for the output.

    Args:
        num_units: size of state, output and inputs.
        num_in_proj: project inputs of another size to `num_units`, which it must be.
        initializer: initializer of the weights; the scope's when None.
        forget_bias: added to both gates.
        y_activation: function of the output's candidate.
        reuse: whether the variables must exist.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Collins et al.,
    https://arxiv.org/abs/1611.09913.
    """

    def __init__(
        self,
        num_units: int,
        num_in_proj: int | None = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Any = relu,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._num_input_proj = num_in_proj
        self._y_activation = y_activation
        self._linear1: Linear | None = None
        self._linear2: Linear | None = None

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step.

        Raises:
            ValueError: the inputs have another size and aren't projected.
        """
        depth = known_depth(inputs)
        units = self._num_units
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            if depth != units:
                inputs = self._projected(inputs)
            joined = concat([inputs, state], 1)
            if self._linear2 is None:
                self._linear2 = Linear(joined, 4 * units, True)
            both: Any = self._linear2(joined)
            h_gate = both[:, :units]
            h = both[:, units : 2 * units]
            y_gate = both[:, 2 * units : 3 * units]
            y = both[:, 3 * units : 4 * units]
            h = tanh(h)
            y = self._y_activation(y)
            h_gate = sigmoid(h_gate + self._forget_bias)
            y_gate = sigmoid(y_gate + self._forget_bias)
            new_state = h_gate * state + (1.0 - h_gate) * h
            output = y_gate * inputs + (1.0 - y_gate) * y
        return output, new_state

    def _projected(self, inputs: Any) -> Any:
        if not self._num_input_proj:
            raise ValueError(
                "Must have input size == output size for Intersection RNN. To fix, num_in_proj "
                "should be set to num_units at cell init."
            )
        with variable_scope("in_projection"):
            if self._linear1 is None:
                self._linear1 = Linear(inputs, self._num_units, True)
            return self._linear1(inputs)


class NASCell(LSTMState, LayerRNNCell):
    """The cell that neural architecture search found, with eight maps of inputs and state.

    Args:
        num_units: size of c.
        num_proj: size of the output; `num_units`, without a projection, when None.
        use_bias: whether the state's maps have a bias.
        reuse: whether the variables must exist.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Zoph and Le,
    https://arxiv.org/abs/1611.01578.
    """

    def __init__(
        self,
        num_units: int,
        num_proj: int | None = None,
        use_bias: bool = False,
        reuse: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias

    def build(self, input_shape: Any) -> None:
        """Make the kernels, the bias and the projection."""
        depth = second_size(input_shape)
        units = self._num_units
        recurrent = units if self._num_proj is None else self._num_proj
        self.recurrent_kernel = self.add_variable("recurrent_kernel", [recurrent, 8 * units])
        self.kernel = self.add_variable(KERNEL, [depth, 8 * units])
        if self._use_bias:
            self.bias = self.add_variable(BIAS, shape=[8 * units], initializer=Zeros)
        if self._num_proj is not None:
            self.projection_weights = self.add_variable(
                "projection_weights", [units, self._num_proj]
            )
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        c, m = state
        from_state = matmul(m, self.recurrent_kernel)
        from_inputs = matmul(inputs, self.kernel)
        if self._use_bias:
            from_state = bias_add(from_state, self.bias)
        b = split(axis=1, num_or_size_splits=8, value=from_state)
        a = split(axis=1, num_or_size_splits=8, value=from_inputs)
        # The tree of the paper's figure: eight leaves, four inner nodes, c joins the first.
        first = [sigmoid, relu, sigmoid, relu, tanh, sigmoid, tanh, sigmoid]
        leaves = [
            function(x * y if i == 3 else x + y)
            for i, (function, x, y) in enumerate(zip(first, a, b, strict=True))
        ]
        left = tanh(leaves[0] * leaves[1])
        left_gate = tanh(leaves[2] + leaves[3])
        right = tanh(leaves[4] * leaves[5])
        right_gate = sigmoid(leaves[6] + leaves[7])
        new_c = tanh(left + c) * left_gate
        new_m = tanh(new_c * tanh(right + right_gate))
        if self._num_proj is not None:
            new_m = matmul(new_m, self.projection_weights)
        return new_m, LSTMStateTuple(new_c, new_m)


class SRUCell(OneState, LayerRNNCell):
    """Simple recurrent unit: no product with the state, only gates.

    Args:
        num_units: size of state, output and inputs.
        activation: function of c; tanh when None.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Lei et al.,
    https://arxiv.org/abs/1709.02755.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self._num_units = num_units
        self._activation = activation or tanh
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Any) -> None:
        """Make kernel [depth, 4 * num_units] and bias [2 * num_units]."""
        depth = second_size(input_shape)
        self._kernel = self.add_variable(KERNEL, shape=[depth, 4 * self._num_units])
        self._bias = self.add_variable(BIAS, shape=[2 * self._num_units], initializer=Zeros)
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        products = matmul(inputs, self._kernel)
        x, f, r, passed = split(value=products, num_or_size_splits=4, axis=1)
        gates = sigmoid(bias_add(concat([f, r], 1), self._bias))
        f, r = split(value=gates, num_or_size_splits=2, axis=1)
        c = f * state + (1.0 - f) * x
        h = r * self._activation(c) + (1.0 - r) * passed
        return h, c


class _UnitsCell(LayerRNNCell):
    """State and output are of size `units`; activation and initializers go by name."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "ones",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self.units = units
        self.activation = get_activation(activation)
        self.kernel_initializer = get_initializer(kernel_initializer)
        self.bias_initializer = get_initializer(bias_initializer)

    @property
    def state_size(self) -> int:
        """`units`."""
        return self.units

    @property
    def output_size(self) -> int:
        """`units`."""
        return self.units


class MinimalRNNCell(_UnitsCell):
    """u * state + (1 - u) * z with z = activation(inputs . kernel), u a gate of [z, state].

    Args:
        units: size of state and output.
        activation: function or its name.
        kernel_initializer: initializer or its name.
        bias_initializer: initializer or its name.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Chen,
    https://arxiv.org/abs/1711.06788.
    """

    def build(self, input_shape: Any) -> None:
        """Make kernel [depth + 2 * units, units] and bias [units]."""
        depth = input_depth(input_shape)
        self.kernel = self.add_weight(
            KERNEL, shape=[depth + 2 * self.units, self.units], initializer=self.kernel_initializer
        )
        self.bias = self.add_weight(BIAS, shape=[self.units], initializer=self.bias_initializer)
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        sizes = [known_depth(inputs), 2 * self.units]
        forward, gate = split(value=self.kernel, num_or_size_splits=sizes, axis=0)
        z = self.activation(matmul(inputs, forward))
        u = sigmoid(bias_add(matmul(concat([z, state], 1), gate), self.bias))
        output = u * state + (1 - u) * z
        return output, output


class CFNCell(_UnitsCell):
    """Chaos free network: theta * activation(state) + (1 - eta) * activation(inputs . w).

    Args:
        units: size of state and output.
        activation: function or its name.
        kernel_initializer: initializer or its name.
        bias_initializer: initializer or its name.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Laurent and von
    Brecht, https://arxiv.org/abs/1612.06212.
    """

    def build(self, input_shape: Any) -> None:
        """Make kernel [depth, 3 * units], recurrent kernel [units, 2 * units] and bias."""
        depth = input_depth(input_shape)
        units = self.units
        self.kernel = self.add_weight(
            KERNEL, shape=[depth, 3 * units], initializer=self.kernel_initializer
        )
        self.recurrent_kernel = self.add_weight(
            f"recurrent_{KERNEL}", shape=[units, 2 * units], initializer=self.kernel_initializer
        )
        self.bias = self.add_weight(BIAS, shape=[2 * units], initializer=self.bias_initializer)
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        known_depth(inputs)
        units = self.units
        v, w = split(value=self.kernel, num_or_size_splits=[2 * units, units], axis=1)
        gates: Any = matmul(state, self.recurrent_kernel) + matmul(inputs, v)
        gates = sigmoid(bias_add(gates, self.bias))
        theta, eta = split(value=gates, num_or_size_splits=2, axis=1)
        projected = matmul(inputs, w)
        output = theta * self.activation(state) + (1 - eta) * self.activation(projected)
        return output, output
