"""Every op against TensorFlow 1.15.5, in every tier that it has (tests/golden/ops)."""

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import pytest

from evergraph.core import dtypes
from evergraph.registry.op_def import get_op_def, registered_ops
from evergraph.serialize.graph_def import as_graph_def
from evergraph.serialize.import_graph import import_graph_def
from tests.conformance import (
    GOLDEN,
    KNOWN_SHAPES,
    OPS,
    WAIVED,
    Case,
    build,
    constants,
    disagreement,
    failing_cases,
    graph,
    handwritten,
    has_wide_recording,
    recorded_cases,
    recorded_meta,
    recorded_ops,
    tolerance,
    unknown,
    widened,
)
from tests.conformance_tiers import (
    Answer,
    can_compile,
    finite_differences,
    run_constants,
    run_gradients,
    run_numpy,
    run_session,
    run_vjp,
    run_xla,
    traceable,
)

MOST_SHOWN = 6  # of an op's failures: the rest mostly say the same


def report(failures: Iterable[tuple[Case, str]]) -> None:
    """Fail with what went wrong, and a program that shows the first."""
    found = list(failures)
    if not found:
        return
    lines = [f"{case}: {words}" for case, words in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        lines.append(f"... and {len(found) - MOST_SHOWN} more")
    pytest.fail("\n".join([*lines, "", found[0][0].as_program()]), pytrace=False)


def words_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def truth_of(case: Case, output: int) -> np.ndarray | None:
    """What the op gives on the same numbers in float64, where that is checked by itself."""
    wide = widened(case) if has_wide_recording(case) else None
    answer = run_numpy([wide])[0] if wide is not None else None
    return None if answer is None or answer.error else answer.outputs[output]


def compare(case: Case, answer: Answer) -> Iterable[tuple[Case, str]]:
    if answer.error is not None:
        yield case, words_of(answer.error)
        return
    names = [f"output {k}" for k in range(len(case.outputs))]
    names += [f"variable {k}" for k in range(len(case.after))]
    found, recorded = answer.outputs + answer.after, case.outputs + case.after
    for name, got, want in zip(names, found, recorded, strict=True):
        if want is None or got is None:
            assert want is got, f"{case}: {name}"
            continue
        limits = tolerance(case.op_type, want.dtype)
        if case.is_random:
            got = np.full_like(got, b"" if got.dtype == object else 0)
        words = disagreement(got, want, limits)
        if words and name.startswith("output"):
            words = disagreement(got, want, limits, truth_of(case, int(name[7:])))
        if words:
            yield case, f"{name}: {words}"


def compare_all(cases: list[Case], answers: list[Answer]) -> None:
    pairs = zip(cases, answers, strict=True)
    report(failure for case, answer in pairs for failure in compare(case, answer))


@pytest.mark.parametrize("op_type", recorded_ops())
def test_outputs_agree_with_tensorflow_by_numpy(op_type):
    if get_op_def(op_type).compiled_only:
        pytest.skip("has no NumPy kernel")
    cases = recorded_cases(op_type)
    compare_all(cases, run_numpy(cases))


@pytest.mark.parametrize("op_type", recorded_ops())
def test_outputs_agree_with_tensorflow_in_a_session(op_type):
    cases = recorded_cases(op_type)
    compare_all(cases, run_session(cases))


@pytest.mark.slow
@pytest.mark.parametrize("op_type", recorded_ops())
def test_outputs_agree_with_tensorflow_when_inputs_are_constants(op_type):
    cases = recorded_cases(op_type)
    compare_all(cases, run_constants(cases))


@pytest.mark.slow
@pytest.mark.parametrize("op_type", recorded_ops())
def test_outputs_agree_with_tensorflow_by_xla(op_type):
    if not can_compile(get_op_def(op_type)):
        pytest.skip("is never compiled")
    cases = traceable(recorded_cases(op_type))
    compare_all(cases, run_xla(cases))


# --- building ---


def hows_of(case: Case, key: str, how: str | None = None) -> list:
    if key in ("none", "all"):
        return constants(case) if key == "none" else unknown(case)
    hows = constants(case)
    hows[int(key)] = int(how) if how.isdigit() else how
    return hows


def static_shapes(case: Case, hows: list) -> object:
    """Static shapes of the outputs as the recorder writes them."""
    with graph():
        try:
            outputs = build(case, hows).op.outputs
        except (TypeError, ValueError) as error:
            return {"error": [type(error).__name__, str(error).split("\n")[0]]}
    return [None if t.shape.ndims is None else t.shape.as_list() for t in outputs]


@pytest.mark.parametrize("op_type", recorded_ops())
def test_static_shapes_are_what_tensorflow_infers(op_type):
    failures = []
    for case in recorded_meta(op_type)[1]:
        for key, found in case.static.items():
            variants = found.items() if isinstance(found, dict) and "error" not in found else ()
            if key in ("none", "all"):
                variants = [(None, found)]
            for how, want in variants:
                got = static_shapes(case, hows_of(case, key, how))
                if isinstance(want, dict) and isinstance(got, dict):
                    got, want = got["error"][0], want["error"][0]
                if got != want:
                    unknown = key if how is None else f"{how} of input {key}"
                    failures.append((case, f"unknown: {unknown}: {got} in place of {want}"))
    report(failures)


@pytest.mark.parametrize("op_type", recorded_ops())
def test_dtypes_that_tensorflow_refuses_are_refused(op_type):
    meta, cases = recorded_meta(op_type)
    wrong = meta["wrong_dtype"]
    if wrong is None:
        pytest.skip("takes every dtype")
    case = next(c for c in cases if not c.errors and not c.is_refused)
    flat = case.flat_inputs
    empty = np.zeros([0], dtypes.as_dtype(wrong["dtype"]).as_numpy_dtype)
    flat = [empty if k == wrong["input"] else value for k, value in enumerate(flat)]
    with graph(), pytest.raises(TypeError) as caught:
        build(case.with_inputs(flat), ["value"] * len(flat))
    assert str(caught.value).split("\n")[0] == wrong["error"][1]


@pytest.mark.parametrize("op_type", recorded_ops())
def test_errors_are_of_the_classes_that_tensorflow_raises(op_type):
    failures = []
    for case in failing_cases(op_type):
        if "build" in case.errors:
            try:
                with graph():
                    build(case, constants(case))
                failures.append((case, f"builds; TensorFlow raises {case.errors['build']}"))
            except Exception as error:
                if type(error).__name__ != case.errors["build"][0]:
                    failures.append((case, f"{words_of(error)} for {case.errors['build']}"))
        if "run" in case.errors and op_type not in KNOWN_SHAPES:  # those were refused unbuilt
            for run in (run_numpy, run_session):
                try:
                    error = run([case])[0].error
                except Exception as raised:
                    error = raised
                if error is None or type(error).__name__ != case.errors["run"][0]:
                    words = "runs" if error is None else words_of(error)
                    failures.append((case, f"{run.__name__}: {words} for {case.errors['run']}"))
    report(failures)


def as_stored(value: object) -> str:
    """An attr as text; a GraphDef keeps floats in 32 bits."""
    if isinstance(value, list):
        return str([as_stored(one) for one in value])
    return str(np.float32(value) if isinstance(value, float) else value)


@pytest.mark.parametrize("op_type", recorded_ops())
def test_operations_survive_a_graph_def(op_type):
    seen = set()
    for case in recorded_cases(op_type):
        if case.name in seen:
            continue
        seen.add(case.name)
        with graph() as built_graph:
            op = build(case, constants(case)).op
        with graph() as imported:
            import_graph_def(as_graph_def(built_graph), name="")
        twin = imported.get_operation_by_name(op.name)
        assert (twin.type, [t.name for t in twin.inputs]) == (op.type, [t.name for t in op.inputs])
        assert [(t.dtype, str(t.shape)) for t in twin.outputs] == [
            (t.dtype, str(t.shape)) for t in op.outputs
        ]
        assert set(twin.attrs) >= set(op.attrs)
        for key, value in op.attrs.items():
            assert as_stored(twin.attrs[key]) == as_stored(value), key


# --- gradients ---


def differentiable_cases(op_type: str) -> list[Case]:
    return [case for case in recorded_cases(op_type) if case.gradients]


def with_gradients() -> list[str]:
    return [op_type for op_type in recorded_ops() if differentiable_cases(op_type)]


def gradient_failures(case: Case, found: object) -> Iterable[tuple[Case, str]]:
    if isinstance(found, Exception):
        yield case, words_of(found)
        return
    truth = None
    for k, want in case.gradients.items():
        got = found[k]
        if want is None or got is None:
            if want is not got:
                yield case, f"gradient {k} is {got} in place of {want}"
            continue
        limits = tolerance(case.op_type, want.dtype, "gradient")
        words = disagreement(got, want, limits)
        if words:
            if truth is None:
                wide = widened(case) if has_wide_recording(case) else None
                truth = run_gradients([wide])[0] if wide is not None else {}
            known = truth.get(k) if isinstance(truth, dict) else None
            words = disagreement(got, want, limits, known)
        if words:
            yield case, f"gradient {k}: {words}"


@pytest.mark.parametrize("op_type", with_gradients())
def test_gradients_agree_with_tensorflow(op_type):
    cases = differentiable_cases(op_type)
    found = run_gradients(cases)
    pairs = zip(cases, found, strict=True)
    report(failure for case, one in pairs for failure in gradient_failures(case, one))


def float64_cases(op_type: str) -> list[Case]:
    """Differentiable cases whose numbers allow a derivative to be measured, and that claim one."""
    return [
        case
        for case in differentiable_cases(op_type)
        if all(w.dtype == np.float64 for w in case.weights.values())
        and all(case.flat_inputs[k].dtype == np.float64 for k in case.gradients)
        and "no_derivative" not in handwritten(op_type, case.name)
    ]


def slope_failures(case: Case, k: int, got: np.ndarray, where: np.ndarray, name: str) -> Iterable:
    want = case.gradients[k]
    with np.errstate(all="ignore"):
        wrong = where & ~np.isclose(got, want, rtol=1e-4, atol=1e-6)
    if wrong.any():
        first = tuple(int(axis[0]) for axis in np.nonzero(wrong)) if want.ndim else ()
        yield (
            case,
            f"gradient {k} at {list(first)}: {name} {got[first]!r}, recorded {want[first]!r}",
        )


@pytest.mark.parametrize("op_type", with_gradients())
def test_recorded_gradients_are_finite_differences(op_type):
    failures = []
    for case in float64_cases(op_type):
        for k, want in case.gradients.items():
            if want is not None and want.size <= 24:
                slopes, trusted = finite_differences(case, k)
                trusted &= np.isfinite(want)
                failures += slope_failures(case, k, slopes, trusted, "differences")
    report(failures)


@pytest.mark.slow
@pytest.mark.parametrize("op_type", with_gradients())
def test_recorded_gradients_are_those_of_jax(op_type):
    if not can_compile(get_op_def(op_type)):
        pytest.skip("is never compiled")
    failures = []
    cases = float64_cases(op_type)
    for case, found in zip(cases, run_vjp(cases), strict=True):
        if isinstance(found, NotImplementedError):
            continue  # JAX has no derivative of what the kernel is made of
        if isinstance(found, Exception):
            failures.append((case, words_of(found)))
            continue
        for k, got in found.items():
            want = case.gradients[k]
            _, smooth = finite_differences(case, k) if want.size <= 24 else (None, True)
            where = smooth & np.isfinite(want) & np.isfinite(got)
            failures += slope_failures(case, k, got, where, "jax.vjp")
    report(failures)


# --- the recordings ---


def test_every_registered_op_is_recorded_or_waived():
    recorded = {path.stem for path in OPS.glob("*.npz")}
    missing = sorted(set(registered_ops()) - recorded - set(WAIVED))
    assert not missing, "write tests/golden/ops/OP.json and record it, or waive it with a reason"


def test_recordings_belong_to_their_cases_and_are_small():
    stale = []
    for source in OPS.glob("*.json"):
        with np.load(source.with_suffix(".npz")) as archive:
            meta = json.loads(archive["meta"].tobytes())
        if meta["source"] != hashlib.sha256(source.read_bytes()).hexdigest():
            stale.append(source.stem)
    assert not stale, "run tools/record_golden.py --stale"
    sizes = [path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in OPS.glob("*.npz")) < 50_000
    assert sum(sizes) < 15_000_000


def test_no_op_is_waived_in_vain():
    recorded = {path.stem for path in OPS.glob("*.npz")}
    assert not sorted(set(WAIVED) & recorded)
    assert all(reason for reason in WAIVED.values())
