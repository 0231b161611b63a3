"""Functions of the graph's library: Defun, calls, gradients."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme()


def modules(tf):
    """TensorFlow's modules `function` and `functional_ops`, or what is in their place."""
    if tf.__name__ == "tensorflow":
        from tensorflow.python.framework import function
        from tensorflow.python.ops import functional_ops
    else:
        from evergraph.functions import defun as function
        from evergraph.functions import functional_ops
    return function, functional_ops


def defun(tf, *types, **options):
    return modules(tf)[0].Defun(*types, **options)


def library(tf):
    """What the library of the default graph holds, in order of names."""
    found = {}
    for function in tf.get_default_graph().as_graph_def().library.function:
        signature = function.signature
        found[signature.name] = [
            [(arg.name, arg.type) for arg in signature.input_arg],
            [(arg.name, arg.type) for arg in signature.output_arg],
            signature.is_stateful,
            [(n.name, n.op, list(n.input), sorted(n.attr)) for n in function.node_def],
            sorted(function.ret.items()),
            sorted(function.attr),
            sorted(function.arg_attr),
        ]
    return sorted(found.items())


@THEME.program
def a_call(tf, np):
    @defun(tf, tf.float32, tf.float32)
    def plus(x, y):
        """The sum."""
        return x + y, tf.reshape(x, [-1, 1])

    a, b = plus([1.0, 2.0], 3.0)
    plus(1.0, 2.0, name="second")
    with tf.Session() as sess:
        return sess.run([a, b]), nodes(tf), library(tf), a


@THEME.program
def names_of_functions_and_calls(tf, np):
    @defun(tf, tf.float32, func_name="Named", out_names=["result"])
    def plus(x):
        return x + 1.0

    with tf.name_scope("scope"):
        first, second = plus(1.0), plus(2.0)
    return [first.name, second.name, plus.name], library(tf)


@THEME.program
def names_hang_on_the_body(tf, np):
    def function(body):
        return defun(tf, tf.float32)(body).name

    def f(x):
        return x + 1.0

    def g(x):
        return x + 2.0

    def text(x):
        return tf.constant(["a", "bcdefghijk"])

    def many(x):
        with tf.device("/cpu:0"), tf.control_dependencies([x]):
            y = tf.constant([[1, 2], [3, 4]], tf.int64)
        return tf.cast(y, tf.complex64), tf.split(x, 2), tf.zeros([4], tf.bool)

    def many_results(x):
        a, b = tf.split(tf.stack([x, x]), 2)
        return a, b, b

    results = [function(body) for body in (f, g, text, many_results)]
    return results, caught(lambda: function(many))


@THEME.program
def captured_tensors(tf, np):
    c = tf.constant(2.0, name="c")
    v = tf.Variable(3.0, name="v")

    @defun(tf, tf.float32)
    def outer(x):
        @defun(tf, tf.float32)
        def inner(y):
            return y * v + c

        return inner(x) + c

    y = outer(4.0)
    return started(tf).run(y), nodes(tf), library(tf), [t.name for t in outer.captured_inputs]


@THEME.program
def variables_of_a_function_live_outside(tf, np):
    @defun(tf, tf.float32)
    def scale(x):
        w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
        r = tf.get_variable("r", [2], initializer=tf.ones_initializer(), use_resource=True)
        return x * w + r

    with tf.variable_scope("scope"):
        y = scale(3.0)
    z = scale(4.0)
    names = [v.name for v in tf.global_variables()]
    return started(tf).run([y, z]), names, nodes(tf), library(tf)


@THEME.program
def a_resource_variable_by_its_handle(tf, np):
    v = tf.Variable([1.0, 2.0], name="v", use_resource=True)

    @defun(tf)
    def read():
        return v * 2.0, tf.shape(v)

    a, b = read()
    return started(tf).run([a, b]), library(tf), read.stateful_ops


@THEME.program
def captures_by_value(tf, np):
    c = tf.constant(2.0, name="c")
    p = tf.placeholder(tf.float32, [], name="p")

    @defun(tf, tf.float32, capture_by_value=True)
    def twice(x):
        return x * (c + 1.0)

    @defun(tf, tf.float32, capture_by_value=True)
    def fails(x):
        return x * p

    y = twice(4.0)
    with tf.Session() as sess:
        return sess.run(y), nodes(tf), library(tf), caught(lambda: fails(1.0))


@THEME.program
def one_version_for_each_dtype(tf, np):
    @defun(tf)
    def square(x):
        return x * x

    @defun(tf, func_name="Sq")
    def named(x):
        return x * x

    ys = [square(3.0), square(tf.constant(3)), named(2.0), named(tf.constant(2, tf.int64))]
    with tf.Session() as sess:
        return sess.run(ys), [y.op.type for y in ys]


