"""Clipping and moving averages."""

from programs.theme import Theme, caught, nodes, started, variable

THEME = Theme(rtol=2e-6)
KINDS = ("ref", "resource")


def run(tf, fetch, feed=None):
    with tf.Session() as sess:
        return sess.run(fetch, feed)


@THEME.program
def clip_by_value(tf, np):
    x = tf.constant([-3.0, 0.5, 7.0, np.nan, np.inf], name="x")
    ys = [
        tf.clip_by_value(x, -1.0, 1.0),
        tf.clip_by_value(tf.constant([1, 5, 9]), 2, 6),
        tf.clip_by_value(x[:3], [-5.0, 0.6, 0.0], tf.constant([0.0, 1.0, 3.0])),
    ]
    return run(tf, ys), nodes(tf)


@THEME.program
def clip_by_norm(tf, np):
    x = tf.constant([[3.0, 4.0], [0.3, 0.4]], name="x")
    ys = [
        tf.clip_by_norm(x, 1.0),
        tf.clip_by_norm(x, 100.0),
        tf.clip_by_norm(x, 1.0, axes=[1]),
        tf.clip_by_norm(tf.zeros([2]), 1.0),
        tf.clip_by_norm(x, tf.constant(2.0), name="mine"),
    ]
    return run(tf, ys), nodes(tf)


@THEME.program
def clip_by_average_norm(tf, np):
    x = tf.constant([[3.0, 4.0], [0.3, 0.4]], name="x")
    return run(tf, [tf.clip_by_average_norm(x, 0.5), tf.clip_by_average_norm(x, 50.0)]), nodes(tf)


@THEME.program
def clip_by_global_norm(tf, np):
    xs = [tf.constant([3.0]), None, tf.constant([[4.0]])]
    small, norm = tf.clip_by_global_norm(xs, 1.0)
    large, _ = tf.clip_by_global_norm(xs, 10.0)
    given, _ = tf.clip_by_global_norm([xs[0]], 1.0, use_norm=tf.constant(6.0), name="mine")
    return [small[1], run(tf, [small[0], small[2], large[0], norm, given])], nodes(tf)


@THEME.program
def clip_by_global_norm_of_infinities(tf, np):
    xs = [tf.constant([np.inf, 1.0]), tf.constant([2.0])]
    clipped, norm = tf.clip_by_global_norm(xs, 1.0)
    return run(tf, [clipped, norm])


@THEME.program
def clip_slices(tf, np):
    s = tf.IndexedSlices(tf.constant([[3.0, 4.0]]), tf.constant([2]), tf.constant([5, 2]))
    clipped, norm = tf.clip_by_global_norm([s], 1.0)
    ys = [clipped[0], tf.clip_by_norm(s, 1.0), tf.clip_by_value(s, 0.0, 3.5), norm]
    return ys, run(tf, ys)


@THEME.program
def global_norm(tf, np):
    xs = [tf.constant([3.0]), None, tf.constant([[4.0]])]
    return run(tf, tf.global_norm(xs)), nodes(tf), caught(lambda: tf.global_norm([]))


@THEME.program
def gradient_of_a_clip(tf, np):
    x = tf.constant([-2.0, 0.5, 2.0])
    ys = [tf.clip_by_value(x, -1.0, 1.0), tf.clip_by_norm(x, 1.0)]
    return run(tf, [tf.gradients(y, x) for y in ys])


@THEME.programs_over(KINDS)
def average_of_a_variable(tf, np, kind):
    v = variable(tf, kind, 0.0)
    ema = tf.train.ExponentialMovingAverage(0.9)
    maintain = ema.apply([v])
    with started(tf) as sess:
        answers = []
        for value in (1.0, 2.0, 3.0):
            sess.run(v.assign(value))
            sess.run(maintain)
            answers.append(sess.run(ema.average(v)))
        return answers, ema.average(v), ema.average_name(v), ema.name


@THEME.programs_over(KINDS)
def nodes_of_an_average(tf, np, kind):
    v = variable(tf, kind, [1.0, 2.0])
    ema = tf.train.ExponentialMovingAverage(0.9)
    return ema.apply([v]), nodes(tf)


