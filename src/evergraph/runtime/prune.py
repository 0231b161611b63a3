"""Which operations a run needs, and in which order they are looked at."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence

from evergraph.graph.operation import Operation, Tensor


def prune(targets: Sequence[Operation], fed: Collection[Tensor]) -> list[Operation]:
    """Operations needed to reach `targets`, dependencies first; a fed tensor cuts the walk."""
    order: list[Operation] = []
    seen: set[Operation] = set()
    stack = [(op, False) for op in reversed(targets)]
    while stack:  # a loop, not recursion: graphs are deeper than Python's stack
        op, is_ready = stack.pop()
        if is_ready:
            order.append(op)
        elif op not in seen:
            seen.add(op)
            needed = [t.op for t in op._inputs if t not in fed] + op._control_inputs
            stack.append((op, True))
            stack.extend((dependency, False) for dependency in reversed(needed))
    return order


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
