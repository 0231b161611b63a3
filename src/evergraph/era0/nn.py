"""0.x's orders of arguments of the losses: logits first, and without names.

1.x's `tf.nn` refuses positional arguments here, so that a positional call can only be 0.x's.

Reference: TensorFlow 0.12, tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.era0.calling import bind_old, with_old_calls
from evergraph.graph.composite import SparseTensor
from evergraph.ops import cross_entropy, nn_losses, sampled_losses
from evergraph.ops import ctc_loss as ctc

Call = tuple[tuple[Any, ...], dict[str, Any]]


def _logits_first(parameters: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Call | None]:
    """Recognise a positional call, or one that says `targets`."""

    def adapt(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
        given = bind_old(parameters, args, kwargs)
        is_old = "targets" in kwargs or (args and args[0] is not None)
        if given is None or not is_old:
            return None
        return (), {"labels" if k == "targets" else k: value for k, value in given.items()}

    return adapt


softmax_cross_entropy_with_logits = with_old_calls(_logits_first("logits labels dim name"))(
    cross_entropy.softmax_cross_entropy_with_logits
)
sparse_softmax_cross_entropy_with_logits = with_old_calls(_logits_first("logits labels name"))(
    cross_entropy.sparse_softmax_cross_entropy_with_logits
)
sigmoid_cross_entropy_with_logits = with_old_calls(_logits_first("logits targets name"))(
    nn_losses.sigmoid_cross_entropy_with_logits
)


def _is_floating(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    kind = dtypes.as_dtype(np.asarray(value).dtype if dtype is None else dtype)
    return bool(kind.is_floating)


def _inputs_first(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    # 0.x had (weights, biases, inputs, labels); labels are integers, inputs aren't.
    if len(args) < 4 or not _is_floating(args[2]) or _is_floating(args[3]):
        return None
    return (args[0], args[1], args[3], args[2], *args[4:]), kwargs


nce_loss = with_old_calls(_inputs_first)(sampled_losses.nce_loss)
sampled_softmax_loss = with_old_calls(_inputs_first)(sampled_losses.sampled_softmax_loss)


def _ctc_inputs_first(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    # 1.15's first argument is the sparse one.
    old = "inputs labels sequence_length preprocess_collapse_repeated ctc_merge_repeated time_major"
    given = bind_old(old, args, kwargs)
    if given is None or not args or not isinstance(given.get("labels"), SparseTensor):
        return None
    return (), given


ctc_loss = with_old_calls(_ctc_inputs_first)(ctc.ctc_loss)


def _old_weighted(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    # Without `targets=`, three positional arguments are 1.15's (labels, logits, pos_weight).
    given = bind_old("logits targets pos_weight name", args, kwargs)
    if given is None or "targets" not in kwargs or not args:
        return None
    return (), given


weighted_cross_entropy_with_logits = with_old_calls(_old_weighted)(
    nn_losses.weighted_cross_entropy_with_logits
)
