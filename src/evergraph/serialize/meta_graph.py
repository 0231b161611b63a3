"""MetaGraphDef: a graph with its collections and its saver, written and read.

Reference: TensorFlow 1.15, tensorflow/python/framework/meta_graph.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from evergraph import protos
from evergraph.core.errors import near_names
from evergraph.graph.graph import Graph
from evergraph.graph.keys import GraphKeys
from evergraph.graph.scopes import get_default_graph
from evergraph.registry.op_def import find_op_def
from evergraph.serialize.collections import (
    UNBOUND,
    add_collection_def,
    get_from_proto_function,
    is_included,
    restore_collection,
    strip_name_scope,
)
from evergraph.serialize.graph_def import (
    as_graph_def,
    copy_functions,
    graph_def_versions,
    to_node_def,
)
from evergraph.serialize.import_graph import import_graph_def
from evergraph.serialize.op_def_proto import to_op_def_proto
from evergraph.serialize.tensor_proto import shape_to_proto

TENSORFLOW_VERSION: Final = "1.15.5"  # whose ops and files these are
_GIT_VERSION: Final = "evergraph"
_ENTER = ("Enter", "RefEnter")


def ops_used_by_graph_def(graph_def: Any) -> list[str]:
    """The op types of a GraphDef and of its functions, each once."""
    functions = {f.signature.name: f for f in graph_def.library.function}
    used = {node.op for node in graph_def.node}
    for function in functions.values():
        used |= {node.op for node in function.node_def}
    return [op_type for op_type in used if op_type not in functions]


def stripped_op_list_for_graph(graph_def: Any) -> Any:
    """The OpList of the op types in a GraphDef, sorted; types that aren't registered are left out.

    Differs from TensorFlow: an unregistered op is no error, since a graph may hold imported ones.
    """
    found = (find_op_def(op_type) for op_type in sorted(ops_used_by_graph_def(graph_def)))
    return protos.OpList(op=[to_op_def_proto(op_def) for op_def in found if op_def is not None])


def strip_graph_default_valued_attrs(meta_graph: Any) -> None:
    """Remove attrs that equal their schema's default, and say so in `meta_info_def`."""
    nodes = list(meta_graph.graph_def.node)
    for function in meta_graph.graph_def.library.function:
        nodes += function.node_def
    defaults: dict[str, dict[str, Any]] = {}
    for node in nodes:
        if node.op not in defaults:
            op_def = find_op_def(node.op)
            described = to_op_def_proto(op_def).attr if op_def is not None else ()
            defaults[node.op] = {
                attr.name: attr.default_value
                for attr in described
                if attr.HasField("default_value")
            }
        for key, default in defaults[node.op].items():
            if key in node.attr and node.attr[key] == default:
                del node.attr[key]
    meta_graph.meta_info_def.stripped_default_attrs = True


def create_meta_graph_def(
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Collection[str] | None = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    exclude_nodes: Collection[str] | None = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
) -> Any:
    """A MetaGraphDef of parts; see `export_scoped_meta_graph` for the arguments."""
    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"graph must be of type Graph, not {type(graph)}")
    graph = graph or get_default_graph()
    meta_graph = protos.MetaGraphDef()
    if meta_info_def is not None:
        meta_graph.meta_info_def.MergeFrom(
            protos.convert(meta_info_def, protos.MetaGraphDef.MetaInfoDef)
        )
    meta_graph.meta_info_def.tensorflow_version = TENSORFLOW_VERSION
    meta_graph.meta_info_def.tensorflow_git_version = _GIT_VERSION
    if graph_def is None:
        graph_def = as_graph_def(graph, add_shapes=True)
    meta_graph.graph_def.CopyFrom(protos.convert(graph_def, protos.GraphDef))
    if not meta_graph.meta_info_def.stripped_op_list.op:
        meta_graph.meta_info_def.stripped_op_list.MergeFrom(
            stripped_op_list_for_graph(meta_graph.graph_def)
        )
    if strip_default_attrs:
        strip_graph_default_valued_attrs(meta_graph)
    if saver_def is not None:
        meta_graph.saver_def.CopyFrom(protos.convert(saver_def, protos.SaverDef))
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        contents = None
        if clear_extraneous_savers and key == GraphKeys.SAVERS:
            contents = [get_from_proto_function(key)(saver_def)]
        add_collection_def(meta_graph, key, graph, export_scope, exclude_nodes, contents)
    return meta_graph


