"""What a checkpoint of either version says of a tensor, and how its slices make it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from evergraph.core import dtypes, errors
from evergraph.core.dtypes import DType
from evergraph.formats.wire import WHOLE, Extent

Extents = tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """A tensor of a checkpoint: its whole shape, and the slices it's stored in.

    Attributes:
        dtype: type of its elements.
        shape: sizes of the whole tensor.
        slices: none when it's stored in one piece.
    """

    dtype: DType
    shape: tuple[int, ...]
    slices: tuple[Extents, ...] = ()


def extents_of(slice_proto: object) -> Extents:
    """The extents of a TensorSliceProto; one without length is all of its dimension."""
    return tuple(
        (e.start, e.length) if e.HasField("length") else WHOLE
        for e in slice_proto.extent  # type: ignore[attr-defined]
    )


def set_extents(slice_proto: object, extents: Iterable[Extent]) -> None:
    """Write `extents` into a TensorSliceProto."""
    for start, length in extents:
        extent = slice_proto.extent.add()  # type: ignore[attr-defined]
        if (start, length) != WHOLE:
            extent.start = start
            extent.length = length


def resolve(extents: Extents, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Python slices for `extents` of a tensor of `shape`."""
    return tuple(
        slice(0, size) if extent == WHOLE else slice(extent[0], extent[0] + extent[1])
        for extent, size in zip(extents, shape, strict=True)
    )


def slice_shape(extents: Extents, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of the slice `extents` of a tensor of `shape`."""
    return tuple(part.stop - part.start for part in resolve(extents, shape))


def assemble(
    entry: TensorEntry, wanted: Extents, read_stored: Callable[[Extents], np.ndarray]
) -> np.ndarray:
    """The slice `wanted` of a tensor that's stored in slices.

    Args:
        entry: the tensor.
        wanted: the slice to make.
        read_stored: reads one of `entry.slices`.

    Raises:
        DataLossError: the stored slices don't cover the wanted one.
    """
    if wanted in entry.slices:
        return read_stored(wanted)
    target = resolve(wanted, entry.shape)
    shape = tuple(part.stop - part.start for part in target)
    numpy_dtype = np.object_ if entry.dtype is dtypes.string else entry.dtype.as_numpy_dtype
    result = np.empty(shape, numpy_dtype)
    is_filled = np.zeros(shape, np.bool_)
    for stored in entry.slices:
        source = resolve(stored, entry.shape)
        common = [
            slice(max(a.start, b.start), min(a.stop, b.stop))
            for a, b in zip(target, source, strict=True)
        ]
        if any(part.start >= part.stop for part in common):
            continue
        to = tuple(
            slice(part.start - t.start, part.stop - t.start)
            for part, t in zip(common, target, strict=True)
        )
        origin = tuple(
            slice(part.start - s.start, part.stop - s.start)
            for part, s in zip(common, source, strict=True)
        )
        result[to] = read_stored(stored)[origin]
        is_filled[to] = True
    if not is_filled.all():
        raise errors.DataLossError(None, None, "The stored slices do not cover the tensor")
    return result
