"""Session and InteractiveSession: where a graph's programs run and their state lives.

Reference: TensorFlow 1.15, tensorflow/python/client/session.py.
"""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import UnsupportedError, explain
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import default_graphs, default_sessions, get_default_graph
from evergraph.runtime.feeds import as_array, flatten_feeds
from evergraph.runtime.fetches import Fetches, fetch_key
from evergraph.runtime.plan import Plan
from evergraph.runtime.step_stats import RunTrace
from evergraph.runtime.variable_store import VariableStore

# Plans of one session; the least used go first.
MAX_PLANS = 1024


class _Entry:
    """A cached plan and, for the hot path, what each feed must be."""

    __slots__ = ("feeds", "is_plain", "plan")

    def __init__(self, plan: Plan, is_plain: bool) -> None:
        self.plan = plan
        # Feeds map one to one to tensors, in the order of the feed dict.
        self.is_plain = is_plain
        # The set holds the shapes that were checked already.
        self.feeds: list[tuple[Tensor, np.dtype[Any], bool, set[tuple[int, ...]]]] = [
            (t, np.dtype(t.dtype.as_numpy_dtype), t.dtype == dtypes.string, set()) for t in plan.fed
        ]


# Targets of servers that belong to clusters of several tasks, which no session here can stand for.
refused_targets: set[bytes] = set()


