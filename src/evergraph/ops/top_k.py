"""The largest elements of rows, and whether an element is among them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_join, array_shape, fills
from evergraph.ops.cast import cast
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_reduction import reduce_prod, reduce_sum
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import (
    merge_dims,
    size_of_input,
    with_rank,
    with_rank_at_least,
)
from evergraph.registry.shape_inference import ShapeContext


class TopKV2(NamedTuple):
    """What `top_k` returns."""

    values: Tensor
    indices: Tensor


def _top_k_shapes(c: ShapeContext, k: int | None) -> list[TensorShape]:
    shape = with_rank_at_least(c.inputs[0], 1)
    if shape.ndims is None:
        return [shape, shape]
    dims = shape.as_list()
    if k is not None and dims[-1] is not None and dims[-1] < k:
        raise ValueError(f"input must have last dimension >= k = {k} but is {dims[-1]}")
    result = TensorShape([*dims[:-1], k])
    return [result, result]


def _top_k_shape(c: ShapeContext) -> list[TensorShape]:
    return _top_k_shapes(c, c.attr("k"))


def _top_k_v2_shape(c: ShapeContext) -> list[TensorShape]:
    return _top_k_shapes(c, size_of_input(c, 1))


def _largest(xp: Namespace, values: Array, k: int) -> list[Array]:
    xp.check(k >= 0, "InvalidArgumentError", f"Need k >= 0, got {k}")
    xp.check(
        values.ndim >= 1,
        "InvalidArgumentError",
        f"input must be >= 1-D, got shape {_text(xp.shape(values))}",
    )
    xp.check(
        xp.shape(values)[-1] >= k,
        "InvalidArgumentError",
        f"input must have at least k columns. Had {xp.shape(values)[-1]}, needed {k}",
    )
    return list(xp.top_k(values, k))


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


TOP_K = register_op(
    "TopK",
    inputs="input: T",
    outputs="values: T, indices: int32",
    attrs={"k": "int >= 0", "sorted": "bool = true", "T": REAL_NUMERIC},
    shape=_top_k_shape,
)


@TOP_K.kernel
def _top_k(xp: Namespace, values: Array, *, k: int) -> list[Array]:
    return _largest(xp, values, k)


@TOP_K.gradient
def _top_k_gradient(op: Operation, d_values: Tensor, d_indices: Any) -> list[Tensor]:
    """Put each gradient where its element came from, in the matrix of all rows."""
    from evergraph.ops.array_gather import gather
    from evergraph.ops.array_scatter import scatter_nd
    from evergraph.ops.sequences import range

    in_shape = array_shape.shape(op.inputs[0])
    indices_shape = array_shape.shape(op.outputs[1])
    k = gather(cast(indices_shape, dtypes.int64), array_shape.size(indices_shape) - 1)
    rows = array_shape.reshape(op.outputs[1], array_join.stack([-1, k]))
    width = gather(cast(in_shape, dtypes.int64), array_shape.size(in_shape) - 1)
    row_count = array_shape.shape(rows)[0]
    starts = range(0, cast(row_count, dtypes.int64) * width, width)
    offsets = cast(array_shape.expand_dims(starts, -1), dtypes.int32)
    places = array_shape.expand_dims(array_shape.reshape(rows + offsets, [-1]), -1)
    flat = scatter_nd(places, array_shape.reshape(d_values, [-1]), [reduce_prod(in_shape)])
    return [array_shape.reshape(flat, in_shape), fills.zeros([], dtype=dtypes.int32)]


TOP_K_V2 = register_op(
    "TopKV2",
    inputs="input: T, k: int32",
    outputs="values: T, indices: int32",
    attrs={"sorted": "bool = true", "T": REAL_NUMERIC},
    shape=_top_k_v2_shape,
    static_inputs=("k",),
)


@TOP_K_V2.kernel
def _top_k_v2(xp: Namespace, values: Array, k: np.ndarray) -> list[Array]:
    xp.check(
        np.ndim(k) == 0,
        "InvalidArgumentError",
        f"k must be scalar, got shape {_text(np.shape(k))}",
    )
    return _largest(xp, values, int(np.ravel(k)[0]))


TOP_K_V2.gradient(_top_k_gradient)


def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> TopKV2:
    """Find the k largest elements of each row, the largest first.

    Args:
        input: real numbers, `[..., n]`.
        k: scalar, from 0 to n.
        sorted: whether their order matters.
        name: name of the operation; "TopKV2" when None.

    Returns:
        (values, int32 indices), both `[..., k]`. Of equal elements the first comes first.

    Raises:
        ValueError: `k` is negative or more than n.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/topk_op.cc.
    """
    values, indices = TOP_K_V2(input, k, sorted=sorted, name=name)
    return TopKV2(values, indices)


def _in_top_k_shape(c: ShapeContext) -> TensorShape:
    rows = with_rank(c.inputs[0], 2).as_list()[0]
    return TensorShape([merge_dims(rows, with_rank(c.inputs[1], 1).as_list()[0])])


def _is_in_top_k(xp: Namespace, predictions: Array, targets: Array, k: Array) -> Array:
    p_shape, t_shape = tuple(xp.shape(predictions)), tuple(xp.shape(targets))
    xp.check(len(p_shape) == 2, "InvalidArgumentError", "predictions must be 2-dimensional")
    xp.check(len(t_shape) == 1, "InvalidArgumentError", "targets must be 1-dimensional")
    xp.check(
        p_shape[0] == t_shape[0],
        "InvalidArgumentError",
        f"First dimension of predictions {p_shape[0]} must match length of targets {t_shape[0]}",
    )
    is_valid = xp.logical_and(xp.greater_equal(targets, 0), xp.less(targets, p_shape[1]))
    # A row with NaN or infinity, or without the target, says nothing: it isn't in.
    is_finite = xp.all(xp.isfinite(predictions), 1)
    is_target = xp.one_hot(targets, p_shape[1], True, False)
    mine = xp.sum(xp.where(is_target, predictions, 0), 1, True)
    better = xp.sum(xp.cast(xp.greater(predictions, mine), k.dtype), 1)
    return xp.logical_and(xp.less(better, k), xp.logical_and(is_valid, is_finite))


IN_TOP_K = register_op(
    "InTopK",
    inputs="predictions: float, targets: T",
    outputs="precision: bool",
    attrs={"k": "int", "T": (INDEX, dtypes.int32)},
    shape=_in_top_k_shape,
)


@IN_TOP_K.kernel
def _in_top_k(xp: Namespace, predictions: Array, targets: Array, *, k: int) -> Array:
    return _is_in_top_k(xp, predictions, targets, np.asarray(k, np.int64))


IN_TOP_K_V2 = register_op(
    "InTopKV2",
    inputs="predictions: float, targets: T, k: T",
    outputs="precision: bool",
    attrs={"T": (INDEX, dtypes.int32)},
    shape=_in_top_k_shape,
)


@IN_TOP_K_V2.kernel
def _in_top_k_v2(xp: Namespace, predictions: Array, targets: Array, k: Array) -> Array:
    xp.check(
        not xp.shape(k), "InvalidArgumentError", f"k must be 0-D, got shape {list(xp.shape(k))}"
    )
    return _is_in_top_k(xp, predictions, targets, k)


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Whether fewer than k classes have a larger prediction than the target; ties count as in.

    Args:
        predictions: float32, `[batch, classes]`.
        targets: int32 or int64, `[batch]`.
        k: scalar.
        name: name of the operations' scope; "in_top_k" when None.

    Returns:
        bool Tensor `[batch]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/in_topk_op.cc.
    """
    with name_scope(name, "in_top_k"):
        result: Tensor = IN_TOP_K_V2(predictions, targets, k, name=name)
        return result


