"""Plans whose sizes differ from run to run behind a host step: what stays compiled, what doesn't.

Where the number of elements hangs on data (`sparse_retain`, `boolean_mask`, `unique`), a segment
behind it would have to be compiled for every number. Such a segment stays with NumPy; but once it's
known which of its arrays have changing sizes, only the steps that touch them need to: all others
are cut into device segments again.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evergraph.runtime.host_segment import Env
from evergraph.runtime.partition import Segment, host_steps, partition
from evergraph.runtime.program import Program, Step
from evergraph.runtime.variable_store import VariableStore

if TYPE_CHECKING:
    from evergraph.runtime.plan import Plan

# Runs whose sizes are compared before a plan is cut again.
_LOOKS = 6
# Fewer steps than these on the device aren't worth further segments.
_LEAST_STEPS = 16
# Variables above this are neither handed to the host each time nor copied for want of donation.
_MOST_BYTES = 1 << 20


class Sizes:
    """The shapes that the slots of a plan had, and the slots where they differ.

    Attributes:
        successor: the plan that takes over once they are known, for this one in all structures.
    """

    def __init__(self) -> None:
        self.seen: dict[int, tuple[int, ...]] = {}
        self.varying: set[int] = set()
        self.looks = 0
        self.successor: Plan | None = None

    @property
    def is_known(self) -> bool:
        """Whether enough runs have been looked at."""
        return self.looks >= _LOOKS

    def look(self, segments: Sequence[Segment], env: Env) -> bool:
        """Compare the shapes of this run with those of the runs before; whether it was the last."""
        self.looks += 1
        for segment in segments:
            for step in segment.steps:
                for slot in step.outputs:
                    if isinstance(env[slot], np.ndarray | np.generic):
                        shape = env[slot].shape
                        if self.seen.setdefault(slot, shape) != shape:
                            self.varying.add(slot)
        return self.is_known


def loosened(plan: Plan, store: VariableStore) -> Plan | None:
    """`plan` with the steps on arrays of changing sizes on the host; None where that's no good."""
    program = plan.program
    if plan.has_branches or any(step.loop is not None or step.is_token for step in program.steps):
        return None
    on_host = _on_host(program, plan.sizes.varying)
    left = set(program.steps) - on_host - host_steps(program)
    if len(left) < _LEAST_STEPS:
        return None
    for step in on_host:
        if step.written and step.op_def.random_blocks is None:
            return None
        if any(_bytes(plan, slot) > _MOST_BYTES for slot in step.inputs):
            return None
    other = copy.copy(plan)
    other.sizes = Sizes()
    other.sizes.looks = _LOOKS  # this one stays as it is
    other.arrange(partition(program, on_host), store)
    if any(_bytes(plan, slot) > _MOST_BYTES for slot in other.kept - plan.kept):
        return None
    return other


def _on_host(program: Program, varying: set[int]) -> set[Step]:
    """Steps that touch a slot of changing size, or need to know a value made on the host."""
    found: set[Step] = set()
    hosted = host_steps(program)
    made_there: set[int] = set()
    for step in program.steps:
        touches = any(slot in varying for slot in (*step.inputs, *step.outputs))
        if touches or any(step.inputs[i] in made_there for i in step.static):
            found.add(step)
        is_known = step.op_def.known_when_traced or step.op_def.value_from_shapes is not None
        from_there = step in found or step in hosted or any(s in made_there for s in step.inputs)
        if from_there and (step in found or not is_known):
            made_there.update(step.outputs)
    return found


def _bytes(plan: Plan, slot: int) -> int:
    cell = plan.cells.get(slot)
    value: Any = None if cell is None else cell.value
    return int(getattr(value, "nbytes", 0))
