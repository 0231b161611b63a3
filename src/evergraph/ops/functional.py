"""Operations that run functions of the graph's library: calls, branches, loops, gradients.

The runtime replaces them by the operations of the functions when it makes a plan (`calls` in their
OpDefs); they have no kernels.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import from_attr, unknown
from evergraph.registry.shape_inference import ShapeContext


def _symbolic_gradient_shape(c: ShapeContext) -> list[TensorShape]:
    """The gradient of each input has its shape."""
    if len(c.inputs) < c.output_count:
        raise ValueError("len(inputs) < len(outputs)")
    return [_gradient_shape(c.tensor(i)) for i in range(c.output_count)]


def _gradient_shape(tensor: Tensor) -> TensorShape:
    from evergraph.ops.resource import handle_shape

    return handle_shape(tensor) if tensor.dtype == dtypes.resource else tensor.shape


SYMBOLIC_GRADIENT = register_op(
    "SymbolicGradient",
    inputs="input: Tin",
    outputs="output: Tout",
    attrs={"Tin": "list(type) >= 1", "Tout": "list(type) >= 1", "f": "func"},
    shape=_symbolic_gradient_shape,
    calls="gradient",
)

REMOTE_CALL = register_op(
    "RemoteCall",
    inputs="target: string, args: Tin",
    outputs="output: Tout",
    attrs={"Tin": "list(type) >= 1", "Tout": "list(type) >= 1", "f": "func"},
    shape=unknown,
    stateful=True,
    calls="remote",
)


def call_shapes(c: ShapeContext) -> list[TensorShape]:
    """The shapes of a function's results, by its body, unless the call says not to look."""
    name = c.op.type if c.op.op_def.calls == "function" else c.attr("f").name
    function = c.op.graph._get_function(name)
    if function is None or c.attr("_disable_call_shape_inference"):
        return [TensorShape(None)] * c.output_count
    shapes: list[TensorShape] = function.result_shapes(c.inputs, c.op.graph._functions)
    return shapes


_CALL_ATTRS = {
    "Tin": "list(type) >= 0",
    "Tout": "list(type) >= 0",
    "f": "func",
    "config": "string = ''",
    "config_proto": "string = ''",
    "executor_type": "string = ''",
}

PARTITIONED_CALL = register_op(
    "PartitionedCall",
    inputs="args: Tin",
    outputs="output: Tout",
    attrs=_CALL_ATTRS,
    shape=call_shapes,
    calls="attr",
)

STATEFUL_PARTITIONED_CALL = register_op(
    "StatefulPartitionedCall",
    inputs="args: Tin",
    outputs="output: Tout",
    attrs=_CALL_ATTRS,
    shape=call_shapes,
    stateful=True,
    calls="attr",
)


def _stated_shapes(c: ShapeContext) -> list[TensorShape]:
    """The shapes of attr `output_shapes`, one for each output when there are any."""
    stated = list(c.attr("output_shapes") or ())
    if stated and len(stated) != c.output_count:
        raise ValueError(
            f"`output_shapes` must be the same length as num outputs ({len(stated)} vs. "
            f"{c.output_count}"
        )
    return stated


def _branch_shapes(c: ShapeContext) -> list[TensorShape]:
    return _stated_shapes(c) or [TensorShape(None)] * c.output_count


def _loop_shapes(c: ShapeContext) -> list[TensorShape]:
    return _stated_shapes(c) or c.inputs


_IF_ATTRS = {
    "Tcond": "type",
    "Tin": "list(type) >= 0",
    "Tout": "list(type) >= 0",
    "then_branch": "func",
    "else_branch": "func",
    "output_shapes": "list(shape) = []",
}

IF = register_op(
    "If",
    inputs="cond: Tcond, input: Tin",
    outputs="output: Tout",
    attrs=_IF_ATTRS,
    shape=_branch_shapes,
    stateful=True,
    calls="if",
)

STATELESS_IF = register_op(
    "StatelessIf",
    inputs="cond: Tcond, input: Tin",
    outputs="output: Tout",
    attrs=_IF_ATTRS,
    shape=_branch_shapes,
    calls="if",
)

CASE = register_op(
    "Case",
    inputs="branch_index: int32, input: Tin",
    outputs="output: Tout",
    attrs={
        "Tin": "list(type) >= 0",
        "Tout": "list(type) >= 0",
        "branches": "list(func) >= 1",
        "output_shapes": "list(shape) = []",
    },
    shape=_branch_shapes,
    stateful=True,
    calls="case",
)

_WHILE_ATTRS = {
    "T": "list(type) >= 0",
    "cond": "func",
    "body": "func",
    "output_shapes": "list(shape) = []",
    "parallel_iterations": "int = 10",
}

WHILE = register_op(
    "While",
    inputs="input: T",
    outputs="output: T",
    attrs=_WHILE_ATTRS,
    shape=_loop_shapes,
    stateful=True,
    calls="while",
)

STATELESS_WHILE = register_op(
    "StatelessWhile",
    inputs="input: T",
    outputs="output: T",
    attrs=_WHILE_ATTRS,
    shape=_loop_shapes,
    calls="while",
)

FOR = register_op(
    "For",
    inputs="start: int32, limit: int32, delta: int32, input: T",
    outputs="output: T",
    attrs={"T": "list(type) >= 0", "body": "func"},
    shape=unknown,
    calls="for",
)

FAKE_PARAM = register_op(
    "FakeParam",
    outputs="output: dtype",
    attrs={"dtype": "type", "shape": "shape"},
    shape=from_attr("shape"),
)


@FAKE_PARAM.kernel
def _fake_param(xp: Any, *, dtype: Any, shape: TensorShape) -> Any:
    """Something to stand on the branch that doesn't compute a value; nobody looks at it."""
    sizes = [] if shape.ndims is None else [size or 0 for size in shape.as_list()]
    if dtype == dtypes.variant or dtype == dtypes.resource:
        dtype = dtypes.float32
    return xp.zeros(tuple(sizes), dtype.as_numpy_dtype)


def symbolic_gradient(input: Any, Tout: Any, f: Any, name: str | None = None) -> list[Tensor]:
    """The gradients of function `f` with respect to its arguments.

    Args:
        input: the arguments of `f`, then the gradients with respect to its results.
        Tout: dtypes of the arguments of `f`.
        f: name of a function of the graph's library, or the function.
        name: name of the operation; "SymbolicGradient" when None.

    Returns:
        For each argument the gradient; zeros where no result depends on it.

    Reference: TensorFlow 1.15, tensorflow/core/ops/functional_ops.cc.
    """
    result: list[Tensor] = SYMBOLIC_GRADIENT(input, Tout=Tout, f=f, name=name)
    return result


def remote_call(args: Any, Tout: Any, f: Any, target: Any, name: str | None = None) -> Any:
    """Run function `f` on the device `target`.

    Args:
        args: the arguments.
        Tout: dtypes of the results.
        f: name of a function of the graph's library, or the function.
        target: text scalar, the device; every device is the session's own.
        name: name of the operation; "RemoteCall" when None.

    Returns:
        The list of results.

    Reference: TensorFlow 1.15, tensorflow/core/ops/functional_ops.cc.
    """
    return REMOTE_CALL(target, args, Tout=Tout, f=f, name=name)
