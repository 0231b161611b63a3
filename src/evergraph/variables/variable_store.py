"""The variables that `get_variable` made in a graph, by name: made once, then shared.

Reference: TensorFlow 1.15, tensorflow/python/ops/variable_scope.py.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import add_to_collection, colocate_with, init_scope, name_scope
from evergraph.variables.creation import resource_variables_enabled
from evergraph.variables.initializers import Initializer, glorot_uniform_initializer
from evergraph.variables.initializers import zeros_initializer as zeros_initializer
from evergraph.variables.partition_info import PartitionInfo
from evergraph.variables.partitioned_variable import PartitionedVariable
from evergraph.variables.records import SaveSliceInfo
from evergraph.variables.replication import (
    VariableAggregation,
    VariableSynchronization,
    validate_synchronization_aggregation_trainable,
)
from evergraph.variables.resource_variable import ResourceVariable
from evergraph.variables.reuse import AUTO_REUSE as AUTO_REUSE
from evergraph.variables.variable import VariableV1


class VariableStore:
    """Variables by full name; each graph has one."""

    def __init__(self) -> None:
        self._vars: dict[str, Any] = {}
        self._partitioned_vars: dict[str, PartitionedVariable] = {}
        self._store_eager_variables = False

    def get_variable(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        custom_getter: Any = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """The variable called `name`: the existing one, or a new one.

        Args:
            name: full name, scopes included.
            shape: shape of a new variable, or what an existing one must be compatible with.
            dtype: type of the elements.
            initializer: what makes the initial value; see `tf.get_variable`.
            regularizer: function of the variable whose result joins the regularization losses.
            reuse: True: it must exist; False: it must not; None or AUTO_REUSE: either.
            trainable: whether it joins the trainable variables.
            collections: names of collections to join.
            caching_device: device on which the value is kept for readers.
            partitioner: function of shape and dtype that tells into how many slices it is cut.
            validate_shape: whether the shape of the initial value must be known.
            use_resource: make a resource variable.
            custom_getter: `f(getter, name, ...)`, asked in place of this method.
            constraint: function that optimizers apply after an update.
            synchronization: kept for those who ask.
            aggregation: kept for those who ask.

        Raises:
            ValueError: it exists and must not, or the other way round, or is of another kind.
        """
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        dtype = getattr(dtype, "base_dtype", dtype)
        synchronization, aggregation, trainable = validate_synchronization_aggregation_trainable(
            synchronization, aggregation, trainable, name
        )
        options = {
            "shape": shape,
            "dtype": dtype,
            "initializer": initializer,
            "regularizer": regularizer,
            "reuse": reuse,
            "trainable": trainable,
            "collections": collections,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        if custom_getter is None:
            return self._get(name, **options, constraint=constraint)
        if _takes(custom_getter, "constraint"):
            options["constraint"] = constraint
        return custom_getter(getter=self._get, name=name, **options)

    def _get(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """`get_variable` without custom getters: what they are handed as `getter`."""
        options = {
            "shape": shape,
            "dtype": dtype,
            "initializer": initializer,
            "regularizer": regularizer,
            "reuse": reuse,
            "trainable": trainable,
            "collections": collections,
            "caching_device": caching_device,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        is_scalar = isinstance(shape, Sequence) and not shape
        if partitioner is not None and not is_scalar:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            with name_scope(None):
                return self._get_partitioned_variable(name, partitioner=partitioner, **options)
        if reuse is True and partitioner is None and name in self._partitioned_vars:
            return self._get_partitioned_variable(name, partitioner=None, **options)
        if f"{name}/part_0" in self._vars:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was found: "
                f"{name}/part_0. Perhaps a variable of the same name was already created with "
                "partitioning?"
            )
        return self._get_single_variable(name, **options)

    # Variables in one piece.

    def _get_single_variable(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        partition_info: Any = None,
        reuse: Any = None,
        **options: Any,
    ) -> Any:
        is_value = initializer is not None and not callable(initializer)
        if shape is not None and is_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype = dtypes.as_dtype(dtype)
        shape = as_shape(shape)
        if name in self._vars:
            if reuse is False:
                raise _exists_already(name, self._vars[name])
            return _checked(self._vars[name], name, shape, dtype)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). "
                "Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            initializer, is_value = self._get_default_initializer(name, shape, dtype)
        with init_scope():
            if is_value:
                initial_value, variable_dtype = initializer, None
            else:
                initial_value, variable_dtype = _initial_value_function(
                    initializer, shape, dtype, partition_info
                )
        if options.get("use_resource") is None:
            options["use_resource"] = resource_variables_enabled()
        variable = VariableV1(
            initial_value=initial_value, name=name, dtype=variable_dtype, **options
        )
        self._vars[name] = variable
        if regularizer:
            _regularize(variable, name, regularizer)
        return variable

    def _get_default_initializer(
        self, name: str, shape: Any = None, dtype: DType = dtypes.float32
    ) -> tuple[Initializer, bool]:
        """The initializer of a variable that names none, and whether it is a value."""
        if dtype.is_floating:
            return glorot_uniform_initializer(), False
        if dtype.is_integer or dtype.is_unsigned or dtype.is_bool or dtype == dtypes.string:
            return zeros_initializer(), False
        raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")

    # Variables in slices.

    def _get_partitioned_variable(
        self,
        name: str,
        partitioner: Any,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        **options: Any,
    ) -> PartitionedVariable:
        if name in self._vars:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was "
                f"found: {name}.  Perhaps a variable of the same name was already created without "
                "partitioning?"
            )
        shape = as_shape(shape)
        if isinstance(initializer, Tensor):
            shape = shape.merge_with(initializer.get_shape())
        partitions = None
        if not reuse or partitioner:
            partitions = call_partitioner(partitioner, shape, dtype)
        if name in self._partitioned_vars:
            if reuse is False:
                raise ValueError(
                    f"Partitioned variable with name {name} already exists. Did you mean to set "
                    "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
                )
            existing = self._partitioned_vars[name]
            return _checked_partitioned(existing, name, shape, dtype, partitions)
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )
        axis, count = sliced_axis(partitions or [])
        self._check_shards(name, count)
        slices = []
        full_shape = shape.as_list()
        for i, (offset, size) in enumerate(slice_bounds(full_shape, count, axis)):
            part_name = f"{name}/part_{i}"
            with name_scope(f"{part_name}/PartitionedInitializer"):
                made = self._slice_initializer(name, shape, dtype, initializer, offset, size)
                part_initializer, part_shape, dtype = made
            with name_scope(None):
                variable = self._get_single_variable(
                    part_name,
                    shape=part_shape,
                    dtype=dtype,
                    initializer=part_initializer,
                    partition_info=PartitionInfo(full_shape, offset),
                    regularizer=regularizer,
                    reuse=reuse,
                    **options,
                )
            variable._set_save_slice_info(SaveSliceInfo(name, full_shape, offset, size))
            slices.append(variable)
        whole = PartitionedVariable(name, shape, dtype, slices, partitions)
        self._partitioned_vars[name] = whole
        return whole

    def _slice_initializer(
        self,
        name: str,
        shape: TensorShape,
        dtype: Any,
        initializer: Any,
        offset: list[int],
        size: list[int],
    ) -> tuple[Any, Any, Any]:
        """Initializer, shape and dtype of one slice."""
        if initializer is None:
            default, is_value = self._get_default_initializer(name, shape, dtype)
            return default, None if is_value else size, dtype
        if callable(initializer):
            return initializer, size, dtype
        from evergraph.ops.array_slice import slice as slice_of

        if isinstance(initializer, Tensor):
            part = slice_of(initializer, offset, size)
            return part, None, part.dtype.base_dtype
        return slice_of(convert_to_tensor(initializer, dtype=dtype), offset, size), None, dtype

    def _check_shards(self, name: str, count: int) -> None:
        """Demand that slices made one by one are as many as now."""
        if f"{name}/part_0" not in self._vars:
            return
        start = (
            "Partitioner returned a different partitioning than what was already found.  "
            f"Partitioner returned {count} shards, and shard {name}/part_0 was found, but "
        )
        if f"{name}/part_{count - 1}" not in self._vars:
            raise ValueError(f"{start}{name}/part_{count - 1} was not.")
        if f"{name}/part_{count}" in self._vars:
            raise ValueError(f"{start}so was the extra shard {name}/part_{count}.")


def _takes(function: Callable[..., Any], parameter: str) -> bool:
    """Whether `function` may be called with the keyword `parameter`."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return parameter in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _initial_value_function(
    initializer: Any, shape: TensorShape, dtype: DType, partition_info: Any
) -> tuple[Callable[[], Any], DType | None]:
    """A function that makes the initial value, and the dtype that the variable must have."""
    if inspect.isclass(initializer):
        initializer = initializer()
    if shape.is_fully_defined():
        sizes = shape.as_list()
        return (
            lambda: initializer(sizes, dtype=dtype, partition_info=partition_info),
            dtype.base_dtype,
        )
    needed = [
        p
        for p in inspect.signature(initializer).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if needed:
        raise ValueError(
            "The initializer passed is not valid. It should be a callable with no arguments and "
            "the shape should not be provided or an instance of `tf.keras.initializers.*' and "
            "`shape` should be fully defined."
        )
    return initializer, None


def _exists_already(name: str, variable: Any) -> ValueError:
    message = (
        f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
        "reuse=tf.AUTO_REUSE in VarScope?"
    )
    if isinstance(variable, ResourceVariable):
        return ValueError(message)
    places = "".join(traceback.format_list(variable.op.traceback[::-1][:5]))
    return ValueError(f"{message} Originally defined at:\n\n{places}")


def _checked(variable: Any, name: str, shape: TensorShape, dtype: DType) -> Any:
    if not shape.is_compatible_with(variable.get_shape()):
        raise ValueError(
            f"Trying to share variable {name}, but specified shape {shape} and found shape "
            f"{variable.get_shape()}."
        )
    if not dtype.is_compatible_with(variable.dtype):
        raise ValueError(
            f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype "
            f"{variable.dtype.name}."
        )
    return variable


def _checked_partitioned(
    variable: PartitionedVariable, name: str, shape: TensorShape, dtype: DType, partitions: Any
) -> PartitionedVariable:
    start = f"Trying to reuse partitioned variable {name}, but specified"
    if not shape.is_compatible_with(variable.get_shape()):
        raise ValueError(f"{start} shape {shape} and found shape {variable.get_shape()}.")
    if not dtype.is_compatible_with(variable.dtype):
        raise ValueError(f"{start} dtype {dtype.name} and found dtype {variable.dtype.name}.")
    if partitions is not None and variable._get_partitions() != partitions:
        raise ValueError(
            f"{start} partitions {partitions} and found partitions {variable._get_partitions()}."
        )
    return variable


def _regularize(variable: Any, name: str, regularizer: Callable[[Any], Any]) -> None:
    with colocate_with(variable), name_scope(f"{name}/Regularizer/"), init_scope():
        loss = regularizer(variable)
    if loss is not None:
        add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)


