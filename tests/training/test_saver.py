import base64
import json
from pathlib import Path

import numpy as np
import pytest

import evergraph as tf
from evergraph import protos
from evergraph.training.saveables import SaveableObject, SaveSpec

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.fixture(autouse=True)
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with tf.Graph().as_default() as graph:
        yield graph


def make_variables() -> None:
    tf.Variable([1.0, 2.0], name="v")
    tf.Variable(3, name="w")
    tf.get_variable("r", initializer=np.ones((2, 2), np.float32), use_resource=True)
    tf.get_variable(
        "p",
        shape=[4, 3],
        partitioner=tf.fixed_size_partitioner(2),
        initializer=tf.ones_initializer(),
    )


def initialized_session() -> tf.Session:
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


def nodes(scope: str) -> list[tuple[str, str, list[str], str]]:
    return [
        (n.name.removeprefix(scope), n.op, [i.replace(scope, "/") for i in n.input], n.device)
        for n in tf.get_default_graph().as_graph_def().node
        if n.name.startswith(scope)
    ]


CPU = "/device:CPU:0"
HEAD = [
    ("filename/input", "Const", [], ""),
    ("filename", "PlaceholderWithDefault", ["/filename/input"], ""),
    ("Const", "PlaceholderWithDefault", ["/filename"], ""),
]
SLICES = ["/Const", "/SaveV2/tensor_names", "/SaveV2/shape_and_slices"]
RESTORE = [
    ("RestoreV2/tensor_names", "Const", [], CPU),
    ("RestoreV2/shape_and_slices", "Const", [], CPU),
    (
        "RestoreV2",
        "RestoreV2",
        ["/Const", "/RestoreV2/tensor_names", "/RestoreV2/shape_and_slices"],
        CPU,
    ),
]
# Recorded from TensorFlow 1.15.5.
PLAIN = [
    *HEAD,
    ("SaveV2/tensor_names", "Const", [], ""),
    ("SaveV2/shape_and_slices", "Const", [], ""),
    (
        "SaveV2",
        "SaveV2",
        [*SLICES, "p/part_0/read", "p/part_1/read", "r/Read/ReadVariableOp", "v", "w"],
        "",
    ),
    ("control_dependency", "Identity", ["/Const", "^/SaveV2"], ""),
    *RESTORE,
    ("Assign", "Assign", ["p/part_0", "/RestoreV2"], ""),
    ("Assign_1", "Assign", ["p/part_1", "/RestoreV2:1"], ""),
    ("Identity", "Identity", ["/RestoreV2:2"], ""),
    ("AssignVariableOp", "AssignVariableOp", ["r", "/Identity"], ""),
    ("Assign_2", "Assign", ["v", "/RestoreV2:3"], ""),
    ("Assign_3", "Assign", ["w", "/RestoreV2:4"], ""),
    (
        "restore_all",
        "NoOp",
        ["^/Assign", "^/AssignVariableOp", "^/Assign_1", "^/Assign_2", "^/Assign_3"],
        "",
    ),
]
SHARDED = [
    *HEAD,
    ("StringJoin/inputs_1", "Const", [], ""),
    ("StringJoin", "StringJoin", ["/Const", "/StringJoin/inputs_1"], ""),
    ("num_shards", "Const", [], ""),
    ("ShardedFilename/shard", "Const", [], CPU),
    (
        "ShardedFilename",
        "ShardedFilename",
        ["/StringJoin", "/ShardedFilename/shard", "/num_shards"],
        CPU,
    ),
    ("SaveV2/tensor_names", "Const", [], CPU),
    ("SaveV2/shape_and_slices", "Const", [], CPU),
    ("SaveV2", "SaveV2", ["/ShardedFilename", *SLICES[1:], "w"], CPU),
    ("control_dependency", "Identity", ["/ShardedFilename", "^/SaveV2"], CPU),
    ("ShardedFilename_1/shard", "Const", [], CPU),
    (
        "ShardedFilename_1",
        "ShardedFilename",
        ["/StringJoin", "/ShardedFilename_1/shard", "/num_shards"],
        CPU,
    ),
    ("SaveV2_1/tensor_names", "Const", [], CPU),
    ("SaveV2_1/shape_and_slices", "Const", [], CPU),
    (
        "SaveV2_1",
        "SaveV2",
        ["/ShardedFilename_1", "/SaveV2_1/tensor_names", "/SaveV2_1/shape_and_slices", "g"],
        CPU,
    ),
    ("control_dependency_1", "Identity", ["/ShardedFilename_1", "^/SaveV2_1"], CPU),
    (
        "MergeV2Checkpoints/checkpoint_prefixes",
        "Pack",
        [
            *("/ShardedFilename", "/ShardedFilename_1"),
            *("^/control_dependency", "^/control_dependency_1"),
        ],
        CPU,
    ),
    (
        "MergeV2Checkpoints",
        "MergeV2Checkpoints",
        ["/MergeV2Checkpoints/checkpoint_prefixes", "/Const"],
        CPU,
    ),
    (
        "Identity",
        "Identity",
        ["/Const", "^/MergeV2Checkpoints", "^/control_dependency", "^/control_dependency_1"],
        CPU,
    ),
    *RESTORE,
    ("Assign", "Assign", ["w", "/RestoreV2"], ""),
    ("restore_shard", "NoOp", ["^/Assign"], ""),
    ("RestoreV2_1/tensor_names", "Const", [], CPU),
    ("RestoreV2_1/shape_and_slices", "Const", [], CPU),
    (
        "RestoreV2_1",
        "RestoreV2",
        ["/Const", "/RestoreV2_1/tensor_names", "/RestoreV2_1/shape_and_slices"],
        CPU,
    ),
    ("Assign_1", "Assign", ["g", "/RestoreV2_1"], "/device:GPU:0"),
    ("restore_shard_1", "NoOp", ["^/Assign_1"], "/device:GPU:0"),
    ("restore_all/NoOp", "NoOp", ["^/restore_shard"], ""),
    ("restore_all/NoOp_1", "NoOp", ["^/restore_shard_1"], "/device:GPU:0"),
    ("restore_all", "NoOp", ["^/restore_all/NoOp", "^/restore_all/NoOp_1"], ""),
]
V1_RESHAPED = [
    *HEAD,
    ("save/tensor_names", "Const", [], ""),
    ("save/shapes_and_slices", "Const", [], ""),
    (
        "save",
        "SaveSlices",
        [
            *("/Const", "/save/tensor_names", "/save/shapes_and_slices"),
            *("r/Read/ReadVariableOp", "v"),
        ],
        "",
    ),
    ("control_dependency", "Identity", ["/Const", "^/save"], ""),
    *RESTORE,
    ("Reshape/shape", "Const", [], ""),
    ("Reshape", "Reshape", ["/RestoreV2", "/Reshape/shape"], ""),
    ("Identity", "Identity", ["/Reshape"], ""),
    ("AssignVariableOp", "AssignVariableOp", ["r", "/Identity"], ""),
    ("Reshape_1/shape", "Const", [], ""),
    ("Reshape_1", "Reshape", ["/RestoreV2:1", "/Reshape_1/shape"], ""),
    ("Assign", "Assign", ["v", "/Reshape_1"], ""),
    ("restore_all", "NoOp", ["^/Assign", "^/AssignVariableOp"], ""),
]


