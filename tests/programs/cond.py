"""cond, case and Assert: the nodes they make, their values, shapes and structures."""

from programs.theme import Theme, caught, nodes, started, variable

THEME = Theme()


def both(tf, fetch, p):
    with tf.Session() as sess:
        return [sess.run(fetch, {p: choice}) for choice in (True, False)]


@THEME.program
def two_constants(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, lambda: tf.constant(1), lambda: tf.constant(2))
    return y, both(tf, y, p), nodes(tf)


@THEME.program
def tensors_from_outside(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    a, b = tf.constant([1.0, 2.0], name="a"), tf.constant([3.0, 4.0], name="b")
    y = tf.cond(p, lambda: a + b, lambda: a * b, name="choose")
    return y, both(tf, y, p), nodes(tf)


@THEME.program
def branches_that_return_what_came_in(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    a, b = tf.constant([1.0, 2.0], name="a"), tf.constant([3.0, 4.0], name="b")
    y = tf.cond(p, lambda: a, lambda: b)
    return y, both(tf, y, p), nodes(tf)


@THEME.program
def a_constant_predicate(tf, np):
    y = tf.cond(tf.constant(True), lambda: tf.constant(1.0), lambda: tf.constant(2.0))
    z = tf.cond(tf.less(1, 0), lambda: tf.constant(1.0), lambda: tf.constant(2.0))
    with tf.Session() as sess:
        return sess.run([y, z]), nodes(tf)


@THEME.program
def several_outputs(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(
        p,
        lambda: (tf.constant(1), tf.constant([1.0])),
        lambda: (tf.constant(2), tf.constant([2.0])),
    )
    return y, both(tf, y, p)


@THEME.program
def a_list_of_one_is_unpacked(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    make = [lambda: [tf.constant(1)], lambda: [tf.constant(2)]]
    return tf.cond(p, *make), tf.cond(p, *make, strict=True), nodes(tf)


@THEME.program
def dicts_and_nests(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    one = {"a": tf.constant(1), "b": [tf.constant(2.0), tf.constant(3.0)]}
    two = {"a": tf.constant(4), "b": [tf.constant(5.0), tf.constant(6.0)]}
    y = tf.cond(p, lambda: one, lambda: two)
    return y, both(tf, y, p)


@THEME.program
def python_numbers_become_tensors(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, lambda: 1.5, lambda: 2.5)
    return y, both(tf, y, p), nodes(tf)


@THEME.program
def shapes_merge(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [None, 3])
    pairs = [([2], [2]), ([2], [3]), ([2, 1], [2])]
    ys = [tf.cond(p, lambda a=a: tf.zeros(a), lambda b=b: tf.ones(b)) for a, b in pairs]
    ys.append(tf.cond(p, lambda: x, lambda: tf.zeros([4, 3])))
    return [y.get_shape() for y in ys], both(tf, ys[:3], p)


@THEME.program
def only_the_taken_branch_fails(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(p, lambda: tf.check_numerics(x, "bad"), lambda: tf.constant(0.0))
    with tf.Session() as sess:
        fine = sess.run(y, {p: False, x: np.nan})
        return fine, caught(lambda: sess.run(y, {p: True, x: np.nan}))


@THEME.program
def only_the_taken_branch_prints_and_calls(tf, np):
    calls = []

    def note(name):
        def call():
            calls.append(name)
            return np.float32(len(calls))

        return call

    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(
        p,
        lambda: tf.py_func(note("yes"), [], tf.float32),
        lambda: tf.py_func(note("no"), [], tf.float32),
    )
    return both(tf, y, p), calls


@THEME.program
def nested(tf, np):
    p, q = tf.placeholder(tf.bool, [], name="p"), tf.placeholder(tf.bool, [], name="q")
    x = tf.constant(10.0, name="x")
    y = tf.cond(p, lambda: tf.cond(q, lambda: x + 1.0, lambda: x + 2.0), lambda: x * 3.0)
    with tf.Session() as sess:
        pairs = [(True, True), (True, False), (False, True)]
        return [sess.run(y, {p: a, q: b}) for a, b in pairs], nodes(tf)


@THEME.program
def one_after_another(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(1.0)
    for step in (1.0, 10.0):
        x = tf.cond(p, lambda x=x, step=step: x + step, lambda x=x: x * 2.0)
    return both(tf, x, p), nodes(tf)


@THEME.program
def a_variable_in_a_branch(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.Variable(2.0, name="v")
    r = tf.Variable(3.0, name="r", use_resource=True)
    y = tf.cond(p, lambda: v * r, lambda: v + r)
    with started(tf) as sess:
        return [sess.run(y, {p: choice}) for choice in (True, False)], nodes(tf)


@THEME.program
def returning_a_variable(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    v, w = tf.Variable(2.0, name="v"), tf.Variable(3.0, name="w")
    y = tf.cond(p, lambda: v, lambda: w)
    with started(tf) as sess:
        return y, [sess.run(y, {p: choice}) for choice in (True, False)], nodes(tf)


@THEME.programs_over(("ref", "resource"))
def assigning_in_a_branch(tf, np, kind):
    p = tf.placeholder(tf.bool, [], name="p")
    v = variable(tf, kind, 2.0)
    y = tf.cond(p, lambda: v.assign_add(1.0), lambda: v.assign(0.0))
    with started(tf) as sess:
        return y, [sess.run(y, {p: choice}) for choice in (True, True, False)], nodes(tf)


@THEME.program
def control_dependencies_around_a_cond(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    with tf.control_dependencies([tf.no_op(name="first")]):
        y = tf.cond(p, lambda: tf.constant(1.0), lambda: tf.constant(2.0))
    return both(tf, y, p), nodes(tf)


@THEME.program
def control_dependencies_inside_a_branch(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(3.0, name="x")

    def branch():
        with tf.control_dependencies([tf.no_op(name="inside")]):
            return x + 1.0

    y = tf.cond(p, branch, lambda: x)
    return both(tf, y, p), nodes(tf)


@THEME.program
def outer_dependency_used_inside(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    first = tf.no_op(name="first")

    def branch():
        with tf.control_dependencies([first]):
            return tf.constant(1.0)

    y = tf.cond(p, branch, lambda: tf.constant(2.0))
    return both(tf, y, p), nodes(tf)


@THEME.program
def operations_only(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, lambda: tf.no_op(), lambda: tf.group(tf.constant(1), tf.constant(2)))
    return y, both(tf, y, p), nodes(tf)


@THEME.program
def sparse_values(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(
        p,
        lambda: tf.SparseTensor([[0]], [1.0], [3]),
        lambda: tf.SparseTensor([[1], [2]], [2.0, 3.0], [3]),
    )
    return y, both(tf, y, p)


@THEME.program
def slices(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    one = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]))
    two = tf.IndexedSlices(tf.constant([[2.0]]), tf.constant([5]))
    y = tf.cond(p, lambda: one, lambda: two)
    return y, both(tf, y, p)


@THEME.program
def strings_and_other_dtypes(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(
        p,
        lambda: (tf.constant("yes"), tf.constant(True), tf.constant(1, tf.int64)),
        lambda: (tf.constant("no"), tf.constant(False), tf.constant(2, tf.int64)),
    )
    return both(tf, y, p)


@THEME.program
def the_predicate_of_another_shape(tf, np):
    p = tf.placeholder(tf.bool, [None], name="p")
    y = caught(lambda: tf.cond(p, lambda: tf.constant(1), lambda: tf.constant(2)))
    return y


@THEME.program
def old_argument_names(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, fn1=lambda: tf.constant(1), fn2=lambda: tf.constant(2))
    return both(tf, y, p), caught(
        lambda: tf.cond(p, lambda: tf.constant(1), lambda: tf.constant(2), fn1=lambda: 3)
    )


@THEME.program
def smart_cond_of_case(tf, np):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.case(
        [(x < 0.0, lambda: tf.constant(-1)), (x > 0.0, lambda: tf.constant(1))],
        default=lambda: tf.constant(0),
    )
    with tf.Session() as sess:
        return [sess.run(y, {x: value}) for value in (-5.0, 5.0, 0.0)], nodes(tf)


@THEME.program
def case_without_a_default(tf, np):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.case([(x < 0.0, lambda: tf.constant(-1)), (x > 0.0, lambda: tf.constant(1))])
    with tf.Session() as sess:
        return sess.run(y, {x: 5.0}), type(caught(lambda: sess.run(y, {x: 0.0}))).__name__


@THEME.program
def case_of_a_dict(tf, np):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.case(
        {x < 0.0: lambda: tf.constant(-1), x > 0.0: lambda: tf.constant(1)},
        default=lambda: tf.constant(0),
        exclusive=True,
    )
    with tf.Session() as sess:
        return [sess.run(y, {x: value}) for value in (-5.0, 5.0, 0.0)]


@THEME.program
def case_that_is_exclusive(tf, np):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.case(
        [(x > 0.0, lambda: tf.constant(1)), (x > 1.0, lambda: tf.constant(2))],
        default=lambda: tf.constant(0),
        exclusive=True,
    )
    with tf.Session() as sess:
        good = [sess.run(y, {x: value}) for value in (0.5, -1.0)]
        return good, type(caught(lambda: sess.run(y, {x: 2.0}))).__name__


@THEME.program
def an_assert_makes_nodes(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    check = tf.Assert(tf.reduce_all(x > 0.0), [x], summarize=3, name="positive")
    return check, nodes(tf)


@THEME.program
def asserts_of_the_library_make_nodes(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    checks = [
        tf.assert_positive(x),
        tf.assert_equal(x, 1.0, message="one"),
        tf.assert_rank(x, 1),
        tf.assert_non_negative(x, name="mine"),
        tf.assert_less_equal(x, 3.0, data=[x]),
    ]
    return checks, nodes(tf)


@THEME.program
def gradient_through_two_conds(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    w = tf.Variable([1.0, 2.0], name="w")
    h = tf.cond(p, lambda: w * 2.0, lambda: w * w)
    y = tf.cond(p, lambda: tf.reduce_sum(h * h), lambda: tf.reduce_sum(tf.exp(h)))
    (grad,) = tf.gradients(y, w)
    with started(tf) as sess:
        return [sess.run(grad, {p: choice}) for choice in (True, False)], nodes(tf)


@THEME.program
def gradient_of_a_nested_cond(tf, np):
    p, q = tf.placeholder(tf.bool, [], name="p"), tf.placeholder(tf.bool, [], name="q")
    x = tf.constant(3.0, name="x")
    y = tf.cond(p, lambda: tf.cond(q, lambda: x**2.0, lambda: x**3.0), lambda: x * 5.0)
    grads = tf.gradients(y, x)
    with tf.Session() as sess:
        pairs = [(True, True), (True, False), (False, True)]
        return [sess.run(grads, {p: a, q: b}) for a, b in pairs], nodes(tf)


@THEME.program
def batch_normalisation_by_hand(tf, np):
    """Moving moments updated when training, used when not: the 2016 idiom."""
    training = tf.placeholder(tf.bool, [], name="training")
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    mean, variance = tf.nn.moments(x, [0])
    average = tf.train.ExponentialMovingAverage(0.5)

    def update():
        with tf.control_dependencies([average.apply([mean, variance])]):
            return tf.identity(mean), tf.identity(variance)

    used = tf.cond(training, update, lambda: (average.average(mean), average.average(variance)))
    y = tf.nn.batch_normalization(x, used[0], used[1], None, None, 1e-3)
    with started(tf) as sess:
        feed = [[1.0, 2.0], [3.0, 6.0]]
        return [sess.run(y, {x: feed, training: c}) for c in (False, True, True, False)], nodes(tf)


@THEME.program
def slices_with_indices_of_two_dtypes(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    a = tf.IndexedSlices(tf.ones([2, 3]), tf.constant([0, 1]), tf.constant([4, 3]))
    b = tf.IndexedSlices(tf.ones([1, 3]), tf.constant([2], tf.int64), tf.constant([4, 3]))
    y = tf.cond(p, lambda: a, lambda: b)
    return y, both(tf, [y.values, y.indices], p), nodes(tf)


@THEME.program
def placed_with_a_number(tf, np):
    v = tf.Variable(0, name="v")
    with tf.control_dependencies([v.assign_add(1)]), tf.colocate_with(5):
        y = tf.constant(3, name="y")
    with started(tf) as sess:
        return sess.run(y), sess.run(v), y.op.colocation_groups(), nodes(tf)
