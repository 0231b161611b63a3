"""dynamic_rnn: a cell in a loop over the steps of one tensor.

Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.layers.rnn_cell import assert_like_rnncell, concat_shapes
from evergraph.layers.rnn_step import (
    best_effort_input_batch_size,
    cache_variables,
    has_list_state,
    initial_state_of,
    known_shape,
    rnn_step,
    state_dtype,
    transpose_batch_time,
)
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import reverse, reverse_sequence
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.assertions import Assert
from evergraph.ops.cast import cast
from evergraph.ops.constants import constant
from evergraph.ops.fills import zeros
from evergraph.ops.identity import identity
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_elementwise import maximum, minimum
from evergraph.ops.math_reduction import reduce_max, reduce_min
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.tensor_array import TensorArray
from evergraph.ops.while_loop import while_loop
from evergraph.variables.variable_scope import variable_scope


def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over the steps of a tensor, in a loop.

        state = initial_state
        for t in range(time): outputs[:, t], state = cell(inputs[:, t], state)

    Args:
        cell: an RNNCell.
        inputs: [batch, time, depth], or a structure of such tensors.
        sequence_length: [batch], number of steps of each row: after them its output is zero and
            its state stays. All steps when None.
        initial_state: in the structure of `cell.state_size`; zeros when None.
        dtype: dtype of the initial state where it isn't given.
        parallel_iterations: kept in the graph; 32 when None.
        swap_memory: kept in the graph.
        time_major: whether inputs and outputs are [time, batch, depth].
        scope: variable scope or its name; "rnn" when None.

    Returns:
        The outputs [batch, time, output_size] (in the structure of `cell.output_size`), and the
        last state.

    Raises:
        TypeError: `cell` isn't like an RNNCell.
        ValueError: a size isn't known, sizes differ, or the dtype is missing.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
    """
    assert_like_rnncell("cell", cell)
    with variable_scope(scope or "rnn") as opened:
        cache_variables(opened)
        flat_input = nest.flatten(inputs)
        if not time_major:
            flat_input = [convert_to_tensor(x) for x in flat_input]
            flat_input = [transpose_batch_time(x) for x in flat_input]
        if sequence_length is not None:
            sequence_length = cast(sequence_length, dtypes.int32)
            if sequence_length.get_shape().ndims not in (None, 1):
                raise ValueError(
                    "sequence_length must be a vector of length batch_size, but saw shape: "
                    f"{sequence_length.get_shape()}"
                )
            sequence_length = identity(sequence_length, name="sequence_length")
        batch_size = best_effort_input_batch_size(flat_input)
        if initial_state is not None:
            state = initial_state
        elif not dtype:
            raise ValueError("If there is no initial_state, you must give a dtype.")
        else:
            state = initial_state_of(cell, batch_size, dtype)
        if sequence_length is not None:
            with control_dependencies([_assert_shape(sequence_length, [batch_size])]):
                sequence_length = identity(sequence_length, name="CheckSeqLen")
        outputs, final_state = _loop(
            cell,
            nest.pack_sequence_as(inputs, flat_input),
            state,
            parallel_iterations or 32,
            swap_memory,
            sequence_length,
            dtype,
        )
        if not time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
        return outputs, final_state


def _assert_shape(x: Tensor, shape: list[Any]) -> Operation:
    found = shape_of(x)
    wanted = stack(shape)
    return Assert(
        reduce_all(equal(found, wanted)),
        [f"Expected shape for Tensor {x.name} is ", wanted, " but saw shape: ", found],
    )


def _check_shapes(flat_input: Sequence[Tensor]) -> list[TensorShape]:
    """The inputs' shapes [time, batch, ...]: the first two alike, the others known."""
    shapes = [x.get_shape().with_rank_at_least(3) for x in flat_input]
    steps, batch = shapes[0].as_list()[:2]
    for shape in shapes:
        if not shape[2:].is_fully_defined():
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw "
                "value None."
            )
        if shape.as_list()[0] != steps:
            raise ValueError(
                "Time steps is not the same for all the elements in the input in a batch."
            )
        if shape.as_list()[1] != batch:
            raise ValueError("Batch_size is not the same for all the elements in the input.")
    return shapes


