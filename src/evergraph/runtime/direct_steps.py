"""Steps as functions of the environment alone: the inner loop of the NumPy tier.

A direct step takes its inputs from their slots and puts its result into another, with no look at
what they are. That is right where no value can be dead or missing: `run_steps` decides that once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from evergraph.arrays import numpy_backend
from evergraph.core import dtypes
from evergraph.runtime.kernels import single_result
from evergraph.runtime.program import Step

Direct = Callable[[list[Any]], None]

# Types whose values may be objects of the run; those of strings are the handles of old graphs.
_OF_OBJECTS = (dtypes.resource, dtypes.variant, dtypes.string)


def direct_step(step: Step) -> Direct | None:
    """`step` as a function of the values by slot; None where it needs more than that."""
    if not step.is_plain or len(step.outputs) > 1:
        return None
    if any(t.dtype.base_dtype in _OF_OBJECTS for t in step.op._outputs):
        return None
    call = step.call
    assert call is not None
    if not step.outputs:
        return _without_result(call, step.inputs)
    (out,) = step.outputs
    kernel, inputs = single_result(step.op), step.inputs
    if kernel is None or not 1 <= len(inputs) <= 3:
        return _general(call, inputs, out)
    if len(inputs) == 1:
        return _of_one(kernel, inputs[0], out)
    if len(inputs) == 2:
        return _of_two(kernel, inputs[0], inputs[1], out)
    return _of_three(kernel, inputs[0], inputs[1], inputs[2], out)


def _of_one(kernel: Callable[..., Any], a: int, out: int) -> Direct:
    def run(env: list[Any]) -> None:
        result = kernel(numpy_backend, env[a])
        env[out] = result if result.__class__ is ndarray else np.asarray(result)

    return run


def _of_two(kernel: Callable[..., Any], a: int, b: int, out: int) -> Direct:
    def run(env: list[Any]) -> None:
        result = kernel(numpy_backend, env[a], env[b])
        env[out] = result if result.__class__ is ndarray else np.asarray(result)

    return run


def _of_three(kernel: Callable[..., Any], a: int, b: int, c: int, out: int) -> Direct:
    def run(env: list[Any]) -> None:
        result = kernel(numpy_backend, env[a], env[b], env[c])
        env[out] = result if result.__class__ is ndarray else np.asarray(result)

    return run


def _general(call: Callable[..., Any], inputs: tuple[int, ...], out: int) -> Direct:
    def run(env: list[Any]) -> None:
        (result,) = call(numpy_backend, [env[slot] for slot in inputs])
        env[out] = result if result.__class__ is ndarray else np.asarray(result)

    return run


def _without_result(call: Callable[..., Any], inputs: tuple[int, ...]) -> Direct:
    def run(env: list[Any]) -> None:
        call(numpy_backend, [env[slot] for slot in inputs])

    return run
