"""raw_rnn: a cell in a loop whose inputs, ends and outputs a function decides step by step.

Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape, dimension_at_index, dimension_value
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import colocate_with
from evergraph.layers.rnn_cell import assert_like_rnncell, concat_shapes
from evergraph.layers.rnn_step import cache_variables, known_shape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.constants import constant
from evergraph.ops.fills import zeros
from evergraph.ops.math_comparison import logical_not, logical_or
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.select import where
from evergraph.ops.tensor_array import TensorArray
from evergraph.ops.while_loop import while_loop
from evergraph.variables.variable_scope import variable_scope


def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run a cell in a loop that `loop_fn` governs.

    `loop_fn(time, cell_output, cell_state, loop_state)` returns
    `(elements_finished, next_input, next_cell_state, emit_output, next_loop_state)`. It is called
    once before the loop with time 0 and None for the rest: then `next_cell_state` is the initial
    state, `emit_output` shows shape and dtype of what a step emits (the cell's output when None).

        finished, x, state, emit, loop_state = loop_fn(0, None, None, None)
        while not all(finished):
            output, cell_state = cell(x, state)
            next_finished, x, state, emit, loop_state = loop_fn(t + 1, output, ..., loop_state)
            # rows that are finished keep their state and emit zeros
            finished |= next_finished

    Args:
        cell: an RNNCell.
        loop_fn: see above; `elements_finished` is a bool vector [batch].
        parallel_iterations: kept in the graph; 32 when None.
        swap_memory: kept in the graph.
        scope: variable scope or its name; "rnn" when None.

    Returns:
        TensorArrays of what was emitted, the last state, and the last `loop_state`.

    Raises:
        TypeError: `cell` isn't like an RNNCell, or `loop_fn` isn't callable.
        ValueError: `loop_fn` returns another structure than before.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn.py.
    """
    assert_like_rnncell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with variable_scope(scope or "rnn") as opened:
        cache_variables(opened)
        time = constant(0, dtype=dtypes.int32)
        finished, next_input, state, emit_structure, given_loop_state = loop_fn(
            time, None, None, None
        )
        flat_input = nest.flatten(next_input)
        loop_state = given_loop_state
        if loop_state is None:
            loop_state = constant(0, dtype=dtypes.int32)  # the loop must carry something
        known_batch = _batch_size(flat_input)
        batch_size = shape_of(flat_input[0])[0] if known_batch is None else known_batch
        nest.assert_same_structure(state, cell.state_size)
        state = nest.map_structure(convert_to_tensor, state)
        if emit_structure is None:
            emit_structure = cell.output_size
            sizes = nest.flatten(emit_structure)
            types = [nest.flatten(state)[0].dtype] * len(sizes)
        else:
            emitted = nest.flatten(emit_structure)
            sizes = [x.shape if x.shape.is_fully_defined() else shape_of(x) for x in emitted]
            types = [x.dtype for x in emitted]
        arrays = [
            TensorArray(
                dtype=dtype,
                dynamic_size=True,
                element_shape=TensorShape([known_batch]).concatenate(known_shape(size)),
                size=0,
                name=f"rnn_output_{i}",
            )
            for i, (dtype, size) in enumerate(zip(types, sizes, strict=True))
        ]
        nothing = [
            zeros(concat_shapes(batch_size, size), dtype)
            for size, dtype in zip(sizes, types, strict=True)
        ]
        step = _step(cell, loop_fn, nest.pack_sequence_as(emit_structure, nothing))
        returned = while_loop(
            lambda time, finished, *_: logical_not(reduce_all(finished)),
            step,
            loop_vars=[
                time,
                finished,
                next_input,
                nest.pack_sequence_as(emit_structure, arrays),
                state,
                loop_state,
            ],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
        emit_arrays, final_state, final_loop_state = returned[-3:]
        return emit_arrays, final_state, None if given_loop_state is None else final_loop_state


def _batch_size(flat_input: list[Tensor]) -> Any:
    """The batch size that the inputs [batch, ...] tell, or None."""
    shapes = [x.get_shape() for x in flat_input]
    size: Any = dimension_at_index(shapes[0], 0)
    for shape in shapes:
        size.merge_with(dimension_at_index(shape, 0))
    return dimension_value(size)


def _step(cell: Any, loop_fn: Callable[..., Any], zero_emit: Any) -> Callable[..., Any]:
    """The body of the loop."""

    def step(
        time: Tensor, finished: Tensor, x: Any, emit_arrays: Any, state: Any, loop_state: Any
    ) -> tuple[Any, ...]:
        output, cell_state = cell(x, state)
        nest.assert_same_structure(state, cell_state)
        nest.assert_same_structure(cell.output_size, output)
        next_time = time + 1
        next_finished, next_input, next_state, emit, next_loop_state = loop_fn(
            next_time, output, cell_state, loop_state
        )
        nest.assert_same_structure(state, next_state)
        nest.assert_same_structure(x, next_input)
        nest.assert_same_structure(emit_arrays, emit)

        def unless_finished(old: Any, new: Any) -> Any:
            if isinstance(old, TensorArray) or old.shape.ndims == 0:
                return new
            with colocate_with(new):
                return where(finished, old, new)

        emit = nest.map_structure(unless_finished, zero_emit, emit)
        next_state = nest.map_structure(unless_finished, state, next_state)
        emit_arrays = nest.map_structure(lambda a, value: a.write(time, value), emit_arrays, emit)
        return (
            next_time,
            logical_or(finished, next_finished),
            next_input,
            emit_arrays,
            next_state,
            loop_state if next_loop_state is None else next_loop_state,
        )

    return step
