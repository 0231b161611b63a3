"""Exceptions, and the shape of their messages.

    Exception
    ├── OpError                        tf.errors.OpError: an operation failed while running
    │   ├── CancelledError             1   the step was cancelled (a closed queue or session)
    │   ├── UnknownError               2   anything else; also what py_func's function raised
    │   ├── InvalidArgumentError       3   values that the operation cannot take
    │   ├── DeadlineExceededError      4   RunOptions.timeout_in_ms has passed
    │   ├── NotFoundError              5   no such file, checkpoint key, resource
    │   ├── AlreadyExistsError         6   it is there already
    │   ├── PermissionDeniedError      7   the system refuses
    │   ├── ResourceExhaustedError     8   out of memory or of disk
    │   ├── FailedPreconditionError    9   not in the state for it: an uninitialised variable
    │   ├── AbortedError               10  given up, may be tried again
    │   ├── OutOfRangeError            11  the end of the data
    │   ├── UnimplementedError         12  this operation does not do that
    │   ├── InternalError              13  a broken invariant
    │   ├── UnavailableError           14  a service cannot be reached
    │   ├── DataLossError              15  a damaged file
    │   └── UnauthenticatedError       16  no valid credentials
    ├── EvergraphError                 what TensorFlow has no class for
    │   ├── UnsupportedError           (also NotImplementedError) TensorFlow can, Evergraph cannot
    │   └── UnknownNameError           (also KeyError) a graph has nothing of that name
    ├── ValueError
    │   └── InaccessibleTensorError    a tensor used outside the function that owns it
    └── TypeError
        └── OperatorNotAllowedInGraphError   a tensor used as a Python bool or iterated

Reference: TensorFlow 1.15, tensorflow/python/framework/errors_impl.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import Any, ClassVar

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


def explain(
    first_line: str,
    *,
    expected: object = None,
    given: object = None,
    created: object = None,
    fix: object = None,
) -> str:
    """A message of one first line, TensorFlow's where it has one, and labelled lines below.

    Args:
        first_line: what is wrong.
        expected: what would have been right.
        given: what was there instead; a list or tuple becomes one part per item.
        created: where the operation was created, such as `core.source.UserFrame`.
        fix: what to change.

    Returns:
        The message; a label without a value is left out, further lines of a value are indented.
    """
    lines = [first_line]
    labels = {"expected": expected, "given": given, "created": created, "fix": fix}
    for label, value in labels.items():
        if value is None:
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        lines.append(f"  {label + ':':<9} " + text.replace("\n", "\n" + " " * 12))
    return "\n".join(lines)


def near_names(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The names of `known` most like `name`, best first, at most `count`; often none."""
    import difflib

    return difflib.get_close_matches(name, list(known), n=count, cutoff=0.6)


class EvergraphError(Exception):
    """Root of the exceptions that TensorFlow has no class for."""


class UnsupportedError(EvergraphError, NotImplementedError):
    """TensorFlow does this and Evergraph does not."""


class UnknownNameError(EvergraphError, KeyError):
    """A graph has no element of a name.

    Args:
        first_line: TensorFlow's message.
        near: names that it does have and that look like it.
    """

    def __init__(self, first_line: str, near: Iterable[str] = ()) -> None:
        super().__init__(first_line)
        self.near = list(near)

    def __str__(self) -> str:
        """The message in quotes, as any KeyError shows it, and the near names."""
        near = ", ".join(map(repr, self.near))
        return explain(repr(self.args[0]), fix=f"near names: {near}" if near else None)


class InaccessibleTensorError(ValueError):
    """A tensor was used outside the function or loop that it belongs to."""


class OperatorNotAllowedInGraphError(TypeError):
    """A tensor was used as a Python bool or was iterated while a graph was built."""


class OpError(Exception):
    """An operation failed while it ran.

    Args:
        node_def: the failed node, if known; None otherwise.
        op: the failed `Operation`, if known; None otherwise.
        message: what happened.
        error_code: one of this module's numbers, OK to UNAUTHENTICATED.

    The string of it is the message and, when the operation knows where it was created and the
    message does not say so yet, that line.
    """

    _code: ClassVar[int]

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int | None) -> None:
        """Keep the four parts; `args` stays empty, as in TensorFlow."""
        super().__init__()
        self._node_def = node_def
        # A plan may work with another operation in place of the user's: see runtime/lowered.py.
        self._op = getattr(op, "origin", op)
        self._message = message
        self._error_code = error_code

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by whatever the class's constructor takes."""
        import inspect

        parameters = inspect.signature(type(self)).parameters
        return type(self), tuple(getattr(self, name) for name in parameters)

    @property
    def message(self) -> str:
        """What happened."""
        return self._message

    @property
    def op(self) -> Any:
        """The `Operation` that failed, or None."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The NodeDef of the operation that failed, or None."""
        return getattr(self._op, "node_def", None) if self._node_def is None else self._node_def

    @property
    def error_code(self) -> int | None:
        """One of this module's numbers."""
        return self._error_code

    def __str__(self) -> str:
        """The message, with the line that created the operation."""
        created = getattr(self._op, "created_at", None)
        if created is None or "\n  created:" in self._message:
            return self._message
        return explain(self._message, created=created)


