import ml_dtypes
import numpy as np
import pytest

from evergraph.arrays import numpy_backend as xp
from tests.arrays.backends import FLOATS, Case, assert_backends_agree

INTEGERS = (
    np.int8,
    np.uint8,
    np.int16,
    np.uint16,
    np.int32,
    np.uint32,
    np.int64,
    np.uint64,
    np.bool_,
)
NAN, INF = np.nan, np.inf
VALUES = [
    NAN,
    INF,
    -INF,
    300.7,
    -300.7,
    1e10,
    -1e10,
    3e9,
    -3e9,
    1e20,
    -1e20,
    -1.5,
    0.5,
    -0.0,
    127.9,
    70000.0,
]
LEAST, TOP = -(2**31), 2**63
# What TensorFlow 1.15.5 gave on x86-64 for VALUES in float64.
RECORDED = {
    np.int8: [0, 0, 0, 44, -44, 0, 0, 0, 0, 0, 0, -1, 0, 0, 127, 112],
    np.uint8: [0, 0, 0, 44, 212, 0, 0, 0, 0, 0, 0, 255, 0, 0, 127, 112],
    np.int16: [0, 0, 0, 300, -300, 0, 0, 0, 0, 0, 0, -1, 0, 0, 127, 4464],
    np.uint16: [0, 0, 0, 300, 65236, 0, 0, 0, 0, 0, 0, 65535, 0, 0, 127, 4464],
    np.int32: [LEAST] * 3 + [300, -300] + [LEAST] * 6 + [-1, 0, 0, 127, 70000],
    np.uint32: [
        0,
        0,
        0,
        300,
        4294966996,
        1410065408,
        2884901888,
        3000000000,
        1294967296,
        0,
        0,
        4294967295,
        0,
        0,
        127,
        70000,
    ],
    np.int64: [-TOP] * 3
    + [300, -300, 10**10, -(10**10), 3 * 10**9, -3 * 10**9, -TOP, -TOP, -1, 0, 0, 127, 70000],
    np.uint64: [
        TOP,
        0,
        TOP,
        300,
        2**64 - 300,
        10**10,
        2**64 - 10**10,
        3 * 10**9,
        2**64 - 3 * 10**9,
        0,
        TOP,
        2**64 - 1,
        0,
        0,
        127,
        70000,
    ],
    np.bool_: [True] * 13 + [False, True, True],
}


@pytest.mark.parametrize("dtype", INTEGERS)
def test_floats_to_integers_are_tensorflows(dtype):
    got = xp.cast(np.array(VALUES), dtype)
    assert got.dtype == dtype
    assert got.tolist() == RECORDED[dtype]


def test_casts_agree():
    cases = []
    for source in FLOATS:
        with np.errstate(all="ignore"):
            x = np.array(VALUES).astype(source)
        for want in (*INTEGERS, *FLOATS, np.complex64, np.complex128):
            cases.append(Case(f"{source} -> {want}", lambda xp, v, w=want: xp.cast(v, w), (x,), 0))
    for source in INTEGERS[:-1]:
        info = np.iinfo(source)
        x = np.array([0, 1, 5, info.max, info.min, info.max // 3], source)
        for want in (*INTEGERS, *FLOATS, np.complex64):
            cases.append(Case(f"{source} -> {want}", lambda xp, v, w=want: xp.cast(v, w), (x,), 0))
    z = np.array([0, 2j, 1.7 + 2j], np.complex64)
    cases += [
        Case(f"complex -> {w}", lambda xp, v, w=w: xp.cast(v, w), (z,))
        for w in (np.bool_, np.int32, np.float16)
    ]
    b = np.array([True, False])
    cases += [
        Case(f"bool -> {w}", lambda xp, v, w=w: xp.cast(v, w), (b,))
        for w in (np.int8, np.float16, np.complex64)
    ]
    assert_backends_agree(cases)


def test_truncating_casts_round_toward_zero():
    x = np.array([1.0009, 65520.0, NAN], np.float32)
    assert xp.cast(x, np.float16, True).tolist()[:2] == [1.0, 65504.0]
    near = xp.cast(np.array([1.1, 1e300]), np.float32, True)
    assert near[0] == np.float32(1.0999999046325684) and np.isinf(near[1])
    y = xp.cast(np.array([1.0117, 3.4e38], np.float32), ml_dtypes.bfloat16, True)
    assert y.astype(np.float64).tolist() == [1.0078125, 3.3895313892515355e38]
    cases = [
        Case(
            f"{s}->{w}",
            lambda xp, v, w=w: xp.cast(v, w, True),
            (np.array([1.0009, -3.3, NAN, INF, 65519.0], s),),
        )
        for s in (np.float32, np.float64)
        for w in (np.float16, ml_dtypes.bfloat16, np.float32)
    ]
    assert_backends_agree(cases)


def test_bitcasts_agree():
    f = np.array([[1.5, -2.0], [0.1, 7.0]], np.float32)
    b = np.arange(16, dtype=np.uint8).reshape(2, 8)
    z = np.array([1 + 2j, 3.5j], np.complex64)
    cases = [
        Case("same", lambda xp, v: xp.bitcast(v, np.int32), (f,)),
        Case("wider", lambda xp, v: xp.bitcast(v, np.float64), (f,)),
        Case("narrower", lambda xp, v: xp.bitcast(v, np.uint8), (f,)),
        Case("half", lambda xp, v: xp.bitcast(v, np.float16), (f,)),
        Case("scalar", lambda xp, v: xp.bitcast(v, np.uint16), (np.float32(1.5),)),
        Case("from bytes", lambda xp, v: xp.bitcast(v, np.int64), (b,)),
        Case("complex to int64", lambda xp, v: xp.bitcast(v, np.int64), (z,)),
        Case("complex to float", lambda xp, v: xp.bitcast(v, np.float32), (z,)),
        Case("complex to bytes", lambda xp, v: xp.bitcast(v, np.uint8), (z,)),
        Case("float pairs to complex", lambda xp, v: xp.bitcast(v, np.complex64), (f,)),
        Case(
            "double to complex", lambda xp, v: xp.bitcast(v, np.complex64), (f.astype(np.float64),)
        ),
        Case("bytes to complex", lambda xp, v: xp.bitcast(v, np.complex64), (b,)),
    ]
    assert_backends_agree(cases)


def test_doubles_reach_half_through_float32():
    assert xp.cast(np.array([1.00048828125 + 1e-10]), np.float16)[0] == 1.0
