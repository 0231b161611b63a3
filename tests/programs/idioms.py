"""Whole small programs as they were written in 2016: what they learn, step by step."""

from programs.theme import Theme, started

THEME = Theme(rtol=1e-4, atol=1e-5)


def data(np, rows=24, columns=4, classes=3):
    rng = np.random.RandomState(0)
    inputs = rng.rand(rows, columns).astype(np.float32)
    return inputs, np.eye(classes, dtype=np.float32)[rng.randint(0, classes, rows)]


def dense(tf, x, size, seed, activation=None):
    w = tf.Variable(tf.truncated_normal([int(x.get_shape()[1]), size], stddev=0.3, seed=seed))
    y = tf.matmul(x, w) + tf.Variable(tf.constant(0.1, shape=[size]))
    return y if activation is None else activation(y)


@THEME.program
def softmax_regression(tf, np):
    inputs, labels = data(np)
    x, y_ = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 3])
    w, b = tf.Variable(tf.zeros([4, 3])), tf.Variable(tf.zeros([3]))
    y = tf.nn.softmax(tf.matmul(x, w) + b)
    loss = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    right = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
    with started(tf) as sess:
        losses = []
        for step in range(10):
            batch = slice(step % 3 * 8, step % 3 * 8 + 8)
            feed = {x: inputs[batch], y_: labels[batch]}
            losses.append(sess.run([train, loss], feed_dict=feed)[1])
        return losses, sess.run(accuracy, {x: inputs, y_: labels}), sess.run([w, b])


@THEME.program
def a_net_with_dropout_and_adam(tf, np):
    tf.set_random_seed(1)
    inputs, labels = data(np)
    x, y_ = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 3])
    keep = tf.placeholder(tf.float32)
    hidden = tf.nn.dropout(dense(tf, x, 6, 1, tf.nn.relu), keep, seed=5)
    logits = dense(tf, hidden, 3, 2)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=logits))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    with started(tf) as sess:
        feed = {x: inputs, y_: labels}
        losses = [sess.run([train, loss], {**feed, keep: 0.5})[1] for _ in range(8)]
        return losses, sess.run(loss, {**feed, keep: 1.0})


@THEME.program
def an_autoencoder_with_rmsprop(tf, np):
    inputs, _ = data(np)
    x = tf.placeholder(tf.float32, [None, 4])
    code = dense(tf, x, 2, 3, tf.nn.sigmoid)
    out = dense(tf, code, 4, 4, tf.nn.sigmoid)
    loss = tf.reduce_mean(tf.pow(x - out, 2))
    train = tf.train.RMSPropOptimizer(0.05).minimize(loss)
    with started(tf) as sess:
        losses = [sess.run([loss, train], {x: inputs})[0] for _ in range(10)]
        return losses, sess.run(code, {x: inputs[:3]})


@THEME.program
def two_players_train_in_turn(tf, np):
    inputs, _ = data(np)
    z, x = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.float32, [None, 4])
    with tf.variable_scope("G"):
        w = tf.get_variable("w", [2, 4], initializer=tf.random_normal_initializer(seed=1))
        fake = tf.nn.sigmoid(tf.matmul(z, w))

    def judge(value, reuse):
        with tf.variable_scope("D", reuse=reuse):
            w = tf.get_variable("w", [4, 1], initializer=tf.random_normal_initializer(seed=2))
            return tf.matmul(value, w)

    on_real, on_fake = judge(x, False), judge(fake, True)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits
    loss_d = tf.reduce_mean(entropy(logits=on_real, labels=tf.ones_like(on_real)))
    loss_d += tf.reduce_mean(entropy(logits=on_fake, labels=tf.zeros_like(on_fake)))
    loss_g = tf.reduce_mean(entropy(logits=on_fake, labels=tf.ones_like(on_fake)))
    of = {k: [v for v in tf.trainable_variables() if v.name.startswith(k)] for k in "DG"}
    step_d = tf.train.AdamOptimizer(0.05).minimize(loss_d, var_list=of["D"])
    step_g = tf.train.AdamOptimizer(0.05).minimize(loss_g, var_list=of["G"])
    noise = np.random.RandomState(1).rand(24, 2)
    with started(tf) as sess:
        losses = []
        for _ in range(6):
            _, d = sess.run([step_d, loss_d], {x: inputs, z: noise})
            _, g = sess.run([step_g, loss_g], {z: noise})
            losses.append((d, g))
        return losses


