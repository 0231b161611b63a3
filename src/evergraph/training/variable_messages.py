"""Variables as VariableDef messages: what meta graphs hold of the collections of variables.

Importing this module lets `variable.to_proto()` give messages, and the collections of variables be
written and read.
"""

from __future__ import annotations

from typing import Any

from evergraph import protos
from evergraph.graph.keys import GraphKeys
from evergraph.serialize.collections import register_proto_function
from evergraph.variables import records
from evergraph.variables.ref_variable import RefVariable
from evergraph.variables.resource_variable import ResourceVariable


def _slice_message(record: records.SaveSliceInfoRecord) -> Any:
    return protos.SaveSliceInfoDef(
        full_name=record.full_name,
        full_shape=record.full_shape,
        var_offset=record.var_offset,
        var_shape=record.var_shape,
    )


def _message(record: Any) -> Any:
    """The message with the fields of `record`."""
    if isinstance(record, records.SaveSliceInfoRecord):
        return _slice_message(record)
    result = protos.VariableDef(
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
        result.save_slice_info_def.CopyFrom(_slice_message(record.save_slice_info_def))
    return result


def _to_proto(variable: Any, export_scope: str | None = None) -> Any:
    return variable.to_proto(export_scope=export_scope)


def _from_proto(message: Any, import_scope: str | None = None) -> Any:
    kind: Any = ResourceVariable if message.is_resource else RefVariable
    return kind(variable_def=message, import_scope=import_scope)


def _variable_def() -> Any:
    return protos.VariableDef


records.make_message = _message
for _key in (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.GLOBAL_STEP,
    GraphKeys.METRIC_VARIABLES,
):
    register_proto_function(_key, _variable_def, _to_proto, _from_proto)
