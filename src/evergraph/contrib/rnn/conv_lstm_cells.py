"""LSTMs whose products are convolutions: states and inputs are pictures.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Tensor
from evergraph.layers.lstm_cells import LSTMStateTuple
from evergraph.layers.rnn_cell import RNNCell
from evergraph.ops.array_concat import concat, split
from evergraph.ops.conv import conv2d
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Constant
from evergraph.variables.variable_scope import get_variable


class ConvLSTMCell(RNNCell):
    """An LSTM whose gates are a convolution of inputs and output.

    Args:
        conv_ndims: number of axes that are convolved: 2.
        input_shape: sizes of the inputs without the batch, the channels last.
        output_channels: channels of c and h.
        kernel_shape: sizes of the kernel along these axes.
        use_bias: whether there is a bias.
        skip_connection: whether the inputs are put beside the output.
        forget_bias: added to the forget gate.
        initializers: ignored, as in TensorFlow.
        name: name of the cell and of its scope.

    Raises:
        NotImplementedError: `conv_ndims` isn't 2.
        ValueError: `input_shape` doesn't fit `conv_ndims`.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Shi et al.,
    https://arxiv.org/abs/1506.04214.
    """

    def __init__(
        self,
        conv_ndims: int,
        input_shape: Sequence[int],
        output_channels: int,
        kernel_shape: Sequence[int],
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        if conv_ndims != 2:
            raise NotImplementedError(
                f"ConvLSTMCell with conv_ndims={conv_ndims}: Evergraph has conv2d only, as yet"
            )
        self._conv_ndims = conv_ndims
        self._output_channels = output_channels
        self._kernel_shape = list(kernel_shape)
        self._use_bias = use_bias
        self._forget_bias = forget_bias
        self._skip_connection = skip_connection
        sizes = list(input_shape)
        passed = sizes[-1] if skip_connection else 0
        state = TensorShape([*sizes[:-1], output_channels])
        self._state_size = LSTMStateTuple(state, state)
        self._output_size = TensorShape([*sizes[:-1], output_channels + passed])

    @property
    def state_size(self) -> Any:
        """The shapes of c and h without the batch."""
        return self._state_size

    @property
    def output_size(self) -> Any:
        """The shape of the output without the batch."""
        return self._output_size

    def call(self, inputs: Any, state: Any, scope: Any = None) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        memory, hidden = state
        gates = _convolution(
            [inputs, hidden], self._kernel_shape, 4 * self._output_channels, self._use_bias
        )
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=self._conv_ndims + 1)
        memory = sigmoid(f + self._forget_bias) * memory
        memory += sigmoid(i) * tanh(j)
        output: Any = tanh(memory) * sigmoid(o)
        if self._skip_connection:
            output = concat([output, inputs], axis=-1)
        return output, LSTMStateTuple(memory, output)


class Conv2DLSTMCell(ConvLSTMCell):
    """A ConvLSTMCell over pictures [height, width, channels].

    Args:
        name: name of the cell and of its scope.
        **kwargs: as of `ConvLSTMCell`.
    """

    def __init__(self, name: str = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


def _convolution(args: list[Any], sizes: list[int], channels: int, has_bias: bool) -> Tensor:
    """The convolution of all `args` with one kernel, strides 1, padded to their size."""
    shapes = [x.get_shape().as_list() for x in args]
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        raise ValueError(f"Conv Linear expects all args to be of same Dimension: {shapes}")
    depth = sum(shape[-1] for shape in shapes)
    dtype = args[0].dtype
    kernel = get_variable("kernel", [*sizes, depth, channels], dtype=dtype)
    result: Any = conv2d(concat(args, axis=rank - 1), kernel, [1] * rank, padding="SAME")
    if not has_bias:
        return result  # type: ignore[no-any-return]  # conv2d gave it
    bias = get_variable("biases", [channels], dtype=dtype, initializer=Constant(0.0, dtype=dtype))
    return result + bias  # type: ignore[no-any-return]  # as above
