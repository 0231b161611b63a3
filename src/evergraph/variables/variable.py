"""`tf.Variable`: what all variables share, and how one is chosen and made.

`Variable(...)` makes no `Variable`: the creators of the graph's `variable_creator_scope`s are
asked, and at last the default one, which makes a RefVariable or a ResourceVariable.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn

from evergraph.core.dtypes import DType
from evergraph.core.identity import Reference
from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph, get_default_session, init_scope
from evergraph.ops.operators import overload_operators
from evergraph.ops.state import is_variable_initialized
from evergraph.variables import records
from evergraph.variables.replication import VariableAggregation, VariableSynchronization
from evergraph.variables.replication import VariableAggregationV2 as VariableAggregationV2
from evergraph.variables.replication import (
    validate_synchronization_aggregation_trainable as validate_synchronization_aggregation_trainable,  # noqa: E501
)

Creator = Callable[..., Any]


def _through_creators(default: Creator, arguments: dict[str, Any]) -> Any:
    """Ask the graph's variable creators, innermost first, and at last `default`."""
    getter: Creator = functools.partial(default, None)
    for _, creator in get_default_graph()._variable_creator_stack:
        getter = functools.partial(creator, getter)
    if arguments["aggregation"] is None:
        arguments["aggregation"] = VariableAggregation.NONE
    return getter(**arguments)


class VariableMetaclass(type):
    """Turns the call of the class itself into a choice of class."""

    @property
    def __signature__(cls) -> inspect.Signature:
        """What a call takes: the arguments of the constructor."""
        constructor = cls.__init__  # type: ignore[misc]  # of the class itself, no instance
        return inspect.Signature(list(inspect.signature(constructor).parameters.values())[1:])

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """A variable for `VariableV1(...)` and `Variable(...)`; an instance for other classes."""
        if cls is not VariableV1 and cls is not Variable:
            return super().__call__(*args, **kwargs)
        from evergraph.variables import creation

        if cls is VariableV1:
            arguments = _v1_arguments(*args, **kwargs)
            return _through_creators(creation.default_variable_creator, arguments)
        arguments = _v2_arguments(*args, **kwargs)
        return _through_creators(creation.default_variable_creator_v2, arguments)


def _v1_arguments(
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
    use_resource: bool | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
    shape: Any = None,
) -> dict[str, Any]:
    return dict(locals())


def _v2_arguments(
    initial_value: Any = None,
    trainable: bool | None = None,
    validate_shape: bool = True,
    caching_device: Any = None,
    name: str | None = None,
    variable_def: Any = None,
    dtype: Any = None,
    import_scope: str | None = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
    shape: Any = None,
) -> dict[str, Any]:
    return dict(locals())


