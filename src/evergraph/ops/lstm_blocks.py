"""LSTM cells as single operations: LSTMBlockCell for a step, BlockLSTM for a sequence."""

from __future__ import annotations

from typing import Any

from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_concat import concat
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import BIAS_ADD_GRAD
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext

_HALF_OR_FLOAT = "{half, float}"
_CELL_OUTPUTS = "i: T, cs: T, f: T, o: T, ci: T, co: T, h: T"
_WEIGHTS = "cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T"
# In which order the columns of a kernel stand: input, cell, forget and output gate.
_ICFO = (0, 1, 2, 3)
_IFCO = (0, 2, 1, 3)
# w, wci, wcf, wco, b.
Weights = tuple[Array, ...]


def _dims(shape: TensorShape, rank: int) -> list[int | None]:
    found = with_rank(shape, rank)
    return [None] * rank if found.ndims is None else found.as_list()


def _check_weights(xp: Namespace, x: Array, cs_prev: Array, weights: Weights) -> None:
    """Demand the sizes that belong together."""
    w, wci, wcf, wco, b = weights
    size, depth = cs_prev.shape[1], x.shape[-1]
    expected = {
        "w.dim_size(0) != input_size + cell_size": (w.shape[0], depth + size),
        "w.dim_size(1) != cell_size * 4": (w.shape[1], size * 4),
        "wci.dim_size(0) != cell_size": (wci.shape[0], size),
        "wcf.dim_size(0) != cell_size": (wcf.shape[0], size),
        "wco.dim_size(0) != cell_size": (wco.shape[0], size),
        "b.dim_size(0) != cell_size * 4": (b.shape[0], size * 4),
    }
    for what, (found, wanted) in expected.items():
        xp.check(found == wanted, "InvalidArgumentError", f"{what}: {found} vs. {wanted}")


def _forward(
    xp: Namespace,
    x: Array,
    cs_prev: Array,
    h_prev: Array,
    weights: Weights,
    order: tuple[int, ...],
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Array, ...]:
    """One step: i, cs, f, o, ci, co, h."""
    w, wci, wcf, wco, b = weights
    gates = xp.add(xp.matmul(xp.concatenate([x, h_prev], 1), w), b)
    parts = xp.split(gates, 4, 1)
    i, ci, f, o = (parts[place] for place in order)
    f = xp.add(f, forget_bias)
    if use_peephole:
        i = xp.add(i, xp.multiply(cs_prev, wci))
        f = xp.add(f, xp.multiply(cs_prev, wcf))
    i, ci, f = xp.sigmoid(i), xp.tanh(ci), xp.sigmoid(f)
    cs = xp.add(xp.multiply(i, ci), xp.multiply(f, cs_prev))
    if cell_clip > 0:
        cs = xp.clip(cs, -cell_clip, cell_clip)
    co = xp.tanh(cs)
    if use_peephole:
        o = xp.add(o, xp.multiply(cs, wco))
    o = xp.sigmoid(o)
    return i, cs, f, o, ci, co, xp.multiply(o, co)


def _slope(xp: Namespace, gate: Array) -> Array:
    """The derivative of the logistic function, from its value."""
    return xp.multiply(gate, xp.subtract(1, gate))


def _backward(
    xp: Namespace,
    cs_prev: Array,
    weights: Weights,
    step: tuple[Array, ...],
    d_cs: Array,
    d_h: Array,
    order: tuple[int, ...],
    use_peephole: bool,
) -> tuple[Array, ...]:
    """Gradients of one step for cs_prev and the gates, and for wci, wcf, wco."""
    i, cs, f, o, ci, co = step
    _, wci, wcf, wco, _ = weights
    d_o = xp.multiply(xp.multiply(_slope(xp, o), d_h), co)
    d_memory = xp.subtract(1, xp.multiply(co, co))
    d_cs = xp.add(xp.multiply(xp.multiply(d_memory, d_h), o), d_cs)
    if use_peephole:
        d_cs = xp.add(d_cs, xp.multiply(d_o, wco))
    d_ci = xp.multiply(xp.multiply(xp.subtract(1, xp.multiply(ci, ci)), d_cs), i)
    d_f = xp.multiply(xp.multiply(_slope(xp, f), d_cs), cs_prev)
    d_i = xp.multiply(xp.multiply(_slope(xp, i), d_cs), ci)
    parts = (d_i, d_ci, d_f, d_o)
    d_gates = xp.concatenate([parts[order.index(place)] for place in range(4)], 1)
    d_cs_prev = xp.multiply(d_cs, f)
    if not use_peephole:
        nothing = xp.zeros_like(wci)
        return d_cs_prev, d_gates, nothing, nothing, nothing
    d_cs_prev = xp.add(d_cs_prev, xp.multiply(d_i, wci))
    d_cs_prev = xp.add(d_cs_prev, xp.multiply(d_f, wcf))
    return (
        d_cs_prev,
        d_gates,
        xp.sum(xp.multiply(d_i, cs_prev), 0),
        xp.sum(xp.multiply(d_f, cs_prev), 0),
        xp.sum(xp.multiply(d_o, cs), 0),
    )


