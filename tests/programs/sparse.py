"""Sparse tensors: fed and fetched, the nodes of every function, gradients, conds, training."""

from programs.theme import Theme, caught, nodes, started, variable

THEME = Theme()


def first(tf):
    return tf.SparseTensor([[0, 1], [1, 0], [1, 3], [2, 2]], [1.0, -2.5, 3.0, 7.0], [3, 4])


def second(tf):
    return tf.SparseTensor([[0, 0], [1, 0], [2, 3]], [5.0, 2.5, 4.0], [3, 4])


def unordered(tf):
    return tf.SparseTensor([[2, 2], [0, 1], [1, 3]], [1.0, 2.0, 3.0], [3, 4])


def fed(tf, rank=None):
    shape = None if rank is None else [None] * rank
    return tf.sparse_placeholder(tf.float32, shape=shape, name="fed")


def parts(value):
    """A SparseTensor, or what holds some, as tensors."""
    if hasattr(value, "dense_shape"):
        return [value.indices, value.values, value.dense_shape]
    if isinstance(value, (list, tuple)):
        return [part for item in value for part in parts(item)]
    return [value]


def gradient_parts(tf, gradient):
    """The tensors of a gradient: none, one, or those of IndexedSlices."""
    if isinstance(gradient, tf.IndexedSlices):
        return [gradient.values, gradient.indices]
    return [] if gradient is None else [gradient]


def answer(tf, result):
    """The nodes, static shapes and values of `result`."""
    tensors = parts(result)
    shapes = [str(tensor.shape) for tensor in tensors]
    return [nodes(tf), shapes, [tensor.name for tensor in tensors], tf.Session().run(tensors)]


