"""Tensors made from a few numbers: Range, LinSpace, OneHot, `sequence_mask`, `meshgrid`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, DType
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import expand_dims, rank, reshape, size
from evergraph.ops.cast import CAST, cast
from evergraph.ops.constants import constant_v2
from evergraph.ops.fills import ones
from evergraph.registry.op_def import get_op_def, register_op
from evergraph.registry.shape_inference import ShapeContext


def _range_length(start: Any, limit: Any, delta: Any) -> int:
    """How many elements a range has.

    Raises:
        ValueError: `delta` is zero or leads away from `limit`.
    """
    if start.dtype.kind not in "iuf":  # bfloat16
        start, limit, delta = float(start), float(limit), float(delta)
    else:
        start, limit, delta = start.item(), limit.item(), delta.item()
    if delta == 0:
        raise ValueError("Requires delta != 0")
    if delta > 0 and start > limit:
        raise ValueError(f"Requires start <= limit when delta > 0: {start}/{limit}")
    if delta < 0 and start < limit:
        raise ValueError(f"Requires start >= limit when delta < 0: {start}/{limit}")
    if isinstance(start, int):
        count: int = (abs(limit - start) + abs(delta) - 1) // abs(delta)
        return count
    steps: float = abs((limit - start) / delta)
    return math.ceil(steps)


def _range_shape(c: ShapeContext) -> TensorShape:
    for shape in c.inputs:
        if shape.ndims not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {shape.ndims}")
    values = [c.constant(i) for i in (0, 1, 2)]
    if any(value is None for value in values):
        return TensorShape([None])
    return TensorShape([_range_length(*values)])


def _check_scalar(xp: Namespace, name: str, value: Array) -> None:
    shape = ",".join(str(size) for size in xp.shape(value))
    xp.check(not shape, "InvalidArgumentError", f"{name} must be a scalar, not shape [{shape}]")


RANGE = register_op(
    "Range",
    inputs="start: Tidx, limit: Tidx, delta: Tidx",
    outputs="output: Tidx",
    attrs={"Tidx": "{bfloat16, float, double, int32, int64} = DT_INT32"},
    shape=_range_shape,
    static_inputs=("start", "limit", "delta"),
    static_value=True,
).no_gradient()


@RANGE.kernel
def _range(
    xp: Namespace,
    start: np.ndarray,
    limit: np.ndarray,
    delta: np.ndarray,
    *,
    Tidx: DType,
) -> np.ndarray:
    for name, value in (("start", start), ("limit", limit), ("delta", delta)):
        _check_scalar(xp, name, value)
    try:
        count = _range_length(start, limit, delta)
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from None
    kind = Tidx.as_numpy_dtype
    if Tidx.is_integer:
        steps: np.ndarray = np.arange(count, dtype=kind)
        return np.asarray(start + steps * delta, dtype=kind)
    # Adding `delta` again and again, as TensorFlow does, not multiplying: the last digits differ.
    line = np.full(count, delta, dtype=kind)
    if count:
        line[0] = start
    return np.add.accumulate(line, dtype=kind) if count else line


def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Tensor:
    """The numbers start, start + delta, ... before `limit`.

    Args:
        start: first number; 0 when `limit` is None, and `start` is the limit then.
        limit: end, not included.
        delta: step, not zero.
        dtype: type of the result; the widest of the arguments' when None.
        name: name of the operation.

    Returns:
        Vector of ceil((limit - start) / delta) elements.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sequence_ops.cc.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as scope:
        start = convert_to_tensor(start, dtype=dtype, name="start")
        limit = convert_to_tensor(limit, dtype=dtype, name="limit")
        delta = convert_to_tensor(delta, dtype=dtype, name="delta")
        if dtype is None:
            order = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]
            widest = max((x.dtype for x in (start, limit, delta)), key=order.index)
            start, limit, delta = (cast(x, widest) for x in (start, limit, delta))
        result: Tensor = RANGE(start, limit, delta, name=scope)
        return result


