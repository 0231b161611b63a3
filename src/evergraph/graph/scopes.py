"""Default graphs and sessions, and the module-level spellings of a graph's scopes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from evergraph.core.errors import explain
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor


class _DefaultStack(threading.local):
    """A stack of default objects for each thread."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[Any] = []
        self.enforce_nesting = True

    def get_default(self) -> Any:
        return self.stack[-1] if self.stack else None

    @contextmanager
    def entered(self, default: Any) -> Iterator[Any]:
        self.stack.append(default)
        try:
            yield default
        finally:
            if self.stack:
                if self.enforce_nesting:
                    if self.stack[-1] is not default:
                        raise AssertionError(
                            f"Nesting violated for default stack of {type(default)} objects"
                        )
                    self.stack.pop()
                elif default in self.stack:
                    self.stack.remove(default)


class _DefaultGraphStack(_DefaultStack):
    """Default graphs: below the stack of each thread lies one graph that all threads share."""

    _global_graph: Graph | None = None

    def get_default(self) -> Graph:
        if self.stack:
            graph: Graph = self.stack[-1]
            return graph
        if _DefaultGraphStack._global_graph is None:
            _DefaultGraphStack._global_graph = Graph()
        return _DefaultGraphStack._global_graph

    def outside_functions(self) -> Graph:
        """The innermost default graph that isn't the body of a function."""
        for graph in reversed(self.stack):
            if not graph.building_function:
                found: Graph = graph
                return found
        return _DefaultGraphStack().get_default()

    def reset(self) -> None:
        _DefaultGraphStack._global_graph = None


default_graphs = _DefaultGraphStack()
default_sessions = _DefaultStack()


def get_default_graph() -> Graph:
    """The graph that new operations of this thread go to."""
    return default_graphs.get_default()


def get_default_session() -> Any:
    """The innermost session entered in this thread, or None."""
    return default_sessions.get_default()


def reset_default_graph() -> None:
    """Forget the global default graph; the next operation starts a new one.

    Raises:
        AssertionError: called inside a `with graph.as_default():` block.
    """
    if default_graphs.stack:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared "
            "graph, exit the nesting and create a new graph."
        )
    default_graphs.reset()


def graph_of_inputs(inputs: Any, graph: Graph | None = None) -> Graph:
    """The one graph that `inputs` belong to; the default graph when none of them has one.

    Raises:
        TypeError: `graph` isn't a Graph.
        ValueError: two inputs are of different graphs.
    """
    if get_default_graph().building_function:
        return get_default_graph()
    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"Input graph needs to be a Graph: {graph}")
    original: Any = None
    for item in inputs:
        element: Any = None
        if isinstance(item, Tensor | Operation):
            element = item
        else:
            convert = getattr(item, "_as_graph_element", None)
            if convert is not None:
                element = convert()
            elif isinstance(getattr(item, "graph", None), Graph):
                element = item
        if element is None:
            continue
        if graph is None:
            original, graph = element, element.graph
        elif original is not None:
            if element.graph is not original.graph:
                raise ValueError(_foreign(element, original))
        elif element.graph is not graph:
            raise ValueError(f"{element} is not from the passed-in graph.")
    return graph or get_default_graph()


def _foreign(element: Any, original: Any) -> str:
    """The words for two graph elements that should be of one graph."""
    places = [getattr(getattr(x, "op", x), "created_at", None) for x in (original, element)]
    return explain(
        f"{element} must be from the same graph as {original}.",
        expected=f"the graph of '{original.name}', made at {places[0]}",
        given=f"'{element.name}' of another graph",
        created=places[1],
        fix="make both inside one `with graph.as_default():` block",
    )


class name_scope:
    """Put the operations made inside a `with` block under a name.

    Args:
        name: the scope's name; None takes `default_name`.
        default_name: used when `name` is None.
        values: tensors that must be of one graph, which is the default graph inside.

    Raises:
        ValueError: neither name is given, or the values are of different graphs.

    Reference: TensorFlow 1.15, tensorflow/python/framework/ops.py.
    """

    def __init__(
        self, name: str | None, default_name: str | None = None, values: Any = None
    ) -> None:
        if default_name is not None and not isinstance(default_name, str):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely "
                "meant to pass this into the `values` kwarg."
            )
        self._name = default_name if name is None else name
        self._default_name = default_name
        self._values = values
        self._has_no_name = self._name is None and values is not None
        self._given_name = name
        self._exits: list[Any] = []

    @property
    def name(self) -> str | None:
        """The scope's name as it was asked for."""
        return self._name

    def __enter__(self) -> str:
        if self._has_no_name:
            raise ValueError(
                f"At least one of name ({self._given_name}) and default_name "
                f"({self._default_name}) must be provided."
            )
        graph = graph_of_inputs(self._values or [])
        default = default_graphs.entered(graph)
        default.__enter__()
        scope = graph.name_scope(self._name)
        try:
            result: str = scope.__enter__()
        except BaseException:
            default.__exit__(None, None, None)
            raise
        self._exits.append((scope, default))
        return result

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        scope, default = self._exits.pop()
        scope.__exit__(None, None, None)
        default.__exit__(None, None, None)


