"""GatherTree: the sequences of a beam search, read back from its parents."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge, merge_dims, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _gather_tree_shape(c: ShapeContext) -> TensorShape:
    step_ids, parent_ids = with_rank(c.inputs[0], 3), with_rank(c.inputs[1], 3)
    lengths = with_rank(c.inputs[2], 1)
    with_rank(c.inputs[3], 0)
    time, batch, beam = merge(step_ids, parent_ids).as_list()
    return TensorShape([time, merge_dims(batch, lengths.as_list()[0]), beam])


GATHER_TREE = register_op(
    "GatherTree",
    inputs="step_ids: T, parent_ids: T, max_sequence_lengths: int32, end_token: T",
    outputs="beams: T",
    attrs={"T": (dtypes.int32,)},
    shape=_gather_tree_shape,
    # It reads what a loop of unknown length has written: its first dimension is no constant.
    numpy_only=True,
)


def _text(x: Array) -> str:
    return "[" + ",".join(map(str, np.shape(x))) + "]"


def _check(ids: Array, parents: Array, lengths: Array, end_token: Array) -> None:
    problem = ""
    if ids.ndim != 3:
        problem = f"step_ids must be a 3-tensor, saw shape: {_text(ids)}"
    elif lengths.ndim != 1:
        problem = f"max_sequence_lengths must be a vector, saw shape: {_text(lengths)}"
    elif np.ndim(end_token) != 0:
        problem = f"end_token must be a scalar, saw shape: {_text(end_token)}"
    elif ids.shape != parents.shape:
        problem = (
            f"step_ids.shape must match parent_ids.shape.  but shapes are: {_text(ids)} and "
            f"{_text(parents)}"
        )
    elif ids.shape[1] != lengths.size:
        problem = (
            "batch size dimensions step_ids.shape[1] and max_sequence_lengths.shape[0] must match. "
            f" but shapes are: {_text(ids)} and {_text(lengths)}"
        )
    if problem:
        raise InvalidArgumentError(None, None, problem)


@GATHER_TREE.kernel
def _gather_tree(
    xp: Namespace,
    step_ids: Array,
    parent_ids: Array,
    max_sequence_lengths: Array,
    end_token: Array,
) -> Array:
    _check(step_ids, parent_ids, max_sequence_lengths, end_token)
    time, batch, width = step_ids.shape
    lengths = np.minimum(max_sequence_lengths, time)[:, None]
    beams = np.full_like(step_ids, end_token)
    items = np.arange(batch)[:, None]
    own = np.broadcast_to(np.arange(width), (batch, width))
    parents = own
    for t in range(time - 1, -1, -1):
        is_last, is_before = lengths - 1 == t, t < lengths - 1
        is_bad = is_before & ((parents < 0) | (parents >= width))
        if is_bad.any():
            item, beam = np.argwhere(is_bad)[0].tolist()
            raise InvalidArgumentError(
                None,
                None,
                f"Saw invalid parent id {parents[item, beam]} at (batch, time, beam) == "
                f"({item}, {t}, {beam})",
            )
        sources = np.where(is_before, parents, own)
        is_in = is_last | is_before
        beams[t] = np.where(is_in, step_ids[t][items, sources], beams[t])
        parents = np.where(is_in, parent_ids[t][items, sources], parents)
    # What comes after an end is the end, too.
    has_ended = np.cumsum(beams == end_token, 0) > 0
    beams[has_ended] = end_token
    return beams


def gather_tree(
    step_ids: Any,
    parent_ids: Any,
    max_sequence_lengths: Any,
    end_token: Any,
    name: str | None = None,
) -> Tensor:
    """Follow the parents back from the last step of each beam.

    Args:
        step_ids: int32 `[time, batch, beams]`, what was chosen.
        parent_ids: int32 `[time, batch, beams]`, the beam of the step before that it continues.
        max_sequence_lengths: int32 `[batch]`, how many steps count.
        end_token: int32 scalar, what is written from the first such token on.
        name: name of the operation; "GatherTree" when None.

    Returns:
        int32 `[time, batch, beams]`: whole sequences.

    Raises:
        tf.errors.InvalidArgumentError: while running, a parent is out of range.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/kernels/beam_search_ops.cc.
    """
    result: Tensor = GATHER_TREE(step_ids, parent_ids, max_sequence_lengths, end_token, name=name)
    return result
