"""Sparse tensors as triples of strings (or variants): SerializeSparse, DeserializeSparse and kin.

A triple holds indices, values and shape, each as a serialized TensorProto. All run on the host.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.operation import Tensor
from evergraph.ops.sparse_indices import as_sparse, check_valid, demand, size_text
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import merge_dims, with_rank, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext

_KINDS = (dtypes.string, dtypes.variant)
_INPUTS = "sparse_indices: int64, sparse_values: T, sparse_shape: int64"
_OUTPUTS = "sparse_indices: int64, sparse_values: dtype, sparse_shape: int64"


def _check_ranks(c: ShapeContext) -> None:
    with_rank(c.inputs[0], 2)
    with_rank(c.inputs[1], 1)
    with_rank(c.inputs[2], 1)


def _one_shape(c: ShapeContext) -> TensorShape:
    _check_ranks(c)
    return TensorShape([3])


def _many_shape(c: ShapeContext) -> TensorShape:
    _check_ranks(c)
    return TensorShape([None, 3])


def _kept(value: Array, out_type: DType, dtype: DType) -> Any:
    """A part of a triple: text, or for variants the array itself."""
    from evergraph.formats.tensor_content import to_message

    return to_message(value, dtype) if out_type is dtypes.string else value


def _check_parts(xp: Namespace, indices: Array, values: Array, shape: Array) -> None:
    for value, rank, word, kind in (
        (indices, 2, "indices", "matrix"),
        (values, 1, "values", "vector"),
        (shape, 1, "shape", "vector"),
    ):
        demand(
            xp,
            value.ndim == rank,
            f"Input {word} should be a {kind} but received shape {size_text(value)}",
        )


SERIALIZE_SPARSE = register_op(
    "SerializeSparse",
    inputs=_INPUTS,
    outputs="serialized_sparse: out_type",
    attrs={"T": "type", "out_type": (_KINDS, dtypes.string)},
    shape=_one_shape,
    host_only=True,
)


@SERIALIZE_SPARSE.kernel
def _serialize_sparse(
    xp: Namespace,
    sparse_indices: Array,
    sparse_values: Array,
    sparse_shape: Array,
    *,
    T: DType,
    out_type: DType,
) -> Array:
    _check_parts(xp, sparse_indices, sparse_values, sparse_shape)
    result = np.empty(3, object)
    result[0] = _kept(sparse_indices, out_type, dtypes.int64)
    result[1] = _kept(sparse_values, out_type, T)
    result[2] = _kept(sparse_shape, out_type, dtypes.int64)
    return result


SERIALIZE_MANY_SPARSE = register_op(
    "SerializeManySparse",
    inputs=_INPUTS,
    outputs="serialized_sparse: out_type",
    attrs={"T": "type", "out_type": (_KINDS, dtypes.string)},
    shape=_many_shape,
    host_only=True,
)


@SERIALIZE_MANY_SPARSE.kernel
def _serialize_many_sparse(
    xp: Namespace,
    sparse_indices: Array,
    sparse_values: Array,
    sparse_shape: Array,
    *,
    T: DType,
    out_type: DType,
) -> Array:
    _check_parts(xp, sparse_indices, sparse_values, sparse_shape)
    demand(
        xp,
        sparse_shape.size > 1,
        f"Rank of input SparseTensor should be > 1, but saw rank: {sparse_shape.size}",
    )
    check_valid(xp, sparse_indices, sparse_shape)
    rows = int(sparse_shape[0])
    ends = np.searchsorted(sparse_indices[:, 0], np.arange(rows + 1))
    result = np.empty((rows, 3), object)
    shape = _kept(sparse_shape[1:], out_type, dtypes.int64)
    for row, (start, end) in enumerate(itertools.pairwise(ends.tolist())):
        result[row, 0] = _kept(sparse_indices[start:end, 1:], out_type, dtypes.int64)
        result[row, 1] = _kept(sparse_values[start:end], out_type, T)
        result[row, 2] = shape
    return result


def _read_shape(c: ShapeContext) -> list[TensorShape]:
    triples = with_rank_at_least(c.inputs[0], 1)
    if triples.ndims is not None:
        merge_dims(triples.as_list()[-1], 3)
    return [TensorShape([None, None]), TensorShape([None]), TensorShape([None])]


def _read_many_shape(c: ShapeContext) -> list[TensorShape]:
    with_rank(c.inputs[0], 2)
    return _read_shape(c)


def _part(value: Any) -> tuple[Array, DType]:
    """What `_kept` made, as an array and its type."""
    from evergraph.formats.tensor_content import from_message

    if isinstance(value, np.ndarray):
        return value, dtypes.as_dtype(value.dtype)
    try:
        return from_message(value)
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from error


def _triple(xp: Namespace, parts: Sequence[Any], dtype: DType, index: int) -> list[Array]:
    """Indices, values and shape of one sparse tensor, checked."""
    where = f"Expected serialized_sparse[{index}, "
    (indices, _), (values, found), (shape, _) = (_part(part) for part in parts)
    demand(
        xp,
        indices.ndim == 2,
        f"{where}0] to represent an index matrix but received shape {size_text(indices)}",
    )
    demand(
        xp,
        values.ndim == 1,
        f"{where}1] to represent a values vector but received shape {size_text(values)}",
    )
    demand(
        xp,
        found == dtype,
        f"Requested SparseTensor of type {dtype.name} but SparseTensor[{index}].values.dtype() == "
        f"{found.name}",
    )
    demand(
        xp,
        indices.shape[0] == values.size,
        f"Expected row counts of SparseTensor[{index}].indices and SparseTensor[{index}].values to "
        f"match but they do not: {indices.shape[0]} vs. {values.size}",
    )
    demand(
        xp,
        shape.ndim == 1,
        f"{where}1] to be a shape vector but its shape is {size_text(shape)}",
    )
    demand(
        xp,
        indices.shape[1] == shape.size,
        f"Expected column counts of SparseTensor[{index}].indices to match size of "
        f"SparseTensor[{index}].shape but they do not: {indices.shape[1]} vs. {shape.size}",
    )
    return [indices, values, shape]


def stacked(xp: Namespace, triples: Sequence[list[Array]], outer: Sequence[int]) -> list[Array]:
    """Sparse tensors of one rank as one, under further dimensions of the sizes `outer`.

    Each of the other sizes is the largest that occurs.
    """
    rank = triples[0][2].size
    for i, (_, _, shape) in enumerate(triples):
        demand(
            xp,
            shape.size == rank,
            f"Inconsistent shape across SparseTensors: rank prior to SparseTensor[{i}] was: {rank} "
            f"but rank of SparseTensor[{i}] is: {shape.size}",
        )
    sizes = np.max([shape for _, _, shape in triples], axis=0)
    counts = [indices.shape[0] for indices, _, _ in triples]
    first = np.stack(np.unravel_index(np.repeat(np.arange(len(triples)), counts), outer), 1)
    rest = np.concatenate([indices for indices, _, _ in triples])
    values = np.concatenate([values for _, values, _ in triples])
    whole = np.array([*outer, *sizes], np.int64)
    return [np.concatenate([first, rest], 1).astype(np.int64), values, whole]


def _deserialize(xp: Namespace, serialized: Array, dtype: DType) -> list[Array]:
    demand(
        xp,
        serialized.ndim > 0,
        f"Serialized sparse should have non-zero rank {size_text(serialized)}",
    )
    demand(
        xp,
        serialized.shape[-1] == 3,
        f"Serialized sparse should have 3 as the last dimension {size_text(serialized)}",
    )
    demand(
        xp,
        serialized.size > 0,
        "Serialized sparse should have at least 1 serialized tensor, but has a zero dimension "
        f"{size_text(serialized)}",
    )
    triples = [_triple(xp, list(row), dtype, i) for i, row in enumerate(serialized.reshape(-1, 3))]
    if serialized.ndim == 1:
        return triples[0]
    return stacked(xp, triples, serialized.shape[:-1])


DESERIALIZE_SPARSE = register_op(
    "DeserializeSparse",
    inputs="serialized_sparse: Tserialized",
    outputs=_OUTPUTS,
    attrs={"dtype": "type", "Tserialized": (_KINDS, dtypes.string)},
    shape=_read_shape,
    host_only=True,
)


@DESERIALIZE_SPARSE.kernel
def _deserialize_sparse(xp: Namespace, serialized_sparse: Array, *, dtype: DType) -> list[Array]:
    return _deserialize(xp, serialized_sparse, dtype)


DESERIALIZE_MANY_SPARSE = register_op(
    "DeserializeManySparse",
    inputs="serialized_sparse: string",
    outputs=_OUTPUTS,
    attrs={"dtype": "type"},
    shape=_read_many_shape,
    host_only=True,
)


@DESERIALIZE_MANY_SPARSE.kernel
def _deserialize_many_sparse(
    xp: Namespace, serialized_sparse: Array, *, dtype: DType
) -> list[Array]:
    return _deserialize(xp, serialized_sparse, dtype)


def _serialized(op_def: OpDef, sp_input: Any, name: str | None, out_type: Any) -> Tensor:
    sparse = as_sparse(sp_input)
    result: Tensor = op_def(
        sparse.indices, sparse.values, sparse.dense_shape, out_type=out_type, name=name
    )
    return result


def serialize_sparse(
    sp_input: Any, name: str | None = None, out_type: Any = dtypes.string
) -> Tensor:
    """A sparse tensor as three strings: indices, values, shape.

    Args:
        sp_input: SparseTensor of any type.
        name: name of the operation; "SerializeSparse" when None.
        out_type: string or variant.

    Returns:
        Vector of three elements.

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/serialize_sparse_op.cc.
    """
    return _serialized(SERIALIZE_SPARSE, sp_input, name, out_type)


def serialize_sparse_v2(
    sp_input: Any, out_type: Any = dtypes.string, name: str | None = None
) -> Tensor:
    """As `serialize_sparse`, arguments in 2.x's order."""
    return serialize_sparse(sp_input, name, out_type)


