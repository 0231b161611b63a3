"""tf.switch_case: branches by number, as functions of the graph's library."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme()


def each(tf, fetches, feeds):
    """The values of `fetches` for each of `feeds`."""
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return [sess.run(fetches, feed) for feed in feeds]


def index(tf):
    return tf.placeholder(tf.int32, [], name="i")


def branches_of(tf):
    """For each Case: attrs, and what the branches are but for the numbers of their names."""
    graph_def = tf.get_default_graph().as_graph_def()
    library = {f.signature.name: f for f in graph_def.library.function}
    rows = []
    for node in graph_def.node:
        if node.op != "Case":
            continue
        for branch in node.attr["branches"].list.func:
            function = library[branch.name]
            signature = function.signature
            rows.append(
                [
                    branch.name.rpartition("_")[0],
                    [arg.name for arg in signature.input_arg],
                    [[arg.name, function.ret[arg.name]] for arg in signature.output_arg],
                    [[inner.name, inner.op, list(inner.input)] for inner in function.node_def],
                ]
            )
        rows.append([node.attr["_lower_using_switch_merge"].b, len(node.attr["Tin"].list.type)])
    return rows


@THEME.program
def structures_with_a_default(tf, np):
    i, x, y = index(tf), tf.constant(3.0, name="x"), tf.constant([1.0, 2.0], name="y")
    with tf.name_scope("scope"):
        result = tf.switch_case(
            i,
            [lambda: {"a": x * 2.0, "b": (y,)}, lambda: {"a": x, "b": (y + x,)}],
            default=lambda: {"a": tf.constant(1.0), "b": (tf.zeros([2]),)},
        )
    feeds = [{i: k} for k in (-1, 0, 1, 2, 9)]
    return result, nodes(tf), branches_of(tf), each(tf, result, feeds)


@THEME.program
def numbers_in_any_order(tf, np):
    i, x, y = index(tf), tf.constant(3.0), tf.constant([1.0, 2.0])
    result = tf.switch_case(i, {1: lambda: x * y, 0: lambda: tf.reduce_sum(y)}, name="choose")
    other = tf.switch_case(i, [(1, lambda: [x, 1]), (0, lambda: [y[0], 2])])
    feeds = [{i: k} for k in (-1, 0, 1, 2)]
    return result, other, nodes(tf), branches_of(tf), each(tf, [result, other], feeds)


@THEME.program
def gradients_of_values_from_outside(tf, np):
    i, x, y, n = index(tf), tf.constant([1.0, 2.0]), tf.constant(2.0), tf.constant(3)
    result = tf.switch_case(
        i,
        [
            lambda: (x * y, n),
            lambda: (x * tf.cast(n, tf.float32), n + 1),
            lambda: (tf.stop_gradient(x), n),
        ],
    )
    d = tf.gradients(result[0], [x, y])
    return each(tf, [result, d], [{i: k} for k in range(4)])


@THEME.program
def gradients_of_conds_and_loops_inside(tf, np):
    i, p, x = index(tf), tf.placeholder(tf.bool, []), tf.constant(2.0)
    result = tf.switch_case(
        i,
        [
            lambda: tf.cond(p, lambda: x * 3.0, lambda: x),
            lambda: tf.while_loop(lambda a: a < 100.0, lambda a: a * x, [x]),
            lambda: tf.switch_case(i - 2, [lambda: x * x, lambda: x + 1.0]),
        ],
    )
    feeds = [{i: k, p: choice} for k in range(4) for choice in (True, False)]
    return each(tf, [result, tf.gradients(result, x)], feeds)


@THEME.program
def inside_a_loop(tf, np):
    def body(k, a):
        branches = [lambda: a * 2.0, lambda: tf.cast(k, tf.float32)]
        return k + 1, a + tf.switch_case(k, branches, default=lambda: tf.constant(1.0))

    result = tf.while_loop(lambda k, a: k < 4, body, [0, tf.constant(1.0)])
    return nodes(tf), each(tf, result, [{}])


@THEME.program
def inside_a_cond(tf, np):
    i, p, x = index(tf), tf.placeholder(tf.bool, []), tf.constant(2.0)
    result = tf.cond(p, lambda: tf.switch_case(i, [lambda: x * 3.0, lambda: x]), lambda: x + 10.0)
    built = nodes(tf)
    feeds = [{i: k, p: choice} for k in (0, 1) for choice in (True, False)]
    return built, each(tf, [result, tf.gradients(result, x)], feeds)


@THEME.program
def effects_of_branches(tf, np):
    i = index(tf)
    v = tf.Variable(1.0, use_resource=True)
    result = tf.switch_case(
        i, [lambda: v.assign_add(10.0).op, lambda: tf.no_op(), lambda: tf.group(v.assign(0.0))]
    )
    built = nodes(tf)
    sess = started(tf)
    return built, [(sess.run(result, {i: k}), sess.run(v)) for k in (0, 1, 0, 2)]


@THEME.program
def control_edges_from_outside(tf, np):
    i, v = index(tf), tf.Variable(1.0, use_resource=True)
    update = v.assign_add(5.0)

    def after_update():
        with tf.control_dependencies([update]):
            return tf.constant(1.0)

    result = tf.switch_case(i, [after_update, lambda: tf.constant(2.0)])
    built = nodes(tf)
    sess = started(tf)
    return built, [(sess.run(result, {i: k}), sess.run(v)) for k in (0, 1)]


@THEME.program
def variables_made_in_branches(tf, np):
    i, x = index(tf), tf.ones([1, 2])
    ones = tf.ones_initializer()
    result = tf.switch_case(
        i,
        [
            lambda: tf.get_variable("w", [], initializer=ones) * 2.0,
            lambda: tf.layers.dense(x, 1, kernel_initializer=ones)[0, 0],
        ],
    )
    built = nodes(tf)
    d = tf.gradients(result, tf.trainable_variables())
    names = [v.name for v in tf.global_variables()]
    return names, built, each(tf, [result, d], [{i: k} for k in (0, 1)])


@THEME.program
def a_variable_that_is_a_reference(tf, np):
    i, v = index(tf), tf.Variable(3.0)
    result = tf.switch_case(i, [lambda: v * 2.0, lambda: v + 1.0])
    return nodes(tf), each(tf, [result, tf.gradients(result, v)], [{i: k} for k in (0, 1)])


@THEME.program
def random_numbers_in_branches(tf, np):
    tf.set_random_seed(3)
    i, x = index(tf), tf.ones([2])
    result = tf.switch_case(
        i, [lambda: x + tf.random_uniform([2]), lambda: x * tf.random_uniform([2], seed=5)]
    )
    return each(tf, result, [{i: k} for k in (0, 1, 0)])


@THEME.program
def slices_and_sparse_values(tf, np):
    i, ones = index(tf), tf.ones([1, 2])
    slices = tf.switch_case(
        i,
        [
            lambda: tf.IndexedSlices(ones, tf.constant([0])),
            lambda: tf.IndexedSlices(ones * 2.0, tf.constant([1], tf.int64)),
        ],
    )
    a = tf.SparseTensor([[1]], [2.0], [3])
    sparse = tf.switch_case(
        i, [lambda: a, lambda: tf.SparseTensor(a.indices, a.values * 2.0, a.dense_shape)]
    )
    fetches = [slices.values, slices.indices, sparse.values]
    return slices.indices.dtype.name, nodes(tf), each(tf, fetches, [{i: k} for k in (0, 1)])


@THEME.program
def wrong_arguments(tf, np):
    i = index(tf)

    def one():
        return tf.constant(1)

    found = []
    for branches in (
        [],
        {0: one, 2: one},
        [(0, one), (0, one)],
        5,
        [(0, one), 3],
        [one, 3],
        {0: 5},
        [("a", one)],
    ):
        error = caught(lambda branches=branches: tf.switch_case(i, branches))
        found.append([type(error).__name__, str(error).split("\n")[0]])
    for wrong in (1, tf.constant(1.0)):
        error = caught(lambda wrong=wrong: tf.switch_case(wrong, [one]))
        found.append(str(error).split("\n")[0].replace("<type", "<class"))
    return found


@THEME.program
def wrong_results(tf, np):
    i, made = index(tf), []

    def keeps():
        made.append(tf.constant(1))
        return made[0]

    found = []
    for branches in (
        [lambda: tf.constant(1), lambda: tf.constant(1.0)],
        [lambda: (tf.constant(1), tf.constant(1)), lambda: [tf.constant(1), tf.constant(2)]],
        [keeps, lambda: made[0]],
        [lambda: (tf.constant(1), None)],
    ):
        error = caught(lambda branches=branches: tf.switch_case(i, branches))
        found.append([type(error).__name__, str(error).split("\n")[0]])
    return found
