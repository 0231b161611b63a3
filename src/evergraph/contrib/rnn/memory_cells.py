"""Cells that look back: AttentionCellWrapper at its last outputs, NTMCell at a memory.

Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

from evergraph.contrib.rnn.linear import Linear
from evergraph.core import dtypes, nest
from evergraph.core.shapes import TensorShape, dimension_value
from evergraph.graph.operation import Tensor
from evergraph.layers.lstm_cells import warn_of_joined_state
from evergraph.layers.rnn_cell import LayerRNNCell, RNNCell, assert_like_rnncell
from evergraph.ops.activation import softplus
from evergraph.ops.array_concat import concat, split
from evergraph.ops.array_join import stack
from evergraph.ops.array_layout import reverse
from evergraph.ops.array_shape import expand_dims, reshape, squeeze
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.clip import clip_by_value
from evergraph.ops.cond import cond
from evergraph.ops.conv import conv2d
from evergraph.ops.fills import ones, ones_like, zeros
from evergraph.ops.math_comparison import equal
from evergraph.ops.math_functions import exp, pow, sqrt, square
from evergraph.ops.math_reduction import reduce_sum
from evergraph.ops.math_trigonometry import tanh
from evergraph.ops.matmul import matmul
from evergraph.ops.nn_basic import bias_add
from evergraph.ops.sigmoid import sigmoid
from evergraph.ops.softmax import softmax
from evergraph.variables.initializers import Constant, GlorotUniform, TruncatedNormal
from evergraph.variables.variable_scope import get_variable, variable_scope


class AttentionCellWrapper(RNNCell):
    """Mixes the last outputs into the inputs and the output of a cell, weighted by attention.

    Args:
        cell: the cell to wrap.
        attn_length: how many outputs are looked at.
        attn_size: size of the output; that of the cell when None.
        attn_vec_size: size of the attention's hidden layer; `attn_size` when None.
        input_size: size of the cell's inputs; that of the inputs when None.
        state_is_tuple: whether the state is (cell's state, attention, outputs); else one tensor.
        reuse: whether the variables must exist.

    Raises:
        TypeError: `cell` isn't like an RNNCell.
        ValueError: `attn_length` isn't positive, or the state's form doesn't fit.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Bahdanau et al.,
    https://arxiv.org/abs/1409.0473.
    """

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        assert_like_rnncell("cell", cell)
        if nest.is_sequence(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size "
                f"is: {cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        if not state_is_tuple:
            warn_of_joined_state(self)
        self._state_is_tuple = state_is_tuple
        self._cell = cell
        self._attn_size: int = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = self._attn_size if attn_vec_size is None else attn_vec_size
        self._input_size = input_size
        self._attn_length = attn_length
        self._linears: dict[str, Linear] = {}

    @property
    def state_size(self) -> Any:
        """Sizes of the cell's state, the attention, and all outputs looked at; or their sum."""
        sizes = (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> int:
        """`attn_size`."""
        return self._attn_size

    def _linear(self, what: str, args: Any, size: int) -> Tensor:
        if what not in self._linears:
            self._linears[what] = Linear(args, size, True)
        return self._linears[what](args)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        size, length = self._attn_size, self._attn_length
        if self._state_is_tuple:
            cell_state, attention, looked_at = state
        else:
            own = self._cell.state_size
            cell_state = slice_of(state, [0, 0], [-1, own])
            attention = slice_of(state, [0, own], [-1, size])
            looked_at = slice_of(state, [0, own + size], [-1, size * length])
        looked_at = reshape(looked_at, [-1, length, size])
        depth = self._input_size
        if depth is None:
            depth = inputs.get_shape().as_list()[1]
        inputs = self._linear("inputs", [inputs, attention], depth)
        cell_output, new_state = self._cell(inputs, cell_state)
        query = concat(nest.flatten(new_state), 1) if self._state_is_tuple else new_state
        attention, looked_at = self._attention(query, looked_at)
        with variable_scope("attn_output_projection"):
            output = self._linear("output", [cell_output, attention], size)
        looked_at = concat([looked_at, expand_dims(output, 1)], 1)
        looked_at = reshape(looked_at, [-1, length * size])
        parts = (new_state, attention, looked_at)
        return output, parts if self._state_is_tuple else concat(list(parts), 1)

    def _attention(self, query: Any, looked_at: Any) -> tuple[Any, Any]:
        """The weighted mean of the outputs looked at, and these without the oldest."""
        size, vector, length = self._attn_size, self._attn_vec_size, self._attn_length
        with variable_scope("attention"):
            w = get_variable("attn_w", [1, 1, size, vector])
            v = get_variable("attn_v", [vector])
            hidden = reshape(looked_at, [-1, length, 1, size])
            features: Any = conv2d(hidden, w, [1, 1, 1, 1], "SAME")
            y = reshape(self._linear("query", query, vector), [-1, 1, 1, vector])
            scores = reduce_sum(v * tanh(features + y), [2, 3])
            weights: Any = reshape(softmax(scores), [-1, length, 1, 1])
            mean = reduce_sum(weights * hidden, [1, 2])
            attention = reshape(mean, [-1, size])
            return attention, slice_of(looked_at, [0, 1, 0], [-1, -1, -1])


NTMControllerState = namedtuple(
    "NTMControllerState", ("controller_state", "read_vector_list", "w_list", "M", "time")
)


class NTMCell(LayerRNNCell):
    """Neural Turing machine: a controller that reads and writes a memory.

    Args:
        controller: the RNNCell that decides.
        memory_size: rows of the memory.
        memory_vector_dim: columns of the memory.
        read_head_num: number of heads that read.
        write_head_num: number of heads that write.
        shift_range: how far a head may move in a step.
        output_dim: size of the output; that of the inputs when None.
        clip_value: bound of parameters and outputs.
        dtype: type of the variables.
        name: name of the cell and of its scope.

    Reference: TensorFlow 1.15, tensorflow/contrib/rnn/python/ops/rnn_cell.py; Graves et al.,
    https://arxiv.org/abs/1410.5401.
    """

    def __init__(
        self,
        controller: Any,
        memory_size: int,
        memory_vector_dim: int,
        read_head_num: int,
        write_head_num: int,
        shift_range: int = 1,
        output_dim: int | None = None,
        clip_value: float = 20,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        assert_like_rnncell("NTM RNN controller cell", controller)
        self.controller = controller
        self.memory_size = memory_size
        self.memory_vector_dim = memory_vector_dim
        self.read_head_num = read_head_num
        self.write_head_num = write_head_num
        self.clip_value = clip_value
        self.output_dim: Any = output_dim
        self.shift_range = shift_range
        self.num_heads = read_head_num + write_head_num
        self.num_parameters_per_head = memory_vector_dim + 2 * shift_range + 4
        written = memory_vector_dim * 2 * write_head_num
        self.total_parameter_num = self.num_parameters_per_head * self.num_heads + written

    @property
    def state_size(self) -> Any:
        """Sizes of the controller's state, what was read, where the heads are, and the memory."""
        return NTMControllerState(
            controller_state=self.controller.state_size,
            read_vector_list=[self.memory_vector_dim] * self.read_head_num,
            w_list=[self.memory_size] * self.num_heads,
            M=TensorShape([self.memory_size * self.memory_vector_dim]),
            time=TensorShape([]),
        )

    @property
    def output_size(self) -> Any:
        """`output_dim`."""
        return self.output_dim

    def build(self, input_shape: Any) -> None:
        """Make the kernels and the first memory.

        Raises:
            ValueError: the size of the output isn't known.
        """
        if self.output_dim is None:
            self.output_dim = dimension_value(TensorShape(input_shape)[1])
            if self.output_dim is None:
                raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {input_shape}")
        read = self.memory_vector_dim * self.read_head_num
        self._params = self._affine(
            "parameters", self.controller.output_size, self.total_parameter_num
        )
        self._output = self._affine("output", self.controller.output_size + read, self.output_dim)
        self._init_read_vectors = [
            self._start(f"initial_read_vector_{i}", self.memory_vector_dim)
            for i in range(self.read_head_num)
        ]
        self._init_address_weights = [
            self._start(f"initial_address_weights_{i}", self.memory_size)
            for i in range(self.num_heads)
        ]
        self._M = self.add_variable(
            "memory",
            shape=[self.memory_size, self.memory_vector_dim],
            initializer=Constant(1e-6, dtype=self.dtype),
        )
        self.built = True

    def _affine(self, name: str, depth: int, size: int) -> tuple[Any, Any]:
        kernel = self.add_variable(
            f"{name}_kernel",
            shape=[depth, size],
            initializer=TruncatedNormal(stddev=1.0 / math.sqrt(depth)),
        )
        bias = self.add_variable(
            f"{name}_bias", shape=[size], initializer=Constant(0.0, dtype=self.dtype)
        )
        return kernel, bias

    def _start(self, name: str, size: int) -> Any:
        return self.add_variable(name, shape=[1, size], initializer=GlorotUniform())

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step."""
        rows = dimension_value(inputs.shape[0])
        if rows is None:
            rows = shape_of(inputs)[0]

        def first(variables: list[Any], function: Any) -> list[Any]:
            return [_repeated(function(squeeze(matmul(ones([1, 1]), v))), rows) for v in variables]

        def unless_first(start: Any, before: Any) -> Any:
            found = cond(equal(state.time, 0), start, lambda: before)
            # A list of one comes back as its element.
            return [found] if isinstance(before, list) and len(before) == 1 else found

        read = unless_first(lambda: first(self._init_read_vectors, tanh), state.read_vector_list)
        joined = concat([inputs, *read], axis=1)
        output, controller_state = self.controller(joined, state.controller_state)
        kernel, bias = self._params
        parameters: Any = bias_add(matmul(output, kernel), bias)
        parameters = clip_by_value(parameters, -self.clip_value, self.clip_value)
        of_heads = self.num_parameters_per_head * self.num_heads
        heads = split(parameters[:, :of_heads], self.num_heads, axis=1)
        changes = split(parameters[:, of_heads:], 2 * self.write_head_num, axis=1)
        places = unless_first(lambda: first(self._init_address_weights, softmax), state.w_list)
        memory = unless_first(lambda: _repeated(self._M, rows), state.M)
        places = [
            self._addressing(head, memory, place) for head, place in zip(heads, places, strict=True)
        ]
        read = [
            reduce_sum(expand_dims(place, 2) * memory, axis=1)
            for place in places[: self.read_head_num]
        ]
        for i, place in enumerate(places[self.read_head_num :]):
            memory = _written(memory, place, changes[2 * i], changes[2 * i + 1])
        kernel, bias = self._output
        output = bias_add(matmul(concat([output, *read], axis=1), kernel), bias)
        output = clip_by_value(output, -self.clip_value, self.clip_value)
        return output, NTMControllerState(controller_state, read, places, memory, state.time + 1)

    def _addressing(self, head: Any, memory: Any, before: Any) -> Any:
        """Where a head looks: by content, then by a move from where it was, sharpened."""
        width, shift = self.memory_vector_dim, self.shift_range
        k = tanh(head[:, 0:width])
        beta = softplus(head[:, width])
        g: Any = sigmoid(head[:, width + 1])
        s: Any = softmax(head[:, width + 2 : width + 3 + shift * 2])
        gamma = softplus(head[:, -1]) + 1
        k = expand_dims(k, axis=2)
        product: Any = matmul(memory, k)
        k_norm = sqrt(reduce_sum(square(k), axis=1, keepdims=True))
        memory_norm = sqrt(reduce_sum(square(memory), axis=2, keepdims=True))
        norms = memory_norm * k_norm
        similar: Any = squeeze(product / (norms + 1e-8))
        amplified: Any = exp(expand_dims(beta, axis=1) * similar)
        by_content = amplified / reduce_sum(amplified, axis=1, keepdims=True)
        g = expand_dims(g, axis=1)
        mixed = g * by_content + (1 - g) * before
        rows = dimension_value(s.shape[0])
        if rows is None:
            rows = shape_of(s)[0]
        size = self.memory_size
        s = concat(
            [s[:, : shift + 1], zeros([rows, size - (shift * 2 + 1)]), s[:, -shift:]], axis=1
        )
        turned: Any = concat([reverse(s, axis=[1]), reverse(s, axis=[1])], axis=1)
        moves = stack([turned[:, size - i - 1 : size * 2 - i - 1] for i in range(size)], axis=1)
        moved = reduce_sum(expand_dims(mixed, axis=1) * moves, axis=2)
        sharp: Any = pow(moved, expand_dims(gamma, axis=1))
        return sharp / reduce_sum(sharp, axis=1, keepdims=True)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros, and time 0, at which the first step takes the variables' values."""
        return NTMControllerState(
            read_vector_list=[
                zeros([batch_size, self.memory_vector_dim]) for _ in range(self.read_head_num)
            ],
            w_list=[zeros([batch_size, self.memory_size]) for _ in range(self.num_heads)],
            controller_state=self.controller.zero_state(batch_size, dtype),
            M=zeros([batch_size, self.memory_size, self.memory_vector_dim]),
            time=0,
        )


def _written(memory: Any, place: Any, erased: Any, added: Any) -> Any:
    """The memory after a head has erased and added at its place."""
    w = expand_dims(place, axis=2)
    erased = expand_dims(sigmoid(erased), axis=1)
    added = expand_dims(tanh(added), axis=1)
    kept = ones_like(memory) - matmul(w, erased)
    return memory * kept + matmul(w, added)


def _repeated(x: Any, rows: int) -> Any:
    """`x` once for each row."""
    return concat([expand_dims(x, 0) for _ in range(rows)], axis=0)
