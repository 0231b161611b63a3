"""Moving averages of variables and tensors.

Reference: TensorFlow 1.15, tensorflow/python/training/moving_averages.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation
from evergraph.graph.scopes import (
    add_to_collection,
    colocate_with,
    control_dependencies,
    get_default_graph,
    name_scope,
)
from evergraph.ops.cast import cast
from evergraph.ops.grouping import group
from evergraph.ops.math_division import div, truediv
from evergraph.ops.math_elementwise import minimum
from evergraph.ops.math_functions import pow as power
from evergraph.ops.state import assign, assign_sub
from evergraph.training.slots import create_slot, create_zeros_slot
from evergraph.variables.initializers import zeros_initializer
from evergraph.variables.lists import (
    global_variables,
    moving_average_variables,
    trainable_variables,
)
from evergraph.variables.variable import Variable
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """Variable -= (variable - value) (1 - decay).

    Args:
        variable: the average.
        value: tensor of its shape.
        decay: float or scalar tensor, near 1.
        zero_debias: divide out the zero that the average started from (Kingma and Ba, 2014).
        name: name of the operation.

    Returns:
        The updated variable's reference, or the operation for a resource variable.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        rate = convert_to_tensor(1.0 - decay, name="decay")
        if rate.dtype != variable.dtype.base_dtype:
            rate = cast(rate, variable.dtype.base_dtype)
        if zero_debias:
            return _assign_unbiased(variable, value, rate)
        return assign_sub(variable, (variable - value) * rate, name=scope)


def _assign_unbiased(variable: Any, value: Any, rate: Any) -> Any:
    """Keep the biased average and a step count beside `variable`; set it to their ratio."""
    with variable_scope(variable.name[: -len(":0")], values=[variable, value, rate]):
        with control_dependencies(None):
            biased_start, step_start = zeros_initializer(), zeros_initializer()
        with colocate_with(variable.op):
            biased = get_variable(
                _free_name("biased"),
                initializer=biased_start,
                shape=variable.get_shape(),
                dtype=variable.dtype,
                trainable=False,
            )
            steps = get_variable(
                _free_name("local_step"),
                shape=[],
                dtype=variable.dtype,
                initializer=step_start,
                trainable=False,
            )
    next_biased = assign_sub(biased, (biased - value) * rate)
    next_step = steps.assign_add(1)
    factor = 1 - power(1.0 - rate, next_step)
    scope = get_default_graph().get_name_scope()
    return assign(variable, next_biased / factor, name=scope + "/")


def _free_name(name: str) -> str:
    """`name`, numbered when a variable of the current scope has it."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = {v.op.name for v in scope.global_variables()}
    full = f"{scope.name}/{name}"
    if full not in taken:
        return name
    index = 1
    while f"{full}_{index}" in taken:
        index += 1
    return f"{name}_{index}"


def weighted_moving_average(
    value: Any,
    decay: Any,
    weight: Any,
    truediv: bool = True,
    collections: Any = None,
    name: str | None = None,
) -> Any:
    """The ratio of the moving averages of `value * weight` and of `weight`.

    Args:
        value: tensor to average.
        decay: float or scalar tensor, near 1.
        weight: tensor that broadcasts to the shape of `value`.
        truediv: divide integers to floats.
        collections: collections of the two variables; GLOBAL_VARIABLES when None.
        name: variable scope.
    """
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    with variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:
        averages = [
            get_variable(
                key,
                shape=tensor.get_shape(),
                dtype=tensor.dtype,
                initializer=zeros_initializer(),
                trainable=False,
                collections=collections,
            )
            for key, tensor in (("value_x_weight", value), ("weight", weight))
        ]
        above = assign_moving_average(averages[0], value * weight, decay, zero_debias=False)
        below = assign_moving_average(averages[1], weight, decay, zero_debias=False)
        divide = _true_divide if truediv else div
        return divide(above, below, name=scope.name)


_true_divide = truediv


class ExponentialMovingAverage:
    """Shadow variables s with s -= (1 - decay) (s - v), made and updated by `apply`.

    Args:
        decay: float or scalar tensor, near 1.
        num_updates: count of updates so far; the decay is then at most
            (1 + num_updates) / (10 + num_updates).
        zero_debias: divide out the starting zero, for averages of tensors.
        name: what the shadow variables are called under their variables.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        """The name given to the constructor."""
        return self._name

    def apply(self, var_list: Any = None) -> Operation:
        """Make shadow variables where missing, and the operation that updates them all.

        Args:
            var_list: variables and tensors; all trainable variables when None.

        Raises:
            TypeError: one isn't floating.
            ValueError: a shadow variable exists in the graph under that name.
        """
        if var_list is None:
            var_list = trainable_variables()
        unbiased: set[Any] = set()
        for var in var_list:
            if var.dtype.base_dtype not in (
                dtypes.bfloat16,
                dtypes.float16,
                dtypes.float32,
                dtypes.float64,
            ):
                raise TypeError(f"The variables must be half, float, or double: {var.name}")
            if var not in self._averages:
                with control_dependencies(None):
                    self._averages[var] = self._shadow(var, unbiased)
        with name_scope(self.name) as scope:
            decay = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                count = cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [
                assign_moving_average(
                    self._averages[var], var, decay, self._averages[var] in unbiased
                )
                for var in var_list
            ]
            return group(*updates, name=scope)

    def _shadow(self, var: Any, unbiased: set[Any]) -> Any:
        if isinstance(var, Variable):
            average = create_slot(var, var.initialized_value(), self.name)
            add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
            return average
        is_place = var.op.op_def is not None and var.op.op_def.location
        average = create_zeros_slot(var, self.name, colocate_with_primary=is_place)
        if self._zero_debias:
            unbiased.add(average)
        return average

    def average(self, var: Any) -> Any:
        """The shadow variable of `var`, or None."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """The name that the shadow variable of `var` has or would get."""
        if var in self._averages:
            return str(self._averages[var].op.name)
        return get_default_graph().unique_name(f"{var.op.name}/{self.name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Names in a checkpoint -> variables: restoring puts averages into their variables."""
        if moving_avg_variables is None:
            moving_avg_variables = trainable_variables() + moving_average_variables()
        averaged = list(dict.fromkeys(moving_avg_variables))
        names = {self.average_name(v): v for v in averaged}
        averaged_names = {v.name for v in averaged}
        for var in dict.fromkeys(global_variables()):
            if var.name not in averaged_names and var.op.name not in names:
                names[var.op.name] = var
        return names
