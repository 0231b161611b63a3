"""tf.gradients: the symbolic reverse walk.

Reference: TensorFlow 1.15, tensorflow/python/ops/gradients_util.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from typing import Any

from evergraph.autodiff.aggregation import aggregate
from evergraph.autodiff.function_calls import call_gradient, called_function
from evergraph.autodiff.loop_gradients import LoopGradients, find_loops
from evergraph.autodiff.reachability import between, is_trainable, pending_counts, stop_ops
from evergraph.core import dtypes
from evergraph.core.errors import explain
from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import (
    convert_n_to_tensor_or_indexed_slices,
    internal_convert_to_tensor,
)
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import colocate_with, device, get_default_graph, name_scope
from evergraph.ops.array_shape import shape
from evergraph.ops.constants import constant
from evergraph.ops.control_places import is_switch
from evergraph.ops.fills import fill, zeros_like
from evergraph.ops.grouping import tuple as tuple_of
from evergraph.ops.identity import identity
from evergraph.registry.gradients import get_gradient_function


class UnconnectedGradients(Enum):
    """What `gradients` gives for an x that no y depends on."""

    NONE = "none"
    ZERO = "zero"


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: UnconnectedGradients = UnconnectedGradients.NONE,
) -> list[Any]:
    """Add operations that compute the derivatives of the sum of `ys` with respect to each of `xs`.

    Args:
        ys: a tensor or a list of tensors.
        xs: a tensor, a variable, or a list of these.
        grad_ys: gradients with respect to `ys`, of their shapes; ones where None.
        name: name scope of the new operations.
        colocate_gradients_with_ops: place each gradient with its operation.
        gate_gradients: wait for all gradients of an operation before any is used.
        aggregation_method: one of `AggregationMethod`.
        stop_gradients: tensors that count as constants.
        unconnected_gradients: None or zeros for an x that no y depends on.

    Returns:
        One Tensor, IndexedSlices (the gradient of a gather) or None for each of `xs`.

    Raises:
        LookupError: an operation between has no gradient.
        TypeError: `ys` are complex and `grad_ys` isn't given, or a gradient has a wrong dtype.
        ValueError: arguments that contradict each other.
    """
    try:
        unconnected_gradients = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: {unconnected_gradients!r}"
        ) from None
    ys, xs = _as_list(ys), _as_list(xs)
    stops = [] if stop_gradients is None else _as_list(stop_gradients)
    grads = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    with name_scope(name, "gradients", [*ys, *xs, *stops, *grads]):
        # TensorFlow takes this name too, so later names depend on it.
        get_default_graph().unique_name("uid")
        ys = convert_n_to_tensor_or_indexed_slices(ys, name="y")
        targets = [_target(x, i) for i, x in enumerate(xs)]
        walk = _Walk(colocate_gradients_with_ops, bool(gate_gradients), aggregation_method)
        initial = walk.initial_gradients(grads, ys)
        stops = [internal_convert_to_tensor(t) for t in stops]
        walk.run(ys, targets, initial, [t.op for t in stops])
    if walk.loops is not None:
        walk.loops.finish()
    found = [walk.result(x) for x in targets]
    if unconnected_gradients is UnconnectedGradients.ZERO:
        return [
            grad if x.op in walk.collected else _zeros_for_unconnected(x)
            for x, grad in zip(targets, found, strict=True)
        ]
    return found


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _target(x: Any, index: int) -> Any:
    """The tensor that stands for `x`; in the body of a function, what it captured `x` as."""
    target = _outer_target(x, index)
    captured = getattr(get_default_graph(), "_captured", None) or {}
    return captured.get(target, target)


def _outer_target(x: Any, index: int) -> Any:
    handle = getattr(x, "handle", None)
    if isinstance(handle, Tensor) and handle.dtype == dtypes.resource:
        return handle
    if isinstance(x, IndexedSlices):
        return x.values
    return internal_convert_to_tensor(x, name=f"x_{index}", as_ref=True)


class _Walk:
    """The gradients collected so far, and the rules for going on."""

    def __init__(self, colocate: bool, gate: bool, method: int | None) -> None:
        self.colocate = colocate
        self.gate = gate
        self.method = method
        # For each operation one list of gradients per output; once summed, the sum itself.
        self.collected: dict[Operation, list[Any]] = {}
        self.loops: LoopGradients | None = None

    def _placed(self, op: Operation | None) -> AbstractContextManager[Any]:
        return colocate_with(op) if self.colocate and op is not None else nullcontext()

    def initial_gradients(self, grads: Sequence[Any], ys: Sequence[Any]) -> list[Any]:
        """The gradients with respect to `ys`: those given, or ones."""
        if len(grads) != len(ys):
            raise ValueError(f"Passed {len(grads)} grad_ys for {len(ys)} ys")
        given = convert_n_to_tensor_or_indexed_slices(list(grads), name="grad_y")
        result: list[Any] = []
        for index, (y, grad) in enumerate(zip(ys, given, strict=True)):
            with self._placed(y.op):
                if grad is None:
                    if y.dtype.is_complex:
                        raise TypeError(
                            f"Gradients of complex tensors must set grad_ys (y.dtype = {y.dtype!r})"
                        )
                    size = shape(y)
                    one = constant(1, dtype=y.dtype, name=f"grad_ys_{index}")
                    result.append(fill(size, one))
                    continue
                _check_kind(y, grad)
                result.append(_named(grad, index))
        return result

    def run(
        self,
        ys: Sequence[Any],
        xs: Sequence[Any],
        initial: Sequence[Any],
        stop_gradient_ops: Sequence[Operation],
    ) -> None:
        """Walk back from `ys` until every operation between has its gradient."""
        to_ops = [y.op for y in ys]
        from_ops = [x.op for x in xs]
        region = between(to_ops, from_ops)
        self.loops = find_loops(region.ops, region.members, self.colocate)
        pending = pending_counts(region)
        for y, grad in zip(ys, initial, strict=True):
            self.add(y, grad)
        queue: deque[Operation] = deque()
        for op in dict.fromkeys(to_ops):
            if pending[op] == 0 and op in region.reachable:
                queue.append(op)
        if self.loops is not None:
            self.loops.enqueue_unused_exits(self, pending, queue, set(queue))
        stops = stop_ops(from_ops, stop_gradient_ops, pending)
        while queue:
            op = queue.popleft()
            with self._placed(op):
                self._step(op, op in stops, from_ops)
            self._enqueue(op, pending, queue)

    def _step(self, op: Operation, is_stop: bool, from_ops: Sequence[Operation]) -> None:
        if self.loops is not None:
            self.loops.enter(op, before=True)
        out_grads = self._sums(op)
        if self.loops is not None:
            self.loops.leave(op, before=True)
        has_gradient = any(g is not None for g in out_grads)
        function = _gradient_function(op) if has_gradient and not is_stop else None
        if self.loops is not None:
            self.loops.enter(op, before=False)
        _refuse_initial_value(op, from_ops)
        in_grads: list[Any] = [None] * len(op._inputs)
        if function is not None and has_gradient:
            is_symbolic = function is call_gradient
            for index, grad in enumerate(out_grads):
                if grad is None and (is_symbolic or is_trainable(op._outputs[index])):
                    out_grads[index] = self._zeros(op, index)
            with name_scope(op.name + "_grad"):
                in_grads = self._call(op, function, out_grads)
        for index, (tensor, grad) in enumerate(zip(op._inputs, in_grads, strict=True)):
            if grad is not None:
                if isinstance(grad, Tensor) and tensor.dtype != dtypes.resource:
                    _merge_shape(op, index, tensor, grad)
                self.add(tensor, grad)
        if self.loops is not None:
            self.loops.leave(op, before=False)

    def _call(self, op: Operation, function: Any, out_grads: Sequence[Any]) -> list[Any]:
        result = function(op, *out_grads)
        in_grads = list(result) if isinstance(result, list | tuple) else [result]
        _check_count(op, in_grads)
        if self.gate and sum(g is not None for g in in_grads) > 1:
            with device(None), colocate_with(None, ignore_existing=True):
                in_grads = tuple_of(in_grads)
                gated = next(grad for grad in in_grads if grad is not None)
                gated.graph._gates.update(gated.op._control_inputs)
        return in_grads

    def _zeros(self, op: Operation, index: int) -> Any:
        """The gradient of an output that the ys don't depend on."""
        if self.loops is not None:
            return self.loops.zeros_like(op, index)
        return zeros_outside_loop(op, index)

    def _sums(self, op: Operation) -> list[Any]:
        collected = self.collected.get(op)
        if collected is None:
            return [None] * len(op._outputs)
        for index, grads in enumerate(collected):
            if isinstance(grads, list):
                collected[index] = aggregate(grads, op, self.method)
        return collected

    def has_gradient(self, op: Operation) -> bool:
        """Whether a gradient has reached an output of `op`."""
        collected: list[Any] = self.collected.get(op, [])
        return any(
            any(g is not None for g in grads) if isinstance(grads, list) else grads is not None
            for grads in collected
        )

    def add(self, tensor: Any, grad: Any) -> None:
        """Take a gradient of `tensor`."""
        op = tensor.op
        collected = self.collected.get(op)
        if collected is None:
            collected = self.collected[op] = [[] for _ in op._outputs]
        index = tensor.value_index if isinstance(tensor, Tensor) else tensor.values.value_index
        if isinstance(collected[index], list):
            collected[index].append(grad)
        else:  # a loop's switch: its sum was taken early
            collected[index] = grad

    def _enqueue(self, op: Operation, pending: Any, queue: deque[Operation]) -> None:
        for tensor in op._inputs:
            other = tensor.op
            pending[other] -= 1
            ready = pending[other] == 0
            if self.loops is not None:
                self.loops.enqueue(self, other, ready, pending, queue)
            elif ready:
                queue.append(other)

    def result(self, x: Tensor) -> Any:
        """The gradient collected for `x`; None where nothing reached it."""
        collected = self.collected.get(x.op)
        grad = collected[x.value_index] if collected is not None else None
        if isinstance(grad, list):
            grad = None if not grad else aggregate(grad, x.op, self.method)
        return grad


