"""A GRU cell as a single operation: GRUBlockCell."""

from __future__ import annotations

from typing import Any

from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_concat import concat
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import BIAS_ADD_GRAD
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_INPUTS = "x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T"


def _dims(shape: TensorShape) -> list[int | None]:
    found = with_rank(shape, 2)
    return [None, None] if found.ndims is None else found.as_list()


def _cell_shape(c: ShapeContext) -> list[TensorShape]:
    return [TensorShape([_dims(c.inputs[0])[0], _dims(c.inputs[1])[1]])] * 4


GRU_BLOCK_CELL = register_op(
    "GRUBlockCell",
    inputs=_INPUTS,
    outputs="r: T, u: T, c: T, h: T",
    attrs={"T": "{float}"},
    shape=_cell_shape,
)


@GRU_BLOCK_CELL.kernel
def _gru_block_cell(
    xp: Namespace, x: Array, h_prev: Array, w_ru: Array, w_c: Array, b_ru: Array, b_c: Array
) -> tuple[Array, ...]:
    size, depth = h_prev.shape[1], x.shape[1]
    expected = {
        "w_ru.dim_size(0) != input_size + cell_size": (w_ru.shape[0], depth + size),
        "w_ru.dim_size(1) != cell_size * 2": (w_ru.shape[1], size * 2),
        "w_c.dim_size(0) != input_size + cell_size": (w_c.shape[0], depth + size),
        "w_c.dim_size(1) != cell_size": (w_c.shape[1], size),
        "b_ru.dim_size(0) != cell_size * 2": (b_ru.shape[0], size * 2),
        "b_c.dim_size(0) != cell_size": (b_c.shape[0], size),
    }
    for what, (found, wanted) in expected.items():
        xp.check(found == wanted, "InvalidArgumentError", f"{what}: {found} vs. {wanted}")
    gates = xp.sigmoid(xp.add(xp.matmul(xp.concatenate([x, h_prev], 1), w_ru), b_ru))
    r, u = xp.split(gates, 2, 1)
    joined = xp.concatenate([x, xp.multiply(h_prev, r)], 1)
    c = xp.tanh(xp.add(xp.matmul(joined, w_c), b_c))
    # u * h_prev + (1 - u) * c with one product.
    return r, u, c, xp.add(xp.multiply(u, xp.subtract(h_prev, c)), c)


@GRU_BLOCK_CELL.gradient
def _gru_block_cell_gradient(op: Operation, *d_outputs: Tensor) -> list[Any]:
    x, h_prev = op.inputs[:2]
    r, u, c, _ = op.outputs
    d_x, d_h_prev, d_c, d_ru = GRU_BLOCK_CELL_GRAD(*op.inputs, r, u, c, d_outputs[3])
    d_w_ru = matmul(concat([x, h_prev], 1), d_ru, transpose_a=True)
    d_b_ru = BIAS_ADD_GRAD(d_ru)
    d_w_c = matmul(concat([x, h_prev * r], 1), d_c, transpose_a=True)
    d_b_c = BIAS_ADD_GRAD(d_c)
    return [d_x, d_h_prev, d_w_ru, d_w_c, d_b_ru, d_b_c]


def _cell_grad_shape(c: ShapeContext) -> list[TensorShape]:
    batch, size = _dims(c.inputs[0])[0], _dims(c.inputs[1])[1]
    state = TensorShape([batch, size])
    gates = TensorShape([batch, _dims(c.inputs[2])[1]])
    return [with_rank(c.inputs[0], 2), state, state, gates]


GRU_BLOCK_CELL_GRAD = register_op(
    "GRUBlockCellGrad",
    inputs=f"{_INPUTS}, r: T, u: T, c: T, d_h: T",
    outputs="d_x: T, d_h_prev: T, d_c_bar: T, d_r_bar_u_bar: T",
    attrs={"T": "{float}"},
    shape=_cell_grad_shape,
)


@GRU_BLOCK_CELL_GRAD.kernel
def _gru_block_cell_grad(
    xp: Namespace,
    x: Array,
    h_prev: Array,
    w_ru: Array,
    w_c: Array,
    b_ru: Array,
    b_c: Array,
    r: Array,
    u: Array,
    c: Array,
    d_h: Array,
) -> tuple[Array, ...]:
    depth = x.shape[1]
    one_less_u = xp.subtract(1, u)
    d_c = xp.multiply(xp.multiply(d_h, one_less_u), xp.subtract(1, xp.multiply(c, c)))
    d_u = xp.multiply(xp.multiply(xp.multiply(d_h, xp.subtract(h_prev, c)), u), one_less_u)
    from_c = xp.matmul(d_c, w_c, transpose_y=True)
    d_hr = from_c[:, depth:]
    d_r = xp.multiply(xp.multiply(xp.multiply(d_hr, h_prev), r), xp.subtract(1, r))
    d_ru = xp.concatenate([d_r, d_u], 1)
    from_gates = xp.matmul(d_ru, w_ru, transpose_y=True)
    d_x = xp.add(from_gates, from_c)[:, :depth]
    d_h_prev = xp.add(xp.add(from_gates[:, depth:], xp.multiply(d_hr, r)), xp.multiply(d_h, u))
    return d_x, d_h_prev, d_c, d_ru
