"""Tensors of beams: repeating a batch, and what each step wrote in the beams' final order.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_gather import gather_nd
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import tile, transpose
from evergraph.ops.array_shape import expand_dims, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.assertions import Assert
from evergraph.ops.cast import cast
from evergraph.ops.gather_tree import gather_tree
from evergraph.ops.math_comparison import equal, logical_and, logical_or
from evergraph.ops.math_reduction import reduce_max
from evergraph.ops.select import where
from evergraph.ops.sequences import range as range_of
from evergraph.ops.sequences import sequence_mask
from evergraph.platform import logging


def _tile_batch(t: Any, multiplier: int) -> Tensor:
    t = convert_to_tensor(t, name="t")
    sizes: Any = shape_of(t)
    if t.shape.ndims is None or t.shape.ndims < 1:
        raise ValueError("t must have statically known rank")
    tiling = [1] * (t.shape.ndims + 1)
    tiling[1] = multiplier
    batch = t.shape.as_list()[0]
    tiled = tile(expand_dims(t, 1), tiling)
    tiled = reshape(tiled, concat(([sizes[0] * multiplier], sizes[1:]), 0))
    known = TensorShape([None if batch is None else batch * multiplier])
    tiled.set_shape(known.concatenate(t.shape[1:]))
    return tiled


def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Each item of a batch `multiplier` times, one after another.

    Args:
        t: tensor `[batch, ...]`, or a structure of these.
        multiplier: how many times.
        name: name of the operations' scope; "tile_batch" when None.

    Returns:
        `[batch * multiplier, ...]`, in the structure of `t`.

    Raises:
        ValueError: a rank isn't known, or 0.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py.
    """
    with name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(lambda one: _tile_batch(one, multiplier), t)


def gather_tree_from_array(t: Any, parent_ids: Any, sequence_length: Any) -> Tensor:
    """What each step wrote, in the order of the final beams.

    Args:
        t: `[time, batch, beams, ...]` or `[time, batch * beams, ...]`.
        parent_ids: int32 `[time, batch, beams]`.
        sequence_length: integers `[batch, beams]`.

    Returns:
        Tensor of the shape of `t`.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py.
    """
    known = parent_ids.shape.as_list()
    max_time: Any = known[0] or shape_of(parent_ids)[0]
    batch_size: Any = known[1] or shape_of(parent_ids)[1]
    width: Any = known[2] or shape_of(parent_ids)[2]
    beams = expand_dims(expand_dims(range_of(width), 0), 0)
    beams = tile(beams, [max_time, batch_size, 1])
    longest = cast(reduce_max(sequence_length, axis=1), dtypes.int32)
    sorted_beams = gather_tree(
        step_ids=beams, parent_ids=parent_ids, max_sequence_lengths=longest, end_token=width + 1
    )
    # Beams behind their end are left where they are.
    is_in = transpose(sequence_mask(sequence_length, maxlen=max_time), perm=[2, 0, 1])
    sorted_beams = where(is_in, x=sorted_beams, y=beams)
    times = tile(reshape(range_of(max_time), [-1, 1, 1]), [1, batch_size, width])
    items = tile(reshape(range_of(batch_size), [-1, 1, 1]), [1, max_time, width])
    items = transpose(items, perm=[1, 0, 2])
    indices = stack([times, items, sorted_beams], -1)
    final_shape = shape_of(t)
    rows = reshape(t, [max_time, batch_size, width, -1])
    return reshape(gather_nd(rows, indices), final_shape)


def may_be_split(shape: TensorShape, batch_size: int | None, beam_width: int) -> bool:
    """Whether elements of `shape` can be `[batch, beams, ...]`, as far as known; warns if not."""
    wanted = TensorShape([batch_size, beam_width, None])
    sizes = shape.as_list()
    if batch_size is None or sizes[0] is None:
        return True
    # As in TensorFlow, where a second dimension that is known must be that of the beams as well.
    is_flat = sizes[0] == batch_size * beam_width
    is_split = len(sizes) < 2 or sizes[1] is None or sizes[:2] == [batch_size, beam_width]
    if is_flat and is_split:
        return True
    logging.warn(
        "TensorArray reordering expects elements to be reshapable to %s which is incompatible with "
        "the current shape %s. Consider setting reorder_tensor_arrays to False to disable "
        "TensorArray reordering during the beam search.",
        wanted,
        shape,
    )
    return False


def assert_may_be_split(t: Tensor, batch_size: Any, beam_width: int) -> Operation | None:
    """An operation that fails where `t` isn't `[time, batch, beams]` or `[time, batch * beams]`."""
    message = (
        "TensorArray reordering expects elements to be reshapable to [batch_size, beam_size, -1] "
        f"which is incompatible with the dynamic shape of {t.name} elements. Consider setting "
        "reorder_tensor_arrays to False to disable TensorArray reordering during the beam search."
    )
    sizes: Any = shape_of(t)
    if t.shape.ndims == 2:
        condition = equal(sizes[1], batch_size * beam_width)
    else:
        condition = logical_or(
            equal(sizes[1], batch_size * beam_width),
            logical_and(equal(sizes[1], batch_size), equal(sizes[2], beam_width)),
        )
    return Assert(condition, [message])
