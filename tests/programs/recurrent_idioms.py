"""Recurrent networks, decoders and memories as users wrote them from 2016 to 2019."""

from programs.theme import Theme, started

THEME = Theme(rtol=2e-4, atol=1e-5)


def numbers(np, *shape, seed=0, scale=1.0):
    """Fixed numbers between -scale and scale."""
    values = np.random.RandomState(seed).uniform(-scale, scale, shape)
    return values.astype(np.float32)


def trained(tf, loss, feeds, steps=3, rate=0.1, optimizer=None):
    """Losses of a few steps of descent, and the variables afterwards."""
    optimizer = optimizer or tf.train.GradientDescentOptimizer(rate)
    train = optimizer.minimize(loss)
    with started(tf) as sess:
        losses = []
        for _ in range(steps):
            losses.append(sess.run(loss, feeds))  # apart from the step, which it would race with
            sess.run(train, feeds)
        return losses, sess.run(tf.trainable_variables())


@THEME.program
def gru_by_scan(tf, np):
    """The recurrence of the blogs of 2016."""
    x = tf.placeholder(tf.float32, [None, None, 2])
    wx, wh = (tf.Variable(numbers(np, k, 9, seed=k, scale=0.5)) for k in (2, 3))

    def step(h, inputs):
        gx, gh = tf.split(tf.matmul(inputs, wx), 3, 1), tf.split(tf.matmul(h, wh), 3, 1)
        z, r = tf.sigmoid(gx[0] + gh[0]), tf.sigmoid(gx[1] + gh[1])
        return z * h + (1.0 - z) * tf.tanh(gx[2] + r * gh[2])

    states = tf.scan(step, tf.transpose(x, [1, 0, 2]), initializer=tf.zeros([tf.shape(x)[0], 3]))
    loss = tf.reduce_mean(tf.square(states[-1] - 0.5))
    return trained(tf, loss, {x: numbers(np, 4, 5, 2, seed=5)})


@THEME.program
def greedy_decoding_until_all_have_finished(tf, np):
    """A dynamic TensorArray, a mask of what has ended, embedding of what was just said."""
    table = tf.constant(numbers(np, 6, 4, seed=6))
    w = tf.constant(numbers(np, 4, 4, seed=7))
    out = tf.constant(numbers(np, 4, 6, seed=8, scale=2.0))
    h0 = tf.placeholder(tf.float32, [None, 4])
    batch = tf.shape(h0)[0]

    def go_on(i, token, h, finished, said):
        return tf.logical_and(i < 12, tf.logical_not(tf.reduce_all(finished)))

    def body(i, token, h, finished, said):
        h = tf.tanh(tf.matmul(h, w) + tf.nn.embedding_lookup(table, token))
        token = tf.cast(tf.argmax(tf.matmul(h, out), 1), tf.int32)
        token = tf.where(finished, tf.zeros_like(token), token)
        finished = tf.logical_or(finished, tf.equal(token, 2))
        return i + 1, token, h, finished, said.write(i, token)

    said = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    loop_vars = [0, tf.fill([batch], 1), h0, tf.zeros([batch], tf.bool), said]
    turns, _, h, finished, said = tf.while_loop(go_on, body, loop_vars)
    with tf.Session() as sess:
        fetches = [turns, h, finished, tf.transpose(said.stack())]
        return [sess.run(fetches, {h0: numbers(np, n, 4, seed=n, scale=2.0)}) for n in (3, 1, 3, 5)]


@THEME.program
def beam_search_by_hand(tf, np):
    """top_k over sums of log probabilities; back pointers by gather."""
    width, words = 3, 5
    logits = tf.constant(numbers(np, words, words, seed=9, scale=2.0))

    def body(i, scores, last, paths):
        total = tf.expand_dims(scores, 1) + tf.nn.log_softmax(tf.gather(logits, last))
        scores, flat = tf.nn.top_k(tf.reshape(total, [-1]), k=width)
        beam, last = flat // words, flat % words
        paths = tf.concat([tf.gather(paths, beam), tf.expand_dims(last, 1)], 1)
        return i + 1, scores, last, paths

    start = [0, tf.constant([0.0, -100.0, -100.0]), tf.zeros([width], tf.int32)]
    shapes = [tf.TensorShape([]), tf.TensorShape([width]), tf.TensorShape([width])]
    _, scores, _, paths = tf.while_loop(
        lambda i, *_: i < 4,
        body,
        [*start, tf.zeros([width, 1], tf.int32)],
        shape_invariants=[*shapes, tf.TensorShape([width, None])],
    )
    with tf.Session() as sess:
        return sess.run([scores, paths])


