"""Defun: Python functions as functions of a graph's library.

Reference: TensorFlow 1.15, tensorflow/python/framework/function.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evergraph import protos
from evergraph.core.dtypes import as_dtype
from evergraph.core.shapes import TensorShape
from evergraph.functions.func_graph import (
    FuncGraph,
    copy_of,
    func_graph_from_py_func,
    outermost_contexts,
)
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.function_body import FunctionBody
from evergraph.graph.graph import Graph
from evergraph.graph.keys import GraphKeys
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph
from evergraph.serialize.function_def import to_function_def
from evergraph.serialize.function_library import LibraryFunction, call_attrs, call_function
from evergraph.variables.variable_scope import _STORE_KEY


class Defun:
    """Decorator: make a Python function of tensors a function of the graphs that call it.

    Calling the decorated function adds one operation, whose type is the function's name; the
    function's operations are kept in the graph's library. Without `input_types` a version is made
    for each combination of dtypes that it's called with.

    Args:
        *input_types: dtypes of the arguments.
        **kwargs: `func_name`; `grad_func` (another such function, of the arguments and the
            gradients of the results) or `python_grad_func` (`f(op, *d_outputs)`); `out_names`;
            `shape_func` (from the operation to its static shapes); `capture_by_value`,
            `whitelisted_stateful_ops`, `capture_resource_var_by_value`; and what becomes attrs:
            `noinline`, `compiled`, `separate_compiled_gradients`, `experimental_*`.
    """

    def __init__(self, *input_types: Any, **kwargs: Any) -> None:
        self._input_types = input_types
        self._func_name = kwargs.pop("func_name", None)
        self._grad_func = kwargs.pop("grad_func", None)
        self._python_grad_func = kwargs.pop("python_grad_func", None)
        self._out_names = kwargs.pop("out_names", None)
        self._extra = kwargs

    def __call__(self, func: Callable[..., Any]) -> Any:
        """The function of the library that `func` describes.

        Raises:
            ValueError: `func` isn't callable, has defaults or keywords, or another number of
                arguments than there are input types.
        """
        if not callable(func):
            raise ValueError(f"function {func} must be callable")
        spec = inspect.getfullargspec(func)
        if spec.varkw or spec.defaults:
            raise ValueError(
                "function with argument defaults or keywords arguments are not supported. "
                f"{func} has defaults {spec.defaults} and keywords {spec.varkw}."
            )
        names = spec.args[1:] if inspect.ismethod(func) else spec.args
        count = len(names)
        options = {
            "grad_func": self._grad_func,
            "python_grad_func": self._python_grad_func,
            "out_names": self._out_names,
            **self._extra,
        }
        if self._input_types:
            given = len(self._input_types)
            if given < count or (given > count and not spec.varargs):
                raise ValueError(
                    "The function has fewer arguments than the number of specified input types."
                )
            return DefinedFunction(func, names, self._input_types, self._func_name, **options)
        if count == 0 and not spec.varargs:
            return DefinedFunction(func, [], [], self._func_name, **options)
        return OverloadedFunction(func, names, self._func_name, **options)


class DefinedFunction(LibraryFunction):
    """A Python function with dtypes for its arguments; its graph is built at the first use.

    Attributes:
        python_grad_func: `f(op, *d_outputs)`, which `tf.gradients` calls, or None.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        argnames: Sequence[str],
        input_types: Sequence[Any],
        func_name: str | None = None,
        grad_func: Any = None,
        python_grad_func: Any = None,
        out_names: Sequence[str] | None = None,
        shape_func: Any = None,
        capture_by_value: bool = False,
        whitelisted_stateful_ops: Any = None,
        capture_resource_var_by_value: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(None, grad_func)
        self.python_grad_func = python_grad_func
        self._func = func
        self._input_types = input_types
        self._arg_names = [
            argnames[i] if i < len(argnames) else f"arg{i}" for i in range(len(input_types))
        ]
        self._func_name = func_name
        self._out_names = out_names
        self._shape_func = shape_func
        self._capturing: dict[str, Any] = {
            "capture_by_value": capture_by_value,
            "whitelisted_stateful_ops": whitelisted_stateful_ops or (),
            "capture_resource_var_by_value": capture_resource_var_by_value,
        }
        self._extra = kwargs
        self._graph: FuncGraph | None = None
        devices = get_default_graph()._device_functions_outer_to_inner
        self._device = devices[-1] if devices else None

    @property
    def definition(self) -> Any:
        """The FunctionDef."""
        self._build()
        return self._definition

    @property
    def declared_input_types(self) -> tuple[Any, ...]:
        """The dtypes of the arguments, captured tensors left out."""
        return tuple(self._input_types)

    @property
    def captured_inputs(self) -> list[Tensor]:
        """Tensors from outside that every call passes on."""
        return self._build().extra_inputs

    @property
    def stateful_ops(self) -> list[tuple[str, str]]:
        """(name, type) of the stateful operations in the body."""
        ops = self._build().get_operations()
        return [(op.name, op.type) for op in ops if op.op_def.stateful]

    def set_grad_func(self, grad_func: DefinedFunction) -> None:
        """Let `grad_func` compute the gradient; there must be none yet."""
        assert self._grad_func is None
        assert isinstance(grad_func, DefinedFunction)
        self._grad_func = grad_func

    def _build(self) -> FuncGraph:
        if self._graph is not None:
            return self._graph
        base = self._func_name
        if base is None:
            base = _name_of(self._func)
            if self._grad_func is not None:
                base += f"_{self._grad_func.name}"
        # The body shares the variables of the graph outside.
        outside = get_default_graph()._collections
        shared = {
            key: outside.setdefault(key, [])
            for key in (*GraphKeys._VARIABLE_COLLECTIONS, _STORE_KEY)
        }
        graph = func_graph_from_py_func(
            self._func,
            self._arg_names,
            self._input_types,
            self._func_name or _name_of(self._func),
            device_name=self._device,
            collections_ref=shared,
            **self._capturing,
        )
        definition = to_function_def(
            graph.as_body(),
            base,
            out_names=self._out_names,
            description=self._func.__doc__ or None,
            is_name_hashed=self._func_name is None,
        )
        for key, value in call_attrs(base, **self._extra).items():
            definition.attr[key].CopyFrom(value)
        self._definition = definition
        self._graph = graph
        return graph

    def body(self, library: Mapping[str, Any]) -> FunctionBody:
        """What the function computes: the graph it was built in."""
        return self._build().as_body()

    def fresh_body(
        self, library: Mapping[str, Any], input_shapes: Sequence[TensorShape] | None = None
    ) -> FunctionBody:
        """As `body`, in a graph that nobody else uses, with what is known of arguments' shapes."""
        graph = self._build()
        if input_shapes is not None and not outermost_contexts(graph):
            return super().fresh_body(library, input_shapes)
        return copy_of(graph, library)

    def add_to_graph(self, g: Graph) -> None:
        """Put the function and those it needs into the library of `g`."""
        functions = self._build()._functions
        super().add_to_graph(g)
        for function in list(functions.values()):
            if function is not g._functions.get(function.name):
                function.add_to_graph(g)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add an operation that calls the function; its results, or the operation itself."""
        self.add_to_graph(get_default_graph())
        inputs = [*(convert_to_tensor(arg) for arg in args), *self.captured_inputs]
        result, op = call_function(self, inputs, **kwargs)
        op._called_function = self
        if self._shape_func is not None:
            shapes = self._shape_func(op)
            if len(shapes) != len(op.outputs):
                raise ValueError(
                    f"shape_func produced {len(shapes)} shapes for {len(op.outputs)} outputs"
                )
            for tensor, shape in zip(op.outputs, shapes, strict=True):
                tensor.set_shape(shape)
        return result


def _name_of(func: Any) -> str:
    if inspect.ismethod(func):
        return f"{type(func.__self__).__name__}.{func.__name__}"
    return func.__name__ if inspect.isfunction(func) else str(type(func))


class OverloadedFunction:
    """A Python function that becomes a DefinedFunction for each combination of dtypes."""

    def __init__(
        self,
        func: Callable[..., Any],
        argnames: Sequence[str],
        func_name: str | None = None,
        grad_func: Any = None,
        python_grad_func: Any = None,
        out_names: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        assert grad_func is None or isinstance(grad_func, OverloadedFunction)
        self._func = func
        self._argnames = argnames
        self._func_name = func_name
        self._grad_func = grad_func
        self._options = {
            "python_grad_func": python_grad_func,
            "out_names": out_names,
            **kwargs,
        }
        self._versions: dict[str, DefinedFunction] = {}

    def instantiate(self, input_types: Sequence[Any]) -> DefinedFunction:
        """The version for arguments of these dtypes.

        Raises:
            ValueError: a dtype that functions can't take.
        """
        key = _types_text(input_types)
        found = self._versions.get(key)
        if found is not None:
            return found
        name = f"{self._func_name}_{key}" if self._func_name is not None else None
        found = DefinedFunction(self._func, self._argnames, input_types, name, **self._options)
        results = [as_dtype(arg.type) for arg in found.definition.signature.output_arg]
        if self._grad_func is not None:
            found._grad_func = self._grad_func.instantiate([*input_types, *results])
        self._versions[key] = found
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add an operation that calls the version for the dtypes of `args`."""
        tensors = [convert_to_tensor(arg) for arg in args]
        return self.instantiate([t.dtype for t in tensors])(*tensors, **kwargs)


