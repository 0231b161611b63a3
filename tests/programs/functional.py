"""map_fn, scan, foldl and foldr: nodes, values, gradients, structures, shapes, errors."""

from collections import namedtuple

from programs.theme import Theme, caught, nodes

THEME = Theme()
Pair = namedtuple("Pair", ["left", "right"])


def run(tf, *fetches, **feeds):
    with tf.Session() as session:
        return session.run(list(fetches), {f"{name}:0": value for name, value in feeds.items()})


def several_runs(tf, fetches, count=2, **feeds):
    """What each of several runs gives; the third is compiled."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feeds = {f"{name}:0": value for name, value in feeds.items()}
        return [session.run(fetches, feeds) for _ in range(count)]


@THEME.program
def map_over_a_constant(tf, np):
    y = tf.map_fn(lambda x: x * x, tf.constant([1, 2, 3]))
    return y, run(tf, y), nodes(tf)


@THEME.program
def map_over_a_placeholder(tf, np):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.map_fn(lambda row: tf.reduce_sum(row), x, name="sums")
    (g,) = tf.gradients(y, x)
    fed = [[1, 2], [3, 4], [5, 6]]
    return y, g, several_runs(tf, [y, g], count=3, x=fed), nodes(tf)


@THEME.program
def map_over_structures(tf, np):
    a, b = np.array([1, 2, 3]), np.array([-1, 1, -1])
    one = tf.map_fn(lambda x: x[0] * x[1], (a, b), dtype=tf.int64)
    two = tf.map_fn(lambda x: (x, -x), a, dtype=(tf.int64, tf.int64))
    nested = tf.map_fn(
        lambda x: {"sum": x[0] + x[1][0], "rest": [tf.to_float(x[1][1])]},
        (a, (b, a)),
        dtype={"sum": tf.int64, "rest": [tf.float32]},
    )
    named = tf.map_fn(lambda p: Pair(p.right, p.left), Pair(a, b))
    same = tf.map_fn(lambda x: [x[1], x[0]], [a, b])
    fetches = [one, two, nested, named, same]
    return fetches, run(tf, *fetches)


@THEME.program
def map_to_another_type_and_shape(tf, np):
    x = tf.placeholder(tf.int32, [3], name="x")
    y = tf.map_fn(lambda i: tf.fill([2, 2], tf.to_float(i)), x, dtype=tf.float32)
    loose = tf.map_fn(lambda i: tf.range(3) + i, x, infer_shape=False)
    unknown = tf.map_fn(lambda i: i, tf.placeholder(tf.int32, name="u"))
    return y, loose, unknown, run(tf, y, loose, unknown, x=[1, 2, 3], u=[4, 5])


@THEME.program
def map_with_options(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.map_fn(
        lambda v: v * 2.0, x, parallel_iterations=1, back_prop=False, swap_memory=True, name="m"
    )
    attrs = [
        [op.name, op.get_attr("parallel_iterations"), op.get_attr("frame_name")]
        for op in tf.get_default_graph().get_operations()
        if op.type == "Enter"
    ]
    return run(tf, y), attrs, tf.gradients(y, x)


@THEME.program
def map_with_variables(tf, np):
    x = tf.placeholder(tf.float32, [None, 2], name="x")

    def layer(row):
        w = tf.get_variable("w", initializer=[[1.0, 2.0], [3.0, 4.0]], use_resource=False)
        return tf.matmul(tf.expand_dims(row, 0), w)[0]

    with tf.variable_scope("layer", reuse=tf.AUTO_REUSE):
        y = tf.map_fn(layer, x)
        caching = tf.get_variable_scope().caching_device
    g = tf.gradients(y, [x, *tf.global_variables()])
    fed = [[1, 2], [3, 4], [5, 6]]
    return y, caching, several_runs(tf, [y, *g], x=fed), nodes(tf)


@THEME.program
def map_inside_map(tf, np):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.map_fn(lambda row: tf.map_fn(lambda v: v * v * row[0], row), x)
    (g,) = tf.gradients(y, x)
    return y, g, several_runs(tf, [y, g], x=[[1, 2, 3], [4, 5, 6]]), nodes(tf)


@THEME.program
def map_over_nothing(tf, np):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    known = tf.map_fn(lambda row: row * 2.0, x)
    unknown = tf.map_fn(lambda row: tf.reshape(row, tf.cast(row[:1], tf.int32)), x)
    empty = np.zeros([0, 2])
    return run(tf, known, x=empty), caught(lambda: run(tf, unknown, x=empty))


@THEME.program
def map_errors(tf, np):
    a = tf.constant([1.0, 2.0])
    sparse = tf.SparseTensor([[0, 0]], [1.0], [2, 2])
    return [
        caught(lambda: tf.map_fn(1, a)),
        caught(lambda: tf.map_fn(lambda x: x, sparse)),
        caught(lambda: tf.map_fn(lambda x: x, tf.constant(1.0))),
        caught(lambda: tf.map_fn(lambda x: x[0], (tf.constant(1.0), tf.constant(1.0)))),
        type(caught(lambda: tf.map_fn(lambda x: (x, x), a))).__name__,
        type(caught(lambda: tf.map_fn(lambda x: x, a, dtype=(tf.float32, tf.float32)))).__name__,
        type(caught(lambda: tf.map_fn(lambda x: [x, x], a, dtype=[tf.float32]))).__name__,
        caught(lambda: tf.map_fn(lambda x: x[0], (tf.zeros([2]), tf.zeros([3])), tf.float32)),
    ]


@THEME.program
def results_of_another_type_than_said(tf, np):
    y = tf.map_fn(lambda x: tf.to_int32(x), tf.constant([1.0, 2.0]))
    return y, type(caught(lambda: run(tf, y))).__name__


@THEME.program
def scan_sums(tf, np):
    y = tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3, 4]))
    z = tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3, 4]), reverse=True)
    return y, z, run(tf, y, z), nodes(tf)


@THEME.program
def scan_from_a_start(tf, np):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    start = tf.constant([10.0, 20.0], name="start")
    y = tf.scan(lambda a, row: a * 0.5 + row, x, initializer=start)
    z = tf.scan(lambda a, row: a * row, x, start, reverse=True, name="back")
    g = tf.gradients([y, z], [x, start])
    return y, z, g, several_runs(tf, [y, z, *g], x=[[1, 2], [3, 4], [5, 6]]), nodes(tf)


@THEME.program
def scan_over_structures(tf, np):
    elems = np.array([1, 0, 0, 0, 0, 0])
    fibonacci = tf.scan(lambda a, _: (a[1], a[0] + a[1]), elems, (np.array(0), np.array(1)))
    pairs = tf.scan(lambda a, x: x[0] - x[1] + a, (elems + 1, elems), np.array(0))
    named = tf.scan(
        lambda a, x: Pair(a.left + x, a.right * 2.0),
        tf.constant([1.0, 2.0]),
        Pair(tf.constant(0.0), 1.0),
    )
    same = tf.scan(lambda a, x: [a[0] + x[1], a[1] - x[0]], [elems, elems + 2])
    fetches = [fibonacci, pairs, named, same]
    return fetches, run(tf, *fetches)


@THEME.program
def scan_with_shapes_that_change(tf, np):
    start = tf.placeholder(tf.float32, [None], name="start")
    y = tf.scan(lambda a, x: a + x, tf.constant([1.0, 2.0]), start)
    z = tf.scan(lambda a, x: a + x, tf.constant([1.0, 2.0]), start, infer_shape=False)
    wrong = caught(lambda: tf.scan(lambda a, x: tf.zeros([3]), tf.constant([1.0]), [1.0, 2.0]))
    return y, z, run(tf, y, z, start=[1.0, 5.0]), wrong


@THEME.program
def scan_errors(tf, np):
    a = tf.constant([1.0, 2.0])
    return [
        caught(lambda: tf.scan(1, a)),
        type(caught(lambda: tf.scan(lambda a, x: (a, x), a))).__name__,
        type(caught(lambda: tf.scan(lambda a, x: a, a, (1.0, 2.0)))).__name__,
        caught(lambda: tf.scan(lambda a, x: a, tf.constant(1.0))),
        caught(lambda: tf.scan(lambda a, x: a, (tf.zeros([2]), tf.zeros([3])))),
    ]


@THEME.program
def folds(tf, np):
    elems = tf.constant([1.0, 2.0, 3.0, 4.0], name="elems")
    fetches = [
        tf.foldl(lambda a, x: a * 2.0 + x, elems),
        tf.foldl(lambda a, x: (a + x) * 2.0, elems, initializer=10.0),
        tf.foldr(lambda a, x: a * 2.0 + x, elems),
        tf.foldr(lambda a, x: (a + x) * 2.0, elems, initializer=10.0, name="right"),
    ]
    g = [tf.gradients(y, elems)[0] for y in fetches]
    return fetches, g, several_runs(tf, [fetches, g]), nodes(tf)


@THEME.program
def folds_over_structures(tf, np):
    a, b = np.array([1, 2, 3, 4]), np.array([5, 6, 7, 8])
    fetches = [
        tf.foldl(lambda s, x: s + x[0] * x[1], (a, b), np.array(0)),
        tf.foldr(lambda s, x: s * 2 + x[0] - x[1], (a, b), np.array(0)),
        tf.foldl(lambda s, x: [s[0] + x[0], s[1] * x[1]], [a, b]),
        tf.foldr(lambda s, x: {"p": s["p"] + x, "q": x}, a, {"p": np.array(0), "q": np.array(0)}),
    ]
    return fetches, run(tf, *fetches)


@THEME.program
def folds_over_unknown_lengths(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    left, right = tf.foldl(tf.subtract, x), tf.foldr(tf.subtract, x)
    from_start = tf.foldl(tf.subtract, x, initializer=1.0)
    runs = [run(tf, left, right, from_start, x=v) for v in ([1, 2, 3], [4], [1, 2, 3])]
    return left, runs, run(tf, from_start, x=[])


@THEME.program
def fold_errors(tf, np):
    a = tf.constant([1.0, 2.0])
    return [
        caught(lambda: tf.foldl(1, a)),
        caught(lambda: tf.foldr(1, a)),
        caught(lambda: tf.foldl(lambda s, x: s, tf.constant(1.0))),
        caught(lambda: tf.foldl(lambda s, x: tf.zeros([3]), a)),
    ]


@THEME.program
def names_in_scopes(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    with tf.name_scope("outer"):
        tf.map_fn(lambda v: v, x)
        tf.map_fn(lambda v: v, x)
        tf.scan(lambda a, v: a + v, x)
        tf.foldl(lambda a, v: a + v, x)
        tf.foldr(lambda a, v: a + v, x)
    return [[op.name, op.type] for op in tf.get_default_graph().get_operations()]


@THEME.program
def state_in_the_body(tf, np):
    v = tf.Variable(0.0, name="v")

    def count(x):
        with tf.control_dependencies([tf.assign_add(v, x)]):
            return tf.identity(x) * 2.0

    y = tf.map_fn(count, tf.constant([1.0, 2.0, 3.0]), parallel_iterations=1)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [(session.run(y), session.run(v)) for _ in range(4)]


@THEME.program
def random_numbers_in_the_body(tf, np):
    tf.set_random_seed(7)
    y = tf.map_fn(
        lambda i: tf.random_uniform([2]), tf.range(3), dtype=tf.float32, parallel_iterations=1
    )
    with tf.Session() as session:
        return [session.run(y) for _ in range(4)]


@THEME.program
def a_function_of_the_host(tf, np):
    x = tf.placeholder(tf.float32, [3], name="x")
    y = tf.map_fn(lambda v: tf.py_func(lambda a: np.float32(a * 2), [v], tf.float32), x)
    return y, several_runs(tf, [y], x=[1, 2, 3])


@THEME.program
def text(tf, np):
    y = tf.map_fn(lambda s: tf.string_join([s, "!"]), tf.constant(["a", "b"]))
    return y, run(tf, y)
