"""Cells around a cell: DropoutWrapper, ResidualWrapper, DeviceWrapper, MultiRNNCell.

Reference: TensorFlow 1.15, tensorflow/python/ops/{rnn_cell_impl,rnn_cell_wrapper_impl}.py.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import numbers
from collections.abc import Callable
from typing import Any

from evergraph.core import nest
from evergraph.core.shapes import TensorShape
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import device as device_scope
from evergraph.graph.scopes import name_scope
from evergraph.layers.base import Layer
from evergraph.layers.lstm_cells import LSTMStateTuple
from evergraph.layers.rnn_cell import RNNCell, assert_like_rnncell
from evergraph.ops.array_concat import concat
from evergraph.ops.array_slice import slice as slice_of
from evergraph.ops.constants import constant_value
from evergraph.ops.dropout import dropout_v2
from evergraph.ops.math_division import div
from evergraph.ops.math_rounding import floor
from evergraph.ops.random import random_uniform
from evergraph.variables.variable_scope import variable_scope

_log = logging.getLogger("tensorflow")


class RNNCellWrapper(RNNCell):
    """A cell that changes what goes into and comes out of another.

    Args:
        cell: the cell to wrap.
        **kwargs: as of `RNNCell`.

    Raises:
        TypeError: `cell` isn't like an RNNCell.
    """

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert_like_rnncell("cell", cell)
        self.cell = cell

    def _call_wrapped_cell(
        self, inputs: Any, state: Any, cell_call_fn: Callable[..., Any], **kwargs: Any
    ) -> Any:
        """Run one step with `cell_call_fn`, the wrapped cell."""
        raise NotImplementedError

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Run one step; the wrapped cell uses `scope`."""
        return self._call_wrapped_cell(inputs, state, self.cell.__call__, scope=scope)

    @property
    def state_size(self) -> Any:
        """That of the wrapped cell."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the wrapped cell."""
        return self.cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero state of the wrapped cell."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self.cell.zero_state(batch_size, dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the wrapped cell's class and configuration."""
        inner = {"class_name": type(self.cell).__name__, "config": self.cell.get_config()}
        return {"cell": inner, **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The wrapper with the arguments `config`, where "cell" is a cell.

        Raises:
            ValueError: "cell" isn't a cell.
        """
        arguments = dict(config)
        cell = arguments.pop("cell")
        try:
            assert_like_rnncell("cell", cell)
        except TypeError:
            raise ValueError(
                "RNNCellWrapper cannot reconstruct the wrapped cell. Please overwrite the cell in "
                "the config with a RNNCell instance."
            ) from None
        return cls(cell, **arguments)


def _keep_all_but_memory(substate: Any) -> Any:
    """Which parts of a state are dropped: not an LSTM's memory, and no TensorArray."""
    if isinstance(substate, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return isinstance(substate, tuple | list | dict) or hasattr(substate, "get_shape")


class DropoutWrapper(RNNCellWrapper):
    """Dropout of inputs, states and outputs of a cell.

    Args:
        cell: the cell to wrap.
        input_keep_prob: probability that an input is kept; 1 for no dropout.
        output_keep_prob: likewise for outputs.
        state_keep_prob: likewise for new states, but for an LSTM's memory `c`.
        variational_recurrent: choose once, and for all steps and examples alike.
        input_size: size of the inputs (a structure of sizes); needed for variational dropout of
            inputs.
        dtype: dtype of inputs, states and outputs; needed for variational dropout.
        seed: seed from which those of the three dropouts follow.
        dropout_state_filter_visitor: `f(substate)`: whether to drop it, or a structure of answers.
        **kwargs: as of `RNNCell`.

    Raises:
        TypeError: the visitor isn't callable.
        ValueError: a probability isn't in [0, 1], or size or dtype are missing.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_wrapper_impl.py; variational
    dropout: Gal and Ghahramani, https://arxiv.org/abs/1512.05287.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        visitor = dropout_state_filter_visitor
        if visitor is not None and not callable(visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._dropout_state_filter = visitor or _keep_all_but_memory
        self._variational_recurrent = variational_recurrent
        self._input_size = input_size
        self._seed = seed
        self._recurrent_input_noise: Any = None
        self._recurrent_state_noise: Any = None
        self._recurrent_output_noise: Any = None
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _probability(input_keep_prob, "input_keep_prob")
            self._state_keep_prob = _probability(state_keep_prob, "state_keep_prob")
            self._output_keep_prob = _probability(output_keep_prob, "output_keep_prob")
        if variational_recurrent:
            self._draw_noise(input_size, dtype)

    def _draw_noise(self, input_size: Any, dtype: Any) -> None:
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")

        def noise(sizes: Any, salt: str) -> Any:
            def drawn(index: int, size: Any) -> Tensor:
                shape = concat(([1], TensorShape(size).as_list()), 0)
                return random_uniform(shape, seed=self._gen_seed(salt, index), dtype=dtype)

            return _map_with_index(drawn, sizes, sizes)

        if _is_below_one(self._input_keep_prob):
            if input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                    "input_size must be provided"
                )
            self._recurrent_input_noise = noise(input_size, "input")
        self._recurrent_state_noise = noise(self.cell.state_size, "state")
        self._recurrent_output_noise = noise(self.cell.output_size, "output")

    def _gen_seed(self, salt_prefix: str, index: int) -> int | None:
        """The seed of one dropout; None without `seed`."""
        if self._seed is None:
            return None
        text = f"{self._seed}{salt_prefix}_{index}"
        return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) & 0x7FFFFFFF

    @property
    def wrapped_cell(self) -> Any:
        """The wrapped cell."""
        return self.cell

    def _dropout(
        self, values: Any, salt: str, noise: Any, keep_prob: Any, filtered: Any = None
    ) -> Any:
        """`values` after dropout, where `filtered` isn't False."""
        shallow = values if filtered is None else filtered

        def dropped(index: int, answer: Any, value: Any, *drawn: Any) -> Any:
            if isinstance(answer, bool) and not answer:
                return value
            if drawn:
                # The noise is 1 or more after the addition with probability keep_prob.
                is_kept = floor(keep_prob + drawn[0])
                result: Any = div(value, keep_prob) * is_kept
                result.set_shape(value.get_shape())
                return result
            return dropout_v2(value, rate=1.0 - keep_prob, seed=self._gen_seed(salt, index))

        more = [noise] if self._variational_recurrent else []
        return _map_with_index(dropped, shallow, shallow, values, *more)

    def _call_wrapped_cell(
        self, inputs: Any, state: Any, cell_call_fn: Callable[..., Any], **kwargs: Any
    ) -> Any:
        if _is_below_one(self._input_keep_prob):
            inputs = self._dropout(
                inputs, "input", self._recurrent_input_noise, self._input_keep_prob
            )
        output, new_state = cell_call_fn(inputs, state, **kwargs)
        if _is_below_one(self._state_keep_prob):
            filtered = nest.get_traverse_shallow_structure(self._dropout_state_filter, new_state)
            noise = self._recurrent_state_noise
            new_state = self._dropout(new_state, "state", noise, self._state_keep_prob, filtered)
        if _is_below_one(self._output_keep_prob):
            output = self._dropout(
                output, "output", self._recurrent_output_noise, self._output_keep_prob
            )
        return output, new_state

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal wrapper.

        Raises:
            NotImplementedError: there is a filter visitor, a function without a description.
        """
        if self._dropout_state_filter is not _keep_all_but_memory:
            raise NotImplementedError("get_config with dropout_state_filter_visitor")
        return {
            **super().get_config(),
            "input_keep_prob": self._input_keep_prob,
            "output_keep_prob": self._output_keep_prob,
            "state_keep_prob": self._state_keep_prob,
            "variational_recurrent": self._variational_recurrent,
            "input_size": self._input_size,
            "seed": self._seed,
        }


def _probability(value: Any, what: str) -> Any:
    """A number where it is known, else a tensor."""
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if known < 0 or known > 1:
        raise ValueError(f"Parameter {what} must be between 0 and 1: {int(known)}")
    return float(known)


def _is_below_one(probability: Any) -> bool:
    """Whether there is dropout; yes where the probability isn't known."""
    return not isinstance(probability, numbers.Real) or probability < 1


def _map_with_index(function: Callable[..., Any], shallow: Any, *structures: Any) -> Any:
    """`function(index, *leaves)` over `structures`, down to the leaves of `shallow`."""
    counter = itertools.count()
    return nest.map_structure_up_to(
        shallow, lambda *leaves: function(next(counter), *leaves), *structures
    )


class ResidualWrapper(RNNCellWrapper):
    """Adds the inputs to the outputs of a cell.

    Args:
        cell: the cell to wrap.
        residual_fn: `f(inputs, outputs)` in place of the sum.
        **kwargs: as of `RNNCell`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_wrapper_impl.py.
    """

    def __init__(self, cell: Any, residual_fn: Any = None, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _call_wrapped_cell(
        self, inputs: Any, state: Any, cell_call_fn: Callable[..., Any], **kwargs: Any
    ) -> Any:
        outputs, new_state = cell_call_fn(inputs, state, **kwargs)
        return (self._residual_fn or _sum_of)(inputs, outputs), new_state

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal wrapper.

        Raises:
            NotImplementedError: there is a `residual_fn`, a function without a description.
        """
        if self._residual_fn is not None:
            raise NotImplementedError("get_config with residual_fn")
        return super().get_config()


def _sum_of(inputs: Any, outputs: Any) -> Any:
    """Sums of tensors of the same shapes, in their structure."""
    nest.assert_same_structure(inputs, outputs)
    for x, y in zip(nest.flatten(inputs), nest.flatten(outputs), strict=True):
        x.get_shape().assert_is_compatible_with(y.get_shape())
    return nest.map_structure(lambda x, y: x + y, inputs, outputs)


class DeviceWrapper(RNNCellWrapper):
    """Places the operations of a cell on a device.

    Args:
        cell: the cell to wrap.
        device: device string or function.
        **kwargs: as of `RNNCell`.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_wrapper_impl.py.
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero state of the wrapped cell, on the device."""
        with (
            name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]),
            device_scope(self._device),
        ):
            return self.cell.zero_state(batch_size, dtype)

    def _call_wrapped_cell(
        self, inputs: Any, state: Any, cell_call_fn: Callable[..., Any], **kwargs: Any
    ) -> Any:
        with device_scope(self._device):
            return cell_call_fn(inputs, state, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal wrapper."""
        return {**super().get_config(), "device": self._device}


class MultiRNNCell(RNNCell):
    """Cells one above the other: the output of each is the input of the next.

    Args:
        cells: the cells, lowest first.
        state_is_tuple: whether the state is a tuple of the cells' states; else they lie side by
            side in one tensor.

    Raises:
        TypeError: `cells` isn't a sequence.
        ValueError: `cells` is empty, or a cell's state is a tuple and `state_is_tuple` false.

    Reference: TensorFlow 1.15, tensorflow/python/ops/rnn_cell_impl.py.
    """

    def __init__(self, cells: Any, state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_sequence(cells):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        if len({id(cell) for cell in cells}) < len(cells):
            _log.warning(
                "At least two cells provided to MultiRNNCell are the same object and will share "
                "weights."
            )
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        sizes = [cell.state_size for cell in cells]
        if not state_is_tuple and any(nest.is_sequence(size) for size in sizes):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set.  "
                f"State sizes are: {sizes}"
            )

    @property
    def state_size(self) -> Any:
        """The cells' sizes, or their sum."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """That of the last cell."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The cells' zero states."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    @property
    def trainable_weights(self) -> list[Any]:
        """Those of the cells."""
        return self._weights_of_cells("trainable_weights") if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Those of the cells; all of them when the cell isn't trainable."""
        weights = self._weights_of_cells("non_trainable_weights")
        if self.trainable:
            return weights
        return self._weights_of_cells("trainable_weights") + weights

    def _weights_of_cells(self, kind: str) -> list[Any]:
        layers = [cell for cell in self._cells if isinstance(cell, Layer)]
        return [weight for layer in layers for weight in getattr(layer, kind)]

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]  # a cell takes a state
        """Run one step of each cell.

        Raises:
            ValueError: the state isn't a tuple and should be.
        """
        position = 0
        new_states = []
        for i, cell in enumerate(self._cells):
            with variable_scope(f"cell_{i}"):
                if self._state_is_tuple:
                    if not nest.is_sequence(state):
                        raise ValueError(
                            f"Expected state to be a tuple of length {len(self.state_size)}, but "
                            f"received: {state}"
                        )
                    cell_state = state[i]
                else:
                    cell_state = slice_of(state, [0, position], [-1, cell.state_size])
                    position += cell.state_size
                inputs, new_state = cell(inputs, cell_state)
                new_states.append(new_state)
        return inputs, tuple(new_states) if self._state_is_tuple else concat(new_states, 1)
