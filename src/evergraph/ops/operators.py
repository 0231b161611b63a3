"""What `a + b`, `a[i]`, `-a` ... mean for tensors, variables and sparse tensors.

Importing this module gives `Tensor` its operators; `overload_operators` gives them to classes that
stand for a tensor.

Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from evergraph.core import dtypes
from evergraph.graph.composite import SparseTensor
from evergraph.graph.conversion import convert_to_tensor
from evergraph.graph.operation import Tensor
from evergraph.graph.scopes import name_scope
from evergraph.ops.cast import cast
from evergraph.ops.strided_slice import slice_tensor, slice_variable
from evergraph.registry.op_def import get_op_def

_TRUEDIV_TYPES: dict[dtypes.DType, dtypes.DType | None] = {
    **dict.fromkeys((dtypes.uint8, dtypes.int8, dtypes.uint16, dtypes.int16), dtypes.float32),
    **dict.fromkeys((dtypes.int32, dtypes.int64), dtypes.float64),
    **dict.fromkeys((*dtypes.FLOATING, *dtypes.COMPLEX), None),
}


def _apply(op_type: str) -> Callable[..., Any]:
    """A function of two operands that makes an op of `op_type`."""

    def apply(x: Any, y: Any, name: str | None = None) -> Any:
        return get_op_def(op_type)(x, y, name=name)

    return apply


def _add(x: Any, y: Any, name: str | None = None) -> Any:
    return get_op_def("Add" if x.dtype == dtypes.string else "AddV2")(x, y, name=name)


def _multiply(x: Any, y: Any, name: str | None = None) -> Any:
    if isinstance(y, SparseTensor):
        values = get_op_def("SparseDenseCwiseMul")(y.indices, y.values, y.dense_shape, x, name=name)
        return SparseTensor(y.indices, values, y.dense_shape)
    return get_op_def("Mul")(x, y, name=name)


def _same_types(x: Tensor, y: Tensor) -> dtypes.DType:
    x_dtype, y_dtype = x.dtype.base_dtype, y.dtype.base_dtype
    if x_dtype != y_dtype:
        raise TypeError(f"x and y must have the same dtype, got {x_dtype!r} != {y_dtype!r}")
    return x_dtype


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Python 3's `x / y`: integers are divided as floats.

    Args:
        x: numerator; 8- and 16-bit integers become float32, 32- and 64-bit ones float64.
        y: denominator, of the type of `x`.
        name: name of the operation; "truediv" when None.

    Raises:
        TypeError: types differ, or can't be divided.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        dtype = _same_types(x, y)
        if dtype not in _TRUEDIV_TYPES:
            raise TypeError(f"Invalid dtype {dtype!r} in __truediv__")
        wide = _TRUEDIV_TYPES[dtype]
        if wide is not None:
            x, y = cast(x, wide), cast(y, wide)
        result: Tensor = get_op_def("RealDiv")(x, y, name=scope)
        return result


def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Python 2's `x / y`: integers are divided and rounded down.

    Args:
        x: numerator.
        y: denominator, of the type of `x`.
        name: name of the operation; "div" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        dtype = _same_types(x, y)
        op_type = "RealDiv" if dtype.is_floating or dtype.is_complex else "FloorDiv"
        result: Tensor = get_op_def(op_type)(x, y, name=scope)
        return result


def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Python 3's `x // y`: the quotient rounded towards minus infinity.

    Args:
        x: numerator.
        y: denominator, of the type of `x`.
        name: name of the operation; "floordiv" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "floordiv", [x, y]) as scope:
        result: Tensor = get_op_def("FloorDiv")(x, y, name=scope)
        return result


def power(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x to the power of y, element by element.

    Args:
        x: base.
        y: exponent, of the type of `x`.
        name: name of the operation; "Pow" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "Pow", [x]) as scope:
        result: Tensor = get_op_def("Pow")(x, y, name=scope)
        return result


def absolute(x: Any, name: str | None = None) -> Tensor:
    """The absolute value of each element; a real number for a complex one.

    Args:
        x: numbers.
        name: name of the operation; "Abs" when None.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor
        if x.dtype.is_complex:
            result = get_op_def("ComplexAbs")(x, Tout=x.dtype.real_dtype, name=scope)
        else:
            result = get_op_def("Abs")(x, name=scope)
        return result


def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Tensor:
    """(x or y) and not (x and y), element by element.

    Args:
        x: bools.
        y: bools.
        name: name of the last operation.

    Reference: TensorFlow 1.15, tensorflow/python/ops/math_ops.py.
    """
    either = get_op_def("LogicalOr")(x, y)
    not_both = get_op_def("LogicalNot")(get_op_def("LogicalAnd")(x, y))
    result: Tensor = get_op_def("LogicalAnd")(either, not_both, name=name)
    return result


def _matmul(x: Any, y: Any, name: str | None = None) -> Any:
    from evergraph.ops.matmul import matmul

    return matmul(x, y, name=name)


