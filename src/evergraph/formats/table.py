"""Sorted tables: the file form of a V2 checkpoint's index and of a whole V1 checkpoint.

A table is data blocks, an empty metaindex block, an index block (last key of each data block ->
where it is) and a 48-byte footer. Keys are in bytewise order; within a block each is stored without
what it shares with the key before it, all of it at every 16th entry (a restart).

Reference: TensorFlow 1.15, tensorflow/core/lib/io/table_builder.cc, block.cc and format.cc.
"""

from __future__ import annotations

import bisect
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from evergraph.core import errors
from evergraph.formats.crc32c import crc32c, mask
from evergraph.formats.tfrecord import open_error
from evergraph.formats.wire import read_varint, varint

MAGIC: Final = 0xDB4775248B80FB57
_FOOTER_SIZE: Final = 48
_TRAILER_SIZE: Final = 5  # type byte and masked CRC after each block
_BLOCK_SIZE: Final = 262144  # bytes; a data block is closed once it has so many
_RESTART_INTERVAL: Final = 16
_RAW: Final = 0
_UINT32 = struct.Struct("<I")


class TableWriter:
    """Writes a table to an open file.

    Args:
        file: binary file at its start.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Start with an empty table."""
        self._file = file
        self._offset = 0
        self._data = _BlockBuilder(_RESTART_INTERVAL)
        self._index = _BlockBuilder(1)
        self._last_key = b""
        self._is_empty = True
        self._closed_block: tuple[int, int] | None = None  # its index entry awaits the next key

    def add(self, key: bytes, value: bytes) -> None:
        """Append an entry.

        Raises:
            ValueError: `key` isn't above the last one.
        """
        if not self._is_empty and key <= self._last_key:
            raise ValueError(f"keys must ascend: {key!r} after {self._last_key!r}")
        if self._closed_block is not None:
            self._index.add(_separator(self._last_key, key), _handle(self._closed_block))
            self._closed_block = None
        self._data.add(key, value)
        self._last_key = key
        self._is_empty = False
        if self._data.size >= _BLOCK_SIZE:
            self._closed_block = self._write_block(self._data)
            self._data = _BlockBuilder(_RESTART_INTERVAL)

    def finish(self) -> None:
        """Write what is pending, the index and the footer; the file stays open."""
        if self._data.count:
            self._closed_block = self._write_block(self._data)
        metaindex = self._write_block(_BlockBuilder(_RESTART_INTERVAL))
        if self._closed_block is not None:
            self._index.add(_successor(self._last_key), _handle(self._closed_block))
        index = self._write_block(self._index)
        handles = _handle(metaindex) + _handle(index)
        self._file.write(handles.ljust(_FOOTER_SIZE - 8, b"\0") + struct.pack("<Q", MAGIC))

    def _write_block(self, block: _BlockBuilder) -> tuple[int, int]:
        contents = block.contents()
        kind = bytes([_RAW])
        crc = _UINT32.pack(mask(crc32c(kind, crc32c(contents))))
        self._file.write(contents + kind + crc)
        written = (self._offset, len(contents))
        self._offset += len(contents) + _TRAILER_SIZE
        return written


class _BlockBuilder:
    """The contents of one block, growing."""

    def __init__(self, restart_interval: int) -> None:
        self._interval = restart_interval
        self._parts: list[bytes] = []
        self._length = 0
        self._restarts = [0]
        self._last_key = b""
        self.count = 0

    @property
    def size(self) -> int:
        """Bytes of the block as it stands."""
        return self._length + 4 * len(self._restarts) + 4

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self.count and self.count % self._interval == 0:
            self._restarts.append(self._length)
        elif self.count:
            shared = _shared(self._last_key, key)
        entry = b"".join(
            (varint(shared), varint(len(key) - shared), varint(len(value)), key[shared:], value)
        )
        self._parts.append(entry)
        self._length += len(entry)
        self._last_key = key
        self.count += 1

    def contents(self) -> bytes:
        restarts = [*self._restarts, len(self._restarts)]
        return b"".join(self._parts) + struct.pack(f"<{len(restarts)}I", *restarts)


def _handle(block: tuple[int, int]) -> bytes:
    offset, size = block
    return varint(offset) + varint(size)


def _shared(a: bytes, b: bytes) -> int:
    """How many bytes both begin with."""
    length = min(len(a), len(b))
    if a[:length] == b[:length]:
        return length
    return next(i for i in range(length) if a[i] != b[i])


def _separator(last: bytes, following: bytes) -> bytes:
    """A short key k with last <= k < following."""
    shared = _shared(last, following)
    if shared < min(len(last), len(following)):
        byte = last[shared]
        if byte < 0xFF and byte + 1 < following[shared]:
            return last[:shared] + bytes([byte + 1])
    return last


