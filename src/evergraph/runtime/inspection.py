"""Programs as text, their invariants, and what a plan does with them.

`EVERGRAPH_DUMP=folder` writes the text after each pass, numbered and named; `EVERGRAPH_CHECK=1`
checks the invariants after each.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergraph.core.errors import InternalError
from evergraph.graph.check import check_operations
from evergraph.graph.operation import Operation
from evergraph.graph.text import graph_text
from evergraph.runtime.frames import LoopOps, Unit
from evergraph.runtime.partition import Segment
from evergraph.runtime.program import NO_SLOT, Program, Step

if TYPE_CHECKING:
    from evergraph.runtime.plan import Plan

_plan_numbers = itertools.count()


class Inspector:
    """Looks at what each pass of one plan has made, as far as the environment asks for it."""

    def __init__(self) -> None:
        self._folder = os.environ.get("EVERGRAPH_DUMP", "")
        self._checks = os.environ.get("EVERGRAPH_CHECK", "") not in ("", "0")
        self._plan = next(_plan_numbers)
        self._passes = 0

    def look(self, name: str, made: Sequence[Unit] | Program) -> None:
        """Check and write what the pass `name` has made.

        Raises:
            InternalError: an invariant doesn't hold; a defect of Evergraph.
        """
        if self._checks:
            if isinstance(made, Program):
                check_program(made)
            else:
                check_operations(list(_operations(made)))
        if self._folder:
            folder = Path(self._folder)
            folder.mkdir(parents=True, exist_ok=True)
            text = (
                program_text(made) if isinstance(made, Program) else graph_text(_operations(made))
            )
            file = folder / f"{self._plan:04d}-{self._passes:02d}-{name}.txt"
            file.write_text(text, encoding="utf-8")
        self._passes += 1


def _operations(units: Sequence[Unit]) -> Any:
    for unit in units:
        if isinstance(unit, LoopOps):
            yield from unit.all_ops()
        else:
            yield unit


def program_text(program: Program) -> str:
    """The steps over their slots, loops indented; then what is fetched and kept."""
    lines = [f"feed %{slot} = {tensor.name}" for tensor, slot in program.feeds.items()]
    lines += [f"state %{slot} = {location.key!r}" for location, slot in program.state.items()]
    lines += _step_lines(program.steps, "")
    lines.append("fetch " + " ".join(f"%{slot}" for slot in program.fetches))
    lines += [f"keep {location.key!r} = %{slot}" for location, slot in program.final.items()]
    return "\n".join(lines) + "\n"


def _step_lines(steps: Sequence[Step], indent: str) -> list[str]:
    lines: list[str] = []
    for step in steps:
        inputs = " ".join("-" if slot == NO_SLOT else f"%{slot}" for slot in step.inputs)
        outputs = " ".join(f"%{slot}" for slot in step.outputs)
        kind = "loop" if step.loop is not None else step.op.type
        lines.append(f"{indent}{outputs} = {kind}({inputs})  # {step.op.name}")
        if step.loop is None:
            continue
        loop = step.loop
        lines += [f"{indent}  round %{c.head} = %{c.start}, then %{c.next}" for c in loop.carried]
        lines += _step_lines(loop.cond, indent + "  ")
        lines.append(f"{indent}  while %{loop.pred}")
        lines += _step_lines(loop.body, indent + "    ")
        lines += [f"{indent}  leave %{outside} = %{inside}" for inside, outside in loop.exits]
    return lines


def check_program(program: Program) -> None:
    """Check that every slot is written once, and before it is read.

    Raises:
        InternalError: it isn't; a defect of Evergraph.
    """
    known = {*program.feeds.values(), *program.constants, *program.state.values(), NO_SLOT}
    _check_steps(program.steps, known)
    for slot in (*program.fetches, *program.final.values()):
        _demand(slot in known, f"slot {slot} is fetched or kept but never written")


def _check_steps(steps: Sequence[Step], known: set[int]) -> None:
    for step in steps:
        for slot in (*step.inputs, *(token for _, token in step.guards)):
            _demand(slot in known, f"'{step.op.name}' reads slot {slot} before it is written")
        if step.loop is not None:
            loop = step.loop
            inner = known | {carried.head for carried in loop.carried}
            _check_steps(loop.cond, inner)
            _demand(loop.pred in inner, f"the predicate of '{step.op.name}' is never written")
            _check_steps(loop.body, inner)
            for slot in (*(c.next for c in loop.carried), *(inside for inside, _ in loop.exits)):
                _demand(slot in inner, f"slot {slot} of loop '{step.op.name}' is never written")
        for slot in step.outputs:
            _demand(slot not in known, f"'{step.op.name}' writes slot {slot} once more")
            known.add(slot)


def _demand(holds: bool, message: str) -> None:
    if not holds:
        raise InternalError(None, None, message)


def plan_report(plan: Plan) -> str:
    """What runs where: a line for each segment of `plan`, and one for each loop in it."""
    lines = []
    for index, segment in enumerate(plan.segments):
        where = _where(plan, index, segment)
        lines.append(f"segment {index}: {len(segment.steps)} steps, {where}")
        for step in segment.steps:
            if step.loop is not None:
                inside = len(step.loop.cond) + len(step.loop.body)
                stepped = where if where.startswith("compiled") else f"host-stepped, {where}"
                lines.append(f"  loop {_loop_name(step.op)}: {inside} steps inside, {stepped}")
    return "\n".join(lines) + "\n"


def _where(plan: Plan, index: int, segment: Segment) -> str:
    if not segment.is_device:
        return "on the host"
    count = sum(1 for key in plan.compiled if key[0] == index)
    if not plan.can_compile[index]:
        return "by NumPy: its sizes or its control flow can't be compiled"
    if count == 0:
        return "by NumPy until it has run more often"
    return f"compiled, {count} executable{'s' if count > 1 else ''}"


def _loop_name(loop_cond: Operation) -> str:
    return loop_cond.name.rpartition("/")[0] or loop_cond.name
