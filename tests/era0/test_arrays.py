"""0.x's orders of arguments give what 1.x's give."""

import inspect

import numpy as np
import pytest

import evergraph as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def inputs_of(tensor):
    op = tensor.op
    return [op.type, op.name, *(i.op.get_attr("value") for i in op.inputs if i.op.type == "Const")]


def same(one, two):
    for got, want in zip(inputs_of(one), inputs_of(two), strict=True):
        np.testing.assert_array_equal(got, want)


A = np.arange(6.0, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    "old",
    [
        lambda: tf.concat(1, [A, A], name="c"),
        lambda: tf.concat(concat_dim=1, values=[A, A], name="c"),
        lambda: tf.concat(np.int64(1), [A, A], name="c"),
        lambda: tf.concat(1, values=(A, A), name="c"),
    ],
)
def test_concat(old):
    with tf.Graph().as_default():
        new = tf.concat([A, A], 1, name="c")
    same(old(), new)


@pytest.mark.parametrize(
    "old",
    [
        lambda: tf.split(1, 3, A),
        lambda: tf.split(1, 3, value=A),
        lambda: tf.split(split_dim=1, num_split=3, value=A),
    ],
)
def test_split(old):
    with tf.Graph().as_default():
        new = tf.split(A, 3, 1)
    got = old()
    assert len(got) == len(new) == 3
    same(got[0], new[0])


def test_reverse_by_booleans():
    with tf.Graph().as_default():
        new = tf.reverse(A, [1])
    same(tf.reverse(A, [False, True]), new)
    assert tf.reverse(A, dims=tf.constant([True, True])).shape == (2, 3)
    with pytest.raises(ValueError, match="needs to know them when the graph is built"):
        tf.reverse(A, tf.placeholder(tf.bool, [2]))


def test_renamed_functions():
    assert tf.mul is tf.multiply and tf.sub is tf.subtract and tf.neg is tf.negative
    assert tf.pack([A, A]).shape == (2, 2, 3)
    assert len(tf.unpack(tf.constant(A))) == 2
    assert [part.shape[1] for part in tf.split_v(A, [1, 2], 1)] == [1, 2]


def test_select():
    with tf.Session():
        got = tf.select(tf.constant([True, False]), t=[1, 2], e=[3, 4]).eval()
    np.testing.assert_array_equal(got, [1, 4])
    assert list(inspect.signature(tf.select).parameters) == ["condition", "t", "e", "name"]


def test_the_signatures_stay_those_of_1_15():
    assert list(inspect.signature(tf.concat).parameters) == ["values", "axis", "name"]
    names = ["value", "num_or_size_splits", "axis", "num", "name"]
    assert list(inspect.signature(tf.split).parameters) == names
