"""Crossed features: SparseCross, every combination of the features of an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.fingerprint import fingerprint64, fingerprint_cat64
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor
from evergraph.graph.operation import Tensor
from evergraph.ops.cast import cast
from evergraph.ops.sparse_indices import demand, size_text
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_inference import ShapeContext

_KINDS = "{int64, string}"
_HASH_KEY = 0xDECAFCAFFE
_SEPARATOR = b"_X_"
_LARGEST = np.uint64(np.iinfo(np.int64).max)

# Features of one column: all of them, and for each example where its own begin and how many.
Column = tuple[Array, Array, Array]
Combine = Callable[[Array, Array], Array]


def _cross_shape(c: ShapeContext) -> list[TensorShape]:
    return [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])]


SPARSE_CROSS = register_op(
    "SparseCross",
    inputs="indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types",
    outputs="output_indices: int64, output_values: out_type, output_shape: int64",
    attrs={
        "N": "int >= 0",
        "hashed_output": "bool",
        "num_buckets": "int >= 0",
        "hash_key": "int",
        "sparse_types": f"list({_KINDS}) >= 0",
        "dense_types": f"list({_KINDS}) >= 0",
        "out_type": _KINDS,
        "internal_type": _KINDS,
    },
    shape=_cross_shape,
    numpy_only=True,
).no_gradient()


@SPARSE_CROSS.kernel
def _sparse_cross(
    xp: Namespace,
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense_inputs: Sequence[Array],
    *,
    hashed_output: bool,
    num_buckets: int,
    hash_key: int,
) -> list[Array]:
    hashed = (num_buckets, hash_key, fingerprint_cat64) if hashed_output else None
    return crossed_features(xp, indices, values, shapes, dense_inputs, hashed)


def crossed_features(
    xp: Namespace,
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense_inputs: Sequence[Array],
    hashed: tuple[int, int, Combine] | None,
) -> list[Array]:
    """Indices, values and shape of all combinations of the features of each example.

    Args:
        xp: NumPy's namespace.
        indices: index matrices of the sparse inputs.
        values: their features.
        shapes: their shapes `[batch, any]`.
        dense_inputs: further features `[batch, any]`.
        hashed: for numbers: how many there are (0: no limit), the first one, and what makes one
            number of two; None for text.
    """
    batch = _checked_batch(xp, indices, values, shapes, dense_inputs)
    columns = [_sparse_column(i, v, batch) for i, v in zip(indices, values, strict=True)]
    columns += [_dense_column(dense, batch) for dense in dense_inputs]
    counts = np.ones(batch, np.int64)
    for _, _, own in columns:
        counts *= own
    rows = np.repeat(np.arange(batch), counts)
    turns = np.arange(rows.size) - np.repeat(np.cumsum(counts) - counts, counts)
    # The last column changes fastest.
    chosen: list[Array] = []
    rest = turns
    for features, starts, own in reversed(columns):
        chosen.append(features[starts[rows] + rest % own[rows]])
        rest = rest // own[rows]
    chosen.reverse()
    crossed = _texts(chosen) if hashed is None else _hashed(chosen, *hashed)
    shape = np.array([batch, counts.max(initial=0)], np.int64)
    return [np.stack([rows, turns], 1).astype(np.int64), crossed, shape]


def _hashed(chosen: list[Array], num_buckets: int, start: int, combine: Combine) -> Array:
    result = np.full(chosen[0].shape if chosen else 0, np.uint64(start % 2**64))
    for features in chosen:
        if features.dtype == object:
            codes = np.array([fingerprint64(f) for f in features.tolist()], np.uint64)
        else:
            codes = features.astype(np.uint64)
        result = combine(result, codes)
    return (result % (np.uint64(num_buckets) if num_buckets else _LARGEST)).astype(np.int64)


def _texts(chosen: list[Array]) -> Array:
    texts = [
        features.tolist() if features.dtype == object else [b"%d" % f for f in features.tolist()]
        for features in chosen
    ]
    joined = [_SEPARATOR.join(parts) for parts in zip(*texts, strict=True)]
    result = np.empty(len(joined), object)
    result[:] = joined
    return result


def _sparse_column(indices: Array, values: Array, batch: int) -> Column:
    row = indices[:, 0]
    starts = np.searchsorted(row, np.arange(batch), side="left")
    return values, starts, np.searchsorted(row, np.arange(batch), side="right") - starts


def _dense_column(dense: Array, batch: int) -> Column:
    width = dense.shape[1]
    return dense.ravel(), np.arange(batch) * width, np.full(batch, width)


def _checked_batch(
    xp: Namespace,
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense_inputs: Sequence[Array],
) -> int:
    """The number of examples; all inputs checked against it."""
    for i, (matrix, vector) in enumerate(zip(indices, values, strict=True)):
        place = f" at position {i}"
        demand(
            xp,
            matrix.ndim == 2,
            f"Input indices should be a matrix but received shape {size_text(matrix)}{place}",
        )
        demand(
            xp,
            matrix.shape[1] == 2,
            f"Expected D2 of index to be 2 got {matrix.shape[1]}{place}",
        )
        demand(
            xp,
            vector.ndim == 1,
            f"Input values should be a std::vector but received shape {size_text(vector)}{place}",
        )
        demand(
            xp,
            matrix.shape[0] == vector.size,
            f"Expected size of values to be {matrix.shape[0]} got {vector.size}{place}",
        )
    for i, shape in enumerate(shapes):
        place = f" at position {i}"
        demand(
            xp,
            shape.ndim == 1,
            f"Input shapes should be a std::vector but received shape {size_text(shape)}{place}",
        )
        demand(
            xp,
            shape.size == 2,
            f"shape should imply a 2D tensor, but got {size_text(shape)}{place}",
        )
    batch = int(shapes[0][0]) if shapes else dense_inputs[0].shape[0] if dense_inputs else 0
    for i, shape in enumerate(shapes):
        demand(
            xp,
            shape[0] == batch,
            f"Expected batch size {batch} got {int(shape[0])} at position {i}",
        )
    for i, dense in enumerate(dense_inputs):
        demand(
            xp,
            dense.ndim == 2,
            f"Dense inputs should be a matrix but received shape {size_text(dense)} at position "
            f"{i}",
        )
        demand(
            xp,
            dense.shape[0] == batch,
            f"Expected batch size {batch} got {dense.shape[0]} at dense tensor {i}",
        )
    return batch


def sparse_cross(inputs: Any, name: str | None = None) -> SparseTensor:
    """Every combination of the features of an example, as text: `a_X_b`.

    Args:
        inputs: list of SparseTensors and Tensors `[batch, any]` of integers or strings.
        name: name of the operation; "SparseCross" when None.

    Returns:
        SparseTensor of strings `[batch, largest number of combinations]`.

    Raises:
        TypeError: `inputs` is no list of tensors.
        tf.errors.InvalidArgumentError: while running, batches that differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_cross_op.cc.
    """
    return _cross(inputs, dtypes.string, 0, None, name)


def sparse_cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> SparseTensor:
    """Every combination of the features of an example, as a number.

    Args:
        inputs: list of SparseTensors and Tensors `[batch, any]` of integers or strings.
        num_buckets: results lie in [0, num_buckets); in [0, 2**63 - 1) when it is 0.
        hash_key: start of the fingerprints.
        name: name of the operation; "SparseCross" when None.

    Returns:
        SparseTensor of int64 `[batch, largest number of combinations]`.

    Raises:
        TypeError: `inputs` is no list of tensors.
        tf.errors.InvalidArgumentError: while running, batches that differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/sparse_cross_op.cc.
    """
    return _cross(inputs, dtypes.int64, num_buckets, hash_key, name)


def _cross(
    inputs: Any, out_type: DType, num_buckets: int, hash_key: int | None, name: str | None
) -> SparseTensor:
    *parts, internal_type = cross_inputs(inputs)
    return SparseTensor(
        *SPARSE_CROSS(
            *parts,
            hashed_output=out_type is dtypes.int64,
            num_buckets=num_buckets,
            hash_key=hash_key or _HASH_KEY,
            out_type=out_type,
            internal_type=internal_type,
            name=name,
        )
    )


def cross_inputs(inputs: Any) -> tuple[list[Any], list[Any], list[Any], list[Any], DType]:
    """(indices, values, shapes, dense inputs, type in which they are crossed) of `inputs`.

    Raises:
        TypeError: `inputs` is no list of tensors.
    """
    if not isinstance(inputs, list):
        raise TypeError("Inputs must be a list")
    if not all(isinstance(item, SparseTensor | Tensor) for item in inputs):
        raise TypeError("All inputs must be SparseTensors")
    sparse = [item for item in inputs if isinstance(item, SparseTensor)]
    values: list[Any] = [item.values for item in sparse]
    dense: list[Any] = [item for item in inputs if not isinstance(item, SparseTensor)]
    internal_type = dtypes.string
    for group in (values, dense):
        for i, features in enumerate(group):
            if features.dtype != dtypes.string:
                group[i] = cast(features, dtypes.int64)
                internal_type = dtypes.int64
    indices = [item.indices for item in sparse]
    return indices, values, [item.dense_shape for item in sparse], dense, internal_type


_sparse_cross = sparse_cross  # as TensorFlow's own code calls them
_sparse_cross_hashed = sparse_cross_hashed
