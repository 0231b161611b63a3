"""while_loop: the nodes it makes, values, shapes, structures, and what it refuses."""

import collections

from programs.theme import Theme, caught, started, wiring

THEME = Theme()
Pair = collections.namedtuple("Pair", ["first", "second"])


def below(limit):
    """A condition on the first loop variable."""
    return lambda i, *rest: i < limit


def ran(tf, fetches, feeds=None):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(fetches, feeds)


@THEME.program
def one_variable(tf, np):
    y = tf.while_loop(lambda i: tf.less(i, 10), lambda i: tf.add(i, 3), [tf.constant(0)])
    return y, ran(tf, y), wiring(tf)


@THEME.program
def a_list_of_one_stays_when_asked(tf, np):
    options = [{}, {"maximum_iterations": 2}]
    ys = [tf.while_loop(below(10), lambda i: i + 1, [0], **o) for o in options]
    same = [
        tf.while_loop(below(10), lambda i: [i + 1], [0], return_same_structure=True, **o)
        for o in options
    ]
    return ys, same, ran(tf, [ys, same])


@THEME.program
def captured_tensors_and_variables(tf, np):
    x = tf.placeholder(tf.float32, [None, 2])
    w = tf.Variable(tf.constant([[1.0, 2.0], [3.0, 4.0]]))
    y = tf.while_loop(below(3), lambda i, a: (i + 1, tf.matmul(a, w)), (tf.constant(0), x))
    return y, ran(tf, y, {x: [[1.0, 0.5]]}), wiring(tf)


@THEME.program
def a_loop_that_never_runs(tf, np):
    n = tf.placeholder(tf.int32, [])
    y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a / 0.0), [0, 1.0])
    return [ran(tf, y, {n: limit}) for limit in (0, -3, 1)]


@THEME.program
def at_most_some_iterations(tf, np):
    n = tf.placeholder(tf.int64, [])
    y = tf.while_loop(
        below(10), lambda i, j: [i + 1, j * 2.0], [0, 1.0], maximum_iterations=n, name="bounded"
    )
    return y, [ran(tf, y, {n: bound}) for bound in (0, 4, 40)], wiring(tf)


@THEME.program
def nested_loops(tf, np):
    x = tf.placeholder(tf.float32, [2])

    def body(i, a):
        j, b = tf.while_loop(
            lambda j, b: j < i, lambda j, b: (j + 1, b * x + tf.constant(2.0)), [tf.constant(0), a]
        )
        return i + 1, b + tf.cast(j, tf.float32)

    y = tf.while_loop(below(3), body, [0, x])
    return y, ran(tf, y, {x: [1.0, 0.5]}), wiring(tf)


@THEME.program
def a_cond_in_a_loop(tf, np):
    x, y = tf.placeholder(tf.float32, [2]), tf.constant(3.0)

    def body(i, a):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a * y, lambda: a + x)

    z = tf.while_loop(below(3), body, [0, x])
    return z, ran(tf, z, {x: [1.0, 0.5]}), wiring(tf)


@THEME.program
def a_loop_in_a_cond(tf, np):
    x, p = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.bool, [])
    y = tf.constant(3.0)

    def loop():
        return tf.while_loop(below(3), lambda i, a: (i + 1, a * y + tf.constant(1.0)), [0, x])[1]

    z = tf.cond(p, loop, lambda: x)
    return z, [ran(tf, z, {x: [1.0, 0.5], p: choice}) for choice in (True, False)], wiring(tf)


@THEME.program
def conds_and_loops_four_deep(tf, np):
    n, p = tf.placeholder(tf.int32, []), tf.placeholder(tf.bool, [])

    def inner(j):
        return tf.cond(
            j > n,
            lambda: tf.while_loop(lambda k: k < 2 * n, lambda k: k + n * j, [j]),
            lambda: j + n,
        )

    def body(i):
        return tf.cond(
            p, lambda: tf.while_loop(lambda j: j < n + 2, lambda j: inner(j), [i]), lambda: i + n
        )

    y = tf.while_loop(lambda i: i < n, body, [0])
    return y, [ran(tf, y, {n: 3, p: choice}) for choice in (True, False)], wiring(tf)


