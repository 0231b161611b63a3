"""What the loops over cells share: one step with finished rows, batch sizes, dtypes.

Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evergraph.core import nest
from evergraph.core.shapes import TensorShape, as_shape, dimension_value
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import colocate_with, get_default_graph
from evergraph.layers.layer_state import LayerState
from evergraph.layers.rnn_cell import RNNCell
from evergraph.ops.array_concat import concat
from evergraph.ops.array_layout import transpose
from evergraph.ops.array_shape import rank
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cond import cond
from evergraph.ops.constants import constant_value
from evergraph.ops.select import where
from evergraph.ops.sequences import range as range_of
from evergraph.ops.tensor_array import TensorArray
from evergraph.variables.scope import VariableScope


def transpose_batch_time(x: Tensor) -> Tensor:
    """`x` with its first two axes swapped; a vector or scalar as it is."""
    shape = x.get_shape()
    if shape.ndims is not None and shape.ndims < 2:
        return x
    order = concat(([1, 0], range_of(2, rank(x))), axis=0)
    result = transpose(x, order)
    first, second = (None, None) if shape.ndims is None else shape.as_list()[:2]
    result.set_shape(TensorShape([second, first]).concatenate(shape[2:]))
    return result


def best_effort_input_batch_size(flat_input: Sequence[Tensor]) -> Any:
    """The batch size of time-major inputs [time, batch, ...]: a number if one tells it.

    Raises:
        ValueError: an input is a vector or scalar.
    """
    for tensor in flat_input:
        shape = tensor.shape
        if shape.ndims is None:
            continue
        if shape.ndims < 2:
            raise ValueError(f"Expected input tensor {tensor} to have rank at least 2")
        size = dimension_value(shape[1])
        if size is not None:
            return size
    return shape_of(flat_input[0])[1]


def state_dtype(explicit: Any, state: Any) -> Any:
    """`explicit`, or the one dtype of all tensors in `state`.

    Raises:
        ValueError: the state has no tensors, or tensors of different dtypes.
    """
    if explicit is not None:
        return explicit
    if not nest.is_sequence(state):
        return state.dtype
    found = [element.dtype for element in nest.flatten(state)]
    if not found:
        raise ValueError("Unable to infer dtype from empty state.")
    if any(dtype != found[0] for dtype in found):
        raise ValueError(
            "State has tensors of different inferred_dtypes. Unable to infer a single "
            "representative dtype."
        )
    return found[0]


def known_shape(shape: Any) -> Any:
    """`shape` itself; of a tensor, what is known of the shape that it holds."""
    return as_shape(constant_value(shape)) if isinstance(shape, Tensor) else shape


def cache_variables(scope: VariableScope) -> None:
    """Read each variable of `scope` once, not in every step; inside a loop that can't be."""
    context = get_default_graph()._get_control_flow_context()
    is_in_loop = context is not None and context.GetWhileContext() is not None
    if not is_in_loop and scope.caching_device is None:
        scope.set_caching_device(lambda op: op.device)


def has_list_state(cell: Any) -> bool:
    """Whether `cell` is a layer of Keras, whose states are lists, and no RNNCell."""
    is_layer = isinstance(cell, LayerState) and not isinstance(cell, RNNCell)
    return is_layer and getattr(cell, "zero_state", None) is None


def initial_state_of(cell: Any, batch_size: Any, dtype: Any) -> Any:
    """The state that `cell` begins with."""
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def rnn_step(
    time: Any,
    sequence_length: Tensor,
    min_sequence_length: Tensor,
    max_sequence_length: Tensor,
    zero_output: Any,
    state: Any,
    call_cell: Callable[[], tuple[Any, Any]],
    skip_conditionals: bool = False,
) -> tuple[Any, Any]:
    """One step in which rows whose sequence is over keep their state and put out zeros.

    Args:
        time: the step, an integer or a scalar tensor.
        sequence_length: int32 [batch], the number of steps of each row.
        min_sequence_length: the least of them: before it, all rows are copied as they are.
        max_sequence_length: the greatest of them: from it on, the cell isn't run.
        zero_output: zeros in the structure of the output.
        state: the state before the step.
        call_cell: runs the cell; gives output and new state.
        skip_conditionals: run the cell and choose by rows in any case.

    Returns:
        Output and new state.

    Raises:
        TypeError: the cell's output or state has another structure.
        ValueError: likewise.
    """
    flat_state = nest.flatten(state)
    flat_zero_output = nest.flatten(zero_output)
    # Vector: which rows are over.
    is_over = time >= sequence_length

    def chosen(old: Any, new: Any) -> Any:
        if isinstance(old, TensorArray) or old.shape.ndims == 0:
            return new
        with colocate_with(new):
            return where(is_over, old, new)

    def by_rows(new_output: list[Any], new_state: list[Any]) -> list[Any]:
        outputs = [chosen(*pair) for pair in zip(flat_zero_output, new_output, strict=True)]
        return outputs + [chosen(*pair) for pair in zip(flat_state, new_state, strict=True)]

    def called() -> tuple[list[Any], list[Any]]:
        new_output, new_state = call_cell()
        nest.assert_same_structure(zero_output, new_output)
        nest.assert_same_structure(state, new_state)
        return nest.flatten(new_output), nest.flatten(new_state)

    def step() -> Any:
        new_output, new_state = called()
        return cond(
            time < min_sequence_length,
            lambda: new_output + new_state,
            lambda: by_rows(new_output, new_state),
        )

    if skip_conditionals:
        found = by_rows(*called())
    else:
        found = cond(time >= max_sequence_length, lambda: flat_zero_output + flat_state, step)
    count = len(flat_zero_output)
    final_output, final_state = found[:count], found[count:]
    for output, zero in zip(final_output, flat_zero_output, strict=True):
        output.set_shape(zero.get_shape())
    for new, old in zip(final_state, flat_state, strict=True):
        if not isinstance(new, TensorArray):
            new.set_shape(old.get_shape())
    return (
        nest.pack_sequence_as(zero_output, final_output),
        nest.pack_sequence_as(state, final_state),
    )
