"""The session against the slow reference evaluator, on random programs."""

from __future__ import annotations

import numpy as np
import pytest

from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime import plan
from evergraph.runtime.reference import evaluate
from evergraph.runtime.session import Session
from tests.runtime.random_graphs import RandomProgram, random_program


def _by_session(program: RandomProgram) -> list[list[np.ndarray]]:
    with Session(graph=program.graph) as session:
        session.run(program.init)
        return [
            [v for v in session.run(fetches, feeds) if v is not None]
            for fetches, feeds in program.runs
        ]


def _by_reference(program: RandomProgram) -> list[list[np.ndarray]]:
    state: dict[str, np.ndarray] = {}
    evaluate([], program.init, {}, state)
    results = []
    for fetches, feeds in program.runs:
        tensors = [f for f in fetches if isinstance(f, Tensor)]
        targets = [f for f in fetches if isinstance(f, Operation)]
        results.append(evaluate(tensors, targets, feeds, state))
    return results


def _check(seed: int, monkeypatch: pytest.MonkeyPatch, cold_runs: int) -> None:
    program = random_program(seed)
    monkeypatch.setattr(plan, "COLD_RUNS", cold_runs)
    got, want = _by_session(program), _by_reference(program)
    for run_got, run_want in zip(got, want, strict=True):
        for a, b in zip(run_got, run_want, strict=True):
            if np.issubdtype(np.asarray(b).dtype, np.integer):
                np.testing.assert_array_equal(a, b, err_msg=f"seed {seed}")
            else:
                ulp = 4 * program.depth * np.finfo(b.dtype).eps
                np.testing.assert_allclose(a, b, rtol=ulp, atol=ulp * 8, err_msg=f"seed {seed}")


@pytest.mark.parametrize("block", range(10))
def test_numpy_tier_agrees_with_the_reference(block, monkeypatch):
    for seed in range(block * 40, block * 40 + 40):
        _check(seed, monkeypatch, cold_runs=1 << 30)


@pytest.mark.parametrize("block", range(4))
def test_compiled_tier_agrees_with_the_reference(block, monkeypatch):
    for seed in range(block * 10, block * 10 + 10):
        _check(seed, monkeypatch, cold_runs=0)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(40))
def test_both_tiers_agree_on_two_thousand_programs(block, monkeypatch):
    for seed in range(block * 50, block * 50 + 50):
        _check(seed, monkeypatch, cold_runs=1 << 30)
        _check(seed, monkeypatch, cold_runs=0)


def test_enough_programs_read_past_a_write():
    share = np.mean([random_program(seed).has_read_after_write for seed in range(200)])
    assert share >= 0.3
