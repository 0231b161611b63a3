"""`x[1:3, ..., i]`: StridedSlice and its gradient.

Reference: TensorFlow 1.15, tensorflow/core/util/strided_slice_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_shape import shape as shape_of
from evergraph.registry.constant_value import constant_value, partial_value
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import from_input
from evergraph.registry.shape_inference import ShapeContext

MASKS = (
    "begin_mask",
    "end_mask",
    "ellipsis_mask",
    "new_axis_mask",
    "shrink_axis_mask",
)
MASK_ATTRS = dict.fromkeys(MASKS, "int = 0")

# What `tensor[:, tf.newaxis]` is written with, as in NumPy.
newaxis = None


@dataclass(frozen=True, slots=True)
class Cut:
    """What happens to one dimension of the input.

    Attributes:
        begin, end: first element and the one past the last, both valid positions for `step`
            (`end` is -1 when a negative step runs to the front); None where not known.
        step: never 0.
        size: size of the result, None where not known.
        is_index: the dimension goes away.
        entry: which entry of the slice spec says so; None where the spec is silent.
    """

    begin: int | None
    end: int | None
    step: int
    size: int | None
    is_index: bool = False
    entry: int | None = None

    def as_slice(self) -> slice:
        """The cut as Python's slice; for known begin and end."""
        if self.size == 0:
            return slice(0, 0)
        if self.step < 0 and self.end == -1:
            return slice(self.begin, None, self.step)
        return slice(self.begin, self.end, self.step)


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """A slice spec applied to a shape: one Cut for each dimension, and the axes of the result.

    Attributes:
        cuts: one for each dimension of the input.
        layout: for each axis of the result, the dimension it comes from; None for a new axis.
    """

    cuts: tuple[Cut, ...]
    layout: tuple[int | None, ...]

    @property
    def final_shape(self) -> tuple[int | None, ...]:
        """The sizes of the result."""
        return tuple(1 if i is None else self.cuts[i].size for i in self.layout)


def plan_slice(
    sizes: Sequence[int | None],
    begin: Sequence[int | None],
    end: Sequence[int | None],
    strides: Sequence[int],
    masks: dict[str, int],
) -> SlicePlan:
    """What a slice spec does to a shape.

    Args:
        sizes: the shape of the input, None for what isn't known.
        begin: first element of each entry of the spec; None for what isn't known.
        end: the element after the last, likewise.
        strides: the steps.
        masks: the five bit masks by name.

    Raises:
        ValueError: too many entries, a zero stride, or an index out of range.
    """
    count, rank = len(strides), len(sizes)
    ellipsis_at, new_axis = masks["ellipsis_mask"], masks["new_axis_mask"]
    if ellipsis_at and ellipsis_at & (ellipsis_at - 1):
        raise ValueError("Multiple ellipses in slice spec not allowed")
    cuts: list[Cut] = []
    layout: list[int | None] = []
    for i in range(count):
        bit = 1 << i
        if ellipsis_at & bit:
            later = sum(1 for j in range(i + 1, count) if not new_axis & (1 << j))
            while len(cuts) < rank - later:
                layout.append(len(cuts))
                cuts.append(_whole(sizes[len(cuts)]))
        elif new_axis & bit:
            layout.append(None)
        else:
            dim = len(cuts)
            if dim == rank:
                raise ValueError(
                    f"Index out of range using input dim {dim}; input has only {rank} dims"
                )
            is_index = bool(masks["shrink_axis_mask"] & bit)
            cuts.append(
                _cut(
                    sizes[dim],
                    begin[i],
                    end[i],
                    int(strides[i]),
                    (bool(masks["begin_mask"] & bit), bool(masks["end_mask"] & bit)),
                    (i, dim, is_index),
                )
            )
            if not is_index:
                layout.append(dim)
    while len(cuts) < rank:
        layout.append(len(cuts))
        cuts.append(_whole(sizes[len(cuts)]))
    return SlicePlan(tuple(cuts), tuple(layout))


def _whole(size: int | None) -> Cut:
    return Cut(0, size, 1, size)


