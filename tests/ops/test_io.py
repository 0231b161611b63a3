import re
from pathlib import Path

import numpy as np
import pytest

import evergraph as tf
from evergraph.formats.tensor_bundle import BundleReader
from evergraph.ops import io

CKPT = Path(__file__).resolve().parents[1] / "fixtures" / "ckpt"


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetches):
    with tf.Session() as session:
        return session.run(fetches)


def test_tensors_of_every_kind_are_saved_and_restored(tmp_path: Path) -> None:
    prefix = str(tmp_path / "new" / "m")
    values = [
        np.array([1.5, -2.0], np.float32),
        np.array([b"", b"\x00\xff"], object),
        np.array(3, np.int64),
        np.array([True, False]),
        np.array([1, 2], np.float16),
        np.array([[1 + 2j]], np.complex64),
        np.zeros([0, 3], np.uint8),
    ]
    names = [f"t{i}" for i in range(len(values))]
    tensors = [tf.constant(value) for value in values]
    run(io.save_v2(prefix, names, [""] * len(names), tensors))
    again = run(io.restore_v2(prefix, names, [""] * len(names), [t.dtype for t in tensors]))
    for value, restored in zip(values, again, strict=True):
        np.testing.assert_array_equal(restored, value)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_parts_are_saved_and_restored(version: str, tmp_path: Path) -> None:
    prefix = str(tmp_path / "m")
    table = np.arange(12, dtype=np.float32).reshape(4, 3)
    names, slices = ["t", "t", "w"], ["4 3 0,1:0,3", "4 3 1,3:0,3", ""]
    parts = [tf.constant(table[:1]), tf.constant(table[1:]), tf.constant(7)]
    save = io.save_v2 if version == "v2" else io.SAVE_SLICES
    run(save(prefix, names, slices, parts))
    whole, part, column = io.restore_v2(
        prefix, ["t"] * 3, ["", "4 3 0,2:-", "4 3 -:1,1"], [tf.float32] * 3
    )
    assert part.shape.as_list() == [2, 3]
    assert whole.shape.ndims is None
    for tensor, expected in ((whole, table), (part, table[:2]), (column, table[:, 1:2])):
        np.testing.assert_array_equal(run(tensor), expected)


def test_older_ops_of_imported_graphs(tmp_path: Path) -> None:
    path = str(tmp_path / "m")
    run(io.SAVE(path, ["a", "b"], [tf.constant([1.0, 2.0]), tf.constant(3)]))
    assert run(io.RESTORE(path, "b", dt=tf.int32)) == 3
    part = io.RESTORE_SLICE(path, "a", "2 1,1", dt=tf.float32)
    assert part.shape.as_list() == [1]
    assert run(part).tolist() == [2.0]
    assert run(io.RESTORE_SLICE(path, "a", "", dt=tf.float32)).tolist() == [1.0, 2.0]


