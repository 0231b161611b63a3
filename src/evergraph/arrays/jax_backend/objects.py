"""Stacks and tensor arrays of the NumPy backend in the form of the JAX backend."""

from __future__ import annotations

from typing import Any

from evergraph.arrays.jax_backend.stacks import stack_from_host
from evergraph.arrays.jax_backend.tensor_arrays import TensorArray
from evergraph.arrays.numpy_backend.stacks import Stack
from evergraph.arrays.run_objects import RunObject


def from_host(given: Any) -> RunObject:
    """What a host segment has made of a stack or tensor array, for an executable.

    Raises:
        NeedsHost: its elements have several shapes.
    """
    if hasattr(given, "to_host"):  # it comes from an executable
        made: RunObject = given
        return made
    return stack_from_host(given) if isinstance(given, Stack) else TensorArray.from_host(given)