def call_partitioner(partitioner: Any, shape: TensorShape, dtype: Any) -> Sequence[int]:
    """The number of slices along each axis that `partitioner` wants.

    Raises:
        ValueError: the shape can't be cut, or the answer makes no sense.
    """
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {shape}."
        )
    if shape.ndims is None or shape.ndims < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    slicing = partitioner(shape=shape, dtype=dtype)
    if not isinstance(slicing, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {slicing}")
    if len(slicing) != shape.ndims:
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{slicing} vs. {shape}"
        )
    if any(p < 1 for p in slicing):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {slicing}")
    if sum(p > 1 for p in slicing) > 1:
        raise ValueError(
            f"Can only slice a variable along one dimension: shape: {shape}, partitioning: "
            f"{slicing}"
        )
    return slicing


def sliced_axis(slicing: Sequence[int]) -> tuple[int, int]:
    """The axis that is cut, and into how many slices; (0, 1) when none is."""
    for axis, count in enumerate(slicing):
        if count > 1:
            return axis, count
    return 0, 1


def slice_bounds(
    full_shape: list[int], count: int, axis: int
) -> Iterator[tuple[list[int], list[int]]]:
    """Offset and shape of each of `count` slices; the first ones may be larger by one."""
    least, excess = divmod(full_shape[axis], count)
    start = 0
    for i in range(count):
        offset, size = [0] * len(full_shape), list(full_shape)
        offset[axis], size[axis] = start, least + (i < excess)
        yield offset, size
        start += size[axis]
