"""`tensor[...]`: slice specs of Python as StridedSlice operations."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.shapes import Dimension
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_join import stack
from evergraph.ops.cast import CAST
from evergraph.ops.constants import constant_v2
from evergraph.ops.strided_slice import MASKS, strided_slice

_INDEX_ERROR = (
    "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
    "tf.int32/tf.int64 tensors are valid indices"
)


def _check_index(index: Any) -> None:
    if isinstance(index, int | Dimension):
        return
    dtype = getattr(index, "dtype", None)
    if (
        dtype is None
        or dtypes.as_dtype(dtype).base_dtype not in INDEX
        or (index.shape and len(index.shape) == 1)
    ):
        raise TypeError(f"{_INDEX_ERROR}, got {index!r}")


def slice_tensor(tensor: Any, slice_spec: Any, var: Any = None) -> Tensor:
    """`tensor[slice_spec]`.

    Args:
        tensor: any tensor.
        slice_spec: index, slice, `...`, None, or a list of these; a bool tensor or array masks.
        var: the variable whose value `tensor` is.

    Raises:
        TypeError: something that is no index.
        ValueError: an index that is out of range.

    Reference: TensorFlow 1.15, tensorflow/python/ops/array_ops.py.
    """
    if _is_mask(slice_spec):
        from evergraph.ops.select import boolean_mask

        return boolean_mask(tensor=tensor, mask=slice_spec)
    items = slice_spec if isinstance(slice_spec, list | tuple) else [slice_spec]
    begin: list[Any] = []
    end: list[Any] = []
    strides: list[Any] = []
    masks: dict[str, Any] = dict.fromkeys(MASKS, 0)
    for i, item in enumerate(items):
        bit = 1 << i
        if isinstance(item, slice):
            begin.append(_bound(item.start, masks, "begin_mask", bit))
            end.append(_bound(item.stop, masks, "end_mask", bit))
            if item.step is not None:
                _check_index(item.step)
            strides.append(1 if item.step is None else item.step)
            continue
        strides.append(1)
        if item is Ellipsis or item is None:
            begin.append(0)
            end.append(0)
            masks["ellipsis_mask" if item is Ellipsis else "new_axis_mask"] |= bit
        else:
            _check_index(item)
            begin.append(item)
            end.append(item + 1)
            masks["shrink_axis_mask"] |= bit
    with name_scope(None, "strided_slice", [tensor, *begin, *end, *strides]) as scope:
        if begin:
            packed = [stack(begin), stack(end), stack(strides)]
            if any(t.dtype == dtypes.int64 for t in packed):
                packed = [
                    t if t.dtype == dtypes.int64 else CAST(t, DstT=dtypes.int64) for t in packed
                ]
        else:
            packed = [constant_v2([], dtype=dtypes.int32)] * 3
        first, last, step = packed
        return strided_slice(tensor, first, last, step, var=var, name=scope, **masks)


def _is_mask(slice_spec: Any) -> bool:
    if isinstance(slice_spec, bool):
        return True
    return isinstance(slice_spec, Tensor | np.ndarray) and slice_spec.dtype == bool


def _bound(position: Any, masks: dict[str, int], mask: str, bit: int) -> Any:
    if position is None or (not isinstance(position, Tensor) and position == sys.maxsize):
        masks[mask] |= bit
        return 0
    _check_index(position)
    return position


def slice_variable(var: Any, slice_spec: Any) -> Tensor:
    """`var[slice_spec]`, whose `assign` writes into the variable."""
    return slice_tensor(var.value(), slice_spec, var)