def serialize_many_sparse(
    sp_input: Any, name: str | None = None, out_type: Any = dtypes.string
) -> Tensor:
    """Each row of a sparse tensor as three strings: indices, values, shape.

    Args:
        sp_input: SparseTensor of rank 2 or more, its indices in order.
        name: name of the operation; "SerializeManySparse" when None.
        out_type: string or variant.

    Returns:
        Matrix `[rows, 3]`.

    Raises:
        TypeError: `sp_input` isn't a SparseTensor.
        tf.errors.InvalidArgumentError: while running, a rank below 2 or wrong indices.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/serialize_sparse_op.cc.
    """
    return _serialized(SERIALIZE_MANY_SPARSE, sp_input, name, out_type)


def serialize_many_sparse_v2(
    sp_input: Any, out_type: Any = dtypes.string, name: str | None = None
) -> Tensor:
    """As `serialize_many_sparse`, arguments in 2.x's order."""
    return serialize_many_sparse(sp_input, name, out_type)


def _of_rank(parts: Any, rank: int | None) -> SparseTensor:
    indices, values, shape = parts
    indices.set_shape([None, rank])
    shape.set_shape([rank])
    return SparseTensor(indices, values, shape)


def deserialize_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """What `serialize_sparse` made; several of them become one, under further dimensions.

    Args:
        serialized_sparse: strings or variants `[..., 3]`.
        dtype: type of the values.
        rank: the rank of the result, if known.
        name: name of the operation; "DeserializeSparse" when None.

    Raises:
        tf.errors.InvalidArgumentError: while running, another type, or what is no sparse tensor.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/deserialize_sparse_string_op.cc.
    """
    return _of_rank(DESERIALIZE_SPARSE(serialized_sparse, dtype=dtype, name=name), rank)


def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """The rows that `serialize_many_sparse` made, as one sparse tensor again.

    Args:
        serialized_sparse: strings `[rows, 3]`.
        dtype: type of the values.
        rank: the rank of a row, if known.
        name: name of the operation; "DeserializeManySparse" when None.

    Raises:
        tf.errors.InvalidArgumentError: while running, another type, ranks that differ, or what is
            no sparse tensor.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/deserialize_sparse_string_op.cc.
    """
    return _of_rank(DESERIALIZE_MANY_SPARSE(serialized_sparse, dtype=dtype, name=name), rank)
