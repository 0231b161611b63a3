"""variable_scope and get_variable: names, sharing, defaults, partitions and getters."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme()
KINDS = ("ref", "resource")


def get(tf, name, shape=(2,), **options):
    return tf.get_variable(name, list(shape), **options)


@THEME.programs_over(KINDS)
def nodes_of_get_variable(tf, np, kind):
    v = get(tf, "w", (2, 3), use_resource=kind == "resource")
    return v, nodes(tf)


@THEME.program
def default_initialisers_by_dtype(tf, np):
    dtypes = [tf.float32, tf.float64, tf.int32, tf.int64, tf.bool, tf.uint8]
    made = [get(tf, "w_" + dtype.name, dtype=dtype) for dtype in dtypes]
    return (
        made,
        [v.initial_value.name for v in made],
        caught(lambda: get(tf, "c", dtype=tf.complex64)),
    )


@THEME.program
def scopes_prefix_names(tf, np):
    with tf.variable_scope("a"):
        one = get(tf, "w")
        with tf.variable_scope("b") as scope:
            two = get(tf, "w")
            op = tf.constant(1.0, name="c")
        names = scope.name, scope.original_name_scope
    return one, two, op, names


@THEME.program
def reopening_a_scope_by_name(tf, np):
    ops = []
    for _ in range(3):
        with tf.variable_scope("a", reuse=tf.AUTO_REUSE) as scope:
            ops.append((get(tf, "w"), tf.constant(1.0, name="c"), scope.original_name_scope))
    return ops


@THEME.program
def reopening_a_scope_object(tf, np):
    with tf.variable_scope("a") as scope:
        get(tf, "w")
        first = tf.constant(1.0, name="c")
    with tf.variable_scope("other"), tf.variable_scope(scope, reuse=True):
        shared = get(tf, "w")
        second = tf.constant(1.0, name="c")
        names = tf.get_variable_scope().name, tf.get_variable_scope().original_name_scope
    return first, second, shared, names


@THEME.program
def reopening_without_a_new_name_scope(tf, np):
    with tf.variable_scope("a") as scope:
        get(tf, "w")
    with tf.variable_scope(scope, auxiliary_name_scope=False):
        one = tf.constant(1.0, name="c")
    with tf.name_scope(scope.original_name_scope):
        two = tf.constant(1.0, name="c")
    return one, two, get(tf, "w")


@THEME.program
def default_names_are_made_unique(tf, np):
    made = []
    for _ in range(3):
        with tf.variable_scope(None, default_name="layer"):
            made.append((get(tf, "w"), tf.constant(1.0, name="c")))
    with tf.variable_scope("given", default_name="unused"):
        made.append(get(tf, "w"))
    return made, caught(lambda: tf.variable_scope(None).__enter__())


@THEME.program
def default_names_inside_a_scope(tf, np):
    made = []
    with tf.variable_scope("outer"):
        for _ in range(2):
            with tf.variable_scope(None, "layer"):
                made.append(get(tf, "w"))
    with tf.variable_scope("outer", reuse=True), tf.variable_scope(None, "layer"):
        made.append(caught(lambda: get(tf, "w")))
    return made


@THEME.program
def reuse_shares(tf, np):
    with tf.variable_scope("s"):
        one = get(tf, "w")
    with tf.variable_scope("s", reuse=True):
        two = get(tf, "w")
    with tf.variable_scope("s") as scope:
        scope.reuse_variables()
        three = get(tf, "w")
    return one is two, one is three, tf.global_variables()


@THEME.program
def auto_reuse_makes_or_shares(tf, np):
    def layer():
        with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
            return get(tf, "w")

    one, two = layer(), layer()
    return one is two, tf.global_variables(), nodes(tf)


@THEME.program
def reuse_is_inherited(tf, np):
    with tf.variable_scope("a"), tf.variable_scope("b"):
        get(tf, "w")
    with tf.variable_scope("a", reuse=True):
        with tf.variable_scope("b") as scope:
            flag = scope.reuse
            shared = get(tf, "w")
        with tf.variable_scope("b", reuse=False) as scope:
            return flag, shared, scope.reuse, caught(lambda: get(tf, "new"))


@THEME.program
def get_variable_scope_at_the_root(tf, np):
    root = tf.get_variable_scope()
    facts = [root.name, root.reuse, root.initializer, root.regularizer, root.dtype]
    get(tf, "w")
    root.reuse_variables()
    return facts, get(tf, "w"), caught(lambda: get(tf, "other"))


@THEME.program
def a_scope_initialiser(tf, np):
    with tf.variable_scope("s", initializer=tf.constant_initializer(7.0)):
        one = get(tf, "one")
        with tf.variable_scope("t", initializer=tf.ones_initializer()):
            two = get(tf, "two")
        three = get(tf, "three", initializer=tf.zeros_initializer())
        tf.get_variable_scope().set_initializer(tf.constant_initializer(9.0))
        four = get(tf, "four")
    with started(tf) as sess:
        return sess.run([one, two, three, four]), nodes(tf)


@THEME.program
def initialisers_that_are_values(tf, np):
    a = tf.get_variable("a", initializer=tf.constant([1.0, 2.0]))
    b = tf.get_variable("b", initializer=np.array([[3, 4]]))
    c = tf.get_variable("c", initializer=5.0)
    d = tf.get_variable("d", initializer=lambda: tf.constant([6.0]))
    with started(tf) as sess:
        return [a, b, c, d], sess.run([a, b, c, d]), nodes(tf)


@THEME.program
def an_initialiser_that_is_a_class(tf, np):
    a = tf.get_variable("a", [2], initializer=tf.zeros_initializer)
    b = tf.get_variable("b", [2], initializer=tf.ones_initializer)
    c = tf.get_variable("c", [2], initializer=tf.random_normal_initializer)
    return [a, b, c], nodes(tf)


@THEME.program
def an_initialiser_function(tf, np):
    seen = []

    def init(shape, dtype=None, partition_info=None):
        seen.append((list(shape), dtype, partition_info))
        return tf.ones(shape, dtype) * 3.0

    a = tf.get_variable("a", [2], initializer=init)
    with started(tf) as sess:
        return seen, sess.run(a), nodes(tf)


@THEME.program
def a_regulariser(tf, np):
    def l2(w):
        return tf.reduce_sum(tf.square(w), name="penalty")

    with tf.variable_scope("s", regularizer=l2):
        w = get(tf, "w", initializer=tf.constant_initializer(2.0))
        b = get(tf, "b", regularizer=lambda w: None)
    with tf.variable_scope("s", reuse=True, regularizer=l2):
        get(tf, "w")
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    with started(tf) as sess:
        return [w, b], losses, sess.run(losses), nodes(tf)


@THEME.program
def a_scope_dtype(tf, np):
    with tf.variable_scope("s", dtype=tf.float64):
        one = get(tf, "one")
        two = get(tf, "two", dtype=tf.float32)
    return one, two


@THEME.program
def a_scope_constraint(tf, np):
    with tf.variable_scope("s", constraint=lambda w: w):
        return get(tf, "w").constraint is not None, get(
            tf, "b", constraint=tf.abs
        ).constraint is tf.abs


@THEME.programs_over(KINDS)
def scope_use_resource(tf, np, kind):
    with tf.variable_scope("s", use_resource=kind == "resource"):
        return (
            get(tf, "one"),
            get(tf, "two", use_resource=True),
            get(tf, "three", use_resource=False),
        )


@THEME.program
def a_custom_getter(tf, np):
    calls = []

    def double(getter, name, *args, **kwargs):
        calls.append((name, sorted(kwargs)))
        v = getter(name, *args, **kwargs)
        return tf.identity(v, name="wrapped") * 2.0

    with tf.variable_scope("s", custom_getter=double):
        w = get(tf, "w", initializer=tf.ones_initializer())
    with started(tf) as sess:
        return w, calls, sess.run(w)


@THEME.program
def custom_getters_nest(tf, np):
    order = []

    def note(label):
        def noted(getter, name, *args, **kwargs):
            order.append((label, name))
            return getter(name, *args, **kwargs)

        return noted

    with tf.variable_scope("a", custom_getter=note("outer")):
        with tf.variable_scope("b", custom_getter=note("inner")):
            get(tf, "w")
        tf.get_variable("v", [1], custom_getter=note("own"))
    return order


@THEME.program
def a_caching_device(tf, np):
    with tf.variable_scope("s", caching_device="/cpu:0"):
        w = get(tf, "w", use_resource=False)
        r = get(tf, "r", use_resource=True)
    return w, r, [(op.name, op.type, op.device) for op in tf.get_default_graph().get_operations()]


@THEME.program
def a_partitioner(tf, np):
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(3)):
        w = get(tf, "w", (7, 2), initializer=tf.random_uniform_initializer(seed=3))
    parts = list(w)
    with started(tf) as sess:
        whole = sess.run([tf.convert_to_tensor(w), w.as_tensor()])
        return type(w).__name__, w.name, w.get_shape(), parts, whole, nodes(tf)


@THEME.program
def a_partitioner_of_another_axis(tf, np):
    part = tf.fixed_size_partitioner(2, axis=1)
    w = get(tf, "w", (2, 3), partitioner=part, initializer=tf.random_uniform_initializer(seed=4))
    with started(tf) as sess:
        return list(w), sess.run(tf.convert_to_tensor(w)), w.get_shape()


@THEME.program
def partitioners_by_size(tf, np):
    v = get(tf, "v", (64, 8), partitioner=tf.variable_axis_size_partitioner(512))
    m = get(tf, "m", (64, 8), partitioner=tf.min_max_variable_partitioner(4, min_slice_size=512))
    return list(v), list(m)


@THEME.program
def a_reused_partitioned_variable(tf, np):
    part = tf.fixed_size_partitioner(2)
    with tf.variable_scope("s", partitioner=part):
        one = get(tf, "w", (4,))
    with tf.variable_scope("s", partitioner=part, reuse=True):
        two = get(tf, "w", (4,))
    with tf.variable_scope("s", reuse=True):
        return one.name, two.name, tf.global_variables(), caught(lambda: get(tf, "w", (4,)))


@THEME.program
def trainable_and_collections(tf, np):
    a = get(tf, "a", trainable=False)
    b = get(tf, "b", collections=["mine", tf.GraphKeys.GLOBAL_VARIABLES])
    c = tf.get_local_variable("c", [1], initializer=tf.zeros_initializer())
    return [a, b, c], tf.trainable_variables(), tf.global_variables(), tf.local_variables()


@THEME.program
def collections_by_scope(tf, np):
    with tf.variable_scope("a"):
        get(tf, "w")
    with tf.variable_scope("ab"):
        get(tf, "w")
    key = tf.GraphKeys.TRAINABLE_VARIABLES
    return [
        tf.get_collection(key, scope="a"),
        tf.get_collection(key, scope="a/"),
        tf.get_collection(key, scope="b"),
        tf.get_collection(key, scope=".*b"),
        tf.trainable_variables("ab"),
    ]


@THEME.program
def methods_of_a_scope(tf, np):
    with tf.variable_scope("a") as scope:
        get(tf, "w")
        local = tf.Variable(1.0, name="plain", collections=[tf.GraphKeys.LOCAL_VARIABLES])
    return scope.global_variables(), scope.trainable_variables(), scope.local_variables(), local


@THEME.program
def tf_variable_ignores_reuse(tf, np):
    with tf.variable_scope("s"):
        one = tf.Variable(1.0, name="w")
    with tf.variable_scope("s", reuse=True):
        two = tf.Variable(1.0, name="w")
    with tf.variable_scope("s", reuse=True):
        return one, two, caught(lambda: get(tf, "w"))


@THEME.program
def name_scopes_do_not_touch_get_variable(tf, np):
    with tf.name_scope("n"):
        w = get(tf, "w")
        with tf.variable_scope("s"):
            v, c = get(tf, "v"), tf.constant(1.0, name="c")
    return w, v, c, nodes(tf)


@THEME.program
def variable_op_scope(tf, np):
    x = tf.constant(1.0)
    with tf.variable_op_scope([x], "given", "default"):
        one = get(tf, "w")
    with tf.variable_op_scope([x], None, "default"):
        return one, get(tf, "w")


@THEME.program
def entering_a_scope_by_a_wrong_thing(tf, np):
    return [
        caught(lambda: tf.variable_scope(3).__enter__()),
        caught(lambda: tf.variable_scope("s", reuse="yes").__enter__()),
        caught(lambda: tf.variable_scope("").__enter__().name),
    ]


@THEME.program
def a_name_with_slashes(tf, np):
    a = get(tf, "x/y/w")
    with tf.variable_scope("x/y", reuse=True):
        return a, get(tf, "w") is a


@THEME.program
def variable_names_and_operation_names_clash(tf, np):
    tf.constant(1.0, name="w")
    v = get(tf, "w")
    with tf.variable_scope("s"):
        tf.constant(1.0, name="w")
        return v, get(tf, "w")


@THEME.program
def a_template_shares(tf, np):
    def scale(x):
        return x * get(tf, "w", (), initializer=tf.constant_initializer(3.0))

    shared = tf.make_template("scale", scale)
    ys = [shared(1.0), shared(2.0)]
    with started(tf) as sess:
        return ys, sess.run(ys), tf.global_variables(), shared.variables


@THEME.program
def no_regularizer_and_defaults(tf, np):
    with tf.variable_scope("s", regularizer=lambda w: tf.reduce_sum(w)):
        get(tf, "w", regularizer=tf.no_regularizer)
        with tf.variable_scope("t"):
            get(tf, "w")
    return tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES), nodes(tf)


@THEME.program
def a_variable_creator_scope(tf, np):
    made = []

    def creator(next_creator, **kwargs):
        made.append((kwargs["name"], kwargs["trainable"], sorted(kwargs)))
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        tf.Variable(1.0, name="v")
        get(tf, "w")
    return made


@THEME.program
def get_variable_inside_cond(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")

    def branch():
        with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
            return get(tf, "w", initializer=tf.ones_initializer()) * 2.0

    y = tf.cond(p, branch, lambda: tf.zeros([2]))
    with started(tf) as sess:
        return sess.run(y, {p: True}), tf.global_variables(), nodes(tf)
