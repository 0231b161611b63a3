"""Stacks and tensor arrays between segments: their form, and how much room they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from evergraph.arrays.run_objects import RunObject
from evergraph.runtime.partition import Segment
from evergraph.runtime.program import Step

# Stacks of which something is known get at least this much room.
_LEAST_ROOM = 16


def room_for(count: int) -> int:
    """How much room to make for `count` elements: few sizes, so that few programs are compiled."""
    return max(_LEAST_ROOM, 1 << (count - 1).bit_length())


def bring_to_host(slots: Iterable[int], env: Any) -> None:
    """Turn the objects in `slots` into NumPy's form; one object stays one."""
    made: dict[int, RunObject] = {}
    for slot in slots:
        value = env[slot]
        if isinstance(value, RunObject) and hasattr(value, "to_host") and id(value) not in made:
            made[id(value)] = host_form(value)
    replace_objects(env, made)


def replace_objects(env: Any, forms: Mapping[int, RunObject]) -> None:
    """Put the other form of objects, by the id of the present one, in all slots that hold them."""
    if forms:
        for slot, value in enumerate(env):
            if isinstance(value, RunObject) and id(value) in forms:
                env[slot] = forms[id(value)]


def host_form(value: Any) -> RunObject:
    """An object of the JAX backend as NumPy's."""
    from jax import tree

    value.state = tree.map(np.asarray, value.state)
    result: RunObject = value.to_host()
    return result


def holds_objects(segment: Segment, env: Any) -> bool:
    """Whether stacks or tensor arrays come into `segment` from outside."""
    return any(isinstance(env[slot], RunObject) for slot in segment.inputs)


def stack_slots(segment: Segment) -> list[tuple[Step, int]]:
    """Where the steps of `segment` leave new stacks and tensor arrays."""
    return [(step, step.outputs[0]) for step in segment.steps if step.op_def.makes_object]
