"""Grid LSTMs: one LSTM over windows of the features, one over time, in each block of windows.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from evergraph.contrib.rnn.cell_sizes import known_depth
from evergraph.contrib.rnn.sharded_lstm_cells import concat_variable
from evergraph.core import dtypes
from evergraph.core.shapes import dimension_value
from evergraph.graph.operation import Tensor
from evergraph.layers.lstm_cells import clipped, warn_of_joined_state
from evergraph.layers.rnn_cell import RNNCell
from evergraph.ops.array_concat import concat, split
from evergraph.ops.array_pad import pad
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.constants import constant
from evergraph.ops.fills import zeros
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Zeros
from evergraph.variables.variable_scope import get_variable, variable_scope


class GridLSTMCell(RNNCell):
    """An LSTM over windows of the features beside an LSTM over time.

    Args:
        num_units: size of c and m of each window.
        use_peepholes: whether there are diagonal terms.
        share_time_frequency_weights: whether both LSTMs have the same weights.
        cell_clip: bound of |c|; none when None.
        initializer: ignored, as in TensorFlow; the scope's is used.
        num_unit_shards: number of slices of each kernel.
        forget_bias: added to the forget gates.
        feature_size: width of a window.
        frequency_skip: distance of the windows.
        num_frequency_blocks: number of windows of each block.
        start_freqindex_list: where each block begins; one block over all features when None.
        end_freqindex_list: where each block ends.
        couple_input_forget_gates: whether the forget gate is 1 - i.
        state_is_tuple: whether the state is a tuple of each window's c and m.
        reuse: whether the variables must exist.

    Raises:
        ValueError: `num_frequency_blocks` is missing.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Kalchbrenner et al.,
    https://arxiv.org/abs/1507.01526.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Sequence[int] | None = None,
        start_freqindex_list: Sequence[int] | None = None,
        end_freqindex_list: Sequence[int] | None = None,
        couple_input_forget_gates: bool = False,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if not state_is_tuple:
            warn_of_joined_state(self)
        if num_frequency_blocks is None:
            raise ValueError("Must specify num_frequency_blocks")
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._share_time_frequency_weights = share_time_frequency_weights
        self._couple_input_forget_gates = couple_input_forget_gates
        self._state_is_tuple = state_is_tuple
        self._cell_clip = cell_clip
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size: Any = feature_size
        self._frequency_skip: Any = frequency_skip
        self._start_freqindex_list = start_freqindex_list
        self._end_freqindex_list: Any = end_freqindex_list
        self._num_frequency_blocks = num_frequency_blocks
        self._total_blocks = sum(int(count) for count in num_frequency_blocks)
        self._state_tuple_type: Any = None
        self._state_size: Any = 2 * num_units * self._total_blocks
        if state_is_tuple:
            self._name_states("GridLSTMStateTuple", ["state"])
        self._output_size = 2 * num_units * self._total_blocks

    def _name_states(self, type_name: str, prefixes: list[str]) -> None:
        """Make the state a named tuple of each window's c and m."""
        names = [
            f"{prefix}_f{window:02d}_b{block:02d}_{part}"
            for prefix in prefixes
            for block, count in enumerate(self._num_frequency_blocks)
            for window in range(count)
            for part in "cm"
        ]
        self._state_tuple_type = namedtuple(type_name, names)  # type: ignore[misc]  # names are computed
        self._state_size = self._state_tuple_type(*[self._num_units] * len(names))

    @property
    def output_size(self) -> int:
        """Size of m, of time and of frequency, of all windows."""
        return self._output_size

    @property
    def state_size(self) -> Any:
        """Sizes of c and m of each window."""
        return self._state_size

    @property
    def state_tuple_type(self) -> Any:
        """The named tuple of the state; None when it is one tensor."""
        return self._state_tuple_type

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        batch_size = dimension_value(inputs.shape[0]) or shape_of(inputs)[0]
        outputs: list[Any] = []
        states: list[Any] = []
        for block, windows in enumerate(self._windows(inputs)):
            m, s = self._compute(windows, block, state, batch_size, "state", self._state_is_tuple)
            outputs += m
            states += s
        new_state = self._state_tuple_type(*states) if self._state_is_tuple else concat(states, 1)
        return concat(outputs, 1), new_state

    def _compute(
        self,
        windows: list[Tensor],
        block: int,
        state: Any,
        batch_size: Any,
        prefix: str,
        is_tuple: bool,
    ) -> tuple[list[Any], list[Any]]:
        """Outputs and new states of a block's windows."""
        units = self._num_units
        dtype = windows[0].dtype
        weights = _Weights(self, block, known_depth(windows[0]), dtype)
        m_freq: Any = zeros([batch_size, units], dtype)
        c_freq: Any = zeros([batch_size, units], dtype)
        outputs: list[Any] = []
        states: list[Any] = []
        for i, window in enumerate(windows):
            if is_tuple:
                name = f"{prefix}_f{i:02d}_b{block:02d}"
                c_time, m_time = getattr(state, f"{name}_c"), getattr(state, f"{name}_m")
            else:
                c_time = slice_of(state, [0, 2 * i * units], [-1, units])
                m_time = slice_of(state, [0, (2 * i + 1) * units], [-1, units])
            joined = concat([window, m_time, m_freq], 1)
            of_freq = weights.gates("f", joined)
            of_time = of_freq if weights.are_shared else weights.gates("t", joined)
            new_c_freq = self._memory(of_freq, weights.peepholes["f"], c_freq, c_time, c_freq)
            new_c_time = self._memory(of_time, weights.peepholes["t"], c_freq, c_time, c_time)
            m_freq = _output(of_freq[3], weights.peepholes["f"], new_c_freq, new_c_time, new_c_freq)
            m_time = _output(of_time[3], weights.peepholes["t"], new_c_freq, new_c_time, new_c_time)
            c_freq = new_c_freq
            states += [new_c_time, m_time]
            outputs += [m_time, m_freq]
        return outputs, states

    def _memory(self, gates: Any, peepholes: Any, c_freq: Any, c_time: Any, c: Any) -> Any:
        i, j, f, _ = gates
        if peepholes is not None:
            w_f, w_i = peepholes["I"]
            i = i + w_f * c_freq + w_i * c_time
        i = sigmoid(i)
        if self._couple_input_forget_gates:
            f = 1.0 - i
        else:
            f = f + self._forget_bias
            if peepholes is not None:
                w_f, w_i = peepholes["F"]
                f = f + w_f * c_freq + w_i * c_time
            f = sigmoid(f)
        result = f * c + i * tanh(j)
        result = clipped(result, self._cell_clip)
        return result

    def _windows(self, inputs: Tensor, offset: int = 0) -> list[list[Tensor]]:
        """The windows of each block.

        Raises:
            ValueError: the size of the inputs isn't known, or doesn't fit the windows.
        """
        depth = dimension_value(inputs.get_shape().with_rank(2)[-1])
        if depth is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        if offset:
            paddings = [0, 0, 0, offset] if offset > 0 else [0, 0, -offset, 0]
            around = constant(paddings, shape=[2, 2], dtype=dtypes.int32)
            inputs = pad(inputs, around, "CONSTANT")
            offset = max(offset, 0)
        counts = self._num_frequency_blocks
        if not self._start_freqindex_list:
            if len(counts) != 1:
                raise ValueError(
                    f"Length of num_frequency_blocks is not 1, but instead is {len(counts)}"
                )
            starts, ends = [0], [depth]
        else:
            starts, ends = list(self._start_freqindex_list), self._end_freqindex_list
            if len(starts) != len(ends):
                raise ValueError(
                    "Length of start and end freqindex_list does not match %d %d",
                    len(starts),
                    len(ends),
                )
            if len(counts) != len(starts):
                raise ValueError(
                    "Length of num_frequency_blocks is not equal to start_freqindex_list %d %d",
                    len(counts),
                    len(starts),
                )
        blocks = []
        for start, end, count in zip(starts, ends, counts, strict=True):
            found = int((end - start - self._feature_size) / self._frequency_skip) + 1
            if found != count:
                raise ValueError(
                    f"Invalid num_frequency_blocks, requires {count} but gets {found}, please "
                    "check the input size and filter config are correct."
                )
            blocks.append(
                [
                    slice_of(
                        inputs,
                        [0, start + offset + i * self._frequency_skip],
                        [-1, self._feature_size],
                    )
                    for i in range(found)
                ]
            )
        return blocks


