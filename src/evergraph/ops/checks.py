"""Conditions on values and types that a program demands: `tf.assert_equal` and its kin.

What can be decided while the graph is built is decided then; the rest becomes Assert operations.

Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from evergraph.core import dtypes
from evergraph.core.errors import InvalidArgumentError
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.array_shape import reshape, size
from evergraph.ops.array_shape import shape as shape_of
from evergraph.ops.assertions import Assert
from evergraph.ops.cond import cond
from evergraph.ops.constants import constant_value
from evergraph.ops.identity import no_op
from evergraph.ops.math_comparison import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    not_equal,
)
from evergraph.ops.math_functions import abs as absolute
from evergraph.ops.math_statistics import reduce_all
from evergraph.ops.strided_slice import strided_slice

_NUMERIC = frozenset(dtypes.NUMERIC) | {dtypes.qint16, dtypes.quint16}


def _compare(
    symbol: str,
    op_name: str,
    operation: Callable[..., Tensor],
    decide: Callable[..., Any],
    operands: tuple[Any, Any],
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    x, y = operands
    with name_scope(name, op_name, [x, y, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        if data is None:
            data = [
                f"Condition x {symbol} y did not hold element-wise:",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        if message is not None:
            data = [message, *data]
        condition = reduce_all(operation(x, y))
        known_x, known_y = constant_value(x), constant_value(y)
        if known_x is not None and known_y is not None and not np.all(decide(known_x, known_y)):
            raise InvalidArgumentError(None, None, "\n".join(str(_known_text(d)) for d in data))
        return Assert(condition, data, summarize=summarize)


def _known_text(item: Any) -> str:
    known = constant_value(item) if isinstance(item, Tensor) else None
    return str(item if known is None else known)


def assert_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x == y holds for all elements.

    Args:
        x: any tensor.
        y: of the same type; it broadcasts.
        data: list of tensors that the error shows; `x` and `y` when None.
        summarize: how many elements of each; 3 when None.
        message: text before the error's own.
        name: name of the operations; the function's when None.

    Returns:
        An operation; what must not run when the condition fails depends on it.

    Raises:
        InvalidArgumentError: at once when the values are known, else while running.

    Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
    """
    with name_scope(name, "assert_equal", [x, y, data]):
        if x is y:
            return no_op()
    return _compare("==", "assert_equal", equal, np.equal, (x, y), data, summarize, message, name)


def assert_none_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x != y holds for all elements; the arguments are those of `assert_equal`."""
    return _compare(
        "!=", "assert_none_equal", not_equal, np.not_equal, (x, y), data, summarize, message, name
    )


def assert_less(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x < y holds for all elements; the arguments are those of `assert_equal`."""
    return _compare("<", "assert_less", less, np.less, (x, y), data, summarize, message, name)


def assert_less_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x <= y holds for all elements; the arguments are those of `assert_equal`."""
    return _compare(
        "<=", "assert_less_equal", less_equal, np.less_equal, (x, y), data, summarize, message, name
    )


def assert_greater(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x > y holds for all elements; the arguments are those of `assert_equal`."""
    return _compare(
        ">", "assert_greater", greater, np.greater, (x, y), data, summarize, message, name
    )


def assert_greater_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x >= y holds for all elements; the arguments are those of `assert_equal`."""
    return _compare(
        ">=",
        "assert_greater_equal",
        greater_equal,
        np.greater_equal,
        (x, y),
        data,
        summarize,
        message,
        name,
    )


def _sign_data(x: Tensor, symbol: str, message: str | None) -> list[Any]:
    return [
        message or "",
        f"Condition x {symbol} 0 did not hold element-wise:",
        f"x ({x.name}) = ",
        x,
    ]


def assert_negative(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x < 0 holds for all elements; see `assert_equal`."""
    with name_scope(name, "assert_negative", [x, data]):
        x = convert_to_tensor(x, name="x")
        data = _sign_data(x, "<", message) if data is None else data
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less(x, zero, data=data, summarize=summarize)


