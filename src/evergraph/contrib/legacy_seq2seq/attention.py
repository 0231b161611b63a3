"""Decoders that attend to the states of an encoder, unrolled over a list of inputs.

Reference: TensorFlow 1.15, tensorflow/contrib/legacy_seq2seq/python/ops/seq2seq.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.contrib.legacy_seq2seq.decoders import (
    LoopFunction,
    check_biases,
    embedding_of_best,
)
from evergraph.contrib.rnn.linear import Linear
from evergraph.core import dtypes, nest
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.conv import conv2d
from evergraph.ops.embedding import embedding_lookup
from evergraph.ops.fills import zeros
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.softmax import softmax
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope


class _Attention:
    """Heads that each read a weighted mean of the encoder's states."""

    def __init__(self, attention_states: Any, heads: int, dtype: Any) -> None:
        _, length, size = attention_states.get_shape().as_list()
        self.length = shape_of(attention_states)[1] if length is None else length
        self.size, self.dtype = size, dtype
        self.hidden: Any = reshape(attention_states, [-1, self.length, 1, size])
        self.features: list[Any] = []
        self.v: list[Any] = []
        for head in range(heads):
            kernel = get_variable(f"AttnW_{head}", [1, 1, size, size], dtype=dtype)
            self.features.append(conv2d(self.hidden, kernel, [1, 1, 1, 1], "SAME"))
            self.v.append(get_variable(f"AttnV_{head}", [size], dtype=dtype))

    def read(self, query: Any) -> list[Any]:
        """What each head reads for a query, the state of a cell."""
        if nest.is_sequence(query):
            parts = nest.flatten(query)
            for part in parts:
                rank = part.get_shape().ndims
                assert not rank or rank == 2, "a state must have rank 2"
            query = concat(parts, 1)
        return [self._read(head, query) for head in range(len(self.v))]

    def _read(self, head: int, query: Any) -> Any:
        with variable_scope(f"Attention_{head}"):
            y: Any = Linear(query, self.size, True)(query)
            y = cast(reshape(y, [-1, 1, 1, self.size]), self.dtype)
            scores = reduce_sum(self.v[head] * tanh(self.features[head] + y), [2, 3])
            share: Any = softmax(cast(scores, dtype=dtypes.float32))
            share = cast(share, self.dtype)
            found = reduce_sum(reshape(share, [-1, self.length, 1, 1]) * self.hidden, [1, 2])
            return reshape(found, [-1, self.size])


def attention_decoder(
    decoder_inputs: Any,
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: LoopFunction | None = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """Run a cell over a list of inputs, reading the encoder's states at each step.

    Args:
        decoder_inputs: list of inputs `[batch, size]`, one a step.
        initial_state: state of the cell before the first.
        attention_states: `[batch, length, size]`.
        cell: an RNNCell.
        output_size: size of an output; that of the cell when None.
        num_heads: how many times the states are read at each step.
        loop_function: `f(output of the step before, step)` -> input, for all steps but the first.
        dtype: dtype of the variables; the scope's when None.
        scope: variable scope or its name; "attention_decoder" when None.
        initial_state_attention: read before the first step, too, not zeros.

    Returns:
        (outputs `[batch, output_size]`, last state).

    Raises:
        ValueError: no inputs, no heads, or a size that isn't known.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    if attention_states.get_shape()[2].value is None:
        raise ValueError(
            f"Shape[2] of attention_states must be known: {attention_states.get_shape()}"
        )
    if output_size is None:
        output_size = cell.output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as opened:
        dtype = opened.dtype
        sizes: Any = shape_of(decoder_inputs[0])
        batch_size = sizes[0]
        attention = _Attention(attention_states, num_heads, dtype)
        state = initial_state
        outputs: list[Any] = []
        batch_and_size = stack([batch_size, attention.size])
        reads: list[Any] = [zeros(batch_and_size, dtype=dtype) for _ in range(num_heads)]
        for read in reads:
            read.set_shape([None, attention.size])
        if initial_state_attention:
            reads = attention.read(initial_state)
        for i, given in enumerate(decoder_inputs):
            if i > 0:
                get_variable_scope().reuse_variables()
            if loop_function is not None and outputs:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(outputs[-1], i)
            input_size = given.get_shape().with_rank(2)[1]
            if input_size.value is None:
                raise ValueError(f"Could not infer input size from input: {given.name}")
            parts = [cast(part, dtype) for part in [given, *reads]]
            cell_output, state = cell(Linear(parts, input_size, True)(parts), state)
            if i == 0 and initial_state_attention:
                with variable_scope(get_variable_scope(), reuse=True):
                    reads = attention.read(state)
            else:
                reads = attention.read(state)
            with variable_scope("AttnOutputProjection"):
                parts = [cast(cell_output, dtype), *reads]
                outputs.append(Linear(parts, output_size, True)(parts))
    return outputs, state


def embedding_attention_decoder(
    decoder_inputs: Any,
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`attention_decoder` over the embeddings of symbols.

    Args:
        decoder_inputs: list of integers `[batch]`, one a step.
        initial_state: state of the cell before the first.
        attention_states: `[batch, length, size]`.
        cell: an RNNCell.
        num_symbols: how many symbols there are.
        embedding_size: size of a symbol's embedding.
        num_heads: how many times the states are read at each step.
        output_size: size of an output; that of the cell when None.
        output_projection: (W, B) from an output to symbols, used when the output is fed back.
        feed_previous: take only the first input, then the best symbol of each output.
        update_embedding_for_previous: whether gradients flow into an embedding fed back.
        dtype: dtype of the variables; the scope's when None.
        scope: variable scope or its name; "embedding_attention_decoder" when None.
        initial_state_attention: read before the first step, too, not zeros.

    Returns:
        (outputs `[batch, output_size]`, last state).

    Raises:
        ValueError: the projection's shape doesn't fit.
    """
    if output_size is None:
        output_size = cell.output_size
    if output_projection is not None:
        check_biases(output_projection, num_symbols, dtype)
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = None
        if feed_previous:
            loop_function = embedding_of_best(
                embedding, output_projection, update_embedding_for_previous
            )
        embedded = [embedding_lookup(embedding, symbols) for symbols in decoder_inputs]
        return attention_decoder(
            embedded,
            initial_state,
            attention_states,
            cell,
            output_size=output_size,
            num_heads=num_heads,
            loop_function=loop_function,
            initial_state_attention=initial_state_attention,
        )
