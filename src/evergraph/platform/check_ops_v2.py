"""`tensorflow.python.ops.check_ops`: assertions whose arguments stand in the order of 2.x."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evergraph.ops import checks, shape_checks

_PAIR = "x y message summarize name"
_SIGN = "x message summarize name"
_RANK = "x rank message name"

# Assertion -> its arguments, in order.
_ARGUMENTS = {
    "assert_negative": _SIGN,
    "assert_positive": _SIGN,
    "assert_non_negative": _SIGN,
    "assert_non_positive": _SIGN,
    "assert_equal": _PAIR,
    "assert_none_equal": "x y summarize message name",
    "assert_less": _PAIR,
    "assert_less_equal": _PAIR,
    "assert_greater": _PAIR,
    "assert_greater_equal": _PAIR,
    "assert_near": "x y rtol atol message summarize name",
    "assert_rank": _RANK,
    "assert_rank_at_least": _RANK,
    "assert_rank_in": "x ranks message name",
    "assert_integer": "x message name",
    "assert_type": "tensor tf_type message name",
    "assert_scalar": "tensor message name",
}


def _reordered(name: str) -> Callable[..., Any]:
    function = getattr(checks, name, None) or getattr(shape_checks, name)
    names = _ARGUMENTS[name].split()

    def check(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(names, args, strict=False)) | kwargs
        return function(**{key: value for key, value in given.items() if value is not None})

    check.__name__ = f"{name}_v2"
    check.__doc__ = f"As `{name}`, with arguments in the order: {', '.join(names)}."
    return check


globals().update({f"{name}_v2": _reordered(name) for name in _ARGUMENTS})
