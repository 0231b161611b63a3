"""Products of sparse matrices with dense ones, on NumPy's side."""

from __future__ import annotations

import numpy as np

from evergraph.arrays.numpy_backend.operands import is_low_precision
from evergraph.core.typing import Array


def sparse_matmul(
    rows: Array, columns: Array, values: Array, row_count: int, dense: Array
) -> Array:
    """The matrix with `values` at (rows, columns), zeros elsewhere, times `dense`.

    Args:
        rows: [n] integers in range; a place that comes twice counts twice.
        columns: [n], the same.
        values: [n], of the dtype of `dense`.
        row_count: how many rows the sparse matrix has.
        dense: [inner, width].

    Returns:
        [row_count, width].
    """
    import scipy.sparse

    dtype = dense.dtype
    if is_low_precision(dtype):
        values, dense = values.astype(np.float32), dense.astype(np.float32)
    shape = (int(row_count), dense.shape[0])
    matrix = scipy.sparse.coo_matrix((values, (rows, columns)), shape=shape).tocsr()
    return np.asarray(matrix @ dense).astype(dtype, copy=False)
