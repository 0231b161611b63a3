"""Activations, initializers and regularizers by name, and the names back from them.

Reference: TensorFlow 1.15, tensorflow/python/keras/{activations,initializers,regularizers}.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from evergraph.graph.operation import Tensor
from evergraph.ops.activation import elu, relu, softplus, softsign
from evergraph.ops.clip import clip_by_value
from evergraph.ops.constants import constant
from evergraph.ops.math_elementwise import add
from evergraph.ops.math_functions import abs as absolute
from evergraph.ops.math_functions import exp, square
from evergraph.ops.math_reduction import reduce_max, reduce_sum
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.select import where_v2
from evergraph.ops.sigmoid import sigmoid
from evergraph.ops.softmax import softmax as softmax_of_rows
from evergraph.variables import initializers, orthogonal_initializers


def serialize(value: Any) -> Any:
    """A name, or {"class_name", "config"}, from which `value` can be made again; None for None.

    Raises:
        ValueError: `value` has neither a configuration nor a name.
    """
    if value is None:
        return None
    if hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if hasattr(value, "__name__"):
        return value.__name__
    raise ValueError("Cannot serialize", value)


def deserialize(identifier: Any, known: Mapping[str, Any], what: str) -> Any:
    """The object that `serialize` wrote as `identifier`.

    Args:
        identifier: a name, or {"class_name", "config"}.
        known: name -> class, function or object.
        what: the kind of object, named in errors.

    Raises:
        ValueError: the name isn't known, or a dictionary is of another form.
    """
    if isinstance(identifier, str):
        found = known.get(identifier)
        if found is None:
            raise ValueError(f"Unknown {what}:{identifier}")
        return found() if inspect.isclass(found) else found
    if "class_name" not in identifier or "config" not in identifier:
        raise ValueError(f"Improper config format: {identifier}")
    cls = known.get(identifier["class_name"])
    if cls is None:
        raise ValueError(f"Unknown {what}: {identifier['class_name']}")
    make = getattr(cls, "from_config", None)
    return make(identifier["config"]) if make is not None else cls(**identifier["config"])


# Activations.


def linear(x: Any) -> Any:
    """`x` itself."""
    return x


def softmax(x: Tensor, axis: int = -1) -> Any:
    """Softmax over `axis`; over the columns of a matrix.

    Raises:
        ValueError: `x` is a vector.
    """
    ndim = x.shape.ndims
    if ndim == 2:
        return softmax_of_rows(x)
    if ndim is None or ndim < 2:
        raise ValueError(f"Cannot apply softmax to a tensor that is 1D. Received input: {x}")
    e: Any = exp(x - reduce_max(x, axis=axis, keepdims=True))
    return e / reduce_sum(e, axis=axis, keepdims=True)


def selu(x: Any) -> Any:
    """1.0507 * elu(x), with slope 1.6733 at minus infinity."""
    alpha = 1.6732632423543772848170429916717
    positive: Any = elu(x)
    return 1.0507009873554804934193349852946 * where_v2(x > 0, positive, alpha * positive)


def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5, cut off at 0 and 1."""
    dtype = x.dtype.base_dtype
    slope, middle = constant(0.2, dtype=dtype), constant(0.5, dtype=dtype)
    return clip_by_value(add(x * slope, middle), 0.0, 1.0)


def exponential(x: Any) -> Any:
    """exp(x)."""
    return exp(x)


_ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "elu": elu,
    "exponential": exponential,
    "hard_sigmoid": hard_sigmoid,
    "linear": linear,
    "relu": relu,
    "selu": selu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "tanh": tanh,
}


