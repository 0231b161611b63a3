"""The nodes of version 1 control flow: Switch, Merge, and those of loops.

The runtime gives them their meaning (`control` in their OpDefs); they have no kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.composite import IndexedSlices, SparseTensor
from evergraph.graph.conversion import convert_to_tensor, internal_convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph, name_scope
from evergraph.ops.control_places import output_context
from evergraph.ops.identity import REF_IDENTITY, identity
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import scalar, unchanged, with_rank
from evergraph.registry.shape_inference import ShapeContext


def _switch_shape(c: ShapeContext) -> list[TensorShape]:
    with_rank(c.inputs[1], 0)
    return [c.inputs[0], c.inputs[0]]


def _merge_shape(c: ShapeContext) -> list[TensorShape]:
    """What all inputs agree on: unlike inputs leave unknown sizes."""
    result = c.inputs[0]
    for shape in c.inputs[1:]:
        if result.ndims is None or shape.ndims != result.ndims:
            return [TensorShape(None), TensorShape([])]
        pairs = zip(result.as_list(), shape.as_list(), strict=True)
        result = TensorShape([a if a == b else None for a, b in pairs])
    return [result, TensorShape([])]


def _register_pair(name: str, inputs: str, outputs: str, **fields: Any) -> tuple[OpDef, OpDef]:
    """Register `name` and the variant for refs, `Ref<name>`."""
    attrs = fields.pop("attrs")
    plain = register_op(name, inputs=inputs, outputs=outputs, attrs=attrs, **fields)

    def as_ref(text: str) -> str:
        return text.replace(": T", ": Ref(T)").replace("N * T", "N * Ref(T)")

    ref = register_op(
        "Ref" + name, inputs=as_ref(inputs), outputs=as_ref(outputs), attrs=dict(attrs), **fields
    )
    return plain, ref


SWITCH = register_op(
    "Switch",
    inputs="data: T, pred: bool",
    outputs="output_false: T, output_true: T",
    attrs={"T": "type"},
    shape=_switch_shape,
    control="switch",
    forwards=True,
)

REF_SWITCH = register_op(
    "RefSwitch",
    inputs="data: Ref(T), pred: bool",
    outputs="output_false: Ref(T), output_true: Ref(T)",
    attrs={"T": "type"},
    shape=_switch_shape,
    control="switch",
    forwards=True,
    allows_uninitialized_input=True,
)

MERGE = register_op(
    "Merge",
    inputs="inputs: N * T",
    outputs="output: T, value_index: int32",
    attrs={"T": "type", "N": "int >= 1"},
    shape=_merge_shape,
    control="merge",
)

REF_MERGE = register_op(
    "RefMerge",
    inputs="inputs: N * Ref(T)",
    outputs="output: Ref(T), value_index: int32",
    attrs={"T": "type", "N": "int >= 1"},
    shape=_merge_shape,
    control="merge",
)

_ENTER_ATTRS = {
    "T": "type",
    "frame_name": "string",
    "is_constant": "bool = false",
    "parallel_iterations": "int = 10",
}


def _enter_shape(c: ShapeContext) -> TensorShape:
    return c.inputs[0] if c.attr("is_constant") else TensorShape(None)


ENTER, REF_ENTER = _register_pair(
    "Enter", "data: T", "output: T", attrs=_ENTER_ATTRS, shape=_enter_shape, control="enter",
    forwards=True,
)  # fmt: skip
EXIT, REF_EXIT = _register_pair(
    "Exit", "data: T", "output: T", attrs={"T": "type"}, shape=unchanged, control="exit"
)
NEXT_ITERATION, REF_NEXT_ITERATION = _register_pair(
    "NextIteration", "data: T", "output: T", attrs={"T": "type"}, shape=unchanged,
    control="next_iteration",
)  # fmt: skip

LOOP_COND = register_op(
    "LoopCond", inputs="input: bool", outputs="output: bool", shape=scalar, control="loop_cond"
)

CONTROL_TRIGGER = register_op("ControlTrigger", control="trigger")


@CONTROL_TRIGGER.kernel
def _control_trigger(xp: Any) -> None:
    """Nothing: its control edges are the point."""


def _tensor_or_composite(value: Any, name: str | None = None, as_ref: bool = True) -> Any:
    """`value` itself when it is made of tensors, else it as a tensor."""
    if isinstance(value, IndexedSlices | SparseTensor):
        return value
    return internal_convert_to_tensor(value, name=name, as_ref=as_ref)


def _each(function: Callable[[Any], Any], value: Any) -> Any:
    """`function` of each tensor that `value`, IndexedSlices or a SparseTensor, is made of."""
    return nest.map_structure(function, value, expand_composites=True)


def enter(
    data: Any,
    frame_name: str,
    is_constant: bool = False,
    parallel_iterations: int = 10,
    use_ref: bool = True,
    use_input_shape: bool = True,
    name: str | None = None,
) -> Any:
    """Hand `data` to the loop whose frame is called `frame_name`.

    Args:
        data: a tensor, IndexedSlices or a SparseTensor.
        frame_name: what all Enters of one loop have in common.
        is_constant: the value is the same in every iteration.
        parallel_iterations: how many iterations may be under way.
        use_ref: keep a reference a reference.
        use_input_shape: the output has the shape of `data`; else nothing is known of it.
        name: name of the operation.
    """
    data = _tensor_or_composite(data)
    if not isinstance(data, Tensor):
        return _each(
            lambda part: enter(
                part, frame_name, is_constant, parallel_iterations, use_ref, use_input_shape
            ),
            data,
        )
    op_def = REF_ENTER if data.dtype._is_ref_dtype and use_ref else ENTER
    result: Tensor = op_def(
        data,
        frame_name=frame_name,
        is_constant=is_constant,
        parallel_iterations=parallel_iterations,
        name=name,
    )
    if use_input_shape:
        result.set_shape(data.get_shape())
    return result


def exit(data: Any, name: str | None = None) -> Any:
    """Hand `data`, a value of the last iteration, to what is around the loop."""
    data = _tensor_or_composite(data)
    if not isinstance(data, Tensor):
        return _each(exit, data)
    return (REF_EXIT if data.dtype._is_ref_dtype else EXIT)(data, name=name)


def next_iteration(data: Any, name: str | None = None) -> Any:
    """Hand `data` to the next iteration of a loop."""
    data = _tensor_or_composite(data)
    if not isinstance(data, Tensor):
        return _each(next_iteration, data)
    op_def = REF_NEXT_ITERATION if data.dtype._is_ref_dtype else NEXT_ITERATION
    return op_def(data, name=name)


def identity_of(data: Any, name: str | None = None) -> Any:
    """A tensor, or a value made of tensors, with the value of `data`; a reference stays one."""
    data = _tensor_or_composite(data)
    if not isinstance(data, Tensor):
        return _each(identity_of, data)
    if data.dtype._is_ref_dtype:
        return REF_IDENTITY(data, name=name)
    return identity(data, name=name)


def loop_cond(input: Any, name: str | None = None) -> Tensor:
    """Mark `input`, a bool scalar, as what decides whether a loop goes on."""
    result: Tensor = LOOP_COND(input, name=name)
    return result


def control_trigger(name: str | None = None) -> Operation:
    """An operation that does nothing but wait for its control inputs."""
    result: Operation = CONTROL_TRIGGER(name=name)
    return result


def switch(data: Any, pred: Any, dtype: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """Send `data` to the first output when `pred` is false, to the second when it is true.

    Args:
        data: a tensor, IndexedSlices or a SparseTensor.
        pred: bool scalar.
        dtype: dtype that `data` is converted to.
        name: name of the operation.

    Returns:
        (output_false, output_true); the one not taken has no value in that run.
    """
    with name_scope(name, "Switch", [data, pred]) as scope:
        if not isinstance(data, IndexedSlices | SparseTensor):
            data = internal_convert_to_tensor(data, dtype=dtype, name="data", as_ref=True)
        pred = convert_to_tensor(pred, name="pred")
        if isinstance(data, Tensor):
            result: tuple[Tensor, Tensor] = SWITCH(data, pred, name=scope)
            return result
        parts = [SWITCH(part, pred) for part in nest.flatten(data, expand_composites=True)]
        on_false, on_true = (
            nest.pack_sequence_as(data, list(side), expand_composites=True)
            for side in zip(*parts, strict=True)
        )
        return on_false, on_true


def ref_switch(data: Tensor, pred: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """`switch` for the reference of a variable."""
    result: tuple[Tensor, Tensor] = REF_SWITCH(data, pred, name=name)
    return result


def switch_ref_or_tensor(data: Any, pred: Tensor, name: str = "Switch") -> tuple[Any, Any]:
    """`switch`, or `ref_switch` for a reference, placed with `data`."""
    data = _tensor_or_composite(data, name="data")
    with get_default_graph().colocate_with(data.op, ignore_existing=True):
        if isinstance(data, Tensor) and data.dtype._is_ref_dtype:
            return ref_switch(data, pred, name)
        return switch(data, pred, name=name)


def merge_branches(inputs: Any, name: str | None = None) -> tuple[Any, Tensor]:
    """The one of `inputs` that has a value, and its index.

    Args:
        inputs: tensors, or values made of tensors; a tensor beside IndexedSlices becomes such.
        name: name of the operation.

    Raises:
        ValueError: an input is None.
    """
    if any(item is None for item in inputs):
        raise ValueError(f"At least one of the merge inputs is None: {inputs}")
    with name_scope(name, "Merge", inputs) as scope:
        values = [_tensor_or_composite(item) for item in inputs]
        if all(isinstance(value, Tensor) for value in values):
            op_def = REF_MERGE if all(t.dtype._is_ref_dtype for t in values) else MERGE
            result: tuple[Tensor, Tensor] = op_def(values, name=scope)
            return result
        if all(isinstance(value, IndexedSlices | Tensor) for value in values):
            values = as_indexed_slices_list(values)
        for value in values[1:]:
            nest.assert_same_structure(values[0], value, expand_composites=True)
        parts = zip(*(nest.flatten(v, expand_composites=True) for v in values), strict=True)
        merged = [MERGE(list(part)) for part in parts]
        packed = nest.pack_sequence_as(values[0], [m[0] for m in merged], expand_composites=True)
        return packed, merged[0][1]


def as_indexed_slices(value: Any) -> IndexedSlices:
    """`value` as IndexedSlices: of a tensor all rows."""
    from evergraph.ops.array_shape import shape_internal
    from evergraph.ops.sequences import range as range_of

    if isinstance(value, IndexedSlices):
        return value
    if not isinstance(value, Tensor):
        raise TypeError(f"Not a Tensor or IndexedSlices: {type(value)}.")
    size = shape_internal(value, optimize=False)
    return IndexedSlices(value, range_of(0, size[0]), size)


def as_indexed_slices_list(values: Sequence[Any]) -> list[IndexedSlices]:
    """`as_indexed_slices` of each, their indices of one dtype."""
    from evergraph.ops.cast import cast

    slices = [as_indexed_slices(value) for value in values]
    if len({s.indices.dtype for s in slices}) == 1:
        return slices
    return [
        IndexedSlices(s.values, cast(s.indices, dtypes.int64), s.dense_shape)
        if s.indices.dtype == dtypes.int32
        else s
        for s in slices
    ]


def _context() -> Any:
    """The context in which operations are made now."""
    return get_default_graph()._get_control_flow_context()


@SWITCH.gradient
def _switch_gradient(op: Operation, d_false: Any, d_true: Any) -> tuple[Any, None]:
    return switch_gradient(op, (d_false, d_true)), None


@REF_SWITCH.gradient
def _ref_switch_gradient(op: Operation, d_false: Any, d_true: Any) -> tuple[Any, None]:
    return switch_gradient(op, (d_false, d_true)), None


def switch_gradient(op: Operation, d_outputs: tuple[Any, Any]) -> Any:
    """The gradient of a Switch: that of the branch taken, through a Merge.

    The walk has put zeros, made on the other branch, in the place of a gradient that is missing.
    """
    context = op._control_flow_context
    if context is None:
        d_false, d_true = d_outputs
        false_part = switch(d_false, op.inputs[1])[0]
        true_part = switch(d_true, op.inputs[1])[1]
        return merge_branches([false_part, true_part])[0]
    if context.IsWhileContext():
        return _loop_switch_gradient(op, d_outputs)
    if d_outputs[1 - context.branch] is None:
        if op.inputs[0].dtype == dtypes.resource:
            taken = d_outputs[context.branch]
            return merge_branches([taken, taken], name="cond_resource_grad")[0]
        return None
    return merge_branches(list(d_outputs), name="cond_grad")[0]


def _loop_switch_gradient(op: Operation, d_outputs: tuple[Any, Any]) -> Any:
    """The gradient of a loop variable: a variable of the gradient's loop.

    The walk comes here twice: from the Exit, where the variable's Merge is made, and from the body,
    where it gets its next value.
    """
    from evergraph.ops.while_context import add_back_edge

    d_exit, d_body = d_outputs
    merges = _context().grad_state.switch_map
    merged = merges.get(op)
    if merged is not None:
        if d_body is not None:
            add_back_edge(merged, d_body, enforce_shape_invariant=False)
        return None
    if d_exit is None:
        return None
    merged = merges[op] = merge_branches([d_exit, d_exit], name="b_switch")[0]
    return merged


@MERGE.gradient
def _merge_gradient(op: Operation, d_output: Any, _: Any) -> list[Any]:
    return merge_gradient(op, d_output)


@REF_MERGE.gradient
def _ref_merge_gradient(op: Operation, d_output: Any, _: Any) -> list[Any]:
    return merge_gradient(op, d_output)


def merge_gradient(op: Operation, d_output: Any) -> list[Any]:
    """The gradient of a Merge: sent down the branch that was taken."""
    context = output_context(op.inputs[0].op)
    if context is None:
        from evergraph.ops.math_comparison import equal

        taken = [equal(op.outputs[1], i) for i in range(len(op.inputs))]
        return [switch_ref_or_tensor(d_output, pred)[1] for pred in taken]
    current = _context()
    if context.IsWhileContext():
        return list(switch_ref_or_tensor(d_output, current.pivot))
    pred = context.pred
    state = None if current is None else current.grad_state
    if state is not None:
        # The cond lies in a loop, and its predicate may differ from iteration to iteration.
        real = state.history_map.get(pred.name)
        if real is None:
            loop = state.grad_context
            loop.Exit()
            history = state.AddForwardAccumulator(pred)
            loop.Enter()
            real = state.AddBackpropAccumulatedValue(history, pred)
            state.history_map[pred.name] = real
        pred = real
    return list(switch_ref_or_tensor(d_output, pred, name="cond_grad"))


def exit_gradient(op: Operation, d_output: Any) -> Any:
    """The gradient of an Exit: it enters the gradient's loop.

    Raises:
        TypeError: the loop is itself a gradient.
    """
    loop = _context()
    if not loop.back_prop:
        return None
    if op._control_flow_context.grad_state is not None:
        raise TypeError("Second-order gradient for while loops not supported.")
    for part in nest.flatten(d_output, expand_composites=True):
        loop.AddName(part.name)
    loop.Enter()
    result = enter(
        d_output,
        loop.name,
        is_constant=False,
        parallel_iterations=loop.parallel_iterations,
        name="b_exit",
    )
    loop.loop_enters.append(result)
    loop.Exit()
    return result


def enter_gradient(op: Operation, d_output: Any) -> Any:
    """The gradient of an Enter: a variable's leaves the gradient's loop, a constant's is summed."""
    from evergraph.ops.loop_accumulators import accumulate, accumulate_slices

    loop = _context()
    if not loop.back_prop or loop.grad_state is None:
        return d_output
    if op.attrs["is_constant"]:
        if isinstance(d_output, Tensor):
            return accumulate(loop, op, d_output)
        if isinstance(d_output, IndexedSlices):
            return accumulate_slices(loop, op, d_output)
        raise TypeError(f"Type {type(d_output)} not supported")
    result = exit(d_output)
    loop.loop_exits.append(result)
    loop.ExitResult([result])
    return result


def _pass_on(op: Operation, d_output: Any) -> Any:
    """The gradient of a NextIteration; that of the loop variable's Switch goes round."""
    return d_output


def _stop_at_predicate(op: Operation, d_output: Any) -> None:
    """No gradient goes through a loop's predicate."""


EXIT.gradient(exit_gradient)
REF_EXIT.gradient(exit_gradient)
ENTER.gradient(enter_gradient)
REF_ENTER.gradient(enter_gradient)
NEXT_ITERATION.gradient(_pass_on)
REF_NEXT_ITERATION.gradient(_pass_on)
LOOP_COND.gradient(_stop_at_predicate)


__all__ = ["merge_branches", "ref_switch", "switch", "switch_ref_or_tensor"]
