"""0.x's orders of arguments of the sparse ops.

Reference: TensorFlow 0.12, tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.era0.calling import bind_old, is_integer, with_old_calls
from evergraph.ops import sparse_arithmetic, sparse_layout, sparse_rows

Call = tuple[tuple[Any, ...], dict[str, Any]]


def _old_split(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    given = bind_old("split_dim num_split sp_input name", args, kwargs)
    if given is None or not args or not is_integer(args[0]):
        return None
    return (), given


sparse_split = with_old_calls(_old_split)(sparse_rows.sparse_split)


def _old_add(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    if not {"sp_a", "sp_b"} & set(kwargs):
        return None
    return args, {{"sp_a": "a", "sp_b": "b"}.get(key, key): v for key, v in kwargs.items()}


sparse_add = with_old_calls(_old_add)(sparse_arithmetic.sparse_add)


def _old_concat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    if args or "concat_dim" not in kwargs or "axis" in kwargs:
        return None
    return (), {"axis" if key == "concat_dim" else key: v for key, v in kwargs.items()}


sparse_concat = with_old_calls(_old_concat)(sparse_layout.sparse_concat)