def _lin_space_shape(c: ShapeContext) -> TensorShape:
    for shape in c.inputs:
        if shape.ndims not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {shape.ndims}")
    count = c.constant(2)
    if count is None:
        return TensorShape([None])
    if count <= 0:
        raise ValueError(f"Requires num > 0: {int(count)}")
    return TensorShape([int(count)])


LIN_SPACE = register_op(
    "LinSpace",
    inputs="start: T, stop: T, num: Tidx",
    outputs="output: T",
    attrs={"T": "{bfloat16, float, double}", "Tidx": (INDEX, dtypes.int32)},
    shape=_lin_space_shape,
    static_inputs=("num",),
).no_gradient()


@LIN_SPACE.kernel
def _lin_space(xp: Namespace, start: Array, stop: Array, num: np.ndarray) -> Array:
    for name, value in (("start", start), ("stop", stop), ("num", num)):
        _check_scalar(xp, name, value)
    count = int(num)
    if count <= 0:
        raise InvalidArgumentError(None, None, f"Requires num > 0: {count}")
    if count == 1:
        return xp.reshape(start, (1,))
    kind = np.dtype(start.dtype)
    step = xp.divide(xp.subtract(stop, start), np.asarray(count - 1, kind))
    inner = xp.add(start, xp.multiply(step, np.arange(1, count - 1).astype(kind)))
    # The first and the last one are exact, also where the step is infinite.
    return xp.concatenate([xp.reshape(start, (1,)), inner, xp.reshape(stop, (1,))], 0)


def linspace(start: Any, stop: Any, num: Any, name: str | None = None) -> Tensor:
    """`num` numbers from `start` to `stop`, both included, at equal distances.

    Args:
        start: floating scalar.
        stop: floating scalar.
        num: how many, at least 1.
        name: name of the operation; "LinSpace" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sequence_ops.cc.
    """
    result: Tensor = LIN_SPACE(start, stop, num, name=name)
    return result


def _one_hot_shape(c: ShapeContext) -> TensorShape:
    axis = c.attr("axis")
    if axis < -1:
        raise ValueError("axis must be >= -1")
    for i in (1, 2, 3):
        if c.inputs[i].ndims not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {c.inputs[i].ndims}")
    depth = c.constant(1)
    if depth is not None and depth < 0:
        raise ValueError(
            f"Dimension size, given by scalar input 1, must be non-negative but is {int(depth)}"
        )
    source = c.inputs[0]
    if source.ndims is None:
        return source
    dims = source.as_list()
    dims.insert(axis % (len(dims) + 1), None if depth is None else int(depth))
    return TensorShape(dims)


ONE_HOT = register_op(
    "OneHot",
    inputs="indices: TI, depth: int32, on_value: T, off_value: T",
    outputs="output: T",
    attrs={"axis": "int = -1", "T": "type", "TI": "{uint8, int32, int64} = DT_INT64"},
    shape=_one_hot_shape,
    static_inputs=("depth",),
).no_gradient()


