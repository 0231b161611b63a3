"""Linear-chain conditional random fields: the best sequence of tags.

Reference: TensorFlow 1.15, tensorflow/contrib/crf/python/ops/crf.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.contrib.crf.scores import TransitionCell, single_or_many, steps_after_first
from evergraph.core import dtypes
from evergraph.core.shapes import dimension_value
from evergraph.core.typing import Array
from evergraph.graph.operation import Tensor
from evergraph.layers.rnn_cell import RNNCell
from evergraph.layers.rnn_dynamic import dynamic_rnn
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather_nd
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import REVERSE_SEQUENCE
from evergraph.ops.array_shape import expand_dims, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.cast import cast
from evergraph.ops.math_arg import argmax
from evergraph.ops.math_reduction import reduce_max
from evergraph.ops.sequences import range as range_of


def viterbi_decode(score: Array, transition_params: Array) -> tuple[list[Any], Any]:
    """The best sequence of tags, by NumPy, for one sequence.

    Args:
        score: array `[time, tags]`, unary potentials.
        transition_params: array `[tags, tags]`.

    Returns:
        (the tags, their score).
    """
    best = np.zeros_like(score)
    before = np.zeros_like(score, dtype=np.int32)
    best[0] = score[0]
    for t in range(1, score.shape[0]):
        reached = best[t - 1][:, None] + transition_params
        best[t] = score[t] + reached.max(0)
        before[t] = reached.argmax(0)
    tags = [np.argmax(best[-1])]
    for row in before[:0:-1]:
        tags.append(row[tags[-1]])
    return tags[::-1], np.max(best[-1])


class CrfDecodeForwardRnnCell(TransitionCell):
    """A step of the Viterbi algorithm: the best score that ends in each tag, and the tag before it.

    Args:
        transition_params: `[tags, tags]`.
    """

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """(int32 `[batch, tags]`, the tags before; the new state `[batch, tags]`)."""
        reached = expand_dims(state, 2) + self._transition_params
        new_state = inputs + reduce_max(reached, [1])
        return cast(argmax(reached, 1), dtype=dtypes.int32), new_state


class CrfDecodeBackwardRnnCell(RNNCell):
    """A step back along the tags that `CrfDecodeForwardRnnCell` gave.

    Args:
        num_tags: the number of tags.
    """

    def __init__(self, num_tags: Any) -> None:
        self._num_tags = num_tags

    @property
    def state_size(self) -> int:
        """1: a tag."""
        return 1

    @property
    def output_size(self) -> int:
        """1: a tag."""
        return 1

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """(tag, tag): int32 `[batch, 1]`."""
        state = squeeze(state, axis=[1])
        items = range_of(shape_of(inputs)[0])
        tags = expand_dims(gather_nd(inputs, stack([items, state], axis=1)), axis=-1)
        return tags, tags


def crf_decode(
    potentials: Any, transition_params: Any, sequence_length: Any
) -> tuple[Tensor, Tensor]:
    """The best sequences of tags.

    Args:
        potentials: `[batch, time, tags]`, unary potentials.
        transition_params: `[tags, tags]`.
        sequence_length: integers `[batch]`.

    Returns:
        (tags, int32 `[batch, time]`, 0 after the end; their scores `[batch]`).
    """

    def single() -> tuple[Tensor, Tensor]:
        scores = squeeze(potentials, [1])
        tags = expand_dims(argmax(scores, axis=1), 1)
        best = reduce_max(scores, axis=1)
        return cast(tags, dtype=dtypes.int32), best

    def many() -> tuple[Tensor, Tensor]:
        num_tags = dimension_value(potentials.shape[2])
        forward = CrfDecodeForwardRnnCell(transition_params)
        first = squeeze(slice_of(potentials, [0, 0, 0], [-1, 1, -1]), axis=[1])
        rest = slice_of(potentials, [0, 1, 0], [-1, -1, -1])
        lengths = steps_after_first(sequence_length)
        before, last_score = dynamic_rnn(
            forward,
            inputs=rest,
            sequence_length=lengths,
            initial_state=first,
            time_major=False,
            dtype=dtypes.int32,
        )
        before = REVERSE_SEQUENCE(before, lengths, seq_dim=1)
        backward = CrfDecodeBackwardRnnCell(num_tags)
        last = cast(argmax(last_score, axis=1), dtype=dtypes.int32)
        last = expand_dims(last, axis=-1)
        tags, _ = dynamic_rnn(
            backward,
            inputs=before,
            sequence_length=lengths,
            initial_state=last,
            time_major=False,
            dtype=dtypes.int32,
        )
        tags = concat([last, squeeze(tags, axis=[2])], axis=1)
        tags = REVERSE_SEQUENCE(tags, sequence_length, seq_dim=1)
        return tags, reduce_max(last_score, axis=1)

    result: tuple[Tensor, Tensor] = single_or_many(potentials, single, many)
    return result
