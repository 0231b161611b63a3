"""Step statistics: what RunMetadata receives of a run with RunOptions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from evergraph.graph.operation import Operation

FULL_TRACE = 3


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
        device = self.run_metadata.step_stats.dev_stats.add()
        device.device = "/job:localhost/replica:0/task:0/device:CPU:0"
        for op in self.ops:
            stats = device.node_stats.add()
            stats.node_name = op.name
            stats.all_start_micros = self._start // 1000
            stats.op_end_rel_micros = max(1, (end - self._start) // 1000)
            stats.all_end_rel_micros = stats.op_end_rel_micros
            stats.timeline_label = f"{op.name} = {op.type}({', '.join(t.name for t in op.inputs)})"
            for index, tensor in enumerate(op.outputs):
                output = stats.output.add()
                output.slot = index
                output.tensor_description.dtype = tensor.dtype.base_dtype.as_datatype_enum
