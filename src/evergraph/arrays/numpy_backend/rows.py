"""Updating rows of tables by a rule, on NumPy's side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from evergraph.arrays.numpy_backend.operands import check_indices
from evergraph.core.typing import Array

Rule = Callable[[list[Array], Array], Sequence[Array]]


def update_rows(
    function: Rule, tables: Sequence[Array], indices: Array, updates: Array
) -> list[Array]:
    """`tables` with their rows `indices` replaced by `function(rows of each table, updates)`.

    Args:
        function: from rows [n, ...] of each table and updates [n, ...] to new rows of each table.
        tables: arrays [rows, ...] of one shape.
        indices: [n] integers in [0, rows); else an error.
        updates: [n, ...].

    A row that is named more than once is updated once for each time, in order.
    """
    indices = np.asarray(indices)
    check_indices(
        indices,
        tables[0].shape[0],
        lambda place, index, limit: f"indices{place} = {index} is not in [0, {limit})",
    )
    results = [np.array(table) for table in tables]
    turns = _turns(indices)
    for turn in range(int(turns.max(initial=-1)) + 1):
        chosen = turns == turn
        rows = indices[chosen]
        new = function([table[rows] for table in results], updates[chosen])
        for table, values in zip(results, new, strict=True):
            table[rows] = values
    return results


def _turns(indices: Array) -> Array:
    """For each index how many equal ones come before it."""
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)])
    lengths = np.diff(np.r_[starts, len(ordered)])
    turns = np.empty(len(indices), np.int64)
    turns[order] = np.arange(len(ordered)) - np.repeat(starts, lengths)
    return turns
