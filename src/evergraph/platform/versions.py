"""Which TensorFlow this is: 1.15's behaviour, none of 2.x's."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

VERSION = "1.15.5"
GIT_VERSION = "v1.15.5"
COMPILER_VERSION = "evergraph"
CXX11_ABI_FLAG = 0
MONOLITHIC_BUILD = 0
GRAPH_DEF_VERSION = 134
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0

_horizon = datetime.date(2019, 8, 21)


def enabled() -> bool:
    """Whether 2.x's behaviour is on: never."""
    return False


def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether graphs may already hold what readers only know since that day.

    1.15's own horizon is 21 August 2019.
    """
    return _horizon > datetime.date(year, month, day)


@contextmanager
def forward_compatibility_horizon(year: int, month: int, day: int) -> Iterator[None]:
    """Within the context the horizon is the given day."""
    global _horizon
    before = _horizon
    _horizon = datetime.date(year, month, day)
    try:
        yield
    finally:
        _horizon = before
