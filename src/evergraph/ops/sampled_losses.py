"""Losses over a sample of the classes: nce_loss and sampled_softmax_loss.

Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.errors import UnsupportedError, explain
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import expand_dims, reshape, shape
from evergraph.ops.array_slice import slice as slice_
from evergraph.ops.candidate_sampling import compute_accidental_hits
from evergraph.ops.cast import cast
from evergraph.ops.cross_entropy import softmax_cross_entropy_with_logits_v2
from evergraph.ops.embedding import embedding_lookup
from evergraph.ops.fills import ones, ones_like, zeros_like
from evergraph.ops.identity import stop_gradient
from evergraph.ops.math_elementwise import multiply
from evergraph.ops.math_functions import log
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_losses import sigmoid_cross_entropy_with_logits
from evergraph.ops.sparse_dense import sparse_to_dense


def _sum_rows(x: Tensor) -> Tensor:
    """`[rows, columns]` -> `[rows]`, by a product with ones, as TensorFlow does."""
    columns = shape(x)[1]
    row = ones(stack([columns, 1]), x.dtype)
    return reshape(matmul(x, row), [-1])


def _as(x: Any, dtype: dtypes.DType) -> Any:
    return x if x.dtype == dtype else cast(x, dtype)


def compute_sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    subtract_log_q: bool = True,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str | None = None,
    seed: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Logits and labels of the true classes and of sampled ones.

    Args:
        weights: `[num_classes, dim]`, or a list of its parts.
        biases: `[num_classes]`.
        labels: int64, `[batch, num_true]`.
        inputs: `[batch, dim]`.
        num_sampled: how many classes are sampled.
        num_classes: how many there are.
        num_true: true classes of an example.
        sampled_values: (sampled classes, expected count of the true, of the sampled).
        subtract_log_q: whether the log of the expected counts is subtracted.
        remove_accidental_hits: whether sampled classes that are true ones are left out.
        partition_strategy: how `weights` is cut: "mod" or "div".
        name: name scope; "compute_sampled_logits" when None.
        seed: for the sampling.

    Returns:
        Both `[batch, num_true + num_sampled]`, the true classes first.

    Raises:
        UnsupportedError: the candidate samplers would be needed, which aren't there yet.
    """
    if sampled_values is None:
        raise UnsupportedError(
            explain("Candidate sampling is not supported.", fix="give sampled_values")
        )
    parts = list(weights) if isinstance(weights, list | tuple) else [weights]
    if hasattr(weights, "_get_partitions") or type(weights).__name__ == "PartitionedVariable":
        parts = list(weights)
    with name_scope(name, "compute_sampled_logits", [*parts, biases, inputs, labels]):
        labels = _as(labels, dtypes.int64)
        labels_flat = reshape(labels, [-1])
        sampled, true_count, sampled_count = (stop_gradient(value) for value in sampled_values)
        sampled = cast(sampled, dtypes.int64)
        all_ids = concat([labels_flat, sampled], 0)

        all_w = embedding_lookup(parts, all_ids, partition_strategy=partition_strategy)
        all_w = _as(all_w, inputs.dtype)
        true_w = slice_(all_w, [0, 0], stack([shape(labels_flat)[0], -1]))
        sampled_w = slice_(all_w, stack([shape(labels_flat)[0], 0]), [-1, -1])
        sampled_logits = matmul(inputs, sampled_w, transpose_b=True)

        all_b = embedding_lookup(biases, all_ids, partition_strategy=partition_strategy)
        all_b = _as(all_b, inputs.dtype)
        true_b = slice_(all_b, [0], shape(labels_flat))
        sampled_b = slice_(all_b, shape(labels_flat), [-1])

        dim = shape(true_w)[1:2]
        wide = concat([[-1, num_true], dim], 0)
        dots = multiply(expand_dims(inputs, 1), reshape(true_w, wide))
        dots_as_matrix = reshape(dots, concat([[-1], dim], 0))
        true_logits = reshape(_sum_rows(dots_as_matrix), [-1, num_true])
        true_logits += reshape(true_b, [-1, num_true])
        sampled_logits += sampled_b
        if remove_accidental_hits:
            sampled_logits += _penalties(labels, sampled, num_true, num_sampled, inputs.dtype)
        if subtract_log_q:
            true_logits -= log(true_count)
            sampled_logits -= log(sampled_count)
        logits = concat([true_logits, sampled_logits], 1)
        shares = [ones_like(true_logits) / num_true, zeros_like(sampled_logits)]
        return logits, concat(shares, 1)


def _penalties(
    labels: Any, sampled: Any, num_true: int, num_sampled: Any, dtype: dtypes.DType
) -> Tensor:
    """`[batch, num_sampled]`: the lowest number where a sampled class is a true one, else 0."""
    examples, places, weights = compute_accidental_hits(labels, sampled, num_true=num_true)
    rows = reshape(examples, [-1, 1])
    columns = reshape(cast(places, dtypes.int32), [-1, 1])
    indices = concat([rows, columns], 1, "sparse_indices")
    sizes: Any = shape(labels)
    whole = concat([sizes[:1], expand_dims(num_sampled, 0)], 0)
    return sparse_to_dense(
        indices, whole, _as(weights, dtype), default_value=0.0, validate_indices=False
    )


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Tensor:
    """Compute the noise-contrastive loss: is each of these classes true, or was it sampled?

    Parameters are those of `compute_sampled_logits`.

    Returns:
        `[batch]`.

    Raises:
        UnsupportedError: see `compute_sampled_logits`.
    """
    logits, labels = compute_sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        True,
        remove_accidental_hits,
        partition_strategy,
        name,
    )
    losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="sampled_losses")
    return _sum_rows(losses)


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Tensor:
    """Compute the softmax cross entropy over the true and the sampled classes.

    Parameters are those of `compute_sampled_logits`.

    Returns:
        `[batch]`.

    Raises:
        UnsupportedError: see `compute_sampled_logits`.
    """
    logits, labels = compute_sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        True,
        remove_accidental_hits,
        partition_strategy,
        name,
        seed,
    )
    labels = stop_gradient(labels, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)


def nce_loss_v2(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str = "nce_loss",
) -> Tensor:
    """As `nce_loss`, with weights cut by "div"."""
    return nce_loss(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        "div",
        name,
    )


def sampled_softmax_loss_v2(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: int | None = None,
    name: str = "sampled_softmax_loss",
) -> Tensor:
    """As `sampled_softmax_loss`, with weights cut by "div"."""
    return sampled_softmax_loss(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        "div",
        name,
        seed,
    )
