"""Dtypes, shape algebra and the static shapes of many calls."""

import operator

from programs.theme import Theme, caught

THEME = Theme()
NAMES = ["float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64"]
NAMES += ["uint8", "uint16", "uint32", "uint64", "bool", "string", "complex64", "complex128"]
NAMES += ["qint8", "quint8", "qint16", "quint16", "qint32"]


@THEME.programs_over(NAMES)
def facts_of(tf, np, name):
    dtype = getattr(tf, name)
    return [
        dtype.name,
        repr(dtype),
        str(dtype),
        dtype.as_datatype_enum,
        np.dtype(dtype.as_numpy_dtype).name if name[0] not in "qs" else "",
        dtype.base_dtype is dtype,
        bool(dtype.is_floating),
        bool(dtype.is_integer),
        bool(dtype.is_complex),
        bool(dtype.is_bool),
        bool(dtype.is_unsigned),
        bool(dtype.is_quantized),
        bool(dtype.is_numpy_compatible),
        dtype.size,
        dtype.real_dtype,
        dtype._as_ref.name,
        dtype._as_ref.base_dtype is dtype,
        dtype.is_compatible_with(dtype._as_ref),
        dtype._as_ref.is_compatible_with(dtype),
        dtype == dtype.name,
        dtype != "nothing",
    ]


@THEME.programs_over(["float16", "float32", "float64", "int8", "int32", "uint8", "int64", "bool"])
def limits_of(tf, np, name):
    dtype = getattr(tf, name)
    found = [caught(lambda: dtype.min), caught(lambda: dtype.max)]
    return [
        value if isinstance(value, Exception) else np.asarray(value, "float64") for value in found
    ]


@THEME.program
def as_dtype_of_many_things(tf, np):
    given = ["float32", "float", "double", "half", "int32", "string", np.float32, np.int64, float]
    given += [int, bool, np.dtype("int16"), 1, 9, 101, tf.float32, "float32_ref", np.object_, str]
    answers = [caught(lambda g=g: tf.as_dtype(g)) for g in given]
    return answers, [caught(lambda g=g: tf.as_dtype(g)) for g in ("nope", 999)]


@THEME.program
def dtypes_hash_and_compare(tf, np):
    return [
        tf.float32 == np.float32,
        tf.float32 == "float32",
        tf.float32 == tf.float64,
        tf.float32 != tf.int32,
        np.dtype(tf.float32.as_numpy_dtype) == np.float32,
        len({tf.float32, tf.float32, tf.int32}),
        tf.DType(1) == tf.float32,
        tf.float32 == 3.5,
    ]


@THEME.program
def shapes_are_made_of(tf, np):
    shape = tf.TensorShape
    given = [None, [], [2, 3], (None, 4), 5, [tf.Dimension(2), None], shape([1]), "ab", [2, -1]]
    return [caught(lambda g=g: shape(g)) for g in given]


@THEME.program
def facts_of_shapes(tf, np):
    shape = tf.TensorShape
    answers = []
    for s in (shape(None), shape([]), shape([2, 3]), shape([None, 3])):
        answers.append(
            [
                s.ndims,
                s.rank,
                s.dims is None,
                s.is_fully_defined(),
                s.num_elements(),
                str(s),
                repr(s),
                bool(s),
                caught(lambda s=s: s.as_list()),
                caught(lambda s=s: len(s)),
            ]
        )
    return answers


@THEME.program
def indexing_shapes(tf, np):
    s, unknown = tf.TensorShape([2, None, 4]), tf.TensorShape(None)
    return [s[0], s[1], s[-1], s[1:], s[:2], unknown[3], unknown[1:], unknown[1:3], unknown[:2]]


