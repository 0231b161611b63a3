"""Tensor arrays on JAX's side: one buffer of all elements, whose sizes are fixed while tracing.

What needs other sizes, and what is known to fail, raises `NeedsHost`: NumPy's side does it, or has
the words of the error. Writes and reads of one element touch one row of the buffer and one flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from evergraph.arrays.described_arrays import DescribedArray
from evergraph.arrays.element_shapes import (
    ElementShape,
    element_shape,
    is_compatible,
    is_full,
    merged,
)
from evergraph.arrays.jax_backend.elements import element_at, elements_at, with_element
from evergraph.arrays.jax_backend.elementwise import add
from evergraph.arrays.jax_backend.operands import asarray, check, is_concrete
from evergraph.arrays.jax_backend.scatter import scatter
from evergraph.arrays.numpy_backend.tensor_arrays import TensorArray as HostArray
from evergraph.arrays.numpy_backend.tensor_arrays import numbers
from evergraph.arrays.run_objects import NeedsHost
from evergraph.core.dtypes import DType
from evergraph.core.typing import Array

# The flag of an element: what it may still be used for.
EMPTY, WRITTEN, READ = np.int8(0), np.int8(1), np.int8(2)

_INVALID = "InvalidArgumentError"


class TensorArray(DescribedArray):
    """An array whose elements are tensors of one shape, each written once.

    See NumPy's side. What isn't in `state` is static.

    Attributes, besides those of `DescribedArray`:
        state: (buffer [rows, *element], flags [rows] int8, whether anything was written), or None
            while the shape of the elements isn't known. Zeros mean that nothing is written. Of an
            array that grows the last is how many elements it has beyond its first size, int32.
        element_shape: what is known of the elements' shape besides: from the array's making, and
            from operations that stacked elements.
        initial_size: number of elements while there is no state, or before it grows.
        room: how much it may grow; None for an array of fixed size. Whether this was enough is
            checked after the run.
        can_grow: whether it was made in this trace, so that it can have another room next time.
        is_padded: whether it is the gradient of an array that grows, and has rows beyond its size.
    """

    __slots__ = ("can_grow", "is_padded", "room")

    def __init__(self, size: int, dtype: DType, shape: ElementShape, **options: Any) -> None:
        super().__init__(size, dtype, shape, **options)
        self.room: int | None = None
        self.can_grow = self.is_padded = False

    @property
    def layout(self) -> tuple[Any, ...]:
        """All that is static, hashable: with the shapes in `state` what a trace depends on."""
        return (
            "TensorArray",
            self.initial_size,
            self._rows(),
            self.room,
            self.can_grow,
            self.is_padded,
            self.dtype.name,
            self.element_shape,
            self.dynamic_size,
            self.clear_after_read,
            self.identical_element_shapes,
            self.is_gradient,
            self.marked_size,
            tuple((source, a.layout) for source, a in sorted(self._gradients().items())),
        )

    def _gradients(self) -> dict[str, TensorArray]:
        """The gradient array of each source."""
        children: dict[str, Any] = self.children
        return children

    def _known_shape(self) -> ElementShape:
        return self.element_shape if self.state is None else self.state[0].shape[1:]

    @property
    def capacity(self) -> int:
        """The room of an array that grows."""
        assert self.room is not None
        return self.room

    @property
    def is_bounded(self) -> bool:
        """Whether no more can be written than there is room for: never known."""
        return False

    def make_room(self, room: int) -> None:
        """Let an array of dynamic size grow by up to `room` elements."""
        self.room = room
        self.can_grow = True

    def _rows(self) -> int:
        """The rows of the buffer: the size of an array that doesn't grow."""
        if self.state is not None:
            return int(self.state[0].shape[0])
        return self.initial_size + (self.room or 0)

    def size(self) -> Array:
        """The number of elements, an int32 scalar; known where the array doesn't grow."""
        _require(not self.is_padded)
        return np.asarray(self._rows(), np.int32) if self.room is None else self._grown_size()

    def _grown_size(self) -> Array:
        first = np.int32(self.initial_size)
        if self.state is None:
            return np.asarray(first)
        grown = self.state[2]
        return np.asarray(grown + first) if is_concrete(grown) else lax.add(grown, first)

    def close(self) -> None:
        """Left to the host, which knows the uses that are errors from now on."""
        raise NeedsHost

    def write(self, index: Array, value: Array, dtype: DType) -> None:
        """Put `value` at `index`; a gradient array adds it."""
        value = asarray(value)
        _require(dtype == self.dtype and np.ndim(index) == 0)
        if self.dynamic_size and self.room is not None:
            _require(self.can_grow)
            index = asarray(index, np.int32)
            _demand(_is_below(np.int32(-1), index), "an index is out of range")
        else:
            if is_concrete(index) and self.dynamic_size:
                self._grow(int(index) + 1)
            _require(not self.dynamic_size or is_concrete(index))
            self._check_range(index)
        buffer, flags, _ = self._with_shape(value.shape)
        is_new = _is_below(element_at(flags, index), READ if self.is_gradient else WRITTEN)
        if self.dynamic_size and self.room is not None:
            # A row beyond the room is no row written twice.
            is_beyond = lax.ge(index, np.int32(self._rows()))
            is_new = lax.bitwise_or(is_new, is_beyond)
        _demand(is_new, "written twice")
        flag = element_at(flags, index)
        if self.is_gradient and not (is_concrete(flag) and flag == EMPTY):
            value = add(element_at(buffer, index), value)
        buffer, flags = (
            with_element(buffer, index, value),
            with_element(flags, index, np.asarray(WRITTEN)),
        )
        self.state = (buffer, flags, self._after(index))

    def read(self, index: Array, dtype: DType) -> Array:
        """The element at `index`, which may be cleared by that."""
        _require(dtype == self.dtype and np.ndim(index) == 0)
        self._check_range(index)
        buffer, flags, started = self._with_shape(self.element_shape)
        flag = element_at(flags, index)
        self._check_readable(flag, started, self.element_shape)
        if not (is_concrete(flag) and flag == READ):
            flags = with_element(flags, index, np.asarray(READ))
        self.state = (buffer, flags, started)
        return element_at(buffer, index)

    def gather(self, indices: Array, dtype: DType, shape: Any) -> Array:
        """The elements at `indices` stacked; `shape` is what the operation knows of theirs."""
        wanted = element_shape(shape)
        _require(dtype == self.dtype and np.ndim(indices) == 1)
        _require(is_compatible(wanted, self.element_shape))
        known = self.element_shape = merged(self.element_shape, wanted)
        if indices.shape[0] == 0:
            _require(is_full(wanted))
            return np.zeros((0, *wanted), self.dtype.as_numpy_dtype)  # type: ignore[misc]  # full
        if self._is_whole(indices):
            return self._read_all()
        buffer, flags, started = self._with_shape(known)
        self._check_range(indices)
        count = self._prefix(indices)
        if count is not None:
            self._check_readable(lax.slice_in_dim(flags, 0, count), started, known)
            read = lax.full((count,), READ, np.int8)
            flags = lax.dynamic_update_slice(asarray(flags), read, (np.int32(0),))
            self.state = (buffer, flags, started)
            return lax.slice_in_dim(buffer, 0, count)
        self._check_readable(elements_at(flags, indices), started, known)
        if self.clear_after_read:
            self._check_distinct(indices)
        self.state = (buffer, self._flagged(flags, indices, READ), started)
        return elements_at(buffer, indices)

    def pack(self, dtype: DType, shape: Any) -> Array:
        """All elements stacked; of a gradient array those that were unpacked."""
        self._require_whole()
        return self.gather(np.arange(self._rows(), dtype=np.int32), dtype, shape)

    def concat(self, dtype: DType, shape_except0: Any) -> tuple[Array, Array]:
        """The elements one after another along their first axis, and the length of each (int64)."""
        wanted = element_shape(shape_except0)
        self._require_whole()
        _require(dtype == self.dtype)
        size = self._rows()
        if size == 0:
            _require(is_full(wanted))
            empty = np.zeros((0, *wanted), self.dtype.as_numpy_dtype)  # type: ignore[misc]  # full
            return empty, np.zeros(0, np.int64)
        stacked = self._read_all()
        _require(stacked.ndim > 1)
        length, *rest = stacked.shape[1:]
        _require(is_compatible(wanted, tuple(rest)))
        return lax.reshape(stacked, (size * length, *rest)), np.full(size, length, np.int64)

    def scatter(self, indices: Array, value: Array, dtype: DType) -> None:
        """Write the rows of `value` at `indices`."""
        value = asarray(value)
        _require(dtype == self.dtype and np.ndim(indices) == 1 and value.ndim > 0)
        _require(indices.shape[0] == value.shape[0])
        if self.dynamic_size:
            _require(is_concrete(indices))
            self._grow(max(map(int, indices), default=-1) + 1)
        if value.shape[0] == 0:
            return
        if self._is_whole(indices):
            self._write_all(value)
            return
        if not self.dynamic_size:
            self._check_range(indices)
        buffer, flags, _ = self._with_shape(value.shape[1:])
        used = READ if self.is_gradient else WRITTEN
        _demand(_is_below(elements_at(flags, indices), used), "written twice")
        if not self.is_gradient:
            self._check_distinct(indices)
        buffer = scatter(buffer, indices, value, "add" if self.is_gradient else "set")
        self.state = (buffer, self._flagged(flags, indices, WRITTEN), self._after(indices))

    def unpack(self, value: Array, dtype: DType) -> None:
        """Write all rows of `value`; there must be as many as elements."""
        value = asarray(value)
        _require(value.ndim > 0 and dtype == self.dtype)
        self._take_mark(value.shape[0])
        if value.shape[0]:
            self._write_all(value)

    def split(self, value: Array, lengths: Array, dtype: DType) -> None:
        """Write `value` cut into elements of these `lengths`, which must be known and equal."""
        value = asarray(value)
        _require(is_concrete(lengths) and np.ndim(lengths) == 1 and dtype == self.dtype)
        parts = {int(n) for n in lengths}
        count = len(lengths)
        _require(len(parts) == 1 and value.ndim > 0)
        (length,) = parts
        _require(length * count == value.shape[0])
        self._take_mark(count)
        self._write_all(lax.reshape(value, (count, length, *value.shape[1:])))

    def gradient(self, source: str, prefix: Sequence[int] = ()) -> TensorArray:
        """The array that collects the gradients of the `tf.gradients` call `source`."""
        _require(not self.is_gradient)
        self.dynamic_size = False
        found = self._gradients().get(source)
        if found is None:
            self._require_no_holes()
            shape = self._known_shape()
            found = self.children[source] = TensorArray(
                self._rows(),
                self.dtype,
                None if shape is None else (*prefix, *shape),
                identical_element_shapes=self.identical_element_shapes,
                is_gradient=True,
                name=f"{self.name}@{source}",
            )
            found.marked_size = self.marked_size
            found.is_padded = self.room is not None
        return found

    def prepared(self, rehearsed: Any) -> Any:
        """An empty state of the form of `rehearsed`, a state or shapes of one."""
        buffer, flags, _ = rehearsed
        empty = lax.full(buffer.shape, 0, buffer.dtype)
        return empty, np.zeros(flags.shape, np.int8), self._untouched()

    def detached(self) -> TensorArray:
        """An array of this form without elements or gradients.

        It stands for one of the arrays that the iterations of a loop have made, of which the loop's
        gradient needs the form alone.
        """
        made = TensorArray(
            self._rows(),
            self.dtype,
            self._known_shape(),
            clear_after_read=self.clear_after_read,
            identical_element_shapes=self.identical_element_shapes,
            name=self.name,
        )
        made.marked_size = self.marked_size
        made.origin = self
        made.is_padded = self.room is not None
        return made

    def to_host(self) -> HostArray:
        """This array on NumPy's side; the leaves of `state` must be NumPy arrays."""
        _require(not self.is_padded)
        made = HostArray(
            self._rows() if self.room is None else int(self._grown_size()),
            self.dtype,
            self.element_shape,
            dynamic_size=self.dynamic_size,
            clear_after_read=self.clear_after_read,
            identical_element_shapes=self.identical_element_shapes,
            is_gradient=self.is_gradient,
            name=self.name,
        )
        made.marked_size = self.marked_size
        if self.state is not None:
            buffer, flags, started = (np.asarray(leaf) for leaf in self.state)
            if started and self.identical_element_shapes:
                made.element_shape = buffer.shape[1:]
            for element, row, flag in zip(made.elements, buffer, flags, strict=False):
                element.written = bool(flag >= WRITTEN)
                element.read = bool(flag == READ)
                element.cleared = element.read and self.clear_after_read
                if element.written:
                    element.shape = row.shape
                    element.value = None if element.cleared else np.asarray(row)
        made.children = {source: a.to_host() for source, a in self._gradients().items()}
        return made

    @classmethod
    def from_host(cls, host: HostArray) -> TensorArray:
        """An array of NumPy's side on this one, with NumPy arrays for the leaves of `state`.

        Raises:
            NeedsHost: its elements have several shapes, or it is closed.
        """
        shapes = {element.shape for element in host.elements if element.written}
        _require(not host.closed and len(shapes) <= 1 and _is_numeric(host.dtype))
        shape = host.element_shape
        if host.is_gradient and shapes:
            (shape,) = shapes
        made = cls(
            len(host.elements),
            host.dtype,
            shape,
            dynamic_size=host.dynamic_size,
            clear_after_read=host.clear_after_read,
            identical_element_shapes=host.identical_element_shapes,
            is_gradient=host.is_gradient,
            name=host.name,
        )
        made.marked_size = host.marked_size
        if shapes:
            (size,) = shapes
            buffer = np.zeros((len(host.elements), *size), host.dtype.as_numpy_dtype)
            flags = np.zeros(len(host.elements), np.int8)
            for place, element in enumerate(host.elements):
                if element.value is not None:
                    buffer[place] = element.value
                is_written = element.value is not None or not host.is_gradient
                flags[place] = READ if element.read else int(element.written and is_written)
            made.state = (buffer, flags, np.bool_(flags.any()))
        made.children = {source: cls.from_host(a) for source, a in host.gradients.items()}
        return made

    def _with_shape(self, shape: ElementShape) -> tuple[Array, Array, Array]:
        """The state, made if there is none; elements must have `shape` as far as it is known."""
        if self.state is None:
            _require(is_full(shape) and is_compatible(shape, self.element_shape))
            rows = self._rows()
            buffer = lax.full((rows, *shape), 0, self.dtype.as_numpy_dtype)  # type: ignore[misc]  # full
            self.state = (buffer, np.zeros(rows, np.int8), self._untouched())
        buffer, flags, started = self.state
        _require(is_compatible(shape, buffer.shape[1:]))
        return buffer, flags, started

    def _read_all(self) -> Array:
        """Every element: the buffer itself."""
        buffer, flags, started = self._with_shape(self.element_shape)
        self._check_readable(flags, started, self.element_shape)
        if self.room is not None:
            self._check_range(np.asarray([self._rows() - 1], np.int32))
        self.state = (buffer, np.full(self._rows(), READ), started)
        return buffer

    def _untouched(self) -> Array:
        """The last part of the state before anything is written."""
        return np.bool_(False) if self.room is None else np.int32(0)

    def _after(self, indices: Array) -> Array:
        """The last part of the state after a write at `indices`."""
        if self.room is None:
            return np.bool_(True)
        grown = np.int32(0) if self.state is None else self.state[2]
        needed: Array
        if is_concrete(indices):
            needed = np.int32(np.max(indices) + 1 - self.initial_size)
        else:
            last = lax.reduce_max(indices, (0,)) if indices.ndim else indices
            needed = lax.add(last, np.int32(1 - self.initial_size))
        if is_concrete(grown) and is_concrete(needed):
            return np.maximum(grown, needed)
        return lax.max(asarray(grown), asarray(needed))

    def _write_all(self, rows: Array) -> None:
        """Write every element."""
        _require(is_compatible(self.element_shape, rows.shape[1:]))
        if self.state is not None:
            buffer, flags, _ = self._with_shape(rows.shape[1:])
            used = READ if self.is_gradient else WRITTEN
            _demand(_is_below(flags, used), "written twice")
            if self.is_gradient and not (is_concrete(flags) and not flags.any()):
                rows = add(buffer, rows)
        last = np.asarray(rows.shape[0] - 1, np.int32)
        self.state = (rows, np.full(rows.shape[0], WRITTEN), self._after(last))

    def _grow(self, size: int) -> None:
        """Make room for `size` elements."""
        have = self._rows()
        if size <= have:
            return
        if self.room is not None:
            _require(self.state is None and self.can_grow)
            self.room = size - self.initial_size
            return
        self.initial_size = size
        if self.state is not None:
            buffer, flags, started = self.state
            more = lax.full((size - have, *buffer.shape[1:]), 0, buffer.dtype)
            flags = lax.concatenate([asarray(flags), np.zeros(size - have, np.int8)], 0)
            self.state = (lax.concatenate([asarray(buffer), more], 0), flags, started)

    def _take_mark(self, size: int) -> None:
        _require(self.room is None)
        if self.dynamic_size:
            self._grow(size)
        _require(size == self._rows())
        if not self.is_gradient:
            self.marked_size = size

    def _require_no_holes(self) -> None:
        """Gradients of elements that aren't written have no shape, unless all elements have one."""
        if self.state is not None and not self.identical_element_shapes:
            flags = self.state[1]
            _require(is_full(self.element_shape) or not is_concrete(flags) or bool(flags.all()))

    def _require_whole(self) -> None:
        """Of a gradient array `pack` and `concat` take what was unpacked or split: here all."""
        _require(self.room is None and not self.is_padded)
        _require(not self.is_gradient or self.marked_size in (-1, self._rows()))

    def _is_whole(self, indices: Array) -> bool:
        return self._prefix(indices) == self._rows()

    def _prefix(self, indices: Array) -> int | None:
        """How many elements `indices` name when they are the first ones, in order; else None."""
        count = int(indices.shape[0])
        is_prefix = is_concrete(indices) and count <= self._rows()
        return count if is_prefix and np.array_equal(indices, np.arange(count)) else None

    def _check_range(self, indices: Array) -> None:
        rows = self._rows()
        if is_concrete(indices):
            _require(bool(np.all(indices >= 0)) and bool(np.all(indices < rows)))
            if self.room is not None:
                largest = np.asarray(np.max(indices), np.int32)
                _demand(_is_below(largest, self._grown_size()), "an index is out of range")
            return
        _require(rows > 0)
        if indices.ndim == 0:  # `gather` and `scatter` look at vectors themselves
            size: Array = np.int32(rows) if self.room is None else self._grown_size()
            unsigned = lax.convert_element_type(indices, np.uint32)
            limit = lax.convert_element_type(size, np.uint32)
            check(lax.lt(unsigned, limit), _INVALID, "an index is out of range")
        elif self.room is not None:
            last = lax.reduce_max(indices, (0,))
            check(lax.lt(last, self._grown_size()), _INVALID, "an index is out of range")

    def _check_distinct(self, indices: Array) -> None:
        if is_concrete(indices):
            _require(len(np.unique(indices)) == len(indices))
            return
        ones = lax.full(indices.shape, 1, np.int32)
        counts = scatter(lax.full((self._rows(),), 0, np.int32), indices, ones, "add")
        _demand(lax.le(counts, lax.full_like(counts, 1)), "an index is named twice")

    def _check_readable(self, flags: Array, started: Array, known: ElementShape) -> None:
        """Demand that elements with these flags can be read, `known` being all of their shape.

        What isn't written counts as zeros where the shape is known otherwise.
        """
        if self.clear_after_read:
            _demand(_is_below(flags, READ), "read twice")
        if is_full(known) or (self.room is not None and self.identical_element_shapes):
            return
        if self.identical_element_shapes:
            _demand(started, "read before anything is written")
        else:
            is_empty = _is_below(flags, WRITTEN)
            is_written = ~is_empty if is_concrete(is_empty) else lax.bitwise_not(is_empty)
            _demand(is_written, "read before it is written")

    def _flagged(self, flags: Array, indices: Array, flag: np.int8) -> Array:
        if is_concrete(flags) and is_concrete(indices):
            flags = np.array(flags)
            flags[np.asarray(indices)] = flag
            return flags
        return scatter(asarray(flags), indices, lax.full(indices.shape, flag, np.int8))