@THEME.program
def viterbi_by_hand(tf, np):
    emissions = tf.placeholder(tf.float32, [None, 3])
    transitions = tf.constant(numbers(np, 3, 3, seed=10))
    steps = tf.shape(emissions)[0]

    def forward(i, best, back):
        scores = tf.expand_dims(best, 1) + transitions
        back = back.write(i - 1, tf.cast(tf.argmax(scores, 0), tf.int32))
        return i + 1, tf.reduce_max(scores, 0) + emissions[i], back

    back = tf.TensorArray(tf.int32, size=steps - 1, clear_after_read=False)
    _, best, back = tf.while_loop(lambda i, *_: i < steps, forward, [1, emissions[0], back])
    last = tf.cast(tf.argmax(best), tf.int32)

    def backward(i, state, path):
        state = back.read(i)[state]
        return i - 1, state, path.write(i, state)

    path = tf.TensorArray(tf.int32, size=steps).write(steps - 1, last)
    _, _, path = tf.while_loop(lambda i, *_: i >= 0, backward, [steps - 2, last, path])
    with tf.Session() as sess:
        return [
            sess.run([path.stack(), tf.reduce_max(best)], {emissions: numbers(np, n, 3, seed=n)})
            for n in (4, 6, 4)
        ]


@THEME.program
def a_forward_algorithm_trained(tf, np):
    """The log likelihood of a chain by scan: what a CRF does."""
    emissions = tf.placeholder(tf.float32, [None, 3])
    transitions = tf.Variable(numbers(np, 3, 3, seed=11))
    alphas = tf.scan(
        lambda a, e: tf.reduce_logsumexp(tf.expand_dims(a, 1) + transitions, 0) + e,
        emissions[1:],
        initializer=emissions[0],
    )
    loss = tf.reduce_logsumexp(alphas[-1]) - transitions[0, 1]
    return trained(tf, loss, {emissions: numbers(np, 5, 3, seed=12)})


@THEME.program
def a_tree_network(tf, np):
    """Nodes in an array: leaves are looked up, others join two read earlier."""
    is_leaf = tf.placeholder(tf.bool, [None])
    words, left, right = (tf.placeholder(tf.int32, [None]) for _ in range(3))
    table = tf.Variable(numbers(np, 4, 3, seed=13))
    w = tf.Variable(numbers(np, 6, 3, seed=14))

    def embed(word):
        return tf.expand_dims(tf.gather(table, word), 0)

    def join(one, other):
        return tf.nn.relu(tf.matmul(tf.concat([one, other], 1), w))

    def body(nodes, i):
        node = tf.cond(
            tf.gather(is_leaf, i),
            lambda: embed(tf.gather(words, i)),
            lambda: join(nodes.read(tf.gather(left, i)), nodes.read(tf.gather(right, i))),
        )
        return nodes.write(i, node), i + 1

    nodes = tf.TensorArray(
        tf.float32, size=0, dynamic_size=True, clear_after_read=False, infer_shape=False
    )
    nodes, _ = tf.while_loop(
        lambda _, i: i < tf.squeeze(tf.shape(is_leaf)), body, [nodes, 0], parallel_iterations=1
    )
    top = nodes.read(nodes.size() - 1)
    loss = tf.reduce_sum(tf.square(top - 0.5))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    trees = [
        ([True, True, False], [1, 2, -1], [-1, -1, 0], [-1, -1, 1]),
        ([True, True, True, False, False], [0, 3, 3, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 2, 3]),
    ]
    with started(tf) as sess:
        losses = []
        for _ in range(2):
            for tree in trees:
                feeds = dict(zip((is_leaf, words, left, right), tree))
                losses.append(sess.run([loss, train], feeds)[0])
        return losses, sess.run([table, w])


