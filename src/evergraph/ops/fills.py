"""Tensors of one repeated value: Fill, ZerosLike, OnesLike, Empty, `tf.zeros`, `tf.ones`."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, DType
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_shape import reshape, shape_internal
from evergraph.ops.constants import constant_v2, shape_as_tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import from_input, unchanged
from evergraph.registry.shape_inference import ShapeContext

# `zeros` and `ones` of fewer elements than this are constants.
_SMALL = 1000


def _fill_shape(c: ShapeContext) -> TensorShape:
    if c.inputs[0].ndims not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {c.inputs[0].ndims}")
    if c.inputs[1].ndims not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.inputs[1].ndims}")
    shape = c.constant_as_shape(0)
    dims = c.constant(0)
    if dims is not None and (dims < 0).any():
        raise ValueError("Fill dimensions must be >= 0")
    return shape


FILL = register_op(
    "Fill",
    inputs="dims: index_type, value: T",
    outputs="output: T",
    attrs={"T": "type", "index_type": (INDEX, dtypes.int32)},
    shape=_fill_shape,
    static_inputs=("dims",),
    static_value=True,
)


@FILL.kernel
def _fill(xp: Namespace, dims: np.ndarray, value: Array) -> Array:
    sizes = checked_sizes(dims, "Fill")
    if np.ndim(value) != 0:
        raise InvalidArgumentError(
            None, None, f"value must be a scalar, got shape {list(np.shape(value))}"
        )
    return xp.broadcast_to(value, sizes)


def checked_sizes(dims: np.ndarray, op_type: str) -> tuple[int, ...]:
    """A shape given as a vector, as a tuple.

    Raises:
        InvalidArgumentError: it isn't a vector, or a size is negative.
    """
    if np.ndim(dims) != 1:
        raise InvalidArgumentError(
            None, None, f"dims must be a vector, got shape {list(np.shape(dims))}"
        )
    if (np.asarray(dims) < 0).any():
        raise InvalidArgumentError(None, None, f"Dimension {int(np.min(dims))} must be >= 0")
    return tuple(int(size) for size in dims)


@FILL.gradient
def _fill_gradient(op: Operation, d_output: Tensor) -> tuple[None, Tensor]:
    from evergraph.ops.math_reduction import reduce_sum

    return None, reduce_sum(d_output)


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """A tensor of shape `dims` whose elements are all `value`.

    Args:
        dims: int32 or int64 vector.
        value: scalar of any type.
        name: name of the operation; "Fill" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/constant_op.cc.
    """
    result: Tensor = FILL(dims, value, name=name)
    return result


def _value_of(dtype: DType, number: int) -> Any:
    if dtype == dtypes.string:
        return b"" if number == 0 else str(number).encode()
    return np.array(number, dtype=dtype.as_numpy_dtype)


ZEROS_LIKE = register_op(
    "ZerosLike", inputs="x: T", outputs="y: T", attrs={"T": "type"}, shape=unchanged
).no_gradient()


@ZEROS_LIKE.kernel
def _zeros_like(xp: Namespace, x: Array, *, T: DType) -> Array:
    return xp.full(xp.shape(x), _value_of(T, 0), T.as_numpy_dtype)


def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Zeros in the shape of `tensor`.

    Args:
        tensor: any tensor.
        dtype: type of the result; that of `tensor` when None. False for bool, "" for string.
        name: name of the operation; "zeros_like" when None.
        optimize: make a constant when the shape is known.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, "zeros_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        dtype = None if dtype is None else dtypes.as_dtype(dtype)
        if optimize and tensor.shape.is_fully_defined() and tensor.dtype != dtypes.variant:
            return zeros(tensor.shape, dtype=dtype or tensor.dtype, name=scope)
        if dtype is not None and dtype != tensor.dtype and dtype != dtypes.variant:
            return zeros(shape_internal(tensor, optimize=optimize), dtype=dtype, name=scope)
        result: Tensor = ZEROS_LIKE(tensor, name=scope)
        return result


def zeros_like_v2(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """As `zeros_like`."""
    return zeros_like(input, dtype, name)


ONES_LIKE = register_op(
    "OnesLike",
    inputs="x: T",
    outputs="y: T",
    attrs={
        "T": "{bfloat16, half, float, double, int8, uint8, int16, uint16, int32, int64, complex64, "
        "complex128, bool}"
    },
    shape=unchanged,
).no_gradient()


@ONES_LIKE.kernel
def _ones_like(xp: Namespace, x: Array, *, T: DType) -> Array:
    return xp.full(xp.shape(x), _value_of(T, 1), T.as_numpy_dtype)


def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Ones in the shape of `tensor`.

    Args:
        tensor: any tensor.
        dtype: type of the result; that of `tensor` when None. True for bool.
        name: name of the operation; "ones_like" when None.
        optimize: make a constant when the shape is known.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, "ones_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        sizes = shape_internal(tensor, optimize=optimize)
        result = ones(sizes, dtype=tensor.dtype if dtype is None else dtype, name=scope)
        result.set_shape(tensor.get_shape())
        return result


def ones_like_v2(input: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """As `ones_like`."""
    return ones_like(input, dtype, name)


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """A tensor of zeros.

    Args:
        shape: list of ints, TensorShape, or int32 vector.
        dtype: type of the result; False for bool, "" for string.
        name: name of the operation; "zeros" when None.

    Returns:
        A constant when it has a known shape of fewer than 1000 elements, else a Fill.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    value: Any = 0
    if dtype in (dtypes.bool, dtypes.string):
        value = False if dtype == dtypes.bool else ""
    with name_scope(name, "zeros", [shape]) as scope:
        return _filled(value, shape, dtype, scope)


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """A tensor of ones.

    Args:
        shape: list of ints, TensorShape, or int32 vector.
        dtype: type of the result; True for bool.
        name: name of the operation; "ones" when None.

    Returns:
        A constant when it has a known shape of fewer than 1000 elements, else a Fill.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "ones", [shape]) as scope:
        return _filled(True if dtype == dtypes.bool else 1, shape, dtype, scope)


def _filled(value: Any, shape: Any, dtype: DType, scope: str) -> Tensor:
    if not isinstance(shape, Tensor):
        try:
            small = _small_constant(value, shape, dtype, scope)
            if small is not None:
                return small
            shape = shape_as_tensor(shape)
        except (TypeError, ValueError):
            shape = convert_to_tensor(shape, dtype=dtypes.int32)
    if not (shape.shape.ndims is not None and shape.shape.as_list()):
        shape = reshape(shape, [-1])
    return fill(shape, constant_v2(value, dtype=dtype), name=scope)


def _small_constant(value: Any, shape: Any, dtype: DType, scope: str) -> Tensor | None:
    try:
        # Sizes that are tensors are multiplied as tensors, and then refuse to be compared: the
        # operations stay in the graph, as in TensorFlow.
        if any(isinstance(size, Tensor) for size in shape):
            is_small = functools.reduce(operator.mul, shape) < _SMALL
        else:
            is_small = np.prod(list(shape)) < _SMALL
        return constant_v2(value, shape=shape, dtype=dtype, name=scope) if is_small else None
    except TypeError:
        return None


EMPTY = register_op(
    "Empty",
    inputs="shape: int32",
    outputs="output: dtype",
    attrs={"dtype": "type", "init": "bool = false"},
    shape=from_input(0),
    static_inputs=("shape",),
    stateful=True,
)


@EMPTY.kernel
def _empty(xp: Namespace, shape: np.ndarray, *, dtype: DType) -> Array:
    # Without `init` TensorFlow leaves the memory as it is; zeros are as good as anything.
    return xp.full(checked_sizes(shape, "Empty"), _value_of(dtype, 0), dtype.as_numpy_dtype)
