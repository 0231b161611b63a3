"""constant and convert_to_tensor: which dtype, which shape, which value, which error."""

import collections

from programs.theme import Theme, caught, nodes, started

THEME = Theme()

VALUES = {
    "int": lambda np: 3,
    "float": lambda np: 2.5,
    "bool": lambda np: True,
    "complex": lambda np: 1 + 2j,
    "str": lambda np: "text",
    "bytes": lambda np: b"text",
    "big_int": lambda np: 2**40,
    "negative_big_int": lambda np: -(2**40),
    "list_of_ints": lambda np: [1, 2],
    "ints_and_floats": lambda np: [1, 2.5],
    "floats_and_ints": lambda np: [2.5, 1],
    "ints_and_bools": lambda np: [1, True],
    "bools_and_ints": lambda np: [True, 1],
    "ints_and_big_ints": lambda np: [1, 2**40],
    "floats_and_complex": lambda np: [1.0, 2j],
    "nested": lambda np: [[1, 2], [3, 4]],
    "nested_mixed": lambda np: [[1, 2.0], [3, 4]],
    "tuple": lambda np: (1.0, 2.0),
    "tuples_in_lists": lambda np: [(1, 2), (3, 4)],
    "empty": lambda np: [],
    "empty_rows": lambda np: [[], []],
    "strings": lambda np: ["a", "bc"],
    "strings_and_bytes": lambda np: ["a", b"bc"],
    "unicode": lambda np: "é",
    "np_float32": lambda np: np.float32(1.5),
    "np_float64": lambda np: np.float64(1.5),
    "np_int8": lambda np: np.int8(3),
    "np_int64": lambda np: np.int64(3),
    "np_bool": lambda np: np.bool_(True),
    "np_str": lambda np: np.array("text"),
    "list_of_np_float32": lambda np: [np.float32(1.5), np.float32(2.5)],
    "list_of_np_float64": lambda np: [np.float64(1.5), np.float64(2.5)],
    "list_of_np_int64": lambda np: [np.int64(1), np.int64(2)],
    "np_int64_and_int": lambda np: [np.int64(1), 2],
    "int_and_np_float32": lambda np: [1, np.float32(2.5)],
    "array_float64": lambda np: np.array([1.5, 2.5]),
    "array_float32": lambda np: np.array([1.5, 2.5], np.float32),
    "array_int64": lambda np: np.array([1, 2]),
    "array_int32": lambda np: np.array([1, 2], np.int32),
    "array_bool": lambda np: np.array([True]),
    "array_of_bytes": lambda np: np.array([b"ab", b"c"]),
    "array_of_str": lambda np: np.array(["ab", "c"]),
    "array_of_objects": lambda np: np.array(["ab", b"c"], object),
    "array_empty": lambda np: np.zeros([0, 3], np.int16),
    "array_zero_dimensional": lambda np: np.array(7, np.uint8),
    "array_not_contiguous": lambda np: np.arange(6).reshape(2, 3).T,
    "array_of_complex64": lambda np: np.array([1j], np.complex64),
    "array_float16": lambda np: np.array([1.5], np.float16),
    "array_uint32": lambda np: np.array([2**31], np.uint32),
    "list_of_arrays": lambda np: [np.array([1, 2]), np.array([3, 4])],
    "list_of_float32_arrays": lambda np: [np.float32([1, 2]), np.float32([3, 4])],
    "range": lambda np: range(3),
    "set": lambda np: {1},
    "dict": lambda np: {"a": 1},
    "none": lambda np: None,
    "list_with_none": lambda np: [None, 1],
    "ragged": lambda np: [[1, 2], [3]],
    "ragged_depth": lambda np: [1, [2]],
    "int_and_str": lambda np: [1, "a"],
    "str_and_int": lambda np: ["a", 1],
    "bool_and_float": lambda np: [True, 1.5],
    "nan_and_inf": lambda np: [float("nan"), float("inf"), -float("inf")],
    "named_tuple": lambda np: collections.namedtuple("P", "x y")(1, 2),
}

