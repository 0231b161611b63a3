"""Branches and loops of lowered operations: version 1 control flow around functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import OpDef
from evergraph.runtime.function_parts import CASE_IS, FOR_CONTINUES, FOR_NEXT, FOR_START, TO_BOOL
from evergraph.runtime.lowered import Branch, Emitter, LoweredOperation, Result, invalid, made_by


def as_bool(emit: Emitter, tensor: Tensor, name: str, origin: Operation) -> Tensor:
    """`tensor` as a predicate: a number isn't 0, text isn't empty, a tensor has elements."""
    if tensor.dtype.base_dtype == dtypes.bool and tensor.shape.ndims in (0, None):
        return tensor
    op = emit.add(
        origin,
        f"{name}/pred",
        TO_BOOL,
        [tensor],
        (),
        [dtypes.bool],
        {"T": tensor.dtype.base_dtype},
    )
    return op._outputs[0]


def branch(
    emit: Emitter,
    pred: Tensor,
    args: Sequence[Tensor],
    name: str,
    origin: Operation,
    then: Branch,
    otherwise: Branch,
) -> Result:
    """`then` where `pred` is true, else `otherwise`, both called with `args`."""
    outside, emit.is_branching = emit.is_branching, True
    on_false, on_true = emit.switch(origin, f"{name}/Switch", pred, pred)
    pivots = [
        emit.identity(origin, f"{name}/{side}", tensor, ()).op
        for side, tensor in (("switch_f", on_false), ("switch_t", on_true))
    ]
    pairs = [
        emit.switch(origin, f"{name}/input_{i}/Switch", arg, pred) for i, arg in enumerate(args)
    ]
    sides = [
        branch([pair[side] for pair in pairs], [pivots[side]])
        for side, branch in enumerate((otherwise, then))
    ]
    if len(sides[0].outputs) != len(sides[1].outputs):
        raise invalid(
            origin,
            f"The branches of {name} return {len(sides[1].outputs)} and "
            f"{len(sides[0].outputs)} tensors.",
        )
    outputs = [
        emit.merge(origin, f"{name}/Merge_{i}", f, t)
        for i, (f, t) in enumerate(zip(sides[0].outputs, sides[1].outputs, strict=True))
    ]
    emit.is_branching = outside
    effects: list[LoweredOperation] = []
    if not outputs or sides[0].effects or sides[1].effects:
        ends = [
            emit.identity(origin, f"{name}/{end}", pivots[side]._outputs[0], s.done)
            for side, (end, s) in enumerate(zip(("done_f", "done_t"), sides, strict=True))
        ]
        effects = [made_by(emit.merge(origin, f"{name}/done", *ends))]
    return Result(outputs, [*map(made_by, outputs), *effects], effects)


def case(
    emit: Emitter,
    index: Tensor,
    args: Sequence[Tensor],
    name: str,
    origin: Operation,
    branches: Sequence[Branch],
    number: int = 0,
) -> Result:
    """The branch of `index`, the last one for an index out of range, as nested ifs."""
    if number == len(branches) - 1:
        return branches[number](args, [])
    is_it = emit.add(
        origin, f"{name}/is_{number}", CASE_IS, [index], (), [dtypes.bool], {"branch": number}
    )

    def rest(inner: Sequence[Tensor], anchors: Sequence[Operation]) -> Result:
        if number + 1 == len(branches) - 1:
            return branches[number + 1](inner[1:], anchors)
        return case(emit, inner[0], inner[1:], name, origin, branches, number + 1)

    def this(inner: Sequence[Tensor], anchors: Sequence[Operation]) -> Result:
        return branches[number](inner[1:], anchors)

    where = f"{name}/case_{number}"
    return branch(emit, is_it._outputs[0], [index, *args], where, origin, this, rest)


def loop(
    emit: Emitter,
    args: Sequence[Tensor],
    name: str,
    origin: Operation,
    cond: Branch,
    body: Branch,
    unchanged: set[int],
) -> Result:
    """`body` of its own results, `args` at first, as long as `cond` of them is true.

    Args:
        emit: where operations are made.
        args: the first values.
        name: what names of operations begin with.
        origin: the user's operation.
        cond: gives one tensor.
        body: gives the following values.
        unchanged: positions of the values that the body hands on as they are.
    """
    outside, emit.is_branching = emit.is_branching, True
    frame = {"frame_name": f"{name}/frame".encode(), "parallel_iterations": 10}
    merges: dict[int, LoweredOperation] = {}
    heads: list[Tensor] = []
    for i, arg in enumerate(args):
        dtype = arg.dtype.base_dtype
        enter = emit.add(
            origin, f"{name}/Enter_{i}", "Enter", [arg], (), [dtype],
            {"T": dtype, "is_constant": i in unchanged, **frame},
        )  # fmt: skip
        head = enter._outputs[0]
        if i in unchanged:
            head._shape = arg.shape
        else:
            head = emit.merge(origin, f"{name}/Merge_{i}", head, head)
            head._shape = TensorShape(None)
            merges[i] = made_by(head)
        heads.append(head)
    if not merges:
        raise invalid(origin, f"{name} has no loop variables.")
    pivot = next(iter(merges.values()))
    found = cond(heads, [pivot])
    if len(found.outputs) != 1:
        raise invalid(
            origin,
            "Expected a single scalar return value from WhileOp cond, got "
            f"{len(found.outputs)} tensors.",
        )
    loop_cond = emit.add(
        origin, f"{name}/LoopCond", "LoopCond",
        [as_bool(emit, found.outputs[0], f"{name}/LoopCond", origin)], (), [dtypes.bool],
    )  # fmt: skip
    exits: dict[int, Tensor] = {}
    inner = list(heads)
    for i, merge in merges.items():
        left, inside = emit.switch(
            origin, f"{name}/Switch_{i}", merge._outputs[0], loop_cond._outputs[0]
        )
        inner[i] = emit.identity(origin, f"{name}/Identity_{i}", inside, ())
        exits[i] = left
    turn = body(inner, [inner[next(iter(merges))].op])
    for i, merge in merges.items():
        dtype = merge._outputs[0].dtype
        following = emit.add(
            origin, f"{name}/NextIteration_{i}", "NextIteration", [turn.outputs[i]], turn.effects,
            [dtype], {"T": dtype},
        )  # fmt: skip
        merge._inputs[1] = following._outputs[0]
    outputs = list(args)
    for i, left in exits.items():
        dtype = left.dtype
        end = emit.add(origin, f"{name}/Exit_{i}", "Exit", [left], (), [dtype], {"T": dtype})
        outputs[i] = end._outputs[0]
    emit.is_branching = outside
    ends = [made_by(outputs[i]) for i in exits]
    has_effects = bool(turn.effects or found.effects)
    return Result(outputs, ends, ends[:1] if has_effects else [])


def for_loop(
    emit: Emitter,
    args: Sequence[Tensor],
    name: str,
    origin: Operation,
    body: Branch,
    unchanged: set[int],
) -> Result:
    """`body(i, *results)` for i of range(start, limit, delta); `args` begin with these three."""
    start, limit, delta, *rest = args

    def number(what: str, op_def: OpDef, *values: Tensor, dtype: Any = dtypes.int32) -> Tensor:
        made = emit.add(origin, f"{name}/{what}", op_def, values, (), [dtype])
        made._outputs[0]._shape = start.shape
        return made._outputs[0]

    def continues(values: Sequence[Tensor], anchors: Sequence[Operation]) -> Result:
        i, limit, delta = values[:3]
        pred = number("continues", FOR_CONTINUES, i, limit, delta, dtype=dtypes.bool)
        return Result([pred], [made_by(pred)], [])

    def turn(values: Sequence[Tensor], anchors: Sequence[Operation]) -> Result:
        i, limit, delta, *rest = values
        result = body([i, *rest], anchors)
        following = number("next", FOR_NEXT, i, delta)
        return Result([following, limit, delta, *result.outputs], result.done, result.effects)

    first = number("start", FOR_START, start, limit, delta)
    kept = {1, 2} | {i + 3 for i in unchanged}
    result = loop(emit, [first, limit, delta, *rest], name, origin, continues, turn, kept)
    return result._replace(outputs=result.outputs[3:])
