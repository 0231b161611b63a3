"""String ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Namespace
from evergraph.graph.operation import Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import merge
from evergraph.registry.shape_inference import ShapeContext


def _join_shape(c: ShapeContext) -> TensorShape:
    result = TensorShape(())
    is_known = True
    for shape in c.inputs:
        if shape.ndims is None:
            is_known = False
        elif shape.ndims:
            result = merge(result, shape) if result.ndims else shape
    # An unknown one may be a scalar; where all others are scalars, it decides.
    return result if is_known or result.ndims else TensorShape(None)


STRING_JOIN = register_op(
    "StringJoin",
    inputs="inputs: N * string",
    outputs="output: string",
    attrs={"N": "int >= 1", "separator": "string = ''"},
    shape=_join_shape,
    host_only=True,
).no_gradient()


@STRING_JOIN.kernel
def _string_join(xp: Namespace, inputs: Sequence[np.ndarray], *, separator: bytes) -> np.ndarray:
    shaped = [array for array in inputs if array.ndim]
    for array in shaped:
        xp.check(
            array.shape == shaped[0].shape,
            "InvalidArgumentError",
            "Input shapes do not match: "
            f"[{','.join(map(str, shaped[0].shape))}] vs. [{','.join(map(str, array.shape))}]",
        )
    arrays = np.broadcast_arrays(*inputs)
    result = np.empty(arrays[0].shape, object)
    for index in np.ndindex(result.shape):
        result[index] = separator.join(bytes(array[index]) for array in arrays)
    return result


def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Tensor:
    """The elements of `inputs` end to end, with `separator` between them.

    Args:
        inputs: string tensors of one shape; scalars are repeated.
        separator: what to put between.
        name: name of the operation; "StringJoin" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/string_join_op.cc.
    """
    result: Tensor = STRING_JOIN(inputs, separator=separator, name=name)
    return result