def _cell_shape(c: ShapeContext) -> list[TensorShape]:
    batch, size = _dims(c.inputs[0], 2)[0], _dims(c.inputs[1], 2)[1]
    return [TensorShape([batch, size])] * 7


LSTM_BLOCK_CELL = register_op(
    "LSTMBlockCell",
    inputs=f"x: T, {_WEIGHTS}",
    outputs=_CELL_OUTPUTS,
    attrs={
        "forget_bias": "float = 1.0",
        "cell_clip": "float = 3.0",
        "use_peephole": "bool = false",
        "T": _HALF_OR_FLOAT,
    },
    shape=_cell_shape,
)


@LSTM_BLOCK_CELL.kernel
def _lstm_block_cell(
    xp: Namespace,
    x: Array,
    cs_prev: Array,
    h_prev: Array,
    w: Array,
    wci: Array,
    wcf: Array,
    wco: Array,
    b: Array,
    *,
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Array, ...]:
    weights = w, wci, wcf, wco, b
    _check_weights(xp, x, cs_prev, weights)
    return _forward(xp, x, cs_prev, h_prev, weights, _ICFO, forget_bias, cell_clip, use_peephole)


@LSTM_BLOCK_CELL.gradient
def _lstm_block_cell_gradient(op: Operation, *d_outputs: Tensor) -> list[Any]:
    x, cs_prev, h_prev, w = op.inputs[:4]
    depth = _known_size(x, "input_size from `x`")
    size = _known_size(cs_prev, "cell_size from `cs_prev`")
    batch = dimension_value(x.get_shape().with_rank(2)[0])
    d_cs_prev, d_gates, d_wci, d_wcf, d_wco = LSTM_BLOCK_CELL_GRAD(
        *op.inputs,
        *op.outputs[:6],
        d_outputs[1],
        d_outputs[6],
        use_peephole=op.get_attr("use_peephole"),
    )
    d_both = matmul(d_gates, w, transpose_b=True)
    rows = -1 if batch is None else batch
    d_x = slice_of(d_both, (0, 0), (rows, depth))
    d_h_prev = slice_of(d_both, (0, depth), (rows, size))
    d_w = matmul(concat([x, h_prev], 1), d_gates, transpose_a=True)
    d_b = BIAS_ADD_GRAD(d_gates)
    return [d_x, d_cs_prev, d_h_prev, d_w, d_wci, d_wcf, d_wco, d_b]


def _known_size(x: Tensor, what: str) -> int:
    size = dimension_value(x.get_shape().with_rank(2)[1])
    if size is None:
        raise ValueError(f"{what} should not be None.")
    return int(size)


def _cell_grad_shape(c: ShapeContext) -> list[TensorShape]:
    batch, size = _dims(c.inputs[0], 2)[0], _dims(c.inputs[1], 2)[1]
    gates = TensorShape([batch, None if size is None else 4 * size])
    return [TensorShape([batch, size]), gates, *[TensorShape([size])] * 3]


LSTM_BLOCK_CELL_GRAD = register_op(
    "LSTMBlockCellGrad",
    inputs=(f"x: T, {_WEIGHTS}, i: T, cs: T, f: T, o: T, ci: T, co: T, cs_grad: T, h_grad: T"),
    outputs="cs_prev_grad: T, dicfo: T, wci_grad: T, wcf_grad: T, wco_grad: T",
    attrs={"use_peephole": "bool", "T": _HALF_OR_FLOAT},
    shape=_cell_grad_shape,
)


