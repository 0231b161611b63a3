"""tensorflow.python.eager.context: there is one mode, the graph's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from evergraph.core.errors import UnsupportedError, explain
from evergraph.graph.scopes import get_default_graph, set_random_seed

GRAPH_MODE = 0
EAGER_MODE = 1
DEVICE_PLACEMENT_EXPLICIT = 0
DEVICE_PLACEMENT_WARN = 1
DEVICE_PLACEMENT_SILENT = 2
SYNC = 0
ASYNC = 1

# Conds and loops are made of Switch, Merge and their kin, never of If and While.
ENABLE_CONTROL_FLOW_V2 = False


def EnableControlFlowV2(graph: Any) -> bool:
    """Whether conds and loops of `graph` are made of If and While: never."""
    return False


def executing_eagerly() -> bool:
    """Whether operations run as they are made: never."""
    return False


in_eager_mode = executing_eagerly
executing_eagerly_outside_functions = executing_eagerly


def in_graph_mode() -> bool:
    """Whether operations go into a graph: always."""
    return True


@contextmanager
def graph_mode() -> Iterator[None]:
    """Nothing changes: this is the only mode."""
    yield


def _refuse(what: str) -> NoReturn:
    raise UnsupportedError(
        explain(f"{what} is not supported.", fix="build a graph and run it in a Session")
    )


def eager_mode() -> Any:
    """Refuse: there is no eager mode."""
    _refuse("Eager execution")


def enable_eager_execution(
    config: Any = None, device_policy: Any = None, execution_mode: Any = None
) -> None:
    """Refuse: there is no eager mode."""
    _refuse("Eager execution")


def set_global_seed(seed: int | None) -> None:
    """Set the seed of the default graph."""
    set_random_seed(seed)


set_seed = set_global_seed


def num_gpus() -> int:
    """The number of GPUs."""
    from evergraph.platform.device_lib import list_local_devices

    return sum(device.device_type == "GPU" for device in list_local_devices())


class Context:
    """What `context.context()` returns: the facts of graph mode."""

    executing_eagerly = staticmethod(executing_eagerly)
    in_eager_mode = staticmethod(executing_eagerly)
    num_gpus = staticmethod(num_gpus)

    @property
    def device_name(self) -> str:
        """The innermost device scope of the default graph."""
        return str(getattr(get_default_graph(), "_device_text", ""))


_context = Context()


def context() -> Context:
    """The one context."""
    return _context


def context_safe() -> Context:
    """The one context."""
    return _context
