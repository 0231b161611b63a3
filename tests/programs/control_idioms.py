"""Loops as users wrote them from 2016 to 2019: solvers, sampling, pictures, schedules."""

import collections

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
def newton_until_it_converges(tf, np):
    """The square root, and its derivative through as many turns as it took."""
    a = tf.placeholder(tf.float32, [])
    x = tf.while_loop(
        lambda x: tf.abs(x * x - a) > 1e-5 * a, lambda x: 0.5 * (x + a / x), [tf.identity(a)]
    )
    (slope,) = tf.gradients(x, a)
    with tf.Session() as sess:
        return [sess.run([x, slope], {a: value}) for value in (2.0, 1.0, 144.0)]


@THEME.program
def conjugate_gradients(tf, np):
    State = collections.namedtuple("State", "i x r p rr")
    half = numbers(np, 5, 5, seed=1)
    matrix = tf.constant(half.dot(half.T) + 2.0 * np.eye(5, dtype=np.float32))
    b = tf.placeholder(tf.float32, [5])

    def step(s):
        ap = tf.squeeze(tf.matmul(matrix, tf.expand_dims(s.p, 1)), 1)
        alpha = s.rr / tf.reduce_sum(s.p * ap)
        x, r = s.x + alpha * s.p, s.r - alpha * ap
        rr = tf.reduce_sum(r * r)
        return (State(s.i + 1, x, r, r + rr / s.rr * s.p, rr),)

    start = State(tf.constant(0), tf.zeros([5]), b, b, tf.reduce_sum(b * b))
    (end,) = tf.while_loop(lambda s: tf.logical_and(s.i < 5, s.rr > 1e-12), step, [start])
    residual = tf.squeeze(tf.matmul(matrix, tf.expand_dims(end.x, 1)), 1) - b
    with tf.Session() as sess:
        x, left = sess.run([end.x, residual], {b: numbers(np, 5, seed=2)})
        return x, np.abs(left).max() < 1e-4, sess.run(end.i, {b: np.zeros(5)})


@THEME.program
def power_iteration(tf, np):
    half = numbers(np, 4, 4, seed=3)
    matrix = tf.constant(half.dot(half.T))
    start = tf.ones([4, 1]) / 2.0

    def go_on(i, v, change):
        return tf.logical_and(i < 100, change > 1e-4)

    def body(i, v, change):
        w = tf.nn.l2_normalize(tf.matmul(matrix, v), 0)
        return i + 1, w, tf.norm(w - v)

    _, v, _ = tf.while_loop(go_on, body, [0, start, 1.0])
    with tf.Session() as sess:
        return sess.run([v, tf.matmul(v, tf.matmul(matrix, v), transpose_a=True)])


@THEME.program
def descent_inside_a_loop(tf, np):
    """tf.gradients called in the body: what the loop does is optimise."""
    target = tf.placeholder(tf.float32, [3])

    def body(i, x):
        loss = tf.reduce_sum(tf.square(x - target) * tf.constant([1.0, 2.0, 0.5]))
        return i + 1, x - 0.1 * tf.gradients(loss, x)[0]

    _, x = tf.while_loop(lambda i, x: i < 20, body, [0, tf.zeros([3])])
    with tf.Session() as sess:
        return sess.run(x, {target: [1.0, -2.0, 3.0]})


@THEME.program
def jacobian_row_by_row(tf, np):
    """The answer of 2017 to how one gets a Jacobian."""
    x = tf.placeholder(tf.float32, [3])
    w = tf.constant(numbers(np, 3, 4, seed=4))
    y = tf.tanh(tf.squeeze(tf.matmul(tf.expand_dims(x, 0), w), 0))
    loop_vars = [tf.constant(0, tf.int32), tf.TensorArray(tf.float32, size=4)]
    _, rows = tf.while_loop(
        lambda j, _: j < 4, lambda j, r: (j + 1, r.write(j, tf.gradients(y[j], x)[0])), loop_vars
    )
    mapped = tf.map_fn(lambda j: tf.gradients(y[j], x)[0], tf.range(4), dtype=tf.float32)
    with tf.Session() as sess:
        return sess.run([rows.stack(), mapped], {x: [0.5, -0.25, 1.0]})


