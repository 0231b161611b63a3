"""Name scopes: prefixes, uniqueness, re-entry, and what each call does with its name."""

from programs.theme import Theme, caught, nodes

THEME = Theme()


@THEME.program
def names_are_made_unique(tf, np):
    return [tf.constant(1, name="c").name for _ in range(4)] + [
        tf.constant(1, name="c_1").name,
        tf.constant(1, name="c_1").name,
        tf.constant(1, name="C").name,
    ]


@THEME.program
def default_names_are_op_types(tf, np):
    x = tf.placeholder(tf.float32)
    return [
        op.name for op in (x, tf.placeholder(tf.int32), tf.constant(1), tf.constant(2), tf.exp(x))
    ]


@THEME.program
def scopes_are_made_unique(tf, np):
    made = []
    for name in ("a", "a", "b", "a"):
        with tf.name_scope(name) as scope:
            made.append((scope, tf.constant(1, name="c").name))
    return made


@THEME.program
def scopes_nest(tf, np):
    with tf.name_scope("a") as a, tf.name_scope("b") as b, tf.name_scope("c") as c:
        return a, b, c, tf.constant(1, name="x").name


@THEME.program
def entering_again_with_a_slash(tf, np):
    with tf.name_scope("a") as scope:
        one = tf.constant(1, name="c")
    with tf.name_scope(scope) as again:
        two = tf.constant(1, name="c")
    with tf.name_scope("z"), tf.name_scope("a/"):
        three = tf.constant(1, name="c")
    return one.name, two.name, three.name, again


@THEME.program
def an_empty_or_none_name_resets(tf, np):
    with tf.name_scope("a"):
        with tf.name_scope(None) as none:
            one = tf.constant(1, name="c")
        with tf.name_scope("") as empty:
            two = tf.constant(1, name="c")
        three = tf.constant(1, name="c")
    return one.name, two.name, three.name, none, empty


@THEME.program
def a_name_with_a_trailing_slash_is_used_as_it_is(tf, np):
    return [tf.constant(1, name="x/").name, caught(lambda: tf.constant(1, name="x/").name)]


@THEME.program
def a_name_with_slashes_inside(tf, np):
    return [
        tf.constant(1, name="a/b").name,
        tf.constant(1, name="a/b").name,
        tf.constant(1, name="a").name,
    ]


@THEME.program
def an_operation_and_a_scope_share_a_name(tf, np):
    one = tf.constant(1, name="a")
    with tf.name_scope("a") as scope:
        two = tf.constant(1, name="b")
    return one.name, scope, two.name


@THEME.program
def names_of_composite_calls(tf, np):
    x = tf.ones([2, 3], name="x")
    tf.nn.l2_normalize(x, 1)
    tf.nn.moments(x, [0], name="m")
    tf.reduce_mean(x, name="mean")
    tf.nn.dropout(x, 0.5, seed=1)
    tf.norm(x)
    tf.one_hot([0], 2)
    tf.clip_by_norm(x, 1.0, name="clip")
    tf.squared_difference(x, x)
    tf.nn.softmax_cross_entropy_with_logits_v2(labels=x, logits=x)
    tf.random_normal([2], seed=1)
    tf.random_uniform([2], seed=1, name="u")
    tf.truncated_normal([2], seed=1)
    tf.zeros_like(x)
    tf.boolean_mask(x, [True, False])
    tf.tensordot(x, x, [[0], [0]])
    tf.add_n([x, x])
    tf.accumulate_n([x, x])
    tf.group(x, x)
    tf.tuple([x, x])
    tf.sequence_mask([1, 2])
    tf.meshgrid([1], [2])
    tf.eye(2)
    return nodes(tf)


@THEME.program
def names_of_layers_of_calls_in_scopes(tf, np):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    for _ in range(2):
        with tf.name_scope("layer"):
            w = tf.Variable(tf.zeros([4, 4]), name="w")
            b = tf.Variable(tf.zeros([4]), name="b")
            x = tf.nn.relu(tf.matmul(x, w) + b)
    with tf.name_scope("loss"):
        tf.reduce_mean(tf.square(x))
    return nodes(tf)