def export_scoped_meta_graph(
    filename: str | os.PathLike[str] | None = None,
    graph_def: Any = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    as_text: bool = False,
    unbound_inputs_col_name: str | None = "unbound_inputs",
    clear_devices: bool = False,
    saver_def: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> tuple[Any, dict[str, Any]]:
    """The MetaGraphDef of a graph or of one of its scopes, and the variables in it by name.

    Args:
        filename: file to write it to.
        graph_def: a GraphDef to use in place of the graph's own.
        graph: the graph; the default one when None.
        export_scope: take only this scope, without its name.
        as_text: write the file in text form.
        unbound_inputs_col_name: collection for the names of inputs from outside the scope.
        clear_devices: leave out devices.
        saver_def: the SaverDef to include.
        clear_extraneous_savers: leave out the operations and SaverDefs of other savers.
        strip_default_attrs: leave out attrs that have their default value.
        save_debug_info: accepted for TensorFlow's sake.
        **kwargs: `meta_info_def`, `collection_list`.

    Raises:
        ValueError: it's larger than 2 GB.
    """
    graph = graph or get_default_graph()
    exclude: set[str] | None = None
    if export_scope or clear_extraneous_savers or clear_devices:
        source = graph_def if graph_def is not None else _whole_graph_def(graph)
        if clear_extraneous_savers:
            exclude = _extraneous_saver_nodes(source, saver_def)
        unbound: list[str] = []
        scoped = protos.GraphDef(versions=source.versions, library=source.library)
        for node in source.node:
            if is_included(node.name, export_scope, exclude):
                scoped.node.append(_scoped_node(node, export_scope, unbound, clear_devices))
        graph_def = scoped
        if unbound_inputs_col_name:
            graph.clear_collection(unbound_inputs_col_name)
            for name in unbound:
                graph.add_to_collection(unbound_inputs_col_name, name)
    variables = {
        strip_name_scope(variable.name, export_scope): variable
        for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=export_scope)
        if is_included(variable, export_scope, exclude)
    }
    meta_graph = create_meta_graph_def(
        graph_def=graph_def,
        graph=graph,
        export_scope=export_scope,
        exclude_nodes=exclude,
        clear_extraneous_savers=clear_extraneous_savers,
        saver_def=saver_def,
        strip_default_attrs=strip_default_attrs,
        **kwargs,
    )
    if filename:
        write_proto(meta_graph, filename, as_text)
    return meta_graph, variables


def _whole_graph_def(graph: Graph) -> Any:
    """As `as_graph_def(add_shapes=True)`, with control inputs in the order of adding."""
    graph_def = protos.GraphDef(versions=graph_def_versions(graph))
    for op in graph.get_operations():
        node = to_node_def(op)
        if op.outputs:
            shapes = [shape_to_proto(tensor.shape.sizes) for tensor in op.outputs]
            node.attr["_output_shapes"].list.shape.extend(shapes)
        graph_def.node.append(node)
    copy_functions(graph, graph_def)
    return graph_def


def _scoped_node(
    node: Any, export_scope: str | None, unbound: list[str], clear_devices: bool
) -> Any:
    result = protos.NodeDef()
    result.CopyFrom(node)
    if clear_devices:
        result.device = ""
    if not export_scope:
        return result
    result.name = strip_name_scope(node.name, export_scope)
    for i, text in enumerate(node.input):
        if text.lstrip("^").startswith(export_scope):
            result.input[i] = strip_name_scope(text, export_scope)
        else:
            result.input[i] = re.sub(r"^(\^?)", rf"\g<1>{UNBOUND}", text)
            unbound.append(result.input[i])
    if "_class" in node.attr:
        groups = [
            strip_name_scope(group, export_scope)
            for group in node.attr["_class"].list.s
            if group.decode().partition("@")[2].startswith(export_scope)
        ]
        result.attr["_class"].list.s[:] = groups
    if node.op in _ENTER and node.attr["frame_name"].s.decode().startswith(export_scope):
        frame = strip_name_scope(node.attr["frame_name"].s, export_scope)
        result.attr["frame_name"].s = frame
    return result


def _extraneous_saver_nodes(graph_def: Any, saver_def: Any) -> set[str]:
    """Names of the operations of all savers but that of `saver_def`."""
    inputs = {
        node.name: {text.lstrip("^").partition(":")[0] for text in node.input}
        for node in graph_def.node
    }
    consumers: dict[str, set[str]] = {}
    for name, sources in inputs.items():
        for source in sources:
            consumers.setdefault(source, set()).add(name)
    own: set[str] = set()
    if saver_def is not None:
        starts = [saver_def.filename_tensor_name, saver_def.save_tensor_name]
        starts.append(saver_def.restore_op_name)
        pending = [start.partition(":")[0] for start in starts]
        while pending:
            name = pending.pop()
            if name in inputs and name not in own:
                own.add(name)
                pending += inputs[name]
    scopes = {
        node.name.rpartition("/")[0]
        for node in graph_def.node
        if node.op in ("SaveV2", "SaveSlices", "Save", "RestoreV2", "RestoreSlice", "Restore")
    }
    own_scopes = {name.rpartition("/")[0] for name in own if name.rpartition("/")[0] in scopes}
    return {
        name
        for name in inputs
        for scope in scopes - own_scopes
        if scope and name.startswith(f"{scope}/") and name not in own
    }


def write_proto(message: Any, path: str | os.PathLike[str], as_text: bool = False) -> None:
    """Write a message to a file, in binary or in text form, by way of a temporary file."""
    target = Path(path)
    data = (
        protos.to_text(message).encode()
        if as_text
        else message.SerializeToString(deterministic=True)
    )
    unfinished = target.with_name(f"{target.name}.tmp{os.getpid()}")
    unfinished.write_bytes(data)
    unfinished.replace(target)


