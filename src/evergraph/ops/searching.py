"""Places in sorted and counted things: LowerBound, UpperBound, UnravelIndex, EditDistance."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, DType
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import SparseTensor, SparseTensorValue
from evergraph.graph.operation import Tensor
from evergraph.ops.array_shape import reshape, shape_internal
from evergraph.ops.sparse_indices import flat_places
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext


def _bound_shape(c: ShapeContext) -> TensorShape:
    with_rank(c.inputs[0], 2)
    with_rank(c.inputs[1], 2)
    return c.inputs[1]


def _bound(name: str, side: str) -> OpDef:
    op_def = register_op(
        name,
        inputs="sorted_inputs: T, values: T",
        outputs="output: out_type",
        attrs={"T": "type", "out_type": (INDEX, dtypes.int32)},
        shape=_bound_shape,
    )

    def kernel(xp: Namespace, sorted_inputs: Array, values: Array, *, out_type: DType) -> Array:
        if xp.shape(sorted_inputs)[0] != xp.shape(values)[0]:
            raise InvalidArgumentError(None, None, "Leading dim_size of both tensors must match.")
        return xp.searchsorted(sorted_inputs, values, side, out_type.as_numpy_dtype)

    op_def.kernel(kernel)
    return op_def


LOWER_BOUND = _bound("LowerBound", "left")
UPPER_BOUND = _bound("UpperBound", "right")


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Where values belong in ascending sequences.

    Args:
        sorted_sequence: `[..., n]`, ascending.
        values: `[..., m]` of the same type and batch.
        side: "left" (before equal elements) or "right".
        out_type: int32 or int64.
        name: name of the operation; "LowerBound" or "UpperBound" when None.

    Returns:
        A tensor of the shape of `values`.

    Raises:
        ValueError: another side.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/searchsorted_op.cc.
    """
    sequence_size = shape_internal(sorted_sequence)[-1]
    values_size = shape_internal(values)[-1]
    rows = reshape(sorted_sequence, [-1, sequence_size])
    wanted = reshape(values, [-1, values_size])
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'.  Saw: {side}.")
    op_def = UPPER_BOUND if side == "right" else LOWER_BOUND
    found = op_def(rows, wanted, out_type=out_type, name=name)
    return reshape(found, shape_internal(values))


def _unravel_shape(c: ShapeContext) -> TensorShape:
    indices, dims = c.inputs
    if indices.ndims is not None and indices.ndims > 1:
        raise ValueError(f"Shape must be at most rank 1 but is rank {indices.ndims}")
    dims = with_rank(dims, 1)
    if indices.ndims is None:
        return TensorShape(None)
    if indices.ndims == 0:
        return dims
    return TensorShape([dims.as_list()[0], indices.as_list()[0]])


UNRAVEL_INDEX = register_op(
    "UnravelIndex",
    inputs="indices: Tidx, dims: Tidx",
    outputs="output: Tidx",
    attrs={"Tidx": (INDEX, dtypes.int32)},
    shape=_unravel_shape,
    static_inputs=("dims",),
)


@UNRAVEL_INDEX.kernel
def _unravel_index(xp: Namespace, indices: Array, dims: np.ndarray) -> Array:
    if np.ndim(dims) != 1:
        raise InvalidArgumentError(
            None, None, f"The indices can only be 1-D, got shape {list(np.shape(dims))}"
        )
    count = int(np.prod(dims, dtype=np.int64))
    if xp.shape(indices) == ():  # TensorFlow doesn't look at the elements of a vector
        xp.check(
            xp.logical_and(xp.greater_equal(indices, 0), xp.less(indices, count)),
            "InvalidArgumentError",
            "index is out of bound as with dims",
        )
    rows = []
    step = count
    for size in dims.tolist():
        step = step // size if size else 0
        position = xp.floordiv(indices, np.asarray(max(step, 1), dims.dtype))
        rows.append(xp.floormod(position, np.asarray(max(size, 1), dims.dtype)))
    return xp.stack(rows, 0)


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """Coordinates of places in a flattened array.

    Args:
        indices: scalar or `[m]` int32 or int64.
        dims: `[n]` shape of the array, of the same type.
        name: name of the operation; "UnravelIndex" when None.

    Returns:
        `[n]`, or `[n, m]`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/unravel_index_op.cc.
    """
    result: Tensor = UNRAVEL_INDEX(indices, dims, name=name)
    return result


_SPARSE_PARTS = ("indices", "values", "shape")
_EDIT_DISTANCE_RANKS = (2, 1, 1, 2, 1, 1)


def _edit_distance_shape(c: ShapeContext) -> TensorShape:
    for shape, rank in zip(c.inputs, _EDIT_DISTANCE_RANKS, strict=True):
        with_rank(shape, rank)
    hypothesis, truth = c.constant(2), c.constant(5)
    if hypothesis is None or truth is None:
        return TensorShape(None)
    if len(hypothesis) != len(truth):
        raise ValueError(
            f"Num elements of hypothesis_shape does not match truth_shape: {len(hypothesis)} vs. "
            f"{len(truth)}"
        )
    pairs = zip(hypothesis.tolist()[:-1], truth.tolist()[:-1], strict=True)
    return TensorShape([max(a, b) for a, b in pairs])