FUNCTIONS = {
    "to_dense": lambda tf: tf.sparse_tensor_to_dense(first(tf)),
    "to_dense_default": lambda tf: tf.sparse_tensor_to_dense(first(tf), -1.0, name="dense"),
    "sparse_to_dense": lambda tf: tf.sparse_to_dense([[0, 1], [1, 0]], [2, 2], [4, 5]),
    "matmul": lambda tf: tf.sparse_tensor_dense_matmul(first(tf), [[1.0], [2.0], [3.0], [4.0]]),
    "matmul_adjoint": lambda tf: tf.sparse_tensor_dense_matmul(
        first(tf), [[1.0, 2.0, 3.0]], adjoint_a=True, adjoint_b=True, name="product"
    ),
    "add": lambda tf: tf.sparse_add(first(tf), second(tf)),
    "add_threshold": lambda tf: tf.sparse_add(first(tf), second(tf), thresh=1.0),
    "add_dense": lambda tf: tf.sparse_add([[1.0] * 4] * 3, first(tf)),
    "maximum": lambda tf: tf.sparse_maximum(first(tf), second(tf)),
    "minimum": lambda tf: tf.sparse_minimum(first(tf), second(tf), name="least"),
    "softmax": lambda tf: tf.sparse_softmax(first(tf)),
    "concat": lambda tf: tf.sparse_concat(1, [first(tf), second(tf)]),
    "concat_expanded": lambda tf: tf.sparse_concat(
        0, [first(tf), tf.SparseTensor([[0, 0]], [1.0], [2, 5])], expand_nonconcat_dim=True
    ),
    "concat_expanded_last": lambda tf: tf.sparse_concat(
        -1, [first(tf), tf.SparseTensor([[0, 0]], [1.0], [2, 5])], expand_nonconcat_dims=True
    ),
    "concat_one": lambda tf: tf.sparse_concat(0, [first(tf)]),
    "split": lambda tf: tf.sparse_split(sp_input=first(tf), num_split=2, axis=1),
    "slice": lambda tf: tf.sparse_slice(first(tf), [0, 1], [2, 3]),
    "reorder": lambda tf: tf.sparse_reorder(unordered(tf)),
    "reshape": lambda tf: tf.sparse_reshape(first(tf), [2, -1]),
    "transpose": lambda tf: tf.sparse_transpose(first(tf)),
    "transpose_perm": lambda tf: tf.sparse_transpose(first(tf), [1, 0]),
    "reduce_sum": lambda tf: tf.sparse_reduce_sum(first(tf)),
    "reduce_sum_axis": lambda tf: tf.sparse_reduce_sum(first(tf), 1, keepdims=True),
    "reduce_sum_old": lambda tf: tf.sparse_reduce_sum(first(tf), reduction_axes=[0]),
    "reduce_sum_sparse": lambda tf: tf.sparse_reduce_sum_sparse(first(tf), [0]),
    "reduce_max": lambda tf: tf.sparse_reduce_max(first(tf), -1),
    "reduce_max_sparse": lambda tf: tf.sparse_reduce_max_sparse(first(tf), 0, keep_dims=True),
    "fill_empty_rows": lambda tf: tf.sparse_fill_empty_rows(
        tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [4, 2]), 9.0
    ),
    "retain": lambda tf: tf.sparse_retain(first(tf), [True, False, True, True]),
    "reset_shape": lambda tf: tf.sparse_reset_shape(second(tf)),
    "reset_shape_larger": lambda tf: tf.sparse_reset_shape(second(tf), [4, 9]),
    "to_indicator": lambda tf: tf.sparse_to_indicator(
        tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [3, 0, 1], [3, 2]), 4
    ),
    "merge": lambda tf: tf.sparse_merge(
        tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [3, 0, 1], [3, 2]),
        tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [1.0, 2.0, 3.0], [3, 2]),
        4,
    ),
    "merge_two": lambda tf: tf.sparse_merge(
        [tf.SparseTensor([[0, 0], [1, 0]], [3, 0], [2, 1])] * 2,
        tf.SparseTensor([[0, 0], [1, 0]], [1.0, 2.0], [2, 1]),
        [4, 5],
        already_sorted=True,
    ),
    "eye": lambda tf: tf.sparse.eye(2, 3),
    "eye_square": lambda tf: tf.sparse.eye(3, dtype=tf.int32, name="one"),
    "expand_dims": lambda tf: tf.sparse.expand_dims(first(tf), 1),
    "expand_dims_last": lambda tf: tf.sparse.expand_dims(first(tf)),
    "from_dense": lambda tf: tf.sparse.from_dense([[0, 3], [2, 0]]),
    "mask": lambda tf: (
        tf.sparse_mask(
            tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([3, 5])), [5]
        ).values
    ),
    "multiplied": lambda tf: first(tf) * [1.0, 2.0, 3.0, 4.0],
    "divided": lambda tf: first(tf) / 4.0,
    "divided_integers": lambda tf: tf.SparseTensor([[0], [1]], [7, 8], [3]) / [2, 4, 5],
    "cast": lambda tf: tf.cast(first(tf), tf.int32),
    "serialize": lambda tf: tf.deserialize_many_sparse(
        tf.serialize_many_sparse(first(tf)), tf.float32, rank=1
    ),
    "union": lambda tf: tf.sets.set_union([[1, 2, 2], [4, 5, 6]], [[3, 2], [4, 4]]),
    "difference": lambda tf: tf.sets.set_difference(
        tf.SparseTensor([[0, 0], [1, 1]], ["a", "b"], [2, 2]), [["a"], ["c"]]
    ),
    "intersection": lambda tf: tf.sets.set_intersection(
        tf.SparseTensor([[0, 0], [1, 1]], [1, 2], [2, 2]),
        tf.SparseTensor([[0, 0], [1, 1]], [1, 3], [2, 2]),
    ),
    "set_size": lambda tf: tf.sets.set_size(
        tf.SparseTensor([[0, 0], [0, 1], [1, 1]], [4, 4, 2], [2, 2])
    ),
    "edit_distance": lambda tf: tf.edit_distance(
        tf.SparseTensor([[0, 0], [0, 1], [1, 0]], ["a", "b", "c"], [2, 2]),
        tf.SparseTensor([[0, 0], [1, 0], [1, 1]], ["a", "c", "d"], [2, 2]),
    ),
    "abs": lambda tf: tf.abs(first(tf)),
    "square": lambda tf: tf.square(first(tf)),
}


@THEME.programs_over(FUNCTIONS)
def function(tf, np, make):
    return answer(tf, make(tf))


