"""tensorflow.python.framework.registry: named candidates, and where each was registered."""

from __future__ import annotations

from typing import Any

from evergraph.core.source import user_frame


class Registry:
    """Candidates by name.

    Args:
        name: what the registry holds, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._registry: dict[str, tuple[Any, str]] = {}

    def register(self, candidate: Any, name: str | None = None) -> None:
        """Register `candidate` as `name`, its own name when None.

        Raises:
            KeyError: the name is taken.
        """
        key = name or candidate.__name__
        if key in self._registry:
            raise KeyError(
                f"Registering two {self._name} with name '{key}'! "
                f"(Previous registration was in {self._registry[key][1]})"
            )
        frame = user_frame()
        place = (
            "an unknown place" if frame is None else f"{frame.function} {frame.file}:{frame.line}"
        )
        self._registry[key] = (candidate, place)

    def list(self) -> list[str]:
        """The names."""
        return list(self._registry)

    def lookup(self, name: str) -> Any:
        """The candidate of that name.

        Raises:
            LookupError: there is none.
        """
        if name not in self._registry:
            raise LookupError(f"{self._name} registry has no entry for: {name}")
        return self._registry[name][0]
