"""Where the largest and the least elements are."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, NUMERIC, DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_shape import one_of
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext


def _without_axis(c: ShapeContext) -> TensorShape:
    shape = c.inputs[0]
    with_rank(c.inputs[1], 0)
    if shape.ndims is None:
        return shape
    rank = shape.ndims
    if rank <= 1:
        return TensorShape([])
    axis = c.constant(1)
    if axis is None:
        return TensorShape([None] * (rank - 1))
    if not -rank <= axis < rank:
        raise ValueError(
            f"Dimension ({axis}) must be in the range [{-rank}, {rank}), where {rank} is the "
            "number of dimensions in the input."
        )
    dims = shape.as_list()
    del dims[int(axis)]
    return TensorShape(dims)


def _checked_axis(xp: Namespace, x: Array, dimension: np.ndarray) -> int:
    rank = x.ndim
    xp.check(
        np.ndim(dimension) == 0,
        "InvalidArgumentError",
        "dim must be a scalar, but received tensor of shape: "
        f"[{','.join(map(str, np.shape(dimension)))}]",
    )
    xp.check(
        -rank <= int(dimension) < rank,
        "InvalidArgumentError",
        f"Expected dimension in the range [{-rank}, {rank}), but got {int(dimension)}",
    )
    return int(dimension)


ARG_MAX = register_op(
    "ArgMax",
    inputs="input: T, dimension: Tidx",
    outputs="output: output_type",
    attrs={"T": NUMERIC, "Tidx": (INDEX, dtypes.int32), "output_type": (INDEX, dtypes.int64)},
    shape=_without_axis,
    static_inputs=("dimension",),
)


@ARG_MAX.kernel
def _arg_max(xp: Namespace, x: Array, dimension: np.ndarray, *, output_type: DType) -> Array:
    return xp.argmax(x, _checked_axis(xp, x, dimension), output_type.as_numpy_dtype)


@ARG_MAX.gradient
def _arg_max_gradient(op: Operation, d_output: Any) -> list[None]:
    return [None, None]


def argmax(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Find the index of the largest element along an axis; of equal ones the first.

    Args:
        input: numeric, any shape.
        axis: scalar; 0 when None.
        name: name of the operation; "ArgMax" when None.
        dimension: old name of `axis`.
        output_type: int32 or int64.

    Returns:
        Tensor of `output_type`, without the axis.

    Raises:
        ValueError: the axis is out of range, or given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/argmax_op.cc.
    """
    axis = one_of("axis", axis, "dimension", dimension)
    axis = 0 if axis is None else axis
    result: Tensor = ARG_MAX(input, axis, output_type=output_type, name=name)
    return result


def arg_max(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """As `argmax`, with other arguments.

    Args:
        input: numeric, any shape.
        dimension: scalar axis.
        output_type: int32 or int64.
        name: name of the operation; "ArgMax" when None.

    Returns:
        Tensor of `output_type`, without the axis.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/argmax_op.cc.
    """
    result: Tensor = ARG_MAX(input, dimension, output_type=output_type, name=name)
    return result


ARG_MIN = register_op(
    "ArgMin",
    inputs="input: T, dimension: Tidx",
    outputs="output: output_type",
    attrs={"T": NUMERIC, "Tidx": (INDEX, dtypes.int32), "output_type": (INDEX, dtypes.int64)},
    shape=_without_axis,
    static_inputs=("dimension",),
)


@ARG_MIN.kernel
def _arg_min(xp: Namespace, x: Array, dimension: np.ndarray, *, output_type: DType) -> Array:
    return xp.argmin(x, _checked_axis(xp, x, dimension), output_type.as_numpy_dtype)


ARG_MIN.gradient(_arg_max_gradient)


def argmin(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Find the index of the least element along an axis; of equal ones the first.

    Args:
        input: numeric, any shape.
        axis: scalar; 0 when None.
        name: name of the operation; "ArgMin" when None.
        dimension: old name of `axis`.
        output_type: int32 or int64.

    Returns:
        Tensor of `output_type`, without the axis.

    Raises:
        ValueError: the axis is out of range, or given under both names.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/argmax_op.cc.
    """
    axis = one_of("axis", axis, "dimension", dimension)
    axis = 0 if axis is None else axis
    result: Tensor = ARG_MIN(input, axis, output_type=output_type, name=name)
    return result


def arg_min(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """As `argmin`, with other arguments.

    Args:
        input: numeric, any shape.
        dimension: scalar axis.
        output_type: int32 or int64.
        name: name of the operation; "ArgMin" when None.

    Returns:
        Tensor of `output_type`, without the axis.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/argmax_op.cc.
    """
    result: Tensor = ARG_MIN(input, dimension, output_type=output_type, name=name)
    return result
