"""What is known of a tensor's value while the graph is built."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core.shapes import TensorShape
from evergraph.graph.operation import Operation, Tensor

# Shape arithmetic is small; larger values are never worth computing while building.
_MAX_ELEMENTS = 100_000


def constant_value(tensor: Any, partial: bool = False) -> np.ndarray | None:
    """The value of `tensor` when it follows from constants and static shapes, else None.

    Args:
        tensor: any tensor; a value that isn't a tensor is returned as an array.
        partial: accepted for TensorFlow's sake.
    """
    if not isinstance(tensor, Tensor):
        return np.asarray(tensor)
    if tensor.op.op_def is None:
        return None
    return _evaluate(tensor, set())


# evaluate_kernel(op, input values) -> output values, by NumPy. Filled in by ops.evaluation, since
# the registry knows no arrays.
evaluate_kernel: Any = None


def _is_foldable(op: Operation) -> bool:
    op_def = op.op_def
    return (
        op_def is not None
        and op_def.kernel_function is not None
        and not (op_def.stateful or op_def.host_only or op_def.compiled_only or op_def.location)
        and not (op_def.reads or op_def.writes or op_def.control)
        and op_def.random_blocks is None
        and not op_def.overridable
    )


def _evaluate(root: Tensor, failed: set[Operation]) -> np.ndarray | None:
    """Walk to the constants that `root` needs, by a loop: shape graphs may be deep."""
    stack = [root]
    while stack:
        tensor = stack[-1]
        op = tensor.op
        if _known(tensor) is not None:
            stack.pop()
            continue
        if op in failed:
            return None
        from_shape = _from_static_shape(tensor)
        if from_shape is not None:
            tensor._constant = from_shape  # type: ignore[attr-defined]  # a memo
            stack.pop()
            continue
        if (
            evaluate_kernel is None
            or not _is_foldable(op)
            or any(_is_large(t) for t in op._outputs)
        ):
            return None
        missing = [t for t in op._inputs if _known(t) is None]
        if missing:
            if any(t.op in failed for t in missing) or len(stack) > 2000:
                return None
            stack.append(missing[0])
            continue
        try:
            values = evaluate_kernel(op, [_known(t) for t in op._inputs])
        except Exception:  # a kernel that fails here fails again, with its message, when it runs
            failed.add(op)
            return None
        for output, value in zip(op._outputs, values, strict=True):
            output._constant = value  # type: ignore[attr-defined]  # a memo
        stack.pop()
    return _known(root)


def _known(tensor: Tensor) -> np.ndarray | None:
    return getattr(tensor, "_constant", None)


def _is_large(tensor: Tensor) -> bool:
    count = tensor.shape.num_elements()
    return count is not None and count > _MAX_ELEMENTS


def _from_static_shape(tensor: Tensor) -> np.ndarray | None:
    """The value of an op that looks at the shape of its input alone (Shape, Size, Rank)."""
    op_def = tensor.op.op_def
    rule = op_def.value_from_shapes if op_def is not None else None
    if rule is None:
        return None
    result: np.ndarray | None = rule(tensor.op)
    return result


def partial_value(tensor: Tensor) -> Any:
    """`tensor` as far as it is known.

    Returns:
        An int, or None, for a scalar; a tuple of these for a vector of known length; else None.
    """
    value = constant_value(tensor)
    if value is not None:
        if value.ndim == 0:
            return int(value)
        return tuple(int(x) for x in value.tolist()) if value.ndim == 1 else None
    op_def = tensor.op.op_def
    rule = op_def.partial_value if op_def is not None else None
    if rule is not None:
        from evergraph.registry.shape_inference import ShapeContext

        context = ShapeContext(tensor.op)
        context.output_index = tensor.value_index
        found = rule(context)
        if found is not None:
            return found
    if tensor.shape.ndims == 1 and tensor.shape.as_list()[0] is not None:
        return (None,) * int(tensor.shape.as_list()[0] or 0)
    return None


def constant_value_as_shape(tensor: Tensor) -> TensorShape:
    """A vector of sizes as a shape; -1 and unknown elements become unknown dimensions.

    Raises:
        ValueError: `tensor` isn't a vector.
    """
    if tensor.shape.ndims == 0:
        value = constant_value(tensor)
        if value is not None and int(value) == -1:
            return TensorShape(None)
        raise ValueError(
            "Received a scalar with value other than -1 as shape; require a statically known "
            "scalar "
            "with value '-1' to describe an unknown shape."
        )
    tensor.shape.with_rank(1)
    dims = partial_value(tensor)
    if dims is None:
        return TensorShape(None)
    return TensorShape([None if d is None or d < 0 else d for d in dims])
