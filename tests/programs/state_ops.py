"""The ops of variables: what they refuse, slices, batches, partitions, places."""

from programs.theme import Theme, caught, nodes, started, variable

THEME = Theme()
KINDS = ("ref", "resource")
SCATTERS = ("update", "add", "sub", "mul", "div", "min", "max")


def run_with(tf, op, feeds):
    """What running `op` (a resource variable's update included) gives or raises."""
    op = getattr(op, "op", op)
    with started(tf) as sess:
        return caught(lambda: sess.run(op, feeds))


@THEME.programs_over(KINDS)
def an_assign_of_another_shape(tf, np, kind):
    v = variable(tf, kind, [1.0, 2.0])
    fed = tf.placeholder(tf.float32)
    with started(tf) as sess:
        return [
            caught(lambda: v.assign([1.0, 2.0, 3.0])),
            caught(lambda: v.assign_add([1.0, 2.0, 3.0])),
            caught(lambda: sess.run(v.assign_add(fed).op, {fed: [1.0, 2.0, 3.0]})),
            caught(lambda: sess.run(v.assign_sub(fed).op, {fed: [[1.0, 2.0]]})),
            caught(lambda: sess.run(v.assign(fed).op, {fed: [1.0, 2.0, 3.0]}))
            if kind == "ref"
            else None,
            caught(lambda: v.assign([1, 2])),
        ]


@THEME.programs_over(KINDS)
def rows_out_of_range(tf, np, kind):
    v = variable(tf, kind, [1.0, 2.0])
    fed = tf.placeholder(tf.int32)
    answers = []
    with started(tf) as sess:
        for name in SCATTERS:
            op = getattr(tf, "scatter_" + name)(v, fed, 1.0).op
            answers.append(caught(lambda op=op: sess.run(op, {fed: [0, 5]})))
            answers.append(caught(lambda op=op: sess.run(op, {fed: [[1, 0], [0, -1]]})))
    return answers


@THEME.programs_over(KINDS)
def updates_of_another_shape(tf, np, kind):
    v = variable(tf, kind, [[1.0, 2.0], [3.0, 4.0]])
    fed = tf.placeholder(tf.float32)
    op = tf.scatter_add(v, [0, 1], fed).op
    return [
        caught(lambda: tf.scatter_add(v, [0, 1], [[1.0, 2.0]])),
        caught(lambda: tf.scatter_add(v, [0, 1], [1.0, 2.0])),
        caught(lambda: tf.scatter_update(v, [0], [[1.0, 2.0, 3.0]])),
        run_with(tf, op, {fed: [[1.0, 2.0, 3.0]]}),
        run_with(tf, op, {fed: [[1.0, 2.0], [1.0, 2.0]]}),
    ]


@THEME.programs_over(KINDS)
def index_vectors_that_do_not_fit(tf, np, kind):
    v = variable(tf, kind, [[1.0, 2.0], [3.0, 4.0]])
    fed = tf.placeholder(tf.int32)
    values = tf.placeholder(tf.float32)
    op = tf.scatter_nd_add(v, fed, values).op
    return [
        caught(lambda: tf.scatter_nd_add(v, [[0], [1]], [[1.0, 2.0]])),
        caught(lambda: tf.scatter_nd_update(v, [[0], [1]], [[1.0], [2.0]])),
        caught(lambda: tf.scatter_nd_sub(v, [[0, 0, 0]], [1.0])),
        run_with(tf, op, {fed: [[0], [7]], values: [[1.0, 2.0], [3.0, 4.0]]}),
        run_with(tf, op, {fed: [[[0, 1]], [[1, -1]]], values: [[1.0], [2.0]]}),
        run_with(tf, op, {fed: [[0], [1]], values: [[1.0, 2.0]]}),
        run_with(tf, op, {fed: [[0], [1]], values: [[1.0], [2.0]]}),
        run_with(tf, op, {fed: [[0, 1], [1, 0]], values: [1.0, 2.0]}),
    ]


