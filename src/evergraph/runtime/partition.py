"""Cutting a program into segments: device segments as large as possible, host steps between them.

Every step gets a phase. Odd phases are device segments, even phases host segments. A host step that
depends on no device step is in phase 0 and runs first; a device step that consumes a result of host
phase n is in phase n + 1. Nothing else cuts: host effects that no device step consumes come last.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from evergraph.core import dtypes
from evergraph.graph.operation import Tensor
from evergraph.runtime.fold_constants import is_pure
from evergraph.runtime.program import NO_SLOT, Location, Program, Step


@dataclass(slots=True, eq=False)
class Segment:
    """Steps that run together.

    Attributes:
        is_device: whether XLA may compile it; else its steps run one by one on the host.
        inputs: slots that come from outside, constants left out.
        outputs: slots that later segments, fetches or the session's state need.
        commits: location -> (slot before this segment, slot after it).
        constants: slots of constants that the steps use.
    """

    is_device: bool
    steps: list[Step]
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    commits: dict[Location, tuple[int, int]] = field(default_factory=dict)
    constants: list[int] = field(default_factory=list)


def all_steps(segment: Segment) -> list[Step]:
    """The steps of `segment`, those inside loops included."""
    result: list[Step] = []
    for step in segment.steps:
        result.append(step)
        if step.loop is not None:
            result.extend(step.loop.steps())
    return result


def host_steps(program: Program) -> set[Step]:
    """The steps of `program` that must run outside any executable."""
    known_text = set(program.constants)
    return {step for step in program.steps if _is_host(step, known_text)}


def _is_host(step: Step, known_text: set[int]) -> bool:
    """Whether the step must run on the host; `known_text` receives slots of text known beforehand.

    XLA has no text. What is known while tracing may still pass through and be shown by checks.
    """
    if step.loop is not None:
        return any(_is_host(inside, known_text) for inside in step.loop.steps())
    op, op_def = step.op, step.op_def
    if op_def.host_only or op_def.numpy_only:
        return True
    given = [s for s, tensor in zip(step.inputs, op._inputs, strict=False) if _is_text(tensor)]
    made = any(_is_text(tensor) for tensor in op._outputs)
    if not given and not made:
        return False
    passes = op_def.shows_text or op_def.control == "switch" or op_def.forwards
    passes = passes or (not step.inputs and is_pure(step))
    if not passes or not known_text.issuperset(given):
        return True
    known_text.update(step.outputs)
    return False


def _is_text(tensor: Tensor) -> bool:
    """Whether the values of `tensor` are text; of handles that are so by name only, they aren't."""
    if tensor.dtype.base_dtype is not dtypes.string:
        return False
    op = tensor.op
    while op.op_def is not None and (op.op_def.forwards or op.op_def.control) and op._inputs:
        op = op._inputs[0].op
    return op.op_def is None or not op.op_def.makes_object


def partition(program: Program, on_host: Collection[Step] = ()) -> list[Segment]:
    """The segments of `program`, in running order; the steps `on_host` run on the host too."""
    phases = _phases(program, on_host)
    numbers = sorted(set(phases))
    segments = [
        Segment(n % 2 == 1, [s for s, p in zip(program.steps, phases, strict=True) if p == n])
        for n in numbers
    ]
    _wire(program, segments)
    return segments


def _phases(program: Program, on_host: Collection[Step]) -> list[int]:
    """The phase of each step, also left in the step."""
    slot_phase: dict[int, int] = {}
    static_sources = _unstable_slots(program)
    hosted = host_steps(program).union(on_host)
    for step in program.steps:
        host = step in hosted
        phase = 0 if host else 1
        for position, slot in enumerate(step.inputs):
            if slot == NO_SLOT or slot not in slot_phase:
                continue
            other = slot_phase[slot]
            if host:
                phase = max(phase, other + other % 2)
            elif other % 2 == 0:
                phase = max(phase, other + 1)
            elif position in step.static and slot in static_sources:
                phase = max(phase, other + 2)
            else:
                phase = max(phase, other)
        for controller in step.controllers:
            phase = max(phase, _after(controller, host))
        step.phase = phase
        for slot in step.outputs:
            slot_phase[slot] = phase
    _sink_branches(program.steps, static_sources)
    return [step.phase for step in program.steps]


def _sink_branches(steps: Sequence[Step], unstable: set[int]) -> None:
    """Move device steps on branches to the phase of what first takes their results.

    A branch that ends in a later segment is then in one piece with the Merge at its end. What makes
    a stack or tensor array moves too, to the segment that fills it, and so do the gradients of
    tensor arrays: an array and its gradient can't go to another segment.
    """
    maker = {slot: step for step in steps for slot in step.outputs}
    on_branch: set[Step] = set()
    gradients = {s for s in steps if s.op_def.makes_object and "handle" in s.op_def.input_index}
    takers: dict[Step, list[int]] = {}
    for step in steps:
        sources = [maker[slot] for slot in step.inputs if slot in maker]
        kind = step.op_def.control if step.loop is None else ""
        if kind == "switch" or (
            kind != "merge" and any(s in on_branch for s in (*sources, *step.controllers))
        ):
            on_branch.add(step)
    for step in reversed(steps):
        taken = takers.get(step)
        is_movable = step in on_branch and not step.op_def.stateful and not step.written
        is_flow = step.op_def.forwards and any(c in gradients for c in step.controllers)
        is_movable = is_movable or is_flow or step in gradients or step.op_def.makes_object
        if is_movable and step.phase % 2 == 1 and taken:
            step.phase = max(step.phase, min(taken))
        for position, slot in enumerate(step.inputs):
            if slot in maker:
                is_static = position in step.static and slot in unstable
                before = step.phase - 2 if is_static else step.phase - 1 + step.phase % 2
                takers.setdefault(maker[slot], []).append(before)
        for controller in step.controllers:
            takers.setdefault(controller, []).append(step.phase - 1 + step.phase % 2)


def _after(controller: Step, host: bool) -> int:
    phase = controller.phase
    if host:
        return phase + phase % 2
    if phase % 2 == 1:
        return phase
    return 0 if controller.op_def.host_effect else phase + 1


def _unstable_slots(program: Program) -> set[int]:
    """Slots whose value can't be known before their segment has run.

    They come from a stateful or random step or from a variable written in this run. Everything else
    follows from shapes, feeds and unwritten variables, and is computed when the plan is
    specialised.
    """
    unstable = {after for step in program.steps for _, _, after in step.written}
    for step in program.steps:
        tainted = step.op_def.stateful or step.loop is not None
        tainted = tainted or any(slot in unstable for slot in step.inputs)
        if tainted and not step.op_def.is_known_when_traced(step.op):
            unstable.update(step.outputs)
    return unstable


def _wire(program: Program, segments: list[Segment]) -> None:
    needed_later = set(program.fetches) | set(program.final.values())
    for segment in reversed(segments):
        made = {slot for step in segment.steps for slot in step.outputs}
        used = dict.fromkeys(
            slot
            for step in segment.steps
            for slot in step.inputs
            if slot != NO_SLOT and slot not in made
        )
        segment.constants = [slot for slot in used if slot in program.constants]
        segment.inputs = [slot for slot in used if slot not in program.constants]
        for step in segment.steps:
            for location, before, after in step.written:
                first = segment.commits.get(location, (before, after))[0]
                segment.commits[location] = (first, after)
        committed = {after for _, after in segment.commits.values()}
        segment.outputs = [
            slot for slot in sorted(made) if slot in needed_later or slot in committed
        ]
        needed_later |= set(segment.inputs)
