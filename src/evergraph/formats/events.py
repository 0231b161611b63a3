"""Event files: TFRecords of Event messages, what TensorBoard reads.

Reference: TensorFlow 1.15, tensorflow/core/util/events_writer.cc.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evergraph import protos
from evergraph.formats.tfrecord import RecordWriter, read_records

FILE_VERSION = "brain.Event:2"


class EventsWriter:
    """Writes events to `PREFIX.out.tfevents.SECONDS.HOST`; the file is made with the first write.

    Args:
        prefix: path of the file up to `.out.tfevents`, such as "logs/events".
        suffix: what comes after the host's name.
    """

    def __init__(self, prefix: str, suffix: str = "") -> None:
        """Remember the name; see `open`."""
        self._prefix = os.fspath(prefix)
        self._suffix = suffix
        self._writer: RecordWriter | None = None
        self._path = ""

    @property
    def path(self) -> str:
        """The file's path, "" before it was made."""
        return self._path

    def open(self) -> None:
        """Make the file with its first event, the version, unless that's done."""
        if self._writer is not None:
            return
        now = time.time()
        host = socket.gethostname()
        seconds = int(now)
        while Path(self._name(seconds, host)).exists():
            seconds += 1  # a file of the same second isn't ours to replace
        self._path = self._name(seconds, host)
        self._writer = RecordWriter(self._path)
        self._writer.write(
            protos.Event(wall_time=now, file_version=FILE_VERSION).SerializeToString()
        )
        self._writer.flush()

    def _name(self, seconds: int, host: str) -> str:
        return f"{self._prefix}.out.tfevents.{seconds:010d}.{host}{self._suffix}"

    def write(self, event: Any) -> None:
        """Append an Event message, or a serialized one."""
        data = event if isinstance(event, bytes) else event.SerializeToString()
        if self._writer is not None and not Path(self._path).exists():
            self.close()  # somebody deleted the file: go on in a new one
        self.open()
        assert self._writer is not None
        self._writer.write(data)

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file; the next write makes another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._path = ""


def read_events(path: str | os.PathLike[str]) -> Iterator[Any]:
    """The Event messages of a file, in order.

    Raises:
        DataLossError: a record is cut off or damaged.
        NotFoundError: there is no such file.
    """
    for record in read_records(path):
        yield protos.Event.FromString(record)
