import itertools

import ml_dtypes
import numpy as np

from evergraph.arrays import numpy_backend
from tests.arrays.backends import Case, assert_backends_agree, each_dtype

RNG = np.random.default_rng(5)


@each_dtype(
    np.float16, ml_dtypes.bfloat16, np.float32, np.float64, np.int32, np.int64, np.complex64
)
def test_products_agree(dtype):
    def made(*shape):
        x = RNG.integers(-4, 5, shape)
        return (
            (x + 1j * RNG.integers(-4, 5, shape)).astype(dtype)
            if dtype == np.complex64
            else x.astype(dtype)
        )

    cases = []
    for tx, ty in itertools.product((False, True), repeat=2):
        a = made(*((4, 3) if tx else (3, 4)))
        b = made(*((5, 4) if ty else (4, 5)))
        cases.append(
            Case(f"plain {tx} {ty}", lambda xp, x, y, p=tx, q=ty: xp.matmul(x, y, p, q), (a, b), 8)
        )
        cases.append(
            Case(
                f"adjoint {tx} {ty}",
                lambda xp, x, y, p=tx, q=ty: xp.matmul(x, y, adjoint_x=p, adjoint_y=q),
                (np.stack([a, a]), np.stack([b, b])),
                8,
            )
        )
        cases.append(
            Case(
                f"flat {tx} {ty}",
                lambda xp, x, y, p=tx, q=ty: xp.matmul(x, y, p, q),
                (np.stack([a, a]), b),
                8,
            )
        )
    cases += [
        Case("broadcast", lambda xp, x, y: xp.matmul(x, y), (made(2, 1, 3, 4), made(5, 4, 2)), 8),
        Case("nothing", lambda xp, x, y: xp.matmul(x, y), (made(3, 0), made(0, 2)), 8),
        Case(
            "tensordot",
            lambda xp, x, y: xp.tensordot(x, y, ((2, 0), (0, 1))),
            (made(3, 4, 2), made(2, 3, 5)),
            8,
        ),
        Case("outer", lambda xp, x, y: xp.tensordot(x, y, ((), ())), (made(3), made(2)), 8),
    ]
    assert_backends_agree(cases)


def test_long_sums_of_half_numbers_are_made_in_float32():
    cases = []
    for dtype in (np.float16, ml_dtypes.bfloat16):
        a = np.ones((1, 4096), dtype)
        cases.append(Case(f"{dtype}", lambda xp, x: xp.matmul(x, x, False, True), (a,)))
    assert_backends_agree(cases)


@each_dtype(np.float32, np.int32, np.bool_)
def test_diagonals_agree(dtype):
    x = (np.arange(24) % 7).reshape(2, 3, 4).astype(dtype)
    cases = [
        Case("diag", lambda xp, v: xp.matrix_diag(v), (x[0],)),
        Case("diag of scalars", lambda xp, v: xp.matrix_diag(v), (x[0, 0],)),
        Case("part", lambda xp, v: xp.matrix_diag_part(v), (x,)),
        Case("part of a tall one", lambda xp, v: xp.matrix_diag_part(v), (np.swapaxes(x, 1, 2),)),
        Case("set", lambda xp, v, d: xp.matrix_set_diag(v, d), (x, x[:, 0, :3])),
        Case(
            "set tall",
            lambda xp, v, d: xp.matrix_set_diag(v, d),
            (np.swapaxes(x, 1, 2), x[:, 0, :3]),
        ),
    ]
    for low, high in itertools.product((-1, 0, 1, 5), repeat=2):
        cases.append(
            Case(
                f"band {low} {high}",
                lambda xp, v, a, b: xp.band_part(v, a, b),
                (x, np.int64(low), np.int64(high)),
            )
        )
    if dtype is not np.bool_:
        cases.append(Case("trace", lambda xp, v: xp.trace(v), (x,)))
    assert_backends_agree(cases)


@each_dtype(np.float16, np.float32, np.float64, np.int32, np.complex64)
def test_products_of_sparse_matrices_agree(dtype):
    rows, columns = np.array([0, 2, 2, 2]), np.array([1, 0, 3, 3])
    values = np.array([2, -1, 3, 0.5]).astype(dtype)
    dense = np.arange(8).reshape(4, 2).astype(dtype)

    def product(xp, rows, columns, values, dense):
        return xp.sparse_matmul(rows, columns, values, 3, dense)

    some = (rows, columns, values, dense)
    none = (rows[:0], columns[:0], values[:0], dense)
    assert_backends_agree([Case("some", product, some), Case("none", product, none)])
    whole = np.zeros((3, 4), dtype)
    np.add.at(whole, (rows, columns), values)
    np.testing.assert_allclose(product(numpy_backend, *some), whole @ dense)
