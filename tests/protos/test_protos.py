import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from evergraph import protos

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"


def test_descriptor_set_is_what_the_sources_describe() -> None:
    pytest.importorskip("grpc_tools", reason="grpcio-tools (extra dev) compiles the sources")
    command = [sys.executable, str(ROOT / "tools" / "compile_protos.py"), "--check"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("cls", "path"),
    [
        ("MetaGraphDef", "nets/two_layer_tf115/model.ckpt-7.meta"),
        ("MetaGraphDef", "nets/control_tf012/model.ckpt-7.meta"),
        ("MetaGraphDef", "nets/control_tf221/model.ckpt-7.meta"),
        ("GraphDef", "frozen/loop.pb"),
        ("SavedModel", "saved_model/text_classifier/saved_model.pb"),
    ],
)
def test_every_field_of_a_real_file_is_known(cls: str, path: str) -> None:
    data = (FIXTURES / path).read_bytes()
    message = getattr(protos, cls).FromString(data)
    known = copy.deepcopy(message)
    known.DiscardUnknownFields()
    assert known == message
    assert len(known.SerializeToString()) == len(data)


def test_text_form_of_a_real_file_is_read_and_written() -> None:
    text = (FIXTURES / "saved_model/text_classifier_textproto/saved_model.pbtxt").read_text()
    message = protos.parse_text(text, protos.SavedModel)
    assert protos.parse_text(protos.to_text(message), protos.SavedModel) == message
    assert "type.googleapis.com/tensorflow.AssetFileDef" in text


def test_enums_and_their_values_are_attributes() -> None:
    assert protos.DataType.Name(protos.DT_FLOAT) == "DT_FLOAT"
    assert protos.OptimizerOptions.ON_2 == 2
    assert protos.RunOptions.TraceLevel.Value("FULL_TRACE") == protos.RunOptions.FULL_TRACE == 3
    assert protos.SessionLog.STOP == 2


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="NoSuchMessage"):
        _ = protos.NoSuchMessage


def test_dir_lists_messages() -> None:
    assert {"GraphDef", "GraphNodeProto", "DataType", "DT_HALF", "Example"} <= set(dir(protos))


def test_messages_and_submessages_are_pickled_and_copied() -> None:
    graph = protos.GraphDef()
    graph.node.add(name="a", op="B").attr["T"].type = protos.DT_INT32
    for message in (graph, graph.node[0], graph.node[0].attr["T"]):
        assert pickle.loads(pickle.dumps(message)) == message
        assert copy.copy(message) == message
        assert copy.deepcopy(message) == message


def test_convert_goes_through_bytes() -> None:
    node = protos.NodeDef(name="n")

    class Foreign:
        def SerializeToString(self) -> bytes:
            return node.SerializeToString()

    assert protos.convert(node, protos.NodeDef) is node
    assert protos.convert(Foreign(), protos.NodeDef) == node
    assert protos.convert(node.SerializeToString(), protos.NodeDef) == node
    with pytest.raises(TypeError, match="Expected a NodeDef message, got int"):
        protos.convert(3, protos.NodeDef)


def test_any_has_tensorflows_type_url() -> None:
    collection = protos.CollectionDef()
    collection.any_list.value.add().Pack(protos.AssetFileDef(filename="vocab.txt"))
    packed = collection.any_list.value[0]
    assert packed.type_url == "type.googleapis.com/tensorflow.AssetFileDef"
    unpacked = protos.AssetFileDef()
    assert packed.Unpack(unpacked)
    assert unpacked.filename == "vocab.txt"


def test_default_pool_stays_untouched() -> None:
    program = (
        "from google.protobuf import descriptor_pool\n"
        "from evergraph import protos\n"
        "protos.GraphDef()\n"
        "try:\n"
        "    descriptor_pool.Default().FindMessageTypeByName('tensorflow.GraphDef')\n"
        "except KeyError:\n"
        "    raise SystemExit(0)\n"
        "raise SystemExit(1)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
