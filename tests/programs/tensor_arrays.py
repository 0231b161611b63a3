"""TensorArray: the nodes it makes, values, shapes, errors of building and of runs."""

import re

from programs.theme import Theme, caught, nodes

THEME = Theme()


def run(tf, *fetches, **feeds):
    with tf.Session() as session:
        return session.run(list(fetches), {f"{name}:0": value for name, value in feeds.items()})


def words(error):
    """The class and the first line, without the number that tells arrays of one name apart."""
    line = str(error).split("\n")[0]
    line = re.sub(r"(_tensor_array_grads|TensorArray )(\S+?)_\d+", r"\1\2", line)
    return type(error).__name__, line


def failure(tf, *fetches, **feeds):
    """What a run that fails says."""
    return words(caught(lambda: run(tf, *fetches, **feeds)))


def array(tf, size=3, dtype=None, **options):
    return tf.TensorArray(dtype or tf.float32, size=size, tensor_array_name="ta", **options)


@THEME.program
def written_and_read(tf, np):
    ta = tf.TensorArray(tf.float32, size=2)
    ta = ta.write(0, [1.0, 2.0]).write(1, [3.0, 4.0])
    a, b = ta.read(1), ta.read(0)
    return a, b, run(tf, a, b), nodes(tf)


@THEME.program
def unstacked_and_stacked(tf, np):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    ta = tf.TensorArray(x.dtype, tf.shape(x)[0]).unstack(x)
    y = ta.stack()
    return y, run(tf, y, x=[[1, 2], [3, 4], [5, 6]]), nodes(tf)


@THEME.program
def scattered_and_gathered(tf, np):
    ta = tf.TensorArray(tf.int32, size=4, clear_after_read=False)
    ta = ta.scatter([2, 0, 3], [[1, 2], [3, 4], [5, 6]])
    y, z = ta.gather([3, 2]), ta.gather([0, 0])
    return y, z, run(tf, y, z), nodes(tf)


@THEME.program
def split_and_concatenated(tf, np):
    equal = tf.TensorArray(tf.float32, size=2).split([[1.0], [2.0], [3.0], [4.0]], [2, 2])
    unequal = tf.TensorArray(tf.float32, size=3, infer_shape=False)
    unequal = unequal.split([1.0, 2.0, 3.0], [2, 0, 1])
    x, y = equal.concat(), unequal.concat()
    return x, y, equal.element_shape, unequal.element_shape, run(tf, x, y), nodes(tf)


@THEME.program
def pieces_of_a_split(tf, np):
    lengths = tf.placeholder(tf.int64, [None], name="lengths")
    ta = tf.TensorArray(tf.float32, size=2, infer_shape=False).split([1.0, 2.0, 3.0], lengths)
    a, b = ta.read(0), ta.read(1)
    return a, [run(tf, a, b, lengths=n) for n in ([1, 2], [3, 0])]


@THEME.program
def sizes(tf, np):
    n = tf.placeholder(tf.int32, [], name="n")
    fixed = tf.TensorArray(tf.float32, size=n)
    grown = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    grown = grown.write(2, 1.0).write(4, 2.0)
    return fixed.size(), run(tf, fixed.size(), grown.size(), n=7), fixed.dynamic_size


@THEME.program
def a_dynamic_array_grows(tf, np):
    ta = tf.TensorArray(tf.float32, size=1, dynamic_size=True, infer_shape=True)
    ta = ta.write(0, [1.0]).write(1, [2.0]).scatter([3, 2], [[4.0], [3.0]])
    y = ta.stack()
    return y, run(tf, y, ta.size())


@THEME.program
def unwritten_elements_of_known_shape_are_zero(tf, np):
    ta = array(tf, element_shape=[2]).write(1, [1.0, 2.0])
    late = array(tf, clear_after_read=False).write(1, [1.0, 2.0])
    return run(tf, ta.stack(), late.stack(), late.read(0))


@THEME.program
def empty_arrays(tf, np):
    known = array(tf, size=0, element_shape=[2, 3])
    ragged = array(tf, size=0, element_shape=[None, 3], infer_shape=False)
    unknown = array(tf, size=0)
    return (
        run(tf, known.stack(), ragged.concat()),
        failure(tf, unknown.stack()),
        failure(tf, unknown.concat()),
        failure(tf, ragged.stack()),
    )


