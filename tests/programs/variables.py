"""tf.Variable: what it makes, what it is made of, and how it is asked."""

from programs.theme import Theme, caught, nodes, started, variable

THEME = Theme()
KINDS = ("ref", "resource")


@THEME.programs_over(KINDS)
def nodes_of_a_variable(tf, np, kind):
    v = variable(tf, kind, [1.0, 2.0], name="v")
    return v, nodes(tf), v.read_value().name, v.value().name, nodes(tf)


@THEME.programs_over(KINDS)
def nodes_of_a_variable_from_a_tensor(tf, np, kind):
    v = variable(tf, kind, tf.zeros([2, 3]), name="v")
    w = variable(tf, kind, tf.random_normal([2], seed=1), name="w")
    return v, w, nodes(tf)


@THEME.programs_over(KINDS)
def nodes_of_a_variable_from_a_callable(tf, np, kind):
    v = variable(tf, kind, lambda: tf.constant([1.0]), name="v", dtype=tf.float32)
    return v, nodes(tf)


@THEME.programs_over(KINDS)
def names_are_unique(tf, np, kind):
    same = [variable(tf, kind, 1.0, name="v") for _ in range(3)]
    unnamed = [tf.Variable(1.0, use_resource=kind == "resource") for _ in range(2)]
    return same, unnamed, [v.op.name for v in unnamed]


@THEME.programs_over(KINDS)
def what_it_says_of_itself(tf, np, kind):
    v = variable(tf, kind, [[1.0, 2.0]], name="v", trainable=False)
    return [
        v.name,
        v.op.name,
        v.op.type,
        v.dtype,
        v.shape,
        v.get_shape(),
        v.device,
        v.graph is tf.get_default_graph(),
        v.initializer.name,
        v.initial_value.name,
        v.trainable,
        v.aggregation.name,
        v.synchronization.name,
        repr(v),
        str(v),
        v.constraint,
    ]


@THEME.programs_over(KINDS)
def nodes_of_its_methods(tf, np, kind):
    v = variable(tf, kind, [1.0, 2.0, 3.0], name="v")
    v.assign([0.0, 0.0, 0.0])
    v.assign_add([1.0, 1.0, 1.0], name="more")
    v.assign_sub([1.0, 1.0, 1.0])
    v.read_value()
    v.initialized_value()
    v[0:2]
    tf.convert_to_tensor(v)
    return nodes(tf)


@THEME.programs_over(KINDS)
def scatters_of_every_kind(tf, np, kind):
    names = "update add sub mul div min max"
    answers = []
    with tf.Session() as sess:
        for name in names.split():
            v = variable(tf, kind, [6.0, 4.0, 2.0], name=name)
            write = getattr(tf, "scatter_" + name)(v, [0, 2], [3.0, 5.0])
            sess.run(v.initializer)
            sess.run(write)
            answers.append(sess.run(v))
    return answers


