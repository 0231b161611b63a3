"""What may be fetched, in which structure the answer comes, and what may be fed."""

import collections

from programs.theme import Theme, caught, started

THEME = Theme()
Pair = collections.namedtuple("Pair", ["first", "second"])


@THEME.program
def a_tensor_gives_a_numpy_scalar(tf, np):
    with tf.Session() as sess:
        return sess.run(tf.constant(3)), sess.run(tf.constant(2.5)), sess.run(tf.constant(True))


@THEME.program
def a_list_a_tuple_and_an_empty_list(tf, np):
    a, b = tf.constant(1), tf.constant([2, 3])
    with tf.Session() as sess:
        return sess.run([a, b]), sess.run((a, b)), sess.run([]), sess.run(())


@THEME.program
def dicts_keep_their_keys(tf, np):
    a, b = tf.constant(1), tf.constant([2, 3])
    with tf.Session() as sess:
        return sess.run({"a": a, 7: b}), sess.run({}), sess.run({"nested": {"x": [a, (b,)]}})


@THEME.program
def an_ordered_dict_stays_one(tf, np):
    ordered = collections.OrderedDict([("z", tf.constant(1)), ("a", tf.constant(2))])
    with tf.Session() as sess:
        answer = sess.run(ordered)
        return type(answer).__name__, list(answer.items())


@THEME.program
def a_named_tuple_stays_one(tf, np):
    with tf.Session() as sess:
        return sess.run(Pair(tf.constant(1), [tf.constant(2), Pair(tf.constant(3), "Const:0")]))


@THEME.program
def deep_nesting(tf, np):
    a, b = tf.constant(1), tf.constant([2.0])
    with tf.Session() as sess:
        return sess.run([a, (b, {"k": [a, {"m": b}]}, []), [[a]]])


@THEME.program
def a_duplicate_is_answered_twice(tf, np):
    a = tf.constant([1, 2])
    with tf.Session() as sess:
        one, two = sess.run([a, a])
        return one, two


@THEME.program
def an_operation_gives_none(tf, np):
    a = tf.constant(1)
    with tf.Session() as sess:
        return sess.run(a.op), sess.run([tf.no_op(), a]), sess.run({"train": a.op})


@THEME.program
def names_of_tensors_and_operations(tf, np):
    tf.constant(5, name="five")
    with tf.Session() as sess:
        return sess.run("five:0"), sess.run("five"), sess.run(["five:0", "five"])


@THEME.program
def strings_come_as_bytes(tf, np):
    with tf.Session() as sess:
        return sess.run([tf.constant("héllo".encode()), tf.constant(["a", "bc"])])


@THEME.program
def a_variable_may_be_fetched(tf, np):
    v, r = tf.Variable([1.0, 2.0]), tf.Variable(3, use_resource=True)
    with started(tf) as sess:
        return sess.run(v), sess.run(r), sess.run([v, r])


@THEME.program
def indexed_slices_give_their_value(tf, np):
    slices = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([3]))
    shaped = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]), tf.constant([5, 1]))
    with tf.Session() as sess:
        return sess.run(slices), sess.run([shaped, slices])


@THEME.program
def a_sparse_tensor_gives_its_value(tf, np):
    sparse = tf.SparseTensor([[0, 1], [2, 3]], [1.5, 2.5], [3, 4])
    with tf.Session() as sess:
        return sess.run(sparse), sess.run({"s": [sparse, sparse.values]})


@THEME.program
def empty_arrays_and_zero_dimensions(tf, np):
    with tf.Session() as sess:
        return sess.run([tf.zeros([0]), tf.zeros([2, 0, 3], tf.int32), tf.constant([], tf.string)])


@THEME.program
def every_dtype_comes_back_as_itself(tf, np):
    names = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool"
    values = [tf.constant([0, 1], getattr(tf, name)) for name in names.split() if name != "bool"]
    values += [tf.constant([True]), tf.constant([1 + 2j], tf.complex64), tf.constant([1 - 2j])]
    with tf.Session() as sess:
        return sess.run(values)


@THEME.program
def answers_may_be_written_to(tf, np):
    with tf.Session() as sess:
        value = sess.run(tf.constant([1.0, 2.0]))
        value[0] = 7.0
        return value, value.flags.writeable, sess.run(tf.constant([1.0, 2.0]))


@THEME.program
def none_as_a_fetch(tf, np):
    tf.constant(1)
    with tf.Session() as sess:
        return [caught(lambda: sess.run(None)), caught(lambda: sess.run([None]))]


