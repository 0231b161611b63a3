"""Checkpoints in which the variables of cells have their names of 0.x, 1.0 or 1.1."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

import evergraph as tf
from evergraph.training.older_names import RNN_NAME_REPLACEMENTS, renewed_name

NODES = Path(__file__).resolve().parents[1] / "fixtures" / "graphdef"


def variables(tag, net):
    """Names of the variables of a network, as TensorFlow of that version made it."""
    with gzip.open(NODES / f"nodes_{tag}.json.gz", "rt", encoding="utf-8") as stream:
        rows = json.load(stream)[net]
    return [name for name, op, _ in rows if op in ("Variable", "VariableV2")]


@pytest.mark.parametrize("net", ["lstm_static", "lstm_dynamic", "gru_multi_char"])
def test_names_of_0_12_become_those_of_1_15(net):
    old = variables("tf012", net)
    assert list(map(renewed_name, old)) == variables("tf115", net)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RNN/LSTMCell/W_0", "rnn/lstm_cell/kernel"),
        ("RNN/LSTMCell/B", "rnn/lstm_cell/bias"),
        ("RNN/LSTMCell/W_F_diag", "rnn/lstm_cell/w_f_diag"),
        ("RNN/LSTMCell/W_P_0/Adam", "rnn/lstm_cell/projection/kernel/Adam"),
        ("BiRNN/FW/GRUCell/Gates/Linear/Bias", "bidirectional_rnn/fw/gru_cell/gates/bias"),
        ("a/RNN/BasicRNNCell/Linear/Matrix", "a/rnn/basic_rnn_cell/kernel"),
        ("RNN/OutputProjectionWrapper/Linear/Matrix", "rnn/output_projection_wrapper/kernel"),
        ("RNN/EmbeddingWrapper/embedding", "rnn/embedding_wrapper/embedding"),
        ("rnn/multi_rnn_cell/cell_0/gru_cell/gates/weights",) * 2,
        ("rnn/basic_lstm_cell/biases", "rnn/basic_lstm_cell/bias"),
        ("dense/weights", "dense/weights"),
        ("B", "B"),
    ],
)
def test_names_by_themselves(old, new):
    if old == new and old.startswith("rnn"):
        new = new.replace("weights", "kernel")
    assert renewed_name(old) == new


def test_names_of_the_converter_become_what_it_makes_of_them():
    for old, new in RNN_NAME_REPLACEMENTS.items():
        assert renewed_name(f"scope/{old}/Adam_1") == f"scope/{new}/Adam_1"


def network():
    cells = [tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.BasicLSTMCell(2)]
    cell = tf.nn.rnn_cell.MultiRNNCell(cells)
    _, state = tf.nn.dynamic_rnn(cell, tf.ones([1, 3, 2]), dtype=tf.float32)
    step = tf.train.get_or_create_global_step()
    return state[1].h, step


def older(name, weights, biases):
    """What `name` was called when kernel and bias were called `weights` and `biases`."""
    return name.replace("kernel", weights).replace("bias", biases)


@pytest.mark.parametrize("version", [tf.train.SaverDef.V1, tf.train.SaverDef.V2])
def test_checkpoint_with_older_names_is_restored(tmp_path, version):
    with tf.Graph().as_default(), tf.Session() as sess:
        state, _ = network()
        names = {older(v.op.name, "weights", "biases"): v for v in tf.global_variables()}
        sess.run(tf.global_variables_initializer())
        path = tf.train.Saver(names, write_version=version).save(sess, str(tmp_path / "old"))
        want = sess.run(state)
    with tf.Graph().as_default(), tf.Session() as sess:
        state, _ = network()
        saver = tf.train.Saver()
        saver.restore(sess, path)
        first = sess.run(state)
        count = len(sess.graph.get_operations())
        saver.restore(sess, path)
        assert len(sess.graph.get_operations()) == count
    np.testing.assert_allclose(first, want, rtol=1e-6)


def test_checkpoint_that_lacks_a_variable_is_still_an_error(tmp_path):
    with tf.Graph().as_default(), tf.Session() as sess:
        network()
        cell = [v for v in tf.global_variables() if v.op.name.startswith("rnn")]
        names = {older(v.op.name, "weights", "biases"): v for v in cell}
        sess.run(tf.global_variables_initializer())
        path = tf.train.Saver(names).save(sess, str(tmp_path / "old"))
    with tf.Graph().as_default(), tf.Session() as sess:
        network()
        with pytest.raises(tf.errors.NotFoundError, match="not found in checkpoint"):
            tf.train.Saver().restore(sess, path)
