"""Tensor arrays on NumPy's side: changed in place, with TensorFlow's rules and messages.

Reference: TensorFlow 1.15, tensorflow/core/kernels/tensor_array.h, tensor_array_ops.cc.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from evergraph.arrays.checks import CheckFailure
from evergraph.arrays.described_arrays import DescribedArray
from evergraph.arrays.element_shapes import (
    ElementShape,
    dtype_text,
    element_shape,
    is_compatible,
    is_full,
    merged,
    shape_text,
)
from evergraph.arrays.numpy_backend.elementwise import add
from evergraph.core.dtypes import DType
from evergraph.core.typing import Array

numbers = itertools.count()
"""Messages tell arrays of one name apart by these, as TensorFlow's do."""

# Names of handles start with it; those of gradient arrays with the other one.
_CONTAINER, _GRADIENTS = "_tensor_arrays", "_tensor_array_grads"


class Element:
    """One place of a tensor array.

    Attributes:
        value: the tensor; None before it is written, after it is cleared, and where only its shape
            is known, which stands for zeros.
        shape: the value's shape.
        written: whether there is a value, or a shape in its place.
        read: whether the value has been read: no write may follow.
        cleared: whether a read took the value away.
    """

    __slots__ = ("cleared", "read", "shape", "value", "written")

    def __init__(self) -> None:
        self.value: Array | None = None
        self.shape: tuple[int, ...] = ()
        self.written = self.read = self.cleared = False


