"""Writing at indices: ScatterNd, TensorScatterUpdate and their kin, on plain tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core.dtypes import INDEX
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.array_gather import gather_nd
from evergraph.ops.fills import checked_sizes, zeros_like
from evergraph.ops.identity import identity
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import merge, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext, shape_text


def _check_parts(indices: TensorShape, updates: TensorShape, whole: TensorShape, word: str) -> None:
    """Raise ValueError unless updates.shape is indices.shape[:-1] + whole.shape[k:]."""
    if indices.ndims is None or updates.ndims is None:
        return
    *outer, depth = indices.as_list()
    sizes, count = updates.as_list(), len(outer)
    try:
        merge(TensorShape(outer), TensorShape(sizes[:count]))
    except ValueError as error:
        raise ValueError(
            f"The outer {count} dimensions of indices.shape={shape_text(indices)} must match "
            f"the outer {count} dimensions of updates.shape={shape_text(updates)}: "
            f"{error}"
        ) from None
    if depth is None or whole.ndims is None:
        return
    inner, rest = whole.as_list()[depth:], sizes[count:]
    try:
        merge(TensorShape(inner), TensorShape(rest))
    except ValueError as error:
        raise ValueError(
            f"The inner {len(inner)} dimensions of {word}.shape={shape_text(whole)} must match the "
            f"inner {len(rest)} dimensions of updates.shape={shape_text(updates)}: "
            f"{error}"
        ) from None


def _scatter_nd_shape(c: ShapeContext) -> TensorShape:
    indices = with_rank_at_least(c.inputs[0], 1)
    updates = with_rank_at_least(c.inputs[1], 1)
    whole = c.constant_as_shape(2)
    c.asked.clear()  # TensorFlow's messages here don't tell the shape once more
    if (
        whole.is_fully_defined()
        and 0 in whole.as_list()
        and updates.num_elements() not in (0, None)
    ):
        raise ValueError("Indices and updates specified for empty output shape")
    _check_parts(indices, updates, whole, "output")
    return whole


SCATTER_ND = register_op(
    "ScatterNd",
    inputs="indices: Tindices, updates: T, shape: Tindices",
    outputs="output: T",
    attrs={"T": "type", "Tindices": INDEX},
    shape=_scatter_nd_shape,
    static_inputs=("shape",),
)


@SCATTER_ND.kernel
def _scatter_nd(xp: Namespace, indices: Array, updates: Array, shape: np.ndarray) -> Array:
    sizes = checked_sizes(shape, "ScatterNd")
    _check_updates(tuple(xp.shape(indices)), tuple(xp.shape(updates)), sizes)
    if np.dtype(updates.dtype) == object:
        return _scatter_strings(indices, updates, sizes)
    if np.dtype(updates.dtype) == bool:
        # Sums of bools are "or".
        added = xp.scatter_nd(indices, xp.cast(updates, np.int32), sizes, _out_of(sizes))
        return xp.not_equal(added, 0)
    return xp.scatter_nd(indices, updates, sizes, _out_of(sizes))


def _out_of(sizes: tuple[int, ...]) -> Callable[[str, list[int], tuple[int, ...]], str]:
    """What makes the text for a row of indices that is out of bounds."""
    return lambda place, row, _: (
        f"indices{place} = [{', '.join(map(str, row))}] does not index into shape {_text(sizes)}"
    )


def _scatter_strings(
    indices: np.ndarray, updates: np.ndarray, sizes: tuple[int, ...]
) -> np.ndarray:
    result = np.full(sizes, b"", dtype=object)
    depth = indices.shape[-1]
    for place in np.ndindex(indices.shape[:-1]):
        at = tuple(int(i) for i in indices[place])
        result[at[:depth]] = result[at[:depth]] + updates[place]
    return result


def _check_updates(
    indices: tuple[int, ...], updates: tuple[int, ...], whole: tuple[int, ...]
) -> None:
    if not indices:
        raise InvalidArgumentError(None, None, "Indices shape must have rank at least one")
    depth = indices[-1]
    if depth > len(whole) or updates != (*indices[:-1], *whole[depth:]):
        raise InvalidArgumentError(
            None,
            None,
            "Must have updates.shape = indices.shape[:batch_dim] + params_shape[slice_dim:], got "
            f"updates.shape: {_text(updates)}, indices.shape: {_text(indices)}, params_shape: "
            f"{_text(whole)}, slice_dim: {depth}, and batch_dim: {len(indices) - 1}",
        )


def _text(sizes: tuple[int, ...]) -> str:
    return "[" + ",".join(map(str, sizes)) + "]"


@SCATTER_ND.gradient
def _scatter_nd_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    return [None, gather_nd(d_output, op.inputs[0]), None]


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Tensor:
    """Zeros of `shape` with `updates` added at rows of `indices`.

    Args:
        indices: `[..., k]` int32 or int64.
        updates: indices.shape[:-1] + shape[k:]; those of one place add up.
        shape: vector of the type of `indices`.
        name: name of the operation; "ScatterNd" when None.

    Raises:
        ValueError: the shapes don't fit.
        InvalidArgumentError: while running, when a row is out of bounds.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/scatter_nd_op.cc.
    """
    result: Tensor = SCATTER_ND(indices, updates, shape, name=name)
    return result


def _tensor_scatter_shape(c: ShapeContext) -> TensorShape:
    whole, indices, updates = c.inputs
    with_rank_at_least(whole, 1)
    with_rank_at_least(indices, 1)
    with_rank_at_least(updates, 1)
    _check_parts(indices, updates, whole, "input")
    return whole


def _tensor_scatter(name: str, mode: str, first: str = "tensor", allowed: Any = "type") -> OpDef:
    """An op that changes elements of its first input by `mode`."""
    op_def = register_op(
        name,
        inputs=f"{first}: T, indices: Tindices, updates: T",
        outputs="output: T",
        attrs={"T": allowed, "Tindices": INDEX},
        shape=_tensor_scatter_shape,
    )

    def kernel(xp: Namespace, x: Array, indices: Array, updates: Array) -> Array:
        sizes = tuple(int(n) for n in xp.shape(x))
        _check_updates(tuple(xp.shape(indices)), tuple(xp.shape(updates)), sizes)
        if mode == "add" and np.dtype(x.dtype) == bool:
            return xp.scatter_nd_update(x, indices, updates, "maximum", _out_of(sizes))
        return xp.scatter_nd_update(x, indices, updates, mode, _out_of(sizes))

    op_def.kernel(kernel)
    return op_def


SCATTER_ND_NON_ALIASING_ADD = _tensor_scatter(
    "ScatterNdNonAliasingAdd",
    "add",
    "input",
    "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, "
    "uint16, complex128, half, uint32, uint64, bool}",
)


@SCATTER_ND_NON_ALIASING_ADD.gradient
def _scatter_nd_add_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    return [d_output, None, gather_nd(d_output, op.inputs[1])]


def scatter_nd_non_aliasing_add(
    input: Any,
    indices: Any,
    updates: Any,
    name: str | None = None,
) -> Tensor:
    """`input` with `updates` added at rows of `indices`; arguments as of `scatter_nd`."""
    result: Tensor = SCATTER_ND_NON_ALIASING_ADD(input, indices, updates, name=name)
    return result


TENSOR_SCATTER_UPDATE = _tensor_scatter("TensorScatterUpdate", "set")


@TENSOR_SCATTER_UPDATE.gradient
def _tensor_scatter_update_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    indices = op.inputs[1]
    d_updates = gather_nd(d_output, indices)
    d_tensor = TENSOR_SCATTER_UPDATE(
        identity(d_output), indices, zeros_like(op.inputs[2], dtype=d_output.dtype)
    )
    return [d_tensor, None, d_updates]


def tensor_scatter_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """`tensor` with its elements at rows of `indices` replaced.

    Args:
        tensor: any tensor.
        indices: `[..., k]` int32 or int64.
        updates: indices.shape[:-1] + tensor.shape[k:].
        name: name of the operation; "TensorScatterUpdate" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/scatter_nd_op.cc.
    """
    result: Tensor = TENSOR_SCATTER_UPDATE(tensor, indices, updates, name=name)
    return result


TENSOR_SCATTER_ADD = _tensor_scatter("TensorScatterAdd", "add")


@TENSOR_SCATTER_ADD.gradient
def _tensor_scatter_add_gradient(op: Operation, d_output: Tensor) -> list[Tensor | None]:
    d_updates = gather_nd(d_output, op.inputs[1])
    return [identity(d_output), None, d_updates]


def tensor_scatter_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """As `tensor_scatter_update`, but adds the updates."""
    result: Tensor = TENSOR_SCATTER_ADD(tensor, indices, updates, name=name)
    return result


TENSOR_SCATTER_SUB = _tensor_scatter("TensorScatterSub", "subtract")


@TENSOR_SCATTER_SUB.gradient
def _tensor_scatter_sub_gradient(op: Operation, d_output: Tensor) -> list[Any]:
    d_updates: Any = gather_nd(d_output, op.inputs[1])
    return [identity(d_output), None, -d_updates]


def tensor_scatter_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """As `tensor_scatter_update`, but subtracts the updates."""
    result: Tensor = TENSOR_SCATTER_SUB(tensor, indices, updates, name=name)
    return result