@LSTM_BLOCK_CELL_GRAD.kernel
def _lstm_block_cell_grad(
    xp: Namespace,
    x: Array,
    cs_prev: Array,
    h_prev: Array,
    w: Array,
    wci: Array,
    wcf: Array,
    wco: Array,
    b: Array,
    i: Array,
    cs: Array,
    f: Array,
    o: Array,
    ci: Array,
    co: Array,
    cs_grad: Array,
    h_grad: Array,
    *,
    use_peephole: bool,
) -> tuple[Array, ...]:
    step = (i, cs, f, o, ci, co)
    weights = (w, wci, wcf, wco, b)
    return _backward(xp, cs_prev, weights, step, cs_grad, h_grad, _ICFO, use_peephole)


def _sequence_shape(c: ShapeContext) -> list[TensorShape]:
    time, batch, _ = _dims(c.inputs[1], 3)
    (width,) = _dims(c.inputs[8], 1)
    if width is not None and width % 4:
        raise ValueError(f"Dimension size must be evenly divisible by 4 but is {width}")
    return [TensorShape([time, batch, None if width is None else width // 4])] * 7


def _sequence(
    xp: Namespace,
    inputs: tuple[Array, ...],
    order: tuple[int, ...],
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Array, ...]:
    """All steps; after the first `seq_len_max`, states and outputs are zero."""
    (seq_len_max, x, cs_prev, h_prev), weights = inputs[:4], inputs[4:]
    _check_weights(xp, x, cs_prev, weights)

    def step(carry: Any, rows: Any) -> Any:
        cs, h = carry
        found = _forward(xp, rows[0], cs, h, weights, order, forget_bias, cell_clip, use_peephole)
        return (found[1], found[6]), found

    _, outputs = xp.scan(step, (cs_prev, h_prev), (x,))
    is_run = _is_run(xp, seq_len_max, x)
    return tuple(xp.where(is_run, out, xp.zeros_like(out)) for out in outputs)


def _is_run(xp: Namespace, seq_len_max: Array, x: Array) -> Array:
    """[time, 1, 1]: whether a step is before `seq_len_max`."""
    steps = xp.iota((x.shape[0], 1, 1), 0, seq_len_max.dtype)
    return xp.less(steps, seq_len_max)


BLOCK_LSTM = register_op(
    "BlockLSTM",
    inputs=f"seq_len_max: int64, x: T, {_WEIGHTS}",
    outputs=_CELL_OUTPUTS,
    attrs={
        "forget_bias": "float = 1.0",
        "cell_clip": "float = 3.0",
        "use_peephole": "bool = false",
        "T": _HALF_OR_FLOAT,
    },
    shape=_sequence_shape,
)


@BLOCK_LSTM.kernel
def _block_lstm(
    xp: Namespace, *inputs: Array, forget_bias: float, cell_clip: float, use_peephole: bool
) -> tuple[Array, ...]:
    return _sequence(xp, inputs, _ICFO, forget_bias, cell_clip, use_peephole)


BLOCK_LSTM_V2 = register_op(
    "BlockLSTMV2",
    inputs=f"seq_len_max: int64, x: T, {_WEIGHTS}",
    outputs=_CELL_OUTPUTS,
    attrs={"cell_clip": "float = 0.0", "use_peephole": "bool = false", "T": _HALF_OR_FLOAT},
    shape=_sequence_shape,
)


@BLOCK_LSTM_V2.kernel
def _block_lstm_v2(
    xp: Namespace, *inputs: Array, cell_clip: float, use_peephole: bool
) -> tuple[Array, ...]:
    return _sequence(xp, inputs, _IFCO, 0.0, cell_clip, use_peephole)


def _sequence_gradient(op: Operation, *d_outputs: Tensor) -> list[Any]:
    found = BLOCK_LSTM_GRAD(
        *op.inputs,
        *op.outputs,
        d_outputs[1],
        d_outputs[6],
        use_peephole=op.get_attr("use_peephole"),
    )
    return [None, *found]


def _sequence_grad_shape(c: ShapeContext) -> list[TensorShape]:
    ranks = (3, 2, 2, 2, 1, 1, 1, 1)
    return [with_rank(c.inputs[1 + i], rank) for i, rank in enumerate(ranks)]


def _sequence_grad(
    xp: Namespace, inputs: tuple[Array, ...], order: tuple[int, ...], use_peephole: bool
) -> tuple[Array, ...]:
    """Gradients of a sequence for its eight inputs; steps that weren't run have none."""
    seq_len_max, x, cs_prev, h_prev = inputs[:4]
    weights, outputs, (d_cs, d_h) = inputs[4:9], inputs[9:16], inputs[16:]
    w = weights[0]
    is_run = _is_run(xp, seq_len_max, x)
    depth = x.shape[2]
    i, cs, f, o, ci, co, h = outputs
    before = [
        xp.concatenate([xp.expand_dims(first, 0), rest], 0)[:-1]
        for first, rest in ((cs_prev, cs), (h_prev, h))
    ]
    zeros = xp.zeros_like(cs_prev), xp.zeros_like(h_prev)
    totals = tuple(xp.zeros_like(weight) for weight in weights)

    def step(carry: Any, rows: Any) -> Any:
        d_later_cs, d_later_h, d_w, d_wci, d_wcf, d_wco, d_b = carry
        runs, x_t, cs_before, h_before, d_cs_t, d_h_t, *state = rows
        d_before, d_gates, *d_peepholes = _backward(
            xp,
            cs_before,
            weights,
            tuple(state),
            xp.add(d_later_cs, d_cs_t),
            xp.add(d_later_h, d_h_t),
            order,
            use_peephole,
        )
        d_both = xp.matmul(d_gates, w, transpose_y=True)
        both = xp.concatenate([x_t, h_before], 1)
        new = (
            d_before,
            d_both[:, depth:],
            xp.add(d_w, xp.matmul(both, d_gates, transpose_x=True)),
            *(xp.add(a, d) for a, d in zip((d_wci, d_wcf, d_wco), d_peepholes, strict=True)),
            xp.add(d_b, xp.sum(d_gates, 0)),
        )
        kept = tuple(
            xp.where(xp.reshape(runs, (1,) * b.ndim), b, a) for a, b in zip(carry, new, strict=True)
        )
        d_x = d_both[:, :depth]
        return kept, (xp.where(runs, d_x, xp.zeros_like(d_x)),)

    sequences = (is_run, x, *before, d_cs, d_h, i, cs, f, o, ci, co)
    carry, (d_x,) = xp.scan(step, (*zeros, *totals), sequences, reverse=True)
    return (d_x, *carry)


BLOCK_LSTM_GRAD = register_op(
    "BlockLSTMGrad",
    inputs=f"seq_len_max: int64, x: T, {_WEIGHTS}, {_CELL_OUTPUTS}, cs_grad: T, h_grad: T",
    outputs=(
        "x_grad: T, cs_prev_grad: T, h_prev_grad: T, w_grad: T, wci_grad: T, wcf_grad: T, "
        "wco_grad: T, b_grad: T"
    ),
    attrs={"use_peephole": "bool", "T": _HALF_OR_FLOAT},
    shape=_sequence_grad_shape,
)
BLOCK_LSTM_GRAD_V2 = register_op(
    "BlockLSTMGradV2",
    inputs=f"seq_len_max: int64, x: T, {_WEIGHTS}, {_CELL_OUTPUTS}, cs_grad: T, h_grad: T",
    outputs=(
        "x_grad: T, cs_prev_grad: T, h_prev_grad: T, w_grad: T, wci_grad: T, wcf_grad: T, "
        "wco_grad: T, b_grad: T"
    ),
    attrs={"use_peephole": "bool", "T": _HALF_OR_FLOAT},
    shape=_sequence_grad_shape,
)


@BLOCK_LSTM_GRAD.kernel
def _block_lstm_grad(xp: Namespace, *inputs: Array, use_peephole: bool) -> tuple[Array, ...]:
    return _sequence_grad(xp, inputs, _ICFO, use_peephole)


@BLOCK_LSTM_GRAD_V2.kernel
def _block_lstm_grad_v2(xp: Namespace, *inputs: Array, use_peephole: bool) -> tuple[Array, ...]:
    return _sequence_grad(xp, inputs, _IFCO, use_peephole)


# TensorFlow gives both the gradient of the first, though its gates stand in another order.
BLOCK_LSTM.gradient(_sequence_gradient)
BLOCK_LSTM_V2.gradient(_sequence_gradient)