@THEME.program
def a_number_as_a_fetch(tf, np):
    tf.constant(1)
    with tf.Session() as sess:
        return [caught(lambda: sess.run(1.5)), caught(lambda: sess.run([tf.constant(1), 2]))]


@THEME.program
def unknown_names_as_fetches(tf, np):
    tf.constant(1, name="known")
    with tf.Session() as sess:
        names = ("unknown:0", "unknown", "known:1", "known:x", ["known:0", "other:0"])
        return [caught(lambda name=name: sess.run(name)) for name in names]


@THEME.program
def a_fetch_of_another_graph(tf, np):
    with tf.Graph().as_default():
        foreign = tf.constant(1, name="foreign")
    tf.constant(2)
    with tf.Session() as sess:
        return caught(lambda: sess.run(foreign)), caught(
            lambda: sess.run([tf.constant(1), foreign])
        )


@THEME.program
def a_session_of_an_empty_graph(tf, np):
    with tf.Session() as sess:
        return caught(lambda: sess.run([])), caught(lambda: sess.run("a:0"))


@THEME.program
def a_closed_session(tf, np):
    a = tf.constant(1)
    sess = tf.Session()
    sess.run(a)
    sess.close()
    return caught(lambda: sess.run(a))


@THEME.program
def feeding_a_placeholder_by_tensor(tf, np):
    x = tf.placeholder(tf.float32, [None, 2])
    y = x * 2.0
    with tf.Session() as sess:
        return sess.run(y, {x: [[1, 2]]}), sess.run(y, {x: np.ones([3, 2], np.float64)})


