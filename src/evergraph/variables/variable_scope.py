"""`get_variable` and `variable_scope`: variables by name, made once and shared.

Reference: TensorFlow 1.15, tensorflow/python/ops/variable_scope.py.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.keys import GraphKeys
from evergraph.graph.scopes import (
    add_to_collection,
    get_collection,
    get_collection_ref,
    get_default_graph,
    graph_of_inputs,
    name_scope,
)
from evergraph.ops import higher_order
from evergraph.variables.replication import VariableAggregation, VariableSynchronization
from evergraph.variables.reuse import AUTO_REUSE as AUTO_REUSE
from evergraph.variables.scope import VariableScope as VariableScope
from evergraph.variables.scope import either, private_access
from evergraph.variables.scope import no_regularizer as no_regularizer
from evergraph.variables.variable_store import VariableStore

_log = logging.getLogger("tensorflow")


# Each graph keeps its store, and for each thread the current scope, in collections of these names.
_STORE_KEY = ("__variable_store",)
_SCOPES_KEY = ("__varscope",)


class _ScopeStore(threading.local):
    """The current scope of each thread, and how often each scope name was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.current_scope = VariableScope(False)
        self.variable_scopes_count: dict[str, int] = {}

    def open_variable_scope(self, scope_name: str) -> None:
        self.variable_scopes_count[scope_name] = self.variable_scopes_count.get(scope_name, 0) + 1

    def close_variable_subscopes(self, scope_name: str | None) -> None:
        for name in self.variable_scopes_count:
            if scope_name is None or name.startswith(f"{scope_name}/"):
                self.variable_scopes_count[name] = 0

    def variable_scope_count(self, scope_name: str) -> int:
        return self.variable_scopes_count.get(scope_name, 0)


def get_variable_scope_store() -> _ScopeStore:
    """The scopes of the default graph."""
    found = get_collection(_SCOPES_KEY)
    if found:
        store: _ScopeStore = found[0]
        return store
    store = _ScopeStore()
    add_to_collection(_SCOPES_KEY, store)
    return store


def get_variable_scope() -> VariableScope:
    """The scope that `get_variable` uses here."""
    return get_variable_scope_store().current_scope


higher_order.current_variable_scope = get_variable_scope


def _get_default_variable_store() -> VariableStore:
    found = get_collection(_STORE_KEY)
    if found:
        store: VariableStore = found[0]
        return store
    store = VariableStore()
    add_to_collection(_STORE_KEY, store)
    return store


