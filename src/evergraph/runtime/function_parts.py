"""Small operations that only expanded functions have: predicates and counters."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.arrays.checks import CheckFailure
from evergraph.registry.op_def import OpDef

TO_BOOL = OpDef("ToBool", "input: T", "output: bool", {"T": "type"})
CASE_IS = OpDef("CaseIs", "index: int32", "output: bool", {"branch": "int"})
FOR_START = OpDef("ForStart", "start: int32, limit: int32, delta: int32", "output: int32")
FOR_CONTINUES = OpDef("ForContinues", "i: int32, limit: int32, delta: int32", "output: bool")
FOR_NEXT = OpDef("ForNext", "i: int32, delta: int32", "output: int32")


@TO_BOOL.kernel
def _to_bool(xp: Any, x: Any) -> Any:
    """A number is true when it isn't 0, text when it isn't empty, a tensor when it has elements."""
    if np.shape(x):
        return xp.asarray(int(np.prod(np.shape(x))) > 0)
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        return np.asarray(len(x.item()) > 0)
    return xp.not_equal(x, xp.zeros_like(x))


@CASE_IS.kernel
def _case_is(xp: Any, index: Any, *, branch: int) -> Any:
    return xp.equal(index, xp.asarray(np.int32(branch)))


@FOR_START.kernel
def _for_start(xp: Any, start: Any, limit: Any, delta: Any) -> Any:
    for what, value in (("start", start), ("limit", limit), ("delta", delta)):
        if np.shape(value):
            raise CheckFailure(
                "InvalidArgumentError", f"{what} must be a scalar, but {list(np.shape(value))}"
            )
    upwards = xp.logical_and(xp.greater(delta, 0), xp.less_equal(start, limit))
    downwards = xp.logical_and(xp.less(delta, 0), xp.greater_equal(start, limit))
    is_fine = xp.logical_or(xp.logical_or(upwards, downwards), xp.equal(start, limit))
    xp.check(
        is_fine,
        "InvalidArgumentError",
        lambda: f"Invalid start/limit/delta: {start} {limit} {delta}",
    )
    return start


@FOR_CONTINUES.kernel
def _for_continues(xp: Any, i: Any, limit: Any, delta: Any) -> Any:
    return xp.where(xp.greater(delta, 0), xp.less(i, limit), xp.greater(i, limit))


@FOR_NEXT.kernel
def _for_next(xp: Any, i: Any, delta: Any) -> Any:
    return xp.add(i, delta)