def new_tensor_array(
    size: Array,
    dtype: DType,
    shape: Any,
    dynamic_size: bool = False,
    clear_after_read: bool = True,
    identical_element_shapes: bool = False,
    name: str = "",
) -> TensorArray:
    """An empty tensor array; `size` must be known. See NumPy's side.

    Raises:
        NeedsHost: there are no such arrays here (of text), or `size` isn't known, or is wrong.
    """
    _require(is_concrete(size) and np.ndim(size) == 0 and _is_numeric(dtype))
    _require(int(size) >= 0)
    return TensorArray(
        int(size),
        dtype,
        element_shape(shape),
        dynamic_size=dynamic_size,
        clear_after_read=clear_after_read,
        identical_element_shapes=identical_element_shapes,
        name=f"{name}_{next(numbers)}",
    )


def _is_numeric(dtype: DType) -> bool:
    if not dtype.is_numpy_compatible:
        return False
    kind = np.dtype(dtype.as_numpy_dtype)
    return kind.kind != "O" and kind.names is None


def _require(ok: bool) -> None:
    if not ok:
        raise NeedsHost


def _demand(ok: Array, message: str) -> None:
    """A check of the run; what is known to fail is left to NumPy, which words it."""
    if is_concrete(ok):
        _require(bool(np.all(ok)))
        return
    check(ok, _INVALID, message)


def _is_below(x: Array, y: Array) -> Array:
    return np.less(x, y) if is_concrete(x) and is_concrete(y) else lax.lt(x, y)
