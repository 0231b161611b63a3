"""CRC-32C, plain and masked as every TensorFlow file stores it.

Reference: TensorFlow 1.15, tensorflow/core/lib/hash/crc32c.h.
"""

from __future__ import annotations

from typing import Any, Final

import google_crc32c
import numpy as np

_MASK_DELTA: Final = 0xA282EAD8
_32_BITS: Final = 0xFFFFFFFF


def crc32c(data: Any, previous: int = 0) -> int:
    """CRC-32C of `data`, continued from the CRC `previous` of what stands before it.

    Args:
        data: bytes, or any contiguous buffer (an array isn't copied).
        previous: the CRC so far, unmasked; 0 at the start.
    """
    if not isinstance(data, bytes):
        # The C function takes read-only buffers alone; a read-only view costs no copy.
        view = np.frombuffer(data, np.uint8) if memoryview(data).nbytes else np.empty(0, np.uint8)
        view.flags.writeable = False
        data = view
    crc: int = google_crc32c.extend(previous, data) if previous else google_crc32c.value(data)
    return crc


def mask(crc: int) -> int:
    """The stored form of a CRC: rotated right by 15 bits, plus a constant.

    The CRC of data that holds CRCs would be weak without it.
    """
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _32_BITS


def unmask(masked: int) -> int:
    """The CRC whose stored form is `masked`."""
    rotated = (masked - _MASK_DELTA) & _32_BITS
    return ((rotated >> 17) | (rotated << 15)) & _32_BITS


def masked_crc32c(data: Any) -> int:
    """`mask(crc32c(data))`."""
    return mask(crc32c(data))
