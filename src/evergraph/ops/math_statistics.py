"""Reductions of truth values, and what is composed of other reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_shape, fills, identity
from evergraph.ops.array_shape import one_of
from evergraph.ops.cast import cast
from evergraph.ops.math_comparison import NOT_EQUAL, is_finite
from evergraph.ops.math_elementwise import add, subtract
from evergraph.ops.math_functions import exp, log, sqrt, square
from evergraph.ops.math_reduction import (
    known_scalar,
    reduce,
    reduce_max,
    reduce_mean,
    reduce_sum,
    reduced_axes,
    reduction_op,
)

ALL = reduction_op("All", "bool")


@ALL.kernel
def _all(xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool) -> Array:
    return xp.all(x, reduced_axes(xp, x.ndim, reduction_indices), keep_dims)


def reduce_all(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Whether every element is true over axes; true of nothing.

    Args:
        input_tensor: bools, any shape.
        axis: axis or axes to reduce, from -rank to rank - 1; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "All" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes, in the dtype of the input.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_all.cc.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return reduce(ALL, input_tensor, axis, keepdims, name)


ANY = reduction_op("Any", "bool")


@ANY.kernel
def _any(xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool) -> Array:
    return xp.any(x, reduced_axes(xp, x.ndim, reduction_indices), keep_dims)


def reduce_any(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Whether an element is true over axes; false of nothing.

    Args:
        input_tensor: bools, any shape.
        axis: axis or axes to reduce, from -rank to rank - 1; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "Any" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes, in the dtype of the input.

    Raises:
        ValueError: an axis is out of range, or an argument is given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_any.cc.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return reduce(ANY, input_tensor, axis, keepdims, name)


EUCLIDEAN_NORM = reduction_op("EuclideanNorm").no_gradient()


@EUCLIDEAN_NORM.kernel
def _euclidean_norm(
    xp: Namespace, x: Array, reduction_indices: np.ndarray, *, keep_dims: bool, T: DType
) -> Array:
    axes = reduced_axes(xp, x.ndim, reduction_indices)
    if all(x.shape[axis] == 1 for axis in axes):
        # Nothing is added up: TensorFlow hands the values on, sign and all.
        return xp.sum(x, axes, keep_dims)
    squares = xp.sum(xp.multiply(x, xp.conjugate(x)), axes, keep_dims)
    if T.is_integer:  # the sum may wrap; its root is cut off
        return xp.cast(xp.sqrt(xp.cast(squares, np.float64)), T.as_numpy_dtype)
    return xp.sqrt(squares)


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Compute sqrt(sum(|x|^2)) over axes.

    Args:
        input_tensor: numeric, any shape.
        axis: axis or axes to reduce; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operation; "EuclideanNorm" when None.

    Returns:
        Tensor without the reduced axes.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reduction_ops_euclidean.cc.
    """
    return reduce(EUCLIDEAN_NORM, input_tensor, axis, keepdims, name)


def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Compute log(sum(e^x)) over axes, without overflow.

    Args:
        input_tensor: floating, any shape.
        axis: axis or axes to reduce; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operations' scope; "ReduceLogSumExp" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.

    Returns:
        Tensor without the reduced axes.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    from evergraph.ops.select import where

    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    x = convert_to_tensor(input_tensor)
    with name_scope(name, "ReduceLogSumExp", [x]):
        raw_max = reduce_max(x, axis=axis, keepdims=True)
        # An infinite maximum would give inf - inf.
        finite_max = where(is_finite(raw_max), raw_max, fills.zeros_like(raw_max))
        top = identity.stop_gradient(finite_max)
        result = log(reduce_sum(exp(subtract(x, top)), axis, keepdims=keepdims))
        if not keepdims:
            top = array_shape.reshape(top, array_shape.shape(result))
        return known_scalar(add(result, top), axis, keepdims)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Compute mean((x - mean(x))^2) over axes.

    Args:
        input_tensor: floating, any shape.
        axis: axis or axes to reduce; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operations' scope; "reduce_variance" when None.

    Returns:
        Tensor without the reduced axes.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name or "reduce_variance"):
        means = reduce_mean(input_tensor, axis=axis, keepdims=True)
        squared = square(input_tensor - means)
        return reduce_mean(squared, axis=axis, keepdims=keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Compute the square root of `reduce_variance`.

    Args:
        input_tensor: floating, any shape.
        axis: axis or axes to reduce; all when None.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the operations' scope; "reduce_std" when None.

    Returns:
        Tensor without the reduced axes.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name or "reduce_std"):
        result: Tensor = sqrt(reduce_variance(input_tensor, axis=axis, keepdims=keepdims))
        return result


def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """Count the elements that aren't zero, or no empty text, over axes.

    Args:
        input_tensor: numbers, bools or text, any shape.
        axis: axis or axes to reduce; all when None.
        keepdims: whether reduced axes stay, with size 1.
        dtype: dtype of the result.
        name: name of the operations' scope; "count_nonzero" when None.
        reduction_indices: old name of `axis`.
        keep_dims: old name of `keepdims`.
        input: another name of `input_tensor`.

    Returns:
        Tensor of `dtype` without the reduced axes.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    keepdims = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    input_tensor = one_of("input", input, "input_tensor", input_tensor)
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(name, "count_nonzero", [input_tensor]):
        x = convert_to_tensor(input_tensor, name="input")
        zero = fills.zeros([], dtype=x.dtype)
        is_counted = cast(NOT_EQUAL(x, zero), dtypes.int64)
        result: Tensor = cast(reduce_sum(is_counted, axis=axis, keepdims=keepdims), dtype=dtype)
        return result
