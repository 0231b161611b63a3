import numpy as np
import pytest

from evergraph.arrays import numpy_backend
from evergraph.arrays.checks import CheckFailure
from evergraph.arrays.slicing import SliceMasks
from tests.arrays.backends import Case, assert_backends_agree

X = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)


def i32(*values):
    return np.array(values, np.int32)


def test_gathers_agree():
    cases = [
        Case("rows", lambda xp, x, i: xp.gather(x, i), (X, i32(1, 0, 1))),
        Case("scalar", lambda xp, x, i: xp.gather(x, i, 2), (X, np.int32(3))),
        Case("axis -2", lambda xp, x, i: xp.gather(x, i, -2), (X, i32([1, 0], [3, 3]))),
        Case("nothing", lambda xp, x, i: xp.gather(x, i, 1), (X, np.zeros((0, 2), np.int64))),
        Case("out of range", lambda xp, x, i: xp.gather(x, i), (X, i32(0, 2))),
        Case("negative", lambda xp, x, i: xp.gather(x, i), (X, i32(0, -1))),
        Case("empty table", lambda xp, x, i: xp.gather(x, i), (X[:0], i32(0))),
        Case("strings of bool", lambda xp, x, i: xp.gather(x, i), (X > 50, i32(1))),
        Case("uint8 indices", lambda xp, x, i: xp.gather(x, i, 1), (X, np.array([2], np.uint8))),
    ]
    batched = np.array([[[0, 2]], [[1, 1]]], np.int32)
    for axis in (1, 2, 3):
        cases.append(
            Case(f"batch axis {axis}", lambda xp, x, i, a=axis: xp.gather(x, i, a, 1), (X, batched))
        )
    two = np.arange(6, dtype=np.int64).reshape(2, 3, 1) % 4
    cases.append(Case("two batch axes", lambda xp, x, i: xp.gather(x, i, 3, 2), (X, two)))
    cases.append(Case("batch -1", lambda xp, x, i: xp.gather(x, i, 3, -1), (X, two)))
    assert_backends_agree(cases)


def test_batched_gather_is_a_gather_for_each_row():
    x, i = X[:, :, 0], np.array([[0, 2], [1, 1]])
    got = numpy_backend.gather(x, i, 1, 1)
    assert np.array_equal(got, np.stack([x[0][i[0]], x[1][i[1]]]))
    got = numpy_backend.gather(X, i, 2, 1)
    assert np.array_equal(got, np.stack([X[b][:, i[b]] for b in range(2)]))


def test_gather_nds_agree():
    pairs = i32([[0, 1], [1, 2]])
    nd = lambda xp, x, i: xp.gather_nd(x, i)  # noqa: E731
    cases = [
        Case("pairs", nd, (X, pairs)),
        Case("full", nd, (X, i32([1, 2, 3, 4], [0, 0, 0, 0]))),
        Case("one row", nd, (X, i32(1))),
        Case("no index", nd, (X[0, 0], np.zeros((2, 0), np.int32))),
        Case("out of range", nd, (X, i32([0, 3]))),
        Case("negative", nd, (X, i32([-1, 0]))),
        Case("batch", lambda xp, x, i: xp.gather_nd(x, i, 1), (X, i32([[0, 1]], [[2, 3]]))),
        Case(
            "along",
            lambda xp, x, i: xp.take_along_axis(x, i, 1),
            (X[0, 0], np.argsort(-X[0, 0], 1)),
        ),
    ]
    assert_backends_agree(cases)


def test_messages_of_gathers_are_tensorflows():
    x = np.zeros(3, np.float32)
    wrong = [
        (lambda: numpy_backend.gather(x, i32(0, 7)), "indices[1] = 7 is not in [0, 3)"),
        (lambda: numpy_backend.gather(x, i32([0, -1])), "indices[0,1] = -1 is not in [0, 3)"),
        (lambda: numpy_backend.gather(x, np.int32(5)), "indices = 5 is not in [0, 3)"),
        (
            lambda: numpy_backend.gather_nd(np.zeros((1, 3)), i32([0, 1], [0, 7])),
            "indices[1] = [0, 7] does not index into param shape [1,3]",
        ),
        (
            lambda: numpy_backend.scatter_nd(i32([0], [7]), np.float32([1, 2]), (3,)),
            "indices[1] = [7] does not index into shape [3]",
        ),
        (
            lambda: numpy_backend.dynamic_slice(x, i32(2), (3,)),
            "Expected size[0] in [0, 1], but got 3",
        ),
        (
            lambda: numpy_backend.dynamic_slice(x, i32(-1), (1,)),
            "Expected begin[0] in [0, 3], but got -1",
        ),
    ]
    for call, text in wrong:
        with pytest.raises(CheckFailure) as caught:
            call()
        assert (caught.value.error, caught.value.message) == ("InvalidArgumentError", text)


