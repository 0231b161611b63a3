"""Which kind of variable `tf.Variable(...)` makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from evergraph.graph.scopes import get_default_graph
from evergraph.variables.ref_variable import RefVariable
from evergraph.variables.resource_variable import ResourceVariable

_DEFAULT_USE_RESOURCE = False

_SHARED = (
    "initial_value",
    "trainable",
    "validate_shape",
    "caching_device",
    "name",
    "variable_def",
    "dtype",
    "import_scope",
    "constraint",
    "synchronization",
    "aggregation",
    "shape",
)


def enable_resource_variables() -> None:
    """Make resource variables wherever nothing else is said."""
    global _DEFAULT_USE_RESOURCE
    _DEFAULT_USE_RESOURCE = True


def disable_resource_variables() -> None:
    """Make ref variables wherever nothing else is said, as at the start."""
    global _DEFAULT_USE_RESOURCE
    _DEFAULT_USE_RESOURCE = False


def resource_variables_enabled() -> bool:
    """Whether resource variables are made where nothing else is said."""
    return _DEFAULT_USE_RESOURCE


def default_variable_creator(next_creator: Any = None, **kwargs: Any) -> Any:
    """The variable that `tf.Variable(**kwargs)` stands for, when no creator scope intervenes."""
    assert next_creator is None
    from evergraph.variables.variable_scope import get_variable_scope

    use_resource = kwargs.get("use_resource")
    if use_resource is None:
        use_resource = get_variable_scope().use_resource
    if use_resource is None:
        use_resource = _DEFAULT_USE_RESOURCE
    if use_resource:
        names: tuple[str, ...] = (*_SHARED, "collections", "distribute_strategy")
        return ResourceVariable(**{name: kwargs[name] for name in names if name in kwargs})
    names = (*_SHARED, "collections", "expected_shape")
    return RefVariable(**{name: kwargs[name] for name in names if name in kwargs})


def default_variable_creator_v2(next_creator: Any = None, **kwargs: Any) -> Any:
    """The variable that 2.x's `tf.Variable(**kwargs)` stands for."""
    assert next_creator is None
    names = (*_SHARED, "distribute_strategy")
    return ResourceVariable(**{name: kwargs[name] for name in names if name in kwargs})


@contextmanager
def variable_creator_scope(variable_creator: Any) -> Iterator[None]:
    """Let `variable_creator` make the variables inside.

    Args:
        variable_creator: `f(next_creator, **kwargs)`, where kwargs are the arguments of
            `tf.Variable`; it returns a variable, as a rule `next_creator(**kwargs)`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/variable_scope.py.
    """
    with get_default_graph()._variable_creator_scope(variable_creator):
        yield
