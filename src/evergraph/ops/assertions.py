"""Assert: a condition that a run demands, and the text of tensors in messages."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_n_to_tensor, convert_to_tensor
from evergraph.graph.operation import Operation
from evergraph.graph.scopes import name_scope
from evergraph.ops.identity import no_op
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import no_outputs

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def value_text(value: Any) -> str:
    """One element as TensorFlow's messages print it."""
    if isinstance(value, bytes | str):
        raw = value.encode() if isinstance(value, str) else value
        return "".join(_escaped(byte) for byte in raw)
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, complex | np.complexfloating):
        return "?"
    if isinstance(value, float | np.floating) or np.dtype(type(value)).kind not in "iu":
        return _float_text(value)
    return str(int(value))


def _escaped(byte: int) -> str:
    char = chr(byte)
    return _ESCAPES.get(char) or (char if 32 <= byte < 127 else f"\\{byte:03o}")


def _float_text(value: Any) -> str:
    """The shorter of two precisions that gives the number back."""
    is_double = isinstance(value, float)  # np.float64 is one
    short, full = ("%.15g", "%.17g") if is_double else ("%.6g", "%.9g")
    number = float(value)
    text = short % number
    if is_double:
        return text if float(text) == number or number != number else full % number
    wanted = np.float32(number)
    return text if np.float32(text) == wanted or wanted != wanted else full % number


def summarize_value(value: np.ndarray, count: int) -> str:
    """The first `count` elements of an array as TensorFlow's messages print them; -1: all."""
    array = np.asarray(value)
    limit = array.size if count < 0 else min(count, array.size)
    flat = array.ravel()
    if array.ndim == 0:
        return value_text(flat[0]) if limit else ""
    if array.size == 0:
        return ""
    position = 0

    def dimension(depth: int) -> str:
        nonlocal position
        parts: list[str] = []
        for _ in range(array.shape[depth]):
            if position >= limit:
                break
            if depth == array.ndim - 1:
                parts.append(value_text(flat[position]))
                position += 1
            else:
                parts.append(f"[{dimension(depth + 1)}]")
        if depth < array.ndim - 1:
            return "".join(parts)
        is_cut = depth > 0 and len(parts) < array.shape[depth]
        return " ".join(parts) + ("..." if is_cut else "")

    return dimension(0) + ("..." if limit < array.size else "")


ASSERT = register_op(
    "Assert",
    inputs="condition: bool, data: T",
    attrs={"T": "list(type) >= 1", "summarize": "int = 3"},
    shape=no_outputs,
    stateful=True,
    shows_text=True,
).no_gradient()


@ASSERT.kernel
def _assert(xp: Namespace, condition: Array, data: tuple[Array, ...], *, summarize: int) -> None:
    def message() -> str:
        parts = " ".join(f"[{summarize_value(value, summarize)}]" for value in data)
        return f"assertion failed: {parts}"

    if xp.shape(condition):
        sizes = ",".join(map(str, xp.shape(condition)))
        raise InvalidArgumentError(None, None, f"In[0] should be a scalar: [{sizes}]")
    xp.check(condition, "InvalidArgumentError", message)


def Assert(
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> Operation:
    """Demand that `condition` is true when the operation runs.

    Args:
        condition: bool scalar.
        data: list of tensors that the error shows.
        summarize: how many elements of each are shown; 3 when None.
        name: name of the operations; "Assert" when None.

    Returns:
        The operation; what must not run when it fails has it as a control dependency.

    Raises:
        InvalidArgumentError: while running, when `condition` is false.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/logging_ops.cc.
    """
    with name_scope(name, "Assert", [condition, data]):
        tensors = convert_n_to_tensor(data)
        if all(t.dtype in (dtypes.string, dtypes.int32) for t in tensors):
            # Nothing that would have to be copied to the host on TensorFlow's devices.
            result: Operation = ASSERT(condition, data, summarize=summarize, name="Assert")
            return result
        from evergraph.ops.cond import cond

        condition = convert_to_tensor(condition, name="Condition")
        guarded = cond(
            condition,
            no_op,
            lambda: ASSERT(condition, data, summarize=summarize, name="Assert"),
            name="AssertGuard",
        )
        operation: Operation = guarded.op
        return operation
