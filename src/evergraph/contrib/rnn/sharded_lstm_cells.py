"""LSTMs of speech models, whose weights may lie in shards: coupled gates, time-frequency, groups.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.contrib.rnn.cell_sizes import known_depth
from evergraph.contrib.rnn.layer_norm import layer_normalized
from evergraph.contrib.rnn.linear import Linear
from evergraph.core.shapes import dimension_value
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import add_to_collection, get_collection
from evergraph.layers.lstm_cells import (
    LSTMState,
    LSTMStateTuple,
    clipped,
    next_memory,
    next_output,
    state_parts,
    warn_of_joined_state,
    whole_state,
)
from evergraph.layers.rnn_cell import RNNCell
from evergraph.ops.array_concat import concat, split
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.fills import zeros
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Constant, Zeros
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope


def concat_variable(name: str, shape: list[int], dtype: Any, num_shards: int) -> Any:
    """Variables `name_0`, `name_1` ... one above the other, joined once in a graph.

    Raises:
        ValueError: there are more shards than rows.
    """
    if num_shards > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={num_shards}")
    least, excess = divmod(shape[0], num_shards)
    shards = [
        get_variable(f"{name}_{i}", [least + (i < excess), *shape[1:]], dtype=dtype)
        for i in range(num_shards)
    ]
    if num_shards == 1:
        return shards[0]
    full_name = f"{get_variable_scope().name}/{name}/concat:0"
    for value in get_collection(GraphKeys.CONCATENATED_VARIABLES):
        if value.name == full_name:
            return value
    joined = concat(shards, 0, name=f"{name}/concat")
    add_to_collection(GraphKeys.CONCATENATED_VARIABLES, joined)
    return joined


class CoupledInputForgetGateLSTMCell(LSTMState, RNNCell):
    """An LSTMCell with input gate 1 - f.

    Args:
        num_units: size of c.
        use_peepholes: whether there are diagonal terms.
        initializer: ignored, as in TensorFlow; the scope's is used.
        num_proj: size of the output; no projection when None.
        proj_clip: bound of the projected output; none when None.
        num_unit_shards: number of slices of the kernel.
        num_proj_shards: number of slices of the projection.
        forget_bias: added to the forget gate.
        state_is_tuple: whether the state is an LSTMStateTuple.
        activation: function of candidate and memory.
        reuse: whether the variables must exist.
        layer_norm: whether gates and memory are normalised.
        norm_gain: initial gain.
        norm_shift: initial shift.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Greff et al.,
    https://arxiv.org/abs/1503.04069.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int = 1,
        num_proj_shards: int = 1,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = tanh,
        reuse: Any = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
    ) -> None:
        super().__init__(_reuse=reuse)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    def _norm(self, x: Any, scope: str) -> Any:
        return layer_normalized(x, self._norm_gain, self._norm_shift, scope)

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        units = self._num_units
        recurrent = units if self._num_proj is None else self._num_proj
        c_before, m_before = state_parts(state, self._state_is_tuple, units, recurrent)
        dtype = inputs.dtype
        depth = known_depth(inputs)
        weights = concat_variable("W", [depth + recurrent, 3 * units], dtype, self._num_unit_shards)
        bias = get_variable("B", shape=[3 * units], initializer=Zeros(), dtype=dtype)
        gates = matmul(concat([inputs, m_before], 1), weights)
        if not self._layer_norm:
            gates = bias_add(gates, bias)
        j, f, o = split(value=gates, num_or_size_splits=3, axis=1)
        if self._layer_norm:
            j, f, o = (
                self._norm(j, "transform"),
                self._norm(f, "forget"),
                self._norm(o, "output"),
            )
        w_o = None
        f = self._forget_gate(f, c_before, dtype)
        if self._use_peepholes:
            w_o = self._w_o_diag
        c = f * c_before + (1 - f) * self._activation(j)
        if self._layer_norm:
            c = self._norm(c, "state")
        m = next_output(o, c, self._activation, w_o)
        if self._num_proj is not None:
            projection = concat_variable(
                "W_P", [units, self._num_proj], dtype, self._num_proj_shards
            )
            m = matmul(m, projection)
            m = clipped(m, self._proj_clip)
        return m, whole_state(c, m, self._state_is_tuple)

    def _forget_gate(self, f: Any, c: Any, dtype: Any) -> Any:
        if not self._use_peepholes:
            return sigmoid(f + self._forget_bias)
        w_f = get_variable("W_F_diag", shape=[self._num_units], dtype=dtype)
        self._w_o_diag = get_variable("W_O_diag", shape=[self._num_units], dtype=dtype)
        return sigmoid(f + self._forget_bias + w_f * c)


