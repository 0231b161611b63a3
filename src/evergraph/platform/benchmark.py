"""tf.test.Benchmark: runs an operation many times and tells its median time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from evergraph import protos


def benchmark_config() -> Any:
    """The ConfigProto of benchmarks."""
    return protos.ConfigProto()


class Benchmark:
    """The base of benchmarks."""

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether this is the base itself."""
        return cls is Benchmark

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Run `op_or_tensor` `burn_iters + min_iters` times; the median seconds, and more."""
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict=feed_dict)
        seconds = []
        for _ in range(min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict=feed_dict)
            seconds.append(time.perf_counter() - start)
        median = float(np.median(seconds))
        found = {
            "iters": min_iters,
            "wall_time": median,
            "name": name or type(self).__name__,
            "throughput": mbs / median if median else 0.0,
        }
        self.report_benchmark(min_iters, wall_time=median, extras=extras, name=name)
        return {**found, "extras": extras or {}}

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: Any = None,
    ) -> None:
        """Note a result: here, log it."""
        from evergraph.platform import logging

        logging.info("%s: %s iterations, %s s", name or type(self).__name__, iters, wall_time)

    def evaluate(self, tensors: Any) -> Any:
        """The values of `tensors` in the default session."""
        from evergraph.graph.scopes import get_default_session

        return get_default_session().run(tensors)


TensorFlowBenchmark = Benchmark
