"""Ref variables: the places of state, and the ops that assign to them as a whole.

A ref edge carries a place, not a value: the runtime hands a kernel the value that is there, and
puts the first result back.
"""

from __future__ import annotations

from typing import Any

from evergraph.core.shapes import TensorShape, as_shape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Tensor
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import from_attr, merge, scalar, unchanged, with_rank
from evergraph.registry.shape_inference import ShapeContext

_PLACE_ATTRS = {
    "shape": "shape",
    "dtype": "type",
    "container": "string = ''",
    "shared_name": "string = ''",
}


def _variable_shape(c: ShapeContext) -> TensorShape:
    # A scalar's shape stands for "unknown" in graphs that 0.x wrote.
    shape: TensorShape = c.attr("shape")
    return TensorShape(None) if shape.ndims == 0 else shape


VARIABLE = register_op(
    "Variable",
    outputs="ref: Ref(dtype)",
    attrs=_PLACE_ATTRS,
    shape=_variable_shape,
    stateful=True,
    location=True,
)

VARIABLE_V2 = register_op(
    "VariableV2",
    outputs="ref: Ref(dtype)",
    attrs=_PLACE_ATTRS,
    shape=from_attr("shape"),
    stateful=True,
    location=True,
)


def variable_op(
    shape: Any,
    dtype: Any,
    name: str | None = "Variable",
    set_shape: bool = True,
    container: str = "",
    shared_name: str = "",
) -> Tensor:
    """A place of state as 0.x made it: the reference of a new `Variable` op.

    Args:
        shape: shape of the values.
        dtype: type of the elements.
        name: name of the operation.
        set_shape: False leaves the shape open.
        container: container of the place; the graph's when empty.
        shared_name: name under which the place is known; the operation's when empty.
    """
    shape = as_shape(shape if set_shape else None)
    result: Tensor = VARIABLE(
        shape=shape, dtype=dtype, container=container, shared_name=shared_name, name=name
    )
    if set_shape:
        result.set_shape(shape)
    return result


def variable_op_v2(
    shape: Any,
    dtype: Any,
    name: str | None = "Variable",
    container: str = "",
    shared_name: str = "",
) -> Tensor:
    """A place of state: the reference of a new `VariableV2` op; see `variable_op`."""
    result: Tensor = VARIABLE_V2(
        shape=shape, dtype=dtype, container=container, shared_name=shared_name, name=name
    )
    return result


TEMPORARY_VARIABLE = register_op(
    "TemporaryVariable",
    outputs="ref: Ref(dtype)",
    attrs={"shape": "shape", "dtype": "type", "var_name": "string = ''"},
    shape=from_attr("shape"),
    stateful=True,
    location=True,
)

DESTROY_TEMPORARY_VARIABLE = register_op(
    "DestroyTemporaryVariable",
    inputs="ref: Ref(T)",
    outputs="value: T",
    attrs={"T": "type", "var_name": "string"},
    shape=unchanged,
    reads=("ref",),
)


@DESTROY_TEMPORARY_VARIABLE.kernel
def _destroy_temporary_variable(xp: Namespace, ref: Array) -> Array:
    return ref


IS_VARIABLE_INITIALIZED = register_op(
    "IsVariableInitialized",
    inputs="ref: Ref(dtype)",
    outputs="is_initialized: bool",
    attrs={"dtype": "type"},
    shape=scalar,
    allows_uninitialized_input=True,
    reads=("ref",),
    may_be_uninitialized=("ref",),
)


@IS_VARIABLE_INITIALIZED.kernel
def _is_variable_initialized(xp: Namespace, ref: Array | None) -> Array:
    return xp.asarray(ref is not None)


def is_variable_initialized(ref: Any, name: str | None = None) -> Tensor:
    """Whether the variable `ref` holds a value.

    Args:
        ref: a variable, or a reference.
        name: name of the operation; "IsVariableInitialized" when None.

    Returns:
        bool scalar.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/variable_ops.cc.
    """
    result: Tensor = (
        IS_VARIABLE_INITIALIZED(ref, name=name)
        if ref.dtype._is_ref_dtype
        else ref.is_initialized(name=name)
    )
    return result


# Assignments.


def _assign_shape(c: ShapeContext) -> TensorShape:
    return merge(c.inputs[0], c.inputs[1]) if c.attr("validate_shape") else c.inputs[1]


ASSIGN = register_op(
    "Assign",
    inputs="ref: Ref(T), value: T",
    outputs="output_ref: Ref(T)",
    attrs={"T": "type", "validate_shape": "bool = true", "use_locking": "bool = true"},
    shape=_assign_shape,
    allows_uninitialized_input=True,
    writes=("ref",),
    may_be_uninitialized=("ref",),
    aliases={"output_ref": "ref"},
).no_gradient()


