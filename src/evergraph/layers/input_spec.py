"""InputSpec: what a layer demands of its inputs before it is built or called.

Reference: TensorFlow 1.15, tensorflow/python/keras/engine/input_spec.py.
"""

from __future__ import annotations

from typing import Any

from evergraph.core import dtypes, nest


class InputSpec:
    """Rank, dtype and sizes that an input must have.

    Args:
        dtype: type of the elements; any when None.
        shape: sizes, None where any will do.
        ndim: the rank; any when None. Follows from `shape` where that is given.
        max_ndim: the highest rank.
        min_ndim: the lowest rank.
        axes: axis -> size.

    Raises:
        TypeError: a key of `axes` isn't an integer.
        ValueError: `axes` names an axis that the rank doesn't have.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Any = None,
    ) -> None:
        self.dtype = dtypes.as_dtype(dtype).name if dtype is not None else None
        self.shape = shape
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError):
            raise TypeError("The keys in axes must be integers.") from None
        if self.axes and (self.ndim is not None or self.max_ndim is not None):
            highest = (self.ndim or self.max_ndim or 0) - 1
            if max(self.axes) > highest:
                raise ValueError(
                    f"Axis {max(self.axes)} is greater than the maximum allowed value: {highest}"
                )

    def __repr__(self) -> str:
        given = [f"{name}={value}" for name, value in self.get_config().items() if value]
        return f"InputSpec({', '.join(given)})"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal spec."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """The spec with the arguments `config`."""
        return cls(**config)


def assert_input_compatibility(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """Demand that `inputs` are what `input_spec` says.

    Args:
        input_spec: a spec, a structure of specs, or None where any inputs will do.
        inputs: a tensor or a structure of tensors.
        layer_name: named in errors.

    Raises:
        ValueError: an input has the wrong rank, dtype or size, or their number is wrong.
    """
    if not input_spec:
        return
    given = nest.flatten(inputs)
    specs = nest.flatten(input_spec)
    if len(given) != len(specs):
        raise ValueError(
            f"Layer {layer_name} expects {len(specs)} inputs, but it received {len(given)} input "
            f"tensors. Inputs received: {given}"
        )
    for index, (tensor, spec) in enumerate(zip(given, specs, strict=True)):
        if spec is not None:
            _check(spec, tensor, index, layer_name)


def _check(spec: InputSpec, tensor: Any, index: int, layer_name: str) -> None:
    start = f"Input {index} of layer {layer_name} is incompatible with the layer: "
    ndim = tensor.shape.ndims
    limits = (spec.ndim, spec.min_ndim, spec.max_ndim)
    if ndim is None:
        if limits != (None, None, None):
            raise ValueError(
                f"{start}its rank is undefined, but the layer requires a defined rank."
            )
        sizes = None
    else:
        sizes = tensor.shape.as_list()
        received = f"Full shape received: {sizes}"
        if spec.ndim is not None and ndim != spec.ndim:
            raise ValueError(f"{start}expected ndim={spec.ndim}, found ndim={ndim}. {received}")
        if spec.max_ndim is not None and ndim > spec.max_ndim:
            raise ValueError(f"{start}expected max_ndim={spec.max_ndim}, found ndim={ndim}")
        if spec.min_ndim is not None and ndim < spec.min_ndim:
            raise ValueError(
                f"{start}: expected min_ndim={spec.min_ndim}, found ndim={ndim}. {received}"
            )
    if spec.dtype is not None and tensor.dtype != spec.dtype:
        raise ValueError(f"{start}expected dtype={spec.dtype}, found dtype={tensor.dtype}")
    if sizes is None:
        return
    for axis, size in spec.axes.items():
        wanted = getattr(size, "value", size)
        if wanted is not None and sizes[axis] not in {wanted, None}:
            raise ValueError(
                f"{start}expected axis {axis} of input shape to have value {wanted} but received "
                f"input with shape {sizes}"
            )
    if spec.shape is not None:
        for wanted, size in zip(spec.shape, sizes, strict=False):
            if wanted is not None and size is not None and wanted != size:
                raise ValueError(
                    f"Input {index} is incompatible with layer {layer_name}: expected "
                    f"shape={spec.shape}, found shape={sizes}"
                )
