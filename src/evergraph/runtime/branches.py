"""Functionalising conds: the Switches and Merges of a device segment become nested branch units.

Every step lies on some branches: a set of (predicate slot, taken side). A Switch adds one to what
its outputs carry, a Merge takes the pair away again. Steps that share a predicate and can run at
the same time become one unit, which XLA executes as one conditional.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from evergraph.arrays.run_objects import NeedsHost
from evergraph.runtime.partition import Segment, all_steps
from evergraph.runtime.program import NO_SLOT, Program, Step

# The branches that a slot or a step lies on.
Branches = frozenset[tuple[int, bool]]
_NONE: Branches = frozenset()


@dataclass(slots=True, eq=False)
class CondUnit:
    """Steps on the two sides of one predicate.

    Attributes:
        pred: slot of the predicate.
        pred_copies: further slots that hold it.
        sides: (taken side, unit or step) in running order.
        merges: Merge steps that end here: (step, side of each input).
        outputs: slots made inside that are needed outside, besides those of the merges.
        writes: (slot before, slot after) of every write inside, in running order.
    """

    pred: int
    pred_copies: Sequence[int] = ()
    sides: list[tuple[bool, Unit]] = field(default_factory=list)
    merges: list[tuple[Step, tuple[bool, ...]]] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    writes: list[tuple[int, int]] = field(default_factory=list)


Unit = Step | CondUnit


def units_of(steps: Sequence[Step], needed: Sequence[int], known: Branches = _NONE) -> list[Unit]:
    """`steps` with their conds as units.

    Args:
        steps: the steps of one segment, or of one part of a loop, in running order.
        needed: slots that are needed afterwards.
        known: what is known of predicates: the branches that all of `steps` lie on.

    Raises:
        NeedsHost: control flow that isn't made of conds, or a value leaves its branch without a
            Merge.
    """
    if not any(is_branching(step) for step in steps):
        return list(steps)
    branches = StepBranches(steps, known)
    for slot in needed:
        if branches.of_slot.get(slot, _NONE) - known and slot not in branches.written:
            raise NeedsHost("a value leaves its branch without a Merge")
    return _Scheduler(branches).schedule(branches.steps, known, frozenset(needed))


def compilable(program: Program, segments: Sequence[Segment]) -> list[bool]:
    """For each segment whether it can be one executable: branches that end in another one can't."""
    if not any(is_branching(step) for step in program.steps):
        return [s.is_device and _has_units(s, _NONE) for s in segments]
    try:
        known = known_sides(program.constants, program.constants)
        branches = StepBranches(program.steps, known)
    except NeedsHost:
        return [False] * len(segments)
    segment_of = {step: s for s in segments for step in s.steps}
    cut: set[Segment] = set()
    for step in program.steps:
        for controller in step.controllers:
            here, there = segment_of[step], segment_of.get(controller)
            lies_on = branches.of_step.get(controller, _NONE) - known
            if there is not None and here is not there and lies_on:
                cut.update((here, there))
    for segment in segments:
        crossing = {*segment.inputs, *segment.outputs} - branches.written
        if any(branches.of_slot.get(slot, _NONE) - known for slot in crossing):
            cut.add(segment)
    return [s.is_device and s not in cut and _has_units(s, known) for s in segments]


def _has_units(segment: Segment, known: Branches) -> bool:
    try:
        for step in all_steps(segment):
            if step.loop is not None:
                units_of(step.loop.cond, ())
                units_of(step.loop.body, ())
        units_of(segment.steps, segment.outputs, known)
    except NeedsHost:
        return False
    return True


def is_branching(step: Step) -> bool:
    """Whether `step` is a Switch or Merge, or stands for one of a variable."""
    return _control_of(step) in ("switch", "merge") or step.is_token


def _control_of(step: Step) -> str:
    """The role of `step` in control flow; a loop, and a Merge of one value, have none."""
    kind: str = step.op_def.control
    return "" if step.loop is not None or (kind == "merge" and step.call is not None) else kind


