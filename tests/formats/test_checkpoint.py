import base64
import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from evergraph.core import dtypes, errors
from evergraph.formats.checkpoint import open_checkpoint
from evergraph.formats.tensor_bundle import BundleReader, BundleWriter, merge_bundles
from evergraph.formats.tensor_slices import SliceReader, SliceWriter
from evergraph.formats.wire import parse_slice_text

CKPT = Path(__file__).resolve().parents[1] / "fixtures" / "ckpt"
CASES = [
    f"{kind}_{version}{sharded}"
    for kind in ("v1", "v2")
    for version in ("tf012", "tf115", "tf221")
    for sharded in ("", "_sharded")
]
INDEX = """
00 00 06 08 01 1a 02 08 01
00 01 0b 67 08 03 12 00 28 04 35 a7 8d 9d 88
00 01 11 73 08 07 12 04 12 02 08 02 20 04 28 09 35 d5 30 d8 5f
00 01 11 77 08 01 12 04 12 02 08 02 20 0d 28 08 35 59 3c e5 35
00 00 00 00 01 00 00 00 00 7b a3 f2 d5
00 00 00 00 01 00 00 00 00 c0 f2 a1 b0
00 01 02 78 00 4a 00 00 00 00 01 00 00 00 00 05 da c1 de
4f 08 5c 0e
"""
DATA = "07 00 00 00 02 01 03 71 7c 67 61 62 63 00 00 80 3f 00 00 00 40"
V1_BLOCK = """
00 00 33 0a 31 0a 09 0a 01 67 12 00 18 03 22 00 0a 0f 0a 01 73 12 04 12 02 08 02 18 07 22 02 0a 00
0a 0f 0a 01 77 12 04 12 02 08 02 18 01 22 02 0a 00 12 02 08 01
00 05 0c 00 67 00 01 00 12 0a 0a 01 67 12 00 1a 03 3a 01 07
01 07 12 73 00 01 01 01 80 7f 12 10 0a 01 73 12 02 0a 00 1a 07 42 02 61 62 42 01 63
01 07 15 77 00 01 01 01 80 7f 12 13 0a 01 77 12 02 0a 00 1a 0a 2a 08 00 00 80 3f 00 00 00 40
"""
EXAMPLE = {
    "g": np.int32(7),
    "s": np.array([b"ab", b"c"], object),
    "w": np.array([1, 2], np.float32),
}


def expected_tensors(case: str) -> dict[str, tuple[dtypes.DType, np.ndarray]]:
    folder = CKPT / case
    tensors = json.loads((folder / "expected.json").read_text())["tensors"]
    result = {}
    with np.load(folder / "values.npz") as values:
        for name, entry in tensors.items():
            dtype = dtypes.as_dtype(entry["dtype"])
            if dtype is dtypes.string:
                array = np.empty(len(entry["base64"]), object)
                array[:] = list(map(base64.b64decode, entry["base64"]))
            else:
                array = values[entry["array"]]
            if dtype is dtypes.bfloat16:
                array = array.astype(ml_dtypes.bfloat16)
            elif dtype.is_quantized:
                array = array.view(dtype.as_numpy_dtype)
            result[name] = (dtype, array.reshape(entry["shape"]))
    return result


@pytest.mark.parametrize("case", CASES)
def test_checkpoints_of_tensorflow_are_read(case: str) -> None:
    reader = open_checkpoint(CKPT / case / "model.ckpt-300")
    expected = expected_tensors(case)
    assert set(reader.entries) == set(expected)
    for name, (dtype, array) in expected.items():
        entry = reader.entry(name)
        assert (entry.dtype, entry.shape) == (dtype, array.shape)
        value = reader.read(name)
        assert value.dtype == np.dtype(dtype.as_numpy_dtype)
        np.testing.assert_array_equal(value, array)
        assert value.flags.writeable
    table = expected["emb/table"][1]
    for text, rows in (("4,3:-", slice(4, 7)), ("2,7:-", slice(2, 9))):
        part = reader.read_slice("emb/table", parse_slice_text(text))
        np.testing.assert_array_equal(part, table[rows])
    column = reader.read_slice("scope/inner/big", parse_slice_text("-:3,2"))
    np.testing.assert_array_equal(column, expected["scope/inner/big"][1][:, 3:5])
    reader.close()


@pytest.mark.parametrize("case", ["v2_tf115", "v2_tf221"])
def test_v2_files_are_written_byte_for_byte(case: str, tmp_path: Path) -> None:
    original = CKPT / case / "model.ckpt-300"
    reader = BundleReader(str(original))
    writer = BundleWriter(str(tmp_path / "copy"))
    for name in sorted(reader.entries):  # the order of Saver, by full name
        entry = reader.entry(name)
        for part in entry.slices:
            writer.add_slice(name, entry.shape, part, reader.read_slice(name, part))
        if not entry.slices:
            writer.add(name, reader.read(name), entry.dtype)
    writer.finish()
    reader.close()
    for kind in (".index", ".data-00000-of-00001"):
        copy = Path(f"{tmp_path / 'copy'}{kind}")
        assert copy.read_bytes() == Path(f"{original}{kind}").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_small_v2_checkpoint_byte_for_byte(tmp_path: Path) -> None:
    writer = BundleWriter(str(tmp_path / "new" / "m"))
    for name, value in EXAMPLE.items():
        writer.add(name, value)
    writer.finish()
    data = (tmp_path / "new" / "m.data-00000-of-00001").read_bytes()
    index = (tmp_path / "new" / "m.index").read_bytes()
    assert data == bytes.fromhex(DATA)
    head = bytes.fromhex(INDEX)
    assert index == head.ljust(len(index) - 8, b"\0") + bytes.fromhex("57fb808b247547db")
    assert len(index) == len(head) - 4 + 48


