"""Jacobians by gradients and by finite differences, side by side: tf.test.compute_gradient.

Reference: TensorFlow 1.15, tensorflow/python/ops/gradient_checker.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.autodiff.gradients import gradients
from evergraph.core import dtypes
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.scopes import get_default_session
from evergraph.ops.constants import constant
from evergraph.ops.identity import identity

_ALLOWED = (
    dtypes.float16,
    dtypes.bfloat16,
    dtypes.float32,
    dtypes.float64,
    dtypes.complex64,
    dtypes.complex128,
)


def _real_dtype(dtype: dtypes.DType) -> Any:
    """NumPy's type of the real numbers that a value of `dtype` consists of."""
    # bfloat16 can't hold a step of 1/1000: the numeric side works in float32.
    base = dtype.base_dtype.real_dtype
    return np.float32 if base == dtypes.bfloat16 else base.as_numpy_dtype


def _reals(array: Any, dtype: dtypes.DType) -> np.ndarray:
    """All real numbers of an array, flat; a complex one counts as two."""
    array = np.ascontiguousarray(array)
    if dtype.base_dtype == dtypes.bfloat16:
        array = array.astype(np.float32)
    reals: np.ndarray = array.ravel().view(_real_dtype(dtype))
    return reals


def _width(dtype: dtypes.DType) -> int:
    return 2 if dtype.is_complex else 1


def _run(fetch: Any, feeds: dict[Any, Any]) -> Any:
    session = get_default_session()
    if session is None:
        raise ValueError("compute_gradient needs a default session: `with tf.Session():`")
    return session.run(fetch, feeds)


def _as_fed(array: np.ndarray, dtype: dtypes.DType) -> np.ndarray:
    return array.astype(dtype.base_dtype.as_numpy_dtype)


def _theoretical_jacobian(
    x: Any, x_data: np.ndarray, d_y: Any, y_shape: Sequence[int], d_x: Any, feeds: dict[Any, Any]
) -> np.ndarray:
    """[reals of x, reals of y]: column j is the gradient for the j-th unit vector of y."""
    x_size = x_data.size * _width(x.dtype)
    y_size = int(np.prod(y_shape, dtype=np.int64)) * _width(d_y.dtype)
    jacobian = np.zeros((x_size, y_size), _real_dtype(x.dtype))
    d_y_kind = np.float32 if d_y.dtype == dtypes.bfloat16 else d_y.dtype.as_numpy_dtype
    d_y_data = np.zeros(tuple(y_shape), d_y_kind)
    d_y_flat = d_y_data.reshape(-1).view(_real_dtype(d_y.dtype))

    def column() -> np.ndarray:
        given = {**feeds, x: _as_fed(x_data, x.dtype), d_y: _as_fed(d_y_data, d_y.dtype)}
        if not isinstance(d_x, IndexedSlices):
            return _reals(_run(d_x, given), x.dtype)
        indices, values = _run([d_x.indices, d_x.values], given)
        dense = np.zeros(x_data.shape, values.dtype)
        np.add.at(dense, indices, values)
        return _reals(dense, x.dtype)

    for j in range(y_size):
        d_y_flat[j] = 1
        jacobian[:, j] = column()
        d_y_flat[j] = 0
    if y_size == 0:
        # The gradient is run at least once, and must be zero.
        found = column()
        if found.size != x_size:
            raise ValueError(f"Empty gradient has wrong shape: expected {x_size}, got {found.size}")
        if np.any(found):
            raise ValueError("Empty tensor with nonzero gradients")
    return jacobian


def _numeric_jacobian(
    x: Any, x_data: np.ndarray, y: Any, y_shape: Sequence[int], delta: float, feeds: dict[Any, Any]
) -> np.ndarray:
    """[reals of x, reals of y]: row i is (y(x + delta e_i) - y(x - delta e_i)) / (2 delta)."""
    x_size = x_data.size * _width(x.dtype)
    y_size = int(np.prod(y_shape, dtype=np.int64)) * _width(y.dtype)
    jacobian = np.zeros((x_size, y_size), _real_dtype(x.dtype))
    work_kind = np.float32 if x.dtype.base_dtype == dtypes.bfloat16 else x_data.dtype
    for i in range(x_size):
        results = []
        for step in (delta, -delta):
            moved = np.array(x_data, work_kind)
            flat = moved.reshape(-1).view(_real_dtype(x.dtype))
            flat[i] += step
            x_fed = _as_fed(flat.view(moved.dtype).reshape(moved.shape), x.dtype)
            results.append(_reals(_run(y, {**feeds, x: x_fed}), y.dtype))
        jacobian[i, :] = (results[0] - results[1]) / (2 * delta)
    return jacobian


