"""The loss of sequences given as one tensor.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/loss.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_shape import reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.cross_entropy import sparse_softmax_cross_entropy_with_logits
from evergraph.ops.math_reciprocal import div_no_nan
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_statistics import count_nonzero


def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    sum_over_timesteps: bool = False,
    sum_over_batch: bool = False,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """Weighted cross entropy of a batch of sequences.

    Args:
        logits: `[batch, time, symbols]`.
        targets: integers `[batch, time]`.
        weights: floats `[batch, time]`.
        average_across_timesteps: add up over the steps and divide by the weights.
        average_across_batch: add up over the batch and divide by the weights.
        sum_over_timesteps: add up over the steps and divide by the number of weights but 0.
        sum_over_batch: add up over the batch and divide by the number of weights but 0.
        softmax_loss_function: `f(labels=, logits=)`, in place of the sparse softmax cross entropy.
        name: name of the operations' scope; "sequence_loss" when None.

    Returns:
        A scalar, `[batch]`, `[time]` or `[batch, time]`: the dimensions that aren't added up.

    Raises:
        ValueError: a rank doesn't fit, or a dimension is both averaged and summed.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/loss.py.
    """
    if len(logits.get_shape()) != 3:
        raise ValueError("Logits must be a [batch_size x sequence_length x logits] tensor")
    if len(targets.get_shape()) != 2:
        raise ValueError("Targets must be a [batch_size x sequence_length] tensor")
    if len(weights.get_shape()) != 2:
        raise ValueError("Weights must be a [batch_size x sequence_length] tensor")
    if average_across_timesteps and sum_over_timesteps:
        raise ValueError(
            "average_across_timesteps and sum_over_timesteps cannot be set to True at same time."
        )
    if average_across_batch and sum_over_batch:
        raise ValueError(
            "average_across_batch and sum_over_batch cannot be set to True at same time."
        )
    with name_scope(name, "sequence_loss", [logits, targets, weights]):
        classes = shape_of(logits)[2]
        flat_logits = reshape(logits, [-1, classes])
        targets = reshape(targets, [-1])
        loss: Any
        if softmax_loss_function is None:
            loss = sparse_softmax_cross_entropy_with_logits(labels=targets, logits=flat_logits)
        else:
            loss = softmax_loss_function(labels=targets, logits=flat_logits)
        loss *= reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            loss = reduce_sum(loss)
            return div_no_nan(loss, reduce_sum(weights))
        if sum_over_timesteps and sum_over_batch:
            loss = reduce_sum(loss)
            return div_no_nan(loss, cast(count_nonzero(weights), loss.dtype))
        loss = reshape(loss, shape_of(logits)[0:2])
        if average_across_timesteps or average_across_batch:
            axis = [0] if average_across_batch else [1]
            loss = reduce_sum(loss, axis=axis)
            return div_no_nan(loss, reduce_sum(weights, axis=axis))
        if sum_over_timesteps or sum_over_batch:
            axis = [0] if sum_over_batch else [1]
            loss = reduce_sum(loss, axis=axis)
            return div_no_nan(loss, cast(count_nonzero(weights, axis=axis), dtype=loss.dtype))
        result: Tensor = loss
        return result


class SequenceLoss:
    """`sequence_loss` with its options, called as `loss(targets, logits, weights)`.

    Args:
        average_across_timesteps: as in `sequence_loss`.
        average_across_batch: as in `sequence_loss`.
        sum_over_timesteps: as in `sequence_loss`.
        sum_over_batch: as in `sequence_loss`.
        softmax_loss_function: as in `sequence_loss`.
        name: name of the operations' scope.
    """

    def __init__(
        self,
        average_across_timesteps: bool = False,
        average_across_batch: bool = False,
        sum_over_timesteps: bool = True,
        sum_over_batch: bool = True,
        softmax_loss_function: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name
        self.average_across_timesteps = average_across_timesteps
        self.average_across_batch = average_across_batch
        self.sum_over_timesteps = sum_over_timesteps
        self.sum_over_batch = sum_over_batch
        self.softmax_loss_function = softmax_loss_function

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """The loss of logits `y_pred` for targets `y_true`."""
        return sequence_loss(
            y_pred,
            y_true,
            sample_weight,
            average_across_timesteps=self.average_across_timesteps,
            average_across_batch=self.average_across_batch,
            sum_over_timesteps=self.sum_over_timesteps,
            sum_over_batch=self.sum_over_batch,
            softmax_loss_function=self.softmax_loss_function,
            name=self.name,
        )
