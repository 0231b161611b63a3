"""From pruned operations to a program: refs become locations, writes become new slots.

The rule for order of effects: a consumer sees a variable as of the last write, in the order of the
program, among the writes from which a data or control path leads to that consumer; else the value
at the start of the run. Writes of one variable follow each other. A fetched ref is the value at the
end of the run.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError, explain
from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime.frames import LoopOps, Unit, control_of
from evergraph.runtime.kernels import bind
from evergraph.runtime.loop_steps import add_loop
from evergraph.runtime.lowered import LoweredOperation
from evergraph.runtime.program import NO_SLOT, Location, Program, Step, unfed_placeholder


def build_program(
    units: Sequence[Unit], fed: Collection[Tensor], fetches: Sequence[Tensor]
) -> Program:
    """The program that computes `fetches` by `units`, in running order, with `fed` given."""
    return Builder(units, fed).build(fetches)


def _has_branch(unit: Unit) -> bool:
    """Whether there is a Switch that isn't a loop's own."""
    ops = unit.all_ops() if isinstance(unit, LoopOps) else (unit,)
    return any(
        control_of(op) == "switch" and control_of(op._inputs[1].op) != "loop_cond" for op in ops
    )


class Scope:
    """The writes of one level: of the whole program, or of one iteration of a loop.

    Attributes:
        outer: the level around; None for the program itself.
        reached: the writes outside (as bits) that lead into the loop.
        heads: location -> slot of its value at the beginning of an iteration, for locations that
            the loop writes.
        writes: location -> the writes so far: (bit of the write, slot after it).
    """

    def __init__(self, outer: Scope | None = None, reached: int = 0) -> None:
        self.outer = outer
        self.reached = reached
        self.heads: dict[Location, int] = {}
        self.writes: dict[Location, list[tuple[int, int]]] = {}


class Builder:
    """A program in the making.

    Attributes:
        program: what has been built so far.
        steps: where steps are added: those of the program, or of the loop that is being built.
        slots: slot of each tensor that holds a value.
        places: location that a tensor stands for, for refs and handles.
        scope: the level that is being built.
        step_of: the step made for an operation.
    """

    def __init__(self, units: Sequence[Unit], fed: Collection[Tensor]) -> None:
        self.units = units
        self.program = Program()
        self.steps: list[Step] = self.program.steps
        self.slots: dict[Tensor, int] = {}
        self.places: dict[Tensor, Location] = {}
        self.locations: dict[str, Location] = {}
        self.scope = Scope()
        # For each operation the set of writes (as bits) that lead to it.
        self.reached: dict[Operation, int] = {}
        self.write_count = 0
        self.step_of: dict[Operation, Step] = {}
        # For aliases of variables in programs with branches: the slot that says whether it is dead.
        self.tokens: dict[Tensor, int] = {}
        self.has_branches = any(_has_branch(unit) for unit in units)
        for tensor in fed:
            slot = self.program.new_slot()
            self.program.feeds[tensor] = slot
            self.slots[tensor] = slot
            self.program.slot_tensor[slot] = tensor

    def build(self, fetches: Sequence[Tensor]) -> Program:
        """The whole program."""
        self.add_units(self.units)
        for location, written in self.scope.writes.items():
            if written:
                self.program.final[location] = written[-1][1]
        self.program.fetches = [self._fetch(tensor) for tensor in fetches]
        return self.program

    def add_units(self, units: Sequence[Unit]) -> None:
        """Add operations and loops in this order."""
        for unit in units:
            if isinstance(unit, LoopOps):
                add_loop(self, unit)
            else:
                self._add(unit)

    def _fetch(self, tensor: Tensor) -> int:
        if tensor in self.slots:
            return self.slots[tensor]
        location = self.places[tensor]
        if tensor.dtype.base_dtype == dtypes.resource:
            slot = self.program.new_slot()
            self.program.constants[slot] = _handle_value(location)
            return slot
        return self.latest(location)

    def _start(self, location: Location, scope: Scope) -> int:
        """The slot of the value before any write of `scope`."""
        if scope.outer is not None:
            head = scope.heads.get(location)
            if head is not None:
                return head
            return self.current(location, scope.reached, scope.outer)
        slot = self.program.state.get(location)
        if slot is None:
            slot = self.program.state[location] = self.program.new_slot()
            self.program.slot_tensor[slot] = location.op.outputs[0]
        return slot

    def location(self, op: Operation, key: str) -> Location:
        """The place of state that is known by `key`."""
        found = self.locations.get(key)
        if found is None:
            found = self.locations[key] = Location(op, key)
        return found

    def location_of(self, op: Operation) -> Location:
        """The place of state that `op`, a variable, is."""
        return self.location(op, location_key(op))

    def stream_of(self, op: Operation) -> Location:
        """The place where the position of the random stream of `op` is kept."""
        name = op.state_name if isinstance(op, LoweredOperation) else op.name
        return self.location(op, f"{name}\0stream")

    def current(self, location: Location, reached: int, scope: Scope) -> int:
        """The slot of the value that a reader sees to which the writes `reached` lead."""
        for bit, slot in reversed(scope.writes.get(location, ())):
            if reached & bit:
                return slot
        return self._start(location, scope)

    def latest(self, location: Location) -> int:
        """The slot of the value after all writes so far."""
        written = self.scope.writes.get(location)
        return written[-1][1] if written else self._start(location, self.scope)

    def reached_by(self, op: Operation) -> int:
        """The writes (as bits) that lead to `op`."""
        reached = 0
        for tensor in op._inputs:
            if tensor not in self.program.feeds:
                reached |= self.reached.get(tensor.op, 0)
        for control in op._control_inputs:
            reached |= self.reached.get(control, 0)
        return reached

    def record_write(self, op: Operation, location: Location, after: int) -> None:
        """Take note that `op` has written `location`, which is in slot `after` from now on."""
        bit = 1 << self.write_count
        self.write_count += 1
        self.scope.writes.setdefault(location, []).append((bit, after))
        self.reached[op] = self.reached.get(op, 0) | bit

    def _add(self, op: Operation) -> None:
        reached = self.reached[op] = self.reached_by(op)
        op_def = op.op_def
        if all(t in self.program.feeds for t in op._outputs) and op._outputs:
            return
        if op_def is not None and op_def.location:
            self.places[op._outputs[0]] = self.location_of(op)
            return
        if op_def is not None and op_def.forwards and op._inputs[0] in self.places:
            self._forward(op)
            return
        self._add_step(op, reached)

    def _forward(self, op: Operation) -> None:
        """Let an alias of a variable through; among branches with a token that may be dead."""
        for output in op._outputs:
            self.places[output] = self.places[op._inputs[0]]
        if not self.has_branches:
            return
        is_switch = op.op_def.control == "switch"
        guard = self.tokens.get(op._inputs[0])
        inputs = [guard if guard is not None else self._true_slot()]
        if is_switch:
            reached = self.reached[op]
            inputs.append(self.input_slot(op, op._inputs[1], False, False, reached))
        outputs = [self.program.new_slot() for _ in op._outputs]
        for output, slot in zip(op._outputs, outputs, strict=True):
            self.tokens[output] = slot
        controllers = tuple(self.step_of[c] for c in op._control_inputs if c in self.step_of)
        step = Step(
            op,
            tuple(inputs),
            tuple(outputs),
            None if is_switch else (lambda xp, values: values),
            controllers=controllers,
            is_token=True,
        )
        self.step_of[op] = step
        self.steps.append(step)

    def _add_tokens(self, op: Operation, step: Step) -> None:
        """Tokens for the outputs of `step` that are aliases of a variable: dead when it is."""
        for output in op._outputs:
            if output in self.places:
                token = self.tokens[output] = self.program.new_slot()
                self.steps.append(
                    Step(
                        op,
                        (self._true_slot(),),
                        (token,),
                        lambda xp, values: values,
                        controllers=(step,),
                        is_token=True,
                    )
                )

    def _true_slot(self) -> int:
        slot = self.program.new_slot()
        self.program.constants[slot] = np.asarray(True)
        return slot

    def _add_step(self, op: Operation, reached: int) -> None:
        op_def = op.op_def
        if op_def is not None and op_def.placeholder:
            raise unfed_placeholder(op)
        call = None if op_def is not None and op_def.control else bind(op)
        assert op_def is not None
        names = [arg.name for arg in op_def.inputs]
        flat = op_def.flat_input_names(op.attrs)
        written_names = {names[i] for i in op_def.writes}
        read_names = {names[i] for i in op_def.reads}
        inputs: list[int] = []
        written: list[tuple[Location, int, int]] = []
        may_be_none: set[int] = set()
        for position, (tensor, name) in enumerate(zip(op._inputs, flat, strict=True)):
            slot = self.input_slot(op, tensor, name in written_names, name in read_names, reached)
            if op_def.input_index[name] in op_def.may_be_uninitialized:
                may_be_none.add(position)
            inputs.append(slot)
        outputs: list[int] = []
        for index in op_def.writes:
            tensor = op._inputs[flat.index(names[index])]
            location = self._place(op, tensor)
            before = inputs[flat.index(names[index])]
            after = self.program.new_slot()
            self.program.slot_tensor[after] = location.op.outputs[0]
            written.append((location, before, after))
            outputs.append(after)
        if op_def.random_blocks is not None:
            location = self.stream_of(op)
            before, after = self.latest(location), self.program.new_slot()
            inputs.append(before)
            written.append((location, before, after))
            outputs.append(after)
        outputs.extend(self._output_slots(op, flat))
        controllers = tuple(self.step_of[c] for c in op._control_inputs if c in self.step_of)
        static_inputs = op_def.static_inputs_of(op)
        static = tuple(
            i for i, name in enumerate(flat) if op_def.input_index[name] in static_inputs
        )
        step = Step(
            op,
            tuple(inputs),
            tuple(outputs),
            call,
            static,
            controllers,
            tuple(written),
            frozenset(may_be_none),
            tuple(
                (i, self.tokens[t])
                for i, t in enumerate(op._inputs)
                if t in self.tokens and t not in self.program.feeds
            ),
        )
        self.step_of[op] = step
        self.steps.append(step)
        if self.has_branches:
            self._add_tokens(op, step)
        for location, _, after in written:
            self.record_write(op, location, after)

    def _output_slots(self, op: Operation, flat: list[str]) -> list[int]:
        op_def = op.op_def
        if not op_def.aliases:
            return [self._slot_for(tensor) for tensor in op._outputs]
        slots = []
        for index, tensor in enumerate(op._outputs):
            if index in op_def.aliases:
                source = op._inputs[flat.index(op_def.inputs[op_def.aliases[index]].name)]
                if source in self.places:
                    self.places[tensor] = self.places[source]
                else:
                    self.slots[tensor] = self.slots[source]
            else:
                slots.append(self._slot_for(tensor))
        return slots

    def _slot_for(self, tensor: Tensor) -> int:
        slot = self.slots.get(tensor)
        if slot is None or tensor in self.program.feeds:
            # A fed output of an operation that runs for another of its outputs is computed, unused.
            fresh = self.program.new_slot()
            self.program.slot_tensor[fresh] = tensor
            if slot is None:
                self.slots[tensor] = fresh
            return fresh
        return slot

    def _place(self, op: Operation, tensor: Tensor) -> Location:
        location = self.places.get(tensor)
        if location is None:
            raise InvalidArgumentError(
                None,
                op,
                explain(
                    f"Input '{tensor.name}' of {op.type} node '{op.name}' is not a variable.",
                    expected="a reference or handle of a variable",
                    given=f"'{tensor.name}' made by {tensor.op.type}",
                    created=op.created_at,
                ),
            )
        return location

    def input_slot(
        self, op: Operation, tensor: Tensor, is_written: bool, is_read: bool, reached: int
    ) -> int:
        """The slot of the value that `op` gets for its input `tensor`."""
        location = self.places.get(tensor)
        if location is None:
            return self.slots[tensor]
        if is_written:
            return self.latest(location)
        if is_read or tensor.dtype._is_ref_dtype or tensor.dtype.base_dtype != dtypes.resource:
            return self.current(location, reached, self.scope)
        slot = self.program.new_slot()
        self.program.constants[slot] = _handle_value(location)
        return slot


def location_key(op: Operation) -> str:
    """What a session's store calls the state of `op`: shared name, or the operation's name."""
    shared = op.attrs.get("shared_name") or b""
    container = op.attrs.get("container") or b""
    name = shared.decode() or op.name
    return f"{container.decode()}/{name}" if container else name


def _handle_value(location: Location) -> Any:
    value = np.empty((), dtype=object)
    value[()] = location.key
    return value


__all__ = ["NO_SLOT", "build_program", "location_key"]
