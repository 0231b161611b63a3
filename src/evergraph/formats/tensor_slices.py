"""V1 checkpoints: one sorted table that holds descriptions and values alike.

The entry under the empty key lists all tensors with their whole shapes and slices; each slice has
an entry with its values in the typed lists of a TensorProto. A sharded checkpoint is several such
tables, `P-NNNNN-of-MMMMM`; slices of one tensor may lie in different shards.

Reference: TensorFlow 1.15, tensorflow/core/util/tensor_slice_reader.cc and tensor_slice_writer.cc.
"""

from __future__ import annotations

import glob
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from evergraph import protos
from evergraph.core import dtypes, errors
from evergraph.core.dtypes import DType
from evergraph.formats import tensor_bytes
from evergraph.formats.checkpoint_entry import (
    Extents,
    TensorEntry,
    assemble,
    extents_of,
    set_extents,
    slice_shape,
)
from evergraph.formats.table import TableReader, TableWriter
from evergraph.formats.wire import WHOLE, slice_key

VERSION: Final = 1  # of the format, as the meta entry states it

# Which list of TensorProto holds the values of a type; the rest are in int_val.
_LISTS: Final = {
    dtypes.float32: "float_val",
    dtypes.float64: "double_val",
    dtypes.int64: "int64_val",
    dtypes.bool: "bool_val",
    dtypes.string: "string_val",
    dtypes.float16: "half_val",
    dtypes.bfloat16: "half_val",
    dtypes.complex64: "scomplex_val",
    dtypes.complex128: "dcomplex_val",
    dtypes.uint32: "uint32_val",
    dtypes.uint64: "uint64_val",
}


def values_list(dtype: DType) -> str:
    """The field of TensorProto that lists values of `dtype`."""
    return _LISTS.get(dtype.base_dtype, "int_val")


def to_list(array: np.ndarray, dtype: DType) -> list[Any]:
    """The elements of `array` as `values_list(dtype)` keeps them."""
    base = dtype.base_dtype
    flat = np.ascontiguousarray(array).reshape(-1)
    if base is dtypes.string:
        return [tensor_bytes.as_bytes(element) for element in flat]
    if base in (dtypes.float16, dtypes.bfloat16):
        return list(flat.view(np.uint16).tolist())
    if base.is_complex:
        return list(flat.view(base.real_dtype.as_numpy_dtype).tolist())
    if base.is_quantized:
        flat = flat.view(flat.dtype[0]) if flat.dtype.names else flat
    return list(flat.tolist())


def from_list(values: Sequence[Any], dtype: DType) -> np.ndarray:
    """The vector of which `values` is the listed form."""
    base = dtype.base_dtype
    if base is dtypes.string:
        array = np.empty(len(values), object)
        array[:] = values
        return array
    if base in (dtypes.float16, dtypes.bfloat16):
        return np.array(values, np.uint16).view(base.as_numpy_dtype)
    if base.is_complex:
        return np.array(values, base.real_dtype.as_numpy_dtype).view(base.as_numpy_dtype)
    numpy_dtype = np.dtype(base.as_numpy_dtype)
    if numpy_dtype.names:
        return np.array(values, numpy_dtype[0]).view(numpy_dtype)
    return np.array(values, numpy_dtype)


