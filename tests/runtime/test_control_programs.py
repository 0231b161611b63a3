"""Random programs of control flow: plain Python, the real TensorFlow and both tiers agree."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.runtime import control_plain
from tests.runtime.control_graph import Built
from tests.runtime.control_programs import (
    Assign,
    Gather,
    Program,
    Random,
    While,
    control_program,
    statements_in,
)

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "control"
NEVER = 1 << 30


def recorded_programs() -> dict[int, list[tuple[list[str], np.ndarray]]]:
    """Of each recorded seed, the form and the numbers of every run."""
    forms = json.loads((GOLDEN / "programs.json").read_text(encoding="utf-8"))
    del forms["tensorflow"], forms["left_out"]
    with np.load(GOLDEN / "programs.npz") as stored:
        parts = iter(np.split(stored["numbers"], np.cumsum(stored["sizes"])[:-1]))
    return {int(seed): [(f.split(), next(parts)) for f in runs] for seed, runs in forms.items()}


RECORDED = recorded_programs()
SEEDS = list(RECORDED)


def by_evergraph(program: Program) -> list[tuple[list[str], np.ndarray]]:
    """Form and numbers of every run."""
    import evergraph as tf

    with warnings.catch_warnings(), tf.Graph().as_default():
        warnings.simplefilter("ignore")  # TensorFlow 1.15 warns of dense gradients too
        built = Built(tf, program)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return [built.answers(session, feeds) for feeds in program.runs]


def check(seed: int) -> None:
    """Evergraph against plain Python, and against TensorFlow where that was recorded."""
    program = control_program(seed)
    answers = by_evergraph(program)
    is_single = program.dtype == "float32"
    limit = 2e-4 if is_single else 1e-8
    wanted, margin = control_plain.answers(program, [form for form, _ in answers])
    if margin < control_plain.MARGIN:
        return
    for (form, numbers), want in zip(answers, wanted, strict=True):
        assert numbers.dtype == program.dtype
        got = control_plain.dense(form, numbers, program)
        np.testing.assert_allclose(got, want, rtol=limit, atol=limit, err_msg=f"seed {seed}")
    limit = 2e-4 if is_single else 1e-6
    for (form, numbers), (form_there, there) in zip(
        answers, RECORDED.get(seed, answers), strict=True
    ):
        assert form == form_there, f"seed {seed}"
        np.testing.assert_allclose(numbers, there, rtol=limit, atol=limit, err_msg=f"seed {seed}")


def check_tier(seeds: list[int], monkeypatch: pytest.MonkeyPatch, cold_runs: int) -> None:
    from evergraph.runtime import plan

    monkeypatch.setattr(plan, "COLD_RUNS", cold_runs)
    for seed in seeds:
        check(seed)


@pytest.mark.parametrize("block", range(6))
def test_plain_python_agrees_with_tensorflow(block):
    for seed in SEEDS[block::6]:
        program = control_program(seed)
        forms = [form for form, _ in RECORDED[seed]]
        wanted, margin = control_plain.answers(program, forms)
        assert margin >= control_plain.MARGIN
        for want, (form, numbers) in zip(wanted, RECORDED[seed], strict=True):
            got = control_plain.dense(form, numbers, program)
            np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-4, err_msg=f"seed {seed}")


def is_smooth(seed: int) -> bool:
    """Whether no statement of a program ends a gradient on purpose."""
    for statement in statements_in(control_program(seed)):
        if isinstance(statement, Assign) or getattr(statement, "fn", "") == "stop":
            return False
        if isinstance(statement, While) and not statement.back_prop:
            return False
    return True


@pytest.mark.parametrize("seed", [seed for seed in SEEDS[:120] if is_smooth(seed)])
def test_tape_agrees_with_finite_differences(seed):
    """The gradient for `x` of plain Python, which everything else is held against."""
    program = control_program(seed)
    x, *others = program.runs[0]

    def loss(x):
        results, _, _ = control_plain.Plain(program).run((x, *others))
        return sum(result.sum() * (1 + 0.5 * i) for i, result in enumerate(results))

    _, _, grads = control_plain.Plain(program).run(program.runs[0])
    x, step = np.array(x), 1e-6
    slopes = [(loss(x + step * e) - loss(x - step * e)) / (2 * step) for e in np.eye(len(x))]
    np.testing.assert_allclose(grads["x"], slopes, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("block", range(4))
def test_numpy_tier_agrees(block, monkeypatch):
    check_tier(SEEDS[block:24:4], monkeypatch, NEVER)


@pytest.mark.parametrize("block", range(2))
def test_compiled_tier_agrees(block, monkeypatch):
    check_tier(SEEDS[block:4:2], monkeypatch, 0)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(12))
def test_numpy_tier_agrees_on_all_recorded(block, monkeypatch):
    check_tier(SEEDS[24 + block :: 12], monkeypatch, NEVER)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(30))
def test_compiled_tier_agrees_on_all_recorded(block, monkeypatch):
    check_tier(SEEDS[4 + block :: 30], monkeypatch, 0)


def test_programs_are_about_what_they_should_be_about():
    """Loops in loops, loops without a turn, assignments, draws, arrays and slices in loops."""
    shares = dict.fromkeys(["nested", "zero", "assign", "draw", "gather", "array", "slices"], 0)
    for seed, answers in RECORDED.items():
        program = control_program(seed)
        loops = [s for s in statements_in(program) if isinstance(s, While)]
        inside = [s for loop in loops for s in statements_in(loop.body)]
        shares["nested"] += any(isinstance(s, While) for s in inside)
        least = min(n for _, _, n in program.runs)
        shares["zero"] += any(s.bound == 0 or (s.trips == "fed" and least == 0) for s in loops)
        shares["assign"] += any(isinstance(s, Assign) for s in inside)
        shares["draw"] += any(isinstance(s, Random) for s in inside)
        shares["gather"] += any(isinstance(s, Gather) for s in inside)
        shares["array"] += any(s.array_in or s.array_out for s in loops)
        shares["slices"] += any(kind.startswith("s") for form, _ in answers for kind in form)
    assert min(shares.values()) >= 0.15 * len(RECORDED), shares
