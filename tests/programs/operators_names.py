"""Operator overloads: which operations they make, under which names, and what they answer."""

import operator

from programs.theme import Theme, caught, nodes

THEME = Theme()

BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
UNARY = {"neg": operator.neg, "abs": operator.abs}
LOGICAL = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}


@THEME.programs_over(BINARY)
def between_floats(tf, np, call):
    y = call(tf.constant([7.0, -7.0], name="a"), tf.constant([2.0, 2.0], name="b"))
    with tf.Session() as sess:
        return y, nodes(tf), sess.run(y)


@THEME.programs_over(BINARY)
def between_integers(tf, np, call):
    y = call(tf.constant([7, 5], name="a"), tf.constant([2, 3], name="b"))
    with tf.Session() as sess:
        return y, nodes(tf), sess.run(y)


@THEME.programs_over(BINARY)
def tensor_with_a_python_number(tf, np, call):
    y = call(tf.constant([7.0, -7.0], name="a"), 2)
    with tf.Session() as sess:
        return y, nodes(tf), sess.run(y)


@THEME.programs_over(BINARY)
def a_python_number_with_a_tensor(tf, np, call):
    y = call(2, tf.constant([7.0, 3.0], name="a"))
    with tf.Session() as sess:
        return y, nodes(tf), sess.run(y)


@THEME.programs_over(BINARY)
def a_numpy_array_with_a_tensor(tf, np, call):
    y = call(np.float32([2.0, 4.0]), tf.constant([7.0, 3.0], name="a"))
    with tf.Session() as sess:
        return y, nodes(tf), sess.run(y)


@THEME.programs_over(BINARY)
def a_list_with_a_tensor(tf, np, call):
    y = call(tf.constant([7.0, 3.0], name="a"), [2.0, 4.0])
    with tf.Session() as sess:
        return y, nodes(tf), sess.run(y)


@THEME.programs_over(BINARY)
def with_a_ref_variable(tf, np, call):
    v = tf.Variable([7.0, 3.0], name="v")
    return call(v, 2.0), call(2.0, v), call(v, v), nodes(tf)


@THEME.programs_over(BINARY)
def with_a_resource_variable(tf, np, call):
    v = tf.Variable([7.0, 3.0], name="v", use_resource=True)
    return call(v, 2.0), call(2.0, v), call(v, v), nodes(tf)


@THEME.programs_over(BINARY)
def of_the_wrong_dtypes(tf, np, call):
    a, b = tf.constant(1.0, name="a"), tf.constant(1, name="b")
    return caught(lambda: call(a, b)), caught(lambda: call(b, a)), caught(lambda: call(b, 1.5))


@THEME.programs_over(BINARY)
def of_shapes_that_do_not_fit(tf, np, call):
    a, b = tf.zeros([2, 3], name="a"), tf.zeros([4, 3], name="b")
    return caught(lambda: call(a, b))


@THEME.programs_over(BINARY)
def inside_a_name_scope(tf, np, call):
    a = tf.constant(1.0, name="a")
    with tf.name_scope("scope"):
        call(a, 1.0)
        call(a, 2.0)
    return nodes(tf)


@THEME.programs_over(UNARY)
def unary(tf, np, call):
    x, i = tf.constant([1.5, -2.0], name="x"), tf.constant([3, -4], name="i")
    y = [call(x), call(i)]
    with tf.Session() as sess:
        return nodes(tf), sess.run(y)


@THEME.program
def unary_of_complex(tf, np):
    c = tf.constant(3 - 4j, tf.complex64, name="c")
    y = [abs(c), -c]
    with tf.Session() as sess:
        return nodes(tf), sess.run(y)


@THEME.program
def invert(tf, np):
    b = tf.constant([True, False], name="b")
    with tf.Session() as sess:
        return ~b, sess.run(~b), caught(lambda: ~tf.constant(1)), nodes(tf)


@THEME.programs_over(LOGICAL)
def logical(tf, np, call):
    a, b = tf.constant([True, False], name="a"), tf.constant([True, True], name="b")
    y = [call(a, b), call(a, True), call(False, a)]
    with tf.Session() as sess:
        return nodes(tf), sess.run(y), caught(lambda: call(tf.constant(1), tf.constant(2)))


@THEME.program
def matmul_operator(tf, np):
    a = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="a")
    y = [a @ a, a @ [[1.0], [2.0]], np.float32([[1.0, 1.0]]) @ a]
    with tf.Session() as sess:
        return nodes(tf), sess.run(y)


@THEME.program
def true_division_of_integers(tf, np):
    names = ("int8", "int16", "int32", "int64", "uint8", "uint16")
    return [tf.constant(7, getattr(tf, n), name=n) / tf.constant(2, getattr(tf, n)) for n in names]


@THEME.program
def division_functions(tf, np):
    a, b = tf.constant([7, -7], name="a"), tf.constant([2, 2], name="b")
    ys = [
        tf.div(a, b),
        tf.divide(a, b),
        tf.truediv(a, b),
        tf.floordiv(a, b),
        tf.realdiv(tf.constant(7.0), tf.constant(2.0)),
        tf.truncatediv(a, b),
        tf.floormod(a, b),
        tf.truncatemod(a, b),
        tf.mod(a, b),
        tf.div_no_nan(tf.constant(1.0), tf.constant(0.0)),
        tf.floor_div(a, b),
    ]
    with tf.Session() as sess:
        return ys, sess.run(ys), nodes(tf)


