"""Blocks of a tensor: Slice, and the ops that write into a strided slice."""

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
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import rank, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.strided_slice import (
    MASK_ATTRS,
    MASKS,
    SlicePlan,
    checked_position,
    known_entries,
    needs_bounds,
    plan_of_kernel,
)
from evergraph.registry.constant_value import constant_value, partial_value
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import no_outputs, unchanged
from evergraph.registry.shape_inference import ShapeContext


def _slice_shape(c: ShapeContext) -> TensorShape:
    source = c.inputs[0]
    for i in (1, 2):
        if c.inputs[i].ndims not in (None, 1):
            raise ValueError(f"Shape must be rank 1 but is rank {c.inputs[i].ndims}")
    counts = {n for n in (c.inputs[1].num_elements(), c.inputs[2].num_elements()) if n is not None}
    if len(counts) > 1:
        x, y = c.inputs[1].num_elements(), c.inputs[2].num_elements()
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {x} and {y}. Shapes are "
            f"[{x}] and [{y}]."
        )
    if counts and source.ndims not in (None, *counts):
        raise ValueError(f"Shape must be rank {counts.pop()} but is rank {source.ndims}")
    begin, wanted = c.constant_as_shape(1).sizes, c.constant_as_shape(2).sizes
    size = c.constant(2)
    if wanted is None:
        count = source.ndims if source.ndims is not None else next(iter(counts), None)
        return TensorShape(None if count is None else [None] * count)
    if size is None:
        return TensorShape(wanted)
    sizes = [None] * len(size) if source.sizes is None else list(source.sizes)
    begin = (None,) * len(size) if begin is None else begin
    return TensorShape(
        [_sliced(d, b, s) for d, b, s in zip(sizes, begin, size.tolist(), strict=True)]
    )


def _sliced(whole: int | None, begin: int | None, size: int) -> int | None:
    if size == -1:
        if whole is None or begin is None:
            return None
        if begin > whole:
            raise ValueError(f"Negative dimension size caused by subtracting {begin} from {whole}")
        return whole - begin
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


def _needs_begin(op: Operation) -> list[str]:
    """`begin` must be known when compiling where it decides a size (-1: all that is left)."""
    begin, size = partial_value(op.inputs[1]), partial_value(op.inputs[2])
    if constant_value(op.inputs[1]) is not None or not isinstance(size, tuple):
        return ["begin"]
    if not isinstance(begin, tuple):
        return ["begin"] if -1 in size else []
    pairs = zip(begin, size, strict=True)
    return ["begin"] if any(count == -1 and first is None for first, count in pairs) else []


SLICE = register_op(
    "Slice",
    inputs="input: T, begin: Index, size: Index",
    outputs="output: T",
    attrs={"T": "type", "Index": INDEX},
    shape=_slice_shape,
    static_inputs=("size",),
    also_static=_needs_begin,
)


@SLICE.kernel
def _slice(xp: Namespace, x: Array, begin: Array, size: np.ndarray, *, op: Operation) -> Array:
    whole = xp.shape(x)
    if not (xp.shape(begin) == np.shape(size) == (len(whole),)):
        raise InvalidArgumentError(
            None,
            None,
            "Expected begin and size arguments to be 1-D tensors of size "
            f"{len(whole)}, but got shapes [{','.join(map(str, xp.shape(begin)))}] and "
            f"[{','.join(map(str, np.shape(size)))}] instead.",
        )
    firsts = known_entries(begin, op, "begin")
    sizes = []
    for i, count in enumerate(size.tolist()):
        first = firsts[i]
        if count == -1:
            assert first is not None, "_needs_begin asks for what decides a size"
            count = int(whole[i]) - first
        sizes.append(count)
    if any(first is None for first in firsts):
        return xp.dynamic_slice(x, begin, sizes)
    cuts = []
    for i, (first, count) in enumerate(zip(firsts, sizes, strict=True)):
        assert first is not None
        if not 0 <= first <= whole[i]:
            raise InvalidArgumentError(
                None, None, f"Expected begin[{i}] in [0, {whole[i]}], but got {first}"
            )
        if not 0 <= count <= whole[i] - first:
            raise InvalidArgumentError(
                None, None, f"Expected size[{i}] in [0, {whole[i] - first}], but got {count}"
            )
        cuts.append(slice_type(first, first + count))
    return x[tuple(cuts)]


slice_type = slice  # the public function below takes Python's name


