"""Taking out of loop bodies what only orders or hands on: NoOps, triggers, Identities.

In a loop without branches no step is ever dead, so that the order of the steps says all that
control edges say. A body of a gradient loses a third of its steps this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evergraph.runtime.branches import is_branching
from evergraph.runtime.program import Carried, Loop, Program, Step


def simplify_loops(program: Program) -> Program:
    """`program` with plainer loops; steps outside of loops stay as they are."""
    for step in program.steps:
        if step.loop is not None and not any(is_branching(inside) for inside in step.loop.steps()):
            _simplify(step.loop, {})
    return program


def _simplify(loop: Loop, same: dict[int, int]) -> None:
    """Simplify `loop`, and replace slots by those that hold the same value (`same`)."""
    loop.carried = [replace(c, start=same.get(c.start, c.start)) for c in loop.carried]
    loop.cond = _plainer(loop.cond, same)
    loop.pred = same.get(loop.pred, loop.pred)
    loop.body = _plainer(loop.body, same)
    loop.carried = [Carried(c.start, c.head, same.get(c.next, c.next)) for c in loop.carried]
    loop.exits = [(same.get(inside, inside), outside) for inside, outside in loop.exits]


def _plainer(steps: Sequence[Step], same: dict[int, int]) -> list[Step]:
    kept: list[Step] = []
    for step in steps:
        step.controllers = ()
        step.inputs = tuple(same.get(slot, slot) for slot in step.inputs)
        step.written = tuple((at, same.get(b, b), a) for at, b, a in step.written)
        if step.loop is not None:
            _simplify(step.loop, same)
        elif _only_hands_on(step):
            same[step.outputs[0]] = step.inputs[0]
            continue
        elif _only_orders(step):
            continue
        kept.append(step)
    return kept


def _only_hands_on(step: Step) -> bool:
    return bool(
        step.op_def.forwards
        and not (step.written or step.guards or step.is_token)
        and len(step.inputs) == len(step.outputs) == 1
    )


def _only_orders(step: Step) -> bool:
    op_def = step.op_def
    has_effect = op_def.stateful or op_def.host_only or step.written
    return not step.inputs and not step.outputs and not has_effect