class BaseSession:
    """What Session and InteractiveSession share."""

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        if graph is None:
            self._graph = get_default_graph()
        else:
            if not isinstance(graph, Graph):
                raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
            self._graph = graph
        if target is not None and not isinstance(target, str | bytes):
            raise TypeError(f"target must be a string, but got {type(target)}")
        if config is not None and not hasattr(config, "SerializeToString"):
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
        self._target = target.encode() if isinstance(target, str) else target
        if self._target in refused_targets:
            raise UnsupportedError(
                explain(
                    "A session in a cluster with several tasks isn't supported: everything runs in "
                    "one process.",
                    given=f"target '{self._target.decode()}'",
                    fix="open the session without a target",
                )
            )
        self._config = config
        self._closed = False
        self._opened = False
        self._store = VariableStore()
        self._plans: OrderedDict[Any, _Entry] = OrderedDict()
        self._plans_lock = threading.Lock()
        self.resources: dict[Any, Any] = {}

    @property
    def graph(self) -> Graph:
        """The graph that this session runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef."""
        return self._graph.as_graph_def(add_shapes=False)  # type: ignore[attr-defined]  # injected

    @property
    def sess_str(self) -> Any:
        """The target."""
        return self._target

    def list_devices(self) -> list[Any]:
        """The devices of this process: one CPU, and what JAX finds."""
        from evergraph.runtime.devices import local_devices

        return local_devices()

    def close(self) -> None:
        """Drop all state; the session can't run anything afterwards."""
        self._closed = True
        self._plans.clear()
        self._store = VariableStore()
        for resource in list(self.resources.values()):
            close = getattr(resource, "close", None)
            if close is not None:
                close()
        self.resources.clear()

    def as_default(self) -> Any:
        """Make this the default session inside a `with` block; doesn't close it."""
        return default_sessions.entered(self)

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Compute `fetches` and run the operations among them.

        Args:
            fetches: a tensor, an operation, a variable, a name, or nested lists, tuples, dicts,
                namedtuples of these.
            feed_dict: tensor (or name) -> value that replaces it in this run.
            options: a RunOptions proto, or None.
            run_metadata: a RunMetadata proto that receives step statistics, or None.

        Returns:
            The values in the structure of `fetches`: writable NumPy arrays, NumPy scalars for
            rank 0, None for operations.

        Raises:
            RuntimeError: the session is closed, or its graph is empty.
            TypeError: a fetch or feed key is of a wrong kind.
            ValueError: a fetch or feed isn't of this graph, or a fed value has a wrong shape.
            tf.errors.OpError: the computation failed; variables keep the values they had.
        """
        if run_metadata is not None or options is not None:
            return self._run_traced(fetches, feed_dict, options, run_metadata)
        return self._run(fetches, feed_dict)

    def _run(self, fetches: Any, feed_dict: Any) -> Any:
        try:
            key = (fetch_key(fetches), *feed_dict) if feed_dict else (fetch_key(fetches),)
            entry = self._plans.get(key)
        except TypeError:
            key, entry = None, None
        if entry is None or not entry.is_plain or not entry.plan.is_current():
            return self._run_slow(fetches, feed_dict, key)
        values = []
        if feed_dict:
            pairs = zip(entry.feeds, feed_dict.values(), strict=True)
            for (tensor, kind, is_text, checked), value in pairs:
                if type(value) is not np.ndarray or is_text or value.shape not in checked:
                    value = as_array(tensor, value)
                    checked.add(value.shape)
                elif value.dtype is not kind:
                    value = value.astype(kind) if kind.kind != "O" else as_array(tensor, value)
                values.append(value)
        plan = entry.plan
        return plan.fetches.build(plan.run(self._store, values))

    def _run_slow(self, fetches: Any, feed_dict: Any, key: Any) -> Any:
        plan, values = self._prepare(fetches, feed_dict, key)
        return plan.fetches.build(plan.run(self._store, values))

    def _prepare(self, fetches: Any, feed_dict: Any, key: Any) -> tuple[Plan, list[np.ndarray]]:
        self._check_open()
        pairs = flatten_feeds(self._graph, feed_dict) if feed_dict else []
        values = [as_array(tensor, value) for tensor, value in pairs]
        fed = [tensor for tensor, _ in pairs]
        if len(set(fed)) < len(fed):
            last = dict(zip(fed, values, strict=True))
            fed, values = list(last), list(last.values())
        structure = Fetches(self._graph, fetches)
        plain_key = ("plain", tuple(structure.tensors), tuple(structure.targets), *fed)
        entry = self._plans.get(plain_key)
        if entry is None or not entry.plan.is_current():
            plan = Plan(structure, fed, self._store)
            plan.session = self
            entry = self._remember(plain_key, _Entry(plan, False))
        is_plain = not feed_dict or (
            len(fed) == len(feed_dict) and not any(isinstance(k, tuple | list) for k in feed_dict)
        )
        if key is not None and None not in key[:1] and is_plain:
            shared = entry.plan if entry.plan.fetches.build is structure.build else None
            plan = shared or entry.plan.with_structure(structure)
            entry = self._remember(key, _Entry(plan, True))
            return plan, values
        return entry.plan.with_structure(structure), values

    def _remember(self, key: Any, entry: _Entry) -> _Entry:
        with self._plans_lock:
            self._plans[key] = entry
            while len(self._plans) > MAX_PLANS:
                self._plans.popitem(last=False)
        return entry

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if self._graph.version == 0:
            raise RuntimeError(
                "The Session graph is empty.  Add operations to the graph before calling run()."
            )

    def _run_traced(self, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
        for proto, kind in ((options, "RunOptions"), (run_metadata, "RunMetadata")):
            if proto is not None and not hasattr(proto, "SerializeToString"):
                raise TypeError(f"{kind.lower()} must be a {kind} proto, but got {type(proto)}")
        with RunTrace(options, run_metadata) as trace:
            result = self._run(fetches, feed_dict)
            key = fetch_key(fetches)
            entry = self._plans.get((key, *(feed_dict or ())))
            trace.ops = entry.plan.ops if entry is not None else []
        return result

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """A function of the values of `feed_list` that runs `fetches`.

        Args:
            fetches: as for `run`.
            feed_list: tensors, in the order of the function's arguments.
            accept_options: the function takes keywords `options` and `run_metadata` too.

        Raises:
            TypeError: `feed_list` isn't a list or tuple.
        """
        if feed_list is not None and not isinstance(feed_list, list | tuple):
            raise TypeError("`feed_list` must be a list or tuple.")
        keys = [self._graph.as_graph_element(x, allow_operation=False) for x in feed_list or ()]
        self._check_open()
        Fetches(self._graph, fetches)

        def call(*args: Any, **kwargs: Any) -> Any:
            if len(args) != len(keys):
                raise ValueError(
                    f"Expected {len(keys)} positional arguments for the callable, got {len(args)}"
                )
            if kwargs and not accept_options:
                raise TypeError(f"unexpected keyword arguments {sorted(kwargs)}")
            return self.run(fetches, dict(zip(keys, args, strict=True)), **kwargs)

        return call

    def plan_report(self, fetches: Any, feed_dict: Any = None) -> str:
        """What `run` would do with these arguments: segments, where each runs, and its loops.

        A method of Evergraph's, which TensorFlow doesn't have; it runs nothing.
        """
        from evergraph.runtime.inspection import plan_report

        plan, _ = self._prepare(fetches, feed_dict, None)
        return plan_report(plan.sizes.successor or plan)

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Begin a run whose feeds and fetches come in parts; give the handle to `partial_run`."""
        from evergraph.runtime.partial_run import PartialRun

        self._check_open()
        return PartialRun(self, fetches, feeds)

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Go on with a run that `partial_run_setup` began."""
        return handle.run(fetches, feed_dict)


class Session(BaseSession):
    """Runs the operations of a graph and holds the values of its variables.

    Args:
        target: accepted; every session runs in this process.
        graph: the graph to run; the default graph when None.
        config: a ConfigProto; device placement is always soft.

    Raises:
        TypeError: an argument of a wrong kind.
    """

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._contexts: list[Any] = []

    def __enter__(self) -> Session:
        graph = default_graphs.entered(self._graph)
        session = self.as_default()
        graph.__enter__()
        session.__enter__()
        self._contexts.append((graph, session))
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        graph, session = self._contexts.pop()
        session.__exit__(None, None, None)
        graph.__exit__(None, None, None)
        self.close()

    @staticmethod
    def reset(target: Any, containers: Any = None, config: Any = None) -> None:
        """Accepted for programs written for clusters; no session here shares state."""


class InteractiveSession(BaseSession):
    """A session that makes itself, and its graph, the default ones until it is closed."""

    _active_count = 0

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        if InteractiveSession._active_count > 0:
            warnings.warn(
                "An interactive session is already active. This can cause out-of-memory errors in "
                "some cases. You must explicitly call `InteractiveSession.close()` to release "
                "resources held by the other session(s).",
                stacklevel=2,
            )
        InteractiveSession._active_count += 1
        self._explicit_graph = graph
        default_sessions.enforce_nesting = False
        self._default_session = self.as_default()
        self._default_session.__enter__()
        self._default_graph: Any = None
        if graph is not None:
            default_graphs.enforce_nesting = False
            self._default_graph = graph.as_default()
            self._default_graph.__enter__()

    def close(self) -> None:
        """Drop all state and stop being the default session."""
        if self._closed:
            return
        super().close()
        InteractiveSession._active_count -= 1
        if self._default_graph is not None:
            self._default_graph.__exit__(None, None, None)
            self._default_graph = None
        if self._default_session is not None:
            self._default_session.__exit__(None, None, None)
            self._default_session = None


__all__ = ["BaseSession", "InteractiveSession", "Operation", "Session", "Tensor"]
