"""Between types: Cast, Bitcast, and the `to_*` functions."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.errors import UnimplementedError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices, SparseTensor
from evergraph.graph.conversion import convert_to_tensor, is_dense_tensor_like
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import unchanged
from evergraph.registry.shape_inference import ShapeContext

_DIFFERENTIABLE = (*dtypes.FLOATING, dtypes.complex64, dtypes.complex128)


CAST = register_op(
    "Cast",
    inputs="x: SrcT",
    outputs="y: DstT",
    attrs={"SrcT": "type", "DstT": "type", "Truncate": "bool = false"},
    shape=unchanged,
    static_value=True,
)


@CAST.kernel
def _cast(xp: Namespace, x: Array, *, SrcT: DType, DstT: DType, Truncate: bool) -> Array:
    if SrcT != DstT and dtypes.string in (SrcT, DstT):
        raise UnimplementedError(None, None, f"Cast {SrcT.name} to {DstT.name} is not supported")
    return xp.cast(x, DstT.as_numpy_dtype)


@CAST.gradient
def _cast_gradient(op: Operation, d_y: Tensor) -> Tensor | None:
    source = op.inputs[0].dtype.base_dtype
    target = d_y.dtype.base_dtype
    if source in _DIFFERENTIABLE and target in _DIFFERENTIABLE:
        result: Tensor = cast(d_y, source)
        return result
    return None


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert the elements of `x` to `dtype`.

    Args:
        x: Tensor, SparseTensor or IndexedSlices of numbers or bools.
        dtype: the new type. Floats are cut off towards zero when they become integers; complex
            numbers lose their imaginary part when they become real.
        name: name of the operation; "Cast" when None.

    Returns:
        The same kind of object with elements of `dtype`; `x` itself when it has that type already.

    Raises:
        TypeError: `x` can't be converted to a tensor.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cast_op.cc.
    """
    base_type = dtypes.as_dtype(dtype).base_dtype
    if is_dense_tensor_like(x) and base_type == x.dtype:
        return x
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, cast(x.values, base_type, name=scope), x.dense_shape)
        if isinstance(x, IndexedSlices):
            return IndexedSlices(cast(x.values, base_type, name=scope), x.indices, x.dense_shape)
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex and base_type.is_floating:
            logging.getLogger("tensorflow").warning(
                "Casting complex to real discards imaginary part."
            )
        if x.dtype.base_dtype != base_type:
            x = CAST(x, DstT=base_type, name=scope)
        return x


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Convert to `dtype`, values out of its range to the nearest that it has.

    Args:
        value: Tensor of numbers.
        dtype: the new type.
        name: name of the operation; "saturate_cast" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    from evergraph.ops.math_elementwise import maximum, minimum

    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        dtype = dtypes.as_dtype(dtype).base_dtype
        if value.dtype.min < dtype.min:
            low = convert_to_tensor(dtype.min, dtype=value.dtype, name="min")
            value = maximum(value, low)
        if value.dtype.max > dtype.max:
            high = convert_to_tensor(dtype.max, dtype=value.dtype, name="max")
            value = minimum(value, high)
        result: Tensor = cast(value, dtype, name=scope)
        return result


def to_float(x: Any, name: str = "ToFloat") -> Any:
    """`cast(x, tf.float32)`."""
    return cast(x, dtypes.float32, name=name)


def to_double(x: Any, name: str = "ToDouble") -> Any:
    """`cast(x, tf.float64)`."""
    return cast(x, dtypes.float64, name=name)


def to_int32(x: Any, name: str = "ToInt32") -> Any:
    """`cast(x, tf.int32)`."""
    return cast(x, dtypes.int32, name=name)


def to_int64(x: Any, name: str = "ToInt64") -> Any:
    """`cast(x, tf.int64)`."""
    return cast(x, dtypes.int64, name=name)


def to_bfloat16(x: Any, name: str = "ToBFloat16") -> Any:
    """`cast(x, tf.bfloat16)`."""
    return cast(x, dtypes.bfloat16, name=name)


def to_complex64(x: Any, name: str = "ToComplex64") -> Any:
    """`cast(x, tf.complex64)`."""
    return cast(x, dtypes.complex64, name=name)


def to_complex128(x: Any, name: str = "ToComplex128") -> Any:
    """`cast(x, tf.complex128)`."""
    return cast(x, dtypes.complex128, name=name)


def _bitcast_shape(c: ShapeContext) -> TensorShape:
    source, target = c.attr("T").size, c.attr("type").size
    shape = c.inputs[0]
    if shape.ndims is None:
        return shape
    dims = shape.as_list()
    if source < target:
        if not dims:
            raise ValueError(f"Shape must be at least rank 1 but is rank {len(dims)}")
        ratio = target // source
        if dims[-1] is not None and dims[-1] != ratio:
            raise ValueError(f"Cannot bitcast due to shape. {dims[-1]} does not match {ratio}")
        return TensorShape(dims[:-1])
    if source > target:
        return TensorShape([*dims, source // target])
    return shape


_BITCAST_TYPES = (
    "{bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, "
    "complex64, complex128, qint8, quint8, qint16, quint16, qint32}"
)

BITCAST = register_op(
    "Bitcast",
    inputs="input: T",
    outputs="output: type",
    attrs={"T": _BITCAST_TYPES, "type": _BITCAST_TYPES},
    shape=_bitcast_shape,
).no_gradient()


@BITCAST.kernel
def _bitcast(xp: Namespace, x: Array, *, type: DType) -> Array:
    return xp.bitcast(x, np.dtype(type.as_numpy_dtype))


def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """Read the bytes of `input` as elements of another type.

    Args:
        input: any shape `[...]`.
        type: the new type. When its elements are k times smaller the result gets a last dimension
            of size k; when they are k times larger the last dimension, of size k, goes away.
        name: name of the operation; "Bitcast" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/bitcast_op.cc.
    """
    result: Tensor = BITCAST(input, type=type, name=name)
    return result
