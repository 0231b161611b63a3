"""How often a loop goes round, found out while its program is compiled.

Counters whose start is known and whose next value follows from known values alone are run ahead
with NumPy. Where the predicate hangs on nothing else, the number of iterations is known; where it
also asks for values of the run, those are taken to be as large as can be, which gives a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evergraph.arrays import numpy_backend
from evergraph.arrays.numpy_backend.operands import all_quiet
from evergraph.runtime.fold_constants import is_pure
from evergraph.runtime.program import NO_SLOT, Loop, Step

# Iterations and bytes up to which counters are run ahead.
MAX_TRIPS = 1 << 17
MAX_GUESSED_TRIPS = 1 << 12
_MAX_BYTES = 256

# How far a guess looks back from a loop's bound.
_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Trips:
    """What is known of a loop beforehand.

    Attributes:
        count: the number of iterations, or None.
        guess: a number that it may stay below, where `count` is None; or None.
        finals: slot at the head -> its value after the last iteration, for counters.
    """

    count: int | None
    guess: int | None = None
    finals: dict[int, np.ndarray] = field(default_factory=dict)


def count_trips(loop: Loop, env: Mapping[int, Any], outside: Mapping[int, Step]) -> Trips:
    """Run the counters of `loop` ahead.

    Args:
        loop: the loop.
        env: NumPy arrays for what is known, anything with a shape and dtype for the rest.
        outside: slot -> the step before the loop that made it.
    """
    counters = _Counters(loop, env)
    if counters.knows(loop.pred):
        count, finals = counters.run(MAX_TRIPS, {})
        return Trips(count, None, finals) if count is not None else Trips(None)
    return Trips(None, counters.guess(outside))


class _Counters:
    def __init__(self, loop: Loop, env: Mapping[int, Any]) -> None:
        self.loop = loop
        self.env = env
        self.maker = {slot: step for step in (*loop.cond, *loop.body) for slot in step.outputs}
        self.next = {c.head: c.next for c in loop.carried}
        self.start = {c.head: env.get(c.start) for c in loop.carried}
        self.known = {
            head
            for head, value in self.start.items()
            if isinstance(value, np.ndarray | np.generic) and value.nbytes <= _MAX_BYTES
        }
        self._settle()

    def _settle(self) -> None:
        """Leave in `known` the heads whose next value follows from known ones."""
        while True:
            lost = {head for head in self.known if not self.knows(self.next[head])}
            if not lost:
                return
            self.known -= lost

    def knows(self, slot: int) -> bool:
        """Whether `slot` follows from known heads and values by pure steps."""
        stack, seen = [slot], set()
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            step = self.maker.get(at)
            if at in self.next:
                if at not in self.known:
                    return False
            elif step is None:
                if not isinstance(self.env.get(at), np.ndarray | np.generic):
                    return False
            elif not _is_plain(step):
                return False
            else:
                stack.extend(step.inputs)
        return True

    def run(
        self, limit: int, made_up: Mapping[int, Any]
    ) -> tuple[int | None, dict[int, np.ndarray]]:
        """(number of iterations, final values of the counters); (None, {}) above `limit`."""
        loop = self.loop
        heads = sorted(self.known)
        moved = [self.next[head] for head in heads]
        body = self._slice(moved, [*loop.cond, *loop.body], made_up)
        cond = self._slice([loop.pred, *(s for b in body for s in b.inputs)], loop.cond, made_up)
        body = [step for step in body if step not in set(cond)]
        values: dict[int, Any] = dict(made_up)
        values.update((head, self.start[head]) for head in heads)
        count = 0
        with all_quiet():
            while True:
                self._evaluate(cond, values)
                if not bool(self._value(loop.pred, values)):
                    return count, {head: np.asarray(values[head]) for head in heads}
                if count >= limit:
                    return None, {}
                self._evaluate(body, values)
                after = [self._value(slot, values) for slot in moved]
                values.update(zip(heads, after, strict=True))
                count += 1

    def _slice(
        self, slots: Sequence[int], steps: Sequence[Step], made_up: Mapping[int, Any]
    ) -> list[Step]:
        """The steps among `steps` that make `slots`, in order."""
        needed, result = set(slots), []
        for step in reversed(steps):
            if needed.intersection(step.outputs) and step.outputs[0] not in made_up:
                result.append(step)
                needed.update(step.inputs)
        return result[::-1]

    def _value(self, slot: int, values: Mapping[int, Any]) -> Any:
        return values[slot] if slot in values else self.env[slot]

    def _evaluate(self, steps: Sequence[Step], values: dict[int, Any]) -> None:
        for step in steps:
            inputs = [np.asarray(self._value(slot, values)) for slot in step.inputs]
            results = step.call(numpy_backend, inputs)  # type: ignore[misc]  # plain steps have one
            values.update(zip(step.outputs, map(np.asarray, results), strict=True))

    def guess(self, outside: Mapping[int, Step]) -> int | None:
        """How often the loop would go round if all that isn't known were as large as can be."""
        made_up: dict[int, Any] = {}
        stack, seen = [self.loop.pred], set()
        try:
            while stack:
                slot = stack.pop()
                if slot in seen or slot in self.known:
                    continue
                seen.add(slot)
                step = self.maker.get(slot)
                if step is not None and _is_plain(step):
                    stack.extend(step.inputs)
                elif slot in self.next:
                    made_up[slot] = _largest(self.start[slot])
                elif step is None:
                    made_up[slot] = self._optimistic(slot, outside, _MAX_DEPTH)
                else:
                    return None
            return self.run(MAX_GUESSED_TRIPS, made_up)[0]
        except Exception:  # a kernel may refuse what was made up; then there is no guess
            return None

    def _optimistic(self, slot: int, outside: Mapping[int, Step], depth: int) -> Any:
        """What the value in `slot` would be if all that isn't known were as large as can be."""
        value = self.env[slot]
        if isinstance(value, np.ndarray | np.generic):
            return value
        step = outside.get(slot)
        is_small = np.prod(value.shape) <= _MAX_BYTES
        if step is None or depth == 0 or not is_small or not _is_plain(step):
            return _largest(value)
        inputs = [self._optimistic(s, outside, depth - 1) for s in step.inputs]
        results = step.call(numpy_backend, inputs)  # type: ignore[misc]  # plain steps have one
        return np.asarray(results[step.outputs.index(slot)])


def _is_plain(step: Step) -> bool:
    return (
        is_pure(step)
        and step.loop is None
        and step.call is not None
        and not step.guards
        and not step.is_token
        and NO_SLOT not in step.inputs
    )


def _largest(like: Any) -> np.ndarray:
    """An array like `like` of the largest values of its dtype."""
    kind = np.dtype(like.dtype)
    if kind.kind == "b":
        return np.ones(like.shape, kind)
    if kind.kind in "iu":
        return np.full(like.shape, np.iinfo(kind).max, kind)
    return np.full(like.shape, np.inf, kind)
