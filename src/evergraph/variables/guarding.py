"""Initial values that depend on other variables: made to read their initial values in turn.

Variables are initialised in no particular order. An initial value that reads another variable is
built again on top of `other.initialized_value()`, so that any order gives the same result.

Reference: TensorFlow 1.15, tensorflow/python/ops/variables.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.resource import READ_VARIABLE_OP, VAR_IS_INITIALIZED_OP
from evergraph.ops.state import IS_VARIABLE_INITIALIZED

# These are left as they are: what they read is settled, or can't be rebuilt here.
_LEFT_ALONE = (READ_VARIABLE_OP, VAR_IS_INITIALIZED_OP, IS_VARIABLE_INITIALIZED)


def guard_initial_value(name: str, initial_value: Tensor) -> Tensor:
    """`initial_value`, rebuilt where it reads variables, for the variable in name scope `name`.

    Raises:
        TypeError: it is no tensor.
    """
    if not isinstance(initial_value, Tensor):
        raise TypeError(f"initial_value needs to be a Tensor: {initial_value}")
    if not _reads_variables_and_has_no_cycle(initial_value.op):
        return initial_value
    rebuilt = _rebuild(name, initial_value.op)
    return rebuilt[initial_value.op].outputs[initial_value.value_index]


def _reads_variables_and_has_no_cycle(root: Operation) -> bool:
    """Walk everything that `root` needs; loops of the graph can't be rebuilt."""
    open_ops: set[Operation] = set()
    done: set[Operation] = set()
    reads_variable = False
    stack: list[tuple[Operation, bool]] = [(root, False)]
    while stack:
        op, is_left = stack.pop()
        if is_left:
            open_ops.discard(op)
            done.add(op)
            continue
        if op in done:
            continue
        open_ops.add(op)
        reads_variable = reads_variable or _is_place(op)
        stack.append((op, True))
        for needed in [*(t.op for t in op._inputs), *op._control_inputs]:
            if needed in open_ops:
                return False
            if needed not in done:
                stack.append((needed, False))
    return reads_variable


def _is_place(op: Operation) -> bool:
    return op.op_def is not None and bool(op.op_def.location)


def _rebuild(name: str, root: Operation) -> dict[Operation, Operation]:
    """Operations and what takes their place, inputs first."""
    result: dict[Operation, Operation] = {}
    stack: list[tuple[Operation, bool]] = [(root, False)]
    while stack:
        op, is_ready = stack.pop()
        if op in result:
            continue
        if op.op_def in _LEFT_ALONE or op.type == "If":
            result[op] = op
        elif _is_place(op):
            value = _initialized_value_of(op)
            result[op] = op if value is None else value.op
        elif is_ready:
            result[op] = _with_inputs(name, op, result)
        else:
            stack.append((op, True))
            stack.extend((t.op, False) for t in reversed(op._inputs))
    return result


def _with_inputs(name: str, op: Operation, rebuilt: dict[Operation, Operation]) -> Operation:
    inputs = [rebuilt[t.op].outputs[t.value_index] for t in op._inputs]
    if all(new is old for new, old in zip(inputs, op._inputs, strict=True)):
        return op
    # Initialised values are no references any more.
    op_type = "Switch" if op.type == "RefSwitch" else op.type
    new_name = f"{op.name}_{name}".replace(":", "_")
    return op.graph.create_op(op_type, inputs, name=new_name, attrs=dict(op.attrs))


def _initialized_value_of(op: Operation) -> Any:
    """The initialised value of the variable that lives in `op`; None when no variable does."""
    names = (op.name, f"{op.name}:0")
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in op.graph.get_collection(key):
            if getattr(variable, "name", None) in names:
                if not hasattr(variable, "initialized_value"):
                    return None
                return variable.initialized_value()
    return None
