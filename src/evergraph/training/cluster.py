"""Clusters as programs describe them, and a server that runs in this process alone.

Reference: TensorFlow 1.15, tensorflow/python/training/server_lib.py.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from evergraph.core.errors import UnsupportedError
from evergraph.runtime.session import refused_targets

_ports = itertools.count(40000)


class ClusterSpec:
    """Which jobs a cluster has, and at which addresses their tasks are.

    Args:
        cluster: dict from job name to a list of addresses or a dict from task index to address, a
            `ClusterDef`, or another `ClusterSpec`.

    Raises:
        TypeError: `cluster` is something else.
    """

    _tasks: dict[str, dict[int, str]]

    def __init__(self, cluster: Any) -> None:
        if isinstance(cluster, ClusterSpec):
            jobs: Any = cluster._tasks
        elif isinstance(cluster, Mapping):
            jobs = cluster
        elif hasattr(cluster, "job"):
            jobs = {job.name: dict(job.tasks) for job in cluster.job}
        else:
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network "
                "addresses, or a `ClusterDef` protocol buffer"
            )
        self._tasks = {name: _tasks_of(name, tasks) for name, tasks in jobs.items()}

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._tasks == other._tasks

    __hash__ = None  # type: ignore[assignment]  # a description, compared by value

    def __str__(self) -> str:
        return f"ClusterSpec({self.as_dict()})"

    def as_dict(self) -> dict[str, Any]:
        """Job name -> list of addresses, or task index -> address where indices have gaps."""
        return {
            name: list(tasks.values()) if list(tasks) == list(range(len(tasks))) else dict(tasks)
            for name, tasks in sorted(self._tasks.items())
        }

    def as_cluster_def(self) -> Any:
        """The `ClusterDef` proto."""
        from evergraph.protos import ClusterDef

        cluster_def: Any = ClusterDef()
        for name, tasks in sorted(self._tasks.items()):
            job = cluster_def.job.add(name=name)
            for index, address in tasks.items():
                job.tasks[index] = address
        return cluster_def

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._tasks)

    def num_tasks(self, job_name: str) -> int:
        """How many tasks the job has."""
        return len(self._job(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The indices of the job's tasks, in order."""
        return list(self._job(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of one task.

        Raises:
            ValueError: there is no such job or task.
        """
        tasks = self._job(job_name)
        if task_index not in tasks:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str | None]:
        """The addresses of the job's tasks; None where an index is not used."""
        tasks = self._job(job_name)
        return [tasks.get(index) for index in range(max(tasks, default=-1) + 1)]

    def _job(self, name: str) -> dict[int, str]:
        if name not in self._tasks:
            raise ValueError(f"No such job in cluster: {name!r}")
        return self._tasks[name]


def _tasks_of(job: str, tasks: Any) -> dict[int, str]:
    """Task index -> address, in order of index."""
    if isinstance(tasks, list | tuple):
        tasks = dict(enumerate(tasks))
    if not isinstance(tasks, Mapping):
        raise TypeError(
            f"The tasks for job {job!r} must be a list or a dictionary from integers to strings."
        )
    for index, address in tasks.items():
        if isinstance(index, bool) or not isinstance(index, int):
            raise TypeError(f"Task index must be an integer, but got {type(index)}")
        if not isinstance(address, str | bytes):
            raise TypeError(f"Task address must be bytes or unicode string, got {address!r}.")
    return {
        index: address.decode() if isinstance(address, bytes) else address
        for index, address in sorted(tasks.items())
    }


class Server:
    """A server of a cluster with one task; a session with its `target` runs in this process.

    Args:
        server_or_cluster_def: `ServerDef`, or what `ClusterSpec` takes.
        job_name: this server's job; may be left out when the cluster has but one.
        task_index: this server's task; may be left out when the job has but one.
        protocol: "grpc" when None.
        config: a `ConfigProto` for the sessions.
        start: start at once.

    Raises:
        UnsupportedError: the cluster has more than one task.
        ValueError: job and task are left out and not clear.
    """

    # Whether all servers of the cluster are in this process; then it may have several tasks.
    _is_local = False

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ) -> None:
        from evergraph.protos import ServerDef

        self._server_def: Any = ServerDef()
        if hasattr(server_or_cluster_def, "cluster"):
            self._server_def.CopyFrom(server_or_cluster_def)
            if protocol is not None:
                self._server_def.protocol = protocol
        else:
            spec = ClusterSpec(server_or_cluster_def)
            if job_name is None:
                if len(spec.jobs) != 1:
                    raise ValueError("Must specify an explicit `job_name`.")
                (job_name,) = spec.jobs
            if task_index is None:
                if spec.num_tasks(job_name) != 1:
                    raise ValueError("Must specify an explicit `task_index`.")
                (task_index,) = spec.task_indices(job_name)
            self._server_def.cluster.CopyFrom(spec.as_cluster_def())
            self._server_def.job_name = job_name
            self._server_def.task_index = task_index
            self._server_def.protocol = protocol or "grpc"
        if config is not None:
            self._server_def.default_session_config.MergeFrom(config)
        if not self._is_local and sum(len(j.tasks) for j in self._server_def.cluster.job) > 1:
            raise UnsupportedError(
                "A server of a cluster with several tasks isn't supported: everything runs in one "
                "process.\n"
                "  fix: run the program's single-process form, with one task in the cluster"
            )
        self._target = f"{self._server_def.protocol}://localhost:{next(_ports)}"

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """A server of this process alone."""
        return Server({"local": ["localhost:0"]}, protocol="grpc", config=config, start=start)

    @property
    def server_def(self) -> Any:
        """The `ServerDef` proto."""
        return self._server_def

    @property
    def target(self) -> str:
        """What a session takes as `target`."""
        return self._target

    def start(self) -> None:
        """Nothing is left to be done."""

    def join(self) -> NoReturn:
        """Wait for ever, as a server of TensorFlow's does."""
        while True:
            time.sleep(3600)


class _LocalServer(Server):
    _is_local = True


def create_local_cluster(
    num_workers: int,
    num_ps: int,
    protocol: str = "grpc",
    worker_config: Any = None,
    ps_config: Any = None,
) -> tuple[list[Server], list[Server]]:
    """Servers of a cluster whose tasks are all in this process.

    Args:
        num_workers: number of tasks of the job "worker".
        num_ps: number of tasks of the job "ps".
        protocol: part of the servers' targets.
        worker_config: a `ConfigProto` for the sessions of the workers.
        ps_config: the same for the other job.

    Returns:
        (the workers, the others).

    Differs from TensorFlow: a session with one of their targets is refused where there are several
    tasks.
    """
    jobs = {"worker": (num_workers, worker_config), "ps": (num_ps, ps_config)}
    cluster = ClusterSpec(
        {name: [f"localhost:{next(_ports)}" for _ in range(n)] for name, (n, _) in jobs.items()}
    )
    made: dict[str, list[Server]] = {
        name: [_LocalServer(cluster, name, i, protocol, config) for i in range(count)]
        for name, (count, config) in jobs.items()
    }
    if num_workers + num_ps > 1:
        refused_targets.update(s.target.encode() for servers in made.values() for s in servers)
    return made["worker"], made["ps"]
