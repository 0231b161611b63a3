"""Stacks: what a loop keeps of each iteration for its gradient.

Reference: TensorFlow 1.15, tensorflow/core/kernels/stack_ops.cc.
"""

from __future__ import annotations

from typing import Any

from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import no_outputs
from evergraph.registry.shape_inference import ShapeContext


def _pair_shape(c: ShapeContext) -> TensorShape:
    return TensorShape([2])


def _pushed_shape(c: ShapeContext) -> TensorShape:
    return c.inputs[1]


def _unknown_shape(c: ShapeContext) -> TensorShape:
    return TensorShape(None)


STACK_V2 = register_op(
    "StackV2",
    inputs="max_size: int32",
    outputs="handle: resource",
    attrs={"elem_type": "type", "stack_name": "string = ''"},
    shape=_pair_shape,
    stateful=True,
    static_inputs=("max_size",),
    makes_object=True,
).no_gradient()


@STACK_V2.kernel
def _stack_v2(
    xp: Namespace, max_size: Array, *, elem_type: DType, stack_name: bytes, op_name: str
) -> Any:
    return xp.new_stack(elem_type, int(max_size), stack_name.decode() or op_name)


def _push_op(name: str, handle: str, **fields: Any) -> OpDef:
    return register_op(
        name,
        inputs=f"handle: {handle}, elem: T",
        outputs="output: T",
        attrs={"T": "type", "swap_memory": "bool = false"},
        shape=_pushed_shape,
        **fields,
    ).no_gradient()


def _push(xp: Namespace, handle: Any, value: Array) -> Array:
    handle.push(value)
    return value


STACK_PUSH_V2 = _push_op("StackPushV2", "resource", stateful=True)
STACK_PUSH_V2.kernel(_push)


def _pop_op(name: str, handle: str, **fields: Any) -> OpDef:
    return register_op(
        name,
        inputs=f"handle: {handle}",
        outputs="elem: elem_type",
        attrs={"elem_type": "type"},
        shape=_unknown_shape,
        **fields,
    ).no_gradient()


def _pop(xp: Namespace, handle: Any) -> Array:
    return handle.pop()


STACK_POP_V2 = _pop_op("StackPopV2", "resource", stateful=True)
STACK_POP_V2.kernel(_pop)


def _close_op(name: str, handle: str, **fields: Any) -> OpDef:
    return register_op(name, inputs=f"handle: {handle}", shape=no_outputs, **fields).no_gradient()


def _close(xp: Namespace, handle: Any) -> None:
    handle.close()


STACK_CLOSE_V2 = _close_op("StackCloseV2", "resource", stateful=True)
STACK_CLOSE_V2.kernel(_close)


# The forms of TensorFlow 0.x, whose handle is a reference to two strings.

STACK = register_op(
    "Stack",
    outputs="handle: Ref(string)",
    attrs={"elem_type": "type", "stack_name": "string = ''"},
    shape=_pair_shape,
    stateful=True,
    makes_object=True,
).no_gradient()


@STACK.kernel
def _stack(xp: Namespace, *, elem_type: DType, stack_name: bytes, op_name: str) -> Any:
    return xp.new_stack(elem_type, -1, stack_name.decode() or op_name)


STACK_PUSH = _push_op("StackPush", "Ref(string)")
STACK_PUSH.kernel(_push)
STACK_POP = _pop_op("StackPop", "Ref(string)")
STACK_POP.kernel(_pop)
STACK_CLOSE = _close_op("StackClose", "Ref(string)")
STACK_CLOSE.kernel(_close)


__all__: list[str] = []