def _nth_element_shape(c: ShapeContext) -> TensorShape:
    shape = with_rank_at_least(c.inputs[0], 1)
    n = size_of_input(c, 1)
    if shape.ndims is None:
        return shape
    *outer, size = shape.as_list()
    if n is not None and size is not None and size <= n:
        raise ValueError(f"Input must have last dimension > n = {n} but is {size}")
    return TensorShape(outer)


NTH_ELEMENT = register_op(
    "NthElement",
    inputs="input: T, n: int32",
    outputs="values: T",
    attrs={"reverse": "bool = false", "T": REAL_NUMERIC},
    shape=_nth_element_shape,
    static_inputs=("n",),
)


@NTH_ELEMENT.kernel
def _nth_element(xp: Namespace, values: Array, n: np.ndarray, *, reverse: bool) -> Array:
    xp.check(
        np.ndim(n) == 0,
        "InvalidArgumentError",
        f"N must be scalar, got shape {_text(np.shape(n))}",
    )
    place = int(np.ravel(n)[0])
    xp.check(place >= 0, "InvalidArgumentError", f"Need n >= 0, got {place}")
    xp.check(
        values.ndim >= 1,
        "InvalidArgumentError",
        f"Input must be >= 1-D, got shape {_text(xp.shape(values))}",
    )
    xp.check(
        xp.shape(values)[-1] > place,
        "InvalidArgumentError",
        "Input must have at least n+1 columns",
    )
    return xp.sort(values, -1, reverse)[..., place]


@NTH_ELEMENT.gradient
def _nth_element_gradient(op: Operation, d_values: Tensor) -> list[Any]:
    from evergraph.ops.math_division import div

    (values, _), (output,) = op.inputs, op.outputs
    indicators = cast(equal(array_shape.expand_dims(output, -1), values), d_values.dtype)
    d_rows = array_shape.expand_dims(d_values, -1)
    count = array_shape.expand_dims(reduce_sum(indicators, -1), -1)
    return [div(indicators, count) * d_rows, None]


def nth_element(input: Any, n: Any, reverse: bool = False, name: str | None = None) -> Tensor:
    """Find the element that would be at position n if each row were sorted.

    Args:
        input: real numbers, `[..., size]`.
        n: scalar, from 0 to size - 1.
        reverse: count from the largest element on.
        name: name of the operation; "NthElement" when None.

    Returns:
        Tensor `[...]`.

    Raises:
        ValueError: `n` is out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/nth_element_op.cc.
    """
    result: Tensor = NTH_ELEMENT(input, n, reverse=reverse, name=name)
    return result