@contextmanager
def with_variable_store(store: VariableStore) -> Iterator[None]:
    """Let `get_variable` keep its variables in `store` inside."""
    collection = get_collection_ref(_STORE_KEY)
    old = list(collection)
    collection[:] = [store]
    try:
        yield
    finally:
        collection[:] = old


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
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
    """The variable called `name` under the current variable scope: the existing one, or a new one.

    Args:
        name: name below the scope.
        shape: shape of a new variable, or what an existing one must be compatible with.
        dtype: type of the elements; the scope's (float32) when None.
        initializer: `f(shape, dtype=, partition_info=)`, or a tensor or value; the scope's when
            None, else glorot_uniform for floats and zeros for the rest.
        regularizer: function of a new variable whose result joins the regularization losses.
        trainable: whether it joins the trainable variables; true when None.
        collections: names of collections to join; the global variables when None.
        caching_device: device on which the value is kept for readers.
        partitioner: function of shape and dtype that tells into how many slices it is cut.
        validate_shape: whether the shape of the initial value must be known.
        use_resource: make a resource variable.
        custom_getter: `f(getter, name, ...)`, asked in place of this function.
        constraint: function that optimizers apply after an update.
        synchronization: kept for those who ask.
        aggregation: kept for those who ask.

    Returns:
        A variable; a PartitionedVariable when a partitioner cuts it.

    Raises:
        ValueError: it exists and must not, or the other way round; shape or dtype don't fit.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variable_scope.py.
    """
    return get_variable_scope().get_variable(
        _get_default_variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = False,
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
    """As `get_variable`, for a local variable, which is never trained."""
    return get_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=False,
        collections=[*(collections or ()), GraphKeys.LOCAL_VARIABLES],
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def _get_partitioned_variable(name: str | None, **options: Any) -> Any:
    scope = get_variable_scope()
    if scope.custom_getter is not None:
        raise private_access(scope.custom_getter)
    return scope._get_partitioned_variable(_get_default_variable_store(), name, **options)


_DEFAULTS = (
    "initializer",
    "regularizer",
    "caching_device",
    "partitioner",
    "dtype",
    "use_resource",
)


class _PureVariableScope:
    """A variable scope without a name scope; may be entered again."""

    def __init__(
        self, name_or_scope: Any, old_name_scope: str | None, reuse: Any, defaults: dict[str, Any]
    ) -> None:
        self._name_or_scope = name_or_scope
        self._old_name_scope = old_name_scope
        self._reuse = reuse
        self._defaults = defaults
        self._scopes = get_variable_scope_store()
        _get_default_variable_store()
        self._current: VariableScope | None = None
        self._old: VariableScope
        self._old_counts: dict[str, int] = {}
        if isinstance(name_or_scope, VariableScope):
            self._new_name = name_or_scope.name
            self._reopened = self._made_from(
                name_or_scope, reuse or name_or_scope.reuse, name_or_scope.original_name_scope
            )

    def _made_from(self, outer: VariableScope, reuse: Any, name_scope_name: str) -> VariableScope:
        """A scope with the defaults of `outer`, except those given here."""
        given = self._defaults
        values = {
            key: getattr(outer, key) if given[key] is None else given[key] for key in _DEFAULTS
        }
        getter = outer.custom_getter
        if given["custom_getter"] is not None:
            getter = _wrapped_getter(given["custom_getter"], getter)
        return VariableScope(
            reuse,
            name=self._new_name,
            name_scope=name_scope_name,
            custom_getter=getter,
            constraint=given["constraint"],
            **values,
        )

    def __enter__(self) -> VariableScope:
        self._old = self._scopes.current_scope
        if isinstance(self._name_or_scope, VariableScope):
            self._scopes.open_variable_scope(self._new_name)
            self._old_counts = dict(self._scopes.variable_scopes_count)
            scope = self._reopened
        else:
            name = self._name_or_scope
            self._new_name = f"{self._old.name}/{name}" if self._old.name else name
            self._reuse = self._reuse or self._old.reuse
            scope = self._made_from(
                self._old, self._reuse, either(self._old_name_scope, self._name_or_scope)
            )
            self._scopes.open_variable_scope(self._new_name)
        self._scopes.current_scope = self._current = scope
        return scope

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        if self._scopes.current_scope is not self._current:
            raise RuntimeError("Improper nesting of variable_scope.")
        if isinstance(self._name_or_scope, VariableScope):
            self._scopes.variable_scopes_count = self._old_counts
        else:
            self._scopes.close_variable_subscopes(self._new_name)
        self._scopes.current_scope = self._old


def _pure_variable_scope(
    name_or_scope: Any,
    reuse: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    old_name_scope: str | None = None,
    dtype: Any = dtypes.float32,
    use_resource: bool | None = None,
    constraint: Any = None,
) -> _PureVariableScope:
    """A variable scope that opens no name scope; arguments as of `variable_scope`."""
    defaults = {
        "initializer": initializer,
        "regularizer": regularizer,
        "caching_device": caching_device,
        "partitioner": partitioner,
        "custom_getter": custom_getter,
        "dtype": dtype,
        "use_resource": use_resource,
        "constraint": constraint,
    }
    return _PureVariableScope(name_or_scope, old_name_scope, reuse, defaults)


def _wrapped_getter(custom_getter: Any, old_getter: Any) -> Any:
    """A getter that hands `custom_getter` the outer getter in place of the true one."""
    if old_getter is None:
        return custom_getter

    def wrapped_custom_getter(getter: Any, *args: Any, **kwargs: Any) -> Any:
        return custom_getter(functools.partial(old_getter, getter), *args, **kwargs)

    return wrapped_custom_getter


def _get_unique_variable_scope(prefix: str) -> str:
    scopes = get_variable_scope_store()
    current = get_variable_scope()
    name = f"{current.name}/{prefix}" if current.name else prefix
    if scopes.variable_scope_count(name) == 0:
        return prefix
    number = 1
    while scopes.variable_scope_count(f"{name}_{number}") > 0:
        number += 1
    return f"{prefix}_{number}"


class variable_scope:
    """Put the variables made inside under a name, and set defaults for `get_variable`.

    Args:
        name_or_scope: name below the current scope, or a scope to open again; None takes
            `default_name`, made unique.
        default_name: used when `name_or_scope` is None.
        values: tensors that must be of one graph, which is the default graph inside.
        initializer: default initializer.
        regularizer: default regularizer.
        caching_device: default caching device.
        partitioner: default partitioner.
        custom_getter: default custom getter; wraps that of the outer scope.
        reuse: True: variables must exist; AUTO_REUSE: they may; None: as in the outer scope.
        dtype: default type of the elements.
        use_resource: default choice between ref and resource variables.
        constraint: default constraint.
        auxiliary_name_scope: whether a name scope is opened too.

    Raises:
        TypeError: no name, or one of a wrong kind.
        ValueError: `reuse` is none of these values, or is set without a name.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variable_scope.py.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if not (reuse is None or reuse is True or reuse is False or reuse is AUTO_REUSE):
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(
                "The auxiliary_name_scope must be `True` or `False`, while get "
                f"{auxiliary_name_scope}"
            )
        self._name_or_scope = name_or_scope
        self._default_name = default_name
        self._reuse = None if reuse is False else reuse
        self._auxiliary_name_scope = auxiliary_name_scope
        self._defaults = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "custom_getter": custom_getter,
            "dtype": dtype,
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._graph = graph_of_inputs([] if values is None else values)
        self._pure: _PureVariableScope | None = None
        self._name_scope: Any = None
        self._exits: list[ExitStack] = []

    def __enter__(self) -> VariableScope:
        with ExitStack() as stack:
            if not get_default_graph().building_function:
                stack.enter_context(self._graph.as_default())
            if self._pure is None:
                scope = self._enter_first(stack)
            else:
                if self._name_scope is not None:
                    stack.enter_context(self._name_scope)
                scope = self._pure.__enter__()
            self._exits.append(stack.pop_all())
        return scope

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        assert self._pure is not None
        with self._exits.pop():
            try:
                self._pure.__exit__(kind, value, trace)
            except RuntimeError:
                self._exits.append(ExitStack())  # left in the wrong order: may be left again
                raise

    def _enter_first(self, stack: ExitStack) -> VariableScope:
        chosen = self._name_or_scope
        if chosen is None and self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        if chosen is not None and not isinstance(chosen, str | VariableScope):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if chosen is None:
            own_name: Any = self._default_name
        else:
            own_name = chosen if isinstance(chosen, str) else chosen.name.split("/")[-1]
        if not self._auxiliary_name_scope:
            current = get_default_graph().get_name_scope()
            self._name_scope = name_scope(f"{current}/" if current else "")
        elif own_name or chosen is None:
            self._name_scope = name_scope(own_name)
        old_name_scope = None
        if self._name_scope is not None:
            old_name_scope = stack.enter_context(self._name_scope)
        if chosen is None:
            assert self._default_name is not None
            chosen = _get_unique_variable_scope(self._default_name)
        elif isinstance(chosen, VariableScope):
            old_name_scope = chosen.original_name_scope
        self._pure = _PureVariableScope(chosen, old_name_scope, self._reuse, self._defaults)
        return self._pure.__enter__()


@contextmanager
def variable_op_scope(
    values: Any,
    name_or_scope: Any,
    default_name: str | None = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    reuse: Any = None,
    dtype: Any = None,
    use_resource: bool | None = None,
    constraint: Any = None,
) -> Iterator[VariableScope]:
    """The old spelling of `variable_scope(name_or_scope, default_name, values, ...)`."""
    _log.warning(
        "tf.variable_op_scope(values, name, default_name) is deprecated, use "
        "tf.variable_scope(name, default_name, values)"
    )
    with variable_scope(
        name_or_scope,
        default_name,
        values,
        initializer=initializer,
        regularizer=regularizer,
        caching_device=caching_device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        reuse=reuse,
        dtype=dtype,
        use_resource=use_resource,
        constraint=constraint,
    ) as scope:
        yield scope
