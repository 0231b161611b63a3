"""BasicDecoder: a cell whose next inputs a helper chooses.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/basic_decoder.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from evergraph.contrib.seq2seq.decoder import Decoder, output_size_after
from evergraph.contrib.seq2seq.helper import Helper
from evergraph.core import nest
from evergraph.graph.scopes import name_scope
from evergraph.layers.base import Layer
from evergraph.layers.rnn_cell import assert_like_rnncell


class BasicDecoderOutput(namedtuple("BasicDecoderOutput", ("rnn_output", "sample_id"))):
    """What a step gives: the cell's output, and what was sampled from it."""

    __slots__ = ()


class BasicDecoder(Decoder):
    """A cell whose next inputs a helper chooses by its outputs.

    Args:
        cell: an RNNCell.
        helper: a Helper.
        initial_state: the cell's state before the first step.
        output_layer: a Layer that the cell's output goes through, or None.

    Raises:
        TypeError: an argument is of another class.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/basic_decoder.py.
    """

    def __init__(
        self, cell: Any, helper: Helper, initial_state: Any, output_layer: Any = None
    ) -> None:
        assert_like_rnncell("cell", cell)
        if not isinstance(helper, Helper):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        if output_layer is not None and not isinstance(output_layer, Layer):
            raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self) -> Any:
        """That of the helper."""
        return self._helper.batch_size

    def _rnn_output_size(self) -> Any:
        return output_size_after(self._output_layer, self._cell.output_size)

    @property
    def output_size(self) -> BasicDecoderOutput:
        """Sizes of the cell's output and of a sample."""
        return BasicDecoderOutput(self._rnn_output_size(), self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> BasicDecoderOutput:
        """The state's dtype, and that of a sample."""
        dtype = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(
            nest.map_structure(lambda _: dtype, self._rnn_output_size()),
            self._helper.sample_ids_dtype,
        )

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """What the helper begins with, and the initial state."""
        finished, inputs = self._helper.initialize()
        return finished, inputs, self._initial_state

    def step(
        self, time: Any, inputs: Any, state: Any, name: str | None = None
    ) -> tuple[Any, Any, Any, Any]:
        """Run the cell, sample, and let the helper choose what comes next."""
        with name_scope(name, "BasicDecoderStep", (time, inputs, state)):
            outputs, cell_state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            sample_ids = self._helper.sample(time=time, outputs=outputs, state=cell_state)
            finished, next_inputs, next_state = self._helper.next_inputs(
                time=time, outputs=outputs, state=cell_state, sample_ids=sample_ids
            )
        return BasicDecoderOutput(outputs, sample_ids), next_state, next_inputs, finished
