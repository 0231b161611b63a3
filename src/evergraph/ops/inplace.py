"""Rows of a tensor replaced or changed: InplaceUpdate, InplaceAdd, InplaceSub.

Differs from TensorFlow: the input itself stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError
from evergraph.core.typing import Array, Namespace
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.ops.array_shape import expand_dims, reshape
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.cast import cast
from evergraph.ops.identity import DEEP_COPY
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import unchanged


def _inplace(name: str, mode: str) -> OpDef:
    """An op that changes rows of its first input by `mode`."""
    op_def = register_op(
        name,
        inputs="x: T, i: int32, v: T",
        outputs="y: T",
        attrs={"T": "type"},
        shape=unchanged,
    )

    def kernel(xp: Namespace, x: Array, i: Array, v: Array) -> Array:
        shapes = [tuple(int(n) for n in xp.shape(value)) for value in (x, i, v)]
        x_shape, i_shape, v_shape = shapes
        if len(i_shape) != 1:
            text = ",".join(map(str, i_shape))
            raise InvalidArgumentError(None, None, f"i must be a vector. [{text}]")
        if v_shape != (i_shape[0], *x_shape[1:]):
            texts = [f"[{','.join(map(str, shape))}]" for shape in (i_shape, v_shape)]
            raise InvalidArgumentError(
                None, None, f"i and x shape doesn't match at index 0: {' vs. '.join(texts)}"
            )
        rows = xp.floormod(i, np.asarray(x_shape[0], np.int32))
        return xp.scatter(x, rows, v, mode)

    op_def.kernel(kernel)
    return op_def


INPLACE_UPDATE = _inplace("InplaceUpdate", "set")
INPLACE_ADD = _inplace("InplaceAdd", "add")
INPLACE_SUB = _inplace("InplaceSub", "subtract")


def _changed(op_def: OpDef, x: Any, i: Any, v: Any) -> Tensor:
    x, v = convert_to_tensor(x), convert_to_tensor(v, x.dtype.base_dtype)
    result: Tensor
    if i is None:
        flat = reshape(x, [1, -1])
        result = reshape(op_def(flat, [0], reshape(v, [1, -1])), shape_of(x))
        return result
    i = cast(i, dtypes.int32)
    if i.get_shape().ndims == 0:
        result = op_def(x, reshape(i, [1]), expand_dims(v, 0))
    else:
        result = op_def(x, i, v)
    return result


def alias_inplace_update(x: Any, i: Any, v: Any) -> Tensor:
    """`x` with row, or rows, `i` replaced by `v`; all of it when `i` is None."""
    return _changed(INPLACE_UPDATE, x, i, v)


def alias_inplace_add(x: Any, i: Any, v: Any) -> Tensor:
    """`x` with `v` added to row, or rows, `i`; to all of it when `i` is None."""
    return _changed(INPLACE_ADD, x, i, v)


def alias_inplace_sub(x: Any, i: Any, v: Any) -> Tensor:
    """`x` with `v` taken from row, or rows, `i`; from all of it when `i` is None."""
    return _changed(INPLACE_SUB, x, i, v)


def inplace_update(x: Any, i: Any, v: Any) -> Tensor:
    """As `alias_inplace_update`, on a copy of `x`."""
    return alias_inplace_update(DEEP_COPY(x), i, v)


def inplace_add(x: Any, i: Any, v: Any) -> Tensor:
    """As `alias_inplace_add`, on a copy of `x`."""
    return alias_inplace_add(DEEP_COPY(x), i, v)


def inplace_sub(x: Any, i: Any, v: Any) -> Tensor:
    """As `alias_inplace_sub`, on a copy of `x`."""
    return alias_inplace_sub(DEEP_COPY(x), i, v)
