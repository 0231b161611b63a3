"""IndexedSlices and SparseTensor: values made of several tensors."""

from __future__ import annotations

import abc
from collections import namedtuple
from typing import Any

from evergraph.core import dtypes, nest, shapes
from evergraph.graph import graph as graph_module
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope

IndexedSlicesValue = namedtuple("IndexedSlicesValue", ["values", "indices", "dense_shape"])


class SparseTensorValue(namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])):
    """What a SparseTensor is while a program runs: three arrays; fed, and fetched.

    0.x called the last one `shape`; that name is understood too.
    """

    __slots__ = ()

    def __new__(
        cls, indices: Any, values: Any, dense_shape: Any = None, shape: Any = None
    ) -> SparseTensorValue:
        """The value of these parts."""
        return super().__new__(cls, indices, values, shape if dense_shape is None else dense_shape)

    @property
    def shape(self) -> Any:
        """0.x's name of `dense_shape`."""
        return self.dense_shape


class IndexedSlices:
    """Rows of a larger tensor: `dense[indices[i]] += values[i]`, zero elsewhere.

    The gradient of a gather has this form; optimizers apply it without making it dense.

    Args:
        values: `[n, ...]`, any dtype.
        indices: `[n]` int32 or int64, rows may repeat.
        dense_shape: `[rank]` shape of the whole, or None when unknown.
    """

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Tensor | None = None) -> None:
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Tensor:
        """The rows, `[n, ...]`."""
        return self._values

    @property
    def indices(self) -> Tensor:
        """Where each row belongs, `[n]`."""
        return self._indices

    @property
    def dense_shape(self) -> Tensor | None:
        """The shape of the whole as a 1-D tensor, or None."""
        return self._dense_shape

    @property
    def name(self) -> str:
        """The name of `values`."""
        return self._values.name

    @property
    def device(self) -> str:
        """The device of `values`."""
        return self._values.device

    @property
    def op(self) -> Operation:
        """The operation that makes `values`."""
        return self._values.op

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of `values`."""
        return self._values.dtype

    @property
    def graph(self) -> Any:
        """The graph that holds the parts."""
        return self._values.graph

    @property
    def shape(self) -> shapes.TensorShape:
        """What is known of the shape of the whole."""
        if self._dense_shape is None:
            return shapes.TensorShape(None)
        shape: shapes.TensorShape = graph_module.value_as_shape(self._dense_shape)
        return shape

    def consumers(self) -> list[Operation]:
        """The operations that take `values`."""
        return self._values.consumers()

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __str__(self) -> str:
        dense = f", dense_shape={self._dense_shape}" if self._dense_shape is not None else ""
        return f"IndexedSlices(indices={self._indices}, values={self._values}{dense})"


class SparseTensor:
    """The non-zero elements of a tensor: `dense[indices[i]] = values[i]`.

    Args:
        indices: `[n, rank]` int64.
        values: `[n]`, any dtype.
        dense_shape: `[rank]` int64.
    """

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """The SparseTensor that a SparseTensor or SparseTensorValue stands for."""
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        if not isinstance(sparse_tensor_value, SparseTensorValue):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}.")
        return cls(*sparse_tensor_value)

    def __init__(
        self, indices: Any, values: Any, dense_shape: Any = None, shape: Any = None
    ) -> None:
        dense_shape = shape if dense_shape is None else dense_shape
        with name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            self._indices = convert_to_tensor(indices, name="indices", dtype=dtypes.int64)
            self._values = convert_to_tensor(values, name="values")
            self._dense_shape = convert_to_tensor(
                dense_shape, name="dense_shape", dtype=dtypes.int64
            )
        indices_shape = self._indices.shape.with_rank(2)
        values_shape = self._values.shape.with_rank(1)
        dense_shape_shape = self._dense_shape.shape.with_rank(1)
        indices_shape[0].merge_with(values_shape[0])
        indices_shape[1].merge_with(dense_shape_shape[0])

    @property
    def indices(self) -> Tensor:
        """Where the values are, `[n, rank]`."""
        return self._indices

    @property
    def values(self) -> Tensor:
        """The values that are kept, `[n]`."""
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        """The shape of the whole, `[rank]`."""
        return self._dense_shape

    @property
    def shape(self) -> shapes.TensorShape:
        """What is known of the shape of the whole."""
        return self.get_shape()

    def get_shape(self) -> shapes.TensorShape:
        """What is known of the shape of the whole."""
        shape: shapes.TensorShape = graph_module.value_as_shape(self._dense_shape)
        return shape

    @property
    def op(self) -> Operation:
        """The operation that makes `values`."""
        return self._values.op

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of `values`."""
        return self._values.dtype

    @property
    def graph(self) -> Any:
        """The graph that holds the parts."""
        return self._indices.graph

    def consumers(self) -> list[Operation]:
        """The operations that take `values`."""
        return self._values.consumers()

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """The parts' values as a SparseTensorValue."""
        from evergraph.graph.operation import evaluator

        parts = evaluator(session, self.graph).run(
            [self.indices, self.values, self.dense_shape], feed_dict
        )
        return SparseTensorValue(*parts)

    @staticmethod
    def _override_operator(operator: str, function: Any) -> None:
        setattr(SparseTensor, operator, function)

    def __str__(self) -> str:
        return (
            f"SparseTensor(indices={self._indices}, values={self._values}, "
            f"dense_shape={self._dense_shape})"
        )


def convert_to_tensor_or_sparse_tensor(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """`value` as a SparseTensor when it is one (or a SparseTensorValue), else as a tensor."""
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if isinstance(value, SparseTensor):
        if dtype and not dtype.is_compatible_with(value.dtype):
            raise RuntimeError(
                f"Sparse dtype: requested = {dtype.name}, actual = {value.dtype.name}"
            )
        return value
    return convert_to_tensor(value, dtype=dtype, name=name)


def _indexed_slices_parts(value: IndexedSlices) -> list[Any]:
    parts = [value.values, value.indices]
    return parts if value.dense_shape is None else [*parts, value.dense_shape]


nest.register_composite(
    IndexedSlices, _indexed_slices_parts, lambda _, parts: IndexedSlices(*parts)
)
nest.register_composite(
    SparseTensor,
    lambda value: [value.indices, value.values, value.dense_shape],
    lambda _, parts: SparseTensor(*parts),
)


def is_sparse(x: Any) -> bool:
    """Whether `x` is a SparseTensor or a SparseTensorValue."""
    return isinstance(x, SparseTensor | SparseTensorValue)


class CompositeTensor(abc.ABC):  # noqa: B024 - a marker
    """The kind of values that are made of tensors."""


CompositeTensor.register(SparseTensor)
CompositeTensor.register(IndexedSlices)