class SliceWriter:
    """Writes a V1 checkpoint file; it appears with `finish`.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        """Start with no tensor."""
        self._path = Path(path)
        self._meta = protos.SavedTensorSlices()
        self._meta.meta.versions.producer = VERSION
        self._by_name: dict[str, Any] = {}
        self._values: dict[bytes, bytes] = {}

    def add(self, name: str, array: np.ndarray, dtype: DType | None = None) -> None:
        """Append a whole tensor."""
        array = np.asarray(array)
        self.add_slice(name, array.shape, (WHOLE,) * array.ndim, array, dtype)

    def add_slice(
        self,
        name: str,
        shape: tuple[int, ...],
        extents: Extents,
        array: np.ndarray,
        dtype: DType | None = None,
    ) -> None:
        """Append the slice `extents` of the tensor `name`, which is of `shape` as a whole.

        Raises:
            InternalError: the slice is there, or belongs to a tensor of another shape or type.
        """
        array = np.asarray(array)
        dtype = (dtype or dtypes.as_dtype(array.dtype)).base_dtype
        if name not in self._by_name:
            description = self._meta.meta.tensor.add(name=name, type=dtype.as_datatype_enum)
            description.shape.SetInParent()
            for size in shape:
                description.shape.dim.add(size=size)
            self._by_name[name] = description
        description = self._by_name[name]
        known = tuple(dim.size for dim in description.shape.dim)
        key = slice_key(name, extents)
        if known != tuple(shape) or description.type != dtype.as_datatype_enum:
            message = f"Mismatching shapes or types: existing tensor {name} of shape {list(known)}"
            raise errors.InternalError(None, None, message)
        if key in self._values:
            message = f"Overlapping slices: existing slice of {name}"
            raise errors.InternalError(None, None, message)
        set_extents(description.slice.add(), extents)
        value = protos.SavedTensorSlices()
        value.data.name = name
        value.data.slice.SetInParent()
        set_extents(value.data.slice, extents)
        value.data.data.SetInParent()
        getattr(value.data.data, values_list(dtype)).extend(to_list(array, dtype))
        self._values[key] = value.SerializeToString()

    def finish(self) -> None:
        """Write the file."""
        unfinished = Path(f"{self._path}.tempstate{uuid.uuid4().int % 2**64}")
        with unfinished.open("wb") as file:
            table = TableWriter(file)
            table.add(b"", self._meta.SerializeToString())
            for key in sorted(self._values):
                table.add(key, self._values[key])
            table.finish()
        unfinished.replace(self._path)


class SliceReader:
    """Reads a V1 checkpoint, sharded or not.

    Args:
        pattern: path of its file, or a pattern that all its files match.

    Attributes:
        entries: the tensors by name.

    Raises:
        NotFoundError: there is no such checkpoint.
        DataLossError: a file is damaged.
    """

    def __init__(self, pattern: str) -> None:
        """Read the descriptions."""
        self._pattern = os.fspath(pattern)
        paths = shard_paths(self._pattern)
        if not paths:
            message = (
                "Unsuccessful TensorSliceReader constructor: "
                f"Failed to find any matching files for {self._pattern}"
            )
            raise errors.NotFoundError(None, None, message)
        self.entries: dict[str, TensorEntry] = {}
        self._tables: list[TableReader] = []
        for path in paths:
            try:
                self._tables.append(TableReader(path))
                self._read_meta(self._tables[-1])
            except errors.DataLossError as error:
                self.close()
                message = f"Unable to open table file {path}: Data loss: {error.message}: "
                raise errors.DataLossError(
                    None,
                    None,
                    message + "perhaps your file is in a different file format and you need to "
                    "use a different restore operator?",
                ) from None

    def _read_meta(self, table: TableReader) -> None:
        data = table.get(b"")
        if data is None:
            raise errors.DataLossError(None, None, "no description of tensors")
        for description in protos.SavedTensorSlices.FromString(data).meta.tensor:
            slices = tuple(map(extents_of, description.slice))
            known = self.entries.get(description.name)
            self.entries[description.name] = TensorEntry(
                dtypes.as_dtype(description.type),
                tuple(dim.size for dim in description.shape.dim),
                (known.slices if known else ()) + slices,
            )

    def entry(self, name: str) -> TensorEntry:
        """The entry of the tensor `name`; NotFoundError when there is none."""
        try:
            return self.entries[name]
        except KeyError:
            message = f'Tensor name "{name}" not found in checkpoint files {self._pattern}'
            raise errors.NotFoundError(None, None, message) from None

    def read(self, name: str) -> np.ndarray:
        """The whole tensor `name`."""
        return self.read_slice(name, (WHOLE,) * len(self.entry(name).shape))

    def read_slice(self, name: str, extents: Extents) -> np.ndarray:
        """The slice `extents` of the tensor `name`, however it's stored."""
        entry = self.entry(name)
        return assemble(entry, extents, lambda part: self._read(name, entry, part))

    def _read(self, name: str, entry: TensorEntry, part: Extents) -> np.ndarray:
        key = slice_key(name, part)
        for table in self._tables:
            data = table.get(key)
            if data is not None:
                break
        else:
            raise errors.DataLossError(None, None, f"No data for a slice of {name}")
        values = getattr(
            protos.SavedTensorSlices.FromString(data).data.data, values_list(entry.dtype)
        )
        shape = slice_shape(part, entry.shape)
        array = from_list(values, entry.dtype)
        if array.size != int(np.prod(shape, dtype=np.int64)):
            raise errors.DataLossError(None, None, f"{name} has {array.size} values for {shape}")
        return array.reshape(shape)

    def close(self) -> None:
        """Close the files."""
        for table in self._tables:
            table.close()


def shard_paths(pattern: str) -> list[str]:
    """The files of the V1 checkpoint `pattern`, sorted."""
    exact = [path for path in _matches(pattern) if not Path(path).is_dir()]
    return exact or _matches(f"{pattern}-?????-of-?????")


def _matches(pattern: str) -> list[str]:
    return sorted({*glob.glob(pattern), *([pattern] if Path(pattern).exists() else [])})  # noqa: PTH207
