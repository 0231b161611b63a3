"""Fused cells: whole sequences at once, [time, batch, depth] in and out.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/fused_rnn_cell.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from evergraph.layers.rnn_dynamic import dynamic_rnn
from evergraph.layers.rnn_static import static_rnn
from evergraph.ops.array_join import stack, unstack
from evergraph.ops.array_layout import reverse, reverse_sequence


class FusedRNNCell(ABC):
    """A function of a whole sequence: inputs and initial state -> outputs and last state."""

    @abstractmethod
    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Run over a sequence.

        Args:
            inputs: [time, batch, depth], or a list of `time` tensors [batch, depth].
            initial_state: the state before the first step; zeros when None.
            dtype: dtype of the initial state where it isn't given.
            sequence_length: [batch], number of steps of each row; all when None.
            scope: variable scope or its name.

        Returns:
            Outputs as the inputs are given, and the last state.
        """


class FusedRNNCellAdaptor(FusedRNNCell):
    """Runs an RNNCell as a fused cell.

    Args:
        cell: an RNNCell.
        use_dynamic_rnn: whether it runs in a loop; else unrolled.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/fused_rnn_cell.py.
    """

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Run over a sequence; see `FusedRNNCell`."""
        is_list = isinstance(inputs, list)
        options = {
            "sequence_length": sequence_length,
            "initial_state": initial_state,
            "dtype": dtype,
            "scope": scope,
        }
        if self._use_dynamic_rnn:
            whole = stack(inputs) if is_list else inputs
            outputs, state = dynamic_rnn(self._cell, whole, time_major=True, **options)
            return unstack(outputs) if is_list else outputs, state
        steps = inputs if is_list else unstack(inputs)
        outputs, state = static_rnn(self._cell, steps, **options)
        return outputs if is_list else stack(outputs), state


class TimeReversedFusedRNN(FusedRNNCell):
    """Runs a fused cell over the reversed sequence, and gives the outputs in the inputs' order.

    Args:
        cell: a fused cell.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/fused_rnn_cell.py.
    """

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Run over a sequence; see `FusedRNNCell`."""
        outputs, state = self._cell(
            _reversed(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return _reversed(outputs, sequence_length), state


def _reversed(steps: Any, lengths: Any) -> Any:
    if isinstance(steps, list):
        return list(reversed(steps))
    if lengths is None:
        return reverse(steps, [0])
    return reverse_sequence(steps, lengths, 0, 1)
