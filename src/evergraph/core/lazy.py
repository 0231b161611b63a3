"""Names of a module that load what they need at their first use (PEP 562)."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from evergraph.core.errors import near_names

_NAMESPACE = "evergraph.api"


def missing_name(module: str, name: str, known: Iterable[str]) -> str:
    """What to say of a name that `module` doesn't have; the user's word for it is tf."""
    shown = "tf" + module.removeprefix(_NAMESPACE) if module.startswith(_NAMESPACE) else module
    near = [] if name.startswith("__") else near_names(name, known)
    hint = f"; near: {', '.join(near)}" if near else ""
    return f"module {shown!r} has no attribute {name!r} in Evergraph{hint}"


def explain_missing_names(module: types.ModuleType) -> None:
    """Let the modules that `module` holds, parts of tf.*, say which names are near a wrong one."""
    for part in list(vars(module).values()):
        _explain(part)


def _explain(part: Any) -> None:
    if isinstance(part, types.ModuleType) and part.__name__.startswith(f"{_NAMESPACE}."):
        vars(part).setdefault("__getattr__", lazy_names(part.__name__, {})[0])


def lazy_names(
    module: str, table: dict[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for `module`.

    Args:
        module: the module's `__name__`.
        table: name -> "package.module" (the module itself) or "package.module:name".
    """

    def get(name: str) -> Any:
        target = table.get(name)
        if target is None:
            raise AttributeError(missing_name(module, name, names()))
        source, _, attribute = target.partition(":")
        value: Any = importlib.import_module(source)
        if attribute:
            value = getattr(value, attribute)
        _explain(value)
        setattr(sys.modules[module], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[module]), *table})

    return get, names
