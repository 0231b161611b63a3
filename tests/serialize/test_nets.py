"""Networks that real TensorFlow saved: restored, they compute and train on as they did there."""

import json
from pathlib import Path

import numpy as np
import pytest

import evergraph as tf

NETS = Path(__file__).resolve().parents[1] / "fixtures" / "nets"


def key_of(kind: str, name: str) -> str:
    return f"{kind}/{name}".replace(":", "__").replace("/", "|")


@pytest.mark.parametrize("version", ["tf012", "tf115", "tf221"])
def test_two_layer_net_goes_on_as_in_tensorflow(version: str) -> None:
    folder = NETS / f"two_layer_{version}"
    expected = json.loads((folder / "expected.json").read_text())
    with np.load(folder / "io.npz") as recorded:
        io = dict(recorded)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        saver = tf.train.import_meta_graph(str(folder / "model.ckpt-7.meta"))
        saver.restore(session, str(folder / "model.ckpt-7"))
        feeds = {name: io[key_of("feed", name)] for name in expected["feeds"]}
        fetches = session.run(expected["fetches"], feeds)
        for name, value in zip(expected["fetches"], fetches, strict=True):
            np.testing.assert_allclose(value, io[key_of("fetch", name)], rtol=2e-4, atol=1e-6)
        assert {(op.name, op.type) for op in graph.get_operations()} == {
            tuple(node) for node in expected["nodes"]
        }
        (train,) = tf.get_collection("train_step")
        training = feeds | {"keep_prob:0": 1.0, "is_training:0": True}
        losses = []
        for _ in range(5):
            losses.append(session.run(["loss:0", train], training)[0])
        np.testing.assert_allclose(losses, io[key_of("continued", "loss")], rtol=2e-3)
        after = {name: value for name, value in io.items() if name.startswith("after|")}
        assert after
        for variable in tf.global_variables():
            wanted = after[key_of("after", variable.op.name)]
            np.testing.assert_allclose(session.run(variable), wanted, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("version", ["tf012", "tf115", "tf221"])
def test_graph_with_loops_is_imported_and_restored(version: str) -> None:
    folder = NETS / f"control_{version}"
    expected = json.loads((folder / "expected.json").read_text())
    with tf.Graph().as_default() as graph, tf.Session() as session:
        saver = tf.train.import_meta_graph(str(folder / "model.ckpt-7.meta"))
        saver.restore(session, str(folder / "model.ckpt-7"))
        assert {(op.name, op.type) for op in graph.get_operations()} == {
            tuple(node) for node in expected["nodes"]
        }
        for variable in tf.global_variables():
            session.run(variable)
