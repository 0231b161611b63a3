"""Gradients of operations that call a function of the graph's library.

Reference: TensorFlow 1.15, tensorflow/python/ops/gradients_util.py (_SymGrad).
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes
from evergraph.graph import function_body
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies
from evergraph.ops.fills import zeros_like
from evergraph.ops.functional import symbolic_gradient
from evergraph.ops.indexed_slices import made_dense
from evergraph.ops.placeholders import placeholder
from evergraph.registry.attrs import FunctionName


def called_function(op: Operation) -> Any:
    """The function that `op` calls by its type or its attr `f`; None when it calls none."""
    calls = op.op_def.calls if op.op_def is not None else ""
    if calls not in ("function", "attr"):
        return None
    if op._called_function is not None:
        return op._called_function
    return op.graph._get_function(op.type if calls == "function" else op.attrs["f"].name)


def call_gradient(op: Operation, *d_outputs: Any) -> list[Tensor]:
    """The gradients of a call: one SymbolicGradient of its function."""
    name = op.type if op.op_def.calls == "function" else op.attrs["f"].name
    types = [t.dtype.base_dtype for t in op.inputs]
    return symbolic_gradient(
        [*op.inputs, *d_outputs],
        Tout=[dtypes.float32 if t == dtypes.resource else t for t in types],
        f=FunctionName(name, dict(op.attrs)),
    )


def gradient_body(body: FunctionBody) -> FunctionBody:
    """From a function's body to that of its gradient, in the same graph.

    Args:
        body: a body that nobody else uses: it grows.

    Returns:
        A function of the arguments and the gradients of the results, to the gradients of the
        arguments; zeros for arguments that no result depends on.
    """
    from evergraph.autodiff.gradients import gradients

    with body.graph.as_default(), control_dependencies(None):
        d_outputs = [placeholder(t.dtype.base_dtype, t.shape) for t in body.outputs]
        d_inputs: list[Any] = [None] * len(body.inputs)
        if any(_is_numeric(t) for t in body.inputs):
            pairs = [(y, d) for y, d in zip(body.outputs, d_outputs, strict=True) if _is_numeric(y)]
            ys, d_ys = [y for y, _ in pairs], [d for _, d in pairs]
            d_inputs = gradients(ys, list(body.inputs), d_ys)
        results = [
            _zeros(x) if d_x is None else _dense(d_x)
            for x, d_x in zip(body.inputs, d_inputs, strict=True)
        ]
    return FunctionBody(body.graph, [*body.inputs, *d_outputs], results)


def _is_numeric(tensor: Tensor) -> bool:
    return tensor.dtype.base_dtype not in (dtypes.string, dtypes.bool)


def _dense(gradient: Any) -> Tensor:
    with made_dense():
        return convert_to_tensor(gradient)


def _zeros(tensor: Tensor) -> Tensor:
    if tensor.dtype == dtypes.resource:
        from evergraph.autodiff.gradients import zeros_for

        return zeros_for(tensor)
    return zeros_like(tensor)


function_body.make_gradient = gradient_body
