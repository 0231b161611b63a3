"""JAX's side of what kernels compute with (first form: over jax.numpy)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from evergraph.arrays import numpy_backend as _np_side
from evergraph.arrays.checks import Check, innermost


def check(ok: Any, error: str, message: Any) -> None:
    found = innermost()
    if found is not None:
        found.append(Check(jnp.all(jnp.asarray(ok)), error, message))


def shape(x: Any) -> tuple[int, ...]:
    return tuple(np.shape(x))


def asarray(x: Any, dtype: Any = None) -> Any:
    return jnp.asarray(x, None if dtype is None else _np_side.as_dtype(dtype))


def cast(x: Any, dtype: Any) -> Any:
    return jnp.asarray(x).astype(_np_side.as_dtype(dtype))


def full(size: Any, value: Any, dtype: Any = None) -> Any:
    return jnp.full(
        tuple(int(n) for n in size), value, _np_side.as_dtype(dtype) if dtype is not None else None
    )


def zeros(size: Any, dtype: Any = None) -> Any:
    return full(size, 0, dtype)


def rsqrt(x: Any) -> Any:
    return lax.rsqrt(jnp.asarray(x))


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    **unused: Any,
) -> Any:
    if transpose_a or adjoint_a:
        a = jnp.swapaxes(a, -1, -2)
    if transpose_b or adjoint_b:
        b = jnp.swapaxes(b, -1, -2)
    return jnp.matmul(a, b)


def reshape(x: Any, size: Any) -> Any:
    return jnp.reshape(x, tuple(int(n) for n in size))


def broadcast_to(x: Any, size: Any) -> Any:
    return jnp.broadcast_to(x, tuple(int(n) for n in size))


def _reduction(name: str) -> Any:
    function = getattr(jnp, name)

    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if axis is not None:
            axis = tuple(int(a) for a in np.ravel(axis))
        return function(x, axis=axis, keepdims=keepdims).astype(
            jnp.asarray(x).dtype if name not in ("all", "any") else bool
        )

    return reduce


sum, prod, max, min, mean, all, any = map(
    _reduction, ("sum", "prod", "max", "min", "mean", "all", "any")
)


def __getattr__(name: str) -> Any:
    if hasattr(jnp, name):
        return getattr(jnp, name)
    raise AttributeError(name)


__all__ = ["jax"]
