"""Python functions as operations: PyFunc, PyFuncStateless, EagerPyFunc."""

from __future__ import annotations

import itertools
import traceback
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from evergraph.core import dtypes, errors
from evergraph.core.dtypes import DType
from evergraph.core.typing import Array, Namespace
from evergraph.graph.operation import Operation
from evergraph.graph.scopes import get_default_graph
from evergraph.ops.python_values import as_bytes
from evergraph.registry.apply import add_operation
from evergraph.registry.op_def import OpDef, register_op
from evergraph.registry.shape_functions import unknown


class _Functions:
    """Functions by token. The graph that uses a function keeps it alive."""

    def __init__(self) -> None:
        self.by_token: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
        self._numbers = itertools.count()

    def insert(self, holder: Any) -> str:
        """A new token for `holder`."""
        token = f"pyfunc_{next(self._numbers)}"
        self.by_token[token] = holder
        return token

    def size(self) -> int:
        """How many functions are alive."""
        return len(self.by_token)


_py_funcs = _Functions()

# What TensorFlow makes of the exceptions of a function.
_ERRORS: tuple[tuple[type[BaseException], type[errors.OpError]], ...] = (
    (ValueError, errors.InvalidArgumentError),
    (TypeError, errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
)
_TYPE_WORDS = {"float32": "float", "float64": "double", "float16": "half"}


class _Holder:
    """Keeps a function that can't be referred to weakly, such as a bound method."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


class EagerArray(np.ndarray):
    """An array with the method `numpy()` that functions of `tf.py_function` call."""

    def numpy(self) -> Any:
        """The plain array or scalar."""
        return np.asarray(self)[()]


def _plain_argument(value: np.ndarray) -> Any:
    """Scalars as NumPy scalars or bytes, as TensorFlow hands them over; else the function's own."""
    return value[()] if value.ndim == 0 else np.array(value)


def _returned(value: Any) -> np.ndarray:
    """An item that a function returned, as an array; text as bytes.

    Raises:
        InternalError: TensorFlow has no type for it.
    """
    if isinstance(value, str | bytes):
        result = np.empty((), object)
        result[()] = as_bytes(value)
        return result
    array = np.asarray(value, order="C")
    if array.dtype.kind in "SUO":
        flat = [_text(x) for x in array.ravel().tolist()]
        array = np.empty(array.shape, object)
        array.ravel()[:] = flat
    elif array.dtype.kind == "V" and array.dtype != dtypes.bfloat16.as_numpy_dtype:
        raise errors.InternalError(None, None, f"Unsupported numpy data type, {array.dtype}.")
    return array


def _text(value: Any) -> bytes:
    try:
        return as_bytes(value)
    except TypeError:
        raise errors.InternalError(
            None, None, f"Unsupported object type {type(value).__name__}"
        ) from None


def _call(
    token: bytes, inputs: Sequence[Any], types: Sequence[DType], op: Operation
) -> list[np.ndarray]:
    holder = _py_funcs.by_token.get(token.decode())
    if holder is None:
        raise errors.InvalidArgumentError(
            None, op, f"ValueError: callback {token.decode()} is not found"
        )
    try:
        returned = holder.function(*inputs)
    except errors.OpError:
        raise
    except Exception as error:
        kind = next((to for of, to in _ERRORS if isinstance(error, of)), errors.UnknownError)
        raise kind(  # type: ignore[call-arg]  # each of the table knows its code
            None,
            op,
            f"{type(error).__name__}: {error}\n{''.join(traceback.format_exception(error))}",
        ) from error
    if returned is None or isinstance(returned, Operation):
        returned = []
    items = list(returned) if isinstance(returned, list | tuple) else [returned]
    name = token.decode()
    if len(items) != len(types):
        raise errors.InvalidArgumentError(
            None,
            op,
            f"{name} returns {len(items)} values, but expects to see {len(types)} values.",
        )
    arrays = [_returned(item) for item in items]
    for i, (array, dtype) in enumerate(zip(arrays, types, strict=True)):
        if array.dtype != np.dtype(dtype.as_numpy_dtype):
            found = dtypes.as_dtype(array.dtype).name
            raise errors.InvalidArgumentError(
                None,
                op,
                f"{i}-th value returned by {name} is {_TYPE_WORDS.get(found, found)}, but expects "
                f"{_TYPE_WORDS.get(dtype.name, dtype.name)}",
            )
    # What the function keeps of a returned array must not change ours.
    return [np.array(array) for array in arrays]


_ATTRS = {"token": "string", "Tin": "list(type) >= 0", "Tout": "list(type) >= 0"}
_FIELDS: dict[str, Any] = {
    "inputs": "input: Tin",
    "outputs": "output: Tout",
    "shape": unknown,
    "host_only": True,
    "may_block": True,
}

PY_FUNC = register_op("PyFunc", attrs=_ATTRS, stateful=True, **_FIELDS).no_gradient()
PY_FUNC_STATELESS = register_op("PyFuncStateless", attrs=_ATTRS, **_FIELDS).no_gradient()
EAGER_PY_FUNC = register_op(
    "EagerPyFunc",
    attrs={
        "token": "string",
        "is_async": "bool = false",
        "Tin": "list(type) >= 0",
        "Tout": "list(type) >= 0",
    },
    stateful=True,
    **_FIELDS,
)


@PY_FUNC_STATELESS.kernel
@PY_FUNC.kernel
def _py_func(
    xp: Namespace,
    inputs: tuple[Array, ...],
    *,
    token: bytes,
    Tout: list[DType],
    op: Operation,
) -> list[np.ndarray]:
    return _call(token, [_plain_argument(np.asarray(x)) for x in inputs], Tout, op)


@EAGER_PY_FUNC.gradient
def _eager_py_func_gradient(op: Operation, *d_outputs: Any) -> NoReturn:
    raise errors.UnsupportedError(
        errors.explain(
            f"No gradient flows through tf.py_function '{op.name}'.",
            created=op.created_at,
            fix="write the function with tf.custom_gradient, or with tensors",
        )
    )


@EAGER_PY_FUNC.kernel
def _eager_py_func(
    xp: Namespace,
    inputs: tuple[Array, ...],
    *,
    token: bytes,
    Tout: list[DType],
    op: Operation,
) -> list[np.ndarray]:
    arrays = [np.array(x).view(EagerArray) for x in inputs]
    results = _call_eager(token, arrays, Tout, op)
    return results


def _call_eager(
    token: bytes, inputs: Sequence[Any], types: Sequence[DType], op: Operation
) -> list[np.ndarray]:
    """As `_call`, but what comes back is converted to the declared types, as eager tensors are."""
    holder = _py_funcs.by_token.get(token.decode())
    if holder is None:
        return _call(token, inputs, types, op)

    def converted(*args: Any) -> Any:
        returned = holder.function(*args)
        if returned is None:
            return None
        items = returned if isinstance(returned, list | tuple) else [returned]
        return [
            _returned(item) if dtype == dtypes.string else np.asarray(item, dtype.as_numpy_dtype)
            for item, dtype in zip(items, types, strict=False)
        ]

    keep = _Holder(converted)  # alive for the call
    return _call(_py_funcs.insert(keep).encode(), inputs, types, op)


def _register(function: Callable[..., Any]) -> str:
    """A token for `function`, which the default graph keeps alive.

    Raises:
        ValueError: it can't be called.
    """
    if not callable(function):
        raise ValueError(f"Expected func to be callable, got func of type {type(function)}")
    holder = _Holder(function)
    token = _py_funcs.insert(holder)
    graph = get_default_graph()
    while getattr(graph, "_outer_graph", None) is not None:
        graph = graph._outer_graph  # type: ignore[attr-defined]  # graphs of functions have it
    used = getattr(graph, "_py_funcs_used_in_graph", None)
    if used is None:
        used = graph._py_funcs_used_in_graph = []  # type: ignore[attr-defined]  # as in TensorFlow
    used.append(holder)
    return token


def _add(
    op_def: OpDef, function: Callable[..., Any], inputs: Any, types: Any, name: str | None
) -> Any:
    is_list = isinstance(types, list | tuple)
    token = _register(function)
    attrs = {"token": token, "Tout": list(types) if is_list else [types]}
    op = add_operation(op_def, (list(inputs),), attrs, name)
    if not is_list:
        return op.outputs[0]
    # TensorFlow's stateless op without outputs gives an empty list, the stateful ones themselves.
    return op if not op.outputs and op_def.stateful else op.outputs


def py_func(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Call a Python function on NumPy values whenever the operation runs.

    Args:
        func: takes a NumPy array (a scalar for a tensor of rank 0, bytes for text) for each input
            and returns an array, or a list of them.
        inp: list of tensors.
        Tout: dtype, or list of dtypes, of what `func` returns.
        stateful: whether equal arguments may give different results.
        name: name of the operation; "PyFunc" when None.

    Returns:
        A tensor, or a list when `Tout` is one; the Operation for an empty list.

    Raises:
        ValueError: `func` can't be called.
        InvalidArgumentError: while running, when it returns something else than `Tout`.

    Reference: TensorFlow 1.15, tensorflow/python/lib/core/py_func.cc.
    """
    return _add(PY_FUNC if stateful else PY_FUNC_STATELESS, func, inp, Tout, name)


def numpy_function(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,
    name: str | None = None,
) -> Any:
    """As `py_func`, always stateful."""
    return py_func(func, inp, Tout, stateful=True, name=name)


def py_function(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,
    name: str | None = None,
) -> Any:
    """As `py_func`, for a function of arrays that have a method `numpy()`.

    Differs from TensorFlow: the function gets NumPy arrays, not eager tensors, and no gradient
    flows through it.
    """
    return _add(EAGER_PY_FUNC, func, inp, Tout, name)


eager_py_func = py_function  # the name that code of TensorFlow's own uses
