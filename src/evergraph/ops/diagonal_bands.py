"""Several diagonals at once: MatrixDiagV2, MatrixDiagPartV2, MatrixSetDiagV2.

Diagonals are numbered from the main one: k > 0 above it, k < 0 below. In the form `[..., bands,
length]` the highest comes first, and shorter ones are filled up at their end.

Reference: TensorFlow 1.15, tensorflow/core/kernels/matrix_diag_op.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.diagonals import matrix_diag, matrix_diag_part, matrix_set_diag
from evergraph.ops.fills import zeros, zeros_like
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _bounds(k: np.ndarray) -> tuple[int, int]:
    """The lowest and the highest diagonal.

    Raises:
        ValueError: more than two numbers, or in the wrong order.
    """
    values = [int(v) for v in np.ravel(k)]
    if np.ndim(k) > 1 or len(values) not in (1, 2):
        raise ValueError(
            "diag_index must be a scalar or a vector with at most two elements; its shape is "
            f"[{','.join(map(str, np.shape(k)))}]"
        )
    lower, upper = values[0], values[-1]
    if lower > upper:
        raise ValueError(
            f"lower_diag_index must not be larger than upper_diag_index: {lower} > {upper}"
        )
    return lower, upper


def _longest(rows: int, columns: int, lower: int, upper: int) -> int:
    return min(rows + min(upper, 0), columns - max(lower, 0))


def _places(rows: int, columns: int, lower: int, upper: int) -> tuple[np.ndarray, np.ndarray]:
    """For each place of a matrix: its position in the flat bands, and whether it is in one."""
    length = _longest(rows, columns, lower, upper)
    row, column = np.indices((rows, columns))
    distance = column - row
    in_band = (distance >= lower) & (distance <= upper)
    position = (upper - distance) * length + column - np.maximum(distance, 0)
    return np.where(in_band, position, 0), in_band


def _outside(rows: int, columns: int, lower: int, upper: int) -> str:
    """What is wrong with diagonals that the matrix doesn't have; "" when it has them."""
    for word, k in (("lower_diag_index", lower), ("upper_diag_index", upper)):
        if not (-rows < k < columns) and not (k == 0 and 0 in (rows, columns)):
            return f"{word} is out of bound: {k}. It must be between {-rows} and {columns}"
    return ""


def _check(rows: int, columns: int, lower: int, upper: int) -> None:
    problem = _outside(rows, columns, lower, upper)
    if problem:
        raise InvalidArgumentError(None, None, problem)


def _kernel_bounds(k: np.ndarray) -> tuple[int, int]:
    try:
        return _bounds(k)
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from None


def _matrix_diag_v2_shape(c: ShapeContext) -> TensorShape:
    source = with_rank_at_least(c.inputs[0], 1)
    k = c.constant(1)
    if k is None or source.sizes is None:
        return TensorShape(None)
    lower, upper = _bounds(k)
    rows, columns = c.constant(2), c.constant(3)
    dims = list(source.sizes)
    length = dims.pop()
    if lower != upper:
        if not dims:
            raise ValueError("Shape must be at least rank 2 but is rank 1")
        if dims.pop() not in (None, upper - lower + 1):
            raise ValueError(
                "The number of rows of `diagonal` doesn't match the number of diagonals implied "
                "from `d_lower` and `d_upper`."
            )
    if length is None or rows is None or columns is None:
        return TensorShape([*dims, None, None])
    sizes = _matrix_sizes(length, lower, upper, int(rows), int(columns))
    return TensorShape([*dims, *sizes])


