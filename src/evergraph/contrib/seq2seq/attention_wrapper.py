"""AttentionWrapper: a cell that attends to memories.

Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any

from evergraph.contrib.seq2seq.attention import AttentionMechanism
from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, name_scope
from evergraph.layers.core import Dense
from evergraph.layers.rnn_cell import RNNCell, assert_like_rnncell, zero_state_tensors
from evergraph.ops.array_concat import concat
from evergraph.ops.array_shape import expand_dims, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.checks import assert_equal
from evergraph.ops.fills import zeros
from evergraph.ops.identity import identity
from evergraph.ops.matmul import matmul
from evergraph.ops.tensor_array import TensorArray


class AttentionWrapperState(
    namedtuple(
        "AttentionWrapperState",
        ("cell_state", "attention", "time", "alignments", "alignment_history", "attention_state"),
    )
):
    """What an AttentionWrapper carries from step to step.

    Attributes:
        cell_state: state of the wrapped cell.
        attention: what was read last.
        time: int32 scalar, the step.
        alignments: the last alignments, of each mechanism.
        alignment_history: TensorArray of all alignments, or ().
        attention_state: state of each mechanism.
    """

    __slots__ = ()

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """This state with other fields, whose tensors get the shapes of those they replace.

        Raises:
            ValueError: a shape doesn't fit.
        """
        return nest.map_structure(  # type: ignore[no-any-return]  # in the form of `self`
            _with_same_shape, self, self._replace(**kwargs)
        )


def _with_same_shape(old: Any, new: Any) -> Any:
    if isinstance(old, Tensor) and isinstance(new, Tensor):
        old.get_shape().assert_is_compatible_with(new.get_shape())
        new.set_shape(old.get_shape())
    return new


def _compute_attention(
    attention_mechanism: Any, cell_output: Any, attention_state: Any, attention_layer: Any
) -> tuple[Any, Any, Any]:
    """(what is read, alignments, next state) of a mechanism for a cell's output."""
    alignments, next_state = attention_mechanism(cell_output, state=attention_state)
    read: Any = matmul(expand_dims(alignments, 1), attention_mechanism.values)
    read = squeeze(read, [1])
    if attention_layer is not None:
        read = attention_layer(concat([cell_output, read], 1))
    return read, alignments, next_state


