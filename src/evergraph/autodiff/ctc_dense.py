"""Connectionist temporal classification with dense labels, built from smaller operations.

Forward and backward probabilities are computed by loops over time; the states of an item are 0 (the
start), one for each label, and a blank after each of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.autodiff.custom_gradient import custom_gradient
from evergraph.core import dtypes, nest
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import fills, inplace
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import tile, transpose
from evergraph.ops.array_pad import pad
from evergraph.ops.array_scatter import scatter_nd
from evergraph.ops.array_shape import expand_dims, reshape, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.ctc_labels import size_along
from evergraph.ops.ctc_loss import ctc_loss
from evergraph.ops.diagonals import eye
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_functions import exp, log
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_statistics import reduce_logsumexp
from evergraph.ops.select import where
from evergraph.ops.sequences import one_hot, sequence_mask
from evergraph.ops.sequences import range as range_of
from evergraph.ops.softmax import log_softmax


def state_transitions(label_seq: Any) -> Any:
    """Whether one state may follow another, `[batch, states, states]` of 0 and 1."""
    with name_scope("ctc_state_trans"):
        label_seq = convert_to_tensor(label_seq, name="label_seq")
        batch = size_along(label_seq, 0)
        label_count = size_along(label_seq, 1) + 1
        count = 2 * label_count
        labels: Any = range_of(label_count)
        blanks: Any = labels + label_count
        from_blank = stack([labels[1:], blanks[:-1]], 1)
        to_blank = stack([blanks, labels], 1)
        indices = concat([[[1, 0]], from_blank, to_blank], 0)
        values = fills.ones([size_along(indices, 0)])
        always: Any = scatter_nd(indices, values, shape=[count, count])
        always += eye(count)
        # From label to label, where they differ.
        item = fills.zeros_like(labels[2:])
        indices = stack([item, labels[2:], labels[1:-1]], 1)
        indices = tile(expand_dims(indices, 0), [batch, 1, 1])
        item = expand_dims(range_of(batch), 1) * [1, 0, 0]
        indices += expand_dims(item, 1)
        is_repeated = equal(label_seq[:, :-1], label_seq[:, 1:])
        values = 1.0 - cast(is_repeated, dtypes.float32)
        to_label = scatter_nd(indices, values, [batch, count, count])
        return expand_dims(always, 0) + to_label


def ctc_state_log_probs(seq_lengths: Any, max_seq_length: Any) -> tuple[Tensor, Tensor]:
    """Log probabilities to begin and to end in each state, `[batch, states]` each.

    Args:
        seq_lengths: integers `[batch]`, labels of each item.
        max_seq_length: the most labels of any.

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    batch = size_along(seq_lengths, 0)
    label_count = max_seq_length + 1
    count = 2 * label_count
    log_0 = cast(log(cast(0, dtypes.float64) + 1e-307), dtypes.float32)
    initial = one_hot(
        indices=fills.zeros([batch], dtype=dtypes.int32),
        depth=count,
        on_value=0.0,
        off_value=log_0,
        axis=1,
    )
    is_final = one_hot(seq_lengths, depth=label_count, axis=0)
    is_final = fills.ones([2, 1, batch]) * is_final
    final: Any = (1.0 - is_final) * log_0
    return initial, transpose(reshape(final, [count, batch]))


def _states_of_labels(labels: Any, num_labels: Any, log_probs: Any) -> Tensor:
    """Log probabilities `[time, batch, labels]` as those of the states."""
    label_count = size_along(labels, 1)
    blank = tile(log_probs[:, :, :1], [1, 1, label_count + 1])
    is_label: Any = expand_dims(one_hot(labels, depth=num_labels), axis=0)
    log_probs = expand_dims(log_probs, axis=2)
    of_states = reduce_sum(log_probs * is_label, axis=3)
    of_states = concat([of_states, blank], axis=2)
    return pad(of_states, [[0, 0], [0, 0], [1, 0]], constant_values=log(0.0))


