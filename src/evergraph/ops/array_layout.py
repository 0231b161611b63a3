"""Order of axes and elements: Transpose, Reverse, ReverseSequence, Roll, Tile."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import RANK, one_of, rank, reshape, size
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.sequences import RANGE
from evergraph.ops.sequences import range as range_of
from evergraph.registry.op_def import get_op_def, register_op
from evergraph.registry.shape_functions import merge, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _transpose_shape(c: ShapeContext) -> TensorShape:
    source, perm_shape = c.inputs
    count = source.ndims if source.ndims is not None else perm_shape.num_elements()
    if count is None:
        return TensorShape(None)
    with_rank(perm_shape, 1)
    length = perm_shape.num_elements()
    if length is not None and length != count:
        raise ValueError(f"Dimension must be {count} but is {length}")
    if source.ndims is None and count < 2:
        return source  # a scalar's permutation may have an element, says TensorFlow
    perm = c.constant(1)
    if perm is None:
        return TensorShape([None] * count)
    dims = [None] * count if source.ndims is None else source.as_list()
    for axis in perm:
        if axis >= count:
            raise ValueError(f"perm dim {axis} is out of range of input rank {count}")
    return TensorShape([dims[axis] for axis in perm])


TRANSPOSE = register_op(
    "Transpose",
    inputs="x: T, perm: Tperm",
    outputs="y: T",
    attrs={"T": "type", "Tperm": (INDEX, dtypes.int32)},
    shape=_transpose_shape,
    static_inputs=("perm",),
)


@TRANSPOSE.kernel
def _transpose(xp: Namespace, x: Array, perm: np.ndarray) -> Array:
    return xp.transpose(x, _checked_permutation(perm, len(xp.shape(x))))


def _checked_permutation(perm: np.ndarray, count: int) -> tuple[int, ...]:
    axes = [int(axis) for axis in np.ravel(perm)]
    if np.ndim(perm) != 1 or len(axes) != count:
        raise InvalidArgumentError(
            None,
            None,
            f"transpose expects a vector of size {count}. But input(1) is a vector of size "
            f"{len(axes)}",
        )
    positive = [axis + count if axis < 0 else axis for axis in axes]
    for axis, given in zip(positive, axes, strict=True):
        if not 0 <= axis < count:
            raise InvalidArgumentError(None, None, f"{given} is out of range [0 .. {count})")
    missing = set(range(count)) - set(positive)
    if missing:
        shown = " ".join(map(str, axes))
        raise InvalidArgumentError(
            None, None, f"{min(missing)} is missing from {{{shown.replace(' ', ',')}}}."
        )
    return tuple(positive)


@TRANSPOSE.gradient
def _transpose_gradient(op: Operation, d_y: Tensor) -> list[Tensor | None]:
    return [transpose(d_y, invert_permutation(op.inputs[1])), None]


CONJUGATE_TRANSPOSE = register_op(
    "ConjugateTranspose",
    inputs="x: T, perm: Tperm",
    outputs="y: T",
    attrs={"T": "type", "Tperm": (INDEX, dtypes.int32)},
    shape=_transpose_shape,
    static_inputs=("perm",),
)


@CONJUGATE_TRANSPOSE.kernel
def _conjugate_transpose(xp: Namespace, x: Array, perm: np.ndarray) -> Array:
    y = xp.transpose(x, _checked_permutation(perm, len(xp.shape(x))))
    return xp.conjugate(y) if np.dtype(x.dtype).kind == "c" else y


@CONJUGATE_TRANSPOSE.gradient
def _conjugate_transpose_gradient(op: Operation, d_y: Tensor) -> list[Tensor | None]:
    return [transpose(d_y, invert_permutation(op.inputs[1]), conjugate=True), None]


def transpose(
    a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False
) -> Tensor:
    """Reorder the dimensions of `a`.

    Args:
        a: any tensor.
        perm: vector: dimension i of the result is dimension perm[i] of `a`; reversed when None.
        name: name of the operation.
        conjugate: conjugate the elements too, where they are complex.

    Raises:
        ValueError: `perm` isn't of the rank of `a`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/transpose_op.cc.
    """
    with name_scope(name, "transpose", [a]) as scope:
        op_def = CONJUGATE_TRANSPOSE if conjugate and a.dtype.is_complex else TRANSPOSE
        result: Tensor
        if perm is not None:
            result = op_def(a, perm, name=scope)
            return result
        a = convert_to_tensor(a, name="a")
        count = a.get_shape().ndims
        if not count:
            dynamic: Any = RANK(a)
            perm = dynamic - 1 - RANGE(0, dynamic, 1)
        else:
            perm = count - 1 - np.arange(count)
        result = op_def(a, perm, name=scope)
        dims = result.op.inputs[0].get_shape().dims
        if dims is not None:
            result.set_shape(dims[::-1])
        return result


def matrix_transpose(
    a: Any, name: str | None = "matrix_transpose", conjugate: bool = False
) -> Tensor:
    """Swap the last two dimensions.

    Args:
        a: `[..., rows, columns]`.
        name: name of the operation.
        conjugate: conjugate the elements too, where they are complex.

    Raises:
        ValueError: `a` has fewer than two dimensions.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, values=[a]):
        a = convert_to_tensor(a, name="a")
        count = a.get_shape().ndims
        perm: Any
        if count is None:
            dynamic: Any = rank(a)
            perm = concat((RANGE(0, dynamic - 2, 1), [dynamic - 1, dynamic - 2]), 0)
        else:
            if count < 2:
                raise ValueError(
                    "Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: "
                    f"{a.get_shape()}"
                )
            perm = [*range(count - 2), count - 1, count - 2]
        return transpose(a, perm=perm, conjugate=conjugate)