def _matrix_sizes(length: int, lower: int, upper: int, rows: int, columns: int) -> tuple[int, int]:
    """The sizes of the matrix; -1 is the least that holds the diagonals.

    Raises:
        ValueError: the wished sizes don't fit.
    """
    least_rows, least_columns = length - min(upper, 0), length + max(lower, 0)
    if rows == -1 and columns == -1:
        rows = columns = max(least_rows, least_columns)
    elif rows == -1:
        rows = least_rows
    elif columns == -1:
        columns = least_columns
    if rows < least_rows or columns < least_columns:
        raise ValueError("The number of rows or columns is too small for the diagonals")
    if rows != least_rows and columns != least_columns:
        raise ValueError(
            "The number of rows or columns is not consistent with the specified d_lower, d_upper, "
            "and diagonal."
        )
    return rows, columns


MATRIX_DIAG_V2 = register_op(
    "MatrixDiagV2",
    inputs="diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T",
    outputs="output: T",
    attrs={"T": "type"},
    shape=_matrix_diag_v2_shape,
    static_inputs=("k", "num_rows", "num_cols"),
)


@MATRIX_DIAG_V2.kernel
def _matrix_diag_v2(
    xp: Namespace,
    diagonal: Array,
    k: np.ndarray,
    num_rows: np.ndarray,
    num_cols: np.ndarray,
    padding_value: Array,
) -> Array:
    lower, upper = _kernel_bounds(k)
    *batch, length = (int(s) for s in xp.shape(diagonal))
    if lower != upper:
        if not batch or batch[-1] != upper - lower + 1:
            raise InvalidArgumentError(
                None, None, "The number of diagonals provided in the input does not match k."
            )
        batch.pop()
    try:
        rows, columns = _matrix_sizes(length, lower, upper, int(num_rows), int(num_cols))
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from None
    _check(rows, columns, lower, upper)
    position, in_band = _places(rows, columns, lower, upper)
    flat = xp.reshape(diagonal, (*batch, (upper - lower + 1) * length))
    return xp.where(in_band, xp.gather(flat, position, len(batch)), padding_value)


@MATRIX_DIAG_V2.gradient
def _matrix_diag_v2_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    return matrix_diag_part(d_output, k=op.inputs[1]), None, None, None, None


def _matrix_diag_part_v2_shape(c: ShapeContext) -> TensorShape:
    source = with_rank_at_least(c.inputs[0], 2)
    k = c.constant(1)
    if k is None or source.sizes is None:
        return TensorShape(None)
    lower, upper = _bounds(k)
    *batch, rows, columns = source.sizes
    bands = [] if lower == upper else [upper - lower + 1]
    if rows is None or columns is None:
        return TensorShape([*batch, *bands, None])
    return TensorShape([*batch, *bands, _longest(rows, columns, lower, upper)])


MATRIX_DIAG_PART_V2 = register_op(
    "MatrixDiagPartV2",
    inputs="input: T, k: int32, padding_value: T",
    outputs="diagonal: T",
    attrs={"T": "type"},
    shape=_matrix_diag_part_v2_shape,
    static_inputs=("k",),
)


@MATRIX_DIAG_PART_V2.kernel
def _matrix_diag_part_v2(xp: Namespace, x: Array, k: np.ndarray, padding_value: Array) -> Array:
    lower, upper = _kernel_bounds(k)
    *batch, rows, columns = (int(s) for s in xp.shape(x))
    _check(rows, columns, lower, upper)
    length, bands = _longest(rows, columns, lower, upper), upper - lower + 1
    distance = upper - np.arange(bands)[:, np.newaxis]
    step = np.arange(length)
    row, column = np.maximum(-distance, 0) + step, np.maximum(distance, 0) + step
    exists = (row < rows) & (column < columns)
    flat = xp.reshape(x, (*batch, rows * columns))
    taken = xp.gather(flat, np.where(exists, row * columns + column, 0), len(batch))
    taken = xp.where(exists, taken, padding_value)
    return xp.reshape(taken, (*batch, length)) if bands == 1 else taken


