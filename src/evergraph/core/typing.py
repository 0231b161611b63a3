"""Names for what kernels are handed, where Python's types cannot say it."""

from __future__ import annotations

from typing import Any, TypeAlias

Array: TypeAlias = Any
"""An array of the namespace that a kernel runs in: `np.ndarray`, a JAX array or a JAX tracer.

The three share no base class, so this is one of the two places where `Any` is meant (the other
is the value of an attr)."""

Namespace: TypeAlias = Any
"""The array namespace `xp` of a kernel: `arrays.numpy_backend` or `arrays.jax_backend`."""
