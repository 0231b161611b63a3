"""The operations that the gradient of each math and nn op makes, and their values."""

from programs.theme import Theme, nodes

THEME = Theme(rtol=2e-5, atol=2e-6)

UNARY = [
    "Abs",
    "Neg",
    "Reciprocal",
    "Square",
    "Sqrt",
    "Rsqrt",
    "Exp",
    "Expm1",
    "Log",
    "Log1p",
    "Sinh",
    "Cosh",
    "Tanh",
    "Asinh",
    "Acosh",
    "Atanh",
    "Erf",
    "Erfc",
    "Lgamma",
    "Digamma",
    "BesselI0e",
    "BesselI1e",
    "Sigmoid",
    "Sign",
    "Sin",
    "Cos",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Floor",
    "Ceil",
    "Round",
    "Rint",
]
ACTIVATIONS = ["Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu"]
BINARY = [
    "Add",
    "AddV2",
    "Sub",
    "Mul",
    "MulNoNan",
    "Div",
    "RealDiv",
    "DivNoNan",
    "FloorDiv",
    "FloorMod",
    "Pow",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "Xlogy",
    "Xdivy",
]
REDUCTIONS = ["Sum", "Mean", "Prod", "Max", "Min"]
SCANS = ["Cumsum", "Cumprod", "CumulativeLogsumexp"]


def numbers(np, *shape):
    count = int(np.prod(shape))
    return (np.arange(1, count + 1, dtype=np.float32) / (count + 2)).reshape(shape)


def gradients_of(tf, np, function, values, second=False, shapes=None):
    """Nodes of `function` of placeholders and of its gradients, and the gradients' values."""
    shapes = [x.shape for x in values] if shapes is None else shapes
    inputs = [tf.placeholder(x.dtype, shape) for x, shape in zip(values, shapes)]
    found = tf.gradients(function(*inputs), inputs)
    if second:
        found += tf.gradients(next(d for d in found if d is not None), inputs)
    dense = [d for d in found if d is not None]
    with tf.Session() as session:
        results = session.run(dense, dict(zip(inputs, values)))
    return [d is None for d in found], results, nodes(tf)


def raw(tf, op_type, *names, **attrs):
    return lambda *inputs: getattr(tf.raw_ops, op_type)(**dict(zip(names, inputs)), **attrs)


@THEME.programs_over(UNARY)
def unary(tf, np, op_type):
    value = numbers(np, 2, 3) + (1.0 if op_type == "Acosh" else 0.0)
    return gradients_of(tf, np, raw(tf, op_type, "x"), [value])


@THEME.programs_over(
    ["Reciprocal", "Square", "Sqrt", "Rsqrt", "Exp", "Tanh", "Sigmoid", "Log", "Sin"]
)
def twice(tf, np, op_type):
    return gradients_of(tf, np, raw(tf, op_type, "x"), [numbers(np, 2, 3)], second=True)


@THEME.programs_over(ACTIVATIONS)
def activation(tf, np, op_type):
    value = numbers(np, 2, 3) - 0.4
    return gradients_of(tf, np, raw(tf, op_type, "features"), [value], second=True)


@THEME.programs_over(BINARY)
def binary(tf, np, op_type):
    values = [numbers(np, 2, 3), numbers(np, 2, 3) + 0.25]
    return gradients_of(tf, np, raw(tf, op_type, "x", "y"), values)


@THEME.programs_over(BINARY)
def broadcast(tf, np, op_type):
    values = [numbers(np, 2, 3), numbers(np, 3) + 0.25]
    return gradients_of(tf, np, raw(tf, op_type, "x", "y"), values)


@THEME.programs_over(["AddV2", "Mul", "RealDiv", "Pow", "Maximum", "SquaredDifference"])
def unknown_shapes(tf, np, op_type):
    values = [numbers(np, 2, 3), numbers(np, 3) + 0.25]
    return gradients_of(tf, np, raw(tf, op_type, "x", "y"), values, shapes=[[None, 3], None])


@THEME.programs_over(REDUCTIONS)
def reduction(tf, np, op_type):
    def both(x):
        one = raw(tf, op_type, "input", axis=np.array([1], np.int32))(x)
        kept = raw(tf, op_type, "input", axis=np.array([0], np.int32), keep_dims=True)(x)
        every = raw(tf, op_type, "input", axis=np.array([0, 1], np.int32))(x)
        return [one, kept, every]

    return gradients_of(tf, np, both, [numbers(np, 2, 3)])


@THEME.programs_over(REDUCTIONS)
def reduction_of_unknown_shape(tf, np, op_type):
    function = raw(tf, op_type, "input", axis=np.array([1], np.int32))
    return gradients_of(tf, np, function, [numbers(np, 2, 3)], shapes=[[None, 3]])


@THEME.programs_over(SCANS)
def scan(tf, np, op_type):
    return gradients_of(tf, np, raw(tf, op_type, "x", axis=1), [numbers(np, 2, 3)])


@THEME.programs_over(["nn", "nt", "tn", "tt"])
def product(tf, np, transposed):
    t_a, t_b = (letter == "t" for letter in transposed)
    a, b = numbers(np, 2, 3), numbers(np, 3, 2)
    a, b = a.T if t_a else a, b.T if t_b else b

    def function(x, y):
        matrices = tf.matmul(x, y, transpose_a=t_a, transpose_b=t_b)
        return [matrices, tf.matmul(tf.stack([x, x]), y, transpose_a=t_a, transpose_b=t_b)]

    return gradients_of(tf, np, function, [a, b])


