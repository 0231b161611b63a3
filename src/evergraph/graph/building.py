"""The scopes open while a graph is built: control dependencies, devices, colocation, attrs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from evergraph.graph.device import merge_device
from evergraph.graph.operation import Operation, Tensor, plain_attr


class ControlDependencies:
    """One `with graph.control_dependencies(...)` block.

    `None` for the controls clears all outer blocks, and the control flow context, inside.
    """

    def __init__(self, graph: GraphScopes, control_ops: list[Operation] | None) -> None:
        self._graph = graph
        self._is_new_stack = control_ops is None
        self.control_inputs = list(control_ops or ())
        self._seen: set[Operation] = set()
        self._old_stack: list[ControlDependencies] = []
        self._old_context: Any = None

    def __enter__(self) -> None:
        if self._is_new_stack:
            self._old_stack = self._graph._control_stack
            self._graph._control_stack = []
            self._old_context = self._graph._control_flow_context
            self._graph._control_flow_context = None
        self._graph._control_stack.append(self)

    def __exit__(self, *unused: object) -> None:
        popped = self._graph._control_stack.pop()
        assert popped is self, "control dependency blocks must be left in reverse order"
        if self._is_new_stack:
            self._graph._control_stack = self._old_stack
            self._graph._control_flow_context = self._old_context

    def op_seen(self, op: Operation) -> None:
        """Remember that `op` was made inside this block."""
        self._seen.add(op)

    def has_seen(self, op: Operation) -> bool:
        """Whether `op` was made inside this block and so is already ordered by it."""
        return op in self._seen


class _ThreadState(threading.local):
    """What each thread that builds a graph has of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.name_stack = ""
        self.control_flow_context: Any = None
        # Operations that the context takes in later, during an import.
        self.waiting_for_context: list[Operation] | None = None
        self.variable_creators: list[tuple[int, Any]] = []


class _Stacks:
    """The stacks that all threads share, until `switch_to_thread_local`."""

    def __init__(self) -> None:
        self.control: list[ControlDependencies] = []
        self.device: list[Any] = []
        self.colocation: list[Operation | None] = []


class _ThreadStacks(threading.local):
    """Stacks of each thread, which begin as copies of those of the thread that switched."""

    def __init__(self, initial: _Stacks) -> None:
        super().__init__()
        self.control = list(initial.control)
        self.device = list(initial.device)
        self.colocation = list(initial.colocation)


