"""Optimizers with sparse gradients: rows gathered, some of them twice, from a table."""

from programs.choices import KINDS, OF_DOUBLES, OPTIMIZERS, PLAIN, REGIMES, each, slots
from programs.theme import Theme, nodes, started, variable

THEME = Theme(rtol=2e-6, atol=1e-7)
ROWS = [[1.0, -2.0], [0.5, 0.25], [-1.0, 3.0], [0.0, 0.125], [2.0, 2.0]]


@THEME.programs_over(each(REGIMES), slow=True)
@THEME.programs_over(each(PLAIN))
def five_steps_of_a_gather_with_duplicates(tf, np, case):
    make, kind = case
    table = variable(tf, kind, ROWS, name="table")
    loss = tf.reduce_sum(tf.square(tf.gather(table, [0, 2, 2])) * [[1.0], [0.5], [0.25]])
    optimizer = make(tf)
    train = optimizer.minimize(loss, global_step=tf.train.get_or_create_global_step())
    answers = []
    with started(tf) as sess:
        for _ in range(5):
            sess.run(train)
            answers.append(sess.run(table))
        return answers, [(name, sess.run(values)) for name, values in slots(optimizer, [table])]


@THEME.programs_over(each(PLAIN))
def other_rows_at_each_step(tf, np, case):
    """Rows that a step doesn't touch keep their slots, or decay, as the optimizer says."""
    make, kind = case
    table = variable(tf, kind, ROWS, name="table")
    ids = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids)))
    optimizer = make(tf)
    train = optimizer.minimize(loss, global_step=tf.train.get_or_create_global_step())
    answers = []
    with started(tf) as sess:
        for rows in ([0, 1], [1, 1, 4], [3], [], [4, 0, 4, 1]):
            sess.run(train, {ids: rows})
            answers.append(sess.run(table))
        return answers, [(name, sess.run(values)) for name, values in slots(optimizer, [table])]


@THEME.programs_over(each(PLAIN))
def node_list(tf, np, case):
    make, kind = case
    table = variable(tf, kind, ROWS, name="table")
    ids = tf.placeholder(tf.int64, [None], name="ids")
    make(tf).minimize(tf.reduce_sum(tf.nn.embedding_lookup(table, ids)))
    return nodes(tf)


@THEME.programs_over(each(OF_DOUBLES), slow=True)
def int64_indices_and_doubles(tf, np, case):
    make, kind = case
    table = variable(tf, kind, np.float64(ROWS), name="table")
    ids = tf.constant([4, 4, 1], tf.int64)
    train = make(tf).minimize(tf.reduce_sum(tf.square(tf.gather(table, ids))))
    with started(tf) as sess:
        for _ in range(3):
            sess.run(train)
        return sess.run(table)


@THEME.programs_over(each(["GradientDescent", "Adagrad", "Adam", "Momentum", "Ftrl"]))
def a_table_read_twice(tf, np, case):
    make, kind = case
    table = variable(tf, kind, ROWS, name="table")
    left = tf.nn.embedding_lookup(table, [0, 1])
    right = tf.nn.embedding_lookup(table, [1, 3])
    train = make(tf).minimize(tf.reduce_sum(tf.square(left) + right))
    with started(tf) as sess:
        for _ in range(3):
            sess.run(train)
        return sess.run(table), nodes(tf)


@THEME.programs_over(each(["GradientDescent", "Adagrad", "Adam", "Momentum"]))
def read_sparsely_and_densely(tf, np, case):
    make, kind = case
    table = variable(tf, kind, ROWS, name="table")
    loss = tf.reduce_sum(tf.gather(table, [0, 0])) + 0.1 * tf.reduce_sum(tf.square(table))
    train = make(tf).minimize(loss)
    with started(tf) as sess:
        for _ in range(3):
            sess.run(train)
        return sess.run(table), nodes(tf)


@THEME.programs_over(each(["GradientDescent", "Adagrad", "Adam"]))
def indices_of_rank_two(tf, np, case):
    make, kind = case
    table = variable(tf, kind, ROWS, name="table")
    ids = tf.constant([[0, 1, 1], [4, 1, 0]])
    train = make(tf).minimize(tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids))))
    with started(tf) as sess:
        for _ in range(2):
            sess.run(train)
        return sess.run(table)


