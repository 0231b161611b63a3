"""Attr values and AttrValue messages, in both directions.

Reference: TensorFlow 1.15, tensorflow/core/framework/attr_value_util.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evergraph import protos
from evergraph.core import shapes
from evergraph.core.dtypes import DType, as_dtype
from evergraph.registry.attrs import FunctionName
from evergraph.serialize.tensor_proto import (
    from_tensor_proto,
    shape_to_proto,
    to_tensor_proto,
)

# Kind in a schema -> field of AttrValue and of its ListValue.
_FIELDS = {
    "string": "s",
    "int": "i",
    "float": "f",
    "bool": "b",
    "type": "type",
    "shape": "shape",
    "tensor": "tensor",
    "func": "func",
}
_KINDS = {field: kind for kind, field in _FIELDS.items()}


def to_attr_value(value: Any, kind: str | None = None) -> Any:
    """The AttrValue of an attr's plain value.

    Args:
        value: as in `Operation.attrs`.
        kind: "int", "list(type)" ... of the schema; by the Python type of `value` when None.

    Raises:
        TypeError: `value` has no form in an AttrValue.
    """
    if isinstance(value, protos.AttrValue):
        return value
    kind = kind or _kind_of(value)
    proto = protos.AttrValue()
    if kind.startswith("list("):
        field = _FIELDS.get(kind[5:-1])
        proto.list.SetInParent()
        if field is not None and len(value):
            getattr(proto.list, field).extend([_element(item, kind[5:-1]) for item in value])
        return proto
    field = _FIELDS[kind]
    element = _element(value, kind)
    if kind in ("shape", "tensor", "func"):
        getattr(proto, field).CopyFrom(element)
    else:
        setattr(proto, field, element)
    return proto


def _kind_of(value: Any) -> str:
    """The kind of an attr that no schema describes."""
    if isinstance(value, list | tuple):
        return f"list({_kind_of(value[0])})" if value else "list(none)"
    for types, kind in (
        ((bool, np.bool_), "bool"),
        ((int, np.integer), "int"),
        ((float, np.floating), "float"),
        ((bytes, str), "string"),
        (DType, "type"),
        (shapes.TensorShape, "shape"),
        (np.ndarray, "tensor"),
        (FunctionName, "func"),
    ):
        if isinstance(value, types):
            return kind
    raise TypeError(f"No AttrValue for {value!r} of type {type(value).__name__}")


def _element(value: Any, kind: str) -> Any:
    match kind:
        case "string":
            return value.encode() if isinstance(value, str) else value
        case "type":
            return as_dtype(value).as_datatype_enum
        case "shape":
            return shape_to_proto(shapes.as_shape(value).sizes)
        case "tensor":
            return value if isinstance(value, protos.TensorProto) else to_tensor_proto(value)
        case "func":
            proto = protos.NameAttrList(name=value.name)
            for key, attr in value.attrs.items():
                proto.attr[key].CopyFrom(to_attr_value(attr))
            return proto
    return value


def from_attr_value(proto: Any) -> Any:
    """The plain value of an AttrValue; None when it holds nothing."""
    field = proto.WhichOneof("value")
    if field is None:
        return None
    if field == "list":
        for descriptor, values in proto.list.ListFields():
            return [_plain(value, _KINDS[descriptor.name]) for value in values]
        return []
    if field == "placeholder":
        return proto.placeholder
    return _plain(getattr(proto, field), _KINDS[field])


def _plain(value: Any, kind: str) -> Any:
    match kind:
        case "type":
            return as_dtype(value)
        case "shape":
            return shapes.TensorShape(value)
        case "tensor":
            return from_tensor_proto(value)
        case "func":
            return FunctionName(
                value.name, {key: from_attr_value(attr) for key, attr in value.attr.items()}
            )
    return value
