"""LSTMs with layer or weight normalisation.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

import logging
from typing import Any

from evergraph.contrib.rnn.cell_sizes import known_depth
from evergraph.contrib.rnn.layer_norm import layer_normalized
from evergraph.contrib.rnn.linear import as_list, bias_variable, linear, total_depth
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies
from evergraph.layers.lstm_cells import LSTMState, LSTMStateTuple, clipped, next_memory, next_output
from evergraph.layers.rnn_cell import KERNEL, RNNCell
from evergraph.ops.array_concat import concat, split
from evergraph.ops.dropout import dropout
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.normalization import l2_normalize
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope

_log = logging.getLogger("tensorflow")


class LayerNormBasicLSTMCell(LSTMState, RNNCell):
    """A BasicLSTMCell with layer normalisation and dropout of the candidate.

    Args:
        num_units: size of c, h and the output.
        forget_bias: added to the forget gate.
        input_size: ignored.
        activation: function of candidate and memory.
        layer_norm: whether gates and memory are normalised.
        norm_gain: initial gain.
        norm_shift: initial shift.
        dropout_keep_prob: probability that an element of the candidate is kept.
        dropout_prob_seed: seed of the dropout.
        reuse: whether the variables must exist.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Ba et al.,
    https://arxiv.org/abs/1607.06450; Semeniuta et al., https://arxiv.org/abs/1603.05118.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size: Any = None,
        activation: Any = tanh,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if input_size is not None:
            _log.warning("%s: The input_size parameter is deprecated.", self)
        self._num_units = num_units
        self._activation = activation
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    def _norm(self, x: Tensor, scope: str, dtype: Any) -> Any:
        if not self._layer_norm:
            return x
        return layer_normalized(x, self._norm_gain, self._norm_shift, scope, dtype=dtype)

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        c, h = state
        joined = concat([inputs, h], 1)
        dtype = joined.dtype
        size = 4 * self._num_units
        weights = get_variable("kernel", [joined.get_shape()[-1], size], dtype=dtype)
        gates = matmul(joined, weights)
        if not self._layer_norm:
            gates = bias_add(gates, get_variable("bias", [size], dtype=dtype))
        parts = split(value=gates, num_or_size_splits=4, axis=1)
        scopes = ("input", "transform", "forget", "output")
        i, j, f, o = (self._norm(x, s, dtype) for x, s in zip(parts, scopes, strict=True))
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = dropout(g, self._keep_prob, seed=self._seed)
        new_c = c * sigmoid(f + self._forget_bias) + sigmoid(i) * g
        new_c = self._norm(new_c, "state", dtype)
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


class LayerNormLSTMCell(LSTMState, RNNCell):
    """An LSTMCell with layer normalisation.

    Args:
        num_units: size of c.
        use_peepholes: whether there are diagonal terms.
        cell_clip: bound of |c|; none when None.
        initializer: initializer of the weights; the scope's when None.
        num_proj: size of the output; no projection when None.
        proj_clip: bound of the projected output; none when None.
        forget_bias: added to the forget gate.
        activation: tanh when None.
        layer_norm: whether gates and memory are normalised.
        norm_gain: initial gain.
        norm_shift: initial shift.
        reuse: whether the variables must exist.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Ba et al.,
    https://arxiv.org/abs/1607.06450.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1.0,
        activation: Any = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._forget_bias = forget_bias
        self._activation = activation or tanh
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    def _norm(self, x: Any, scope: str) -> Any:
        if not self._layer_norm:
            return x
        return layer_normalized(x, self._norm_gain, self._norm_shift, scope)

    def _gates(self, args: list[Any]) -> Any:
        """[args] . kernel + bias; with layer normalisation the bias exists but isn't added."""
        size = 4 * self._num_units
        if not self._layer_norm:
            return linear(args, size, True)
        dtype = args[0].dtype
        with variable_scope(get_variable_scope()) as outer:
            weights = get_variable(KERNEL, [total_depth(args), size], dtype=dtype)
            result = matmul(concat(args, 1), weights)
            bias_variable(outer, size, dtype)
        return result

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        c_before, m_before = state
        known_depth(inputs)
        with variable_scope(get_variable_scope(), initializer=self._initializer) as unit_scope:
            parts = split(value=self._gates([inputs, m_before]), num_or_size_splits=4, axis=1)
            scopes = ("input", "transform", "forget", "output")
            i, j, f, o = (self._norm(x, s) for x, s in zip(parts, scopes, strict=True))
            w_f = w_i = w_o = None
            if self._use_peepholes:
                with variable_scope(unit_scope):
                    w_f, w_i, w_o = peepholes(self._num_units, inputs.dtype)
            f = f + self._forget_bias
            c = next_memory(i, j, f, c_before, self._activation, w_i, w_f)
            c = self._norm(c, "state")
            c = clipped(c, self._cell_clip)
            m = next_output(o, c, self._activation, w_o)
            if self._num_proj is not None:
                with variable_scope("projection"):
                    m = linear(m, self._num_proj, False)
                m = clipped(m, self._proj_clip)
        return m, LSTMStateTuple(c, m)


