"""Which part of a partitioned variable an initializer is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def _check_is_sequence(name: str, value: Any) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(
            f"`{name}` must be a sequence (like tuple or list) instead of {type(value).__name__}"
        )


class PartitionInfo:
    """Where a slice lies in its whole.

    Args:
        full_shape: shape of the whole.
        var_offset: where the slice begins, along each axis.

    Raises:
        TypeError: one of them is no sequence.
        ValueError: they don't fit each other.
    """

    def __init__(self, full_shape: Any, var_offset: Any) -> None:
        _check_is_sequence("full_shape", full_shape)
        _check_is_sequence("var_offset", var_offset)
        if len(var_offset) != len(full_shape):
            raise ValueError(
                f"Expected equal length, but `var_offset` is of length {len(var_offset)} while "
                f"full_shape is of length {len(full_shape)}."
            )
        for offset, size in zip(var_offset, full_shape, strict=True):
            if not 0 <= offset < size:
                raise ValueError(
                    f"Expected 0 <= offset < shape but found offset={offset}, shape={size} for "
                    f"var_offset={var_offset}, full_shape={full_shape}"
                )
        self._full_shape = full_shape
        self._var_offset = var_offset

    @property
    def full_shape(self) -> Any:
        """The shape of the whole."""
        return self._full_shape

    @property
    def var_offset(self) -> Any:
        """Where the slice begins, along each axis."""
        return self._var_offset

    def single_offset(self, shape: Any) -> int:
        """Where a slice of `shape` begins along the one axis that is cut; 0 when none is."""
        axis = self.single_slice_dim(shape)
        return 0 if axis is None else int(self.var_offset[axis])

    def single_slice_dim(self, shape: Any) -> int | None:
        """The one axis along which a slice of `shape` is smaller than the whole; None when none is.

        Raises:
            TypeError: `shape` is no sequence.
            ValueError: a slice of `shape` doesn't fit, or is cut along several axes.
        """
        _check_is_sequence("shape", shape)
        if len(shape) != len(self.full_shape):
            raise ValueError(
                f"Expected equal length, but received shape={shape} of length {len(shape)} while "
                f"self.full_shape={self.full_shape} is of length {len(self.full_shape)}."
            )
        found = None
        for axis, size in enumerate(shape):
            if self.var_offset[axis] + size > self.full_shape[axis]:
                raise ValueError(
                    f"With self.var_offset={self.var_offset}, a partition of shape={shape} would "
                    f"exceed self.full_shape={self.full_shape} in dimension {axis}."
                )
        for axis, size in enumerate(shape):
            if size == self.full_shape[axis]:
                continue
            if found is not None:
                raise ValueError(
                    f"Cannot use single_slice_dim() with shape={shape} and "
                    f"self.full_shape={self.full_shape} since slice dim could be either dimension "
                    f"{axis} or {found}."
                )
            found = axis
        return found


_PartitionInfo = PartitionInfo
