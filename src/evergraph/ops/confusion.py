"""Weights that broadcast, labels and predictions of one rank, and confusion matrices.

Reference: TensorFlow 1.15, tensorflow/python/ops/confusion_matrix.py and weights_broadcast_ops.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops.array_join import stack
from evergraph.ops.array_scatter import scatter_nd
from evergraph.ops.array_shape import rank, shape, squeeze
from evergraph.ops.assertions import Assert
from evergraph.ops.cast import cast
from evergraph.ops.checks import assert_less, assert_non_negative
from evergraph.ops.cond import cond
from evergraph.ops.fills import ones_like
from evergraph.ops.grouping import with_dependencies
from evergraph.ops.identity import no_op
from evergraph.ops.math_comparison import equal, logical_or
from evergraph.ops.math_elementwise import maximum, multiply
from evergraph.ops.math_reduction import reduce_max
from evergraph.ops.math_statistics import reduce_all
from evergraph.registry.constant_value import constant_value

_NOT_BROADCASTABLE = "weights can not be broadcast to values."


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Drop the last dimension, of size 1, of the one whose rank is too large by one.

    Args:
        labels: any tensor.
        predictions: any tensor.
        expected_rank_diff: by how much the rank of `predictions` should exceed that of `labels`.
        name: name scope; "remove_squeezable_dimensions" when None.

    Returns:
        Labels and predictions. Where a rank is known at run time only, the decision falls then.

    Reference: TensorFlow 1.15, tensorflow/python/ops/confusion_matrix.py.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions = convert_to_tensor(predictions)
        labels = convert_to_tensor(labels)
        if labels.shape.ndims is not None and predictions.shape.ndims is not None:
            excess = predictions.shape.ndims - labels.shape.ndims - expected_rank_diff
            if excess == 1:
                predictions = squeeze(predictions, [-1])
            elif excess == -1:
                labels = squeeze(labels, [-1])
            return labels, predictions
        difference = rank(predictions) - rank(labels)
        if _may_end_in_one(predictions):
            predictions = _squeezed_if(equal(expected_rank_diff + 1, difference), predictions)
        if _may_end_in_one(labels):
            labels = _squeezed_if(equal(expected_rank_diff - 1, difference), labels)
        return labels, predictions


def _may_end_in_one(x: Tensor) -> bool:
    return x.shape.ndims is None or bool(x.shape[-1].is_compatible_with(1))


def _squeezed_if(pred: Tensor, x: Tensor) -> Any:
    return cond(pred, lambda: squeeze(x, [-1]), lambda: x)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """Count how often each label meets each prediction.

    Args:
        labels: class numbers, `[n]`.
        predictions: class numbers, `[n]`.
        num_classes: how many classes there are; one more than the largest number when None.
        dtype: type of the result.
        name: name scope; "confusion_matrix" when None.
        weights: what each pair counts, `[n]`; 1 when None.

    Returns:
        Tensor `[num_classes, num_classes]`; rows are labels, columns predictions.

    Raises:
        ValueError: the shapes don't fit.
        InvalidArgumentError: a number is negative or not below `num_classes`; when it runs.

    Reference: TensorFlow 1.15, tensorflow/python/ops/confusion_matrix.py.
    """
    with name_scope(name, "confusion_matrix", (predictions, labels, num_classes, weights)):
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"),
            convert_to_tensor(predictions, name="predictions"),
        )
        predictions = cast(predictions, dtypes.int64)
        labels = cast(labels, dtypes.int64)
        labels = _not_negative(labels, "`labels`")
        predictions = _not_negative(predictions, "`predictions`")
        if num_classes is None:
            num_classes = maximum(reduce_max(predictions), reduce_max(labels)) + 1
        else:
            bound = cast(num_classes, dtypes.int64)
            labels = _below(labels, bound, "`labels`")
            predictions = _below(predictions, bound, "`predictions`")
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = cast(weights, dtype)
        else:
            weights = ones_like(predictions, dtype)
        size = cast(stack([num_classes, num_classes]), dtypes.int64)
        return scatter_nd(stack([labels, predictions], axis=1), weights, size)


def confusion_matrix_v2(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """As `confusion_matrix`, with the arguments in the order of 2.x."""
    return confusion_matrix(labels, predictions, num_classes, dtype, name, weights)


def _not_negative(x: Tensor, what: str) -> Tensor:
    check = assert_non_negative(x, message=f"{what} contains negative values")
    checked: Tensor = with_dependencies([check], x)
    return checked


def _below(x: Tensor, bound: Tensor, what: str) -> Tensor:
    check = assert_less(x, bound, message=f"{what} out of bound")
    checked: Tensor = with_dependencies([check], x)
    return checked


def assert_broadcastable(weights: Any, values: Any) -> Operation:
    """Assert that `weights` is a scalar, or of the rank of `values` with each size 1 or equal.

    Args:
        weights: any tensor.
        values: what the weights apply to.

    Returns:
        The operation that asserts; one that does nothing when the shapes are known and fit.

    Raises:
        ValueError: the shapes are known and don't fit.
        InvalidArgumentError: they don't fit; when it runs.

    Reference: TensorFlow 1.15, tensorflow/python/ops/weights_broadcast_ops.py.
    """
    with name_scope(None, "assert_broadcastable", (weights, values)) as scope:
        weights, weights_shape, weights_rank = _described(weights, "weights")
        values, values_shape, values_rank = _described(values, "values")
        ranks = constant_value(weights_rank), constant_value(values_rank)
        if None not in ranks:
            if ranks[0] == 0:
                return no_op(name="static_scalar_check_success")
            if ranks[0] != ranks[1]:
                raise ValueError(
                    f"{_NOT_BROADCASTABLE} values.rank={ranks[1]}. weights.rank={ranks[0]}. "
                    f"values.shape={values.shape}. weights.shape={weights.shape}."
                )
            sizes, wholes = constant_value(weights_shape), constant_value(values_shape)
            if sizes is not None and wholes is not None:
                for axis, (size, whole) in enumerate(zip(sizes, wholes, strict=True)):
                    if size not in (1, whole):
                        raise ValueError(
                            f"{_NOT_BROADCASTABLE} Mismatch at dim {axis}. "
                            f"values.shape={wholes} weights.shape={sizes}."
                        )
                return no_op(name="static_dims_check_success")
        is_scalar = equal(0, weights_rank, name="is_scalar")
        is_valid = cond(
            is_scalar,
            lambda: is_scalar,
            lambda: _fits(weights_rank, weights_shape, values_rank, values_shape),
            name="is_valid_shape",
        )
        data = [
            _NOT_BROADCASTABLE,
            "weights.shape=",
            weights.name,
            weights_shape,
            "values.shape=",
            values.name,
            values_shape,
            "is_scalar=",
            is_scalar,
        ]
        return Assert(is_valid, data, name=scope)


def _described(x: Any, name: str) -> tuple[Tensor, Tensor, Tensor]:
    """`x` as a tensor, its shape and its rank, in a scope of its own."""
    with name_scope(None, name, (x,)) as scope:
        x = convert_to_tensor(x, name=scope)
        return x, shape(x, name="shape"), rank(x, name="rank")


def _fits(weights_rank: Tensor, sizes: Tensor, values_rank: Tensor, whole: Tensor) -> Any:
    """Whether the ranks are equal and each size is 1 or that of the values."""
    with name_scope(None, "has_valid_nonscalar_shape"):
        is_same_rank = equal(values_rank, weights_rank, name="is_same_rank")
        return cond(
            is_same_rank,
            lambda: reduce_all(logical_or(equal(sizes, 1), equal(sizes, whole))),
            lambda: is_same_rank,
        )


def broadcast_weights(weights: Any, values: Any) -> Tensor:
    """Repeat `weights` to the shape of `values`, where `assert_broadcastable` allows it.

    Args:
        weights: any tensor.
        values: what the weights apply to.

    Returns:
        Tensor of the shape and dtype of `values`.

    Raises:
        ValueError: the shapes are known and don't fit.
        InvalidArgumentError: they don't fit; when it runs.

    Reference: TensorFlow 1.15, tensorflow/python/ops/weights_broadcast_ops.py.
    """
    with name_scope(None, "broadcast_weights", (weights, values)) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        known = weights.shape.is_fully_defined() and values.shape.is_fully_defined()
        if known and weights.shape.is_compatible_with(values.shape):
            as_given: Tensor = weights
            return as_given
        with control_dependencies([assert_broadcastable(weights, values)]):
            return multiply(weights, ones_like(values), name=scope)
