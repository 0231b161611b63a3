"""Graphs that real TensorFlow froze: imported, they compute what they did there."""

import json
from pathlib import Path

import numpy as np

import evergraph as tf

FROZEN = Path(__file__).resolve().parents[1] / "fixtures" / "frozen"


def test_loop_with_cond_and_library_function() -> None:
    expected = json.loads((FROZEN / "loop.json").read_text())
    with np.load(FROZEN / "loop.npz") as recorded:
        io = dict(recorded)
    graph_def = tf.GraphDef()
    graph_def.ParseFromString((FROZEN / "loop.pb").read_bytes())
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        assert {(op.name, op.type) for op in graph.get_operations()} == {
            tuple(node) for node in expected["nodes"]
        }
        assert list(graph._functions) == expected["functions"]
        for trips, name in zip(expected["inputs"]["n:0"], expected["outputs"]["y:0"], strict=True):
            for _ in range(3):  # the third run is compiled
                y, z = session.run(["y:0", "z:0"], {"n:0": trips, "x:0": io["x"]})
            np.testing.assert_allclose(y, io[name], rtol=1e-5)
            np.testing.assert_allclose(z, io["z"], rtol=1e-5)
