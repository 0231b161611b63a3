"""What loop bodies and branches do besides computing: writes, prints, asserts, calls.

Every access of a written variable is ordered, within an iteration and from one to the next, so that
one answer is right.
"""

import os
import sys
import tempfile
from pathlib import Path

from programs.theme import Theme, caught, started, variable

THEME = Theme(rtol=1e-5, atol=1e-6, repeat=5)
KINDS = ("ref", "resource")


def counted(tf, body, trips, value, **options):
    """A loop of `trips` turns; `body(i, value)` gives the next value."""
    return tf.while_loop(
        lambda i, _: i < trips, lambda i, v: (i + 1, body(i, v)), [0, value], **options
    )[1]


def written(call):
    """What `call()` writes to the error stream, by Python or past it, with its result."""
    sys.stderr.flush()
    kept, stream = os.dup(2), sys.stderr
    with tempfile.TemporaryFile() as target:
        os.dup2(target.fileno(), 2)
        sys.stderr = os.fdopen(os.dup(2), "w")
        try:
            result = call()
        finally:
            sys.stderr.close()
            sys.stderr = stream
            os.dup2(kept, 2)
            os.close(kept)
        target.seek(0)
        return target.read().decode().splitlines(), result


@THEME.programs_over(KINDS)
def a_write_in_each_turn(tf, np, kind):
    v = variable(tf, kind, 1.0)
    n = tf.placeholder(tf.int32, [])

    def body(i, x):
        with tf.control_dependencies([x]):
            return v.assign_add(tf.cast(i, tf.float32)) + 0.0

    y = counted(tf, body, n, tf.constant(-1.0))
    with started(tf) as sess:
        return [(sess.run(y, {n: k}), sess.run(v)) for k in (3, 0, 1, 5)]


@THEME.programs_over(KINDS)
def a_write_that_nothing_uses(tf, np, kind):
    """An assignment in a body without a control edge from it isn't run."""
    v = variable(tf, kind, 1.0)

    def body(i, x):
        v.assign_add(1.0)
        return x + 1.0

    y = counted(tf, body, 3, tf.constant(0.0))
    with started(tf) as sess:
        return sess.run(y), sess.run(v)


@THEME.programs_over(KINDS)
def a_write_by_a_control_edge(tf, np, kind):
    v = variable(tf, kind, 1.0)

    def body(i, x):
        with tf.control_dependencies([x]), tf.control_dependencies([v.assign_add(2.0)]):
            return tf.identity(x) + 1.0

    y = counted(tf, body, 3, tf.constant(0.0))
    with started(tf) as sess:
        return [(sess.run(y), sess.run(v)) for _ in range(2)]


@THEME.programs_over(KINDS)
def a_read_before_and_after_the_write(tf, np, kind):
    v = variable(tf, kind, 2.0)

    def body(i, x):
        with tf.control_dependencies([x]):
            before = v.read_value() * 1.0
        with tf.control_dependencies([before]):
            written = v.assign(before * before)
        with tf.control_dependencies([written]):
            after = v.read_value() * 1.0
        return x + before * 100.0 + after

    y = counted(tf, body, 3, tf.constant(0.0))
    with started(tf) as sess:
        return sess.run(y), sess.run(v)


@THEME.programs_over(KINDS)
def a_condition_that_reads_the_variable(tf, np, kind):
    v = variable(tf, kind, 1.0)

    def condition(i, x):
        with tf.control_dependencies([x]):
            return v.read_value() * 1.0 < 40.0

    def body(i, x):
        with tf.control_dependencies([x]):
            return i + 1, v.assign(tf.minimum(v.read_value() * 3.0, 50.0)) + 0.0

    y = tf.while_loop(condition, body, [0, tf.constant(0.0)], parallel_iterations=1)
    with started(tf) as sess:
        return sess.run(y), sess.run(v), sess.run(y)


@THEME.programs_over(KINDS)
def a_write_before_the_loop_is_seen_inside(tf, np, kind):
    v = variable(tf, kind, 1.0)
    with tf.control_dependencies([v.assign_add(10.0)]):
        start = tf.constant(0.0)

    def body(i, x):
        with tf.control_dependencies([x]):
            return x + v.read_value()

    y = counted(tf, body, 3, start)
    with started(tf) as sess:
        return [sess.run(y) for _ in range(2)]


