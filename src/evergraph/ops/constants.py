"""Constants: the op Const, `tf.constant`, and how Python values become tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import Dimension, TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph import conversion
from evergraph.graph import graph as graph_module
from evergraph.graph.conversion import is_dense_tensor_like
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph, name_scope
from evergraph.ops.python_values import make_array
from evergraph.registry import constant_value as known_values
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_inference import ShapeContext


def _const_shape(c: ShapeContext) -> TensorShape:
    return TensorShape(c.attr("value").shape)


def _const_value(op: Operation) -> np.ndarray:
    value: np.ndarray = op.attrs["value"]
    return value


CONST = register_op(
    "Const",
    outputs="output: dtype",
    attrs={"value": "tensor", "dtype": "type"},
    shape=_const_shape,
    value_from_shapes=_const_value,
    static_value=True,
).no_gradient()


@CONST.kernel
def _const(xp: Namespace, *, value: Array) -> Array:
    return value


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str | None = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """Make a tensor that holds `value`.

    Args:
        value: number, text, nested lists of these, or array. Python floats become float32, ints
            int32 (int64 when too large); arrays keep their type.
        dtype: type of the result; inferred when None.
        shape: shape of the result. When `value` has fewer elements, the last one is repeated.
        name: name of the operation.
        verify_shape: refuse a `value` whose shape isn't `shape`.

    Returns:
        Tensor of `shape`, or of the shape of `value`.

    Raises:
        TypeError: an element isn't of `dtype`, or the shapes differ and `verify_shape` is set.
        ValueError: `value` is ragged, None, or has more elements than `shape`.

    Reference: TensorFlow 1.15, tensorflow/python/framework/constant_op.py.
    """
    array, found = make_array(value, dtype, shape, verify_shape)
    return constant_of_array(array, found, name)


constant_v1 = constant  # the name that code of TensorFlow's own uses


def constant_v2(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Tensor:
    """As `constant`, but only a single element is repeated to fill `shape`."""
    array, found = make_array(value, dtype, shape, allow_broadcast=True)
    return constant_of_array(array, found, name)


def constant_of_array(array: np.ndarray, dtype: dtypes.DType, name: str | None) -> Tensor:
    """A constant that holds `array`, which belongs to the graph from now on."""
    array.flags.writeable = False
    op = get_default_graph().create_op(
        "Const",
        [],
        [dtype],
        name="Const" if name is None else name,
        attrs={"value": array, "dtype": dtype},
        op_def=CONST,
    )
    return op.outputs[0]


def is_constant(tensor_or_op: Any) -> bool:
    """Whether a tensor or operation is a Const."""
    op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
    return bool(op.op_def is CONST)


def constant_value(tensor: Any, partial: bool = False) -> Any:
    """The value of `tensor` as an array when it follows from constants and static shapes.

    Args:
        tensor: any tensor; what is no tensor is returned as it is.
        partial: where it is known element by element only, give an object array with None for the
            unknown elements.

    Returns:
        NumPy array, or None when the value isn't known while the graph is built.

    Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py.
    """
    if not isinstance(tensor, Tensor):
        return None if is_dense_tensor_like(tensor) else tensor
    value = known_values.constant_value(tensor) if _is_followed(tensor) else None
    if value is None and partial:
        return _partial_value(tensor)
    if value is not None:
        tensor.graph.prevent_feeding(tensor)
    return value


def constant_value_as_shape(tensor: Tensor) -> TensorShape:
    """A vector of sizes as a shape, as far as TensorFlow's Python follows it.

    Shape functions know more (`registry.constant_value`); which nodes some functions make hangs
    on this.

    Args:
        tensor: vector of integers; -1 is an unknown size.

    Raises:
        ValueError: `tensor` isn't a vector, nor the scalar -1.

    Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_util.py.
    """
    if tensor.shape.ndims == 0:
        return known_values.constant_value_as_shape(tensor)
    length = tensor.shape.with_rank(1).as_list()[0]
    op = tensor.op
    if length == 0:
        return TensorShape([])
    if op.type == "Shape":
        return op.inputs[0].shape
    if op.type == "Pack":
        return TensorShape([_size(constant_value(size)) for size in op.inputs])
    if op.type == "ConcatV2":
        whole = TensorShape([])
        for part in op.inputs[:-1]:
            whole = whole.concatenate(constant_value_as_shape(part))
        return whole
    if op.type == "StridedSlice":
        sliced = _slice_of_shape(op)
        if sliced is not None:
            return sliced
    value = constant_value(tensor)
    if value is None:
        return TensorShape(None if length is None else [None] * length)
    return TensorShape([_size(size) for size in value])


def _size(value: Any) -> int | None:
    return None if value is None or value < 0 else int(value)


def _slice_of_shape(op: Operation) -> TensorShape | None:
    """The shape that a plain slice of a vector of sizes holds; None for any other slice."""
    bounds = [constant_value(bound) for bound in op.inputs[1:]]
    masks = [op.get_attr(f"{word}_mask") for word in ("ellipsis", "new_axis", "shrink_axis")]
    edges = [op.get_attr("begin_mask"), op.get_attr("end_mask")]
    if any(bound is None for bound in bounds) or any(masks) or any(e > 1 for e in edges):
        return None
    begin, end, stride = (int(bound[0]) for bound in bounds)
    whole = constant_value_as_shape(op.inputs[0])
    if whole.ndims is None:
        return None
    sizes = whole.as_list()
    return TensorShape(sizes[None if edges[0] else begin : None if edges[1] else end : stride])


def _is_followed(tensor: Tensor) -> bool:
    """Whether `tensor` comes from ops that TensorFlow's `constant_value` looks through."""
    stack, seen = [tensor.op], set()
    while stack:
        op = stack.pop()
        if op.op_def is None or not op.op_def.static_value:
            return False
        if op not in seen and op.op_def.value_from_shapes is None:
            seen.add(op)
            stack.extend(x.op for x in op._inputs)
    return True


