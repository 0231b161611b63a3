"""Gradients through TensorArrays: the nodes they make, values, what runs refuse."""

from programs.tensor_arrays import array, failure, run
from programs.theme import Theme, caught, nodes

THEME = Theme()


@THEME.program
def of_writes_and_reads(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    ta = tf.TensorArray(tf.float32, size=2).write(0, x).write(1, x * 3.0)
    y = ta.read(1) * ta.read(0)
    (g,) = tf.gradients(y, x)
    return g, run(tf, y, g), nodes(tf)


@THEME.program
def of_unstacked_and_stacked(tf, np):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    ta = tf.TensorArray(x.dtype, tf.shape(x)[0]).unstack(x)
    y = ta.stack() ** 2
    (g,) = tf.gradients(y, x)
    return g, [run(tf, g, x=[[1, 2], [3, 4], [5, 6]]) for _ in range(2)], nodes(tf)


@THEME.program
def of_scattered_and_gathered(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    ta = tf.TensorArray(tf.float32, size=3, element_shape=[2]).scatter([2, 0], x)
    y = ta.gather([2, 1]) ** 3
    (g,) = tf.gradients(y, x)
    return g, run(tf, y, g), nodes(tf)


@THEME.program
def of_split_and_concatenated(tf, np):
    x = tf.constant([[1.0], [2.0], [3.0]], name="x")
    ta = tf.TensorArray(tf.float32, size=2, infer_shape=False).split(x, [1, 2])
    y = ta.concat() ** 2
    (g,) = tf.gradients(y, x)
    return g, run(tf, y, g), nodes(tf)


@THEME.program
def of_equal_pieces(tf, np):
    x = tf.constant([[1.0], [2.0], [3.0], [4.0]], name="x")
    ta = tf.TensorArray(tf.float32, size=2).split(x, [2, 2])
    y, z = ta.concat() ** 2, tf.TensorArray(tf.float32, size=2).split(x, [2, 2]).read(1)
    g = tf.gradients(y, x) + tf.gradients(z, x)
    return g, [run(tf, y, *g) for _ in range(2)]


@THEME.program
def reads_of_one_element_add_up(tf, np):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    ta = tf.TensorArray(tf.float32, size=3, clear_after_read=False).unstack(x)
    y = ta.read(1) * 2.0 + ta.read(1) * ta.read(0)
    z = tf.reduce_sum(ta.stack() * [5.0, 6.0, 7.0]) + y
    (g,) = tf.gradients(z, x)
    return run(tf, y, z, g), nodes(tf)


@THEME.program
def what_is_not_read_has_zeros(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    ta = tf.TensorArray(tf.float32, size=2).unstack(x)
    (g,) = tf.gradients(ta.read(1), x)
    late = tf.TensorArray(tf.float32, size=3).write(0, x[0]).write(2, x[1])
    (h,) = tf.gradients(late.read(2), x)
    return run(tf, g, h)


@THEME.program
def two_calls_have_arrays_of_their_own(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    ta = tf.TensorArray(tf.float32, size=2, clear_after_read=False).unstack(x)
    y, z = ta.read(0) * 2.0, ta.read(1) * 3.0
    first, second, again = (tf.gradients(t, x)[0] for t in (y, z, y))
    return run(tf, first, second, again), nodes(tf)


@THEME.program
def names_of_calls(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.TensorArray(tf.float32, size=2).unstack(x).stack()
    with tf.name_scope("outer"):
        (named,) = tf.gradients(y, x, name="gradients_of_mine")
    wrong = caught(lambda: tf.gradients(y, x, name="mine"))
    return named, run(tf, named), wrong


@THEME.program
def given_gradients(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    y = tf.TensorArray(tf.float32, size=2).unstack(x).stack()
    (g,) = tf.gradients(y, x, grad_ys=[tf.constant([[5.0, 6.0], [7.0, 8.0]])])
    return run(tf, g)


@THEME.program
def by_hand(tf, np):
    ta = tf.TensorArray(tf.float32, size=2).unstack([[1.0], [2.0]])
    d = ta.grad("gradients").write(0, [5.0])
    with tf.control_dependencies([d.flow]):
        d = ta.grad("gradients").write(0, [6.0])
    y = d.stack()
    other = ta.grad("others").unstack([[8.0], [9.0]]).stack()
    return y, run(tf, y, other), nodes(tf)


@THEME.program
def with_a_shape_in_front(tf, np):
    ta = tf.TensorArray(tf.float32, size=2, element_shape=[3]).write(0, [1.0, 2.0, 3.0])
    handle, flow = tf.raw_ops.TensorArrayGradWithShape(
        handle=ta.handle, flow_in=ta.flow, shape_to_prepend=[2], source="gradients"
    )
    d = tf.TensorArray(tf.float32, handle=handle, flow=flow).write(0, tf.ones([2, 3]))
    y = d.read(1)
    wrong = tf.TensorArray(tf.float32, handle=handle, flow=flow, infer_shape=False)
    return y, run(tf, y, d.read(0)), caught(lambda: wrong.write(1, tf.ones([3])))


@THEME.program
def a_second_order(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.TensorArray(tf.float32, size=2).unstack(x).stack() ** 3
    (g,) = tf.gradients(y, x)
    (h,) = tf.gradients(g, x)
    return h, run(tf, g), failure(tf, h), nodes(tf)


@THEME.program
def of_a_dynamic_array(tf, np):
    x = tf.constant([[1.0], [2.0]], name="x")
    ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True).unstack(x).write(2, x[0])
    y = ta.stack() ** 2
    (g,) = tf.gradients(y, x)
    return run(tf, y, g)


@THEME.program
def writes_after_the_gradient(tf, np):
    ta = array(tf, size=1, dynamic_size=True).write(0, [1.0])
    d = ta.grad("gradients")
    with tf.control_dependencies([d.flow]):
        late = ta.write(1, [2.0])
    return failure(tf, late.flow)


@THEME.program
def shapes_that_do_not_fit(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    ta = array(tf, infer_shape=False).write(0, [1.0, 2.0])
    d = ta.grad("gradients").write(0, x)
    wrong = tf.TensorArray(tf.int32, handle=ta.handle, flow=ta.flow)
    return [
        run(tf, d.read(0), x=[3.0, 4.0]),
        failure(tf, d.flow, x=[1.0]),
        failure(tf, ta.grad("other").read(1)),
        failure(tf, wrong.read(0)),
        failure(tf, wrong.stack()),
    ]


@THEME.program
def in_a_cond(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant([1.0, 2.0], name="x")
    ta = tf.TensorArray(tf.float32, 2).write(0, x[0] * 2.0)
    ta = tf.cond(p, lambda: ta.write(1, x[1] * 3.0), lambda: ta.write(1, x[0] * 5.0))
    (g,) = tf.gradients(ta.stack(), x)
    return g, [run(tf, g, p=value) for value in (True, False)], nodes(tf)


@THEME.program
def of_a_loop_that_writes(tf, np):
    x, n = tf.constant(3.0, name="x"), tf.placeholder(tf.int32, [], name="n")
    ta = tf.TensorArray(tf.float32, n)
    _, _, ta = tf.while_loop(
        lambda i, p, ta: i < n, lambda i, p, ta: (i + 1, p * x, ta.write(i, p)), [0, 1.0, ta]
    )
    y = ta.stack()
    (g,) = tf.gradients(y, x)
    return g, [run(tf, y, g, n=value) for value in (3, 1)], nodes(tf)


@THEME.program
def of_a_loop_that_reads(tf, np):
    x = tf.placeholder(tf.float32, [None], name="x")
    ta = tf.TensorArray(tf.float32, tf.size(x)).unstack(x)
    n = tf.size(x)
    _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * ta.read(i)), [0, 1.0])
    (g,) = tf.gradients(y, x)
    return g, [run(tf, y, g, x=[2, 3, 4]) for _ in range(2)], nodes(tf)


@THEME.program(rtol=2e-4)
def of_a_loop_that_does_both(tf, np):
    x, w = tf.placeholder(tf.float32, [3, 2], name="x"), tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    inputs, outputs = tf.TensorArray(tf.float32, 3).unstack(x), tf.TensorArray(tf.float32, 3)

    def step(i, state, outputs):
        state = tf.tanh(tf.matmul(tf.reshape(inputs.read(i), [1, 2]), w) + state)
        return i + 1, state, outputs.write(i, state)

    _, _, outputs = tf.while_loop(lambda i, *_: i < 3, step, [0, tf.zeros([1, 2]), outputs])
    y = outputs.stack()
    g = tf.gradients(y, [x, w])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feed = {x: [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]}
        return [session.run([y, *g], feed) for _ in range(3)], nodes(tf)


@THEME.program
def of_arrays_in_nested_loops(tf, np):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    rows = tf.TensorArray(tf.float32, 2).unstack(x)
    products = tf.TensorArray(tf.float32, 2)

    def outer(i, products):
        row = tf.TensorArray(tf.float32, 3).unstack(rows.read(i))
        _, product = tf.while_loop(
            lambda j, p: j < 3, lambda j, p: (j + 1, p * row.read(j)), [0, 1.0]
        )
        return i + 1, products.write(i, product)

    _, products = tf.while_loop(lambda i, _: i < 2, outer, [0, products])
    y = products.stack()
    (g,) = tf.gradients(y, x)
    return [run(tf, y, g, x=[[1, 2, 3], [4, 5, 6]]) for _ in range(2)], nodes(tf)
