"""tf.while_loop.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.core import nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.scopes import add_to_collection, name_scope
from evergraph.ops.constants import constant
from evergraph.ops.math_comparison import logical_and
from evergraph.ops.shape_invariants import shape_invariant
from evergraph.ops.while_context import WhileContext


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` is true.

    Args:
        cond: takes the loop variables, returns a bool scalar.
        body: takes the loop variables, returns their next values in the same structure.
        loop_vars: list or tuple of initial values: tensors, IndexedSlices, SparseTensors,
            TensorArrays, or nested structures of these.
        shape_invariants: for each loop variable the shape that it has in every iteration; by
            default its initial shape. Of IndexedSlices that of the values, of a SparseTensor that
            of its dense shape.
        parallel_iterations: accepted for TensorFlow's sake.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted for TensorFlow's sake.
        name: name scope; "while" when None.
        maximum_iterations: int scalar; the loop stops after that many iterations at the latest.
        return_same_structure: return a list or tuple of one element as such.

    Returns:
        The loop variables after the loop, in the structure that `body` returns.

    Raises:
        TypeError: `cond` or `body` isn't callable, or structures differ.
        ValueError: there are no loop variables, or a shape isn't the same in every iteration.
    """
    if not callable(cond):
        raise TypeError("cond must be callable.")
    if not callable(body):
        raise TypeError("body must be callable.")
    if parallel_iterations < 1:
        raise TypeError("parallel_iterations must be a positive integer.")
    with name_scope(name, "while", loop_vars):
        if not loop_vars:
            raise ValueError("No loop variables provided")
        is_bounded = maximum_iterations is not None
        if is_bounded:
            maximum_iterations = convert_to_tensor(maximum_iterations, name="maximum_iterations")
            if maximum_iterations.shape.ndims != 0:
                raise ValueError(
                    f"maximum_iterations must be a scalar, saw shape: {maximum_iterations.shape}"
                )
            unpacked = len(loop_vars) == 1 and not return_same_structure
            cond, body, loop_vars = _counted(cond, body, loop_vars, maximum_iterations, unpacked)
            if shape_invariants is not None:
                shape_invariants = (TensorShape([]), shape_invariants)
        if shape_invariants is not None:
            nest.assert_same_structure(loop_vars, shape_invariants)
            shape_invariants = nest.map_structure(shape_invariant, loop_vars, shape_invariants)
        context = WhileContext(
            maximum_iterations=maximum_iterations,
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
        )
        if context.outer_context is None:
            add_to_collection(GraphKeys.WHILE_CONTEXT, context)
        result = context.BuildLoop(cond, body, loop_vars, shape_invariants, return_same_structure)
        return result[1] if is_bounded else result


def _counted(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: Any,
    unpacked: bool,
) -> tuple[Callable[..., Any], Callable[..., Any], Any]:
    """The loop with a counter before its variables."""
    counter = constant(0, dtype=maximum_iterations.dtype, name="iteration_counter")

    def goes_on(i: Any, values: Any) -> Any:
        is_below = i < maximum_iterations
        return logical_and(is_below, cond(values) if unpacked else cond(*values))

    def step(i: Any, values: Any) -> Any:
        following = i + 1
        return following, body(values) if unpacked else body(*values)

    return goes_on, step, (counter, loop_vars[0] if unpacked else loop_vars)


__all__ = ["while_loop"]
