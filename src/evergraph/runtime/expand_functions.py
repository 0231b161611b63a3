"""Replacing operations that run functions by the operations of the functions.

One pass before everything else: calls become the operations of the body; If and Case become Switch
and Merge around the bodies of the branches, While and For frames around those of cond and body, as
if `tf.cond` and `tf.while_loop` had built them. Everything behind knows version 1 control flow alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError, NotFoundError, UnsupportedError, explain
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import OpDef
from evergraph.runtime.function_parts import CASE_IS, FOR_CONTINUES, FOR_NEXT, FOR_START, TO_BOOL
from evergraph.runtime.lowered import Emitter, LoweredOperation
from evergraph.runtime.prune import in_creation_order, prune

_MAX_DEPTH = 60  # of calls inside calls: what is deeper calls itself without end


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

    def __init__(self, prefix: str, origin: Operation | None, controls: Sequence[Operation]) -> None:
        self.prefix = prefix
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
        self.is_branching = False
        self.depth = 0
        self.effects: list[LoweredOperation] = []

    def expand(
        self, ops: Sequence[Operation], fetches: Sequence[Tensor]
    ) -> tuple[list[Operation], list[Tensor]]:
        self.functions = ops[0].graph._functions
        self.is_branching = any(op._op_def is not None and op._op_def.control for op in ops)
        top = _Level("", None, ())
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
            controls = [
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
        controls: list[LoweredOperation],
        level: _Level,
        back_edges: list[tuple[LoweredOperation, int, Tensor]],
    ) -> Result:
        known = next((t for t in inputs if t is not None), None)
        attrs = op.attrs
        if level.prefix and "frame_name" in attrs:
            frame = attrs["frame_name"]
            frame = frame.encode() if isinstance(frame, str) else frame
            attrs = {**attrs, "frame_name": level.prefix.encode() + frame}
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
    ) -> Result:
        """The operations of a function called with `args`."""
        body = body or function.body(self.functions)
        if len(args) != len(body.inputs):
            raise _invalid(
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
        waits = list(controls)
        if waits:
            args = [
                self.emit.identity(origin, f"{prefix}{x.op.name}", arg, waits)
                for x, arg in zip(body.inputs, args, strict=True)
            ]
        if self.is_branching:
            waits += [arg.op for arg in args if isinstance(arg.op, LoweredOperation)]
        level = _Level(prefix, origin, waits)
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
        controls: list[LoweredOperation],
        level: _Level,
    ) -> Result:
        origin, name = level.origin or op, level.prefix + op.name
        match role:
            case "function":
                function = self._function(op.type, op)
                result = self._inline(function, inputs, f"{name}/", controls, origin)
            case "attr":
                function = self._function(op.attrs["f"].name, op)
                result = self._inline(function, inputs, f"{name}/", controls, origin)
            case "remote":
                function = self._function(op.attrs["f"].name, op)
                result = self._inline(function, inputs[1:], f"{name}/", controls, origin)
            case "gradient":
                result = self._gradient(op, inputs, f"{name}/", controls, origin)
            case "if":
                pred, *args = self._waiting(inputs, controls, name, origin)
                branches = [op.attrs["then_branch"].name, op.attrs["else_branch"].name]
                pred = self._as_bool(pred, name, origin)
                result = self._if(
                    pred,
                    args,
                    name,
                    origin,
                    self._body_of(branches[0], op, f"{name}/then/", origin),
                    self._body_of(branches[1], op, f"{name}/else/", origin),
                )
            case "case":
                index, *args = self._waiting(inputs, controls, name, origin)
                functions = [
                    self._body_of(branch.name, op, f"{name}/branch{i}/", origin)
                    for i, branch in enumerate(op.attrs["branches"])
                ]
                result = self._case(index, args, name, origin, functions, 0)
            case "while":
                args = self._waiting(inputs, controls, name, origin)
                result = self._while(
                    args,
                    name,
                    origin,
                    self._body_of(op.attrs["cond"].name, op, f"{name}/cond/", origin),
                    self._body_of(op.attrs["body"].name, op, f"{name}/body/", origin),
                    self._unchanged(op.attrs["body"].name, op, len(args)),
                )
            case "for":
                args = self._waiting(inputs, controls, name, origin)
                result = self._for(op, args, name, origin)
            case _:
                raise AssertionError(f"no such role: {role}")
        if len(result.outputs) != len(op._outputs):
            raise _invalid(
                op,
                f"{'SymGrad' if role == 'gradient' else name} expects to return "
                f"{len(op._outputs)} tensor(s), but get {len(result.outputs)} tensor(s) instead.",
            )
        for tensor, value in zip(op._outputs, result.outputs, strict=True):
            if value.shape.ndims is None and isinstance(value.op, LoweredOperation):
                value._shape = tensor.shape
        return result

    def _waiting(
        self, inputs: list[Tensor], controls: list[LoweredOperation], name: str, origin: Operation
    ) -> list[Tensor]:
        if not controls:
            return inputs
        return [
            self.emit.identity(origin, f"{name}/input_{i}", tensor, controls)
            for i, tensor in enumerate(inputs)
        ]

    def _body_of(self, function_name: str, op: Operation, prefix: str, origin: Operation) -> Branch:
        function = self._function(function_name, op)
        return lambda args, controls: self._inline(function, args, prefix, controls, origin)

    def _gradient(
        self,
        op: Operation,
        inputs: list[Tensor],
        prefix: str,
        controls: list[LoweredOperation],
        origin: Operation,
    ) -> Result:
        function = self._function(op.attrs["f"].name, op)
        if function.grad_func_name is not None:
            own = self._function(function.grad_func_name, op)
            return self._inline(own, inputs, prefix, controls, origin)
        body = function.gradient_body(self.functions)
        return self._inline(function, inputs, prefix, controls, origin, body)

    def _as_bool(self, tensor: Tensor, name: str, origin: Operation) -> Tensor:
        if tensor.dtype.base_dtype == dtypes.bool and tensor.shape.ndims in (0, None):
            return tensor
        op = self.emit.add(
            origin,
            f"{name}/pred",
            TO_BOOL,
            [tensor],
            (),
            [dtypes.bool],
            {"T": tensor.dtype.base_dtype},
        )
        return op._outputs[0]

    def _if(
        self,
        pred: Tensor,
        args: Sequence[Tensor],
        name: str,
        origin: Operation,
        then: Branch,
        otherwise: Branch,
    ) -> Result:
        outside, self.is_branching = self.is_branching, True
        on_false, on_true = self.emit.switch(origin, f"{name}/Switch", pred, pred)
        pivots = [
            self.emit.identity(origin, f"{name}/{side}", tensor, ()).op
            for side, tensor in (("switch_f", on_false), ("switch_t", on_true))
        ]
        pairs = [
            self.emit.switch(origin, f"{name}/input_{i}/Switch", arg, pred)
            for i, arg in enumerate(args)
        ]
        sides = [
            branch([pair[side] for pair in pairs], [pivots[side]])
            for side, branch in enumerate((otherwise, then))
        ]
        if len(sides[0].outputs) != len(sides[1].outputs):
            raise _invalid(
                origin,
                f"The branches of {name} return {len(sides[1].outputs)} and "
                f"{len(sides[0].outputs)} tensors.",
            )
        outputs = [
            self.emit.merge(origin, f"{name}/Merge_{i}", f, t)
            for i, (f, t) in enumerate(zip(sides[0].outputs, sides[1].outputs, strict=True))
        ]
        self.is_branching = outside
        effects: list[LoweredOperation] = []
        if not outputs or sides[0].effects or sides[1].effects:
            ends = [
                self.emit.identity(origin, f"{name}/{end}", pivots[side]._outputs[0], s.done)
                for side, (end, s) in enumerate(zip(("done_f", "done_t"), sides, strict=True))
            ]
            effects = [_lowered(self.emit.merge(origin, f"{name}/done", *ends))]
        return Result(outputs, [*map(_lowered, outputs), *effects], effects)

    def _case(
        self,
        index: Tensor,
        args: Sequence[Tensor],
        name: str,
        origin: Operation,
        branches: Sequence[Branch],
        number: int,
    ) -> Result:
        """The branch of `index`, the last one for an index out of range, as nested ifs."""
        if number == len(branches) - 1:
            return branches[number](args, [])
        is_it = self.emit.add(
            origin, f"{name}/is_{number}", CASE_IS, [index], (), [dtypes.bool], {"branch": number}
        )

        def rest(inner: Sequence[Tensor], controls: Sequence[Operation]) -> Result:
            if number + 1 == len(branches) - 1:
                return branches[number + 1](inner[1:], controls)
            head, *others = self._waiting(list(inner), list(controls), f"{name}/{number}", origin)  # type: ignore[arg-type]  # lowered ones
            return self._case(head, others, name, origin, branches, number + 1)

        def this(inner: Sequence[Tensor], controls: Sequence[Operation]) -> Result:
            return branches[number](inner[1:], controls)

        where = f"{name}/case_{number}"
        return self._if(is_it._outputs[0], [index, *args], where, origin, this, rest)

    def _unchanged(self, function_name: str, op: Operation, count: int) -> set[int]:
        """The loop variables that the body hands on as they are; one variable at least isn't."""
        body: FunctionBody = self._function(function_name, op).body(self.functions)
        if len(body.outputs) != count:
            raise _invalid(
                op, f"While loop body returned {len(body.outputs)} arguments. Expected: {count}"
            )
        same = {i for i, (a, b) in enumerate(zip(body.inputs, body.outputs, strict=True)) if a is b}
        handles = {i for i in same if body.inputs[i].dtype == dtypes.resource}
        return same if len(same) < count else handles

    def _while(
        self,
        args: Sequence[Tensor],
        name: str,
        origin: Operation,
        cond: Branch,
        body: Branch,
        unchanged: set[int],
    ) -> Result:
        outside, self.is_branching = self.is_branching, True
        frame = {"frame_name": f"{name}/frame".encode(), "parallel_iterations": 10}
        enters, merges, heads = [], {}, []
        for i, arg in enumerate(args):
            dtype = arg.dtype.base_dtype
            enter = self.emit.add(
                origin, f"{name}/Enter_{i}", "Enter", [arg], (), [dtype],
                {"T": dtype, "is_constant": i in unchanged, **frame},
            )  # fmt: skip
            enters.append(enter)
            head = enter._outputs[0]
            if i in unchanged:
                head._shape = arg.shape
            else:
                head = self.emit.merge(origin, f"{name}/Merge_{i}", head, head)
                head._shape = type(arg.shape)(None)
                merges[i] = _lowered(head)
            heads.append(head)
        if not merges:
            raise _invalid(origin, f"{name} has no loop variables.")
        pivot = next(iter(merges.values()))
        found = cond(heads, [pivot])
        if len(found.outputs) != 1:
            raise _invalid(
                origin,
                "Expected a single scalar return value from WhileOp cond, got "
                f"{len(found.outputs)} tensors.",
            )
        loop_cond = self.emit.add(
            origin, f"{name}/LoopCond", "LoopCond",
            [self._as_bool(found.outputs[0], f"{name}/LoopCond", origin)], (), [dtypes.bool],
        )  # fmt: skip
        exits: dict[int, Tensor] = {}
        inner = list(heads)
        for i, merge in merges.items():
            left, inside = self.emit.switch(
                origin, f"{name}/Switch_{i}", merge._outputs[0], loop_cond._outputs[0]
            )
            inner[i] = self.emit.identity(origin, f"{name}/Identity_{i}", inside, ())
            exits[i] = left
        turn = body(inner, [inner[next(iter(merges))].op])
        for i, merge in merges.items():
            dtype = merge._outputs[0].dtype
            following = self.emit.add(
                origin, f"{name}/NextIteration_{i}", "NextIteration", [turn.outputs[i]], turn.effects,
                [dtype], {"T": dtype},
            )  # fmt: skip
            merge._inputs[1] = following._outputs[0]
        outputs = list(args)
        for i, left in exits.items():
            dtype = left.dtype
            end = self.emit.add(origin, f"{name}/Exit_{i}", "Exit", [left], (), [dtype], {"T": dtype})
            outputs[i] = end._outputs[0]
        self.is_branching = outside
        ends = [_lowered(outputs[i]) for i in exits]
        has_effects = bool(turn.effects or found.effects)
        return Result(outputs, ends, ends[:1] if has_effects else [])

    def _for(
        self, op: Operation, inputs: Sequence[Tensor], name: str, origin: Operation
    ) -> Result:
        start, limit, delta, *args = inputs
        body = self._body_of(op.attrs["body"].name, op, f"{name}/body/", origin)

        def number(what: str, op_def: OpDef, *values: Tensor, dtype: Any = dtypes.int32) -> Tensor:
            made = self.emit.add(origin, f"{name}/{what}", op_def, values, (), [dtype])
            made._outputs[0]._shape = start.shape
            return made._outputs[0]

        def continues(values: Sequence[Tensor], controls: Sequence[Operation]) -> Result:
            i, limit, delta = values[:3]
            pred = number("continues", FOR_CONTINUES, i, limit, delta, dtype=dtypes.bool)
            return Result([pred], [_lowered(pred)], [])

        def turn(values: Sequence[Tensor], controls: Sequence[Operation]) -> Result:
            i, limit, delta, *rest = values
            result = body([i, *rest], controls)
            following = number("next", FOR_NEXT, i, delta)
            return Result([following, limit, delta, *result.outputs], result.done, result.effects)

        first = number("start", FOR_START, start, limit, delta)
        found: FunctionBody = self._function(op.attrs["body"].name, op).body(self.functions)
        if len(found.inputs) != len(args) + 1 or len(found.outputs) != len(args):
            raise _invalid(
                op, f"For loop body returned {len(found.outputs)} arguments. Expected: {len(args)}"
            )
        pairs = zip(found.inputs[1:], found.outputs, strict=True)
        unchanged = {1, 2} | {i + 3 for i, (a, b) in enumerate(pairs) if a is b}
        loop = self._while([first, limit, delta, *args], name, origin, continues, turn, unchanged)
        return loop._replace(outputs=loop.outputs[3:])


# From arguments and what to wait for, to what became of a function.
Branch = Callable[[Sequence[Tensor], Sequence[Operation]], Result]


def _is_argument(op: Operation, arguments: Iterable[Tensor]) -> bool:
    return bool(op._outputs) and op._outputs[0] in arguments


def _lowered(tensor: Tensor) -> LoweredOperation:
    op = tensor.op
    assert isinstance(op, LoweredOperation)
    return op


def _invalid(op: Operation, message: str) -> Exception:
    error: Exception = InvalidArgumentError(
        None, op, explain(message, created=op.created_at) + f"\n\t [[{{{{node {op.name}}}}}]]"
    )
    return error
