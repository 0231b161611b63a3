"""TensorShape: a shape that may be known in part, and its algebra.

A shape knows its sizes as a plain tuple (`TensorShape.sizes`), which is what Evergraph's own code
works with; `Dimension` objects are made when a program asks for them. An unknown dimension equals
nothing but itself, so two partially known shapes are equal only where they share that very
dimension (`x.shape[:1] == x.shape[:1]`): `_dimensions` keeps them once they have been seen.

Reference: TensorFlow 1.15, tensorflow/python/framework/tensor_shape.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from evergraph.core.dimensions import Dimension as Dimension
from evergraph.core.dimensions import Size as Size
from evergraph.core.dimensions import as_dimension as as_dimension
from evergraph.core.dimensions import as_size

_has_v2_behavior = False


def enable_v2_tensorshape() -> None:
    """Let indexing and iterating a TensorShape give ints and None in place of Dimensions."""
    global _has_v2_behavior
    _has_v2_behavior = True


def disable_v2_tensorshape() -> None:
    """Let indexing and iterating a TensorShape give Dimensions, as TensorFlow 1.x does."""
    global _has_v2_behavior
    _has_v2_behavior = False


class TensorShape:
    """The shape of a tensor: fully known, of known rank with unknown sizes, or of unknown rank.

    Never changes after it was made. As in TensorFlow, it has no hash: use `sizes` as a key.

    Args:
        dims: sizes as `Dimension` takes them, one such size (a vector), a TensorShape, a
            TensorShapeProto, or None for an unknown rank.

    Raises:
        TypeError: `dims` is a string, or holds something that is no size.
        ValueError: a size is negative or not whole.

    Differs from TensorFlow: the list that `dims` returns is the caller's own; writing into it
    does not change the shape.
    """

    __slots__ = ("_dimensions", "sizes")
    __hash__ = None  # type: ignore[assignment]  # as in TensorFlow

    sizes: tuple[Size, ...] | None
    """The plain form: a tuple of ints and None, or None when the rank is unknown; hashable."""
    _dimensions: tuple[Dimension, ...] | None

    def __init__(self, dims: Any) -> None:
        """Take the sizes."""
        self._dimensions = None
        if dims is None:
            self.sizes = None
        elif isinstance(dims, TensorShape):
            self.sizes = dims.sizes
            self._share_unknown(dims)
        elif isinstance(dims, str | bytes):
            text = dims if isinstance(dims, str) else repr(dims)
            raise TypeError(
                "A string has ambiguous TensorShape, please wrap in a list or convert to an int: "
                + text
            )
        elif hasattr(dims, "unknown_rank"):  # a TensorShapeProto, of whichever descriptor pool
            self.sizes = (
                None
                if dims.unknown_rank
                else tuple(as_size(None if d.size == -1 else d.size) for d in dims.dim)
            )
        else:
            self._take(dims)

    def _take(self, dims: Any) -> None:
        try:
            items = tuple(iter(dims))
        except TypeError:
            is_scalar = getattr(dims, "ndim", None) == 0  # an array
            if hasattr(type(dims), "__iter__") and not is_scalar:
                raise  # it can be iterated as a rule, and said why not now (a symbolic tensor)
            items = (dims,)
        self.sizes = sizes = tuple(map(as_size, items))
        # Unknown Dimensions that were handed in keep their identity; others are made on demand.
        if None in sizes and any(isinstance(item, Dimension) for item in items):
            self._dimensions = tuple(map(as_dimension, items))

    def _share_unknown(self, other: TensorShape) -> None:
        if other.sizes is not None and None in other.sizes:
            self._dimensions = other._known_dimensions()

    def _known_dimensions(self) -> tuple[Dimension, ...]:
        """The Dimensions of a shape of known rank, the same ones each time."""
        if self._dimensions is None:
            assert self.sizes is not None
            self._dimensions = tuple(map(Dimension, self.sizes))
        return self._dimensions

    @property
    def rank(self) -> int | None:
        """Number of dimensions, or None."""
        return None if self.sizes is None else len(self.sizes)

    @property
    def ndims(self) -> int | None:
        """Number of dimensions, or None; the older name of `rank`."""
        return self.rank

    @property
    def dims(self) -> list[Dimension] | None:
        """A list of Dimensions, or None when the rank is unknown."""
        return None if self.sizes is None else list(self._known_dimensions())

    _dims = dims

    def as_list(self) -> list[Size]:
        """Sizes as ints and None.

        Raises:
            ValueError: the rank is unknown.
        """
        if self.sizes is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self.sizes)

    def as_proto(self) -> Any:
        """This shape as a TensorShapeProto, made by what `set_proto_maker` was given."""
        if _make_proto is None:
            from evergraph.core.errors import EvergraphError

            raise EvergraphError("as_proto() needs evergraph.serialize, which is not loaded.")
        return _make_proto(self.sizes)

    def num_elements(self) -> int | None:
        """Product of the sizes, 1 for a scalar; None when one is unknown."""
        if self.sizes is None:
            return None
        count = 1
        for size in self.sizes:
            if size is None:
                return None
            count *= size
        return count

    def is_fully_defined(self) -> bool:
        """Whether the rank and every size are known."""
        return self.sizes is not None and None not in self.sizes

    def assert_is_fully_defined(self) -> None:
        """Raise ValueError unless the rank and every size are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def __repr__(self) -> str:
        """Such as TensorShape([Dimension(2), Dimension(None)])."""
        if self.sizes is None or _has_v2_behavior:
            return f"TensorShape({self.sizes if self.sizes is None else list(self.sizes)})"
        return f"TensorShape([{', '.join(f'Dimension({size})' for size in self.sizes)}])"

    def __str__(self) -> str:
        """Such as (2, ?), (2,), () or <unknown>."""
        if self.sizes is None:
            return "<unknown>"
        unknown = "None" if _has_v2_behavior else "?"
        parts = [unknown if size is None else str(size) for size in self.sizes]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"

    def __len__(self) -> int:
        """The rank; ValueError when it is unknown."""
        if self.sizes is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self.sizes)

    def __bool__(self) -> bool:
        """Whether the rank is known."""
        return self.sizes is not None

    __nonzero__ = __bool__

    @property
    def _v2_behavior(self) -> bool:
        return _has_v2_behavior

    def __iter__(self) -> Iterator[Any]:
        """The Dimensions; ValueError when the rank is unknown."""
        if self.sizes is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self.sizes if _has_v2_behavior else self._known_dimensions())

    def __getitem__(self, key: Any) -> Any:
        """A Dimension for an index, a TensorShape for a slice.

        Raises:
            IndexError: there is no such dimension.
            ValueError: a slice with a step of a shape of unknown rank.
        """
        if self.sizes is None:
            if isinstance(key, slice):
                return _slice_of_unknown(key)
            return None if _has_v2_behavior else Dimension(None)
        if isinstance(key, slice):
            return TensorShape(
                (self._known_dimensions() if None in self.sizes else self.sizes)[key]
            )
        # A list: its errors (out of range, a key of another type) are the ones TensorFlow shows.
        return (list(self.sizes) if _has_v2_behavior else list(self._known_dimensions()))[key]

    def merge_with(self, other: Any) -> TensorShape:
        """The shape that knows what either knows.

        Raises:
            ValueError: ranks or sizes differ.
        """
        other = as_shape(other)
        if self.sizes is None:
            return as_shape(other)
        if other.sizes is None:
            return TensorShape(self.sizes)
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are not compatible")
        pairs = zip(self.sizes, other.sizes, strict=True)
        return TensorShape([b if a is None else a for a, b in pairs])

    def concatenate(self, other: Any) -> TensorShape:
        """The sizes of this shape, then those of `other`; unknown rank when either's is unknown."""
        other = as_shape(other)
        if self.sizes is None or other.sizes is None:
            return unknown_shape()
        if self.is_fully_defined() and other.is_fully_defined():
            return TensorShape(self.sizes + other.sizes)
        return TensorShape(self._known_dimensions() + other._known_dimensions())

    __concat__ = concatenate

    def __add__(self, other: Any) -> TensorShape:
        """`concatenate`."""
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        """`concatenate`, the other way round."""
        return TensorShape(other).concatenate(self)

    def assert_same_rank(self, other: Any) -> None:
        """Raise ValueError when both ranks are known and differ."""
        other = as_shape(other)
        if None not in (self.rank, other.rank) and self.rank != other.rank:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank: int | None) -> None:
        """Raise ValueError when the rank is known and is not `rank`."""
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int) -> TensorShape:
        """This shape, or one of `rank` unknown sizes when its rank is unknown.

        Raises:
            ValueError: the rank is another.
        """
        self.assert_has_rank(rank)
        return self.merge_with(unknown_shape(rank=rank))

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape; ValueError when its rank is known and below `rank`."""
        if self.rank is not None and self.rank < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape; ValueError when its rank is known and above `rank`."""
        if self.rank is not None and self.rank > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def is_compatible_with(self, other: Any) -> bool:
        """Whether some fully known shape fits both: symmetric, not transitive."""
        other = as_shape(other)
        if self.sizes is None or other.sizes is None:
            return True
        return len(self.sizes) == len(other.sizes) and all(
            a is None or b is None or a == b for a, b in zip(self.sizes, other.sizes, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless `is_compatible_with(other)`."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """The shape that fits both and knows the most: sizes that differ become unknown."""
        other = as_shape(other)
        if self.sizes is None or other.sizes is None or len(self.sizes) != len(other.sizes):
            return unknown_shape()
        pairs = zip(self.sizes, other.sizes, strict=True)
        return TensorShape([a if a == b else None for a, b in pairs])

    def __eq__(self, other: object) -> bool:
        """Whether both are the same shape; an unknown size is the same only as itself."""
        try:
            other = as_shape(other)
        except TypeError:
            return NotImplemented
        if self.sizes != other.sizes:
            return False
        if self.sizes is None or None not in self.sizes:
            return True
        pairs = zip(self._known_dimensions(), other._known_dimensions(), strict=True)
        return all(a is b for a, b in pairs if a.value is None)

    def __ne__(self, other: object) -> bool:
        """Whether both are not the same shape.

        Raises:
            ValueError: one of the ranks is unknown.
        """
        try:
            other = as_shape(other)
        except TypeError:
            return NotImplemented
        if self.sizes is None or other.sizes is None:
            raise ValueError("The inequality of unknown TensorShapes is undefined.")
        return not self == other

    def __reduce__(self) -> tuple[type[TensorShape], tuple[list[Size] | None]]:
        """Copy and pickle by the sizes."""
        return TensorShape, (None if self.sizes is None else list(self.sizes),)


def _slice_of_unknown(key: slice) -> TensorShape:
    """A slice of a shape of unknown rank: its rank is known when both ends count from the front."""
    if key.step is not None:
        raise ValueError("Steps are not yet handled")
    start = 0 if key.start is None else key.start
    if key.stop is None or start < 0 or key.stop < 0:
        return unknown_shape()
    return unknown_shape(rank=key.stop - start)


_make_proto: Callable[[tuple[Size, ...] | None], Any] | None = None


def set_proto_maker(make_proto: Callable[[tuple[Size, ...] | None], Any]) -> None:
    """Say how `as_proto` turns `TensorShape.sizes` into a TensorShapeProto."""
    global _make_proto
    _make_proto = make_proto


def as_shape(shape: Any) -> TensorShape:
    """Return `shape` if it is a TensorShape, else `TensorShape(shape)`."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(rank: int | None = None, **kwargs: Any) -> TensorShape:
    """A shape of `rank` unknown sizes, of unknown rank when None.

    Args:
        rank: number of dimensions.
        **kwargs: `ndims`, the older name of `rank`.

    Raises:
        TypeError: another keyword.
    """
    if rank is None and "ndims" in kwargs:
        rank = kwargs.pop("ndims")
    if kwargs:
        raise TypeError(f"Unknown argument: {kwargs}")
    return TensorShape(None if rank is None else [None] * rank)


def scalar() -> TensorShape:
    """The shape of a scalar, ()."""
    return TensorShape(())


def vector(length: Any) -> TensorShape:
    """The shape (length,)."""
    return TensorShape((length,))


def matrix(rows: Any, cols: Any) -> TensorShape:
    """The shape (rows, cols)."""
    return TensorShape((rows, cols))


def dimension_value(dimension: Any) -> Any:
    """The size of a Dimension; what is no Dimension (an int, None) as it is."""
    return dimension.value if isinstance(dimension, Dimension) else dimension


def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """The Dimension of `shape` at `index`, an unknown one when the rank is unknown."""
    return Dimension(None) if shape.sizes is None else shape._known_dimensions()[index]
