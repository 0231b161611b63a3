"""Tracing steps and conds: what is in the executable of one segment.

An object of the run (a stack, a tensor array) has its state replaced by the kernels that change it.
A branch hands these states on as results of its own, as a loop does (xla_loop.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from evergraph.arrays import jax_backend, numpy_backend
from evergraph.arrays.checks import Check, collect_checks
from evergraph.arrays.jax_backend.stacks import Stack
from evergraph.arrays.jax_backend.tensor_arrays import TensorArray
from evergraph.arrays.run_objects import NeedsHost, RunObject
from evergraph.runtime.branches import CondUnit, Unit, writes_of
from evergraph.runtime.fold_constants import is_pure, known_bytes
from evergraph.runtime.handles import room_for
from evergraph.runtime.program import NO_SLOT, Step

# Values above this are handed to the executable as arguments in place of literals of its code.
MAX_LITERAL_BYTES = 16 << 10


class Trace:
    """What holds for the whole trace of one segment.

    Attributes:
        makers: slot -> the step that makes it.
        hints: step -> how many elements its stack held in an earlier run.
        objects: the objects of the run made so far, without their children.
        stacks: the stacks and growing tensor arrays made by steps of the segment, with these steps.
    """

    def __init__(self, steps: Sequence[Step], hints: Mapping[Step, int]) -> None:
        inside = [s for step in steps if step.loop is not None for s in step.loop.steps()]
        self.makers = {slot: step for step in (*steps, *inside) for slot in step.outputs}
        self.hints = hints
        self.objects: list[RunObject] = []
        self.stacks: list[tuple[Step, Any]] = []

    def members(self) -> list[RunObject]:
        """Every object, children included."""
        return [member for made in self.objects for member in made.family()]

    def add(self, step: Step, made: RunObject) -> RunObject:
        """Take note of an object that `step` gave out.

        Returns:
            `made`; or what stands already for the same object of this iteration, which several
            stacks may have kept.
        """
        for known in self.objects:
            if known.origin is not None and known.origin is made.origin:
                return known
        if all(made is not member for member in self.members()):
            self.objects.append(made)
            if isinstance(made, TensorArray) and made.dynamic_size and made.room is None:
                made.make_room(self.hints.get(step, room_for(1)))
                self.stacks.append((step, made))
            elif isinstance(made, Stack):
                self.stacks.append((step, made))
        return made


class TracedEnv(dict[int, Any]):
    """The values of a trace by slot; copies for branches and bodies share the `trace`."""

    def __init__(self, trace: Trace, values: Mapping[int, Any]) -> None:
        super().__init__(values)
        self.trace = trace

    def inner(self) -> TracedEnv:
        """A copy for a branch or a body."""
        return TracedEnv(self.trace, self)


class Changes:
    """The states of the objects of a trace, held still while a branch or a body is traced.

    Attributes:
        members: the objects, with children that the tracing has brought.
        before: the state of each at the start; None for new ones.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._count = len(trace.objects)
        self._stacks = len(trace.stacks)
        self.members = trace.members()
        self.before = [member.state for member in self.members]

    def restore(self) -> None:
        """Put every object back to its state at the start, and forget those made since."""
        self._adopt()
        if any(isinstance(made, TensorArray) for _, made in self._trace.stacks[self._stacks :]):
            raise NeedsHost("a tensor array that grows is made in a loop or branch")
        del self._trace.objects[self._count :]
        del self._trace.stacks[self._stacks :]
        for member, state in zip(self.members, self.before, strict=True):
            member.state = state

    def states(self) -> list[Any]:
        """The present state of each object; None where it is as it was."""
        self._adopt()
        return [
            None if member.state is before else member.state
            for member, before in zip(self.members, self.before, strict=True)
        ]

    def put(self, states: Sequence[Any]) -> None:
        """Give each object the state at its position, where there is one."""
        for member, state in zip(self.members, states, strict=True):
            if state is not None:
                member.state = state

    def _adopt(self) -> None:
        """Take in the children that objects from before have got since."""
        for made in self._trace.objects[: self._count]:
            for member in made.family():
                if all(member is not known for known in self.members):
                    self.members.append(member)
                    self.before.append(None)


