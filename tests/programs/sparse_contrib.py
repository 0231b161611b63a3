"""Sparse ids and crossed features in tf.contrib.layers and tf.sparse."""

import importlib

from programs.theme import Theme, caught, nodes, started

THEME = Theme()

# What tf.contrib.layers keeps in its inner modules.
MODULES = {
    "tensorflow": (
        "tensorflow.contrib.layers.python.layers.embedding_ops",
        "tensorflow.contrib.layers.python.ops.sparse_feature_cross_op",
    ),
    "evergraph": (
        "evergraph.contrib.layers.embeddings",
        "evergraph.contrib.layers.segmented_embeddings",
        "evergraph.ops.sparse_feature_cross",
    ),
}


def inner(tf, name):
    """The function `name` of an inner module."""
    modules = map(importlib.import_module, MODULES[tf.__name__.partition("_")[0]])
    return next(getattr(module, name) for module in modules if hasattr(module, name))


def features(tf):
    return [
        tf.SparseTensor([[0, 0], [0, 1], [2, 0]], ["x", "yy", "zzz"], [3, 2]),
        tf.SparseTensor([[0, 0], [2, 0], [2, 1]], tf.constant([1, -5, 2**40], tf.int64), [3, 2]),
        tf.constant([[1, 2], [3, 4], [5, 6]]),
    ]


CROSSES = {
    "text": {},
    "hashed": {"hashed_output": True},
    "buckets": {"hashed_output": True, "num_buckets": 1000},
    "with_a_key": {"hashed_output": True, "num_buckets": 1000, "hash_key": 77},
    "key_without_buckets": {"hashed_output": True, "hash_key": 5},
    "text_with_a_key": {"hash_key": 5},
}


@THEME.programs_over(CROSSES)
def sparse_feature_cross(tf, np, options):
    crossed = inner(tf, "sparse_feature_cross")(features(tf), **options)
    kinds = [crossed.values.dtype, [str(t.shape) for t in crossed.op.outputs]]
    return [nodes(tf), kinds, tf.Session().run(crossed)]


@THEME.program
def sparse_cross(tf, np):
    crossed = [
        tf.sparse.cross(features(tf)),
        tf.sparse.cross_hashed(features(tf), num_buckets=100),
        tf.sparse.cross_hashed(features(tf)[:2], hash_key=3, name="named"),
    ]
    return [
        nodes(tf),
        tf.Session().run(crossed),
        caught(lambda: tf.sparse.cross(features(tf)[0])),
        caught(lambda: tf.sparse.cross([[1]])),
    ]


@THEME.programs_over(("mean", "sqrtn", "sum"))
def segmented_lookup(tf, np, combiner):
    lookup = inner(tf, "embedding_lookup_sparse_with_distributed_aggregation")
    indices = [[0, 0], [0, 2], [2, 1], [3, 0], [3, 1]]
    ids = tf.SparseTensor(indices, tf.constant([1, 3, 0, 1, 1], tf.int64), [4, 3])
    weights = tf.SparseTensor(indices, [0.5, 2.0, 1.0, -1.0, 3.0], [4, 3])
    table = tf.constant(np.arange(12.0).reshape([4, 3]), tf.float32)
    halves = [table[0:2], table[2:4]]
    results = [
        lookup(table, ids, None, combiner=combiner),
        lookup(table, ids, weights, combiner=combiner, max_norm=4.0),
        lookup(halves, ids, None, "div", combiner=combiner),
        lookup(halves, ids, weights, "mod", combiner=combiner),
    ]
    shapes = [str(result.shape) for result in results]
    return [nodes(tf), shapes, tf.Session().run(results)]


@THEME.program
def scattered_lookups(tf, np):
    scattered = inner(tf, "scattered_embedding_lookup")
    scattered_sparse = inner(tf, "scattered_embedding_lookup_sparse")
    table = tf.Variable(np.arange(10.0).astype(np.float32))
    halves = [tf.constant([1.0, 2.0, 3.0]), tf.constant([4.0, 5.0])]
    words = tf.SparseTensor([[0, 0], [2, 0], [2, 1]], ["a", "b", "c"], [4, 2])
    results = [
        scattered(table, tf.constant(["a", "b"]), 4),
        scattered(halves, tf.constant([[1, 2], [3, 4]]), 3, hash_key=9),
        scattered_sparse(table, words, 3, combiner="sum"),
        scattered_sparse(table, words, 2, hash_key=4),
        tf.contrib.layers.embedding_lookup_unique(tf.reshape(table, [5, 2]), [[1, 0], [1, 4]]),
        tf.contrib.layers.safe_embedding_lookup_sparse(
            tf.reshape(table, [5, 2]),
            tf.SparseTensor([[0, 0], [1, 0]], tf.constant([3, -1], tf.int64), [3, 1]),
            combiner="sum",
        ),
    ]
    with started(tf) as sess:
        return [
            nodes(tf),
            [str(result.shape) for result in results],
            sess.run(results),
            caught(lambda: scattered(table, ["a"], None)),
            caught(lambda: scattered([table, halves[1]], ["a"], 2)),
        ]


@THEME.programs_over(("nce", "softmax"))
def accidental_hits_removed(tf, np, kind):
    weights = tf.constant(np.arange(12.0).reshape([6, 2]) / 10, tf.float32)
    biases, inputs = tf.zeros([6]), tf.constant([[1.0, 2.0], [-1.0, 0.5]])
    labels = tf.constant([[1], [4]], tf.int64)
    sampled = (tf.constant([4, 0, 1], tf.int64), [[0.5], [0.25]], [0.5, 0.25, 0.125])
    sampled = tuple(tf.convert_to_tensor(value) for value in sampled)
    loss = tf.nn.nce_loss if kind == "nce" else tf.nn.sampled_softmax_loss
    y = loss(
        weights, biases, labels, inputs, 3, 6, sampled_values=sampled, remove_accidental_hits=True
    )
    return [nodes(tf), tf.Session().run([y, tf.gradients(y, inputs)[0]])]
