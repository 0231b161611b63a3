"""Vectors and polynomials: cross product, Horner's rule, log of the beta function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core.dtypes import REAL_NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import fills
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_special import lgamma
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _cross_shape(c: ShapeContext) -> TensorShape:
    a, b = with_rank_at_least(c.inputs[0], 1), with_rank_at_least(c.inputs[1], 1)
    shape = merge(a, b)
    if shape.ndims is None:
        return shape
    last = shape.as_list()[-1]
    if last not in (None, 3):
        raise ValueError(f"Dimension must be 3 but is {last}")
    return shape


CROSS = register_op(
    "Cross",
    inputs="a: T, b: T",
    outputs="product: T",
    attrs={"T": REAL_NUMERIC},
    shape=_cross_shape,
)


@CROSS.kernel
def _cross(xp: Namespace, a: Array, b: Array) -> Array:
    xp.check(
        xp.shape(a) == xp.shape(b),
        "InvalidArgumentError",
        f"Both inputs must be of same shape: {_text(xp.shape(a))} vs. {_text(xp.shape(b))}",
    )
    xp.check(
        a.ndim >= 1,
        "InvalidArgumentError",
        f"Input must be at least 1D{_text(xp.shape(a))}",
    )
    xp.check(
        a.shape[-1] == 3,
        "FailedPreconditionError",
        "Cross-products are only defined for 3-element vectors.",
    )
    (a0, a1, a2), (b0, b1, b2) = xp.unstack(a, -1), xp.unstack(b, -1)

    def minor(p: Array, q: Array, r: Array, s: Array) -> Array:
        return xp.subtract(xp.multiply(p, s), xp.multiply(q, r))

    parts = [minor(a1, a2, b1, b2), minor(a2, a0, b2, b0), minor(a0, a1, b0, b1)]
    return xp.stack(parts, -1)


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


@CROSS.gradient
def _cross_gradient(op: Operation, d_product: Tensor) -> tuple[Tensor, Tensor]:
    a, b = op.inputs
    return cross(b, d_product), cross(d_product, a)


def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """Compute the cross product of vectors of three elements.

    Args:
        a: real numbers, `[..., 3]`.
        b: of the dtype and shape of `a`.
        name: name of the operation; "Cross" when None.

    Returns:
        Tensor of the shape and dtype of `a`.

    Raises:
        ValueError: the last axis hasn't size 3, or shapes differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/cross_op.cc.
    """
    result: Tensor = CROSS(a, b, name=name)
    return result


def polyval(coeffs: Sequence[Any], x: Any, name: str | None = None) -> Tensor:
    """Compute a polynomial by Horner's rule.

    Args:
        coeffs: its coefficients, that of the highest power first.
        x: numeric, any shape.
        name: name of the operations' scope; "polyval" when None.

    Returns:
        Tensor of the shape and dtype of `x`; zeros without coefficients.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "polyval", [*coeffs, x]) as scope:
        x = convert_to_tensor(x, name="x")
        if not len(coeffs):
            return fills.zeros_like(x, name=scope)
        tensors = [convert_to_tensor(c, name=f"coeff_{i}") for i, c in enumerate(coeffs)]
        value = tensors[0]
        for coefficient in tensors[1:]:
            value = coefficient + value * x
        return value


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """Compute log |beta(x)| of the last axis: the sum of lgamma(x) minus lgamma of the sum.

    Args:
        x: floating, `[..., n]`.
        name: name of the operations' scope; "lbeta" when None.

    Returns:
        Tensor without the last axis.

    Reference: TensorFlow 1.15, tensorflow/python/ops/special_math_ops.py.
    """
    with name_scope(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        log_product = reduce_sum(lgamma(x), axis=[-1])
        log_of_sum = lgamma(reduce_sum(x, axis=[-1]))
        result: Tensor = log_product - log_of_sum
        return result