@THEME.programs_over(KINDS)
def scatters_with_duplicates_and_scalars(tf, np, kind):
    v = variable(tf, kind, [[1.0, 1.0], [1.0, 1.0]], name="v")
    writes = [
        tf.scatter_add(v, [0, 0, 1], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        tf.scatter_add(v, 1, [10.0, 20.0]),
        tf.scatter_mul(v, [0, 0], [[2.0, 2.0], [3.0, 3.0]]),
        tf.scatter_add(v, [[0], [1]], [[[1.0, 1.0]], [[2.0, 2.0]]]),
    ]
    with started(tf) as sess:
        return [(sess.run(write), sess.run(v))[1] for write in writes], nodes(tf)


@THEME.programs_over(KINDS)
def scatter_nd_writes(tf, np, kind):
    v = variable(tf, kind, [[1, 2], [3, 4]], name="v")
    writes = [
        tf.scatter_nd_update(v, [[0, 1]], [20]),
        tf.scatter_nd_add(v, [[1], [1]], [[1, 1], [1, 1]]),
        tf.scatter_nd_sub(v, [[0, 0]], [5]),
    ]
    with started(tf) as sess:
        return [(sess.run(write), sess.run(v))[1] for write in writes], nodes(tf)


@THEME.programs_over(KINDS)
def sparse_reads_and_batch_gather(tf, np, kind):
    v = variable(tf, kind, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="v")
    reads = [
        tf.gather(v, [2, 0]),
        tf.nn.embedding_lookup(v, [[1], [0]]),
        tf.gather_nd(v, [[0, 1], [2, 0]]),
        v[1],
        v[:, 1],
    ]
    with started(tf) as sess:
        return sess.run(reads), nodes(tf)


@THEME.programs_over(KINDS)
def every_dtype(tf, np, kind):
    names = "float16 float32 float64 int8 int16 int32 int64 uint8 bool complex64 complex128"
    variables = [variable(tf, kind, np.array([0, 1], name), name=name) for name in names.split()]
    with started(tf) as sess:
        return variables, sess.run(variables)


@THEME.programs_over(KINDS)
def an_initial_value_takes_a_dtype(tf, np, kind):
    v = variable(tf, kind, 1, name="v", dtype=tf.float32)
    w = variable(tf, kind, [1, 2], name="w", dtype=tf.int64)
    bad = caught(lambda: variable(tf, kind, 1.5, name="bad", dtype=tf.int32))
    with started(tf) as sess:
        return v, w, sess.run([v, w]), bad


@THEME.programs_over(KINDS)
def collections_hold_it(tf, np, kind):
    a = variable(tf, kind, 1.0, name="a")
    b = variable(tf, kind, 1.0, name="b", trainable=False)
    c = variable(tf, kind, 1.0, name="c", collections=["mine"])
    d = variable(tf, kind, 1.0, name="d", collections=[tf.GraphKeys.LOCAL_VARIABLES])
    return [
        [a, b, c, d],
        tf.global_variables(),
        tf.trainable_variables(),
        tf.local_variables(),
        tf.model_variables(),
        tf.moving_average_variables(),
        tf.get_collection("mine"),
        tf.all_variables(),
        tf.trainable_variables(scope="a"),
    ]


@THEME.program
def initialisers_of_groups(tf, np):
    a, b = tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b")
    r = tf.Variable(3.0, name="r", use_resource=True)
    return [
        tf.global_variables_initializer(),
        tf.variables_initializer([a, b], name="some"),
        tf.variables_initializer([]),
        tf.local_variables_initializer(),
        tf.initialize_all_variables(),
        tf.initialize_variables([r]),
        tf.initialize_local_variables(),
        nodes(tf),
    ]


@THEME.programs_over(KINDS)
def report_uninitialized_variables(tf, np, kind):
    a, b = variable(tf, kind, 1.0, "a"), variable(tf, kind, 1.0, "b")
    report = tf.report_uninitialized_variables()
    some = tf.report_uninitialized_variables([b], name="some")
    with tf.Session() as sess:
        answers = [sess.run([report, some])]
        sess.run(a.initializer)
        answers.append(sess.run([report, some]))
        sess.run(b.initializer)
        return report, [*answers, sess.run([report, some])], nodes(tf)


@THEME.program
def report_without_variables(tf, np):
    report = tf.report_uninitialized_variables()
    with tf.Session() as sess:
        return report, sess.run(report), nodes(tf)


@THEME.programs_over(KINDS)
def assert_variables_initialized(tf, np, kind):
    a = variable(tf, kind, 1.0, "a")
    check = tf.assert_variables_initialized([a])
    with tf.Session() as sess:
        before = type(caught(lambda: sess.run(check))).__name__
        sess.run(a.initializer)
        return before, sess.run(check), tf.assert_variables_initialized([])


@THEME.programs_over(KINDS)
def a_constraint_is_kept(tf, np, kind):
    v = variable(tf, kind, [3.0, -1.0], constraint=lambda x: tf.clip_by_norm(x, 1.0))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(v))
    with started(tf) as sess:
        sess.run(train)
        return v.constraint is not None, sess.run(v), nodes(tf)


