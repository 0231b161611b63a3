"""The size of a cell's inputs."""

from __future__ import annotations

from typing import Any

from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.graph.operation import Tensor


def known_depth(inputs: Tensor) -> int:
    """The size of a cell's inputs [batch, depth].

    Raises:
        ValueError: it isn't known.
    """
    depth = dimension_value(inputs.get_shape().with_rank(2)[1])
    if depth is None:
        raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
    return int(depth)


def second_size(input_shape: Any) -> int:
    """The size of a cell's inputs, from their shape.

    Raises:
        ValueError: it isn't known.
    """
    depth = dimension_value(TensorShape(input_shape)[1])
    if depth is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {input_shape}")
    return int(depth)
