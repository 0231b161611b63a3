"""Operations that a plan works with in place of the user's: copies, and bodies of functions.

They belong to no graph's list, and no tensor of the user's graph knows that they consume it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from evergraph.core.dtypes import DType
from evergraph.core.errors import InvalidArgumentError, explain
from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import OpDef, get_op_def


class LoweredOperation(Operation):
    """An operation of a plan alone.

    Attributes:
        origin: the user's operation that it stands for, or is a part of.
        state_name: what state of its own is known by: calls of one function share it.
    """

    def __init__(
        self,
        origin: Operation,
        name: str,
        op_def: OpDef,
        inputs: Sequence[Tensor],
        control_inputs: Iterable[Operation],
        attrs: dict[str, Any],
        output_types: Sequence[DType],
        number: int,
    ) -> None:
        # Not the base's: that registers a consumer with every input and counts in the graph.
        self._graph = origin._graph
        self._name = self.state_name = name
        self._type = op_def.name
        self._inputs = list(inputs)
        self._control_inputs = list(dict.fromkeys(control_inputs))
        self._control_outputs = []
        self.attrs = attrs
        self._op_def = op_def
        self._device = origin._device
        self._control_flow_context = None
        self._original_op = None
        self._called_function = None
        self.created_at = origin.created_at
        self._outputs = [Tensor(self, i, dtype) for i, dtype in enumerate(output_types)]
        self._id_value = number
        self.origin = origin

    @property
    def version(self) -> int:  # type: ignore[override]  # nothing changes a lowered operation
        """That of the user's operation: a plan is made anew when it changes."""
        return self.origin.version


class Result(NamedTuple):
    """What became of an operation.

    Attributes:
        outputs: a tensor for each output.
        done: what to wait for in place of the operation.
        effects: what of it has effects that the function around must wait for.
    """

    outputs: list[Tensor]
    done: list[LoweredOperation]
    effects: list[LoweredOperation]


# From arguments, and what operations without inputs wait for, to what became of a function.
Branch = Callable[[Sequence[Tensor], Sequence[Operation]], Result]


def made_by(tensor: Tensor) -> LoweredOperation:
    """The lowered operation that makes `tensor`."""
    op = tensor.op
    assert isinstance(op, LoweredOperation)
    return op


def invalid(op: Operation, message: str) -> Exception:
    """The error for a use of functions that don't fit."""
    error: Exception = InvalidArgumentError(
        None, op, explain(message, created=op.created_at) + f"\n\t [[{{{{node {op.name}}}}}]]"
    )
    return error


class Emitter:
    """Makes lowered operations, each after those that it needs.

    Attributes:
        ops: what has been made, in order.
        is_branching: whether what is made now may lie on a branch or in a frame.
    """

    def __init__(self) -> None:
        self.is_branching = False
        self.ops: list[LoweredOperation] = []

    def add(
        self,
        origin: Operation,
        name: str,
        op_def: OpDef | str,
        inputs: Sequence[Tensor],
        control_inputs: Iterable[Operation] = (),
        output_types: Sequence[DType] = (),
        attrs: dict[str, Any] | None = None,
        shapes: Sequence[TensorShape | None] = (),
    ) -> LoweredOperation:
        """Make an operation.

        Args:
            origin: the user's operation that it is a part of.
            name: its name.
            op_def: its type.
            inputs: lowered tensors, or ones that are fed.
            control_inputs: lowered operations.
            output_types: dtypes of the outputs.
            attrs: its attrs.
            shapes: what is known of the shapes of the outputs.
        """
        if isinstance(op_def, str):
            op_def = get_op_def(op_def)
        number = len(self.ops) + 1
        op = LoweredOperation(
            origin, name, op_def, inputs, control_inputs, attrs or {}, output_types, number
        )
        for tensor, shape in zip(op._outputs, shapes, strict=False):
            if shape is not None:
                tensor._shape = shape
        self.ops.append(op)
        return op

    def identity(
        self, origin: Operation, name: str, tensor: Tensor, controls: Iterable[Operation]
    ) -> Tensor:
        """`tensor`, available once `controls` have run."""
        dtype = tensor.dtype.base_dtype
        op = self.add(
            origin, name, "Identity", [tensor], controls, [dtype], {"T": dtype}, [tensor.shape]
        )
        return op._outputs[0]

    def switch(
        self, origin: Operation, name: str, tensor: Tensor, pred: Tensor
    ) -> tuple[Tensor, Tensor]:
        """`tensor` for when `pred` is false, and for when it is true."""
        dtype = tensor.dtype.base_dtype
        shapes = [tensor.shape, tensor.shape]
        op = self.add(
            origin, name, "Switch", [tensor, pred], (), [dtype, dtype], {"T": dtype}, shapes
        )
        return op._outputs[0], op._outputs[1]

    def merge(self, origin: Operation, name: str, on_false: Tensor, on_true: Tensor) -> Tensor:
        """The one of two tensors that has a value."""
        from evergraph.core import dtypes

        dtype = on_true.dtype.base_dtype
        same = on_true.shape.sizes is not None and on_true.shape.sizes == on_false.shape.sizes
        op = self.add(
            origin,
            name,
            "Merge",
            [on_false, on_true],
            (),
            [dtype, dtypes.int32],
            {"T": dtype, "N": 2},
            [on_true.shape if same else None, TensorShape([])],
        )
        return op._outputs[0]
