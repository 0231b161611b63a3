"""`tensor[...]`: nodes, static shapes, values and errors."""

import numpy as np
import pytest

import evergraph as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


X = np.arange(60.0, dtype=np.float32).reshape(3, 4, 5)


@pytest.mark.parametrize(
    "spec",
    [
        np.s_[0],
        np.s_[1:, ::-2, None, 2],
        np.s_[..., 1:4:2],
        np.s_[3:0:-1, 0],
        np.s_[5:],
        np.s_[:, 4:1:-2],
        np.s_[-1, ..., None],
        np.s_[()],
    ],
)
def test_slices_are_numpys(spec):
    x = tf.placeholder(tf.float32, [3, 4, 5])
    y = x[spec]
    assert y.shape == X[spec].shape
    (d_x,) = tf.gradients(y, x)
    expected = np.zeros_like(X)
    expected[spec] = 1
    with tf.Session() as sess:
        got, gradient = sess.run([y, d_x], {x: X})
    np.testing.assert_array_equal(got, X[spec])
    np.testing.assert_array_equal(gradient, expected)


def test_the_ends_of_a_slice_may_be_computed_in_every_tier():
    x = tf.placeholder(tf.float32, [None, 5])
    i = tf.placeholder(tf.int32, [])
    y = x * 2.0
    parts = [y[i], y[i : i + 2], y[:i], y[i, 1:3], tf.slice(y, [i, 0], [-1, 2])]
    whole = X.reshape(12, 5) * 2
    with tf.Session() as sess:
        for _ in range(4):  # the third run compiles
            got = sess.run(parts, {x: X.reshape(12, 5), i: 3})
            expected = [whole[3], whole[3:5], whole[:3], whole[3, 1:3], whole[3:, :2]]
            for one, two in zip(got, expected, strict=True):
                np.testing.assert_array_equal(one, two)
        for _ in range(4):
            with pytest.raises(tf.errors.InvalidArgumentError, match="slice index 12 of dim"):
                sess.run(parts[0], {x: X.reshape(12, 5), i: 12})


@pytest.mark.parametrize(
    ("spec", "error", "text"),
    [
        (np.s_[0, 9], ValueError, "slice index 9 of dimension 1 out of bounds."),
        (np.s_[0, 0, 0, 0], ValueError, "Index out of range using input dim 3"),
        (np.s_[..., ...], ValueError, "Multiple ellipses in slice spec not allowed"),
        (np.s_[::0], ValueError, r"strides\[0\] must be non-zero"),
        ("a", TypeError, "Only integers, slices"),
        (1.5, TypeError, "Only integers, slices"),
    ],
)
def test_wrong_slices_are_refused_while_building(spec, error, text):
    x = tf.placeholder(tf.float32, [None, 4, 5])
    with pytest.raises(error, match=text):
        x[spec]


def test_nodes_are_tensorflows(graph):
    x = tf.placeholder(tf.float32, [None, 4, 5], name="x")
    x[0, 1:]
    assert [(op.type, op.name) for op in graph.get_operations()] == [
        ("Placeholder", "x"),
        ("Const", "strided_slice/stack"),
        ("Const", "strided_slice/stack_1"),
        ("Const", "strided_slice/stack_2"),
        ("StridedSlice", "strided_slice"),
    ]


def test_bools_mask():
    x = tf.placeholder(tf.float32, [None, 4])
    with tf.Session() as sess:
        got = sess.run(x[x[:, 0] > 4], {x: X[0, :, :4]})
    np.testing.assert_array_equal(got, X[0, 1:, :4])
