"""TensorFlow's strided slices as plain arithmetic: which elements each axis of the input gives.

Shared by both backends; knows no array but the small vectors `begin`, `end` and `strides`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evergraph.arrays.checks import CheckFailure


@dataclass(frozen=True, slots=True)
class AxisSlice:
    """What one axis of the input gives: elements start, start + step, ... (`size` of them)."""

    start: int
    size: int
    step: int

    def as_slice(self) -> slice:
        """The same for NumPy's indexing."""
        stop = self.start + self.size * self.step
        return slice(self.start, stop if stop >= 0 else None, self.step)


@dataclass(frozen=True, slots=True)
class SliceMasks:
    """The five bit masks of TensorFlow's StridedSlice; bit i speaks of entry i of the spec."""

    begin: int = 0
    end: int = 0
    ellipsis: int = 0
    new_axis: int = 0
    shrink_axis: int = 0


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """A strided slice of an array of known shape.

    `axes[d]` is what axis d of the input gives, or None where it is one element at position
    `dynamic[d]` of `begin`, unknown yet; `kept` is the shape of the sliced input, and `shape` that
    of the result, new axes put in and single elements taken out.
    """

    axes: tuple[AxisSlice | None, ...]
    dynamic: dict[int, int]
    kept: tuple[int, ...]
    shape: tuple[int, ...]


class UnknownSliceError(ValueError):
    """A begin, end or stride that decides a size isn't known."""


def plan_slice(
    shape: Sequence[int],
    begin: Sequence[int | None],
    end: Sequence[int | None],
    strides: Sequence[int | None],
    masks: SliceMasks,
) -> SlicePlan:
    """What a strided slice of an array of `shape` takes.

    Args:
        shape: of the input.
        begin: for each entry of the spec, its first element; None where it isn't known.
        end: as `begin`: where to stop.
        strides: as `begin`: the steps.
        masks: which of them not to look at.

    Raises:
        CheckFailure: a zero stride, an index out of bounds, or more entries than axes.
        UnknownSliceError: a size would depend on a None.
    """
    count, rank = len(begin), len(shape)
    fullness = sum(
        1 for i in range(count) if not (masks.new_axis >> i & 1 or masks.ellipsis >> i & 1)
    )
    if fullness > rank:
        raise CheckFailure(
            "InvalidArgumentError",
            f"Index out of range using input dim {rank}; input has only {rank} dims",
        )
    axes: list[AxisSlice | None] = []
    dynamic: dict[int, int] = {}
    result: list[int] = []
    has_ellipsis = False

    def take_whole(number: int) -> None:
        for _ in range(number):
            size = shape[len(axes)]
            axes.append(AxisSlice(0, size, 1))
            result.append(size)

    for i in range(count):
        bit = 1 << i
        if masks.ellipsis & bit and not has_ellipsis:
            has_ellipsis = True
            take_whole(rank - fullness)
        elif masks.new_axis & bit:
            result.append(1)
        elif masks.shrink_axis & bit:
            axis = len(axes)
            first = begin[i] if not masks.begin & bit else 0
            if first is None:
                dynamic[axis] = i
                axes.append(None)
            else:
                axes.append(_single(first, shape[axis], axis, strides[i], i))
        else:
            axis = len(axes)
            taken = _range(
                shape[axis],
                begin[i],
                end[i],
                strides[i],
                bool(masks.begin & bit),
                bool(masks.end & bit),
                i,
            )
            axes.append(taken)
            result.append(taken.size)
    take_whole(rank - len(axes))
    kept = tuple(1 if a is None else a.size for a in axes)
    return SlicePlan(tuple(axes), dynamic, kept, tuple(result))


def _single(index: int, size: int, axis: int, stride: int | None, entry: int) -> AxisSlice:
    if stride == 0:
        raise CheckFailure("InvalidArgumentError", f"strides[{entry}] must be non-zero")
    if stride is not None and stride < 0:
        raise CheckFailure("InvalidArgumentError", "only stride 1 allowed on non-range indexing.")
    if not -size <= index < size:
        raise CheckFailure("InvalidArgumentError", out_of_bounds(index, axis))
    return AxisSlice(index + size if index < 0 else index, 1, 1)


def out_of_bounds(index: int, axis: int) -> str:
    """The text for an index outside of its axis."""
    return f"slice index {index} of dimension {axis} out of bounds."


def _range(
    size: int,
    begin: int | None,
    end: int | None,
    stride: int | None,
    whole_begin: bool,
    whole_end: bool,
    entry: int,
) -> AxisSlice:
    if stride is None or (begin is None and not whole_begin) or (end is None and not whole_end):
        raise UnknownSliceError("the size of a slice depends on a value that is not known")
    if stride == 0:
        raise CheckFailure("InvalidArgumentError", f"strides[{entry}] must be non-zero")
    wanted = slice(None if whole_begin else begin, None if whole_end else end, stride)
    elements = range(*wanted.indices(size))
    return AxisSlice(elements.start if elements else 0, len(elements), stride if elements else 1)
