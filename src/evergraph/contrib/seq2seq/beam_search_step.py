"""One step of a beam search: scores of all continuations, and the best of them.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from evergraph.contrib.seq2seq.attention_wrapper import AttentionWrapperState
from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_layout import tile
from evergraph.ops.array_shape import expand_dims, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast, to_int64
from evergraph.ops.constants import constant_value
from evergraph.ops.fills import fill, ones_like
from evergraph.ops.math_comparison import equal, logical_not, logical_or
from evergraph.ops.math_division import div, floormod
from evergraph.ops.math_elementwise import minimum
from evergraph.ops.math_functions import log
from evergraph.ops.math_reduction import reduce_mean, reduce_sum
from evergraph.ops.select import where
from evergraph.ops.sequences import one_hot
from evergraph.ops.sequences import range as range_of
from evergraph.ops.softmax import log_softmax
from evergraph.ops.tensor_array import TensorArray
from evergraph.ops.top_k import top_k


class BeamSearchDecoderState(
    namedtuple(
        "BeamSearchDecoderState",
        ("cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs"),
    )
):
    """What a beam search carries from step to step; all `[batch, beams, ...]`."""

    __slots__ = ()


class BeamSearchDecoderOutput(
    namedtuple("BeamSearchDecoderOutput", ("scores", "predicted_ids", "parent_ids"))
):
    """What a step gives: the best scores, their symbols, and the beams that these continue."""

    __slots__ = ()


def beam_search_step(
    time: Any,
    logits: Any,
    next_cell_state: Any,
    beam_state: BeamSearchDecoderState,
    batch_size: Any,
    beam_width: int,
    end_token: Any,
    length_penalty_weight: Any,
    coverage_penalty_weight: Any,
) -> tuple[BeamSearchDecoderOutput, BeamSearchDecoderState]:
    """Choose the best continuations of the beams.

    Args:
        time: the step.
        logits: `[batch, beams, symbols]`.
        next_cell_state: the cell's state after the step.
        beam_state: the search's state before it.
        batch_size: int32 scalar.
        beam_width: how many beams are kept.
        end_token: int32 scalar, the symbol that ends a sequence.
        length_penalty_weight: how much longer sequences are favoured.
        coverage_penalty_weight: how much unread inputs count against a finished sequence.

    Returns:
        (output, state).
    """
    known_batch_size = constant_value(batch_size)
    was_finished = beam_state.finished
    not_finished = logical_not(was_finished)
    log_probs = mask_probs(log_softmax(logits), end_token, was_finished)
    totals: Any = expand_dims(beam_state.log_probs, 2) + log_probs
    symbols: Any = logits.shape.as_list()[-1] or shape_of(logits)[-1]
    added: Any = one_hot(
        indices=fill([batch_size, beam_width], end_token),
        depth=symbols,
        on_value=to_int64(0),
        off_value=to_int64(1),
        dtype=dtypes.int64,
    )
    is_open = cast(not_finished, dtypes.int64)
    added *= expand_dims(is_open, 2)
    lengths = added + expand_dims(beam_state.lengths, 2)
    accumulated = None
    attention: Any = get_attention_probs(next_cell_state, coverage_penalty_weight)
    if attention is not None:
        attention *= expand_dims(cast(not_finished, dtypes.float32), 2)
        accumulated = beam_state.accumulated_attention_probs + attention
    scores = get_scores(
        log_probs=totals,
        sequence_lengths=lengths,
        length_penalty_weight=length_penalty_weight,
        coverage_penalty_weight=coverage_penalty_weight,
        finished=was_finished,
        accumulated_attention_probs=accumulated,
    )
    time = convert_to_tensor(time, name="time")
    flat_scores = reshape(scores, [batch_size, -1])
    count = convert_to_tensor(beam_width, dtype=dtypes.int32, name="beam_width")
    best_scores, places = top_k(flat_scores, k=count)
    best_scores.set_shape([known_batch_size, beam_width])
    places.set_shape([known_batch_size, beam_width])
    best_probs = gather_beams(
        places, totals, batch_size, beam_width * symbols, [-1], name="next_beam_probs"
    )
    words = cast(floormod(places, symbols, name="next_beam_word_ids"), dtypes.int32)
    ratio: Any = places
    parents = cast(ratio / symbols, dtypes.int32, name="next_beam_parent_ids")
    was_finished = gather_beams(parents, was_finished, batch_size, beam_width, [-1])
    is_finished = logical_or(was_finished, equal(words, end_token), name="next_beam_finished")
    is_open = cast(logical_not(was_finished), dtypes.int64)
    new_lengths: Any = gather_beams(parents, beam_state.lengths, batch_size, beam_width, [-1])
    new_lengths += is_open
    new_accumulated: Any = ()
    if accumulated is not None:
        new_accumulated = gather_beams(
            parents,
            accumulated,
            batch_size,
            beam_width,
            [batch_size * beam_width, -1],
            name="next_accumulated_attention_probs",
        )
    cell_state = nest.map_structure(
        lambda t: _gather_if_beams(
            parents, t, batch_size, beam_width, [batch_size * beam_width, -1]
        ),
        next_cell_state,
    )
    state = BeamSearchDecoderState(
        cell_state=cell_state,
        log_probs=best_probs,
        lengths=new_lengths,
        finished=is_finished,
        accumulated_attention_probs=new_accumulated,
    )
    return BeamSearchDecoderOutput(best_scores, words, parents), state


def get_attention_probs(next_cell_state: Any, coverage_penalty_weight: Any) -> Any:
    """The alignments of all attention wrappers in a state, averaged; None when they don't count.

    Raises:
        ValueError: they count, and there is none.
    """
    if coverage_penalty_weight == 0.0:
        return None
    found = []
    if isinstance(next_cell_state, AttentionWrapperState):
        found = [attention_probs_from_attn_state(next_cell_state)]
    elif isinstance(next_cell_state, tuple):
        found = [
            attention_probs_from_attn_state(state)
            for state in next_cell_state
            if isinstance(state, AttentionWrapperState)
        ]
    if not found:
        raise ValueError("coverage_penalty_weight must be 0.0 if no cell is attentional.")
    return found[0] if len(found) == 1 else _mean_of(found)


def attention_probs_from_attn_state(attention_state: AttentionWrapperState) -> Any:
    """The alignments of an attention wrapper's state, averaged over its mechanisms."""
    found = attention_state.alignments
    return _mean_of(found) if isinstance(found, tuple) else found


