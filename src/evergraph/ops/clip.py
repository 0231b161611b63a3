"""Keeping numbers, and the norms of tensors, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import NUMERIC
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import colocate_with, name_scope
from evergraph.ops import array_shape, fills, identity
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.math_comparison import is_finite
from evergraph.ops.math_elementwise import maximum, minimum
from evergraph.ops.math_functions import sqrt
from evergraph.ops.math_reduction import reduce_sum
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import unchanged

CLIP_BY_VALUE = register_op(
    "ClipByValue",
    inputs="t: T, clip_value_min: T, clip_value_max: T",
    outputs="output: T",
    attrs={"T": NUMERIC},
    shape=unchanged,
)


@CLIP_BY_VALUE.kernel
def _clip_by_value(xp: Namespace, t: Array, clip_value_min: Array, clip_value_max: Array) -> Array:
    bounds = [xp.shape(clip_value_min), xp.shape(clip_value_max)]
    xp.check(
        all(shape in ((), xp.shape(t)) for shape in bounds),
        "InvalidArgumentError",
        "clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. "
        f"input shape: {_text(xp.shape(t))}clip_value_min shape: {_text(bounds[0])}"
        f"clip_value_max shape: {_text(bounds[1])}",
    )
    return xp.maximum(xp.minimum(t, clip_value_max), clip_value_min)


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Limit numbers to a range: max(min(t, clip_value_max), clip_value_min).

    Args:
        t: Tensor or IndexedSlices of real numbers.
        clip_value_min: of the dtype of `t`, a shape that broadcasts to it.
        clip_value_max: of the dtype of `t`, a shape that broadcasts to it.
        name: name of the last operation; "clip_by_value" when None.

    Returns:
        The limited numbers, of the kind and shape of `t`.

    Raises:
        ValueError: a bound would make the result larger than `t`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/clip_ops.py.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        is_sparse = isinstance(t, IndexedSlices)
        values = convert_to_tensor(t.values if is_sparse else t, name="t")
        low = minimum(values, clip_value_max)
        values.shape.merge_with(low.shape)
        clipped = maximum(low, clip_value_min, name=scope)
        values.shape.merge_with(clipped.shape)
        return IndexedSlices(clipped, t.indices, t.dense_shape) if is_sparse else clipped


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Shrink a tensor so that its L2 norm is at most `clip_norm`.

    Args:
        t: Tensor or IndexedSlices, floating.
        clip_norm: scalar above 0.
        axes: axes to take the norm over; all when None.
        name: name of the last operation; "clip_by_norm" when None.

    Returns:
        The tensor, shrunk where it was too large.

    Reference: TensorFlow 1.15, tensorflow/python/ops/clip_ops.py.
    """
    from evergraph.ops.select import where

    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        is_sparse = isinstance(t, IndexedSlices)
        values = convert_to_tensor(t.values if is_sparse else t, name="t")
        squares = reduce_sum(values * values, axes, keepdims=True)
        # Two selects keep the gradient of the root of 0 from being NaN.
        is_positive = squares > 0
        safe = where(is_positive, squares, fills.ones_like(squares))
        norm = where(is_positive, sqrt(safe), squares)
        intermediate = values * clip_norm
        values.shape.merge_with(intermediate.shape)
        clipped = identity.identity(intermediate / maximum(norm, clip_norm), name=scope)
        return IndexedSlices(clipped, t.indices, t.dense_shape) if is_sparse else clipped


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """Shrink a tensor so that its L2 norm divided by its size is at most `clip_norm`.

    Args:
        t: floating tensor.
        clip_norm: scalar above 0.
        name: name of the last operation; "clip_by_average_norm" when None.

    Returns:
        The tensor, shrunk where it was too large.

    Reference: TensorFlow 1.15, tensorflow/python/ops/clip_ops.py.
    """
    from evergraph.ops.math_functions import rsqrt
    from evergraph.ops.sequences import range

    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        count = cast(array_shape.size(t), dtypes.float32)
        inverse = rsqrt(reduce_sum(t * t, range(array_shape.rank(t))))
        scaled = t * clip_norm
        limit = minimum(inverse * count, constant(1.0) / clip_norm)
        result: Tensor = identity.identity(scaled * limit, name=scope)
        return result


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Tensor | None:
    """Compute the L2 norm of several tensors together: sqrt(sum of their squares).

    Args:
        t_list: Tensors, IndexedSlices or None (which is passed over).
        name: name of the last operation; "global_norm" when None.

    Returns:
        Scalar; None when there is nothing in the list.

    Raises:
        TypeError: `t_list` isn't a sequence.

    Reference: TensorFlow 1.15, tensorflow/python/ops/clip_ops.py.
    """
    from evergraph.ops.array_join import stack
    from evergraph.ops.nn_basic import l2_loss

    _check_list(t_list)
    with name_scope(name, "global_norm", list(t_list)):
        values = _values_of(t_list)
        half_squares = []
        for value in values:
            if value is not None:
                with colocate_with(value):
                    half_squares.append(l2_loss(value))
        half_total = reduce_sum(stack(half_squares))
        result: Tensor = sqrt(
            half_total * constant(2.0, dtype=half_total.dtype), name="global_norm"
        )
        return result


def _check_list(t_list: Any) -> None:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError("t_list should be a sequence")


def _values_of(t_list: Sequence[Any]) -> list[Any]:
    return [
        convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=f"t_{i}")
        if t is not None
        else None
        for i, t in enumerate(t_list)
    ]


def clip_by_global_norm(
    t_list: Sequence[Any],
    clip_norm: Any,
    use_norm: Tensor | None = None,
    name: str | None = None,
) -> tuple[list[Any], Tensor]:
    """Shrink tensors together so that their global norm is at most `clip_norm`.

    Args:
        t_list: Tensors, IndexedSlices or None.
        clip_norm: scalar above 0.
        use_norm: the global norm, when it is known already.
        name: name of the operations' scope; "clip_by_global_norm" when None.

    Returns:
        (t clip_norm / max(norm, clip_norm) for each t, the norm). All are NaN when the norm is
        infinite or NaN.

    Raises:
        TypeError: `t_list` isn't a sequence.

    Reference: TensorFlow 1.15, tensorflow/python/ops/clip_ops.py.
    """
    from evergraph.ops.select import where

    _check_list(t_list)
    t_list = list(t_list)
    norm: Any = global_norm(t_list, name) if use_norm is None else use_norm
    with name_scope(name, "clip_by_global_norm", [*t_list, clip_norm]) as scope:
        inverse = 1.0 / norm
        scale_for_finite = clip_norm * minimum(inverse, constant(1.0, norm.dtype) / clip_norm)
        scale = where(is_finite(norm), scale_for_finite, constant(float("nan"), norm.dtype))
        clipped: list[Any] = []
        for i, (t, value) in enumerate(zip(t_list, _values_of(t_list), strict=True)):
            if value is None:
                clipped.append(None)
                continue
            with colocate_with(value):
                scaled = identity.identity(value * scale, name=f"{scope}_{i}")
            clipped.append(
                IndexedSlices(scaled, t.indices, t.dense_shape)
                if isinstance(t, IndexedSlices)
                else scaled
            )
    return clipped, norm
