"""A plan: one (fetches, feeds) pair made ready to run again and again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.arrays.run_objects import RunObject
from evergraph.core.dtypes import type_word
from evergraph.core.errors import FailedPreconditionError, InvalidArgumentError, explain
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime.branches import compilable, is_branching
from evergraph.runtime.fetches import Fetches, owned
from evergraph.runtime.fold_constants import known_bytes
from evergraph.runtime.handles import bring_to_host, holds_objects, room_for, stack_slots
from evergraph.runtime.host_loop import HotLoop
from evergraph.runtime.host_segment import Env, run_steps
from evergraph.runtime.loose_sizes import Sizes, loosened
from evergraph.runtime.notices import tell_of_changing_shapes, tell_of_missing_devices
from evergraph.runtime.partition import Segment, all_steps, partition
from evergraph.runtime.pipeline import plan_program
from evergraph.runtime.program import NO_SLOT, Program, Step
from evergraph.runtime.variable_store import Cell, VariableStore
from evergraph.runtime.waiting import may_hold_up, run_waiting

# A signature (shapes of the feeds, static values) is compiled at its third run: programs that run
# once or twice cost less by NumPy than a compilation does.
COLD_RUNS = 2

# Segments of few steps on little data stay with NumPy this many times longer: a handful of NumPy
# calls costs no more than a call of an executable.
SMALL_FACTOR = 16
_SMALL_STEPS = 8

# A plan that has met more signatures than this meets ever new shapes: then a signature is compiled
# only after this many times as many runs, and the first runs of the others stay with NumPy.
MAX_VARIANTS = 6
UNSETTLED_FACTOR = 32

# Steps in loops that a first run may take with NumPy before its segment is compiled after all.
LOOP_BUDGET = 6000

_SMALL_BYTES = 1 << 14


class Plan:
    """How to compute one set of fetches from one set of feeds.

    Attributes:
        program: the steps.
        segments: the steps cut into device and host segments.
        fetches: the structure to answer in.
    """

    def __init__(self, fetches: Fetches, fed: Sequence[Tensor], store: VariableStore) -> None:
        _refuse_mistyped(fetches.graph)
        targets = [*(t.op for t in fetches.tensors if t not in set(fed)), *fetches.targets]
        self.fetches = fetches
        self.fed = list(fed)
        self.program: Program = plan_program(targets, set(fed), fetches.tensors)
        segments = partition(self.program)
        self.ops = [step.op for segment in segments for step in all_steps(segment)]
        tell_of_missing_devices(self.ops)
        self.versions = _versions(self.ops)
        self.edits = fetches.graph._edits
        self.cells: dict[int, Cell] = {
            slot: store.cell(location.key) for location, slot in self.program.state.items()
        }
        self.start_slots = {slot: location for location, slot in self.program.state.items()}
        self.session: Any = None
        self.sizes = Sizes()
        self.arrange(segments, store)

    def arrange(self, segments: list[Segment], store: VariableStore) -> None:
        """Take the steps as they are cut into `segments`; nothing has run or is compiled yet."""
        self.segments = segments
        for segment in self.segments:
            for location in segment.commits:
                store.cell(location.key)
        self.kept = _kept(self.program, self.segments)
        self.static_inputs = [_static_inputs(segment) for segment in self.segments]
        self.fed_slots = [self.program.feeds[t] for t in self.fed]
        static = {slot for slots in self.static_inputs for slot in slots}
        self.static_feeds = [i for i, slot in enumerate(self.fed_slots) if slot in static]
        self.can_compile = compilable(self.program, self.segments)
        self.has_branches = any(is_branching(s) for g in self.segments for s in all_steps(g))
        self.must_compile = [
            segment.is_device and any(s.op_def.compiled_only for s in all_steps(segment))
            for segment in self.segments
        ]
        self.holding = [
            frozenset() if segment.is_device else may_hold_up(segment.steps)
            for segment in self.segments
        ]
        self.patience = [SMALL_FACTOR if _is_small(segment) else 1 for segment in self.segments]
        self.runs: dict[Any, int] = {}
        self.inner_runs: dict[Any, int] = {}
        self.new_stacks = [stack_slots(segment) for segment in self.segments]
        # For each segment: the step that makes a stack -> how much room it needs.
        self.hints: list[dict[Step, int]] = [{} for _ in self.segments]
        self.compiled: dict[Any, Any] = {}
        self.fast: dict[Any, Any] = {}

    def with_structure(self, fetches: Fetches) -> Plan:
        """This plan answering in another structure of the same tensors; all else is shared."""
        if fetches is self.fetches:
            return self
        other = copy.copy(self)
        other.fetches = fetches
        return other

    def is_current(self) -> bool:
        """Whether no operation of the plan has changed since it was made."""
        if self.edits == self.fetches.graph._edits:
            return True
        if self.fetches.graph._mistyped:
            return False
        if self.versions != _versions(self.ops):
            return False
        self.edits = self.fetches.graph._edits
        return True

    def run(self, store: VariableStore, feeds: Sequence[np.ndarray]) -> list[Any]:
        """The values of the fetched tensors.

        Raises:
            OpError: something failed; a device segment that failed leaves the variables as they
                were.
        """
        if self.sizes.successor is not None:
            return self.sizes.successor.run(store, feeds)
        signature = (
            tuple([v.shape for v in feeds]),
            tuple([feeds[i].tobytes() for i in self.static_feeds]),
        )
        fast = self.fast.get(signature)
        if fast is not None:
            answer = fast(feeds)
            if answer is not None:
                return answer  # type: ignore[no-any-return]  # FastCall is known to compiled.py alone
            self.fast.pop(signature, None)  # a check failed, or a stack had too little room
        count = self.runs.get(signature, 0)
        self.runs[signature] = count + 1
        program = self.program
        env = Env(program.slot_count)
        for slot, value in program.constants.items():
            env[slot] = value
        for slot, value in zip(self.fed_slots, feeds, strict=True):
            env[slot] = value
        foreign = {id(v) for v in feeds}
        foreign.update(id(v) for v in program.constants.values())
        for index, segment in enumerate(self.segments):
            if not segment.is_device:
                self._load(segment, env, store)
                bring_to_host(segment.inputs, env)
                env.is_whole = self._is_whole(segment, env)
                if self.holding[index]:
                    run_waiting(segment.steps, env, self.holding[index])
                else:
                    run_steps(segment.steps, env)
                if segment.commits:
                    with store.writing():
                        self._commit(segment, env, store, foreign)
                continue
            is_done = self._is_hot(index, count, env) and self._run_compiled(index, env, store)
            is_done = is_done or self._run_cold(index, env, store, foreign)
            # Else a loop goes round very often: better compiled, even in its first run.
            if not is_done and not self._run_compiled(index, env, store):
                self._run_cold(index, env, store, foreign)
        if len(self.segments) == 1 and self.compiled and self.can_compile[0]:
            self._remember_fast(signature, store)
        elif (
            self.inner_runs
            and not self._is_settled(1)
            and not self.sizes.is_known
            and self.sizes.look(self.segments, env)
        ):
            self.sizes.successor = loosened(self, store)
        return self._answer(env, store)

    def _is_hot(self, index: int, count: int, env: Env) -> bool:
        """Whether segment `index` runs compiled, after `count` runs of this signature.

        Behind a host segment shapes may differ from run to run: there each set of shapes counts.
        """
        if not self.can_compile[index]:
            return False
        if self.must_compile[index]:
            return True
        if index:
            shapes = tuple(
                np.shape(env[s]) for s in self.segments[index].inputs if s not in self.cells
            )
            count = self.inner_runs.get((index, shapes), 0)
            self.inner_runs[index, shapes] = count + 1
        if self._is_settled(index):
            return count >= COLD_RUNS * self.patience[index]
        if count < COLD_RUNS:
            tell_of_changing_shapes(self.segments[index].steps[-1].op)
        return count >= COLD_RUNS * UNSETTLED_FACTOR

    def _is_settled(self, index: int) -> bool:
        """Whether the shapes that segment `index` meets are few."""
        seen = self.inner_runs if index else self.runs
        return len(seen) <= MAX_VARIANTS

    def _remember_fast(self, signature: Any, store: VariableStore) -> None:
        from evergraph.runtime.compiled import fast_call

        call = fast_call(self, store)
        if call is not None:
            self.fast[signature] = call

    def _load(self, segment: Segment, env: Env, store: VariableStore) -> None:
        """Copy the variables that a host segment reads."""
        with store.reading():
            for slot in segment.inputs:
                if slot in self.cells and env[slot] is None:
                    value = self._start_value(slot)
                    env[slot] = None if value is None else np.array(value)

    def _run_cold(self, index: int, env: Env, store: VariableStore, foreign: set[int]) -> bool:
        """Run a device segment by NumPy; False, nothing changed, where it should be compiled."""
        segment = self.segments[index]
        bring_to_host(segment.inputs, env)
        if self.can_compile[index] and self._is_settled(index):
            env.budget = None if holds_objects(segment, env) else LOOP_BUDGET
        else:
            env.budget = None
        loaded = [s for s in segment.inputs if s in self.cells and env[s] is None]
        guard = store.writing() if segment.commits else store.reading()
        with guard:
            for slot in loaded:
                value = self._start_value(slot)
                if value is not None and slot in self.kept:
                    value = np.array(value)
                env[slot] = None if value is None else np.asarray(value)
                foreign.add(id(env[slot]))
            env.is_whole = self._is_whole(segment, env)
            try:
                run_steps(segment.steps, env)
            except HotLoop:
                for slot in loaded:
                    env[slot] = None
                return False
            self._commit(segment, env, store, foreign)
        for step, slot in self.new_stacks[index]:
            deepest = getattr(env[slot], "deepest", 0)
            if deepest > self.hints[index].get(step, 0):
                self.hints[index][step] = room_for(deepest)
        return True

    def _is_whole(self, segment: Segment, env: Env) -> bool:
        """Whether `segment` meets NumPy arrays and objects alone, none dead or missing."""
        return not self.has_branches and all(
            isinstance(env[slot], np.ndarray | RunObject) for slot in segment.inputs
        )

    def _commit(self, segment: Segment, env: Env, store: VariableStore, foreign: set[int]) -> None:
        """Put what a segment wrote into the store, as arrays that nobody else holds."""
        cells: list[Cell] = []
        values: list[Any] = []
        for location, (before, after) in segment.commits.items():
            value = env[after]
            if value is None:
                if env[before] is not None:  # destroyed
                    cells.append(store.cell(location.key))
                    values.append(None)
                continue
            # What an executable has made is nobody else's; it has no `base`.
            if id(value) in foreign or getattr(value, "base", None) is not None:
                value = np.array(value)
            cells.append(store.cell(location.key))
            values.append(value)
            foreign.add(id(value))
            env[after] = value
        if cells:
            store.commit(cells, values)

    def _start_value(self, slot: int) -> Any:
        cell = self.cells[slot]
        if cell.value is None:
            cell.value = initial_state(self.start_slots[slot])
        return cell.value

    def _run_compiled(self, index: int, env: Env, store: VariableStore) -> bool:
        from evergraph.runtime.compiled import run_segment

        return run_segment(self, index, env, store)

    def _answer(self, env: Env, store: VariableStore) -> list[Any]:
        loaded = [s for s in self.program.fetches if s in self.cells and env[s] is None]
        if loaded:
            with store.reading():
                for slot in loaded:
                    value = self._start_value(slot)
                    if value is None:
                        raise _unread(self, slot)
                    env[slot] = np.asarray(value)
                return [self._owned(env[slot], slot) for slot in self.program.fetches]
        return [self._owned(env[slot], slot) for slot in self.program.fetches]

    def _owned(self, value: Any, slot: int) -> Any:
        """A fetched value as the user's own array, or as a NumPy scalar."""
        from evergraph.runtime.host_segment import DEAD

        if value is DEAD:
            raise _dead_fetch(self, slot)
        if value is None:
            raise _unread(self, slot)
        return owned(value, slot in self.fed_slots)


