"""Resource variables: handles, and the ops that read, assign and gather through them.

The static shape and dtype behind a handle are those of the `VarHandleOp` it comes from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX, DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops.state import count_kernel, shape_text
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import (
    concat_dims,
    merge,
    no_outputs,
    scalar,
    unknown,
    with_rank,
    with_rank_at_least,
)
from evergraph.registry.shape_inference import ShapeContext
from evergraph.registry.shape_inference import shape_text as static_text

VAR_HANDLE_OP = register_op(
    "VarHandleOp",
    outputs="resource: resource",
    attrs={
        "container": "string = ''",
        "shared_name": "string = ''",
        "dtype": "type",
        "shape": "shape",
    },
    shape=scalar,
    stateful=True,
    location=True,
)


def handle_place(handle: Tensor) -> Operation | None:
    """The operation whose state `handle` leads to, through aliases; None when it isn't known."""
    op = handle.op
    while op.op_def is not None and (op.op_def.forwards or handle._captured_from is not None):
        outer = handle._captured_from
        handle = op._inputs[0] if outer is None else outer
        op = handle.op
    return op if op.op_def is not None and op.op_def.location else None


def handle_shape(handle: Tensor) -> TensorShape:
    """What is known of the shape of the variable behind `handle`."""
    place = handle_place(handle)
    shape = None if place is None else place.attrs.get("shape")
    return shape if isinstance(shape, TensorShape) else TensorShape(None)


def handle_dtype(handle: Tensor) -> DType | None:
    """The dtype of the variable behind `handle`; None when it isn't known."""
    place = handle_place(handle)
    return None if place is None else place.attrs.get("dtype")


def _checked_shape(c: ShapeContext, dtype: DType) -> TensorShape:
    """The shape behind input 0, whose dtype must be `dtype`."""
    found = handle_dtype(c.tensor(0))
    if found is not None and found != dtype:
        words = {"float32": "float", "float64": "double", "float16": "half"}
        expected, given = (words.get(t.name, t.name) for t in (found, dtype))
        raise ValueError(
            f"Trying to read variable with wrong dtype. Expected {expected} got {given}"
        )
    return handle_shape(c.tensor(0))


def _read_shape(c: ShapeContext) -> TensorShape:
    return _checked_shape(c, c.attr("dtype"))


READ_VARIABLE_OP = register_op(
    "ReadVariableOp",
    inputs="resource: resource",
    outputs="value: dtype",
    attrs={"dtype": "type"},
    shape=_read_shape,
    stateful=True,
    reads=("resource",),
)


@READ_VARIABLE_OP.kernel
def _read_variable(xp: Namespace, resource: Array) -> Array:
    return resource


@READ_VARIABLE_OP.gradient
def _read_variable_gradient(op: Operation, d_value: Any) -> Any:
    return d_value


def _assign_shape(c: ShapeContext) -> list[TensorShape]:
    merge(_checked_shape(c, c.attr("dtype")), c.inputs[1])
    return []


ASSIGN_VARIABLE_OP = register_op(
    "AssignVariableOp",
    inputs="resource: resource, value: dtype",
    attrs={"dtype": "type"},
    shape=_assign_shape,
    stateful=True,
    writes=("resource",),
    may_be_uninitialized=("resource",),
)


@ASSIGN_VARIABLE_OP.kernel
def _assign_variable(xp: Namespace, resource: Array | None, value: Array) -> Array:
    return value


def _update(name: str) -> OpDef:
    """An op that changes a whole resource variable by a value of its shape."""
    return register_op(
        name,
        inputs="resource: resource, value: dtype",
        attrs={"dtype": "type"},
        shape=_assign_shape,
        stateful=True,
        writes=("resource",),
    )


def _has_shape_of(xp: Namespace, resource: Array, value: Array) -> bool:
    if xp.shape(resource) == xp.shape(value):
        return True
    xp.check(
        False,
        "InvalidArgumentError",
        f"Cannot update variable with shape {shape_text(xp.shape(resource))} using a Tensor with "
        f"shape {shape_text(xp.shape(value))}, shapes must be equal.",
    )
    return False  # compiled, the check fails later


ASSIGN_ADD_VARIABLE_OP = _update("AssignAddVariableOp")


