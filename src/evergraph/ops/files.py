"""File ops: whole files as strings, and the names that match a pattern."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from evergraph.core import errors
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import no_outputs, with_rank, with_rank_at_most
from evergraph.registry.shape_inference import ShapeContext


def _path(filename: np.ndarray) -> str:
    return bytes(filename.item()).decode(errors="surrogateescape")


def _failure(path: str, error: OSError, op: Operation) -> errors.OpError:
    from evergraph.formats.tfrecord import open_error

    found = open_error(path, error)
    message = f"{found.message}\n\t [[{{{{node {op.name}}}}}]]"
    return type(found)(None, op, message)  # type: ignore[call-arg]  # the class says the code


def _read_shape(c: ShapeContext) -> list[TensorShape]:
    with_rank(c.inputs[0], 0)
    return [TensorShape(())]


READ_FILE = register_op(
    "ReadFile",
    inputs="filename: string",
    outputs="contents: string",
    shape=_read_shape,
    host_only=True,
)


@READ_FILE.kernel
def _read_file(xp: Namespace, filename: np.ndarray, *, op: Operation) -> np.ndarray:
    path = _path(filename)
    try:
        return np.array(Path(path).read_bytes(), object)
    except OSError as error:
        raise _failure(path, error, op) from None


def read_file(filename: Any, name: str | None = None) -> Tensor:
    """The contents of the file `filename` (scalar string), as a scalar string.

    Running it is a NotFoundError when there is no such file.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/whole_file_read_ops.cc.
    """
    result: Tensor = READ_FILE(filename, name=name)
    return result


WRITE_FILE = register_op(
    "WriteFile",
    inputs="filename: string, contents: string",
    shape=no_outputs,
    stateful=True,
    host_only=True,
)


@WRITE_FILE.kernel
def _write_file(
    xp: Namespace, filename: np.ndarray, contents: np.ndarray, *, op: Operation
) -> None:
    path = _path(filename)
    try:
        with contextlib.suppress(FileExistsError):  # a plain file: the next line says so
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(bytes(contents.item()))
    except OSError as error:
        raise _failure(path, error, op) from None


def write_file(filename: Any, contents: Any, name: str | None = None) -> Operation:
    """Write `contents` to the file `filename` (scalar strings), making missing folders.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/whole_file_read_ops.cc.
    """
    op: Operation = WRITE_FILE(filename, contents, name=name)
    return op


def _matching_shape(c: ShapeContext) -> list[TensorShape]:
    with_rank_at_most(c.inputs[0], 1)
    return [TensorShape([None])]


MATCHING_FILES = register_op(
    "MatchingFiles",
    inputs="pattern: string",
    outputs="filenames: string",
    shape=_matching_shape,
    host_only=True,
)


@MATCHING_FILES.kernel
def _matching_files(xp: Namespace, pattern: np.ndarray) -> np.ndarray:
    found: list[bytes] = []
    for item in pattern.reshape(-1):
        found += _matches(bytes(item).decode(errors="surrogateescape"))
    result = np.empty(len(found), object)
    result[:] = sorted(found)
    return result


def _matches(pattern: str) -> list[bytes]:
    import glob

    # 1.15 names the working folder where the pattern doesn't.
    rooted = pattern if "/" in pattern else f"./{pattern}"
    return [path.encode(errors="surrogateescape") for path in glob.glob(rooted)]  # noqa: PTH207


def matching_files(pattern: Any, name: str | None = None) -> Tensor:
    """The paths that match `pattern`, a string scalar or vector with *, ? and [...], sorted.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/matching_files_op.cc.
    """
    result: Tensor = MATCHING_FILES(pattern, name=name)
    return result