@THEME.program
def reading_rows_out_of_range(tf, np):
    v = variable(tf, "resource", [1.0, 2.0])
    fed = tf.placeholder(tf.int32)
    return [
        run_with(tf, v.sparse_read(fed), {fed: [0, 5]}),
        run_with(tf, v.gather_nd(fed), {fed: [[0], [5]]}),
        caught(lambda: v.gather_nd([[0, 0]])),
    ]


@THEME.programs_over(KINDS)
def counting_past_the_limit(tf, np, kind):
    v = variable(tf, kind, 1)
    count = tf.count_up_to(v, 3)
    big = variable(tf, kind, np.int64(7), name="big")
    with started(tf) as sess:
        return [
            sess.run(count),
            sess.run(count),
            caught(lambda: sess.run(count)),
            sess.run(v),
            sess.run(big.count_up_to(8)),
            caught(lambda: sess.run(big.count_up_to(8))),
            caught(lambda: tf.count_up_to(variable(tf, kind, [1], name="vector"), 3)),
            count,
        ]


@THEME.programs_over(KINDS)
def writing_a_slice(tf, np, kind):
    v = variable(tf, kind, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    answers = []
    with started(tf) as sess:
        for write in (
            v[0, 1].assign(10.0),
            v[1].assign([7.0, 8.0, 9.0]),
            v[:, 0:2].assign([[1.0, 1.0], [2.0, 2.0]]),
            v[:, ::-2].assign([[1.0, 1.0], [2.0, 2.0]]),
            v[..., tf.newaxis].assign([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]),
        ):
            sess.run(write.op)
            answers.append(sess.run(v))
    return answers, nodes(tf)


@THEME.programs_over(KINDS)
def rows_of_each_batch(tf, np, kind):
    v = variable(tf, kind, np.arange(12.0).reshape(2, 3, 2))
    write = tf.batch_scatter_update(v, [[0, 2], [1, 0]], -np.ones([2, 2, 2]))
    with started(tf) as sess:
        sess.run(write.op)
        return sess.run(v), nodes(tf)


@THEME.programs_over(KINDS)
def the_places_of_its_operations(tf, np, kind):
    with tf.device("/cpu:1"), tf.container("box"):
        v = variable(tf, kind, 1.0)
        w = variable(tf, kind, lambda: 2.0, name="w", dtype=tf.float32)
    c = variable(tf, kind, 3.0, name="c", caching_device="/cpu:2")
    with tf.device("/cpu:3"):
        v.assign(2.0)
        v.read_value()
        c + 1.0
    rows = []
    for op in tf.get_default_graph().get_operations():
        names = [a for a in ("_class", "container", "shared_name") if a in op.node_def.attr]
        rows.append([op.name, op.device, [[n, op.get_attr(n)] for n in names]])
    return rows, v.device, w.device, c.op.name


@THEME.program
def sparse_gradients_through_a_handle(tf, np):
    v = variable(tf, "resource", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    rows = tf.gradients(v.sparse_read([2, 0, 2]) * [1.0, 3.0], v)[0]
    parts = tf.gradients(v.gather_nd([[2], [0]]), v)[0]
    single = tf.gradients(v.gather_nd([[2, 1], [0, 0]]), v)[0]
    with started(tf) as sess:
        return sess.run([rows, parts, single]), nodes(tf)


@THEME.programs_over(KINDS)
def slices_of_a_partitioned_variable(tf, np, kind):
    cut = tf.fixed_size_partitioner(3)
    with tf.variable_scope("s", partitioner=cut, use_resource=kind == "resource"):
        v = tf.get_variable("v", initializer=tf.constant([1.0, 2.0, 3.0, 4.0]))
        w = tf.get_variable("w", [2, 3], initializer=tf.zeros_initializer())
    with started(tf) as sess:
        before = sess.run(v.as_tensor())
        sess.run(v.assign(tf.constant([5.0, 6.0, 7.0, 8.0])))
        sess.run(v.assign_add(tf.ones([4])))
        return [
            before,
            sess.run(tf.identity(v)),
            [p.name for p in v],
            [p._get_save_slice_info().spec for p in v],
            [p.shape for p in w],
            len(v),
            v.name,
            v.dtype,
            v.get_shape(),
            nodes(tf),
        ]


@THEME.program
def partitions_made_by_hand(tf, np):
    parts = tf.create_partitioned_variables([4, 3], [1, 2], tf.ones_initializer())
    more = tf.create_partitioned_variables([4], [2], tf.zeros_initializer(), name="more")
    return [
        [[p.name, p.shape, p._get_save_slice_info().spec] for p in parts + more],
        caught(lambda: tf.create_partitioned_variables([4], [1, 2], tf.ones_initializer())),
        caught(lambda: tf.create_partitioned_variables([], [], tf.ones_initializer())),
        caught(lambda: tf.create_partitioned_variables([4, 3], [2, 3], tf.ones_initializer())),
        nodes(tf),
    ]


@THEME.program
def raw_places(tf, np):
    place = tf.raw_ops.TemporaryVariable(shape=[2], dtype=tf.float32, var_name="t")
    more = tf.assign_add(tf.assign(place, [1.0, 2.0]), [3.0, 4.0])
    last = tf.raw_ops.DestroyTemporaryVariable(ref=more, var_name="t")
    handle = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[None, 2], shared_name="h")
    write = tf.raw_ops.AssignVariableOp(resource=handle, value=[[1.0, 2.0]])
    with tf.control_dependencies([write]):
        read = tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32)
        shape = tf.raw_ops.VariableShape(input=handle, out_type=tf.int64)
    with tf.Session() as sess:
        return [
            sess.run(last),
            sess.run(last),
            sess.run(tf.raw_ops.VarIsInitializedOp(resource=handle)),
            sess.run([read, shape]),
            read,
            shape,
            caught(lambda: tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.int32)),
            caught(lambda: tf.raw_ops.AssignVariableOp(resource=handle, value=[1, 2])),
            caught(lambda: tf.raw_ops.AssignAddVariableOp(resource=handle, value=[1.0, 2.0])),
        ]


