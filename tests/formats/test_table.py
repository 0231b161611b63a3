import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergraph.core import errors
from evergraph.formats.table import TableReader, TableWriter, snappy_uncompress

CKPT = Path(__file__).resolve().parents[1] / "fixtures" / "ckpt"
FILES = [
    "multiblock/v2.index",
    "multiblock/v1",
    "v2_tf115/model.ckpt-300.index",
    "v2_tf012_sharded/model.ckpt-300.index",
    "v1_tf115/model.ckpt-300",
    "v1_tf221_sharded/model.ckpt-300-00001-of-00003",
]


@pytest.mark.parametrize("name", FILES)
def test_tables_of_tensorflow_are_written_byte_for_byte(name: str) -> None:
    reader = TableReader(CKPT / name)
    out = io.BytesIO()
    writer = TableWriter(out)
    for key, value in reader:
        writer.add(key, value)
    writer.finish()
    reader.close()
    assert out.getvalue() == (CKPT / name).read_bytes()


def test_keys_are_found_in_every_block() -> None:
    reader = TableReader(CKPT / "multiblock/v2.index")
    assert len(reader._handles) > 1
    for i in (0, 1799, 3599):
        key = f"{hashlib.sha256(str(i).encode()).hexdigest()}/v{i}".encode()
        assert reader.get(key) is not None
        assert reader.get(key + b"x") is None
    assert reader.get(b"") is not None
    assert reader.get(b"\xff") is None
    reader.close()


@given(st.dictionaries(st.binary(max_size=8), st.binary(max_size=8)))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[bytes, bytes]
) -> None:
    path = tmp_path_factory.mktemp("table") / "t"
    with path.open("wb") as file:
        writer = TableWriter(file)
        for key in sorted(entries):
            writer.add(key, entries[key])
        writer.finish()
    reader = TableReader(path)
    assert dict(reader) == entries
    assert list(reader) == sorted(entries.items())
    assert all(reader.get(key) == value for key, value in entries.items())
    reader.close()


def test_keys_must_ascend() -> None:
    writer = TableWriter(io.BytesIO())
    writer.add(b"b", b"")
    with pytest.raises(ValueError, match="keys must ascend"):
        writer.add(b"a", b"")


def test_damage_is_data_loss(tmp_path: Path) -> None:
    data = bytearray((CKPT / "v2_tf115/model.ckpt-300.index").read_bytes())
    path = tmp_path / "t"
    path.write_bytes(data[:40])
    with pytest.raises(errors.DataLossError, match="file is too short to be an sstable"):
        TableReader(path)
    path.write_bytes(data[:-1] + b"x")
    with pytest.raises(errors.DataLossError, match=r"not an sstable \(bad magic number\)"):
        TableReader(path)
    data[20] ^= 1
    path.write_bytes(data)
    reader = TableReader(path)
    with pytest.raises(errors.DataLossError, match="block checksum mismatch"):
        list(reader)
    reader.close()
    with pytest.raises(errors.NotFoundError):
        TableReader(tmp_path / "missing")


def test_snappy_blocks_are_uncompressed() -> None:
    # Literals with the length in the tag and in a byte, copies with offsets of 1, 2 and 4 bytes.
    literal = bytes(range(100))
    data = b"".join(
        (
            bytes([0x86, 0x01]),  # 134 bytes
            bytes([60 << 2, 99]) + literal,
            bytes([(5 - 4) << 2 | 1, 10]),  # 5 bytes from 10 back
            bytes([(9 - 1) << 2 | 2, 3, 0]),  # 9 bytes from 3 back: overlaps
            bytes([(16 - 1) << 2 | 3, 50, 0, 0, 0]),
            bytes([3 << 2]) + b"wxyz",
        )
    )
    expected = bytearray(literal)
    for length, back in ((5, 10), (9, 3), (16, 50)):
        for _ in range(length):
            expected.append(expected[-back])
    expected += b"wxyz"
    assert snappy_uncompress(data) == bytes(expected)
    with pytest.raises(errors.DataLossError, match="corrupted compressed block contents"):
        snappy_uncompress(data[:-1])
    assert np.frombuffer(literal, np.uint8).size == 100
