"""JAX's CPU client, made so that a call returns when its work is done.

`Session.run` is synchronous by contract: a caller may change a fed array as soon as it returns. A
CPU client that dispatches asynchronously would need a wait after every call, and costs twice as
much. Whether it does is read once, when the client is made; the setting itself goes back to what it
was.
"""

from __future__ import annotations

from typing import Any

import jax
from jax._src import xla_bridge

_FLAG = "jax_cpu_enable_async_dispatch"


def _make_client() -> bool:
    """Make the client unless the program has made it; tell whether calls run inline."""
    before = bool(jax.config.values[_FLAG])
    if xla_bridge.backends_are_initialized():
        return not before
    update: Any = jax.config.update
    update(_FLAG, False)
    try:
        jax.local_devices(backend="cpu")
    finally:
        update(_FLAG, before)
    return jax.default_backend() == "cpu"


RUNS_INLINE = _make_client()


def finish(results: Any) -> None:
    """Wait until `results` are computed, where calls don't do so themselves."""
    if not RUNS_INLINE:
        wait: Any = jax.block_until_ready
        wait(results)