@THEME.programs_over(KINDS)
def a_read_after_the_loop(tf, np, kind):
    v = variable(tf, kind, 1.0)

    def body(i, x):
        with tf.control_dependencies([x]):
            return v.assign_add(1.0) + 0.0

    y = counted(tf, body, 3, tf.constant(0.0))
    with tf.control_dependencies([y]):
        after = v.read_value() * 10.0
    with started(tf) as sess:
        return [sess.run(after) for _ in range(2)], sess.run([after, y])


@THEME.programs_over(KINDS)
def fetching_part_of_a_loop_with_effects(tf, np, kind):
    """Any exit runs the whole loop, but only what the exits need of its body."""
    v = variable(tf, kind, 0.0)

    def body(i, x, z):
        with tf.control_dependencies([x]):
            return i + 1, v.assign_add(1.0) + 0.0, z * 2.0

    i, x, z = tf.while_loop(lambda i, *_: i < 3, body, [0, tf.constant(0.0), tf.constant(1.0)])
    with started(tf) as sess:
        answers = []
        for fetch in (i, z, x, [i, z], [x, z], x.op):
            answers += [sess.run(fetch), sess.run(v)]
        return answers


@THEME.programs_over(KINDS)
def a_write_in_a_branch_in_a_loop(tf, np, kind):
    v = variable(tf, kind, 0.0)
    limit = tf.placeholder(tf.int32, [])

    def body(i, x):
        with tf.control_dependencies([x]):
            even = tf.equal(i % 2, 0)
        return tf.cond(even, lambda: v.assign_add(1.0) + 0.0, lambda: v.assign_sub(x) * 2.0)

    y = counted(tf, body, limit, tf.constant(0.5))
    with started(tf) as sess:
        return [(sess.run(y, {limit: n}), sess.run(v)) for n in (4, 0, 3)]


@THEME.programs_over(KINDS)
def a_loop_with_writes_in_a_branch(tf, np, kind):
    v = variable(tf, kind, 0.0)
    p = tf.placeholder(tf.bool, [])

    def body(i, x):
        with tf.control_dependencies([x]):
            return v.assign_add(1.0) * 1.0

    y = tf.cond(p, lambda: counted(tf, body, 4, tf.constant(0.0)), lambda: v.read_value() - 100.0)
    with started(tf) as sess:
        return [(sess.run(y, {p: choice}), sess.run(v)) for choice in (True, False, True)]


@THEME.programs_over(KINDS)
def writes_in_nested_loops(tf, np, kind):
    v, w = variable(tf, kind, 0.0), variable(tf, kind, 0.0, name="w")

    def inner(j, x):
        with tf.control_dependencies([x]):
            return v.assign_add(1.0) + 0.0

    def outer(i, x):
        with tf.control_dependencies([x]):
            start = w.assign_add(10.0) * 1.0
        return counted(tf, inner, i, start)

    y = counted(tf, outer, 4, tf.constant(0.0))
    with started(tf) as sess:
        return [(sess.run(y), sess.run([v, w])) for _ in range(2)]


@THEME.programs_over(KINDS)
def scattering_rows_in_a_loop(tf, np, kind):
    v = variable(tf, kind, [[0.0, 0.0]] * 4)

    def body(i, x):
        with tf.control_dependencies([x]):
            row = tf.gather(v, [i]) * 1.0
        with tf.control_dependencies([row]):
            done = tf.scatter_add(v, [i + 1], row + 1.0)
        with tf.control_dependencies([done]):
            return tf.reduce_sum(v.read_value() * 1.0)

    y = counted(tf, body, 3, tf.constant(0.0))
    with started(tf) as sess:
        return sess.run(y), sess.run(v)


@THEME.programs_over(KINDS)
def gradient_steps_in_a_loop(tf, np, kind):
    """Training inside of a while loop."""
    v = variable(tf, kind, 4.0)

    def body(i, x):
        with tf.control_dependencies([x]):
            slope = 2.0 * (v.read_value() - 1.0)
        step = v.assign_sub(0.25 * slope)
        with tf.control_dependencies([step]):
            return tf.identity(slope)

    n = tf.placeholder(tf.int32, [])
    y = counted(tf, body, n, tf.constant(0.0))
    with started(tf) as sess:
        return [(sess.run(y, {n: k}), sess.run(v)) for k in (1, 0, 5)]


