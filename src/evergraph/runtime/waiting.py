"""Host steps that may wait for one another: a Python function that blocks lets the others run.

Steps run in order, one at a time, as everywhere. Only a step that may block, and that another such
step doesn't need, runs in a thread of its own; when it takes longer than `PATIENCE`, those steps go
on that don't need it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from evergraph.runtime.host_segment import Env, run_steps
from evergraph.runtime.program import NO_SLOT, Step

PATIENCE = 0.1  # seconds, far above what a function takes that doesn't block


def may_hold_up(steps: Sequence[Step]) -> frozenset[Step]:
    """The steps that may block while a later one that may block doesn't need them."""
    blocking = [step for step in steps if step.op_def.may_block]
    if len(blocking) < 2:
        return frozenset()
    needs: dict[Step, frozenset[Step]] = {}
    makers: dict[int, Step] = {}
    for step in steps:
        sources = _sources(step, makers)
        found = frozenset().union(*(needs.get(source, frozenset()) for source in sources))
        needs[step] = found | {source for source in sources if source.op_def.may_block}
        makers.update(dict.fromkeys(step.outputs, step))
    return frozenset(
        step
        for i, step in enumerate(blocking)
        if any(step not in needs[later] for later in blocking[i + 1 :])
    )


def _sources(step: Step, makers: dict[int, Step]) -> list[Step]:
    slots = [*step.inputs, *(token for _, token in step.guards)]
    found = [makers[slot] for slot in slots if slot != NO_SLOT and slot in makers]
    return [*found, *step.controllers]


class _Running:
    """A step in a thread of its own."""

    def __init__(self, step: Step, env: Env, finished: threading.Condition) -> None:
        self.step = step
        self.is_done = False
        self.error: BaseException | None = None
        self._finished = finished
        threading.Thread(target=self._run, args=(env,), daemon=True).start()

    def _run(self, env: Env) -> None:
        try:
            run_steps([self.step], env)
        except BaseException as error:  # it is raised where the run waits
            self.error = error
        with self._finished:
            self.is_done = True
            self._finished.notify_all()


def run_waiting(steps: Sequence[Step], env: Env, holding: frozenset[Step]) -> None:
    """As `run_steps`; a step of `holding` that blocks lets those run that don't need it.

    Raises:
        OpError: what a step raises. Functions that still block then are left to themselves.
    """
    finished = threading.Condition()
    running: list[_Running] = []
    waiting = list(steps)
    while waiting or running:
        unfinished = {r.step for r in running}
        later: list[Step] = []
        makers: dict[int, Step] = {slot: s for s in unfinished for slot in s.outputs}
        for step in waiting:
            sources = _sources(step, makers)
            if any(source in unfinished for source in sources):
                later.append(step)
                unfinished.add(step)
                makers.update(dict.fromkeys(step.outputs, step))
            elif step in holding:
                started = _Running(step, env, finished)
                running.append(started)
                _wait(finished, lambda started=started: started.is_done, PATIENCE)  # type: ignore[misc]  # mypy can't infer the default
                _raise_errors(running)
                if not started.is_done:
                    unfinished.add(step)
                    makers.update(dict.fromkeys(step.outputs, step))
            else:
                run_steps([step], env)
        waiting = later
        running = [r for r in running if not r.is_done]
        if running:
            still = list(running)
            _wait(finished, lambda still=still: any(r.is_done for r in still), None)  # type: ignore[misc]  # as above
            _raise_errors(still)
            running = [r for r in still if not r.is_done]


def _wait(
    finished: threading.Condition, is_over: Callable[[], bool], seconds: float | None
) -> None:
    with finished:
        finished.wait_for(is_over, seconds)


def _raise_errors(running: Sequence[_Running]) -> None:
    for one in running:
        if one.is_done and one.error is not None:
            raise one.error
