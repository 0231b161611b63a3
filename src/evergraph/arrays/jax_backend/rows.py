"""Updating rows of tables by a rule, on JAX's side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import lax

from evergraph.arrays.jax_backend.operands import asarray, check
from evergraph.core.typing import Array

Rule = Callable[[list[Array], Array], Sequence[Array]]


def update_rows(
    function: Rule, tables: Sequence[Array], indices: Array, updates: Array
) -> list[Array]:
    """`tables` with their rows `indices` replaced by `function(rows of each table, updates)`.

    See NumPy's side. Where no row is named twice, which is the rule, one turn does it all; the
    index `rows` (the table's size) is dropped, so that the runtime can switch an update off.
    """
    indices, updates = asarray(indices), asarray(updates)
    tables = [asarray(table) for table in tables]
    count = tables[0].shape[0]
    inside = lax.bitwise_and(
        lax.ge(indices, lax.full_like(indices, 0)), lax.lt(indices, lax.full_like(indices, count))
    )
    check(inside, "InvalidArgumentError", "an index is out of range")
    if indices.shape[0] == 0:
        return tables
    turns = _turns(indices)
    last = lax.reduce_max(turns, (0,))

    def body(state: tuple[Any, ...]) -> tuple[Any, ...]:
        turn, *current = state
        chosen = lax.bitwise_and(lax.eq(turns, lax.broadcast(turn, turns.shape)), inside)
        rows = lax.select(chosen, indices, lax.full_like(indices, count))
        kept = lax.clamp(_scalar(0, indices), indices, _scalar(max(count - 1, 0), indices))
        old = [table.at[kept].get(mode="promise_in_bounds") for table in current]
        new = function(old, updates)
        changed = [
            table.at[rows].set(asarray(values), mode="drop")
            for table, values in zip(current, new, strict=True)
        ]
        return (turn + 1, *changed)

    first = lax.full_like(last, 0)
    _, *results = lax.while_loop(lambda s: s[0] <= last, body, (first, *tables))
    return list(results)


def _scalar(value: int, like: Array) -> Array:
    return lax.full((), value, like.dtype)


def _turns(indices: Array) -> Array:
    """For each index how many equal ones come before it."""
    n = indices.shape[0]
    positions = lax.iota("int32", n)
    ordered, order = lax.sort((indices, positions), num_keys=1, is_stable=True)
    is_start = lax.concatenate([lax.full((1,), True, bool), lax.ne(ordered[1:], ordered[:-1])], 0)
    start = lax.cummax(lax.select(is_start, positions, lax.full_like(positions, 0)))
    turn = lax.sub(positions, start)
    return jax.numpy.zeros((n,), "int32").at[order].set(turn, unique_indices=True)
