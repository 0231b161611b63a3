"""What a layer keeps: its name, dtype, weights, losses and updates.

Reference: TensorFlow 1.15, tensorflow/python/keras/engine/base_layer.py.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from evergraph.core import nest
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph, get_default_session
from evergraph.layers.input_spec import InputSpec

FLOATX = "float32"

# How often each name was given out in a graph.
_counts: WeakKeyDictionary[Graph, dict[str, int]] = WeakKeyDictionary()


class _Calls(threading.local):
    """The calls of layers that are under way in a thread: (inputs, training), innermost last."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[Any, Any]] = []


calls = _Calls()


def to_snake_case(name: str) -> str:
    """`BasicLSTMCell` as `basic_lstm_cell`."""
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
    return f"private{snake}" if snake.startswith("_") else snake


def unique_object_name(name: str) -> str:
    """`name` with a number, counted in the default graph from 1."""
    counts = _counts.setdefault(get_default_graph(), {})
    counts[name] = counts.get(name, 0) + 1
    return f"{name}_{counts[name]}"


class LayerState:
    """What a layer keeps, and the ways to look at it and to change it."""

    def _begin(self) -> None:
        self.built = False
        self.stateful = False
        self._trainable = True
        self._name: Any = None
        self._dtype: str | None = None
        self._input_spec: Any = None
        self._activity_regularizer: Any = None
        self._initial_weights: Any = None
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        # (update or loss, whether it depends on no input).
        self._updates: list[tuple[Any, bool]] = []
        self._losses: list[tuple[Any, bool]] = []
        self._callable_losses: list[Callable[[], Any]] = []

    def _init_set_name(self, name: Any) -> None:
        self._name = name or unique_object_name(to_snake_case(type(self).__name__))

    @property
    def name(self) -> Any:
        """The layer's name."""
        if self._name is None:
            self._init_set_name(None)
        return self._name

    @property
    def dtype(self) -> str | None:
        """Name of the variables' dtype; None when neither given nor known from an input."""
        return self._dtype

    @property
    def trainable(self) -> bool:
        """Whether its variables are trained."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value

    @property
    def activity_regularizer(self) -> Any:
        """Function of an output whose result, per example, joins the losses."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    @property
    def input_spec(self) -> Any:
        """What inputs must be: an InputSpec, a structure of them, or None."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        for spec in nest.flatten(value):
            if spec is not None and not isinstance(spec, InputSpec):
                raise TypeError(f"Layer input_spec must be an instance of InputSpec. Got: {spec}")
        self._input_spec = value

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that are trained."""
        return list(self._trainable_weights) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables that aren't."""
        if self.trainable:
            return list(self._non_trainable_weights)
        return self._trainable_weights + self._non_trainable_weights

    @property
    def weights(self) -> list[Any]:
        """All variables, trained ones first."""
        return self.trainable_weights + self.non_trainable_weights

    @property
    def trainable_variables(self) -> list[Any]:
        """As `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """As `non_trainable_weights`."""
        return self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        """As `weights`."""
        return self.weights

    @property
    def updates(self) -> list[Any]:
        """The operations to run beside training, such as those of moving averages."""
        if not self.trainable and not self.stateful:
            return []
        return [update for update, _ in self._updates]

    @property
    def losses(self) -> list[Any]:
        """The penalties that the layer adds; those of weights are made anew at each look."""
        return [loss for loss, _ in self._all_losses()]

    def _all_losses(self) -> list[tuple[Any, bool]]:
        made = [(loss(), True) for loss in self._callable_losses]
        return self._losses + [(loss, flag) for loss, flag in made if loss is not None]

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """The updates that depend on `inputs`; those that depend on none when None."""
        found = self._updates if self.trainable or self.stateful else []
        return _concerning(inputs, found)

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """The losses that depend on `inputs`; those that depend on none when None."""
        return _concerning(inputs, self._all_losses())

    def count_params(self) -> int:
        """The number of elements of all variables.

        Raises:
            ValueError: the layer isn't built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You "
                f"can build it manually via: `{self.name}.build(batch_input_shape)`."
            )
        return int(sum(np.prod(w.get_shape().as_list()) for w in self.weights))

    def get_weights(self) -> list[Any]:
        """The values of all variables in the default session."""
        return list(self._session().run(self.weights)) if self.weights else []

    def set_weights(self, weights: Any) -> None:
        """Give all variables new values in the default session.

        Raises:
            ValueError: the number or a shape of the values is wrong.
        """
        variables = self.weights
        if len(variables) != len(weights):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a  weight list of '
                f"length {len(weights)}, but the layer was expecting {len(variables)} weights. "
                f"Provided weights: {str(weights)[:50]}..."
            )
        for variable, value in zip(variables, weights, strict=True):
            if not variable.get_shape().is_compatible_with(np.shape(value)):
                raise ValueError(
                    f"Layer weight shape {variable.get_shape()} not compatible with provided "
                    f"weight shape {np.shape(value)}"
                )
        for variable, value in zip(variables, weights, strict=True):
            variable.load(value, self._session())

    def _session(self) -> Any:
        session = get_default_session()
        if session is None:
            raise RuntimeError(
                f'The weights of layer "{self.name}" are kept in a session, and there is no default'
                " one here.\n  fix: call this inside `with sess.as_default():`"
            )
        return session

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add penalties.

        Args:
            losses: a tensor, a function without arguments that makes one, or a list of these.
            inputs: the inputs that they depend on, or None when they depend on none.
        """
        for loss in nest.flatten(losses):
            if callable(loss) and not isinstance(loss, Tensor):
                self._callable_losses.append(loss)
            elif loss is not None:
                tensor = convert_to_tensor(loss, dtype=None if is_of_graph(loss) else FLOATX)
                self._losses.append((tensor, inputs is None))

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Add operations to run beside training.

        Args:
            updates: an operation or tensor, a function that makes one, or a list of these.
            inputs: ignored; what an update depends on is seen from the graph.
        """
        for update in updates if isinstance(updates, list) else [updates]:
            made = update() if callable(update) and not is_of_graph(update) else update
            op = made if isinstance(made, Operation) else getattr(made, "op", None)
            found: Any = convert_to_tensor(made) if op is None else op
            given = calls.stack[-1][0] if calls.stack else []
            self._updates.append((found, not _depends(found, given)))


def is_of_graph(value: Any) -> bool:
    """Whether `value` belongs to a graph: a tensor, an operation, a variable, slices."""
    return hasattr(value, "graph") or hasattr(value, "op")


def _depends(target: Any, inputs: Any) -> bool:
    """Whether `target` is computed from one of `inputs`, which are tensors or variables."""
    sources = {getattr(x, "op", x) for x in inputs}
    waiting = [getattr(target, "op", target)]
    seen = set(waiting)
    while waiting:
        op = waiting.pop()
        if op in sources:
            return True
        for tensor in op.inputs:
            if tensor.op not in seen:
                seen.add(tensor.op)
                waiting.append(tensor.op)
    return False


def _concerning(inputs: Any, found: list[tuple[Any, bool]]) -> list[Any]:
    if inputs is None:
        return [item for item, is_free in found if is_free]
    given = nest.flatten(inputs)
    return [item for item, is_free in found if not is_free and _depends(item, given)]
