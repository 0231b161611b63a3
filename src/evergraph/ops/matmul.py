"""Products of matrices."""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_shape
from evergraph.ops.broadcast_gradient import BROADCAST_GRADIENT_ARGS, sum_to_shape
from evergraph.ops.cast import cast
from evergraph.ops.complex import conj
from evergraph.ops.type_lists import CWISE_SIGNED
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import (
    broadcast_shapes,
    merge,
    merge_dims,
    with_rank,
    with_rank_at_least,
)
from evergraph.registry.shape_inference import ShapeContext


def _matmul_shape(c: ShapeContext) -> TensorShape:
    a, b = with_rank(c.inputs[0], 2).as_list(), with_rank(c.inputs[1], 2).as_list()
    if c.attr("transpose_a"):
        a = a[::-1]
    if c.attr("transpose_b"):
        b = b[::-1]
    merge_dims(a[1], b[0])
    return TensorShape([a[0], b[1]])


MAT_MUL = register_op(
    "MatMul",
    inputs="a: T, b: T",
    outputs="product: T",
    attrs={"transpose_a": "bool = false", "transpose_b": "bool = false", "T": CWISE_SIGNED},
    shape=_matmul_shape,
)


@MAT_MUL.kernel
def _mat_mul(xp: Namespace, a: Array, b: Array, *, transpose_a: bool, transpose_b: bool) -> Array:
    _check_matrices(xp, a, b, transpose_a, transpose_b)
    return xp.matmul(a, b, transpose_a, transpose_b)


def _check_matrices(
    xp: Namespace, a: Array, b: Array, transpose_a: bool, transpose_b: bool
) -> None:
    """Demand two matrices whose inner sizes agree."""
    for place, operand in enumerate((a, b)):
        if operand.ndim != 2:
            text = f"In[{place}] is not a matrix. Instead it has shape {_text(operand.shape)}"
            xp.check(False, "InvalidArgumentError", text)
    if a.shape[0 if transpose_a else 1] != b.shape[1 if transpose_b else 0]:
        text = f"Matrix size-incompatible: In[0]: {_text(a.shape)}, In[1]: {_text(b.shape)}"
        xp.check(False, "InvalidArgumentError", text)


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


