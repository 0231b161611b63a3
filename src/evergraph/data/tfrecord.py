"""tf.python_io: TFRecord files under TensorFlow's names.

Reference: TensorFlow 1.15, tensorflow/python/lib/io/tf_record.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Any, ClassVar, Self

from evergraph.core import errors
from evergraph.formats.tfrecord import GZIP, PLAIN, ZLIB, RecordWriter, read_records


class TFRecordCompressionType:
    """The kinds of compression."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


class TFRecordOptions:
    """How a TFRecord file is compressed.

    Args:
        compression_type: "GZIP", "ZLIB", "" or None, a value of TFRecordCompressionType, or other
            options to take it from.
        flush_mode: accepted for TensorFlow's sake.
        input_buffer_size: accepted for TensorFlow's sake.
        output_buffer_size: accepted for TensorFlow's sake.
        window_bits: accepted for TensorFlow's sake.
        compression_level: 0 to 9, zlib's default when None.
        compression_method: accepted for TensorFlow's sake.
        mem_level: accepted for TensorFlow's sake.
        compression_strategy: accepted for TensorFlow's sake.

    Raises:
        ValueError: no such compression.
    """

    compression_type_map: ClassVar[dict[int, str]] = {
        TFRecordCompressionType.ZLIB: ZLIB,
        TFRecordCompressionType.GZIP: GZIP,
        TFRecordCompressionType.NONE: PLAIN,
    }

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The compression that `options` (or a compression type) says: "", "GZIP" or "ZLIB".

        Raises:
            ValueError: no such compression.
        """
        if not options:
            return PLAIN
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        name = cls.compression_type_map.get(options, options)
        if name not in cls.compression_type_map.values():
            raise ValueError(f'Not a valid compression_type: "{options}"')
        return str(name)


class TFRecordWriter:
    """Writes records to a TFRecord file, replacing it.

    Args:
        path: the file.
        options: TFRecordOptions, or the name of a compression.

    Raises:
        NotFoundError: the folder isn't there.
        ValueError: no such compression.

    Reference: TensorFlow 1.15, tensorflow/python/lib/io/tf_record.py.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        compression = TFRecordOptions.get_compression_type_string(options)
        level = getattr(options, "compression_level", None)
        name = path.decode() if isinstance(path, bytes) else os.fspath(path)
        self._writer = RecordWriter(name, compression, -1 if level is None else level)
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, record: bytes) -> None:
        """Append one record.

        Raises:
            FailedPreconditionError: the writer is closed.
            TypeError: `record` isn't bytes.
        """
        self._check_open()
        if not isinstance(record, bytes | bytearray | memoryview):
            raise TypeError(f"expected bytes, {type(record).__name__} found")
        self._writer.write(bytes(record))

    def flush(self) -> None:
        """Hand all records so far to the operating system."""
        self._check_open()
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
        self._is_closed = True

    def _check_open(self) -> None:
        if self._is_closed:
            message = "Writer not initialized or previously closed"
            raise errors.FailedPreconditionError(None, None, message)


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of a TFRecord file, in order.

    Args:
        path: the file.
        options: TFRecordOptions, or the name of a compression.

    Raises:
        DataLossError: a record is cut off or damaged.
        NotFoundError: there is no such file.

    Reference: TensorFlow 1.15, tensorflow/python/lib/io/tf_record.py.
    """
    compression = TFRecordOptions.get_compression_type_string(options)
    return read_records(path.decode() if isinstance(path, bytes) else path, compression)
