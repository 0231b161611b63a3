"""Saveables: what a Saver saves and restores, one for each tensor of a checkpoint.

Reference: TensorFlow 1.15, tensorflow/python/training/saving/saveable_object_util.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from evergraph.core.dtypes import DType
from evergraph.graph.conversion import internal_convert_to_tensor
from evergraph.graph.device import DeviceSpec
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import device
from evergraph.ops.array_shape import reshape
from evergraph.ops.identity import identity
from evergraph.ops.resource import ASSIGN_VARIABLE_OP
from evergraph.ops.state import assign
from evergraph.variables.partitioned_variable import PartitionedVariable
from evergraph.variables.resource_variable import is_resource_variable
from evergraph.variables.variable import Variable


class SaveSpec:
    """One tensor of a checkpoint.

    Args:
        tensor: the tensor to save, or a function that makes it.
        slice_spec: which part of a larger one it is ("11 4 0,4:-"), "" for a whole one.
        name: its name in the checkpoint.
        dtype: its type; given when `tensor` is a function.
        device: its device; given when `tensor` is a function.
    """

    def __init__(
        self,
        tensor: Tensor | Callable[[], Tensor],
        slice_spec: str,
        name: str,
        dtype: DType | None = None,
        device: str | None = None,
    ) -> None:
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        if isinstance(tensor, Tensor) or not callable(tensor):
            self.dtype = tensor.dtype
            self.device = tensor.device
        else:
            if dtype is None or device is None:
                raise AssertionError(
                    "When passing a callable `tensor` to a SaveSpec, an explicit dtype and device "
                    "must be provided."
                )
            self.dtype = dtype
            self.device = device

    @property
    def tensor(self) -> Tensor:
        """The tensor to save."""
        made: Tensor = self._tensor() if callable(self._tensor) else self._tensor
        return made


class SaveableObject:
    """Something that is saved as one or more tensors.

    Args:
        op: what it stands for: no two saveables of a Saver may have the same.
        specs: its tensors.
        name: its name.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def optional_restore(self) -> bool:
        """Whether a checkpoint may lack it."""
        return False

    @property
    def device(self) -> str:
        """The device of its first tensor."""
        return self.specs[0].device

    def restore(self, restored_tensors: Sequence[Tensor], restored_shapes: Any) -> Any:
        """The operation that takes over the tensors of a checkpoint.

        Args:
            restored_tensors: one for each spec.
            restored_shapes: shapes to give them first; None to leave theirs.
        """
        raise ValueError("Calling an abstract method.")


