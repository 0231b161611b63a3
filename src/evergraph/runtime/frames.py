"""Finding the loops among pruned operations: frames become nested units in running order.

A loop of version 1 control flow is a frame: values come in through Enter, go round through
NextIteration and Merge, and leave through Exit. Here each frame becomes one `LoopOps`, so that what
follows sees a loop as one thing with a body.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evergraph.core.errors import InvalidArgumentError, UnsupportedError, explain
from evergraph.graph.operation import Operation, Tensor
from evergraph.runtime.prune import in_creation_order

# The frames around an operation, outermost first; each is known by a number.
Path = tuple[int, ...]


@dataclass(slots=True, eq=False)
class LoopOps:
    """The operations of one loop.

    Attributes:
        members: its own operations, and inner loops as units, in running order.
    """

    members: list[Unit] = field(default_factory=list)

    def own(self, control: str) -> list[Operation]:
        """Its own operations of one role in control flow."""
        return [m for m in self.members if isinstance(m, Operation) and control_of(m) == control]

    def all_ops(self) -> Iterator[Operation]:
        """Its operations, those of inner loops included."""
        for member in self.members:
            if isinstance(member, Operation):
                yield member
            else:
                yield from member.all_ops()


Unit = Operation | LoopOps


def control_of(op: Operation) -> str:
    """The role of `op` in control flow, or ""."""
    return op.op_def.control if op.op_def is not None else ""


def arranged(ops: Sequence[Operation], fed: Collection[Tensor]) -> list[Unit]:
    """`ops` in running order, each loop as one unit.

    Raises:
        InvalidArgumentError: an operation takes values from two loops side by side.
        UnsupportedError: the control flow isn't made of conds and loops.
    """
    order = in_creation_order(ops, fed)
    if not any(control_of(op) == "enter" for op in order):
        return list(order)
    return _Arrangement(order, fed).units(order, 0)


class _Arrangement:
    def __init__(self, order: Sequence[Operation], fed: Collection[Tensor]) -> None:
        self.members = set(order)
        self.fed = fed
        self.paths = self._numbered(self._named_paths(order), order)

    def _sources(self, op: Operation) -> Iterator[Operation]:
        for tensor in op._inputs:
            if tensor not in self.fed and tensor.op in self.members:
                yield tensor.op
        for control in op._control_inputs:
            if control in self.members:
                yield control

    def _named_paths(self, order: Sequence[Operation]) -> dict[Operation, tuple[str, ...]]:
        """The names of the frames around each operation; an Exit is still inside its loop."""
        paths: dict[Operation, tuple[str, ...]] = {}
        for op in order:
            path: tuple[str, ...] = ()
            for source in self._sources(op):
                found = paths.get(source)  # a NextIteration isn't known at its Merge
                if found is None:
                    continue
                if control_of(source) == "exit":
                    found = found[:-1]
                if found[: len(path)] != path[: len(found)]:
                    _refuse_frames(op, paths)
                if len(found) > len(path):
                    path = found
            if control_of(op) == "enter":
                name = op.attrs["frame_name"]
                path = (*path, name.decode() if isinstance(name, bytes) else str(name))
            paths[op] = path
        return paths

    def _numbered(
        self, named: dict[Operation, tuple[str, ...]], order: Sequence[Operation]
    ) -> dict[Operation, Path]:
        """Frames of one name that share no edge are loops of their own: a graph imported twice."""
        groups: dict[tuple[int, Operation], tuple[int, Operation]] = {}

        def root(item: tuple[int, Operation]) -> tuple[int, Operation]:
            while groups.setdefault(item, item) != item:
                groups[item] = groups[groups[item]]
                item = groups[item]
            return item

        for op in order:
            for source in self._sources(op):
                for level, (a, b) in enumerate(zip(named[op], named[source], strict=False)):
                    if a != b:
                        break
                    groups[root((level, source))] = root((level, op))
        numbers: dict[tuple[int, Operation], int] = {}
        return {
            op: tuple(
                numbers.setdefault(root((level, op)), len(numbers)) for level in range(len(path))
            )
            for op, path in named.items()
        }

    def units(self, ops: Sequence[Operation], level: int) -> list[Unit]:
        """`ops`, all in the same `level` frames, in order, with the frames inside as units."""
        unit_of: dict[Operation, Operation | int] = {}
        inner: dict[int, list[Operation]] = {}
        for op in ops:
            path = self.paths[op]
            if len(path) > level:
                unit_of[op] = path[level]
                inner.setdefault(path[level], []).append(op)
            else:
                unit_of[op] = op
        ordered = self._ordered(ops, unit_of, inner)
        return [
            item if isinstance(item, Operation) else LoopOps(self.units(inner[item], level + 1))
            for item in ordered
        ]

    def _ordered(
        self,
        ops: Sequence[Operation],
        unit_of: dict[Operation, Operation | int],
        inner: dict[int, list[Operation]],
    ) -> Iterable[Operation | int]:
        waiting: dict[Operation | int, set[Operation | int]] = {
            unit: set() for unit in unit_of.values()
        }
        followers: dict[Operation | int, list[Operation | int]] = {}
        for op in ops:
            unit = unit_of[op]
            for source in self._sources(op):
                other = unit_of.get(source)
                if other is None or other == unit:
                    continue
                if control_of(op) == "merge" and control_of(source) == "next_iteration":
                    continue
                if other not in waiting[unit]:
                    waiting[unit].add(other)
                    followers.setdefault(other, []).append(unit)
        first = {unit: unit._id_value for unit in waiting if isinstance(unit, Operation)}
        first_inner = {key: min(op._id_value for op in group) for key, group in inner.items()}
        ready = [
            (_first(unit, first, first_inner), unit)
            for unit, needed in waiting.items()
            if not needed
        ]
        heapq.heapify(ready)
        result: list[Operation | int] = []
        while ready:
            _, unit = heapq.heappop(ready)
            result.append(unit)
            for follower in followers.get(unit, ()):
                waiting[follower].discard(unit)
                if not waiting[follower]:
                    heapq.heappush(ready, (_first(follower, first, first_inner), follower))
        if len(result) < len(waiting):
            _refuse(next(op for op in ops if waiting[unit_of[op]]))
        return result


def _first(unit: Operation | int, first: dict[Operation, int], first_inner: dict[int, int]) -> int:
    return first[unit] if isinstance(unit, Operation) else first_inner[unit]


def _refuse_frames(op: Operation, paths: Mapping[Operation, tuple[str, ...]]) -> None:
    """Raise InvalidArgumentError: inputs of `op` come from loops that don't lie in one another."""
    places: list[tuple[Operation, str]] = []
    for source in [*(t.op for t in op._inputs), *op._control_inputs]:
        path = paths.get(source, ())
        path = path[:-1] if control_of(source) == "exit" else path
        if path and path[-1] not in [name for _, name in places]:
            places.append((source, path[-1]))
    (first, frame), (second, other) = places[:2]
    message = explain(
        f"{{{{node {op.name}}}}} has inputs from different frames. The input "
        f"{{{{node {second.name}}}}} is in frame '{other}'. The input {{{{node {first.name}}}}} "
        f"is in frame '{frame}'.",
        expected="inputs from one loop and from those around it",
        created=op.created_at,
    )
    raise InvalidArgumentError(None, op, message)


def _refuse(op: Operation) -> None:
    raise UnsupportedError(
        explain(
            f"The control flow around '{op.name}' (op type: {op.type}) isn't made of conds and "
            "loops.",
            expected="loops as tf.while_loop builds them",
            created=op.created_at,
        )
    )
