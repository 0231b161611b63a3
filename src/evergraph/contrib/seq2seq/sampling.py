"""Samples of Bernoulli and categorical distributions, as the helpers of decoders draw them.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/helper.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_layout import transpose
from evergraph.ops.array_pad import pad
from evergraph.ops.array_shape import rank, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.math_comparison import equal, less
from evergraph.ops.math_reduction import reduce_prod
from evergraph.ops.random import random_uniform
from evergraph.ops.random_choice import multinomial
from evergraph.ops.sigmoid import sigmoid


def _call_sampler(
    sample_n: Callable[[Any], Any], sample_shape: Any, name: str | None = None
) -> Tensor:
    """Samples `[*sample_shape, ...]` by `sample_n(count)`, which gives `[count, ...]`."""
    with name_scope(name, "call_sampler", values=[sample_shape]):
        sample_shape = convert_to_tensor(sample_shape, dtype=dtypes.int32, name="sample_shape")
        # A scalar is the shape of a vector.
        missing = cast(equal(rank(sample_shape), 0), dtypes.int32)
        sample_shape = reshape(
            sample_shape, pad(shape_of(sample_shape), paddings=[[missing, 0]], constant_values=1)
        )
        samples = sample_n(reduce_prod(sample_shape))
        event_shape = shape_of(samples)[1:]
        return reshape(samples, concat([sample_shape, event_shape], 0))


def bernoulli_sample(
    probs: Any = None,
    logits: Any = None,
    dtype: Any = dtypes.int32,
    sample_shape: Any = (),
    seed: int | None = None,
) -> Tensor:
    """Samples that are 1 with a given probability.

    Args:
        probs: probabilities.
        logits: their logits, where `probs` is None.
        dtype: dtype of the samples.
        sample_shape: how many samples of each; one when ().
        seed: the op seed.

    Returns:
        `[*sample_shape, *shape of probs]`.
    """
    if probs is None:
        probs = sigmoid(logits, name="probs")
    else:
        probs = convert_to_tensor(probs, name="probs")
    batch_shape = shape_of(probs)

    def sample_n(count: Any) -> Tensor:
        uniform = random_uniform(concat([[count], batch_shape], 0), seed=seed, dtype=probs.dtype)
        result: Tensor = cast(less(uniform, probs), dtype)
        return result

    return _call_sampler(sample_n, sample_shape)


def categorical_sample(
    logits: Any, dtype: Any = dtypes.int32, sample_shape: Any = (), seed: int | None = None
) -> Tensor:
    """Classes drawn by unnormalised log probabilities.

    Args:
        logits: `[..., classes]`.
        dtype: dtype of the samples.
        sample_shape: how many samples of each; one when ().
        seed: the op seed.

    Returns:
        `[*sample_shape, ...]`.
    """
    logits = convert_to_tensor(logits, name="logits")
    classes = shape_of(logits)[-1]
    batch_shape = shape_of(logits)[:-1]

    def sample_n(count: Any) -> Tensor:
        rows = logits if logits.shape.ndims == 2 else reshape(logits, [-1, classes])
        kind = dtypes.int64 if logits.dtype.size > 4 else dtypes.int32
        draws = multinomial(rows, count, seed=seed, output_dtype=kind)
        draws = reshape(transpose(draws), concat([[count], batch_shape], 0))
        result: Tensor = cast(draws, dtype)
        return result

    return _call_sampler(sample_n, sample_shape)
