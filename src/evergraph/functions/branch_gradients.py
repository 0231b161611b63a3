"""Gradients of If and Case: the branch that was taken, run again and differentiated.

Reference: TensorFlow 1.15, tensorflow/python/ops/cond_v2.py (_IfGrad, _CaseGrad).
Differs from TensorFlow: what a branch computed on the way isn't kept for its gradient, so the
operation itself stays as it is, and random numbers in a branch are drawn anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.autodiff.function_calls import gradient_body
from evergraph.autodiff.reachability import is_trainable
from evergraph.core.errors import NotFoundError
from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops import optional as optional  # graphs of TensorFlow have it in such gradients
from evergraph.ops.fills import zeros_like
from evergraph.ops.functional import CASE, IF, STATELESS_IF
from evergraph.ops.identity import identity
from evergraph.registry.op_def import OpDef
from evergraph.serialize.function_def import to_function_def
from evergraph.serialize.function_library import LibraryFunction


@IF.gradient
@STATELESS_IF.gradient
def _if_gradient(op: Operation, *d_outputs: Any) -> list[Any]:
    names = [op.attrs["then_branch"].name, op.attrs["else_branch"].name]
    then, otherwise = (_gradient_function(op, name) for name in names)
    is_stateful = then.definition.signature.is_stateful
    is_stateful |= otherwise.definition.signature.is_stateful
    op_def = IF if is_stateful else STATELESS_IF
    return _call(op, op_def, d_outputs, then, then_branch=then, else_branch=otherwise)


@CASE.gradient
def _case_gradient(op: Operation, *d_outputs: Any) -> list[Any]:
    branches = [_gradient_function(op, branch.name) for branch in op.attrs["branches"]]
    return _call(op, CASE, d_outputs, branches[0], branches=branches, name="gradient")


def _gradient_function(op: Operation, name: str) -> LibraryFunction:
    """A function of the graph's library: from arguments and gradients to gradients."""
    library = op.graph._functions
    if name not in library:
        raise NotFoundError(None, op, f"Function {name} is not defined.")
    shapes = [tensor.shape for tensor in op.inputs[1:]]
    body = library[name].fresh_body(library, shapes)
    for x, given in zip(body.inputs, op.inputs[1:], strict=True):
        x._captured_from = given  # what is known of the variable behind a handle
    for inside in body.graph.get_operations():
        _forget_effects(inside)
    result = gradient_body(body)
    number = 0
    while f"{name}_grad_{number}" in library:
        number += 1
    # Only what the results need: an effect has happened when the branch was taken.
    ops = _needed(result.outputs, result.inputs)
    function = LibraryFunction(to_function_def(result, f"{name}_grad_{number}", ops))
    function.add_to_graph(op.graph)
    for called in body.graph._functions.values():
        if called.name not in op.graph._functions:
            called.add_to_graph(op.graph)
    return function


def _forget_effects(op: Operation) -> None:
    """Drop control edges from operations that change something."""
    kept = [c for c in op.control_inputs if not (c.op_def.stateful and not c.op_def.reads)]
    if len(kept) < len(op.control_inputs):
        op._remove_all_control_inputs()
        op._add_control_inputs(kept)


def _needed(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Operation]:
    sources = {tensor.op for tensor in inputs}
    found: set[Operation] = set()
    pending = [tensor.op for tensor in outputs]
    while pending:
        op = pending.pop()
        if op not in found and op not in sources:
            found.add(op)
            pending += [tensor.op for tensor in op.inputs] + op.control_inputs
    return sorted(found, key=lambda op: op._id)


def _call(
    op: Operation, op_def: OpDef, d_outputs: Sequence[Any], first: LibraryFunction, **attrs: Any
) -> list[Any]:
    filled = [
        zeros_like(y) if d_y is None else d_y for y, d_y in zip(op.outputs, d_outputs, strict=True)
    ]
    types = [arg.type for arg in first.definition.signature.output_arg]
    shapes = [x.shape if is_trainable(x) else TensorShape(None) for x in op.inputs[1:]]
    results = op_def(
        op.inputs[0], [*op.inputs[1:], *filled], Tout=types, output_shapes=shapes, **attrs
    )
    d_inputs = [identity(d_x) for d_x in results]
    return [
        None,
        *(d_x if is_trainable(x) else None for x, d_x in zip(op.inputs[1:], d_inputs, strict=True)),
    ]