@THEME.programs_over(KINDS)
def a_gradient_through_reads_beside_writes(tf, np, kind):
    v = variable(tf, kind, 2.0)
    x = tf.placeholder(tf.float32, [])

    def body(i, y):
        with tf.control_dependencies([y]):
            read = v.read_value() + 1.0
        with tf.control_dependencies([read]):
            done = v.assign_add(1.0) + 0.0
        with tf.control_dependencies([done]):
            return tf.identity(y * x + read)

    y = counted(tf, body, 3, x)
    grads = tf.gradients(y, [x, v])
    with started(tf) as sess:
        return [(sess.run([y, grads], {x: 0.5}), sess.run(v)) for _ in range(2)]


@THEME.program
def a_print_in_each_turn(tf, np):
    n = tf.placeholder(tf.int32, [])
    y = counted(tf, lambda i, x: tf.Print(x * 2.0, [i, x], "turn: "), n, tf.constant(1.0))
    with tf.Session() as sess:
        return [written(lambda k=k: sess.run(y, {n: k})) for k in (3, 0, 1)]


@THEME.program
def a_print_some_of_the_time(tf, np):
    y = counted(
        tf, lambda i, x: tf.Print(x + 1.0, [x], first_n=2, summarize=1), 4, tf.constant([1.0, 2.0])
    )
    with tf.Session() as sess:
        return [written(lambda: sess.run(y)) for _ in range(2)]


@THEME.program
def printing_to_a_file_in_a_loop(tf, np):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"

        def body(i, x):
            with tf.control_dependencies([x]):
                done = tf.print("turn", i, x, output_stream="file://" + str(path))
            with tf.control_dependencies([done]):
                return x * 3.0

        y = counted(tf, body, 3, tf.constant([1.0, 2.0]))
        with tf.Session() as sess:
            return sess.run(y), path.read_text().splitlines()


@THEME.program
def a_print_in_the_branch_that_is_taken(tf, np):
    p = tf.placeholder(tf.bool, [])
    y = tf.cond(
        p,
        lambda: tf.Print(tf.constant(1), [1], "yes "),
        lambda: tf.Print(tf.constant(2), [2], "no "),
    )
    with tf.Session() as sess:
        return [written(lambda c=choice: sess.run(y, {p: c})) for choice in (True, False)]


@THEME.program
def a_call_in_each_turn(tf, np):
    calls = []

    def call(i, x):
        calls.append((int(i), float(x)))
        return np.float32(x * 2 + i)

    def body(i, x):
        y = tf.py_func(call, [i, x], tf.float32)
        y.set_shape([])
        return y

    n = tf.placeholder(tf.int32, [])
    y = counted(tf, body, n, tf.constant(1.0))
    with tf.Session() as sess:
        return [sess.run(y, {n: k}) for k in (3, 0, 2)], calls


@THEME.program
def a_call_that_decides(tf, np):
    seen = []

    def go_on(x):
        seen.append(float(x))
        return bool(x < 20.0)

    def condition(x):
        y = tf.py_func(go_on, [x], tf.bool)
        y.set_shape([])
        return y

    y = tf.while_loop(condition, lambda x: x * 3.0, [tf.constant(1.0)])
    with tf.Session() as sess:
        return sess.run(y), seen


@THEME.program
def a_call_without_result_in_a_body(tf, np):
    calls = []

    def body(i, x):
        done = tf.py_func(lambda v: calls.append(float(v)), [x], [])
        with tf.control_dependencies([done]):
            return x + 1.0

    y = counted(tf, body, 3, tf.constant(1.0))
    with tf.Session() as sess:
        return sess.run(y), calls


@THEME.programs_over(KINDS)
def a_call_that_fails_in_its_third_turn(tf, np, kind):
    """TensorFlow keeps what earlier turns wrote; Evergraph commits a loop as a whole, or not."""
    v = variable(tf, kind, 0.0)

    def call(i):
        if i == 2:
            raise ValueError("third turn")
        return np.float32(i)

    def body(i, x):
        with tf.control_dependencies([x]):
            got = tf.py_func(call, [i], tf.float32)
        got.set_shape([])
        with tf.control_dependencies([got]):
            return v.assign_add(1.0) + got

    y = counted(tf, body, 5, tf.constant(0.0))
    with started(tf) as sess:
        error = caught(lambda: sess.run(y))
        return type(error).__name__, "third turn" in str(error), sess.run(v) in (0.0, 2.0)


