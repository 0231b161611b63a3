"""Calling kernels: flat slot values in, flat results out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from evergraph.arrays import numpy_backend
from evergraph.core.errors import UnsupportedError, explain
from evergraph.graph.operation import Operation
from evergraph.registry import constant_value
from evergraph.registry.op_def import OpDef

Call = Callable[[Any, Sequence[Any]], Sequence[Any]]


class Stream(NamedTuple):
    """The random stream of one op, as kernels see it: key, first block, blocks already used."""

    key: Any
    base: Any
    position: Any


def bind(op: Operation) -> Call:
    """A function `call(xp, values)` that runs the kernel of `op` on its flattened inputs.

    Raises:
        UnsupportedError: the op has no kernel.
    """
    op_def: OpDef | None = op.op_def
    if op_def is None or op_def.kernel_function is None:
        raise UnsupportedError(
            explain(
                f"No OpKernel was registered to support Op '{op.type}' used by node {op.name}",
                created=op.created_at,
                fix="this op can be kept in a graph but not run yet",
            )
        )
    kernel = op_def.kernel_function
    keywords = _keywords(op)
    computed = sum(1 for i in range(len(op_def.outputs)) if i not in op_def.aliases)
    is_list_output = any(arg.is_list for arg in op_def.outputs)
    is_single = len(op_def.writes) + computed == 1 and not is_list_output
    group = _grouping(op_def, op.attrs)
    if op_def.kernel_takes_stream:
        return _bind_random(op, kernel, keywords, group)
    if is_single and group is None:
        if keywords:
            return lambda xp, values: (kernel(xp, *values, **keywords),)
        return lambda xp, values: (kernel(xp, *values),)

    def call(xp: Any, values: Sequence[Any]) -> Sequence[Any]:
        args = values if group is None else group(values)
        result = kernel(xp, *args, **keywords)
        if is_single:
            return (result,)
        return () if result is None else result

    return call


def _keywords(op: Operation) -> dict[str, Any]:
    """The keyword arguments of the kernel of `op`."""
    op_def: OpDef = op.op_def
    keywords = {name: op.attrs[name] for name in op_def.kernel_attrs if name in op.attrs}
    if op_def.kernel_takes_op:
        keywords["op"] = op
    if op_def.kernel_takes_name:
        keywords["op_name"] = op.name
    return keywords


def single_result(op: Operation) -> Callable[..., Any] | None:
    """`function(xp, *inputs)` that gives the one output of `op`; None where there are several."""
    op_def: OpDef = op.op_def
    kernel = op_def.kernel_function
    is_list = any(arg.is_list for arg in (*op_def.inputs, *op_def.outputs))
    if kernel is None or is_list or len(op_def.outputs) != 1 or op_def.kernel_takes_stream:
        return None
    keywords = _keywords(op)
    return functools.partial(kernel, **keywords) if keywords else kernel


def _grouping(op_def: OpDef, attrs: dict[str, Any]) -> Callable[[Sequence[Any]], list[Any]] | None:
    if not any(arg.is_list for arg in op_def.inputs):
        return None
    return lambda values: op_def.group(op_def.inputs, attrs, values)


def _bind_random(op: Operation, kernel: Any, keywords: dict[str, Any], group: Any) -> Call:
    """As `bind`, with the state `[key, base, position]` (uint64) as last value and first result."""
    op_def: OpDef = op.op_def

    def call(xp: Any, values: Sequence[Any]) -> Sequence[Any]:
        *inputs, state = values
        args = inputs if group is None else group(inputs)
        stream = Stream(state[0], state[1], state[2])
        result = kernel(xp, *args, stream=stream, **keywords)
        results = (result,) if len(op_def.outputs) == 1 else tuple(result)
        shapes = [tuple(np.shape(r)) for r in results]
        blocks = op_def.random_blocks(shapes, op.attrs)  # type: ignore[misc]  # a random op has it
        return (xp.add(state, np.asarray([0, 0, blocks], np.uint64)), *results)

    return call


def evaluate_kernel(op: Operation, values: Sequence[Any]) -> Sequence[Any]:
    """The outputs of `op` for NumPy inputs; for constant propagation while a graph is built."""
    return [np.asarray(v) for v in bind(op)(numpy_backend, values)]


constant_value.evaluate_kernel = evaluate_kernel
