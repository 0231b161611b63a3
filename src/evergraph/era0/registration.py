"""What 0.x registered in Python and later versions know from the op itself.

Reference: TensorFlow 0.12, tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

from typing import Any


def _set_call_cpp_shape_fn(function: Any) -> None:
    """1.x's hook for shape functions: accepted, and without effect."""


class RegisterShape:
    """`@RegisterShape("MyOp")`: accepted, and without effect; an op's schema knows its shapes."""

    def __init__(self, op_type: str) -> None:
        self._op_type = op_type

    def __call__(self, f: Any) -> Any:
        """`f` itself."""
        return f
