"""Matrix products and the diagonals of matrices on NumPy's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.arrays.numpy_backend.operands import pair, quiet, through_float32
from evergraph.core.typing import Array


@quiet
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
    x, y = pair(x, y)
    x = _oriented(x, transpose_x, adjoint_x)
    y = _oriented(y, transpose_y, adjoint_y)
    return through_float32(np.matmul, x, y)


def _oriented(x: Array, is_transposed: bool, is_adjoint: bool) -> Array:
    if is_adjoint and x.dtype.kind == "c":
        x = np.conjugate(x)
    return x.swapaxes(-1, -2) if is_transposed or is_adjoint else x


@quiet
def tensordot(x: Array, y: Array, axes: tuple[Sequence[int], Sequence[int]]) -> Array:
    """Sum over the pairs of axes (axes[0] of `x`, axes[1] of `y`).

    The others of x, then of y, remain.
    """
    x, y = pair(x, y)
    wanted = (tuple(axes[0]), tuple(axes[1]))
    return through_float32(lambda a, b: np.asarray(np.tensordot(a, b, wanted)), x, y)


def matrix_diag(x: Array) -> Array:
    """Square matrices with the last axis of `x` on their diagonals."""
    x = np.asarray(x)
    size = x.shape[-1]
    result = np.zeros((*x.shape, size), x.dtype)
    places = np.arange(size)
    result[..., places, places] = x
    return result


def matrix_diag_part(x: Array) -> Array:
    """The diagonals of matrices."""
    return np.diagonal(x, axis1=-2, axis2=-1).copy()


def matrix_set_diag(x: Array, diagonal: Array) -> Array:
    """Matrices with other diagonals."""
    result = np.array(x)
    places = np.arange(min(result.shape[-2:]))
    result[..., places, places] = diagonal
    return result


def band_part(x: Array, lower: Any, upper: Any) -> Array:
    """Matrices with zeros but in a band: `lower` diagonals below the main one, `upper` above.

    < 0 is all.
    """
    x = np.asarray(x)
    distance = np.arange(x.shape[-2])[:, np.newaxis] - np.arange(x.shape[-1])
    in_band = ((lower < 0) | (distance <= lower)) & ((upper < 0) | (-distance <= upper))
    return np.where(in_band, x, x.dtype.type(0))


def trace(x: Array) -> Array:
    """Sum of the diagonals of matrices."""
    return through_float32(
        lambda v: np.asarray(np.trace(v, axis1=-2, axis2=-1, dtype=v.dtype)), np.asarray(x)
    )


def qr(x: Array, full_matrices: bool = False) -> tuple[Array, Array]:
    """Q and R with x = QR, for matrices in the last two axes: Q orthonormal, R upper triangular.

    Q has as many columns as R has rows: the lesser size of `x`, or its rows with `full_matrices`.
    """
    q, r = np.linalg.qr(x, "complete" if full_matrices else "reduced")
    return q, r