@THEME.program
def a_case_in_a_loop(tf, np):
    n = tf.placeholder(tf.int32, [])

    def body(i):
        pairs = [(i < 2, lambda: i + 2), (tf.logical_and(i >= 2, i < 4), lambda: i + 1)]
        return tf.case(pairs, default=lambda: n + 0, exclusive=True)

    y = tf.while_loop(lambda i: i < n, body, [0])
    return y, ran(tf, y, {n: 7}), wiring(tf)


@THEME.program
def control_inputs_around_a_loop(tf, np):
    a, b = tf.no_op(name="a"), tf.constant(1, name="b")
    with tf.control_dependencies([a, b]):
        y = tf.while_loop(lambda i: i < 3, lambda i: i + tf.constant(1), [0])
    return ran(tf, y), wiring(tf)


@THEME.program
def control_inputs_from_outside_inside_a_loop(tf, np):
    c = tf.placeholder(tf.float32, [], name="c")

    def body(i):
        with tf.control_dependencies([c]):
            return i + tf.constant(2, name="inner")

    y = tf.while_loop(lambda i: i < 3, body, [0])
    return ran(tf, y, {c: 1.0}), caught(lambda: ran(tf, y)).__class__.__name__, wiring(tf)


@THEME.program
def shape_invariants(tf, np):
    x = tf.placeholder(tf.float32, [1, 2])
    y = tf.while_loop(
        below(3),
        lambda i, x: (i + 1, tf.concat([x, 2.0 * x], 0)),
        [0, x],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])],
    )
    return y, ran(tf, y, {x: [[1.0, 2.0]]}), wiring(tf)


@THEME.program
def shapes_that_are_refused(tf, np):
    x = tf.placeholder(tf.float32, [1, 2], name="x")

    def loop(invariants, body=lambda i, x: (i + 1, x)):
        shapes = invariants and [tf.TensorShape(s) for s in invariants]
        return caught(lambda: tf.while_loop(below(3), body, [0, x], shape_invariants=shapes))

    return [
        loop(None, lambda i, x: (i + 1, tf.concat([x, x], 0))),
        loop([[], [3, 2]]),
        loop([[]]),
        caught(
            lambda: tf.while_loop(
                below(3), lambda i, x: (i + 1, x), [0, x], shape_invariants=[[], [1, 2]]
            )
        ),
    ]


@THEME.program
def structures(tf, np):
    y = tf.while_loop(
        below(3),
        lambda i, d, p: (i + 1, {"x": d["x"] + 1.0, "y": d["y"]}, Pair(p.second, p.first)),
        (0, {"x": 1.0, "y": 2.0}, Pair(tf.constant(1), tf.constant(2))),
    )
    return y, ran(tf, y)


@THEME.program
def structures_that_are_refused(tf, np):
    two = [tf.constant(0), tf.constant(1)]
    return [
        caught(lambda: tf.while_loop(below(3), lambda i, j: i, two)),
        caught(lambda: tf.while_loop(below(3), lambda i, j: (i, (j,)), two)),
        caught(lambda: tf.while_loop(below(3), lambda i, j: (i, j, i), two)),
        caught(lambda: tf.while_loop(below(3), lambda i, j: None, two)),
        caught(lambda: tf.while_loop(below(3), lambda i: i, two)).__class__.__name__,
    ]


@THEME.program
def arguments_that_are_refused(tf, np):
    same = lambda i: i  # noqa: E731
    return [
        caught(lambda: tf.while_loop(3, same, [0])),
        caught(lambda: tf.while_loop(below(3), 2, [0])),
        caught(lambda: tf.while_loop(below(3), same, [])),
        caught(lambda: tf.while_loop(below(3), same, [0], parallel_iterations=0)),
        caught(lambda: tf.while_loop(below(3), same, [0], parallel_iterations=1.5)),
        caught(lambda: tf.while_loop(below(3), same, [0], maximum_iterations=[1, 2])),
        caught(lambda: tf.while_loop(lambda i: i, same, [0])),
        caught(lambda: tf.while_loop(below(3.0), same, [0])),
        caught(lambda: tf.while_loop(below(3), same, tf.constant(0))),
    ]


