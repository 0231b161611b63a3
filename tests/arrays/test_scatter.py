import ml_dtypes
import numpy as np
import pytest

from evergraph.arrays import numpy_backend
from evergraph.arrays.checks import CheckFailure
from tests.arrays.backends import Case, assert_backends_agree, each_dtype

MODES = ["set", "add", "subtract", "multiply", "divide", "minimum", "maximum"]
DTYPES = (
    np.float16,
    ml_dtypes.bfloat16,
    np.float32,
    np.float64,
    np.int8,
    np.int32,
    np.int64,
)


def i32(*values):
    return np.array(values, np.int32)


@each_dtype(*DTYPES)
def test_scatters_agree(dtype):
    x = (np.arange(12).reshape(4, 3) + 5).astype(dtype)
    u = (np.arange(9).reshape(3, 3) % 4 + 1).astype(dtype)
    cases = []
    for mode in MODES:
        cases += [
            Case(
                f"{mode} rows",
                lambda xp, x, i, u, m=mode: xp.scatter(x, i, u, m),
                (x, i32(3, 0, 3), u),
                4,
            ),
            Case(
                f"{mode} scalar", lambda xp, x, i, m=mode: xp.scatter(x, i, 2, m), (x, i32(1, 2)), 4
            ),
            Case(
                f"{mode} outside",
                lambda xp, x, i, u, m=mode: xp.scatter(x, i, u, m),
                (x, i32(3, 4, 0), u),
            ),
            Case(
                f"{mode} below",
                lambda xp, x, i, u, m=mode: xp.scatter(x, i, u, m),
                (x, i32(3, -1, 0), u),
            ),
            Case(
                f"{mode} elements",
                lambda xp, x, i, u, m=mode: xp.scatter_nd_update(x, i, u, m),
                (x, i32([0, 1], [3, 2], [0, 1]), u[0]),
                4,
            ),
            Case(
                f"{mode} all",
                lambda xp, x, i, u, m=mode: xp.scatter_nd_update(x, i, u, m),
                (u, np.zeros((1, 0), np.int32), u[np.newaxis]),
                4,
            ),
        ]
    cases += [
        Case("nd", lambda xp, i, u: xp.scatter_nd(i, u, (5, 3)), (i32([4], [0], [4]), u)),
        Case("nd outside", lambda xp, i, u: xp.scatter_nd(i, u, (4, 3)), (i32([4], [0], [4]), u)),
        Case(
            "nothing",
            lambda xp, i, u: xp.scatter_nd(i, u, (4, 3)),
            (np.zeros((0, 1), np.int32), u[:0]),
        ),
    ]
    assert_backends_agree(cases)


def test_sets_of_other_kinds_agree():
    b = np.array([True, False, True])
    z = np.array([1 + 1j, 2, 3j], np.complex64)
    cases = [
        Case("bools", lambda xp, x, i: xp.scatter(x, i, ~b[:2]), (b, i32(2, 0))),
        Case("complex", lambda xp, x, i: xp.scatter(x, i, z[:2], "add"), (z, i32(2, 2))),
    ]
    assert_backends_agree(cases)


def test_duplicates_are_taken_in_order():
    x = np.zeros(3, np.float32)
    got = numpy_backend.scatter(x, i32(1, 1, 1), np.float32([5, 6, 7]))
    assert got.tolist() == [0, 7, 0]
    assert x.tolist() == [0, 0, 0]


@each_dtype(*DTYPES)
def test_segments_agree(dtype):
    data = (np.arange(12).reshape(6, 2) % 5 + 1).astype(dtype)
    ids, shuffled = i32(0, 0, 2, 2, 2, 4), i32(3, 0, -1, 3, 0, 4)
    cases = []
    for name in ("sum", "prod", "max", "min", "mean"):
        for given in (ids, ids[::-1].copy(), ids - 1, ids + 2):
            cases.append(
                Case(
                    f"{name} {given}",
                    lambda xp, d, i, n=name: getattr(xp, f"segment_{n}")(d, i, 6),
                    (data, given),
                    4,
                )
            )
    for name in ("sum", "prod", "max", "min"):
        for given in (shuffled, shuffled + 2, ids[:0]):
            cases.append(
                Case(
                    f"unsorted {name} {given}",
                    lambda xp, d, i, n=name: getattr(xp, f"unsorted_segment_{n}")(d, i, 5),
                    (data[: len(given)], given),
                    4,
                )
            )
        cases.append(
            Case(
                f"unsorted {name} elements",
                lambda xp, d, i, n=name: getattr(xp, f"unsorted_segment_{n}")(d, i, 5),
                (data, np.stack([shuffled, ids], 1)),
                4,
            )
        )
    assert_backends_agree(cases)


def test_segments_are_tensorflows():
    x, ids = np.float32([1, 2, 3]), i32(0, 2, 2)
    results = {
        n: getattr(numpy_backend, f"segment_{n}")(x, ids).tolist()
        for n in ("sum", "prod", "max", "mean")
    }
    assert results == {"sum": [1, 0, 5], "prod": [1, 1, 6], "max": [1, 0, 3], "mean": [1, 0, 2.5]}
    least = float(np.finfo(np.float32).min)
    got = numpy_backend.unsorted_segment_max(x, i32(0, 2, -1), 3).tolist()
    assert got == [1, least, 2]
    wrong = [
        (lambda: numpy_backend.segment_sum(x, i32(0, 2, 1)), "segment ids are not increasing"),
        (
            lambda: numpy_backend.segment_sum(x, i32(-1, 2, 2)),
            "Segment id -1 out of range [0, 3), possibly because 'segment_ids' input is "
            "not sorted.",
        ),
        (
            lambda: numpy_backend.unsorted_segment_sum(x, i32(0, 2, 9), 3),
            "segment_ids[2] = 9 is out of range [0, 3)",
        ),
    ]
    for call, text in wrong:
        with pytest.raises(CheckFailure) as caught:
            call()
        assert caught.value.message == text


def test_rows_of_tables_agree():
    table = np.arange(12, dtype=np.float32).reshape(4, 3)
    updates = np.ones((4, 3), np.float32)

    def rule(xp):
        return lambda rows, u: [
            xp.subtract(xp.multiply(rows[0], 2), u),
            xp.add(rows[1], rows[0]),
        ]

    cases = [
        Case(
            f"rows {ids.tolist()}",
            lambda xp, t, i, u: xp.update_rows(rule(xp), [t, t], i, u),
            (table, ids, updates),
        )
        for ids in (i32(0, 1, 2, 3), i32(2, 2, 0, 2), i32(0, 1, 2, 4))
    ]
    assert_backends_agree(cases)