def _partial_value(tensor: Tensor) -> np.ndarray | None:
    if tensor.op.type != "Pack":
        return None
    values = [constant_value(x, partial=True) for x in tensor.op.inputs]
    if all(v is None for v in values):
        return None
    return np.array([v.item() if v is not None and v.ndim == 0 else v for v in values], object)


def _constant_conversion(
    value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    return constant_v2(value, dtype, name="Const" if name is None else name)


def _shape_conversion(
    shape: TensorShape, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    if not shape.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {shape}")
    sizes = shape.as_list()
    too_large = next((d for d in sizes if d is not None and d >= 2**31), 0)
    if dtype is not None:
        if dtype not in (dtypes.int32, dtypes.int64):
            raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype}")
        if dtype == dtypes.int32 and too_large:
            raise ValueError(
                "Cannot convert a TensorShape to dtype int32; a dimension is too large "
                f"({too_large})"
            )
    else:
        dtype = dtypes.int64 if too_large else dtypes.int32
    return constant_v2(sizes, dtype, name="shape_as_tensor" if name is None else name)


def shape_as_tensor(shape: Any) -> Tensor:
    """A fully known shape as a vector constant named "shape_as_tensor"."""
    return _shape_conversion(TensorShape(shape))


def _dimension_conversion(
    dimension: Dimension,
    dtype: Any = None,
    name: str | None = None,
    as_ref: bool = False,
) -> Tensor:
    if dimension.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {dimension}")
    if dtype is not None and dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype}")
    return constant_v2(
        dimension.value,
        dtype or dtypes.int32,
        name="shape_as_tensor" if name is None else name,
    )


# Lists with tensors in them become Pack operations.


def _tensor_dtype(values: Any) -> dtypes.DType | None:
    """The dtype of the first tensor in nested lists, or None."""
    for item in values:
        if is_dense_tensor_like(item):
            found: dtypes.DType = item.dtype.base_dtype
            return found
        if isinstance(item, list | tuple):
            inner = _tensor_dtype(item)
            if inner is not None:
                return inner
    return None


def _pack_nested(values: Any, dtype: dtypes.DType, name: str) -> Any:
    """Tensors, and lists with tensors in them, stacked; a list without any comes back as it is."""
    from evergraph.ops.array_join import PACK

    converted: list[Any] = []
    must_pack = False
    with name_scope(name) as scope:
        for i, item in enumerate(values):
            if is_dense_tensor_like(item):
                if item.dtype.base_dtype != dtype:
                    raise TypeError(
                        f"Cannot convert a list containing a tensor of dtype {item.dtype} to "
                        f"{dtype} (Tensor is: {item!r})"
                    )
                must_pack = True
            elif isinstance(item, list | tuple):
                item = _pack_nested(item, dtype, str(i))
                must_pack = must_pack or is_dense_tensor_like(item)
            converted.append(item)
        if not must_pack:
            return converted
        tensors = [
            item if is_dense_tensor_like(item) else constant_v2(item, dtype, name=str(i))
            for i, item in enumerate(converted)
        ]
        return PACK(tensors, name=scope)


_PLAIN = (bool, int, float, complex, str, bytes, np.generic, np.ndarray)


def _is_plain(values: Any) -> bool:
    """Whether nested lists hold numbers, text and arrays alone."""
    return all(
        _is_plain(item) if isinstance(item, list | tuple) else isinstance(item, _PLAIN)
        for item in values
    )


def _cast_nested(values: Any, dtype: dtypes.DType) -> Any:
    from evergraph.ops.cast import CAST

    if is_dense_tensor_like(values):
        return values if values.dtype.base_dtype == dtype else CAST(values, DstT=dtype)
    if isinstance(values, list | tuple):
        return type(values)([_cast_nested(item, dtype) for item in values])
    return values


def _autopacking_conversion(
    values: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Any:
    if as_ref or _is_plain(values):
        return NotImplemented
    inferred = _tensor_dtype(values)
    if inferred is None:
        return NotImplemented
    if dtype is None:
        dtype = inferred
    elif dtype != inferred:
        values = _cast_nested(values, dtype)
    return _pack_nested(values, dtype, name or "packed")


conversion.register_tensor_conversion_function((list, tuple), _autopacking_conversion, 99)
conversion.register_tensor_conversion_function((list, tuple), _constant_conversion, 100)
conversion.register_tensor_conversion_function(object, _constant_conversion, 200)
conversion.register_tensor_conversion_function(TensorShape, _shape_conversion, 100)
conversion.register_tensor_conversion_function(Dimension, _dimension_conversion, 100)


graph_module.value_as_shape = constant_value_as_shape