def initial_state(location: Any) -> Any:
    """The state that a place has by itself: a random stream's start; None for variables."""
    op: Operation = location.op
    if op.op_def.random_blocks is None:
        return None
    seed, seed2 = int(op.attrs.get("seed", 0)), int(op.attrs.get("seed2", 0))
    if seed == 0 and seed2 == 0:
        import secrets

        return np.asarray([secrets.randbits(64), secrets.randbits(64), 0], np.uint64)
    mask = (1 << 64) - 1
    return np.asarray([seed & mask, seed2 & mask, 0], np.uint64)


def _versions(ops: Sequence[Operation]) -> int:
    return sum(op.version for op in ops)


def _kept(program: Program, segments: Sequence[Segment]) -> frozenset[int]:
    """State slots that more than one segment, or a fetch, needs: their arrays aren't donated."""
    seen: set[int] = set()
    kept: set[int] = set(program.fetches)
    for segment in segments:
        for slot in segment.inputs:
            if slot in seen:
                kept.add(slot)
            seen.add(slot)
    return frozenset(kept)


def _static_inputs(segment: Segment) -> list[int]:
    """Inputs of `segment` whose values some step needs when compiling."""
    steps = all_steps(segment)
    maker = {slot: step for step in steps for slot in step.outputs if step.loop is None}
    starts = {c.head: c.start for s in steps if s.loop is not None for c in s.loop.carried}
    inputs = set(segment.inputs)
    found: dict[int, None] = {}
    stack = [step.inputs[i] for step in steps for i in step.static]
    seen: set[int] = set()
    while stack:
        slot = stack.pop()
        if slot in seen or slot == NO_SLOT:
            continue
        seen.add(slot)
        step = maker.get(slot)
        if slot in starts:
            stack.append(starts[slot])
        elif step is None:
            if slot in inputs:
                found[slot] = None
        elif not step.op_def.is_known_when_traced(step.op):
            stack.extend(step.inputs)
    return sorted(found)