def _successor(last: bytes) -> bytes:
    """A short key at or above `last`."""
    for i, byte in enumerate(last):
        if byte != 0xFF:
            return last[:i] + bytes([byte + 1])
    return last


class TableReader:
    """Looks up and iterates the entries of a table file.

    Args:
        path: the file.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: the file is no table, or is damaged (also when entries are read).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Read the index."""
        self._path = os.fspath(path)
        try:
            self._file: BinaryIO = Path(path).open("rb")  # noqa: SIM115
        except OSError as error:
            raise open_error(path, error) from None
        try:
            self._read_index()
        except BaseException:
            self._file.close()
            raise

    def _read_index(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        if size < _FOOTER_SIZE:
            raise errors.DataLossError(None, None, "file is too short to be an sstable")
        self._file.seek(size - _FOOTER_SIZE)
        footer = self._file.read(_FOOTER_SIZE)
        if struct.unpack_from("<Q", footer, _FOOTER_SIZE - 8)[0] != MAGIC:
            raise errors.DataLossError(None, None, "not an sstable (bad magic number)")
        _, position = read_varint(footer, 0)
        _, position = read_varint(footer, position)
        index = self._block(footer, position)
        self._last_keys = [key for key, _ in index]
        self._handles = [handle for _, handle in index]
        self._cached: tuple[int, list[tuple[bytes, bytes]]] | None = None

    def _block(self, handle: bytes, position: int = 0) -> list[tuple[bytes, bytes]]:
        offset, position = read_varint(handle, position)
        size, _ = read_varint(handle, position)
        self._file.seek(offset)
        data = self._file.read(size + _TRAILER_SIZE)
        if len(data) < size + _TRAILER_SIZE:
            raise errors.DataLossError(None, None, "truncated block read")
        (crc,) = _UINT32.unpack_from(data, size + 1)
        if mask(crc32c(data[: size + 1])) != crc:
            raise errors.DataLossError(None, None, "block checksum mismatch")
        contents = data[:size]
        if data[size] != _RAW:
            contents = snappy_uncompress(contents) if data[size] == 1 else b""
        try:
            return list(_entries(contents))
        except (IndexError, struct.error):
            raise errors.DataLossError(None, None, "bad entry in block") from None

    def _data_block(self, number: int) -> list[tuple[bytes, bytes]]:
        if self._cached is None or self._cached[0] != number:
            self._cached = (number, self._block(self._handles[number]))
        return self._cached[1]

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, None when it isn't there."""
        number = bisect.bisect_left(self._last_keys, key)
        if number == len(self._last_keys):
            return None
        entries = self._data_block(number)
        position = bisect.bisect_left(entries, key, key=lambda entry: entry[0])
        if position < len(entries) and entries[position][0] == key:
            return entries[position][1]
        return None

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """All (key, value), in the order of the keys."""
        for number in range(len(self._handles)):
            yield from self._data_block(number)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _entries(contents: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The (key, value) of a block."""
    (restarts,) = _UINT32.unpack_from(contents, len(contents) - 4)
    end = len(contents) - 4 - 4 * restarts
    if end < 0:
        raise IndexError
    position = 0
    key = b""
    while position < end:
        shared, position = read_varint(contents, position)
        suffix, position = read_varint(contents, position)
        length, position = read_varint(contents, position)
        if position + suffix + length > end or shared > len(key):
            raise IndexError
        key = key[:shared] + contents[position : position + suffix]
        position += suffix
        yield key, contents[position : position + length]
        position += length


def snappy_uncompress(data: bytes) -> bytes:
    """What `data` is the Snappy form of: files of other builds may have such blocks.

    Raises:
        DataLossError: `data` isn't in that form.
    """
    out = bytearray()
    try:
        size, position = read_varint(data, 0)
        while position < len(data):
            tag = data[position]
            position += 1
            if tag & 3 == 0:  # a literal
                length = tag >> 2
                if length >= 60:
                    width = length - 59
                    length = int.from_bytes(data[position : position + width], "little")
                    position += width
                out += data[position : position + length + 1]
                position += length + 1
                continue
            if tag & 3 == 1:
                length, offset = 4 + ((tag >> 2) & 7), ((tag >> 5) << 8) | data[position]
                position += 1
            else:
                width = 2 if tag & 3 == 2 else 4
                length = 1 + (tag >> 2)
                offset = int.from_bytes(data[position : position + width], "little")
                position += width
            if not 0 < offset <= len(out):
                raise IndexError
            for _ in range(length):  # may overlap what it writes
                out.append(out[-offset])
    except IndexError:
        size = -1
    if len(out) != size:
        raise errors.DataLossError(None, None, "corrupted compressed block contents")
    return bytes(out)
