import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergraph.formats.wire import (
    ordered_signed,
    ordered_string,
    parse_slice_text,
    read_varint,
    slice_key,
    slice_text,
    varint,
)


@given(st.integers(0, 2**64 - 1))
def test_varint_is_read_back(value: int) -> None:
    assert read_varint(varint(value) + b"rest", 0) == (value, len(varint(value)))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "80"),
        (4, "84"),
        (-1, "7f"),
        (63, "bf"),
        (-64, "40"),
        (64, "c040"),
        (8192, "e02000"),
        (100000, "e186a0"),
    ],
)
def test_ordered_signed_as_tensorflow_writes_it(value: int, code: str) -> None:
    assert ordered_signed(value).hex() == code


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_codes_are_in_the_order_of_their_numbers(a: int, b: int) -> None:
    assert (ordered_signed(a) < ordered_signed(b)) == (a < b)


@given(st.binary(), st.binary())
def test_codes_are_in_the_order_of_their_strings(a: bytes, b: bytes) -> None:
    assert (ordered_string(a) < ordered_string(b)) == (a < b)


def test_slice_key_as_tensorflow_writes_it() -> None:
    key = "00 656d622f7461626c65 00 01 01 02 84 83 80 83"
    assert slice_key("emb/table", ((4, 3), (0, 3))) == bytes.fromhex(key)
    assert slice_key("s", ((0, -1),)) == bytes.fromhex("00 73 00 01 01 01 80 7f")


def test_slice_text_is_parsed_back() -> None:
    extents = ((0, 4), (0, -1))
    assert slice_text(extents) == "0,4:-"
    assert parse_slice_text("0,4:-") == extents
    with pytest.raises(ValueError, match="Expected a pair of numbers or '-' but got 'x'"):
        parse_slice_text("0,4:x")
