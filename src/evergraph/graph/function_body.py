"""The body of a function of a graph's library, as a graph of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class FunctionBody:
    """What a function computes.

    Attributes:
        graph: the graph of the body; its library holds the functions that the body calls.
        inputs: a placeholder for each argument.
        outputs: the results.
        control_outputs: operations that every call runs besides what the results need.
    """

    graph: Graph
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    control_outputs: Sequence[Operation] = ()


def _no_gradient(body: FunctionBody) -> FunctionBody:
    raise AssertionError("autodiff gives this its meaning")


# From a body that nobody else uses to that of its gradient: a function of the arguments and of the
# gradients of the results. Filled in by autodiff, since the IR knows no gradients.
make_gradient: Callable[[FunctionBody], FunctionBody] = _no_gradient
