"""tf.layers.Layer: a layer whose variables live in a variable scope.

Reference: TensorFlow 1.15, tensorflow/python/layers/base.py.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_collection_ref, name_scope
from evergraph.layers.base_layer import BaseLayer, is_trainable
from evergraph.layers.input_spec import InputSpec as InputSpec
from evergraph.layers.layer_state import FLOATX, to_snake_case, unique_object_name
from evergraph.variables.lists import global_variables, trainable_variables
from evergraph.variables.replication import VariableAggregation, VariableSynchronization
from evergraph.variables.scope import VariableScope
from evergraph.variables.variable_scope import get_variable, variable_scope


class Layer(BaseLayer):
    """A function of tensors with variables of its own, which live in a variable scope.

    The scope is that of `_scope` or of the first call's `scope`, else one with the layer's name,
    made unique. Further calls, and other layers with the same scope that reuse, share variables.

    Args:
        trainable: whether its variables are trained.
        name: name of the layer and of its scope; the class's name when None.
        dtype: type of its variables; that of the first input when None.
        **kwargs: `_scope`, a scope or name; `_reuse`, whether its variables must exist;
            `weights` to start from; `activity_regularizer`.

    Raises:
        TypeError: an argument isn't known.

    Reference: TensorFlow 1.15, tensorflow/python/layers/base.py.
    """

    def _begin(self) -> None:
        super()._begin()
        self._use_resource_variables = False
        self._reuse: Any = None
        self._base_name: Any = to_snake_case(type(self).__name__)
        self._scope: VariableScope | None = None
        self._current_scope: VariableScope | None = None
        self._reusing_scope: Any = None

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    def _init_set_name(self, name: Any) -> None:
        self._base_name = name
        self._name = name
        if isinstance(name, VariableScope):
            self._base_name = name.name
        if not name or isinstance(name, VariableScope):
            base_name = to_snake_case(type(self).__name__)
            self._name = unique_object_name(base_name)
            self._base_name = self._base_name or base_name

    def _name_scope(self) -> str:
        assert self._current_scope is not None
        return self._current_scope.original_name_scope

    @property
    def graph(self) -> None:
        """None: layers keep no graph."""
        return None

    @property
    def scope_name(self) -> str:
        """The name of the layer's variable scope.

        Raises:
            ValueError: the layer wasn't called yet.
        """
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been '
                "used yet. The scope name  is determined the first time the layer instance is "
                "called. You must therefore call the layer before querying `scope_name`."
            )
        return self._scope.name

    def _set_scope(self, scope: Any = None) -> None:
        if self._scope is not None:
            return
        if self._reuse:
            opened = variable_scope(self._base_name if scope is None else scope)
        else:
            opened = variable_scope(scope, default_name=self._base_name)
        with opened as captured:
            self._scope = captured

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add penalties, also to the collection of regularization losses.

        Args:
            losses: a tensor, a function without arguments that makes one, or a list of these.
            inputs: the inputs that they depend on, or None when they depend on none.
        """
        before, callables_before = len(self._losses), len(self._callable_losses)
        super().add_loss(losses, inputs=inputs)
        new = [loss for loss, _ in self._losses[before:]]
        new += [loss() for loss in self._callable_losses[callables_before:]]
        _add_to_collection(
            GraphKeys.REGULARIZATION_LOSSES, [loss for loss in new if loss is not None]
        )

    def add_weight(  # type: ignore[override]  # TensorFlow's own order of arguments differs
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        partitioner: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A variable of the layer in its scope: a new one, or an existing one to share.

        Args:
            name: its name below the layer's scope.
            shape: its shape.
            dtype: type of its elements; the layer's, else float32, when None.
            initializer: an initializer or its name; the scope's, else glorot_uniform for floats
                and zeros for other numbers, when None.
            regularizer: function of a new variable whose result joins the losses.
            trainable: whether it is trained; yes when None.
            constraint: function that optimizers apply after an update.
            use_resource: make a resource variable.
            synchronization: kept for those who ask.
            aggregation: kept for those who ask.
            partitioner: function that tells into how many slices it is cut.
            **kwargs: none.

        Raises:
            TypeError: an argument isn't known.
            ValueError: it exists and must not, or the other way round.
        """
        for option in kwargs:
            if option != "experimental_autocast":
                raise TypeError("Unknown keyword argument:", option)
        trainable = is_trainable(trainable, synchronization)
        existing = {id(variable) for variable in global_variables()}
        self._set_scope(None)
        before = len(self._trainable_weights)
        with variable_scope(
            self._scope, reuse=self.built or self._reuse, auxiliary_name_scope=False
        ) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = super().add_weight(
                    name,
                    shape,
                    dtype=dtypes.as_dtype(dtype or self.dtype or FLOATX),
                    initializer=scope.initializer if initializer is None else initializer,
                    trainable=trainable and self.trainable,
                    constraint=constraint,
                    partitioner=partitioner,
                    use_resource=use_resource or self._use_resource_variables or scope.use_resource,
                    synchronization=synchronization,
                    aggregation=aggregation,
                    getter=get_variable,
                )
                if regularizer and not any(id(part) in existing for part in _parts(variable)):
                    self._handle_weight_regularization(name, variable, regularizer)
                if trainable and self.trainable and not _is_listed(variable):
                    # A custom getter made it untrainable.
                    self._non_trainable_weights += self._trainable_weights[before:]
                    del self._trainable_weights[before:]
        return variable

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The output for `inputs`; builds the layer first if need be.

        Args:
            inputs: a tensor or a structure of tensors.
            *args: handed to `call`.
            **kwargs: handed to `call`, but for `scope`: the variable scope to use in the first
                call.

        Raises:
            ValueError: the inputs don't fit `input_spec`, or `call` returns None.
        """
        self._set_scope(kwargs.pop("scope", None))
        if self.built:
            if self._reusing_scope is None:
                self._reusing_scope = variable_scope(
                    self._scope, reuse=True, auxiliary_name_scope=False
                )
            opened = self._reusing_scope
        else:
            opened = variable_scope(self._scope, reuse=self._reuse, auxiliary_name_scope=False)
        with opened as scope:
            self._current_scope = scope
            if "scope" in inspect.getfullargspec(self.call).args:
                kwargs["scope"] = scope
            outputs = super().__call__(inputs, *args, **kwargs)
        _add_to_collection(GraphKeys.UPDATE_OPS, self.updates)
        return outputs

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A layer with the same variables: what belongs to a graph isn't copied."""
        result = type(self).__new__(type(self))
        memo[id(self)] = result
        for name, value in vars(self).items():
            if name in ("_scope", "_reusing_scope"):
                copied = copy.copy(value)
            elif _is_of_a_graph(value):
                copied = value
            else:
                copied = copy.deepcopy(value, memo)
            setattr(result, name, copied)
        return result


def _is_of_a_graph(value: Any) -> bool:
    """Whether `value` is a tensor, an operation or a variable, or holds nothing else."""
    items = nest.flatten(value)
    return bool(items) and all(
        isinstance(x, Tensor | Operation) or hasattr(x, "_as_graph_element") for x in items
    )


def _parts(variable: Any) -> list[Any]:
    """The variables that `variable` consists of."""
    return list(variable) if hasattr(variable, "_get_variable_list") else [variable]


def _is_listed(variable: Any) -> bool:
    return any(variable is listed for listed in trainable_variables())


def _add_to_collection(name: str, elements: list[Any]) -> None:
    collection = get_collection_ref(name)
    for element in elements:
        if not any(element is other for other in collection):
            collection.append(element)