@THEME.program
def shape_algebra(tf, np):
    shape = tf.TensorShape
    a, b, u = shape([2, None]), shape([None, 3]), shape(None)
    return [
        a.merge_with(b),
        u.merge_with(a),
        a.concatenate(b),
        a.concatenate(u),
        a.with_rank(2),
        u.with_rank(2),
        u.with_rank_at_least(2),
        a.with_rank_at_most(3),
        a.is_compatible_with([2, 7]),
        a.is_compatible_with([3, 7]),
        a.most_specific_compatible_shape(shape([2, 5])),
        caught(lambda: a.merge_with([3, 3])),
        caught(lambda: a.with_rank(3)),
        caught(lambda: a.with_rank_at_least(3)),
        caught(lambda: a.with_rank_at_most(1)),
        caught(lambda: a.assert_is_compatible_with([5])),
        caught(lambda: a.assert_has_rank(1)),
        caught(lambda: a.assert_is_fully_defined()),
        caught(lambda: a.assert_same_rank(shape([1]))),
    ]


@THEME.program
def shapes_compare(tf, np):
    shape = tf.TensorShape
    return [
        shape([2, 3]) == shape([2, 3]),
        shape([2, 3]) == [2, 3],
        shape([2, 3]) != shape([2, 4]),
        shape([None]) == shape([None]),
        shape(None) == shape(None),
        caught(lambda: shape(None) != shape([1])),
        [d.value for d in shape([2, None])],
        shape([2, 3]).as_list() == [2, 3],
        shape([2]) == 2,
        shape([2, 3]) == (2, 3),
    ]


OPERATORS = ["add", "sub", "mul", "floordiv", "mod", "lt", "le", "gt", "ge", "eq", "ne"]


@THEME.programs_over(OPERATORS)
def dimensions(tf, np, name):
    call, d = getattr(operator, name), tf.Dimension
    pairs = [(d(7), d(2)), (d(7), 2), (d(None), d(2)), (d(7), None), (7, d(2)), (d(None), d(None))]
    return [caught(lambda a=a, b=b: call(a, b)) for a, b in pairs]


@THEME.program
def more_of_dimensions(tf, np):
    d = tf.Dimension
    return [
        int(d(3)),
        str(d(3)),
        repr(d(None)),
        d(3).value,
        d(3).merge_with(d(None)),
        caught(lambda: d(3).merge_with(d(4))),
        d(3).is_compatible_with(None),
        caught(lambda: d("x")),
        caught(lambda: d(-1)),
        caught(lambda: d(6) / d(2)),
        list(range(5))[d(3)],
        tf.compat.dimension_value(d(4)),
        tf.compat.dimension_at_index(tf.TensorShape([2, 3]), 1),
    ]


def partly(tf, *shape):
    return tf.placeholder(tf.float32, list(shape))


@THEME.program
def static_broadcasting(tf, np):
    pairs = [
        ((None, 3), (3,)),
        ((None, 1), (4, None)),
        ((2, None), (2, 1)),
        ((), (None,)),
        ((5, 1, None), (3, 1)),
        ((None,), (None,)),
        ((0, 3), (1, 3)),
    ]
    unknown = tf.placeholder(tf.float32)
    known = [(partly(tf, *a) + partly(tf, *b)).shape for a, b in pairs]
    return known, (unknown + partly(tf, 3)).shape, (unknown * 2.0).shape


@THEME.program
def static_reductions(tf, np):
    x, u = partly(tf, 2, None, 4), tf.placeholder(tf.float32)
    axis = tf.placeholder(tf.int32, [1])
    return [
        y.shape
        for y in (
            tf.reduce_sum(x),
            tf.reduce_sum(x, 1),
            tf.reduce_sum(x, [0, -1]),
            tf.reduce_sum(x, 1, keepdims=True),
            tf.reduce_sum(x, axis),
            tf.reduce_sum(x, axis, keepdims=True),
            tf.reduce_sum(u),
            tf.reduce_sum(u, 1),
            tf.argmax(x, 1),
            tf.argmax(u, 0),
            tf.norm(x, axis=1),
            tf.nn.moments(x, [0])[0],
        )
    ]


