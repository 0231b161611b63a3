"""OpDef: everything the system knows of an op type, and `register_op`, which makes one."""

from __future__ import annotations

import functools
import inspect
import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evergraph.core import dtypes
from evergraph.graph import graph as graph_module
from evergraph.registry.attrs import AttrDef, parse_attrs, type_named


@dataclass(frozen=True, slots=True)
class ArgDef:
    """One input or output of a schema.

    Exactly one of `dtype`, `type_attr` and `type_list_attr` is set. With `number_attr` or
    `type_list_attr` the argument is a list of tensors.
    """

    name: str
    dtype: dtypes.DType | None = None
    type_attr: str = ""
    type_list_attr: str = ""
    number_attr: str = ""
    is_ref: bool = False

    @property
    def is_list(self) -> bool:
        """Whether the argument is a list of tensors."""
        return bool(self.number_attr or self.type_list_attr)


_ARG = re.compile(r"^\s*(\w+)\s*:\s*(.+?)\s*$")


def parse_args(text: str, attrs: dict[str, AttrDef]) -> tuple[ArgDef, ...]:
    """Read "a: T, values: N * T, ref: Ref(T), x: float"."""
    return tuple(_parse_arg(part, attrs) for part in text.split(",") if part.strip())


def _parse_arg(text: str, attrs: dict[str, AttrDef]) -> ArgDef:
    match = _ARG.match(text)
    if not match:
        raise ValueError(f"can't read the argument {text!r}")
    name, kind = match.groups()
    is_ref, number = False, ""
    if kind.startswith("Ref("):
        is_ref, kind = True, kind[4:-1].strip()
    if "*" in kind:
        number, kind = (part.strip() for part in kind.split("*"))
        if kind.startswith("Ref("):
            is_ref, kind = True, kind[4:-1].strip()
    attr = attrs.get(kind)
    if attr is None:
        return ArgDef(name, dtype=type_named(kind), number_attr=number, is_ref=is_ref)
    if attr.kind == "list(type)":
        return ArgDef(name, type_list_attr=kind, is_ref=is_ref)
    return ArgDef(name, type_attr=kind, number_attr=number, is_ref=is_ref)