def all_ok(checks: Sequence[Check]) -> Any:
    """Whether every one of `checks` holds, as one traced bool."""
    ok = checks[0].ok
    for check in checks[1:]:
        ok = jax.lax.bitwise_and(ok, check.ok)
    return ok


def run_units(units: Sequence[Unit], env: TracedEnv) -> None:
    """Run steps, conds and loops in order on traced values."""
    for unit in units:
        if isinstance(unit, CondUnit):
            _run_cond(unit, env)
        elif unit.loop is not None:
            run_loop(unit, env)
        elif unit.op_def.control == "trigger":
            continue
        elif unit.op_def.control == "switch":
            env.update((slot, env[unit.inputs[0]]) for slot in unit.outputs)
        else:
            run_step(unit, env)


def run_step(step: Step, env: TracedEnv) -> None:
    """Run one step on traced values; on NumPy where all of its inputs are known."""
    values = [None if i == NO_SLOT else env[i] for i in step.inputs]
    call: Callable[..., Sequence[Any]] = step.call  # type: ignore[assignment]  # control steps are gone
    if is_pure(step) and all(isinstance(v, np.ndarray | np.generic) for v in values):
        size = known_bytes(step)
        if size is None or size <= MAX_LITERAL_BYTES:
            results = call(numpy_backend, [np.asarray(v) for v in values])
            env.update(zip(step.outputs, (np.asarray(r) for r in results), strict=True))
            return
    if any(isinstance(values[i], jax.Array) for i in step.static):
        results = _call_without(step, values)
    else:
        results = call(jax_backend, values)
    for slot, result in zip(step.outputs, results, strict=True):
        env[slot] = env.trace.add(step, result) if isinstance(result, RunObject) else result


def _call_without(step: Step, values: Sequence[Any]) -> Sequence[Any]:
    """Call a kernel that wants values which its loop computes; some do without them.

    Raises:
        NeedsHost: this one doesn't.
    """
    reason = f"{step.op.name} needs a value that its loop computes"
    call: Callable[..., Sequence[Any]] = step.call  # type: ignore[assignment]  # it has a kernel
    names = step.op_def.flat_input_names(step.op.attrs)
    always = {step.op_def.inputs[i].name for i in step.op_def.static_inputs}
    if any(isinstance(values[i], jax.Array) and names[i] in always for i in step.static):
        raise NeedsHost(reason)
    try:
        return call(jax_backend, values)
    except Exception as error:
        raise NeedsHost(reason) from error


def _run_cond(unit: CondUnit, env: TracedEnv) -> None:
    """One conditional; a predicate known while tracing leaves the branch taken alone."""
    pred = env[unit.pred]
    slots = [*unit.outputs, *(slot for step, _ in unit.merges for slot in step.outputs)]

    def side(taken: bool, inner: TracedEnv) -> TracedEnv:
        inner.update((slot, np.asarray(taken)) for slot in (unit.pred, *unit.pred_copies))
        for at, member in unit.sides:
            if at is taken:
                run_units([member], inner)
            else:
                inner.update((after, inner[before]) for before, after in writes_of(member))
        for step, sides in unit.merges:
            index = sides.index(taken)
            inner[step.outputs[0]] = inner[step.inputs[index]]
            inner[step.outputs[1]] = np.asarray(index, np.int32)
        return inner

    if isinstance(pred, np.ndarray | np.generic):
        side(bool(pred), env)
        return
    changes = Changes(env.trace)

    def branch(taken: bool) -> Callable[[], tuple[list[Any], list[Any], Any]]:
        def run() -> tuple[list[Any], list[Any], Any]:
            with collect_checks() as checks:
                inner = side(taken, env.inner())
            ok = all_ok(checks) if checks else np.True_
            made[taken] = {slot: inner[slot] for slot in slots if inner.get(slot) is not None}
            if any(isinstance(value, RunObject) for value in made[taken].values()):
                raise NeedsHost("a branch gives out a stack or tensor array")
            states = changes.states()
            changes.restore()
            return [_unless_text(inner.get(slot)) for slot in slots], states, ok

        return run

    made: dict[bool, dict[int, Any]] = {}
    on_true, on_false = branch(True), branch(False)
    shapes = _branch_shapes(changes, on_true, on_false)
    settled = _settled(slots, made)
    env.update(settled)
    # What neither side makes lies on another branch inside, and nothing takes it.
    left = [
        (slot, shape)
        for slot, shape in zip(slots, shapes.values, strict=True)
        if slot not in settled and shape is not None
    ]
    slots, shapes.values = [slot for slot, _ in left], [shape for _, shape in left]
    results, states, ok = jax.lax.cond(
        pred, *(_filled(b, shapes, changes) for b in (on_true, on_false))
    )
    env.update(zip(slots, results, strict=True))
    changes.put(states)
    jax_backend.check(ok, "InvalidArgumentError", "a check on a branch failed")