# As in TensorFlow, uint8 has int8's letters.
_SHORT = {
    **{f"{kind}{bits}": f"{kind[0]}{bits}" for kind in ("int", "uint") for bits in (16, 32, 64)},
    "float16": "f16",
    "float32": "f32",
    "float64": "f64",
    "bfloat16": "b16",
    "int8": "i8",
    "uint8": "i8",
    "bool": "b",
    "string": "s",
    "complex64": "c64",
    "complex128": "c128",
    "qint8": "qi8",
    "quint8": "qu8",
    "qint16": "qi16",
    "quint16": "qu16",
    "qint32": "qi32",
}


def _types_text(types: Sequence[Any]) -> str:
    names = [as_dtype(dtype).name for dtype in types]
    if any(name not in _SHORT for name in names):
        raise ValueError(f"Unsupported dtypes: {list(types)}")
    return "".join(_SHORT[name] for name in names)


class Declare(LibraryFunction):
    """A function that is defined later, known by its name and its arguments and results.

    Args:
        func_name: the function's name.
        inputs: pairs of a name and a dtype, for each argument.
        outputs: the same for the results.
    """

    def __init__(
        self,
        func_name: str,
        inputs: Sequence[tuple[str, Any]],
        outputs: Sequence[tuple[str, Any]],
    ) -> None:
        definition = protos.FunctionDef()
        definition.signature.name = func_name
        for args, pairs in (
            (definition.signature.input_arg, inputs),
            (definition.signature.output_arg, outputs),
        ):
            for name, dtype in pairs:
                args.add(name=name, type=as_dtype(dtype).as_datatype_enum)
        super().__init__(definition)

    def add_to_graph(self, g: Graph) -> None:
        """Nothing: there is no definition yet."""


