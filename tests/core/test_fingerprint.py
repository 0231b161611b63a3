"""Fingerprints of bytes as TensorFlow 1.15.5 has them (string_to_hash_bucket_fast)."""

import pytest

from evergraph.core.fingerprint import fingerprint64

# length -> tf.string_to_hash_bucket_fast(b"abc...", 2**40 + 15), the text repeating the alphabet
KNOWN = {
    0: 254048799513,
    1: 436683564805,
    3: 689120099820,
    4: 954700432867,
    7: 185107457934,
    8: 178272105915,
    16: 744943255832,
    17: 855305856078,
    32: 709500952786,
    33: 974867158265,
    64: 395582849219,
    65: 624756778370,
    127: 1004688480667,
    128: 406901302983,
    129: 373971894900,
    300: 210107392596,
}


@pytest.mark.parametrize("size", sorted(KNOWN))
def test_fingerprints_of_every_length_class(size):
    text = (b"abcdefghijklmnopqrstuvwxyz" * 20)[:size]
    assert fingerprint64(text) % (2**40 + 15) == KNOWN[size]
