"""Gradients through loops: the nodes they make, and their values."""

from programs.theme import Theme, caught, wiring

THEME = Theme(rtol=2e-5, atol=1e-6)
VECTOR = [0.75, 0.5]
MATRIX = [[0.5, 0.25, 0.75], [0.9, 0.6, 0.3]]


def below(limit):
    """A condition on the first loop variable."""
    return lambda i, *rest: i < limit


def vector(tf, shape=(2,), name="x", dtype="float32"):
    return tf.placeholder(tf.as_dtype(dtype), list(shape), name=name)


def answers(tf, y, xs, feeds, **options):
    """The gradients, as tensors and as numbers, and all nodes."""
    gradients = tf.gradients(y, xs, **options)
    some = [g for g in gradients if g is not None]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = sess.run(some, feeds)
    return gradients, [list(v) if isinstance(v, tuple) else v for v in values], wiring(tf)


@THEME.program
def of_the_start(tf, np):
    x = vector(tf)
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * a), [0, x])[1]
    return answers(tf, y, [x], {x: VECTOR})


@THEME.program
def of_a_captured_tensor(tf, np):
    x, w = vector(tf, [None]), vector(tf, [None], "w")
    y = tf.while_loop(below(3), lambda i, a: (i + 1, tf.tanh(a * w)), [0, x])[1]
    return answers(tf, y, [x, w], {x: VECTOR, w: [1.5, -0.5]})


@THEME.program
def of_a_loop_that_never_runs(tf, np):
    n, x, w = tf.placeholder(tf.int32, []), vector(tf, [None]), vector(tf, [None], "w")
    y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a * w / 0.0), [0, x])[1]
    return answers(tf, y, [x, w], {x: VECTOR, w: [1.5, -0.5], n: 0})[1]


@THEME.programs_over(["ref", "resource"])
def of_variables(tf, np, kind):
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable(tf.constant([*MATRIX, [1.0, 0.5, 0.0]]), use_resource=kind == "resource")
    b = tf.Variable(tf.zeros([3]), use_resource=kind == "resource")
    y = tf.while_loop(below(3), lambda i, a: (i + 1, tf.sigmoid(tf.matmul(a, w) + b)), [0, x])[1]
    return answers(tf, tf.reduce_sum(y), [x, w, b], {x: MATRIX})


@THEME.program
def of_two_variables_that_mix(tf, np):
    x, z = vector(tf), vector(tf, name="z")
    r = tf.while_loop(below(3), lambda i, a, b: (i + 1, a * b, b + a), [0, x, z])
    return answers(tf, r[1], [x, z], {x: VECTOR, z: [1.5, -0.5]})


@THEME.program
def of_two_results(tf, np):
    x, z = vector(tf, [None]), vector(tf, [None], "z")
    r = tf.while_loop(below(3), lambda i, a, b: (i + 1, a * b, b + a), [0, x, z])
    weights = [tf.ones_like(x), None]
    return answers(tf, [r[1], r[2]], [x, z], {x: VECTOR, z: [1.5, -0.5]}, grad_ys=weights)


@THEME.program
def of_a_variable_that_nothing_needs(tf, np):
    x, z = vector(tf), vector(tf, name="z")
    r = tf.while_loop(below(3), lambda i, a, b: (i + 1, a * a, b + b), [0, x, z])
    return answers(tf, r[1] + 1.0, [x, z], {x: VECTOR, z: [1.5, -0.5]})


@THEME.programs_over({"known": [2], "unknown": [None]})
def of_what_forgets_the_iteration_before(tf, np, shape):
    x, z = vector(tf, shape), vector(tf, shape, "z")
    y = tf.while_loop(below(3), lambda i, a: (i + 1, z * z), [0, x])[1]
    return answers(tf, y, [x, z], {x: VECTOR, z: [1.5, -0.5]})


@THEME.program
def of_what_forgets_in_double_precision(tf, np):
    x, z = vector(tf, [2], "x", "float64"), vector(tf, [2], "z", "float64")
    y = tf.while_loop(below(3), lambda i, a: (i + 1, z * z), [0, x])[1]
    return answers(tf, y, [x, z], {x: VECTOR, z: [1.5, -0.5]})


@THEME.program
def of_nested_loops(tf, np):
    x, w = vector(tf), vector(tf, name="w")

    def body(i, a):
        return i + 1, tf.while_loop(lambda j, b: j < i, lambda j, b: (j + 1, b * a * w), [0, a])[
            1
        ] * a

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, w], {x: VECTOR, w: [1.5, -0.5]})


