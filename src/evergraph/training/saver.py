"""Saver: variables to checkpoint files and back, and which files to keep.

Reference: TensorFlow 1.15, tensorflow/python/training/saver.py.
"""

from __future__ import annotations

import logging
import math
import numbers
import os
import time
from pathlib import Path
from typing import Any

from evergraph import protos
from evergraph.core import errors
from evergraph.graph.graph import Graph
from evergraph.graph.scopes import get_default_graph
from evergraph.runtime.session import BaseSession
from evergraph.serialize.collections import prepend_name_scope, strip_name_scope
from evergraph.serialize.graph_def import as_graph_def
from evergraph.serialize.meta_graph import (
    export_scoped_meta_graph,
    import_scoped_meta_graph_with_return_elements,
    read_meta_graph_file,
)
from evergraph.training.checkpoint_reader import (
    object_graph_key_mapping,
    older_keys_in_checkpoint,
)
from evergraph.training.checkpoint_state import (
    STATE_FILENAME,
    V2,
    checkpoint_exists,
    get_checkpoint_mtimes,
    meta_graph_filename,
    remove_checkpoint,
    update_checkpoint_state_internal,
)
from evergraph.training.global_step import global_step as global_step_value
from evergraph.training.saveables import validate_and_slice_inputs
from evergraph.training.saver_builder import BulkSaverBuilder
from evergraph.variables.lists import _all_saveable_objects

_log = logging.getLogger("tensorflow")
_OBJECT_BASED = (
    "Restoring an object-based checkpoint using a name-based saver. This may be somewhat fragile, "
    "and will re-build the Saver. Instead, consider loading object-based checkpoints using "
    "tf.train.Checkpoint()."
)