@ASSIGN.kernel
def _assign(xp: Namespace, ref: Array | None, value: Array, *, validate_shape: bool) -> Array:
    if ref is None or not validate_shape or xp.shape(ref) == xp.shape(value):
        return value
    xp.check(
        False,
        "InvalidArgumentError",
        "Assign requires shapes of both tensors to match. "
        f"lhs shape= {shape_text(xp.shape(ref))} rhs shape= {shape_text(xp.shape(value))}",
    )
    return ref  # compiled, the check fails later: the variable keeps its shape until then


def shape_text(sizes: tuple[int, ...]) -> str:
    """Sizes as TensorFlow's messages have them: `[2,3]`."""
    return "[" + ",".join(str(n) for n in sizes) + "]"


def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Put `value` into the variable `ref`.

    Args:
        ref: a variable, or a reference; it needn't hold a value yet.
        value: tensor of the variable's dtype.
        validate_shape: refuse a `value` of another shape than the variable's; true when None.
        use_locking: accepted; updates are always whole.
        name: name of the operation; "Assign" when None.

    Returns:
        The reference, whose value is the new one; what reads the new value of a resource variable.

    Raises:
        ValueError: the shapes differ.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/assign_op.h.
    """
    if ref.dtype._is_ref_dtype:
        return ASSIGN(ref, value, validate_shape=validate_shape, use_locking=use_locking, name=name)
    return ref.assign(value, name=name)


def _update_shape(c: ShapeContext) -> TensorShape:
    return merge(c.inputs[0], c.inputs[1])


def _update(name: str) -> OpDef:
    """An op that changes a whole ref variable by a value of its shape."""
    return register_op(
        name,
        inputs="ref: Ref(T), value: T",
        outputs="output_ref: Ref(T)",
        attrs={"T": "numbertype", "use_locking": "bool = false"},
        shape=_update_shape,
        writes=("ref",),
        aliases={"output_ref": "ref"},
    ).no_gradient()


def _has_size_of(xp: Namespace, ref: Array, value: Array) -> bool:
    if xp.shape(ref) == xp.shape(value):
        return True
    xp.check(False, "InvalidArgumentError", "Parameters and update must be the same size")
    return False  # compiled, the check fails later


ASSIGN_ADD = _update("AssignAdd")


@ASSIGN_ADD.kernel
def _assign_add(xp: Namespace, ref: Array, value: Array) -> Array:
    return xp.add(ref, value) if _has_size_of(xp, ref, value) else ref


def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Add `value` to the variable `ref`; see `assign`.

    Args:
        ref: a variable, or a reference.
        value: tensor of the variable's dtype and shape.
        use_locking: accepted; updates are always whole.
        name: name of the operation; "AssignAdd" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/dense_update_ops.cc.
    """
    if ref.dtype._is_ref_dtype:
        return ASSIGN_ADD(ref, value, use_locking=use_locking, name=name)
    return ref.assign_add(value)


ASSIGN_SUB = _update("AssignSub")


@ASSIGN_SUB.kernel
def _assign_sub(xp: Namespace, ref: Array, value: Array) -> Array:
    return xp.subtract(ref, value) if _has_size_of(xp, ref, value) else ref


def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Subtract `value` from the variable `ref`; see `assign_add`."""
    if ref.dtype._is_ref_dtype:
        return ASSIGN_SUB(ref, value, use_locking=use_locking, name=name)
    return ref.assign_sub(value)


# Counting.


def _counter_shape(c: ShapeContext) -> TensorShape:
    return with_rank(c.inputs[0], 0)


COUNT_UP_TO = register_op(
    "CountUpTo",
    inputs="ref: Ref(T)",
    outputs="output: T",
    attrs={"limit": "int", "T": "{int32, int64}"},
    shape=_counter_shape,
    writes=("ref",),
)


@COUNT_UP_TO.kernel
def count_kernel(xp: Namespace, ref: Array, *, limit: int) -> tuple[Array, Array]:
    """The next count, and the present one; an error from `limit` on."""
    xp.check(xp.less(ref, limit), "OutOfRangeError", f"Reached limit of {limit}")
    return xp.add(ref, 1), ref


def count_up_to(ref: Any, limit: int, name: str | None = None) -> Tensor:
    """The value of the variable `ref`, which is then one more.

    Args:
        ref: a scalar variable, int32 or int64.
        limit: from this value on, OutOfRangeError is raised.
        name: name of the operation; "CountUpTo" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/count_up_to_op.cc.
    """
    result: Tensor
    if ref.dtype._is_ref_dtype:
        result = COUNT_UP_TO(ref, limit=limit, name=name)
    else:
        from evergraph.ops.resource import RESOURCE_COUNT_UP_TO

        result = RESOURCE_COUNT_UP_TO(ref.handle, limit=limit, T=ref.dtype, name=name)
    return result