@THEME.program
def a_memory_that_is_addressed(tf, np):
    """A read and a write head over a memory matrix, as a neural Turing machine has."""
    x = tf.placeholder(tf.float32, [None, 4])
    key_w, erase_w, add_w = (tf.Variable(numbers(np, 4, 3, seed=s)) for s in (15, 16, 17))

    def body(i, memory, shift, reads):
        row = x[i : i + 1]
        similarity = tf.matmul(
            tf.nn.l2_normalize(memory, 1),
            tf.nn.l2_normalize(tf.matmul(row, key_w), 1),
            transpose_b=True,
        )
        address = tf.nn.softmax(2.0 * similarity, 0)
        rolled = tf.concat([address[-1:], address[:-1]], 0)
        address = 0.75 * address + 0.25 * rolled * shift
        erase = tf.sigmoid(tf.matmul(row, erase_w))
        read = tf.reduce_sum(address * memory, 0)
        memory = memory * (1.0 - address * erase) + address * tf.matmul(row, add_w)
        return i + 1, memory, shift * 0.5, reads.write(i, read)

    steps = tf.shape(x)[0]
    start = [0, tf.constant(numbers(np, 5, 3, seed=18)), 1.0, tf.TensorArray(tf.float32, steps)]
    _, memory, _, reads = tf.while_loop(lambda i, *_: i < steps, body, start)
    loss = tf.reduce_sum(tf.square(memory)) + tf.reduce_sum(reads.stack())
    return trained(tf, loss, {x: numbers(np, 6, 4, seed=19)}, rate=0.05)


@THEME.program
def attention_by_raw_rnn(tf, np):
    """A decoder that looks back at what it has encoded, one word at a time."""
    memory = tf.placeholder(tf.float32, [None, None, 3])
    lengths = tf.placeholder(tf.int32, [None])
    batch = tf.shape(memory)[0]
    cell = tf.nn.rnn_cell.GRUCell(3, kernel_initializer=tf.constant_initializer(0.25))
    table = tf.Variable(numbers(np, 5, 3, seed=24))
    out = tf.Variable(numbers(np, 6, 5, seed=25))

    def attend(h):
        scores = tf.reduce_sum(memory * tf.expand_dims(h, 1), 2)
        mask = tf.sequence_mask(lengths, tf.shape(memory)[1], tf.float32)
        weights = tf.nn.softmax(scores + (mask - 1.0) * 1e9)
        return tf.reduce_sum(tf.expand_dims(weights, 2) * memory, 1)

    def loop_fn(time, output, state, loop_state):
        if output is None:
            state = cell.zero_state(batch, tf.float32)
            token = tf.zeros([batch], tf.int32)
        else:
            logits = tf.matmul(tf.concat([output, attend(output)], 1), out)
            token = tf.cast(tf.argmax(logits, 1), tf.int32)
        finished = time >= lengths
        inputs = tf.nn.embedding_lookup(table, token)
        inputs = tf.concat([inputs, attend(state)], 1)
        return finished, inputs, state, output, None

    outputs, state, _ = tf.nn.raw_rnn(cell, loop_fn)
    outputs = outputs.stack()
    logits = tf.tensordot(tf.concat([outputs, tf.zeros_like(outputs)], 2), out, [[2], [0]])
    loss = tf.reduce_mean(tf.square(logits)) + tf.reduce_sum(state)
    return trained(tf, loss, {memory: numbers(np, 3, 4, 3, seed=26), lengths: [4, 2, 3]})


@THEME.program
def ptb_in_2016(tf, np):
    """Static unrolling with reuse, dropout, several layers, state fed back, clipped gradients."""
    x, y = tf.placeholder(tf.int32, [2, 4]), tf.placeholder(tf.int32, [2, 4])

    def make_cell():
        cell = tf.nn.rnn_cell.BasicLSTMCell(3, forget_bias=0.0, state_is_tuple=True)
        return tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=0.75, seed=4)

    initializer = tf.random_uniform_initializer(-0.5, 0.5, seed=2)
    with tf.variable_scope("model", initializer=initializer):
        cell = tf.nn.rnn_cell.MultiRNNCell([make_cell() for _ in range(2)])
        initial = cell.zero_state(2, tf.float32)
        inputs = tf.nn.embedding_lookup(tf.get_variable("embedding", [6, 3]), x)
        outputs, state = [], initial
        with tf.variable_scope("RNN"):
            for step in range(4):
                if step > 0:
                    tf.get_variable_scope().reuse_variables()
                output, state = cell(inputs[:, step, :], state)
                outputs.append(output)
        flat = tf.reshape(tf.concat(outputs, 1), [-1, 3])
        logits = tf.matmul(flat, tf.get_variable("w", [3, 6])) + tf.get_variable("b", [6])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.reshape(y, [-1]), logits=logits
    )
    cost = tf.reduce_sum(losses) / 2.0
    variables = tf.trainable_variables()
    grads, norm = tf.clip_by_global_norm(tf.gradients(cost, variables), 1.0)
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    train = optimizer.apply_gradients(zip(grads, variables))
    with started(tf) as sess:
        kept, answers = sess.run(initial), []
        for words in np.random.RandomState(1).randint(0, 6, (3, 2, 5)):
            feeds = {x: words[:, :-1], y: words[:, 1:]}
            for (c, h), value in zip(initial, kept):
                feeds[c], feeds[h] = value
            got, kept, size, _ = sess.run([cost, state, norm, train], feeds)
            answers.append((got, size))
        return answers, [v.name for v in variables], sess.run(variables)


