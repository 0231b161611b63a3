"""Local files with TensorFlow's names and errors: what tf.gfile and tf.io.gfile call."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from evergraph.core import errors
from evergraph.platform.strings import as_bytes, as_str, as_str_any, path_to_str

_MODES = ("r", "w", "a", "r+", "w+", "a+")
_ERRORS = {
    errno.ENOENT: errors.NotFoundError,
    errno.EEXIST: errors.AlreadyExistsError,
    errno.EACCES: errors.PermissionDeniedError,
    errno.EPERM: errors.PermissionDeniedError,
    errno.EINVAL: errors.InvalidArgumentError,
    errno.EISDIR: errors.FailedPreconditionError,
    errno.ENOTDIR: errors.FailedPreconditionError,
    errno.ENOTEMPTY: errors.FailedPreconditionError,
    errno.ENOSPC: errors.ResourceExhaustedError,
}


@contextmanager
def _operating_on(path: str) -> Iterator[None]:
    """Turn the operating system's errors into TensorFlow's."""
    try:
        yield
    except OSError as error:
        kind = _ERRORS.get(error.errno or 0, errors.UnknownError)
        raise kind(None, None, f"{path}; {error.strerror}") from None


def _path(filename: Any) -> str:
    return as_str(path_to_str(filename))


class FileIO:
    """A local file with TensorFlow's interface: text in, text out, or bytes when `mode` has a "b".

    Args:
        name: the file's path.
        mode: "r", "w", "a", "r+", "w+" or "a+", with "b" for bytes.

    Raises:
        InvalidArgumentError: `mode` is none of these.
    """

    def __init__(self, name: Any, mode: str) -> None:
        self._name = name
        self._mode = mode
        self._binary_mode = "b" in mode
        mode = mode.replace("b", "")
        if mode not in _MODES:
            text = "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'"
            raise errors.InvalidArgumentError(None, None, text)
        self._can_read = mode in ("r", "r+", "a+", "w+")
        self._can_write = mode != "r"
        self._is_appending = mode.startswith("a")
        # A reader and a writer, each opened at its first use: making a GFile of a missing file is
        # no error, and what is read is what was there when reading began.
        self._reader: IO[bytes] | None = None
        self._writer: IO[bytes] | None = None

    @property
    def name(self) -> Any:
        """The path that the file was made with."""
        return self._name

    @property
    def mode(self) -> str:
        """The mode that the file was made with."""
        return self._mode

    def _opened(self, mode: str) -> IO[bytes]:
        path = _path(self._name)
        with _operating_on(path):
            # not Path(path): the empty path would become the working folder
            return open(path, mode)  # noqa: PTH123

    def _open_for_reading(self) -> IO[bytes]:
        if not self._can_read:
            raise errors.PermissionDeniedError(None, None, "File isn't open for reading")
        if self._reader is None:
            self._reader = self._opened("rb")
        return self._reader

    def _open_for_writing(self) -> IO[bytes]:
        if not self._can_write:
            raise errors.PermissionDeniedError(None, None, "File isn't open for writing")
        if self._writer is None:
            self._writer = self._opened("ab" if self._is_appending else "wb")
        return self._writer

    def _given(self, data: bytes) -> Any:
        return data if self._binary_mode else as_str_any(data)

    def size(self) -> int:
        """The size in bytes."""
        return stat(self._name).length

    def write(self, file_content: Any) -> None:
        """Append `file_content`, text or bytes."""
        writer = self._open_for_writing()
        data = as_bytes(file_content)
        with _operating_on(_path(self._name)):
            writer.write(data)

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes (all when -1), as text unless the mode has a "b"."""
        file = self._open_for_reading()
        with _operating_on(_path(self._name)):
            return self._given(file.read(n))

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Go to `offset` from the start (whence 0), from here (1) or from the end (2).

        `position` is 0.x's name of `offset`.
        """
        file = self._open_for_reading()
        if offset is None and position is None:
            raise TypeError("seek(): offset argument required")
        if offset is not None and position is not None:
            raise TypeError("seek(): offset and position may not be set simultaneously.")
        target = offset if position is None else position
        assert target is not None
        if whence == 1:
            target += file.tell()
        elif whence == 2:
            target += self.size()
        elif whence != 0:
            text = f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2."
            raise errors.InvalidArgumentError(None, None, text)
        if target < 0:
            text = f"Seeking to a negative position: {target}"
            raise errors.InvalidArgumentError(None, None, text)
        if target > self.size():
            raise errors.OutOfRangeError(None, None, "reached end of file")
        file.seek(target)

    def tell(self) -> int:
        """The current position in bytes: of the reader, or of a file that is only written."""
        return (self._open_for_reading() if self._can_read else self._open_for_writing()).tell()

    def seekable(self) -> bool:
        """Whether `seek` works: always."""
        return True

    def readline(self) -> Any:
        """The next line with its newline; empty at the end of the file."""
        return self._given(self._open_for_reading().readline())

    def readlines(self) -> list[Any]:
        """The remaining lines with their newlines."""
        return list(self)

    def __iter__(self) -> FileIO:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def next(self) -> Any:
        """The next line; StopIteration at the end."""
        return next(self)

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file; the next use opens it anew."""
        for file in (self._reader, self._writer):
            if file is not None:
                file.close()
        self._reader = self._writer = None

    def __enter__(self) -> FileIO:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_writer"):
            self.close()