EDIT_DISTANCE = register_op(
    "EditDistance",
    inputs="hypothesis_indices: int64, hypothesis_values: T, hypothesis_shape: int64, "
    "truth_indices: int64, truth_values: T, truth_shape: int64",
    outputs="output: float",
    attrs={"normalize": "bool = true", "T": "type"},
    shape=_edit_distance_shape,
    host_only=True,
).no_gradient()


@EDIT_DISTANCE.kernel
def _edit_distance(
    xp: Namespace,
    hypothesis_indices: Array,
    hypothesis_values: Array,
    hypothesis_shape: Array,
    truth_indices: Array,
    truth_values: Array,
    truth_shape: Array,
    *,
    normalize: bool,
) -> Array:
    given = [hypothesis_indices, hypothesis_values, hypothesis_shape]
    given += [truth_indices, truth_values, truth_shape]
    words = [f"{side}_{part}" for side in ("hypothesis", "truth") for part in _SPARSE_PARTS]
    for word, value, rank in zip(words, given, _EDIT_DISTANCE_RANKS, strict=True):
        if np.ndim(value) != rank:
            kind = "matrix" if rank == 2 else "vector"
            sizes = ",".join(map(str, np.shape(value)))
            raise InvalidArgumentError(
                None, None, f"{word} should be a {kind}, but got shape: [{sizes}]"
            )
    if len(hypothesis_shape) != len(truth_shape):
        raise InvalidArgumentError(
            None,
            None,
            "Expected truth and hypothesis to have matching ranks, but their shapes are: "
            f"[{len(truth_shape)}] and [{len(hypothesis_shape)}]",
        )
    sizes = np.maximum(hypothesis_shape[:-1], truth_shape[:-1])
    count = int(np.prod(sizes, dtype=np.int64))
    # The elements as numbers, so that rows of text are compared like any others.
    both = np.concatenate([hypothesis_values, truth_values])
    codes = xp.unique(both)[1]
    pieces = codes[: hypothesis_values.size], codes[hypothesis_values.size :]
    hypotheses = _sequences(xp, hypothesis_indices, pieces[0], sizes, count)
    truths = _sequences(xp, truth_indices, pieces[1], sizes, count)
    distances = [_levenshtein(a, b) for a, b in zip(hypotheses, truths, strict=True)]
    result = np.asarray(distances, np.float32)
    if normalize:
        lengths = np.asarray([truth.size for truth in truths], np.float32)
        result = np.where((result == 0) & (lengths == 0), np.float32(0), result / lengths)
    return result.reshape(tuple(int(n) for n in sizes))


def _sequences(
    xp: Namespace, indices: np.ndarray, values: np.ndarray, sizes: np.ndarray, count: int
) -> list[np.ndarray]:
    """The values of each sequence; sequences are numbered by their place in `sizes`."""
    inside = ((indices[:, :-1] >= 0) & (indices[:, :-1] < sizes)).all(axis=1)
    xp.check(inside, "InternalError", "an index is out of the bounds of the output")
    places = flat_places(xp, indices[:, :-1], sizes)
    order = np.argsort(places, kind="stable")
    ends = np.searchsorted(places[order], np.arange(1, count))
    return np.split(values[order], ends) if count else []


def _levenshtein(a: np.ndarray, b: np.ndarray) -> int:
    """How many elements must be put in, taken out or replaced to make `b` of `a`."""
    steps = np.arange(b.size + 1)
    row = steps.copy()
    for i, x in enumerate(a.tolist(), 1):
        best = np.empty_like(row)
        best[0] = i
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + (b != x))
        # Putting in elements one after another: the least over all places before, plus the way.
        row = np.minimum.accumulate(best - steps) + steps
    return int(row[-1])


def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str | None = "edit_distance"
) -> Tensor:
    """Levenshtein distances of sequences.

    Args:
        hypothesis: SparseTensor whose last dimension runs along the sequences.
        truth: SparseTensor of the same type.
        normalize: divide by the length of the truth.
        name: name of the operation.

    Returns:
        float32, of the shape of `hypothesis` without its last dimension.

    Raises:
        TypeError: an argument isn't a SparseTensor.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/edit_distance_op.cc.
    """
    for value, word in ((hypothesis, "Hypothesis"), (truth, "Truth")):
        if not isinstance(value, SparseTensor | SparseTensorValue):
            raise TypeError(f"{word} must be a SparseTensor.")
    result: Tensor = EDIT_DISTANCE(
        hypothesis.indices,
        hypothesis.values,
        hypothesis.dense_shape,
        truth.indices,
        truth.values,
        truth.dense_shape,
        normalize=normalize,
        name=name,
    )
    return result