@THEME.program
def results_of_calls(tf, np):
    @defun(tf, tf.float32)
    def nothing(x):
        tf.identity(x)

    @defun(tf)
    def constant():
        return tf.constant([42])

    @defun(tf, tf.float32)
    def itself(x):
        return x

    called = nothing(1.0)
    values = [constant(), itself(5.0)]
    with tf.Session() as sess:
        return called, sess.run(called), sess.run(values), library(tf)


@THEME.program(class_only="the words name other things")
def mistakes(tf, np):
    @defun(tf, tf.float32)
    def one(x):
        return x

    @defun(tf, tf.float32)
    def none(x):
        return [None]

    def with_default(x=1):
        return x

    def two(x, y):
        return x

    return [
        caught(lambda: one(1.0, 2.0)),
        caught(lambda: one()),
        caught(lambda: one(1.0, device="/cpu:0")),
        caught(lambda: none(1.0)),
        caught(lambda: defun(tf, tf.float32)(with_default)),
        caught(lambda: defun(tf, tf.float32)(two)),
        caught(lambda: defun(tf, tf.float32, out_names=["a", "b"])(lambda x: x)(1.0)),
        caught(lambda: modules(tf)[0].Defun()(3)),
    ]


@THEME.program
def attrs_of_functions(tf, np):
    @defun(tf, tf.float32, noinline=True, experimental_tag="a", experimental_number=3)
    def f(x):
        return x + 1.0

    y = f(1.0, noinline=False)
    definition = f.definition
    return (
        [(key, str(definition.attr[key]).strip()) for key in sorted(definition.attr)],
        [(key, str(y.op.node_def.attr[key]).strip()) for key in sorted(y.op.node_def.attr)],
    )


@THEME.program
def gradient_of_a_call(tf, np):
    @defun(tf, tf.float32, tf.float32)
    def f(x, y):
        return tf.sin(x) * y, tf.reduce_sum(x * y)

    x, y = tf.constant([1.0, 2.0], name="x"), tf.constant([3.0, 4.0], name="y")
    a, b = f(x, y)
    d = tf.gradients([a, b], [x, y])
    only_first = tf.gradients(a, y)
    with tf.Session() as sess:
        return sess.run([d, only_first]), nodes(tf)


@THEME.program
def gradient_with_respect_to_captures(tf, np):
    w = tf.Variable([2.0, 3.0], name="w")

    @defun(tf, tf.float32)
    def f(x):
        return tf.reduce_sum(tf.square(x * w))

    y = f([1.0, 2.0])
    train = tf.train.GradientDescentOptimizer(0.1).minimize(y)
    sess = started(tf)
    losses = [sess.run([y, train])[0] for _ in range(5)]
    return losses, sess.run(w), nodes(tf)


@THEME.program
def arguments_without_gradient(tf, np):
    @defun(tf, tf.int32, tf.float32, tf.float32)
    def f(i, x, unused):
        return x * tf.cast(i, tf.float32)

    x, u = tf.constant(3.0), tf.constant([1.0, 2.0])
    d = tf.gradients(f(2, x, u), [x, u])
    with tf.Session() as sess:
        return sess.run(d)


@THEME.program
def a_function_for_the_gradient(tf, np):
    @defun(tf, tf.float32, tf.float32)
    def derivative(x, d):
        return x + d

    @defun(tf, tf.float32, grad_func=derivative)
    def f(x):
        return x * x

    x = tf.constant(3.0, name="x")
    d = tf.gradients(f(x), x)
    graph_def = tf.get_default_graph().as_graph_def()
    gradients = [(g.function_name, g.gradient_func) for g in graph_def.library.gradient]
    with tf.Session() as sess:
        return sess.run(d), nodes(tf), gradients, f.grad_func_name, f.name


@THEME.program
def a_python_function_for_the_gradient(tf, np):
    @defun(tf, tf.float32, python_grad_func=lambda op, d: d * op.inputs[0] / 2.0)
    def f(x):
        return x * x

    x = tf.constant(3.0, name="x")
    d = tf.gradients(f(x), x)
    with tf.Session() as sess:
        return sess.run(d), nodes(tf)


@THEME.program
def gradients_inside_a_function(tf, np):
    @defun(tf, tf.float32)
    def newton(x):
        y = x * x - 2.0
        return x - y / tf.gradients(y, x)[0]

    x = tf.constant(1.0)
    for _ in range(5):
        x = newton(x)
    with tf.Session() as sess:
        return sess.run(x), library(tf)


@THEME.program
def symbolic_gradient_of_a_named_function(tf, np):
    function, functional_ops = modules(tf)

    @function.Defun(tf.float32, func_name="Cube")
    def cube(x):
        return x * x * x

    y = cube(2.0)
    d = functional_ops.Gradient([tf.constant(2.0), tf.constant(1.0)], cube)
    with tf.Session() as sess:
        return sess.run([y, d]), nodes(tf)


