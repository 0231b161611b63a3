"""Descriptions of values without the values: TypeSpec, TensorSpec, SparseTensorSpec.

Reference: TensorFlow 1.15, tensorflow/python/framework/type_spec.py, tensor_spec.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.graph.composite import (
    IndexedSlices,
    IndexedSlicesValue,
    SparseTensor,
    SparseTensorValue,
)
from evergraph.graph.conversion import is_dense_tensor_like
from evergraph.graph.operation import Tensor


class TypeSpec:
    """What is known of a value: its class, and what `_serialize` tells."""

    @property
    def value_type(self) -> type:
        """The class of the values."""
        raise NotImplementedError(f"{type(self).__name__}.value_type")

    def _serialize(self) -> tuple[Any, ...]:
        """The arguments that make an equal spec."""
        raise NotImplementedError(f"{type(self).__name__}._serialize")

    @classmethod
    def _deserialize(cls, serialization: tuple[Any, ...]) -> Any:
        return cls(*serialization)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value (or every value of another spec) is of this kind."""
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            other = type_spec_from_value(other)
        return type(self) is type(other) and _fits(self._serialize(), other._serialize())

    def most_specific_compatible_type(self, other: TypeSpec) -> Any:
        """The narrowest spec that both specs are of.

        Raises:
            ValueError: there is none.
        """
        if type(self) is not type(other):
            raise ValueError(
                f"No TypeSpec is compatible with both {self} and {other}: they are of different "
                "types"
            )
        merged = _merge(self._serialize(), other._serialize(), f"{self} and {other}")
        return self._deserialize(merged)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _key(self) == _key(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(_key(self))

    def __reduce__(self) -> Any:
        return type(self), self._serialize()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._serialize()!r}"


def _key(value: Any) -> Any:
    """A hashable that is equal for equal specs: unlike TensorShapes, unknown equals unknown."""
    if isinstance(value, TypeSpec):
        return type(value), _key(value._serialize())
    if isinstance(value, TensorShape):
        return TensorShape, None if value.ndims is None else tuple(value.as_list())
    if isinstance(value, list | tuple):
        return tuple(_key(item) for item in value)
    if isinstance(value, dict):
        return tuple((key, _key(item)) for key, item in sorted(value.items()))
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return value


