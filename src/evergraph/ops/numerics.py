"""Checks that numbers are finite, one tensor or all of a graph."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    colocate_with,
    control_dependencies,
    get_default_graph,
    name_scope,
)
from evergraph.ops.array_shape import one_of
from evergraph.ops.grouping import group, with_dependencies
from evergraph.ops.identity import check_numerics


def verify_tensor_all_finite(
    t: Any = None,
    msg: str | None = None,
    name: str | None = None,
    x: Any = None,
    message: str | None = None,
) -> Tensor:
    """A tensor handed on, once it holds neither infinity nor NaN.

    Args:
        t: old name of `x`.
        msg: old name of `message`.
        name: name scope; "VerifyFinite" when None.
        x: floating, any shape.
        message: what the error says first.

    Returns:
        Tensor like `x`.

    Raises:
        tf.errors.InvalidArgumentError: while running, an element isn't finite.

    Reference: TensorFlow 1.15, tensorflow/python/ops/numerics.py.
    """
    x = one_of("x", x, "t", t)
    message = one_of("message", message, "msg", msg)
    with name_scope(name, "VerifyFinite", [x]):
        tensor = convert_to_tensor(x, name="x")
        with colocate_with(tensor):
            check = check_numerics(tensor, message=message or "")
        checked: Tensor = with_dependencies([check], tensor)
        return checked


def add_check_numerics_ops() -> Operation:
    """Check every half, float and double tensor that the default graph has so far.

    Returns:
        The operation that checks them all, one after the other in order of creation.

    Raises:
        ValueError: the graph has conds or loops.
        tf.errors.InvalidArgumentError: while running, a tensor isn't finite; it is named.

    Reference: TensorFlow 1.15, tensorflow/python/ops/numerics.py.
    """
    graph = get_default_graph()
    checks: list[Tensor] = []
    for op in graph.get_operations():
        for output in op.outputs:
            if output.dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
                continue
            if op._get_control_flow_context() is not graph._get_control_flow_context():
                raise ValueError(
                    "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow "
                    "operations such as `tf.cond()` or `tf.while_loop()`."
                )
            with control_dependencies(checks):
                checks = [check_numerics(output, message=output.name)]
    result: Operation = group(*checks)
    return result
