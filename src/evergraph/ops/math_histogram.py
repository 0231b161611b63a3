"""Counting into bins, and bins of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops import array_shape
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.math_elementwise import maximum, minimum
from evergraph.ops.math_reduction import reduce_max, reduce_prod
from evergraph.ops.type_lists import INDEX_OR_REAL
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import unchanged, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _bincount_shape(c: ShapeContext) -> TensorShape:
    with_rank(c.inputs[1], 0)
    size = c.constant(1)
    if size is not None and size < 0:
        raise ValueError(f"size ({int(size)}) must be non-negative")
    return TensorShape([None if size is None else int(size)])


BINCOUNT = register_op(
    "Bincount",
    inputs="arr: int32, size: int32, weights: T",
    outputs="bins: T",
    attrs={"T": INDEX_OR_REAL},
    shape=_bincount_shape,
    static_inputs=("size",),
)


@BINCOUNT.kernel
def _bincount(xp: Namespace, arr: Array, size: np.ndarray, weights: Array, *, T: DType) -> Array:
    count = int(np.ravel(size)[0])
    xp.check(count >= 0, "InvalidArgumentError", f"size ({count}) must be non-negative")
    weighted = weights if int(np.prod(xp.shape(weights))) else None
    return xp.bincount(arr, count, weighted, T.as_numpy_dtype)


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
) -> Tensor:
    """Count how often each number occurs.

    Args:
        arr: int32, any shape, not negative.
        weights: numbers of the shape of `arr` to add up instead of 1.
        minlength: least length of the result.
        maxlength: greatest length of the result; larger numbers aren't counted.
        dtype: dtype of the counts when there are no weights.

    Returns:
        Vector of max(arr) + 1 counts, within the two limits.

    Raises:
        tf.errors.InvalidArgumentError: while running, a number is negative.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/bincount_op.cc.
    """
    return bincount_v2(arr, weights, minlength, maxlength, dtype)


def bincount_v2(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """As `bincount`, with a name for the operations' scope."""
    from evergraph.ops.math_segment import UNSORTED_SEGMENT_SUM

    with name_scope("bincount" if name is None else name):
        arr = convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
        is_filled = reduce_prod(array_shape.shape(arr)) > 0
        size = cast(is_filled, dtypes.int32) * (reduce_max(arr) + 1)
        if minlength is not None:
            least = convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32)
            size = maximum(least, size)
        if maxlength is not None:
            most = convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32)
            size = minimum(most, size)
        result: Tensor
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            result = UNSORTED_SEGMENT_SUM(weights, arr, size)
        else:
            result = BINCOUNT(arr, size, constant([], dtype))
        return result


def _histogram_shape(c: ShapeContext) -> TensorShape:
    if c.inputs[1].ndims is not None:
        with_rank(c.inputs[1], 1)
        if c.inputs[1].as_list()[0] not in (None, 2):
            raise ValueError(f"Dimension must be 2 but is {c.inputs[1].as_list()[0]}")
    bins = c.constant(2)
    if bins is None:
        return TensorShape([None])
    if bins <= 0:
        raise ValueError(f"Requires nbins > 0: {bins}")
    return TensorShape([int(bins)])


HISTOGRAM_FIXED_WIDTH = register_op(
    "HistogramFixedWidth",
    inputs="values: T, value_range: T, nbins: int32",
    outputs="out: dtype",
    attrs={"T": INDEX_OR_REAL, "dtype": (INDEX, dtypes.int32)},
    shape=_histogram_shape,
    static_inputs=("nbins",),
)


