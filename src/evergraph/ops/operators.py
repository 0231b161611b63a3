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
from evergraph.ops.math_comparison import logical_xor
from evergraph.ops.math_division import TRUEDIV_TYPES, check_same_type, div, floordiv, truediv
from evergraph.ops.math_functions import abs, pow
from evergraph.ops.tensor_indexing import slice_tensor, slice_variable
from evergraph.registry.op_def import get_op_def


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
    """Make `function(indices, values, dense_shape, dense)` SparseTensor's `__<word>__`."""

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
        dtype = check_same_type(values, y)
        if dtype not in TRUEDIV_TYPES:
            raise TypeError(f"Invalid dtype {dtype!r} in __truediv__")
        wide = TRUEDIV_TYPES[dtype]
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
_binary(pow, "pow")
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
Tensor._override_operator("__abs__", abs)
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
