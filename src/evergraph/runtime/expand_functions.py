"""Replacing operations that run functions by the operations of the functions.

One pass before everything else: calls become the operations of the body; If and Case become Switch
and Merge around the bodies of the branches, While and For frames around those of cond and body, as
if `tf.cond` and `tf.while_loop` had built them. What follows knows version 1 control flow alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from evergraph.core import dtypes
from evergraph.core.errors import NotFoundError, UnsupportedError, explain
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import OpDef
from evergraph.runtime.lowered import Branch, Emitter, LoweredOperation, Result, invalid
from evergraph.runtime.lowered_control import as_bool, branch, case, for_loop, loop
from evergraph.runtime.prune import in_creation_order, prune

_MAX_DEPTH = 60  # of calls inside calls: what is deeper calls itself without end


def expand_functions(
    ops: Sequence[Operation], fed: Collection[Tensor], fetches: Sequence[Tensor]
) -> tuple[list[Operation], list[Tensor]]:
    """`ops` and `fetches` without operations that run functions; unchanged where there are none.

    Args:
        ops: pruned operations of a graph.
        fed: tensors whose value is given.
        fetches: tensors to compute.

    Raises:
        NotFoundError: a function isn't in the graph's library.
        InvalidArgumentError: a function has other arguments or results than its use asks for.
    """
    if not any(_calls(op) for op in ops):
        return list(ops), list(fetches)
    return _Expander(fed).expand(ops, fetches)


def _calls(op: Operation) -> str:
    return op._op_def.calls if op._op_def is not None else ""


def has_effect(op: Operation) -> bool:
    """Whether `op` must run in every call of a function whose body it is in."""
    op_def: OpDef | None = op._op_def
    if op_def is None or not op_def.stateful or op_def.location or op_def.placeholder:
        return False
    only_reads = bool(op_def.reads) and not op_def.writes
    return op_def.random_blocks is None and not only_reads


class _Level:
    """One body, or the program itself: what became of its operations and tensors."""

    def __init__(
        self,
        prefix: str,
        state_prefix: str,
        origin: Operation | None,
        controls: Sequence[Operation],
    ) -> None:
        self.prefix = prefix
        self.state_prefix = state_prefix
        self.origin = origin
        # What operations without inputs wait for, so that they run where the call does.
        self.controls = list(controls)
        self.values: dict[Tensor, Tensor] = {}
        self.results: dict[Operation, Result] = {}
        # How many branches and frames of the body itself an operation lies in.
        self.depth: dict[Operation, int] = {}


class _Expander:
    def __init__(self, fed: Collection[Tensor]) -> None:
        self.fed = fed
        self.emit = Emitter()
        self.functions: dict[str, Any] = {}
        self.depth = 0
        self.effects: list[LoweredOperation] = []

    def expand(
        self, ops: Sequence[Operation], fetches: Sequence[Tensor]
    ) -> tuple[list[Operation], list[Tensor]]:
        self.functions = ops[0].graph._functions
        self.emit.is_branching = any(op._op_def is not None and op._op_def.control for op in ops)
        top = _Level("", "", None, ())
        self._add_all(in_creation_order(ops, self.fed), top)
        fetched = [t if t in self.fed else top.values[t] for t in fetches]
        roots: list[Operation] = [t.op for t in fetched if t not in self.fed]
        for result in top.results.values():
            roots += [*result.done, *result.effects]
        return prune([*roots, *self.effects], self.fed), fetched

    # Bodies.

    def _add_all(self, ops: Sequence[Operation], level: _Level) -> None:
        back_edges: list[tuple[LoweredOperation, int, Tensor]] = []
        for op in ops:
            role = _calls(op)
            inputs = [self._value(t, level) for t in op._inputs]
            controls: list[Operation] = [
                done
                for control in op._control_inputs
                if control in level.results
                for done in level.results[control].done
            ]
            if level.prefix and not inputs and not (op._op_def and op._op_def.location):
                controls += level.controls
            if role:
                filled = [t for t in inputs if t is not None]
                result = self._call(op, role, filled, controls, level)
            else:
                result = self._copy(op, inputs, controls, level, back_edges)
            level.results[op] = result
            for tensor, value in zip(op._outputs, result.outputs, strict=True):
                level.values[tensor] = value
            level.depth[op] = self._depth_of(op, level)
        for copy, index, tensor in back_edges:
            copy._inputs[index] = level.values[tensor]

    def _value(self, tensor: Tensor, level: _Level) -> Tensor | None:
        """What `tensor` has become; None for a value that comes round a loop."""
        return tensor if tensor in self.fed else level.values.get(tensor)

    def _copy(
        self,
        op: Operation,
        inputs: Sequence[Tensor | None],
        controls: Sequence[Operation],
        level: _Level,
        back_edges: list[tuple[LoweredOperation, int, Tensor]],
    ) -> Result:
        known = next((t for t in inputs if t is not None), None)
        attrs = op.attrs
        if level.prefix and "frame_name" in attrs:
            frame = attrs["frame_name"]
            frame = frame.encode() if isinstance(frame, str) else frame
            attrs = {**attrs, "frame_name": level.prefix.encode() + frame}
        if level.prefix and op._op_def is not None and op._op_def.location:
            attrs = {**attrs, "shared_name": attrs.get("shared_name") or op.name.encode()}
        copy = self.emit.add(
            level.origin or op,
            level.prefix + op.name,
            op._op_def if op._op_def is not None else OpDef(op.type),
            [known if t is None else t for t in inputs],  # type: ignore[misc]  # one is known
            controls,
            [t.dtype for t in op._outputs],
            attrs,
            [t.shape for t in op._outputs],
        )
        copy.state_name = level.state_prefix + op.name
        for index, tensor in enumerate(inputs):
            if tensor is None:
                back_edges.append((copy, index, op._inputs[index]))
        # A fed output keeps its tensor: the value is looked up by it.
        for index, tensor in enumerate(op._outputs):
            if tensor in self.fed:
                copy._outputs[index] = tensor
        return Result(copy._outputs, [copy], [copy] if has_effect(op) else [])

    def _depth_of(self, op: Operation, level: _Level) -> int:
        """How many branches and frames of its own body the outputs of `op` lie in."""
        sources = [t.op for t in op._inputs] + op._control_inputs
        depths = [level.depth[s] for s in sources if s in level.depth]
        depth = max(depths, default=0)
        control = op._op_def.control if op._op_def is not None else ""
        if control in ("switch", "enter"):
            return depth + 1
        if control == "exit":
            return max(depth - 2, 0)
        is_head = any(
            t.op._op_def is not None and t.op._op_def.control == "next_iteration"
            for t in op._inputs
        )
        return max(depth - 1, 0) if control == "merge" and not is_head else depth

    def _inline(
        self,
        function: Any,
        args: Sequence[Tensor],
        prefix: str,
        controls: Sequence[Operation],
        origin: Operation,
        body: FunctionBody | None = None,
        anchors: Sequence[Operation] = (),
        is_own: bool = False,
    ) -> Result:
        """The operations of a function.

        Args:
            function: the function.
            args: its arguments.
            prefix: what the names of the operations begin with.
            controls: what all of it waits for.
            origin: the user's operation.
            body: what it computes, if not what the function says.
            anchors: what operations without inputs wait for, so that they lie where `args` do.
            is_own: whether it shares no random numbers with other calls of the function.
        """
        body = body or function.body(self.functions)
        if len(args) != len(body.inputs):
            raise invalid(
                origin, f"Expected {len(body.inputs)} arguments, but {len(args)} is provided"
            )
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise UnsupportedError(
                explain(
                    f"Function {function.name} calls itself.",
                    created=origin.created_at,
                    fix="a loop (tf.while_loop)",
                )
            )
        waits = [*controls, *anchors]
        if controls:
            args = [
                self.emit.identity(origin, f"{prefix}{x.op.name}", arg, controls)
                for x, arg in zip(body.inputs, args, strict=True)
            ]
        if self.emit.is_branching:
            waits += [self._alive_with(arg, prefix, origin) for arg in args if arg not in self.fed]
        # As in TensorFlow, where all calls of a function share its kernels; not those of an
        # operation with attr `f`, which is made part of the graph.
        shared = prefix if is_own else f"{function.name}/"
        level = _Level(prefix, shared, origin, waits)
        level.values.update(zip(body.inputs, args, strict=True))
        roots = [t.op for t in body.outputs if t not in level.values]
        roots += body.control_outputs
        arguments = set(body.inputs)
        roots += [op for op in body.graph.get_operations() if has_effect(op)]
        ops = in_creation_order(prune(roots, arguments), arguments)
        self._add_all([op for op in ops if not _is_argument(op, arguments)], level)
        self.depth -= 1
        effects = [
            effect
            for op, result in level.results.items()
            if level.depth[op] == 0
            for effect in result.effects
        ]
        self.effects += [e for result in level.results.values() for e in result.effects]
        outputs = [level.values[t] for t in body.outputs]
        if effects:
            outputs = [
                self.emit.identity(origin, f"{prefix}{t.op.name}/result", value, effects)
                for t, value in zip(body.outputs, outputs, strict=True)
            ]
        done = [t.op for t in outputs if isinstance(t.op, LoweredOperation)]
        return Result(outputs, list(dict.fromkeys([*done, *effects])), effects)

    def _alive_with(self, tensor: Tensor, prefix: str, origin: Operation) -> Operation:
        """An operation that runs where `tensor` has a value: a Switch runs on either side."""
        op_def = tensor.op._op_def
        if op_def is None or op_def.control != "switch":
            return tensor.op
        return self.emit.identity(origin, f"{prefix}{tensor.op.name}/alive", tensor, ()).op

    # Uses of functions.

    def _function(self, name: str, op: Operation) -> Any:
        function = self.functions.get(name) or op.graph._functions.get(name)
        if function is None:
            raise NotFoundError(
                None,
                op,
                explain(f"Function {name} is not defined.", created=op.created_at),
            )
        return function

    def _call(
        self,
        op: Operation,
        role: str,
        inputs: list[Tensor],
        controls: Sequence[Operation],
        level: _Level,
    ) -> Result:
        origin, name = level.origin or op, level.prefix + op.name
        match role:
            case "function":
                function = self._function(op.type, op)
                result = self._inline(function, inputs, f"{name}/", controls, origin)
            case "attr":
                function = self._function(op.attrs["f"].name, op)
                result = self._inline(function, inputs, f"{name}/", controls, origin, is_own=True)
            case "remote":
                function = self._function(op.attrs["f"].name, op)
                result = self._inline(function, inputs[1:], f"{name}/", controls, origin)
            case "gradient":
                result = self._gradient(op, inputs, f"{name}/", controls, origin)
            case _:
                args = self._waiting(inputs, controls, name, origin)
                result = self._control_flow(op, role, args, name, origin)
        if len(result.outputs) != len(op._outputs):
            raise invalid(
                op,
                f"{'SymGrad' if role == 'gradient' else name} expects to return "
                f"{len(op._outputs)} tensor(s), but get {len(result.outputs)} tensor(s) instead.",
            )
        for tensor, value in zip(op._outputs, result.outputs, strict=True):
            if value.shape.ndims is None and isinstance(value.op, LoweredOperation):
                value._shape = tensor.shape
        return result

    def _control_flow(
        self, op: Operation, role: str, args: list[Tensor], name: str, origin: Operation
    ) -> Result:
        emit = self.emit

        def body_of(attr: str, where: str) -> Branch:
            return self._body_of(op.attrs[attr].name, op, f"{name}/{where}/", origin)

        match role:
            case "if":
                then, otherwise = body_of("then_branch", "then"), body_of("else_branch", "else")
                pred = as_bool(emit, args[0], name, origin)
                return branch(emit, pred, args[1:], name, origin, then, otherwise)
            case "case":
                branches = [
                    self._body_of(function.name, op, f"{name}/branch{i}/", origin)
                    for i, function in enumerate(op.attrs["branches"])
                ]
                return case(emit, args[0], args[1:], name, origin, branches)
            case "while":
                unchanged = self._unchanged(op, "While", len(args), 0)
                cond, body = body_of("cond", "cond"), body_of("body", "body")
                return loop(emit, args, name, origin, cond, body, unchanged)
            case "for":
                unchanged = self._unchanged(op, "For", len(args) - 3, 1)
                return for_loop(emit, args, name, origin, body_of("body", "body"), unchanged)
        raise AssertionError(f"no such role: {role}")

    def _unchanged(self, op: Operation, kind: str, count: int, first: int) -> set[int]:
        """The loop variables that the body hands on as they are; one variable at least isn't.

        Args:
            op: the loop.
            kind: what it is called in messages.
            count: how many variables there are.
            first: position of the first of them among the body's arguments.
        """
        body: FunctionBody = self._function(op.attrs["body"].name, op).body(self.functions)
        if len(body.outputs) != count or len(body.inputs) != count + first:
            raise invalid(
                op, f"{kind} loop body returned {len(body.outputs)} arguments. Expected: {count}"
            )
        pairs = zip(body.inputs[first:], body.outputs, strict=True)
        same = {i for i, (a, b) in enumerate(pairs) if a is b}
        if first or len(same) < count:
            return same
        return {i for i in same if body.outputs[i].dtype == dtypes.resource}

    def _waiting(
        self, inputs: list[Tensor], controls: Sequence[Operation], name: str, origin: Operation
    ) -> list[Tensor]:
        if not controls:
            return inputs
        return [
            self.emit.identity(origin, f"{name}/input_{i}", tensor, controls)
            for i, tensor in enumerate(inputs)
        ]

    def _body_of(self, function_name: str, op: Operation, prefix: str, origin: Operation) -> Branch:
        function = self._function(function_name, op)
        return lambda args, anchors: self._inline(
            function, args, prefix, (), origin, anchors=anchors
        )

    def _gradient(
        self,
        op: Operation,
        inputs: list[Tensor],
        prefix: str,
        controls: Sequence[Operation],
        origin: Operation,
    ) -> Result:
        function = self._function(op.attrs["f"].name, op)
        if function.grad_func_name is not None:
            own = self._function(function.grad_func_name, op)
            return self._inline(own, inputs, prefix, controls, origin)
        body = function.gradient_body(self.functions)
        return self._inline(function, inputs, prefix, controls, origin, body)


def _is_argument(op: Operation, arguments: Iterable[Tensor]) -> bool:
    return bool(op._outputs) and op._outputs[0] in arguments
