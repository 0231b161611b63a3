"""Order of effects: what each consumer sees of variables that the same run writes.

Only programs whose answer is settled on the real one: the recorder runs each twenty times.
"""

from programs.theme import Theme, caught, started, variable

THEME = Theme(repeat=20)
KINDS = ("ref", "resource")


@THEME.programs_over(KINDS)
def a_write_is_seen_by_the_next_run(tf, np, kind):
    v = variable(tf, kind)
    write = v.assign(5.0)
    with started(tf) as sess:
        return sess.run(v), sess.run(write), sess.run(v)


@THEME.programs_over(KINDS)
def the_output_of_a_write_is_the_new_value(tf, np, kind):
    v = variable(tf, kind, 1.0)
    writes = [v.assign(5.0), v.assign_add(2.0), v.assign_sub(10.0)]
    with started(tf) as sess:
        return [sess.run(write) for write in writes]


@THEME.programs_over(KINDS)
def arithmetic_on_the_output_of_a_write(tf, np, kind):
    v = variable(tf, kind, 1.0)
    y = v.assign_add(2.0) * 10.0
    with started(tf) as sess:
        return [sess.run(y) for _ in range(3)]


@THEME.programs_over(KINDS)
def read_value_behind_a_control_edge_sees_the_write(tf, np, kind):
    v = variable(tf, kind)
    with tf.control_dependencies([v.assign(7.0)]):
        after = v.read_value()
    with started(tf) as sess:
        return sess.run(after), sess.run(v)


@THEME.programs_over(KINDS)
def a_consumer_made_behind_a_control_edge(tf, np, kind):
    """A ref variable's cached `v/read` is an alias, so the consumer sees the write."""
    v = variable(tf, kind)
    with tf.control_dependencies([v.assign(7.0)]):
        after = v + 1.0
    with started(tf) as sess:
        return sess.run(after)


@THEME.programs_over(KINDS)
def identity_behind_a_control_edge(tf, np, kind):
    v = variable(tf, kind, [1.0, 2.0])
    with tf.control_dependencies([v.assign([3.0, 4.0])]):
        after = tf.identity(v)
    with started(tf) as sess:
        return sess.run(after)


@THEME.programs_over(KINDS)
def before_write_after_in_one_run(tf, np, kind):
    v = variable(tf, kind, 1.0)
    before = v * 10.0
    with tf.control_dependencies([before]):
        write = v.assign_add(1.0)
    with tf.control_dependencies([write]):
        after = v * 10.0
    with started(tf) as sess:
        return [sess.run([before, write, after]) for _ in range(3)]


@THEME.programs_over(KINDS)
def fetching_only_the_last_of_a_chain_runs_all(tf, np, kind):
    v = variable(tf, kind)
    with tf.control_dependencies([v.assign(1.0)]):
        second = v.assign_add(2.0)
    with tf.control_dependencies([second]):
        third = v.assign(v * 10.0)
    with started(tf) as sess:
        return sess.run(third), sess.run(v)


@THEME.programs_over(KINDS)
def two_additions_in_one_run_both_happen(tf, np, kind):
    v = variable(tf, kind)
    one, two = v.assign_add(1.0), v.assign_add(10.0)
    with started(tf) as sess:
        sess.run([one.op, two.op])
        return sess.run(v)


@THEME.programs_over(KINDS)
def a_duplicate_fetch_writes_once(tf, np, kind):
    v = variable(tf, kind)
    add = v.assign_add(1.0)
    with started(tf) as sess:
        return sess.run([add, add, [add]]), sess.run(v)


@THEME.programs_over(KINDS)
def group_waits_for_all_its_writes(tf, np, kind):
    v, w = variable(tf, kind), variable(tf, kind, name="w")
    both = tf.group(v.assign(1.0), w.assign(2.0))
    with tf.control_dependencies([both]):
        total = v + w
    with started(tf) as sess:
        return sess.run(total), sess.run([v, w])


