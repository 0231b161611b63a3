"""Runs cases of the array namespace in both backends and compares what they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest

from evergraph.arrays import jax_backend, numpy_backend
from evergraph.arrays.checks import CheckFailure, collect_checks

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
EVERYDAY = (ml_dtypes.bfloat16, np.float32, np.uint8, np.int32, np.complex64, np.bool_)
NO_EXCESS_PRECISION = {"xla_allow_excess_precision": False}


def each_dtype(*dtypes: Any) -> pytest.MarkDecorator:
    """A test for each of these dtypes; compiling takes seconds, so that most are slow ones."""
    values = [
        pytest.param(d, id=np.dtype(d).name, marks=() if d in EVERYDAY else pytest.mark.slow)
        for d in dtypes
    ]
    return pytest.mark.parametrize("dtype", values)


@dataclass(frozen=True)
class Case:
    name: str
    function: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    ulp: float = 2  # allowed difference in units of the dtype's epsilon, relative
    absolute: float = 0  # the same, not relative: where a function crosses zero


def run_numpy(case: Case) -> tuple[np.ndarray, ...] | str:
    try:
        return as_tuple(case.function(numpy_backend, *case.inputs))
    except CheckFailure as failure:
        return f"{failure.error}: {failure.message}"


def run_jax(cases: list[Case]) -> list[tuple[np.ndarray, ...] | str]:
    """All cases in one executable; a failed check gives a text, as in `run_numpy`."""
    kinds: dict[int, list[str]] = {}

    def everything(inputs):
        results = []
        for number, (case, arrays) in enumerate(zip(cases, inputs, strict=True)):
            try:
                with collect_checks() as checks:
                    outputs = as_tuple(case.function(jax_backend, *arrays))
                kinds[number] = [c.error for c in checks]
                results.append((outputs, [c.ok for c in checks]))
            except CheckFailure as failure:
                kinds[number] = [failure.error]
                results.append(((), [np.bool_(False)]))
        return results

    with jax.enable_x64(True):
        compiled = jax.jit(everything, compiler_options=NO_EXCESS_PRECISION)
        results = jax.device_get(compiled([case.inputs for case in cases]))
    answers: list[tuple[np.ndarray, ...] | str] = []
    for number, (outputs, oks) in enumerate(results):
        failed = [e for e, ok in zip(kinds[number], oks, strict=True) if not ok]
        answers.append(failed[0] if failed else tuple(np.asarray(o) for o in outputs))
    return answers


def as_tuple(outputs: Any) -> tuple[Any, ...]:
    return tuple(outputs) if isinstance(outputs, tuple | list) else (outputs,)


def assert_backends_agree(cases: list[Case]) -> None:
    wrong = []
    for case, got in zip(cases, run_jax(cases), strict=True):
        want = run_numpy(case)
        if isinstance(want, str) or isinstance(got, str):
            same = (
                isinstance(want, str)
                and isinstance(got, str)
                and want.partition(":")[0] == got.partition(":")[0]
            )
            if not same:
                wrong.append(f"{case.name}: numpy {want!r}, jax {got!r}")
            continue
        for a, b in zip(want, got, strict=True):
            problem = difference(np.asarray(a), b, case)
            if problem:
                wrong.append(f"{case.name}: {problem}")
    assert not wrong, "\n".join(wrong)


def difference(a: np.ndarray, b: np.ndarray, case: Case) -> str:
    if (a.dtype, a.shape) != (b.dtype, b.shape):
        return f"numpy {a.dtype}{a.shape}, jax {b.dtype}{b.shape}"
    if a.dtype.kind in "iubO":
        return "" if np.array_equal(a, b) else f"numpy {a.tolist()}\n    jax   {b.tolist()}"
    part = np.dtype(a.real.dtype)
    epsilon = float(ml_dtypes.finfo(part).eps)
    wide = np.complex128 if a.dtype.kind == "c" else np.float64
    x, y = a.astype(wide), b.astype(wide)
    with np.errstate(all="ignore"):
        tiny = float(ml_dtypes.finfo(part).tiny)
        fine = (
            (x == y)
            | (np.isnan(x) & np.isnan(y))
            | (
                np.abs(x - y)
                <= epsilon * (case.ulp * np.maximum(np.abs(x), np.abs(y)) + case.absolute) + tiny
            )
        )
    if fine.all():
        return ""
    where = np.argwhere(~fine).tolist()[:8]
    return f"numpy {x[~fine].tolist()[:8]}\n    jax   {y[~fine].tolist()[:8]} at {where}"


def special_floats(dtype: Any) -> np.ndarray:
    """Zeros, both infinities, NaN, halves, small and large numbers."""
    limits = ml_dtypes.finfo(dtype)
    values = [0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 0.1, -0.3, 7, -7, 20, -20]
    return np.array([*values, np.inf, -np.inf, np.nan, 1e-3, 100, float(limits.max)], dtype)


def special_integers(dtype: Any) -> np.ndarray:
    limits = np.iinfo(dtype)
    values = [0, 1, 2, 3, 5, 7, 100, limits.max, limits.min, limits.max - 1]
    return np.array(values if limits.min == 0 else [*values, -1, -2, -7], dtype)
