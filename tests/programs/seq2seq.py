"""tf.contrib.seq2seq: helpers, decoders, attention, losses; nodes, values, gradients, errors."""

from programs.theme import Theme, caught, digests, nodes, started

THEME = Theme(rtol=2e-5, atol=5e-6)
BATCH, TIME, DEPTH, SYMBOLS = 3, 4, 2, 5


def noise(np, *shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype(np.float32)


def cell_of(tf, units=3):
    return tf.nn.rnn_cell.GRUCell(units, kernel_initializer=ramp(tf))


def ramp(tf):
    """An initializer whose values need no random numbers."""

    def initializer(shape, dtype=None, partition_info=None):
        shape = [int(size) for size in shape]
        count = 1
        for size in shape:
            count *= size
        line = tf.cast(tf.range(count), tf.float32)
        return tf.reshape(tf.sin(line * 0.7 + 0.3), shape)

    return initializer


def training_helper(tf, np, lengths=(4, 2, 0), time_major=False):
    x = noise(np, TIME, BATCH, DEPTH) if time_major else noise(np, BATCH, TIME, DEPTH)
    return tf.contrib.seq2seq.TrainingHelper(tf.constant(x), list(lengths), time_major=time_major)


def decoded(tf, decoder, **options):
    outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, **options)
    with started(tf) as sess:
        return sess.run([outputs, state, lengths])


def embedding(tf, np, seed=3):
    return tf.constant(noise(np, SYMBOLS, DEPTH, seed=seed), name="embedding")


def dense(tf, units=SYMBOLS):
    return tf.layers.Dense(units, kernel_initializer=ramp(tf), name="projection")


# --- decoders ---


@THEME.program
def training_decoder(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = training_helper(tf, np)
        decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32))
        values = decoded(tf, decoder)
    return [list(values[0]), values[1:]], nodes(tf)


@THEME.programs_over({"imputed": True, "plain": False})
def training_decoder_with_options(tf, np, impute):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = training_helper(tf, np, time_major=True)
        decoder = tf.contrib.seq2seq.BasicDecoder(
            cell, helper, cell.zero_state(BATCH, tf.float32), output_layer=dense(tf)
        )
        values = decoded(
            tf, decoder, impute_finished=impute, output_time_major=True, maximum_iterations=3
        )
    return [list(values[0]), values[1:]], digests(tf)


@THEME.program
def gradients_of_a_training_decoder(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = training_helper(tf, np, (4, 2, 3))
        decoder = tf.contrib.seq2seq.BasicDecoder(
            cell, helper, cell.zero_state(BATCH, tf.float32), output_layer=dense(tf)
        )
        outputs, _, lengths = tf.contrib.seq2seq.dynamic_decode(decoder)
        targets = tf.constant([[0, 1, 2, 3], [4, 3, 2, 1], [1, 1, 0, 0]])
        weights = tf.sequence_mask(lengths, dtype=tf.float32)
        loss = tf.contrib.seq2seq.sequence_loss(outputs.rnn_output, targets, weights)
        variables = tf.trainable_variables()
        gradients = tf.gradients(loss, variables)
        names = [v.name for v in variables]
    with started(tf) as sess:
        return names, sess.run([loss, gradients])


@THEME.program
def greedy_decoder(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(embedding(tf, np), [1, 2, 0], 3)
        decoder = tf.contrib.seq2seq.BasicDecoder(
            cell, helper, cell.zero_state(BATCH, tf.float32), dense(tf)
        )
        values = decoded(tf, decoder, maximum_iterations=6)
    return [list(values[0]), values[1:]], digests(tf)


@THEME.program
def greedy_decoder_with_a_function(tf, np):
    table = embedding(tf, np)
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = tf.contrib.seq2seq.GreedyEmbeddingHelper(
            lambda ids: tf.gather(table, ids), tf.fill([BATCH], 1), tf.constant(4)
        )
        decoder = tf.contrib.seq2seq.BasicDecoder(
            cell, helper, cell.zero_state(BATCH, tf.float32), dense(tf)
        )
        values = decoded(tf, decoder, maximum_iterations=5, impute_finished=True)
    return [list(values[0]), values[1:]]


@THEME.program
def sampling_decoder(tf, np):
    """The samples come from a seeded stream."""
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = tf.contrib.seq2seq.SampleEmbeddingHelper(
            embedding(tf, np), [1, 2, 0], 3, softmax_temperature=0.5, seed=7
        )
        decoder = tf.contrib.seq2seq.BasicDecoder(
            cell, helper, cell.zero_state(BATCH, tf.float32), dense(tf)
        )
        values = decoded(tf, decoder, maximum_iterations=5)
    return [list(values[0]), values[1:]], digests(tf)


@THEME.program
def inference_decoder(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf, DEPTH)
        helper = tf.contrib.seq2seq.InferenceHelper(
            sample_fn=lambda outputs: outputs * 2.0,
            sample_shape=[DEPTH],
            sample_dtype=tf.float32,
            start_inputs=tf.ones([BATCH, DEPTH]),
            end_fn=lambda samples: tf.reduce_sum(samples, 1) > 1.5,
            next_inputs_fn=lambda samples: samples + 0.1,
        )
        decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32))
        values = decoded(tf, decoder, maximum_iterations=4)
    return [list(values[0]), values[1:]], digests(tf)


