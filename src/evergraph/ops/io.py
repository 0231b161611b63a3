"""Checkpoint ops: tensors to files and back, in both formats.

All run on the host. Saving reads variables as of its place in the run; restoring only gives
tensors, which assignments put into variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from evergraph.core import errors
from evergraph.core.dtypes import DType
from evergraph.core.shapes import TensorShape
from evergraph.core.typing import Namespace
from evergraph.graph.operation import Operation, Tensor
from evergraph.registry.op_def import register_op
from evergraph.registry.shape_functions import no_outputs, scalar, unknown, with_rank
from evergraph.registry.shape_inference import ShapeContext

_TYPES = {"T": "list(type) >= 1"}


def _fail(op: Operation, message: str) -> NoReturn:
    raise errors.InvalidArgumentError(None, op, f"{message}\n\t [[{{{{node {op.name}}}}}]]")


def _text(value: Any) -> str:
    item = value.item() if isinstance(value, np.ndarray) else value
    return item if isinstance(item, str) else bytes(item).decode(errors="surrogateescape")


def _texts(values: np.ndarray) -> list[str]:
    return [_text(value) for value in values.reshape(-1)]


def _type_text(dtype: DType) -> str:
    names = {"float32": "float", "float64": "double", "float16": "half"}
    name = dtype.base_dtype.name
    return names.get(name, name)


def _shape_text(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


# Saving.


def _save_shape(c: ShapeContext) -> list[TensorShape]:
    count = len(c.op.inputs) - 3
    for i in (1, 2):
        names = with_rank(c.inputs[i], 1).as_list()[0]
        if names is not None and names != count:
            raise ValueError(f"Dimension must be {count} but is {names}")
    return []


SAVE_V2 = register_op(
    "SaveV2",
    inputs="prefix: string, tensor_names: string, shape_and_slices: string, tensors: dtypes",
    attrs={"dtypes": "list(type) >= 1"},
    shape=_save_shape,
    stateful=True,
    host_only=True,
)


@SAVE_V2.kernel
def _save_v2(
    xp: Namespace,
    prefix: np.ndarray,
    tensor_names: np.ndarray,
    shape_and_slices: np.ndarray,
    tensors: Sequence[np.ndarray],
    *,
    dtypes: Sequence[DType],
    op: Operation,
) -> None:
    from evergraph.formats.tensor_bundle import BundleWriter

    writer = BundleWriter(_text(prefix))
    try:
        _write(writer, _texts(tensor_names), _texts(shape_and_slices), tensors, dtypes, op)
    except BaseException:
        writer.abandon()
        raise
    writer.finish()


def _write(
    writer: Any,
    names: Sequence[str],
    slices: Sequence[str],
    tensors: Sequence[np.ndarray],
    types: Sequence[DType],
    op: Operation,
) -> None:
    from evergraph.formats.checkpoint_entry import slice_shape
    from evergraph.formats.wire import parse_shape_and_slice

    for name, text, tensor, dtype in zip(names, slices, tensors, types, strict=True):
        if not text:
            writer.add(name, tensor, dtype)
            continue
        try:
            shape, extents = parse_shape_and_slice(text)
        except ValueError as error:
            _fail(op, str(error))
        if slice_shape(extents, shape) != tensor.shape:
            _fail(
                op,
                "Slice in shape_and_slice specification does not match the shape of the tensor to "
                f" save: {text}, tensor: {_shape_text(tensor.shape)}",
            )
        writer.add_slice(name, shape, extents, tensor, dtype)


SAVE_SLICES = register_op(
    "SaveSlices",
    inputs="filename: string, tensor_names: string, shapes_and_slices: string, data: T",
    attrs=_TYPES,
    shape=no_outputs,
    stateful=True,
    host_only=True,
)


@SAVE_SLICES.kernel
def _save_slices(
    xp: Namespace,
    filename: np.ndarray,
    tensor_names: np.ndarray,
    shapes_and_slices: np.ndarray,
    data: Sequence[np.ndarray],
    *,
    T: Sequence[DType],
    op: Operation,
) -> None:
    from evergraph.formats.tensor_slices import SliceWriter

    writer = SliceWriter(_text(filename))
    _write(writer, _texts(tensor_names), _texts(shapes_and_slices), data, T, op)
    writer.finish()


SAVE = register_op(
    "Save",
    inputs="filename: string, tensor_names: string, data: T",
    attrs=_TYPES,
    shape=no_outputs,
    stateful=True,
    host_only=True,
)


@SAVE.kernel
def _save(
    xp: Namespace,
    filename: np.ndarray,
    tensor_names: np.ndarray,
    data: Sequence[np.ndarray],
    *,
    T: Sequence[DType],
    op: Operation,
) -> None:
    from evergraph.formats.tensor_slices import SliceWriter

    writer = SliceWriter(_text(filename))
    _write(writer, _texts(tensor_names), [""] * len(data), data, T, op)
    writer.finish()


def save_v2(
    prefix: Any, tensor_names: Any, shape_and_slices: Any, tensors: Any, name: str | None = None
) -> Operation:
    """Write tensors to a V2 checkpoint.

    Args:
        prefix: scalar string, path of the checkpoint.
        tensor_names: string vector.
        shape_and_slices: string vector; "" for a whole tensor, else such as "11 4 0,4:-".
        tensors: the tensors.
        name: name of the operation; "SaveV2" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/save_restore_v2_ops.cc.
    """
    op: Operation = SAVE_V2(prefix, tensor_names, shape_and_slices, tensors, name=name)
    return op


# Restoring.


def _restore_shapes(c: ShapeContext) -> list[TensorShape]:
    from evergraph.formats.checkpoint_entry import slice_shape
    from evergraph.formats.wire import parse_shape_and_slice

    names = with_rank(c.inputs[1], 1).as_list()[0]
    parts = with_rank(c.inputs[2], 1).as_list()[0]
    if None not in (names, parts) and names != parts:
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {names} and {parts}. "
            f"Shapes are [{names}] and [{parts}]."
        )
    known = c.constant(2)
    if known is None:
        return [TensorShape(None)] * c.output_count
    if known.size != c.output_count:
        raise ValueError("The number of shape_and_slice doesn't match tensor outputs.")
    shapes = []
    for text in _texts(known):
        whole, extents = parse_shape_and_slice(text) if text else (None, ())
        shapes.append(TensorShape(whole and slice_shape(extents, whole)))
    return shapes


RESTORE_V2 = register_op(
    "RestoreV2",
    inputs="prefix: string, tensor_names: string, shape_and_slices: string",
    outputs="tensors: dtypes",
    attrs={"dtypes": "list(type) >= 1"},
    shape=_restore_shapes,
    stateful=True,
    host_only=True,
)


@RESTORE_V2.kernel
def _restore_v2(
    xp: Namespace,
    prefix: np.ndarray,
    tensor_names: np.ndarray,
    shape_and_slices: np.ndarray,
    *,
    dtypes: Sequence[DType],
    op: Operation,
) -> list[np.ndarray]:
    return _restore(_text(prefix), _texts(tensor_names), _texts(shape_and_slices), dtypes, op)


def _restore(
    prefix: str, names: Sequence[str], slices: Sequence[str], types: Sequence[DType], op: Operation
) -> list[np.ndarray]:
    from evergraph.formats.checkpoint import open_checkpoint

    try:
        reader = open_checkpoint(prefix)
        try:
            return [
                _read(reader, name, text, dtype, op)
                for name, text, dtype in zip(names, slices, types, strict=True)
            ]
        finally:
            reader.close()
    except errors.OpError as error:
        if error.op is not None:
            raise
        message = f"{error.message}\n\t [[{{{{node {op.name}}}}}]]"
        raise type(error)(None, op, message) from None  # type: ignore[call-arg]  # no code


def _read(reader: Any, name: str, text: str, dtype: DType, op: Operation) -> np.ndarray:
    from evergraph.formats.wire import parse_shape_and_slice

    entry = reader.entry(name)
    if entry.dtype is not dtype.base_dtype:
        _fail(
            op,
            f"tensor_name = {name}; expected dtype {_type_text(dtype)} does not equal original "
            f"dtype {_type_text(entry.dtype)}",
        )
    if not text:
        whole: np.ndarray = reader.read(name)
        return whole
    try:
        shape, extents = parse_shape_and_slice(text)
    except ValueError as error:
        _fail(op, str(error))
    if shape != entry.shape:
        _fail(
            op,
            f"tensor_name = {name}; shape in shape_and_slice spec {_shape_text(shape)} does not "
            f"match the shape stored in checkpoint: {_shape_text(entry.shape)}",
        )
    part: np.ndarray = reader.read_slice(name, extents)
    return part


RESTORE = register_op(
    "Restore",
    inputs="file_pattern: string, tensor_name: string",
    outputs="tensor: dt",
    attrs={"dt": "type", "preferred_shard": "int = -1"},
    shape=unknown,
    stateful=True,
    host_only=True,
)


@RESTORE.kernel
def _restore_one(
    xp: Namespace,
    file_pattern: np.ndarray,
    tensor_name: np.ndarray,
    *,
    dt: DType,
    op: Operation,
) -> np.ndarray:
    return _restore(_text(file_pattern), _texts(tensor_name), [""], [dt], op)[0]


def _slice_shape(c: ShapeContext) -> list[TensorShape]:
    from evergraph.formats.checkpoint_entry import slice_shape
    from evergraph.formats.wire import parse_shape_and_slice

    known = c.constant(2)
    if known is None or not known.size or not _text(known):
        return [TensorShape(None)]
    whole, extents = parse_shape_and_slice(_text(known))
    return [TensorShape(slice_shape(extents, whole))]


RESTORE_SLICE = register_op(
    "RestoreSlice",
    inputs="file_pattern: string, tensor_name: string, shape_and_slice: string",
    outputs="tensor: dt",
    attrs={"dt": "type", "preferred_shard": "int = -1"},
    shape=_slice_shape,
    stateful=True,
    host_only=True,
)


@RESTORE_SLICE.kernel
def _restore_slice(
    xp: Namespace,
    file_pattern: np.ndarray,
    tensor_name: np.ndarray,
    shape_and_slice: np.ndarray,
    *,
    dt: DType,
    op: Operation,
) -> np.ndarray:
    texts = _texts(shape_and_slice)
    return _restore(_text(file_pattern), _texts(tensor_name), texts, [dt], op)[0]


def restore_v2(
    prefix: Any, tensor_names: Any, shape_and_slices: Any, dtypes: Any, name: str | None = None
) -> list[Tensor]:
    """Tensors from a checkpoint, of either format.

    Args:
        prefix: scalar string, path of the checkpoint.
        tensor_names: string vector.
        shape_and_slices: string vector; "" for a whole tensor, else such as "11 4 0,4:-".
        dtypes: types of the tensors.
        name: name of the operation; "RestoreV2" when None.

    Reference: TensorFlow 1.15, tensorflow/core/kernels/save_restore_v2_ops.cc.
    """
    tensors: list[Tensor] = RESTORE_V2(
        prefix, tensor_names, shape_and_slices, dtypes=[d.base_dtype for d in dtypes], name=name
    )
    return tensors


# Shards.

MERGE_V2_CHECKPOINTS = register_op(
    "MergeV2Checkpoints",
    inputs="checkpoint_prefixes: string, destination_prefix: string",
    attrs={"delete_old_dirs": "bool = true"},
    shape=no_outputs,
    stateful=True,
    host_only=True,
)


@MERGE_V2_CHECKPOINTS.kernel
def _merge_v2_checkpoints(
    xp: Namespace,
    checkpoint_prefixes: np.ndarray,
    destination_prefix: np.ndarray,
    *,
    delete_old_dirs: bool,
) -> None:
    from evergraph.formats.tensor_bundle import merge_bundles

    prefixes, destination = _texts(checkpoint_prefixes), _text(destination_prefix)
    merge_bundles(prefixes, destination, delete_old_folders=delete_old_dirs)


SHARDED_FILENAME = register_op(
    "ShardedFilename",
    inputs="basename: string, shard: int32, num_shards: int32",
    outputs="filename: string",
    shape=scalar,
    host_only=True,
)


@SHARDED_FILENAME.kernel
def _sharded_filename(
    xp: Namespace, basename: np.ndarray, shard: np.ndarray, num_shards: np.ndarray
) -> np.ndarray:
    numbers = f"-{shard.item():05d}-of-{num_shards.item():05d}"
    return np.array(bytes(basename.item()) + numbers.encode(), object)


SHARDED_FILESPEC = register_op(
    "ShardedFilespec",
    inputs="basename: string, num_shards: int32",
    outputs="filename: string",
    shape=scalar,
    host_only=True,
)


@SHARDED_FILESPEC.kernel
def _sharded_filespec(xp: Namespace, basename: np.ndarray, num_shards: np.ndarray) -> np.ndarray:
    pattern = f"-?????-of-{num_shards.item():05d}"
    return np.array(bytes(basename.item()) + pattern.encode(), object)
