"""tf.norm: norms of vectors and matrices.

Reference: TensorFlow 1.15, tensorflow/python/ops/linalg_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.errors import UnsupportedError, explain
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_shape import one_of, squeeze
from evergraph.ops.complex import conj
from evergraph.ops.math_functions import abs as absolute
from evergraph.ops.math_functions import pow, sqrt
from evergraph.ops.math_reduction import reduce_max, reduce_sum

_MATRIX_ORDERS = ["euclidean", "fro", 1, 2, np.inf]
_VECTOR_ORDERS = ["euclidean", 1, 2, np.inf]


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The norm of vectors along `axis`, or of matrices along a pair of axes.

    Args:
        tensor: floating or complex, any shape.
        ord: "euclidean" (sqrt(sum |x|^2)), 1 (sum |x|), inf (max |x|) or any positive p
            ((sum |x|^p)^(1/p)) for vectors; "fro", "euclidean", 1 (largest column sum) or inf
            (largest row sum) for matrices.
        axis: an axis, a pair of axes for matrices, or None for the tensor as one vector.
        keepdims: keep the axes with size 1.
        name: name scope; "norm" when None.
        keep_dims: old name of `keepdims`.

    Raises:
        ValueError: `axis` or `ord` isn't one of these.
        UnsupportedError: the 2-norm of matrices, which needs a singular value decomposition.
    """
    keepdims = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    axes = _axes(axis)
    is_matrix = axes is not None and len(axes) == 2
    _check_order(ord, is_matrix)
    with name_scope(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        if ord in ("fro", "euclidean", 2, 2.0):
            if is_matrix and ord in (2, 2.0):
                raise UnsupportedError(
                    explain(
                        "The 2-norm of matrices isn't supported yet.",
                        given=f"ord={ord}, axis={axis}",
                        fix="use ord='fro', 1 or inf",
                    )
                )
            result = sqrt(reduce_sum(tensor * conj(tensor), axes, keepdims=True))
        else:
            result = _of_sizes(absolute(tensor), ord, axes, is_matrix)
        return result if keepdims else squeeze(result, axes)


def _axes(axis: Any) -> tuple[int, ...] | None:
    if isinstance(axis, tuple | list) and len(axis) == 2:
        first, second = axis
        if isinstance(first, int) and isinstance(second, int) and first != second:
            return first, second
    elif axis is None:
        return None
    elif isinstance(axis, int):
        return (axis,)
    raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")


def _check_order(order: Any, is_matrix: bool) -> None:
    if is_matrix:
        if order not in _MATRIX_ORDERS:
            raise ValueError(
                f"'ord' must be a supported matrix norm in {_MATRIX_ORDERS}, got {order}"
            )
    elif order not in _VECTOR_ORDERS and (
        isinstance(order, str) or not np.isreal(order) or order <= 0
    ):
        raise ValueError(f"'ord' must be a supported vector norm, got {order}")


def _of_sizes(sizes: Tensor, order: Any, axes: tuple[int, ...] | None, is_matrix: bool) -> Tensor:
    first = None if axes is None else axes[0]
    last = None if axes is None else axes[-1]
    if order == 1:
        result = reduce_sum(sizes, first, keepdims=True)
        return reduce_max(result, last, keepdims=True) if is_matrix else result
    if order == np.inf:
        if is_matrix:
            sizes = reduce_sum(sizes, last, keepdims=True)
        return reduce_max(sizes, first, keepdims=True)
    return pow(reduce_sum(pow(sizes, order), axes, keepdims=True), 1.0 / order)
