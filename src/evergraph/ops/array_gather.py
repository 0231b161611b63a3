"""Reading at indices: Gather, GatherV2, GatherNd and their batched forms."""

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
from evergraph.graph.scopes import colocate_with, name_scope
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack, unstack
from evergraph.ops.array_layout import tile, transpose
from evergraph.ops.array_shape import expand_dims, rank, reshape, size, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import CAST, cast
from evergraph.ops.constants import constant_value
from evergraph.ops.fills import ones, zeros
from evergraph.ops.indexed_slices import made_dense
from evergraph.ops.sequences import RANGE, meshgrid
from evergraph.ops.sequences import range as range_of
from evergraph.registry.op_def import get_op_def, register_op
from evergraph.registry.shape_functions import with_rank_at_least
from evergraph.registry.shape_inference import ShapeContext


def _gather_shape(c: ShapeContext) -> TensorShape:
    params, indices = c.inputs
    with_rank_at_least(params, 1)
    if params.ndims is None or indices.ndims is None:
        return TensorShape(None)
    return TensorShape([*indices.as_list(), *params.as_list()[1:]])


GATHER = register_op(
    "Gather",
    inputs="params: Tparams, indices: Tindices",
    outputs="output: Tparams",
    attrs={"validate_indices": "bool = true", "Tparams": "type", "Tindices": INDEX},
    shape=_gather_shape,
)


@GATHER.kernel
def _gather(xp: Namespace, params: Array, indices: Array) -> Array:
    if len(xp.shape(params)) < 1:
        raise InvalidArgumentError(None, None, "params must be at least 1 dimensional")
    return xp.gather(params, indices, 0)


@GATHER.gradient
def _gather_gradient(op: Operation, d_output: Tensor) -> list[Any]:
    params, indices = op.inputs
    params_shape = _shape_of_params(params)
    count = expand_dims(size(indices), 0)
    with made_dense():
        values = reshape(d_output, concat([count, params_shape[1:]], 0))
    return [IndexedSlices(values, reshape(indices, count), params_shape), None]


def _shape_of_params(params: Tensor) -> Any:
    with colocate_with(params):
        # By way of int64: a table may have more rows than an int32 shape can tell.
        return cast(shape_of(params, out_type=dtypes.int64), dtypes.int32)


def _gather_v2_shape(c: ShapeContext) -> TensorShape:
    params, indices = with_rank_at_least(c.inputs[0], 1), c.inputs[1]
    if c.inputs[2].ndims not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.inputs[2].ndims}")
    known, batch_dims = c.constant(2), c.attr("batch_dims")
    if known is None:
        if params.ndims is None or indices.ndims is None:
            return TensorShape(None)
        return TensorShape([None] * (params.ndims + indices.ndims - 1))
    axis = int(known)
    least = axis + 1 if axis >= 0 else -axis
    with_rank_at_least(params, least)
    if params.ndims is None or indices.ndims is None:
        return TensorShape(None)
    if not -indices.ndims <= batch_dims <= indices.ndims:
        raise ValueError(
            f"Expected batch_dims in the range [{-indices.ndims}, {indices.ndims}], but got "
            f"{batch_dims}"
        )
    batch_dims += indices.ndims if batch_dims < 0 else 0
    if batch_dims >= params.ndims:
        raise ValueError(
            f"batch_dims ({batch_dims}) must be less than rank(params) ({params.ndims})"
        )
    axis %= params.ndims
    if batch_dims > axis:
        raise ValueError(f"batch_dims ({batch_dims}) must be less than or equal to axis ({axis})")
    dims = params.as_list()
    return TensorShape([*dims[:axis], *indices.as_list()[batch_dims:], *dims[axis + 1 :]])


GATHER_V2 = register_op(
    "GatherV2",
    inputs="params: Tparams, indices: Tindices, axis: Taxis",
    outputs="output: Tparams",
    attrs={"batch_dims": "int = 0", "Tparams": "type", "Tindices": INDEX, "Taxis": INDEX},
    shape=_gather_v2_shape,
    static_inputs=("axis",),
)


