from pathlib import Path

import numpy as np
import pytest

import evergraph.ops.constants
import evergraph.ops.identity
import evergraph.ops.operators
import evergraph.ops.placeholders  # noqa: F401 - registers ops
from evergraph import protos
from evergraph.core import dtypes, errors
from evergraph.graph.graph import Graph
from evergraph.graph.scopes import control_dependencies, device, name_scope
from evergraph.ops.constants import constant
from evergraph.ops.identity import identity
from evergraph.serialize.import_graph import import_graph_def

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def small_graph() -> Graph:
    graph = Graph()
    with graph.as_default():
        z = constant(1, name="z")
        a = constant([2, 3], name="a")
        with control_dependencies([z, a]):
            with device("/cpu:1"):
                identity(z, name="b")
            identity(a, name="c")
    return graph


def small(edit=None):
    graph_def = small_graph().as_graph_def()
    if edit:
        edit(graph_def.node)
    return graph_def


@pytest.mark.parametrize(
    "net",
    [f"{net}_{version}" for net in ("two_layer", "control") for version in ("tf012", "tf115")],
)
def test_graphs_of_tensorflow_come_back_node_for_node(net: str) -> None:
    (path,) = (FIXTURES / "nets" / net).glob("*.meta")
    meta_graph = protos.MetaGraphDef.FromString(path.read_bytes())
    with Graph().as_default() as graph:
        import_graph_def(
            meta_graph.graph_def,
            name="",
            producer_op_list=meta_graph.meta_info_def.stripped_op_list,
        )
    again = graph.as_graph_def(add_shapes=True)
    wanted = {node.name: node for node in meta_graph.graph_def.node}
    assert {node.name for node in again.node} == set(wanted)
    for node in again.node:
        expected = wanted[node.name]
        # 0.12 wrote control inputs in the order of adding.
        inputs = sorted if net.endswith("012") else list
        assert (node.op, inputs(node.input)) == (expected.op, inputs(expected.input))
        assert node.device == expected.device
        for key in expected.attr:
            if key not in ("_output_shapes", "shape"):
                assert node.attr[key] == expected.attr[key], (node.name, key)


def test_names_scopes_and_return_elements() -> None:
    with Graph().as_default() as graph:
        constant(0, name="a")
        op, tensor = import_graph_def(small(), return_elements=["b", "a:0"])
        assert (op.name, tensor.name) == ("import/b", "import/a:0")
        assert [c.name for c in op.control_inputs] == ["import/a"]
        import_graph_def(small(), name="")
        (again,) = import_graph_def(small(), name="", return_elements=["a:0"])
        assert again.name == "a_2:0"
        with name_scope("s"):
            import_graph_def(small())
        assert import_graph_def(small()) is None
        names = [op.name for op in graph.get_operations() if op.type == "Identity"]
        assert names == [
            *("import/b", "import/c", "b", "c", "b_1", "c_1"),
            *("s/import/b", "s/import/c", "import_1/b", "import_1/c"),
        ]
        assert constant(5, name="b").op.name == "b_2"


def test_devices_are_kept_and_those_outside_apply() -> None:
    with Graph().as_default():
        with device("/job:w"):
            b, c = import_graph_def(small(), return_elements=["b", "c"])
        assert b.device == "/job:w/device:CPU:1"
        assert c.device == "/job:w"


def test_input_map_replaces_tensors() -> None:
    with Graph().as_default():
        (b,) = import_graph_def(small(), {"z:0": 5}, ["b"])
        assert b.inputs[0].name == "import/_inputs/Const:0"
        mine = constant(7)
        (b, z) = import_graph_def(small(), {"z": mine, "^a": mine}, ["b", "z:0"])
        assert b.inputs[0] is mine
        assert b.control_inputs == [mine.op]
        assert z is mine


def test_foreign_message_is_taken() -> None:
    class Foreign:
        node = ()

        def SerializeToString(self) -> bytes:
            return small().SerializeToString()

    with Graph().as_default():
        (b,) = import_graph_def(Foreign(), return_elements=["b"])
        assert b.type == "Identity"


def set_field(index: int, field: str, value: str):
    return lambda nodes: setattr(nodes[index], field, value)


def drop_attr(nodes) -> None:
    del nodes[0].attr["dtype"]


def wrong_type(nodes) -> None:
    nodes[2].attr["T"].type = 1


def wrong_class(nodes) -> None:
    nodes[2].attr["_class"].list.s.append(b"loc:@nope")


