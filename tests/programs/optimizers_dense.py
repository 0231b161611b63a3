"""Optimizers with dense gradients: five steps, their slots, and the operations they make."""

from programs.choices import KINDS, OF_DOUBLES, OPTIMIZERS, PLAIN, REGIMES, each, slots
from programs.theme import Theme, caught, nodes, started, variable

THEME = Theme(rtol=2e-6, atol=1e-7)


def loss_of(tf, w):
    return tf.reduce_sum(tf.square(w - [3.0, -1.0, 0.25]) * [1.0, 0.5, 0.1])


@THEME.programs_over(each(REGIMES), slow=True)
@THEME.programs_over(each(PLAIN))
def five_steps(tf, np, case):
    make, kind = case
    w = variable(tf, kind, [1.0, -2.0, 0.05], name="w")
    optimizer = make(tf)
    train = optimizer.minimize(loss_of(tf, w), global_step=tf.train.get_or_create_global_step())
    answers = []
    with started(tf) as sess:
        for _ in range(5):
            sess.run(train)
            answers.append(sess.run(w))
        kept = [(name, sess.run(values)) for name, values in slots(optimizer, [w])]
        return answers, kept, sess.run(tf.train.get_global_step())


@THEME.programs_over(each(PLAIN))
def node_list(tf, np, case):
    make, kind = case
    w = variable(tf, kind, [1.0, -2.0, 0.05], name="w")
    make(tf).minimize(tf.reduce_sum(tf.square(w)))
    return nodes(tf)


@THEME.programs_over(each())
def variables_and_slots(tf, np, case):
    make, kind = case
    w = variable(tf, kind, [1.0, -2.0, 0.05], name="w")
    b = variable(tf, kind, 0.5, name="b")
    optimizer = make(tf)
    train = optimizer.minimize(loss_of(tf, w) + b * b)
    everything = tf.global_variables()
    return (
        train.name,
        train.type,
        optimizer.get_name(),
        optimizer.get_slot_names(),
        slots(optimizer, [w, b]),
        everything,
        tf.trainable_variables(),
        sorted(v.name for v in optimizer.variables()),
    )


@THEME.programs_over(each(OF_DOUBLES), slow=True)
def a_scalar_and_a_matrix_of_doubles(tf, np, case):
    make, kind = case
    w = variable(tf, kind, np.float64([[1.0, -2.0], [0.5, 0.1]]), name="w")
    b = variable(tf, kind, np.float64(0.5), name="b")
    train = make(tf).minimize(tf.reduce_sum(w * w * b) + b * b)
    with started(tf) as sess:
        for _ in range(5):
            sess.run(train)
        return sess.run([w, b])


@THEME.programs_over(each(["GradientDescent", "Momentum", "Adam", "RMSProp"]), rtol=2e-3, atol=1e-3)
def half_precision(tf, np, case):
    make, kind = case
    w = variable(tf, kind, np.float16([1.0, -2.0]), name="w")
    train = make(tf).minimize(tf.reduce_sum(tf.square(w)))
    with started(tf) as sess:
        for _ in range(3):
            sess.run(train)
        return sess.run(w)


@THEME.programs_over(each(["GradientDescent", "Momentum", "Adam"]))
def use_locking(tf, np, case):
    make, kind = case
    w = variable(tf, kind, [1.0, 2.0], name="w")
    optimizer = make(tf)
    optimizer._use_locking = True
    train = optimizer.minimize(tf.reduce_sum(tf.square(w)))
    with started(tf) as sess:
        sess.run(train)
        return sess.run(w)


@THEME.programs_over(KINDS)
def a_fed_learning_rate(tf, np, kind):
    w, rate = variable(tf, kind, [1.0, 2.0]), tf.placeholder(tf.float32, [])
    train = tf.train.GradientDescentOptimizer(rate).minimize(tf.reduce_sum(tf.square(w)))
    with started(tf) as sess:
        answers = []
        for value in (0.5, 0.0, 0.1):
            sess.run(train, {rate: value})
            answers.append(sess.run(w))
        return answers


