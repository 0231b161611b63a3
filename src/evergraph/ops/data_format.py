"""Axes and sizes from one order of a picture's axes to another."""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.dtypes import INDEX
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import unchanged


def _positions(xp: Namespace, src_format: bytes, dst_format: bytes) -> list[int]:
    """Where each axis of the first order is in the second."""
    source, target = src_format.decode(), dst_format.decode()
    for which, name, text in (("Source", "src", source), ("Destination", "dst", target)):
        xp.check(
            len(text) in (4, 5),
            "InvalidArgumentError",
            f"{which} format must be of length 4 or 5, received {name}_format = {text}",
        )
    is_permutation = len(set(source)) == len(source) and sorted(source) == sorted(target)
    xp.check(
        is_permutation,
        "InvalidArgumentError",
        f"Destination and source format must determine a permutation, got {source} and {target}",
    )
    return [target.index(axis) for axis in source]


DATA_FORMAT_DIM_MAP = register_op(
    "DataFormatDimMap",
    inputs="x: T",
    outputs="y: T",
    attrs={
        "T": (INDEX, dtypes.int32),
        "src_format": "string = 'NHWC'",
        "dst_format": "string = 'NCHW'",
    },
    shape=unchanged,
)


@DATA_FORMAT_DIM_MAP.kernel
def _data_format_dim_map(xp: Namespace, x: Array, *, src_format: bytes, dst_format: bytes) -> Array:
    places = np.asarray(_positions(xp, src_format, dst_format), x.dtype)
    # TensorFlow 1.15 counts four axes even where there are five: axis 4 is taken for axis 0.
    return xp.gather(places, xp.floormod(x, 4), 0)


def data_format_dim_map(
    x: Any, src_format: str = "NHWC", dst_format: str = "NCHW", name: str | None = None
) -> Tensor:
    """Find where axes of one order are in another.

    Args:
        x: int32 or int64 axes of `src_format`, any shape.
        src_format: the letters of the axes, such as "NHWC".
        dst_format: the same letters in another order.
        name: name of the operation; "DataFormatDimMap" when None.

    Returns:
        Tensor of the shape and dtype of `x`: the axes in `dst_format`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/data_format_ops.cc.
    """
    result: Tensor = DATA_FORMAT_DIM_MAP(x, src_format=src_format, dst_format=dst_format, name=name)
    return result


DATA_FORMAT_VEC_PERMUTE = register_op(
    "DataFormatVecPermute",
    inputs="x: T",
    outputs="y: T",
    attrs={
        "T": (INDEX, dtypes.int32),
        "src_format": "string = 'NHWC'",
        "dst_format": "string = 'NCHW'",
    },
    shape=unchanged,
)


@DATA_FORMAT_VEC_PERMUTE.kernel
def _data_format_vec_permute(
    xp: Namespace, x: Array, *, src_format: bytes, dst_format: bytes
) -> Array:
    shape = tuple(xp.shape(x))
    text = f"[{','.join(map(str, shape))}]"
    xp.check(
        len(shape) in (1, 2),
        "InvalidArgumentError",
        f"input must be a vector or 2D tensor, but got shape {text}",
    )
    kind = "1D input" if len(shape) == 1 else "First dimension of 2D input"
    xp.check(
        shape[0] == 4,
        "InvalidArgumentError",
        f"{kind} must be of size 4, but got shape {text}",
    )
    xp.check(
        len(shape) == 1 or shape[1] == 2,
        "InvalidArgumentError",
        f"Second dimension of 2D input must be of size 2, but got shape {text}",
    )
    places = _positions(xp, src_format, dst_format)
    return xp.gather(x, np.argsort(places), 0)


def data_format_vec_permute(
    x: Any, src_format: str = "NHWC", dst_format: str = "NCHW", name: str | None = None
) -> Tensor:
    """Put one number, or a pair of them, for each axis in another order.

    Args:
        x: int32 or int64, `[4]` or `[4, 2]`, in the order of `src_format`.
        src_format: the letters of the axes, such as "NHWC".
        dst_format: the same letters in another order.
        name: name of the operation; "DataFormatVecPermute" when None.

    Returns:
        Tensor of the shape and dtype of `x`, in the order of `dst_format`.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/data_format_ops.cc.
    """
    result: Tensor = DATA_FORMAT_VEC_PERMUTE(
        x, src_format=src_format, dst_format=dst_format, name=name
    )
    return result