@THEME.program
def a_state_kept_in_variables(tf, np):
    """dynamic_rnn that goes on where the last run stopped."""
    x = tf.placeholder(tf.float32, [2, None, 3])
    cell = tf.nn.rnn_cell.LSTMCell(2, initializer=tf.constant_initializer(0.25))
    kept = [tf.Variable(tf.zeros([2, 2]), trainable=False) for _ in range(2)]
    state = tf.nn.rnn_cell.LSTMStateTuple(*kept)
    outputs, last = tf.nn.dynamic_rnn(cell, x, initial_state=state)
    updates = [v.assign(s) for v, s in zip(kept, last)]
    with tf.control_dependencies(updates):
        outputs = tf.identity(outputs)
    reset = [v.assign(tf.zeros_like(v)) for v in kept]
    with started(tf) as sess:
        feeds = [{x: numbers(np, 2, n, 3, seed=n)} for n in (3, 1, 4)]
        answers = [sess.run(outputs, feed) for feed in feeds]
        sess.run(reset)
        return answers, sess.run(outputs, feeds[0])


@THEME.program
def a_cell_of_ones_own(tf, np):
    class Leaky(tf.nn.rnn_cell.RNNCell):
        def __init__(self, units, rate):
            super().__init__()
            self._units, self._rate = units, rate

        @property
        def state_size(self):
            return self._units

        @property
        def output_size(self):
            return self._units

        def __call__(self, inputs, state, scope=None):
            with tf.variable_scope(scope or type(self).__name__):
                width = inputs.get_shape()[1].value + self._units
                w = tf.get_variable("w", [width, self._units])
                new = tf.tanh(tf.matmul(tf.concat([inputs, state], 1), w))
                new = (1.0 - self._rate) * state + self._rate * new
            return new * 2.0, new

    x, lengths = tf.placeholder(tf.float32, [None, None, 3]), tf.placeholder(tf.int32, [None])
    with tf.variable_scope("net", initializer=tf.constant_initializer(0.25)):
        outputs, state = tf.nn.dynamic_rnn(Leaky(2, 0.5), x, lengths, dtype=tf.float32)
        both, _ = tf.nn.bidirectional_dynamic_rnn(
            Leaky(2, 0.25), Leaky(2, 0.75), outputs, lengths, dtype=tf.float32
        )
    loss = tf.reduce_sum(tf.concat(both, 2)) + tf.reduce_sum(tf.square(state))
    names = [v.name for v in tf.trainable_variables()]
    feeds = {x: numbers(np, 3, 4, 3, seed=27), lengths: [4, 1, 0]}
    return names, trained(tf, loss, feeds, rate=0.02)


@THEME.program
def words_learnt_in_a_loop(tf, np):
    """embedding_lookup in the body: rows of the table get their gradients from each turn."""
    words = tf.placeholder(tf.int32, [None])
    answers = []
    for kind in ("sgd", "adam", "adagrad"):
        with tf.variable_scope(kind):
            table = tf.get_variable("table", initializer=numbers(np, 6, 3, seed=30))
            w = tf.get_variable("w", initializer=numbers(np, 3, 3, seed=31))

        def body(i, h, table=table, w=w):
            row = tf.expand_dims(tf.nn.embedding_lookup(table, words[i]), 0)
            return i + 1, tf.tanh(tf.matmul(h, w) + row)

        _, h = tf.while_loop(lambda i, _: i < tf.size(words), body, [0, tf.zeros([1, 3])])
        optimizers = {
            "sgd": tf.train.GradientDescentOptimizer(0.5),
            "adam": tf.train.AdamOptimizer(0.1),
            "adagrad": tf.train.AdagradOptimizer(0.5),
        }
        loss = tf.reduce_sum(tf.square(h - 0.5))
        train = optimizers[kind].minimize(loss, var_list=[table, w])
        with started(tf) as sess:
            runs = [[1, 2, 1], [5], [0, 0, 3, 2]]
            losses = [sess.run([loss, train], {words: run})[0] for run in runs]
            answers.append((losses, sess.run([table, w])))
    return answers
