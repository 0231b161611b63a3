"""Operations as text: one line each, as debugging and tests read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from evergraph.graph.operation import Operation, Tensor

_MOST_CHARACTERS = 60


def graph_text(ops: Iterable[Operation]) -> str:
    """A line for each operation: name, type, inputs, attrs, what it gives, where it is.

    For example `add = AddV2(x, y) {T=float32} -> float32[2]  ^assign @/cpu:0`.
    """
    return "".join(operation_text(op) + "\n" for op in ops)


def operation_text(op: Operation) -> str:
    """The line of one operation."""
    inputs = ", ".join(_tensor_name(tensor) for tensor in op._inputs)
    attrs = ", ".join(
        f"{name}={_attr_text(value)}" for name, value in op.attrs.items() if name[:1] != "_"
    )
    parts = [f"{op.name} = {op.type}({inputs})"]
    if attrs:
        parts.append("{" + attrs + "}")
    if op._outputs:
        parts.append("-> " + ", ".join(_type_text(tensor) for tensor in op._outputs))
    parts += ["^" + control.name for control in op._control_inputs]
    if op.device:
        parts.append("@" + op.device)
    return " ".join(parts)


def _tensor_name(tensor: Tensor) -> str:
    return tensor.op.name if tensor.value_index == 0 else tensor.name


def _type_text(tensor: Tensor) -> str:
    sizes = tensor.shape.sizes
    dims = "..." if sizes is None else ",".join("?" if s is None else str(s) for s in sizes)
    return f"{tensor.dtype.name}[{dims}]"


def _attr_text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        text = f"{value.dtype.name}{list(value.shape)} {np.ravel(value)[:4].tolist()}"
    elif hasattr(value, "as_datatype_enum"):
        text = str(value.name)
    else:
        text = str(value)
    text = " ".join(text.split())
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 3] + "..."
