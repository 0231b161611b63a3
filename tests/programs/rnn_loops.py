"""static_rnn, dynamic_rnn, bidirectional forms, raw_rnn: values, gradients, nodes, errors."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme(rtol=1e-5, atol=1e-6, repeat=3)


def batch(np, shape=(3, 4, 2)):
    """[batch, time, depth]."""
    count = int(np.prod(shape))
    return (np.sin(np.arange(count)) / 2.0).reshape(shape).astype(np.float32)


CELLS = {
    "basic": lambda c: c.BasicRNNCell(2),
    "gru": lambda c: c.GRUCell(2),
    "lstm": lambda c: c.LSTMCell(3, use_peepholes=True, num_proj=2, cell_clip=1.0),
    "multi": lambda c: c.MultiRNNCell([c.GRUCell(2), c.BasicLSTMCell(2)]),
    "dropout": lambda c: c.DropoutWrapper(c.GRUCell(2), 0.8, 0.7, seed=1),
}


def values(tf, outputs, state, x, feed):
    """Outputs, state, and gradients of a scalar of both."""
    flat = [outputs] if not isinstance(outputs, (list, tuple)) else list(outputs)
    loss = tf.add_n([tf.reduce_sum(tf.square(t)) for t in flat])
    for part in state if isinstance(state, tuple) else [state]:
        for tensor in part if isinstance(part, tuple) else [part]:
            loss += tf.reduce_sum(tensor)
    gradients = tf.gradients(loss, [*tf.trainable_variables(), x])
    with started(tf) as sess:
        return sess.run([outputs, state, loss, gradients], feed)


@THEME.programs_over(CELLS)
def dynamic(tf, np, make):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, 4, 2])
    # One iteration after the other: TensorFlow's own dropout is a race otherwise.
    outputs, state = tf.nn.dynamic_rnn(
        make(tf.nn.rnn_cell), x, dtype=tf.float32, parallel_iterations=1
    )
    shapes = outputs.get_shape().as_list(), [v.name for v in tf.global_variables()]
    return values(tf, outputs, state, x, {x: batch(np)}), shapes


@THEME.programs_over(CELLS)
def dynamic_with_lengths(tf, np, make):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, None, 2])
    lengths = tf.placeholder(tf.int64, [None])
    outputs, state = tf.nn.dynamic_rnn(
        make(tf.nn.rnn_cell), x, lengths, dtype=tf.float32, parallel_iterations=1
    )
    return values(tf, outputs, state, x, {x: batch(np), lengths: [2, 0, 3]})


@THEME.programs_over(CELLS)
def static_with_lengths(tf, np, make):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, 4, 2])
    outputs, state = tf.nn.static_rnn(
        make(tf.nn.rnn_cell),
        tf.unstack(x, axis=1),
        sequence_length=tf.constant([2, 0, 3]),
        dtype=tf.float32,
    )
    return values(tf, outputs, state, x, {x: batch(np)})


@THEME.programs_over({name: CELLS[name] for name in ("gru", "multi")})
def static(tf, np, make):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [3, 4, 2])
    cell = make(tf.nn.rnn_cell)
    initial = cell.zero_state(3, tf.float32)
    outputs, state = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), initial, scope="named")
    return values(tf, outputs, state, x, {x: batch(np)}), [t.name for t in outputs]


@THEME.program
def time_major_with_initial_state(tf, np):
    tf.set_random_seed(5)
    x = tf.constant(batch(np))
    initial = tf.constant(batch(np, (4, 2)))
    outputs, state = tf.nn.dynamic_rnn(
        tf.nn.rnn_cell.GRUCell(2),
        x,
        sequence_length=[3, 1, 2, 3],
        initial_state=initial,
        time_major=True,
        swap_memory=True,
        parallel_iterations=4,
        scope="named",
    )
    return values(tf, outputs, state, initial, {}), nodes(tf)


@THEME.program
def dynamic_nodes(tf, np):
    x = tf.placeholder(tf.float32, [None, None, 2])
    lengths = tf.placeholder(tf.int32, [None])
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(2)])
    outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
    tf.gradients(outputs, [x, *tf.trainable_variables()])
    return nodes(tf), outputs, state


@THEME.program
def ever_new_lengths(tf, np):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, None, 2])
    outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, dtype=tf.float32)
    gradient = tf.gradients(state, x)[0]
    with started(tf) as sess:
        sizes = [(2, 1, 2), (1, 5, 2), (3, 2, 2), (2, 7, 2), (1, 1, 2)]
        return [sess.run([outputs, state, gradient], {x: batch(np, s)}) for s in sizes]


@THEME.program
def no_steps(tf, np):
    x = tf.placeholder(tf.float32, [2, None, 2])
    outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, dtype=tf.float32)
    with started(tf) as sess:
        return sess.run([outputs, state], {x: batch(np, (2, 0, 2))})


@THEME.program
def structures_of_inputs(tf, np):
    tf.set_random_seed(5)

    class Sum(tf.nn.rnn_cell.RNNCell):
        state_size = (2, tf.TensorShape([2]))
        output_size = (2, 2)

        def call(self, inputs, state):
            a, b = inputs
            first = state[0] + a
            return (first, b * 2.0), (first, state[1] + b)

    x = tf.placeholder(tf.float32, [None, 4, 2])
    outputs, state = tf.nn.dynamic_rnn(Sum(), (x, x + 1.0), dtype=tf.float32)
    return values(tf, outputs, state, x, {x: batch(np)})


@THEME.program
def bidirectional(tf, np):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, None, 2])
    cells = tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.BasicLSTMCell(3)
    outputs, states = tf.nn.bidirectional_dynamic_rnn(*cells, x, [2, 4, 1], dtype=tf.float32)
    state = states[0], tf.concat(states[1], 1)
    return values(tf, outputs, state, x, {x: batch(np)}), nodes(tf)[:40]


@THEME.program
def bidirectional_time_major(tf, np):
    tf.set_random_seed(5)
    x = tf.constant(batch(np))
    cells = tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.GRUCell(2)
    outputs, states = tf.nn.bidirectional_dynamic_rnn(
        *cells, x, dtype=tf.float32, time_major=True, scope="named"
    )
    return values(tf, outputs, states, x, {}), [v.name for v in tf.global_variables()]


@THEME.programs_over({"all": None, "lengths": [2, 4, 1]})
def static_bidirectional(tf, np, lengths):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, 4, 2])
    cells = tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.BasicLSTMCell(3)
    outputs, fw, bw = tf.nn.static_bidirectional_rnn(
        *cells, tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=lengths
    )
    return values(tf, outputs, (fw, bw[1]), x, {x: batch(np)})


class Saver:
    """Keeps states in variables, as the queues of tf.contrib.training do."""

    def __init__(self, tf, names):
        self.variables = {n: tf.get_variable(n, [3, 2], trainable=False) for n in names}
        self.tf = tf

    def state(self, name):
        return self.variables[name]

    def save_state(self, name, state):
        return self.tf.assign(self.variables[name], state)


@THEME.program
def state_saving(tf, np):
    tf.set_random_seed(5)
    x = tf.unstack(tf.constant(batch(np)), axis=1)
    saver = Saver(tf, ["a", "b", "c"])
    run = tf.nn.static_state_saving_rnn
    outputs, state = run(tf.nn.rnn_cell.GRUCell(2), x, saver, "a")
    more, pair = run(tf.nn.rnn_cell.LSTMCell(2), x[:2], saver, ("b", "c"), [1, 2, 0], scope="s")
    errors = [
        caught(lambda: run(tf.nn.rnn_cell.GRUCell(2), x, saver, ("a",))),
        caught(lambda: run(tf.nn.rnn_cell.LSTMCell(2), x, saver, ("a", "b", "c"))),
    ]
    with started(tf) as sess:
        first = sess.run([outputs[-1], more[-1]])
        return first, sess.run([outputs[0], state]), sess.run(pair), errors


@THEME.program
def raw(tf, np):
    tf.set_random_seed(5)
    x = tf.constant(batch(np, (5, 3, 2)))
    lengths = tf.constant([2, 4, 3])
    inputs = tf.TensorArray(tf.float32, 5).unstack(x)
    cell = tf.nn.rnn_cell.LSTMCell(2)

    def loop(time, output, state, loop_state):
        finished = time >= lengths
        state = cell.zero_state(3, tf.float32) if output is None else state
        x_next = tf.cond(
            tf.reduce_all(finished), lambda: tf.zeros([3, 2]), lambda: inputs.read(time)
        )
        return finished, x_next, state, output, None

    emitted, state, loop_state = tf.nn.raw_rnn(cell, loop)
    outputs = emitted.stack()
    return values(tf, outputs, state, x, {}), loop_state, nodes(tf)


@THEME.program
def raw_with_loop_state(tf, np):
    tf.set_random_seed(5)
    cell = tf.nn.rnn_cell.GRUCell(2)

    def loop(time, output, state, loop_state):
        if output is None:
            emit = tf.zeros([3], tf.int32), tf.zeros([], tf.float32)
            return tf.constant([False, False]), tf.ones([2, 2]), tf.zeros([2, 2]), emit, 1.0
        emit = tf.fill([2, 3], time), tf.reduce_sum(output, 1)
        return time >= [2, 4], output * 2.0, state, emit, loop_state * 2.0

    emitted, state, loop_state = tf.nn.raw_rnn(cell, loop, scope="named")
    with started(tf) as sess:
        return sess.run([emitted[0].stack(), emitted[1].stack(), state, loop_state])


@THEME.program
def inside_a_loop(tf, np):
    tf.set_random_seed(5)
    x = tf.constant(batch(np))
    cell = tf.nn.rnn_cell.GRUCell(2)

    def body(i, total):
        _, state = tf.nn.dynamic_rnn(cell, x * total, dtype=tf.float32)
        return i + 1, total + tf.reduce_sum(state)

    _, total = tf.while_loop(lambda i, _: i < 3, body, [0, tf.constant(0.5)])
    with started(tf) as sess:
        return sess.run(total), [v.name for v in tf.global_variables()]


@THEME.program
def trained_for_some_steps(tf, np):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, None, 2])
    lengths = tf.placeholder(tf.int32, [None])
    y = tf.placeholder(tf.float32, [None, 2])
    cell = tf.nn.rnn_cell.BasicLSTMCell(2)
    _, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(tf.layers.dense(state.h, 2) - y))
    train = tf.train.AdamOptimizer(0.05).minimize(loss)
    feed = {x: batch(np), lengths: [2, 4, 1], y: batch(np, (3, 2))}
    with started(tf) as sess:
        return [sess.run([loss, train], feed)[0] for _ in range(8)]


@THEME.program
def errors(tf, np):
    gru, x = tf.nn.rnn_cell.GRUCell(2), tf.ones([2, 3, 4])
    static, dynamic = tf.nn.static_rnn, tf.nn.dynamic_rnn
    step = tf.ones([2, 3])
    return [
        caught(lambda: dynamic(3, x)),
        caught(lambda: dynamic(gru, x)),
        caught(lambda: dynamic(gru, x[0], dtype=tf.float32)),
        caught(lambda: dynamic(gru, x, tf.constant(3), dtype=tf.float32)),
        caught(lambda: dynamic(gru, tf.placeholder(tf.float32, [2, 3, None]), dtype=tf.float32)),
        caught(lambda: dynamic(gru, (x, tf.ones([2, 4, 4])), dtype=tf.float32)),
        caught(lambda: static(3, [step])),
        caught(lambda: static(gru, step)),
        caught(lambda: static(gru, [])),
        caught(lambda: static(gru, [step])),
        caught(lambda: static(gru, [step], dtype=tf.float32, sequence_length=3)),
        caught(lambda: static(gru, [step, tf.ones([3, 3])], dtype=tf.float32)),
        caught(lambda: tf.nn.raw_rnn(gru, 3)),
        caught(lambda: tf.nn.bidirectional_dynamic_rnn(gru, 3, x)),
        caught(lambda: tf.nn.static_bidirectional_rnn(gru, gru, step)),
    ]


@THEME.program(class_only="the message names the operations of the check")
def wrong_number_of_lengths(tf, np):
    lengths = tf.placeholder(tf.int32, [None])
    cell = tf.nn.rnn_cell.GRUCell(2)
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.ones([2, 3, 4]), lengths, dtype=tf.float32)
    with started(tf) as sess:
        return caught(lambda: sess.run(outputs, {lengths: [1, 2, 3]}))
