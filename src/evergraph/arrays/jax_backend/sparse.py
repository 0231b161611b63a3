"""Products of sparse matrices with dense ones, on JAX's side."""

from __future__ import annotations

from jax import lax

from evergraph.arrays.jax_backend.indexing import gather
from evergraph.arrays.jax_backend.operands import is_low_precision
from evergraph.arrays.jax_backend.scatter import scatter
from evergraph.core.typing import Array


def sparse_matmul(
    rows: Array, columns: Array, values: Array, row_count: int, dense: Array
) -> Array:
    """The matrix with `values` at (rows, columns) times `dense`; see NumPy's side."""
    dtype = dense.dtype
    if is_low_precision(dtype):
        values = lax.convert_element_type(values, "float32")
        dense = lax.convert_element_type(dense, "float32")
    total = lax.full((int(row_count), dense.shape[1]), 0, dense.dtype)
    if values.shape[0] and dense.shape[0]:
        weights = lax.broadcast_in_dim(values, (values.shape[0], dense.shape[1]), (0,))
        total = scatter(total, rows, lax.mul(gather(dense, columns, 0), weights), "add")
    return lax.convert_element_type(total, dtype)