@THEME.program
def addition_makes_add_not_addv2(tf, np):
    """In 1.15 the operator makes `AddV2` or `Add`; the node list says which."""
    a = tf.constant(1.0, name="a")
    a + a
    tf.add(a, a)
    tf.constant("x") + tf.constant("y")
    tf.add_n([a, a])
    tf.math.add(a, 1.0, name="named")
    return nodes(tf)


@THEME.program
def string_addition(tf, np):
    with tf.Session() as sess:
        return sess.run([tf.constant("ab") + tf.constant(["c", "d"]), "x" + tf.constant("y")])


@THEME.program
def named_functions_use_their_own_names(tf, np):
    a, b = tf.constant(4.0, name="a"), tf.constant(3.0, name="b")
    for call in (tf.add, tf.subtract, tf.multiply, tf.divide, tf.pow, tf.maximum, tf.minimum):
        call(a, b)
    for call in (tf.less, tf.greater, tf.equal, tf.not_equal, tf.less_equal, tf.greater_equal):
        call(a, b)
    for call in (tf.negative, tf.abs, tf.sign, tf.square, tf.sqrt, tf.exp, tf.log, tf.reciprocal):
        call(a)
    for call in (tf.round, tf.ceil, tf.floor, tf.sin, tf.cos, tf.tanh, tf.sigmoid, tf.rsqrt):
        call(a)
    return nodes(tf)


@THEME.program
def equality_is_identity(tf, np):
    """In 1.x behaviour, `==` compares objects, and tensors are hashable."""
    a, b = tf.constant(1.0), tf.constant(1.0)
    return a == a, a == b, a != b, len({a, b, a}), a in [b, a], nodes(tf)


@THEME.program
def a_tensor_is_no_bool(tf, np):
    a = tf.constant(True, name="a")

    def branch():
        return 1 if a else 2

    return caught(branch), caught(lambda: not a), caught(lambda: a and a)


@THEME.program
def a_tensor_is_no_iterable(tf, np):
    a = tf.constant([1, 2], name="a")
    return caught(lambda: list(a)), caught(lambda: list(tf.placeholder(tf.float32)))


@THEME.program(class_only="the wording is Python's own")
def a_tensor_has_no_length_and_no_number(tf, np):
    a = tf.constant([1, 2], name="a")
    return [caught(lambda call=call: call(a)) for call in (len, int, float)]


@THEME.program
def a_tensor_is_no_index(tf, np):
    a = tf.constant(1, name="a")
    return caught(lambda: [1, 2, 3][a]), caught(lambda: range(a))


@THEME.program
def tensors_print_themselves(tf, np):
    a = tf.constant([1, 2], name="a")
    x = tf.placeholder(tf.float32, name="x")
    y = tf.placeholder(tf.float32, [None, 3], name="y")
    v = tf.Variable([1.0], name="v")
    r = tf.Variable([1.0], name="r", use_resource=True)
    shown = [a, x, y, v, r, a.dtype, y.shape, x.shape, y.shape[0], a.op.type]
    return [str(item) for item in shown], [repr(item) for item in shown]


@THEME.program
def in_place_operators_rebind(tf, np):
    a = tf.constant(1.0, name="a")
    a += 1.0
    a *= 3.0
    a -= 0.5
    a /= 2.0
    with tf.Session() as sess:
        return a, sess.run(a), nodes(tf)


@THEME.program
def in_place_operators_on_variables(tf, np):
    v = tf.Variable(1.0, name="v")
    w = v
    w += 1.0
    r = tf.Variable(1.0, name="r", use_resource=True)
    return w, caught(lambda: operator.iadd(r, 1.0)), nodes(tf)


@THEME.program
def long_formula(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    y = -((x + 1.0) ** 2 - 3.0 * x / 2.0) // 2.0 % 5.0
    with tf.Session() as sess:
        return nodes(tf), sess.run(y, {x: [0.0, 1.0, 2.5, -4.0]})


@THEME.program
def reductions_name_their_constants(tf, np):
    x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
    u = tf.placeholder(tf.float32, name="u")
    tf.reduce_sum(x)
    tf.reduce_mean(x, axis=1)
    tf.reduce_max(x, [0, -1], keepdims=True)
    tf.reduce_sum(u)
    tf.reduce_prod(u, 0)
    tf.reduce_any(tf.less(x, 0.0))
    tf.reduce_logsumexp(x, 1)
    return nodes(tf)


@THEME.program
def concat_split_stack_name_their_inputs(tf, np):
    x = tf.placeholder(tf.float32, [2, 4], name="x")
    tf.concat([x, x], 1)
    tf.concat([x], 0)
    tf.split(x, 2, 1)
    tf.split(x, [1, 3], axis=1)
    tf.stack([x, x], axis=1)
    tf.unstack(x)
    tf.tile(x, [1, 2])
    tf.pad(x, [[0, 0], [1, 1]])
    tf.transpose(x)
    tf.transpose(x, [1, 0])
    tf.reshape(x, [-1])
    tf.expand_dims(x, 1)
    tf.squeeze(tf.zeros([1, 2]))
    return nodes(tf)


@THEME.program
def fills_and_ranges(tf, np):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.zeros([2, 3])
    tf.ones([2], tf.int32)
    tf.zeros(tf.shape(x))
    tf.fill([2], 7.0)
    tf.zeros_like(x)
    tf.ones_like(x)
    tf.zeros_like(tf.constant([1.0]))
    tf.range(5)
    tf.range(1.0, 3.0, 0.5)
    tf.linspace(0.0, 1.0, 3)
    tf.eye(2)
    tf.one_hot([1, 2], 3)
    tf.size(x)
    tf.rank(x)
    tf.shape(tf.zeros([2]))
    tf.zeros([3000])
    tf.ones([40, 30])
    return nodes(tf)