def _check_dtype(name: str, tensor: Any) -> None:
    if tensor.dtype.base_dtype not in _ALLOWED:
        raise AssertionError(
            f"Don't support type {tensor.dtype.base_dtype.name} for {name}: "
            f"expected one of {', '.join(t.name for t in _ALLOWED)}"
        )


def _start_value(x: Any, x_shape: Sequence[int]) -> np.ndarray:
    kind = np.dtype(x.dtype.base_dtype.as_numpy_dtype)
    value = np.random.random_sample(tuple(x_shape)).astype(kind)
    if x.dtype.is_complex:
        value = value + 1j * np.random.random_sample(tuple(x_shape))
    return np.asarray(value, kind)


def _compute_one(
    x: Any,
    x_shape: Sequence[int],
    d_x: Any,
    y: Any,
    y_shape: Sequence[int],
    d_y: Any,
    x_init_value: Any,
    delta: float,
    feeds: dict[Any, Any],
) -> tuple[np.ndarray, np.ndarray]:
    _check_dtype("x", x)
    _check_dtype("y", y)
    if x_init_value is None:
        x_data = _start_value(x, x_shape)
    else:
        x_data = np.asarray(x_init_value, x.dtype.base_dtype.as_numpy_dtype)
        if list(x_data.shape) != list(x_shape):
            raise AssertionError(f"x_shape = {list(x_shape)}, init_data shape = {x_data.shape}")
    theoretical = _theoretical_jacobian(x, x_data, d_y, y_shape, d_x, feeds)
    return theoretical, _numeric_jacobian(x, x_data, y, y_shape, delta, feeds)


def _gradient_and_seed(x: Any, y: Any, y_shape: Sequence[int]) -> tuple[Any, Any]:
    """(gradient of y in x, the tensor that is fed as y's own gradient)."""
    with y.graph.as_default():
        seed = constant(1.0, shape=list(y_shape), dtype=y.dtype)
        # An Identity between them, or the optimizer could fold what the seed goes into.
        found = gradients(y, x, identity(seed))
    assert len(found) == 1
    return found[0], seed


def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Sequence[int],
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: dict[Any, Any] | None = None,
) -> Any:
    """Jacobians of `y` in `x`: by `tf.gradients` and by finite differences.

    Args:
        x: a tensor, or a list of them.
        x_shape: its static shape, or a list of shapes.
        y: a tensor.
        y_shape: its static shape.
        x_init_value: where to take them; random numbers from [0, 1) when None.
        delta: half of the step of the differences.
        init_targets: operations to run before.
        extra_feed_dict: values of other placeholders.

    Returns:
        (theoretical, numeric), each [reals of x, reals of y]; a list of such pairs for a list `x`.
    """
    feeds = extra_feed_dict or {}
    for target in init_targets or ():
        _run(target, {})
    if isinstance(x, list):
        pairs = [_gradient_and_seed(one, y, y_shape) for one in x]
        starts = x_init_value if x_init_value is not None else [None] * len(x)
        return [
            _compute_one(one, shape, d_x, y, y_shape, d_y, start, delta, feeds)
            for one, shape, (d_x, d_y), start in zip(x, x_shape, pairs, starts, strict=True)
        ]
    d_x, d_y = _gradient_and_seed(x, y, y_shape)
    return _compute_one(x, x_shape, d_x, y, y_shape, d_y, x_init_value, delta, feeds)


def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Sequence[int],
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: dict[Any, Any] | None = None,
) -> float:
    """The greatest difference between the two Jacobians of `compute_gradient`."""
    pairs = compute_gradient(
        x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict
    )
    return largest_difference(pairs if isinstance(pairs, list) else [pairs])


def largest_difference(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """The greatest absolute difference between the parts of each pair."""
    error = 0.0
    for theoretical, numeric in pairs:
        if theoretical.size or numeric.size:
            error = float(np.maximum(error, np.fabs(theoretical - numeric).max()))
    return error
