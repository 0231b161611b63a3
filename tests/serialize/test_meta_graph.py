import logging
from pathlib import Path

import pytest

from evergraph import protos
from evergraph.graph.graph import Graph
from evergraph.graph.scopes import name_scope
from evergraph.ops.constants import constant
from evergraph.ops.identity import identity
from evergraph.serialize import collections
from evergraph.serialize.collections import (
    prepend_name_scope,
    register_proto_function,
    strip_name_scope,
)
from evergraph.serialize.meta_graph import (
    copy_scoped_meta_graph,
    create_meta_graph_def,
    export_scoped_meta_graph,
    import_scoped_meta_graph,
    import_scoped_meta_graph_with_return_elements,
    read_meta_graph_file,
)

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def sample() -> Graph:
    graph = Graph()
    with graph.as_default():
        outside = constant(1.0, name="outside")
        with name_scope("sc"):
            x = constant([1.0, 2.0], name="x")
            identity(x, name="y")
            identity(outside, name="z")
    graph.add_to_collection("tensors", x)
    graph.add_to_collection("ops", x.op)
    graph.add_to_collection("texts", "plain")
    graph.add_to_collection("ints", 3)
    graph.add_to_collection("floats", 0.5)
    return graph


@pytest.mark.parametrize("as_text", [False, True])
def test_collections_of_every_kind_come_back(tmp_path: Path, as_text: bool) -> None:
    path = tmp_path / "m.meta"
    meta_graph, variables = export_scoped_meta_graph(path, graph=sample(), as_text=as_text)
    assert variables == {}
    assert read_meta_graph_file(path) == meta_graph
    assert meta_graph.meta_info_def.tensorflow_version == "1.15.5"
    assert [op.name for op in meta_graph.meta_info_def.stripped_op_list.op] == ["Const", "Identity"]
    assert "_output_shapes" in meta_graph.graph_def.node[0].attr
    with Graph().as_default() as graph:
        import_scoped_meta_graph(str(path))
    assert [t.name for t in graph.get_collection("tensors")] == ["sc/x:0"]
    assert [op.name for op in graph.get_collection("ops")] == ["sc/x"]
    assert graph.get_collection("texts") == [b"plain"]
    assert graph.get_collection("ints") == [3]
    assert graph.get_collection("floats") == [0.5]


def test_import_scope_prefixes_names_in_collections_too() -> None:
    meta_graph, _ = export_scoped_meta_graph(graph=sample())
    with Graph().as_default() as graph:
        _, (element,) = import_scoped_meta_graph_with_return_elements(
            meta_graph, import_scope="new", return_elements=["sc/x:0"]
        )
    assert element.name == "new/sc/x:0"
    assert graph.get_collection("tensors") == [element]
    assert graph.get_collection("texts") == ["new/plain"]


def test_a_scope_is_exported_without_its_name() -> None:
    graph = sample()
    meta_graph, _ = export_scoped_meta_graph(graph=graph, export_scope="sc")
    nodes = {node.name: list(node.input) for node in meta_graph.graph_def.node}
    assert nodes == {"x": [], "y": ["x"], "z": ["$unbound_inputs_outside"]}
    unbound = meta_graph.collection_def["unbound_inputs"].bytes_list.value
    assert list(unbound) == [b"$unbound_inputs_outside"]
    with Graph().as_default():
        message = r"Graph contains unbound inputs: \$unbound_inputs_outside\. Must provide"
        with pytest.raises(ValueError, match=message):
            import_scoped_meta_graph(meta_graph)
        mine = constant(5.0, name="mine")
        import_scoped_meta_graph(meta_graph, input_map={"$unbound_inputs_outside": mine})
        assert mine.consumers()[0].name == "z"


def test_a_scope_is_copied() -> None:
    graph = sample()
    with graph.as_default():
        with pytest.raises(ValueError, match="need to be different when performing copy"):
            copy_scoped_meta_graph("sc", "sc")
        other = Graph()
        with graph.as_default(), name_scope("own"):
            identity(constant(1, name="a"), name="b")
        copy_scoped_meta_graph("own", "copy", to_graph=other)
    assert [op.name for op in other.get_operations()] == ["copy/a", "copy/b"]


def test_devices_and_default_attrs_are_left_out() -> None:
    graph = sample()
    graph.get_operation_by_name("sc/x")._set_device("/cpu:0")
    meta_graph, _ = export_scoped_meta_graph(graph=graph, clear_devices=True)
    assert {node.device for node in meta_graph.graph_def.node} == {""}
    meta_graph = create_meta_graph_def(graph=graph, strip_default_attrs=True)
    assert meta_graph.meta_info_def.stripped_default_attrs


def test_items_with_functions_become_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "_functions", {})
    register_proto_function(
        "keys",
        lambda: protos.SaverDef,
        to_proto=lambda item, export_scope: protos.SaverDef(filename_tensor_name=item),
        from_proto=lambda proto, import_scope: (proto.filename_tensor_name, import_scope),
    )
    graph = sample()
    graph.add_to_collection("keys", "f:0")
    meta_graph = create_meta_graph_def(graph=graph)
    assert len(meta_graph.collection_def["keys"].bytes_list.value) == 1
    with Graph().as_default() as again:
        import_scoped_meta_graph(meta_graph, import_scope="s")
    assert again.get_collection("keys") == [("f:0", "s")]
    with pytest.raises(TypeError, match="to_proto must be callable"):
        register_proto_function("x", protos.SaverDef, to_proto=3)  # type: ignore[arg-type]


def test_what_has_no_form_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    graph = sample()
    graph.add_to_collection("odd", object())
    graph.add_to_collection(("no", "text"), 1)
    with caplog.at_level(logging.WARNING, "tensorflow"):
        meta_graph = create_meta_graph_def(graph=graph)
    assert "odd" not in meta_graph.collection_def
    assert "Issue encountered when serializing odd." in caplog.text


def test_collections_of_tensorflow_are_restored() -> None:
    path = FIXTURES / "nets" / "control_tf115" / "model.ckpt-7.meta"
    wanted = protos.MetaGraphDef.FromString(path.read_bytes()).collection_def
    with Graph().as_default() as graph:
        import_scoped_meta_graph(path)
    for key, collection in wanted.items():
        if collection.WhichOneof("kind") == "node_list":
            names = [item.name for item in graph.get_collection(key)]
            assert names == list(collection.node_list.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "model.meta").write_text("no { proto")
    with pytest.raises(OSError, match=r"does not exist\. Near names: model\.meta"):
        read_meta_graph_file(tmp_path / "model.met")
    with pytest.raises(OSError, match="Cannot parse file"):
        read_meta_graph_file(tmp_path / "model.meta")


@pytest.mark.parametrize(
    ("name", "stripped"),
    [("sc/x", "x"), ("^sc/x:0", "^x:0"), ("loc:@sc/x", "loc:@x"), ("other/sc/x", "other/sc/x")],
)
def test_scopes_of_names(name: str, stripped: str) -> None:
    assert strip_name_scope(name, "sc") == stripped
    assert strip_name_scope(name, None) == name
    if stripped != name:
        assert prepend_name_scope(stripped, "sc/") == name