@THEME.program
def hessian_of_a_loss(tf, np):
    x = tf.placeholder(tf.float32, [3])
    loss = tf.reduce_sum(tf.tanh(x) * tf.square(x[::-1]))
    with tf.Session() as sess:
        return sess.run(tf.hessians(loss, x), {x: [0.5, -0.25, 1.0]})


@THEME.program
def runge_kutta_by_scan(tf, np):
    """A damped swing; its parameter fitted through the solver."""
    damping = tf.Variable(0.5, name="damping")
    start = tf.constant([1.0, 0.0])

    def slope(s):
        return tf.stack([s[1], -s[0] - damping * s[1]])

    def step(s, dt):
        k1 = slope(s)
        k2 = slope(s + 0.5 * dt * k1)
        k3 = slope(s + 0.5 * dt * k2)
        k4 = slope(s + dt * k3)
        return s + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    path = tf.scan(step, tf.fill([12], 0.25), initializer=start)
    loss = tf.reduce_mean(tf.square(path[:, 0] - tf.exp(-tf.range(12.0) * 0.25)))
    return trained(tf, loss, {}, steps=5)


@THEME.program
def an_image_pyramid(tf, np):
    """Half the size in each turn until it is small: shapes that no one knows beforehand."""
    image = tf.placeholder(tf.float32, [1, None, None, 1])

    def body(level, total):
        level = 0.5 * (level[:, ::2, ::2] + level[:, ::-2, ::-2])
        return level, total + tf.reduce_mean(tf.square(level))

    small, total = tf.while_loop(
        lambda level, _: tf.shape(level)[1] > 2,
        body,
        [image, 0.0],
        shape_invariants=[tf.TensorShape([1, None, None, 1]), tf.TensorShape([])],
    )
    (grad,) = tf.gradients(total, image)
    with tf.Session() as sess:
        return [
            sess.run([small, total, grad], {image: numbers(np, 1, n, n, 1, seed=n)})
            for n in (8, 2, 5)
        ]


@THEME.program
def discounted_returns(tf, np):
    """Backwards over rewards, by scan, by foldr and by a loop; the policy's gradient."""
    rewards, actions = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.int32, [None])
    states = tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable(numbers(np, 3, 2, seed=20))
    scanned = tf.scan(lambda a, r: r + 0.9 * a, rewards[::-1])[::-1]
    first = tf.foldr(lambda a, r: r + 0.9 * a, rewards, initializer=tf.constant(0.0))
    size = tf.size(rewards)
    _, _, array = tf.while_loop(
        lambda i, *_: i >= 0,
        lambda i, a, out: (
            i - 1,
            rewards[i] + 0.9 * a,
            out.write(i, rewards[i] + 0.9 * a),
        ),
        [size - 1, 0.0, tf.TensorArray(tf.float32, size)],
    )
    log_p = -tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=actions, logits=tf.matmul(states, w)
    )
    loss = -tf.reduce_mean(log_p * tf.stop_gradient(array.stack() - tf.reduce_mean(scanned)))
    feeds = {rewards: numbers(np, 5, seed=21), actions: [0, 1, 1, 0, 1]}
    feeds[states] = numbers(np, 5, 3, seed=22)
    with tf.Session() as sess:
        returns = sess.run([scanned, first, array.stack()], feeds)
    return returns, trained(tf, loss, feeds, rate=0.5)


