"""TFRecord files: byte strings, each between its length and checksums; plain, GZIP or ZLIB.

A record is: length (uint64), masked CRC of these 8 bytes, the bytes, masked CRC of the bytes; all
little-endian. Compression is of the stream as a whole.

Reference: TensorFlow 1.15, tensorflow/core/lib/io/record_reader.cc and record_writer.cc.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from evergraph.core import errors
from evergraph.formats.crc32c import crc32c, mask, masked_crc32c

PLAIN: Final = ""
GZIP: Final = "GZIP"
ZLIB: Final = "ZLIB"

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_CHUNK: Final = 1 << 18  # bytes read from the file at a time
_WINDOW_BITS: Final = {GZIP: 31, ZLIB: 15}  # zlib's: 15 bits of window, 16 more ask for gzip


def frame(record: bytes) -> bytes:
    """`record` as it stands in a file."""
    length = len(record).to_bytes(8, "little")
    return b"".join(
        (length, _FOOTER.pack(masked_crc32c(length)), record, _FOOTER.pack(masked_crc32c(record)))
    )


class RecordWriter:
    """Writes records to a file, replacing it.

    Args:
        path: the file.
        compression: PLAIN, GZIP or ZLIB.
        level: zlib's compression level, 0 to 9; -1 for its default.
        append: keep what the file holds.

    Raises:
        NotFoundError: the folder isn't there.
        InvalidArgumentError: no such compression.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        compression: str = PLAIN,
        level: int = -1,
        append: bool = False,
    ) -> None:
        """Open the file."""
        check_compression(compression)
        try:
            self._file: BinaryIO = Path(path).open("ab" if append else "wb")  # noqa: SIM115
        except OSError as error:
            raise open_error(path, error) from None
        self._compressor = (
            zlib.compressobj(level, zlib.DEFLATED, _WINDOW_BITS[compression])
            if compression
            else None
        )

    def write(self, record: bytes) -> None:
        """Append one record."""
        if self._file.closed:
            raise errors.FailedPreconditionError(None, None, "Writer is closed.")
        data = frame(record)
        self._file.write(self._compressor.compress(data) if self._compressor else data)

    def flush(self) -> None:
        """Hand all records so far to the operating system."""
        if self._file.closed:
            raise errors.FailedPreconditionError(None, None, "Writer is closed.")
        if self._compressor is not None:
            self._file.write(self._compressor.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def close(self) -> None:
        """End the stream and close the file; a second call does nothing."""
        if self._file.closed:
            return
        if self._compressor is not None:
            self._file.write(self._compressor.flush())
        self._file.close()

    def __enter__(self) -> Self:
        """The writer."""
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()


class RecordReader:
    """Reads the records of a file in order; iterate it, or call `read` until OutOfRangeError.

    Args:
        path: the file.
        compression: PLAIN, GZIP or ZLIB.
        offset: where the first record starts; only 0 if compressed.

    Attributes:
        offset: where the next record starts, in the uncompressed stream (bytes).

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: no such compression.
    """

    def __init__(
        self, path: str | os.PathLike[str], compression: str = PLAIN, offset: int = 0
    ) -> None:
        """Open the file."""
        check_compression(compression)
        try:
            self._file: BinaryIO = Path(path).open("rb")  # noqa: SIM115
        except OSError as error:
            raise open_error(path, error) from None
        self._inflate = _Inflater(self._file, compression) if compression else None
        self.offset = offset
        if offset:
            self._file.seek(offset)

    def _take(self, size: int) -> bytes:
        return self._inflate.read(size) if self._inflate else self._file.read(size)

    def read(self) -> bytes:
        """The next record.

        Raises:
            OutOfRangeError: there are no more; a file that grows may have more later.
            DataLossError: the record is cut off or damaged.
        """
        start = self.offset
        header = self._take(_HEADER.size)
        if not header:
            raise errors.OutOfRangeError(None, None, "eof")
        if len(header) < _HEADER.size:
            self._return_to(start)
            raise errors.DataLossError(None, None, f"truncated record at {start}")
        length, length_crc = _HEADER.unpack(header)
        if mask(crc32c(header[:8])) != length_crc:
            raise errors.DataLossError(None, None, f"corrupted record at {start}")
        body = self._take(length + _FOOTER.size)
        if len(body) < length + _FOOTER.size:
            self._return_to(start)
            raise errors.DataLossError(None, None, f"truncated record at {start}")
        record = body[:length]
        if mask(crc32c(record)) != _FOOTER.unpack_from(body, length)[0]:
            message = f"corrupted record at {start + _HEADER.size}"
            raise errors.DataLossError(None, None, message)
        self.offset = start + _HEADER.size + length + _FOOTER.size
        return record

    def _return_to(self, offset: int) -> None:
        if self._inflate is None:
            self._file.seek(offset)

    def __iter__(self) -> Iterator[bytes]:
        """The records that are left."""
        while True:
            try:
                record = self.read()
            except errors.OutOfRangeError:
                return
            yield record

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """The reader."""
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()


class _Inflater:
    """The uncompressed stream of a GZIP or ZLIB file; members of a file follow one another."""

    def __init__(self, file: BinaryIO, compression: str) -> None:
        self._file = file
        self._window_bits = _WINDOW_BITS[compression]
        self._decompressor = zlib.decompressobj(self._window_bits)
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._ready) < size:
            data = self._decompressor.unused_data or self._file.read(_CHUNK)
            if not data:
                break
            if self._decompressor.eof:
                self._decompressor = zlib.decompressobj(self._window_bits)
            try:
                self._ready += self._decompressor.decompress(data)
            except zlib.error as error:
                message = f"inflate() failed with error: {error}"
                raise errors.DataLossError(None, None, message) from None
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken


def read_records(path: str | os.PathLike[str], compression: str = PLAIN) -> Iterator[bytes]:
    """The records of a file; the file is open as long as the iteration lasts."""
    with RecordReader(path, compression) as reader:
        yield from reader


def check_compression(compression: str) -> None:
    """Raise InvalidArgumentError unless this module knows `compression`."""
    if compression and compression not in _WINDOW_BITS:
        message = f"Unsupported compression_type:{compression}."
        raise errors.InvalidArgumentError(None, None, message)


def open_error(path: str | os.PathLike[str], error: OSError) -> errors.OpError:
    """The `tf.errors` exception for a file that couldn't be opened."""
    classes: dict[type[OSError], Any] = {
        FileNotFoundError: errors.NotFoundError,
        PermissionError: errors.PermissionDeniedError,
        FileExistsError: errors.AlreadyExistsError,
        IsADirectoryError: errors.FailedPreconditionError,
        NotADirectoryError: errors.FailedPreconditionError,
    }
    failure: errors.OpError = classes.get(type(error), errors.UnknownError)(
        None, None, f"{os.fspath(path)}; {error.strerror}"
    )
    return failure
