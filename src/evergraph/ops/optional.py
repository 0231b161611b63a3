"""Optional values: variants that hold tensors, or nothing.

Gradients of If in graphs of TensorFlow carry what a branch computed in them.

Reference: TensorFlow 1.15, tensorflow/core/kernels/data/optional_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import scalar
from evergraph.registry.shape_inference import ShapeContext

OPTIONAL_FROM_VALUE = register_op(
    "OptionalFromValue",
    inputs="components: Toutput_types",
    outputs="optional: variant",
    attrs={"Toutput_types": "list(type) >= 1"},
    shape=scalar,
    host_only=True,
)


def _variant(content: tuple[Array, ...] | None) -> Array:
    result = np.empty((), dtype=object)
    result[()] = content
    return result


@OPTIONAL_FROM_VALUE.kernel
def _optional_from_value(xp: Namespace, components: Sequence[Array]) -> Array:
    return _variant(tuple(components))


@OPTIONAL_FROM_VALUE.gradient
def _optional_from_value_gradient(op: Operation, d_optional: Tensor) -> list[Tensor]:
    types = [x.dtype for x in op.inputs]
    shapes = [x.shape for x in op.inputs]
    result: list[Tensor] = OPTIONAL_GET_VALUE(d_optional, output_types=types, output_shapes=shapes)
    return result


OPTIONAL_NONE = register_op(
    "OptionalNone", outputs="optional: variant", shape=scalar, host_only=True
)


@OPTIONAL_NONE.kernel
def _optional_none(xp: Namespace) -> Array:
    return _variant(None)


OPTIONAL_HAS_VALUE = register_op(
    "OptionalHasValue",
    inputs="optional: variant",
    outputs="has_value: bool",
    shape=scalar,
    host_only=True,
)


@OPTIONAL_HAS_VALUE.kernel
def _optional_has_value(xp: Namespace, optional: Array) -> Array:
    return np.asarray(optional.item() is not None)


def _stated_shapes(c: ShapeContext) -> list[TensorShape]:
    return list(c.attr("output_shapes"))


OPTIONAL_GET_VALUE = register_op(
    "OptionalGetValue",
    inputs="optional: variant",
    outputs="components: output_types",
    attrs={"output_types": "list(type) >= 1", "output_shapes": "list(shape) >= 1"},
    shape=_stated_shapes,
    host_only=True,
)


@OPTIONAL_GET_VALUE.kernel
def _optional_get_value(
    xp: Namespace,
    optional: Array,
    *,
    output_types: Sequence[DType],
    output_shapes: Sequence[TensorShape],
) -> Sequence[Array]:
    content: Any = optional.item()
    has_value = content is not None
    xp.check(has_value, "InvalidArgumentError", "The given optional does not have a value.")
    xp.check(
        len(content) == len(output_types),
        "InvalidArgumentError",
        f"The given optional has {len(content)} components, expected {len(output_types)}",
    )
    for i, (value, dtype, shape) in enumerate(
        zip(content, output_types, output_shapes, strict=True)
    ):
        xp.check(
            value.dtype == dtype.as_numpy_dtype,
            "InvalidArgumentError",
            f"The given optional does not match the expected type for component {i}. Expected: "
            f"{dtype.name}. Actual: {value.dtype.name}.",
        )
        xp.check(
            shape.is_compatible_with(value.shape),
            "InvalidArgumentError",
            f"The given optional does not match the expected shape for component {i}. Expected: "
            f"{shape}. Actual: {list(value.shape)}.",
        )
    return tuple(content)


@OPTIONAL_GET_VALUE.gradient
def _optional_get_value_gradient(op: Operation, *d_components: Tensor) -> Tensor:
    result: Tensor = OPTIONAL_FROM_VALUE(list(d_components))
    return result