def test_blocks_agree():
    x = X[0, 0]
    cases = [
        Case("known", lambda xp, x: xp.dynamic_slice(x, np.array([1, 2]), (2, 3)), (x,)),
        Case("traced", lambda xp, x, b: xp.dynamic_slice(x, b, (2, 3)), (x, i32(2, 0))),
        Case("out", lambda xp, x, b: xp.dynamic_slice(x, b, (2, 3)), (x, i32(3, 0))),
        Case("below", lambda xp, x, b: xp.dynamic_slice(x, b, (2, 3)), (x, i32(0, -1))),
        Case(
            "write",
            lambda xp, x, u, b: xp.dynamic_update_slice(x, u, b),
            (x, np.ones((2, 2), np.float32), i32(1, 3)),
        ),
        Case(
            "write out",
            lambda xp, x, u, b: xp.dynamic_update_slice(x, u, b),
            (x, np.ones((2, 2), np.float32), i32(3, 3)),
        ),
    ]
    assert_backends_agree(cases)


# (begin, end, strides, masks) and the same in NumPy's indexing of X.
SPECS = [
    ((1, 0), (2, 2), (1, 1), SliceMasks(), np.s_[1:2, 0:2]),
    ((0, 0), (0, 0), (1, 2), SliceMasks(begin=3, end=3), np.s_[:, ::2]),
    ((0, -1), (0, 0), (1, -1), SliceMasks(begin=1, end=3), np.s_[:, -1::-1]),
    ((1, 0, 2), (2, 0, 3), (1, 1, 1), SliceMasks(ellipsis=2), np.s_[1:2, ..., 2:3]),
    ((0, 0, 0), (0, 0, 0), (1, 1, 1), SliceMasks(ellipsis=1, new_axis=6), np.s_[..., None, None]),
    ((-1, 0), (0, 2), (1, 1), SliceMasks(shrink_axis=1), np.s_[-1, 0:2]),
    ((1, 2, 0), (2, 3, 4), (1, 1, 3), SliceMasks(shrink_axis=3), np.s_[1, 2, 0:4:3]),
    ((0, 3), (9, -9), (1, -2), SliceMasks(), np.s_[0:9, 3:-9:-2]),
    ((1, 2), (1, 0), (1, 1), SliceMasks(), np.s_[1:1, 2:0]),
    (
        (0, 0, 3, 0),
        (0, 0, 0, 0),
        (1, 1, 1, 1),
        SliceMasks(begin=11, end=11, shrink_axis=4),
        np.s_[:, :, 3],
    ),
]


@pytest.mark.parametrize(("begin", "end", "strides", "masks", "index"), SPECS)
def test_strided_slices_are_numpys(begin, end, strides, masks, index):
    spec = (i32(*begin), i32(*end), i32(*strides))
    got = numpy_backend.strided_slice(X, *spec, masks)
    assert np.array_equal(got, X[index])
    d_y = np.arange(got.size, dtype=np.float32).reshape(got.shape) + 1
    want = np.zeros_like(X)
    want[index] = d_y
    assert np.array_equal(numpy_backend.strided_slice_gradient(X.shape, *spec, d_y, masks), want)
    want = X.copy()
    want[index] = d_y
    assert np.array_equal(numpy_backend.strided_slice_assign(X, *spec, d_y, masks), want)


def test_strided_slices_agree():
    cases = []
    for n, (begin, end, strides, masks, index) in enumerate(SPECS):
        spec = (i32(*begin), i32(*end), i32(*strides))
        d_y = X[index] * 2 + 1
        cases += [
            Case(f"slice {n}", lambda xp, x, s=spec, m=masks: xp.strided_slice(x, *s, m), (X,)),
            Case(
                f"gradient {n}",
                lambda xp, g, s=spec, m=masks: xp.strided_slice_gradient(X.shape, *s, g, m),
                (d_y,),
            ),
            Case(
                f"assign {n}",
                lambda xp, x, v, s=spec, m=masks: xp.strided_slice_assign(x, *s, v, m),
                (X, d_y),
            ),
        ]
    assert_backends_agree(cases)


def test_traced_places_of_single_elements_agree():
    masks = SliceMasks(begin=1, end=1, shrink_axis=6)  # x[:, i, j]
    stride = i32(1, 1, 1)
    d_y = X[:, 0, 0] + 1

    def take(xp, x, b):
        return xp.strided_slice(x, b, xp.add(b, 1), stride, masks)

    def gradient(xp, g, b):
        return xp.strided_slice_gradient(X.shape, b, xp.add(b, 1), stride, g, masks)

    def assign(xp, x, v, b):
        return xp.strided_slice_assign(x, b, xp.add(b, 1), stride, v, masks)

    cases = []
    for place in ((0, 2, 1), (0, -1, -4), (0, 3, 0), (0, 0, -5)):
        b = i32(*place)
        cases += [
            Case(f"take {place}", take, (X, b)),
            Case(f"gradient {place}", gradient, (d_y, b)),
            Case(f"assign {place}", assign, (X, d_y, b)),
        ]
    assert_backends_agree(cases)


def test_messages_of_strided_slices_are_tensorflows():
    x = np.zeros(3, np.float32)
    with pytest.raises(CheckFailure, match=r"slice index 7 of dimension 0 out of bounds\."):
        numpy_backend.strided_slice(x, i32(7), i32(8), i32(1), SliceMasks(shrink_axis=1))
    with pytest.raises(CheckFailure, match=r"strides\[0\] must be non-zero"):
        numpy_backend.strided_slice(x, i32(0), i32(2), i32(0), SliceMasks())
