"""Running a loop with NumPy, one iteration after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from evergraph.runtime.program import Step

if TYPE_CHECKING:
    from evergraph.runtime.host_segment import Env


class HotLoop(Exception):
    """A loop has gone round so often that its segment had better be compiled."""


def run_loop(step: Step, env: Env, run_steps: Callable[[Sequence[Step], Env], None]) -> None:
    """Go round the loop of `step` until its predicate is false.

    Raises:
        HotLoop: the run's budget for steps in loops is used up.
        OpError: what a step inside raises.
    """
    loop = step.loop
    assert loop is not None
    inside = set(loop.steps())
    for carried in loop.carried:
        env[carried.head] = env[carried.start]
    cost = len(loop.cond) + len(loop.body)
    while True:
        run_steps(loop.cond, env)
        if not bool(np.asarray(env[loop.pred])):
            break
        run_steps(loop.body, env)
        moved = [env[carried.next] for carried in loop.carried]
        for carried, value in zip(loop.carried, moved, strict=True):
            env[carried.head] = value
        if env.dead:
            env.dead -= inside
        if env.budget is not None:
            env.budget -= cost
            if env.budget < 0:
                raise HotLoop
    for slot, outside in loop.exits:
        env[outside] = env[slot]
