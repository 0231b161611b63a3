"""One device segment as one XLA executable: tracing, gating by checks, donation, caching."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from evergraph.arrays import jax_backend
from evergraph.arrays.checks import collect_checks
from evergraph.arrays.jax_backend.stacks import Stack
from evergraph.arrays.jax_backend.tensor_arrays import TensorArray
from evergraph.arrays.run_objects import NeedsHost, RunObject
from evergraph.core import dtypes
from evergraph.core.errors import UnavailableError
from evergraph.runtime.branches import is_branching, known_sides, units_of
from evergraph.runtime.partition import Segment, all_steps
from evergraph.runtime.program import NO_SLOT, Location, Step
from evergraph.runtime.xla_control import (
    MAX_LITERAL_BYTES,
    Trace,
    TracedEnv,
    all_ok,
    run_units,
)

# Executables by structure, for all sessions of the process; the oldest go first.
MAX_EXECUTABLES = 512
_executables: OrderedDict[Any, Executable] = OrderedDict()


@dataclass(slots=True, eq=False)
class Executable:
    """A compiled function and what its tracing has shown.

    Attributes:
        call: returns (new values, outputs, ok); `ok` is None when nothing is checked. Where stacks
            have only a guessed room, the last of the outputs is how much each would have needed.
        objects: position among the outputs -> the object of the run whose state is there.
        aliases: position among the outputs -> that of the same object, in another slot.
        rooms: (number of the step, room) of each stack whose room is guessed.
    """

    call: Callable[..., Any]
    objects: dict[int, RunObject] = field(default_factory=dict)
    aliases: dict[int, int] = field(default_factory=dict)
    rooms: list[tuple[int, int]] = field(default_factory=list)


class CompiledSegment:
    """A segment ready to be called as `call(donated, others)`.

    Attributes:
        donated: slots whose arrays the call consumes: variables that it replaces.
        others: slots of the further arguments.
        committed: locations in the order of the first result.
        outputs: slots in the order of the second result.
        objects: slot -> the stack or tensor array that comes in, for its form; its state is an
            argument.
        aliases: slot of any of these -> the first slot that holds the same one.
        executable: what to call; see `Executable`.
    """

    def __init__(
        self,
        segment: Segment,
        constants: dict[int, Any],
        static: dict[int, np.ndarray],
        kept: frozenset[int],
        objects: Mapping[int, Any],
        hints: Mapping[Step, int],
    ) -> None:
        self.segment = segment
        self.static = static
        self.aliases = aliases_of(objects)
        self.objects = {s: _emptied(made) for s, made in objects.items() if self.aliases[s] == s}
        self.hints = hints
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
        known = known_sides(segment.constants, constants)
        self.units = units_of(segment.steps, segment.outputs, known)
        self.executable = _executable(self)
        self.call = self.executable.call

    def trace(
        self, executable: Executable, donated: Sequence[Any], others: Sequence[Any]
    ) -> tuple[Any, Any, Any]:
        """What JAX traces: the steps, then the gate."""
        trace = Trace(self.segment.steps, self.hints)
        env = TracedEnv(trace, self.constants)
        env.update(self.static)
        env.update(zip(self.donated, donated, strict=True))
        for slot, value in zip(self.others, others, strict=True):
            if slot in self.aliases and slot not in self.objects:
                env[slot] = env[self.aliases[slot]]
            elif slot in self.objects:
                made = env[slot] = copy.copy(self.objects[slot])
                made.state, made.children = value, {}
                if isinstance(made, Stack):
                    made.is_sealed = value is not None
                trace.objects.append(made)
            elif slot not in self.static:
                env[slot] = value
        with collect_checks() as checks:
            run_units(self.units, env)
            rooms = _check_rooms(trace)
        ok = all_ok(checks) if checks else None
        state = [
            _gated(self.segment, location, before, after, env, ok)
            for location, (before, after) in self.segment.commits.items()
        ]
        outputs = self._outputs(executable, env)
        if rooms:
            number = {step: i for i, step in enumerate(all_steps(self.segment))}
            executable.rooms = [(number[step], made.capacity) for step, made in rooms]
            outputs.append(jax_backend.stack([made.state[2] for _, made in rooms], 0))
        return state, outputs, ok

    def _outputs(self, executable: Executable, env: TracedEnv) -> list[Any]:
        outputs: list[Any] = []
        for position, slot in enumerate(self.outputs):
            value = env[slot]
            if isinstance(value, RunObject):
                if isinstance(value, Stack) and value.kept is not None:
                    raise NeedsHost("a stack of tensor arrays leaves a segment")
                first = next(k for k, s in enumerate(self.outputs) if env[s] is value)
                if first < position:
                    executable.aliases[position] = first
                    outputs.append(None)
                    continue
                if value.children:
                    raise NeedsHost("a tensor array and its gradient leave a segment")
                executable.objects[position] = _emptied(value)
                outputs.append(value.state)
            else:
                outputs.append(jax_backend.asarray(value))
        return outputs


def aliases_of(objects: Mapping[int, Any]) -> dict[int, int]:
    """For each slot the first one that holds the same object."""
    first: dict[int, int] = {}
    return {slot: first.setdefault(id(made), slot) for slot, made in objects.items()}


def _emptied(made: Any) -> Any:
    """An object like `made` without its state: what a later call fills."""
    if made.children:
        raise NeedsHost("a tensor array and its gradient go from segment to segment")
    form = copy.copy(made)
    form.state = None
    if isinstance(form, TensorArray):
        form.can_grow = False  # the segment that made it has given it its room
    return form


def _check_rooms(trace: Trace) -> list[tuple[Step, Any]]:
    """Check that the stacks whose room was guessed had enough; these stacks, with their steps."""
    rooms = [
        (step, made)
        for step, made in trace.stacks
        if made.state is not None and not made.is_bounded
    ]
    for _, made in rooms:
        ok = jax.lax.le(jax_backend.asarray(made.state[2]), np.int32(made.capacity))
        jax_backend.check(ok, "InternalError", "a stack needs more room")
    return rooms


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


def _executable(compiled: CompiledSegment) -> Executable:
    key = _structure(compiled)
    found = _executables.get(key)
    if found is not None:
        _executables.move_to_end(key)
        return found
    # XLA may keep 16-bit intermediates in 32 bits; TensorFlow rounds after each operation.
    options = {"xla_allow_excess_precision": False} if _has_16_bits(compiled.segment) else None
    made = Executable(lambda *arguments: None)

    def trace(donated: Sequence[Any], others: Sequence[Any]) -> tuple[Any, Any, Any]:
        return compiled.trace(made, donated, others)

    made.call = jax.jit(trace, donate_argnums=(0,), compiler_options=options)
    _executables[key] = made
    while len(_executables) > MAX_EXECUTABLES:
        _executables.popitem(last=False)
    return made


def _has_16_bits(segment: Segment) -> bool:
    half, bfloat16 = dtypes.float16, dtypes.bfloat16
    return any(
        tensor.dtype.base_dtype in (half, bfloat16)
        for step in all_steps(segment)
        for tensor in step.op._outputs
    )


def _structure(compiled: CompiledSegment) -> Any:
    """A key equal for segments that compute the same: slots renumbered, names left out."""
    number: dict[int, int] = {NO_SLOT: NO_SLOT}

    def of(slots: Sequence[int]) -> tuple[int, ...]:
        return tuple(number.setdefault(slot, len(number)) for slot in slots)

    steps = all_steps(compiled.segment)
    position_of = {step: i for i, step in enumerate(steps)}
    branching = any(is_branching(step) for step in steps)
    inputs = (of(compiled.donated), of(compiled.others), of(list(compiled.constants)))
    described = tuple(
        (
            step.op.type,
            _frozen_attrs(step),
            of(step.inputs),
            of(step.outputs),
            tuple(of([b, a]) for _, b, a in step.written),
            tuple((position, *of([token])) for position, token in step.guards),
            tuple(position_of.get(c) for c in step.controllers) if branching else (),
            id(step.op) if step.op_def.kernel_takes_op else None,
            tuple(t.shape.num_elements() for t in step.op._outputs),
            _loop_structure(step, of),
            compiled.hints.get(step),
        )
        for step in steps
    )
    constants = tuple(_frozen(v) for v in compiled.constants.values())
    static = tuple((number.get(s), _frozen(v)) for s, v in compiled.static.items())
    commits = tuple((number.get(b), number.get(a)) for b, a in compiled.segment.commits.values())
    objects: tuple[Any, ...] = tuple(
        (number.get(s), made.layout) for s, made in compiled.objects.items()
    )
    objects += tuple((number.get(s), number.get(at)) for s, at in compiled.aliases.items())
    return inputs, described, constants, static, commits, of(compiled.outputs), objects


def _loop_structure(step: Step, of: Callable[[Sequence[int]], tuple[int, ...]]) -> Any:
    if step.loop is None:
        return None
    loop = step.loop
    return (
        tuple(of((c.start, c.head, c.next)) for c in loop.carried),
        (len(loop.cond), len(loop.body)),
        of([loop.pred]),
        tuple(of(pair) for pair in loop.exits),
    )


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
