"""ResourceVariable: a variable behind a handle, read by `ReadVariableOp` where it is read.

Its operations are those of TensorFlow 1.15, names and order: the initial value, the handle,
`IsInitialized`, `Assign`, and `Read`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.graph.conversion import (
    convert_to_tensor,
    register_dense_tensor_like_type,
    register_tensor_conversion_function,
)
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    add_to_collections,
    colocate_with,
    control_dependencies,
    device,
    get_default_graph,
    init_scope,
    name_from_scope_name,
    name_scope,
    prepend_name_scope,
    strip_name_scope,
)
from evergraph.ops import resource
from evergraph.ops.identity import identity
from evergraph.variables.guarding import guard_initial_value
from evergraph.variables.records import VariableRecord, as_message
from evergraph.variables.ref_variable import (
    check_arguments,
    check_is_outside_control_flow,
    slice_info_of,
)
from evergraph.variables.replication import validate_synchronization_aggregation_trainable
from evergraph.variables.resource_updates import ResourceUpdates
from evergraph.variables.variable import VariableV1


def variable_handle(shape: Any, dtype: Any, shared_name: str, name: str) -> Tensor:
    """The handle of a new variable: a `VarHandleOp`."""
    result: Tensor = resource.VAR_HANDLE_OP(
        shape=shape, dtype=dtype, shared_name=shared_name, name=name
    )
    return result


class BaseResourceVariable(ResourceUpdates, VariableV1):
    """What all variables behind a handle share.

    Args:
        trainable: whether optimizers change it; true when None.
        shape: what is known of the shape.
        dtype: type of the elements.
        handle: tensor that leads to the variable.
        constraint: function of the value that optimizers apply after an update.
        synchronization: kept for those who ask.
        aggregation: kept for those who ask.
        distribute_strategy: kept for those who ask.
        name: name in error messages.
        unique_id: kept for those who ask.
        handle_name: name of the variable, without ":0".
        graph_element: the tensor that stands for the variable when it is fetched.
        initial_value: tensor of the initial value, or None.
        initializer_op: operation that assigns it, or None.
        is_initialized_op: tensor that tells whether it is initialised, or None.
        cached_value: value kept on another device, or None.
        save_slice_info: part of a larger tensor that it is, or None.
        handle_deleter: accepted.
        **unused_kwargs: accepted.
    """

    def __init__(
        self,
        trainable: bool | None = None,
        shape: Any = None,
        dtype: Any = None,
        handle: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        distribute_strategy: Any = None,
        name: str | None = None,
        unique_id: Any = None,
        handle_name: str = "",
        graph_element: Any = None,
        initial_value: Any = None,
        initializer_op: Any = None,
        is_initialized_op: Any = None,
        cached_value: Any = None,
        save_slice_info: Any = None,
        handle_deleter: Any = None,
        **unused_kwargs: Any,
    ) -> None:
        self._in_graph_mode = True
        self._synchronization, self._aggregation, self._trainable = (
            validate_synchronization_aggregation_trainable(
                synchronization, aggregation, trainable, name
            )
        )
        self._save_slice_info = save_slice_info
        self._initial_value = initial_value
        self._initializer_op = initializer_op
        self._is_initialized_op = is_initialized_op
        self._graph_element = graph_element
        self._cached_value = cached_value
        self._distribute_strategy = distribute_strategy
        self._graph_key = get_default_graph()._graph_key
        self._shape = as_shape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._handle: Tensor = handle
        self._unique_id = unique_id
        self._handle_name = f"{handle_name}:0"
        self._constraint = constraint

    def _as_graph_element(self) -> Any:
        return self._graph_element

    def __copy__(self) -> BaseResourceVariable:
        return self

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise NotImplementedError(
            "__deepcopy__() is only available when eager execution is enabled."
        )

    def __bool__(self) -> bool:
        return bool(self.read_value())

    def __int__(self) -> NoReturn:
        if self.dtype not in (dtypes.int32, dtypes.int64):
            raise TypeError("Non-integer variable can't be converted to integer.")
        self.numpy()

    # What it is.

    @property
    def name(self) -> str:
        """The name of the variable, ending in ":0"."""
        return self._handle_name

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._dtype

    @property
    def handle(self) -> Tensor:
        """The tensor that leads to the variable."""
        return self._handle

    @property
    def op(self) -> Operation:
        """The operation that is the place of the variable."""
        return self._handle.op

    @property
    def graph(self) -> Any:
        """The graph that holds the variable."""
        return self._handle.graph

    @property
    def device(self) -> str:
        """The device asked for, or the empty string."""
        return self._handle.device

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        shape: TensorShape = self._shape
        return shape

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.shape.ndims is None else self.shape.as_list()

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        sizes = self._shape_as_list()
        return None if sizes is None else tuple(sizes)

    @property
    def create(self) -> Any:
        """The operation that assigns the initial value."""
        return self._initializer_op

    def set_shape(self, shape: Any) -> NoReturn:
        """Not to be had: the shape lies in the handle."""
        raise NotImplementedError("ResourceVariable does not implement set_shape()")

    # Its value.

    def value(self) -> Tensor:
        """A tensor that reads the variable at this point of the program."""
        if self._cached_value is not None:
            cached: Tensor = self._cached_value
            return cached
        with colocate_with(None, ignore_existing=True), device(self._handle.device):
            return self._read_variable_op()

    def _read_variable_op(self) -> Tensor:
        _watch(self)
        result: Tensor = resource.READ_VARIABLE_OP(self._handle, dtype=self._dtype)
        return result

    def read_value(self) -> Tensor:
        """A new tensor that reads the variable at this point of the program."""
        with name_scope("Read"), device(self._handle.device):
            value = self._read_variable_op()
        return identity(value)

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """The rows of the variable at `indices`."""
        with name_scope("Gather" if name is None else name) as scope:
            _watch(self)
            value = resource.RESOURCE_GATHER(self._handle, indices, dtype=self._dtype, name=scope)
        return identity(value)

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """The parts of the variable that index vectors name."""
        with name_scope("GatherNd" if name is None else name) as scope:
            _watch(self)
            value = resource.RESOURCE_GATHER_ND(
                self._handle, indices, dtype=self._dtype, name=scope
            )
        return identity(value)

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Whether the variable holds a value: bool scalar."""
        result: Tensor = resource.VAR_IS_INITIALIZED_OP(self.handle, name=name)
        return result

    def eval(self, session: Any = None) -> Any:
        """The value in `session`, or in the default session."""
        return self._graph_element.eval(session=session)

    def numpy(self) -> NoReturn:
        """Not to be had: a graph's variable has a value in a session alone."""
        raise NotImplementedError("numpy() is only available when eager execution is enabled.")

    @contextmanager
    def _assign_dependencies(self) -> Iterator[None]:
        """Let writes wait for the cached value, which is the old one."""
        if self._cached_value is None:
            yield
        else:
            with control_dependencies([self._cached_value]):
                yield

    def _lazy_read(self, op: Operation) -> UnreadVariable:
        _watch(self)
        return UnreadVariable(
            handle=self._handle,
            dtype=self.dtype,
            shape=self._shape,
            parent_op=op,
            unique_id=self._unique_id,
        )

    def _dense_var_to_tensor(
        self, dtype: Any = None, name: str | None = None, as_ref: bool = False
    ) -> Tensor:
        if dtype is not None and not dtype.is_compatible_with(self.dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type {dtype.name!r} for variable of "
                f"type {self.dtype.name!r}"
            )
        return self.read_value().op.inputs[0] if as_ref else self.value()

    # Written down.

    def to_record(self, export_scope: str | None = None) -> VariableRecord | None:
        """The fields of the VariableDef; None when the variable lies outside of `export_scope`."""
        if export_scope is not None and not self.handle.name.startswith(export_scope):
            return None
        initial, info = self._initial_value, self._save_slice_info
        read = self._graph_element if self._cached_value is None else self._cached_value
        return VariableRecord(
            variable_name=strip_name_scope(self.handle.name, export_scope),
            initial_value_name=""
            if initial is None
            else strip_name_scope(initial.name, export_scope),
            initializer_name=strip_name_scope(self.initializer.name, export_scope),
            snapshot_name=strip_name_scope(read.name, export_scope),
            save_slice_info_def=info.to_record(export_scope) if info else None,
            is_resource=True,
            trainable=self.trainable,
            synchronization=self.synchronization.value,
            aggregation=self.aggregation.value,
        )

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The VariableDef of the variable; None when it lies outside of `export_scope`."""
        record = self.to_record(export_scope)
        return None if record is None else as_message(record)

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> ResourceVariable:
        """The variable that a VariableDef describes, whose operations the graph holds."""
        result: ResourceVariable = ResourceVariable(
            variable_def=variable_def, import_scope=import_scope
        )
        return result


def _watch(variable: BaseResourceVariable) -> None:
    """Tell a graph that is the body of a function what it reads."""
    watch = getattr(get_default_graph(), "watch_variable", None)
    if watch is not None:
        watch(variable)


class ResourceVariable(BaseResourceVariable):
    """A variable behind a handle of its own; see `VariableV1` for the arguments."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        variable_def: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        distribute_strategy: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        if variable_def:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._init_from_proto(variable_def, import_scope)
            return
        synchronization, aggregation, trainable = validate_synchronization_aggregation_trainable(
            synchronization, aggregation, trainable, name
        )
        collections = check_arguments(initial_value, collections, constraint)
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        with init_scope():
            values = [] if callable(initial_value) else [initial_value]
            with name_scope(name, "Variable", values) as scope:
                parts = self._make(initial_value, dtype, caching_device, shape, scope)
                add_to_collections(collections, self)
            super().__init__(
                trainable=trainable,
                constraint=constraint,
                synchronization=synchronization,
                aggregation=aggregation,
                distribute_strategy=distribute_strategy,
                name=name,
                **parts,
            )

    def _make(
        self, initial_value: Any, dtype: Any, caching_device: Any, shape: Any, scope: str
    ) -> dict[str, Any]:
        """Add the operations; gives the arguments of the base class that follow from them."""
        handle_name = name_from_scope_name(scope)
        with get_default_graph()._attr_scope({"_class": [b"loc:@" + handle_name.encode()]}):
            with name_scope("Initializer"), device(None):
                value = initial_value() if callable(initial_value) else initial_value
                value = convert_to_tensor(value, name="initial_value", dtype=dtype)
            if shape is None:
                shape = value.shape
            elif not value.shape.is_compatible_with(shape):
                raise ValueError(
                    f"The initial value's shape ({value.shape}) is not compatible with the "
                    f"explicitly supplied `shape` argument ({shape})."
                )
            handle = variable_handle(shape, value.dtype.base_dtype, handle_name, scope)
        check_is_outside_control_flow(value, scope)
        with name_scope("IsInitialized"):
            is_initialized = resource.VAR_IS_INITIALIZED_OP(handle)
        with (
            name_scope("Assign") as assign_scope,
            colocate_with(None, ignore_existing=True),
            device(handle.device),
        ):
            initializer = resource.ASSIGN_VARIABLE_OP(
                handle, guard_initial_value(scope, value), name=assign_scope
            )
        cached = None
        with name_scope("Read"):
            with device(handle.device):
                read = resource.READ_VARIABLE_OP(handle, dtype=value.dtype.base_dtype)
            if caching_device is not None:
                with colocate_with(None, ignore_existing=True), device(caching_device):
                    cached = identity(read)
        return {
            "shape": shape,
            "dtype": value.dtype.base_dtype,
            "handle": handle,
            "unique_id": handle_name,
            "handle_name": handle_name,
            "graph_element": read,
            "initial_value": value,
            "initializer_op": initializer,
            "is_initialized_op": is_initialized,
            "cached_value": cached,
        }

    def _init_from_proto(self, variable_def: Any, import_scope: str | None) -> None:
        if not variable_def.is_resource:
            raise ValueError("Trying to restore Variable as ResourceVariable.")
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(prepend_name_scope(name, import_scope))

        handle = element(variable_def.variable_name)
        initial_name = getattr(variable_def, "initial_value_name", "")
        cached, snapshot = None, None
        if variable_def.snapshot_name:
            snapshot = element(variable_def.snapshot_name)
            cached = None if snapshot.op.op_def is resource.READ_VARIABLE_OP else snapshot
            while snapshot.op.op_def is not resource.READ_VARIABLE_OP:
                snapshot = snapshot.op.inputs[0]
        else:
            snapshot = graph.get_tensor_by_name(f"{handle.op.name}/Read/ReadVariableOp:0")
        super().__init__(
            trainable=variable_def.trainable,
            shape=handle.op.get_attr("shape"),
            dtype=handle.op.get_attr("dtype"),
            handle=handle,
            synchronization=variable_def.synchronization,
            aggregation=variable_def.aggregation,
            name=variable_def.variable_name,
            unique_id=handle.name,
            handle_name=handle.op.name,
            graph_element=snapshot,
            initial_value=element(initial_name) if initial_name else None,
            initializer_op=element(variable_def.initializer_name),
            cached_value=cached,
            save_slice_info=slice_info_of(variable_def, import_scope),
        )


