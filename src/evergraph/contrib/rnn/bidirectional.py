"""Layers of bidirectional networks: each layer's input is the output of both ways below.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.layers.rnn_dynamic import bidirectional_dynamic_rnn
from evergraph.layers.rnn_static import static_bidirectional_rnn
from evergraph.ops.array_concat import concat
from evergraph.variables.variable_scope import variable_scope


def stack_bidirectional_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Layers of `static_bidirectional_rnn`.

    Args:
        cells_fw: list of cells that go forwards, one a layer.
        cells_bw: list of cells that go backwards, one a layer.
        inputs: list of tensors [batch, depth].
        initial_states_fw: list of initial states; zeros when None.
        initial_states_bw: list of initial states; zeros when None.
        dtype: dtype of the initial states where they aren't given.
        sequence_length: [batch], number of steps of each row; all when None.
        scope: variable scope or its name; "stack_bidirectional_rnn" when None.

    Returns:
        The list of the last layer's outputs, and tuples of all last states of both ways.

    Raises:
        ValueError: lists are missing, empty or of different lengths.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn.py.
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw, initial_fw, initial_bw) in enumerate(layers):
            with variable_scope(f"cell_{i}") as cell_scope:
                inputs, state_fw, state_bw = static_bidirectional_rnn(
                    cell_fw,
                    cell_bw,
                    inputs,
                    initial_state_fw=initial_fw,
                    initial_state_bw=initial_bw,
                    sequence_length=sequence_length,
                    dtype=dtype,
                    scope=cell_scope,
                )
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_dynamic_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, Any, Any]:
    """Layers of `bidirectional_dynamic_rnn`.

    Args:
        cells_fw: list of cells that go forwards, one a layer.
        cells_bw: list of cells that go backwards, one a layer.
        inputs: [batch, time, depth].
        initial_states_fw: list of initial states; zeros when None.
        initial_states_bw: list of initial states; zeros when None.
        dtype: dtype of the initial states where they aren't given.
        sequence_length: [batch], number of steps of each row; all when None.
        parallel_iterations: kept in the graph; 32 when None.
        time_major: whether inputs and outputs are [time, batch, depth].
        scope: variable scope or its name; "stack_bidirectional_rnn" when None.
        swap_memory: kept in the graph.

    Returns:
        The last layer's outputs [batch, time, sizes of both], and tuples of all last states.

    Raises:
        ValueError: lists are missing, empty or of different lengths.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn.py.
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw, initial_fw, initial_bw) in enumerate(layers):
            with variable_scope(f"cell_{i}"):
                outputs, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    cell_fw,
                    cell_bw,
                    inputs,
                    initial_state_fw=initial_fw,
                    initial_state_bw=initial_bw,
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations,
                    dtype=dtype,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                inputs = concat(outputs, 2)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def _layers(
    cells_fw: Any, cells_bw: Any, initial_states_fw: Any, initial_states_bw: Any
) -> list[tuple[Any, Any, Any, Any]]:
    """The two cells and initial states of each layer."""
    for cells, way in ((cells_fw, "fw"), (cells_bw, "bw")):
        if not cells:
            raise ValueError(f"Must specify at least one {way} cell for BidirectionalRNN.")
    for cells, way in ((cells_fw, "fw"), (cells_bw, "bw")):
        if not isinstance(cells, list):
            raise ValueError(f"cells_{way} must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for states, way in ((initial_states_fw, "fw"), (initial_states_bw, "bw")):
        is_fine = isinstance(states, list) and len(states) == len(cells_fw)
        if states is not None and not is_fine:
            raise ValueError(
                f"initial_states_{way} must be a list of state tensors (one per layer)."
            )
    nothing = [None] * len(cells_fw)
    given = (cells_fw, cells_bw, initial_states_fw or nothing, initial_states_bw or nothing)
    return list(zip(*given, strict=True))
