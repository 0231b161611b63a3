"""What layers have beside their numbers, which the recorded programs of rnn_cells hold."""

import copy

import numpy as np
import pytest

import evergraph as tf
from evergraph.layers.input_spec import InputSpec, assert_input_compatibility
from evergraph.layers.layer_state import to_snake_case, unique_object_name
from evergraph.layers.named_objects import (
    get_activation,
    get_initializer,
    get_regularizer,
    serialize,
)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


class Scaled(tf.layers.Layer):
    """Has one variable, and tells in which mode it was called."""

    def build(self, input_shape):
        self.factor = self.add_weight("factor", [input_shape[-1].value], initializer="ones")
        super().build(input_shape)

    def call(self, inputs, training=None):
        self.training = training
        return inputs * self.factor


class Outer(tf.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = Scaled()

    def call(self, inputs, training=False):
        return self.inner(inputs)


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("BasicLSTMCell", "basic_lstm_cell"),
        ("GRUCell", "gru_cell"),
        ("Conv2DTranspose", "conv2d_transpose"),
        ("_Own", "private__own"),
        ("MyLayer3", "my_layer3"),
    ],
)
def test_names_of_classes_become_names_of_layers(name, snake):
    assert to_snake_case(name) == snake


def test_names_are_counted_in_each_graph():
    assert [unique_object_name("dense") for _ in range(2)] == ["dense_1", "dense_2"]
    with tf.Graph().as_default():
        assert unique_object_name("dense") == "dense_1"


def test_a_layer_inside_gets_the_mode_of_the_call_around():
    layer = Outer()
    layer(tf.ones([2, 3]), training=True)
    assert layer.inner.training is True
    layer(tf.ones([2, 3]))
    assert layer.inner.training is None


def test_arrays_and_numbers_are_converted():
    layer = Scaled()
    assert layer(np.float32([[1, 2]])).dtype == tf.float32
    assert layer.dtype == "float32"


def test_weights_are_set_and_got_in_the_default_session():
    layer = Scaled()
    y = layer(tf.ones([1, 2]))
    with pytest.raises(RuntimeError, match="no default"):
        layer.get_weights()
    with tf.Session() as sess:
        layer.set_weights([np.float32([2, 3])])
        np.testing.assert_array_equal(sess.run(y), [[2, 3]])
        np.testing.assert_array_equal(layer.get_weights()[0], [2, 3])
        with pytest.raises(ValueError, match="not compatible with provided"):
            layer.set_weights([np.float32([2])])
        with pytest.raises(ValueError, match="weight list of length 0"):
            layer.set_weights([])


def test_a_copy_shares_variables():
    layer = Scaled(name="s")
    layer(tf.ones([1, 2]))
    twin = copy.deepcopy(layer)
    assert twin.factor is layer.factor and twin is not layer
    twin(tf.ones([1, 2]))
    assert len(tf.global_variables()) == 1


def test_what_is_not_trained_moves_over():
    layer = Scaled()
    layer(tf.ones([1, 2]))
    layer.trainable = False
    assert layer.trainable_weights == []
    assert layer.non_trainable_weights == layer.weights == [layer.factor]


def test_losses_know_their_inputs():
    layer, x, z = Scaled(), tf.placeholder(tf.float32, [1, 2]), tf.placeholder(tf.float32)
    y = layer(x)
    layer.add_loss(tf.reduce_sum(y), inputs=[x])
    layer.add_loss(lambda: tf.constant(1.0))
    layer.add_update(tf.identity(y), inputs=[x])
    assert len(layer.losses) == 2
    assert len(layer.get_losses_for([x])) == 1
    assert layer.get_losses_for([z]) == []
    assert len(layer.get_losses_for(None)) == 1


def test_call_that_returns_nothing_is_an_error():
    class Nothing(tf.layers.Layer):
        def call(self, inputs):
            return None

    with pytest.raises(ValueError, match="should return a Tensor"):
        Nothing()(tf.ones([1]))


def test_class_with_arguments_must_tell_its_configuration():
    class Own(tf.layers.Layer):
        def __init__(self, a, b):
            super().__init__()

    with pytest.raises(NotImplementedError, match="must override `get_config`"):
        Own(1, 2).get_config()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"ndim": 3}, "expected ndim=3, found ndim=2"),
        ({"max_ndim": 1}, "expected max_ndim=1, found ndim=2"),
        ({"min_ndim": 3}, "expected min_ndim=3, found ndim=2"),
        ({"dtype": tf.int32}, "expected dtype=int32"),
        ({"axes": {-1: 4}}, "expected axis -1 of input shape to have value 4"),
        ({"shape": (2, 4)}, r"expected shape=\(2, 4\), found shape=\[2, 3\]"),
    ],
)
def test_inputs_that_a_spec_refuses(spec, words):
    with pytest.raises(ValueError, match=words):
        assert_input_compatibility(InputSpec(**spec), tf.ones([2, 3]), "layer")


def test_specs_that_inputs_meet():
    spec = InputSpec(ndim=2, dtype=tf.float32, axes={1: 3})
    assert_input_compatibility(spec, tf.ones([2, 3]), "layer")
    assert_input_compatibility([spec, None], [tf.ones([2, 3]), tf.ones([1])], "layer")
    assert InputSpec.from_config(spec.get_config()).axes == {1: 3}
    with pytest.raises(ValueError, match="expects 2 inputs"):
        assert_input_compatibility([spec, spec], tf.ones([2, 3]), "layer")
    with pytest.raises(ValueError, match="greater than the maximum"):
        InputSpec(ndim=2, axes={2: 3})


def test_objects_by_name():
    assert get_activation("relu") is tf.nn.relu
    assert get_activation(None)(3) == 3
    assert serialize(get_activation("tanh")) == "tanh"
    made = get_initializer("he_normal")
    again = get_initializer(serialize(made))
    assert (type(again), again.scale) == (type(made), 2.0)
    assert get_initializer("uniform").maxval == 0.05
    assert get_regularizer("l2").l2 == 0.01
    for get in (get_activation, get_initializer, get_regularizer):
        with pytest.raises(ValueError, match="Unknown"):
            get("no such thing")


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("hard_sigmoid", [0.1, 0.5, 1.0]),
        ("selu", [-1.5201665, 0.0, 3.152103]),
        ("exponential", [0.13533528, 1.0, 20.085537]),
        ("softplus", [0.126928, 0.6931472, 3.0485873]),
    ],
)
def test_activations_by_name_give_the_values_of_keras(name, want):
    y = get_activation(name)(tf.constant([-2.0, 0.0, 3.0]))
    with tf.Session() as sess:
        np.testing.assert_allclose(sess.run(y), want, rtol=1e-5, atol=1e-7)
