"""The state of one session: the values of its variables and the positions of its random streams."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Cell:
    """One place of state. `value` is a NumPy or a JAX array, or None while uninitialised."""

    __slots__ = ("key", "value")

    def __init__(self, key: str) -> None:
        self.key = key
        self.value: Any = None


class ReadWriteLock:
    """Many readers or one writer; the writer's thread may take it again, either way.

    The writer holds the gate through which readers enter, so that taking it costs one lock; opening
    the gate (`release_write`) is all that leaving takes.
    """

    def __init__(self) -> None:
        self._gate = threading.RLock()
        self.release_write = self._gate.release
        self._readers = 0
        self._idle = threading.Condition(threading.Lock())

    def acquire_read(self) -> None:
        """Wait for the writer, then enter."""
        with self._gate, self._idle:
            self._readers += 1

    def release_read(self) -> None:
        """Leave; the last reader lets a waiting writer go on."""
        with self._idle:
            self._readers -= 1
            if self._readers == 0:
                self._idle.notify_all()

    def acquire_write(self) -> None:
        """Close the gate and wait until the readers inside have left."""
        self._gate.acquire()
        if self._readers:
            with self._idle:
                while self._readers:
                    self._idle.wait()


class VariableStore:
    """Cells by key, under one read/write lock.

    A segment that writes records where its results go before it runs (`in_flight`), so that an
    interrupt between the call and the commit loses nothing: the next user of the store completes
    it.
    """

    def __init__(self) -> None:
        self.cells: dict[str, Cell] = {}
        self.lock = ReadWriteLock()
        # (cells, box): the executable's results land in `box` by one C-level call.
        self.in_flight: tuple[list[Cell], list[Any]] | None = None

    def cell(self, key: str) -> Cell:
        """The cell called `key`, made when missing."""
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells.setdefault(key, Cell(key))
        return cell

    def recover(self) -> None:
        """Complete a commit that an interrupt cut short."""
        pending = self.in_flight
        if pending is not None:
            cells, box = pending
            if box:
                for cell, value in zip(cells, box[0][0], strict=True):
                    cell.value = value
            self.in_flight = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the lock for reading."""
        self.lock.acquire_read()
        try:
            if self.in_flight is not None:
                self.recover()
            yield
        finally:
            self.lock.release_read()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock for writing."""
        self.lock.acquire_write()
        try:
            if self.in_flight is not None:
                self.recover()
            yield
        finally:
            self.lock.release_write()

    def commit(self, cells: list[Cell], values: list[Any]) -> None:
        """Put `values` into `cells`, all of them even when an interrupt comes in between."""
        self.in_flight = (cells, [(values,)])
        self.recover()