@ONE_HOT.kernel
def _one_hot(
    xp: Namespace,
    indices: Array,
    depth: np.ndarray,
    on_value: Array,
    off_value: Array,
    *,
    axis: int,
) -> Array:
    count = len(xp.shape(indices))
    if not -1 <= axis <= count:
        raise InvalidArgumentError(
            None, None, f"Expected axis to be -1 or between [0, {count + 1}).  But received: {axis}"
        )
    if int(depth) < 0:
        raise InvalidArgumentError(None, None, f"depth must be non-negative, got: {int(depth)}")
    for word, value in (("on_value", on_value), ("off_value", off_value)):
        if xp.shape(value):
            sizes = ",".join(map(str, xp.shape(value)))
            raise InvalidArgumentError(None, None, f"{word} must be a scalar, but got: [{sizes}]")
    return xp.one_hot(indices, int(depth), on_value, off_value, axis)


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """Vectors with one element switched on.

    Args:
        indices: which element, any shape; those outside of [0, depth) switch none on.
        depth: length of the vectors.
        on_value: scalar; 1 when None.
        off_value: scalar; 0 when None.
        axis: where the new dimension stands; last when None or -1.
        dtype: type of the result; that of the values, or float32, when None.
        name: name of the operation; "one_hot" when None.

    Raises:
        TypeError: the types of the values and `dtype` differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/one_hot_op.cc.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value, axis, dtype]) as scope:
        has_on, has_off = on_value is not None, off_value is not None
        on_dtype = convert_to_tensor(on_value).dtype.base_dtype if has_on else None
        off_dtype = convert_to_tensor(off_value).dtype.base_dtype if has_off else None
        if dtype is not None:
            for found, word in ((on_dtype, "on_value"), (off_dtype, "off_value")):
                if found is not None and found != dtype:
                    raise TypeError(
                        f"dtype {found} of {word} does not match dtype parameter {dtype}"
                    )
        else:
            dtype = on_dtype or off_dtype or dtypes.float32
        if not has_on:
            on_value, on_dtype = convert_to_tensor(1, dtype, name="on_value"), dtype
        if not has_off:
            off_value, off_dtype = convert_to_tensor(0, dtype, name="off_value"), dtype
        if on_dtype != off_dtype:
            raise TypeError(
                f"dtype {on_dtype} of on_value does not match dtype {off_dtype} of off_value"
            )
        result: Tensor = ONE_HOT(indices, depth, on_value, off_value, axis=axis, name=scope)
        return result


def all_dimensions(x: Any) -> Tensor:
    """0 ... rank - 1 of a Tensor or SparseTensor: a constant where the rank is known."""
    if isinstance(x, Tensor) and x.get_shape().ndims is not None:
        count: Any = x.get_shape().ndims
        return constant_v2(np.arange(count), dtype=dtypes.int32)
    if isinstance(x, SparseTensor) and x.dense_shape.get_shape().is_fully_defined():
        count = x.dense_shape.get_shape().as_list()[0]
        return constant_v2(np.arange(count), dtype=dtypes.int32)
    result: Tensor = RANGE(0, rank(x), 1)
    return result


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None
) -> Tensor:
    """True in the first `lengths[...]` places of a new last dimension.

    Args:
        lengths: integers, any shape.
        maxlen: size of the new dimension; the largest length when None.
        dtype: type of the result.
        name: name of the operations; "SequenceMask" when None.

    Raises:
        ValueError: `maxlen` isn't a scalar.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = get_op_def("Max")(lengths, all_dimensions(lengths))
            maxlen = get_op_def("Maximum")(constant_v2(0, maxlen.dtype), maxlen)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.get_shape().ndims is not None and maxlen.get_shape().ndims != 0:
            raise ValueError("maxlen must be scalar for sequence_mask")
        row: Any = RANGE(constant_v2(0, maxlen.dtype), maxlen, constant_v2(1, maxlen.dtype))
        matrix = CAST(expand_dims(lengths, -1), DstT=maxlen.dtype)
        result: Tensor = row < matrix
        if dtype is None or result.dtype.base_dtype == dtypes.as_dtype(dtype).base_dtype:
            return result
        result = CAST(result, DstT=dtype)
        return result


def meshgrid(*args: Any, indexing: str = "xy", name: str = "meshgrid") -> list[Tensor]:
    """Coordinates of the points of a grid.

    Args:
        *args: n vectors, the positions along each dimension.
        indexing: "xy" (the first vector runs along the second dimension) or "ij".
        name: name of the operations.

    Returns:
        n tensors of n dimensions.

    Raises:
        ValueError: another `indexing`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with name_scope(name, "meshgrid", args):
        count = len(args)
        single = (1,) * count
        output: list[Any] = [
            reshape(stack(x), (*single[:i], -1, *single[i + 1 :])) for i, x in enumerate(args)
        ]
        shapes = [size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and count > 1:
            output[0] = reshape(output[0], (1, -1) + (1,) * (count - 2))
            output[1] = reshape(output[1], (-1, 1) + (1,) * (count - 2))
            shapes[0], shapes[1] = shapes[1], shapes[0]
        factor = ones(shapes, dtype)
        return [x * factor for x in output]
