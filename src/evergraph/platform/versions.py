"""Which Evergraph this is, and which TensorFlow: 1.15's behaviour, none of 2.x's."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from evergraph.core.errors import UnsupportedError, explain

EVERGRAPH_VERSION = "0.1.0"  # and in pyproject.toml
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


def control_flow_v2_enabled() -> bool:
    """Whether `cond` and `while_loop` make functional ops: never."""
    return False


def _refuse(what: str) -> NoReturn:
    raise UnsupportedError(
        explain(
            f"{what} is not supported.", fix="leave the call out: 1.x's behaviour is what is here"
        )
    )


def enable_control_flow_v2() -> None:
    """Refuse: there is one control flow."""
    _refuse("Control flow v2")


def disable_control_flow_v2() -> None:
    """Accepted: it is off."""


def enable_v2_behavior() -> None:
    """Refuse: 2.x's behaviour isn't here."""
    _refuse("TensorFlow 2's behavior")


def disable_v2_behavior() -> None:
    """Accepted: it is off."""


def disable_eager_execution() -> None:
    """Accepted: it is off."""


def enable_tensor_equality() -> None:
    """Refuse: `==` of tensors compares identities."""
    _refuse("Elementwise == of tensors")


def disable_tensor_equality() -> None:
    """Accepted: it is off."""