def _fits(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple):
        return (
            isinstance(b, list | tuple)
            and len(a) == len(b)
            and all(_fits(x, y) for x, y in zip(a, b, strict=True))
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and set(a) == set(b) and all(_fits(a[k], b[k]) for k in a)
    if isinstance(a, TypeSpec | TensorShape | dtypes.DType):
        return bool(a.is_compatible_with(b))
    return bool(_key(a) == _key(b))


def _merge(a: Any, b: Any, what: str) -> Any:
    if isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        return type(a)(_merge(x, y, what) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict) and set(a) == set(b):
        return {k: _merge(a[k], b[k], what) for k in a}
    if isinstance(a, TensorShape) and isinstance(b, TensorShape):
        return a.most_specific_compatible_shape(b)
    if isinstance(a, TypeSpec) and isinstance(b, TypeSpec):
        return a.most_specific_compatible_type(b)
    if _key(a) != _key(b):
        raise ValueError(f"Types are not compatible: {what}")
    return a


class TensorSpec(TypeSpec):
    """Shape, dtype and name of a tensor."""

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._name = name

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> Any:
        """A TensorSpec as `spec`, under another name if one is given."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The spec of a tensor.

        Raises:
            ValueError: it is no tensor.
        """
        if not isinstance(tensor, Tensor):
            raise ValueError("`tensor` should be a tf.Tensor")
        return TensorSpec(tensor.shape, tensor.dtype, name or tensor.op.name)

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, or None."""
        return self._name

    @property
    def value_type(self) -> type:
        """Tensor."""
        return Tensor

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether dtype and shape agree, as far as known."""
        dtype = dtypes.as_dtype(spec_or_tensor.dtype)
        return self._dtype.is_compatible_with(dtype) and self._shape.is_compatible_with(
            spec_or_tensor.shape
        )

    def most_specific_compatible_type(self, other: TypeSpec) -> TensorSpec:
        """The narrowest spec that both are of."""
        if type(self) is not type(other) or self._dtype != other.dtype:
            raise ValueError(f"Types are not compatible: {self!r} vs {other!r}")
        assert isinstance(other, TensorSpec)
        shape = self._shape.most_specific_compatible_shape(other._shape)
        return TensorSpec(shape, self._dtype, self._name if self._name == other._name else None)

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype, self._name

    def _batch(self, batch_size: int | None) -> TensorSpec:
        return TensorSpec(TensorShape([batch_size]).concatenate(self._shape), self._dtype)

    def _unbatch(self) -> TensorSpec:
        if self._shape.ndims == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        return TensorSpec(self._shape[1:], self._dtype)

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


class BoundedTensorSpec(TensorSpec):
    """A TensorSpec with least and greatest values, arrays that broadcast to the shape."""

    def __init__(
        self, shape: Any, dtype: Any, minimum: Any, maximum: Any, name: str | None = None
    ) -> None:
        super().__init__(shape, dtype, name)
        self._minimum = self._bound("minimum", minimum)
        self._maximum = self._bound("maximum", maximum)

    def _bound(self, what: str, value: Any) -> np.ndarray:
        if value is None:
            raise ValueError("minimum and maximum must be provided; but saw None")
        array = np.array(value, self._dtype.as_numpy_dtype)
        try:
            np.broadcast_shapes(array.shape, tuple(size or 0 for size in self._shape.as_list()))
        except ValueError as error:
            raise ValueError(f"{what} is not compatible with shape. Message: {error!r}.") from None
        array.setflags(write=False)
        return array

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> BoundedTensorSpec:
        """As `spec`, with the bounds of its dtype if it has none."""
        dtype = dtypes.as_dtype(spec.dtype)
        minimum = getattr(spec, "minimum", dtype.min)
        maximum = getattr(spec, "maximum", dtype.max)
        return BoundedTensorSpec(spec.shape, dtype, minimum, maximum, name or spec.name)

    @property
    def minimum(self) -> np.ndarray:
        """The least values."""
        return self._minimum

    @property
    def maximum(self) -> np.ndarray:
        """The greatest values."""
        return self._maximum

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BoundedTensorSpec)
            and _key((self._shape, self._dtype)) == _key((other._shape, other._dtype))
            and np.allclose(self._minimum, other._minimum)
            and np.allclose(self._maximum, other._maximum)
        )

    def __hash__(self) -> int:
        return hash(_key((self._shape, self._dtype)))

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype, self._minimum, self._maximum, self._name

    def __repr__(self) -> str:
        return (
            f"BoundedTensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r}, "
            f"minimum={self._minimum!r}, maximum={self._maximum!r})"
        )


class SparseTensorSpec(TypeSpec):
    """Dense shape and dtype of a SparseTensor."""

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)

    @property
    def shape(self) -> TensorShape:
        """The dense shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the values."""
        return self._dtype

    @property
    def value_type(self) -> type:
        """SparseTensor."""
        return SparseTensor

    @classmethod
    def from_value(cls, value: Any) -> SparseTensorSpec:
        """The spec of a SparseTensor or SparseTensorValue."""
        if isinstance(value, SparseTensor):
            return cls(value.shape, value.dtype)
        if isinstance(value, SparseTensorValue):
            return cls(tuple(value.dense_shape), np.asarray(value.values).dtype)
        raise TypeError("Expected SparseTensor or SparseTensorValue")

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype

    @property
    def _component_specs(self) -> list[TensorSpec]:
        rank = self._shape.ndims
        return [
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self._dtype),
            TensorSpec([rank], dtypes.int64),
        ]

    def _to_components(self, value: Any) -> list[Any]:
        return [value.indices, value.values, value.dense_shape]

    def _from_components(self, components: list[Any]) -> Any:
        if all(isinstance(part, np.ndarray) for part in components):
            return SparseTensorValue(*components)
        return SparseTensor(*components)

    def _to_tensor_list(self, value: Any) -> list[Any]:
        return self._to_components(value)

    def _from_tensor_list(self, tensors: list[Any]) -> Any:
        return self._from_components(tensors)

    @property
    def _flat_tensor_specs(self) -> list[TensorSpec]:
        # tf.data carries a SparseTensor as one variant.
        return [TensorSpec(None, dtypes.variant)]

    def _batch(self, batch_size: int | None) -> SparseTensorSpec:
        return SparseTensorSpec(TensorShape([batch_size]).concatenate(self._shape), self._dtype)

    def _unbatch(self) -> SparseTensorSpec:
        if self._shape.ndims == 0:
            raise ValueError("Unbatching is only supported for rank >= 1")
        return SparseTensorSpec(self._shape[1:], self._dtype)


