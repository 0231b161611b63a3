"""Variables of a graph by kind, and what initialises and checks many of them at once."""

from __future__ import annotations

import os
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    colocate_with,
    device,
    get_collection,
    get_default_graph,
    name_scope,
)
from evergraph.ops import state
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import rank_internal
from evergraph.ops.constants import constant
from evergraph.ops.identity import no_op


def global_variables(scope: str | None = None) -> list[Any]:
    """The global variables of the default graph; with `scope`, those whose name it matches."""
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def all_variables() -> list[Any]:
    """The old spelling of `global_variables()`."""
    return global_variables()


def local_variables(scope: str | None = None) -> list[Any]:
    """The local variables of the default graph; with `scope`, those whose name it matches."""
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Any]:
    """The model variables of the default graph; with `scope`, those whose name it matches."""
    return get_collection(GraphKeys.MODEL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Any]:
    """The trainable variables of the default graph; with `scope`, those whose name it matches."""
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables with moving averages; with `scope`, those whose name it matches."""
    return get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def _all_saveable_objects(scope: str | None = None) -> list[Any]:
    return global_variables(scope) + get_collection(GraphKeys.SAVEABLE_OBJECTS, scope)


def variables_initializer(var_list: Any, name: str = "init") -> Operation:
    """An operation that initialises all variables of `var_list`.

    Args:
        var_list: variables.
        name: name of the operation.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variables.py.
    """
    from evergraph.ops.grouping import group

    if var_list:
        return group(*[v.initializer for v in var_list], name=name)
    return no_op(name=name)


def initialize_variables(var_list: Any, name: str = "init") -> Operation:
    """The old spelling of `variables_initializer`."""
    return variables_initializer(var_list, name)


def global_variables_initializer() -> Operation:
    """An operation that initialises all global variables that exist now."""
    return variables_initializer(global_variables())


def initialize_all_variables() -> Operation:
    """The old spelling of `global_variables_initializer`."""
    return global_variables_initializer()


def local_variables_initializer() -> Operation:
    """An operation that initialises all local variables that exist now."""
    return variables_initializer(local_variables())


def initialize_local_variables() -> Operation:
    """The old spelling of `local_variables_initializer`."""
    return local_variables_initializer()


def is_variable_initialized(variable: Any) -> Tensor:
    """Whether `variable` holds a value: bool scalar."""
    return state.is_variable_initialized(variable)


def _places() -> list[Tensor]:
    """The references of all ref variables of the graph, for graphs without collections."""
    return [
        op.outputs[0]
        for op in get_default_graph().get_operations()
        if op.op_def is not None
        and op.op_def.location
        and op.outputs[0].dtype._is_ref_dtype
        and "var_name" not in op.attrs
    ]


def assert_variables_initialized(var_list: Any = None) -> Tensor | None:
    """A tensor that can be computed only when all variables of `var_list` are initialised.

    Args:
        var_list: variables; the global and local ones when None.

    Returns:
        The tensor (of ranks), or None when there are no variables.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variables.py.
    """
    if var_list is None:
        var_list = global_variables() + local_variables()
    var_list = var_list or _places()
    if not var_list:
        return None
    ranks = []
    for variable in var_list:
        with colocate_with(variable.op):
            ranks.append(rank_internal(variable, optimize=False))
    return ranks[0] if len(ranks) == 1 else stack(ranks)


def report_uninitialized_variables(
    var_list: Any = None, name: str = "report_uninitialized_variables"
) -> Tensor:
    """The names of the variables that hold no value yet: string vector.

    Args:
        var_list: variables; the global and local ones when None.
        name: name scope of the operations.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variables.py.
    """
    if var_list is None:
        var_list = global_variables() + local_variables() or _places()
    with name_scope(name):
        are_initialized = [state.is_variable_initialized(v) for v in var_list]
        place = os.environ.get("TF_DEVICE_FOR_UNINITIALIZED_VARIABLE_REPORTING", "/cpu:0")
        with device(place):
            if not var_list:
                return constant([], dtype=dtypes.string)
            from evergraph.ops.select import boolean_mask
            from evergraph.registry.op_def import get_op_def

            mask = get_op_def("LogicalNot")(stack(are_initialized))
            names = constant([variable.op.name for variable in var_list])
            return boolean_mask(names, mask)