@THEME.programs_over(KINDS)
def a_control_path_through_no_ops_and_constants(tf, np, kind):
    v = variable(tf, kind)
    with tf.control_dependencies([v.assign(1.0)]):
        step = tf.no_op()
    with tf.control_dependencies([step]):
        three = tf.constant(3.0)
    with tf.control_dependencies([three]):
        after = v + 0.0
    with started(tf) as sess:
        return sess.run(after)


@THEME.programs_over(KINDS)
def a_data_path_leads_from_the_write_to_the_read(tf, np, kind):
    """The write's own output orders the read of another expression behind it."""
    v = variable(tf, kind, 1.0)
    write = v.assign(5.0)
    with tf.control_dependencies([write * 0.0]):
        after = v + 1.0
    with started(tf) as sess:
        return sess.run(after)


@THEME.programs_over(KINDS)
def tuple_holds_reads_back(tf, np, kind):
    v = variable(tf, kind, 1.0)
    doubled = v * 2.0
    add = v.assign_add(1.0, read_value=False) if kind == "resource" else v.assign_add(1.0).op
    with tf.control_dependencies([add]):
        late = v * 3.0
    first, second = tf.tuple([tf.constant(4.0), late])
    with started(tf) as sess:
        return sess.run([first, second]), sess.run(doubled)


@THEME.programs_over(KINDS)
def swap_through_copies(tf, np, kind):
    a, b = variable(tf, kind, 1.0, "a"), variable(tf, kind, 2.0, "b")
    old_a, old_b = a + 0.0, b + 0.0
    with tf.control_dependencies([old_a, old_b]):
        swap = tf.group(a.assign(old_b), b.assign(old_a))
    with started(tf) as sess:
        sess.run(swap)
        once = sess.run([a, b])
        sess.run(swap)
        return once, sess.run([a, b])


@THEME.programs_over(KINDS)
def fibonacci_by_copies(tf, np, kind):
    a, b = variable(tf, kind, 0, "a"), variable(tf, kind, 1, "b")
    total = a + b
    with tf.control_dependencies([total]):
        move = a.assign(b)
    with tf.control_dependencies([move]):
        step = b.assign(total)
    with started(tf) as sess:
        return [sess.run(step) for _ in range(10)], sess.run([a, b])


@THEME.program
def a_fetched_ref_variable_is_the_value_at_the_end(tf, np):
    step = tf.Variable(0, name="global_step", trainable=False)
    add = step.assign_add(1)
    with started(tf) as sess:
        return [sess.run([add.op, step]) for _ in range(3)]


@THEME.program
def a_fetched_read_of_a_ref_is_the_value_at_the_end(tf, np):
    step = tf.Variable(0, name="step")
    add = step.assign_add(1)
    with started(tf) as sess:
        return [sess.run(["step/read:0", add.op, "step:0"]) for _ in range(3)]


@THEME.program
def all_outputs_of_a_chain_of_ref_writes_are_the_last_value(tf, np):
    v = tf.Variable(0.0, name="v")
    first = tf.assign(v, 1.0)
    second = tf.assign_add(first, 10.0)
    third = tf.assign_sub(second, 3.0)
    with started(tf) as sess:
        return sess.run([first, second, third, v])


@THEME.program
def a_train_op_with_its_global_step(tf, np):
    w = tf.Variable([1.0, 2.0])
    step = tf.train.get_or_create_global_step()
    error = w - [3.0, 5.0]
    loss = tf.reduce_mean(tf.square(error))
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step)
    with started(tf) as sess:
        return [sess.run([train, step, loss]) for _ in range(3)], sess.run(w)


@THEME.programs_over(KINDS)
def the_loss_fetched_with_its_train_op_is_from_before(tf, np, kind):
    w = variable(tf, kind, [1.0, 2.0])
    x = tf.placeholder(tf.float32, [None, 2])
    error = tf.tensordot(x, w, 1) - 1.0
    loss = tf.reduce_mean(tf.square(error))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feed = {x: [[1.0, 2.0], [0.0, 1.0]]}
    with started(tf) as sess:
        return [sess.run([train, loss], feed)[1] for _ in range(3)], sess.run(w)


