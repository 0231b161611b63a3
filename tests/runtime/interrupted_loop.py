"""A training loop interrupted 200 times; prints how many interrupts it saw and what is left.

Run by test_state.py in a process of its own: signals go to the main thread, pytest's there.
"""

from __future__ import annotations

import gc
import signal
import threading
import time

import numpy as np

from evergraph.core import dtypes
from evergraph.ops.math_elementwise import multiply
from evergraph.ops.state import assign, assign_add, variable_op_v2
from evergraph.runtime import plan
from evergraph.runtime.session import Session

COUNT = 200


def main() -> None:
    """Train, be interrupted, and look at the variables."""
    plan.COLD_RUNS = 0
    v = variable_op_v2([256], dtypes.float32, name="v")
    w = variable_op_v2([256], dtypes.float32, name="w")
    init = [assign(v, np.zeros(256, np.float32)).op, assign(w, np.ones(256, np.float32)).op]
    step = [assign_add(v, multiply(w, 0.5)).op, assign_add(w, np.full(256, 1e-6, np.float32)).op]
    session = Session()
    session.run(init)
    for _ in range(5):
        session.run(step)
    rng = np.random.default_rng(0)
    seen = 0
    armed = False
    done = threading.Event()
    thread_id = threading.main_thread().ident
    assert thread_id is not None

    def on_interrupt(*unused: object) -> None:
        nonlocal seen, armed
        seen += 1
        if armed:  # only where the loop below catches it
            armed = False
            raise KeyboardInterrupt

    def interrupt() -> None:
        for sent in range(COUNT):
            time.sleep(float(rng.uniform(0.0002, 0.002)))
            signal.pthread_kill(thread_id, signal.SIGINT)
            deadline = time.monotonic() + 5
            while seen <= sent and time.monotonic() < deadline:
                time.sleep(0.0001)
        done.set()

    signal.signal(signal.SIGINT, on_interrupt)
    gc.disable()  # JAX has a hook on it that swallows what is raised inside
    thread = threading.Thread(target=interrupt)
    thread.start()
    raised = 0
    while not done.is_set():
        try:
            armed = True
            while not done.is_set():
                session.run(step)
        except KeyboardInterrupt:
            raised += 1
    armed = False
    thread.join()
    assert raised > COUNT // 2, raised
    values = session.run([v, w])
    session.run(step)
    print(seen, all(np.isfinite(a).all() and a.shape == (256,) for a in values))


if __name__ == "__main__":
    main()