class TensorArray(DescribedArray):
    """An array whose elements are tensors, each written once.

    Attributes, besides those of `DescribedArray`:
        state: the elements.
        element_shape: with `identical_element_shapes` the first write completes it.
        closed: whether it may no longer be used.
        has_sums: whether an element was written twice: no gradient can be taken then.
    """

    __slots__ = ("closed", "has_sums")

    def __init__(self, size: int, dtype: DType, shape: ElementShape, **options: Any) -> None:
        super().__init__(size, dtype, shape, **options)
        self.state = [Element() for _ in range(size)]
        self.closed = self.has_sums = False

    @property
    def gradients(self) -> dict[str, TensorArray]:
        """The gradient array of each source."""
        children: dict[str, Any] = self.children
        return children

    @property
    def deepest(self) -> int:
        """How many elements it has beyond its first size."""
        return len(self.elements) - self.initial_size

    @property
    def elements(self) -> list[Element]:
        """The elements; writes of a dynamic array may add to them."""
        elements: list[Element] = self.state
        return elements

    def size(self) -> Array:
        """The number of elements, an int32 scalar."""
        self._check_open()
        return np.asarray(len(self.elements), np.int32)

    def close(self) -> None:
        """Give all elements up; every later use is an error."""
        self.state = []
        self.closed = True

    def write(self, index: Array, value: Array, dtype: DType) -> None:
        """Put `value`, of type `dtype`, at `index`; a gradient array adds it."""
        _check_index(index)
        self._check_write(dtype)
        self._write(int(index), value, dtype)

    def read(self, index: Array, dtype: DType) -> Array:
        """The element at `index`, which may be cleared by that."""
        _check_index(index)
        self._check_read(dtype)
        return self._read(int(index))

    def gather(self, indices: Array, dtype: DType, shape: Any) -> Array:
        """The elements at `indices` stacked; `shape` is what the operation knows of theirs."""
        self._check_read(dtype)
        wanted = self._merge_shape(shape)
        if np.ndim(indices) != 1:
            _refuse(f"Expected indices to be a vector, but received shape: {_text(indices)}")
        return self._gather(np.asarray(indices).tolist(), wanted)

    def pack(self, dtype: DType, shape: Any) -> Array:
        """All elements stacked; of a gradient array those that were unpacked."""
        self._check_read(dtype)
        wanted = self._merge_shape(shape)
        return self._gather(range(self._whole_size()), wanted)

    def concat(self, dtype: DType, shape_except0: Any) -> tuple[Array, Array]:
        """The elements one after another along their first axis, and the length of each (int64)."""
        self._check_read(dtype)
        wanted = element_shape(shape_except0)
        count = self._whole_size()
        if count == 0:
            empty = self._empty(
                wanted, "element_shape_except0", "concatenating zero-size TensorArrays"
            )
            return empty, np.zeros(0, np.int64)
        values = [self._read(i) for i in range(count)]
        for i, value in enumerate(values):
            if value.ndim == 0:
                _refuse(
                    f"Concat saw a scalar shape at index {i} but requires at least vectors.  "
                    "Did you mean to call pack?"
                )
            first, rest = values[0].shape[1:], value.shape[1:]
            if i == 0 and not is_compatible(wanted, rest):
                _refuse(
                    f"TensorArray was passed element_shape_except0 {shape_text(wanted)} but index "
                    f"0 has (excepting dimension 0) shape: {shape_text(rest)} which does not match."
                )
            if first != rest:
                _refuse(
                    "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) "
                    f"shape: {shape_text(first)} but index {i} has (excepting dimension 0) shape: "
                    f"{shape_text(rest)}"
                )
        lengths = np.asarray([len(value) for value in values], np.int64)
        return np.concatenate(values), lengths

    def scatter(self, indices: Array, value: Array, dtype: DType) -> None:
        """Write the rows of `value` at `indices`."""
        self._check_write(dtype)
        self._check_unpackable(value)
        if np.ndim(indices) != 1:
            _refuse(f"Expected indices to be a vector, but received shape: {_text(indices)}")
        if len(indices) != len(value):
            _refuse(
                "Expected len(indices) == values.shape[0], but saw: "
                f"{len(indices)} vs. {len(value)}"
            )
        places = np.asarray(indices).tolist()
        last = max(places, default=-1)
        if last >= len(self.elements) and not self.dynamic_size:
            _refuse(f"Max scatter index must be < array size ({last} vs. {len(self.elements)})")
        for place, row in zip(places, value, strict=True):
            self._write(place, np.asarray(row, value.dtype), dtype)

    def unpack(self, value: Array, dtype: DType) -> None:
        """Write all rows of `value`; there must be as many as elements."""
        self._check_write(dtype)
        self._check_unpackable(value)
        size = len(self.elements)
        size = max(size, len(value)) if self.dynamic_size else size
        if len(value) != size:
            _refuse(
                "Input value must have first dimension equal to the array size "
                f"({len(value)} vs. {size})"
            )
        self._mark(size)
        for place, row in enumerate(value):
            self._write(place, np.asarray(row, value.dtype), dtype)

    def split(self, value: Array, lengths: Array, dtype: DType) -> None:
        """Write `value` cut into elements of these `lengths` along its first axis."""
        self._check_open()
        if np.ndim(lengths) != 1:
            _refuse(f"Expected lengths to be a vector, received shape: {_text(lengths)}")
        parts = [int(n) for n in lengths]
        if np.ndim(value) == 0:
            _refuse(f"Expected value to be at least a vector, but received shape: {_text(value)}")
        if sum(parts) != len(value):
            _refuse(
                "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
                f"{sum(parts)} and value's shape is: {_text(value)}"
            )
        size = len(self.elements)
        size = max(size, len(parts)) if self.dynamic_size else size
        if size != len(parts):
            _refuse(
                f"TensorArray's size is not equal to the size of lengths ({size} vs. {len(parts)}),"
                " and the TensorArray is not marked as dynamically resizeable"
            )
        self._check_write(dtype)
        self._mark(size)
        start = 0
        for place, length in enumerate(parts):
            self._write(place, value[start : start + length], dtype)
            start += length

    def gradient(self, source: str, prefix: Sequence[int] = ()) -> TensorArray:
        """The array that collects the gradients of the `tf.gradients` call `source`.

        It is made at the first call, with the size that this array has then; from then on this
        array can't grow. `prefix` stands before the shapes of its elements.
        """
        if self.is_gradient:
            _refuse(f"Wrong input container. {_GRADIENTS}{self.name}")
        self.dynamic_size = False
        self._check_open()
        if self.has_sums:
            _refuse(
                f"Unable to create a gradients TensorArray for {self.name}.  Perhaps you used the "
                "multiple_writes_aggregate flag on a previous write?  Gradient calculation is "
                "impossible when multiple writes are performed to the same index."
            )
        found = self.gradients.get(source)
        if found is None:
            found = self.children[source] = self._new_gradient(source, tuple(prefix))
        return found

    def _new_gradient(self, source: str, prefix: tuple[int, ...]) -> TensorArray:
        shape = self.element_shape
        made = TensorArray(
            len(self.elements),
            self.dtype,
            None if shape is None else prefix + shape,
            identical_element_shapes=self.identical_element_shapes,
            is_gradient=True,
            name=f"{self.name}@{source}",
        )
        made.marked_size = self.marked_size
        for mine, its in zip(self.elements, made.elements, strict=True):
            if mine.written:
                its.shape, its.written = prefix + mine.shape, True
        return made

    def _write(self, index: int, value: Array, dtype: DType) -> None:
        size = len(self.elements)
        if index < 0 or (index >= size and not self.dynamic_size):
            _refuse(
                f"TensorArray {self.name}: Tried to write to index {index} but array is not "
                f"resizeable and size is: {size}"
            )
        if index >= size:
            self.elements.extend(Element() for _ in range(index + 1 - size))
        start = f"TensorArray {self.name}: Could not write to TensorArray index {index} because "
        if not is_compatible(self.element_shape, value.shape):
            _refuse(
                f"{start}the value shape is {_text(value)} which is incompatible with the "
                f"TensorArray's inferred element shape: {shape_text(self.element_shape)} "
                "(consider setting infer_shape=False)."
            )
        if self.identical_element_shapes and not is_full(self.element_shape):
            self.element_shape = value.shape
        element = self.elements[index]
        if element.read:
            _refuse(f"{start}it has already been read.")
        if element.written and not self.is_gradient:
            _refuse(f"{start}it has already been written to.")
        if element.written:
            self._add(element, index, value, dtype)
        else:
            element.value, element.shape, element.written = value, value.shape, True

    def _add(self, element: Element, index: int, value: Array, dtype: DType) -> None:
        if element.shape != value.shape:
            _refuse(
                f"TensorArray {self.name}: Could not aggregate to TensorArray index {index} "
                f"because the existing shape is {shape_text(element.shape)} but the new input "
                f"shape is {_text(value)}."
            )
        if element.value is None or element.value.size == 0:
            element.value = value
            return
        if value.dtype.kind in "bOSU":
            _refuse(f"tensor_array::AddToTensor type not supported: {dtype_text(dtype)}")
        element.value = add(element.value, value)
        self.has_sums = True

    def _read(self, index: int) -> Array:
        size = len(self.elements)
        if index < 0 or (index >= size and not self.is_gradient):
            _refuse(f"Tried to read from index {index} but array size is: {size}")
        if index >= size or not self.elements[index].written:
            self._fill(index)
        element = self.elements[index]
        if element.cleared:
            _refuse(
                f"TensorArray {self.name}: Could not read index {index} twice because it was "
                "cleared after a previous read (perhaps try setting clear_after_read = false?)."
            )
        if element.value is None or element.value.size == 0:
            element.value = self._zeros(element.shape)
        value = element.value
        if self.clear_after_read:
            element.value = None
            element.cleared = True
        element.read = True
        return value

    def _fill(self, index: int) -> None:
        """Let zeros stand for an element that was never written."""
        size = len(self.elements)
        shape: ElementShape
        if self.is_gradient and index < size and self.elements[index].shape:
            shape = self.elements[index].shape
        elif is_full(self.element_shape):
            shape = self.element_shape
        else:
            _refuse(
                f"TensorArray {self.name}: Could not read from TensorArray index {index}.  "
                f"Furthermore, the element shape is not fully defined: "
                f"{shape_text(self.element_shape)}.  It is possible you are working with a "
                "resizeable TensorArray and stop_gradients is not allowing the gradients to be "
                "written.  If you set the full element_shape property on the forward TensorArray, "
                "the proper all-zeros tensor will be returned instead of incurring this error."
            )
        self.elements.extend(Element() for _ in range(index + 1 - size))
        for element in self.elements[min(size, index) : index + 1]:
            element.shape, element.written = shape, True  # type: ignore[assignment]  # it is full

    def _zeros(self, shape: tuple[int, ...]) -> Array:
        kind = self.dtype.as_numpy_dtype
        if kind is object:
            if 0 not in shape:
                _refuse(f"tensor_array::TensorSetZero type not supported: {dtype_text(self.dtype)}")
            return np.zeros(shape, object)
        return np.zeros(shape, kind)

    def _gather(self, indices: Sequence[int], wanted: ElementShape) -> Array:
        if not len(indices):
            return self._empty(wanted, "element shape", "packing zero-size TensorArrays")
        values = [self._read(i) for i in indices]
        first = values[0].shape
        if not is_compatible(wanted, first):
            _refuse(
                f"TensorArray was passed element_shape {shape_text(wanted)} which does not match "
                f"the Tensor at index 0: {shape_text(first)}"
            )
        for i, value in enumerate(values):
            if value.shape != first and 0 not in first:
                _refuse(
                    f"TensorArray has inconsistent shapes.  Index 0 has shape: {shape_text(first)} "
                    f"but index {i} has shape: {shape_text(value.shape)}"
                )
        if 0 in first:
            return np.zeros((len(values), *first), values[0].dtype)
        return np.stack(values)

    def _empty(self, wanted: ElementShape, what: str, doing: str) -> Array:
        if wanted is None or None in wanted:
            raise CheckFailure(
                "UnimplementedError",
                f"TensorArray has size zero, but {what} {shape_text(wanted)} is not fully defined. "
                f"Currently only static shapes are supported when {doing}.",
            )
        return np.zeros((0, *(n or 0 for n in wanted)), self.dtype.as_numpy_dtype)

    def _merge_shape(self, shape: Any) -> ElementShape:
        wanted = element_shape(shape)
        self.element_shape = merged(self.element_shape, wanted)
        return wanted

    def _whole_size(self) -> int:
        self._check_open()
        has_mark = self.is_gradient and self.marked_size >= 0
        return self.marked_size if has_mark else len(self.elements)

    def _mark(self, size: int) -> None:
        if not self.is_gradient:
            self.marked_size = size

    def _check_open(self) -> None:
        if self.closed:
            _refuse(f"TensorArray {self.name} has already been closed.")

    def _check_write(self, dtype: DType) -> None:
        if dtype != self.dtype:
            _refuse(
                f"TensorArray dtype is {dtype_text(self.dtype)} but Op is trying to write dtype "
                f"{dtype_text(dtype)}."
            )
        self._check_open()

    def _check_read(self, dtype: DType) -> None:
        if dtype != self.dtype:
            _refuse(
                f"TensorArray dtype is {dtype_text(self.dtype)} but Op requested dtype "
                f"{dtype_text(dtype)}."
            )
        self._check_open()

    def _check_unpackable(self, value: Array) -> None:
        if np.ndim(value) == 0:
            _refuse(
                "Input value for unpack must be at least a vector but received shape: "
                f"{_text(value)}"
            )


