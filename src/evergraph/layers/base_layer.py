"""What every layer has: weights, losses, updates, a dtype, and the steps of a call.

`BaseLayer` knows nothing of variable scopes: `layers/base.py` adds them for tf.layers.

Reference: TensorFlow 1.15, tensorflow/python/keras/engine/base_layer.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from evergraph.core import dtypes, nest
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.layers.input_spec import assert_input_compatibility
from evergraph.layers.layer_state import (
    FLOATX,
    LayerState,
    calls,
    is_of_graph,
)
from evergraph.layers.named_objects import get_initializer, get_regularizer
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.variables.initializers import GlorotUniform, Zeros
from evergraph.variables.partitioned_variable import PartitionedVariable
from evergraph.variables.replication import VariableAggregation, VariableSynchronization

_KNOWN_OPTIONS = frozenset(
    (
        "activity_regularizer",
        "autocast",
        "batch_input_shape",
        "batch_size",
        "input_shape",
        "weights",
    )
)


class BaseLayer(LayerState):
    """A function of tensors with variables of its own.

    Subclasses make their variables in `build` with `add_weight`, and compute in `call`.

    Args:
        trainable: whether its variables are trained.
        name: name of the layer; the class's name and a number when None.
        dtype: type of its variables; that of the first input when None.
        **kwargs: `weights` to start from, `activity_regularizer`.

    Raises:
        TypeError: an argument isn't known.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A layer that works though a subclass doesn't call this `__init__`, as in 0.x."""
        self = super().__new__(cls)
        self._begin()
        return self

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        for option in kwargs:
            if option not in _KNOWN_OPTIONS:
                raise TypeError("Keyword argument not understood:", option)
        self._trainable = trainable
        self._init_set_name(name)
        if dtype is not None:
            self._dtype = dtypes.as_dtype(dtype).name
        self._activity_regularizer = kwargs.get("activity_regularizer")
        self._initial_weights = kwargs.get("weights")
        if "batch_input_shape" in kwargs:
            self._batch_input_shape = tuple(kwargs["batch_input_shape"])
        elif "input_shape" in kwargs:
            self._batch_input_shape = (kwargs.get("batch_size"), *kwargs["input_shape"])

    def _name_scope(self) -> str:
        """The name scope of the operations of a call."""
        return str(self._name)

    # What a subclass may define.

    def build(self, input_shape: Any) -> None:
        """Make the variables; called once, before the first `call`.

        Args:
            input_shape: TensorShape of the input, or a structure of shapes.
        """
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """The output for `inputs`."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for an input of `input_shape`.

        Raises:
            NotImplementedError: the layer doesn't tell.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer without its weights.

        Raises:
            NotImplementedError: the class has arguments of its own and doesn't tell them.
        """
        config = {"name": self.name, "trainable": self.trainable}
        if hasattr(self, "_batch_input_shape"):
            config["batch_input_shape"] = self._batch_input_shape
        config["dtype"] = self.dtype
        arguments = inspect.getfullargspec(type(self).__init__).args
        own = [name for name in arguments if name not in config and name != "dynamic"]
        if len(own) > 1 and type(self).get_config is BaseLayer.get_config:
            raise NotImplementedError(
                "Layers with arguments in `__init__` must override `get_config`."
            )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer with the arguments `config`."""
        return cls(**config)

    def add_weight(
        self,
        name: str | None = None,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        partitioner: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        getter: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A variable of the layer.

        Args:
            name: its name.
            shape: its shape; a scalar when None.
            dtype: type of its elements; the layer's, else float32, when None.
            initializer: an initializer or its name; glorot_uniform for floats, zeros for other
                numbers when None.
            regularizer: function of the variable whose result joins the losses.
            trainable: whether it is trained; yes when None.
            constraint: function that optimizers apply after an update.
            partitioner: function that tells into how many slices it is cut.
            use_resource: make a resource variable.
            synchronization: kept for those who ask.
            aggregation: kept for those who ask.
            getter: what makes the variable; called with these arguments by name.
            **kwargs: `collections`, handed to `getter`.

        Raises:
            TypeError: an argument isn't known.
            ValueError: there is no initializer for this dtype.
        """
        for option in kwargs:
            if option not in ("collections", "experimental_autocast"):
                raise TypeError("Unknown keyword argument:", option)
        dtype = dtypes.as_dtype(dtype or self.dtype or FLOATX)
        if self._dtype is None:
            self._dtype = dtype.base_dtype.name
        trainable = is_trainable(trainable, synchronization)
        initializer = get_initializer(initializer)
        if initializer is None:
            initializer = _default_initializer(dtype, name, self.name)
        variable = getter(
            name=name,
            shape=() if shape is None else shape,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable,
            constraint=constraint,
            partitioner=partitioner,
            use_resource=use_resource,
            collections=kwargs.get("collections"),
            synchronization=synchronization,
            aggregation=aggregation,
        )
        regularizer = get_regularizer(regularizer)
        if regularizer is not None:
            self._handle_weight_regularization(variable.op.name, variable, regularizer)
        (self._trainable_weights if trainable else self._non_trainable_weights).append(variable)
        return variable

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """The older name of `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def _handle_weight_regularization(
        self, name: str | None, variable: Any, regularizer: Any
    ) -> None:
        def penalty(part: Any) -> Any:
            with name_scope(f"{name}/Regularizer"):
                return regularizer(part)

        parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
        for part in parts:
            self.add_loss(functools.partial(penalty, part))

    # Calls.

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The output for `inputs`; builds the layer first if need be.

        Raises:
            ValueError: the inputs don't fit `input_spec`, or `call` returns None.
        """
        if any(isinstance(x, np.ndarray | float | int) for x in nest.flatten(inputs)):
            inputs = nest.map_structure(_as_tensor, inputs)
        parameters = self._call_parameters()
        training = self._training_of(parameters, args, kwargs)
        with self._calling(inputs, training):
            is_symbolic = all(is_of_graph(x) for x in nest.flatten(inputs))
            if is_symbolic:
                assert_input_compatibility(self.input_spec, inputs, self.name)
            with name_scope(self._name_scope()):
                self._maybe_build(inputs)
                outputs = self.call(inputs, *args, **kwargs)
                if outputs is None and is_symbolic:
                    raise ValueError(
                        "A layer's `call` method should return a Tensor or a list of Tensors, not "
                        f"None (layer: {self.name})."
                    )
                self._handle_activity_regularization(inputs, outputs)
        return outputs

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The older name of a call."""
        return self(inputs, *args, **kwargs)

    @contextmanager
    def _calling(self, inputs: Any, training: Any) -> Iterator[None]:
        calls.stack.append((nest.flatten(inputs), training))
        try:
            yield
        finally:
            calls.stack.pop()

    def _call_parameters(self) -> inspect.FullArgSpec:
        return inspect.getfullargspec(self.call)

    def _training_of(
        self, parameters: inspect.FullArgSpec, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """`training` of this call: given, or that of the call around; `kwargs` is put right."""
        names = [name for name in parameters.args if name != "self"][1:]
        is_expected = "training" in names or parameters.varkw is not None
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if "training" in given:
            if not is_expected:
                kwargs.pop("training")
            return given["training"]
        training = calls.stack[-1][1] if calls.stack else None
        if is_expected and training is not None:
            is_tensor = isinstance(training, Tensor)
            kwargs["training"] = cast(training, dtypes.bool) if is_tensor else bool(training)
        return training

    def _maybe_build(self, inputs: Any) -> None:
        if not self.built:
            given = nest.flatten(inputs)
            assert_input_compatibility(self.input_spec, inputs, self.name)
            if given and self._dtype is None and hasattr(given[0], "dtype"):
                self._dtype = dtypes.as_dtype(given[0].dtype).base_dtype.name
            shapes = None
            if all(hasattr(x, "shape") for x in given):
                shapes = nest.map_structure(lambda x: x.shape, inputs)
            self.build(shapes)
            self.built = True
        if self._initial_weights is not None:
            weights, self._initial_weights = self._initial_weights, None
            self.set_weights(weights)

    def _handle_activity_regularization(self, inputs: Any, outputs: Any) -> None:
        if self._activity_regularizer is None:
            return
        with name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                loss = self._activity_regularizer(output)
                self.add_loss(loss / cast(shape_of(output)[0], loss.dtype), inputs=inputs)


def is_trainable(trainable: bool | None, synchronization: Any) -> bool:
    """Whether a variable is trained that was asked for like this.

    Raises:
        ValueError: it should be trained, and is synchronised on read.
    """
    if synchronization == VariableSynchronization.ON_READ:
        if trainable:
            raise ValueError(
                "Synchronization value can be set to VariableSynchronization.ON_READ only for "
                "non-trainable variables. You have specified trainable=True and "
                "synchronization=VariableSynchronization.ON_READ."
            )
        return False
    return True if trainable is None else trainable


def _default_initializer(dtype: dtypes.DType, name: str | None, layer_name: Any) -> Any:
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_unsigned or dtype.is_bool:
        return Zeros()
    raise ValueError(
        f"An initializer for variable {name} of type {dtype.base_dtype} is required for layer "
        f"{layer_name}"
    )


def _as_tensor(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, np.ndarray | float | int) else value
