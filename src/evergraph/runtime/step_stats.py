"""Step statistics: what RunMetadata receives of a run with RunOptions."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from typing import Any

from evergraph.graph.operation import Operation, Tensor

FULL_TRACE = 3
_CPU_NAME = "/job:localhost/replica:0/task:0/device:CPU:0"
_CPU = re.compile(r"CPU:(\d+)", re.IGNORECASE)


class RunTrace:
    """Times one run and writes it into a RunMetadata proto.

    A compiled segment is one executable: the operations inside share its time, and the entry of
    each names the whole span of the run.
    """

    def __init__(self, options: Any, run_metadata: Any) -> None:
        self.options = options
        self.run_metadata = run_metadata
        self.ops: Sequence[Operation] = ()
        self._start = 0

    def __enter__(self) -> RunTrace:
        self._start = time.time_ns()
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        if kind is not None or self.run_metadata is None:
            return
        if getattr(self.options, "trace_level", 0) < 1:
            return
        end = time.time_ns()
        all_devices = self.run_metadata.step_stats.dev_stats
        devices: dict[str, Any] = {_CPU_NAME: all_devices.add(device=_CPU_NAME)}
        for op in self.ops:
            name = _cpu_of(op)
            if name not in devices:
                devices[name] = all_devices.add(device=name)
            stats = devices[name].node_stats.add()
            stats.node_name = op.name
            stats.all_start_micros = self._start // 1000
            stats.op_end_rel_micros = max(1, (end - self._start) // 1000)
            stats.all_end_rel_micros = stats.op_end_rel_micros
            stats.timeline_label = f"{op.name} = {op.type}({', '.join(t.name for t in op.inputs)})"
            for index, tensor in enumerate(op.outputs):
                output = stats.output.add()
                output.slot = index
                output.tensor_description.dtype = tensor.dtype.base_dtype.as_datatype_enum
                memory = output.tensor_description.allocation_description
                memory.allocator_name = "cpu"
                memory.requested_bytes = memory.allocated_bytes = _least_bytes(tensor)


def _cpu_of(op: Operation) -> str:
    """The CPU that `op` asks for, the first when it asks for none: all are one."""
    number = _CPU.search(op.device)
    return f"{_CPU_NAME[:-1]}{number[1]}" if number else _CPU_NAME


def _least_bytes(tensor: Tensor) -> int:
    """What a tensor takes by its static shape; unknown dimensions count as 1."""
    return tensor.dtype.base_dtype.size * math.prod(
        1 if size is None else size for size in tensor.shape.sizes or ()
    )
