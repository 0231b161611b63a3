"""tf.while_loop takes 0.x's positional arguments."""

import evergraph as tf


def enter_attrs():
    ops = tf.get_default_graph().get_operations()
    return {op.get_attr("parallel_iterations") for op in ops if op.type == "Enter"}


def test_a_number_in_the_place_of_shape_invariants_is_that_of_parallel_iterations():
    with tf.Graph().as_default(), tf.Session() as sess:
        y = tf.while_loop(lambda i: i < 5, lambda i: i + 2, [0], 3, False, False, "loop")
        assert (y.op.name, enter_attrs(), sess.run(y)) == ("loop/Exit", {3}, 6)


def test_shape_invariants_stay_the_fourth_argument():
    with tf.Graph().as_default():
        shapes = [tf.TensorShape([None])]
        double = lambda a: tf.concat([a, a], 0)  # noqa: E731
        y = tf.while_loop(lambda a: tf.size(a) < 5, double, [tf.constant([1])], shapes)
        assert y.shape.as_list() == [None]
