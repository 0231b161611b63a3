"""IndexedSlices where a tensor is wanted: their rows summed into a dense tensor.

Reference: TensorFlow 1.15, tensorflow/python/ops/gradients_util.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from evergraph.graph.composite import IndexedSlices
from evergraph.graph.conversion import register_tensor_conversion_function
from evergraph.graph.operation import Tensor
from evergraph.ops.constants import constant_value
from evergraph.registry.op_def import get_op_def

_LARGE = 100_000_000
_WARNING = "Converting sparse IndexedSlices to a dense Tensor"


def _dense(
    value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    if dtype and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype "
            f"{value.dtype.name}"
        )
    shape: Any = value.dense_shape
    if shape is None:
        raise ValueError(
            f"Tensor conversion requested for IndexedSlices without dense_shape: {value}"
        )
    known = constant_value(shape)
    if known is None:
        warnings.warn(
            f"{_WARNING} of unknown shape. This may consume a large amount of memory.",
            stacklevel=4,
        )
    elif np.prod(known, dtype=np.int64) >= _LARGE:
        warnings.warn(
            f"{_WARNING} with {np.prod(known, dtype=np.int64)} elements. This may consume a large "
            "amount of memory.",
            stacklevel=4,
        )
    result: Tensor = get_op_def("UnsortedSegmentSum")(
        value.values, value.indices, shape[0], name=name
    )
    return result


@contextmanager
def made_dense() -> Iterator[None]:
    """A block that makes IndexedSlices dense and knows it: no warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=f"{_WARNING}.*")
        yield


register_tensor_conversion_function(IndexedSlices, _dense)
