"""Shape functions that many ops share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evergraph.core.shapes import Dimension, TensorShape
from evergraph.registry.shape_inference import ShapeContext

ShapeFunction = Callable[[ShapeContext], Any]


def unchanged(c: ShapeContext) -> TensorShape:
    """The shape of the first input."""
    return c.inputs[0]


def unknown(c: ShapeContext) -> list[TensorShape]:
    """Nothing is known."""
    return [TensorShape(None)] * c.output_count


def scalar(c: ShapeContext) -> list[TensorShape]:
    """Every output is a scalar."""
    return [TensorShape([])] * c.output_count


def no_outputs(c: ShapeContext) -> list[TensorShape]:
    """For ops without outputs."""
    return []


def like_input(index: int) -> ShapeFunction:
    """Every output has the shape of input `index`."""

    def shape(c: ShapeContext) -> list[TensorShape]:
        return [c.inputs[index]] * c.output_count

    return shape


def merged(c: ShapeContext) -> list[TensorShape]:
    """All inputs and outputs have one shape."""
    shape = TensorShape(None)
    for other in c.inputs:
        shape = merge(shape, other)
    return [shape] * c.output_count


def merge(a: TensorShape, b: TensorShape) -> TensorShape:
    """What two descriptions of one shape say together, with the C++ shape functions' messages."""
    if a.ndims is None:
        return b
    if b.ndims is None:
        return a
    if a.ndims != b.ndims:
        raise ValueError(f"Shapes must be equal rank, but are {a.ndims} and {b.ndims}")
    result: list[int | None] = []
    for i, (x, y) in enumerate(zip(a.as_list(), b.as_list(), strict=True)):
        if x is not None and y is not None and x != y:
            raise ValueError(
                f"Dimension {i} in both shapes must be equal, but are {x} and {y}. Shapes are "
                f"{_text(a)} and {_text(b)}."
            )
        result.append(y if x is None else x)
    return TensorShape(result)


def _text(shape: TensorShape) -> str:
    from evergraph.registry.shape_inference import shape_text

    return shape_text(shape)


def merge_dims(a: int | None, b: int | None) -> int | None:
    """One size that is both `a` and `b`."""
    if a is not None and b is not None and a != b:
        raise ValueError(f"Dimensions must be equal, but are {a} and {b}")
    return b if a is None else a


def with_rank(shape: TensorShape, rank: int) -> TensorShape:
    """`shape`, which must have this rank; unknown dimensions when nothing is known."""
    if shape.ndims is None:
        return TensorShape([None] * rank)
    if shape.ndims != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {shape.ndims}")
    return shape


def with_rank_at_least(shape: TensorShape, rank: int) -> TensorShape:
    """`shape`, whose rank must be no less than `rank`."""
    if shape.ndims is not None and shape.ndims < rank:
        raise ValueError(f"Shape must be at least rank {rank} but is rank {shape.ndims}")
    return shape


def with_rank_at_most(shape: TensorShape, rank: int) -> TensorShape:
    """`shape`, whose rank must be no more than `rank`."""
    if shape.ndims is not None and shape.ndims > rank:
        raise ValueError(f"Shape must be at most rank {rank} but is rank {shape.ndims}")
    return shape


def broadcast_shapes(a: TensorShape, b: TensorShape) -> TensorShape:
    """The shape of an element-wise result of `a` and `b`.

    Raises:
        ValueError: two sizes differ and neither is 1.
    """
    if a.ndims is None or b.ndims is None:
        return TensorShape(None)
    x, y = a.as_list(), b.as_list()
    rank = max(len(x), len(y))
    x = [*([1] * (rank - len(x))), *x]
    y = [*([1] * (rank - len(y))), *y]
    result: list[int | None] = []
    for p, q in zip(x, y, strict=True):
        if p is None or q is None:
            known = q if p is None else p
            result.append(known if known is not None and known > 1 else None)
            if p is None and q is None:
                result[-1] = None
        elif p == q or q == 1:
            result.append(p)
        elif p == 1:
            result.append(q)
        else:
            raise ValueError(f"Dimensions must be equal, but are {p} and {q}")
    return TensorShape(result)


def broadcast(c: ShapeContext) -> list[TensorShape]:
    """The inputs broadcast together."""
    shape = c.inputs[0]
    for other in c.inputs[1:]:
        shape = broadcast_shapes(shape, other)
    return [shape] * c.output_count


def reduced_shape(shape: TensorShape, axes: np.ndarray | None, keep_dims: bool) -> TensorShape:
    """The shape after reducing `axes` (None: not known while building).

    Raises:
        ValueError: an axis is out of range.
    """
    if shape.ndims is None:
        return TensorShape(None)
    rank = shape.ndims
    if axes is None:
        return TensorShape([None] * rank) if keep_dims else TensorShape(None)
    chosen = set()
    for axis in np.ravel(axes):
        if not -rank <= axis < rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {rank} dimensions."
            )
        chosen.add(int(axis) % rank)
    dims = shape.as_list()
    if keep_dims:
        return TensorShape([1 if i in chosen else d for i, d in enumerate(dims)])
    return TensorShape([d for i, d in enumerate(dims) if i not in chosen])


def reduction(c: ShapeContext) -> TensorShape:
    """Reduce the axes in input 1; attr `keep_dims` keeps them with size 1."""
    with_rank_at_most(c.inputs[1], 1)
    return reduced_shape(c.inputs[0], c.constant(1), bool(c.attr("keep_dims")))


def from_attr(name: str = "shape") -> ShapeFunction:
    """The shape that attr `name` gives."""

    def shape(c: ShapeContext) -> TensorShape:
        value: TensorShape = c.attr(name)
        return value

    return shape


def from_input(index: int) -> ShapeFunction:
    """The shape that input `index` holds as a value."""

    def shape(c: ShapeContext) -> TensorShape:
        return c.constant_as_shape(index)

    return shape


def dims_of(shape: TensorShape) -> list[int | None]:
    """The sizes of a shape of known rank."""
    return list(shape.as_list())


def concat_dims(*parts: Sequence[Any]) -> TensorShape:
    """A shape from lists of sizes, one after another."""
    return TensorShape([d.value if isinstance(d, Dimension) else d for part in parts for d in part])


def size_of_input(c: ShapeContext, index: int) -> int | None:
    """The size that scalar input `index` holds, or None when it isn't known.

    Raises:
        ValueError: it is no scalar, or negative.
    """
    rank = c.inputs[index].ndims
    if rank not in (None, 0):
        raise ValueError(f"Input must be scalar but has rank {rank}")
    size = c.constant(index)
    if size is not None and size < 0:
        raise ValueError(
            f"Dimension size, given by scalar input {index}, must be non-negative but is "
            f"{int(size)}"
        )
    return None if size is None else int(size)
