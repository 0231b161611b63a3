"""Order of effects through cond, case and failed checks: who writes, and who sees it."""

from programs.theme import Theme, caught, started, variable

THEME = Theme(repeat=20)
KINDS = ("ref", "resource")


@THEME.programs_over(KINDS)
def a_write_inside_one_branch(tf, np, kind):
    v = variable(tf, kind, 1.0)
    p = tf.placeholder(tf.bool, [])
    out = tf.cond(p, lambda: tf.identity(v.assign(5.0)), lambda: tf.constant(-1.0))
    with started(tf) as sess:
        answers = [sess.run(out, {p: False}), sess.run(v)]
        return [*answers, sess.run(out, {p: True}), sess.run(v)]


@THEME.programs_over(KINDS)
def writes_in_both_branches(tf, np, kind):
    v = variable(tf, kind, 1.0)
    p = tf.placeholder(tf.bool, [])
    out = tf.cond(
        p, lambda: tf.identity(v.assign_add(10.0)), lambda: tf.identity(v.assign_sub(1.0))
    )
    with started(tf) as sess:
        return [sess.run(out, {p: choice}) for choice in (True, False, False, True)], sess.run(v)


@THEME.programs_over(KINDS)
def a_read_behind_a_cond_that_writes(tf, np, kind):
    v = variable(tf, kind, 1.0)
    p = tf.placeholder(tf.bool, [])
    out = tf.cond(p, lambda: tf.identity(v.assign(5.0)), lambda: tf.constant(-1.0))
    with tf.control_dependencies([out]):
        after = v + 100.0
    with started(tf) as sess:
        return [sess.run(after, {p: choice}) for choice in (False, True, False)]


@THEME.programs_over(KINDS)
def a_branch_reads_what_was_written_before_the_cond(tf, np, kind):
    v = variable(tf, kind, 1.0)
    p = tf.placeholder(tf.bool, [])
    with tf.control_dependencies([v.assign_add(1.0)]):
        switch = tf.identity(p)
    out = tf.cond(switch, lambda: v.read_value() * 10.0, lambda: v.read_value() * 100.0)
    with started(tf) as sess:
        return [sess.run(out, {p: choice}) for choice in (True, False)]


@THEME.programs_over(KINDS)
def a_predicate_computed_from_a_variable(tf, np, kind):
    """A counter that goes back to zero at three."""
    v = variable(tf, kind, 0)
    step = tf.cond(
        tf.less(v, 3), lambda: tf.identity(v.assign_add(1)), lambda: tf.identity(v.assign(0))
    )
    with started(tf) as sess:
        return [sess.run(step) for _ in range(9)]


@THEME.programs_over(KINDS)
def a_write_outside_the_branch_that_uses_it(tf, np, kind):
    """What a branch merely uses is computed whichever branch is taken."""
    v = variable(tf, kind, 0.0)
    p = tf.placeholder(tf.bool, [])
    write = tf.identity(v.assign_add(1.0))
    out = tf.cond(p, lambda: write * 10.0, lambda: tf.constant(-1.0))
    with started(tf) as sess:
        return [sess.run(out, {p: choice}) for choice in (True, False)], sess.run(v)


@THEME.programs_over(KINDS)
def branches_with_operations_only(tf, np, kind):
    v = variable(tf, kind, 0.0)
    p = tf.placeholder(tf.bool, [])
    out = tf.cond(p, lambda: tf.group(v.assign_add(1.0)), lambda: tf.no_op())
    with started(tf) as sess:
        fetched = [sess.run(out, {p: choice}) for choice in (True, False, True)]
        return out, fetched, sess.run(v)


@THEME.programs_over(KINDS)
def nested_conds_write_once(tf, np, kind):
    v = variable(tf, kind, 0.0)
    p, q = tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, [])
    inner = lambda: tf.cond(  # noqa: E731
        q, lambda: tf.identity(v.assign_add(1.0)), lambda: tf.identity(v.assign_add(10.0))
    )
    out = tf.cond(p, inner, lambda: tf.identity(v.assign_add(100.0)))
    pairs = [(True, True), (True, False), (False, True), (False, False)]
    with started(tf) as sess:
        return [sess.run(out, {p: a, q: b}) for a, b in pairs]


@THEME.programs_over(KINDS)
def case_writes_by_the_first_true_predicate(tf, np, kind):
    v = variable(tf, kind, 0.0)
    x = tf.placeholder(tf.float32, [])
    pairs = [
        (x < 1.0, lambda: tf.identity(v.assign_add(1.0))),
        (x < 2.0, lambda: tf.identity(v.assign_add(10.0))),
    ]
    out = tf.case(pairs, default=lambda: tf.identity(v.assign_add(100.0)))
    with started(tf) as sess:
        return [sess.run(out, {x: value}) for value in (0.0, 1.5, 3.0)]


@THEME.programs_over(KINDS)
def a_failed_assert_keeps_the_write_behind_it_back(tf, np, kind):
    v = variable(tf, kind, 1.0)
    x = tf.placeholder(tf.float32, [])
    with tf.control_dependencies([tf.Assert(x > 0.0, [x])]):
        write = v.assign(x)
    with started(tf) as sess:
        answers = [sess.run(write, {x: 2.0})]
        error = caught(lambda: sess.run(write, {x: -2.0}))
        return [*answers, type(error).__name__, sess.run(v)]


@THEME.programs_over(KINDS)
def a_failed_check_keeps_its_own_write_back(tf, np, kind):
    v = variable(tf, kind, 1.0)
    x = tf.placeholder(tf.float32, [])
    write = v.assign(tf.check_numerics(tf.log(x), "log"))
    with started(tf) as sess:
        error = caught(lambda: sess.run(write, {x: -2.0}))
        return type(error).__name__, sess.run(v)


@THEME.programs_over(KINDS)
def a_variable_of_a_cond_result(tf, np, kind):
    best = variable(tf, kind, 100.0)
    x = tf.placeholder(tf.float32, [])
    better = tf.cond(x < best, lambda: tf.identity(best.assign(x)), lambda: best.read_value())
    with started(tf) as sess:
        return [sess.run(better, {x: value}) for value in (50.0, 70.0, 20.0, 30.0)]
