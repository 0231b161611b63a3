import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergraph import protos
from evergraph.core import errors
from evergraph.formats.tfrecord import (
    GZIP,
    PLAIN,
    ZLIB,
    RecordReader,
    RecordWriter,
    frame,
    read_records,
)

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "tfrecord"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
COMPRESSIONS = {"plain": PLAIN, "gzip": GZIP, "zlib": ZLIB}


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_examples_written_by_tensorflow(kind: str) -> None:
    records = list(read_records(FOLDER / f"examples_{kind}.tfrecord", COMPRESSIONS[kind]))
    assert len(records) == len(EXPECTED["examples"])
    for record, expected in zip(records, EXPECTED["examples"], strict=True):
        features = protos.Example.FromString(record).features.feature
        assert list(features["id"].int64_list.value) == expected["id"]
        assert list(features["x"].float_list.value) == pytest.approx(expected["x"])
        names = [base64.b64decode(name) for name in expected["name_b64"]]
        assert names in (list(feature.bytes_list.value) for feature in features.values())


@pytest.mark.parametrize("kind", COMPRESSIONS)
def test_records_of_odd_sizes(kind: str) -> None:
    records = list(read_records(FOLDER / f"raw_{kind}.tfrecord", COMPRESSIONS[kind]))
    assert list(map(len, records)) == EXPECTED["raw_lengths"]


@pytest.mark.parametrize("kind", ["truncated", "corrupt"])
def test_damage_is_a_data_loss_error_after_the_good_records(kind: str) -> None:
    expected = EXPECTED["errors"][kind]
    with RecordReader(FOLDER / f"{kind}.tfrecord") as reader:
        for _ in range(expected["good_records"]):
            reader.read()
        with pytest.raises(errors.DataLossError, match=expected["message"]):
            reader.read()


def test_plain_file_is_written_byte_for_byte(tmp_path: Path) -> None:
    original = FOLDER / "examples_plain.tfrecord"
    with RecordWriter(tmp_path / "copy") as writer:
        for record in read_records(original):
            writer.write(record)
    assert (tmp_path / "copy").read_bytes() == original.read_bytes()


def test_empty_record_is_framed_as_tensorflow_does() -> None:
    assert frame(b"") == bytes.fromhex("00" * 8 + "29039807" + "d8ea82a2")


@given(st.lists(st.binary(max_size=50), max_size=5), st.sampled_from(list(COMPRESSIONS.values())))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes], compression: str
) -> None:
    path = tmp_path_factory.mktemp("records") / "f"
    with RecordWriter(path, compression) as writer:
        for record in records:
            writer.write(record)
            writer.flush()
    assert list(read_records(path, compression)) == records


def test_reader_goes_on_when_the_file_has_grown(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with RecordWriter(path) as writer, RecordReader(path) as reader:
        with pytest.raises(errors.OutOfRangeError):
            reader.read()
        writer.write(b"late")
        writer.flush()
        assert reader.read() == b"late"
        assert reader.offset == path.stat().st_size


def test_compressed_members_follow_one_another(tmp_path: Path) -> None:
    path = tmp_path / "f"
    for record in (b"one", b"two"):
        with RecordWriter(path, GZIP, append=True) as writer:
            writer.write(record)
    assert list(read_records(path, GZIP)) == [b"one", b"two"]


def test_plain_file_read_as_zlib_is_data_loss() -> None:
    with pytest.raises(errors.DataLossError, match=r"inflate\(\) failed"):
        list(read_records(FOLDER / "raw_plain.tfrecord", ZLIB))


def test_errors_of_opening(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError, match="No such file or directory"):
        RecordReader(tmp_path / "missing")
    with pytest.raises(errors.NotFoundError, match="No such file or directory"):
        RecordWriter(tmp_path / "missing" / "f")
    with pytest.raises(errors.InvalidArgumentError, match="Unsupported compression_type:LZMA"):
        RecordWriter(tmp_path / "f", "LZMA")


def test_closed_writer_takes_nothing(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path / "f")
    writer.close()
    writer.close()
    for call in (lambda: writer.write(b""), writer.flush):
        with pytest.raises(errors.FailedPreconditionError, match=r"Writer is closed\."):
            call()