@THEME.programs_over(KINDS)
def a_failed_assert_in_a_turn(tf, np, kind):
    v = variable(tf, kind, 0.0)
    limit = tf.placeholder(tf.float32, [])

    def body(i, x):
        with tf.control_dependencies([tf.Assert(x < limit, [x], name="below")]):
            y = tf.identity(x)
        with tf.control_dependencies([y]):
            return v.assign_add(1.0) + y

    y = counted(tf, body, 5, tf.constant(0.0), parallel_iterations=1)
    with started(tf) as sess:
        answers = [sess.run(y, {limit: 100.0}), sess.run(v)]
        error = caught(lambda: sess.run(y, {limit: 20.0}))
        return [*answers, error, sess.run(v) in (5.0, 8.0)]  # as above


@THEME.program
def an_assert_in_a_loop_of_no_turns(tf, np):
    def body(i, x):
        with tf.control_dependencies([tf.Assert(False, ["never"])]):
            return tf.identity(x)

    n = tf.placeholder(tf.int32, [])
    message = caught(lambda: counted(tf, body, n, tf.constant(0.0)))
    if isinstance(message, Exception):
        return message
    with tf.Session() as sess:
        return sess.run(message, {n: 0})


@THEME.program
def failures_of_the_library_in_a_turn(tf, np):
    """The first failure of each kind, after turns that went well."""
    n = tf.placeholder(tf.int32, [])
    params = tf.constant([1.0, 2.0, 3.0])
    bodies = [
        lambda i, x: x + tf.gather(params, i),
        lambda i, x: x + tf.cast(6 // (2 - i), tf.float32),
        lambda i, x: tf.check_numerics(x + tf.log(tf.cast(2 - i, tf.float32)), "log of nothing"),
    ]
    loops = [counted(tf, body, n, tf.constant(0.0)) for body in bodies]
    with tf.Session() as sess:
        good = sess.run(loops, {n: 2})
        return good, [caught(lambda y=y: sess.run(y, {n: 5})) for y in loops]


@THEME.program
def a_checked_number_in_a_branch_in_a_loop(tf, np):
    """A branch that isn't taken fails nowhere."""
    x = tf.placeholder(tf.float32, [])

    def body(i, y):
        return tf.cond(
            y > 0.0, lambda: y + tf.check_numerics(tf.log(y), "log"), lambda: tf.zeros([])
        )

    y = counted(tf, body, 4, x)
    (grad,) = tf.gradients(y, x)
    with tf.Session() as sess:
        return [sess.run([y, grad], {x: value}) for value in (2.0, -1.0, 0.1, 0.0)]


@THEME.program
def a_summary_in_a_branch(tf, np):
    p = tf.placeholder(tf.bool, [])
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(p, lambda: tf.summary.scalar("x", x), lambda: tf.constant(""))
    with tf.Session() as sess:
        answers = [sess.run(y, {p: choice, x: 2.0}) for choice in (True, False)]
        summary = tf.Summary()
        summary.ParseFromString(answers[0])
        return [(v.tag, v.simple_value) for v in summary.value], answers[1]


@THEME.program
def a_summary_of_the_last_turn(tf, np):
    def body(i, x, text):
        return i + 1, x * 2.0, tf.summary.scalar("x", x)

    start = [0, tf.constant(1.0), tf.constant("")]
    _, x, text = tf.while_loop(lambda i, *_: i < 3, body, start)
    with tf.Session() as sess:
        got = sess.run([x, text])
        summary = tf.Summary()
        summary.ParseFromString(got[1])
        return got[0], [(v.tag, v.simple_value) for v in summary.value]


@THEME.programs_over(KINDS)
def a_queue_of_training_steps(tf, np, kind):
    """sess.run([train, loss, step]) where the model holds a loop."""
    w = variable(tf, kind, [0.5, -0.5], name="w")
    step = tf.Variable(0, name="step", trainable=False)
    x = tf.placeholder(tf.float32, [2])
    n = tf.placeholder(tf.int32, [])
    h = counted(tf, lambda i, h: tf.tanh(h * w + x), n, tf.zeros([2]))
    loss = tf.reduce_sum(tf.square(h - 0.25))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss, global_step=step)
    with started(tf) as sess:
        runs = [(3, [1.0, 0.5]), (0, [0.0, 0.0]), (1, [0.5, 0.5]), (4, [1.0, -1.0])]
        answers = [sess.run([train, loss, step], {n: k, x: v}) for k, v in runs]
        return answers, sess.run([w, step])


