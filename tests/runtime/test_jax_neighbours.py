"""A user's own JAX code in the same process keeps its dtypes and its configuration."""

import subprocess
import sys

import pytest

ENVIRONMENT = {"PYTHONPATH": ":".join(filter(None, sys.path))}

PROGRAM = """
import os, threading, warnings
warnings.simplefilter("error")
BEFORE = {before}
X64 = {x64}
if X64:
    os.environ["JAX_ENABLE_X64"] = "1"
if not BEFORE:
    import evergraph as tf
import jax
import jax.numpy as jnp
import numpy as np

WIDE = np.float64 if X64 else np.float32

def configuration():
    names = [n for n in dir(jax.config) if not n.startswith("_")]
    values = {{n: getattr(jax.config, n) for n in names if not callable(getattr(jax.config, n))}}
    return dict(values, **{{"environment": dict(os.environ)}})

@jax.jit
def mine(x):
    return (x * 2 + jnp.arange(x.size)).sum() + jnp.ones(()) * 1.5

def check(where):
    assert jnp.arange(3).dtype == (np.int64 if X64 else np.int32), where
    assert jnp.asarray(np.zeros(2)).dtype == WIDE, where
    assert jax.random.uniform(jax.random.key(0)).dtype == WIDE, where
    assert float(mine(jnp.ones(3))) == 10.5, where
    assert jnp.float32(3).dtype == np.float32, where
    assert jax.grad(lambda x: x ** 3)(2.0) == 12.0, where
    assert bool(jax.config.jax_enable_x64) == X64, where
    assert configuration() == start, where

start = configuration()
check("before")
if BEFORE:
    import evergraph as tf
check("imported")
x = tf.placeholder(tf.float64, [None])
v = tf.Variable(tf.ones([], tf.float64))
n = tf.Variable(np.int64(2 ** 40))
loss = tf.reduce_sum(tf.square(x * v))
train = tf.train.GradientDescentOptimizer(0.01).minimize(loss, var_list=[v])
count = tf.assign_add(n, 1)
check("built")
sess = tf.Session()
sess.run(tf.global_variables_initializer())
for i in range(20):
    value, big, _ = sess.run([loss, count, train], {{x: [1.0, 2.0]}})
    assert value.dtype == np.float64 and big == 2 ** 40 + 1 + i, (value.dtype, big)
    check("between")

@jax.jit
def calls_back(y):
    return jax.pure_callback(
        lambda a: np.float32(sess.run(loss, {{x: [float(a)]}})),
        jax.ShapeDtypeStruct((), np.float32),
        y,
    )

calls_back(jnp.float32(1.0)).block_until_ready()
check("inside a callback")
worker = threading.Thread(target=lambda: [sess.run(train, {{x: [1.0]}}) for _ in range(50)])
worker.start()
for _ in range(50):
    check("beside another thread")
worker.join()
sess.close()
check("after")
print("fine")
"""


@pytest.mark.parametrize("before", [True, False], ids=["jax first", "evergraph first"])
@pytest.mark.parametrize("x64", [False, True], ids=["narrow", "wide"])
def test_user_code_keeps_its_dtypes_and_configuration(before, x64):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before, x64=x64)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "fine\n", done.stderr