def test_nodes_are_those_of_tensorflow() -> None:
    make_variables()
    saver = tf.train.Saver()
    assert nodes("save/") == PLAIN
    assert saver.as_saver_def() == tf.train.SaverDef(
        filename_tensor_name="save/Const:0",
        save_tensor_name="save/control_dependency:0",
        restore_op_name="save/restore_all",
        max_to_keep=5,
        keep_checkpoint_every_n_hours=10000,
        version=tf.train.SaverDef.V2,
    )
    v, r = (x for x in tf.global_variables() if x.op.name in "vr")
    tf.train.Saver([v, r], reshape=True, name="own", write_version=tf.train.SaverDef.V1)
    assert nodes("own/") == V1_RESHAPED


def test_sharded_nodes_are_those_of_tensorflow() -> None:
    tf.Variable(3, name="w")
    with tf.device("/gpu:0"):
        tf.Variable(1.0, name="g")
    saver = tf.train.Saver(sharded=True)
    assert nodes("save/") == SHARDED
    assert saver.saver_def.save_tensor_name == "save/Identity:0"


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("version", [tf.train.SaverDef.V1, tf.train.SaverDef.V2])
def test_variables_come_back(version: int, sharded: bool) -> None:
    make_variables()
    with tf.device("/cpu:1"):
        tf.Variable(["a", "bc"], name="s")
    saver = tf.train.Saver(write_version=version, sharded=sharded)
    with initialized_session() as session:
        saved = session.run(tf.global_variables())
        path = saver.save(session, "m", global_step=2)
    assert path == ("m-2-?????-of-00002" if sharded and version == 1 else "m-2")
    assert tf.train.latest_checkpoint(".") == f"./{path}"
    assert Path("m-2.meta").exists()
    with tf.Session() as session:
        saver.restore(session, path)
        restored = session.run(tf.global_variables())
    for a, b in zip(saved, restored, strict=True):
        np.testing.assert_array_equal(a, b)