@SLICE.gradient
def _slice_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None, None]:
    from evergraph.ops.array_pad import pad

    source, begin = op.inputs[0], op.inputs[1]
    input_rank = rank(source)
    size: Any = shape_of(op.outputs[0])
    column = stack([input_rank, 1])
    before = reshape(begin, column)
    whole: Any = shape_of(source)
    after = reshape(whole - size - begin, column)
    return pad(d_output, concat([before, after], 1)), None, None


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """The block of a tensor that starts at `begin` and has `size`.

    Args:
        input_: any tensor of n dimensions.
        begin: int32 or int64 `[n]`.
        size: the same; -1 is all that is left.
        name: name of the operation; "Slice" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/slice_op.cc.
    """
    result: Tensor = SLICE(input_, begin, size, name=name)
    return result


@dataclass(frozen=True, slots=True)
class _Masks:
    """The five bit masks, as the array namespaces take them."""

    begin: int
    end: int
    ellipsis: int
    new_axis: int
    shrink_axis: int


def _updated(
    xp: Namespace,
    x: Array,
    spec: Sequence[Array],
    value: Array,
    op: Operation,
    masks: Sequence[int],
) -> Array:
    """`x` with the elements of a strided slice replaced by `value`."""
    begin, end, strides = spec
    plan = plan_of_kernel(
        xp.shape(x), begin, end, strides, op, dict(zip(MASKS, masks, strict=True))
    )
    wanted = plan.final_shape
    if 0 in wanted:
        return x
    if xp.shape(value) != tuple(wanted):
        left, right = (",".join(map(str, sizes)) for sizes in (wanted, xp.shape(value)))
        xp.check(
            False,
            "UnimplementedError",
            f"sliced l-value shape [{left}] does not match r-value shape [{right}]. Automatic "
            "broadcasting not yet implemented.",
        )
        return x  # compiled, the check fails later
    if all(cut.begin is not None and cut.end is not None for cut in plan.cuts):
        return xp.strided_slice_assign(x, begin, end, strides, value, _Masks(*masks))
    return _updated_at_computed_places(xp, x, begin, plan, value)


def _updated_at_computed_places(
    xp: Namespace, x: Array, begin: Array, plan: SlicePlan, value: Array
) -> Array:
    """As `_updated`, where some dimensions are indexed by numbers that the program computes.

    The block that these indices choose is taken out, changed, and put back in its place.
    """
    sizes = [int(size) for size in xp.shape(x)]
    starts, spec, open_ends = [], [], 0
    for dim, cut in enumerate(plan.cuts):
        if cut.begin is None:
            starts.append(checked_position(xp, begin[cut.entry], sizes[dim], dim))
            sizes[dim] = 1
            spec.append((0, 1, 1))
        else:
            starts.append(np.zeros((), begin.dtype))
            kept = cut.as_slice()
            open_ends |= (kept.stop is None) << dim
            spec.append((kept.start, kept.stop or 0, kept.step))
    corner = xp.stack(starts)
    block = xp.dynamic_slice(x, corner, sizes)
    value = xp.reshape(value, tuple(cut.size for cut in plan.cuts))
    bounds = np.array(spec).T
    block = xp.strided_slice_assign(block, *bounds, value, _Masks(0, open_ends, 0, 0, 0))
    return xp.dynamic_update_slice(x, block, corner)


STRIDED_SLICE_ASSIGN = register_op(
    "StridedSliceAssign",
    inputs="ref: Ref(T), begin: Index, end: Index, strides: Index, value: T",
    outputs="output_ref: Ref(T)",
    attrs={"T": "type", "Index": INDEX, **MASK_ATTRS},
    shape=unchanged,
    static_inputs=("strides",),
    also_static=needs_bounds,
    writes=("ref",),
    aliases={"output_ref": "ref"},
)


@STRIDED_SLICE_ASSIGN.kernel
def _strided_slice_assign(
    xp: Namespace,
    ref: Array,
    begin: Array,
    end: Array,
    strides: np.ndarray,
    value: Array,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
    op: Operation,
) -> Array:
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return _updated(xp, ref, (begin, end, strides), value, op, masks)


RESOURCE_STRIDED_SLICE_ASSIGN = register_op(
    "ResourceStridedSliceAssign",
    inputs="ref: resource, begin: Index, end: Index, strides: Index, value: T",
    attrs={"T": "type", "Index": INDEX, **MASK_ATTRS},
    shape=no_outputs,
    static_inputs=("strides",),
    also_static=needs_bounds,
    stateful=True,
    writes=("ref",),
)
RESOURCE_STRIDED_SLICE_ASSIGN.kernel(_strided_slice_assign)

TENSOR_STRIDED_SLICE_UPDATE = register_op(
    "TensorStridedSliceUpdate",
    inputs="input: T, begin: Index, end: Index, strides: Index, value: T",
    outputs="output: T",
    attrs={"T": "type", "Index": INDEX, **MASK_ATTRS},
    shape=unchanged,
    static_inputs=("strides",),
    also_static=needs_bounds,
)
TENSOR_STRIDED_SLICE_UPDATE.kernel(_strided_slice_assign)