def from_definition(definition: Any, grad_func: Any = None) -> LibraryFunction:
    """The function that a FunctionDef describes.

    Args:
        definition: a FunctionDef.
        grad_func: the function that computes its gradient, or None.
    """
    return LibraryFunction(definition, grad_func)


def _extra_of_default_graph(what: str) -> list[Any]:
    graph = get_default_graph()
    return getattr(graph, what) if isinstance(graph, FuncGraph) else []


def get_extra_vars() -> list[Any]:
    """The variables that the body being built has got so far; empty outside of functions."""
    return _extra_of_default_graph("extra_vars")


def get_extra_inputs() -> list[Tensor]:
    """The outer tensors that the body being built has captured so far; empty outside."""
    return _extra_of_default_graph("extra_inputs")


def get_extra_args() -> list[Tensor]:
    """The placeholders that stand for `get_extra_inputs()`; empty outside."""
    return _extra_of_default_graph("extra_args")


def graph_to_function_def(
    graph: Graph,
    operations: Sequence[Operation],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    out_names: Sequence[str] | None = None,
) -> Any:
    """The FunctionDef of some operations of `graph`.

    Args:
        graph: the graph.
        operations: the body; those that make `inputs` are left out.
        inputs: the arguments.
        outputs: the results.
        out_names: names of the results.
    """
    sources = {t.op for t in inputs if all(out in inputs for out in t.op.outputs)}
    return to_function_def(
        FunctionBody(graph, inputs, outputs),
        "_",
        [op for op in operations if op not in sources],
        out_names,
    )