def _init_with_code(self: OpError, node_def: Any, op: Any, message: str) -> None:
    """Take the failed node and operation, if known, and what happened; the class says the code."""
    OpError.__init__(self, node_def, op, message, self._code)


class CancelledError(OpError):
    """The step was cancelled, as when its session, a queue or a coordinator is closed."""

    _code = CANCELLED
    __init__ = _init_with_code


class UnknownError(OpError):
    """Any other failure, such as an exception raised in a `py_func`; its code may be another."""

    def __init__(
        self, node_def: Any, op: Any, message: str, error_code: int | None = UNKNOWN
    ) -> None:
        """Take the failed node and operation, if known, what happened, and its code."""
        super().__init__(node_def, op, message, error_code)


class InvalidArgumentError(OpError):
    """The operation cannot take these values: sizes that do not fit, an index out of bounds."""

    _code = INVALID_ARGUMENT
    __init__ = _init_with_code


class DeadlineExceededError(OpError):
    """The step took longer than `RunOptions.timeout_in_ms`."""

    _code = DEADLINE_EXCEEDED
    __init__ = _init_with_code


class NotFoundError(OpError):
    """A file, a key of a checkpoint, a table or another resource is not there."""

    _code = NOT_FOUND
    __init__ = _init_with_code


class AlreadyExistsError(OpError):
    """What was to be made is there already."""

    _code = ALREADY_EXISTS
    __init__ = _init_with_code


class PermissionDeniedError(OpError):
    """The system does not let the program do this."""

    _code = PERMISSION_DENIED
    __init__ = _init_with_code


class UnauthenticatedError(OpError):
    """A service got no valid credentials."""

    _code = UNAUTHENTICATED
    __init__ = _init_with_code


class ResourceExhaustedError(OpError):
    """Memory, disk or a quota ran out."""

    _code = RESOURCE_EXHAUSTED
    __init__ = _init_with_code


class FailedPreconditionError(OpError):
    """The system is not in the state for it, as when a variable is read before it is set."""

    _code = FAILED_PRECONDITION
    __init__ = _init_with_code


class AbortedError(OpError):
    """The operation gave up because of another that ran at the same time; trying again may do."""

    _code = ABORTED
    __init__ = _init_with_code


class OutOfRangeError(OpError):
    """The end of the data: a closed and empty queue, a dataset that is through."""

    _code = OUT_OF_RANGE
    __init__ = _init_with_code


class UnimplementedError(OpError):
    """The operation does not do that for these arguments."""

    _code = UNIMPLEMENTED
    __init__ = _init_with_code


class InternalError(OpError):
    """An invariant of the runtime is broken: a bug of the system, not of the program."""

    _code = INTERNAL
    __init__ = _init_with_code


class UnavailableError(OpError):
    """A service cannot be reached just now."""

    _code = UNAVAILABLE
    __init__ = _init_with_code


class DataLossError(OpError):
    """Data is damaged or cut off."""

    _code = DATA_LOSS
    __init__ = _init_with_code


_EXCEPTION_CLASS_TO_CODE: dict[type[BaseException], int] = {
    UnknownError: UNKNOWN,
    **{cls: cls._code for cls in OpError.__subclasses__() if cls is not UnknownError},
}
_CODE_TO_EXCEPTION_CLASS: dict[int, Any] = {c: cls for cls, c in _EXCEPTION_CLASS_TO_CODE.items()}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The class for a code, CANCELLED to UNAUTHENTICATED; KeyError for any other number."""
    cls: type[OpError] = _CODE_TO_EXCEPTION_CLASS[error_code]
    return cls


def error_code_from_exception_type(cls: type[BaseException]) -> int | OpError:
    """The code of a class of this module.

    For any other class it warns and returns an UnknownError, as TensorFlow 1.15 does.
    """
    if cls in _EXCEPTION_CLASS_TO_CODE:
        return _EXCEPTION_CLASS_TO_CODE[cls]
    warnings.warn("Unknown class exception", stacklevel=2)
    return UnknownError(None, None, "Unknown class exception", None)


def _make_specific_exception(node_def: Any, op: Any, message: str, error_code: int) -> OpError:
    """An exception of the class for `error_code`; for no known code a warning and UnknownError."""
    cls = _CODE_TO_EXCEPTION_CLASS.get(error_code)
    if cls is None:
        warnings.warn(f"Unknown error code: {error_code}", stacklevel=2)
        return UnknownError(node_def, op, message, error_code)
    error: OpError = cls(node_def, op, message)
    return error


class Status:
    """Code and message of a call, to be filled in by the callee."""

    def __init__(self) -> None:
        """Start as a success."""
        self.code = OK
        self.message = ""


class raise_exception_on_not_ok_status:  # TensorFlow's name
    """Context manager that hands out a `Status` and raises what it says, unless it is OK."""

    def __enter__(self) -> Status:
        """Hand out a status."""
        self.status = Status()
        return self.status

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Raise the OpError of the status, if it holds a code."""
        status = self.status
        del self.status
        if status.code != OK:
            raise _make_specific_exception(None, None, status.message, status.code)