@THEME.programs_over(KINDS)
def a_learning_rate_that_is_a_variable(tf, np, kind):
    w, rate = variable(tf, kind, [1.0, 2.0]), variable(tf, kind, 0.5, "rate", trainable=False)
    train = tf.train.AdamOptimizer(rate).minimize(tf.reduce_sum(tf.square(w)))
    with started(tf) as sess:
        sess.run(train)
        first = sess.run(w)
        sess.run(rate.assign(0.01))
        sess.run(train)
        return first, sess.run(w), nodes(tf)


@THEME.programs_over(KINDS)
def a_decayed_learning_rate(tf, np, kind):
    w, step = variable(tf, kind, [1.0, 2.0]), tf.Variable(0, trainable=False, name="step")
    rate = tf.train.exponential_decay(0.3, step, 2, 0.5, staircase=True)
    optimizer = tf.train.GradientDescentOptimizer(rate)
    train = optimizer.minimize(tf.reduce_sum(tf.square(w)), global_step=step)
    with started(tf) as sess:
        return [(sess.run(rate), sess.run(train), sess.run(w)) for _ in range(5)]


@THEME.program
def hyperparameters_as_callables_and_tensors(tf, np):
    w = tf.Variable([1.0, 2.0])
    rate, momentum = tf.constant(0.1), tf.constant(0.5)
    train = tf.train.MomentumOptimizer(lambda: rate, lambda: momentum).minimize(
        tf.reduce_sum(tf.square(w))
    )
    with started(tf) as sess:
        for _ in range(3):
            sess.run(train)
        return sess.run(w)


@THEME.programs_over(KINDS)
def compute_gradients_gives_pairs(tf, np, kind):
    w, b = variable(tf, kind, [1.0, 2.0], "w"), variable(tf, kind, 3.0, "b")
    unused = variable(tf, kind, 0.0, "unused")
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(tf.reduce_sum(w) * b)
    with started(tf) as sess:
        return pairs, sess.run([pair[0] for pair in pairs if pair[1] is not unused])


@THEME.programs_over(KINDS)
def clipped_gradients_applied(tf, np, kind):
    w, b = variable(tf, kind, [1.0, 2.0], "w"), variable(tf, kind, 3.0, "b")
    optimizer = tf.train.GradientDescentOptimizer(0.5)
    grads, variables = zip(*optimizer.compute_gradients(tf.reduce_sum(tf.square(w)) * b))
    clipped, norm = tf.clip_by_global_norm(grads, 1.0)
    train = optimizer.apply_gradients(zip(clipped, variables))
    with started(tf) as sess:
        return sess.run([train, norm])[1], sess.run([w, b])


@THEME.programs_over(KINDS)
def gradients_of_none_are_passed_over(tf, np, kind):
    w, b = variable(tf, kind, [1.0, 2.0], "w"), variable(tf, kind, 3.0, "b")
    optimizer = tf.train.AdamOptimizer(0.5)
    train = optimizer.apply_gradients([(tf.constant([1.0, -1.0]), w), (None, b)])
    with started(tf) as sess:
        sess.run(train)
        return sess.run([w, b]), tf.global_variables()


@THEME.programs_over(KINDS)
def a_list_of_variables_to_train(tf, np, kind):
    w, b = variable(tf, kind, [1.0, 2.0], "w"), variable(tf, kind, 3.0, "b")
    loss = tf.reduce_sum(tf.square(w)) * b
    train = tf.train.MomentumOptimizer(0.1, 0.5).minimize(loss, var_list=[b])
    with started(tf) as sess:
        sess.run(train)
        return sess.run([w, b]), nodes(tf)


@THEME.programs_over(KINDS)
def variables_that_are_not_trainable_stay(tf, np, kind):
    w = variable(tf, kind, [1.0, 2.0], "w")
    frozen = variable(tf, kind, [5.0, 5.0], "frozen", trainable=False)
    loss = tf.reduce_sum(tf.square(w - frozen))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with started(tf) as sess:
        sess.run(train)
        return sess.run([w, frozen])


@THEME.programs_over(KINDS)
def two_optimizers_on_one_variable(tf, np, kind):
    w = variable(tf, kind, [1.0, 2.0], "w")
    loss = tf.reduce_sum(tf.square(w))
    trains = [tf.train.AdamOptimizer(0.1).minimize(loss) for _ in range(2)]
    with started(tf) as sess:
        sess.run(trains[0])
        sess.run(trains[1])
        return trains, tf.global_variables(), sess.run(w)