class IndexedSlicesSpec(TypeSpec):
    """Shapes and dtypes of the parts of IndexedSlices."""

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        self._shape = TensorShape(shape)
        self._values_dtype = dtypes.as_dtype(dtype)
        self._indices_dtype = dtypes.as_dtype(indices_dtype)
        self._dense_shape_dtype = (
            None if dense_shape_dtype is None else dtypes.as_dtype(dense_shape_dtype)
        )
        self._indices_shape = TensorShape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> type:
        """IndexedSlices."""
        return IndexedSlices

    def _serialize(self) -> tuple[Any, ...]:
        return (
            self._shape,
            self._values_dtype,
            self._indices_dtype,
            self._dense_shape_dtype,
            self._indices_shape,
        )

    @property
    def _component_specs(self) -> tuple[TensorSpec, ...]:
        values_shape = self._indices_shape.concatenate(self._shape[1:])
        specs = [
            TensorSpec(values_shape, self._values_dtype),
            TensorSpec(self._indices_shape, self._indices_dtype),
        ]
        if self._dense_shape_dtype is not None:
            specs.append(TensorSpec([self._shape.ndims], self._dense_shape_dtype))
        return tuple(specs)

    def _to_components(self, value: Any) -> tuple[Any, ...]:
        if value.dense_shape is None:
            return value.values, value.indices
        return value.values, value.indices, value.dense_shape

    def _from_components(self, components: Any) -> Any:
        values, indices, dense_shape = (*components, None)[:3]
        if all(isinstance(part, np.ndarray) for part in components):
            return IndexedSlicesValue(values, indices, dense_shape)
        return IndexedSlices(values, indices, dense_shape)


# Classes of later layers -> what makes the spec of an instance.
_converters: dict[type, Callable[[Any], TypeSpec]] = {}


def register_type_spec_from_value_converter(
    type_object: type, converter_fn: Callable[[Any], TypeSpec], allow_subclass: bool = False
) -> None:
    """Let `type_spec_from_value` make the specs of instances of `type_object` by `converter_fn`."""
    _converters[type_object] = converter_fn


def type_spec_from_value(value: Any) -> TypeSpec:
    """The spec of a tensor, an array, or a value made of tensors.

    Raises:
        TypeError: there is no spec for it.
    """
    for kind, converter in _converters.items():
        if isinstance(value, kind):
            return converter(value)
    if isinstance(value, Tensor):
        return TensorSpec(value.shape, value.dtype)
    if isinstance(value, SparseTensor | SparseTensorValue):
        return SparseTensorSpec.from_value(value)
    if isinstance(value, IndexedSlices):
        dense = value.dense_shape
        return IndexedSlicesSpec(
            value.values.shape.ndims and [None, *value.values.shape.as_list()[1:]],
            value.dtype,
            value.indices.dtype,
            None if dense is None else dense.dtype,
            value.indices.shape,
        )
    if isinstance(value, np.ndarray | np.generic | int | float | str | bytes | list):
        array = np.asarray(value)
        return TensorSpec(array.shape, dtypes.as_dtype(array.dtype))
    raise TypeError(f"Could not build a TypeSpec for {value!r} with type {type(value).__name__}")


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor, a variable, or made of tensors."""
    return is_dense_tensor_like(x) or isinstance(x, SparseTensor | IndexedSlices)