@THEME.program
def an_episode_inside_the_graph(tf, np):
    """Actions drawn in a loop until a limit is left; log probabilities are differentiated."""
    w = tf.Variable(numbers(np, 2, 2, seed=23))

    def body(i, state, log_p):
        logits = tf.matmul(tf.expand_dims(state, 0), w)
        with tf.control_dependencies([log_p]):
            action = tf.cast(tf.multinomial(logits, 1, seed=3)[0, 0], tf.int32)
        log_p += tf.nn.log_softmax(logits)[0, action]
        push = tf.cond(tf.equal(action, 1), lambda: 0.5, lambda: -0.5)
        return i + 1, tf.stack([state[0] + push, state[1] * 0.5]), log_p

    steps, state, log_p = tf.while_loop(
        lambda i, s, _: tf.logical_and(tf.abs(s[0]) < 1.2, i < 30),
        body,
        [0, tf.constant([0.25, 1.0]), 0.0],
    )
    train = tf.train.GradientDescentOptimizer(0.1).minimize(-log_p * tf.stop_gradient(state[0]))
    with started(tf) as sess:
        return [sess.run([steps, state, log_p, train]) for _ in range(5)], sess.run(w)


@THEME.program
def dynamic_routing(tf, np):
    """Capsules agree in a loop with arrays; gradients go through the last turn only."""
    votes = tf.Variable(numbers(np, 4, 3, 2, seed=28))

    def squash(s):
        square = tf.reduce_sum(tf.square(s), -1, keepdims=True)
        return s * square / (1.0 + square) / tf.sqrt(square + 1e-9)

    def body(i, logits, activations):
        route = tf.expand_dims(tf.nn.softmax(logits, 1), 2)
        active = squash(tf.reduce_sum(route * votes, 0))
        agreement = tf.reduce_sum(votes * tf.expand_dims(active, 0), 2)
        return i + 1, logits + agreement, activations.write(i, active)

    _, _, activations = tf.while_loop(
        lambda i, *_: i < 3,
        body,
        [0, tf.zeros([4, 3]), tf.TensorArray(tf.float32, 3, clear_after_read=False)],
        swap_memory=True,
    )
    loss = tf.reduce_sum(tf.square(activations.read(2) - 0.25))
    return trained(tf, loss, {}, rate=0.5)


@THEME.program
def rows_of_different_lengths(tf, np):
    """map_fn over examples, each sliced to its own length, with a cond for empty ones."""
    x, lengths = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.int32, [None])
    w = tf.Variable([[0.5], [-0.25]])

    def one(row):
        values, length = row
        return tf.cond(
            length > 0,
            lambda: tf.reduce_max(tf.matmul(values[:length], w)),
            lambda: tf.constant(0.0),
        )

    best = tf.map_fn(one, (x, lengths), dtype=tf.float32)
    parts = tf.map_fn(
        lambda r: (r[0][0] * 2.0, r[1] + 1), (x, lengths), dtype=(tf.float32, tf.int32)
    )
    loss = tf.reduce_sum(tf.square(best - 1.0))
    feeds = {x: numbers(np, 4, 3, 2, seed=29), lengths: [3, 0, 1, 2]}
    with started(tf) as sess:
        answers = sess.run([best, parts], feeds)
    return answers, trained(tf, loss, feeds)


@THEME.program
def a_bag_of_boxes(tf, np):
    """Suppression written as a loop: take the best, drop what overlaps, until none is left."""
    scores, places = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])

    def body(left, kept, count):
        best = tf.argmax(left, output_type=tf.int32)
        near = tf.abs(places - places[best]) < 0.3
        left = tf.where(near, tf.fill(tf.shape(left), -1.0), left)
        return left, tf.concat([kept, [best]], 0), count + 1

    _, kept, count = tf.while_loop(
        lambda left, *_: tf.reduce_max(left) > 0.1,
        body,
        [scores, tf.zeros([0], tf.int32), 0],
        shape_invariants=[tf.TensorShape([None]), tf.TensorShape([None]), tf.TensorShape([])],
    )
    with tf.Session() as sess:
        return [
            sess.run(
                [kept, count],
                {scores: np.abs(numbers(np, n, seed=n)), places: numbers(np, n, seed=n + 1)},
            )
            for n in (6, 1, 9)
        ]