def test_small_v1_checkpoint_byte_for_byte(tmp_path: Path) -> None:
    writer = SliceWriter(str(tmp_path / "m"))
    for name, value in EXAMPLE.items():
        writer.add(name, value)
    writer.finish()
    block = bytes.fromhex(V1_BLOCK)
    assert (tmp_path / "m").read_bytes()[: len(block)] == block


@pytest.mark.parametrize("case", ["v1_tf012", "v1_tf115", "v1_tf221"])
def test_v1_tensors_are_written_and_read(case: str, tmp_path: Path) -> None:
    reader = SliceReader(str(CKPT / case / "model.ckpt-300"))
    writer = SliceWriter(str(tmp_path / "copy"))
    for name, entry in reader.entries.items():
        for part in entry.slices:
            writer.add_slice(name, entry.shape, part, reader.read_slice(name, part), entry.dtype)
    writer.finish()
    copy = open_checkpoint(tmp_path / "copy")
    assert copy.entries == reader.entries
    for name in reader.entries:
        np.testing.assert_array_equal(copy.read(name), reader.read(name))
    reader.close()
    copy.close()
    assert (tmp_path / "copy").read_bytes() == (CKPT / case / "model.ckpt-300").read_bytes()


def test_shards_are_merged(tmp_path: Path) -> None:
    table = np.arange(12, dtype=np.int64).reshape(4, 3)
    parts = [str(tmp_path / "temp" / f"part-{i}") for i in range(2)]
    for i, prefix in enumerate(parts):
        writer = BundleWriter(prefix)
        writer.add(f"v{i}", np.float32(i))
        writer.add_slice("table", (4, 3), ((2 * i, 2), (0, -1)), table[2 * i : 2 * i + 2])
        writer.finish()
    merge_bundles(parts, str(tmp_path / "m"))
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == [
        "m.data-00000-of-00002",
        "m.data-00001-of-00002",
        "m.index",
    ]
    reader = BundleReader(str(tmp_path / "m"))
    assert reader.read("v1") == 1
    np.testing.assert_array_equal(reader.read("table"), table)
    reader.close()
    assert list((tmp_path / "temp").iterdir()) == []


def test_same_tensor_in_two_shards_is_refused(tmp_path: Path) -> None:
    parts = [str(tmp_path / f"part-{i}") for i in range(2)]
    for prefix in parts:
        writer = BundleWriter(prefix)
        writer.add("v", np.float32(0))
        writer.finish()
    with pytest.raises(errors.InvalidArgumentError, match="Duplicate tensor keyed by v"):
        merge_bundles(parts, str(tmp_path / "m"))


def test_missing_names_and_files(tmp_path: Path) -> None:
    reader = open_checkpoint(CKPT / "v2_tf115" / "model.ckpt-300")
    with pytest.raises(errors.NotFoundError, match=r"^Key nope not found in checkpoint$"):
        reader.read("nope")
    reader.close()
    reader = open_checkpoint(CKPT / "v1_tf115" / "model.ckpt-300")
    with pytest.raises(errors.NotFoundError, match=r'^Tensor name "nope" not found in checkpoint'):
        reader.read("nope")
    reader.close()
    message = "Failed to find any matching files for .*missing"
    with pytest.raises(errors.NotFoundError, match=message):
        open_checkpoint(tmp_path / "missing")
    with pytest.raises(errors.NotFoundError):
        BundleWriter(str(tmp_path / "two" / "levels" / "m"))
    text = tmp_path / "text"
    text.write_text("no table")
    with pytest.raises(errors.DataLossError, match="Unable to open table file"):
        open_checkpoint(text)


def test_damaged_data_is_data_loss(tmp_path: Path) -> None:
    writer = BundleWriter(str(tmp_path / "m"))
    for name, value in EXAMPLE.items():
        writer.add(name, value)
    with pytest.raises(errors.InvalidArgumentError, match="duplicate key: w"):
        writer.add("w", np.float32(0))
    writer.finish()
    path = tmp_path / "m.data-00000-of-00001"
    data = bytearray(path.read_bytes())
    for position, name, message in (
        (0, "g", "Checksum does not match: stored"),
        (4, "s", "The length checksum does not match"),
        (12, "s", "Checksum does not match"),
    ):
        damaged = bytearray(data)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        reader = BundleReader(str(tmp_path / "m"))
        with pytest.raises(errors.DataLossError, match=message):
            reader.read(name)
        reader.close()
    path.write_bytes(data[:-1])
    reader = BundleReader(str(tmp_path / "m"))
    with pytest.raises(errors.DataLossError, match="ends before byte"):
        reader.read("w")
    reader.close()


def test_abandoned_checkpoint_leaves_nothing(tmp_path: Path) -> None:
    writer = BundleWriter(str(tmp_path / "m"))
    writer.add("w", np.float32(0))
    writer.abandon()
    assert list(tmp_path.iterdir()) == []
