"""Time a training step of two programs: `make bench`.

    python tools/bench.py [STEPS]

Prints the median of a step in milliseconds, the time that building the graph took, and that of the
first step, in which the plan is made and compiled.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import evergraph as tf

Program = Callable[[], tuple[Any, dict[Any, Any]]]


def dense(inputs: Any, width: int, activation: Any = None) -> Any:
    """A dense layer of `width` units."""
    weights = tf.Variable(tf.random_normal([int(inputs.shape[1]), width], stddev=0.1))
    outputs = tf.matmul(inputs, weights) + tf.Variable(tf.zeros([width]))
    return outputs if activation is None else activation(outputs)


def tutorial() -> tuple[Any, dict[Any, Any]]:
    """The regression of the tutorial: 300 points, ten hidden units, gradient descent."""
    x, y = tf.placeholder(tf.float32, [None, 1]), tf.placeholder(tf.float32, [None, 1])
    loss = tf.reduce_mean(tf.square(y - dense(dense(x, 10, tf.nn.relu), 1)))
    points = np.linspace(-1, 1, 300, dtype=np.float32)[:, None]
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    return train, {x: points, y: points**2 - 0.5}


def classifier() -> tuple[Any, dict[Any, Any]]:
    """784-256-256-10 on batches of 128, Adam."""
    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int32, [None])
    logits = dense(dense(dense(x, 256, tf.nn.relu), 256, tf.nn.relu), 10)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    train = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(losses))
    random = np.random.RandomState(0)
    images = random.rand(128, 784).astype(np.float32)
    return train, {x: images, y: random.randint(0, 10, 128).astype(np.int32)}


def measure(program: Program, steps: int) -> dict[str, float]:
    """Milliseconds: building, the first step, the median of the others."""
    with tf.Graph().as_default(), tf.Session() as session:
        start = time.perf_counter()
        train, feeds = program()
        built = time.perf_counter()
        session.run(tf.global_variables_initializer())
        initialized = time.perf_counter()
        session.run(train, feeds)
        first = time.perf_counter()
        times = []
        for _ in range(steps):
            before = time.perf_counter()
            session.run(train, feeds)
            times.append(time.perf_counter() - before)
    return {
        "build": 1e3 * (built - start),
        "first step": 1e3 * (first - initialized),
        "step": 1e3 * statistics.median(times),
    }


def main() -> None:
    """Measure both programs."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for program in (tutorial, classifier):
        numbers = measure(program, steps)
        text = ", ".join(f"{name} {value:.3f} ms" for name, value in numbers.items())
        print(f"{program.__name__}: {text}")


if __name__ == "__main__":
    main()