@THEME.program
def an_unrolled_recurrent_net(tf, np):
    x = tf.placeholder(tf.float32, [2, 5, 3])
    wx = tf.get_variable("wx", [3, 4], initializer=tf.random_uniform_initializer(-1, 1, seed=1))
    wh = tf.get_variable("wh", [4, 4], initializer=tf.random_uniform_initializer(-1, 1, seed=2))
    b = tf.get_variable("b", [4], initializer=tf.zeros_initializer())
    state = tf.zeros([2, 4])
    outputs = []
    for value in tf.unstack(x, axis=1):
        state = tf.tanh(tf.matmul(value, wx) + tf.matmul(state, wh) + b)
        outputs.append(state)
    loss = tf.reduce_mean(tf.square(tf.stack(outputs, 1) - 0.5))
    grads, norm = tf.clip_by_global_norm(tf.gradients(loss, [wx, wh, b]), 0.1)
    optimizer = tf.train.MomentumOptimizer(0.5, 0.9)
    train = optimizer.apply_gradients([(grads[0], wx), (grads[1], wh), (grads[2], b)])
    feed = {x: np.random.RandomState(0).rand(2, 5, 3)}
    with started(tf) as sess:
        return [sess.run([loss, norm, train], feed)[:2] for _ in range(6)], sess.run(wh)


@THEME.program
def an_lstm_cell_by_hand(tf, np):
    x, h, c = (tf.placeholder(tf.float32, [None, n]) for n in (3, 4, 4))
    kernel = tf.Variable(tf.random_uniform([7, 16], -0.5, 0.5, seed=1))
    bias = tf.Variable(tf.zeros([16]))
    i, j, f, o = tf.split(tf.matmul(tf.concat([x, h], 1), kernel) + bias, 4, axis=1)
    new_c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
    new_h = tf.tanh(new_c) * tf.sigmoid(o)
    grads = tf.gradients(tf.reduce_sum(new_h * new_h), [kernel, bias, h, c])
    rng = np.random.RandomState(0)
    feed = {x: rng.rand(2, 3), h: rng.rand(2, 4), c: rng.rand(2, 4)}
    with started(tf) as sess:
        return sess.run([new_h, new_c, grads], feed)


@THEME.program
def skip_gram_with_a_full_softmax(tf, np):
    words, context = tf.placeholder(tf.int32, [4]), tf.placeholder(tf.int32, [4])
    table = tf.Variable(tf.random_uniform([6, 3], -1.0, 1.0, seed=1))
    w, b = tf.Variable(tf.random_uniform([6, 3], -1.0, 1.0, seed=2)), tf.Variable(tf.zeros([6]))
    embed = tf.nn.embedding_lookup(table, words)
    logits = tf.matmul(embed, w, transpose_b=True) + b
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=context, logits=logits)
    )
    train = tf.train.AdagradOptimizer(0.5).minimize(loss)
    norm = tf.sqrt(tf.reduce_sum(tf.square(table), 1, keep_dims=True))
    similar = tf.matmul(table / norm, table / norm, transpose_b=True)
    with started(tf) as sess:
        losses = []
        for step in range(8):
            ids = [step % 6, (step + 1) % 6, step % 6, 0]
            feed = {words: ids, context: [1, 2, 3, step % 6]}
            losses.append(sess.run([train, loss], feed)[1])
        return losses, sess.run(similar)


