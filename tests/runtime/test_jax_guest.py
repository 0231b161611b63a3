"""A user's own JAX code in the same process keeps its dtypes and its configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import numpy as np
import sys

if {first!r} == "jax":
    import jax
import evergraph as tf
from evergraph.runtime import plan
plan.COLD_RUNS = 0


def own():
    import jax
    import jax.numpy as jnp
    x = jnp.arange(3) * 1.5
    y = jax.jit(lambda a: a * 2 + np.float64(1))(x)
    return str(x.dtype), str(y.dtype), y.tolist(), str(jnp.ones(2, int).dtype)


def settings():
    import jax
    return dict(jax.config.values)


before, configured = (own(), settings()) if {first!r} == "jax" else (None, None)
v = tf.Variable(np.ones(3), dtype=tf.float64)
step = v.assign_add(tf.cast(tf.range(3), tf.float64))
session = tf.Session()
session.run(tf.global_variables_initializer())
for _ in range(3):
    session.run(step.op)
    between = own()
    assert before in (None, between), (before, between)
    before = between
    assert configured in (None, settings())
    configured = settings()
assert session.run(v).dtype == np.float64
assert before == ("float32", "float32", [1.0, 4.0, 7.0], "int32"), before
assert settings()["jax_enable_x64"] is False
print("kept")
"""


def _run(first: str) -> str:
    source = Path(__file__).parents[2] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_jax_code_before_between_and_after_keeps_its_dtypes():
    assert _run("jax") == "kept"


def test_jax_code_that_comes_second_has_jax_defaults():
    assert _run("evergraph") == "kept"
