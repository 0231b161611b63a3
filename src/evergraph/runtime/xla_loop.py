"""Tracing loops: a `lax.while_loop` whose carry is what goes round, variables and objects included.

The body is traced twice. The first time (the rehearsal) shows what it changes, the shapes of what
it pushes and writes, and how much: stacks and tensor arrays get their room then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from evergraph.arrays import jax_backend
from evergraph.arrays.checks import collect_checks
from evergraph.arrays.jax_backend.stacks import Stack
from evergraph.arrays.run_objects import NeedsHost, is_rehearsing, rehearsing
from evergraph.runtime.branches import Branches, known_sides, units_of
from evergraph.runtime.program import NO_SLOT, Carried, Loop, Step
from evergraph.runtime.trip_count import Trips, count_trips

if TYPE_CHECKING:
    from evergraph.runtime.xla_control import Changes, TracedEnv

# Room of a stack of which nothing is known.
DEFAULT_ROOM = 32


def run_loop(step: Step, env: TracedEnv) -> None:
    """One loop on traced values.

    Raises:
        NeedsHost: shapes change from iteration to iteration, or something can't be traced.
    """
    loop = step.loop
    assert loop is not None
    trips = count_trips(loop, env, env.trace.makers)
    for carried in loop.carried:
        env[carried.head] = env[carried.start]
    tracer = _LoopTracer(step, loop, trips, env)
    tracer.run_cond(env)
    pred = env[loop.pred]
    if not (isinstance(pred, np.ndarray | np.generic) and not bool(pred)):
        tracer.go_round()
    for inside, outside in loop.exits:
        env[outside] = trips.finals.get(inside, env[inside])


class _LoopTracer:
    def __init__(self, step: Step, loop: Loop, trips: Trips, env: TracedEnv) -> None:
        self.step = step
        self.loop = loop
        self.trips = trips
        self.env = env
        # What stays the same in every iteration isn't carried.
        moving = [c for c in loop.carried if c.next != c.head]
        self.grown = _grown(loop, moving, env) if trips.count is not None else []
        joined = {grown.carried for grown in self.grown}
        self.carried: list[Carried] = [c for c in moving if c not in joined]
        kept = _kept(loop)
        self.slots = [*(c.head for c in self.carried), *kept]
        known = _known_branches(loop, env)
        self.cond_units = units_of(loop.cond, [loop.pred, *kept], known)
        joins = {grown.step for grown in self.grown}
        body = [step for step in loop.body if step not in joins]
        parts = [slot for grown in self.grown for slot in grown.parts]
        self.body_units = units_of(body, [*(c.next for c in self.carried), *parts], known)

    def run_cond(self, env: TracedEnv) -> None:
        """The steps that come before the decision whether to go on."""
        from evergraph.runtime.xla_control import run_units

        run_units(self.cond_units, env)

    def go_round(self) -> None:
        """Trace the loop itself; values and objects are afterwards as after the last iteration."""
        from evergraph.runtime.xla_control import Changes, zeros_like_state

        env = self.env
        changes = Changes(env.trace)
        values = [_array(env[slot]) for slot in self.slots]
        shapes, parts, states, has_checks = self._rehearse(values, changes)
        rows = [self._room(part) for part in parts]
        if is_rehearsing():
            results = [jax.lax.full(s.shape, 0, s.dtype) for s in shapes]
            env.update(zip(self.slots, results, strict=True))
            changes.put([s if s is None else zeros_like_state(s) for s in states])
            self._join(rows)
            return
        self._settle(changes, states)
        moving = [i for i, state in enumerate(states) if state is not None]
        carry = (values, [_arrays(changes.before[i]) for i in moving], np.True_)
        if self.trips.count is not None:
            rows, (values, moved, ok) = self._counted(
                self.trips.count, rows, carry, changes, moving
            )
        else:
            values, moved, ok = self._open(carry, changes, moving, has_checks)
        env.update(zip(self.slots, values, strict=True))
        self._join(rows)
        for index, state in zip(moving, moved, strict=True):
            changes.members[index].state = state
        if has_checks:
            jax_backend.check(ok, "InvalidArgumentError", "a check in a loop failed")

    def _rehearse(
        self, values: Sequence[Any], changes: Changes
    ) -> tuple[list[Any], list[Any], list[Any], bool]:
        """What an iteration gives: shapes, shapes of joined parts, changed states, any checks."""
        has_checks = [False]
        stacks = [m for m in changes.members if isinstance(m, Stack)]
        if not is_rehearsing():
            for stack in stacks:
                stack.pushes = 0

        def once(values: Sequence[Any], given: Sequence[Any]) -> Any:
            before = changes.before
            changes.before = list(given)
            changes.restore()
            with collect_checks() as checks:
                results, parts = self._body(values)
            has_checks[0] = bool(checks)
            states = changes.states()
            changes.before = [*before, *(None for _ in changes.members[len(before) :])]
            changes.restore()
            return results, parts, states

        with rehearsing(self.trips.count):
            results, parts, states = jax.eval_shape(once, values, list(changes.before))
        for slot, given, made in zip(self.slots, values, results, strict=True):
            if (given.shape, given.dtype) != (made.shape, made.dtype):
                raise NeedsHost(f"{self.step.op.name}: the value in {slot} changes its shape")
        return results, parts, states, has_checks[0]

    def _room(self, part: Any) -> Any:
        """Zeros for what all iterations join to one value."""
        count = self.trips.count
        assert count is not None
        return jax.lax.full((count, *part.shape), 0, part.dtype)

    def _join(self, rows: Sequence[Any]) -> None:
        """Put what the iterations have given behind the values that it is joined to."""
        for grown, collected in zip(self.grown, rows, strict=True):
            start = _array(self.env[grown.carried.start])
            all_rows = jax.lax.reshape(
                collected, (collected.shape[0] * collected.shape[1], *collected.shape[2:])
            )
            self.env[grown.carried.head] = jax_backend.concatenate([start, all_rows], 0)

    def _settle(self, changes: Changes, states: Sequence[Any]) -> None:
        """Make room in the objects that the loop fills, and give them their first state."""
        trace = self.env.trace
        makers = {id(stack): step for step, stack in trace.stacks}
        for index, state in enumerate(states):
            if state is None or changes.before[index] is not None:
                continue
            member: Any = changes.members[index]
            if isinstance(member, Stack):
                maker = makers.get(id(member))
                if maker is None and member.pushes is None:
                    raise NeedsHost("a stack of unknown room comes from another segment")
                hint = trace.hints.get(maker, 0) if maker is not None else 0
                member.settle(max(hint, self.trips.guess or DEFAULT_ROOM))
            member.state = changes.before[index] = member.prepared(state)

    def _body(self, values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """One iteration: the body, then the steps before the next decision.

        Returns:
            (values at the next head, parts that are joined to a value).
        """
        from evergraph.runtime.xla_control import run_units

        inner = self.env.inner()
        inner.update(zip(self.slots, values, strict=True))
        run_units(self.body_units, inner)
        joined = [[_array(inner[slot]) for slot in grown.parts] for grown in self.grown]
        parts = [p[0] if len(p) == 1 else jax_backend.concatenate(p, 0) for p in joined]
        moved = [inner[c.next] for c in self.carried]
        inner.update(zip((c.head for c in self.carried), moved, strict=True))
        self.run_cond(inner)
        self._pred = inner[self.loop.pred]
        return [_array(inner[slot]) for slot in self.slots], parts

    def _iterate(self, carry: Any, changes: Changes, moving: Sequence[int]) -> Any:
        values, states, ok = carry
        for index, state in zip(moving, states, strict=True):
            changes.members[index].state = state
        with collect_checks() as checks:
            results, self._parts = self._body(values)
        for check in checks:
            ok = jax.lax.bitwise_and(ok, jax_backend.asarray(check.ok))
        moved = [_arrays(changes.members[i].state) for i in moving]
        changes.restore()
        return results, moved, ok

    def _counted(
        self, count: int, rows: list[Any], carry: Any, changes: Changes, moving: Sequence[int]
    ) -> Any:
        def is_left(state: Any) -> Any:
            return jax.lax.lt(state[0], np.int32(count))

        def once(state: Any) -> Any:
            index, rows, carry = state
            carry = self._iterate(carry, changes, moving)
            rows = [
                jax.lax.dynamic_update_index_in_dim(collected, part, index, 0)
                for collected, part in zip(rows, self._parts, strict=True)
            ]
            return jax.lax.add(index, np.int32(1)), rows, carry

        if count == 1:
            return once((np.int32(0), rows, carry))[1:]
        return jax.lax.while_loop(is_left, once, (np.int32(0), rows, carry))[1:]

    def _open(self, carry: Any, changes: Changes, moving: Sequence[int], has_checks: bool) -> Any:
        def is_left(state: Any) -> Any:
            pred, (_, _, ok) = state
            return jax.lax.bitwise_and(pred, ok) if has_checks else pred

        def once(state: Any) -> Any:
            carry = self._iterate(state[1], changes, moving)
            return jax_backend.asarray(self._pred), carry

        start = (jax_backend.asarray(self.env[self.loop.pred]), carry)
        return jax.lax.while_loop(is_left, once, start)[1]


@dataclass(frozen=True, slots=True)
class _Grown:
    """A value to which every iteration joins rows, and which nothing else reads.

    Attributes:
        carried: the value.
        step: what joins.
        parts: slots of what is joined.
    """

    carried: Carried
    step: Step
    parts: tuple[int, ...]


def _grown(loop: Loop, moving: Sequence[Carried], env: TracedEnv) -> list[_Grown]:
    """The values of `loop` that only grow: the rows of a sparse gradient."""
    makers = {slot: step for step in loop.body for slot in step.outputs}
    uses: dict[int, int] = {}
    for step in (*loop.cond, *loop.body):
        for slot in step.inputs:
            uses[slot] = uses.get(slot, 0) + 1
    for carried in moving:
        uses[carried.next] = uses.get(carried.next, 0) + 1
    found = []
    for carried in moving:
        join = makers.get(carried.next)
        if join is None or join.loop is not None or not join.op_def.joins:
            continue
        first, *parts, axis = join.inputs
        is_first_axis = isinstance(env.get(axis), np.ndarray) and int(env[axis]) == 0
        is_alone = uses[carried.head] == uses[carried.next] == 1
        if first == carried.head and is_first_axis and is_alone:
            found.append(_Grown(carried, join, tuple(parts)))
    return found


def _kept(loop: Loop) -> list[int]:
    """Slots made by the steps before the decision that the body or what follows the loop needs."""
    made = {slot for step in loop.cond for slot in step.outputs}
    used = [slot for step in loop.body for slot in step.inputs if slot != NO_SLOT]
    used += [slot for step in loop.body for _, slot in step.guards]
    used += [inside for inside, _ in loop.exits]
    used += [c.next for c in loop.carried]
    return [slot for slot in dict.fromkeys(used) if slot in made]


def _known_branches(loop: Loop, env: TracedEnv) -> Branches:
    """The sides of predicates that are known outside: those of the branch that the loop lies on."""
    steps = [*loop.cond, *loop.body]
    preds = {s.inputs[1] for s in steps if s.op_def.control == "switch" and s.loop is None}
    preds -= {slot for step in steps for slot in step.outputs} | {c.head for c in loop.carried}
    return known_sides(preds, env)


def _array(value: Any) -> Any:
    if value is None:
        raise NeedsHost("a variable without a value goes into a loop")
    if not isinstance(value, jax.Array | np.ndarray | np.generic):
        raise NeedsHost("a stack or tensor array goes round a loop")
    if value.dtype == object:
        raise NeedsHost("a handle goes round a loop")
    return jax_backend.asarray(value)


def _arrays(state: Any) -> Any:
    return jax.tree.map(jax_backend.asarray, state)
