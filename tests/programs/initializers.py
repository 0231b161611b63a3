"""Initializers: their values for given seeds, the nodes they make, their configurations."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme(rtol=1e-5, atol=1e-6)

RANDOM = {
    "random_uniform": lambda tf: tf.random_uniform_initializer(-1.0, 2.0, seed=3),
    "random_uniform_default": lambda tf: tf.random_uniform_initializer(seed=3),
    "random_normal": lambda tf: tf.random_normal_initializer(1.0, 2.0, seed=3),
    "truncated_normal": lambda tf: tf.truncated_normal_initializer(1.0, 2.0, seed=3),
    "uniform_unit_scaling": lambda tf: tf.uniform_unit_scaling_initializer(1.5, seed=3),
    "glorot_uniform": lambda tf: tf.glorot_uniform_initializer(seed=3),
    "glorot_normal": lambda tf: tf.glorot_normal_initializer(seed=3),
    "variance_in": lambda tf: tf.variance_scaling_initializer(2.0, seed=3),
    "variance_out": lambda tf: tf.variance_scaling_initializer(1.0, "fan_out", "uniform", seed=3),
    "variance_avg": lambda tf: tf.variance_scaling_initializer(
        1.0, "fan_avg", "untruncated_normal", seed=3
    ),
    "lecun_normal": lambda tf: tf.initializers.lecun_normal(seed=3),
    "lecun_uniform": lambda tf: tf.initializers.lecun_uniform(seed=3),
    "he_normal": lambda tf: tf.initializers.he_normal(seed=3),
    "he_uniform": lambda tf: tf.initializers.he_uniform(seed=3),
}
FIXED = {
    "zeros": lambda tf: tf.zeros_initializer(),
    "ones": lambda tf: tf.ones_initializer(),
    "constant": lambda tf: tf.constant_initializer(2.5),
    "constant_list": lambda tf: tf.constant_initializer([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    "identity": lambda tf: tf.initializers.identity(gain=2.0),
}


@THEME.programs_over(RANDOM)
def values_of(tf, np, make):
    shapes = [(3, 4), (2,), (2, 2, 3, 1)]
    variables = [
        tf.get_variable(f"w{i}", shape, initializer=make(tf)) for i, shape in enumerate(shapes)
    ]
    with started(tf) as sess:
        return sess.run(variables)


@THEME.programs_over(RANDOM)
def doubles_of(tf, np, make):
    w = tf.get_variable("w", (3, 2), tf.float64, initializer=make(tf))
    with started(tf) as sess:
        return sess.run(w)


@THEME.programs_over(dict(RANDOM, **FIXED))
def nodes_of(tf, np, make):
    tf.get_variable("w", (3, 2), initializer=make(tf))
    return nodes(tf)


@THEME.programs_over(dict(RANDOM, **FIXED))
def called_directly(tf, np, make):
    x = make(tf)([3, 2])
    with tf.Session() as sess:
        return x, sess.run(x)


@THEME.programs_over(dict(RANDOM, **FIXED))
def configuration_of(tf, np, make):
    initializer = make(tf)
    config = initializer.get_config()
    again = type(initializer).from_config(config)
    return type(initializer).__name__, sorted(config.items()), again.get_config() == config


@THEME.programs_over(FIXED)
def fixed_values_of(tf, np, make):
    w = tf.get_variable("w", (2, 3), initializer=make(tf))
    with started(tf) as sess:
        return sess.run(w)


@THEME.programs_over(["float16", "float32", "float64", "int32", "int64", "bool"])
def zeros_and_ones_of(tf, np, name):
    dtype = getattr(tf, name)
    a = tf.get_variable("a", [2], dtype, initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [2], dtype, initializer=tf.ones_initializer())
    with started(tf) as sess:
        return sess.run([a, b])


@THEME.program
def the_default_of_get_variable(tf, np):
    tf.set_random_seed(42)
    a, b = tf.get_variable("a", [3, 2]), tf.get_variable("b", [4])
    with started(tf) as sess:
        return sess.run([a, b])


@THEME.program(rtol=1e-4, atol=1e-4)
def orthogonal_is_orthogonal(tf, np):
    """Its signs and order hang on the LAPACK at hand: only W'W is compared."""
    init = tf.orthogonal_initializer(gain=2.0, seed=3)
    w = tf.get_variable("w", (4, 3), initializer=init)
    square = tf.matmul(w, w, transpose_a=True)
    with started(tf) as sess:
        return sess.run(square), caught(lambda: init([3]))