def test_shards_are_named_and_merged(tmp_path: Path) -> None:
    prefix = str(tmp_path / "m")
    shards = [io.SHARDED_FILENAME(f"{prefix}_temp/part", i, 2) for i in range(2)]
    assert run(shards[1]).endswith(b"m_temp/part-00001-of-00002")
    assert run(io.SHARDED_FILESPEC("p", 3)) == b"p-?????-of-00003"
    saves = [
        io.save_v2(shard, [f"t{i}"], [""], [tf.constant(float(i))])
        for i, shard in enumerate(shards)
    ]
    with tf.control_dependencies(saves):
        merge = io.MERGE_V2_CHECKPOINTS(shards, prefix)
    run(merge)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("m.data-00000-of-00002", "m.data-00001-of-00002", "m.index"),
    ]
    reader = BundleReader(prefix)
    assert reader.read("t1") == 1
    reader.close()


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (
            lambda p: io.restore_v2(f"{p}/nope", ["v"], [""], [tf.float32]),
            tf.errors.NotFoundError,
            "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for",
        ),
        (
            lambda p: io.restore_v2(f"{p}/m", ["zz"], [""], [tf.float32]),
            tf.errors.NotFoundError,
            "Key zz not found in checkpoint",
        ),
        (
            lambda p: io.restore_v2(f"{p}/m", ["v"], [""], [tf.int32]),
            tf.errors.InvalidArgumentError,
            "tensor_name = v; expected dtype int32 does not equal original dtype float",
        ),
        (
            lambda p: io.restore_v2(f"{p}/m", ["v"], ["3 0,2"], [tf.float32]),
            tf.errors.InvalidArgumentError,
            "tensor_name = v; shape in shape_and_slice spec [3] does not match the shape stored in "
            "checkpoint: [2]",
        ),
        (
            lambda p: io.save_v2(f"{p}/k", ["v"], ["3 0,2"], [tf.constant(1.0)]),
            tf.errors.InvalidArgumentError,
            "Slice in shape_and_slice specification does not match the shape of the tensor to  "
            "save: 3 0,2, tensor: []",
        ),
        (
            lambda p: io.save_v2(f"{p}/k", ["v", "v"], ["", ""], [tf.constant(1.0)] * 2),
            tf.errors.InvalidArgumentError,
            "Adding duplicate key: v",
        ),
        (
            lambda p: io.save_v2(f"{p}/a/b/k", ["v"], [""], [tf.constant(1.0)]),
            tf.errors.NotFoundError,
            "/a/b; No such file or directory",
        ),
    ],
)
def test_errors_while_running(make, kind, message: str, tmp_path: Path) -> None:
    run(io.save_v2(f"{tmp_path}/m", ["v"], [""], [tf.constant([1.0, 2.0])]))
    fetch = make(tmp_path)
    with pytest.raises(kind, match=re.escape(message)):
        run(fetch)
    assert not list(tmp_path.glob("k*"))


def test_errors_while_building() -> None:
    with pytest.raises(ValueError, match="Dimension 0 in both shapes must be equal, but are 2 and"):
        io.restore_v2("m", ["v", "w"], [""], [tf.float32])
    with pytest.raises(ValueError, match="Dimension must be 1 but is 2 for 'SaveV2'"):
        io.save_v2("m", ["v", "w"], [""], [tf.constant(1.0)])
    message = "Expected a pair of numbers or '-' but got '0': string = 0 for .*<2 0>"
    with pytest.raises(ValueError, match=message):
        io.restore_v2("m", ["v"], ["2 0"], [tf.float32])
    with pytest.raises(ValueError, match="The number of shape_and_slice doesn't match"):
        io.restore_v2("m", ["v", "w"], ["", ""], [tf.float32])
    for text, message in (
        ("0,1", "Need least two elements"),
        ("x 0,1", "Non numerical dimension"),
        ("2 3 0,1", "different numbers of dimensions"),
    ):
        with pytest.raises(ValueError, match=message):
            io.restore_v2("m", ["v"], [text], [tf.float32])


@pytest.mark.parametrize("case", sorted(path.name for path in CKPT.glob("v?_*")))
def test_checkpoints_of_tensorflow_are_restored(case: str) -> None:
    prefix = str(CKPT / case / "model.ckpt-300")
    with np.load(CKPT / case / "values.npz") as values:
        names = ["global_step", "scope/inner/big", "t/bool", "t/float64"]
        expected = [values[name] for name in names]
        table = values["emb/table"]
    types = [tf.as_dtype(array.dtype) for array in expected]
    restored = run(io.restore_v2(prefix, names, [""] * 4, types))
    for array, wanted in zip(restored, expected, strict=True):
        np.testing.assert_array_equal(array, wanted)
    (part,) = run(io.restore_v2(prefix, ["emb/table"], ["10 3 3,5:0,3"], [tf.float32]))
    np.testing.assert_array_equal(part, table[3:8])
