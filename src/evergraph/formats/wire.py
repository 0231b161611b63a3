"""Variable-length integers, and the ordered code that keys of tensor slices are written in.

Reference: TensorFlow 1.15, tensorflow/core/lib/strings/ordered_code.h and lib/core/coding.h.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Extent = tuple[int, int]
"""Start and length of a slice along one dimension; the length is -1 for "all of it"."""

WHOLE: Extent = (0, -1)


def varint(value: int) -> bytes:
    """`value` >= 0 in groups of 7 bits, the lowest first, the high bit set on all but the last."""
    out = bytearray()
    while value > 0x7F:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """The integer that starts at `position`, and the position after it.

    Raises:
        IndexError: `data` ends in the middle.
    """
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def ordered_number(value: int) -> bytes:
    """`value` >= 0: one byte that counts the bytes, then these, the highest first."""
    length = (value.bit_length() + 7) // 8
    return bytes([length]) + value.to_bytes(length, "big")


def ordered_string(text: bytes) -> bytes:
    """`text` with 00 as 00 ff and ff as ff 00, ended by 00 01."""
    return b"".join(_ESCAPES.get(byte, bytes([byte])) for byte in text) + b"\x00\x01"


_ESCAPES = {0x00: b"\x00\xff", 0xFF: b"\xff\x00"}


def ordered_signed(value: int) -> bytes:
    """A signed integer in n bytes, n leading one bits folded into its sign (n = 1 for -64..63)."""
    length = 1
    while not -(1 << (7 * length - 1)) <= value < 1 << (7 * length - 1):
        length += 1
    data = bytearray(value.to_bytes(max(length, 2), "big", signed=True)[-length:])
    header = ((1 << length) - 1) << (16 - length)  # n one bits; more than 8 reach the second byte
    data[0] ^= header >> 8
    if length > 8:
        data[1] ^= header & 0xFF
    return bytes(data)


def slice_key(name: str, extents: Sequence[Extent]) -> bytes:
    """The key under which a checkpoint keeps the slice `extents` of tensor `name`."""
    parts = [ordered_number(0), ordered_string(name.encode()), ordered_number(len(extents))]
    for start, length in extents:
        parts += [ordered_signed(start), ordered_signed(length)]
    return b"".join(parts)


def slice_text(extents: Iterable[Extent]) -> str:
    """A slice as Saver writes it into `shape_and_slices`: "0,4:-"."""
    return ":".join("-" if (s, n) == WHOLE else f"{s},{n}" for s, n in extents)


def parse_slice_text(text: str) -> tuple[Extent, ...]:
    """The extents that `slice_text` wrote.

    Raises:
        ValueError: a part is neither "-" nor two non-negative integers.
    """
    extents = []
    for part in text.split(":"):
        if part == "-":
            extents.append(WHOLE)
            continue
        start, comma, length = part.partition(",")
        if not comma or not start.isdecimal() or not length.isdecimal() or int(length) == 0:
            raise ValueError(f"Expected a pair of numbers or '-' but got '{part}': string = {text}")
        extents.append((int(start), int(length)))
    return tuple(extents)


def parse_shape_and_slice(text: str) -> tuple[tuple[int, ...], tuple[Extent, ...]]:
    """The whole shape and the extents in an entry of `shape_and_slices`: "11 4 0,4:0,4".

    Raises:
        ValueError: `text` isn't of this form.
    """
    *sizes, slice_part = text.split(" ")
    if not sizes:
        raise ValueError(f"Need least two elements in shape_and_slice specification: {text}")
    if not all(size.isdecimal() for size in sizes):
        bad = next(size for size in sizes if not size.isdecimal())
        raise ValueError(f"Non numerical dimension in shape_and_slice: {bad} in {text}")
    extents = parse_slice_text(slice_part)
    if len(extents) != len(sizes):
        raise ValueError(f"Shape and slice have different numbers of dimensions: {text}")
    return tuple(map(int, sizes)), extents
