"""Linear-chain conditional random fields: scores of tag sequences, and their sum over all of them.

The score of tags y is sum_t inputs[t, y_t] + sum_t transitions[y_t, y_t+1].

Reference: TensorFlow 1.15, tensorflow/contrib/crf/python/ops/crf.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import dimension_value
from evergraph.graph.operation import Tensor
from evergraph.layers.rnn_cell import RNNCell
from evergraph.layers.rnn_dynamic import dynamic_rnn
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather, gather_nd
from evergraph.ops.array_shape import expand_dims, reshape, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.fills import fill, zeros_like
from evergraph.ops.math_comparison import equal, less_equal
from evergraph.ops.math_elementwise import maximum
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_statistics import reduce_logsumexp
from evergraph.ops.select import where
from evergraph.ops.sequences import range as range_of
from evergraph.ops.sequences import sequence_mask
from evergraph.ops.smart_cond import smart_cond
from evergraph.variables.variable_scope import get_variable


def single_or_many(inputs: Any, single: Callable[[], Any], many: Callable[[], Any]) -> Any:
    """`single()` where the sequences have one step, else `many()`."""
    steps = dimension_value(inputs.shape[1]) or shape_of(inputs)[1]
    return smart_cond(pred=equal(steps, 1), true_fn=single, false_fn=many)


def zero_where_empty(values: Any, sequence_lengths: Any) -> Tensor:
    """`values` `[batch]`, 0 for sequences of no steps."""
    return where(less_equal(sequence_lengths, 0), zeros_like(values), values)


def steps_after_first(sequence_lengths: Any) -> Tensor:
    """Lengths without the first step, never below 0."""
    return maximum(constant(0, dtype=sequence_lengths.dtype), sequence_lengths - 1)


def crf_sequence_score(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> Tensor:
    """The score of each sequence of tags.

    Args:
        inputs: `[batch, time, tags]`, unary potentials.
        tag_indices: integers `[batch, time]`.
        sequence_lengths: integers `[batch]`.
        transition_params: `[tags, tags]`.

    Returns:
        `[batch]`.
    """

    def single() -> Tensor:
        sizes: Any = shape_of(inputs, out_type=tag_indices.dtype)
        batch_size = sizes[0]
        items = reshape(range_of(batch_size, dtype=tag_indices.dtype), [-1, 1])
        scores = gather_nd(squeeze(inputs, [1]), concat([items, tag_indices], axis=1))
        return zero_where_empty(scores, sequence_lengths)

    def many() -> Tensor:
        unary: Any = crf_unary_score(tag_indices, sequence_lengths, inputs)
        binary = crf_binary_score(tag_indices, sequence_lengths, transition_params)
        result: Tensor = unary + binary
        return result

    result: Tensor = single_or_many(inputs, single, many)
    return result


def crf_multitag_sequence_score(
    inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any
) -> Tensor:
    """The log of the summed scores of all sequences whose tags are allowed.

    Args:
        inputs: `[batch, time, tags]`, unary potentials.
        tag_bitmap: boolean `[batch, time, tags]`, which tags are allowed.
        sequence_lengths: integers `[batch]`.
        transition_params: `[tags, tags]`.

    Returns:
        `[batch]`.
    """

    def allowed() -> Tensor:
        return where(tag_bitmap, inputs, fill(shape_of(inputs), float("-inf")))

    def single() -> Tensor:
        return reduce_logsumexp(allowed(), axis=[1, 2], keepdims=False)

    def many() -> Tensor:
        return crf_log_norm(
            inputs=allowed(),
            sequence_lengths=sequence_lengths,
            transition_params=transition_params,
        )

    result: Tensor = single_or_many(inputs, single, many)
    return result


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The log of the summed exponentials of the scores of all sequences.

    Args:
        inputs: `[batch, time, tags]`, unary potentials.
        sequence_lengths: integers `[batch]`.
        transition_params: `[tags, tags]`.

    Returns:
        `[batch]`.
    """
    first = squeeze(slice_of(inputs, [0, 0, 0], [-1, 1, -1]), [1])

    def single() -> Tensor:
        return zero_where_empty(reduce_logsumexp(first, [1]), sequence_lengths)

    def many() -> Tensor:
        rest = slice_of(inputs, [0, 1, 0], [-1, -1, -1])
        cell = CrfForwardRnnCell(transition_params)
        _, alphas = dynamic_rnn(
            cell=cell,
            inputs=rest,
            sequence_length=steps_after_first(sequence_lengths),
            initial_state=first,
            dtype=dtypes.float32,
        )
        return zero_where_empty(reduce_logsumexp(alphas, [1]), sequence_lengths)

    result: Tensor = single_or_many(inputs, single, many)
    return result


