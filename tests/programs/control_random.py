"""Random numbers in loops and branches: each turn draws on, a branch not taken draws nothing."""

from programs.control_effects import counted
from programs.theme import Theme, nodes

THEME = Theme(rtol=1e-5, atol=1e-6, repeat=5)


@THEME.programs_over({"constant": 3, "fed": None})
def draws_in_a_loop(tf, np, trips):
    n = tf.placeholder_with_default(3, []) if trips is None else trips

    def body(i, x):
        with tf.control_dependencies([x]):
            return x * 10.0 + tf.random_uniform([2], seed=7)

    y = counted(tf, body, n, tf.zeros([2]))
    with tf.Session() as sess:
        answers = [sess.run(y) for _ in range(3)]
    with tf.Session() as sess:
        return answers, sess.run(y)


@THEME.program
def draws_of_every_kind_in_a_loop(tf, np):
    def body(i, x):
        with tf.control_dependencies([x]):
            drawn = [
                tf.random_normal([2], seed=1),
                tf.truncated_normal([2], seed=2),
                tf.cast(tf.random_uniform([2], 0, 100, tf.int32, seed=3), tf.float32),
                tf.random_shuffle([1.0, 2.0], seed=4),
                tf.cast(tf.multinomial([[0.0, 1.0, 2.0]], 2, seed=5)[0], tf.float32),
                tf.nn.dropout(tf.ones([2]), rate=0.5, seed=6),
            ]
        return tf.concat([x[1:], tf.reshape(tf.stack(drawn), [1, -1])], 0)

    y = counted(tf, body, 4, tf.zeros([4, 12]))
    with tf.Session() as sess:
        return [sess.run(y) for _ in range(2)]


@THEME.program
def draws_with_the_seed_of_the_graph(tf, np):
    tf.set_random_seed(11)

    def body(i, x):
        with tf.control_dependencies([x]):
            return x * 10.0 + tf.random_uniform([])

    y = counted(tf, body, 3, tf.zeros([]))
    z = tf.random_uniform([])
    with tf.Session() as sess:
        return [sess.run([y, z]) for _ in range(2)], nodes(tf)


@THEME.program
def draws_in_branches(tf, np):
    """Only the taken branch's stream moves on."""
    p = tf.placeholder(tf.bool, [])
    y = tf.cond(p, lambda: tf.random_uniform([], seed=1), lambda: tf.random_uniform([], seed=2))
    with tf.Session() as sess:
        return [sess.run(y, {p: choice}) for choice in (True, False, False, True, True)]


@THEME.program
def a_random_walk_until_it_leaves(tf, np):
    """The number of turns hangs on what is drawn."""

    def body(i, x):
        with tf.control_dependencies([x]):
            return i + 1, x + tf.random_uniform([], -1.0, 1.0, seed=3)

    y = tf.while_loop(lambda i, x: tf.abs(x) < 2.0, body, [0, tf.zeros([])])
    with tf.Session() as sess:
        return [sess.run(y) for _ in range(4)]


@THEME.program
def the_same_draw_forward_and_backward(tf, np):
    """A gradient uses what was drawn forward; it draws nothing."""
    x = tf.placeholder(tf.float32, [])

    def body(i, y):
        with tf.control_dependencies([y]):
            return y * tf.random_uniform([], 0.5, 1.5, seed=8)

    y = counted(tf, body, 3, x)
    (grad,) = tf.gradients(y, x)
    with tf.Session() as sess:
        return [sess.run([y, grad], {x: 2.0}) for _ in range(2)], [sess.run(grad, {x: 2.0})]


@THEME.program
def dropout_in_a_loop(tf, np):
    x = tf.placeholder(tf.float32, [4])

    def body(i, y):
        with tf.control_dependencies([y]):
            return tf.nn.dropout(y * 2.0, rate=0.25, seed=5)

    y = counted(tf, body, 3, x)
    (grad,) = tf.gradients(y, x)
    with tf.Session() as sess:
        return [sess.run([y, grad], {x: [1.0, 2.0, 3.0, 4.0]}) for _ in range(3)]