class name_scope_v2(name_scope):
    """`name_scope` of a name alone; one object may be entered again and again."""

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ValueError("name for name_scope must be a string.")
        super().__init__(name)

    @property
    def name(self) -> str | None:
        """The name as given."""
        return self._name

    def __call__(self, function: Any) -> Any:
        """Use the scope as a decorator."""
        import functools

        @functools.wraps(function)
        def scoped(*args: Any, **kwargs: Any) -> Any:
            with name_scope(self._given_name, self._default_name, self._values):
                return function(*args, **kwargs)

        return scoped


@contextmanager
def op_scope(values: Any, name: str | None, default_name: str | None = None) -> Iterator[str]:
    """0.x's spelling of `name_scope(name, default_name, values)`; also takes its first order."""
    with name_scope(name, default_name, values) as scope:
        yield scope


def control_dependencies(control_inputs: Any) -> Any:
    """Operations made inside run only after all of `control_inputs`; None clears outer blocks."""
    return get_default_graph().control_dependencies(control_inputs)


def device(device_name_or_function: Any) -> Any:
    """Ask for a device for the operations made inside."""
    return get_default_graph().device(device_name_or_function)


def colocate_with(op: Any, ignore_existing: bool = False) -> Any:
    """Place the operations made inside with `op`."""
    return get_default_graph().colocate_with(op, ignore_existing)


@contextmanager
def init_scope() -> Iterator[None]:
    """Operations made inside depend on no control inputs and lie in no branch or loop.

    What initialises state belongs here, so that it can run before everything else. In the body of
    a function they go to the graph outside.
    """
    scope = get_default_graph().get_name_scope()
    graph = default_graphs.outside_functions()
    with (
        graph.as_default() if graph is not get_default_graph() else nullcontext(),
        graph.control_dependencies(None),
        graph.name_scope(f"{scope}/" if scope else None),
    ):
        yield


def container(container_name: str) -> Any:
    """Place stateful resources made inside in a named container."""
    return get_default_graph().container(container_name)


def name_from_scope_name(name: str) -> str:
    """What `name_scope` gives, without the slash: the name of an operation."""
    return name[:-1] if name.endswith("/") else name


def strip_name_scope(name: Any, export_scope: str | None) -> Any:
    """`name` without the scope that it begins with, also after "^" or "loc:@"."""
    if not export_scope:
        return name
    if isinstance(name, bytes):
        return strip_name_scope(name.decode(), export_scope).encode()
    scope = re.escape(export_scope.rstrip("/"))
    return re.sub(rf"([\^]|loc:@|^){scope}[/]+(.*)", r"\1\2", name, count=1)


def prepend_name_scope(name: Any, import_scope: str | None) -> Any:
    """`name` within a scope, which goes behind "^" or "loc:@"."""
    if not import_scope:
        return name
    if isinstance(name, bytes):
        return prepend_name_scope(name.decode(), import_scope)
    scope = import_scope.rstrip("/")
    return re.sub(r"([\^]|loc:@|^)(.*)", rf"\g<1>{scope}/\g<2>", name, count=1)


def add_to_collection(name: Any, value: Any) -> None:
    """Append `value` to the collection `name` of the default graph."""
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    """Append `value` to each collection in `names` of the default graph."""
    get_default_graph().add_to_collections(names, value)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """A copy of a collection of the default graph, filtered by the start of its items' names."""
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key: Any) -> list[Any]:
    """A collection of the default graph itself."""
    return get_default_graph().get_collection_ref(key)


def get_all_collection_keys() -> list[Any]:
    """The names of all collections of the default graph."""
    return get_default_graph().get_all_collection_keys()


def set_random_seed(seed: int | None) -> None:
    """Set the graph-level seed of the default graph; see `get_seed` for how op seeds follow."""
    get_default_graph().seed = seed


_DEFAULT_GRAPH_SEED = 87654321
_SEED_LIMIT = 2**31 - 1


def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The attrs `seed`, `seed2` of a random op whose Python call was given `op_seed`.

    Without any seed both are None. With a graph seed only, the second is the number of
    operations made so far, so that every op gets a stream of its own.

    Reference: TensorFlow 1.15, tensorflow/python/framework/random_seed.py.
    """
    graph = get_default_graph()
    graph_seed = graph.seed
    if graph_seed is not None:
        if op_seed is None:
            op_seed = graph._last_id
        seeds = graph_seed % _SEED_LIMIT, op_seed % _SEED_LIMIT
    elif op_seed is not None:
        seeds = _DEFAULT_GRAPH_SEED, op_seed % _SEED_LIMIT
    else:
        return None, None
    return (0, _SEED_LIMIT) if seeds == (0, 0) else seeds
