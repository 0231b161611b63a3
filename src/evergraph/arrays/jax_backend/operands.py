"""Operands of JAX's side: dtypes, Python scalars, broadcasting, collected checks, `vjp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import ml_dtypes
import numpy as np
from jax import lax

from evergraph.arrays.checks import Check, CheckFailure, Message, collect_checks, innermost, text_of
from evergraph.core.typing import Array

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOAT16 = np.dtype(np.float16)


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """NumPy's dtype of a DType, a NumPy dtype or a scalar type."""
    found: np.dtype[Any] = np.dtype(getattr(dtype, "as_numpy_dtype", dtype))
    return found


def asarray(value: Any, dtype: Any = None) -> Array:
    """`value` as an array; `dtype` converts as NumPy does (see `cast` for TensorFlow's rules)."""
    want = None if dtype is None else as_dtype(dtype)
    if not isinstance(value, jax.Array):
        return np.asarray(value, want)
    return value if want is None or value.dtype == want else lax.convert_element_type(value, want)


def typed(x: Any, y: Any) -> tuple[Array, Array]:
    """Two operands of one dtype; a Python scalar takes the other's. Shapes stay.

    Raises:
        TypeError: their dtypes differ; nothing is promoted.
    """
    x_dtype = getattr(x, "dtype", None)
    y_dtype = getattr(y, "dtype", None)
    if x_dtype is None:
        x = np.asarray(x, y_dtype)
        if y_dtype is None:
            y = np.asarray(y, x.dtype)
    elif y_dtype is None:
        y = np.asarray(y, x_dtype)
    elif x_dtype != y_dtype:
        raise TypeError(f"operands have dtypes {x_dtype} and {y_dtype}; cast one of them")
    return x, y


def pair(x: Any, y: Any) -> tuple[Array, Array]:
    """Two operands of one dtype and of shapes that `lax` takes (a scalar, or equal rank).

    Raises:
        TypeError: their dtypes differ; nothing is promoted.
    """
    x, y = typed(x, y)
    x_rank, y_rank = len(x.shape), len(y.shape)
    if x_rank != y_rank and x_rank and y_rank:
        if x_rank < y_rank:
            x = lax.reshape(x, (1,) * (y_rank - x_rank) + x.shape)
        else:
            y = lax.reshape(y, (1,) * (x_rank - y_rank) + y.shape)
    return x, y


def same_shape(*arrays: Array) -> tuple[Array, ...]:
    """All of them broadcast to one shape."""
    shapes = [np.shape(x) for x in arrays]
    if shapes.count(shapes[0]) == len(shapes):
        return arrays
    shape = np.broadcast_shapes(*shapes)
    return tuple(broadcast(x, shape) for x in arrays)


def broadcast(x: Array, shape: tuple[int, ...]) -> Array:
    """`x` repeated to `shape`."""
    have = np.shape(x)
    if have == shape:
        return x
    return lax.broadcast_in_dim(x, shape, tuple(range(len(shape) - len(have), len(shape))))


def constant(x: Array, value: Any) -> Any:
    """A scalar of the dtype of `x`."""
    return np.asarray(value).astype(x.dtype)[()]


def finfo(dtype: Any) -> Any:
    """The limits of a floating type, bfloat16 included."""
    limits: Any = ml_dtypes.finfo
    return limits(dtype)


