import inspect
import subprocess
import sys

import jax
import numpy as np
import pytest

from evergraph.arrays import jax_backend, numpy_backend
from evergraph.arrays.checks import CheckFailure, CompiledOnly, HostOnly, collect_checks


def functions(namespace):
    return {n: f for n, f in vars(namespace).items() if inspect.isfunction(f) and n[0] != "_"}


def test_both_backends_have_the_same_names():
    assert set(functions(numpy_backend)) == set(functions(jax_backend))


@pytest.mark.parametrize("name", sorted(functions(numpy_backend)))
def test_both_backends_have_the_same_parameters(name):
    ours, theirs = (inspect.signature(getattr(xp, name)) for xp in (numpy_backend, jax_backend))
    assert str(ours) == str(theirs)


@pytest.mark.parametrize("name", sorted(functions(numpy_backend)))
def test_every_name_is_in_the_table(name):
    words = numpy_backend.__doc__.replace("(", " ").replace(")", " ").split()
    assert name in words


def test_numpys_side_loads_no_jax():
    program = (
        "import sys, numpy as np\n"
        "from evergraph.arrays import numpy_backend as xp\n"
        "xp.erf(np.float32([1.0])); xp.philox_normal(xp.Stream(1, 2, 3), (3,), np.float32)\n"
        "assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_dtypes_are_never_promoted():
    for xp in (numpy_backend, jax_backend):
        with pytest.raises(TypeError, match="float32 and float64"):
            xp.add(np.float32([1]), np.float64([1]))


def test_a_failed_check_raises_at_once_in_numpy():
    with pytest.raises(CheckFailure) as caught:
        numpy_backend.check(np.array([True, False]), "InvalidArgumentError", lambda: "no good")
    assert (caught.value.error, caught.value.message) == ("InvalidArgumentError", "no good")


def test_checks_go_to_the_innermost_collector():
    def program(x):
        with collect_checks() as outer:
            jax_backend.check(jax_backend.greater(x, 0), "OutOfRangeError", "outer")
            with collect_checks() as inner:
                jax_backend.check(jax_backend.less(x, 10), "InvalidArgumentError", "inner")
        assert [c.error for c in outer] == ["OutOfRangeError"]
        assert [c.message for c in inner] == ["inner"]
        return outer[0].ok, inner[0].ok

    outer, inner = jax.jit(program)(np.array([1, 20], np.int32))
    assert (bool(outer), bool(inner)) == (True, False)


def test_a_known_failure_raises_in_jax_too():
    with pytest.raises(CheckFailure, match="not good"):
        jax_backend.check(np.bool_(False), "InvalidArgumentError", "not good")


def test_vjp_differentiates_and_keeps_checks():
    def function(xp, x, indices):
        return xp.square(xp.gather(x, indices))

    def program(x, indices, d_y):
        with collect_checks() as checks:
            d_x, d_indices = jax_backend.vjp(
                lambda *a: function(jax_backend, *a), (x, indices), d_y
            )
        assert d_indices is None
        return d_x, checks[0].ok

    x = np.array([1, 2, 3], np.float32)
    d_x, ok = jax.jit(program)(x, np.array([2, 0, 2], np.int32), np.float32([1, 1, 1]))
    assert ok
    assert d_x.tolist() == [2, 0, 12]
    _, ok = jax.jit(program)(x, np.array([5, 0, 2], np.int32), np.float32([1, 1, 1]))
    assert not ok


def test_what_one_backend_lacks_says_so():
    with pytest.raises(CompiledOnly):
        numpy_backend.vjp(lambda x: x, (np.float32(1),), np.float32(1))
    for name in ("unique", "nonzero"):
        with pytest.raises(HostOnly):
            getattr(jax_backend, name)(np.arange(3))


def test_check_finite_names_what_it_found():
    for value, found in ((np.inf, "Inf"), (np.nan, "NaN")):
        with pytest.raises(CheckFailure, match=f"at layer 3 : Tensor had {found} values"):
            numpy_backend.check_finite(np.array([1, value]), "at layer 3")