def peepholes(num_units: int, dtype: Any) -> tuple[Any, Any, Any]:
    """The diagonal weights of forget, input and output gate."""
    w_f, w_i, w_o = (
        get_variable(f"w_{gate}_diag", shape=[num_units], dtype=dtype) for gate in "fio"
    )
    return w_f, w_i, w_o


class WeightNormLSTMCell(LSTMState, RNNCell):
    """An LSTMCell whose kernel's columns are normalised and scaled, for inputs and state apart.

    Args:
        num_units: size of c.
        norm: whether weights are normalised.
        use_peepholes: whether there are diagonal terms.
        cell_clip: bound of |c|; none when None.
        initializer: initializer of the weights; the scope's when None.
        num_proj: size of the output; no projection when None.
        proj_clip: bound of the projected output; none when None.
        forget_bias: added to the forget gate.
        activation: tanh when None.
        reuse: whether the variables must exist.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Salimans and Kingma,
    https://arxiv.org/abs/1602.07868.
    """

    def __init__(
        self,
        num_units: int,
        norm: bool = True,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1,
        activation: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        # A name in place of the scope that the first call would make; see TensorFlow's.
        self._scope = "wn_lstm_cell"  # type: ignore[assignment]
        self._num_units = num_units
        self._norm = norm
        self._initializer = initializer
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._activation = activation or tanh
        self._forget_bias = forget_bias

    def _linear(self, args: Any, size: int, bias: bool) -> Any:
        tensors = as_list(args)
        depth = total_depth(tensors)
        dtype = tensors[0].dtype
        with variable_scope(get_variable_scope()) as outer:
            weights: Any = get_variable(KERNEL, [depth, size], dtype=dtype)
            if self._norm:
                weights = _normalized(weights, [int(x.get_shape()[1]) for x in tensors])
            joined = tensors[0] if len(tensors) == 1 else concat(tensors, 1)
            result = matmul(joined, weights)
            if not bias:
                return result
            return bias_add(result, bias_variable(outer, size, dtype))

    def call(self, inputs: Tensor, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        c, h = state
        known_depth(inputs)
        with variable_scope(self._scope, initializer=self._initializer):
            gates = self._linear([inputs, h], 4 * self._num_units, bias=True)
            i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
            w_o = None
            if self._use_peepholes:
                w_f, w_i, w_o = peepholes(self._num_units, inputs.dtype)
                kept = c * sigmoid(f + self._forget_bias + w_f * c)
                c = kept + sigmoid(i + w_i * c) * self._activation(j)
            else:
                kept = c * sigmoid(f + self._forget_bias)
                c = kept + sigmoid(i) * self._activation(j)
            c = clipped(c, self._cell_clip)
            h = next_output(o, c, self._activation, w_o)
            if self._num_proj is not None:
                with variable_scope("projection"):
                    h = self._linear(h, self._num_proj, bias=False)
                h = clipped(h, self._proj_clip)
            return h, LSTMStateTuple(c, h)


def _normalized(weights: Any, depths: list[int]) -> Any:
    """The kernel with each column of each part of length 1, times a variable factor."""
    parts = []
    start = 0
    with control_dependencies(None):
        for i, depth in enumerate(depths):
            part = weights[start : start + depth, :]
            size = part.get_shape().as_list()[1]
            factor = get_variable(f"norm_{i}", [size], dtype=part.dtype)
            parts.append(l2_normalize(part, axis=0) * factor)
            start += depth
        return concat(parts, axis=0)
