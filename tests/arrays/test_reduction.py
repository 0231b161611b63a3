import jax
import ml_dtypes
import numpy as np
import pytest

from evergraph.arrays import jax_backend, numpy_backend
from evergraph.arrays.checks import CheckFailure
from tests.arrays.backends import Case, assert_backends_agree, each_dtype

RNG = np.random.default_rng(3)
NAMES = ["sum", "prod", "max", "min", "mean"]


@each_dtype(
    np.float16, ml_dtypes.bfloat16, np.float32, np.float64, np.int8, np.uint8, np.int32, np.int64
)
def test_reductions_agree(dtype):
    x = (RNG.normal(size=(3, 4, 40)) * 3).astype(dtype)
    axes = [(None, False), (1, True), ((0, 2), False), (np.array([-1]), True), ((), False)]
    cases = [
        Case(
            f"{n} {axis}", lambda xp, v, n=n, a=axis, k=keep: getattr(xp, n)(v, a, k), (x,), 16, 200
        )
        for n in NAMES
        for axis, keep in axes
    ]
    empty = np.zeros((2, 0), dtype)
    cases += [
        Case(f"{n} of nothing", lambda xp, v, n=n: getattr(xp, n)(v, 1), (empty,)) for n in NAMES
    ]
    for n in ("argmax", "argmin"):
        cases += [
            Case(f"{n} {a}", lambda xp, v, n=n, a=a: getattr(xp, n)(v, a, np.int32), (x,))
            for a in (0, -1)
        ]
        cases.append(Case(f"{n} of nothing", lambda xp, v, n=n: getattr(xp, n)(v, 1), (empty,)))
        cases.append(Case(f"{n} gives nothing", lambda xp, v, n=n: getattr(xp, n)(v, 0), (empty,)))
    for n in ("cumsum", "cumprod"):
        for exclusive in (False, True):
            for reverse in (False, True):
                cases.append(
                    Case(
                        f"{n} {exclusive} {reverse}",
                        lambda xp, v, n=n, e=exclusive, r=reverse: getattr(xp, n)(v, 1, e, r),
                        (x[:, :, :5],),
                        64,
                        16,
                    )
                )
    assert_backends_agree(cases)


@each_dtype(np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
def test_nan_is_passed_over(dtype):
    nan, inf = np.nan, np.inf
    x = np.array(
        [[1, 2, nan], [nan, 1, 1], [nan, nan, nan], [nan, -inf, -inf], [inf, nan, 3]], dtype
    )
    wide = np.tile(x, (1, 3000))  # large enough for the ways that look at NaN afterwards
    cases = [
        Case(f"{n} {v.shape}", lambda xp, v, n=n: getattr(xp, n)(v, 1), (v,))
        for n in ("max", "min", "argmax", "argmin")
        for v in (x, wide)
    ]
    assert_backends_agree(cases)
    got = numpy_backend.max(x, 1).astype(np.float64).tolist()
    assert got == [2, 1, -inf, -inf, inf]  # TensorFlow 1.15.5
    assert numpy_backend.argmax(np.array([nan, 1, 3, 2], dtype), 0) == 2
    assert numpy_backend.argmax(np.array([nan, nan], dtype), 0) == 0


def test_extremes_of_large_arrays_agree():
    x = RNG.normal(size=(300, 200)).astype(np.float32)
    cases = [
        Case(f"{n} {axis} {v.dtype}", lambda xp, v, n=n, a=axis: getattr(xp, n)(v, a), (v,))
        for n in ("max", "min", "argmax", "argmin")
        for axis in (0, 1)
        for v in (x, np.round(x), (x * 9).astype(np.int32))
    ]
    assert_backends_agree(cases)


def test_gradient_of_a_large_maximum_goes_to_the_largest():
    x = RNG.normal(size=(300, 200)).astype(np.float32)
    x[0, 3] = x[0, 5] = 100

    def gradient(v, d_y):
        return jax_backend.vjp(lambda u: jax_backend.max(u, 1), (v,), d_y)[0]

    got = np.asarray(jax.jit(gradient)(x, np.full(300, 2, np.float32)))
    want = 2 * (x == x.max(1, keepdims=True)).astype(np.float32)
    want[0] /= 2
    assert np.array_equal(got, want)


def test_running_sums_over_long_axes_agree():
    x = RNG.normal(size=(50, 70)).astype(np.float32)
    cases = []
    for n in ("cumsum", "cumulative_logsumexp"):
        for axis in (0, 1):
            for e, r in ((False, False), (True, True), (True, False), (False, True)):
                cases.append(
                    Case(
                        f"{n} {axis} {e} {r}",
                        lambda xp, v, n=n, a=axis, e=e, r=r: getattr(xp, n)(v, a, e, r),
                        (x,),
                        64,
                        64,
                    )
                )
    assert_backends_agree(cases)


def test_logsumexp_and_logic_agree():
    inf = np.inf
    x = np.array([[1.0, 1000, 1000], [-inf, -inf, -inf], [inf, 0, 1]], np.float32)
    b = np.array([[True, False], [True, True]])
    cases = [
        Case("logsumexp", lambda xp, v: xp.logsumexp(v, 1), (x,)),
        Case("logsumexp keep", lambda xp, v: xp.logsumexp(v, None, True), (x,)),
        Case("any", lambda xp, v: xp.any(v, 1), (b,)),
        Case("all", lambda xp, v: xp.all(v, 0, True), (b,)),
        Case("all of nothing", lambda xp, v: xp.all(v), (b[:0],)),
    ]
    assert_backends_agree(cases)


def test_integer_means_are_tensorflows():
    mean = numpy_backend.mean
    assert mean(np.array([1, 2, 4, -8], np.int32)) == 0
    assert mean(np.array([127, 127], np.int8)) == -1
    assert mean(np.array([255, 255], np.uint8)) == 127
    assert mean(np.array([], np.int32)) == 0


def test_argmax_of_nothing_names_the_axis():
    with pytest.raises(CheckFailure, match=r"Reduction axis 1 is empty in shape \[2,0\]"):
        numpy_backend.argmax(np.zeros((2, 0), np.float32), 1)
