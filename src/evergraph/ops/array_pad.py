"""Padding: Pad, PadV2, MirrorPad, MirrorPadGrad."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import is_dense_tensor_like
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_join import stack
from evergraph.ops.array_shape import rank, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.constants import constant_value
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import with_rank
from evergraph.registry.shape_inference import ShapeContext


def _paddings(c: ShapeContext) -> tuple[int | None, np.ndarray | None]:
    """The rank of the tensor that is padded, and the paddings, as far as they are known."""
    shape = with_rank(c.inputs[1], 2)
    count, pair = shape.as_list()
    if pair not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {pair}")
    source = c.inputs[0].ndims
    if source is not None and count is not None and source != count:
        raise ValueError(f"Shape must be rank {count} but is rank {source}")
    return (count if source is None else source), c.constant(1)


def _pad_shape(c: ShapeContext) -> TensorShape:
    count, paddings = _paddings(c)
    if paddings is None or c.inputs[0].sizes is None:
        return TensorShape(None if count is None else [None] * count)
    if (paddings < 0).any():
        raise ValueError("Paddings must be non-negative")
    added = paddings.sum(axis=1).tolist() if count else []
    return TensorShape(
        [None if d is None else d + a for d, a in zip(c.inputs[0].sizes, added, strict=True)]
    )


def _checked(paddings: np.ndarray, count: int) -> list[tuple[int, int]]:
    if np.ndim(paddings) != 2 or np.shape(paddings)[1] != 2:
        raise InvalidArgumentError(
            None,
            None,
            f"paddings must be a matrix with 2 columns: [{','.join(map(str, np.shape(paddings)))}]",
        )
    if len(paddings) != count:
        raise InvalidArgumentError(
            None,
            None,
            "The first dimension of paddings must be the rank of inputs"
            f"[{','.join(map(str, np.shape(paddings)))}] vs. rank {count}",
        )
    pairs = [(int(before), int(after)) for before, after in paddings]
    for before, after in pairs:
        if before < 0 or after < 0:
            raise InvalidArgumentError(
                None, None, f"Paddings must be non-negative: {before} {after}"
            )
    return pairs


PAD = register_op(
    "Pad",
    inputs="input: T, paddings: Tpaddings",
    outputs="output: T",
    attrs={"T": "type", "Tpaddings": (INDEX, dtypes.int32)},
    shape=_pad_shape,
    static_inputs=("paddings",),
)


@PAD.kernel
def _pad(xp: Namespace, x: Array, paddings: np.ndarray) -> Array:
    value: Any = b"" if np.dtype(x.dtype) == object else 0
    return xp.pad(x, _checked(paddings, len(xp.shape(x))), value)


def _pad_gradient(op: Operation, d_output: Tensor) -> tuple[Tensor | None, ...]:
    x, paddings = op.inputs[0], op.inputs[1]
    before = slice_of(paddings, [0, 0], stack([rank(x), 1]))
    begin = reshape(before, [-1])
    d_x = slice_of(d_output, begin, shape_of(x))
    return (d_x, *(None,) * (len(op.inputs) - 1))


PAD.gradient(_pad_gradient)

PAD_V2 = register_op(
    "PadV2",
    inputs="input: T, paddings: Tpaddings, constant_values: T",
    outputs="output: T",
    attrs={"T": "type", "Tpaddings": (INDEX, dtypes.int32)},
    shape=_pad_shape,
    static_inputs=("paddings",),
)
PAD_V2.gradient(_pad_gradient)


@PAD_V2.kernel
def _pad_v2(xp: Namespace, x: Array, paddings: np.ndarray, constant_values: Array) -> Array:
    if xp.shape(constant_values) != ():
        raise InvalidArgumentError(
            None,
            None,
            "constant_values must be a scalar. Found: "
            f"[{','.join(map(str, xp.shape(constant_values)))}]",
        )
    return xp.pad(x, _checked(paddings, len(xp.shape(x))), constant_values)


def _mirror_pad_shape(c: ShapeContext) -> TensorShape:
    count, paddings = _paddings(c)
    if paddings is None or c.inputs[0].sizes is None:
        return TensorShape(None if count is None else [None] * count)
    return _pad_shape(c)


MIRROR_PAD = register_op(
    "MirrorPad",
    inputs="input: T, paddings: Tpaddings",
    outputs="output: T",
    attrs={"T": "type", "Tpaddings": (INDEX, dtypes.int32), "mode": "{'REFLECT', 'SYMMETRIC'}"},
    shape=_mirror_pad_shape,
    static_inputs=("paddings",),
)


@MIRROR_PAD.kernel
def _mirror_pad(xp: Namespace, x: Array, paddings: np.ndarray, *, mode: bytes) -> Array:
    pairs = _checked(paddings, len(xp.shape(x)))
    is_reflection = mode == b"REFLECT"
    for (before, after), size in zip(pairs, xp.shape(x), strict=True):
        if max(before, after) > size - is_reflection:
            relation = "less than" if is_reflection else "no greater than"
            comparison = "not less than" if is_reflection else "greater than"
            raise InvalidArgumentError(
                None,
                None,
                f"paddings must be {relation} the dimension size: {before}, {after} "
                f"{comparison} {size}",
            )
    return xp.mirror_pad(x, pairs, mode.decode())


@MIRROR_PAD.gradient
def _mirror_pad_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    return [MIRROR_PAD_GRAD(d_output, op.inputs[1], mode=op.get_attr("mode")), None]


def _mirror_pad_grad_shape(c: ShapeContext) -> TensorShape:
    count, paddings = _paddings(c)
    if with_rank(c.inputs[1], 2).as_list()[0] is None:
        return TensorShape(None)  # it is the rows of `paddings` that TensorFlow counts
    if paddings is None or c.inputs[0].sizes is None:
        return TensorShape(None if count is None else [None] * count)
    taken = paddings.sum(axis=1).tolist() if count else []
    return TensorShape(
        [None if d is None else d - t for d, t in zip(c.inputs[0].sizes, taken, strict=True)]
    )


MIRROR_PAD_GRAD = register_op(
    "MirrorPadGrad",
    inputs="input: T, paddings: Tpaddings",
    outputs="output: T",
    attrs={"T": "type", "Tpaddings": (INDEX, dtypes.int32), "mode": "{'REFLECT', 'SYMMETRIC'}"},
    shape=_mirror_pad_grad_shape,
    static_inputs=("paddings",),
)


@MIRROR_PAD_GRAD.kernel
def _mirror_pad_grad(xp: Namespace, x: Array, paddings: np.ndarray, *, mode: bytes) -> Array:
    return xp.mirror_pad_gradient(x, _checked(paddings, len(xp.shape(x))), mode.decode())


@MIRROR_PAD_GRAD.gradient
def _mirror_pad_grad_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    return [MIRROR_PAD(d_output, op.inputs[1], mode=op.get_attr("mode")), None]


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """Add elements around a tensor.

    Args:
        tensor: any tensor of n dimensions.
        paddings: `[n, 2]` int32 or int64: how many before and after, for each dimension.
        mode: "CONSTANT", "REFLECT" (mirrored at the border element) or "SYMMETRIC" (with it).
        name: name of the operation; "Pad", "PadV2" or "MirrorPad" when None.
        constant_values: scalar that "CONSTANT" adds.

    Raises:
        ValueError: another mode, or `paddings` of a wrong shape.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/pad_op.cc and mirror_pad_op.cc.
    """
    mode = mode.upper()
    result: Tensor
    if mode == "CONSTANT":
        if not is_dense_tensor_like(constant_values) and constant_values == 0:
            result = PAD(tensor, paddings, name=name)
        else:
            result = PAD_V2(tensor, paddings, constant_values, name=name)
    elif mode in ("REFLECT", "SYMMETRIC"):
        result = MIRROR_PAD(tensor, paddings, mode=mode, name=name)
    else:
        raise ValueError(f"Unknown padding mode: {mode}")
    _set_partly_known_shape(result)
    return result


def _set_partly_known_shape(result: Tensor) -> None:
    """The sizes that follow where the paddings are known row by row."""
    known = constant_value(result.op.inputs[1], partial=True)
    sizes = result.op.inputs[0].shape.sizes
    if sizes is None or result.shape.is_fully_defined() or known is None:
        return
    result.set_shape(
        [
            None
            if size is None or row is None or any(x is None for x in row)
            else size + sum(int(x) for x in row)
            for size, row in zip(sizes, known, strict=False)
        ]
    )


def pad_v2(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Tensor:
    """As `pad`, with 2.x's order of arguments."""
    return pad(tensor, paddings, mode, name, constant_values)
