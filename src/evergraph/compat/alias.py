"""The `tensorflow` alias: a finder that answers `import tensorflow` with Evergraph's names."""

from __future__ import annotations

import difflib
import fnmatch
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pkgutil
import sys
import types
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from evergraph.compat.module_table import MODULES, RENAMED, SIDE_EFFECTS, sources_of

ROOT = "tensorflow"
VERSION = "1.15.5"


def install_as_tensorflow() -> None:
    """Let `import tensorflow` give Evergraph from here on, also where TensorFlow is installed.

    Call it before anything imports TensorFlow; `evergraph run` does so. Once is enough.

    Raises:
        ImportError: the real TensorFlow is already imported in this process.
    """
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    present = sys.modules.get(ROOT)
    if present is not None:
        raise ImportError(
            "TensorFlow is already imported in this process, from "
            f"{getattr(present, '__file__', None) or 'an unknown place'}.\n"
            "  fix: call evergraph.install_as_tensorflow() before the first `import tensorflow`"
        )
    sys.meta_path.insert(0, AliasFinder())


# (module of the alias, name) -> the value at the source before a program set another one.
_patched: dict[tuple[str, str], Any] = {}


class AliasModule(types.ModuleType):
    """One module of the alias: names come from Evergraph's modules, on first use."""

    def __getattr__(self, name: str) -> Any:
        path = self.__name__
        if name == "__all__":
            return sorted(names_of(path))
        if name.startswith("__"):
            raise AttributeError(f"module {path!r} has no attribute {name!r}")
        try:
            value = resolve(path, name)
        except AttributeError:
            submodule = f"{path}.{name}"
            if not is_known_module(submodule):
                raise AttributeError(_missing_name(path, name)) from None
            return importlib.import_module(submodule)
        # Kept, so that the next look-up doesn't come here.
        vars(self)[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Set the name here and at its source: who patches TensorFlow means what others see too."""
        super().__setattr__(name, value)
        if name.startswith("__") or isinstance(value, types.ModuleType):
            return
        owner = _owner(self.__name__, name)
        if owner is not None and vars(owner)[name] is not value:
            _patched.setdefault((self.__name__, name), vars(owner)[name])
            setattr(owner, name, value)

    def __delattr__(self, name: str) -> None:
        """Forget what was set; the source has its own value again."""
        super().__delattr__(name)
        owner = _owner(self.__name__, name)
        if owner is not None and (self.__name__, name) in _patched:
            setattr(owner, name, _patched.pop((self.__name__, name)))

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *names_of(self.__name__)})


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the modules of the alias."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of `name` if it is `tensorflow` or below it, else None."""
        if name.partition(".")[0] != ROOT:
            return None
        if not is_known_module(name):
            raise ModuleNotFoundError(_missing_module(name), name=name)
        return importlib.machinery.ModuleSpec(name, self, origin="evergraph", is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An `AliasModule`, empty as yet."""
        return AliasModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Give the module its docstring and what `from module import *` takes."""
        module.__doc__ = f"Evergraph's {module.__name__}."
        if module.__name__ == ROOT:
            vars(module).update(__version__=VERSION, VERSION=VERSION)
        if module.__name__ in SIDE_EFFECTS:
            list(_modules_behind(module.__name__))


@cache
def is_known_module(name: str) -> bool:
    """Whether `name` is in the table, is a package above such a module, or a module of the API."""
    if name in _packages():
        return True
    return _public_module(name) is not None


@cache
def _packages() -> frozenset[str]:
    """Every module of the table with all packages above it."""
    found = {ROOT}
    for name in MODULES:
        while name not in found:
            found.add(name)
            name = name.rpartition(".")[0]
    return frozenset(found)


def _public_module(name: str) -> types.ModuleType | None:
    """The module of the API that `name` (`tensorflow.nn.rnn_cell`) means, if there is one."""
    found: Any = importlib.import_module("evergraph.api")
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
        if not isinstance(found, types.ModuleType):
            return None
    assert isinstance(found, types.ModuleType)
    return found


@cache
def _sources(path: str) -> tuple[str, ...]:
    """The names of Evergraph's modules behind `path`, patterns written out."""
    found: list[str] = []
    for source in sources_of(path):
        package, _, pattern = source.partition(".")
        if "*" in pattern:
            folder = importlib.import_module(f"evergraph.{package}").__path__
            names = sorted(module.name for module in pkgutil.iter_modules(folder))
            found += [f"{package}.{name}" for name in fnmatch.filter(names, pattern)]
        else:
            found.append(source)
    return tuple(found)


def _modules_behind(path: str) -> Iterator[types.ModuleType]:
    """Evergraph's modules that are searched for the names of `path`, in order."""
    for source in _sources(path):
        try:
            yield importlib.import_module(f"evergraph.{source}")
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith("evergraph."):
                raise
    public = _public_module(path)
    if public is not None:
        yield public


def resolve(path: str, name: str) -> Any:
    """What `name` of TensorFlow's module `path` is in Evergraph.

    Raises:
        AttributeError: it isn't there.
    """
    target = RENAMED.get(path, {}).get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        try:
            return getattr(importlib.import_module(f"evergraph.{module}"), attribute)
        except ModuleNotFoundError:
            raise AttributeError(name) from None
    for source in _modules_behind(path):
        # vars() first: a module's own __getattr__ may be costly, and is asked last.
        if _has(source, name):
            return vars(source)[name]
    for source in _modules_behind(path):
        if hasattr(source, name):
            return getattr(source, name)
    raise AttributeError(name)


def _has(source: types.ModuleType, name: str) -> bool:
    """Whether `source` tells `name`; private names of an op's file (its kernels) are its own."""
    is_private = name.startswith("_") and source.__name__.startswith("evergraph.ops.")
    return name in vars(source) and not is_private


def _owner(path: str, name: str) -> types.ModuleType | None:
    """The first of the modules behind `path` that has `name`."""
    return next((source for source in _modules_behind(path) if _has(source, name)), None)


def names_of(path: str) -> set[str]:
    """Every name that `resolve(path, name)` knows."""
    names = set(RENAMED.get(path, {}))
    for source in _modules_behind(path):
        names |= {name for name in dir(source) if not name.startswith("_")}
    return names


def _missing_name(path: str, name: str) -> str:
    near = difflib.get_close_matches(name, names_of(path), 3)
    return f"module {path!r} has no attribute {name!r} in Evergraph" + _perhaps(near)


def _missing_module(name: str) -> str:
    near = difflib.get_close_matches(name, _packages(), 3, 0.8)
    return f"No module named {name!r}: Evergraph doesn't have this part of TensorFlow" + _perhaps(
        near
    )


def _perhaps(near: Sequence[str]) -> str:
    return f"; near: {', '.join(near)}" if near else ""
