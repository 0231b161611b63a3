"""What is written down of a variable: the fields of a VariableDef message, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evergraph.graph.scopes import prepend_name_scope, strip_name_scope


@dataclass(slots=True)
class SaveSliceInfoRecord:
    """The fields of a SaveSliceInfoDef."""

    full_name: str = ""
    full_shape: list[int] = field(default_factory=list)
    var_offset: list[int] = field(default_factory=list)
    var_shape: list[int] = field(default_factory=list)


@dataclass(slots=True)
class VariableRecord:
    """The fields of a VariableDef.

    Attributes:
        variable_name: name of the reference or handle.
        initial_value_name: name of the initial value; empty when there is none.
        initializer_name: name of the operation that assigns it.
        snapshot_name: name of the tensor that reads the variable.
        save_slice_info_def: the part of a larger tensor that the variable is, or None.
        is_resource: whether it is a resource variable.
        trainable, synchronization, aggregation: as given when it was made; the last two as numbers.
    """

    variable_name: str = ""
    initial_value_name: str = ""
    initializer_name: str = ""
    snapshot_name: str = ""
    save_slice_info_def: Any = None
    is_resource: bool = False
    trainable: bool = True
    synchronization: int = 0
    aggregation: int = 0

    def HasField(self, name: str) -> bool:
        """As a message's: whether the message field `name` is there."""
        return getattr(self, name) is not None


# Makes a message of a record; whoever knows the messages fills it in.
make_message: Callable[[Any], Any] | None = None


def as_message(record: Any) -> Any:
    """`record` as a message, or itself as long as messages aren't loaded."""
    return record if make_message is None else make_message(record)


class SaveSliceInfo:
    """Which part of a larger tensor a variable is, for checkpoints.

    Args:
        full_name: name of the whole.
        full_shape: its shape.
        var_offset: where the part begins, along each axis.
        var_shape: the shape of the part.
        save_slice_info_def: a SaveSliceInfoDef to read these from.
        import_scope: scope put before the name that is read.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Any = None,
        var_offset: Any = None,
        var_shape: Any = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if save_slice_info_def:
            self.full_name = prepend_name_scope(save_slice_info_def.full_name, import_scope)
            self.full_shape = list(save_slice_info_def.full_shape)
            self.var_offset = list(save_slice_info_def.var_offset)
            self.var_shape = list(save_slice_info_def.var_shape)
        else:
            self.full_name = full_name
            self.full_shape = full_shape
            self.var_offset = var_offset
            self.var_shape = var_shape

    @property
    def spec(self) -> str:
        """As checkpoints have it: "10 20 0,5:0,20" for the first half of a 10x20 matrix."""
        sizes = "".join(f"{size} " for size in self.full_shape)
        parts = zip(self.var_offset, self.var_shape, strict=True)
        return sizes + ":".join(f"{start},{size}" for start, size in parts)

    def to_record(self, export_scope: str | None = None) -> SaveSliceInfoRecord | None:
        """The fields as plain data; None when it lies outside of `export_scope`."""
        if export_scope is not None and not str(self.full_name).startswith(export_scope):
            return None
        return SaveSliceInfoRecord(
            strip_name_scope(self.full_name, export_scope),
            [int(n) for n in self.full_shape],
            [int(n) for n in self.var_offset],
            [int(n) for n in self.var_shape],
        )

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaveSliceInfoDef message; None when it lies outside of `export_scope`."""
        record = self.to_record(export_scope)
        return None if record is None else as_message(record)