UNKNOWN = {
    "to_dense": lambda tf, x: tf.sparse_tensor_to_dense(x),
    "matmul": lambda tf, x: tf.sparse_tensor_dense_matmul(x, tf.ones([4, 2])),
    "concat": lambda tf, x: tf.sparse_concat(0, [x, x]),
    "concat_expanded": lambda tf, x: tf.sparse_concat(0, [x, x], expand_nonconcat_dim=True),
    "reorder": lambda tf, x: tf.sparse_reorder(x),
    "reshape": lambda tf, x: tf.sparse_reshape(x, [-1, 2]),
    "transpose": lambda tf, x: tf.sparse_transpose(x),
    "transpose_perm": lambda tf, x: tf.sparse_transpose(x, [1, 0]),
    "reduce_sum": lambda tf, x: tf.sparse_reduce_sum(x),
    "reduce_max": lambda tf, x: tf.sparse_reduce_max(x, [1]),
    "retain": lambda tf, x: tf.sparse_retain(x, tf.greater(x.values, 0)),
    "reset_shape": lambda tf, x: tf.sparse_reset_shape(x, [5, 6]),
    "add": lambda tf, x: tf.sparse_add(x, x),
    "slice": lambda tf, x: tf.sparse_slice(x, [0, 0], [2, 2]),
    "split": lambda tf, x: tf.sparse_split(sp_input=x, num_split=2, axis=0),
    "fill_empty_rows": lambda tf, x: tf.sparse_fill_empty_rows(x, 0.5),
    "product": lambda tf, x: x * [1.0, 2.0, 3.0, 4.0],
    "shape": lambda tf, x: [tf.shape(x), tf.size(x), tf.rank(x)],
    "identity_of_values": lambda tf, x: tf.SparseTensor(x.indices, 2 * x.values, x.dense_shape),
}


@THEME.programs_over(UNKNOWN)
def of_a_placeholder(tf, np, make):
    x = fed(tf)
    tensors = parts(make(tf, x))
    value = tf.SparseTensorValue([[0, 1], [1, 0], [1, 3]], [1.0, -2.5, 3.0], [3, 4])
    answers = [nodes(tf), [str(tensor.shape) for tensor in tensors]]
    with tf.Session() as sess:
        answers += [sess.run(tensors, {x: value}) for _ in range(4)]
    return answers


GRADIENTS = {
    "to_dense": lambda tf, x, w: tf.sparse_tensor_to_dense(x),
    "matmul": lambda tf, x, w: tf.sparse_tensor_dense_matmul(x, w),
    "matmul_adjoint": lambda tf, x, w: tf.sparse_tensor_dense_matmul(x, w, True, True),
    "add": lambda tf, x, w: tf.sparse_add(x, second(tf)).values,
    "add_dense": lambda tf, x, w: tf.sparse_add(x, tf.transpose(w)),
    "softmax": lambda tf, x, w: tf.sparse_softmax(x).values,
    "reorder": lambda tf, x, w: tf.sparse_reorder(x).values,
    "reduce_sum": lambda tf, x, w: tf.sparse_reduce_sum(x, 1),
    "slice": lambda tf, x, w: tf.sparse_slice(x, [0, 0], [2, 3]).values,
    "product": lambda tf, x, w: (x * w[:, 0]).values,
    "quotient": lambda tf, x, w: (x / tf.transpose(w)).values,
    "fill_empty_rows": lambda tf, x, w: tf.sparse_fill_empty_rows(x, w[0, 0])[0].values,
    "retain": lambda tf, x, w: tf.sparse_retain(x, tf.greater(x.values, 0)).values,
    "transpose": lambda tf, x, w: tf.sparse_transpose(x).values,
    "reshape": lambda tf, x, w: tf.sparse_reshape(x, [4, 3]).values,
}


