"""Steps over the rows of arrays, for kernels that are recurrent in themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def scan(
    function: Callable[..., Any], carry: Any, sequences: Any, reverse: bool = False
) -> tuple[Any, Any]:
    """Run `function(carry, rows) -> (carry, outputs)` over the rows of `sequences`.

    Args:
        function: one step; `carry`, `rows` and `outputs` are tuples of arrays.
        carry: what the first step gets.
        sequences: tuple of arrays with equally many rows.
        reverse: go from the last row to the first; outputs stay in the rows' order.

    Returns:
        The last carry, and the outputs stacked.
    """
    count = len(sequences[0])
    found: list[Any] = [None] * count
    for i in reversed(range(count)) if reverse else range(count):
        carry, found[i] = function(carry, tuple(sequence[i] for sequence in sequences))
    if not count:
        # One step on zeros tells the shapes.
        rows = tuple(np.zeros(sequence.shape[1:], sequence.dtype) for sequence in sequences)
        _, outputs = function(carry, rows)
        return carry, tuple(np.empty((0, *x.shape), x.dtype) for x in outputs)
    return carry, tuple(np.stack(parts) for parts in zip(*found, strict=True))
