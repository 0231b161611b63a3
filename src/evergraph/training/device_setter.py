"""The device function of replicated training: variables on parameter servers, the rest on workers.

Reference: TensorFlow 1.15, tensorflow/python/training/device_setter.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from evergraph.graph.device import DeviceSpec
from evergraph.graph.operation import Operation

# What holds state between runs, and so belongs to a parameter server.
STANDARD_PS_OPS = (
    "Variable",
    "VariableV2",
    "AutoReloadVariable",
    "MutableHashTable",
    "MutableHashTableV2",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "VarHandleOp",
    "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp",
    "ResourceConditionalAccumulator",
)


def replica_device_setter(
    ps_tasks: int = 0,
    ps_device: str = "/job:ps",
    worker_device: str = "/job:worker",
    merge_devices: bool = True,
    cluster: Any = None,
    ps_ops: Sequence[str] | None = None,
    ps_strategy: Callable[[Operation], int] | None = None,
) -> Callable[[Operation], str] | None:
    """A function for `tf.device` that spreads variables over parameter servers.

    Args:
        ps_tasks: number of parameter servers; taken from `cluster` where that is given.
        ps_device: device of the operations among `ps_ops`, without a task.
        worker_device: device of all other operations.
        merge_devices: fill what an operation's own device leaves open; else leave a device that is
            set alone.
        cluster: ClusterSpec, ClusterDef, or dict from job names to addresses.
        ps_ops: types of operations for the parameter servers; `STANDARD_PS_OPS` when None.
        ps_strategy: operation -> number of its parameter server; in turn when None.

    Returns:
        The device function, or None when there is no parameter server.

    Raises:
        TypeError: `cluster` is of another kind, or `ps_strategy` can't be called.
    """
    if cluster is not None:
        tasks = _jobs(cluster).get(DeviceSpec.from_string(ps_device).job)
        if tasks is None:
            return None
        ps_tasks = len(tasks)
    if ps_tasks == 0:
        return None
    if ps_strategy is None:
        turns = count()

        def ps_strategy(op: Operation) -> int:
            return next(turns) % ps_tasks

    if not callable(ps_strategy):
        raise TypeError("ps_strategy must be callable")
    strategy, held = ps_strategy, frozenset(STANDARD_PS_OPS if ps_ops is None else ps_ops)

    def device_function(op: Operation) -> str:
        if not merge_devices and op.device:
            return op.device
        current = DeviceSpec.from_string(op.device or "")
        if not ps_device or op.type not in held:
            return DeviceSpec.from_string(worker_device or "").make_merged_spec(current).to_string()
        spec = DeviceSpec.from_string(ps_device)
        if spec.job and current.job in (None, spec.job):
            spec = spec.replace(task=strategy(op))
        return spec.make_merged_spec(current).to_string()

    return device_function


def _jobs(cluster: Any) -> Mapping[str | None, Any]:
    """Job name -> tasks."""
    if hasattr(cluster, "as_dict"):
        cluster = cluster.as_dict()
    if hasattr(cluster, "job"):
        return {job.name: dict(job.tasks) for job in cluster.job}
    if not isinstance(cluster, Mapping):
        raise TypeError(
            "'cluster' must be a dictionary mapping one or more job names to lists of network "
            "addresses, or a `ClusterDef` protocol buffer"
        )
    return cluster
