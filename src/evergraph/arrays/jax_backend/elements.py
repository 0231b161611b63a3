"""Elements of a buffer at places that are known while tracing, or not; known values stay known."""

from __future__ import annotations

import numpy as np
from jax import lax

from evergraph.arrays.jax_backend.indexing import gather
from evergraph.arrays.jax_backend.operands import asarray, is_concrete
from evergraph.core.typing import Array


def element_at(x: Array, index: Array) -> Array:
    """Element `index` of `x`; an index out of range, which a check reports, gives some element."""
    if is_concrete(x) and is_concrete(index):
        return np.asarray(x)[int(index)]
    if is_concrete(index):
        return lax.squeeze(lax.slice_in_dim(x, int(index), int(index) + 1), (0,))
    rows = lax.dynamic_slice(x, _starts(x, index), (1, *x.shape[1:]), allow_negative_indices=False)
    return lax.squeeze(rows, (0,))


def with_element(x: Array, index: Array, value: Array) -> Array:
    """`x` with element `index` replaced by `value`."""
    if is_concrete(x) and is_concrete(index) and is_concrete(value):
        x = np.array(x)
        x[int(index)] = value
        return x
    row = value[None] if is_concrete(value) else lax.expand_dims(value, (0,))
    return lax.dynamic_update_slice(
        asarray(x), row, _starts(x, index), allow_negative_indices=False
    )


def _starts(x: Array, index: Array) -> list[Array]:
    return [np.int32(index) if is_concrete(index) else index, *[np.int32(0)] * (x.ndim - 1)]


def elements_at(x: Array, indices: Array) -> Array:
    """The elements of `x` at a vector of indices."""
    if is_concrete(x) and is_concrete(indices):
        return np.asarray(x)[np.asarray(indices)]
    return gather(asarray(x), asarray(indices))
