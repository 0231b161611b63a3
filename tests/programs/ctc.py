"""Connectionist temporal classification: losses, decoders, labels; nodes, values, gradients."""

from programs.theme import Theme, caught, digests, nodes

THEME = Theme(rtol=2e-5, atol=5e-6)
TIME, BATCH, CLASSES = 6, 3, 5


def noise(np, *shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype(np.float32)


def sparse_labels(tf, shift=0):
    return tf.SparseTensor(
        [[0, 0], [0, 1], [0, 2], [1, 0], [2, 0], [2, 1]],
        tf.constant([1 + shift, 2 + shift, 2 + shift, 0 + shift, 3 + shift, 1 + shift]),
        [BATCH, 3],
    )


def dense_labels(tf):
    return tf.constant([[1, 2, 2], [3, 0, 0], [4, 1, 0]]), tf.constant([3, 1, 2])


def run(tf, fetches, feed=None):
    with tf.Session() as sess:
        return sess.run(fetches, feed)


def lengths(tf):
    return tf.constant([6, 4, 5], name="lengths")


@THEME.programs_over(
    {
        "plain": {},
        "collapsed": {"preprocess_collapse_repeated": True},
        "not merged": {"ctc_merge_repeated": False},
        "batch major": {"time_major": False},
        "longer": {"ignore_longer_outputs_than_inputs": True},
    }
)
def loss(tf, np, options):
    shape = (BATCH, TIME, CLASSES) if "time_major" in options else (TIME, BATCH, CLASSES)
    x = tf.constant(noise(np, *shape), name="x")
    loss = tf.nn.ctc_loss(sparse_labels(tf), x, lengths(tf), **options)
    return loss, run(tf, [loss, tf.gradients(loss, x)]), nodes(tf)


@THEME.program
def loss_of_named_logits(tf, np):
    x = tf.constant(noise(np, TIME, BATCH, CLASSES), name="x")
    loss = tf.nn.ctc_loss(labels=sparse_labels(tf), logits=x, sequence_length=lengths(tf))
    mean = tf.reduce_mean(loss)
    return run(tf, [mean, tf.gradients(mean, x)])


@THEME.program
def fed_labels(tf, np):
    x = tf.placeholder(tf.float32, [None, None, CLASSES])
    labels = tf.sparse_placeholder(tf.int32)
    count = tf.placeholder(tf.int32, [None])
    loss = tf.nn.ctc_loss(labels, x, count)
    answers = []
    for k in range(2):
        indices = np.array([[0, 0], [1, 0], [1, 1]][: 2 + k])
        value = tf.SparseTensorValue(indices, [1, 2, 0][: 2 + k], [2, 2])
        feed = {x: noise(np, 4 + k, 2, CLASSES), labels: value, count: [4, 3]}
        answers.append(run(tf, [loss, tf.gradients(loss, x)], feed))
    return loss, answers


@THEME.program
def wrong_calls(tf, np):
    x = tf.constant(noise(np, TIME, BATCH, CLASSES), name="x")
    loss = tf.nn.ctc_loss(sparse_labels(tf), x, lengths(tf))
    calls = [
        lambda: tf.nn.ctc_loss(tf.constant([[1]]), x, lengths(tf)),
        lambda: tf.nn.ctc_loss(sparse_labels(tf), x[0], lengths(tf)),
        lambda: tf.gradients(tf.gradients(loss, x), x),
        lambda: tf.nn.ctc_loss_v2(sparse_labels(tf), x, None, lengths(tf)),
        lambda: run(tf, tf.nn.ctc_loss(sparse_labels(tf), x, [6, 4, 1])),
        lambda: tf.nn.ctc_beam_search_decoder(x, lengths(tf), beam_width=0),
        lambda: run(tf, tf.nn.ctc_beam_search_decoder(x, lengths(tf), 2, top_paths=3)[1]),
    ]
    return [caught(call) for call in calls]


@THEME.programs_over([0, 2, -1])
def second_version_of_sparse_labels(tf, np, blank):
    x = tf.constant(noise(np, TIME, BATCH, CLASSES), name="x")
    labels = sparse_labels(tf, 1 if blank == 0 else 0)
    if blank == 2:
        labels = tf.SparseTensor(labels.indices, [1, 3, 3, 0, 4, 1], labels.dense_shape)
    loss = tf.nn.ctc_loss_v2(labels, x, None, lengths(tf), blank_index=blank)
    return run(tf, [loss, tf.gradients(loss, x)]), nodes(tf)


@THEME.programs_over({"first": None, "second": 1, "last": -1, "batch major": "batch major"})
def dense(tf, np, blank):
    x = tf.constant(noise(np, TIME, BATCH, CLASSES), name="x")
    labels, label_lengths = dense_labels(tf)
    options = {"blank_index": blank}
    if blank == "batch major":
        x, options = tf.constant(noise(np, BATCH, TIME, CLASSES)), {"logits_time_major": False}
    if blank == -1:
        labels = labels - 1
    if blank == 1:
        labels = tf.where(tf.equal(labels, 1), tf.zeros_like(labels), labels)
    loss = tf.nn.ctc_loss_v2(labels, x, label_lengths, lengths(tf), **options)
    return run(tf, [loss, tf.gradients(loss, x)]), digests(tf)


@THEME.program
def dense_by_unique_labels(tf, np):
    x = tf.constant(noise(np, TIME, BATCH, CLASSES), name="x")
    labels, label_lengths = dense_labels(tf)
    unique = tf.nn.ctc_unique_labels(labels)
    loss = tf.nn.ctc_loss_v2(labels, x, label_lengths, lengths(tf), unique=unique)
    return run(tf, [loss, tf.gradients(loss, x), unique])


@THEME.program
def label_functions(tf, np):
    labels = tf.constant([[1, 1, 2, 2, 1], [1, 2, 3, 4, 5], [3, 3, 3, 3, 3]])
    ys = [
        tf.nn.collapse_repeated(labels, [5, 5, 3]),
        tf.nn.collapse_repeated(labels, tf.constant([4, 2, 5], tf.int64), name="mine"),
        tf.nn.ctc_unique_labels(tf.constant([[3, 4, 4, 3], [1, 1, 1, 0]])),
    ]
    return ys[0], run(tf, ys), nodes(tf)


@THEME.programs_over([True, False])
def greedy_decoder(tf, np, merge):
    x = tf.constant(noise(np, TIME, BATCH, 3), name="x")
    decoded, scores = tf.nn.ctc_greedy_decoder(x, lengths(tf), merge_repeated=merge)
    return scores, run(tf, [decoded[0], scores]), nodes(tf)


@THEME.programs_over({"default": {}, "narrow": {"beam_width": 3, "top_paths": 3}})
def beam_search_decoder(tf, np, options):
    x = tf.constant(noise(np, TIME, BATCH, 4), name="x")
    first = tf.nn.ctc_beam_search_decoder(x, lengths(tf), **options)
    second = tf.nn.ctc_beam_search_decoder_v2(x, lengths(tf), **options)
    return first[1], run(tf, [first, second]), nodes(tf)


@THEME.program
def decoded_text_as_a_dense_tensor(tf, np):
    x = tf.placeholder(tf.float32, [None, None, 4])
    decoded, _ = tf.nn.ctc_beam_search_decoder(x, tf.fill([tf.shape(x)[1]], tf.shape(x)[0]))
    text = tf.sparse_tensor_to_dense(decoded[0], default_value=-1)
    return [run(tf, text, {x: noise(np, count, 2, 4)}) for count in (3, 6)]
