"""How the items of standard collections are kept in meta graphs."""

from __future__ import annotations

from typing import Any

from evergraph import protos
from evergraph.graph.keys import GraphKeys
from evergraph.serialize.collections import register_proto_function
from evergraph.training.saver import Saver
from evergraph.variables import records
from evergraph.variables.resource_variable import ResourceVariable
from evergraph.variables.variable import Variable


def _slice_message(record: records.SaveSliceInfoRecord) -> Any:
    return protos.SaveSliceInfoDef(
        full_name=record.full_name,
        full_shape=record.full_shape,
        var_offset=record.var_offset,
        var_shape=record.var_shape,
    )


def _message(record: Any) -> Any:
    """The VariableDef or SaveSliceInfoDef of a record."""
    if isinstance(record, records.SaveSliceInfoRecord):
        return _slice_message(record)
    message = protos.VariableDef(
        variable_name=record.variable_name,
        initial_value_name=record.initial_value_name,
        initializer_name=record.initializer_name,
        snapshot_name=record.snapshot_name,
        is_resource=record.is_resource,
        trainable=record.trainable,
        synchronization=record.synchronization,
        aggregation=record.aggregation,
    )
    if record.save_slice_info_def is not None:
        message.save_slice_info_def.CopyFrom(_slice_message(record.save_slice_info_def))
    return message


def _variable_to_proto(variable: Any, export_scope: str | None = None) -> Any:
    return variable.to_proto(export_scope=export_scope)


def _variable_from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
    cls: Any = ResourceVariable if variable_def.is_resource else Variable
    return cls.from_proto(variable_def, import_scope=import_scope)


records.make_message = _message
for _key in (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.GLOBAL_STEP,
):
    register_proto_function(
        _key, lambda: protos.VariableDef, _variable_to_proto, _variable_from_proto
    )
register_proto_function(
    GraphKeys.SAVERS,
    lambda: protos.SaverDef,
    lambda saver, export_scope=None: saver.to_proto(export_scope),
    lambda saver_def, import_scope=None: Saver.from_proto(saver_def, import_scope),
)