INVERT_PERMUTATION = register_op(
    "InvertPermutation",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": (INDEX, dtypes.int32)},
    shape=lambda c: with_rank(c.inputs[0], 1),
).no_gradient()


@INVERT_PERMUTATION.kernel
def _invert_permutation(xp: Namespace, x: Array) -> Array:
    if len(xp.shape(x)) != 1:
        raise InvalidArgumentError(None, None, "invert_permutation expects a 1D vector.")
    count = int(xp.shape(x)[0])
    order = xp.argsort(x, 0, dtype=np.dtype(x.dtype))
    in_order = xp.equal(xp.gather(x, order), np.arange(count, dtype=np.dtype(x.dtype)))
    xp.check(in_order, "InvalidArgumentError", lambda: _not_a_permutation(np.asarray(x)))
    return order


def _not_a_permutation(x: np.ndarray) -> str:
    seen: set[int] = set()
    for value in x.tolist():
        if not 0 <= value < x.size:
            return f"{value} is not between 0 and {x.size}"
        if value in seen:
            break
        seen.add(value)
    return f"{value} is duplicated in the input."


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """The permutation y with y[x[i]] = i.

    Args:
        x: vector with each of 0 ... n - 1 once, int32 or int64.
        name: name of the operation; "InvertPermutation" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/transpose_op.cc.
    """
    result: Tensor = INVERT_PERMUTATION(x, name=name)
    return result


def _reverse_shape(c: ShapeContext) -> TensorShape:
    flags = c.inputs[1]
    if flags.ndims not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {flags.ndims}")
    count = flags.num_elements()
    if count is None:
        return c.inputs[0]
    if count > 8:
        raise ValueError("reverse does not work on tensors with more than 8 dimensions")
    return with_rank(c.inputs[0], count)


REVERSE = register_op(
    "Reverse",
    inputs="tensor: T, dims: bool",
    outputs="output: T",
    attrs={
        "T": "{uint8, int8, uint16, int16, int32, int64, bool, half, float, double, complex64, "
        "complex128, string}"
    },
    shape=_reverse_shape,
    static_inputs=("dims",),
)


@REVERSE.kernel
def _reverse(xp: Namespace, tensor: Array, dims: np.ndarray) -> Array:
    if np.size(dims) != len(xp.shape(tensor)):
        raise InvalidArgumentError(
            None,
            None,
            f"'dims' must have the same number of values as 'input' has dimensions. 'input' has "
            f"{len(xp.shape(tensor))}'dims' has {np.size(dims)} values",
        )
    axes = [i for i, flag in enumerate(np.ravel(dims)) if flag]
    return xp.flip(tensor, axes) if axes else tensor


