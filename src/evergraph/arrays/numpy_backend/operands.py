"""Operands of NumPy's side: dtypes, Python scalars, and the checks that raise at once."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import ml_dtypes
import numpy as np

from evergraph.arrays.checks import CheckFailure, CompiledOnly, Message, text_of
from evergraph.core.typing import Array

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOAT16 = np.dtype(np.float16)


class _Quietness(threading.local):
    is_on = False


_quietness = _Quietness()


@contextmanager
def all_quiet() -> Iterator[None]:
    """Inside, NumPy warns of nothing: what runs many functions saves each of them the switch."""
    if _quietness.is_on:
        yield
        return
    _quietness.is_on = True
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _quietness.is_on = False


Function = TypeVar("Function", bound=Callable[..., Any])


def quiet(function: Function) -> Function:
    """Decorator: no warnings of NumPy: inf, NaN and wrap-around are TensorFlow's answers too."""

    @functools.wraps(function)
    def run(*args: Any, **keywords: Any) -> Any:
        if _quietness.is_on:
            return function(*args, **keywords)
        with np.errstate(all="ignore"):
            return function(*args, **keywords)

    return run  # type: ignore[return-value]  # it takes and gives the same


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """NumPy's dtype of a DType, a NumPy dtype or a scalar type."""
    found: np.dtype[Any] = np.dtype(getattr(dtype, "as_numpy_dtype", dtype))
    return found


def asarray(value: Any, dtype: Any = None) -> Array:
    """`value` as an array; `dtype` converts as NumPy does (see `cast` for TensorFlow's rules)."""
    return np.asarray(value, None if dtype is None else as_dtype(dtype))


def pair(x: Any, y: Any) -> tuple[Array, Array]:
    """Two operands of one dtype; a Python scalar takes the other's.

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


def finfo(dtype: Any) -> Any:
    """The limits of a floating type, bfloat16 included."""
    limits: Any = ml_dtypes.finfo
    return limits(dtype)


def is_low_precision(dtype: np.dtype[Any]) -> bool:
    """Whether it is float16 or bfloat16, whose sums and products are made in float32."""
    return dtype.itemsize == 2 and dtype in (FLOAT16, BFLOAT16)


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Whether it is a real floating type, bfloat16 included."""
    return dtype.kind == "f" or dtype == BFLOAT16


def through_float32(function: Callable[..., Array], *operands: Array) -> Array:
    """`function(*operands)`, made in float32 and rounded once where operands have 16 bits."""
    dtype = operands[0].dtype
    if not is_low_precision(dtype):
        return function(*operands)
    return np.asarray(function(*(x.astype(np.float32) for x in operands))).astype(dtype)


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
    axes = axis if isinstance(axis, tuple) else np.ravel(axis).tolist()
    return tuple(sorted({normalize_axis(a, rank) for a in axes}))


def check(ok: Any, error: str, message: Message) -> None:
    """Demand that `ok` (boolean, any shape) holds everywhere.

    Raises:
        CheckFailure: it does not; `error` names the class of `tf.errors`.
    """
    if ok is not True and not np.all(ok):
        raise CheckFailure(error, text_of(message))


def check_indices(
    indices: Any, limit: Any, message: Callable[[str, int, int], str] | None = None
) -> None:
    """Demand that every index lies in [0, limit); the message names the first that does not.

    Args:
        indices: integers of any shape.
        limit: their upper bound, exclusive.
        message: makes the text of (position such as "[0,1]" or "" for a scalar, index, limit);
            "indices[0,1] = 7 is not in [0, 5)" when None.
    """
    indices = np.asarray(indices)
    is_bad = (indices < 0) | (indices >= limit)
    if is_bad.any():
        place, index = first_bad(indices, is_bad)
        raise CheckFailure(
            "InvalidArgumentError",
            f"indices{place} = {index} is not in [0, {int(limit)})"
            if message is None
            else message(place, index, int(limit)),
        )


def first_bad(values: Array, is_bad: Array) -> tuple[str, int]:
    """Position ("[0,1]", or "" for a scalar) and value of the first element that `is_bad` marks."""
    place = np.unravel_index(int(np.argmax(is_bad)), values.shape)
    text = "[" + ",".join(str(int(p)) for p in place) + "]" if place else ""
    return text, int(values[place])


def check_finite(x: Array, message: str, error: str = "InvalidArgumentError") -> None:
    """Demand that `x` holds no inf and no NaN; the text is `message` and what was found."""
    has_inf, has_nan = bool(np.isinf(x).any()), bool(np.isnan(x).any())
    found = {(True, True): "Inf and NaN", (True, False): "Inf", (False, True): "NaN"}
    if has_inf or has_nan:
        raise CheckFailure(error, f"{message} : Tensor had {found[has_inf, has_nan]} values")


def is_concrete(x: Any) -> bool:
    """Whether the values of `x` are known now (always, in NumPy)."""
    return True


def stop_gradient(x: Array) -> Array:
    """`x`, a constant to `vjp`."""
    return np.asarray(x)


def vjp(function: Callable[..., Any], inputs: Sequence[Array], cotangents: Any) -> tuple[Any, ...]:
    """Gradients of `function(*inputs)` for `cotangents` of its outputs: JAX only.

    Raises:
        CompiledOnly: always; an op whose kernel calls it must be compiled.
    """
    raise CompiledOnly("vjp exists only in compiled segments")
