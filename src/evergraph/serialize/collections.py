"""Graph collections and CollectionDef: which ones are kept as messages, and how.

Reference: TensorFlow 1.15, tensorflow/python/framework/ops.py (register_proto_function) and
meta_graph.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from evergraph import protos
from evergraph.graph.graph import Graph
from evergraph.graph.keys import GraphKeys
from evergraph.graph.scopes import prepend_name_scope as prepend_name_scope
from evergraph.graph.scopes import strip_name_scope as strip_name_scope

UNBOUND = "$unbound_inputs_"
"""What the name of an input begins with that an exported scope takes from outside."""

_log = logging.getLogger("tensorflow")


@dataclass(frozen=True, slots=True)
class ProtoFunctions:
    """How the items of a collection become messages and come back.

    Attributes:
        proto_type: a function that returns the class of the messages.
        to_proto: takes an item and `export_scope=`, returns a message or None.
        from_proto: takes a message and `import_scope=`, returns an item.
    """

    proto_type: Callable[[], Any]
    to_proto: Callable[..., Any] | None
    from_proto: Callable[..., Any] | None


_functions: dict[str, ProtoFunctions] = {}


def register_proto_function(
    collection_name: str,
    proto_type: Any = None,
    to_proto: Callable[..., Any] | None = None,
    from_proto: Callable[..., Any] | None = None,
) -> None:
    """Keep the items of a collection as messages in meta graphs.

    Args:
        collection_name: the collection.
        proto_type: class of the messages, or a function of no arguments that returns it.
        to_proto: `to_proto(item, export_scope=...)` gives a message, or None to leave it out.
        from_proto: `from_proto(message, import_scope=...)` gives an item.

    Raises:
        TypeError: a function is no function.
    """
    if to_proto and not callable(to_proto):
        raise TypeError("to_proto must be callable.")
    if from_proto and not callable(from_proto):
        raise TypeError("from_proto must be callable.")
    is_class = proto_type is None or isinstance(proto_type, type)
    get_type = (lambda: proto_type) if is_class else proto_type
    _functions[collection_name] = ProtoFunctions(get_type, to_proto, from_proto)


def get_collection_proto_type(collection_name: str) -> Any:
    """The class of the messages of a collection, or None."""
    functions = _functions.get(collection_name)
    return functions.proto_type() if functions else None


def get_to_proto_function(collection_name: str) -> Any:
    """What makes messages of the items of a collection, or None."""
    functions = _functions.get(collection_name)
    return functions.to_proto if functions else None


def get_from_proto_function(collection_name: str) -> Any:
    """What makes items of the messages of a collection, or None."""
    functions = _functions.get(collection_name)
    return functions.from_proto if functions else None


def is_included(item: Any, export_scope: str | None, exclude: Collection[str] | None) -> bool:
    """Whether an item of a collection belongs into the export of a scope."""
    name = item if isinstance(item, str) else getattr(item, "name", None)
    if not isinstance(name, str):
        return True
    if exclude and (name in exclude or name.partition(":")[0] in exclude):
        return False
    return not export_scope or name.startswith((UNBOUND, export_scope))


def _kind_of(item: Any) -> str:
    if isinstance(item, str | bytes):
        return "bytes_list"
    if isinstance(item, int):
        return "int64_list"
    if isinstance(item, float):
        return "float_list"
    descriptor = getattr(item, "DESCRIPTOR", None)
    if descriptor is not None and descriptor.full_name == "google.protobuf.Any":
        return "any_list"
    return "node_list"


def add_collection_def(
    meta_graph: Any,
    key: Any,
    graph: Graph,
    export_scope: str | None = None,
    exclude_nodes: Collection[str] | None = None,
    override_contents: list[Any] | None = None,
) -> None:
    """Write one collection of `graph` into a MetaGraphDef.

    What can't be written (a key that isn't text, items that have no form) is left out, with a
    warning.

    Args:
        meta_graph: the MetaGraphDef.
        key: name of the collection.
        graph: the graph.
        export_scope: scope to keep and to strip from names.
        exclude_nodes: names of operations whose items are left out.
        override_contents: items to write in place of the collection's.

    Reference: TensorFlow 1.15, tensorflow/python/framework/meta_graph.py.
    """
    if not isinstance(key, str | bytes):
        message = "Only collections with string type keys will be serialized. This key has %s"
        _log.warning(message, type(key))
        return
    text_key = key.decode() if isinstance(key, bytes) else key
    items = override_contents or graph.get_collection(key)
    items = [item for item in items if is_included(item, export_scope, exclude_nodes)]
    if not items:
        return
    try:
        collection = _collection_def(text_key, items, export_scope)
    except Exception as error:  # whatever a foreign item raises
        _log.warning(
            "Issue encountered when serializing %s.\nType is unsupported, or the types of the "
            "items don't match field type in CollectionDef. Note this is a warning and probably "
            "safe to ignore.\n%s",
            key,
            error,
        )
        return
    meta_graph.collection_def[text_key].CopyFrom(collection)


def _collection_def(key: str, items: list[Any], export_scope: str | None) -> Any:
    collection = protos.CollectionDef()
    to_proto = get_to_proto_function(key)
    if to_proto:
        collection.bytes_list.SetInParent()
        for item in items:
            message = to_proto(item, export_scope=export_scope)
            if message:
                collection.bytes_list.value.append(message.SerializeToString(deterministic=True))
        return collection
    kind = _kind_of(items[0])
    values = getattr(collection, kind).value
    getattr(collection, kind).SetInParent()
    if kind == "node_list":
        values.extend(
            strip_name_scope(item.name, export_scope)
            for item in items
            if not export_scope or item.name.startswith(export_scope)
        )
    elif kind == "bytes_list":
        values.extend(item.encode() if isinstance(item, str) else item for item in items)
    elif kind == "any_list":
        for item in items:
            values.add().MergeFromString(item.SerializeToString())
    else:
        values.extend(items)
    return collection


def restore_collection(
    graph: Graph,
    key: str,
    collection: Any,
    scope: str,
    known: dict[bytes, Any],
    old_trainable: bool,
) -> None:
    """Add the items of a CollectionDef to `graph`.

    Args:
        graph: the graph, which holds the imported operations.
        key: name of the collection.
        collection: the CollectionDef.
        scope: scope that the operations were imported into.
        known: serialized variables -> the objects made for them by earlier collections.
        old_trainable: whether variables don't say if they're trainable (files before 1.9).
    """
    kind = collection.WhichOneof("kind")
    if kind is None:
        _log.error("Cannot identify data type for collection %s. Skipping.", key)
        return
    source = GraphKeys.GLOBAL_VARIABLES if key == GraphKeys.METRIC_VARIABLES else key
    from_proto = get_from_proto_function(source)
    values = getattr(collection, kind).value
    if from_proto and kind == "bytes_list":
        is_variable = key in GraphKeys._VARIABLE_COLLECTIONS
        for data in values:
            item = known.get(data) if is_variable else None
            if item is None:
                message = get_collection_proto_type(source).FromString(data)
                if is_variable and old_trainable:
                    message.trainable = key == GraphKeys.TRAINABLE_VARIABLES
                item = from_proto(message, import_scope=scope)
                if is_variable:
                    known[data] = item
            graph.add_to_collection(key, item)
        return
    for value in values:
        if kind == "node_list":
            value = graph.as_graph_element(prepend_name_scope(value, scope))
        elif kind == "bytes_list":
            value = prepend_name_scope(value, scope) if scope else value
        graph.add_to_collection(key, value)
