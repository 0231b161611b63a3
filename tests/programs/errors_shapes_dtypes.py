"""Operations given the wrong shapes, dtypes, values or names: class and first line."""

from programs.theme import Theme, caught

THEME = Theme()


@THEME.program
def matmul_of_shapes_that_do_not_fit(tf, np):
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    return tf.matmul(x, tf.zeros([128, 10], name="w"))


@THEME.program
def matmul_of_vectors(tf, np):
    return tf.matmul(tf.zeros([3]), tf.zeros([3]))


@THEME.program
def matmul_of_different_dtypes(tf, np):
    return tf.matmul(tf.zeros([2, 2]), tf.zeros([2, 2], tf.int32))


@THEME.program
def matmul_of_booleans(tf, np):
    return tf.matmul(tf.constant([[True]]), tf.constant([[False]]))


@THEME.program
def adding_int_and_float_tensors(tf, np):
    return tf.add(tf.constant(1), tf.constant(1.0))


@THEME.program
def adding_a_float_to_an_int_tensor(tf, np):
    return tf.add(tf.constant(1), 1.5)


@THEME.program
def adding_a_string_to_a_float(tf, np):
    return tf.constant(1.0) + "one"


@THEME.program
def multiplying_none(tf, np):
    return tf.multiply(tf.constant(1.0), None)


@THEME.program
def none_as_a_constant(tf, np):
    return tf.constant(None)


@THEME.program
def a_constant_of_the_wrong_dtype(tf, np):
    return [
        caught(lambda: tf.constant(1.5, tf.int32)),
        caught(lambda: tf.constant("a", tf.float32)),
        caught(lambda: tf.constant(1, tf.string)),
        caught(lambda: tf.constant(1, tf.bool)),
        caught(lambda: tf.constant(True, tf.int32)),
        caught(lambda: tf.constant(1j, tf.float32)),
    ]


@THEME.program
def a_constant_too_large_for_int32(tf, np):
    return tf.constant(2**40), tf.constant([2**31, 1]), caught(lambda: tf.constant(2**70))


@THEME.program
def a_constant_of_mixed_values(tf, np):
    return [
        caught(lambda: tf.constant([1, "a"])),
        caught(lambda: tf.constant(["a", 1])),
        caught(lambda: tf.constant([1.0, "a"])),
        caught(lambda: tf.constant([[1, 2], [3]])),
        caught(lambda: tf.constant([1, None])),
    ]


@THEME.program
def a_constant_with_too_many_values_for_its_shape(tf, np):
    return [
        caught(lambda: tf.constant([1, 2, 3], shape=[2])),
        caught(lambda: tf.constant([1, 2, 3], shape=[2, 2])),
        caught(lambda: tf.constant([[1, 2]], shape=[3, 1], verify_shape=True)),
    ]


@THEME.program
def converting_to_another_dtype(tf, np):
    return [
        caught(lambda: tf.convert_to_tensor(tf.constant(1.0), tf.int32)),
        caught(lambda: tf.convert_to_tensor(tf.Variable(1.0, name="v"), tf.int32)),
        caught(lambda: tf.convert_to_tensor({"a": 1})),
        caught(lambda: tf.convert_to_tensor(None)),
    ]


@THEME.program
def reshape_to_the_wrong_size(tf, np):
    return [
        caught(lambda: tf.reshape(tf.zeros([6]), [4, 2])),
        caught(lambda: tf.reshape(tf.zeros([6]), [4, -1])),
        caught(lambda: tf.reshape(tf.zeros([6]), [-1, -1])),
    ]


@THEME.program
def concat_of_shapes_that_do_not_fit(tf, np):
    return [
        caught(lambda: tf.concat([tf.zeros([2, 3]), tf.zeros([3, 3])], 1)),
        caught(lambda: tf.concat([tf.zeros([2, 3]), tf.zeros([2])], 0)),
        caught(lambda: tf.concat([tf.zeros([2, 3]), tf.zeros([2, 3], tf.int32)], 0)),
        caught(lambda: tf.concat([tf.zeros([2, 3])] * 2, 5)),
    ]


@THEME.program
def stack_of_shapes_that_do_not_fit(tf, np):
    return tf.stack([tf.zeros([2]), tf.zeros([3])])


@THEME.program
def split_into_uneven_parts(tf, np):
    return tf.split(tf.zeros([5, 2]), 2)


@THEME.program
def reduction_over_an_axis_that_is_not_there(tf, np):
    return [
        caught(lambda: tf.reduce_sum(tf.zeros([2, 3]), 2)),
        caught(lambda: tf.reduce_mean(tf.zeros([2, 3]), -3)),
        caught(lambda: tf.argmax(tf.zeros([2, 3]), 2)),
    ]


@THEME.program
def squeeze_of_a_dimension_that_is_not_one(tf, np):
    return tf.squeeze(tf.zeros([2, 1]), [0])


@THEME.program
def expand_dims_too_far(tf, np):
    return tf.expand_dims(tf.zeros([2]), 3)


@THEME.program
def transpose_with_the_wrong_permutation(tf, np):
    return [
        caught(lambda: tf.transpose(tf.zeros([2, 3]), [0])),
        caught(lambda: tf.transpose(tf.zeros([2, 3]), [0, 2])),
        caught(lambda: tf.transpose(tf.zeros([2, 3]), [1, 1])),
    ]


@THEME.program
def slices_out_of_bounds(tf, np):
    x = tf.zeros([2, 3], name="x")
    return [
        caught(lambda: x[2]),
        caught(lambda: x[0, 0, 0]),
        caught(lambda: x[1.5]),
        caught(lambda: x["a"]),
        caught(lambda: x[::0]),
        caught(lambda: tf.slice(x, [0, 2], [1, 2])),
    ]


@THEME.program
def logits_and_labels_of_different_shapes(tf, np):
    logits = tf.zeros([4, 3], name="logits")
    return [
        caught(
            lambda: tf.nn.softmax_cross_entropy_with_logits(labels=tf.zeros([4, 2]), logits=logits)
        ),
        caught(
            lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.zeros([4]), logits=logits)
        ),
        caught(
            lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.zeros([4, 1], tf.int32), logits=logits
            )
        ),
        caught(
            lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.zeros([4]), logits=logits
            )
        ),
    ]


@THEME.program
def cross_entropy_without_labels(tf, np):
    return tf.nn.softmax_cross_entropy_with_logits(logits=tf.zeros([4, 3]))


@THEME.program
def an_activation_of_integers(tf, np):
    x = tf.constant([1, 2], name="x")
    return [
        caught(lambda call=call: call(x))
        for call in (tf.nn.softmax, tf.sigmoid, tf.tanh, tf.exp, tf.log, tf.sqrt, tf.nn.elu)
    ]


@THEME.program
def an_invalid_name(tf, np):
    return [
        caught(lambda: tf.constant(1, name="has space")),
        caught(lambda: tf.constant(1, name="_hidden")),
        caught(lambda: tf.placeholder(tf.float32, name="a:0")),
        caught(lambda: tf.Variable(1.0, name="b@d")),
    ]


@THEME.program
def an_invalid_scope_name(tf, np):
    def enter(name):
        with tf.name_scope(name):
            return tf.constant(1)

    return [caught(lambda name=name: enter(name)) for name in ("a b", "-x", "ok", "")]
