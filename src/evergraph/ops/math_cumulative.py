"""Running sums and products along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, NUMERIC
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.math_comparison import greater, less
from evergraph.ops.math_functions import exp, log
from evergraph.ops.type_lists import HALF_TO_DOUBLE
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import unchanged


def _scan_axis(xp: Namespace, x: Array, axis: np.ndarray) -> int:
    rank = x.ndim
    xp.check(
        np.ndim(axis) == 0,
        "InvalidArgumentError",
        f"ScanOp: axis must be a scalar, not [{','.join(map(str, np.shape(axis)))}]",
    )
    xp.check(
        -rank <= int(axis) < rank,
        "InvalidArgumentError",
        f"ScanOp: Expected scan axis in the range [{-rank}, {rank}), but got {int(axis)}",
    )
    return int(axis)


CUMSUM = register_op(
    "Cumsum",
    inputs="x: T, axis: Tidx",
    outputs="out: T",
    attrs={
        "exclusive": "bool = false",
        "reverse": "bool = false",
        "T": NUMERIC,
        "Tidx": (INDEX, dtypes.int32),
    },
    shape=unchanged,
    static_inputs=("axis",),
)


@CUMSUM.kernel
def _cumsum(xp: Namespace, x: Array, axis: np.ndarray, *, exclusive: bool, reverse: bool) -> Array:
    return xp.cumsum(x, _scan_axis(xp, x, axis), exclusive, reverse)


@CUMSUM.gradient
def _cumsum_gradient(op: Operation, d_out: Tensor) -> list[Any]:
    reverse = not op.get_attr("reverse")
    exclusive = op.get_attr("exclusive")
    return [cumsum(d_out, op.inputs[1], exclusive=exclusive, reverse=reverse), None]


def cumsum(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Compute the running sum along an axis: [a, a + b, a + b + c].

    Args:
        x: numeric, rank 1 or more.
        axis: where the sum runs along.
        exclusive: leave an element itself out of its sum: [0, a, a + b].
        reverse: run from the end: [a + b + c, b + c, c].
        name: name of the operation; "Cumsum" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/scan_ops.cc.
    """
    with name_scope(name, "Cumsum", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor = CUMSUM(x, axis, exclusive=exclusive, reverse=reverse, name=scope)
        return result


CUMPROD = register_op(
    "Cumprod",
    inputs="x: T, axis: Tidx",
    outputs="out: T",
    attrs={
        "exclusive": "bool = false",
        "reverse": "bool = false",
        "T": NUMERIC,
        "Tidx": (INDEX, dtypes.int32),
    },
    shape=unchanged,
    static_inputs=("axis",),
)


@CUMPROD.kernel
def _cumprod(xp: Namespace, x: Array, axis: np.ndarray, *, exclusive: bool, reverse: bool) -> Array:
    return xp.cumprod(x, _scan_axis(xp, x, axis), exclusive, reverse)


@CUMPROD.gradient
def _cumprod_gradient(op: Operation, d_out: Tensor) -> list[Any]:
    x, axis = op.inputs
    exclusive, reverse = op.get_attr("exclusive"), op.get_attr("reverse")
    product = cumprod(x, axis, exclusive=exclusive, reverse=reverse)
    d_sum = cumsum(product * d_out, axis, exclusive=exclusive, reverse=not reverse)
    return [d_sum / x, None]


def cumprod(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Compute the running product along an axis: [a, a b, a b c].

    Args:
        x: numeric, rank 1 or more.
        axis: where the product runs along.
        exclusive: leave an element itself out of its product: [1, a, a b].
        reverse: run from the end: [a b c, b c, c].
        name: name of the operation; "Cumprod" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/scan_ops.cc.
    """
    with name_scope(name, "Cumprod", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor = CUMPROD(x, axis, exclusive=exclusive, reverse=reverse, name=scope)
        return result


CUMULATIVE_LOGSUMEXP = register_op(
    "CumulativeLogsumexp",
    inputs="x: T, axis: Tidx",
    outputs="out: T",
    attrs={
        "exclusive": "bool = false",
        "reverse": "bool = false",
        "T": HALF_TO_DOUBLE,
        "Tidx": (INDEX, dtypes.int32),
    },
    shape=unchanged,
    static_inputs=("axis",),
)


@CUMULATIVE_LOGSUMEXP.kernel
def _cumulative_logsumexp(
    xp: Namespace, x: Array, axis: np.ndarray, *, exclusive: bool, reverse: bool
) -> Array:
    total = xp.cumulative_logsumexp(x, _scan_axis(xp, x, axis), exclusive, reverse)
    # TensorFlow starts from the least finite number, not from -inf.
    return xp.maximum(total, float(np.finfo(x.dtype).min))


@CUMULATIVE_LOGSUMEXP.gradient
def _cumulative_logsumexp_gradient(op: Operation, d_out: Tensor) -> list[Any]:
    from evergraph.ops.select import where_v2

    x, axis = op.inputs
    y = op.outputs[0]
    least = d_out.dtype.min
    # The gradient's logarithm exists for one sign only: both are made, and subtracted.
    log_positive = where_v2(greater(d_out, 0), log(d_out), least)
    log_negative = where_v2(less(d_out, 0), log(-d_out), least)

    def part(log_gradient: Tensor) -> Tensor:
        total = cumulative_logsumexp(
            log_gradient - y,
            axis=axis,
            reverse=not op.get_attr("reverse"),
            exclusive=op.get_attr("exclusive"),
        )
        return exp(total + x)

    positive = part(log_positive)
    return [positive - part(log_negative), None]


def cumulative_logsumexp(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Compute the running log(sum(e^x)) along an axis, without overflow.

    Args:
        x: floating, rank 1 or more.
        axis: where the sum runs along.
        exclusive: leave an element itself out of its sum; the empty sum is the dtype's minimum.
        reverse: run from the end.
        name: name of the operation; "CumulativeLogsumexp" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "CumulativeLogsumexp", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor = CUMULATIVE_LOGSUMEXP(
            x, axis, exclusive=exclusive, reverse=reverse, name=scope
        )
        return result