def read_meta_graph_file(filename: str | os.PathLike[str]) -> Any:
    """The MetaGraphDef in a file, binary or text.

    Raises:
        OSError: there is no such file, or it can't be parsed.
    """
    return _read_proto(filename, protos.MetaGraphDef)


def _read_proto(filename: str | os.PathLike[str], cls: Any) -> Any:
    from google.protobuf.message import DecodeError
    from google.protobuf.text_format import ParseError

    path = Path(filename)
    if not path.exists():
        beside = path.parent.iterdir() if path.parent.is_dir() else ()
        near = near_names(path.name, [other.name for other in beside])
        hint = f" Near names: {', '.join(near)}." if near else ""
        raise OSError(f"File {os.fspath(filename)} does not exist.{hint}")
    data = path.read_bytes()
    try:
        return cls.FromString(data)
    except DecodeError:
        pass
    try:
        return protos.parse_text(data, cls)
    except (ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {os.fspath(filename)}: {error}.") from None


def import_scoped_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: dict[str, Any] | None = None,
    unbound_inputs_col_name: str | None = "unbound_inputs",
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
) -> dict[str, Any]:
    """Add the operations and collections of a MetaGraphDef; the variables in it by name."""
    return import_scoped_meta_graph_with_return_elements(
        meta_graph_or_file,
        clear_devices,
        graph,
        import_scope,
        input_map,
        unbound_inputs_col_name,
        restore_collections_predicate,
    )[0]


def import_scoped_meta_graph_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: dict[str, Any] | None = None,
    unbound_inputs_col_name: str | None = "unbound_inputs",
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
    return_elements: list[str] | None = None,
) -> tuple[dict[str, Any], list[Any] | None]:
    """As `import_scoped_meta_graph`, and the elements asked for.

    Args:
        meta_graph_or_file: a MetaGraphDef, or the path of a file that holds one.
        clear_devices: leave out devices.
        graph: graph to add to; the default one when None.
        import_scope: scope of the new operations.
        input_map: see `import_graph_def`.
        unbound_inputs_col_name: collection that names the inputs `input_map` must give.
        restore_collections_predicate: which collections to restore, by name.
        return_elements: see `import_graph_def`.

    Raises:
        ValueError: `input_map` lacks an unbound input.
    """
    if hasattr(meta_graph_or_file, "SerializeToString"):
        meta_graph = protos.convert(meta_graph_or_file, protos.MetaGraphDef)
    else:
        meta_graph = read_meta_graph_file(meta_graph_or_file)
    if unbound_inputs_col_name:
        _check_unbound(meta_graph, unbound_inputs_col_name, input_map)
    graph = graph or get_default_graph()
    with graph.as_default():
        graph_def = meta_graph.graph_def
        if clear_devices:
            for node in graph_def.node:
                node.device = ""
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        elements = import_graph_def(
            graph_def,
            name=import_scope or scope,
            input_map=input_map,
            producer_op_list=meta_graph.meta_info_def.stripped_op_list,
            return_elements=return_elements,
        )
        old_trainable = _is_before_1_9(meta_graph.meta_info_def.tensorflow_version)
        trainable = GraphKeys.TRAINABLE_VARIABLES
        known: dict[bytes, Any] = {}
        for key in sorted(meta_graph.collection_def, key=lambda key: (key != trainable, key)):
            if key != unbound_inputs_col_name and restore_collections_predicate(key):
                collection = meta_graph.collection_def[key]
                restore_collection(graph, key, collection, scope, known, old_trainable)
    variables = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)
    return {strip_name_scope(variable.name, scope): variable for variable in variables}, elements


def _is_before_1_9(version: str) -> bool:
    match = re.match(r"(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) < (1, 9)


def _check_unbound(meta_graph: Any, key: str, input_map: dict[str, Any] | None) -> None:
    if key not in meta_graph.collection_def:
        return
    wanted = [name.decode() for name in meta_graph.collection_def[key].bytes_list.value]
    given = input_map or {}
    if wanted and sorted(wanted) != sorted(given):
        missing = ",".join(name for name in wanted if name not in given)
        raise ValueError(
            f"Graph contains unbound inputs: {missing}. Must provide these inputs through "
            "input_map."
        )


def copy_scoped_meta_graph(
    from_scope: str,
    to_scope: str,
    from_graph: Graph | None = None,
    to_graph: Graph | None = None,
) -> dict[str, Any]:
    """Copy a scope of a graph to another scope; the copied variables by name.

    Raises:
        ValueError: both are the same.
    """
    from_graph = from_graph or get_default_graph()
    to_graph = to_graph or get_default_graph()
    if from_graph is to_graph and from_scope == to_scope:
        raise ValueError(
            "'from_scope' and 'to_scope' need to be different when performing copy in the same "
            "graph."
        )
    meta_graph, _ = export_scoped_meta_graph(export_scope=from_scope, graph=from_graph)
    return import_scoped_meta_graph(meta_graph, graph=to_graph, import_scope=to_scope)
