"""QR decomposition of matrices."""

from __future__ import annotations

from typing import Any

from evergraph.core.dtypes import complex64, complex128, float16, float32, float64
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import get_op_def, register_op
from evergraph.registry.shape_functions import concat_dims, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _qr_shape(c: ShapeContext) -> list[TensorShape]:
    shape = with_rank_at_least(c.inputs[0], 2)
    if shape.ndims is None:
        return [TensorShape(None), TensorShape(None)]
    *batch, rows, columns = shape.as_list()
    inner = rows
    if not c.attr("full_matrices"):
        inner = None if rows is None or columns is None else min(rows, columns)
    return [concat_dims(batch, [rows, inner]), concat_dims(batch, [inner, columns])]


QR = register_op(
    "Qr",
    inputs="input: T",
    outputs="q: T, r: T",
    attrs={
        "full_matrices": "bool = false",
        "T": (float64, float32, float16, complex64, complex128),
    },
    shape=_qr_shape,
)


@QR.kernel
def _qr(xp: Namespace, x: Array, *, full_matrices: bool) -> tuple[Array, Array]:
    q, r = xp.qr(x, full_matrices)
    return q, r


def _solved(x: Any, r: Tensor) -> Any:
    """`x` times the inverse of the upper triangular `r`."""
    solve = get_op_def("MatrixTriangularSolve")
    return _adjoint(solve(r, _adjoint(x), lower=False, adjoint=False))


def _adjoint(x: Any) -> Any:
    from evergraph.ops.array_layout import matrix_transpose

    return matrix_transpose(x, conjugate=True)


@QR.gradient
def _qr_gradient(op: Operation, d_q: Tensor, d_r: Tensor) -> Tensor:
    from evergraph.ops.diagonals import matrix_band_part
    from evergraph.ops.matmul import matmul

    q, r = op.outputs
    if q.dtype.is_complex:
        raise NotImplementedError(f"QrGrad not implemented for dtype: {q.dtype}")
    if r.shape.ndims is None or None in r.shape.as_list()[-2:]:
        raise NotImplementedError("QrGrad not implemented with dynamic shapes.")
    if r.shape.as_list()[-2] != r.shape.as_list()[-1]:
        raise NotImplementedError(
            "QrGrad not implemented when ncols > nrows or full_matrices is true and ncols != nrows."
        )
    q_dq: Any = matmul(q, d_q, adjoint_a=True)
    r_dr: Any = matmul(r, d_r, adjoint_b=True)
    skew = (q_dq - _adjoint(q_dq)) + (r_dr - _adjoint(r_dr))
    lower = matrix_band_part(skew, -1, 0)
    along: Any = matmul(q, d_r + _solved(lower, r))
    across = _solved(d_q - matmul(q, q_dq), r)
    result: Tensor = along + across
    return result


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Q and R with input = QR: Q has orthonormal columns, R is upper triangular.

    Args:
        input: `[..., rows, columns]`.
        full_matrices: give a square Q; else one with as many columns as the lesser size.
        name: name of the operation; "Qr" when None.

    Returns:
        Q `[..., rows, k]` and R `[..., k, columns]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/qr_op_impl.h.
    """
    q, r = QR(input, full_matrices=full_matrices, name=name)
    return q, r
