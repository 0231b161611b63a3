"""Means, variances and norms, and numbers scaled by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_shape, fills, identity
from evergraph.ops.array_shape import one_of
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.math_comparison import not_equal
from evergraph.ops.math_elementwise import (
    add,
    maximum,
    multiply,
    squared_difference,
    subtract,
)
from evergraph.ops.math_functions import rsqrt, square
from evergraph.ops.math_reciprocal import reciprocal
from evergraph.ops.math_reduction import reduce_mean, reduce_prod, reduce_sum
from evergraph.ops.type_lists import UP_TO_SINGLE
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge, with_rank
from evergraph.registry.shape_inference import ShapeContext


def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute mean and variance over axes.

    Args:
        x: floating, any shape.
        axes: the axes to reduce.
        shift: nothing any more.
        name: name of the operations' scope; "moments" when None.
        keep_dims: old name of `keepdims`.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        (mean, variance), without the reduced axes.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    keeps = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "moments", [x, axes]):
        is_half = x.dtype.base_dtype == dtypes.float16
        y = cast(x, dtypes.float32) if is_half else x
        mean: Any = reduce_mean(y, axes, keepdims=True, name="mean")
        squared = squared_difference(y, identity.stop_gradient(mean))
        variance: Any = reduce_mean(squared, axes, keepdims=True, name="variance")
        if not keeps:
            mean, variance = array_shape.squeeze(mean, axes), array_shape.squeeze(variance, axes)
        if is_half:
            return cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute mean and variance over axes, where elements count as often as their weights say.

    Args:
        x: floating, any shape.
        axes: the axes to reduce.
        frequency_weights: weights not below 0, which broadcast with `x`.
        name: name of the operations' scope; "weighted_moments" when None.
        keep_dims: old name of `keepdims`.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        (mean, variance), without the reduced axes.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    keeps = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        is_half = x.dtype.base_dtype == dtypes.float16
        if is_half:
            x = cast(x, dtypes.float32)
        if weights.dtype != x.dtype:
            weights = cast(weights, x.dtype)
        total = reduce_sum(weights * x, axes, name="weighted_input_sum", keepdims=True)
        spread = weights + fills.zeros_like(x)
        weight = reduce_sum(spread, axes, name="sum_of_weights", keepdims=True)
        divisor = reciprocal(weight, name="inv_weight_sum")
        mean: Any = multiply(total, divisor)
        distances = weights * squared_difference(x, mean)
        squares = reduce_sum(distances, axes, name="weighted_distsq", keepdims=True)
        variance: Any = multiply(squares, divisor)
        if not keeps:
            mean, variance = (
                array_shape.squeeze(mean, axis=axes),
                array_shape.squeeze(variance, axis=axes),
            )
        if is_half:
            mean, variance = cast(mean, dtypes.float16), cast(variance, dtypes.float16)
        return mean, variance


def sufficient_statistics(
    x: Any,
    axes: Sequence[int],
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Compute what `normalize_moments` makes mean and variance of: count, sum and sum of squares.

    Args:
        x: floating, any shape.
        axes: the axes to reduce.
        shift: a number near the mean, for precision; none when None.
        keep_dims: old name of `keepdims`.
        name: name of the operations' scope; "sufficient_statistics" when None.
        keepdims: whether reduced axes stay, with size 1.

    Returns:
        (count, sum of x - shift, sum of (x - shift)^2, shift).

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    from evergraph.ops.array_gather import gather

    axes = list(set(axes))
    keeps = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        sizes = None if x.shape.ndims is None else [x.shape.as_list()[axis] for axis in axes]
        if sizes is not None and None not in sizes:
            count = 1
            for size in sizes:
                count *= size
            counts = constant(count, dtype=x.dtype)
        else:
            dims = gather(cast(array_shape.shape(x), x.dtype), axes)
            counts = reduce_prod(dims, name="count")
        if shift is not None:
            shift = convert_to_tensor(shift, name="shift")
            differences = subtract(x, shift)
            squares = squared_difference(x, shift)
        else:
            differences, squares = x, square(x)
        mean_ss = reduce_sum(differences, axes, keepdims=keeps, name="mean_ss")
        var_ss = reduce_sum(squares, axes, keepdims=keeps, name="var_ss")
    return counts, mean_ss, var_ss, shift


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Compute mean and variance from what `sufficient_statistics` returns.

    Args:
        counts: how many elements.
        mean_ss: their sum, less the shift of each.
        variance_ss: the sum of their squares, shifted.
        shift: the shift, or None.
        name: name of the operations' scope; "normalize" when None.

    Returns:
        (mean, variance).

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = reciprocal(counts, name="divisor")
        if shift is not None:
            shifted_mean = multiply(mean_ss, divisor, name="shifted_mean")
            mean = add(shifted_mean, shift, name="mean")
        else:
            shifted_mean = mean = multiply(mean_ss, divisor, name="mean")
        mean_square = multiply(variance_ss, divisor)
        variance = subtract(mean_square, square(shifted_mean), name="variance")
    return mean, variance


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: Any,
    name: str | None = None,
) -> Tensor:
    """Compute (x - mean) / sqrt(variance + epsilon) * scale + offset.

    Args:
        x: floating, any shape.
        mean: broadcasts with `x`.
        variance: broadcasts with `x`.
        offset: broadcasts with `x`, or None for 0.
        scale: broadcasts with `x`, or None for 1.
        variance_epsilon: what keeps the root from being 0.
        name: name of the operations' scope; "batchnorm" when None.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inverse = rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        scaled = x * cast(inverse, x.dtype)
        moved = -mean * inverse if offset is None else offset - mean * inverse
        result: Tensor = scaled + cast(moved, x.dtype)
        return result