MORE = {
    "SparseMatMul": (
        lambda tf, x, y: tf.matmul(x, y, True, a_is_sparse=True),
        [(3, 2), (3, 4)],
    ),
    "Atan2": (lambda tf, x, y: tf.atan2(x, y), [(2, 3), (3,)]),
    "Igamma": (lambda tf, x, y: tf.igamma(x, y), [(2, 3), (3,)]),
    "Igammac": (lambda tf, x, y: tf.igammac(x, y), [(2, 3), (3,)]),
    "Zeta": (lambda tf, x, y: tf.zeta(x + 2.0, y), [(2, 3), (3,)]),
    "Polygamma": (lambda tf, x, y: tf.polygamma(tf.round(x), y), [(2, 3), (3,)]),
    "Betainc": (lambda tf, x: tf.betainc([1.0, 2.0, 3.0], [2.0, 2.0, 2.0], x), [(3,)]),
    "NextAfter": (lambda tf, x, y: tf.math.nextafter(x, y), [(2, 3), (3,)]),
    "segment_sum": (lambda tf, x: tf.segment_sum(x, [0, 1]), [(2, 3)]),
    "segment_mean": (lambda tf, x: tf.segment_mean(x, [0, 0]), [(2, 3)]),
    "segment_max": (lambda tf, x: tf.segment_max(x, [0, 0]), [(2, 3)]),
    "unsorted_segment_sum": (lambda tf, x: tf.unsorted_segment_sum(x, [0, -1], 2), [(2, 3)]),
    "unsorted_segment_max": (lambda tf, x: tf.unsorted_segment_max(x, [0, 0], 2), [(2, 3)]),
    "unsorted_segment_prod": (lambda tf, x: tf.unsorted_segment_prod(x, [0, 0], 2), [(2, 3)]),
    "sparse_segment_sum": (lambda tf, x: tf.sparse_segment_sum(x, [0, 1], [0, 0]), [(2, 3)]),
    "sparse_segment_mean": (lambda tf, x: tf.sparse_segment_mean(x, [0, 1], [0, 0]), [(2, 3)]),
    "sparse_segment_sqrt_n": (
        lambda tf, x: tf.sparse_segment_sqrt_n(x, [0, 1], [0, 0], num_segments=3),
        [(2, 3)],
    ),
    "softmax": (lambda tf, x: tf.nn.softmax(x), [(2, 3)]),
    "log_softmax": (lambda tf, x: tf.nn.log_softmax(x), [(2, 3)]),
    "softmax_cross_entropy": (
        lambda tf, x, y: tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=x),
        [(2, 3), (2, 3)],
    ),
    "sparse_softmax_cross_entropy": (
        lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1], logits=x),
        [(2, 3)],
    ),
    "sigmoid_cross_entropy": (
        lambda tf, x, y: tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x),
        [(2, 3), (2, 3)],
    ),
    "bias_add": (lambda tf, x, y: tf.nn.bias_add(x, y), [(2, 3), (3,)]),
    "l2_loss": (lambda tf, x: tf.nn.l2_loss(x), [(2, 3)]),
    "top_k": (lambda tf, x: tf.nn.top_k(x, 2).values, [(2, 3)]),
    "lrn": (lambda tf, x: tf.nn.lrn(x), [(1, 1, 2, 3)]),
    "dropout": (lambda tf, x: tf.nn.dropout(x, 0.5, seed=1), [(2, 3)]),
    "cast": (lambda tf, x: tf.cast(x, tf.float64), [(2, 3)]),
    "cross": (lambda tf, x, y: tf.cross(x, y), [(2, 3), (2, 3)]),
    "add_n": (lambda tf, x, y: tf.add_n([x, y, x]), [(2, 3), (2, 3)]),
    "accumulate_n": (lambda tf, x, y: tf.accumulate_n([x, y, x]), [(2, 3), (2, 3)]),
    "complex abs": (lambda tf, x, y: tf.abs(tf.complex(x, y)), [(2, 3), (2, 3)]),
    "angle": (lambda tf, x, y: tf.angle(tf.complex(x, y)), [(2, 3), (2, 3)]),
    "dynamic_stitch": (lambda tf, x: tf.dynamic_stitch([[0, 1]], [x]), [(2, 3)]),
    "dynamic_partition": (lambda tf, x: tf.dynamic_partition(x, [0, 1], 2)[1], [(2, 3)]),
    "reduce_logsumexp": (lambda tf, x: tf.reduce_logsumexp(x, 1), [(2, 3)]),
    "moments": (lambda tf, x: list(tf.nn.moments(x, [0])), [(2, 3)]),
    "l2_normalize": (lambda tf, x: tf.nn.l2_normalize(x, 1), [(2, 3)]),
    "random_gamma": (lambda tf, x: tf.random_gamma([3], x, seed=1), [(3,)]),
    "swish": (lambda tf, x: tf.nn.swish(x), [(2, 3)]),
    "tensordot": (lambda tf, x, y: tf.tensordot(x, y, 1), [(2, 3), (3, 2)]),
    "einsum": (lambda tf, x, y: tf.einsum("ij,jk->ik", x, y), [(2, 3), (3, 2)]),
}


@THEME.programs_over(MORE)
def other(tf, np, case):
    function, shapes = case
    values = [numbers(np, *shape) for shape in shapes]
    return gradients_of(tf, np, lambda *inputs: function(tf, *inputs), values)