@THEME.program
def effects_run_once_for_each_call(tf, np):
    v = tf.Variable(1.0, use_resource=True, name="v")

    @defun(tf)
    def increment():
        with tf.control_dependencies([v.assign_add(2.0)]):
            return tf.constant(1)

    a = increment()
    with tf.control_dependencies([a]):
        b = increment()
    with tf.control_dependencies([b]):
        value = v.read_value()
    sess = started(tf)
    return [sess.run(value) for _ in range(4)], increment.stateful_ops


@THEME.program
def effects_that_no_result_needs(tf, np):
    v = tf.Variable(1.0, use_resource=True, name="v")

    @defun(tf)
    def increment():
        v.assign_add(2.0)
        return tf.constant(1)

    one = increment()
    sess = started(tf)
    sess.run([one, one])
    sess.run(one.op)
    return sess.run(v)


@THEME.program(class_only="the words name other operations")
def assertions_inside(tf, np):
    x = tf.placeholder(tf.float32, [])

    @defun(tf, tf.float32)
    def positive(x):
        with tf.control_dependencies([tf.Assert(x > 0.0, [x])]):
            return tf.identity(x)

    y = positive(x)
    with tf.Session() as sess:
        return sess.run(y, {x: 1.0}), caught(lambda: sess.run(y, {x: -1.0}))


@THEME.program
def cond_around_and_inside_calls(tf, np):
    p = tf.placeholder(tf.bool, [])
    x = tf.constant(3.0)

    @defun(tf, tf.float32)
    def fails(x):
        with tf.control_dependencies([tf.Assert(False, [42])]):
            return x * tf.constant(2.0)

    @defun(tf, tf.bool, tf.float32)
    def choose(p, x):
        return tf.cond(p, lambda: x + 1.0, lambda: x * tf.constant(10.0))

    y = tf.cond(p, lambda: x + 1.0, lambda: fails(x))
    with tf.Session() as sess:
        found = [sess.run(choose(p, x), {p: choice}) for choice in (True, False)]
        return sess.run(y, {p: True}), found


@THEME.program(rtol=1e-5)
def calls_inside_loops_and_branches(tf, np):
    w = tf.Variable([0.5, 0.7], name="w")

    @defun(tf, tf.float32)
    def f(x):
        return tf.tanh(x * w + 0.1)

    x, n, p = tf.constant([1.0, 2.0]), tf.placeholder(tf.int32, []), tf.placeholder(tf.bool, [])
    shapes = [tf.TensorShape([]), tf.TensorShape(None)]
    start = [tf.constant(0), x]
    _, y = tf.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, f(x)), start, shapes)
    z = tf.cond(p, lambda: f(x), lambda: x * 3.0)
    m = tf.map_fn(f, tf.constant([[1.0, 2.0], [3.0, 4.0]]))
    fetches = [[t, *tf.gradients(t, [x, w])] for t in (y, z)] + [m, tf.gradients(m, w)]
    sess = started(tf)
    feeds = [(0, True), (1, False), (3, True), (5, False)]
    return [sess.run(fetches, {n: trips, p: choice}) for trips, choice in feeds], nodes(tf)


@THEME.program
def random_numbers_of_functions(tf, np):
    @defun(tf)
    def draw():
        return tf.random_uniform([2], seed=3)

    y = draw()
    with tf.Session() as sess:
        return [sess.run(y) for _ in range(3)]


@THEME.program
def calls_by_partitioned_call(tf, np):
    _, functional_ops = modules(tf)

    @defun(tf, tf.float32)
    def square(x):
        return x * x

    x = tf.constant(3.0)
    (y,) = functional_ops.partitioned_call([x], square)
    (d,) = tf.gradients(y, x)
    with tf.Session() as sess:
        return sess.run([y, d]), nodes(tf)


@THEME.program
def feeding_and_fetching_around_calls(tf, np):
    @defun(tf, tf.float32)
    def square(x):
        return x * x

    x = tf.constant(3.0)
    y = square(x)
    z = y + 1.0
    with tf.Session() as sess:
        return sess.run([x, y, z]), sess.run(z, {y: 10.0}), sess.run([y, z], {x: 2.0})


@THEME.program
def functions_travel_with_the_graph(tf, np):
    @defun(tf, tf.float32, tf.float32)
    def derivative(x, d):
        return x + d

    @defun(tf, tf.float32, grad_func=derivative)
    def inner(x):
        return x * x

    @defun(tf, tf.float32)
    def outer(x):
        return inner(x) + 1.0

    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.identity(outer(x), name="y")
    tf.identity(tf.gradients(y, x)[0], name="d")
    graph_def = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default() as graph:
        y, d = tf.import_graph_def(graph_def, return_elements=["y:0", "d:0"], name="in")
        x = graph.get_tensor_by_name("in/x:0")
        more = tf.gradients(y, x)
        with tf.Session() as sess:
            values = sess.run([y, d, more], {x: 3.0})
        gradients = [
            (g.function_name, g.gradient_func) for g in graph.as_graph_def().library.gradient
        ]
        return values, nodes(tf), library(tf), gradients