@THEME.programs_over(KINDS)
def one_optimizer_on_two_losses(tf, np, kind):
    w, b = variable(tf, kind, [1.0, 2.0], "w"), variable(tf, kind, 3.0, "b")
    optimizer = tf.train.AdamOptimizer(0.1)
    trains = [optimizer.minimize(tf.reduce_sum(tf.square(w)), var_list=[w])]
    trains.append(optimizer.minimize(tf.square(b), var_list=[b]))
    with started(tf) as sess:
        for train in trains * 2:
            sess.run(train)
        return trains, tf.global_variables(), sess.run([w, b])


@THEME.programs_over(["GATE_NONE", "GATE_OP", "GATE_GRAPH"])
def gate_gradients(tf, np, gate):
    w, b = tf.Variable([1.0, 2.0], name="w"), tf.Variable(3.0, name="b")
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    loss = tf.reduce_sum(tf.square(w)) * b
    train = optimizer.minimize(loss, gate_gradients=getattr(optimizer, gate))
    with started(tf) as sess:
        sess.run(train)
        # Without a gate each gradient may see the other variable before or after its update.
        return nodes(tf), sess.run([w, b]) if gate != "GATE_NONE" else None


@THEME.program
def grad_loss_scales(tf, np):
    w = tf.Variable([1.0, 2.0], name="w")
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    train = optimizer.minimize(tf.square(w), grad_loss=tf.constant([1.0, 10.0]))
    with started(tf) as sess:
        sess.run(train)
        return sess.run(w)


@THEME.program
def a_name_of_its_own(tf, np):
    w = tf.Variable([1.0, 2.0], name="w")
    loss = tf.reduce_sum(tf.square(w))
    optimizer = tf.train.AdamOptimizer(0.1, name="Mine")
    return [
        optimizer.minimize(loss),
        optimizer.minimize(loss, name="again"),
        tf.train.GradientDescentOptimizer(0.1, name="SGD").minimize(loss),
        tf.global_variables(),
        nodes(tf),
    ]


@THEME.programs_over(KINDS)
def slots_inside_scopes(tf, np, kind):
    with tf.variable_scope("outer"):
        w = tf.get_variable("w", [2], use_resource=kind == "resource")
        with tf.name_scope("inner"):
            loss = tf.reduce_sum(tf.square(w))
            train = tf.train.AdamOptimizer(0.1).minimize(loss)
    return train, tf.global_variables(), nodes(tf)


@THEME.program
def slots_of_a_partitioned_variable(tf, np):
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(2)):
        w = tf.get_variable("w", [4], initializer=tf.random_uniform_initializer(seed=1))
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_sum(tf.square(w)))
    with started(tf) as sess:
        for _ in range(2):
            sess.run(train)
        return sess.run(tf.convert_to_tensor(w)), tf.global_variables()


@THEME.programs_over(KINDS)
def slots_are_initialised_from_initialised_values(tf, np, kind):
    w = variable(tf, kind, tf.random_uniform([2], seed=3), "w")
    optimizer = tf.train.RMSPropOptimizer(0.1)
    optimizer.minimize(tf.reduce_sum(w))
    with started(tf) as sess:
        return sess.run([optimizer.get_slot(w, name) for name in optimizer.get_slot_names()])


@THEME.programs_over(OPTIMIZERS)
def the_train_op_joins_its_collection(tf, np, make):
    w = tf.Variable([1.0, 2.0], name="w")
    make(tf).minimize(tf.reduce_sum(tf.square(w)))
    graph = tf.get_default_graph()
    return tf.get_collection(tf.GraphKeys.TRAIN_OP), sorted(
        map(str, graph.get_all_collection_keys())
    )


@THEME.program
def unknown_slots_are_none(tf, np):
    w, b = tf.Variable([1.0, 2.0], name="w"), tf.Variable(1.0, name="b")
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
    before = optimizer.get_slot(w, "momentum"), optimizer.get_slot_names()
    optimizer.minimize(tf.reduce_sum(w), var_list=[w])
    return before, [optimizer.get_slot(w, "m"), optimizer.get_slot(b, "momentum")]


@THEME.programs_over(KINDS)
def colocated_gradients(tf, np, kind):
    with tf.device("/cpu:0"):
        w = variable(tf, kind, [1.0, 2.0], "w")
    loss = tf.reduce_sum(tf.square(w))
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    optimizer.minimize(loss, colocate_gradients_with_ops=True)
    groups = [(op.name, op.colocation_groups()) for op in tf.get_default_graph().get_operations()]
    return groups