@THEME.programs_over(KINDS)
def operators_read_it(tf, np, kind):
    v = variable(tf, kind, [4.0, -9.0], name="v")
    ys = [v + 1.0, 2.0 * v, -v, abs(v), v / 2.0, v**2.0, v > 0.0, v[0], 1.0 - v, v % 4.0]
    with started(tf) as sess:
        return ys, sess.run(ys)


@THEME.programs_over(KINDS)
def it_is_no_sequence(tf, np, kind):
    v = variable(tf, kind, [4.0, -9.0], name="v")
    return caught(lambda: list(v)), caught(lambda: iter(v))


@THEME.programs_over(KINDS)
def inside_name_scopes(tf, np, kind):
    with tf.name_scope("outer"), tf.name_scope("inner"):
        v = variable(tf, kind, 1.0, name="v")
        v.assign_add(1.0)
    return v, nodes(tf)


@THEME.programs_over(KINDS)
def with_control_dependencies_around(tf, np, kind):
    with tf.control_dependencies([tf.no_op(name="first")]):
        v = variable(tf, kind, 1.0, name="v")
        w = variable(tf, kind, lambda: tf.constant(2.0), name="w")
    return v, w, nodes(tf)


@THEME.program
def is_variable_initialized_makes_nodes(tf, np):
    v, r = tf.Variable(1.0, name="v"), tf.Variable(1.0, name="r", use_resource=True)
    tf.is_variable_initialized(v)
    tf.is_variable_initialized(r)
    return nodes(tf)


@THEME.program
def state_op_functions(tf, np):
    v = tf.Variable([1.0, 2.0], name="v")
    ys = [tf.assign(v, [3.0, 4.0]), tf.assign_add(v, [1.0, 1.0]), tf.assign_sub(v, [1.0, 0.0])]
    return ys, nodes(tf)


@THEME.program
def an_initial_value_that_is_fed(tf, np):
    x = tf.placeholder(tf.float32, [2], name="x")
    v = tf.Variable(x, name="v")
    with tf.Session() as sess:
        sess.run(v.initializer, {x: [5.0, 6.0]})
        return sess.run(v)


@THEME.program
def a_big_integer_counter(tf, np):
    v = tf.Variable(np.int64(2**40), name="v")
    add = v.assign_add(1)
    with started(tf) as sess:
        return sess.run(add), v.dtype


@THEME.program
def dense_variables_of_a_name(tf, np):
    tf.Variable(1.0, name="a")
    graph = tf.get_default_graph()
    tensors = [graph.get_tensor_by_name(n) for n in ("a:0", "a/read:0", "a/initial_value:0")]
    return tensors, graph.get_operation_by_name("a/Assign")


@THEME.programs_over(KINDS)
def get_static_and_runtime_shape(tf, np, kind):
    v = variable(tf, kind, [[1.0, 2.0]], name="v")
    with started(tf) as sess:
        return v.shape.as_list(), sess.run([tf.shape(v), tf.size(v), tf.rank(v)])


@THEME.program
def to_proto_and_back(tf, np):
    v = tf.Variable([1.0, 2.0], name="v")
    proto = v.to_proto()
    again = tf.Variable.from_proto(proto)
    names = [proto.variable_name, proto.initializer_name, proto.snapshot_name]
    return names, proto.initial_value_name, proto.trainable, again, again.initializer.name


@THEME.programs_over(KINDS)
def experimental_ref_and_hash(tf, np, kind):
    v, w = variable(tf, kind, 1.0, "v"), variable(tf, kind, 1.0, "w")
    return len({v, w, v}), {v: 1}[v], v == w, v in [w, v]
