"""One device segment as one XLA executable: tracing, gating by checks, donation, caching."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from evergraph.arrays import jax_backend, numpy_backend
from evergraph.arrays.checks import Check, collect_checks
from evergraph.core import dtypes
from evergraph.core.errors import UnavailableError
from evergraph.runtime.branches import CondUnit, Unbranchable, Unit, units_of, writes_of
from evergraph.runtime.fold_constants import is_pure, known_bytes
from evergraph.runtime.partition import Segment
from evergraph.runtime.program import NO_SLOT, Location, Step

# Values above this are handed to the executable as arguments in place of literals of its code.
MAX_LITERAL_BYTES = 16 << 10

# Executables by structure, for all sessions of the process; the oldest go first.
MAX_EXECUTABLES = 512
_executables: OrderedDict[Any, Callable[..., Any]] = OrderedDict()


class CompiledSegment:
    """A segment ready to be called as `call(donated, others)`.

    Attributes:
        donated: slots whose arrays the call consumes: variables that it replaces.
        others: slots of the further arguments.
        committed: locations in the order of the first result.
        outputs: slots in the order of the second result.
        call: returns (new values, outputs, ok); `ok` is None when nothing is checked.
    """

    def __init__(
        self,
        segment: Segment,
        constants: dict[int, Any],
        static: dict[int, np.ndarray],
        kept: frozenset[int],
    ) -> None:
        self.segment = segment
        self.static = static
        self.constants = {slot: constants[slot] for slot in segment.constants}
        large = [s for s, v in self.constants.items() if _bytes(v) > MAX_LITERAL_BYTES]
        self.large = {slot: self.constants.pop(slot) for slot in large}
        self.committed: list[Location] = list(segment.commits)
        starts = [before for before, _ in segment.commits.values()]
        wanted = set(segment.inputs)
        self.donated = [s for s in starts if s in wanted and s not in kept]
        donated = set(self.donated)
        self.others = [s for s in segment.inputs if s not in donated] + large
        state = {after for _, after in segment.commits.values()}
        self.outputs = [s for s in segment.outputs if s not in state]
        self.units = units_of(segment.steps, segment.outputs)
        self.call = _executable(self)

    def trace(self, donated: Sequence[Any], others: Sequence[Any]) -> tuple[Any, Any, Any]:
        """What JAX traces: the steps, then the gate."""
        env: dict[int, Any] = dict(self.constants)
        env.update(self.static)
        env.update(zip(self.donated, donated, strict=True))
        for slot, value in zip(self.others, others, strict=True):
            if slot not in self.static:
                env[slot] = value
        with collect_checks() as checks:
            run_units(self.units, env)
        ok = all_ok(checks) if checks else None
        state = [
            _gated(self.segment, location, before, after, env, ok)
            for location, (before, after) in self.segment.commits.items()
        ]
        return state, [jax_backend.asarray(env[slot]) for slot in self.outputs], ok


def all_ok(checks: Sequence[Check]) -> Any:
    """Whether every one of `checks` holds, as one traced bool."""
    ok = checks[0].ok
    for check in checks[1:]:
        ok = jax.lax.bitwise_and(ok, check.ok)
    return ok


def run_units(units: Sequence[Unit], env: dict[int, Any]) -> None:
    """Run steps and conds in order on traced values."""
    for unit in units:
        if isinstance(unit, CondUnit):
            _run_cond(unit, env)
        elif unit.op_def.control == "switch":
            env.update((slot, env[unit.inputs[0]]) for slot in unit.outputs)
        else:
            run_step(unit, env)


def _run_cond(unit: CondUnit, env: dict[int, Any]) -> None:
    """One conditional; a predicate known while tracing leaves the branch taken alone."""
    pred = env[unit.pred]
    slots = [*unit.outputs, *(slot for step, _ in unit.merges for slot in step.outputs)]

    def side(taken: bool, inner: dict[int, Any]) -> dict[int, Any]:
        for at, member in unit.sides:
            if at is taken:
                run_units([member], inner)
            else:
                inner.update((after, inner[before]) for before, after in writes_of(member))
        for step, sides in unit.merges:
            index = sides.index(taken)
            inner[step.outputs[0]] = inner[step.inputs[index]]
            inner[step.outputs[1]] = np.asarray(index, np.int32)
        return inner

    if isinstance(pred, np.ndarray | np.generic):
        env.update(side(bool(pred), env))
        return

    def branch(taken: bool) -> Callable[[], tuple[list[Any], Any]]:
        def run() -> tuple[list[Any], Any]:
            with collect_checks() as checks:
                inner = side(taken, dict(env))
            ok = all_ok(checks) if checks else np.True_
            made[taken] = {slot: inner[slot] for slot in slots if inner.get(slot) is not None}
            return [inner.get(slot) for slot in slots], ok

        return run

    made: dict[bool, dict[int, Any]] = {}
    on_true, on_false = branch(True), branch(False)
    shapes = _branch_shapes(on_true, on_false)
    settled = _settled(slots, made)
    env.update(settled)
    shapes = [s for slot, s in zip(slots, shapes, strict=True) if slot not in settled]
    slots = [slot for slot in slots if slot not in settled]
    results, ok = jax.lax.cond(pred, _filled(on_true, shapes), _filled(on_false, shapes))
    env.update(zip(slots, results, strict=True))
    jax_backend.check(ok, "InvalidArgumentError", "a check on a branch failed")


def _settled(slots: Sequence[int], made: dict[bool, dict[int, Any]]) -> dict[int, Any]:
    """The outputs that are known while tracing: sizes must stay so for what takes them later."""
    found: dict[int, Any] = {}
    for slot in slots:
        values = [results[slot] for results in made.values() if slot in results]
        if all(isinstance(v, np.ndarray | np.generic) for v in values) and all(
            v.dtype == values[0].dtype and np.array_equal(v, values[0]) for v in values
        ):
            found[slot] = values[0]
    return found


def _branch_shapes(*branches: Callable[[], Any]) -> list[Any]:
    """The shape and dtype of each output, from whichever branch makes it.

    Raises:
        Unbranchable: XLA can't have branches whose results have different shapes.
    """
    found = [jax.eval_shape(branch)[0] for branch in branches]
    for a, b in zip(*found, strict=True):
        if a is not None and b is not None and (a.shape, a.dtype) != (b.shape, b.dtype):
            raise Unbranchable
    return [a if a is not None else b for a, b in zip(*found, strict=True)]


def _filled(branch: Callable[[], Any], shapes: list[Any]) -> Callable[[], Any]:
    """`branch` with zeros, which nothing reads, for what only the other side makes."""

    def run() -> Any:
        values, ok = branch()
        filled = [
            jax_backend.full(s.shape, 0, s.dtype) if v is None else jax_backend.asarray(v)
            for v, s in zip(values, shapes, strict=True)
        ]
        return filled, jax_backend.asarray(ok)

    return run


def run_step(step: Step, env: dict[int, Any]) -> None:
    """Run one step on traced values; on NumPy where all of its inputs are known."""
    values = [None if i == NO_SLOT else env[i] for i in step.inputs]
    call: Callable[..., Sequence[Any]] = step.call  # type: ignore[assignment]  # control steps are gone
    if is_pure(step) and all(isinstance(v, np.ndarray | np.generic) for v in values):
        size = known_bytes(step)
        if size is None or size <= MAX_LITERAL_BYTES:
            results = call(numpy_backend, [np.asarray(v) for v in values])
            env.update(zip(step.outputs, (np.asarray(r) for r in results), strict=True))
            return
    env.update(zip(step.outputs, call(jax_backend, values), strict=True))


def _gated(
    segment: Segment, location: Location, before: int, after: int, env: dict[int, Any], ok: Any
) -> Any:
    """The value to commit: the new one, or the old one when a check of the segment failed."""
    new = jax_backend.asarray(env[after])
    if ok is None or before not in env:
        return new
    old = env[before]
    if old is None or jax_backend.shape(old) != jax_backend.shape(new) or old.dtype != new.dtype:
        return new
    chain = [s for s in segment.steps if any(at is location for at, _, _ in s.written)]
    if all(s.op_def.gated_by for s in chain):
        return _gated_rows(chain, location, old, env, ok)
    return jax_backend.where(ok, new, old)


def _gated_rows(
    chain: Sequence[Step], location: Location, old: Any, env: dict[int, Any], ok: Any
) -> Any:
    """Sparse writes switched off through their indices, so that the table stays in place."""
    value = old
    for step in chain:
        names = step.op_def.flat_input_names(step.op.attrs)
        gate = names.index(step.op_def.gated_by)
        values = [None if i == NO_SLOT else env[i] for i in step.inputs]
        table = next(
            i
            for i, slot in enumerate(step.inputs)
            for at, start, _ in step.written
            if at is location and slot == start
        )
        values[table] = value
        indices = jax_backend.asarray(values[gate])
        limit = jax_backend.full(indices.shape, jax_backend.shape(old)[0], indices.dtype)
        values[gate] = jax_backend.where(ok, indices, limit)
        with collect_checks():  # these rows are dropped on purpose
            results = step.call(jax_backend, values)  # type: ignore[misc]  # it has a kernel
        position = next(i for i, (at, _, _) in enumerate(step.written) if at is location)
        value = results[position]
    return value


def _executable(compiled: CompiledSegment) -> Callable[..., Any]:
    key = _structure(compiled)
    found = _executables.get(key)
    if found is not None:
        _executables.move_to_end(key)
        return found
    # XLA may keep 16-bit intermediates in 32 bits; TensorFlow rounds after each operation.
    options = {"xla_allow_excess_precision": False} if _has_16_bits(compiled.segment) else None
    function = jax.jit(compiled.trace, donate_argnums=(0,), compiler_options=options)
    _executables[key] = function
    while len(_executables) > MAX_EXECUTABLES:
        _executables.popitem(last=False)
    return function


def _has_16_bits(segment: Segment) -> bool:
    half, bfloat16 = dtypes.float16, dtypes.bfloat16
    return any(
        tensor.dtype.base_dtype in (half, bfloat16)
        for step in segment.steps
        for tensor in step.op._outputs
    )


def _structure(compiled: CompiledSegment) -> Any:
    """A key equal for segments that compute the same: slots renumbered, names left out."""
    number: dict[int, int] = {NO_SLOT: NO_SLOT}

    def of(slots: Sequence[int]) -> tuple[int, ...]:
        return tuple(number.setdefault(slot, len(number)) for slot in slots)

    position_of = {step: i for i, step in enumerate(compiled.segment.steps)}
    branching = any(s.op_def.control or s.is_token for s in compiled.segment.steps)
    inputs = (of(compiled.donated), of(compiled.others), of(list(compiled.constants)))
    steps = tuple(
        (
            step.op.type,
            _frozen_attrs(step),
            of(step.inputs),
            of(step.outputs),
            tuple((number[b], number[a]) for _, b, a in step.written),
            tuple((position, number.get(token)) for position, token in step.guards),
            tuple(position_of.get(c) for c in step.controllers) if branching else (),
            id(step.op) if step.op_def.kernel_takes_op else None,
            tuple(t.shape.num_elements() for t in step.op._outputs),
        )
        for step in compiled.segment.steps
    )
    constants = tuple(_frozen(v) for v in compiled.constants.values())
    static = tuple((number.get(s), _frozen(v)) for s, v in compiled.static.items())
    commits = tuple((number.get(b), number.get(a)) for b, a in compiled.segment.commits.values())
    return inputs, steps, constants, static, commits, of(compiled.outputs)


def _frozen_attrs(step: Step) -> Any:
    attrs = step.op.attrs
    return tuple((name, _frozen(attrs[name])) for name in step.op_def.kernel_attrs if name in attrs)


def _frozen(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return value.shape, tuple(value.ravel().tolist())
        return value.dtype.str, value.dtype.name, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return tuple(_frozen(v) for v in value)
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value if not hasattr(value, "as_list") else str(value)


def _bytes(value: Any) -> int:
    return int(value.nbytes) if value.dtype != object else 0


def run_one(step: Step, values: Sequence[Any]) -> Sequence[Any]:
    """Run one op that has no NumPy kernel by itself."""
    call: Callable[..., Sequence[Any]] = step.call  # type: ignore[assignment]  # it has a kernel
    static = set(step.static)

    def traced(*arguments: Any) -> list[Any]:
        given = iter(arguments)
        with collect_checks() as checks:
            results = list(
                call(jax_backend, [v if i in static else next(given) for i, v in enumerate(values)])
            )
        return [*results, all_ok(checks) if checks else np.True_]

    with jax.enable_x64(True):
        *results, ok = jax.jit(traced)(*(v for i, v in enumerate(values) if i not in static))
    if not bool(ok):
        raise UnavailableError(None, step.op, f"A check of {step.op.name} failed.")
    return [np.asarray(r) for r in results]