def _mean_of(tensors: Any) -> Tensor:
    joined = concat([expand_dims(t, -1) for t in tensors], -1)
    return reduce_mean(joined, -1)


def get_scores(
    log_probs: Any,
    sequence_lengths: Any,
    length_penalty_weight: Any,
    coverage_penalty_weight: Any,
    finished: Any,
    accumulated_attention_probs: Any,
) -> Any:
    """log_probs / length penalty + coverage penalty.

    Raises:
        ValueError: the coverage's weight is no scalar, or attention is missing.
    """
    penalty = length_penalty(
        sequence_lengths=sequence_lengths, penalty_factor=length_penalty_weight
    )
    penalty = cast(penalty, dtype=log_probs.dtype)
    scores = log_probs / penalty
    weight = convert_to_tensor(coverage_penalty_weight, name="coverage_penalty_weight")
    if weight.shape.ndims != 0:
        raise ValueError(
            f"coverage_penalty_weight should be a scalar, but saw shape: {weight.shape}"
        )
    if constant_value(weight) == 0.0:
        return scores
    if accumulated_attention_probs is None:
        raise ValueError(
            "accumulated_attention_probs can be None only if coverage penalty is disabled."
        )
    # What has no probability yet is not counted: log 1 is 0.
    read = where(
        equal(accumulated_attention_probs, 0.0),
        ones_like(accumulated_attention_probs),
        accumulated_attention_probs,
    )
    coverage: Any = reduce_sum(log(minimum(read, 1.0)), 2)
    coverage *= cast(finished, dtypes.float32)
    weighted = coverage * weight
    return scores + expand_dims(weighted, 2)


def length_penalty(sequence_lengths: Any, penalty_factor: Any) -> Any:
    """((5 + length) / 6) ^ factor; 1 when the factor is 0."""
    factor: Any = convert_to_tensor(penalty_factor, name="penalty_factor")
    factor.set_shape(())
    known = constant_value(factor)
    if known is not None and known == 0:
        return 1.0
    lengths: Any = cast(sequence_lengths, dtypes.float32)
    return div((5.0 + lengths) ** factor, (5.0 + 1.0) ** factor)


def mask_probs(probs: Any, eos_token: Any, finished: Any) -> Tensor:
    """`probs` `[batch, beams, symbols]`; a finished beam can only say `eos_token` again."""
    symbols = shape_of(probs)[2]
    row = one_hot(
        eos_token,
        symbols,
        dtype=probs.dtype,
        on_value=convert_to_tensor(0.0, dtype=probs.dtype),
        off_value=probs.dtype.min,
    )
    only_end = tile(reshape(row, [1, 1, -1]), concat([shape_of(finished), [1]], 0))
    mask = tile(expand_dims(finished, 2), [1, 1, symbols])
    return where(mask, only_end, probs)


def check_ndims(t: Any) -> None:
    """Refuse a tensor of unknown rank."""
    if t.shape.ndims is None:
        raise ValueError(f"Expected tensor ({t}) to have known rank, but ndims == None.")


def _gather_if_beams(
    indices: Any, t: Any, batch_size: Any, beam_width: int, gather_shape: list[Any]
) -> Any:
    """`gather_beams` of a part of the cell's state; scalars and arrays stay as they are."""
    if isinstance(t, TensorArray):
        return t
    check_ndims(t)
    if t.shape.ndims < len(gather_shape):
        return t
    return gather_beams(indices, t, batch_size, beam_width, gather_shape)


def gather_beams(
    gather_indices: Any,
    gather_from: Any,
    batch_size: Any,
    range_size: Any,
    gather_shape: list[Any],
    name: str | None = None,
) -> Tensor:
    """Elements `[batch, beams, ...]` chosen anew for each item.

    Args:
        gather_indices: int32 `[batch, beams]`, which element of its item each is to be.
        gather_from: `[batch, range_size, ...]`.
        batch_size: int32 scalar.
        range_size: how many elements an item has.
        gather_shape: the shape for choosing: `[-1]`, or `[batch * beams, -1]`.
        name: name of the operations' scope; "tensor_gather_helper" when None.
    """
    with name_scope(name, "tensor_gather_helper"):
        items: Any = range_of(batch_size)
        offsets = expand_dims(items * range_size, 1)
        places = reshape(gather_indices + offsets, [-1])
        found = gather(reshape(gather_from, gather_shape), places)
        depth = 1 + len(gather_shape)
        final_shape = shape_of(gather_from)[:depth]
        known = TensorShape([constant_value(batch_size)])
        result = reshape(found, final_shape, name="output")
        result.set_shape(known.concatenate(gather_from.shape[1:depth]))
        return result