@THEME.program
def sparse_and_structured_loop_variables(tf, np):
    sparse = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2])
    state = {"count": tf.constant(0), "parts": (sparse, [tf.ones([2]), tf.zeros([])])}

    def body(s):
        matrix, (vector, total) = s["parts"]
        doubled = tf.SparseTensor(matrix.indices, matrix.values * 2.0, matrix.dense_shape)
        dense = tf.sparse_tensor_dense_matmul(matrix, tf.expand_dims(vector, 1))
        total += tf.reduce_sum(dense)
        return ({"count": s["count"] + 1, "parts": (doubled, [vector + 1.0, total])},)

    (end,) = tf.while_loop(lambda s: s["count"] < 3, body, [state])
    with tf.Session() as sess:
        return sess.run(end)


@THEME.program
def a_baseline_that_follows(tf, np):
    """Moving averages updated under a cond beside the step of an optimizer."""
    reward, explore = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.bool, [])
    baseline = tf.Variable(0.0, trainable=False)
    w = tf.Variable([0.5, -0.5, 1.0])
    n = tf.cast(tf.size(reward), tf.float32)
    new = tf.cond(
        explore,
        lambda: tf.assign(baseline, 0.5 * baseline + 0.5 * tf.reduce_mean(reward)),
        lambda: tf.identity(baseline),
    )
    loss = tf.reduce_sum(tf.while_loop(lambda v: tf.norm(v) > 1.0, lambda v: v * 0.5, [w * n]))
    gain = tf.reduce_sum(reward - tf.stop_gradient(new))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss * gain)
    with started(tf) as sess:
        runs = [([1.0, 2.0], True), ([3.0], False), ([0.5, 0.5, 1.0], True)]
        answers = [sess.run([train, new], {reward: r, explore: e}) for r, e in runs]
        return answers, sess.run([w, baseline])


@THEME.program
def a_schedule_by_case(tf, np):
    step = tf.train.get_or_create_global_step()
    rate = tf.case(
        [
            (tf.less(step, 2), lambda: tf.constant(0.5)),
            (tf.less(step, 4), lambda: tf.constant(0.25)),
        ],
        default=lambda: tf.train.exponential_decay(0.1, step, 2, 0.5),
        exclusive=False,
    )
    w = tf.Variable([1.0, 2.0])
    loss = tf.reduce_sum(tf.square(w))
    train = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=step)
    with started(tf) as sess:
        return [sess.run([loss, rate, train]) for _ in range(6)], sess.run([w, step])


@THEME.program
def collatz_and_other_whole_numbers(tf, np):
    n = tf.placeholder(tf.int64, [])
    steps, top, _ = tf.while_loop(
        lambda s, t, v: v > 1,
        lambda s, t, v: (
            s + 1,
            tf.maximum(t, v),
            tf.cond(tf.equal(v % 2, 0), lambda: v // 2, lambda: 3 * v + 1),
        ),
        [tf.constant(0), n, n],
    )
    gcd = tf.while_loop(lambda a, b: b > 0, lambda a, b: (b, a % b), [n, tf.constant(84, tf.int64)])
    with tf.Session() as sess:
        return [sess.run([steps, top, gcd[0]], {n: value}) for value in (27, 1, 126)]


@THEME.program
def strings_in_a_loop(tf, np):
    words = tf.constant(["the", "loop", "goes", "on"])
    _, text = tf.while_loop(
        lambda i, _: i < 4,
        lambda i, t: (i + 1, tf.string_join([t, words[i]], separator=" ")),
        [0, tf.constant(">")],
    )
    marked = tf.map_fn(lambda w: tf.string_join([w, "!"]), words)
    with tf.Session() as sess:
        return sess.run([text, marked])


@THEME.program
def estimates_by_sampling(tf, np):
    """Points thrown until enough lie in the circle."""

    def body(hits, throws):
        with tf.control_dependencies([hits]):
            points = tf.random_uniform([50, 2], -1.0, 1.0, seed=5)
        inside = tf.reduce_sum(tf.cast(tf.norm(points, axis=1) < 1.0, tf.int32))
        return hits + inside, throws + 50

    hits, throws = tf.while_loop(lambda h, t: h < 300, body, [0, 0])
    with tf.Session() as sess:
        return [sess.run([hits, throws]) for _ in range(3)]
