"""The functions of a graph's library.

Reference: TensorFlow 1.15, tensorflow/python/framework/function.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evergraph import protos
from evergraph.core.dtypes import DType, as_dtype
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.shapes import TensorShape
from evergraph.graph import function_body
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.graph import Graph
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.registry.op_def import OpDef, find_op_def, get_op_def
from evergraph.serialize.attr_value import from_attr_value
from evergraph.serialize.function_def import to_function_body
from evergraph.serialize.op_def_proto import from_op_def_proto


class LibraryFunction:
    """A function known by its definition: what graphs from elsewhere bring along.

    Attributes:
        python_grad_func: `f(op, *d_outputs)`, which `tf.gradients` calls, or None.
    """

    def __init__(self, definition: Any, grad_func: LibraryFunction | None = None) -> None:
        self._definition = definition
        self._grad_func = grad_func
        self._op_def: OpDef | None = None
        self._body: FunctionBody | None = None
        self._gradient: FunctionBody | None = None
        self._shapes: dict[Any, list[TensorShape]] = {}
        self.python_grad_func: Any = None

    @property
    def definition(self) -> Any:
        """The FunctionDef."""
        return self._definition

    @property
    def name(self) -> str:
        """The function's name, which is the type of operations that call it."""
        return str(self.definition.signature.name)

    @property
    def _signature(self) -> Any:
        return self.definition.signature

    @property
    def op_def(self) -> OpDef:
        """The schema of operations that call the function."""
        if self._op_def is None:
            self._op_def = from_op_def_proto(self._signature)
            self._op_def.calls = "function"
            self._op_def.shape_function = get_op_def("PartitionedCall").shape_function
        return self._op_def

    @property
    def grad_func_name(self) -> str | None:
        """The name of the function that computes the gradient, or None."""
        return self._grad_func.name if self._grad_func is not None else None

    @property
    def declared_input_types(self) -> tuple[DType, ...]:
        """The dtypes of the arguments."""
        return tuple(as_dtype(arg.type) for arg in self._signature.input_arg)

    @property
    def captured_inputs(self) -> list[Tensor]:
        """Tensors from outside that every call passes on: none."""
        return []

    @property
    def stateful_ops(self) -> list[tuple[str, str]]:
        """(name, type) of the stateful operations in the body."""
        nodes = ((node, find_op_def(node.op)) for node in self.definition.node_def)
        return [(n.name, n.op) for n, op_def in nodes if op_def is not None and op_def.stateful]

    def body(self, library: Mapping[str, Any]) -> FunctionBody:
        """What the function computes.

        Args:
            library: the functions it may call, by name.
        """
        if self._body is None:
            self._body = to_function_body(self.definition, library)
        return self._body

    def result_shapes(
        self, input_shapes: Sequence[TensorShape], library: Mapping[str, Any]
    ) -> list[TensorShape]:
        """The shapes of the results for arguments of these shapes, as far as they are known."""
        key = tuple(shape.sizes for shape in input_shapes)
        found = self._shapes.get(key)
        if found is None:
            # For calls of the function in its own body.
            self._shapes[key] = [TensorShape(None)] * len(self._signature.output_arg)
            body = to_function_body(self.definition, library, input_shapes)
            found = self._shapes[key] = [t.shape for t in body.outputs]
        return found

    def fresh_body(
        self, library: Mapping[str, Any], input_shapes: Sequence[TensorShape] | None = None
    ) -> FunctionBody:
        """As `body`, in a graph that nobody else uses, with what is known of arguments' shapes."""
        return to_function_body(self.definition, library, input_shapes)

    def gradient_body(self, library: Mapping[str, Any]) -> FunctionBody:
        """What the function's gradient computes: from arguments and gradients of the results."""
        if self._gradient is None:
            body = self.fresh_body(library)
            self._gradient = function_body.make_gradient(body)
        return self._gradient

    def add_to_graph(self, g: Graph) -> None:
        """Put the function, and the one that computes its gradient, into the library of `g`."""
        add_function(g, self)
        if self._grad_func is not None:
            self._grad_func.add_to_graph(g)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add an operation that calls the function; its results, or the operation itself."""
        self.add_to_graph(get_default_graph())
        return call_function(self, [convert_to_tensor(arg) for arg in args], **kwargs)[0]


def call_function(
    function: LibraryFunction, inputs: list[Tensor], name: str | None = None, **kwargs: Any
) -> tuple[Any, Operation]:
    """Add an operation whose type is the name of `function`.

    Args:
        function: a function of the default graph's library.
        inputs: all its arguments.
        name: name of the operation; the function's when None.
        **kwargs: see `call_attrs`.

    Returns:
        (result, operation); the result is a tensor, a tuple of tensors, or the operation when the
        function returns nothing.

    Raises:
        ValueError: wrong number of arguments, or an unknown keyword.
    """
    signature = function._signature
    if len(inputs) != len(signature.input_arg):
        raise ValueError(
            f"Expected number of arguments: {len(signature.input_arg)}, received: {len(inputs)}"
        )
    attrs = {key: from_attr_value(v) for key, v in call_attrs(signature.name, **kwargs).items()}
    types = [as_dtype(arg.type) for arg in signature.output_arg]
    op = get_default_graph().create_op(
        signature.name,
        inputs,
        types,
        name=signature.name if name is None else name,
        attrs=attrs,
        op_def=function.op_def,
    )
    if not op.outputs:
        return op, op
    return (op.outputs[0] if len(op.outputs) == 1 else tuple(op.outputs)), op


_TEXT_ATTRS: Final = ("_implements", "_reference")


def call_attrs(function_name: str, **kwargs: Any) -> dict[str, Any]:
    """The attrs (AttrValues) of a function or of a call of it.

    Args:
        function_name: the function's name.
        **kwargs: `noinline`, `compiled` with `separate_compiled_gradients`, `experimental_*`,
            `_implements`, `_reference`.

    Raises:
        ValueError: an unknown keyword.
    """
    attrs: dict[str, Any] = {}
    noinline = kwargs.pop("noinline", None)
    if noinline is not None:
        attrs["_noinline"] = protos.AttrValue(b=bool(noinline))
    attrs["_disable_call_shape_inference"] = protos.AttrValue(b=True)
    compiled = kwargs.pop("compiled", None)
    separate = kwargs.pop("separate_compiled_gradients", None)
    if compiled is not None:
        attrs["_XlaCompile"] = protos.AttrValue(b=bool(compiled))
        attrs["_XlaSeparateCompiledGradients"] = protos.AttrValue(b=bool(separate))
        scope = get_default_graph()._attr_scope_map.get("_XlaScope")
        if not isinstance(scope, bytes):
            scope = f"function_{function_name}".encode()
        attrs["_XlaScope"] = protos.AttrValue(s=scope)
    for key in list(kwargs):
        if key.startswith("experimental_"):
            attrs[key] = _plain_attr(key, kwargs.pop(key))
        elif key in _TEXT_ATTRS:
            value = kwargs.pop(key)
            if not isinstance(value, str):
                raise ValueError(f"Unsupported attribute type for {key} with type {type(value)}")
            attrs[key] = protos.AttrValue(s=value.encode())
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {kwargs.keys()}")
    return attrs


def _plain_attr(key: str, value: Any) -> Any:
    if isinstance(value, bool):
        return protos.AttrValue(b=value)
    if isinstance(value, int):
        return protos.AttrValue(i=value)
    if isinstance(value, float):
        return protos.AttrValue(f=value)
    if isinstance(value, str):
        return protos.AttrValue(s=value.encode())
    raise ValueError(f"Unsupported attribute type for {key} with type {type(value)}")


def add_function(graph: Graph, function: Any) -> None:
    """Put `function` into the library of `graph`.

    Raises:
        ValueError: it has two gradients, or another function has its name.
    """
    name = function.name
    if function.grad_func_name is not None and function.python_grad_func is not None:
        raise ValueError(f"Gradient defined twice for function {name}")
    known = graph._functions.get(name)
    if known is not None and known is not function:
        if known.definition != function.definition:
            raise InvalidArgumentError(
                None,
                None,
                f"Cannot add function '{name}' because a different function with the same name "
                "already exists.",
            )
        if None not in (known.grad_func_name, function.grad_func_name) and (
            known.grad_func_name != function.grad_func_name
        ):
            raise ValueError(
                f"Cannot assign gradient function '{function.grad_func_name}' to '{name}' because "
                f"it already has gradient function '{known.grad_func_name}'"
            )
    graph._functions[name] = function


def from_library(library: Any) -> list[LibraryFunction]:
    """The functions of a FunctionDefLibrary, with their gradient functions.

    Raises:
        ValueError: a gradient names a function that isn't there, or gradients form a cycle.
    """
    definitions = {definition.signature.name: definition for definition in library.function}
    gradient_of: dict[str, str] = {}
    users: dict[str, list[str]] = defaultdict(list)
    for gradient in library.gradient:
        for name in (gradient.function_name, gradient.gradient_func):
            if name not in definitions:
                raise ValueError(f"FunctionDefLibrary missing '{name}' FunctionDef\n{library}")
        gradient_of[gradient.function_name] = gradient.gradient_func
        users[gradient.gradient_func].append(gradient.function_name)
    ready = [name for name in definitions if name not in gradient_of]
    if definitions and not ready:
        raise ValueError(f"FunctionDefLibrary contains cyclic gradient functions!\n{library}")
    made: dict[str, LibraryFunction] = {}
    while ready:
        name = ready.pop()
        made[name] = LibraryFunction(definitions[name], made.get(gradient_of.get(name, "")))
        ready.extend(users[name])
    return list(made.values())
