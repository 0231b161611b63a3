"""Sparse writes: rows, or parts named by index vectors, of a ref or resource variable.

Several updates of one place are applied one after another. An index out of range is an error and
drops its row, so that a write can be switched off through its indices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.resource import handle_shape
from evergraph.ops.state import shape_text
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import concat_dims, merge, with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext
from evergraph.registry.shape_inference import shape_text as static_text

_MIN_MAX_TYPES = (
    dtypes.float16,
    dtypes.bfloat16,
    dtypes.float32,
    dtypes.float64,
    dtypes.int32,
    dtypes.int64,
)

# Rows.


def _check_rows(table: TensorShape, indices: TensorShape, updates: TensorShape) -> None:
    if table.ndims is None or indices.ndims is None or updates.ndims in (None, 0):
        return
    with_rank_at_least(table, 1)
    merge(updates, concat_dims(indices.as_list(), table.as_list()[1:]))


def _ref_rows_shape(c: ShapeContext) -> TensorShape:
    _check_rows(c.inputs[0], c.inputs[1], c.inputs[2])
    return c.inputs[0]


def _resource_rows_shape(c: ShapeContext) -> list[TensorShape]:
    _check_rows(handle_shape(c.tensor(0)), c.inputs[1], c.inputs[2])
    return []


def _without_nan(xp: Namespace, table: Array, updates: Array, mode: str) -> Array:
    """Updates for "minimum" and "maximum": one that is no number changes nothing.

    What is no number in the table stays.
    """
    if mode not in ("minimum", "maximum") or table.dtype.kind in "iub":
        return updates
    harmless = xp.full(xp.shape(updates), np.inf if mode == "minimum" else -np.inf, table.dtype)
    return xp.where(xp.isnan(updates), harmless, updates)


def _rows_kernel(mode: str, is_ref: bool) -> Callable[..., Array]:
    def scatter(xp: Namespace, table: Array, indices: Array, updates: Array) -> Array:
        problem = _rows_problem(xp.shape(table), xp.shape(indices), xp.shape(updates), is_ref)
        if problem:
            xp.check(False, "InvalidArgumentError", problem)
            return table  # compiled, the check fails later
        return xp.scatter(
            table,
            indices,
            _without_nan(xp, table, updates, mode),
            mode,
            lambda at, index, rows: f"indices{at} = {index} is not in [0, {rows})",
        )

    return scatter


def _rows_problem(
    table: tuple[int, ...], indices: tuple[int, ...], updates: tuple[int, ...], is_ref: bool
) -> str:
    """What is wrong with the shapes; empty when they fit."""
    if not table:
        return f"params must be at least 1-D, got shape {shape_text(table)}"
    if updates in ((), indices + table[1:]):
        return ""
    if is_ref:
        return (
            "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], "
            f"got updates.shape {shape_text(updates)}, indices.shape {shape_text(indices)}, "
            f"params.shape {shape_text(table)}"
        )
    return (
        f"shape of indices ({shape_text(indices)}) is not compatible with the shape of updates "
        f"({shape_text(updates)})"
    )


def _ref_rows(name: str, mode: str, types: Any = "numbertype", locking: str = "false") -> OpDef:
    """An op that changes rows of a ref variable."""
    op_def = register_op(
        name,
        inputs="ref: Ref(T), indices: Tindices, updates: T",
        outputs="output_ref: Ref(T)",
        attrs={"T": types, "Tindices": INDEX, "use_locking": f"bool = {locking}"},
        shape=_ref_rows_shape,
        writes=("ref",),
        aliases={"output_ref": "ref"},
        gated_by="indices",
    )
    op_def.kernel(_rows_kernel(mode, is_ref=True))
    return op_def


def _resource_rows(name: str, mode: str, types: Any = "numbertype") -> OpDef:
    """An op that changes rows of a resource variable."""
    op_def = register_op(
        name,
        inputs="resource: resource, indices: Tindices, updates: dtype",
        attrs={"dtype": types, "Tindices": INDEX},
        shape=_resource_rows_shape,
        stateful=True,
        writes=("resource",),
        gated_by="indices",
    )
    op_def.kernel(_rows_kernel(mode, is_ref=False))
    return op_def


SCATTER_UPDATE = _ref_rows("ScatterUpdate", "set", "type", "true")
SCATTER_ADD = _ref_rows("ScatterAdd", "add").no_gradient()
SCATTER_SUB = _ref_rows("ScatterSub", "subtract").no_gradient()
SCATTER_MUL = _ref_rows("ScatterMul", "multiply").no_gradient()
SCATTER_DIV = _ref_rows("ScatterDiv", "divide").no_gradient()
SCATTER_MIN = _ref_rows("ScatterMin", "minimum", _MIN_MAX_TYPES)
SCATTER_MAX = _ref_rows("ScatterMax", "maximum", _MIN_MAX_TYPES)
RESOURCE_SCATTER_UPDATE = _resource_rows("ResourceScatterUpdate", "set", "type")
RESOURCE_SCATTER_ADD = _resource_rows("ResourceScatterAdd", "add")
RESOURCE_SCATTER_SUB = _resource_rows("ResourceScatterSub", "subtract")
RESOURCE_SCATTER_MUL = _resource_rows("ResourceScatterMul", "multiply")
RESOURCE_SCATTER_DIV = _resource_rows("ResourceScatterDiv", "divide")
RESOURCE_SCATTER_MIN = _resource_rows("ResourceScatterMin", "minimum")
RESOURCE_SCATTER_MAX = _resource_rows("ResourceScatterMax", "maximum")


def _scatter(
    op_def: OpDef,
    resource_op_def: OpDef,
    ref: Any,
    indices: Any,
    updates: Any,
    use_locking: bool | None,
    name: str | None,
) -> Any:
    if ref.dtype._is_ref_dtype:
        return op_def(ref, indices, updates, use_locking=use_locking, name=name)
    updates = convert_to_tensor(updates, ref.dtype)
    return ref._lazy_read(resource_op_def(ref.handle, indices, updates, name=name))


def scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Set rows of a variable: `ref[indices[i]] = updates[i]`.

    Args:
        ref: a variable, `[rows, ...]`.
        indices: int32 or int64 of any shape, in [0, rows). Of equal ones, the last counts.
        updates: `indices.shape + ref.shape[1:]`, or a scalar for all.
        use_locking: accepted; updates are always whole.
        name: name of the operation; "ScatterUpdate" when None.

    Returns:
        The reference, whose value is the new one; what reads the new value of a resource variable.

    Raises:
        ValueError: the shapes don't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/scatter_op.cc.
    """
    return _scatter(
        SCATTER_UPDATE, RESOURCE_SCATTER_UPDATE, ref, indices, updates, use_locking, name
    )