@THEME.program
def properties(tf, np):
    ta = tf.TensorArray(np.int64, 3, element_shape=[None, 2], dynamic_size=True, name="mine")
    made = [ta.dtype, ta.flow, ta.handle.name, ta.handle.dtype, ta.handle.get_shape()]
    made += [ta.element_shape, ta.dynamic_size]
    ta = ta.write(0, tf.ones([4, 2], tf.int64))
    return made, ta.element_shape, ta.flow, ta.dynamic_size


@THEME.program
def static_shapes(tf, np):
    x = tf.placeholder(tf.float32, [3, None, 2])
    first = tf.TensorArray(tf.float32, 3).unstack(x)
    loose = tf.TensorArray(tf.float32, 3, infer_shape=False).unstack(x)
    blank = tf.TensorArray(tf.float32, 3)
    given = tf.TensorArray(tf.float32, 3, element_shape=[5], infer_shape=False)
    shapes = []
    for ta in (first, loose, blank, given):
        shapes += [ta.read(0).get_shape(), ta.stack().get_shape(), ta.gather([0]).get_shape()]
        shapes += [ta.concat().get_shape(), ta.element_shape]
    return shapes


@THEME.program
def names(tf, np):
    with tf.name_scope("outer"):
        ta = tf.TensorArray(tf.float32, 2, name="mine").write(0, [1.0], name="first")
        ta = ta.scatter([1], [[2.0]], name="second")
        ta.read(0, name="r")
        ta.gather([0], name="g")
        ta.stack(name="s")
        ta.concat(name="c")
        ta.size(name="n")
        other = tf.TensorArray(tf.float32, 2).unstack([[1.0], [2.0]], name="u")
        other.split([1.0, 2.0], [1, 1], name="p")
        other.identity()
        other.grad("gradients", name="d")
        other.close(name="e")
    return nodes(tf)


@THEME.program
def attrs_of_the_array(tf, np):
    made = [
        tf.TensorArray(tf.float32, 2),
        tf.TensorArray("int32", 2, True, False, "called", infer_shape=False, element_shape=[1]),
    ]
    keys = ["dtype", "element_shape", "dynamic_size", "clear_after_read", "tensor_array_name"]
    keys.append("identical_element_shapes")
    node_defs = [ta.handle.op.node_def for ta in made]
    return [[str(node.attr[key]).strip() for key in keys] for node in node_defs]


@THEME.program
def places(tf, np):
    with tf.device("/cpu:0"):
        value = tf.constant([1.0], name="value")
        ta = tf.TensorArray(tf.float32, 2)
        held = tf.TensorArray(tf.float32, 2, colocate_with_first_write_call=False)
    ta = ta.write(0, value).write(1, [2.0])
    held = held.write(0, value)
    ta.stack()
    ta.grad("gradients")
    graph = tf.get_default_graph()
    return [[op.name, op.device, op.colocation_groups()] for op in graph.get_operations()]


@THEME.program
def wrong_arguments(tf, np):
    ta = tf.TensorArray(tf.float32, 2)
    handle, flow = ta.handle, ta.flow
    cases = [
        {},
        {"handle": handle, "size": 3, "flow": flow},
        {"handle": 1.0},
        {"handle": handle},
        {"handle": handle, "flow": flow, "tensor_array_name": "x"},
        {"handle": handle, "flow": flow, "element_shape": [1]},
        {"handle": handle, "flow": flow, "dynamic_size": True},
        {"handle": handle, "flow": flow, "clear_after_read": True},
    ]
    return [caught(lambda c=case: tf.TensorArray(tf.float32, **c)) for case in cases if case] + [
        caught(lambda: tf.TensorArray(tf.float32)),
    ]


@THEME.program
def shapes_that_do_not_fit(tf, np):
    ta = tf.TensorArray(tf.float32, 3).write(0, [1.0, 2.0])
    known = tf.TensorArray(tf.float32, 3, element_shape=[None, 2])
    return [
        caught(lambda: ta.write(1, [1.0])),
        caught(lambda: ta.write(1, [[1.0, 2.0]])),
        caught(lambda: ta.unstack([[1.0], [2.0]])),
        caught(lambda: ta.scatter([1], [[1.0, 2.0, 3.0]])),
        caught(lambda: ta.split([1.0, 2.0, 3.0], [1, 1, 1])),
        caught(lambda: known.write(0, [1.0])),
        caught(lambda: known.write(0, [[1.0]])),
        caught(lambda: ta.scatter([1, 2], [[1.0, 2.0]])),
        caught(lambda: ta.read([0])),
        caught(lambda: ta.gather(0)),
        caught(lambda: ta.split(1.0, [1, 1, 1])),
    ]


