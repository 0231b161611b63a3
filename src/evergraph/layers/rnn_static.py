"""static_rnn and its kin: networks unrolled over a list of inputs, without a loop.

Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape, dimension_at_index, dimension_value, unknown_shape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import control_dependencies
from evergraph.layers.rnn_cell import assert_like_rnncell, concat_shapes
from evergraph.layers.rnn_step import (
    cache_variables,
    has_list_state,
    initial_state_of,
    rnn_step,
    state_dtype,
)
from evergraph.ops.array_concat import concat
from evergraph.ops.array_join import stack, unstack
from evergraph.ops.array_layout import reverse_sequence
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.fills import zeros
from evergraph.ops.identity import identity
from evergraph.ops.math_reduction import reduce_max, reduce_min
from evergraph.variables.variable_scope import variable_scope


def static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over a list of inputs.

        state = initial_state
        for x in inputs: output, state = cell(x, state)

    Args:
        cell: an RNNCell.
        inputs: a list, one element a step, of tensors [batch, depth] or structures of them.
        initial_state: in the structure of `cell.state_size`; zeros when None.
        dtype: dtype of the initial state where it isn't given.
        sequence_length: [batch], number of steps of each row: after them its output is zero and
            its state stays. All steps when None.
        scope: variable scope or its name; "rnn" when None.

    Returns:
        The list of outputs, and the last state.

    Raises:
        TypeError: `cell` isn't like an RNNCell, or `inputs` isn't a sequence.
        ValueError: `inputs` is empty, a size isn't known, or the dtype is missing.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
    """
    assert_like_rnncell("cell", cell)
    _check_inputs(inputs)
    outputs = []
    with variable_scope(scope or "rnn") as opened:
        cache_variables(opened)
        first = inputs
        while nest.is_sequence(first):
            first = first[0]
        fixed_batch_size = _batch_size(first, nest.flatten(inputs))
        batch_size = dimension_value(fixed_batch_size) or shape_of(first)[0]
        if initial_state is not None:
            state = initial_state
        elif not dtype:
            raise ValueError("If no initial_state is provided, dtype must be specified")
        else:
            state = initial_state_of(cell, batch_size, dtype)
        limits = None
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if sequence_length.get_shape().ndims not in (None, 1):
                raise ValueError("sequence_length must be a vector of length batch_size")

            def zero_output(size: Any) -> Tensor:
                shape = stack(concat_shapes(batch_size, size))
                result = zeros(shape, state_dtype(dtype, state))
                known = concat_shapes(dimension_value(fixed_batch_size), size, static=True)
                result.set_shape(TensorShape(known))
                return result

            zero = nest.map_structure(zero_output, cell.output_size)
            sequence_length = cast(sequence_length, dtypes.int32)
            limits = (
                sequence_length,
                reduce_min(sequence_length),
                reduce_max(sequence_length),
                zero,
            )
        is_list = has_list_state(cell)
        if is_list and not nest.is_sequence(state):
            state = [state]
        for time, x in enumerate(inputs):
            if time > 0:
                opened.reuse_variables()
            if limits is None:
                output, state = cell(x, state)
            else:
                call = functools.partial(cell, x, state)
                output, state = rnn_step(time, *limits, state, call)
            outputs.append(output)
        if is_list and len(state) == 1:
            state = state[0]
        return outputs, state