def is_low_precision(dtype: np.dtype[Any]) -> bool:
    """Whether it is float16 or bfloat16, whose sums and products are made in float32."""
    return dtype in (FLOAT16, BFLOAT16)


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Whether it is a real floating type, bfloat16 included."""
    return dtype.kind == "f" or dtype == BFLOAT16


def through_float32(function: Callable[..., Array], *operands: Array) -> Array:
    """`function(*operands)`, made in float32 and rounded once where operands have 16 bits."""
    dtype = operands[0].dtype
    if not is_low_precision(dtype):
        return function(*operands)
    wide = function(*(lax.convert_element_type(x, np.float32) for x in operands))
    return lax.convert_element_type(wide, dtype)


def normalize_axis(axis: int, rank: int) -> int:
    """`axis` counted from the front.

    Raises:
        ValueError: it is outside of [-rank, rank).
    """
    axis = int(axis)
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is outside of [{-rank}, {rank})")
    return axis + rank if axis < 0 else axis


def normalize_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """A tuple of axes counted from the front, in order; None is all of them."""
    if axis is None:
        return tuple(range(rank))
    axes = [int(a) for a in np.atleast_1d(np.asarray(axis, np.int64)).ravel()]
    return tuple(sorted({normalize_axis(a, rank) for a in axes}))


def is_concrete(x: Any) -> bool:
    """Whether the values of `x` are known now: it isn't a tracer."""
    return not isinstance(x, jax.core.Tracer)


def check(ok: Any, error: str, message: Message) -> None:
    """Demand that `ok` (boolean, any shape) holds everywhere.

    The innermost `collect_checks()` is given the conjunction, unless it is known to hold: what is
    known to fail may lie on a branch that isn't taken. Outside of any collector the check is left
    out, and the values that follow are harmless ones.

    Raises:
        CheckFailure: it is known not to hold, outside of any collector.
    """
    checks = innermost()
    if is_concrete(ok):
        ok = np.all(ok)
        if ok:
            return
        if checks is None:
            raise CheckFailure(error, text_of(message))
    if checks is not None:
        if ok.shape:
            ok = lax.reduce_and(ok, tuple(range(len(ok.shape))))
        checks.append(Check(ok, error, message))


def check_indices(
    indices: Any, limit: Any, message: Callable[[str, int, int], str] | None = None
) -> None:
    """Demand that every index lies in [0, limit); the message is made by NumPy's side."""
    low = constant(indices, 0)
    if is_concrete(limit):
        largest = np.iinfo(indices.dtype).max
        within = lax.lt(indices, constant(indices, min(int(limit), largest)))
    else:
        within = lax.lt(indices, lax.convert_element_type(limit, indices.dtype))
    check(
        lax.bitwise_and(lax.ge(indices, low), within),
        "InvalidArgumentError",
        "an index is out of range" if message is None else lambda: message("", -1, int(limit)),
    )


def check_finite(x: Array, message: str, error: str = "InvalidArgumentError") -> None:
    """Demand that `x` holds no inf and no NaN; the text is `message` and what was found."""
    check(lax.is_finite(x), error, message)


def stop_gradient(x: Array) -> Array:
    """`x`, a constant to `vjp`."""
    return lax.stop_gradient(x)


def vjp(function: Callable[..., Any], inputs: Sequence[Array], cotangents: Any) -> tuple[Any, ...]:
    """Gradients of `function(*inputs)` for `cotangents` of its outputs, one per input.

    An input that isn't floating or complex has None. Checks inside of `function` are kept.

    Args:
        function: of as many arrays as `inputs` has; returns an array or a tuple of arrays.
        inputs: where to differentiate.
        cotangents: an array, or a tuple of arrays, as `function` returns.
    """
    places = [i for i, x in enumerate(inputs) if is_floating(x.dtype) or x.dtype.kind == "c"]
    kinds: list[tuple[str, Message]] = []

    def of_floating(*values: Array) -> tuple[Any, list[Array]]:
        arguments = list(inputs)
        for place, value in zip(places, values, strict=True):
            arguments[place] = value
        with collect_checks() as checks:
            outputs = function(*arguments)
        kinds[:] = [(c.error, c.message) for c in checks]
        return outputs, [lax.stop_gradient(c.ok) for c in checks]

    _, pull_back, oks = jax.vjp(of_floating, *(inputs[i] for i in places), has_aux=True)
    for ok, (error, message) in zip(oks, kinds, strict=True):
        check(ok, error, message)
    found = dict(zip(places, pull_back(cotangents), strict=True))
    return tuple(found.get(i) for i in range(len(inputs)))
