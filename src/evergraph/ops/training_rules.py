"""Registering an optimizer's update: one formula, up to four ops.

A rule is written once, on arrays of one shape. `ApplyX` and `ResourceApplyX` use it on whole
variables, `SparseApplyX` and `ResourceSparseApplyX` on the rows that an index names, one after the
other where a row is named twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evergraph.core.dtypes import NUMERIC
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import merge, merge_dims, with_rank
from evergraph.registry.shape_inference import ShapeContext

# formula(xp, states, grad, scalars, **attrs) -> new states, in the order of the states.
Formula = Callable[..., Sequence[Array]]

# The order in which REGISTER_OP's numbertype of training ops lists its types.
TRAINABLE_TYPES = NUMERIC


def register_update(
    name: str,
    states: str,
    inputs: str,
    formula: Formula,
    attrs: dict[str, Any] | None = None,
    resource_only: bool = False,
    is_sparse: bool = False,
) -> tuple[OpDef | None, OpDef]:
    """Register the ref and the resource op of one update.

    Args:
        name: the op type without its prefix, such as "ApplyAdam".
        states: names of the variables that are updated, the first being trained.
        inputs: names of the further inputs in schema order; "grad" or "delta" is the gradient,
            "indices" the rows, "global_step" is int64, everything else a scalar.
        formula: the rule.
        attrs: attrs after T, Tindices and use_locking.
        resource_only: there is no op for ref variables.
        is_sparse: the update is of rows.

    Returns:
        (ref op or None, resource op).
    """
    types: dict[str, Any] = {"T": TRAINABLE_TYPES}
    if is_sparse:
        types["Tindices"] = "{int32, int64}"
    types |= {"use_locking": "bool = false", **(attrs or {})}
    state_names, input_names = states.split(), inputs.split()
    further = ", ".join(f"{n}: {_kind(n)}" for n in input_names)
    common: dict[str, Any] = {
        "shape": _shape_rule(len(state_names), input_names),
        "writes": tuple(state_names),
        "gated_by": "indices" if is_sparse else "",
    }
    kernel = _kernel(len(state_names), input_names, formula, tuple(attrs or ()), is_sparse)
    ref: OpDef | None = None
    if not resource_only:
        ref = register_op(
            name,
            inputs=", ".join(f"{n}: Ref(T)" for n in state_names) + ", " + further,
            outputs="out: Ref(T)",
            attrs=dict(types),
            aliases={"out": state_names[0]},
            **common,
        )
        ref.kernel(kernel)
        ref.no_gradient()
    resource = register_op(
        "Resource" + name,
        inputs=", ".join(f"{n}: resource" for n in state_names) + ", " + further,
        attrs=dict(types),
        stateful=True,
        **common,
    )
    resource.kernel(kernel)
    resource.no_gradient()
    return ref, resource


def _kind(name: str) -> str:
    return {"indices": "Tindices", "global_step": "int64"}.get(name, "T")


def _shape_rule(state_count: int, input_names: list[str]) -> Callable[[ShapeContext], Any]:
    def shape(c: ShapeContext) -> list[TensorShape]:
        is_ref = c.output_count == 1
        known = [c.inputs[i] if is_ref else _variable_shape(c, i) for i in range(state_count)]
        result = known[0]
        for other in known[1:]:
            result = merge(result, other)
        sparse = "indices" in input_names
        for position, name in enumerate(input_names):
            given = c.inputs[state_count + position]
            if name == "indices":
                rows = with_rank(given, 1).as_list()[0]
                updates = c.inputs[state_count + position - 1]
                if updates.ndims:
                    merge_dims(rows, updates.as_list()[0])
                    result = merge(result, TensorShape([None, *updates.as_list()[1:]]))
            elif name in ("grad", "delta"):
                if not sparse:
                    result = merge(result, given)
            else:
                with_rank(given, 0)
        return [result] if is_ref else []

    return shape


def _variable_shape(c: ShapeContext, index: int) -> TensorShape:
    """The shape of the variable behind handle `index`, as far as its own operation tells."""
    op = c.tensor(index).op
    while op.op_def is not None and op.op_def.forwards:
        op = op.inputs[0].op
    shape = op.attrs.get("shape")
    return shape if isinstance(shape, TensorShape) else TensorShape(None)


def _kernel(
    state_count: int, input_names: list[str], formula: Formula, attrs: tuple[str, ...], sparse: bool
) -> Callable[..., Any]:
    gradient = next(i for i, n in enumerate(input_names) if n in ("grad", "delta"))
    rows = input_names.index("indices") if sparse else -1
    scalars = [(i, n) for i, n in enumerate(input_names) if i not in (gradient, rows)]

    def kernel(xp: Namespace, *values: Array, **options: Any) -> Sequence[Array]:
        states, given = values[:state_count], values[state_count:]
        named = {}
        for i, name in scalars:
            value = given[i]
            xp.check(
                xp.shape(value) == (),
                "InvalidArgumentError",
                lambda name=name, value=value: f"{name} is not a scalar: {_bracketed(xp, value)}",
            )
            named[name] = xp.cast(value, states[0].dtype) if name == "global_step" else value
        if not sparse:
            results = formula(xp, states, given[gradient], **named, **options)
        else:
            results = xp.update_rows(
                lambda tables, grad: formula(xp, tables, grad, **named, **options),
                states,
                given[rows],
                given[gradient],
            )
        return results if len(results) > 1 else results[0]

    return _with_attrs(kernel, state_count + len(input_names), attrs)


def _with_attrs(
    kernel: Callable[..., Any], count: int, attrs: tuple[str, ...]
) -> Callable[..., Any]:
    """`kernel` with a signature that names the attrs it takes, as OpDef.kernel reads them."""
    import inspect

    parameters = [inspect.Parameter("xp", inspect.Parameter.POSITIONAL_ONLY)]
    parameters += [
        inspect.Parameter(f"value{i}", inspect.Parameter.POSITIONAL_ONLY) for i in range(count)
    ]
    parameters += [inspect.Parameter(a, inspect.Parameter.KEYWORD_ONLY) for a in attrs]
    kernel.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # inspect reads it
    return kernel


def _bracketed(xp: Namespace, value: Array) -> str:
    return "[" + ",".join(str(d) for d in xp.shape(value)) + "]"
