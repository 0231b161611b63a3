"""Ops that pass a value on: Identity and its kin, StopGradient, CheckNumerics, NoOp."""

from __future__ import annotations

from typing import Any, NoReturn

from evergraph.core.dtypes import bfloat16, float16, float32, float64
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import merge, no_outputs, unchanged
from evergraph.registry.shape_inference import ShapeContext

IDENTITY = register_op(
    "Identity",
    inputs="input: T",
    outputs="output: T",
    attrs={"T": "type"},
    shape=unchanged,
    forwards=True,
)


@IDENTITY.kernel
def _identity(xp: Namespace, x: Array) -> Array:
    return x


@IDENTITY.gradient
def _identity_gradient(op: Operation, d_output: Any) -> Any:
    return d_output


def identity(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the value of `input`.

    Args:
        input: any tensor; a variable gives its value at that moment.
        name: name of the operation; "Identity" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/identity_op.cc.
    """
    result: Tensor = IDENTITY(input, name=name)
    handle_data = getattr(input, "_handle_data", None)
    if handle_data is not None:
        result._handle_data = handle_data  # type: ignore[attr-defined]  # set on handles only
    return result


REF_IDENTITY = register_op(
    "RefIdentity",
    inputs="input: Ref(T)",
    outputs="output: Ref(T)",
    attrs={"T": "type"},
    shape=unchanged,
    allows_uninitialized_input=True,
    may_be_uninitialized=("input",),
    reads=("input",),
    aliases={"output": "input"},
    forwards=True,
)


@REF_IDENTITY.kernel
def _ref_identity(xp: Namespace, x: Array) -> list[Array]:
    return []


@REF_IDENTITY.gradient
def _ref_identity_gradient(op: Operation, d_output: Any) -> Any:
    return d_output


def _all_unchanged(c: ShapeContext) -> list[TensorShape]:
    return list(c.inputs)


IDENTITY_N = register_op(
    "IdentityN",
    inputs="input: T",
    outputs="output: T",
    attrs={"T": "list(type) >= 1"},
    shape=_all_unchanged,
)


@IDENTITY_N.kernel
def _identity_n(xp: Namespace, values: tuple[Array, ...]) -> list[Array]:
    return list(values)


@IDENTITY_N.gradient
def _identity_n_gradient(op: Operation, *d_outputs: Any) -> tuple[Any, ...]:
    return d_outputs


def identity_n(input: Any, name: str | None = None) -> list[Tensor]:
    """Tensors with the values of the tensors in the list `input`, all ready together.

    Args:
        input: list of tensors of any types.
        name: name of the operation; "IdentityN" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/identity_n_op.cc.
    """
    result: list[Tensor] = IDENTITY_N(input, name=name)
    return result


def _copy(name: str, stateful: bool = False) -> OpDef:
    """An op that hands its input on and that no public function but `raw_ops` makes."""
    op_def = register_op(
        name,
        inputs="input: T",
        outputs="output: T",
        attrs={"T": "type"},
        shape=unchanged,
        stateful=stateful,
    )
    op_def.kernel(_identity)
    return op_def


SNAPSHOT = _copy("Snapshot")
STOP_GRADIENT = _copy("StopGradient").no_gradient()


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the value of `input` that gradients take for a constant.

    Args:
        input: any tensor.
        name: name of the operation; "StopGradient" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/identity_op.cc.
    """
    result: Tensor = STOP_GRADIENT(input, name=name)
    return result


PREVENT_GRADIENT = register_op(
    "PreventGradient",
    inputs="input: T",
    outputs="output: T",
    attrs={"T": "type", "message": "string = ''"},
    shape=unchanged,
)
PREVENT_GRADIENT.kernel(_identity)


@PREVENT_GRADIENT.gradient
def _prevent_gradient_gradient(op: Operation, d_output: Any) -> NoReturn:
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.get_attr('message')!r}")


def prevent_gradient(input: Any, message: str = "", name: str | None = None) -> Tensor:
    """A tensor with the value of `input` that refuses to be differentiated.

    Args:
        input: any tensor.
        message: what the LookupError says that `tf.gradients` raises.
        name: name of the operation; "PreventGradient" when None.

    Reference: TensorFlow 1.15, tensorflow/core/ops/array_ops.cc.
    """
    result: Tensor = PREVENT_GRADIENT(input, message=message, name=name)
    return result