@GATHER_V2.kernel
def _gather_v2(
    xp: Namespace, params: Array, indices: Array, axis: np.ndarray, *, batch_dims: int
) -> Array:
    count = len(xp.shape(params))
    if count < 1:
        raise InvalidArgumentError(None, None, "params must be at least 1 dimensional")
    if np.ndim(axis) != 0:
        raise InvalidArgumentError(None, None, "axis must be scalar")
    if not -count <= int(axis) < count:
        raise InvalidArgumentError(
            None, None, f"Expected axis in the range [{-count}, {count}), but got {int(axis)}"
        )
    return xp.gather(params, indices, int(axis), batch_dims)


@GATHER_V2.gradient
def _gather_v2_gradient(op: Operation, d_output: Tensor) -> list[Any]:
    params, indices, axis = op.inputs
    params_shape = _shape_of_params(params)
    count = expand_dims(size(indices), 0)
    known_axis = constant_value(axis)
    batch_dims = int(op.get_attr("batch_dims"))
    if batch_dims < 0:
        batch_dims += indices.shape.ndims or 0
    if known_axis is not None and known_axis == 0:
        with made_dense():
            values = reshape(d_output, concat([count, params_shape[1:]], 0))
        return [IndexedSlices(values, reshape(indices, count), params_shape), None, None]
    outer, inner = params_shape[:axis], params_shape[axis:][1:]
    values_shape = concat([outer, [-1], inner], 0)
    values_dims, axis_dims = size(values_shape), size(outer)
    batches = range_of(batch_dims)
    between: Any = range_of(batch_dims, axis_dims)
    after = range_of(axis_dims + 1, values_dims)
    with made_dense():
        values = reshape(d_output, values_shape)
    # The gathered axis to the front, behind the batch.
    moved = transpose(values, concat([batches, [axis_dims], between, after], 0))
    d_params = _batch_gather_gradient(params_shape, moved, indices, batch_dims, params_shape[axis])
    back = concat([batches, between + 1, [batch_dims], after], 0)
    return [transpose(d_params, back), None, None]


def _batch_gather_gradient(
    params_shape: Any, values: Any, indices: Any, batch_dims: int, gather_dim_size: Any
) -> Tensor:
    """Sums of `values` at their `indices` in the dimension behind the batch."""
    count = expand_dims(size(indices), 0)
    if batch_dims:
        values_shape: Any = shape_of(values)
        outer = values_shape[:batch_dims]
        inner = values_shape[batch_dims:][1:]
        batch_size = get_op_def("Prod")(outer, [0], keep_dims=False)
        flat_shape = concat([[-1], inner], 0)
        gather_dim_size = gather_dim_size * batch_size
        indices = _flat_batch_indices(params_shape, indices, batch_dims, for_gradient=True)
        values = reshape(values, flat_shape)
    indices = reshape(indices, count)
    result: Tensor = get_op_def("UnsortedSegmentSum")(values, indices, gather_dim_size)
    if batch_dims:
        result = reshape(result, concat([outer, flat_shape], 0))
    return result


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """Slices of `params` at `indices` along a dimension.

    Args:
        params: at least of rank 1; a resource variable is read at the indices only.
        indices: int32 or int64, any shape.
        validate_indices: has no effect.
        name: name of the operation; "GatherV2" when None.
        axis: the dimension; `batch_dims` when None.
        batch_dims: how many first dimensions of `params` and `indices` go together.

    Returns:
        params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:].

    Raises:
        InvalidArgumentError: while running, when an index is out of bounds.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/gather_op.cc.
    """
    if axis is None:
        axis = batch_dims
    known = constant_value(axis)
    result: Tensor
    if known is None or known != 0:
        result = GATHER_V2(params, indices, axis, batch_dims=batch_dims, name=name)
        return result
    try:
        result = params.sparse_read(indices, name=name)
    except AttributeError:  # no resource variable
        result = GATHER_V2(params, indices, axis, name=name)
    return result


