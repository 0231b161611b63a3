"""Running shape functions: what they may ask, and how their complaints reach the user."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import explain
from evergraph.core.shapes import TensorShape, as_shape
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry import constant_value as constants
from evergraph.registry.op_def import OpDef


class ShapeContext:
    """What a shape function sees of its operation.

    Attributes:
        op: the operation.
        inputs: the known shape of each flattened input.
        output_index: the output whose value `partial_value` is asked for.
    """

    def __init__(self, op: Operation) -> None:
        self.op = op
        self.inputs: list[TensorShape] = [tensor.shape for tensor in op._inputs]
        self.output_index = 0
        self._grouped: list[Any] | None = None
        # What error messages tell of the values: input index -> array or shape.
        self.asked: dict[int, Any] = {}

    def attr(self, name: str) -> Any:
        """The value of attr `name`."""
        return self.op.attrs.get(name)

    def dtype(self, index: int) -> dtypes.DType:
        """The dtype of flattened input `index`."""
        return self.op._inputs[index].dtype

    def arg(self, name: str) -> Any:
        """The shape of the input called `name`; a tuple of shapes for a list input."""
        op_def: OpDef = self.op.op_def
        if self._grouped is None:
            self._grouped = op_def.group(op_def.inputs, self.op.attrs, self.inputs)
        return self._grouped[op_def.input_index[name]]

    def tensor(self, index: int) -> Tensor:
        """Flattened input `index` (negative counts from the end)."""
        return self.op._inputs[index]

    def constant(self, index: int) -> np.ndarray | None:
        """The value of input `index` if it follows from constants and static shapes, else None."""
        value = constants.constant_value(self.op._inputs[index])
        if value is not None:
            self.asked.setdefault(index % len(self.inputs), value)
        return value

    def constant_as_shape(self, index: int) -> TensorShape:
        """Input `index`, a vector of sizes, as a shape: -1 and unknown elements are unknown.

        Raises:
            ValueError: a size is below -1.
        """
        value = constants.constant_value(self.op._inputs[index])
        for size in () if value is None else np.ravel(value).tolist():
            if size < -1:
                raise ValueError(f"Invalid value in tensor used for shape: {size}")
        shape = constants.constant_value_as_shape(self.op._inputs[index])
        if shape.ndims and None in shape.as_list():
            for size in self.partial(index) or ():
                if size is not None and size < -1:
                    raise ValueError(f"Invalid value in tensor used for shape: {size}")
        if shape.ndims is not None:
            self.asked[index % len(self.inputs)] = shape
        return shape

    def partial(self, index: int) -> Any:
        """Input `index` as far as known: int or None; for a vector a tuple of these, or None."""
        return constants.partial_value(self.op._inputs[index])

    @property
    def output_count(self) -> int:
        """How many output tensors the operation has."""
        return len(self.op._outputs)


def infer(op_def: OpDef, op: Operation) -> None:
    """Set the static shapes of `op`'s outputs by the shape function of `op_def`.

    Raises:
        ValueError: the input shapes don't fit; the message says which operation and where it is.
    """
    if op_def.shape_function is None or not op._outputs:
        if op_def.shape_function is not None:
            _call(op_def, op)
        return
    shapes = _call(op_def, op)
    if shapes is None:
        return
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if len(shapes) != len(op._outputs):
        raise AssertionError(
            f"the shape function of {op.type} gave {len(shapes)} shapes for "
            f"{len(op._outputs)} outputs"
        )
    for tensor, shape in zip(op._outputs, shapes, strict=True):
        if shape is not None:
            tensor._shape = as_shape(shape)


def _call(op_def: OpDef, op: Operation) -> Any:
    context = ShapeContext(op)
    try:
        return op_def.shape_function(context)  # type: ignore[misc]  # checked by the caller
    except ValueError as error:
        raise ValueError(describe_mismatch(op, str(error), context.asked)) from None


def shape_text(shape: TensorShape) -> str:
    """A shape as TensorFlow's messages have it: `[?,784]`, `[]`, or `?` for unknown rank."""
    if shape.ndims is None:
        return "?"
    return "[" + ",".join("?" if d is None else str(d) for d in shape.as_list()) + "]"


def describe_mismatch(op: Operation, message: str, asked: dict[int, Any] | None = None) -> str:
    """The full text of a shape error of `op`.

    Args:
        op: the operation.
        message: what is wrong.
        asked: input index -> what the shape function learnt of its value, an array or a shape.
    """
    shapes = ", ".join(shape_text(t.shape) for t in op._inputs)
    first = f"{message} for '{op.name}' (op: '{op.type}') with input shapes: {shapes}"
    values, partial = [], []
    for i, value in sorted((asked or {}).items()):
        if isinstance(value, TensorShape):
            partial.append(f"input[{i}] = {shape_text(value)}")
        else:
            values.append(f"input[{i}] = {_value_text(value)}")
    if values:
        first += f" and with computed input tensors: {', '.join(values)}"
    if partial:
        first += f" and with input tensors computed as partial shapes: {','.join(partial)}"
    names = op.op_def.flat_input_names(op.attrs) if op.op_def else []
    given = ", ".join(
        f"{name} = '{t.name}' {t.dtype.name} {shape_text(t.shape)}"
        for name, t in zip(names, op._inputs, strict=False)
    )
    expected, fix = _advice(message, op, names)
    return explain(
        first + ".", expected=expected, given=given or None, created=op.created_at, fix=fix
    )


# What a shape function's complaint asks for: (pattern, expected, fix).
_ADVICE = (
    (
        r"imensions? (?:\S+ )?(?:in both shapes )?must be equal, but are (\S+) and (\S+)",
        "two equal sizes where {0} and {1} meet",
        "give one of {names} another shape, or tf.transpose or tf.reshape it first",
    ),
    (
        r"must be (at least |at most )?rank (\d+) but is rank (\d+)",
        "{0}rank {1}",
        "tf.reshape, tf.expand_dims or tf.squeeze the input of rank {2}",
    ),
    (
        r"must be equal rank, but are (\d+) and (\d+)",
        "inputs of one rank",
        "tf.reshape or tf.expand_dims the input of rank {0} or {1}",
    ),
)


def _advice(message: str, op: Operation, names: list[str]) -> tuple[str, str]:
    for pattern, expected, fix in _ADVICE:
        found = re.search(pattern, message)
        if found:
            parts = [part or "" for part in found.groups()]
            words = " or ".join(f"'{name}'" for name in dict.fromkeys(names))
            return expected.format(*parts), fix.format(*parts, names=words)
    return f"shapes and values that {op.type} is defined for", "change the inputs given above"


def _value_text(value: np.ndarray) -> str:
    def text(item: Any) -> str:
        if np.ndim(item) == 0:
            return item.decode(errors="replace") if isinstance(item, bytes) else str(item)
        separator = " " if np.ndim(item) == 1 else ""
        return "[" + separator.join(text(x) for x in item) + "]"

    inner = text(value)
    return f"<{inner[1:-1] if value.ndim else inner}>"
