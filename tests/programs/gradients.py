"""tf.gradients and its options: values, structure and the operations it makes."""

import contextlib

from programs.theme import Theme, caught, nodes, started

THEME = Theme(rtol=1e-5, atol=1e-6)


def run(tf, fetch, feed=None):
    with tf.Session() as sess:
        return sess.run(fetch, feed)


@THEME.program
def of_a_square(tf, np):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    grads = tf.gradients(tf.square(x), x)
    return grads, run(tf, grads), nodes(tf)


@THEME.program
def the_list_follows_the_structure_of_xs(tf, np):
    x, y = tf.constant(2.0), tf.constant(3.0)
    z = x * y
    return run(tf, [tf.gradients(z, [x, y]), tf.gradients(z, (x, y)), tf.gradients([z, z], x)])


@THEME.program
def unconnected_gives_none(tf, np):
    x, y = tf.constant(2.0), tf.constant(3.0)
    return tf.gradients(x * x, [x, y]), tf.gradients(y, x)


@THEME.program
def unconnected_gives_zeros_when_asked(tf, np):
    x, y = tf.constant([2.0, 1.0]), tf.Variable([[3.0]])
    zero = tf.UnconnectedGradients.ZERO
    grads = tf.gradients(x * x, [x, y], unconnected_gradients=zero)
    return grads, run(tf, grads), nodes(tf)


@THEME.program
def unconnected_as_a_string(tf, np):
    x, y = tf.constant([2.0, 1.0]), tf.constant([3.0])
    return [
        run(tf, tf.gradients(x * x, [x, y], unconnected_gradients="zero")),
        caught(lambda: tf.gradients(x * x, [x, y], unconnected_gradients="bad")),
    ]


@THEME.program
def of_x_with_respect_to_itself(tf, np):
    x = tf.constant([2.0, 3.0])
    return tf.gradients(x, x), run(tf, tf.gradients([x, x * x], x))


@THEME.program
def grad_ys_weigh(tf, np):
    x = tf.constant([2.0, 3.0], name="x")
    y = x * x
    grads = tf.gradients([y, x], x, grad_ys=[tf.constant([10.0, 1.0]), None])
    return run(tf, grads), nodes(tf)


@THEME.program
def stop_gradients_cuts(tf, np):
    a = tf.constant(0.0)
    b = 2.0 * a
    total = tf.gradients(a + b, [a, b])
    partial = tf.gradients(a + b, [a, b], stop_gradients=[a, b])
    return run(tf, [total, partial])


@THEME.program
def stop_gradient_the_operation(tf, np):
    x = tf.constant(3.0)
    y = tf.stop_gradient(x * x) * x
    return run(tf, tf.gradients(y, x)), tf.gradients(tf.stop_gradient(x), x)


@THEME.programs_over(["ADD_N", "EXPERIMENTAL_TREE", "EXPERIMENTAL_ACCUMULATE_N"])
def aggregation(tf, np, method):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.sin(x) + tf.cos(x) + x * 2.0 + tf.exp(x)
    grads = tf.gradients(y, x, aggregation_method=getattr(tf.AggregationMethod, method))
    return run(tf, grads), nodes(tf)