# Under a given dtype NumPy or Python refuses these, in words that change with its version.
WORDS_OF_NUMPY = ("np_str", "array_of_bytes", "array_of_str", "array_of_objects", "dict")
WORDS_OF_NUMPY += ("ragged", "ragged_depth")
PLAIN = {name: make for name, make in VALUES.items() if name not in WORDS_OF_NUMPY}
ODD = {name: VALUES[name] for name in WORDS_OF_NUMPY}


@THEME.programs_over(VALUES)
def constant_of(tf, np, make):
    x = tf.constant(make(np))
    with tf.Session() as sess:
        return x, sess.run(x)


@THEME.programs_over(VALUES)
def convert(tf, np, make):
    x = tf.convert_to_tensor(make(np))
    with tf.Session() as sess:
        return x, sess.run(x)


@THEME.programs_over(ODD, class_only="the wording is NumPy's own")
@THEME.programs_over(PLAIN)
def constant_as_float32(tf, np, make):
    x = tf.constant(make(np), tf.float32)
    with tf.Session() as sess:
        return x.dtype, x.shape, sess.run(x)


@THEME.programs_over(ODD, class_only="the wording is NumPy's own")
@THEME.programs_over(PLAIN)
def constant_as_int64(tf, np, make):
    x = tf.constant(make(np), tf.int64)
    with tf.Session() as sess:
        return x.dtype, x.shape, sess.run(x)


@THEME.programs_over(VALUES)
def added_to_a_float32_tensor(tf, np, make):
    return tf.constant(1.0) + make(np)


@THEME.program
def shapes_fill(tf, np):
    ys = [
        tf.constant(3.0, shape=[2, 2]),
        tf.constant([1, 2], shape=[5]),
        tf.constant([1, 2, 3, 4], shape=[2, 2]),
        tf.constant(1, tf.float64, [1, 2], name="named"),
        tf.constant("a", shape=[2]),
        tf.constant([], tf.float32, shape=[0, 3]),
    ]
    with tf.Session() as sess:
        return ys, sess.run(ys)


@THEME.program
def lists_that_hold_tensors(tf, np):
    a, b = tf.constant(1.0, name="a"), tf.placeholder(tf.float32, [], name="b")
    ys = [tf.convert_to_tensor([a, b]), tf.convert_to_tensor([[a, 2.0], [3.0, b]])]
    ys.append(tf.reshape(tf.zeros([6]), [tf.constant(2), 3]))
    with tf.Session() as sess:
        return ys, sess.run(ys, {b: 5.0}), nodes(tf)


@THEME.program
def lists_that_hold_tensors_of_other_dtypes(tf, np):
    a, b = tf.constant(1.0), tf.constant(1)
    return [
        caught(lambda: tf.convert_to_tensor([a, b])),
        caught(lambda: tf.convert_to_tensor([a, 2])),
        caught(lambda: tf.convert_to_tensor([b, 2.5])),
        caught(lambda: tf.convert_to_tensor([a, "x"])),
        caught(lambda: tf.constant([a, 1.0])),
    ]


@THEME.program
def variables_convert(tf, np):
    v = tf.Variable([1.0, 2.0], name="v")
    r = tf.Variable([1.0, 2.0], name="r", use_resource=True)
    ys = [tf.convert_to_tensor(v), tf.convert_to_tensor(r), tf.convert_to_tensor([v, v])]
    ys += [tf.identity(v), tf.convert_to_tensor(v, tf.float32)]
    with started(tf) as sess:
        return ys, sess.run(ys), nodes(tf)


@THEME.program
def preferred_dtypes(tf, np):
    return [
        tf.convert_to_tensor(1, preferred_dtype=tf.float32),
        tf.convert_to_tensor("a", preferred_dtype=tf.float32),
        tf.convert_to_tensor([1, 2], tf.int64, preferred_dtype=tf.float32),
        tf.convert_to_tensor(1.5, preferred_dtype=tf.int32),
        tf.convert_to_tensor(1, dtype_hint=tf.int64),
    ]