def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Tensor, Any]:
    """The log probability of each sequence of tags.

    Args:
        inputs: `[batch, time, tags]`, unary potentials.
        tag_indices: integers `[batch, time]`.
        sequence_lengths: integers `[batch]`.
        transition_params: `[tags, tags]`; the variable "transitions" when None.

    Returns:
        (`[batch]`, the transitions).
    """
    tags = dimension_value(inputs.shape[2])
    if transition_params is None:
        transition_params = get_variable("transitions", [tags, tags])
    scores: Any = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    log_norm = crf_log_norm(inputs, sequence_lengths, transition_params)
    return scores - log_norm, transition_params


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Tensor:
    """The sum of the potentials of each sequence's tags.

    Args:
        tag_indices: integers `[batch, time]`.
        sequence_lengths: integers `[batch]`.
        inputs: `[batch, time, tags]`.

    Returns:
        `[batch]`.
    """
    batch: Any = shape_of(inputs)[0]
    steps: Any = shape_of(inputs)[1]
    tags: Any = shape_of(inputs)[2]
    flat = reshape(inputs, [-1])
    items: Any = range_of(batch)
    offsets: Any = expand_dims(items * steps * tags, 1)
    times: Any = range_of(steps)
    offsets += expand_dims(times * tags, 0)
    if tag_indices.dtype == dtypes.int64:
        offsets = cast(offsets, dtypes.int64)
    places = reshape(offsets + tag_indices, [-1])
    scores: Any = reshape(gather(flat, places), [batch, steps])
    masks = _mask(tag_indices, sequence_lengths)
    return reduce_sum(scores * masks, 1)


def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The sum of the transitions between each sequence's tags.

    Args:
        tag_indices: integers `[batch, time]`.
        sequence_lengths: integers `[batch]`.
        transition_params: `[tags, tags]`.

    Returns:
        `[batch]`.
    """
    tags = transition_params.get_shape()[0]
    count = shape_of(tag_indices)[1] - 1
    starts: Any = slice_of(tag_indices, [0, 0], [-1, count])
    ends = slice_of(tag_indices, [0, 1], [-1, count])
    places = starts * tags + ends
    scores: Any = gather(reshape(transition_params, [-1]), places)
    masks = _mask(tag_indices, sequence_lengths)
    return reduce_sum(scores * slice_of(masks, [0, 1], [-1, -1]), 1)


def _mask(tag_indices: Any, sequence_lengths: Any) -> Tensor:
    steps = shape_of(tag_indices)[1]
    return sequence_mask(sequence_lengths, maxlen=steps, dtype=dtypes.float32)


class TransitionCell(RNNCell):
    """A cell whose state is a number per tag.

    Args:
        transition_params: `[tags, tags]`.
    """

    def __init__(self, transition_params: Any) -> None:
        self._transition_params = expand_dims(transition_params, 0)
        self._num_tags = dimension_value(transition_params.shape[0])

    @property
    def state_size(self) -> Any:
        """The number of tags."""
        return self._num_tags

    @property
    def output_size(self) -> Any:
        """The number of tags."""
        return self._num_tags


class CrfForwardRnnCell(TransitionCell):
    """A step of the forward algorithm: log sums of the scores that end in each tag.

    Args:
        transition_params: `[tags, tags]`.
    """

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """(new state, new state): inputs[b, k] + log sum_j exp(state[b, j] + transitions[j, k])."""
        state = expand_dims(state, 2)
        alphas = inputs + reduce_logsumexp(state + self._transition_params, [1])
        return alphas, alphas
