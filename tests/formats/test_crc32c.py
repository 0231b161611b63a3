import numpy as np
import pytest

from evergraph.formats.crc32c import crc32c, mask, masked_crc32c, unmask


def test_known_values() -> None:
    # RFC 3720, appendix B.4.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"") == 0
    assert masked_crc32c(b"").to_bytes(4, "little") == bytes.fromhex("d8ea82a2")


@pytest.mark.parametrize("crc", [0, 1, 0x8A9136AA, 0xFFFFFFFF])
def test_unmask_undoes_mask(crc: int) -> None:
    assert unmask(mask(crc)) == crc
    assert mask(crc) != crc


def test_any_buffer_and_continuation() -> None:
    data = bytes(range(100))
    whole = crc32c(data)
    assert crc32c(bytearray(data)) == whole
    assert crc32c(memoryview(data)) == whole
    assert crc32c(np.arange(100, dtype=np.uint8)) == whole
    assert crc32c(np.empty(0, np.float32)) == 0
    assert crc32c(data[60:], crc32c(data[:60])) == whole
