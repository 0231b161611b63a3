"""The messages of TensorFlow's files: `protos.GraphDef`, `protos.DataType`, `protos.DT_FLOAT`.

The sources in `sources/` are compiled to one descriptor set, `descriptors.binpb` (made by
`tools/compile_protos.py`). It's loaded at the first use of a name, into a pool of its own: a real
TensorFlow or TensorBoard in the same process never meets our definitions. Their messages and ours
aren't instances of one another: `convert` goes through bytes.
"""

from __future__ import annotations

import copyreg
import functools
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

# Where the name `protos.X` is looked up, in this order.
PACKAGES = (
    "tensorflow",
    "tensorflow.tfprof",
    "tensorflow.serving",
    "tensorflow.error",
)


@functools.cache
def pool() -> DescriptorPool:
    """The private pool that holds every message of this package."""
    from google.protobuf import descriptor_pb2, descriptor_pool

    data = resources.files(__name__).joinpath("descriptors.binpb").read_bytes()
    own_pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        own_pool.AddSerializedFile(file.SerializeToString())
    return own_pool


@functools.cache
def message_class(full_name: str) -> Any:
    """The class of the message `full_name`, such as "tensorflow.GraphDef".

    Raises:
        KeyError: the pool has no such message.
    """
    from google.protobuf import message_factory

    descriptor = pool().FindMessageTypeByName(full_name)
    for reachable in _reachable(descriptor):
        # Without this, pickle looks for the class in a module that doesn't exist.
        copyreg.pickle(message_factory.GetMessageClass(reachable), _reduce)
    return message_factory.GetMessageClass(descriptor)


def convert(value: Any, cls: Any) -> Any:
    """`value` as a message of class `cls`.

    Args:
        value: a message of `cls`, one of the same kind made by another library (anything that has
            `SerializeToString`), or the serialized bytes.
        cls: a class of this package.

    Raises:
        TypeError: `value` is none of these.
    """
    if isinstance(value, cls):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return cls.FromString(bytes(value))
    if hasattr(value, "SerializeToString"):
        return cls.FromString(value.SerializeToString())
    raise TypeError(f"Expected a {cls.DESCRIPTOR.name} message, got {type(value).__name__}")


def parse_text(text: str | bytes, cls: Any) -> Any:
    """The message of class `cls` that `text` (protobuf text format) describes."""
    from google.protobuf import text_format

    return text_format.Parse(text, cls(), descriptor_pool=pool())


def to_text(message: Any) -> str:
    """`message` in protobuf text format."""
    from google.protobuf import text_format

    return str(text_format.MessageToString(message, descriptor_pool=pool()))


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = _find(name)
    if value is None:
        raise AttributeError(f"module {__name__!r} has no message, enum or enum value {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_top_level_names()})


def _find(name: str) -> Any:
    from google.protobuf.internal import enum_type_wrapper

    for package in PACKAGES:
        full_name = f"{package}.{name}"
        try:
            return message_class(full_name)
        except KeyError:
            pass
        try:
            return enum_type_wrapper.EnumTypeWrapper(pool().FindEnumTypeByName(full_name))
        except KeyError:
            pass
    return _enum_values().get(name)


@functools.cache
def _enum_values() -> dict[str, int]:
    values: dict[str, int] = {}
    for file in _files():
        for enum in file.enum_types_by_name.values():
            for value in enum.values:
                values.setdefault(value.name, value.number)
    return values


def _top_level_names() -> Iterator[str]:
    for file in _files():
        yield from file.message_types_by_name
        yield from file.enum_types_by_name
    yield from _enum_values()


def _files() -> Iterator[Any]:
    from google.protobuf import descriptor_pb2

    data = resources.files(__name__).joinpath("descriptors.binpb").read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        if file.package in PACKAGES:
            yield pool().FindFileByName(file.name)


_seen_by_pickle: set[str] = set()


def _reachable(descriptor: Descriptor) -> Iterator[Descriptor]:
    """`descriptor` and the messages its fields lead to that haven't been met before."""
    pending = [descriptor]
    while pending:
        message = pending.pop()
        if message.full_name in _seen_by_pickle:
            continue
        _seen_by_pickle.add(message.full_name)
        if not message.GetOptions().map_entry:
            yield message
        pending.extend(field.message_type for field in message.fields if field.message_type)
        pending.extend(message.nested_types)


def _reduce(message: Any) -> tuple[Any, tuple[str, bytes]]:
    return _rebuild, (message.DESCRIPTOR.full_name, message.SerializeToString())


def _rebuild(full_name: str, data: bytes) -> Any:
    return message_class(full_name).FromString(data)