def get_activation(identifier: Any) -> Any:
    """The activation called `identifier`; a function is given back, None is `linear`.

    Raises:
        TypeError: it is neither a name nor a function.
        ValueError: no activation has this name.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str | dict):
        return deserialize(identifier, _ACTIVATIONS, "activation function")
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier!r}")


# Initializers. Random ones made by name have narrower defaults than those of tf.initializers.


def _random_uniform(minval: Any = -0.05, maxval: Any = 0.05, **options: Any) -> Any:
    return initializers.RandomUniform(minval, maxval, **options)


def _random_normal(mean: Any = 0.0, stddev: Any = 0.05, **options: Any) -> Any:
    return initializers.RandomNormal(mean, stddev, **options)


def _truncated_normal(mean: Any = 0.0, stddev: Any = 0.05, **options: Any) -> Any:
    return initializers.TruncatedNormal(mean, stddev, **options)


_CLASSES: dict[str, Any] = {
    "Constant": initializers.Constant,
    "GlorotNormal": initializers.GlorotNormal,
    "GlorotUniform": initializers.GlorotUniform,
    "Identity": initializers.Identity,
    "Ones": initializers.Ones,
    "Orthogonal": orthogonal_initializers.Orthogonal,
    "VarianceScaling": initializers.VarianceScaling,
    "Zeros": initializers.Zeros,
    "constant": initializers.Constant,
    "glorot_normal": initializers.GlorotNormal,
    "glorot_uniform": initializers.GlorotUniform,
    "identity": initializers.Identity,
    "one": initializers.Ones,
    "ones": initializers.Ones,
    "orthogonal": orthogonal_initializers.Orthogonal,
    "zero": initializers.Zeros,
    "zeros": initializers.Zeros,
}
_FUNCTIONS: dict[str, Any] = {
    "RandomNormal": _random_normal,
    "RandomUniform": _random_uniform,
    "TruncatedNormal": _truncated_normal,
    "he_normal": initializers.he_normal,
    "he_uniform": initializers.he_uniform,
    "lecun_normal": initializers.lecun_normal,
    "lecun_uniform": initializers.lecun_uniform,
    "normal": _random_normal,
    "random_normal": _random_normal,
    "random_uniform": _random_uniform,
    "truncated_normal": _truncated_normal,
    "uniform": _random_uniform,
}


def get_initializer(identifier: Any) -> Any:
    """The initializer called `identifier`; None and callables are given back.

    Raises:
        ValueError: it is no initializer, or none has this name.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str) and identifier in _FUNCTIONS:
        return _FUNCTIONS[identifier]()
    if isinstance(identifier, str | dict):
        return deserialize(identifier, {**_CLASSES, **_FUNCTIONS}, "initializer")
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret initializer identifier: {identifier}")


# Regularizers.


class L1L2:
    """l1 * sum(|x|) + l2 * sum(x^2)."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = l1
        self.l2 = l2

    def __call__(self, x: Any) -> Any:
        """The penalty on `x`."""
        if not self.l1 and not self.l2:
            return constant(0.0)
        penalty: Any = 0.0
        if self.l1:
            penalty += self.l1 * reduce_sum(absolute(x))
        if self.l2:
            penalty += self.l2 * reduce_sum(square(x))
        return penalty

    def get_config(self) -> dict[str, Any]:
        """The two factors."""
        return {"l1": float(self.l1), "l2": float(self.l2)}


def _l1(l: float = 0.01) -> L1L2:  # noqa: E741 - Keras's name of the argument
    return L1L2(l1=l)


def _l2(l: float = 0.01) -> L1L2:  # noqa: E741 - Keras's name of the argument
    return L1L2(l2=l)


def _l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    return L1L2(l1, l2)


_REGULARIZERS: dict[str, Any] = {
    "L1L2": L1L2,
    "l1": _l1,
    "l1_l2": _l1_l2,
    "l2": _l2,
}


def get_regularizer(identifier: Any) -> Any:
    """The regularizer called `identifier`; None and callables are given back.

    Raises:
        ValueError: it is no regularizer, or none has this name.
    """
    if identifier is None or callable(identifier):
        return identifier
    if isinstance(identifier, str):
        identifier = {"class_name": identifier, "config": {}}
    if isinstance(identifier, dict):
        return deserialize(identifier, _REGULARIZERS, "regularizer")
    raise ValueError("Could not interpret regularizer identifier:", identifier)
