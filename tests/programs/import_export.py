"""import_graph_def, meta graphs and what tf.graph_util makes of GraphDefs."""

from programs.theme import Theme, caught, nodes, started

THEME = Theme()


def small(tf):
    """The GraphDef of x -> y = x * w + 1, z = y's neighbour."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.constant([[1.0], [2.0]], name="w")
        with tf.name_scope("layer"), tf.control_dependencies([w]):
            y = tf.add(tf.matmul(x, w), 1.0, name="y")
        tf.split(y, 1, name="z")
        return graph.as_graph_def()


def rows(graph_def):
    """Name, type, inputs, device and attrs of each node."""
    return [
        [node.name, node.op, list(node.input), node.device, sorted(node.attr)]
        for node in graph_def.node
    ]


@THEME.program
def imported_under_a_prefix(tf, np):
    result = tf.import_graph_def(small(tf), name="in")
    again = tf.import_graph_def(small(tf), name="in")
    default = tf.import_graph_def(small(tf))
    return result, again, default, nodes(tf)


@THEME.program
def imported_without_a_prefix(tf, np):
    tf.import_graph_def(small(tf), name="")
    first = nodes(tf)
    error = caught(lambda: tf.import_graph_def(small(tf), name=""))
    return first, error, len(nodes(tf))


@THEME.program
def imported_inside_scopes(tf, np):
    with tf.name_scope("outer"), tf.device("/cpu:0"), tf.control_dependencies([tf.no_op()]):
        tf.import_graph_def(small(tf), name="in")
    graph_def = tf.get_default_graph().as_graph_def()
    return rows(graph_def)


@THEME.program
def returned_elements(tf, np):
    y, op, z = tf.import_graph_def(small(tf), return_elements=["layer/y:0", "w", "z:0"], name="in")
    errors = [
        caught(lambda name=name: tf.import_graph_def(small(tf), return_elements=[name], name="e"))
        for name in ("nothing", "nothing:0", "w:1", "w:x")
    ]
    return y, op, z, errors


@THEME.program
def tensors_mapped(tf, np):
    a = tf.constant([[3.0, 4.0]], name="a")
    (y,) = tf.import_graph_def(
        small(tf),
        input_map={"x:0": a, "w": [[1.0], [1.0]]},
        return_elements=["layer/y:0"],
        name="m",
    )
    with tf.Session() as sess:
        return sess.run(y), nodes(tf)


@THEME.program
def control_inputs_mapped(tf, np):
    a, op = tf.constant(1.0, name="a"), tf.no_op(name="op")
    tf.import_graph_def(small(tf), input_map={"^w": a}, name="m")
    return nodes(tf), caught(lambda: tf.import_graph_def(small(tf), input_map={"^w": op}))


@THEME.program
def mapped_to_themselves(tf, np):
    a = tf.constant([[3.0, 4.0]], name="a")
    found = tf.import_graph_def(
        small(tf), input_map={"x:0": a}, return_elements=["x:0", "x"], name="m"
    )
    return found, nodes(tf)


@THEME.program
def wrong_maps(tf, np):
    a = tf.constant([[3.0, 4.0]], name="a")
    i = tf.constant([[3, 4]], name="i")
    return [
        caught(lambda: tf.import_graph_def(small(tf), input_map={"nothing:0": a}, name="e")),
        caught(lambda: tf.import_graph_def(small(tf), input_map={"w:1": a}, name="e")),
        caught(lambda: tf.import_graph_def(small(tf), input_map={"x:0": i}, name="e")),
        caught(lambda: tf.import_graph_def(small(tf), input_map=[a], name="e")),
        caught(lambda: tf.import_graph_def(small(tf), input_map={"x:0": [[1.0, 2.0]]}, name="")),
    ]


@THEME.program
def wrong_arguments(tf, np):
    return [
        caught(lambda: tf.import_graph_def("no graph", name="e")),
        caught(lambda: tf.import_graph_def(small(tf), return_elements=[7], name="e")),
    ]


def text(tf, words):
    """The GraphDef of a text."""
    graph_def = tf.GraphDef()
    for name, op, inputs, attrs in words:
        node = graph_def.node.add(name=name, op=op, input=inputs)
        for key, value in attrs.items():
            node.attr[key].type = value.as_datatype_enum
    graph_def.versions.producer = 134
    return graph_def


@THEME.program
def malformed_graphs(tf, np):
    t = {"dtype": tf.float32}
    f = {"T": tf.float32}
    cases = [
        [("a", "Placeholder", [], t), ("a", "Placeholder", [], t)],
        [("a", "Identity", ["b"], f)],
        [("a", "Identity", ["^b"], f)],
        [("a", "Identity", [], f)],
        [("a", "Placeholder", [], t), ("b", "Identity", ["a:1"], f)],
        [("a", "Placeholder", [], t), ("b", "Identity", ["a"], {"T": tf.int32})],
        [("a", "Placeholder", [], t), ("b", "Identity", ["a"], {})],
        [("a", "Placeholder", [], t), ("b", "Identity", ["^a", "a"], f)],
        [("a", "Identity", ["b"], f), ("b", "Identity", ["a"], f)],
        [("a b", "NoOp", [], {})],
    ]
    return [
        caught(lambda case=case: tf.import_graph_def(text(tf, case), name="e")) for case in cases
    ]


@THEME.program(class_only="the words name the machine")
def unknown_op_types(tf, np):
    return caught(lambda: tf.import_graph_def(text(tf, [("a", "NoSuchOp", [], {})])))


@THEME.program
def saved_shapes(tf, np):
    with tf.Graph().as_default() as graph:
        p = tf.placeholder(tf.float32, [2, None], name="p")
        tf.identity(p, name="i")
        graph_def = graph.as_graph_def(add_shapes=True)
    del graph_def.node[0].attr["shape"]
    found = tf.import_graph_def(graph_def, return_elements=["p:0", "i:0"], name="m")
    graph_def.node[1].attr["_output_shapes"].list.shape[0].dim[0].size = 3
    error = caught(lambda: tf.import_graph_def(graph_def, name="e"))
    kept = [sorted(op.node_def.attr) for op in tf.get_default_graph().get_operations()]
    return found, error, kept[:2]


@THEME.program
def colocation(tf, np):
    with tf.Graph().as_default() as graph:
        with tf.device("/cpu:0"):
            a = tf.constant(1.0, name="a")
        with tf.colocate_with(a):
            tf.constant(2.0, name="b")
        graph_def = graph.as_graph_def()
    tf.import_graph_def(graph_def, name="m")
    with tf.device("/gpu:0"):
        tf.import_graph_def(graph_def, name="n")
    ops = tf.get_default_graph().get_operations()
    groups = [[op.name, op.device, sorted(op.colocation_groups())] for op in ops]
    graph_def.node[1].attr["_class"].list.s[0] = b"loc:@nothing"
    return groups, caught(lambda: tf.import_graph_def(graph_def, name="e"))


@THEME.program
def name_collisions(tf, np):
    tf.constant(1.0, name="in/w")
    tf.constant(1.0, name="layer")
    tf.import_graph_def(small(tf), name="in")
    return [node[0] for node in nodes(tf)]


@THEME.program
def default_attrs_are_filled_in(tf, np):
    graph_def = small(tf)
    for node in graph_def.node:
        for key in ("transpose_a", "transpose_b", "shape"):
            if key in node.attr:
                del node.attr[key]
    tf.import_graph_def(graph_def, name="m")
    return rows(tf.get_default_graph().as_graph_def())


def trained(tf):
    with tf.name_scope("hidden"):
        v = tf.Variable([1.0, 2.0], name="v")
        r = tf.Variable(3.0, name="r", use_resource=True)
        x = tf.placeholder(tf.float32, [2], name="x")
        with tf.device("/cpu:0"):
            y = tf.multiply(x, v, name="y") + r
    loss = tf.reduce_sum(y, name="loss")
    tf.add_to_collection("losses", loss)
    tf.add_to_collection("numbers", 3)
    tf.add_to_collection("texts", "hidden/x")
    return loss


@THEME.program
def a_meta_graph(tf, np):
    trained(tf)
    meta = tf.train.export_meta_graph()
    collections = [
        [key, meta.collection_def[key].WhichOneof("kind")] for key in sorted(meta.collection_def)
    ]
    info = meta.meta_info_def
    ops = sorted(op.name for op in info.stripped_op_list.op)
    return rows(meta.graph_def), collections, ops, info.stripped_default_attrs


@THEME.program
def a_meta_graph_without_devices_and_defaults(tf, np):
    trained(tf)
    meta = tf.train.export_meta_graph(clear_devices=True, strip_default_attrs=True)
    return rows(meta.graph_def), meta.meta_info_def.stripped_default_attrs


@THEME.program
def a_scope_exported_and_imported(tf, np):
    trained(tf)
    meta = tf.train.export_meta_graph(export_scope="hidden")
    found = rows(meta.graph_def)
    with tf.Graph().as_default() as graph:
        saver = tf.train.import_meta_graph(meta, import_scope="new")
        names = [v.name for v in tf.global_variables()]
        sess = started(tf)
        value = sess.run("new/add:0", {"new/x:0": [1.0, 1.0]})
        collections = sorted(map(str, graph.get_all_collection_keys()))
        return found, saver, names, value, collections, nodes(tf)


@THEME.program
def unbound_inputs(tf, np):
    outside = tf.constant(2.0, name="outside")
    with tf.name_scope("inner"):
        tf.add(outside, 1.0, name="sum")
    meta = tf.train.export_meta_graph(export_scope="inner")
    names = list(tf.get_collection("unbound_inputs"))
    with tf.Graph().as_default():
        error = caught(lambda: tf.train.import_meta_graph(meta, import_scope="new"))
        given = tf.constant(5.0)
        tf.train.import_meta_graph(
            meta, import_scope="new", input_map={"$unbound_inputs_outside": given}
        )
        with tf.Session() as sess:
            return rows(meta.graph_def), names, error, sess.run("new/sum:0"), nodes(tf)


@THEME.program
def meta_graphs_imported_twice(tf, np):
    trained(tf)
    tf.train.Saver(name="saver")
    meta = tf.train.export_meta_graph()
    with tf.Graph().as_default():
        savers = [tf.train.import_meta_graph(meta, import_scope=scope) for scope in ("a", None)]
        names = [v.name for v in tf.global_variables()]
        losses = [t.name for t in tf.get_collection("losses")]
        others = tf.get_collection("numbers"), tf.get_collection("texts")
        return [s is not None for s in savers], names, losses, others


@THEME.program
def part_of_a_graph(tf, np):
    graph_def = small(tf)
    part = tf.graph_util.extract_sub_graph(graph_def, ["layer/MatMul"])
    return (
        rows(part),
        caught(lambda: tf.graph_util.extract_sub_graph(graph_def, "w")),
        caught(lambda: tf.graph_util.extract_sub_graph("no graph", ["w"])),
        caught(lambda: tf.graph_util.extract_sub_graph(graph_def, ["nothing"])),
    )


@THEME.program
def variables_as_constants(tf, np):
    loss = trained(tf)
    table = tf.Variable([[1.0], [2.0]], name="table", use_resource=True)
    row = tf.gather(table, [1], name="row")
    total = tf.add(loss, tf.reduce_sum(row), name="total")
    sess = started(tf)
    graph_def = tf.get_default_graph().as_graph_def()
    convert = tf.graph_util.convert_variables_to_constants
    frozen = convert(sess, graph_def, ["total"])
    some = convert(sess, graph_def, ["total"], variable_names_whitelist=["hidden/v"])
    others = convert(sess, graph_def, ["total"], variable_names_blacklist=["hidden/v", "table"])
    want = sess.run(total, {"hidden/x:0": [1.0, 1.0]})
    found = rows(frozen), rows(some), rows(others)
    with tf.Graph().as_default():
        tf.import_graph_def(frozen, name="")
        with tf.Session() as sess:
            got = sess.run("total:0", {"hidden/x:0": [1.0, 1.0]})
    return found, want, got


@THEME.program(rtol=1e-5)
def variables_in_loops_and_branches_as_constants(tf, np):
    p, x = tf.placeholder(tf.bool, [], name="p"), tf.placeholder(tf.float32, [2], name="x")
    r = tf.Variable([0.5, 2.0], name="r", use_resource=True)
    v = tf.Variable([1.0, 3.0], name="v")
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * r + v), [0, x])
    z = tf.cond(p, lambda: y * r, lambda: y + v, name="choose")
    tf.identity(z, name="z")
    sess = started(tf)
    graph_def = tf.get_default_graph().as_graph_def()
    frozen = tf.graph_util.convert_variables_to_constants(sess, graph_def, ["z"])
    found = rows(frozen)

    def values(session):
        return [session.run("z:0", {"x:0": [1.0, 2.0], "p:0": c}) for c in (True, False)]

    want = values(sess)
    with tf.Graph().as_default():
        tf.import_graph_def(frozen, name="")
        with tf.Session() as sess:
            return found, want, values(sess)


@THEME.program
def training_nodes_removed(tf, np):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.identity(tf.identity(tf.negative(x), name="a"), name="b")
    with tf.control_dependencies([tf.check_numerics(x, "bad", name="check")]):
        tf.negative(y, name="checked")
    with tf.control_dependencies([tf.identity(x, name="waited")]):
        z = tf.identity(y, name="c")
    tf.add(z, y, name="sum")
    graph_def = tf.get_default_graph().as_graph_def()
    remove = tf.graph_util.remove_training_nodes
    return rows(remove(graph_def)), rows(remove(graph_def, protected_nodes=["b"]))


@THEME.program
def places_and_shapes(tf, np):
    ops = [
        tf.constant(1).op,
        tf.constant(1.0).op,
        tf.constant("a").op,
        tf.cast(tf.constant(1), tf.float32).op,
        tf.cast(tf.constant(1.0), tf.int32).op,
        tf.Variable(1.0).op,
    ]
    must = tf.graph_util.must_run_on_cpu
    a = tf.zeros([2, 3], name="a")
    tf.split(a, 3, axis=1, name="s")
    graph = tf.get_default_graph()
    shapes = [tf.graph_util.tensor_shape_from_node_def_name(graph, n) for n in ("a", "s:1")]
    return (
        [must(op) for op in ops],
        [must(op.node_def, pin_variables_on_cpu=True) for op in ops],
        shapes,
    )


@THEME.program
def graph_defs_of_a_graph(tf, np):
    tf.constant(1.0, name="a")
    version = tf.get_default_graph().version
    with tf.control_dependencies([tf.no_op(name="z"), tf.no_op(name="b")]):
        tf.identity([1.0, 2.0], name="i")
    graph = tf.get_default_graph()
    return (
        rows(graph.as_graph_def()),
        rows(graph.as_graph_def(from_version=version)),
        rows(graph.as_graph_def(add_shapes=True)),
        str(graph.as_graph_def().versions).split(),
    )
