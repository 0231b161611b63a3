"""Graphs, gradients, variables and control flow used wrongly: class and first line."""

from programs.theme import Theme, caught

THEME = Theme()


@THEME.program
def mixing_two_graphs(tf, np):
    a = tf.constant(1.0, name="a")
    with tf.Graph().as_default():
        b = tf.constant(2.0, name="b")
        return [
            caught(lambda: tf.add(a, b)),
            caught(lambda: a + 1.0),
            caught(lambda: tf.stack([b, a])),
        ]


@THEME.program
def a_control_dependency_of_another_graph(tf, np):
    a = tf.constant(1.0, name="a")
    with tf.Graph().as_default(), tf.control_dependencies([a]):
        return tf.constant(2.0)


@THEME.program
def gradients_across_graphs(tf, np):
    v = tf.Variable(1.0)
    loss = tf.square(v)
    with tf.Graph().as_default():
        return caught(lambda: tf.train.GradientDescentOptimizer(0.1).minimize(loss))


@THEME.program
def gradient_of_an_integer(tf, np):
    x = tf.constant(3, name="x")
    return caught(lambda: tf.gradients(x * x, x))


@THEME.program
def gradient_of_an_operation_without_one(tf, np):
    x = tf.constant([3.0, 1.0], name="x")
    angles = tf.floor(x)
    return [
        tf.gradients(angles, x),
        tf.gradients(tf.argmax(x), x),
        tf.gradients(tf.cast(x, tf.int32), x),
        caught(lambda: tf.gradients(tf.py_func(lambda v: v, [x], tf.float32), x)),
    ]


@THEME.program
def grad_ys_of_the_wrong_kind(tf, np):
    x = tf.constant([3.0, 1.0], name="x")
    y = x * x
    return [
        caught(lambda: tf.gradients(y, x, grad_ys=[1.0, 2.0])),
        caught(lambda: tf.gradients(y, x, grad_ys=tf.constant([1, 2]))),
        caught(lambda: tf.gradients([y, y], x, grad_ys=[y])),
    ]


@THEME.program
def minimising_without_variables(tf, np):
    x = tf.constant(1.0)
    return tf.train.GradientDescentOptimizer(0.1).minimize(x * x)


@THEME.program
def minimising_what_hangs_on_no_variable(tf, np):
    tf.Variable(1.0, name="v")
    return tf.train.GradientDescentOptimizer(0.1).minimize(tf.constant(3.0))


@THEME.program
def minimising_an_integer(tf, np):
    v = tf.Variable(1, name="v")
    return tf.train.GradientDescentOptimizer(0.1).minimize(v * v)


@THEME.program
def applying_no_gradients(tf, np):
    v = tf.Variable(1.0, name="v")
    opt = tf.train.GradientDescentOptimizer(0.1)
    return [
        caught(lambda: opt.apply_gradients([])),
        caught(lambda: opt.apply_gradients([(None, v)])),
        caught(lambda: opt.apply_gradients([("text", v)])),
        caught(lambda: opt.apply_gradients([(tf.constant(1.0), tf.constant(1.0))])),
    ]


@THEME.program
def compute_gradients_of_wrong_things(tf, np):
    v = tf.Variable(1.0, name="v")
    opt = tf.train.GradientDescentOptimizer(0.1)
    return [
        caught(lambda: opt.compute_gradients(v * v, [1.0])),
        caught(lambda: opt.compute_gradients(v * v, gate_gradients=7)),
    ]


@THEME.program
def a_variable_without_an_initial_value(tf, np):
    return caught(lambda: tf.Variable()), caught(lambda: tf.Variable(None))


