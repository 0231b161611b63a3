"""Functionalising conds: the Switches and Merges of a device segment become nested branch units.

Every step lies on some branches: a set of (predicate slot, taken side). A Switch adds one to what its
outputs carry, a Merge takes the pair away again. Steps that share a predicate and can run at the same
time become one unit, which XLA executes as one conditional.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from evergraph.arrays.run_objects import NeedsHost
from evergraph.runtime.program import NO_SLOT, Step

# The branches that a slot or a step lies on.
Branches = frozenset[tuple[int, bool]]
_NONE: Branches = frozenset()


@dataclass(slots=True, eq=False)
class CondUnit:
    """Steps on the two sides of one predicate.

    Attributes:
        pred: slot of the predicate.
        sides: (taken side, unit or step) in running order.
        merges: Merge steps that end here: (step, side of each input).
        outputs: slots made inside that are needed outside, besides those of the merges.
        writes: (slot before, slot after) of every write inside, in running order.
    """

    pred: int
    sides: list[tuple[bool, Unit]] = field(default_factory=list)
    merges: list[tuple[Step, tuple[bool, ...]]] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    writes: list[tuple[int, int]] = field(default_factory=list)


Unit = Step | CondUnit


def units_of(steps: Sequence[Step], needed: Sequence[int]) -> list[Unit]:
    """`steps` with their conds as units.

    Args:
        steps: the steps of one segment, in running order.
        needed: slots that are needed after the segment.

    Raises:
        NeedsHost: control flow that isn't made of conds, or a value of a branch leaves without a Merge.
    """
    if not any(is_branching(step) for step in steps):
        return list(steps)
    branches = _Branches(steps)
    for slot in needed:
        if branches.of_slot.get(slot, _NONE) and slot not in branches.written:
            raise NeedsHost("control flow that isn't made of conds and loops")
    return _Scheduler(branches, frozenset(needed)).schedule(list(steps), _NONE)


def is_branching(step: Step) -> bool:
    """Whether `step` is a Switch or Merge, or stands for one of a variable."""
    return step.loop is None and bool(step.op_def.control or step.is_token)


class _Branches:
    """The branches of every step and slot."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.of_slot: dict[int, Branches] = {}
        self.of_step: dict[Step, Branches] = {}
        self.canonical: dict[int, int] = {}
        self.written = {after for step in steps for _, _, after in step.written}
        for step in steps:
            self._visit(step)

    def predicate(self, slot: int) -> int:
        """The slot of which `slot` is a copy."""
        return self.canonical.get(slot, slot)

    def _visit(self, step: Step) -> None:
        kind = step.op_def.control if step.loop is None else ""
        if kind == "trigger":  # it comes after its controllers, whether they are alive or not
            controllers = [self.of_step.get(c, _NONE) for c in step.controllers]
            self.of_step[step] = frozenset.intersection(*controllers) if controllers else _NONE
            return
        inputs = [self._input(step, i) for i in range(len(step.inputs))]
        if kind == "merge":
            together = frozenset.intersection(*inputs) if inputs else _NONE
            self.of_step[step] = together
            for slot in step.outputs:
                self.of_slot[slot] = together
            return
        together = frozenset().union(
            *inputs, *(self.of_step.get(c, _NONE) for c in step.controllers)
        )
        self.of_step[step] = together
        if kind == "switch":
            pred = self.predicate(step.inputs[1])
            for side, slot in enumerate(step.outputs):
                self.of_slot[slot] = together | {(pred, bool(side))}
            return
        if kind:
            raise NeedsHost("control flow that isn't made of conds and loops")
        if step.op_def.forwards and not step.is_token and len(step.outputs) == 1:
            self.canonical[step.outputs[0]] = self.predicate(step.inputs[0])
        for slot in step.outputs:
            if slot not in self.written:
                self.of_slot[slot] = together

    def _input(self, step: Step, position: int) -> Branches:
        slot = step.inputs[position]
        found = _NONE if slot == NO_SLOT else self.of_slot.get(slot, _NONE)
        for guarded, token in step.guards:
            if guarded == position:
                found |= self.of_slot.get(token, _NONE)
        return found


class _Scheduler:
    def __init__(self, branches: _Branches, needed: frozenset[int]) -> None:
        self.branches = branches
        self.needed = needed

    def schedule(self, steps: list[Step], inside: Branches) -> list[Unit]:
        """Units for `steps`, all of which lie on the branches `inside`."""
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
                is_merge = step.op_def.control == "merge"
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
            if first.op_def.control == "merge" and not self._own(first, inside):
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
            unit = self._unit(pred, chosen, inside)
            for step in list(waiting):
                sides = self._merge_sides(step, pred, extra, maker, inside)
                if sides is not None and is_ready(step, set()):
                    unit.merges.append((step, sides))
                    done.add(step)
                    waiting.remove(step)
            if not chosen and not unit.merges:
                raise NeedsHost("control flow that isn't made of conds and loops")
            self._outputs(unit, chosen, waiting)
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

    def _unit(self, pred: int, chosen: list[Step], inside: Branches) -> CondUnit:
        unit = CondUnit(pred)
        queues: dict[bool, deque[Unit]] = {}
        for side in (False, True):
            here = inside | {(pred, side)}
            members = [s for s in chosen if (pred, side) in self.branches.of_step[s]]
            queues[side] = deque(self.schedule(members, here))
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
        if step.op_def.control != "merge" or self._own(step, inside):
            return None
        sides: list[bool] = []
        for position in range(len(step.inputs)):
            found = [side for p, side in self.branches._input(step, position) if p == pred]
            if len(found) != 1:
                return None
            sides.append(found[0])
        return tuple(sides) if sorted(sides) == [False, True] or len(sides) == 2 else None

    def _outputs(self, unit: CondUnit, chosen: list[Step], waiting: list[Step]) -> None:
        made = {slot for step in chosen for slot in step.outputs}
        used = {slot for step in waiting for slot in step.inputs}
        used |= {token for step in waiting for _, token in step.guards}
        # Where a write on the other side of an outer cond may start: the last one of a variable.
        last = {after for _, after in unit.writes} - {before for before, _ in unit.writes}
        unit.outputs = sorted(made & (used | self.needed | last))


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
