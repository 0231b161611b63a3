"""Functions of tf, tf.math and tf.linalg that make more than one operation: nodes and values."""

from programs.theme import Theme, caught, nodes

THEME = Theme(rtol=1e-5, atol=1e-6)


def matrix(np, rows=2, columns=3, start=1):
    return (np.arange(start, start + rows * columns, dtype=np.float32) / 8).reshape(rows, columns)


def cube(np):
    return (np.arange(30, dtype=np.float32) / 16).reshape(5, 2, 3)


# name -> the tensor; `a` is [2, 3], `b` [3, 4], `c` [5, 2, 3], `d` [5, 3, 2].
CASES = {
    "einsum matmul": lambda tf, np, a, b, c, d: tf.einsum("ij,jk->ik", a, b),
    "einsum batch": lambda tf, np, a, b, c, d: tf.einsum("bij,bjk->bik", c, d),
    "einsum by a matrix": lambda tf, np, a, b, c, d: tf.einsum("bij,jk->bik", c, b),
    "einsum transposed": lambda tf, np, a, b, c, d: tf.einsum("ij,kj->ki", a, a),
    "einsum ellipsis": lambda tf, np, a, b, c, d: tf.einsum("...ij,...jk->...ik", c, d),
    "einsum outer": lambda tf, np, a, b, c, d: tf.einsum("i,j->ij", a[0], b[0]),
    "einsum of three": lambda tf, np, a, b, c, d: tf.einsum("i,i,i->", a[0], a[0], a[1]),
    "einsum trace": lambda tf, np, a, b, c, d: tf.einsum("ii", a[:, :2]),
    "einsum of one": lambda tf, np, a, b, c, d: tf.einsum("ij->ji", a),
    "einsum invalid": lambda tf, np, a, b, c, d: tf.einsum("ij,jk->il", a, b),
    "tensordot 1": lambda tf, np, a, b, c, d: tf.tensordot(a, b, 1),
    "tensordot lists": lambda tf, np, a, b, c, d: tf.tensordot(c, d, [[0, 2], [0, 1]]),
    "tensordot too many": lambda tf, np, a, b, c, d: tf.tensordot(a, b, 5),
    "trace": lambda tf, np, a, b, c, d: tf.trace(c),
    "matmul": lambda tf, np, a, b, c, d: tf.matmul(a, a, transpose_b=True),
    "matmul of batches": lambda tf, np, a, b, c, d: tf.matmul(c, d),
    "matmul adjoint": lambda tf, np, a, b, c, d: tf.matmul(c, c, adjoint_b=True),
    "matmul sparse": lambda tf, np, a, b, c, d: tf.matmul(a, b, a_is_sparse=True),
    "matvec": lambda tf, np, a, b, c, d: tf.linalg.matvec(a, b[:, 0]),
    "reduce_sum": lambda tf, np, a, b, c, d: tf.reduce_sum(c),
    "reduce_sum axes": lambda tf, np, a, b, c, d: tf.reduce_sum(c, [0, -1], keepdims=True),
    "reduce_mean old names": lambda tf, np, a, b, c, d: tf.reduce_mean(
        a, reduction_indices=[0], keep_dims=True
    ),
    "reduce_logsumexp": lambda tf, np, a, b, c, d: tf.reduce_logsumexp(a, 1),
    "reduce_std": lambda tf, np, a, b, c, d: tf.math.reduce_std(a, 0),
    "reduce_any": lambda tf, np, a, b, c, d: tf.reduce_any(a > 0.5, 1),
    "count_nonzero": lambda tf, np, a, b, c, d: tf.count_nonzero(a),
    "argmax": lambda tf, np, a, b, c, d: [tf.argmax(a), tf.argmin(a, 1, output_type=tf.int32)],
    "cumsum": lambda tf, np, a, b, c, d: tf.cumsum(a, 1, exclusive=True, reverse=True),
    "bincount": lambda tf, np, a, b, c, d: tf.bincount([1, 2, 2]),
    "bincount weights": lambda tf, np, a, b, c, d: tf.bincount(
        [1, 2, 2], weights=[1.0, 2.0, 3.0], minlength=5
    ),
    "histogram": lambda tf, np, a, b, c, d: tf.histogram_fixed_width(a, [0.0, 1.0], 5),
    "unsorted_segment_mean": lambda tf, np, a, b, c, d: tf.unsorted_segment_mean(a, [0, 0], 2),
    "unsorted_segment_sqrt_n": lambda tf, np, a, b, c, d: tf.unsorted_segment_sqrt_n(a, [0, 1], 3),
    "segment_mean": lambda tf, np, a, b, c, d: tf.segment_mean(a, [0, 0]),
    "sparse_segment_mean": lambda tf, np, a, b, c, d: tf.sparse_segment_mean(a, [0, 1], [0, 0]),
    "saturate_cast": lambda tf, np, a, b, c, d: tf.saturate_cast(a * 1000.0, tf.uint8),
    "accumulate_n": lambda tf, np, a, b, c, d: tf.accumulate_n([a, a]),
    "add_n of one": lambda tf, np, a, b, c, d: tf.add_n([a], name="one"),
    "scalar_mul": lambda tf, np, a, b, c, d: tf.scalar_mul(2.0, a),
    "round": lambda tf, np, a, b, c, d: tf.round(a * 2.0),
    "divisions": lambda tf, np, a, b, c, d: [
        tf.floordiv(7, 2),
        tf.truediv(7, 2),
        tf.div(7.0, 2.0),
        tf.divide(7, tf.constant(2)),
        tf.mod(-7, 3),
        tf.div_no_nan(1.0, 0.0),
        tf.math.reciprocal_no_nan([0.0, 2.0]),
        tf.math.multiply_no_nan(1.0, 0.0),
    ],
    "powers": lambda tf, np, a, b, c, d: [tf.pow(2, [3, 4]), tf.squared_difference(1.0, 3.0)],
    "logical_xor": lambda tf, np, a, b, c, d: tf.logical_xor([True, True], [False, True]),
    "complex parts": lambda tf, np, a, b, c, d: [
        tf.real(tf.complex([1.0], [2.0])),
        tf.angle(tf.constant([1j])),
        tf.imag(a),
        tf.abs(tf.complex([3.0], [4.0])),
    ],
    "polyval": lambda tf, np, a, b, c, d: tf.math.polyval([1.0, 2.0, 3.0], a),
    "lbeta": lambda tf, np, a, b, c, d: tf.lbeta(a),
    "log_sigmoid": lambda tf, np, a, b, c, d: tf.log_sigmoid(a),
    "bessel_i0": lambda tf, np, a, b, c, d: tf.math.bessel_i0(a),
    "sort": lambda tf, np, a, b, c, d: [tf.sort(-a), tf.argsort(a, 0, direction="DESCENDING")],
    "dynamic_stitch": lambda tf, np, a, b, c, d: tf.dynamic_stitch([[0, 2], [1]], [a, a[:1]]),
    "dynamic_partition": lambda tf, np, a, b, c, d: tf.dynamic_partition(a, [0, 1], 2),
}


@THEME.programs_over(CASES)
def function(tf, np, case):
    tensors = [
        tf.constant(x) for x in (matrix(np), matrix(np, 3, 4), cube(np), cube(np).reshape(5, 3, 2))
    ]
    found = caught(lambda: case(tf, np, *tensors))
    if isinstance(found, Exception):
        return found
    with tf.Session() as session:
        return session.run(found), nodes(tf)


UNKNOWN = {
    name: CASES[name]
    for name in (
        "einsum matmul",
        "einsum batch",
        "einsum by a matrix",
        "tensordot 1",
        "tensordot lists",
        "matmul",
        "matmul of batches",
        "reduce_sum",
        "reduce_sum axes",
        "reduce_logsumexp",
        "count_nonzero",
        "argmax",
    )
}


@THEME.programs_over(UNKNOWN)
def function_of_unknown_batches(tf, np, case):
    values = [matrix(np), matrix(np, 3, 4), cube(np), cube(np).reshape(5, 3, 2)]
    inputs = [tf.placeholder(tf.float32, [None, *x.shape[1:]]) for x in values]
    found = case(tf, np, *inputs)
    with tf.Session() as session:
        return session.run(found, dict(zip(inputs, values))), nodes(tf)
