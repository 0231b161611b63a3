"""Calling compiled segments: choosing the executable, the call, the commit, and failed checks."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from evergraph.arrays.jax_backend.objects import from_host
from evergraph.arrays.run_objects import NeedsHost, RunObject
from evergraph.core.errors import InternalError
from evergraph.runtime.cpu_client import RUNS_INLINE, finish
from evergraph.runtime.fetches import owned
from evergraph.runtime.handles import host_form, replace_objects, room_for
from evergraph.runtime.host_segment import Env, run_steps
from evergraph.runtime.notices import tell_of_failed_compilation
from evergraph.runtime.partition import all_steps
from evergraph.runtime.program import NO_SLOT
from evergraph.runtime.variable_store import VariableStore
from evergraph.runtime.xla_segment import CompiledSegment, aliases_of

if TYPE_CHECKING:
    from evergraph.runtime.plan import Plan


def compiled_segment(plan: Plan, index: int, env: Env) -> CompiledSegment:
    """The executable of segment `index` for the static values in `env`."""
    segment = plan.segments[index]
    static = {
        slot: np.asarray(env[slot])
        for slot in plan.static_inputs[index]
        if not isinstance(env[slot], RunObject)  # its layout says what is known of it
    }
    objects = on_device(segment.inputs, env)
    hints = plan.hints[index]
    key = (
        index,
        tuple((v.dtype.str, v.shape, v.tobytes()) for v in static.values()),
        tuple((slot, made.layout) for slot, made in objects.items()),
        tuple(aliases_of(objects).values()),
        tuple(hints.values()),
    )
    found: CompiledSegment | None = plan.compiled.get(key)
    if found is None:
        constants = plan.program.constants
        found = CompiledSegment(segment, constants, static, plan.kept, objects, dict(hints))
        plan.compiled[key] = found
    return found


class FastCall:
    """The hot path of a plan that is one compiled segment: feeds in, fetched arrays out.

    Everything that `run_segment` looks up is looked up once, here; `call(feeds)` gives the fetched
    values, or None when a check failed, for the slow path to say which.
    """

    def __init__(self, plan: Plan, compiled: CompiledSegment, store: VariableStore) -> None:
        segment = compiled.segment
        self.cells = [store.cell(location.key) for location in compiled.committed]
        self.donated = [plan.cells[slot] for slot in compiled.donated]
        feed_of = {slot: i for i, slot in enumerate(plan.fed_slots)}
        constants = plan.program.constants
        self.arguments: list[Any] = []
        self.fed: list[tuple[int, int]] = []
        self.read: list[tuple[int, Any]] = []
        for position, slot in enumerate(compiled.others):
            self.arguments.append(compiled.large.get(slot, constants.get(slot)))
            if slot in feed_of:
                self.fed.append((position, feed_of[slot]))
            elif slot in plan.cells:
                self.read.append((position, plan.cells[slot]))
        self.feed_count = len(plan.fed_slots)
        after = [a for _, a in segment.commits.values()]
        self.answers: list[tuple[str, Any]] = []
        for slot in plan.program.fetches:
            if slot in compiled.outputs:
                self.answers.append(("output", compiled.outputs.index(slot)))
            elif slot in after:
                self.answers.append(("state", after.index(slot)))
            elif slot in feed_of:
                self.answers.append(("feed", feed_of[slot]))
            elif slot in plan.cells:
                self.answers.append(("cell", plan.cells[slot]))
            else:
                self.answers.append(("constant", constants[slot]))
        self.outputs = [i for kind, i in self.answers if kind == "output"]
        self.is_simple = len(self.outputs) == len(self.answers)
        self.call = self._bind(compiled, store)

    def _bind(self, compiled: CompiledSegment, store: VariableStore) -> Any:
        """The call itself, with everything it needs at hand."""
        cells, donated, arguments = self.cells, self.donated, self.arguments
        fed, read, outputs, is_simple = self.fed, self.read, self.outputs, self.is_simple
        # Feeds in the order of the arguments, with nothing else among them, are handed on as they
        # are.
        feeds_are_arguments = [f for _, f in fed] == list(range(self.feed_count)) and (
            self.feed_count == len(arguments)
        )
        acquire, release = store.lock.acquire_read, store.lock.release_read
        if cells:
            acquire, release = store.lock.acquire_write, store.lock.release_write
        execute = compiled.call
        enable_x64 = jax.enable_x64

        def call(feeds: list[Any]) -> list[Any] | None:
            acquire()
            try:
                if store.in_flight is not None:
                    store.recover()
                others = feeds
                if not feeds_are_arguments:
                    others = arguments.copy()
                    for position, index in fed:
                        others[position] = feeds[index]
                    for position, cell in read:
                        others[position] = cell.value
                box: list[Any] = []
                if cells:
                    store.in_flight = (cells, box)
                with enable_x64(True):
                    box.extend(map(execute, ([c.value for c in donated],), (others,)))
                state, results, ok = box[0]
                if not RUNS_INLINE:
                    finish(box[0])
                if cells:
                    for cell, value in zip(cells, state):  # noqa: B905 - the hot path
                        cell.value = value
                    store.in_flight = None
                if ok is not None and not bool(ok):
                    return None
                if is_simple:
                    return [owned(results[i]) for i in outputs]
                return [
                    owned(self._answer(*a, state, results, feeds), a[0] == "feed")
                    for a in self.answers
                ]
            finally:
                release()

        return call

    @staticmethod
    def _answer(kind: str, where: Any, state: Any, outputs: Any, feeds: Any) -> Any:
        if kind == "output":
            return outputs[where]
        if kind == "state":
            return state[where]
        if kind == "feed":
            return feeds[where]
        return where.value if kind == "cell" else where


def fast_call(plan: Plan, store: VariableStore) -> Any:
    """The hot path of `plan`, when it is one segment that needs no values to be compiled for."""
    if len(plan.segments) != 1 or plan.static_inputs[0] or not plan.compiled:
        return None
    compiled = next(reversed(plan.compiled.values()))  # the one with the most room
    if any(slot in plan.kept for slot in compiled.donated):
        return None
    return FastCall(plan, compiled, store).call


def run_segment(plan: Plan, index: int, env: Env, store: VariableStore) -> bool:
    """Run a device segment by its executable and commit what it writes.

    Returns:
        Whether it did: not where a variable that some step reads holds no value (the step may lie
        on a branch that isn't taken), nor where the branches of a cond give different shapes.

    Raises:
        OpError: a check failed; the variables keep their values.
    """
    segment = plan.segments[index]
    guard = store.writing() if segment.commits else store.reading()
    with guard:
        loaded = [s for s in segment.inputs if s in plan.cells and env[s] is None]
        values = [plan._start_value(slot) for slot in loaded]
        for slot, value in zip(loaded, values, strict=True):
            if value is None and _is_needed(plan, index, slot):
                return False
        for slot, value in zip(loaded, values, strict=True):
            if value is not None:
                if slot in plan.kept:
                    value = np.array(value)
                env[slot] = value
        # As they are, an array and its gradients know each other; each is brought over by itself.
        objects = {s: env[s] for s in segment.inputs if isinstance(env[s], RunObject)}
        try:
            compiled = compiled_segment(plan, index, env)
        except NeedsHost:
            return _give_up(plan, index, env, loaded, objects)
        donated = [env[s] for s in compiled.donated]
        others = [_argument(compiled, s, env) for s in compiled.others]
        cells = [store.cell(location.key) for location in compiled.committed]
        box: list[Any] = []
        if cells:
            store.in_flight = (cells, box)
        try:
            with jax.enable_x64(True):
                box.extend(map(compiled.call, (donated,), (others,)))
        except NeedsHost:
            store.in_flight = None
            return _give_up(plan, index, env, loaded, objects)
        except Exception as error:
            # Tracing failed and nothing was donated: step by step the error gets its operation.
            store.in_flight = None
            run_steps(segment.steps, _on_host(env))
            tell_of_failed_compilation(segment.steps[-1].op, error)
            return _give_up(plan, index, env, loaded, objects)
        finish(box[0])
        state, outputs, ok = box[0]
        if cells:
            store.recover()
        for (_, after), value in zip(segment.commits.values(), state, strict=True):
            env[after] = value
        if ok is not None and not bool(ok):
            if not _make_room(plan, index, compiled, outputs):
                _raise_failed_check(plan, index, env, compiled, state)
            for location, value in zip(compiled.committed, state, strict=True):
                before = segment.commits[location][0]
                if before in plan.cells:
                    env[before] = value
            return run_segment(plan, index, env, store)
        objects = compiled.executable.objects
        for position, slot in enumerate(compiled.outputs):
            value = outputs[position]
            if position in compiled.executable.aliases:
                env[slot] = env[compiled.outputs[compiled.executable.aliases[position]]]
            elif position in objects:
                env[slot] = copy.copy(objects[position])
                env[slot].state, env[slot].children = value, {}
            else:
                env[slot] = np.asarray(value)
        for _, after in segment.commits.values():
            if after in plan.kept or after in plan.program.fetches:
                env[after] = np.array(env[after])
    return True


def _argument(compiled: CompiledSegment, slot: int, env: Env) -> Any:
    if slot in compiled.large:
        return compiled.large[slot]
    if slot in compiled.objects:
        return env[slot].state
    return None if slot in compiled.aliases else env[slot]


def _give_up(
    plan: Plan, index: int, env: Env, loaded: list[int], objects: dict[int, RunObject]
) -> bool:
    """Leave segment `index` to NumPy from now on, with its inputs as they were."""
    plan.can_compile[index] = plan.must_compile[index] = False
    for slot in loaded:
        env[slot] = None
    replace_objects(env, {id(env[slot]): made for slot, made in objects.items()})
    return False


def _make_room(plan: Plan, index: int, compiled: CompiledSegment, outputs: list[Any]) -> bool:
    """Note what stacks would have needed; whether some had too little room."""
    rooms = compiled.executable.rooms
    if not rooms:
        return False
    steps = all_steps(compiled.segment)
    is_short = False
    for (number, room), needed in zip(rooms, np.asarray(outputs[-1]).tolist(), strict=True):
        if needed > room:
            plan.hints[index][steps[number]] = room_for(needed)
            is_short = True
    return is_short


def on_device(slots: list[int], env: Env) -> dict[int, Any]:
    """The stacks and tensor arrays in `slots`, in the form that executables take.

    Raises:
        NeedsHost: they can't go there one by one; `env` is as it was.
    """
    given = {slot: env[slot] for slot in slots if isinstance(env[slot], RunObject)}
    if any(value.children for value in given.values()):
        raise NeedsHost("a tensor array and its gradient go into a segment")
    forms = {id(value): from_host(value) for value in given.values()}
    found = {slot: forms[id(value)] for slot, value in given.items()}
    replace_objects(env, forms)
    return found


def _is_needed(plan: Plan, index: int, slot: int) -> bool:
    return any(
        s == slot and position not in step.uninitialized_ok
        for step in plan.segments[index].steps
        for position, s in enumerate(step.inputs)
    )


def _on_host(env: Env) -> Env:
    """A copy of `env` with NumPy arrays."""
    copied = Env(len(env))
    copied[:] = [
        np.asarray(v) if isinstance(v, jax.Array) and not v.is_deleted() else v for v in env
    ]
    for slot, value in enumerate(copied):
        if isinstance(value, RunObject):
            copied[slot] = host_form(copy.copy(value)) if hasattr(value, "to_host") else value
    return copied


def _raise_failed_check(
    plan: Plan, index: int, env: Env, compiled: CompiledSegment, state: list[Any]
) -> None:
    """Find the first operation whose check failed, by running the segment once more with NumPy.

    The executable has left the old values, so that the same inputs are at hand.
    """
    segment = plan.segments[index]
    again = _on_host(env)
    for slot, value in zip(compiled.committed, state, strict=True):
        before = segment.commits[slot][0]
        if before != NO_SLOT:
            again[before] = np.asarray(value)
    run_steps(segment.steps, again)
    raise InternalError(
        None, None, "A check failed in the compiled program but not when it was run step by step."
    )
