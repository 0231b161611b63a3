"""Graph collections, the default graph, seeds, and what a graph tells of itself."""

from programs.theme import Theme, caught, nodes

THEME = Theme()


@THEME.program
def add_and_get(tf, np):
    tf.add_to_collection("things", 1)
    tf.add_to_collection("things", "two")
    tf.add_to_collection("others", 3.0)
    return tf.get_collection("things"), tf.get_collection("others"), tf.get_collection("none")


@THEME.program
def a_copy_and_the_list_itself(tf, np):
    tf.add_to_collection("things", 1)
    tf.get_collection("things").append(2)
    tf.get_collection_ref("things").append(3)
    tf.get_collection_ref("new").append(4)
    return tf.get_collection("things"), tf.get_collection("new")


@THEME.program
def several_collections_at_once(tf, np):
    tf.add_to_collections(["a", "b", "a"], 1)
    tf.add_to_collections("word", 2)
    return [tf.get_collection(name) for name in ("a", "b", "word", "w")]


@THEME.program
def by_scope(tf, np):
    with tf.name_scope("s"):
        inside = tf.constant(1, name="c")
    outside = tf.constant(1, name="sc")
    for item in (inside, outside, "no name"):
        tf.add_to_collection("things", item)
    return [tf.get_collection("things", scope) for scope in (None, "s", "s/", ".*c", "x")]


@THEME.program
def keys_and_clearing(tf, np):
    graph = tf.get_default_graph()
    tf.add_to_collection("b", 1)
    tf.add_to_collection("a", 1)
    keys = sorted(graph.get_all_collection_keys())
    graph.clear_collection("a")
    return keys, sorted(graph.get_all_collection_keys()), tf.get_collection("a")


@THEME.program
def graphs_have_their_own(tf, np):
    tf.add_to_collection("things", 1)
    with tf.Graph().as_default():
        inner = tf.get_collection("things")
    return inner, tf.get_collection("things")


@THEME.program
def names_of_graph_keys(tf, np):
    keys = tf.GraphKeys
    names = "GLOBAL_VARIABLES LOCAL_VARIABLES MODEL_VARIABLES TRAINABLE_VARIABLES SUMMARIES"
    names += " QUEUE_RUNNERS TABLE_INITIALIZERS ASSET_FILEPATHS MOVING_AVERAGE_VARIABLES"
    names += " REGULARIZATION_LOSSES CONCATENATED_VARIABLES SAVERS WEIGHTS BIASES ACTIVATIONS"
    names += " UPDATE_OPS LOSSES SAVEABLE_OBJECTS RESOURCES LOCAL_RESOURCES INIT_OP LOCAL_INIT_OP"
    names += " READY_OP READY_FOR_LOCAL_INIT_OP SUMMARY_OP GLOBAL_STEP EVAL_STEP TRAIN_OP"
    names += " COND_CONTEXT WHILE_CONTEXT METRIC_VARIABLES VARIABLES"
    return [(name, getattr(keys, name)) for name in names.split()]


@THEME.program
def the_default_graph(tf, np):
    outer = tf.get_default_graph()
    graph = tf.Graph()
    with graph.as_default() as entered:
        inside = tf.get_default_graph() is graph, entered is graph
        a = tf.constant(1)
    return inside, tf.get_default_graph() is outer, a.graph is graph, a.op.graph is graph


@THEME.program
def reset_of_the_default_graph(tf, np):
    return caught(lambda: tf.reset_default_graph())


@THEME.program
def operations_of_a_graph(tf, np):
    graph = tf.get_default_graph()
    a = tf.constant(1, name="a")
    b = tf.add(a, 2, name="b")
    return [
        graph.get_operations(),
        graph.get_operation_by_name("b").inputs[0].name,
        graph.get_tensor_by_name("b:0") is b,
        graph.as_graph_element("a"),
        graph.as_graph_element("a:0"),
        graph.as_graph_element(b) is b,
        graph.version,
        graph.building_function,
        graph.finalized,
        graph.seed,
    ]