@THEME.program
def wrong_indices(tf, np):
    i = tf.placeholder(tf.int32, [], name="i")
    filled = array(tf).unstack([1.0, 2.0, 3.0])
    read, written = filled.read(i), array(tf).write(i, 1.0).flow
    indices = tf.placeholder(tf.int32, [None], name="indices")
    gathered = array(tf).unstack([1.0, 2.0, 3.0]).gather(indices)
    scattered = array(tf).scatter(indices, [1.0, 2.0]).flow
    found = [failure(tf, read, i=value) for value in (3, -1)]
    found += [failure(tf, written, i=value) for value in (3, -1)]
    found += [failure(tf, gathered, indices=value) for value in ([0, 3], [-1])]
    found += [failure(tf, scattered, indices=value) for value in ([0, 3], [0, -1], [1], [1, 1])]
    return found


@THEME.program
def read_before_it_is_written(tf, np):
    loose = array(tf, infer_shape=False, element_shape=[None]).write(0, [1.0])
    return [
        failure(tf, array(tf).read(1)),
        failure(tf, loose.read(1)),
        failure(tf, loose.stack()),
        failure(tf, array(tf).stack()),
    ]


@THEME.program
def read_or_written_twice(tf, np):
    filled = array(tf).unstack([1.0, 2.0, 3.0])
    first = filled.read(1)
    with tf.control_dependencies([first]):
        again, rewritten = filled.read(1), filled.write(1, 1.0).flow
        stacked = filled.stack()
    return [
        failure(tf, again),
        failure(tf, rewritten),
        failure(tf, stacked),
        failure(tf, array(tf).write(1, 1.0).write(1, 2.0).flow),
        failure(tf, array(tf).write(1, 1.0).unstack([1.0, 2.0, 3.0]).flow),
        failure(tf, filled.gather([0, 0])),
    ]


@THEME.program
def read_twice_without_clearing(tf, np):
    filled = array(tf, clear_after_read=False).unstack([1.0, 2.0, 3.0])
    first = filled.read(1)
    with tf.control_dependencies([first]):
        again, rewritten = filled.read(1), filled.write(1, 1.0).flow
    return run(tf, first, again), failure(tf, rewritten), run(tf, filled.gather([0, 0, 1]))


@THEME.program
def shapes_and_types_that_runs_refuse(tf, np):
    x = tf.placeholder(tf.float32, name="x")
    two = array(tf).write(0, [1.0, 2.0])
    loose = array(tf, size=2, infer_shape=False).write(0, [1.0]).write(1, [1.0, 2.0])
    mixed = array(tf, size=2, infer_shape=False).write(0, [[1.0]]).write(1, [[1.0, 2.0]])
    scalars = array(tf, size=2).unstack([1.0, 2.0])
    return [
        failure(tf, two.write(1, x).flow, x=[1.0]),
        failure(tf, array(tf, element_shape=[2]).write(1, x).flow, x=[1.0]),
        failure(tf, array(tf, element_shape=[None, 2]).write(1, x).flow, x=[[1.0]]),
        failure(tf, array(tf).write(1, tf.constant(1)).flow),
        failure(tf, array(tf).unstack(tf.constant([1, 2, 3])).flow),
        failure(tf, array(tf).unstack(x).flow, x=[1.0, 2.0, 3.0, 4.0]),
        failure(tf, array(tf).scatter([0, 1], x).flow, x=1.0),
        failure(tf, array(tf).split(x, [1, 1]).flow, x=[1.0, 2.0]),
        failure(tf, array(tf).split(x, [1, 1, 1]).flow, x=[1.0, 2.0]),
        failure(tf, array(tf).split(x, [1, 1, 1]).flow, x=1.0),
        failure(tf, loose.stack()),
        failure(tf, mixed.concat()),
        failure(tf, scalars.concat()),
    ]


