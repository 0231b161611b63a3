"""Small things of tensorflow.python.framework.ops that only tests and old tools ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph import protos
from evergraph.graph.composite import CompositeTensor
from evergraph.graph.conversion import internal_convert_to_tensor
from evergraph.graph.scopes import default_graphs, get_default_graph


class EagerTensor:
    """The class of values in eager mode: there are none."""


class ScopedTFStatus:
    """The class of a status of TensorFlow's C API: there are none."""


def _NodeDef(
    op_type: str, name: str, device: Any = None, attrs: dict[str, Any] | None = None
) -> Any:
    """A NodeDef of that type and name."""
    node = protos.NodeDef(op=op_type, name=name)
    for key, value in (attrs or {}).items():
        node.attr[key].CopyFrom(value)
    if device is not None:
        text = device(node) if callable(device) else device
        node.device = text.to_string() if hasattr(text, "to_string") else str(text)
    return node


def has_default_graph() -> bool:
    """Whether this thread is inside a `with graph.as_default():` block."""
    return bool(default_graphs.stack)


def get_name_scope() -> str:
    """The current name scope of the default graph, without a slash at its end."""
    return get_default_graph().get_name_scope()


def convert_to_tensor_or_composite(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`value` itself when it is made of tensors, else it as a tensor."""
    if isinstance(value, CompositeTensor):
        return value
    return internal_convert_to_tensor(value, dtype=dtype, name=name, accept_composite_tensors=True)


# Statistics that functions tell of nodes: tensorflow.python.framework.ops.RegisterStatistics.
_statistics: dict[tuple[str, str], Callable[[Any, Any], OpStats]] = {}


class OpStats:
    """A number of a kind (`statistic_type`), or None; `+=` adds."""

    def __init__(self, statistic_type: str, value: float | None = None) -> None:
        self.statistic_type = statistic_type
        self.value = value

    def __iadd__(self, other: OpStats) -> OpStats:
        if other.statistic_type != self.statistic_type:
            raise ValueError(
                f"Can't add an OpStat of type {self.statistic_type} to one of "
                f"{other.statistic_type}."
            )
        if other.value is not None:
            self.value = other.value if self.value is None else self.value + other.value
        return self


class RegisterStatistics:
    """Decorate the function that tells a statistic of an op type's nodes."""

    def __init__(self, op_type: str, statistic_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string.")
        if "," in op_type:
            raise TypeError("op_type must not contain a comma.")
        if not isinstance(statistic_type, str):
            raise TypeError("statistic_type must be a string.")
        if "," in statistic_type:
            raise TypeError("statistic_type must not contain a comma.")
        self._key = (op_type, statistic_type)

    def __call__(self, f: Callable[[Any, Any], OpStats]) -> Callable[[Any, Any], OpStats]:
        """Register `f(graph, node)` and return it."""
        _statistics[self._key] = f
        return f


def get_stats_for_node_def(graph: Any, node: Any, statistic_type: str) -> OpStats:
    """The statistic of a node, without a value when nobody tells it."""
    function = _statistics.get((node.op, statistic_type))
    return OpStats(statistic_type) if function is None else function(graph, node)
