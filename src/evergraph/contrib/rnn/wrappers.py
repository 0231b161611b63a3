"""Cells around a cell: embedding, projections, highways.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/{core_rnn_cell,rnn_cell}.py.
"""

from __future__ import annotations

import logging
import math
from typing import Any

from evergraph.contrib.rnn.linear import Linear
from evergraph.core import nest
from evergraph.core.shapes import dimension_value
from evergraph.era0.calling import is_integer
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import device, name_scope
from evergraph.layers.rnn_cell import RNNCell, assert_like_rnncell
from evergraph.ops.array_shape import reshape
from evergraph.ops.embedding import embedding_lookup
from evergraph.ops.nn_basic import xw_plus_b
from evergraph.ops.sigmoid import sigmoid
from evergraph.variables.initializers import Constant, RandomUniform
from evergraph.variables.variable_scope import get_variable, get_variable_scope

_log = logging.getLogger("tensorflow")


class _Wrapper(RNNCell):
    """Has the sizes and the zero state of `self._cell`."""

    _cell: Any

    @property
    def state_size(self) -> Any:
        """That of the wrapped cell."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the wrapped cell."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero state of the wrapped cell."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)


class EmbeddingWrapper(_Wrapper):
    """Looks up the inputs, which are integers, in an embedding.

    Args:
        cell: the cell that gets the embedded inputs.
        embedding_classes: number of symbols.
        embedding_size: size of their vectors.
        initializer: initializer of the embedding; the scope's, else uniform in
            [-sqrt(3), sqrt(3)), when None.
        reuse: whether the variables must exist.

    Raises:
        TypeError: `cell` isn't like an RNNCell.
        ValueError: a number isn't positive.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/core_rnn_cell.py.
    """

    def __init__(
        self,
        cell: Any,
        embedding_classes: int,
        embedding_size: int,
        initializer: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                "Both embedding_classes and embedding_size must be > 0: "
                f"{embedding_classes}, {embedding_size}."
            )
        self._cell = cell
        self._embedding_classes = embedding_classes
        self._embedding_size = embedding_size
        self._initializer = initializer

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        with device("/cpu:0"):
            initializer = self._initializer or get_variable_scope().initializer
            if not initializer:
                bound = math.sqrt(3)  # of variance 1
                initializer = RandomUniform(-bound, bound)
            first = state[0] if isinstance(state, tuple) else state
            embedding = get_variable(
                "embedding",
                [self._embedding_classes, self._embedding_size],
                initializer=initializer,
                dtype=first.dtype,
            )
            embedded = embedding_lookup(embedding, reshape(inputs, [-1]))
            return self._cell(embedded, state)


class InputProjectionWrapper(_Wrapper):
    """Maps the inputs to size `num_proj` before the cell gets them.

    Args:
        cell: the cell to wrap.
        num_proj: size of the cell's inputs.
        activation: function of the projected inputs; none when None.
        input_size: ignored.
        reuse: whether the variables must exist.

    Raises:
        TypeError: `cell` isn't like an RNNCell.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/core_rnn_cell.py.
    """

    def __init__(
        self,
        cell: Any,
        num_proj: int,
        activation: Any = None,
        input_size: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if is_integer(activation):  # 0.x had `input_size` here
            activation, input_size = None, activation
        if input_size is not None:
            _log.warning("%s: The input_size parameter is deprecated.", self)
        assert_like_rnncell("cell", cell)
        self._cell = cell
        self._num_proj = num_proj
        self._activation = activation
        self._linear: Linear | None = None

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        if self._linear is None:
            self._linear = Linear(inputs, self._num_proj, True)
        projected = self._linear(inputs)
        if self._activation:
            projected = self._activation(projected)
        return self._cell(projected, state)


class OutputProjectionWrapper(_Wrapper):
    """Maps the outputs of a cell to size `output_size`.

    Args:
        cell: the cell to wrap.
        output_size: size of the outputs.
        activation: function of the projected outputs; none when None.
        reuse: whether the variables must exist.

    Raises:
        TypeError: `cell` isn't like an RNNCell.
        ValueError: `output_size` isn't positive.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/core_rnn_cell.py.
    """

    def __init__(
        self, cell: Any, output_size: int, activation: Any = None, reuse: Any = None
    ) -> None:
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._cell = cell
        self._output_size = output_size
        self._activation = activation
        self._linear: Linear | None = None

    @property
    def output_size(self) -> int:
        """The size after the projection."""
        return self._output_size

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        output, new_state = self._cell(inputs, state)
        if self._linear is None:
            self._linear = Linear(output, self._output_size, True)
        projected = self._linear(output)
        if self._activation:
            projected = self._activation(projected)
        return projected, new_state


class HighwayWrapper(_Wrapper):
    """Lets the inputs past a cell: carry * inputs + transform * outputs.

    Args:
        cell: the cell to wrap.
        couple_carry_transform_gates: whether transform = 1 - carry; else it has weights too.
        carry_bias_init: initial bias of the carry gate, and the negative one of the other.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Zilly et al.,
    https://arxiv.org/abs/1607.03474.
    """

    def __init__(
        self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0
    ) -> None:
        # TensorFlow's doesn't count as a named layer either: the layer's `__init__` isn't called.
        self._cell = cell
        self._couple_carry_transform_gates = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    def _gate(self, inputs: Tensor, name: str, bias: float) -> Any:
        size = dimension_value(inputs.get_shape().with_rank(2)[1])
        weight = get_variable(f"{name}_w", [size, size])
        initial = get_variable(f"{name}_b", [size], initializer=Constant(bias))
        return sigmoid(xw_plus_b(inputs, weight, initial))

    def _highway(self, inputs: Tensor, outputs: Tensor) -> Any:
        carry = self._gate(inputs, "carry", self._carry_bias_init)
        if self._couple_carry_transform_gates:
            transform = 1 - carry
        else:
            transform = self._gate(inputs, "transform", -self._carry_bias_init)
        return inputs * carry + outputs * transform

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Run one step.

        Raises:
            TypeError: inputs and outputs are of different structures.
            ValueError: likewise, or of different shapes.
        """
        outputs, new_state = self._cell(inputs, state, scope=scope)
        nest.assert_same_structure(inputs, outputs)
        for x, y in zip(nest.flatten(inputs), nest.flatten(outputs), strict=True):
            x.get_shape().assert_is_compatible_with(y.get_shape())
        return nest.map_structure(self._highway, inputs, outputs), new_state
