"""tf.contrib.rnn: cells, wrappers, fused cells, stacked bidirectional networks."""

import importlib

from programs.theme import Theme, caught, nodes, started

THEME = Theme(rtol=1e-5, atol=1e-6)


def rows(np, count=2, depth=4):
    return (np.arange(count * depth).reshape(count, depth) / 9.0 - 0.4).astype(np.float32)


def ops(tf, name):
    """A module of tensorflow.contrib.rnn.python.ops, of TensorFlow or of its alias."""
    path = "tensorflow.contrib.rnn.python.ops." + name
    if tf.__name__ == "evergraph":
        return importlib.import_module("evergraph.compat.alias").AliasModule(path)
    return importlib.import_module(path)


CELLS = {
    "input projection": lambda c, tf: c.InputProjectionWrapper(c.GRUCell(3), 5, tf.nn.relu),
    "output projection": lambda c, tf: c.OutputProjectionWrapper(c.BasicLSTMCell(3), 5),
    "ugrnn": lambda c, tf: c.UGRNNCell(3),
    "intersection": lambda c, tf: c.IntersectionRNNCell(4),
    "intersection projected": lambda c, tf: c.IntersectionRNNCell(3, num_in_proj=3),
    "nas": lambda c, tf: c.NASCell(3),
    "nas projection": lambda c, tf: c.NASCell(3, num_proj=2, use_bias=True),
    "sru": lambda c, tf: c.SRUCell(4),
    "ind": lambda c, tf: c.IndRNNCell(3),
    "indy gru": lambda c, tf: c.IndyGRUCell(3),
    "indy lstm": lambda c, tf: c.IndyLSTMCell(3),
    "layer norm": lambda c, tf: c.LayerNormBasicLSTMCell(3, norm_gain=0.7, norm_shift=0.1),
    "layer norm dropout": lambda c, tf: c.LayerNormBasicLSTMCell(
        3, dropout_keep_prob=0.6, dropout_prob_seed=3
    ),
    "layer norm off": lambda c, tf: c.LayerNormBasicLSTMCell(3, layer_norm=False),
    "coupled": lambda c, tf: c.CoupledInputForgetGateLSTMCell(3),
    "coupled all": lambda c, tf: c.CoupledInputForgetGateLSTMCell(
        3,
        use_peepholes=True,
        num_proj=2,
        proj_clip=0.1,
        num_unit_shards=2,
        num_proj_shards=2,
        state_is_tuple=False,
    ),
    "coupled layer norm": lambda c, tf: c.CoupledInputForgetGateLSTMCell(3, layer_norm=True),
    "groups": lambda c, tf: c.GLSTMCell(4, number_of_groups=2, num_proj=2),
    "grid": lambda c, tf: c.GridLSTMCell(
        2, True, feature_size=2, frequency_skip=1, num_frequency_blocks=[3], num_unit_shards=2
    ),
    "grid shared": lambda c, tf: c.GridLSTMCell(
        2,
        True,
        True,
        0.3,
        feature_size=2,
        frequency_skip=1,
        num_frequency_blocks=[3],
        couple_input_forget_gates=True,
        state_is_tuple=False,
    ),
    "grid blocks": lambda c, tf: c.GridLSTMCell(
        2,
        feature_size=2,
        frequency_skip=1,
        num_frequency_blocks=[1, 2],
        start_freqindex_list=[0, 1],
        end_freqindex_list=[2, 4],
    ),
    "grid both ways": lambda c, tf: c.BidirectionalGridLSTMCell(
        2,
        True,
        feature_size=2,
        frequency_skip=1,
        num_frequency_blocks=[3],
        backward_slice_offset=1,
    ),
    "attention": lambda c, tf: c.AttentionCellWrapper(c.GRUCell(3), 2),
    "attention sizes": lambda c, tf: c.AttentionCellWrapper(
        c.LSTMCell(3), 3, attn_size=2, attn_vec_size=5, input_size=3
    ),
    "attention joined": lambda c, tf: c.AttentionCellWrapper(c.GRUCell(3), 2, state_is_tuple=False),
    "lstm block": lambda c, tf: c.LSTMBlockCell(3),
    "lstm block all": lambda c, tf: c.LSTMBlockCell(3, 0.5, cell_clip=0.2, use_peephole=True),
    "gru block": lambda c, tf: c.GRUBlockCell(3),
    "gru block v2": lambda c, tf: c.GRUBlockCellV2(3),
}
INTERNAL_CELLS = {
    "minimal": lambda c: c.MinimalRNNCell(3),
    "cfn": lambda c: c.CFNCell(3),
    "layer norm lstm": lambda c: c.LayerNormLSTMCell(
        3, True, 1.0, num_proj=2, proj_clip=0.5, layer_norm=True
    ),
    "weight norm": lambda c: c.WeightNormLSTMCell(3, True, True, 1.0, num_proj=2, proj_clip=0.4),
}