@ASSIGN_ADD_VARIABLE_OP.kernel
def _assign_add_variable(xp: Namespace, resource: Array, value: Array) -> Array:
    return xp.add(resource, value) if _has_shape_of(xp, resource, value) else resource


ASSIGN_SUB_VARIABLE_OP = _update("AssignSubVariableOp")


@ASSIGN_SUB_VARIABLE_OP.kernel
def _assign_sub_variable(xp: Namespace, resource: Array, value: Array) -> Array:
    return xp.subtract(resource, value) if _has_shape_of(xp, resource, value) else resource


VAR_IS_INITIALIZED_OP = register_op(
    "VarIsInitializedOp",
    inputs="resource: resource",
    outputs="is_initialized: bool",
    shape=scalar,
    stateful=True,
    reads=("resource",),
    may_be_uninitialized=("resource",),
).no_gradient()


@VAR_IS_INITIALIZED_OP.kernel
def _var_is_initialized(xp: Namespace, resource: Array | None) -> Array:
    return xp.asarray(resource is not None)


def _shape_of_variable_shape(c: ShapeContext) -> TensorShape:
    shape = handle_shape(c.tensor(0))
    return TensorShape([shape.ndims])


def _not_while_building(op: Operation) -> None:
    """None: a run knows the value from the variable's shape alone, but no graph does."""


VARIABLE_SHAPE = register_op(
    "VariableShape",
    inputs="input: resource",
    outputs="output: out_type",
    attrs={"out_type": "{int32, int64} = DT_INT32"},
    shape=_shape_of_variable_shape,
    stateful=True,
    reads=("input",),
    value_from_shapes=_not_while_building,
).no_gradient()


@VARIABLE_SHAPE.kernel
def _variable_shape(xp: Namespace, value: Array, *, out_type: DType) -> np.ndarray:
    return np.asarray(xp.shape(value), out_type.as_numpy_dtype)


def variable_shape(handle: Tensor, out_type: Any = dtypes.int32) -> Tensor:
    """The shape of the variable behind `handle`: a constant when it is fully known.

    As in TensorFlow it isn't known of a handle that has come into a cond or a loop.

    Args:
        handle: the variable's handle.
        out_type: int32 or int64.

    Reference: TensorFlow 1.15, tensorflow/python/ops/resource_variable_ops.py.
    """
    from evergraph.ops.constants import constant

    source = handle
    while source.op.type == "Identity":
        source = source.op.inputs[0]
    shape = handle_shape(source)
    is_variable = source.op.op_def is not None and source.op.op_def.location
    if is_variable and shape.is_fully_defined():
        return constant(shape.as_list(), dtype=out_type)
    result: Tensor = VARIABLE_SHAPE(handle, out_type=out_type)
    return result


def _destroy(name: str) -> OpDef:
    return register_op(
        name,
        inputs="resource: resource",
        attrs={"ignore_lookup_error": "bool = true"},
        shape=no_outputs,
        stateful=True,
        host_only=True,
        writes=("resource",),
        may_be_uninitialized=("resource",),
    )


DESTROY_RESOURCE_OP = _destroy("DestroyResourceOp")


@DESTROY_RESOURCE_OP.kernel
def _destroy_resource(
    xp: Namespace, resource: Array | None, *, ignore_lookup_error: bool
) -> Array | None:
    if resource is None and not ignore_lookup_error:
        xp.check(False, "NotFoundError", "Resource does not exist.")
    return None


# Gathers.


def _gather_shape(c: ShapeContext) -> TensorShape:
    params = with_rank_at_least(_checked_shape(c, c.attr("dtype")), 1)
    indices, batch_dims = c.inputs[1], int(c.attr("batch_dims") or 0)
    if params.ndims is None or indices.ndims is None:
        return TensorShape(None)
    if batch_dims < 0 or batch_dims > min(indices.ndims, params.ndims - 1):
        raise ValueError(
            f"batch_dims must be in [0, {min(indices.ndims, params.ndims - 1)}], got {batch_dims}"
        )
    return concat_dims(
        params.as_list()[:batch_dims],
        indices.as_list()[batch_dims:],
        params.as_list()[batch_dims + 1 :],
    )