class Saver:
    """Saves and restores variables.

    Its nodes are in the graph, under "save" or `name`; `saver_def` names them.

    Args:
        var_list: variables, or a dict name in the checkpoint -> variable; all global variables and
            saveable objects when None.
        reshape: restore tensors of other shapes than the variables'.
        sharded: write one file for each device.
        max_to_keep: how many checkpoints to keep; None or 0 keeps all.
        keep_checkpoint_every_n_hours: keep one for good each time so many hours have passed.
        name: scope of the nodes.
        restore_sequentially: accepted for TensorFlow's sake.
        saver_def: a SaverDef of nodes that are in the graph.
        builder: makes the nodes.
        defer_build: make them when `build` is called.
        allow_empty: having no variables is no error.
        write_version: SaverDef.V1 or V2.
        pad_step_number: write steps with eight digits.
        save_relative_paths: write paths relative to the state file.
        filename: path to save to when none is given.

    Raises:
        TypeError: `var_list` holds something that isn't a variable.
        ValueError: there are no variables, or names collide.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set "
                "defer_build=False or var_list=None."
            )
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._name = name
        self._restore_sequentially = restore_sequentially
        self.saver_def = saver_def
        self._builder = builder
        self._is_built = False
        self._allow_empty = allow_empty
        self._is_empty: bool | None = None
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._filename = filename
        self._save_relative_paths = save_relative_paths
        self._last_checkpoints: list[tuple[str, float]] = []
        self._checkpoints_to_be_deleted: list[tuple[str, float]] = []
        self._next_checkpoint_time = math.inf
        self._object_restore_saver: Saver | None = None
        self._other_keys: dict[str, str] = {}
        if not defer_build:
            self.build()
        if self.saver_def:
            self._check_saver_def()
            self._write_version = self.saver_def.version

    def build(self) -> None:
        """Add the nodes to the default graph, unless that's done."""
        if self._is_built:
            return
        self._is_built = True
        if not self.saver_def:
            if self._var_list is None:
                self._var_list = _all_saveable_objects()
            if not self._var_list:
                if self._allow_empty:
                    self._is_empty = True
                    return
                raise ValueError("No variables to save")
            self._is_empty = False
            if self._builder is None:
                self._builder = BulkSaverBuilder(self._write_version)
            self.saver_def = self._builder.build(
                self._var_list,
                reshape=self._reshape,
                sharded=self._sharded,
                max_to_keep=self._max_to_keep,
                keep_checkpoint_every_n_hours=self._keep_checkpoint_every_n_hours,
                name=self._name,
                restore_sequentially=self._restore_sequentially,
                filename=self._filename,
            )
        elif self._name and hasattr(self.saver_def, "save_tensor_name"):
            self.saver_def = protos.convert(self.saver_def, protos.SaverDef)
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                name = prepend_name_scope(getattr(self.saver_def, field), self._name)
                setattr(self.saver_def, field, name)
        self._check_saver_def()
        hours = self.saver_def.keep_checkpoint_every_n_hours
        self._next_checkpoint_time = time.time() + hours * 3600

    def _check_saver_def(self) -> None:
        if not hasattr(self.saver_def, "save_tensor_name"):
            raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        self.saver_def = protos.convert(self.saver_def, protos.SaverDef)
        for field in ("save_tensor_name", "restore_op_name"):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {self.saver_def}")

    # Which checkpoints there are.

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that are kept, the oldest first."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """The older form of `set_last_checkpoints_with_time`: their times count as endless."""
        self._last_checkpoints = [(path, math.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(
        self, last_checkpoints_with_time: list[tuple[str, float]]
    ) -> None:
        """Say which checkpoints there are, and when they were written."""
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: Any) -> None:
        """After a restart: count these checkpoints, as far as they exist, as written by this."""
        found = []
        for path in checkpoint_paths:
            found += [(path, written) for written in get_checkpoint_mtimes([path])]
        self.set_last_checkpoints_with_time(found)

    def _record_last_checkpoint(self, path: str) -> None:
        if not self.saver_def.max_to_keep:
            return
        self._last_checkpoints = [kept for kept in self._last_checkpoints if kept[0] != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _delete_old_checkpoint(self, meta_graph_suffix: str) -> None:
        if not self._checkpoints_to_be_deleted:
            return
        path, written = self._checkpoints_to_be_deleted.pop(0)
        if written > self._next_checkpoint_time:
            self._next_checkpoint_time += self.saver_def.keep_checkpoint_every_n_hours * 3600
            return
        try:
            remove_checkpoint(path, self.saver_def.version, meta_graph_suffix)
        except OSError as error:
            _log.warning("Ignoring: %s", error)

    # Saving and restoring.

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Write a checkpoint, its meta graph, and the state file of its folder.

        Args:
            sess: session whose variables are saved.
            save_path: prefix of the files. A missing folder is made if the one above it is there.
            global_step: number added to the prefix: an int, or a tensor or its name.
            latest_filename: name of the state file; "checkpoint" when None.
            meta_graph_suffix: end of the meta graph file's name.
            write_meta_graph: whether to write the meta graph.
            write_state: whether to write the state file, and delete old checkpoints.
            strip_default_attrs: leave default attrs out of the meta graph.
            save_debug_info: accepted for TensorFlow's sake.

        Returns:
            The prefix of the checkpoint, for `restore`; None if there are no variables.

        Raises:
            TypeError: `sess` is no session.
            ValueError: the folder can't be made, or the names collide.
            RuntimeError: the nodes aren't built.
        """
        if not self._is_built:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        save_path = os.fspath(save_path)
        latest_filename = STATE_FILENAME if latest_filename is None else latest_filename
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        path = save_path
        if global_step is not None:
            if not isinstance(global_step, numbers.Integral):
                global_step = global_step_value(sess, global_step)
            number = f"{global_step:08d}" if self._pad_step_number else f"{global_step:d}"
            path = f"{save_path}-{number}"
        elif os.path.basename(save_path) == latest_filename and not self._sharded:  # noqa: PTH119
            raise ValueError(
                "'latest_filename' collides with 'save_path': "
                f"'{latest_filename}' and '{save_path}'"
            )
        if not isinstance(sess, BaseSession) and not callable(getattr(sess, "run", None)):
            raise TypeError(f"'sess' must be a Session; {sess}")
        saved: str | None = None
        if not self._is_empty:
            saved = self._write(
                sess, save_path, path, latest_filename, write_state, meta_graph_suffix
            )
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(
                    meta_graph_filename(path, meta_graph_suffix),
                    strip_default_attrs=strip_default_attrs,
                    save_debug_info=save_debug_info,
                )
        return saved

    def _write(
        self,
        sess: Any,
        save_path: str,
        path: str,
        latest_filename: str,
        write_state: bool,
        meta_graph_suffix: str,
    ) -> str:
        folder = os.path.dirname(save_path)  # noqa: PTH120 - "" stays ""
        try:
            feeds = {self.saver_def.filename_tensor_name: path}
            fetched = sess.run(self.saver_def.save_tensor_name, feeds)
            saved = fetched.decode() if isinstance(fetched, bytes) else str(fetched)
            if write_state:
                self._record_last_checkpoint(saved)
                update_checkpoint_state_internal(
                    save_dir=folder,
                    model_checkpoint_path=saved,
                    all_model_checkpoint_paths=self.last_checkpoints,
                    latest_filename=latest_filename,
                    save_relative_paths=self._save_relative_paths,
                )
                self._delete_old_checkpoint(meta_graph_suffix)
        except (errors.FailedPreconditionError, errors.NotFoundError):
            if not Path(folder).is_dir():
                raise ValueError(
                    f"Parent directory of {save_path} doesn't exist, can't save."
                ) from None
            raise
        return saved

    def restore(self, sess: Any, save_path: Any) -> None:
        """Give the variables the values of a checkpoint; they needn't be initialised.

        Args:
            sess: session whose variables are set.
            save_path: prefix that `save` returned.

        Raises:
            ValueError: there is no such checkpoint.
            NotFoundError: it lacks a variable.
            InvalidArgumentError: a tensor has another shape or type than its variable.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        path = save_path.decode() if isinstance(save_path, bytes) else os.fspath(save_path)
        if not checkpoint_exists(path):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {path}")
        _log.info("Restoring parameters from %s", path)
        try:
            sess.run(self.saver_def.restore_op_name, {self.saver_def.filename_tensor_name: path})
        except errors.NotFoundError as error:
            try:
                names_to_keys = object_graph_key_mapping(path)
                _log.warning(_OBJECT_BASED)
            except errors.OpError:
                older = older_keys_in_checkpoint(path, self._names())
                if older is None:
                    raise _explained(
                        error, "a Variable name or other graph key that is missing"
                    ) from error
                names_to_keys = older
            self._restore_by_keys(sess, path, names_to_keys)
        except errors.InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from error

    def _restore_by_keys(self, sess: Any, path: str, names_to_keys: dict[str, str]) -> None:
        """Restore from a checkpoint of 2.x or of 0.x, which has other names than the graph."""
        if self._object_restore_saver is None or self._other_keys != names_to_keys:
            self._other_keys = names_to_keys
            with sess.graph.as_default():
                self._object_restore_saver = saver_from_object_based_checkpoint(
                    path, self._var_list, self._builder, names_to_keys
                )
        self._object_restore_saver.restore(sess, path)

    def _names(self) -> list[str]:
        """The names that checkpoints are expected to have."""
        given = _all_saveable_objects() if self._var_list is None else self._var_list
        return [spec.name for saved in validate_and_slice_inputs(given) for spec in saved.specs]

    # As messages.

    def as_saver_def(self) -> Any:
        """The SaverDef."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaverDef, without a scope; None when its nodes aren't in that."""
        if export_scope is None:
            return self.saver_def
        fields = ("filename_tensor_name", "save_tensor_name", "restore_op_name")
        names = {field: getattr(self.saver_def, field) for field in fields}
        if not all(name.startswith(export_scope) for name in names.values()):
            return None
        saver_def = protos.SaverDef()
        saver_def.CopyFrom(self.saver_def)
        for field, name in names.items():
            setattr(saver_def, field, strip_name_scope(name, export_scope))
        return saver_def

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """The Saver of nodes in the default graph."""
        return Saver(saver_def=saver_def, name=import_scope)

    def export_meta_graph(
        self,
        filename: Any = None,
        collection_list: Any = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """The MetaGraphDef of the default graph with this saver; see `export_meta_graph`."""
        return export_meta_graph(
            filename=filename,
            graph_def=as_graph_def(get_default_graph(), add_shapes=True),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )


def _explained(error: errors.OpError, cause: str) -> errors.OpError:
    message = (
        f"Restoring from checkpoint failed. This is most likely due to {cause} from the "
        "checkpoint. Please ensure that you have not altered the graph expected based on the "
        f"checkpoint. Original error:\n\n{error.message}"
    )
    cls: Any = type(error)
    explained: errors.OpError = cls(error.node_def, error.op, message)
    return explained


def saver_from_object_based_checkpoint(
    checkpoint_path: str,
    var_list: Any = None,
    builder: Any = None,
    names_to_keys: dict[str, str] | None = None,
    cached_saver: Saver | None = None,
) -> Saver:
    """A Saver for a checkpoint of 2.x, whose keys are paths of objects.

    Args:
        checkpoint_path: prefix of the checkpoint.
        var_list: variables; all when None.
        builder: makes the nodes.
        names_to_keys: name of a variable -> its key; read from the checkpoint when None.
        cached_saver: what to return in place of a new one.

    Raises:
        ValueError: the checkpoint isn't of that kind.
        NotFoundError: it lacks a variable.
    """
    if names_to_keys is None:
        try:
            names_to_keys = object_graph_key_mapping(checkpoint_path)
        except errors.NotFoundError:
            raise ValueError(
                f"Checkpoint in {checkpoint_path} not an object-based checkpoint."
            ) from None
    saveables = validate_and_slice_inputs(_all_saveable_objects() if var_list is None else var_list)
    specs = [spec for saveable in saveables for spec in saveable.specs]
    missing = sorted({spec.name for spec in specs} - set(names_to_keys))
    if missing:
        names = {spec.name for spec in specs}
        raise errors.NotFoundError(
            None,
            None,
            f"\n\nExisting variables not in the checkpoint: {', '.join(missing)}\n\n"
            "Variables names when this checkpoint was written which don't exist now: "
            f"{', '.join(sorted(set(names_to_keys) - names))}\n\n"
            f"({len(names & set(names_to_keys))} variable name(s) did match)",
        )
    for spec in specs:
        spec.name = names_to_keys[spec.name]
    return Saver(saveables, builder=builder) if cached_saver is None else cached_saver


def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Saver | None:
    """Add a meta graph to the default graph.

    Args:
        meta_graph_or_file: a MetaGraphDef, or the path of a file that holds one.
        clear_devices: leave out devices.
        import_scope: scope of the new operations.
        **kwargs: `input_map` and others of `import_scoped_meta_graph`.

    Returns:
        The Saver that the meta graph describes, else one of all variables; None when there are
        none.

    Reference: TensorFlow 1.15, tensorflow/python/training/saver.py.
    """
    return _import_meta_graph_with_return_elements(
        meta_graph_or_file, clear_devices, import_scope, **kwargs
    )[0]


def _import_meta_graph_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    return_elements: Any = None,
    **kwargs: Any,
) -> tuple[Saver | None, Any]:
    if hasattr(meta_graph_or_file, "SerializeToString"):
        meta_graph = protos.convert(meta_graph_or_file, protos.MetaGraphDef)
    else:
        meta_graph = read_meta_graph_file(meta_graph_or_file)
    variables, elements = import_scoped_meta_graph_with_return_elements(
        meta_graph,
        clear_devices=clear_devices,
        import_scope=import_scope,
        return_elements=return_elements,
        **kwargs,
    )
    return _saver_of(meta_graph, import_scope, variables), elements