@THEME.program
def unique_name_of_the_graph(tf, np):
    graph = tf.get_default_graph()
    tf.constant(1, name="a")
    return [
        graph.unique_name("a"),
        graph.unique_name("a", mark_as_used=False),
        graph.unique_name("a"),
        graph.unique_name("new"),
        graph.unique_name("new"),
        graph.get_name_scope(),
    ]


@THEME.program
def get_name_scope(tf, np):
    graph = tf.get_default_graph()
    with tf.name_scope("a"), tf.name_scope("b"):
        return graph.get_name_scope()


@THEME.program
def the_three_argument_form(tf, np):
    x = tf.constant(1.0)
    with tf.name_scope(None, "default", [x]) as one:
        pass
    with tf.name_scope("given", "default", [x]) as two:
        pass
    with tf.name_scope("only", values=[x]) as three:
        pass
    return one, two, three


@THEME.program
def op_scope(tf, np):
    x = tf.constant(1.0)
    with tf.op_scope([x], "given", "default") as one:
        pass
    with tf.op_scope([x], None, "default") as two:
        return one, two


@THEME.program
def names_of_gradients_in_scopes(tf, np):
    x = tf.constant([1.0, 2.0], name="x")
    with tf.name_scope("model"):
        y = tf.reduce_sum(tf.tanh(x * 2.0))
    with tf.name_scope("train"):
        tf.gradients(y, x)
    return nodes(tf)


@THEME.program
def case_does_not_matter_for_uniqueness(tf, np):
    return [
        tf.constant(1, name=name).name for name in ("Weights", "weights", "WEIGHTS", "weights_1")
    ]


@THEME.program
def names_allowed_at_the_root(tf, np):
    names = ["a", "A1", ".a", "1a", "a.b", "a-b", "a_b", "_a", "-a", "a\\b", "a b", "é"]
    return [caught(lambda n=n: tf.constant(1, name=n).name) for n in names]


@THEME.program
def names_allowed_inside_a_scope(tf, np):
    with tf.name_scope("s"):
        names = ["a", "_a", "-a", ".a", "a b"]
        return [caught(lambda n=n: tf.constant(1, name=n).name) for n in names]


@THEME.program
def scopes_through_device_and_control(tf, np):
    with tf.name_scope("a"), tf.device("/cpu:0"), tf.control_dependencies([tf.no_op(name="n")]):
        tf.constant(1, name="c")
    return nodes(tf)


@THEME.program
def colocation_names(tf, np):
    a = tf.constant(1.0, name="a")
    with tf.colocate_with(a):
        b = tf.constant(2.0, name="b")
    with tf.colocate_with(b, ignore_existing=True):
        c = tf.constant(3.0, name="c")
    return [op.colocation_groups() for op in (a.op, b.op, c.op)]


@THEME.program
def devices(tf, np):
    with tf.device("/cpu:0"):
        a = tf.constant(1.0)
        with tf.device("/job:worker"):
            b = tf.constant(1.0)
        with tf.device(None):
            c = tf.constant(1.0)
        with tf.device(lambda op: "/gpu:1" if op.type == "Exp" else op.device):
            d, e = tf.exp(a), tf.log(a)
    return [x.device for x in (a, b, c, d, e)], caught(lambda: tf.device("/bad:x").__enter__())


@THEME.program
def nodes_that_hang_on_values_known_while_building(tf, np):
    """A rate computed by a subtraction isn't known, a constant one is; so with axes."""
    x = tf.ones([2, 3], name="x")
    tf.nn.dropout(x, keep_prob=tf.constant(1.0), seed=1)
    tf.nn.dropout(x, keep_prob=1.0, seed=1)
    tf.nn.dropout(x, rate=tf.constant(0.0), seed=1)
    tf.gradients(tf.reduce_sum(x, axis=tf.constant(2) - 1), x)
    tf.gradients(tf.reduce_sum(x, axis=tf.stack([1])), x)
    tf.concat([x, x], tf.constant(2) - 1)
    tf.gather(x, [0], axis=tf.constant(1))
    return nodes(tf)
