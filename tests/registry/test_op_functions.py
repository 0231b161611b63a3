"""tf.raw_ops and the generated modules: parameters, keywords, named results."""

import inspect

import pytest

import evergraph as tf
from evergraph.compat import generated_ops
from evergraph.registry.op_functions import positional_function


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default(), tf.Session().as_default():
        yield


def parameters(function):
    return [str(p) for p in inspect.signature(function).parameters.values()]


def test_inputs_then_attrs_that_no_input_tells_then_the_name():
    assert parameters(tf.raw_ops.MatMul) == [
        "a",
        "b",
        "transpose_a=False",
        "transpose_b=False",
        "name=None",
    ]
    assert parameters(tf.raw_ops.ConcatV2) == ["values", "axis", "name=None"]
    assert parameters(tf.raw_ops.Sum) == ["input", "axis", "keep_dims=False", "name=None"]


def test_a_raw_op_takes_keywords_only():
    assert tf.raw_ops.MatMul(a=[[1.0]], b=[[2.0]], name="product").op.name == "product"
    assert tf.raw_ops.Sum(input=[1.0, 2.0], axis=0).eval() == 3
    with pytest.raises(TypeError):
        tf.raw_ops.MatMul([[1.0]], [[2.0]])
    with pytest.raises(AttributeError, match="no attribute 'MatMull'"):
        _ = tf.raw_ops.MatMull


def test_a_generated_function_takes_positions():
    assert generated_ops.mat_mul([[1.0]], [[2.0]]).eval() == [[2]]
    assert positional_function("Squeeze", "squeeze")([[1.0]], axis=[0]).shape == (1,)
    result = generated_ops.unique([3, 3, 4])
    assert result._fields == ("y", "idx")
    assert list(result.y.eval()) == [3, 4]


def test_dir_lists_what_is_there():
    assert "MatMul" in dir(tf.raw_ops)
    assert "mat_mul" in dir(generated_ops)