@THEME.program
def static_layout(tf, np):
    x, u = partly(tf, None, 3, 4), tf.placeholder(tf.float32)
    n = tf.placeholder(tf.int32, [])
    return [
        y.shape
        for y in (
            tf.reshape(x, [-1, 12]),
            tf.reshape(x, [-1]),
            tf.reshape(x, tf.stack([n, 12])),
            tf.reshape(x, tf.shape(x)),
            tf.reshape(x, [tf.shape(x)[0], 2, 6]),
            tf.reshape(u, [-1, 5]),
            tf.reshape(u, tf.placeholder(tf.int32, [3])),
            tf.reshape(tf.zeros([6, 4]), [-1, 8]),
            tf.transpose(x),
            tf.transpose(x, [1, 0, 2]),
            tf.transpose(u),
            tf.expand_dims(x, 1),
            tf.expand_dims(x, -1),
            tf.expand_dims(u, 0),
            tf.squeeze(partly(tf, 1, None, 1)),
            tf.squeeze(partly(tf, 1, 2, 1)),
            tf.squeeze(partly(tf, 1, None, 1), [0]),
            tf.concat([x, x], 1),
            tf.concat([x, partly(tf, 2, 3, 4)], 0),
            tf.concat([partly(tf, None, 3), partly(tf, 5, None)], 1),
            tf.concat([u, partly(tf, 2, 3)], 0),
            tf.stack([x, x], 1),
            tf.tile(x, [1, 2, 3]),
            tf.tile(x, [n, 1, 1]),
            tf.pad(x, [[1, 1], [0, 2], [0, 0]]),
            tf.fill([2, n], 0.0),
            tf.fill(tf.shape(x), 0.0),
            tf.zeros([n, 3]),
            tf.zeros_like(x),
            tf.one_hot(partly_int(tf, None, 2), 5),
            tf.one_hot(partly_int(tf, None), n),
            tf.range(n),
            tf.range(2, 9, 3),
            tf.linspace(0.0, 1.0, 5),
            tf.reverse(x, [0]),
            tf.cumsum(x),
            tf.matrix_diag(partly(tf, None, 3)),
            tf.diag_part(partly(tf, 3, 3)),
            tf.broadcast_to(partly(tf, 3), [2, 3]),
            tf.sequence_mask(partly_int(tf, None), 7),
            tf.meshgrid(partly(tf, 2), partly(tf, 3))[0],
            tf.roll(x, 1, 0),
        )
    ]


def partly_int(tf, *shape):
    return tf.placeholder(tf.int32, list(shape))


@THEME.program
def static_splits(tf, np):
    x = partly(tf, None, 6)
    return [
        [y.shape for y in ys]
        for ys in (
            tf.split(x, 3, 1),
            tf.split(x, [1, 2, 3], 1),
            tf.split(x, [1, -1], 1),
            tf.split(x, 2, 0),
            tf.split(x, 2, -1),
            tf.unstack(x, axis=1),
            tf.unstack(x, num=2),
            tf.unique(partly(tf, None)),
            tf.nn.top_k(x, 2),
            tf.nn.moments(x, [0]),
            tf.meshgrid(partly(tf, None), partly(tf, 3)),
        )
    ]


@THEME.program
def static_products(tf, np):
    x = partly(tf, None, 3)
    return [
        y.shape
        for y in (
            tf.matmul(x, partly(tf, 3, 5)),
            tf.matmul(x, x, transpose_b=True),
            tf.matmul(partly(tf, 7, None, 3), partly(tf, 7, 3, 2)),
            tf.matmul(x, tf.placeholder(tf.float32)),
            tf.tensordot(partly(tf, 2, None, 4), partly(tf, 4, 5), 1),
            tf.tensordot(partly(tf, 2, 3), partly(tf, 3, 2), [[0, 1], [1, 0]]),
            tf.einsum("ij,jk->ik", x, partly(tf, 3, 5)),
            tf.einsum("bij->bji", partly(tf, None, 2, 3)),
            tf.nn.bias_add(x, partly(tf, 3)),
            tf.nn.xw_plus_b(x, partly(tf, 3, 4), partly(tf, 4)),
            tf.nn.softmax(x),
            tf.nn.l2_loss(x),
            tf.nn.dropout(x, 0.5),
            tf.cross(x, x),
        )
    ]