def _cut(
    size: int | None,
    begin: int | None,
    end: int | None,
    step: int,
    masked: tuple[bool, bool],
    place: tuple[int, int, bool],
) -> Cut:
    entry, dim, is_index = place
    if step == 0:
        raise ValueError(f"strides[{entry}] must be non-zero")
    if is_index:
        if step <= 0:
            raise ValueError("only stride 1 allowed on non-range indexing.")
        if begin is None or size is None:
            return Cut(None, None, 1, 1, True, entry)
        position = begin + size if begin < 0 else begin
        if not 0 <= position < size:
            raise ValueError(f"slice index {position} of dimension {dim} out of bounds.")
        return Cut(position, position + 1, 1, 1, True, entry)
    if size is None:
        return Cut(None, None, step, None, False, entry)
    lowest, highest = (0, size) if step > 0 else (-1, size - 1)
    first = (
        (lowest if step > 0 else highest) if masked[0] else _clamped(begin, size, lowest, highest)
    )
    last = (highest if step > 0 else lowest) if masked[1] else _clamped(end, size, lowest, highest)
    if first is None or last is None:
        return Cut(first, last, step, None, False, entry)
    return Cut(first, last, step, max(0, -((first - last) // step)), False, entry)


def _clamped(position: int | None, size: int, lowest: int, highest: int) -> int | None:
    if position is None:
        return None
    position = position + size if position < 0 else position
    return max(lowest, min(highest, position))


def _plan_of(c: ShapeContext, sizes: Sequence[int | None], first: int) -> SlicePlan | None:
    """The plan from inputs `first` to `first + 2`; None when the strides aren't known."""
    strides = c.constant(first + 2)
    if strides is None:
        return None
    asked = dict(c.asked)
    begin, end = c.constant(first), c.constant(first + 1)
    try:
        return _planned(c, sizes, begin, end, strides)
    except ValueError as error:
        if "out of bounds" not in str(error):
            c.asked = asked  # the spec itself is wrong, whatever begin and end are
        raise


def _planned(
    c: ShapeContext,
    sizes: Sequence[int | None],
    begin: np.ndarray | None,
    end: np.ndarray | None,
    strides: np.ndarray,
) -> SlicePlan:
    count = len(strides)
    # As in TensorFlow, a vector that is known in part counts as unknown: its entries are traced
    # values at run time, and get_shape() must say what TensorFlow's says.
    return plan_slice(
        sizes,
        [None] * count if begin is None or end is None else begin.tolist(),
        [None] * count if begin is None or end is None else end.tolist(),
        strides.tolist(),
        {name: c.attr(name) for name in MASKS},
    )


def _strided_slice_shape(c: ShapeContext) -> TensorShape:
    length: int | None = None
    for shape in c.inputs[1:4]:
        if shape.ndims not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {shape.ndims}")
        found = shape.as_list()[0] if shape.ndims else None
        if length is not None and found is not None and found != length:
            raise ValueError(f"Dimensions must be equal, but are {length} and {found}")
        length = length if found is None else found
    if c.inputs[0].sizes is None or length is None:
        return TensorShape(None)
    plan = _plan_of(c, c.inputs[0].sizes, 1)
    return TensorShape(None if plan is None else plan.final_shape)


def _strided_slice_partial(c: ShapeContext) -> Any:
    """A slice of a vector that is known in part: `x.shape[1:]` in shape arithmetic."""
    known = c.partial(0)
    if not isinstance(known, tuple):
        return None
    plan = _plan_of(c, (len(known),), 1)
    if plan is None or plan.cuts[0].begin is None or plan.cuts[0].end is None:
        return None
    taken = known[plan.cuts[0].as_slice()]
    if plan.layout == (0,):
        return taken
    return taken[0] if plan.layout == () else None


def needs_bounds(op: Operation) -> list[str]:
    """Which of "begin" and "end" decide sizes, and so must be known when compiling.

    An index (`x[i]`) may be computed by the executable itself, the ends of a range may not.
    Constants are always asked for: they cost nothing, and a feed may replace them.
    """
    open_ended = op.attrs["shrink_axis_mask"] | op.attrs["new_axis_mask"]
    open_ended |= op.attrs["ellipsis_mask"]
    names = []
    for name in ("begin", "end"):
        tensor = op.inputs[op.op_def.input_index[name]]
        known = partial_value(tensor)
        masked = open_ended | op.attrs[f"{name}_mask"]
        if (
            constant_value(tensor) is not None
            or not isinstance(known, tuple)
            or any(value is None and not masked >> i & 1 for i, value in enumerate(known))
        ):
            names.append(name)
    return names


STRIDED_SLICE = register_op(
    "StridedSlice",
    inputs="input: T, begin: Index, end: Index, strides: Index",
    outputs="output: T",
    attrs={"T": "type", "Index": INDEX, **MASK_ATTRS},
    shape=_strided_slice_shape,
    partial_value=_strided_slice_partial,
    static_inputs=("strides",),
    also_static=needs_bounds,
)


def plan_of_kernel(
    sizes: Sequence[int],
    begin: Any,
    end: Any,
    strides: Any,
    op: Operation,
    masks: dict[str, int],
) -> SlicePlan:
    """What a slice spec, some entries of which may be traced, does to an array of these sizes."""
    known_begin, known_end = known_entries(begin, op, "begin"), known_entries(end, op, "end")
    try:
        return plan_slice(
            [int(s) for s in sizes],
            known_begin,
            known_end,
            [int(s) for s in strides],
            masks,
        )
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from None


def known_entries(value: Any, op: Operation, name: str) -> list[int | None]:
    """The entries of a slice spec as far as they are known when the kernel is compiled."""
    if isinstance(value, np.ndarray):
        return [int(x) for x in value]
    found = partial_value(op.inputs[op.op_def.input_index[name]])
    return list(found) if isinstance(found, tuple) else [None] * int(value.shape[0])


@STRIDED_SLICE.kernel
def _strided_slice(
    xp: Namespace,
    x: Array,
    begin: Array,
    end: Array,
    strides: np.ndarray,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
    op: Operation,
) -> Array:
    masks = dict(
        zip(
            MASKS,
            (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask),
            strict=True,
        )
    )
    plan = plan_of_kernel(xp.shape(x), begin, end, strides, op, masks)
    for dim, cut in enumerate(plan.cuts):
        if cut.begin is not None and cut.end is not None:
            continue
        assert cut.is_index and cut.entry is not None, "needs_bounds asks for what decides a size"
        x = _take_one(xp, x, dim, begin[cut.entry])
    kept = [
        slice(None) if cut.begin is None or cut.end is None else cut.as_slice() for cut in plan.cuts
    ]
    return xp.reshape(x[tuple(kept)], plan.final_shape)


def _take_one(xp: Namespace, x: Array, dim: int, position: Array) -> Array:
    """Element `position`, computed at run time, of dimension `dim`, which stays with size 1."""
    first = checked_position(xp, position, xp.shape(x)[dim], dim)
    sizes = list(xp.shape(x))
    sizes[dim] = 1
    zero = np.zeros((), np.dtype(position.dtype))
    begin = xp.stack([first if d == dim else zero for d in range(len(sizes))])
    return xp.dynamic_slice(x, begin, sizes)


def checked_position(xp: Namespace, position: Array, size: int, dim: int) -> Array:
    """An index computed at run time, counted from the front; out of bounds is an error."""
    xp.check(
        xp.logical_and(xp.greater_equal(position, -int(size)), xp.less(position, int(size))),
        "InvalidArgumentError",
        lambda: (
            f"slice index {int(position) + (int(size) if position < 0 else 0)} of dimension {dim} "
            "out of bounds."
        ),
    )
    return _counted_from_front(xp, position, size)


def _counted_from_front(xp: Namespace, position: Array, size: int) -> Array:
    size = int(size)
    return xp.where(xp.less(position, 0), xp.add(position, size), position)


def mask_attrs(op: Operation) -> dict[str, Any]:
    """The five masks of a slice op."""
    return {name: op.get_attr(name) for name in MASKS}


@STRIDED_SLICE.gradient
def _strided_slice_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    _, begin, end, strides = op.inputs
    sizes = shape_of(op.inputs[0], out_type=begin.dtype)
    d_input = STRIDED_SLICE_GRAD(sizes, begin, end, strides, d_output, **mask_attrs(op))
    return d_input, None, None, None


STRIDED_SLICE_GRAD = register_op(
    "StridedSliceGrad",
    inputs="shape: Index, begin: Index, end: Index, strides: Index, dy: T",
    outputs="output: T",
    attrs={"T": "type", "Index": INDEX, **MASK_ATTRS},
    shape=from_input(0),
    static_inputs=("shape", "strides"),
    also_static=needs_bounds,
)


@STRIDED_SLICE_GRAD.kernel
def _strided_slice_grad(
    xp: Namespace,
    shape: np.ndarray,
    begin: Array,
    end: Array,
    strides: np.ndarray,
    dy: Array,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
    op: Operation,
) -> Array:
    masks = dict(
        zip(
            MASKS,
            (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask),
            strict=True,
        )
    )
    sizes = tuple(int(s) for s in shape)
    plan = plan_of_kernel(sizes, begin, end, strides, op, masks)
    dy = xp.reshape(dy, tuple(cut.size for cut in plan.cuts))
    for dim, cut in enumerate(plan.cuts):
        if cut.begin is None or cut.end is None:
            assert cut.entry is not None
            dy = _place_one(xp, dy, dim, begin[cut.entry], sizes[dim])
        else:
            dy = _spread(xp, dy, dim, cut, sizes[dim])
    return dy


def _place_one(xp: Namespace, dy: Array, dim: int, position: Array, size: int) -> Array:
    """Zeros of `size` along `dim`, with `dy` at `position`, computed at run time."""
    first = _counted_from_front(xp, position, size)
    places = np.arange(size, dtype=np.dtype(position.dtype))
    shape = (size,) + (1,) * (len(xp.shape(dy)) - dim - 1)
    at = xp.reshape(xp.equal(places, first), shape)
    return xp.where(at, dy, xp.zeros_like(dy))


def _spread(xp: Namespace, dy: Array, dim: int, cut: Cut, size: int) -> Array:
    """Zeros of `size` along `dim`, with `dy` at the positions of `cut`."""
    assert cut.begin is not None and cut.size is not None
    count, step, first = cut.size, abs(cut.step), cut.begin
    if count == size and cut.step == 1:
        return dy
    shape = list(xp.shape(dy))
    if count == 0:
        shape[dim] = size
        return xp.zeros(tuple(shape), dy.dtype)
    if cut.step < 0:
        dy = xp.flip(dy, dim)
        first = first + (count - 1) * cut.step
    if step > 1:
        dy = xp.reshape(dy, (*shape[: dim + 1], 1, *shape[dim + 1 :]))
        dy = _padded(xp, dy, dim + 1, 0, step - 1)
        shape[dim] = count * step
        dy = xp.reshape(dy, tuple(shape))
        kept = (slice(None),) * dim
        dy = dy[(*kept, slice(0, (count - 1) * step + 1))]
    return _padded(xp, dy, dim, first, size - first - (count - 1) * step - 1)


def _padded(xp: Namespace, x: Array, dim: int, before: int, after: int) -> Array:
    widths = [(0, 0)] * len(xp.shape(x))
    widths[dim] = (before, after)
    return xp.pad(x, widths, b"" if x.dtype == object else 0)


@STRIDED_SLICE_GRAD.gradient
def _strided_slice_grad_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    _, begin, end, strides, _ = op.inputs
    d_dy = strided_slice(d_output, begin, end, strides, **mask_attrs(op))
    return None, None, None, None, d_dy


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """The part of a tensor that `input_[begin:end:strides]` is in NumPy.

    Args:
        input_: any tensor.
        begin: int32 or int64 vector, one entry for each item of the slice spec.
        end: the same; the position after the last.
        strides: the same; ones when None.
        begin_mask: bit i set: entry i starts at the edge, `begin[i]` doesn't count.
        end_mask: bit i set: entry i goes to the edge.
        ellipsis_mask: bit i set: entry i is `...`.
        new_axis_mask: bit i set: entry i adds a dimension of size 1.
        shrink_axis_mask: bit i set: entry i is an index, its dimension goes away.
        var: the variable whose part this is, for `.assign`.
        name: name of the operation; "StridedSlice" when None.

    Returns:
        A tensor; its method `assign(value)` writes the part of `var`.

    Raises:
        ValueError: too many entries, a zero stride, or an index that is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/strided_slice_op.cc.
    """
    if strides is None:
        from evergraph.ops.fills import ones_like

        strides = ones_like(begin)
    masks: dict[str, Any] = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    result: Tensor = STRIDED_SLICE(input_, begin, end, strides, name=name, **masks)
    parent_name = name

    def assign(value: Any, name: str | None = None) -> Any:
        if var is None:
            raise ValueError("Sliced assignment is only supported for variables")
        return var._strided_slice_assign(
            begin=begin,
            end=end,
            strides=strides,
            value=value,
            name=f"{parent_name}_assign" if name is None else name,
            **masks,
        )

    result.assign = assign  # type: ignore[attr-defined]  # as in TensorFlow
    return result