def scatter_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Add to rows of a variable: `ref[indices[i]] += updates[i]`; see `scatter_update`."""
    return _scatter(SCATTER_ADD, RESOURCE_SCATTER_ADD, ref, indices, updates, use_locking, name)


def scatter_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtract from rows of a variable: `ref[indices[i]] -= updates[i]`; see `scatter_update`."""
    return _scatter(SCATTER_SUB, RESOURCE_SCATTER_SUB, ref, indices, updates, use_locking, name)


def scatter_mul(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Multiply rows of a variable: `ref[indices[i]] *= updates[i]`; see `scatter_update`."""
    return _scatter(SCATTER_MUL, RESOURCE_SCATTER_MUL, ref, indices, updates, use_locking, name)


def scatter_div(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Divide rows of a variable: `ref[indices[i]] /= updates[i]`; see `scatter_update`."""
    return _scatter(SCATTER_DIV, RESOURCE_SCATTER_DIV, ref, indices, updates, use_locking, name)


def scatter_min(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Lower rows of a variable to at most `updates`; see `scatter_update`."""
    return _scatter(SCATTER_MIN, RESOURCE_SCATTER_MIN, ref, indices, updates, use_locking, name)


def scatter_max(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Raise rows of a variable to at least `updates`; see `scatter_update`."""
    return _scatter(SCATTER_MAX, RESOURCE_SCATTER_MAX, ref, indices, updates, use_locking, name)


# Parts named by index vectors.


def check_nd_shapes(table: TensorShape, indices: TensorShape, updates: TensorShape) -> None:
    """Demand that `updates` fits `indices`, whose last axis indexes the first axes of `table`.

    Raises:
        ValueError: it doesn't.
    """
    with_rank_at_least(indices, 1)
    with_rank_at_least(updates, 1)
    if table.num_elements() == 0 and (indices.num_elements() or updates.num_elements()):
        raise ValueError("Indices and updates specified for empty output shape")
    if indices.ndims is None or updates.ndims is None:
        return
    outer, depth = indices.ndims - 1, indices.as_list()[-1]
    if depth is None:
        return
    heads = TensorShape(updates.as_list()[:outer])
    try:
        if len(updates.as_list()) < outer:
            raise ValueError(f"Shape must be at least rank {outer} but is rank {updates.ndims}")
        merge(TensorShape(indices.as_list()[:-1]), heads)
    except ValueError as error:
        raise ValueError(
            f"The outer {outer} dimensions of indices.shape={static_text(indices)} must match the "
            f"outer {outer} dimensions of updates.shape={static_text(updates)}: {error}"
        ) from None
    if table.ndims is None:
        return
    try:
        merge(TensorShape(table.as_list()[depth:]), TensorShape(updates.as_list()[outer:]))
    except ValueError as error:
        raise ValueError(
            f"The inner {table.ndims - depth} dimensions of input.shape={static_text(table)} must "
            f"match the inner {updates.ndims - outer} dimensions of "
            f"updates.shape={static_text(updates)}: {error}"
        ) from None


def _ref_nd_shape(c: ShapeContext) -> TensorShape:
    check_nd_shapes(c.inputs[0], c.inputs[1], c.inputs[2])
    return c.inputs[0]


def _resource_nd_shape(c: ShapeContext) -> list[TensorShape]:
    check_nd_shapes(handle_shape(c.tensor(0)), c.inputs[1], c.inputs[2])
    return []


def nd_problem(table: tuple[int, ...], indices: tuple[int, ...], updates: tuple[int, ...]) -> str:
    """What is wrong with the shapes of a scatter by index vectors; empty when they fit."""
    if not indices or not updates:
        return (
            "Indices and updates must be at least 1-D. "
            f"Got indices.shape {shape_text(indices)}, updates.shape {shape_text(updates)}"
        )
    if indices[0] != updates[0]:
        return (
            "The outermost dimension of updates and indices must match. "
            f"Got indices.shape {shape_text(indices)}, updates.shape {shape_text(updates)}"
        )
    outer, depth = len(indices) - 1, indices[-1]
    if depth <= len(table) and updates == indices[:-1] + table[depth:]:
        return ""
    return (
        "Must have updates.shape = indices.shape[:batch_dim] + params_shape[slice_dim:], "
        f"got updates.shape: {shape_text(updates)}, indices.shape: {shape_text(indices)}, "
        f"params_shape: {shape_text(table)}, slice_dim: {depth}, and batch_dim: {outer}"
    )


def _nd_kernel(mode: str) -> Callable[..., Array]:
    def scatter(xp: Namespace, table: Array, indices: Array, updates: Array) -> Array:
        problem = nd_problem(xp.shape(table), xp.shape(indices), xp.shape(updates))
        if problem:
            xp.check(False, "InvalidArgumentError", problem)
            return table  # compiled, the check fails later
        shape = shape_text(xp.shape(table))

        def message(at: str, row: list[int], limits: tuple[int, ...]) -> str:
            return f"indices{at} = [{', '.join(map(str, row))}] does not index into shape {shape}"

        if mode != "subtract" or table.dtype != np.bool_:
            return xp.scatter_nd_update(table, indices, updates, mode, message)
        # true - true is false, false - true is true: the parity of what was subtracted.
        numbers = xp.cast(table, np.uint8), indices, xp.cast(updates, np.uint8)
        return xp.cast(xp.bitwise_and(xp.scatter_nd_update(*numbers, mode, message), 1), np.bool_)

    return scatter


def _ref_nd(name: str, mode: str, types: str = "numbertype", locking: str = "false") -> OpDef:
    """An op that changes parts of a ref variable."""
    op_def = register_op(
        name,
        inputs="ref: Ref(T), indices: Tindices, updates: T",
        outputs="output_ref: Ref(T)",
        attrs={"T": types, "Tindices": INDEX, "use_locking": f"bool = {locking}"},
        shape=_ref_nd_shape,
        writes=("ref",),
        aliases={"output_ref": "ref"},
        gated_by="indices",
    ).no_gradient()
    op_def.kernel(_nd_kernel(mode))
    return op_def


def _resource_nd(name: str, mode: str) -> OpDef:
    """An op that changes parts of a resource variable."""
    op_def = register_op(
        name,
        inputs="ref: resource, indices: Tindices, updates: T",
        attrs={"T": "type", "Tindices": INDEX, "use_locking": "bool = true"},
        shape=_resource_nd_shape,
        stateful=True,
        writes=("ref",),
        gated_by="indices",
    )
    op_def.kernel(_nd_kernel(mode))
    return op_def


SCATTER_ND_UPDATE = _ref_nd("ScatterNdUpdate", "set", "type", "true")
SCATTER_ND_ADD = _ref_nd("ScatterNdAdd", "add")
SCATTER_ND_SUB = _ref_nd("ScatterNdSub", "subtract")
RESOURCE_SCATTER_ND_UPDATE = _resource_nd("ResourceScatterNdUpdate", "set")
RESOURCE_SCATTER_ND_ADD = _resource_nd("ResourceScatterNdAdd", "add")
RESOURCE_SCATTER_ND_SUB = _resource_nd("ResourceScatterNdSub", "subtract")


def scatter_nd_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Set parts of a variable: `ref[tuple(indices[i])] = updates[i]`.

    Args:
        ref: a variable.
        indices: `[..., depth]` int32 or int64: each vector indexes the first `depth` axes of `ref`.
        updates: `indices.shape[:-1] + ref.shape[depth:]`.
        use_locking: accepted; updates are always whole.
        name: name of the operation; "ScatterNdUpdate" when None.

    Returns:
        The reference, whose value is the new one; what reads the new value of a resource variable.

    Raises:
        ValueError: the shapes don't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/scatter_nd_op.cc.
    """
    return _scatter(
        SCATTER_ND_UPDATE, RESOURCE_SCATTER_ND_UPDATE, ref, indices, updates, use_locking, name
    )


def scatter_nd_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Add to parts of a variable; see `scatter_nd_update`."""
    return _scatter(
        SCATTER_ND_ADD, RESOURCE_SCATTER_ND_ADD, ref, indices, updates, use_locking, name
    )


def scatter_nd_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtract from parts of a variable; see `scatter_nd_update`."""
    return _scatter(
        SCATTER_ND_SUB, RESOURCE_SCATTER_ND_SUB, ref, indices, updates, use_locking, name
    )


def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Set rows within each batch: `ref[b..., indices[b..., i]] = updates[b..., i]`.

    Args:
        ref: a variable, `[batch..., rows, ...]`.
        indices: `[batch..., n]` int32 or int64.
        updates: `indices.shape + ref.shape[indices.ndim:]`.
        use_locking: accepted; updates are always whole.
        name: name scope of the operations.

    Raises:
        ValueError: the rank of `indices` isn't known.

    Reference: TensorFlow 1.15, tensorflow/python/ops/state_ops.py.
    """
    from evergraph.ops.array_concat import concat
    from evergraph.ops.array_shape import expand_dims, reshape, shape
    from evergraph.ops.cast import CAST
    from evergraph.ops.fills import ones_like
    from evergraph.registry.op_def import get_op_def

    with name_scope(name):
        indices = convert_to_tensor(indices, name="indices")
        sizes: Any = shape(indices)
        rank = indices.shape.ndims
        if rank is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        last: Any = expand_dims(indices, axis=-1)
        parts = []
        for axis in range(rank - 1):
            size = sizes[axis]
            wanted: list[Any] = [1] * (rank + 1)
            wanted[axis] = size
            places: Any = reshape(get_op_def("Range")(0, size, 1), wanted)
            if places.dtype.base_dtype != last.dtype:
                places = CAST(places, DstT=last.dtype)
            parts.append(places * ones_like(last))
        parts.append(last)
        return scatter_nd_update(ref, concat(parts, axis=-1), updates, use_locking=use_locking)
