"""tf.contrib.legacy_seq2seq: decoders, models, losses; nodes, values, gradients, errors."""

from programs.theme import Theme, caught, digests, nodes, started

THEME = Theme(rtol=2e-5, atol=2e-6)
BATCH, SYMBOLS, SIZE = 2, 5, 3


def noise(np, *shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype(np.float32)


def ramp(shape, dtype=None, partition_info=None):
    """An initializer whose values need no random numbers."""
    tf = ramp.tensorflow
    shape = [int(size) for size in shape]
    count = 1
    for size in shape:
        count *= size
    line = tf.cast(tf.range(count), tf.float32)
    return tf.reshape(tf.sin(line * 0.7 + 0.3), shape)


def scope(tf, **options):
    ramp.tensorflow = tf
    return tf.variable_scope("model", initializer=ramp, **options)


def steps(tf, np, count, seed=0):
    return [tf.constant(noise(np, BATCH, SIZE, seed=seed + k)) for k in range(count)]


def symbols(tf, np, count, seed=0):
    rows = np.random.RandomState(seed).randint(0, 4, (count, BATCH)).astype(np.int32)
    return [tf.constant(row) for row in rows]


def cell_of(tf, units=SIZE):
    return tf.nn.rnn_cell.GRUCell(units)


def pair(tf):
    cells = [tf.nn.rnn_cell.BasicLSTMCell(2) for _ in range(2)]
    return tf.nn.rnn_cell.MultiRNNCell(cells)


def finished(tf, outputs, state):
    """Values and gradients of a model, the names of its variables, and its nodes."""
    variables = tf.trainable_variables()
    total = tf.add_n([tf.reduce_sum(tf.square(output)) for output in outputs])
    gradients = [g for g in tf.gradients(total, variables) if g is not None]
    gradients = [tf.convert_to_tensor(g) for g in gradients]
    with started(tf) as sess:
        return [v.name for v in variables], sess.run([outputs, state, gradients]), digests(tf)


@THEME.program
def basic(tf, np):
    with scope(tf):
        found = tf.contrib.legacy_seq2seq.basic_rnn_seq2seq(
            steps(tf, np, 3), steps(tf, np, 2, 5), cell_of(tf)
        )
    names, values, _ = finished(tf, *found)
    return names, values, nodes(tf)


@THEME.program
def tied(tf, np):
    with scope(tf):
        found = tf.contrib.legacy_seq2seq.tied_rnn_seq2seq(
            steps(tf, np, 3), steps(tf, np, 2, 5), pair(tf)
        )
    return finished(tf, *found)


@THEME.program
def decoder_with_a_loop_function(tf, np):
    with scope(tf):
        cell = cell_of(tf)
        found = tf.contrib.legacy_seq2seq.rnn_decoder(
            steps(tf, np, 3),
            cell.zero_state(BATCH, tf.float32),
            cell,
            loop_function=lambda previous, i: previous * float(i),
        )
    return finished(tf, *found)


FEEDING = {"given": False, "fed": True, "either, given": "given", "either, fed": "fed"}


def feed_previous(tf, case):
    return case if isinstance(case, bool) else tf.constant(case == "fed", name="feed")


@THEME.programs_over(FEEDING)
def embedding(tf, np, case):
    with scope(tf):
        found = tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(
            symbols(tf, np, 3),
            symbols(tf, np, 2, 1),
            cell_of(tf),
            SYMBOLS,
            4,
            3,
            feed_previous=feed_previous(tf, case),
        )
    return finished(tf, *found)


@THEME.program
def embedding_with_a_projection(tf, np):
    w, b = tf.constant(noise(np, 4, SYMBOLS)), tf.constant(noise(np, SYMBOLS))
    with scope(tf):
        found = tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(
            symbols(tf, np, 3),
            symbols(tf, np, 3, 1),
            tf.nn.rnn_cell.BasicLSTMCell(4),
            SYMBOLS,
            SYMBOLS,
            3,
            output_projection=(w, b),
            feed_previous=True,
            dtype=tf.float32,
        )
    return finished(tf, *found)


@THEME.programs_over(FEEDING)
def embedding_tied(tf, np, case):
    with scope(tf):
        found = tf.contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq(
            symbols(tf, np, 3),
            symbols(tf, np, 2, 1),
            pair(tf),
            SYMBOLS,
            3,
            feed_previous=feed_previous(tf, case),
        )
    return finished(tf, *found)


@THEME.program
def embedding_tied_with_fewer_symbols(tf, np):
    with scope(tf):
        found = tf.contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq(
            symbols(tf, np, 2), symbols(tf, np, 2, 1), cell_of(tf), SYMBOLS, 3, 4, scope="mine"
        )
    return finished(tf, *found)


@THEME.programs_over({"one head": {}, "two heads": {"num_heads": 2}, "early": {"early": True}})
def attention(tf, np, options):
    with scope(tf):
        cell = cell_of(tf)
        memory = tf.constant(noise(np, BATCH, 4, 3, seed=9))
        found = tf.contrib.legacy_seq2seq.attention_decoder(
            steps(tf, np, 3),
            cell.zero_state(BATCH, tf.float32),
            memory,
            cell,
            output_size=4,
            num_heads=options.get("num_heads", 1),
            initial_state_attention=options.get("early", False),
        )
    return finished(tf, *found)


@THEME.programs_over(FEEDING)
def embedding_attention(tf, np, case):
    with scope(tf):
        found = tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
            symbols(tf, np, 3),
            symbols(tf, np, 2, 1),
            pair(tf) if case is True else cell_of(tf),
            SYMBOLS,
            4,
            3,
            feed_previous=feed_previous(tf, case),
        )
    return finished(tf, *found)


