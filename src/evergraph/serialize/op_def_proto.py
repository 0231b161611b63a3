"""OpDefs of the registry and OpDef messages, in both directions.

Reference: TensorFlow 1.15, tensorflow/core/framework/op_def.proto.
"""

from __future__ import annotations

from typing import Any

from evergraph import protos
from evergraph.core.dtypes import as_dtype
from evergraph.registry.attrs import REQUIRED, AttrDef
from evergraph.registry.op_def import ArgDef, OpDef
from evergraph.serialize.attr_value import from_attr_value, to_attr_value


def to_op_def_proto(op_def: OpDef) -> Any:
    """The OpDef message of a registered op, without documentation."""
    proto = protos.OpDef(
        name=op_def.name,
        is_stateful=op_def.stateful,
        is_commutative=op_def.commutative,
        is_aggregate=op_def.aggregate,
        allows_uninitialized_input=op_def.allows_uninitialized_input,
    )
    for args, field in ((op_def.inputs, proto.input_arg), (op_def.outputs, proto.output_arg)):
        for arg in args:
            field.add(
                name=arg.name,
                type=arg.dtype.as_datatype_enum if arg.dtype is not None else 0,
                type_attr=arg.type_attr,
                type_list_attr=arg.type_list_attr,
                number_attr=arg.number_attr,
                is_ref=arg.is_ref,
            )
    for attr in sorted(op_def.attrs.values(), key=lambda attr: attr.name):
        attr_proto = proto.attr.add(name=attr.name, type=attr.kind)
        if attr.default is not REQUIRED:
            attr_proto.default_value.CopyFrom(to_attr_value(attr.default, attr.kind))
        if attr.allowed is not None:
            attr_proto.allowed_values.CopyFrom(
                to_attr_value(list(attr.allowed), f"list({attr.base})")
            )
        if attr.minimum is not None:
            attr_proto.has_minimum = True
            attr_proto.minimum = attr.minimum
    return proto


def from_op_def_proto(proto: Any) -> OpDef:
    """An OpDef without kernel, gradient or shape function, that isn't registered.

    A graph may hold operations of such a type, since a graph from elsewhere describes its ops;
    running one is an error.
    """
    op_def = OpDef(
        proto.name,
        attrs={attr.name: _attr_def(attr) for attr in proto.attr},
        stateful=proto.is_stateful,
        commutative=proto.is_commutative,
        aggregate=proto.is_aggregate,
        allows_uninitialized_input=proto.allows_uninitialized_input,
    )
    op_def.inputs = tuple(map(_arg_def, proto.input_arg))
    op_def.outputs = tuple(map(_arg_def, proto.output_arg))
    op_def.input_index = {arg.name: i for i, arg in enumerate(op_def.inputs)}
    return op_def


def _attr_def(proto: Any) -> AttrDef:
    default = from_attr_value(proto.default_value) if proto.HasField("default_value") else REQUIRED
    allowed = from_attr_value(proto.allowed_values)
    return AttrDef(
        proto.name,
        proto.type,
        default,
        tuple(allowed) if allowed is not None else None,
        proto.minimum if proto.has_minimum else None,
    )


def _arg_def(proto: Any) -> ArgDef:
    return ArgDef(
        proto.name,
        dtype=as_dtype(proto.type) if proto.type else None,
        type_attr=proto.type_attr,
        type_list_attr=proto.type_list_attr,
        number_attr=proto.number_attr,
        is_ref=proto.is_ref,
    )


def signature_text(op_def: OpDef) -> str:
    """The short form of a schema in TensorFlow's messages: Op<name=...; signature=...>."""
    attrs = "".join(f"; attr={_attr_text(op_def.attrs[name])}" for name in sorted(op_def.attrs))
    stateful = "; is_stateful=true" if op_def.stateful else ""
    inputs = ", ".join(map(_arg_text, op_def.inputs))
    outputs = ", ".join(map(_arg_text, op_def.outputs))
    return f"Op<name={op_def.name}; signature={inputs} -> {outputs}{attrs}{stateful}>"


def _arg_text(arg: ArgDef) -> str:
    kind = arg.type_attr or arg.type_list_attr or type_text(arg.dtype)
    kind = f"{arg.number_attr}*{kind}" if arg.number_attr else kind
    return f"{arg.name}:{f'Ref({kind})' if arg.is_ref else kind}"


def _attr_text(attr: AttrDef) -> str:
    text = f"{attr.name}:{attr.kind}"
    if attr.default is not REQUIRED:
        text += f",default={_value_text(attr.default)}"
    if attr.minimum is not None:
        text += f",min={attr.minimum}"
    if attr.allowed is not None:
        text += f",allowed=[{', '.join(map(_value_text, attr.allowed))}]"
    return text


def type_text(dtype: Any) -> str:
    """What TensorFlow's own messages call a dtype: "float", "double", "half"."""
    names = {"float32": "float", "float64": "double", "float16": "half"}
    name = str(dtype.base_dtype.name)
    return names.get(name, name)


def _value_text(value: Any) -> str:
    if isinstance(value, bytes):
        return f'"{value.decode(errors="replace")}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_value_text, value))}]"
    if hasattr(value, "as_datatype_enum"):
        return "DT_" + type_text(value).upper()
    return str(value)