@THEME.program
def an_initial_value_of_unknown_shape(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    return caught(lambda: tf.Variable(x)), tf.Variable(x, validate_shape=False).get_shape()


@THEME.program
def an_initial_value_made_inside_a_cond(tf, np):
    p = tf.placeholder(tf.bool, [])
    return caught(lambda: tf.cond(p, lambda: tf.Variable(tf.zeros([2])), lambda: tf.zeros([2])))


@THEME.program
def assigning_the_wrong_shape_or_dtype(tf, np):
    v = tf.Variable([1.0, 2.0], name="v")
    r = tf.Variable([1.0, 2.0], name="r", use_resource=True)
    return [
        caught(lambda: v.assign([1.0, 2.0, 3.0])),
        caught(lambda: v.assign(tf.constant([1, 2]))),
        caught(lambda: v.assign_add([[1.0, 2.0]])),
        caught(lambda: r.assign([1.0, 2.0, 3.0])),
        caught(lambda: r.assign(tf.constant([1, 2]))),
        caught(lambda: r.assign_add([1.0])),
    ]


@THEME.program
def assigning_to_what_is_no_variable(tf, np):
    a = tf.constant([1.0], name="a")
    v = tf.Variable([1.0], name="v")
    return [
        caught(lambda: tf.assign(a, [2.0])),
        caught(lambda: tf.assign(v + 1.0, [2.0])),
        caught(lambda: tf.scatter_update(a, [0], [1.0])),
    ]


@THEME.program(class_only="the wording is Python's own")
def item_assignment(tf, np):
    a, v = tf.constant([1.0]), tf.Variable([1.0])

    def put(target):
        target[0] = 2.0

    return caught(lambda: put(a)), caught(lambda: put(v))


@THEME.program
def get_variable_twice(tf, np):
    tf.get_variable("w", [2])
    error = caught(lambda: tf.get_variable("w", [2]))
    return type(error).__name__, str(error).split(" Originally")[0].split("\n")[0]


@THEME.program
def get_variable_reused_wrongly(tf, np):
    with tf.variable_scope("s"):
        tf.get_variable("w", [2])
    with tf.variable_scope("s", reuse=True):
        return [
            caught(lambda: tf.get_variable("other", [2])),
            caught(lambda: tf.get_variable("w", [3])),
            caught(lambda: tf.get_variable("w", [2], tf.int32)),
            caught(lambda: tf.get_variable("w")),
        ]


@THEME.program
def get_variable_of_no_or_open_shape(tf, np):
    return [
        caught(lambda: tf.get_variable("a")),
        caught(lambda: tf.get_variable("b", [None, 2])),
        caught(lambda: tf.get_variable("c", [2], initializer=tf.constant([1.0, 2.0]))),
        caught(lambda: tf.get_variable("d", [2], tf.string)),
        caught(lambda: tf.get_variable("", [2])),
    ]


@THEME.program
def set_shape_that_contradicts(tf, np):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    return [
        caught(lambda: x.set_shape([2, 4])),
        caught(lambda: x.set_shape([2])),
        caught(lambda: x.get_shape().merge_with([5, 5])),
    ]


@THEME.program
def as_list_of_an_unknown_shape(tf, np):
    shape = tf.placeholder(tf.float32).get_shape()
    return [
        caught(lambda: shape.as_list()),
        caught(lambda: len(shape)),
        caught(lambda: [d for d in shape]),  # noqa: C416
        caught(lambda: int(tf.Dimension(None))),
    ]


@THEME.program
def a_placeholder_without_a_dtype(tf, np):
    return [
        caught(lambda: tf.placeholder("no_such_type")),
        caught(lambda: tf.placeholder(None)),
        caught(lambda: tf.placeholder(tf.float32, [2, "a"])),
        caught(lambda: tf.placeholder(tf.float32, [-2])),
    ]


@THEME.program
def unknown_names_in_the_graph(tf, np):
    graph = tf.get_default_graph()
    tf.constant(1, name="known")
    return [
        caught(lambda: graph.get_tensor_by_name("known")),
        caught(lambda: graph.get_tensor_by_name("unknown:0")),
        caught(lambda: graph.get_tensor_by_name("known:3")),
        caught(lambda: graph.get_operation_by_name("unknown")),
        caught(lambda: graph.get_operation_by_name("known:0")),
        caught(lambda: graph.get_tensor_by_name(7)),
        caught(lambda: graph.as_graph_element(3.5)),
    ]


@THEME.program
def a_cond_whose_branches_do_not_match(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    return [
        caught(lambda: tf.cond(p, lambda: tf.constant(1), lambda: tf.constant(1.0))),
        caught(lambda: tf.cond(p, lambda: [tf.constant(1)] * 2, lambda: tf.constant(1))),
        caught(lambda: tf.cond(p, lambda: tf.constant(1), lambda: None)),
        caught(lambda: tf.cond(p, tf.constant(1), lambda: tf.constant(2))),
        caught(lambda: tf.cond(True, lambda: tf.constant(1), lambda: tf.constant(2))),
        caught(lambda: tf.cond(tf.constant(1), lambda: tf.constant(1), lambda: tf.constant(2))),
        caught(lambda: tf.cond(p, lambda: tf.constant(1))),
    ]


@THEME.program
def case_of_wrong_things(tf, np):
    one = lambda: tf.constant(1)  # noqa: E731
    return [
        caught(lambda: tf.case(3)),
        caught(lambda: tf.case([(True, one)])),
        caught(lambda: tf.case([(tf.constant(True), 3)])),
        caught(lambda: tf.case([(tf.constant(True), one)], default=3)),
    ]


@THEME.program
def clip_and_norm_arguments(tf, np):
    return [
        caught(lambda: tf.clip_by_global_norm(tf.constant([1.0]), 1.0)),
        caught(lambda: tf.global_norm(3)),
        caught(lambda: tf.clip_by_value(tf.zeros([2]), tf.zeros([3]), 1.0)),
    ]


@THEME.program
def dropout_arguments(tf, np):
    x = tf.ones([2, 2], name="x")
    return [
        caught(lambda: tf.nn.dropout(x, keep_prob=0.0)),
        caught(lambda: tf.nn.dropout(x, keep_prob=1.5)),
        caught(lambda: tf.nn.dropout(x, rate=1.0)),
        caught(lambda: tf.nn.dropout(x)),
        caught(lambda: tf.nn.dropout(tf.constant([1]), 0.5)),
    ]


@THEME.program
def random_arguments(tf, np):
    return [
        caught(lambda: tf.random_uniform([2], 0, 10, dtype=tf.float32).dtype),
        caught(lambda: tf.random_uniform([2], dtype=tf.int32)),
        caught(lambda: tf.random_normal([2], dtype=tf.int32)),
        caught(lambda: tf.random_shuffle(3).get_shape()),
    ]


@THEME.program
def a_global_step_of_the_wrong_kind(tf, np):
    step = tf.Variable(1.0, name="global_step")
    tf.add_to_collection(tf.GraphKeys.GLOBAL_STEP, step)
    return caught(lambda: tf.train.get_global_step()), caught(lambda: tf.train.create_global_step())


@THEME.program(class_only="where it fails by accident, a better text is allowed")
def learning_rate_without_a_step(tf, np):
    return [
        caught(lambda: tf.train.exponential_decay(0.1, None, 10, 0.5)),
        caught(lambda: tf.train.polynomial_decay(0.1, None, 10)),
        caught(lambda: tf.train.piecewise_constant(tf.constant(1), [1.5], [0.1, 0.2])),
        caught(lambda: tf.train.piecewise_constant(tf.constant(1), [1, 2], [0.1, 0.2])),
    ]


@THEME.program(class_only="names a function of the real one's own")
def an_unknown_keyword(tf, np):
    return [
        caught(lambda: tf.constant(1, typo=2)),
        caught(lambda: tf.reduce_sum(tf.zeros([2]), axes=0)),
    ]


@THEME.program
def an_old_and_a_new_keyword_at_once(tf, np):
    x = tf.zeros([2])
    return [
        caught(lambda: tf.reduce_sum(x, axis=0, reduction_indices=0)),
        caught(lambda: tf.reduce_sum(x, keepdims=True, keep_dims=True)),
        caught(lambda: tf.expand_dims(x, axis=0, dim=0)),
        caught(lambda: tf.argmax(x, axis=0, dimension=0)),
        caught(lambda: tf.squeeze(x, axis=0, squeeze_dims=[0])),
    ]