@THEME.program
def slices_become_dense(tf, np):
    s = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([2, 0]), tf.constant([3, 1]))
    no_shape = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([2]))
    with tf.Session() as sess:
        dense = tf.convert_to_tensor(s)
        error = caught(lambda: tf.convert_to_tensor(no_shape))
        return dense, sess.run(dense), error, caught(lambda: tf.convert_to_tensor(s, tf.int32))


@THEME.program
def shapes_become_tensors(tf, np):
    shape = tf.TensorShape([2, 3])
    ys = [tf.convert_to_tensor(shape), tf.convert_to_tensor(tf.Dimension(4))]
    ys += [tf.convert_to_tensor(shape, tf.int64), tf.zeros(shape), tf.constant([2, 3]) * shape]
    bad = caught(lambda: tf.convert_to_tensor(tf.TensorShape([None])))
    float_ = caught(lambda: tf.convert_to_tensor(shape, tf.float32))
    with tf.Session() as sess:
        return ys, sess.run(ys), bad, float_


@THEME.program
def a_registered_conversion(tf, np):
    class Celsius:
        def __init__(self, degrees):
            self.degrees = degrees

    def convert_celsius(value, dtype=None, name=None, as_ref=False):
        if dtype is not None and dtype != tf.float32:
            return NotImplemented
        return tf.constant(value.degrees, tf.float32, name=name)

    tf.register_tensor_conversion_function(Celsius, convert_celsius)
    ys = [tf.convert_to_tensor(Celsius(20.0)), tf.constant(1.0) + Celsius(3.0)]
    with tf.Session() as sess:
        bad = caught(lambda: tf.convert_to_tensor(Celsius(1.0), tf.int32))
        return ys, sess.run(ys), type(bad).__name__


@THEME.program
def convert_to_tensor_or_slices_or_sparse(tf, np):
    s = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([2]))
    sparse = tf.SparseTensor([[0]], [1.0], [2])
    return [
        tf.convert_to_tensor_or_indexed_slices(s) is s,
        tf.convert_to_tensor_or_indexed_slices([1.0]),
        tf.convert_to_tensor_or_sparse_tensor(sparse) is sparse,
        tf.convert_to_tensor_or_sparse_tensor([1]),
        tf.convert_to_tensor_or_sparse_tensor(tf.SparseTensorValue([[0]], [1.0], [2])),
    ]


@THEME.program
def what_is_a_tensor(tf, np):
    x, v = tf.constant(1.0), tf.Variable(1.0)
    things = [x, v, tf.SparseTensor([[0]], [1.0], [2]), 1.0, np.ones(2), "a", None]
    return [tf.is_tensor(thing) for thing in things], [
        isinstance(thing, tf.Tensor) for thing in things
    ]


@THEME.program
def casts(tf, np):
    x = tf.constant([-1.7, 0.0, 2.5], name="x")
    ys = [
        tf.cast(x, tf.int32),
        tf.cast(x, tf.bool),
        tf.cast([True, False], tf.float32),
        tf.cast(3, tf.float64),
        tf.to_int64(x),
        tf.to_double(x),
        tf.to_float(x),
        tf.cast(x, tf.float32) is x,
        tf.saturate_cast(tf.constant([300, -5]), tf.uint8),
        tf.cast(tf.constant([1 + 2j]), tf.float32),
        tf.cast(x, tf.complex64),
    ]
    with tf.Session() as sess:
        fetched = [y if isinstance(y, bool) else sess.run(y) for y in ys]
        return fetched, nodes(tf)


@THEME.program
def make_ndarray_and_back(tf, np):
    arrays = [np.float32([[1.5, 2.5]]), np.array([1, 2]), np.array([b"a", b"bc"], object)]
    return [tf.make_ndarray(tf.make_tensor_proto(array)) for array in arrays]


@THEME.program
def a_large_constant(tf, np):
    big = np.arange(100000, dtype=np.float32).reshape(1000, 100)
    with tf.Session() as sess:
        return sess.run(tf.reduce_sum(tf.constant(big), 0))[:5]