@THEME.programs_over(KINDS)
def average_with_a_step_count(tf, np, kind):
    v, step = variable(tf, kind, 10.0), tf.Variable(0, name="step", trainable=False)
    ema = tf.train.ExponentialMovingAverage(0.99, num_updates=step)
    maintain = ema.apply([v])
    with started(tf) as sess:
        answers = []
        for number in (0, 1, 10, 1000):
            sess.run([v.assign_add(1.0).op, step.assign(number).op])
            sess.run(maintain)
            answers.append(sess.run(ema.average(v)))
        return answers, nodes(tf)


@THEME.program
def average_of_a_tensor(tf, np):
    x = tf.placeholder(tf.float32, [2], name="x")
    ema = tf.train.ExponentialMovingAverage(0.5)
    maintain = ema.apply([x])
    with started(tf) as sess:
        answers = []
        for value in ([1.0, 2.0], [3.0, 4.0], [5.0, 6.0]):
            sess.run(maintain, {x: value})
            answers.append(sess.run(ema.average(x)))
        return answers, ema.average(x), nodes(tf)


@THEME.program
def average_without_bias(tf, np):
    v = tf.Variable([4.0, 8.0], name="v")
    ema = tf.train.ExponentialMovingAverage(0.9, zero_debias=True)
    x = tf.placeholder(tf.float32, [2], name="x")
    maintain = ema.apply([x])
    plain = ema.apply([v])
    with started(tf) as sess:
        answers = []
        for _ in range(3):
            sess.run([maintain, plain], {x: [4.0, 8.0]})
            answers.append(sess.run([ema.average(x), ema.average(v)]))
        return answers, tf.global_variables(), nodes(tf)


@THEME.program
def several_variables_and_a_second_apply(tf, np):
    v, w = tf.Variable(1.0, name="v"), tf.Variable([2.0], name="w")
    ema = tf.train.ExponentialMovingAverage(0.9, name="Mine")
    first = ema.apply([v, w])
    return [
        first,
        caught(lambda: ema.apply([v])),
        ema.average(v),
        ema.average(w),
        tf.moving_average_variables(),
        tf.global_variables(),
        tf.trainable_variables(),
    ]


@THEME.program
def variables_to_restore(tf, np):
    v, w = tf.Variable(1.0, name="v"), tf.Variable(2.0, name="w", trainable=False)
    ema = tf.train.ExponentialMovingAverage(0.9)
    ema.apply([v])
    restored = ema.variables_to_restore()
    some = ema.variables_to_restore([w])
    return sorted((k, x.name) for k, x in restored.items()), sorted(some)


@THEME.program
def apply_to_all_trainables(tf, np):
    tf.Variable(1.0, name="v")
    tf.Variable(1.0, name="frozen", trainable=False)
    ema = tf.train.ExponentialMovingAverage(0.9)
    ema.apply()
    return tf.moving_average_variables(), tf.global_variables()


@THEME.program
def an_average_of_a_wrong_dtype(tf, np):
    v = tf.Variable(1, name="v")
    ema = tf.train.ExponentialMovingAverage(0.9)
    unknown = ema.average(v)
    return caught(lambda: ema.apply([v])), unknown, ema.average_name(v)


@THEME.programs_over(KINDS)
def averages_behind_a_train_step(tf, np, kind):
    w = variable(tf, kind, [1.0, 2.0], name="w")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(w)))
    ema = tf.train.ExponentialMovingAverage(0.5)
    with tf.control_dependencies([train]):
        step = ema.apply(tf.trainable_variables())
    with started(tf) as sess:
        answers = []
        for _ in range(3):
            sess.run(step)
            answers.append(sess.run([w, ema.average(w)]))
        return answers


@THEME.programs_over(KINDS)
def average_inside_a_variable_scope(tf, np, kind):
    with tf.variable_scope("s"):
        w = tf.get_variable("w", [1], use_resource=kind == "resource")
        ema = tf.train.ExponentialMovingAverage(0.5)
        ema.apply([w])
    return ema.average(w), ema.average_name(w), nodes(tf)
