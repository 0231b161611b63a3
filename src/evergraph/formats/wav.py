"""WAV files of 16-bit samples, for summaries and `encode_wav`.

Reference: TensorFlow 1.15, tensorflow/core/lib/wav/wav_io.cc.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

_PCM: Final = 1
_SAMPLE_BYTES: Final = 2


def encode_wav(audio: np.ndarray, sample_rate: int) -> bytes:
    """The WAV file of `audio`.

    Args:
        audio: float32 `[frames, channels]`; -1 to 1, what lies outside is clipped.
        sample_rate: frames per second.
    """
    channels = audio.shape[1]
    scaled = np.asarray(audio, np.float32) * np.float32(1 << 15)
    rounded = np.copysign(np.floor(np.abs(scaled) + np.float32(0.5)), scaled)  # halves go outwards
    data: bytes = np.clip(rounded, -(1 << 15), (1 << 15) - 1).astype("<i2").tobytes()
    frame_bytes = channels * _SAMPLE_BYTES
    form = struct.pack(
        "<HHIIHH",
        _PCM,
        channels,
        sample_rate,
        sample_rate * frame_bytes,
        frame_bytes,
        8 * _SAMPLE_BYTES,
    )
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks
