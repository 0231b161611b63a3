"""What goes wrong while a graph runs: class and first line of the message."""

from programs.theme import Theme, caught, started

THEME = Theme()


def run(tf, fetch, feed=None):
    with tf.Session() as sess:
        return sess.run(fetch, feed)


@THEME.program
def an_unfed_placeholder(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    y = tf.placeholder(tf.float64, [None, 3], name="y")
    return [caught(lambda: run(tf, x + 1.0)), caught(lambda: run(tf, y))]


@THEME.program
def an_uninitialised_ref_variable(tf, np):
    v = tf.Variable(1.0, name="v")
    return [
        caught(lambda: run(tf, v)),
        caught(lambda: run(tf, v + 1.0)),
        caught(lambda: run(tf, v.assign_add(1.0))),
    ]


@THEME.program(class_only="names a container and a host of the real runtime")
def an_uninitialised_resource_variable(tf, np):
    v = tf.Variable(1.0, name="v", use_resource=True)
    return [caught(lambda: run(tf, v)), caught(lambda: run(tf, v.assign_add(1.0)))]


@THEME.program
def scattering_into_an_uninitialised_variable(tf, np):
    v = tf.Variable([1.0], name="v")
    return caught(lambda: run(tf, tf.scatter_update(v, [0], [1.0])))


@THEME.program
def a_failed_numeric_check(tf, np):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.check_numerics(tf.log(x), "the log")
    return [
        caught(lambda: run(tf, y, {x: [-1.0, 1.0]})),
        caught(lambda: run(tf, y, {x: [0.0, 1.0]})),
        caught(lambda: run(tf, y, {x: [0.0, -1.0]})),
        run(tf, y, {x: [1.0, 1.0]}),
    ]


@THEME.program
def a_failed_assert(tf, np):
    x = tf.placeholder(tf.float32, [3], name="x")
    check = tf.Assert(tf.reduce_all(x > 0.0), ["x must be positive", x])
    return [
        caught(lambda: run(tf, check, {x: [1.0, -2.5, 3.0]})),
        run(tf, check, {x: [1.0, 2.0, 3.0]}),
    ]


@THEME.program
def a_failed_assert_summarises(tf, np):
    x = tf.placeholder(tf.int32, [None], name="x")
    check = tf.Assert(tf.constant(False), [x, "text"], summarize=5)
    short = tf.Assert(tf.constant(False), [x])
    feed = {x: list(range(10))}
    return [caught(lambda op=op: run(tf, op, feed)) for op in (check, short)]


@THEME.program
def asserts_of_the_library(tf, np):
    x = tf.placeholder(tf.float32, [2], name="x")
    checks = [
        tf.assert_positive(x),
        tf.assert_equal(x, [1.0, 2.0], message="not what was asked"),
        tf.assert_less(x, 2.0),
        tf.assert_non_negative(x),
    ]
    return [caught(lambda check=check: run(tf, check, {x: [-1.0, 5.0]})) for check in checks]


@THEME.program
def static_asserts_raise_at_once(tf, np):
    return [
        caught(lambda: tf.assert_positive(tf.constant([1, -1]))),
        caught(lambda: tf.assert_equal(tf.constant(1), 2)),
        caught(lambda: tf.assert_rank(tf.zeros([2, 2]), 3)),
        caught(lambda: tf.assert_type(tf.zeros([2]), tf.int32)),
        caught(lambda: tf.Assert(tf.constant(True), [])),
        caught(lambda: tf.Assert(False, ["at once"])),
    ]


@THEME.program
def gather_out_of_range(tf, np):
    i = tf.placeholder(tf.int32, [None], name="i")
    params = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="params")
    y = tf.gather(params, i)
    z = tf.nn.embedding_lookup(params, i)
    n = tf.gather_nd(params, [[0, 0], [2, 2]])
    return [
        caught(lambda: run(tf, y, {i: [0, 3]})),
        caught(lambda: run(tf, y, {i: [-1]})),
        caught(lambda: run(tf, z, {i: [7]})),
        caught(lambda: run(tf, n)),
        run(tf, y, {i: [2, 0]}),
    ]


@THEME.program
def scatter_out_of_range(tf, np):
    i = tf.placeholder(tf.int32, [None], name="i")
    v = tf.Variable([1.0, 2.0, 3.0], name="v")
    r = tf.Variable([1.0, 2.0, 3.0], name="r", use_resource=True)
    x = tf.placeholder(tf.float32, [None], name="x")
    writes = [tf.scatter_add(v, i, x), tf.scatter_update(r, i, x)]
    with started(tf) as sess:
        feed = {i: [0, 3], x: [1.0, 1.0]}
        return [caught(lambda write=write: sess.run(write, feed)) for write in writes]


@THEME.program
def runtime_shapes_that_do_not_fit(tf, np):
    a = tf.placeholder(tf.float32, name="a")
    b = tf.placeholder(tf.float32, name="b")
    feed = {a: np.zeros([2, 3]), b: np.zeros([2, 4])}
    ys = [a + b, tf.matmul(a, b), tf.concat([a, b], 0), tf.reshape(a, [4])]
    return [caught(lambda y=y: run(tf, y, feed)) for y in ys]


@THEME.program
def integer_division_by_zero(tf, np):
    x = tf.placeholder(tf.int32, [None], name="x")
    ys = [10 // x, 10 % x, tf.div(10, x)]
    return [caught(lambda y=y: run(tf, y, {x: [2, 0]})) for y in ys]


@THEME.program
def float_division_by_zero_is_no_error(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    return run(tf, [1.0 / x, -1.0 / x, x / x], {x: [0.0, 2.0]})


@THEME.program
def labels_out_of_range(tf, np):
    labels = tf.placeholder(tf.int32, [None], name="labels")
    y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=tf.zeros([2, 3]))
    return caught(lambda: run(tf, y, {labels: [0, 3]}))


@THEME.program
def a_py_func_that_raises(tf, np):
    def fail(value):
        raise ValueError("from inside")

    y = tf.py_func(fail, [tf.constant(1.0)], tf.float32)
    return type(caught(lambda: run(tf, y))).__name__


@THEME.program(class_only="names a token that counts all functions of the process")
def a_py_func_of_the_wrong_dtype(tf, np):
    y = tf.py_func(lambda: np.float64(1.0), [], tf.float32, name="f")
    return caught(lambda: run(tf, y))


@THEME.program
def an_integer_power_that_is_negative(tf, np):
    x = tf.placeholder(tf.int32, [None], name="x")
    return caught(lambda: run(tf, tf.pow(2, x), {x: [2, -1]}))


@THEME.program
def a_negative_size(tf, np):
    n = tf.placeholder(tf.int32, [], name="n")
    ys = [tf.zeros(tf.stack([n])), tf.random_uniform(tf.stack([n])), tf.one_hot([0], n)]
    return [caught(lambda y=y: run(tf, y, {n: -1})) for y in ys]


@THEME.program
def errors_keep_op_and_class(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    y = tf.check_numerics(x, "x is bad", name="check")
    error = caught(lambda: run(tf, y, {x: [np.nan]}))
    kinds = [isinstance(error, kind) for kind in (tf.errors.OpError, ValueError, Exception)]
    return error.op.name, error.op.type, error.error_code, error.node_def.name, kinds


@THEME.program
def several_errors_the_run_still_names_one(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    good, bad = tf.identity(x), tf.check_numerics(x, "x is bad", name="check")
    return caught(lambda: run(tf, [good, bad], {x: [np.inf]}))


@THEME.program
def a_session_goes_on_after_an_error(tf, np):
    v = tf.Variable(1.0, name="v")
    x = tf.placeholder(tf.float32, [], name="x")
    write = v.assign_add(tf.check_numerics(x, "bad"))
    with started(tf) as sess:
        answers = [sess.run(write, {x: 1.0})]
        for value in (np.nan, 2.0, np.inf, 3.0):
            answers.append(caught(lambda value=value: sess.run(write, {x: value})))
        return answers, sess.run(v)


@THEME.program
def count_up_to_its_limit(tf, np):
    v = tf.Variable(3, name="v")
    with started(tf) as sess:
        return caught(lambda: sess.run(v.count_up_to(3)))


@THEME.program
def error_classes_have_codes(tf, np):
    names = "Cancelled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists"
    names += " PermissionDenied Unauthenticated ResourceExhausted FailedPrecondition Aborted"
    names += " OutOfRange Unimplemented Internal Unavailable DataLoss"
    classes = [getattr(tf.errors, name + "Error") for name in names.split()]
    return [(cls.__name__, cls(None, None, "text").error_code) for cls in classes]


@THEME.program
def numbers_that_are_not_finite(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    checked = tf.verify_tensor_all_finite(x, "bad x", name="look")
    root = tf.sqrt(x)
    all_checked = tf.add_check_numerics_ops()
    nodes = [
        (op.type, op.name, [t.name for t in op.inputs], [c.name for c in op.control_inputs])
        for op in tf.get_default_graph().get_operations()
    ]
    return [
        nodes,
        run(tf, [checked, all_checked], {x: [1.0, 4.0]})[0],
        caught(lambda: run(tf, checked, {x: [np.nan]})),
        caught(lambda: run(tf, [root, all_checked], {x: [-1.0]})),
    ]


@THEME.program
def checks_of_all_numbers_beside_a_cond(tf, np):
    tf.cond(tf.constant(True), lambda: tf.constant(1.0), lambda: tf.constant(2.0))
    return caught(tf.add_check_numerics_ops)
