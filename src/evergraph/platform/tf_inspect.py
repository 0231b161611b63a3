"""inspect, looking through TensorFlow's decorators."""

from __future__ import annotations

import functools
import inspect
from collections import namedtuple
from inspect import FullArgSpec as FullArgSpec
from typing import Any

from evergraph.platform.tf_decorator import unwrap

ArgSpec = namedtuple("ArgSpec", ["args", "varargs", "keywords", "defaults"])

currentframe = inspect.currentframe
getframeinfo = inspect.getframeinfo
isbuiltin = inspect.isbuiltin
isframe = inspect.isframe
ismodule = inspect.ismodule
isroutine = inspect.isroutine
getmro = inspect.getmro
stack = inspect.stack


def _target(obj: Any) -> Any:
    return unwrap(obj)[1]


def getfullargspec(obj: Any) -> FullArgSpec:
    """As inspect's, of the decorated function; a decorator may tell another argspec."""
    decorators, target = unwrap(obj)
    for decorator in decorators:
        if decorator.decorator_argspec is not None:
            spec = decorator.decorator_argspec
            if isinstance(spec, FullArgSpec):
                return spec
            return FullArgSpec(
                args=spec.args,
                varargs=spec.varargs,
                varkw=spec.keywords,
                defaults=spec.defaults,
                kwonlyargs=[],
                kwonlydefaults=None,
                annotations={},
            )
    return inspect.getfullargspec(target)


def getargspec(obj: Any) -> ArgSpec:
    """(args, varargs, keywords, defaults) of a function, a class's constructor or a partial."""
    if isinstance(obj, functools.partial):
        return _argspec_of_partial(obj)
    decorators, target = unwrap(obj)
    told = next((d.decorator_argspec for d in decorators if d.decorator_argspec is not None), None)
    if told is not None:
        return ArgSpec(*told[:4])
    if not inspect.isroutine(target) and not inspect.isclass(target) and callable(target):
        target = type(target).__call__
    if inspect.isclass(target):
        target = target.__init__ if "__init__" in target.__dict__ else target.__new__
    return ArgSpec(*inspect.getfullargspec(target)[:4])


def _argspec_of_partial(obj: functools.partial[Any]) -> ArgSpec:
    """The argspec that is left of a partial's function.

    Raises:
        ValueError: an argument without a default would follow one that has one.
    """
    args, varargs, keywords, defaults = getargspec(obj.func)
    left = args[len(obj.args) :]
    values = dict(zip(args[len(args) - len(defaults or ()) :], defaults or (), strict=True))
    values |= {name: value for name, value in obj.keywords.items() if name in left}
    first = next((i for i, name in enumerate(left) if name in values), len(left))
    missing = [name for name in left[first:] if name not in values]
    if missing:
        raise ValueError(
            f"Some arguments {missing} do not have default value, but they are positioned after "
            "those with default values. This can not be expressed with ArgSpec."
        )
    return ArgSpec(left, varargs, keywords, tuple(values[name] for name in left[first:]) or None)


def getcallargs(*func_and_positional: Any, **named: Any) -> dict[str, Any]:
    """As inspect's: (function, positional arguments), keyword arguments -> value of each name."""
    function, *positional = func_and_positional
    bound = dict(zip(getfullargspec(function).args, positional, strict=False))
    if inspect.ismethod(function):
        bound = dict(inspect.getcallargs(_target(function), *positional, **named))
        return bound
    return dict(inspect.getcallargs(_target(function), *positional, **named))


def getdoc(object: Any) -> str | None:
    """The docstring."""
    return inspect.getdoc(object)


def getfile(object: Any) -> str:
    """The file of what is inside the decorators."""
    return inspect.getfile(_target(object))


def getmembers(object: Any, predicate: Any = None) -> list[tuple[str, Any]]:
    """As inspect's."""
    return inspect.getmembers(object, predicate)


def getmodule(object: Any) -> Any:
    """The module of an object."""
    return inspect.getmodule(object)


def getsource(object: Any) -> str:
    """The source of what is inside the decorators."""
    return inspect.getsource(_target(object))


def getsourcefile(object: Any) -> str | None:
    """The source file of what is inside the decorators."""
    return inspect.getsourcefile(_target(object))


def getsourcelines(object: Any) -> tuple[list[str], int]:
    """The source lines of what is inside the decorators."""
    return inspect.getsourcelines(_target(object))


def isclass(object: Any) -> bool:
    """Whether a class is inside the decorators."""
    return inspect.isclass(_target(object))


def isfunction(object: Any) -> bool:
    """Whether a function is inside the decorators."""
    return inspect.isfunction(_target(object))


def isgenerator(object: Any) -> bool:
    """Whether a generator is inside the decorators."""
    return inspect.isgenerator(_target(object))


def isgeneratorfunction(object: Any) -> bool:
    """Whether a generator function is inside the decorators."""
    return inspect.isgeneratorfunction(_target(object))


def ismethod(object: Any) -> bool:
    """Whether a method is inside the decorators."""
    return inspect.ismethod(_target(object))


# tensorflow.python.util.function_utils.


def fn_args(fn: Any) -> tuple[str, ...]:
    """Names of the arguments, without a method's `self`; of a partial, those that are left."""
    if isinstance(fn, functools.partial):
        names = fn_args(fn.func)
        return tuple(n for n in names[len(fn.args) :] if n not in set(fn.keywords))
    if hasattr(fn, "__call__") and inspect.ismethod(fn.__call__):  # noqa: B004 - looks for a method
        fn = fn.__call__
    names = tuple(getfullargspec(fn).args)
    if inspect.ismethod(_target(fn)) and names[:1] in (("self",), ("cls",)):
        return names[1:]
    return names


def has_kwargs(fn: Any) -> bool:
    """Whether the function takes any keyword argument.

    Raises:
        TypeError: `fn` isn't callable.
    """
    if isinstance(fn, functools.partial):
        fn = fn.func
    elif hasattr(fn, "__call__") and inspect.ismethod(fn.__call__):  # noqa: B004 - as above
        fn = fn.__call__
    elif not callable(fn):
        raise TypeError(f"fn should be a function-like object, but is of type {type(fn)}.")
    return getfullargspec(fn).varkw is not None


def get_func_name(func: Any) -> str:
    """The name of a function, a partial or a callable object.

    Raises:
        ValueError: `func` isn't callable.
    """
    _, func = unwrap(func)
    if callable(func):
        if inspect.ismethod(func):
            return f"{type(func.__self__).__name__}.{func.__name__}"
        if inspect.isfunction(func):
            return str(func.__name__)
        return str(type(func))
    raise ValueError("Argument must be callable")


def get_func_code(func: Any) -> Any:
    """The code object of a function, None for a callable object.

    Raises:
        ValueError: `func` isn't callable.
    """
    _, func = unwrap(func)
    if not callable(func):
        raise ValueError("Argument must be callable")
    if inspect.isfunction(func) or inspect.ismethod(func):
        return func.__code__
    return getattr(type(func).__call__, "__code__", None)
