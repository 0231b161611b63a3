"""The graph that the body of a function is built in.

Reference: TensorFlow 1.15, tensorflow/python/framework/function.py (_FuncGraph).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from evergraph import protos
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, device, get_default_graph, init_scope
from evergraph.ops.control_contexts import from_control_flow_context_def
from evergraph.ops.identity import guarantee_const
from evergraph.ops.placeholders import placeholder
from evergraph.serialize.function_def import forget_unknown_places, to_function_body
from evergraph.serialize.function_def import function_def_to_graph_def as to_graph_def
from evergraph.serialize.graph_def import as_graph_def
from evergraph.serialize.graph_def import copy_functions as copy_functions_to
from evergraph.serialize.import_graph import import_graph_def
from evergraph.variables.resource_variable import BaseResourceVariable
from evergraph.variables.variable_scope import (
    _get_default_variable_store,
    get_variable_scope,
    variable_scope,
)

# What of the options of `get_variable` goes outside.
_KEPT = ("shape", "dtype", "initializer", "reuse", "trainable", "collections", "use_resource")


class FuncGraph(Graph):
    """A graph whose operations may take tensors of the graph around it.

    Such a tensor becomes an argument of the function, or is copied with all it needs.

    Attributes:
        name: the function's name.
        inputs: a placeholder for each argument, captured tensors included.
        outputs: the results.
        extra_inputs: the tensors captured from outside, in the order of their first use.
        extra_args: the placeholders that stand for them.
        extra_vars: variables that the body got by `get_variable`; they live outside.
        control_outputs: operations that every call runs besides what the results need.
    """

    def __init__(
        self,
        name: str,
        capture_by_value: bool = False,
        whitelisted_stateful_ops: Collection[Operation] = (),
        capture_resource_var_by_value: bool = True,
    ) -> None:
        super().__init__()
        self.name = name
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.extra_inputs: list[Tensor] = []
        self.extra_args: list[Tensor] = []
        self.extra_vars: list[Any] = []
        self.control_outputs: list[Operation] = []
        self._building_function = True
        self._outer_graph = get_default_graph()
        self._outer_scope = get_variable_scope()
        self._captured: dict[Tensor, Tensor] = {}
        self._by_value = capture_by_value
        self._stateful_allowed = whitelisted_stateful_ops
        self._reads_outside = capture_resource_var_by_value

    @contextmanager
    def container(self, name: str) -> Iterator[str]:
        """Place stateful resources made inside in the container `name`, hoisted variables too."""
        with init_scope():
            outer = get_default_graph()
        old, old_outer = self._container, outer._container
        self._container = outer._container = name
        try:
            yield name
        finally:
            self._container, outer._container = old, old_outer

    def get_variable(self, getter: Any, name: str, **options: Any) -> Any:
        """Custom getter: make the variable outside; a resource variable is read there too."""
        with self._outer_graph.as_default():
            given: dict[str, Any] = {key: options.get(key) for key in _KEPT}
            store = _get_default_variable_store()
            variable = self._outer_scope.get_variable(store, name, **given)
            self.extra_vars.append(variable)
            if isinstance(variable, BaseResourceVariable) and self._reads_outside:
                return variable.value()
            return variable

    def create_op(
        self, op_type: str, inputs: Sequence[Tensor], *args: Any, **kwargs: Any
    ) -> Operation:
        """As `Graph.create_op`; tensors from outside are captured."""
        inputs = [
            self.capture(x) if isinstance(x, Tensor) and x.graph is not self else x for x in inputs
        ]
        return super().create_op(op_type, inputs, *args, **kwargs)

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """What stands for an outer `tensor` in this graph."""
        found = self._captured.get(tensor)
        if found is not None:
            return found
        if self._by_value:
            return self._copied(tensor.op).outputs[tensor.value_index]
        self.extra_inputs.append(tensor)
        with control_dependencies(None):
            stand_in = placeholder(tensor.dtype, shape=tensor.get_shape(), name=name)
        stand_in._captured_from = tensor
        self.inputs.append(stand_in)
        self.extra_args.append(stand_in)
        self._captured[tensor] = stand_in
        if is_guaranteed_const(tensor):
            with control_dependencies(None):
                return guarantee_const(stand_in)
        return stand_in

    def _copied(self, op: Operation) -> Operation:
        if op.op_def.stateful and op not in self._stateful_allowed:
            raise ValueError(
                f"Cannot capture a stateful node (name:{op.name}, type:{op.type}) by value."
            )
        if op.op_def.placeholder:
            raise ValueError(
                f"Cannot capture a placeholder (name:{op.name}, type:{op.type}) by value."
            )
        inputs = [
            self._captured[t] if t in self._captured else self._copied(t.op).outputs[t.value_index]
            for t in op.inputs
        ]
        copy = self.create_op(
            op.type,
            inputs,
            [t.dtype for t in op.outputs],
            name=op.name,
            attrs=dict(op.attrs),
            op_def=op.op_def,
        )
        self._captured.update(zip(op.outputs, copy.outputs, strict=True))
        return copy

    def as_body(self) -> FunctionBody:
        """The finished graph as the body of a function."""
        return FunctionBody(self, self.inputs, self.outputs, self.control_outputs)


def copy_of(source: FuncGraph, library: Mapping[str, Any]) -> FunctionBody:
    """The body that `source` is, in a new graph, with its branches and loops known as such."""
    graph = Graph()
    graph._functions.update(library)
    with graph.as_default():
        graph_def = as_graph_def(source, add_shapes=True)
        forget_unknown_places(graph_def)
        import_graph_def(graph_def, name="")
        for context in outermost_contexts(source):
            message = protos.ControlFlowContextDef()
            context.to_control_flow_context_def(message)
            from_control_flow_context_def(message)

    def same(element: Any) -> Any:
        return graph.as_graph_element(element.name)

    inputs = [same(tensor) for tensor in source.inputs]
    for tensor, known in zip(inputs, source.inputs, strict=True):
        tensor._captured_from = known._captured_from
    return FunctionBody(
        graph,
        inputs,
        [same(tensor) for tensor in source.outputs],
        [same(op) for op in source.control_outputs],
    )


def outermost_contexts(graph: Graph) -> list[Any]:
    """The conds and loops of `graph` that lie in no other one."""
    found: dict[Any, None] = {}
    for op in graph.get_operations():
        context = op._control_flow_context
        while context is not None and context.outer_context is not None:
            context = context.outer_context
        if context is not None:
            found[context] = None
    return list(found)


def is_guaranteed_const(tensor: Tensor) -> bool:
    """Whether `tensor` comes from a GuaranteeConst, or from nothing but such tensors."""
    constants: set[Operation] = set()
    visited: set[Operation] = set()
    stack = [(tensor.op, False)]
    while stack:
        op, is_done = stack.pop()
        if is_done:
            if op.inputs and all(t.op in constants for t in op.inputs):
                constants.add(op)
            continue
        visited.add(op)
        if op.type == "GuaranteeConst":
            constants.add(op)
            continue
        stack.append((op, True))
        stack.extend((t.op, False) for t in op.inputs if t.op not in visited)
    return tensor.op in constants


def func_graph_from_py_func(
    func: Callable[..., Any],
    arg_names: Sequence[str],
    arg_types: Sequence[Any],
    name: str,
    capture_by_value: bool = False,
    device_name: Any = None,
    collections_ref: dict[Any, Any] | None = None,
    arg_shapes: Sequence[Any] | None = None,
    whitelisted_stateful_ops: Collection[Operation] = (),
    capture_resource_var_by_value: bool = True,
) -> FuncGraph:
    """The graph of `func` called with a placeholder for each argument.

    Args:
        func: returns a tensor, a list or tuple of tensors, or None for no result.
        arg_names: names of the placeholders.
        arg_types: dtypes of the arguments.
        name: the function's name.
        capture_by_value: copy outer tensors in place of passing them as arguments.
        device_name: device (text or function) of the body.
        collections_ref: collections that the graph shares with the one outside.
        arg_shapes: what is known of the arguments' shapes.
        whitelisted_stateful_ops: stateful operations that may be copied.
        capture_resource_var_by_value: read resource variables outside.

    Raises:
        ValueError: a result is None.
    """
    graph = FuncGraph(
        name, capture_by_value, whitelisted_stateful_ops, capture_resource_var_by_value
    )
    shapes = arg_shapes or [None] * len(arg_types)
    with graph.as_default(), device(device_name):
        if collections_ref is not None:
            graph._collections = collections_ref
        for arg_name, arg_type, shape in zip(arg_names, arg_types, shapes, strict=True):
            graph.inputs.append(placeholder(arg_type, shape=shape, name=arg_name))
        with variable_scope("", custom_getter=graph.get_variable):
            results = func(*graph.inputs)
        if results is None:
            results = []
        elif not isinstance(results, list | tuple):
            results = (results,)
        if any(result is None for result in results):
            raise ValueError(f"Function {name} can not return None.")
        tensors = [convert_to_tensor(result) for result in results]
        graph.outputs = [t if t.graph is graph else graph.capture(t) for t in tensors]
    return graph


def function_def_to_graph(
    fdef: Any, input_shapes: Sequence[Any] | None = None, copy_functions: bool = True
) -> FuncGraph:
    """The graph of a FunctionDef, with its `inputs`, `outputs` and `control_outputs`.

    Args:
        fdef: a FunctionDef.
        input_shapes: shapes (or None) of the arguments.
        copy_functions: accepted for TensorFlow's sake; the functions of the default graph are in
            the new one's library.

    Raises:
        ValueError: wrong number of shapes, or a function that the body calls is missing.

    Reference: TensorFlow 1.15, tensorflow/python/framework/function_def_to_graph.py.
    """
    definition = protos.convert(fdef, protos.FunctionDef)
    library = get_default_graph()._functions
    graph = FuncGraph(definition.signature.name)
    body = to_function_body(definition, library, input_shapes, graph)
    graph.inputs, graph.outputs = list(body.inputs), list(body.outputs)
    graph.control_outputs = list(body.control_outputs)
    return graph


def function_def_to_graph_def(
    fdef: Any, input_shapes: Sequence[Any] | None = None, copy_functions: bool = True
) -> tuple[Any, dict[str, str]]:
    """A FunctionDef as a GraphDef, and the tensors in it by their names in the definition.

    Args:
        fdef: a FunctionDef.
        input_shapes: shapes (or None) of the arguments.
        copy_functions: put the functions of the default graph into the library.

    Raises:
        ValueError: wrong number of shapes, or a function that the body calls is missing.
    """
    graph = get_default_graph()
    definition = protos.convert(fdef, protos.FunctionDef)
    graph_def, names = to_graph_def(definition, graph._functions, input_shapes)
    if copy_functions:
        copy_functions_to(graph, graph_def)
    return graph_def, names
