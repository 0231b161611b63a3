"""Loops round which references of variables go, and edges that no loop may have."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme(repeat=5)


def trips(count):
    """A condition on the first loop variable."""
    return lambda i, *rest: i < count


def values(tf, *fetches):
    """The value of each of `fetches`, run one after the other in one session."""
    sess = started(tf)
    return [sess.run(fetch) for fetch in fetches]


@THEME.program
def one_reference(tf, np):
    v = tf.Variable(1.0)
    y = tf.while_loop(lambda x: x < 3.0, lambda x: tf.assign_add(x, 1.0), [v._ref()])
    return nodes(tf), y, values(tf, y, v, [y, v])


@THEME.program
def beside_a_counter(tf, np):
    v = tf.Variable(1.0)
    y = tf.while_loop(
        trips(3),
        lambda i, x: (i + 1, tf.assign_add(x, tf.cast(i, tf.float32))),
        [0, v._ref()],
    )
    return nodes(tf), y, values(tf, y, v, y[1], v)


@THEME.program
def no_turn_at_all(tf, np):
    v = tf.Variable(7.0)
    y = tf.while_loop(lambda x: x < 3.0, lambda x: tf.assign_add(x, 1.0), [v._ref()])
    return values(tf, y, v)


@THEME.program
def only_read(tf, np):
    v = tf.Variable(2.0)
    y = tf.while_loop(trips(3), lambda i, x, a: (i + 1, x, a * x), [0, v._ref(), 1.0])
    return values(tf, y, v)


@THEME.program
def two_references(tf, np):
    v, w = tf.Variable(1.0), tf.Variable(5.0)
    y = tf.while_loop(
        trips(3),
        lambda i, x, y: (i + 1, tf.assign_add(x, 1.0), tf.assign_sub(y, 2.0)),
        [0, v._ref(), w._ref()],
    )
    return values(tf, y, v, w)


@THEME.program
def two_references_that_change_places(tf, np):
    v, w = tf.Variable(1.0), tf.Variable(5.0)
    y = tf.while_loop(trips(3), lambda i, x, y: (i + 1, y, x), [0, v._ref(), w._ref()])
    return values(tf, y, v, w)


@THEME.program
def parts_of_a_variable(tf, np):
    v = tf.Variable(tf.zeros([4]))
    y = tf.while_loop(
        trips(4),
        lambda i, x: (i + 1, tf.scatter_update(x, [i], [tf.cast(i, tf.float32)])),
        [0, v._ref()],
    )[1]
    return y, values(tf, y, v)


@THEME.program
def loop_in_a_loop(tf, np):
    v = tf.Variable(1.0)

    def add_two(i, x):
        inner = tf.while_loop(trips(2), lambda j, y: (j + 1, tf.assign_add(y, 1.0)), [0, x])
        return i + 1, inner[1]

    y = tf.while_loop(trips(3), add_two, [0, v._ref()])[1]
    return nodes(tf), values(tf, y, v, y)


@THEME.program
def loop_in_a_branch(tf, np):
    v, p = tf.Variable(1.0), tf.placeholder(tf.bool, [])

    def add_three():
        body = lambda i, x: (i + 1, tf.assign_add(x, 1.0))  # noqa: E731
        return tf.while_loop(trips(3), body, [0, v._ref()])[1] * 1.0

    y = tf.cond(p, add_three, lambda: tf.constant(-1.0))
    sess = started(tf)
    return [(sess.run(y, {p: choice}), sess.run(v)) for choice in (True, False, True)]


@THEME.program
def what_comes_out_is_the_variable(tf, np):
    v = tf.Variable(1.0)
    y = tf.while_loop(lambda x: x < 3.0, lambda x: tf.assign_add(x, 1.0), [v._ref()])
    return values(tf, y * 2.0, v, tf.assign_add(y, 10.0), v)


@THEME.program
def without_a_value(tf, np):
    v = tf.Variable(1.0, name="v")
    y = tf.while_loop(lambda x: x < 3.0, lambda x: tf.assign_add(x, 1.0), [v._ref()])
    with tf.Session() as sess:
        error = caught(lambda: sess.run(y))
    return type(error).__name__, error.message.split("\n")[0]


@THEME.program
def a_body_that_returns_no_reference(tf, np):
    v = tf.Variable(1.0)
    y = tf.while_loop(trips(3), lambda i, x: (i + 1, x + 1.0), [0, v._ref()])
    return caught(lambda: values(tf, y[0])).message.split("\n")[0]


@THEME.program
def inputs_of_other_types(tf, np):
    c, x = tf.constant(5.0), tf.placeholder_with_default(1.0, [])
    found = []
    with tf.Session() as sess:
        found.append(sess.run(c))
        y = tf.add(x, x, name="sum")
        y.op._update_input(1, tf.constant(True))
        found += [caught(lambda: sess.run(c)).message.split("\n")[0] for _ in range(2)]
    for dtype in (tf.float32, tf.float64, tf.float16):
        with tf.Graph().as_default(), tf.Session() as sess:
            n = tf.constant(3)
            tf.while_loop(trips(3), lambda i, j, dtype=dtype: (i + 1, tf.cast(i, dtype)), [0, 0])
            found.append(caught(lambda sess=sess, n=n: sess.run(n)).message.split("\n")[0])
    return found


@THEME.program
def two_frames_meet(tf, np):
    x = tf.placeholder(tf.float32, [])
    one, other = (
        tf.raw_ops.Enter(data=x, frame_name=name, is_constant=False, parallel_iterations=10)
        for name in ("one", "other")
    )
    y = tf.add(one, other)
    with tf.Session() as sess:
        error = caught(lambda: sess.run(y, {x: 1.0}))
    return type(error).__name__, "has inputs from different frames" in error.message
