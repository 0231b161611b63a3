"""Shapes of tensors and changes of shape: Shape, Size, Rank, Reshape, ExpandDims, Squeeze."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, DType
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor, SparseTensorValue
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant_v2
from evergraph.ops.indexed_slices import made_dense
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import scalar
from evergraph.registry.shape_inference import ShapeContext

_INT32_MAX = 2**31 - 1


def _length_of(shape: TensorShape) -> TensorShape:
    return TensorShape([shape.ndims])


def _sizes_array(sizes: Any, dtype: DType) -> np.ndarray:
    if sizes and max(sizes) > _INT32_MAX and dtype == dtypes.int32:
        raise InvalidArgumentError(
            None, None, f"Shape output type is 32-bit but dim {max(sizes)} exceeds it"
        )
    return np.array(sizes, dtype=dtype.as_numpy_dtype)


def _static_shape(op: Operation) -> np.ndarray | None:
    shape = op.inputs[0].shape
    if not shape.is_fully_defined():
        return None
    return np.array(shape.as_list(), dtype=op.attrs["out_type"].as_numpy_dtype)


SHAPE = register_op(
    "Shape",
    inputs="input: T",
    outputs="output: out_type",
    attrs={"T": "type", "out_type": (INDEX, dtypes.int32)},
    shape=lambda c: _length_of(c.inputs[0]),
    value_from_shapes=_static_shape,
    partial_value=lambda c: c.inputs[0].sizes,
    static_value=True,
).no_gradient()


@SHAPE.kernel
def _shape(xp: Namespace, x: Array, *, out_type: DType) -> np.ndarray:
    return _sizes_array(xp.shape(x), out_type)


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The shape of `input` as a vector.

    Args:
        input: Tensor or SparseTensor.
        name: name of the operation; "Shape" when None.
        out_type: int32 or int64.

    Returns:
        `[rank]`; a constant when the shape is fully known while the graph is built.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/shape_ops.h.
    """
    return shape_internal(input, name, optimize=True, out_type=out_type)