@THEME.programs_over(KINDS)
def the_loss_behind_the_train_op_is_from_after(tf, np, kind):
    w = variable(tf, kind, 4.0)
    train = tf.train.GradientDescentOptimizer(0.25).minimize(tf.square(w))
    with tf.control_dependencies([train]):
        after = tf.square(w)
    with started(tf) as sess:
        return [sess.run(after) for _ in range(3)]


@THEME.programs_over(KINDS)
def a_fed_write_does_not_happen(tf, np, kind):
    v = variable(tf, kind, 1.0)
    new = tf.constant(5.0) * 2.0
    write = v.assign(new)
    with started(tf) as sess:
        return sess.run(write, {new: 3.0}), sess.run(v)


@THEME.program
def feeding_the_output_of_an_assign_skips_it(tf, np):
    v = tf.Variable(1.0)
    write = tf.assign(v, 5.0)
    y = write * 2.0
    with started(tf) as sess:
        return sess.run(y, {write: 50.0}), sess.run(v), sess.run(y), sess.run(v)


@THEME.program
def feeding_the_read_of_a_ref_variable(tf, np):
    v = tf.Variable(1.0, name="v")
    y = v * 2.0
    with started(tf) as sess:
        return sess.run(y, {"v/read:0": 21.0}), sess.run(y), sess.run(v)


@THEME.program
def feeding_a_ref_variable_itself(tf, np):
    v = tf.Variable(1.0, name="v")
    y = v * 2.0
    with started(tf) as sess:
        return sess.run(y, {v: 21.0}), sess.run(y), sess.run(v)


@THEME.programs_over(KINDS)
def initial_values_that_hang_on_each_other(tf, np, kind):
    a = variable(tf, kind, 3.0, "a")
    b = variable(tf, kind, a.initialized_value() * 2.0, "b")
    c = variable(tf, kind, b.initialized_value() + a.initialized_value(), "c")
    with started(tf) as sess:
        return sess.run([a, b, c])


@THEME.programs_over(KINDS)
def initialized_value_after_a_write(tf, np, kind):
    a = variable(tf, kind, 3.0, "a")
    b = a.initialized_value() + 0.0
    with tf.Session() as sess:
        first = sess.run(b)
        sess.run(a.initializer)
        sess.run(a.assign(8.0))
        return first, sess.run(b)


@THEME.programs_over(KINDS)
def is_variable_initialized_before_and_after(tf, np, kind):
    v = variable(tf, kind)
    ask = tf.is_variable_initialized(v)
    with tf.Session() as sess:
        before = sess.run(ask)
        sess.run(v.initializer)
        return before, sess.run(ask)


@THEME.program
def initialising_and_reading_in_one_run(tf, np):
    v = variable(tf, "resource", 2.0)
    with tf.control_dependencies([v.initializer]):
        after = v * 3.0
    with tf.Session() as sess:
        return sess.run(after), sess.run(v)


@THEME.programs_over(KINDS)
def running_the_initialiser_again_resets(tf, np, kind):
    v = variable(tf, kind, 2.0)
    with started(tf) as sess:
        sess.run(v.assign(9.0))
        sess.run(v.initializer)
        return sess.run(v)


@THEME.programs_over(KINDS)
def sessions_have_their_own_variables(tf, np, kind):
    v = variable(tf, kind, 2.0)
    add = v.assign_add(1.0)
    with started(tf) as one, started(tf) as two:
        one.run(add)
        one.run(add)
        two.run(add)
        return one.run(v), two.run(v)


@THEME.program
def sessions_of_one_graph_with_uninitialised_state(tf, np):
    v = tf.Variable(2.0, name="v")
    with started(tf) as one, tf.Session() as two:
        error = caught(lambda: two.run(v))
        return one.run(v), type(error).__name__