@THEME.program
def aggregation_of_a_wrong_kind(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    return caught(lambda: tf.gradients(x * x + x, x, aggregation_method=99))


@THEME.program
def gated(tf, np):
    x, w = tf.constant([[1.0, 2.0]], name="x"), tf.constant([[3.0], [4.0]], name="w")
    grads = tf.gradients(tf.matmul(x, w), [x, w], gate_gradients=True)
    return run(tf, grads), nodes(tf)


@THEME.program
def colocated(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    tf.gradients(tf.exp(x) * x, x, colocate_gradients_with_ops=True)
    return [(op.name, op.colocation_groups()) for op in tf.get_default_graph().get_operations()]


@THEME.program
def named(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    tf.gradients(x * x, x, name="mine")
    with tf.name_scope("outer"):
        tf.gradients(x * x, x)
    tf.gradients(x + x, x)
    return nodes(tf)


@THEME.program
def second_order(tf, np):
    x = tf.constant(2.0, name="x")
    (first,) = tf.gradients(x**3.0, x)
    (second,) = tf.gradients(first, x)
    (third,) = tf.gradients(second, x)
    return run(tf, [first, second, third]), nodes(tf)


@THEME.program
def second_order_of_a_net(tf, np):
    x = tf.constant([[0.5, -1.0]])
    w = tf.Variable([[0.3, 0.1], [-0.2, 0.4]])
    y = tf.reduce_sum(tf.tanh(tf.matmul(x, w)))
    (grad,) = tf.gradients(y, w)
    penalty = tf.gradients(tf.reduce_sum(tf.square(grad)), w)
    with started(tf) as sess:
        return sess.run([grad, penalty])


@THEME.program
def hessians(tf, np):
    x = tf.constant([1.0, 2.0, 3.0])
    y = tf.reduce_sum(x**3.0) + x[0] * x[1]
    scalar = tf.constant(2.0)
    return run(tf, [tf.hessians(y, x), tf.hessians(scalar**4.0, scalar)])


@THEME.program
def hessian_of_a_matrix(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    return run(tf, tf.hessians(tf.reduce_sum(tf.square(x)) * x[0, 0], x))


@THEME.program
def of_a_gather_is_slices(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    (grad,) = tf.gradients(tf.gather(x, [2, 0, 2]), x)
    return grad, run(tf, grad), run(tf, tf.convert_to_tensor(grad)), nodes(tf)


@THEME.program
def slices_are_concatenated(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    y = tf.reduce_sum(tf.gather(x, [2, 0])) + tf.reduce_sum(tf.gather(x, [1]) * 3.0)
    (grad,) = tf.gradients(y, x)
    return grad, run(tf, grad), nodes(tf)


@THEME.program
def slices_and_a_dense_gradient_add_up(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    y = tf.reduce_sum(tf.gather(x, [2, 0, 2])) + tf.reduce_sum(x * x)
    (grad,) = tf.gradients(y, x)
    return grad, run(tf, grad), nodes(tf)


@THEME.program
def of_a_gather_of_a_gather(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    (grad,) = tf.gradients(tf.gather(tf.gather(x, [0, 2]), [1, 1]), x)
    return run(tf, grad)


@THEME.program
def through_broadcasting(tf, np):
    a, b = tf.ones([2, 3]), tf.constant([[1.0], [2.0]])
    c, d = tf.constant([1.0, 2.0, 3.0]), tf.constant(2.0)
    y = a * b + c / d - tf.pow(b, d)
    return run(tf, tf.gradients(y, [a, b, c, d])), nodes(tf)


@THEME.program
def through_unknown_shapes(tf, np):
    a = tf.placeholder(tf.float32, name="a")
    b = tf.placeholder(tf.float32, [None, 3], name="b")
    y = tf.reduce_mean(a * b, 1)
    grads = tf.gradients(y, [a, b])
    return grads, run(tf, grads, {a: [[1.0], [2.0]], b: np.ones([2, 3])}), nodes(tf)


@THEME.program
def through_reductions(tf, np):
    x = tf.constant([[1.0, 5.0, 5.0], [2.0, 0.0, -1.0]])
    ys = [
        tf.reduce_sum(x, 0),
        tf.reduce_mean(x, 1),
        tf.reduce_max(x, 1),
        tf.reduce_min(x),
        tf.reduce_prod(x, 1),
        tf.reduce_logsumexp(x, 0),
        tf.reduce_sum(x, [0, 1], keepdims=True),
        tf.reduce_mean(x, axis=[-1], keepdims=True),
        tf.norm(x, axis=1),
    ]
    return run(tf, [tf.gradients(y * y, x) for y in ys])


@THEME.program
def through_layout(tf, np):
    x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    w = tf.constant([[1.0, 10.0, 100.0], [1000.0, 1e4, 1e5]])
    ys = [
        tf.reshape(x, [3, 2]) * tf.reshape(w, [3, 2]),
        tf.transpose(x) * tf.transpose(w),
        tf.concat([x, x * 2.0], 1) * tf.concat([w, w], 1),
        tf.stack([x, x]) * w,
        tf.split(x, 3, 1)[1],
        tf.unstack(x)[1],
        tf.pad(x, [[1, 0], [0, 1]]) * 2.0,
        tf.tile(x, [2, 2]),
        tf.slice(x, [0, 1], [2, 1]),
        x[1:, ::2] * 7.0,
        x[..., tf.newaxis, 0],
        tf.reverse(x, [1]) * w,
        tf.squeeze(tf.expand_dims(x, 1), 1) * w,
        tf.where(x > 2.5, x * w, x),
        tf.gather_nd(x, [[0, 1], [1, 2], [0, 1]]),
        tf.reverse_sequence(x, [2, 3], 1) * w,
        tf.cumsum(x, 1) * w,
        tf.cumprod(x, 1),
        tf.boolean_mask(x, [True, False]),
        tf.matrix_transpose(x) * tf.matrix_transpose(w),
    ]
    return run(tf, [tf.convert_to_tensor(tf.gradients(y, x)[0]) for y in ys])


@THEME.programs_over(["FF", "TF", "FT", "TT"])
def through_matmul(tf, np, flags):
    ta, tb = flags[0] == "T", flags[1] == "T"
    a = tf.constant(np.arange(6, dtype=np.float32).reshape([3, 2] if ta else [2, 3]), name="a")
    b = tf.constant(np.arange(12, dtype=np.float32).reshape([4, 3] if tb else [3, 4]), name="b")
    y = tf.matmul(a, b, transpose_a=ta, transpose_b=tb)
    grads = tf.gradients(y * y, [a, b])
    return run(tf, grads), nodes(tf)


@THEME.program
def through_batch_matmul_einsum_and_tensordot(tf, np):
    a = tf.constant(np.arange(12, dtype=np.float32).reshape(2, 2, 3))
    b = tf.constant(np.arange(12, dtype=np.float32).reshape(2, 3, 2))
    ys = [
        tf.matmul(a, b),
        tf.einsum("bij,bjk->bik", a, b),
        tf.tensordot(a, b, [[2], [1]]),
    ]
    return run(tf, [tf.gradients(y * y, [a, b]) for y in ys])


@THEME.program
def of_activations(tf, np):
    x = tf.constant([-30.0, -2.0, -0.5, 0.0, 0.5, 2.0, 6.0, 30.0])
    calls = [tf.nn.relu, tf.nn.relu6, tf.nn.elu, tf.nn.selu, tf.nn.softplus, tf.nn.softsign]
    calls += [tf.sigmoid, tf.tanh, tf.nn.leaky_relu, tf.nn.softmax, tf.nn.log_softmax, tf.nn.crelu]
    return run(tf, [tf.gradients(call(x), x) for call in calls])


@THEME.program
def of_cross_entropies(tf, np):
    logits = tf.constant([[2.0, -1.0, 0.5], [100.0, 0.0, -100.0]])
    labels = tf.constant([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    nn = tf.nn
    ys = [
        nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits),
        nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits),
        nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=logits),
        nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits),
        nn.weighted_cross_entropy_with_logits(labels, logits, 2.0),
    ]
    return run(tf, [ys, [tf.gradients(y, [logits, labels])[0] for y in ys]])


@THEME.program
def labels_get_a_gradient_in_v2_only(tf, np):
    logits, labels = tf.constant([[2.0, -1.0]]), tf.constant([[0.2, 0.8]])
    old = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    new = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    return tf.gradients(old, labels), run(tf, tf.gradients(new, labels)), nodes(tf)


@THEME.program
def through_unary_mathematics(tf, np):
    x = tf.constant([0.3, 0.7])
    names = "abs acos asin asinh atan atanh cos cosh digamma erf erfc exp expm1 lgamma log"
    names += " log1p negative reciprocal rsqrt sigmoid sign sin sinh sqrt square tan tanh"
    calls = [getattr(tf, name) for name in names.split()]
    return run(tf, [tf.gradients(call(x), x) for call in calls])


@THEME.program
def through_binary_mathematics(tf, np):
    x, y = tf.constant([0.3, 2.0, 2.0]), tf.constant([1.5, 2.0, 0.5])
    calls = [tf.add, tf.subtract, tf.multiply, tf.divide, tf.pow, tf.maximum, tf.minimum]
    calls += [tf.squared_difference, tf.atan2, tf.floormod, tf.div_no_nan]
    return run(tf, [tf.gradients(call(x, y), [x, y]) for call in calls])


@THEME.program
def through_casts_and_clips(tf, np):
    x = tf.constant([-2.0, 0.5, 3.0])
    ys = [
        tf.cast(x, tf.float64),
        tf.clip_by_value(x, -1.0, 1.0),
        tf.clip_by_norm(x, 1.0),
        tf.to_float(tf.to_double(x)) * x,
        tf.nn.l2_loss(x),
        tf.nn.l2_normalize(x, 0) * [1.0, 2.0, 3.0],
    ]
    return run(tf, [tf.gradients(y, x) for y in ys])


@THEME.program
def through_identities_and_groups(tf, np):
    x = tf.constant(2.0)
    y, z = tf.tuple([x * x, x * 3.0])
    with tf.control_dependencies([tf.no_op()]):
        held = tf.identity(y)
    return run(tf, tf.gradients([held, z], x))


@THEME.program
def through_moments_and_normalisation(tf, np):
    x = tf.constant([[1.0, 2.0], [3.0, 5.0], [0.0, -1.0]])
    mean, variance = tf.nn.moments(x, [0])
    y = tf.nn.batch_normalization(x, mean, variance, 0.5, 2.0, 1e-3)
    return run(tf, [y, tf.gradients(tf.reduce_sum(y**3.0), x), tf.gradients(variance, x)])


@THEME.program
def of_variables(tf, np):
    v, r = tf.Variable([1.0, 2.0], name="v"), tf.Variable([3.0, 4.0], name="r", use_resource=True)
    grads = tf.gradients(v * r * r, [v, r])
    with started(tf) as sess:
        return grads, sess.run(grads), nodes(tf)


@THEME.program
def a_custom_gradient(tf, np):
    @tf.custom_gradient
    def clipped(x):
        def grad(dy):
            return tf.clip_by_value(dy, -0.1, 0.1)

        return x * x, grad

    x = tf.constant([1.0, 2.0])
    y = clipped(x)
    return run(tf, [y, tf.gradients(y, x)])


@THEME.program
def a_registered_gradient_overrides(tf, np):
    name = "ProgramsGuidedRelu"
    with contextlib.suppress(KeyError):  # registered by an earlier run of this program
        tf.RegisterGradient(name)(lambda op, grad: grad * tf.cast(op.outputs[0] > 1.0, tf.float32))
    x = tf.constant([-1.0, 0.5, 2.0])
    with tf.get_default_graph().gradient_override_map({"Relu": name}):
        y = tf.nn.relu(x)
    return run(tf, tf.gradients(y, x)), run(tf, tf.gradients(tf.nn.relu(x), x))


@THEME.program
def of_a_cond(tf, np):
    x, p = tf.constant(3.0, name="x"), tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, lambda: x * x, lambda: 2.0 * x)
    grads = tf.gradients(y, x)
    return run(tf, grads, {p: True}), run(tf, grads, {p: False}), nodes(tf)


@THEME.program
def of_a_cond_that_uses_x_in_one_branch(tf, np):
    x, p = tf.constant([3.0, 1.0], name="x"), tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, lambda: x * x, lambda: tf.constant([1.0, 1.0]))
    grads = tf.gradients(y, x)
    return run(tf, grads, {p: True}), run(tf, grads, {p: False}), nodes(tf)


@THEME.program
def add_n_of_many(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    grads = tf.gradients(tf.add_n([x, x * x, x]), x)
    return run(tf, grads), nodes(tf)


@THEME.program
def complex_numbers(tf, np):
    z = tf.constant([1 + 2j, 3 - 1j], tf.complex64)
    ys = [tf.real(z), tf.imag(z), tf.abs(z), tf.real(z * tf.conj(z)), tf.real(z * z)]
    return run(tf, [tf.gradients(y, z) for y in ys])


@THEME.program
def dropout_passes_what_it_kept(tf, np):
    tf.set_random_seed(7)
    x = tf.ones([10])
    y = tf.nn.dropout(x, keep_prob=0.5, seed=3)
    return run(tf, [y, tf.gradients(y, x)])
