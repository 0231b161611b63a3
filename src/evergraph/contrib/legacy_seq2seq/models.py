"""Models from sequence to sequence, unrolled over lists of inputs.

Reference: TensorFlow 1.15, tensorflow/contrib/legacy_seq2seq/python/ops/seq2seq.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from evergraph.contrib.legacy_seq2seq.attention import embedding_attention_decoder
from evergraph.contrib.legacy_seq2seq.decoders import (
    LoopFunction,
    check_projection,
    decode_either_way,
    embedding_of_best,
    embedding_rnn_decoder,
    rnn_decoder,
)
from evergraph.contrib.rnn.wrappers import EmbeddingWrapper, OutputProjectionWrapper
from evergraph.core import dtypes
from evergraph.era0.calling import bind_old, with_old_calls
from evergraph.layers.rnn_cell import RNNCell
from evergraph.layers.rnn_static import static_rnn
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.embedding import embedding_lookup
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope


def basic_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    dtype: Any = dtypes.float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """An encoder, and a decoder with another cell of its kind that starts with its last state.

    Args:
        encoder_inputs: list of inputs `[batch, size]`.
        decoder_inputs: list of inputs `[batch, size]`.
        cell: an RNNCell; the encoder has a copy.
        dtype: dtype of the state.
        scope: variable scope or its name; "basic_rnn_seq2seq" when None.

    Returns:
        (outputs of the decoder, its last state).
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    loop_function: LoopFunction | None = None,
    dtype: Any = dtypes.float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """An encoder and a decoder with one cell.

    Args:
        encoder_inputs: list of inputs `[batch, size]`.
        decoder_inputs: list of inputs `[batch, size]`.
        cell: an RNNCell.
        loop_function: `f(output of the step before, step)` -> input of the decoder.
        dtype: dtype of the state.
        scope: variable scope or its name; "tied_rnn_seq2seq" when None.

    Returns:
        (outputs of the decoder, its last state).
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=scope)


def _encoded(
    cell: Any, inputs: Any, symbols: int, embedding_size: int, dtype: Any
) -> tuple[Any, Any]:
    """Outputs and last state of an encoder of symbols."""
    encoder = EmbeddingWrapper(cell, embedding_classes=symbols, embedding_size=embedding_size)
    outputs, state = static_rnn(encoder, inputs, dtype=dtype)
    return outputs, state


def embedding_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`basic_rnn_seq2seq` over symbols.

    Args:
        encoder_inputs: list of integers `[batch]`.
        decoder_inputs: list of integers `[batch]`.
        cell: an RNNCell; the encoder has a copy.
        num_encoder_symbols: how many symbols the encoder knows.
        num_decoder_symbols: how many symbols the decoder knows.
        embedding_size: size of a symbol's embedding.
        output_projection: (W, B) that the caller will apply to the outputs; when None, a projection
            to `[batch, num_decoder_symbols]` belongs to the model.
        feed_previous: take only the decoder's first input, then the best symbol of each output;
            a bool, or a boolean scalar tensor.
        dtype: dtype of the state and of the variables; the scope's when None.
        scope: variable scope or its name; "embedding_rnn_seq2seq" when None.

    Returns:
        (outputs of the decoder, its last state).
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as opened:
        if dtype is not None:
            opened.set_dtype(dtype)
        else:
            dtype = opened.dtype
        _, encoder_state = _encoded(
            copy.deepcopy(cell), encoder_inputs, num_encoder_symbols, embedding_size, dtype
        )
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(is_fed: bool, update_embedding: bool) -> tuple[list[Any], Any]:
            return embedding_rnn_decoder(
                decoder_inputs,
                encoder_state,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection=output_projection,
                feed_previous=is_fed,
                update_embedding_for_previous=update_embedding,
            )

        return _decoded(feed_previous, decode, len(decoder_inputs), encoder_state)


def embedding_tied_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`tied_rnn_seq2seq` over symbols, with one embedding for both.

    Args:
        encoder_inputs: list of integers `[batch]`.
        decoder_inputs: list of integers `[batch]`.
        cell: an RNNCell.
        num_symbols: how many symbols there are.
        embedding_size: size of a symbol's embedding.
        num_decoder_symbols: how many of them the decoder gives; all when None.
        output_projection: (W, B) that the caller will apply to the outputs, or None.
        feed_previous: take only the decoder's first input, then the best symbol of each output;
            a bool, or a boolean scalar tensor.
        dtype: dtype of the state and of the variables; the scope's when None.
        scope: variable scope or its name; "embedding_tied_rnn_seq2seq" when None.

    Returns:
        (outputs of the decoder, its last state).

    Raises:
        ValueError: the projection's shapes don't fit.
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        if output_projection is not None:
            check_projection(output_projection, num_symbols, dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        embedded_in = [embedding_lookup(embedding, symbols) for symbols in encoder_inputs]
        embedded_out = [embedding_lookup(embedding, symbols) for symbols in decoder_inputs]
        if output_projection is None:
            size = num_symbols if num_decoder_symbols is None else num_decoder_symbols
            cell = OutputProjectionWrapper(cell, size)

        def decode(is_fed: bool, update_embedding: bool) -> tuple[list[Any], Any]:
            loop_function = None
            if is_fed:
                loop_function = embedding_of_best(embedding, output_projection, update_embedding)
            return tied_rnn_seq2seq(
                embedded_in, embedded_out, cell, loop_function=loop_function, dtype=dtype
            )

        def state_like() -> Any:
            batch_size = encoder_inputs[0].get_shape()[0]
            for given in encoder_inputs[1:]:
                batch_size.merge_with(given.get_shape()[0])
            size = batch_size.value
            if size is None:
                sizes: Any = shape_of(encoder_inputs[0])
                size = sizes[0]
            return cell.zero_state(size, dtype)

        return _decoded(feed_previous, decode, len(decoder_inputs), state_like)


def _decoded(
    feed_previous: Any,
    decode: Callable[[bool, bool], tuple[list[Any], Any]],
    steps: int,
    state_like: Any,
) -> tuple[list[Any], Any]:
    """`decode(feed_previous, whether gradients reach what it feeds)`.

    Only where `feed_previous` is known beforehand do they.
    """
    if isinstance(feed_previous, bool):
        return decode(feed_previous, True)
    return decode_either_way(feed_previous, lambda is_fed: decode(is_fed, False), steps, state_like)


def embedding_attention_seq2seq(
    encoder_inputs: Any,
    decoder_inputs: Any,
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`embedding_rnn_seq2seq` whose decoder attends to all outputs of the encoder.

    Args:
        encoder_inputs: list of integers `[batch]`.
        decoder_inputs: list of integers `[batch]`.
        cell: an RNNCell; the encoder has a copy.
        num_encoder_symbols: how many symbols the encoder knows.
        num_decoder_symbols: how many symbols the decoder knows.
        embedding_size: size of a symbol's embedding.
        num_heads: how many times the encoder's outputs are read at each step.
        output_projection: (W, B) that the caller will apply to the outputs, or None.
        feed_previous: take only the decoder's first input, then the best symbol of each output;
            a bool, or a boolean scalar tensor.
        dtype: dtype of the state and of the variables; the scope's when None.
        scope: variable scope or its name; "embedding_attention_seq2seq" when None.
        initial_state_attention: read before the first step, too, not zeros.

    Returns:
        (outputs of the decoder, its last state).
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        encoder_outputs, encoder_state = _encoded(
            copy.deepcopy(cell), encoder_inputs, num_encoder_symbols, embedding_size, dtype
        )
        rows = [reshape(output, [-1, 1, cell.output_size]) for output in encoder_outputs]
        attention_states = concat(rows, 1)
        output_size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decode(is_fed: bool, update_embedding: bool) -> tuple[list[Any], Any]:
            return embedding_attention_decoder(
                decoder_inputs,
                encoder_state,
                attention_states,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=output_size,
                output_projection=output_projection,
                feed_previous=is_fed,
                initial_state_attention=initial_state_attention,
                update_embedding_for_previous=update_embedding,
            )

        return _decoded(feed_previous, decode, len(decoder_inputs), encoder_state)


def _one_cell(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    # 0.x had one cell for the encoder and all decoders.
    given = bind_old(
        "encoder_inputs decoder_inputs_dict cell num_encoder_symbols num_decoder_symbols_dict "
        "embedding_size feed_previous dtype scope",
        args,
        kwargs,
    )
    if given is None or isinstance(given.get("num_encoder_symbols"), Mapping):
        return None
    cell = given.pop("cell")
    given["enc_cell"] = cell
    given["dec_cells_dict"] = dict.fromkeys(given["decoder_inputs_dict"], cell)
    return (), given


@with_old_calls(_one_cell)
def one2many_rnn_seq2seq(
    encoder_inputs: Any,
    decoder_inputs_dict: Mapping[Any, Any],
    enc_cell: Any,
    dec_cells_dict: Mapping[Any, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: Mapping[Any, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """One encoder, and several decoders of symbols.

    Args:
        encoder_inputs: list of integers `[batch]`.
        decoder_inputs_dict: name of a decoder -> list of integers `[batch]`.
        enc_cell: RNNCell of the encoder.
        dec_cells_dict: name of a decoder -> its RNNCell.
        num_encoder_symbols: how many symbols the encoder knows.
        num_decoder_symbols_dict: name of a decoder -> how many symbols it knows.
        embedding_size: size of a symbol's embedding.
        feed_previous: take only a decoder's first input, then the best symbol of each output;
            a bool, or a boolean scalar tensor.
        dtype: dtype of the state and of the variables; the scope's when None.
        scope: variable scope or its name; "one2many_rnn_seq2seq" when None.

    Returns:
        (name -> outputs, name -> last state).

    Raises:
        TypeError: a cell is no RNNCell.
        ValueError: the decoders' names differ.
    """
    if not isinstance(enc_cell, RNNCell):
        raise TypeError(f"enc_cell is not an RNNCell: {type(enc_cell)}")
    if set(dec_cells_dict) != set(decoder_inputs_dict):
        raise ValueError("keys of dec_cells_dict != keys of decodre_inputs_dict")
    for cell in dec_cells_dict.values():
        if not isinstance(cell, RNNCell):
            raise TypeError(f"dec_cell is not an RNNCell: {type(cell)}")
    outputs_dict, state_dict = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as opened:
        _, encoder_state = _encoded(
            enc_cell, encoder_inputs, num_encoder_symbols, embedding_size, opened.dtype
        )
        for name, decoder_inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with variable_scope("one2many_decoder_" + str(name)):
                decoder = OutputProjectionWrapper(dec_cells_dict[name], symbols)

                def decode(
                    is_fed: bool,
                    inputs: Any = decoder_inputs,
                    cell: Any = decoder,
                    n: int = symbols,
                ) -> tuple[list[Any], Any]:
                    return embedding_rnn_decoder(
                        inputs, encoder_state, cell, n, embedding_size, feed_previous=is_fed
                    )

                if isinstance(feed_previous, bool):
                    outputs, state = decode(feed_previous)
                else:
                    outputs, state = decode_either_way(
                        feed_previous, decode, len(decoder_inputs), encoder_state
                    )
            outputs_dict[name], state_dict[name] = outputs, state
    return outputs_dict, state_dict
