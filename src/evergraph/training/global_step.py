"""The global step: the variable that counts training steps.

Reference: TensorFlow 1.15, tensorflow/python/training/training_util.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.graph import Graph
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.variables.initializers import zeros_initializer
from evergraph.variables.resource_variable import is_resource_variable
from evergraph.variables.variable import Variable
from evergraph.variables.variable_scope import get_variable


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The value of the global step in session `sess`."""
    return int(sess.run(global_step_tensor))


def get_global_step(graph: Graph | None = None) -> Any:
    """The global step of `graph` (the default graph when None), or None when it has none.

    Raises:
        TypeError: what is there isn't an integer scalar.
    """
    graph = graph or get_default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    step: Any = None
    if len(found) == 1:
        step = found[0]
    elif not found:
        try:
            step = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    else:
        return None
    assert_global_step(step)
    return step


def create_global_step(graph: Graph | None = None) -> Any:
    """Make the global step, an int64 variable that starts at 0.

    Raises:
        ValueError: the graph has one already.
    """
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=zeros_initializer(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The global step of `graph`, made when missing."""
    graph = graph or get_default_graph()
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


def assert_global_step(global_step_tensor: Any) -> None:
    """Raise TypeError unless the argument is an integer scalar variable or tensor."""
    step = global_step_tensor
    if not (isinstance(step, Variable | Tensor) or is_resource_variable(step)):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {step}.')
    if not step.dtype.base_dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {step.dtype}')
    if step.get_shape().ndims != 0 and step.get_shape().is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {step.get_shape()}')
