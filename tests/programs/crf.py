"""tf.contrib.crf: scores, normalisation, decoding; nodes, values, gradients."""

from programs.theme import Theme, digests, nodes, started

THEME = Theme(rtol=2e-5, atol=2e-6)
BATCH, TIME, TAGS = 4, 5, 3
LENGTHS = {"some": [5, 3, 1, 0], "all": [5, 5, 5, 5]}


def noise(np, *shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype(np.float32)


def inputs(tf, np, time=TIME):
    x = tf.constant(noise(np, BATCH, time, TAGS), name="x")
    transitions = tf.constant(noise(np, TAGS, TAGS, seed=1), name="transitions")
    tags = np.random.RandomState(2).randint(0, TAGS, (BATCH, time))
    return x, transitions, tags.astype(np.int32)


def run(tf, fetches, feed=None):
    with tf.Session() as sess:
        return sess.run(fetches, feed)


@THEME.programs_over(LENGTHS)
def log_likelihood(tf, np, lengths):
    x, transitions, tags = inputs(tf, np)
    score, given = tf.contrib.crf.crf_log_likelihood(
        x, tf.constant(tags), lengths_of(tf, lengths), transitions
    )
    gradients = tf.gradients(tf.reduce_mean(-score), [x, transitions])
    return given is transitions, run(tf, [score, gradients]), digests(tf)


def lengths_of(tf, lengths, dtype="int32"):
    return tf.constant(lengths, getattr(tf, dtype), name="lengths")


@THEME.program
def log_likelihood_with_its_own_variable(tf, np):
    x, _, tags = inputs(tf, np)
    with tf.variable_scope("crf", initializer=tf.constant_initializer(0.3)):
        score, transitions = tf.contrib.crf.crf_log_likelihood(
            x, tf.constant(tags), lengths_of(tf, [5, 3, 1, 2])
        )
    step = tf.train.GradientDescentOptimizer(0.1).minimize(-tf.reduce_mean(score))
    names = [v.name for v in tf.global_variables()]
    with started(tf) as sess:
        return names, [sess.run([score, step])[0] for _ in range(3)], sess.run(transitions)


@THEME.programs_over(["int32", "int64"])
def scores(tf, np, dtype):
    x, transitions, tags = inputs(tf, np)
    tags = tf.constant(tags.astype(dtype))
    lengths = lengths_of(tf, LENGTHS["some"], dtype)
    ys = [
        tf.contrib.crf.crf_unary_score(tags, lengths, x),
        tf.contrib.crf.crf_binary_score(tags, lengths, transitions),
        tf.contrib.crf.crf_sequence_score(x, tags, lengths, transitions),
    ]
    return run(tf, [ys, tf.gradients(ys[2], [x, transitions])]), nodes(tf)


@THEME.programs_over(["one step", "unknown steps"])
def short_sequences(tf, np, case):
    x, transitions, tags = inputs(tf, np, 1)
    feed = None
    if case == "unknown steps":
        given = tf.placeholder(tf.float32, [None, None, TAGS])
        feed = {given: noise(np, BATCH, 1, TAGS)}
        x = given
    lengths = lengths_of(tf, [1, 1, 0, 1])
    ys = [
        tf.contrib.crf.crf_sequence_score(x, tf.constant(tags), lengths, transitions),
        tf.contrib.crf.crf_log_norm(x, lengths, transitions),
        tf.contrib.crf.crf_decode(x, transitions, lengths),
    ]
    bitmap = tf.constant(tags[..., None] == np.arange(TAGS))
    ys.append(tf.contrib.crf.crf_multitag_sequence_score(x, bitmap, lengths, transitions))
    return run(tf, ys, feed), digests(tf)


@THEME.program
def unknown_steps(tf, np):
    x = tf.placeholder(tf.float32, [None, None, TAGS])
    given = tf.placeholder(tf.int32, [None, None])
    _, transitions, tags = inputs(tf, np)
    lengths = lengths_of(tf, LENGTHS["some"])
    score, _ = tf.contrib.crf.crf_log_likelihood(x, given, lengths, transitions)
    found = tf.contrib.crf.crf_decode(x, transitions, lengths)
    gradients = tf.gradients(score, [x, transitions])
    return run(tf, [score, found, gradients], {x: noise(np, BATCH, TIME, TAGS), given: tags})


@THEME.program
def several_tags(tf, np):
    x, transitions, _ = inputs(tf, np)
    bitmap = np.random.RandomState(5).uniform(size=(BATCH, TIME, TAGS)) > 0.4
    bitmap[..., 0] = True
    score = tf.contrib.crf.crf_multitag_sequence_score(
        x, tf.constant(bitmap), lengths_of(tf, LENGTHS["some"]), transitions
    )
    return run(tf, [score, tf.gradients(score, transitions)]), digests(tf)


@THEME.programs_over(LENGTHS)
def decode(tf, np, lengths):
    x, transitions, _ = inputs(tf, np)
    tags, score = tf.contrib.crf.crf_decode(x, transitions, lengths_of(tf, lengths))
    return tags, score, run(tf, [tags, score]), nodes(tf) if lengths[-1] else digests(tf)


@THEME.program
def viterbi(tf, np):
    found = tf.contrib.crf.viterbi_decode(noise(np, TIME, TAGS), noise(np, TAGS, TAGS, seed=1))
    return [int(tag) for tag in found[0]], found[1]


@THEME.program
def cells(tf, np):
    c = tf.contrib.crf
    _, transitions, _ = inputs(tf, np)
    x, state = tf.constant(noise(np, 2, TAGS)), tf.constant(noise(np, 2, TAGS, seed=3))
    forward, best = c.CrfForwardRnnCell(transitions), c.CrfDecodeForwardRnnCell(transitions)
    back = c.CrfDecodeBackwardRnnCell(TAGS)
    ys = [forward(x, state), best(x, state)]
    ys.append(back(tf.constant([[0, 2, 1], [1, 1, 0]]), tf.constant([[1], [2]])))
    sizes = [[cell.state_size, cell.output_size] for cell in (forward, best, back)]
    return sizes, run(tf, ys), nodes(tf)
