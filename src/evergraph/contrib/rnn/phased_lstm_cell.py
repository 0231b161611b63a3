"""PhasedLSTMCell: an LSTM whose units are open in turns.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.contrib.rnn.linear import Linear
from evergraph.core import dtypes
from evergraph.graph.operation import Tensor
from evergraph.layers.lstm_cells import LSTMState, LSTMStateTuple
from evergraph.layers.rnn_cell import RNNCell
from evergraph.ops.array_concat import split
from evergraph.ops.cast import cast
from evergraph.ops.identity import stop_gradient
from evergraph.ops.math_division import floormod
from evergraph.ops.math_functions import exp, log
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.random import random_uniform
from evergraph.ops.select import where
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Constant, RandomUniform
from evergraph.variables.variable_scope import get_variable, variable_scope


class PhasedLSTMCell(LSTMState, RNNCell):
    """An LSTM whose units are updated only in a part of their period; inputs are (time, x).

    Args:
        num_units: size of c, h and the output.
        use_peepholes: whether the gates see c.
        leak: how much of an update comes through a closed unit.
        ratio_on: initial part of the period in which a unit is open.
        trainable_ratio_on: whether that is trained.
        period_init_min: least initial period.
        period_init_max: greatest initial period.
        reuse: whether the variables must exist.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Neil et al.,
    https://arxiv.org/abs/1610.09513.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        leak: float = 0.001,
        ratio_on: float = 0.1,
        trainable_ratio_on: bool = True,
        period_init_min: float = 1.0,
        period_init_max: float = 1000.0,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse, autocast=False)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._leak = leak
        self._ratio_on = ratio_on
        self._trainable_ratio_on = trainable_ratio_on
        self._period_init_min = period_init_min
        self._period_init_max = period_init_max
        self._maps: dict[str, Linear] = {}

    def _map(self, scope: str, args: list[Any], size: int) -> Tensor:
        if scope not in self._maps:
            self._maps[scope] = Linear(args, size, True)
        return self._maps[scope](args)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step.

        Args:
            inputs: time [batch, 1], and x [batch, depth].
            state: LSTMStateTuple.
        """
        c, h = state
        time, x = inputs
        units = self._num_units
        with variable_scope("mask_gates"):
            args = [x, h, c] if self._use_peepholes else [x, h]
            gates = sigmoid(self._map("mask_gates", args, 2 * units))
            input_gate, forget_gate = split(axis=1, num_or_size_splits=2, value=gates)
        with variable_scope("new_input"):
            new_input = tanh(self._map("new_input", [x, h], units))
        new_c = c * forget_gate + input_gate * new_input
        with variable_scope("output_gate"):
            args = [x, h, new_c] if self._use_peepholes else [x, h]
            output_gate = sigmoid(self._map("output_gate", args, units))
        new_h = tanh(new_c) * output_gate
        k = self._openness(time)
        new_c = k * new_c + (1 - k) * c
        new_h = k * new_h + (1 - k) * h
        return new_h, LSTMStateTuple(new_c, new_h)

    def _openness(self, time: Any) -> Any:
        """How far each unit is open: up, then down, then nearly closed."""
        units = [self._num_units]
        period = get_variable(
            "period",
            units,
            initializer=_log_uniform(self._period_init_min, self._period_init_max),
        )
        phase = get_variable("phase", units, initializer=RandomUniform(0.0, period.initial_value))
        ratio_on = get_variable(
            "ratio_on",
            units,
            initializer=Constant(self._ratio_on),
            trainable=self._trainable_ratio_on,
        )
        phase_of_time = cast(phase, dtype=time.dtype)
        period_of_time = cast(period, dtype=time.dtype)
        shifted = time - phase_of_time
        # The remainder, with the derivative of `shifted` itself.
        remainder = stop_gradient(floormod(shifted, period_of_time) - shifted) + shifted
        ratio: Any = cast(remainder / period_of_time, dtype=dtypes.float32)
        up = 2 * ratio / ratio_on
        down = 2 - up
        closed = self._leak * ratio
        k: Any = where(ratio < ratio_on, down, closed)
        return where(ratio < 0.5 * ratio_on, up, k)


def _log_uniform(least: float, greatest: float) -> Any:
    """An initializer whose values have a uniform logarithm."""

    def initializer(shape: Any, dtype: Any = dtypes.float32, partition_info: Any = None) -> Tensor:
        return exp(random_uniform(shape, log(least), log(greatest), dtype))

    return initializer