@THEME.program
def feeding_by_name(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    y = x * 2.0
    with tf.Session() as sess:
        answers = [sess.run(y, {"x:0": 4.0})]
        return [*answers, caught(lambda: sess.run(y, {"x": 4.0}))]


@THEME.program
def feeding_a_constant(tf, np):
    a = tf.constant(2.0)
    y = a * 3.0
    with tf.Session() as sess:
        return sess.run(y, {a: 10.0}), sess.run(y)


@THEME.program
def feeding_an_intermediate_result(tf, np):
    x = tf.placeholder(tf.float32)
    middle = tf.square(x)
    y = middle + 1.0
    with tf.Session() as sess:
        return sess.run(y, {middle: 5.0}), sess.run(y, {x: 3.0})


@THEME.program
def feeding_what_is_fetched(tf, np):
    x = tf.placeholder(tf.float32)
    y = x * 2.0
    with tf.Session() as sess:
        return sess.run([x, y], {x: 3.0}), sess.run(y, {y: [9.0, 8.0]}), sess.run([y, y], {y: 1.0})


@THEME.program
def feeding_more_than_is_needed(tf, np):
    x, z = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with tf.Session() as sess:
        return sess.run(x + 1.0, {x: 1.0, z: 2.0})


@THEME.program
def feeding_several_at_once_by_a_tuple_key(tf, np):
    x, z = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with tf.Session() as sess:
        return sess.run(x * 10.0 + z, {(x, z): (1.0, 2.0)})


@THEME.program
def feeding_a_sparse_placeholder(tf, np):
    x = tf.sparse_placeholder(tf.float32, shape=[3, 4])
    value = tf.SparseTensorValue([[0, 1], [2, 3]], [1.0, 2.0], [3, 4])
    with tf.Session() as sess:
        answers = [sess.run(x, {x: value})]
        answers.append(sess.run(x.values * 2.0, {x: value}))
        answers.append(sess.run(x.indices, {x: ([[0, 0]], [5.0], [3, 4])}))
        return answers


@THEME.program
def feeding_a_sparse_placeholder_of_unknown_shape(tf, np):
    x = tf.sparse_placeholder(tf.int64)
    value = tf.SparseTensorValue(np.array([[1]]), np.array([7]), np.array([3]))
    with tf.Session() as sess:
        return x, sess.run(x, {x: value})


@THEME.program
def feeding_indexed_slices(tf, np):
    slices = tf.IndexedSlices(
        tf.placeholder(tf.float32), tf.placeholder(tf.int32), tf.placeholder(tf.int32)
    )
    with tf.Session() as sess:
        fed = ([[1.0, 2.0]], [1], [4, 2])
        return sess.run(slices, {slices: fed}), sess.run(slices.values, {slices: fed})


@THEME.program
def feeding_a_placeholder_with_default(tf, np):
    x = tf.placeholder_with_default([1.0, 2.0], [None])
    y = x * 2.0
    with tf.Session() as sess:
        return sess.run(y), sess.run(y, {x: [5.0]})


@THEME.program
def feeding_lists_of_numpy_scalars(tf, np):
    x = tf.placeholder(tf.int64, [None])
    with tf.Session() as sess:
        return sess.run(x + 1, {x: [np.int32(1), np.int64(2)]}), sess.run(x, {x: range(3)})


@THEME.program
def feeding_strings(tf, np):
    x = tf.placeholder(tf.string)
    y = tf.identity(x)
    with tf.Session() as sess:
        values = ["a", b"b", ["c", "d"], np.array(["e", "f"]), np.array([b"g"], object)]
        return [sess.run(y, {x: value}) for value in values]


@THEME.program
def feeding_booleans_and_complex(tf, np):
    b, c = tf.placeholder(tf.bool), tf.placeholder(tf.complex64)
    with tf.Session() as sess:
        return sess.run([tf.logical_not(b), c * 2.0], {b: [True, False], c: 1 + 2j})


@THEME.program
def feeding_ints_to_floats_and_floats_to_ints(tf, np):
    f, i = tf.placeholder(tf.float32), tf.placeholder(tf.int32)
    with tf.Session() as sess:
        answers = [sess.run(f, {f: 3}), sess.run(f, {f: np.arange(2)}), sess.run(i, {i: 2.0})]
        answers.append(caught(lambda: sess.run(i, {i: 2.5})))
        answers.append(sess.run(i, {i: np.array([2.5])}))
        answers.append(sess.run(i, {i: [2.5]}))
        return answers


@THEME.program
def feeding_a_number_too_large_for_its_dtype(tf, np):
    i = tf.placeholder(tf.int32)
    with tf.Session() as sess:
        return caught(lambda: sess.run(i, {i: 2**40})), sess.run(i, {i: 2**31 - 1})


@THEME.program
def feeding_float64_overflow_to_float32(tf, np):
    x = tf.placeholder(tf.float32)
    with tf.Session() as sess:
        return sess.run(x, {x: np.array([1e300, -1e300, 1e-300])})


@THEME.program
def feeding_the_wrong_shape(tf, np):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    with tf.Session() as sess:
        values = ([[1.0, 2.0, 3.0]], [1.0, 2.0], 1.0, np.zeros([1, 2, 1]))
        return [caught(lambda value=value: sess.run(x, {x: value})) for value in values]


@THEME.program
def feeding_what_is_no_number(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    with tf.Session() as sess:
        return caught(lambda: sess.run(x, {x: "text"})), caught(lambda: sess.run(x, {x: ["a"]}))


@THEME.program(class_only="newer NumPy refuses ragged lists in its own words")
def feeding_a_ragged_list(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    with tf.Session() as sess:
        return caught(lambda: sess.run(x, {x: [[1.0], [2.0, 3.0]]}))


@THEME.program
def feeding_a_tensor(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    with tf.Session() as sess:
        return caught(lambda: sess.run(x, {x: tf.constant(1.0)}))


@THEME.program
def feeding_under_keys_that_are_no_tensors(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    with tf.Session() as sess:
        keys = (3, "nowhere:0", "nowhere", x.op, None)
        return [caught(lambda key=key: sess.run(x, {key: 1.0})) for key in keys]


@THEME.program
def feeding_a_tensor_of_another_graph(tf, np):
    with tf.Graph().as_default():
        foreign = tf.placeholder(tf.float32, name="foreign")
    x = tf.placeholder(tf.float32)
    with tf.Session() as sess:
        return caught(lambda: sess.run(x, {x: 1.0, foreign: 2.0}))


@THEME.program
def a_feed_that_is_no_dict(tf, np):
    x = tf.placeholder(tf.float32)
    with tf.Session() as sess:
        return caught(lambda: sess.run(x, [(x, 1.0)]))


@THEME.program
def an_unfeedable_tensor(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    tf.get_default_graph().prevent_feeding(x)
    with tf.Session() as sess:
        return tf.get_default_graph().is_feedable(x), caught(lambda: sess.run(x, {x: 1.0}))


@THEME.program
def an_unfetchable_operation(tf, np):
    x = tf.constant(1.0, name="x")
    tf.get_default_graph().prevent_fetching(x.op)
    with tf.Session() as sess:
        answers = [tf.get_default_graph().is_fetchable(x), sess.run(x + 1.0)]
        return [*answers, caught(lambda: sess.run(x)), caught(lambda: sess.run(x.op))]


@THEME.program
def a_placeholder_that_is_not_fed(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    s = tf.placeholder(tf.int32, [2, None], name="s")
    with tf.Session() as sess:
        return [caught(lambda y=y: sess.run(y)) for y in (x + 1.0, s + 1)]


@THEME.program
def eval_and_operation_run(tf, np):
    x = tf.placeholder(tf.float32)
    v = tf.Variable(1.0)
    with tf.Session():
        tf.global_variables_initializer().run()
        v.assign(5.0).op.run()
        return (x + v).eval({x: 2.0}), (x + v).eval(feed_dict={x: 3.0}), v.eval()


@THEME.program
def eval_without_a_session(tf, np):
    a = tf.constant(1)
    return caught(lambda: a.eval()), caught(lambda: a.op.run())


@THEME.program
def an_interactive_session(tf, np):
    sess = tf.InteractiveSession()
    v = tf.Variable(2.0)
    v.initializer.run()
    answer = (v * 3.0).eval()
    sess.close()
    return answer


@THEME.program
def sessions_nest_as_defaults(tf, np):
    a = tf.constant(1)
    with tf.Session() as outer:
        with tf.Session() as inner:
            innermost = tf.get_default_session() is inner
        answers = [innermost, tf.get_default_session() is outer, a.eval()]
    return [*answers, tf.get_default_session()]


@THEME.program
def a_session_for_a_given_graph(tf, np):
    graph = tf.Graph()
    with graph.as_default():
        a = tf.constant(5)
    with tf.Session(graph=graph) as sess:
        inside = tf.get_default_graph() is graph
        return inside, sess.run(a), sess.graph is graph


@THEME.program
def make_callable_with_and_without_feeds(tf, np):
    x, z = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    v = tf.Variable(1.0)
    with started(tf) as sess:
        add = sess.make_callable([x + z, v], feed_list=[x, z])
        step = sess.make_callable(v.assign_add(1.0))
        only = sess.make_callable(v.assign_add(10.0).op)
        return add(1.0, 2.0), step(), step(), only(), add(0.0, 0.0)


@THEME.program
def partial_feeds_of_a_multiply_used_graph(tf, np):
    x = tf.placeholder(tf.float32, [2])
    h = x * 2.0
    a, b = h + 1.0, h - 1.0
    with tf.Session() as sess:
        return sess.run([a, b], {x: [1.0, 2.0]}), sess.run([a, b], {h: [0.0, 0.0]})


@THEME.program
def a_graph_grows_between_runs(tf, np):
    a = tf.constant(1.0)
    with tf.Session() as sess:
        answers = [sess.run(a)]
        for _ in range(3):
            a = a * 2.0
            answers.append(sess.run(a))
        return answers


@THEME.program
def a_finalized_graph_still_runs(tf, np):
    a = tf.constant(1.0)
    b = a + 1.0
    tf.get_default_graph().finalize()
    with tf.Session() as sess:
        return sess.run(b), caught(lambda: tf.constant(3))


@THEME.program
def run_options_and_metadata(tf, np):
    a = tf.constant([1.0, 2.0], name="a")
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Session() as sess:
        answer = sess.run(a + 1.0, options=options, run_metadata=metadata)
        return answer, len(metadata.step_stats.dev_stats) > 0


@THEME.program
def config_is_accepted(tf, np):
    config = tf.ConfigProto(
        allow_soft_placement=True,
        log_device_placement=False,
        intra_op_parallelism_threads=1,
        gpu_options=tf.GPUOptions(allow_growth=True, per_process_gpu_memory_fraction=0.5),
    )
    config.graph_options.optimizer_options.global_jit_level = tf.OptimizerOptions.OFF
    with tf.Session(config=config) as sess:
        return sess.run(tf.constant(1)), caught(lambda: tf.Session(config="fast"))


@THEME.program
def a_device_that_is_not_there_with_soft_placement(tf, np):
    with tf.device("/gpu:3"):
        a = tf.constant([1.0]) + 1.0
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
        return sess.run(a), a.device


@THEME.program
def a_name_tuple_of_operations_and_tensors(tf, np):
    v = tf.Variable(1.0)
    add = v.assign_add(1.0)
    with started(tf) as sess:
        return sess.run(Pair(add.op, {"v": v}))


@THEME.program
def fetch_handlers_of_graph_elements(tf, np):
    """Objects with `_as_graph_element` may be fetched and fed."""

    class Wrapped:
        def __init__(self, tensor):
            self.tensor = tensor

        def _as_graph_element(self):
            return self.tensor

    a = tf.constant(1.0)
    with tf.Session() as sess:
        return sess.run(Wrapped(a)), sess.run(a + 1.0, {Wrapped(a): 5.0})
