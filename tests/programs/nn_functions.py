"""Functions of tf.nn and random functions that make more than one operation: nodes and values."""

from programs.theme import Theme, caught, nodes

THEME = Theme(rtol=1e-5, atol=1e-6)


def matrix(np, rows=2, columns=3):
    return (np.arange(rows * columns, dtype=np.float32) / 8 - 0.25).reshape(rows, columns)


def cube(np):
    return (np.arange(30, dtype=np.float32) / 16).reshape(5, 2, 3)


# name -> the tensors; `a` is [2, 3], `b` [3, 4], `c` [5, 2, 3].
CASES = {
    "zero_fraction": lambda tf, a, b, c: tf.nn.zero_fraction(a),
    "moments": lambda tf, a, b, c: tf.nn.moments(a, [0]),
    "moments kept": lambda tf, a, b, c: tf.nn.moments(a, [0, 1], keep_dims=True),
    "weighted_moments": lambda tf, a, b, c: tf.nn.weighted_moments(a, [0], tf.constant(1.5)),
    "normalize_moments": lambda tf, a, b, c: tf.nn.normalize_moments(
        *tf.nn.sufficient_statistics(a, [0], shift=tf.constant(0.5))
    ),
    "batch_normalization": lambda tf, a, b, c: tf.nn.batch_normalization(
        a, 0.5, 2.0, 0.25, 2.0, 0.001
    ),
    "batch_normalization without scale": lambda tf, a, b, c: tf.nn.batch_normalization(
        a, 0.5, 2.0, None, None, 0.001
    ),
    "l2_normalize": lambda tf, a, b, c: tf.nn.l2_normalize(a, 1),
    "softmax": lambda tf, a, b, c: tf.nn.softmax(c),
    "softmax axis 0": lambda tf, a, b, c: tf.nn.softmax(a, 0),
    "log_softmax axis -2": lambda tf, a, b, c: tf.nn.log_softmax(c, axis=-2),
    "softmax_cross_entropy": lambda tf, a, b, c: tf.nn.softmax_cross_entropy_with_logits(
        labels=a, logits=a
    ),
    "softmax_cross_entropy_v2": lambda tf, a, b, c: tf.nn.softmax_cross_entropy_with_logits_v2(
        labels=c, logits=c
    ),
    "softmax_cross_entropy_v2 axis 1": lambda tf, a, b, c: (
        tf.nn.softmax_cross_entropy_with_logits_v2(labels=c, logits=c, axis=1)
    ),
    "sparse_softmax_cross_entropy": lambda tf, a, b, c: (
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant([0, 1]), logits=a)
    ),
    "sparse_softmax_cross_entropy of rank 3": lambda tf, a, b, c: (
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant([[0, 1]] * 5), logits=c)
    ),
    "sparse_softmax_cross_entropy mismatch": lambda tf, a, b, c: (
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant([0, 1, 2]), logits=a)
    ),
    "sigmoid_cross_entropy": lambda tf, a, b, c: tf.nn.sigmoid_cross_entropy_with_logits(
        labels=a, logits=a
    ),
    "weighted_cross_entropy": lambda tf, a, b, c: tf.nn.weighted_cross_entropy_with_logits(
        a, a, 2.0
    ),
    "log_poisson_loss": lambda tf, a, b, c: tf.nn.log_poisson_loss(tf.abs(a) + 1.5, a, True),
    "top_k": lambda tf, a, b, c: tf.nn.top_k(a, 2).values,
    "in_top_k": lambda tf, a, b, c: tf.nn.in_top_k(a, [0, 1], 1),
    "crelu": lambda tf, a, b, c: tf.nn.crelu(a),
    "leaky_relu": lambda tf, a, b, c: tf.nn.leaky_relu(a),
    "relu6": lambda tf, a, b, c: tf.nn.relu6(a),
    "swish": lambda tf, a, b, c: tf.nn.swish(a),
    "bias_add": lambda tf, a, b, c: tf.nn.bias_add(c, [1.0, 2.0, 3.0]),
    "xw_plus_b": lambda tf, a, b, c: tf.nn.xw_plus_b(a, b, b[0]),
    "relu_layer": lambda tf, a, b, c: tf.nn.relu_layer(a, b, b[0]),
    "lrn": lambda tf, a, b, c: tf.nn.lrn(c[None]),
    "dropout": lambda tf, a, b, c: tf.nn.dropout(a, 0.5, seed=3),
    "dropout by rate": lambda tf, a, b, c: tf.nn.dropout(a, rate=0.25, seed=3, noise_shape=[2, 1]),
    "dropout of nothing": lambda tf, a, b, c: tf.nn.dropout(a, 1.0),
    "dropout of too much": lambda tf, a, b, c: tf.nn.dropout(a, rate=1.5),
    "random_uniform": lambda tf, a, b, c: tf.random_uniform([3], -1.0, 3.0, seed=1),
    "random integers": lambda tf, a, b, c: tf.random_uniform([3], 2, 9, dtype=tf.int32, seed=1),
    "random_normal": lambda tf, a, b, c: tf.random_normal([3], 1.0, 2.0, seed=1),
    "truncated_normal": lambda tf, a, b, c: tf.truncated_normal([3], 1.0, 2.0, seed=1),
    "random_crop": lambda tf, a, b, c: tf.random_crop(a, [1, 2], seed=1),
    "random_shuffle": lambda tf, a, b, c: tf.random_shuffle(b, seed=2),
    "multinomial": lambda tf, a, b, c: tf.multinomial(a, 3, seed=1),
    "random_gamma": lambda tf, a, b, c: tf.random_gamma([3], [1.0, 2.0], beta=2.0, seed=1),
    "random_poisson": lambda tf, a, b, c: tf.random_poisson([1.0, 20.0], [3], seed=1),
    "stateless_uniform": lambda tf, a, b, c: tf.random.stateless_uniform([2], [1, 2]),
    "random integers without maxval": lambda tf, a, b, c: tf.random_uniform([3], dtype=tf.int32),
}


@THEME.programs_over(CASES)
def function(tf, np, case):
    tensors = [tf.constant(x) for x in (matrix(np), matrix(np, 3, 4), cube(np))]
    found = caught(lambda: case(tf, *tensors))
    if isinstance(found, Exception):
        return found
    with tf.Session() as session:
        return session.run(found), nodes(tf)


UNKNOWN = {
    name: CASES[name]
    for name in (
        "softmax axis 0",
        "softmax_cross_entropy_v2",
        "sparse_softmax_cross_entropy",
        "sparse_softmax_cross_entropy of rank 3",
        "sigmoid_cross_entropy",
        "dropout",
        "moments",
    )
}


@THEME.programs_over(UNKNOWN)
def function_of_unknown_batches(tf, np, case):
    values = [matrix(np), matrix(np, 3, 4), cube(np)]
    inputs = [tf.placeholder(tf.float32, [None, *x.shape[1:]]) for x in values]
    found = case(tf, *inputs)
    with tf.Session() as session:
        return session.run(found, dict(zip(inputs, values))), nodes(tf)
