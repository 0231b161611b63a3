"""The nodes of a Saver: what writes a checkpoint, and what restores one.

Reference: TensorFlow 1.15, tensorflow/python/training/saver.py (BulkSaverBuilder).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from evergraph import protos
from evergraph.graph.device import canonical_device
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import control_dependencies, device, get_default_graph, name_scope
from evergraph.ops import io
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.constants import constant
from evergraph.ops.grouping import group, with_dependencies
from evergraph.ops.identity import identity
from evergraph.ops.placeholders import placeholder_with_default
from evergraph.training import saveables as saveables_module
from evergraph.training.checkpoint_state import V1, V2
from evergraph.training.saveables import SaveableObject, SaveSpec, cpu_of, validate_and_slice_inputs
from evergraph.variables.partitioned_variable import PartitionedVariable

Shard = tuple[str, list[SaveableObject]]


class BaseSaverBuilder:
    """Adds the nodes that save and restore variables to the default graph.

    Args:
        write_version: format to write: SaverDef.V1 or V2.
    """

    SaveSpec = SaveSpec
    SaveableObject = SaveableObject
    VariableSaveable = saveables_module.ReferenceVariableSaveable
    ResourceVariableSaveable = saveables_module.ResourceVariableSaveable

    def __init__(self, write_version: int = V2) -> None:
        self._write_version = write_version

    def save_op(
        self, filename_tensor: Tensor, saveables: Sequence[saveables_module.SaveableObject]
    ) -> Operation:
        """The operation that writes `saveables`.

        Raises:
            RuntimeError: the format to write is unknown.
        """
        specs = [spec for saveable in saveables for spec in saveable.specs]
        names = [spec.name for spec in specs]
        tensors = [spec.tensor for spec in specs]
        slices = [spec.slice_spec for spec in specs]
        if self._write_version == V2:
            return io.save_v2(filename_tensor, names, slices, tensors)
        if self._write_version == V1:
            op: Operation = io.SAVE_SLICES(filename_tensor, names, slices, tensors, name="save")
            return op
        raise RuntimeError(f"Unexpected write_version: {self._write_version}")

    def bulk_restore(
        self,
        filename_tensor: Tensor,
        saveables: Sequence[saveables_module.SaveableObject],
        preferred_shard: int,
        restore_sequentially: bool,
    ) -> list[Tensor]:
        """The tensors of `saveables` from a checkpoint, by one operation."""
        specs = [spec for saveable in saveables for spec in saveable.specs]
        with device("cpu:0"):
            return io.restore_v2(
                filename_tensor,
                [spec.name for spec in specs],
                [spec.slice_spec for spec in specs],
                [spec.dtype for spec in specs],
            )

    def sharded_filename(self, filename_tensor: Tensor, shard: int, num_shards: Tensor) -> Tensor:
        """The name of one shard."""
        name: Tensor = io.SHARDED_FILENAME(filename_tensor, shard, num_shards)
        return name

    def _add_save_ops(
        self, filename_tensor: Tensor, saveables: Sequence[saveables_module.SaveableObject]
    ) -> Tensor:
        save = self.save_op(filename_tensor, saveables)
        saved: Tensor = with_dependencies([save], filename_tensor)
        return saved

    def _add_sharded_save_ops(self, filename_tensor: Tensor, per_device: list[Shard]) -> Tensor:
        if self._write_version == V2:
            return self._add_sharded_save_ops_v2(filename_tensor, per_device)
        count = constant(len(per_device), name="num_shards")
        saves = []
        for shard, (where, saveables) in enumerate(per_device):
            with device(where):
                filename = self.sharded_filename(filename_tensor, shard, count)
                saves.append(self._add_save_ops(filename, saveables))
        with control_dependencies([tensor.op for tensor in saves]):
            pattern: Tensor = io.SHARDED_FILESPEC(filename_tensor, count)
        return pattern

    def _add_sharded_save_ops_v2(self, prefix: Tensor, per_device: list[Shard]) -> Tensor:
        from evergraph.ops.strings import string_join

        unfinished = string_join([prefix, f"_temp_{uuid.uuid4().hex}/part"])
        count = constant(len(per_device), name="num_shards")
        saves, prefixes = [], []
        last = ""
        for shard, (where, saveables) in enumerate(per_device):
            last = where
            with device(cpu_of(where)):
                filename = self.sharded_filename(unfinished, shard, count)
                prefixes.append(filename)
                saves.append(self._add_save_ops(filename, saveables))
        with control_dependencies([tensor.op for tensor in saves]), device(cpu_of(last)):
            merge = io.MERGE_V2_CHECKPOINTS(prefixes, prefix, delete_old_dirs=True)
            with control_dependencies([merge]):
                return identity(prefix)

    def _add_restore_ops(
        self,
        filename_tensor: Tensor,
        saveables: Sequence[saveables_module.SaveableObject],
        restore_sequentially: bool,
        reshape: bool,
        preferred_shard: int = -1,
        name: str = "restore_all",
    ) -> Operation:
        tensors = self.bulk_restore(
            filename_tensor, saveables, preferred_shard, restore_sequentially
        )
        assigns = []
        start = 0
        for saveable in saveables:
            shapes = [_shape_to_restore(spec) for spec in saveable.specs] if reshape else None
            end = start + len(saveable.specs)
            assigns.append(saveable.restore(tensors[start:end], shapes))
            start = end
        return group(*assigns, name=name)

    def _add_sharded_restore_ops(
        self,
        filename_tensor: Tensor,
        per_device: list[Shard],
        restore_sequentially: bool,
        reshape: bool,
    ) -> Operation:
        restores = []
        for shard, (where, saveables) in enumerate(per_device):
            with device(where):
                restores.append(
                    self._add_restore_ops(
                        filename_tensor,
                        saveables,
                        restore_sequentially,
                        reshape,
                        preferred_shard=shard,
                        name="restore_shard",
                    )
                )
        return group(*restores, name="restore_all")

    def _group_by_devices(
        self, saveables: Sequence[saveables_module.SaveableObject]
    ) -> list[Shard]:
        per_device: dict[str, list[SaveableObject]] = {}
        for saveable in saveables:
            places = {canonical_device(spec.device) for spec in saveable.specs}
            if len(places) != 1:
                raise ValueError(
                    f"All tensors of a saveable object must be on the same device: {saveable.name}"
                )
            per_device.setdefault(places.pop(), []).append(saveable)
        return sorted(per_device.items())

    def build(
        self,
        names_to_saveables: Any,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        filename: str | None = "model",
    ) -> Any:
        """Add the nodes, and give the SaverDef that names them.

        Args:
            names_to_saveables: variables, or a dict name -> variable.
            reshape: give restored tensors the shapes of their variables.
            sharded: write a shard for each device.
            max_to_keep: how many checkpoints to keep.
            keep_checkpoint_every_n_hours: how often to keep one for good.
            name: scope of the nodes; "save" when None.
            restore_sequentially: accepted for TensorFlow's sake.
            filename: path to save to when none is fed.

        Raises:
            TypeError: something isn't a variable.
            ValueError: one variable has two names, or two have the same.
        """
        saveables = validate_and_slice_inputs(names_to_saveables)
        with name_scope(name, "save", [saveable.op for saveable in saveables]):
            filename_tensor = placeholder_with_default(
                filename or "model", shape=(), name="filename"
            )
            filename_tensor = placeholder_with_default(filename_tensor, shape=(), name="Const")
            if sharded:
                per_device = self._group_by_devices(saveables)
                saved = self._add_sharded_save_ops(filename_tensor, per_device)
                restored = self._add_sharded_restore_ops(
                    filename_tensor, per_device, restore_sequentially, reshape
                )
            else:
                saved = self._add_save_ops(filename_tensor, saveables)
                restored = self._add_restore_ops(
                    filename_tensor, saveables, restore_sequentially, reshape
                )
        _make_nodes_of_partitioned_variables()
        return protos.SaverDef(
            filename_tensor_name=filename_tensor.name,
            save_tensor_name=saved.name,
            restore_op_name=restored.name,
            max_to_keep=max_to_keep or 0,
            sharded=sharded,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            version=self._write_version,
        )


class BulkSaverBuilder(BaseSaverBuilder):
    """The builder of `Saver`: one restore operation for all variables."""


def _shape_to_restore(spec: SaveSpec) -> Any:
    tensor = spec.tensor
    known = tensor.get_shape()
    return known if known.is_fully_defined() else shape_of(tensor)


def _make_nodes_of_partitioned_variables() -> None:
    """A partitioned variable in a collection gets the operation of its name, for meta graphs."""
    graph = get_default_graph()
    for key in graph.get_all_collection_keys():
        for element in graph.get_collection(key):
            if isinstance(element, PartitionedVariable):
                try:
                    graph.get_operation_by_name(element.name)
                except KeyError:
                    element.as_tensor()