@MATRIX_DIAG_PART_V2.gradient
def _matrix_diag_part_v2_gradient(op: Operation, d_diagonal: Tensor) -> tuple[Any, ...]:
    sizes = op.inputs[0].get_shape()[-2:]
    if sizes.is_fully_defined():
        rows, columns = sizes.as_list()
        return matrix_diag(d_diagonal, k=op.inputs[1], num_rows=rows, num_cols=columns), None, None
    zero = zeros_like(op.inputs[0])
    return matrix_set_diag(zero, d_diagonal, k=op.inputs[1]), None, None


def _matrix_set_diag_v2_shape(c: ShapeContext) -> TensorShape:
    source = with_rank_at_least(c.inputs[0], 2)
    diagonal = with_rank_at_least(c.inputs[1], 1)
    k = c.constant(2)
    if k is None:
        return source
    lower, upper = _bounds(k)
    if source.sizes is not None:
        *batch, rows, columns = source.sizes
        with_rank(diagonal, len(batch) + (1 if lower == upper else 2))
        if rows is not None and columns is not None:
            problem = _outside(rows, columns, lower, upper)
            if problem:
                raise ValueError(problem)
    return source


MATRIX_SET_DIAG_V2 = register_op(
    "MatrixSetDiagV2",
    inputs="input: T, diagonal: T, k: int32",
    outputs="output: T",
    attrs={"T": "type"},
    shape=_matrix_set_diag_v2_shape,
    static_inputs=("k",),
)


@MATRIX_SET_DIAG_V2.kernel
def _matrix_set_diag_v2(xp: Namespace, x: Array, diagonal: Array, k: np.ndarray) -> Array:
    lower, upper = _kernel_bounds(k)
    *batch, rows, columns = (int(s) for s in xp.shape(x))
    _check(rows, columns, lower, upper)
    length, bands = _longest(rows, columns, lower, upper), upper - lower + 1
    wanted = (*batch, length) if bands == 1 else (*batch, bands, length)
    if tuple(xp.shape(diagonal)) != wanted:
        raise InvalidArgumentError(
            None,
            None,
            "Either first dimensions of diagonal don't match input.shape[:-2], or "
            "diagonal.shape[:-1] is not equal to the longests diagonal in range "
            "[lower_diag_index:upper_diag_index].",
        )
    position, in_band = _places(rows, columns, lower, upper)
    flat = xp.reshape(diagonal, (*batch, bands * length))
    return xp.where(in_band, xp.gather(flat, position, len(batch)), x)


@MATRIX_SET_DIAG_V2.gradient
def _matrix_set_diag_v2_gradient(op: Operation, d_output: Tensor) -> tuple[Any, ...]:
    k = op.inputs[2]
    diagonal_shape: Any = op.inputs[1].get_shape()
    if not diagonal_shape.is_fully_defined():
        diagonal_shape = _dynamic_diagonal_shape(d_output, k)
    d_input = matrix_set_diag(d_output, zeros(diagonal_shape, dtype=d_output.dtype), k=k)
    return d_input, matrix_diag_part(d_output, k=k), None


def _dynamic_diagonal_shape(d_output: Tensor, k: Tensor) -> Tensor:
    from evergraph.graph.conversion import convert_to_tensor
    from evergraph.ops.cond import cond
    from evergraph.ops.math_comparison import equal, greater, less
    from evergraph.ops.math_elementwise import minimum

    sizes: Any = shape_of(d_output)
    batch, matrix = sizes[:-2], sizes[-2:]
    index: Any = reshape(k, [-1])
    lower, upper = index[0], index[-1]
    y_offset = cond(less(upper, 0), lambda: upper, lambda: 0)
    x_offset = cond(greater(lower, 0), lambda: -lower, lambda: 0)
    longest = minimum(matrix[0] + y_offset, matrix[1] + x_offset)
    postfix = cond(
        equal(lower, upper),
        lambda: convert_to_tensor([longest]),
        lambda: convert_to_tensor([upper - lower + 1, longest]),
    )
    return concat([batch, postfix], 0)