class Variable(metaclass=VariableMetaclass):
    """State that outlives a run: read as a tensor, changed by `assign` and its kin.

    Args:
        initial_value: tensor or anything that becomes one, or a function that returns one.
        trainable: whether optimizers change it; true when None, unless ON_READ is set.
        validate_shape: whether the shape of `initial_value` must be known and stays.
        caching_device: device on which the value is kept for readers.
        name: name of the variable; "Variable" when None, made unique.
        variable_def: a VariableDef of a variable whose operations the graph already holds.
        dtype: type of the elements; that of `initial_value` when None.
        import_scope: scope put before the names in `variable_def`.
        constraint: function of the value that optimizers apply after an update.
        synchronization: kept for those who ask.
        aggregation: kept for those who ask.
        shape: the shape, when it isn't that of `initial_value`.

    Raises:
        ValueError: no initial value, or one of unknown shape while `validate_shape` is set.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variables.py.
    """

    SaveSliceInfo = records.SaveSliceInfo
    __array_priority__ = 100

    _save_slice_info: records.SaveSliceInfo | None = None
    _trainable: bool
    _synchronization: VariableSynchronization
    _aggregation: Any
    _initial_value: Any
    _initializer_op: Any
    _constraint: Any

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> None:
        raise NotImplementedError

    # What it is.

    @property
    def name(self) -> str:
        """The name of the variable, ending in ":0"."""
        raise NotImplementedError

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        raise NotImplementedError

    @property
    def op(self) -> Operation:
        """The operation that is the place of the variable."""
        raise NotImplementedError

    @property
    def graph(self) -> Any:
        """The graph that holds the variable."""
        raise NotImplementedError

    @property
    def device(self) -> str:
        """The device asked for, or the empty string."""
        raise NotImplementedError

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        raise NotImplementedError

    def get_shape(self) -> TensorShape:
        """What is known of the shape."""
        return self.shape

    @property
    def initializer(self) -> Any:
        """The operation that assigns the initial value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Any:
        """The tensor that the variable is initialised with."""
        return self._initial_value

    @property
    def constraint(self) -> Any:
        """The function that optimizers apply after an update, or None."""
        return self._constraint

    @property
    def trainable(self) -> bool:
        """Whether optimizers change the variable."""
        return self._trainable

    @property
    def synchronization(self) -> VariableSynchronization:
        """As given when the variable was made."""
        return self._synchronization

    @property
    def aggregation(self) -> Any:
        """As given when the variable was made."""
        return self._aggregation

    @property
    def _shared_name(self) -> str:
        return self.name[: self.name.index(":")]

    # Its value.

    def value(self) -> Tensor:
        """A tensor that reads the variable."""
        raise NotImplementedError

    def read_value(self) -> Tensor:
        """A new tensor that reads the variable at this point of the program."""
        raise NotImplementedError

    def initialized_value(self) -> Tensor:
        """The value if the variable is initialised, else the initial value."""
        from evergraph.ops.cond import cond

        with init_scope():
            result: Tensor = cond(
                is_variable_initialized(self), self.read_value, lambda: self.initial_value
            )
            return result

    def eval(self, session: Any = None) -> Any:
        """The value in `session`, or in the default session."""
        raise NotImplementedError

    def load(self, value: Any, session: Any = None) -> None:
        """Put `value` (an array) into the variable, in `session` or the default session.

        Raises:
            ValueError: there is no session.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be "
                "established"
            )
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    def __iter__(self) -> NoReturn:
        raise TypeError("'Variable' object is not iterable.")

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.get_shape()} dtype={self.dtype.name}>"

    def experimental_ref(self) -> Any:
        """Something hashable that stands for the variable; `deref()` gives it back."""
        return Reference(self)

    # Assignments: each kind of variable has its own.

    def set_shape(self, shape: Any) -> None:
        """Merge `shape` into what is known of the shape."""
        raise NotImplementedError

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Put `value` into the variable."""
        raise NotImplementedError

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add `delta` to the variable."""
        raise NotImplementedError

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract `delta` from the variable."""
        raise NotImplementedError

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtract the IndexedSlices `sparse_delta`."""
        raise NotImplementedError

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Add the IndexedSlices `sparse_delta`."""
        raise NotImplementedError

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Raise to the IndexedSlices `sparse_delta`."""
        raise NotImplementedError

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Lower to the IndexedSlices `sparse_delta`."""
        raise NotImplementedError

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiply by the IndexedSlices `sparse_delta`."""
        raise NotImplementedError

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divide by the IndexedSlices `sparse_delta`."""
        raise NotImplementedError

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set the rows that the IndexedSlices `sparse_delta` names."""
        raise NotImplementedError

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Set rows within each batch; see `tf.batch_scatter_update`."""
        raise NotImplementedError

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from the parts that index vectors name."""
        raise NotImplementedError

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to the parts that index vectors name."""
        raise NotImplementedError

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Set the parts that index vectors name."""
        raise NotImplementedError

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """The rows at `indices`; resource variables alone have it."""
        raise AttributeError(f"'{type(self).__name__}' object has no attribute 'sparse_read'")

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """The parts that index vectors name; resource variables alone have it."""
        raise AttributeError(f"'{type(self).__name__}' object has no attribute 'gather_nd'")

    def count_up_to(self, limit: int) -> Any:
        """The value, which is then one more; an error from `limit` on."""
        raise NotImplementedError

    # Checkpoints.

    def _set_save_slice_info(self, save_slice_info: records.SaveSliceInfo) -> None:
        self._save_slice_info = save_slice_info

    def _get_save_slice_info(self) -> records.SaveSliceInfo | None:
        return self._save_slice_info

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        return {"VARIABLE_VALUE": self}

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The VariableDef of the variable; None when it lies outside of `export_scope`."""
        raise NotImplementedError

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
        """The variable that a VariableDef describes, whose operations the graph holds."""
        from evergraph.variables.ref_variable import RefVariable

        return RefVariable(variable_def=variable_def, import_scope=import_scope)


class VariableV1(Variable):
    """`tf.Variable` of 1.x: as `Variable`, with collections and the choice of implementation.

    Args:
        initial_value: tensor or anything that becomes one, or a function that returns one.
        trainable: whether it joins the trainable variables; true when None.
        collections: names of collections to join; the global variables when None.
        validate_shape: whether the shape of `initial_value` must be known and stays.
        caching_device: device on which the value is kept for readers.
        name: name of the variable; "Variable" when None, made unique.
        variable_def: a VariableDef of a variable whose operations the graph already holds.
        dtype: type of the elements; that of `initial_value` when None.
        expected_shape: accepted for old programs.
        import_scope: scope put before the names in `variable_def`.
        constraint: function of the value that optimizers apply after an update.
        use_resource: make a ResourceVariable; what the variable scope says when None.
        synchronization: kept for those who ask.
        aggregation: kept for those who ask.
        shape: the shape, when it isn't that of `initial_value`.

    Raises:
        ValueError: no initial value, or one of unknown shape while `validate_shape` is set.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variables.py.
    """

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
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> None:
        raise NotImplementedError


overload_operators(Variable)
