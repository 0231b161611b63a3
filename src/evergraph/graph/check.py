"""Every invariant of a graph, stated once.

Tests call this after what changes a graph; `EVERGRAPH_CHECK=1` does so in programs, for the
operations of each plan.
"""

from __future__ import annotations

from collections.abc import Sequence

from evergraph.core.errors import InternalError
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation


def check_graph(graph: Graph) -> None:
    """Check all operations of `graph`, and that it knows each by its name.

    Raises:
        InternalError: an invariant doesn't hold; a defect of Evergraph.
    """
    ops = graph.get_operations()
    check_operations(ops)
    numbers = [op._id_value for op in ops]
    _demand(numbers == sorted(set(numbers)), None, "operations aren't in the order of their making")
    for op in ops:
        _demand(op.graph is graph, op, "belongs to another graph")
        _demand(graph._nodes_by_name.get(op.name) is op, op, "isn't known by its name")
        for tensor in op._inputs:
            _demand(tensor.op.graph is graph, op, f"takes {tensor.name} of another graph")
            _demand(op in tensor._consumers, op, f"isn't among the consumers of {tensor.name}")
        for control in op._control_inputs:
            _demand(control.graph is graph, op, f"waits for {control.name} of another graph")


def check_operations(ops: Sequence[Operation]) -> None:
    """Check each of `ops` against its schema; a plan's may come from the bodies of functions.

    Raises:
        InternalError: an invariant doesn't hold; a defect of Evergraph.
    """
    for op in ops:
        for index, tensor in enumerate(op._outputs):
            _demand(tensor.op is op and tensor.value_index == index, op, "has a foreign output")
        _check_schema(op)


def _check_schema(op: Operation) -> None:
    op_def = op.op_def
    if op_def is None:
        return
    names = op_def.flat_input_names(op.attrs)
    _demand(len(names) == len(op._inputs), op, f"has {len(op._inputs)} inputs, not {len(names)}")
    wanted = op_def.output_types(op.attrs)
    found = [tensor.dtype for tensor in op._outputs]
    _demand(found == wanted, op, f"gives {found}, its schema says {wanted}")


def _demand(holds: bool, op: Operation | None, message: str) -> None:
    if not holds:
        subject = f"operation '{op.name}' ({op.type})" if op is not None else "the graph:"
        raise InternalError(None, op, f"{subject} {message}")