def new_tensor_array(
    size: Array,
    dtype: DType,
    shape: Any,
    dynamic_size: bool = False,
    clear_after_read: bool = True,
    identical_element_shapes: bool = False,
    name: str = "",
) -> TensorArray:
    """An empty tensor array.

    Args:
        size: number of elements, an integer scalar.
        dtype: type of the elements.
        shape: what is known of their shape: sizes and None, or None.
        dynamic_size: whether a write behind the end makes it longer.
        clear_after_read: whether an element can be read only once.
        identical_element_shapes: whether the first write settles the shape of all elements.
        name: what messages call it.
    """
    if np.ndim(size) != 0:
        _refuse(f"TensorArray size must be scalar, but had shape: {_text(size)}")
    if size < 0:
        _refuse("Size should be >= 0.")
    return TensorArray(
        int(size),
        dtype,
        element_shape(shape),
        dynamic_size=dynamic_size,
        clear_after_read=clear_after_read,
        identical_element_shapes=identical_element_shapes,
        name=f"{name}_{next(numbers)}",
    )


def _text(value: Array) -> str:
    return shape_text(np.shape(value))


def _check_index(index: Array) -> None:
    if np.ndim(index) != 0:
        _refuse(f"TensorArray index must be scalar, but had shape: {_text(index)}")


def _refuse(message: str) -> NoReturn:
    raise CheckFailure("InvalidArgumentError", message)
