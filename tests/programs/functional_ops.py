"""If, Case, While and For: branches and loops whose bodies are functions of the graph's library."""

from programs.functions import defun, library, modules
from programs.theme import Theme, caught, nodes, started

THEME = Theme()


def branches(tf):
    @defun(tf, tf.float32)
    def then(x):
        return x * 2.0, x + 1.0

    @defun(tf, tf.float32)
    def otherwise(x):
        return x * 3.0, tf.constant(7.0)

    return then, otherwise


@THEME.program
def if_of_all_kinds_of_predicates(tf, np):
    _, functional_ops = modules(tf)
    found = []
    choices = {
        tf.bool: [True, False],
        tf.int32: [0, 5],
        tf.float32: [0.0, 0.5],
        tf.string: ["", "x"],
    }
    for dtype, values in choices.items():
        p = tf.placeholder(dtype, [])
        result = functional_ops.If(p, [3.0], *branches(tf))
        with tf.Session() as sess:
            found += [sess.run(result, {p: value}) for value in values]
    return found, nodes(tf)


@THEME.program
def if_with_effects(tf, np):
    _, functional_ops = modules(tf)
    v = tf.Variable(1.0, use_resource=True, name="v")

    @defun(tf, tf.resource)
    def then(handle):
        update = tf.raw_ops.AssignAddVariableOp(resource=handle, value=tf.constant(2.0))
        with tf.control_dependencies([update]):
            return tf.constant(1)

    @defun(tf, tf.resource)
    def otherwise(handle):
        return tf.constant(2)

    p = tf.placeholder(tf.bool, [])
    (result,) = functional_ops.If(p, [v.handle], then, otherwise)
    with tf.control_dependencies([result]):
        value = v.read_value()
    sess = started(tf)
    return [sess.run([result, value], {p: choice}) for choice in (True, False, True, False)]


@THEME.program
def gradient_of_if(tf, np):
    _, functional_ops = modules(tf)

    @defun(tf, tf.float32, tf.float32)
    def then(x, y):
        return tf.sin(x) * y, x + 1.0

    @defun(tf, tf.float32, tf.float32)
    def otherwise(x, y):
        return x * x * x, tf.constant(7.0) * y

    p, x, y = tf.placeholder(tf.bool, []), tf.constant(3.0), tf.constant(2.0)
    results = functional_ops.If(p, [x, y], then, otherwise)
    d = tf.gradients(results, [x, y])
    train = [[node[0], node[1]] for node in nodes(tf)]
    with tf.Session() as sess:
        return [sess.run(d, {p: choice}) for choice in (True, False)], train


@THEME.program
def gradient_of_case(tf, np):
    def times(factor):
        return defun(tf, tf.float32)(lambda x: x * x * factor)

    i, x = tf.placeholder(tf.int32, []), tf.constant(3.0)
    (result,) = tf.raw_ops.Case(
        branch_index=i,
        input=[x],
        Tout=[tf.float32],
        branches=[times(1.0), times(10.0), times(100.0)],
        output_shapes=[[]],
    )
    d = tf.gradients(result, x)
    with tf.Session() as sess:
        return [sess.run(d, {i: value}) for value in (0, 1, 2, 7)]


@THEME.program
def case_of_an_index(tf, np):
    def times(factor):
        return defun(tf, tf.float32)(lambda x: x * factor)

    i = tf.placeholder(tf.int32, [])
    (result,) = tf.raw_ops.Case(
        branch_index=i,
        input=[tf.constant(3.0)],
        Tout=[tf.float32],
        branches=[times(1.0), times(10.0), times(100.0)],
        output_shapes=[[]],
    )
    with tf.Session() as sess:
        return result, [sess.run(result, {i: value}) for value in (-1, 0, 1, 2, 7)]


def counting(tf):
    @defun(tf, tf.int32, tf.float32)
    def cond(i, x):
        return i < 5

    @defun(tf, tf.int32, tf.float32)
    def body(i, x):
        return i + 1, x * 2.0

    return cond, body


@THEME.program
def while_of_a_fed_number(tf, np):
    _, functional_ops = modules(tf)
    n = tf.placeholder(tf.int32, [])
    result = functional_ops.While([n, tf.constant(1.0)], *counting(tf))
    with tf.Session() as sess:
        return [sess.run(result, {n: value}) for value in (0, 4, 9)], nodes(tf), result


