"""V2 checkpoints: a sorted table `P.index` and raw data in `P.data-NNNNN-of-MMMMM`.

The index maps each name to its dtype, shape and place in a data file. A partitioned tensor has an
entry with its whole shape and the list of its slices, and one more entry per slice under a binary
key (`wire.slice_key`).

Reference: TensorFlow 1.15, tensorflow/core/util/tensor_bundle/tensor_bundle.cc.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

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
)
from evergraph.formats.crc32c import mask
from evergraph.formats.table import TableReader, TableWriter
from evergraph.formats.tfrecord import open_error
from evergraph.formats.wire import slice_key

VERSION: Final = 1  # of the format, as the header states it


def index_path(prefix: str) -> str:
    """The index file of the checkpoint `prefix`."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int, num_shards: int) -> str:
    """A data file of the checkpoint `prefix`."""
    return f"{prefix}.data-{shard:05d}-of-{num_shards:05d}"


def make_folder(path: str) -> None:
    """Make the folder of `path` unless it's there; the one above must be.

    Raises:
        NotFoundError: the folder above isn't there.
    """
    folder = Path(path).parent
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise open_error(folder, error) from None


class BundleWriter:
    """Writes a V2 checkpoint of one shard; nothing is seen under its name before `finish`.

    Args:
        prefix: path of the checkpoint without `.index`. Its folder is made if the one above it
            is there.
    """

    def __init__(self, prefix: str) -> None:
        """Open the data file under a temporary name."""
        self._prefix = os.fspath(prefix)
        make_folder(self._prefix)
        self._suffix = f".tempstate{uuid.uuid4().int % 2**64}"
        self._data_path = data_path(self._prefix, 0, 1)
        try:
            self._file: BinaryIO = Path(self._data_path + self._suffix).open("wb")  # noqa: SIM115
        except OSError as error:
            raise open_error(self._data_path + self._suffix, error) from None
        self._offset = 0
        self._entries: dict[bytes, Any] = {}

    def add(self, name: str, array: np.ndarray, dtype: DType | None = None) -> None:
        """Append a tensor.

        Args:
            name: its name.
            array: its value.
            dtype: its type, by default that of `array`.

        Raises:
            InvalidArgumentError: there is one of that name.
        """
        self._add(name.encode(), np.asarray(array), dtype)

    def add_slice(
        self,
        name: str,
        shape: tuple[int, ...],
        extents: Extents,
        array: np.ndarray,
        dtype: DType | None = None,
    ) -> None:
        """Append the slice `extents` of the tensor `name`, which is of `shape` as a whole."""
        array = np.asarray(array)
        key = name.encode()
        whole = self._entries.get(key)
        if whole is None:
            whole = self._new_entry(key, dtype or dtypes.as_dtype(array.dtype), shape)
        set_extents(whole.slices.add(), extents)
        self._add(slice_key(name, extents), array, dtype)

    def _new_entry(self, key: bytes, dtype: DType, shape: tuple[int, ...]) -> Any:
        if key in self._entries or not key:
            message = f"Adding duplicate key: {key.decode(errors='replace')}"
            raise errors.InvalidArgumentError(None, None, message)
        entry = protos.BundleEntryProto(dtype=dtype.base_dtype.as_datatype_enum)
        entry.shape.SetInParent()
        for size in shape:
            entry.shape.dim.add(size=size)
        self._entries[key] = entry
        return entry

    def _add(self, key: bytes, array: np.ndarray, dtype: DType | None) -> None:
        dtype = (dtype or dtypes.as_dtype(array.dtype)).base_dtype
        entry = self._new_entry(key, dtype, array.shape)
        data, crc = tensor_bytes.encode(array, dtype)
        entry.offset = self._offset
        entry.size = len(data)
        entry.crc32c = mask(crc)
        self._file.write(data)
        self._offset += len(data)

    def finish(self) -> None:
        """Write the index and give both files their names."""
        self._file.close()
        Path(self._data_path + self._suffix).replace(self._data_path)
        _write_index(self._prefix, self._entries, 1, self._suffix)

    def abandon(self) -> None:
        """Delete what was written."""
        self._file.close()
        Path(self._data_path + self._suffix).unlink(missing_ok=True)


def _write_index(prefix: str, entries: dict[bytes, Any], num_shards: int, suffix: str) -> None:
    path = Path(index_path(prefix))
    unfinished = Path(f"{path}{suffix}")
    header = protos.BundleHeaderProto(num_shards=num_shards)
    header.version.producer = VERSION
    with unfinished.open("wb") as file:
        table = TableWriter(file)
        table.add(b"", header.SerializeToString())
        for key in sorted(entries):
            table.add(key, entries[key].SerializeToString())
        table.finish()
    unfinished.replace(path)


