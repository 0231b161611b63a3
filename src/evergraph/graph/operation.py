"""Operation and Tensor: the nodes and edges of a graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from evergraph.core import dtypes, shapes
from evergraph.core.errors import (
    InvalidArgumentError,
    OperatorNotAllowedInGraphError,
    OutOfRangeError,
    explain,
)
from evergraph.core.identity import Reference
from evergraph.core.source import UserFrame

if TYPE_CHECKING:
    from evergraph.graph.graph import Graph


def plain_attr(value: Any) -> Any:
    """The value inside an AttrValue proto of one number or text; anything else as it is."""
    kind = value.WhichOneof("value") if hasattr(value, "WhichOneof") else None
    return getattr(value, kind) if kind in ("s", "i", "f", "b") else value


class Tensor:
    """The symbolic value of one output of an operation.

    A tensor holds no numbers: `Session.run` computes them. Equality and hash are identity (object's
    own, which cost no Python call), so that tensors can be keys of a `feed_dict`.
    """

    # Names that operators.py fills in; kept so that programs can look them up as in TensorFlow.
    OVERLOADABLE_OPERATORS: frozenset[str] = frozenset(
        f"__{name}__"
        for name in [
            "add",
            "radd",
            "sub",
            "rsub",
            "mul",
            "rmul",
            "div",
            "rdiv",
            "truediv",
            "rtruediv",
            "floordiv",
            "rfloordiv",
            "mod",
            "rmod",
            "lt",
            "le",
            "gt",
            "ge",
            "and",
            "rand",
            "or",
            "ror",
            "xor",
            "rxor",
            "getitem",
            "pow",
            "rpow",
            "invert",
            "neg",
            "abs",
            "matmul",
            "rmatmul",
            "ne",
            "eq",
        ]
    )
    # NumPy must leave `ndarray + tensor` to the tensor.
    __array_priority__ = 100

    if TYPE_CHECKING:  # ops/operators.py gives them their meaning

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __div__(self, other: Any) -> Tensor: ...
        def __rdiv__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __rand__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __ror__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __rxor__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __getitem__(self, item: Any) -> Tensor: ...

    def __init__(self, op: Operation, value_index: int, dtype: dtypes.DType) -> None:
        self._op = op
        self._value_index = value_index
        self._dtype = dtypes.as_dtype(dtype)
        self._shape = shapes.TensorShape(None)
        self._consumers: list[Operation] = []
        # In the body of a function: the outer tensor that this placeholder stands for.
        self._captured_from: Tensor | None = None

    @property
    def op(self) -> Operation:
        """The operation that makes this tensor."""
        return self._op

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the elements."""
        return self._dtype

    @property
    def graph(self) -> Graph:
        """The graph that holds this tensor."""
        return self._op.graph

    @property
    def name(self) -> str:
        """`<operation name>:<output index>`."""
        return f"{self._op.name}:{self._value_index}"

    @property
    def device(self) -> str:
        """The device that the operation asks for, or the empty string."""
        return self._op.device

    @property
    def value_index(self) -> int:
        """Which output of `op` this is."""
        return self._value_index

    @property
    def shape(self) -> shapes.TensorShape:
        """What is known of the shape while the graph is built."""
        return self._shape

    def get_shape(self) -> shapes.TensorShape:
        """What is known of the shape while the graph is built."""
        return self._shape

    def set_shape(self, shape: Any) -> None:
        """Merge `shape` into what is known; raises ValueError when they contradict each other."""
        asked = shapes.as_shape(shape)
        if not self._shape.is_compatible_with(asked):
            raise ValueError(
                explain(
                    contradiction(self._shape, asked),
                    expected=f"a shape compatible with {self._shape}",
                    given=asked,
                    created=self._op.created_at,
                )
            )
        self._shape = self._shape.merge_with(asked)

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        return None if self._shape.ndims is None else tuple(self._shape.as_list())

    def _rank(self) -> int | None:
        return self._shape.ndims

    def experimental_ref(self) -> Any:
        """What stands for this tensor in a set or as a key of a dict; `deref()` gives it back."""
        return Reference(self)

    def consumers(self) -> list[Operation]:
        """The operations that take this tensor, once per input, in order of creation."""
        return list(self._consumers)

    def _as_node_def_input(self) -> str:
        return self._op.name if self._value_index == 0 else self.name

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self._shape} dtype={self._dtype.name}>"

    def __str__(self) -> str:
        shape = f", shape={self._shape}" if self._shape.ndims is not None else ""
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self._dtype.name}{device})'

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return self

    def __len__(self) -> int:
        raise TypeError(
            f"len is not well defined for symbolic Tensors. ({self.name}) "
            "Please call `x.shape` rather than `len(x)` for shape information."
        )

    def __iter__(self) -> Iterator[Tensor]:
        raise OperatorNotAllowedInGraphError(
            explain(
                "iterating over `tf.Tensor` is not allowed in Graph execution. Use Eager execution "
                "or decorate this function with @tf.function.",
                given=repr(self),
                created=self._op.created_at,
                fix="tf.unstack, or tf.map_fn",
            )
        )

    def __bool__(self) -> bool:
        raise OperatorNotAllowedInGraphError(
            explain(
                "using a `tf.Tensor` as a Python `bool` is not allowed in Graph execution. Use "
                "Eager execution or decorate this function with @tf.function.",
                given=repr(self),
                created=self._op.created_at,
                fix="tf.cond or tf.where for its value; `is not None` to ask whether there is one",
            )
        )

    __nonzero__ = __bool__

    def __array__(self, *unused: Any, **also_unused: Any) -> Any:
        raise NotImplementedError(
            f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array."
        )

    @staticmethod
    def _override_operator(operator: str, function: Any) -> None:
        """Give the class attribute `operator` its meaning; operators.py calls this."""
        setattr(Tensor, operator, function)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Compute this tensor in `session`, or in the default session; see `Session.run`."""
        return evaluator(session, self.graph).run(self, feed_dict)


class Operation:
    """One node of a graph: an op type, its inputs, attrs and outputs.

    Operations are made by functions such as `tf.matmul`, or by `Graph.create_op`.
    """

    def __init__(
        self,
        node_def: Any,
        g: Graph,
        inputs: list[Tensor] | None = None,
        output_types: Sequence[Any] | None = None,
        control_inputs: Sequence[Any] | None = None,
        input_types: Sequence[Any] | None = None,
        original_op: Operation | None = None,
        op_def: Any = None,
    ) -> None:
        """Add the operation that a NodeDef describes to graph `g`; few programs do so by hand.

        Args:
            node_def: type, name, device and attrs; its list of inputs isn't looked at.
            g: the graph.
            inputs: tensors of `g`, list inputs flattened.
            output_types: types of the outputs of a type that isn't registered.
            control_inputs: operations or tensors that run before.
            input_types: types that the inputs must be compatible with.
            original_op: the operation that this one stands for.
            op_def: the op's OpDef; the registered one when None.

        Raises:
            TypeError: an argument is of a wrong type.
            ValueError: the name isn't valid, or the shapes of the inputs don't fit.
        """
        Operation._add_described(
            self, node_def, g, inputs, output_types, control_inputs, input_types, op_def
        )
        self._original_op = original_op

    _original_op: Operation | None
    # Filled in by serialize.graph_def: a graph knows no messages.
    _add_described: ClassVar[Any]

    @classmethod
    def _made(cls, graph: Graph, name: str, op_type: str, *parts: Any) -> Operation:
        """A new operation, for the graph to install; arguments as those of `_begin`."""
        op = cls.__new__(cls)
        op._begin(graph, name, op_type, *parts)
        return op

    def _begin(
        self,
        graph: Graph,
        name: str,
        op_type: str,
        inputs: Sequence[Tensor],
        control_inputs: Sequence[Operation],
        attrs: dict[str, Any],
        output_types: Sequence[dtypes.DType],
        op_def: Any,
        created_at: UserFrame | None,
    ) -> None:
        self._graph = graph
        self._name = name
        self._type = op_type
        self._inputs = list(inputs)
        self._control_inputs = list(control_inputs)
        self._control_outputs: list[Operation] = []
        self.attrs = attrs
        self._op_def = op_def
        self._device = ""
        self._control_flow_context: Any = None
        self._original_op: Operation | None = None
        # The function of the library that Python code called here, if it did.
        self._called_function: Any = None
        self.created_at = created_at
        self._outputs = [Tensor(self, i, dtype) for i, dtype in enumerate(output_types)]
        self._id_value = graph._next_id()
        # Bumped whenever the operation changes after its creation; plans that hold it look.
        self.version = 0
        for tensor in self._inputs:
            tensor._consumers.append(self)
        for op in self._control_inputs:
            op._control_outputs.append(self)

    @property
    def graph(self) -> Graph:
        """The graph that holds this operation."""
        return self._graph

    @property
    def name(self) -> str:
        """The full name, unique in the graph."""
        return self._name

    @property
    def type(self) -> str:
        """The op type, such as "MatMul"."""
        return self._type

    @property
    def _id(self) -> int:
        return self._id_value

    @property
    def op_def(self) -> Any:
        """The registered OpDef, or None for a type that is not registered."""
        return self._op_def

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The input tensors, list inputs flattened."""
        return tuple(self._inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """The output tensors, list outputs flattened."""
        return self._outputs

    def values(self) -> tuple[Tensor, ...]:
        """The output tensors, as a tuple."""
        return tuple(self._outputs)

    @property
    def control_inputs(self) -> list[Operation]:
        """Operations that run before this one without giving it a value."""
        return list(self._control_inputs)

    @property
    def _control_outputs_list(self) -> list[Operation]:
        return list(self._control_outputs)

    @property
    def device(self) -> str:
        """The device asked for, in canonical form; empty when any will do."""
        return self._device

    @property
    def _input_types(self) -> list[dtypes.DType]:
        types = [t.dtype.base_dtype for t in self._inputs]
        if self._op_def is None:
            return types
        refs = {arg.name for arg in self._op_def.inputs if arg.is_ref}
        names = self._op_def.flat_input_names(self.attrs) if refs else []
        for i, name in enumerate(names):
            types[i] = types[i]._as_ref if name in refs else types[i]
        return types

    @property
    def _output_types(self) -> list[dtypes.DType]:
        return [t.dtype for t in self._outputs]

    @property
    def traceback(self) -> list[tuple[str, int, str, str]]:
        """The user's line that made this operation, as one (file, line, function, text)."""
        return [self.created_at.as_traceback_entry()] if self.created_at else []

    @property
    def traceback_with_start_lines(self) -> list[tuple[str, int, str, str, int]]:
        """As `traceback`, with the line where the function starts, as far as it is known."""
        return [(*entry, entry[1]) for entry in self.traceback]

    def get_attr(self, name: str) -> Any:
        """The value of attr `name`; raises ValueError when there is none of that name."""
        try:
            value = self.attrs[name]
        except KeyError:
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.") from None
        return list(value) if isinstance(value, list | tuple) else value

    def _set_attr(self, name: str, value: Any) -> None:
        self.attrs[name] = plain_attr(value)
        self.version += 1

    def _clear_attr(self, name: str) -> None:
        self.attrs.pop(name, None)
        self.version += 1

    def _set_device(self, device: Any) -> None:
        if isinstance(device, bytes):
            device = device.decode()
        if not isinstance(device, str) and not hasattr(device, "to_string"):
            raise TypeError(f"Expected binary or unicode string, got {device!r}")
        # Text is kept as it is spelt, as TensorFlow does with what a device function returns.
        self._device = device if isinstance(device, str) else device.to_string()

    def colocation_groups(self) -> list[bytes]:
        """The `loc:@name` groups that this operation belongs to; its own when it has none."""
        groups = [g for g in self.attrs.get("_class", ()) if g.startswith(b"loc:@")]
        return groups or [b"loc:@" + self._name.encode()]

    def _update_input(self, index: int, tensor: Tensor) -> None:
        """Replace input `index`; a loop's back edge and graph rewriting need it.

        Raises:
            InvalidArgumentError: the shape of `tensor` contradicts that of the input before.
            OutOfRangeError: there is no such input.
        """
        self._graph._check_mutable("update an input")
        if tensor.graph is not self._graph:
            raise ValueError(f"{tensor!r} must be from the same graph as {self!r}.")
        if index >= len(self._inputs):
            raise OutOfRangeError(
                None,
                None,
                f"Cannot update edge. Input index [{index}] is greater than the number of total "
                f"inputs [{len(self._inputs)}].",
            )
        old = self._inputs[index]
        if not old.shape.is_compatible_with(tensor.shape):
            new_text, old_text = (_shape_words(t.shape) for t in (tensor, old))
            raise InvalidArgumentError(
                None, None, f"Cannot update edge, incompatible shapes: {new_text} and {old_text}."
            )
        self._note_type(index, old, tensor)
        self._replace_input(index, tensor)

    def _note_type(self, index: int, old: Tensor, new: Tensor) -> None:
        """Remember an input of a wrong type, which every run of the graph refuses."""
        mistyped = self._graph._mistyped
        expected = mistyped.pop((self, index), old.dtype)
        if new.dtype is expected:
            return
        is_ref = False
        if expected._is_ref_dtype and self.op_def is not None:
            name = self.op_def.flat_input_names(self.attrs)[index]
            is_ref = self.op_def.inputs[self.op_def.input_index[name]].is_ref
        if not is_ref:
            expected = expected.base_dtype
        if new.dtype.base_dtype is not expected.base_dtype or (
            is_ref and not new.dtype._is_ref_dtype
        ):
            mistyped[self, index] = expected

    def _replace_input(self, index: int, tensor: Tensor) -> None:
        old = self._inputs[index]
        self._inputs[index] = tensor
        if self in old._consumers:
            old._consumers.remove(self)
        tensor._consumers.append(self)
        self.version += 1
        self._graph._edits += 1

    def _add_control_inputs(self, ops: Sequence[Operation]) -> None:
        for op in ops:
            if not isinstance(op, Operation):
                raise TypeError(f"op must be an Operation: {op}")
            if op not in self._control_inputs:
                self._control_inputs.append(op)
                op._control_outputs.append(self)
        self.version += 1
        self._graph._edits += 1

    def _add_control_input(self, op: Operation) -> None:
        self._add_control_inputs([op])

    def _remove_all_control_inputs(self) -> None:
        for op in self._control_inputs:
            if self in op._control_outputs:
                op._control_outputs.remove(self)
        self._control_inputs.clear()
        self.version += 1
        self._graph._edits += 1

    def _get_control_flow_context(self) -> Any:
        return self._control_flow_context

    def _set_control_flow_context(self, context: Any) -> None:
        self._control_flow_context = context

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run this operation in `session`, or in the default session; see `Session.run`."""
        evaluator(session, self.graph, "execute operation", "run").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self._name}' type={self._type}>"

    def __str__(self) -> str:
        inputs = "".join(f'input: "{t._as_node_def_input()}"\n' for t in self._inputs)
        return f'name: "{self._name}"\nop: "{self._type}"\n{inputs}'

    def __copy__(self) -> Operation:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Operation:
        return self


def contradiction(known: shapes.TensorShape, asked: shapes.TensorShape) -> str:
    """What TensorFlow says of two shapes that cannot be merged."""
    if known.ndims != asked.ndims:
        return f"Shapes must be equal rank, but are {known.ndims} and {asked.ndims}"
    sizes = list(zip(known.as_list(), asked.as_list(), strict=True))
    index = next(i for i, (a, b) in enumerate(sizes) if None not in (a, b) and a != b)
    return (
        f"Dimension {index} in both shapes must be equal, but are {sizes[index][0]} and "
        f"{sizes[index][1]}. Shapes are {_shape_words(known)} and {_shape_words(asked)}."
    )


def _shape_words(shape: shapes.TensorShape) -> str:
    """A shape of known rank as error messages spell it: [2,?]."""
    return f"[{','.join('?' if size is None else str(size) for size in shape.as_list())}]"


def evaluator(
    session: Any, graph: Graph, task: str = "evaluate tensor", method: str = "eval"
) -> Any:
    """The session that `eval` and `run` of a graph element use: `session`, or the default one.

    Args:
        session: the session the user gave, or None.
        graph: the element's graph.
        task: what to do with which element, for messages.
        method: the method the user called, for messages.
    """
    element = task.split()[-1]
    from evergraph.graph.scopes import get_default_session

    if session is not None:
        if session.graph is not graph:
            raise ValueError(
                f"Cannot use the given session to {task}: the {element}'s graph is different "
                "from the session's graph."
            )
        return session
    session = get_default_session()
    if session is None:
        raise ValueError(
            f"Cannot {task} using `{method}()`: No default session is registered. Use "
            f"`with sess.as_default(){':' if method == 'run' else ''}` or pass an explicit session "
            f"to `{method}(session=sess)`"
        )
    if session.graph is not graph:
        raise ValueError(
            f"Cannot use the default session to {task}: the {element}'s graph is different "
            f"from the session's graph. Pass an explicit session to `{method}(session=sess)`."
        )
    return session
