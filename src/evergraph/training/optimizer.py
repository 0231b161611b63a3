"""Optimizer: from a loss to the operation that trains the variables.

Reference: TensorFlow 1.15, tensorflow/python/training/optimizer.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.autodiff.gradients import gradients
from evergraph.core import dtypes, nest
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import convert_to_tensor, convert_to_tensor_or_indexed_slices
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    colocate_with,
    control_dependencies,
    get_collection,
    get_collection_ref,
    get_default_graph,
    name_scope,
)
from evergraph.ops.array_shape import shape
from evergraph.ops.grouping import group
from evergraph.ops.grouping import tuple as tuple_of
from evergraph.ops.math_segment import unsorted_segment_sum
from evergraph.ops.resource import ASSIGN_ADD_VARIABLE_OP
from evergraph.ops.state import assign_add
from evergraph.ops.unique import unique
from evergraph.training.slots import create_slot, create_slot_with_initializer, create_zeros_slot
from evergraph.variables.lists import trainable_variables
from evergraph.variables.resource_variable import is_resource_variable
from evergraph.variables.variable import Variable, VariableV1


def deduplicate(values: Any, indices: Any) -> tuple[Tensor, Tensor]:
    """Sum the rows of `values` whose indices are equal.

    Returns:
        (sums, the indices without repeats, in order of first appearance).
    """
    unique_indices, positions = unique(indices)
    sums = unsorted_segment_sum(values, positions, shape(unique_indices)[0])
    return sums, unique_indices


def _is_handled(variable: Any) -> bool:
    return is_resource_variable(variable) or (
        not isinstance(variable, Tensor) and variable.op.type == "VarHandleOp"
    )


def _target(variable: Any) -> Any:
    """What gradients are taken with respect to: a ref, a resource variable, or a tensor."""
    if _is_handled(variable) or isinstance(variable, Tensor):
        return variable
    if isinstance(variable, Variable):
        reference: Any = variable
        return reference._ref()
    raise NotImplementedError("Trying to optimize unsupported type ", variable)


def _key(variable: Any) -> Any:
    return variable.op.graph, variable.op.name


class Optimizer:
    """Base of the optimizers: collects gradients, keeps slots, builds the training operation.

    A subclass gives `_apply_dense`, `_apply_sparse` (ref variables), `_resource_apply_dense`,
    `_resource_apply_sparse` (resource variables), and where needed `_create_slots`, `_prepare`,
    `_finish`.

    Args:
        use_locking: accepted; updates never interleave.
        name: name scope of the updates, and prefix of the slots.

    Raises:
        ValueError: the name is empty.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Any]] = {}
        self._non_slot_dict: dict[Any, Any] = {}

    def get_name(self) -> str:
        """The name given to the constructor."""
        return self._name

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:
        """Add operations that lower `loss` by changing the variables, and return the one to run.

        Args:
            loss: the tensor to minimise.
            global_step: variable that grows by 1 with each step, or None.
            var_list: variables to change; all trainable ones when None.
            gate_gradients: GATE_NONE, GATE_OP or GATE_GRAPH.
            aggregation_method: how gradients of several paths are summed.
            colocate_gradients_with_ops: place each gradient with its operation.
            name: name of the operation; the optimizer's own when None.
            grad_loss: gradient with respect to `loss`; ones when None.

        Raises:
            ValueError: no variable has a gradient, or one is of a dtype that can't be trained.
        """
        pairs = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(grad is None for grad, _ in pairs):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {[str(v) for _, v in pairs]} and loss "
                f"{loss}."
            )
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """The gradient of `loss` with respect to each variable, as (gradient, variable) pairs.

        Arguments as for `minimize`. A gradient is None where the loss doesn't depend on the
        variable, and IndexedSlices where it depends on gathered rows alone.

        Raises:
            TypeError: `loss` is a function (that is eager mode's form).
            ValueError: wrong arguments, or nothing to optimise.
        """
        if callable(loss):
            raise RuntimeError("a function as `loss` needs eager execution; pass a tensor")
        get_default_graph()._is_loss_scaled_by_optimizer = False
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        if var_list is None:
            resources = get_collection(GraphKeys.TRAINABLE_RESOURCE_VARIABLES)
            var_list = trainable_variables() + resources
        else:
            var_list = nest.flatten(var_list)
        var_list = var_list + get_collection(GraphKeys._STREAMING_MODEL_PORTS)
        targets = [_target(v) for v in var_list]
        if not var_list:
            raise ValueError("No variables to optimize.")
        grads = gradients(
            loss,
            targets,
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == self.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == self.GATE_GRAPH:
            grads = tuple_of(grads)
        pairs = list(zip(grads, var_list, strict=True))
        self._assert_valid_dtypes(
            [v for g, v in pairs if g is not None and v.dtype != dtypes.resource]
        )
        return pairs

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Add operations that change the variables by their gradients, and return the one to run.

        Args:
            grads_and_vars: pairs as `compute_gradients` gives them.
            global_step: variable that grows by 1 afterwards, or None.
            name: name of the operation; the optimizer's own when None.

        Raises:
            TypeError: a gradient is neither Tensor, IndexedSlices nor None.
            ValueError: no pairs, or no gradient among them.
        """
        pairs = tuple(grads_and_vars)
        if not pairs:
            raise ValueError("No variables provided.")
        converted = [(_gradient(grad), var) for grad, var in pairs]
        changed = [var for grad, var in converted if grad is not None]
        if not changed:
            names = [str(v) for _, v in converted]
            raise ValueError(f"No gradients provided for any variable: {names}.")
        with control_dependencies(None):
            self._create_slots(changed)
        with name_scope(name, self._name) as scope:
            self._prepare()
            updates = []
            for grad, var in converted:
                if grad is None:
                    continue
                with name_scope("update_" + var.op.name), colocate_with(var.op):
                    updates.append(self._update(grad, var))
            train_op: Any
            if global_step is None:
                train_op = self._finish(updates, scope)
            else:
                finished = self._finish(updates, "update")
                with control_dependencies([finished]), colocate_with(global_step.op):
                    train_op = _advance(global_step, scope)
            if isinstance(train_op, Tensor):
                train_op = train_op.op
            collected = get_collection_ref(GraphKeys.TRAIN_OP)
            if train_op not in collected:
                collected.append(train_op)
            return train_op

    def _update(self, grad: Any, var: Any) -> Any:
        if isinstance(var, Tensor):
            raise NotImplementedError("Trying to update a Tensor ", var)
        constraint = var.constraint
        handled = _is_handled(var)
        if isinstance(grad, IndexedSlices):
            if constraint is not None:
                raise RuntimeError("Cannot use a constraint function on a sparse variable.")
            if handled:
                return self._resource_apply_sparse_duplicate_indices(grad.values, var, grad.indices)
            return self._apply_sparse_duplicate_indices(grad, var)
        apply = self._resource_apply_dense if handled else self._apply_dense
        update = apply(grad, var)
        if constraint is None:
            return update
        with control_dependencies([update]):
            return var.assign(constraint(var))

    # Slots and other state.

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot called `name` of `var`, or None."""
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self) -> list[str]:
        """The names of the slots, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The optimizer's own variables in the default graph, sorted by name."""
        graph = get_default_graph()
        found = [v for v in self._non_slot_dict.values() if v.op.graph is graph]
        for slots in self._slots.values():
            found.extend(v for v in slots.values() if v.op.graph is graph)
        return sorted(found, key=lambda v: str(v.name))

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        key = (name, colocate_with.graph)
        found = self._non_slot_dict.get(key)
        if found is None:
            with colocate_with.graph.colocate_with(colocate_with.op):
                found = VariableV1(
                    initial_value,
                    name=name,
                    trainable=False,
                    use_resource=is_resource_variable(colocate_with),
                )
            self._non_slot_dict[key] = found
        return found

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slot_dict.get((name, graph))

    def _non_slot_variables(self) -> Any:
        return self._non_slot_dict.values()

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = create_slot(var, val, op_name)
        return slots[_key(var)]

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = create_slot_with_initializer(var, initializer, shape, dtype, op_name)
        return slots[_key(var)]

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = create_zeros_slot(var, op_name)
        return slots[_key(var)]

    # What subclasses give.

    def _valid_dtypes(self) -> set[Any]:
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _assert_valid_dtypes(self, tensors: Sequence[Any]) -> None:
        valid = self._valid_dtypes()
        for tensor in tensors:
            if tensor.dtype.base_dtype not in valid:
                raise ValueError(
                    f"Invalid type {tensor.dtype.base_dtype!r} for {tensor.name}, expected: "
                    f"{list(valid)}."
                )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Make the slots of `var_list`; none by default."""

    def _prepare(self) -> None:
        """Make the tensors that all updates share; none by default."""

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        raise NotImplementedError

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        raise NotImplementedError

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        raise NotImplementedError

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        raise NotImplementedError

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        values, indices = deduplicate(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        values, unique_indices = deduplicate(grad, indices)
        return self._resource_apply_sparse(values, handle, unique_indices)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        return group(*update_ops, name=name_scope)

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param


def _gradient(grad: Any) -> Any:
    if grad is None:
        return None
    try:
        converted = convert_to_tensor_or_indexed_slices(grad)
    except TypeError:
        raise TypeError(
            f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {grad}"
        ) from None
    if not isinstance(converted, Tensor | IndexedSlices):
        raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {converted}")
    return converted


def _advance(global_step: Any, name: str) -> Any:
    if is_resource_variable(global_step):
        one = convert_to_tensor(1, dtype=global_step.dtype)
        return ASSIGN_ADD_VARIABLE_OP(global_step.handle, one, name=name)
    return assign_add(global_step, 1, name=name)