DEBUG_GRADIENT_IDENTITY = register_op(
    "DebugGradientIdentity",
    inputs="input: T",
    outputs="output: T",
    attrs={"T": "type"},
    shape=unchanged,
    allows_uninitialized_input=True,
)
DEBUG_GRADIENT_IDENTITY.kernel(_identity)


@DEBUG_GRADIENT_IDENTITY.gradient
def _debug_gradient_identity_gradient(op: Operation, d_output: Any) -> Any:
    return d_output


GUARANTEE_CONST = _copy("GuaranteeConst", stateful=True)


def guarantee_const(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the value of `input`, which the program promises never changes.

    Args:
        input: any tensor.
        name: name of the operation; "GuaranteeConst" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/guarantee_const_op.cc.
    """
    result: Tensor = GUARANTEE_CONST(input, name=name)
    return result


def _ensured_shape(c: ShapeContext) -> TensorShape:
    return merge(c.attr("shape"), c.inputs[0])


ENSURE_SHAPE = register_op(
    "EnsureShape",
    inputs="input: T",
    outputs="output: T",
    attrs={"shape": "shape", "T": "type"},
    shape=_ensured_shape,
)


@ENSURE_SHAPE.kernel
def _ensure_shape(xp: Namespace, x: Array, *, shape: TensorShape, op: Operation) -> Array:
    from evergraph.core.errors import InvalidArgumentError
    from evergraph.registry.shape_inference import shape_text

    found = TensorShape(list(xp.shape(x)))
    if not shape.is_compatible_with(found):
        raise InvalidArgumentError(
            None,
            None,
            f"Shape of tensor {op.inputs[0]._as_node_def_input()} {shape_text(found)} is not "
            "compatible with expected shape "
            f"{shape_text(shape)}.",
        )
    return x


@ENSURE_SHAPE.gradient
def _ensure_shape_gradient(op: Operation, d_output: Any) -> Any:
    return d_output


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor with the value of `x`, whose shape is checked when it runs.

    Args:
        x: any tensor.
        shape: the shape it must have; None and unknown sizes fit everything.
        name: name of the operation; "EnsureShape" when None.

    Raises:
        ValueError: what is known of the shape of `x` doesn't fit.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/shape_ops.cc.
    """
    result: Tensor = ENSURE_SHAPE(x, shape=shape, name=name)
    return result


CHECK_NUMERICS = register_op(
    "CheckNumerics",
    inputs="tensor: T",
    outputs="output: T",
    attrs={"T": (bfloat16, float16, float32, float64), "message": "string"},
    shape=unchanged,
    stateful=True,
)


@CHECK_NUMERICS.kernel
def _check_numerics(xp: Namespace, x: Array, *, message: bytes) -> Array:
    xp.check_finite(x, message.decode())
    return x


@CHECK_NUMERICS.gradient
def _check_numerics_gradient(op: Operation, d_output: Tensor) -> Tensor:
    return check_numerics(
        d_output,
        "Not a number (NaN) or infinity (Inf) values detected in gradient. "
        + op.get_attr("message").decode(),
    )


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """A tensor with the value of `tensor`, which must hold neither NaN nor infinity.

    Args:
        tensor: floating.
        message: prefix of the error's text.
        name: name of the operation; "CheckNumerics" when None.

    Raises:
        InvalidArgumentError: while running, when it does.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/check_numerics_op.cc.
    """
    result: Tensor = CHECK_NUMERICS(tensor, message=message, name=name)
    return result


DEEP_COPY = register_op(
    "DeepCopy",
    inputs="x: T",
    outputs="y: T",
    attrs={"T": "type"},
    shape=unchanged,
    stateful=True,
)
DEEP_COPY.kernel(_identity)


NO_OP = register_op("NoOp", shape=no_outputs)


@NO_OP.kernel
def _no_op(xp: Namespace) -> list[Array]:
    return []


def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing and is only a place for control dependencies.

    Args:
        name: name of the operation; "NoOp" when None.

    Reference: TensorFlow 1.15, tensorflow/core/ops/no_op.cc.
    """
    result: Operation = NO_OP(name=name)
    return result
