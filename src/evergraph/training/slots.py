"""Slots: variables that an optimizer keeps beside each variable that it trains.

Reference: TensorFlow 1.15, tensorflow/python/training/slot_creator.py.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from evergraph.core.shapes import TensorShape
from evergraph.graph.scopes import colocate_with
from evergraph.ops.array_shape import shape_internal
from evergraph.ops.fills import zeros
from evergraph.variables.initializers import zeros_initializer
from evergraph.variables.ref_variable import RefVariable
from evergraph.variables.resource_variable import is_resource_variable
from evergraph.variables.variable import Variable
from evergraph.variables.variable_scope import get_variable, get_variable_scope, variable_scope


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Any:
    """A slot of `primary` that starts as the tensor `val`.

    Args:
        primary: the variable (or tensor) that the slot belongs to.
        val: a tensor.
        name: the slot's name; it lies under the primary's.
        colocate_with_primary: place the slot with its primary.

    Returns:
        A variable called `<primary>/<name>`.
    """
    is_known = val.get_shape().is_fully_defined()
    return _slot(primary, val, name, colocate_with_primary, is_known, None, None)


def create_slot_with_initializer(
    primary: Any,
    initializer: Any,
    shape: Any,
    dtype: Any,
    name: str,
    colocate_with_primary: bool = True,
) -> Any:
    """A slot of `primary` that starts as what `initializer` gives for `shape` and `dtype`."""
    is_known = TensorShape(shape).is_fully_defined()
    return _slot(primary, initializer, name, colocate_with_primary, is_known, shape, dtype)


def create_zeros_slot(
    primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True
) -> Any:
    """A slot of `primary` that starts as zeros of its shape."""
    dtype = primary.dtype if dtype is None else dtype
    shape = primary.get_shape()
    if shape.is_fully_defined():
        return create_slot_with_initializer(
            primary, zeros_initializer(), shape, dtype, name, colocate_with_primary
        )
    source = primary.initialized_value() if isinstance(primary, Variable) else primary
    size = shape_internal(source, optimize=False)
    return create_slot(primary, zeros(size, dtype=dtype), name, colocate_with_primary)


def _slot(
    primary: Any, value: Any, name: str, colocate: bool, validate: bool, shape: Any, dtype: Any
) -> Any:
    place = colocate_with(primary.op) if colocate else nullcontext()
    with variable_scope(None, f"{primary.op.name}/{name}"), place:
        return _slot_variable(primary, value, validate, shape, dtype)


def _slot_variable(primary: Any, value: Any, validate: bool, shape: Any, dtype: Any) -> Any:
    scope = get_variable_scope()
    # A partitioner of the scope around must not split a slot: its primary decides.
    partitioner = scope.partitioner
    scope.set_partitioner(None)
    use_resource: bool | None = None
    if is_resource_variable(primary):
        use_resource = True
    elif isinstance(primary, RefVariable):
        use_resource = False
    slot = get_variable(
        "",
        initializer=value,
        trainable=False,
        use_resource=use_resource,
        shape=shape if callable(value) else None,
        dtype=dtype,
        validate_shape=validate,
    )
    scope.set_partitioner(partitioner)
    info = primary._save_slice_info if isinstance(primary, Variable) else None
    if info is not None:
        real_name = slot.name[len(primary.op.name) + 1 : -2]
        slot._set_save_slice_info(
            Variable.SaveSliceInfo(
                f"{info.full_name}/{real_name}",
                info.full_shape[:],
                info.var_offset[:],
                info.var_shape[:],
            )
        )
    return slot
