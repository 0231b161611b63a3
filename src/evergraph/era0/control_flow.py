"""tf.while_loop as before 0.11: no shape invariants among the positional arguments.

Reference: TensorFlow 0.9, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.era0.calling import bind_old, is_integer, with_old_calls
from evergraph.ops import while_loop as loops

_PARAMETERS = "cond body loop_vars parallel_iterations back_prop swap_memory name"


def _without_shape_invariants(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Recognise a number of parallel iterations where 1.x has shape invariants."""
    if len(args) < 4 or not is_integer(args[3]):
        return None
    given = bind_old(_PARAMETERS, args, kwargs)
    return None if given is None else ((), given)


while_loop = with_old_calls(_without_shape_invariants)(loops.while_loop)
