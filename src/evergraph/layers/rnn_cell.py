"""RNNCell: one step of a recurrent network, (inputs, state) -> (output, next state).

Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import as_shape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.layers.base import Layer
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import expand_dims
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.constants import constant, constant_value
from evergraph.ops.fills import zeros
from evergraph.variables.lists import trainable_variables
from evergraph.variables.variable_scope import get_variable_scope, variable_scope

KERNEL = "kernel"
BIAS = "bias"
ASSERT_LIKE_RNNCELL_ERROR_REGEXP = "is not an RNNCell"


class OneState:
    """State and output are of size `num_units`."""

    _num_units: int

    @property
    def state_size(self) -> int:
        """`num_units`."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """`num_units`."""
        return self._num_units


def _has(value: Any, attribute: str) -> bool:
    """Whether `value` has `attribute`; one that raises another error than AttributeError raises."""
    try:
        getattr(value, attribute)
    except AttributeError:
        return False
    return True


def assert_like_rnncell(cell_name: str, cell: Any) -> None:
    """Demand that `cell` has what the loops use of an RNNCell.

    Args:
        cell_name: the argument's name, for the error.
        cell: an RNNCell or an object like one.

    Raises:
        TypeError: something is missing.
    """
    found = {
        "'output_size' property is missing": _has(cell, "output_size"),
        "'state_size' property is missing": _has(cell, "state_size"),
        "either 'zero_state' or 'get_initial_state' method is required": (
            _has(cell, "get_initial_state") or _has(cell, "zero_state")
        ),
        "is not callable": callable(cell),
    }
    missing = ", ".join(what for what, is_there in found.items() if not is_there)
    if missing:
        raise TypeError(f"The argument {cell_name!r} ({cell}) is not an RNNCell: {missing}.")


def concat_shapes(prefix: Any, suffix: Any, static: bool = False) -> Any:
    """Two shapes as one.

    Args:
        prefix: a shape, a size, or a tensor that holds one.
        suffix: likewise.
        static: give a list (None for unknown sizes; None when the rank isn't known), not a tensor.

    Raises:
        ValueError: a tensor isn't a vector or a scalar, or a size isn't known and not `static`.
    """
    # Operations are made for `static` too: TensorFlow's graphs have them.
    first, first_known = _as_vector(prefix, "prefix")
    second, second_known = _as_vector(suffix, "suffix")
    if static:
        shape = as_shape(first_known).concatenate(second_known)
        return shape.as_list() if shape.ndims is not None else None
    if first is None or second is None:
        raise ValueError(f"Provided a prefix or suffix of None: {prefix} and {suffix}")
    return concat((first, second), 0)


def _as_vector(shape: Any, what: str) -> tuple[Any, Any]:
    """A shape as a tensor (None where a size isn't known), and what is known of it."""
    if isinstance(shape, Tensor):
        known = constant_value(shape)
        if shape.shape.ndims == 0:
            return expand_dims(shape, 0), known
        if shape.shape.ndims != 1:
            raise ValueError(
                f"{what} tensor must be either a scalar or vector, but saw tensor: {shape}"
            )
        return shape, known
    full = as_shape(shape)
    if not full.is_fully_defined():
        return None, full.as_list() if full.ndims is not None else None
    return constant(full.as_list(), dtype=dtypes.int32), full.as_list()


def zero_state_tensors(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros [batch_size, size] for each size in the structure `state_size`."""

    def zeros_of(size: Any) -> Tensor:
        result = zeros(concat_shapes(batch_size, size), dtype=dtype)
        result.set_shape(concat_shapes(batch_size, size, static=True))
        return result

    return nest.map_structure(zeros_of, state_size)


class RNNCell(Layer):
    """One step of a recurrent network: (inputs, state) -> (output, next state).

    A subclass has the properties `state_size` and `output_size` and the method `call` (or, as in
    0.x, `__call__(inputs, state, scope=None)`). Variables that `call` gets from
    `tf.get_variable` are the cell's.

    Args:
        trainable: whether its variables are trained.
        name: name of the cell and of its scope.
        dtype: type of its variables; that of the inputs when None.
        **kwargs: as of `tf.layers.Layer`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py.
    """

    def _begin(self) -> None:
        super()._begin()
        self._cell_scope: Any = None

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Run one step.

        Args:
            inputs: [batch, depth], or a structure of such tensors.
            state: [batch, size] for each size in `state_size`, in its structure.
            scope: variable scope, or its name; the cell's own when None.

        Returns:
            The output [batch, output_size] and the next state.
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._rnn_get_variable) as opened:
                return super().__call__(inputs, state, scope=opened)
        if self._cell_scope is None:
            self._cell_scope = variable_scope(
                get_variable_scope(), custom_getter=self._rnn_get_variable
            )
        with self._cell_scope:
            return super().__call__(inputs, state)

    def _rnn_get_variable(self, getter: Any, *args: Any, **kwargs: Any) -> Any:
        """A custom getter: what `call` gets joins the cell's variables."""
        variable = getter(*args, **kwargs)
        trained = trainable_variables()
        parts = list(variable) if hasattr(variable, "_get_variable_list") else [variable]
        is_trained = any(v is variable or v is parts[0] for v in trained)
        mine = self._trainable_weights if is_trained else self._non_trainable_weights
        if all(v is not variable for v in mine):
            mine.append(variable)
        return variable

    @property
    def state_size(self) -> Any:
        """Sizes of the state: an integer, a TensorShape, or a structure of these."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """Size of the output: an integer or a TensorShape."""
        raise NotImplementedError("Abstract method")

    def build(self, input_shape: Any) -> None:
        """Make nothing: `call` may do so itself."""

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """The state before the first step: zeros.

        Args:
            inputs: [batch, ...], which tells batch size and dtype.
            batch_size: batch size where `inputs` is None.
            dtype: dtype where `inputs` is None.

        Raises:
            ValueError: neither is known, or they disagree.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            size = inputs.shape.dims[0].value
            if batch_size is not None:
                known = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
                if size != known:
                    raise ValueError(
                        "batch size from input tensor is different from the input param. Input "
                        f"tensor batch: {size}, batch_size: {batch_size}"
                    )
            if dtype is not None and inputs.dtype != dtype:
                raise ValueError(
                    "dtype from input tensor is different from the input param. Input tensor "
                    f"dtype: {inputs.dtype}, dtype: {dtype}"
                )
            batch_size = size or shape_of(inputs)[0]
            dtype = inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros [batch_size, size] for each size in `state_size`, in its structure.

        Args:
            batch_size: an integer, or a scalar tensor.
            dtype: type of the zeros.
        """
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return zero_state_tensors(self.state_size, batch_size, dtype)


class LayerRNNCell(RNNCell):
    """An RNNCell that makes its variables in `build`, as other layers do."""

    def __call__(
        self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Run one step; see `RNNCell`."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


def check_input_dtypes(inputs: Any) -> None:
    """Demand that all tensors in the structure `inputs` are floating or complex."""
    for tensor in nest.flatten(inputs):
        check_supported_dtypes(tensor.dtype)


def check_supported_dtypes(dtype: Any) -> None:
    """Demand a floating or complex `dtype`; None is fine.

    Raises:
        ValueError: it is another one.
    """
    if dtype is None:
        return
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_floating or dtype.is_complex):
        raise ValueError(f"RNN cell only supports floating point inputs, but saw dtype: {dtype}")


def input_depth(input_shape: Any) -> int:
    """The last size of a cell's input.

    Raises:
        ValueError: it isn't known.
    """
    sizes = tuple(as_shape(input_shape).as_list())
    if sizes[-1] is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {sizes}")
    return int(sizes[-1])