def _zeros_for_unconnected(x: Tensor) -> Any:
    return zeros_for(x) if x.dtype == dtypes.resource else zeros_like(x)


def zeros_for(tensor: Tensor) -> Tensor:
    """Zeros like `tensor`, or like the variable behind a handle."""
    if tensor.dtype == dtypes.resource:
        from evergraph.ops.fills import zeros
        from evergraph.ops.resource import handle_dtype, variable_shape

        return zeros(variable_shape(tensor), dtype=handle_dtype(tensor))
    return zeros_like(tensor, optimize=False)


def zeros_outside_loop(op: Operation, index: int) -> Any:
    """Zeros like output `index` of `op`; made only when its branch of a cond is taken."""
    value = op._outputs[index]
    context = op._control_flow_context
    if op.op_def is None or op.op_def.control != "switch" or context is None:
        return zeros_for(value)
    return context.zeros_of_other_branch(op, value)


def _refuse_initial_value(op: Operation, from_ops: Sequence[Operation]) -> None:
    """Refuse to go on to the initial value of a loop variable from inside the loop's body."""
    context = op._control_flow_context
    if (
        context is None
        or not is_switch(op)
        or not context.IsWhileContext()
        or context is not get_default_graph()._get_control_flow_context()
    ):
        return
    queue, seen = deque([op]), set()
    while queue:
        current = queue.popleft()
        if current in from_ops:
            break
        if current not in seen:
            seen.add(current)
            queue.extend(tensor.op for tensor in current._inputs)
    raise ValueError(
        explain(
            f"Cannot compute gradient inside while loop with respect to op '{current.name}'. We do "
            "not support taking the gradient wrt or through the initial value of a loop variable. "
            "Gradients can be computed through loop invariants or wrt the input parameters to the "
            "loop body.",
            created=current.created_at,
        )
    )