@THEME.programs_over(KINDS)
def clipped_steps_of_an_optimizer(tf, np, kind):
    """Gradients through a loop, clipped by their norm under a cond, applied by momentum."""
    w = variable(tf, kind, [[0.5, -0.5], [1.0, 0.25]], name="w")
    x = tf.placeholder(tf.float32, [1, 2])
    h = counted(tf, lambda i, h: tf.nn.relu(tf.matmul(h, w)) + x, 4, x)
    loss = tf.reduce_mean(tf.square(h))
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
    pairs = optimizer.compute_gradients(loss)
    norm = tf.global_norm([g for g, _ in pairs])
    pairs = [
        (tf.cond(norm > 1.0, lambda g=g: g / norm, lambda g=g: tf.identity(g)), v) for g, v in pairs
    ]
    train = optimizer.apply_gradients(pairs)
    with started(tf) as sess:
        return [sess.run([loss, norm, train], {x: [[0.5, 1.0]]}) for _ in range(4)], sess.run(w)


@THEME.programs_over(KINDS)
def a_counter_that_stops_training(tf, np, kind):
    """A cond around a step: patience."""
    best = variable(tf, kind, 10.0, name="best")
    waited = variable(tf, kind, 0, name="waited")
    loss = tf.placeholder(tf.float32, [])

    def better():
        with tf.control_dependencies([best.assign(loss), waited.assign(0)]):
            return tf.constant(False)

    def worse():
        with tf.control_dependencies([waited.assign_add(1)]):
            return waited.read_value() >= 2

    with tf.control_dependencies([best.read_value() * 1.0]):
        is_better = loss < best
    stop = tf.cond(is_better, better, worse)
    with started(tf) as sess:
        losses = (5.0, 6.0, 4.0, 4.5, 4.25, 9.0)
        return [sess.run(stop, {loss: value}) for value in losses], sess.run([best, waited])


@THEME.program
def feeding_what_a_loop_made(tf, np):
    """A fed exit cuts the loop off."""
    calls = []

    def body(i, x):
        y = tf.py_func(lambda v: (calls.append(1), np.float32(v + 1))[1], [x], tf.float32)
        y.set_shape([])
        return y

    y = counted(tf, body, 3, tf.constant(0.0))
    z = y * 10.0
    with tf.Session() as sess:
        return sess.run(z, {y: 5.0}), len(calls), sess.run(z), len(calls)


@THEME.program
def feeding_or_fetching_inside_a_loop(tf, np):
    inside = []

    def body(i, x):
        y = x + 1.0
        inside.extend([x, y])
        return y

    out = counted(tf, body, 3, tf.constant(0.0))
    with tf.Session() as sess:
        return [
            caught(lambda: sess.run(inside[0])),
            caught(lambda: sess.run(inside[1])),
            caught(lambda: sess.run(out, {inside[1]: 1.0})),
            sess.run(out),
        ]


@THEME.program
def results_of_one_loop_in_the_next(tf, np):
    n = tf.placeholder(tf.int32, [])
    a = counted(tf, lambda i, x: x * 2.0, n, tf.constant(1.0))
    b = counted(tf, lambda i, x: x + a, n, a)
    c = counted(tf, lambda i, x: x * a - b, tf.cast(a, tf.int32), b)
    grads = tf.gradients(c, [a, b])
    with tf.Session() as sess:
        return [sess.run([a, b, c, grads], {n: k}) for k in (0, 1, 2)]


@THEME.program
def a_loop_that_is_run_twice_in_one_run(tf, np):
    """Two fetches that need one loop run its calls once."""
    calls = []

    def body(i, x):
        y = tf.py_func(lambda v: (calls.append(float(v)), np.float32(v * 2))[1], [x], tf.float32)
        y.set_shape([])
        return y

    y = counted(tf, body, 3, tf.constant(1.0))
    with tf.Session() as sess:
        return sess.run([y, y + 1.0, y * 2.0]), calls
