"""Time loops: under Evergraph, and beside it under the real TensorFlow 1.15.

    python tools/bench_loops.py [--beside PYTHON_WITH_TENSORFLOW] [--rounds N]

One loop makes 10,000 turns, each of five element-wise operations on a vector of 32 numbers, the
count fed; another, its gradient; the last calls Python by `py_func` in each of 1,000 turns. Prints
seconds of the first run (planning and compiling included), of the second and the least; each round
is a process of its own, the engines take turns.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

TURNS, CALLS, LATER = 10000, 1000, 4


def five_operations(tf, n):
    """The loop of element-wise operations."""
    x = tf.placeholder(tf.float32, [32])
    loop = tf.while_loop(
        lambda i, v: i < n,
        lambda i, v: (i + 1, tf.tanh(v * 1.01 + x) - tf.sin(v)),
        [tf.constant(0), x],
    )
    return x, loop[1]


def elementwise(tf, n):
    """Forward."""
    x, y = five_operations(tf, n)
    return y, {x: np.linspace(-1.0, 1.0, 32), n: TURNS}


def gradient(tf, n):
    """Forward and backward; ten times fewer turns, since each is kept."""
    x, y = five_operations(tf, n)
    return tf.gradients(y, x), {x: np.linspace(-1.0, 1.0, 32), n: TURNS // 10}


def calls(tf, n):
    """A loop that the host has to step."""

    def body(i, v):
        turned = tf.py_func(lambda a: a[::-1].copy(), [v], tf.float32)
        turned.set_shape([32])
        return i + 1, turned * 1.01

    x = tf.placeholder(tf.float32, [32])
    loop = tf.while_loop(lambda i, v: i < n, body, [tf.constant(0), x])
    return loop[1], {x: np.linspace(-1.0, 1.0, 32), n: CALLS}


LOOPS = (elementwise, gradient, calls)


def seconds(tf):
    """Of each loop, its name and how long each run took."""
    found = {}
    for loop in LOOPS:
        with tf.Graph().as_default(), tf.Session() as session:
            session.run(tf.constant(0))  # what starting a session costs is no part of a loop
            fetch, feeds = loop(tf, tf.placeholder(tf.int32, []))
            found[loop.__name__] = times = []
            for _ in range(1 + LATER):
                start = time.perf_counter()
                session.run(fetch, feeds)
                times.append(time.perf_counter() - start)
    return found


def measured_by(python, engine):
    """`seconds` in a new process of `python`."""
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    command = [python, __file__, "--engine", engine]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output.decode().splitlines()[-1])


def main():
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--engine", choices=["evergraph", "tensorflow"], help="measure and print JSON"
    )
    parser.add_argument("--beside", help="a Python that has TensorFlow 1.15")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(seconds(__import__(options.engine))))
        return
    engines = {"evergraph": sys.executable}
    if options.beside:
        engines["tensorflow"] = options.beside
    rounds = {engine: [] for engine in engines}
    for _ in range(options.rounds):
        for engine, python in engines.items():
            rounds[engine].append(measured_by(python, engine))
    for loop in LOOPS:
        for engine in engines:
            runs = [found[loop.__name__] for found in rounds[engine]]
            first, later = min(r[0] for r in runs), min(min(r[1:]) for r in runs)
            second = min(r[1] for r in runs)
            print(
                f"{loop.__name__:12} {engine:10} first {first:7.3f} s"
                f"  second {second:7.3f} s  least {later:7.3f} s"
            )


if __name__ == "__main__":
    main()
