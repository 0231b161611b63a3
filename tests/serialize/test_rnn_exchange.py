"""A trained dynamic_rnn goes from TensorFlow to Evergraph and back, and trains on."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evergraph as tf
from evergraph import protos
from evergraph.runtime import host_segment, plan

NETS = Path(__file__).resolve().parents[1] / "fixtures" / "nets"
FOLDER = NETS / "rnn_tf115"
TIERS = {"numpy": 1 << 30, "compiled": 0}

_spec = importlib.util.spec_from_file_location("gen_rnn", NETS / "gen_rnn.py")
assert _spec is not None and _spec.loader is not None
gen_rnn: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gen_rnn)


def recorded() -> dict[str, np.ndarray]:
    with np.load(FOLDER / "io.npz") as stored:
        return {name.replace("__", ":").replace("|", "/"): stored[name] for name in stored.files}


def recorded_meta_graph() -> Any:
    meta = tf.MetaGraphDef()
    meta.ParseFromString((FOLDER / "model.ckpt-20.meta").read_bytes())
    return meta


def attributes(node: Any) -> dict[str, str]:
    """The attributes of a NodeDef, each as text; colocation is a set."""
    found = {}
    for key, value in node.attr.items():
        found[key] = str(sorted(value.list.s)) if key == "_class" else str(value)
    return found


def messages(name: str, collection: Any) -> list[Any]:
    """What a collection holds; contexts read, since they hold maps, which have no order."""
    if name != "while_context":
        return [collection]
    contexts = [protos.WhileContextDef() for _ in collection.bytes_list.value]
    for context, value in zip(contexts, collection.bytes_list.value, strict=True):
        context.ParseFromString(value)
    return contexts


@pytest.mark.parametrize("tier", ["numpy", pytest.param("compiled", marks=pytest.mark.slow)])
def test_rnn_of_tensorflow_trains_on(tier, monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", TIERS[tier])
    if tier == "compiled":
        monkeypatch.setattr(host_segment, "run_loop", None)  # no loop may be stepped by the host
    io = recorded()
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(str(FOLDER / "model.ckpt-20.meta"))
        saver.restore(session, str(FOLDER / "model.ckpt-20"))
        values = session.run(gen_rnn.FETCHES, gen_rnn.feeds())
        for name, value in zip(gen_rnn.FETCHES, values, strict=True):
            np.testing.assert_allclose(value, io[f"fetch/{name}"], rtol=2e-4, atol=1e-5)
        losses = gen_rnn.train_on(tf, session, 5)
        np.testing.assert_allclose(losses, io["continued/loss"], rtol=2e-4)
        for variable in tf.global_variables():
            want = io[f"after/{variable.op.name}"]
            np.testing.assert_allclose(session.run(variable), want, rtol=2e-3, atol=1e-4)


def test_meta_graph_written_here_is_the_one_that_tensorflow_writes():
    """Node for node: what TensorFlow trains on with one, it does with the other."""
    with tf.Graph().as_default():
        gen_rnn.build(tf)
        tf.global_variables_initializer()
        tf.train.Saver()
        meta = tf.train.export_meta_graph()
    want = recorded_meta_graph()
    names = [node.name for node in meta.graph_def.node]
    assert names == [node.name for node in want.graph_def.node]
    for node, there in zip(meta.graph_def.node, want.graph_def.node, strict=True):
        assert (node.op, list(node.input)) == (there.op, list(there.input)), node.name
        assert attributes(node) == attributes(there), node.name
    assert set(meta.collection_def) == set(want.collection_def)
    for name, collection in want.collection_def.items():
        assert messages(name, meta.collection_def[name]) == messages(name, collection), name


def test_rnn_written_here_trains_on_here(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "COLD_RUNS", TIERS["numpy"])
    with tf.Graph().as_default(), tf.Session() as session:
        gen_rnn.build(tf)
        session.run(tf.global_variables_initializer())
        before = gen_rnn.train_on(tf, session, 20)
        path = tf.train.Saver().save(session, str(tmp_path / "model.ckpt"), global_step=20)
        wanted = gen_rnn.train_on(tf, session, 5)
    assert wanted[-1] < before[0]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(path + ".meta").restore(session, path)
        np.testing.assert_allclose(gen_rnn.train_on(tf, session, 5), wanted, rtol=1e-5)
