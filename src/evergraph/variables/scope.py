"""VariableScope: the prefix of variable names, and the defaults of `get_variable`."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.scopes import get_collection, name_scope
from evergraph.variables.replication import VariableAggregation, VariableSynchronization
from evergraph.variables.variable_store import VariableStore


def no_regularizer(_: Any) -> None:
    """A regularizer that adds nothing: switches off the one of an outer scope."""


class VariableScope:
    """The prefix of variable names, and the defaults of `get_variable`.

    Args:
        reuse: whether `get_variable` gives existing variables: True, False, None or AUTO_REUSE.
        name: prefix of variable names, without a slash at the end.
        initializer: default initializer.
        regularizer: default regularizer.
        caching_device: default caching device.
        partitioner: default partitioner.
        custom_getter: default custom getter.
        name_scope: name scope that the scope was opened in.
        dtype: default type of the elements.
        use_resource: default choice between ref and resource variables.
        constraint: default constraint.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: str = "",
        dtype: Any = dtypes.float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ) -> None:
        self._name = name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    @property
    def name(self) -> str:
        """The prefix of variable names."""
        return self._name

    @property
    def original_name_scope(self) -> str:
        """The name scope that the scope was first opened in."""
        return self._name_scope

    @property
    def reuse(self) -> Any:
        """Whether `get_variable` gives existing variables."""
        return self._reuse

    @property
    def initializer(self) -> Any:
        """The default initializer."""
        return self._initializer

    @property
    def dtype(self) -> Any:
        """The default type of the elements."""
        return self._dtype

    @property
    def use_resource(self) -> bool | None:
        """The default choice between ref and resource variables."""
        return self._use_resource

    @property
    def regularizer(self) -> Any:
        """The default regularizer."""
        return self._regularizer

    @property
    def caching_device(self) -> Any:
        """The default caching device."""
        return self._caching_device

    @property
    def partitioner(self) -> Any:
        """The default partitioner."""
        return self._partitioner

    @property
    def custom_getter(self) -> Any:
        """The default custom getter."""
        return self._custom_getter

    @property
    def constraint(self) -> Any:
        """The default constraint."""
        return self._constraint

    def reuse_variables(self) -> None:
        """Give existing variables from now on, and make no new ones."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Change the default initializer."""
        self._initializer = initializer

    def set_dtype(self, dtype: Any) -> None:
        """Change the default type of the elements."""
        self._dtype = dtype

    def set_use_resource(self, use_resource: bool | None) -> None:
        """Change the default choice between ref and resource variables."""
        self._use_resource = use_resource

    def set_regularizer(self, regularizer: Any) -> None:
        """Change the default regularizer."""
        self._regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        """Change the default caching device."""
        self._caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """Change the default partitioner."""
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter: Any) -> None:
        """Change the default custom getter."""
        self._custom_getter = custom_getter

    def get_collection(self, name: Any) -> list[Any]:
        """The items of collection `name` that are under this scope."""
        return get_collection(name, f"{self._name}/" if self._name else "")

    def trainable_variables(self) -> list[Any]:
        """The trainable variables under this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The global variables under this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables under this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: VariableStore,
        name: str,
        shape: Any = None,
        dtype: Any = None,
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
        """`tf.get_variable` under this scope, with the variables of `var_store`.

        Raises:
            ValueError: the type of an initial value isn't `dtype`; see also `tf.get_variable`.
        """
        with name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                found = convert_to_tensor(initializer).dtype.base_dtype
                if found != dtype:
                    raise ValueError(
                        f"Initializer type '{found}' and explicit dtype '{dtype}' don't match."
                    )
            return var_store.get_variable(
                f"{self.name}/{name}" if self.name else name,
                shape=shape,
                dtype=either(dtype, self._dtype),
                initializer=either(initializer, self._initializer),
                regularizer=either(regularizer, self._regularizer),
                reuse=either(reuse, self._reuse),
                trainable=trainable,
                collections=collections,
                caching_device=either(caching_device, self._caching_device),
                partitioner=either(partitioner, self._partitioner),
                validate_shape=validate_shape,
                use_resource=either(use_resource, self._use_resource),
                custom_getter=either(custom_getter, self._custom_getter),
                constraint=either(constraint, self._constraint),
                synchronization=synchronization,
                aggregation=aggregation,
            )

    def _get_partitioned_variable(
        self, var_store: VariableStore, name: str | None, **options: Any
    ) -> Any:
        if self._custom_getter is not None:
            raise private_access(self._custom_getter)
        for key in ("initializer", "regularizer", "constraint", "caching_device", "partitioner"):
            options[key] = either(options.get(key), getattr(self, f"_{key}"))
        options["dtype"] = either(options.get("dtype"), self._dtype)
        options["use_resource"] = either(options.get("use_resource"), self._use_resource)
        if options["partitioner"] is None:
            raise ValueError("No partitioner was specified")
        with name_scope(None):
            return var_store._get_partitioned_variable(
                "/".join(filter(None, [self.name, name])), reuse=self.reuse, **options
            )


def either(value: Any, default: Any) -> Any:
    """`value`, or `default` in place of None."""
    return default if value is None else value


def private_access(getter: Any) -> ValueError:
    """The error for cutting a variable by hand where a custom getter is set."""
    return ValueError(
        "Private access to _get_partitioned_variable is not allowed when a custom getter is set.  "
        f"Current custom getter: {getter}.  It is likely that you're using "
        "create_partitioned_variables.  If so, consider instead using get_variable with a "
        "non-empty partitioner parameter instead."
    )
