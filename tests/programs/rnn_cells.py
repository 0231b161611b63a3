"""tf.layers.Layer, Dense and the cells of tf.nn.rnn_cell: nodes, variables, values, errors."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme(rtol=1e-5, atol=1e-6)


def rows(np, count=2, depth=3):
    return (np.arange(count * depth).reshape(count, depth) / 7.0 - 0.4).astype(np.float32)


def two_steps(tf, np, cell, x=None):
    """Values and gradients of two steps, the names of the variables, and the sizes."""
    tf.set_random_seed(7)
    x = tf.constant(rows(np)) if x is None else x
    zero = cell.zero_state(2, tf.float32)
    output, state = cell(x, zero)
    output, state = cell(x + 1.0, state)
    variables = tf.global_variables()
    loss = tf.reduce_sum(output * output)
    gradients = tf.gradients(loss, [*tf.trainable_variables(), x])
    with started(tf) as sess:
        values = sess.run([output, state, gradients])
    return values, [v.name for v in variables], cell.state_size, cell.output_size


CELLS = {
    "basic": lambda tf: tf.nn.rnn_cell.BasicRNNCell(4),
    "basic relu": lambda tf: tf.nn.rnn_cell.BasicRNNCell(4, activation="relu"),
    "gru": lambda tf: tf.nn.rnn_cell.GRUCell(4),
    "gru initializers": lambda tf: tf.nn.rnn_cell.GRUCell(
        4,
        tf.nn.elu,
        kernel_initializer=tf.constant_initializer(0.2),
        bias_initializer=tf.constant_initializer(-0.1),
    ),
    "basic lstm": lambda tf: tf.nn.rnn_cell.BasicLSTMCell(4),
    "basic lstm joined": lambda tf: tf.nn.rnn_cell.BasicLSTMCell(4, 0.5, state_is_tuple=False),
    "lstm": lambda tf: tf.nn.rnn_cell.LSTMCell(4),
    "lstm peepholes": lambda tf: tf.nn.rnn_cell.LSTMCell(
        4, use_peepholes=True, cell_clip=0.3, initializer=tf.random_uniform_initializer(-1, 1)
    ),
    "lstm projection": lambda tf: tf.nn.rnn_cell.LSTMCell(
        4, num_proj=2, proj_clip=0.1, forget_bias=0.0, activation=tf.nn.softsign
    ),
    "lstm all": lambda tf: tf.nn.rnn_cell.LSTMCell(
        4, True, 0.4, num_proj=3, proj_clip=0.2, state_is_tuple=False
    ),
    "lstm shards": lambda tf: tf.nn.rnn_cell.LSTMCell(
        4, num_proj=2, num_unit_shards=2, num_proj_shards=2
    ),
    "multi": lambda tf: tf.nn.rnn_cell.MultiRNNCell(
        [tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.BasicLSTMCell(2)]
    ),
    "multi joined": lambda tf: tf.nn.rnn_cell.MultiRNNCell(
        [tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.BasicRNNCell(2)], state_is_tuple=False
    ),
    "residual": lambda tf: tf.nn.rnn_cell.ResidualWrapper(tf.nn.rnn_cell.GRUCell(3)),
    "residual function": lambda tf: tf.nn.rnn_cell.ResidualWrapper(
        tf.nn.rnn_cell.GRUCell(3), residual_fn=lambda x, y: x * y
    ),
    "dropout": lambda tf: tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.BasicLSTMCell(4), 0.7, 0.6, 0.8, seed=5
    ),
    "dropout variational": lambda tf: tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.LSTMCell(4), 0.7, 0.6, 0.8, True, 3, tf.float32, seed=5
    ),
    "dropout filter": lambda tf: tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.LSTMCell(4),
        state_keep_prob=0.5,
        dropout_state_filter_visitor=lambda s: True,
        seed=2,
    ),
}


@THEME.programs_over(CELLS)
def cell(tf, np, make):
    return two_steps(tf, np, make(tf))


@THEME.programs_over({name: CELLS[name] for name in ("basic", "gru", "lstm all", "multi")})
def cell_nodes(tf, np, make):
    tf.set_random_seed(7)
    made = make(tf)
    x = tf.placeholder(tf.float32, [None, 3])
    state = made.zero_state(tf.shape(x)[0], tf.float32)
    made(x, state)
    return nodes(tf)


@THEME.program
def device_wrapper(tf, np):
    cell = tf.nn.rnn_cell.DeviceWrapper(tf.nn.rnn_cell.GRUCell(2), "/cpu:0")
    cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))
    return [(op.name, op.device) for op in tf.get_default_graph().get_operations()]


@THEME.program
def dropout_with_fed_probability(tf, np):
    keep = tf.placeholder_with_default(1.0, [])
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(2), output_keep_prob=keep, seed=3)
    tf.set_random_seed(1)
    output, _ = cell(tf.ones([2, 3]), cell.zero_state(2, tf.float32))
    with started(tf) as sess:
        return sess.run(output), sess.run(output, {keep: 0.5}), nodes(tf)


@THEME.program
def own_cell_with_get_variable(tf, np):
    class Own(tf.nn.rnn_cell.RNNCell):
        def __init__(self, units):
            super(Own, self).__init__()  # noqa: UP008 - as old programs write it
            self._units = units

        @property
        def state_size(self):
            return self._units

        @property
        def output_size(self):
            return self._units

        def call(self, inputs, state):
            w = tf.get_variable("w", [3, self._units], initializer=tf.ones_initializer())
            new = tf.tanh(tf.matmul(inputs, w) + state)
            return new, new

    cell = Own(2)
    x = tf.constant(rows(np))
    y, s = cell(x, cell.zero_state(2, tf.float32))
    y, s = cell(x, s)
    names = [v.name for v in cell.variables], cell.name, [v.name for v in cell.trainable_weights]
    with started(tf) as sess:
        return sess.run([y, s]), names, nodes(tf)


@THEME.program
def cells_share_a_scope(tf, np):
    x = tf.ones([2, 3])
    first, second = tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.GRUCell(2, reuse=True)
    state = first.zero_state(2, tf.float32)
    first(x, state, scope="a")
    second(x, state, scope="a")
    third = tf.nn.rnn_cell.GRUCell(2)
    third(x, state)
    with tf.variable_scope("outer", reuse=tf.AUTO_REUSE):
        tf.nn.rnn_cell.GRUCell(2)(x, state)
        tf.nn.rnn_cell.GRUCell(2)(x, state)
    return [v.name for v in tf.global_variables()], second.variables == first.variables


@THEME.program
def not_trainable_by_custom_getter(tf, np):
    def getter(getter, *args, **kwargs):
        kwargs["trainable"] = False
        return getter(*args, **kwargs)

    with tf.variable_scope("root", custom_getter=getter):
        cell = tf.nn.rnn_cell.BasicRNNCell(2)
        cell(tf.ones([1, 2]), tf.zeros([1, 2]))
    names = (
        [v.name for v in cell.trainable_variables],
        [v.name for v in cell.non_trainable_variables],
    )
    return names, [v.name for v in tf.trainable_variables()]


@THEME.program
def configurations(tf, np):
    cells = tf.nn.rnn_cell
    made = [cells.BasicRNNCell(2), cells.GRUCell(2, name="g"), cells.LSTMCell(3, num_proj=2)]
    made += [cells.BasicLSTMCell(2, dtype=tf.float32), tf.layers.Dense(3, tf.nn.relu)]
    configs = [cell.get_config() for cell in made]
    again = [
        type(cell).from_config(dict(c, name="x")).name for cell, c in zip(made[4:], configs[4:])
    ]
    return configs[:4], sorted(configs[4]), again


@THEME.program
def initial_states(tf, np):
    cell = tf.nn.rnn_cell.LSTMCell(2)
    x = tf.placeholder(tf.float32, [None, 3])
    states = [
        cell.get_initial_state(tf.ones([2, 3])),
        cell.get_initial_state(x),
        cell.get_initial_state(batch_size=4, dtype=tf.float64),
        cell.zero_state(tf.shape(x)[0], tf.float32),
    ]
    with tf.Session() as sess:
        return states, sess.run(states, {x: rows(np)}), nodes(tf)


@THEME.program(class_only="1.15 reports errors of a call from converted code")
def errors_of_a_call(tf, np):
    cells, x = tf.nn.rnn_cell, tf.ones([2, 3])
    return [
        caught(lambda: cells.MultiRNNCell([cells.GRUCell(3)])(x, x)),
        caught(lambda: cells.GRUCell(3)(x, tf.ones([2, 4]))),
        caught(lambda: cells.BasicLSTMCell(3)(x, x)),
    ]


@THEME.program
def errors(tf, np):
    cells, x = tf.nn.rnn_cell, tf.ones([2, 3])
    drop = cells.DropoutWrapper
    gru = cells.GRUCell(3)
    return [
        caught(lambda: gru(x[0], None)),
        caught(lambda: cells.GRUCell(3, name="u")(tf.placeholder(tf.float32), x)),
        caught(lambda: cells.GRUCell(3, name="v")(tf.placeholder(tf.float32, [2, None]), x)),
        caught(lambda: cells.GRUCell(3, name="w")(tf.ones([2, 3], tf.int32), x)),
        caught(lambda: cells.LSTMCell(3, dtype=tf.int32)),
        caught(lambda: cells.LSTMCell(3, foo=1)),
        caught(lambda: cells.LSTMCell(3, activation="foo")),
        caught(lambda: cells.MultiRNNCell([])),
        caught(lambda: cells.MultiRNNCell([cells.LSTMCell(3)], False)),
        caught(lambda: drop(gru, 1.5)),
        caught(lambda: drop(gru, 0.5, variational_recurrent=True)),
        caught(lambda: drop(gru, 0.5, variational_recurrent=True, dtype=tf.float32)),
        caught(lambda: drop(gru, dropout_state_filter_visitor=3)),
        caught(lambda: drop(3)),
        caught(lambda: gru.zero_state(None, tf.float32)),
        caught(lambda: gru.get_initial_state()),
        caught(lambda: gru.get_initial_state(x, 3)),
        caught(lambda: gru.get_initial_state(x, 2, tf.float64)),
        caught(lambda: cells.RNNCell().zero_state(2, tf.float32)),
        caught(lambda: cells.LSTMStateTuple(x, tf.ones([2, 3], tf.float64)).dtype),
        cells.LSTMStateTuple(x, x).dtype,
    ]


@THEME.program
def dense(tf, np):
    tf.set_random_seed(3)
    x = tf.constant(rows(np))
    first = tf.layers.dense(x, 2, activation=tf.nn.relu)
    second = tf.layers.dense(first, 2, use_bias=False, name="named")
    again = tf.layers.dense(x[:, :2], 2, use_bias=False, name="named", reuse=True)
    deep = tf.layers.dense(tf.reshape(x, [1, 2, 3]), 4)
    loss = tf.reduce_sum(first) + tf.reduce_sum(second) + tf.reduce_sum(again * again)
    gradients = tf.gradients(loss + tf.reduce_sum(deep * deep), tf.trainable_variables())
    with started(tf) as sess:
        return sess.run([first, second, again, deep, gradients]), nodes(tf)


@THEME.program
def dense_layer(tf, np):
    layer = tf.layers.Dense(
        2,
        kernel_initializer=tf.ones_initializer(),
        kernel_regularizer=tf.nn.l2_loss,
        bias_regularizer=lambda b: tf.reduce_sum(b),
        activity_regularizer=tf.nn.l2_loss,
        name="d",
    )
    seen = [layer.built, layer.dtype, layer.name, caught(lambda: layer.scope_name)]
    y = layer(tf.constant(rows(np)))
    seen += [layer.built, layer.dtype, layer.scope_name, layer.count_params()]
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    seen += [[v.name for v in layer.weights], [t.name for t in losses]]
    seen += [layer.compute_output_shape([None, 3]), layer.get_updates_for(None)]
    with started(tf) as sess:
        return sess.run([y, losses]), seen, nodes(tf)


@THEME.program
def dense_errors(tf, np):
    layer = tf.layers.Dense(2, name="d")
    layer(tf.ones([2, 3]))
    tf.layers.dense(tf.ones([2, 3]), 2, name="q")
    return [
        caught(lambda: layer(tf.ones([2, 4]))),
        caught(lambda: tf.layers.Dense(3, name="a")(tf.ones([3]))),
        caught(lambda: tf.layers.Dense(3, name="b")(tf.placeholder(tf.float32, [2, None]))),
        caught(lambda: tf.layers.Dense(3, name="c")(tf.ones([2, 2], tf.int32))),
        caught(lambda: tf.layers.dense(tf.ones([2, 3]), 3, name="new", reuse=True)),
        caught(lambda: layer.compute_output_shape([None, None])),
        caught(lambda: tf.layers.Dense(3, foo=1)),
    ]


@THEME.program
def own_layer(tf, np):
    class Scale(tf.layers.Layer):
        def build(self, shape):
            self.factor = self.add_weight(
                "factor", shape=[shape[-1].value], initializer=tf.ones_initializer()
            )
            self.count = self.add_variable(
                "count", [], dtype=tf.int32, trainable=False, initializer=tf.zeros_initializer()
            )
            super(Scale, self).build(shape)  # noqa: UP008 - as old programs write it

        def call(self, inputs, training=False):
            self.add_update(tf.assign_add(self.count, 1), inputs=True)
            self.add_loss(tf.reduce_sum(self.factor))
            return inputs * self.factor if training else inputs

    layer = Scale(name="scale")
    x = tf.constant(rows(np))
    y, z = layer(x, training=True), layer.apply(x)
    names = [[v.name for v in vs] for vs in (layer.trainable_weights, layer.non_trainable_weights)]
    updates = [u.name for u in layer.updates], [loss.name for loss in layer.losses]
    collected = [op.name for op in tf.get_collection(tf.GraphKeys.UPDATE_OPS)]
    with started(tf) as sess:
        sess.run(layer.updates)
        return sess.run([y, z, layer.count]), names, updates, collected, nodes(tf)
