"""BeamSearchDecoder: the best sequences of symbols, several followed at a time.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from evergraph.contrib.seq2seq.beam_arrays import (
    assert_may_be_split,
    gather_tree_from_array,
    may_be_split,
)
from evergraph.contrib.seq2seq.beam_arrays import tile_batch as tile_batch
from evergraph.contrib.seq2seq.beam_search_step import (
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    beam_search_step,
    check_ndims,
    get_attention_probs,
)
from evergraph.contrib.seq2seq.decoder import Decoder, output_size_after
from evergraph.contrib.seq2seq.helper import embedding_function
from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.layers.base_layer import BaseLayer
from evergraph.layers.rnn_cell import assert_like_rnncell
from evergraph.ops.array_concat import concat
from evergraph.ops.array_layout import tile
from evergraph.ops.array_shape import expand_dims, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_shape import size as size_of
from evergraph.ops.cast import cast
from evergraph.ops.cond import cond
from evergraph.ops.constants import constant_value
from evergraph.ops.fills import zeros
from evergraph.ops.gather_tree import gather_tree
from evergraph.ops.math_reduction import reduce_max
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.sequences import one_hot
from evergraph.ops.tensor_array import TensorArray
from evergraph.platform import logging


class FinalBeamSearchDecoderOutput(
    namedtuple("FinalBeamDecoderOutput", ["predicted_ids", "beam_search_decoder_output"])
):
    """Whole sequences `[time, batch, beams]`, and what the steps gave."""

    __slots__ = ()


class BeamSearchDecoder(Decoder):
    """Follows the `beam_width` best sequences of each item at a time.

    Memory and states must have been tiled by `tile_batch`.

    Args:
        cell: an RNNCell.
        embedding: `f(ids)` -> inputs, or the parameters of `tf.nn.embedding_lookup`.
        start_tokens: int32 `[batch]`, the first symbols.
        end_token: int32 scalar, the symbol that ends a sequence.
        initial_state: the cell's state before the first step, `[batch * beam_width, ...]`.
        beam_width: how many sequences are followed.
        output_layer: a Layer that the cell's output goes through, or None.
        length_penalty_weight: how much longer sequences are favoured; 0 for not at all.
        coverage_penalty_weight: how much unread inputs count against a sequence.
        reorder_tensor_arrays: whether TensorArrays in the state (alignment histories) are brought
            into the order of the final beams.

    Raises:
        TypeError: an argument is of another class.
        ValueError: `start_tokens` is no vector, or `end_token` no scalar.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py.
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: Any = 0.0,
        coverage_penalty_weight: Any = 0.0,
        reorder_tensor_arrays: bool = True,
    ) -> None:
        assert_like_rnncell("cell", cell)
        if output_layer is not None and not isinstance(output_layer, BaseLayer):
            raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")
        self._cell = cell
        self._output_layer = output_layer
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._beam_width = beam_width
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._embedding_fn = embedding_function(embedding)
        self._start_tokens = convert_to_tensor(
            start_tokens, dtype=dtypes.int32, name="start_tokens"
        )
        if self._start_tokens.get_shape().ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._end_token = convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._end_token.get_shape().ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._batch_size: Any = size_of(start_tokens)
        self._initial_cell_state = nest.map_structure(
            self._maybe_split_batch_beams, initial_state, self._cell.state_size
        )
        self._start_tokens = tile(expand_dims(self._start_tokens, 1), [1, self._beam_width])
        self._start_inputs = self._embedding_fn(self._start_tokens)
        self._finished = one_hot(
            zeros([self._batch_size], dtype=dtypes.int32),
            depth=self._beam_width,
            on_value=False,
            off_value=True,
            dtype=dtypes.bool,
        )

    @property
    def batch_size(self) -> Any:
        """The number of items, each with `beam_width` sequences."""
        return self._batch_size

    def _rnn_output_size(self) -> Any:
        return output_size_after(self._output_layer, self._cell.output_size)

    @property
    def tracks_own_finished(self) -> bool:
        """True: beams change places."""
        return True

    @property
    def output_size(self) -> BeamSearchDecoderOutput:
        """`[beam_width]` each."""
        return BeamSearchDecoderOutput(*(TensorShape([self._beam_width]) for _ in range(3)))

    @property
    def output_dtype(self) -> BeamSearchDecoderOutput:
        """The state's dtype for scores, int32 for numbers."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        scores = nest.map_structure(lambda _: dtype, self._rnn_output_size())
        return BeamSearchDecoderOutput(scores, dtypes.int32, dtypes.int32)

    def initialize(self, name: str | None = None) -> tuple[Any, Any, BeamSearchDecoderState]:
        """All beams but the first have no probability, so that the first step fills them."""
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        log_probs = one_hot(
            zeros([self._batch_size], dtype=dtypes.int32),
            depth=self._beam_width,
            on_value=convert_to_tensor(0.0, dtype=dtype),
            off_value=convert_to_tensor(-np.inf, dtype=dtype),
            dtype=dtype,
        )
        attention = get_attention_probs(self._initial_cell_state, self._coverage_penalty_weight)
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=log_probs,
            finished=self._finished,
            lengths=zeros([self._batch_size, self._beam_width], dtype=dtypes.int64),
            accumulated_attention_probs=() if attention is None else attention,
        )
        return self._finished, self._start_inputs, state

    def step(
        self, time: Any, inputs: Any, state: Any, name: str | None = None
    ) -> tuple[Any, Any, Any, Any]:
        """Run the cell on all beams, and choose the best continuations."""
        with name_scope(name, "BeamSearchDecoderStep", (time, inputs, state)):
            inputs = nest.map_structure(lambda x: self._merge_batch_beams(x, s=x.shape[2:]), inputs)
            cell_state = nest.map_structure(
                self._maybe_merge_batch_beams, state.cell_state, self._cell.state_size
            )
            outputs, next_cell_state = self._cell(inputs, cell_state)
            outputs = nest.map_structure(lambda x: self._split_batch_beams(x, x.shape[1:]), outputs)
            next_cell_state = nest.map_structure(
                self._maybe_split_batch_beams, next_cell_state, self._cell.state_size
            )
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            found, next_state = beam_search_step(
                time=time,
                logits=outputs,
                next_cell_state=next_cell_state,
                beam_state=state,
                batch_size=self._batch_size,
                beam_width=self._beam_width,
                end_token=self._end_token,
                length_penalty_weight=self._length_penalty_weight,
                coverage_penalty_weight=self._coverage_penalty_weight,
            )
            finished = next_state.finished
            next_inputs = cond(
                reduce_all(finished),
                lambda: self._start_inputs,
                lambda: self._embedding_fn(found.predicted_ids),
            )
        return found, next_state, next_inputs, finished

    def finalize(
        self, outputs: Any, final_state: Any, sequence_lengths: Any
    ) -> tuple[FinalBeamSearchDecoderOutput, BeamSearchDecoderState]:
        """Read whole sequences back from the steps."""
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        predicted_ids = gather_tree(
            outputs.predicted_ids,
            outputs.parent_ids,
            max_sequence_lengths=longest,
            end_token=self._end_token,
        )
        if self._reorder_tensor_arrays:
            cell_state = nest.map_structure(
                lambda t: self._maybe_sort_array_beams(t, outputs.parent_ids, final_state.lengths),
                final_state.cell_state,
            )
            final_state = final_state._replace(cell_state=cell_state)
        return FinalBeamSearchDecoderOutput(predicted_ids, outputs), final_state

    # Between [batch, beams, ...], which the search works on, and [batch * beams, ...], the cell's.

    def _merge_batch_beams(self, t: Any, s: Any = None) -> Tensor:
        s = as_shape(constant_value(s)) if isinstance(s, Tensor) else TensorShape(s)
        sizes: Any = shape_of(t)
        batch_size = constant_value(self._batch_size)
        known = None if batch_size is None else batch_size * self._beam_width
        merged = reshape(t, concat(([self._batch_size * self._beam_width], sizes[2:]), 0))
        merged.set_shape(TensorShape([known]).concatenate(s))
        return merged

    def _split_batch_beams(self, t: Any, s: Any = None) -> Tensor:
        s = TensorShape(constant_value(s)) if isinstance(s, Tensor) else TensorShape(s)
        sizes: Any = shape_of(t)
        parts = reshape(t, concat(([self._batch_size, self._beam_width], sizes[1:]), 0))
        known = TensorShape([constant_value(self._batch_size), self._beam_width]).concatenate(s)
        if not parts.shape.is_compatible_with(known):
            raise ValueError(
                "Unexpected behavior when reshaping between beam width and batch size.  The "
                f"reshaped tensor has shape: {parts.shape}.  We expected it to have shape "
                f"(batch_size, beam_width, depth) == {known}.  Perhaps you forgot to create a "
                "zero_state with batch_size=encoder_batch_size * beam_width?"
            )
        parts.set_shape(known)
        return parts

    def _maybe_split_batch_beams(self, t: Any, s: Any) -> Any:
        if isinstance(t, TensorArray):
            return t
        check_ndims(t)
        return self._split_batch_beams(t, s) if t.shape.ndims >= 1 else t

    def _maybe_merge_batch_beams(self, t: Any, s: Any) -> Any:
        if isinstance(t, TensorArray):
            return t
        check_ndims(t)
        return self._merge_batch_beams(t, s) if t.shape.ndims >= 2 else t

    def _maybe_sort_array_beams(self, t: Any, parent_ids: Any, sequence_length: Any) -> Any:
        if not isinstance(t, TensorArray):
            return t
        if t.element_shape.ndims is None or t.element_shape.ndims < 1:
            logging.warn(
                "The TensorArray %s in the cell state is not amenable to sorting based on the beam "
                "search result. For a TensorArray to be sorted, its elements shape must be defined "
                "and have at least a rank of 1, but saw shape: %s",
                t.handle.name,
                t.element_shape,
            )
            return t
        batch_size = constant_value(self._batch_size)
        if not may_be_split(t.element_shape, batch_size, self._beam_width):
            return t
        rows = t.stack()
        check = assert_may_be_split(rows, self._batch_size, self._beam_width)
        with control_dependencies([check]):
            return gather_tree_from_array(rows, parent_ids, sequence_length)