@THEME.program
def initial_values_of_unknown_shape(tf, np):
    fed = tf.placeholder(tf.float32)
    v = tf.Variable(fed, validate_shape=False)
    r = tf.Variable(fed, shape=tf.TensorShape(None), use_resource=True, name="r")
    with tf.Session() as sess:
        sess.run([v.initializer, r.initializer], {fed: [1.0, 2.0]})
        first = sess.run([v, r])
        sess.run([tf.assign(v, [[3.0]], validate_shape=False), r.assign([[3.0]]).op])
        return [
            first,
            sess.run([v, r]),
            v.shape,
            r.shape,
            caught(lambda: tf.Variable(fed)),
            caught(lambda: tf.Variable([1.0, 2.0], shape=[3], use_resource=True)),
        ]


@THEME.programs_over(KINDS)
def arguments_that_are_refused(tf, np, kind):
    return [
        caught(lambda: variable(tf, kind, None)),
        caught(lambda: variable(tf, kind, 1.0, collections="variables")),
        caught(lambda: variable(tf, kind, 1.0, constraint=3)),
        caught(lambda: variable(tf, kind, 1.0, aggregation=17)),
        caught(lambda: variable(tf, kind, 1.0, synchronization=17)),
        caught(lambda: variable(tf, kind, 1.0).scatter_add(3.0)),
        caught(lambda: tf.assign(tf.constant(1.0), 2.0)) and None,
        caught(lambda: tf.convert_to_tensor(variable(tf, kind, 1.0), dtype=tf.int32)),
    ]
