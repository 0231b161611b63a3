import numpy as np

from tests.arrays.backends import FLOATS, Case, assert_backends_agree, each_dtype, special_floats


def call(name):
    return lambda xp, *arrays: getattr(xp, name)(*arrays)


@each_dtype(*FLOATS)
def test_special_functions_agree(dtype):
    x = special_floats(dtype)[:-1]
    ulp = 64 if dtype in (np.float32, np.float64) else 4
    names = ["erf", "erfc", "lgamma", "digamma", "bessel_i0e", "bessel_i1e"]
    cases = [Case(n, call(n), (x,), ulp, 8) for n in names]
    inside = np.array([-0.9, -0.5, 0, 0.1, 0.99, 1, -1, 2], dtype)
    cases.append(Case("erfinv", call("erfinv"), (inside,), ulp))
    positive = np.array([0.1, 0.5, 1, 2, 3.5, 10, 0, -1, np.nan], dtype)
    a, b = np.repeat(positive, positive.size), np.tile(positive, positive.size)
    cases += [Case(n, call(n), (a, b), 4 * ulp) for n in ("igamma", "igammac")]
    third = np.resize(np.array([0, 0.2, 0.7, 1, 1.5], dtype), a.size)
    cases.append(Case("betainc", call("betainc"), (a, b, third), 32 * ulp))
    order = np.array([0, 1, 2, 3, 1.5, -1, 1, 2], dtype)
    where = np.array([1, 1.5, 2, 0.25, 1, 1, -1, -0.5], dtype)
    cases.append(Case("polygamma", call("polygamma"), (order, where), 16 * ulp))
    s = np.array([1, 2, 0.5, 3, 3, 2, 4, 2.5, 2], dtype)
    q = np.array([1, 1, 1, -1, -0.5, 0, 2.5, -0.5, 10], dtype)
    cases.append(Case("zeta", call("zeta"), (s, q), 16 * ulp))
    assert_backends_agree(cases)
