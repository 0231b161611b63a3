"""The GraphDefs of classic networks are those that TensorFlow 1.15.5 wrote, attr for attr."""

import gzip
import importlib.util
import warnings
from pathlib import Path

import pytest

import evergraph as tf
from evergraph import protos

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "graphdef"
NETS = [
    *("hello", "linear_regression", "logistic_regression", "multi_device"),
    *("mlp_scoped", "autoencoder", "gan", "optimizers"),
]


def built(name: str):
    spec = importlib.util.spec_from_file_location("graphdef_nets", FOLDER / "nets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tf.Graph().as_default() as graph, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 1.15 deprecates some of what these programs use
        getattr(module, name)(tf)
    return graph.as_graph_def()


@pytest.mark.parametrize("net", NETS)
def test_graph_def_is_that_of_tensorflow(net: str) -> None:
    with gzip.open(FOLDER / f"{net}_tf115.pbtxt.gz", "rt", encoding="utf-8") as stream:
        wanted = protos.parse_text(stream.read(), protos.GraphDef)
    got = built(net)
    assert got.versions.producer == wanted.versions.producer
    for node, expected in zip(got.node, wanted.node, strict=True):
        assert node == expected, f"{node}\nis not\n{expected}"
