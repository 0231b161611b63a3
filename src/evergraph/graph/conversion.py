"""How Python values become tensors: the registry of conversion functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from evergraph.core import dtypes
from evergraph.graph.operation import Operation, Tensor
from evergraph.graph.scopes import get_default_graph

ConversionFunction = Callable[..., Any]

# (types, function) by priority; low numbers are asked first, later registrations after earlier.
_functions: dict[int, list[tuple[Any, ConversionFunction]]] = {}
_order_of_type: dict[type, list[tuple[Any, ConversionFunction]]] = {}


def register_tensor_conversion_function(
    base_type: Any, conversion_func: ConversionFunction, priority: int = 100
) -> None:
    """Convert values of `base_type` to tensors by `conversion_func(value, dtype, name, as_ref)`.

    Args:
        base_type: a class, or a tuple of classes.
        conversion_func: returns a Tensor, or NotImplemented to leave the value to others.
        priority: functions of lower priority are asked first.

    Raises:
        TypeError: wrong kinds of arguments.
    """
    if not (
        isinstance(base_type, type)
        or (isinstance(base_type, tuple) and all(isinstance(x, type) for x in base_type))
    ):
        raise TypeError("base_type must be a type or a tuple of types.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    _functions.setdefault(priority, []).append((base_type, conversion_func))
    _order_of_type.clear()


def _functions_for(kind: type) -> list[tuple[Any, ConversionFunction]]:
    found = _order_of_type.get(kind)
    if found is None:
        found = [
            (base, function)
            for priority in sorted(_functions)
            for base, function in _functions[priority]
            if issubclass(kind, base)
        ]
        _order_of_type[kind] = found
    return found


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """The tensor that `value` is, or a new constant that holds it.

    Args:
        value: a Tensor, a variable, a NumPy array, a Python number, text, or nested lists of these.
        dtype: required type; inferred when None.
        name: name of the constant, if one is made.
        preferred_dtype: type to try first when `dtype` is None.
        dtype_hint: another spelling of `preferred_dtype`.
        as_ref: give the reference of a ref variable in place of its value.

    Raises:
        TypeError: no conversion is known for the type of `value`.
        RuntimeError: a conversion function returned something else than a tensor.
        ValueError: `value` is a tensor of another type or graph.

    Reference: TensorFlow 1.15, tensorflow/python/framework/ops.py.
    """
    hint = preferred_dtype if dtype_hint is None else dtype_hint
    result: Tensor = internal_convert_to_tensor(value, dtype, name, as_ref, hint)
    return result


def internal_convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    as_ref: bool = False,
    preferred_dtype: Any = None,
    ctx: Any = None,
    accept_symbolic_tensors: bool = True,
    accept_composite_tensors: bool = False,
) -> Any:
    """`convert_to_tensor` with the arguments that library code of TensorFlow passes."""
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    if type(value) is Tensor:
        if dtype is not None and not dtype.is_compatible_with(value.dtype):
            raise _wrong_dtype(value, dtype)
        return value
    if preferred_dtype is not None:
        preferred_dtype = dtypes.as_dtype(preferred_dtype)
    for base_type, function in _functions_for(type(value)):
        result: Any = None
        if dtype is None and preferred_dtype is not None:
            try:
                result = function(value, dtype=preferred_dtype, name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                result = None
            else:
                if (
                    result is not NotImplemented
                    and result is not None
                    and result.dtype.base_dtype != preferred_dtype.base_dtype
                ):
                    raise TypeError(
                        "convert_to_tensor did not convert to the preferred dtype: "
                        f"{result.dtype.base_dtype} "
                        f"vs {preferred_dtype.base_dtype} "
                    )
        if result is None:
            result = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if not isinstance(result, Tensor):
            if accept_composite_tensors and _is_composite(result):
                return result
            raise RuntimeError(
                f"{_prefix(name)}Conversion function {function!r} for type {base_type} returned "
                f"non-Tensor: {result!r}"
            )
        if dtype and not dtype.is_compatible_with(result.dtype):
            raise RuntimeError(
                f"{_prefix(name)}Conversion function {function!r} for type {base_type} returned "
                f"incompatible dtype: requested = {dtype.base_dtype.name}, "
                f"actual = {result.dtype.name}"
            )
        return result
    raise TypeError(
        f"{_prefix(name)}Cannot convert {value!r} with type {type(value)} to Tensor: "
        "no conversion function registered."
    )


_dense_types: tuple[type, ...] = (Tensor,)


def register_dense_tensor_like_type(tensor_type: type) -> None:
    """Let objects of `tensor_type` (variables) stand for the tensor they convert to.

    Raises:
        TypeError: the type has no properties `name` and `dtype`.
    """
    global _dense_types
    for attribute in ("name", "dtype"):
        if not isinstance(getattr(tensor_type, attribute, None), property):
            raise TypeError(f"Type {tensor_type.__name__} does not define a `{attribute}` property")
    _dense_types = (*_dense_types, tensor_type)


def is_dense_tensor_like(value: Any) -> bool:
    """Whether `value` is a Tensor, or of a type that stands for one."""
    return isinstance(value, _dense_types)


def _prefix(name: str | None) -> str:
    return f"{name}: " if name else ""


def _wrong_dtype(value: Tensor, dtype: dtypes.DType) -> ValueError:
    return ValueError(
        f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
        f"{value.dtype.name}: {value!r}"
    )


def _tensor_itself(
    value: Tensor, dtype: Any = None, name: Any = None, as_ref: bool = False
) -> Tensor:
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise _wrong_dtype(value, dtype)
    return value


register_tensor_conversion_function(Tensor, _tensor_itself, 0)


def convert_n_to_tensor(
    values: Sequence[Any],
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    as_ref: bool = False,
) -> list[Tensor]:
    """`convert_to_tensor` for each of `values`, named `<name>_<index>`."""
    if not isinstance(values, Sequence):
        raise TypeError("values must be a sequence.")
    return [
        convert_to_tensor(
            value,
            dtype=dtype,
            name=None if name is None else f"{name}_{i}",
            preferred_dtype=preferred_dtype,
            as_ref=as_ref,
        )
        for i, value in enumerate(values)
    ]


def _is_composite(value: Any) -> bool:
    from evergraph.graph.composite import CompositeTensor  # late: it is made of conversions

    return isinstance(value, CompositeTensor)


def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """`value` itself when it is IndexedSlices, SparseTensor or None, else it as a tensor."""
    if hasattr(value, "dense_shape") and hasattr(value, "indices"):
        if dtype and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with "
                f"dtype {value.dtype.name}: {str(value)!r}"
            )
        return value
    return internal_convert_to_tensor(value, dtype=dtype, name=name)


def convert_n_to_tensor_or_indexed_slices(
    values: Sequence[Any], dtype: Any = None, name: str | None = None
) -> list[Any]:
    """`convert_to_tensor_or_indexed_slices` for each of `values`; None stays None."""
    if not isinstance(values, Sequence):
        raise TypeError("values must be a sequence.")
    return [
        None
        if value is None
        else convert_to_tensor_or_indexed_slices(
            value, dtype=dtype, name=None if name is None else f"{name}_{i}"
        )
        for i, value in enumerate(values)
    ]


def _refuse_operation(
    value: Operation, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> NoReturn:
    raise TypeError(
        f"Can't convert Operation '{value.name}' to Tensor (target dtype={dtype!r}, "
        f"name={name!r}, as_ref={as_ref!r})"
    )


register_tensor_conversion_function(Operation, _refuse_operation, 0)

__all__ = [
    "convert_n_to_tensor",
    "convert_n_to_tensor_or_indexed_slices",
    "convert_to_tensor",
    "convert_to_tensor_or_indexed_slices",
    "get_default_graph",
    "internal_convert_to_tensor",
    "is_dense_tensor_like",
    "register_dense_tensor_like_type",
    "register_tensor_conversion_function",
]