class AttentionWrapper(RNNCell):
    """A cell whose input is joined with what it read of memories in the step before.

    Args:
        cell: an RNNCell.
        attention_mechanism: an AttentionMechanism, or a list of these.
        attention_layer_size: depth of the attention, made of output and reading by a Dense layer
            without bias; for several mechanisms a list. The reading itself when None.
        alignment_history: whether all alignments are kept, in a TensorArray.
        cell_input_fn: `f(inputs, attention)` -> input of the cell; joins them when None.
        output_attention: whether the output is the attention, or the cell's output.
        initial_cell_state: the cell's state before the first step; zeros when None.
        name: name of the cell.
        attention_layer: a Layer, or a list of these, in place of `attention_layer_size`.
        attention_fn: `f(mechanism, cell_output, state, layer)` -> (attention, alignments, state).
        dtype: dtype of the cell.

    Raises:
        TypeError: an argument is of another class.
        ValueError: sizes or layers aren't one for each mechanism, or both are given.

    Reference: TensorFlow 1.15, tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py.
    """

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
        attention_fn: Callable[..., Any] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        assert_like_rnncell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, list | tuple)
        mechanisms = _checked_mechanisms(attention_mechanism)
        if cell_input_fn is None:
            cell_input_fn = _joined
        elif not callable(cell_input_fn):
            raise TypeError(
                f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}"
            )
        self._attention_layers, self._attention_layer_size = _layers(
            cell, mechanisms, attention_layer_size, attention_layer
        )
        self._attention_fn = _compute_attention if attention_fn is None else attention_fn
        self._cell = cell
        self._attention_mechanisms = mechanisms
        self._cell_input_fn = cell_input_fn
        self._output_attention = output_attention
        self._alignment_history = alignment_history
        with name_scope(name, "AttentionWrapperInit"):
            self._initial_cell_state = initial_cell_state
            if initial_cell_state is None:
                return
            last: Any = nest.flatten(initial_cell_state)[-1]
            batch_size = dimension_value(last.shape[0]) or shape_of(last)[0]
            message = (
                f"When constructing AttentionWrapper {self._base_name}: Non-matching batch sizes "
                "between the memory (encoder output) and initial_cell_state.  Are you using the "
                "BeamSearchDecoder?  You may need to tile your initial state via the "
                "tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width."
            )
            with control_dependencies(self._batch_size_checks(batch_size, message)):
                self._initial_cell_state = nest.map_structure(
                    lambda s: identity(s, name="check_initial_cell_state"), initial_cell_state
                )

    def _batch_size_checks(self, batch_size: Any, message: str) -> list[Operation]:
        return [
            assert_equal(batch_size, mechanism.batch_size, message=message)
            for mechanism in self._attention_mechanisms
        ]

    def _item_or_tuple(self, items: Iterable[Any]) -> Any:
        found = tuple(items)
        return found if self._is_multi else found[0]

    @property
    def output_size(self) -> Any:
        """Depth of the attention, or of the cell's output."""
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> AttentionWrapperState:
        """Sizes in the form of an AttentionWrapperState."""
        mechanisms = self._attention_mechanisms
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=TensorShape([]),
            attention=self._attention_layer_size,
            alignments=self._item_or_tuple(a.alignments_size for a in mechanisms),
            attention_state=self._item_or_tuple(a.state_size for a in mechanisms),
            alignment_history=self._item_or_tuple(
                a.alignments_size if self._alignment_history else () for a in mechanisms
            ),
        )

    def zero_state(self, batch_size: Any, dtype: Any) -> AttentionWrapperState:
        """The state before the first step.

        Args:
            batch_size: that of the memories; checked while running.
            dtype: dtype of the state.
        """
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            if self._initial_cell_state is not None:
                cell_state = self._initial_cell_state
            else:
                cell_state = self._cell.get_initial_state(batch_size=batch_size, dtype=dtype)
            message = (
                f"When calling zero_state of AttentionWrapper {self._base_name}: Non-matching "
                "batch sizes between the memory (encoder output) and the requested batch size.  "
                "Are you using the BeamSearchDecoder?  If so, make sure your encoder output has "
                "been tiled to beam_width via tf.contrib.seq2seq.tile_batch, and the batch_size= "
                "argument passed to zero_state is batch_size * beam_width."
            )
            with control_dependencies(self._batch_size_checks(batch_size, message)):
                cell_state = nest.map_structure(
                    lambda s: identity(s, name="checked_cell_state"), cell_state
                )
            mechanisms = self._attention_mechanisms
            alignments = [a.initial_alignments(batch_size, dtype) for a in mechanisms]
            return AttentionWrapperState(
                cell_state=cell_state,
                time=zeros([], dtype=dtypes.int32),
                attention=zero_state_tensors(self._attention_layer_size, batch_size, dtype),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple(
                    a.initial_state(batch_size, dtype) for a in mechanisms
                ),
                alignment_history=self._item_or_tuple(
                    TensorArray(dtype, size=0, dynamic_size=True, element_shape=first.shape)
                    if self._alignment_history
                    else ()
                    for first in alignments
                ),
            )

    def call(  # type: ignore[override]  # a cell's parameters
        self, inputs: Any, state: Any
    ) -> tuple[Any, AttentionWrapperState]:
        """Run the cell on inputs and attention, and read the memories for its output.

        Raises:
            TypeError: `state` is no AttentionWrapperState.
        """
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                "Expected state to be instance of AttentionWrapperState. Received type "
                f"{type(state)} instead."
            )
        cell_inputs = self._cell_input_fn(inputs, state.attention)
        cell_output, next_cell_state = self._cell(cell_inputs, state.cell_state)
        batch_size = dimension_value(cell_output.shape[0]) or shape_of(cell_output)[0]
        message = (
            f"When applying AttentionWrapper {self.name}: Non-matching batch sizes between the "
            "memory (encoder output) and the query (decoder output).  Are you using the "
            "BeamSearchDecoder?  You may need to tile your memory input via the "
            "tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width."
        )
        with control_dependencies(self._batch_size_checks(batch_size, message)):
            cell_output = identity(cell_output, name="checked_cell_output")
        states, histories = state.attention_state, state.alignment_history
        if not self._is_multi:
            states, histories = [states], [histories]
        found: list[tuple[Any, Any, Any, Any]] = []
        for i, mechanism in enumerate(self._attention_mechanisms):
            layer = self._attention_layers[i] if self._attention_layers else None
            attention, alignments, next_state = self._attention_fn(
                mechanism, cell_output, states[i], layer
            )
            history: Any = ()
            if self._alignment_history:
                history = histories[i].write(state.time, alignments)
            found.append((attention, alignments, next_state, history))
        all_attention, all_alignments, all_states, all_histories = zip(*found, strict=True)
        attention = concat(list(all_attention), 1)
        after = AttentionWrapperState(
            time=state.time + 1,
            cell_state=next_cell_state,
            attention=attention,
            attention_state=self._item_or_tuple(all_states),
            alignments=self._item_or_tuple(all_alignments),
            alignment_history=self._item_or_tuple(all_histories),
        )
        return (attention if self._output_attention else cell_output), after