def labels_of_states(labels: Any, num_labels: Any, states: Any) -> Tensor:
    """Log probabilities `[time, batch, states]` summed up to those of the labels."""
    label_count = size_along(labels, 1) + 1
    of_labels = states[:, :, 1:label_count]
    of_blanks = states[:, :, label_count:]
    is_label = one_hot(labels - 1, depth=num_labels - 1, on_value=0.0, off_value=log(0.0))
    is_label = expand_dims(is_label, axis=0)
    of_labels = reduce_logsumexp(expand_dims(of_labels, axis=3) + is_label, axis=2)
    of_blanks = reduce_logsumexp(of_blanks, axis=2, keepdims=True)
    return concat([of_blanks, of_labels], axis=-1)


def labels_of_states_unique(labels: Any, num_labels: Any, states: Any, unique: Any) -> Tensor:
    """As `labels_of_states`, by way of the different labels of each item."""
    label_count = size_along(labels, 1) + 1
    of_labels = states[:, :, 1:label_count]
    of_blanks = states[:, :, label_count:]
    unique_y, unique_idx = unique
    summed = sum_states(unique_idx, of_labels)
    times, batch = states.shape[0], states.shape[1]
    count = label_count - 1
    rows = transpose(summed, perm=[1, 2, 0])
    rows = reshape(rows, [batch * count, times])
    offset: Any = range_of(batch, dtype=unique_y.dtype) * num_labels
    indices = reshape(unique_y + expand_dims(offset, axis=-1), [-1, 1])
    found: Any = scatter_nd(indices=indices, updates=rows, shape=[batch * num_labels, times])
    found = reshape(found, [batch, num_labels, times])
    found = where(equal(found, 0.0), fills.fill(shape_of(found), log(0.0)), found)
    of_labels = transpose(found, [2, 0, 1])[:, :, 1:]
    of_blanks = reduce_logsumexp(of_blanks, axis=2, keepdims=True)
    return concat([of_blanks, of_labels], axis=-1)


def sum_states(idx: Any, states: Any) -> Tensor:
    """Log probabilities [time, batch, length] added up where `idx` [batch, length] is the same."""
    with name_scope("sum_states"):
        idx = convert_to_tensor(idx, name="idx")
        count = size_along(states, 2)
        states = expand_dims(states, axis=2)
        is_same = one_hot(idx, depth=count, on_value=0.0, off_value=log(0.0), axis=1)
        return reduce_logsumexp(states + is_same, axis=-1)