RESOURCE_GATHER = register_op(
    "ResourceGather",
    inputs="resource: resource, indices: Tindices",
    outputs="output: dtype",
    attrs={
        "batch_dims": "int = 0",
        "validate_indices": "bool = true",
        "dtype": "type",
        "Tindices": INDEX,
    },
    shape=_gather_shape,
    stateful=True,
    reads=("resource",),
)


@RESOURCE_GATHER.kernel
def _resource_gather(xp: Namespace, resource: Array, indices: Array, *, batch_dims: int) -> Array:
    return xp.gather(resource, indices, axis=batch_dims, batch_dims=batch_dims)


@RESOURCE_GATHER.gradient
def _resource_gather_gradient(op: Operation, d_output: Any) -> tuple[IndexedSlices, None]:
    from evergraph.ops.array_concat import concat
    from evergraph.ops.array_shape import expand_dims, reshape, size

    handle, indices = op.inputs
    params_shape = variable_shape(handle)
    count = expand_dims(size(indices), 0)
    values_shape = concat([count, params_shape[1:]], 0)
    values = reshape(d_output, values_shape)
    return IndexedSlices(values, reshape(indices, count), params_shape), None


def _gather_nd_shape(c: ShapeContext) -> TensorShape:
    params = _checked_shape(c, c.attr("dtype"))
    indices = with_rank_at_least(c.inputs[1], 1)
    if indices.ndims is None or params.ndims is None:
        return TensorShape(None)
    depth = indices.as_list()[-1]
    if depth is None:
        return TensorShape(None)
    if depth > params.ndims:
        raise ValueError(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"{static_text(indices)} and params shape: {static_text(params)}"
        )
    return concat_dims(indices.as_list()[:-1], params.as_list()[depth:])


RESOURCE_GATHER_ND = register_op(
    "ResourceGatherNd",
    inputs="resource: resource, indices: Tindices",
    outputs="output: dtype",
    attrs={"dtype": "type", "Tindices": INDEX},
    shape=_gather_nd_shape,
    stateful=True,
    reads=("resource",),
)


@RESOURCE_GATHER_ND.kernel
def _resource_gather_nd(xp: Namespace, resource: Array, indices: Array) -> Array:
    return xp.gather_nd(resource, indices)


@RESOURCE_GATHER_ND.gradient
def _resource_gather_nd_gradient(op: Operation, d_output: Any) -> tuple[Any, None]:
    from evergraph.ops.array_shape import squeeze

    handle, indices = op.inputs
    shape = VARIABLE_SHAPE(handle, out_type=indices.dtype)
    if indices.shape.ndims == 2 and indices.shape.as_list()[-1] == 1:
        return IndexedSlices(d_output, squeeze(indices, axis=-1), shape), None
    from evergraph.ops.array_scatter import scatter_nd

    return scatter_nd(indices, d_output, shape), None


def _counter_shape(c: ShapeContext) -> TensorShape:
    return with_rank(_checked_shape(c, c.attr("T")), 0)


RESOURCE_COUNT_UP_TO = register_op(
    "ResourceCountUpTo",
    inputs="resource: resource",
    outputs="output: T",
    attrs={"limit": "int", "T": INDEX},
    shape=_counter_shape,
    stateful=True,
    writes=("resource",),
)
RESOURCE_COUNT_UP_TO.kernel(count_kernel)


# What the placer makes of many handles at once; kept so that such graphs can be read.

VAR_HANDLES_OP = register_op(
    "_VarHandlesOp",
    outputs="resources: N * resource",
    attrs={
        "containers": "list(string)",
        "shared_names": "list(string)",
        "N": "int >= 0",
        "dtypes": "list(type)",
        "shapes": "list(shape)",
    },
    shape=scalar,
    stateful=True,
)

READ_VARIABLES_OP = register_op(
    "_ReadVariablesOp",
    inputs="resources: N * resource",
    outputs="values: dtypes",
    attrs={"N": "int >= 0", "dtypes": "list(type) >= 1"},
    shape=unknown,
    stateful=True,
    reads=("resources",),
)


@READ_VARIABLES_OP.kernel
def _read_variables(xp: Namespace, resources: tuple[Array, ...]) -> list[Array]:
    return list(resources)
