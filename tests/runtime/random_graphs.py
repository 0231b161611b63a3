"""Random programs with reads, writes and control edges, for comparing the ways to run one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np

from evergraph.core import dtypes
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.cond import cond
from evergraph.ops.constants import constant
from evergraph.ops.identity import identity
from evergraph.ops.math_comparison import greater
from evergraph.ops.math_elementwise import add, maximum, multiply, negative, subtract
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.placeholders import placeholder
from evergraph.ops.resource import (
    ASSIGN_ADD_VARIABLE_OP,
    ASSIGN_VARIABLE_OP,
    READ_VARIABLE_OP,
    VAR_HANDLE_OP,
)
from evergraph.ops.state import assign, assign_add, assign_sub, variable_op_v2

SHAPE = [3]


@dataclass
class RandomProgram:
    """A graph, how its variables start, and a few runs to make."""

    graph: Graph
    init: list[Operation] = field(default_factory=list)
    runs: list[tuple[list[Tensor | Operation], dict[Tensor, np.ndarray]]] = field(
        default_factory=list
    )
    depth: int = 0
    has_read_after_write: bool = False


def random_program(seed: int, size: int = 18) -> RandomProgram:
    """A program that depends on `seed` alone."""
    rng = random.Random(seed)
    graph = Graph()
    program = RandomProgram(graph, depth=size)
    with graph.as_default():
        _fill(rng, graph, program, size)
    return program


def _value(rng: random.Random, dtype: dtypes.DType) -> np.ndarray:
    numbers = [rng.randint(-3, 3) for _ in range(SHAPE[0])]
    return np.asarray(numbers, dtype.as_numpy_dtype)


def _fill(rng: random.Random, graph: Graph, program: RandomProgram, size: int) -> None:
    dtype = rng.choice([dtypes.float32, dtypes.int32, dtypes.float64])
    refs = [variable_op_v2(SHAPE, dtype, name=f"v{i}") for i in range(2)]
    handle = VAR_HANDLE_OP(dtype=dtype, shape=SHAPE, shared_name="r", name="r")
    for ref in refs:
        program.init.append(assign(ref, _value(rng, dtype)).op)
    program.init.append(ASSIGN_VARIABLE_OP(handle, constant(_value(rng, dtype))))
    feeds = [placeholder(dtype, SHAPE), placeholder(dtype, [None])]
    values: list[Tensor] = [*feeds, constant(_value(rng, dtype))]
    writes: list[Operation] = []
    for _ in range(size):
        controls = rng.sample(writes, k=min(len(writes), rng.choice([0, 0, 1, 1, 2])))
        with graph.control_dependencies(controls):
            made = _operation(rng, dtype, refs, handle, values)
        if isinstance(made, Operation):
            writes.append(made)
        elif made.dtype._is_ref_dtype:
            writes.append(made.op)
            values.append(made)
        else:
            program.has_read_after_write |= bool(controls)
            values.append(made)
    for _ in range(3):
        fetches: list[Tensor | Operation] = [rng.choice(values) for _ in range(rng.randint(1, 3))]
        fetches += rng.sample(writes, k=min(len(writes), rng.randint(0, 2)))
        fetches += rng.sample(refs, k=rng.randint(0, 1))
        feed = {tensor: _value(rng, dtype) for tensor in feeds}
        plain = [t for t in values if not t.dtype._is_ref_dtype and t not in feed]
        if rng.random() < 0.3 and plain:
            feed[rng.choice(plain)] = _value(rng, dtype)
        program.runs.append((fetches, feed))


def _operation(
    rng: random.Random,
    dtype: dtypes.DType,
    refs: list[Tensor],
    handle: Tensor,
    values: list[Tensor],
) -> Tensor | Operation:
    x, y = rng.choice(values), rng.choice(values)
    kind = rng.randint(0, 13)
    if kind == 0:
        return add(x, y)
    if kind == 1:
        return subtract(x, y)
    if kind == 2:
        # Small factors: no overflow, whatever the depth.
        bounded = tanh(x) if dtype.is_floating else maximum(negative(x), -3)
        return multiply(bounded, 0 if not dtype.is_floating else y * 0.5)
    if kind == 3:
        return negative(x)
    if kind == 4:
        return maximum(x, y)
    if kind == 5:
        return identity(rng.choice(refs))
    if kind == 6:
        return add(identity(rng.choice(refs)), x)
    if kind == 7:
        return READ_VARIABLE_OP(handle, dtype=dtype)
    if kind == 8:
        return assign(rng.choice(refs), x)
    if kind == 9:
        return assign_add(rng.choice(refs), x)
    if kind == 10:
        return assign_sub(rng.choice(refs), x)
    if kind == 11:
        return ASSIGN_VARIABLE_OP(handle, x)
    if kind == 12:
        return ASSIGN_ADD_VARIABLE_OP(handle, x)
    ref = rng.choice(refs)
    return cond(
        greater(reduce_sum(x), 0),
        lambda: add(y, 1),
        lambda: add(assign_add(ref, y), 0) if rng.random() < 0.5 else subtract(y, ref),
    )