def gather_v2(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Tensor:
    """As `gather`, with 2.x's order of arguments."""
    return gather(params, indices, validate_indices, name, axis, batch_dims)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """Gather along the last dimension of `indices`, all before it being batch.

    Args:
        params: `[batch..., n, ...]`.
        indices: `[batch..., m]` int32 or int64.
        name: name of the operations; "BatchGather" when None.

    Raises:
        ValueError: the rank of `indices` isn't known, or is no more than the batch.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.shape.ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return _batch_gather(params, indices, indices.shape.ndims - 1)


def _batch_gather(params: Any, indices: Any, batch_dims: int) -> Tensor:
    indices = convert_to_tensor(indices, name="indices")
    params = convert_to_tensor(params, name="params")
    count = indices.shape.ndims
    if batch_dims < 0 or batch_dims >= count:
        raise ValueError(f"batch_dims = {batch_dims} must be less than rank(indices) = {count}")
    if params.shape.ndims is not None and batch_dims >= params.shape.ndims:
        raise ValueError(
            f"batch_dims = {batch_dims} must be less than rank(params) = {params.shape.ndims}"
        )
    indices_shape, params_shape = shape_of(indices), shape_of(params)
    flat = _flat_batch_indices(params_shape, indices, batch_dims)
    flat = reshape(flat, [-1])
    outer = params_shape[batch_dims + 1 :]
    inner = get_op_def("Prod")(params_shape[: batch_dims + 1], [0], keep_dims=False)
    flat_params = reshape(params, concat([[inner], outer], axis=0))
    taken = gather(flat_params, flat)
    result = reshape(taken, concat([indices_shape, outer], axis=0))
    final = indices.get_shape()[:batch_dims].merge_with(params.get_shape()[:batch_dims])
    final = final.concatenate(indices.get_shape()[batch_dims:])
    result.set_shape(final.concatenate(params.get_shape()[batch_dims + 1 :]))
    return result


def _flat_batch_indices(
    params_shape: Any, indices: Any, batch_dims: int, for_gradient: bool = False
) -> Any:
    """Indices into params whose batch dimensions and the next one are one dimension.

    TensorFlow writes this out twice, and the operations come in two orders.
    """
    batch_indices = indices
    count = indices.shape.ndims
    dtype = indices.dtype.base_dtype
    if for_gradient:
        sizes = cast(params_shape, dtype)
        accumulated: Any = ones((), dtype=dtype)
    else:
        accumulated = ones((), dtype=dtype)
        sizes = CAST(params_shape, DstT=dtype)
    for dim in range(batch_dims, 0, -1):
        dim_value = sizes[dim - 1]
        accumulated = accumulated * sizes[dim]
        start, step = zeros((), dtype=dtype), ones((), dtype=dtype)
        make_range: Any = range_of if for_gradient else RANGE
        dim_indices = make_range(start, dim_value, step) * accumulated
        dim_shape = stack([1] * (dim - 1) + [dim_value] + [1] * (count - dim), axis=0)
        batch_indices = batch_indices + reshape(dim_indices, dim_shape)
    return batch_indices


def _gather_nd_shape(c: ShapeContext) -> TensorShape:
    params, indices = c.inputs
    with_rank_at_least(indices, 1)
    depth = indices.as_list()[-1] if indices.ndims else None
    if params.ndims is None or indices.ndims is None or depth is None:
        return TensorShape(None)
    if depth > params.ndims:
        raise ValueError(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"[{','.join('?' if d is None else str(d) for d in indices.as_list())}] and params "
            f"shape: [{','.join('?' if d is None else str(d) for d in params.as_list())}]"
        )
    return TensorShape([*indices.as_list()[:-1], *params.as_list()[depth:]])


GATHER_ND = register_op(
    "GatherNd",
    inputs="params: Tparams, indices: Tindices",
    outputs="output: Tparams",
    attrs={"Tparams": "type", "Tindices": INDEX},
    shape=_gather_nd_shape,
)


@GATHER_ND.kernel
def _gather_nd(xp: Namespace, params: Array, indices: Array) -> Array:
    if len(xp.shape(params)) < 1:
        raise InvalidArgumentError(None, None, "params must be at least a vector")
    if len(xp.shape(indices)) < 1:
        raise InvalidArgumentError(None, None, "indices must be at least a vector")
    if xp.shape(indices)[-1] > len(xp.shape(params)):
        raise InvalidArgumentError(
            None,
            None,
            "index innermost dimension length must be <= params rank; saw: "
            f"{xp.shape(indices)[-1]} vs. {len(xp.shape(params))}",
        )
    if 0 in xp.shape(params) and 0 not in xp.shape(indices)[:-1]:
        raise InvalidArgumentError(
            None,
            None,
            "Requested more than 0 entries, but params is empty.  Params shape: "
            f"[{','.join(map(str, xp.shape(params)))}]",
        )
    return xp.gather_nd(params, indices)


@GATHER_ND.gradient
def _gather_nd_gradient(op: Operation, d_output: Tensor) -> list[Any]:
    from evergraph.ops.array_scatter import scatter_nd

    params, indices = op.inputs
    params_shape = shape_of(params, out_type=indices.dtype)
    if indices.shape.ndims == 2 and indices.shape.as_list()[-1] == 1:
        return [IndexedSlices(d_output, squeeze(indices, axis=-1), params_shape), None]
    return [scatter_nd(indices, d_output, params_shape), None]


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: Any = 0) -> Tensor:
    """Slices of `params`, each found by a whole row of `indices`.

    Args:
        params: any tensor.
        indices: `[..., k]` int32 or int64: row r stands for params[r[0], ..., r[k - 1]].
        name: name of the operation; "GatherNd" when None.
        batch_dims: how many first dimensions of `params` and `indices` go together.

    Returns:
        indices.shape[:-1] + params.shape[k:].

    Raises:
        InvalidArgumentError: while running, when a row is out of bounds.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/gather_nd_op.cc.
    """
    known = constant_value(batch_dims)
    batch_dims = batch_dims if known is None else int(known)
    if not isinstance(batch_dims, int) or batch_dims != 0:
        return batch_gather_nd(params, indices, batch_dims=batch_dims, name=name)
    result: Tensor
    try:
        result = params.gather_nd(indices, name=name)
    except AttributeError:  # no resource variable
        result = GATHER_ND(params, indices, name=name)
    return result


def gather_nd_v2(params: Any, indices: Any, batch_dims: Any = 0, name: str | None = None) -> Tensor:
    """As `gather_nd`, with 2.x's order of arguments."""
    return gather_nd(params, indices, name, batch_dims)


def batch_gather_nd(params: Any, indices: Any, batch_dims: Any, name: str | None = None) -> Tensor:
    """As `gather_nd` with `batch_dims` first dimensions in common.

    Args:
        params: `[batch..., ...]`.
        indices: `[batch..., ..., k]` int32 or int64.
        batch_dims: length of `batch`.
        name: name of the operations; "BatchGatherND" when None.

    Raises:
        TypeError: `batch_dims` isn't an int.
        ValueError: it is negative or too large.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    with name_scope(name, "BatchGatherND", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if not isinstance(batch_dims, int):
            raise TypeError(f"batch_dims must be an int; got {batch_dims!r}")
        if batch_dims < 0:
            raise ValueError("tf.gather_nd does not allow negative batch_dims.")
        for tensor, word in ((indices, "indices"), (params, "params")):
            count = tensor.shape.ndims
            if count is not None and batch_dims >= count:
                raise ValueError(
                    f"batch_dims = {batch_dims} must be less than rank({word}) = {count}"
                )
        params_shape: Any = shape_of(params)
        indices_shape: Any = shape_of(indices)
        batch_shape = params_shape[:batch_dims]
        batch_size = get_op_def("Prod")(batch_shape, [0])
        inner_dims = rank(indices) - batch_dims - 1
        inner_shape = indices_shape[batch_dims:-1]
        ranges = [CAST(RANGE(0, n, 1), DstT=indices.dtype) for n in unstack(batch_shape, axis=0)]
        mesh = meshgrid(*ranges, indexing="ij") if ranges else []
        grid: Any = transpose(stack([reshape(x, shape=(-1,)) for x in mesh], axis=0))
        grid_shape: Any = shape_of(grid)
        grid = reshape(
            grid,
            concat([grid_shape[:1], ones(inner_dims, dtype=dtypes.int32), grid_shape[1:]], axis=0),
        )
        grid = tile(grid, multiples=concat(((1,), inner_shape, (1,)), axis=0))
        flat_shape = concat(([batch_size], indices_shape[batch_dims:]), axis=0)
        flat = reshape(indices, shape=flat_shape)
        taken: Any = GATHER_ND(params, concat((grid, flat), axis=-1))
        taken_shape: Any = shape_of(taken)
        return reshape(taken, shape=concat((batch_shape, taken_shape[1:]), axis=0))