@THEME.program
def values_of_a_loop_stay_inside(tf, np):
    inside = []

    def body(i):
        inside.append(tf.add(i, 1, name="inside"))
        return inside[0]

    tf.while_loop(lambda i: i < 3, body, [0])
    with tf.Session() as sess:
        return [
            caught(lambda: inside[0] * 2),
            caught(lambda: tf.while_loop(lambda i: i < 3, lambda i: i + inside[0], [0])),
            caught(lambda: sess.run(inside[0])),
            caught(lambda: sess.run("while/Exit:0", {inside[0]: 1})),
            sess.run("while/Exit:0"),
        ]


@THEME.program
def what_may_be_fed_and_fetched(tf, np):
    def body(i):
        return tf.while_loop(lambda j: j < 3, lambda j: j + 1, [i])

    tf.while_loop(lambda i: i < 3, body, [0])
    graph = tf.get_default_graph()
    return [
        [op.name, graph.is_fetchable(op), [graph.is_feedable(t) for t in op.outputs]]
        for op in graph.get_operations()
    ]


@THEME.program
def sparse_tensors(tf, np):
    s = tf.SparseTensor([[0, 1]], [1.0], [2, 3])

    def body(i, s):
        return i + 1, tf.SparseTensor(s.indices, s.values * 2.0, s.dense_shape)

    shapes = [tf.TensorShape([]), tf.TensorShape([2])]
    ys = [tf.while_loop(below(3), body, [0, s], shape_invariants=x)[1] for x in (None, shapes)]
    return ys, [list(v) for v in ran(tf, ys)], wiring(tf)


@THEME.program
def indexed_slices(tf, np):
    s = tf.IndexedSlices(tf.ones([2, 3]), tf.constant([0, 1]), tf.constant([4, 3]))

    def body(i, s):
        values, indices = tf.concat([s.values, 2.0 * s.values], 0), tf.concat([s.indices] * 2, 0)
        return i + 1, tf.IndexedSlices(values, indices, s.dense_shape)

    shapes = [tf.TensorShape([]), tf.TensorShape([None, 3])]
    y = tf.while_loop(below(2), body, [0, s], shape_invariants=shapes)[1]
    same = tf.while_loop(below(2), lambda i, s: (i + 1, s), [0, s])[1]
    dense = [tf.convert_to_tensor(y), tf.convert_to_tensor(same)]
    return y, same, ran(tf, dense), wiring(tf)


@THEME.program
def tensor_arrays(tf, np):
    array = tf.TensorArray(tf.float32, size=4, clear_after_read=False)

    def body(i, a):
        return i + 1, a.write(i, tf.cast(i, tf.float32) * 2.0)

    y = tf.while_loop(below(4), body, [0, array])[1].stack()
    return y, ran(tf, y), wiring(tf)


@THEME.program
def a_tensor_array_from_a_cond(tf, np):
    p = tf.placeholder(tf.bool, [])
    array = tf.TensorArray(tf.float32, size=2, infer_shape=False)
    array = tf.cond(p, lambda: array.write(0, 1.0), lambda: array.write(0, [2.0, 3.0]))
    y = array.read(0)
    return [ran(tf, y, {p: choice}) for choice in (True, False)], wiring(tf)


@THEME.program
def a_variable_that_the_body_assigns(tf, np):
    v = tf.Variable(1.0, name="v")

    def body(i):
        with tf.control_dependencies([tf.assign_add(v, 2.0)]):
            return i + 1

    y = tf.while_loop(lambda i: i < 3, body, [0])
    with started(tf) as sess:
        return sess.run(y), sess.run(v), wiring(tf)


@THEME.program
def a_resource_variable_that_the_body_assigns(tf, np):
    v = tf.Variable(1.0, name="v", use_resource=True)

    def body(i, x):
        with tf.control_dependencies([v.assign_add(2.0)]):
            x = x + v.read_value()
        with tf.control_dependencies([x]):  # else TensorFlow's next assignment may come before
            return i + 1, x

    y = tf.while_loop(below(3), body, [0, 0.0])
    with started(tf) as sess:
        return sess.run(y), sess.run(v), wiring(tf)


@THEME.program
def a_variable_as_a_loop_variable(tf, np):
    v = tf.Variable(1.0)
    y = tf.while_loop(lambda x: x < 3.0, lambda x: x + v, [v])
    return y, ran(tf, y), wiring(tf)