def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """Compute `batch_normalization`, under its old argument names.

    Args:
        t: `[batch, height, width, channels]`.
        m: mean, `[channels]`.
        v: variance, `[channels]`.
        beta: offset, `[channels]`.
        gamma: scale, `[channels]`.
        variance_epsilon: what keeps the root from being 0.
        scale_after_normalization: whether `gamma` is used.
        name: name of the operations' scope; "batchnorm" when None.
        input: another name of `t`.
        mean: another name of `m`.
        variance: another name of `v`.

    Returns:
        Tensor of the shape and dtype of `t`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    t = one_of("input", input, "t", t)
    m = one_of("mean", mean, "m", m)
    v = one_of("variance", variance, "v", v)
    scale = gamma if scale_after_normalization else None
    return batch_normalization(t, m, v, beta, scale, variance_epsilon, name)


def l2_normalize(
    x: Any,
    axis: Any = None,
    epsilon: float = 1e-12,
    name: str | None = None,
    dim: Any = None,
) -> Tensor:
    """Compute x / sqrt(max(sum(x^2), epsilon)) over axes.

    Args:
        x: floating, any shape.
        axis: axis or axes of the norm; all when None.
        epsilon: lower bound of the sum of squares.
        name: name of the last operation; "l2_normalize" when None.
        dim: old name of `axis`.

    Returns:
        Tensor of the shape and dtype of `x`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    axis = one_of("axis", axis, "dim", dim)
    with name_scope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        square_sum = reduce_sum(square(x), axis, keepdims=True)
        inverse_norm = rsqrt(maximum(square_sum, epsilon))
        return multiply(x, inverse_norm, name=scope)


def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """Compute which part of the elements is 0.

    Args:
        value: numeric, any shape.
        name: name of the operations' scope; "zero_fraction" when None.

    Returns:
        float32 scalar from 0 to 1.

    Reference: TensorFlow 1.15, tensorflow/python/ops/nn_impl.py.
    """
    from evergraph.ops.cond import cond

    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        size = array_shape.size(value, out_type=dtypes.int64)
        # Counted in 32 bits where that is enough: it is faster.
        nonzero = cond(
            size <= dtypes.int32.max,
            true_fn=lambda: cast(_count_nonzero(value, dtypes.int32), dtype=dtypes.int64),
            false_fn=lambda: _count_nonzero(value, dtypes.int64),
        )
        with name_scope("counts_to_fraction"):
            zeros = cast(size - nonzero, dtype=dtypes.float32)
            fraction = zeros / cast(size, dtype=dtypes.float32)
        return identity.identity(fraction, "fraction")


