"""Learning-rate decays and the global step: values over steps, and nodes."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme(rtol=1e-5, atol=1e-8)

DECAYS = {
    "exponential": lambda t, s: t.exponential_decay(0.1, s, 4, 0.5),
    "exponential_staircase": lambda t, s: t.exponential_decay(0.1, s, 4, 0.5, staircase=True),
    "natural_exp": lambda t, s: t.natural_exp_decay(0.1, s, 4, 0.5),
    "natural_exp_staircase": lambda t, s: t.natural_exp_decay(0.1, s, 4, 0.5, staircase=True),
    "inverse_time": lambda t, s: t.inverse_time_decay(0.1, s, 4, 0.5),
    "inverse_time_staircase": lambda t, s: t.inverse_time_decay(0.1, s, 4, 0.5, staircase=True),
    "polynomial": lambda t, s: t.polynomial_decay(0.1, s, 8),
    "polynomial_power": lambda t, s: t.polynomial_decay(0.1, s, 8, 0.01, power=2.0),
    "polynomial_cycle": lambda t, s: t.polynomial_decay(0.1, s, 4, 0.01, cycle=True),
    "piecewise": lambda t, s: t.piecewise_constant(s, [3, 6], [1.0, 0.5, 0.1]),
    "piecewise_integers": lambda t, s: t.piecewise_constant(s, [3], [1, 2]),
    "piecewise_one": lambda t, s: t.piecewise_constant_decay(s, [5], [1.0, 0.1], name="mine"),
    "cosine": lambda t, s: t.cosine_decay(0.1, s, 8),
    "cosine_alpha": lambda t, s: t.cosine_decay(0.1, s, 8, alpha=0.2),
    "cosine_restarts": lambda t, s: t.cosine_decay_restarts(0.1, s, 3),
    "cosine_restarts_all": lambda t, s: t.cosine_decay_restarts(
        0.1, s, 3, t_mul=1.5, m_mul=0.5, alpha=0.1
    ),
    "linear_cosine": lambda t, s: t.linear_cosine_decay(0.1, s, 8),
    "linear_cosine_all": lambda t, s: t.linear_cosine_decay(
        0.1, s, 8, num_periods=2.0, alpha=0.1, beta=0.01
    ),
}


@THEME.programs_over(DECAYS)
def over_steps(tf, np, decay):
    step = tf.placeholder(tf.int32, [], name="step")
    rate = decay(tf.train, step)
    with tf.Session() as sess:
        return rate, [sess.run(rate, {step: value}) for value in (0, 1, 3, 4, 5, 8, 9, 20)]


@THEME.programs_over(DECAYS)
def node_list(tf, np, decay):
    step = tf.train.get_or_create_global_step()
    decay(tf.train, step)
    return nodes(tf)


@THEME.program
def noisy_linear_cosine(tf, np):
    tf.set_random_seed(3)
    step = tf.placeholder(tf.int32, [], name="step")
    rate = tf.train.noisy_linear_cosine_decay(0.1, step, 8, initial_variance=0.0)
    with tf.Session() as sess:
        return [sess.run(rate, {step: value}) for value in (1, 4, 9)], nodes(tf)


@THEME.program
def a_float_step_and_a_double_rate(tf, np):
    step = tf.placeholder(tf.float32, [], name="step")
    rate = tf.train.exponential_decay(np.float64(0.1), step, 4, 0.5)
    with tf.Session() as sess:
        return rate, sess.run(rate, {step: 2.0})


@THEME.program
def piecewise_of_a_variable_and_mixed_boundaries(tf, np):
    step = tf.Variable(0, name="step", trainable=False)
    rate = tf.train.piecewise_constant(step, [2, 4], [1.0, 0.5, 0.1])
    add = step.assign_add(1)
    with started(tf) as sess:
        return [(sess.run(rate), sess.run(add)) for _ in range(6)]


@THEME.program
def piecewise_of_64_bit_steps(tf, np):
    step = tf.Variable(5, name="step", trainable=False, dtype=tf.int64)
    rate = tf.train.piecewise_constant(step, [2, 4], [1.0, 0.5, 0.1])
    with started(tf) as sess:
        return sess.run(rate), nodes(tf)


@THEME.program
def a_name_of_its_own(tf, np):
    step = tf.constant(3)
    rates = [
        tf.train.exponential_decay(0.1, step, 10, 0.9, name="Rate"),
        tf.train.polynomial_decay(0.1, step, 10, name="Poly"),
        tf.train.inverse_time_decay(0.1, step, 10, 0.9, name="Inv"),
    ]
    return rates


@THEME.program
def global_step_by_hand(tf, np):
    step = tf.Variable(7, name="global_step", trainable=False)
    with started(tf) as sess:
        return tf.train.get_global_step(), tf.train.global_step(sess, step)


@THEME.program
def global_step_created(tf, np):
    before = tf.train.get_global_step()
    step = tf.train.create_global_step()
    again = tf.train.get_or_create_global_step()
    error = caught(lambda: tf.train.create_global_step())
    return (
        before,
        step,
        again is step,
        error,
        tf.get_collection(tf.GraphKeys.GLOBAL_STEP),
        nodes(tf),
    )


@THEME.program
def global_step_of_another_graph(tf, np):
    other = tf.Graph()
    step = tf.train.get_or_create_global_step(other)
    return step.graph is other, tf.train.get_global_step(), tf.train.get_global_step(other)


@THEME.program
def global_step_two_of_them(tf, np):
    for _ in range(2):
        tf.add_to_collection(tf.GraphKeys.GLOBAL_STEP, tf.Variable(1, name="s"))
    return caught(lambda: tf.train.get_global_step())


@THEME.program
def assert_global_step(tf, np):
    return [
        caught(lambda: tf.train.assert_global_step(tf.Variable(1, name="fine"))),
        caught(lambda: tf.train.assert_global_step(tf.Variable([1], name="vector"))),
        caught(lambda: tf.train.assert_global_step(tf.Variable(1.0, name="float"))),
        caught(lambda: tf.train.assert_global_step(3)),
    ]
