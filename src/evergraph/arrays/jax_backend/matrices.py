"""Matrix products and the diagonals of matrices on JAX's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax
from jax.lax import linalg

from evergraph.arrays.jax_backend.operands import (
    broadcast,
    constant,
    is_low_precision,
    same_shape,
    typed,
)
from evergraph.core.typing import Array


def matmul(
    x: Array,
    y: Array,
    transpose_x: bool = False,
    transpose_y: bool = False,
    adjoint_x: bool = False,
    adjoint_y: bool = False,
) -> Array:
    """Product of the matrices in the last two axes; the axes before them broadcast.

    16-bit floats are multiplied and summed in float32; integers wrap around.
    """
    x, y = typed(x, y)
    if adjoint_x and x.dtype.kind == "c":
        x = lax.conj(x)
    if adjoint_y and y.dtype.kind == "c":
        y = lax.conj(y)
    x_inner, y_inner = (
        (-2 if transpose_x or adjoint_x else -1),
        (-1 if transpose_y or adjoint_y else -2),
    )
    if len(y.shape) == 2 and len(x.shape) > 2 and x_inner == -1:
        # Products of rank 2 are faster: 90 -> 70 ms in the gradients
        # of a small GPT.
        flat = lax.reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1]))
        product = _dot(flat, y, ((1,), (y_inner % 2,)), ((), ()))
        return lax.reshape(product, (*x.shape[:-1], product.shape[-1]))
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    count = len(batch)
    x = broadcast(x, (*batch, *x.shape[-2:]))
    y = broadcast(y, (*batch, *y.shape[-2:]))
    rank, axes = count + 2, tuple(range(count))
    return _dot(x, y, ((x_inner % rank,), (y_inner % rank,)), (axes, axes))


def _dot(x: Array, y: Array, contracting: Any, batch: Any) -> Array:
    dtype = x.dtype
    if is_low_precision(dtype):
        wide = lax.dot_general(
            x,
            y,
            (contracting, batch),
            precision=lax.Precision.HIGHEST,
            preferred_element_type=np.float32,
        )
        return lax.convert_element_type(wide, dtype)
    return lax.dot_general(
        x, y, (contracting, batch), precision=lax.Precision.HIGHEST, preferred_element_type=dtype
    )


def tensordot(x: Array, y: Array, axes: tuple[Sequence[int], Sequence[int]]) -> Array:
    """Sum over the pairs of axes (axes[0] of `x`, axes[1] of `y`).

    The others of x, then of y, remain.
    """
    x, y = typed(x, y)
    x_axes = [int(a) % len(x.shape) for a in axes[0]]
    y_axes = [int(a) % len(y.shape) for a in axes[1]]
    x_free = [d for d in range(len(x.shape)) if d not in x_axes]
    y_free = [d for d in range(len(y.shape)) if d not in y_axes]
    inner = int(np.prod([x.shape[a] for a in x_axes]))
    left = lax.reshape(
        lax.transpose(x, (*x_free, *x_axes)), (int(np.prod([x.shape[a] for a in x_free])), inner)
    )
    right = lax.reshape(
        lax.transpose(y, (*y_axes, *y_free)), (inner, int(np.prod([y.shape[a] for a in y_free])))
    )
    product = _dot(left, right, ((1,), (0,)), ((), ()))
    return lax.reshape(product, (*(x.shape[a] for a in x_free), *(y.shape[a] for a in y_free)))


def _distance(rows: int, columns: int) -> Array:
    """Row number minus column number."""
    sizes = (rows, columns)
    row, column = (lax.broadcasted_iota(np.dtype(np.int64), sizes, axis) for axis in (0, 1))
    return lax.sub(row, column)


def matrix_diag(x: Array) -> Array:
    """Square matrices with the last axis of `x` on their diagonals."""
    size = x.shape[-1]
    sizes = (*x.shape, size)
    wide = lax.broadcast_in_dim(x, sizes, tuple(range(len(x.shape))))
    on_diagonal = broadcast(lax.eq(_distance(size, size), np.int64(0)), sizes)
    return lax.select(on_diagonal, wide, lax.full_like(wide, 0))


def matrix_diag_part(x: Array) -> Array:
    """The diagonals of matrices."""
    rows, columns = x.shape[-2:]
    size = min(rows, columns)
    line = lax.iota(np.dtype(np.int32), size)
    flat = lax.reshape(x, (*x.shape[:-2], rows * columns))
    places = lax.mul(line, np.int32(columns + 1))
    numbers = lax.GatherDimensionNumbers(
        offset_dims=tuple(range(len(flat.shape) - 1)),
        collapsed_slice_dims=(len(flat.shape) - 1,),
        start_index_map=(len(flat.shape) - 1,),
    )
    return lax.gather(
        flat,
        lax.expand_dims(places, (1,)),
        numbers,
        (*flat.shape[:-1], 1),
        mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS,
    )


def matrix_set_diag(x: Array, diagonal: Array) -> Array:
    """Matrices with other diagonals."""
    rows, columns = x.shape[-2:]
    extra = (columns if columns <= rows else rows) - diagonal.shape[-1]
    assert extra == 0
    widths = [(0, 0, 0)] * (diagonal.ndim - 1)
    if columns > diagonal.shape[-1]:
        diagonal = lax.pad(
            diagonal, constant(diagonal, 0), [*widths, (0, columns - diagonal.shape[-1], 0)]
        )
    wide = broadcast(lax.expand_dims(diagonal, (diagonal.ndim - 1,)), x.shape)
    return lax.select(broadcast(lax.eq(_distance(rows, columns), np.int64(0)), x.shape), wide, x)


def band_part(x: Array, lower: Any, upper: Any) -> Array:
    """Matrices with zeros but in a band: `lower` diagonals below the main one, `upper` above.

    < 0 is all.
    """
    distance = _distance(*x.shape[-2:])
    low, high = (
        lax.convert_element_type(np.asarray(v) if isinstance(v, int) else v, np.int64)
        for v in (lower, upper)
    )
    below = lax.bitwise_or(lax.lt(low, np.int64(0)), lax.le(distance, low))
    above = lax.bitwise_or(lax.lt(high, np.int64(0)), lax.le(lax.neg(distance), high))
    in_band, x = same_shape(lax.bitwise_and(below, above), x)
    return lax.select(in_band, x, lax.full_like(x, 0))


def trace(x: Array) -> Array:
    """Sum of the diagonals of matrices."""
    diagonal = matrix_diag_part(x)
    axes = (diagonal.ndim - 1,)
    if is_low_precision(x.dtype):
        wide = lax.reduce_sum(lax.convert_element_type(diagonal, np.float32), axes)
        return lax.convert_element_type(wide, x.dtype)
    return lax.reduce_sum(diagonal, axes)


def qr(x: Array, full_matrices: bool = False) -> tuple[Array, Array]:
    """Q and R with x = QR, for matrices in the last two axes: Q orthonormal, R upper triangular.

    Q has as many columns as R has rows: the lesser size of `x`, or its rows with `full_matrices`.
    """
    q, r = linalg.qr(x, full_matrices=full_matrices)
    return q, r
