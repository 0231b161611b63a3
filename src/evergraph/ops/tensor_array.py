"""tf.TensorArray: an array of tensors that grows while a program runs.

Reference: TensorFlow 1.15, tensorflow/python/ops/tensor_array_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import colocate_with, control_dependencies, device, name_scope
from evergraph.graph.tensor_spec import (
    TypeSpec,
    register_type_spec_from_value_converter,
    type_spec_from_value,
)
from evergraph.ops.array_shape import shape
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant_value
from evergraph.ops.identity import identity
from evergraph.ops.sequences import range as range_of
from evergraph.ops.tensor_array_ops import (
    TENSOR_ARRAY_CLOSE_V3,
    TENSOR_ARRAY_CONCAT_V3,
    TENSOR_ARRAY_GATHER_V3,
    TENSOR_ARRAY_GRAD_V3,
    TENSOR_ARRAY_READ_V3,
    TENSOR_ARRAY_SCATTER_V3,
    TENSOR_ARRAY_SIZE_V3,
    TENSOR_ARRAY_SPLIT_V3,
    TENSOR_ARRAY_V3,
    TENSOR_ARRAY_WRITE_V3,
)


class TensorArray:
    """An array whose elements are tensors; each is written once.

    What writes returns a new object, which later operations must use: its flow, a scalar that
    every operation takes and hands on, is what orders them.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Tensor | None = None,
        flow: Tensor | None = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        """Make an array, or another object for the one behind `handle`.

        Args:
            dtype: type of the elements.
            size: int32 scalar, the number of elements; wanted unless `handle` is given.
            dynamic_size: let writes behind the end make the array longer.
            clear_after_read: give an element up once it is read; True when None.
            tensor_array_name: what error messages call it.
            handle: the handle of an array that exists.
            flow: its flow.
            infer_shape: all elements have one shape, that of the first write.
            element_shape: what is known of the shape of the elements.
            colocate_with_first_write_call: place the array with the first value written.
            name: name of the operation; "TensorArray" when None.

        Raises:
            TypeError: `handle` isn't a tensor.
            ValueError: arguments that exclude each other, or neither `size` nor `handle`.
        """
        _check_arguments(
            handle, flow, size, element_shape, dynamic_size, clear_after_read, tensor_array_name
        )
        self._dynamic_size = dynamic_size or False
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._infer_shape = infer_shape
        self._colocate_with_first_write_call = colocate_with_first_write_call
        # These two lists are shared by all objects of one array.
        self._colocate_with: list[Tensor] | None = [] if colocate_with_first_write_call else None
        self._element_shape: list[TensorShape] = [as_shape(element_shape)]
        with name_scope(name, "TensorArray", [handle, size, flow]) as scope:
            if handle is not None:
                if flow is None:
                    raise ValueError("flow must not be None if handle is not None.")
                self._handle, self._flow = handle, flow
                return
            with ExitStack() as stack:
                if colocate_with_first_write_call:
                    stack.enter_context(device(None))
                    stack.enter_context(colocate_with(None, ignore_existing=True))
                self._handle, self._flow = TENSOR_ARRAY_V3(
                    size,
                    dtype=dtype,
                    element_shape=element_shape,
                    identical_element_shapes=infer_shape,
                    dynamic_size=self._dynamic_size,
                    clear_after_read=True if clear_after_read is None else clear_after_read,
                    tensor_array_name=tensor_array_name,
                    name=scope,
                )

    @property
    def flow(self) -> Tensor:
        """The scalar that orders operations: those after this object's last write take it."""
        return self._flow

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._dtype

    @property
    def handle(self) -> Tensor:
        """The tensor that stands for the array."""
        return self._handle

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of the elements."""
        return self._element_shape[0]

    @property
    def dynamic_size(self) -> bool:
        """Whether writes behind the end make the array longer."""
        return self._dynamic_size

    @property
    def _implementation(self) -> TensorArray:
        """The object itself: here no other class does the work."""
        return self

    def _merge_element_shape(self, shape: TensorShape) -> None:
        """Take note of the shape of a written element.

        Raises:
            ValueError: it contradicts what is known.
        """
        if not shape.is_compatible_with(self.element_shape):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {self.element_shape} ")
        if self._infer_shape:
            self._element_shape[0] = self.element_shape.merge_with(shape)

    _check_element_shape = _merge_element_shape

    @contextmanager
    def _maybe_colocate_with(self, value: Tensor) -> Iterator[None]:
        if self._colocate_with is None:
            yield
            return
        if not self._colocate_with:
            self._colocate_with.append(value)
        with colocate_with(self._colocate_with[0]):
            yield

    def with_flow(self, flow: Tensor) -> TensorArray:
        """Another object for this array, whose operations come after `flow`."""
        other = TensorArray(
            dtype=self._dtype,
            handle=self._handle,
            flow=flow,
            infer_shape=self._infer_shape,
            colocate_with_first_write_call=self._colocate_with_first_write_call,
        )
        other._dynamic_size = self._dynamic_size
        other._colocate_with = self._colocate_with
        other._element_shape = self._element_shape
        return other

    def identity(self) -> TensorArray:
        """Another object for this array, ordered after the control dependencies of here."""
        return self.with_flow(identity(self._flow))

    def grad(self, source: str, flow: Tensor | None = None, name: str | None = None) -> TensorArray:
        """The array of the gradients of the elements in the `tf.gradients` call called `source`.

        Args:
            source: what tells the call from others.
            flow: flow after which this array has its final size; its own when None.
            name: name of the operation.
        """
        flow = self._flow if flow is None else flow
        with name_scope(name, "TensorArrayGrad", [self._handle]), colocate_with(self._handle):
            handle, _ = TENSOR_ARRAY_GRAD_V3(self._handle, flow, source=source, name=name)
            with control_dependencies([handle]):
                flow = identity(flow, name="gradient_flow")
            array = TensorArray(
                dtype=self._dtype,
                handle=handle,
                flow=flow,
                infer_shape=self._infer_shape,
                colocate_with_first_write_call=False,
            )
            array._element_shape = self._element_shape
            return array

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The element at `index`, an int32 scalar.

        With `clear_after_read` it can be read only once.
        """
        value: Tensor = TENSOR_ARRAY_READ_V3(
            self._handle, index, self._flow, dtype=self._dtype, name=name
        )
        value.set_shape(self.element_shape.dims)
        return value

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Put `value` at `index`, an int32 scalar.

        Returns:
            The object for what comes after the write.

        Raises:
            ValueError: the shape of `value` isn't that of the other elements.
        """
        with name_scope(name, "TensorArrayWrite", [self._handle, index, value]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._merge_element_shape(value.shape)
            with self._maybe_colocate_with(value):
                flow = TENSOR_ARRAY_WRITE_V3(self._handle, index, value, self._flow, name=name)
            return self.with_flow(flow)

    def stack(self, name: str | None = None) -> Tensor:
        """All elements as one tensor, [size, ...]; they must have one shape."""
        with (
            colocate_with(self._handle),
            name_scope(name, "TensorArrayStack", [self._handle]),
        ):
            return self.gather(range_of(0, self.size()), name=name)

    def pack(self, name: str | None = None) -> Tensor:
        """`stack` as it was called before TensorFlow 1.0."""
        return self.stack(name=name)

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements at `indices`, an int32 vector, as one tensor."""
        value: Tensor = TENSOR_ARRAY_GATHER_V3(
            self._handle,
            indices,
            self._flow,
            dtype=self._dtype,
            name=name,
            element_shape=self.element_shape,
        )
        if self.element_shape:
            value.set_shape([None, *(self.element_shape.dims or ())])
        return value

    def concat(self, name: str | None = None) -> Tensor:
        """The elements one after another along their first axis; the other axes must agree."""
        value: Tensor
        value, _ = TENSOR_ARRAY_CONCAT_V3(
            self._handle,
            self._flow,
            dtype=self._dtype,
            name=name,
            element_shape_except0=self.element_shape[1:],
        )
        if self.element_shape:
            value.set_shape([None, *(self.element_shape.dims or ())[1:]])
        return value

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Write the rows of `value` at 0, 1, 2 ...

        Returns:
            The object for what comes after.
        """
        with name_scope(name, "TensorArrayUnstack", [self._handle, value]):
            count = shape(value)[0]
            return self.scatter(indices=range_of(0, count), value=value, name=name)

    def unpack(self, value: Any, name: str | None = None) -> TensorArray:
        """`unstack` as it was called before TensorFlow 1.0."""
        return self.unstack(value, name=name)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Write the rows of `value` at `indices`, an int32 vector.

        Returns:
            The object for what comes after.

        Raises:
            ValueError: the shape of the rows isn't that of the other elements.
        """
        with name_scope(name, "TensorArrayScatter", [self._handle, value, indices]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._merge_element_shape(value.shape[1:])
            with self._maybe_colocate_with(value):
                flow = TENSOR_ARRAY_SCATTER_V3(self._handle, indices, value, self._flow, name=name)
            return self.with_flow(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Write `value` cut into pieces of these `lengths`, an integer vector.

        Returns:
            The object for what comes after.

        Raises:
            ValueError: the lengths are equal and known, and the pieces don't have the shape of the
                other elements.
        """
        with name_scope(name, "TensorArraySplit", [self._handle, value, lengths]):
            value = convert_to_tensor(value, dtype=self._dtype, name="value")
            with self._maybe_colocate_with(value):
                lengths = cast(lengths, dtypes.int64)
                known = constant_value(lengths)
                is_known = value.shape.dims is not None and known is not None and known.shape
                if is_known and known.max() == known.min():
                    first = TensorShape([int(known[0])])
                    self._merge_element_shape(first.concatenate(value.shape[1:]))
                flow = TENSOR_ARRAY_SPLIT_V3(self._handle, value, lengths, self._flow, name=name)
            return self.with_flow(flow)

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements, an int32 scalar."""
        count: Tensor = TENSOR_ARRAY_SIZE_V3(self._handle, self._flow, name=name)
        return count

    def mark_used(self) -> None:
        """Accepted for TensorFlow's sake: nobody is told of a result that isn't used."""

    def close(self, name: str | None = None) -> Operation:
        """Give all elements up."""
        operation: Operation = TENSOR_ARRAY_CLOSE_V3(self._handle, name=name)
        return operation


def build_ta_with_new_flow(old_ta: TensorArray, flow: Tensor) -> TensorArray:
    """`old_ta.with_flow(flow)`, under TensorFlow's name."""
    return old_ta.with_flow(flow)


class TensorArraySpec(TypeSpec):
    """What is known of a TensorArray."""

    def __init__(
        self,
        element_shape: Any = None,
        dtype: Any = dtypes.float32,
        dynamic_size: bool = False,
        infer_shape: bool = True,
    ) -> None:
        """A spec from arguments as TensorArray's."""
        self._element_shape = as_shape(element_shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._dynamic_size = dynamic_size
        self._infer_shape = infer_shape

    @property
    def value_type(self) -> type:
        """TensorArray."""
        return TensorArray

    @staticmethod
    def from_value(value: Any) -> TensorArraySpec:
        """The spec of a TensorArray.

        Raises:
            TypeError: `value` isn't one.
        """
        if not isinstance(value, TensorArray):
            raise TypeError(f"Expected value to be a TensorArray, but saw: {type(value)}")
        return TensorArraySpec(
            value.element_shape, value.dtype, value.dynamic_size, value._infer_shape
        )

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a TensorArray (or every one of another spec) is of this kind."""
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            other = type_spec_from_value(other)
        return isinstance(other, TensorArraySpec) and bool(
            self._dtype.is_compatible_with(other._dtype)
            and self._element_shape.is_compatible_with(other._element_shape)
            and self._dynamic_size == other._dynamic_size
        )

    def most_specific_compatible_type(self, other: Any) -> TensorArraySpec:
        """The narrowest spec that both specs are of.

        Raises:
            ValueError: there is none.
        """
        if not self.is_compatible_with(other):
            raise ValueError("Types are not compatible")
        shape = self._element_shape.most_specific_compatible_shape(other._element_shape)
        infers = self._infer_shape and other._infer_shape
        return TensorArraySpec(shape, self._dtype, self._dynamic_size, infers)

    def _serialize(self) -> tuple[Any, ...]:
        return self._element_shape, self._dtype, self._dynamic_size, self._infer_shape


register_type_spec_from_value_converter(TensorArray, TensorArraySpec.from_value)


def _check_arguments(
    handle: Any,
    flow: Any,
    size: Any,
    element_shape: Any,
    dynamic_size: Any,
    clear_after_read: Any,
    tensor_array_name: Any,
) -> None:
    if handle is None:
        if size is None:
            raise ValueError("Size must be provided if handle is not provided")
        return
    if tensor_array_name:
        raise ValueError("Cannot construct with both handle and tensor_array_name")
    if not isinstance(handle, Tensor):
        raise TypeError("Handle must be a Tensor")
    given = {
        "size": size,
        "element_shape": element_shape,
        "dynamic_size": dynamic_size,
        "clear_after_read": clear_after_read,
    }
    for what, value in given.items():
        if value is not None:
            raise ValueError(f"Cannot provide both a handle and {what} at the same time")