def two_steps(tf, cell, x, state=None):
    """Values and gradients of two steps, and the variables' names."""
    tf.set_random_seed(7)
    if state is None:
        state = cell.zero_state(2, tf.float32)
    output, state = cell(x, state)
    tf.get_variable_scope().reuse_variables()
    output, state = cell(x, state)
    if hasattr(state, "time"):
        state = state._replace(time=tf.constant(state.time))  # a number, which can't be fetched
    names = [v.name for v in tf.global_variables()]
    gradients = tf.gradients(tf.reduce_sum(output * output), tf.trainable_variables())
    reached = [d is not None for d in gradients]
    with started(tf) as sess:
        values = sess.run([output, state, [d for d in gradients if d is not None]])
        return values, names, reached


@THEME.programs_over(CELLS)
def cell(tf, np, make):
    return two_steps(tf, make(tf.contrib.rnn, tf), tf.constant(rows(np)))


@THEME.programs_over(
    {name: CELLS[name] for name in ("layer norm", "nas", "lstm block", "gru block")}
)
def cell_nodes(tf, np, make):
    made = make(tf.contrib.rnn, tf)
    x = tf.placeholder(tf.float32, [None, 4])
    output, _ = made(x, made.zero_state(tf.shape(x)[0], tf.float32))
    tf.gradients(output, [x, *tf.trainable_variables()])
    return nodes(tf)


@THEME.programs_over(INTERNAL_CELLS)
def internal_cell(tf, np, make):
    return two_steps(tf, make(ops(tf, "rnn_cell")), tf.constant(rows(np)))


@THEME.program(rtol=2e-3)
def turing_machine(tf, np):
    """Similarities to a memory that is 1e-6 at first: small differences grow."""
    module = ops(tf, "rnn_cell")
    cell = module.NTMCell(module.MinimalRNNCell(5), 4, 3, 2, 1, output_dim=3)
    return two_steps(tf, cell, tf.constant(rows(np)))


@THEME.program
def time_frequency(tf, np):
    cell = tf.contrib.rnn.TimeFreqLSTMCell(
        2, True, 0.5, num_unit_shards=2, feature_size=2, frequency_skip=1
    )
    return two_steps(tf, cell, tf.constant(rows(np)), tf.constant(rows(np, 2, 12)))


@THEME.programs_over({"peepholes": True, "none": False})
def phased(tf, np, use_peepholes):
    cell = tf.contrib.rnn.PhasedLSTMCell(3, use_peepholes, period_init_max=10.0)
    time = tf.constant([[3.0], [7.5]])
    return two_steps(tf, cell, (time, tf.constant(rows(np))))


@THEME.programs_over({"coupled": (True, 1.0), "apart": (False, 2.0)})
def highway(tf, np, options):
    cell = tf.contrib.rnn.HighwayWrapper(tf.contrib.rnn.GRUCell(4), *options)
    return two_steps(tf, cell, tf.constant(rows(np)))


@THEME.programs_over({"bias": True, "no bias": False})
def convolution(tf, np, use_bias):
    cell = tf.contrib.rnn.Conv2DLSTMCell(
        input_shape=[3, 4, 2], output_channels=3, kernel_shape=[2, 3], use_bias=use_bias
    )
    x = tf.constant(rows(np, 2, 24).reshape(2, 3, 4, 2))
    return two_steps(tf, cell, x), cell.state_size


@THEME.program
def convolution_beside_the_inputs(tf, np):
    tf.set_random_seed(7)
    cell = tf.contrib.rnn.ConvLSTMCell(2, [3, 4, 2], 3, [2, 2], skip_connection=True)
    x = tf.constant(rows(np, 2, 24).reshape(2, 3, 4, 2))
    output, _ = cell(x, cell.zero_state(2, tf.float32))
    with started(tf) as sess:
        return sess.run(output), cell.output_size, nodes(tf)


@THEME.program
def embedding(tf, np):
    cell = tf.contrib.rnn.EmbeddingWrapper(tf.contrib.rnn.GRUCell(3), 5, 2)
    tf.set_random_seed(7)
    output, _ = cell(tf.constant([[1], [4]]), cell.zero_state(2, tf.float32))
    gradient = tf.gradients(output, tf.trainable_variables())[0]
    with started(tf) as sess:
        return sess.run([output, gradient]), nodes(tf)


@THEME.program
def linear(tf, np):
    module = ops(tf, "core_rnn_cell")
    tf.set_random_seed(7)
    x = tf.constant(rows(np))
    with tf.variable_scope("a"):
        both = module._linear([x, x[:, :2]], 3, True)
    with tf.variable_scope("b"):
        one = module._linear(x, 2, False)
        errors = [caught(lambda: module._linear(None, 2, True))]
        errors += [caught(lambda: module._linear([x[0]], 2, True))]
    with started(tf) as sess:
        return sess.run([both, one]), errors, nodes(tf)


