"""Steps over the rows of arrays, for kernels that are recurrent in themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jax import lax


def scan(
    function: Callable[..., Any], carry: Any, sequences: Any, reverse: bool = False
) -> tuple[Any, Any]:
    """Run `function(carry, rows) -> (carry, outputs)` over the rows of `sequences`."""
    last, outputs = lax.scan(function, carry, sequences, reverse=reverse)
    return last, outputs
