"""Which operations lie between xs and ys, and how many gradients each waits for."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple

from evergraph.core import dtypes
from evergraph.graph.operation import Operation, Tensor

_TRAINABLE = frozenset(
    t.name
    for t in (
        dtypes.float16,
        dtypes.bfloat16,
        dtypes.float32,
        dtypes.float64,
        dtypes.complex64,
        dtypes.complex128,
        dtypes.resource,
        dtypes.variant,
    )
)


def is_trainable(tensor: Tensor) -> bool:
    """Whether gradients flow through a tensor of this dtype."""
    return tensor.dtype.base_dtype.name in _TRAINABLE


class Between(NamedTuple):
    """What lies between xs and ys.

    Attributes:
        reachable: the ops of ys that xs lead to.
        ops: all operations between, in the order of the walk from ys.
        members: the same operations.
    """

    reachable: set[Operation]
    ops: list[Operation]
    members: set[Operation]


def between(to_ops: Sequence[Operation], from_ops: Sequence[Operation]) -> Between:
    """Find the operations on paths of differentiable tensors from `from_ops` to `to_ops`."""
    reached = _reached(from_ops)
    reachable = {op for op in to_ops if op in reached}
    found: list[Operation] = []
    members: set[Operation] = set()
    queue = deque(to_ops)
    while queue:
        op = queue.popleft()
        if op in reached:
            reached.discard(op)
            found.append(op)
            members.add(op)
            queue.extend(tensor.op for tensor in op._inputs)
    return Between(reachable, found, members)


def pending_counts(region: Between) -> defaultdict[Operation, int]:
    """How many consumers of each operation between haven't given their gradient yet."""
    pending: defaultdict[Operation, int] = defaultdict(int)
    for op in region.ops:
        for tensor in op._inputs:
            if tensor.op in region.members:
                pending[tensor.op] += 1
    return pending


def _reached(from_ops: Sequence[Operation]) -> set[Operation]:
    reached: set[Operation] = set()
    queue = deque(from_ops)
    while queue:
        op = queue.popleft()
        if op not in reached:
            reached.add(op)
            for output in op._outputs:
                if is_trainable(output):
                    queue.extend(output.consumers())
    return reached


def stop_ops(
    from_ops: Sequence[Operation],
    stop_gradient_ops: Sequence[Operation],
    pending: defaultdict[Operation, int],
) -> set[Operation]:
    """Operations whose inputs get no gradient: ends of the walk, and those the user named."""
    stops = {op for op in from_ops if not any(pending[tensor.op] > 0 for tensor in op._inputs)}
    stops.update(stop_gradient_ops)
    return stops
