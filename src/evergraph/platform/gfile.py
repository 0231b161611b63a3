"""tf.gfile and tf.io.gfile: files under both generations of names."""

from __future__ import annotations

from typing import Any

from evergraph.platform import file_io

Copy = file_io.copy
DeleteRecursively = file_io.delete_recursively
Exists = file_io.file_exists
Glob = file_io.get_matching_files
IsDirectory = file_io.is_directory
ListDirectory = file_io.list_directory
MakeDirs = file_io.recursive_create_dir
MkDir = file_io.create_dir
Remove = file_io.delete_file
Rename = file_io.rename
Stat = file_io.stat
Walk = file_io.walk
copy = file_io.copy_v2
rmtree = file_io.delete_recursively_v2
exists = file_io.file_exists_v2
glob = file_io.get_matching_files_v2
isdir = file_io.is_directory_v2
listdir = file_io.list_directory_v2
makedirs = file_io.recursive_create_dir_v2
mkdir = file_io.create_dir_v2
remove = file_io.delete_file_v2
rename = file_io.rename_v2
stat = file_io.stat_v2
walk = file_io.walk_v2


class GFile(file_io.FileIO):
    """A file with TensorFlow's interface; see `FileIO`."""

    def __init__(self, name: Any, mode: str = "r") -> None:
        super().__init__(name, mode)


class FastGFile(GFile):
    """The same as `GFile`."""


Open = GFile
