"""RefVariable: a variable that is a `VariableV2` operation and travels as a reference.

Its operations are those of TensorFlow 1.15, names and order: the initial value, the variable,
`Assign`, and `read`.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any

from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape, unknown_shape
from evergraph.graph.composite import IndexedSlices
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
    device,
    get_default_graph,
    init_scope,
    name_from_scope_name,
    name_scope,
    prepend_name_scope,
    strip_name_scope,
)
from evergraph.ops import state, state_scatter
from evergraph.ops.identity import identity
from evergraph.variables.guarding import guard_initial_value
from evergraph.variables.records import SaveSliceInfo, VariableRecord, as_message
from evergraph.variables.replication import validate_synchronization_aggregation_trainable
from evergraph.variables.variable import VariableV1

_log = logging.getLogger("tensorflow")
_warned: set[str] = set()


class RefVariable(VariableV1):
    """A variable of 1.x's first kind; see `VariableV1` for the arguments."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        if variable_def:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._init_from_proto(variable_def, import_scope)
            return
        collections = check_arguments(initial_value, collections, constraint)
        self._synchronization, self._aggregation, self._trainable = (
            validate_synchronization_aggregation_trainable(
                synchronization, aggregation, trainable, name
            )
        )
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = [*collections, GraphKeys.TRAINABLE_VARIABLES]
        self._caching_device = caching_device
        self._save_slice_info = None
        self._constraint = constraint
        self._graph_key = get_default_graph()._graph_key
        with init_scope():
            is_function = callable(initial_value)
            values = [] if is_function else [initial_value]
            with name_scope(name, "Variable", values) as scope:
                if is_function:
                    self._make_from_function(initial_value, dtype, validate_shape, shape, scope)
                else:
                    self._make_from_value(initial_value, dtype, validate_shape, shape, scope)
                self._make_readers(validate_shape, caching_device, scope)
            add_to_collections(collections, self)

    def _make_from_function(
        self, initial_value: Any, dtype: Any, validate_shape: bool, shape: Any, scope: str
    ) -> None:
        place = [b"loc:@" + name_from_scope_name(scope).encode()]
        with get_default_graph()._attr_scope({"_class": place}):
            with name_scope("Initializer"), device(None):
                self._initial_value = convert_to_tensor(
                    initial_value(), name="initial_value", dtype=dtype
                )
            self._make_place(validate_shape, shape, scope)

    def _make_from_value(
        self, initial_value: Any, dtype: Any, validate_shape: bool, shape: Any, scope: str
    ) -> None:
        self._initial_value = convert_to_tensor(initial_value, name="initial_value", dtype=dtype)
        check_is_outside_control_flow(self._initial_value, scope)
        self._make_place(validate_shape, shape, scope)

    def _make_place(self, validate_shape: bool, shape: Any, scope: str) -> None:
        if shape is None:
            shape = self._initial_value.get_shape() if validate_shape else unknown_shape()
        dtype = self._initial_value.dtype.base_dtype
        self._variable: Tensor = state.variable_op_v2(shape, dtype, name=scope)

    def _make_readers(self, validate_shape: bool, caching_device: Any, scope: str) -> None:
        if validate_shape and not self._initial_value.get_shape().is_fully_defined():
            raise ValueError(f"initial_value must have a shape specified: {self._initial_value}")
        self._initializer_op = state.assign(
            self._variable,
            guard_initial_value(scope, self._initial_value),
            validate_shape=validate_shape,
        ).op
        with ExitStack() as stack:
            if caching_device is not None:
                stack.enter_context(device(caching_device))
            else:
                stack.enter_context(colocate_with(self._variable.op))
            self._snapshot: Tensor = identity(self._variable, name="read")

    def _init_from_proto(self, variable_def: Any, import_scope: str | None) -> None:
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(prepend_name_scope(name, import_scope))

        self._graph_key = graph._graph_key
        self._variable = element(variable_def.variable_name)
        self._initializer_op = element(variable_def.initializer_name)
        initial_name = getattr(variable_def, "initial_value_name", "")
        self._initial_value = element(initial_name) if initial_name else None
        self._synchronization, self._aggregation, self._trainable = (
            validate_synchronization_aggregation_trainable(
                variable_def.synchronization,
                variable_def.aggregation,
                variable_def.trainable,
                variable_def.variable_name,
            )
        )
        self._snapshot = element(variable_def.snapshot_name)
        self._save_slice_info = slice_info_of(variable_def, import_scope)
        self._caching_device = None
        self._constraint = None

    def _as_graph_element(self) -> Tensor:
        return self._variable

    # What it is.

    @property
    def name(self) -> str:
        """The name of the reference."""
        return self._variable.name

    @property
    def dtype(self) -> DType:
        """The type of the reference, such as float32_ref."""
        return self._variable.dtype

    @property
    def op(self) -> Operation:
        """The operation that is the place of the variable."""
        return self._variable.op

    @property
    def graph(self) -> Any:
        """The graph that holds the variable."""
        return self._variable.graph

    @property
    def device(self) -> str:
        """The device asked for, or the empty string."""
        return self._variable.device

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        return self._variable.get_shape()

    @property
    def _distribute_strategy(self) -> None:
        return None

    def set_shape(self, shape: Any) -> None:
        """Merge `shape` into what is known of the shape."""
        self._ref().set_shape(shape)
        self.value().set_shape(shape)

    # Its value.

    def value(self) -> Tensor:
        """The tensor that reads the variable (`<name>/read`)."""
        return self._snapshot

    def read_value(self) -> Tensor:
        """A new tensor that reads the variable at this point of the program."""
        return identity(self._variable, name="read")

    def _ref(self) -> Tensor:
        return self._variable

    def ref(self) -> Tensor:
        """The reference, as 0.x's programs ask for it."""
        return self._variable

    def eval(self, session: Any = None) -> Any:
        """The value in `session`, or in the default session."""
        return self._variable.eval(session=session)

    # Assignments.

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Put `value` into the variable; gives the reference, or else the operation."""
        result = state.assign(self._variable, value, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add `delta` to the variable; see `assign`."""
        result = state.assign_add(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract `delta` from the variable; see `assign`."""
        result = state.assign_sub(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def count_up_to(self, limit: int) -> Tensor:
        """The value, which is then one more; an error from `limit` on."""
        return state.count_up_to(self._variable, limit=limit)

    def _scatter(self, op_def: Any, delta: Any, use_locking: bool, name: str | None) -> Any:
        if not isinstance(delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {delta}")
        return op_def(
            self._variable, delta.indices, delta.values, use_locking=use_locking, name=name
        )

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set the rows that the IndexedSlices `sparse_delta` names."""
        return self._scatter(state_scatter.SCATTER_UPDATE, sparse_delta, use_locking, name)

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Add the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.SCATTER_ADD, sparse_delta, use_locking, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtract the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.SCATTER_SUB, sparse_delta, use_locking, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiply by the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.SCATTER_MUL, sparse_delta, use_locking, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divide by the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.SCATTER_DIV, sparse_delta, use_locking, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Lower to the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.SCATTER_MIN, sparse_delta, use_locking, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Raise to the IndexedSlices `sparse_delta`."""
        return self._scatter(state_scatter.SCATTER_MAX, sparse_delta, use_locking, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows within each batch; see `tf.batch_scatter_update`."""
        return state_scatter.batch_scatter_update(
            self, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name
        )

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Set the parts that index vectors name; see `tf.scatter_nd_update`."""
        return state_scatter.scatter_nd_update(self._variable, indices, updates, True, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to the parts that index vectors name."""
        return state_scatter.scatter_nd_add(self._variable, indices, updates, True, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from the parts that index vectors name."""
        return state_scatter.scatter_nd_sub(self._variable, indices, updates, True, name)

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: str | None, **masks: int
    ) -> Any:
        from evergraph.ops.array_slice import STRIDED_SLICE_ASSIGN

        return STRIDED_SLICE_ASSIGN(self._ref(), begin, end, strides, value, name=name, **masks)

    # Python's `v += x` makes a new tensor; programs are told once for each operator.

    def __iadd__(self, other: Any) -> Any:
        _warn("+=", "variable.assign_add", "x = x + y")
        return self + other

    def __isub__(self, other: Any) -> Any:
        _warn("-=", "variable.assign_sub", "x = x - y")
        return self - other

    def __imul__(self, other: Any) -> Any:
        _warn("*=", "`var.assign(var * other)`", "`x = x * y`")
        return self * other

    def __itruediv__(self, other: Any) -> Any:
        _warn("/=", "`var.assign(var / other)`", "`x = x / y`")
        return self / other

    __idiv__ = __irealdiv__ = __itruediv__

    def __ipow__(self, other: Any) -> Any:
        _warn("**=", "`var.assign(var ** other)`", "`x = x ** y`")
        return self**other

    # Written down.

    def to_record(self, export_scope: str | None = None) -> VariableRecord | None:
        """The fields of the VariableDef; None when the variable lies outside of `export_scope`."""
        if export_scope is not None and not self._variable.name.startswith(export_scope):
            return None
        initial, info = self._initial_value, self._save_slice_info
        return VariableRecord(
            variable_name=strip_name_scope(self._variable.name, export_scope),
            initial_value_name=""
            if initial is None
            else strip_name_scope(initial.name, export_scope),
            initializer_name=strip_name_scope(self.initializer.name, export_scope),
            snapshot_name=strip_name_scope(self._snapshot.name, export_scope),
            save_slice_info_def=info.to_record(export_scope) if info else None,
            trainable=self.trainable,
            synchronization=self.synchronization.value,
            aggregation=self.aggregation.value,
        )

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The VariableDef of the variable; None when it lies outside of `export_scope`."""
        record = self.to_record(export_scope)
        return None if record is None else as_message(record)

    @staticmethod
    def _TensorConversionFunction(
        v: RefVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False
    ) -> Tensor:
        if dtype and not dtype.is_compatible_with(v.dtype):
            raise ValueError(
                f"Incompatible type conversion requested to type '{dtype.name}' for variable of "
                f"type '{v.dtype.name}'"
            )
        return v._ref() if as_ref else v.value()


def _warn(operator: str, instead: str, plain: str) -> None:
    if operator not in _warned:
        _warned.add(operator)
        _log.warning(
            "Variable %s will be deprecated. Use %s if you want assignment to the variable value "
            "or %s if you want a new python Tensor object.",
            operator,
            instead,
            plain,
        )


def check_arguments(initial_value: Any, collections: Any, constraint: Any) -> Any:
    """The collections that a new variable joins.

    Raises:
        ValueError: there is no initial value, or an argument is of a wrong kind.
    """
    if initial_value is None:
        raise ValueError("initial_value must be specified.")
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    if not isinstance(collections, list | tuple | set):
        raise ValueError(
            "collections argument to Variable constructor must be a list, tuple, or set. "
            f"Got {collections} of type {type(collections)}"
        )
    if constraint is not None and not callable(constraint):
        raise ValueError("The `constraint` argument must be a callable.")
    return collections


def check_is_outside_control_flow(initial_value: Tensor, name: str) -> None:
    """Demand that `initial_value` was made in no branch or loop.

    Raises:
        ValueError: it was.
    """
    if initial_value.op._get_control_flow_context() is not None:
        raise ValueError(
            f"Initializer for variable {name} is from inside a control-flow construct, such as a "
            "loop or conditional. When creating a variable inside a loop or conditional, use a "
            "lambda as the initializer."
        )


def slice_info_of(variable_def: Any, import_scope: str | None) -> SaveSliceInfo | None:
    """The SaveSliceInfo that a VariableDef holds, or None."""
    if not variable_def.HasField("save_slice_info_def"):
        return None
    return SaveSliceInfo(
        save_slice_info_def=variable_def.save_slice_info_def, import_scope=import_scope
    )


register_tensor_conversion_function(RefVariable, RefVariable._TensorConversionFunction)
register_dense_tensor_like_type(RefVariable)
