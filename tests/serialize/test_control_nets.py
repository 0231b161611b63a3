"""Networks with loops that real TensorFlow saved: restored, they compute and train on."""

import json
from pathlib import Path

import numpy as np
import pytest

import evergraph as tf
from evergraph.runtime import host_segment, plan

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TIERS = {"numpy": 1 << 30, "compiled": 0}


@pytest.fixture(params=TIERS)
def tier(request, monkeypatch):
    """NumPy alone, or compiled from the first run, where no loop may be stepped by the host."""
    monkeypatch.setattr(plan, "COLD_RUNS", TIERS[request.param])
    if request.param == "compiled":
        monkeypatch.setattr(host_segment, "run_loop", None)
    return request.param


def key_of(kind: str, name: str) -> str:
    return f"{kind}/{name}".replace(":", "__").replace("/", "|")


@pytest.mark.parametrize(
    ("version", "tier"),
    [
        ("tf012", "numpy"),
        ("tf115", "numpy"),
        ("tf221", "numpy"),
        ("tf115", "compiled"),
        pytest.param("tf012", "compiled", marks=pytest.mark.slow),
        pytest.param("tf221", "compiled", marks=pytest.mark.slow),
    ],
    indirect=["tier"],
)
def test_net_with_loops_goes_on_as_in_tensorflow(version, tier):
    folder = FIXTURES / "nets" / f"control_{version}"
    expected = json.loads((folder / "expected.json").read_text())
    with np.load(folder / "io.npz") as recorded:
        io = dict(recorded)
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(str(folder / "model.ckpt-7.meta"))
        saver.restore(session, str(folder / "model.ckpt-7"))
        feeds = {name: io[key_of("feed", name)] for name in expected["feeds"]}
        for name, value in zip(
            expected["fetches"], session.run(expected["fetches"], feeds), strict=True
        ):
            want = io[key_of("fetch", name)]
            np.testing.assert_allclose(value, want, rtol=2e-4, atol=1e-6, err_msg=name)
        losses = [session.run(["loss:0", expected["train"]], feeds)[0] for _ in range(5)]
        report = session.plan_report(["loss:0", expected["train"]], feeds)
        assert "loop " in report
        assert tier == "numpy" or "host-stepped" not in report, report
        np.testing.assert_allclose(losses, io[key_of("continued", "loss")], rtol=2e-3)
        for variable in tf.global_variables():
            wanted = io[key_of("after", variable.op.name)]
            np.testing.assert_allclose(session.run(variable), wanted, rtol=2e-3, atol=1e-5)


def test_gradients_can_be_added_to_an_imported_loop(tier):
    """The contexts of loops come back with a meta graph, so that tf.gradients goes through them."""
    folder = FIXTURES / "nets" / "control_tf115"
    with np.load(folder / "io.npz") as recorded:
        io = dict(recorded)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        saver = tf.train.import_meta_graph(str(folder / "model.ckpt-7.meta"))
        saver.restore(session, str(folder / "model.ckpt-7"))
        (weights,) = tf.global_variables()
        # A name of its own: TensorFlow can't have two loops whose frames are named alike.
        (gradient,) = tf.gradients(graph.get_tensor_by_name("loss:0"), weights, name="again")
        feeds = {name: io[key_of("feed", name)] for name in ("x:0", "n:0")}
        got, there = session.run([gradient, "grad:0"], feeds)
        np.testing.assert_allclose(got, io[key_of("fetch", "grad:0")], rtol=2e-4, atol=1e-6)
        np.testing.assert_allclose(got, there, rtol=1e-6)


def test_frozen_loop_computes_what_it_did(tier):
    expected = json.loads((FIXTURES / "frozen" / "loop.json").read_text())
    with np.load(FIXTURES / "frozen" / "loop.npz") as recorded:
        io = dict(recorded)
    definition = tf.GraphDef()
    definition.ParseFromString((FIXTURES / "frozen" / "loop.pb").read_bytes())
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(definition, name="")
        nodes = {(op.name, op.type) for op in graph.get_operations()}
        assert nodes == {tuple(node) for node in expected["nodes"]}
        for n in expected["inputs"]["n:0"]:
            y, z = session.run(["y:0", "z:0"], {"x:0": io["x"], "n:0": n})
            np.testing.assert_allclose(y, io[f"y_n{n}"], rtol=1e-6)
            np.testing.assert_allclose(z, io["z"], rtol=1e-6)