class StepBranches:
    """The branches of every step and slot.

    Attributes:
        steps: the steps that can run at all; a Merge that only one value can reach is a copy.
        of_slot, of_step: the branches that each lies on.
        written: slots of variables after a write: they have a value on either side.
    """

    def __init__(self, steps: Sequence[Step], known: Branches = _NONE) -> None:
        self.known = known
        self.of_slot: dict[int, Branches] = {}
        self.of_step: dict[Step, Branches] = {}
        self.canonical: dict[int, int] = {}
        self.copies: dict[int, list[int]] = {}
        self.written = {after for step in steps for _, _, after in step.written}
        self.steps: list[Step] = []
        for step in steps:
            self._visit(step)

    def predicate(self, slot: int) -> int:
        """The slot of which `slot` is a copy."""
        return self.canonical.get(slot, slot)

    def is_possible(self, branches: Branches) -> bool:
        """Whether one run can be on all of `branches`."""
        return not any(
            (pred, not side) in branches or (pred, not side) in self.known
            for pred, side in branches
        )

    def _visit(self, step: Step) -> None:
        kind = _control_of(step)
        if kind == "trigger":  # it comes after its controllers, whether they are alive or not
            controllers = [self.of_step.get(c, _NONE) for c in step.controllers]
            self.of_step[step] = frozenset.intersection(*controllers) if controllers else _NONE
            self.steps.append(step)
            return
        inputs = [self._input(step, i) for i in range(len(step.inputs))]
        if kind == "merge":
            self._visit_merge(step, inputs)
            return
        together = frozenset().union(
            *inputs, *(self.of_step.get(c, _NONE) for c in step.controllers)
        )
        self.of_step[step] = together
        if self.is_possible(together):
            self.steps.append(step)
        elif step.written:
            self.of_step[step] = _NONE
            self.steps.append(_unwritten(step))
            self.of_step[self.steps[-1]] = _NONE
        if kind == "switch":
            pred = self.predicate(step.inputs[1])
            for side, slot in enumerate(step.outputs):
                self.of_slot[slot] = together | {(pred, bool(side))}
            return
        if kind:
            raise NeedsHost("control flow that isn't made of conds and loops")
        if step.op_def.forwards and not step.is_token and len(step.outputs) == 1:
            source = self.canonical[step.outputs[0]] = self.predicate(step.inputs[0])
            self.copies.setdefault(source, []).append(step.outputs[0])
        for slot in step.outputs:
            if slot not in self.written:
                self.of_slot[slot] = together

    def _visit_merge(self, step: Step, inputs: list[Branches]) -> None:
        possible = [i for i, branches in enumerate(inputs) if self.is_possible(branches)]
        if len(possible) == 1 and len(inputs) > 1:
            step = _copy_of_input(step, possible[0])
        found = [inputs[i] for i in possible]
        together = frozenset.intersection(*found) if found else frozenset().union(*inputs)
        self.of_step[step] = together
        if possible:
            self.steps.append(step)
        for slot in step.outputs:
            self.of_slot[slot] = together

    def _input(self, step: Step, position: int) -> Branches:
        slot = step.inputs[position]
        found = _NONE if slot == NO_SLOT else self.of_slot.get(slot, _NONE)
        for guarded, token in step.guards:
            if guarded == position:
                found |= self.of_slot.get(token, _NONE)
        return found


def _copy_of_input(merge: Step, index: int) -> Step:
    """What Merge `merge` is where only its input `index` can have a value."""
    guards = tuple((0, token) for position, token in merge.guards if position == index)
    return replace(
        merge,
        inputs=(merge.inputs[index],),
        call=lambda xp, values: (values[0], np.asarray(index, np.int32)),
        guards=guards,
    )


def _unwritten(step: Step) -> Step:
    """What is left of a write that never happens: the variable stays as it was."""
    return Step(
        step.op,
        tuple(before for _, before, _ in step.written),
        tuple(after for _, _, after in step.written),
        lambda xp, values: values,
    )


def known_sides(slots: Iterable[int], values: Mapping[int, Any]) -> Branches:
    """The sides of those predicates among `slots` whose value is known."""
    found = ((slot, values.get(slot)) for slot in slots)
    return frozenset(
        (slot, bool(value))
        for slot, value in found
        if isinstance(value, np.ndarray | np.generic) and value.dtype == bool and value.ndim == 0
    )