def shape_v2(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Tensor:
    """As `shape`, with 2.x's order of arguments."""
    return shape(input, name, out_type)


def shape_internal(
    input: Any,
    name: str | None = None,
    optimize: bool = True,
    out_type: Any = dtypes.int32,
) -> Tensor:
    """As `shape`; without `optimize` never a constant."""
    with name_scope(name, "Shape", [input]) as scope:
        if isinstance(input, SparseTensor | SparseTensorValue):
            result: Tensor = cast(input.dense_shape, out_type)
            return result
        tensor = convert_to_tensor(input)
        known = tensor.get_shape()
        if optimize and known.is_fully_defined():
            return constant_v2(known.as_list(), out_type, name=scope)
        result = SHAPE(tensor, out_type=out_type, name=scope)
        return result


SHAPE_N = register_op(
    "ShapeN",
    inputs="input: N * T",
    outputs="output: N * out_type",
    attrs={"N": "int >= 1", "T": "type", "out_type": (INDEX, dtypes.int32)},
    shape=lambda c: [_length_of(shape) for shape in c.inputs],
    partial_value=lambda c: c.inputs[c.output_index].sizes,
).no_gradient()


@SHAPE_N.kernel
def _shape_n(xp: Namespace, values: tuple[Array, ...], *, out_type: DType) -> list[np.ndarray]:
    return [_sizes_array(xp.shape(x), out_type) for x in values]


def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> list[Tensor]:
    """The shapes of a list of tensors of one dtype.

    Args:
        input: list of tensors.
        out_type: int32 or int64.
        name: name of the operation; "ShapeN" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/shape_ops.h.
    """
    result: list[Tensor] = SHAPE_N(input, out_type=out_type, name=name)
    return result


def _static_size(op: Operation) -> np.ndarray | None:
    count = op.inputs[0].shape.num_elements()
    if count is None:
        return None
    return np.array(count, dtype=op.attrs["out_type"].as_numpy_dtype)


SIZE = register_op(
    "Size",
    inputs="input: T",
    outputs="output: out_type",
    attrs={"T": "type", "out_type": (INDEX, dtypes.int32)},
    shape=scalar,
    value_from_shapes=_static_size,
    static_value=True,
).no_gradient()


@SIZE.kernel
def _size(xp: Namespace, x: Array, *, out_type: DType) -> np.ndarray:
    count = 1
    for size_of_dim in xp.shape(x):
        count *= size_of_dim
    if out_type == dtypes.int32 and count > _INT32_MAX:
        raise InvalidArgumentError(
            None,
            None,
            "Number of elements was larger than representable by 32-bit output type",
        )
    return np.array(count, dtype=out_type.as_numpy_dtype)


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The number of elements of `input`.

    Args:
        input: Tensor or SparseTensor.
        name: name of the operation; "Size" when None.
        out_type: int32 or int64.

    Returns:
        A scalar; a constant when it is known while the graph is built.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/shape_ops.h.
    """
    return size_internal(input, name, optimize=True, out_type=out_type)


def size_v2(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Tensor:
    """As `size`, with 2.x's order of arguments."""
    return size(input, name, out_type)


def size_internal(
    input: Any,
    name: str | None = None,
    optimize: bool = True,
    out_type: Any = dtypes.int32,
) -> Tensor:
    """As `size`; without `optimize` never a constant."""
    with name_scope(name, "Size", [input]) as scope:
        result: Tensor
        if isinstance(input, SparseTensor | SparseTensorValue):
            from evergraph.registry.op_def import get_op_def

            # reduce_prod would add the axes of its own.
            result = get_op_def("Prod")(cast(input.dense_shape, out_type), 0, name=scope)
            return result
        tensor = convert_to_tensor(input)
        known = tensor.get_shape()
        if optimize and known.is_fully_defined():
            return constant_v2(known.num_elements(), out_type, name=scope)
        if optimize and known.ndims is not None and 0 in known.as_list():
            return constant_v2(0, out_type, name=scope)
        result = SIZE(tensor, out_type=out_type, name=scope)
        return result


def _static_rank(op: Operation) -> np.ndarray | None:
    known = op.inputs[0].shape.ndims
    return None if known is None else np.array(known, dtype=np.int32)


RANK = register_op(
    "Rank",
    inputs="input: T",
    outputs="output: int32",
    attrs={"T": "type"},
    shape=scalar,
    value_from_shapes=_static_rank,
    static_value=True,
).no_gradient()


@RANK.kernel
def _rank(xp: Namespace, x: Array) -> np.ndarray:
    return np.array(len(xp.shape(x)), dtype=np.int32)


def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of dimensions of `input`.

    Args:
        input: Tensor or SparseTensor.
        name: name of the operation; "Rank" when None.

    Returns:
        An int32 scalar; a constant when it is known while the graph is built.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/shape_ops.h.
    """
    return rank_internal(input, name, optimize=True)


def rank_internal(input: Any, name: str | None = None, optimize: bool = True) -> Tensor:
    """As `rank`; without `optimize` never a constant."""
    with name_scope(name, "Rank", [input]) as scope:
        result: Tensor
        if isinstance(input, SparseTensor | SparseTensorValue):
            result = SIZE(input.dense_shape, name=scope)
            return result
        tensor = convert_to_tensor(input)
        known = tensor.get_shape().ndims
        if optimize and known is not None:
            return constant_v2(known, dtypes.int32, name=scope)
        result = RANK(tensor, name=scope)
        return result


def _reshape_shape(c: ShapeContext) -> TensorShape:
    source = c.inputs[0]
    wanted = _wanted_shape(c)
    if wanted.sizes is None:
        return wanted
    sizes = list(wanted.sizes)
    if source.sizes is None:
        return wanted
    open_sizes = [i for i, s in enumerate(sizes) if s is None]
    open_source = [i for i, s in enumerate(source.sizes) if s is None]
    if len(open_sizes) > 1 or len(open_source) > 1:
        return wanted
    known = math.prod(s for s in sizes if s is not None)
    count = math.prod(s for s in source.sizes if s is not None)
    if count == 0:
        open_source = []  # nothing, whatever the unknown size is
    if not open_source and not open_sizes and known != count:
        raise ValueError(
            f"Cannot reshape a tensor with {count} elements to shape {_bracketed(sizes)} "
            f"({known} elements)"
        )
    if not open_source and open_sizes and known:
        sizes[open_sizes[0]] = _divided(count, known)
    elif open_source and not open_sizes and count:
        _divided(known, count)  # the unknown size of the input must be a whole number
    return TensorShape(sizes)


def _divided(whole: int, parts: int) -> int:
    if whole % parts:
        raise ValueError(f"Dimension size must be evenly divisible by {parts} but is {whole}")
    return whole // parts


def _wanted_shape(c: ShapeContext) -> TensorShape:
    if c.inputs[1].ndims not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {c.inputs[1].ndims}")
    for size in c.partial(1) or ():
        if size is not None and size < -1:
            raise ValueError(f"Invalid value in tensor used for shape: {size}")
    return c.constant_as_shape(1)


def _bracketed(sizes: Any) -> str:
    return "[" + ",".join("?" if s is None else str(s) for s in sizes) + "]"


RESHAPE = register_op(
    "Reshape",
    inputs="tensor: T, shape: Tshape",
    outputs="output: T",
    attrs={"T": "type", "Tshape": (INDEX, dtypes.int32)},
    shape=_reshape_shape,
    static_inputs=("shape",),
)


@RESHAPE.kernel
def _reshape(xp: Namespace, tensor: Array, shape: np.ndarray) -> Array:
    sizes = shape.tolist()
    given = list(xp.shape(tensor))
    if sizes == given:
        return tensor
    count = math.prod(given)
    unknown = [i for i, size in enumerate(sizes) if size == -1]
    xp.check(
        len(unknown) <= 1,
        "InvalidArgumentError",
        lambda: f"Only one input size may be -1, not both {unknown[0]} and {unknown[1]}",
    )
    if unknown:
        known = math.prod(size for size in sizes if size > 0)
        # Sizes of 0 pair up with one another; the others give the missing one.
        skips_zero = 0 in sizes and 0 in given
        rest = math.prod(size for size in given if size) if skips_zero else count
        xp.check(
            skips_zero or rest % known == 0,
            "InvalidArgumentError",
            f"Input to reshape is a tensor with {count} values, but the requested shape "
            f"requires a multiple of {known}",
        )
        sizes[unknown[0]] = rest // known
    if math.prod(sizes) != count:
        text = f"Input to reshape is a tensor with {count} values, but the requested shape has "
        xp.check(False, "InvalidArgumentError", f"{text}{math.prod(sizes)}")
    return xp.reshape(tensor, tuple(sizes))


def _like_input(op: Operation, d_output: Any) -> Tensor:
    """`d_output` in the shape of the input of `op`."""
    with made_dense():
        return reshape(d_output, shape(op.inputs[0]))


@RESHAPE.gradient
def _reshape_gradient(op: Operation, d_output: Any) -> list[Any]:
    return [_like_input(op, d_output), None]


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The elements of `tensor`, in order, in another shape.

    Args:
        tensor: any tensor.
        shape: int32 or int64 vector of sizes; one of them may be -1 for what is left.
        name: name of the operation; "Reshape" when None.

    Raises:
        ValueError: the number of elements doesn't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reshape_op.h.
    """
    result: Tensor = RESHAPE(tensor, shape, name=name)
    return result


def _expand_dims_shape(c: ShapeContext) -> TensorShape:
    source, dim = c.inputs[0], c.constant(1)
    if c.inputs[1].num_elements() not in (None, 1):
        raise ValueError("'dim' input must be a tensor with a single value")
    if dim is None or source.ndims is None:
        return TensorShape(None)
    axis = _expanded_axis(int(np.ravel(dim)[0]), source.ndims)
    if axis is None:
        given = int(np.ravel(dim)[0])
        raise ValueError(f"dim {given} not in the interval [{-source.ndims - 1}, {source.ndims}].")
    dims = source.as_list()
    dims.insert(axis, 1)
    return TensorShape(dims)


def _expanded_axis(axis: int, rank_of_input: int) -> int | None:
    if not -rank_of_input - 1 <= axis <= rank_of_input:
        return None
    return axis + rank_of_input + 1 if axis < 0 else axis


EXPAND_DIMS = register_op(
    "ExpandDims",
    inputs="input: T, dim: Tdim",
    outputs="output: T",
    attrs={"T": "type", "Tdim": (INDEX, dtypes.int32)},
    shape=_expand_dims_shape,
    static_inputs=("dim",),
)


@EXPAND_DIMS.kernel
def _expand_dims(xp: Namespace, x: Array, dim: np.ndarray) -> Array:
    sizes = list(xp.shape(x))
    if np.size(dim) != 1:
        raise InvalidArgumentError(None, None, "'dim' must be a tensor with a single value")
    axis = _expanded_axis(int(np.ravel(dim)[0]), len(sizes))
    if axis is None:
        raise InvalidArgumentError(
            None,
            None,
            f"Tried to expand dim index {int(np.ravel(dim)[0])} for tensor with {len(sizes)} "
            "dimensions.",
        )
    sizes.insert(axis, 1)
    return xp.reshape(x, tuple(sizes))


@EXPAND_DIMS.gradient
def _expand_dims_gradient(op: Operation, d_output: Any) -> list[Any]:
    return [_like_input(op, d_output), None]


def expand_dims(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dim: Any = None,
) -> Tensor:
    """`input` with a dimension of size 1 more.

    Args:
        input: any tensor.
        axis: where the new dimension stands in the result, negative from the end.
        name: name of the operation; "ExpandDims" when None.
        dim: older name of `axis`.

    Raises:
        ValueError: no axis, both names, or out of range.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/expanddims_op.h.
    """
    axis = one_of("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    result: Tensor = EXPAND_DIMS(input, axis, name=name)
    return result


def one_of(name: str, value: Any, old_name: str, old_value: Any) -> Any:
    """The argument that was given of two spellings of one parameter.

    Raises:
        ValueError: both were given.
    """
    if old_value is not None:
        if value is not None:
            raise ValueError(f"Cannot specify both '{old_name}' and '{name}'")
        return old_value
    return value


def _squeeze_shape(c: ShapeContext) -> TensorShape:
    source, axes = c.inputs[0], c.attr("squeeze_dims")
    if source.ndims is None:
        return source
    count, dims = source.ndims, source.as_list()
    chosen = set()
    for i, axis in enumerate(axes):
        if not -count <= axis < count:
            raise ValueError(f"squeeze_dims[{i}] not in [{-count},{count}).")
        chosen.add(axis % count)
    if not axes and None in dims:
        return TensorShape(None)
    result = []
    for i, size_of_dim in enumerate(dims):
        if (i in chosen) if axes else size_of_dim == 1:
            if size_of_dim not in (None, 1):
                raise ValueError(
                    f"Can not squeeze dim[{i}], expected a dimension of 1, got {size_of_dim}"
                )
        else:
            result.append(size_of_dim)
    return TensorShape(result)


SQUEEZE = register_op(
    "Squeeze",
    inputs="input: T",
    outputs="output: T",
    attrs={"T": "type", "squeeze_dims": "list(int) >= 0 = []"},
    shape=_squeeze_shape,
)


@SQUEEZE.kernel
def _squeeze(xp: Namespace, x: Array, *, squeeze_dims: list[int]) -> Array:
    sizes = xp.shape(x)
    for axis in squeeze_dims:
        if not -len(sizes) <= axis < len(sizes):
            raise InvalidArgumentError(
                None,
                None,
                f"Tried to squeeze dim index {axis} for tensor with {len(sizes)} dimensions.",
            )
        if sizes[axis] != 1:
            raise InvalidArgumentError(
                None,
                None,
                f"Can not squeeze dim[{axis % len(sizes)}], expected a dimension of 1, got "
                f"{sizes[axis]}",
            )
    chosen = {axis % len(sizes) for axis in squeeze_dims}
    kept = [s for i, s in enumerate(sizes) if not ((i in chosen) if squeeze_dims else s == 1)]
    return xp.reshape(x, tuple(kept))


@SQUEEZE.gradient
def _squeeze_gradient(op: Operation, d_output: Any) -> Tensor:
    return _like_input(op, d_output)


def squeeze(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    squeeze_dims: Any = None,
) -> Tensor:
    """`input` without its dimensions of size 1, or without those in `axis`.

    Args:
        input: any tensor.
        axis: int or list of ints, negative from the end; all of size 1 when None.
        name: name of the operation; "Squeeze" when None.
        squeeze_dims: older name of `axis`.

    Raises:
        ValueError: a chosen dimension isn't of size 1, or both names were given.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/squeeze_op.h.
    """
    axis = one_of("axis", axis, "squeeze_dims", squeeze_dims)
    if np.isscalar(axis):
        axis = [axis]
    result: Tensor = SQUEEZE(input, squeeze_dims=axis, name=name)
    return result
