"""Connectionist temporal classification: the loss of unaligned label sequences (CTCLoss)."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops import identity
from evergraph.ops.array_layout import transpose
from evergraph.ops.array_shape import one_of
from evergraph.ops.cross_entropy import scaled_rows
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge_dims, with_rank
from evergraph.registry.shape_inference import ShapeContext


def batch_of(c: ShapeContext, lengths: int) -> tuple[list[int | None], int | None]:
    """Sizes of `inputs` [time, batch, classes], and the batch of it and `sequence_length`."""
    inputs = with_rank(c.inputs[0], 3).as_list()
    return inputs, merge_dims(inputs[1], with_rank(c.inputs[lengths], 1).as_list()[0])


def _ctc_loss_shape(c: ShapeContext) -> list[TensorShape]:
    with_rank(c.inputs[0], 3)
    indices, values = with_rank(c.inputs[1], 2), with_rank(c.inputs[2], 1)
    with_rank(c.inputs[3], 1)
    merge_dims(indices.as_list()[0], values.as_list()[0])
    inputs, batch = batch_of(c, 3)
    return [TensorShape([batch]), TensorShape([inputs[0], batch, inputs[2]])]


CTC_LOSS = register_op(
    "CTCLoss",
    inputs="inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32",
    outputs="loss: T, gradient: T",
    attrs={
        "preprocess_collapse_repeated": "bool = false",
        "ctc_merge_repeated": "bool = true",
        "ignore_longer_outputs_than_inputs": "bool = false",
        "T": "{float, double} = DT_FLOAT",
    },
    shape=_ctc_loss_shape,
    # The number of labels differs from batch to batch: compiled, each would be another program.
    numpy_only=True,
)


@CTC_LOSS.kernel
def _ctc_loss(
    xp: Namespace,
    inputs: Array,
    labels_indices: Array,
    labels_values: Array,
    sequence_length: Array,
    *,
    preprocess_collapse_repeated: bool,
    ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool,
) -> list[Array]:
    _check_shapes(inputs, labels_indices, labels_values, sequence_length)
    time, batch, classes = inputs.shape
    _check_indices(labels_indices, batch)
    for item, length in enumerate(sequence_length.tolist()):
        if length > time:
            raise _invalid(f"sequence_length({item}) <= {time}")
    firsts = np.searchsorted(labels_indices[:, 0], np.arange(batch + 1)).tolist()
    given = [labels_values[i:j].tolist() for i, j in itertools.pairwise(firsts)]
    spelt = _spelt(
        given,
        sequence_length.tolist(),
        classes,
        preprocess_collapse_repeated,
        ignore_longer_outputs_than_inputs,
    )
    is_used = sequence_length > 0
    if ignore_longer_outputs_than_inputs:
        is_used &= np.asarray([len(labels) for labels in given]) <= sequence_length
    loss = np.zeros(batch, inputs.dtype)
    gradient = np.zeros_like(inputs)
    used = np.flatnonzero(is_used)
    if used.size:
        with np.errstate(all="ignore"):
            loss[used], gradient[:, used] = _forward_backward(
                inputs[:, used],
                [spelt[item] for item in used],
                sequence_length[used],
                ctc_merge_repeated,
            )
    return [loss, gradient]


def _invalid(message: str) -> InvalidArgumentError:
    error: InvalidArgumentError = InvalidArgumentError(None, None, message)
    return error


def _shape_text(x: Array) -> str:
    return "[" + ",".join(map(str, x.shape)) + "]"


def _check_shapes(inputs: Array, indices: Array, values: Array, lengths: Array) -> None:
    if inputs.ndim != 3:
        raise _invalid("inputs is not a 3-Tensor")
    if lengths.ndim != 1:
        raise _invalid("sequence_length is not a vector")
    if indices.ndim != 2:
        raise _invalid("labels_indices is not a matrix")
    if indices.shape[1] < 2:
        raise _invalid(f"labels_indices second dimension must be >= 1. Received {indices.shape[1]}")
    if values.ndim != 1:
        raise _invalid("labels_values is not a vector")
    if inputs.shape[0] == 0:
        raise _invalid("Max time or first dimension of input cannot be 0.")
    if inputs.shape[1] != lengths.size:
        raise _invalid(
            f"len(sequence_length) != batch_size.  len(sequence_length):  {lengths.size} "
            f"batch_size: {inputs.shape[1]}"
        )
    if indices.shape[0] != values.size:
        raise _invalid(
            "labels_indices and labels_values must contain the same number of rows, but saw "
            f"shapes: {_shape_text(indices)} vs. {_shape_text(values)}"
        )
    if inputs.shape[1] == 0:
        raise _invalid("batch_size must not be 0")


def _check_indices(indices: Array, batch: int) -> None:
    """Refuse label indices that are outside of [batch, longest], out of order or repeated."""
    longest = max(0, int(indices[:, 1].max()) + 1) if indices.size else 0
    rows = indices[:, :2].tolist()
    before = None
    for n, row in enumerate(rows):
        found = f"label SparseTensor is not valid: indices[{n}] = [{row[0]},{row[1]}]"
        if not (0 <= row[0] < batch and 0 <= row[1] < longest):
            raise _invalid(f"{found} is out of bounds: need 0 <= index < [{batch},{longest}]")
        if before is not None and row < before:
            raise _invalid(f"{found} is out of order. Many sparse ops require sorted indices.")
        if row == before:
            raise _invalid(f"{found} is repeated")
        before = row


def _spelt(
    given: list[list[int]], lengths: list[int], classes: int, collapse: bool, may_be_longer: bool
) -> list[list[int]]:
    """The labels of each item without the blanks at its end, repeated ones once if `collapse`."""
    result = []
    for item, length in enumerate(lengths):
        if length < 0:
            raise _invalid(f"seq_len({item}) < 0")
    for item, (labels, length) in enumerate(zip(given, lengths, strict=True)):
        if not labels:
            raise _invalid(f"Labels length is zero in batch {item}")
        kept: list[int] = []
        has_ended = False
        for i, label in enumerate(labels):
            if collapse and i and label == labels[i - 1]:
                continue
            if label >= classes - 1:
                has_ended = True
            elif has_ended:
                raise _invalid(
                    "Saw a non-null label (index >= num_classes - 1) following a null label, "
                    f"batch: {item} num_classes: {classes} labels: {','.join(map(str, labels))} "
                    f"labels seen so far: {','.join(map(str, kept))}"
                )
            else:
                kept.append(label)
        if any(label < 0 for label in kept):
            raise _invalid(
                f"All labels must be nonnegative integers, batch: {item} "
                f"labels: {','.join(map(str, kept))}"
            )
        if len(labels) > length and not may_be_longer:
            raise _invalid(
                f"Not enough time for target transition sequence (required: {len(labels)}, "
                f"available: {length}){item}You can turn this error into a warning by using the "
                "flag ignore_longer_outputs_than_inputs"
            )
        result.append(kept)
    return result


def _forward_backward(
    logits: Array, spelt: list[list[int]], lengths: Array, merge_repeated: bool
) -> tuple[Array, Array]:
    """-log p(labels), `[batch]`, and its derivative by the logits, for all items at once.

    The states of an item are its labels with a blank before, between and after them.
    log_alpha[t, b, s] is the probability of all beginnings that are in s at time t, log_beta that
    of all ends after it.
    """
    time, batch, classes = logits.shape
    blank = classes - 1
    counts = np.asarray([2 * len(labels) + 1 for labels in spelt])
    states = np.full((batch, counts.max()), blank)
    for item, labels in enumerate(spelt):
        states[item, 1 : 2 * len(labels) : 2] = labels
    y = np.exp(logits - logits.max(2, keepdims=True))
    y /= y.sum(2, keepdims=True)
    log_y = np.log(np.take_along_axis(y, np.broadcast_to(states, (time, *states.shape)), 2))
    may_stay = (states == blank) | merge_repeated
    may_skip = np.zeros(states.shape, bool)  # from two states before
    may_skip[:, 2:] = states[:, 2:] != blank
    if merge_repeated:
        may_skip[:, 2:] &= states[:, 2:] != states[:, :-2]
    is_state = np.arange(states.shape[1]) < counts[:, None]
    log_alpha = _forward(log_y, may_stay, may_skip)
    is_final = is_state & (np.arange(states.shape[1]) >= counts[:, None] - 2)
    log_beta = _backward(log_y, may_stay, may_skip, is_final, lengths)
    log_both = log_alpha + log_beta
    log_p = np.logaddexp.reduce(log_both[0], 1)
    # A state's share of all paths; where there is no path, the gradient is that of log y alone.
    has_path = log_p > -np.inf
    share = np.exp(log_both - np.where(has_path, log_p, 0)[:, None])
    share[:, ~has_path] = 0
    d_logits = y
    items = np.arange(batch)
    for state in range(states.shape[1]):  # each item has one label here: none is added to twice
        d_logits[:, items, states[:, state]] -= share[:, :, state]
    d_logits[np.arange(time)[:, None] >= lengths] = 0
    return -log_p, d_logits


def _forward(log_y: Array, may_stay: Array, may_skip: Array) -> Array:
    log_alpha = np.full_like(log_y, -np.inf)
    log_alpha[0, :, :2] = log_y[0, :, :2]
    for t in range(1, log_y.shape[0]):
        before = log_alpha[t - 1]
        total = np.where(may_stay, before, -np.inf)
        np.logaddexp(total[:, 1:], before[:, :-1], out=total[:, 1:])
        skipped = np.where(may_skip[:, 2:], before[:, :-2], -np.inf)
        np.logaddexp(total[:, 2:], skipped, out=total[:, 2:])
        log_alpha[t] = log_y[t] + total
    return log_alpha


def _backward(
    log_y: Array, may_stay: Array, may_skip: Array, is_final: Array, lengths: Array
) -> Array:
    log_beta = np.full_like(log_y, -np.inf)
    last = np.where(is_final, 0, -np.inf).astype(log_y.dtype)
    for t in range(log_y.shape[0] - 1, -1, -1):
        ends_here = (lengths - 1 == t)[:, None]
        if t == log_y.shape[0] - 1:
            log_beta[t] = np.where(ends_here, last, -np.inf)
            continue
        after = log_beta[t + 1] + log_y[t + 1]
        total = np.where(may_stay, after, -np.inf)
        np.logaddexp(total[:, :-1], after[:, 1:], out=total[:, :-1])
        skipped = np.where(may_skip[:, 2:], after[:, 2:], -np.inf)
        np.logaddexp(total[:, :-2], skipped, out=total[:, :-2])
        log_beta[t] = np.where(ends_here, last, total)
    return log_beta


@CTC_LOSS.gradient
def _ctc_loss_gradient(op: Operation, d_loss: Tensor, d_gradient: Any) -> list[Tensor | None]:
    gradient = identity.prevent_gradient(
        op.outputs[1],
        message="Currently there is no way to take the second  derivative of ctc_loss due to the "
        "fused implementation's interaction  with tf.gradients()",
    )
    return [scaled_rows(d_loss, gradient), None, None, None]


def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Tensor:
    """-log p(labels | inputs), summed over all alignments of the labels with the time steps.

    Args:
        labels: int32 SparseTensor `[batch, length]`; the last class is the blank and no label.
        inputs: `[time, batch, classes]`, unscaled log probabilities.
        sequence_length: int32 `[batch]`, how many steps of each item count.
        preprocess_collapse_repeated: take a label that is repeated in `labels` once.
        ctc_merge_repeated: a label repeated without a blank between is one label.
        ignore_longer_outputs_than_inputs: give loss 0 to items with more labels than steps,
            instead of an error.
        time_major: False when `inputs` is `[batch, time, classes]`.
        logits: newer name of `inputs`.

    Returns:
        `[batch]`, of the dtype of `inputs`.

    Raises:
        TypeError: `labels` is no SparseTensor.
        tf.errors.InvalidArgumentError: while running, labels are missing, don't fit into the steps,
            are negative, or follow a blank.

    Reference: TensorFlow 1.15, tensorflow/core/util/ctc/ctc_loss_calculator.h.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor")
    inputs = one_of("logits", logits, "inputs", inputs)
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    loss, _ = CTC_LOSS(
        inputs,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )
    result: Tensor = loss
    return result
