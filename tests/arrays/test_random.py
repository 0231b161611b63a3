"""The random streams of real TensorFlow 1.15.5, in both backends (tests/fixtures/random)."""

import hashlib
import json
from pathlib import Path

import jax
import numpy as np
import pytest

from evergraph.arrays import jax_backend, numpy_backend

FOLDER = Path(__file__).parents[1] / "fixtures" / "random"
ARRAYS = np.load(FOLDER / "random.npz")
CASES = {case["name"]: case for case in json.loads((FOLDER / "random.json").read_text())["cases"]}
MASK = 2**64 - 1


def names(*ops):
    return [n for n, c in CASES.items() if c["args"]["op"] in ops and not n.startswith("seed")]


def size(shape):
    return int(np.prod(shape, dtype=np.int64))


def stream_of(case, run, blocks):
    (op,) = case["ops"]
    position = np.uint64(run * blocks)
    return numpy_backend.Stream(np.uint64(op[2] & MASK), np.uint64(op[3] & MASK), position)


def in_numpy(function, *runs):
    """What `function` gives for each tuple of inputs."""
    return [function(numpy_backend, *inputs) for inputs in runs]


def in_jax(function, *runs):
    with jax.enable_x64(True):
        compiled = jax.jit(lambda *a: function(jax_backend, *a))
        return [jax.device_get(compiled(*inputs)) for inputs in runs]


TIERS = pytest.mark.parametrize("run_in", [in_numpy, in_jax])
# Compiling takes a second or two a case: of each family these in the everyday suite, the rest when
# there is time.
EVERYDAY = [
    "uniform_f32_1001",
    "uniform_f64_2x3",
    "uniform_f16_9",
    "uniform_i32_-5_1000",
    "uniform_i64_-5_1000000000000",
    "normal_f32_1001",
    "normal_f64_7",
    "normal_f16_9",
    "truncnormal_f32_4099",
    "truncnormal_f64_1001",
    "shuffle_13",
    "multinomial_5x3_10",
    "gamma_f32_vec",
    "poisson_f32_vec",
    "stateless_uniform_f32_1_2",
    "stateless_multinomial_0_0",
]


def cases(*wanted):
    """Each recorded case of these ops in both tiers."""
    found = []
    for name in wanted:
        found.append(pytest.param(name, in_numpy, id=f"{name}-numpy"))
        marks = () if name in EVERYDAY else pytest.mark.slow
        found.append(pytest.param(name, in_jax, id=f"{name}-jax", marks=marks))
    return found


def assert_recorded(got, record, ulp):
    got = np.asarray(got)
    assert list(got.shape) == record["shape"]
    assert got.dtype.name == record["dtype"]
    if ulp == 0:
        assert hashlib.sha256(np.ascontiguousarray(got).tobytes()).hexdigest() == record["sha256"]
        return
    if "array" in record:
        want = ARRAYS[record["array"]]
    else:
        want = np.concatenate([ARRAYS[record["head"]], ARRAYS[record["tail"]]])
        got = np.concatenate([got.ravel()[:64], got.ravel()[-64:]])
    np.testing.assert_array_max_ulp(got, want, ulp)


def check_case(name, run_in, blocks, function, *inputs, ulp=0):
    case = CASES[name]
    runs = [(tuple(stream_of(case, i, blocks)), *inputs) for i in range(len(case["runs"]))]
    got = run_in(lambda xp, s, *a: function(xp, numpy_backend.Stream(*s), *a), *runs)
    for one, record in zip(got, case["runs"], strict=True):
        assert_recorded(one, record, ulp)


@pytest.mark.parametrize(("name", "run_in"), cases(*names("random_uniform")))
def test_uniform_numbers(name, run_in):
    args = CASES[name]["args"]
    shape, dtype = args["shape"], np.dtype(args["dtype"])
    low, high = args.get("minval", 0.0), args.get("maxval", 1.0)

    def function(xp, stream):
        u = xp.philox_uniform(stream, shape, dtype)
        if (low, high) == (0, 1):
            return u
        return xp.add(xp.multiply(u, high - low), low)

    check_case(name, run_in, 256 * size(shape), function)


@pytest.mark.parametrize(("name", "run_in"), cases(*names("random_uniform_int")))
def test_uniform_integers(name, run_in):
    args = CASES[name]["args"]
    bounds = [np.asarray(args[k], args["dtype"]) for k in ("minval", "maxval")]
    check_case(
        name,
        run_in,
        256 * size(args["shape"]),
        lambda xp, stream, low, high: xp.philox_integers(stream, args["shape"], low, high),
        *bounds,
    )


