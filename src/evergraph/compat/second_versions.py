"""Functions that TensorFlow 1.15 keeps under names with `_v2`: 2.x's parameters, same values."""

from __future__ import annotations

from typing import Any

from evergraph.ops.normalization import l2_normalize, moments
from evergraph.ops.softmax import log_softmax, softmax


def softmax_v2(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """As `tf.nn.softmax`."""
    return softmax(logits, -1 if axis is None else axis, name)


def log_softmax_v2(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """As `tf.nn.log_softmax`."""
    return log_softmax(logits, -1 if axis is None else axis, name)


def l2_normalize_v2(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None
) -> Any:
    """As `tf.nn.l2_normalize`."""
    return l2_normalize(x, axis, epsilon, name)


def moments_v2(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """As `tf.nn.moments`."""
    return moments(x, axes, shift, name, keepdims=keepdims)
