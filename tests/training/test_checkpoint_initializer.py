from pathlib import Path

import pytest

import evergraph as tf


@pytest.fixture(autouse=True)
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with tf.Graph().as_default(), tf.Session() as session:
        make_variables("old", [1.0, 2.0], 3.0, tf.ones_initializer())
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, "d/m")
    with tf.Graph().as_default() as graph:
        yield graph


def make_variables(scope: str, a, b, p):
    with tf.variable_scope(scope):
        return (
            tf.get_variable("a", initializer=a),
            tf.get_variable("b", initializer=b, use_resource=True),
            tf.get_variable(
                "p", shape=[4, 2], partitioner=tf.fixed_size_partitioner(2), initializer=p
            ),
        )


def values(variables) -> list:
    a, b, p = variables
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [
            session.run(a).tolist(),
            float(session.run(b)),
            float(sum(session.run(part).sum() for part in p)),
        ]


@pytest.mark.parametrize(
    ("make_map", "expected"),
    [
        (lambda a, b, p: {"old/": "new/"}, [[1.0, 2.0], 3.0, 8.0]),
        (lambda a, b, p: {"old/a": a, "old/b": "new/b"}, [[1.0, 2.0], 3.0, 0.0]),
        (lambda a, b, p: {"old/p": "new/p"}, [[0.0, 0.0], 0.0, 8.0]),
        (lambda a, b, p: {"old/p": list(p)}, [[0.0, 0.0], 0.0, 8.0]),
        (lambda a, b, p: {"old/p": p}, [[0.0, 0.0], 0.0, 8.0]),
    ],
)
@pytest.mark.parametrize("source", ["d", "d/m"])
def test_initial_values_are_those_of_the_checkpoint(source: str, make_map, expected) -> None:
    variables = make_variables("new", [0.0, 0.0], 0.0, tf.zeros_initializer())
    tf.train.init_from_checkpoint(source, make_map(*variables))
    assert values(variables) == expected


def test_whole_checkpoint_at_once() -> None:
    variables = make_variables("old", [0.0, 0.0], 0.0, tf.zeros_initializer())
    tf.train.init_from_checkpoint("d", {"/": "/"})
    assert values(variables) == [[1.0, 2.0], 3.0, 8.0]


def test_nodes_are_those_of_tensorflow() -> None:
    a, b, _ = make_variables("new", [0.0, 0.0], 0.0, tf.zeros_initializer())
    count = len(tf.get_default_graph().get_operations())
    tf.train.init_from_checkpoint("d", {"old/a": a, "old/b": b})
    cpu = "/device:CPU:0"
    made = tf.get_default_graph().get_operations()[count:]
    names = ("/prefix", "/tensor_names", "/shape_and_slices", "")
    assert [(op.name, op.device) for op in made] == [
        *((f"checkpoint_initializer{name}", cpu) for name in names),
        ("Assign", ""),
        *((f"checkpoint_initializer_1{name}", cpu) for name in names),
        ("Identity", ""),
        ("AssignVariableOp", ""),
    ]
    assert a.initializer.name == "Assign:0"
    assert a.initial_value.shape.as_list() == [2]


@pytest.mark.parametrize(
    ("source", "make_map", "message"),
    [
        ("d", lambda a: {"old/x": a}, "Tensor old/x is not found in d checkpoint"),
        ("d", lambda a: {"old/b": a}, r"Shape of variable new/a:0 \(\(2,\)\) doesn't match with"),
        ("d", lambda a: {"old": "new"}, "should map to scope only old. Should be 'scope/': 'oth"),
        ("d", lambda a: {"/": "new/"}, r"Tensor a \(a in /\) is not found in d checkpoint"),
        (".", lambda a: {"/": "new/"}, "Couldn't find 'checkpoint' file or checkpoints in given"),
    ],
)
def test_what_does_not_fit(source: str, make_map, message: str) -> None:
    a, _, _ = make_variables("new", [0.0, 0.0], 0.0, tf.zeros_initializer())
    with pytest.raises(ValueError, match=message):
        tf.train.init_from_checkpoint(source, make_map(a))