@THEME.program
def custom_decoder(tf, np):
    x = tf.constant(noise(np, TIME, BATCH, DEPTH))
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = tf.contrib.seq2seq.CustomHelper(
            initialize_fn=lambda: (tf.fill([BATCH], False), x[0]),
            sample_fn=lambda time, outputs, state: tf.cast(tf.argmax(outputs, 1), tf.int32),
            next_inputs_fn=lambda time, outputs, state, sample_ids: (
                tf.fill([BATCH], time >= 3),
                x[tf.minimum(time + 1, 3)],
                state,
            ),
        )
        decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32))
        values = decoded(tf, decoder)
        early = tf.contrib.seq2seq.CustomHelper(lambda: 0, lambda: 0, lambda: 0)
    return [list(values[0]), values[1:]], caught(lambda: early.batch_size), digests(tf)


@THEME.programs_over([0.0, 0.5, 1.0])
def scheduled_embedding(tf, np, probability):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = tf.contrib.seq2seq.ScheduledEmbeddingTrainingHelper(
            tf.constant(noise(np, BATCH, TIME, DEPTH)),
            [4, 2, 3],
            embedding(tf, np),
            probability,
            seed=3,
            scheduling_seed=4,
        )
        decoder = tf.contrib.seq2seq.BasicDecoder(
            cell, helper, cell.zero_state(BATCH, tf.float32), dense(tf)
        )
        values = decoded(tf, decoder)
    # What is drawn at 0.5 hangs on which iteration's random numbers TensorFlow draws first.
    return digests(tf) if probability == 0.5 else [list(values[0]), values[1:]]


@THEME.programs_over(
    ["plain", "never", "function", "auxiliary", "never with auxiliary", "function and auxiliary"]
)
def scheduled_output(tf, np, case):
    x, extra = noise(np, BATCH, TIME, 3), noise(np, BATCH, TIME, 1, seed=1)
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        helper = tf.contrib.seq2seq.ScheduledOutputTrainingHelper(
            tf.constant(x),
            [4, 2, 3],
            0.0 if "never" in case else 1.0,
            seed=5,
            next_inputs_fn=(lambda outputs: outputs * 0.5) if "function" in case else None,
            auxiliary_inputs=tf.constant(extra) if "auxiliary" in case else None,
        )
        decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32))
        values = decoded(tf, decoder)
    return [list(values[0]), values[1:]], digests(tf)


# --- attention ---

