"""Tensor arrays of both backends: the same values, and errors in the same places."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from evergraph.arrays import jax_backend, numpy_backend
from evergraph.arrays.checks import CheckFailure, collect_checks
from evergraph.arrays.jax_backend.tensor_arrays import TensorArray
from evergraph.arrays.run_objects import NeedsHost
from evergraph.core.dtypes import float32, string

Step = tuple[str, tuple[Any, ...]]


def random_program(rng: np.random.Generator) -> tuple[dict[str, Any], list[Step]]:
    """Arguments of `new_tensor_array`, and calls; an index in a list is known while tracing."""
    shape = [(), (2,), (2, 1)][rng.integers(3)]
    size = int(rng.integers(1, 4))
    known = [None, shape, (None,) * len(shape)][rng.integers(3)]
    making = {
        "size": np.int32(size),
        "dtype": float32,
        "shape": known,
        "clear_after_read": not rng.integers(4),
        "identical_element_shapes": bool(rng.integers(4)),
        "name": "ta",
    }

    def rows(count: int) -> np.ndarray:
        return rng.integers(-9, 9, (count, *shape)).astype(np.float32)

    def maybe_known(value: np.ndarray) -> Any:
        return [value] if rng.integers(2) else value

    def index(target: str) -> Any:
        # Reading a gradient array behind its end makes it longer, which JAX's side can't do.
        limit = size + (target == "array" and not rng.integers(8))
        return maybe_known(np.asarray(rng.integers(-(not rng.integers(12)), limit), np.int32))

    def indices() -> Any:
        if rng.integers(2):
            return maybe_known(np.arange(size, dtype=np.int32))
        count = int(rng.integers(0, size + 1))
        distinct = rng.permutation(size)[:count]
        wild = rng.integers(0, size, count)
        return maybe_known((wild if rng.integers(2) else distinct).astype(np.int32))

    steps: list[Step] = []
    for _ in range(int(rng.integers(2, 7))):
        kind = rng.choice(["write", "read", "gather", "scatter", "concat", "split", "size"])
        # Gradients of elements that may have any shape are left to NumPy.
        has_gradient = making["identical_element_shapes"] or known == shape
        target = "gradient" if steps and has_gradient and rng.integers(2) else "array"
        if kind == "write":
            steps.append((f"{target} write", (index(target), rows(1)[0])))
        elif kind == "read":
            steps.append((f"{target} read", (index(target),)))
        elif kind == "gather":
            steps.append((f"{target} gather", (indices(), [[known, shape][rng.integers(2)]])))
        elif kind == "scatter":
            chosen = indices()
            count = len(chosen[0]) if isinstance(chosen, list) else len(chosen)
            steps.append((f"{target} scatter", (chosen, rows(count))))
        elif kind == "concat" and shape:
            steps.append((f"{target} concat", ([shape[1:]],)))
        elif kind == "split" and shape:
            whole = rows(size).reshape(size * shape[0], *shape[1:])
            steps.append((f"{target} split", (whole, [np.full(size, shape[0], np.int64)])))
        else:
            steps.append((f"{target} size", ()))
    return making, steps


def step_on(array: Any, step: Step, arguments: list[Any]) -> list[Any]:
    """Do one step; its results as a list."""
    target, method = step[0].split()
    if target == "gradient":
        array = array.gradient("gradients")
    if method == "gather":
        indices, shape = arguments
        return [array.gather(indices, float32, shape)]
    if method == "concat":
        return list(array.concat(float32, arguments[0]))
    if method == "read":
        return [array.read(arguments[0], float32)]
    if method == "size":
        return [array.size()]
    getattr(array, method)(*arguments, float32)
    return []


def on_numpy(making: dict[str, Any], steps: list[Step]) -> tuple[list[Any], str | None]:
    """The results up to a failure, and its message."""
    array = numpy_backend.new_tensor_array(**making)
    results: list[Any] = []
    for step in steps:
        arguments = [a[0] if isinstance(a, list) else a for a in step[1]]
        try:
            results += step_on(array, step, arguments)
        except CheckFailure as failure:
            return results, failure.message
    return results, None


def on_jax(making: dict[str, Any], steps: list[Step], traced: list[Any]) -> tuple[Any, Any, bool]:
    """Results, checks, and whether NumPy must do it; `traced` are the arrays among arguments."""
    array = jax_backend.new_tensor_array(**making)
    given = iter(traced)
    results: list[Any] = []
    with collect_checks() as checks:
        try:
            for step in steps:
                arguments = [next(given) if isinstance(a, np.ndarray) else a for a in step[1]]
                arguments = [a[0] if isinstance(a, list) else a for a in arguments]
                results += step_on(array, step, arguments)
        except NeedsHost:
            return results, [c.ok for c in checks], True
    return results, [c.ok for c in checks], False


def traced_arguments(steps: list[Step]) -> list[np.ndarray]:
    return [a for step in steps for a in step[1] if isinstance(a, np.ndarray)]


def test_random_programs_agree():
    rng = np.random.default_rng(3)
    programs = [random_program(rng) for _ in range(90)]
    needs_host: list[bool] = []

    def everything(inputs):
        answers = []
        for (making, steps), traced in zip(programs, inputs, strict=True):
            results, checks, host = on_jax(making, steps, traced)
            needs_host.append(host)
            answers.append((results, checks))
        return answers

    with jax.enable_x64(True):
        inputs = [traced_arguments(steps) for _, steps in programs]
        answers = jax.device_get(jax.jit(everything)(inputs))
    wrong, failures = [], 0
    for (making, steps), (results, checks), host in zip(programs, answers, needs_host, strict=True):
        expected, failure = on_numpy(making, steps)
        failures += failure is not None
        failed = host or not all(checks)
        if failed != (failure is not None):
            wrong.append((making, steps, failure, host, checks))
        elif failure is None:
            same = [
                g.dtype == w.dtype and np.array_equal(g, w)
                for g, w in zip(results, expected, strict=True)
            ]
            if not all(same):
                wrong.append((making, steps, results, expected))
    assert not wrong, "\n\n".join(map(repr, wrong[:3]))
    assert 20 < failures < 65


@pytest.mark.parametrize("crossing", range(6))
def test_an_array_crosses_over_and_back_in_the_middle_of_a_program(crossing):
    rng = np.random.default_rng(100 + crossing)
    compared = 0
    while compared < 8:
        making, steps = random_program(rng)
        expected, failure = on_numpy(making, steps)
        if failure is not None:
            continue
        compared += 1
        half = len(steps) // 2
        array = numpy_backend.new_tensor_array(**making)
        results = run_known(array, steps[:half])
        array = TensorArray.from_host(array)
        results += run_known(array, steps[half:-1])
        array.state = jax.device_get(array.state)
        for gradient in array.children.values():
            gradient.state = jax.device_get(gradient.state)
        results += run_known(array.to_host(), steps[-1:])
        for got, want in zip(results, expected, strict=True):
            np.testing.assert_array_equal(got, want)


def run_known(array: Any, steps: list[Step]) -> list[Any]:
    """The results of steps whose arguments are all known."""
    results: list[Any] = []
    with jax.enable_x64(True):
        for step in steps:
            arguments = [a[0] if isinstance(a, list) else a for a in step[1]]
            results += map(np.asarray, step_on(array, step, arguments))
    return results


def test_a_loop_carries_the_state_from_zeros():
    def squares(count):
        array = jax_backend.new_tensor_array(np.int32(5), float32, None)

        def body(carry):
            i, state = carry
            array.state = state
            array.write(i, jax_backend.cast(i * i, np.float32), float32)
            return i + 1, array.state

        zeros = jax.tree.map(np.zeros_like, (np.zeros(5, np.float32), np.zeros(5, np.int8), False))
        _, array.state = jax.lax.while_loop(lambda c: c[0] < count, body, (np.int32(0), zeros))
        with collect_checks() as checks:
            stacked = array.gather(np.arange(5, dtype=np.int32), float32, None)
        return stacked, [c.ok for c in checks]

    with jax.enable_x64(True):
        stacked, oks = jax.jit(squares)(np.int32(5))
        assert all(oks) and stacked.tolist() == [0, 1, 4, 9, 16]
        assert not all(jax.jit(squares)(np.int32(4))[1])


def test_nothing_can_be_read_of_an_array_of_zeros_that_no_write_made():
    def read(started):
        array = jax_backend.new_tensor_array(
            np.int32(2), float32, None, identical_element_shapes=True
        )
        array.state = (np.zeros(2, np.float32), np.zeros(2, np.int8), started)
        with collect_checks() as checks:
            value = array.read(np.int32(1), float32)
        return value, [c.ok for c in checks]

    with jax.enable_x64(True):
        assert not all(jax.jit(read)(np.bool_(False))[1])
        assert all(jax.jit(read)(np.bool_(True))[1])


def test_a_dynamic_array_grows_by_known_indices_only():
    def two(index):
        array = jax_backend.new_tensor_array(np.int32(0), float32, None, dynamic_size=True)
        array.write(np.int32(0), np.float32(1), float32)
        array.write(index, np.float32(2), float32)
        return array.gather(np.arange(2, dtype=np.int32), float32, ())

    assert two(np.int32(1)).tolist() == [1, 2]
    with pytest.raises(NeedsHost):
        jax.jit(two)(np.int32(1))


def test_text_and_elements_of_several_shapes_need_the_host():
    with pytest.raises(NeedsHost):
        jax_backend.new_tensor_array(np.int32(2), string, None)
    array = jax_backend.new_tensor_array(np.int32(2), float32, None)
    array.write(np.int32(0), np.zeros(3, np.float32), float32)
    with pytest.raises(NeedsHost):
        array.write(np.int32(1), np.zeros(2, np.float32), float32)


def test_layouts_of_equal_arrays_are_equal_and_hashable():
    first, second = (
        jax_backend.new_tensor_array(np.int32(2), float32, (3,), name=name) for name in "ab"
    )
    assert first.layout == second.layout
    first.gradient("gradients")
    assert len({first.layout, second.layout}) == 2
