"""Sets and dicts that go by identity: tensors may overload `==`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, MutableSet
from typing import Any


class _ObjectIdentityWrapper:
    """Hashes and compares as `unwrapped is other.unwrapped`."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    @property
    def unwrapped(self) -> Any:
        """The object."""
        return self._wrapped

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _ObjectIdentityWrapper):
            raise TypeError(
                "Cannot compare wrapped object with unwrapped object. Expect the object to be "
                "`_ObjectIdentityWrapper`. Got unwrapped."
            )
        return self._wrapped is other._wrapped

    def __hash__(self) -> int:
        return id(self._wrapped)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} wrapping {self._wrapped!r}>"


class ObjectIdentityDictionary(MutableMapping[Any, Any]):
    """A dict whose keys are told apart by identity."""

    def __init__(self) -> None:
        self._storage: dict[_ObjectIdentityWrapper, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        return self._storage[_ObjectIdentityWrapper(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._storage[_ObjectIdentityWrapper(key)] = value

    def __delitem__(self, key: Any) -> None:
        del self._storage[_ObjectIdentityWrapper(key)]

    def __len__(self) -> int:
        return len(self._storage)

    def __iter__(self) -> Iterator[Any]:
        return (key.unwrapped for key in self._storage)


class ObjectIdentitySet(MutableSet[Any]):
    """A set whose elements are told apart by identity."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._storage = {_ObjectIdentityWrapper(item) for item in items}

    def __contains__(self, key: Any) -> bool:
        return _ObjectIdentityWrapper(key) in self._storage

    def discard(self, key: Any) -> None:
        """Remove an element, if it is there."""
        self._storage.discard(_ObjectIdentityWrapper(key))

    def add(self, key: Any) -> None:
        """Add an element."""
        self._storage.add(_ObjectIdentityWrapper(key))

    def update(self, items: Iterable[Any]) -> None:
        """Add elements."""
        self._storage.update(_ObjectIdentityWrapper(item) for item in items)

    def intersection(self, items: Iterable[Any]) -> ObjectIdentitySet:
        """The elements that are among `items`."""
        return ObjectIdentitySet(item for item in items if item in self)

    def difference(self, items: Iterable[Any]) -> ObjectIdentitySet:
        """The elements that aren't among `items`."""
        others = ObjectIdentitySet(items)
        return ObjectIdentitySet(item for item in self if item not in others)

    def __len__(self) -> int:
        return len(self._storage)

    def __iter__(self) -> Iterator[Any]:
        return (item.unwrapped for item in self._storage)
