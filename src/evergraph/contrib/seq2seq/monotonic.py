"""Monotonic attention: alignments that only move forward.

Reference: Raffel, Luong, Liu, Weiss, Eck: Online and linear-time attention by enforcing monotonic
alignments, ICML 2017; TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from evergraph.contrib.seq2seq.attention import (
    BahdanauScores,
    LuongScores,
    ScoredAttention,
)
from evergraph.core import dtypes
from evergraph.core.shapes import dimension_value
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_layout import transpose
from evergraph.ops.array_shape import reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.clip import clip_by_value
from evergraph.ops.fills import ones, zeros
from evergraph.ops.math_cumulative import cumprod, cumsum
from evergraph.ops.math_functions import exp, log
from evergraph.ops.random import random_normal
from evergraph.ops.sequences import one_hot
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.variable_scope import get_variable


def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Any:
    """The cumulative product of numbers in [0, 1], by way of their logarithms.

    Args:
        x: floating, clipped to [the least normal number, 1].
        *args: as of `tf.cumsum`.
        **kwargs: as of `tf.cumsum`.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py.
    """
    with name_scope(None, "SafeCumprod", [x]):
        x = convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return exp(cumsum(log(clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Any:
    """How likely each element is the one that is read next.

    Args:
        p_choose_i: `[batch, time]`, the probability to stop at each element once there.
        previous_attention: `[batch, time]`, the attention of the step before.
        mode: "recursive" (exact), "parallel" (by cumulative sums and products), or "hard"
            (`p_choose_i` is 0 or 1).

    Returns:
        `[batch, time]`.

    Raises:
        ValueError: another mode.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py.
    """
    p_choose: Any = convert_to_tensor(p_choose_i, name="p_choose_i")
    previous: Any = convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        from evergraph.ops.higher_order import scan

        batch: Any = dimension_value(p_choose.shape[0]) or shape_of(p_choose)[0]
        shifted = concat([ones((batch, 1)), 1 - p_choose[:, :-1]], 1)
        reached = scan(
            lambda x, row: reshape(row[0] * x + row[1], (batch,)),
            [transpose(shifted), transpose(previous)],
            zeros((batch,)),
        )
        return p_choose * transpose(reached)
    if mode == "parallel":
        passed = safe_cumprod(1 - p_choose, axis=1, exclusive=True)
        return p_choose * passed * cumsum(previous / clip_by_value(passed, 1e-10, 1.0), axis=1)
    if mode == "hard":
        p_choose *= cumsum(previous, axis=1)
        return p_choose * cumprod(1 - p_choose, axis=1, exclusive=True)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def monotonic_probability_fn(
    score: Any,
    previous_alignments: Any,
    sigmoid_noise: float,
    mode: str,
    seed: int | None = None,
) -> Any:
    """Monotonic alignments from scores.

    Args:
        score: `[batch, time]`.
        previous_alignments: `[batch, time]`.
        sigmoid_noise: standard deviation of the noise that is added to the scores.
        mode: as in `monotonic_attention`.
        seed: the op seed of the noise.
    """
    if sigmoid_noise > 0:
        noise: Any = random_normal(shape_of(score), dtype=score.dtype, seed=seed)
        score += sigmoid_noise * noise
    p_choose = cast(score > 0, score.dtype) if mode == "hard" else sigmoid(score)
    return monotonic_attention(p_choose, previous_alignments, mode)


class _MonotonicAttentionMechanism(ScoredAttention):
    """Starts at the first element of the memory; a variable is added to all scores."""

    _score_bias_init: Any

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """1 for the first element, `[batch, time]`."""
        return one_hot(zeros((batch_size,), dtype=dtypes.int32), self._alignments_size, dtype=dtype)

    def _scores(self, query: Any) -> Any:
        score = super()._scores(query)
        return score + get_variable(
            "attention_score_bias", dtype=score.dtype, initializer=self._score_bias_init
        )


class BahdanauMonotonicAttention(_MonotonicAttentionMechanism, BahdanauScores):
    """Monotonic attention with Bahdanau's scores.

    Args:
        num_units: depth of the keys and of what is made of the query.
        memory: `[batch, time, ...]`.
        memory_sequence_length: integers `[batch]`, or None.
        normalize: whether v is normalised and a bias added.
        score_mask_value: the score of what lies behind the end; -inf when None.
        sigmoid_noise: standard deviation of the noise that is added to the scores.
        sigmoid_noise_seed: the op seed of the noise.
        score_bias_init: first value of what is added to all scores.
        mode: as in `monotonic_attention`.
        dtype: dtype of the layers; float32 when None.
        name: name of the operations' scope.
    """

    _scope = "bahdanau_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "BahdanauMonotonicAttention",
    ) -> None:
        super().__init__(
            num_units,
            normalize,
            dtype,
            name,
            memory=memory,
            probability_fn=_probability_fn(sigmoid_noise, mode, sigmoid_noise_seed),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
        )
        self._score_bias_init = score_bias_init


class LuongMonotonicAttention(_MonotonicAttentionMechanism, LuongScores):
    """Monotonic attention with Luong's scores.

    Args:
        num_units: depth of the keys, and of the query.
        memory: `[batch, time, ...]`.
        memory_sequence_length: integers `[batch]`, or None.
        scale: whether the score is scaled by a variable.
        score_mask_value: the score of what lies behind the end; -inf when None.
        sigmoid_noise: standard deviation of the noise that is added to the scores.
        sigmoid_noise_seed: the op seed of the noise.
        score_bias_init: first value of what is added to all scores.
        mode: as in `monotonic_attention`.
        dtype: dtype of the layer; float32 when None.
        name: name of the operations' scope.
    """

    _scope = "luong_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: int | None = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "LuongMonotonicAttention",
    ) -> None:
        super().__init__(
            num_units,
            scale,
            dtype,
            name,
            memory=memory,
            probability_fn=_probability_fn(sigmoid_noise, mode, sigmoid_noise_seed),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
        )
        self._score_bias_init = score_bias_init


def _probability_fn(sigmoid_noise: float, mode: str, seed: int | None) -> Any:
    return functools.partial(
        monotonic_probability_fn, sigmoid_noise=sigmoid_noise, mode=mode, seed=seed
    )
