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
    for carried in loop.carried:
        env[carried.head] = env[carried.start]
    with nullcontext() if env.is_calm else _one_thread(loop, step, env):
        _go_round(loop, env, run_steps)
    for slot, outside in loop.exits:
        env[outside] = env[slot]


def _go_round(loop: Loop, env: Env, run_steps: Callable[[Sequence[Step], Env], None]) -> None:
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
            env.dead.difference_update(loop.steps())
        if env.budget is not None:
            env.budget -= cost
            if env.budget < 0:
                raise HotLoop


@contextmanager
def _one_thread(loop: Loop, step: Step, env: Env) -> Iterator[None]:
    """Inside, matrix products of small matrices run on one thread.

    OpenBLAS wakes its threads for products of a few microseconds, and they wait spinning: a GRU of
    96 units took six times the processor time on a busy machine. Large matrices keep their threads,
    and so does what a user's function does.
    """
    sizes = (getattr(env[slot], "size", 0) for slot in step.inputs if slot != NO_SLOT)
    is_large = any(size > _LARGE for size in sizes if isinstance(size, int))
    if is_large or any(inside.op_def.host_only for inside in loop.steps()):
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