@THEME.program
def a_reference_as_a_loop_variable(tf, np):
    v = tf.Variable(1.0)
    y = tf.while_loop(lambda x: x < 3.0, lambda x: tf.assign_add(x, 1.0), [v._ref()])
    return y, wiring(tf)


@THEME.program
def devices(tf, np):
    with tf.device("/cpu:0"):
        x = tf.constant(1.0)

    def body(i, a):
        with tf.device("/cpu:1"):
            return i + 1, a * x

    with tf.device("/cpu:2"):
        tf.while_loop(below(3), body, [0, x])
    ops = tf.get_default_graph().get_operations()
    return [[op.name, op.device, op.colocation_groups()] for op in ops]


@THEME.program
def summaries_in_the_body(tf, np):
    def body(i):
        tf.summary.scalar("s", tf.cast(i, tf.float32))
        return i + 1

    y = tf.while_loop(lambda i: i < 3, body, [0])
    return ran(tf, y), len(tf.get_collection(tf.GraphKeys.SUMMARIES)), wiring(tf)


@THEME.program
def asserts_in_the_body(tf, np):
    n = tf.placeholder(tf.int32, [])

    def body(i):
        with tf.control_dependencies([tf.Assert(i < 2, ["too far", i])]):
            return i + 1

    y = tf.while_loop(lambda i: i < n, body, [0])
    return ran(tf, y, {n: 2}), caught(lambda: ran(tf, y, {n: 4})).__class__.__name__, wiring(tf)


@THEME.program
def constants_and_shapes_inside(tf, np):
    x = tf.placeholder(tf.float32, [None])

    def body(i, y):
        return i + tf.size(x), tf.constant(2.0) + tf.zeros([])

    y = tf.while_loop(lambda i, y: i < tf.shape(x)[0] * tf.rank(x) * 3, body, [0, 1.0])
    return y, ran(tf, y, {x: [1.0, 2.0]}), wiring(tf)


@THEME.program
def collections_of_contexts(tf, np):
    p = tf.placeholder(tf.bool, [])
    tf.while_loop(
        lambda i: i < 3, lambda i: tf.cond(p, lambda: i + 1, lambda: i + 2), [0], name="outer"
    )
    tf.cond(p, lambda: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0]), lambda: 1)
    keys = [tf.GraphKeys.WHILE_CONTEXT, tf.GraphKeys.COND_CONTEXT]
    ops = tf.get_default_graph().get_operations()
    contexts = [[op.name, str(op._get_control_flow_context())] for op in ops]
    return [[c.name for c in tf.get_collection(key)] for key in keys], contexts


@THEME.program
def a_body_of_another_dtype(tf, np):
    y = tf.while_loop(lambda i: i < 3, lambda i: tf.cast(i, tf.float32), [0])
    error = caught(lambda: ran(tf, y))
    return y, type(error).__name__, error.message.split("\n")[0]


@THEME.program
def no_edges_of_other_shapes(tf, np):
    x = [tf.placeholder(tf.float32, shape) for shape in ([2, 3], [3, 3], [2], [None, None, None])]
    y = tf.identity(x[0])
    answers = [caught(lambda z=z: y.op._update_input(0, z)) for z in x[1:]]
    y.op._update_input(0, tf.placeholder(tf.float32, [None, 3], name="fits"))
    return answers, y, [t.name for t in y.op.inputs]


@THEME.program
def imported_into_a_loop_and_a_branch(tf, np):
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.while_loop(below(3), lambda i, a: (i + 1, a * x + 1.0), [0, x], name="loop")[1]
        tf.identity(y, name="y")

    def imported(value):
        return tf.import_graph_def(
            graph.as_graph_def(), input_map={"x": value}, return_elements=["y:0"], name="copy"
        )[0]

    z, p = tf.placeholder(tf.float32, []), tf.placeholder(tf.bool, [])
    shapes = [tf.TensorShape([]), tf.TensorShape(None)]
    inside = tf.while_loop(
        below(2), lambda i, a: (i + 1, imported(a)), [0, z], shape_invariants=shapes
    )
    branch = tf.cond(p, lambda: imported(z), lambda: z)
    # Two runs: TensorFlow tells the frames of the two copies by their one name.
    return [ran(tf, y, {z: 0.5, p: True}) for y in (inside[1], branch)], wiring(tf)
