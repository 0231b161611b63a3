"""Making one step of a loop's operations: what goes round, what leaves, what it does to variables.

The value of a variable that a loop writes goes round like any other: it has a slot at the beginning
of an iteration, further ones after each write, and one after the loop. Enter, Merge, Switch, Exit
and NextIteration need no steps: they say which slot is which.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evergraph.core.errors import UnsupportedError, explain
from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime.frames import LoopOps, Unit, control_of
from evergraph.runtime.program import Carried, Location, Loop, Step, captured_slots

if TYPE_CHECKING:
    from evergraph.runtime.effects import Builder


def add_loop(builder: Builder, ops: LoopOps) -> None:
    """Add the step of one loop to `builder`."""
    if not ops.own("loop_cond") and not ops.own("next_iteration"):
        _add_frame(builder, ops)
    else:
        _LoopMaker(builder, ops).make()


def _add_frame(builder: Builder, ops: LoopOps) -> None:
    """Add the operations of a frame that nothing goes round in: they run once, as outside of it."""
    for unit in ops.members:
        if isinstance(unit, Operation) and control_of(unit) in ("enter", "exit"):
            builder.reached[unit] = builder.reached_by(unit)
            _same(builder, unit._inputs[0], unit._outputs[0])
        else:
            builder.add_units([unit])


class _LoopMaker:
    def __init__(self, builder: Builder, ops: LoopOps) -> None:
        self.builder = builder
        self.ops = ops
        conds = ops.own("loop_cond")
        if len(conds) != 1:
            first = next(ops.all_ops())
            raise UnsupportedError(
                explain(
                    f"The loop around '{first.name}' has {len(conds)} LoopCond operations.",
                    expected="one LoopCond in each loop, as tf.while_loop makes it",
                    created=first.created_at,
                )
            )
        self.loop_cond = conds[0]
        self.exits: list[tuple[int, int]] = []
        # Merge -> (slot that the first iteration begins with, slot at the beginning of each).
        self.heads: dict[Operation, tuple[int, int]] = {}
        # Merges of references: each stands for one location all the time.
        self.references: set[Operation] = set()

    def make(self) -> None:
        builder = self.builder
        outside = builder.scope
        everything = list(self.ops.all_ops())
        reached = 0
        for op in self.ops.own("enter"):
            reached |= builder.reached_by(op)
        written = list(dict.fromkeys(self._written(everything)))
        before = {location: builder.latest(location) for location in written}
        scope = type(outside)(outside, reached)
        for location in written:
            scope.heads[location] = self._new_state_slot(location)
        self._enter(reached)

        steps, builder.steps, builder.scope = builder.steps, [], scope
        cond_units, body_units = self._parts()
        builder.add_units(cond_units)
        cond, builder.steps = builder.steps, []
        pred = builder.slots[self.loop_cond._inputs[0]]
        middle = {location: builder.latest(location) for location in written}
        self._switches()
        builder.add_units(body_units)
        body = builder.steps
        carried = [
            Carried(start, head, self._next_slot(merge))
            for merge, (start, head) in self.heads.items()
        ]
        carried += [Carried(before[at], scope.heads[at], builder.latest(at)) for at in written]
        builder.steps, builder.scope = steps, outside

        after = {location: self._new_state_slot(location) for location in written}
        exits = [*self.exits, *((middle[at], after[at]) for at in written)]
        self._add_step(Loop(carried, cond, pred, body, exits), written, before, after, reached)

    def _add_step(
        self,
        loop: Loop,
        written: list[Location],
        before: dict[Location, int],
        after: dict[Location, int],
        reached: int,
    ) -> None:
        builder = self.builder
        starts = [c.start for c in loop.carried]
        inputs = list(dict.fromkeys([*starts, *captured_slots(loop)]))
        uninitialized_ok = frozenset(
            i for i, slot in enumerate(inputs) if slot in set(before.values())
        )
        enters = {c for op in self.ops.own("enter") for c in op._control_inputs}
        step = Step(
            self.loop_cond,
            tuple(inputs),
            tuple(outside for _, outside in loop.exits),
            None,
            controllers=tuple(builder.step_of[c] for c in enters if c in builder.step_of),
            written=tuple((at, before[at], after[at]) for at in written),
            uninitialized_ok=uninitialized_ok,
            loop=loop,
        )
        builder.steps.append(step)
        for op in self.ops.own("exit"):
            builder.step_of[op] = step
            builder.reached[op] = reached
        for location in written:
            builder.record_write(self.loop_cond, location, after[location])
        for op in self.ops.own("exit"):
            builder.reached[op] |= builder.reached.get(self.loop_cond, 0)

    def _written(self, ops: Iterable[Operation]) -> Iterable[Location]:
        """The places of state that operations inside change."""
        builder = self.builder
        for op in ops:
            op_def = op.op_def
            if op_def is None:
                continue
            flat = op_def.flat_input_names(op.attrs) if op_def.writes else []
            for index in op_def.writes:
                written = op._inputs[flat.index(op_def.inputs[index].name)]
                for source in _variables(written):
                    yield builder.location_of(source.op)
            if op_def.random_blocks is not None:
                yield builder.stream_of(op)

    def _new_state_slot(self, location: Location) -> int:
        slot = self.builder.program.new_slot()
        self.builder.program.slot_tensor[slot] = location.op._outputs[0]
        return slot

    def _enter(self, reached: int) -> None:
        """Give the outputs of Enters and of the Merges behind them their slots or places."""
        builder = self.builder
        for op in self.ops.own("enter"):
            builder.reached[op] = reached
            given, made = op._inputs[0], op._outputs[0]
            if given in builder.places:
                builder.places[made] = builder.places[given]
                if given in builder.tokens:
                    builder.tokens[made] = builder.tokens[given]
            else:
                builder.slots[made] = builder.slots[given]
        for merge in self.ops.own("merge"):
            enter = [t for t in merge._inputs if control_of(t.op) == "enter"]
            if not any(control_of(t.op) == "next_iteration" for t in merge._inputs):
                continue
            if len(merge._inputs) != 2 or len(enter) != 1:
                raise UnsupportedError(
                    explain(
                        f"Merge '{merge.name}' joins {len(merge._inputs)} values at a loop's head.",
                        expected="one from Enter and one from NextIteration",
                        created=merge.created_at,
                    )
                )
            source = enter[0].op
            location = self._place_of_head(merge, source)
            if location is not None:
                builder.places[merge._outputs[0]] = location
                self.references.add(merge)
                continue
            start = builder.input_slot(source, source._inputs[0], False, False, reached)
            head = builder.program.new_slot()
            builder.slots[merge._outputs[0]] = head
            builder.program.slot_tensor[head] = merge._outputs[0]
            self.heads[merge] = (start, head)

    def _place_of_head(self, merge: Operation, enter: Operation) -> Location | None:
        """The variable that `merge` stands for, when it goes round as a reference."""
        if not merge._outputs[0].dtype._is_ref_dtype:
            return None
        location = self.builder.places.get(enter._inputs[0])
        stands_for = {self.builder.location_of(v.op) for v in _variables(merge._outputs[0])}
        return location if stands_for == {location} else None

    def _is_reference(self, tensor: Tensor) -> bool:
        return tensor.dtype._is_ref_dtype and tensor in self.builder.places

    def _parts(self) -> tuple[list[Unit], list[Unit]]:
        """The units of every iteration, and those that only go on behind the loop's Switches."""
        behind: set[Operation] = set()
        cond: list[Unit] = []
        body: list[Unit] = []
        for unit in self.ops.members:
            inside = [unit] if isinstance(unit, Operation) else list(unit.all_ops())
            is_behind = any(self._is_behind(op, behind) for op in inside)
            if is_behind:
                behind.update(inside)
            if isinstance(unit, Operation) and self._needs_no_step(unit):
                continue
            (body if is_behind else cond).append(unit)
        return cond, body

    def _is_behind(self, op: Operation, behind: set[Operation]) -> bool:
        if self._is_loop_switch(op):
            return True
        return any(t.op in behind for t in op._inputs) or any(
            c in behind for c in op._control_inputs
        )

    def _is_loop_switch(self, op: Operation) -> bool:
        return control_of(op) == "switch" and op._inputs[1].op is self.loop_cond

    def _needs_no_step(self, op: Operation) -> bool:
        return (
            op in self.heads
            or op in self.references
            or control_of(op) in ("enter", "exit", "next_iteration", "loop_cond")
            or self._is_loop_switch(op)
            or self._is_copy_of_switch(op)
        )

    def _is_copy_of_switch(self, op: Operation) -> bool:
        """Whether `op` only hands on what a Switch of the loop lets through."""
        return (
            op.op_def is not None
            and op.op_def.forwards
            and not op.op_def.control
            and self._is_loop_switch(op._inputs[0].op)
            and (not op._control_inputs or op._inputs[0].value_index == 0)
        )

    def _switches(self) -> None:
        """Let the values at the heads through the loop's Switches, to the body and to the Exits."""
        builder = self.builder
        builder.slots[self.loop_cond._outputs[0]] = builder.slots[self.loop_cond._inputs[0]]
        copies = [m for m in self.ops.members if isinstance(m, Operation)]
        for op in copies:
            if self._is_loop_switch(op) or self._is_copy_of_switch(op):
                builder.reached[op] = builder.reached_by(op)
                for made in op._outputs:
                    _same(builder, op._inputs[0], made)
            elif control_of(op) == "exit" and self._is_reference(op._inputs[0]):
                builder.places[op._outputs[0]] = builder.places[op._inputs[0]]
            elif control_of(op) == "exit":
                inside = builder.input_slot(op, op._inputs[0], False, False, -1)
                outside = builder.program.new_slot()
                builder.slots[op._outputs[0]] = outside
                builder.program.slot_tensor[outside] = op._outputs[0]
                self.exits.append((inside, outside))

    def _next_slot(self, merge: Operation) -> int:
        builder = self.builder
        after = next(t.op for t in merge._inputs if control_of(t.op) == "next_iteration")
        reached = builder.reached_by(after)
        return builder.input_slot(after, after._inputs[0], False, False, reached)


def _same(builder: Builder, given: Tensor, made: Tensor) -> None:
    if given in builder.places:
        builder.places[made] = builder.places[given]
    else:
        builder.slots[made] = builder.slots[given]


def _source(tensor: Tensor) -> Tensor:
    """The output of a variable that a ref or handle comes from."""
    while True:
        op_def = tensor.op.op_def
        if op_def is None or op_def.location:
            return tensor
        if op_def.forwards:
            tensor = tensor.op._inputs[0]
            continue
        given = op_def.aliases.get(tensor.value_index)
        if given is None:
            return tensor
        flat = op_def.flat_input_names(tensor.op.attrs)
        tensor = tensor.op._inputs[flat.index(op_def.inputs[given].name)]


def _variables(tensor: Tensor) -> list[Tensor]:
    """The outputs of all variables that a ref or handle may come from, round loops too."""
    found: dict[Tensor, None] = {}
    seen: set[Tensor] = set()
    pending = [tensor]
    while pending:
        source = _source(pending.pop())
        if source in seen:
            continue
        seen.add(source)
        if source.dtype._is_ref_dtype and control_of(source.op):
            pending.extend(source.op._inputs)
        else:
            found[source] = None
    return list(found)
