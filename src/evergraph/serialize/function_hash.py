"""The hash of a FunctionDef, which TensorFlow makes part of a function's name.

Equal programs then name their functions as TensorFlow does.

Reference: TensorFlow 1.15, tensorflow/core/framework/function.cc (FunctionDefHash) and
tensorflow/core/lib/hash/hash.cc (Hash64, a form of MurmurHash).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

from evergraph import protos
from evergraph.core import dtypes
from evergraph.formats.wire import varint
from evergraph.serialize.tensor_proto import from_tensor_proto

_MASK: Final = (1 << 64) - 1
_SEED: Final = 0xDECAFCAFFE
_FACTOR: Final = 0xC6A4A7935BD1E995
_SHIFT: Final = 47


def hash64(data: bytes, seed: int = _SEED) -> int:
    """TensorFlow's Hash64 of `data`."""
    value = seed ^ (len(data) * _FACTOR & _MASK)
    whole = len(data) - len(data) % 8
    for start in range(0, whole, 8):
        word = int.from_bytes(data[start : start + 8], "little") * _FACTOR & _MASK
        word = (word ^ (word >> _SHIFT)) * _FACTOR & _MASK
        value = (value ^ word) * _FACTOR & _MASK
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * _FACTOR & _MASK
    value = (value ^ (value >> _SHIFT)) * _FACTOR & _MASK
    return value ^ (value >> _SHIFT)


def _combine(a: int, b: int) -> int:
    return a ^ ((b + 0x9E3779B97F4A7800 + (a << 10) + (a >> 4)) & _MASK)


def _texts(value: int, texts: Iterable[str]) -> int:
    for text in texts:
        value = hash64(text.encode(), value)
    return value


def _message(message: Any, seed: int = _SEED) -> int:
    return hash64(message.SerializeToString(deterministic=True), seed)


def _attrs(value: int, attrs: Mapping[str, Any], keys: Iterable[str] | None = None) -> int:
    for key in sorted(attrs if keys is None else keys):
        value = _combine(_attr_value(attrs[key]), hash64(key.encode(), value))
    return value


def _attr_value(attr: Any) -> int:
    kind = attr.WhichOneof("value")
    if kind == "tensor":
        return _tensor(attr.tensor)
    if kind == "func":
        return _attrs(hash64(attr.func.name.encode()), attr.func.attr)
    return _message(attr)


def _tensor(tensor: Any) -> int:
    """The hash of a TensorProto with its values as bytes, whichever field they stand in."""
    array = from_tensor_proto(tensor)
    if dtypes.as_dtype(tensor.dtype) == dtypes.string:
        texts = [bytes(text) for text in array.ravel()]
        content = b"".join(varint(len(text)) for text in texts) + b"".join(texts)
    else:
        content = array.tobytes()
    plain = protos.TensorProto(dtype=tensor.dtype, tensor_content=content)
    plain.tensor_shape.SetInParent()
    plain.tensor_shape.dim.extend(tensor.tensor_shape.dim)
    return _message(plain)


def _node(node: Any) -> int:
    value = _texts(hash64(node.name.encode()), (node.op, node.device))
    data = [text for text in node.input if not text.startswith("^")]
    controls = sorted({text for text in node.input if text.startswith("^")})
    public = [key for key in node.attr if not key.startswith("_")]
    return _attrs(_texts(value, data + controls), node.attr, public)


def _signature(signature: Any) -> int:
    value = _SEED
    for attr in sorted(signature.attr, key=lambda attr: attr.name):
        value = _combine(_attr_def(attr), hash64(attr.name.encode(), value))
    for name in sorted(signature.control_output):
        value = _combine(value, hash64(name.encode()))
    rest = protos.OpDef()
    rest.CopyFrom(signature)
    rest.ClearField("attr")
    rest.ClearField("control_output")
    return _message(rest, value)


def _attr_def(attr: Any) -> int:
    value = hash64(attr.type.encode(), hash64(attr.name.encode()))
    value = _combine(_attr_value(attr.default_value), value)
    value = hash64(attr.description.encode(), value)
    value = _combine(int(attr.has_minimum), value)
    value = _combine(attr.minimum & _MASK, value)
    return _combine(_attr_value(attr.allowed_values), value)


def function_hash(definition: Any) -> int:
    """The hash of a FunctionDef, as an unsigned number of 64 bits."""
    value = _signature(definition.signature)
    set_attrs = [key for key, attr in definition.attr.items() if attr.WhichOneof("value")]
    value = _attrs(value, definition.attr, set_attrs)
    nodes = _SEED
    for node in sorted(definition.node_def, key=lambda node: node.name.encode()):
        nodes = _combine(_node(node), hash64(node.name.encode(), nodes))
    value = _combine(nodes, value)
    for results in (definition.ret, definition.control_ret):
        for key in sorted(results):
            value = _texts(value, (key, results[key]))
    return value


def name_suffix(definition: Any) -> str:
    """The hash as text of letters and digits, as it ends a function's name."""
    data = function_hash(definition).to_bytes(8, "little")
    return base64.b64encode(data, b"aA").decode().rstrip("=")
