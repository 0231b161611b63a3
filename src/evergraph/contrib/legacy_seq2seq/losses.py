"""Losses of sequences given as lists of steps, and models with buckets of lengths.

Reference: TensorFlow 1.15, tensorflow/contrib/legacy_seq2seq/python/ops/seq2seq.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evergraph.era0.losses import called_in_any_era
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_shape import reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.cross_entropy import sparse_softmax_cross_entropy_with_logits
from evergraph.ops.math_elementwise import add_n
from evergraph.ops.math_reduction import reduce_sum
from evergraph.variables.variable_scope import get_variable_scope, variable_scope

Loss = Callable[..., Any]


def sequence_loss_by_example(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    softmax_loss_function: Loss | None = None,
    name: str | None = None,
) -> Tensor:
    """Weighted cross entropy of each item of a batch, over all steps.

    Args:
        logits: list of `[batch, symbols]`.
        targets: list of integers `[batch]`.
        weights: list of floats `[batch]`.
        average_across_timesteps: divide by the sum of the weights.
        softmax_loss_function: `f(labels=, logits=)`, in place of the sparse softmax cross entropy.
            Functions of older programs, (inputs, labels) and (labels, inputs), are called as such.
        name: name of the operations' scope; "sequence_loss_by_example" when None.

    Returns:
        `[batch]`.

    Raises:
        ValueError: the lists differ in length.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            "Lengths of logits, weights, and targets must be the same "
            f"{len(logits)}, {len(weights)}, {len(targets)}."
        )
    with name_scope(name, "sequence_loss_by_example", logits + targets + weights):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                labels = reshape(target, [-1])
                loss: Any = sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logit)
            else:
                loss = called_in_any_era(softmax_loss_function, labels=target, logits=logit)
            losses.append(loss * weight)
        total: Any = add_n(losses)
        if average_across_timesteps:
            size: Any = add_n(weights)
            size += 1e-12  # weights may all be 0
            total /= size
        result: Tensor = total
        return result


def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: Loss | None = None,
    name: str | None = None,
) -> Tensor:
    """`sequence_loss_by_example`, added up over the batch.

    Args:
        logits: list of `[batch, symbols]`.
        targets: list of integers `[batch]`.
        weights: list of floats `[batch]`.
        average_across_timesteps: divide by the sum of an item's weights.
        average_across_batch: divide by the size of the batch.
        softmax_loss_function: as in `sequence_loss_by_example`.
        name: name of the operations' scope; "sequence_loss" when None.

    Returns:
        A scalar.

    Raises:
        ValueError: the lists differ in length.
    """
    with name_scope(name, "sequence_loss", logits + targets + weights):
        by_example = sequence_loss_by_example(
            logits,
            targets,
            weights,
            average_across_timesteps=average_across_timesteps,
            softmax_loss_function=softmax_loss_function,
        )
        cost: Any = reduce_sum(by_example)
        if average_across_batch:
            sizes: Any = shape_of(targets[0])
            cost = cost / cast(sizes[0], cost.dtype)
        result: Tensor = cost
        return result


def model_with_buckets(
    encoder_inputs: Any,
    decoder_inputs: Any,
    targets: Any,
    weights: Any,
    buckets: Sequence[tuple[int, int]],
    seq2seq: Callable[[Any, Any], Any],
    softmax_loss_function: Loss | None = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[Any], list[Tensor]]:
    """One model for several pairs of lengths: all share their variables.

    Args:
        encoder_inputs: list of inputs, one a step.
        decoder_inputs: list of inputs of the decoder.
        targets: list of integers `[batch]`, what the decoder should give.
        weights: list of floats `[batch]`.
        buckets: (steps of the encoder, steps of the decoder), shortest first.
        seq2seq: `f(encoder_inputs, decoder_inputs)` -> (outputs, state).
        softmax_loss_function: as in `sequence_loss_by_example`.
        per_example_loss: give losses `[batch]` in place of scalars.
        name: name of the operations' scope; "model_with_buckets" when None.

    Returns:
        (outputs, losses), one for each bucket.

    Raises:
        ValueError: a list is shorter than the last bucket.
    """
    most_in, most_out = buckets[-1]
    if len(encoder_inputs) < most_in:
        raise ValueError(
            f"Length of encoder_inputs ({len(encoder_inputs)}) must be at least that of last "
            f"bucket ({most_in})."
        )
    for word, values in (("targets", targets), ("weights", weights)):
        if len(values) < most_out:
            raise ValueError(
                f"Length of {word} ({len(values)}) must be at least that of last bucket "
                f"({most_out})."
            )
    loss_of = sequence_loss_by_example if per_example_loss else sequence_loss
    losses, outputs = [], []
    with name_scope(
        name, "model_with_buckets", encoder_inputs + decoder_inputs + targets + weights
    ):
        for k, (length_in, length_out) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if k else None):
                found, _ = seq2seq(encoder_inputs[:length_in], decoder_inputs[:length_out])
                outputs.append(found)
                losses.append(
                    loss_of(
                        found,
                        targets[:length_out],
                        weights[:length_out],
                        softmax_loss_function=softmax_loss_function,
                    )
                )
    return outputs, losses
