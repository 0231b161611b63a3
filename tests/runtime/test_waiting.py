"""Python functions of one run: in order while they don't block, beside each other when one does."""

import queue
import threading

import numpy as np
import pytest

import evergraph as tf


def py_func(function, *inputs):
    return tf.py_func(function, list(inputs), tf.int64)


def test_a_function_that_blocks_lets_the_others_run() -> None:
    handed_over: queue.Queue[int] = queue.Queue(1)

    def put() -> int:
        handed_over.put(42)
        handed_over.join()
        return 42

    def get() -> int:
        value = handed_over.get()
        handed_over.task_done()
        return value

    with tf.Graph().as_default(), tf.Session() as session:
        x = py_func(put)
        y = x + 1
        z = py_func(get)
        for _ in range(3):
            assert session.run([x, y, z]) == [42, 43, 42]


def test_functions_that_do_not_block_run_in_order() -> None:
    seen: list[int] = []

    def note(number: int) -> np.int64:
        seen.append(number)
        return np.int64(number)

    with tf.Graph().as_default(), tf.Session() as session:
        calls = [py_func(lambda number=number: note(number)) for number in range(5)]
        for _ in range(10):
            session.run(calls)
    assert seen == [*range(5)] * 10


def test_functions_that_need_each_other_stay_in_the_callers_thread() -> None:
    threads = set()

    def note(x: np.int64) -> np.int64:
        threads.add(threading.current_thread())
        return x + 1

    with tf.Graph().as_default(), tf.Session() as session:
        x = py_func(note, tf.constant(1, tf.int64))
        assert session.run(py_func(note, py_func(note, x))) == 4
    assert threads == {threading.current_thread()}


def test_the_error_of_a_function_beside_others_is_raised() -> None:
    def fails() -> int:
        raise ValueError("on purpose")

    with tf.Graph().as_default(), tf.Session() as session:
        x, y = py_func(fails), py_func(lambda: np.int64(1))
        with pytest.raises(tf.errors.InvalidArgumentError, match="on purpose"):
            session.run([x, y])
        assert session.run(y) == 1
