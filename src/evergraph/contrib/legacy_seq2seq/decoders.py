"""Decoders unrolled over a list of inputs: plain, and with an embedding of symbols.

Reference: TensorFlow 1.15, tensorflow/contrib/legacy_seq2seq/python/ops/seq2seq.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from evergraph.core import nest
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.ops.cond import cond
from evergraph.ops.embedding import embedding_lookup
from evergraph.ops.identity import stop_gradient
from evergraph.ops.math_arg import argmax
from evergraph.ops.nn_basic import xw_plus_b
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope

LoopFunction = Callable[[Any, int], Any]


def embedding_of_best(
    embedding: Any, output_projection: Any = None, update_embedding: bool = True
) -> LoopFunction:
    """A loop function: the embedding of the symbol that scored best in the step before.

    Args:
        embedding: `[symbols, size]`.
        output_projection: (W, B) that the output goes through first, or None.
        update_embedding: whether gradients flow into the embedding here.
    """

    def loop_function(previous: Any, _: int) -> Tensor:
        if output_projection is not None:
            previous = xw_plus_b(previous, output_projection[0], output_projection[1])
        symbol = argmax(previous, 1)
        found: Tensor = embedding_lookup(embedding, symbol)
        return found if update_embedding else stop_gradient(found)

    return loop_function


def rnn_decoder(
    decoder_inputs: Iterable[Any],
    initial_state: Any,
    cell: Any,
    loop_function: LoopFunction | None = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run a cell over a list of inputs, or over what it said itself.

    Args:
        decoder_inputs: inputs `[batch, size]`, one a step.
        initial_state: state of the cell before the first.
        cell: an RNNCell.
        loop_function: `f(output of the step before, step)` -> input, for all steps but the first.
        scope: variable scope or its name; "rnn_decoder" when None.

    Returns:
        (outputs, last state).
    """
    with variable_scope(scope or "rnn_decoder"):
        state = initial_state
        outputs: list[Any] = []
        for i, given in enumerate(decoder_inputs):
            if loop_function is not None and outputs:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(outputs[-1], i)
            if i > 0:
                get_variable_scope().reuse_variables()
            output, state = cell(given, state)
            outputs.append(output)
    return outputs, state


def check_projection(output_projection: Any, num_symbols: int, dtype: Any) -> None:
    """Refuse a projection (W, B) whose shapes aren't [any, symbols] and [symbols].

    Raises:
        ValueError: a shape doesn't fit.
    """
    weights = convert_to_tensor(output_projection[0], dtype=dtype)
    weights.get_shape().assert_is_compatible_with([None, num_symbols])
    check_biases(output_projection, num_symbols, dtype)


def check_biases(output_projection: Any, num_symbols: int, dtype: Any) -> None:
    """Refuse a projection whose B isn't [symbols]."""
    biases = convert_to_tensor(output_projection[1], dtype=dtype)
    biases.get_shape().assert_is_compatible_with([num_symbols])


def embedding_rnn_decoder(
    decoder_inputs: Iterable[Any],
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`rnn_decoder` over the embeddings of symbols.

    Args:
        decoder_inputs: integers `[batch]`, one a step.
        initial_state: state of the cell before the first.
        cell: an RNNCell.
        num_symbols: how many symbols there are.
        embedding_size: size of a symbol's embedding.
        output_projection: (W, B) from an output to symbols, used when the output is fed back.
        feed_previous: take only the first input, then the best symbol of each output.
        update_embedding_for_previous: whether gradients flow into an embedding fed back.
        scope: variable scope or its name; "embedding_rnn_decoder" when None.

    Returns:
        (outputs, last state).

    Raises:
        ValueError: the projection's shapes don't fit.
    """
    with variable_scope(scope or "embedding_rnn_decoder") as opened:
        if output_projection is not None:
            check_projection(output_projection, num_symbols, opened.dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = None
        if feed_previous:
            loop_function = embedding_of_best(
                embedding, output_projection, update_embedding_for_previous
            )
        # Looked up one by one, each within the decoder's scope.
        embedded = (embedding_lookup(embedding, symbols) for symbols in decoder_inputs)
        return rnn_decoder(embedded, initial_state, cell, loop_function=loop_function)


def decode_either_way(
    feed_previous: Any, decode: Callable[[bool], tuple[list[Any], Any]], count: int, like: Any
) -> tuple[list[Any], Any]:
    """A decoder for a `feed_previous` that is only known while running: a `cond` of both ways.

    Args:
        feed_previous: boolean scalar tensor.
        decode: `f(feed_previous)` -> (outputs, state).
        count: how many outputs there are.
        like: the structure of the state; called when it is a function.
    """

    def branch(is_fed: bool) -> list[Any]:
        with variable_scope(get_variable_scope(), reuse=None if is_fed else True):
            outputs, state = decode(is_fed)
            return outputs + (nest.flatten(state) if nest.is_sequence(state) else [state])

    found = cond(feed_previous, lambda: branch(True), lambda: branch(False))
    structure = like() if callable(like) else like
    state = found[count]
    if nest.is_sequence(structure):
        state = nest.pack_sequence_as(structure, found[count:])
    return found[:count], state