def forward_backward_log(
    state_trans_log_probs: Any,
    initial_state_log_probs: Any,
    final_state_log_probs: Any,
    observed_log_probs: Any,
    sequence_length: Any,
) -> tuple[Tensor, Tensor]:
    """The forward-backward algorithm.

    Args:
        state_trans_log_probs: `[states, states]` or `[batch, states, states]`.
        initial_state_log_probs: `[batch, states]`.
        final_state_log_probs: `[batch, states]`.
        observed_log_probs: `[time, batch, states]`.
        sequence_length: integers `[batch]`.

    Returns:
        (log probabilities of the states `[time, batch, states]`, log likelihood `[batch]`).

    Raises:
        ValueError: the rank of the transitions is neither 2 nor 3.

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    if state_trans_log_probs.shape.ndims == 2:
        perm = [1, 0]
    elif state_trans_log_probs.shape.ndims == 3:
        perm = [0, 2, 1]
    else:
        raise ValueError(
            "state_trans_log_probs rank must be known and == 2 or 3, is: "
            f"{state_trans_log_probs.shape.ndims}"
        )
    back_trans_log_probs = transpose(state_trans_log_probs, perm)
    batch = size_along(observed_log_probs, 1)

    def forward(state: Any, observed: Any) -> Any:
        state = expand_dims(state, axis=1)
        state += state_trans_log_probs
        state = reduce_logsumexp(state, axis=-1)
        state += observed
        state -= reduce_logsumexp(state, axis=-1, keepdims=True)
        return state

    ahead: Any = scan(forward, observed_log_probs, initial_state_log_probs, inclusive=True)

    def backward(before: Any, row: Any) -> Any:
        state, log_sum = before
        observed, is_in = row
        state += observed
        state = expand_dims(state, axis=1)
        state += back_trans_log_probs
        state = reduce_logsumexp(state, axis=-1)
        total = reduce_logsumexp(state, axis=-1, keepdims=True)
        state -= total
        log_sum += squeeze(total) * is_in
        is_in = expand_dims(is_in, axis=1)
        out = state * is_in
        out += final_state_log_probs * (1.0 - is_in)
        return out, log_sum

    zero = fills.zeros([batch])
    mask = sequence_mask(sequence_length, size_along(observed_log_probs, 0), dtypes.float32)
    mask = transpose(mask, perm=[1, 0])
    back, log_sum = scan(
        backward,
        (observed_log_probs, mask),
        (final_state_log_probs, zero),
        reverse=True,
        inclusive=True,
    )
    both = ahead[1:] + back[1:]
    both -= reduce_logsumexp(both, axis=2, keepdims=True)
    both += log(expand_dims(mask, axis=2))
    return both, back[0, :, 0] + log_sum[0]


def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initial: Any,
    reverse: bool = False,
    inclusive: bool = False,
    final_only: bool = False,
) -> Any:
    """Apply `fn(accumulated, element)` along the first dimension, by a `While` operation.

    Args:
        fn: gives the new accumulated value, of the structure of `initial`.
        elems: tensors or a structure of these, of one size in the first dimension.
        initial: what is accumulated before the first element.
        reverse: from the last element to the first.
        inclusive: the result begins with `initial`.
        final_only: return only the last accumulated value.

    Returns:
        The accumulated values, stacked, in the structure of `initial`; they have no gradient.

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    from evergraph.functions.defun import Defun
    from evergraph.functions.functional_ops import While

    flat_elems: list[Any] = [convert_to_tensor(x) for x in nest.flatten(elems)]
    num_elems = shape_of(flat_elems[0])[0]
    flat_initial = [convert_to_tensor(x) for x in nest.flatten(initial)]
    kinds = [x.dtype for x in flat_initial]
    count = len(flat_initial)
    loop_kinds = [dtypes.int32, dtypes.int32, *(kinds if final_only else [*kinds, *kinds])]

    def goes_on(i: Any, num_elems: Any, *args: Any) -> Any:
        return i >= 0 if reverse else i < num_elems

    def body(i: Any, num_elems: Any, *args: Any) -> list[Any]:
        i.set_shape([])
        outs, before = ((), args) if final_only else (args[:count], args[count:])
        rows = [gather(elem, i) for elem in flat_elems]
        packed = nest.pack_sequence_as(initial, before)
        after = nest.flatten(fn(packed, nest.pack_sequence_as(elems, rows)))
        new_outs = []
        if not final_only:
            place = i + 1 if inclusive and not reverse else i
            new_outs = [
                inplace.alias_inplace_update(out, place, value)
                for out, value in zip(outs, after, strict=False)
            ]
        return [i - 1 if reverse else i + 1, num_elems, *new_outs, *after]

    start: Any = shape_of(flat_elems[0])[0] - 1 if reverse else constant(0, dtype=dtypes.int32)
    outputs = []
    if not final_only:
        length: Any = shape_of(flat_elems[0])[0] + (1 if inclusive else 0)
        for value in flat_initial:
            sizes = concat([[length], shape_of(value)], 0)
            out = fills.EMPTY(sizes, dtype=value.dtype, init=True)
            if inclusive:
                out = inplace.alias_inplace_add(out, start + (1 if reverse else 0), value)
            outputs.append(out)
    loop_in = [start, num_elems, *outputs, *flat_initial]
    hostmem = [
        i for i, x in enumerate(loop_in) if x.dtype.base_dtype in (dtypes.int32, dtypes.int64)
    ]
    results = While(loop_in, Defun(*loop_kinds)(goes_on), Defun(*loop_kinds)(body), hostmem=hostmem)
    return nest.pack_sequence_as(initial, results[2 : count + 2])


