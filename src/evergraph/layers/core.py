"""tf.layers.Dense: outputs = activation(inputs . kernel + bias).

Reference: TensorFlow 1.15, tensorflow/python/layers/core.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.graph.operation import Tensor
from evergraph.layers.base import Layer
from evergraph.layers.input_spec import InputSpec
from evergraph.layers.layer_state import FLOATX
from evergraph.layers.named_objects import (
    get_activation,
    get_initializer,
    get_regularizer,
    serialize,
)
from evergraph.ops.cast import cast
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.tensor_contraction import tensordot
from evergraph.variables.initializers import Zeros


class Dense(Layer):
    """A densely connected layer: activation(inputs . kernel + bias).

    `kernel` is [last size of the inputs, units], `bias` is [units].

    Args:
        units: size of the output's last axis.
        activation: function of the output or its name; none when None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel; the scope's when None.
        bias_initializer: initializer of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: function applied to the kernel after an update.
        bias_constraint: function applied to the bias after an update.
        trainable: whether the variables are trained.
        name: name of the layer and of its scope.
        **kwargs: as of `Layer`.

    Reference: TensorFlow 1.15, tensorflow/python/layers/core.py.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = Zeros(),  # noqa: B008 - TensorFlow's own default, never changed
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if "input_dim" in kwargs:
            kwargs["input_shape"] = (kwargs.pop("input_dim"),)
        super().__init__(
            trainable=trainable,
            name=name,
            activity_regularizer=get_regularizer(activity_regularizer),
            **kwargs,
        )
        self.units = int(units)
        self.activation = get_activation(activation)
        self.use_bias = use_bias
        self.kernel_initializer = get_initializer(kernel_initializer)
        self.bias_initializer = get_initializer(bias_initializer)
        self.kernel_regularizer = get_regularizer(kernel_regularizer)
        self.bias_regularizer = get_regularizer(bias_regularizer)
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias.

        Raises:
            TypeError: the dtype isn't floating or complex.
            ValueError: the size of the last axis isn't known.
        """
        dtype = dtypes.as_dtype(self.dtype or FLOATX)
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(f"Unable to build `Dense` layer with non-floating point dtype {dtype}")
        depth = dimension_value(TensorShape(input_shape)[-1])
        if depth is None:
            raise ValueError(
                "The last dimension of the inputs to `Dense` should be defined. Found `None`."
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: depth})
        self.kernel = self.add_weight(
            "kernel",
            shape=[depth, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            dtype=self.dtype,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=[self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                dtype=self.dtype,
            )
        self.built = True

    def call(self, inputs: Tensor) -> Any:  # type: ignore[override]  # it has no options
        """The output, of the shape of `inputs` but for its last axis."""
        shape = inputs.shape
        if shape.ndims is not None and shape.ndims > 2:
            outputs = tensordot(inputs, self.kernel, [[shape.ndims - 1], [0]])
            outputs.set_shape([*shape.as_list()[:-1], self.units])
        else:
            outputs = matmul(cast(inputs, self.dtype), self.kernel)
        if self.use_bias:
            outputs = bias_add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for an input of `input_shape`.

        Raises:
            ValueError: the size of the last axis isn't known.
        """
        shape = TensorShape(input_shape).with_rank_at_least(2)
        if dimension_value(shape[-1]) is None:
            raise ValueError(
                f"The innermost dimension of input_shape must be defined, but saw: {shape}"
            )
        return shape[:-1].concatenate(self.units)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
            "kernel_regularizer": serialize(self.kernel_regularizer),
            "bias_regularizer": serialize(self.bias_regularizer),
            "activity_regularizer": serialize(self.activity_regularizer),
            "kernel_constraint": serialize(self.kernel_constraint),
            "bias_constraint": serialize(self.bias_constraint),
        }


def dense(
    inputs: Tensor,
    units: int,
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = Zeros(),  # noqa: B008 - TensorFlow's own default, never changed
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
) -> Any:
    """The output of a new densely connected layer: activation(inputs . kernel + bias).

    Args:
        inputs: [..., depth].
        units: size of the output's last axis.
        activation: function of the output or its name; none when None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel; the scope's when None.
        bias_initializer: initializer of the bias.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output.
        kernel_constraint: function applied to the kernel after an update.
        bias_constraint: function applied to the bias after an update.
        trainable: whether the variables are trained.
        name: name of the layer and of its scope; "dense" when None.
        reuse: whether to share the variables of a layer of the same name.

    Returns:
        Tensor [..., units].

    Raises:
        ValueError: the size of the last axis isn't known, or it is missing.

    Reference: TensorFlow 1.15, tensorflow/python/layers/core.py.
    """
    layer = Dense(
        units,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=kernel_initializer,
        bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer,
        bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer,
        kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint,
        trainable=trainable,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)