MECHANISMS = {
    "Luong": lambda s, m, n: s.LuongAttention(4, m, n),
    "LuongScaled": lambda s, m, n: s.LuongAttention(4, m, n, scale=True),
    "LuongHard": lambda s, m, n: s.LuongAttention(4, m, n, probability_fn=s.hardmax),
    "Bahdanau": lambda s, m, n: s.BahdanauAttention(4, m, n),
    "BahdanauNormalized": lambda s, m, n: s.BahdanauAttention(4, m, n, normalize=True),
    "BahdanauMonotonic": lambda s, m, n: s.BahdanauMonotonicAttention(4, m, n, mode="parallel"),
    "BahdanauMonotonicHard": lambda s, m, n: s.BahdanauMonotonicAttention(
        4, m, n, normalize=True, mode="hard", score_bias_init=0.2
    ),
    "LuongMonotonic": lambda s, m, n: s.LuongMonotonicAttention(4, m, n, scale=True),
    "LuongMonotonicNoisy": lambda s, m, n: s.LuongMonotonicAttention(
        4, m, n, sigmoid_noise=0.5, sigmoid_noise_seed=3
    ),
    "LuongMonotonicRecursive": lambda s, m, n: s.LuongMonotonicAttention(
        4, m, n, mode="recursive", score_mask_value=-8.0
    ),
}


def attentive_cell(tf, np, make, history=False, size=2, lengths=(5, 3, 4), **options):
    memory = tf.constant(noise(np, BATCH, 5, 3, seed=9), name="memory")
    mechanism = make(tf.contrib.seq2seq, memory, None if lengths is None else list(lengths))
    cell = tf.nn.rnn_cell.GRUCell(4)
    return tf.contrib.seq2seq.AttentionWrapper(
        cell, mechanism, attention_layer_size=size, alignment_history=history, **options
    )


@THEME.programs_over(MECHANISMS)
def attention(tf, np, make):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = attentive_cell(tf, np, make)
        x = tf.constant(noise(np, BATCH, DEPTH))
        output, state = cell(x, cell.zero_state(BATCH, tf.float32))
        output, state = cell(x * 2.0, state)
        variables = tf.trainable_variables()
        gradients = [g for g in tf.gradients(output, variables) if g is not None]
    names = [v.name for v in variables]
    built = digests(tf)
    with started(tf) as sess:
        fetches = [output, state.alignments, state.attention, state.time, gradients]
        return names, sess.run(fetches), built


@THEME.programs_over(["Luong", "Bahdanau", "BahdanauMonotonic"])
def attentive_decoder(tf, np, name):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = attentive_cell(tf, np, MECHANISMS[name], history=True)
        helper = training_helper(tf, np)
        decoder = tf.contrib.seq2seq.BasicDecoder(
            cell, helper, cell.zero_state(BATCH, tf.float32), dense(tf)
        )
        outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder)
        history = state.alignment_history.stack()
        loss = tf.reduce_sum(tf.square(outputs.rnn_output))
        variables = tf.trainable_variables()
        gradients = tf.gradients(loss, variables)
    names = [v.name for v in variables]
    with started(tf) as sess:
        fetches = [outputs.rnn_output, history, lengths, state.attention, gradients]
        return names, sess.run(fetches)