class _Weights:
    """The variables of a block: kernel, bias and peepholes of both LSTMs, "f" and "t"."""

    def __init__(self, cell: GridLSTMCell, block: int, width: int, dtype: Any) -> None:
        units = cell._num_units
        self.is_coupled = cell._couple_input_forget_gates
        self.are_shared = cell._share_time_frequency_weights
        self.count = 3 if self.is_coupled else 4
        axes = "f" if self.are_shared else "ft"
        self.maps = {}
        for axis in axes:
            kernel = concat_variable(
                f"W_{axis}_{block}",
                [width + 2 * units, self.count * units],
                dtype,
                cell._num_unit_shards,
            )
            bias = get_variable(
                f"B_{axis}_{block}",
                shape=[self.count * units],
                initializer=Zeros(),
                dtype=dtype,
            )
            self.maps[axis] = kernel, bias
        self.peepholes: dict[str, Any] = {"f": None, "t": None}
        if cell._use_peepholes:
            for axis, word in zip(axes, ("freq", "time"), strict=False):
                self.peepholes[axis] = {
                    gate: tuple(
                        get_variable(
                            f"W_{gate}_diag_{word}{of}_{block}", shape=[units], dtype=dtype
                        )
                        for of in "ft"
                    )
                    for gate in ("IO" if self.is_coupled else "FIO")
                }
            if self.are_shared:
                self.peepholes["t"] = self.peepholes["f"]

    def gates(self, axis: str, joined: Tensor) -> tuple[Any, ...]:
        """i, j, f and o; f is None when it is coupled to i."""
        kernel, bias = self.maps[axis]
        found = split(
            value=bias_add(matmul(joined, kernel), bias),
            num_or_size_splits=self.count,
            axis=1,
        )
        return (*found[:2], None, found[2]) if self.is_coupled else tuple(found)


