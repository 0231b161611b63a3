"""Undoing a broadcast: what gradients of binary element-wise ops share."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Namespace
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.ops import array_shape
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext


def _vectors(c: ShapeContext) -> list[TensorShape]:
    for shape in c.inputs:
        with_rank(shape, 1)
    return [TensorShape([None])] * 2


BROADCAST_GRADIENT_ARGS = register_op(
    "BroadcastGradientArgs",
    inputs="s0: T, s1: T",
    outputs="r0: T, r1: T",
    attrs={"T": (INDEX, dtypes.int32)},
    shape=_vectors,
    static_inputs=("s0", "s1"),
).no_gradient()


@BROADCAST_GRADIENT_ARGS.kernel
def _broadcast_gradient_args(xp: Namespace, s0: np.ndarray, s1: np.ndarray) -> list[np.ndarray]:
    x, y = tuple(s0.tolist()), tuple(s1.tolist())
    if x == y:
        return [np.empty(0, s0.dtype), np.empty(0, s0.dtype)]
    for a, b in zip(reversed(x), reversed(y), strict=False):
        xp.check(
            a == b or 1 in (a, b),
            "InvalidArgumentError",
            f"Incompatible shapes: [{','.join(map(str, x))}] vs. [{','.join(map(str, y))}]",
        )
    return [np.array(axes, s0.dtype) for axes in broadcast_axes(x, y)]


Sizes = tuple[int, ...]
Side = tuple[Any, Any, bool]

# TensorFlow adds one BroadcastGradientArgs for each pair of known shapes of a graph.
_known_axes: WeakKeyDictionary[Graph, dict[tuple[Sizes, Sizes], tuple[Sizes, Sizes]]] = (
    WeakKeyDictionary()
)


def are_equal_and_known(x: Tensor, y: Tensor, d_z: Any) -> bool:
    """Whether nothing was broadcast, as far as static shapes tell."""
    if not isinstance(d_z, Tensor):
        return False
    shape = x._shape_tuple()
    return (
        shape is not None
        and None not in shape
        and shape == y._shape_tuple()
        and shape == d_z._shape_tuple()
    )


def broadcast_args(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Operations for the shapes of `x` and `y` and for the axes to sum each gradient over."""
    sx, sy = array_shape.shape(x), array_shape.shape(y)
    rx, ry = BROADCAST_GRADIENT_ARGS(sx, sy)
    return sx, sy, rx, ry


def smart_broadcast_args(x: Tensor, y: Tensor, d_z: Any) -> tuple[Side, Side]:
    """For `x` and for `y`: its shape, the axes to sum over, and whether there is anything to do.

    Static shapes give tuples in place of tensors.
    """
    x_shape, y_shape = x._shape_tuple(), y._shape_tuple()
    if not isinstance(d_z, Tensor):
        sx, sy, rx, ry = broadcast_args(x, y)
        return (sx, rx, True), (sy, ry, True)
    if x_shape is None or None in x_shape or y_shape is None or None in y_shape:
        sx = array_shape.shape_internal(x, optimize=False)
        sy = array_shape.shape_internal(y, optimize=False)
        rx, ry = BROADCAST_GRADIENT_ARGS(sx, sy)
        return (sx, rx, True), (sy, ry, True)
    known = _known_axes.setdefault(get_default_graph(), {})
    pair = (tuple(map(int, x_shape)), tuple(map(int, y_shape)))  # type: ignore[arg-type]  # none is None
    if pair not in known:
        BROADCAST_GRADIENT_ARGS(*pair)
        known[pair] = broadcast_axes(*pair)
    x_axes, y_axes = known[pair]
    d_shape = d_z._shape_tuple()
    return (pair[0], x_axes, pair[0] != d_shape), (pair[1], y_axes, pair[1] != d_shape)


def broadcast_axes(x: Sizes, y: Sizes) -> tuple[Sizes, Sizes]:
    """The axes of the result over which the gradients of `x` and `y` must be summed."""
    rank = max(len(x), len(y))
    padded_x = np.array((1,) * (rank - len(x)) + x, np.int64)
    padded_y = np.array((1,) * (rank - len(y)) + y, np.int64)
    if x == y:
        return (), ()
    axes_x = tuple(int(i) for i in np.flatnonzero(padded_x == 1))
    axes_y = tuple(int(i) for i in np.flatnonzero(padded_y == 1))
    return axes_x, axes_y


def sum_to_shape(d_z: Any, axes: Any, shape: Any) -> Any:
    """Sum `d_z` over `axes` and give the result the form `shape`."""
    from evergraph.ops.math_reduction import reduce_sum

    return array_shape.reshape(reduce_sum(d_z, axes), shape)