def _joined(inputs: Any, attention: Any) -> Tensor:
    return concat([inputs, attention], -1)


def _checked_mechanisms(attention_mechanism: Any) -> tuple[Any, ...]:
    if isinstance(attention_mechanism, list | tuple):
        for mechanism in attention_mechanism:
            if not isinstance(mechanism, AttentionMechanism):
                raise TypeError(
                    "attention_mechanism must contain only instances of AttentionMechanism, saw "
                    f"type: {type(mechanism).__name__}"
                )
        return tuple(attention_mechanism)
    if not isinstance(attention_mechanism, AttentionMechanism):
        raise TypeError(
            "attention_mechanism must be an AttentionMechanism or list of multiple "
            f"AttentionMechanism instances, saw type: {type(attention_mechanism).__name__}"
        )
    return (attention_mechanism,)


def _layers(
    cell: Any, mechanisms: tuple[Any, ...], sizes: Any, layers: Any
) -> tuple[tuple[Any, ...] | None, Any]:
    """(a layer for each mechanism, or None; the depth of all attention)."""
    if sizes is not None and layers is not None:
        raise ValueError("Only one of attention_layer_size and attention_layer should be set")
    depths = [dimension_value(a.values.shape[-1]) for a in mechanisms]
    if sizes is not None:
        sizes = tuple(sizes) if isinstance(sizes, list | tuple) else (sizes,)
        if len(sizes) != len(mechanisms):
            raise ValueError(
                "If provided, attention_layer_size must contain exactly one integer per "
                f"attention_mechanism, saw: {len(sizes)} vs {len(mechanisms)}"
            )
        made = tuple(
            Dense(size, name="attention_layer", use_bias=False, dtype=mechanism.dtype)
            for size, mechanism in zip(sizes, mechanisms, strict=True)
        )
        return made, sum(sizes)
    if layers is not None:
        layers = tuple(layers) if isinstance(layers, list | tuple) else (layers,)
        if len(layers) != len(mechanisms):
            raise ValueError(
                "If provided, attention_layer must contain exactly one layer per "
                f"attention_mechanism, saw: {len(layers)} vs {len(mechanisms)}"
            )
        given = zip(layers, depths, strict=True)
        outputs = [
            layer.compute_output_shape([None, cell.output_size + depth])[-1]
            for layer, depth in given
        ]
        return layers, sum(dimension_value(size) for size in outputs)
    return None, sum(depths)