@REVERSE.gradient
def _reverse_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None]:
    return REVERSE(d_output, op.inputs[1]), None


def _reverse_v2_shape(c: ShapeContext) -> TensorShape:
    with_rank(c.inputs[1], 1)
    source, axes = c.inputs[0], c.constant(1)
    if source.ndims is not None and source.ndims > 8:
        raise ValueError("reverse does not work on tensors with more than 8 dimensions")
    if axes is not None and source.ndims is not None:
        seen = set()
        for i, axis in enumerate(axes.tolist()):
            if not -source.ndims <= axis < source.ndims:
                raise ValueError(
                    f"'axis'[{i}] = {axis} is out of valid range [0, {source.ndims - 1}"
                )
            if axis % source.ndims in seen:
                raise ValueError(f"axis {axis % source.ndims} specified more than once.")
            seen.add(axis % source.ndims)
    return source


REVERSE_V2 = register_op(
    "ReverseV2",
    inputs="tensor: T, axis: Tidx",
    outputs="output: T",
    attrs={
        "Tidx": (INDEX, dtypes.int32),
        "T": "{uint8, int8, uint16, int16, int32, int64, bool, bfloat16, half, float, double, "
        "complex64, complex128, string}",
    },
    shape=_reverse_v2_shape,
    static_inputs=("axis",),
)


@REVERSE_V2.kernel
def _reverse_v2(xp: Namespace, tensor: Array, axis: np.ndarray) -> Array:
    count = len(xp.shape(tensor))
    chosen: set[int] = set()
    for item in np.ravel(axis).tolist():
        if not -count <= item < count:
            raise InvalidArgumentError(
                None, None, f"'axis'[{item}] = {item} is out of valid range [0, {count - 1}]"
            )
        if item % count in chosen:
            raise InvalidArgumentError(None, None, f"axis {item % count} specified more than once.")
        chosen.add(item % count)
    return xp.flip(tensor, sorted(chosen)) if chosen else tensor


@REVERSE_V2.gradient
def _reverse_v2_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None]:
    return reverse(d_output, op.inputs[1]), None


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """Put the elements along some dimensions in reverse order.

    Args:
        tensor: any tensor of at most 8 dimensions.
        axis: int32 or int64 vector of different dimensions, negative from the end.
        name: name of the operation; "ReverseV2" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reverse_op.cc.
    """
    result: Tensor = REVERSE_V2(tensor, axis, name=name)
    return result


def _reverse_sequence_shape(c: ShapeContext) -> TensorShape:
    source, lengths = c.inputs[0], with_rank(c.inputs[1], 1)
    seq, batch = c.attr("seq_dim"), c.attr("batch_dim")
    if source.ndims is None:
        return source
    if batch >= source.ndims:
        raise ValueError(f"batch_dim must be < input rank: {batch} vs. {source.ndims}")
    if seq >= source.ndims:
        raise ValueError(f"seq_dim must be < input rank: {seq} vs. {source.ndims}")
    dims = source.as_list()
    count, found = dims[batch], lengths.as_list()[0]
    if count is not None and found is not None and count != found:
        raise ValueError(f"Dimensions must be equal, but are {count} and {found}")
    dims[batch] = found if count is None else count
    return TensorShape(dims)


REVERSE_SEQUENCE = register_op(
    "ReverseSequence",
    inputs="input: T, seq_lengths: Tlen",
    outputs="output: T",
    attrs={"seq_dim": "int", "batch_dim": "int = 0", "T": "type", "Tlen": (INDEX, dtypes.int64)},
    shape=_reverse_sequence_shape,
)