@THEME.programs_over(each(["GradientDescent", "Adagrad", "Adam", "Momentum"]))
def a_table_of_scalars(tf, np, case):
    make, kind = case
    table = variable(tf, kind, [1.0, 2.0, 3.0], name="table")
    train = make(tf).minimize(tf.reduce_sum(tf.square(tf.gather(table, [2, 2, 0]))))
    with started(tf) as sess:
        for _ in range(2):
            sess.run(train)
        return sess.run(table)


@THEME.programs_over(KINDS)
def hand_made_slices(tf, np, kind):
    table = variable(tf, kind, ROWS, name="table")
    slices = tf.IndexedSlices(tf.constant([[1.0, 1.0], [2.0, 2.0]]), tf.constant([3, 3]))
    train = tf.train.GradientDescentOptimizer(0.5).apply_gradients([(slices, table)])
    with started(tf) as sess:
        sess.run(train)
        return sess.run(table)


@THEME.programs_over(KINDS)
def clipped_slices(tf, np, kind):
    table = variable(tf, kind, ROWS, name="table")
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    loss = tf.reduce_sum(tf.square(tf.gather(table, [0, 2, 2])))
    pairs = optimizer.compute_gradients(loss)
    clipped, norm = tf.clip_by_global_norm([grad for grad, _ in pairs], 2.0)
    train = optimizer.apply_gradients([(clipped[0], table)])
    with started(tf) as sess:
        return pairs, clipped, sess.run([norm, train])[0], sess.run(table)


@THEME.programs_over(KINDS)
def the_gradient_is_slices(tf, np, kind):
    table = variable(tf, kind, ROWS, name="table")
    loss = tf.reduce_sum(tf.square(tf.gather(table, [0, 2, 2])))
    pairs = tf.train.GradientDescentOptimizer(1.0).compute_gradients(loss)
    with started(tf) as sess:
        return pairs, sess.run(pairs[0][0])


@THEME.programs_over(["mod", "div"])
def a_partitioned_table(tf, np, strategy):
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(2)):
        table = tf.get_variable("table", [5, 2], initializer=tf.random_uniform_initializer(seed=1))
    rows = tf.nn.embedding_lookup(table, [0, 4, 4, 2], partition_strategy=strategy)
    train = tf.train.AdagradOptimizer(0.5).minimize(tf.reduce_sum(tf.square(rows)))
    with started(tf) as sess:
        before = sess.run(rows)
        sess.run(train)
        return before, sess.run(tf.convert_to_tensor(table)), tf.global_variables()


@THEME.programs_over(["sum", "mean", "sqrtn"])
def a_sparse_lookup(tf, np, combiner):
    table = tf.Variable(ROWS, name="table")
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([1, 3, 4], tf.int64), [2, 2])
    rows = tf.nn.embedding_lookup_sparse(table, ids, None, combiner=combiner)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(rows)))
    with started(tf) as sess:
        before = sess.run(rows)
        sess.run(train)
        return before, sess.run(table)


@THEME.programs_over(["GradientDescent", "Momentum", "Adagrad", "Adam", "RMSProp"])
def an_index_out_of_range_changes_nothing_else(tf, np, name):
    table = tf.Variable(ROWS, name="table")
    ids = tf.placeholder(tf.int32, [None])
    train = OPTIMIZERS[name](tf).minimize(tf.reduce_sum(tf.gather(table, ids)))
    with started(tf) as sess:
        sess.run(train, {ids: [1]})
        before = sess.run(table)
        try:
            sess.run(train, {ids: [0, 5]})
        except tf.errors.InvalidArgumentError as error:
            return str(error).split("\n")[0], before, sess.run(table)


@THEME.programs_over(KINDS)
def slices_through_a_cond(tf, np, kind):
    table = variable(tf, kind, ROWS, name="table")
    p = tf.placeholder(tf.bool, [])
    rows = tf.cond(p, lambda: tf.gather(table, [0, 2]), lambda: tf.gather(table, [1, 1]))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(rows)))
    with started(tf) as sess:
        answers = []
        for choice in (True, False):
            sess.run(train, {p: choice})
            answers.append(sess.run(table))
        return answers
