"""Placeholders: tensors whose value is fed when the graph runs."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import from_attr, merge
from evergraph.registry.shape_inference import ShapeContext

# No kernels: the value is fed. The runtime refuses to run one that isn't.
PLACEHOLDER = register_op(
    "Placeholder",
    outputs="output: dtype",
    attrs={"dtype": "type", "shape": "shape = { unknown_rank: true }"},
    shape=from_attr("shape"),
    placeholder=True,
)

PLACEHOLDER_V2 = register_op(
    "PlaceholderV2",
    outputs="output: dtype",
    attrs={"dtype": "type", "shape": "shape"},
    shape=from_attr("shape"),
    placeholder=True,
)


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value every run is given through `feed_dict`.

    Args:
        dtype: type of the elements.
        shape: what is known of the shape; anything may be fed when None.
        name: name of the operation; "Placeholder" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    result: Tensor = PLACEHOLDER(dtype=dtype, shape=shape, name=name)
    return result


def _default_shape(c: ShapeContext) -> TensorShape:
    shape: TensorShape = c.attr("shape")
    merge(c.inputs[0], shape)
    return shape


PLACEHOLDER_WITH_DEFAULT = register_op(
    "PlaceholderWithDefault",
    inputs="input: dtype",
    outputs="output: dtype",
    attrs={"dtype": "type", "shape": "shape"},
    shape=_default_shape,
    overridable=True,
)


@PLACEHOLDER_WITH_DEFAULT.kernel
def _placeholder_with_default(xp: Namespace, x: Array) -> Array:
    return x


@PLACEHOLDER_WITH_DEFAULT.gradient
def _placeholder_with_default_gradient(op: Operation, d_output: Any) -> Any:
    return d_output


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor that passes `input` on when it isn't fed.

    Args:
        input: the default value.
        shape: what is known of the shape of values that may be fed.
        name: name of the operation; "PlaceholderWithDefault" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    result: Tensor = PLACEHOLDER_WITH_DEFAULT(input, shape=shape, name=name)
    return result


def _sparse_shape(shape: Any, name: str | None) -> tuple[Any, Any]:
    """The dense shape as a tensor, or None when it isn't fully known; and its rank."""
    if shape is None:
        return None, None
    if isinstance(shape, Tensor):
        return convert_to_tensor(shape, dtype=dtypes.int64, name=name), shape.get_shape()[0]
    sizes = list(shape)
    if None in sizes:
        return None, len(sizes)
    return convert_to_tensor(shape, dtype=dtypes.int64, name=name), len(sizes)


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor whose parts are fed, as a SparseTensorValue or a triple.

    Args:
        dtype: type of the values.
        shape: the dense shape, if known.
        name: prefix of the names of the parts.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    prefix = "" if name is None else f"{name}/"
    shape_name = f"{prefix}shape" if prefix else None
    dense_shape, rank = _sparse_shape(shape, shape_name)
    if dense_shape is None:
        dense_shape = placeholder(dtypes.int64, shape=[rank], name=shape_name)
    values = placeholder(dtype, shape=[None], name=f"{prefix}values" if prefix else None)
    indices = placeholder(
        dtypes.int64, shape=[None, rank], name=f"{prefix}indices" if prefix else None
    )
    return SparseTensor(values=values, indices=indices, dense_shape=dense_shape)