@REVERSE_SEQUENCE.kernel
def _reverse_sequence(
    xp: Namespace, x: Array, seq_lengths: Array, *, seq_dim: int, batch_dim: int
) -> Array:
    sizes = xp.shape(x)
    if seq_dim == batch_dim:
        raise InvalidArgumentError(None, None, f"batch_dim == seq_dim == {seq_dim}")
    if not (0 <= seq_dim < len(sizes) and 0 <= batch_dim < len(sizes)):
        raise InvalidArgumentError(
            None, None, f"seq_dim and batch_dim must be < input rank ({len(sizes)})"
        )
    if xp.shape(seq_lengths) != (sizes[batch_dim],):
        raise InvalidArgumentError(
            None,
            None,
            f"Length of seq_lengths != input.dims({batch_dim}), "
            f"({xp.shape(seq_lengths)[0]} vs. {sizes[batch_dim]})",
        )
    limit = int(sizes[seq_dim])
    xp.check(
        xp.logical_and(xp.greater_equal(seq_lengths, 0), xp.less_equal(seq_lengths, limit)),
        "InvalidArgumentError",
        lambda: _bad_length(np.asarray(seq_lengths), limit, seq_dim),
    )
    lengths = xp.reshape(seq_lengths, (-1, 1))
    steps = np.arange(limit, dtype=np.dtype(seq_lengths.dtype)).reshape(1, -1)
    order = xp.where(xp.less(steps, lengths), xp.subtract(xp.subtract(lengths, 1), steps), steps)
    rest = [i for i in range(len(sizes)) if i not in (batch_dim, seq_dim)]
    axes = [batch_dim, seq_dim, *rest]
    taken = xp.gather(xp.transpose(x, axes), order, 1, batch_dims=1)
    return xp.transpose(taken, np.argsort(axes).tolist())


def _bad_length(lengths: np.ndarray, limit: int, seq_dim: int) -> str:
    for i, length in enumerate(lengths.tolist()):
        if length < 0:
            return f"seq_lens({i}) < 0"
        if length > limit:
            return f"seq_lens({i}) > input.dims({seq_dim})"
    raise AssertionError("no length is bad")


@REVERSE_SEQUENCE.gradient
def _reverse_sequence_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    d_input = reverse_sequence(
        d_output,
        batch_axis=op.get_attr("batch_dim"),
        seq_axis=op.get_attr("seq_dim"),
        seq_lengths=op.inputs[1],
    )
    return [d_input, None]


def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """Reverse the first `seq_lengths[b]` elements of each item b of a batch.

    Args:
        input: any tensor.
        seq_lengths: int32 or int64 vector, one for each item of the batch.
        seq_axis: the dimension that is reversed.
        batch_axis: the dimension of the batch; 0 when None.
        name: name of the operation; "ReverseSequence" when None.
        seq_dim: older name of `seq_axis`.
        batch_dim: older name of `batch_axis`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/reverse_sequence_op.cc.
    """
    seq_axis = one_of("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch_axis = one_of("batch_axis", batch_axis, "batch_dim", batch_dim)
    result: Tensor = REVERSE_SEQUENCE(
        input, seq_lengths, seq_dim=seq_axis, batch_dim=batch_axis, name=name
    )
    return result


def _roll_shape(c: ShapeContext) -> TensorShape:
    if c.inputs[0].ndims == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    for i in (1, 2):
        if c.inputs[i].ndims not in (None, 0, 1):
            raise ValueError(f"Shape must be at most rank 1 but is rank {c.inputs[i].ndims}")
    merge(c.inputs[1], c.inputs[2])
    return c.inputs[0]


ROLL = register_op(
    "Roll",
    inputs="input: T, shift: Tshift, axis: Taxis",
    outputs="output: T",
    attrs={"T": "type", "Tshift": INDEX, "Taxis": INDEX},
    shape=_roll_shape,
    static_inputs=("axis",),
)


@ROLL.kernel
def _roll(xp: Namespace, x: Array, shift: Array, axis: np.ndarray) -> Array:
    count = len(xp.shape(x))
    if count == 0:
        raise InvalidArgumentError(None, None, "input must be 1-D or higher")
    if xp.shape(shift) != np.shape(axis):
        raise InvalidArgumentError(None, None, "shift and axis must have the same size")
    for item in np.ravel(axis).tolist():
        if not -count <= item < count:
            raise InvalidArgumentError(None, None, f"axis {item} is out of range")
    return xp.roll(x, shift, tuple(int(a) % count for a in np.ravel(axis)))


@ROLL.gradient
def _roll_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor, None, None]:
    shift: Any = op.inputs[1]
    return roll(d_output, -shift, op.inputs[2]), None, None


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """Move elements on along dimensions; what leaves at one end comes back at the other.

    Args:
        input: any tensor of at least one dimension.
        shift: how far, int32 or int64: a scalar, or one for each of `axis`.
        axis: the dimensions; those that occur more than once move on by the sum.
        name: name of the operation; "Roll" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/roll_op.cc.
    """
    result: Tensor = ROLL(input, shift, axis, name=name)
    return result