def test_meta_graph_brings_back_the_whole_program() -> None:
    make_variables()
    tf.add_to_collection("losses", tf.identity(tf.global_variables()[0], name="loss"))
    saver = tf.train.Saver()
    tf.add_to_collection("savers", saver)
    with initialized_session() as session:
        path = saver.save(session, "m")
        wanted = session.run(tf.global_variables())
    for scope in (None, "inner"):
        with tf.Graph().as_default(), tf.Session() as session:
            again = tf.train.import_meta_graph("m.meta", import_scope=scope)
            assert again is not None
            again.restore(session, path)
            variables = tf.global_variables()
            prefix = f"{scope}/" if scope else ""
            assert [v.op.name for v in variables] == [
                prefix + name for name in ("v", "w", "r", "p/part_0", "p/part_1")
            ]
            for a, b in zip(session.run(variables), wanted, strict=True):
                np.testing.assert_array_equal(a, b)
            assert variables[3]._save_slice_info.full_name == f"{prefix}p"
            assert tf.trainable_variables() == variables
            (loss,) = tf.get_collection("losses")
            assert session.run(loss).tolist() == [1.0, 2.0]
            (collected,) = tf.get_collection("savers")
            assert collected.saver_def.restore_op_name == f"{prefix}save/restore_all"
            again.save(session, "again")


def test_meta_graph_without_a_saver() -> None:
    tf.constant(1.0)
    tf.train.export_meta_graph("none.meta")
    tf.Variable(1.0)
    meta_graph = tf.train.export_meta_graph("some.meta", as_text=True)
    assert not meta_graph.HasField("saver_def")
    with tf.Graph().as_default():
        assert tf.train.import_meta_graph("none.meta") is None
    with tf.Graph().as_default():
        assert isinstance(tf.train.import_meta_graph("some.meta"), tf.train.Saver)


def test_names_are_mapped() -> None:
    v = tf.Variable([1.0, 2.0], name="v")
    with initialized_session() as session:
        tf.train.Saver({"other": v}).save(session, "m")
    assert tf.train.list_variables("m") == [("other", [2])]
    with tf.Graph().as_default(), tf.Session() as session:
        mine, rest = tf.Variable([0.0, 0.0]), tf.Variable(5.0)
        session.run(rest.initializer)
        tf.train.Saver({"other": mine}).restore(session, "m")
        assert session.run(mine).tolist() == [1.0, 2.0]
        assert session.run(rest) == 5.0


def test_reshape_takes_other_shapes() -> None:
    with initialized_session() as session:
        tf.Variable([1.0, 2.0], name="v")
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, "m")
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable([[0.0], [0.0]], name="v")
        tf.train.Saver(reshape=True).restore(session, "m")
        assert session.run(v).tolist() == [[1.0], [2.0]]