@THEME.program
def of_nested_loops_of_unknown_shapes(tf, np):
    x, w = vector(tf, [None]), vector(tf, [None], "w")

    def body(i, a):
        c = tf.sin(a)
        b = tf.while_loop(
            lambda j, b, d: j < i, lambda j, b, d: (j + 1, b * c * w, d + b), [0, a, w]
        )[1]
        return i + 1, b * a

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, w], {x: VECTOR, w: [1.5, -0.5]})


@THEME.program
def of_three_loops_deep(tf, np):
    x, w = vector(tf, [None]), vector(tf, [2], "w")

    def inner(j, b):
        return j + 1, tf.while_loop(
            lambda k, c: k < j, lambda k, c: (k + 1, tf.sin(c) * b * w), [0, b]
        )[1]

    def body(i, a):
        return i + 1, tf.while_loop(lambda j, b: j < i, inner, [0, a])[1] * a

    y = tf.while_loop(below(4), body, [0, x], swap_memory=True)[1]
    return answers(tf, y, [x, w], {x: VECTOR, w: [1.5, -0.5]})


@THEME.programs_over({"known": [2], "unknown": [None]})
def of_a_cond_in_a_loop(tf, np, shape):
    x, z = vector(tf, shape), vector(tf, shape, "z")

    def body(i, a):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a * z, lambda: tf.sin(a))

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, z], {x: VECTOR, z: [1.5, -0.5]})


@THEME.program
def of_branches_that_only_some_iterations_take(tf, np):
    x, z, p = vector(tf, [None]), vector(tf, [None], "z"), tf.placeholder(tf.bool, [])

    def body(i, a):
        b = a * 2.0
        return i + 1, tf.cond(tf.logical_and(p, i > 0), lambda: tf.exp(a * z) * b, lambda: b)

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, z], {x: VECTOR, z: [0.1, -0.5], p: True})


@THEME.program
def of_nested_conds_in_a_loop(tf, np):
    x, z = vector(tf, [None]), vector(tf, [None], "z")

    def body(i, a):
        b = a * 2.0

        def inner():
            return tf.cond(tf.reduce_sum(a) > 1.5, lambda: tf.exp(a * z) * b, lambda: a)

        return i + 1, tf.cond(i < 2, inner, lambda: b)

    y = tf.while_loop(below(4), body, [0, x])[1]
    return answers(tf, y, [x, z], {x: VECTOR, z: [0.1, -0.5]})


@THEME.program
def of_a_case_in_a_loop(tf, np):
    x = vector(tf)

    def body(i, a):
        pairs = [(i < 1, lambda: a * 2.0), (i < 2, lambda: tf.sin(a))]
        return i + 1, tf.case(pairs, default=lambda: a * a)

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x], {x: VECTOR})[1:]


@THEME.program
def of_a_loop_in_a_cond(tf, np):
    x, w, p = vector(tf, [None]), vector(tf, [], "w"), tf.placeholder(tf.bool, [])

    def loop():
        return tf.while_loop(below(3), lambda i, a: (i + 1, a * w * tf.sin(a)), [0, x])[1]

    y = tf.cond(p, loop, lambda: x * w)
    found = answers(tf, y, [x, w], {x: VECTOR, w: 1.5, p: False})
    with tf.Session() as sess:
        return found, sess.run(found[0], {x: VECTOR, w: 1.5, p: True})


@THEME.program
def of_a_loop_in_a_cond_in_a_loop(tf, np):
    x, w = vector(tf, [None]), vector(tf, [], "w")

    def body(i, a):
        def loop():
            return tf.while_loop(below(3), lambda j, b: (j + 1, b * w * tf.sin(b)), [0, a])[1]

        return i + 1, tf.cond(i < 2, loop, lambda: a * w)

    y = tf.while_loop(below(4), body, [0, x])[1]
    return answers(tf, y, [x, w], {x: VECTOR, w: 1.5})


@THEME.programs_over(["ref", "resource"])
def of_a_gather(tf, np, kind):
    t = tf.Variable(tf.constant(MATRIX * 2), use_resource=kind == "resource")
    x = vector(tf, [3])
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * tf.gather(t, i)), [0, x])[1]
    return answers(tf, y, [x, t], {x: [1.0, 2.0, -1.0]})


@THEME.programs_over(["ref", "resource"])
def of_an_embedding_with_fed_ids(tf, np, kind):
    t = tf.Variable(tf.constant(MATRIX * 2), use_resource=kind == "resource")
    x, ids = vector(tf, [3]), tf.placeholder(tf.int32, [None])

    def body(i, a):
        return i + 1, a * tf.reduce_sum(tf.nn.embedding_lookup(t, ids), 0)

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, t], {x: [1.0, 2.0, -1.0], ids: [0, 3, 0]})