@THEME.program
def batch_normalisation_with_moving_moments(tf, np):
    inputs, _ = data(np)
    x, training = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.bool, [])
    scale, shift = tf.Variable(tf.ones([4])), tf.Variable(tf.zeros([4]))
    mean, variance = (
        tf.Variable(tf.zeros([4]), trainable=False),
        tf.Variable(tf.ones([4]), trainable=False),
    )

    def batch():
        m, v = tf.nn.moments(x, [0])
        with tf.control_dependencies(
            [mean.assign(mean * 0.9 + m * 0.1), variance.assign(variance * 0.9 + v * 0.1)]
        ):
            return tf.nn.batch_normalization(x, m, v, shift, scale, 1e-3)

    def moving():
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-3)

    y = tf.cond(training, batch, moving)
    loss = tf.reduce_mean(tf.square(y - 0.3))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with started(tf) as sess:
        losses = []
        for step in range(6):
            feed = {x: inputs[step * 4 : step * 4 + 4], training: True}
            losses.append(sess.run([train, loss], feed)[1])
        feed = {x: inputs, training: False}
        return losses, sess.run(loss, feed), sess.run([mean, variance, scale, shift])


@THEME.program
def policy_gradient_step(tf, np):
    states, actions = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [None])
    rewards = tf.placeholder(tf.float32, [None])
    logits = dense(tf, dense(tf, states, 5, 1, tf.tanh), 2, 2)
    chosen = tf.reduce_sum(tf.one_hot(actions, 2) * tf.nn.log_softmax(logits), 1)
    loss = -tf.reduce_sum(chosen * rewards)
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    rng = np.random.RandomState(0)
    feed = {states: rng.rand(5, 3), actions: [0, 1, 1, 0, 1], rewards: [1, 0.9, 0.8, -1, 0.5]}
    with started(tf) as sess:
        losses = [sess.run([loss, train], feed)[0] for _ in range(6)]
        return losses, sess.run(tf.nn.softmax(logits), feed)


@THEME.program
def a_target_network_that_follows_slowly(tf, np):
    x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None])
    with tf.variable_scope("online"):
        online = dense(tf, x, 1, 1)[:, 0]
    with tf.variable_scope("target"):
        target = dense(tf, x, 1, 2)[:, 0]
    v_online = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="online")
    v_target = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="target")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(
        tf.reduce_mean(tf.square(y + 0.9 * tf.stop_gradient(target) - online)), var_list=v_online
    )
    follow = tf.group(*[t.assign(0.8 * t + 0.2 * o) for t, o in zip(v_target, v_online)])
    rng = np.random.RandomState(0)
    with started(tf) as sess:
        for _ in range(5):
            sess.run(train, {x: rng.rand(4, 3), y: rng.rand(4)})
            sess.run(follow)
        return sess.run([v_online, v_target])


@THEME.program
def gradients_averaged_over_towers(tf, np):
    inputs, _ = data(np)
    x, w = tf.placeholder(tf.float32, [None, 4]), tf.Variable([[1.0], [0.0], [-1.0], [0.5]])
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
    towers = []
    for part in tf.split(x, 2):
        with tf.name_scope("tower"):
            loss = tf.reduce_mean(tf.square(tf.matmul(part, w) - 1.0))
            towers.append(optimizer.compute_gradients(loss))
    averaged = []
    for pairs in zip(*towers):
        grads = [tf.expand_dims(grad, 0) for grad, _ in pairs]
        averaged.append((tf.reduce_mean(tf.concat(grads, 0), 0), pairs[0][1]))
    train = optimizer.apply_gradients(averaged)
    with started(tf) as sess:
        for _ in range(4):
            sess.run(train, {x: inputs})
        return sess.run(w)


@THEME.program
def early_stopping_on_a_best_loss(tf, np):
    inputs, _ = data(np)
    x, w = tf.placeholder(tf.float32, [None, 4]), tf.Variable(tf.zeros([4, 1]))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
    train = tf.train.GradientDescentOptimizer(0.9).minimize(loss)
    best, best_w = tf.Variable(1e9, trainable=False), tf.Variable(tf.zeros([4, 1]), trainable=False)

    def keep():
        return tf.group(best.assign(loss), best_w.assign(w))

    remember = tf.cond(loss < best, keep, lambda: tf.no_op())
    with started(tf) as sess:
        for _ in range(8):
            sess.run(train, {x: inputs})
            sess.run(remember, {x: inputs})
        return sess.run([best, best_w, w])


