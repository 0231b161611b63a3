"""Reductions: sums, means, products and extremes, over chosen axes."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, NUMERIC
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import colocate_with, device, get_default_graph
from evergraph.ops import array_concat, array_shape, fills
from evergraph.ops.array_shape import one_of
from evergraph.ops.cast import cast
from evergraph.ops.complex import conj
from evergraph.ops.constants import constant, constant_value
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_division import divide, truediv
from evergraph.ops.math_elementwise import maximum
from evergraph.registry.constant_value import constant_value as folded_value
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import reduction

Sizes = tuple[int, ...]

# (input shape, axes) -> (shape with the axes of size 1, how often to repeat along each axis).
_known_scalings: WeakKeyDictionary[Graph, dict[tuple[Sizes, Sizes], tuple[Sizes, Sizes]]] = (
    WeakKeyDictionary()
)


def reduced_axes(xp: Namespace, rank: int, reduction_indices: np.ndarray) -> Sizes:
    """The axes to reduce, counted from the front.

    Raises:
        InvalidArgumentError: an axis is out of range.
    """
    axes: list[int] = []
    for index in np.ravel(reduction_indices).tolist():
        if not -rank <= index < rank:
            text = f"Invalid reduction dimension ({index} for input with {rank} dimension(s)"
            xp.check(False, "InvalidArgumentError", text)
        axis = index % rank
        if axis not in axes:
            axes.append(axis)
    return tuple(axes)


def reduction_dims(x: Any, axis: Any) -> Any:
    """`axis`, or a constant of all axes of `x` when it is None."""
    from evergraph.ops.sequences import range

    if axis is not None:
        return axis
    rank: int | None = None
    if isinstance(x, SparseTensor):
        rank = x.dense_shape.shape.num_elements()
    elif isinstance(x, Tensor):
        rank = x.shape.ndims
    if rank is not None:
        return constant(np.arange(rank), dtype=dtypes.int32)
    return range(0, array_shape.rank(x))


def reduction_op(name: str, dtype: str = "T") -> OpDef:
    """The schema of a reduction: of any numbers, or of `dtype`."""
    types: dict[str, Any] = {"T": NUMERIC} if dtype == "T" else {}
    return register_op(
        name,
        inputs=f"input: {dtype}, reduction_indices: Tidx",
        outputs=f"output: {dtype}",
        attrs={"keep_dims": "bool = false", **types, "Tidx": (INDEX, dtypes.int32)},
        shape=reduction,
        static_inputs=("reduction_indices",),
    )


def reduce(
    op_def: OpDef, input_tensor: Any, axis: Any, keepdims: bool | None, name: str | None
) -> Tensor:
    """One reduction operation; without axes the result is known to be a scalar."""
    keepdims = False if keepdims is None else keepdims
    axes = reduction_dims(input_tensor, axis)
    result: Tensor = op_def(input_tensor, axes, keep_dims=keepdims, name=name)
    return known_scalar(result, axis, keepdims)


def known_scalar(result: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """`result`, a scalar when every axis was reduced."""
    if axis is None and not keepdims and not result.shape.is_fully_defined():
        result.set_shape(())
    return result


def reduced_shape(input_shape: Any, axes: Any) -> Tensor:
    """The shape of a reduction's result that keeps its axes, as an operation.

    Args:
        input_shape: vector of sizes.
        axes: the axes that become 1.
    """
    from evergraph.ops.dynamic_partition import DYNAMIC_STITCH
    from evergraph.ops.sequences import range

    input_shape = cast(input_shape, dtypes.int32)
    axes = cast(axes, dtypes.int32)
    rank = array_shape.size(input_shape)
    axes = (axes + rank) % rank
    axes_shape = array_shape.shape(axes)
    result: Tensor = DYNAMIC_STITCH([range(rank), axes], [input_shape, fills.fill(axes_shape, 1)])
    return result


def _safe_shape_div(x: Any, y: Any) -> Tensor:
    """X / y of sizes, where 0 / 0 is 0."""
    result: Tensor = x // maximum(y, 1)
    return result


def _evaluated(tensor: Tensor) -> Sizes:
    value = folded_value(tensor)
    assert value is not None, f"{tensor.name} is made of constants"
    return tuple(int(item) for item in value)


def _scaling_of(input_shape: Sizes, axes: Sizes) -> tuple[Sizes, Sizes]:
    known = _known_scalings.setdefault(get_default_graph(), {})
    found = known.get((input_shape, axes))
    if found is None:
        kept = _evaluated(reduced_shape(input_shape, axes))
        found = kept, _evaluated(_safe_shape_div(input_shape, kept))
        known[input_shape, axes] = found
    return found


def _sum_gradient_of_input(op: Operation, d_output: Any) -> Tensor:
    """Repeat `d_output` along the axes that were summed."""
    from evergraph.ops.array_layout import tile

    (x, reduction_indices) = op.inputs
    shape = x._shape_tuple()
    if shape is not None:
        axes = constant_value(reduction_indices)
        if axes is not None:
            if np.array_equal(axes, np.arange(len(shape))):
                d_kept = array_shape.reshape(d_output, [1] * len(shape))
                sizes = (
                    array_shape.shape(x) if None in shape else constant(shape, dtype=dtypes.int32)
                )
                return tile(d_kept, sizes)
            if None not in shape:
                known_shape = tuple(int(size) for size in shape if size is not None)
                kept, scaling = _scaling_of(known_shape, tuple(int(a) for a in np.ravel(axes)))
                return tile(array_shape.reshape(d_output, kept), scaling)
    input_shape = array_shape.shape(x)
    with colocate_with(input_shape):
        kept_dims = reduced_shape(input_shape, reduction_indices)
        repeats = _safe_shape_div(input_shape, kept_dims)
    return tile(array_shape.reshape(d_output, kept_dims), repeats)


SUM = reduction_op("Sum")


@SUM.kernel
def _sum(xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool) -> Array:
    if reduction_indices.size == 0:  # a gradient whose forward operation broadcast nothing
        return x
    return xp.sum(x, reduced_axes(xp, x.ndim, reduction_indices), keep_dims)


@SUM.gradient
def _sum_gradient(op: Operation, d_output: Any) -> list[Any]:
    return [_sum_gradient_of_input(op, d_output), None]


def reduce_sum(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Compute the sum of elements over axes.

    Args:
        input_tensor: numeric, any shape.
        axis: axis or axes to reduce, from -rank to rank - 1; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "Sum" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes, in the dtype of the input.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_sum.cc.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return reduce(SUM, input_tensor, axis, keepdims, name)


MEAN = reduction_op("Mean")


@MEAN.kernel
def _mean(xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool) -> Array:
    return xp.mean(x, reduced_axes(xp, x.ndim, reduction_indices), keep_dims)


@MEAN.gradient
def _mean_gradient(op: Operation, d_output: Any) -> tuple[Any, None]:
    d_sum = _sum_gradient_of_input(op, d_output)
    (x, _), (y,) = op.inputs, op.outputs
    factor: Any
    if x.shape.is_fully_defined() and y.shape.is_fully_defined():
        count = x.shape.num_elements() or 0
        results = y.shape.num_elements() or 0
        factor = constant(count // max(results, 1), dtype=d_sum.dtype)
    else:
        input_shape, output_shape = array_shape.shape(x), array_shape.shape(y)
        factor = _safe_shape_div(reduce_prod(input_shape), reduce_prod(output_shape))
    return truediv(d_sum, cast(factor, d_sum.dtype)), None


def reduce_mean(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Compute the mean of elements over axes; of integers without its fraction.

    Args:
        input_tensor: numeric, any shape.
        axis: axis or axes to reduce, from -rank to rank - 1; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "Mean" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes, in the dtype of the input.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_mean.cc.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return reduce(MEAN, input_tensor, axis, keepdims, name)


PROD = reduction_op("Prod")


@PROD.kernel
def _prod(xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool) -> Array:
    return xp.prod(x, reduced_axes(xp, x.ndim, reduction_indices), keep_dims)


@PROD.gradient
def _prod_gradient(op: Operation, d_output: Any) -> tuple[Any, None]:
    from evergraph.ops.array_gather import gather
    from evergraph.ops.array_layout import invert_permutation, tile, transpose

    # d(product) / d(x_i) is the product of the others: that of those before times that of those
    # after it, so that zeros do no harm.
    from evergraph.ops.math_cumulative import cumprod
    from evergraph.ops.sequences import range
    from evergraph.ops.unique import setdiff1d

    x, reduction_indices = op.inputs
    input_shape = array_shape.shape(x)
    reduction_indices = array_shape.reshape(reduction_indices, [-1])
    kept_dims = reduced_shape(input_shape, op.inputs[1])
    repeats = _safe_shape_div(input_shape, kept_dims)
    d_tiled = tile(array_shape.reshape(d_output, kept_dims), repeats)
    with device("/cpu:0"):
        rank = array_shape.rank(x)
        reduction_indices = (reduction_indices + rank) % rank
        reduced = cast(reduction_indices, dtypes.int32)
        other, _ = setdiff1d(range(0, rank), reduced)
        permutation = array_concat.concat([reduced, other], 0)
        reduced_count = reduce_prod(gather(input_shape, reduced))
        other_count = reduce_prod(gather(input_shape, other))
    permuted = transpose(x, permutation)
    permuted_shape = array_shape.shape(permuted)
    columns = array_shape.reshape(permuted, (reduced_count, other_count))
    left = cumprod(columns, axis=0, exclusive=True)
    right = cumprod(columns, axis=0, exclusive=True, reverse=True)
    others = array_shape.reshape(conj(left) * conj(right), permuted_shape)
    d_x = d_tiled * transpose(others, invert_permutation(permutation))
    return array_shape.reshape(d_x, input_shape), None


def reduce_prod(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Compute the product of elements over axes.

    Args:
        input_tensor: numeric, any shape.
        axis: axis or axes to reduce, from -rank to rank - 1; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "Prod" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes, in the dtype of the input.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_prod.cc.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return reduce(PROD, input_tensor, axis, keepdims, name)


def _extreme_gradient(op: Operation, d_output: Tensor) -> list[Any]:
    """Share the gradient evenly among the elements that are equal to the extreme."""
    x, reduction_indices = op.inputs
    input_shape = array_shape.shape(x)
    kept_dims = reduced_shape(input_shape, reduction_indices)
    y = array_shape.reshape(op.outputs[0], kept_dims)
    d_kept = array_shape.reshape(d_output, kept_dims)
    indicators = cast(equal(y, x), d_kept.dtype)
    count = array_shape.reshape(reduce_sum(indicators, reduction_indices), kept_dims)
    return [divide(indicators, count) * d_kept, None]


MAX = reduction_op("Max")


@MAX.kernel
def _max(xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool) -> Array:
    return xp.max(x, reduced_axes(xp, x.ndim, reduction_indices), keep_dims)


MAX.gradient(_extreme_gradient)


def reduce_max(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Find the largest element over axes.

    Args:
        input_tensor: real numbers, any shape.
        axis: axis or axes to reduce, from -rank to rank - 1; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "Max" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes, in the dtype of the input.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_max.cc.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return reduce(MAX, input_tensor, axis, keepdims, name)


MIN = reduction_op("Min")


@MIN.kernel
def _min(xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool) -> Array:
    return xp.min(x, reduced_axes(xp, x.ndim, reduction_indices), keep_dims)


MIN.gradient(_extreme_gradient)


def reduce_min(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Find the least element over axes.

    Args:
        input_tensor: real numbers, any shape.
        axis: axis or axes to reduce, from -rank to rank - 1; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "Min" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes, in the dtype of the input.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_min.cc.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return reduce(MIN, input_tensor, axis, keepdims, name)