@THEME.programs_over(KINDS)
def scatter_then_gather_behind_it(tf, np, kind):
    v = variable(tf, kind, [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    update = tf.scatter_update(v, [2, 0], [[30.0, 31.0], [10.0, 11.0]])
    with tf.control_dependencies([update]):
        rows = tf.gather(v, [0, 1, 2])
    with started(tf) as sess:
        return sess.run(rows)


@THEME.programs_over(KINDS)
def gather_before_and_after_a_scatter_add(tf, np, kind):
    v = variable(tf, kind, [1.0, 2.0, 3.0, 4.0])
    before = tf.gather(v, [1, 2])
    with tf.control_dependencies([before]):
        add = tf.scatter_add(v, [1, 1, 2], [10.0, 20.0, 5.0])
    with tf.control_dependencies([add]):
        after = tf.gather(v, [1, 2])
    with started(tf) as sess:
        return [sess.run([before, after]) for _ in range(2)], sess.run(v)


@THEME.program
def a_scatter_returns_the_whole_ref(tf, np):
    v = tf.Variable([1.0, 2.0, 3.0])
    update = tf.scatter_sub(v, [1], [10.0])
    y = update * 2.0
    with started(tf) as sess:
        return sess.run([update, y])


@THEME.program
def a_shape_changing_assign(tf, np):
    v = tf.Variable([1.0, 2.0], validate_shape=False)
    write = tf.assign(v, [1.0, 2.0, 3.0], validate_shape=False)
    with started(tf) as sess:
        return v.get_shape(), write.get_shape(), sess.run(v), sess.run(write), sess.run(v)


@THEME.program
def count_up_to_stops_at_its_limit(tf, np):
    v = tf.Variable(0, name="v")
    count = tf.count_up_to(v, 3)
    with started(tf) as sess:
        numbers = [sess.run(count) for _ in range(3)]
        error = caught(lambda: sess.run(count))
        return numbers, type(error).__name__, sess.run(v)


@THEME.program
def the_output_of_count_up_to_is_the_old_value(tf, np):
    v = tf.Variable(5, name="v")
    count = tf.count_up_to(v, 9)
    with tf.control_dependencies([count]):
        after = v * 10
    with started(tf) as sess:
        return sess.run([count, after])


@THEME.programs_over(KINDS)
def assigning_an_expression_of_itself(tf, np, kind):
    v = variable(tf, kind, 1.0)
    double = v.assign(v * 2.0)
    with started(tf) as sess:
        return [sess.run(double) for _ in range(4)]


@THEME.programs_over(KINDS)
def a_ref_is_written_from_a_resource_and_back(tf, np, kind):
    other = "ref" if kind == "resource" else "resource"
    a, b = variable(tf, kind, 1.0, "a"), variable(tf, other, 2.0, "b")
    with tf.control_dependencies([b.assign(a + 10.0)]):
        back = a.assign(b + 100.0)
    with started(tf) as sess:
        return sess.run(back), sess.run([a, b])


@THEME.programs_over(KINDS)
def use_locking_changes_no_answer(tf, np, kind):
    v = variable(tf, kind, 1.0)
    with tf.control_dependencies([v.assign_add(1.0, use_locking=True)]):
        write = v.assign_sub(0.5, use_locking=True)
    with started(tf) as sess:
        return sess.run(write)


@THEME.program
def an_assign_without_read_value_is_an_operation(tf, np):
    v = tf.Variable(1.0, use_resource=True)
    w = tf.Variable(1.0)
    adds = [v.assign_add(1.0, read_value=False), w.assign_add(1.0, read_value=False)]
    with started(tf) as sess:
        return sess.run(adds), sess.run([v, w])


@THEME.programs_over(KINDS)
def a_moving_average_follows_the_step_it_waits_for(tf, np, kind):
    v = variable(tf, kind, 1.0)
    average = tf.train.ExponentialMovingAverage(0.5)
    with tf.control_dependencies([v.assign_add(1.0)]):
        maintain = average.apply([v])
    with started(tf) as sess:
        answers = []
        for _ in range(3):
            sess.run(maintain)
            answers.append(sess.run([v, average.average(v)]))
        return answers


@THEME.programs_over(KINDS)
def accumulate_and_flush(tf, np, kind):
    """Gradients are summed over three runs, then applied and cleared in one."""
    w, total = variable(tf, kind, 1.0, "w"), variable(tf, kind, 0.0, "total")
    x = tf.placeholder(tf.float32, [])
    (grad,) = tf.gradients(w * x, w)
    add = total.assign_add(grad)
    with tf.control_dependencies([w.assign_sub(total * 0.1)]):
        flush = total.assign(0.0)
    with started(tf) as sess:
        for value in (1.0, 2.0, 3.0):
            sess.run(add, {x: value})
        before = sess.run([w, total])
        sess.run(flush)
        return before, sess.run([w, total])


@THEME.programs_over(KINDS)
def a_target_copied_every_third_step(tf, np, kind):
    w, target = variable(tf, kind, 0.0, "w"), variable(tf, kind, -1.0, "target")
    add, copy = w.assign_add(1.0), target.assign(w)
    with started(tf) as sess:
        answers = []
        for step in range(7):
            sess.run(add)
            if step % 3 == 2:
                sess.run(copy)
            answers.append(sess.run(target))
        return answers


@THEME.programs_over(KINDS)
def power_iteration_on_a_vector(tf, np, kind):
    v = variable(tf, kind, [1.0, 1.0])
    matrix = tf.constant([[2.0, 1.0], [1.0, 3.0]])
    product = tf.reshape(tf.matmul(matrix, tf.reshape(v, [2, 1])), [2])
    step = v.assign(product / tf.norm(product))
    with started(tf) as sess:
        for _ in range(5):
            last = sess.run(step)
        return last, sess.run(v)


@THEME.programs_over(KINDS)
def a_gradient_taken_at_the_updated_point(tf, np, kind):
    """Two half steps in one run, the second from where the first arrived."""
    w = variable(tf, kind, 4.0)
    first = w.assign_sub(0.25 * (2.0 * w))
    with tf.control_dependencies([first]):
        second = w.assign_sub(0.25 * (2.0 * w.read_value()))
    with started(tf) as sess:
        return sess.run(second), sess.run(w)


@THEME.program
def a_ref_passed_through_identity_behind_a_write(tf, np):
    v = tf.Variable(1.0, name="v")
    alias = tf.identity(v)
    with tf.control_dependencies([v.assign(2.0)]):
        late = alias + 0.0
    with started(tf) as sess:
        return sess.run(late)


@THEME.program
def strings_and_booleans_are_state_too(tf, np):
    s = tf.Variable("old", name="s")
    b = tf.Variable(False, name="b")
    writes = [s.assign("new"), b.assign(tf.logical_not(b))]
    with started(tf) as sess:
        before = sess.run([s, b])
        sess.run([write.op for write in writes])
        return before, sess.run([s, b])


@THEME.programs_over(KINDS)
def run_eval_and_load(tf, np, kind):
    v = variable(tf, kind, 1.0)
    with started(tf) as sess:
        v.load(5.0, sess)
        loaded = v.eval(session=sess)
        v.assign(6.0).op.run(session=sess)
        return loaded, v.eval(session=sess), sess.run(v.value())


@THEME.programs_over(KINDS)
def a_py_func_between_read_and_write(tf, np, kind):
    v = variable(tf, kind, 1.0)
    doubled = tf.py_func(lambda value: np.float32(value * 2), [v], tf.float32)
    doubled.set_shape([])
    write = v.assign(doubled)
    with tf.control_dependencies([write]):
        after = v + 0.5
    with started(tf) as sess:
        return [sess.run(after) for _ in range(3)], sess.run(v)


@THEME.program
def local_variables_have_their_own_initialiser(tf, np):
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(2.0, name="b", collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        error = caught(lambda: sess.run(a))
        local = sess.run(b)
        sess.run(tf.global_variables_initializer())
        return local, type(error).__name__, sess.run([a, b])


@THEME.program
def control_dependencies_cleared_inside(tf, np):
    v = tf.Variable(1.0)
    with tf.control_dependencies([v.assign(5.0)]), tf.control_dependencies(None):
        free = tf.constant(3.0) + 1.0
    with started(tf) as sess:
        return sess.run(free), sess.run(v)
