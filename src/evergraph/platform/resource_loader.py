"""tf.resource_loader: files that lie beside the program's modules."""

from __future__ import annotations

import sys
from pathlib import Path

from evergraph.platform.file_io import read_file_to_string


def load_resource(path: str) -> bytes:
    """The bytes of the file at `path`, which is relative to the program's first folder."""
    first = sys.path[0] if sys.path else "."
    data: bytes = read_file_to_string(str(Path(first) / path), binary_mode=True)
    return data


def get_data_files_path() -> str:
    """The folder of the module that calls this."""
    return str(Path(sys._getframe(1).f_globals["__file__"]).parent)


def get_root_dir_with_all_resources() -> str:
    """The folder of the module that calls this."""
    return str(Path(sys._getframe(1).f_globals["__file__"]).parent)


def get_path_to_datafile(path: str) -> str:
    """`path`, seen from the folder of the module that calls this."""
    return str(Path(sys._getframe(1).f_globals["__file__"]).parent / path)


def readahead_file_path(path: str, readahead: str = "128M") -> str:
    """`path` itself: there is nothing to prepare."""
    return path