@THEME.program
def of_a_gather_from_a_tensor_of_unknown_rows(tf, np):
    t, x = tf.placeholder(tf.float32, [None, 3]), vector(tf, [3])
    y = tf.while_loop(below(2), lambda i, a: (i + 1, a * tf.gather(t, i)), [0, x])[1]
    return answers(tf, y, [x, t], {x: [1.0, 2.0, -1.0], t: MATRIX})


@THEME.program
def of_a_gather_in_nested_loops(tf, np):
    t, x = tf.Variable(tf.constant(MATRIX * 2)), vector(tf, [3])

    def body(i, a):
        return i + 1, tf.while_loop(
            lambda j, b: j < i, lambda j, b: (j + 1, b * tf.gather(t, j)), [0, a]
        )[1]

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, t], {x: [1.0, 2.0, -1.0]})


@THEME.program
def of_a_gather_on_a_branch(tf, np):
    t, x = tf.Variable(tf.constant(MATRIX * 2)), vector(tf, [3])

    def body(i, a):
        return i + 1, tf.cond(i < 2, lambda: a * tf.gather(t, i), lambda: a)

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, t], {x: [1.0, 2.0, -1.0]})


@THEME.program
def of_slices_of_a_loop_variable(tf, np):
    t = tf.placeholder(tf.float32, [5, 3])
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * 2.0), [0, t])[1]
    return caught(lambda: tf.gradients(tf.gather(y, [1, 2]), t))


@THEME.program
def twice(tf, np):
    x = vector(tf)
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * a), [0, x])[1]
    d_x = tf.gradients(y, x)[0]
    return caught(lambda: tf.gradients(d_x, x)), answers(tf, y, [x], {x: VECTOR})[:2]


@THEME.program
def inside_the_body(tf, np):
    x, w = vector(tf), tf.Variable([1.0, 2.0])

    def body(i, a):
        y = tf.sin(a) * a * w
        return i + 1, a - 0.1 * tf.add_n(tf.gradients(y, [a, w]))

    y = tf.while_loop(below(3), body, [0, x])[1]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(y, {x: VECTOR}), wiring(tf)


@THEME.program
def inside_the_body_and_through_the_loop(tf, np):
    x = vector(tf)

    def body(i, a):
        return i + 1, a - 0.1 * tf.gradients(tf.sin(a) * a, a)[0]

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x], {x: VECTOR})


@THEME.program
def inside_the_body_of_the_start(tf, np):
    x = vector(tf)

    def body(i, a):
        return i + 1, a - tf.gradients(tf.sin(a) * a, x)[0]

    return caught(lambda: tf.while_loop(below(3), body, [0, x]))


@THEME.program
def inside_the_body_of_an_inner_loop(tf, np):
    x = vector(tf)

    def body(i, a):
        y = tf.while_loop(lambda j, b: j < i, lambda j, b: (j + 1, b * a), [0, a])[1]
        return i + 1, a - 0.1 * tf.gradients(y, a)[0]

    y = tf.while_loop(below(3), body, [0, x])[1]
    with tf.Session() as sess:
        return sess.run(y, {x: VECTOR}), wiring(tf)


@THEME.program
def on_a_branch(tf, np):
    x, p = vector(tf), tf.placeholder(tf.bool, [])
    outside = tf.while_loop(below(3), lambda i, a: (i + 1, a * a), [0, x])[1]

    def branch():
        inside = tf.while_loop(below(3), lambda i, a: (i + 1, a * a * x), [0, x])[1]
        return tf.gradients(outside, x)[0] + tf.gradients(inside, x)[0]

    y = tf.cond(p, branch, lambda: x)
    with tf.Session() as sess:
        return [sess.run(y, {x: VECTOR, p: choice}) for choice in (True, False)], wiring(tf)


@THEME.program
def without_back_prop(tf, np):
    x = vector(tf)
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * a), [0, x], back_prop=False)[1]
    return caught(lambda: tf.gradients(y, x)), wiring(tf)


@THEME.program
def with_one_iteration_at_a_time(tf, np):
    x = vector(tf)
    options = {"parallel_iterations": 1, "swap_memory": True, "maximum_iterations": 7}
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * a), (0, x), **options)[1]
    return answers(tf, y, [x], {x: VECTOR})


@THEME.program
def placed_with_operations(tf, np):
    x = vector(tf)
    with tf.device("/cpu:0"):
        w = tf.Variable([1.0, 2.0])
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * a * w), [0, x])[1]
    tf.gradients(y, [x, w], colocate_gradients_with_ops=True)
    ops = tf.get_default_graph().get_operations()
    return [[op.name, op.device, op.colocation_groups()] for op in ops]


