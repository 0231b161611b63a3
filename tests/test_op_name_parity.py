"""Classic networks make the nodes that TensorFlow 1.15.5 makes: names, types, inputs, order."""

import gzip
import importlib.util
import json
import warnings
from pathlib import Path

import numpy as np
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
    "operators",
    "lstm_static",
    "lstm_dynamic",
    "gru_multi_char",
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


@pytest.mark.parametrize("net", NETS)
def test_graph_def_is_that_of_tensorflow(net):
    from google.protobuf import text_format

    import evergraph as tf

    with tf.Graph().as_default() as graph, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        builder(net)(tf)
    want = tf.GraphDef()
    with gzip.open(FOLDER / f"{net}_tf115.pbtxt.gz", "rt", encoding="utf-8") as stream:
        text_format.Parse(stream.read(), want)
    for mine, theirs in zip(graph.as_graph_def().node, want.node, strict=True):
        if mine.op == "PyFunc":  # counts the functions of the process
            theirs.attr["token"].CopyFrom(mine.attr["token"])
        assert mine == theirs  # attrs and devices too


@pytest.fixture(scope="module")
def seeded():
    """The recorded case of a net whose seeds follow from the graph's, and its arrays."""
    folder = FOLDER.parent / "random"
    cases = json.loads((folder / "random.json").read_text(encoding="utf-8"))["cases"]
    case = next(case for case in cases if case["name"] == "net_graph_seed")
    with np.load(folder / "random.npz") as arrays:
        return case, [arrays[run["array"]] for run in case["runs"]]


def test_seeds_derived_from_the_graph_seed_are_those_of_tensorflow(seeded):
    import evergraph as tf

    case, _ = seeded
    with tf.Graph().as_default() as graph:
        builder("two_layers_with_dropout")(tf)
    ops = graph.get_operations()
    seeds = [
        [op.name, op.type, op.get_attr("seed"), op.get_attr("seed2")]
        for op in ops
        if "seed" in op.attrs
    ]
    assert [op.name for op in ops] == case["node_names_in_order"]
    assert seeds == case["ops"]


def test_seeded_net_gives_the_numbers_of_tensorflow(seeded):
    import evergraph as tf

    _, (w1, w2, *ys) = seeded
    with tf.Graph().as_default(), tf.Session() as sess:
        x, v1, v2, y, init = builder("two_layers_with_dropout")(tf)
        sess.run(init)
        got = [*sess.run([v1, v2]), *(sess.run(y, {x: np.ones([5, 4])}) for _ in ys)]
    for mine, theirs in zip(got, [w1, w2, *ys], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