@HISTOGRAM_FIXED_WIDTH.kernel
def _histogram_fixed_width(
    xp: Namespace,
    values: Array,
    value_range: Array,
    nbins: np.ndarray,
    *,
    dtype: DType,
) -> Array:
    count = int(nbins)
    xp.check(
        count > 0,
        "InvalidArgumentError",
        f"nbins should be a positive number, but got '{count}'",
    )
    xp.check(
        tuple(xp.shape(value_range)) == (2,),
        "InvalidArgumentError",
        "value_range should be a vector of 2 elements.",
    )
    low, high = value_range[0], value_range[1]
    xp.check(
        xp.less(low, high),
        "InvalidArgumentError",
        lambda: (
            "value_range should satisfy value_range[0] < value_range[1], but got "
            f"'[{low:g}, {high:g}]'"
        ),
    )
    # TensorFlow does this in float64, whatever the values are.
    wide = xp.cast(values, np.float64)
    start = xp.cast(low, np.float64)
    step = xp.true_divide(xp.subtract(xp.cast(high, np.float64), start), float(count))
    bins = xp.floor(xp.true_divide(xp.subtract(wide, start), step))
    places = xp.cast(xp.minimum(xp.maximum(bins, 0.0), float(count - 1)), np.int32)
    return xp.bincount(places, count, None, dtype.as_numpy_dtype)


def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Count values in bins of equal width; what is out of range goes to the first or last bin.

    Args:
        values: numbers, any shape.
        value_range: [low, high] of the dtype of `values`.
        nbins: how many bins.
        dtype: int32 or int64.
        name: name of the operation; "histogram_fixed_width" when None.

    Returns:
        Vector of nbins counts.

    Raises:
        tf.errors.InvalidArgumentError: while running, the range is empty.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/histogram_op.cc.
    """
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        result: Tensor = HISTOGRAM_FIXED_WIDTH(values, value_range, nbins, dtype=dtype, name=scope)
        return result


def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Find the bin of each value, for `histogram_fixed_width`.

    Args:
        values: numbers, any shape.
        value_range: [low, high] of the dtype of `values`.
        nbins: how many bins.
        dtype: int32 or int64.
        name: name of the operations' scope; "histogram_fixed_width_bins" when None.

    Returns:
        Tensor of the shape of `values`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/histogram_ops.py.
    """
    from evergraph.ops.clip import clip_by_value
    from evergraph.ops.math_division import truediv
    from evergraph.ops.math_rounding import floor

    with name_scope(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        shape = array_shape.shape(values)
        values = array_shape.reshape(values, [-1])
        value_range = convert_to_tensor(value_range, name="value_range")
        nbins = convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
        nbins_float = cast(nbins, values.dtype)
        scaled = truediv(
            values - value_range[0], value_range[1] - value_range[0], name="scaled_values"
        )
        indices = floor(nbins_float * scaled, name="indices")
        clipped = clip_by_value(indices, 0, nbins_float - 1)
        result: Tensor = array_shape.reshape(cast(clipped, dtypes.int32), shape)
        return result


BUCKETIZE = register_op(
    "Bucketize",
    inputs="input: T",
    outputs="output: int32",
    attrs={"T": INDEX_OR_REAL, "boundaries": "list(float)"},
    shape=unchanged,
)


@BUCKETIZE.kernel
def _bucketize(xp: Namespace, x: Array, *, boundaries: Sequence[float]) -> Array:
    bounds = np.asarray(boundaries, np.float32)
    xp.check(
        bool((bounds[1:] >= bounds[:-1]).all()),
        "InvalidArgumentError",
        "Expected sorted boundaries",
    )
    # Compared in the type that C++ would compare a number and a float in.
    common = np.float64 if x.dtype == np.float64 else np.float32
    wide = xp.reshape(xp.cast(x, common), (-1,))
    places = xp.searchsorted(bounds.astype(common), wide, "right", np.int32)
    return xp.reshape(places, xp.shape(x))


def bucketize(input: Any, boundaries: Sequence[float], name: str | None = None) -> Tensor:
    """Find the bucket of each number: how many boundaries are not above it.

    Args:
        input: numbers, any shape.
        boundaries: ascending floats.
        name: name of the operation; "Bucketize" when None.

    Returns:
        int32 Tensor of the shape of `input`, from 0 to len(boundaries).

    Reference: TensorFlow 1.15, tensorflow/core/kernels/bucketize_op.cc.
    """
    result: Tensor = BUCKETIZE(input, boundaries=boundaries, name=name)
    return result
