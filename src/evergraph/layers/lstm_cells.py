"""BasicLSTMCell and LSTMCell.

Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

import logging
from collections import namedtuple
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import dimension_value
from evergraph.graph.operation import Tensor
from evergraph.layers.input_spec import InputSpec
from evergraph.layers.named_objects import get_activation, get_initializer, serialize
from evergraph.layers.rnn_cell import (
    BIAS,
    KERNEL,
    LayerRNNCell,
    check_input_dtypes,
    check_supported_dtypes,
    input_depth,
)
from evergraph.ops.array_concat import concat, split
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.clip import clip_by_value
from evergraph.ops.constants import constant
from evergraph.ops.math_elementwise import add, multiply
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Zeros
from evergraph.variables.partitioners import fixed_size_partitioner

_log = logging.getLogger("tensorflow")


class LSTMStateTuple(namedtuple("LSTMStateTuple", ("c", "h"))):
    """State of an LSTM: the cell's memory `c` and its output `h`."""

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The dtype of both.

        Raises:
            TypeError: they differ.
        """
        if self.c.dtype != self.h.dtype:
            raise TypeError(f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}")
        return self.c.dtype


class LSTMState:
    """The state is c of size `num_units` and h of size `num_proj` or `num_units`, the output h."""

    _num_units: int
    _num_proj: int | None = None
    _state_is_tuple = True

    @property
    def state_size(self) -> Any:
        """An LSTMStateTuple of both sizes, or their sum."""
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self.output_size)
        return self._num_units + self.output_size

    @property
    def output_size(self) -> int:
        """`num_proj`, or `num_units` without a projection."""
        return self._num_proj or self._num_units


def warn_of_joined_state(cell: Any) -> None:
    """Say, as TensorFlow does, that a state in one tensor is going out of use."""
    _log.warning(
        "%s: Using a concatenated state is slower and will soon be deprecated.  "
        "Use state_is_tuple=True.",
        cell,
    )


def basic_lstm_step(
    gate_inputs: Tensor, axis: Tensor, c: Any, forget_bias: Any, activation: Any
) -> tuple[Any, Any]:
    """New c and h of an LSTM without peepholes, from i, j, f, o side by side along `axis`."""
    i, j, f, o = split(value=gate_inputs, num_or_size_splits=4, axis=axis)
    bias = constant(forget_bias, dtype=f.dtype)
    kept = multiply(c, sigmoid(add(f, bias)))
    c = add(kept, multiply(sigmoid(i), activation(j)))
    return c, multiply(activation(c), sigmoid(o))


def next_memory(
    i: Any, j: Any, f: Any, c: Any, activation: Any, w_i: Any = None, w_f: Any = None
) -> Any:
    """sigmoid(f + w_f * c) * c + sigmoid(i + w_i * c) * activation(j); no peepholes when None."""
    if w_f is not None:
        f = f + w_f * c
    kept = sigmoid(f) * c
    if w_i is not None:
        i = i + w_i * c
    return kept + sigmoid(i) * activation(j)


def next_output(o: Any, c: Any, activation: Any, w_o: Any = None) -> Any:
    """sigmoid(o + w_o * c) * activation(c); no peephole when None."""
    if w_o is not None:
        o = o + w_o * c
    return sigmoid(o) * activation(c)


def state_parts(state: Any, is_tuple: bool, units: int, recurrent: int) -> tuple[Any, Any]:
    """C and m of a state: a pair, or a matrix with both side by side."""
    if is_tuple:
        c, m = state
        return c, m
    return slice_of(state, [0, 0], [-1, units]), slice_of(state, [0, units], [-1, recurrent])


def whole_state(c: Any, m: Any, is_tuple: bool) -> Any:
    """The state of c and m: a pair, or a matrix with both side by side."""
    return LSTMStateTuple(c, m) if is_tuple else concat([c, m], 1)


def clipped(x: Any, bound: float | None) -> Any:
    """`x` within [-bound, bound]; as it is when there is no bound."""
    return x if bound is None else clip_by_value(x, -bound, bound)


class BasicLSTMCell(LSTMState, LayerRNNCell):
    """Long short-term memory without peepholes, projection or clipping.

        i, j, f, o = [inputs, h] . kernel + bias
        c' = c * sigmoid(f + forget_bias) + sigmoid(i) * activation(j)
        output = h' = activation(c') * sigmoid(o)

    Args:
        num_units: size of c, h and the output.
        forget_bias: added to the forget gate.
        state_is_tuple: whether the state is an LSTMStateTuple; else c and h side by side.
        activation: function or its name; tanh when None.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py; Zaremba et al.,
    https://arxiv.org/abs/1409.2329.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_supported_dtypes(self.dtype)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = get_activation(activation) if activation else tanh

    def build(self, input_shape: Any) -> None:
        """Make kernel [depth + num_units, 4 * num_units] and bias."""
        depth = input_depth(input_shape)
        check_supported_dtypes(self.dtype)
        units = self._num_units
        self._kernel = self.add_variable(KERNEL, shape=[depth + units, 4 * units])
        self._bias = self.add_variable(BIAS, shape=[4 * units], initializer=Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        check_input_dtypes([inputs, state])
        axis = constant(1, dtype=dtypes.int32)
        if self._state_is_tuple:
            c, h = state
        else:
            c, h = split(value=state, num_or_size_splits=2, axis=axis)
        gate_inputs = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        c, h = basic_lstm_step(gate_inputs, axis, c, self._forget_bias, self._activation)
        return h, whole_state(c, h, self._state_is_tuple)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal cell."""
        return {
            **super().get_config(),
            "num_units": self._num_units,
            "forget_bias": self._forget_bias,
            "state_is_tuple": self._state_is_tuple,
            "activation": serialize(self._activation),
            "reuse": self._reuse,
        }


class LSTMCell(LayerRNNCell):
    """Long short-term memory with peepholes, projection and clipping.

        i, j, f, o = [inputs, m] . kernel + bias
        c' = sigmoid(f + forget_bias + w_f_diag * c) * c + sigmoid(i + w_i_diag * c) * activation(j)
        output = m' = sigmoid(o + w_o_diag * c') * activation(c') [. projection/kernel]

    Args:
        num_units: size of c.
        use_peepholes: whether there are the diagonal terms.
        cell_clip: bound of |c'|; none when None.
        initializer: initializer of all weights but the bias; the scope's when None.
        num_proj: size of m and of the output; no projection when None.
        proj_clip: bound of |m'| after the projection; none when None.
        num_unit_shards: number of slices of the kernel; give the scope a partitioner in its place.
        num_proj_shards: likewise of the projection.
        forget_bias: added to the forget gate.
        state_is_tuple: whether the state is an LSTMStateTuple; else c and m side by side.
        activation: function or its name; tanh when None.
        reuse: whether the variables must exist.
        name: name of the cell and of its scope.
        dtype: type of the variables; that of the inputs when None.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py; Sak et al., INTERSPEECH
    2014, https://research.google.com/pubs/archive/43905.pdf.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: Any = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: Any = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_supported_dtypes(self.dtype)
        if not state_is_tuple:
            warn_of_joined_state(self)
        if num_unit_shards is not None or num_proj_shards is not None:
            _log.warning(
                "%s: The num_unit_shards and proj_unit_shards parameters are deprecated and will "
                "be removed in Jan 2017.  Use a variable scope with a partitioner instead.",
                self,
            )
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = get_initializer(initializer)
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = get_activation(activation) if activation else tanh
        self._output_size = num_proj or num_units
        self._w_f_diag = self._w_i_diag = self._w_o_diag = None
        self._state_size = (
            LSTMStateTuple(num_units, self._output_size)
            if state_is_tuple
            else num_units + self._output_size
        )

    @property
    def state_size(self) -> Any:
        """`num_units`, and the size of the output."""
        return self._state_size

    @property
    def output_size(self) -> int:
        """`num_proj`, or `num_units` without a projection."""
        return self._output_size

    def build(self, input_shape: Any) -> None:
        """Make kernel, bias, peepholes and the projection's kernel."""
        depth = input_depth(input_shape)
        check_supported_dtypes(self.dtype)
        units = self._num_units
        recurrent = units if self._num_proj is None else self._num_proj
        self._kernel = self.add_variable(
            KERNEL,
            shape=[depth + recurrent, 4 * units],
            initializer=self._initializer,
            partitioner=_partitioner(self._num_unit_shards),
        )
        self._bias = self.add_variable(BIAS, shape=[4 * units], initializer=Zeros(dtype=self.dtype))
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_variable(f"w_{gate}_diag", shape=[units], initializer=self._initializer)
                for gate in "fio"
            )
        if self._num_proj is not None:
            self._proj_kernel = self.add_variable(
                f"projection/{KERNEL}",
                shape=[units, self._num_proj],
                initializer=self._initializer,
                partitioner=_partitioner(self._num_proj_shards),
            )
        self.built = True

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step.

        Raises:
            ValueError: the size of the inputs isn't known.
        """
        check_input_dtypes([inputs, state])
        units = self._num_units
        recurrent = units if self._num_proj is None else self._num_proj
        c_before, m_before = state_parts(state, self._state_is_tuple, units, recurrent)
        if dimension_value(inputs.get_shape().with_rank(2)[1]) is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        gates = bias_add(matmul(concat([inputs, m_before], 1), self._kernel), self._bias)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
        f = f + self._forget_bias
        c = next_memory(i, j, f, c_before, self._activation, self._w_i_diag, self._w_f_diag)
        c = clipped(c, self._cell_clip)
        m = next_output(o, c, self._activation, self._w_o_diag)
        if self._num_proj is not None:
            m = matmul(m, self._proj_kernel)
            m = clipped(m, self._proj_clip)
        return m, whole_state(c, m, self._state_is_tuple)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal cell."""
        return {
            **super().get_config(),
            "num_units": self._num_units,
            "use_peepholes": self._use_peepholes,
            "cell_clip": self._cell_clip,
            "initializer": serialize(self._initializer),
            "num_proj": self._num_proj,
            "proj_clip": self._proj_clip,
            "num_unit_shards": self._num_unit_shards,
            "num_proj_shards": self._num_proj_shards,
            "forget_bias": self._forget_bias,
            "state_is_tuple": self._state_is_tuple,
            "activation": serialize(self._activation),
            "reuse": self._reuse,
        }


def _partitioner(shards: int | None) -> Any:
    return None if shards is None else fixed_size_partitioner(shards)
