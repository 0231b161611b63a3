"""`tensorflow.python.client.timeline`: step statistics in the form that chrome://tracing reads.

Reference: TensorFlow 1.15, tensorflow/python/client/timeline.py.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class AllocationMaximum(NamedTuple):
    """The most bytes that an allocator held, when that was, and the tensors it held then."""

    timestamp: int
    num_bytes: int
    tensors: set[str]


class StepStatsAnalysis(NamedTuple):
    """What `Timeline.analyze_step_stats` tells."""

    chrome_trace: ChromeTrace
    allocator_maximums: dict[str, AllocationMaximum]


class ChromeTrace:
    """Events in Chrome's trace format: one process per device, one thread for its operations."""

    def __init__(self) -> None:
        self._names: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []

    def add_process(self, name: str, pid: int) -> None:
        """Name a process."""
        self._names.append({"name": "process_name", "ph": "M", "pid": pid, "args": {"name": name}})

    def add_span(
        self, category: str, name: str, args: dict[str, str], pid: int, start: int, length: int
    ) -> None:
        """Something that began at `start` and took `length` microseconds."""
        event = {"ph": "X", "cat": category, "name": name, "pid": pid, "tid": 0}
        self._events.append(event | {"ts": start, "dur": length, "args": args})

    def add_flow(self, name: str, flow: int, start: tuple[int, int], end: tuple[int, int]) -> None:
        """An arrow from one (process, time) to another."""
        for phase, (pid, at) in (("s", start), ("t", end)):
            event = {"ph": phase, "cat": "DataFlow", "name": name, "pid": pid, "tid": 0}
            self._events.append(event | {"ts": at, "id": flow})

    def add_counter(self, name: str, pid: int, at: int, counters: dict[str, int]) -> None:
        """The values of counters at one time."""
        event = {"ph": "C", "cat": "Memory", "name": name, "pid": pid, "tid": 0}
        self._events.append(event | {"ts": at, "args": counters})

    def format_to_string(self, pretty: bool = False) -> str:
        """The JSON text."""
        trace = {"traceEvents": self._names + self._events}
        return json.dumps(trace, indent=4 if pretty else None, separators=(",", ": "))


class Timeline:
    """The timeline of one run.

    Args:
        step_stats: `RunMetadata.step_stats` of a run with full trace.
        graph: not needed.
    """

    def __init__(self, step_stats: Any, graph: Any = None) -> None:
        self._step_stats = step_stats

    def analyze_step_stats(
        self, show_dataflow: bool = True, show_memory: bool = True
    ) -> StepStatsAnalysis:
        """The trace, and the most memory that each allocator held."""
        trace = ChromeTrace()
        ends: dict[str, tuple[int, int]] = {}
        flows: list[tuple[str, tuple[int, int]]] = []
        for pid, device in enumerate(self._step_stats.dev_stats):
            trace.add_process(f"{device.device} Compute", pid)
            for node in device.node_stats:
                name, kind, inputs = _parse_label(node)
                args = {"name": name, "op": kind}
                args |= {f"input{i}": source for i, source in enumerate(inputs)}
                length = node.op_end_rel_micros
                trace.add_span("Op", kind, args, pid, node.all_start_micros, length)
                ends[name] = (pid, node.all_start_micros + length)
                flows += [(source, (pid, node.all_start_micros)) for source in inputs]
        if show_dataflow:
            for flow, (source, target) in enumerate(flows):
                origin = source.lstrip("^").partition(":")[0]
                if origin in ends:
                    trace.add_flow(origin, flow, ends[origin], target)
        return StepStatsAnalysis(trace, self._memory(trace if show_memory else None))

    def generate_chrome_trace_format(
        self, show_dataflow: bool = True, show_memory: bool = False
    ) -> str:
        """The text that chrome://tracing loads."""
        return self.analyze_step_stats(show_dataflow, show_memory).chrome_trace.format_to_string(
            pretty=True
        )

    def _memory(self, trace: ChromeTrace | None) -> dict[str, AllocationMaximum]:
        """Each allocator's most bytes: what is made stays until the run ends."""
        held: dict[str, tuple[int, set[str]]] = {}
        found: dict[str, AllocationMaximum] = {}
        for pid, device in enumerate(self._step_stats.dev_stats):
            for node in sorted(device.node_stats, key=lambda node: node.all_start_micros):
                at = node.all_start_micros + node.op_end_rel_micros
                for output in node.output:
                    description = output.tensor_description.allocation_description
                    allocator = description.allocator_name or "unknown"
                    count, tensors = held.get(allocator, (0, set()))
                    tensors = tensors | {f"{node.node_name}:{output.slot}"}
                    count += description.requested_bytes
                    held[allocator] = (count, tensors)
                    found[allocator] = AllocationMaximum(at, count, tensors)
                    if trace is not None:
                        trace.add_counter(allocator, pid, at, {allocator: count})
        return found


def _parse_label(node: Any) -> tuple[str, str, list[str]]:
    """Name, op type and inputs from the label `name = Type(input, ...)`."""
    name, is_op, call = node.timeline_label.partition(" = ")
    kind, has_inputs, inputs = call.partition("(")
    if not is_op or not has_inputs:
        return node.node_name, node.node_name, []
    return name, kind, [source for source in inputs.rstrip(")").split(", ") if source]