class _Scheduler:
    def __init__(self, branches: StepBranches) -> None:
        self.branches = branches

    def schedule(self, steps: list[Step], inside: Branches, needed: frozenset[int]) -> list[Unit]:
        """Units for `steps`, all on the branches `inside`; `needed` are slots needed elsewhere."""
        maker = {slot: step for step in steps for slot in step.outputs}
        waiting = list(steps)
        done: set[Step] = set()
        units: list[Unit] = []

        def is_ready(step: Step, extra: set[Step]) -> bool:
            sources = [maker.get(s) for s in step.inputs]
            sources += [maker.get(token) for _, token in step.guards]
            sources += [c for c in step.controllers if c in member]
            return all(s is None or s in done or s in extra for s in sources)

        member = set(steps)
        while waiting:
            rest: list[Step] = []
            for step in waiting:
                is_merge = _control_of(step) == "merge"
                if not is_merge and not self._own(step, inside) and is_ready(step, set()):
                    units.append(step)
                    done.add(step)
                else:
                    rest.append(step)
            if len(rest) < len(waiting):
                waiting = rest
                continue
            first = next((s for s in waiting if is_ready(s, set())), None)
            if first is None:
                raise NeedsHost("control flow that isn't made of conds and loops")
            if _control_of(first) == "merge" and not self._own(first, inside):
                pred = self._merged_predicate(first)
            else:
                pred = self._outermost(first, inside, maker)
            chosen: list[Step] = []
            extra: set[Step] = set()
            for step in waiting:
                if any(p == pred for p, _ in self._own(step, inside)) and is_ready(step, extra):
                    chosen.append(step)
                    extra.add(step)
            done |= extra
            waiting = [s for s in waiting if s not in extra]
            elsewhere = needed | self._taken(waiting)
            unit = self._unit(pred, chosen, inside, elsewhere)
            for step in list(waiting):
                sides = self._merge_sides(step, pred, extra, maker, inside)
                if sides is not None and is_ready(step, set()):
                    unit.merges.append((step, sides))
                    done.add(step)
                    waiting.remove(step)
            if not chosen and not unit.merges:
                raise NeedsHost("control flow that isn't made of conds and loops")
            self._outputs(unit, chosen, needed | self._taken(waiting))
            units.append(unit)
        return units

    def _own(self, step: Step, inside: Branches) -> Branches:
        return self.branches.of_step[step] - inside

    def _outermost(self, step: Step, inside: Branches, maker: dict[int, Step]) -> int:
        """The predicate of `step` that is itself known at this level."""
        for pred, _ in sorted(self._own(step, inside)):
            source = maker.get(pred)
            if source is None or not self._own(source, inside):
                return pred
        raise NeedsHost("control flow that isn't made of conds and loops")

    def _unit(
        self, pred: int, chosen: list[Step], inside: Branches, needed: frozenset[int]
    ) -> CondUnit:
        unit = CondUnit(pred, self.branches.copies.get(pred, ()))
        queues: dict[bool, deque[Unit]] = {}
        for side in (False, True):
            here = inside | {(pred, side)}
            members = [s for s in chosen if (pred, side) in self.branches.of_step[s]]
            queues[side] = deque(self.schedule(members, here, needed))
        unit.sides = _interleaved(queues, {step: i for i, step in enumerate(chosen)})
        for _, inner in unit.sides:
            unit.writes.extend(writes_of(inner))
        return unit

    def _merged_predicate(self, step: Step) -> int:
        """The predicate whose two sides meet in a Merge of values that no step of theirs made."""
        sides: dict[int, set[bool]] = {}
        for position in range(len(step.inputs)):
            for pred, side in self.branches._input(step, position):
                sides.setdefault(pred, set()).add(side)
        for pred, found in sorted(sides.items()):
            if len(found) == 2:
                return pred
        raise NeedsHost("control flow that isn't made of conds and loops")

    def _merge_sides(
        self, step: Step, pred: int, region: set[Step], maker: dict[int, Step], inside: Branches
    ) -> tuple[bool, ...] | None:
        if _control_of(step) != "merge" or self._own(step, inside):
            return None
        sides: list[bool] = []
        for position in range(len(step.inputs)):
            found = [side for p, side in self.branches._input(step, position) if p == pred]
            if len(found) != 1:
                return None
            sides.append(found[0])
        return tuple(sides) if sorted(sides) == [False, True] or len(sides) == 2 else None

    def _taken(self, steps: Sequence[Step]) -> frozenset[int]:
        """The slots that `steps` read, and the predicates of the branches that they lie on."""
        slots = {slot for step in steps for slot in step.inputs}
        slots |= {token for step in steps for _, token in step.guards}
        for step in steps:
            inputs = (self.branches._input(step, i) for i in range(len(step.inputs)))
            for branches in (self.branches.of_step[step], *inputs):
                slots |= {pred for pred, _ in branches}
        return frozenset(slots)

    def _outputs(self, unit: CondUnit, chosen: list[Step], needed: frozenset[int]) -> None:
        made = {slot for step in chosen for slot in step.outputs}
        # Where a write on the other side of an outer cond may start: the last one of a variable.
        last = {after for _, after in unit.writes} - {before for before, _ in unit.writes}
        unit.outputs = sorted(made & (needed | last))


def writes_of(unit: Unit) -> list[tuple[int, int]]:
    """(slot before, slot after) of every write of a step or cond, in running order."""
    if isinstance(unit, CondUnit):
        return unit.writes
    return [(before, after) for _, before, after in unit.written]


def _interleaved(
    queues: dict[bool, deque[Unit]], position: dict[Step, int]
) -> list[tuple[bool, Unit]]:
    """The units of both sides in one order: that of each side, and that of each variable's writes.

    A write of one side starts from the slot after the last write before it, of whichever side.
    """
    missing = {after for queue in queues.values() for u in queue for _, after in writes_of(u)}
    result: list[tuple[bool, Unit]] = []
    while any(queues.values()):
        heads = []
        for side, queue in queues.items():
            if queue:
                own = {after for _, after in writes_of(queue[0])}
                if not any(before in missing - own for before, _ in writes_of(queue[0])):
                    heads.append((position[_first_step(queue[0])], side))
        if not heads:
            raise NeedsHost("control flow that isn't made of conds and loops")
        side = min(heads)[1]
        unit = queues[side].popleft()
        missing.difference_update(after for _, after in writes_of(unit))
        result.append((side, unit))
    return result


def _first_step(unit: Unit) -> Step:
    while isinstance(unit, CondUnit):
        if not unit.sides:
            raise NeedsHost("control flow that isn't made of conds and loops")
        unit = unit.sides[0][1]
    return unit
