"""Running a loop with NumPy, one iteration after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from evergraph.runtime.program import NO_SLOT, Loop, Step

if TYPE_CHECKING:
    from evergraph.runtime.host_segment import Env


# Arrays of more elements than this make products that are worth several threads.
_LARGE = 1 << 18


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
    calls_out = any(other.op_def.host_only for other in inside)
    with nullcontext() if env.is_calm or calls_out else _one_thread(env, step):
        _go_round(loop, env, run_steps, inside)
    for slot, outside in loop.exits:
        env[outside] = env[slot]


def _go_round(
    loop: Loop, env: Env, run_steps: Callable[[Sequence[Step], Env], None], inside: set[Step]
) -> None:
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


@contextmanager
def _one_thread(env: Env, step: Step) -> Iterator[None]:
    """Inside, matrix products of small matrices run on one thread.

    OpenBLAS wakes its threads for products of a few microseconds, and they wait spinning: a GRU of
    96 units took six times the processor time on a busy machine. Large matrices keep their threads.
    """
    sizes = (getattr(env[slot], "size", 0) for slot in step.inputs if slot != NO_SLOT)
    if any(size > _LARGE for size in sizes if isinstance(size, int)):
        yield
        return
    env.is_calm = True
    try:
        with _blas().limit(limits=1, user_api="blas"):
            yield
    finally:
        env.is_calm = False


@functools.cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