@pytest.mark.parametrize(("name", "run_in"), cases(*names("random_normal")))
def test_normal_numbers(name, run_in):
    args = CASES[name]["args"]
    shape, dtype = args["shape"], np.dtype(args["dtype"])

    def function(xp, stream):
        x = xp.philox_normal(stream, shape, dtype)
        if "stddev" not in args:
            return x
        return xp.add(xp.multiply(x, args["stddev"]), args["mean"])

    check_case(name, run_in, 256 * size(shape), function, ulp=2 if dtype.itemsize > 2 else 0)


@pytest.mark.parametrize(("name", "run_in"), cases(*names("truncated_normal")))
def test_truncated_normal_numbers(name, run_in):
    args = CASES[name]["args"]
    shape, dtype = args["shape"], np.dtype(args["dtype"])
    deviation = args.get("stddev", 1.0)
    check_case(
        name,
        run_in,
        256 * size(shape),
        lambda xp, stream: xp.multiply(xp.philox_truncated_normal(stream, shape, dtype), deviation),
        ulp=3,
    )


@pytest.mark.parametrize(("name", "run_in"), cases(*names("random_shuffle")))
def test_shuffles(name, run_in):
    args = CASES[name]["args"]
    n = args["n"]
    x = np.arange(n * args.get("cols", 1), dtype=np.int32)
    x = x.reshape(n, -1) if "cols" in args else x
    blocks = -(-(n - 1) // 4) if n > 1 else 0
    check_case(
        name,
        run_in,
        blocks,
        lambda xp, stream, v: xp.gather(v, xp.philox_permutation(stream, n)),
        x,
    )


@pytest.mark.parametrize(("name", "run_in"), cases(*names("multinomial")))
def test_multinomials(name, run_in):
    args = CASES[name]["args"]
    logits = ARRAYS["logits"][: args.get("rows")]
    samples = args["num_samples"]
    blocks = 256 * len(logits) * 2 * 4 * -(-samples // 4)
    check_case(
        name,
        run_in,
        blocks,
        lambda xp, stream, v: xp.philox_multinomial(stream, v, samples),
        logits,
    )


@pytest.mark.parametrize(("name", "run_in"), cases(*names("random_gamma")))
def test_gamma_numbers(name, run_in):
    args = CASES[name]["args"]
    alpha = np.asarray(args["alpha"], args["dtype"])
    samples = size(args["shape"])

    def function(xp, stream, a):
        x = xp.philox_gamma(stream, args["shape"], a)
        x = xp.true_divide(x, args.get("beta", 1.0))
        return xp.maximum(x, float(np.finfo(a.dtype).tiny))

    is_exact = alpha.dtype == np.float32 and run_in is in_numpy
    ulp = 0 if is_exact else 1 if alpha.dtype == np.float32 else 32
    check_case(name, run_in, 256 * samples * alpha.size, function, alpha, ulp=ulp)


@pytest.mark.parametrize(("name", "run_in"), cases(*names("random_poisson")))
def test_poisson_numbers(name, run_in):
    args = CASES[name]["args"]
    rate = np.asarray(args["lam"], args["dtype"])
    samples = size(args["shape"])

    def function(xp, stream, r):
        return xp.philox_poisson(stream, args["shape"], r, r.dtype)

    check_case(name, run_in, 256 * samples * rate.size, function, rate)


STATELESS = [n for n in CASES if n.startswith("stateless")]


@pytest.mark.parametrize(("name", "run_in"), cases(*STATELESS))
def test_stateless_numbers(name, run_in):
    args = CASES[name]["args"]
    kind = args["op"]
    dtype = np.dtype(args.get("dtype", np.int64))

    def function(xp, seed, logits):
        stream = xp.stateless_stream(seed)
        if kind == "stateless_uniform":
            return xp.philox_uniform(stream, args["shape"], dtype)
        if kind == "stateless_uniform_int":
            bounds = [np.asarray(args[k], dtype) for k in ("minval", "maxval")]
            return xp.philox_integers(stream, args["shape"], *bounds)
        if kind == "stateless_normal":
            return xp.philox_normal(stream, args["shape"], dtype)
        if kind == "stateless_truncated_normal":
            return xp.philox_truncated_normal(stream, args["shape"], dtype)
        return xp.philox_multinomial(stream, logits, args["num_samples"])

    (got,) = run_in(function, (np.asarray(args["seed"], np.int64), ARRAYS["logits"]))
    assert_recorded(got, CASES[name]["runs"][0], 2 if "normal" in kind else 0)


@TIERS
def test_bfloat16_uniforms_take_seven_bits(run_in):
    stream = numpy_backend.Stream(np.uint64(5), np.uint64(6), np.uint64(7))
    words = numpy_backend.philox_words(stream, 9)
    (got,) = run_in(
        lambda xp, *s: xp.cast(
            xp.philox_uniform(numpy_backend.Stream(*s), (9,), jax.numpy.bfloat16), np.float32
        ),
        tuple(stream),
    )
    assert got.tolist() == ((words & 0x7F) / 128).tolist()
