import ml_dtypes
import numpy as np

from tests.arrays.backends import (
    FLOATS,
    Case,
    assert_backends_agree,
    each_dtype,
    special_floats,
    special_integers,
)

INTEGERS = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint32, np.uint64)
UNARY = [
    "negative",
    "absolute",
    "sign",
    "square",
    "reciprocal",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "rsqrt",
    "sigmoid",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "floor",
    "ceil",
    "trunc",
    "rint",
    "isnan",
    "isinf",
    "isfinite",
    "real",
    "imag",
    "conjugate",
]
BINARY = [
    "add",
    "subtract",
    "multiply",
    "squared_difference",
    "maximum",
    "minimum",
    "logaddexp",
    "atan2",
    "nextafter",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "true_divide",
    "divide",
    "floordiv",
    "truncatediv",
    "floormod",
    "truncatemod",
    "mod",
    "div_no_nan",
    "xlogy",
    "xdivy",
    "power",
]
# XLA's own approximations: units in the last place by which they may be off.
ULP = {
    "tan": 8,
    "asin": 8,
    "acos": 8,
    "sinh": 16,
    "cosh": 16,
    "asinh": 8,
    "acosh": 8,
    "atanh": 16,
    "power": 16,
    "logaddexp": 8,
    "atan2": 8,
    "expm1": 8,
    "sigmoid": 8,
    "log1p": 8,
    "tanh": 8,
    "rsqrt": 4,
    "xlogy": 4,
    "floormod": 4,
    "exp": 4,
}


def call(name):
    return lambda xp, *arrays: getattr(xp, name)(*arrays)


def table(values):
    return np.repeat(values, values.size), np.tile(values, values.size)


@each_dtype(*FLOATS)
def test_unary_floats_agree(dtype):
    x = special_floats(dtype)
    x = x[np.abs(x.astype(np.float64)) < 1e4] if dtype in (np.float32, np.float64) else x
    assert_backends_agree(
        [Case(f"{n} {dtype.__name__}", call(n), (x,), ULP.get(n, 2)) for n in UNARY]
    )


@each_dtype(*FLOATS)
def test_binary_floats_agree(dtype):
    x = special_floats(dtype)[:-2]
    pair = table(x)
    cases = [
        Case(f"{n} {dtype.__name__}", call(n), pair, ULP.get(n, 2))
        for n in BINARY
        if not (n == "nextafter" and dtype in (np.float16, ml_dtypes.bfloat16))
    ]
    cases += [
        Case(f"{n} scalars", lambda xp, v, n=n: getattr(xp, n)(v, 2), (x,), ULP.get(n, 2))
        for n in BINARY[:6]
    ]
    cases += [
        Case(f"{n} rows", lambda xp, v, n=n: getattr(xp, n)(v[:3], v.reshape(-1, 1)[:4]), (x,), 8)
        for n in BINARY[:6]
    ]
    assert_backends_agree(cases)


@each_dtype(*INTEGERS)
def test_integers_agree(dtype):
    x = special_integers(dtype)
    a, b = table(x)
    keep = (b != 0) & ~(
        (a == np.iinfo(dtype).min) & (b.astype(np.int64) == -1) & (np.iinfo(dtype).min < 0)
    )
    whole = (a[keep], b[keep])
    names = [
        "add",
        "subtract",
        "multiply",
        "maximum",
        "minimum",
        "divide",
        "floordiv",
        "truncatediv",
        "floormod",
        "truncatemod",
        "mod",
    ]
    cases = [Case(n, call(n), whole) for n in names]
    cases += [
        Case(n, call(n), (a, b))
        for n in [
            "bitwise_and",
            "bitwise_or",
            "bitwise_xor",
            "left_shift",
            "right_shift",
            "equal",
            "less",
        ]
    ]
    cases += [
        Case(n, call(n), (x,))
        for n in [
            "negative",
            "absolute",
            "sign",
            "square",
            "invert",
            "population_count",
            "rint",
            "conjugate",
        ]
    ]
    cases += [Case(f"{n} by zero", call(n), (a, b)) for n in names[5:]]
    powers = np.array([0, 1, 2, 3, 7, 100], dtype)
    cases.append(Case("power", call("power"), (np.repeat(x, 6), np.tile(powers, x.size))))
    if np.iinfo(dtype).min < 0:
        cases.append(Case("negative power", call("power"), (x, np.full_like(x, -1))))
    assert_backends_agree(cases)


def test_complex_numbers_agree():
    for dtype in (np.complex64, np.complex128):
        x = np.array([0, 1, 1j, -1 - 1j, 3 + 4j, -0.5 + 2j, 1e-3], dtype)
        names = [
            "negative",
            "absolute",
            "sign",
            "square",
            "exp",
            "log",
            "sqrt",
            "sin",
            "cos",
            "tanh",
            "real",
            "imag",
            "conjugate",
            "angle",
            "isfinite",
            "isnan",
        ]
        cases = [Case(n, call(n), (x,), 16) for n in names]
        a, b = table(x)
        names = [
            "add",
            "subtract",
            "multiply",
            "squared_difference",
            "equal",
            "not_equal",
            "div_no_nan",
        ]
        cases += [Case(n, call(n), (a, b), 16) for n in names]
        cases.append(Case("complex", call("complex"), (x.real.copy(), x.imag.copy())))
        assert_backends_agree(cases)


def test_logic_and_where_agree():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    cases = [
        Case(n, call(n), (a, b)) for n in ("logical_and", "logical_or", "logical_xor", "equal")
    ]
    cases.append(Case("not", call("logical_not"), (a,)))
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    cases.append(Case("where", call("where"), (a, x, x[0] + 100)))
    cases.append(Case("where scalar", lambda xp, c, v: xp.where(c, v, 0), (a, x)))
    cases.append(Case("clip", lambda xp, v: xp.clip(v, 2, 7.5), (x,)))
    assert_backends_agree(cases)