@THEME.program
def facts_of_operations_and_tensors(tf, np):
    a, b = tf.constant([1.0, 2.0], name="a"), tf.constant([3.0, 4.0], name="b")
    with tf.control_dependencies([b]):
        c = tf.add(a, a, name="c")
    return [
        c.op.name,
        c.op.type,
        list(c.op.inputs),
        c.op.outputs,
        c.op.control_inputs,
        c.op.values(),
        c.value_index,
        c.name,
        c.consumers(),
        a.consumers(),
        b.op._control_outputs,
        c.op.get_attr("T"),
        a.op.get_attr("dtype"),
        c.op.node_def.op,
        list(c.op.node_def.input),
        repr(c.op),
        str(a.op.node_def.attr["dtype"]).strip(),
        caught(lambda: c.op.get_attr("missing")),
    ]


@THEME.program
def finalising(tf, np):
    graph = tf.get_default_graph()
    a = tf.constant(1.0)
    graph.finalize()
    return graph.finalized, caught(lambda: a + 1.0), caught(lambda: tf.add_to_collection("a", 1))


@THEME.program
def seeds_of_operations(tf, np):
    def seeds(op):
        return op.get_attr("seed"), op.get_attr("seed2")

    graph = tf.get_default_graph()
    tf.random_uniform([2], seed=5)
    tf.set_random_seed(9)
    tf.random_uniform([2])
    tf.random_normal([2], seed=5)
    tf.constant(1)
    tf.random_uniform([2])
    tf.nn.dropout(tf.ones([2]), 0.5)
    tf.random_shuffle([1, 2], seed=0)
    ops = [op for op in graph.get_operations() if "seed" in op.node_def.attr]
    return [(op.name, op.type, *seeds(op)) for op in ops], tf.get_seed(None), tf.get_seed(3)


@THEME.program
def control_dependencies_of_many_kinds(tf, np):
    a, v = tf.constant(1.0, name="a"), tf.Variable(1.0, name="v")
    r = tf.Variable(1.0, name="r", use_resource=True)
    s = tf.IndexedSlices(tf.constant([1.0], name="values"), tf.constant([0], name="indices"))
    with tf.control_dependencies([a, a.op, v, r, s, v.initializer]):
        tf.constant(2.0, name="late")
        tf.no_op(name="op")
    with tf.control_dependencies([]):
        tf.no_op(name="free")
    return nodes(tf), [
        caught(lambda: tf.control_dependencies(a).__enter__()),
        caught(lambda: tf.control_dependencies([1]).__enter__()),
        caught(lambda: tf.control_dependencies(["a"]).__enter__()),
    ]


@THEME.program
def control_inputs_are_pruned(tf, np):
    """What an input already implies gets no control edge."""
    a = tf.constant(1.0, name="a")
    with tf.control_dependencies([a]):
        b = tf.identity(a, name="b")
        c = tf.identity(b, name="c")
        tf.add(a, c, name="d")
        tf.constant(1.0, name="e")
    with tf.control_dependencies([a]), tf.control_dependencies([b]):
        tf.constant(1.0, name="f")
        tf.negative(b, name="g")
    return nodes(tf)


@THEME.program
def group_and_tuple_and_no_op(tf, np):
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    made = [tf.group(a, b), tf.group([a], [b]), tf.group(), tf.no_op(), tf.group(a, name="mine")]
    made += [tf.tuple([a, None, b]), tf.tuple([a], control_inputs=[b.op])]
    return made, nodes(tf), caught(lambda: tf.group(1)), caught(lambda: tf.tuple([None]))


@THEME.program
def groups_across_devices(tf, np):
    with tf.device("/cpu:0"):
        a = tf.constant(1.0, name="a")
    with tf.device("/gpu:0"):
        b = tf.constant(1.0, name="b")
    tf.group(a, b)
    return nodes(tf), [op.device for op in tf.get_default_graph().get_operations()]


@THEME.program
def with_dependencies(tf, np):
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    with tf.control_dependencies([a]):
        c = tf.identity(b)
    return c, nodes(tf)


@THEME.program
def contents_of_containers(tf, np):
    with tf.container("mine"):
        v = tf.Variable(1.0, name="v")
    return (
        v.op.get_attr("container"),
        v.op.get_attr("shared_name"),
        tf.Variable(1.0).op.get_attr("container"),
    )
