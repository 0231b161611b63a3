"""Running recorded cases: by NumPy, by XLA, in a session; and the gradients of their ops."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from evergraph.arrays import jax_backend, numpy_backend
from evergraph.arrays.checks import collect_checks
from evergraph.autodiff.gradients import gradients
from evergraph.core import dtypes
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.operation import Tensor
from evergraph.registry.op_def import OpDef, get_op_def
from evergraph.runtime.kernels import bind
from evergraph.runtime.reference import evaluate
from evergraph.runtime.session import Session
from tests.conformance import Built, Case, Variable, build, constants, fed, graph

# XLA rounds every operation as its type says, as the session's executables do.
XLA_OPTIONS = {"xla_allow_excess_precision": False}


@dataclasses.dataclass(slots=True)
class Answer:
    """What a tier made of a case: outputs and variables afterwards, or an error."""

    outputs: list[np.ndarray | None] = dataclasses.field(default_factory=list)
    after: list[np.ndarray] = dataclasses.field(default_factory=list)
    error: Exception | None = None


Tier = Callable[[Sequence[Case]], list[Answer]]


def fetchable(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors whose values can leave a run."""
    handles = (dtypes.resource, dtypes.variant)
    return [t for t in tensors if t.dtype.base_dtype not in handles]


def _spread(built: Built, values: Sequence[Any]) -> list[np.ndarray | None]:
    """The fetched values, with None where an output can't be fetched."""
    found = dict(zip(fetchable(built.op.outputs), values, strict=True))
    return [_array(found[t]) if t in found else None for t in built.op.outputs]


def _array(value: Any) -> np.ndarray:
    """A fetched value as an array; bytes as an object, since NumPy's strings lose final zeros."""
    return np.asarray(value, object) if isinstance(value, bytes) else np.asarray(value)


def run_numpy(cases: Sequence[Case]) -> list[Answer]:
    """Each case by the reference evaluator."""
    return [_attempt(_evaluate_one, case) for case in cases]


def _attempt(function: Callable[[Case], Answer], case: Case) -> Answer:
    try:
        return function(case)
    except Exception as error:  # reported with the case that it belongs to
        return Answer(error=error)


def _evaluate_one(case: Case) -> Answer:
    with graph():
        built = build(case, fed(case))
    state: dict[str, Any] = {}
    for initializer in built.initializers:
        evaluate([], [initializer], {}, state)
    values = evaluate(fetchable(built.op.outputs), [built.op], built.feeds, state)
    after = [evaluate([reader], [], {}, state)[0] for reader in built.readers]
    return Answer(_spread(built, values), [np.asarray(value) for value in after])


def run_session(cases: Sequence[Case]) -> list[Answer]:
    """All cases in one graph by one session in one run; by themselves when that fails."""
    try:
        return _run_together(cases, fed)
    except Exception:
        if len(cases) == 1:
            raise
    return [_attempt(lambda one: _run_together([one], fed)[0], case) for case in cases]


def run_constants(cases: Sequence[Case]) -> list[Answer]:
    """As `run_session`, with constants for inputs, which the session may fold."""
    return [_attempt(lambda one: _run_together([one], constants)[0], case) for case in cases]


def _run_together(cases: Sequence[Case], hows: Callable[[Case], list[Any]]) -> list[Answer]:
    with graph() as one_graph:
        all_built = [build(case, hows(case)) for case in cases]
    feeds = {tensor: value for built in all_built for tensor, value in built.feeds.items()}
    with Session(graph=one_graph) as sess:
        sess.run([op for built in all_built for op in built.initializers])
        fetches = [[fetchable(built.op.outputs), built.op] for built in all_built]
        results = sess.run(fetches, feeds)
        after = sess.run([built.readers for built in all_built])
    return [
        Answer(_spread(built, values), [np.asarray(value) for value in reads])
        for built, (values, _), reads in zip(all_built, results, after, strict=True)
    ]


# --- XLA ---