@THEME.programs_over({"all": None, "lengths": [2, 0]})
def fused_lstm(tf, np, lengths):
    tf.set_random_seed(7)
    x = tf.constant(rows(np, 6).reshape(3, 2, 4))
    cell = tf.contrib.rnn.LSTMBlockFusedCell(3, use_peephole=lengths is None)
    outputs, state = cell(x, dtype=tf.float32, sequence_length=lengths)
    loss = tf.reduce_sum(outputs) + tf.reduce_sum(state.c * state.h)
    gradients = tf.gradients(loss, [x, *tf.trainable_variables()])
    with started(tf) as sess:
        return sess.run([outputs, state, gradients]), nodes(tf)


@THEME.program
def fused_lstm_with_initial_state(tf, np):
    tf.set_random_seed(7)
    x = tf.placeholder(tf.float32, [None, None, 4])
    state = tf.constant(rows(np, 2, 3)), tf.constant(rows(np, 2, 3) * 2.0)
    cell = tf.contrib.rnn.LSTMBlockFusedCell(3, cell_clip=0.3)
    outputs, final = cell(x, initial_state=state, sequence_length=tf.constant([1, 3]))
    gradients = tf.gradients(final, list(state) + tf.trainable_variables())
    with started(tf) as sess:
        return sess.run([outputs, final, gradients], {x: rows(np, 8).reshape(4, 2, 4)})


@THEME.programs_over({"static": False, "dynamic": True})
def fused_adaptor(tf, np, use_dynamic):
    tf.set_random_seed(7)
    c = tf.contrib.rnn
    x = tf.constant(rows(np, 6).reshape(3, 2, 4))
    adaptor = c.FusedRNNCellAdaptor(c.GRUCell(3), use_dynamic_rnn=use_dynamic)
    outputs, state = adaptor(x, dtype=tf.float32, scope="forward")
    turned = c.TimeReversedFusedRNN(c.FusedRNNCellAdaptor(c.GRUCell(3), use_dynamic))
    back, last = turned(x, dtype=tf.float32, sequence_length=tf.constant([2, 3]), scope="back")
    listed, _ = adaptor(tf.unstack(x), dtype=tf.float32, scope="listed")
    with started(tf) as sess:
        return sess.run([outputs, state, back, last, listed])


@THEME.program
def stacked_bidirectional(tf, np):
    tf.set_random_seed(7)
    c = tf.contrib.rnn

    def cells():
        return [c.GRUCell(3), c.GRUCell(2)]

    x = tf.constant(rows(np, 6).reshape(2, 3, 4))
    dynamic = c.stack_bidirectional_dynamic_rnn(
        cells(), cells(), x, dtype=tf.float32, sequence_length=[3, 2]
    )
    static = c.stack_bidirectional_rnn(
        cells(), cells(), tf.unstack(x, axis=1), dtype=tf.float32, scope="static"
    )
    gradients = tf.gradients(dynamic[0], tf.trainable_variables()[:4])
    with started(tf) as sess:
        return sess.run([dynamic, static, gradients]), [v.name for v in tf.global_variables()]


@THEME.program
def errors(tf, np):
    c = tf.contrib.rnn
    gru, x = c.GRUCell(3), tf.ones([2, 4])
    stack, dynamic = c.stack_bidirectional_rnn, c.stack_bidirectional_dynamic_rnn
    return [
        caught(lambda: c.EmbeddingWrapper(gru, 0, 3)),
        caught(lambda: c.OutputProjectionWrapper(gru, 0)),
        caught(lambda: c.InputProjectionWrapper(3, 3)),
        caught(lambda: c.GLSTMCell(3, number_of_groups=2)),
        caught(lambda: c.GLSTMCell(4, number_of_groups=2, num_proj=3)),
        caught(lambda: c.GridLSTMCell(2)),
        caught(lambda: c.AttentionCellWrapper(gru, 0)),
        caught(lambda: c.AttentionCellWrapper(c.LSTMCell(3), 2, state_is_tuple=False)),
        caught(lambda: c.ConvLSTMCell(2, [3, 4], 2, [2, 2])),
        caught(lambda: c.GRUBlockCell()),
        caught(lambda: stack([], [gru], [x])),
        caught(lambda: stack([gru], (gru,), [x])),
        caught(lambda: stack([gru, gru], [gru], [x])),
        caught(lambda: dynamic([gru], [gru], x, initial_states_fw=gru)),
        caught(lambda: c.LSTMBlockFusedCell(3)(x)),
    ]