@THEME.programs_over(GRADIENTS)
def gradient(tf, np, make):
    x = fed(tf)
    w = tf.constant(np.arange(1.0, 13.0).reshape([4, 3]), tf.float32)
    y = make(tf, x, w)
    d_y = tf.gradients(tf.reduce_sum(y * y), [x.values, w])
    found = [tensor for d in d_y for tensor in gradient_parts(tf, d)]
    value = tf.SparseTensorValue([[0, 1], [1, 0], [1, 3]], [1.0, -2.5, 3.0], [3, 4])
    with tf.Session() as sess:
        values = [sess.run(found, {x: value}) for _ in range(3)]
    return [nodes(tf), [d is None for d in d_y], [str(tensor.shape) for tensor in found], values]


@THEME.program
def feeding(tf, np):
    x = fed(tf)
    strings = tf.sparse_placeholder(tf.string, shape=[None, 2])
    indices, values, shape = [[0, 1]], [3.0], [3, 2]
    with tf.Session() as sess:
        return [
            sess.run(x, {x: tf.SparseTensorValue(indices, values, shape)}),
            sess.run(x, {x: (indices, values, shape)}),
            sess.run(x, {x: (np.array(indices), np.array(values), np.array(shape))}),
            sess.run(x, {x.indices: indices, x.values: values, x.dense_shape: shape}),
            sess.run({"a": x, "b": [x.values]}, {x: (indices, values, shape)}),
            caught(lambda: sess.run(x, {x: (indices, values)})),
            caught(lambda: sess.run(x, {x: ([0, 1], values, shape)})),
            sess.run(tf.identity(strings.values), {strings: (indices, ["a"], shape)}),
            caught(lambda: sess.run(strings, {strings: ([[0, 1, 2]], ["a"], shape)})),
            [x.get_shape(), strings.get_shape(), x.dtype],
            x.eval({x: (indices, values, shape)}, sess),
            nodes(tf),
        ]


@THEME.program
def building_wrong_ones(tf, np):
    a = first(tf)
    return [
        caught(lambda: tf.SparseTensor([[0, 1]], [1.0, 2.0], [2, 2])),
        caught(lambda: tf.SparseTensor([0, 1], [1.0, 2.0], [2, 2])),
        caught(lambda: tf.SparseTensor([[0, 1]], [1.0], [2])),
        caught(lambda: tf.SparseTensor.from_value(3)),
        caught(lambda: tf.sparse_tensor_to_dense(tf.constant(1.0))),
        caught(lambda: tf.sparse_add(1.0, 2.0)),
        caught(lambda: tf.sparse_concat(0, a)),
        caught(lambda: tf.sparse_reshape(a, [5, 2])),
        caught(lambda: tf.sparse_reshape(a, [-1, -1])),
        caught(lambda: tf.sparse_retain(a, [True])),
        caught(lambda: tf.sparse_reset_shape(a, [2, 2])),
        caught(lambda: tf.sparse_split(sp_input=a)),
        caught(lambda: tf.sparse_tensor_dense_matmul(a, [[1.0, 2.0]])),
        caught(lambda: tf.convert_to_tensor_or_sparse_tensor(a, tf.int32)),
        caught(lambda: tf.sparse_reduce_sum(a, 1, reduction_axes=1)),
        caught(lambda: tf.sets.set_size([[1]])),
        caught(lambda: tf.sets.set_union([[1.0]], [[1.0]])),
        caught(lambda: tf.sets.set_union([[1]], [["a"]])),
        caught(lambda: tf.sparse_merge(a, a, "many")),
        caught(lambda: tf.sparse_merge([a, a], a, [3])),
    ]


@THEME.program
def in_a_cond(tf, np):
    pred = tf.placeholder(tf.bool, [])
    w = tf.Variable([[1.0], [2.0], [3.0], [4.0]])
    x = fed(tf)
    chosen = tf.cond(pred, lambda: x, lambda: second(tf))
    y = tf.cond(pred, lambda: tf.sparse_tensor_dense_matmul(x, w), lambda: tf.ones([3, 1]))
    d_w = tf.gradients(y, w)[0]
    value = tf.SparseTensorValue([[0, 1], [1, 0], [1, 3]], [1.0, -2.5, 3.0], [3, 4])
    with started(tf) as sess:
        return [
            type(chosen).__name__,
            [sess.run([chosen, y, d_w], {pred: p, x: value}) for p in (True, False, True, False)],
        ]


