"""init_from_checkpoint: variables whose initial values are those of a checkpoint.

Reference: TensorFlow 1.15, tensorflow/python/training/checkpoint_utils.py.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from evergraph.graph.scopes import device
from evergraph.ops.io import restore_v2
from evergraph.training.checkpoint_reader import checkpoint_prefix, load_checkpoint
from evergraph.training.saveables import op_list_to_dict, saveable_objects_for_op
from evergraph.variables.partitioned_variable import PartitionedVariable
from evergraph.variables.variable import Variable
from evergraph.variables.variable_scope import _get_default_variable_store

_log = logging.getLogger("tensorflow")


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Mapping[str, Any]) -> None:
    """Let the initializers of variables take the values of a checkpoint.

    Args:
        ckpt_dir_or_file: prefix of the checkpoint, or a folder for its newest one.
        assignment_map: name in the checkpoint -> variable, its name, or the list of its parts;
            "scope/" -> "scope/" for all variables of a scope, with "/" for everything.

    Raises:
        ValueError: the checkpoint lacks a variable, or has it in another shape.

    Reference: TensorFlow 1.15, tensorflow/python/training/checkpoint_utils.py.
    """
    shapes = load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map()
    path = checkpoint_prefix(ckpt_dir_or_file)
    known = _get_default_variable_store()._vars
    for source, target in sorted(assignment_map.items(), key=lambda item: item[0]):
        variable = _variable_of(target, known)
        if variable is None:
            _initialize_scope(ckpt_dir_or_file, path, shapes, known, source, target)
            continue
        if source not in shapes:
            raise ValueError(
                f"Tensor {source} is not found in {ckpt_dir_or_file} checkpoint {shapes}"
            )
        if isinstance(variable, Variable) and not variable.get_shape().is_compatible_with(
            shapes[source]
        ):
            raise ValueError(
                f"Shape of variable {variable.name} ({variable.get_shape()}) doesn't match with "
                f"shape of tensor {source} ({shapes[source]}) from checkpoint reader."
            )
        _initialize(variable, path, source)


def _variable_of(target: Any, known: dict[str, Any]) -> Any:
    """The variable, or the list of parts, that a value of the map means; None for a scope."""
    if isinstance(target, Variable):
        return target
    if isinstance(target, PartitionedVariable):
        return list(target)
    if isinstance(target, list) and all(isinstance(part, Variable) for part in target):
        return target
    return known[target] if target in known else _parts_of(target, known)


def _parts_of(name: str, known: dict[str, Any]) -> list[Any] | None:
    parts: list[Any] = []
    while f"{name}/part_{len(parts)}" in known:
        parts.append(known[f"{name}/part_{len(parts)}"])
    return parts or None


def _initialize_scope(
    given: Any, path: str, shapes: dict[str, Any], known: dict[str, Any], source: str, target: str
) -> None:
    scope = target[: target.rindex("/")] if "/" in target else ""
    if not source.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {source}. "
            "Should be 'scope/': 'other_scope/'."
        )
    inside = [name for name in known if not scope or name.startswith(f"{scope}/")]
    for name in sorted({name.partition("/part_")[0] for name in inside}):
        wanted = name[len(scope) :]
        wanted = wanted if target == "/" else wanted[1:]
        wanted = wanted if source == "/" else source + wanted
        wanted = wanted.removesuffix("/")
        if wanted not in shapes:
            raise ValueError(
                f"Tensor {wanted} ({name[len(scope) + 1 :]} in {source}) is not found in {given} "
                "checkpoint"
            )
        _initialize(_variable_of(name, known), path, wanted)


def _initialize(variable: Any, path: str, source: str) -> None:
    if not isinstance(variable, list):
        _set_initializer(variable, path, source, "")
        return
    names = {part._save_slice_info.full_name for part in variable}
    if len(names) > 1:
        first, second = sorted(names)[:2]
        raise ValueError(f"Slices must all be from the same tensor: {first} != {second}")
    for part in variable:
        _set_initializer(part, path, source, part._save_slice_info.spec)


def _set_initializer(variable: Any, path: str, source: str, slice_spec: str) -> None:
    with device(variable.device), device("/cpu:0"):
        (restored,) = restore_v2(
            path,
            [source],
            [slice_spec],
            [variable.dtype.base_dtype],
            name="checkpoint_initializer",
        )
    ((name, op),) = op_list_to_dict([variable]).items()
    (saveable,) = saveable_objects_for_op(op, name)
    variable._initializer_op = saveable.restore([restored], None)
    restored.set_shape(variable.shape)
    variable._initial_value = restored
    _log.debug("Initialize variable %s from checkpoint %s with %s", variable.name, path, source)
