import threading

import numpy as np
import pytest

import evergraph as tf
from evergraph.variables import records
from evergraph.variables.guarding import guard_initial_value
from evergraph.variables.records import SaveSliceInfo, SaveSliceInfoRecord


@pytest.fixture(autouse=True)
def _own_graph():
    with tf.Graph().as_default():
        yield


def test_slice_info_has_the_form_of_checkpoints():
    info = SaveSliceInfo("s/w", [10, 20], [5, 0], [5, 20])
    assert info.spec == "10 20 5,5:0,20"
    assert info.to_record("s") == SaveSliceInfoRecord("w", [10, 20], [5, 0], [5, 20])
    assert info.to_record("t") is None


def test_slice_info_from_its_own_record():
    info = SaveSliceInfo(
        save_slice_info_def=SaveSliceInfoRecord("w", [4], [2], [2]), import_scope="s"
    )
    assert (info.full_name, info.spec) == ("s/w", "4 2,2")


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_variable_comes_back_from_its_record(use_resource, monkeypatch):
    monkeypatch.setattr(records, "make_message", None)
    v = tf.Variable([1.0, 2.0], name="v", trainable=False, use_resource=use_resource)
    v._set_save_slice_info(SaveSliceInfo("w", [4], [2], [2]))
    record = v.to_proto()
    other = type(v).from_proto(record)
    assert other.name == v.name and other.initializer is v.initializer
    assert other.initial_value is v.initial_value and not other.trainable
    assert other._get_save_slice_info().spec == "4 2,2"
    assert other.to_proto() == record


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_variable_is_a_message_once_messages_are_loaded(use_resource):
    v = tf.Variable([1.0, 2.0], name="v", use_resource=use_resource)
    message = v.to_proto()
    assert message.DESCRIPTOR.full_name == "tensorflow.VariableDef"
    assert message.is_resource == use_resource and not message.HasField("save_slice_info_def")


def test_an_initial_value_without_variables_is_left_alone():
    x = tf.constant([1.0]) + 1.0
    assert guard_initial_value("v/", x) is x


def test_a_deep_initial_value_is_rebuilt_without_recursion():
    v = tf.Variable(1.0, name="v")
    x = v + 1.0
    for _ in range(3000):
        x = tf.identity(x)
    w = tf.Variable(x, name="w")
    with tf.Session() as sess:
        sess.run([w.initializer, v.initializer])
        assert sess.run(w) == 2.0


def test_zeros_initializer_is_still_the_function_of_0_x():
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(tf.zeros_initializer([2], tf.int32)), [0, 0])
        np.testing.assert_array_equal(sess.run(tf.ones_initializer((2,))), [1.0, 1.0])
    assert isinstance(tf.zeros_initializer(tf.int32), tf.zeros_initializer)
    assert tf.zeros_initializer(dtype=tf.int32).get_config() == {"dtype": "int32"}


def test_orthogonal_initializer_takes_the_argument_order_of_0_x():
    assert tf.orthogonal_initializer(1.0, tf.float64, 3).get_config() == {
        "gain": 1.0,
        "seed": 3,
        "dtype": "float64",
    }


def test_several_resources_are_read_at_once():
    """As the placer of TensorFlow writes it into graphs that it exports."""
    from evergraph.ops.resource import READ_VARIABLES_OP

    values = [np.float32([1, 2]), np.int32(3)]
    handles = [
        tf.get_variable(f"v{i}", initializer=v, use_resource=True).handle
        for i, v in enumerate(values)
    ]
    both = READ_VARIABLES_OP(handles, dtypes=[tf.float32, tf.int32], name="read")
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for got, want in zip(sess.run(both), values, strict=True):
            np.testing.assert_array_equal(got, want)


def test_a_destroyed_resource_holds_no_value():
    from evergraph.ops.resource import DESTROY_RESOURCE_OP

    v = tf.Variable([1.0], use_resource=True)
    destroy = DESTROY_RESOURCE_OP(v.handle)
    strict = DESTROY_RESOURCE_OP(v.handle, ignore_lookup_error=False)
    with tf.Session() as sess:
        sess.run(v.initializer)
        sess.run(destroy)
        assert not sess.run(v.is_initialized())
        sess.run(destroy)
        with pytest.raises(tf.errors.NotFoundError):
            sess.run(strict)
        sess.run(v.initializer)
        assert sess.run(v) == [1.0]


def test_each_thread_has_its_own_variable_scope():
    graph = tf.get_default_graph()
    names = []

    def build():
        with graph.as_default():
            names.append(tf.get_variable_scope().name)

    with tf.variable_scope("outer"):
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()
        names.append(tf.get_variable_scope().name)
    assert names == ["", "outer"]


def test_creators_with_higher_priority_are_asked_first():
    asked = []

    def creator(word):
        def create(next_creator, **kwargs):
            asked.append(word)
            return next_creator(**kwargs)

        return create

    graph = tf.get_default_graph()
    with (
        graph._variable_creator_scope(creator("first"), priority=200),
        graph._variable_creator_scope(creator("second")),
    ):
        tf.Variable(1.0)
    assert asked == ["first", "second"]


def test_a_write_to_a_text_variable_is_kept():
    v = tf.Variable(["a", "b"])
    r = tf.Variable("a", use_resource=True)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run([v.assign(["c", "d"]).op, r.assign("e").op])
        assert sess.run(v).tolist() == [b"c", b"d"] and sess.run(r) == b"e"