@THEME.program
def attention_without_a_layer(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = attentive_cell(
            tf,
            np,
            MECHANISMS["Luong"],
            size=None,
            lengths=None,
            output_attention=False,
            cell_input_fn=lambda x, read: tf.concat([read, x], -1),
        )
        output, state = cell(tf.ones([BATCH, DEPTH]), cell.zero_state(BATCH, tf.float32))
    sizes = [cell.output_size, list(cell.state_size)]
    with started(tf) as sess:
        return sizes[0], sess.run([output, state.attention]), digests(tf)


@THEME.program
def several_attentions(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        memory = tf.constant(noise(np, BATCH, 5, 3, seed=9), name="memory")
        other = tf.constant(noise(np, BATCH, 2, 4, seed=8), name="other")
        mechanisms = [
            tf.contrib.seq2seq.LuongAttention(4, memory),
            tf.contrib.seq2seq.BahdanauAttention(3, other, [1, 2, 2]),
        ]
        inner = tf.nn.rnn_cell.GRUCell(4)
        cell = tf.contrib.seq2seq.AttentionWrapper(
            inner,
            mechanisms,
            attention_layer_size=[2, 3],
            initial_cell_state=tf.ones([BATCH, 4]),
            name="attentive",
        )
        output, state = cell(tf.ones([BATCH, DEPTH]), cell.zero_state(BATCH, tf.float32))
        copied = state.clone(attention=tf.zeros([BATCH, 5]))
    names = [v.name for v in tf.trainable_variables()]
    shape = copied.attention.shape.as_list()
    with started(tf) as sess:
        return names, shape, sess.run([output, list(state.alignments)]), digests(tf)


@THEME.program
def wrong_attention(tf, np):
    s = tf.contrib.seq2seq
    memory = tf.ones([BATCH, 5, 3])
    mechanism = s.LuongAttention(4, memory)
    cell = tf.nn.rnn_cell.GRUCell(4)
    wrapped = s.AttentionWrapper(cell, mechanism)
    calls = [
        lambda: s.AttentionWrapper(cell, "mechanism"),
        lambda: s.AttentionWrapper(cell, [mechanism, 3]),
        lambda: s.AttentionWrapper(cell, mechanism, cell_input_fn=3),
        lambda: s.AttentionWrapper(cell, [mechanism], attention_layer_size=[1, 2]),
        lambda: s.AttentionWrapper(cell, mechanism, 3, attention_layer=tf.layers.Dense(3)),
        lambda: s.LuongAttention(4, tf.placeholder(tf.float32, [None, None, None])),
        lambda: s.LuongAttention(4, memory, probability_fn=3),
        lambda: s.monotonic_attention([[0.5]], [[1.0]], "other"),
        lambda: s.tile_batch(tf.placeholder(tf.float32), 2),
        lambda: s.dynamic_decode("decoder"),
        lambda: s.GreedyEmbeddingHelper(memory, 3, 3),
        lambda: s.GreedyEmbeddingHelper(memory, [3], [3]),
        lambda: s.TrainingHelper(memory, 3),
        lambda: s.ScheduledEmbeddingTrainingHelper(memory, [3], memory, [[0.5]]),
        lambda: s.BasicDecoder(cell, "helper", None),
        lambda: wrapped.zero_state(2, tf.float32),
    ]
    return [caught(call) for call in calls]


@THEME.program
def small_functions(tf, np):
    s = tf.contrib.seq2seq
    p, before = noise(np, 2, 5, seed=2), np.float32([[0, 1, 0, 0, 0], [0.5, 0.5, 0, 0, 0]])
    p = 1 / (1 + np.exp(-p))
    hard = np.float32(p > 0.5)
    ys = [
        s.hardmax(noise(np, 2, 3, 4)),
        s.safe_cumprod(p, axis=1, exclusive=True),
        s.monotonic_attention(p, before, "parallel"),
        s.monotonic_attention(p, before, "recursive"),
        s.monotonic_attention(hard, before, "hard"),
        s.tile_batch(noise(np, 2, 3), 3),
        s.tile_batch([tf.constant([1, 2]), tf.constant([[3], [4]])], 2, name="mine"),
    ]
    with tf.Session() as sess:
        return sess.run(ys), digests(tf)


# --- beam search ---


def beam_decoder(tf, np, cell, state, width=3, **options):
    return tf.contrib.seq2seq.BeamSearchDecoder(
        cell, embedding(tf, np), [1, 2, 0], 3, state, width, output_layer=dense(tf), **options
    )


@THEME.programs_over({"plain": {}, "length": {"length_penalty_weight": 0.6}, "wide": {"width": 6}})
def beam_search(tf, np, options):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        width = options.get("width", 3)
        state = tf.contrib.seq2seq.tile_batch(tf.constant(noise(np, BATCH, 3)), width)
        decoder = beam_decoder(tf, np, cell, state, **options)
        values = decoded(tf, decoder, maximum_iterations=6)
    final = values[0].beam_search_decoder_output
    found = [values[0].predicted_ids, list(final), list(values[1])[1:4], values[2]]
    return found, nodes(tf) if not options else digests(tf)


@THEME.programs_over({"history": (True, 0.0), "coverage": (False, 0.3)})
def attentive_beam_search(tf, np, case):
    history, coverage = case
    width = 2
    with tf.variable_scope("model", initializer=ramp(tf)):
        memory = tf.contrib.seq2seq.tile_batch(tf.constant(noise(np, BATCH, 5, 3, seed=9)), width)
        mechanism = tf.contrib.seq2seq.BahdanauAttention(4, memory)
        cell = tf.contrib.seq2seq.AttentionWrapper(
            tf.nn.rnn_cell.GRUCell(4), mechanism, 3, alignment_history=history
        )
        state = cell.zero_state(BATCH * width, tf.float32)
        decoder = beam_decoder(
            tf, np, cell, state, width, coverage_penalty_weight=coverage, length_penalty_weight=0.5
        )
        outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=5)
        fetches = [outputs.predicted_ids, outputs.beam_search_decoder_output.scores, lengths]
        fetches += [state.log_probs, state.finished, state.lengths]
        found = state.cell_state.alignment_history
        if history and not isinstance(found, tf.Tensor):
            found = found.stack()
        fetches += [found] if history else [state.accumulated_attention_probs]
    with started(tf) as sess:
        return sess.run(fetches), digests(tf)


@THEME.program
def beam_search_of_lstm_layers(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cells = [tf.nn.rnn_cell.BasicLSTMCell(3) for _ in range(2)]
        cell = tf.nn.rnn_cell.MultiRNNCell(cells)
        state = cell.zero_state(BATCH * 2, tf.float32)
        decoder = beam_decoder(tf, np, cell, state, 2)
        values = decoded(tf, decoder, maximum_iterations=4)
    return values[0].predicted_ids, values[1].log_probs, values[2]


@THEME.program
def wrong_beams(tf, np):
    with tf.variable_scope("model", initializer=ramp(tf)):
        cell = cell_of(tf)
        state = cell.zero_state(BATCH, tf.float32)
        return caught(lambda: beam_decoder(tf, np, cell, state)).args[0].split(":")[0]


# --- losses ---

LOSSES = {
    "mean": {},
    "batch": {"average_across_timesteps": False},
    "steps": {"average_across_batch": False},
    "none": {"average_across_timesteps": False, "average_across_batch": False},
    "sum": {
        "average_across_timesteps": False,
        "average_across_batch": False,
        "sum_over_timesteps": True,
        "sum_over_batch": True,
    },
    "sum of steps": {
        "average_across_timesteps": False,
        "average_across_batch": False,
        "sum_over_timesteps": True,
    },
    "function": {"softmax_loss_function": lambda labels, logits: logits[:, 0] + 1.0},
}


@THEME.programs_over(LOSSES)
def sequence_loss(tf, np, options):
    logits = tf.constant(noise(np, BATCH, TIME, SYMBOLS))
    targets = tf.constant([[0, 1, 2, 3], [4, 3, 2, 1], [1, 1, 0, 0]])
    weights = tf.constant([[1.0, 1, 1, 0.5], [1, 0, 0, 0], [1, 1, 0, 0]])
    loss = tf.contrib.seq2seq.sequence_loss(logits, targets, weights, **options)
    with tf.Session() as sess:
        return sess.run([loss, tf.gradients(loss, logits)]), digests(tf)


@THEME.program
def wrong_losses(tf, np):
    f = tf.contrib.seq2seq.sequence_loss
    x, t, w = tf.ones([2, 3, 4]), tf.ones([2, 3], tf.int32), tf.ones([2, 3])
    calls = [
        lambda: f(x[0], t, w),
        lambda: f(x, t[0], w),
        lambda: f(x, t, w[0]),
        lambda: f(x, t, w, sum_over_timesteps=True),
        lambda: f(x, t, w, sum_over_batch=True),
    ]
    return [caught(call) for call in calls]
