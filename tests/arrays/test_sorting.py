import numpy as np
import pytest

from evergraph.arrays import numpy_backend
from evergraph.arrays.checks import CheckFailure
from tests.arrays.backends import Case, assert_backends_agree, each_dtype


@each_dtype(np.float16, np.float32, np.float64, np.int8, np.uint8, np.int32, np.int64)
def test_sorting_agrees(dtype):
    x = np.array([[3, 1, 2, 3, 0, 1], [5, 5, 5, 9, 1, 2]], dtype)
    cases = [Case(f"top {k}", lambda xp, v, k=k: xp.top_k(v, k), (x,)) for k in (0, 1, 4, 6)]
    for axis in (0, -1):
        for descending in (False, True):
            cases += [
                Case("sort", lambda xp, v, a=axis, d=descending: xp.sort(v, a, d), (x,)),
                Case("argsort", lambda xp, v, a=axis, d=descending: xp.argsort(v, a, d), (x,)),
            ]
    assert_backends_agree(cases)


def test_rows_are_ordered_by_their_columns():
    rows = np.array([[2, 0], [0, 3], [2, 0], [0, 1], [-1, 9]])
    columns = (rows[:, 0], rows[:, 1])
    assert numpy_backend.lexsort(columns).tolist() == [4, 3, 1, 0, 2]
    assert_backends_agree([Case("rows", lambda xp, a, b: xp.lexsort([a, b]), columns)])


def test_first_of_equals_comes_first():
    values, places = numpy_backend.top_k(np.float32([1, 3, 3, 2]), 3)
    assert (values.tolist(), places.tolist()) == ([3, 3, 2], [1, 2, 3])


def test_counting_and_searching_agree():
    v = np.array([[1, 1, 5], [2, 0, 1]], np.int32)
    w = np.arange(6, dtype=np.float32).reshape(2, 3)
    rows = np.array([[1, 2, 2, 3], [0, 0, 0, 7]], np.float32)
    wanted = np.array([[2, 0, 9], [0, 7, -1]], np.float32)
    cases = [
        Case("counts", lambda xp, v: xp.bincount(v, 4, None, np.int64), (v,)),
        Case("weights", lambda xp, v, w: xp.bincount(v, 4, w, np.float32), (v, w)),
        Case("negative", lambda xp, v: xp.bincount(v, 4, None, np.int64), (v - 1,)),
        Case("left", lambda xp, r, v: xp.searchsorted(r, v), (rows, wanted)),
        Case("right", lambda xp, r, v: xp.searchsorted(r, v, "right", np.int64), (rows, wanted)),
        Case("in nothing", lambda xp, r, v: xp.searchsorted(r, v), (rows[:, :0], wanted)),
    ]
    assert_backends_agree(cases)
    with pytest.raises(CheckFailure, match="Input arr must be non-negative!"):
        numpy_backend.bincount(np.array([1, -1]), 3, None, np.int32)


def test_unique_keeps_the_order_of_first_appearance():
    values, places, counts = numpy_backend.unique(np.array([7, 3, 7, 7, 1, 3]))
    assert (values.tolist(), places.tolist(), counts.tolist()) == (
        [7, 3, 1],
        [0, 1, 0, 0, 2, 1],
        [3, 2, 1],
    )
    words = np.array([b"b", b"a", b"b"], object)
    values, places, counts = numpy_backend.unique(words)
    assert (values.tolist(), places.tolist(), counts.tolist()) == ([b"b", b"a"], [0, 1, 0], [2, 1])


def test_nonzero_is_row_major():
    assert numpy_backend.nonzero(np.array([[0, 1], [2, 0]])).tolist() == [[0, 1], [1, 0]]