@THEME.program
def gated(tf, np):
    x, w = vector(tf), tf.Variable([1.0, 2.0])
    y = tf.while_loop(below(3), lambda i, a: (i + 1, a * a * w), [0, x])[1]
    return answers(tf, y, [x, w], {x: VECTOR}, gate_gradients=True)


@THEME.program
def of_growing_shapes(tf, np):
    x = tf.placeholder(tf.float32, [1, 2])
    shapes = [tf.TensorShape([]), tf.TensorShape([None, 2])]
    y = tf.while_loop(
        below(3), lambda i, a: (i + 1, tf.concat([a, a * a], 0)), [0, x], shape_invariants=shapes
    )[1]
    return answers(tf, y, [x], {x: [VECTOR]})


@THEME.program
def of_sums_and_broadcasts(tf, np):
    x, w = tf.placeholder(tf.float32, [None, None]), vector(tf, [None], "w")

    def body(i, a):
        total = tf.reduce_sum(a * w, 1, keepdims=True)
        return i + 1, a + total / tf.reduce_mean(a) + tf.reduce_sum(a, 0)

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x, w], {x: MATRIX, w: [0.1, 0.2, 0.3]})


@THEME.program
def of_parts(tf, np):
    x = tf.placeholder(tf.float32, [None, 4])

    def body(i, a):
        c, _ = tf.split(a, 2, 1)
        return i + 1, tf.concat([c * c, c], 1)

    y = tf.while_loop(below(3), body, [0, x])[1]
    return answers(tf, y, [x], {x: [[1.0, 2.0, 3.0, 4.0]]})


@THEME.program
def of_two_loops_in_a_row(tf, np):
    x = vector(tf)
    r = tf.while_loop(below(3), lambda i, a: (i + 1, a * a), [0, x])[1]
    q = tf.while_loop(below(3), lambda i, a: (i + 1, a * r), [0, r])[1]
    return answers(tf, q + r, [x], {x: VECTOR})


@THEME.program
def of_a_counter(tf, np):
    x = vector(tf)
    r = tf.while_loop(below(3), lambda i, a: (i + 1, a * tf.cast(i + 1, tf.float32)), [0, x])
    return tf.gradients(r[0], x), answers(tf, r[1], [x], {x: VECTOR})


@THEME.program
def of_a_tensor_array(tf, np):
    x, w = vector(tf, [None]), vector(tf, [], "w")
    array = tf.TensorArray(tf.float32, size=4)

    def body(i, a, array):
        a = a * w
        return i + 1, a, array.write(i, tf.sin(a))

    y = tf.while_loop(below(4), body, [0, x, array])[2].stack()
    return answers(tf, y, [x, w], {x: VECTOR, w: 1.5})


@THEME.program
def of_a_meta_graph_read_back(tf, np):
    graph = tf.Graph()
    with graph.as_default():
        x, w = vector(tf, [None]), tf.Variable([1.5, 0.5], name="w")

        def body(i, a):
            b = tf.while_loop(lambda j, b: j < i, lambda j, b: (j + 1, b * w), [0, a])[1]
            return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: b * w, lambda: tf.sin(b) * w)

        y = tf.while_loop(below(3), body, (0, x), maximum_iterations=10)[1]
        tf.identity(y, name="y")
        meta_graph = tf.train.export_meta_graph()
    tf.train.import_meta_graph(meta_graph, import_scope="again")
    graph = tf.get_default_graph()
    x, y = graph.get_tensor_by_name("again/x:0"), graph.get_tensor_by_name("again/y:0")
    found = answers(tf, y, [x, tf.global_variables()[0]], {x: VECTOR})
    ops = graph.get_operations()
    return found, [str(op._get_control_flow_context()) for op in ops]


@THEME.program
def of_gradients_by_hessians(tf, np):
    x, w = vector(tf, [None]), tf.Variable([[1.0], [0.5]])
    y = tf.reduce_sum(tf.sin(x) * x[0]) + tf.reduce_sum(w) ** 3.0 * x[0]
    found = tf.hessians(y, [x, w])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return found, sess.run(found, {x: VECTOR}), wiring(tf)


@THEME.program
def of_a_graph_def_read_back(tf, np):
    graph = tf.Graph()
    with graph.as_default():
        x = vector(tf)
        y = tf.while_loop(below(3), lambda i, a: (i + 1, a * a), [0, x])[1]
        tf.identity(y, name="y")
    x, y = tf.import_graph_def(graph.as_graph_def(), return_elements=["x:0", "y:0"])
    return caught(lambda: tf.gradients(y, x))
