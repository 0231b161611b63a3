"""Folding: steps whose inputs are all known run once, when the plan is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evergraph.arrays import numpy_backend
from evergraph.runtime.program import NO_SLOT, Program, Step, captured_slots

# Above this a folded value would cost more memory than computing it again costs time.
MAX_FOLDED_BYTES = 1 << 20


def is_pure(step: Step) -> bool:
    """Whether the step's results follow from its inputs alone."""
    op_def = step.op_def
    return not (
        op_def.stateful
        or op_def.host_only
        or op_def.compiled_only
        or op_def.control
        or step.written
        or op_def.reads
    )


def known_bytes(step: Step) -> int | None:
    """The size of the step's outputs by static shapes, or None when they aren't known."""
    total = 0
    for tensor in step.op._outputs:
        if not tensor.dtype.base_dtype.is_numpy_compatible:  # a handle
            continue
        count = tensor.shape.num_elements()
        if count is None:
            return None
        kind = tensor.dtype.base_dtype.as_numpy_dtype
        total += count * np.dtype(kind).itemsize
    return total


def fold_constants(program: Program) -> Program:
    """`program` without the pure steps whose inputs are constants; their values become constants.

    A step that fails is left in place, so that its error appears when it runs.
    """
    constants = dict(program.constants)
    kept = _fold(program.steps, constants)
    return replace(program, steps=kept, constants=constants)


def _fold(steps: Sequence[Step], constants: dict[int, Any]) -> list[Step]:
    """The steps that are left of `steps`; the results of the others are added to `constants`."""
    kept: list[Step] = []
    folded: set[Step] = set()
    for step in steps:
        if step.loop is not None:
            step.loop.cond = _fold(step.loop.cond, constants)
            step.loop.body = _fold(step.loop.body, constants)
            known = set(step.inputs)
            step.inputs += tuple(s for s in captured_slots(step.loop) if s not in known)
        if _is_foldable(step, constants):
            try:
                values = step.call(  # type: ignore[misc]  # pure steps have a kernel
                    numpy_backend, [constants[i] for i in step.inputs]
                )
            except Exception:  # it fails again, with its message, when it runs
                values = None
            if values is not None:
                for slot, value in zip(step.outputs, values, strict=True):
                    constants[slot] = np.asarray(value)
                folded.add(step)
                continue
        step.controllers = tuple(c for c in step.controllers if c not in folded)
        kept.append(step)
    return kept


def _is_foldable(step: Step, constants: dict[int, Any]) -> bool:
    if step.controllers or not is_pure(step) or step.call is None:
        return False
    if any(i == NO_SLOT or i not in constants for i in step.inputs):
        return False
    size = known_bytes(step)
    return size is not None and size <= MAX_FOLDED_BYTES
