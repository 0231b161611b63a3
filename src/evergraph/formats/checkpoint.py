"""A checkpoint of either version, found by its prefix.

Reference: TensorFlow 1.15, tensorflow/c/checkpoint_reader.cc.
"""

from __future__ import annotations

import os
from pathlib import Path

from evergraph.formats.tensor_bundle import BundleReader, index_path
from evergraph.formats.tensor_slices import SliceReader

Reader = BundleReader | SliceReader
"""Has `entries`, `entry(name)`, `read(name)`, `read_slice(name, extents)` and `close()`."""


def open_checkpoint(prefix: str | os.PathLike[str]) -> Reader:
    """A reader of the checkpoint `prefix`: V2 when `prefix.index` is there, else V1.

    Raises:
        NotFoundError: there is neither.
        DataLossError: a file is damaged.
    """
    path = os.fspath(prefix)
    return BundleReader(path) if Path(index_path(path)).exists() else SliceReader(path)
