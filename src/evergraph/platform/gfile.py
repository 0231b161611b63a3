"""tf.gfile and tf.io.gfile: files under both generations of names."""

from __future__ import annotations

from typing import Any

from evergraph.platform import file_io

Copy = copy = file_io.copy
DeleteRecursively = rmtree = file_io.delete_recursively
Exists = exists = file_io.file_exists
Glob = glob = file_io.get_matching_files
IsDirectory = isdir = file_io.is_directory
ListDirectory = listdir = file_io.list_directory
MakeDirs = makedirs = file_io.recursive_create_dir
MkDir = mkdir = file_io.create_dir
Remove = remove = file_io.delete_file
Rename = rename = file_io.rename
Stat = stat = file_io.stat
Walk = file_io.walk
walk = file_io.walk_v2


class GFile(file_io.FileIO):
    """A file with TensorFlow's interface; see `FileIO`."""

    def __init__(self, name: Any, mode: str = "r") -> None:
        super().__init__(name, mode)


class FastGFile(GFile):
    """The same as `GFile`."""


Open = GFile