@THEME.programs_over(("ref", "resource"))
def training_with_retained_elements(tf, np, kind):
    w = variable(tf, kind, np.arange(1.0, 9.0).reshape([4, 2]).astype(np.float32), name="w")
    x, keep = fed(tf), tf.placeholder(tf.bool, [None])
    h = tf.sparse_retain(x, keep) * 2.0
    loss = tf.reduce_mean(tf.square(tf.sparse_tensor_dense_matmul(h, w)))
    step = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    value = tf.SparseTensorValue([[0, 1], [1, 0], [1, 3], [2, 2]], [1.0, -2.5, 3.0, 1.0], [3, 4])
    masks = [[True] * 4, [True, False, True, True], [False] * 4, [False, True, True, False]] * 2
    with started(tf) as sess:
        losses = [sess.run([loss, step], {x: value, keep: mask})[0] for mask in masks]
        return [losses, sess.run(w)]


@THEME.program
def training_between_masks(tf, np):
    """A compiled part before what has no fixed size, and one after it."""
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable(np.eye(3, dtype=np.float32) * 0.5)
    u = tf.Variable([[1.0], [-1.0], [0.5]])
    h = tf.tanh(tf.matmul(x, w))
    kept = tf.boolean_mask(h, tf.greater(h[:, 0], 0.0))
    parts_of = tf.dynamic_partition(kept, tf.cast(tf.greater(kept[:, 1], 0.0), tf.int32), 2)
    y = tf.concat([tf.matmul(parts_of[0], u), tf.matmul(parts_of[1], -u)], 0)
    loss = tf.reduce_sum(tf.square(y)) / tf.cast(tf.shape(x)[0], tf.float32)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    random = np.random.RandomState(0)
    batches = [random.randn(n, 3).astype(np.float32) for n in (6, 6, 4, 6, 5, 6)]
    with started(tf) as sess:
        losses = [sess.run([loss, step], {x: batch})[0] for batch in batches]
        return [losses, sess.run([w, u])]


def ids_and_weights(tf):
    indices = [[0, 0], [0, 2], [2, 1], [3, 0]]
    ids = tf.SparseTensor(indices, tf.constant([1, 3, 0, 1], tf.int64), [5, 3])
    return ids, tf.SparseTensor(indices, [0.5, 2.0, 1.0, -1.0], [5, 3])


@THEME.programs_over(("mean", "sqrtn", "sum"))
def embedding_lookup_sparse(tf, np, combiner):
    ids, weights = ids_and_weights(tf)
    table = tf.constant(np.arange(12.0).reshape([4, 3]), tf.float32)
    halves = [table[0::2], table[1::2]]
    results = [
        tf.nn.embedding_lookup_sparse(table, ids, None, combiner=combiner),
        tf.nn.embedding_lookup_sparse(table, ids, weights, combiner=combiner),
        tf.nn.embedding_lookup_sparse(halves, ids, weights, combiner=combiner),
        tf.nn.safe_embedding_lookup_sparse(table, ids, combiner=combiner),
        tf.nn.safe_embedding_lookup_sparse(table, ids, weights, combiner, default_id=2),
    ]
    gradients = [part for y in results for part in gradient_parts(tf, tf.gradients(y, table)[0])]
    return [
        nodes(tf),
        [str(result.shape) for result in results],
        tf.Session().run(results + gradients),
    ]


@THEME.programs_over(("variable", "partitioned"))
def embedding_of_partitioned_variables(tf, np, kind):
    partitioner = tf.fixed_size_partitioner(2) if kind == "partitioned" else None
    initial = np.arange(15.0).reshape([5, 3]).astype(np.float32)
    table = tf.get_variable(
        "table",
        shape=[5, 3],
        initializer=tf.constant_initializer(initial)
        if partitioner is None
        else tf.ones_initializer(),
        partitioner=partitioner,
    )
    ids = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([1, 4, 2], tf.int64), [3, 2])
    rows = tf.nn.safe_embedding_lookup_sparse(table, ids)
    loss = tf.reduce_sum(tf.square(rows))
    step = tf.train.AdagradOptimizer(0.1).minimize(loss)
    with started(tf) as sess:
        losses = [sess.run([loss, step])[0] for _ in range(4)]
        return [losses, sess.run(tf.global_variables())]


