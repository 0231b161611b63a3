"""Classic networks make the nodes that TensorFlow 1.15.5 makes: names, types, inputs, order."""

import gzip
import importlib.util
import json
import warnings
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent / "fixtures" / "graphdef"
NETS = [
    "hello",
    "linear_regression",
    "logistic_regression",
    "multi_device",
    "mlp_scoped",
    "autoencoder",
    "gan",
    "optimizers",
]


def builder(name):
    spec = importlib.util.spec_from_file_location("graphdef_nets", FOLDER / "nets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def recorded_nodes(name):
    with gzip.open(FOLDER / "nodes_tf115.json.gz", "rt", encoding="utf-8") as stream:
        return json.load(stream)[name]


def nodes(graph):
    def spell(tensor):
        return tensor.op.name if tensor.value_index == 0 else tensor.name

    return [
        [
            op.name,
            op.type,
            [*map(spell, op.inputs), *sorted(f"^{c.name}" for c in op.control_inputs)],
        ]
        for op in graph.get_operations()
    ]


@pytest.mark.parametrize("net", NETS)
def test_nodes_are_those_of_tensorflow(net):
    import evergraph as tf

    with tf.Graph().as_default() as graph, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 1.15 deprecates some of what these programs use
        builder(net)(tf)
    got, want = nodes(graph), recorded_nodes(net)
    for position, (mine, theirs) in enumerate(zip(got, want, strict=False)):
        assert mine == theirs, f"node {position} of {net}"
    assert len(got) == len(want)