@THEME.program
def a_step_that_counts_int32_and_int64(tf, np):
    w = tf.Variable([1.0, 2.0], name="w")
    loss = tf.reduce_sum(tf.square(w))
    steps = [tf.Variable(5, name="a"), tf.Variable(np.int64(2**33), name="b", use_resource=True)]
    optimizer = tf.train.GradientDescentOptimizer(0.0)
    trains = [optimizer.minimize(loss, global_step=step) for step in steps]
    with started(tf) as sess:
        sess.run(trains)
        return sess.run(steps), trains


@THEME.programs_over(["GradientDescent", "Momentum", "Adam", "RMSProp", "Ftrl"])
def nan_gradients_reach_the_variable(tf, np, name):
    w = tf.Variable([1.0, 2.0], name="w")
    x = tf.placeholder(tf.float32, [2])
    train = OPTIMIZERS[name](tf).minimize(tf.reduce_sum(w * x))
    with started(tf) as sess:
        sess.run(train, {x: [np.nan, 1.0]})
        return sess.run(w)


@THEME.programs_over(["GradientDescent", "Momentum", "Adam", "RMSProp", "Adagrad", "Ftrl"])
def zero_gradients(tf, np, name):
    w = tf.Variable([1.0, 2.0], name="w")
    train = OPTIMIZERS[name](tf).minimize(tf.reduce_sum(w * 0.0))
    with started(tf) as sess:
        for _ in range(3):
            sess.run(train)
        return sess.run(w)


@THEME.program
def arguments_that_are_refused(tf, np):
    w = tf.Variable([1.0])
    train = tf.train
    return [
        caught(lambda: train.FtrlOptimizer(0.1, initial_accumulator_value=-1.0)),
        caught(lambda: train.FtrlOptimizer(0.1, learning_rate_power=1.0)),
        caught(lambda: train.FtrlOptimizer(0.1, l1_regularization_strength=-1.0)),
        caught(lambda: train.FtrlOptimizer(0.1, l2_regularization_strength=-1.0)),
        caught(lambda: train.FtrlOptimizer(0.1, l2_shrinkage_regularization_strength=-1.0)),
        caught(lambda: train.AdagradOptimizer(0.1, initial_accumulator_value=0.0)),
        caught(lambda: train.ProximalAdagradOptimizer(0.1, initial_accumulator_value=0.0)),
        caught(
            lambda: train.AdagradDAOptimizer(
                0.1, tf.constant(0), initial_gradient_squared_accumulator_value=0.0
            )
        ),
        caught(lambda: train.GradientDescentOptimizer(0.1, name="").minimize(w)),
        caught(lambda: train.GradientDescentOptimizer(None).minimize(w)),
    ]


@THEME.program
def a_linear_regression(tf, np):
    x = tf.placeholder(tf.float32, [None])
    y = tf.placeholder(tf.float32, [None])
    w, b = tf.Variable(0.0), tf.Variable(0.0)
    loss = tf.reduce_mean(tf.square(w * x + b - y))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    data = np.linspace(-1.0, 1.0, 11)
    losses = []
    with started(tf) as sess:
        for _ in range(10):
            losses.append(sess.run([loss, train], {x: data, y: 0.5 * data + 0.3})[0])
        return losses, sess.run([w, b])


@THEME.programs_over(["GradientDescent", "Adam", "RMSProp"], rtol=1e-4)
def a_small_classifier(tf, np, name):
    rng = np.random.RandomState(0)
    inputs = rng.rand(20, 4).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)[rng.randint(0, 3, 20)]
    x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 3])
    w1 = tf.Variable(rng.randn(4, 5).astype(np.float32) * 0.3)
    b1 = tf.Variable(tf.zeros([5]))
    w2 = tf.Variable(rng.randn(5, 3).astype(np.float32) * 0.3)
    logits = tf.matmul(tf.nn.relu(tf.matmul(x, w1) + b1), w2)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = OPTIMIZERS[name](tf).minimize(loss)
    with started(tf) as sess:
        feed = {x: inputs, y: labels}
        return [sess.run([loss, train], feed)[0] for _ in range(10)], sess.run(b1)