@pytest.mark.parametrize(
    ("edit", "kind", "message"),
    [
        (set_field(0, "op", "Nope"), errors.NotFoundError, "Op type not registered 'Nope' in"),
        (
            drop_attr,
            ValueError,
            r"NodeDef missing attr 'dtype' from Op<name=Const; signature= -> output:dtype; "
            r"attr=dtype:type; attr=value:tensor>; NodeDef: \{\{node import/z\}\}",
        ),
        (
            lambda nodes: nodes[2].input.__setitem__(0, "nope"),
            ValueError,
            "Node 'b': Unknown input node 'nope'",
        ),
        (
            lambda nodes: nodes[2].input.append("a"),
            ValueError,
            "Node 'b': Control dependencies must come after regular dependencies",
        ),
        (
            lambda nodes: nodes[2].input.insert(0, "a"),
            ValueError,
            "NodeDef expected inputs 'int32' do not match 2 inputs specified; "
            "Op<name=Identity; signature=input:T -> output:T; attr=T:type>; NodeDef",
        ),
        (wrong_class, ValueError, "Node 'b' expects to be colocated with unknown node 'nope'"),
        (
            wrong_type,
            ValueError,
            "Input 0 of node import/b was passed int32 from import/z:0 incompatible with "
            "expected float",
        ),
        (set_field(2, "name", "a"), ValueError, "Node 'a' is not unique"),
        (set_field(2, "name", "_"), ValueError, "Node '_': Node name contains invalid characters"),
        (
            lambda nodes: nodes[2].input.__setitem__(0, "z:1"),
            ValueError,
            "Node 'b': Connecting to invalid output 1 of source node z which has 1 outputs",
        ),
        (lambda nodes: nodes[0].input.append("^b"), ValueError, "3 nodes in a cycle"),
    ],
)
def test_malformed_graphs(edit, kind, message) -> None:
    with Graph().as_default(), pytest.raises(kind, match=message):
        import_graph_def(small(edit))


@pytest.mark.parametrize(
    ("keywords", "kind", "message"),
    [
        ({"return_elements": ["q"]}, ValueError, "Requested return node 'q' not found in graph"),
        (
            {"return_elements": ["a:1"]},
            ValueError,
            r"Invalid return output 1 of node 'a', which has 1 output\(s\)",
        ),
        ({"return_elements": [1]}, TypeError, "return_elements must be a list of strings"),
        (
            {"input_map": {"q": 1.0}},
            ValueError,
            r"Attempted to map inputs that were not found in graph_def: \[q:0\]",
        ),
        ({"input_map": [1]}, TypeError, "input_map must be a dictionary mapping strings"),
        ({"input_map": {"z": 1}, "name": ""}, ValueError, "requires a non-empty `name` if"),
        (
            {"input_map": {"z": 1.0}},
            ValueError,
            "was passed float from import/_inputs/Const:0 incompatible with expected int32",
        ),
    ],
)
def test_wrong_arguments(keywords, kind, message) -> None:
    with Graph().as_default(), pytest.raises(kind, match=message):
        import_graph_def(small(), **keywords)


def test_wrong_graph_def() -> None:
    with Graph().as_default():
        with pytest.raises(TypeError, match=r"graph_def must be a GraphDef proto\."):
            import_graph_def(3)
        graph_def = small()
        graph_def.versions.min_consumer = 500
        with pytest.raises(ValueError, match="min consumer version 500 above current version 134"):
            import_graph_def(graph_def)


def test_unknown_attrs_are_dropped_and_missing_ones_filled_in() -> None:
    graph_def = small()
    graph_def.node[0].attr["foo"].i = 3
    graph_def.node[0].attr["_private"].s = b"kept"
    node = graph_def.node.add(name="d", op="CheckNumerics")
    node.input.append("x")
    node.attr["T"].type = protos.DT_FLOAT
    node.attr["message"].s = b"m"
    node = graph_def.node.add(name="x", op="Placeholder")
    node.attr["dtype"].type = protos.DT_FLOAT
    with Graph().as_default():
        z, x = import_graph_def(graph_def, return_elements=["z", "x"])
    assert "foo" not in z.attrs
    assert z.attrs["_private"] == b"kept"
    assert x.attrs["shape"].ndims is None


def test_placeholders_of_old_files_have_no_shape() -> None:
    for producer, rank in ((17, None), (134, 0)):
        graph_def = protos.GraphDef()
        graph_def.versions.producer = producer
        node = graph_def.node.add(name="x", op="Placeholder")
        node.attr["dtype"].type = protos.DT_FLOAT
        node.attr["shape"].shape.SetInParent()
        with Graph().as_default():
            (x,) = import_graph_def(graph_def, return_elements=["x:0"])
        assert x.shape.ndims == rank
        assert x.dtype == dtypes.float32


def test_constants_keep_their_values() -> None:
    with Graph().as_default():
        (a,) = import_graph_def(small(), return_elements=["a"])
    np.testing.assert_array_equal(a.attrs["value"], [2, 3])
