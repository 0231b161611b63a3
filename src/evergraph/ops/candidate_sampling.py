"""Sampled classes that happen to be true ones: ComputeAccidentalHits."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_seed
from evergraph.ops.sparse_indices import demand
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext


def _hits_shape(c: ShapeContext) -> list[TensorShape]:
    columns, wanted = with_rank(c.inputs[0], 2).as_list()[1], c.attr("num_true")
    if columns is not None and columns != wanted:
        raise ValueError(f"Dimension must be {wanted} but is {columns}")
    with_rank(c.inputs[1], 1)
    return [TensorShape([None])] * 3


COMPUTE_ACCIDENTAL_HITS = register_op(
    "ComputeAccidentalHits",
    inputs="true_classes: int64, sampled_candidates: int64",
    outputs="indices: int32, ids: int64, weights: float",
    attrs={"num_true": "int", "seed": "int = 0", "seed2": "int = 0"},
    shape=_hits_shape,
    numpy_only=True,
).no_gradient()


@COMPUTE_ACCIDENTAL_HITS.kernel
def _compute_accidental_hits(
    xp: Namespace, true_classes: Array, sampled_candidates: Array, *, num_true: int
) -> list[Array]:
    demand(
        xp,
        true_classes.ndim == 2 and true_classes.shape[1] == num_true,
        "true_candidates must be a batch_size * num_true matrix",
    )
    demand(
        xp,
        sampled_candidates.ndim == 1,
        "sampled_candidates must be a vector, which is typically an output from CandidateSampler",
    )
    # Of equal candidates the last one counts.
    different, back = np.unique(sampled_candidates[::-1], return_index=True)
    flat = true_classes.ravel()
    place = np.minimum(np.searchsorted(different, flat), max(different.size - 1, 0))
    hit = different[place] == flat if different.size else np.zeros(flat.size, bool)
    rows = np.repeat(np.arange(true_classes.shape[0]), num_true)[hit]
    ids = sampled_candidates.size - 1 - back[place[hit]]
    weights = np.full(ids.size, np.finfo(np.float32).min, np.float32)
    return [rows.astype(np.int32), ids.astype(np.int64), weights]


def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Where sampled classes are true ones of an example.

    Args:
        true_classes: int64, `[batch, num_true]`.
        sampled_candidates: int64, `[num_sampled]`.
        num_true: true classes of an example.
        seed: has no effect on the result.
        name: name of the operation; "ComputeAccidentalHits" when None.

    Returns:
        (indices, ids, weights): the example (int32) and the place among the candidates (int64) of
        each hit, and the lowest float32.

    Raises:
        tf.errors.InvalidArgumentError: while running, arguments of other shapes.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/candidate_sampler_ops.cc.
    """
    seed1, seed2 = get_seed(seed)
    result: tuple[Tensor, Tensor, Tensor] = COMPUTE_ACCIDENTAL_HITS(
        true_classes,
        sampled_candidates,
        num_true=num_true,
        seed=seed1,
        seed2=seed2,
        name=name,
    )
    return result