def _count_nonzero(x: Tensor, dtype: Any) -> Tensor:
    with name_scope("count_nonzero", values=[x]):
        zero = fills.zeros([], dtype=x.dtype)
        return reduce_sum(cast(not_equal(x, zero), dtype=dtype), name="nonzero_count")


def _matrix_of_channels(c: ShapeContext) -> Any:
    return with_rank(c.inputs[0], 4)


LRN = register_op(
    "LRN",
    inputs="input: T",
    outputs="output: T",
    attrs={
        "depth_radius": "int = 5",
        "bias": "float = 1.0",
        "alpha": "float = 1.0",
        "beta": "float = 0.5",
        "T": (UP_TO_SINGLE, dtypes.float32),
    },
    shape=_matrix_of_channels,
)


def _bands(xp: Namespace, x: Array, depth_radius: int) -> Array:
    """For each channel the sum of `x` over the channels at most `depth_radius` away."""
    channels = xp.shape(x)[-1]
    padded = xp.pad(x, [(0, 0)] * (x.ndim - 1) + [(depth_radius, depth_radius)])
    total = padded[..., :channels]
    for start in range(1, 2 * depth_radius + 1):
        total = xp.add(total, padded[..., start : start + channels])
    return total


def _normalizers(xp: Namespace, x: Array, depth_radius: int, bias: float, alpha: float) -> Array:
    return xp.add(xp.multiply(_bands(xp, xp.square(x), depth_radius), alpha), bias)


@LRN.kernel
def _lrn(
    xp: Namespace, x: Array, *, depth_radius: int, bias: float, alpha: float, beta: float
) -> Array:
    xp.check(x.ndim == 4, "InvalidArgumentError", "in must be 4-dimensional")
    norms = _normalizers(xp, x, depth_radius, bias, alpha)
    return xp.multiply(x, xp.power(norms, -beta))


@LRN.gradient
def _lrn_gradient(op: Operation, d_output: Tensor) -> list[Tensor]:
    attrs = {key: op.get_attr(key) for key in ("depth_radius", "bias", "alpha", "beta")}
    return [LRN_GRAD(d_output, op.inputs[0], op.outputs[0], **attrs)]


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """Divide each channel by (bias + alpha sum(x^2))^beta over the channels near it.

    Args:
        input: floating, `[batch, height, width, channels]`.
        depth_radius: how far away channels are near.
        bias: what keeps the sum from being 0.
        alpha: factor of the sum.
        beta: exponent.
        name: name of the operation; "LRN" when None.

    Returns:
        Tensor of the shape and dtype of `input`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/lrn_op.cc.
    """
    result: Tensor = LRN(
        input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name
    )
    return result


def _merged_matrices_of_channels(c: ShapeContext) -> TensorShape:
    shape = with_rank(c.inputs[0], 4)
    for other in c.inputs[1:]:
        shape = merge(shape, with_rank(other, 4))
    return shape


LRN_GRAD = register_op(
    "LRNGrad",
    inputs="input_grads: T, input_image: T, output_image: T",
    outputs="output: T",
    attrs={
        "depth_radius": "int = 5",
        "bias": "float = 1.0",
        "alpha": "float = 1.0",
        "beta": "float = 0.5",
        "T": (UP_TO_SINGLE, dtypes.float32),
    },
    shape=_merged_matrices_of_channels,
)


@LRN_GRAD.kernel
def _lrn_grad(
    xp: Namespace,
    input_grads: Array,
    input_image: Array,
    output_image: Array,
    *,
    depth_radius: int,
    bias: float,
    alpha: float,
    beta: float,
) -> Array:
    norms = _normalizers(xp, input_image, depth_radius, bias, alpha)
    shares = xp.true_divide(xp.multiply(input_grads, output_image), norms)
    others = xp.multiply(_bands(xp, shares, depth_radius), -2.0 * alpha * beta)
    direct = xp.multiply(input_grads, xp.power(norms, -beta))
    return xp.add(direct, xp.multiply(input_image, others))