def test_old_checkpoints_are_deleted() -> None:
    tf.Variable(1.0, name="v")
    saver = tf.train.Saver(max_to_keep=2)
    with initialized_session() as session:
        for step in range(4):
            saver.save(session, "m", step)
    assert saver.last_checkpoints == ["m-2", "m-3"]
    assert sorted(path.stem for path in Path().glob("*.index")) == ["m-2", "m-3"]
    assert sorted(path.stem for path in Path().glob("*.meta")) == ["m-2", "m-3"]
    state = tf.train.get_checkpoint_state(".")
    assert list(state.all_model_checkpoint_paths) == ["./m-2", "./m-3"]
    other = tf.train.Saver(max_to_keep=2)
    other.recover_last_checkpoints(["m-1", "m-2", "m-3"])
    assert other.last_checkpoints == ["m-2", "m-3"]
    other.set_last_checkpoints(["m-3"])
    assert other.last_checkpoints == ["m-3"]


def test_all_are_kept_without_a_limit() -> None:
    tf.Variable(1.0, name="v")
    saver = tf.train.Saver(max_to_keep=None)
    with initialized_session() as session:
        for step in range(7):
            saver.save(session, "m", step, write_meta_graph=False)
    assert len(list(Path().glob("*.index"))) == 7
    assert saver.last_checkpoints == []
    assert list(tf.train.get_checkpoint_state(".").all_model_checkpoint_paths) == ["./m-6"]


def test_one_is_kept_for_good_every_n_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    # Recorded with saves every 0.4 s and H = 1.2 s: 3, 6 and 9 survive, and the newest two.
    clock = [1000.0]
    monkeypatch.setattr("evergraph.training.saver.time.time", lambda: clock[0])
    tf.Variable(1.0, name="v")
    saver = tf.train.Saver(max_to_keep=2, keep_checkpoint_every_n_hours=1.2 / 3600)
    with initialized_session() as session:
        for step in range(12):
            clock[0] = 1000.15 + 0.405 * step
            saver.save(session, "m", step, write_meta_graph=False)
    kept = sorted(int(path.stem[2:]) for path in Path().glob("*.index"))
    assert kept == [3, 6, 9, 10, 11]


def test_file_names() -> None:
    step = tf.Variable(7, name="step")
    with initialized_session() as session:
        padded = tf.train.Saver(pad_step_number=True, save_relative_paths=True)
        folder = str(Path.cwd() / "new")
        assert padded.save(session, f"{folder}/m", step) == f"{folder}/m-00000007"
        assert 'model_checkpoint_path: "m-00000007"' in Path("new/checkpoint").read_text()
        saver = tf.train.Saver()
        path = saver.save(
            session, "m", latest_filename="latest", meta_graph_suffix="graph", global_step=step
        )
        assert path == "m-7"
        assert Path("m-7.graph").exists()
        assert tf.train.latest_checkpoint(".", "latest") == "./m-7"
        assert saver.save(session, "quiet", write_state=False, write_meta_graph=False) == "quiet"
        assert not Path("checkpoint").exists()
        assert not Path("quiet.meta").exists()


def test_wrong_arguments_of_save_and_restore() -> None:
    tf.Variable(1.0, name="v")
    saver = tf.train.Saver()
    with initialized_session() as session:
        with pytest.raises(ValueError, match=r"Parent directory of x/y/m doesn't exist, can't sav"):
            saver.save(session, "x/y/m")
        with pytest.raises(ValueError, match="'latest_filename' collides with 'save_path'"):
            saver.save(session, "checkpoint")
        with pytest.raises(ValueError, match="'latest_filename' must not contain path components"):
            saver.save(session, "m", latest_filename="a/b")
        with pytest.raises(TypeError, match="'sess' must be a Session; 3"):
            saver.save(3, "m")
        with pytest.raises(ValueError, match="Can't load save_path when it is None"):
            saver.restore(session, None)
        with pytest.raises(ValueError, match="The passed save_path is not a valid checkpoint: no"):
            saver.restore(session, "no")
    with tf.Session() as session:
        message = "Attempting to use uninitialized value v"
        with pytest.raises(tf.errors.FailedPreconditionError, match=message):
            saver.save(session, "m")


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (
            lambda: tf.Variable(1.0, name="zz"),
            tf.errors.NotFoundError,
            "Restoring from checkpoint failed. This is most likely due to a Variable name or other "
            "graph key that is missing from the checkpoint.*Key zz not found in checkpoint",
        ),
        (
            lambda: tf.Variable(1, name="v"),
            tf.errors.InvalidArgumentError,
            "due to a mismatch between the current graph and the graph from the checkpoint.*"
            "expected dtype int32 does not equal original dtype float",
        ),
        (
            lambda: tf.Variable([1.0, 2.0, 3.0], name="v"),
            tf.errors.InvalidArgumentError,
            r"Assign requires shapes of both tensors to match. lhs shape= \[3\] rhs shape= \[2\]",
        ),
    ],
)
def test_checkpoints_that_do_not_fit(make, kind, message: str) -> None:
    tf.Variable([1.0, 2.0], name="v")
    with initialized_session() as session:
        tf.train.Saver().save(session, "m")
    with tf.Graph().as_default(), tf.Session() as session:
        make()
        with pytest.raises(kind, match=f"(?s){message}"):
            tf.train.Saver().restore(session, "m")