@THEME.program
def patches(tf, np):
    images = tf.placeholder(tf.float32, [2, 5, 4, 2])
    volumes = tf.placeholder(tf.float32, [1, 4, 3, 4, 1])
    y = tf.extract_image_patches(images, [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 1, 1], "SAME")
    z = tf.extract_volume_patches(volumes, [1, 2, 2, 1, 1], [1, 2, 1, 2, 1], "VALID")
    d_images = tf.gradients(tf.square(y), images)[0]
    d_volumes = tf.gradients(tf.square(z), volumes)[0]
    feeds = {
        images: np.arange(80.0).reshape([2, 5, 4, 2]),
        volumes: np.arange(48.0).reshape([1, 4, 3, 4, 1]),
    }
    return [nodes(tf), tf.Session().run([y, z, d_images, d_volumes], feeds)]


@THEME.program
def in_collections(tf, np):
    a = first(tf)
    tf.add_to_collection("sparse", a)
    with tf.name_scope("inner"):
        b = tf.SparseTensor([[0]], tf.constant([1.0]), [2])
    found = tf.get_collection("sparse")
    return [found[0] is a, str(a), str(b), [t.name for t in parts(b)], a.op.name, a.get_shape()]


@THEME.program
def where_of_unknown_rank(tf, np):
    x = tf.placeholder(tf.float32)
    places = tf.where(tf.greater(x, 0))
    found = tf.gather_nd(x, places)
    values, index, counts = tf.unique_with_counts(found)
    shapes = [str(t.shape) for t in (places, found, values, index, counts)]
    inputs = [[1.0, -1.0, 1.0], [[2.0, -1.0], [3.0, 2.0]], [[[0.0]]], [[1.0, 4.0]]]
    with tf.Session() as sess:
        return [shapes, [sess.run([places, values, index, counts], {x: v}) for v in inputs]]


@THEME.programs_over((0, 1, 2, "unknown"))
def boolean_mask(tf, np, axis):
    x = tf.constant(np.arange(24.0).reshape([2, 3, 4]), tf.float32)
    if axis == "unknown":
        x, mask, axis = tf.placeholder_with_default(x, None), tf.constant([True, False]), 0
    else:
        mask = tf.constant([True, False, True, True][: [2, 3, 4][axis]])
    y = tf.boolean_mask(x, mask, axis=axis)
    d_x = tf.gradients(y * y, x)[0]
    return [nodes(tf), str(y.shape), tf.Session().run([y, d_x])]


@THEME.program
def partitions_stitched_again(tf, np):
    x = tf.placeholder(tf.float32, [None, 2])
    which = tf.placeholder(tf.int32, [None])
    parted = tf.dynamic_partition(x, which, 3)
    places = tf.dynamic_partition(tf.range(tf.shape(x)[0]), which, 3)
    scaled = [part * (i + 1.0) for i, part in enumerate(parted)]
    y = tf.dynamic_stitch(places, scaled)
    d_x = tf.gradients(tf.square(y), x)[0]
    z = tf.setdiff1d(which, [1])
    inverse = tf.invert_permutation(which)
    feeds = ([0, 2, 1], [2, 1, 0], [1, 0, 2], [0, 1, 2], [2, 0, 1])
    rows = np.arange(6.0).reshape([3, 2])
    with tf.Session() as sess:
        return [
            [str(y.shape), str(z.out.shape)],
            [sess.run([y, d_x, z.out, z.idx, inverse], {x: rows, which: w}) for w in feeds],
        ]


@THEME.program
def serialized_as_variants(tf, np):
    kept = tf.io.serialize_sparse(first(tf), out_type=tf.variant)
    many = tf.io.serialize_many_sparse(first(tf), out_type=tf.variant)
    read = [
        tf.raw_ops.DeserializeSparse(serialized_sparse=variants, dtype=tf.float32)
        for variants in (kept, many)
    ]
    return [nodes(tf), tf.Session().run([list(tensors) for tensors in read])]