class TimeFreqLSTMCell(RNNCell):
    """An LSTM that runs over windows of the inputs' features as over steps of time.

    Args:
        num_units: size of each window's c and m.
        use_peepholes: whether there are diagonal terms.
        cell_clip: bound of |c|; none when None.
        initializer: ignored, as in TensorFlow; the scope's is used.
        num_unit_shards: number of slices of the kernel.
        forget_bias: added to the forget gate.
        feature_size: width of a window.
        frequency_skip: distance of the windows.
        reuse: whether the variables must exist.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Sainath and Li,
    http://research.microsoft.com/pubs/246267/lstm_time_freq.pdf.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int = 1,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size = feature_size
        self._frequency_skip = frequency_skip

    @property
    def state_size(self) -> int:
        """Twice `num_units`, though the state has as much for each window."""
        return 2 * self._num_units

    @property
    def output_size(self) -> int:
        """`num_units`, though the output has as much for each window."""
        return self._num_units

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step over all windows."""
        units = self._num_units
        windows = self._windows(inputs)
        dtype = inputs.dtype
        width = known_depth(windows[0])
        weights = concat_variable("W", [width + 2 * units, 4 * units], dtype, self._num_unit_shards)
        bias = get_variable("B", shape=[4 * units], initializer=Zeros(), dtype=dtype)
        w_f = w_i = w_o = None
        if self._use_peepholes:
            w_f, w_i, w_o = (
                get_variable(f"W_{gate}_diag", shape=[units], dtype=dtype) for gate in "FIO"
            )
        m_of_window: Any = zeros([inputs.get_shape()[0], units], dtype)
        outputs: Any = None
        new_state: Any = None
        for i_window, window in enumerate(windows):
            c = slice_of(state, [0, 2 * i_window * units], [-1, units])
            m = slice_of(state, [0, (2 * i_window + 1) * units], [-1, units])
            joined = concat([window, m, m_of_window], 1)
            gates = bias_add(matmul(joined, weights), bias)
            i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
            c = next_memory(i, j, f + self._forget_bias, c, tanh, w_i, w_f)
            c = clipped(c, self._cell_clip)
            m = m_of_window = next_output(o, c, tanh, w_o)
            if i_window == 0:
                new_state, outputs = concat([c, m], 1), m
            else:
                new_state = concat([new_state, c, m], 1)
                outputs = concat([outputs, m], 1)
        return outputs, new_state

    def _windows(self, inputs: Tensor) -> list[Tensor]:
        depth = dimension_value(inputs.get_shape().with_rank(2)[-1])
        if depth is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        assert self._feature_size is not None
        count = int((depth - self._feature_size) / self._frequency_skip) + 1
        return [
            slice_of(inputs, [0, i * self._frequency_skip], [-1, self._feature_size])
            for i in range(count)
        ]


class GLSTMCell(LSTMState, RNNCell):
    """An LSTM whose recurrent map is block diagonal: groups of units that don't see each other.

    Args:
        num_units: size of c.
        initializer: initializer of the weights; the scope's when None.
        num_proj: size of the output; no projection when None.
        number_of_groups: number of groups.
        forget_bias: added to the forget gate.
        activation: function of the memory.
        reuse: whether the variables must exist.

    Raises:
        ValueError: a size isn't a multiple of the number of groups.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Kuchaiev and
    Ginsburg, https://arxiv.org/abs/1703.10722.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        num_proj: int | None = None,
        number_of_groups: int = 1,
        forget_bias: float = 1.0,
        activation: Any = tanh,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._num_proj = num_proj
        self._forget_bias = forget_bias
        self._activation = activation
        self._number_of_groups = number_of_groups
        if num_units % number_of_groups:
            raise ValueError("num_units must be divisible by number_of_groups")
        if num_proj and num_proj % number_of_groups:
            raise ValueError("num_proj must be divisible by number_of_groups")
        self._linear1: list[Linear | None] = [None] * number_of_groups
        self._linear2: Linear | None = None

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step.

        Raises:
            ValueError: the size of the inputs isn't known, or no multiple of the number of groups.
        """
        c_before, m_before = state
        groups = self._number_of_groups
        batch_size = dimension_value(inputs.shape[0]) or shape_of(inputs)[0]
        depth = dimension_value(inputs.shape[1])
        if depth is None:
            raise ValueError("input size must be statically known")
        if depth % groups:
            raise ValueError(
                f"input size ({depth}) must be divisible by number_of_groups ({groups})"
            )

        def part(x: Any, group: int, size: int) -> Tensor:
            return slice_of(
                x,
                [0, group * size],
                [batch_size, size],
                name=f"GLSTM_group{group}_input_generation",
            )

        with variable_scope(get_variable_scope(), initializer=self._initializer):
            found = []
            for group in range(groups):
                with variable_scope(f"group{group}"):
                    joined = concat(
                        [
                            part(inputs, group, depth // groups),
                            part(m_before, group, self.output_size // groups),
                        ],
                        axis=1,
                    )
                    apply = self._linear1[group]
                    if apply is None:
                        apply = Linear(joined, 4 * self._num_units // groups, False)
                        self._linear1[group] = apply
                    found.append(split(apply(joined), 4, 1))
            i, j, f, o = self._with_biases(found, inputs.dtype)
        kept = sigmoid(f + self._forget_bias) * c_before
        c = kept + sigmoid(i) * tanh(j)
        m = sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            with variable_scope("projection"):
                if self._linear2 is None:
                    self._linear2 = Linear(m, self._num_proj, False)
                m = self._linear2(m)
        return m, LSTMStateTuple(c, m)

    def _with_biases(self, groups: list[Any], dtype: Any) -> list[Any]:
        """i, j, f and o of all groups, each with its bias."""
        biases = [
            get_variable(
                name=f"bias_{gate}",
                shape=[self._num_units],
                dtype=dtype,
                initializer=Constant(0.0, dtype=dtype),
            )
            for gate in "ijfo"
        ]
        parts = zip(zip(*groups, strict=True), biases, strict=True)
        return [bias_add(concat(list(gate), axis=1), bias) for gate, bias in parts]