@THEME.program
def a_weighted_loss_with_regularisation(tf, np):
    inputs, labels = data(np)
    x, y, weight = (tf.placeholder(tf.float32, s) for s in ([None, 4], [None, 3], [None]))
    logits = dense(tf, dense(tf, x, 5, 1, tf.nn.elu), 3, 2)
    entropy = tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
    decay = tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables() if len(v.shape) > 1])
    loss = tf.reduce_sum(entropy * weight) / tf.reduce_sum(weight) + 0.01 * decay
    train = tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01).minimize(loss)
    feed = {x: inputs, y: labels, weight: np.linspace(0.1, 1.0, 24)}
    with started(tf) as sess:
        return [sess.run([loss, train], feed)[0] for _ in range(6)]


@THEME.program
def a_decayed_rate_and_a_moving_average_for_evaluation(tf, np):
    inputs, labels = data(np)
    x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 3])
    step = tf.Variable(0, trainable=False)
    w = tf.Variable(tf.random_normal([4, 3], seed=1), name="w")
    ema = tf.train.ExponentialMovingAverage(0.9, step)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=tf.matmul(x, w)))
    rate = tf.train.exponential_decay(0.5, step, 2, 0.7, staircase=True)
    train = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=step)
    with tf.control_dependencies([train]):
        update = ema.apply([w])
    smooth = tf.nn.softmax(tf.matmul(x, ema.average(w)))
    with started(tf) as sess:
        feed = {x: inputs, y: labels}
        answers = []
        for _ in range(5):
            sess.run(update, feed)
            answers.append(sess.run([loss, rate, step], feed))
        return answers, sess.run(smooth, {x: inputs[:2]})


@THEME.program
def k_means_by_assignment(tf, np):
    points = tf.constant(np.random.RandomState(0).rand(12, 2), tf.float32)
    centres = tf.Variable(tf.slice(points, [0, 0], [3, 2]))
    distances = tf.reduce_sum(tf.square(tf.expand_dims(points, 0) - tf.expand_dims(centres, 1)), 2)
    nearest = tf.argmin(distances, 0)
    means = tf.concat(
        [
            tf.reduce_mean(
                tf.gather(points, tf.reshape(tf.where(tf.equal(nearest, c)), [1, -1])), [1]
            )
            for c in range(3)
        ],
        0,
    )
    update = tf.assign(centres, means)
    with started(tf) as sess:
        return [sess.run([update, nearest]) for _ in range(4)]


@THEME.program
def nearest_neighbour(tf, np):
    inputs, _ = data(np)
    train, test = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [4])
    distance = tf.reduce_sum(tf.abs(tf.add(train, tf.negative(test))), reduction_indices=1)
    found = tf.argmin(distance, 0)
    with tf.Session() as sess:
        return [sess.run(found, {train: inputs[4:], test: inputs[i]}) for i in range(4)]


@THEME.program
def mandelbrot_by_assignment(tf, np):
    y, x = np.mgrid[-1.3:1.3:0.4, -2:1:0.4]
    xs = tf.constant((x + 1j * y).astype(np.complex64))
    zs, ns = tf.Variable(xs), tf.Variable(tf.zeros_like(xs, tf.float32))
    next_zs = zs * zs + xs
    step = tf.group(zs.assign(next_zs), ns.assign_add(tf.cast(tf.abs(next_zs) < 4, tf.float32)))
    with started(tf) as sess:
        for _ in range(6):
            sess.run(step)
        return sess.run(ns)


