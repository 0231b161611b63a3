"""Losses of logits and counts: sigmoid and weighted cross entropy, Poisson."""

from __future__ import annotations

import math
from typing import Any

from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import fills
from evergraph.ops.activation import relu
from evergraph.ops.array_shape import one_of
from evergraph.ops.constants import constant
from evergraph.ops.cross_entropy import check_cross_entropy_arguments
from evergraph.ops.math_comparison import logical_and
from evergraph.ops.math_elementwise import add
from evergraph.ops.math_functions import abs, exp, log, log1p


def _check_same_shape(x: Tensor, y: Tensor, names: str) -> None:
    try:
        y.shape.merge_with(x.shape)
    except ValueError:
        raise ValueError(f"{names} must have the same shape ({x.shape} vs {y.shape})") from None


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Compute max(x, 0) - x z + log(1 + e^-|x|): the cross entropy of sigmoid(x) and z.

    Args:
        _sentinel: nothing; call with named arguments.
        labels: z, of the dtype and shape of `logits`.
        logits: x, floating, any shape.
        name: name of the last operation; "logistic_loss" when None.

    Returns:
        Tensor of the shape of `logits`.

    Raises:
        ValueError: called with positional arguments, or shapes differ.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    from evergraph.ops.select import where

    check_cross_entropy_arguments("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(logits, labels, "logits and labels")
        zeros = fills.zeros_like(logits, dtype=logits.dtype)
        # Selects, not a maximum and an absolute value: their gradients at 0 add up to 1/2.
        is_positive = logits >= zeros
        relu_logits = where(is_positive, logits, zeros)
        negative_size = where(is_positive, -logits, logits)
        return add(relu_logits - logits * labels, log1p(exp(negative_size)), name=scope)


def weighted_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Tensor:
    """As `weighted_cross_entropy_with_logits`, without the old name of `labels`."""
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(logits, labels, "logits and labels")
        log_weight = 1 + (pos_weight - 1) * labels
        return add(
            (1 - labels) * logits,
            log_weight * (log1p(exp(-abs(logits))) + relu(-logits)),
            name=scope,
        )


def weighted_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """Compute -z q log(sigmoid(x)) - (1 - z) log(1 - sigmoid(x)).

    Args:
        labels: z, of the dtype and shape of `logits`.
        logits: x, floating, any shape.
        pos_weight: q, the weight of positive labels; broadcasts.
        name: name of the last operation; "logistic_loss" when None.
        targets: old name of `labels`.

    Returns:
        Tensor of the shape of `logits`.

    Raises:
        ValueError: shapes differ.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    labels = one_of("labels", labels, "targets", targets)
    return weighted_cross_entropy_with_logits_v2(labels, logits, pos_weight, name)


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """Compute e^c - z c, the Poisson loss of log_input c and targets z but for a constant.

    Args:
        targets: z, of the dtype and shape of `log_input`.
        log_input: c, floating, any shape.
        compute_full_loss: add Stirling's approximation of log(z!) where z is above 1.
        name: name of the operations' scope; "log_poisson_loss" when None.

    Returns:
        Tensor of the shape of `log_input`.

    Raises:
        ValueError: shapes differ.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    from evergraph.ops.select import where

    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        _check_same_shape(log_input, targets, "log_input and targets")
        result: Tensor = exp(log_input) - log_input * targets
        if compute_full_loss:
            point_five = constant(0.5, dtype=targets.dtype)
            two_pi = constant(2 * math.pi, dtype=targets.dtype)
            stirling = targets * log(targets) - targets + point_five * log(two_pi * targets)
            zeros = fills.zeros_like(targets, dtype=targets.dtype)
            ones = fills.ones_like(targets, dtype=targets.dtype)
            is_small = logical_and(targets >= zeros, targets <= ones)
            result += where(is_small, zeros, stirling)
        return result
