"""Print, tf.print and tf.strings.format."""

import sys

import numpy as np
import pytest

import evergraph as tf
from evergraph.ops.printing import array_text


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_print_passes_its_input_on_and_prints_so_many_times(capsys):
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    y = tf.Print(x, [x, "hi"], message="msg: ", first_n=2)
    with tf.Session() as sess:
        for _ in range(3):
            np.testing.assert_array_equal(sess.run(y), [1, 2, 3, 4])
    assert capsys.readouterr().err == "msg: [1 2 3...][hi]\n" * 2


def test_print_v2_formats_structures(capsys):
    x = tf.constant([1.0, 2.0])
    out = tf.print("a", x, tf.constant("b"), {"k": x}, [1, x], 1.5, output_stream=sys.stdout)
    with tf.Session() as sess:
        sess.run(out)
    assert capsys.readouterr().out == """a [1 2] "b" {'k': [1 2]} [1, [1 2]] 1.5\n"""


def test_print_v2_writes_to_files_and_logs(tmp_path, caplog):
    path = tmp_path / "lines"
    outs = [
        tf.print("a", 1, output_stream=f"file://{path}"),
        tf.print("b", output_stream=tf.logging.warn),
    ]
    with tf.Session() as sess, caplog.at_level("WARNING", "tensorflow"):
        sess.run(outs)
    assert path.read_text() == "a 1\n"
    assert [record.getMessage() for record in caplog.records] == ["b"]


def test_unknown_streams_are_refused():
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print("a", output_stream="nowhere")


@pytest.mark.parametrize(
    ("value", "count", "text"),
    [
        (np.arange(3), 3, "[0 1 2]"),
        (np.arange(9), 3, "[0 1 2 ... 6 7 8]"),
        (np.arange(4).reshape(2, 2), 3, "[[0 1]\n [2 3]]"),
        (np.arange(9), -1, "[0 1 2 3 4 5 6 7 8]"),
        (np.array(b"q", object), 3, '"q"'),
    ],
)
def test_arrays_as_text(value, count, text):
    assert array_text(value, count) == text