class BundleReader:
    """Reads a V2 checkpoint.

    Args:
        prefix: path of the checkpoint without `.index`.

    Attributes:
        entries: the tensors by name, in the order of the names.

    Raises:
        NotFoundError: there is no such checkpoint.
        DataLossError: the index is damaged.
    """

    def __init__(self, prefix: str) -> None:
        """Read the index."""
        self._prefix = os.fspath(prefix)
        table = TableReader(index_path(self._prefix))
        try:
            self._stored = dict(table)
        finally:
            table.close()
        header = protos.BundleHeaderProto.FromString(self._stored.pop(b"", b""))
        if header.endianness != protos.BundleHeaderProto.LITTLE:
            message = f"{self._prefix} is big-endian"
            raise errors.UnimplementedError(None, None, message)
        self._num_shards = header.num_shards
        self._files: dict[int, BinaryIO] = {}
        self.entries: dict[str, TensorEntry] = {}
        for key, data in self._stored.items():
            if not key.startswith(b"\0"):
                entry = protos.BundleEntryProto.FromString(data)
                self.entries[key.decode(errors="surrogateescape")] = TensorEntry(
                    dtypes.as_dtype(entry.dtype),
                    tuple(dim.size for dim in entry.shape.dim),
                    tuple(map(extents_of, entry.slices)),
                )

    def entry(self, name: str) -> TensorEntry:
        """The entry of the tensor `name`; NotFoundError when there is none."""
        try:
            return self.entries[name]
        except KeyError:
            message = f"Key {name} not found in checkpoint"
            raise errors.NotFoundError(None, None, message) from None

    def read(self, name: str) -> np.ndarray:
        """The whole tensor `name`."""
        entry = self.entry(name)
        if entry.slices:
            return self.read_slice(name, ((0, -1),) * len(entry.shape))
        return self._read(name.encode(errors="surrogateescape"))

    def read_slice(self, name: str, extents: Extents) -> np.ndarray:
        """The slice `extents` of the tensor `name`, however it's stored."""
        entry = self.entry(name)
        if not entry.slices:
            whole = ((0, -1),) * len(entry.shape)
            stored = TensorEntry(entry.dtype, entry.shape, (whole,))
            return assemble(stored, extents, lambda _: self.read(name))
        return assemble(entry, extents, lambda part: self._read(slice_key(name, part)))

    def _read(self, key: bytes) -> np.ndarray:
        if key not in self._stored:
            message = f"Key {key.decode(errors='replace')} not found in checkpoint"
            raise errors.NotFoundError(None, None, message)
        entry = protos.BundleEntryProto.FromString(self._stored[key])
        if entry.shard_id not in self._files:
            path = data_path(self._prefix, entry.shard_id, self._num_shards)
            try:
                self._files[entry.shard_id] = Path(path).open("rb")  # noqa: SIM115
            except OSError as error:
                raise open_error(path, error) from None
        file = self._files[entry.shard_id]
        file.seek(entry.offset)
        data = file.read(entry.size)
        if len(data) < entry.size:
            message = f"{file.name} ends before byte {entry.offset + entry.size}"
            raise errors.DataLossError(None, None, message)
        shape = tuple(dim.size for dim in entry.shape.dim)
        return tensor_bytes.decode(data, dtypes.as_dtype(entry.dtype), shape, entry.crc32c)

    def close(self) -> None:
        """Close the data files."""
        for file in self._files.values():
            file.close()
        self._files.clear()


def merge_bundles(
    prefixes: Sequence[str], destination: str, delete_old_folders: bool = False
) -> None:
    """Make one checkpoint of several: data files are moved, the indexes become one.

    Args:
        prefixes: checkpoints that hold different tensors, or different slices of one.
        destination: prefix of the result.
        delete_old_folders: remove the folders of `prefixes` that are empty then.

    Raises:
        InvalidArgumentError: two hold the same tensor, or slices of tensors that differ.
    """
    make_folder(destination)
    merged: dict[bytes, Any] = {}
    moves: list[str] = []
    for prefix in prefixes:
        table = TableReader(index_path(prefix))
        try:
            stored = dict(table)
        finally:
            table.close()
        num_shards = protos.BundleHeaderProto.FromString(stored.pop(b"")).num_shards
        for key, data in stored.items():
            entry = protos.BundleEntryProto.FromString(data)
            if entry.slices and key in merged:
                known = merged[key]
                if known.dtype != entry.dtype or known.shape != entry.shape or not known.slices:
                    message = f"Slices of {key.decode()} belong to different tensors"
                    raise errors.InvalidArgumentError(None, None, message)
                known.slices.extend(entry.slices)
                continue
            if key in merged:
                message = f"Duplicate tensor keyed by {key.decode(errors='replace')} encountered"
                raise errors.InvalidArgumentError(None, None, message)
            if not entry.slices:
                entry.shard_id += len(moves)
            merged[key] = entry
        moves += [data_path(prefix, shard, num_shards) for shard in range(num_shards)]
    for shard, path in enumerate(moves):
        Path(path).replace(data_path(destination, shard, len(moves)))
    _write_index(destination, merged, len(moves), f".tempstate{uuid.uuid4().int % 2**64}")
    for prefix in prefixes:
        Path(index_path(prefix)).unlink()
    if delete_old_folders:
        kept = Path(destination).parent
        for folder in {Path(prefix).parent for prefix in prefixes} - {kept}:
            with contextlib.suppress(OSError):  # not empty
                folder.rmdir()