@THEME.program
def static_losses(tf, np):
    x, labels = partly(tf, None, 3), partly_int(tf, None)
    nn = tf.nn
    return [
        y.shape
        for y in (
            nn.softmax_cross_entropy_with_logits(labels=x, logits=x),
            nn.softmax_cross_entropy_with_logits_v2(
                labels=partly(tf, 2, 4, 3), logits=partly(tf, 2, 4, 3)
            ),
            nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x),
            nn.sigmoid_cross_entropy_with_logits(labels=x, logits=x),
            nn.in_top_k(x, labels, 1),
            nn.weighted_moments(x, [0], 1.0)[0],
        )
    ]


@THEME.program
def static_gathers(tf, np):
    x, i = partly(tf, 5, 3, None), partly_int(tf, None, 2)
    return [
        y.shape
        for y in (
            tf.gather(x, i),
            tf.gather(x, 2),
            tf.gather(x, i, axis=1),
            tf.gather(tf.placeholder(tf.float32), i),
            tf.gather_nd(x, i),
            tf.scatter_nd(i, partly(tf, None, 4), [6, 7, 4]),
            tf.where(partly(tf, 2, 3) > 0.0),
            tf.where(partly(tf, 2, 3) > 0.0, partly(tf, 2, 3), partly(tf, 2, 3)),
            tf.boolean_mask(x, partly(tf, 5) > 0.0),
            tf.boolean_mask(x, partly(tf, 5, 3) > 0.0),
            tf.nn.embedding_lookup(partly(tf, 10, 4), i),
            tf.dynamic_partition(x, partly_int(tf, 5), 2)[0],
            tf.dynamic_stitch([[0, 2], [1]], [partly(tf, 2, 3), partly(tf, 1, 3)]),
            tf.segment_sum(partly(tf, 5, 2), partly_int(tf, 5)),
            tf.unsorted_segment_sum(partly(tf, 5, 2), partly_int(tf, 5), 3),
        )
    ]


@THEME.program
def static_random(tf, np):
    n = tf.placeholder(tf.int32, [])
    x = partly(tf, None, 3)
    return [
        y.shape
        for y in (
            tf.random_normal([2, 3]),
            tf.random_uniform([n, 3]),
            tf.truncated_normal(tf.shape(x)),
            tf.random_shuffle(x),
            tf.multinomial(x, 4),
            tf.random_gamma([2], partly(tf, None, 3)),
            tf.random_crop(partly(tf, 8, 8, 3), [4, 4, 3]),
        )
    ]


@THEME.program
def values_known_while_building(tf, np):
    """What `tf.get_static_value` folds through shape arithmetic."""
    x = partly(tf, 4, 6)
    shape = tf.shape(x)
    ys = [
        shape,
        shape[0],
        tf.size(x),
        tf.rank(x),
        tf.range(3),
        tf.stack([shape[0], 2]),
        tf.concat([shape, [1]], 0),
        tf.cast(shape[1], tf.float32),
        tf.fill([2], 7),
        tf.constant([1, 2]) + 1,
        tf.equal(tf.constant(1), 1),
    ]
    values = [tf.get_static_value(y) for y in ys]
    return [None if value is None else np.asarray(value) for value in values]


@THEME.program
def set_shape_and_with_default(tf, np):
    x = tf.placeholder(tf.float32)
    x.set_shape([None, 3])
    first = x.shape.as_list()
    x.set_shape([2, None])
    y = tf.placeholder_with_default(tf.zeros([2, 3]), [None, 3])
    z = tf.ensure_shape(tf.placeholder(tf.float32), [None, 4])
    return first, x.shape, y.shape, z.shape, tf.identity(y).shape


@THEME.program
def shapes_of_ops_on_shapes(tf, np):
    x = partly(tf, None, 3)
    u = tf.placeholder(tf.float32)
    ys = [tf.shape(x), tf.shape(u), tf.shape_n([x, x])[0], tf.size(u), tf.rank(u)]
    ys += [tf.shape(x, out_type=tf.int64), tf.broadcast_dynamic_shape(tf.shape(x), [4, 3])]
    broadcast = tf.broadcast_static_shape(x.shape, tf.TensorShape([4, 3]))
    return ys, broadcast
