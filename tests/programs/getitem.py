"""`x[...]` in every form: values, static shapes, nodes and gradients."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme()

FORMS = {
    "int": lambda x, tf: x[1],
    "negative": lambda x, tf: x[-1],
    "slice": lambda x, tf: x[1:],
    "slice_to": lambda x, tf: x[:1],
    "slice_negative": lambda x, tf: x[:, -2:],
    "all": lambda x, tf: x[:],
    "step": lambda x, tf: x[:, ::2],
    "step_backwards": lambda x, tf: x[:, ::-1],
    "backwards_bounds": lambda x, tf: x[:, 2:0:-1],
    "past_the_end": lambda x, tf: x[:, 1:99],
    "empty": lambda x, tf: x[2:2],
    "two_ints": lambda x, tf: x[1, 2],
    "int_and_slice": lambda x, tf: x[0, 1:3],
    "slice_and_int": lambda x, tf: x[0:1, 2],
    "ellipsis": lambda x, tf: x[...],
    "ellipsis_int": lambda x, tf: x[..., 0],
    "int_ellipsis": lambda x, tf: x[0, ...],
    "newaxis": lambda x, tf: x[tf.newaxis],
    "newaxis_inside": lambda x, tf: x[:, tf.newaxis, :],
    "newaxis_at_the_end": lambda x, tf: x[..., None],
    "newaxis_and_int": lambda x, tf: x[None, 1, None],
    "three_deep": lambda x, tf: x[1, 1:, ::2],
    "tensor_index": lambda x, tf: x[tf.constant(1)],
    "tensor_bounds": lambda x, tf: x[tf.constant(0) : tf.constant(1)],
    "mixed_bounds": lambda x, tf: x[0 : tf.constant(2), 1],
    "int64_tensor": lambda x, tf: x[tf.constant(1, tf.int64)],
    "chained": lambda x, tf: x[1][2][3],
}


@THEME.programs_over(FORMS)
def of_a_constant(tf, np, form):
    x = tf.constant(np.arange(24).reshape(2, 3, 4), name="x")
    y = form(x, tf)
    with tf.Session() as sess:
        return y, sess.run(y), nodes(tf)


@THEME.programs_over(FORMS)
def of_unknown_dimensions(tf, np, form):
    x = tf.placeholder(tf.float32, [None, 3, None], name="x")
    y = form(x, tf)
    with tf.Session() as sess:
        return y, sess.run(y, {x: np.arange(24).reshape(2, 3, 4)})


@THEME.programs_over(FORMS)
def of_an_unknown_rank(tf, np, form):
    x = tf.placeholder(tf.float32, name="x")
    y = form(x, tf)
    with tf.Session() as sess:
        return y, sess.run(y, {x: np.arange(24).reshape(2, 3, 4)})


@THEME.programs_over(FORMS)
def gradient_of(tf, np, form):
    x = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4), name="x")
    grads = tf.gradients(form(x, tf) * 2.0, x)
    with tf.Session() as sess:
        return sess.run(grads)


@THEME.programs_over(["ref", "resource"])
def of_a_variable(tf, np, kind):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="v", use_resource=kind == "resource")
    ys = [v[0], v[:, 1], v[..., tf.newaxis]]
    with started(tf) as sess:
        return ys, sess.run(ys), nodes(tf)


@THEME.program
def assigning_to_a_slice_of_a_ref(tf, np):
    v = tf.Variable([1.0, 2.0, 3.0, 4.0], name="v")
    writes = [v[1:3].assign([20.0, 30.0]), v[0].assign(10.0)]
    with started(tf) as sess:
        return [sess.run(write) for write in writes], sess.run(v)


@THEME.program
def assigning_to_a_slice_of_a_resource(tf, np):
    v = tf.Variable([1.0, 2.0, 3.0, 4.0], name="v", use_resource=True)
    write = v[1:3].assign([20.0, 30.0])
    with started(tf) as sess:
        return sess.run(write), sess.run(v)


@THEME.program
def assigning_to_a_slice_of_a_tensor(tf, np):
    return caught(lambda: tf.constant([1.0, 2.0])[0:1].assign([3.0]))


@THEME.program
def fed_bounds(tf, np):
    x = tf.constant([1, 2, 3, 4, 5])
    i, j = tf.placeholder(tf.int32, [], name="i"), tf.placeholder(tf.int32, [], name="j")
    ys = [x[i], x[i:j], x[:j], x[i : j + 1]]
    with tf.Session() as sess:
        return [y.shape for y in ys], sess.run(ys, {i: 1, j: 3}), sess.run(ys, {i: -2, j: 5})


@THEME.program
def a_fed_index_out_of_bounds(tf, np):
    i = tf.placeholder(tf.int32, [], name="i")
    y = tf.constant([1, 2, 3])[i]
    with tf.Session() as sess:
        return [caught(lambda k=k: sess.run(y, {i: k})) for k in (3, -4, 2)]


@THEME.program
def indices_that_are_refused(tf, np):
    x = tf.zeros([2, 3], name="x")
    return [
        caught(lambda: x[[0, 1]]),
        caught(lambda: x[np.array([0, 1])]),
        caught(lambda: x[tf.constant([0, 1])]),
        caught(lambda: x[tf.constant(1.0)]),
        caught(lambda: x[x > 0.0]),
        caught(lambda: x[..., 0, ...]),
        caught(lambda: x[True]),
        caught(lambda: x[1.0:]),
        caught(lambda: x[5]),
        caught(lambda: x[-3]),
    ]


@THEME.program
def numpy_indices(tf, np):
    x = tf.constant([[1, 2], [3, 4]], name="x")
    ys = [x[np.int32(1)], x[np.int64(0), np.int64(1)], x[np.int32(0) : np.int32(1)]]
    with tf.Session() as sess:
        return ys, sess.run(ys)


@THEME.program
def strided_slice_with_masks(tf, np):
    x = tf.constant(np.arange(24).reshape(2, 3, 4), name="x")
    ys = [
        tf.strided_slice(x, [0, 1, 0], [1, 3, 4]),
        tf.strided_slice(x, [0, 1], [9, 9], begin_mask=1, end_mask=3),
        tf.strided_slice(x, [0, 0], [2, 2], shrink_axis_mask=2),
        tf.strided_slice(x, [0, 0], [0, 1], ellipsis_mask=1),
        tf.strided_slice(x, [0, 0], [1, 1], new_axis_mask=1),
        tf.strided_slice(x, [1, 2, 3], [0, 0, 0], [-1, -1, -2], end_mask=7),
    ]
    with tf.Session() as sess:
        return ys, sess.run(ys)


@THEME.program
def slice_function(tf, np):
    x = tf.constant(np.arange(12).reshape(3, 4), name="x")
    ys = [tf.slice(x, [1, 0], [2, 2]), tf.slice(x, [0, 1], [-1, -1]), tf.slice(x, [1, 1], [0, 2])]
    with tf.Session() as sess:
        return ys, sess.run(ys), nodes(tf)
