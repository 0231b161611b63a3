"""FileWriter: summaries, graphs and run metadata, written to event files.

Reference: TensorFlow 1.15, tensorflow/python/summary/writer/writer.py and event_file_writer.py.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from evergraph import protos
from evergraph.core.errors import UnsupportedError, explain
from evergraph.formats.events import EventsWriter, read_events
from evergraph.graph.graph import Graph
from evergraph.serialize.graph_def import as_graph_def
from evergraph.serialize.meta_graph import create_meta_graph_def


class EventFileWriter:
    """Writes Event messages to a file of a folder.

    Args:
        logdir: the folder; made when it's missing.
        max_queue: accepted for TensorFlow's sake.
        flush_secs: at least so many seconds between flushes otherwise.
        filename_suffix: end of the file's name.

    Differs from TensorFlow: no thread and no queue. An event is in the file's buffer when
    `add_event` returns, and on disk after the next flush or at the end of the process.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str | None = None,
    ) -> None:
        self._logdir = os.fspath(logdir)
        Path(self._logdir).mkdir(parents=True, exist_ok=True)
        self._flush_secs = flush_secs
        self._suffix = filename_suffix or ""
        self._lock = threading.Lock()
        self._next_flush = 0.0
        self._closed = False
        self._writer = EventsWriter(str(Path(self._logdir) / "events"), self._suffix)

    def get_logdir(self) -> str:
        """The folder."""
        return self._logdir

    def reopen(self) -> None:
        """After `close`: go on, in a new file."""
        self._closed = False

    def add_event(self, event: Any) -> None:
        """Append an Event, unless the writer is closed."""
        with self._lock:
            if self._closed:
                return
            self._writer.write(event)
            now = time.monotonic()
            if now >= self._next_flush:
                self._writer.flush()
                self._next_flush = now + self._flush_secs

    def flush(self) -> None:
        """Hand all events so far to the operating system."""
        with self._lock:
            self._writer.flush()

    def close(self) -> None:
        """Flush and close the file."""
        with self._lock:
            self._writer.close()
            self._closed = True


class SummaryToEventTransformer:
    """Makes events of summaries, graphs and run metadata, and hands them to a writer.

    Args:
        event_writer: has `add_event`.
        graph: a Graph, or a GraphDef, to write at once.
        graph_def: the older way to give a GraphDef.
    """

    def __init__(self, event_writer: Any, graph: Any = None, graph_def: Any = None) -> None:
        self.event_writer = event_writer
        self._session_run_tags: set[str] = set()
        # Of the summaries of one tag only the first keeps its metadata in a file.
        self._seen_summary_tags: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            shown = as_graph_def(graph, add_shapes=True) if isinstance(graph, Graph) else graph
            self.add_meta_graph(create_meta_graph_def(graph_def=graph_def or shown))

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Write a summary.

        Args:
            summary: a Summary message, or the bytes that a summary operation gave.
            global_step: step to show it at.
        """
        if isinstance(summary, bytes):
            summary = protos.Summary.FromString(summary)
        copy = protos.Summary()
        copy.CopyFrom(protos.convert(summary, protos.Summary))
        for value in copy.value:
            if value.tag in self._seen_summary_tags:
                value.ClearField("metadata")
            self._seen_summary_tags.add(value.tag)
        self._add_event(protos.Event(summary=copy), global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Write a SessionLog: the start or stop of a session."""
        log = protos.convert(session_log, protos.SessionLog)
        self._add_event(protos.Event(session_log=log), global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Write a graph, for TensorBoard's graph view.

        Args:
            graph: a Graph, or a GraphDef.
            global_step: step to show it at.
            graph_def: the older way to give a GraphDef.

        Raises:
            ValueError: both are given.
            TypeError: neither is.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        if isinstance(graph, Graph):
            shown = as_graph_def(graph, add_shapes=True)
        else:
            shown = graph if graph is not None else graph_def
            if not (hasattr(shown, "SerializeToString") and hasattr(shown, "node")):
                raise TypeError(
                    "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`"
                )
        self._add_event(protos.Event(graph_def=shown.SerializeToString()), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Write a MetaGraphDef.

        Raises:
            TypeError: it's none.
        """
        if not (hasattr(meta_graph_def, "meta_info_def")):
            raise TypeError(
                f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}"
            )
        data = meta_graph_def.SerializeToString()
        self._add_event(protos.Event(meta_graph_def=data), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Write what a run reported of its cost, under a name.

        Raises:
            ValueError: the name was used before.
        """
        if tag in self._session_run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._session_run_tags.add(tag)
        event = protos.Event()
        event.tagged_run_metadata.tag = tag
        event.tagged_run_metadata.run_metadata = run_metadata.SerializeToString()
        self._add_event(event, global_step)

    def _add_event(self, event: Any, step: Any) -> None:
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)


class FileWriter(SummaryToEventTransformer):
    """Writes summaries and more to an event file of a folder.

    Args:
        logdir: the folder; made when it's missing.
        graph: a Graph to write at once.
        max_queue: accepted for TensorFlow's sake.
        flush_secs: seconds between flushes.
        graph_def: the older way to give a GraphDef.
        filename_suffix: end of the file's name.
        session: not supported.

    The file is called `events.out.tfevents.SECONDS.HOST`, and made with the first event.

    Reference: TensorFlow 1.15, tensorflow/python/summary/writer/writer.py.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        if session is not None:
            raise UnsupportedError(
                explain(
                    "FileWriter(session=...) is not supported",
                    fix="leave out `session`: the writer then writes by itself",
                )
            )
        self._closed = False
        writer = EventFileWriter(
            logdir.decode() if isinstance(logdir, bytes) else logdir,
            max_queue,
            flush_secs,
            filename_suffix,
        )
        super().__init__(writer, graph, graph_def)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def get_logdir(self) -> str:
        """The folder."""
        logdir: str = self.event_writer.get_logdir()
        return logdir

    def _warn_if_event_writer_is_closed(self) -> None:
        if self._closed:
            warnings.warn(
                "Attempting to use a closed FileWriter. The operation will be a noop unless the "
                "FileWriter is explicitly reopened.",
                stacklevel=4,
            )

    def _add_event(self, event: Any, step: Any) -> None:
        self._warn_if_event_writer_is_closed()
        super()._add_event(event, step)

    def add_event(self, event: Any) -> None:
        """Write an Event message."""
        self._warn_if_event_writer_is_closed()
        self.event_writer.add_event(event)

    def flush(self) -> None:
        """Hand all events so far to the operating system, so that TensorBoard sees them."""
        self._warn_if_event_writer_is_closed()
        self.event_writer.flush()

    def close(self) -> None:
        """Flush and close the file; what is added later is dropped, with a warning."""
        self.event_writer.close()
        self._closed = True

    def reopen(self) -> None:
        """After `close`: go on, in a new file."""
        self.event_writer.reopen()
        self._closed = False


class FileWriterCache:
    """One FileWriter for each folder, process-wide."""

    _cache: ClassVar[dict[Any, FileWriter]] = {}
    _lock = threading.RLock()

    @staticmethod
    def clear() -> None:
        """Close and forget all writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache = {}

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The writer of `logdir`, which writes the default graph when it's made."""
        from evergraph.graph.scopes import get_default_graph

        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(logdir, graph=get_default_graph())
            return FileWriterCache._cache[logdir]


def summary_iterator(path: str | os.PathLike[str]) -> Any:
    """The Event messages of an event file, in order."""
    return read_events(path)