@THEME.program
def wrong_sizes(tf, np):
    n = tf.placeholder(tf.int32, name="n")
    flow = array(tf, size=n).flow
    return [
        failure(tf, flow, n=-1),
        failure(tf, flow, n=[1]),
        caught(lambda: tf.TensorArray(tf.float32, [1])),
        caught(lambda: tf.TensorArray(tf.float32, 1.5)),
    ]


@THEME.program
def closed(tf, np):
    ta = array(tf).unstack([1.0, 2.0, 3.0])
    with tf.control_dependencies([ta.close()]):
        fetches = [ta.read(0), ta.stack(), ta.write(0, 1.0).flow]
    return run(tf, ta.close()), [failure(tf, fetch) for fetch in fetches]


@THEME.programs_over(
    ("float16", "bfloat16", "float64", "int8", "uint8", "int64", "bool", "complex64", "string")
)
def elements_of_other_types(tf, np, kind):
    dtype = tf.as_dtype(kind)
    values = [b"a", b"", b"c"] if kind == "string" else [1, 0, 2]
    x = tf.constant(values, dtype) if kind == "string" else tf.cast(tf.constant(values), dtype)
    ta = tf.TensorArray(dtype, 4, element_shape=[]).scatter([0, 1, 3], x)
    last = ta.read(3)
    with tf.control_dependencies([last]):
        rest = ta.gather([0, 1])
        unwritten = tf.identity(ta.read(2)) if kind != "string" else last
    if kind == "bfloat16":
        last, rest, unwritten = (tf.cast(t, tf.float32) for t in (last, rest, unwritten))
    return run(tf, last, rest, unwritten)


@THEME.program
def unwritten_text(tf, np):
    ta = array(tf, dtype=tf.string, element_shape=[]).write(0, "a")
    return failure(tf, ta.stack()), run(tf, ta.gather([0]))


@THEME.program
def in_a_cond(tf, np):
    p = tf.placeholder(tf.bool, [], name="p")
    ta = tf.TensorArray(tf.float32, 2).write(0, 1.0)
    ta = tf.cond(p, lambda: ta.write(1, 2.0), lambda: ta.write(1, 3.0))
    y = ta.stack()
    return y, [run(tf, y, p=value) for value in (True, False)], nodes(tf)


@THEME.program
def in_a_loop(tf, np):
    n = tf.placeholder(tf.int32, [], name="n")
    ta = tf.TensorArray(tf.float32, n)
    _, ta = tf.while_loop(
        lambda i, ta: i < n, lambda i, ta: (i + 1, ta.write(i, tf.to_float(i) * 2.0)), [0, ta]
    )
    y = ta.stack()
    return y, ta.element_shape, [run(tf, y, n=value) for value in (3, 1, 3, 3)], nodes(tf)


@THEME.program
def a_dynamic_array_in_a_loop(tf, np):
    n = tf.placeholder(tf.int32, [], name="n")
    ta = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=[2])
    _, ta = tf.while_loop(
        lambda i, ta: i < n,
        lambda i, ta: (i + 1, ta.write(i, tf.fill([2], tf.to_float(i)))),
        [0, ta],
    )
    y = ta.stack()
    return y, [run(tf, y, n=value) for value in (3, 1, 0)]


@THEME.program
def two_arrays_in_nested_loops(tf, np):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    rows = tf.TensorArray(tf.float32, 2).unstack(x)
    sums = tf.TensorArray(tf.float32, 2)

    def outer(i, sums):
        row = tf.TensorArray(tf.float32, 3).unstack(rows.read(i))
        _, total = tf.while_loop(
            lambda j, t: j < 3, lambda j, t: (j + 1, t + row.read(j)), [0, 0.0]
        )
        return i + 1, sums.write(i, total)

    _, sums = tf.while_loop(lambda i, _: i < 2, outer, [0, sums])
    y = sums.stack()
    return y, [run(tf, y, x=[[1, 2, 3], [4, 5, 6]]) for _ in range(2)]


@THEME.program
def an_error_in_a_loop(tf, np):
    n = tf.placeholder(tf.int32, [], name="n")
    ta = array(tf, size=2)
    _, ta = tf.while_loop(
        lambda i, ta: i < n, lambda i, ta: (i + 1, ta.write(i, tf.to_float(i))), [0, ta]
    )
    y = ta.stack()
    return [run(tf, y, n=2), failure(tf, y, n=3), run(tf, y, n=2)]
