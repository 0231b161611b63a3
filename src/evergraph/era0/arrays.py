"""0.x's orders of arguments, and names, of the array ops.

Reference: TensorFlow 0.12, tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import explain
from evergraph.era0.calling import bind_old, is_integer, renamed, with_old_calls
from evergraph.graph.operation import Tensor
from evergraph.ops import array_concat, array_join, array_layout, array_pad, diagonals, unique
from evergraph.ops import select as select_ops
from evergraph.registry.constant_value import constant_value

Call = tuple[tuple[Any, ...], dict[str, Any]]


def _old_concat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    given = bind_old("concat_dim values name", args, kwargs)
    if given is None or not {"concat_dim", "values"} <= set(given):
        return None
    is_old = "concat_dim" in kwargs or (args and is_integer(args[0]))
    if not is_old:
        return None
    return (given["values"], given["concat_dim"]), {"name": given.get("name", "concat")}


concat = with_old_calls(_old_concat)(array_concat.concat)


def _old_split(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    given = bind_old("split_dim num_split value name", args, kwargs)
    if given is None or not {"split_dim", "num_split", "value"} <= set(given):
        return None
    has_old_keyword = bool({"split_dim", "num_split"} & set(kwargs))
    if not (has_old_keyword or (args and is_integer(args[0]))):
        return None
    called = (given["value"], given["num_split"], given["split_dim"])
    return called, {"name": given.get("name", "split")}


split = with_old_calls(_old_split)(array_concat.split)


def split_v(
    value: Any,
    size_splits: Any,
    split_dim: Any = 0,
    num: int | None = None,
    name: str | None = "split_v",
) -> list[Tensor]:
    """Cut `value` into parts of the sizes `size_splits`; 1.x's `split`."""
    parts: list[Tensor] = array_concat.split(value, size_splits, split_dim, num, name)
    return parts


def _old_reverse(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    given = bind_old("tensor dims name", args, kwargs) or bind_old("tensor axis name", args, kwargs)
    if given is None:
        return None
    flags = given.get("dims", given.get("axis"))
    if isinstance(flags, Tensor):
        if flags.dtype.base_dtype != dtypes.bool:
            return None
        known = constant_value(flags)
        if known is None:
            raise ValueError(
                explain(
                    "reverse with a boolean for each dimension needs to know them when the graph "
                    "is built.",
                    given=f"dims = {flags.name!r}",
                    fix="give the list of dimensions: tf.reverse(tensor, axis=[...])",
                )
            )
        flags = known
    # A vector of booleans, one for each dimension, became a list of dimensions.
    array = np.asarray(flags)
    if array.dtype != bool:
        return None
    axes = [int(axis) for axis in np.flatnonzero(array)]
    return (given["tensor"], np.array(axes, np.int32)), {"name": given.get("name")}


reverse = with_old_calls(_old_reverse)(array_layout.reverse)

pack = renamed(array_join.stack, "pack")
unpack = renamed(array_join.unstack, "unpack")
select = renamed(select_ops.where, "select", t="x", e="y")
concat_v2 = renamed(array_concat.concat, "concat_v2")


def _input_keyword(new: str) -> Any:
    """Takes calls with the keyword `input`, which became `new`."""

    def adapt(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
        if "input" not in kwargs:
            return None
        return args, {new if key == "input" else key: value for key, value in kwargs.items()}

    return adapt


pad = with_old_calls(_input_keyword("tensor"))(array_pad.pad)
where = with_old_calls(_input_keyword("condition"))(select_ops.where)
listdiff = unique.listdiff

# Before 0.11 the ops on batches of matrices had names of their own.
batch_matrix_band_part = renamed(diagonals.matrix_band_part, "batch_matrix_band_part")
batch_matrix_diag = renamed(diagonals.matrix_diag, "batch_matrix_diag")
batch_matrix_diag_part = renamed(diagonals.matrix_diag_part, "batch_matrix_diag_part")
batch_matrix_set_diag = renamed(diagonals.matrix_set_diag, "batch_matrix_set_diag")
batch_matrix_transpose = renamed(array_layout.matrix_transpose, "batch_matrix_transpose")