def one_twice() -> tf.train.Saver:
    v = tf.Variable(1.0)
    return tf.train.Saver({"a": v, "b": v})


def two_alike() -> tf.train.Saver:
    v = tf.Variable(1.0)
    return tf.train.Saver([v, v])


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (tf.train.Saver, ValueError, "No variables to save"),
        (
            lambda: tf.train.Saver([tf.constant(1.0)]),
            TypeError,
            "Variable to save is not a Variable: Tensor",
        ),
        (
            lambda: tf.train.Saver({"v": tf.constant(1.0)}),
            TypeError,
            "names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a",
        ),
        (
            lambda: tf.train.Saver(3),
            TypeError,
            "Variables to save should be passed in a dict or a list: 3",
        ),
        (
            lambda: tf.train.Saver({3: tf.Variable(1.0)}),
            TypeError,
            "Name is not a string: 3",
        ),
        (one_twice, ValueError, "The same saveable will be restored with two names: b"),
        (two_alike, ValueError, "At least two variables have the same name: Variable"),
        (
            lambda: tf.train.Saver([tf.Variable(1.0)], defer_build=True),
            ValueError,
            "If `var_list` is provided then build cannot be deferred",
        ),
        (
            lambda: tf.train.Saver(defer_build=True).save(None, "m"),
            RuntimeError,
            r"`build\(\)` should be called before save if defer_build==True",
        ),
        (lambda: tf.train.Saver(saver_def=3), ValueError, "saver_def must be a saver_pb2.SaverDef"),
        (
            lambda: tf.train.Saver(saver_def=tf.train.SaverDef()),
            ValueError,
            "saver_def must specify the save_tensor_name",
        ),
        (
            lambda: tf.train.Saver([tf.Variable(1.0)], write_version=9),
            RuntimeError,
            "Unexpected write_version: 9",
        ),
    ],
)
def test_savers_that_cannot_be_made(make, kind, message: str) -> None:
    with pytest.raises(kind, match=message):
        make()


def test_saver_without_variables() -> None:
    saver = tf.train.Saver(allow_empty=True)
    tf.constant(1.0)
    with tf.Session() as session:
        assert saver.save(session, "m") is None
        saver.restore(session, "m")
    assert Path("m.meta").exists()


def test_deferred_saver_knows_later_variables() -> None:
    saver = tf.train.Saver(defer_build=True)
    tf.Variable(1.0, name="v")
    saver.build()
    saver.build()
    with initialized_session() as session:
        saver.save(session, "m")
    assert tf.train.list_variables("m") == [("v", [])]