class GraphScopes:
    """The part of a Graph that `with` blocks change; `Graph` inherits it and nothing else does."""

    def __init__(self) -> None:
        self._thread_state = _ThreadState()
        self._stacks: _Stacks | _ThreadStacks = _Stacks()
        self._attr_scope_map: dict[str, Any] = {}
        self._kernel_labels: dict[str, str] = {}
        self._gradient_overrides: dict[str, str] = {}

    def switch_to_thread_local(self) -> None:
        """Give each thread its own stacks of devices, colocation and control dependencies.

        Names, control flow and variable creators are each thread's own from the start.
        """
        if isinstance(self._stacks, _Stacks):
            self._stacks = _ThreadStacks(self._stacks)

    @property
    def _name_stack(self) -> str:
        return self._thread_state.name_stack

    @_name_stack.setter
    def _name_stack(self, value: str) -> None:
        self._thread_state.name_stack = value

    @property
    def _control_flow_context(self) -> Any:
        return self._thread_state.control_flow_context

    @_control_flow_context.setter
    def _control_flow_context(self, value: Any) -> None:
        self._thread_state.control_flow_context = value

    @property
    def _variable_creator_stack(self) -> list[tuple[int, Any]]:
        return self._thread_state.variable_creators

    @_variable_creator_stack.setter
    def _variable_creator_stack(self, value: list[tuple[int, Any]]) -> None:
        self._thread_state.variable_creators = value

    @property
    def _control_stack(self) -> list[ControlDependencies]:
        return self._stacks.control

    @_control_stack.setter
    def _control_stack(self, value: list[ControlDependencies]) -> None:
        self._stacks.control = value

    @property
    def _device_stack(self) -> list[Any]:
        return self._stacks.device

    @_device_stack.setter
    def _device_stack(self, value: list[Any]) -> None:
        self._stacks.device = value

    @property
    def _colocation_stack(self) -> list[Operation | None]:
        return self._stacks.colocation

    @_colocation_stack.setter
    def _colocation_stack(self, value: list[Operation | None]) -> None:
        self._stacks.colocation = value

    # Control dependencies.

    def control_dependencies(self, control_inputs: Any) -> ControlDependencies:
        """Operations made inside run only after all of `control_inputs` (tensors or operations)."""
        if control_inputs is None:
            return ControlDependencies(self, None)
        if callable(control_inputs):
            control_inputs = control_inputs()
        control_ops: list[Operation] = []
        for item in control_inputs:
            # IndexedSlices' own operation stands for it; so does a handle's, which reads nothing.
            if isinstance(item, Tensor | Operation):
                element: Any = item
            elif hasattr(item, "_handle") and hasattr(item, "op"):
                element = item.op
            elif hasattr(item, "_as_graph_element"):
                element = item._as_graph_element()
            elif hasattr(item, "op"):
                element = item.op
            else:
                element = item
            element = self.as_graph_element(element)  # type: ignore[attr-defined]  # Graph has it
            if isinstance(element, Tensor):
                element = element.op
            if element not in control_ops:
                control_ops.append(element)
        return ControlDependencies(self, control_ops)

    def _current_control_dependencies(self) -> set[Operation]:
        return {op for controller in self._control_stack for op in controller.control_inputs}

    def _control_inputs_for(self, inputs: Sequence[Tensor]) -> list[Operation]:
        """Control inputs of an operation with `inputs`, without those that an input implies."""
        result: dict[Operation, None] = {}
        input_ops = {t.op for t in inputs}
        for controller in self._control_stack:
            if not any(controller.has_seen(op) for op in input_ops):
                result.update((op, None) for op in controller.control_inputs if op not in input_ops)
        return list(result)

    def _record_op_seen_by_control_dependencies(self, op: Operation) -> None:
        for controller in self._control_stack:
            controller.op_seen(op)

    def _get_control_flow_context(self) -> Any:
        return self._control_flow_context

    def _set_control_flow_context(self, context: Any) -> None:
        self._control_flow_context = context

    # Devices and colocation.

    @contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Ask for a device inside: text, DeviceSpec, a function of the operation, None to reset."""
        spec = device_name_or_function
        if spec is not None and not callable(spec):
            spec = merge_device(spec)
        self._device_stack.append(spec)
        stack = self._device_stack
        try:
            yield
        finally:
            place = next(i for i in reversed(range(len(stack))) if stack[i] is spec)
            del stack[place]
            if place < len(stack):
                raise RuntimeError("Exiting device scope without proper scope nesting.")

    def _apply_devices(self, op: Operation) -> None:
        for function in reversed(self._device_stack):
            if function is None:
                break
            op._set_device(function(op))

    @property
    def _device_functions_outer_to_inner(self) -> tuple[Any, ...]:
        return tuple(self._device_stack)

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Place the operations made inside with `op`; None with `ignore_existing` clears."""
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        if op is not None and not isinstance(op, Operation):
            op = self._operation_of(op)
        old_devices, self._device_stack = self._device_stack, []
        old_stack = self._colocation_stack
        self._colocation_stack = [] if ignore_existing else list(old_stack)
        if op is not None:
            self._colocation_stack.append(op)
        try:
            yield
        finally:
            self._device_stack = old_devices
            self._colocation_stack = old_stack

    _colocate_with = colocate_with

    def _operation_of(self, value: Any) -> Operation:
        """The operation that makes `value`: of a name the one so called, else a new constant's."""
        from evergraph.graph.conversion import internal_convert_to_tensor

        made = getattr(value, "op", None)
        if isinstance(made, Operation):
            return made
        if isinstance(value, str | bytes):
            element: Any = self.as_graph_element(value)  # type: ignore[attr-defined]  # Graph has it
            found: Operation = getattr(element, "op", element)
            return found
        constant: Tensor = internal_convert_to_tensor(value, as_ref=True)
        return constant.op

    def _apply_colocation(self, op: Operation) -> None:
        if not self._colocation_stack:
            return
        groups: set[bytes] = set()
        for other in reversed(self._colocation_stack):
            if other is None:
                continue
            groups.update(other.colocation_groups())
            if other.device:
                op._set_device(other.device)
        op.attrs["_class"] = sorted(groups)

    # Attr scopes.

    @contextmanager
    def _attr_scope(self, attr_map: dict[str, Any]) -> Iterator[None]:
        """Give the operations made inside the attrs of `attr_map`, unless they have them."""
        if not isinstance(attr_map, dict):
            raise TypeError("attr_map must be a dictionary mapping strings to AttrValue protos")
        old = dict(self._attr_scope_map)
        self._attr_scope_map.update({key: plain_attr(x) for key, x in attr_map.items()})
        try:
            yield
        finally:
            self._attr_scope_map = old

    @contextmanager
    def _kernel_label_map(self, labels: dict[str, str]) -> Iterator[None]:
        """Mark the operations made inside, by type, with a kernel label."""
        old = dict(self._kernel_labels)
        for op_type, label in labels.items():
            if not (isinstance(op_type, str) and isinstance(label, str)):
                raise TypeError(
                    "op_to_kernel_label_map must be a dictionary mapping strings to strings"
                )
        self._kernel_labels.update(labels)
        try:
            yield
        finally:
            self._kernel_labels = old

    @contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Use, for operations made inside, the gradient function registered under another name.

        Args:
            op_type_map: op type -> name given to `tf.RegisterGradient`.
        """
        if not isinstance(op_type_map, dict):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for op_type, mapped in op_type_map.items():
            if not (isinstance(op_type, str) and isinstance(mapped, str)):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        old = dict(self._gradient_overrides)
        self._gradient_overrides.update(op_type_map)
        try:
            yield
        finally:
            self._gradient_overrides = old