@THEME.program
def integers_of_random_uniform(tf, np):
    init = tf.random_uniform_initializer(0, 100, seed=3, dtype=tf.int32)
    w = tf.get_variable("w", (5,), tf.int32, initializer=init)
    with started(tf) as sess:
        return sess.run(w)


@THEME.program
def seeds_of_the_graph_and_the_op(tf, np):
    tf.set_random_seed(7)
    a = tf.get_variable("a", [2], initializer=tf.random_normal_initializer())
    b = tf.get_variable("b", [2], initializer=tf.random_normal_initializer(seed=1))
    c = tf.get_variable("c", [2], initializer=tf.random_uniform_initializer())
    with started(tf) as sess:
        return sess.run([a, b, c])


@THEME.program
def a_second_session_repeats(tf, np):
    tf.set_random_seed(7)
    a = tf.get_variable("a", [2], initializer=tf.random_normal_initializer())
    with started(tf) as one, started(tf) as two:
        first = one.run(a)
        one.run(a.initializer)
        return first, two.run(a), one.run(a)


@THEME.program
def constants_that_do_not_fit(tf, np):
    init = tf.constant_initializer([1.0, 2.0, 3.0])
    strict = tf.constant_initializer([1.0, 2.0, 3.0], verify_shape=True)
    w = tf.get_variable("w", [2, 2], initializer=init)
    with started(tf) as sess:
        return [
            sess.run(w),
            caught(lambda: tf.get_variable("u", [2], initializer=init)),
            caught(lambda: tf.get_variable("v", [3, 1], initializer=strict)),
            caught(lambda: tf.constant_initializer(object())),
        ]


@THEME.program
def arguments_that_are_refused(tf, np):
    scaling = tf.variance_scaling_initializer
    return [
        caught(lambda: scaling(-1.0)),
        caught(lambda: scaling(1.0, "fan_sideways")),
        caught(lambda: scaling(1.0, "fan_in", "cauchy")),
        caught(lambda: tf.random_normal_initializer(dtype=tf.int32)([2])),
        caught(lambda: tf.get_variable("w", [2], tf.int32, tf.glorot_uniform_initializer())),
        caught(lambda: tf.initializers.identity()([2, 3, 4])),
    ]


@THEME.program
def names_in_the_namespace(tf, np):
    pairs = [
        (tf.zeros_initializer, tf.initializers.zeros),
        (tf.ones_initializer, tf.initializers.ones),
        (tf.constant_initializer, tf.initializers.constant),
        (tf.random_uniform_initializer, tf.initializers.random_uniform),
        (tf.random_normal_initializer, tf.initializers.random_normal),
        (tf.truncated_normal_initializer, tf.initializers.truncated_normal),
        (tf.variance_scaling_initializer, tf.initializers.variance_scaling),
        (tf.glorot_uniform_initializer, tf.initializers.glorot_uniform),
        (tf.orthogonal_initializer, tf.initializers.orthogonal),
    ]
    return [one is two for one, two in pairs]


@THEME.program
def the_initialisers_of_groups(tf, np):
    tf.Variable(1.0)
    return [tf.initializers.global_variables(), tf.initializers.variables([])]


@THEME.program
def contrib_layers_initializers(tf, np):
    layers = tf.contrib.layers
    tf.set_random_seed(7)
    made = [
        layers.xavier_initializer()([3, 4]),
        layers.xavier_initializer(uniform=False, seed=5)([2, 3, 4]),
        layers.xavier_initializer_conv2d()([2, 2, 3, 4]),
        layers.variance_scaling_initializer()([5]),
        layers.variance_scaling_initializer(1.0, "FAN_OUT", True, dtype=tf.float64)([4, 2]),
        layers.xavier_initializer()([]),
        tf.get_variable("w", [2, 2], initializer=layers.xavier_initializer()),
    ]
    wrong = caught(lambda: layers.variance_scaling_initializer(mode="FAN"))
    whole = caught(lambda: layers.xavier_initializer(dtype=tf.int32))
    with started(tf) as session:
        return session.run(made), type(wrong).__name__, whole, nodes(tf)