def _loop(
    cell: Any,
    inputs: Any,
    state: Any,
    parallel_iterations: int,
    swap_memory: bool,
    sequence_length: Any,
    dtype: Any,
) -> tuple[Any, Any]:
    """The loop of `dynamic_rnn` over time-major `inputs`."""
    flat_input = nest.flatten(inputs)
    flat_output_size = nest.flatten(cell.output_size)
    time_steps = shape_of(flat_input[0])[0]
    batch_size = best_effort_input_batch_size(flat_input)
    input_shapes = _check_shapes(flat_input)
    known_steps, known_batch = input_shapes[0].as_list()[:2]

    def zeros_of(size: Any) -> Tensor:
        shape = concat_shapes(batch_size, size)
        return zeros(stack(shape), state_dtype(dtype, state))

    zero_output = nest.pack_sequence_as(
        cell.output_size, [zeros_of(size) for size in flat_output_size]
    )
    limits: tuple[Any, Any, Any, Any] | None = None
    last_step: Any = time_steps
    if sequence_length is not None:
        shortest = reduce_min(sequence_length)
        last_step = reduce_max(sequence_length)
        limits = (sequence_length, shortest, last_step, zero_output)
    time = constant(0, dtype=dtypes.int32, name="time")
    with name_scope("dynamic_rnn") as base_name:
        pass

    def array(name: str, element_shape: TensorShape, element_dtype: Any) -> TensorArray:
        return TensorArray(
            dtype=element_dtype,
            size=time_steps,
            element_shape=element_shape,
            tensor_array_name=base_name + name,
        )

    output_arrays = tuple(
        array(
            f"output_{i}",
            TensorShape([known_batch]).concatenate(known_shape(size)),
            state_dtype(dtype, state),
        )
        for i, size in enumerate(flat_output_size)
    )
    input_arrays = [
        array(f"input_{i}", x.get_shape()[1:], x.dtype) for i, x in enumerate(flat_input)
    ]
    input_arrays = [each.unstack(x) for each, x in zip(input_arrays, flat_input, strict=True)]
    is_list = has_list_state(cell)

    def time_step(time: Tensor, arrays: Sequence[TensorArray], state: Any) -> Any:
        steps = [each.read(time) for each in input_arrays]
        for step, shape in zip(steps, input_shapes, strict=True):
            step.set_shape(shape[1:])
        x = nest.pack_sequence_as(inputs, steps)
        if is_list and not nest.is_sequence(state):
            state = [state]
        if limits is None:
            output, state = cell(x, state)
        else:
            output, state = rnn_step(
                time, *limits, state, lambda: cell(x, state), skip_conditionals=True
            )
        if is_list and len(state) == 1:
            state = state[0]
        pairs = zip(arrays, nest.flatten(output), strict=True)
        written = tuple(each.write(time, out) for each, out in pairs)
        return time + 1, written, state

    bound = minimum(time_steps, maximum(1, last_step))
    _, output_arrays, final_state = while_loop(
        cond=lambda time, *_: time < bound,
        body=time_step,
        loop_vars=(time, output_arrays, state),
        parallel_iterations=parallel_iterations,
        maximum_iterations=time_steps,
        swap_memory=swap_memory,
    )
    outputs = [each.stack() for each in output_arrays]
    for output, size in zip(outputs, flat_output_size, strict=True):
        output.set_shape(concat_shapes([known_steps, known_batch], size, static=True))
    return nest.pack_sequence_as(cell.output_size, outputs), final_state


def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run one cell over the steps of a tensor forwards, and one backwards.

    Args:
        cell_fw: the cell that goes forwards.
        cell_bw: the cell that goes backwards.
        inputs: [batch, time, depth], or a structure of such tensors.
        sequence_length: [batch], number of steps of each row; all steps when None.
        initial_state_fw: initial state of `cell_fw`; zeros when None.
        initial_state_bw: initial state of `cell_bw`; zeros when None.
        dtype: dtype of the initial states where they aren't given.
        parallel_iterations: kept in the graph; 32 when None.
        swap_memory: kept in the graph.
        time_major: whether inputs and outputs are [time, batch, depth].
        scope: variable scope or its name; "bidirectional_rnn" when None.

    Returns:
        The pair of outputs, each [batch, time, output_size], and the pair of last states.

    Raises:
        TypeError: a cell isn't like an RNNCell.
        ValueError: as of `dynamic_rnn`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    options = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def backwards(x: Any) -> Any:
        if sequence_length is None:
            return reverse(x, axis=[time_axis])
        return reverse_sequence(
            input=x, seq_lengths=sequence_length, seq_axis=time_axis, batch_axis=batch_axis
        )

    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            output_fw, state_fw = dynamic_rnn(
                cell_fw, inputs, initial_state=initial_state_fw, scope=fw_scope, **options
            )
        with variable_scope("bw") as bw_scope:
            output_bw, state_bw = dynamic_rnn(
                cell_bw,
                nest.map_structure(backwards, inputs),
                initial_state=initial_state_bw,
                scope=bw_scope,
                **options,
            )
    return (output_fw, backwards(output_bw)), (state_fw, state_bw)
