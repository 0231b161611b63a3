"""Tensor arrays as operations, in three generations: TensorArrayV3 and those before it.

At run time the handle is an object of `xp` (`arrays.*_backend.tensor_arrays`), whose methods the
kernels call; flows, scalars without meaning, give the order. `tensor_array.py` has the class that
programs use.

Reference: TensorFlow 1.15, tensorflow/core/ops/data_flow_ops.cc, kernels/tensor_array_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes
from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.ops import tensor_array_shapes as shapes
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import no_outputs, unknown

Handle = Any
"""A tensor array of the namespace that the kernel runs in."""

_DTYPE = {"dtype": "type"}
_VALUE = {"T": "type"}
_PACKED = {"dtype": "type", "element_shape": "shape = { unknown_rank: true }"}


def _generations(
    name: str,
    inputs: str,
    outputs: str,
    attrs: dict[str, Any] | None = None,
    *,
    shape: Callable[..., Any],
    shape_v2: Callable[..., Any] | None = None,
    shape_v1: Callable[..., Any] = unknown,
    known_when_traced: Callable[[Operation], bool] | None = None,
) -> tuple[OpDef, OpDef, OpDef]:
    """The op `name` on handles that are resources (V3), strings (V2) and references to strings.

    Args:
        name: the op type of the first generation.
        inputs: those after the handle.
        outputs: as in `register_op`.
        attrs: as in `register_op`.
        shape: shape function of the third generation.
        shape_v2: that of the second, where it differs.
        shape_v1: that of the first.
        known_when_traced: as in `OpDef`.
    """
    rules = {"V3": shape, "V2": shape_v2 or shape, "": shape_v1}
    handles = {"V3": "resource", "V2": "string", "": "Ref(string)"}

    def register(generation: str) -> OpDef:
        return register_op(
            name + generation,
            inputs=", ".join(filter(None, [f"handle: {handles[generation]}", inputs])),
            outputs=outputs,
            attrs=attrs,
            shape=rules[generation],
            stateful=generation == "V3",
            known_when_traced=known_when_traced,
        )

    return register("V3"), register("V2"), register("")


def _each(op_defs: tuple[OpDef, ...], part: str) -> Callable[[Any], Any]:
    """Decorator: make a function the kernel, or the gradient, of all these ops."""

    def decorate(function: Any) -> Any:
        for op_def in op_defs:
            getattr(op_def, part)(function)
        return function

    return decorate


def _dims(shape: TensorShape) -> list[int | None] | None:
    return None if shape.ndims is None else list(shape.as_list())


TENSOR_ARRAY_V3 = register_op(
    "TensorArrayV3",
    inputs="size: int32",
    outputs="handle: resource, flow: float",
    attrs={
        "dtype": "type",
        "element_shape": "shape = { unknown_rank: true }",
        "dynamic_size": "bool = false",
        "clear_after_read": "bool = true",
        "identical_element_shapes": "bool = false",
        "tensor_array_name": "string = ''",
    },
    shape=shapes.creation_shape,
    stateful=True,
    static_inputs=("size",),
    makes_object=True,
).no_gradient()

TENSOR_ARRAY_V2 = register_op(
    "TensorArrayV2",
    inputs="size: int32",
    outputs="handle: string",
    attrs={
        "dtype": "type",
        "element_shape": "shape = { unknown_rank: true }",
        "dynamic_size": "bool = false",
        "clear_after_read": "bool = true",
        "tensor_array_name": "string = ''",
    },
    shape=shapes.creation_shape,
    stateful=True,
    static_inputs=("size",),
    makes_object=True,
).no_gradient()

TENSOR_ARRAY = register_op(
    "TensorArray",
    inputs="size: int32",
    outputs="handle: Ref(string)",
    attrs={
        "dtype": "type",
        "dynamic_size": "bool = false",
        "clear_after_read": "bool = true",
        "tensor_array_name": "string = ''",
        "element_shape": "shape = { unknown_rank: true }",
    },
    shape=unknown,
    stateful=True,
    static_inputs=("size",),
    makes_object=True,
).no_gradient()


@TENSOR_ARRAY_V3.kernel
def _tensor_array_v3(
    xp: Namespace,
    size: Array,
    *,
    dtype: DType,
    element_shape: TensorShape,
    dynamic_size: bool,
    clear_after_read: bool,
    identical_element_shapes: bool,
    tensor_array_name: bytes,
    op_name: str,
) -> tuple[Handle, Array]:
    handle = xp.new_tensor_array(
        size,
        dtype,
        _dims(element_shape),
        dynamic_size=dynamic_size,
        clear_after_read=clear_after_read,
        identical_element_shapes=identical_element_shapes,
        name=tensor_array_name.decode() or op_name,
    )
    return handle, xp.asarray(0, dtypes.float32)


@_each((TENSOR_ARRAY_V2, TENSOR_ARRAY), "kernel")
def _tensor_array(
    xp: Namespace,
    size: Array,
    *,
    dtype: DType,
    element_shape: TensorShape,
    dynamic_size: bool,
    clear_after_read: bool,
    tensor_array_name: bytes,
    op_name: str,
) -> Handle:
    return xp.new_tensor_array(
        size,
        dtype,
        _dims(element_shape),
        dynamic_size=dynamic_size,
        clear_after_read=clear_after_read,
        name=tensor_array_name.decode() or op_name,
    )


TENSOR_ARRAY_GRAD_V3 = register_op(
    "TensorArrayGradV3",
    inputs="handle: resource, flow_in: float",
    outputs="grad_handle: resource, flow_out: float",
    attrs={"source": "string"},
    shape=shapes.grad_shape,
    stateful=True,
    makes_object=True,
).no_gradient()

TENSOR_ARRAY_GRAD_V2 = register_op(
    "TensorArrayGradV2",
    inputs="handle: string, flow_in: float",
    outputs="grad_handle: string",
    attrs={"source": "string"},
    shape=shapes.grad_shape,
    stateful=True,
    makes_object=True,
).no_gradient()

TENSOR_ARRAY_GRAD = register_op(
    "TensorArrayGrad",
    inputs="handle: string, flow_in: float",
    outputs="grad_handle: Ref(string)",
    attrs={"source": "string"},
    shape=unknown,
    stateful=True,
    makes_object=True,
).no_gradient()

TENSOR_ARRAY_GRAD_WITH_SHAPE = register_op(
    "TensorArrayGradWithShape",
    inputs="handle: resource, flow_in: float, shape_to_prepend: int32",
    outputs="grad_handle: resource, flow_out: float",
    attrs={"source": "string"},
    shape=shapes.grad_shape,
    stateful=True,
    makes_object=True,
    static_inputs=("shape_to_prepend",),
).no_gradient()


@TENSOR_ARRAY_GRAD_V3.kernel
def _tensor_array_grad_v3(
    xp: Namespace, handle: Handle, flow_in: Array, *, source: bytes
) -> tuple[Handle, Array]:
    return handle.gradient(source.decode()), xp.asarray(0, dtypes.float32)


@_each((TENSOR_ARRAY_GRAD_V2, TENSOR_ARRAY_GRAD), "kernel")
def _tensor_array_grad(xp: Namespace, handle: Handle, flow_in: Array, *, source: bytes) -> Handle:
    return handle.gradient(source.decode())


@TENSOR_ARRAY_GRAD_WITH_SHAPE.kernel
def _tensor_array_grad_with_shape(
    xp: Namespace, handle: Handle, flow_in: Array, shape_to_prepend: Array, *, source: bytes
) -> tuple[Handle, Array]:
    prefix = [int(n) for n in shape_to_prepend]
    return handle.gradient(source.decode(), prefix), xp.asarray(0, dtypes.float32)


WRITES = _generations(
    "TensorArrayWrite",
    "index: int32, value: T, flow_in: float",
    "flow_out: float",
    _VALUE,
    shape=shapes.write_shape,
)
TENSOR_ARRAY_WRITE_V3 = WRITES[0]


@_each(WRITES, "kernel")
def _write(
    xp: Namespace, handle: Handle, index: Array, value: Array, flow_in: Array, *, T: DType
) -> Array:
    handle.write(index, value, T)
    return flow_in


@_each(WRITES, "gradient")
def _write_gradient(op: Operation, d_flow: Tensor) -> list[Any]:
    array = _gradient_array(op, op.attrs["T"], d_flow, d_flow)
    return [None, None, array.read(op.inputs[1]), d_flow]


READS = _generations(
    "TensorArrayRead",
    "index: int32, flow_in: float",
    "value: dtype",
    _DTYPE,
    shape=shapes.read_shape,
)
TENSOR_ARRAY_READ_V3 = READS[0]


@_each(READS, "kernel")
def _read(xp: Namespace, handle: Handle, index: Array, flow_in: Array, *, dtype: DType) -> Array:
    return handle.read(index, dtype)


@_each(READS, "gradient")
def _read_gradient(op: Operation, d_value: Tensor) -> list[Any]:
    array = _gradient_array(op, op.attrs["dtype"], d_value, op.inputs[2])
    return [None, None, array.write(op.inputs[1], d_value).flow]


GATHERS = _generations(
    "TensorArrayGather",
    "indices: int32, flow_in: float",
    "value: dtype",
    _PACKED,
    shape=shapes.gather_shape,
    shape_v2=shapes.gather_v2_shape,
)
TENSOR_ARRAY_GATHER_V3 = GATHERS[0]


@_each(GATHERS, "kernel")
def _gather(
    xp: Namespace,
    handle: Handle,
    indices: Array,
    flow_in: Array,
    *,
    dtype: DType,
    element_shape: TensorShape,
) -> Array:
    return handle.gather(indices, dtype, _dims(element_shape))


@_each(GATHERS, "gradient")
def _gather_gradient(op: Operation, d_value: Tensor) -> list[Any]:
    array = _gradient_array(op, op.attrs["dtype"], d_value, op.inputs[2])
    return [None, None, array.scatter(op.inputs[1], d_value).flow]


TENSOR_ARRAY_PACK = register_op(
    "TensorArrayPack",
    inputs="handle: Ref(string), flow_in: float",
    outputs="value: dtype",
    attrs=_PACKED,
    shape=unknown,
)


@TENSOR_ARRAY_PACK.kernel
def _pack(
    xp: Namespace, handle: Handle, flow_in: Array, *, dtype: DType, element_shape: TensorShape
) -> Array:
    return handle.pack(dtype, _dims(element_shape))


SCATTERS = _generations(
    "TensorArrayScatter",
    "indices: int32, value: T, flow_in: float",
    "flow_out: float",
    _VALUE,
    shape=shapes.scatter_shape,
    shape_v2=shapes.scatter_v2_shape,
)
TENSOR_ARRAY_SCATTER_V3 = SCATTERS[0]


@_each(SCATTERS, "kernel")
def _scatter(
    xp: Namespace, handle: Handle, indices: Array, value: Array, flow_in: Array, *, T: DType
) -> Array:
    handle.scatter(indices, value, T)
    return flow_in


@_each(SCATTERS, "gradient")
def _scatter_gradient(op: Operation, d_flow: Tensor) -> list[Any]:
    array = _gradient_array(op, op.attrs["T"], d_flow, d_flow)
    return [None, None, array.gather(op.inputs[1]), d_flow]


TENSOR_ARRAY_UNPACK = register_op(
    "TensorArrayUnpack",
    inputs="handle: Ref(string), value: T, flow_in: float",
    outputs="flow_out: float",
    attrs=_VALUE,
    shape=unknown,
)


@TENSOR_ARRAY_UNPACK.kernel
def _unpack(xp: Namespace, handle: Handle, value: Array, flow_in: Array, *, T: DType) -> Array:
    handle.unpack(value, T)
    return flow_in


CONCATS = _generations(
    "TensorArrayConcat",
    "flow_in: float",
    "value: dtype, lengths: int64",
    {"dtype": "type", "element_shape_except0": "shape = { unknown_rank: true }"},
    shape=shapes.concat_shape,
)
TENSOR_ARRAY_CONCAT_V3 = CONCATS[0]


@_each(CONCATS, "kernel")
def _concat(
    xp: Namespace,
    handle: Handle,
    flow_in: Array,
    *,
    dtype: DType,
    element_shape_except0: TensorShape,
) -> tuple[Array, Array]:
    value, lengths = handle.concat(dtype, _dims(element_shape_except0))
    return value, lengths


@_each(CONCATS, "gradient")
def _concat_gradient(op: Operation, d_value: Tensor, d_lengths: Any) -> list[Any]:
    array = _gradient_array(op, op.attrs["dtype"], d_value, op.inputs[1])
    return [None, array.split(d_value, lengths=op.outputs[1]).flow]


SPLITS = _generations(
    "TensorArraySplit",
    "value: T, lengths: int64, flow_in: float",
    "flow_out: float",
    _VALUE,
    shape=shapes.split_shape,
)
TENSOR_ARRAY_SPLIT_V3 = SPLITS[0]


@_each(SPLITS, "kernel")
def _split(
    xp: Namespace, handle: Handle, value: Array, lengths: Array, flow_in: Array, *, T: DType
) -> Array:
    handle.split(value, lengths, T)
    return flow_in


@_each(SPLITS, "gradient")
def _split_gradient(op: Operation, d_flow: Tensor) -> list[Any]:
    array = _gradient_array(op, op.attrs["T"], d_flow, d_flow)
    return [None, array.concat(), None, d_flow]


SIZES = _generations(
    "TensorArraySize",
    "flow_in: float",
    "size: int32",
    shape=shapes.size_shape,
    known_when_traced=lambda op: not shapes.can_grow(op.inputs[0]),
)
TENSOR_ARRAY_SIZE_V3 = SIZES[0]


@_each(SIZES, "kernel")
def _size(xp: Namespace, handle: Handle, flow_in: Array) -> Array:
    return handle.size()


CLOSES = _generations("TensorArrayClose", "", "", shape=shapes.close_shape, shape_v1=no_outputs)
TENSOR_ARRAY_CLOSE_V3 = CLOSES[0]


@_each(CLOSES, "kernel")
def _close(xp: Namespace, handle: Handle) -> None:
    handle.close()


for _op_def in (*SIZES, *CLOSES):
    _op_def.no_gradient()


def gradient_source(gradient: Tensor) -> str:
    """What tells the `tf.gradients` call that made `gradient` from others: the start of its name.

    Each call has gradient arrays of its own, so that two calls in one run don't add up.

    Raises:
        ValueError: the name has no part that starts with "gradients".
    """
    parts = gradient.name.split("/")
    places = [i for i, part in enumerate(parts) if part.startswith("gradients")]
    if not places:
        raise ValueError(
            "Expected op/tensor name to start with gradients (excluding scope), got: "
            f"{gradient.name}. This means that a tf.gradients op with this op in its dependency "
            "path has a custom name that does not start with 'gradients'. Please make sure all "
            "calls to tf.gradients that have non-empty 'name' arguments use names that start with "
            "'gradients'."
        )
    return "/".join(parts[: places[-1] + 1])


def _gradient_array(op: Operation, dtype: DType, gradient: Tensor, flow: Tensor) -> Any:
    """The array of the gradients of `op`'s array in the call that made `gradient`, after `flow`.

    The gradients of reads wait for the flow into them: by then the forward array has its size.
    """
    from evergraph.ops.tensor_array import TensorArray

    source = gradient_source(gradient)
    array = TensorArray(
        dtype=dtype, handle=op.inputs[0], flow=flow, colocate_with_first_write_call=False
    )
    return array.grad(source=source, flow=flow)
