"""Adding an operation: input conversion, attr inference and naming, as TensorFlow does them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from evergraph.core import dtypes
from evergraph.core.errors import explain
from evergraph.core.shapes import TensorShape
from evergraph.core.source import user_frame
from evergraph.graph.conversion import convert_n_to_tensor, internal_convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import graph_of_inputs
from evergraph.registry.attrs import REQUIRED, check_allowed, check_attr
from evergraph.registry.op_def import ArgDef, OpDef


def apply_op(
    op_def: OpDef, inputs: tuple[Any, ...], attrs: dict[str, Any], name: str | None
) -> Any:
    """Add an operation of type `op_def` to the graph of its inputs and return its outputs.

    Returns:
        The output tensor; a list for a single list output; a tuple in schema order for several
        outputs; the Operation when there are none.

    Raises:
        TypeError: an input or an attr is of a wrong type.
        ValueError: shapes don't fit, or an attr has a value that isn't allowed.
    """
    op = add_operation(op_def, inputs, attrs, name)
    return outputs_of(op)


def outputs_of(op: Operation) -> Any:
    """The outputs of `op` in the form that its function returns."""
    op_def: OpDef = op.op_def
    if not op_def.outputs:
        return op
    grouped = op_def.group(op_def.outputs, op.attrs, op.outputs)
    grouped = [list(item) if isinstance(item, tuple) else item for item in grouped]
    return grouped[0] if len(grouped) == 1 else op_def.result_type(*grouped)


def add_operation(
    op_def: OpDef, inputs: tuple[Any, ...], attrs: dict[str, Any], name: str | None
) -> Operation:
    """As `apply_op`, but returns the Operation."""
    if len(inputs) != len(op_def.inputs):
        raise TypeError(
            f"{op_def.name} takes {len(op_def.inputs)} inputs "
            f"({', '.join(arg.name for arg in op_def.inputs)}), but {len(inputs)} were given"
        )
    unknown = [key for key in attrs if key not in op_def.attrs]
    if unknown:
        raise TypeError(
            f"apply_op() got unexpected keyword arguments: {', '.join(sorted(unknown))}"
        )
    graph = graph_of_inputs(_flat(inputs))
    scope_name = op_def.name if name is None else name
    with ExitStack() as stack:
        stack.enter_context(graph.as_default())
        scope = stack.enter_context(graph.name_scope(scope_name))
        state = _Inference(op_def, dict(attrs))
        for arg, value in zip(op_def.inputs, inputs, strict=True):
            if arg.is_list:
                state.convert_list(arg, value)
            else:
                state.convert_one(arg, value)
        values = state.finish()
        for tensor in state.refs:
            stack.enter_context(graph.colocate_with(tensor.op))
        return graph.create_op(
            op_def.name,
            state.tensors,
            op_def.output_types(values),
            name=scope,
            attrs=values,
            op_def=op_def,
        )


def _flat(inputs: tuple[Any, ...]) -> list[Any]:
    flat: list[Any] = []
    for value in inputs:
        if isinstance(value, list | tuple):
            flat.extend(value)
        else:
            flat.append(value)
    return flat


class _Inference:
    """Attr values on their way from the inputs to the operation."""

    def __init__(self, op_def: OpDef, given: dict[str, Any]) -> None:
        self.op_def = op_def
        self.given = given
        self.values: dict[str, Any] = {}
        self.inferred_from: dict[str, str] = {}
        self.tensors: list[Tensor] = []
        self.refs: list[Tensor] = []
        self.default_types = {
            key: attr.default
            for key, attr in op_def.attrs.items()
            if attr.kind == "type" and attr.default is not REQUIRED
        }

    def _known_type(self, arg: ArgDef) -> dtypes.DType | None:
        if arg.dtype is not None:
            return arg.dtype
        key = arg.type_attr
        if key in self.values:
            return dtypes.as_dtype(self.values[key])
        if self.given.get(key) is not None:
            return dtypes.as_dtype(self.given[key])
        return None

    def convert_one(self, arg: ArgDef, value: Any) -> None:
        dtype = self._known_type(arg)
        preferred = self.default_types.get(arg.type_attr) if dtype is None else None
        try:
            tensor = internal_convert_to_tensor(
                value, name=arg.name, dtype=dtype, as_ref=arg.is_ref, preferred_dtype=preferred
            )
        except TypeError as error:
            if dtype is None:
                raise
            raise self._mismatch(arg, value, dtype, error) from None
        except ValueError:
            if dtype is None:
                raise
            try:
                observed = internal_convert_to_tensor(value, as_ref=arg.is_ref).dtype.name
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"Tried to convert '{arg.name}' to a tensor and failed. Error: {error}"
                ) from None
            raise self._mismatch(arg, value, dtype, None, observed) from None
        self._take(arg, tensor)
        if arg.type_attr:
            self._infer(arg.type_attr, arg.name, tensor.dtype.base_dtype)

    def _mismatch(
        self,
        arg: ArgDef,
        value: Any,
        dtype: dtypes.DType,
        error: Exception | None,
        observed: str = "",
    ) -> TypeError:
        expected = dtype.name
        if error is not None:
            first = (
                f"Expected {dtype.name} passed to parameter '{arg.name}' of op "
                f"'{self.op_def.name}', got {value!r} of type "
                f"'{type(value).__name__}' instead. Error: {error}"
            )
            observed = type(value).__name__
        else:
            first = f"Input '{arg.name}' of '{self.op_def.name}' Op has type {observed} that "
            first += "does not match "
            source = self.inferred_from.get(arg.type_attr) if arg.dtype is None else None
            if source is None:
                first += f"expected type of {dtype.name}."
            else:
                first += f"type {dtype.name} of argument '{source}'."
                expected = f"{dtype.name}, as '{source}' has"
        return TypeError(
            explain(
                first,
                expected=expected,
                given=f"{observed} for '{arg.name}'",
                created=user_frame(),
                fix=f"tf.cast it to tf.{dtype.base_dtype.name}",
            )
        )

    def convert_list(self, arg: ArgDef, values: Any) -> None:
        if not isinstance(values, list | tuple):
            raise TypeError(
                f"Expected list for '{arg.name}' argument to '{self.op_def.name}' Op, not {values}."
            )
        values = list(values)
        dtype = None if arg.type_list_attr else self._known_type(arg)
        if dtype is None and arg.number_attr:
            dtype = next((v.dtype.base_dtype for v in values if isinstance(v, Tensor)), None)
        preferred = self.default_types.get(arg.type_attr) if dtype is None else None
        if arg.number_attr:
            minimum = self.op_def.attrs[arg.number_attr].minimum
            if minimum is not None and len(values) < minimum:
                raise ValueError(
                    f"List argument '{arg.name}' to '{self.op_def.name}' Op with length "
                    f"{len(values)} shorter than minimum length {minimum}."
                )
        try:
            tensors = self._list_tensors(arg, values, dtype, preferred)
        except (TypeError, ValueError) as error:
            raise self._list_mismatch(arg, values, dtype, error) from None
        if arg.number_attr:
            self._infer(arg.number_attr, arg.name, len(tensors))
            types = {t.dtype.base_dtype for t in tensors}
            if len(types) > 1 or (dtype is not None and types and types != {dtype.base_dtype}):
                raise self._list_mismatch(arg, tensors, dtype, None)
            if arg.type_attr and tensors:
                self._infer(arg.type_attr, arg.name, tensors[0].dtype.base_dtype)
            elif arg.type_attr and arg.type_attr in self.default_types:
                self.values.setdefault(arg.type_attr, self.default_types[arg.type_attr])
        else:
            key = arg.type_list_attr
            found = [t.dtype.base_dtype for t in tensors]
            if key in self.values and list(self.values[key]) != found:
                raise TypeError(
                    f"Input '{arg.name}' of '{self.op_def.name}' Op has type list of "
                    f"{', '.join(t.name for t in found)} that does not match type list "
                    f"{', '.join(t.name for t in self.values[key])} of argument "
                    f"'{self.inferred_from.get(key, key)}'."
                )
            self.values[key] = found
            self.inferred_from.setdefault(key, arg.name)
        for tensor in tensors:
            self._take(arg, tensor)

    def _list_tensors(
        self, arg: ArgDef, values: list[Any], dtype: dtypes.DType | None, preferred: Any
    ) -> list[Tensor]:
        given = self.given.get(arg.type_list_attr) if arg.type_list_attr else None
        if given is not None and len(given) == len(values):
            return [
                internal_convert_to_tensor(v, t, f"{arg.name}_{i}", arg.is_ref)
                for i, (v, t) in enumerate(zip(values, given, strict=True))
            ]
        return convert_n_to_tensor(values, dtype, arg.name, preferred, arg.is_ref)

    def _list_mismatch(
        self, arg: ArgDef, values: list[Any], dtype: dtypes.DType | None, error: Exception | None
    ) -> TypeError:
        observed: list[str] = []
        for value in values:
            try:
                observed.append(internal_convert_to_tensor(value, as_ref=arg.is_ref).dtype.name)
            except (TypeError, ValueError):
                observed.append(f"<NOT CONVERTIBLE TO TENSOR: {value}>")
        prefix = (
            f"Tensors in list passed to '{arg.name}' of '{self.op_def.name}' Op have types "
            f"[{', '.join(observed)}]"
        )
        if arg.number_attr and dtype is not None and (arg.dtype is not None):
            return TypeError(f"{prefix} that do not match expected type {dtype.name}.")
        if arg.type_attr and arg.type_attr in self.inferred_from and dtype is not None:
            return TypeError(
                f"{prefix} that do not match type {dtype.name} inferred from earlier arguments."
            )
        if arg.number_attr:
            return TypeError(f"{prefix} that don't all match.")
        return TypeError(f"{prefix} that are invalid. {error or ''}".rstrip())

    def _take(self, arg: ArgDef, tensor: Tensor) -> None:
        if arg.is_ref:
            if not tensor.dtype._is_ref_dtype:
                raise TypeError(
                    f"'{self.op_def.name}' Op requires that input '{arg.name}' be a mutable tensor "
                    "(e.g.: a tf.Variable)"
                )
            self.refs.append(tensor)
        self.tensors.append(tensor)

    def _infer(self, key: str, source: str, value: Any) -> None:
        if key in self.values and self.values[key] != value:
            first = self.inferred_from.get(key, key)
            if isinstance(value, dtypes.DType):
                raise TypeError(
                    f"Input '{source}' of '{self.op_def.name}' Op has type {value.name} that does "
                    f"not match type {self.values[key].name} of argument '{first}'."
                )
            raise ValueError(
                f"List argument '{source}' to '{self.op_def.name}' Op with length {value} must "
                f"match length {self.values[key]} of argument '{first}'."
            )
        if isinstance(value, dtypes.DType):
            check_allowed(self.op_def.name, self.op_def.attrs[key], value, source)
        self.values[key] = value
        self.inferred_from.setdefault(key, source)

    def finish(self) -> dict[str, Any]:
        """All attr values in schema order: inferred, given or default."""
        result: dict[str, Any] = {}
        for key, attr in self.op_def.attrs.items():
            if key in self.values:
                value = self.values[key]
                if attr.kind == "list(type)":
                    value = check_attr(self.op_def.name, attr, value)
            else:
                value = self.given.get(key)
                if value is None and key in self.given and attr.kind == "shape":
                    value = TensorShape(None)
                elif value is None:
                    if attr.default is REQUIRED and attr.kind == "type" and key in self.given:
                        raise TypeError(f"Expected DataType for argument '{key}' not None.")
                    if attr.default is REQUIRED:
                        raise TypeError(f"No argument for attr {key}")
                    value = attr.default
                else:
                    value = check_attr(self.op_def.name, attr, value)
            result[key] = value
        return result