class UninitializedVariable(BaseResourceVariable):
    """A variable behind a handle that nothing initialises."""

    def __init__(
        self,
        trainable: bool | None = None,
        caching_device: Any = None,
        name: str | None = None,
        shape: Any = None,
        dtype: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        extra_handle_data: Any = None,
        distribute_strategy: Any = None,
        **unused_kwargs: Any,
    ) -> None:
        with init_scope(), name_scope(name, "Variable") as scope:
            handle_name = name_from_scope_name(scope)
            handle = variable_handle(shape, dtype, handle_name, scope)
            with name_scope("Read"), device(handle.device):
                read = resource.READ_VARIABLE_OP(handle, dtype=dtype)
            add_to_collections([GraphKeys.GLOBAL_VARIABLES], self)
        super().__init__(
            distribute_strategy=distribute_strategy,
            shape=shape,
            dtype=dtype,
            unique_id=handle_name,
            handle_name=handle_name,
            constraint=constraint,
            handle=handle,
            graph_element=read,
            trainable=trainable,
            synchronization=synchronization,
            aggregation=aggregation,
        )


class UnreadVariable(BaseResourceVariable):
    """What an assignment gives: the variable, read after the assignment whenever it is read."""

    def __init__(
        self, handle: Tensor, dtype: Any, shape: Any, parent_op: Operation, unique_id: Any
    ) -> None:
        graph_element = None
        if not get_default_graph()._building_function:
            with control_dependencies([parent_op]):
                graph_element = resource.READ_VARIABLE_OP(handle, dtype=dtype)
        super().__init__(
            handle=handle,
            shape=shape,
            handle_name=handle.name,
            unique_id=unique_id,
            dtype=dtype,
            graph_element=graph_element,
        )
        self._parent_op = parent_op

    @property
    def name(self) -> str:
        """The name of the assignment."""
        return self._parent_op.name

    @property
    def op(self) -> Operation:
        """The assignment."""
        return self._parent_op

    def value(self) -> Tensor:
        """A tensor that reads the variable after the assignment."""
        return self._read_variable_op()

    def read_value(self) -> Tensor:
        """A tensor that reads the variable after the assignment."""
        return self._read_variable_op()

    def _read_variable_op(self) -> Tensor:
        with control_dependencies([self._parent_op]):
            result: Tensor = resource.READ_VARIABLE_OP(self._handle, dtype=self._dtype)
            return result


_UnreadVariable = UnreadVariable


def is_resource_variable(var: Any) -> bool:
    """Whether `var` is a variable behind a handle."""
    return isinstance(var, BaseResourceVariable) or hasattr(var, "_should_act_as_resource_variable")


def _to_tensor(
    var: BaseResourceVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    return var._dense_var_to_tensor(dtype=dtype, name=name, as_ref=as_ref)


register_tensor_conversion_function(BaseResourceVariable, _to_tensor)
register_dense_tensor_like_type(BaseResourceVariable)