def _is_small(segment: Segment) -> bool:
    if len(segment.steps) > _SMALL_STEPS or any(s.loop is not None for s in segment.steps):
        return False
    sizes = [known_bytes(step) for step in segment.steps]
    return all(size is not None and size <= _SMALL_BYTES for size in sizes)


def _unread(plan: Plan, slot: int) -> Exception:
    op = plan.program.slot_tensor[slot].op
    message = explain(
        f"Attempting to use uninitialized value {op.name}",
        expected="a value assigned before it is read",
        given=f"variable '{op.name}' without a value in this session",
        created=op.created_at,
        fix="run tf.global_variables_initializer() or restore a checkpoint first",
    )
    error: Exception = FailedPreconditionError(
        None, op, f"{message}\n\t [[{{{{node {op.name}}}}}]]"
    )
    return error


def _dead_fetch(plan: Plan, slot: int) -> Exception:
    tensor = plan.program.slot_tensor.get(slot)
    name = tensor.name if tensor is not None else "a fetch"
    error: Exception = InvalidArgumentError(
        None,
        tensor.op if tensor is not None else None,
        explain(
            f"Retval[0] does not have value: {name} lies on a branch of a cond that wasn't taken",
            created=tensor.op.created_at if tensor is not None else None,
            fix="fetch the result of tf.cond in place of a tensor inside of it",
        ),
    )
    return error


def _refuse_mistyped(graph: Graph) -> None:
    """Raise InvalidArgumentError when an operation was given an input of a wrong type.

    As in TensorFlow no run of such a graph is possible, whatever it fetches.
    """
    for (op, index), expected in graph._mistyped.items():
        given = op._inputs[index]
        raise InvalidArgumentError(
            None,
            op,
            explain(
                f"Input {index} of node {op.name} was passed {type_word(given.dtype)} from "
                f"{given.name} incompatible with expected "
                f"{type_word(expected)}.",
                expected=f"a value of dtype {expected.name}",
                given=f"'{given.name}' {given.dtype.name}",
                created=given.op.created_at or op.created_at,
                fix="tf.cast it, in a loop what the body returns",
            ),
        )