def assert_positive(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x > 0 holds for all elements; see `assert_equal`."""
    with name_scope(name, "assert_positive", [x, data]):
        x = convert_to_tensor(x, name="x")
        data = _sign_data(x, ">", message) if data is None else data
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less(zero, x, data=data, summarize=summarize)


def assert_non_negative(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x >= 0 holds for all elements; see `assert_equal`."""
    with name_scope(name, "assert_non_negative", [x, data]):
        x = convert_to_tensor(x, name="x")
        data = _sign_data(x, ">=", message) if data is None else data
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less_equal(zero, x, data=data, summarize=summarize)


def assert_non_positive(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that x <= 0 holds for all elements; see `assert_equal`."""
    with name_scope(name, "assert_non_positive", [x, data]):
        x = convert_to_tensor(x, name="x")
        if data is None:
            first = f"Condition x <= 0 did not hold element-wise:x ({x.name}) = "
            data = [message or "", first, x]
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less_equal(x, zero, data=data, summarize=summarize)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Demand that |x - y| < atol + rtol |y| holds for all elements.

    Args:
        x: floating or complex.
        y: of the same type; it broadcasts.
        rtol: relative tolerance; ten times the precision of the type when None.
        atol: absolute tolerance; the same.
        data: see `assert_equal`, and so for the next.
        summarize: how many elements are shown.
        message: text before the error's own.
        name: name of the operations; "assert_near" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
    """
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype)
        default = 10 * float(_precision(x.dtype))
        rtol = convert_to_tensor(default if rtol is None else rtol, name="rtol", dtype=x.dtype)
        atol = convert_to_tensor(default if atol is None else atol, name="atol", dtype=x.dtype)
        if data is None:
            data = [
                message or "",
                f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        tolerance: Any = atol + rtol * absolute(y)
        condition = reduce_all(less(absolute(x - y), tolerance))
        return Assert(condition, data, summarize=summarize)


def _precision(dtype: dtypes.DType) -> Any:
    import ml_dtypes

    finfo: Any = ml_dtypes.finfo
    return finfo(dtype.real_dtype.as_numpy_dtype).eps


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Demand that `x` is of an integer type; raises TypeError at once when it isn't."""
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(
                f'{message or ""}  Expected "x" to be integer type.  Found: {x.name} of dtype '
                f"{x.dtype}"
            )
        return no_op("statically_determined_was_integer")


def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Operation:
    """Demand that `tensor` is of type `tf_type`; raises TypeError at once when it isn't."""
    with name_scope(name, "assert_type", [tensor]):
        tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != tf_type:
            raise TypeError(f"{message or ''}  {tensor.name} must be of type {tf_type}")
        return no_op("statically_determined_correct_type")


def assert_proper_iterable(values: Any) -> None:
    """Raise TypeError unless `values` is an iterable that is meant as one: no tensor, no text."""
    if isinstance(values, Tensor | SparseTensor | np.ndarray | bytes | str):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a Tensor of numbers."""
    return isinstance(tensor, Tensor) and tensor.dtype.base_dtype in _NUMERIC


def _differences(x: Any) -> Tensor:
    """Each element of `x` but the last, taken from the next one."""
    x = reshape(x, [-1])
    if not is_numeric_tensor(x):
        raise TypeError(f"Expected x to be numeric, instead found: {x}")
    is_short = less(size(x), 2)

    def none() -> Tensor:
        return convert_to_tensor([], dtype=x.dtype)

    length: Any = shape_of(x)
    length = length - 1

    def differences() -> Any:
        later: Any = strided_slice(x, [1], [1] + length)  # noqa: RUF005
        return later - strided_slice(x, [0], length)

    result: Tensor = cond(is_short, none, differences)
    return result


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether no element of `x`, flattened, is less than the one before it.

    Args:
        x: numbers.
        name: name of the operations; "is_non_decreasing" when None.

    Returns:
        A bool scalar; true for fewer than two elements.

    Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
    """
    with name_scope(name, "is_non_decreasing", [x]):
        differences = _differences(x)
        zero = convert_to_tensor(0, dtype=differences.dtype)
        return reduce_all(less_equal(zero, differences))


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether every element of `x`, flattened, is greater than the one before it.

    Args:
        x: numbers.
        name: name of the operations; "is_strictly_increasing" when None.

    Returns:
        A bool scalar; true for fewer than two elements.

    Reference: TensorFlow 1.15, tensorflow/python/ops/check_ops.py.
    """
    with name_scope(name, "is_strictly_increasing", [x]):
        differences = _differences(x)
        zero = convert_to_tensor(0, dtype=differences.dtype)
        return reduce_all(less(zero, differences))


def assert_same_float_dtype(
    tensors: Iterable[Any] | None = None, dtype: Any = None
) -> dtypes.DType:
    """The one floating type of `tensors` and `dtype`; float32 when there is neither.

    Raises:
        ValueError: types differ, or aren't floating.
    """
    if tensors:
        dtype = _same_type(list(tensors), dtype)
    if not dtype:
        return dtypes.float32
    kind: dtypes.DType = dtypes.as_dtype(dtype)
    if not kind.is_floating:
        raise ValueError(f"Expected floating point type, got {kind}.")
    return kind


def _same_type(items: list[Any], expected: Any) -> Any:
    source = None
    for item in items:
        if item is None:
            continue
        found, label = item.dtype.base_dtype, getattr(item, "name", str(item))
        if not expected:
            expected, source = found, label
        elif expected != found:
            suffix = f" as {source}" if source else ""
            raise ValueError(
                f"{label}, type={found}, must be of the same type ({expected}){suffix}."
            )
    return expected