def _gradient_function(op: Operation) -> Any:
    try:
        return get_gradient_function(op)
    except LookupError:
        called = called_function(op)
        if called is not None:
            return called.python_grad_func or call_gradient
        raise LookupError(
            explain(
                f"No gradient defined for operation '{op.name}' (op type: {op.type})",
                created=op.created_at,
                fix="use tf.stop_gradient around it, or tf.RegisterGradient",
            )
        ) from None


def _check_kind(y: Any, grad: Any) -> None:
    if y.dtype.is_floating or y.dtype.is_integer:
        if not (grad.dtype.is_floating or grad.dtype.is_integer):
            raise TypeError(
                f"Gradient type {grad.dtype.name} generated for real or integer-valued tensor {y} "
                f"with type {y.dtype.name} must be real or integer"
            )
    elif y.dtype.is_complex:
        if not grad.dtype.is_complex:
            raise TypeError(
                f"Gradient type {grad.dtype.name} generated for complex-valued tensor {y} with "
                f"type {y.dtype.name} must be real"
            )
    elif y.dtype not in (dtypes.variant, dtypes.resource):
        raise TypeError(
            f"Tensor {y} with type {y.dtype.name} must be numeric to obtain a default gradient"
        )


def _named(grad: Any, index: int) -> Any:
    """A copy of a given gradient inside the scope of this call."""
    if isinstance(grad, IndexedSlices):
        size = grad.dense_shape
        return IndexedSlices(
            identity(grad.values, name=f"grad_ys_{index}_values"),
            identity(grad.indices, name=f"grad_ys_{index}_indices"),
            None if size is None else identity(size, name=f"grad_ys_{index}_shape"),
        )
    return identity(grad, name=f"grad_ys_{index}")


def _check_count(op: Operation, grads: Sequence[Any]) -> None:
    if len(grads) != len(op._inputs):
        raise ValueError(
            f"Num gradients {len(grads)} generated for op {op.name} do not match num inputs "
            f"{len(op._inputs)}"
        )


def _merge_shape(op: Operation, index: int, tensor: Tensor, grad: Tensor) -> None:
    try:
        grad.set_shape(tensor.shape)
    except ValueError:
        raise ValueError(
            "Incompatible shapes between op input and calculated input gradient.  "
            f"Forward operation: {op.name}.  Input index: {index}. Original input shape: "
            f"{tensor.shape}.  Calculated input gradient shape: {grad.shape}"
        ) from None
