"""Python values as constants: types, shapes and errors are TensorFlow 1.15.5's."""

import numpy as np
import pytest

import evergraph as tf
from evergraph.core.dimensions import Dimension


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value_of(tensor):
    return tensor.op.get_attr("value")


@pytest.mark.parametrize(
    ("value", "dtype", "shape"),
    [
        (1, tf.int32, ()),
        (2**31, tf.int64, ()),
        (2**63, tf.uint64, ()),
        (1.5, tf.float32, ()),
        (True, tf.bool, ()),
        (1j, tf.complex128, ()),
        ("a", tf.string, ()),
        ([1, 2.5], tf.float32, (2,)),
        ([1, True], tf.int32, (2,)),
        ([[]], tf.float32, (1, 0)),
        (np.float64(1.5), tf.float64, ()),
        ([np.float64(1.5)], tf.float32, (1,)),
        (np.array([1.5]), tf.float64, (1,)),
        ([b"a", b"b\0"], tf.string, (2,)),
        (bytearray(b"ab"), tf.uint8, (2,)),
    ],
)
def test_types_are_inferred_as_by_tensorflow(value, dtype, shape):
    tensor = tf.constant(value)
    assert tensor.dtype is dtype
    assert tensor.shape == shape


@pytest.mark.parametrize(
    ("value", "dtype", "error", "text"),
    [
        (1.5, tf.int32, TypeError, "Expected int32, got 1.5 of type 'float' instead."),
        (1, tf.bool, TypeError, "Expected bool, got 1 of type 'int' instead."),
        (1, tf.string, TypeError, "Expected string, got 1 of type 'int' instead."),
        ([1, None], tf.float32, TypeError, "Expected float32, got None of type 'NoneType'"),
        (None, None, ValueError, "None values not supported."),
        (
            [[1], [2, 3]],
            None,
            ValueError,
            "Argument must be a dense tensor: [[1], [2, 3]] - got shape [2], but wanted [2, 1].",
        ),
        (
            [Dimension(3), 2],
            None,
            TypeError,
            "Failed to convert object of type <class 'list'> to Tensor. Contents: "
            "[Dimension(3), 2]. Consider casting elements to a supported type.",
        ),
    ],
)
def test_what_is_no_constant_says_why(value, dtype, error, text):
    with pytest.raises(error) as raised:
        tf.constant(value, dtype)
    assert str(raised.value).startswith(text)


def test_missing_elements_repeat_the_last_one():
    np.testing.assert_array_equal(value_of(tf.constant([1, 2], shape=[4])), [1, 2, 2, 2])
    with pytest.raises(ValueError, match="Too many elements provided"):
        tf.constant([1, 2, 3], shape=[2])


def test_numbers_out_of_range_wrap():
    assert value_of(tf.constant(2**31, tf.int32)) == -(2**31)
    assert value_of(tf.constant(300, tf.uint8)) == 44


def test_a_constant_is_no_view_of_the_users_array():
    array = np.zeros(3)
    tensor = tf.constant(array)
    array[0] = 1
    np.testing.assert_array_equal(value_of(tensor), np.zeros(3))


def test_lists_with_tensors_become_packs(graph):
    i = tf.placeholder(tf.int32, [], name="i")
    tf.convert_to_tensor([[i, 1], [2, 3]])
    assert [(op.type, op.name) for op in graph.get_operations()[1:]] == [
        ("Const", "packed/0/1"),
        ("Pack", "packed/0"),
        ("Const", "packed/1_1"),
        ("Pack", "packed"),
    ]