def can_compile(op_def: OpDef) -> bool:
    """Whether the op's kernel can be part of an executable."""
    is_host = op_def.host_only or op_def.numpy_only
    return not (is_host or op_def.location or op_def.control or op_def.kernel_takes_stream)


def _is_traceable(case: Case) -> bool:
    arrays = [v.value if isinstance(v, Variable) else v for v in case.flat_inputs]
    arrays += [output for output in case.outputs if output is not None]
    return all(a is not None and a.dtype.kind != "O" and a.dtype.names is None for a in arrays)


def traceable(cases: Sequence[Case]) -> list[Case]:
    """The cases whose values XLA has types for."""
    return [case for case in cases if _is_traceable(case)]


class Traced:
    """A case as a function of the inputs that needn't be known when compiling."""

    def __init__(self, case: Case) -> None:
        with graph():
            built = build(case, fed(case))
        op_def = get_op_def(case.op_type)
        self.op_def = op_def
        self.call = bind(built.op)
        self.values = [v.value if isinstance(v, Variable) else v for v in case.flat_inputs]
        names = op_def.flat_input_names(built.op.attrs)
        static = {op_def.inputs[i].name for i in op_def.static_inputs_of(built.op)}
        self.free = [i for i, name in enumerate(names) if name not in static]
        self.arguments = [self.values[i] for i in self.free]
        self.names = names

    def results(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """What the kernel returns."""
        values = list(self.values)
        for position, value in zip(self.free, arguments, strict=True):
            values[position] = value
        with collect_checks():
            return [jax_backend.asarray(r) for r in self.call(jax_backend, values)]

    def answer(self, results: Sequence[Any]) -> Answer:
        """Kernel results in the form of outputs and variables."""
        op_def = self.op_def
        written = dict(zip(op_def.writes, results, strict=False))
        held = {i: self.values[i] for i in self._places()} | written
        computed = iter(results[len(op_def.writes) :])
        outputs: list[Any] = []
        for k in range(len(op_def.outputs)):
            outputs.append(held[op_def.aliases[k]] if k in op_def.aliases else next(computed))
        outputs += list(computed)  # a list output has more than one tensor
        starts = {i: self.values[i] for i, arg in enumerate(op_def.inputs) if i in self._places()}
        after = [written.get(i, start) for i, start in starts.items()]
        return Answer([np.asarray(o) for o in outputs], [np.asarray(a) for a in after])

    def _places(self) -> set[int]:
        return {*self.op_def.writes, *self.op_def.reads, *self.op_def.aliases.values()}


def run_xla(cases: Sequence[Case]) -> list[Answer]:
    """The kernels of all cases in one executable."""
    answers: list[Answer] = [Answer() for _ in cases]
    traced = [Traced(case) for case in cases]

    def together(all_arguments: list[list[Any]]) -> list[list[Any]]:
        found: list[list[Any]] = []
        for k, arguments in enumerate(all_arguments):
            try:
                found.append(list(traced[k].results(arguments)))
            except Exception as error:  # reported with the case that it belongs to
                answers[k].error = error
                found.append([])
        return found

    with jax.enable_x64(True):
        compiled = jax.jit(together, compiler_options=XLA_OPTIONS)
        results = compiled([one.arguments for one in traced])
    for k, one in enumerate(traced):
        if answers[k].error is None:
            answers[k] = one.answer(results[k])
    return answers


# --- gradients ---


def run_gradients(cases: Sequence[Case]) -> list[dict[int, np.ndarray | None] | Exception]:
    """For each case {flat input: gradient or None}, by `tf.gradients` and NumPy."""
    return [_gradients_of(case) for case in cases]


def _gradients_of(case: Case) -> dict[int, np.ndarray | None] | Exception:
    try:
        with graph():
            built = build(case, constants(case))
            ys = [built.op.outputs[k] for k in case.weights]
            given = [
                get_op_def("Placeholder")(dtype=y.dtype.base_dtype, shape=w.shape)
                for y, w in zip(ys, case.weights.values(), strict=True)
            ]
            xs = [built.tensors[k] for k in case.gradients]
            found = gradients(ys, xs, grad_ys=given)
            dense = [_dense(d) for d in found]
        feeds = dict(zip(given, case.weights.values(), strict=True))
        values = iter(evaluate([d for d in dense if d is not None], [], feeds, {}))
        computed = [None if d is None else np.asarray(next(values)) for d in dense]
    except Exception as error:  # reported with the case that it belongs to
        return error
    return dict(zip(case.gradients, computed, strict=True))


def _dense(gradient: Any) -> Tensor | None:
    if not isinstance(gradient, IndexedSlices):
        return gradient
    operation = get_op_def("UnsortedSegmentSum")
    assert gradient.dense_shape is not None
    count = get_op_def("StridedSlice")(
        gradient.dense_shape, [0], [1], [1], shrink_axis_mask=1, begin_mask=0
    )
    return operation(gradient.values, gradient.indices, count)


def finite_differences(case: Case, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The derivative of the weighted outputs of a float64 case by flat input `k`, by differences.

    Returns:
        The differences, and where they can be trusted: finite, and the same from both sides.
    """
    traced = Traced(case)
    start = traced.values[k]

    def loss(value: np.ndarray) -> float:
        values = [*traced.values[:k], value, *traced.values[k + 1 :]]
        results = traced.call(numpy_backend, values)
        given = case.weights.items()
        return sum(float(np.sum(w * results[output], dtype=np.float64)) for output, w in given)

    slopes = np.full(start.shape, np.nan)
    trusted = np.zeros(start.shape, bool)
    with np.errstate(all="ignore"):
        here = loss(start)
        for position in np.ndindex(start.shape):
            step = 1e-5 * max(1e-2, abs(float(start[position])))
            found = []
            for size in (step, 2 * step):
                up, down = start.copy(), start.copy()
                up[position] += size
                down[position] -= size
                found += [(loss(up) - here) / size, (here - loss(down)) / size]
            slopes[position] = (found[0] + found[1]) / 2
            # Near a kink or a jump they differ; where the loss is large they are noise.
            noise = 1e-15 * abs(here) / step
            spread = max(found) - min(found)
            near = spread <= 1e-3 * (1e-3 + abs(slopes[position])) and noise < 1e-6
            trusted[position] = near and np.isfinite(slopes[position])
    return slopes, trusted


def run_vjp(cases: Sequence[Case]) -> list[dict[int, np.ndarray] | Exception]:
    """For each case the derivatives of its kernel by JAX: {flat input: gradient}."""
    traced = [Traced(case) for case in cases]
    failures: dict[int, Exception] = {}

    def together(all_arguments: list[list[Any]]) -> list[dict[int, Any]]:
        found: list[dict[int, Any]] = []
        for k, arguments in enumerate(all_arguments):
            try:
                found.append(_vjp(cases[k], traced[k], arguments))
            except Exception as error:  # reported with the case that it belongs to
                failures[k] = error
                found.append({})
        return found

    with jax.enable_x64(True):
        results = jax.jit(together)([one.arguments for one in traced])
    return [
        failures.get(k) or {i: np.asarray(d) for i, d in result.items()}
        for k, result in enumerate(results)
    ]


def _vjp(case: Case, traced: Traced, arguments: list[Any]) -> dict[int, Any]:
    wanted = [i for i, d in case.gradients.items() if d is not None and i in traced.free]

    def kernel(*chosen: Any) -> list[Any]:
        filled = list(arguments)
        for i, value in zip(wanted, chosen, strict=True):
            filled[traced.free.index(i)] = value
        results = traced.results(filled)
        return [results[k] for k in case.weights]

    _, pull = jax.vjp(kernel, *[arguments[traced.free.index(i)] for i in wanted])
    return dict(zip(wanted, pull(list(case.weights.values())), strict=True))
