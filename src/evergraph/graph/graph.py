"""Graph: the operations of a program, their names, and the state of its building scopes."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from evergraph.core import dtypes
from evergraph.core.errors import UnknownNameError, near_names
from evergraph.core.source import user_frame
from evergraph.graph.building import ControlDependencies, GraphScopes
from evergraph.graph.device import merge_device
from evergraph.graph.operation import Operation, Tensor

VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\-/]*$")
_graph_numbers = itertools.count()
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\-/]*$")


class Graph(GraphScopes):
    """A dataflow program under construction.

    Operations are added by functions such as `tf.matmul` while the graph is the default one, and
    never removed. A graph holds no values: sessions do.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._nodes_by_name: dict[str, Operation] = {}
        self._nodes_by_id: dict[int, Operation] = {}
        self._next_id_counter = 0
        # Counts changes to existing operations; plans compare it before they look closer.
        self._edits = 0
        self._names_in_use: dict[str, int] = {}
        self._collections: dict[Any, list[Any]] = {}
        self._finalized = False
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Any] = set()
        # Operations that wait for others for the sake of order alone: see runtime/prune.py.
        self._gates: set[Operation] = set()
        # (operation, input) that was given a value of another type -> the type that it takes.
        self._mistyped: dict[tuple[Operation, int], dtypes.DType] = {}
        self._functions: dict[str, Any] = {}
        # (producer, min_consumer) of the graph definitions imported, None before the first.
        self._imported_versions: tuple[int, int] | None = None
        self._seed: int | None = None
        self._building_function = False
        self._container = ""
        self._graph_key = f"graph-key-{next(_graph_numbers)}/"
        self._last_loss_reduction: Any = None
        self._is_loss_scaled_by_optimizer = False

    # Identity and counters.

    def _next_id(self) -> int:
        self._check_mutable("add an operation")
        with self._lock:
            self._next_id_counter += 1
            return self._next_id_counter

    @property
    def _last_id(self) -> int:
        return self._next_id_counter

    @property
    def version(self) -> int:
        """Grows with every operation added."""
        return self._next_id_counter

    @property
    def _version(self) -> int:
        return self._next_id_counter

    @property
    def seed(self) -> int | None:
        """The graph-level seed that `tf.set_random_seed` set, or None."""
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed

    @property
    def finalized(self) -> bool:
        """Whether the graph refuses further operations."""
        return self._finalized

    @property
    def building_function(self) -> bool:
        """Whether this graph is the body of a function."""
        return self._building_function

    def finalize(self) -> None:
        """Make the graph read-only: adding an operation raises RuntimeError from now on."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    def _check_mutable(self, action: str) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    # Operations.

    def create_op(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        dtypes: Sequence[Any] | None = None,
        input_types: Sequence[Any] | None = None,
        name: str | None = None,
        attrs: dict[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Add an operation of type `op_type` to this graph and return it.

        Args:
            op_type: a registered type, or any other name for graphs that are only kept.
            inputs: tensors of this graph.
            dtypes: types of the outputs; taken from the op's schema when None.
            input_types: accepted for TensorFlow's sake.
            name: wished name; made unique, and used as it stands when it ends in "/".
            attrs: attr values, plain Python.
            op_def: the op's OpDef.
            compute_shapes: accepted for TensorFlow's sake; shapes are always inferred.
            compute_device: whether the device scopes apply.

        Raises:
            TypeError: an input isn't a tensor.
            ValueError: an input is of another graph, or shapes don't fit.
            RuntimeError: the graph is finalized.
        """
        self._check_not_finalized()
        for index, tensor in enumerate(inputs):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"Input #{index} is not a tensor: {tensor}")
            if tensor.graph is not self:
                raise ValueError(f"{tensor} must be from the same graph as {self}.")
        name = op_type if name is None else name
        name = name[:-1] if name.endswith("/") else self.unique_name(name)
        if not VALID_OP_NAME.match(name):
            raise ValueError(f"'{name}' is not a valid node name")
        if name in self._nodes_by_name:
            raise ValueError(f"Duplicate node name in graph: '{name}'")
        if op_def is None and op_type in self._functions:
            op_def = self._functions[op_type].op_def
        if op_def is None or dtypes is None:
            op_def, dtypes = complete_definition(op_type, op_def, attrs or {}, dtypes)
        control_inputs = self._control_inputs_for(inputs)
        attributes = dict(attrs or {})
        for key, value in self._attr_scope_map.items():
            if callable(value):
                value = value(self)
            if key not in attributes and value is not None:
                attributes[key] = value
        is_in_container = self._container and getattr(op_def, "stateful", False)
        if is_in_container and attributes.get("container") == b"":
            attributes["container"] = self._container.encode()
        label = self._kernel_labels.get(op_type)
        if label is not None:
            attributes["_kernel"] = label.encode()
        mapped = self._gradient_overrides.get(op_type)
        if mapped is not None:
            attributes["_gradient_op_type"] = mapped.encode()
        op = Operation._made(
            self, name, op_type, inputs, control_inputs, attributes, dtypes, op_def, user_frame()
        )
        self._install(op, compute_device)
        return op

    def _install(self, op: Operation, compute_device: bool) -> None:
        context = self._control_flow_context
        try:
            infer_shapes(op)
        except BaseException:
            self._discard(op)
            raise
        if compute_device:
            self._apply_devices(op)
        self._apply_colocation(op)
        self._nodes_by_name[op.name] = op
        self._nodes_by_id[op._id] = op
        if context is not None:
            op._control_flow_context = context
        waiting = self._thread_state.waiting_for_context
        if waiting is None:
            _take_into_context(op)
        else:
            waiting.append(op)
        for controller in self._control_stack:
            controller.op_seen(op)

    @contextmanager
    def taken_into_context_together(self) -> Iterator[None]:
        """Let the control flow context take in the operations made inside only when all are made.

        A loop that is imported has cycles, and its inputs are complete only at the end.
        """
        state = self._thread_state
        outer, state.waiting_for_context = state.waiting_for_context, []
        try:
            yield
            waiting = state.waiting_for_context
        finally:
            state.waiting_for_context = outer
        for op in waiting:
            _take_into_context(op)

    def _discard(self, op: Operation) -> None:
        """Take back an operation whose shape function failed, so that its name is free again."""
        for tensor in op._inputs:
            tensor._consumers.remove(op)
        for control in op._control_inputs:
            control._control_outputs.remove(op)
        self._next_id_counter -= 1

    def _create_op_internal(self, *args: Any, **kwargs: Any) -> Operation:
        return self.create_op(*args, **kwargs)

    def get_operations(self) -> list[Operation]:
        """All operations, in order of creation."""
        return list(self._nodes_by_id.values())

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation called `name`; raises KeyError when there is none."""
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        element = self.as_graph_element(name, allow_tensor=False, allow_operation=True)
        assert isinstance(element, Operation)
        return element

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor called `name` ("op:0"); raises KeyError when there is none."""
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        element = self.as_graph_element(name, allow_tensor=True, allow_operation=False)
        assert isinstance(element, Tensor)
        return element

    def _get_operation_by_name_unsafe(self, name: str) -> Operation:
        return self._nodes_by_name[name]

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Tensor | Operation:
        """The tensor or operation that `obj` is, names, or stands for (a variable).

        Raises:
            KeyError: no element of that name.
            TypeError: `obj` is of a kind that isn't allowed here.
            ValueError: `obj` is of another graph, or the name is malformed.
        """
        if self._finalized:
            return self._as_graph_element(obj, allow_tensor, allow_operation)
        with self._lock:
            return self._as_graph_element(obj, allow_tensor, allow_operation)

    def _as_graph_element(
        self, obj: Any, allow_tensor: bool, allow_operation: bool
    ) -> Tensor | Operation:
        if not allow_tensor and not allow_operation:
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        if allow_tensor and allow_operation:
            types_text = "Tensor or Operation"
        else:
            types_text = "Tensor" if allow_tensor else "Operation"
        temporary = _as_graph_element(obj)
        if temporary is not None:
            obj = temporary
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            if ":" in obj and allow_tensor:
                return self._tensor_named(obj)
            if ":" in obj:
                raise ValueError(
                    f"The name {obj!r} looks like a tensor name, but only an operation is allowed."
                    if not allow_tensor and obj.split(":")[0] not in self._nodes_by_name
                    else f"Name {obj!r} appears to refer to a Tensor, not a Operation."
                )
            if allow_operation:
                if obj not in self._nodes_by_name:
                    raise UnknownNameError(
                        f"The name {obj!r} refers to an Operation not in the graph.",
                        near_names(obj, self._nodes_by_name),
                    )
                return self._nodes_by_name[obj]
            if obj in self._nodes_by_name:
                raise ValueError(
                    f"The name {obj!r} refers to an Operation, not a {types_text}. "
                    'Tensor names must be of the form "<op_name>:<output_index>".'
                )
            raise ValueError(
                f"The name {obj!r} looks like an (invalid) Operation name, not a {types_text}. "
                'Tensor names must be of the form "<op_name>:<output_index>".'
            )
        if (isinstance(obj, Tensor) and allow_tensor) or (
            isinstance(obj, Operation) and allow_operation
        ):
            if obj.graph is not self:
                kind = "Tensor" if isinstance(obj, Tensor) else "Operation"
                raise ValueError(f"{kind} {obj} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {types_text}.")

    def _tensor_named(self, name: str) -> Tensor:
        try:
            op_name, index_text = name.split(":")
            index = int(index_text)
        except ValueError:
            raise ValueError(
                f"The name {name!r} looks a like a Tensor name, but is not a valid one. "
                'Tensor names must be of the form "<op_name>:<output_index>".'
            ) from None
        op = self._nodes_by_name.get(op_name)
        if op is None:
            raise UnknownNameError(
                f"The name {name!r} refers to a Tensor which does not exist. "
                f"The operation, {op_name!r}, does not exist in the graph.",
                near_names(op_name, self._nodes_by_name),
            )
        if not 0 <= index < len(op.outputs):
            raise UnknownNameError(
                f"The name {name!r} refers to a Tensor which does not exist. "
                f"The operation, {op_name!r}, exists but only has {len(op.outputs)} outputs."
            )
        return op.outputs[index]

    # The library of functions: `_add_function` is serialize's, since a function is a message.

    def _is_function(self, name: str | bytes) -> bool:
        return self._get_function(name) is not None

    def _get_function(self, name: str | bytes) -> Any:
        """The function of the library called `name`, or None."""
        return self._functions.get(name.decode() if isinstance(name, bytes) else name)

    # Feeding and fetching.

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Refuse values for `tensor` in feed dicts."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        """Whether a feed dict may hold a value for `tensor`."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Any) -> None:
        """Refuse `op` as a fetch."""
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Whether a tensor or an operation may be fetched."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    # Collections.

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Append `value` to the collection `name`."""
        self._check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Append `value` to each of the collections `names`, each named once."""
        names = (names,) if isinstance(names, str | bytes) else dict.fromkeys(names)
        for name in names:
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The collection `name` itself, created empty when missing."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of the collection `name`; with `scope`, items whose name starts with a match."""
        collection = self._collections.get(name, [])
        if scope is None:
            return list(collection)
        pattern = re.compile(scope)
        return [x for x in collection if hasattr(x, "name") and pattern.match(x.name)]

    def get_all_collection_keys(self) -> list[Any]:
        """The names of all collections whose name is text."""
        return [x for x in self._collections if isinstance(x, str)]

    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
        return list(self._collections)

    def clear_collection(self, name: Any) -> None:
        """Remove every item of the collection `name`."""
        self._check_not_finalized()
        self._collections.pop(name, None)

    # Names.

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` under the current name scope, with `_1`, `_2` ... when it is taken.

        Names that differ only in case count as the same.
        """
        if self._name_stack:
            name = f"{self._name_stack}/{name}"
        key = name.lower()
        count = self._names_in_use.get(key, 0)
        if mark_as_used:
            self._names_in_use[key] = count + 1
        if count > 0:
            base_key = key
            while key in self._names_in_use:
                key = f"{base_key}_{count}"
                count += 1
            if mark_as_used:
                self._names_in_use[key] = 1
            name = f"{name}_{count - 1}"
        return name

    def get_name_scope(self) -> str:
        """The current name scope, without a slash at the end; empty at the top."""
        return self._name_stack or ""

    @contextmanager
    def name_scope(self, name: Any) -> Iterator[str]:
        """Put the operations made inside under `name`; gives the full prefix with its slash.

        `None` or "" goes back to the top; a name that ends in "/" is re-entered as it stands.

        Raises:
            ValueError: `name` isn't a valid scope name.
        """
        if name:
            if hasattr(name, "name") and not isinstance(name, str):
                name = name.name
            pattern = _VALID_SCOPE_NAME if self._name_stack else VALID_OP_NAME
            if not pattern.match(name):
                raise ValueError(f"'{name}' is not a valid scope name")
        old = self._name_stack
        if not name:
            new = ""
        elif name.endswith("/"):
            new = name[:-1]
        else:
            new = self.unique_name(name)
        self._name_stack = new
        try:
            yield f"{new}/" if name else ""
        finally:
            self._name_stack = old

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Make this graph the default one of this thread inside the `with` block."""
        from evergraph.graph.scopes import default_graphs

        with default_graphs.entered(self):
            yield self

    @contextmanager
    def _variable_creator_scope(self, creator: Any, priority: int = 100) -> Iterator[None]:
        """Let `creator(next_creator, **kwargs)` make variables; high priority is asked first."""
        old = self._variable_creator_stack
        new = sorted([*old, (priority, creator)], key=lambda item: item[0])
        self._variable_creator_stack = new
        try:
            yield
        finally:
            if self._variable_creator_stack is not new:
                raise RuntimeError("Exiting variable_creator_scope without proper nesting.")
            self._variable_creator_stack = old

    @contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Place stateful resources made inside in the container of that name."""
        old, self._container = self._container, container_name
        try:
            yield container_name
        finally:
            self._container = old


def _take_into_context(op: Operation) -> None:
    """Let the control flow context of `op` see to its inputs."""
    context = op._control_flow_context
    for tensor in op._inputs:
        source = tensor.op._control_flow_context
        if source is not None and source is not context:
            source.check_use(op, tensor.op)
    if context is not None:
        context.AddOp(op)


def _as_graph_element(obj: Any) -> Any:
    convert = getattr(obj, "_as_graph_element", None)
    return convert() if convert is not None and not isinstance(obj, Graph) else None


def complete_definition(
    op_type: str, op_def: Any, attrs: dict[str, Any], output_types: Sequence[Any] | None
) -> tuple[Any, list[dtypes.DType]]:
    """The OpDef of `op_type` and the types of its outputs, looked up where they aren't given."""
    if op_def is None and find_op_def is not None:
        op_def = find_op_def(op_type)
    if output_types is None:
        if op_def is None:
            raise ValueError(f"No op named {op_type} is registered; give its output types.")
        output_types = op_def.output_types(attrs)
    return op_def, [dtypes.as_dtype(t) for t in output_types]


# The registry fills these in: the IR itself names no op and infers no shape.
# find_op_def(op_type) -> OpDef or None; value_as_shape(tensor) -> TensorShape known of its value.
find_op_def: Any = None
value_as_shape: Any = None


def infer_shapes(op: Operation) -> None:
    """Set the static shapes of the outputs of `op` by its registered shape function."""
    if op.op_def is not None and hasattr(op.op_def, "infer_shapes"):
        op.op_def.infer_shapes(op)


__all__ = ["ControlDependencies", "Graph", "complete_definition", "infer_shapes", "merge_device"]