def ctc_loss_and_grad(
    logits: Any, labels: Any, label_length: Any, logit_length: Any, unique: Any = None
) -> tuple[Tensor, Tensor]:
    """The loss and its derivative by the logits.

    Args:
        logits: `[time, batch, labels]`, unscaled; label 0 is the blank.
        labels: `[batch, longest]`.
        label_length: integers `[batch]`, how many labels count.
        logit_length: integers `[batch]`, how many time steps count.
        unique: what `ctc_unique_labels(labels)` gives, or None.

    Returns:
        (loss `[batch]`, gradient `[time, batch, labels]`).

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    num_labels = size_along(logits, 2)
    longest = size_along(labels, 1)
    log_probs = log_softmax(logits)
    observed = _states_of_labels(labels, num_labels, log_probs)
    transitions = state_transitions(labels)
    initial, final = ctc_state_log_probs(label_length, longest)
    both, log_likelihood = forward_backward_log(
        state_trans_log_probs=log(transitions),
        initial_state_log_probs=initial,
        final_state_log_probs=final,
        observed_log_probs=observed,
        sequence_length=logit_length,
    )
    if unique:
        of_labels = labels_of_states_unique(labels, num_labels, both, unique)
    else:
        of_labels = labels_of_states(labels, num_labels, both)
    gradient: Any = exp(log_probs) - exp(of_labels)
    loss: Any = -log_likelihood
    return loss, gradient


def ctc_loss_v2(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = None,
    name: str | None = None,
) -> Tensor:
    """-log p(labels | logits), summed over all alignments of the labels with the time steps.

    Args:
        labels: integers `[batch, longest]`, or a SparseTensor.
        logits: `[time, batch, classes]`, unscaled log probabilities.
        label_length: integers `[batch]`, how many labels count; None for sparse labels.
        logit_length: integers `[batch]`, how many time steps count.
        logits_time_major: False when `logits` is `[batch, time, classes]`.
        unique: what `ctc_unique_labels(labels)` gives: takes less memory.
        blank_index: the class that is the blank, negative from the end; 0 when None, and must be
            given for sparse labels.
        name: name of the operations' scope; "ctc_loss_dense" when None.

    Returns:
        `[batch]`.

    Raises:
        ValueError: `blank_index` is missing.

    Reference: TensorFlow 1.15, tensorflow/python/ops/ctc_ops.py.
    """
    if not isinstance(labels, SparseTensor):
        return ctc_loss_dense(
            labels=labels,
            logits=logits,
            label_length=label_length,
            logit_length=logit_length,
            logits_time_major=logits_time_major,
            unique=unique,
            blank_index=0 if blank_index is None else blank_index,
            name=name,
        )
    if blank_index is None:
        raise ValueError("blank_index must be given when using SparseTensor labels.")
    if blank_index < 0:
        blank_index += size_along(logits, 2)
    if blank_index != size_along(logits, 2) - 1:
        before, after = logits[:, :, :blank_index], logits[:, :, blank_index + 1 :]
        logits = concat([before, after, logits[:, :, blank_index : blank_index + 1]], axis=2)
        is_before = labels.values < blank_index
        values = where(is_before, labels.values, labels.values - 1)
        labels = SparseTensor(labels.indices, values, labels.dense_shape)
    return ctc_loss(
        labels=labels, inputs=logits, sequence_length=logit_length, time_major=logits_time_major
    )


def ctc_loss_dense(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = 0,
    name: str | None = None,
) -> Tensor:
    """`ctc_loss_v2` of dense labels."""
    with name_scope(name, "ctc_loss_dense", [logits, labels, label_length, logit_length]):
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        label_length = convert_to_tensor(label_length, name="label_length")
        logit_length = convert_to_tensor(logit_length, name="logit_length")
        if not logits_time_major:
            logits = transpose(logits, perm=[1, 0, 2])
        if blank_index != 0:
            if blank_index < 0:
                blank_index += size_along(logits, 2)
            blank = logits[:, :, blank_index : blank_index + 1]
            before, after = logits[:, :, :blank_index], logits[:, :, blank_index + 1 :]
            logits = concat([blank, before, after], axis=2)
            labels = where(labels < blank_index, labels + 1, labels)
        args = [logits, labels, label_length, logit_length]
        shapes = [arg.shape for arg in args]
        if unique:
            args.extend(unique)

        @custom_gradient
        def loss_of(*given: Any) -> Any:
            for tensor, shape in zip(given, shapes, strict=False):
                tensor.set_shape(shape)
            loss, gradient = ctc_loss_and_grad(
                given[0], given[1], given[2], given[3], given[4:] or None
            )

            def d_inputs(d_loss: Any) -> list[Any]:
                d_logits: Any = reshape(d_loss, [1, -1, 1]) * gradient
                return [d_logits, *([None] * (len(args) - 1))]

            return loss, d_inputs

        result: Tensor = loss_of(*args)
        return result
