"""Which operations a run needs, and in which order they are looked at."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence

from evergraph.graph.operation import Operation, Tensor


def prune(targets: Sequence[Operation], fed: Collection[Tensor]) -> list[Operation]:
    """Operations needed to reach `targets`, dependencies first; a fed tensor cuts the walk.

    What only a gate of gradients waits for is left out: the gradients of an operation wait for one
    another, and most programs use but some of them.
    """
    gates: list[Operation] = []
    order = _reached(targets, fed, frozenset(), gates)
    if not gates:
        return order
    needed = set(order)
    idle: set[Operation] = set()
    for gate in gates:
        idle.update(c for c in gate._control_inputs if _is_idle(c, fed, needed, idle))
    # Whatever else a gate waits for has an effect, and is needed with all that leads to it.
    return _reached(targets, fed, idle - needed, None)


def _reached(
    targets: Sequence[Operation],
    fed: Collection[Tensor],
    idle: Collection[Operation],
    gates: list[Operation] | None,
) -> list[Operation]:
    """The walk of `prune`; with `gates` it notes gates there, and doesn't look behind them."""
    order: list[Operation] = []
    seen: set[Operation] = set()
    stack = [(op, False) for op in reversed(targets)]
    while stack:  # a loop, not recursion: graphs are deeper than Python's stack
        op, is_ready = stack.pop()
        if is_ready:
            order.append(op)
        elif op not in seen:
            seen.add(op)
            needed = [t.op for t in op._inputs if t not in fed]
            if op._control_inputs:
                if not _is_gate(op):
                    needed += op._control_inputs
                elif gates is None:
                    needed += [c for c in op._control_inputs if c not in idle]
                else:
                    gates.append(op)
            stack.append((op, True))
            stack.extend((dependency, False) for dependency in reversed(needed))
    return order


def _is_gate(op: Operation) -> bool:
    graph = getattr(op, "graph", None)  # an operation of a function's body has none
    return graph is not None and op in graph._gates


def _is_idle(
    op: Operation, fed: Collection[Tensor], needed: set[Operation], idle: set[Operation]
) -> bool:
    """Whether all that must run for `op`, beyond what is needed anyway, has no effect."""
    stack, seen = [op], {op}
    while stack:
        op = stack.pop()
        if op in needed or op in idle:
            continue
        op_def = op.op_def
        if op_def is None or op_def.stateful or op_def.host_only or op_def.control:
            return False
        if op_def.reads or op_def.writes or op_def.placeholder or op_def.kernel_function is None:
            return False
        for source in [*(t.op for t in op._inputs if t not in fed), *op._control_inputs]:
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return True


def in_creation_order(ops: Sequence[Operation], fed: Collection[Tensor]) -> list[Operation]:
    """`ops` so that each follows what it needs, and otherwise as they were created.

    Edges that go back (a loop's NextIteration into its Merge) are not waited for.
    """
    members = set(ops)
    waiting: dict[Operation, int] = {}
    followers: dict[Operation, list[Operation]] = {}
    for op in ops:
        needed = {t.op for t in op._inputs if t not in fed} | set(op._control_inputs)
        needed &= members
        if op.op_def is not None and op.op_def.control == "merge":
            needed = {n for n in needed if n.op_def is None or n.op_def.control != "next_iteration"}
        waiting[op] = len(needed)
        for dependency in needed:
            followers.setdefault(dependency, []).append(op)
    ready = [(op._id_value, op) for op, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    result: list[Operation] = []
    while ready:
        _, op = heapq.heappop(ready)
        result.append(op)
        for follower in followers.get(op, ()):
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, (follower._id_value, follower))
    return result