def _output(o: Any, peepholes: Any, c_freq: Any, c_time: Any, c: Any) -> Any:
    if peepholes is not None:
        w_f, w_t = peepholes["O"]
        o = o + w_f * c_freq + w_t * c_time
    return sigmoid(o) * tanh(c)


class BidirectionalGridLSTMCell(GridLSTMCell):
    """Two grid LSTMs, one over the windows from the first to the last, one the other way.

    Args:
        num_units: size of c and m of each window.
        use_peepholes: whether there are diagonal terms.
        share_time_frequency_weights: whether both LSTMs of a grid have the same weights.
        cell_clip: bound of |c|; none when None.
        initializer: ignored, as in TensorFlow; the scope's is used.
        num_unit_shards: number of slices of each kernel.
        forget_bias: added to the forget gates.
        feature_size: width of a window.
        frequency_skip: distance of the windows.
        num_frequency_blocks: number of windows of each block.
        start_freqindex_list: where each block begins; one block over all features when None.
        end_freqindex_list: where each block ends.
        couple_input_forget_gates: whether the forget gate is 1 - i.
        backward_slice_offset: how far the windows of the way back are moved.
        reuse: whether the variables must exist.

    Raises:
        ValueError: `num_frequency_blocks` is missing.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Sequence[int] | None = None,
        start_freqindex_list: Sequence[int] | None = None,
        end_freqindex_list: Sequence[int] | None = None,
        couple_input_forget_gates: bool = False,
        backward_slice_offset: int = 0,
        reuse: Any = None,
    ) -> None:
        super().__init__(
            num_units,
            use_peepholes,
            share_time_frequency_weights,
            cell_clip,
            initializer,
            num_unit_shards,
            forget_bias,
            feature_size,
            frequency_skip,
            num_frequency_blocks,
            start_freqindex_list,
            end_freqindex_list,
            couple_input_forget_gates,
            True,
            reuse,
        )
        self._backward_slice_offset = int(backward_slice_offset)
        self._name_states("BidirectionalGridLSTMStateTuple", ["fwd_state", "bwd_state"])
        self._output_size *= 2

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        batch_size = dimension_value(inputs.shape[0]) or shape_of(inputs)[0]
        forwards = self._windows(inputs)
        backwards = forwards
        if self._backward_slice_offset:
            backwards = self._windows(inputs, self._backward_slice_offset)
        outputs: list[Any] = []
        states: list[Any] = []
        for way, blocks in (("fwd", forwards), ("bwd", backwards)):
            with variable_scope(way):
                for block, windows in enumerate(blocks):
                    ordered = windows if way == "fwd" else windows[::-1]
                    m, s = self._compute(ordered, block, state, batch_size, f"{way}_state", True)
                    outputs += m
                    states += s
        return concat(outputs, 1), self._state_tuple_type(*states)
