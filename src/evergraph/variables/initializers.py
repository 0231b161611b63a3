"""Initializers: functions of a shape that make the initial values of variables.

An initializer object is called as `initializer(shape, dtype=, partition_info=)`; the dtype of its
constructor is the default of that call.

Reference: TensorFlow 1.15, tensorflow/python/ops/init_ops.py.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Tensor

# Standard deviation of a standard normal distribution that is cut off at -2 and 2.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer:
    """What all initializers share."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The initial value.

        Args:
            shape: shape of the value.
            dtype: type of the elements; the one the initializer was made with when None.
            partition_info: which part of a partitioned variable it is, or None.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer, as plain values."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """The initializer with the arguments `config`."""
        return cls(**config)


def _is_shape(value: Any) -> bool:
    return isinstance(value, list | tuple | TensorShape | np.ndarray)


class Zeros(Initializer):
    """Zeros; empty strings, false.

    In 0.x, `zeros_initializer` was no class but the function `(shape, dtype)`: called with a shape,
    it still gives the tensor.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An initializer; a tensor when called as 0.x's function."""
        if (args and _is_shape(args[0])) or "shape" in kwargs:
            return _called_as_function(_zeros, *args, **kwargs)
        return super().__new__(cls)

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Zeros of `shape`."""
        return _zeros(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        """The dtype."""
        return {"dtype": self.dtype.name}


class Ones(Initializer):
    """Ones. In 0.8 to 0.11 this was a function of a shape; see `Zeros`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An initializer; a tensor when called as 0.x's function."""
        if (args and _is_shape(args[0])) or "shape" in kwargs:
            return _called_as_function(_ones, *args, **kwargs)
        return super().__new__(cls)

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Ones of `shape`."""
        return _ones(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        """The dtype."""
        return {"dtype": self.dtype.name}


for _cls in (Zeros, Ones):
    # `__new__` takes 0.x's arguments too; what is shown is 1.x's.
    _parameters = list(inspect.signature(_cls.__init__).parameters.values())[1:]
    setattr(_cls, "__signature__", inspect.Signature(_parameters))  # noqa: B010 - no declared name


def _called_as_function(
    function: Any, shape: Any, dtype: Any = dtypes.float32, partition_info: Any = None
) -> Tensor:
    result: Tensor = function(shape, dtype)
    return result


def _zeros(shape: Any, dtype: Any) -> Tensor:
    from evergraph.ops.fills import zeros

    return zeros(shape, dtype)


def _ones(shape: Any, dtype: Any) -> Tensor:
    from evergraph.ops.fills import ones

    return ones(shape, dtype)


class Constant(Initializer):
    """A given value, its last element repeated to fill the shape.

    Args:
        value: number, nested lists of numbers, or array.
        dtype: type of the elements.
        verify_shape: refuse a `value` whose shape isn't that of the variable.

    Raises:
        TypeError: `value` is of another kind.
    """

    def __init__(
        self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False
    ) -> None:
        if not (np.isscalar(value) or isinstance(value, list | tuple | np.ndarray)):
            raise TypeError(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or "
                "tuple of values, or numpy.ndarray)."
            )
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self,
        shape: Any,
        dtype: Any = None,
        partition_info: Any = None,
        verify_shape: bool | None = None,
    ) -> Tensor:
        """The value in `shape`."""
        from evergraph.ops.constants import constant

        return constant(
            self.value,
            dtype=self.dtype if dtype is None else dtype,
            shape=shape,
            verify_shape=self._verify_shape if verify_shape is None else verify_shape,
        )

    def get_config(self) -> dict[str, Any]:
        """The value and the dtype."""
        return {"value": self.value, "dtype": self.dtype.name}


class RandomUniform(Initializer):
    """Uniform numbers in [minval, maxval).

    Args:
        minval: least value.
        maxval: bound; 1 when None and the dtype is floating.
        seed: seed of the operation, or None.
        dtype: type of the elements.
    """

    def __init__(
        self, minval: Any = 0, maxval: Any = None, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Uniform numbers of `shape`."""
        return _uniform(
            shape, self.minval, self.maxval, self.dtype if dtype is None else dtype, self.seed
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            "minval": self.minval,
            "maxval": self.maxval,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class _NormalInitializer(Initializer):
    """What the initializers with a mean and a standard deviation share."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = assert_float_dtype(dtypes.as_dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            "mean": self.mean,
            "stddev": self.stddev,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class RandomNormal(_NormalInitializer):
    """Normal numbers.

    Args:
        mean: their mean.
        stddev: their standard deviation.
        seed: seed of the operation, or None.
        dtype: type of the elements.

    Raises:
        ValueError: `dtype` isn't floating.
    """

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Normal numbers of `shape`."""
        return _normal(
            shape, self.mean, self.stddev, self.dtype if dtype is None else dtype, self.seed
        )


class TruncatedNormal(_NormalInitializer):
    """Normal numbers, drawn again when further than two standard deviations from the mean.

    Args:
        mean: mean before the cut.
        stddev: standard deviation before the cut.
        seed: seed of the operation, or None.
        dtype: type of the elements.

    Raises:
        ValueError: `dtype` isn't floating.
    """

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Truncated normal numbers of `shape`."""
        return _truncated_normal(
            shape, self.mean, self.stddev, self.dtype if dtype is None else dtype, self.seed
        )


def _uniform(shape: Any, minval: Any, maxval: Any, dtype: Any, seed: Any) -> Tensor:
    from evergraph.ops.random import random_uniform

    result: Tensor = random_uniform(shape, minval, maxval, dtype, seed=seed)
    return result


def _normal(shape: Any, mean: Any, stddev: Any, dtype: Any, seed: Any) -> Tensor:
    from evergraph.ops.random import random_normal

    result: Tensor = random_normal(shape, mean, stddev, dtype, seed=seed)
    return result


def _truncated_normal(shape: Any, mean: Any, stddev: Any, dtype: Any, seed: Any) -> Tensor:
    from evergraph.ops.random import truncated_normal

    result: Tensor = truncated_normal(shape, mean, stddev, dtype, seed=seed)
    return result


class UniformUnitScaling(Initializer):
    """Uniform numbers in +-factor * sqrt(3 / n), n the product of all sizes but the last.

    Args:
        factor: multiplies the bound.
        seed: seed of the operation, or None.
        dtype: type of the elements.

    Raises:
        ValueError: `dtype` isn't floating.
    """

    def __init__(self, factor: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        self.factor = factor
        self.seed = seed
        self.dtype = assert_float_dtype(dtypes.as_dtype(dtype))

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Uniform numbers of `shape`."""
        whole = shape if partition_info is None else partition_info.full_shape
        inputs = max(math.prod(float(size) for size in whole[:-1]), 1.0)
        limit = math.sqrt(3 / inputs) * self.factor
        return _uniform(shape, -limit, limit, self.dtype if dtype is None else dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}


class VarianceScaling(Initializer):
    """Numbers of variance scale / n, where n is how many inputs or outputs a weight has.

    Args:
        scale: positive.
        mode: what n is: "fan_in", "fan_out", or "fan_avg", their mean.
        distribution: "truncated_normal" (or "normal"), "untruncated_normal", or "uniform".
        seed: seed of the operation, or None.
        dtype: type of the elements.

    Raises:
        ValueError: an argument of a value that isn't allowed.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = assert_float_dtype(dtypes.as_dtype(dtype))

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Numbers of `shape`."""
        dtype = self.dtype if dtype is None else dtype
        whole = shape if partition_info is None else partition_info.full_shape
        fan_in, fan_out = compute_fans(whole)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}
        scale = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return _uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return _normal(shape, 0.0, math.sqrt(scale), dtype, self.seed)
        stddev = math.sqrt(scale) / _TRUNCATED_STDDEV
        return _truncated_normal(shape, 0.0, stddev, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class GlorotUniform(VarianceScaling):
    """Uniform numbers in +-sqrt(6 / (inputs + outputs)), also known as Xavier's.

    Args:
        seed: seed of the operation, or None.
        dtype: accepted; the type is float32 unless the call says otherwise.
    """

    def __init__(self, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(scale=1.0, mode="fan_avg", distribution="uniform", seed=seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"seed": self.seed, "dtype": self.dtype.name}


class GlorotNormal(VarianceScaling):
    """Truncated normal numbers of variance 2 / (inputs + outputs), also known as Xavier's.

    Args:
        seed: seed of the operation, or None.
        dtype: accepted; the type is float32 unless the call says otherwise.
    """

    def __init__(self, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(scale=1.0, mode="fan_avg", distribution="truncated_normal", seed=seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"seed": self.seed, "dtype": self.dtype.name}


class Identity(Initializer):
    """The identity matrix.

    Args:
        gain: factor.
        dtype: type of the elements.

    Raises:
        ValueError: `dtype` isn't floating; when called, the shape isn't that of a matrix.
    """

    def __init__(self, gain: Any = 1.0, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = assert_float_dtype(dtypes.as_dtype(dtype))

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The identity of `shape`."""
        whole = shape if partition_info is None else partition_info.full_shape
        if len(whole) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        if isinstance(whole, TensorShape):
            whole = whole.as_list()
        from evergraph.ops.diagonals import eye

        rows, columns = whole
        result: Any = eye(rows, columns, dtype=self.dtype if dtype is None else dtype)
        if partition_info is not None:
            from evergraph.ops.array_slice import slice as slice_of

            result = slice_of(result, partition_info.var_offset, shape)
        product: Tensor = self.gain * result
        return product

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"gain": self.gain, "dtype": self.dtype.name}


def lecun_normal(seed: Any = None) -> VarianceScaling:
    """Truncated normal numbers of variance 1 / inputs."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="truncated_normal", seed=seed)


def lecun_uniform(seed: Any = None) -> VarianceScaling:
    """Uniform numbers in +-sqrt(3 / inputs)."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="uniform", seed=seed)


def he_normal(seed: Any = None) -> VarianceScaling:
    """Truncated normal numbers of variance 2 / inputs."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="truncated_normal", seed=seed)


def he_uniform(seed: Any = None) -> VarianceScaling:
    """Uniform numbers in +-sqrt(6 / inputs)."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="uniform", seed=seed)


def compute_fans(shape: Any) -> tuple[int, int]:
    """How many inputs and outputs a weight of `shape` has.

    The last two axes are inputs and outputs; all before them are a receptive field.
    """
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return int(shape[0]), int(shape[0])
    field = math.prod(int(size) for size in shape[:-2])
    return int(shape[-2]) * field, int(shape[-1]) * field


def assert_float_dtype(dtype: DType) -> DType:
    """`dtype`, which must be floating.

    Raises:
        ValueError: it isn't.
    """
    if not dtype.is_floating:
        raise ValueError(f"Expected floating point type, got {dtype}.")
    return dtype


_compute_fans = compute_fans
_assert_float_dtype = assert_float_dtype
zeros_initializer = Zeros
ones_initializer = Ones
constant_initializer = Constant
random_uniform_initializer = RandomUniform
random_normal_initializer = RandomNormal
truncated_normal_initializer = TruncatedNormal
uniform_unit_scaling_initializer = UniformUnitScaling
variance_scaling_initializer = VarianceScaling
glorot_uniform_initializer = GlorotUniform
glorot_normal_initializer = GlorotNormal
identity_initializer = Identity