def _unless_text(value: Any) -> Any:
    """`value`, or None for text: it is known while tracing and is no result of an executable."""
    is_text = isinstance(value, np.ndarray) and value.dtype == object
    return None if is_text else value


def _settled(slots: Sequence[int], made: dict[bool, dict[int, Any]]) -> dict[int, Any]:
    """The outputs that are known while tracing: sizes must stay so for what takes them later."""
    found: dict[int, Any] = {}
    for slot in slots:
        values = [results[slot] for results in made.values() if slot in results]
        if not values:
            continue
        if all(isinstance(v, np.ndarray | np.generic) for v in values) and all(
            v.dtype == values[0].dtype and np.array_equal(v, values[0]) for v in values
        ):
            found[slot] = values[0]
    return found


class _Shapes:
    """What the two branches of a cond give: shapes and dtypes of values, and states of objects."""

    def __init__(self, values: list[Any], states: list[Any]) -> None:
        self.values = values
        self.states = states


def _branch_shapes(changes: Changes, *branches: Callable[[], Any]) -> _Shapes:
    """The shape and dtype of each output, from whichever branch makes it.

    Raises:
        NeedsHost: XLA can't have branches whose results have different shapes.
    """
    values, states, _ = zip(*(jax.eval_shape(branch) for branch in branches), strict=True)
    for a, b in zip(*values, strict=True):
        if a is not None and b is not None and (a.shape, a.dtype) != (b.shape, b.dtype):
            raise NeedsHost("the branches of a cond give different shapes")
    merged = [a if a is not None else b for a, b in zip(*values, strict=True)]
    kept: list[Any] = []
    for index in range(max(map(len, states))):
        found = [s[index] for s in states if index < len(s) and s[index] is not None]
        kept.append(found[0] if found else None)
        if found and index < len(changes.before) and changes.before[index] is not None:
            found.append(changes.before[index])
        if len({_form(state) for state in found}) > 1:
            raise NeedsHost("the branches of a cond leave a tensor array in different shapes")
    return _Shapes(merged, kept)


def _form(state: Any) -> tuple[Any, ...]:
    """The shapes and dtypes of a state."""
    leaves = jax.tree.leaves(state)
    return tuple((np.shape(leaf), np.dtype(leaf.dtype)) for leaf in leaves)


def _filled(branch: Callable[[], Any], shapes: _Shapes, changes: Changes) -> Callable[[], Any]:
    """`branch` with zeros, which nothing reads, for what only the other side makes."""

    def run() -> Any:
        values, states, ok = branch()
        filled = [
            jax_backend.full(s.shape, 0, s.dtype) if v is None else jax_backend.asarray(v)
            for v, s in zip(values, shapes.values, strict=True)
        ]
        states += [None] * (len(shapes.states) - len(states))
        given = [
            before if state is None else state
            for state, before in zip(states, changes.before, strict=True)
        ]
        return filled, [_state(a, b) for a, b in zip(given, shapes.states, strict=True)], ok

    return run


def _state(state: Any, like: Any) -> Any:
    """`state` as arrays; an empty one of the form of `like` where it is None."""
    if like is None:
        return None
    return zeros_like_state(like) if state is None else jax.tree.map(jax_backend.asarray, state)


def zeros_like_state(like: Any) -> Any:
    """The empty state of the form of `like`, a state or shapes of one."""
    return jax.tree.map(lambda leaf: jax.lax.full(leaf.shape, 0, leaf.dtype), like)


from evergraph.runtime.xla_loop import run_loop  # noqa: E402 - loops hold units of all kinds
