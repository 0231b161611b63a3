"""PartitionedVariable: several variables that are the slices of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from evergraph.graph.conversion import register_tensor_conversion_function
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.ops.identity import identity


class PartitionedVariable:
    """The slices of a variable along one axis; as a tensor, their concatenation.

    Args:
        name: name of the whole.
        shape: shape of the whole.
        dtype: type of the elements.
        variable_list: the slices, each with its SaveSliceInfo.
        partitions: number of slices along each axis.

    Raises:
        TypeError: `variable_list` or `partitions` is no list.
        ValueError: they don't fit each other.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variables.py.
    """

    def __init__(
        self, name: str, shape: Any, dtype: Any, variable_list: Any, partitions: Any
    ) -> None:
        if not isinstance(variable_list, list | tuple):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not isinstance(partitions, list | tuple):
            raise TypeError(f"partitions is not a list or tuple: {partitions}")
        if not all(p >= 1 for p in partitions):
            raise ValueError(f"partition values must be positive: {partitions}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        if len(shape) != len(partitions):
            raise ValueError(f"len(shape) != len(partitions): {shape} vs. {partitions}")
        for variable in variable_list:
            info = variable._get_save_slice_info()
            if info is None:
                raise ValueError(
                    "All variables must have a save_slice_info available: "
                    f"{[v.name for v in variable_list]}"
                )
            if info.full_shape != shape:
                raise ValueError(
                    f"All variables' full shapes must match shape: {shape}; but full shapes were: "
                    f"{[info.full_shape]}"
                )
        self._variable_list = sorted(
            variable_list, key=lambda v: v._get_save_slice_info().var_offset
        )
        self._name = name
        self._shape = shape
        self._dtype = dtype
        self._partitions = partitions

    def __iter__(self) -> Iterator[Any]:
        return iter(self._variable_list)

    def __len__(self) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise ValueError(f"Cannot get a length for {len(axes)} > 1 partition axes")
        return len(self._variable_list)

    def _partition_axes(self) -> list[int]:
        return [i for i, p in enumerate(self._partitions) if p > 1] or [0]

    def _single_axis(self, action: str) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise NotImplementedError(action.format(axes=axes))
        return axes[0]

    def _concat(self) -> Tensor:
        from evergraph.ops.array_concat import concat

        if len(self._variable_list) == 1:
            with name_scope(None):
                return identity(self._variable_list[0], name=self._name)
        axis = self._single_axis(
            "Cannot concatenate along more than one dimension: {axes}.  Multi-axis partition "
            "concat is not supported"
        )
        with name_scope(f"{self._name}/ConcatPartitions/"):
            whole = concat(self._variable_list, axis)
        with name_scope(None):
            return identity(whole, name=self._name)

    def as_tensor(self) -> Tensor:
        """The slices joined; reads them before everything else that control edges order."""
        with control_dependencies(None):
            return self._concat()

    @staticmethod
    def _TensorConversionFunction(
        v: PartitionedVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False
    ) -> Tensor:
        if dtype is not None and not dtype.is_compatible_with(v.dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type '{dtype.name}' for variable of "
                f"type '{v.dtype.name}'"
            )
        if as_ref:
            raise NotImplementedError(
                "PartitionedVariable doesn't support being used as a reference."
            )
        return v.as_tensor()

    @property
    def name(self) -> str:
        """The name of the whole."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self._dtype

    @property
    def shape(self) -> Any:
        """The shape of the whole."""
        return self.get_shape()

    def get_shape(self) -> Any:
        """The shape of the whole."""
        return self._shape

    @property
    def _distribute_strategy(self) -> None:
        return None

    def _get_variable_list(self) -> list[Any]:
        return self._variable_list

    def _get_partitions(self) -> Sequence[int]:
        partitions: Sequence[int] = self._partitions
        return partitions

    def _update(self, assign: Callable[[Any, Any], Any], value: Any) -> list[Any]:
        """Apply `assign(slice, its part of value)` to each slice."""
        from evergraph.ops.array_concat import split

        axis = self._single_axis(
            "Cannot do assign action along more than one dimension: {axes}.  Multi-axis partition "
            "assign action is not supported "
        )
        if isinstance(value, list):
            assert len(value) == len(self._variable_list), "one value for each slice"
            parts = value
        elif isinstance(value, PartitionedVariable):
            parts = list(value)
        else:
            sizes = [v.shape.as_list()[axis] for v in self._variable_list]
            parts = split(value, sizes, axis=axis)
        return [assign(v, parts[i]) for i, v in enumerate(self._variable_list)]

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Put `value` (a tensor, or a list with one for each slice) into the slices."""
        return self._update(lambda v, part: v.assign(part, use_locking, name, read_value), value)

    def assign_add(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Add `value` to the slices; see `assign`."""
        return self._update(
            lambda v, part: v.assign_add(part, use_locking, name, read_value), value
        )

    def assign_sub(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Subtract `value` from the slices; see `assign`."""
        return self._update(
            lambda v, part: v.assign_sub(part, use_locking, name, read_value), value
        )


register_tensor_conversion_function(
    PartitionedVariable, PartitionedVariable._TensorConversionFunction
)
