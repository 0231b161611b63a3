"""Diagonals of tensors and matrices: Diag, DiagPart, MatrixDiag, MatrixDiagPart, MatrixSetDiag.

The forms with `k` (MatrixDiagV2 and its kin) are in `diagonal_bands.py`.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import colocate_with, name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import rank
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.fills import ones, zeros, zeros_like
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import merge, merge_dims, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext

_DIAG_TYPES = "{bfloat16, half, float, double, int32, int64, complex64, complex128}"


def _diag_shape(c: ShapeContext) -> TensorShape:
    source = with_rank_at_least(c.inputs[0], 1)
    if source.ndims is None:
        return source
    return TensorShape(source.as_list() * 2)


DIAG = register_op(
    "Diag", inputs="diagonal: T", outputs="output: T", attrs={"T": _DIAG_TYPES}, shape=_diag_shape
)


@DIAG.kernel
def _diag(xp: Namespace, diagonal: Array) -> Array:
    sizes = tuple(int(s) for s in xp.shape(diagonal))
    if not sizes:
        raise InvalidArgumentError(None, None, "Input must be at least rank 1, got 0")
    return xp.reshape(xp.matrix_diag(xp.reshape(diagonal, (-1,))), sizes + sizes)


@DIAG.gradient
def _diag_gradient(op: Operation, d_output: Tensor) -> Tensor:
    return diag_part(d_output)


def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """The tensor with `diagonal` on its diagonal and zeros elsewhere.

    Args:
        diagonal: `[d1, ..., dk]`.
        name: name of the operation; "Diag" when None.

    Returns:
        `[d1, ..., dk, d1, ..., dk]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/diag_op.cc.
    """
    result: Tensor = DIAG(diagonal, name=name)
    return result


def _diag_part_shape(c: ShapeContext) -> TensorShape:
    source = c.inputs[0]
    if source.ndims is None:
        return source
    if source.ndims % 2 or source.ndims <= 0:
        raise ValueError(f"Input must have even and non-zero rank, input rank is {source.ndims}")
    half = source.ndims // 2
    dims = source.as_list()
    return TensorShape([merge_dims(a, b) for a, b in zip(dims[:half], dims[half:], strict=True)])


DIAG_PART = register_op(
    "DiagPart",
    inputs="input: T",
    outputs="diagonal: T",
    attrs={"T": _DIAG_TYPES},
    shape=_diag_part_shape,
)


@DIAG_PART.kernel
def _diag_part(xp: Namespace, x: Array) -> Array:
    sizes = tuple(int(s) for s in xp.shape(x))
    half = len(sizes) // 2
    if len(sizes) % 2 or not sizes or sizes[:half] != sizes[half:]:
        raise InvalidArgumentError(
            None, None, "The rank of the tensor should be even and positive, its halves equal"
        )
    count = int(np.prod(sizes[:half]))
    return xp.reshape(xp.matrix_diag_part(xp.reshape(x, (count, count))), sizes[:half])


@DIAG_PART.gradient
def _diag_part_gradient(op: Operation, d_output: Tensor) -> Tensor:
    return diag(d_output)


def diag_part(input: Any, name: str | None = None) -> Tensor:
    """The diagonal of a tensor: undoes `diag`.

    Args:
        input: `[d1, ..., dk, d1, ..., dk]`.
        name: name of the operation; "DiagPart" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/diag_op.cc.
    """
    result: Tensor = DIAG_PART(input, name=name)
    return result


def _matrix_diag_shape(c: ShapeContext) -> TensorShape:
    source = with_rank_at_least(c.inputs[0], 1)
    if source.ndims is None:
        return source
    return TensorShape([*source.as_list(), source.as_list()[-1]])


def _matrix_diag_part_shape(c: ShapeContext) -> TensorShape:
    source = with_rank_at_least(c.inputs[0], 2)
    if source.ndims is None:
        return source
    *batch, rows, columns = source.as_list()
    return TensorShape([*batch, _smaller(rows, columns)])


def _smaller(a: int | None, b: int | None) -> int | None:
    if a == 0 or b == 0:
        return 0
    return None if a is None or b is None else min(a, b)


def _matrix_set_diag_shape(c: ShapeContext) -> TensorShape:
    source = with_rank_at_least(c.inputs[0], 2)
    diagonal = with_rank_at_least(c.inputs[1], 1)
    if source.ndims is None:
        if diagonal.ndims is None:
            return TensorShape(None)
        return TensorShape([*diagonal.as_list()[:-1], None, None])
    *batch, rows, columns = source.as_list()
    least = _smaller(rows, columns)
    if diagonal.ndims is not None:
        merge_dims(least, diagonal.as_list()[-1])
    merged = merge(TensorShape([*batch, least]), diagonal)
    return TensorShape([*merged.as_list()[:-1], rows, columns])


def _require_matrix(xp: Namespace, x: Array) -> None:
    if len(xp.shape(x)) < 2:
        shape = ",".join(map(str, xp.shape(x)))
        raise InvalidArgumentError(
            None, None, f"input must be at least 2-dim, received shape: [{shape}]"
        )


def _with_batch_form(name: str, inputs: str, outputs: str, shape: Any) -> tuple[OpDef, OpDef]:
    """An op and its older form, whose name has "Batch" in front."""
    fields: dict[str, Any] = {"inputs": inputs, "outputs": outputs, "shape": shape}
    attrs = {"T": "type"}
    return (
        register_op(name, attrs=attrs, **fields),
        register_op(f"Batch{name}", attrs=attrs, **fields),
    )


MATRIX_DIAG, BATCH_MATRIX_DIAG = _with_batch_form(
    "MatrixDiag", "diagonal: T", "output: T", _matrix_diag_shape
)


@BATCH_MATRIX_DIAG.kernel
@MATRIX_DIAG.kernel
def _matrix_diag(xp: Namespace, diagonal: Array) -> Array:
    if len(xp.shape(diagonal)) < 1:
        raise InvalidArgumentError(None, None, "input must be at least 1-dim, received shape: []")
    return xp.matrix_diag(diagonal)


@MATRIX_DIAG.gradient
def _matrix_diag_gradient(op: Operation, d_output: Tensor) -> Tensor:
    return matrix_diag_part(d_output)


def matrix_diag(
    diagonal: Any,
    name: str | None = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
) -> Tensor:
    """Square matrices with the last dimension of `diagonal` on their diagonals.

    Args:
        diagonal: `[..., n]`.
        name: name of the operation.
        k: has no effect in 1.15, and so have the next three.
        num_rows: has no effect.
        num_cols: has no effect.
        padding_value: has no effect.

    Returns:
        `[..., n, n]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/matrix_diag_op.cc.
    """
    result: Tensor = MATRIX_DIAG(diagonal, name=name)
    return result


MATRIX_DIAG_PART, BATCH_MATRIX_DIAG_PART = _with_batch_form(
    "MatrixDiagPart", "input: T", "diagonal: T", _matrix_diag_part_shape
)


@BATCH_MATRIX_DIAG_PART.kernel
@MATRIX_DIAG_PART.kernel
def _matrix_diag_part(xp: Namespace, x: Array) -> Array:
    _require_matrix(xp, x)
    return xp.matrix_diag_part(x)


@MATRIX_DIAG_PART.gradient
def _matrix_diag_part_gradient(op: Operation, d_diagonal: Tensor) -> Tensor:
    sizes = op.inputs[0].get_shape()[-2:]
    if sizes.is_fully_defined() and sizes[0] == sizes[1]:
        return matrix_diag(d_diagonal)
    return matrix_set_diag(zeros_like(op.inputs[0]), d_diagonal)


def matrix_diag_part(
    input: Any,
    name: str | None = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
) -> Tensor:
    """The main diagonals of matrices.

    Args:
        input: `[..., rows, columns]`.
        name: name of the operation.
        k: has no effect in 1.15, and so has the next.
        padding_value: has no effect.

    Returns:
        `[..., min(rows, columns)]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/matrix_diag_op.cc.
    """
    result: Tensor = MATRIX_DIAG_PART(input, name=name)
    return result


MATRIX_SET_DIAG, BATCH_MATRIX_SET_DIAG = _with_batch_form(
    "MatrixSetDiag", "input: T, diagonal: T", "output: T", _matrix_set_diag_shape
)


@BATCH_MATRIX_SET_DIAG.kernel
@MATRIX_SET_DIAG.kernel
def _matrix_set_diag(xp: Namespace, x: Array, diagonal: Array) -> Array:
    _require_matrix(xp, x)
    *batch, rows, columns = (int(s) for s in xp.shape(x))
    if tuple(xp.shape(diagonal)) != (*batch, min(rows, columns)):
        raise InvalidArgumentError(
            None,
            None,
            "Either first dimensions of diagonal don't match input.shape[:-2], or "
            "diagonal.shape[:-1] is not equal to the longests diagonal in range "
            "[lower_diag_index:upper_diag_index].",
        )
    return xp.matrix_set_diag(x, diagonal)


@MATRIX_SET_DIAG.gradient
def _matrix_set_diag_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, Tensor]:
    whole = op.inputs[0].get_shape().merge_with(d_output.get_shape())
    diagonal = op.inputs[1].get_shape()
    batch = whole[:-2].merge_with(diagonal[:-1])
    matrix = whole[-2:]
    diagonal_shape: Any
    if batch.is_fully_defined() and matrix.is_fully_defined():
        diagonal_shape = [*batch.as_list(), min(matrix.as_list())]
    else:
        from evergraph.ops.math_reduction import reduce_min

        with colocate_with(d_output):
            sizes = shape_of(d_output)
            count: Any = rank(d_output)
            batch_sizes = slice_of(sizes, [0], [count - 2])
            matrix_sizes = slice_of(sizes, [count - 2], [2])
            diagonal_shape = concat([batch_sizes, [reduce_min(matrix_sizes)]], 0)
    d_input = matrix_set_diag(d_output, zeros(diagonal_shape, dtype=d_output.dtype))
    return d_input, matrix_diag_part(d_output)


def matrix_set_diag(
    input: Any,
    diagonal: Any,
    name: str | None = "set_diag",
    k: Any = 0,
) -> Tensor:
    """Matrices with other main diagonals.

    Args:
        input: `[..., rows, columns]`.
        diagonal: `[..., min(rows, columns)]`.
        name: name of the operation.
        k: has no effect in 1.15.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/matrix_set_diag_op.cc.
    """
    result: Tensor = MATRIX_SET_DIAG(input, diagonal, name=name)
    return result


MATRIX_BAND_PART = register_op(
    "MatrixBandPart",
    inputs="input: T, num_lower: Tindex, num_upper: Tindex",
    outputs="band: T",
    attrs={"T": "type", "Tindex": (INDEX, dtypes.int64)},
    shape=lambda c: c.inputs[0],
)
BATCH_MATRIX_BAND_PART = register_op(
    "BatchMatrixBandPart",
    inputs="input: T, num_lower: int64, num_upper: int64",
    outputs="band: T",
    attrs={"T": "type"},
    shape=lambda c: c.inputs[0],
)


@BATCH_MATRIX_BAND_PART.kernel
@MATRIX_BAND_PART.kernel
def _matrix_band_part(xp: Namespace, x: Array, num_lower: Array, num_upper: Array) -> Array:
    _require_matrix(xp, x)
    rows, columns = (int(s) for s in xp.shape(x)[-2:])
    for value, limit, word in ((num_lower, rows, "num_lower"), (num_upper, columns, "num_upper")):
        xp.check(
            xp.less_equal(value, limit),
            "InvalidArgumentError",
            _out_of_band(word, value, limit),
        )
    return xp.band_part(x, num_lower, num_upper)


def _out_of_band(word: str, value: Any, limit: int) -> Any:
    return lambda: (
        f"{word} must be negative or less or equal to number of "
        f"{'rows' if word == 'num_lower' else 'columns'} ({limit}) got: {int(value)}"
    )


@MATRIX_BAND_PART.gradient
def _matrix_band_part_gradient(op: Operation, d_band: Tensor) -> tuple[Tensor, None, None]:
    return matrix_band_part(d_band, op.inputs[1], op.inputs[2]), None, None


def matrix_band_part(
    input: Any,
    num_lower: Any,
    num_upper: Any,
    name: str | None = None,
) -> Tensor:
    """Matrices with zeros but in a band around the diagonal.

    Args:
        input: `[..., rows, columns]`.
        num_lower: how many diagonals below the main one are kept; all when negative.
        num_upper: how many above; all when negative.
        name: name of the operation; "MatrixBandPart" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/matrix_band_part_op.cc.
    """
    result: Tensor = MATRIX_BAND_PART(input, num_lower, num_upper, name=name)
    return result


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Matrices with ones on the diagonal and zeros elsewhere.

    Args:
        num_rows: number of rows, an int or an int32 scalar.
        num_columns: number of columns; that of the rows when None.
        batch_shape: shape of the batch; a single matrix when None.
        dtype: type of the result.
        name: name of the operations; "eye" when None.

    Returns:
        `[*batch_shape, num_rows, num_columns]`.

    Raises:
        TypeError: a number isn't an integer.

    Reference: TensorFlow 1.15, tensorflow/python/ops/linalg_ops_impl.py.
    """
    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        is_square = num_columns is None
        batch: Any = [] if batch_shape is None else batch_shape
        num_columns = num_rows if num_columns is None else num_columns
        size: Any
        if isinstance(num_rows, Tensor) or isinstance(num_columns, Tensor):
            from evergraph.ops.math_elementwise import minimum

            size = minimum(num_rows, num_columns)
        else:
            integers = (numbers.Integral, np.integer)
            if not (isinstance(num_rows, integers) and isinstance(num_columns, integers)):
                raise TypeError("num_rows and num_columns must be positive integer values.")
            is_square = num_rows == num_columns
            size = min(num_rows, num_columns)
        shape: Any = None
        if isinstance(batch, Tensor) or isinstance(size, Tensor):
            batch = convert_to_tensor(batch, name="shape", dtype=dtypes.int32)
            diagonal_shape: Any = concat((batch, [size]), axis=0)
            if not is_square:
                shape = concat((batch, [num_rows, num_columns]), axis=0)
        else:
            diagonal_shape = [*batch, size]
            shape = [*batch, num_rows, num_columns]
        diagonal = ones(diagonal_shape, dtype=dtype)
        if is_square:
            return matrix_diag(diagonal)
        return matrix_set_diag(zeros(shape, dtype=dtype), diagonal)
