"""Decoders, and `dynamic_decode`, which runs one in a loop until all sequences are finished.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/decoder.py.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.layers.rnn_cell import zero_state_tensors
from evergraph.layers.rnn_step import cache_variables, transpose_batch_time
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.constants import constant, constant_value
from evergraph.ops.fills import fill, zeros_like
from evergraph.ops.math_comparison import logical_not, logical_or
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.select import where
from evergraph.ops.tensor_array import TensorArray
from evergraph.ops.while_loop import while_loop
from evergraph.variables.variable_scope import variable_scope


class Decoder(abc.ABC):
    """What `dynamic_decode` runs: it says how to begin, what a step does, and when to stop.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/decoder.py.
    """

    @property
    def batch_size(self) -> Any:
        """The number of sequences, an int or a scalar tensor."""
        raise NotImplementedError

    @property
    def output_size(self) -> Any:
        """The shape of a step's output, without the batch; a structure of these."""
        raise NotImplementedError

    @property
    def output_dtype(self) -> Any:
        """The dtypes of a step's output, in the structure of `output_size`."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """(finished, boolean `[batch]`; the first inputs; the first state)."""

    @abc.abstractmethod
    def step(
        self, time: Any, inputs: Any, state: Any, name: str | None = None
    ) -> tuple[Any, Any, Any, Any]:
        """(outputs, next state, next inputs, finished) of step `time`."""

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> tuple[Any, Any]:
        """(outputs, state) once the loop is over; by default these are left as they are."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Whether `finished` of a step is said of its own order of sequences, as beams have."""
        return False


def output_size_after(layer: Any, size: Any) -> Any:
    """The size of a cell's output once `layer` has been applied to it; `size` without a layer."""
    if layer is None:
        return size
    whole = nest.map_structure(lambda s: TensorShape([None]).concatenate(s), size)
    return nest.map_structure(lambda s: s[1:], layer.compute_output_shape(whole))


def dynamic_decode(
    decoder: Decoder,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
    **kwargs: Any,
) -> tuple[Any, Any, Any]:
    """Run a decoder until it says that all sequences are finished.

    Args:
        decoder: a Decoder.
        output_time_major: give outputs `[time, batch, ...]`, not `[batch, time, ...]`.
        impute_finished: outputs of finished sequences are zeros, and their states stay.
        maximum_iterations: int32 scalar, the most steps; unbounded when None.
        parallel_iterations: accepted for TensorFlow's sake.
        swap_memory: accepted for TensorFlow's sake.
        scope: variable scope or its name; "decoder" when None.
        **kwargs: accepted for TensorFlow's sake.

    Returns:
        (outputs, last state, lengths of the sequences, int32 `[batch]`).

    Raises:
        TypeError: `decoder` is no Decoder.
        ValueError: `maximum_iterations` is no scalar.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/decoder.py.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    with variable_scope(scope, "decoder") as opened:
        cache_variables(opened)
        if maximum_iterations is not None:
            maximum_iterations = convert_to_tensor(
                maximum_iterations, dtype=dtypes.int32, name="maximum_iterations"
            )
            if maximum_iterations.get_shape().ndims != 0:
                raise ValueError("maximum_iterations must be a scalar")
        finished, inputs, state = decoder.initialize()
        zero_outputs = nest.map_structure(
            lambda size, dtype: zero_state_tensors(size, decoder.batch_size, dtype),
            decoder.output_size,
            decoder.output_dtype,
        )
        if maximum_iterations is not None:
            finished = logical_or(finished, maximum_iterations <= 0)
        lengths = zeros_like(finished, dtype=dtypes.int32)
        time = constant(0, dtype=dtypes.int32)

        def new_array(size: Any, dtype: Any) -> TensorArray:
            return TensorArray(
                dtype=dtype,
                size=0,
                dynamic_size=True,
                element_shape=_element_shape(decoder.batch_size, size),
            )

        arrays = nest.map_structure(new_array, decoder.output_size, decoder.output_dtype)
        found = while_loop(
            lambda time, arrays, state, inputs, finished, lengths: logical_not(
                reduce_all(finished)
            ),
            _body(decoder, impute_finished, zero_outputs),
            loop_vars=(time, arrays, state, inputs, finished, lengths),
            parallel_iterations=parallel_iterations,
            maximum_iterations=maximum_iterations,
            swap_memory=swap_memory,
        )
        _, arrays, state, _, _, lengths = found
        outputs = nest.map_structure(lambda array: array.stack(), arrays)
        with contextlib.suppress(NotImplementedError):
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
    return outputs, state, lengths


def _element_shape(batch_size: Any, size: Any) -> TensorShape | None:
    """The shape of a step's output `[batch, *size]`; None for a size that is no shape or rank 0."""
    if not isinstance(size, TensorShape) or size.ndims == 0:
        return None
    known = constant_value(convert_to_tensor(batch_size, name="batch_size"))
    return TensorShape([known]).concatenate(size)


def _body(
    decoder: Decoder, impute_finished: bool, zero_outputs: Any
) -> Callable[..., tuple[Any, ...]]:
    """The body of the loop."""

    def body(
        time: Any, arrays: Any, state: Any, inputs: Any, finished: Tensor, lengths: Any
    ) -> tuple[Any, ...]:
        outputs, next_state, next_inputs, decoder_finished = decoder.step(time, inputs, state)
        if decoder.tracks_own_finished:
            next_finished = decoder_finished
        else:
            next_finished = logical_or(decoder_finished, finished)
        next_lengths = where(logical_not(finished), fill(shape_of(lengths), time + 1), lengths)
        nest.assert_same_structure(state, next_state)
        nest.assert_same_structure(arrays, outputs)
        nest.assert_same_structure(inputs, next_inputs)
        emit = outputs
        if impute_finished:
            emit = nest.map_structure(
                lambda out, zero: where(finished, zero, out), outputs, zero_outputs
            )
            next_state = nest.map_structure(
                lambda new, old: _unless_finished(finished, new, old), next_state, state
            )
        arrays = nest.map_structure(lambda array, out: array.write(time, out), arrays, emit)
        return time + 1, arrays, next_state, next_inputs, next_finished, next_lengths

    return body


def _unless_finished(finished: Tensor, new: Any, old: Any) -> Any:
    if isinstance(old, TensorArray):
        return new
    new.set_shape(old.shape)
    return new if new.shape.ndims == 0 else where(finished, old, new)
