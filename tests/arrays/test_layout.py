import ml_dtypes
import numpy as np

from tests.arrays.backends import Case, assert_backends_agree

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
M = np.arange(12, dtype=np.int32).reshape(3, 4)


def test_making_agrees():
    i = np.array([[0, 2, -1], [5, 1, 0]], np.int32)
    cases = [
        Case("full", lambda xp: xp.full((2, 3), 1.5, np.float32), ()),
        Case("full from a vector", lambda xp: xp.full(np.array([2, 3]), 7, np.int64), ()),
        Case("zeros", lambda xp: xp.zeros((2,), ml_dtypes.bfloat16), ()),
        Case("ones", lambda xp: xp.ones((), np.complex64), ()),
        Case("zeros_like", lambda xp, x: xp.zeros_like(x), (X,)),
        Case("ones_like", lambda xp, x: xp.ones_like(x, np.bool_), (X,)),
        Case("full_like", lambda xp, x: xp.full_like(x, 3), (M,)),
        Case("arange", lambda xp: xp.arange(3, 18, 4, np.int32), ()),
        Case("arange down", lambda xp: xp.arange(3, -5, -2, np.int64), ()),
        Case("arange floats", lambda xp: xp.arange(0.0, 1.0, 0.1, np.float32), ()),
        Case("arange of nothing", lambda xp: xp.arange(3.0, 1.0, 0.1, np.float64), ()),
        Case("iota", lambda xp: xp.iota((2, 3, 2), 1, np.int32), ()),
        Case("eye", lambda xp: xp.eye(2, 3, np.float64), ()),
        Case("one_hot", lambda xp, i: xp.one_hot(i, 3, np.float32(1), np.float32(0)), (i,)),
        Case("one_hot 0", lambda xp, i: xp.one_hot(i, 3, np.int32(5), -5, 0), (i,)),
        Case("one_hot 1", lambda xp, i: xp.one_hot(i, 4, np.bool_(True), np.bool_(False), 1), (i,)),
    ]
    assert_backends_agree(cases)


def test_shapes_and_order_agree():
    shift = np.array([1, -6], np.int32)
    cases = [
        Case("reshape", lambda xp, x: xp.reshape(x, (4, -1)), (X,)),
        Case("reshape empty", lambda xp, x: xp.reshape(x, (3, -1)), (np.zeros((0, 6), np.int32),)),
        Case("transpose", lambda xp, x: xp.transpose(x), (X,)),
        Case("transpose axes", lambda xp, x: xp.transpose(x, np.array([1, 2, 0])), (X,)),
        Case("swapaxes", lambda xp, x: xp.swapaxes(x, -1, 0), (X,)),
        Case("broadcast_to", lambda xp, x: xp.broadcast_to(x, (5, 3, 4)), (M[:, :1],)),
        Case("expand_dims", lambda xp, x: xp.expand_dims(x, -1), (X,)),
        Case("expand_dims two", lambda xp, x: xp.expand_dims(x, (0, -2)), (M,)),
        Case("squeeze", lambda xp, x: xp.squeeze(x), (X[:1, :, :1],)),
        Case("squeeze one", lambda xp, x: xp.squeeze(x, -1), (X[:1, :, :1],)),
        Case("concatenate", lambda xp, x, y: xp.concatenate([x, y, x], -1), (M, M[:, :2])),
        Case("stack", lambda xp, x, y: xp.stack([x, y], -1), (M, M + 1)),
        Case("unstack", lambda xp, x: xp.unstack(x, 1), (X,)),
        Case("split", lambda xp, x: xp.split(x, 2, 2), (X,)),
        Case("split sizes", lambda xp, x: xp.split(x, [1, 0, 3], -1), (X,)),
        Case("pad", lambda xp, x: xp.pad(x, [[1, 0], [0, 2]]), (M,)),
        Case("pad value", lambda xp, x: xp.pad(x, np.array([[1, 1], [0, 0]]), 9), (M,)),
        Case("reflect", lambda xp, x: xp.mirror_pad(x, [[2, 1], [0, 3]], "REFLECT"), (M,)),
        Case("symmetric", lambda xp, x: xp.mirror_pad(x, [[3, 1], [0, 4]], "SYMMETRIC"), (M,)),
        Case(
            "reflect back",
            lambda xp, x: xp.mirror_pad_gradient(x, [[1, 1], [0, 2]], "REFLECT"),
            (np.arange(30, dtype=np.float32).reshape(5, 6),),
        ),
        Case(
            "symmetric back",
            lambda xp, x: xp.mirror_pad_gradient(x, [[2, 1], [0, 3]], "SYMMETRIC"),
            (np.arange(36, dtype=np.float32).reshape(6, 6),),
        ),
        Case("tile", lambda xp, x: xp.tile(x, (2, 1, 3)), (X,)),
        Case("tile 0", lambda xp, x: xp.tile(x, (2, 0)), (M,)),
        Case("repeat", lambda xp, x: xp.repeat(x, 3, -1), (M,)),
        Case("flip", lambda xp, x: xp.flip(x, (0, -1)), (X,)),
        Case("flip none", lambda xp, x: xp.flip(x, ()), (X,)),
        Case("roll", lambda xp, x: xp.roll(x, 2, -1), (X,)),
        Case("roll two", lambda xp, x: xp.roll(x, [1, 3, 1], [0, 2, 2]), (X,)),
        Case("roll traced", lambda xp, x, s: xp.roll(x, s, [0, 1]), (M, shift)),
        Case("roll traced scalar", lambda xp, x, s: xp.roll(x, s, 1), (M, np.int32(-5))),
    ]
    assert_backends_agree(cases)


def test_gradient_of_mirror_pad_is_its_transpose():
    from evergraph.arrays import numpy_backend as xp

    rng = np.random.default_rng(0)
    for mode in ("REFLECT", "SYMMETRIC"):
        paddings = [[2, 1], [1, 3]]
        x, y = rng.normal(size=(4, 5)), rng.normal(size=(7, 9))
        forward = (xp.mirror_pad(x, paddings, mode) * y).sum()
        assert np.isclose(forward, (x * xp.mirror_pad_gradient(y, paddings, mode)).sum())