@dataclass(frozen=True, slots=True)
class FileStatistics:
    """What `stat` tells: bytes, nanoseconds since 1970, is it a directory."""

    length: int
    mtime_nsec: int
    is_directory: bool


def file_exists(filename: Any) -> bool:
    """Whether a file or directory `filename` exists."""
    path = _path(filename)
    return bool(path) and Path(path).exists()


def is_directory(dirname: Any) -> bool:
    """Whether `dirname` is a directory."""
    path = _path(dirname)
    return bool(path) and Path(path).is_dir()


def delete_file(filename: Any) -> None:
    """Delete the file `filename`; NotFoundError if there is none."""
    path = _path(filename)
    with _operating_on(path):
        Path(path).unlink()


def read_file_to_string(filename: Any, binary_mode: bool = False) -> Any:
    """All of the file: text, or bytes with `binary_mode`."""
    with FileIO(filename, "rb" if binary_mode else "r") as file:
        return file.read()


def write_string_to_file(filename: Any, file_content: Any) -> None:
    """Let the file hold `file_content` and nothing else."""
    with FileIO(filename, "w") as file:
        file.write(file_content)


def atomic_write_string_to_file(filename: Any, contents: Any, overwrite: bool = True) -> None:
    """As `write_string_to_file`, but a reader sees the old content or the new, never a part."""
    temporary = f"{_path(filename)}.tmp{uuid.uuid4().hex}"
    write_string_to_file(temporary, contents)
    try:
        rename(temporary, filename, overwrite)
    except errors.OpError:
        delete_file(temporary)
        raise


def get_matching_files(filename: Any) -> list[str]:
    """Paths that match the glob pattern (or any of a list of patterns)."""
    if isinstance(filename, list | tuple):
        return [path for pattern in filename for path in _glob(_path(pattern))]
    return _glob(_path(filename))


def _glob(pattern: str) -> list[str]:
    parts = pattern.split("/")
    found = ["/"] if pattern.startswith("/") else [""]
    for position, part in enumerate(parts):
        if not part:
            continue
        is_last = position == len(parts) - 1
        following = []
        for base in found:
            if not re.search(r"[*?\[\\]", part):
                names = [part] if Path(base + part).exists() else []
            else:
                names = _names_like(base, part)
            following += [base + name for name in names if is_last or Path(base + name).is_dir()]
        found = following if is_last else [path + "/" for path in following]
    return found


def _names_like(base: str, pattern: str) -> list[str]:
    try:
        names = os.listdir(base or ".")  # noqa: PTH208 - names are wanted, not paths
    except OSError:
        return []
    expression = re.compile(fnmatch.translate(re.sub(r"\\(.)", r"[\1]", pattern)))
    return sorted(name for name in names if expression.match(name))


def create_dir(dirname: Any) -> None:
    """Make the directory; nothing happens when it exists, its parent must."""
    path = _path(dirname)
    with _operating_on(path):
        if not Path(path).exists():
            Path(path).mkdir()


def recursive_create_dir(dirname: Any) -> None:
    """Make the directory and all that are missing above it."""
    path = _path(dirname)
    with _operating_on(path):
        if not Path(path).exists():
            Path(path).mkdir(parents=True, exist_ok=True)


def copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copy the file; AlreadyExistsError when `newpath` exists and not `overwrite`."""
    source, target = _path(oldpath), _path(newpath)
    if Path(target).exists() and not overwrite:
        raise errors.AlreadyExistsError(None, None, "file already exists")
    with _operating_on(source):
        shutil.copyfile(source, target)


def rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Rename or move the file; AlreadyExistsError when `newname` exists and not `overwrite`."""
    source, target = _path(oldname), _path(newname)
    if Path(target).exists() and not overwrite:
        raise errors.AlreadyExistsError(None, None, "file already exists")
    with _operating_on(source):
        Path(source).replace(target)


def delete_recursively(dirname: Any) -> None:
    """Delete the directory and all in it."""
    path = _path(dirname)
    if not Path(path).exists():
        raise errors.NotFoundError(None, None, f"{path} not found")
    with _operating_on(path):
        shutil.rmtree(path)


def list_directory(dirname: Any) -> list[str]:
    """Names of what is in the directory, without "." and ".."."""
    path = _path(dirname)
    if not is_directory(path):
        raise errors.NotFoundError(None, None, f"Could not find directory {path}")
    return sorted(os.listdir(path))  # noqa: PTH208 - names are wanted, not paths


def walk(
    top: Any, in_order: bool = True, onerror: Callable[[errors.OpError], Any] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """For each directory below `top` and itself: (path, directories in it, files in it).

    A directory comes before what is in it with `in_order`, else after it.
    """
    path = _path(top)
    try:
        names = list_directory(path)
    except errors.NotFoundError as error:
        if onerror is not None:
            onerror(error)
        return
    folders = [name for name in names if (Path(path) / name).is_dir()]
    here = (path, folders, [name for name in names if name not in set(folders)])
    if in_order:
        yield here
    for name in folders:
        yield from walk(str(Path(path) / name), in_order, onerror)
    if not in_order:
        yield here


def stat(filename: Any) -> FileStatistics:
    """Size, time of the last change and kind of the file or directory."""
    path = _path(filename)
    with _operating_on(path):
        found = Path(path).stat()
    return FileStatistics(found.st_size, found.st_mtime_ns, Path(path).is_dir())


def filecmp(filename_a: Any, filename_b: Any) -> bool:
    """Whether two files hold the same bytes."""
    if stat(filename_a).length != stat(filename_b).length:
        return False
    return Path(_path(filename_a)).read_bytes() == Path(_path(filename_b)).read_bytes()


def file_crc32(filename: Any, block_size: int = 1 << 20) -> str:
    """The CRC-32 of the file, as hexadecimal text."""
    import binascii

    crc = 0
    with Path(_path(filename)).open("rb") as file:
        while block := file.read(block_size):
            crc = binascii.crc32(block, crc)
    return hex(crc & 0xFFFFFFFF)


# What tf.io.gfile has: the same functions with other names of parameters.


def file_exists_v2(path: Any) -> bool:
    """Whether a file or directory is there."""
    return file_exists(path)


def delete_file_v2(path: Any) -> None:
    """Delete a file; NotFoundError if there is none."""
    delete_file(path)


def get_matching_files_v2(pattern: Any) -> list[str]:
    """Paths that match the glob pattern, or any of a list of patterns."""
    return get_matching_files(pattern)


def create_dir_v2(path: Any) -> None:
    """Make a directory; nothing happens when it exists, its parent must."""
    create_dir(path)


def recursive_create_dir_v2(path: Any) -> None:
    """Make a directory and all that are missing above it."""
    recursive_create_dir(path)


def copy_v2(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file; AlreadyExistsError when `dst` exists and not `overwrite`."""
    copy(src, dst, overwrite)


def rename_v2(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Rename or move a file; AlreadyExistsError when `dst` exists and not `overwrite`."""
    rename(src, dst, overwrite)


def delete_recursively_v2(path: Any) -> None:
    """Delete a directory and all in it."""
    delete_recursively(path)


def is_directory_v2(path: Any) -> bool:
    """Whether the path is a directory."""
    return is_directory(path)


def list_directory_v2(path: Any) -> list[str]:
    """Names of what is in a directory, without "." and ".."."""
    return list_directory(path)


def stat_v2(path: Any) -> FileStatistics:
    """Size, time of the last change and kind of a file or directory."""
    return stat(path)


def walk_v2(
    top: Any,
    topdown: bool = True,
    onerror: Callable[[errors.OpError], Any] | None = None,
) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `walk`; `onerror` is called with the error of a directory that can't be listed."""
    return walk(top, topdown, onerror)
