"""Cells that are one operation: LSTMBlockCell, LSTMBlockFusedCell, GRUBlockCell.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/{lstm_ops,gru_ops}.py.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.layers.base import Layer
from evergraph.layers.input_spec import InputSpec
from evergraph.layers.lstm_cells import LSTMState, LSTMStateTuple
from evergraph.layers.rnn_cell import BIAS, KERNEL, LayerRNNCell
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather_nd
from evergraph.ops.array_join import stack, unstack
from evergraph.ops.array_layout import tile, transpose
from evergraph.ops.array_shape import expand_dims
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.fills import zeros
from evergraph.ops.gru_blocks import GRU_BLOCK_CELL
from evergraph.ops.lstm_blocks import BLOCK_LSTM, LSTM_BLOCK_CELL
from evergraph.ops.math_reduction import reduce_max
from evergraph.ops.sequences import range as range_of
from evergraph.ops.sequences import sequence_mask
from evergraph.registry.op_def import OpDef
from evergraph.variables.initializers import Constant


class _LSTMWeights(Layer):
    """Kernel, bias and peepholes of an LSTM of `num_units`."""

    _num_units: int
    _forget_bias: float
    _cell_clip: float
    _use_peephole: bool

    def _make_weights(self, depth: int) -> None:
        units = self._num_units
        self._kernel = self.add_variable(KERNEL, [depth + units, units * 4])
        self._bias = self.add_variable(BIAS, [units * 4], initializer=Constant(0.0))
        if self._use_peephole:
            self._peepholes = [self.add_variable(f"w_{gate}_diag", [units]) for gate in "ifo"]
        self.built = True

    def _diagonals(self, dtype: Any) -> list[Any]:
        """The peepholes of input, forget and output gate; zeros when there are none."""
        if self._use_peephole:
            return self._peepholes
        return [zeros([self._num_units], dtype=dtype)] * 3

    def _run(self, op_def: OpDef, diagonals: list[Any], *inputs: Any) -> tuple[Any, Any]:
        """C and h of one step, or of each step of a sequence."""
        _, cs, _, _, _, _, h = op_def(
            *inputs,
            self._kernel,
            *diagonals,
            self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return cs, h


class LSTMBlockCell(LSTMState, _LSTMWeights, LayerRNNCell):
    """An LSTM whose step is one operation. Its clipping of c is -1, for none, when None.

    Args:
        num_units: size of c, h and the output.
        forget_bias: added to the forget gate.
        cell_clip: bound of |c|; none when None.
        use_peephole: whether there are diagonal terms.
        dtype: type of the variables; that of the inputs when None.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/lstm_ops.py.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: Any = None,
        name: str = "lstm_cell",
    ) -> None:
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._use_peephole = use_peephole
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Any) -> None:
        """Make kernel, bias and peepholes.

        Raises:
            ValueError: the size of the inputs isn't known.
        """
        shape = TensorShape(input_shape)
        depth = dimension_value(shape[1])
        if not depth:
            raise ValueError(f"Expecting inputs_shape[1] to be set: {shape}")
        self._make_weights(int(depth))

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step.

        Raises:
            ValueError: the state isn't a pair.
        """
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        cs, h = self._run(LSTM_BLOCK_CELL, self._diagonals(self.dtype), inputs, *state)
        return h, LSTMStateTuple(cs, h)


class LSTMBlockWrapper(Layer):
    """A fused LSTM: [time, batch, depth] in and out; subclasses run the sequence."""

    @property
    @abstractmethod
    def num_units(self) -> int:
        """Size of c, h and the output."""

    @abstractmethod
    def _call_cell(
        self,
        inputs: Tensor,
        initial_cell_state: Tensor,
        initial_output: Tensor,
        dtype: Any,
        sequence_length: Any,
    ) -> tuple[Any, Any]:
        """Run all steps; give c and h of each."""

    def call(  # type: ignore[override]  # a fused cell's own arguments
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
    ) -> Any:
        """Run over a sequence.

        Args:
            inputs: [time, batch, depth], or a list of `time` tensors [batch, depth].
            initial_state: c and h [batch, num_units]; zeros when None.
            dtype: dtype of the initial state where it isn't given.
            sequence_length: [batch], number of steps of each row; all when None.

        Returns:
            Outputs as the inputs are given, and the last LSTMStateTuple.

        Raises:
            ValueError: the size of the inputs isn't known, or neither state nor dtype is given.
        """
        is_list = isinstance(inputs, list)
        if is_list:
            inputs = stack(inputs)
        shape = inputs.get_shape().with_rank(3)
        if not shape[2]:
            raise ValueError(f"Expecting inputs_shape[2] to be set: {shape}")
        time, batch, _ = shape.as_list()
        if batch is None:
            batch = shape_of(inputs)[1]
        if time is None:
            time = shape_of(inputs)[0]
        if initial_state is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            nothing = zeros(stack([batch, self.num_units]), dtype=dtype)
            initial_state = nothing, nothing
        else:
            if len(initial_state) != 2:
                raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
            if dtype is None:
                dtype = initial_state[0].dtype
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length)
        c, h = initial_state
        cell_states, outputs = self._call_cell(inputs, c, h, dtype, sequence_length)
        if sequence_length is None:
            final = cell_states[-1], outputs[-1]
        else:
            mask: Any = transpose(sequence_mask(sequence_length, time, dtype=dtype), [1, 0])
            outputs *= tile(expand_dims(mask, [-1]), [1, 1, self.num_units])
            # Row 0 is the initial state, for sequences without steps.
            all_c = concat([expand_dims(c, [0]), cell_states], 0)
            all_h = concat([expand_dims(h, [0]), outputs], 0)
            final = (
                _row_states(all_c, sequence_length, batch),
                _row_states(all_h, sequence_length, batch),
            )
        if is_list:
            outputs = unstack(outputs)
        return outputs, LSTMStateTuple(*final)


def _row_states(states: Tensor, steps: Tensor, batch: Any) -> Tensor:
    """For each row of the batch, its state at its step."""
    return gather_nd(states, stack([steps, range_of(batch)], axis=1))


class LSTMBlockFusedCell(_LSTMWeights, LSTMBlockWrapper):
    """An LSTM whose sequence is one operation: [time, batch, depth] in and out.

    Args:
        num_units: size of c, h and the output.
        forget_bias: added to the forget gate.
        cell_clip: bound of |c|; none when None.
        use_peephole: whether there are diagonal terms.
        reuse: whether the variables must exist.
        dtype: type of the variables; that of the inputs when None.
        name: name of the cell and of its scope.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/lstm_ops.py.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: Any = None,
        dtype: Any = None,
        name: str = "lstm_fused_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self._use_peephole = use_peephole
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self) -> int:
        """Size of c, h and the output."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Make kernel, bias and peepholes."""
        self._make_weights(int(dimension_value(TensorShape(input_shape)[2])))

    def _call_cell(
        self,
        inputs: Tensor,
        initial_cell_state: Tensor,
        initial_output: Tensor,
        dtype: Any,
        sequence_length: Any,
    ) -> tuple[Any, Any]:
        time = dimension_value(inputs.get_shape().with_rank(3)[0])
        if time is None:
            time = shape_of(inputs)[0]
        diagonals = self._diagonals(dtype)
        steps = time if sequence_length is None else reduce_max(sequence_length)
        state = initial_cell_state, initial_output
        return self._run(BLOCK_LSTM, diagonals, cast(steps, dtypes.int64), inputs, *state)


