"""Looking into checkpoints: CheckpointReader, list_variables, load_variable.

Reference: TensorFlow 1.15, tensorflow/python/training/checkpoint_utils.py and
tensorflow/c/checkpoint_reader.h.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from evergraph import protos
from evergraph.core import errors
from evergraph.core.dtypes import DType
from evergraph.formats.checkpoint import open_checkpoint
from evergraph.formats.tensor_bundle import index_path
from evergraph.training.checkpoint_state import latest_checkpoint
from evergraph.training.older_names import keys_of_older_names

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


class CheckpointReader:
    """Gives the tensors of a checkpoint, of either format, by name.

    Args:
        filename: prefix of the checkpoint.

    Raises:
        NotFoundError: there is no such checkpoint.
        DataLossError: a file is damaged.
    """

    def __init__(self, filename: Any) -> None:
        self._prefix = filename.decode() if isinstance(filename, bytes) else os.fspath(filename)
        self._reader = open_checkpoint(self._prefix)

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shape of each tensor, by name."""
        return {name: list(entry.shape) for name, entry in self._reader.entries.items()}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """The type of each tensor, by name."""
        return {name: entry.dtype for name, entry in self._reader.entries.items()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a tensor of that name."""
        return tensor_str in self._reader.entries

    def get_tensor(self, tensor_str: Any) -> Any:
        """The value of a tensor: an array, or bytes for a scalar of text.

        Raises:
            NotFoundError: there is none of that name.
        """
        name = tensor_str.decode() if isinstance(tensor_str, bytes) else tensor_str
        array = self._reader.read(name)
        if array.dtype == object:
            return array.item() if array.ndim == 0 else array
        return array[()] if array.ndim == 0 else array

    def debug_string(self) -> bytes:
        """A line for each tensor: its name, type and shape."""
        names = {"float32": "float", "float64": "double", "float16": "half"}
        lines = [
            f"{name} (DT_{names.get(entry.dtype.name, entry.dtype.name).upper()}) "
            f"[{','.join(map(str, entry.shape))}]\n"
            for name, entry in sorted(self._reader.entries.items())
        ]
        return "".join(lines).encode()

    def __del__(self) -> None:
        reader = getattr(self, "_reader", None)
        if reader is not None:
            reader.close()


def NewCheckpointReader(filepattern: Any) -> CheckpointReader:
    """A reader of the checkpoint `filepattern`; see `CheckpointReader`."""
    return CheckpointReader(filepattern)


def checkpoint_prefix(ckpt_dir_or_file: Any) -> str:
    """The prefix of a checkpoint: what is given, or the newest one of a folder.

    Raises:
        ValueError: the folder has none.
    """
    path: str = os.fspath(ckpt_dir_or_file)
    if not Path(path).is_dir() or Path(index_path(path)).exists():
        return path
    latest = latest_checkpoint(path)
    if latest is None:
        raise ValueError(
            f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}"
        )
    return latest


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """A reader of a checkpoint, or of the newest one of a folder.

    Raises:
        ValueError: the folder has none.
    """
    return CheckpointReader(checkpoint_prefix(ckpt_dir_or_file))


def load_variable(ckpt_dir_or_file: Any, name: str) -> np.ndarray:
    """The value of the variable `name` of a checkpoint, or of the newest one of a folder."""
    value: np.ndarray = load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))
    return value


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """(name, shape) of each variable of a checkpoint, or of the newest one of a folder."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def object_graph_key_mapping(checkpoint_path: str) -> dict[str, str]:
    """In a checkpoint of 2.x: the name of each variable -> the key of its tensor.

    Raises:
        NotFoundError: the checkpoint names its tensors by variables.
    """
    data = load_checkpoint(checkpoint_path).get_tensor(_OBJECT_GRAPH)
    graph = protos.TrackableObjectGraph.FromString(data)
    found = {
        attribute.full_name: attribute.checkpoint_key
        for node in graph.nodes
        for attribute in node.attributes
    }
    if not found:
        raise errors.NotFoundError(None, None, f"{checkpoint_path} names no variables")
    return found


def older_keys_in_checkpoint(checkpoint_path: str, names: Iterable[str]) -> dict[str, str] | None:
    """In a checkpoint of 0.x, 1.0 or 1.1: name of a variable -> its key.

    Returns:
        None when a variable has no key, by its own name or an older one, or none has an older one.
    """
    return keys_of_older_names(names, load_checkpoint(checkpoint_path).get_variable_to_shape_map())