class ReferenceVariableSaveable(SaveableObject):
    """A ref variable, or a part of a partitioned one."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        super().__init__(var, [SaveSpec(var, slice_spec, name)], name)

    def restore(self, restored_tensors: Sequence[Tensor], restored_shapes: Any) -> Any:
        """An Assign."""
        (tensor,) = restored_tensors
        if restored_shapes is not None:
            tensor = reshape(tensor, restored_shapes[0])
        is_checked = restored_shapes is None and self.op.get_shape().is_fully_defined()
        return assign(self.op, tensor, validate_shape=is_checked)


class ResourceVariableSaveable(SaveableObject):
    """A resource variable, or a part of a partitioned one.

    Args:
        var: the variable, or the tensor that reads it.
        slice_spec: which part of a larger one it is.
        name: its name in the checkpoint.
    """

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        self._var_device = var.device
        self._var_shape = var.shape
        tensor: Any = var
        if isinstance(var, Tensor):
            self.handle_op = var.op.inputs[0]
        elif is_resource_variable(var):
            self.handle_op = var.handle

            def read() -> Tensor:
                with device(var.device):
                    value = var.read_value()
                    with device("/device:CPU:0"):
                        return identity(value)

            tensor = read
        else:
            raise ValueError(
                f"Saveable is neither a resource variable nor a read operation. Got: {var!r}"
            )
        spec = SaveSpec(tensor, slice_spec, name, var.dtype, var.device)
        super().__init__(var, [spec], name)

    def restore(self, restored_tensors: Sequence[Tensor], restored_shapes: Any) -> Any:
        """An AssignVariableOp."""
        (tensor,) = restored_tensors
        if restored_shapes is not None:
            tensor = reshape(tensor, restored_shapes[0])
        with device(self._var_device):
            tensor = identity(tensor)
            self._var_shape.assert_is_compatible_with(tensor.shape)
            return ASSIGN_VARIABLE_OP(self.handle_op, tensor)


def cpu_of(device_name: str) -> str:
    """The first CPU of the machine that a device is of."""
    spec = DeviceSpec.from_string(device_name)
    return spec.replace(device_type="CPU", device_index=0).to_string()


def _is_variable_tensor(value: Any) -> bool:
    """Whether a tensor is the reference to a variable, or reads one."""
    if not isinstance(value, Tensor):
        return False
    op_def = value.op.op_def
    return op_def is not None and (op_def.location or _reads_variable(value.op))


def _reads_variable(op: Operation) -> bool:
    return len(op.inputs) == 1 and op.op_def.reads == (0,) and not op.op_def.forwards


def _saveable(variable: Any, slice_spec: str, name: str) -> SaveableObject:
    is_reference = not is_resource_variable(variable) and variable.dtype._is_ref_dtype
    cls = ReferenceVariableSaveable if is_reference else ResourceVariableSaveable
    return cls(variable, slice_spec, name)


def saveable_objects_for_op(op: Any, name: str) -> Iterator[SaveableObject]:
    """The saveables of a variable, a partitioned variable or list of its parts, or a saveable.

    Raises:
        TypeError: it's none of these, or `name` isn't text.
        ValueError: a list that isn't of parts of one variable.
    """
    if not isinstance(name, str):
        raise TypeError(
            "names_to_saveables must be a dict mapping string names to trackable operations. "
            f"Name is not a string: {name}"
        )
    if isinstance(op, SaveableObject):
        yield op
    elif isinstance(op, list | tuple | PartitionedVariable):
        yield from _saveables_of_parts(list(op), name)
    elif is_resource_variable(op):
        yield ResourceVariableSaveable(op._graph_element, "", name)
    else:
        tensor = internal_convert_to_tensor(op, as_ref=True)
        if not _is_variable_tensor(tensor):
            raise TypeError(
                "names_to_saveables must be a dict mapping string names to Tensors/Variables. Not "
                f"a variable: {tensor}"
            )
        yield _saveable(tensor, "", name)


def _saveables_of_parts(parts: list[Any], name: str) -> Iterator[SaveableObject]:
    full_name: str | None = None
    for part in parts:
        if not isinstance(part, Variable):
            raise ValueError(f"Slices must all be Variables: {part}")
        info = part._save_slice_info
        if not info:
            raise ValueError(f"Slices must all be slices: {part}")
        if full_name is None:
            full_name = info.full_name
        elif full_name != info.full_name:
            raise ValueError(
                f"Slices must all be from the same tensor: {full_name} != {info.full_name}"
            )
        if is_resource_variable(part):
            yield ResourceVariableSaveable(part, info.spec, name)
        else:
            yield ReferenceVariableSaveable(part, info.spec, name)


def op_list_to_dict(op_list: Any, convert_variable_to_tensor: bool = True) -> dict[str, Any]:
    """Variables by the names that a checkpoint has for them.

    Args:
        op_list: variables and saveables.
        convert_variable_to_tensor: give the tensors that stand for variables in place of these.

    Raises:
        TypeError: something isn't a variable.
        ValueError: two have the same name.
    """
    if not isinstance(op_list, list | tuple | set):
        raise TypeError(f"Variables to save should be passed in a dict or a list: {op_list}")
    result: dict[str, Any] = {}
    for var in sorted(op_list, key=lambda item: item.name):
        if isinstance(var, SaveableObject):
            result[var.name] = var
        elif isinstance(var, PartitionedVariable):
            _add(result, var.name, var)
        elif isinstance(var, Variable) and var._save_slice_info:
            parts = result.setdefault(var._save_slice_info.full_name, [])
            if not isinstance(parts, list):
                raise ValueError(
                    "Mixing slices and non-slices with the same name: "
                    f"{var._save_slice_info.full_name}"
                )
            parts.append(var)
        else:
            if convert_variable_to_tensor:
                if is_resource_variable(var):
                    var = var._graph_element
                else:
                    var = internal_convert_to_tensor(var, as_ref=True)
                if not _is_variable_tensor(var):
                    raise TypeError(f"Variable to save is not a Variable: {var}")
            op = var.op
            if op.op_def is not None and not op.op_def.location and op.inputs:
                op = op.inputs[0].op  # what a read reads
            _add(result, op.name, var)
    return result


def _add(result: dict[str, Any], name: str, var: Any) -> None:
    if name in result:
        raise ValueError(f"At least two variables have the same name: {name}")
    result[name] = var


def validate_and_slice_inputs(names_to_saveables: Any) -> list[SaveableObject]:
    """The saveables of a dict by names or a list, sorted by name.

    Raises:
        TypeError: something isn't a variable.
        ValueError: one variable has two names, or two have the same.
    """
    if not isinstance(names_to_saveables, dict):
        names_to_saveables = op_list_to_dict(names_to_saveables)
    saveables: list[SaveableObject] = []
    seen: set[int] = set()
    for name in sorted(names_to_saveables, key=_sortable):
        for saveable in saveable_objects_for_op(names_to_saveables[name], name):
            if id(saveable.op) in seen:
                raise ValueError(
                    f"The same saveable will be restored with two names: {saveable.name}"
                )
            seen.add(id(saveable.op))
            saveables.append(saveable)
    return saveables


def _sortable(name: Any) -> str:
    return name if isinstance(name, str) else ""