def _tile_shape(c: ShapeContext) -> TensorShape:
    source, multiples = c.inputs[0], with_rank(c.inputs[1], 1)
    count = source.ndims if source.ndims is not None else multiples.num_elements()
    if count is None:
        return TensorShape(None)
    length = multiples.num_elements()
    if length is not None and length != count:
        raise ValueError(f"Shape must be rank {count} but is rank {length}")
    counts = c.constant_as_shape(1)
    have = source.sizes if source.sizes is not None else (None,) * count
    times = counts.sizes if counts.sizes is not None else (None,) * count
    return TensorShape(
        [
            0 if 0 in (d, m) else None if None in (d, m) else d * m  # type: ignore[operator]  # both known
            for d, m in zip(have, times, strict=True)
        ]
    )


TILE = register_op(
    "Tile",
    inputs="input: T, multiples: Tmultiples",
    outputs="output: T",
    attrs={"T": "type", "Tmultiples": (INDEX, dtypes.int32)},
    shape=_tile_shape,
    static_inputs=("multiples",),
)


@TILE.kernel
def _tile(xp: Namespace, x: Array, multiples: np.ndarray) -> Array:
    if np.ndim(multiples) != 1 or len(multiples) != len(xp.shape(x)):
        raise InvalidArgumentError(
            None,
            None,
            f"Expected multiples argument to be a vector of length {len(xp.shape(x))} but got "
            f"length {np.size(multiples)}",
        )
    for i, count in enumerate(multiples.tolist()):
        if count < 0:
            raise InvalidArgumentError(None, None, f"Expected multiples[{i}] >= 0, but got {count}")
    return xp.tile(x, tuple(int(m) for m in multiples))


@TILE.gradient
def _tile_gradient(op: Operation, d_output: Any) -> list[Tensor | None]:
    from evergraph.ops.math_reduction import reduce_sum

    multiples: Any = op.inputs[1]
    input_shape: Any = shape_of(op.inputs[0], out_type=multiples.dtype)
    # [multiple, size] of each dimension in turn: the copies are summed over every other one.
    split_shape: Any = reshape(transpose(stack([multiples, input_shape])), [-1])
    axes = range_of(0, size(split_shape), 2)
    if isinstance(d_output, IndexedSlices):
        rows = cast(input_shape[0], d_output.indices.dtype)
        indices = get_op_def("FloorMod")(d_output.indices, rows)
        d_output = get_op_def("UnsortedSegmentSum")(d_output.values, indices, rows)
        split_shape = concat([[1], split_shape[1:]], axis=0)
    d_input = reduce_sum(reshape(d_output, split_shape), axes)
    d_input.set_shape(op.inputs[0].get_shape())
    return [d_input, None]


def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:
    """Repeat a tensor along its dimensions.

    Args:
        input: any tensor.
        multiples: int32 or int64 vector: how often along each dimension.
        name: name of the operation; "Tile" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/tile_ops.cc.
    """
    result: Tensor = TILE(input, multiples, name=name)
    return result


def _tile_grad_shape(c: ShapeContext) -> TensorShape:
    source, counts = c.inputs[0], c.constant(1)
    if source.sizes is None or counts is None:
        return TensorShape(None if source.ndims is None else [None] * source.ndims)
    return TensorShape(
        [None if d is None else d // int(m) for d, m in zip(source.sizes, counts, strict=True)]
    )


TILE_GRAD = register_op(
    "TileGrad",
    inputs="input: T, multiples: int32",
    outputs="output: T",
    attrs={"T": "type"},
    shape=_tile_grad_shape,
    static_inputs=("multiples",),
)


@TILE_GRAD.kernel
def _tile_grad(xp: Namespace, x: Array, multiples: np.ndarray) -> Array:
    split: list[int] = []
    for length, count in zip(xp.shape(x), multiples.tolist(), strict=True):
        split += [count, int(length) // count]
    return xp.sum(xp.reshape(x, tuple(split)), tuple(range(0, len(split), 2)))
