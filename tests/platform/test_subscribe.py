"""Side effects of subscribed tensors."""

import numpy as np

import evergraph as tf
from evergraph.platform.subscribe import subscribe


def test_side_effects_run_with_the_consumers():
    seen = []

    def note(value):
        seen.append(int(value))
        return np.int32(0)

    def effect(tensor):
        return [tf.py_func(note, [tensor], tf.int32)]

    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.constant(2, name="a")
        b = a + 1
        result = subscribe([a], effect)
        assert result[0].name == "a/subscription/Identity:0"
        assert subscribe(a, effect) is result[0]
        assert session.run(b) == 3
    assert seen == [2, 2]
