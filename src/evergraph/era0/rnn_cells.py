"""Cells of tf.nn.rnn_cell that take 0.x's arguments too: `input_size`, and its place among them.

0.x had `input_size`, which it ignored from 0.9 on, as the second or third argument; 1.x has other
arguments there, of other kinds.

Reference: TensorFlow 0.12, tensorflow/python/ops/rnn_cell.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.era0.calling import is_integer, with_old_calls
from evergraph.layers import basic_rnn_cells, lstm_cells, rnn_cell_wrappers

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def _without_input_size(
    place: int, is_old_after_none: Callable[[Any], bool]
) -> Callable[[tuple[Any, ...], dict[str, Any]], Arguments | None]:
    """Leave out `input_size`, by its name or as argument number `place` (`self` is number 0).

    None in its place is 0.x's when the argument after it is of 0.x's kind.
    """

    def adapt(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
        if "input_size" in kwargs:
            return args, {k: value for k, value in kwargs.items() if k != "input_size"}
        if len(args) <= place:
            return None
        given = args[place]
        after = args[place + 1 : place + 2]
        is_old = is_integer(given) or (
            given is None and bool(after) and is_old_after_none(after[0])
        )
        return ((*args[:place], *args[place + 1 :]), kwargs) if is_old else None

    return adapt


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _seed_fourth(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments | None:
    # 0.x: (cell, input_keep_prob, output_keep_prob, seed); 1.x has a probability there.
    if len(args) == 5 and is_integer(args[4]) and args[4] > 1:
        return args[:4], {**kwargs, "seed": args[4]}
    return None


def _taking_old_calls(cls: Any, adapt: Any) -> Any:
    """`cls` itself, whose constructor from now on takes 0.x's arguments too."""
    cls.__init__ = with_old_calls(adapt)(cls.__init__)
    return cls


BasicRNNCell = _taking_old_calls(basic_rnn_cells.BasicRNNCell, _without_input_size(2, callable))
GRUCell = _taking_old_calls(basic_rnn_cells.GRUCell, _without_input_size(2, callable))
BasicLSTMCell = _taking_old_calls(lstm_cells.BasicLSTMCell, _without_input_size(3, _is_flag))
LSTMCell = _taking_old_calls(lstm_cells.LSTMCell, _without_input_size(2, _is_flag))
DropoutWrapper = _taking_old_calls(rnn_cell_wrappers.DropoutWrapper, _seed_fourth)
