"""The program of one plan: steps over numbered slots, in single-assignment form.

Each slot holds one value and is written once. A variable shows up as one slot for its value at the
start of the run and one more for each write, so that order of effects is data flow from here on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from evergraph.core.errors import InvalidArgumentError
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import OpDef

# The input of a step that carries no value: the handle of a variable that is only written.
NO_SLOT = -1


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """A place of state: a variable, or the position of a random stream.

    Attributes:
        op: the operation that owns it.
        key: what the session's store knows it by.
    """

    op: Operation
    key: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A value that goes round a loop.

    Attributes:
        start: slot outside, of the value that the first iteration begins with.
        head: slot of the value at the beginning of an iteration.
        next: slot of the value that the next iteration begins with.
    """

    start: int
    head: int
    next: int


@dataclass(slots=True, eq=False)
class Loop:
    """What a loop does: `cond` steps, and while the value of `pred` is true `body` steps.

    Slots have one number space: steps inside read values from outside by their slots.

    Attributes:
        carried: the values that go round, variables written inside among them.
        cond: steps of every iteration, the last included.
        pred: slot that decides, made by `cond` or outside.
        body: steps of every iteration but the last.
        exits: (slot inside, slot outside) of the values that leave, as they are when `pred` is
            false.
    """

    carried: list[Carried]
    cond: list[Step]
    pred: int
    body: list[Step]
    exits: list[tuple[int, int]]

    def steps(self) -> Iterator[Step]:
        """Every step inside, those of inner loops and the inner loops themselves included."""
        for step in (*self.cond, *self.body):
            yield step
            if step.loop is not None:
                yield from step.loop.steps()


def captured_slots(loop: Loop) -> list[int]:
    """The slots from outside that the steps of `loop` read."""
    made = {c.head for c in loop.carried}
    used: dict[int, None] = {}
    for step in (*loop.cond, *loop.body):
        made.update(step.outputs)
        used.update(dict.fromkeys(step.inputs))
        used.update((token, None) for _, token in step.guards)
    ends = [loop.pred, *(c.next for c in loop.carried), *(inside for inside, _ in loop.exits)]
    used.update(dict.fromkeys(ends))
    return [slot for slot in used if slot not in made and slot != NO_SLOT]


@dataclass(slots=True, eq=False)
class Step:
    """One operation to be computed.

    Attributes:
        op: the operation, for messages and attrs.
        inputs: slot of each flattened input.
        outputs: slots that the kernel's results go to, in the kernel's order.
        call: `call(xp, values)` -> sequence of results.
        static: positions in `inputs` that must be NumPy values when compiling.
        controllers: steps that come first without giving a value.
        written: location -> (slot before, slot after), for writes.
        uninitialized_ok: positions in `inputs` where a variable may hold no value yet.
        phase: the segment that the step is in; see partition.py.
        direct: the step as a function of the values by slot, where it can be one; made at its first
            run by NumPy (`is_prepared`).
        is_plain: the step is the call of a kernel and nothing else.
        loop: what goes round, where the step is a whole loop; `op` is then its LoopCond.
        guards: (position, slot): the input at this position is dead when the token in the slot is.
        is_token: the step passes on whether an alias of a variable is dead, not a value.
    """

    op: Operation
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    call: Callable[..., Sequence[Any]] | None
    static: tuple[int, ...] = ()
    controllers: tuple[Step, ...] = ()
    written: tuple[tuple[Location, int, int], ...] = ()
    uninitialized_ok: frozenset[int] = frozenset()
    guards: tuple[tuple[int, int], ...] = ()
    is_token: bool = False
    phase: int = 1
    loop: Loop | None = None
    is_plain: bool = False
    direct: Callable[[list[Any]], None] | None = None
    is_prepared: bool = False

    def __post_init__(self) -> None:
        op_def = self.op.op_def
        self.is_plain = (
            self.call is not None
            and self.loop is None
            and not (self.guards or self.written or self.is_token or NO_SLOT in self.inputs)
            and not (op_def.control or op_def.compiled_only)
        )

    @property
    def op_def(self) -> OpDef:
        """The type of the operation."""
        op_def: OpDef = self.op.op_def
        return op_def


@dataclass(slots=True, eq=False)
class Program:
    """What one (fetches, feeds) pair computes.

    Attributes:
        steps: in an order in which each follows what it needs.
        slot_count: how many slots there are.
        feeds: slot of each fed tensor.
        constants: slot -> array.
        state: location -> slot of its value at the start.
        final: location -> slot of its value at the end, for locations that are written.
        tensor_slots: slot of every tensor that has one.
        fetches: slot of each fetched tensor.
        slot_tensor: tensor that a slot stands for, for messages.
    """

    steps: list[Step] = field(default_factory=list)
    slot_count: int = 0
    feeds: dict[Tensor, int] = field(default_factory=dict)
    constants: dict[int, Any] = field(default_factory=dict)
    state: dict[Location, int] = field(default_factory=dict)
    final: dict[Location, int] = field(default_factory=dict)
    fetches: list[int] = field(default_factory=list)
    slot_tensor: dict[int, Tensor] = field(default_factory=dict)

    def new_slot(self) -> int:
        """A slot of its own number."""
        self.slot_count += 1
        return self.slot_count - 1


def unfed_placeholder(op: Operation) -> InvalidArgumentError:
    """The error for a placeholder that a run needs but wasn't given."""
    from evergraph.core.errors import explain
    from evergraph.registry.shape_inference import shape_text

    dtype = op.outputs[0].dtype
    shape = op.attrs.get("shape")
    known = (
        f" and shape {shape_text(shape)}"
        if shape is not None and shape.ndims != 0 and shape.ndims is not None
        else ""
    )
    word = {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)
    error: InvalidArgumentError = InvalidArgumentError(
        op.node_def if hasattr(op, "node_def") else None,
        op,
        explain(
            f"You must feed a value for placeholder tensor '{op.name}' with dtype {word}{known}",
            expected=f"feed_dict with a value for '{op.outputs[0].name}'",
            given="no value",
            created=op.created_at,
            fix=f"pass feed_dict={{{op.name}: ...}} to run",
        ),
    )
    return error