@THEME.programs_over({"given": False, "either": "fed"})
def one2many(tf, np, case):
    with scope(tf):
        outputs, states = tf.contrib.legacy_seq2seq.one2many_rnn_seq2seq(
            symbols(tf, np, 3),
            {"0": symbols(tf, np, 2, 1), "1": symbols(tf, np, 3, 2)},
            cell_of(tf),
            {"0": cell_of(tf), "1": cell_of(tf)},
            SYMBOLS,
            {"0": 4, "1": SYMBOLS},
            3,
            feed_previous=feed_previous(tf, case),
        )
    return finished(tf, outputs["0"] + outputs["1"], [states["0"], states["1"]])


# --- losses ---


def loss_arguments(tf, np):
    logits = [tf.constant(noise(np, BATCH, SYMBOLS, seed=k)) for k in range(3)]
    weights = [tf.constant(w) for w in ([1.0, 1.0], [1.0, 0.5], [0.0, 0.0])]
    return logits, symbols(tf, np, 3), weights


@THEME.programs_over(
    {
        "averages": {},
        "steps": {"average_across_batch": False},
        "batch": {"average_across_timesteps": False},
        "function": {"softmax_loss_function": lambda labels, logits: logits[:, 0] + 1.0},
    }
)
def sequence_loss(tf, np, options):
    logits, targets, weights = loss_arguments(tf, np)
    loss = tf.contrib.legacy_seq2seq.sequence_loss(logits, targets, weights, **options)
    with tf.Session() as sess:
        return sess.run([loss, tf.gradients(loss, logits)]), nodes(tf)


@THEME.program
def sequence_loss_by_example(tf, np):
    f = tf.contrib.legacy_seq2seq.sequence_loss_by_example
    logits, targets, weights = loss_arguments(tf, np)
    ys = [f(logits, targets, weights), f(logits, targets, weights, False, name="mine")]
    with tf.Session() as sess:
        return sess.run(ys), nodes(tf)


@THEME.programs_over([False, True])
def buckets(tf, np, per_example):
    with scope(tf):
        inputs, targets = symbols(tf, np, 3), symbols(tf, np, 3, 1)
        weights = [tf.ones([BATCH]) for _ in range(3)]

        def model(x, y):
            return tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(
                x, y, cell_of(tf), SYMBOLS, SYMBOLS, 3
            )

        outputs, losses = tf.contrib.legacy_seq2seq.model_with_buckets(
            inputs, targets, targets, weights, [(1, 1), (3, 2)], model, per_example_loss=per_example
        )
    names = [v.name for v in tf.global_variables()]
    with started(tf) as sess:
        return names, [len(found) for found in outputs], sess.run(losses), digests(tf)


@THEME.program
def wrong_calls(tf, np):
    s = tf.contrib.legacy_seq2seq
    logits, targets, weights = loss_arguments(tf, np)
    cell = cell_of(tf)
    state = tf.zeros([BATCH, SIZE])
    memory = tf.placeholder(tf.float32, [None, 3, None])
    few = [(1, 1), (9, 2)], [(1, 1), (2, 9)]
    projection = (tf.ones([3, 4]), tf.ones([4]))
    calls = [
        lambda: s.sequence_loss(logits[:2], targets, weights),
        lambda: s.attention_decoder([], state, memory, cell),
        lambda: s.attention_decoder(logits, state, memory, cell, num_heads=0),
        lambda: s.attention_decoder(logits, state, memory, cell),
        lambda: s.one2many_rnn_seq2seq(targets, {}, 3, {}, 5, {}, 3),
        lambda: s.one2many_rnn_seq2seq(targets, {"0": targets}, cell, {}, 5, {}, 3),
        lambda: s.model_with_buckets(targets, targets, targets, weights, few[0], None),
        lambda: s.model_with_buckets(targets, targets, targets, weights, few[1], None),
        lambda: s.embedding_rnn_decoder(targets, state, cell, 5, 3, output_projection=projection),
    ]
    return [caught(call) for call in calls]