def test_own_saveables() -> None:
    v = tf.Variable([1.0, 2.0], name="v")

    class Doubled(SaveableObject):
        def __init__(self) -> None:
            specs = [
                SaveSpec(v * 2.0, "", "doubled", dtype=tf.float32),
                SaveSpec(lambda: tf.constant(5), "", "five", dtype=tf.int32, device=""),
            ]
            super().__init__(v, specs, "doubled")

        def restore(self, restored_tensors, restored_shapes):
            return v.assign(restored_tensors[0] / 2.0)

    tf.add_to_collection(tf.GraphKeys.SAVEABLE_OBJECTS, Doubled())
    saver = tf.train.Saver(tf.get_collection(tf.GraphKeys.SAVEABLE_OBJECTS))
    with initialized_session() as session:
        saver.save(session, "m")
        assert tf.train.load_variable("m", "doubled").tolist() == [2.0, 4.0]
        assert tf.train.load_variable("m", "five") == 5
        saver.restore(session, "m")
        assert session.run(v).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="Calling an abstract method"):
        SaveableObject(v, [], "x").restore([], None)
    with pytest.raises(AssertionError, match="an explicit dtype and device must be provided"):
        SaveSpec(lambda: v, "", "x")


@pytest.mark.parametrize("case", sorted(p.name for p in (FIXTURES / "ckpt").glob("v?_*")))
def test_checkpoints_of_tensorflow_are_restored(case: str) -> None:
    folder = FIXTURES / "ckpt" / case
    tensors = json.loads((folder / "expected.json").read_text())["tensors"]
    wanted = {}
    with np.load(folder / "values.npz") as values:
        for name, entry in tensors.items():
            dtype = tf.as_dtype(entry["dtype"])
            if dtype.is_quantized or name == "emb/table":
                continue
            if dtype == tf.string:
                array = np.empty(len(entry["base64"]), object)
                array[:] = list(map(base64.b64decode, entry["base64"]))
            else:
                array = values[entry["array"]].astype(dtype.as_numpy_dtype)
            wanted[name] = array.reshape(entry["shape"])
            blank = np.full(entry["shape"], b"", object)
            tf.Variable(blank if dtype == tf.string else np.zeros_like(wanted[name]), name=name)
        table = values["emb/table"]
    with tf.variable_scope("emb", partitioner=tf.fixed_size_partitioner(2)):
        parts = tf.get_variable("table", shape=[10, 3], initializer=tf.zeros_initializer())
    variables = {v.op.name: v for v in tf.global_variables() if not v.op.name.startswith("emb")}
    latest = tf.train.latest_checkpoint(str(folder))
    with tf.Session() as session:
        tf.train.Saver().restore(session, latest)
        restored = session.run(variables)
        assert set(restored) == set(wanted)
        for name, array in wanted.items():
            np.testing.assert_array_equal(restored[name], array, err_msg=name)
        np.testing.assert_array_equal(np.concatenate(session.run(list(parts))), table)


def test_checkpoint_of_2x_with_object_keys() -> None:
    v = tf.Variable([1.0, 2.0], name="v")
    with initialized_session() as session:
        graph = protos.TrackableObjectGraph()
        graph.nodes.add().attributes.add(
            name="VARIABLE_VALUE", full_name="v", checkpoint_key="layer/kernel/.ATTRIBUTES/VALUE"
        )
        key = "_CHECKPOINTABLE_OBJECT_GRAPH"
        record = tf.Variable(graph.SerializeToString(), name="record")
        session.run(record.initializer)
        keys = {"layer/kernel/.ATTRIBUTES/VALUE": v, key: record}
        tf.train.Saver(keys).save(session, "m")
        session.run(v.assign([0.0, 0.0]))
        tf.train.Saver([v]).restore(session, "m")
        assert session.run(v).tolist() == [1.0, 2.0]
        other = tf.Variable(1.0, name="other")
        with pytest.raises(tf.errors.NotFoundError, match="Existing variables not in the checkpoi"):
            tf.train.Saver([other]).restore(session, "m")


def test_graph_is_written(tmp_path: Path) -> None:
    tf.constant(1.0, name="c")
    path = tf.train.write_graph(tf.get_default_graph(), "new/er", "g.pbtxt")
    assert path == "new/er/g.pbtxt"
    assert 'name: "c"' in Path(path).read_text()
    path = tf.train.write_graph(tf.get_default_graph().as_graph_def(), "new", "g.pb", False)
    assert tf.GraphDef.FromString(Path(path).read_bytes()).node[0].name == "c"