class GRUBlockCell(LayerRNNCell):
    """A GRU whose step is one operation, with TensorFlow's first names of the variables.

    Args:
        num_units: size of state and output.
        cell_size: the older name of `num_units`.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.

    Raises:
        ValueError: both sizes are given, or none.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/gru_ops.py.
    """

    _names = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(
        self,
        num_units: int | None = None,
        cell_size: int | None = None,
        reuse: Any = None,
        name: str = "gru_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name)
        given = [size for size in (num_units, cell_size) if size is not None]
        if len(given) != 1:
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        (self._cell_size,) = given
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self) -> int:
        """`num_units`."""
        return self._cell_size

    @property
    def output_size(self) -> int:
        """`num_units`."""
        return self._cell_size

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias of the gates and of the candidate.

        Raises:
            ValueError: the size of the inputs isn't known.
        """
        depth = dimension_value(TensorShape(input_shape)[1])
        if depth is None:
            raise ValueError("Expecting input_size to be set.")
        size = self._cell_size
        gate_kernel, gate_bias, candidate_kernel, candidate_bias = self._names
        self._gate_kernel = self.add_variable(gate_kernel, [depth + size, size * 2])
        self._gate_bias = self.add_variable(gate_bias, [size * 2], initializer=Constant(1.0))
        self._candidate_kernel = self.add_variable(candidate_kernel, [depth + size, size])
        self._candidate_bias = self.add_variable(candidate_bias, [size], initializer=Constant(0.0))
        self.built = True

    def call(self, inputs: Tensor, h_prev: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step.

        Raises:
            ValueError: the state is of another size.
        """
        size = h_prev.get_shape().with_rank(2)[1]
        if size != self._cell_size:
            raise ValueError(f"Shape of h_prev[1] incorrect: cell_size {self._cell_size} vs {size}")
        _, _, _, output = GRU_BLOCK_CELL(
            inputs,
            h_prev,
            self._gate_kernel,
            self._candidate_kernel,
            self._gate_bias,
            self._candidate_bias,
        )
        return output, output


class GRUBlockCellV2(GRUBlockCell):
    """A GRUBlockCell whose variables have the names of GRUCell's.

    Args:
        num_units: size of state and output.
        cell_size: the older name of `num_units`.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.

    Raises:
        ValueError: both sizes are given, or none.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/gru_ops.py.
    """

    _names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
