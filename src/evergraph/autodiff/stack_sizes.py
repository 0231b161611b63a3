"""How large the stack of a gradient may become, where a compiler's context wants to know.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_state.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.errors import explain
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.ops.constants import constant, constant_value
from evergraph.ops.control_places import (
    containing_while_context,
    is_containing_context,
    is_op_in_xla_context,
)


def stack_size(value: Tensor, loop: Any) -> Tensor:
    """The `max_size` of a stack for `value`, a tensor of `loop`: -1 outside of XLA's contexts.

    Raises:
        ValueError: in a context of XLA a loop has no `maximum_iterations`, or one that isn't known
            where the gradients are asked for.
    """
    if not is_op_in_xla_context(value.op):
        return constant(-1, dtypes.int32)
    current = get_default_graph()._get_control_flow_context()
    size = constant(1)
    while loop is not None and loop is not current:
        bound = loop.maximum_iterations
        if bound is None:
            raise ValueError(
                explain(
                    f"Cannot create a gradient accumulator for tensor '{value.name}' inside XLA "
                    "while_loop because maximum_iterations was not passed to the tf.while_loop "
                    f"call ('{loop.name}').",
                    created=value.op.created_at,
                )
            )
        place = bound.op._get_control_flow_context()
        if is_containing_context(current, place):
            size = size * bound
        else:
            size = size * _known_bound(value, loop, bound, current, place)
        loop = containing_while_context(loop.outer_context, stop_context=current)
    return size


def _known_bound(value: Tensor, loop: Any, bound: Tensor, current: Any, place: Any) -> Any:
    known = constant_value(bound)
    if known is None:
        here = "" if current is None else current.name
        raise ValueError(
            explain(
                f"Cannot create a gradient accumulator for tensor '{value.name}' inside XLA "
                f"while_loop. maximum_iterations tensor '{bound.name}' for while_loop context "
                f"'{loop.name}' must be statically known (e.g. a constant value or known shape "
                f"dimension), or be defined at or outside the while loop context '{here}' "
                f"(currently defined in '{place.name}').",
                created=bound.op.created_at,
            )
        )
    return known