@THEME.program
def game_of_life_by_padding(tf, np):
    board = tf.Variable((np.random.RandomState(0).rand(6, 6) > 0.5).astype(np.int32))
    padded = tf.pad(board, [[1, 1], [1, 1]])
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    count = tf.add_n([tf.slice(padded, [i, j], [6, 6]) for i, j in shifts])
    alive = tf.logical_or(tf.equal(count, 3), tf.logical_and(tf.equal(count, 2), board > 0))
    step = board.assign(tf.cast(alive, tf.int32))
    with started(tf) as sess:
        return [sess.run(step) for _ in range(4)]


@THEME.program
def wave_equation_in_one_group(tf, np):
    u = tf.Variable(np.float32(np.sin(np.linspace(0, 3.0, 10))))
    v = tf.Variable(tf.zeros([10]))
    left, right = tf.concat([u[1:], u[:1]], 0), tf.concat([u[-1:], u[:-1]], 0)
    laplace = left + right - 2.0 * u
    next_u = u + 0.1 * v
    next_v = v + 0.1 * laplace
    with tf.control_dependencies([next_u, next_v]):
        step = tf.group(u.assign(next_u), v.assign(next_v))
    with started(tf) as sess:
        for _ in range(10):
            sess.run(step)
        return sess.run([u, v])


@THEME.program
def newton_with_hessians(tf, np):
    w = tf.Variable([2.0, -1.0])
    loss = (w[0] - 1.0) ** 4 + (w[0] - 1.0) * w[1] ** 2 + 3.0 * w[1] ** 2
    (grad,), (hessian,) = tf.gradients(loss, w), tf.hessians(loss, w)
    (a, b), (c, d) = (tf.unstack(row) for row in tf.unstack(hessian))
    inverse = tf.stack([[d, -b], [-c, a]]) / (a * d - b * c)
    step = w.assign_sub(tf.reshape(tf.matmul(inverse, tf.expand_dims(grad, 1)), [2]))
    with started(tf) as sess:
        return [sess.run(step) for _ in range(5)]


@THEME.program
def debug_with_print_and_py_func(tf, np):
    seen = []

    def look(value):
        seen.append(float(value.sum()))
        return value * np.float32(2.0)

    x = tf.placeholder(tf.float32, [None])
    y = tf.py_func(look, [x], tf.float32)
    y.set_shape(x.get_shape())
    z = tf.reduce_sum(y) + 1.0
    with tf.Session() as sess:
        answers = [sess.run(z, {x: [1.0, 2.0]}), sess.run(z, {x: [5.0]})]
        return answers, seen


@THEME.program
def polynomial_features_and_least_squares(tf, np):
    x = tf.constant(np.linspace(-1, 1, 9), tf.float32)
    y = 1.0 - 2.0 * x + 0.5 * x**3
    features = tf.stack([x ** float(k) for k in range(4)], 1)
    coefficients = tf.Variable(tf.zeros([4, 1]))
    error = tf.squeeze(tf.matmul(features, coefficients), 1) - y
    loss = tf.reduce_mean(error**2)
    train = tf.train.AdadeltaOptimizer(5.0, epsilon=1e-2).minimize(loss)
    with started(tf) as sess:
        losses = [sess.run([loss, train])[0] for _ in range(10)]
        return losses, sess.run(coefficients)


@THEME.program
def hinge_loss_and_a_feed_of_lists(tf, np):
    x, y = tf.placeholder("float", [None, 2]), tf.placeholder("float", [None, 1])
    w, b = tf.Variable(np.float32([[0.1], [-0.1]])), tf.Variable(0.0)
    score = tf.matmul(x, w) + b
    loss = tf.reduce_mean(tf.maximum(0.0, 1.0 - y * score)) + 0.1 * tf.reduce_sum(w * w)
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    feed = {x: [[1, 2], [2, 1], [-1, -1], [-2, 0]], y: [[1], [1], [-1], [-1]]}
    with started(tf) as sess:
        for _ in range(6):
            sess.run(train, feed_dict=feed)
        return sess.run([w, b, loss], feed), sess.run(tf.sign(score), feed)
