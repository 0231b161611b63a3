"""tf.hessians: second derivatives, row by row.

Reference: TensorFlow 1.15, tensorflow/python/ops/gradients_impl.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.autodiff.gradients import gradients
from evergraph.core import dtypes
from evergraph.graph.operation import Tensor
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import reshape, shape, size
from evergraph.ops.constants import constant
from evergraph.ops.identity import stop_gradient
from evergraph.ops.math_elementwise import multiply
from evergraph.ops.tensor_array import TensorArray
from evergraph.ops.while_loop import while_loop


def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """The second derivatives of the sum of `ys` with respect to each of `xs` by itself.

    A loop goes over the elements of the first derivatives.

    Args:
        ys: a tensor or a list of tensors.
        xs: a tensor, a variable, or a list of these.
        name: accepted, as in TensorFlow.
        colocate_gradients_with_ops: as for `gradients`, of the first derivatives.
        gate_gradients: as for `gradients`, of the first derivatives.
        aggregation_method: as for `gradients`, of the first derivatives.

    Returns:
        For each x a tensor of shape `x.shape + x.shape`.
    """
    xs = list(xs) if isinstance(xs, list | tuple) else [xs]
    first = gradients(
        ys,
        xs,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
    )
    return [_hessian(d_x, x) for d_x, x in zip(first, xs, strict=True)]


def _hessian(d_x: Any, x: Any) -> Tensor:
    flat = reshape(d_x, [-1])
    count = size(x)

    def row(j: Tensor, rows: Any) -> tuple[Tensor, Any]:
        return j + 1, rows.write(j, gradients(flat[j], x)[0])

    start = [constant(0, dtypes.int32), TensorArray(x.dtype, count)]
    _, rows = while_loop(lambda j, _: j < count, row, start)
    dims = shape(x)
    return reshape(rows.stack(), concat((dims, dims), 0))


def hessian_vector_product(ys: Any, xs: list[Any], v: list[Any]) -> list[Any]:
    """The second derivatives of the sum of `ys`, multiplied by a vector, without making them.

    Args:
        ys: a tensor or a list of tensors.
        xs: tensors.
        v: a tensor of its shape for each of `xs`.

    Returns:
        A tensor for each of `xs`.

    Raises:
        ValueError: `xs` and `v` differ in length.

    Reference: TensorFlow 1.15, tensorflow/python/ops/gradients_impl.py.
    """
    if len(v) != len(xs):
        raise ValueError("xs and v must have the same length.")
    first = gradients(ys, xs)
    products = [
        multiply(gradient, stop_gradient(vector))
        for gradient, vector in zip(first, v, strict=True)
        if gradient is not None
    ]
    return gradients(products, xs)


__all__ = ["hessian_vector_product", "hessians"]
