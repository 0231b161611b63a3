"""Grouping and ordering: group, tuple, with_dependencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import nest
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import convert_to_tensor_or_indexed_slices
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    colocate_with,
    control_dependencies,
    device,
    graph_of_inputs,
    name_scope,
)
from evergraph.ops.identity import identity, no_op


def with_dependencies(
    dependencies: Sequence[Any], output_tensor: Any, name: str | None = None
) -> Any:
    """`output_tensor`, available once all of `dependencies` have run.

    Args:
        dependencies: operations and tensors.
        output_tensor: a Tensor or IndexedSlices.
        name: name of the identity operation; "control_dependency" when None.
    """
    with (
        name_scope(name, "control_dependency", [*dependencies, output_tensor]) as scope,
        colocate_with(output_tensor),
        control_dependencies(dependencies),
    ):
        output = convert_to_tensor_or_indexed_slices(output_tensor)
        if isinstance(output, IndexedSlices):
            values = identity(output.values, name=scope)
            return IndexedSlices(values, output.indices, output.dense_shape)
        return identity(output, name=scope)


def _group_on_device(
    op_name: str, dependencies: Sequence[Any], on: str, name: str | None = None
) -> Operation:
    if on:
        with device(on), control_dependencies(dependencies):
            return no_op(name=name or op_name)
    with control_dependencies(dependencies):
        return no_op(name=name or op_name)


def group(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that is done when all of `inputs` are.

    Args:
        *inputs: operations, tensors, or nested lists of these.
        **kwargs: `name`: name of the operation.

    Raises:
        TypeError: an input is neither, or another keyword is given.
        ValueError: unknown keywords.

    Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}")
    with name_scope(
        name, "group_deps", nest.flatten(list(inputs), expand_composites=True)
    ) as scope:
        if not inputs:
            return no_op(name=scope)
        by_device: dict[str, list[Any]] = {}
        for item in nest.flatten(list(inputs), expand_composites=True):
            if not hasattr(item, "device"):
                raise TypeError(
                    "Expected tf.group() expected Tensor arguments not "
                    f"'{item}' with type '{type(item)}'"
                )
            by_device.setdefault(item.device or "", []).append(item)
        if len(by_device) == 1:
            ((on, dependencies),) = by_device.items()
            return _group_on_device(scope, dependencies, on, scope)
        groups = [_group_on_device("NoOp", by_device[on], on) for on in sorted(by_device)]
        with control_dependencies(groups):
            return no_op(name=scope)


def tuple(
    tensors: Sequence[Any] | None = None,
    name: str | None = None,
    control_inputs: Sequence[Any] | None = None,
) -> list[Any]:
    """`tensors`, each available once all of them are computed.

    Args:
        tensors: Tensors, IndexedSlices, operations or None.
        name: name scope; "tuple" when None.
        control_inputs: further operations to wait for.

    Returns:
        A list with None, or an operation, where `tensors` has one.

    Raises:
        TypeError: a control input is of a wrong kind.
        ValueError: `tensors` holds no tensor.
    """
    if tensors is None:
        raise ValueError("tensors must be a list")
    tensors = list(tensors)
    graph_of_inputs([t for t in tensors if t is not None])
    with name_scope(name, "tuple", [t for t in tensors if t is not None]):
        gates = [t if isinstance(t, Operation) else t.op for t in tensors if t is not None]
        for control in control_inputs or ():
            if isinstance(control, Tensor):
                gates.append(control.op)
            elif isinstance(control, Operation):
                gates.append(control)
            else:
                raise TypeError(f"Control input must be Operation or Tensor: {control}")
        # TensorFlow orders and deduplicates the gates by their ids.
        gates = sorted(set(gates), key=lambda op: op._id)
        if not gates:
            raise ValueError(f"Must have at least one Tensor: {tensors}")
        gate = group(*gates)
        result: list[Any] = []
        for tensor in tensors:
            if tensor is None:
                result.append(None)
            elif isinstance(tensor, Operation):
                result.append(
                    with_dependencies([gate], tensor.outputs[0]) if tensor.outputs else tensor
                )
            else:
                result.append(with_dependencies([gate], tensor))
        return result