def _saver_of(meta_graph: Any, import_scope: str | None, variables: dict[str, Any]) -> Saver | None:
    if meta_graph.HasField("saver_def"):
        scope = import_scope
        for name, variable in variables.items():
            # The scope as it became: made unique, and within those that were open.
            scope = variable.name[: len(variable.name) - len(name)]
            break
        saver_def = protos.SaverDef()
        saver_def.CopyFrom(meta_graph.saver_def)
        return Saver(saver_def=saver_def, name=scope)
    if _all_saveable_objects(scope=import_scope):
        return Saver()
    _log.info("Saver not created because there are no variables in the graph to restore")
    return None


def export_meta_graph(
    filename: Any = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> Any:
    """The MetaGraphDef of a graph or of one of its scopes, written to a file if one is named.

    Args:
        filename: the file.
        meta_info_def: a MetaInfoDef to start from.
        graph_def: a GraphDef to use in place of the graph's own.
        saver_def: the SaverDef to include.
        collection_list: names of the collections to include; all when None.
        as_text: write the file in text form.
        graph: the graph; the default one when None.
        export_scope: take only this scope, without its name.
        clear_devices: leave out devices.
        clear_extraneous_savers: leave out the operations and SaverDefs of other savers.
        strip_default_attrs: leave out attrs that have their default value.
        save_debug_info: accepted for TensorFlow's sake.
        **kwargs: others of `export_scoped_meta_graph`.

    Raises:
        ValueError: it's larger than 2 GB.

    Reference: TensorFlow 1.15, tensorflow/python/training/saver.py.
    """
    return export_scoped_meta_graph(
        filename=filename,
        meta_info_def=meta_info_def,
        graph_def=graph_def,
        saver_def=saver_def,
        collection_list=collection_list,
        as_text=as_text,
        graph=graph,
        export_scope=export_scope,
        clear_devices=clear_devices,
        clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs,
        save_debug_info=save_debug_info,
        **kwargs,
    )[0]
