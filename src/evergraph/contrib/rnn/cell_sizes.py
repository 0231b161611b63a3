"""The two usual shapes of a cell's state: one vector, and an LSTM's pair."""

from __future__ import annotations

from typing import Any

from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.graph.operation import Tensor
from evergraph.layers.lstm_cells import LSTMStateTuple


class OneState:
    """State and output are of size `num_units`."""

    _num_units: int

    @property
    def state_size(self) -> int:
        """`num_units`."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """`num_units`."""
        return self._num_units


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


def known_depth(inputs: Tensor) -> int:
    """The size of a cell's inputs [batch, depth].

    Raises:
        ValueError: it isn't known.
    """
    depth = dimension_value(inputs.get_shape().with_rank(2)[1])
    if depth is None:
        raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
    return int(depth)


def second_size(input_shape: Any) -> int:
    """The size of a cell's inputs, from their shape.

    Raises:
        ValueError: it isn't known.
    """
    depth = dimension_value(TensorShape(input_shape)[1])
    if depth is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {input_shape}")
    return int(depth)