@MAT_MUL.gradient
def _mat_mul_gradient(op: Operation, d_product: Tensor) -> tuple[Tensor, Tensor]:
    transposed_a, transposed_b = op.get_attr("transpose_a"), op.get_attr("transpose_b")
    a, b = (conj(item) for item in op.inputs)
    if not transposed_a and not transposed_b:
        d_a = MAT_MUL(d_product, b, transpose_b=True)
        d_b = MAT_MUL(a, d_product, transpose_a=True)
    elif not transposed_a:
        d_a = MAT_MUL(d_product, b)
        d_b = MAT_MUL(d_product, a, transpose_a=True)
    elif not transposed_b:
        d_a = MAT_MUL(b, d_product, transpose_b=True)
        d_b = MAT_MUL(a, d_product)
    else:
        d_a = MAT_MUL(b, d_product, transpose_a=True, transpose_b=True)
        d_b = MAT_MUL(d_product, a, transpose_a=True, transpose_b=True)
    return d_a, d_b


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply matrices: the last two axes, for each position of the axes before them.

    Args:
        a: `[..., n, k]`, numeric.
        b: `[..., k, m]`, of the dtype of `a`; the axes before the last two broadcast.
        transpose_a: take the transpose of each matrix of `a`.
        transpose_b: take the transpose of each matrix of `b`.
        adjoint_a: take the conjugate transpose of each matrix of `a`.
        adjoint_b: take the conjugate transpose of each matrix of `b`.
        a_is_sparse: `a` has many zeros.
        b_is_sparse: `b` has many zeros.
        name: name of the operation; "MatMul" when None.

    Returns:
        Tensor `[..., n, m]`.

    Raises:
        ValueError: sizes don't fit, or both a transpose and an adjoint are asked for.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/matmul_op.cc.
    """
    with name_scope(name, "MatMul", [a, b]) as scope:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of transpose_a and adjoint_a can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of transpose_b and adjoint_b can be True.")
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        result: Tensor
        is_sparse = a_is_sparse or b_is_sparse
        if not is_sparse and any(x.shape.ndims is None or x.shape.ndims > 2 for x in (a, b)):
            if transpose_a:
                a, adjoint_a = conj(a), True
            if transpose_b:
                b, adjoint_b = conj(b), True
            result = BATCH_MAT_MUL_V2(a, b, adj_x=adjoint_a, adj_y=adjoint_b, name=scope)
            return result
        if adjoint_a:
            a, transpose_a = conj(a), True
        if adjoint_b:
            b, transpose_b = conj(b), True
        types = a.dtype.base_dtype, b.dtype.base_dtype
        sparse_types = (dtypes.bfloat16, dtypes.float32)
        has_kernel = types[0] in sparse_types and types[1] in sparse_types
        if (is_sparse and has_kernel) or (types[0] != types[1] and dtypes.bfloat16 in types):
            result = SPARSE_MAT_MUL(
                a,
                b,
                transpose_a=transpose_a,
                transpose_b=transpose_b,
                a_is_sparse=a_is_sparse,
                b_is_sparse=b_is_sparse,
                name=scope,
            )
            if types == (dtypes.bfloat16, dtypes.bfloat16):
                result = cast(result, dtypes.bfloat16)
            return result
        result = MAT_MUL(a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=scope)
        return result


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply matrices by vectors.

    Args:
        a: `[..., n, k]`, numeric.
        b: `[..., k]`, of the dtype of `a`.
        transpose_a: take the transpose of each matrix.
        adjoint_a: take the conjugate transpose of each matrix.
        a_is_sparse: `a` has many zeros.
        b_is_sparse: `b` has many zeros.
        name: name of the operations' scope; "MatVec" when None.

    Returns:
        Tensor `[..., n]`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "MatVec", [a, b]):
        product = matmul(
            a,
            array_shape.expand_dims(b, axis=-1),
            transpose_a=transpose_a,
            adjoint_a=adjoint_a,
            a_is_sparse=a_is_sparse,
            b_is_sparse=b_is_sparse,
        )
        result: Tensor = array_shape.squeeze(product, axis=-1)
        return result


def _batch_matrices(c: ShapeContext) -> list[tuple[TensorShape, Any, Any]]:
    """Batch shape, rows and columns of each operand."""
    found: list[tuple[TensorShape, Any, Any]] = []
    for shape, adjoint in zip(c.inputs, ("adj_x", "adj_y"), strict=True):
        shape = with_rank_at_least(shape, 2)
        if shape.ndims is None:
            found.append((shape, None, None))
            continue
        *batch, rows, columns = shape.as_list()
        if c.attr(adjoint):
            rows, columns = columns, rows
        found.append((TensorShape(batch), rows, columns))
    return found


def _batch_matmul_shape(c: ShapeContext) -> TensorShape:
    (x_batch, rows, x_inner), (y_batch, y_inner, columns) = _batch_matrices(c)
    batch = merge(x_batch, y_batch)
    merge_dims(x_inner, y_inner)
    if batch.ndims is None:
        return TensorShape(None)
    return TensorShape([*batch.as_list(), rows, columns])


BATCH_MAT_MUL = register_op(
    "BatchMatMul",
    inputs="x: T, y: T",
    outputs="output: T",
    attrs={"T": CWISE_SIGNED, "adj_x": "bool = false", "adj_y": "bool = false"},
    shape=_batch_matmul_shape,
)


@BATCH_MAT_MUL.kernel
def _batch_mat_mul(xp: Namespace, x: Array, y: Array, *, adj_x: bool, adj_y: bool) -> Array:
    xp.check(
        x.ndim == y.ndim,
        "InvalidArgumentError",
        f"In[0] and In[1] has different ndims: {_text(x.shape)} vs. {_text(y.shape)}",
    )
    for axis in range(x.ndim - 2):
        xp.check(
            x.shape[axis] == y.shape[axis],
            "InvalidArgumentError",
            f"In[0].dim({axis}) and In[1].dim({axis}) must be the same: "
            f"{_text(x.shape)} vs {_text(y.shape)}",
        )
    return _product(xp, x, y, adj_x, adj_y)


def _product(xp: Namespace, x: Array, y: Array, adj_x: bool, adj_y: bool) -> Array:
    for place, operand in enumerate((x, y)):
        xp.check(
            operand.ndim >= 2,
            "InvalidArgumentError",
            f"In[{place}] ndims must be >= 2: {operand.ndim}",
        )
    inner = x.shape[-2 if adj_x else -1], y.shape[-1 if adj_y else -2]
    xp.check(
        inner[0] == inner[1],
        "InvalidArgumentError",
        f"In[0] mismatch In[1] shape: {inner[0]} vs. {inner[1]}: {_text(x.shape)} "
        f"{_text(y.shape)} {int(adj_x)} {int(adj_y)}",
    )
    return xp.matmul(x, y, False, False, adj_x, adj_y)


def _batch_gradients(op: Operation, d_output: Tensor) -> tuple[Tensor, Tensor]:
    x, y = op.inputs
    adjoint_x, adjoint_y = op.get_attr("adj_x"), op.get_attr("adj_y")
    if not adjoint_x and not adjoint_y:
        d_x = matmul(d_output, y, adjoint_b=True)
        d_y = matmul(x, d_output, adjoint_a=True)
    elif not adjoint_x:
        d_x = matmul(d_output, y)
        d_y = matmul(d_output, x, adjoint_a=True)
    elif not adjoint_y:
        d_x = matmul(y, d_output, adjoint_b=True)
        d_y = matmul(x, d_output)
    else:
        d_x = matmul(y, d_output, adjoint_a=True, adjoint_b=True)
        d_y = matmul(d_output, x, adjoint_a=True, adjoint_b=True)
    return d_x, d_y


BATCH_MAT_MUL.gradient(_batch_gradients)


def batch_matmul(
    x: Any, y: Any, adj_x: bool = False, adj_y: bool = False, name: str | None = None
) -> Tensor:
    """Multiply matrices whose axes before the last two agree; the 0.x form of `matmul`.

    Args:
        x: `[..., n, k]`, numeric.
        y: `[..., k, m]`, of the dtype of `x`.
        adj_x: take the conjugate transpose of each matrix of `x`.
        adj_y: take the conjugate transpose of each matrix of `y`.
        name: name of the operation; "BatchMatMul" when None.

    Returns:
        Tensor `[..., n, m]`.

    Raises:
        ValueError: sizes don't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/batch_matmul_op_impl.h.
    """
    result: Tensor = BATCH_MAT_MUL(x, y, adj_x=adj_x, adj_y=adj_y, name=name)
    return result


def _batch_matmul_v2_shape(c: ShapeContext) -> TensorShape:
    (x_batch, rows, x_inner), (y_batch, y_inner, columns) = _batch_matrices(c)
    merge_dims(x_inner, y_inner)
    batch = broadcast_shapes(x_batch, y_batch)
    if batch.ndims is None:
        return TensorShape(None)
    return TensorShape([*batch.as_list(), rows, columns])


BATCH_MAT_MUL_V2 = register_op(
    "BatchMatMulV2",
    inputs="x: T, y: T",
    outputs="output: T",
    attrs={"T": CWISE_SIGNED, "adj_x": "bool = false", "adj_y": "bool = false"},
    shape=_batch_matmul_v2_shape,
)


@BATCH_MAT_MUL_V2.kernel
def _batch_mat_mul_v2(xp: Namespace, x: Array, y: Array, *, adj_x: bool, adj_y: bool) -> Array:
    pairs = zip(x.shape[-3::-1], y.shape[-3::-1], strict=False)
    xp.check(
        all(a == b or 1 in (a, b) for a, b in pairs),
        "InvalidArgumentError",
        "In[0] and In[1] must have compatible batch dimensions: "
        f"{_text(x.shape)} vs. {_text(y.shape)}",
    )
    return _product(xp, x, y, adj_x, adj_y)


@BATCH_MAT_MUL_V2.gradient
def _batch_mat_mul_v2_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, Tensor]:
    x, y = op.inputs
    d_x, d_y = _batch_gradients(op, d_output)
    if not (x.shape.is_fully_defined() and y.shape.is_fully_defined() and x.shape == y.shape):
        sx, sy = array_shape.shape(x), array_shape.shape(y)
        rx, ry = BROADCAST_GRADIENT_ARGS(sx[:-2], sy[:-2])
        d_x = sum_to_shape(d_x, rx, sx)
        d_y = sum_to_shape(d_y, ry, sy)
    return d_x, d_y


SPARSE_MAT_MUL = register_op(
    "SparseMatMul",
    inputs="a: Ta, b: Tb",
    outputs="product: float",
    attrs={
        "transpose_a": "bool = false",
        "transpose_b": "bool = false",
        "a_is_sparse": "bool = false",
        "b_is_sparse": "bool = false",
        "Ta": "{float, bfloat16} = DT_FLOAT",
        "Tb": "{float, bfloat16} = DT_FLOAT",
    },
    shape=_matmul_shape,
)


@SPARSE_MAT_MUL.kernel
def _sparse_mat_mul(
    xp: Namespace, a: Array, b: Array, *, transpose_a: bool, transpose_b: bool
) -> Array:
    _check_matrices(xp, a, b, transpose_a, transpose_b)
    single = dtypes.float32.as_numpy_dtype
    return xp.matmul(xp.cast(a, single), xp.cast(b, single), transpose_a, transpose_b)


@SPARSE_MAT_MUL.gradient
def _sparse_mat_mul_gradient(op: Operation, d_product: Tensor) -> tuple[Tensor, Tensor]:
    from evergraph.ops.array_layout import transpose

    a, b = op.inputs
    transposed_a, transposed_b = op.get_attr("transpose_a"), op.get_attr("transpose_b")
    sparse = {
        a: op.get_attr("a_is_sparse"),
        b: op.get_attr("b_is_sparse"),
        d_product: d_product.op.type == "ReluGrad",
    }

    def product(
        x: Tensor, y: Tensor, like: Tensor, transpose_x: bool = False, transpose_y: bool = False
    ) -> Tensor:
        result = matmul(
            x,
            transpose(y) if transpose_y else y,
            transpose_a=transpose_x,
            a_is_sparse=sparse[x],
            b_is_sparse=sparse[y],
        )
        return result if result.dtype == like.dtype else cast(result, like.dtype)

    if not transposed_a and not transposed_b:
        return (
            product(d_product, b, a, transpose_y=True),
            product(a, d_product, b, transpose_x=True),
        )
    if not transposed_a:
        return product(d_product, b, a), product(d_product, a, b, transpose_x=True)
    if not transposed_b:
        return product(b, d_product, a, transpose_y=True), product(a, d_product, b)
    return (
        product(b, d_product, a, transpose_x=True, transpose_y=True),
        product(d_product, a, b, transpose_x=True, transpose_y=True),
    )


def sparse_matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply two matrices that have many zeros.

    Args:
        a: `[n, k]`, float32 or bfloat16.
        b: `[k, m]`, float32 or bfloat16.
        transpose_a: take the transpose of `a`.
        transpose_b: take the transpose of `b`.
        a_is_sparse: `a` has many zeros.
        b_is_sparse: `b` has many zeros.
        name: name of the operation; "SparseMatMul" when None.

    Returns:
        float32 Tensor `[n, m]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_matmul_op.cc.
    """
    result: Tensor = SPARSE_MAT_MUL(
        a,
        b,
        transpose_a=transpose_a,
        transpose_b=transpose_b,
        a_is_sparse=a_is_sparse,
        b_is_sparse=b_is_sparse,
        name=name,
    )
    return result
