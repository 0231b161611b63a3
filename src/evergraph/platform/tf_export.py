"""Decorators and functions that TensorFlow's own modules use to name what is public."""

from __future__ import annotations

import sys
from typing import Any


class tf_export:
    """`@tf_export("nn.relu")`: accepted, and without effect."""

    def __init__(self, *args: str, **kwargs: Any) -> None:
        self.names = args

    def __call__(self, func: Any) -> Any:
        """`func` itself."""
        return func

    def export_constant(self, module_name: str, name: str) -> None:
        """Accepted, and without effect."""


keras_export = tf_export
estimator_export = tf_export


def make_all(module_name: str, doc_string_modules: Any = None) -> list[str]:
    """The public names of a module."""
    return sorted(name for name in dir(sys.modules[module_name]) if not name.startswith("_"))


def remove_undocumented(
    module_name: str, allowed_exception_list: Any = None, doc_string_modules: Any = None
) -> None:
    """Accepted, and without effect: a module keeps all its names."""


reveal_undocumented = remove_undocumented