def _binary(function: Callable[..., Any], word: str) -> None:
    """Make `function` the meaning of `__<word>__` and `__r<word>__` of tensors."""

    def forward(x: Any, y: Any) -> Any:
        with name_scope(None, word, [x, y]) as scope:
            both_tensors = isinstance(x, Tensor) and isinstance(y, Tensor)
            if not both_tensors and not isinstance(y, SparseTensor):
                try:
                    y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
                except TypeError:
                    if hasattr(type(y), f"__r{word}__"):
                        return NotImplemented
                    raise
            return function(x, y, name=scope)

    def reflected(y: Any, x: Any) -> Any:
        with name_scope(None, word, [x, y]) as scope:
            x = convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x")
            return function(x, y, name=scope)

    forward.__doc__ = reflected.__doc__ = function.__doc__
    Tensor._override_operator(f"__{word}__", forward)
    Tensor._override_operator(f"__r{word}__", reflected)


def _sparse(function: Callable[..., Any], word: str) -> None:
    """Make `function(indices, values, dense_shape, dense)` the meaning of `__<word>__` of SparseTensor."""

    def forward(sparse: SparseTensor, y: Any) -> SparseTensor:
        with name_scope(None, word, [sparse, y]) as scope:
            y = convert_to_tensor(y, dtype=sparse.dtype.base_dtype, name="y")
            values = function(sparse.indices, sparse.values, sparse.dense_shape, y, name=scope)
            return SparseTensor(sparse.indices, values, sparse.dense_shape)

    SparseTensor._override_operator(f"__{word}__", forward)


def _sparse_op(op_type: str) -> Callable[..., Any]:
    def apply(indices: Any, values: Any, shape: Any, y: Any, name: str | None = None) -> Any:
        return get_op_def(op_type)(indices, values, shape, y, name=name)

    return apply


def _sparse_truediv(indices: Any, values: Any, shape: Any, y: Any, name: str | None = None) -> Any:
    with name_scope(name, "truediv", [indices, values, shape, y]) as scope:
        values = convert_to_tensor(values, name="sp_values")
        y = convert_to_tensor(y, name="y")
        dtype = _same_types(values, y)
        if dtype not in _TRUEDIV_TYPES:
            raise TypeError(f"Invalid dtype {dtype!r} in __truediv__")
        wide = _TRUEDIV_TYPES[dtype]
        if wide is not None:
            values, y = cast(values, wide), cast(y, wide)
        return get_op_def("SparseDenseCwiseDiv")(indices, values, shape, y, name=scope)


def _comparison(op_type: str) -> Callable[..., Any]:
    def compare(x: Any, y: Any, name: str | None = None) -> Any:
        return get_op_def(op_type)(x, y, name=name)

    return compare


def _negative(x: Any, name: str | None = None) -> Any:
    return get_op_def("Neg")(x, name=name)


def _logical_not(x: Any, name: str | None = None) -> Any:
    return get_op_def("LogicalNot")(x, name=name)


_binary(_add, "add")
_binary(_apply("Sub"), "sub")
_binary(_multiply, "mul")
_binary(div, "div")
_binary(truediv, "truediv")
_binary(floordiv, "floordiv")
_binary(_apply("FloorMod"), "mod")
_binary(power, "pow")
_binary(_apply("LogicalAnd"), "and")
_binary(_apply("LogicalOr"), "or")
_binary(logical_xor, "xor")
_binary(_matmul, "matmul")
for _word, _op_type in (
    ("lt", "Less"),
    ("le", "LessEqual"),
    ("gt", "Greater"),
    ("ge", "GreaterEqual"),
):
    Tensor._override_operator(f"__{_word}__", _comparison(_op_type))
Tensor._override_operator("__neg__", _negative)
Tensor._override_operator("__abs__", absolute)
Tensor._override_operator("__invert__", _logical_not)
Tensor._override_operator("__getitem__", slice_tensor)
_sparse(_sparse_op("SparseDenseCwiseDiv"), "div")
_sparse(_sparse_truediv, "truediv")
_sparse(_sparse_op("SparseDenseCwiseMul"), "mul")


def overload_operators(cls: type) -> None:
    """Give `cls`, whose method `value()` returns a Tensor, the operators of tensors.

    Equality stays identity, and `v[...]` remembers the variable so that `v[...].assign(x)` works.
    """
    for name in Tensor.OVERLOADABLE_OPERATORS:
        if name not in ("__eq__", "__ne__", "__getitem__"):
            setattr(cls, name, _of_value(getattr(Tensor, name)))
    setattr(cls, "__getitem__", slice_variable)  # noqa: B010 - cls is any class


def _of_value(operator: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(operator)
    def run(variable: Any, *args: Any, **kwargs: Any) -> Any:
        return operator(variable.value(), *args, **kwargs)

    return run