@THEME.program
def while_that_captures(tf, np):
    _, functional_ops = modules(tf)
    c = tf.constant(3.0)
    cond, _ = counting(tf)

    @defun(tf, tf.int32, tf.float32)
    def body(i, x):
        return i + 1, x * c

    result = functional_ops.While([tf.constant(0), tf.constant(1.0)], cond, body)
    with tf.Session() as sess:
        return sess.run(result), nodes(tf), library(tf)


@THEME.program
def while_with_effects(tf, np):
    _, functional_ops = modules(tf)
    v = tf.Variable(2.0, use_resource=True, name="v")

    @defun(tf, tf.int32)
    def cond(i):
        return i < 5

    @defun(tf, tf.int32)
    def body(i):
        with tf.control_dependencies([v.assign_add(1.0)]):
            return i + 1

    result = functional_ops.While([tf.constant(0)], cond, body)
    with tf.control_dependencies(result):
        value = v.read_value()
    sess = started(tf)
    return [sess.run(value) for _ in range(4)]


@THEME.program
def for_loops(tf, np):
    _, functional_ops = modules(tf)
    ends = [tf.placeholder(tf.int32, []) for _ in range(3)]

    @defun(tf, tf.int32, tf.float32)
    def body(i, x):
        return x + tf.cast(i, tf.float32)

    results = [
        functional_ops.For(*ends, inputs=[0.0], body=body, rewrite_with_while=rewrite)
        for rewrite in (False, True)
    ]
    with tf.Session() as sess:
        found = [
            sess.run(results, dict(zip(ends, values)))
            for values in ((0, 5, 1), (5, 0, -1), (0, 10, 3), (2, 2, 1))
        ]
        error = caught(lambda: sess.run(results[0], dict(zip(ends, (0, 5, -1)))))
    return found, nodes(tf), type(error).__name__


@THEME.program(class_only="the words name other operations")
def loops_and_branches_that_do_not_fit(tf, np):
    _, functional_ops = modules(tf)
    cond, body = counting(tf)

    @defun(tf, tf.int32, tf.float32)
    def two(i, x):
        return i < 3, x

    @defun(tf, tf.int32, tf.float32)
    def three(i, x):
        return i, x, x

    @defun(tf, tf.int32)
    def other(i):
        return i < 3

    start = [tf.constant(0), tf.constant(1.0)]
    with tf.Session() as sess:
        return [
            caught(lambda: sess.run(functional_ops.While(start, two, body))),
            caught(lambda: sess.run(functional_ops.While(start, cond, three))),
            caught(lambda: functional_ops.While(start, other, body)),
            caught(lambda: sess.run(functional_ops.For(0, 3, 1, [1.0], three))),
        ]


@THEME.program
def optional_values(tf, np):
    raw = tf.raw_ops
    p = tf.placeholder(tf.bool, [])
    some = raw.OptionalFromValue(components=[tf.constant([1.0, 2.0]), tf.constant("a")])
    either = tf.cond(p, lambda: some, lambda: raw.OptionalNone())
    has = raw.OptionalHasValue(optional=either)
    kinds = {"output_types": [tf.float32, tf.string], "output_shapes": [[2], []]}
    value = raw.OptionalGetValue(optional=either, **kinds)
    wrong = {"output_types": [tf.float32], "output_shapes": [[2]]}
    less = raw.OptionalGetValue(optional=some, **wrong)
    with tf.Session() as sess:
        errors = [
            caught(lambda: sess.run(value, {p: False})),
            caught(lambda: sess.run(less)),
        ]
        return (
            [sess.run(has, {p: choice}) for choice in (True, False)],
            list(sess.run(value, {p: True})),
            [error.message.split("\n")[0] for error in errors],
            nodes(tf),
        )


@THEME.program
def fake_params(tf, np):
    """What stands on the branch that doesn't compute a value: only its shape is defined."""
    raw = tf.raw_ops
    shapes = ([2, 3], [], [None, 2], None)
    fakes = [raw.FakeParam(dtype=tf.float32, shape=tf.TensorShape(s)) for s in shapes]
    p = tf.placeholder(tf.bool, [])
    variant = raw.FakeParam(dtype=tf.variant, shape=tf.TensorShape([]))
    either = tf.cond(p, lambda: raw.OptionalNone(), lambda: variant)
    has = raw.OptionalHasValue(optional=either)
    with tf.Session() as sess:
        return [
            [str(fake.shape) for fake in fakes],
            [value.shape for value in sess.run(fakes)],
            sess.run(raw.FakeParam(dtype=tf.string, shape=tf.TensorShape([2]))),
            sess.run(has, {p: True}),
        ]
