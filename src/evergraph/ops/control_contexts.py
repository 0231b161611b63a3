"""Contexts of version 1 control flow: what lies on which branch of a cond, and how values get in.

Reference: TensorFlow 1.15, tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import (
    control_dependencies,
    get_collection,
    get_collection_ref,
    get_default_graph,
    prepend_name_scope,
    strip_name_scope,
)
from evergraph.ops.array_shape import shape_internal
from evergraph.ops.control_flow import switch, switch_ref_or_tensor
from evergraph.ops.control_places import (
    check_input_from_valid_context,
    is_loop_exit,
    is_merge,
    op_in_context,
    output_context,
    role,
)
from evergraph.ops.fills import zeros
from evergraph.ops.grouping import with_dependencies
from evergraph.ops.identity import identity, no_op


class ControlFlowContext:
    """What cond and loop contexts share: the values known inside, and the context around.

    Args:
        values_def: message with the values of a context that is read back.
        import_scope: scope that its operations were imported into.
    """

    # The field of a ControlFlowContextDef that holds its message.
    _field = ""

    def __init__(self, values_def: Any = None, import_scope: str | None = None) -> None:
        self._outer_context: Any = get_default_graph()._get_control_flow_context()
        self._nested_contexts: list[Any] = []
        if self._outer_context is not None:
            self._outer_context._nested_contexts.append(self)
        self._entered: list[Any] = []
        # Names of tensors that may be used inside as they are.
        self._values: set[str] = set()
        # Name of an outer tensor -> what stands for it inside.
        self._external_values: dict[str, Tensor] = {}
        self._name = ""
        if values_def is not None:
            self._read_values(values_def, import_scope)

    @property
    def name(self) -> str:
        """The context's name, unique in its graph."""
        return self._name

    @property
    def outer_context(self) -> Any:
        """The context that this one lies in, or None."""
        return self._outer_context

    @property
    def grad_state(self) -> Any:
        """The state of the gradient that the loop around is; None outside of gradients."""
        loop = self.GetWhileContext()
        return None if loop is None else loop.grad_state

    @property
    def back_prop(self) -> bool:
        """Whether gradients flow through the loop; False for conds."""
        return False

    def Enter(self) -> None:
        """Make this the context of operations made from now on."""
        graph = get_default_graph()
        self._entered.append(graph._get_control_flow_context())
        graph._set_control_flow_context(self)

    def Exit(self) -> None:
        """Go back to the context before `Enter`."""
        get_default_graph()._set_control_flow_context(self._entered.pop())

    def AddName(self, name: str) -> None:
        """Let the tensor called `name` be used inside as it is."""
        self._values.add(name)

    def AddInnerOp(self, op: Operation) -> None:
        """Take note of an operation made in a context inside this one."""
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def ExitResult(self, result: Any) -> None:
        """Let the context around use the tensors of `result`."""
        if self._outer_context is not None:
            for tensor in nest.flatten(result, expand_composites=True):
                self._outer_context.AddName(tensor.name)

    def GetWhileContext(self) -> Any:
        """The innermost loop context, this one included, or None."""
        return self._outer_context.GetWhileContext() if self._outer_context is not None else None

    def GetControlPivot(self) -> Tensor | None:
        """A tensor that has a value exactly when what lies inside runs."""
        return None

    def IsWhileContext(self) -> bool:
        """Whether this is the context of a loop."""
        return False

    def IsCondContext(self) -> bool:
        """Whether this is a branch of a cond."""
        return False

    def IsXLAContext(self) -> bool:
        """False: there are no contexts of other compilers."""
        return False

    def check_use(self, op: Operation, input_op: Operation) -> None:
        """Raise ValueError unless `op` may use `input_op`, which lies here."""
        check_input_from_valid_context(op, input_op)

    def __str__(self) -> str:
        return self._name

    def _mark_outputs(self, op: Operation) -> None:
        names = [tensor.name for tensor in op.outputs]
        context: Any = self
        while context is not None:
            context._values.update(names)
            context = context._outer_context

    def _split_control_edges(self, op: Operation) -> tuple[list[Operation], list[Operation]]:
        """Control inputs of `op` from inside the loop around, and the others, which it loses."""
        loop = self.GetWhileContext()
        if loop is None:
            return op.control_inputs, []
        kept: list[Operation] = []
        dropped: list[Operation] = []
        for control in op.control_inputs:
            context = output_context(control)
            is_inside = context is not None and context.GetWhileContext() is loop
            (kept if is_inside else dropped).append(control)
        if dropped:
            op._remove_all_control_inputs()
            op._add_control_inputs(kept)
        return kept, dropped

    # Messages.

    def _read_values(self, values_def: Any, import_scope: str | None) -> None:
        """Know the values of a ValuesDef, and take their operations in."""
        graph = get_default_graph()
        self._values = {prepend_name_scope(name, import_scope) for name in values_def.values}
        for outer, inner in values_def.external_values.items():
            self._external_values[prepend_name_scope(outer, import_scope)] = element_named(
                inner, import_scope
            )
        for name in {name.partition(":")[0] for name in self._values - set(self._external_values)}:
            op: Any = graph.as_graph_element(name)
            op._set_control_flow_context(self)

    def _to_values_def(self, export_scope: str | None = None) -> Any:
        """The values known inside, as a ValuesDef."""
        values_def = new_message("ValuesDef")
        values_def.values.extend(strip_name_scope(v, export_scope) for v in sorted(self._values))
        for outer, inner in self._external_values.items():
            key = strip_name_scope(outer, export_scope)
            values_def.external_values[key] = strip_name_scope(inner.name, export_scope)
        return values_def

    def to_control_flow_context_def(
        self, context_def: Any, export_scope: str | None = None
    ) -> None:
        """Write this context into a ControlFlowContextDef."""
        if not self._field:
            raise NotImplementedError("Abstract method")
        getattr(context_def, self._field).CopyFrom(self.to_proto(export_scope=export_scope))

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This context as a message; None when it lies outside `export_scope`."""
        raise NotImplementedError("Abstract method")

    @classmethod
    def from_proto(cls, context_def: Any, import_scope: str | None = None) -> Any:
        """The context that a message describes, of operations that are in the graph."""
        context: Any = cls(context_def=context_def, import_scope=import_scope)  # type: ignore[call-arg]  # those of subclasses
        context.Enter()
        for nested in context_def.nested_contexts:
            from_control_flow_context_def(nested, import_scope)
        context.Exit()
        return context


def element_named(name: str, import_scope: str | None) -> Any:
    """The tensor or operation that `name` stands for after an import into a scope."""
    return get_default_graph().as_graph_element(prepend_name_scope(name, import_scope))


def is_tensor_array(value: Any) -> bool:
    """Whether `value` is a TensorArray, for which its flow stands in conds and loops."""
    return hasattr(value, "with_flow")


def flow_of(value: Any) -> Any:
    """The flow that stands for a TensorArray; any other value itself."""
    return value.flow if is_tensor_array(value) else value


def with_flows(values: Sequence[Any], tensors: Sequence[Tensor]) -> list[Any]:
    """`tensors`; where one of `values` is a TensorArray, that array with the tensor as its flow.

    Raises:
        ValueError: the lengths differ.
    """
    if len(values) != len(tensors):
        raise ValueError(
            "Lengths of original Tensor list and new list do not match: "
            f"{len(values)} vs. {len(tensors)}"
        )
    return [
        value.with_flow(tensor) if is_tensor_array(value) else tensor
        for value, tensor in zip(values, tensors, strict=True)
    ]


# Set by what knows the messages: makes an empty message of a given name.
make_message: Callable[[str], Any] | None = None


def new_message(name: str) -> Any:
    """An empty message called `name`."""
    assert make_message is not None, "the module that knows the messages is loaded with the api"
    return make_message(name)


class XLAControlFlowContext(ControlFlowContext):
    """What is compiled by XLA by itself: programs for other devices derive from it.

    It changes nothing but the sizes of the stacks of gradients, which have a bound inside.
    """

    def __init__(self) -> None:
        super().__init__()
        self._name = "XLAControlFlowContext"

    def IsXLAContext(self) -> bool:
        """True."""
        return True

    def AddOp(self, op: Operation) -> None:
        """Leave `op` as it is."""

    def AddValue(self, value: Tensor) -> Tensor:
        """`value` itself."""
        return value


class CondContext(ControlFlowContext):
    """One branch of a cond.

    Attributes:
        pred: the bool scalar that decides.
        pivot: a tensor that has a value exactly when the branch is taken.
        branch: 1 for the true branch, 0 for the false one.
    """

    _field = "cond_ctxt"

    def __init__(
        self,
        pred: Tensor | None = None,
        pivot: Tensor | None = None,
        branch: int | None = None,
        name: str = "cond_text",
        context_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        unique = get_default_graph().unique_name(name)
        if context_def is not None:
            self._pred: Any = element_named(context_def.pred_name, import_scope)
            self._pivot: Any = element_named(context_def.pivot_name, import_scope)
            self._branch: Any = context_def.branch
            super().__init__(context_def.values_def, import_scope)
            self._name = prepend_name_scope(context_def.context_name, import_scope)
            return
        super().__init__()
        self._name = unique
        self._pred, self._pivot, self._branch = pred, pivot, branch
        self._values.add(self._pred.name)
        self._external_values[self._pred.name] = self._pred
        self._values.add(self._pivot.name)
        self._pivot.op._set_control_flow_context(self)

    @property
    def pred(self) -> Tensor:
        """The predicate."""
        result: Tensor = self._pred
        return result

    @property
    def pivot(self) -> Tensor:
        """The tensor that is alive with the branch."""
        result: Tensor = self._pivot
        return result

    @property
    def branch(self) -> int:
        """1 for the true branch, 0 for the false one."""
        return int(self._branch)

    def GetControlPivot(self) -> Tensor:
        """The pivot of the branch."""
        return self.pivot

    def IsCondContext(self) -> bool:
        """True."""
        return True

    def AddValue(self, value: Tensor) -> Tensor:
        """What stands for `value` on this branch: itself, or an output of a new Switch."""
        if value.name in self._values:
            return self._external_values.get(value.name, value)
        result = value
        self._values.add(value.name)
        if self._outer_context is not None:
            result = self._outer_context.AddValue(value)
            self._values.add(result.name)
            self._external_values[result.name] = result
        with control_dependencies(None):
            sides: tuple[Tensor, Tensor] = switch_ref_or_tensor(result, self._pred)
            result = sides[self._branch]
            if self._outer_context is not None:
                self._outer_context.AddInnerOp(result.op)
        result.op.graph.prevent_fetching(result.op)
        result.op._set_control_flow_context(self)
        context: Any = self
        while context is not None:
            context._values.add(result.name)
            context = context._outer_context
        self._external_values[value.name] = result
        return result

    def AddOp(self, op: Operation) -> None:
        """Take in an operation made on this branch: its inputs come through Switches."""
        self._AddOpInternal(op)

    def _AddOpInternal(self, op: Operation) -> None:
        if not op.inputs:
            self._split_control_edges(op)
            if not any(op_in_context(control, self) for control in op.control_inputs):
                op._add_control_input(self._pivot.op)
        else:
            for index, tensor in enumerate(op.inputs):
                if is_merge(op) and role(tensor.op) == "next_iteration":
                    continue  # of a loop under import, not yet taken in
                inner = self.AddValue(tensor)
                if inner is not tensor:
                    op._update_input(index, inner)
            self._split_control_edges(op)
            if op.graph._is_function(op.type) or op.type == "SymbolicGradient":
                op._add_control_input(self._pivot.op)
        self._mark_outputs(op)
        if self._outer_context is not None or not is_loop_exit(op):
            op.graph.prevent_fetching(op)
        if self._outer_context is not None:
            self._outer_context.AddInnerOp(op)

    def build_branch(self, function: Callable[[], Any]) -> tuple[Any, Any]:
        """Call `function` on this branch.

        Returns:
            (what it returned, the tensors that leave the branch); (None, None) when it returned
            None.
        """
        summaries = get_collection(GraphKeys._SUMMARY_COLLECTION)
        original = function()
        added = get_collection(GraphKeys._SUMMARY_COLLECTION)[len(summaries) :]
        if added:
            get_collection_ref(GraphKeys._SUMMARY_COLLECTION)[:] = summaries
            with control_dependencies(added):
                if original is None:
                    return no_op(), None
                original = nest.map_structure(identity, original)
        if original is None:
            return None, None
        result = nest.map_structure(self._leaving, original, expand_composites=True)
        return original, result if isinstance(result, list | tuple) else [result]

    BuildCondBranch = build_branch

    def _leaving(self, value: Any) -> Tensor:
        """The tensor that carries a result out of the branch."""
        if isinstance(value, Operation):
            # An operation has no value; the pivot, ordered after it, stands for it.
            stand_in: Tensor = with_dependencies([value], self._pivot)
            return stand_in
        tensor = convert_to_tensor(flow_of(value))
        if tensor.name in self._values:
            return self._external_values.get(tensor.name, tensor)
        self._values.add(tensor.name)
        real = tensor
        if self._outer_context is not None:
            real = self._outer_context.AddValue(tensor)
            self._values.add(real.name)
            self._external_values[real.name] = real
        sides: tuple[Tensor, Tensor] = switch_ref_or_tensor(real, self._pred)
        real = sides[self._branch]
        self._external_values[tensor.name] = real
        return real

    def zeros_of_other_branch(self, op: Operation, value: Tensor) -> Tensor:
        """Zeros like `value`, an output of Switch `op`, made when the other branch is taken."""
        other = switch(op.inputs[0], self._pred)[1 - self._branch]
        pivot = identity(other)
        if value.dtype == dtypes.resource:
            from evergraph.ops.resource import handle_dtype, variable_shape

            with control_dependencies([pivot]):
                return zeros(variable_shape(other), dtype=handle_dtype(value))
        size = shape_internal(other, optimize=False)
        with control_dependencies([pivot]):
            return zeros(size, dtype=value.dtype)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This branch as a CondContextDef; None when it lies outside `export_scope`."""
        if export_scope is not None and not self._name.startswith(export_scope):
            return None
        message = new_message("CondContextDef")
        message.context_name = strip_name_scope(self._name, export_scope)
        message.pred_name = strip_name_scope(self._pred.name, export_scope)
        message.pivot_name = strip_name_scope(self._pivot.name, export_scope)
        message.branch = self._branch
        message.values_def.CopyFrom(self._to_values_def(export_scope))
        for nested in self._nested_contexts:
            nested.to_control_flow_context_def(message.nested_contexts.add())
        return message


def from_control_flow_context_def(context_def: Any, import_scope: str | None = None) -> Any:
    """The context that a ControlFlowContextDef describes."""
    if context_def.HasField("cond_ctxt"):
        return CondContext.from_proto(context_def.cond_ctxt, import_scope)
    if context_def.HasField("while_ctxt"):
        from evergraph.ops.while_context import WhileContext

        return WhileContext.from_proto(context_def.while_ctxt, import_scope)
    raise NotImplementedError(
        f"Unknown ControlFlowContextDef field: {context_def.WhichOneof('ctxt')}"
    )