class OpDef:
    """An op type: schema, kernel, shape function, gradient. Calling it adds an operation.

    Attributes:
        name: the op type.
        inputs, outputs: ArgDefs in schema order.
        attrs: AttrDefs by name, in schema order.
        static_inputs: inputs that the kernel needs as NumPy values when compiling.
        stateful: never folded, never shared, run once for each operation.
        host_only: the kernel runs outside any executable, on NumPy arrays.
        numpy_only: the shape of the result depends on data, so XLA cannot hold it.
        compiled_only: the kernel exists for JAX alone.
        may_block: the host kernel may wait for what another step does; see runtime/waiting.py.
        host_effect: the device never waits for this host op (print, assert, summaries).
        reads, writes: inputs (refs or resource handles) whose variable is read or changed.
        aliases: ref output -> the ref input that it is.
        may_be_uninitialized: ref or resource inputs that may hold no value yet.
        location: the op is a place of state (a variable), not a computation.
        random_blocks: blocks of the random stream that one run takes, or None.
        control: role in v1 control flow ("switch", "merge", "enter", "exit", "next_iteration",
            "loop_cond", "trigger"), or "".
        makes_object: output 0 is the handle of a stack or tensor array, whatever its dtype.
        known_when_traced: `known_when_traced(op)` says whether its results are NumPy values while
            an executable is traced, though the op isn't a function of its inputs' values: the size
            of a tensor array that can't grow. None for ops of which that is never so.
        calls: how the op runs functions of the graph's library ("function": its type is the
            function's name; "attr": attr `f` names it; "remote"; "gradient", "if", "case",
            "while", "for"), or "". The runtime replaces it by operations when it makes a plan.
        forwards: output 0 is input 0 itself: a ref or a handle that goes through stays an alias.
        gated_by: name of the index input through which a sparse write is switched off: the kernel
            drops rows whose index is the size of the table.
        placeholder: the value comes from a feed; without one a run fails.
        overridable: a feed may replace the value, so nothing is inferred from it while building.
        shows_text: text among the inputs is for messages alone: the op computes nothing from it.
        joins: the op puts its inputs but the last one after another, along the axis that the last
            one is: a loop may collect what it joins to one value in every iteration.
        also_static: `also_static(op)` names further inputs that this operation needs as NumPy
            values; None for none.
        partial_value: what is known of the output's value while building; see `constant_value`.
        value_from_shapes: the value as a NumPy array when the input's static shape tells it.
        static_value: whether `tf.get_static_value`, on which it hangs which nodes some functions
            make, follows this op; shape functions fold any op.
    """

    def __init__(
        self,
        name: str,
        inputs: str = "",
        outputs: str = "",
        attrs: dict[str, Any] | None = None,
        *,
        shape: Callable[..., Any] | None = None,
        static_inputs: Iterable[str] = (),
        stateful: bool = False,
        commutative: bool = False,
        aggregate: bool = False,
        allows_uninitialized_input: bool = False,
        host_only: bool = False,
        numpy_only: bool = False,
        compiled_only: bool = False,
        host_effect: bool = False,
        may_block: bool = False,
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        aliases: dict[str, str] | None = None,
        may_be_uninitialized: Sequence[str] = (),
        location: bool = False,
        random_blocks: Callable[..., int] | None = None,
        control: str = "",
        calls: str = "",
        partial_value: Callable[..., Any] | None = None,
        value_from_shapes: Callable[..., Any] | None = None,
        static_value: bool = False,
        deprecated: str = "",
        makes_object: bool = False,
        known_when_traced: Callable[[Any], bool] | None = None,
        forwards: bool = False,
        gated_by: str = "",
        placeholder: bool = False,
        overridable: bool = False,
        joins: bool = False,
        shows_text: bool = False,
        also_static: Callable[[Any], Sequence[str]] | None = None,
    ) -> None:
        self.name = name
        self.attrs = parse_attrs(attrs or {})
        self.inputs = parse_args(inputs, self.attrs)
        self.outputs = parse_args(outputs, self.attrs)
        self.shape_function = shape
        self.stateful = stateful
        self.commutative = commutative
        self.aggregate = aggregate
        self.allows_uninitialized_input = allows_uninitialized_input
        self.host_only = host_only
        self.numpy_only = numpy_only
        self.compiled_only = compiled_only
        self.host_effect = host_effect
        self.may_block = may_block
        self.location = location
        self.random_blocks = random_blocks
        self.control = control
        self.calls = calls
        self.partial_value = partial_value
        self.value_from_shapes = value_from_shapes
        self.static_value = static_value
        self.deprecated = deprecated
        self.makes_object = makes_object
        self.known_when_traced = known_when_traced
        self.forwards = forwards
        self.gated_by = gated_by
        self.placeholder = placeholder
        self.overridable = overridable
        self.joins = joins
        self.shows_text = shows_text
        self.also_static = also_static
        self.input_index = {arg.name: i for i, arg in enumerate(self.inputs)}
        self.static_inputs = self._positions(static_inputs)
        self.reads = self._positions(reads)
        self.writes = self._positions(writes)
        self.may_be_uninitialized = frozenset(self._positions(may_be_uninitialized))
        outputs_index = {arg.name: i for i, arg in enumerate(self.outputs)}
        self.aliases = {
            outputs_index[out]: self.input_index[given] for out, given in (aliases or {}).items()
        }
        self.kernel_function: Callable[..., Any] | None = None
        self.kernel_attrs: tuple[str, ...] = ()
        self.kernel_takes_stream = False
        self.kernel_takes_op = False
        self.kernel_takes_name = False
        self.gradient_function: Callable[..., Any] | None = None
        self.is_differentiable = True

    def _positions(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.input_index[name] for name in names)

    def is_known_when_traced(self, op: Any) -> bool:
        """Whether the results of `op` are known while tracing, without its inputs."""
        if self.value_from_shapes is not None:
            return True
        return self.known_when_traced is not None and self.known_when_traced(op)

    def static_inputs_of(self, op: Any) -> tuple[int, ...]:
        """The inputs that the kernel of `op` needs as NumPy values when compiling."""
        if self.also_static is None:
            return self.static_inputs
        return (*self.static_inputs, *self._positions(self.also_static(op)))

    # Decorators that complete the block.

    def kernel(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make `function(xp, *inputs, **attrs)` the meaning of this op.

        Keyword parameters besides attrs: `stream` (of a random op), `op` (the operation), `op_name`
        (its name, for messages alone: executables are shared between names).
        """
        self.kernel_function = function
        keywords = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY
        ]
        self.kernel_takes_stream = "stream" in keywords
        self.kernel_takes_op = "op" in keywords
        self.kernel_takes_name = "op_name" in keywords
        self.kernel_attrs = tuple(k for k in keywords if k not in ("stream", "op", "op_name"))
        unknown = [k for k in self.kernel_attrs if k not in self.attrs]
        if unknown:
            raise ValueError(f"the kernel of {self.name} takes unknown attrs {unknown}")
        return function

    def gradient(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make `function(op, *d_outputs)` the gradient of this op: one result for each input."""
        self.gradient_function = function
        return function

    def no_gradient(self) -> OpDef:
        """Declare that no gradient flows through this op."""
        self.is_differentiable = False
        return self

    # Use.

    @functools.cached_property
    def result_type(self) -> Callable[..., tuple[Any, ...]]:
        """The named tuple that several outputs come in."""
        names = [arg.name for arg in self.outputs]
        return namedtuple(self.name, names, rename=True)

    def __call__(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Any:
        """Add an operation of this type to the default graph; see `registry.apply.apply_op`."""
        from evergraph.registry.apply import apply_op

        return apply_op(self, inputs, attrs, name)

    def output_types(self, attrs: dict[str, Any]) -> list[dtypes.DType]:
        """The types of all output tensors for given attrs, list outputs flattened."""
        result: list[dtypes.DType] = []
        for arg in self.outputs:
            if arg.type_list_attr:
                types = [dtypes.as_dtype(t) for t in attrs[arg.type_list_attr]]
            else:
                dtype = arg.dtype or dtypes.as_dtype(attrs[arg.type_attr])
                types = [dtype] * (int(attrs[arg.number_attr]) if arg.number_attr else 1)
            result.extend(t._as_ref if arg.is_ref else t for t in types)
        return result

    def group(
        self, args: Sequence[ArgDef], attrs: dict[str, Any], flat: Sequence[Any]
    ) -> list[Any]:
        """`flat` values of `args` in schema form: a tuple for each list argument."""
        result: list[Any] = []
        start = 0
        for arg in args:
            if arg.is_list:
                count = (
                    int(attrs[arg.number_attr])
                    if arg.number_attr
                    else len(attrs[arg.type_list_attr])
                )
                result.append(tuple(flat[start : start + count]))
                start += count
            else:
                result.append(flat[start])
                start += 1
        return result

    def flat_input_names(self, attrs: dict[str, Any]) -> list[str]:
        """The schema name of each flattened input."""
        names: list[str] = []
        for arg in self.inputs:
            count = 1
            if arg.number_attr:
                count = int(attrs[arg.number_attr])
            elif arg.type_list_attr:
                count = len(attrs[arg.type_list_attr])
            names.extend([arg.name] * count)
        return names

    def infer_shapes(self, op: Any) -> None:
        """Set the static shapes of `op`'s outputs."""
        from evergraph.registry.shape_inference import infer

        infer(self, op)

    def __repr__(self) -> str:
        return f"<OpDef {self.name}>"


_registry: dict[str, OpDef] = {}


def register_op(
    name: str,
    inputs: str = "",
    outputs: str = "",
    attrs: dict[str, Any] | None = None,
    **fields: Any,
) -> OpDef:
    """Register the op type `name` and return its OpDef.

    Args:
        name: the op type.
        inputs: REGISTER_OP's words for the inputs, separated by commas.
        outputs: the same for the outputs.
        attrs: attr name -> spec; see `registry.attrs.parse_attr`.
        **fields: the other fields of OpDef.

    Raises:
        ValueError: the name is taken.
    """
    if name in _registry:
        raise ValueError(f"op {name} is registered twice")
    op_def = OpDef(name, inputs, outputs, attrs, **fields)
    _registry[name] = op_def
    return op_def


def find_op_def(name: str) -> OpDef | None:
    """The OpDef of op type `name`, or None."""
    return _registry.get(name)


def get_op_def(name: str) -> OpDef:
    """The OpDef of op type `name`.

    Raises:
        ValueError: not registered; the message lists near names.
    """
    found = _registry.get(name)
    if found is None:
        import difflib

        near = difflib.get_close_matches(name, _registry, n=3)
        hint = f" Near names: {', '.join(near)}." if near else ""
        raise ValueError(f"Op type not registered '{name}'.{hint}")
    return found


def registered_ops() -> dict[str, OpDef]:
    """All OpDefs by name."""
    return dict(_registry)


graph_module.find_op_def = find_op_def