def _check_inputs(inputs: Any) -> None:
    if not nest.is_sequence(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")


def _batch_size(first: Tensor, flat_inputs: Sequence[Tensor]) -> Any:
    """The Dimension of the batch; all other sizes must be known."""
    if first.get_shape().ndims == 1:
        return first.get_shape().with_rank_at_least(1)[0]
    batch_size: Any = dimension_at_index(first.get_shape().with_rank_at_least(2), 0)
    for tensor in flat_inputs:
        shape = tensor.get_shape().with_rank_at_least(2)
        batch_size.merge_with(dimension_at_index(shape, 0))
        for i, size in enumerate(shape[1:].as_list()):
            if size is None:
                raise ValueError(
                    f"Input size (dimension {i} of inputs) must be accessible via shape "
                    "inference, but saw value None."
                )
    return batch_size


def static_state_saving_rnn(
    cell: Any,
    inputs: Any,
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over a list of inputs, from a saved state, and save the last state.

    Args:
        cell: an RNNCell.
        inputs: as of `static_rnn`.
        state_saver: has `state(name)`, a tensor, and `save_state(name, tensor)`, an operation.
        state_name: name of the state; a tuple where `cell.state_size` is one.
        sequence_length: as of `static_rnn`.
        scope: variable scope or its name; "rnn" when None.

    Returns:
        The list of outputs, the last of which waits for the saving, and the last state.

    Raises:
        ValueError: `state_name` and `cell.state_size` don't match.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
    """
    state_size = cell.state_size
    is_tuple = nest.is_sequence(state_size)
    if is_tuple != nest.is_sequence(state_name):
        raise ValueError(
            "state_name should be the same type as cell.state_size.  "
            f"state_name: {state_name}, cell.state_size: {state_size}"
        )
    names = nest.flatten(state_name)
    if is_tuple and len(names) != len(nest.flatten(state_size)):
        raise ValueError(
            f"#elems(state_name) != #elems(state_size): {len(names)} vs. "
            f"{len(nest.flatten(state_size))}"
        )
    saved = [state_saver.state(name) for name in names]
    outputs, state = static_rnn(
        cell,
        inputs,
        initial_state=nest.pack_sequence_as(state_size, saved),
        sequence_length=sequence_length,
        scope=scope,
    )
    flat_state = nest.flatten(state)
    saving = [state_saver.save_state(*pair) for pair in zip(names, flat_state, strict=True)]
    with control_dependencies(saving):
        outputs[-1] = nest.map_structure(identity, outputs[-1])
        return outputs, nest.map_structure(identity, state)


def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run one cell over a list of inputs forwards, and one backwards.

    Args:
        cell_fw: the cell that goes forwards.
        cell_bw: the cell that goes backwards.
        inputs: as of `static_rnn`.
        initial_state_fw: initial state of `cell_fw`; zeros when None.
        initial_state_bw: initial state of `cell_bw`; zeros when None.
        dtype: dtype of the initial states where they aren't given.
        sequence_length: [batch], number of steps of each row; all when None.
        scope: variable scope or its name; "bidirectional_rnn" when None.

    Returns:
        The list of outputs [batch, size_fw + size_bw], and both last states.

    Raises:
        TypeError: a cell isn't like an RNNCell, or `inputs` isn't a sequence.
        ValueError: `inputs` is empty, or as of `static_rnn`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    _check_inputs(inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            output_fw, state_fw = static_rnn(
                cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=fw_scope
            )
        with variable_scope("bw") as bw_scope:
            backwards = reverse_steps(inputs, sequence_length)
            output_bw, state_bw = static_rnn(
                cell_bw, backwards, initial_state_bw, dtype, sequence_length, scope=bw_scope
            )
    output_bw = reverse_steps(output_bw, sequence_length)
    pairs = zip(nest.flatten(output_fw), nest.flatten(output_bw), strict=True)
    joined = [concat([fw, bw], 1) for fw, bw in pairs]
    return nest.pack_sequence_as(output_fw, joined), state_fw, state_bw


def reverse_steps(inputs: Any, lengths: Any) -> list[Any]:
    """A list of steps from the last to the first; of each row, only its first `lengths`."""
    if lengths is None:
        return list(reversed(inputs))
    flat_inputs = [nest.flatten(x) for x in inputs]
    flat_results: list[list[Any]] = [[] for _ in inputs]
    for steps in zip(*flat_inputs, strict=True):
        shape = unknown_shape(rank=steps[0].get_shape().ndims)
        for step in steps:
            shape.merge_with(step.get_shape())
            step.set_shape(shape)
        turned = unstack(reverse_sequence(stack(steps), lengths, 0, 1))
        for result, step in zip(flat_results, turned, strict=True):
            step.set_shape(shape)
            result.append(step)
    return [nest.pack_sequence_as(x, flat) for x, flat in zip(inputs, flat_results, strict=True)]
