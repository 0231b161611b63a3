"""PNG files of 8- and 16-bit images, for summaries and `encode_png`.

Reference: PNG (ISO/IEC 15948), sections 5, 7, 9 and 11.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES: Final = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> grey, grey + alpha, RGB, RGBA


def encode_png(image: np.ndarray, level: int = -1) -> bytes:
    """The PNG file of an image.

    Args:
        image: uint8 or uint16 `[height, width, channels]`, 1 to 4 channels.
        level: zlib's compression level, 0 to 9; -1 for its default.
    """
    height, width, channels = image.shape
    rows = np.ascontiguousarray(image, image.dtype.newbyteorder(">")).view(np.uint8)
    rows = rows.reshape(height, width * channels * image.itemsize)
    filtered = np.zeros((height, rows.shape[1] + 1), np.uint8)  # filter 0 before each row
    filtered[:, 1:] = rows
    header = struct.pack(
        ">IIBBBBB", width, height, 8 * image.itemsize, _COLOR_TYPES[channels], 0, 0, 0
    )
    data = zlib.compress(filtered.tobytes(), level)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(body, zlib.crc32(kind))
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)
